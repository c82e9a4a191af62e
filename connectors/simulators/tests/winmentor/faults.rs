//! Trouble: lost answers, interleaved imports, months that close, backups that are restored.

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::json;
use tokio::time::Instant;
use vortex_simulators::winmentor::WinMentorSim;
use vortex_simulators::{FaultMode, FaultRule};

use crate::client::{goods, packet, started};

/// Waits until the log has `count` entries of `kind`.
async fn logged(sim: &WinMentorSim, kind: &str, count: usize) {
    let wait = async {
        while sim.log().count(kind) < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap();
}

/// F01
#[tokio::test]
async fn an_order_is_entered_though_the_answer_is_lost() {
    let (sim, client) = started(|_| ()).await;
    let body = json!({"lines": packet(500_001, "a", &goods(&sim)[0], "1")});
    sim.faults().push(FaultRule::next(1, "POST /api/import", FaultMode::CommitThenDrop));
    client.try_post("/api/import/comenzi", &body).await.unwrap_err();
    logged(&sim, "order_tx", 1).await;
    assert_eq!(sim.orders().len(), 1);
    assert_eq!(sim.log().of_kind("order_tx")[0]["reply_sent"], json!(false));

    sim.faults().push(FaultRule::next(1, "POST /api/import", FaultMode::CommitThenStatus { code: 500 }));
    assert_eq!(client.try_post("/api/import/comenzi", &body).await.unwrap().status().as_u16(), 500);
    assert_eq!(sim.log().of_kind("order_tx")[1]["reply_sent"], json!(false));

    sim.faults().push(FaultRule::next(1, "POST /api/import", FaultMode::Drop));
    client.try_post("/api/import/comenzi", &body).await.unwrap_err();
    assert_eq!(sim.orders().len(), 2, "the third never arrived");
    client.post("/api/import/comenzi", body).await.data();
    assert_eq!(sim.log().of_kind("order_tx")[2]["reply_sent"], json!(true));
}

/// F01
#[tokio::test]
async fn an_import_goes_on_when_the_caller_gives_up() {
    let (sim, client) = started(|_| ()).await;
    sim.update_options(|options| options.latency_ms = 900);
    let body = json!({"lines": packet(500_001, "a", &goods(&sim)[0], "1")});
    let error = client.hasty_post("/api/import/comenzi", &body, Duration::from_millis(100)).await;
    assert!(error.is_timeout());
    assert_eq!(sim.orders().len(), 0);
    logged(&sim, "order_tx", 1).await;
    assert_eq!(sim.log().of_kind("order_tx")[0]["reply_sent"], json!(false));
    assert_eq!(sim.orders().len(), 1);
}

#[tokio::test]
async fn one_com_thread_serves_one_call_at_a_time() {
    let (sim, client) = started(|options| options.latency_ms = 100).await;
    let start = Instant::now();
    tokio::join!(client.get("/api/gestiuni"), client.get("/api/monede"), client.get("/api/carnete"));
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert!(sim.concurrent_high_water() >= 2);
    assert!(sim.log().count("concurrent_requests") >= 2);
}

#[tokio::test]
async fn one_request_in_flight_leaves_a_high_water_mark_of_one() {
    let (sim, client) = started(|_| ()).await;
    for _ in 0..5 {
        client.get("/api/gestiuni").await.data();
    }
    assert_eq!(sim.concurrent_high_water(), 1);
    assert_eq!(sim.log().of_kind("concurrent_requests")[0]["high_water"], 1);
}

/// Two imports at once: the second replaces the document of the first, which is then imported twice.
#[tokio::test]
async fn concurrent_imports_interleave_and_import_the_wrong_packet() {
    let (sim, client) = started(|options| options.import_gap_ms = 400).await;
    let code = goods(&sim)[0].clone();
    let (first, second) = (packet(500_001, "a", &code, "1"), packet(500_002, "b", &code, "1"));
    let (one, two) = tokio::join!(client.import(&first), client.import(&second));
    assert_eq!((&one.data()["importedCount"], &two.data()["importedCount"]), (&json!(1), &json!(1)));
    let orders = sim.orders();
    assert_eq!(orders.len(), 2);
    assert_eq!(orders[0].reference, orders[1].reference, "one of the two is lost, the other doubled");
}

/// F41
#[tokio::test]
async fn a_month_that_closes_after_the_validation_imports_nothing() {
    let (sim, client) = started(|options| options.close_month_after_validation = true).await;
    let lines = packet(500_001, "a", &goods(&sim)[0], "1");
    let answer = client.import(&lines).await;
    assert_eq!((&answer.data()["isValid"], &answer.data()["importedCount"]), (&json!(true), &json!(0)));
    assert!(answer.data()["errors"][0].as_str().unwrap().contains("inchisa"));
    assert_eq!(sim.orders().len(), 0);
    assert_eq!(client.get("/api/system/pot-introduce-doc").await.data(), &json!({"result": 0}));
    sim.open_month(2026, 11);
    assert_eq!(client.import(&lines).await.data()["importedCount"], 1, "it happens once");
}

/// F48
#[tokio::test]
async fn a_restored_backup_forgets_the_last_hours() {
    let (sim, client) = started(|_| ()).await;
    let codes = goods(&sim);
    let before = sim.article(&codes[1]).unwrap();
    client.import(&packet(500_001, "old", &codes[0], "1")).await.data();
    sim.clock().advance_ms(5 * 3_600_000);
    client.import(&packet(500_002, "new", &codes[1], "1")).await.data();
    client.import(&packet(500_003, "newer", &codes[1], "2")).await.data();
    sim.invoice(500_001).unwrap();
    sim.invoice(500_003).unwrap();
    client.post("/api/parteneri/add", json!({"denumire": "X", "codExtern": "CDON-B1"})).await.data();

    assert_eq!(sim.restore_backup(2), [500_002, 500_003]);
    let orders = sim.orders();
    assert_eq!((orders.len(), orders[0].nr_doc, orders[0].invoiced), (1, 500_001, false));
    assert_eq!(sim.article(&codes[1]).unwrap(), before, "nothing reserved, nothing delivered");
    assert_eq!(sim.article(&codes[0]).unwrap().reserved, Decimal::ONE);
    assert!(!sim.partner_codes().contains(&"CDON-B1".to_owned()));
    assert_eq!(sim.log().count("order_void"), 2);
}

/// F35
#[tokio::test]
async fn the_shop_sells_too() {
    let (sim, client) = started(|_| ()).await;
    let code = goods(&sim)[0].clone();
    sim.set_stock(&code, "MAG1", 3.into()).unwrap();
    sim.set_stock(&code, "MAG2", 1.into()).unwrap();
    sim.sell_elsewhere(&code, 6.into()).unwrap();
    let rows = client.get(&format!("/api/stocuri?refresh=true&search={code}")).await.items();
    assert_eq!((rows.len(), &rows[0]["stoc"]), (1, &json!("-2")));
    let truth: Vec<_> =
        sim.log().of_kind("stock_truth").into_iter().filter(|e| e["sku"] == code.as_str()).collect();
    assert_eq!(truth.last().unwrap()["qty"], "-2");
}

/// F46
#[tokio::test]
async fn any_answer_can_be_a_page_or_half_an_answer() {
    let (sim, client) = started(|_| ()).await;
    sim.faults().push(FaultRule::next(1, "GET /api/articole", FaultMode::HtmlPage { status: 200 }));
    let page = client.try_get("/api/articole").await.unwrap().text().await.unwrap();
    assert!(page.contains("<html"));
    sim.faults().push(FaultRule::next(1, "GET /api/articole", FaultMode::Truncate));
    assert!(client.try_get("/api/articole").await.unwrap().text().await.is_err());
    client.get("/api/articole").await.data();
    assert_eq!(sim.faults().injected(), 2);
    assert_eq!(sim.log().count("fault"), 2);
}

#[tokio::test]
async fn a_stopped_simulator_refuses_connections() {
    let (sim, client) = started(|_| ()).await;
    sim.stop();
    sim.stopped().await;
    assert!(client.try_get("/api/health").await.unwrap_err().is_connect());
}
