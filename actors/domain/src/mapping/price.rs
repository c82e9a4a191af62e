//! From a RON price in the ERP to what a buyer in one market pays, with a receipt of every step.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::problem::{ContentRule, Field, ProblemKind};
use crate::{
    article::{ErpArticle, MarketPrice},
    ids::Market,
    money::Money,
    rates::{AppliedRate, RateRule, RateTable},
    vat::{self, Country, VatTable},
};

/// The highest price that the channel takes, in minor units: 9 999 999 (cdon.md section 6).
pub const MAX_GROSS_MINOR: i64 = 999_999_900;

/// Which price of the ERP a consumer price starts from; both are RON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PriceBase {
    /// With Romanian VAT, which is taken off first.
    #[serde(rename = "erp_price_gross")]
    Gross,
    /// Without VAT.
    #[serde(rename = "erp_price_net")]
    Net,
}

/// What consumer prices end in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceEnding {
    /// As reckoned, to the minor unit.
    #[default]
    None,
    /// Whole units: 319,00.
    Whole,
    /// …,90: 318,90.
    Ninety,
    /// Whole units that end in 9: 319,00.
    Nine,
}

impl PriceEnding {
    /// The nearest price with this ending (up when in the middle), above zero and never below the floor.
    pub fn apply(self, minor: i64, floor_minor: Option<i64>) -> i64 {
        let floor = floor_minor.unwrap_or(1).max(1);
        let (step, at) = match self {
            Self::None => return minor.max(floor),
            Self::Whole => (100, 0),
            Self::Ninety => (100, 90),
            Self::Nine => (1000, 900),
        };
        let on_grid = |steps: i64| steps.saturating_mul(step).saturating_add(at);
        let nearest = on_grid(minor.saturating_sub(at).saturating_add(step / 2).div_euclid(step));
        if nearest >= floor {
            return nearest;
        }
        on_grid(floor.saturating_sub(at).saturating_add(step - 1).div_euclid(step))
    }
}

/// How prices are made, for all markets and for single ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriceRules {
    /// The first that the article has is the base.
    pub sources: Vec<PriceBase>,
    /// Put on after conversion; negative for a discount.
    #[serde(deserialize_with = "super::decimal::required")]
    pub margin_percent: Decimal,
    /// What the price ends in.
    pub ending: PriceEnding,
    /// Which day's rate is taken.
    pub rate_rule: RateRule,
    /// An older rate makes no price, calendar days.
    pub rate_max_age_days: u16,
    /// What differs in one market.
    pub markets: BTreeMap<Market, MarketPriceRules>,
}

impl Default for PriceRules {
    fn default() -> Self {
        Self {
            sources: vec![PriceBase::Gross, PriceBase::Net],
            margin_percent: Decimal::ZERO,
            ending: PriceEnding::None,
            rate_rule: RateRule::PublishedBefore,
            rate_max_age_days: 5,
            markets: BTreeMap::new(),
        }
    }
}

/// What differs in one market; the amounts are consumer prices in its currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MarketPriceRules {
    /// Instead of the general sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<PriceBase>>,
    /// Instead of the general margin.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "super::decimal::optional")]
    pub margin_percent: Option<Decimal>,
    /// Instead of the general ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<PriceEnding>,
    /// No article is cheaper; a lower price is lifted to it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "super::decimal::optional")]
    pub floor: Option<Decimal>,
    /// A lower price is taken for an error and blocks the market.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "super::decimal::optional")]
    pub min: Option<Decimal>,
    /// A higher price is taken for an error and blocks the market.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "super::decimal::optional")]
    pub max: Option<Decimal>,
}

/// Every step of one published price; enough to reckon it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceReceipt {
    /// The market.
    pub market: Market,
    /// The business date that rate and VAT were chosen for.
    pub date: Date,
    /// What the ERP said, RON.
    pub base_ron: Decimal,
    /// With or without Romanian VAT.
    pub base_kind: PriceBase,
    /// Romanian VAT that was taken off, percent; 0 for a net base.
    pub base_vat_percent: Decimal,
    /// The base without Romanian VAT, RON.
    pub vat_stripped: Decimal,
    /// The exchange rate.
    pub rate: AppliedRate,
    /// The net price in the market's currency.
    pub converted: Decimal,
    /// The margin, percent.
    pub margin_percent: Decimal,
    /// The net price with the margin.
    pub with_margin: Decimal,
    /// The article's class of goods for VAT.
    pub vat_class: String,
    /// The market's VAT as a fraction.
    pub vat_rate: Decimal,
    /// The consumer price before rounding, reckoned as one fraction, so that no step's last digit tips it.
    pub before_rounding: Decimal,
    /// Rounded half up to minor units.
    pub rounded_minor: i64,
    /// The ending that was applied last.
    pub ending: PriceEnding,
    /// The floor in minor units.
    pub floor_minor: Option<i64>,
    /// What the buyer pays, minor units of the market's currency.
    pub gross_minor: i64,
    /// The mapping version that all of this came from.
    pub mapping_version: u32,
}

