use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::record::Batch;

fn wanted(n: i64) -> InvoiceWanted {
    InvoiceWanted { token: format!("CDON:{n}"), document_number: 500_000 + n, since: date(2026, 11, 2) }
}

/// One line of a sales document; `change` overwrites its fields.
fn sale(invoice: &str, order: &str, quantity: &str, remark: &str, change: &Value) -> Value {
    let mut row = json!({
        "idPartener": "CDON-SE", "zi": "5", "nrFactura": invoice, "codArticol": "A;1", "numarComanda": order,
        "cant": quantity, "denUM": "Buc", "pret": "99,1735", "valoareFactura": "120", "tvaInclus": "NU",
        "cotaTVA": "21", "tipDocument": "F", "prefixCarnet": "FACT", "serieDocument": format!("F.FACT{invoice}"),
        "dataEmitere": "05.11.2026", "observatiiFactura": remark,
    });
    if let (Some(row), Some(change)) = (row.as_object_mut(), change.as_object()) {
        row.extend(change.clone());
    }
    row
}

fn plain(invoice: &str, order: &str, quantity: &str, remark: &str) -> Value {
    sale(invoice, order, quantity, remark, &Value::Null)
}

fn november() -> WorkingMonth {
    WorkingMonth::of(date(2026, 11, 1))
}

fn documents(orders: &[InvoiceWanted], rows: &[Value]) -> Vec<Vec<SalesDocument>> {
    let mut documents = Documents::new("DEF");
    let batch = Batch::from_records(rows);
    assert_eq!(batch.health.rejected, 0, "{:?}", batch.health);
    documents.take(november(), batch.rows);
    documents.by_order(orders)
}

/// Number and quantities, thousandths, of each document of each order.
fn found(orders: &[InvoiceWanted], rows: &[Value]) -> Vec<Vec<(String, Vec<i64>)>> {
    let lines = |document: SalesDocument| {
        (document.name(), document.lines.iter().map(|line| line.quantity_milli).collect())
    };
    documents(orders, rows).into_iter().map(|all| all.into_iter().map(lines).collect()).collect()
}

fn one(name: &str, quantities: &[i64]) -> (String, Vec<i64>) {
    (name.to_owned(), quantities.to_vec())
}

#[test]
fn lines_become_documents() {
    let rows = [
        plain("1001", "500001", "2", "CDON:1 199 SEK"),
        sale("1001", "500001", "1,5", "CDON:1 199 SEK", &json!({"codArticol": "B", "pret": "-0,005"})),
    ];
    let all = documents(&[wanted(1)], &rows);
    let [document] = all[0].as_slice() else { panic!("{all:?}") };
    let expected = SalesDocument {
        series: "FACT".to_owned(),
        number: "1001".to_owned(),
        date: date(2026, 11, 5),
        partner: "CDON-SE".to_owned(),
        total_minor: 12_000,
        lines: vec![
            SoldLine { sku: Sku::new("A;1").unwrap(), quantity_milli: 2_000, net_minor: 19_835 },
            SoldLine { sku: Sku::new("B").unwrap(), quantity_milli: 1_500, net_minor: -1 },
        ],
    };
    assert_eq!(document, &expected);
    assert!(!document.is_storno());
}

/// F57: two invoices for one order are two; F01: another order's are none.
#[test]
fn token_or_number_tie_a_document_to_its_order() {
    let orders = [wanted(1), wanted(2), wanted(12)];
    let rows = [
        plain("1", "7001", "1", "factura la CDON:1."),
        plain("2", "500002", "1", "livrat prin curier"),
        plain("3", "500002", "1", "CDON:99"),
        plain("4", "", "1", "CDON:1"),
        plain("5", "77", "1", "telefon"),
    ];
    let expected =
        [vec![one("FACT1", &[1_000]), one("FACT4", &[1_000])], vec![one("FACT2", &[1_000])], vec![]];
    assert_eq!(found(&orders, &rows), expected);
}

#[test]
fn an_older_document_with_our_number_is_not_ours() {
    let old = |remark| sale("1", "500001", "1", remark, &json!({"dataEmitere": "01.11.2026", "zi": "1"}));
    assert_eq!(found(&[wanted(1)], &[old("")]), [vec![]]);
    assert_eq!(found(&[wanted(1)], &[old("CDON:1")]), [vec![one("FACT1", &[1_000])]]);
}

#[test]
fn delivery_notes_are_no_invoices() {
    let note = sale("1", "500001", "1", "CDON:1", &json!({"tipDocument": "AE"}));
    assert_eq!(found(&[wanted(1)], std::slice::from_ref(&note)), [vec![]]);
    // The invoice of the same goods may have the same number.
    let rows = [note, plain("1", "500001", "1", "CDON:1")];
    assert_eq!(found(&[wanted(1)], &rows), [vec![one("FACT1", &[1_000])]]);
}

