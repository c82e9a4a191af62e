//! Partners: adding, doubling, identifiers.

use serde_json::{Value, json};
use vortex_simulators::winmentor::Dialect;

use crate::client::started;

fn buyer(code: &str) -> Value {
    json!({"id": "", "denumire": "Søren Ørsted", "localitate": "København", "codExtern": code, "flagPF": "PF",
           "emailSediu": "s@example.dk", "taraSediu": "DK", "info": "ignored;by;this;dialect"})
}

#[tokio::test]
async fn the_market_partners_are_there() {
    let (_sim, client) = started(|_| ()).await;
    let rows = client.get("/api/parteneri?pageSize=1000").await.items();
    let codes: Vec<_> = rows.iter().map(|row| row["codExtern"].as_str().unwrap()).collect();
    assert_eq!(codes[..5], ["", "CDON-SE", "CDON-DK", "CDON-FI", "CDON-NO"]);
    let blocked: Vec<_> = rows.iter().filter(|row| row["partenerBlocat"] == "DA").collect();
    assert_eq!(blocked.len(), 1);
    assert_eq!(
        client.get("/api/parteneri?search=RO14399840").await.items().len(),
        2,
        "one tax id, two partners"
    );
}

#[tokio::test]
async fn the_next_id_may_come_back_empty_for_a_while() {
    let (_sim, client) = started(|options| options.next_id_empty = 2).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(client.get("/api/parteneri/next-id").await.data()["nextId"].clone());
    }
    assert_eq!(ids, ["", "", "9"]);
}

/// F47
#[tokio::test]
async fn a_partner_is_added_through_the_code_page() {
    let (sim, client) = started(|_| ()).await;
    let added = client.post("/api/parteneri/add", buyer("CDON-B1")).await;
    assert_eq!(added.data(), &json!({"method": "AdaugaPartener", "result": 9}));
    let cached = client.get("/api/parteneri?search=CDON-B1&refresh=true").await.items();
    assert_eq!(cached[0]["denumire"], "S?ren ?rsted");
    assert_eq!((&cached[0]["localitate"], &cached[0]["pfSauPj"]), (&json!("K?benhavn"), &json!("PF")));
    let entry = sim.log().of_kind("partner_tx").remove(0);
    assert_eq!((&entry["code"], &entry["id"]), (&json!("CDON-B1"), &json!(9)));
    assert_eq!(client.get("/api/parteneri/next-id").await.data(), &json!({"nextId": "10"}));
}

/// F25
#[tokio::test]
async fn a_partner_is_doubled_without_a_word_unless_that_is_refused() {
    let (sim, client) = started(|_| ()).await;
    for _ in 0..2 {
        client.post("/api/parteneri/add", buyer("CDON-B1")).await.data();
    }
    assert_eq!(sim.partner_codes().iter().filter(|code| *code == "CDON-B1").count(), 2);
    sim.update_options(|options| options.accept_duplicate_partners = false);
    let refused = client.post("/api/parteneri/add", buyer("CDON-B1")).await;
    assert_eq!(refused.data()["result"], 0);
    assert!(client.get("/api/erori").await.data().to_string().contains("exista deja"));
}

#[tokio::test]
async fn success_with_result_0_is_a_failure() {
    let (sim, client) = started(|options| options.partner_add_fails = true).await;
    let answer = client.post("/api/parteneri/add", buyer("CDON-B1")).await;
    assert_eq!((answer.status, &answer.data()["result"]), (200, &json!(0)));
    sim.update_options(|options| options.partner_add_fails = false);
    let nameless = client.post("/api/parteneri/add", json!({"codExtern": "CDON-B2"})).await;
    assert_eq!(nameless.data()["result"], 0);
    assert_eq!(sim.log().count("partner_tx"), 0);
    assert_eq!(sim.log().count("import_refused"), 2);
}

#[tokio::test]
async fn the_other_dialect_takes_35_fields_in_one_text() {
    let (sim, client) = started(|options| options.dialect = Dialect::BridgeV12).await;
    let mut fields = [""; 35];
    (fields[0], fields[1], fields[22]) = ("77", "Matti", "CDON-B3");
    let answer = client.post("/api/parteneri/add", json!({"info": fields.join(";")})).await;
    assert_eq!(answer.data(), &json!({"result": 77, "message": "Partener adaugat"}));
    assert!(sim.partner_codes().contains(&"CDON-B3".to_owned()));
    let structured = json!({"denumire": "Matti", "codExtern": "CDON-B4"});
    assert_eq!(client.post("/api/parteneri/add", structured).await.data()["result"], 0);
}
