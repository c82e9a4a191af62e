//! Decimal numbers as WinMentor and its bridges write them. No floats: money passes through here.

use rust_decimal::Decimal;

/// The character between the whole and the fractional part in numbers that we send.
///
/// WinMentor follows the regional settings of its Windows machine, so this is a setting per installation
/// (spec 3.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecimalSeparator {
    /// `12.5`, as in the vendor's own packet samples.
    #[default]
    Point,
    /// `12,5`, the Romanian convention.
    Comma,
}

impl std::str::FromStr for DecimalSeparator {
    type Err = UnknownSeparator;

    fn from_str(text: &str) -> Result<Self, UnknownSeparator> {
        match text {
            "." => Ok(Self::Point),
            "," => Ok(Self::Comma),
            other => Err(UnknownSeparator(other.to_owned())),
        }
    }
}

/// A configured decimal separator that is neither `.` nor `,`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no decimal separator: set decimal_separator to \".\" or \",\"")]
pub struct UnknownSeparator(String);

/// A text that should have been a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a decimal number")]
pub struct NotADecimal(String);

/// Reads a number; an empty text is no number.
///
/// A single separator, comma or point, is the decimal one: WinMentor never writes thousands separators
/// (spec 3.13), so `1,234` is a little more than one. Where the text itself proves grouping (`1.234,50`,
/// `1,234.50`, `1.234.567`) the groups are read as such. Exponents, `NaN` and lone signs are errors.
pub fn read(text: &str) -> Result<Option<Decimal>, NotADecimal> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    plain_notation(trimmed)
        .and_then(|plain| Decimal::from_str_exact(&plain).ok())
        .map(Some)
        .ok_or_else(|| NotADecimal(trimmed.chars().take(40).collect()))
}

/// Writes a number without grouping and without trailing zeros.
pub fn write(value: Decimal, separator: DecimalSeparator) -> String {
    let plain = value.normalize().to_string();
    match separator {
        DecimalSeparator::Point => plain,
        DecimalSeparator::Comma => plain.replace('.', ","),
    }
}

/// Rewrites a number to `-?digits[.digits]`, or refuses.
fn plain_notation(text: &str) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = split_fraction(unsigned)?;
    let whole = ungrouped(whole)?;
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits_only(&whole) || !digits_only(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { &whole };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// Splits at the decimal separator, if the text has one.
fn split_fraction(text: &str) -> Option<(&str, &str)> {
    let count = |separator| text.matches(separator).count();
    let decimal_separator = match (count(','), count('.')) {
        (1, 0) => ',',
        (0, 1) => '.',
        (1, points) if points > 0 && text.rfind(',') > text.rfind('.') => ',',
        (commas, 1) if commas > 0 && text.rfind('.') > text.rfind(',') => '.',
        (_, 0) | (0, _) => return Some((text, "")),
        _ => return None,
    };
    text.split_once(decimal_separator).filter(|(_, fraction)| !fraction.is_empty())
}

/// Removes thousands separators, provided that they stand every three digits and are all the same.
fn ungrouped(whole: &str) -> Option<String> {
    let Some(separator) = whole.chars().find(|c| matches!(c, ',' | '.')) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let well_formed = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    well_formed.then(|| whole.replace(separator, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal {
        read(text).unwrap().unwrap()
    }

    #[test]
    fn reads_romanian_output() {
        assert_eq!(number("-56,09"), Decimal::new(-5609, 2));
        assert_eq!(number("371,105883"), Decimal::new(371_105_883, 6));
        assert_eq!(number(" 12 "), Decimal::from(12));
        assert_eq!(number(",5"), Decimal::new(5, 1));
        assert_eq!(read("  "), Ok(None));
    }

    /// F40: a price must never be ten, a hundred or a thousand times too large through a separator.
    #[test]
    fn reads_both_conventions_where_the_text_decides() {
        assert_eq!(number("1.234,50"), Decimal::new(123_450, 2));
        assert_eq!(number("1,234.50"), Decimal::new(123_450, 2));
        assert_eq!(number("12.345.678,9"), Decimal::new(123_456_789, 1));
        assert_eq!(number("1.234.567"), Decimal::from(1_234_567));
        assert_eq!(number("125.50"), Decimal::new(12_550, 2));
        assert_eq!(number("1,234"), Decimal::new(1234, 3));
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in [
            "NaN", "1e999", "1e3", "-", "--1", "1-", "+1", ".", ",", "5,", "1.2,3", "1,2.3,4", "12 000",
            "0x1", "inf",
        ] {
            assert!(read(text).is_err(), "{text} was read as {:?}", read(text));
        }
        assert!(read(&"9".repeat(40)).is_err());
    }

    #[test]
    fn writes_with_the_configured_separator() {
        let price = Decimal::new(991_735_000, 7);
        assert_eq!(write(price, DecimalSeparator::Point), "99.1735");
        assert_eq!(write(price, DecimalSeparator::Comma), "99,1735");
        assert_eq!(",".parse(), Ok(DecimalSeparator::Comma));
        assert!(";".parse::<DecimalSeparator>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(units in any::<i64>(), scale in 0_u32..=12) {
            let value = Decimal::new(units, scale);
            for separator in [DecimalSeparator::Point, DecimalSeparator::Comma] {
                prop_assert_eq!(read(&write(value, separator)), Ok(Some(value)));
            }
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn never_panics_on_number_like_text(text in "[-0-9.,eE+ ]{0,40}") {
            let _ = read(&text);
        }
    }
}
