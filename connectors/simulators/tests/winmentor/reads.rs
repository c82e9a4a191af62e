//! Lists: widths, names, pages, caches, and what free text does to them.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vortex_simulators::winmentor::{AnswerFault, Dialect, NewArticle, ReservationView, TextField};

use crate::client::{goods, packet, started};

fn width(row: &str) -> usize {
    row.split(';').count()
}

#[tokio::test]
async fn raw_records_have_the_measured_widths_and_terminators() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    client.import(&packet(500_001, "a", &code, "1")).await.data();
    client.import(&packet(500_002, "b", &code, "1")).await.data();
    sim.invoice(500_001).unwrap();
    for (path, tokens, terminated) in [
        ("articole", 42, true),
        ("stocuri", 21, true),
        ("parteneri", 49, true),
        ("comenzi/info", 10, true),
        ("comenzi/nefacturate", 25, true),
        ("vanzari/luna", 26, true),
        ("gestiuni", 3, true),
        ("carnete", 4, true),
        ("carnete/ext", 6, false),
        ("monede", 2, false),
        ("produse?lastSync=01.01.2000%2000:00:00", 12, true),
    ] {
        let question = if path.contains('?') { '&' } else { '?' };
        let rows = client.get(&format!("/api/{path}{question}raw=true&pageSize=1000")).await.raw();
        assert!(!rows.is_empty(), "{path}");
        let odd = ["H01N2-D", "plata OP", "rau platnic; nu"];
        for row in rows.iter().filter(|row| !odd.iter().any(|text| row.contains(text))) {
            assert_eq!((width(row), row.ends_with(';')), (tokens, terminated), "{path}: {row:?}");
        }
    }
    let fields: Vec<String> = client.get("/api/gestiuni?raw=true").await.raw();
    assert_eq!(fields[0], ";;", "the first warehouse is a nameless sentinel");
}

#[tokio::test]
async fn nothing_is_escaped_in_raw_records() {
    let (sim, client) = started(|_| ()).await;
    let code = "35mmp  ; H01N2-D";
    assert!(sim.article(code).is_some());
    let rows = client.get("/api/articole?raw=true&search=35mmp").await.raw();
    assert_eq!((rows.len(), width(&rows[0])), (1, 43));
    assert!(rows[0].starts_with(code));
    let remarks = client.get("/api/comenzi/nefacturate?raw=true").await.raw().concat();
    assert!(remarks.contains("revine marti; plata OP") && remarks.contains("client\nrevine"));
    assert!(remarks.contains('\u{0}') && remarks.contains(";30.12.1899;"));
    assert!(client.get("/api/parteneri?raw=true").await.raw().concat().contains("Popescu\nMaria"));
}

#[tokio::test]
async fn a_bridge_that_splits_on_every_semicolon_shifts_the_fields() {
    let (sim, client) = started(|_| ()).await;
    let row = async || client.get("/api/articole?search=35mmp").await.items()[0].clone();
    assert_eq!(row().await["codExtern"], "35mmp  ; H01N2-D");
    assert_eq!(row().await["serviciu"], "Nu");
    sim.update_options(|options| options.split_on_every_semicolon = true);
    assert_eq!(row().await["codExtern"], "35mmp  ");
    assert_eq!(row().await["denumire"], " H01N2-D");
    assert_ne!(row().await["serviciu"], "Nu");
}

