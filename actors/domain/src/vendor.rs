//! One vendor's settings, as an immutable snapshot: what the rules need to know, without credentials.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::{Date, Time, time};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    article::{ContentRow, ErpArticle},
    ids::{Market, Sku, VendorId},
    mapping::{Compiled, Offer, OfferInput},
    rates::{RateRule, RateTable},
    sales::VatRounding,
    shipping::Measures,
    vat::VatTable,
};

/// Everything that decides what is published and booked for a vendor.
#[derive(Debug, Clone)]
pub struct Vendor {
    /// Who.
    pub id: VendorId,
    /// Company name, for people.
    pub name: String,
    /// Markets in which the vendor sells.
    pub markets: Vec<Market>,
    /// Safety stock, caps, brake.
    pub stock: StockPolicy,
    /// Bundle SKU → its parts and how many units of each.
    pub bundles: BTreeMap<Sku, Vec<(Sku, i64)>>,
    /// How orders enter the ERP.
    pub booking: BookingPolicy,
    /// How the channel behaves.
    pub channel: ChannelPolicy,
    /// How parcels are made.
    pub shipping: ShippingPolicy,
    /// How invoices are looked for.
    pub invoices: InvoicePolicy,
    /// The live mapping version; a computation takes it once, so no record is half one version and half another.
    pub mapping: Arc<Compiled>,
    /// A version on trial, for a share of the SKUs instead of the live one.
    pub trial: Option<Trial>,
    /// Exchange rates.
    pub rates: Arc<RateTable>,
    /// VAT by country, class and date.
    pub vat: Arc<VatTable>,
    /// Image address for articles without one; `{sku}` is replaced.
    pub image_url: Option<String>,
}

/// A mapping version on trial.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The version.
    pub mapping: Arc<Compiled>,
    /// Share of the SKUs in percent.
    pub share_percent: u64,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
}

impl Trial {
    /// Whether an article is among those that it is tried on: always the same ones of a version, others of another.
    pub fn takes(&self, sku: &Sku) -> bool {
        let seed = u64::from(self.mapping.version());
        xxhash_rust::xxh3::xxh3_64_with_seed(sku.as_str().as_bytes(), seed) % 100 < self.share_percent
    }
}

/// Safety stock and limits; the most specific setting wins: SKU, then category (ERP class), then the general one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StockPolicy {
    /// Units held back from the channel.
    pub buffer: i64,
    /// Units held back for a market. The channel has one stock for all markets, so the largest of the article's markets counts.
    pub buffer_market: BTreeMap<Market, i64>,
    /// Units held back by ERP class code.
    pub buffer_category: BTreeMap<String, i64>,
    /// Units held back by SKU.
    pub buffer_sku: BTreeMap<Sku, i64>,
    /// Most units ever shown.
    pub cap: i64,
    /// Share of the catalogue (0 to 1) that one ERP reading may move before a person is asked.
    pub mass_change_limit: Decimal,
}

impl Default for StockPolicy {
    fn default() -> Self {
        Self {
            buffer: 0,
            buffer_market: BTreeMap::new(),
            buffer_category: BTreeMap::new(),
            buffer_sku: BTreeMap::new(),
            cap: 500_000,
            mass_change_limit: Decimal::new(2, 1),
        }
    }
}

/// How orders enter the ERP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BookingPolicy {
    /// Numbering booklet that is ours alone.
    pub order_booklet: String,
    /// First document number.
    pub first_document_number: i64,
    /// ERP partner by market.
    pub customer_per_market: BTreeMap<Market, String>,
    /// One ERP partner per consumer instead of one per market.
    pub customer_per_consumer: bool,
    /// Which published exchange rate belongs to an order.
    pub rate_rule: RateRule,
    /// Where the ERP rounds VAT.
    pub vat_rounding: VatRounding,
    /// Least time between two readings that both miss a document before it counts as absent, milliseconds.
    pub quiet_ms: i64,
}

impl Default for BookingPolicy {
    fn default() -> Self {
        Self {
            order_booklet: "CDON".to_owned(),
            first_document_number: 500_001,
            customer_per_market: BTreeMap::new(),
            customer_per_consumer: false,
            rate_rule: RateRule::PublishedBefore,
            vat_rounding: VatRounding::Line,
            quiet_ms: 60_000,
        }
    }
}

