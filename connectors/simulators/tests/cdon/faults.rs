//! Each fault mode as a client meets it, and whether the request was applied (17.7).

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vortex_simulators::cdon::OrderState;
use vortex_simulators::{FaultMode, FaultRule};

use crate::support::*;

async fn rig_with_order() -> (Rig, String, String) {
    let rig = Rig::new().await;
    rig.create(&[article("A")]).await;
    let id = rig.bought("A");
    let path = format!("/v1/orders/{id}/fulfill");
    (rig, id, path)
}

fn state(rig: &Rig, id: &str) -> OrderState {
    rig.sim.order(id).unwrap().state
}

#[tokio::test]
async fn refusals_leave_the_order_alone() {
    let (rig, id, path) = rig_with_order().await;
    let refuse = |code, retry_after_s, html| FaultMode::Status { code, retry_after_s, html };
    let cases = [
        (refuse(429, Some(7), false), 429, "7", "application/json"),
        (refuse(429, None, false), 429, "", "application/json"),
        (refuse(503, None, false), 503, "", "application/json"),
        (refuse(403, None, true), 403, "", "text/html; charset=utf-8"),
        (FaultMode::HtmlPage { status: 200 }, 200, "", "text/html; charset=utf-8"),
    ];
    for (mode, code, retry_after, content_type) in cases {
        rig.sim.faults().set(vec![FaultRule::next(1, "PUT", mode)]);
        let answer = rig.put(&path, &json!({})).await;
        assert_eq!((answer.status, answer.header("retry-after")), (code, retry_after));
        assert_eq!(answer.header("content-type"), content_type);
        assert_eq!(answer.text.contains("<html>"), content_type.starts_with("text/html"));
        assert_eq!(state(&rig, &id), OrderState::Created);
    }
    rig.sim.faults().set(vec![FaultRule::next(1, "", FaultMode::Empty)]);
    let answer = rig.put(&path, &json!({})).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(state(&rig, &id), OrderState::Created);
    assert_eq!(rig.put(&path, &json!({})).await.status, 202, "every rule is used up");
    assert_eq!(rig.sim.faults().injected(), 6);
    assert_eq!(rig.sim.log().of_kind("fault").iter().filter(|f| f["committed"] == false).count(), 6);
}

/// F01: done, but the answer is lost; the repetition says so.
#[tokio::test]
async fn a_lost_answer_leaves_the_order_fulfilled() {
    let (rig, id, path) = rig_with_order().await;
    rig.sim.faults().set(vec![FaultRule::next(1, "PUT *fulfill", FaultMode::CommitThenDrop)]);
    assert!(rig.try_call(Method::PUT, &path, Some(&json!({}))).await.is_err());
    assert_eq!(state(&rig, &id), OrderState::Fulfilled);
    let again = rig.put(&path, &json!({})).await;
    assert_eq!(again.json()["description"], "Order row already has fulfilled as state");
    assert_eq!(rig.sim.log().count("fulfil"), 1);
    assert_eq!(rig.sim.log().of_kind("fault")[0]["committed"], true);
}

#[tokio::test]
async fn an_error_after_the_deed() {
    let (rig, id, path) = rig_with_order().await;
    rig.sim.faults().set(vec![FaultRule::next(1, "", FaultMode::CommitThenStatus { code: 500 })]);
    assert_eq!(rig.put(&path, &json!({})).await.status, 500);
    assert_eq!(state(&rig, &id), OrderState::Fulfilled);
}

#[tokio::test]
async fn a_cut_connection_before_the_deed() {
    let (rig, id, path) = rig_with_order().await;
    rig.sim.faults().set(vec![FaultRule::next(1, "", FaultMode::Drop)]);
    assert!(rig.try_call(Method::PUT, &path, Some(&json!({}))).await.is_err());
    assert_eq!(state(&rig, &id), OrderState::Created);
    assert_eq!(rig.put(&path, &json!({})).await.status, 202);
}

