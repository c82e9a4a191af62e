//! The private routes under `/control`: what [`BankSim`] offers, for other processes.
//!
//! No authentication: the simulator listens on loopback. Faults never strike here.

use axum::{
    Json, Router,
    extract::State,
    routing::{get, put},
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::BankSim;
use crate::faults::FaultRule;

/// Routes: `GET health`; `PUT jump`, `PUT misprint`, `PUT holiday`; `GET|PUT clock`; `GET|PUT|DELETE faults`; `GET log`.
pub(super) fn router(sim: BankSim) -> Router {
    let routes = Router::new()
        .route("/health", get(|| async { Json(json!({"ok": true})) }))
        .route("/jump", put(jump))
        .route("/misprint", put(misprint))
        .route("/holiday", put(holiday))
        .route("/clock", get(clock).put(set_clock))
        .route("/faults", get(faults).put(set_faults).delete(clear_faults))
        .route("/log", get(|State(sim): State<BankSim>| async move { Json(json!(sim.log().entries())) }))
        .with_state(sim);
    Router::new().nest("/control", routes)
}

#[derive(Deserialize)]
struct Jump {
    currency: String,
    from: Date,
    percent: i32,
}

async fn jump(State(sim): State<BankSim>, Json(jump): Json<Jump>) -> Json<Value> {
    sim.jump(&jump.currency, jump.from, jump.percent);
    Json(json!({"ok": true}))
}

#[derive(Deserialize)]
struct Misprint {
    currency: String,
    date: Date,
    ron_per_unit: Decimal,
}

async fn misprint(State(sim): State<BankSim>, Json(misprint): Json<Misprint>) -> Json<Value> {
    sim.misprint(&misprint.currency, misprint.date, misprint.ron_per_unit);
    Json(json!({"ok": true}))
}

#[derive(Deserialize)]
struct Holiday {
    date: Date,
}

async fn holiday(State(sim): State<BankSim>, Json(holiday): Json<Holiday>) -> Json<Value> {
    sim.holiday(holiday.date);
    Json(json!({"ok": true}))
}

#[derive(Deserialize)]
struct Clock {
    now_ms: i64,
}

async fn clock(State(sim): State<BankSim>) -> Json<Value> {
    Json(json!({"now_ms": sim.clock().now_ms()}))
}

async fn set_clock(State(sim): State<BankSim>, Json(clock): Json<Clock>) -> Json<Value> {
    sim.clock().set_ms(clock.now_ms);
    Json(json!({"now_ms": sim.clock().now_ms()}))
}

async fn faults(State(sim): State<BankSim>) -> Json<Value> {
    Json(json!(sim.faults().rules()))
}

async fn set_faults(State(sim): State<BankSim>, Json(rules): Json<Vec<FaultRule>>) -> Json<Value> {
    sim.faults().set(rules);
    Json(json!({"ok": true}))
}

async fn clear_faults(State(sim): State<BankSim>) -> Json<Value> {
    sim.faults().clear();
    Json(json!({"ok": true}))
}
