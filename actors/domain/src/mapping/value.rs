//! Values on their way through a row, borrowed as long as nothing changes them.

use std::borrow::Cow;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::kind::Kind;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Number(Decimal),
    Flag(bool),
    Date(Date),
    List(Vec<Cow<'a, str>>),
    Amount(Amount),
}

impl<'a> Value<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) fn amount(amount: Decimal) -> Self {
        Self::Amount(Amount { exact: Exact::of(amount), floor: None, ceiling: None })
    }

    /// White space alone, or an empty list: nobody wrote a value.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::List(items) => items.is_empty(),
            _ => false,
        }
    }

    /// As a text reads it; numbers without needless zeros, lists with commas.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => Cow::Owned(plain(number)),
            Self::Flag(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
            Self::Date(date) => Cow::Owned(date.to_string()),
            Self::List(items) => Cow::Owned(items.join(", ")),
            Self::Amount(amount) => Cow::Owned(amount.exact.quotient().map(plain).unwrap_or_default()),
        }
    }

    /// As it is kept in a receipt: numbers as text, digit by digit.
    pub(super) fn stored(&self) -> Stored {
        match self {
            Self::Text(text) => Stored::Text(text.clone().into_owned()),
            Self::Number(number) => Stored::Text(number.to_string()),
            Self::Flag(flag) => Stored::Flag(*flag),
            Self::Date(date) => Stored::Text(date.to_string()),
            Self::List(items) => Stored::List(items.iter().map(|item| item.clone().into_owned()).collect()),
            Self::Amount(amount) => {
                Stored::Text(amount.exact.quotient().map(|d| d.to_string()).unwrap_or_default())
            }
        }
    }
}

fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

/// A value at rest: in a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stored {
    /// A text, a number digit by digit, or a date.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    List(Vec<String>),
}

impl Stored {
    /// The value again, as the kind that it was.
    pub(super) fn value(&self, kind: Kind) -> Option<Value<'_>> {
        Some(match (kind, self) {
            (Kind::Number, Self::Text(text)) => Value::Number(text.parse().ok()?),
            (Kind::Amount(_), Self::Text(text)) => Value::amount(text.parse().ok()?),
            (Kind::Date, Self::Text(text)) => Value::Date(text.parse().ok()?),
            (_, Self::Text(text)) => Value::text(text),
            (_, Self::Flag(flag)) => Value::Flag(*flag),
            (_, Self::List(items)) => {
                Value::List(items.iter().map(|item| Cow::Borrowed(item.as_str())).collect())
            }
        })
    }
}

impl std::fmt::Display for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::List(items) => f.write_str(&items.join(", ")),
        }
    }
}

/// Money between its limits. A floor or ceiling goes through the same steps as the amount, so that no later rounding or
/// ending undoes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) exact: Exact,
    pub(super) floor: Option<Exact>,
    pub(super) ceiling: Option<Exact>,
}

impl Amount {
    /// The same change for the amount and its limits; none when a term is out of range.
    pub(super) fn map(self, change: impl Fn(Exact) -> Option<Exact>) -> Option<Self> {
        let limit = |limit: Option<Exact>| match limit {
            Some(limit) => change(limit).map(Some),
            None => Some(None),
        };
        Some(Self { exact: change(self.exact)?, floor: limit(self.floor)?, ceiling: limit(self.ceiling)? })
    }

    /// Not below `floor` from here on; a ceiling that stood lower gives way.
    pub(super) fn raise_to(mut self, floor: Exact) -> Self {
        if self.floor.is_none_or(|old| old.is_below(floor)) {
            self.floor = Some(floor);
        }
        if self.ceiling.is_some_and(|ceiling| ceiling.is_below(floor)) {
            self.ceiling = Some(floor);
        }
        if self.exact.is_below(floor) {
            self.exact = floor;
        }
        self
    }

    /// Not above `ceiling` from here on; a floor that stood higher gives way.
    pub(super) fn lower_to(mut self, ceiling: Exact) -> Self {
        if self.ceiling.is_none_or(|old| ceiling.is_below(old)) {
            self.ceiling = Some(ceiling);
        }
        if self.floor.is_some_and(|floor| ceiling.is_below(floor)) {
            self.floor = Some(ceiling);
        }
        if ceiling.is_below(self.exact) {
            self.exact = ceiling;
        }
        self
    }
}

/// An exact quotient. It is divided once, where somebody rounds, so that no step's last digit tips a tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exact {
    above: Decimal,
    below: Decimal,
}

impl Exact {
    pub(super) fn of(number: Decimal) -> Self {
        Self { above: number, below: Decimal::ONE }
    }

    /// The number, to 28 digits; none when out of range.
    pub(super) fn quotient(self) -> Option<Decimal> {
        if self.below == Decimal::ONE { Some(self.above) } else { self.above.checked_div(self.below) }
    }

    /// Times `above` / `below`; none when out of range.
    pub(super) fn times(self, above: Decimal, below: Decimal) -> Option<Self> {
        let exactly = |exact: Self| {
            let above = exact.above.checked_mul(above)?;
            let below = exact.below.checked_mul(below)?;
            (!below.is_zero()).then_some(Self { above, below })
        };
        // A very long chain is divided in between rather than refused.
        exactly(self).or_else(|| exactly(Self::of(self.quotient()?)))
    }

    /// Plus a number; none when out of range.
    pub(super) fn plus(self, number: Decimal) -> Option<Self> {
        let above = self.above.checked_add(number.checked_mul(self.below)?)?;
        Some(Self { above, below: self.below })
    }

    pub(super) fn is_below(self, other: Self) -> bool {
        let crossed = self.above.checked_mul(other.below).zip(other.above.checked_mul(self.below));
        match crossed {
            Some((own, others)) => own < others,
            None => self.quotient() < other.quotient(),
        }
    }

    pub(super) fn is_positive(self) -> bool {
        self.above > Decimal::ZERO
    }
}