#[tokio::test]
async fn typed_rows_are_texts_with_decimal_commas() {
    let (sim, client) = started(|_| ()).await;
    let rows = client.get("/api/articole?pageSize=1000").await.items();
    assert_eq!(rows.len(), 201);
    assert_eq!(rows[0]["denumire"], "---nedefinit---");
    assert_eq!(rows[0]["codExtern"], "");
    let mut rates = BTreeSet::new();
    let mut priced = 0;
    for row in &rows[1..] {
        assert!(row.as_object().unwrap().values().all(Value::is_string), "{row}");
        let article = sim.article(row["codExtern"].as_str().unwrap()).unwrap();
        rates.insert(article.vat);
        let shown = |key: &str| row[key].as_str().unwrap().replace(',', ".").parse::<Decimal>().ok();
        assert_eq!((shown("pretVanzare"), shown("pretVCuTVA")), (article.net, article.gross));
        let Some((net, gross)) = article.net.zip(article.gross) else { continue };
        priced += 1;
        assert!(!row["pretVCuTVA"].as_str().unwrap().contains('.'));
        let factor = Decimal::from(100 + u32::from(article.vat)) / Decimal::from(100);
        assert_eq!((net * factor).round_dp(2), gross, "{row}");
    }
    assert!(priced > 150);
    assert_eq!(rates, BTreeSet::from([0, 9, 11, 21]));
    let transport = sim.article("TRANSPORT").unwrap();
    assert_eq!((transport.service, transport.unit.as_str()), (true, "Buc"));
    let stock = client.get("/api/stocuri").await.items();
    let mut keys: Vec<_> = stock[0].as_object().unwrap().keys().cloned().collect();
    keys.sort();
    for key in ["camp17", "camp18", "simbolGestiune", "stoc", "stocRezervat", "cotaTVA"] {
        assert!(keys.iter().any(|known| known == key), "{key} in {keys:?}");
    }
    assert!(!keys.contains(&"camp19".to_owned()), "unknown fields travel only when they hold something");
    let order = client.get("/api/comenzi/nefacturate").await.items()[0].clone();
    assert_eq!(order["dataLivrare"], "30.12.1899");
    let partner = client.get("/api/parteneri?search=CDON-NO").await.items()[0].clone();
    assert_eq!(partner["codExtern"], "CDON-NO");
    assert_eq!(partner["denumiriSedii"], json!(["Sediu social"]));
}

#[tokio::test]
async fn codes_are_eans_with_valid_check_digits() {
    let (sim, _client) = started(|_| ()).await;
    let codes: Vec<_> =
        sim.articles().into_iter().map(|a| a.code).filter(|code| code.starts_with("594")).collect();
    assert!(codes.len() > 190);
    for code in codes {
        let digits: Vec<u32> = code.chars().map(|digit| digit.to_digit(10).unwrap()).collect();
        let sum: u32 =
            digits.iter().enumerate().map(|(place, digit)| digit * if place % 2 == 0 { 1 } else { 3 }).sum();
        assert_eq!((digits.len(), sum % 10), (13, 0), "{code}");
    }
}

#[tokio::test]
async fn stock_has_a_row_per_article_and_warehouse_and_none_without_stock() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    let path = format!("/api/stocuri?refresh=true&search={code}");
    sim.set_stock(&code, "MAG1", 5.into()).unwrap();
    sim.set_stock(&code, "MAG2", Decimal::new(-35, 1)).unwrap();
    let shown = async || {
        let rows = client.get(&path).await.items();
        rows.iter()
            .map(|row| {
                format!("{} {}", row["simbolGestiune"].as_str().unwrap(), row["stoc"].as_str().unwrap())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(shown().await, ["MAG1 5", "MAG2 -3,5"]);
    sim.set_stock(&code, "MAG2", 0.into()).unwrap();
    assert_eq!(shown().await, ["MAG1 5"]);
    sim.set_stock(&code, "MAG1", 0.into()).unwrap();
    assert_eq!(shown().await, Vec::<String>::new());
    sim.update_options(|options| options.zero_stock_rows = true);
    assert_eq!(shown().await, ["MAG1 0", "MAG2 0"]);
    sim.set_stock(&code, "MAG2", 4.into()).unwrap();
    let one = client.get(&format!("/api/stocuri/articol/{code}")).await;
    assert_eq!(one.data()["stoc"], "4");
    let one = client.get(&format!("/api/stocuri/articol/{code}?gestiune=MAG1&raw=true")).await;
    assert!(one.data().as_str().unwrap().ends_with(";Buc;0;0;"));
    assert_eq!(client.get("/api/stocuri/articol/NIMIC").await.status, 500);
    assert!(sim.set_stock(&code, "MAG9", 1.into()).is_err());
}

#[tokio::test]
async fn reservations_are_repeated_or_spread() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    sim.set_stock(&code, "MAG1", 2.into()).unwrap();
    sim.set_stock(&code, "MAG2", 9.into()).unwrap();
    client.import(&packet(500_001, "a", &code, "5")).await.data();
    let reserved = async || {
        let rows = client.get(&format!("/api/stocuri?refresh=true&search={code}")).await.items();
        [rows[0]["stocRezervat"].clone(), rows[1]["stocRezervat"].clone()]
    };
    assert_eq!(reserved().await, ["5", "5"]);
    sim.update_options(|options| options.reservation_view = ReservationView::PerRow);
    assert_eq!(reserved().await, ["2", "3"]);
}

#[tokio::test]
async fn pages_cover_the_list_once() {
    let (_sim, client) = started(|_| ()).await;
    let mut seen = Vec::new();
    for page in 1..=3 {
        let answer = client.get(&format!("/api/articole?page={page}&pageSize=90")).await;
        let data = answer.data().clone();
        assert_eq!(
            (&data["page"], &data["pageSize"], &data["totalPages"]),
            (&json!(page), &json!(90), &json!(3))
        );
        assert_eq!(data["hasNextPage"], json!(page < 3));
        seen.extend(answer.items().iter().map(|row| row["codExtern"].as_str().unwrap().to_owned()));
    }
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (201, 201));
    assert_eq!(client.get("/api/articole?page=4&pageSize=90").await.data()["items"], Value::Null);
    let huge = client.get("/api/articole?pageSize=999999999").await;
    assert_eq!(huge.data()["pageSize"], 10_000);
    assert_eq!(client.get("/api/articole?page=x&pageSize=").await.data()["pageSize"], 100);
}

