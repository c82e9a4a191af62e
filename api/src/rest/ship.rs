//! Shipping and cancelling by hand.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;
use vortex_domain::{
    ChannelState, Order, OrderId, Sku, VendorId,
    attention::Reader,
    order::{Event, Packing, ParcelEvent, ParcelStage},
    shipping::{Measures, Tracking},
};

use super::after_sale::{ParcelView, StepView};
use crate::{
    auth::Scope,
    extract::{Json, Lang, OrderKey},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Parcels of one order at most.
const PARCELS: usize = 99;
/// Heaviest parcel, grams.
const HEAVIEST_G: u32 = 1_000_000;
/// Longest side, centimetres.
const LONGEST_CM: u32 = 500;
/// Longest carrier or waybill number, characters.
const NUMBER_CHARS: usize = 40;
/// Longest reason of a cancellation, characters.
pub(super) const REASON_CHARS: usize = 500;

/// The order as stored.
pub(crate) async fn stored(state: &ApiState, vendor: &VendorId, id: &OrderId) -> Result<Order, ApiError> {
    let rows = state.store.load_orders(vendor, std::slice::from_ref(id)).await?;
    rows.into_iter().next().flatten().map(|(_, order)| order).ok_or(ApiError::NotFound)
}

/// A parcel to be sent.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct ParcelInput {
    /// Grams, packaging included.
    weight_g: u32,
    /// Centimetres.
    length_cm: u32,
    /// Centimetres.
    width_cm: u32,
    /// Centimetres.
    height_cm: u32,
    /// Which goods lie in it: article and units (of a bundle: its parts; `goods` of the order lists them). Customs must know it of
    /// several parcels that cross a border; elsewhere it may be absent. Said of one parcel, it is said of all.
    #[serde(default)]
    goods: BTreeMap<String, i64>,
}

/// How to ship.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ShipInput {
    /// Ship now in these parcels; without them in those planned, or in the vendor's default one.
    #[serde(default)]
    pub(crate) parcels: Option<Vec<ParcelInput>>,
    /// Shipped by hand: who carries it. Together with `tracking_number`.
    #[serde(default)]
    pub(crate) carrier: Option<String>,
    /// Shipped by hand: the carrier's number (AWB).
    #[serde(default)]
    pub(crate) tracking_number: Option<String>,
    /// Which parcel the number is of; 1 without it.
    #[serde(default)]
    pub(crate) parcel: Option<u32>,
}

/// How the order stands after it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShipAnswer {
    /// Something changed; asking the same again changes nothing.
    changed: bool,
    /// What it waits for now.
    step: StepView,
    /// Its parcels.
    parcels: Vec<ParcelView>,
}

