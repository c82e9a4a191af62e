mod properties;

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::record::{Batch, RejectionReason, Row};
use crate::reference::{DocumentNumber, OrderToken};

/// A record of `width` tokens, blank but for the given positions; the last token is the terminator.
fn record(width: usize, values: &[(usize, &str)]) -> String {
    let mut tokens = vec![""; width];
    for (position, value) in values {
        tokens[*position] = value;
    }
    tokens.join(";")
}

fn article(width: usize, code: &str, name: &str) -> String {
    let values = [
        (0, code),
        (1, name),
        (2, "Buc"),
        (3, "82,64"),
        (4, "4 Scule"),
        (5, "Scule de mana"),
        (8, "MAG1"),
        (9, "429.1"),
        (10, "21"),
        (13, "1,25"),
        (14, "Nu"),
        (19, "05.02.2024"),
        (21, "99,99"),
        (24, "NU"),
    ];
    record(width, values.get(..if width > 24 { 14 } else { 13 }).unwrap())
}

fn stock(code: &str, quantity: &str, warehouse: &str) -> String {
    let values = [
        (0, code),
        (1, "Ciocan"),
        (2, "Buc"),
        (3, "0"),
        (4, quantity),
        (11, warehouse),
        (12, "Depozit"),
        (13, "21"),
        (14, "NU"),
        (15, "0"),
        (16, "3"),
        (17, "0"),
        (18, "812"),
    ];
    record(21, &values)
}

fn uninvoiced(article: &str, remark: &str) -> String {
    let values = [
        (0, article),
        (1, "77"),
        (2, "2"),
        (3, "Buc"),
        (4, "14.05.2026"),
        (5, "CDON-SE"),
        (7, "88,125"),
        (8, "2"),
        (9, "Buc"),
        (10, "CDON-SE"),
        (11, "CDON"),
        (12, "500017"),
        (13, remark),
        (16, "30.12.1899"),
        (19, "1"),
        (20, "CDON Suedia"),
        (21, "0"),
        (22, "L-1"),
        (23, "RON"),
    ];
    record(25, &values)
}

fn sale(article: &str, remark: &str) -> String {
    let values = [
        (0, "CDON-SE"),
        (1, "20"),
        (2, "9001"),
        (3, article),
        (4, "500017"),
        (5, "-2"),
        (6, "Buc"),
        (7, "88,125"),
        (8, "3"),
        (9, "-213,26"),
        (10, "04.06.2026"),
        (11, "NU"),
        (12, "21"),
        (13, "F"),
        (14, "MZ"),
        (15, "F.MZ9001"),
        (16, "Ciocan"),
        (19, "20.05.2026"),
        (23, remark),
    ];
    record(26, &values)
}

fn batch<R: Row>(records: impl IntoIterator<Item = impl Into<Value>>) -> Batch<R> {
    let records: Vec<Value> = records.into_iter().map(Into::into).collect();
    Batch::decode(&Value::Array(records)).unwrap()
}

fn only<R: Row>(record: impl Into<Value>) -> R {
    let mut batch = batch::<R>([record]);
    assert_eq!((batch.rows.len(), batch.health.rejected), (1, 0), "{:?}", batch.health);
    batch.rows.remove(0)
}

#[test]
fn article_fields() {
    let row: Article = only(article(42, "7350099000017", "Ciocan 500 g"));
    assert_eq!(row.code.as_deref(), Some("7350099000017"));
    assert_eq!(row.other_code.as_deref(), Some("429.1"));
    assert_eq!(row.price_excl_vat, Some(Decimal::new(8264, 2)));
    assert_eq!(row.price_incl_vat, Some(Decimal::new(9999, 2)));
    assert_eq!(row.vat_rate, Some(Decimal::from(21)));
    assert_eq!(row.weight, Some(Decimal::new(125, 2)));
    assert_eq!(row.added_on, Some(date(2024, 2, 5)));
    assert_eq!((row.name.as_str(), row.unit.as_str(), row.is_service), ("Ciocan 500 g", "Buc", false));
}

/// A wider answer is not a reason to touch the join key; only a record wider than its neighbours is.
#[test]
fn drifting_widths_keep_codes_apart() {
    for width in [24, 25, 40, 42, 47] {
        let batch = batch::<Article>([
            article(width, "A1", "Ciocan"),
            article(width, "35mm ; H01;N2-D", "Inel"),
            article(width, "A3", "Surub"),
        ]);
        let codes: Vec<_> = batch.rows.iter().map(|row| row.code.clone().unwrap()).collect();
        assert_eq!(codes, ["A1", "35mm ; H01;N2-D", "A3"], "width {width}");
        assert!(batch.rows.iter().all(|row| row.other_code.as_deref() == Some("429.1")));
        assert_eq!((batch.health.rejoined, batch.health.rejected), (1, 0));
    }
}

