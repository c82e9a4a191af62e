//! Exchange rates as dated data (fx-vat.md sections 1 and 2): RON per unit of a foreign currency.
//!
//! A published rate that *jumps* is held until a person confirms it. Orders take exactly the rate that the rule names.
//! Prices may stay at an older one while the market moves within the vendor's *corridor*, so that daily noise does not
//! republish the catalogue. Both follow from the stored history alone: the same days give the same rates, always.
//!
//! Invariant: a rate that is not in the table is `None`; nothing ever falls back to 1.

mod book;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use book::RateBook;

use crate::ids::{Currency, InvalidId};

/// Who says what a currency is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateSource {
    /// The National Bank of Romania.
    Bnr,
    /// The European Central Bank, crossed over EUR.
    Ecb,
    /// The vendor's file of rates.
    File,
    /// A person, for one day.
    Manual,
    /// The vendor's settings; for any day that has no published rate.
    Fixed,
    /// RON in RON.
    Identity,
}

impl RateSource {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Bnr => "bnr",
            Self::Ecb => "ecb",
            Self::File => "file",
            Self::Manual => "manual",
            Self::Fixed => "fixed",
            Self::Identity => "identity",
        }
    }

    /// Whether its rate grows old.
    fn ages(self) -> bool {
        !matches!(self, Self::Fixed | Self::Identity)
    }
}

impl fmt::Display for RateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Whose rates a mapping converts by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateChoice {
    /// What the vendor uses for its orders too: its bank's, its file's, its people's, its fixed ones.
    #[default]
    Vendor,
    /// The National Bank of Romania.
    Bnr,
    /// The European Central Bank.
    Ecb,
}

/// Which published rate a business date takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateRule {
    /// The last rate published before the date (Fiscal Code art. 290): a Monday takes Friday's.
    #[default]
    PublishedBefore,
    /// The last rate published on or before the date.
    PublishedOnOrBefore,
}

/// How much a vendor trusts what is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RatePolicy {
    /// An older rate makes no new price and raises attention, calendar days; orders take it, with a flag.
    pub max_age_days: u16,
    /// A rate that moved by more percent against the one before is held for a person; 0: none is.
    pub jump_percent: Decimal,
    /// Prices stay at their rate until the market has moved by more percent; 0: they follow every rate.
    pub corridor_percent: Decimal,
}

impl Default for RatePolicy {
    fn default() -> Self {
        Self { max_age_days: 5, jump_percent: Decimal::from(5), corridor_percent: Decimal::ONE }
    }
}

/// What a person says about the rate of one day. The newest word on a currency and day counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateWord {
    /// Which currency.
    pub currency: Currency,
    /// The day of publication that it speaks of.
    pub date: Date,
    /// What is to be done.
    pub verdict: RateVerdict,
    /// RON for one unit: the manual rate, or the published one that was looked at; any other of that day is not meant.
    pub ron_per_unit: Decimal,
    /// Who says so.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at_ms: i64,
}

/// What is to be done with the rate of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateVerdict {
    /// This rate counts, whatever was published.
    Manual,
    /// The published rate is right, however far it moved.
    Confirmed,
    /// The published rate is wrong and is not used.
    Refused,
    /// What was said before no longer holds.
    Withdrawn,
}

impl RateVerdict {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for RateVerdict {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let all = [Self::Manual, Self::Confirmed, Self::Refused, Self::Withdrawn];
        all.into_iter().find(|verdict| verdict.code() == text).ok_or_else(|| InvalidId {
            kind: "word on an exchange rate",
            value: text.chars().take(80).collect(),
            rule: "one of manual, confirmed, refused, withdrawn",
        })
    }
}

/// A rate and its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedRate {
    /// RON for one unit.
    pub ron_per_unit: Decimal,
    /// The day of publication.
    pub published: Date,
}

/// The market's own rate, from which prices were kept away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketRate {
    /// What the rule names.
    #[serde(flatten)]
    pub rate: DatedRate,
    /// How far it may move before prices follow, percent.
    pub corridor_percent: Decimal,
}

/// A rate as it was applied, complete enough to repeat the conversion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedRate {
    /// RON for one unit of the currency; of a cross rate the quotient at 28 digits, `ron` / `units` being exact.
    pub ron_per_unit: Decimal,
    /// Exact numerator: so many RON …
    pub ron: Decimal,
    /// … for so many units of the currency (1, BNR's multiplier, or ECB's units per EUR).
    pub units: Decimal,
    /// The day of publication; for a fixed rate and for RON the business date itself.
    pub published: Date,
    /// Who published it.
    pub source: RateSource,
    /// The market's rate for the date, when the corridor kept a price at this older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<MarketRate>,
    /// A newer rate that the rule names, and that waits for a person because it jumped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<DatedRate>,
}

