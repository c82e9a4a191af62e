//! On-demand sync: runs a flow now.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tracing::{info, warn};
use utoipa::ToSchema;
use vortex_domain::{OrderId, Sku, VendorId, ids::InvalidId};
use vortex_entities::engine::{Flow, SyncRequest};

use super::vendors::FlowReportView;
use crate::{
    auth::Scope,
    extract::Json,
    problem::{ApiError, Problem},
    state::{ApiState, Limits},
};

/// Longest wait that a caller may ask for, seconds.
const WAIT_LIMIT_S: u64 = 300;
/// Longest time for the whole request: the wait, and the time to send it.
pub(crate) const LONGEST: Duration = Duration::from_secs(WAIT_LIMIT_S + 30);
/// Vendors whose recent syncs are remembered at most; those with nothing to remember are forgotten first.
const BUCKETS_LIMIT: usize = 10_000;

/// How many syncs each vendor may still start: a token bucket.
#[derive(Default)]
pub(crate) struct SyncGate(Mutex<HashMap<VendorId, Bucket>>);

#[derive(Clone, Copy)]
struct Bucket {
    left: u32,
    refilled_ms: i64,
}

impl SyncGate {
    /// Takes one; otherwise how many seconds to wait.
    fn take(&self, vendor: &VendorId, limits: &Limits, now_ms: i64) -> Result<(), u32> {
        let refill_ms = limits.sync_refill_ms.max(1);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_LIMIT {
            let full_after_ms = refill_ms.saturating_mul(i64::from(limits.sync_burst));
            buckets.retain(|_, bucket| now_ms.saturating_sub(bucket.refilled_ms) < full_after_ms);
        }
        let bucket =
            buckets.entry(vendor.clone()).or_insert(Bucket { left: limits.sync_burst, refilled_ms: now_ms });
        // A clock that was set back starts the count anew.
        let gained = (now_ms - bucket.refilled_ms).max(0) / refill_ms;
        bucket.left =
            bucket.left.saturating_add(u32::try_from(gained).unwrap_or(u32::MAX)).min(limits.sync_burst);
        bucket.refilled_ms = (bucket.refilled_ms + gained * refill_ms).min(now_ms);
        if bucket.left == 0 {
            let wait_ms = refill_ms - (now_ms - bucket.refilled_ms);
            return Err(u32::try_from(wait_ms.div_euclid(1000) + 1).unwrap_or(u32::MAX));
        }
        bucket.left -= 1;
        Ok(())
    }
}

/// What to run.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SyncInput {
    /// `catalog`, `price`, `stock`, `orders`, `booking`, `publish`, `commands`, `shipping`, `pickups`, `tracking`, `invoices`,
    /// `returns` or `reconcile`.
    pub(crate) flow: String,
    /// Only this article.
    #[serde(default)]
    pub(crate) sku: Option<String>,
    /// Only this order.
    #[serde(default)]
    pub(crate) order: Option<String>,
    /// How long to wait for the end, seconds, at most 300; the flow goes on when the wait ends.
    #[serde(default)]
    pub(crate) wait_s: Option<u64>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SyncAnswer {
    /// The flow.
    pub(crate) flow: &'static str,
    /// It has ended; otherwise it goes on, see `flows`.
    pub(crate) finished: bool,
    /// What it did, once finished.
    pub(crate) report: Option<FlowReportView>,
}

/// Runs a flow now and waits for its end, but not for ever.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/sync", tag = "sync",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = SyncInput,
    responses(
        (status = 200, description = "It has ended", body = SyncAnswer),
        (status = 202, description = "It goes on", body = SyncAnswer),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor, article or order", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No such flow", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many syncs; see Retry-After", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now; see Retry-After", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn start(
    State(state): State<ApiState>,
    scope: Scope,
    Json(input): Json<SyncInput>,
) -> Result<Response, ApiError> {
    let answer = run(&state, &scope, input).await?;
    let status = if answer.finished { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(answer)).into_response())
}

/// Runs a flow and waits for its end, but not for ever.
pub(crate) async fn run(state: &ApiState, scope: &Scope, input: SyncInput) -> Result<SyncAnswer, ApiError> {
    let unfit = |why: InvalidId| ApiError::Unprocessable(why.to_string().into());
    let flow: Flow = input.flow.parse().map_err(unfit)?;
    let request = SyncRequest {
        vendor: scope.vendor.clone(),
        flow,
        sku: input.sku.map(Sku::new).transpose().map_err(unfit)?,
        order: input.order.map(OrderId::new).transpose().map_err(unfit)?,
    };
    let taken = state.syncs.take(&scope.vendor, &state.limits, state.clock.now_ms());
    taken.map_err(|retry_after_s| ApiError::TooMany { retry_after_s })?;
    let wait = input.wait_s.map_or(state.limits.sync_wait, |s| Duration::from_secs(s.min(WAIT_LIMIT_S)));
    let who = scope.caller.journal_name();
    info!(vendor.id = %scope.vendor, flow = flow.name(), who, "`{who}` starts flow `{flow}`");
    // On its own, so that it ends what it began even when the caller hangs up.
    let engine = state.engine.clone();
    let mut run = tokio::spawn(async move { engine.sync(request).await });
    let Ok(joined) = timeout(wait, &mut run).await else {
        return Ok(SyncAnswer { flow: flow.name(), finished: false, report: None });
    };
    let report = joined.map_err(|failure| {
        warn!(vendor.id = %scope.vendor, flow = flow.name(), error = %failure, "An on-demand flow ended without a report");
        ApiError::Internal
    })??;
    Ok(SyncAnswer { flow: flow.name(), finished: true, report: Some(report.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_that_asks_too_often_waits_and_others_do_not() {
        // SEC22: 30 syncs in 10 seconds are cut.
        let (gate, limits) = (SyncGate::default(), Limits::default());
        let (one, other) = (VendorId::new("one").unwrap(), VendorId::new("other").unwrap());
        let started = (0..30).filter(|i| gate.take(&one, &limits, i * 333).is_ok()).count();
        assert!((12..30).contains(&started), "{started}");
        assert_eq!(gate.take(&one, &limits, 9_990), Err(1));
        assert!(gate.take(&other, &limits, 9_990).is_ok());
        assert!(gate.take(&one, &limits, 12_000).is_ok());
        // A step back of the clock locks nobody out for longer than a refill.
        assert!(gate.take(&one, &limits, 5_000).is_ok());
        assert!(gate.take(&one, &limits, 6_000).is_ok());
    }
}
