//! One article: what the ERP says, what is held, what the channel was told and shows.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use vortex_domain::{
    SkuState,
    sku::{Facet, Told},
};
use vortex_store::rows::{ReceiptParts, ReservationState};

use super::{
    attention::{Concern, concerns},
    content::ContentInput,
    explain::newest_receipt,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang, SkuKey},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// What the ERP's catalogue says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErpView {
    /// Name.
    pub(crate) name: String,
    /// Unit of measure.
    pub(crate) unit: String,
    /// Class symbol.
    pub(crate) class_code: String,
    /// Class name.
    pub(crate) class_name: String,
    /// Producer.
    pub(crate) producer: String,
    /// Price without VAT, RON.
    pub(crate) price_net: Option<String>,
    /// Price with Romanian VAT, RON.
    pub(crate) price_gross: Option<String>,
    /// Romanian VAT, percent.
    pub(crate) vat_percent: Option<String>,
    /// A service, never listed.
    pub(crate) service: bool,
    /// No longer in the ERP's catalogue.
    pub(crate) gone: bool,
}

/// What the ERP's newest stock reading says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StockView {
    /// On hand in the chosen warehouses, units.
    pub(crate) on_hand: String,
    /// Reserved by orders in the ERP, units.
    pub(crate) reserved: String,
    /// When the reading began, milliseconds since 1970.
    pub(crate) read_ms: i64,
}

/// Units held for an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldView {
    /// The order.
    pub(crate) order: String,
    /// Units.
    pub(crate) quantity: i64,
    /// The ERP has the order's document.
    pub(crate) booked: bool,
}

/// A consumer price as last sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceView {
    /// `SE`, `DK`, `FI` or `NO`.
    pub(crate) market: &'static str,
    /// With VAT, major units.
    pub(crate) amount: String,
    /// Currency code.
    pub(crate) currency: &'static str,
    /// VAT rate as a fraction.
    pub(crate) vat_rate: String,
    /// When it was sent, milliseconds since 1970.
    pub(crate) sent_ms: i64,
}

/// How far one part of a publication has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FacetView {
    /// `none`, `sent`, `accepted`, `seen` or `refused`.
    pub(crate) state: &'static str,
    /// The value sent and not decided (quantity only).
    pub(crate) sent: Option<u32>,
    /// The value accepted last (quantity only).
    pub(crate) accepted: Option<u32>,
    /// The value the channel showed last (quantity only).
    pub(crate) seen: Option<u32>,
    /// Why it was refused.
    pub(crate) refusals: Vec<String>,
}

impl FacetView {
    /// How it looks on pages.
    pub(crate) fn mood(&self) -> &'static str {
        match self.state {
            "seen" | "accepted" => "good",
            "sent" => "busy",
            "refused" => "bad",
            _ => "idle",
        }
    }
}

/// The three states of publishing, for each part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublishingView {
    /// The channel has accepted the article's creation.
    pub(crate) listed: bool,
    /// The channel's own id.
    pub(crate) article_id: Option<String>,
    /// A person paused it.
    pub(crate) paused: bool,
    /// Texts, images, markets.
    pub(crate) listing: FacetView,
    /// Prices.
    pub(crate) prices: FacetView,
    /// Quantity.
    pub(crate) quantity: FacetView,
}

/// An article.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SkuView {
    /// Its key in the ERP and on the channel.
    pub(crate) sku: String,
    /// The ERP's catalogue; null before the first reading.
    pub(crate) erp: Option<ErpView>,
    /// The ERP's stock; null before the first reading.
    pub(crate) stock: Option<StockView>,
    /// Units held for orders.
    pub(crate) held: Vec<HeldView>,
    /// Prices as last sent.
    pub(crate) prices: Vec<PriceView>,
    /// What the channel was told and shows.
    pub(crate) publishing: Option<PublishingView>,
    /// What keeps it from being sold, or went wrong.
    pub(crate) problems: Vec<Concern>,
    /// Texts and images that do not come from the ERP.
    pub(crate) content: Vec<ContentInput>,
}