impl AppliedRate {
    /// RON for an amount in the currency, not rounded to bani; none on overflow.
    pub fn to_ron(&self, amount: Decimal) -> Option<Decimal> {
        amount.checked_mul(self.ron)?.checked_div(self.units)
    }

    /// The amount in the currency for RON, not rounded to minor units; none on overflow.
    pub fn from_ron(&self, ron: Decimal) -> Option<Decimal> {
        ron.checked_mul(self.units)?.checked_div(self.ron)
    }

    /// Calendar days between the market's last publication and the business date; 0 for a rate that cannot age.
    pub fn age_days(&self, business_date: Date) -> i64 {
        if !self.source.ages() {
            return 0;
        }
        let published = self.market.map_or(self.published, |market| market.rate.published);
        i64::from((business_date - published).get_days())
    }
}

/// A rate that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Zero, negative, or out of range.
    #[error("{ron} RON for {units} {currency} is not an exchange rate: both must be above zero")]
    NotPositive {
        /// The currency.
        currency: Currency,
        /// RON …
        ron: Decimal,
        /// … per so many units.
        units: Decimal,
    },
    /// RON is always 1.
    #[error("RON needs no exchange rate: remove it from the rates")]
    Ron,
    /// ECB's day has no RON, so nothing can be crossed.
    #[error("the ECB rates of {0} lack RON, so no cross rate can be made: use another day or source")]
    NoRonInEcbDay(Date),
}

/// What became of a published rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It counts.
    Used,
    /// It jumped and waits for a person.
    Held,
    /// A person refused it.
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Quote {
    published: Date,
    ron: Decimal,
    units: Decimal,
    /// `ron` / `units` at 28 digits.
    ron_per_unit: Decimal,
    source: RateSource,
    standing: Standing,
    /// Where in the series the rate stands that prices take while this one is the market's.
    pricing: usize,
}

impl Quote {
    fn dated(&self) -> DatedRate {
        DatedRate { ron_per_unit: self.ron_per_unit, published: self.published }
    }

    fn applied(&self) -> AppliedRate {
        let Self { published, ron, units, ron_per_unit, source, .. } = *self;
        AppliedRate { ron_per_unit, ron, units, published, source, market: None, held: None }
    }
}

/// One day of a currency's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateDay<'a> {
    /// What was published, or what a person put in its place.
    pub rate: DatedRate,
    /// Who says so.
    pub source: RateSource,
    /// What became of it.
    pub standing: Standing,
    /// What prices were made with while this was the market's rate; none unless it counts.
    pub pricing: Option<DatedRate>,
    /// The newest word of a person about this day.
    pub word: Option<&'a RateWord>,
}

/// A rate that waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldRate {
    /// The currency.
    pub currency: Currency,
    /// What was published.
    pub rate: DatedRate,
    /// Who published it.
    pub source: RateSource,
    /// What counts meanwhile.
    pub before: DatedRate,
}

impl HeldRate {
    /// By how much it moved, percent with two decimals; negative when the currency fell.
    pub fn moved_percent(&self) -> Decimal {
        let (before, now) = (self.before.ron_per_unit, self.rate.ron_per_unit);
        let moved = now.checked_sub(before).and_then(|by| by.checked_mul(Decimal::ONE_HUNDRED));
        moved.and_then(|by| by.checked_div(before)).unwrap_or(Decimal::MAX).round_dp(2)
    }
}

/// All rates that a vendor's business may use, made by a [`RateBook`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateTable {
    policy: RatePolicy,
    /// Sorted by day; one quote per day.
    series: BTreeMap<(RateChoice, Currency), Vec<Quote>>,
    fixed: BTreeMap<Currency, Decimal>,
    words: BTreeMap<(Currency, Date), RateWord>,
}

impl RateTable {
    /// A table of fixed rates, RON per unit, valid on any date.
    pub fn fixed(rates: impl IntoIterator<Item = (Currency, Decimal)>) -> Result<Self, RateError> {
        let mut table = Self::default();
        for (currency, ron) in rates {
            table.fix(currency, ron)?;
        }
        Ok(table)
    }

    /// Sets the rate of days that have no published one, RON per unit.
    pub fn fix(&mut self, currency: Currency, ron_per_unit: Decimal) -> Result<(), RateError> {
        book::quotient(currency, ron_per_unit, Decimal::ONE)?;
        self.fixed.insert(currency, ron_per_unit);
        Ok(())
    }

