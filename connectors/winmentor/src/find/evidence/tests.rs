use jiff::civil::date;
use serde_json::json;
use vortex_domain::order::Document;

use super::*;
use crate::record::Batch;

fn wanted(token: &str, number: Option<i64>) -> Wanted {
    let document =
        number.map(|number| Document { number, booklet: "CDON".to_owned(), date: date(2026, 11, 3) });
    Wanted { token: token.to_owned(), document, since: date(2026, 11, 2) }
}

fn open(number: &str, own: &str, booklet: &str, remark: &str, line: &str) -> Value {
    json!({"codArticol": "A;1", "nrComanda": number, "cantitate": "1", "dataComanda": "03.11.2026",
           "serieDocument": booklet, "nrDocument": own, "observatii": remark, "pozitie": line})
}

fn info(number: &str, article: &str, cancelled: &str) -> Value {
    json!({"idPartener": "CDON-SE", "dataComanda": "03.11.2026", "nrComanda": number, "codArticol": article,
           "cantitate": "1", "pret": "5", "acceptat": cancelled})
}

fn sale(invoice: &str, order: &str, quantity: &str, remark: &str, kind: &str) -> Value {
    json!({"idPartener": "CDON-SE", "nrFactura": invoice, "codArticol": "A", "numarComanda": order, "cant": quantity,
           "denUM": "Buc", "pret": "5", "tipDocument": kind, "serieDocument": format!("F.F{invoice}"),
           "dataEmitere": "05.11.2026", "observatiiFactura": remark})
}

fn copies(orders: &[Wanted], opens: &[Value], infos: &[Value], sales: &[Value]) -> Vec<(u32, u32)> {
    let mut evidence = Evidence::new(orders);
    for answer in [opens, infos, sales] {
        evidence.scan(&json!(answer));
    }
    evidence.open_lines(&Batch::from_records(opens).rows);
    evidence.order_infos(&Batch::from_records(infos).rows);
    evidence.sale_lines(&Batch::from_records(sales).rows);
    evidence.copies().iter().map(|copies| (copies.live, copies.cancelled)).collect()
}

/// F01: lines are not documents, and another order's token is not ours.
#[test]
fn counts_documents_not_lines() {
    let orders =
        [wanted("CDON:12", Some(500_001)), wanted("CDON:123", Some(500_002)), wanted("CDON:9", None)];
    let opens = [
        open("500001", "7001", "CDON", "CDON:12 10 SEK", "1"),
        open("500001", "7001", "CDON", "CDON:12 10 SEK", "2"),
        open("500002", "7002", "CDON", "CDON:123.", "1"),
        open("500002", "7003", "CDON", "CDON:123", "1"),
        open("77", "7004", "CMD", "sunat client; CDON:9", "1"),
    ];
    let found = copies(&orders, &opens, &[], &[]);
    assert_eq!(found[..2], [(1, 0), (2, 0)]);
    // The token is not at the head, but it is there: absence may not be claimed.
    assert_eq!(found[2], (1, 0));
}

#[test]
fn two_documents_with_the_same_numbers_show_in_their_line_numbers() {
    let orders = [wanted("CDON:1", Some(500_001))];
    let twice = [open("500001", "0", "CDON", "CDON:1", "1"), open("500001", "0", "CDON", "CDON:1", "1")];
    assert_eq!(copies(&orders, &twice, &[], &[]), [(2, 0)]);
}

#[test]
fn a_number_counts_where_the_token_cannot_be_read() {
    let orders = [wanted("CDON:1", Some(500_001))];
    let edited = |booklet, remark| copies(&orders, &[open("7001", "500001", booklet, remark, "1")], &[], &[]);
    assert_eq!(edited("CDON", "livrat prin curier"), [(1, 0)]);
    assert_eq!(edited("CDON", "CDON:2"), [(0, 0)]);
    assert_eq!(edited("CMD", "livrat prin curier"), [(0, 0)]);
}

