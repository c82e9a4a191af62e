//! The private routes under `/control`: what [`CdonSim`] offers, for other processes.
//!
//! No authentication: the simulator listens on loopback. Faults never strike here.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::handle::{CdonSim, SimError};
use super::market::Market;
use super::options::Behaviour;
use super::orders::{OrderState, merge};
use crate::faults::FaultRule;

/// Routes:
/// `GET health`; `POST merchants`; `GET|POST orders`; `GET|PATCH orders/{id}`; `POST orders/{id}/cancel`;
/// `PUT orders/{id}/state`; `POST baskets`; `GET articles`; `GET sellable`; `GET|PUT clock`;
/// `GET|PUT|DELETE faults`; `GET|PATCH options`; `PUT applying`; `GET log`.
pub(super) fn router(sim: CdonSim) -> Router {
    let routes = Router::new()
        .route("/health", get(|| async { Json(json!({"ok": true})) }))
        .route("/merchants", post(add_merchant))
        .route("/orders", get(orders).post(place))
        .route("/orders/{id}", get(order).patch(amend))
        .route("/orders/{id}/cancel", post(cancel))
        .route("/orders/{id}/state", put(set_state))
        .route("/baskets", post(basket))
        .route("/articles", get(articles))
        .route("/sellable", get(sellable))
        .route("/clock", get(clock).put(set_clock))
        .route("/faults", get(faults).put(set_faults).delete(clear_faults))
        .route("/options", get(options).patch(patch_options))
        .route("/applying", put(applying))
        .route("/log", get(log))
        .with_state(sim);
    Router::new().nest("/control", routes)
}

type Answer = Result<Json<Value>, SimError>;

impl IntoResponse for SimError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownMerchant(_) | Self::UnknownArticle(_) | Self::UnknownOrder(_) => {
                StatusCode::NOT_FOUND
            }
            Self::NotForSale { .. } | Self::OutOfStock { .. } | Self::FinalState { .. } => {
                StatusCode::CONFLICT
            }
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
        };
        (status, Json(json!({"error": self.to_string()}))).into_response()
    }
}

#[derive(Deserialize)]
struct NewMerchant {
    id: String,
    token: String,
}

async fn add_merchant(State(sim): State<CdonSim>, Json(new): Json<NewMerchant>) -> Json<Value> {
    sim.add_merchant(&new.id, &new.token);
    Json(json!({"id": new.id}))
}

/// Whose data a reading call wants.
#[derive(Deserialize)]
struct Whose {
    merchant: String,
}

async fn orders(State(sim): State<CdonSim>, Query(whose): Query<Whose>) -> Json<Value> {
    Json(json!(sim.orders(&whose.merchant)))
}

async fn order(State(sim): State<CdonSim>, Path(id): Path<String>) -> Answer {
    let found = sim.order(&id).ok_or(SimError::UnknownOrder(id))?;
    Ok(Json(json!(found)))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NewOrder {
    Raw { merchant: String, raw: Value },
    Purchase { merchant: String, sku: String, market: Market, quantity: u32 },
}

async fn place(State(sim): State<CdonSim>, Json(new): Json<NewOrder>) -> Answer {
    let id = match new {
        NewOrder::Raw { merchant, raw } => sim.place_raw(&merchant, raw)?,
        NewOrder::Purchase { merchant, sku, market, quantity } => {
            sim.buy(&merchant, &sku, market, quantity)?
        }
    };
    Ok(Json(json!({"order": id})))
}

#[derive(Deserialize)]
struct Basket {
    merchant: String,
    market: Market,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    sku: String,
    quantity: u32,
}

async fn basket(State(sim): State<CdonSim>, Json(basket): Json<Basket>) -> Answer {
    let lines: Vec<(&str, u32)> =
        basket.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    let ids = sim.basket(&basket.merchant, basket.market, &lines)?;
    Ok(Json(json!({"orders": ids})))
}

async fn cancel(State(sim): State<CdonSim>, Path(id): Path<String>) -> Answer {
    sim.cancel_as_cdon(&id)?;
    Ok(Json(json!({"order": id})))
}

async fn amend(State(sim): State<CdonSim>, Path(id): Path<String>, Json(patch): Json<Value>) -> Answer {
    sim.amend(&id, &patch)?;
    Ok(Json(json!({"order": id})))
}

#[derive(Deserialize)]
struct NewState {
    state: OrderState,
}

async fn set_state(State(sim): State<CdonSim>, Path(id): Path<String>, Json(new): Json<NewState>) -> Answer {
    sim.set_state(&id, new.state)?;
    Ok(Json(json!({"order": id})))
}

async fn articles(State(sim): State<CdonSim>, Query(whose): Query<Whose>) -> Json<Value> {
    Json(json!(sim.articles(&whose.merchant)))
}

async fn sellable(State(sim): State<CdonSim>, Query(whose): Query<Whose>) -> Json<Value> {
    let offers = sim.sellable(&whose.merchant);
    Json(offers.into_iter().map(|(sku, market)| json!({"sku": sku, "market": market})).collect())
}

async fn clock(State(sim): State<CdonSim>) -> Json<Value> {
    Json(json!({"now_ms": sim.clock().now_ms()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClockMove {
    AdvanceMs(i64),
    SetMs(i64),
}

async fn set_clock(State(sim): State<CdonSim>, Json(step): Json<ClockMove>) -> Json<Value> {
    match step {
        ClockMove::AdvanceMs(ms) => sim.clock().advance_ms(ms),
        ClockMove::SetMs(ms) => sim.clock().set_ms(ms),
    }
    clock(State(sim)).await
}

async fn faults(State(sim): State<CdonSim>) -> Json<Value> {
    Json(json!({"rules": sim.faults().rules(), "injected": sim.faults().injected()}))
}

async fn set_faults(State(sim): State<CdonSim>, Json(rules): Json<Vec<FaultRule>>) -> Json<Value> {
    sim.faults().set(rules);
    faults(State(sim)).await
}

async fn clear_faults(State(sim): State<CdonSim>) -> Json<Value> {
    sim.faults().clear();
    faults(State(sim)).await
}

async fn options(State(sim): State<CdonSim>) -> Json<Value> {
    Json(json!(sim.options()))
}

/// A merge patch on the switches; unknown names are refused.
async fn patch_options(State(sim): State<CdonSim>, Json(patch): Json<Value>) -> Answer {
    let mut merged = json!(sim.options());
    merge(&mut merged, &patch);
    let changed: Behaviour =
        serde_json::from_value(merged).map_err(|error| SimError::Malformed(error.to_string()))?;
    sim.update_options(|behaviour| *behaviour = changed);
    Ok(options(State(sim)).await)
}

#[derive(Deserialize)]
struct Applying {
    paused: bool,
}

async fn applying(State(sim): State<CdonSim>, Json(new): Json<Applying>) -> Json<Value> {
    sim.pause_applying(new.paused);
    Json(json!({"paused": new.paused}))
}

async fn log(State(sim): State<CdonSim>, Query(query): Query<HashMap<String, String>>) -> Answer {
    let after = match query.get("after").map(|after| after.parse()) {
        None => 0,
        Some(Ok(after)) => after,
        Some(Err(_)) => return Err(SimError::Malformed("`after` is a sequence number".to_owned())),
    };
    Ok(Json(Value::from(sim.log().after(after, query.get("kind").map(String::as_str)))))
}
