//! The control routes do what the Rust handle does.

use serde_json::{Value, json};

use crate::client::{NOON_MS, goods, packet, started};

#[tokio::test]
async fn everything_can_be_commanded_over_http() {
    let (sim, client) = started(|_| ()).await;
    let codes = goods(&sim);
    let command = async |path: &str, body: Value| {
        let answer = client.post(&format!("/control/{path}"), body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    };
    command("stock", json!({"sku": codes[0], "warehouse": "MAG1", "qty": "7.5"})).await;
    command("sell", json!({"sku": codes[0], "qty": 2})).await;
    command("price", json!({"sku": codes[0], "net": 12.25})).await;
    command("rename", json!({"sku": codes[0], "name": "Altul"})).await;
    let article = sim.article(&codes[0]).unwrap();
    assert_eq!(article.stock["MAG1"].to_string(), "5.5");
    assert_eq!((article.net.unwrap().to_string().as_str(), article.name.as_str()), ("12.25", "Altul"));
    command("text", json!({"sku": codes[0], "field": "stock", "text": ""})).await;
    let row = client.get(&format!("/api/stocuri/articol/{}", codes[0])).await;
    assert_eq!(row.data()["stoc"], "");

    command("articles", json!({"code": "NOU-1", "vat": 11, "net": "5", "stock": {"MAG2": "3"}})).await;
    assert_eq!(sim.article("NOU-1").unwrap().vat, 11);
    command("articles/remove", json!({"sku": "NOU-1"})).await;
    assert!(sim.article("NOU-1").is_none());

    client.import(&packet(500_001, "a", &codes[1], "1")).await.data();
    client.import(&packet(500_002, "b", &codes[1], "1")).await.data();
    assert_eq!(client.get("/control/orders").await.body[1]["reference"], "b");
    assert_eq!(command("orders/invoice", json!({"nr_doc": 500_001})).await["number"], 1001);
    command("orders/cancel", json!({"nr_doc": 500_002})).await;
    assert_eq!(command("orders/invoice", json!({"nr_doc": 500_001, "again": true})).await["number"], 1002);
    assert_eq!(command("orders/storno", json!({"nr_doc": 500_001, "qty": "1"})).await["number"], 1003);
    let invoices = client.get("/control/invoices").await.body;
    assert_eq!((&invoices[0]["number"], &invoices[0]["stornos"][0]["number"]), (&json!(1001), &json!(1003)));
    assert_eq!(client.get("/control/pdf").await.body["pdf_base_url"], json!(sim.pdf_base_url()));
    command("pdf/fault", json!({"number": 1001, "fault": "empty"})).await;
    command("pdf/fault", json!({"fault": {"half_written": {"looks": 1}}})).await;
    assert_eq!(client.print("FACT1001.pdf").await, Ok(Vec::new()));
    command("invoices/post", json!({"number": 1001})).await;
    assert!(sim.orders()[0].invoiced && sim.orders()[1].cancelled);
    assert_eq!(
        command("restore-backup", json!({"hours": 1})).await["lost_orders"],
        json!([500_001, 500_002])
    );

    command("partners/block", json!({"code": "CDON-SE"})).await;
    assert_eq!(client.import(&packet(500_003, "c", &codes[1], "1")).await.status, 400);
    command("partners/block", json!({"code": "CDON-SE", "blocked": false})).await;
    command("months/close", json!({"year": 2026, "month": 11})).await;
    assert_eq!(client.import(&packet(500_003, "c", &codes[1], "1")).await.status, 400);
    command("months/open", json!({"year": 2026, "month": 11})).await;
    command("months/remove", json!({"year": 2026, "month": 6})).await;
    command("answers", json!({"fault": "empty"})).await;
    assert_eq!(client.get("/api/gestiuni").await.data(), &Value::Null);
    command("answers", json!({"fault": "none"})).await;

    command("options", json!({"extra_columns": 1, "dialect": "bridge_v12"})).await;
    assert_eq!(client.get("/api/gestiuni").await.data()[1], json!(["MAG1", "Depozit MAG1", "0", ""]));
    assert_eq!(client.get("/control/options").await.body["extra_columns"], 1);
    command("options", json!({"extra_columns": 0, "dialect": "mentor_api"})).await;

    command("faults", json!([{"route": "GET /api/monede", "mode": {"status": {"code": 429}}, "next": 1}]))
        .await;
    assert_eq!(client.try_get("/api/monede").await.unwrap().status().as_u16(), 429);
    assert_eq!(client.get("/control/faults").await.body["injected"], 1);

    let moved = command("clock", json!({"now_ms": NOON_MS, "advance_ms": 3_600_000})).await;
    assert!(moved["now_ms"].as_i64().unwrap() >= NOON_MS + 3_600_000);
    command("switch-company", json!({})).await;
    assert_eq!(client.get("/control/state").await.body["session"]["company"], "ALTA FIRMA");
    command("restart", json!({})).await;
    assert_eq!(client.get("/control/state").await.body["session"]["company"], Value::Null);
    command("maintenance", json!({"on": true})).await;
    assert_eq!(client.get("/api/monede").await.status, 503);
    command("maintenance", json!({"on": false})).await;
    let voids = client.get("/control/log?kind=order_void&after=0").await.body;
    assert_eq!(voids.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn commands_that_cannot_be_carried_out_say_why() {
    let (_sim, client) = started(|_| ()).await;
    for (path, body, reason) in [
        ("stock", json!({"sku": "NIMIC", "warehouse": "MAG1", "qty": 1}), "no article"),
        ("stock", json!({"sku": "TRANSPORT", "warehouse": "MAG9", "qty": 1}), "no warehouse"),
        ("stock", json!({"sku": "TRANSPORT", "warehouse": "MAG1", "qty": "mult"}), "not a number"),
        ("orders/invoice", json!({"nr_doc": 5}), "no order 5"),
        ("orders/storno", json!({"nr_doc": 5}), "no order 5"),
        ("invoices/post", json!({"number": 5}), "no invoice 5"),
        ("pdf/fault", json!({"number": 5, "fault": "missing"}), "no invoice 5"),
        ("partners/block", json!({"code": "NIMENI"}), "no partner"),
        ("options", json!({"dialect": "klingon"}), "not understood"),
    ] {
        let answer = client.post(&format!("/control/{path}"), body).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body["error"].as_str().unwrap().contains(reason), "{}", answer.body);
    }
}
