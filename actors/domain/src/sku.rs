//! One SKU: what the ERP says, what is reserved, what the channel was told, as a pure state machine.
//!
//! Publishing has three states per facet: *sent* (in flight), *accepted* (the channel's verdict was ok) and
//! *seen* (the channel showed it when read back). [`SkuState::plan`] compares what should be with what was
//! accepted; while something is in flight nothing more is sent, so an older value can never land after a newer one.

mod channel_side;
mod event;
mod holds;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    channel_side::{ChannelSide, Facet, InFlight, Refusal, Seen, Told, UNKNOWN_HOLD_MS},
    event::SkuEvent,
    holds::{HeldUnits, Holds},
};
use crate::{
    article::{ErpArticle, Listing, MarketPrice, Publication, StockLevel, fingerprint},
    attention::Code,
    ids::{OrderId, Sku},
    mapping::{Offer, ProblemKind},
    order::Hold,
    stock::StockTerms,
    vendor::Vendor,
};

/// Stands in a summary before what the channel refused …
const REFUSED: &str = "; refused ";
/// … between two of them …
const NEXT: &str = " | ";
/// … and before what it showed instead.
const DRIFT: &str = "; CDON shows ";
const INSTEAD_OF: &str = " instead of ";

/// A stock reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockRead {
    /// What it said.
    pub level: StockLevel,
    /// When the reading began.
    pub read_ms: i64,
}

/// A SKU and all that decides its publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkuState {
    /// Which.
    pub sku: Sku,
    /// The ERP's catalogue row, kept when it disappears.
    pub article: Option<ErpArticle>,
    /// When that row was read; readings that found it unchanged do not count.
    #[serde(default)]
    pub article_ms: Option<i64>,
    /// Since when the ERP's catalogue no longer has it: it is not for sale.
    #[serde(default)]
    pub gone_ms: Option<i64>,
    /// The newest stock reading.
    pub stock: Option<StockRead>,
    /// For bundles: units available of each part, as told by the part to this life of the bundle; nothing is shown before all
    /// have spoken.
    #[serde(skip)]
    pub parts: BTreeMap<Sku, i64>,
    /// A person paused it.
    #[serde(default)]
    pub paused: bool,
    /// The channel's side.
    #[serde(default)]
    pub channel: ChannelSide,
    /// What stands in other tables on behalf of this SKU, as of its last write.
    #[serde(default)]
    pub projected: Projected,
    /// Units held for orders; rows of their own, so not part of the stored state.
    #[serde(skip)]
    pub held: Holds,
}

/// What a SKU has caused in other tables: compared with what it should cause, to write only differences.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Projected {
    /// Open attention: code and cause.
    pub raised: Vec<(Code, String)>,
    /// An effect row asks for publication, due then.
    pub publish_due_ms: Option<i64>,
    /// An effect row asks for the verdict of this batch.
    pub verdict: Option<String>,
}

/// What the channel should hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// The descriptive part and its fingerprint; none when the article cannot be offered anywhere.
    pub listing: Option<(Listing, u64)>,
    /// Prices and their fingerprint.
    pub prices: (Vec<MarketPrice>, u64),
    /// Quantity and its terms; none before the first stock reading.
    pub quantity: Option<(u32, StockTerms)>,
}

impl SkuState {
    /// A SKU nobody has told us anything about.
    pub fn new(sku: Sku) -> Self {
        Self {
            sku,
            article: None,
            article_ms: None,
            gone_ms: None,
            stock: None,
            parts: BTreeMap::new(),
            paused: false,
            channel: ChannelSide::default(),
            projected: Projected::default(),
            held: Holds::default(),
        }
    }

