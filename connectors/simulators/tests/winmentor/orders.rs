//! Order packets: what is refused, what is entered, what becomes of an order.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use vortex_simulators::winmentor::{DecimalSeparator, ImportCount, OrderNumberField};

use crate::client::{goods, packet, replaced, started};

#[tokio::test]
async fn an_order_is_entered_reserves_and_can_be_read_back() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    let before = sim.article(&code).unwrap();
    let answer = client.import(&packet(500_001, "abc-1", &code, "2")).await;
    assert_eq!(
        answer.data(),
        &json!({"isValid": true, "importedCount": 1, "docType": "comenzi", "errors": []})
    );
    let after = sim.article(&code).unwrap();
    assert_eq!((after.reserved, &after.stock), (before.reserved + Decimal::TWO, &before.stock));

    let order = sim.orders().remove(0);
    assert_eq!((order.nr_doc, order.booklet.as_str(), order.partner.as_str()), (500_001, "CDON", "CDON-SE"));
    assert_eq!(order.remark, "CDON:abc-1 199.00 SEK");
    assert_eq!(order.place, "Malmö");
    assert_eq!(order.lines[0].price.to_string(), "99.1735");
    assert_eq!(order.lines[0].remark, "linia abc-1");

    let rows = client.get("/api/comenzi/nefacturate").await.items();
    let row = rows.iter().find(|row| row["observatii"].as_str().unwrap().starts_with("CDON:abc-1")).unwrap();
    for (key, value) in [
        ("codArticol", code.as_str()),
        ("nrComanda", "500001"),
        ("cantitate", "2"),
        ("denUM", "Buc"),
        ("dataComanda", "23.11.2026"),
        ("idPartener", "CDON-SE"),
        ("pret", "99,1735"),
        ("serieDocument", "CDON"),
        ("sediuPartener", "Malmö"),
        ("dataLivrare", "25.11.2026"),
        ("pozitie", "1"),
        ("moneda", "RON"),
        ("camp22", "linia abc-1"),
    ] {
        assert_eq!(row[key], value, "{key}");
    }
    let info = client.get("/api/comenzi/info").await.items();
    let info = info.iter().find(|row| row["nrComanda"] == "500001").unwrap();
    assert_eq!((&info["acceptat"], &info["cantitate"]), (&json!("NU"), &json!("2")));

    let entry = sim.log().of_kind("order_tx").remove(0);
    assert_eq!(
        (&entry["ref"], &entry["reply_sent"], &entry["committed"]),
        (&json!("abc-1"), &json!(true), &json!(true))
    );
    assert_eq!((&entry["total"], &entry["company"]), (&json!("198.347"), &json!("ACME")));
    assert_eq!(entry["lines"][0]["article"], code.as_str());
    let truth = sim.log().of_kind("stock_truth").pop().unwrap();
    assert_eq!((&truth["sku"], &truth["reserved"]), (&json!(code), &json!("2")));
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_romanian_and_nothing_is_entered() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    let sound = packet(500_001, "a", &code, "2");
    for (from, to, complaint) in [
        (code.as_str(), "0000000000000", "articolul 0000000000000 nu exista"),
        ("CDON-SE", "CDON-IS", "partenerul CDON-IS nu exista"),
        ("CDON-SE", "CL-102", "este blocat"),
        (";Buc;", ";Bax;", "unitatea de masura Bax nu exista"),
        (";Buc;", ";Kg;", "nu este a articolului"),
        ("TotalArticole=1", "TotalArticole=2", "TotalArticole=2 nu corespunde"),
        ("TotalComenzi=1", "TotalComenzi=3", "TotalComenzi=3 nu corespunde"),
        ("Data=23.11.2026", "Data=23.10.2026", "nu apartine lunii de lucru"),
        ("LunaLucru=11", "LunaLucru=10", "nu apartine lunii de lucru"),
        ("99.1735", "99,1735", "pret incorect"),
        ("=COMANDA", "=FACTURA IESIRE", "nu par a fi"),
        ("Carnet=CDON", "Carnet=XYZ", "carnetul XYZ nu exista"),
        ("Logon=Master", "Logon=Nimeni", "Utilizatorul Nimeni nu exista"),
        ("Moneda=LEI", "Moneda=GOLD", "moneda GOLD nu exista"),
        ("NrDoc=500001", "NrDoc=99999999999", "NrDoc incorect"),
        ("[Items_1]", "// [Items_1]", "Linie nerecunoscuta"),
    ] {
        let answer = client.import(&replaced(&sound, from, to)).await;
        assert_eq!(answer.status, 400, "{to}");
        assert!(answer.errors().contains(complaint), "{to}: {}", answer.body);
        let again = client.get("/api/erori").await.data().to_string();
        assert!(again.contains(complaint), "{again}");
    }
    assert_eq!(sim.orders().len(), 0);
    assert_eq!(sim.log().count("import_refused"), 16);
    assert_eq!(sim.log().count("order_tx"), 0);
    client.import(&sound).await.data();
    assert_eq!(client.get("/api/erori").await.data(), &Value::Null, "a later call overwrites the errors");
    assert_eq!(client.post("/api/import/comenzi", json!({"lines": "x"})).await.status, 400);
}

