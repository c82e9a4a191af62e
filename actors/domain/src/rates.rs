//! Exchange rates as dated data (fx-vat.md sections 1 and 2): RON per unit of a foreign currency.
//!
//! Invariant: a rate that is not in the table is `None`; nothing ever falls back to 1.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::Currency;

/// Source of a rate that the vendor's configuration fixes; valid on any date.
pub const FIXED: &str = "fixed";
/// Source of the rates of the National Bank of Romania.
pub const BNR: &str = "bnr";
/// Source of cross rates over EUR from the European Central Bank.
pub const ECB: &str = "ecb";
/// Source of RON in RON.
pub const IDENTITY: &str = "identity";

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
    /// Who published it: [`BNR`], [`ECB`], [`FIXED`] or [`IDENTITY`].
    pub source: String,
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

    /// Calendar days between publication and the business date; 0 for a rate that cannot age.
    pub fn age_days(&self, business_date: Date) -> i64 {
        match self.source.as_str() {
            FIXED | IDENTITY => 0,
            _ => i64::from((business_date - self.published).get_days()),
        }
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Quote {
    published: Date,
    ron: Decimal,
    units: Decimal,
    source: String,
}

/// All rates that a vendor's business may use. A fixed rate wins over published ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateTable {
    /// Sorted by day; one quote per day.
    published: BTreeMap<Currency, Vec<Quote>>,
    fixed: BTreeMap<Currency, Decimal>,
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

    /// Sets a fixed rate, RON per unit.
    pub fn fix(&mut self, currency: Currency, ron_per_unit: Decimal) -> Result<(), RateError> {
        quotient(currency, ron_per_unit, Decimal::ONE)?;
        self.fixed.insert(currency, ron_per_unit);
        Ok(())
    }

    /// Adds BNR's rate of a day: `ron` for `multiplier` units. A second one for the same day replaces the first.
    pub fn add_bnr(
        &mut self,
        currency: Currency,
        published: Date,
        ron: Decimal,
        multiplier: u32,
    ) -> Result<(), RateError> {
        self.add(BNR, currency, published, ron, multiplier.into())
    }

    /// Adds ECB's rates of a day, each in units of currency per 1 EUR, RON among them.
    pub fn add_ecb(
        &mut self,
        published: Date,
        per_eur: &BTreeMap<Currency, Decimal>,
    ) -> Result<(), RateError> {
        let ron = *per_eur.get(&Currency::Ron).ok_or(RateError::NoRonInEcbDay(published))?;
        self.add(ECB, Currency::Eur, published, ron, Decimal::ONE)?;
        for (currency, units) in per_eur {
            if !matches!(currency, Currency::Ron | Currency::Eur) {
                self.add(ECB, *currency, published, ron, *units)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        source: &str,
        currency: Currency,
        published: Date,
        ron: Decimal,
        units: Decimal,
    ) -> Result<(), RateError> {
        quotient(currency, ron, units)?;
        let quote = Quote { published, ron, units, source: source.to_owned() };
        let quotes = self.published.entry(currency).or_default();
        let at = quotes.partition_point(|q| q.published < published);
        match quotes.get_mut(at) {
            Some(same) if same.published == published => *same = quote,
            _ => quotes.insert(at, quote),
        }
        Ok(())
    }

    /// Forgets published rates older than a day, so that the table stays small.
    pub fn forget_before(&mut self, date: Date) {
        for quotes in self.published.values_mut() {
            quotes.retain(|q| q.published >= date);
        }
    }

    /// The newest day that any rate was published on.
    pub fn newest(&self) -> Option<Date> {
        self.published.values().filter_map(|quotes| quotes.last()).map(|q| q.published).max()
    }

    /// The rate of a currency for a business date; none if the table has none that the rule allows.
    pub fn rate_for(&self, currency: Currency, business_date: Date, rule: RateRule) -> Option<AppliedRate> {
        let own = |ron: Decimal, source: &str| {
            let (units, published) = (Decimal::ONE, business_date);
            Some(AppliedRate { ron_per_unit: ron, ron, units, published, source: source.to_owned() })
        };
        if currency == Currency::Ron {
            return own(Decimal::ONE, IDENTITY);
        }
        if let Some(ron) = self.fixed.get(&currency) {
            return own(*ron, FIXED);
        }
        let quotes = self.published.get(&currency)?;
        let usable = quotes.partition_point(|q| match rule {
            RateRule::PublishedBefore => q.published < business_date,
            RateRule::PublishedOnOrBefore => q.published <= business_date,
        });
        let Quote { published, ron, units, source } = quotes.get(usable.checked_sub(1)?)?.clone();
        Some(AppliedRate { ron_per_unit: ron.checked_div(units)?, ron, units, published, source })
    }
}

fn quotient(currency: Currency, ron: Decimal, units: Decimal) -> Result<Decimal, RateError> {
    if currency == Currency::Ron {
        return Err(RateError::Ron);
    }
    let positive = ron > Decimal::ZERO && units > Decimal::ZERO;
    let rate = positive.then(|| ron.checked_div(units)).flatten().filter(|rate| !rate.is_zero());
    rate.ok_or(RateError::NotPositive { currency, ron, units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// Thursday 18, Friday 19 and Monday 22 May 2023.
    fn week() -> RateTable {
        let mut table = RateTable::default();
        for (day, rate) in [(22, "0.4371"), (18, "0.4382"), (19, "0.4376")] {
            table.add_bnr(Currency::Sek, date(2023, 5, day), decimal(rate), 1).unwrap();
        }
        table
    }

    fn sek(table: &RateTable, day: i8, rule: RateRule) -> Option<String> {
        table.rate_for(Currency::Sek, date(2023, 5, day), rule).map(|r| r.ron_per_unit.to_string())
    }

    #[test]
    fn f39_a_weekend_and_a_monday_take_fridays_rate() {
        let (table, before) = (week(), RateRule::PublishedBefore);
        for (day, want) in [(19, "0.4382"), (20, "0.4376"), (21, "0.4376"), (22, "0.4376"), (23, "0.4371")] {
            assert_eq!(sek(&table, day, before).as_deref(), Some(want), "day {day}");
        }
        for (day, want) in [(18, "0.4382"), (19, "0.4376"), (21, "0.4376"), (22, "0.4371")] {
            assert_eq!(sek(&table, day, RateRule::PublishedOnOrBefore).as_deref(), Some(want), "day {day}");
        }
    }

    #[test]
    fn f39_a_missing_rate_is_none_and_never_one() {
        assert_eq!(sek(&week(), 18, RateRule::PublishedBefore), None, "nothing was published before");
        assert_eq!(week().rate_for(Currency::Nok, date(2023, 5, 22), RateRule::PublishedBefore), None);
        let ron = RateTable::default().rate_for(Currency::Ron, date(2023, 5, 22), RateRule::PublishedBefore);
        assert_eq!(ron.map(|r| r.ron_per_unit), Some(Decimal::ONE));
    }

    #[test]
    fn the_same_day_again_replaces_and_zero_is_refused() {
        let mut table = week();
        table.add_bnr(Currency::Sek, date(2023, 5, 19), decimal("0.5"), 1).unwrap();
        assert_eq!(sek(&table, 22, RateRule::PublishedBefore).as_deref(), Some("0.5"));
        assert!(table.add_bnr(Currency::Sek, date(2023, 5, 19), Decimal::ZERO, 1).is_err());
        assert!(table.add_bnr(Currency::Sek, date(2023, 5, 19), decimal("0.5"), 0).is_err());
        assert!(table.fix(Currency::Eur, decimal("-5")).is_err());
        assert_eq!(table.fix(Currency::Ron, Decimal::ONE), Err(RateError::Ron));
        assert_eq!(table.newest(), Some(date(2023, 5, 22)));
        table.forget_before(date(2023, 5, 22));
        assert_eq!(sek(&table, 22, RateRule::PublishedBefore), None);
    }

    #[test]
    fn a_multiplier_divides() {
        let mut table = RateTable::default();
        table.add_bnr(Currency::Nok, date(2023, 5, 18), decimal("42.38"), 100).unwrap();
        let rate = table.rate_for(Currency::Nok, date(2023, 5, 19), RateRule::PublishedBefore).unwrap();
        assert_eq!(rate.ron_per_unit, decimal("0.4238"));
    }

    #[test]
    fn a_fixed_rate_wins_on_any_date_and_never_ages() {
        let mut table = week();
        table.fix(Currency::Sek, decimal("0.46")).unwrap();
        let rate = table.rate_for(Currency::Sek, date(1999, 1, 1), RateRule::PublishedBefore).unwrap();
        assert_eq!((rate.ron_per_unit, rate.source.as_str()), (decimal("0.46"), FIXED));
        assert_eq!(rate.age_days(date(2026, 1, 1)), 0);
    }

    #[test]
    fn ages_in_calendar_days_across_months() {
        let rate = week().rate_for(Currency::Sek, date(2023, 6, 22), RateRule::PublishedBefore).unwrap();
        assert_eq!(rate.age_days(date(2023, 6, 22)), 31);
        assert_eq!(rate.age_days(date(2024, 5, 22)), 366);
    }

    #[test]
    fn an_ecb_cross_rate_stays_exact() {
        let mut table = RateTable::default();
        let day = date(2023, 5, 18);
        let per_eur = BTreeMap::from([(Currency::Ron, decimal("4.97")), (Currency::Sek, decimal("11.3"))]);
        table.add_ecb(day, &per_eur).unwrap();
        let rate = table.rate_for(Currency::Sek, date(2023, 5, 19), RateRule::PublishedBefore).unwrap();
        // 4.97 / 11.3 has no end in decimals; four digits would be off by 0.01 % already.
        assert_eq!(rate.ron_per_unit, decimal("0.4398230088495575221238938053"));
        assert_eq!(rate.to_ron(decimal("22.6")), Some(decimal("9.94")));
        assert_eq!(rate.from_ron(decimal("4.97")), Some(decimal("11.3")));
        let eur = table.rate_for(Currency::Eur, date(2023, 5, 19), RateRule::PublishedBefore).unwrap();
        assert_eq!((eur.ron_per_unit, eur.source.as_str()), (decimal("4.97"), ECB));
        assert_eq!(table.add_ecb(day, &BTreeMap::new()), Err(RateError::NoRonInEcbDay(day)));
    }

    #[test]
    fn survives_storage() {
        let mut table = week();
        table.fix(Currency::Dkk, decimal("0.68")).unwrap();
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<RateTable>(&json).unwrap(), table);
    }

    proptest! {
        #[test]
        fn takes_the_newest_allowed_day(days in proptest::collection::vec(1i8..29, 0..12), asked in 1i8..29) {
            let mut table = RateTable::default();
            for day in &days {
                table.add_bnr(Currency::Dkk, date(2026, 2, *day), Decimal::from(*day), 1).unwrap();
            }
            for (rule, allowed) in [(RateRule::PublishedBefore, asked - 1), (RateRule::PublishedOnOrBefore, asked)] {
                let want = days.iter().copied().filter(|d| *d <= allowed).max().map(Decimal::from);
                let got = table.rate_for(Currency::Dkk, date(2026, 2, asked), rule).map(|r| r.ron_per_unit);
                prop_assert_eq!(got, want);
            }
        }
    }
}
