//! What is stored with a vendor, and the plain sections of the file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::civil::Time;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use vortex_domain::{
    Currency, Sku,
    rates::{RatePolicy, RateRule},
    shipping::Measures,
    vendor::{FulfilWhen, InvoicePolicy, MintWhen, PickupPolicy, ShippingPolicy, StockPolicy},
};

use crate::config::reader::Section;

/// Units that a buffer, cap or bundle may name at most.
pub(super) const UNITS_LIMIT: i64 = 500_000;

/// Longest place of a collection, characters (dhl.md section 10).
const LOCATION_CHARS: usize = 80;

/// Everything about a vendor that is neither identity, connection, content nor mapping. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VendorSettings {
    /// Languages of the vendor's people: `ro`, `en`.
    pub languages: Vec<String>,
    /// Safety stock, cap, brake.
    pub stock: StockPolicy,
    /// Bundle → its parts and how many units of each; parts are never bundles themselves.
    pub bundles: BTreeMap<Sku, BTreeMap<Sku, i64>>,
    /// Image address for articles without one.
    pub image_url: Option<String>,
    /// Where exchange rates come from.
    pub rates: RateSettings,
    /// How parcels are made.
    pub shipping: ShippingPolicy,
    /// How invoices are looked for.
    pub invoices: InvoicePolicy,
    /// The vendor's own VAT rows and classes, as TOML.
    pub vat: Option<String>,
}

impl Default for VendorSettings {
    fn default() -> Self {
        Self {
            languages: vec!["ro".to_owned()],
            stock: StockPolicy::default(),
            bundles: BTreeMap::new(),
            image_url: None,
            rates: RateSettings::default(),
            shipping: ShippingPolicy::default(),
            invoices: InvoicePolicy::default(),
            vat: None,
        }
    }
}

/// Who publishes the rates that a vendor uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateFeed {
    /// National Bank of Romania.
    #[default]
    Bnr,
    /// European Central Bank.
    Ecb,
    /// Nobody: the file fixes them.
    Fixed,
}

/// `[rates]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateSettings {
    /// Who publishes them.
    pub source: RateFeed,
    /// The publisher's address, when it is not the usual one.
    pub url: Option<String>,
    /// RON per unit, for currencies and days without a published rate.
    pub fixed: BTreeMap<Currency, Decimal>,
    /// Which published rate belongs to an order.
    pub rule: RateRule,
    /// How much of what is published is trusted, and followed.
    #[serde(flatten)]
    pub policy: RatePolicy,
}

pub(super) fn languages(section: &Section) -> Vec<String> {
    let Some(languages) = section.texts("languages") else { return VendorSettings::default().languages };
    for (i, language) in languages.iter().enumerate() {
        if !matches!(language.as_str(), "ro" | "en") {
            section.wrong("languages", format!("`{language}` is not known; expected ro or en"));
        }
        if languages.iter().take(i).any(|earlier| earlier == language) {
            section.wrong("languages", format!("`{language}` stands there twice"));
        }
    }
    if languages.is_empty() {
        section.wrong("languages", "is empty; expected at least one of ro, en");
    }
    languages
}

pub(super) fn stock(section: &Section) -> StockPolicy {
    let default = StockPolicy::default();
    let units = 0..=UNITS_LIMIT;
    let mass_change_limit = section.decimal("mass_change_limit").unwrap_or(default.mass_change_limit);
    if !(Decimal::ZERO..=Decimal::ONE).contains(&mass_change_limit) {
        section.wrong(
            "mass_change_limit",
            format!("{mass_change_limit} is not a share; expected 0 to 1, e.g. 0.2"),
        );
    }
    let stock = StockPolicy {
        buffer: section.integer("buffer", units.clone(), default.buffer),
        buffer_market: section.section_or_empty("buffer_market").named_integers(&units),
        buffer_category: section.section_or_empty("buffer_category").named_integers(&units),
        buffer_sku: section.section_or_empty("buffer_sku").named_integers(&units),
        cap: section.integer("cap", 1..=UNITS_LIMIT, default.cap),
        mass_change_limit,
    };
    section.finish();
    stock
}

