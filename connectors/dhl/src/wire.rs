//! Reading JSON values of several shapes (dhl.md sections 7 and 8).

use rust_decimal::Decimal;
use serde_json::Value;

/// Digits of a waybill number (dhl.md section 7).
const AWB_DIGITS: usize = 10;
/// Longest waybill number that is believed.
const MOST_AWB_CHARS: usize = 35;

/// A text, also when it comes as a number. Empty texts count as missing.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The text under a key.
pub(crate) fn text_of(object: &Value, key: &str) -> Option<String> {
    object.get(key).and_then(text)
}

/// The rows of a list under a key; none when there is no list.
pub(crate) fn rows<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An exact decimal from a number or a numeric text; none for anything that is not a plain number.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let text = text(value)?;
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

/// A waybill number. One that came as a JSON number has lost its leading zeros, and gets them back.
pub(crate) fn awb(value: &Value) -> Option<String> {
    match value {
        Value::Number(_) => {
            let number = decimal(value)?.normalize();
            let whole = (number.scale() == 0).then(|| u64::try_from(number).ok()).flatten()?;
            (whole > 0).then(|| format!("{whole:0AWB_DIGITS$}"))
        }
        _ => text(value).filter(|awb| {
            awb.len() <= MOST_AWB_CHARS && awb.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_waybill_number_keeps_its_zeros_in_every_spelling() {
        for value in [json!("0123456789"), json!(123_456_789), json!(123_456_789.0), json!(" 0123456789 ")] {
            assert_eq!(awb(&value).as_deref(), Some("0123456789"), "{value}");
        }
        for value in
            [json!(null), json!(""), json!("  "), json!(0), json!(-1), json!(1.5), json!(["1"]), json!("a b")]
        {
            assert_eq!(awb(&value), None, "{value}");
        }
    }

    #[test]
    fn makes_no_zero_out_of_nothing() {
        // F30
        for value in [json!(null), json!(""), json!("NaN"), json!("1e999"), json!([]), json!(true)] {
            assert_eq!(decimal(&value), None, "{value}");
        }
        assert_eq!(decimal(&json!("25.99")), Some(Decimal::new(2599, 2)));
        assert_eq!(decimal(&json!(147)), Some(Decimal::from(147)));
    }
}
