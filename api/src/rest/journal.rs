//! What happened: the vendor's journal, page by page or for one subject.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vortex_store::rows::JournalEntry;

use super::{Page, page_size};
use crate::{
    auth::Scope,
    extract::{Json, Query},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// What a journal entry can be about.
pub(crate) const KINDS: [&str; 4] = ["order", "sku", "connection", "pickup"];

/// One state change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// Position in the journal; the id of the event in `/api/v1/events`.
    pub(crate) seq: i64,
    /// When, milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// `order`, `sku`, `connection` or `pickup`.
    pub(crate) kind: String,
    /// Its id.
    pub(crate) key: String,
    /// What caused it.
    pub(crate) cause: String,
    /// Who: `engine`, `channel`, `erp`, or `token:<name>`.
    pub(crate) actor: String,
    /// Before, in words.
    pub(crate) old: String,
    /// After, in words.
    pub(crate) new: String,
}

impl From<JournalEntry> for EntryView {
    fn from(entry: JournalEntry) -> Self {
        let row = entry.row;
        Self {
            seq: entry.seq,
            at_ms: row.at_ms,
            kind: row.subject.kind().to_owned(),
            key: row.subject.key().to_owned(),
            cause: row.cause,
            actor: row.actor,
            old: row.old,
            new: row.new,
        }
    }
}

/// Which part of the journal.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JournalQuery {
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Entries per page, 1 to 500.
    pub(crate) limit: Option<u64>,
    /// With `key`: only of one subject, newest first: `order`, `sku`, `connection` or `pickup`.
    pub(crate) kind: Option<String>,
    /// The subject's id.
    pub(crate) key: Option<String>,
}

/// The vendor's journal, oldest first; with `kind` and `key` the newest entries of one subject, newest first.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/journal", tag = "journal",
    params(("v" = String, Path, description = "Vendor id"), JournalQuery),
    responses((status = 200, description = "Entries", body = Page<EntryView>), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<JournalQuery>,
) -> Result<Json<Page<EntryView>>, ApiError> {
    let size = page_size(query.limit);
    if let (Some(kind), Some(key)) = (&query.kind, &query.key) {
        if !KINDS.contains(&kind.as_str()) {
            return Err(ApiError::Invalid(format!("`kind` is one of {}.", KINDS.join(", ")).into()));
        }
        if key.chars().any(char::is_control) {
            return Err(ApiError::Invalid("`key` holds a control character.".into()));
        }
        let entries = state.store.journal_of(&scope.vendor, kind, key, size).await?;
        return Ok(Json(Page { items: entries.into_iter().map(Into::into).collect(), next_cursor: None }));
    }
    let after = query.cursor.as_deref().map(super::position).transpose()?;
    let after = after.map(|text| text.parse::<i64>()).transpose();
    let after =
        after.map_err(|_| ApiError::Invalid("The cursor is none that we gave; begin without one.".into()))?;
    let entries = state.store.journal_after(&scope.vendor, after.unwrap_or(0), size + 1).await?;
    let items = entries.into_iter().map(EntryView::from).collect();
    Ok(Json(Page::of(items, size, |entry| entry.seq.to_string())))
}