/// Where the content file is, and the image address of articles without one.
pub(super) fn content(section: &Section, folder: &Path) -> (Option<PathBuf>, Option<String>) {
    let file = section.text("file").map(|file| folder.join(file));
    if let Some(path) = file.as_ref().filter(|path| !path.is_file()) {
        section.wrong("file", format!("{} does not exist", path.display()));
    }
    let image_url = section.text("image_url");
    if let Some(template) = &image_url {
        let example = template.replace("{sku}", "A-1");
        let valid = url::Url::parse(&example).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !valid || example.contains(['{', '}']) {
            section.wrong("image_url", "expected a web address such as https://img.example.com/{sku}.jpg");
        }
    }
    section.finish();
    (file, image_url)
}

pub(super) fn shipping(section: &Section) -> ShippingPolicy {
    let default = ShippingPolicy::default();
    let mint = [("booked", MintWhen::Booked), ("invoiced", MintWhen::Invoiced), ("manual", MintWhen::Manual)];
    let fulfil = [("minted", FulfilWhen::Minted), ("collected", FulfilWhen::Collected)];
    let parcel = section.section_or_empty("default_parcel");
    let cm = |key, default| small(parcel.integer(key, 1..=300, i64::from(default)));
    let usual = default.default_parcel;
    let default_parcel = Measures {
        weight_g: small(parcel.integer("weight_g", 1..=1_000_000, i64::from(usual.weight_g))),
        length_cm: cm("length_cm", usual.length_cm),
        width_cm: cm("width_cm", usual.width_cm),
        height_cm: cm("height_cm", usual.height_cm),
    };
    parcel.finish();
    let commodity_code = section.text("commodity_code");
    if let Some(code) = &commodity_code
        && !((6..=18).contains(&code.len()) && code.bytes().all(|digit| digit.is_ascii_digit()))
    {
        section.wrong("commodity_code", "expected 6 to 18 digits, e.g. \"732392\"");
    }
    let origin = section.text("origin").unwrap_or(default.origin);
    if origin.len() != 2 || !origin.bytes().all(|letter| letter.is_ascii_uppercase()) {
        section.wrong("origin", "expected a country as two capital letters, e.g. \"RO\"");
    }
    let shipping = ShippingPolicy {
        courier: false,
        mint_when: section.choice("mint_when", &mint, default.mint_when),
        fulfil_when: section.choice("fulfil_when", &fulfil, default.fulfil_when),
        default_parcel,
        packaging_g: small(section.integer("packaging_g", 0..=100_000, i64::from(default.packaging_g))),
        carriers: section.section_or_empty("carriers").named_texts(),
        commodity_code,
        origin,
        lookup_wait_ms: section.integer("lookup_wait_ms", 100..=3_600_000, default.lookup_wait_ms),
        lookups: small(section.integer("lookups", 1..=16, i64::from(default.lookups))),
        track_every_ms: 1_000 * section.integer("track_every_s", 1..=86_400, default.track_every_ms / 1_000),
        track_days: small(section.integer("track_days", 1..=365, i64::from(default.track_days))),
        pickup: pickup(&section.section_or_empty("pickup")),
    };
    section.finish();
    shipping
}

/// `[shipping] pickup = { ready = "15:00", close = "18:00", location = "rampa 2" }`
fn pickup(section: &Section) -> PickupPolicy {
    let default = PickupPolicy::default();
    let clock = |key, usual: Time| {
        let Some(text) = section.text(key) else { return usual };
        Time::strptime("%H:%M", &text).unwrap_or_else(|_| {
            section.wrong(key, "expected a time of day such as \"18:00\"");
            usual
        })
    };
    let pickup = PickupPolicy {
        ready: clock("ready", default.ready),
        close: clock("close", default.close),
        location: section.text("location").unwrap_or_default(),
    };
    if pickup.ready >= pickup.close {
        section.wrong("close", "expected a time after `ready`: somebody must be there when the van comes");
    }
    if pickup.location.chars().count() > LOCATION_CHARS {
        section.wrong("location", format!("expected at most {LOCATION_CHARS} characters"));
    }
    section.finish();
    pickup
}

pub(super) fn invoices(section: &Section) -> InvoicePolicy {
    let default = InvoicePolicy::default();
    let hours = |key, usual: u32| small(section.integer(key, 1..=720, i64::from(usual)));
    let invoices = InvoicePolicy {
        archive: false,
        look_every_ms: 1_000 * section.integer("look_every_s", 1..=86_400, default.look_every_ms / 1_000),
        late_after_h: hours("late_after_h", default.late_after_h),
        file_late_after_h: hours("file_late_after_h", default.file_late_after_h),
    };
    section.finish();
    invoices
}

/// A number whose range was checked.
fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
