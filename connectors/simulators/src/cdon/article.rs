//! The form of an article, checked at intake (spec sections 6 and 7).

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::check::{At, Checker};
use super::market::{LANGUAGES, Market, MarketSet, PerMarket, decimal_from_json, minor_from_json};
use super::property::check_properties;

/// `for sale` or `paused`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum SaleStatus {
    ForSale,
    #[default]
    Paused,
}

impl SaleStatus {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::ForSale => "for sale",
            Self::Paused => "paused",
        }
    }
}

/// The descriptive part of an article, ready to be applied.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) status: SaleStatus,
    pub(super) markets: MarketSet,
    /// Markets that have a shipping time.
    pub(super) shipped: MarketSet,
    pub(super) category: Option<Box<str>>,
    /// Whether every classification is a documented one; judged later than intake.
    pub(super) classified: bool,
    /// The fields as sent, serialised: parsed text would take several times the memory.
    pub(super) body: Box<str>,
}

/// A price as sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct DraftPrice {
    pub(super) gross_minor: i64,
    pub(super) vat_rate: Option<Decimal>,
}

const CREATE_ONLY: [&str; 3] = ["sku", "quantity", "price"];
const REQUIRED: [&str; 6] = ["status", "main_image", "markets", "title", "description", "shipping_time"];
const KNOWN: [&str; 26] = [
    "sku",
    "quantity",
    "price",
    "status",
    "main_image",
    "markets",
    "title",
    "description",
    "shipping_time",
    "category",
    "parent_sku",
    "properties",
    "variational_properties",
    "brand",
    "gtin",
    "mpn",
    "images",
    "unique_selling_points",
    "specifications",
    "classifications",
    "delivery_type",
    "kn_number",
    "shipped_from",
    "manufacturer",
    "availability_dates",
    "internal_note",
];

/// Checks the descriptive fields, and turns them into a draft when all are right.
pub(super) fn check_descriptive(
    fields: &mut Map<String, Value>,
    reject_unknown: bool,
    checker: &mut Checker,
) -> Option<Draft> {
    for key in REQUIRED {
        checker.required(fields, key, At::root(key));
    }
    if reject_unknown {
        let known: &[&str] = &KNOWN;
        let strangers = fields.keys().filter(|k| !known.contains(&k.as_str()));
        for stranger in strangers.filter(|k| *k != "recommended_retail_price") {
            checker.fail(At::root(stranger), "unknown field");
        }
    }
    let mut draft = Draft {
        status: SaleStatus::Paused,
        markets: MarketSet::default(),
        shipped: MarketSet::default(),
        category: None,
        classified: true,
        body: Box::default(),
    };
    for (key, value) in fields.iter() {
        check_field(key, value, &mut draft, checker);
    }
    if let (Some(Value::Array(images)), Some(main)) = (fields.get("images"), fields.get("main_image"))
        && images.contains(main)
    {
        checker.fail(At::root("images"), "must not repeat main_image");
    }
    if !checker.is_clean() {
        return None;
    }
    for key in CREATE_ONLY {
        fields.remove(key);
    }
    fields.remove("status");
    draft.body = serde_json::to_string(fields).unwrap_or_default().into();
    Some(draft)
}

fn check_field(key: &str, value: &Value, draft: &mut Draft, checker: &mut Checker) {
    let at = At::root(key);
    match key {
        "status" => {
            let word = checker.word(value, at, &["for sale", "paused"]);
            draft.status = if word == Some("for sale") { SaleStatus::ForSale } else { SaleStatus::Paused };
        }
        "main_image" => {
            checker.url(value, at);
        }
        "markets" => check_markets(value, at, draft, checker),
        "title" => check_translations(value, at, (5, 150), checker),
        "description" => check_translations(value, at, (10, 4096), checker),
        "shipping_time" => check_shipping(value, at, draft, checker),
        "category" => draft.category = checker.text(value, at, 1, 10).map(Into::into),
        "parent_sku" => {
            checker.text(value, at, 1, 64);
        }
        "brand" => {
            checker.text(value, at, 1, 50);
        }
        "kn_number" => {
            checker.text(value, at, 1, 48);
        }
        "mpn" | "internal_note" => {
            checker.string(value, at);
        }
        "gtin" => check_gtin(value, at, checker),
        "images" => {
            let images = checker.list(value, at).unwrap_or_default();
            if images.len() > 10 {
                checker.fail(at, "max length is 10");
            }
            for (index, image) in images.iter().enumerate() {
                checker.url(image, at.index(index));
            }
        }
        "properties" => check_properties(value, at, checker),
        "variational_properties" => {
            for (index, name) in checker.list(value, at).unwrap_or_default().iter().enumerate() {
                checker.string(name, at.index(index));
            }
        }
        "unique_selling_points" => check_selling_points(value, at, checker),
        "specifications" => check_specifications(value, at, checker),
        "classifications" => check_classifications(value, at, draft, checker),
        "delivery_type" => check_delivery(value, at, checker),
        "availability_dates" => {
            for_rows(value, at, checker, |row, at, checker| {
                market_of(row, at, checker);
                checker.required(row, "value", at.key("value"));
            });
        }
        "shipped_from" => {
            checker.word(value, at, &["EU", "NON_EU"]);
        }
        "manufacturer" => check_manufacturer(value, at, checker),
        // `price`, `quantity` and `sku` are checked by the action that carries them; the rest is unknown.
        _ => {}
    }
}

