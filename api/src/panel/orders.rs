//! Orders, newest first: state, market, deadline, money; and what one word finds.

use askama::Template;
use axum::{extract::State, response::Response};
use vortex_domain::Market;

use super::frame::{self, Frame};
use crate::{
    auth::Scope,
    extract::Query,
    problem::ApiError,
    rest::{
        order_lists::{self, OrdersQuery},
        orders::{OrderView, STAGES},
    },
    state::ApiState,
};

#[derive(Template)]
#[template(path = "orders.html")]
struct OrdersPage {
    f: Frame,
    stages: [&'static str; 8],
    markets: Vec<&'static str>,
    /// What is asked for.
    stage: String,
    market: String,
    word: String,
    orders: Vec<OrderView>,
    next: Option<String>,
    /// The page's address with its filters, for the next one.
    again: String,
}

/// The list.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Query(mut query): Query<OrdersQuery>,
) -> Result<Response, ApiError> {
    query.sort = Some("placed".to_owned());
    let found = order_lists::read(&state, &scope.vendor, &query, f.w.reader).await?;
    let (only, market) = (query.state.unwrap_or_default(), query.market.unwrap_or_default());
    let page = OrdersPage {
        f: f.at("orders"),
        stages: STAGES,
        markets: Market::ALL.iter().map(|market| market.code()).collect(),
        // Both are words of ours by now.
        again: format!("?state={only}&market={market}&"),
        stage: only,
        market,
        word: query.q.unwrap_or_default(),
        orders: found.items,
        next: found.next_cursor,
    };
    frame::page(&state, &page)
}
