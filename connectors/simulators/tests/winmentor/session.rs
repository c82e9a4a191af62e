//! Key, company, month, id fields, maintenance: the state of the one COM object.

use serde_json::{Value, json};
use vortex_simulators::winmentor::Dialect;

use crate::client::{NOON_MS, cold, goods, packet, started};

#[tokio::test]
async fn the_key_is_demanded_everywhere_but_at_health() {
    let (sim, client) = cold(|_| ()).await;
    assert_eq!(client.with_key("/api/health", None).await.data()["comConnected"], json!(true));
    for key in [None, Some("wrong")] {
        let answer = client.with_key("/api/firme", key).await;
        assert_eq!(answer.status, 401);
        assert!(answer.errors().contains("Cheie API"));
    }
    assert_eq!(sim.log().count("auth_failed"), 2);
    assert_eq!(client.get("/api/firme").await.data(), &json!(["ACME", "ALTA FIRMA"]));
    assert_eq!(client.get("/api/nicaieri").await.status, 404);
}

#[tokio::test]
async fn the_other_dialect_takes_the_key_from_the_query_too() {
    let (sim, client) = cold(|options| options.dialect = Dialect::BridgeV12).await;
    let path = "/api/firme?api_key=sim-winmentor-key";
    assert_eq!(client.with_key(path, None).await.data()[0], json!({"nume": "ACME"}));
    sim.update_options(|options| options.dialect = Dialect::MentorApi);
    assert_eq!(client.with_key(path, None).await.status, 401);
}

#[tokio::test]
async fn nothing_can_be_read_before_a_company_is_selected() {
    let (_sim, client) = cold(|_| ()).await;
    for path in ["articole", "stocuri", "parteneri", "gestiuni", "comenzi/info", "comenzi/nefacturate"] {
        let answer = client.get(&format!("/api/{path}")).await;
        assert_eq!((answer.status, answer.errors().contains("firma")), (500, true), "{path}");
    }
    let months = client.get("/api/firme/ACME/luni").await;
    assert_eq!(months.data().as_array().unwrap().last().unwrap(), "2026_11");
    assert_eq!(client.get("/api/firme/NIMENI/luni").await.data(), &Value::Null);
    for (company, month) in [("NIMENI", 11), ("ACME", 12)] {
        let answer =
            client.post("/api/firme/select", json!({"firma": company, "an": 2026, "luna": month})).await;
        assert_eq!(answer.status, 500, "{}", answer.body);
    }
    // The company was selected before the month failed: months do not carry over.
    assert_eq!(client.get("/api/vanzari/luna").await.status, 500);
    client.set_up().await;
    assert!(client.get("/api/articole").await.items().len() > 50);
}

#[tokio::test]
async fn the_company_is_shared_with_everybody_who_uses_the_bridge() {
    let (sim, client) = started(|_| ()).await;
    sim.switch_company_elsewhere();
    let answer = client.get("/api/articole").await;
    assert_eq!(answer.data()["items"], Value::Null, "an empty list is null");
    assert_eq!(client.get("/api/comenzi/nefacturate").await.data(), &Value::Null);
    let refused = client.import(&packet(500_001, "a", &goods(&sim)[0], "1")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.errors().contains("nu exista"));
    client.set_up().await;
    assert!(client.get("/api/articole").await.items().len() > 50);
}

#[tokio::test]
async fn another_program_may_come_between_any_two_requests() {
    let (sim, client) = started(|_| ()).await;
    sim.update_options(|options| options.interloper_every = Some(3));
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(client.get("/api/comenzi/nefacturate").await.data().is_null());
    }
    assert_eq!(seen, [false, false, true, true]);
    assert!(sim.log().of_kind("fault").iter().any(|e| e["mode"] == "company_switched_elsewhere"));
}

#[tokio::test]
async fn the_id_field_decides_what_every_first_field_means() {
    let (sim, client) = started(|_| ()).await;
    let article = sim.article(&goods(&sim)[0]).unwrap();
    let first_fields = async || {
        let stock = client.get(&format!("/api/stocuri?search={}", article.code)).await.items();
        let one = client.get(&format!("/api/articole?search={}", article.code)).await.items();
        [stock[0]["codExtern"].clone(), one[0]["codExtern"].clone(), one[0]["codExternAlt"].clone()]
    };
    assert_eq!(first_fields().await, [article.code.as_str(), &article.code, &article.internal_id]);
    let answer = client.post("/api/config/id-art-field", json!({"fieldName": "CodIntern"})).await;
    assert_eq!(answer.data(), &json!({"fieldName": "CodIntern", "set": true}));
    assert_eq!(first_fields().await, [article.internal_id.as_str(), &article.internal_id, &article.code]);

    let refused = client.import(&packet(500_001, "a", &article.code, "1")).await;
    assert!(refused.errors().contains(&format!("articolul {} nu exista", article.code)));
    let taken = client.import(&packet(500_001, "a", &article.internal_id, "1")).await;
    assert_eq!(taken.data()["importedCount"], 1);
    assert_eq!(sim.orders()[0].lines[0].code, article.code);

    let wrong = client.post("/api/config/id-art-field", json!({"fieldName": "EAN"})).await;
    assert_eq!(wrong.status, 400);
    client.post("/api/config/id-part-field", json!({"fieldName": "CodIntern"})).await.data();
    let refused = client.import(&packet(500_002, "b", &article.internal_id, "1")).await;
    assert!(refused.errors().contains("partenerul CDON-SE nu exista"));
}

