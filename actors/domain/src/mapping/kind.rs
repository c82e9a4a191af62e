//! Kinds of values: what a step may be given and what comes out of it is known before anything runs.

use serde::{Deserialize, Serialize};

use crate::attention::Reader;

/// What an amount is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denomination {
    /// Romanian lei.
    Ron,
    /// The market's own currency.
    Market,
}

/// Whether an amount holds VAT: Romanian VAT in lei, the market's VAT in its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VatSide {
    /// Without VAT.
    Without,
    /// With VAT.
    With,
}

/// The kind of an amount of money; the two together make it impossible to save lei as kronor, or VAT twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AmountKind {
    /// Lei or the market's currency.
    pub currency: Denomination,
    /// With or without VAT.
    pub vat: VatSide,
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No value at all: what a row without a source begins with.
    Nothing,
    /// Text.
    Text,
    /// An exact number.
    Number,
    /// Yes or no.
    Flag,
    /// A calendar day.
    Date,
    /// Several texts.
    List,
    /// Money.
    Amount(AmountKind),
}

impl Kind {
    /// Lei without VAT.
    pub const RON_NET: Self = Self::amount(Denomination::Ron, VatSide::Without);
    /// Lei with Romanian VAT.
    pub const RON_GROSS: Self = Self::amount(Denomination::Ron, VatSide::With);
    /// The market's currency without VAT.
    pub const MARKET_NET: Self = Self::amount(Denomination::Market, VatSide::Without);
    /// The market's currency with its VAT: what a buyer pays.
    pub const MARKET_GROSS: Self = Self::amount(Denomination::Market, VatSide::With);

    const fn amount(currency: Denomination, vat: VatSide) -> Self {
        Self::Amount(AmountKind { currency, vat })
    }

    /// The kind in words, with its article where the language has one.
    pub fn say(self, reader: Reader) -> &'static str {
        let (ro, en) = match self {
            Self::Nothing => ("nicio valoare", "no value"),
            Self::Text => ("text", "a text"),
            Self::Number => ("număr", "a number"),
            Self::Flag => ("da sau nu", "yes or no"),
            Self::Date => ("dată", "a date"),
            Self::List => ("listă", "a list"),
            Self::RON_NET => ("sumă în lei fără TVA", "an amount in RON without VAT"),
            Self::RON_GROSS => ("sumă în lei cu TVA", "an amount in RON with VAT"),
            Self::MARKET_NET => {
                ("sumă în moneda pieței fără TVA", "an amount in the market's currency without VAT")
            }
            Self::Amount(_) => {
                ("sumă în moneda pieței cu TVA", "an amount in the market's currency with VAT")
            }
        };
        match reader {
            Reader::Ro => ro,
            Reader::En => en,
        }
    }
}