#[tokio::test]
async fn partners_can_be_blocked_and_months_closed_meanwhile() {
    let (sim, client) = started(|_| ()).await;
    let sound = packet(500_001, "a", &goods(&sim)[0], "1");
    sim.block_partner("CDON-SE", true).unwrap();
    assert!(client.import(&sound).await.errors().contains("blocat"));
    sim.block_partner("CDON-SE", false).unwrap();
    sim.close_month(2026, 11);
    assert!(client.import(&sound).await.errors().contains("Luna 11/2026 este inchisa"));
    sim.open_month(2026, 11);
    client.post("/api/firme/select", json!({"firma": "ACME", "an": 2026, "luna": 10})).await.data();
    assert!(client.import(&sound).await.errors().contains("difera de luna de lucru"));
    client.set_up().await;
    assert_eq!(client.import(&sound).await.data()["importedCount"], 1);
}

#[tokio::test]
async fn the_decimal_separator_follows_the_settings_of_windows() {
    let (sim, client) = started(|options| options.decimal_separator = DecimalSeparator::Comma).await;
    let point = packet(500_001, "a", &goods(&sim)[0], "1");
    assert_eq!(client.import(&point).await.status, 400);
    client.import(&replaced(&point, "99.1735", "99,1735")).await.data();
    sim.update_options(|options| options.decimal_separator = DecimalSeparator::Either);
    client.import(&point).await.data();
    assert!(sim.orders().iter().all(|order| order.lines[0].price == Decimal::new(991_735, 4)));
}

#[tokio::test]
async fn validation_alone_enters_nothing() {
    let (sim, client) = started(|_| ()).await;
    let sound = packet(500_001, "a", &goods(&sim)[0], "1");
    for path in ["comenzi?validateOnly=true", "comenzi/validate"] {
        let answer = client.post(&format!("/api/import/{path}"), json!({"lines": sound})).await;
        assert_eq!(answer.data(), &json!({"isValid": true, "docType": "comenzi"}));
        let bad = replaced(&sound, "CDON-SE", "NIMENI");
        assert_eq!(client.post(&format!("/api/import/{path}"), json!({"lines": bad})).await.status, 400);
    }
    assert_eq!(sim.orders().len(), 0);
    client.post("/api/import/comenzi/import", json!({"lines": sound})).await.data();
    assert_eq!(sim.orders().len(), 1);
}

