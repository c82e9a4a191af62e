//! Orders, how far each is on its way into the ERP, and what happens to it after the sale. Of the buyer only city, country and market are shown.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vortex_domain::{ChannelState, Money, Order, Stage, attention::Reader};

use super::{
    after_sale::AfterSale,
    attention::{Concern, Reason, concerns},
    journal::EntryView,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang, OrderKey},
    panel::words::Whole,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Names of the stages, as in `Stage::name`.
pub(crate) const STAGES: [&str; 8] =
    ["arrived", "held", "ready", "sending", "imported", "unknown", "booked", "closed"];
/// Journal entries of one order that are shown.
const TIMELINE: u32 = 200;
/// A deadline within so long is near, milliseconds.
const URGENT_MS: i64 = 24 * 3_600_000;

/// An amount of money.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct MoneyView {
    /// In major units, two decimals.
    pub(crate) amount: String,
    /// Currency code.
    pub(crate) currency: &'static str,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.amount().to_string(), currency: money.currency.code() }
    }
}

/// The ERP document that stands for an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentView {
    /// Our number.
    pub(crate) number: i64,
    /// Numbering booklet.
    pub(crate) booklet: String,
    /// Business date in Romania.
    pub(crate) date: String,
}

/// One order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderView {
    /// The channel's id.
    pub(crate) id: String,
    /// The basket it was bought in.
    pub(crate) basket: Option<String>,
    /// What was bought.
    pub(crate) sku: String,
    /// Units.
    pub(crate) quantity: u32,
    /// Without VAT, for all units.
    pub(crate) net: MoneyView,
    /// VAT, for all units.
    pub(crate) vat: MoneyView,
    /// What the buyer pays, for all units.
    pub(crate) gross: MoneyView,
    /// VAT rate as a fraction.
    pub(crate) vat_rate: String,
    /// `SE`, `DK`, `FI` or `NO`.
    pub(crate) market: &'static str,
    /// City it goes to.
    pub(crate) city: String,
    /// Country it goes to.
    pub(crate) country: String,
    /// The channel's state: `created`, `accepted`, `fulfilled`, `not_fulfilled`.
    pub(crate) channel_state: &'static str,
    /// How far it is: `arrived`, `held`, `ready`, `sending`, `imported`, `unknown`, `booked`, `closed`.
    pub(crate) stage: &'static str,
    /// Why it is held.
    pub(crate) held: Option<Reason>,
    /// Its ERP document.
    pub(crate) document: Option<DocumentView>,
    /// When it was placed, milliseconds since 1970.
    pub(crate) placed_ms: i64,
    /// When the channel last changed it.
    pub(crate) updated_ms: i64,
    /// When the channel last showed it to us.
    pub(crate) seen_ms: i64,
    /// After it the channel cancels.
    pub(crate) deadline_ms: Option<i64>,
}

impl OrderView {
    pub(crate) fn new(order: &Order, reader: Reader) -> Self {
        let channel = &order.channel;
        let held = match &order.stage {
            Stage::Held { hold, .. } => Some(Reason::new(hold.code, &hold.params, reader)),
            _ => None,
        };
        let document = order.document.as_ref().map(|document| DocumentView {
            number: document.number,
            booklet: document.booklet.clone(),
            date: document.date.to_string(),
        });
        Self {
            id: order.id.to_string(),
            basket: channel.basket.clone(),
            sku: channel.sku.to_string(),
            quantity: channel.quantity,
            net: channel.net.into(),
            vat: channel.vat.into(),
            gross: channel.net.plus(channel.vat).unwrap_or(channel.net).into(),
            vat_rate: channel.vat_rate.normalize().to_string(),
            market: channel.market.code(),
            city: channel.ship_to.city.clone(),
            country: channel.ship_to.country.clone(),
            channel_state: channel_state(channel.state),
            stage: order.stage.name(),
            held,
            document,
            placed_ms: channel.created_at_ms,
            updated_ms: channel.updated_at_ms,
            seen_ms: order.seen_ms,
            deadline_ms: channel.deadline_ms,
        }
    }
}

