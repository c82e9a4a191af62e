//! From what the ERP and the content say of an article to what the channel is told: versioned data, one engine.
//!
//! Invariant: the same mapping, article, content, rates and VAT give the same offer; whatever they hold, the offer
//! keeps the channel's limits (cdon.md section 6) or names a problem. A vendor's versions begin at 1; 0 is built in.

pub(crate) mod decimal;
mod entities;
mod fields;
mod offer;
mod price;
mod problem;
mod sources;
mod tags;
mod text;
mod texts;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use offer::{Offer, OfferInput};
pub use price::{MAX_GROSS_MINOR, MarketPriceRules, PriceBase, PriceEnding, PriceReceipt, PriceRules};
pub use problem::{ContentRule, Field, Note, Problem, ProblemKind};
pub use sources::{
    BrandSource, CategorySource, CustomsSource, FieldSources, GtinSource, ImageSource, TextSource,
    WeightSource,
};

use crate::ids::Market;

/// The built-in mapping as a file, with an explanation of every setting.
pub const DEFAULT_TOML: &str = include_str!("mapping/default.toml");

/// Categories that are not in the content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CategoryRules {
    /// For what nothing else places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The channel's category id by the ERP's class symbol.
    pub by_class: BTreeMap<String, String>,
}

/// Delivery time in working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRange {
    /// At least.
    pub min: u8,
    /// At most.
    pub max: u8,
}

impl DayRange {
    /// Whether the channel takes it: `1 ≤ min ≤ max ≤ 10`.
    pub fn is_valid(self) -> bool {
        1 <= self.min && self.min <= self.max && self.max <= 10
    }
}

/// Delivery times, for all markets and for single ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShippingRules {
    /// Where nothing else is said.
    pub default: DayRange,
    /// By market.
    pub markets: BTreeMap<Market, DayRange>,
}

impl Default for ShippingRules {
    fn default() -> Self {
        Self { default: DayRange { min: 4, max: 7 }, markets: BTreeMap::new() }
    }
}

impl ShippingRules {
    /// The delivery time in a market.
    pub fn days(&self, market: Market) -> DayRange {
        self.markets.get(&market).copied().unwrap_or(self.default)
    }
}

/// One version of a vendor's mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Names this version in every receipt; 0 is the built-in mapping.
    pub version: u32,
    /// Where each field comes from.
    pub fields: FieldSources,
    /// Categories.
    pub category: CategoryRules,
    /// Delivery times.
    pub shipping_days: ShippingRules,
    /// Prices.
    pub price: PriceRules,
}

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, an unknown setting, or a value of the wrong kind; the text names line and column.
    #[error("the mapping cannot be read: {0}")]
    Syntax(String),
    /// A vendor's mapping without a version of its own.
    #[error(
        "the mapping needs `version = 1` or higher, so that every price can name the version it came from"
    )]
    NoVersion,
    /// A value that breaks a rule.
    #[error("`{place}` = {value} cannot be used: {rule}")]
    Value {
        /// The setting, as a path.
        place: String,
        /// What stands there.
        value: String,
        /// What may stand there.
        rule: &'static str,
    },
}

impl Mapping {
    /// The mapping of a vendor without a file; the same as [`DEFAULT_TOML`].
    pub fn built_in() -> Self {
        Self::default()
    }