#[tokio::test]
async fn structured_orders_become_packets() {
    let (sim, client) = started(|_| ()).await;
    let order = json!({
        "anLucru": 2026, "lunaLucru": 11,
        "comenzi": [{
            "nrDoc": "500077", "simbolCarnet": "CDON", "data": "23.11.2026", "codClient": "CDON-DK",
            "observatii": "CDON:77", "scadenta": "30.11.2026",
            "items": [{"codArticol": goods(&sim)[0], "um": "Buc", "cantitate": "3", "pret": "10.5",
                       "discount": "0", "data": "25.11.2026"}],
        }],
    });
    let preview = client.post("/api/import-doc/comenzi/preview", order.clone()).await;
    let lines: Vec<String> = serde_json::from_value(preview.data()["lines"].clone()).unwrap();
    for line in ["Logon=Master", "Operatie=A", "Moneda=LEI", "TotalArticole=1", "Scadenta=30.11.2026"] {
        assert!(lines.iter().any(|known| known == line), "{line} in {lines:?}");
    }
    let valid = client.post("/api/import-doc/comenzi/validate", order.clone()).await;
    assert_eq!(valid.data()["lines"], preview.data()["lines"]);
    assert_eq!(sim.orders().len(), 0);
    let imported = client.post("/api/import-doc/comenzi/import", order).await;
    assert_eq!(
        imported.data(),
        &json!({"isValid": true, "importedCount": 1, "docType": "comenzi", "warnings": []})
    );
    assert_eq!((sim.orders()[0].nr_doc, sim.orders()[0].reference.as_deref()), (500_077, Some("77")));
}

#[tokio::test]
async fn the_same_order_is_entered_twice_without_a_word() {
    let (sim, client) = started(|_| ()).await;
    let sound = packet(500_001, "a", &goods(&sim)[0], "1");
    for _ in 0..2 {
        assert_eq!(client.import(&sound).await.data()["importedCount"], 1);
    }
    assert_eq!(sim.orders().len(), 2);
    sim.update_options(|options| options.accept_duplicates = false);
    assert!(client.import(&sound).await.errors().contains("exista deja"));
    sim.cancel_order(500_001).unwrap();
    sim.cancel_order(500_001).unwrap();
    client.import(&sound).await.data();
    sim.update_options(|options| options.enforce_booklet_range = true);
    let outside = packet(42, "b", &goods(&sim)[0], "1");
    assert!(client.import(&outside).await.errors().contains("nu apartine carnetului"));
}

#[tokio::test]
async fn our_number_is_in_one_of_two_fields() {
    let (sim, client) = started(|options| options.desktop_orders = false).await;
    client.import(&packet(500_001, "a", &goods(&sim)[0], "1")).await.data();
    let numbers = async || {
        let row = client.get("/api/comenzi/nefacturate").await.items()[0].clone();
        [row["nrComanda"].clone(), row["nrDocument"].clone()]
    };
    let own = sim.orders()[0].own_nr.to_string();
    assert_eq!(numbers().await, ["500001", &own]);
    sim.update_options(|options| options.order_number_field = OrderNumberField::NrDocCarnet);
    assert_eq!(numbers().await, [own.as_str(), "500001"]);
    assert_eq!(client.get("/api/comenzi/info").await.items()[0]["nrComanda"], "500001");
}

#[tokio::test]
async fn an_invoice_moves_the_order_to_the_sales_of_its_month_and_the_goods_out() {
    let (sim, client) = started(|options| options.desktop_orders = false).await;
    let code = goods(&sim)[0].clone();
    let before = sim.article(&code).unwrap();
    client.import(&packet(500_001, "a", &code, "2")).await.data();
    assert_eq!(client.get("/api/facturi/exists/1001").await.data()["result"], 0);
    let number = sim.invoice(500_001).unwrap();
    assert_eq!(client.get(&format!("/api/facturi/exists/{number}")).await.data()["result"], 1);
    assert_eq!(client.get("/api/comenzi/nefacturate").await.data(), &Value::Null);
    let after = sim.article(&code).unwrap();
    let total = |stock: &std::collections::BTreeMap<String, Decimal>| stock.values().sum::<Decimal>();
    assert_eq!(total(&after.stock), total(&before.stock) - Decimal::TWO);
    assert_eq!(after.reserved, before.reserved);

    let sale = client.get("/api/vanzari/luna").await.items()[0].clone();
    let gross = Decimal::new(198_347, 3) * Decimal::from(100 + u32::from(after.vat)) / Decimal::from(100);
    for (key, value) in [
        ("idPartener", "CDON-SE".to_owned()),
        ("zi", "23".to_owned()),
        ("nrFactura", number.to_string()),
        ("codArticol", code.clone()),
        ("numarComanda", "500001".to_owned()),
        ("cant", "2".to_owned()),
        ("pret", "99,1735".to_owned()),
        ("serieDocument", format!("F.FACT{number}")),
        ("observatiiFactura", "CDON:a 199.00 SEK".to_owned()),
        ("valoareFactura", gross.round_dp(2).normalize().to_string().replace('.', ",")),
    ] {
        assert_eq!(sale[key], value, "{key}");
    }
    // The list is that of the working month.
    client.post("/api/firme/select", json!({"firma": "ACME", "an": 2026, "luna": 10})).await.data();
    assert_eq!(client.get("/api/vanzari/luna").await.data(), &Value::Null);
    assert!(sim.invoice(500_001).is_err());
    assert_eq!(sim.log().count("invoice_tx"), 1);
}