impl OrderView {
    /// The channel still waits for it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.channel_state, "created" | "accepted")
    }

    /// Its deadline is near, or over.
    pub(crate) fn is_urgent(&self, now_ms: impl Whole) -> bool {
        let now_ms = now_ms.whole();
        self.deadline_ms.is_some_and(|deadline_ms| deadline_ms.saturating_sub(now_ms) < URGENT_MS)
    }

    /// How its stage looks on pages.
    pub(crate) fn mood(&self) -> &'static str {
        match self.stage {
            "held" => "warn",
            "unknown" => "bad",
            "booked" => "good",
            "closed" => "idle",
            _ => "busy",
        }
    }
}

fn channel_state(state: ChannelState) -> &'static str {
    match state {
        ChannelState::Created => "created",
        ChannelState::Accepted => "accepted",
        ChannelState::Fulfilled => "fulfilled",
        ChannelState::NotFulfilled => "not_fulfilled",
    }
}

/// One line of the ERP document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineView {
    /// The article.
    pub(crate) sku: String,
    /// Unit of measure.
    pub(crate) unit: String,
    /// Units.
    pub(crate) quantity: i64,
    /// RON without VAT.
    pub(crate) unit_price: String,
}

/// What the ERP is told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaleView {
    /// Lines of the document.
    pub(crate) lines: Vec<LineView>,
    /// Sum without VAT, RON.
    pub(crate) total: MoneyView,
    /// RON for one unit of the buyer's currency.
    pub(crate) ron_per_unit: String,
    /// The day the rate was published.
    pub(crate) rate_published: String,
}

/// One order with all that happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderDetail {
    #[serde(flatten)]
    pub(crate) order: OrderView,
    #[serde(flatten)]
    pub(crate) after_sale: AfterSale,
    /// What the ERP is told, once prepared.
    pub(crate) sale: Option<SaleView>,
    /// What a person must know or decide about it.
    pub(crate) attention: Vec<Concern>,
    /// What happened to it, newest first.
    pub(crate) journal: Vec<EntryView>,
}

/// One order.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/orders/{id}", tag = "orders",
    params(("v" = String, Path, description = "Vendor id"), ("id" = String, Path, description = "The channel's order id"), ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts")),
    responses((status = 200, description = "The order", body = OrderDetail), (status = 404, description = "No such order", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn one(
    State(state): State<ApiState>,
    scope: Scope,
    OrderKey(id): OrderKey,
    Lang(reader): Lang,
) -> Result<Json<OrderDetail>, ApiError> {
    let rows = state.store.load_orders(&scope.vendor, std::slice::from_ref(&id)).await?;
    let (_, order) = rows.into_iter().next().flatten().ok_or(ApiError::NotFound)?;
    let attention =
        concerns(&state, &scope.vendor, order.attention(), &order.projected.raised, reader).await?;
    let journal = state.store.journal_of(&scope.vendor, "order", id.as_str(), TIMELINE).await?;
    let sale = order.sale.as_ref().map(|sale| SaleView {
        lines: sale
            .lines
            .iter()
            .map(|line| LineView {
                sku: line.sku.to_string(),
                unit: line.unit.clone(),
                quantity: line.quantity,
                unit_price: line.unit_price.to_string(),
            })
            .collect(),
        total: sale.total.into(),
        ron_per_unit: sale.rate.ron_per_unit.normalize().to_string(),
        rate_published: sale.rate.published.to_string(),
    });
    let files = state.store.files_of(&scope.vendor, &id).await?;
    // While the vendor is starting, nothing is attached either.
    let settings = state.engine.settings(&scope.vendor).await;
    let takes_documents = settings.is_ok_and(|vendor| vendor.channel.takes_documents);
    let after_sale = AfterSale::new(&order, &files, takes_documents, reader);
    let order = OrderView::new(&order, reader);
    Ok(Json(OrderDetail {
        order,
        after_sale,
        sale,
        attention,
        journal: journal.into_iter().map(Into::into).collect(),
    }))
}