    /// The SKU after the event. `offer` is what the mapping makes of it now. Events that do not fit change nothing.
    #[must_use]
    pub fn on(&self, event: &SkuEvent, offer: Option<&Offer>, vendor: &Vendor, now_ms: i64) -> Self {
        let mut next = self.clone();
        match event {
            SkuEvent::ArticleRead(article) => {
                next.article = Some((**article).clone());
                next.article_ms = Some(now_ms);
                next.gone_ms = None;
                next.channel.retire = false;
            }
            SkuEvent::ArticleGone => {
                next.gone_ms = self.gone_ms.or(self.article.is_some().then_some(now_ms));
            }
            SkuEvent::Retired => next.channel.retire = self.gone_ms.is_some() && self.channel.listed,
            SkuEvent::StockRead(_) if self.has_overtaken(event) => {}
            SkuEvent::StockRead(read) => next.stock_read(*read),
            SkuEvent::PartAvailable(part, units) => {
                next.parts.insert(part.clone(), *units);
            }
            SkuEvent::Sold(order, units) => {
                if self.held.get(order).is_none() && vendor.channel.lowers_stock_itself {
                    next.channel.sold_since = next.channel.sold_since.saturating_add(units.qty);
                }
                next.held.hold(order.clone(), *units);
            }
            SkuEvent::Held(order, units) => {
                // The news that it is booked may come after the reading that contains it.
                let contained =
                    units.booked_ms.zip(self.stock).is_some_and(|(booked, read)| booked < read.read_ms);
                if contained {
                    next.held.free(order);
                } else {
                    next.held.hold(order.clone(), *units);
                }
            }
            SkuEvent::Freed(order) => {
                next.held.free(order);
            }
            SkuEvent::PublishStarts(flight) => {
                if self.channel.in_flight.is_none() {
                    next.channel.in_flight = Some(flight.clone());
                }
            }
            SkuEvent::PublishNotSent(retry_ms) => {
                if let Some(flight) = next.channel.in_flight.take_if(|f| f.batch.is_none()) {
                    next.channel.hold_until_ms = (*retry_ms).max(flight.since_ms);
                }
            }
            SkuEvent::PublishUnknown => next.channel.lost(now_ms, |f| f.batch.is_none()),
            SkuEvent::VerdictLost => next.channel.lost(now_ms, |f| f.batch.is_some()),
            SkuEvent::PublishTaken { batch, article_id, refused } => {
                next.channel.taken(batch.as_ref(), article_id.as_ref(), refused, now_ms);
            }
            SkuEvent::AlreadyListed => {
                next.channel.in_flight = None;
                next.channel.listed = true;
            }
            SkuEvent::NotListed => {
                next.channel = ChannelSide {
                    hold_until_ms: self.channel.hold_until_ms,
                    settled_ms: now_ms,
                    ..ChannelSide::default()
                };
            }
            SkuEvent::Verdict { batch, refused } => {
                if self.channel.in_flight.as_ref().is_some_and(|f| f.batch.as_ref() == Some(batch)) {
                    next.channel.settle(refused, now_ms);
                }
            }
            SkuEvent::Seen(seen) => next.seen(seen, offer, vendor),
            SkuEvent::RetryRefused => {
                next.channel.listing.refused = None;
                next.channel.prices.refused = None;
                next.channel.quantity.refused = None;
                next.channel.refusals.clear();
            }
            SkuEvent::Paused(paused) => next.paused = *paused,
        }
        next
    }

    /// Whether the event is a stock reading older than the one that counts: a value from it never replaces a newer one.
    pub fn has_overtaken(&self, event: &SkuEvent) -> bool {
        matches!((event, self.stock), (SkuEvent::StockRead(read), Some(have)) if read.read_ms < have.read_ms)
    }

    fn stock_read(&mut self, read: StockRead) {
        // Reservations end with the first reading that began after the ERP had the document.
        self.held.end_booked_before(read.read_ms);
        self.stock = Some(read);
    }

