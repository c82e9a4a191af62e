//! The invoices of a month whose files are kept, and all of them at once.

use askama::Template;
use axum::{extract::State, response::Response};
use jiff::{Timestamp, Zoned};
use serde::Deserialize;

use super::{
    frame::{self, Frame},
    words::ZONE,
};
use crate::{
    auth::Scope,
    extract::Query,
    problem::ApiError,
    rest::invoices::{self, InvoiceEntry, InvoicesQuery, MonthQuery},
    state::ApiState,
};

#[derive(Template)]
#[template(path = "invoices.html")]
struct InvoicesPage {
    f: Frame,
    month: String,
    invoices: Vec<InvoiceEntry>,
    next: Option<String>,
    /// The page's address with its month, for the next one.
    again: String,
}

/// Which month.
#[derive(Deserialize)]
pub(super) struct Asked {
    month: Option<String>,
    cursor: Option<String>,
}

/// The merchant's month at a moment.
fn month_of(now_ms: i64) -> String {
    let now = Timestamp::from_millisecond(now_ms).and_then(|now| now.in_tz(ZONE));
    now.map_or_else(|_| String::new(), |now: Zoned| now.strftime("%Y-%m").to_string())
}

/// The list.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let month = asked.month.filter(|month| !month.is_empty()).unwrap_or_else(|| month_of(f.now_ms));
    let query = InvoicesQuery { month: month.clone(), cursor: asked.cursor, limit: None };
    let found = invoices::list(State(state.clone()), scope, Query(query)).await?.0;
    let page = InvoicesPage {
        f: f.at("invoices"),
        // A month that was found is digits and a dash.
        again: format!("?month={month}&"),
        month,
        invoices: found.items,
        next: found.next_cursor,
    };
    frame::page(&state, &page)
}

/// All files of the month.
pub(super) async fn zip(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<MonthQuery>,
) -> Result<Response, ApiError> {
    invoices::zip(State(state), scope, Query(query)).await
}