#[tokio::test]
async fn lists_come_from_memory_until_they_are_refreshed_or_old() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    let name = async |rest: &str| {
        client.get(&format!("/api/articole?search={code}{rest}")).await.items()[0]["denumire"].clone()
    };
    name("").await;
    sim.rename(&code, "Nume nou").unwrap();
    assert_ne!(name("").await, "Nume nou");
    assert_eq!(name("&refresh=true").await, "Nume nou");
    sim.rename(&code, "Nume foarte nou").unwrap();
    sim.clock().advance_ms(4 * 60_000);
    assert_eq!(name("").await, "Nume nou");
    sim.clock().advance_ms(2 * 60_000);
    assert_eq!(name("").await, "Nume foarte nou");
}

#[tokio::test]
async fn changes_and_deletions_can_be_asked_for_by_time() {
    let (sim, client) = started(|_| ()).await;
    let codes = goods(&sim);
    // 12:00 in Bucharest.
    let since = "lastSync=23.11.2026%2012:00:00";
    let changed = async || client.get(&format!("/api/produse?{since}")).await.data().clone();
    assert_eq!(changed().await, Value::Null);
    sim.clock().advance_ms(60_000);
    sim.rename(&codes[0], "Altfel").unwrap();
    sim.set_stock(&codes[1], "MAG1", 1.into()).unwrap();
    let new = NewArticle { code: "NOU-1".into(), net: Some(10.into()), ..NewArticle::default() };
    let internal_id = sim.add_article(&new).unwrap();
    let rows = changed().await;
    assert_eq!(rows.as_array().unwrap().len(), 2, "stock is no change of the card: {rows}");
    assert_eq!(rows[0]["denumire"], "Altfel");
    assert!(rows[0]["dataUltimeiModificari"].as_str().unwrap().starts_with("23.11.2026 12:01:"));
    assert_eq!(rows[1]["codIntern"], internal_id.as_str());
    assert_eq!(sim.article("NOU-1").unwrap().gross, Some(Decimal::new(121, 1)));

    sim.remove_article("NOU-1").unwrap();
    let removed = client.get(&format!("/api/produse/stergeri?{since}")).await;
    assert_eq!(removed.items()[0]["codIntern"], internal_id.as_str());
    assert_eq!(client.get("/api/produse/stergeri?lastSync=24.11.2026%2000:00:00").await.data(), &Value::Null);
    assert!(sim.article("NOU-1").is_none());
    assert_eq!(client.get("/api/produse?lastSync=ieri").await.status, 400);
}

#[tokio::test]
async fn columns_may_be_appended_while_running() {
    let (sim, client) = started(|_| ()).await;
    sim.update_options(|options| options.extra_columns = 2);
    for (path, tokens) in [("articole", 44), ("stocuri", 23), ("parteneri", 51)] {
        let rows = client.get(&format!("/api/{path}?raw=true")).await.raw();
        assert!(width(&rows[1]) == tokens && rows[1].ends_with(";0;0;"), "{path}: {}", rows[1]);
    }
    assert_eq!(client.get("/api/articole").await.items()[1]["camp41"], "0");
}