    /// Reads and checks a vendor's mapping; what the file leaves out is as in the built-in one.
    /// Of several errors the first; [`Mapping::validate`] gives all.
    pub fn from_toml(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|e| MappingError::Syntax(e.to_string()))?;
        if mapping.version == 0 {
            return Err(MappingError::NoVersion);
        }
        match mapping.validate() {
            Ok(()) => Ok(mapping),
            Err(errors) => Err(errors.into_iter().next().unwrap_or(MappingError::NoVersion)),
        }
    }

    /// The whole mapping as TOML, nothing left to defaults: what an immutable version should be stored as.
    pub fn to_toml(&self) -> Result<String, MappingError> {
        toml::to_string(self).map_err(|e| MappingError::Syntax(e.to_string()))
    }

    /// Checks every value against the rules of the channel and of arithmetic.
    pub fn validate(&self) -> Result<(), Vec<MappingError>> {
        let mut errors = Vec::new();
        let mut check = |good: bool, place: String, value: String, rule: &'static str| {
            if !good {
                errors.push(MappingError::Value { place, value, rule });
            }
        };

        let by_class =
            self.category.by_class.iter().map(|(class, id)| (format!("category.by_class.{class}"), id));
        let default = self.category.default.iter().map(|id| ("category.default".to_owned(), id));
        for (place, id) in default.chain(by_class) {
            let rule = "a category id of the channel, 1 to 10 letters or digits";
            check(fields::category_id(id).is_some(), place, format!("`{id}`"), rule);
        }

        let markets =
            self.shipping_days.markets.iter().map(|(market, days)| (format!("markets.{market}"), days));
        for (place, days) in markets.chain([("default".to_owned(), &self.shipping_days.default)]) {
            let value = format!("{} to {}", days.min, days.max);
            check(
                days.is_valid(),
                format!("shipping_days.{place}"),
                value,
                "1 <= min <= max <= 10 working days",
            );
        }

        let price = &self.price;
        let margin_rule = "above -100, at most 1000 percent";
        let margin = price.margin_percent;
        check(is_margin(margin), "price.margin_percent".to_owned(), margin.to_string(), margin_rule);
        check(
            !price.sources.is_empty(),
            "price.sources".to_owned(),
            "[]".to_owned(),
            "name at least one source",
        );
        for (market, own) in &price.markets {
            let place = |name: &str| format!("price.markets.{market}.{name}");
            if let Some(margin) = own.margin_percent {
                check(is_margin(margin), place("margin_percent"), margin.to_string(), margin_rule);
            }
            if own.sources.as_ref().is_some_and(Vec::is_empty) {
                check(false, place("sources"), "[]".to_owned(), "name at least one source");
            }
            let highest = Decimal::new(MAX_GROSS_MINOR, 2);
            for (name, amount) in [("floor", own.floor), ("min", own.min), ("max", own.max)] {
                if let Some(amount) = amount {
                    let good = amount > Decimal::ZERO && amount <= highest;
                    check(good, place(name), amount.to_string(), "above 0, at most 9999999");
                }
            }
            let max = own.max.unwrap_or(highest);
            for (name, amount) in [("floor", own.floor), ("min", own.min)] {
                if let Some(amount) = amount.filter(|amount| *amount > max) {
                    check(false, place(name), amount.to_string(), "not above max");
                }
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// What is allowed but goes against the channel's advice: delivery times more than 3 days apart.
    pub fn warnings(&self) -> Vec<MappingError> {
        let wide = |market: &Market| {
            let days = self.shipping_days.days(*market);
            (days.max.saturating_sub(days.min) > 3).then(|| MappingError::Value {
                place: format!("shipping_days ({market})"),
                value: format!("{} to {}", days.min, days.max),
                rule: "the channel asks for at most 3 days between min and max",
            })
        };
        Market::ALL.iter().filter_map(wide).collect()
    }
}

fn is_margin(percent: Decimal) -> bool {
    percent > Decimal::NEGATIVE_ONE * Decimal::ONE_HUNDRED && percent <= Decimal::ONE_THOUSAND
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Mapping::from_toml(text).unwrap_err().to_string()
    }

    #[test]
    fn the_file_says_what_the_program_does() {
        assert_eq!(toml::from_str::<Mapping>(DEFAULT_TOML).unwrap(), Mapping::built_in());
        Mapping::built_in().validate().unwrap();
        assert!(Mapping::built_in().warnings().is_empty());
    }

    #[test]
    fn a_file_may_say_only_what_differs() {
        let mapping = Mapping::from_toml(
            r#"
            version = 3
            [fields]
            title = ["content_market_language", "content_english"]
            [category]
            by_class = { SCULE = "1124" }
            [shipping_days.markets]
            SE = { min = 3, max = 6 }
            [price]
            margin_percent = 12.5
            [price.markets.NO]
            ending = "nine"
            floor = "49.00"
            "#,
        )
        .unwrap();
        assert_eq!(mapping.fields.description, FieldSources::default().description);
        assert_eq!(mapping.shipping_days.days(Market::Se), DayRange { min: 3, max: 6 });
        assert_eq!(mapping.price.margin_percent, Decimal::new(125, 1));
        assert_eq!(mapping.price.markets[&Market::No].floor, Some(Decimal::new(4900, 2)));
        assert_eq!(Mapping::from_toml(&mapping.to_toml().unwrap()).unwrap(), mapping);
        let json = serde_json::to_string(&mapping).unwrap();
        assert_eq!(serde_json::from_str::<Mapping>(&json).unwrap(), mapping);
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        assert!(error("version = 1\n[prices]").contains("unknown field `prices`"));
        assert!(error("version = 1\n[price]\nsources = [\"sql\"]").contains("unknown variant `sql`"));
        assert!(error("version = 1\n[price.markets.XX]").contains("XX"));
        assert!(error("version = 1\n[price]\nmargin_percent = \"1,5\"").contains("not a number"));
        assert!(error("[price]\nmargin_percent = 1").contains("version"));
    }

    #[test]
    fn names_every_value_that_cannot_be_used() {
        let mapping: Mapping = toml::from_str(
            r#"
            version = 1
            [category]
            default = "tools & more"
            [shipping_days]
            default = { min = 5, max = 11 }
            markets = { SE = { min = 0, max = 1 } }
            [price]
            sources = []
            margin_percent = -100
            [price.markets.SE]
            floor = 20
            min = 0
            max = 10
            "#,
        )
        .unwrap();
        let errors: Vec<_> = mapping.validate().unwrap_err().iter().map(ToString::to_string).collect();
        let places = [
            "category.default",
            "shipping_days.markets.SE",
            "shipping_days.default",
            "price.margin_percent",
            "price.sources",
            "price.markets.SE.min",
            "price.markets.SE.floor",
        ];
        assert_eq!(errors.len(), places.len(), "{errors:?}");
        for (error, place) in errors.iter().zip(places) {
            assert!(error.contains(place), "{error}");
        }
    }

    #[test]
    fn warns_of_a_wide_delivery_time() {
        let mut mapping = Mapping::built_in();
        mapping.shipping_days.markets.insert(Market::Fi, DayRange { min: 2, max: 6 });
        assert_eq!(mapping.warnings().len(), 1);
    }
}
