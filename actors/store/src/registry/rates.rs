//! Exchange rates as published, and what people said about them. Neither is ever deleted: the past explains itself by them.

use rust_decimal::Decimal;
use vortex_domain::{Currency, VendorId, rates::RateWord};

use super::RegistryError;
use crate::{
    db::{Val, on},
    rows::JournalRow,
    sql::{SqlStore, corrupt, failed, transaction::Step},
    statements as sql,
    store::StoreError,
};

/// Words of one vendor that are read, the newest.
const WORDS_LIMIT: i64 = 10_000;

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

type WordText = (String, String, String, String, String, String, i64);

fn word((currency, date, verdict, rate, author, reason, at_ms): WordText) -> Result<RateWord, StoreError> {
    let wrong = |why: &dyn std::fmt::Display| corrupt("word on an exchange rate", &date, why);
    Ok(RateWord {
        currency: currency.parse().map_err(|error| wrong(&error))?,
        verdict: verdict.parse().map_err(|error| wrong(&error))?,
        ron_per_unit: rate.parse().map_err(|error| wrong(&error))?,
        date: date.parse().map_err(|error| wrong(&error))?,
        author,
        reason,
        at_ms,
    })
}

impl SqlStore {
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

    /// Keeps what a person said about a rate, with its journal entry.
    pub async fn put_rate_word(
        &self,
        vendor: &VendorId,
        word: &RateWord,
        entry: &JournalRow,
    ) -> Result<(), RegistryError> {
        let said = vec![
            vendor.as_str().into(),
            word.currency.code().into(),
            word.date.to_string().into(),
            word.verdict.code().into(),
            word.ron_per_unit.to_string().into(),
            word.author.as_str().into(),
            word.reason.as_str().into(),
            word.at_ms.into(),
        ];
        let noted = vec![
            entry.vendor.as_str().into(),
            entry.subject.kind().into(),
            entry.subject.key().into(),
            entry.at_ms.into(),
            entry.cause.as_str().into(),
            entry.actor.as_str().into(),
            entry.old.as_str().into(),
            entry.new.as_str().into(),
        ];
        let steps = [Step::new(&sql::RATE_WORD, said), Step::new(&sql::JOURNAL, noted)];
        self.write("keeping a word on an exchange rate", &steps).await?;
        Ok(())
    }

    /// What the vendor's people said about rates, in the order in which they said it.
    pub async fn rate_words(&self, vendor: &VendorId) -> Result<Vec<RateWord>, RegistryError> {
        let rows: Vec<WordText> = on!(&self.db, pool => sqlx::query_as(sql::RATE_WORDS)
            .bind(vendor.as_str()).bind(WORDS_LIMIT).fetch_all(pool).await)
        .map_err(failed("reading words on exchange rates"))?;
        Ok(rows.into_iter().rev().map(word).collect::<Result<_, _>>()?)
    }
}
