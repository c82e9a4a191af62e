//! The journal as people search it: newest first, of a subject, of a time; and to be taken away as CSV or JSON lines.

use std::io;

use axum::{body::Body, extract::State, response::Response};
use futures_util::stream;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use tracing::warn;
use utoipa::IntoParams;
use vortex_domain::VendorId;

use super::{
    Page,
    journal::{EntryView, KINDS},
    page_size,
};
use crate::{
    auth::Scope,
    extract::{Json, Query},
    feeds::journal_head,
    links::attachment,
    panel::words::ZONE,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Entries of one export at most, the newest.
pub(crate) const EXPORTED: usize = 100_000;
/// Entries of an export that are read, and in memory, at once.
const READ_AT_ONCE: u32 = 500;
/// Longest key that is searched for, characters.
const KEY_CHARS: usize = 200;

/// Which part of the journal.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// With `key`: only of one subject: `order`, `sku`, `connection` or `pickup`.
    pub(crate) kind: Option<String>,
    /// The subject's id.
    pub(crate) key: Option<String>,
    /// From this day on, Romanian calendar, like 2026-03-01.
    pub(crate) from: Option<String>,
    /// Until this day, that day included.
    pub(crate) to: Option<String>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Entries per page, 1 to 500.
    pub(crate) limit: Option<u64>,
}

/// What is asked for, as positions: between two, both excluded.
#[derive(Clone)]
struct Part {
    subject: Option<(String, String)>,
    after: i64,
    before: i64,
}

