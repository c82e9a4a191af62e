//! Why a published number is what it is: the receipt's terms, recomputed, and in sentences (promise 10).

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tracing::error;
use utoipa::{IntoParams, ToSchema};
use vortex_domain::{
    Market, Sku, VendorId,
    attention::Subject,
    mapping::{Compiled, PriceReceipt},
    sku::Facet,
    stock::StockTerms,
};
use vortex_entities::sku::ReceiptBody;
use vortex_store::rows::ReceiptParts;

use super::{
    answers::{Answer, ENTRIES_LIMIT},
    attention::{Concern, concerns},
    sentences,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang, Query, SkuKey},
    mappings::Which,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// A receipt as stored, read back.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// When it was sent.
    pub(crate) at_ms: i64,
    /// What was sent, and why.
    pub(crate) body: ReceiptBody,
}

/// The newest receipt at a moment that explains a part.
pub(crate) async fn newest_receipt(
    state: &ApiState,
    vendor: &VendorId,
    sku: &Sku,
    at_ms: i64,
    with: ReceiptParts,
) -> Result<Option<Sent>, ApiError> {
    let Some(row) = state.store.receipt(vendor, sku, at_ms, with).await? else { return Ok(None) };
    let body: ReceiptBody = serde_json::from_str(&row.body).map_err(|why| {
        error!(vendor.id = %vendor, sku.id = %sku, at_ms = row.at_ms, error = %why, "A receipt of `{sku}` cannot be read");
        ApiError::Internal
    })?;
    Ok(Some(Sent { at_ms: row.at_ms, body }))
}

/// What the channel had answered until then.
async fn answer(
    state: &ApiState,
    vendor: &VendorId,
    sku: &Sku,
    (sent_ms, until_ms): (i64, i64),
    facet: Facet,
) -> Result<Answer, ApiError> {
    let (subject, between) = (Subject::Sku(sku.clone()), (sent_ms, until_ms));
    let entries = state.store.journal_between(vendor, &subject, between, ENTRIES_LIMIT).await?;
    Ok(Answer::of(&entries, sent_ms, facet))
}

/// Units held for an order when the quantity was reckoned.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldTerm {
    /// The order.
    pub(crate) order: String,
    /// Units.
    pub(crate) quantity: i64,
}

impl HeldTerm {
    pub(crate) fn in_words(&self) -> String {
        format!("{}: {}", self.order, self.quantity)
    }
}

/// The published quantity and every term of its formula.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuantityExplained {
    /// What was sent.
    pub(crate) quantity: u32,
    /// When, milliseconds since 1970.
    pub(crate) sent_ms: i64,
    /// When the ERP reading behind it began.
    pub(crate) read_ms: Option<i64>,
    /// Σ on hand of the chosen warehouses, thousandths of a unit.
    pub(crate) on_hand_milli: i64,
    /// Reserved in the ERP, thousandths of a unit.
    pub(crate) reserved_in_erp_milli: i64,
    /// Units of our open reservations not yet in that reading.
    pub(crate) reserved_by_us: i64,
    /// Safety stock.
    pub(crate) buffer: i64,
    /// Most units ever shown.
    pub(crate) cap: i64,
    /// Before safety stock, floor at zero and cap.
    pub(crate) available: i64,
    /// Whose units were held.
    pub(crate) held: Vec<HeldTerm>,
    /// The formula applied to the terms again, now.
    pub(crate) recomputed: u32,
    /// Both numbers are the same.
    pub(crate) agrees: bool,
    /// Of a bundle: units that each part could give.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) parts: BTreeMap<String, i64>,
    /// What the channel answered.
    pub(crate) answer: Answer,
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) terms: StockTerms,
}

impl QuantityExplained {
    fn new(sent: &Sent, answer: Answer) -> Option<Self> {
        let (quantity, terms) = sent.body.quantity?;
        let recomputed = terms.publishable();
        Some(Self {
            quantity,
            sent_ms: sent.at_ms,
            read_ms: sent.body.read_ms,
            on_hand_milli: terms.on_hand_milli,
            reserved_in_erp_milli: terms.reserved_in_erp_milli,
            reserved_by_us: terms.reserved_by_us,
            buffer: terms.buffer,
            cap: terms.cap,
            available: terms.available(),
            held: sent
                .body
                .held
                .iter()
                .map(|(order, units)| HeldTerm { order: order.to_string(), quantity: *units })
                .collect(),
            recomputed,
            agrees: recomputed == quantity,
            parts: sent.body.parts.iter().map(|(part, units)| (part.to_string(), *units)).collect(),
            answer,
            terms,
        })
    }
}

/// One market's published price and every step to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceExplained {
    /// When it was sent, milliseconds since 1970.
    pub(crate) sent_ms: i64,
    /// When the ERP's catalogue row behind it was read; readings that found it unchanged do not count.
    pub(crate) article_ms: Option<i64>,
    /// What the channel answered.
    pub(crate) answer: Answer,
    /// What was read, rate and VAT used, and the value after each step; the mapping version.
    #[schema(value_type = Object)]
    #[serde(flatten)]
    pub(crate) receipt: PriceReceipt,
    /// The market's currency.
    pub(crate) currency: &'static str,
    /// The price reckoned from the receipt's inputs again, now, minor units; null when its mapping version can no longer run.
    pub(crate) recomputed_minor: Option<i64>,
    /// Both prices are the same.
    pub(crate) agrees: Option<bool>,
}

