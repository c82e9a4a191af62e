//! Reading JSON values of several shapes (cdon.md 12.1).

use rust_decimal::Decimal;
use serde_json::Value;

/// A text, also when it comes as a number. Empty texts count as missing.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The first of several names that holds something.
pub(crate) fn first<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| object.get(name).filter(|value| !value.is_null()))
}

/// The text under the first of several names that holds one.
pub(crate) fn text_of(object: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| object.get(name).and_then(text))
}

/// An exact decimal from a number or a numeric string; none for anything that is not a plain number.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let text = text(value)?;
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

/// A whole number that is not negative.
pub(crate) fn count(value: &Value) -> Option<u32> {
    let number = decimal(value)?.normalize();
    if number.scale() > 0 { None } else { u32::try_from(number).ok() }
}

/// A VAT rate as a fraction. Above 1 it can only be percent (cdon.md section 5).
pub(crate) fn vat_rate(value: &Value) -> Option<Decimal> {
    let rate = decimal(value).filter(|rate| !rate.is_sign_negative())?;
    Some(if rate > Decimal::ONE { (rate / Decimal::ONE_HUNDRED).normalize() } else { rate.normalize() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_numbers_in_every_spelling() {
        assert_eq!(decimal(&json!(319.2)), Some(Decimal::new(3192, 1)));
        assert_eq!(decimal(&json!("319.20")), Some(Decimal::new(31920, 2)));
        assert_eq!(decimal(&json!("3.192e2")), Some(Decimal::new(3192, 1)));
        assert_eq!(count(&json!("3")), Some(3));
        assert_eq!(count(&json!(3.0)), Some(3));
        assert_eq!(vat_rate(&json!(25.5)), Some(Decimal::new(255, 3)));
        assert_eq!(vat_rate(&json!("0.2500")), Some(Decimal::new(25, 2)));
        assert_eq!(text(&json!(12)).as_deref(), Some("12"));
    }

    #[test]
    fn makes_no_zero_out_of_nothing() {
        // F30
        for value in
            [json!(null), json!(""), json!("NaN"), json!("1e999"), json!("1.234,50"), json!([]), json!(true)]
        {
            assert_eq!(decimal(&value), None, "{value}");
        }
        assert_eq!(count(&json!(-1)), None);
        assert_eq!(count(&json!(1.5)), None);
        assert_eq!(vat_rate(&json!(-0.25)), None);
    }
}
