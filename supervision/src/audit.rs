//! The one-to-one comparison of WinMentor, CDON and our own rows. It believes nobody: what counts is what the simulated
//! remotes hold, and what they logged that they committed.

mod after_sale;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::Serialize;
use vortex_domain::{
    ErpArticle, Market, OrderId, Sku, Vendor,
    attention::{Code, Reader},
    rates::RateRule,
    stock::StockTerms,
};
use vortex_simulators::{
    cdon::{ArticleView, CdonSim, OrderState, OrderView},
    dhl::DhlSim,
    winmentor::{ErpArticleView, ErpOrderView, WinMentorSim},
};
use vortex_store::{Store, StoreError};

/// A pushed quantity may rest on an ERP state that was in force so long ago, milliseconds (S1).
const FRESHNESS_MS: i64 = 60_000;
/// Differences listed at most; all are counted.
const LISTED: usize = 50;
/// Orders read from the database per query.
const PAGE: u32 = 500;

/// What the comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Orders that CDON emitted.
    pub orders_placed: usize,
    /// Live sales orders in WinMentor with our token.
    pub erp_orders: usize,
    /// Live sales orders beyond one per CDON order, or for none.
    pub duplicates: usize,
    /// CDON orders that are neither booked, nor cancelled, nor in front of a person.
    pub lost: usize,
    /// Pushed quantities that exceeded what WinMentor had confirmed, less the buffer.
    pub oversold: usize,
    /// Articles for sale on CDON.
    pub skus_published: usize,
    /// Articles that should be for sale and are not, or the reverse.
    pub listing_wrong: usize,
    /// Prices on CDON that are not what the mapping makes of WinMentor's.
    pub prices_wrong: usize,
    /// Quantities on CDON that are not what the formula makes of WinMentor's.
    pub stock_wrong: usize,
    /// Sales orders whose amounts are not the CDON order's.
    pub money_wrong: usize,
    /// Waybills that DHL minted for our orders.
    pub awbs: usize,
    /// Live waybills beyond one per parcel.
    pub awb_duplicates: usize,
    /// Parcels whose waybill at DHL is not ours, or of which nobody was told.
    pub awb_wrong: usize,
    /// Fulfilled orders that show our waybills on CDON.
    pub tracking_on_channel: usize,
    /// Fulfilled orders that show something else.
    pub tracking_wrong: usize,
    /// Booked orders that could leave, have not, and of which nobody was told.
    pub unshipped: usize,
    /// Fiscal documents that are kept byte for byte.
    pub invoices_archived: usize,
    /// Fiscal documents that are not kept, or with other bytes, or with another order.
    pub invoices_wrong: usize,
    /// Returns that are credited in the ERP.
    pub returns_reconciled: usize,
    /// Returns that are counted wrongly, or open without anybody knowing.
    pub returns_wrong: usize,
    /// SKUs and orders whose processing stopped after repeated failures.
    pub parked: usize,
    /// Open attention items.
    pub attention: usize,
    /// Their texts, at most 50.
    pub attention_items: Vec<String>,
    /// The differences in words, at most 50.
    pub differences: Vec<String>,
}

impl Audit {
    /// No promise is broken.
    pub fn is_clean(&self) -> bool {
        self.duplicates == 0
            && self.lost == 0
            && self.oversold == 0
            && self.listing_wrong == 0
            && self.prices_wrong == 0
            && self.stock_wrong == 0
            && self.money_wrong == 0
            && self.awb_duplicates == 0
            && self.awb_wrong == 0
            && self.tracking_wrong == 0
            && self.unshipped == 0
            && self.invoices_wrong == 0
            && self.returns_wrong == 0
            && self.parked == 0
    }

    fn say(&mut self, difference: String) {
        if self.differences.len() < LISTED {
            self.differences.push(difference);
        }
    }
}