impl PriceReceipt {
    /// Reckons the price again from base, rate, margin, VAT, ending and floor; equals `gross_minor` unless the
    /// receipt was altered. 0 when the terms are out of range.
    pub fn recompute(&self) -> i64 {
        let terms = Terms {
            base_ron: self.base_ron,
            base_vat_percent: self.base_vat_percent,
            margin_percent: self.margin_percent,
            vat_rate: self.vat_rate,
        };
        terms
            .before_rounding(&self.rate)
            .and_then(|amount| Money::rounded(amount, self.market.currency()).ok())
            .map_or(0, |rounded| self.ending.apply(rounded.minor, self.floor_minor))
    }

    /// The price as it is published.
    pub fn price(&self) -> MarketPrice {
        MarketPrice { market: self.market, gross_minor: self.gross_minor, vat_rate: self.vat_rate }
    }
}

struct Terms {
    base_ron: Decimal,
    base_vat_percent: Decimal,
    margin_percent: Decimal,
    vat_rate: Decimal,
}

impl Terms {
    fn before_rounding(&self, rate: &AppliedRate) -> Option<Decimal> {
        let hundred = Decimal::ONE_HUNDRED;
        let above = self
            .base_ron
            .checked_mul(rate.units)?
            .checked_mul(hundred.checked_add(self.margin_percent)?)?
            .checked_mul(Decimal::ONE.checked_add(self.vat_rate)?)?;
        let below = rate.ron.checked_mul(hundred.checked_add(self.base_vat_percent)?)?;
        above.checked_div(below)
    }
}

/// What a price is made of, common to all markets.
pub(super) struct PriceInput<'a> {
    pub(super) article: &'a ErpArticle,
    pub(super) rates: &'a RateTable,
    pub(super) vat: &'a VatTable,
    pub(super) vat_class: &'a str,
    pub(super) date: Date,
    pub(super) mapping_version: u32,
}

impl PriceRules {
    pub(super) fn price(&self, market: Market, input: &PriceInput<'_>) -> Result<PriceReceipt, ProblemKind> {
        let own = self.markets.get(&market);
        let sources = own.and_then(|m| m.sources.as_ref()).unwrap_or(&self.sources);
        let margin_percent = own.and_then(|m| m.margin_percent).unwrap_or(self.margin_percent);
        let ending = own.and_then(|m| m.ending).unwrap_or(self.ending);
        let floor = own.and_then(|m| m.floor);
        let out_of_range = |amount: Decimal| ProblemKind::PriceOutOfRange {
            amount,
            min: own.and_then(|m| m.min),
            max: own.and_then(|m| m.max).unwrap_or(Decimal::new(MAX_GROSS_MINOR, 2)),
        };

        let (base_ron, base_kind, base_vat_percent) = base(sources, input)?;
        if base_ron <= Decimal::ZERO {
            return Err(out_of_range(base_ron));
        }
        let rate = self.rate(market, input)?;
        let vat_rate = input
            .vat
            .rate(market, input.vat_class, input.date)
            .ok_or_else(|| missing_vat(market.into(), input))?;

        let terms = Terms { base_ron, base_vat_percent, margin_percent, vat_rate };
        let (before_rounding, vat_stripped, converted, with_margin) =
            steps(&terms, &rate).ok_or_else(|| out_of_range(base_ron))?;
        let rounded_minor = Money::rounded(before_rounding, market.currency())
            .map_err(|_| out_of_range(before_rounding))?
            .minor;
        let floor_minor = match floor {
            Some(floor) => Some(minor_rounded_up(floor).ok_or_else(|| out_of_range(floor))?),
            None => None,
        };
        // A price that rounds to nothing is an error of the data, not something an ending may lift.
        let gross_minor =
            if rounded_minor > 0 { ending.apply(rounded_minor, floor_minor) } else { rounded_minor };
        let gross = Decimal::new(gross_minor, 2);
        let allowed = (1..=MAX_GROSS_MINOR).contains(&gross_minor)
            && own.and_then(|m| m.min).is_none_or(|min| gross >= min)
            && own.and_then(|m| m.max).is_none_or(|max| gross <= max);
        if !allowed {
            return Err(out_of_range(gross));
        }
        Ok(PriceReceipt {
            market,
            date: input.date,
            base_ron,
            base_kind,
            base_vat_percent,
            vat_stripped,
            rate,
            converted,
            margin_percent,
            with_margin,
            vat_class: input.vat_class.to_owned(),
            vat_rate,
            before_rounding,
            rounded_minor,
            ending,
            floor_minor,
            gross_minor,
            mapping_version: input.mapping_version,
        })
    }

