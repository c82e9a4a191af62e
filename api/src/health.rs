//! Is the process up, and can it do its work?

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use tokio::{sync::Mutex, time::timeout};
use tracing::warn;
use utoipa::ToSchema;

use crate::{
    extract::Json,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// How long a look at the database counts, milliseconds: probes must not become load.
const READY_TTL_MS: i64 = 1_000;

/// The last look at the database; one look at a time.
#[derive(Default)]
pub(crate) struct Readiness(Arc<Mutex<Option<(i64, bool)>>>);

/// How the service is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `up` or `ready`.
    status: &'static str,
}

/// The process is up and answers.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "Up", body = Health)))]
pub(crate) async fn healthz() -> Json<Health> {
    Json(Health { status: "up" })
}

/// The engine runs and the database commits.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses(
        (status = 200, description = "Ready for work", body = Health),
        (status = 503, description = "Not ready", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn readyz(State(state): State<ApiState>) -> Result<Json<Health>, ApiError> {
    let not_ready = |reason: &'static str| ApiError::Unavailable { reason: reason.into(), retry_after_s: 1 };
    if state.is_closing() {
        return Err(not_ready("stopping"));
    }
    if !state.engine_runs() {
        return Err(not_ready("engine"));
    }
    if !database_commits(&state).await {
        return Err(not_ready("database"));
    }
    Ok(Json(Health { status: "ready" }))
}

async fn database_commits(state: &ApiState) -> bool {
    let mut last = state.readiness.0.lock().await;
    let now_ms = state.clock.now_ms();
    if let Some((at_ms, commits)) = *last
        && (0..READY_TTL_MS).contains(&(now_ms - at_ms))
    {
        return commits;
    }
    let commits = match timeout(state.limits.probe_timeout, state.store.probe()).await {
        Ok(Ok(())) => true,
        Ok(Err(failure)) => {
            warn!(error = ?failure, "Not ready: the database does not commit");
            false
        }
        Err(_) => {
            warn!("Not ready: the database did not commit in time");
            false
        }
    };
    *last = Some((now_ms, commits));
    commits
}