/// How the channel is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelPolicy {
    /// Accept orders on the channel once the ERP has them (optional on CDON, and it ends the right to cancel).
    pub accept_orders: bool,
    /// The channel lowers its quantity by itself when it sells. Nothing says that CDON does (cdon.md section 13).
    pub lowers_stock_itself: bool,
    /// An article that the ERP's catalogue has not had for so many days is deleted on the channel; 0: never, it stays paused.
    pub delete_gone_after_days: u32,
    /// The channel takes documents; CDON does not (cdon.md section 18).
    pub takes_documents: bool,
}

impl Default for ChannelPolicy {
    fn default() -> Self {
        Self {
            accept_orders: false,
            lowers_stock_itself: false,
            delete_gone_after_days: 30,
            takes_documents: false,
        }
    }
}

/// When an AWB is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MintWhen {
    /// Once the ERP has the order.
    Booked,
    /// Once the ERP has invoiced it.
    #[default]
    Invoiced,
    /// When a person says so.
    Manual,
}

/// When the channel is told that the parcel is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfilWhen {
    /// Once the AWB exists.
    #[default]
    Minted,
    /// Once the courier has the parcel.
    Collected,
}

/// How parcels are made, found again and followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShippingPolicy {
    /// There is a courier connection; without one, waybills are typed in by hand.
    pub courier: bool,
    /// When an AWB is made.
    pub mint_when: MintWhen,
    /// When the channel is told.
    pub fulfil_when: FulfilWhen,
    /// Measures of a parcel without its own.
    pub default_parcel: Measures,
    /// Grams of packaging, added to the weight of the goods.
    pub packaging_g: u32,
    /// Carrier → the channel's spelling.
    pub carriers: BTreeMap<String, String>,
    /// Commodity code of articles without one; at least 6 digits.
    pub commodity_code: Option<String>,
    /// Country of manufacture, ISO 3166 alpha-2.
    pub origin: String,
    /// The first look-up after an unknown outcome, milliseconds; each further one waits twice as long.
    pub lookup_wait_ms: i64,
    /// Look-ups before a person decides.
    pub lookups: u32,
    /// How often a young parcel's journey is read, milliseconds.
    pub track_every_ms: i64,
    /// After so many days its journey is read no more.
    pub track_days: u32,
    /// When the courier's van is to come, unless a person says otherwise.
    pub pickup: PickupPolicy,
}

/// The usual collection at the shipper's door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PickupPolicy {
    /// From when the parcels are ready, local time.
    pub ready: Time,
    /// Until when somebody is there, local time.
    pub close: Time,
    /// Where exactly (reception, ramp 2); may be empty.
    pub location: String,
}

impl Default for PickupPolicy {
    fn default() -> Self {
        Self { ready: time(15, 0, 0, 0), close: time(18, 0, 0, 0), location: String::new() }
    }
}

impl Default for ShippingPolicy {
    fn default() -> Self {
        Self {
            courier: false,
            mint_when: MintWhen::default(),
            fulfil_when: FulfilWhen::default(),
            default_parcel: Measures { weight_g: 1_000, length_cm: 30, width_cm: 20, height_cm: 10 },
            packaging_g: 200,
            carriers: BTreeMap::new(),
            commodity_code: None,
            origin: "RO".to_owned(),
            lookup_wait_ms: 30_000,
            lookups: 6,
            track_every_ms: 3_600_000,
            track_days: 45,
            pickup: PickupPolicy::default(),
        }
    }
}

/// How invoices are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InvoicePolicy {
    /// There is a place where their files lie.
    pub archive: bool,
    /// How often the ERP is asked for those that are missing, milliseconds.
    pub look_every_ms: i64,
    /// An order without an invoice for so many hours waits for a person.
    pub late_after_h: u32,
    /// An invoice without its file for so many hours waits for a person.
    pub file_late_after_h: u32,
}

impl Default for InvoicePolicy {
    fn default() -> Self {
        Self { archive: false, look_every_ms: 900_000, late_after_h: 48, file_late_after_h: 24 }
    }
}