/// F41
#[tokio::test]
async fn a_closed_month_takes_no_invoice() {
    let (sim, client) = started(|_| ()).await;
    client.import(&packet(500_001, "a", &goods(&sim)[0], "1")).await.data();
    sim.close_month(2026, 11);
    assert!(sim.invoice(500_001).unwrap_err().to_string().contains("11/2026"));
    sim.open_month(2026, 11);
    sim.update_options(|options| options.copy_remark_to_invoice = false);
    sim.invoice(500_001).unwrap();
    assert_eq!(client.get("/api/vanzari/luna").await.items()[0]["observatiiFactura"], "");
}

#[tokio::test]
async fn a_cancelled_order_stays_in_the_info_list_only() {
    let (sim, client) = started(|options| options.desktop_orders = false).await;
    let code = goods(&sim)[0].clone();
    client.import(&packet(500_001, "a", &code, "2")).await.data();
    sim.cancel_order(500_001).unwrap();
    assert_eq!(client.get("/api/comenzi/nefacturate").await.data(), &Value::Null);
    assert_eq!(client.get("/api/comenzi/info").await.items()[0]["acceptat"], "DA");
    assert_eq!(sim.article(&code).unwrap().reserved, Decimal::ZERO);
    assert_eq!(sim.log().of_kind("order_void")[0]["ref"], "a");
    assert!(sim.cancel_order(500_001).unwrap_err().to_string().contains("already"));
    assert!(sim.cancel_order(1).unwrap_err().to_string().contains("no order"));
}

#[tokio::test]
async fn success_does_not_say_how_much_was_imported() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    sim.update_options(|options| options.import_count = ImportCount::ZeroNotApplied);
    let answer = client.import(&packet(500_001, "a", &code, "1")).await;
    assert_eq!((&answer.data()["isValid"], &answer.data()["importedCount"]), (&json!(true), &json!(0)));
    assert_eq!(sim.orders().len(), 0);
    sim.update_options(|options| options.import_count = ImportCount::ZeroButApplied);
    assert_eq!(client.import(&packet(500_001, "a", &code, "1")).await.data()["importedCount"], 0);
    assert_eq!(sim.orders().len(), 1);
    sim.update_options(|options| {
        options.import_count = ImportCount::Honest;
        options.import_warnings = vec!["Documentul 12 este editat de alt utilizator".to_owned()];
    });
    let warned = client.import(&packet(500_002, "b", &code, "1")).await;
    assert_eq!(warned.data()["importedCount"], 1);
    assert_eq!(warned.data()["errors"], json!(["Documentul 12 este editat de alt utilizator"]));
}

/// F47
#[tokio::test]
async fn the_code_page_has_no_nordic_letters() {
    let (sim, client) = started(|_| ()).await;
    let lines =
        replaced(&packet(500_001, "a", &goods(&sim)[0], "1"), "199.00", "Stårgatan Ærø Ștefan şi äöé");
    client.import(&lines).await.data();
    assert_eq!(sim.orders()[0].remark, "CDON:a St?rgatan ?r? ?tefan şi äöé SEK");
}

#[tokio::test]
async fn services_are_ordered_but_not_reserved() {
    let (sim, client) = started(|_| ()).await;
    client.import(&packet(500_001, "a", "TRANSPORT", "1")).await.data();
    assert_eq!(sim.article("TRANSPORT").unwrap().reserved, Decimal::ZERO);
    sim.invoice(500_001).unwrap();
    assert!(sim.article("TRANSPORT").unwrap().stock.values().all(Decimal::is_zero));
}
