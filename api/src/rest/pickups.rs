//! Collections at the shipper's door: asked for, listed, cancelled, and decided about when nobody knows.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use vortex_domain::{
    Pickup, PickupId,
    pickup::{Cargo, PickupEvent, PickupStage},
    sales::business_time,
};
use vortex_entities::{
    engine::{Flow, SyncRequest},
    pickup::{PickupStep, wish},
};
use vortex_store::{Change, rows::Write};

use super::{Page, page_size, position};
use crate::{
    auth::Scope,
    extract::{Json, PickupKey, Query},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// A collection can be ordered so many days ahead at most (dhl.md 4.1).
const DAYS_AHEAD: i32 = 9;
/// Collections of one day at most.
const A_DAY: u32 = 99;
/// Longest place, and longest confirmation number, characters (dhl.md section 10).
const LOCATION_CHARS: usize = 80;
const CONFIRMATION_CHARS: usize = 40;

/// When the courier is to come; what is absent is as the vendor's settings say.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PickupInput {
    /// The day, `2026-03-02`; today without it.
    #[serde(default)]
    day: Option<String>,
    /// From when the parcels are ready, `15:00`, local time.
    #[serde(default)]
    ready: Option<String>,
    /// Until when somebody is there, `18:00`, local time.
    #[serde(default)]
    close: Option<String>,
    /// Where exactly (reception, ramp 2).
    #[serde(default)]
    location: Option<String>,
}

/// A parcel that the van takes along.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CargoView {
    /// Of which order.
    order: String,
    /// Which of its parcels, from 1.
    parcel: u32,
    /// Its waybill.
    awb: String,
    /// The courier's product.
    product: Option<String>,
    /// It crosses the customs border.
    declarable: bool,
}

impl From<Cargo> for CargoView {
    fn from(cargo: Cargo) -> Self {
        Self {
            order: cargo.order.to_string(),
            parcel: cargo.parcel,
            awb: cargo.awb,
            product: cargo.product,
            declarable: cargo.declarable,
        }
    }
}

/// A collection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PickupView {
    /// Its id.
    id: String,
    /// The day.
    day: String,
    /// From when the parcels are ready, local time.
    ready: String,
    /// Until when somebody is there, local time.
    close: String,
    /// Where exactly; may be empty.
    location: String,
    /// `asked`, `ordering`, `ordered`, `unknown` (a person asks the courier), `refused`, `cancelling` or `cancelled`.
    stage: &'static str,
    /// The courier's number, once it comes.
    confirmation: Option<String>,
    /// Why the courier does not do what was asked.
    why: Option<String>,
    /// What the van takes along.
    parcels: Vec<CargoView>,
}

impl From<Pickup> for PickupView {
    fn from(pickup: Pickup) -> Self {
        let (confirmation, why) = match &pickup.stage {
            PickupStage::Ordered { confirmation, .. } | PickupStage::Cancelling { confirmation } => {
                (Some(confirmation.clone()), pickup.trouble.clone())
            }
            PickupStage::Refused { why } => (None, Some(why.clone())),
            _ => (None, pickup.trouble.clone()),
        };
        Self {
            id: pickup.id.to_string(),
            day: pickup.day.to_string(),
            ready: pickup.ready.strftime("%H:%M").to_string(),
            close: pickup.close.strftime("%H:%M").to_string(),
            location: pickup.location,
            stage: pickup.stage.name(),
            confirmation,
            why,
            parcels: pickup.cargo.into_iter().map(Into::into).collect(),
        }
    }
}

fn unfit(why: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::Unprocessable(why.into())
}

fn clash<T>(why: impl Into<std::borrow::Cow<'static, str>>) -> Result<T, ApiError> {
    Err(ApiError::Conflict(why.into()))
}

fn of_day(text: Option<&str>, today: Date) -> Result<Date, ApiError> {
    let Some(text) = text else { return Ok(today) };
    let day: Date = text.trim().parse().map_err(|_| unfit("`day` is written as 2026-03-02."))?;
    let last = today.checked_add(jiff::Span::new().days(DAYS_AHEAD)).unwrap_or(today);
    if (today..=last).contains(&day) {
        return Ok(day);
    }
    Err(unfit(format!("A collection can be ordered for {today} to {last}.")))
}

fn of_time(name: &str, text: Option<&str>, usual: Time) -> Result<Time, ApiError> {
    let Some(text) = text else { return Ok(usual) };
    Time::strptime("%H:%M", text.trim()).map_err(|_| unfit(format!("`{name}` is written as 18:00.")))
}