    fn seen(&mut self, seen: &Seen, offer: Option<&Offer>, vendor: &Vendor) {
        let side = &mut self.channel;
        if side.in_flight.is_some() || seen.read_ms < side.settled_ms || !side.listed {
            return;
        }
        if !seen.present {
            side.drift = Some(("listed".to_owned(), "absent".to_owned()));
            side.listed = false;
            side.listing = Told::default();
            side.prices = Told::default();
            side.quantity = Told::default();
            return;
        }
        side.drift = None;
        if let (Some(shown), Some(accepted)) = (seen.quantity, side.quantity.accepted) {
            side.quantity.seen = Some(shown);
            let lowered = vendor.channel.lowers_stock_itself
                && shown < accepted
                && i64::from(accepted - shown) <= side.sold_since;
            if lowered || shown == accepted {
                // What the channel shows contains the sales that we know of, or was sent after they were made.
                side.sold_since = 0;
                side.quantity.accepted = Some(shown);
            } else {
                side.drift = Some((accepted.to_string(), shown.to_string()));
                side.quantity.accepted = None;
            }
        }
        let Some(offer) = offer else { return };
        let (_, print) = offer.fingerprints();
        if side.prices.accepted == Some(print) && !seen.prices.is_empty() {
            let wrong = offer.prices.iter().find_map(|price| {
                let (_, shown) = seen.prices.iter().find(|(market, _)| *market == price.market)?;
                (*shown != price.gross_minor).then_some((price.gross_minor, *shown))
            });
            match wrong {
                None => side.prices.seen = Some(print),
                Some((sent, shown)) => {
                    side.drift = Some((sent.to_string(), shown.to_string()));
                    side.prices.accepted = None;
                }
            }
        }
        if let (Some(for_sale), Some(accepted)) = (seen.for_sale, side.listing.accepted) {
            if for_sale
                == (offer.listing.as_ref().is_some_and(|l| l.for_sale)
                    && self.gone_ms.is_none()
                    && !self.paused)
            {
                side.listing.seen = Some(accepted);
            } else {
                side.drift = Some((format!("for sale: {}", !for_sale), format!("for sale: {for_sale}")));
                side.listing.accepted = None;
            }
        }
    }

    /// Whether this SKU is a bundle of others.
    pub fn is_bundle(&self, vendor: &Vendor) -> bool {
        vendor.bundles.contains_key(&self.sku)
    }

    /// The terms of the quantity to show; none before the first reading (of all parts, for a bundle).
    pub fn stock_terms(&self, vendor: &Vendor) -> Option<StockTerms> {
        let class = self.article.as_ref().map_or("", |a| a.class_code.as_str());
        let buffer = vendor.buffer(&self.sku, class);
        let cap = vendor.stock.cap;
        if let Some(parts) = vendor.bundles.get(&self.sku) {
            let whole = parts
                .iter()
                .map(|(part, each)| self.parts.get(part).map(|units| units.div_euclid((*each).max(1))))
                .collect::<Option<Vec<_>>>()?
                .into_iter()
                .min()?;
            return Some(StockTerms {
                on_hand_milli: whole.saturating_mul(1000),
                reserved_in_erp_milli: 0,
                reserved_by_us: 0,
                buffer,
                cap,
            });
        }
        let level = self.stock?.level;
        Some(StockTerms {
            on_hand_milli: level.on_hand_milli,
            reserved_in_erp_milli: level.reserved_milli,
            reserved_by_us: self.held.units(),
            buffer,
            cap,
        })
    }

    /// Units that can still be promised to a new order, ours held ones already taken off.
    pub fn available(&self, vendor: &Vendor) -> i64 {
        self.stock_terms(vendor).map_or(0, |terms| terms.available())
    }

    /// Units that an order may have: what is free, what it holds already, and what only short orders hold.
    pub fn available_to(&self, order: &OrderId, vendor: &Vendor) -> i64 {
        let own = self.held.get(order).filter(|units| !units.short).map_or(0, |units| units.qty);
        let taken_back = own.saturating_add(self.held.short());
        self.available(vendor).saturating_add(taken_back)
    }

