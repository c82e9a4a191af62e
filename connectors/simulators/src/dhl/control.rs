//! The private routes under `/control`: what [`DhlSim`] offers, for other processes.
//!
//! No authentication: the simulator listens on loopback. Faults never strike here.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::handle::{DhlSim, SimError};
use super::options::Behaviour;
use crate::faults::FaultRule;

/// Routes:
/// `GET health`; `GET shipments`; `GET shipments/{awb}`; `POST shipments/{awb}/scans`;
/// `POST shipments/{awb}/return`; `GET pickups`; `GET|PUT clock`; `GET|PUT|DELETE faults`;
/// `GET|PATCH options`; `GET log`.
pub(super) fn router(sim: DhlSim) -> Router {
    let routes = Router::new()
        .route("/health", get(|| async { Json(json!({"ok": true})) }))
        .route("/shipments", get(shipments))
        .route("/shipments/{awb}", get(shipment))
        .route("/shipments/{awb}/scans", post(scan))
        .route("/shipments/{awb}/return", post(send_back))
        .route("/pickups", get(pickups))
        .route("/clock", get(clock).put(set_clock))
        .route("/faults", get(faults).put(set_faults).delete(clear_faults))
        .route("/options", get(options).patch(patch_options))
        .route("/log", get(log))
        .with_state(sim);
    Router::new().nest("/control", routes)
}

type Answer = Result<Json<Value>, SimError>;

impl IntoResponse for SimError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownWaybill(_) => StatusCode::NOT_FOUND,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
        };
        (status, Json(json!({"error": self.to_string()}))).into_response()
    }
}

async fn shipments(State(sim): State<DhlSim>) -> Json<Value> {
    Json(json!(sim.shipments()))
}

async fn shipment(State(sim): State<DhlSim>, Path(awb): Path<String>) -> Answer {
    let found = sim.shipment(&awb).ok_or(SimError::UnknownWaybill(awb))?;
    Ok(Json(json!(found)))
}

/// One code, or several in their order.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scans {
    Code(String),
    Codes(Vec<String>),
}

async fn scan(State(sim): State<DhlSim>, Path(awb): Path<String>, Json(scans): Json<Scans>) -> Answer {
    let codes = match scans {
        Scans::Code(code) => vec![code],
        Scans::Codes(codes) => codes,
    };
    sim.journey(&awb, &codes.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(Json(json!({"awb": awb})))
}

async fn send_back(State(sim): State<DhlSim>, Path(awb): Path<String>) -> Answer {
    sim.return_to_sender(&awb)?;
    Ok(Json(json!({"awb": awb})))
}

async fn pickups(State(sim): State<DhlSim>) -> Json<Value> {
    Json(json!(sim.pickups()))
}

async fn clock(State(sim): State<DhlSim>) -> Json<Value> {
    Json(json!({"now_ms": sim.clock().now_ms()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClockMove {
    AdvanceMs(i64),
    SetMs(i64),
}

async fn set_clock(State(sim): State<DhlSim>, Json(step): Json<ClockMove>) -> Json<Value> {
    match step {
        ClockMove::AdvanceMs(ms) => sim.clock().advance_ms(ms),
        ClockMove::SetMs(ms) => sim.clock().set_ms(ms),
    }
    clock(State(sim)).await
}

async fn faults(State(sim): State<DhlSim>) -> Json<Value> {
    Json(json!({"rules": sim.faults().rules(), "injected": sim.faults().injected()}))
}

async fn set_faults(State(sim): State<DhlSim>, Json(rules): Json<Vec<FaultRule>>) -> Json<Value> {
    sim.faults().set(rules);
    faults(State(sim)).await
}

async fn clear_faults(State(sim): State<DhlSim>) -> Json<Value> {
    sim.faults().clear();
    faults(State(sim)).await
}

async fn options(State(sim): State<DhlSim>) -> Json<Value> {
    Json(json!(sim.options()))
}

/// Replaces the switches that are named; unknown names are refused.
async fn patch_options(State(sim): State<DhlSim>, Json(patch): Json<Value>) -> Answer {
    let mut merged = json!(sim.options());
    merge(&mut merged, &patch);
    let changed: Behaviour =
        serde_json::from_value(merged).map_err(|error| SimError::Malformed(error.to_string()))?;
    sim.update_options(|behaviour| *behaviour = changed);
    Ok(options(State(sim)).await)
}

/// JSON merge patch (RFC 7396): null removes, objects merge, the rest replaces.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(fields), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    fields.remove(key);
                } else {
                    merge(fields.entry(key.as_str()).or_insert(Value::Null), value);
                }
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

async fn log(State(sim): State<DhlSim>, Query(query): Query<HashMap<String, String>>) -> Answer {
    let after = match query.get("after").map(|after| after.parse()) {
        None => 0,
        Some(Ok(after)) => after,
        Some(Err(_)) => return Err(SimError::Malformed("`after` is a sequence number".to_owned())),
    };
    Ok(Json(Value::from(sim.log().after(after, query.get("kind").map(String::as_str)))))
}
