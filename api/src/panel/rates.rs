//! Exchange rates: what orders and prices take today, and the days before with what people said.

use askama::Template;
use axum::{extract::State, response::Response};

use super::frame::{self, Frame};
use crate::{
    auth::Scope,
    extract::Query,
    problem::ApiError,
    rest::rates::{self, RatesQuery, RatesView},
    state::ApiState,
};

#[derive(Template)]
#[template(path = "rates.html")]
struct RatesPage {
    f: Frame,
    r: RatesView,
}

/// The rates.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Query(query): Query<RatesQuery>,
) -> Result<Response, ApiError> {
    let r = rates::list(State(state.clone()), scope, Query(query)).await?.0;
    frame::page(&state, &RatesPage { f: f.at("rates"), r })
}
