//! CDON's markets, the codes tied to them, and money as CDON writes it (spec sections 5 and 12.3).

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// A country in which CDON sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Market {
    /// Sweden.
    Se,
    /// Denmark.
    Dk,
    /// Finland.
    Fi,
    /// Norway.
    No,
}

/// Languages in which CDON takes texts.
pub(super) const LANGUAGES: [&str; 5] = ["sv-SE", "da-DK", "fi-FI", "nb-NO", "en-US"];

impl Market {
    /// All markets.
    pub const ALL: [Self; 4] = [Self::Se, Self::Dk, Self::Fi, Self::No];

    /// The upper-case code, such as `SE`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Se => "SE",
            Self::Dk => "DK",
            Self::Fi => "FI",
            Self::No => "NO",
        }
    }

    /// The market with this upper-case code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|market| market.code() == code)
    }

    /// The one currency of the market.
    pub fn currency(self) -> &'static str {
        match self {
            Self::Se => "SEK",
            Self::Dk => "DKK",
            Self::Fi => "EUR",
            Self::No => "NOK",
        }
    }

    /// The market's own language.
    pub fn language(self) -> &'static str {
        match self {
            Self::Se => "sv-SE",
            Self::Dk => "da-DK",
            Self::Fi => "fi-FI",
            Self::No => "nb-NO",
        }
    }

    /// The country's English name.
    pub fn country(self) -> &'static str {
        match self {
            Self::Se => "Sweden",
            Self::Dk => "Denmark",
            Self::Fi => "Finland",
            Self::No => "Norway",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of markets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MarketSet(u8);

impl MarketSet {
    pub(super) fn insert(&mut self, market: Market) {
        self.0 |= market.bit();
    }

    pub(super) fn contains(self, market: Market) -> bool {
        self.0 & market.bit() != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Market> {
        Market::ALL.into_iter().filter(move |market| self.contains(*market))
    }
}

/// One value per market, at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct PerMarket<T>([Option<T>; 4]);

impl<T> Default for PerMarket<T> {
    fn default() -> Self {
        Self([const { None }; 4])
    }
}

impl<T: Copy> PerMarket<T> {
    pub(super) fn get(&self, market: Market) -> Option<T> {
        self.0[market as usize]
    }

    pub(super) fn set(&mut self, market: Market, value: T) {
        self.0[market as usize] = Some(value);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Market, T)> {
        Market::ALL.into_iter().filter_map(|market| self.get(market).map(|value| (market, value)))
    }
}

/// A JSON number of currency units as minor units (two places, halves away from zero).
pub(super) fn minor_from_json(number: &Number) -> Option<i64> {
    let units = decimal_from_json(number)?;
    let minor = units.checked_mul(Decimal::ONE_HUNDRED)?;
    minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}

/// A JSON number as a decimal: `0.255` is exactly 0.255.
pub(super) fn decimal_from_json(number: &Number) -> Option<Decimal> {
    match number.as_i64() {
        Some(whole) => Some(Decimal::from(whole)),
        None => Decimal::try_from(number.as_f64()?).ok().map(|d| d.normalize()),
    }
}

/// Minor units as a decimal text with two places, such as `319.20`.
pub(super) fn minor_text(minor: i64) -> String {
    Decimal::new(minor, 2).to_string()
}

/// A decimal as a JSON number.
pub(super) fn decimal_json(value: Decimal) -> Value {
    value.to_f64().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// The amount without VAT contained in `gross_minor`, rounded to the minor unit; the VAT is the rest.
pub(super) fn net_minor(gross_minor: i64, vat_rate: Decimal) -> i64 {
    let net = Decimal::from(gross_minor) / (Decimal::ONE + vat_rate);
    net.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64().unwrap_or(gross_minor)
}