#[test]
fn columns_appended_in_the_middle_of_an_answer_are_ignored() {
    let batch = batch::<Article>([article(42, "A1", "x"), article(44, "A2", "x"), article(44, "A3", "x")]);
    let codes: Vec<_> = batch.rows.iter().map(|row| row.code.clone().unwrap()).collect();
    assert_eq!(codes, ["A1", "A2", "A3"]);
    assert_eq!(batch.health.rejoined, 0);
    assert_eq!(batch.health.widths, [(42, 1), (44, 2)].into());
}

#[test]
fn a_bad_record_is_rejected_alone_and_named() {
    let damaged = article(42, "A2", "x").replace(";21;", ";unu;");
    let batch = batch::<Article>([
        json!(article(42, "A1", "x")),
        json!("A9;short;"),
        json!(damaged),
        json!(7),
        json!(article(42, "A3", "x").replace("82,64", "8x")),
    ]);
    assert_eq!(batch.rows.len(), 1);
    let reasons: Vec<String> = batch.health.examples.iter().map(ToString::to_string).collect();
    assert_eq!(batch.health.rejected, 4);
    assert_eq!(
        reasons[0],
        "GetNomenclatorArticole, record 2 (A9): it has 3 fields, fewer than the 24 that every such record has"
    );
    assert!(matches!(batch.health.examples[1].reason, RejectionReason::Shape { column: "CotaTVA" }));
    assert_eq!(batch.health.examples[2].reason, RejectionReason::NotARecord);
    assert!(reasons[3].contains("(A3): PretVanzare: `8x`"), "{}", reasons[3]);
}

#[test]
fn placeholders_are_skipped_but_nameless_codes_are_not() {
    let batch = batch::<Article>([
        article(42, "", "---nedefinit---"),
        article(42, " ", "---- nedefinit ----"),
        article(42, "", "---nedefinita---"),
        article(42, "X", "---nedefinit---"),
        article(42, "", "Fara cod"),
    ]);
    assert_eq!((batch.rows.len(), batch.health.placeholders, batch.health.rejected), (2, 3, 0));
    assert_eq!(batch.rows[1].code, None);
}

#[test]
fn stock_fields() {
    let batch =
        batch::<StockRow>([stock("A1", "12,5", "MAG 1"), stock("B;2", "-3", ""), stock("C3", "0", "MAG2")]);
    assert_eq!(batch.health.rejected, 0);
    let first = &batch.rows[0];
    assert_eq!((first.on_hand, first.reserved), (Decimal::new(125, 1), Decimal::from(3)));
    assert_eq!((first.warehouse.as_str(), first.internal_id.as_deref()), ("MAG 1", Some("812")));
    assert_eq!((batch.rows[1].code.as_deref(), batch.rows[1].on_hand), (Some("B;2"), Decimal::from(-3)));
}

/// Its first token alone looks like the blank code of a placeholder.
#[test]
fn a_torn_code_may_begin_with_nothing() {
    let row: StockRow = only(stock(" ;;A", "1", "MAG1"));
    assert_eq!(row.code.as_deref(), Some(" ;;A"));
}

/// The manual's 17 fields, from an older server: everything but the internal id.
#[test]
fn stock_of_an_older_server() {
    let full = stock("A1", "5", "MAG1");
    let tokens: Vec<&str> = full.split(';').take(17).collect();
    let row: StockRow = only(json!(tokens));
    assert_eq!((row.on_hand, row.internal_id), (Decimal::from(5), None));
    assert_eq!(batch::<StockRow>([json!(tokens[..16])]).health.rejected, 1);
}

#[test]
fn order_info_fields() {
    let row: OrderLineInfo = only("CDON-SE;14.05.2026;500017;35mm ; H01;2;88,125;0;0;DA;");
    assert_eq!(row.article.as_deref(), Some("35mm ; H01"));
    assert!(row.cancelled && row.has_number(DocumentNumber::new(500_017).unwrap()));
    let row: OrderLineInfo = only("CDON-SE;14.05.2026;500018;A1;2;88,125;0;0;NU");
    assert!(!row.cancelled && !row.has_number(DocumentNumber::new(500_017).unwrap()));
}

