//! One order: its way from the channel to the buyer's door, each step with its proof, and what a person may do about it.

use askama::Template;
use axum::{
    Form,
    extract::State,
    response::{Redirect, Response},
};
use serde::Deserialize;

use super::{
    frame::{self, Frame, go},
    order_steps::{Step, steps},
};
use crate::{
    accounts::Role,
    auth::Scope,
    extract::{Json, Lang, OrderKey},
    problem::ApiError,
    rest::{
        buyer::{self, BuyerInput, BuyerView},
        files::{self, FileView, LinkInput},
        orders::{self, OrderDetail},
        ship::{self, CancelInput, ShipInput},
    },
    state::ApiState,
};

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    f: Frame,
    o: OrderDetail,
    steps: Vec<Step>,
    files: Vec<FileView>,
    /// Shown because somebody has said why.
    buyer: Option<BuyerView>,
    /// The order's own address.
    own: String,
}

impl OrderPage {
    /// Whether it may still be shipped from here.
    fn may_ship(&self) -> bool {
        self.f.may_write() && self.o.order.is_open()
    }

    /// Whether the channel may still cancel it.
    fn may_cancel(&self) -> bool {
        self.f.may_write()
            && self.o.order.channel_state == "created"
            && self.o.after_sale.cancellation.is_none()
    }
}

/// The address of an order's page.
fn address(f: &Frame, id: &str) -> String {
    let id = askama::filters::urlencode_strict(id).map(|id| id.to_string()).unwrap_or_default();
    format!("{}/{id}", f.of("/orders"))
}

async fn shown(
    state: &ApiState,
    scope: Scope,
    f: Frame,
    id: OrderKey,
    buyer: Option<BuyerView>,
) -> Result<Response, ApiError> {
    let own = address(&f, id.0.as_str());
    let mut kept = Vec::new();
    if scope.role >= Role::Operator {
        kept = files::list(State(state.clone()), scope.clone(), OrderKey(id.0.clone())).await?.0.items;
    }
    let o = orders::one(State(state.clone()), scope, id, Lang(f.w.reader)).await?.0;
    let mut f = f.at("orders");
    // Whoever comes back to it comes back to the masked one.
    f.here.clone_from(&own);
    let steps = steps(f.w, &o);
    frame::page(state, &OrderPage { f, o, steps, files: kept, buyer, own })
}

/// The order.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    id: OrderKey,
) -> Result<Response, ApiError> {
    shown(&state, scope, f, id, None).await
}

/// The order with who bought it.
pub(super) async fn buyer(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    id: OrderKey,
    Form(input): Form<BuyerInput>,
) -> Result<Response, ApiError> {
    let key = OrderKey(id.0.clone());
    let buyer = buyer::show(State(state.clone()), scope.clone(), key, Json(input)).await?.0;
    shown(&state, scope, f, id, Some(buyer)).await
}

/// A waybill made elsewhere, or nothing: ship now.
#[derive(Deserialize)]
pub(super) struct ShipForm {
    carrier: Option<String>,
    tracking_number: Option<String>,
    parcel: Option<u32>,
}

/// Ships it now, or takes over a waybill that was made by hand.
pub(super) async fn ship(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    id: OrderKey,
    Form(form): Form<ShipForm>,
) -> Result<Response, ApiError> {
    let to = address(&f, id.0.as_str());
    let ShipForm { carrier, tracking_number, parcel } = form;
    let (name, input) = (id.0.to_string(), ShipInput { parcels: None, carrier, tracking_number, parcel });
    ship::ship(State(state.clone()), scope, id, Lang(f.w.reader), Json(input)).await?;
    Ok(go(&state, &to, "flash-ship", name))
}

/// Cancels it on the channel.
pub(super) async fn cancel(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    id: OrderKey,
    Form(input): Form<CancelInput>,
) -> Result<Response, ApiError> {
    let (to, name) = (address(&f, id.0.as_str()), id.0.to_string());
    ship::cancel(State(state.clone()), scope, id, Json(input)).await?;
    Ok(go(&state, &to, "flash-cancel", name))
}

/// Opens a kept file: a label to print, an invoice.
pub(super) async fn file(
    State(state): State<ApiState>,
    scope: Scope,
    Form(input): Form<LinkInput>,
) -> Result<Redirect, ApiError> {
    let link = files::link(State(state), scope, Json(input)).await?.0;
    Ok(Redirect::to(&link.url))
}
