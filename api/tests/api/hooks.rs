//! Webhooks: signatures, duplicates, and that a 202 is never sent before the row is durable.

use std::sync::{Arc, Mutex, mpsc};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use vortex_api::Limits;
use vortex_entities::Flow;
use vortex_store::{
    Store,
    memory::{CommitFault, MemStore},
    rows::{Desk, InboxRow},
};

use crate::support::{
    Answer, FOREIGN_SECRET, NEXT_SECRET, NOW_MS, SECRET, World, hook_request, request, vendor,
};

const NOW_S: i64 = NOW_MS / 1000;
const PATH: &str = "/hooks/acme/cdon";
const BODY: &str = r#"{"type":"order.created","data":{"id":"o-2"}}"#;

async fn inbox(store: &dyn Store) -> Vec<InboxRow> {
    let mut rows = store.open_inbox(&vendor("acme"), Desk::Orders, 100).await.unwrap();
    rows.extend(store.open_inbox(&vendor("other"), Desk::Orders, 100).await.unwrap());
    rows
}

#[tokio::test]
async fn a_signed_message_is_on_disk_and_wakes_its_flow() {
    let world = World::new().await;
    let answer = world.hook(PATH, "msg-1", NOW_S, SECRET, BODY).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::ACCEPTED, ""));
    let rows = inbox(&*world.store).await;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.vendor.as_str(), row.connection.as_str(), row.event_id.as_str()),
        ("acme", "cdon", "msg-1")
    );
    assert_eq!((row.topic.as_str(), row.payload.as_str(), row.at_ms), ("wake", BODY, NOW_MS));
    world.hook(PATH, "msg-2", NOW_S, SECRET, r#"{"type":"stock.changed"}"#).await;
    world.hook(PATH, "msg-3", NOW_S, SECRET, "").await;
    let wakes: Vec<Flow> = world.engine.wakes.lock().unwrap().iter().map(|(_, flow)| *flow).collect();
    assert_eq!(wakes, [Flow::Orders, Flow::Stock, Flow::Orders]);
}

#[tokio::test]
async fn the_same_message_again_is_acknowledged_and_takes_effect_once() {
    // W3
    let world = World::new().await;
    for _ in 0..3 {
        assert_eq!(world.hook(PATH, "msg-1", NOW_S, SECRET, BODY).await.status, StatusCode::ACCEPTED);
    }
    assert_eq!(inbox(&*world.store).await.len(), 1);
}

#[tokio::test]
async fn every_refusal_looks_the_same_and_leaves_no_trace() {
    // W2, SEC11
    let world = World::new().await;
    let at = NOW_S.to_string();
    let good = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let forged = world.send(hook_request(PATH, "msg-1", &at, good, BODY)).await;
    let mut refusals: Vec<Answer> = vec![
        forged,
        world.send(hook_request(PATH, "msg-1", &at, "", BODY)).await,
        world.send(hook_request(PATH, "msg-1", "soon", good, BODY)).await,
        world.send(request(Method::POST, PATH, Some(&world.tokens.owner), None)).await,
        world.hook(PATH, "stale", NOW_S - 301, SECRET, BODY).await,
        world.hook(PATH, "future", NOW_S + 301, SECRET, BODY).await,
        world.hook(PATH, "foreign", NOW_S, FOREIGN_SECRET, BODY).await,
        world.hook("/hooks/other/cdon", "foreign", NOW_S, SECRET, BODY).await,
        world.hook("/hooks/nobody/cdon", "unknown", NOW_S, SECRET, BODY).await,
        world.hook("/hooks/NOBODY%20/cdon", "unknown", NOW_S, SECRET, BODY).await,
        world.hook("/hooks/acme/erp", "unknown", NOW_S, SECRET, BODY).await,
        world.hook(&format!("/hooks/acme/{}", "x".repeat(100)), "unknown", NOW_S, SECRET, BODY).await,
    ];
    // Re-encoded: the same JSON, other bytes.
    let key = vortex_api::signature::Key::parse(&SECRET.to_owned().into()).unwrap();
    let signature = key.sign("msg-1", NOW_S, BODY.as_bytes());
    let spaced = BODY.replace(':', ": ");
    refusals.push(world.send(hook_request(PATH, "msg-1", &at, &signature, &spaced)).await);
    for refusal in &refusals {
        assert_eq!(refusal.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refusal.text, refusals[0].text);
        assert_eq!(refusal.headers.len(), refusals[0].headers.len());
        assert_eq!(refusal.headers["content-type"], "application/problem+json");
    }
    assert!(inbox(&*world.store).await.is_empty());
    assert!(world.engine.wakes.lock().unwrap().is_empty());
    // The message of those bytes is still welcome.
    assert_eq!(
        world.send(hook_request(PATH, "msg-1", &at, &signature, BODY)).await.status,
        StatusCode::ACCEPTED
    );
}