/// F01: our order must be recognised whatever else its record holds.
#[test]
fn uninvoiced_lines_keep_token_and_tail() {
    let token = OrderToken::new("CDON", "778899").unwrap();
    let number = DocumentNumber::new(500_017).unwrap();
    let records = [
        uninvoiced("A1", "alta comanda"),
        uninvoiced("A2", "CDON:778899 249 SEK"),
        uninvoiced("A3", "CDON:778899; urgent;\n\0 azi"),
        uninvoiced("35mm ; H01;N2-D", "CDON:778899; urgent"),
        uninvoiced("A5", "CDON:7788990"),
    ];
    let batch = batch::<UninvoicedLine>(records);
    assert_eq!((batch.health.rejected, batch.health.rejoined), (0, 2));
    let ours: Vec<bool> = batch.rows.iter().map(|row| row.carries(&token)).collect();
    assert_eq!(ours, [false, true, true, true, false]);
    assert_eq!(batch.rows[2].remark, "CDON:778899; urgent;   azi");
    assert_eq!(batch.rows[3].article.as_deref(), Some("35mm ; H01;N2-D"));
    for row in &batch.rows {
        assert_eq!((row.line_remark.as_deref(), row.currency.as_deref()), (Some("L-1"), Some("RON")));
        assert_eq!((row.date, row.delivery_date), (Some(date(2026, 5, 14)), None));
        assert!(row.has_number(number, "CDON") && !row.has_number(number, "WEB"));
    }
}

#[test]
fn sale_fields() {
    let token = OrderToken::new("CDON", "778899").unwrap();
    let batch = batch::<SaleLine>([
        sale("A1", ""),
        sale("35mm ; H01", "Factura la CDON:778899; multumim;\r\nazi"),
        sale("A3", "x;CDON:778899"),
    ]);
    assert_eq!(batch.health.rejected, 0, "{:?}", batch.health);
    let ours: Vec<bool> = batch.rows.iter().map(|row| row.carries(&token)).collect();
    assert_eq!(ours, [false, true, true]);
    assert_eq!(batch.rows[1].article.as_deref(), Some("35mm ; H01"));
    for row in &batch.rows {
        assert!(row.has_order_number(DocumentNumber::new(500_017).unwrap()));
        assert_eq!((row.quantity, row.invoice_total), (Decimal::from(-2), Some(Decimal::new(-21_326, 2))));
        assert_eq!((row.invoice_number.as_str(), row.series.as_str()), ("9001", "F.MZ9001"));
        assert_eq!((row.invoice_date, row.due_date), (Some(date(2026, 5, 20)), Some(date(2026, 6, 4))));
        assert_eq!((row.vat_included, row.vat_rate), (Some(false), Some(Decimal::from(21))));
        assert_eq!(row.day, Some(20));
    }
}

/// A `;` in the article's name must neither lose the line nor move the invoice's date.
#[test]
fn a_torn_article_name_is_put_together() {
    let torn = sale("A1", "CDON:1; x").replace(";Ciocan;", ";Set; 2 buc;");
    for records in [vec![torn.clone()], vec![sale("A1", ""), torn.clone(), sale("A2", "")]] {
        let row = batch::<SaleLine>(records).rows.into_iter().find(|row| !row.remark.is_empty()).unwrap();
        assert_eq!((row.invoice_date, row.remark.as_str()), (Some(date(2026, 5, 20)), "CDON:1; x"));
    }
}

fn partner(width: usize, kind: &str, address: &str) -> String {
    let values = [
        (0, "P7"),
        (1, "Popescu Ion"),
        (2, "1900101221144"),
        (4, address),
        (17, "CDON-SE"),
        (18, "NU"),
        (30, kind),
        (31, "Lei"),
        (32, "01.02.2020"),
    ];
    record(width, &values)
}

#[test]
fn persons_leave_no_name_and_no_personal_number() {
    let person: Partner = only(partner(49, "PF", "Str. Lunga 1"));
    assert!(person.is_natural_person);
    assert_eq!((person.name, person.tax_id), (None, None));
    assert_eq!(person.external_code.as_deref(), Some("CDON-SE"));

    let batch = batch::<Partner>([
        partner(49, "PJ", "a"),
        partner(49, "PJ", "Str. Lunga 1; bl. 2"),
        "P8;X;".to_owned(),
    ]);
    assert_eq!(batch.rows[1].external_code.as_deref(), Some("CDON-SE"));
    assert_eq!(batch.rows[1].tax_id.as_deref(), Some("1900101221144"));
    let rejection = batch.health.examples[0].to_string();
    assert!(rejection.contains("(no code)"), "{rejection}");
}

#[test]
fn small_lists() {
    let warehouses = batch::<Warehouse>([";;", "MAG 1;Depozit central;"]);
    assert_eq!(warehouses.rows, [Warehouse { symbol: "MAG 1".into(), name: "Depozit central".into() }]);
    assert_eq!((warehouses.health.placeholders, warehouses.health.rejected), (1, 0));

    let booklets = batch::<Booklet>(["CDON;FACT;Comenzi CDON;", ";AVIZ;Fara simbol;1;900;850"]);
    assert_eq!((booklets.rows[0].symbol.as_str(), booklets.rows[0].first_number), ("CDON", None));
    assert_eq!((booklets.rows[1].first_number, booklets.rows[1].last_number), (Some(1), Some(900)));
}