    /// The rules that held and kept rates in this table.
    pub fn policy(&self) -> &RatePolicy {
        &self.policy
    }

    /// Whether a rate is too old for new prices of a business date.
    pub fn is_stale(&self, rate: &AppliedRate, business_date: Date) -> bool {
        rate.age_days(business_date) > i64::from(self.policy.max_age_days)
    }

    /// The rate of a currency for a business date, as orders take it: exactly the one that the rule names, unless it is
    /// held; none if the table has none that the rule allows.
    pub fn rate_for(&self, currency: Currency, business_date: Date, rule: RateRule) -> Option<AppliedRate> {
        match self.market(RateChoice::Vendor, currency, business_date, rule) {
            Some((series, at, held)) => Some(AppliedRate { held, ..series.get(at)?.applied() }),
            None => self.undated(currency, business_date),
        }
    }

    /// The rate that prices of a business date are made with: the one that the rule names, or the older one at which the
    /// corridor keeps them.
    pub fn pricing_rate(
        &self,
        choice: RateChoice,
        currency: Currency,
        business_date: Date,
        rule: RateRule,
    ) -> Option<AppliedRate> {
        let Some((series, at, held)) = self.market(choice, currency, business_date, rule) else {
            return self.undated(currency, business_date).filter(|_| choice == RateChoice::Vendor);
        };
        let quote = series.get(at)?;
        let corridor_percent = self.policy.corridor_percent;
        let market = (quote.pricing != at).then(|| MarketRate { rate: quote.dated(), corridor_percent });
        Some(AppliedRate { market, held, ..series.get(quote.pricing)?.applied() })
    }

    /// Every day of a currency's history, oldest first.
    pub fn history(
        &self,
        choice: RateChoice,
        currency: Currency,
    ) -> impl DoubleEndedIterator<Item = RateDay<'_>> {
        let series = self.series.get(&(choice, currency)).map_or(&[][..], Vec::as_slice);
        series.iter().map(move |quote| RateDay {
            rate: quote.dated(),
            source: quote.source,
            standing: quote.standing,
            pricing: (quote.standing == Standing::Used)
                .then(|| series.get(quote.pricing).map(Quote::dated))
                .flatten(),
            word: self.words.get(&(currency, quote.published)),
        })
    }

    /// The vendor's rates of a currency that wait for a person and are newer than what counts, oldest first.
    pub fn held(&self, currency: Currency) -> Vec<HeldRate> {
        let series = self.series.get(&(RateChoice::Vendor, currency)).map_or(&[][..], Vec::as_slice);
        let Some(at) = series.iter().rposition(|quote| quote.standing == Standing::Used) else {
            return Vec::new();
        };
        let before = series.get(at).map(Quote::dated);
        let newer = series.iter().skip(at + 1).filter(|quote| quote.standing == Standing::Held);
        newer
            .filter_map(|quote| {
                Some(HeldRate { currency, rate: quote.dated(), source: quote.source, before: before? })
            })
            .collect()
    }

    /// The newest quote that counts and that the rule allows: its series, its place in it, and a newer one that waits.
    fn market(
        &self,
        choice: RateChoice,
        currency: Currency,
        business_date: Date,
        rule: RateRule,
    ) -> Option<(&[Quote], usize, Option<DatedRate>)> {
        let series = self.series.get(&(choice, currency))?;
        let allowed = series.partition_point(|quote| match rule {
            RateRule::PublishedBefore => quote.published < business_date,
            RateRule::PublishedOnOrBefore => quote.published <= business_date,
        });
        let allowed = series.get(..allowed)?;
        let at = allowed.iter().rposition(|quote| quote.standing == Standing::Used)?;
        let newer = allowed.iter().skip(at + 1);
        let held = newer.rev().find(|quote| quote.standing == Standing::Held).map(Quote::dated);
        Some((series, at, held))
    }

    /// RON in RON, or the rate that the settings fix for days without a published one.
    fn undated(&self, currency: Currency, business_date: Date) -> Option<AppliedRate> {
        let (ron, source) = match currency {
            Currency::Ron => (Decimal::ONE, RateSource::Identity),
            _ => (*self.fixed.get(&currency)?, RateSource::Fixed),
        };
        let (units, published) = (Decimal::ONE, business_date);
        Some(AppliedRate { ron_per_unit: ron, ron, units, published, source, market: None, held: None })
    }
}