    /// What the channel should hold.
    pub fn desired(&self, offer: Option<&Offer>, vendor: &Vendor) -> Desired {
        // The article is sound and only an outside figure is missing (a rate): what is published stays as it is.
        let offer =
            offer.filter(|o| !(self.channel.listed && o.problems.iter().any(|p| p.kind.keeps_published())));
        let listing = offer.and_then(|offer| offer.listing.clone()).map(|mut listing| {
            listing.for_sale = listing.for_sale && self.gone_ms.is_none() && !self.paused;
            let print = fingerprint(&listing);
            (listing, print)
        });
        let prices = offer.map(|offer| offer.prices.clone()).unwrap_or_default();
        let print = offer.map_or(0, |offer| offer.fingerprints().1);
        // What can no longer be offered anywhere must not be sold as it stands: without a listing to pause it by, none are shown.
        let unsellable = self.channel.listed && offer.is_some_and(|offer| offer.listing.is_none());
        let quantity = self.stock_terms(vendor).map(|terms| {
            let terms = StockTerms { cap: if unsellable { 0 } else { terms.cap }, ..terms };
            (terms.publishable(), terms)
        });
        Desired { listing, prices: (prices, print), quantity }
    }

    /// What must be sent now; none while something is in flight or nothing differs.
    pub fn plan(&self, desired: &Desired) -> Option<Publication> {
        let side = &self.channel;
        if side.in_flight.is_some() {
            return None;
        }
        let mut publication = Publication {
            sku: self.sku.clone(),
            create: false,
            listing: None,
            prices: None,
            quantity: None,
            delete: false,
        };
        if !side.listed {
            let (listing, print) = desired.listing.as_ref()?;
            let (quantity, _) = desired.quantity?;
            let (prices, prices_print) = &desired.prices;
            if !listing.for_sale || prices.is_empty() || side.creation_refused(*print, *prices_print) {
                return None;
            }
            publication.create = true;
            publication.listing = Some(listing.clone());
            publication.prices = Some(prices.clone());
            publication.quantity = Some(quantity);
            return Some(publication);
        }
        if side.retire {
            publication.delete = true;
            return Some(publication);
        }
        if let Some((listing, print)) = &desired.listing
            && side.listing.wants(*print)
        {
            publication.listing = Some(listing.clone());
        }
        if !desired.prices.0.is_empty() && side.prices.wants(desired.prices.1) {
            publication.prices = Some(desired.prices.0.clone());
        }
        if let Some((quantity, _)) = desired.quantity {
            let expected = side.quantity.accepted.map(|accepted| i64::from(accepted) - side.sold_since);
            // An absolute write would overwrite sales that we have not seen: push only what the channel does not show already.
            if expected != Some(i64::from(quantity)) && side.quantity.refused != Some(quantity) {
                publication.quantity = Some(quantity);
            }
        }
        let something =
            publication.listing.is_some() || publication.prices.is_some() || publication.quantity.is_some();
        something.then_some(publication)
    }

    /// Whether what should be sent of a facet is just what the channel has refused.
    fn blocks(&self, facet: Facet, desired: &Desired) -> bool {
        let side = &self.channel;
        let listing = desired.listing.as_ref().map(|(_, print)| *print);
        if !side.listed {
            return listing.is_some_and(|print| side.creation_refused(print, desired.prices.1));
        }
        match facet {
            Facet::Listing => side.listing.refused.is_some() && side.listing.refused == listing,
            Facet::Prices => side.prices.refused == Some(desired.prices.1),
            Facet::Quantity => desired
                .quantity
                .as_ref()
                .is_some_and(|(quantity, _)| side.quantity.refused == Some(*quantity)),
        }
    }

    /// The in-flight mark of a planned publication.
    pub fn flight(publication: &Publication, desired: &Desired, since_ms: i64) -> InFlight {
        InFlight {
            create: publication.create,
            delete: publication.delete,
            listing: publication.listing.as_ref().and(desired.listing.as_ref().map(|(_, print)| *print)),
            prices: publication.prices.as_ref().map(|_| desired.prices.1),
            quantity: publication.quantity,
            since_ms,
            batch: None,
        }
    }

