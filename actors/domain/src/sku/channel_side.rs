//! What we know of the channel's side of a SKU: what it was told, what it has accepted, what it shows.

use serde::{Deserialize, Serialize};

use crate::ids::Market;

/// How long nothing is sent for a SKU after an answer was lost, milliseconds: a late application of the lost call
/// must not land after our next one.
pub const UNKNOWN_HOLD_MS: i64 = 30_000;

/// One part of what the channel holds for a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// Texts, images, markets, for sale or paused.
    Listing,
    /// Prices of all markets.
    Prices,
    /// Quantity.
    Quantity,
}

impl Facet {
    /// Its name in attention texts and in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Prices => "price",
            Self::Quantity => "quantity",
        }
    }
}

/// What the channel was told of one facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told<T> {
    /// The newest value whose verdict was ok; none when we do not know what the channel holds.
    pub accepted: Option<T>,
    /// The newest value that the channel showed when read back.
    pub seen: Option<T>,
    /// The newest value that the channel refused; it is not sent again until it changes.
    pub refused: Option<T>,
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self { accepted: None, seen: None, refused: None }
    }
}

impl<T: Copy + PartialEq> Told<T> {
    pub(super) fn wants(&self, value: T) -> bool {
        self.accepted != Some(value) && self.refused != Some(value)
    }

    fn accept(&mut self, value: Option<T>) {
        if let Some(value) = value {
            self.accepted = Some(value);
            self.refused = None;
        }
    }

    fn refuse(&mut self, value: Option<T>) {
        if value.is_some() {
            self.refused = value;
        }
    }

    fn forget(&mut self, value: Option<T>) {
        if value.is_some() {
            self.accepted = None;
            self.refused = None;
        }
    }
}

/// A publication that has left and has no verdict yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// It creates the article.
    pub create: bool,
    /// It deletes the article.
    #[serde(default)]
    pub delete: bool,
    /// Fingerprint of the listing sent.
    pub listing: Option<u64>,
    /// Fingerprint of the prices sent.
    pub prices: Option<u64>,
    /// The quantity sent.
    pub quantity: Option<u32>,
    /// Since when.
    pub since_ms: i64,
    /// The channel's batch, once it has answered.
    pub batch: Option<String>,
}

impl InFlight {
    /// Whether its fate decides about a facet.
    fn carries(&self, facet: Facet) -> bool {
        self.create
            || self.delete
            || match facet {
                Facet::Listing => self.listing.is_some(),
                Facet::Prices => self.prices.is_some(),
                Facet::Quantity => self.quantity.is_some(),
            }
    }
}

/// The channel refused a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was refused.
    pub facet: Facet,
    /// The channel's words, or its error code.
    pub reason: String,
    /// In which market; none for all.
    #[serde(default)]
    pub market: Option<Market>,
}

/// What we know of the channel's side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelSide {
    /// The channel has accepted the creation of the article.
    pub listed: bool,
    /// The channel's own id.
    #[serde(default)]
    pub article_id: Option<String>,
    /// Texts, images, markets (fingerprint).
    pub listing: Told<u64>,
    /// Prices (fingerprint).
    pub prices: Told<u64>,
    /// Quantity.
    pub quantity: Told<u32>,
    /// The article shall be deleted; asked for again should the channel refuse.
    #[serde(default)]
    pub retire: bool,
    /// What has left and is not decided.
    pub in_flight: Option<InFlight>,
    /// Nothing is sent before.
    #[serde(default)]
    pub hold_until_ms: i64,
    /// When the last verdict came; a read-back that began earlier says nothing.
    #[serde(default)]
    pub settled_ms: i64,
    /// Units sold on the channel since the quantity was accepted.
    #[serde(default)]
    pub sold_since: i64,
    /// What the channel refused, for people.
    #[serde(default)]
    pub refusals: Vec<Refusal>,
    /// The channel showed something else than it had accepted; for people, until it agrees again.
    #[serde(default)]
    pub drift: Option<(String, String)>,
}

/// What the channel showed of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When the reading began.
    pub read_ms: i64,
    /// The channel has the article.
    pub present: bool,
    /// It may be bought.
    pub for_sale: Option<bool>,
    /// Its quantity.
    pub quantity: Option<u32>,
    /// Its consumer prices, VAT included, in minor units.
    pub prices: Vec<(Market, i64)>,
}

impl ChannelSide {
    /// Another quantity alone makes no refused article acceptable.
    pub(super) fn creation_refused(&self, listing: u64, prices: u64) -> bool {
        self.listing.refused == Some(listing) && self.prices.refused == Some(prices)
    }

    pub(super) fn taken(
        &mut self,
        batch: Option<&String>,
        article_id: Option<&String>,
        refused: &[Refusal],
        now_ms: i64,
    ) {
        let Some(flight) = self.in_flight.as_mut().filter(|f| f.batch.is_none()) else { return };
        if article_id.is_some() {
            self.article_id = article_id.cloned();
        }
        let all_refused = [Facet::Listing, Facet::Prices, Facet::Quantity]
            .into_iter()
            .all(|facet| !flight.carries(facet) || refused.iter().any(|r| r.facet == facet));
        if all_refused || (flight.create && !refused.is_empty()) || batch.is_none() {
            self.settle(refused, now_ms);
            return;
        }
        flight.batch = batch.cloned();
        self.refusals.retain(|old| !refused.iter().any(|new| new.facet == old.facet));
        for refusal in refused {
            match refusal.facet {
                Facet::Listing => self.listing.refuse(flight.listing.take()),
                Facet::Prices => self.prices.refuse(flight.prices.take()),
                Facet::Quantity => self.quantity.refuse(flight.quantity.take()),
            }
            self.refusals.push(refusal.clone());
        }
    }

    pub(super) fn settle(&mut self, refused: &[Refusal], now_ms: i64) {
        let Some(flight) = self.in_flight.take() else { return };
        self.settled_ms = now_ms;
        if flight.delete {
            self.retire = false;
            if refused.is_empty() {
                *self = Self { settled_ms: now_ms, ..Self::default() };
            }
            return;
        }
        // A creation stands or falls as a whole.
        let failed = |facet: Facet| refused.iter().any(|r| flight.create || r.facet == facet);
        if failed(Facet::Listing) {
            self.listing.refuse(flight.listing);
        } else {
            self.listing.accept(flight.listing);
        }
        if failed(Facet::Prices) {
            self.prices.refuse(flight.prices);
        } else {
            self.prices.accept(flight.prices);
        }
        if failed(Facet::Quantity) {
            self.quantity.refuse(flight.quantity);
        } else if flight.quantity.is_some() {
            self.quantity.accept(flight.quantity);
            self.sold_since = 0;
        }
        if flight.create && refused.is_empty() {
            self.listed = true;
        }
        self.refusals.retain(|old| !flight.carries(old.facet));
        self.refusals.extend_from_slice(refused);
    }

    pub(super) fn lost(&mut self, now_ms: i64, fits: fn(&InFlight) -> bool) {
        if let Some(flight) = self.in_flight.take_if(|f| fits(f)) {
            self.listing.forget(flight.listing);
            self.prices.forget(flight.prices);
            self.quantity.forget(flight.quantity);
            self.refusals.retain(|old| !flight.carries(old.facet));
            self.hold_until_ms = now_ms.saturating_add(UNKNOWN_HOLD_MS);
        }
    }
}
