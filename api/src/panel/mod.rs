//! The panel: server-rendered pages over the very functions that the API calls.
//!
//! One file per page, templates in `api/templates`, texts in `api/locales`. Reading needs no script; `assets/panel.js` adds live
//! parts, countdowns and confirmations.

mod access;
mod account;
mod activity;
mod assets;
mod attention;
mod failure;
mod frame;
mod invoices;
pub(crate) mod live;
mod mapping;
mod order;
mod order_steps;
mod orders;
mod overview;
mod product;
mod products;
mod rates;
mod returns;
mod sign_in;
mod waterfall;
pub(crate) mod words;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

use crate::{
    auth::{Caller, authenticate, scope},
    edge::admit,
    problem::ApiError,
    rest::sync::LONGEST,
    session::same_origin,
    state::ApiState,
};

/// Every page and form.
pub(crate) fn router(state: &ApiState) -> Router<ApiState> {
    let limits = &state.limits;
    let of_vendor = Router::new()
        .route("/v/{v}", get(overview::page))
        .route("/v/{v}/live", get(live::stream))
        .route("/v/{v}/attention", get(attention::page))
        .route("/v/{v}/attention/{item}/{action}", post(attention::act))
        .route("/v/{v}/orders", get(orders::page))
        .route("/v/{v}/orders/{id}", get(order::page))
        .route("/v/{v}/orders/{id}/buyer", post(order::buyer))
        .route("/v/{v}/orders/{id}/ship", post(order::ship))
        .route("/v/{v}/orders/{id}/cancel", post(order::cancel))
        .route("/v/{v}/files/links", post(order::file))
        .route("/v/{v}/products", get(products::page))
        .route("/v/{v}/products/{sku}", get(product::page))
        .route("/v/{v}/sync", post(product::sync))
        .route("/v/{v}/activity", get(activity::page))
        .route("/v/{v}/activity.csv", get(activity::csv))
        .route("/v/{v}/activity.jsonl", get(activity::jsonl))
        .route("/v/{v}/mapping", get(mapping::page))
        .route("/v/{v}/returns", get(returns::page))
        .route("/v/{v}/invoices", get(invoices::page))
        .route("/v/{v}/invoices.zip", get(invoices::zip))
        .route("/v/{v}/rates", get(rates::page))
        .route("/v/{v}/access", get(access::page))
        .route("/v/{v}/tokens", post(access::create))
        .route("/v/{v}/tokens/{key}/revoke", post(access::revoke))
        .route_layer(from_fn_with_state(state.clone(), scope));
    let signed_in = of_vendor
        .route("/", get(home))
        .route("/account", get(account::page))
        .route("/account/password", post(account::password))
        .route("/account/sessions/end", post(account::end_session))
        .route("/account/sessions/end-all", post(account::end_sessions))
        .route("/sign-out", post(sign_in::sign_out))
        .route_layer(from_fn_with_state(state.clone(), authenticate));
    // What looks at the whole catalogue first takes its time.
    let slow = Router::new()
        .route("/v/{v}/mapping/versions/{version}/revert", post(mapping::revert))
        .route("/v/{v}/mapping/drafts/{draft}/publish", post(mapping::publish))
        .route_layer(from_fn_with_state(state.clone(), scope))
        .route_layer(from_fn_with_state(state.clone(), authenticate))
        .route_layer(RequestBodyLimitLayer::new(limits.body_bytes))
        .route_layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LONGEST));
    let outside = Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/welcome/{token}", get(sign_in::welcome).post(sign_in::set_password))
        .route("/preferences", post(account::preferences))
        .route_layer(from_fn_with_state(state.clone(), from_our_pages));
    signed_in
        .merge(outside)
        .route_layer(RequestBodyLimitLayer::new(limits.body_bytes))
        .route_layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits.request_timeout))
        .merge(slow)
        .route("/assets/{version}/{name}", get(assets::serve))
        .fallback(nothing)
        .layer(from_fn_with_state(state.clone(), failure::pages))
        .layer(from_fn_with_state(state.clone(), admit))
}

/// Forms for whoever is not signed in have no word of a session to prove themselves with; their page does.
async fn from_our_pages(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if !request.method().is_safe() && !same_origin(&state, request.headers()) {
        return Err(ApiError::Forged);
    }
    Ok(next.run(request).await)
}

/// The first page of whoever is signed in.
async fn home(State(state): State<ApiState>, caller: Caller) -> Result<Response, ApiError> {
    let choices = frame::choices(&caller, &state).await?;
    let to = match (choices.as_slice(), caller.0.platform) {
        ([only], _) => format!("/v/{}", only.id),
        ([first, ..], None) => format!("/v/{}", first.id),
        _ => "/account".to_owned(),
    };
    Ok(Redirect::to(&to).into_response())
}

async fn nothing() -> ApiError {
    ApiError::NotFound
}

/// A page that a browser must not keep.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

fn see_other(to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    response
}