/// The three sides of one vendor.
pub struct Sides<'a> {
    /// The vendor's settings, mapping and rates.
    pub vendor: &'a Vendor,
    /// Our own rows.
    pub store: &'a dyn Store,
    /// WinMentor.
    pub erp: &'a WinMentorSim,
    /// CDON.
    pub channel: &'a CdonSim,
    /// DHL; none when waybills are typed in by hand.
    pub courier: Option<&'a DhlSim>,
    /// The vendor's merchant id on CDON.
    pub merchant: &'a str,
    /// The day for rates and VAT.
    pub date: Date,
}

/// Compares all sides.
pub async fn audit(sides: &Sides<'_>) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    let items = sides.store.attention(&sides.vendor.id, 10_000).await?;
    audit.attention = items.len();
    for item in items.iter().filter(|item| item.code == Code::Parked) {
        audit.parked += item.subjects.len();
        audit.say(item.code.text(Reader::En, &item.params));
    }
    audit.attention_items = items
        .iter()
        .take(LISTED)
        .map(|item| {
            format!("{} ({} blocked): {}", item.code, item.blocked, item.code.text(Reader::En, &item.params))
        })
        .collect();
    let explained = explained_orders(sides).await?;
    let orders = sides.channel.orders(sides.merchant);
    let documents = sides.erp.orders();
    compare_orders(&mut audit, sides, &orders, &documents, &explained);
    compare_articles(&mut audit, sides, &orders, &documents, &explained);
    check_pushes(&mut audit, sides);
    after_sale::compare(&mut audit, sides, &orders).await?;
    Ok(audit)
}

/// Our own view of every order: stage name, and whether a person is told about it.
async fn explained_orders(sides: &Sides<'_>) -> Result<BTreeMap<String, (String, bool)>, StoreError> {
    let mut all = BTreeMap::new();
    let mut after: Option<OrderId> = None;
    loop {
        let page = sides.store.list_orders(&sides.vendor.id, None, after.as_ref(), PAGE).await?;
        let Some((_, last)) = page.last() else { return Ok(all) };
        after = Some(last.id.clone());
        for (_, order) in page {
            all.insert(order.id.to_string(), (order.stage.name().to_owned(), !order.attention().is_empty()));
        }
    }
}

/// The reference that stands in WinMentor for a CDON order id (contract.md, References).
fn reference(order_id: &str) -> String {
    OrderId::new(order_id)
        .map_or_else(|_| order_id.to_owned(), |id| id.erp_token().trim_start_matches("CDON:").to_owned())
}

fn compare_orders(
    audit: &mut Audit,
    sides: &Sides<'_>,
    orders: &[OrderView],
    documents: &[ErpOrderView],
    explained: &BTreeMap<String, (String, bool)>,
) {
    audit.orders_placed = orders.len();
    let mut live: BTreeMap<String, Vec<&ErpOrderView>> = BTreeMap::new();
    for document in documents.iter().filter(|document| !document.cancelled) {
        if let Some(reference) = &document.reference {
            let token = reference.split_whitespace().next().unwrap_or(reference);
            live.entry(token.to_owned()).or_default().push(document);
        }
    }
    audit.erp_orders = live.values().map(Vec::len).sum();
    for order in orders {
        let copies = live.remove(&reference(&order.id)).unwrap_or_default();
        let ours = explained.get(&order.id);
        match copies.as_slice() {
            [] if order.state == OrderState::NotFulfilled => {}
            [] if ours.is_some_and(|(_, told)| *told) => {}
            [] => {
                audit.lost += 1;
                let stage = ours.map_or("unknown to us", |(stage, _)| stage);
                audit.say(format!("CDON order {} has no sales order in WinMentor ({stage})", order.id));
            }
            [document] => check_money(audit, sides, order, document),
            several => {
                audit.duplicates += several.len() - 1;
                audit.say(format!("CDON order {} has {} sales orders in WinMentor", order.id, several.len()));
            }
        }
    }
    for (token, strangers) in live {
        audit.duplicates += strangers.len();
        audit.say(format!("WinMentor has a sales order for `{token}`, which CDON never emitted"));
    }
}