/// One invoice for both orders of a basket carries the remark of the first.
#[test]
fn an_invoice_of_two_orders_is_divided_by_its_lines() {
    let rows = [
        plain("1", "500001", "1", "CDON:1"),
        plain("1", "500002", "2", "CDON:1"),
        plain("1", "88", "3", "CDON:1"),
        plain("1", "", "4", "CDON:1"),
    ];
    let both = [vec![one("FACT1", &[1_000, 4_000])], vec![one("FACT1", &[2_000])]];
    assert_eq!(found(&[wanted(1), wanted(2)], &rows), both);
    assert_eq!(found(&[wanted(2)], &rows), [vec![one("FACT1", &[2_000])]]);
    assert_eq!(documents(&[wanted(2)], &rows)[0][0].total_minor, 12_000);
}

#[test]
fn stornos_belong_to_the_order_that_they_name() {
    let negative = json!({"valoareFactura": "-120"});
    let rows = [
        plain("1", "500001", "2", "CDON:1"),
        sale("2", "500001", "-1", "", &negative),
        sale("3", "", "-1", "retur CDON:1", &negative),
        sale("4", "", "-1", "retur CDON:2", &negative),
    ];
    let all = documents(&[wanted(1)], &rows);
    let names: Vec<_> = all[0].iter().map(|document| (document.name(), document.is_storno())).collect();
    let expected = [("FACT1", false), ("FACT2", true), ("FACT3", true)];
    assert_eq!(names, expected.map(|(name, storno)| (name.to_owned(), storno)));
    assert_eq!((all[0][1].total_minor, all[0][1].lines[0].net_minor), (-12_000, -9_917));
}

#[test]
fn a_storno_may_name_the_invoice_instead() {
    let rows = |remark: &str, partner: &str| {
        [
            sale("9", "", "-1", remark, &json!({"valoareFactura": "-60", "idPartener": partner})),
            plain("1", "500001", "2", "CDON:1"),
            plain("11", "500002", "1", "CDON:2"),
        ]
    };
    let orders = [wanted(1), wanted(2)];
    for remark in ["Storno factura FACT1", "storno F.FACT1/05.11.2026", "stornare fact 1, retur"] {
        let expected = [vec![one("FACT9", &[-1_000]), one("FACT1", &[2_000])], vec![one("FACT11", &[1_000])]];
        assert_eq!(found(&orders, &rows(remark, "CDON-SE")), expected, "{remark}");
    }
    for (remark, partner) in [("retur", "CDON-SE"), ("storno 1", "CDON-SE"), ("Storno FACT1", "CL-7")] {
        let expected = [vec![one("FACT1", &[2_000])], vec![one("FACT11", &[1_000])]];
        assert_eq!(found(&orders, &rows(remark, partner)), expected, "{remark}");
    }
}

/// The .NET bridge shows ten columns only (spec 5.2).
#[test]
fn what_the_bridge_does_not_show_is_made_up_for() {
    let row = json!(["CDON-SE", "20", "1001", "A1", "500001", "2", "Buc", "100", "1", "242", ""]);
    let document = documents(&[wanted(1)], &[row]).remove(0).remove(0);
    assert_eq!((document.name().as_str(), document.date), ("DEF1001", date(2026, 11, 20)));
    assert_eq!((document.total_minor, document.lines[0].net_minor), (24_200, 20_000));
    let bare =
        json!({"prefixCarnet": "", "valoareFactura": "", "cant": "-2", "tvaInclus": "DA", "pret": "121"});
    let document = documents(&[wanted(1)], &[sale("7", "500001", "1", "", &bare)]).remove(0).remove(0);
    assert_eq!((document.series.as_str(), document.total_minor), ("FACT", -24_200));
    assert_eq!(document.lines[0].net_minor, -20_000);
}

#[test]
fn a_month_that_is_read_twice_counts_once() {
    let orders = [wanted(1)];
    let rows = [plain("1", "500001", "1", "CDON:1")];
    let mut documents = Documents::new("");
    for month in [november(), november().next()] {
        documents.take(month, Batch::from_records(&rows).rows);
    }
    let all = documents.by_order(&orders);
    assert_eq!((all[0].len(), all[0][0].lines.len()), (1, 1));
}

/// No amount of a remote makes the arithmetic stop the process.
#[test]
fn absurd_numbers_are_survived() {
    let huge = json!({"pret": "79228162514264337593543950335", "cant": "1000000", "valoareFactura": "7922816251426433759354395033"});
    let all = documents(&[wanted(1)], &[sale("1", "500001", "1", "CDON:1", &huge)]);
    assert_eq!((all[0][0].total_minor, all[0][0].lines[0].net_minor), (0, 0));
}
