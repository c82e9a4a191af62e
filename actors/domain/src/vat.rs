//! VAT rates as dated data, by country and class of goods (fx-vat.md section 3).
//!
//! Invariant: a rate that is not in the table is `None`, never a default; outside this module a rate is
//! a fraction (`0.25`), as the channel wants it, and inside it a percent, as people write it.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{Market, Sku};

/// The class of goods without any privilege; what an article has unless somebody says otherwise.
pub const STANDARD: &str = "standard";

const BUILT_IN: &str = include_str!("vat/default.toml");

/// A country whose VAT we reckon with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Country {
    /// Romania
    Ro,
    /// Sweden
    Se,
    /// Denmark
    Dk,
    /// Finland
    Fi,
    /// Norway
    No,
}

impl Country {
    /// The two letters.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ro => "RO",
            Self::Se => "SE",
            Self::Dk => "DK",
            Self::Fi => "FI",
            Self::No => "NO",
        }
    }
}

impl From<Market> for Country {
    fn from(market: Market) -> Self {
        match market {
            Market::Se => Self::Se,
            Market::Dk => Self::Dk,
            Market::Fi => Self::Fi,
            Market::No => Self::No,
        }
    }
}

/// One rate, for some classes of goods in one country, for some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VatRate {
    /// The country whose law it is.
    pub country: Country,
    /// Classes of goods that it applies to (`standard`, `food`, …).
    pub classes: Vec<String>,
    /// The rate in percent (`25.5`).
    #[serde(deserialize_with = "crate::mapping::decimal::required")]
    pub percent: Decimal,
    /// First day; none means since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day; none means until further notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl VatRate {
    fn covers(&self, country: Country, class: &str, date: Date) -> bool {
        self.country == country
            && self.from.is_none_or(|from| from <= date)
            && self.until.is_none_or(|until| date <= until)
            && self.classes.iter().any(|c| c == class)
    }
}

/// Which class of goods an article belongs to; the merchant's knowledge, so the vendor's data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VatClasses {
    /// Class by SKU; strongest.
    pub by_sku: BTreeMap<String, String>,
    /// Class by the channel's category id.
    pub by_category: BTreeMap<String, String>,
    /// Class by the ERP's class symbol; weakest.
    pub by_erp_class: BTreeMap<String, String>,
}

/// A VAT table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VatError {
    /// Not the expected shape.
    #[error("the VAT table cannot be read: {0}")]
    Syntax(String),
    /// A fraction where a percent belongs, or a number that is no rate.
    #[error("VAT rate {percent} of {country:?} is not a percent: write 25 for 25 % (0, or 1 to 50)")]
    NotAPercent {
        /// The country of the row.
        country: Country,
        /// What stands there.
        percent: Decimal,
    },
    /// A row that can never apply.
    #[error(
        "VAT rate {percent} of {country:?} ends before it begins, or names no class: correct its dates and classes"
    )]
    NeverApplies {
        /// The country of the row.
        country: Country,
        /// The rate of the row.
        percent: Decimal,
    },
    /// An article was put into a class that no row knows.
    #[error("`{0}` is not a VAT class of the table: use one of its classes, or add rows for it")]
    UnknownClass(String),
}

/// Dated VAT rates, and the classes of a vendor's articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VatTable {
    /// The rates; where rows overlap the later one wins.
    #[serde(rename = "rate", default)]
    pub rates: Vec<VatRate>,
    /// Which article is in which class.
    #[serde(default)]
    pub classes: VatClasses,
    /// Goods are delivered so many days after the date that is asked for; what a buyer pays is taxed at the rate of that
    /// day, in his country. 0: by the date itself, which for an order is the order's.
    #[serde(default)]
    pub delivery_days: u16,
}

impl VatTable {
    /// The rates that come with the program. Empty only if the embedded file were broken, which a test rules out.
    pub fn built_in() -> Self {
        toml::from_str(BUILT_IN).unwrap_or_else(|_| Self {
            rates: Vec::new(),
            classes: VatClasses::default(),
            delivery_days: 0,
        })
    }

    /// The built-in rates with a vendor's rows and classes (TOML, same shape) laid over them.
    pub fn with_overrides(vendor_toml: &str) -> Result<Self, VatError> {
        let vendor: Self = toml::from_str(vendor_toml).map_err(|e| VatError::Syntax(e.to_string()))?;
        let mut table = Self::built_in();
        table.rates.extend(vendor.rates);
        table.classes = vendor.classes;
        table.delivery_days = vendor.delivery_days;
        table.validate()?;
        Ok(table)
    }