/// M1: the document's lines sum to what the buyer paid without VAT, in RON by the rate of the day.
fn check_money(audit: &mut Audit, sides: &Sides<'_>, order: &OrderView, document: &ErpOrderView) {
    let net = order.document.pointer("/price/amount").and_then(|v| {
        v.as_str().map_or_else(|| v.to_string().parse::<Decimal>().ok(), |text| text.parse::<Decimal>().ok())
    });
    let market = order.market.parse::<Market>().ok();
    let rate =
        market.and_then(|m| sides.vendor.rates.rate_for(m.currency(), sides.date, RateRule::PublishedBefore));
    let expected =
        net.zip(rate).map(|(net, rate)| (net * rate.ron_per_unit).round_dp_with_strategy(2, HALF_UP));
    let total: Decimal =
        document.lines.iter().map(|l| (l.qty * l.price).round_dp_with_strategy(2, HALF_UP)).sum();
    let units: Decimal = document.lines.iter().map(|l| l.qty).sum();
    let plain = !sides.vendor.bundles.keys().any(|sku| sku.as_str() == order.sku);
    if expected != Some(total) || (plain && units != Decimal::from(order.quantity)) {
        audit.money_wrong += 1;
        audit.say(format!(
            "CDON order {}: WinMentor has {units} units for {total} RON, expected {} for {expected:?}",
            order.id, order.quantity
        ));
    }
}

const HALF_UP: rust_decimal::RoundingStrategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;

fn compare_articles(
    audit: &mut Audit,
    sides: &Sides<'_>,
    orders: &[OrderView],
    documents: &[ErpOrderView],
    explained: &BTreeMap<String, (String, bool)>,
) {
    let booked: Vec<&str> =
        documents.iter().filter(|d| !d.cancelled).filter_map(|d| d.reference.as_deref()).collect();
    let mut held: BTreeMap<Sku, i64> = BTreeMap::new();
    for order in orders {
        let reference = reference(&order.id);
        let in_erp = booked.iter().any(|token| token.split_whitespace().next() == Some(reference.as_str()));
        let closed = explained.get(&order.id).is_some_and(|(stage, _)| stage == "closed");
        if in_erp || closed || order.state == OrderState::NotFulfilled {
            continue;
        }
        let Ok(sku) = Sku::new(&order.sku) else { continue };
        for (part, each) in sides.vendor.parts(&sku) {
            *held.entry(part).or_default() += each * order.quantity;
        }
    }
    let shown: BTreeMap<String, ArticleView> = sides
        .channel
        .articles(sides.merchant)
        .into_iter()
        .map(|article| (article.sku.clone(), article))
        .collect();
    audit.skus_published = shown.values().filter(|article| article.status == "for sale").count();
    for article in sides.erp.articles() {
        let Some(facts) = facts(&article) else { continue };
        let offer = sides.vendor.offer(&facts, &[], sides.date);
        let shown = shown.get(&article.code);
        match (&offer.listing, shown) {
            (None, None) => {}
            (None, Some(shown)) if shown.status != "for sale" || shown.quantity == 0 => {}
            (Some(_), Some(shown)) if shown.status == "for sale" => {
                let held = held.get(&facts.sku).copied().unwrap_or(0);
                compare_article(audit, sides, &article, &facts, &offer.prices, held, shown);
            }
            (wanted, shown) => {
                audit.listing_wrong += 1;
                let shown = shown.map_or("absent", |s| s.status.as_str());
                audit.say(format!(
                    "{}: wanted for sale: {}, CDON shows {shown}",
                    article.code,
                    wanted.is_some()
                ));
            }
        }
    }
}