/// Ships an order now, or takes over a waybill that was made by hand.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/orders/{id}/ship", tag = "orders",
    description = "With `parcels` or an empty object: mint its waybills as soon as the order may leave, whatever the vendor's \
        rule says; a cancellation that was asked for and not carried out is withdrawn. With `carrier` and `tracking_number`: the waybill was made elsewhere (another courier, or the courier's own \
        site) and is taken over; this is also how `awb_unknown` and `parcel_refused` are settled. Twice the same is harmless.",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("id" = String, Path, description = "The channel's order id"),
        ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = ShipInput,
    responses(
        (status = 200, description = "Done, or on its way", body = ShipAnswer),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Cancelled, fulfilled, already minted otherwise, or no courier is connected", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Measures or numbers that cannot be", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ship(
    State(state): State<ApiState>,
    scope: Scope,
    OrderKey(id): OrderKey,
    Lang(reader): Lang,
    Json(input): Json<ShipInput>,
) -> Result<Json<ShipAnswer>, ApiError> {
    let order = stored(&state, &scope.vendor, &id).await?;
    let events = match (&input.carrier, &input.tracking_number) {
        (None, None) => {
            if input.parcel.is_some() {
                return Err(unfit("`parcel` goes together with `carrier` and `tracking_number`."));
            }
            let settings = state.engine.settings(&scope.vendor).await?;
            if !settings.shipping.courier {
                return clash("No courier is connected; ship by hand and give carrier and tracking number.");
            }
            ship_now(&order, input.parcels.as_deref())?
        }
        (Some(carrier), Some(number)) => {
            if input.parcels.is_some() {
                return Err(unfit("Give either `parcels` or `carrier` and `tracking_number`."));
            }
            let tracking =
                Tracking { carrier: plain("carrier", carrier)?, number: plain("tracking_number", number)? };
            by_hand(&order, input.parcel.unwrap_or(1), tracking)?
        }
        _ => return Err(unfit("`carrier` and `tracking_number` go together.")),
    };
    let who = scope.caller.journal_name();
    let mut changed = false;
    for event in events {
        changed |= state.engine.ask_order(&scope.vendor, &id, event, &who).await?;
    }
    info!(vendor.id = %scope.vendor, order.id = %id, who, changed, "`{who}` ships order `{id}`");
    let order = stored(&state, &scope.vendor, &id).await?;
    Ok(Json(ShipAnswer { changed, ..answer(&state, &scope.vendor, &order, reader).await? }))
}

async fn answer(
    state: &ApiState,
    vendor: &VendorId,
    order: &Order,
    reader: Reader,
) -> Result<ShipAnswer, ApiError> {
    let files = state.store.files_of(vendor, &order.id).await?;
    let parcels = order.parcels.iter().map(|parcel| ParcelView::new(order, parcel, &files)).collect();
    Ok(ShipAnswer { changed: false, step: StepView::of(order, reader), parcels })
}

fn unfit(why: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::Unprocessable(why.into())
}

fn clash<T>(why: impl Into<std::borrow::Cow<'static, str>>) -> Result<T, ApiError> {
    Err(ApiError::Conflict(why.into()))
}

/// A cancelled order must not leave; the reason, when it was ours.
fn refuse_cancelled(order: &Order) -> Result<(), ApiError> {
    match &order.cancel_asked {
        _ if !order.cancelled() => Ok(()),
        Some(reason) => clash(format!("This order was cancelled by us ({reason}); it must not be shipped.")),
        None => clash("The channel has cancelled this order; it must not be shipped."),
    }
}

/// The events of "ship now".
fn ship_now(order: &Order, parcels: Option<&[ParcelInput]>) -> Result<Vec<Event>, ApiError> {
    refuse_cancelled(order)?;
    if order.channel.state == ChannelState::Fulfilled && order.parcels.is_empty() {
        return clash("The channel shows this order as fulfilled already, and not by us.");
    }
    let mut events = Vec::new();
    if let Some(parcels) = parcels {
        let packings = parcels.iter().map(packed).collect::<Result<Vec<Packing>, ApiError>>()?;
        if !(1..=PARCELS).contains(&packings.len()) {
            return Err(unfit(format!("An order goes in 1 to {PARCELS} parcels.")));
        }
        order.check_packing(&packings).map_err(|why| unfit(format!("{why}.")))?;
        let standing = order.parcels.iter().map(|parcel| (parcel.measures, &parcel.goods));
        if !standing.eq(packings.iter().map(|packing| (packing.measures, &packing.goods))) {
            if !order.is_unplanned() {
                return clash(
                    "Its parcels are on their way to a waybill, or have one; they cannot be planned anew.",
                );
            }
            events.push(Event::ParcelsPlanned(packings));
        }
    }
    events.push(Event::ShippingAsked);
    Ok(events)
}

fn packed(input: &ParcelInput) -> Result<Packing, ApiError> {
    let ParcelInput { weight_g, length_cm, width_cm, height_cm, .. } = *input;
    let sides = [length_cm, width_cm, height_cm];
    if !(1..=HEAVIEST_G).contains(&weight_g) || !sides.iter().all(|side| (1..=LONGEST_CM).contains(side)) {
        return Err(unfit(format!(
            "A parcel weighs 1 to {HEAVIEST_G} g, and its sides measure 1 to {LONGEST_CM} cm."
        )));
    }
    let goods = |(sku, units): (&String, &i64)| {
        Sku::new(sku).map(|sku| (sku, *units)).map_err(|why| unfit(why.to_string()))
    };
    let goods = input.goods.iter().map(goods).collect::<Result<_, ApiError>>()?;
    Ok(Packing { measures: Measures { weight_g, length_cm, width_cm, height_cm }, goods })
}

fn plain(name: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if !(1..=NUMBER_CHARS).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        return Err(unfit(format!("`{name}` has 1 to {NUMBER_CHARS} characters.")));
    }
    Ok(text.to_owned())
}