    /// Checks every row and every class assignment.
    pub fn validate(&self) -> Result<(), VatError> {
        for row in &self.rates {
            let (country, percent) = (row.country, row.percent);
            if !is_percent(percent) {
                return Err(VatError::NotAPercent { country, percent });
            }
            let backwards = row.from.zip(row.until).is_some_and(|(from, until)| until < from);
            if backwards || row.classes.is_empty() {
                return Err(VatError::NeverApplies { country, percent });
            }
        }
        let VatClasses { by_sku, by_category, by_erp_class } = &self.classes;
        for class in by_sku.values().chain(by_category.values()).chain(by_erp_class.values()) {
            if !self.rates.iter().any(|row| row.classes.contains(class)) {
                return Err(VatError::UnknownClass(class.clone()));
            }
        }
        Ok(())
    }

    /// The class of an article: by SKU, else by category, else by ERP class, else `standard`.
    pub fn class_of(&self, sku: &Sku, category: Option<&str>, erp_class: &str) -> &str {
        let classes = &self.classes;
        classes
            .by_sku
            .get(sku.as_str())
            .or_else(|| classes.by_category.get(category?))
            .or_else(|| classes.by_erp_class.get(erp_class))
            .map_or(STANDARD, String::as_str)
    }

    /// What a price of a date is taxed at, in percent: in Romania at once, as the ERP's price is; elsewhere at the rate of the day
    /// of delivery. None if the table has no row for that day.
    pub fn charged(&self, place: impl Into<Country>, class: &str, date: Date) -> Option<Decimal> {
        let country = place.into();
        let days = if country == Country::Ro { 0 } else { i64::from(self.delivery_days) };
        self.percent(country, class, date.checked_add(days.days()).ok()?)
    }

    /// The rate in force on a day, in percent (`25.5`), as the ERP has it; none if the table has no row for it.
    pub fn percent(&self, place: impl Into<Country>, class: &str, date: Date) -> Option<Decimal> {
        let country = place.into();
        self.rates.iter().rev().find(|row| row.covers(country, class, date)).map(|row| row.percent)
    }
}

/// Whether a number can be a VAT percent: 0, or 1 to 50. `0.25` is a fraction in the wrong place.
pub fn is_percent(number: Decimal) -> bool {
    number.is_zero() || (Decimal::ONE..=Decimal::from(50)).contains(&number)
}

/// Takes VAT off an amount: `gross / (1 + percent / 100)`; none when a term is out of range.
pub fn net_of(gross: Decimal, percent: Decimal) -> Option<Decimal> {
    gross.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(Decimal::ONE_HUNDRED.checked_add(percent)?)
}