fn compare_article(
    audit: &mut Audit,
    sides: &Sides<'_>,
    article: &ErpArticleView,
    facts: &ErpArticle,
    prices: &[vortex_domain::MarketPrice],
    held: i64,
    shown: &ArticleView,
) {
    let milli = |units: Decimal| (units * Decimal::ONE_THOUSAND).to_i64().unwrap_or(0);
    let terms = StockTerms {
        on_hand_milli: article.stock.values().copied().map(milli).sum(),
        reserved_in_erp_milli: milli(article.reserved),
        reserved_by_us: held,
        buffer: sides.vendor.buffer(&facts.sku, &facts.class_code),
        cap: sides.vendor.stock.cap,
    };
    // Bundles are checked through their parts.
    if !sides.vendor.bundles.contains_key(&facts.sku) && shown.quantity != terms.publishable() {
        audit.stock_wrong += 1;
        audit.say(format!(
            "{}: CDON shows {} units, the formula gives {}",
            article.code,
            shown.quantity,
            terms.publishable()
        ));
    }
    for price in prices {
        let market = shown.prices.iter().find(|(market, _)| market.code() == price.market.code());
        if market.map(|(_, minor)| *minor) != Some(price.gross_minor) {
            audit.prices_wrong += 1;
            audit.say(format!(
                "{} in {}: CDON shows {:?}, the mapping gives {}",
                article.code,
                price.market,
                market.map(|(_, minor)| minor),
                price.gross_minor
            ));
        }
    }
}

/// S1: every quantity that CDON applied rests on something that WinMentor had confirmed shortly before.
fn check_pushes(audit: &mut Audit, sides: &Sides<'_>) {
    let mut truths: BTreeMap<String, Vec<(i64, Decimal)>> = BTreeMap::new();
    for entry in sides.erp.log().of_kind("stock_truth") {
        let number = |key: &str| entry[key].as_str().and_then(|text| text.parse::<Decimal>().ok());
        if let (Some(sku), Some(qty), Some(reserved)) =
            (entry["sku"].as_str(), number("qty"), number("reserved"))
        {
            truths
                .entry(sku.to_owned())
                .or_default()
                .push((entry["t_ms"].as_i64().unwrap_or(0), qty - reserved));
        }
    }
    for entry in sides.channel.log().of_kind("stock_put") {
        let (Some(sku), Some(qty), Some(at_ms)) =
            (entry["sku"].as_str(), entry["qty"].as_i64(), entry["t_ms"].as_i64())
        else {
            continue;
        };
        let Some(history) = truths.get(sku).filter(|_| entry["applied"] == true) else { continue };
        // In force at some moment of the window: everything logged in it, and the last before it.
        let before = history.iter().rfind(|(t_ms, _)| *t_ms <= at_ms - FRESHNESS_MS);
        let within = history.iter().filter(|(t_ms, _)| (at_ms - FRESHNESS_MS..=at_ms).contains(t_ms));
        let Some(most) = before.into_iter().chain(within).map(|(_, free)| *free).max() else { continue };
        let buffer = sides.vendor.stock.buffer;
        if Decimal::from(qty) > (most - Decimal::from(buffer)).max(Decimal::ZERO) {
            audit.oversold += 1;
            audit.say(format!(
                "{sku}: CDON was told {qty}, WinMentor never confirmed more than {most} (buffer {buffer})"
            ));
        }
    }
}

/// The article as our connector reads it.
fn facts(article: &ErpArticleView) -> Option<ErpArticle> {
    Some(ErpArticle {
        sku: Sku::new(&article.code).ok()?,
        name: article.name.clone(),
        unit: article.unit.clone(),
        class_code: article.class.clone(),
        class_name: String::new(),
        producer: String::new(),
        price_net: article.net,
        price_gross: article.gross,
        vat_percent: Some(Decimal::from(article.vat)),
        service: article.service,
        weight_kg: None,
        customs_code: String::new(),
    })
}
