//! The catalogue, by SKU: what WinMentor has, what CDON was told, and whether it shows it.

use askama::Template;
use axum::{extract::State, response::Response};

use super::frame::{self, Frame};
use crate::{
    auth::Scope,
    extract::Query,
    problem::ApiError,
    rest::sku_list::{self, SkuLine, SkusQuery},
    state::ApiState,
};

#[derive(Template)]
#[template(path = "products.html")]
struct ProductsPage {
    f: Frame,
    prefix: String,
    lines: Vec<SkuLine>,
    next: Option<String>,
    /// The page's address with its filter, for the next one.
    again: String,
}

/// The list.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Query(query): Query<SkusQuery>,
) -> Result<Response, ApiError> {
    let found = sku_list::read(&state, &scope.vendor, &query).await?;
    let prefix = query.prefix.unwrap_or_default().trim().to_owned();
    let escaped = askama::filters::urlencode_strict(&prefix).map(|text| text.to_string());
    let again = format!("?prefix={}&", escaped.unwrap_or_default());
    let f = f.at("products");
    frame::page(&state, &ProductsPage { f, prefix, lines: found.items, next: found.next_cursor, again })
}
