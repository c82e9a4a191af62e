//! Exchange rates as the National Bank of Romania and the European Central Bank publish them (fx-vat.md sections 1 and 2).
//!
//! Invariant: an answer that is no table of rates is an error, never an empty table; a currency that we do not trade in is
//! left out, everything else must be readable.

mod bnr;
mod ecb;
mod table;

use async_trait::async_trait;
use jiff::civil::Date;
use vortex_domain::{Entropy, VendorId};
use vortex_port::{
    CallError,
    connection::SettingsError,
    http::{Auth, EgressPolicy, HttpCall, HttpClient, Limits, Remote},
    rates::{ExchangeRates, PublishedRate},
};

/// Most bytes of an answer; a year of the BNR has about 1.5 MB.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Who publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bank {
    /// National Bank of Romania: RON per unit.
    Bnr,
    /// European Central Bank: units per EUR.
    Ecb,
}

impl Bank {
    /// Where it publishes, in the order to be tried.
    pub fn addresses(self) -> &'static [&'static str] {
        match self {
            // The older address was seen to redirect to the home page.
            Self::Bnr => &["https://curs.bnr.ro", "https://www.bnr.ro"],
            Self::Ecb => &["https://www.ecb.europa.eu"],
        }
    }

    /// Its name in errors, metrics and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bnr => "bnr",
            Self::Ecb => "ecb",
        }
    }
}

/// A bank's published rates.
pub struct BankRates {
    bank: Bank,
    /// The same content at different addresses.
    addresses: Vec<HttpClient>,
}

impl BankRates {
    /// Prepares the reading; nothing is called yet. The addresses hold the same content and are tried in this order.
    ///
    /// # Errors
    /// Names what of an address cannot be used.
    pub fn new(
        vendor: &VendorId,
        bank: Bank,
        addresses: &[&str],
        egress: &EgressPolicy,
        entropy: &Entropy,
    ) -> Result<Self, SettingsError> {
        let client = |base_url: &&str| {
            HttpClient::new(Remote {
                vendor: vendor.clone(),
                connection: bank.name().to_owned(),
                base_url: base_url.trim_end_matches('/').to_owned(),
                auth: Auth::None,
                limits: Limits { body_limit: MOST_BYTES, same_host_redirects: true, ..Limits::default() },
                egress: egress.clone(),
                entropy: entropy.clone(),
            })
        };
        Ok(Self { bank, addresses: addresses.iter().map(client).collect::<Result<_, _>>()? })
    }

    /// The table at a path, from the first address that has it.
    async fn table(&self, path: &str) -> Result<Vec<PublishedRate>, CallError> {
        let mut first_error = None;
        for address in &self.addresses {
            match self.table_at(address, path).await {
                Ok(rates) => return Ok(rates),
                Err(error) => {
                    tracing::debug!(bank = self.bank.name(), path, %error, "no rates at this address");
                    first_error.get_or_insert(error);
                }
            }
        }
        Err(first_error.unwrap_or_else(|| CallError::NotSent {
            connection: self.bank.name().to_owned(),
            why: "no address is known".to_owned(),
        }))
    }

    async fn table_at(&self, address: &HttpClient, path: &str) -> Result<Vec<PublishedRate>, CallError> {
        let connection = || self.bank.name().to_owned();
        let answer = address.read(&HttpCall::get("rates", path)).await?;
        if !answer.is_success() {
            return Err(CallError::Refused {
                connection: connection(),
                status: answer.status,
                message: answer.summary(),
            });
        }
        let read = match self.bank {
            Bank::Bnr => bnr::read(&answer.text()),
            Bank::Ecb => ecb::read(&answer.text()),
        };
        read.map_err(|why| CallError::Implausible { connection: connection(), why })
    }
}

#[async_trait]
impl ExchangeRates for BankRates {
    async fn published(&self, since: Date, today: Date) -> Result<Vec<PublishedRate>, CallError> {
        let paths = match self.bank {
            Bank::Bnr => bnr::paths(since, today),
            Bank::Ecb => ecb::paths(since, today),
        };
        let mut rates = Vec::new();
        for path in paths {
            rates.extend(self.table(&path).await?);
        }
        rates.retain(|rate| rate.date >= since);
        rates.sort_by_key(|rate| (rate.date, rate.currency));
        rates.dedup_by_key(|rate| (rate.date, rate.currency));
        Ok(rates)
    }
}
