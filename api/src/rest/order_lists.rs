//! Lists of orders: by id for programs, newest first for people, and what one word finds.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use vortex_domain::{Market, Order, OrderId, VendorId, attention::Reader, order::Mark};
use vortex_store::OrderPlace;

use super::{
    Page, cursor,
    orders::{OrderView, STAGES},
    page_size,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang, Query},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Orders that one page looks through for those of a market; the next page goes on from there.
const LOOKED_THROUGH: usize = 1_000;
/// Orders that are read at once.
const READ_AT_ONCE: u32 = 200;
/// Longest word that is searched for, characters.
const WORD_CHARS: usize = 120;

/// Which orders.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrdersQuery {
    /// Only of one stage: `arrived`, `held`, `ready`, `sending`, `imported`, `unknown`, `booked`, `closed`.
    #[serde(alias = "stage")]
    pub(crate) state: Option<String>,
    /// `id` (the default) or `placed`: newest first.
    pub(crate) sort: Option<String>,
    /// Only of one market, `SE`, `DK`, `FI` or `NO`; newest first. A page may hold fewer than asked for and still name a next one.
    pub(crate) market: Option<String>,
    /// Only the order with this id, document number, waybill or invoice; nothing else counts beside it.
    pub(crate) q: Option<String>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Orders per page, 1 to 500.
    pub(crate) limit: Option<u64>,
}

/// The vendor's orders, by id, or newest first.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/orders", tag = "orders",
    params(("v" = String, Path, description = "Vendor id"), OrdersQuery, ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts")),
    responses((status = 200, description = "Orders", body = Page<OrderView>), (status = 400, description = "No such state, market or sort, or a foreign cursor", body = Problem, content_type = "application/problem+json"), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<OrdersQuery>,
    Lang(reader): Lang,
) -> Result<Json<Page<OrderView>>, ApiError> {
    Ok(Json(read(&state, &scope.vendor, &query, reader).await?))
}

fn filled(field: Option<&String>) -> Option<&str> {
    field.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn foreign_cursor() -> ApiError {
    ApiError::Invalid("The cursor is none that we gave; begin without one.".into())
}

/// One page of orders.
pub(crate) async fn read(
    state: &ApiState,
    vendor: &VendorId,
    query: &OrdersQuery,
    reader: Reader,
) -> Result<Page<OrderView>, ApiError> {
    if let Some(word) = filled(query.q.as_ref()) {
        let found = found(state, vendor, word).await?;
        let items = found.iter().map(|order| OrderView::new(order, reader)).collect();
        return Ok(Page { items, next_cursor: None });
    }
    let only = filled(query.state.as_ref());
    if only.is_some_and(|only| !STAGES.contains(&only)) {
        return Err(ApiError::Invalid(format!("`state` is one of {}.", STAGES.join(", ")).into()));
    }
    let market = filled(query.market.as_ref()).map(str::parse::<Market>).transpose();
    let market = market.map_err(|why| ApiError::Invalid(why.to_string().into()))?;
    let size = page_size(query.limit);
    let after = query.cursor.as_deref().map(super::position).transpose()?;
    match filled(query.sort.as_ref()) {
        Some("placed") => {}
        None | Some("id") if market.is_some() => {}
        None | Some("id") => {
            let after = after.map(OrderId::new).transpose().map_err(|_| foreign_cursor())?;
            let orders = state.store.list_orders(vendor, only, after.as_ref(), size + 1).await?;
            let items = orders.iter().map(|(_, order)| OrderView::new(order, reader)).collect();
            return Ok(Page::of(items, size, |order| order.id.clone()));
        }
        Some(_) => return Err(ApiError::Invalid("`sort` is one of id, placed.".into())),
    }
    let before = after.as_deref().map(place).transpose()?;
    let (orders, next) = placed(state, vendor, only, market, before, size as usize).await?;
    Ok(Page {
        items: orders.iter().map(|order| OrderView::new(order, reader)).collect(),
        next_cursor: next.map(|(placed_ms, id)| cursor(&format!("{placed_ms}:{id}"))),
    })
}

fn place(text: &str) -> Result<OrderPlace, ApiError> {
    let parts = text.split_once(':').and_then(|(ms, id)| Some((ms.parse().ok()?, OrderId::new(id).ok()?)));
    parts.ok_or_else(foreign_cursor)
}

fn place_of(order: &Order) -> OrderPlace {
    (order.channel.created_at_ms, order.id.clone())
}

/// Newest first; where the next page begins, if there may be one.
async fn placed(
    state: &ApiState,
    vendor: &VendorId,
    only: Option<&str>,
    market: Option<Market>,
    mut before: Option<OrderPlace>,
    size: usize,
) -> Result<(Vec<Order>, Option<OrderPlace>), ApiError> {
    let mut found: Vec<Order> = Vec::new();
    let mut looked_through = 0;
    loop {
        let orders = state.lists.orders_placed(vendor, only, before.as_ref(), READ_AT_ONCE).await?;
        let ended = orders.len() < READ_AT_ONCE as usize;
        looked_through += orders.len();
        for order in orders {
            if market.is_some_and(|market| order.channel.market != market) {
                before = Some(place_of(&order));
                continue;
            }
            if found.len() == size {
                return Ok((found, before));
            }
            before = Some(place_of(&order));
            found.push(order);
        }
        if ended {
            return Ok((found, None));
        }
        if looked_through >= LOOKED_THROUGH {
            return Ok((found, before));
        }
    }
}

/// The orders that a person means by one word.
async fn found(state: &ApiState, vendor: &VendorId, word: &str) -> Result<Vec<Order>, ApiError> {
    if word.chars().count() > WORD_CHARS || word.chars().any(char::is_control) {
        return Err(ApiError::Invalid(format!("`q` is one word of up to {WORD_CHARS} characters.").into()));
    }
    let mut ids: Vec<OrderId> = OrderId::new(word).into_iter().collect();
    if let Ok(number) = word.parse::<i64>() {
        ids.extend(state.store.numbered(vendor, &[number]).await?);
    }
    let marks = [Mark::awb(word), Mark::invoice(word.to_owned())];
    ids.extend(state.store.marked(vendor, &marks).await?.into_iter().map(|(_, id)| id));
    ids.sort_unstable();
    ids.dedup();
    let rows = state.store.load_orders(vendor, &ids).await?;
    Ok(rows.into_iter().flatten().map(|(_, order)| order).collect())
}