impl Part {
    async fn of(state: &ApiState, vendor: &VendorId, query: &HistoryQuery) -> Result<Self, ApiError> {
        let filled = |field: &Option<String>| {
            field.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let subject = filled(&query.kind).zip(filled(&query.key));
        if let Some((kind, key)) = &subject {
            if !KINDS.contains(&kind.as_str()) {
                return Err(ApiError::Invalid(format!("`kind` is one of {}.", KINDS.join(", ")).into()));
            }
            if key.chars().count() > KEY_CHARS || key.chars().any(char::is_control) {
                return Err(ApiError::Invalid("`key` is too long, or holds a control character.".into()));
            }
        }
        let from = filled(&query.from).as_deref().map(day).transpose()?;
        let to = filled(&query.to).as_deref().map(day).transpose()?;
        let after = match from {
            Some(from) => last_before(state, vendor, begin_ms(from)?).await?,
            None => 0,
        };
        let before = match to {
            Some(to) => {
                let next = to.tomorrow().map_err(|_| no_day())?;
                last_before(state, vendor, begin_ms(next)?).await?.saturating_add(1)
            }
            None => i64::MAX,
        };
        Ok(Self { subject, after, before })
    }

    /// The newest entries of it.
    async fn read(
        &self,
        state: &ApiState,
        vendor: &VendorId,
        limit: u32,
    ) -> Result<Vec<EntryView>, ApiError> {
        let subject = self.subject.as_ref().map(|(kind, key)| (kind.as_str(), key.as_str()));
        let entries = state.lists.journal_before(vendor, subject, self.before, limit).await?;
        Ok(entries.into_iter().take_while(|entry| entry.seq > self.after).map(EntryView::from).collect())
    }
}

fn no_day() -> ApiError {
    ApiError::Invalid("A day is written like 2026-03-01.".into())
}

fn day(text: &str) -> Result<Date, ApiError> {
    text.parse().map_err(|_| no_day())
}

/// When a merchant's day begins.
fn begin_ms(date: Date) -> Result<i64, ApiError> {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let begin = date.to_zoned(zone).and_then(|begin| begin.start_of_day()).map_err(|_| no_day())?;
    Ok(begin.timestamp().as_millisecond())
}

/// The position of the last entry before a moment: positions and times grow together.
async fn last_before(state: &ApiState, vendor: &VendorId, at_ms: i64) -> Result<i64, ApiError> {
    let (mut below, mut above) = (0, journal_head(&*state.store, vendor).await?);
    while below < above {
        let middle = below + (above - below) / 2;
        match state.store.journal_after(vendor, middle, 1).await?.first() {
            Some(entry) if entry.row.at_ms < at_ms => below = entry.seq,
            _ => above = middle,
        }
    }
    Ok(below)
}

/// The vendor's journal, newest first.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/journal/newest", tag = "journal",
    params(("v" = String, Path, description = "Vendor id"), HistoryQuery),
    responses((status = 200, description = "Entries", body = Page<EntryView>), (status = 400, description = "No such kind or day, or a foreign cursor", body = Problem, content_type = "application/problem+json"), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn newest(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Page<EntryView>>, ApiError> {
    Ok(Json(read(&state, &scope.vendor, &query).await?))
}

/// One page, newest first.
pub(crate) async fn read(
    state: &ApiState,
    vendor: &VendorId,
    query: &HistoryQuery,
) -> Result<Page<EntryView>, ApiError> {
    let size = page_size(query.limit);
    let mut part = Part::of(state, vendor, query).await?;
    if let Some(cursor) = query.cursor.as_deref() {
        let before = super::position(cursor)?
            .parse::<i64>()
            .map_err(|_| ApiError::Invalid("The cursor is none that we gave; begin without one.".into()))?;
        part.before = part.before.min(before);
    }
    let items = part.read(state, vendor, size + 1).await?;
    Ok(Page::of(items, size, |entry| entry.seq.to_string()))
}

/// How an export is written.
#[derive(Clone, Copy)]
enum Form {
    Csv,
    JsonLines,
}

impl Form {
    fn head(self) -> &'static str {
        match self {
            Self::Csv => "seq,time,kind,key,cause,actor,old,new\r\n",
            Self::JsonLines => "",
        }
    }

    fn line(self, entry: &EntryView, into: &mut String) -> io::Result<()> {
        match self {
            Self::JsonLines => {
                into.push_str(&serde_json::to_string(entry)?);
                into.push('\n');
            }
            Self::Csv => {
                let time = Timestamp::from_millisecond(entry.at_ms).map_err(io::Error::other)?;
                let numbers = [entry.seq.to_string(), time.to_string()];
                let texts = [&entry.kind, &entry.key, &entry.cause, &entry.actor, &entry.old, &entry.new];
                let cells = numbers.into_iter().chain(texts.into_iter().map(|text| cell(text)));
                into.push_str(&cells.collect::<Vec<_>>().join(","));
                into.push_str("\r\n");
            }
        }
        Ok(())
    }
}

/// A text as one cell (RFC 4180), which no table program takes for a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

struct Export {
    state: ApiState,
    vendor: VendorId,
    part: Part,
    form: Form,
    left: usize,
    begun: bool,
}

impl Export {
    /// The next piece; an error cuts the export off, so that nobody takes it for whole.
    async fn next(&mut self) -> io::Result<Option<String>> {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text.push_str(self.form.head());
        }
        let limit = READ_AT_ONCE.min(u32::try_from(self.left).unwrap_or(READ_AT_ONCE));
        let entries = match limit {
            0 => Vec::new(),
            _ => self.part.read(&self.state, &self.vendor, limit).await.map_err(|failure| {
                warn!(vendor.id = %self.vendor, error = %failure, "An export of the journal ends in the middle");
                io::Error::other(failure)
            })?,
        };
        self.left = if entries.len() < limit as usize { 0 } else { self.left - entries.len() };
        for entry in &entries {
            self.part.before = entry.seq;
            self.form.line(entry, &mut text)?;
        }
        Ok(if text.is_empty() { None } else { Some(text) })
    }
}

async fn export(
    state: ApiState,
    scope: Scope,
    query: &HistoryQuery,
    form: Form,
) -> Result<Response, ApiError> {
    let part = Part::of(&state, &scope.vendor, query).await?;
    let name = match form {
        Form::Csv => format!("{}-journal.csv", scope.vendor),
        Form::JsonLines => format!("{}-journal.jsonl", scope.vendor),
    };
    let export = Export { state, vendor: scope.vendor, part, form, left: EXPORTED, begun: false };
    let pieces = stream::unfold(Some(export), |export| async move {
        let mut export = export?;
        match export.next().await {
            Ok(piece) => piece.map(|piece| (Ok(piece), Some(export))),
            Err(failure) => Some((Err(failure), None)),
        }
    });
    Ok(attachment(&name, Body::from_stream(pieces)))
}

/// The vendor's journal as a table, newest first; at most the newest 100,000 entries of what is asked for.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/journal.csv", tag = "journal",
    params(("v" = String, Path, description = "Vendor id"), HistoryQuery),
    responses((status = 200, description = "CSV (RFC 4180)", content_type = "text/csv"), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn csv(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    export(state, scope, &query, Form::Csv).await
}

/// The vendor's journal as JSON lines, newest first; at most the newest 100,000 entries of what is asked for.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/journal.jsonl", tag = "journal",
    params(("v" = String, Path, description = "Vendor id"), HistoryQuery),
    responses((status = 200, description = "One JSON object a line", content_type = "application/jsonl"), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn jsonl(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    export(state, scope, &query, Form::JsonLines).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_cell_and_no_formula() {
        assert_eq!(cell("stock 4, \"five\"\nsix"), "\"stock 4, \"\"five\"\"\nsix\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(cell(formula), format!("\"'{formula}\""));
        }
    }

    #[test]
    fn a_day_begins_at_the_merchants_midnight() {
        // Two hours before that of UTC in winter.
        assert_eq!(begin_ms(day("2026-03-01").unwrap()).unwrap(), 1_772_316_000_000);
        assert!(day("yesterday").is_err() && day("2026-13-01").is_err());
    }
}