/// The event of a waybill that was made by hand.
fn by_hand(order: &Order, number: u32, tracking: Tracking) -> Result<Vec<Event>, ApiError> {
    let parcel = order.parcels.iter().find(|parcel| parcel.number == number);
    if parcel.and_then(|parcel| parcel.tracking()) == Some(&tracking) {
        return Ok(Vec::new());
    }
    refuse_cancelled(order)?;
    if let Some(known) = parcel.and_then(|parcel| parcel.tracking()) {
        return clash(format!(
            "Parcel {number} has waybill {} already; another would be one too many.",
            known.number
        ));
    }
    if order.channel.state == ChannelState::Fulfilled {
        return clash("The channel shows this order as fulfilled already; its tracking cannot be changed.");
    }
    if parcel.is_none() && !(number == 1 && order.parcels.is_empty()) {
        return Err(unfit(format!("The order has no parcel {number}.")));
    }
    if parcel.is_some_and(|parcel| matches!(parcel.stage, ParcelStage::Minting { .. })) {
        return clash(format!("Parcel {number} is being minted this very moment; look again in a minute."));
    }
    let adopted = Event::Parcel(number, ParcelEvent::Adopted(tracking));
    // Whoever ships it no longer wants it cancelled.
    Ok(if order.cancel_asked.is_some() { vec![Event::ShippingAsked, adopted] } else { vec![adopted] })
}

/// Why to cancel.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CancelInput {
    /// For the journal and the colleagues; 1 to 500 characters.
    pub(crate) reason: String,
}

/// How the cancellation stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CancelAnswer {
    /// Something changed; asking the same again changes nothing.
    changed: bool,
    /// The reason that stands.
    reason: String,
}

/// Cancels an order on the channel, as long as it is not accepted.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/orders/{id}/cancel", tag = "orders",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("id" = String, Path, description = "The channel's order id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = CancelInput,
    responses(
        (status = 200, description = "The channel is told", body = CancelAnswer),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Accepted, fulfilled or cancelled already, or the channel refuses", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No reason", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn cancel(
    State(state): State<ApiState>,
    scope: Scope,
    OrderKey(id): OrderKey,
    Json(input): Json<CancelInput>,
) -> Result<Json<CancelAnswer>, ApiError> {
    let reason = input.reason.trim();
    if !(1..=REASON_CHARS).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(unfit(format!("`reason` has 1 to {REASON_CHARS} characters.")));
    }
    let order = stored(&state, &scope.vendor, &id).await?;
    cancellable(&order)?;
    if let Some(standing) = order.cancel_asked {
        return Ok(Json(CancelAnswer { changed: false, reason: standing }));
    }
    let who = scope.caller.journal_name();
    let event = Event::CancelAsked(reason.to_owned());
    let changed = state.engine.ask_order(&scope.vendor, &id, event, &who).await?;
    if !changed {
        // Accepted or final since it was looked at.
        cancellable(&stored(&state, &scope.vendor, &id).await?)?;
    }
    info!(vendor.id = %scope.vendor, order.id = %id, who, changed, "`{who}` cancels order `{id}`");
    Ok(Json(CancelAnswer { changed, reason: reason.to_owned() }))
}

fn cancellable(order: &Order) -> Result<(), ApiError> {
    let why = match (order.channel.state, &order.cancel_refused) {
        (ChannelState::Created, None) => return Ok(()),
        (ChannelState::Created, Some(why)) => {
            return clash(format!("The channel does not cancel it: {why}. Retry its attention item."));
        }
        (ChannelState::Accepted, _) => {
            "It is accepted on the channel; settle it with the buyer through Reclaimit."
        }
        (ChannelState::Fulfilled, _) => "It is fulfilled; what comes back is a return.",
        (ChannelState::NotFulfilled, _) => "The channel has cancelled it already.",
    };
    clash(why)
}
