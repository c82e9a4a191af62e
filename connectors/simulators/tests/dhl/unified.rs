//! Shipment Tracking Unified: pull and push (13, 14).

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use reqwest::Method;
use serde_json::{Value, json};
use vortex_simulators::serve;

use super::support::{ACCOUNT, Answer, HOUR_MS, Rig, UNIFIED_KEY, read, to_sweden, until};

impl Rig {
    async fn unified(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}{path}", self.sim.unified_url());
        let mut request = self.http.request(method, url).header("DHL-API-Key", UNIFIED_KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request).await.unwrap()
    }
}

fn path(awb: &str) -> String {
    format!("/track/shipments?trackingNumber={awb}&service=express&language=en&offset=0&limit=5")
}

#[tokio::test]
async fn one_number_is_pulled() {
    let rig = Rig::new().await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    rig.sim.clock().advance_ms(HOUR_MS);
    let shipment = async || rig.unified(Method::GET, &path(&awb), None).await.json()["shipments"][0].clone();
    assert_eq!(shipment().await["status"]["statusCode"], "pre-transit");
    for (code, expected) in [("PU", "transit"), ("NH", "failure"), ("XX", "unknown"), ("OK", "delivered")] {
        rig.sim.scan(&awb, code).unwrap();
        assert_eq!(shipment().await["status"]["statusCode"], expected);
    }
    let seen = shipment().await;
    assert_eq!(seen["id"], json!(awb));
    assert_eq!(seen["events"].as_array().unwrap().len(), 5);
    assert_eq!(seen["events"][4]["statusCode"], "pre-transit");
    let stamp = seen["status"]["timestamp"].as_str().unwrap();
    assert!(stamp.starts_with("2031-02-03T12:00:") && stamp.ends_with("+01:00"), "{stamp}");
    rig.sim.update_options(|b| b.dialect.loose_unified = true);
    let seen = shipment().await;
    assert_eq!(seen["id"], json!(awb.parse::<u64>().unwrap()));
    assert!(!seen["status"]["timestamp"].as_str().unwrap().contains('+'));
}

#[tokio::test]
async fn pulls_are_refused_for_key_quota_and_unknown_numbers() {
    let rig = Rig::with(|b| b.unified_quota_per_day = Some(1)).await;
    let url = format!("{}{}", rig.sim.unified_url(), path("1234567891"));
    assert_eq!(read(rig.http.get(&url)).await.unwrap().status, 401);
    let answer = rig.unified(Method::GET, &path("1234567891"), None).await;
    assert_eq!(answer.status, 404);
    let body = answer.json();
    assert_eq!((&body["title"], &body["status"]), (&json!("No result found"), &json!(404)));
    assert_eq!(body["detail"], "No shipment with given tracking number found.");
    assert_eq!(rig.unified(Method::GET, &path("1234567891"), None).await.status, 429);
    rig.sim.clock().advance_ms(24 * HOUR_MS);
    assert_eq!(rig.unified(Method::GET, &path("1234567891"), None).await.status, 404);
}

