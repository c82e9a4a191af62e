//! Numbers of the API: non-negative, in steps of 0.001.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

/// A non-negative number in thousandths, written out exactly: 1.2 never becomes 1.2000000000000002.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Thousandths(u64);

impl Thousandths {
    /// Kilograms.
    pub(crate) fn of_grams(grams: u32) -> Self {
        Self(grams.into())
    }

    /// Centimetres.
    pub(crate) fn of_cm(cm: u32) -> Self {
        Self(u64::from(cm) * 1000)
    }

    /// An amount; none when it is negative, has more than three decimals, or is above the largest number of the API.
    pub(crate) fn of_amount(amount: Decimal) -> Option<Self> {
        const MOST: u64 = 999_999_999_999_999;
        let thousandths = amount.checked_mul(Decimal::ONE_THOUSAND)?.normalize();
        let whole = (thousandths.scale() == 0).then_some(thousandths)?;
        u64::try_from(whole).ok().filter(|t| t / 1000 <= MOST).map(Self)
    }
}

impl std::fmt::Display for Thousandths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0 / 1000, self.0 % 1000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        f.write_str(format!("{whole}.{rest:03}").trim_end_matches('0'))
    }
}

impl Serialize for Thousandths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_exactly() {
        for (grams, text) in [(1, "0.001"), (700, "0.7"), (1200, "1.2"), (30_000, "30"), (1_234, "1.234")] {
            assert_eq!(serde_json::to_string(&Thousandths::of_grams(grams)).unwrap(), text);
        }
        assert_eq!(Thousandths::of_cm(30).to_string(), "30");
    }

    #[test]
    fn refuses_finer_steps_and_negative_amounts() {
        let of = |text: &str| Thousandths::of_amount(text.parse().unwrap());
        assert_eq!(of("299.90").unwrap().to_string(), "299.9");
        assert_eq!(of("0.0010").unwrap().to_string(), "0.001");
        assert_eq!(of("33.3333"), None);
        assert_eq!(of("-1"), None);
        assert_eq!(of("79228162514264337593543950335"), None);
    }
}