/// Puts VAT on an amount: `net × (1 + percent / 100)`; none when a term is out of range.
pub fn gross_of(net: Decimal, percent: Decimal) -> Option<Decimal> {
    net.checked_mul(Decimal::ONE_HUNDRED.checked_add(percent)?)?.checked_div(Decimal::ONE_HUNDRED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_embedded_table_is_whole_and_valid() {
        let table = VatTable::built_in();
        table.validate().unwrap();
        assert_eq!(table, toml::from_str(BUILT_IN).unwrap());
        for market in Market::ALL {
            assert!(table.charged(*market, STANDARD, date(2026, 11, 23)).is_some(), "{market}");
        }
    }

    #[test]
    fn rates_change_on_their_day() {
        let table = VatTable::built_in();
        let percent = |place: Country, class, y, m, d| table.percent(place, class, date(y, m, d));
        let rate = |place, class, y, m, d| {
            percent(place, class, y, m, d).map(|percent| percent / Decimal::ONE_HUNDRED)
        };
        assert_eq!(rate(Country::Ro, STANDARD, 2025, 7, 31), Some(decimal("0.19")));
        assert_eq!(rate(Country::Ro, STANDARD, 2025, 8, 1), Some(decimal("0.21")));
        assert_eq!(rate(Country::Fi, STANDARD, 2024, 8, 31), Some(decimal("0.24")));
        assert_eq!(rate(Country::Fi, STANDARD, 2024, 9, 1), Some(decimal("0.255")));
        assert_eq!(rate(Country::Fi, "food", 2026, 1, 1), Some(decimal("0.135")));
        assert_eq!(rate(Country::Se, "food", 2026, 3, 31), Some(decimal("0.12")));
        assert_eq!(rate(Country::Se, "food", 2026, 4, 1), Some(decimal("0.06")));
        assert_eq!(rate(Country::Se, "food", 2028, 1, 1), None, "nobody knows the rate after the cut yet");
        assert_eq!(rate(Country::Se, "books", 2026, 4, 1), Some(decimal("0.06")));
        assert_eq!(rate(Country::Dk, "food", 2026, 4, 1), Some(decimal("0.25")));
        assert_eq!(rate(Country::No, "food", 2026, 4, 1), Some(decimal("0.15")));
        assert_eq!(rate(Country::No, "no such class", 2026, 4, 1), None);
    }

    #[test]
    fn vendor_rows_win_and_classes_go_from_sku_to_erp_class() {
        let table = VatTable::with_overrides(
            r#"
            [[rate]]
            country = "DK"
            classes = ["books"]
            percent = 0
            from = "2026-01-01"
            [classes]
            by_sku = { "A-1" = "books" }
            by_category = { "77" = "food" }
            by_erp_class = { "CARTI" = "culture" }
            "#,
        )
        .unwrap();
        assert_eq!(table.charged(Market::Dk, "books", date(2026, 2, 1)), Some(Decimal::ZERO));
        let (a1, a2) = (Sku::new("A-1").unwrap(), Sku::new("A-2").unwrap());
        assert_eq!(table.class_of(&a1, Some("77"), "CARTI"), "books");
        assert_eq!(table.class_of(&a2, Some("77"), "CARTI"), "food");
        assert_eq!(table.class_of(&a2, Some("78"), "CARTI"), "culture");
        assert_eq!(table.class_of(&a2, None, ""), STANDARD);
    }

    #[test]
    fn a_buyer_pays_the_vat_of_the_day_of_delivery() {
        let table = |days: &str| VatTable::with_overrides(days).unwrap();
        let food = |table: &VatTable, day| table.charged(Market::Se, "food", date(2026, 3, day));
        let (at_once, later) = (table(""), table("delivery_days = 7"));
        assert_eq!((food(&at_once, 25), food(&at_once, 31)), (Some(decimal("12")), Some(decimal("12"))));
        assert_eq!((food(&later, 24), food(&later, 25)), (Some(decimal("12")), Some(decimal("6"))));
        assert_eq!(
            later.percent(Country::Ro, STANDARD, date(2025, 7, 31)),
            Some(decimal("19")),
            "the ERP's price is of today"
        );
        assert_eq!(food(&table("delivery_days = 65535"), 25), None);
        assert!(VatTable::with_overrides("delivery_days = -1").is_err());
    }

    #[test]
    fn every_rate_of_the_law_stands_in_the_embedded_table() {
        let table = VatTable::built_in();
        let rates = |place: Country, class, days: [(i16, i8, i8); 2]| {
            days.map(|(y, m, d)| {
                table.percent(place, class, date(y, m, d)).map(|percent| percent.normalize().to_string())
            })
        };
        let both = |first: &str, second: &str| [Some(first.to_owned()), Some(second.to_owned())];
        let summer = [(2025, 7, 31), (2025, 8, 1)];
        assert_eq!(rates(Country::Ro, "food", summer), both("9", "11"));
        assert_eq!(rates(Country::Ro, "books", summer), both("5", "11"));
        let always = [(2024, 1, 1), (2027, 1, 1)];
        for (place, class, percent) in [
            (Country::Se, STANDARD, "25"),
            (Country::Se, "books", "6"),
            (Country::Se, "culture", "6"),
            (Country::Se, "transport", "6"),
            (Country::Dk, STANDARD, "25"),
            (Country::No, STANDARD, "25"),
            (Country::No, "food", "15"),
            (Country::No, "reduced", "12"),
            (Country::Fi, "press", "10"),
        ] {
            assert_eq!(rates(place, class, always), both(percent, percent), "{place:?} {class}");
        }
    }

    #[test]
    fn f37_a_fraction_where_a_percent_belongs_is_refused() {
        let row = |percent: &str| {
            VatTable::with_overrides(&format!(
                "[[rate]]\ncountry = \"SE\"\nclasses = [\"standard\"]\npercent = {percent}"
            ))
        };
        assert!(row("25").is_ok());
        assert!(matches!(row("0.25"), Err(VatError::NotAPercent { .. })));
        assert!(matches!(row("2500"), Err(VatError::NotAPercent { .. })));
        assert!(matches!(row("-1"), Err(VatError::NotAPercent { .. })));
    }

    #[test]
    fn refuses_rows_that_never_apply_and_unknown_classes() {
        let table = |text: &str| VatTable::with_overrides(text);
        let backwards =
            "[[rate]]\ncountry=\"SE\"\nclasses=[\"x\"]\npercent=1\nfrom=\"2026-02-01\"\nuntil=\"2026-01-01\"";
        assert!(matches!(table(backwards), Err(VatError::NeverApplies { .. })));
        assert!(
            matches!(table("[classes]\nby_sku={A=\"bokks\"}"), Err(VatError::UnknownClass(c)) if c == "bokks")
        );
        assert!(matches!(table("[clases]"), Err(VatError::Syntax(_))));
    }

    #[test]
    fn three_lines_of_99_99_differ_by_line_and_by_total() {
        // fx-vat.md section 4: both methods exist; these functions must not round in between.
        let vat = |net: &str| (gross_of(decimal(net), decimal("25")).unwrap() - decimal(net)).round_dp(4);
        assert_eq!(vat("99.99"), decimal("24.9975"));
        assert_eq!(vat("299.97"), decimal("74.9925"));
        assert_eq!(net_of(decimal("121"), decimal("21")), Some(decimal("100")));
        assert_eq!(net_of(decimal("121"), decimal("-100")), None);
        assert_eq!(gross_of(Decimal::MAX, decimal("25")), None);
    }
}
