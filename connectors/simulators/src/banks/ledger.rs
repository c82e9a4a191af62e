//! What the banks know: rates of every day, and which days are published.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    ToSpan as _,
    civil::{Date, Weekday, date},
    tz::TimeZone,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Who publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Publisher {
    /// National Bank of Romania: RON for one unit (or for 100 of a small currency), from 13:00 in Bucharest.
    Bnr,
    /// European Central Bank: units for one EUR, from 16:00 in Frankfurt.
    Ecb,
}

/// Code, RON for one unit on the first day in ten-thousandths, and how many units BNR quotes.
pub const CURRENCIES: [(&str, i64, i64); 9] = [
    ("CHF", 54_300, 1),
    ("DKK", 6_800, 1),
    ("EUR", 50_700, 1),
    ("GBP", 59_900, 1),
    ("HUF", 127, 100),
    ("JPY", 295, 100),
    ("NOK", 4_350, 1),
    ("SEK", 4_600, 1),
    ("USD", 44_500, 1),
];

/// The first day that there is a file of.
pub(super) const FIRST: Date = date(2024, 1, 1);

const MILLION: i64 = 1_000_000;

/// Everything that decides what a file says.
#[derive(Debug)]
pub(super) struct Ledger {
    seed: u64,
    holidays: BTreeSet<Date>,
    jumps: Vec<(String, Date, i32)>,
    misprints: BTreeMap<(String, Date), Decimal>,
}

impl Ledger {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, holidays: BTreeSet::new(), jumps: Vec::new(), misprints: BTreeMap::new() }
    }

    pub(super) fn jump(&mut self, currency: &str, from: Date, percent: i32) {
        self.jumps.push((currency.to_owned(), from, percent));
    }

    pub(super) fn misprint(&mut self, currency: &str, day: Date, ron_per_unit: Decimal) {
        self.misprints.insert((currency.to_owned(), day), ron_per_unit);
    }

    pub(super) fn holiday(&mut self, day: Date) {
        self.holidays.insert(day);
    }

    fn is_banking_day(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        day >= FIRST && !weekend && !self.holidays.contains(&day)
    }

    pub(super) fn is_published(&self, publisher: Publisher, day: Date, now_ms: i64) -> bool {
        let (zone, hour) = match publisher {
            Publisher::Bnr => ("Europe/Bucharest", 13),
            Publisher::Ecb => ("Europe/Berlin", 16),
        };
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(zone).datetime();
        self.is_banking_day(day) && day.at(hour, 0, 0, 0) <= now
    }

    /// The published days that a file holds, newest first.
    pub(super) fn days(
        &self,
        publisher: Publisher,
        now_ms: i64,
        from: Date,
        until: Date,
        most: usize,
    ) -> Vec<Date> {
        let today =
            jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(TimeZone::UTC).date();
        // East of Greenwich it may be tomorrow.
        let mut day = until.min(today.tomorrow().unwrap_or(today));
        let mut days = Vec::new();
        while day >= from.max(FIRST) && days.len() < most {
            if self.is_published(publisher, day, now_ms) {
                days.push(day);
            }
            let Ok(before) = day.checked_sub(1.day()) else { break };
            day = before;
        }
        days
    }

    /// What stands in the file: RON for one unit, or units for one EUR; four decimals.
    pub(super) fn quoted(&self, publisher: Publisher, currency: &str, day: Date) -> Option<Decimal> {
        match publisher {
            Publisher::Bnr => self.ron(currency, day),
            Publisher::Ecb => {
                let per_eur = self.ron("EUR", day)?;
                match currency {
                    "EUR" => None,
                    "RON" => Some(per_eur),
                    _ => Some(per_eur.checked_div(self.ron(currency, day)?)?.round_dp(4)),
                }
            }
        }
    }

    /// RON for one unit, as exact as BNR's file has it.
    fn ron(&self, currency: &str, day: Date) -> Option<Decimal> {
        let (_, first, units) = *CURRENCIES.iter().find(|(code, ..)| *code == currency)?;
        if let Some(rate) = self.misprints.get(&(currency.to_owned(), day)) {
            return Some(*rate);
        }
        let jumped: i64 = self
            .jumps
            .iter()
            .filter(|(code, from, _)| code == currency && *from <= day)
            .fold(MILLION, |level, (.., percent)| level * i64::from(100 + percent) / 100);
        let walked = MILLION + self.drift(currency, day);
        let quoted = first * units * walked / MILLION * jumped / MILLION;
        Decimal::new(quoted.max(1), 4).checked_div(Decimal::from(units))
    }

    /// How far the currency has drifted from its first rate, millionths: steps of up to 0.4 % that fade.
    fn drift(&self, currency: &str, day: Date) -> i64 {
        let days = (day - FIRST).get_days().max(0);
        let mut state = currency.bytes().fold(self.seed ^ 0x5EED, |hash, byte| mixed(hash ^ u64::from(byte)));
        let mut drift = 0_i64;
        for _ in 0..days {
            state = mixed(state);
            let step = i64::try_from(state % 8_001).unwrap_or_default() - 4_000;
            drift = drift * 97 / 100 + step;
        }
        drift
    }
}

/// `SplitMix64`.
fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
