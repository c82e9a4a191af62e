//! How a table of rates is made from what was published and what people said.

use std::collections::{BTreeMap, btree_map::Entry};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{
    Quote, RateChoice, RateError, RatePolicy, RateSource, RateTable, RateVerdict, RateWord, Standing,
};
use crate::ids::Currency;

/// Everything known about rates, in any order; [`RateBook::table`] makes it usable.
#[derive(Debug, Clone, Default)]
pub struct RateBook {
    quotes: BTreeMap<(RateChoice, Currency), BTreeMap<Date, Quote>>,
    words: BTreeMap<(Currency, Date), RateWord>,
}

impl RateBook {
    /// Adds a rate of one day: `ron` for `units` of the currency. Of one day the vendor's file wins over a bank; otherwise a
    /// second one replaces the first.
    pub fn add(
        &mut self,
        choice: RateChoice,
        source: RateSource,
        currency: Currency,
        published: Date,
        (ron, units): (Decimal, Decimal),
    ) -> Result<(), RateError> {
        let ron_per_unit = quotient(currency, ron, units)?;
        let (standing, pricing) = (Standing::Used, 0);
        let quote = Quote { published, ron, units, ron_per_unit, source, standing, pricing };
        match self.quotes.entry((choice, currency)).or_default().entry(published) {
            Entry::Occupied(mut same) if rank(same.get().source) <= rank(source) => {
                same.insert(quote);
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => {
                free.insert(quote);
            }
        }
        Ok(())
    }

    /// Adds BNR's rate of a day as the vendor's own: `ron` for `multiplier` units.
    pub fn add_bnr(
        &mut self,
        currency: Currency,
        published: Date,
        ron: Decimal,
        multiplier: u32,
    ) -> Result<(), RateError> {
        self.add(RateChoice::Vendor, RateSource::Bnr, currency, published, (ron, multiplier.into()))
    }

    /// Adds ECB's rates of a day, each in units of currency per 1 EUR, RON among them.
    pub fn add_ecb(
        &mut self,
        choice: RateChoice,
        published: Date,
        per_eur: &BTreeMap<Currency, Decimal>,
    ) -> Result<(), RateError> {
        let ron = *per_eur.get(&Currency::Ron).ok_or(RateError::NoRonInEcbDay(published))?;
        let mut add = |currency, units| self.add(choice, RateSource::Ecb, currency, published, (ron, units));
        add(Currency::Eur, Decimal::ONE)?;
        let crossed =
            per_eur.iter().filter(|(currency, _)| !matches!(currency, Currency::Ron | Currency::Eur));
        for (currency, units) in crossed {
            add(*currency, *units)?;
        }
        Ok(())
    }

    /// Adds a person's word; said later about the same currency and day, it takes the earlier one's place.
    pub fn say(&mut self, word: RateWord) -> Result<(), RateError> {
        quotient(word.currency, word.ron_per_unit, Decimal::ONE)?;
        self.words.insert((word.currency, word.date), word);
        Ok(())
    }

    /// The usable table: every day judged in the order of days.
    pub fn table(mut self, policy: RatePolicy) -> RateTable {
        let by_hand = self.words.values().filter(|word| word.verdict == RateVerdict::Manual);
        for RateWord { currency, date, ron_per_unit, .. } in by_hand {
            let quote = Quote {
                published: *date,
                ron: *ron_per_unit,
                units: Decimal::ONE,
                ron_per_unit: *ron_per_unit,
                source: RateSource::Manual,
                standing: Standing::Used,
                pricing: 0,
            };
            self.quotes.entry((RateChoice::Vendor, *currency)).or_default().insert(*date, quote);
        }
        let Self { quotes, words } = self;
        let judge = |((choice, currency), days): ((RateChoice, Currency), BTreeMap<Date, Quote>)| {
            let mut series: Vec<Quote> = days.into_values().collect();
            judge(currency, &mut series, &policy, &words);
            ((choice, currency), series)
        };
        let series = quotes.into_iter().map(judge).collect();
        RateTable { policy, series, words, fixed: BTreeMap::new() }
    }
}

/// Which source of one day wins.
fn rank(source: RateSource) -> u8 {
    match source {
        RateSource::Bnr | RateSource::Ecb | RateSource::Fixed | RateSource::Identity => 0,
        RateSource::File => 1,
        RateSource::Manual => 2,
    }
}

/// Decides about each day by those before it: whether it counts, and which rate prices take.
fn judge(
    currency: Currency,
    series: &mut [Quote],
    policy: &RatePolicy,
    words: &BTreeMap<(Currency, Date), RateWord>,
) {
    let (mut before, mut kept): (Option<Decimal>, Option<(usize, Decimal)>) = (None, None);
    for (i, quote) in series.iter_mut().enumerate() {
        let rate = quote.ron_per_unit;
        // What a person said about another figure was not said about this one.
        let word = words.get(&(currency, quote.published)).filter(|word| word.ron_per_unit == rate);
        let by_hand = quote.source == RateSource::Manual;
        quote.standing = match word.map(|word| word.verdict) {
            Some(RateVerdict::Refused) => Standing::Refused,
            Some(RateVerdict::Confirmed) => Standing::Used,
            _ if by_hand => Standing::Used,
            _ if before.is_some_and(|before| moved(before, rate, policy.jump_percent)) => Standing::Held,
            _ => Standing::Used,
        };
        if quote.standing != Standing::Used {
            continue;
        }
        before = Some(rate);
        let corridor = policy.corridor_percent;
        // Whoever sets a rate by hand wants to see it in the prices.
        let (at, kept_rate) = kept
            .filter(|(_, kept)| !by_hand && !corridor.is_zero() && !moved(*kept, rate, corridor))
            .unwrap_or((i, rate));
        kept = Some((at, kept_rate));
        quote.pricing = at;
    }
}

/// Whether a rate lies more than so many percent from another; never for 0 percent.
fn moved(from: Decimal, to: Decimal, percent: Decimal) -> bool {
    if percent.is_zero() {
        return false;
    }
    let by = to.checked_sub(from).and_then(|by| by.abs().checked_mul(Decimal::ONE_HUNDRED));
    let allowed = from.checked_mul(percent);
    by.zip(allowed).is_none_or(|(by, allowed)| by > allowed)
}

pub(super) fn quotient(currency: Currency, ron: Decimal, units: Decimal) -> Result<Decimal, RateError> {
    if currency == Currency::Ron {
        return Err(RateError::Ron);
    }
    let positive = ron > Decimal::ZERO && units > Decimal::ZERO;
    let rate = positive.then(|| ron.checked_div(units)).flatten().filter(|rate| !rate.is_zero());
    rate.ok_or(RateError::NotPositive { currency, ron, units })
}