    /// What a person must know or do about it now.
    pub fn attention(&self, offer: Option<&Offer>, desired: &Desired) -> Vec<Hold> {
        let mut all = Vec::new();
        if let (Some(offer), None) = (offer, self.gone_ms) {
            for problem in &offer.problems {
                // A service, or a vendor without markets, is as it should be.
                if matches!(problem.kind, ProblemKind::Service | ProblemKind::NoMarkets) {
                    continue;
                }
                // One item for each value that a table lacks, however many articles wait for it.
                if let ProblemKind::MappingGap { table, value } = &problem.kind {
                    let hold = Hold {
                        code: Code::MappingGap,
                        cause: format!("{table}:{value}"),
                        params: vec![table.clone(), value.clone()],
                    };
                    if !all.contains(&hold) {
                        all.push(hold);
                    }
                    continue;
                }
                let place = problem.market.map_or_else(|| "CDON".to_owned(), |m| m.to_string());
                all.push(Hold {
                    code: Code::ArticleBlocked,
                    cause: format!("{place}:{}", problem.kind.code()),
                    params: vec![place, problem.kind.code().to_owned(), problem.kind.params().join(", ")],
                });
            }
        }
        for refusal in self.channel.refusals.iter().filter(|refusal| self.blocks(refusal.facet, desired)) {
            let what = refusal.facet.name();
            all.push(Hold {
                code: Code::ChannelRefused,
                cause: format!("{what}:{}", refusal.reason),
                params: vec![what.to_owned(), refusal.reason.clone()],
            });
        }
        if let Some((sent, shown)) = &self.channel.drift {
            all.push(Hold {
                code: Code::ChannelDrift,
                cause: self.sku.to_string(),
                params: vec![self.sku.to_string(), sent.clone(), shown.clone()],
            });
        }
        if let Some(read) = self.stock
            && read.level.on_hand_milli < 0
        {
            let units = rust_decimal::Decimal::new(read.level.on_hand_milli, 3).normalize().to_string();
            all.push(Hold { code: Code::NegativeStock, cause: "stock".to_owned(), params: vec![units] });
        }
        all
    }

    /// A short text for the journal.
    pub fn summary(&self) -> String {
        let stock = self.stock.map_or_else(
            || "no reading".to_owned(),
            |s| format!("{} − {}", milli(s.level.on_hand_milli), milli(s.level.reserved_milli)),
        );
        let side = &self.channel;
        let shown = side.quantity.accepted.map_or_else(|| "?".to_owned(), |q| q.to_string());
        let state = match (&side.in_flight, side.listed) {
            (Some(_), _) => "in flight",
            (None, true) => "listed",
            (None, false) => "not listed",
        };
        let mut text = format!("stock {stock}, held {}, channel {shown} ({state})", self.held.units());
        for (i, refusal) in side.refusals.iter().enumerate() {
            text += if i == 0 { REFUSED } else { NEXT };
            text += refusal.facet.name();
            text += ": ";
            text += &refusal.reason.replace(NEXT, " ");
        }
        if let Some((sent, seen)) = &side.drift {
            text.extend([DRIFT, seen, INSTEAD_OF, sent]);
        }
        text
    }

    /// What a summary says the channel refused of a facet; none when it refused nothing of it. A creation is refused whole.
    pub fn refused_in(summary: &str, facet: Facet) -> Option<&str> {
        let (state, refused) = summary.split_once(REFUSED)?;
        let refused = refused.split_once(DRIFT).map_or(refused, |(refused, _)| refused);
        let whole = state.ends_with("(not listed)");
        let mut reasons = refused.split(NEXT).filter_map(|text| text.split_once(": "));
        reasons.find(|(name, _)| whole || *name == facet.name()).map(|(_, reason)| reason)
    }

    /// What a summary says the channel showed instead of what was sent; none when they agreed.
    pub fn drift_in(summary: &str) -> Option<&str> {
        let (_, drift) = summary.split_once(DRIFT)?;
        Some(drift.split_once(INSTEAD_OF).map_or(drift, |(shown, _)| shown))
    }
}

fn milli(value: i64) -> rust_decimal::Decimal {
    rust_decimal::Decimal::new(value, 3).normalize()
}

#[cfg(test)]
mod tests;
