//! Probes, limits of the process, metrics.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::json;
use tokio::sync::Notify;
use tower::ServiceExt;
use vortex_api::{Limits, metrics, metrics_router, sample};
use vortex_store::memory::{CommitFault, MemStore};

use crate::support::{World, request};

#[tokio::test]
async fn ready_means_that_the_engine_runs_and_the_database_commits() {
    let disk = Arc::new(MemStore::new());
    let world = World::with(Limits::default(), Some(disk.clone())).await;
    let probe = async |path: &str| world.send(request(Method::GET, path, None, None)).await;
    assert_eq!(probe("/readyz").await.json(), json!({"status": "ready"}));
    disk.set_faults(Some(Arc::new(|_| CommitFault::NotCommitted)));
    assert_eq!(probe("/readyz").await.status, StatusCode::OK, "a look counts for a second");
    world.clock.advance(1_000);
    let failed = probe("/readyz").await;
    assert_eq!(failed.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(failed.problem()["detail"], "database");
    disk.set_faults(None);
    world.clock.advance(1_000);
    assert_eq!(probe("/readyz").await.status, StatusCode::OK);
    world.state.set_engine_running(false);
    assert_eq!(probe("/readyz").await.problem()["detail"], "engine");
    world.state.set_engine_running(true);
    world.state.close();
    assert_eq!(probe("/readyz").await.problem()["detail"], "stopping");
    let up = probe("/healthz").await;
    assert_eq!(up.json(), json!({"status": "up"}));
    assert!(!up.text.contains(env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_full_process_says_so_and_still_answers_probes() {
    let world = Arc::new(World::with(Limits { in_flight: 1, ..Limits::default() }, None).await);
    let gate = Arc::new(Notify::new());
    *world.engine.gate.lock().unwrap() = Some(gate.clone());
    let sender = world.clone();
    let long = tokio::spawn(async move {
        sender
            .call(Method::POST, &sender.tokens.owner, "/api/v1/vendors/acme/sync", json!({"flow": "stock"}))
            .await
    });
    while world.engine.syncs.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let turned_away = world.get(&world.tokens.owner, "/api/v1/vendors").await;
    assert_eq!(turned_away.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(turned_away.headers.contains_key("retry-after"));
    turned_away.problem();
    assert_eq!(world.get(&world.tokens.owner, "/healthz").await.status, StatusCode::OK);
    gate.notify_one();
    assert_eq!(long.await.unwrap().status, StatusCode::OK);
    assert_eq!(world.get(&world.tokens.owner, "/api/v1/vendors").await.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_stand_on_a_listener_of_their_own() {
    // SEC40
    let handle = metrics::install().unwrap();
    let world = World::new().await;
    world.get(&world.tokens.owner, "/api/v1/vendors").await;
    sample(&world.state).await;
    assert_eq!(world.get(&world.tokens.owner, "/metrics").await.status, StatusCode::NOT_FOUND);
    let response =
        metrics_router(handle).oneshot(request(Method::GET, "/metrics", None, None)).await.unwrap();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    for line in [
        "vortex_actors_alive{vendor=\"acme\",kind=\"sku\"} 3",
        "vortex_actors_parked{vendor=\"acme\",kind=\"sku\"} 1",
        "vortex_actor_restarts_total{vendor=\"acme\",kind=\"sku\"} 1",
        "vortex_actor_messages_total{vendor=\"acme\",kind=\"sku\"} 90",
        "vortex_mailbox_depth{vendor=\"acme\",kind=\"sku\"} 7",
        "vortex_flow_lag_seconds{vendor=\"acme\",flow=\"orders\"} 60",
        "vortex_attention_open{vendor=\"acme\",code=\"unknown_article\"} 1",
        "vortex_returns_unmatched{vendor=\"acme\"} 0",
        "# HELP vortex_http_requests_total",
        "route=\"/api/v1/vendors\"",
        "vortex_http_request_seconds_bucket",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("o-1") && !text.contains("A-1"));
}
