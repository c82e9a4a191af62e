//! Versions on trial, and what tables lack.

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use serde::Serialize;
use utoipa::ToSchema;
use vortex_domain::attention::{Code, Reader};
use vortex_store::registry::{TrialEnd, TrialTerms};

use super::{desk, told, views::TrialInput};
use crate::{
    auth::Scope,
    extract::{Json, Lang, segment},
    mappings::Trial,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Refusals in percent beyond which a trial stops, when nobody says otherwise.
const STOP_PERCENT: u8 = 5;
/// Verdicts before which nothing is concluded, when nobody says otherwise.
const STOP_FROM: u32 = 20;
/// Gaps that are listed.
const GAPS: u32 = 1_000;

/// Checks how a trial is to be made.
pub(super) fn terms(input: TrialInput) -> Result<TrialTerms, ApiError> {
    let (share, stop) = (input.share_percent, input.stop_percent.unwrap_or(STOP_PERCENT));
    if !(1..=99).contains(&share) || stop > 100 {
        return Err(ApiError::Unprocessable(
            "A trial takes 1 to 99 percent of the articles and stops at 0 to 100 percent of refusals.".into(),
        ));
    }
    Ok(TrialTerms {
        share_percent: i64::from(share),
        stop_percent: i64::from(stop),
        stop_from: i64::from(input.stop_from.unwrap_or(STOP_FROM).max(1)),
        promote_after: input.promote_after.map(i64::from),
    })
}

/// `{version}` and `{action}`: a trial and how it ends.
pub(crate) struct TrialKey(i64, TrialEnd);

impl<S: Send + Sync> FromRequestParts<S> for TrialKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let version = segment(parts, state, "version").await?.parse().map_err(|_| ApiError::NotFound)?;
        match segment(parts, state, "action").await?.as_str() {
            "stop" => Ok(Self(version, TrialEnd::Stopped)),
            "promote" => Ok(Self(version, TrialEnd::Promoted)),
            _ => Err(ApiError::NotFound),
        }
    }
}

/// A version on trial, or that was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialView {
    /// The version.
    version: i64,
    /// The version that stays live meanwhile.
    base: i64,
    /// `running`, `stopped` or `promoted`.
    state: &'static str,
    /// Share of the articles.
    share_percent: i64,
    /// It stops beyond so many percent of refusals.
    stop_percent: i64,
    /// Nothing is concluded from fewer verdicts.
    stop_from: i64,
    /// It goes live by itself after so many accepted publications.
    promote_after: Option<i64>,
    /// Publications that the channel has accepted.
    accepted: i64,
    /// Publications that the channel has refused.
    rejected: i64,
    /// Since when, milliseconds since 1970.
    at_ms: i64,
    /// Until when.
    ended_ms: Option<i64>,
}

impl From<Trial> for TrialView {
    fn from(Trial { record, accepted, rejected }: Trial) -> Self {
        Self {
            version: record.version,
            base: record.base,
            state: record.state.name(),
            share_percent: record.terms.share_percent,
            stop_percent: record.terms.stop_percent,
            stop_from: record.terms.stop_from,
            promote_after: record.terms.promote_after,
            accepted,
            rejected,
            at_ms: record.at_ms,
            ended_ms: record.ended_ms,
        }
    }
}

/// Every trial of a vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trials {
    /// Newest first; at most the first is running.
    items: Vec<TrialView>,
}

/// The vendor's trials, newest first.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/trials", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id")),
    responses((status = 200, description = "Trials", body = Trials), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(State(state): State<ApiState>, scope: Scope) -> Result<Json<Trials>, ApiError> {
    let trials = desk(&state)?.trials(&scope.vendor).await.map_err(told(Reader::En))?;
    Ok(Json(Trials { items: trials.into_iter().map(Into::into).collect() }))
}

/// Stops a trial, or makes its version live for all.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/mapping/trials/{version}/{action}", tag = "mapping",
    params(
        ("v" = String, Path, description = "Vendor id"), ("version" = i64, Path, description = "The version on trial"), ("action" = String, Path, description = "`stop` or `promote`"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    responses(
        (status = 200, description = "Ended", body = Trials),
        (status = 409, description = "It does not run, or another version went live", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn end(
    State(state): State<ApiState>,
    scope: Scope,
    TrialKey(version, end): TrialKey,
) -> Result<Json<Trials>, ApiError> {
    let who = scope.caller.journal_name();
    desk(&state)?.end_trial(&scope.vendor, version, end, &who).await.map_err(told(Reader::En))?;
    list(State(state), scope).await
}

/// Something that a look-up table lacks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gap {
    /// The attention item.
    item: i64,
    /// The table.
    table: String,
    /// The key that it has no row for.
    key: String,
    /// Articles and orders that wait for it.
    blocked: i64,
    /// In words, with what to do.
    text: String,
    /// Since when, milliseconds since 1970.
    since_ms: i64,
}

/// Everything that look-up tables lack.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gaps {
    /// Oldest first; to fill one, put its row: `mapping/tables/{table}/rows/{key}`.
    items: Vec<Gap>,
}

/// What the look-up tables lack, found while articles were computed.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/gaps", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("lang" = Option<String>, Query, description = "`ro` or `en`")),
    responses((status = 200, description = "Gaps", body = Gaps), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn gaps(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
) -> Result<Json<Gaps>, ApiError> {
    let items = state.store.attention(&scope.vendor, GAPS).await?;
    let gap = |item: vortex_store::rows::AttentionItem| {
        let [table, key, ..] = item.params.as_slice() else { return None };
        Some(Gap {
            item: item.id,
            table: table.clone(),
            key: key.clone(),
            blocked: item.blocked,
            text: item.code.text(reader, &item.params),
            since_ms: item.since_ms,
        })
    };
    Ok(Json(Gaps {
        items: items.into_iter().filter(|i| i.code == Code::MappingGap).filter_map(gap).collect(),
    }))
}
