//! Vendors, and how their flows and actors are doing.

use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use vortex_domain::VendorId;
use vortex_entities::engine::{FlowReport, FlowStatus};

use crate::{
    auth::{Caller, Scope},
    extract::Json,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// A vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VendorView {
    /// Its id in addresses.
    #[schema(value_type = String)]
    pub(crate) id: VendorId,
    /// The company's name.
    pub(crate) name: String,
}

/// The vendors that the caller may see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Vendors {
    /// By id.
    pub(crate) items: Vec<VendorView>,
}

/// The vendors that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/vendors", tag = "vendors",
    responses((status = 200, description = "Vendors", body = Vendors), (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(State(state): State<ApiState>, caller: Caller) -> Result<Json<Vendors>, ApiError> {
    let mut entries = Vec::new();
    if caller.0.platform.is_some() {
        entries = state.accounts.vendors().await?;
    } else {
        for own in caller.0.vendors.keys() {
            entries.extend(state.accounts.vendor(own).await?);
        }
    }
    let items = entries.into_iter().map(|entry| VendorView { id: entry.id, name: entry.name }).collect();
    Ok(Json(Vendors { items }))
}

/// What the last run of a flow did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowReportView {
    /// Articles, orders or effects that it looked at.
    pub(crate) looked_at: u64,
    /// What it changed or sent.
    pub(crate) changed: u64,
    /// Why it stopped early; null when it did its whole job.
    pub(crate) stopped: Option<String>,
}

impl From<FlowReport> for FlowReportView {
    fn from(report: FlowReport) -> Self {
        Self { looked_at: report.looked_at, changed: report.changed, stopped: report.stopped }
    }
}

/// How a flow is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowView {
    /// `catalog`, `price`, `stock`, `orders`, …
    pub(crate) flow: String,
    /// Is it running now?
    pub(crate) running: bool,
    /// When it last did its whole job, milliseconds since 1970.
    pub(crate) last_success_ms: Option<i64>,
    /// When it starts next by itself.
    pub(crate) next_ms: Option<i64>,
    /// What the last run did.
    pub(crate) last: Option<FlowReportView>,
}

impl From<FlowStatus> for FlowView {
    fn from(status: FlowStatus) -> Self {
        Self {
            flow: status.flow.name().to_owned(),
            running: status.running,
            last_success_ms: status.last_success_ms,
            next_ms: status.next_ms,
            last: status.last.map(Into::into),
        }
    }
}

/// Every flow of a vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Flows {
    /// One entry per flow.
    pub(crate) items: Vec<FlowView>,
}

/// How the vendor's flows are doing.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/flows", tag = "vendors", params(("v" = String, Path, description = "Vendor id")),
    responses((status = 200, description = "Flows", body = Flows), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn flows(State(state): State<ApiState>, scope: Scope) -> Result<Json<Flows>, ApiError> {
    let items = state.engine.flows(&scope.vendor).await?.into_iter().map(Into::into).collect();
    Ok(Json(Flows { items }))
}

/// What a vendor's actors are doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Actors {
    /// SKU actors alive.
    pub(crate) skus: usize,
    /// Order actors alive.
    pub(crate) orders: usize,
    /// Actors that failed and were started again, since the start.
    pub(crate) restarts: u64,
    /// Keys that failed too often, by kind.
    pub(crate) parked: BTreeMap<String, Vec<String>>,
}

/// What the vendor's actors are doing.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/actors", tag = "vendors", params(("v" = String, Path, description = "Vendor id")),
    responses((status = 200, description = "Actors", body = Actors), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn actors(State(state): State<ApiState>, scope: Scope) -> Result<Json<Actors>, ApiError> {
    let view = state.engine.actors(&scope.vendor).await?;
    Ok(Json(Actors { skus: view.skus, orders: view.orders, restarts: view.restarted(), parked: view.parked }))
}