impl Vendor {
    /// The safety stock of an article.
    pub fn buffer(&self, sku: &Sku, class_code: &str) -> i64 {
        let stock = &self.stock;
        if let Some(units) = stock.buffer_sku.get(sku) {
            return *units;
        }
        let general = stock.buffer_category.get(class_code).copied().unwrap_or(stock.buffer);
        let by_market = self.markets.iter().filter_map(|m| stock.buffer_market.get(m)).copied().max();
        by_market.map_or(general, |units| units.max(general))
    }

    /// The ERP partner that orders of a market are booked on.
    pub fn customer(&self, market: Market) -> String {
        self.booking
            .customer_per_market
            .get(&market)
            .cloned()
            .unwrap_or_else(|| crate::sales::default_customer(market))
    }

    /// The parts that one unit of `sku` takes from stock: itself, or a bundle's components.
    pub fn parts(&self, sku: &Sku) -> Vec<(Sku, i64)> {
        self.bundles.get(sku).cloned().unwrap_or_else(|| vec![(sku.clone(), 1)])
    }

    /// Bundles that contain the article.
    pub fn bundles_with(&self, part: &Sku) -> impl Iterator<Item = &Sku> {
        self.bundles
            .iter()
            .filter(move |(_, parts)| parts.iter().any(|(p, _)| p == part))
            .map(|(bundle, _)| bundle)
    }

    /// The mapping version that an article is computed by.
    pub fn mapping_of(&self, sku: &Sku) -> &Arc<Compiled> {
        self.trial.as_ref().filter(|trial| trial.takes(sku)).map_or(&self.mapping, |trial| &trial.mapping)
    }

    /// What its mapping makes of an article.
    pub fn offer(&self, article: &ErpArticle, content: &[ContentRow], date: Date) -> Offer {
        self.mapping_of(&article.sku).offer(&OfferInput {
            article,
            content,
            markets: &self.markets,
            rates: &self.rates,
            vat: &self.vat,
            date,
            image_url: self.image_url.as_deref(),
            previous: &[],
        })
    }
}

/// A vendor for this crate's tests.
#[cfg(test)]
pub(crate) fn example() -> Vendor {
    let rates = [(crate::Currency::Sek, Decimal::new(46, 2))];
    let mapping = crate::mapping::Mapping::from_toml("[tables.category]\notherwise = \"1124\"\n").unwrap();
    Vendor {
        id: VendorId::new("v").unwrap(),
        name: String::new(),
        markets: vec![Market::Se],
        stock: StockPolicy::default(),
        bundles: BTreeMap::new(),
        booking: BookingPolicy::default(),
        channel: ChannelPolicy::default(),
        shipping: ShippingPolicy::default(),
        invoices: InvoicePolicy::default(),
        mapping: Arc::new(mapping.compile(1, &crate::mapping::example()).unwrap()),
        trial: None,
        rates: Arc::new(RateTable::fixed(rates).unwrap()),
        vat: Arc::new(VatTable::built_in()),
        image_url: Some("https://img.example.com/{sku}.jpg".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_takes_its_share_and_always_the_same() {
        let vendor = example();
        let of = |share_percent| Trial { mapping: vendor.mapping.clone(), share_percent, since_ms: 0 };
        let skus: Vec<Sku> = (0..10_000).map(|n| Sku::new(format!("A-{n}")).unwrap()).collect();
        let taken = |trial: &Trial| skus.iter().filter(|sku| trial.takes(sku)).cloned().collect::<Vec<_>>();
        let ten = taken(&of(10));
        assert!((900..1_100).contains(&ten.len()), "{}", ten.len());
        assert_eq!(ten, taken(&of(10)));
        assert!(ten.iter().all(|sku| of(30).takes(sku)), "a larger share takes more, not others");
        assert_eq!((taken(&of(0)).len(), taken(&of(100)).len()), (0, skus.len()));
    }

    #[test]
    fn a_trial_decides_about_its_share_alone() {
        let mut vendor = example();
        let other = vendor.mapping.mapping().clone().compile(7, &crate::mapping::example()).unwrap();
        vendor.trial = Some(Trial { mapping: Arc::new(other), share_percent: 50, since_ms: 0 });
        for n in 0..100 {
            let sku = Sku::new(format!("A-{n}")).unwrap();
            let version = if vendor.trial.as_ref().unwrap().takes(&sku) { 7 } else { 1 };
            assert_eq!(vendor.mapping_of(&sku).version(), version);
        }
    }
}