#[test]
fn an_invoiced_order_is_still_one_order() {
    let orders = [wanted("CDON:1", Some(500_001))];
    let with_remark = [sale("1001", "7001", "1", "CDON:1", "F"), sale("1001", "7001", "2", "CDON:1", "F")];
    assert_eq!(copies(&orders, &[], &[info("500001", "A", "NU")], &with_remark), [(1, 0)]);
    assert_eq!(copies(&orders, &[], &[], &[sale("1001", "500001", "1", "", "F")]), [(1, 0)]);
    let delivered_first = [sale("5", "", "1", "CDON:1", "AE"), sale("1001", "", "1", "CDON:1", "F")];
    assert_eq!(copies(&orders, &[], &[], &delivered_first), [(1, 0)]);
    let in_parts = [sale("1001", "500001", "1", "CDON:1", "F")];
    let rest = [open("500001", "7001", "CDON", "CDON:1", "1")];
    assert_eq!(copies(&orders, &rest, &[], &in_parts), [(1, 0)]);
    let twice = [sale("1001", "", "1", "CDON:1", "F"), sale("1002", "", "1", "CDON:1", "F")];
    assert_eq!(copies(&orders, &[], &[], &twice), [(2, 0)]);
}

/// A clerk makes one invoice of two orders; it carries the remark of the first.
#[test]
fn an_invoice_of_two_orders_is_one_copy_of_each() {
    let orders = [wanted("CDON:1", Some(500_001)), wanted("CDON:2", Some(500_002))];
    let sales = [sale("1001", "500001", "1", "CDON:1", "F"), sale("1001", "500002", "1", "CDON:1", "F")];
    assert_eq!(copies(&orders, &[], &[], &sales), [(1, 0), (1, 0)]);
    assert_eq!(copies(&orders[..1], &[], &[], &sales), [(1, 0)]);
    // Under WinMentor's own numbers they cannot be told from two copies.
    let own = [sale("1001", "7001", "1", "CDON:1", "F"), sale("1001", "7002", "1", "CDON:1", "F")];
    assert_eq!(copies(&orders[..1], &[], &[], &own), [(2, 0)]);
}

#[test]
fn one_invoiced_and_one_open_copy_are_two() {
    let orders = [wanted("CDON:1", Some(500_001))];
    let listed = [info("500001", "A", "NU"), info("500001", "A", "NU")];
    let found = copies(
        &orders,
        &[open("500001", "7002", "CDON", "CDON:1", "1")],
        &listed,
        &[sale("1001", "500001", "1", "CDON:1", "F")],
    );
    assert_eq!(found, [(2, 0)]);
}

#[test]
fn cancelled_orders_are_counted_apart() {
    let orders = [wanted("CDON:1", Some(500_001))];
    let infos = [info("500001", "A", "DA"), info("500001", "B", "DA")];
    assert_eq!(copies(&orders, &[], &infos, &[]), [(0, 1)]);
    let old = json!({"dataComanda": "03.11.2025", "nrComanda": "500001", "codArticol": "A", "cantitate": "1", "acceptat": "DA"});
    assert_eq!(copies(&orders, &[], &[old], &[]), [(0, 0)]);
}

#[test]
fn a_foreign_document_with_our_number_is_not_ours() {
    let orders = [wanted("CDON:1", Some(500_001))];
    let found =
        copies(&orders, &[open("500001", "7", "CMD", "telefon", "1")], &[info("500001", "A", "NU")], &[]);
    assert_eq!(found, [(0, 0)]);
}

/// O4: a record that cannot be read may still be our order.
#[test]
fn a_damaged_record_with_the_token_is_no_absence() {
    let orders = [wanted("CDON:1", Some(500_001)), wanted("CDON:2", Some(500_002))];
    assert_eq!(copies(&orders, &[json!("damaged;CDON:1;")], &[], &[]), [(1, 0), (0, 0)]);
}

#[test]
fn returns_are_no_further_copies() {
    let orders = [wanted("CDON:1", Some(500_001))];
    let sales = [sale("1001", "500001", "1", "CDON:1", "F"), sale("1002", "", "-1", "CDON:1", "F")];
    assert_eq!(copies(&orders, &[], &[], &sales), [(1, 0)]);
}

#[test]
fn a_thousand_orders_among_many_rows_take_one_pass() {
    let orders: Vec<Wanted> = (0..1_000).map(|n| wanted(&format!("CDON:{n}"), Some(500_001 + n))).collect();
    let rows: Vec<Value> = (0..5_000)
        .map(|n| open(&(500_001 + n).to_string(), &n.to_string(), "CDON", &format!("CDON:{n} x"), "1"))
        .collect();
    let found = copies(&orders, &rows, &[], &[]);
    assert!(found.iter().all(|copies| *copies == (1, 0)));
}
