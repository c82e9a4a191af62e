//! The last step of every row, which nobody writes: the value as its target takes it.

use std::borrow::Cow;

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use super::{
    gtin,
    kind::Kind,
    schema::{FieldSpec, Format},
    text, urls,
    value::Value,
};
use crate::attention::Reader;

/// The rule of a target that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Broken {
    /// Not ASCII letters and digits.
    Alphanumeric,
    /// Not a GTIN.
    Gtin,
    /// Not an absolute web address.
    Url,
    /// Longer than so many characters.
    TooLong(usize),
    /// Shorter than so many characters.
    TooShort(usize),
    /// More entries than this.
    TooMany(usize),
    /// Outside of these numbers.
    Range(Decimal, Decimal),
    /// Not a whole number.
    Whole,
    /// None of the allowed values.
    Listed(Vec<String>),
    /// Not a VAT percent: 0, or 1 to 50.
    Percent,
    /// The least is above the most.
    MinAboveMax,
}

impl Broken {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Alphanumeric => "alphanumeric",
            Self::Gtin => "gtin",
            Self::Url => "url",
            Self::TooLong(_) => "too_long",
            Self::TooShort(_) => "too_short",
            Self::TooMany(_) => "too_many",
            Self::Range(..) => "range",
            Self::Whole => "whole",
            Self::Listed(_) => "listed",
            Self::Percent => "percent",
            Self::MinAboveMax => "min_above_max",
        }
    }

    /// What was expected, in words.
    pub fn say(&self, reader: Reader) -> String {
        let (ro, en) = match self {
            Self::Alphanumeric => ("numai litere și cifre".into(), "letters and digits only".into()),
            Self::Gtin => (
                "un GTIN de 8, 12 sau 13 cifre, cu cifra de control corectă".into(),
                "a GTIN of 8, 12 or 13 digits with the right check digit".into(),
            ),
            Self::Url => {
                ("o adresă web întreagă, cu https://".into(), "an absolute web address with https://".into())
            }
            Self::TooLong(max) => (format!("cel mult {max} caractere"), format!("at most {max} characters")),
            Self::TooShort(min) => {
                (format!("cel puțin {min} caractere"), format!("at least {min} characters"))
            }
            Self::TooMany(max) => (format!("cel mult {max} valori"), format!("at most {max} values")),
            Self::Range(least, most) => {
                (format!("un număr între {least} și {most}"), format!("a number from {least} to {most}"))
            }
            Self::Whole => ("un număr întreg".into(), "a whole number".into()),
            Self::Listed(values) => {
                (format!("una dintre: {}", values.join(", ")), format!("one of: {}", values.join(", ")))
            }
            Self::Percent => ("un procent (0, sau 1–50)".into(), "a percent (0, or 1 to 50)".into()),
            Self::MinAboveMax => {
                ("minimul cel mult cât maximul".into(), "a least value that is not above the most".into())
            }
        };
        match reader {
            Reader::Ro => ro,
            Reader::En => en,
        }
    }
}

/// A value that its target takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted<'a> {
    pub(super) value: Value<'a>,
    /// Something was cut off.
    pub(super) truncated: bool,
}

/// How a value fits.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fit<'a> {
    Good(Fitted<'a>),
    /// Nothing is left of it.
    Empty,
    /// It breaks a rule; with an excerpt of it.
    Broken(Broken, String),
}

/// Fits a value; `ignored` is told the entries of a list that were left out.
pub(super) fn fit<'a>(spec: &FieldSpec, value: Value<'a>, ignored: &mut dyn FnMut(&str)) -> Fit<'a> {
    let good = |value| Fit::Good(Fitted { value, truncated: false });
    match (spec.kind, value) {
        (Kind::List, Value::List(items)) => list(spec, items, ignored),
        (Kind::List, other) => list(spec, vec![other.into_text()], ignored),
        (Kind::Number, Value::Number(number)) => match spec.range {
            Some((least, most)) if number < least || number > most => {
                Fit::Broken(Broken::Range(least, most), number.normalize().to_string())
            }
            _ if spec.whole && !number.fract().is_zero() => {
                Fit::Broken(Broken::Whole, number.normalize().to_string())
            }
            _ => good(Value::Number(number)),
        },
        (Kind::Amount(_), Value::Amount(amount)) => good(Value::Amount(amount)),
        (Kind::Flag | Kind::Date, value) => good(value),
        (_, value) => text_of(spec, value.into_text()),
    }
}

fn text_of<'a>(spec: &FieldSpec, text: Cow<'a, str>) -> Fit<'a> {
    let fitted = |text: Cow<'a, str>, truncated| Fit::Good(Fitted { value: Value::Text(text), truncated });
    let text = match spec.format {
        Format::Plain | Format::Html => {
            let clean = match spec.format {
                Format::Plain => text::plain(&text, spec.max_len),
                _ => text::html(&text, spec.max_len),
            };
            return if clean.visible == 0 {
                Fit::Empty
            } else if clean.visible < spec.min_len {
                Fit::Broken(Broken::TooShort(spec.min_len), clean.text)
            } else {
                fitted(Cow::Owned(clean.text), clean.truncated)
            };
        }
        Format::Url => match trimmed(text) {
            text if text.is_empty() => return Fit::Empty,
            text => match urls::absolute(&text) {
                Some(url) => Cow::Owned(url),
                None => return Fit::Broken(Broken::Url, excerpt(&text)),
            },
        },
        _ => trimmed(text),
    };
    if text.is_empty() {
        return Fit::Empty;
    }
    let chars = if text.len() <= spec.max_len && spec.min_len <= 1 { 1 } else { text.chars().count() };
    let broken = match spec.format {
        Format::Alphanumeric if !text.bytes().all(|b| b.is_ascii_alphanumeric()) => Broken::Alphanumeric,
        Format::Gtin if !gtin::is_gtin(&text) => Broken::Gtin,
        _ if chars > spec.max_len => Broken::TooLong(spec.max_len),
        _ if chars < spec.min_len => Broken::TooShort(spec.min_len),
        _ if !spec.values.is_empty() && !spec.values.contains(&&*text) => {
            Broken::Listed(spec.values.iter().map(|&value| value.to_owned()).collect())
        }
        _ => return fitted(text, false),
    };
    Fit::Broken(broken, excerpt(&text))
}

fn list<'a>(spec: &FieldSpec, items: Vec<Cow<'a, str>>, ignored: &mut dyn FnMut(&str)) -> Fit<'a> {
    let mut kept: Vec<Cow<'a, str>> = Vec::with_capacity(items.len().min(spec.max_items));
    for item in items {
        match text_of(spec, item) {
            Fit::Good(Fitted { value: Value::Text(item), .. }) if kept.contains(&item) => {}
            Fit::Good(Fitted { value: Value::Text(item), .. }) if kept.len() < spec.max_items => {
                kept.push(item);
            }
            Fit::Good(Fitted { value, .. }) => ignored(&value.into_text()),
            Fit::Broken(_, excerpt) => ignored(&excerpt),
            Fit::Empty => {}
        }
    }
    if kept.is_empty() {
        Fit::Empty
    } else {
        Fit::Good(Fitted { value: Value::List(kept), truncated: false })
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// At most 80 characters of a value, for messages.
pub(super) fn excerpt(value: &str) -> String {
    value.chars().take(80).collect()
}

/// Rounds half away from zero to minor units; none when out of range.
pub(super) fn minor_units(amount: Decimal) -> Option<i64> {
    let minor = amount.checked_mul(Decimal::ONE_HUNDRED)?;
    minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}