/// Orders the courier for all parcels that wait for it.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/pickups", tag = "pickups",
    description = "The courier is asked for every parcel that has its waybill, may leave, is not collected yet and goes with no \
        other collection of that day or later. Ordered once: when nobody knows whether it was, an attention item \
        (`pickup_unknown`) says what to do, and nothing is ordered a second time by itself.",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = PickupInput,
    responses(
        (status = 200, description = "The courier has answered; `stage` says what", body = PickupView),
        (status = 202, description = "It is being ordered; look again", body = PickupView),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No courier is connected", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A day or time that cannot be", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ask(
    State(state): State<ApiState>,
    scope: Scope,
    Json(input): Json<PickupInput>,
) -> Result<Response, ApiError> {
    let settings = state.engine.settings(&scope.vendor).await?;
    if !settings.shipping.courier {
        return clash("No courier is connected; order the collection where the waybills were made.");
    }
    let now_ms = state.clock.now_ms();
    let (usual, now) = (&settings.shipping.pickup, business_time(now_ms));
    let day = of_day(input.day.as_deref(), now.date())?;
    let ready = of_time("ready", input.ready.as_deref(), usual.ready)?;
    let close = of_time("close", input.close.as_deref(), usual.close)?;
    if ready >= close {
        return Err(unfit("`close` is later than `ready`: somebody must be there when the van comes."));
    }
    if day == now.date() && now.time() >= close {
        let close = close.strftime("%H:%M");
        return Err(unfit(format!("{close} is past for today; name a later `close`, or another `day`.")));
    }
    let location = input.location.unwrap_or_else(|| usual.location.clone()).trim().to_owned();
    if location.chars().count() > LOCATION_CHARS || location.chars().any(char::is_control) {
        return Err(unfit(format!("`location` has at most {LOCATION_CHARS} characters.")));
    }
    let id = next_id(&state, &scope, day).await?;
    let pickup = Pickup::asked(id.clone(), day, ready, close, location);
    let who = scope.caller.journal_name();
    let step = PickupStep {
        vendor: &scope.vendor,
        before: None,
        after: &pickup,
        cause: "person_asks",
        who: &who,
        now_ms,
    };
    // Two people at the same moment would get the same id: one of them is refused, and asks again.
    state.journal.write(Change::of(step.writes())).await?;
    info!(vendor.id = %scope.vendor, pickup.id = %id, who, "`{who}` asks for collection `{id}`");
    moved(&state, &scope, &id).await
}

/// The first free id of the day.
async fn next_id(state: &ApiState, scope: &Scope, day: Date) -> Result<PickupId, ApiError> {
    let id = |number: u32| PickupId::new(format!("{day}-{number:02}")).map_err(|_| ApiError::Internal);
    let newest = state.store.pickups(&scope.vendor, Some(&id(A_DAY)?), 1).await?;
    let of_day = newest.into_iter().map(|(_, pickup)| pickup).find(|pickup| pickup.day == day);
    let last = of_day.and_then(|pickup| pickup.id.as_str().rsplit_once('-')?.1.parse().ok()).unwrap_or(0);
    if last + 1 >= A_DAY {
        return clash(format!("There are {last} collections of {day} already."));
    }
    id(last + 1)
}

/// Lets the flow take it up, waits a while, and says how it stands.
async fn moved(state: &ApiState, scope: &Scope, id: &PickupId) -> Result<Response, ApiError> {
    let request = SyncRequest { vendor: scope.vendor.clone(), flow: Flow::Pickups, sku: None, order: None };
    let engine = state.engine.clone();
    // On its own, so that it ends what it began even when the caller hangs up.
    let run = tokio::spawn(async move { engine.sync(request).await });
    let ended = timeout(state.limits.sync_wait, run).await.is_ok();
    let pickup = stored(state, scope, id).await?;
    let status = if ended && !pickup.is_due() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(PickupView::from(pickup))).into_response())
}

async fn stored(state: &ApiState, scope: &Scope, id: &PickupId) -> Result<Pickup, ApiError> {
    let found = state.store.pickup(&scope.vendor, id).await?;
    found.map(|(_, pickup)| pickup).ok_or(ApiError::NotFound)
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PickupsQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Collections per page, 1 to 500.
    limit: Option<u64>,
}

