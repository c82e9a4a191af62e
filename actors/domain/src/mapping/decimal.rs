//! Exact decimals in files that people write: `25`, `25.5` and `"25.5"` all mean what they say.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};

struct DecimalVisitor;

impl Visitor<'_> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number such as 25 or 25.5, with a decimal point")
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Decimal, E> {
        Ok(number.into())
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Decimal, E> {
        Ok(number.into())
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Decimal, E> {
        // The shortest text that reads back as this float is the text that the person wrote.
        self.visit_str(&number.to_string())
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
        Decimal::from_str(text).map_err(|_| E::custom(format!("`{text}` is not a number such as 25 or 25.5")))
    }
}

/// For `#[serde(deserialize_with)]` on a `Decimal`.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    deserializer.deserialize_any(DecimalVisitor)
}

/// For `#[serde(default, deserialize_with)]` on an `Option<Decimal>` that is left out when it is none.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    required(deserializer).map(Some)
}

/// For `#[serde(serialize_with)]`: as a number where that loses no digit, else as a text.
pub(crate) fn write<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    if number.scale() == 0
        && let Some(whole) = number.to_i64()
    {
        return serializer.serialize_i64(whole);
    }
    match number.to_f64() {
        Some(float) if Decimal::from_str(&float.to_string()) == Ok(*number) => {
            serializer.serialize_f64(float)
        }
        _ => serializer.collect_str(number),
    }
}

/// The same for a number that may be missing.
#[expect(clippy::ref_option, reason = "serde gives the field as it is")]
pub(crate) fn write_optional<S: Serializer>(
    number: &Option<Decimal>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => write(number, serializer),
        None => serializer.serialize_none(),
    }
}