    fn rate(&self, market: Market, input: &PriceInput<'_>) -> Result<AppliedRate, ProblemKind> {
        let (currency, date) = (market.currency(), input.date);
        let rate = input
            .rates
            .rate_for(currency, date, self.rate_rule)
            .ok_or(ProblemKind::MissingRate { currency, date })?;
        let (age_days, max_days) = (rate.age_days(date), self.rate_max_age_days);
        if age_days > i64::from(max_days) {
            return Err(ProblemKind::StaleRate { currency, published: rate.published, age_days, max_days });
        }
        Ok(rate)
    }
}

/// The base price, and the Romanian VAT in it.
fn base(sources: &[PriceBase], input: &PriceInput<'_>) -> Result<(Decimal, PriceBase, Decimal), ProblemKind> {
    let article = input.article;
    let (price, kind) = sources
        .iter()
        .find_map(|kind| {
            let price = match kind {
                PriceBase::Gross => article.price_gross,
                PriceBase::Net => article.price_net,
            };
            price.map(|price| (price, *kind))
        })
        .ok_or(ProblemKind::MissingPrice)?;
    let both = article.price_gross.zip(article.price_net);
    if kind == PriceBase::Net && both.is_none() {
        return Ok((price, kind, Decimal::ZERO));
    }
    let percent = romanian_percent(input)?;
    if let Some((gross, net)) = both
        && !agree(gross, net, percent)
    {
        return Err(ProblemKind::PricesDisagree { gross, net, vat_percent: percent });
    }
    Ok((price, kind, if kind == PriceBase::Gross { percent } else { Decimal::ZERO }))
}

fn romanian_percent(input: &PriceInput<'_>) -> Result<Decimal, ProblemKind> {
    match input.article.vat_percent {
        Some(percent) if vat::is_percent(percent) => Ok(percent),
        Some(percent) => Err(ProblemKind::InvalidContent {
            field: Field::VatPercent,
            rule: ContentRule::Percent,
            value: percent.to_string(),
        }),
        None => input
            .vat
            .percent(Country::Ro, input.vat_class, input.date)
            .ok_or_else(|| missing_vat(Country::Ro, input)),
    }
}

/// Whether the ERP's two prices tell the same story, give or take its rounding: 1 %, at least 2 bani.
fn agree(gross: Decimal, net: Decimal, percent: Decimal) -> bool {
    let tolerance = gross.abs().checked_div(Decimal::ONE_HUNDRED).unwrap_or_default().max(Decimal::new(2, 2));
    vat::gross_of(net, percent)
        .and_then(|expected| expected.checked_sub(gross))
        .is_some_and(|difference| difference.abs() <= tolerance)
}

fn missing_vat(country: Country, input: &PriceInput<'_>) -> ProblemKind {
    ProblemKind::MissingVatRate { country, class: input.vat_class.to_owned(), date: input.date }
}

fn steps(terms: &Terms, rate: &AppliedRate) -> Option<(Decimal, Decimal, Decimal, Decimal)> {
    let vat_stripped = vat::net_of(terms.base_ron, terms.base_vat_percent)?;
    let converted = rate.from_ron(vat_stripped)?;
    let with_margin = vat::gross_of(converted, terms.margin_percent)?;
    Some((terms.before_rounding(rate)?, vat_stripped, converted, with_margin))
}

fn minor_rounded_up(amount: Decimal) -> Option<i64> {
    let minor = amount.checked_mul(Decimal::ONE_HUNDRED)?;
    i64::try_from(minor.round_dp_with_strategy(0, RoundingStrategy::ToPositiveInfinity)).ok()
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