/// F12: half a page is an error, or not even JSON.
#[tokio::test]
async fn half_answers() {
    let (rig, ..) = rig_with_order().await;
    let whole = rig.get("/v1/orders").await.text;
    rig.sim.faults().set(vec![FaultRule::next(1, "", FaultMode::Truncate)]);
    assert!(rig.try_call(Method::GET, "/v1/orders", None).await.is_err());
    rig.sim.faults().set(vec![FaultRule::next(1, "", FaultMode::Half)]);
    let half = rig.get("/v1/orders").await;
    assert_eq!((half.status, half.text.len()), (200, whole.len() / 2));
    assert!(whole.starts_with(&half.text));
}

/// F45: accepted and never answered, until the simulator stops.
#[tokio::test]
async fn a_hanging_request_ends_with_the_simulator() {
    let (rig, id, path) = rig_with_order().await;
    rig.sim.faults().set(vec![FaultRule::next(1, "", FaultMode::Hang)]);
    let base = rig.sim.base_url();
    let impatient = rig.http.put(format!("{base}{path}")).basic_auth(MERCHANT, Some(TOKEN));
    let given_up = impatient.timeout(Duration::from_millis(100)).send().await.unwrap_err();
    assert!(given_up.is_timeout());
    assert_eq!(state(&rig, &id), OrderState::Created);
    rig.sim.faults().set(vec![FaultRule::always("", FaultMode::Hang)]);
    let hanging =
        tokio::spawn(rig.http.get(format!("{base}/v1/orders")).basic_auth(MERCHANT, Some(TOKEN)).send());
    while rig.sim.faults().injected() < 2 {
        tokio::task::yield_now().await;
    }
    rig.sim.stop();
    assert!(hanging.await.unwrap().is_err());
    rig.sim.stopped().await;
    assert!(rig.try_call(Method::GET, "/v1/orders", None).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn slow_answers_come_after_the_delay() {
    let (rig, id, path) = rig_with_order().await;
    let started = tokio::time::Instant::now();
    rig.sim.faults().set(vec![FaultRule::next(1, "", FaultMode::Slow { ms: 60 })]);
    assert_eq!(rig.get("/v1/orders").await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(60));
    // Applied at once although the client does not wait for the answer.
    rig.sim.faults().set(vec![FaultRule::next(1, "", FaultMode::CommitThenSlow { ms: 600_000 })]);
    let call = rig.http.put(format!("{}{path}", rig.sim.base_url())).basic_auth(MERCHANT, Some(TOKEN));
    assert!(call.timeout(Duration::from_millis(500)).send().await.unwrap_err().is_timeout());
    assert_eq!(state(&rig, &id), OrderState::Fulfilled);
}

#[tokio::test]
async fn redirects_to_the_other_slash_spelling() {
    let (rig, ..) = rig_with_order().await;
    let mode = FaultMode::RedirectSlash { trailing: true };
    rig.sim.faults().set(vec![FaultRule::always("/v1/orders", mode)]);
    let answer = rig.get("/v1/orders?state=CREATED").await;
    assert_eq!((answer.status, answer.header("location")), (301, "/api/v1/orders/?state=CREATED"));
    assert_eq!(rig.get("/v1/orders/?state=CREATED").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn chances_repeat_with_the_seed() {
    let run = async |seed: u64| {
        let rig = Rig::with(|o| o.seed = seed).await;
        let mode = FaultMode::Status { code: 500, retry_after_s: None, html: false };
        rig.sim.faults().push(FaultRule::sometimes(0.5, "GET /api/v1/orders", mode));
        let mut codes = Vec::new();
        for _ in 0..40 {
            codes.push(rig.get("/v1/orders").await.status);
        }
        codes
    };
    let first = run(1).await;
    assert!(first.contains(&200) && first.contains(&500), "{first:?}");
    assert_eq!(first, run(1).await);
    assert_ne!(first, run(2).await);
}
