//! What came back: what waits for WinMentor's storno, what is reconciled, what fits no order.

use askama::Template;
use axum::{extract::State, response::Response};

use super::frame::{self, Frame};
use crate::{
    auth::Scope,
    extract::{Lang, Query},
    problem::ApiError,
    rest::returns::{self, ReturnItem, ReturnsQuery},
    state::ApiState,
};

/// How a return can stand.
const STATES: [&str; 3] = ["open", "reconciled", "unmatched"];

#[derive(Template)]
#[template(path = "returns.html")]
struct ReturnsPage {
    f: Frame,
    states: [&'static str; 3],
    standing: String,
    items: Vec<ReturnItem>,
    next: Option<String>,
    /// The page's address with its filter, for the next one.
    again: String,
}

/// The list.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Query(query): Query<ReturnsQuery>,
) -> Result<Response, ApiError> {
    let standing = query.state.clone().filter(|state| !state.is_empty()).unwrap_or("open".to_owned());
    let found = returns::list(State(state.clone()), scope, Query(query), Lang(f.w.reader)).await?.0;
    let page = ReturnsPage {
        f: f.at("returns"),
        states: STATES,
        // It was one of ours.
        again: format!("?state={standing}&"),
        standing,
        items: found.items,
        next: found.next_cursor,
    };
    frame::page(&state, &page)
}