/// dhl.md section 14: a courier signs nothing; what speaks for a message is the token that we gave it.
#[tokio::test]
async fn a_couriers_message_is_known_by_its_token_alone() {
    let world = World::new().await;
    let mut connection = world.store.connections(&vendor("acme")).await.unwrap().remove(0);
    (connection.name, connection.kind) = ("dhl".to_owned(), "courier".to_owned());
    connection.secrets = [("webhook_secret".to_owned(), "a-long-random-token".into())].into();
    world.store.put_connection(&connection).await.unwrap();
    let body = r#"{"scope":"subscription.push","shipments":[{"id":"1234567890"}]}"#;
    let push = |headers: Vec<(&'static str, String)>, body: &str| {
        let mut request = Request::builder().method(Method::POST).uri("/hooks/acme/dhl");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(Body::from(body.to_owned())).unwrap()
    };
    let token = |text: &str| ("x-hook-token", text.to_owned());
    let good = "a-long-random-token";
    let signed = vortex_api::signature::Key::parse(&SECRET.to_owned().into()).unwrap().sign(
        "m",
        NOW_S,
        body.as_bytes(),
    );
    for headers in [
        vec![],
        vec![token("")],
        vec![token("a-long-random-toke")],
        vec![token(good), token(good)],
        vec![("authorization", format!("Bearer {good}"))],
        // The signature of another connection of the vendor.
        vec![
            ("webhook-id", "m".to_owned()),
            ("webhook-timestamp", NOW_S.to_string()),
            ("webhook-signature", signed),
        ],
    ] {
        let answer = world.send(push(headers.clone(), body)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{headers:?}");
    }
    // Twice the same is one; it waits for whoever reads journeys, and for nobody else.
    for body in [body, body, r#"{"scope":"subscription.ready"}"#] {
        assert_eq!(world.send(push(vec![token(good)], body)).await.status, StatusCode::ACCEPTED);
    }
    let rows = world.store.open_inbox(&vendor("acme"), Desk::Parcels, 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].payload.as_str()), (2, body));
    assert!(inbox(&*world.store).await.is_empty());
    let wakes: Vec<Flow> = world.engine.wakes.lock().unwrap().iter().map(|(_, flow)| *flow).collect();
    assert_eq!(wakes, [Flow::Tracking; 3]);
    // And a token opens no connection that signs.
    let answer = world.send({
        let request = Request::builder().method(Method::POST).uri(PATH).header("x-hook-token", SECRET);
        request.body(Body::from(BODY)).unwrap()
    });
    assert_eq!(answer.await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_secret_that_was_replaced_counts_until_it_is_removed() {
    // SEC14
    let world = World::new().await;
    assert_eq!(world.hook(PATH, "old", NOW_S, SECRET, BODY).await.status, StatusCode::ACCEPTED);
    assert_eq!(world.hook(PATH, "new", NOW_S, NEXT_SECRET, BODY).await.status, StatusCode::ACCEPTED);
    let mut connection = world.store.connections(&vendor("acme")).await.unwrap().remove(0);
    connection.secrets.retain(|field, _| field != "webhook_secret0");
    world.store.put_connection(&connection).await.unwrap();
    world.clock.advance(Limits::default().hook_secrets_ttl_ms + 1_000);
    let now_s = NOW_S + 11;
    assert_eq!(world.hook(PATH, "old-2", now_s, SECRET, BODY).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.hook(PATH, "new-2", now_s, NEXT_SECRET, BODY).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_replay_after_the_tolerance_is_refused() {
    // SEC11
    let world = World::new().await;
    assert_eq!(world.hook(PATH, "msg-1", NOW_S, SECRET, BODY).await.status, StatusCode::ACCEPTED);
    world.clock.advance(301_000);
    assert_eq!(world.hook(PATH, "msg-1", NOW_S, SECRET, BODY).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_signed_but_too_large_or_not_json_is_named() {
    // SEC12
    let world = World::new().await;
    let large = format!("\"{}\"", "a".repeat(256 << 10));
    let answer = world.hook(PATH, "large", NOW_S, SECRET, &large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.problem();
    let deep = [b"[".repeat(5_000), b"]".repeat(5_000)].concat();
    let answer = world.hook(PATH, "deep", NOW_S, SECRET, std::str::from_utf8(&deep).unwrap()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.problem();
    assert!(inbox(&*world.store).await.is_empty());
}

#[tokio::test]
async fn a_message_that_is_not_durable_is_not_acknowledged() {
    // F10, F67, W1
    for fault in [CommitFault::NotCommitted, CommitFault::UnknownLost] {
        let disk = Arc::new(MemStore::new());
        let world = World::with(Limits::default(), Some(disk.clone())).await;
        disk.set_faults(Some(Arc::new(move |_| fault)));
        let answer = world.hook(PATH, "msg-1", NOW_S, SECRET, BODY).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers.contains_key("retry-after"));
        answer.problem();
        assert!(inbox(&*disk).await.is_empty());
        assert!(world.engine.wakes.lock().unwrap().is_empty());
        // The sender tries again once the disk is free.
        disk.set_faults(None);
        assert_eq!(world.hook(PATH, "msg-1", NOW_S, SECRET, BODY).await.status, StatusCode::ACCEPTED);
        assert_eq!(inbox(&*disk).await.len(), 1);
    }
}

/// A disk whose next commit waits: says when it began, and goes on when told.
fn stalled(disk: &MemStore) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (began, begins) = mpsc::channel();
    let (go, goes) = mpsc::channel();
    let goes = Mutex::new(goes);
    disk.set_faults(Some(Arc::new(move |_| {
        began.send(()).unwrap();
        // Everybody who could let it go on is gone: nothing to wait for.
        let _ = goes.lock().unwrap().recv();
        CommitFault::None
    })));
    (begins, go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn no_acknowledgement_leaves_before_the_commit() {
    // F10
    let disk = Arc::new(MemStore::new());
    let world = Arc::new(World::with(Limits::default(), Some(disk.clone())).await);
    let (begins, go) = stalled(&disk);
    let sender = world.clone();
    let hook = tokio::spawn(async move { sender.hook(PATH, "msg-1", NOW_S, SECRET, BODY).await });
    tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
    assert!(!hook.is_finished());
    assert!(disk.crash_copy().open_inbox(&vendor("acme"), Desk::Orders, 1).await.unwrap().is_empty());
    assert!(world.engine.wakes.lock().unwrap().is_empty());
    go.send(()).unwrap();
    assert_eq!(hook.await.unwrap().status, StatusCode::ACCEPTED);
    assert_eq!(disk.crash_copy().open_inbox(&vendor("acme"), Desk::Orders, 1).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_flood_of_one_connection_is_turned_away_and_leaves_room_for_others() {
    let disk = Arc::new(MemStore::new());
    let limits = Limits { hooks_in_flight: 2, hooks_per_connection: 1, ..Limits::default() };
    let world = Arc::new(World::with(limits, Some(disk.clone())).await);
    let (begins, go) = stalled(&disk);
    let sender = world.clone();
    let first = tokio::spawn(async move { sender.hook(PATH, "msg-1", NOW_S, SECRET, BODY).await });
    let waiting = tokio::task::spawn_blocking(move || begins.recv().map(|()| begins).unwrap());
    // Kept: later commits report here too.
    let _begins = waiting.await.unwrap();
    let second = world.hook(PATH, "msg-2", NOW_S, SECRET, BODY).await;
    assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(second.headers.contains_key("retry-after"));
    let sender = world.clone();
    let other =
        tokio::spawn(
            async move { sender.hook("/hooks/other/cdon", "msg-3", NOW_S, FOREIGN_SECRET, BODY).await },
        );
    drop(go);
    assert_eq!(first.await.unwrap().status, StatusCode::ACCEPTED);
    assert_eq!(other.await.unwrap().status, StatusCode::ACCEPTED);
    assert_eq!(inbox(&*disk).await.len(), 2);
}