/// One article: ERP facts, stock, prices, states of publishing, problems.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/skus/{sku}", tag = "skus",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("sku" = String, Path, description = "The article, percent-encoded"),
        ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts"),
    ),
    responses((status = 200, description = "The article", body = SkuView), (status = 404, description = "No such article", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn one(
    State(state): State<ApiState>,
    scope: Scope,
    SkuKey(sku): SkuKey,
    Lang(reader): Lang,
) -> Result<Json<SkuView>, ApiError> {
    let rows = state.store.load_skus(&scope.vendor, std::slice::from_ref(&sku)).await?;
    let rows = rows.into_iter().next().ok_or(ApiError::NotFound)?;
    if rows.stored.is_none() && rows.content.is_empty() {
        return Err(ApiError::NotFound);
    }
    let stored = rows.stored.map(|(_, stored)| stored);
    let (now_ms, with) = (state.clock.now_ms(), ReceiptParts::PRICES);
    let prices = newest_receipt(&state, &scope.vendor, &sku, now_ms, with).await?;
    let problems = match &stored {
        Some(stored) => concerns(&state, &scope.vendor, Vec::new(), &stored.projected.raised, reader).await?,
        None => Vec::new(),
    };
    let held = rows.reservations.iter().filter(|row| row.state != ReservationState::Ended);
    Ok(Json(SkuView {
        sku: sku.to_string(),
        erp: stored.as_ref().and_then(erp),
        stock: stored.as_ref().and_then(stock),
        held: held
            .map(|row| HeldView {
                order: row.order.to_string(),
                quantity: row.qty,
                booked: row.state == ReservationState::Booked,
            })
            .collect(),
        prices: prices
            .iter()
            .flat_map(|sent| sent.body.prices.iter().map(|price| (sent.at_ms, price)))
            .map(|(sent_ms, price)| PriceView {
                market: price.market.code(),
                amount: vortex_domain::Money::minor(price.gross_minor, price.market.currency())
                    .amount()
                    .to_string(),
                currency: price.market.currency().code(),
                vat_rate: price.vat_rate.normalize().to_string(),
                sent_ms,
            })
            .collect(),
        publishing: stored.as_ref().map(publishing),
        problems,
        content: rows.content.into_iter().map(Into::into).collect(),
    }))
}

pub(super) fn erp(stored: &SkuState) -> Option<ErpView> {
    let article = stored.article.as_ref()?;
    let text = |number: &Option<rust_decimal::Decimal>| number.map(|number| number.normalize().to_string());
    Some(ErpView {
        name: article.name.clone(),
        unit: article.unit.clone(),
        class_code: article.class_code.clone(),
        class_name: article.class_name.clone(),
        producer: article.producer.clone(),
        price_net: text(&article.price_net),
        price_gross: text(&article.price_gross),
        vat_percent: text(&article.vat_percent),
        service: article.service,
        gone: stored.gone_ms.is_some(),
    })
}

pub(super) fn stock(stored: &SkuState) -> Option<StockView> {
    let read = stored.stock?;
    let units = |milli: i64| rust_decimal::Decimal::new(milli, 3).normalize().to_string();
    Some(StockView {
        on_hand: units(read.level.on_hand_milli),
        reserved: units(read.level.reserved_milli),
        read_ms: read.read_ms,
    })
}

pub(super) fn publishing(stored: &SkuState) -> PublishingView {
    let side = &stored.channel;
    let flight = side.in_flight.as_ref();
    let refusals = |facet: Facet| {
        let of_facet = side.refusals.iter().filter(move |refusal| refusal.facet == facet);
        of_facet.map(|refusal| refusal.reason.clone()).collect::<Vec<_>>()
    };
    let plain = |told: &Told<u64>, sent: bool, facet: Facet| FacetView {
        state: progress(told, sent),
        sent: None,
        accepted: None,
        seen: None,
        refusals: refusals(facet),
    };
    let sent_quantity = flight.and_then(|flight| flight.quantity);
    PublishingView {
        listed: side.listed,
        article_id: side.article_id.clone(),
        paused: stored.paused,
        listing: plain(&side.listing, flight.is_some_and(|f| f.listing.is_some()), Facet::Listing),
        prices: plain(&side.prices, flight.is_some_and(|f| f.prices.is_some()), Facet::Prices),
        quantity: FacetView {
            state: progress(&side.quantity, sent_quantity.is_some()),
            sent: sent_quantity,
            accepted: side.quantity.accepted,
            seen: side.quantity.seen,
            refusals: refusals(Facet::Quantity),
        },
    }
}

fn progress<T: Copy + PartialEq>(told: &Told<T>, sent: bool) -> &'static str {
    match (sent, told) {
        (true, _) => "sent",
        (false, Told { refused: Some(_), .. }) => "refused",
        (false, Told { accepted: Some(accepted), seen: Some(seen), .. }) if accepted == seen => "seen",
        (false, Told { accepted: Some(_), .. }) => "accepted",
        (false, Told { accepted: None, .. }) => "none",
    }
}