/// Collections, newest day first.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/pickups", tag = "pickups",
    params(("v" = String, Path, description = "Vendor id"), PickupsQuery),
    responses((status = 200, description = "Collections", body = Page<PickupView>), (status = 400, description = "A foreign cursor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<PickupsQuery>,
) -> Result<Json<Page<PickupView>>, ApiError> {
    let size = page_size(query.limit);
    let foreign = |_| ApiError::Invalid("The cursor is none that we gave; begin without one.".into());
    let before = query.cursor.as_deref().map(position).transpose()?;
    let before = before.map(PickupId::new).transpose().map_err(foreign)?;
    let rows = state.store.pickups(&scope.vendor, before.as_ref(), size + 1).await?;
    let items = rows.into_iter().map(|(_, pickup)| PickupView::from(pickup)).collect();
    Ok(Json(Page::of(items, size, |item: &PickupView| item.id.clone())))
}

/// One collection.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/pickups/{id}", tag = "pickups",
    params(("v" = String, Path, description = "Vendor id"), ("id" = String, Path, description = "The collection's id")),
    responses((status = 200, description = "The collection", body = PickupView), (status = 404, description = "No such collection", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn one(
    State(state): State<ApiState>,
    scope: Scope,
    PickupKey(id): PickupKey,
) -> Result<Json<PickupView>, ApiError> {
    stored(&state, &scope, &id).await.map(|pickup| Json(pickup.into()))
}

/// Tells the courier not to come.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/pickups/{id}/cancel", tag = "pickups",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("id" = String, Path, description = "The collection's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    responses(
        (status = 200, description = "Nobody comes", body = PickupView),
        (status = 202, description = "The courier is being told", body = PickupView),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such collection", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nobody knows whether it was ordered, or it never was", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn cancel(
    State(state): State<ApiState>,
    scope: Scope,
    PickupKey(id): PickupKey,
) -> Result<Response, ApiError> {
    match stored(&state, &scope, &id).await?.stage {
        PickupStage::Asked | PickupStage::Ordered { .. } => {}
        PickupStage::Cancelling { .. } | PickupStage::Cancelled { .. } => {
            return moved(&state, &scope, &id).await;
        }
        PickupStage::Ordering { .. } => {
            return clash("It is being ordered this very moment; look again in a minute.");
        }
        PickupStage::Unknown { .. } => {
            return clash(
                "Nobody knows whether it was ordered. Call the courier, then confirm its number or that there is none.",
            );
        }
        PickupStage::Refused { .. } => return clash("It was never ordered."),
    }
    said(&state, &scope, &id, PickupEvent::CancelAsked).await
}

/// What the courier said on the telephone.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DecisionInput {
    /// It comes, under this number; without it nobody comes.
    #[serde(default)]
    confirmation: Option<String>,
}

/// Settles a collection of which nobody knows whether it was ordered.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/pickups/{id}/decide", tag = "pickups",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("id" = String, Path, description = "The collection's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = DecisionInput,
    responses(
        (status = 200, description = "Settled", body = PickupView),
        (status = 202, description = "Being settled", body = PickupView),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such collection", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There is nothing to decide", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No number of a courier", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn decide(
    State(state): State<ApiState>,
    scope: Scope,
    PickupKey(id): PickupKey,
    Json(input): Json<DecisionInput>,
) -> Result<Response, ApiError> {
    let pickup = stored(&state, &scope, &id).await?;
    let event = match input.confirmation.as_deref().map(str::trim) {
        None => PickupEvent::Settled,
        Some(number)
            if (1..=CONFIRMATION_CHARS).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') =>
        {
            PickupEvent::Confirmed(number.to_owned())
        }
        Some(_) => return Err(unfit("`confirmation` is the courier's number, letters and digits.")),
    };
    if pickup.on(&event, state.clock.now_ms()) == pickup {
        return clash(format!("There is nothing to decide: it is {}.", pickup.stage.name()));
    }
    said(&state, &scope, &id, event).await
}

/// A person's wish becomes durable, and the flow takes it up.
async fn said(
    state: &ApiState,
    scope: &Scope,
    id: &PickupId,
    event: PickupEvent,
) -> Result<Response, ApiError> {
    let who = scope.caller.journal_name();
    info!(vendor.id = %scope.vendor, pickup.id = %id, who, event = event.name(), "`{who}` decides about collection `{id}`");
    let write: Write = wish(&scope.vendor, id, event, &who, state.entropy.next_u64(), state.clock.now_ms());
    state.journal.write(Change::of(vec![write])).await?;
    moved(state, scope, id).await
}