/// F31
#[tokio::test]
async fn a_list_may_come_empty_or_in_part() {
    let (sim, client) = started(|_| ()).await;
    let rows = async || client.get("/api/articole?refresh=true&pageSize=1000").await.items().len();
    sim.answers(AnswerFault::Half);
    assert_eq!(rows().await, 100);
    sim.answers(AnswerFault::FirstTenPercent);
    assert_eq!(rows().await, 20);
    sim.answers(AnswerFault::Empty);
    let empty = client.get("/api/stocuri?refresh=true").await;
    assert_eq!((&empty.data()["items"], &empty.data()["totalPages"]), (&Value::Null, &json!(0)));
    assert_eq!(client.get("/api/comenzi/nefacturate").await.data(), &Value::Null);
    sim.answers(AnswerFault::None);
    assert_eq!(rows().await, 201);
}

/// F30, F40
#[tokio::test]
async fn a_number_may_be_no_number() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    sim.override_text(&code, TextField::Stock, Some("NaN"));
    sim.override_text(&code, TextField::NetPrice, Some("1.234,50"));
    let stock = client.get(&format!("/api/stocuri?refresh=true&search={code}")).await.items();
    assert!(stock.iter().all(|row| row["stoc"] == "NaN"));
    let path = format!("/api/articole?search={code}");
    assert_eq!(client.get(&path).await.items()[0]["pretVanzare"], "1.234,50");
    sim.override_text(&code, TextField::NetPrice, None);
    assert_ne!(client.get(&path).await.items()[0]["pretVanzare"], "1.234,50");
}

#[tokio::test]
async fn a_large_nomenclature_is_read_to_its_end() {
    let (sim, client) = started(|options| options.articles = 64_000).await;
    let mut rows = 0;
    for page in 1.. {
        let answer = client.get(&format!("/api/articole?raw=true&page={page}&pageSize=10000")).await;
        rows += answer.items().len();
        if answer.data()["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(rows, 64_001);
    let odd = sim.articles().iter().filter(|article| article.code.contains(';')).count();
    assert_eq!(odd, 46);
    assert_eq!(sim.log().count("stock_truth"), 0);
}

#[tokio::test]
async fn the_other_dialect_words_its_answers_differently() {
    let (sim, client) = started(|options| options.dialect = Dialect::BridgeV12).await;
    let code = goods(&sim)[0].clone();
    let field = client.post("/api/config/id-art-field", json!({"fieldName": "CodExtern"})).await;
    assert_eq!(field.data(), &json!({"field": "CodExtern", "applied": true}));
    assert_eq!(client.get("/api/parteneri/next-id").await.data(), &json!("9"));
    let page = client.get("/api/parteneri?pageSize=4&page=2").await.data().clone();
    assert_eq!((&page["totalItems"], &page["hasPreviousPage"]), (&json!(9), &json!(true)));
    assert_eq!(client.get("/api/articole?pageSize=10000").await.data()["pageSize"], 5_000);
    assert_eq!(client.get("/api/gestiuni").await.data()[1], json!(["MAG1", "Depozit MAG1", ""]));
    let raw = client.get(&format!("/api/stocuri/{code}")).await;
    assert!(raw.data().as_str().unwrap().starts_with(&format!("{code};")));
    assert_eq!(client.get("/api/facturi/pot-introduce").await.data(), &json!({"result": 1}));

    let imported = client.import(&packet(500_001, "a", &code, "1")).await;
    assert_eq!(imported.data()["warnings"], json!([]));
    assert_eq!(imported.data()["importedCount"], 1);
    let refused = client.import(&packet(500_002, "b", "NIMIC", "1")).await;
    assert_eq!((refused.status, &refused.data()["isValid"]), (200, &json!(false)));
    assert!(refused.data()["errors"][0].as_str().unwrap().contains("NIMIC"));
    let number = sim.invoice(500_001).unwrap();
    let exists = client.get(&format!("/api/facturi/{number}/exists")).await;
    assert_eq!(exists.data(), &json!({"numar": number, "status": "posted", "code": 1}));
    let sales = client.get("/api/vanzari").await.items();
    assert_eq!(sales[0].as_array().unwrap().len(), 11);
    for path in ["vanzari/luna", "facturi/exists/1", "system/nimic"] {
        assert_eq!(client.get(&format!("/api/{path}")).await.status, 404, "{path}");
    }
    assert_eq!(client.post("/api/com/disconnect", json!({})).await.status, 404);
}