#[test]
fn typed_rows_give_the_same_as_raw_records() {
    let typed = json!({
        "codExtern": "7350099000017", "denumire": "Ciocan 500 g", "denUM": "Buc", "pretVanzare": "82,64",
        "simbolClasa": "4 Scule", "denClasa": "Scule de mana", "gestImplicita": "MAG1", "codExternAlt": "429.1",
        "cotaTVA": "21", "masa": "1,25", "serviciu": "Nu", "dataAdaug": "05.02.2024", "pretVCuTVA": "99,99",
        "camp24": "NU", "somethingNew": ["x"],
    });
    assert_eq!(only::<Article>(typed), only::<Article>(article(42, "7350099000017", "Ciocan 500 g")));

    let typed = json!({
        "codExtern": "A1", "denumire": "Ciocan", "um": "Buc", "pretVanzare": "0", "stoc": "12,5", "simbolGestiune": "MAG1",
        "denGestiune": "Depozit", "cotaTVA": 21, "flagTVAInclus": "NU", "stocRezervat": "3", "camp18": "812",
    });
    assert_eq!(only::<StockRow>(typed), only::<StockRow>(stock("A1", "12,5", "MAG1")));

    let typed = json!({
        "codArticol": "A1", "nrComanda": "77", "cantitate": "2", "denUM": "Buc", "dataComanda": "14.05.2026",
        "idPartener": "CDON-SE", "pret": "88,125", "serieDocument": "CDON", "nrDocument": "500017",
        "observatii": "CDON:1", "dataLivrare": "30.12.1899", "pozitie": "1", "moneda": "RON", "camp22": "L-1",
    });
    assert_eq!(only::<UninvoicedLine>(typed), only::<UninvoicedLine>(uninvoiced("A1", "CDON:1")));

    let typed = json!({
        "idPartener": "CDON-SE", "dataComanda": "14.05.2026", "nrComanda": "500017", "codArticol": "A1",
        "cantitate": "2", "pret": "88,125", "livrat": "0", "facturat": "0", "acceptat": "DA",
    });
    let raw = only::<OrderLineInfo>("CDON-SE;14.05.2026;500017;A1;2;88,125;0;0;DA;");
    assert_eq!(only::<OrderLineInfo>(typed), raw);

    let typed = json!({
        "idPartener": "CDON-SE", "zi": "20", "nrFactura": "9001", "codArticol": "A1", "numarComanda": "500017",
        "cant": "-2", "denUM": "Buc", "pret": "88,125", "marcaAgent": "3", "valoareFactura": "-213,26",
        "dataScadenta": "04.06.2026", "tvaInclus": "NU", "cotaTVA": "21", "tipDocument": "F", "prefixCarnet": "MZ",
        "serieDocument": "F.MZ9001", "dataEmitere": "20.05.2026", "observatiiFactura": "CDON:1",
    });
    assert_eq!(only::<SaleLine>(typed), only::<SaleLine>(sale("A1", "CDON:1")));
}

/// Letter case and aliases differ between bridges; numbers and missing keys are nobody's fault.
#[test]
fn typed_rows_are_read_tolerantly() {
    let row: StockRow = only(json!({"CodExtern": "A1", "DenUM": "Buc", "Stoc": 12.5, "stocRezervat": null}));
    assert_eq!((row.on_hand, row.reserved, row.unit.as_str()), (Decimal::new(125, 1), Decimal::ZERO, "Buc"));
}

#[test]
fn typed_rows_that_were_split_wrongly_are_rejected() {
    let shifted = json!({"codExtern": "35mm ", "denumire": " H01", "stoc": "0", "cotaTVA": "Depozit", "flagTVAInclus": "21"});
    let unknown = json!({"articleCode": "A1", "quantity": "5"});
    let batch = batch::<StockRow>([shifted, unknown, json!({})]);
    assert_eq!((batch.rows.len(), batch.health.rejected, batch.health.placeholders), (0, 3, 0));
}

#[test]
fn answers_come_as_list_page_or_nothing() {
    assert_eq!(Batch::<Warehouse>::decode(&Value::Null).unwrap().rows, []);
    assert_eq!(Batch::<Warehouse>::decode(&json!({"items": null, "page": 1})).unwrap().rows, []);
    assert_eq!(Batch::<Warehouse>::decode(&json!({"items": ["M;x;"]})).unwrap().rows.len(), 1);
    for other in [json!("M;x;"), json!({"rows": []}), json!(true)] {
        assert!(Batch::<Warehouse>::decode(&other).is_err(), "{other}");
    }
}