impl PriceExplained {
    fn new(sent: &Sent, receipt: &PriceReceipt, answer: &Answer, maker: Option<&Compiled>) -> Self {
        let recomputed_minor = maker.and_then(|mapping| receipt.recompute(mapping));
        Self {
            sent_ms: sent.at_ms,
            article_ms: sent.body.article_ms,
            answer: answer.clone(),
            currency: receipt.market.currency().code(),
            recomputed_minor,
            agrees: recomputed_minor.map(|minor| minor == receipt.gross_minor),
            receipt: receipt.clone(),
        }
    }
}

/// Why the channel was told what it was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// The article.
    pub(crate) sku: String,
    /// The moment that is explained, milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The quantity that counted then; null when none had been sent.
    pub(crate) quantity: Option<QuantityExplained>,
    /// The prices that counted then.
    pub(crate) prices: Vec<PriceExplained>,
    /// What keeps it from being sold, or went wrong; only when the moment is now.
    pub(crate) problems: Vec<Concern>,
    /// The same in sentences, in the language asked for.
    pub(crate) sentences: Vec<String>,
}

/// What to explain.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainQuery {
    /// Only this market's price: `SE`, `DK`, `FI`, `NO`. The quantity is the same in all.
    pub(crate) market: Option<String>,
    /// As of when: RFC 3339, or milliseconds since 1970; now without it.
    pub(crate) at: Option<String>,
}

/// Why the quantity and the prices are what they are, now or at a past moment.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/skus/{sku}/explain", tag = "skus",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("sku" = String, Path, description = "The article, percent-encoded"),
        ExplainQuery,
        ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts"),
    ),
    responses(
        (status = 200, description = "The explanation", body = Explanation),
        (status = 400, description = "No such market or time", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such article", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn explain(
    State(state): State<ApiState>,
    scope: Scope,
    SkuKey(sku): SkuKey,
    Query(query): Query<ExplainQuery>,
    Lang(reader): Lang,
) -> Result<Json<Explanation>, ApiError> {
    let market = query.market.as_deref().map(str::parse::<Market>).transpose();
    let market = market.map_err(|why| ApiError::Invalid(why.to_string().into()))?;
    let at_ms = match query.at.as_deref() {
        Some(text) => moment(text)?,
        None => state.clock.now_ms(),
    };
    let (vendor, now) = (&scope.vendor, query.at.is_none());
    let receipt = |with| newest_receipt(&state, vendor, &sku, at_ms, with);
    let (quantity, prices) = (receipt(ReceiptParts::QUANTITY).await?, receipt(ReceiptParts::PRICES).await?);
    let rows = state.store.load_skus(vendor, std::slice::from_ref(&sku)).await?;
    let rows = rows.into_iter().next().ok_or(ApiError::NotFound)?;
    if quantity.is_none() && prices.is_none() && rows.stored.is_none() && rows.content.is_empty() {
        return Err(ApiError::NotFound);
    }
    let quantity = match quantity {
        Some(sent) => {
            let between = (sent.at_ms, at_ms);
            QuantityExplained::new(&sent, answer(&state, vendor, &sku, between, Facet::Quantity).await?)
        }
        None => None,
    };
    let prices: Vec<PriceExplained> = match prices {
        Some(sent) => {
            let answer = answer(&state, vendor, &sku, (sent.at_ms, at_ms), Facet::Prices).await?;
            let version = sent.body.prices.first().map(|receipt| receipt.mapping_version);
            let maker = match version {
                Some(version) => maker(&state, vendor, version).await,
                None => None,
            };
            let receipts = sent.body.prices.iter();
            let wanted = receipts.filter(|receipt| market.is_none_or(|market| receipt.market == market));
            wanted.map(|receipt| PriceExplained::new(&sent, receipt, &answer, maker.as_deref())).collect()
        }
        None => Vec::new(),
    };
    let problems = match rows.stored.filter(|_| now) {
        Some((_, stored)) => concerns(&state, vendor, Vec::new(), &stored.projected.raised, reader).await?,
        None => Vec::new(),
    };
    let sentences = sentences::all(reader, &sku, at_ms, quantity.as_ref(), &prices, &problems);
    Ok(Json(Explanation { sku: sku.to_string(), at_ms, quantity, prices, problems, sentences }))
}

/// The mapping version that made a price: the one that is live, or an older one as it was published.
async fn maker(state: &ApiState, vendor: &VendorId, version: u32) -> Option<Arc<Compiled>> {
    let settings = state.engine.settings(vendor).await.ok();
    let live = settings.map(|settings| settings.mapping.clone());
    if let Some(live) = live.filter(|live| live.version() == version) {
        return Some(live);
    }
    let mappings = state.mappings.as_deref()?;
    let published = mappings.read(vendor, &Which::Version(version.into())).await.ok()?;
    let schemas = mappings.schemas(vendor).await.ok()?;
    published.mapping.compile(version, &schemas).ok().map(Arc::new)
}

fn moment(text: &str) -> Result<i64, ApiError> {
    // A `+` of an offset arrives as a space when the caller did not encode it.
    let time = || text.replace(' ', "+").parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond);
    text.parse().or_else(|_| time()).map_err(|_| {
        ApiError::Invalid("`at` is a time like 2026-03-01T10:00:00Z, or milliseconds since 1970.".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_moments_in_both_forms() {
        assert_eq!(moment("1000").unwrap(), 1000);
        assert_eq!(moment("1970-01-01T00:00:01Z").unwrap(), 1000);
        assert_eq!(moment("1970-01-01T02:00:01 02:00").unwrap(), 1000);
        assert!(moment("yesterday").is_err());
    }
}