#[tokio::test]
async fn a_cache_may_keep_the_identifiers_of_another_id_field() {
    let (sim, client) = started(|options| options.cache_survives_id_switch = true).await;
    let article = sim.article(&goods(&sim)[0]).unwrap();
    let path = format!("/api/articole?search={}", article.code);
    client.get(&path).await.data();
    client.post("/api/config/id-art-field", json!({"fieldName": "CodIntern"})).await.data();
    assert_eq!(client.get(&path).await.items()[0]["codExtern"], article.code.as_str());
    let fresh = client.get(&format!("{path}&refresh=true")).await.items();
    assert_eq!(fresh[0]["codExtern"], article.internal_id.as_str());
}

#[tokio::test]
async fn maintenance_answers_503_and_loses_the_session() {
    let (sim, client) = started(|_| ()).await;
    client.post("/api/com/disconnect", json!({})).await.data();
    assert_eq!(client.get("/api/gestiuni").await.status, 503);
    assert_eq!(client.get("/api/health").await.data()["comConnected"], json!(false));
    client.post("/api/com/connect", json!({})).await.data();
    assert_eq!(client.get("/api/gestiuni").await.status, 500, "the company is forgotten");
    assert_eq!(client.get("/api/versiuni").await.data(), &json!({"verMentor": 0.0, "verServer": 0.0}));
    client.set_up().await;
    assert_eq!(client.get("/api/versiuni").await.data(), &json!({"verMentor": 16.43, "verServer": 1.87}));
    sim.maintenance(true);
    assert_eq!(client.get("/api/gestiuni").await.status, 503);
    sim.maintenance(false);

    let before = client.get("/api/health").await.data()["instanceId"].clone();
    client.set_up().await;
    sim.restart_bridge();
    assert_ne!(client.get("/api/health").await.data()["instanceId"], before);
    assert_eq!(client.get("/api/gestiuni").await.status, 500);
}

/// F42
#[tokio::test]
async fn the_erp_is_off_at_night() {
    let (sim, client) = started(|options| options.maintenance_hours = Some((22, 7))).await;
    let status_at = async |hour: i64| {
        sim.clock().set_ms(NOON_MS + (hour - 12) * 3_600_000);
        client.get("/api/gestiuni").await.status
    };
    let mut open = Vec::new();
    for hour in [12, 21, 22, 23, 24, 30, 31] {
        open.push(status_at(hour).await == 200);
    }
    assert_eq!(open, [true, true, false, false, false, false, true]);
}

#[tokio::test]
async fn a_month_is_opened_by_hand_or_by_the_clock() {
    let (sim, client) = started(|options| options.auto_open_months = false).await;
    sim.clock().advance_ms(9 * 86_400_000);
    let select = json!({"firma": "ACME", "an": 2026, "luna": 12});
    assert_eq!(client.post("/api/firme/select", select.clone()).await.status, 500);
    sim.update_options(|options| options.auto_open_months = true);
    client.post("/api/firme/select", select).await.data();
    let may = "/api/system/pot-introduce-doc?an=2026&luna=";
    assert_eq!(client.get(&format!("{may}12")).await.data(), &json!({"result": 1}));
    sim.close_month(2026, 12);
    assert_eq!(client.get(&format!("{may}12")).await.data(), &json!({"result": 0}));
    assert_eq!(client.get("/api/system/pot-introduce-doc").await.data(), &json!({"result": 0}));
    assert_eq!(client.get(&format!("{may}11")).await.data(), &json!({"result": 1}));
    sim.open_month(2026, 12);
    assert_eq!(client.get("/api/system/pot-introduce-doc").await.data(), &json!({"result": 1}));
}

#[tokio::test]
async fn a_broken_method_fails_as_it_does_on_some_installations() {
    let (_sim, client) = started(|options| options.broken = vec!["carnete/ext".to_owned()]).await;
    let answer = client.get("/api/carnete/ext").await;
    assert_eq!((answer.status, answer.errors().contains("0x8000FFFF")), (500, true));
    assert_eq!(client.get("/api/carnete").await.status, 200);
}
