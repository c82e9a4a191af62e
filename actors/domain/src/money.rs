//! Money is integer minor units and a currency; arithmetic on the way is exact decimals.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::ids::Currency;

/// An amount that does not fit, or a sum over two currencies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// More than 92 quadrillion: never a price.
    #[error("the amount {0} is too large to be money")]
    TooLarge(Decimal),
    /// Two currencies were added.
    #[error("cannot add {1} to {0}")]
    MixedCurrencies(Currency, Currency),
}

/// An amount of money in minor units (bani, öre, øre, cents).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; negative for credits.
    pub minor: i64,
    /// The currency; all of ours have 100 minor units.
    pub currency: Currency,
}

impl Money {
    /// An amount of so many minor units.
    pub fn minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Rounds a decimal amount half away from zero to minor units.
    pub fn rounded(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let minor = (amount.checked_mul(Decimal::ONE_HUNDRED).ok_or(MoneyError::TooLarge(amount))?)
            .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let minor = i64::try_from(minor).map_err(|_| MoneyError::TooLarge(amount))?;
        Ok(Self { minor, currency })
    }

    /// The amount in major units with two decimals.
    pub fn amount(self) -> Decimal {
        Decimal::new(self.minor, 2)
    }

    /// Adds an amount of the same currency.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge(self.amount()))?;
        Ok(Self { minor, currency: self.currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero_to_the_minor_unit() {
        let sek = |text: &str| Money::rounded(text.parse().unwrap(), Currency::Sek).unwrap().minor;
        assert_eq!(sek("319.205"), 31921);
        assert_eq!(sek("-319.205"), -31921);
        assert_eq!(sek("0.004"), 0);
    }

    #[test]
    fn refuses_mixed_currencies_and_absurd_amounts() {
        let one = Money::minor(100, Currency::Sek);
        assert!(one.plus(Money::minor(1, Currency::Nok)).is_err());
        assert!(Money::rounded(Decimal::MAX, Currency::Sek).is_err());
        assert!(Money::minor(i64::MAX, Currency::Sek).plus(one).is_err());
    }
}