fn check_gtin(value: &Value, at: At<'_>, checker: &mut Checker) {
    let Some(text) = checker.text(value, at, 1, 13) else { return };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        checker.fail(at, "must consist of digits");
    }
}

/// Calls `check` for every row of a list of objects.
pub(super) fn for_rows(
    value: &Value,
    at: At<'_>,
    checker: &mut Checker,
    mut check: impl FnMut(&Map<String, Value>, At<'_>, &mut Checker),
) {
    for (index, row) in checker.list(value, at).unwrap_or_default().iter().enumerate() {
        let at = at.index(index);
        if let Some(row) = checker.object(row, at) {
            check(row, at, checker);
        }
    }
}

/// The row's `market`, when it is one of CDON's.
fn market_of(row: &Map<String, Value>, at: At<'_>, checker: &mut Checker) -> Option<Market> {
    let at = at.key("market");
    let value = checker.required(row, "market", at)?;
    market(value, at, checker)
}

fn market(value: &Value, at: At<'_>, checker: &mut Checker) -> Option<Market> {
    let code = checker.string(value, at)?;
    let found = Market::from_code(code);
    if found.is_none() {
        checker.fail(at, format!("unallowed value {code}"));
    }
    found
}

fn language_of(row: &Map<String, Value>, at: At<'_>, checker: &mut Checker) {
    let at = at.key("language");
    if let Some(value) = checker.required(row, "language", at) {
        checker.word(value, at, &LANGUAGES);
    }
}

fn check_markets(value: &Value, at: At<'_>, draft: &mut Draft, checker: &mut Checker) {
    let Some(codes) = checker.list(value, at) else { return };
    if codes.is_empty() {
        checker.fail(at, "min length is 1");
    }
    for (index, code) in codes.iter().enumerate() {
        if let Some(market) = market(code, at.index(index), checker) {
            draft.markets.insert(market);
        }
    }
}

fn check_translations(value: &Value, at: At<'_>, (min, max): (usize, usize), checker: &mut Checker) {
    if value.as_array().is_some_and(Vec::is_empty) {
        checker.fail(at, "min length is 1");
    }
    for_rows(value, at, checker, |row, at, checker| {
        language_of(row, at, checker);
        let at = at.key("value");
        if let Some(text) = checker.required(row, "value", at) {
            checker.text(text, at, min, max);
        }
    });
}

fn check_shipping(value: &Value, at: At<'_>, draft: &mut Draft, checker: &mut Checker) {
    for_rows(value, at, checker, |row, at, checker| {
        let market = market_of(row, at, checker);
        let mut days = |key| {
            let at = at.key(key);
            let value = checker.required(row, key, at)?;
            checker.integer(value, at, 1, 10)
        };
        let (min, max) = (days("min"), days("max"));
        if min.zip(max).is_some_and(|(min, max)| min > max) {
            checker.fail(at.key("min"), "must not exceed max");
        }
        if let Some(market) = market {
            draft.shipped.insert(market);
        }
    });
}

fn check_selling_points(value: &Value, at: At<'_>, checker: &mut Checker) {
    for_rows(value, at, checker, |row, at, checker| {
        language_of(row, at, checker);
        let at = at.key("value");
        let Some(points) = checker.required(row, "value", at) else { return };
        for (index, point) in checker.list(points, at).unwrap_or_default().iter().enumerate() {
            checker.text(point, at.index(index), 1, 30);
        }
    });
}

fn check_specifications(value: &Value, at: At<'_>, checker: &mut Checker) {
    for_rows(value, at, checker, |language, at, checker| {
        language_of(language, at, checker);
        let at = at.key("value");
        let Some(sections) = checker.required(language, "value", at) else { return };
        for_rows(sections, at, checker, |section, at, checker| {
            strings(section, &["name"], at, checker);
            let at = at.key("value");
            let Some(attributes) = checker.required(section, "value", at) else { return };
            for_rows(attributes, at, checker, |attribute, at, checker| {
                strings(attribute, &["name", "value"], at, checker);
            });
        });
    });
}

/// Fields that must be present and strings.
fn strings(map: &Map<String, Value>, keys: &[&str], at: At<'_>, checker: &mut Checker) {
    for key in keys {
        let at = at.key(key);
        if let Some(value) = checker.required(map, key, at) {
            checker.string(value, at);
        }
    }
}

fn check_classifications(value: &Value, at: At<'_>, draft: &mut Draft, checker: &mut Checker) {
    for_rows(value, at, checker, |row, at, checker| {
        strings(row, &["name", "value"], at, checker);
        let word = |key| row.get(key).and_then(Value::as_str);
        let known = matches!(
            (word("name"), word("value")),
            (Some("CONDITION"), Some("NEW" | "REFURB")) | (Some("RESTRICTED"), Some("ADULT"))
        );
        draft.classified &= known;
    });
}

fn check_delivery(value: &Value, at: At<'_>, checker: &mut Checker) {
    let mut seen = MarketSet::default();
    for_rows(value, at, checker, |row, at, checker| {
        if let Some(market) = market_of(row, at, checker) {
            if seen.contains(market) {
                checker.fail(at.key("market"), "must be unique");
            }
            seen.insert(market);
        }
        let at = at.key("value");
        if let Some(value) = checker.required(row, "value", at) {
            checker.word(value, at, &["mailbox", "service_point", "home_delivery"]);
        }
    });
}

fn check_manufacturer(value: &Value, at: At<'_>, checker: &mut Checker) {
    let Some(manufacturer) = checker.object(value, at) else { return };
    strings(manufacturer, &["name"], at, checker);
    for key in ["website", "email"] {
        if let Some(value) = manufacturer.get(key) {
            checker.string(value, at.key(key));
        }
    }
    let address_at = at.key("address");
    if let Some(address) = checker.required(manufacturer, "address", address_at)
        && let Some(address) = checker.object(address, address_at)
    {
        strings(address, &["street_address", "city", "postal_code", "country"], address_at, checker);
        if let Some(country) = address.get("country") {
            checker.text(country, address_at.key("country"), 2, 2);
        }
    }
    let person_at = at.key("responsible_person");
    if let Some(person) = manufacturer.get("responsible_person")
        && let Some(person) = checker.object(person, person_at)
    {
        strings(person, &["name"], person_at, checker);
    }
}

/// Checks a `quantity` field (0 to 500,000).
pub(super) fn check_quantity(map: &Map<String, Value>, checker: &mut Checker) -> Option<u32> {
    let at = At::root("quantity");
    let value = checker.required(map, "quantity", at)?;
    checker.integer(value, at, 0, 500_000).and_then(|quantity| u32::try_from(quantity).ok())
}

/// Checks a `price` field; rows with a failure are left out of the result.
pub(super) fn check_prices(map: &Map<String, Value>, checker: &mut Checker) -> PerMarket<DraftPrice> {
    const MAX_MINOR: i64 = 999_999_900;
    let at = At::root("price");
    let mut prices = PerMarket::default();
    let Some(value) = checker.required(map, "price", at) else { return prices };
    if value.as_array().is_some_and(Vec::is_empty) {
        checker.fail(at, "min length is 1");
    }
    for_rows(value, at, checker, |row, at, checker| {
        let market = market_of(row, at, checker);
        let at = at.key("value");
        let Some(value) = checker.required(row, "value", at) else { return };
        let Some(value) = checker.object(value, at) else { return };
        checker.unknown_fields(value, &["amount_including_vat", "currency", "vat_rate"], Some(at));
        let amount_at = at.key("amount_including_vat");
        let amount = checker.required(value, "amount_including_vat", amount_at);
        let gross_minor = amount.and_then(|amount| {
            let Value::Number(number) = amount else {
                checker.fail(amount_at, "must be of float type");
                return None;
            };
            let minor = minor_from_json(number).filter(|minor| (1..=MAX_MINOR).contains(minor));
            if minor.is_none() {
                checker.fail(amount_at, "must be above 0 and at most 9999999");
            }
            minor
        });
        let currency_at = at.key("currency");
        if let Some(currency) = checker.required(value, "currency", currency_at)
            && let Some(currency) = checker.string(currency, currency_at)
            && market.is_none_or(|market| market.currency() != currency)
        {
            checker.fail(currency_at, format!("unallowed value {currency}"));
        }
        let vat_rate = match value.get("vat_rate") {
            None => None,
            Some(Value::Number(number)) => decimal_from_json(number),
            Some(_) => {
                checker.fail(at.key("vat_rate"), "must be of float type");
                None
            }
        };
        if let (Some(market), Some(gross_minor)) = (market, gross_minor) {
            prices.set(market, DraftPrice { gross_minor, vat_rate });
        }
    });
    prices
}
