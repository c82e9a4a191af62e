//! What an ERP says of an article, and what a channel is told of it.

use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::ids::{Currency, Language, Market, Sku};

/// An article as the ERP's catalogue describes it. Amounts are RON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpArticle {
    /// The article's key, by the identifier that the merchant chose.
    pub sku: Sku,
    /// Name (`Denumire`).
    pub name: String,
    /// Unit of measure (`Buc`, `Set`, `Kg`); orders must name one that the article has.
    pub unit: String,
    /// Class symbol; source of categories.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class_code: String,
    /// Class name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class_name: String,
    /// Producer's name; source of the brand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub producer: String,
    /// Sale price without VAT, in RON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_net: Option<Decimal>,
    /// Sale price with Romanian VAT, in RON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_gross: Option<Decimal>,
    /// Romanian VAT in percent (`21`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_percent: Option<Decimal>,
    /// A service has no stock and is never listed.
    #[serde(default)]
    pub service: bool,
    /// Weight in kilograms, as the ERP gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_kg: Option<Decimal>,
    /// Customs code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub customs_code: String,
}

impl ErpArticle {
    /// Grams of one unit, rounded up; none when the ERP does not know them.
    pub fn weight_g(&self) -> Option<u32> {
        let grams = self.weight_kg?.checked_mul(Decimal::ONE_THOUSAND)?.ceil().to_u32()?;
        (grams > 0).then_some(grams)
    }
}

/// What one ERP reading says of one SKU's stock, over the chosen warehouses, in thousandths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// Σ on hand; may be negative.
    pub on_hand_milli: i64,
    /// Reserved by orders in the ERP, ours included.
    pub reserved_milli: i64,
}

/// A 64-bit fingerprint of anything that serialises, to tell changed rows from unchanged ones.
pub fn fingerprint(value: &impl Serialize) -> u64 {
    // A struct of texts and numbers always serialises; an empty text would only cost one needless comparison.
    xxh3_64(&serde_json::to_vec(value).unwrap_or_default())
}

/// Texts and images that the ERP does not hold, for one SKU and language (`language` empty: for all).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentRow {
    /// The article.
    pub sku: Sku,
    /// The language of title and description; none means every language.
    #[serde(default)]
    pub language: Option<Language>,
    /// Title, 5 to 150 characters on CDON.
    #[serde(default)]
    pub title: Option<String>,
    /// Description, 10 to 4096 characters on CDON.
    #[serde(default)]
    pub description: Option<String>,
    /// The channel's category id.
    #[serde(default)]
    pub category: Option<String>,
    /// Absolute URLs; the first is the main image.
    #[serde(default)]
    pub images: Vec<String>,
    /// GTIN when it is not the SKU.
    #[serde(default)]
    pub gtin: Option<String>,
    /// Brand when the ERP's producer is not it.
    #[serde(default)]
    pub brand: Option<String>,
}

/// The descriptive part of an article on a channel: everything but price and quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Whether it may be bought; `false` is "paused".
    pub for_sale: bool,
    /// Markets where it is offered; never empty in a listing that is sent.
    pub markets: Vec<Market>,
    /// Title by language.
    pub title: Vec<(Language, String)>,
    /// Description by language.
    pub description: Vec<(Language, String)>,
    /// URL of the main image.
    pub main_image: String,
    /// Further images.
    pub images: Vec<String>,
    /// The channel's category id (leaf).
    pub category: Option<String>,
    /// Brand.
    pub brand: Option<String>,
    /// GTIN, digits.
    pub gtin: Option<String>,
    /// Delivery time in working days by market: (market, min, max).
    pub shipping_days: Vec<(Market, u8, u8)>,
    /// Variants share it.
    pub parent_sku: Option<String>,
    /// Weight in grams, when known.
    pub weight_g: Option<u32>,
    /// Customs (combined nomenclature) code, when known.
    pub customs_code: Option<String>,
}

/// A consumer price in one market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketPrice {
    /// The market.
    pub market: Market,
    /// What the buyer pays, VAT included, in minor units of the market's currency.
    pub gross_minor: i64,
    /// VAT as a fraction (`0.25`).
    pub vat_rate: Decimal,
}

impl MarketPrice {
    /// The currency, which the market decides.
    pub fn currency(&self) -> Currency {
        self.market.currency()
    }
}

/// Everything that a channel is to be told of one SKU in one go. What is `None` is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The article.
    pub sku: Sku,
    /// `true`: the channel has never accepted this SKU, so listing, prices and quantity go as one creation.
    pub create: bool,
    /// The descriptive part (on creation always there).
    pub listing: Option<Listing>,
    /// Prices of all listed markets (on creation always there).
    pub prices: Option<Vec<MarketPrice>>,
    /// Absolute quantity (on creation always there).
    pub quantity: Option<u32>,
    /// Take the article off the channel; nothing else is set then.
    pub delete: bool,
}
