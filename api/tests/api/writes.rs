//! Syncs, actions, content: idempotency, limits, and who is named.

use std::sync::Arc;

use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;
use vortex_api::Limits;
use vortex_domain::{Language, OrderId, Sku};
use vortex_entities::{Flow, engine::AttentionAction};
use vortex_store::{
    Store,
    memory::{CommitFault, MemStore},
};

use crate::support::{World, request, vendor};

const SYNC: &str = "/api/v1/vendors/acme/sync";
const CONTENT: &str = "/api/v1/vendors/acme/content";

fn keyed(world: &World, method: Method, path: &str, key: &str, body: &Value) -> Request<axum::body::Body> {
    let mut request = request(method, path, Some(&world.tokens.owner), Some(body.clone()));
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

#[tokio::test]
async fn a_sync_runs_the_flow_and_reports() {
    let world = World::new().await;
    let body = json!({"flow": "booking", "order": "o-1"});
    let answer = world.call(Method::POST, &world.tokens.operator, SYNC, body).await;
    assert_eq!(answer.status, StatusCode::OK);
    let report = json!({"looked_at": 7, "changed": 2, "stopped": null});
    assert_eq!(answer.json(), json!({"flow": "booking", "finished": true, "report": report}));
    let syncs = world.engine.syncs.lock().unwrap();
    assert_eq!((syncs[0].flow, syncs[0].order.as_ref().map(OrderId::as_str)), (Flow::Booking, Some("o-1")));
}

#[tokio::test]
async fn a_long_sync_goes_on_after_the_wait() {
    let world = World::new().await;
    let gate = Arc::new(Notify::new());
    *world.engine.gate.lock().unwrap() = Some(gate.clone());
    let answer =
        world.call(Method::POST, &world.tokens.owner, SYNC, json!({"flow": "stock", "wait_s": 0})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json()["finished"], false);
    gate.notify_one();
}

#[tokio::test]
async fn syncs_beyond_the_limit_are_told_when_to_come_again() {
    // SEC22
    let world = World::with(Limits { sync_burst: 2, ..Limits::default() }, None).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let answer = world.call(Method::POST, &world.tokens.owner, SYNC, json!({"flow": "stock"})).await;
        statuses.push(answer.status.as_u16());
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.headers["retry-after"], "2");
            answer.problem();
        }
    }
    assert_eq!(statuses, [200, 200, 429]);
    world.clock.advance(2_000);
    assert_eq!(
        world.call(Method::POST, &world.tokens.owner, SYNC, json!({"flow": "stock"})).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_one_effect() {
    // SEC23
    let world = World::new().await;
    let body = json!({"flow": "stock"});
    let first = world.send(keyed(&world, Method::POST, SYNC, "k-1", &body)).await;
    let again = world.send(keyed(&world, Method::POST, SYNC, "k-1", &body)).await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(first.headers["content-type"], again.headers["content-type"]);
    assert_eq!(world.engine.syncs.lock().unwrap().len(), 1);
    let other_body = world.send(keyed(&world, Method::POST, SYNC, "k-1", &json!({"flow": "orders"}))).await;
    assert_eq!(other_body.status, StatusCode::UNPROCESSABLE_ENTITY);
    other_body.problem();
    let other_path = world.send(keyed(&world, Method::PUT, CONTENT, "k-1", &body)).await;
    assert_eq!(other_path.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.engine.syncs.lock().unwrap().len(), 1);
    world.clock.advance(Limits::default().remember_ms + 1);
    world.send(keyed(&world, Method::POST, SYNC, "k-1", &body)).await;
    assert_eq!(world.engine.syncs.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_failed_write_may_be_tried_again_under_its_key() {
    let world = World::new().await;
    let path = "/api/v1/vendors/acme/attention/1/approve";
    let refused = world.send(keyed(&world, Method::POST, path, "k-1", &json!({}))).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let again = world.send(keyed(&world, Method::POST, path, "k-1", &json!({}))).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(again.problem(), refused.problem());
    let long = "k".repeat(129);
    assert_eq!(
        world.send(keyed(&world, Method::POST, path, &long, &json!({}))).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn two_at_once_under_one_key_have_one_effect() {
    // SEC23
    let world = Arc::new(World::new().await);
    let gate = Arc::new(Notify::new());
    *world.engine.gate.lock().unwrap() = Some(gate.clone());
    let body = json!({"flow": "stock"});
    let sender = world.clone();
    let first = keyed(&world, Method::POST, SYNC, "k-1", &body);
    let first = tokio::spawn(async move { sender.send(first).await });
    while world.engine.syncs.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let second = world.send(keyed(&world, Method::POST, SYNC, "k-1", &body)).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    gate.notify_one();
    let first = first.await.unwrap();
    assert_eq!(first.status, StatusCode::OK);
    let third = world.send(keyed(&world, Method::POST, SYNC, "k-1", &body)).await;
    assert_eq!((third.status, third.text), (first.status, first.text));
    assert_eq!(world.engine.syncs.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_action_names_the_person() {
    let world = World::new().await;
    let path = "/api/v1/vendors/acme/attention/1/book_anyway";
    let answer = world.call(Method::POST, &world.tokens.operator, path, json!({})).await;
    assert_eq!(answer.json(), json!({"affected": 1}));
    let acts = world.engine.acts.lock().unwrap();
    assert_eq!(*acts, [(1, AttentionAction::BookAnyway, "token:operator".to_owned())]);
}

#[tokio::test]
async fn content_is_stored_whole_or_not_at_all() {
    let world = World::new().await;
    let owner = &world.tokens.owner;
    let good = json!({"sku": "A-1", "language": "sv-SE", "title": "Blå kopp", "images": ["https://img.example/1.jpg"]});
    let answer = world.call(Method::PUT, owner, CONTENT, json!({"rows": [good]})).await;
    assert_eq!(answer.json(), json!({"stored": 1}));
    let a1 = Sku::new("A-1").unwrap();
    let rows = world.store.load_skus(&vendor("acme"), std::slice::from_ref(&a1)).await.unwrap();
    assert_eq!(rows[0].content[0].language, Some(Language::Sv));
    assert_eq!(rows[0].content[0].title.as_deref(), Some("Blå kopp"));
    assert_eq!(*world.engine.wakes.lock().unwrap(), [(vendor("acme"), Flow::Reconcile)]);
    let fresh = json!({"sku": "A-2", "title": "Cup"});
    for bad in [
        json!({"sku": " "}),
        json!({"sku": "A-3", "language": "ro"}),
        json!({"sku": "A-3", "title": "nul \u{0} byte"}),
        json!({"sku": "A-3", "title": "x".repeat(513)}),
        json!({"sku": "A-3", "images": ["javascript:alert(1)"]}),
        json!({"sku": "A-2"}),
    ] {
        let answer = world.call(Method::PUT, owner, CONTENT, json!({"rows": [fresh, bad]})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(answer.problem()["detail"].as_str().unwrap().starts_with("Row 2: "));
    }
    let a2 = Sku::new("A-2").unwrap();
    let rows = world.store.load_skus(&vendor("acme"), &[a2]).await.unwrap();
    assert!(rows[0].content.is_empty());
    let many: Vec<Value> = (0..10_001).map(|i| json!({"sku": format!("B-{i}")})).collect();
    assert_eq!(
        world.call(Method::PUT, owner, CONTENT, json!({"rows": many})).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test]
async fn content_that_is_not_durable_is_not_confirmed() {
    // F67
    let disk = Arc::new(MemStore::new());
    let world = World::with(Limits::default(), Some(disk.clone())).await;
    disk.set_faults(Some(Arc::new(|_| CommitFault::NotCommitted)));
    let rows = json!({"rows": [{"sku": "A-1", "title": "Blå kopp"}]});
    let answer = world.call(Method::PUT, &world.tokens.owner, CONTENT, rows).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    answer.problem();
    assert!(world.engine.wakes.lock().unwrap().is_empty());
}
