//! What happened, newest first: of everything, of one subject, of some days; to be taken away.

use askama::Template;
use axum::{extract::State, response::Response};

use super::frame::{self, Frame};
use crate::{
    auth::Scope,
    extract::Query,
    problem::ApiError,
    rest::{
        history::{self, EXPORTED, HistoryQuery},
        journal::{EntryView, KINDS},
    },
    state::ApiState,
};

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    f: Frame,
    kinds: [&'static str; 4],
    /// What is asked for.
    kind: String,
    key: String,
    from: String,
    to: String,
    entries: Vec<EntryView>,
    next: Option<String>,
    /// The filters as a query that goes on, for the next page and the exports.
    again: String,
    most: usize,
}

impl ActivityPage {
    /// The page of an entry's subject, below the vendor's address; nothing where it has none.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn page_of(&self, entry: &EntryView) -> Option<&'static str> {
        match entry.kind.as_str() {
            "order" => Some("/orders"),
            "sku" => Some("/products"),
            _ => None,
        }
    }
}

/// A word of a search without a kind is an order's number.
fn understood(mut query: HistoryQuery) -> HistoryQuery {
    let empty = |field: &Option<String>| field.as_deref().is_none_or(|text| text.trim().is_empty());
    if empty(&query.kind) && !empty(&query.key) {
        query.kind = Some("order".to_owned());
    }
    query
}

/// The journal.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    let query = understood(query);
    let found = history::read(&state, &scope.vendor, &query).await?;
    let [kind, key, from, to] = [query.kind, query.key, query.from, query.to]
        .map(|field| field.unwrap_or_default().trim().to_owned());
    let escaped =
        |text: &str| askama::filters::urlencode_strict(text).map(|text| text.to_string()).unwrap_or_default();
    let again = format!(
        "?kind={}&key={}&from={}&to={}&",
        escaped(&kind),
        escaped(&key),
        escaped(&from),
        escaped(&to)
    );
    let page = ActivityPage {
        f: f.at("activity"),
        kinds: KINDS,
        kind,
        key,
        from,
        to,
        entries: found.items,
        next: found.next_cursor,
        again,
        most: EXPORTED,
    };
    frame::page(&state, &page)
}

/// What is asked for, as a table.
pub(super) async fn csv(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    history::csv(State(state), scope, Query(understood(query))).await
}

/// What is asked for, as JSON lines.
pub(super) async fn jsonl(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, ApiError> {
    history::jsonl(State(state), scope, Query(understood(query))).await
}
