//! The control routes do what the handle does; the log is a file when asked.

use serde_json::{Value, json};
use vortex_simulators::LogTarget;
use vortex_simulators::cdon::{CdonSim, CdonSimOptions, OrderState};

use crate::support::*;

async fn send(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn another_process_can_run_the_market() {
    let rig = Rig::new().await;
    let url = |path: &str| format!("{}{path}", rig.sim.control_url());
    let http = &rig.http;
    assert_eq!(send(http.get(url("/health"))).await.0, 200);
    let merchant = json!({"id": "second", "token": "t2"});
    assert_eq!(send(http.post(url("/merchants")).json(&merchant)).await.0, 200);
    let signed_in = http.get(format!("{}/v1/orders", rig.sim.base_url())).basic_auth("second", Some("t2"));
    assert_eq!(send(signed_in).await, (200, json!([])));

    rig.create(&[article("A"), article("B")]).await;
    let purchase = json!({"merchant": MERCHANT, "sku": "A", "market": "SE", "quantity": 2});
    let (status, body) = send(http.post(url("/orders")).json(&purchase)).await;
    assert_eq!(status, 200);
    let id = body["order"].as_str().unwrap().to_owned();
    assert_eq!(rig.sim.order(&id).unwrap().quantity, 2);
    let refused = json!({"merchant": MERCHANT, "sku": "A", "market": "NO", "quantity": 1});
    assert_eq!(send(http.post(url("/orders")).json(&refused)).await.0, 409);
    let raw = json!({"merchant": MERCHANT, "raw": {"id": "raw-1"}});
    assert_eq!(send(http.post(url("/orders")).json(&raw)).await, (200, json!({"order": "raw-1"})));
    let basket = json!({"merchant": MERCHANT, "market": "FI", "lines": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 1}]});
    let (_, body) = send(http.post(url("/baskets")).json(&basket)).await;
    assert_eq!(body["orders"].as_array().unwrap().len(), 2);

    let patch = json!({"shipping_address": {"city": "Umeå"}});
    assert_eq!(send(http.patch(url(&format!("/orders/{id}"))).json(&patch)).await.0, 200);
    let (_, seen) = send(http.get(url(&format!("/orders/{id}")))).await;
    assert_eq!(seen["document"]["shipping_address"]["city"], "Umeå");
    assert_eq!(
        send(http.put(url(&format!("/orders/{id}/state"))).json(&json!({"state": "ACCEPTED"}))).await.0,
        200
    );
    assert_eq!(rig.sim.order(&id).unwrap().state, OrderState::Accepted);
    assert_eq!(send(http.post(url(&format!("/orders/{id}/cancel")))).await.0, 200);
    assert_eq!(send(http.post(url(&format!("/orders/{id}/cancel")))).await.0, 409);
    assert_eq!(send(http.post(url("/orders/nobody/cancel"))).await.0, 404);

    let whose = format!("?merchant={MERCHANT}");
    let (_, orders) = send(http.get(url(&format!("/orders{whose}")))).await;
    assert_eq!(orders.as_array().unwrap().len(), 4);
    let (_, articles) = send(http.get(url(&format!("/articles{whose}")))).await;
    assert_eq!((&articles[0]["sku"], &articles[0]["prices"]["SE"]), (&json!("A"), &json!(39_900)));
    let (_, sellable) = send(http.get(url(&format!("/sellable{whose}")))).await;
    assert_eq!(sellable[0], json!({"sku": "A", "market": "SE"}));
    let (_, log) = send(http.get(url("/log?kind=order_cancelled"))).await;
    assert_eq!(log[0]["order"], json!(id));
    let seq = log[0]["seq"].as_u64().unwrap();
    assert_eq!(send(http.get(url(&format!("/log?after={seq}")))).await.1, json!([]));
}

#[tokio::test]
async fn another_process_can_set_clock_faults_and_switches() {
    let rig = Rig::new().await;
    let url = |path: &str| format!("{}{path}", rig.sim.control_url());
    let http = &rig.http;
    let (_, set) = send(http.put(url("/clock")).json(&json!({"set_ms": 1_000_000_000_000_i64}))).await;
    assert!((1_000_000_000_000..1_000_000_100_000).contains(&set["now_ms"].as_i64().unwrap()));
    let (_, moved) = send(http.put(url("/clock")).json(&json!({"advance_ms": DAY_MS}))).await;
    assert!(moved["now_ms"].as_i64().unwrap() >= 1_000_000_000_000 + DAY_MS);

    let rules = json!([
        {"route": "GET /api/v1/orders", "mode": {"status": {"code": 429, "retry_after_s": 2}}, "next": 1},
        {"route": "PUT", "mode": "commit_then_drop", "probability": 0.5}
    ]);
    assert_eq!(send(http.put(url("/faults")).json(&rules)).await.0, 200);
    assert_eq!(rig.get("/v1/orders").await.header("retry-after"), "2");
    let (_, faults) = send(http.get(url("/faults"))).await;
    assert_eq!((&faults["injected"], &faults["rules"][0]["next"]), (&json!(1), &json!(0)));
    send(http.delete(url("/faults"))).await;
    assert_eq!(rig.sim.faults().rules(), []);

    let patch = json!({"apply_delay_ms": 5, "dialect": {"spaced_states": true}, "rate_limit": {"per_minute": 60, "burst": 5}});
    let (status, _) = send(http.patch(url("/options")).json(&patch)).await;
    assert_eq!(status, 200);
    let options = rig.sim.options();
    assert!(options.dialect.spaced_states && options.apply_delay_ms == 5 && options.auto_cancel);
    assert_eq!(send(http.patch(url("/options")).json(&json!({"aply_delay_ms": 5}))).await.0, 400);
    assert_eq!(send(http.get(url("/options"))).await.1["apply_delay_ms"], 5);
    send(http.put(url("/applying")).json(&json!({"paused": true}))).await;
    let batch = rig.create(&[article("A")]).await;
    rig.sim.clock().advance_ms(DAY_MS);
    assert_eq!(rig.verdict(&batch).await[0]["status"], "pending");
}

#[tokio::test]
async fn the_log_is_a_file_of_json_lines_or_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cdon.jsonl");
    let rig = Rig::with(|o| o.log = LogTarget::File(path.clone())).await;
    rig.create(&[article("A")]).await;
    rig.bought("A");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, rig.sim.log().entries());
    let numbers: Vec<_> = lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=lines.len() as u64).collect::<Vec<_>>());
    assert!(lines.iter().all(|line| line["t_ms"].is_i64() && line["kind"].is_string()));
    assert_eq!(lines.last().unwrap()["kind"], "order_emitted");

    let silent = Rig::with(|o| o.log = LogTarget::Off).await;
    silent.create(&[article("A")]).await;
    assert!(silent.sim.log().is_empty());
}

#[tokio::test]
async fn a_stopped_simulator_frees_its_port() {
    let rig = Rig::new().await;
    let addr = rig.sim.addr();
    rig.sim.stop();
    rig.sim.stopped().await;
    let again = CdonSim::start(CdonSimOptions { addr, ..CdonSimOptions::default() }).await.unwrap();
    assert_eq!(again.addr(), addr);
}
