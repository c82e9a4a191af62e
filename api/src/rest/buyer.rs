//! Who bought: shown to nobody who has not said why, and every showing stands in the audit trail (SEC32).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::ship::{REASON_CHARS, stored};
use crate::{
    accounts::Role,
    auth::Scope,
    extract::{Json, OrderKey},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Why somebody must know.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct BuyerInput {
    /// For the audit trail; 1 to 500 characters.
    pub(crate) reason: String,
}

/// Who bought, as the channel says.
#[derive(Serialize, ToSchema)]
pub(crate) struct BuyerView {
    /// Full name.
    pub(crate) name: String,
    /// Street and number.
    pub(crate) street: String,
    /// Postal code.
    pub(crate) postal_code: String,
    /// City.
    pub(crate) city: String,
    /// Country.
    pub(crate) country: String,
    /// Phone.
    pub(crate) phone: String,
}

/// Shows who bought an order; the reason and whoever asks stand in the audit trail. The answer is not remembered.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/orders/{id}/buyer", tag = "orders",
    params(("v" = String, Path, description = "Vendor id"), ("id" = String, Path, description = "The channel's order id")),
    request_body = BuyerInput,
    responses(
        (status = 200, description = "The buyer", body = BuyerView),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No reason", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show(
    State(state): State<ApiState>,
    scope: Scope,
    OrderKey(id): OrderKey,
    Json(input): Json<BuyerInput>,
) -> Result<Json<BuyerView>, ApiError> {
    scope.requires(Role::Operator)?;
    let reason = input.reason.trim();
    if !(1..=REASON_CHARS).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(ApiError::Unprocessable(format!("`reason` has 1 to {REASON_CHARS} characters.").into()));
    }
    let order = stored(&state, &scope.vendor, &id).await?;
    let who = scope.caller.journal_name();
    scope.act.changed("", reason);
    info!(vendor.id = %scope.vendor, order.id = %id, who, "`{who}` looks at the buyer of order `{id}`");
    let to = order.channel.ship_to;
    Ok(Json(BuyerView {
        name: to.name,
        street: to.street,
        postal_code: to.postal_code,
        city: to.city,
        country: to.country,
        phone: to.phone,
    }))
}
