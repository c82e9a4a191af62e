//! Content and exchange rates.

use rust_decimal::Decimal;
use vortex_domain::{ContentRow, Currency, VendorId};

use super::RegistryError;
use crate::{
    db::{Val, on},
    rows::{CursorRow, Write},
    sql::{SqlStore, corrupt, failed, transaction::Step},
    statements as sql,
    store::{Store as _, StoreError},
};

/// Content rows in one transaction.
const CONTENT_CHUNK: usize = 2_000;

/// The rate of one currency on one date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRecord {
    /// Publication date, `YYYY-MM-DD`.
    pub date: String,
    /// Which currency.
    pub currency: Currency,
    /// Who says so: `bnr`, `ecb`, or either with the vendor for whom it was read elsewhere; `file:` and the vendor.
    pub source: String,
    /// RON for one unit; from the ECB, as it publishes them, units for one EUR.
    pub ron_per_unit: Decimal,
}

impl SqlStore {
    /// Sets the texts of many SKUs, in transactions of bounded size; how many rows were set. A second call is harmless.
    pub async fn put_content(
        &self,
        vendor: &VendorId,
        rows: impl IntoIterator<Item = ContentRow, IntoIter: Send>,
    ) -> Result<usize, RegistryError> {
        let mut rows = rows.into_iter().map(|row| Write::Content(vendor.clone(), Box::new(row)));
        let mut count = 0;
        loop {
            let chunk: Vec<Write> = rows.by_ref().take(CONTENT_CHUNK).collect();
            if chunk.is_empty() {
                return Ok(count);
            }
            count += chunk.len();
            self.commit_group(&[chunk]).await?;
        }
    }

    /// How many content rows the vendor has.
    pub async fn content_count(&self, vendor: &VendorId) -> Result<i64, RegistryError> {
        Ok(on!(&self.db, pool => sqlx::query_scalar(sql::CONTENT_COUNT).bind(vendor.as_str()).fetch_one(pool).await)
            .map_err(failed("counting content"))?)
    }

    /// Sets a cursor from outside of the engine.
    pub async fn set_cursor(&self, vendor: &VendorId, name: &str, value: &str) -> Result<(), RegistryError> {
        let row = CursorRow { vendor: vendor.clone(), name: name.to_owned(), value: value.to_owned() };
        self.commit(&[vec![Write::Cursor(row)]]).await?;
        Ok(())
    }

    /// The newest time that any row knows, milliseconds; 0 in an empty database.
    pub async fn newest_ms(&self) -> Result<i64, RegistryError> {
        let newest: Option<i64> =
            on!(&self.db, pool => sqlx::query_scalar(sql::NEWEST_MS).fetch_one(pool).await)
                .map_err(failed("reading the newest time"))?;
        Ok(newest.unwrap_or(0))
    }

    /// Stores rates; one that is there already is replaced.
    pub async fn put_rates(&self, rates: &[RateRecord]) -> Result<(), RegistryError> {
        let mut unique: std::collections::BTreeMap<(&str, &str, &str), &RateRecord> =
            std::collections::BTreeMap::new();
        for rate in rates {
            unique.insert((&rate.date, rate.currency.code(), &rate.source), rate);
        }
        let values: Vec<Val<'_>> = unique
            .into_iter()
            .flat_map(|((date, currency, source), rate)| {
                [date.into(), currency.into(), source.into(), rate.ron_per_unit.to_string().into()]
            })
            .collect();
        self.write("storing exchange rates", &[Step::new(&sql::RATE, values)]).await?;
        Ok(())
    }

    /// The rates of the newest `days` dates that have any, newest first.
    pub async fn rates(&self, days: u32) -> Result<Vec<RateRecord>, RegistryError> {
        let rows: Vec<(String, String, String, String)> =
            on!(&self.db, pool => sqlx::query_as(sql::NEWEST_RATES).bind(i64::from(days)).fetch_all(pool).await)
                .map_err(failed("reading exchange rates"))?;
        let rate =
            |(date, currency, source, value): (String, String, String, String)| -> Result<_, StoreError> {
                let currency = currency.parse().map_err(|error| corrupt("exchange rate", &date, error))?;
                let ron_per_unit = value.parse().map_err(|error| corrupt("exchange rate", &date, error))?;
                Ok(RateRecord { date, currency, source, ron_per_unit })
            };
        Ok(rows.into_iter().map(rate).collect::<Result<_, _>>()?)
    }
}