type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// A hook that keeps what it gets, with the token that came along.
async fn hook() -> (String, Received, serve::Shutdown) {
    let received = Received::default();
    let keep = |State(received): State<Received>, headers: HeaderMap, Json(body): Json<Value>| async move {
        let token = headers.get("x-hook-token").map_or("", |t| t.to_str().unwrap()).to_owned();
        received.lock().unwrap().push((token, body));
    };
    let router = Router::new().route("/dhl/hook", post(keep)).with_state(Arc::clone(&received));
    let (addr, shutdown) = vortex_simulators::serve(router, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    (format!("http://{addr}/dhl/hook"), received, shutdown)
}

/// Waits until so many messages have come.
async fn awaited(received: &Received, count: usize) -> Vec<(String, Value)> {
    until(&format!("{count} messages"), || received.lock().unwrap().len() >= count).await;
    received.lock().unwrap().clone()
}

fn subscription(uri: &str) -> Value {
    json!({"hook": {"uri": uri, "authentication":
            {"type": "ApiKeyAuthentication", "header": "X-Hook-Token", "token": "mine"}},
        "format": "Default", "type": "Account", "service": "express",
        "events": ["Transit", "Delivered"], "accountID": ACCOUNT})
}

const SUBSCRIPTIONS: &str = "/tracking/push/v1/subscription";

#[tokio::test]
async fn a_hook_proves_itself_before_it_gets_anything() {
    let rig = Rig::new().await;
    let (uri, received, shutdown) = hook().await;
    let answer = rig.unified(Method::POST, SUBSCRIPTIONS, Some(&subscription(&uri))).await;
    assert_eq!(answer.status, 201);
    let own = answer.json()["self"].as_str().unwrap().to_owned();
    let messages = awaited(&received, 1).await;
    assert_eq!(messages[0].0, "mine");
    let validate = &messages[0].1;
    assert_eq!((&validate["scope"], &validate["self"]), (&json!("subscription.validate"), &json!(own)));

    // Scans before the handshake are nobody's news.
    let awb = rig.mint(&to_sweden("R-1")).await;
    rig.sim.scan(&awb, "PU").unwrap();
    assert_eq!(read(rig.http.post(&own).header("DHL-API-Hook-Secret", "no")).await.unwrap().status, 401);
    let secret = validate["secret"].as_str().unwrap();
    let confirmed = read(rig.http.post(&own).header("DHL-API-Hook-Secret", secret)).await.unwrap();
    assert_eq!(confirmed.status, 204);
    let messages = awaited(&received, 2).await;
    assert_eq!(messages[1].1["scope"], "subscription.ready");

    rig.sim.scan(&awb, "NH").unwrap();
    rig.sim.scan(&awb, "OK").unwrap();
    let messages = awaited(&received, 3).await;
    let last = &messages.last().unwrap().1;
    assert_eq!(last["scope"], "subscription.push");
    assert_eq!(last["shipments"][0]["id"], json!(awb));
    assert_eq!(last["shipments"][0]["status"]["statusCode"], "delivered");
    assert!(messages.iter().all(|(_, m)| m["shipments"][0]["status"]["status"] != "NH"));

    let id = own.rsplit('/').next().unwrap();
    let listed = rig.unified(Method::GET, "/tracking/push/v1/subscriptions", None).await.json();
    assert_eq!(listed["subscriptions"][0]["status"], "ready");
    let one = format!("{SUBSCRIPTIONS}/{id}");
    assert_eq!(rig.unified(Method::GET, &one, None).await.status, 200);
    assert_eq!(rig.unified(Method::DELETE, &one, None).await.status, 204);
    assert_eq!(rig.unified(Method::GET, &one, None).await.status, 404);
    shutdown.stop();
}

#[tokio::test]
async fn messages_come_twice_and_out_of_order_when_told_so() {
    let rig = Rig::new().await;
    let (uri, received, shutdown) = hook().await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    let mut wanted = subscription(&uri);
    wanted["type"] = json!("Shipment");
    wanted.as_object_mut().unwrap().remove("accountID");
    wanted["shipmentIDs"] = json!([awb]);
    let own = rig.unified(Method::POST, SUBSCRIPTIONS, Some(&wanted)).await.json()["self"].clone();
    let secret = awaited(&received, 1).await[0].1["secret"].as_str().unwrap().to_owned();
    read(rig.http.post(own.as_str().unwrap()).header("DHL-API-Hook-Secret", secret)).await.unwrap();
    awaited(&received, 2).await;
    rig.sim.update_options(|b| (b.push_twice, b.push_out_of_order) = (true, true));
    let other = rig.mint(&to_sweden("R-2")).await;
    rig.sim.scan(&other, "PU").unwrap();
    rig.sim.journey(&awb, &["PU", "OK"]).unwrap();
    let messages = awaited(&received, 6).await;
    let pushed: Vec<&str> =
        messages[2..].iter().map(|(_, m)| m["shipments"][0]["status"]["status"].as_str().unwrap()).collect();
    assert_eq!(pushed, ["OK", "OK", "PU", "PU"]);
    assert!(messages[2..].iter().all(|(_, m)| m["shipments"][0]["id"] == json!(awb)));
    shutdown.stop();
}

#[tokio::test]
async fn subscriptions_are_judged() {
    let rig = Rig::new().await;
    let good = subscription("http://127.0.0.1:9/hook");
    for (key, value) in [
        ("accountID", json!("unknown")),
        ("type", json!("Shipment")),
        ("events", json!(["Lost"])),
        ("format", json!("Other")),
        ("hook", json!({"uri": "https://merchant.example"})),
        ("extra", json!(1)),
    ] {
        let mut body = good.clone();
        body[key] = value;
        assert_eq!(rig.unified(Method::POST, SUBSCRIPTIONS, Some(&body)).await.status, 400, "{key}");
    }
    assert_eq!(
        rig.unified(Method::GET, "/tracking/push/v1/subscriptions", None).await.json()["subscriptions"],
        json!([])
    );
}
