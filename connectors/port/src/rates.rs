//! What the engine needs of a central bank.

use async_trait::async_trait;
use jiff::civil::Date;
use rust_decimal::Decimal;
use vortex_domain::Currency;

use crate::outcome::CallError;

/// One rate of one day, as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRate {
    /// The day of publication.
    pub date: Date,
    /// Which currency.
    pub currency: Currency,
    /// RON for one unit, from a bank that quotes in RON; units for one EUR, from one that quotes against EUR.
    pub value: Decimal,
}

/// Reads published exchange rates. An answer that is no rate table is `Implausible`, never an empty list.
#[async_trait]
pub trait ExchangeRates: Send + Sync {
    /// Every rate published on `since` or later, as far as the bank still shows them, until `today`.
    async fn published(&self, since: Date, today: Date) -> Result<Vec<PublishedRate>, CallError>;
}
