//! From stored records to what the engine works with.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, de::DeserializeOwned};
use vortex_domain::{
    Currency, Market, Vendor, VendorId,
    mapping::{Compiled, Mapping, MappingError, Schemas},
    rates::{RateBook, RateChoice, RateDay, RateError, RateSource, RateTable, RateWord},
    sales::VatRounding,
    vat::{VatError, VatTable},
    vendor::{BookingPolicy, ChannelPolicy, Trial},
};
use vortex_port::Connection;
use vortex_rates::Bank;
use vortex_store::{
    SqlStore,
    registry::{
        ConnectionRecord, MappingRecord, RateRecord, RegistryError, TrialRecord, TrialState, VendorRecord,
    },
};

use super::{
    rates::{DAYS_LIMIT, feed_of, file_source},
    settings::{RateSettings, VendorSettings},
};
use crate::connectors::{self, BuildError, Role, only};

/// A stored vendor cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The database failed, or a secret does not open.
    #[error("the settings of vendor `{vendor}` cannot be read")]
    Registry {
        /// Whose.
        vendor: VendorId,
        /// Why.
        #[source]
        source: RegistryError,
    },
    /// A connection is missing, or one too many.
    #[error(transparent)]
    Connections(#[from] BuildError),
    /// Stored settings have another shape than this version expects.
    #[error("vendor `{vendor}`: the stored settings of {place} cannot be read ({why}); apply its file again")]
    Settings {
        /// Whose.
        vendor: VendorId,
        /// Of the vendor, or of which connection.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// The stored mapping cannot be read.
    #[error("vendor `{vendor}`: mapping version {version} cannot be used; publish another")]
    Mapping {
        /// Whose.
        vendor: VendorId,
        /// Which.
        version: i64,
        /// What is wrong.
        #[source]
        source: MappingError,
    },
    /// A stored exchange rate cannot be one.
    #[error(
        "vendor `{vendor}`: an exchange rate cannot be used; mend it in [rates] and apply the file again"
    )]
    Rate {
        /// Whose.
        vendor: VendorId,
        /// What is wrong.
        #[source]
        source: RateError,
    },
    /// The vendor's VAT rows cannot be used.
    #[error(
        "vendor `{vendor}`: the VAT rows cannot be used; mend the file of [vat] and apply the vendor's file again"
    )]
    Vat {
        /// Whose.
        vendor: VendorId,
        /// What is wrong.
        #[source]
        source: VatError,
    },
}

/// A stored vendor, ready for the engine.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What the rules need to know.
    pub vendor: Vendor,
    /// Every setting, as stored.
    pub settings: VendorSettings,
    /// Its connections, credentials opened.
    pub connections: Vec<Connection>,
}

/// Reads a vendor with everything that belongs to it; none when there is no such vendor.
pub async fn load(store: &SqlStore, id: &VendorId) -> Result<Option<Stored>, LoadError> {
    let failed = |source| LoadError::Registry { vendor: id.clone(), source };
    let Some(record) = store.vendor(id).await.map_err(failed)? else { return Ok(None) };
    let connections = store.connections(id).await.map_err(failed)?;
    let mapping = store.live_mapping(id).await.map_err(failed)?;
    let rates = store.rates(DAYS_LIMIT).await.map_err(failed)?;
    let words = store.rate_words(id).await.map_err(failed)?;
    let newest = store.mapping_trials(id, 1).await.map_err(failed)?;
    let running = newest.into_iter().find(|trial| trial.state == TrialState::Running);
    let on_trial = match running {
        Some(trial) => store.mapping_version(id, trial.version).await.map_err(failed)?.map(|of| (of, trial)),
        None => None,
    };
    let on_trial = on_trial.as_ref().map(|(record, trial)| (record, trial));
    let vendor = snapshot(&record, &connections, (mapping.as_ref(), on_trial), &rates, &words)?;
    let settings = settings(&record)?;
    Ok(Some(Stored { vendor, settings, connections: connections.into_iter().map(opened).collect() }))
}

fn opened(record: ConnectionRecord) -> Connection {
    let ConnectionRecord { vendor: _, name, kind, base_url, settings, secrets } = record;
    Connection { name, kind, base_url, settings, secrets }
}

/// The snapshot that the rules work with. Unknown settings are left to those who know them.
pub fn snapshot(
    record: &VendorRecord,
    connections: &[ConnectionRecord],
    (mapping, on_trial): (Option<&MappingRecord>, Option<(&MappingRecord, &TrialRecord)>),
    rates: &[RateRecord],
    words: &[RateWord],
) -> Result<Vendor, LoadError> {
    let id = &record.id;
    let settings = settings(record)?;
    let connections: Vec<Connection> = connections.iter().cloned().map(opened).collect();
    let erp = only(id, &connections, Role::Erp)?;
    let channel = only(id, &connections, Role::Channel)?;
    let booking: BookingSettings = of_connection(id, erp)?;
    let selling: ChannelSettings = of_connection(id, channel)?;
    let vat = settings.vat.as_deref().map_or_else(|| Ok(VatTable::built_in()), VatTable::with_overrides);
    let default = BookingPolicy::default();
    let default_channel = ChannelPolicy::default();
    Ok(Vendor {
        id: id.clone(),
        name: record.name.clone(),
        markets: selling.markets,
        booking: BookingPolicy {
            order_booklet: booking.order_booklet.unwrap_or(default.order_booklet),
            first_document_number: booking.first_document_number.unwrap_or(default.first_document_number),
            customer_per_market: booking.customer_per_market,
            customer_per_consumer: booking.customer_per_consumer,
            rate_rule: settings.rates.rule,
            vat_rounding: booking.vat_rounding,
            quiet_ms: booking.quiet_ms.unwrap_or(default.quiet_ms),
        },
        channel: ChannelPolicy {
            accept_orders: selling.accept_orders,
            lowers_stock_itself: selling.lowers_stock_itself,
            delete_gone_after_days: selling
                .delete_gone_after_days
                .unwrap_or(default_channel.delete_gone_after_days),
            takes_documents: false,
        },
        shipping: settings.shipping.clone(),
        invoices: settings.invoices.clone(),
        mapping: Arc::new(live(id, mapping, &connectors::schemas(&connections))?),
        trial: on_trial.map(|(record, trial)| on_trial_now(id, record, trial, &connections)).transpose()?,
        rates: Arc::new(
            table(id, &settings.rates, rates, words)
                .map_err(|source| LoadError::Rate { vendor: id.clone(), source })?,
        ),
        vat: Arc::new(vat.map_err(|source| LoadError::Vat { vendor: id.clone(), source })?),
        image_url: settings.image_url,
        stock: settings.stock,
        bundles: settings
            .bundles
            .into_iter()
            .map(|(bundle, parts)| (bundle, parts.into_iter().collect()))
            .collect(),
    })
}

pub(super) fn settings(record: &VendorRecord) -> Result<VendorSettings, LoadError> {
    VendorSettings::deserialize(&record.settings).map_err(|error| LoadError::Settings {
        vendor: record.id.clone(),
        place: "the vendor".to_owned(),
        why: error.to_string(),
    })
}

/// What the engine reads of the ERP connection's settings.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BookingSettings {
    order_booklet: Option<String>,
    first_document_number: Option<i64>,
    customer_per_market: BTreeMap<Market, String>,
    customer_per_consumer: bool,
    vat_rounding: VatRounding,
    quiet_ms: Option<i64>,
}

/// What the engine reads of the channel connection's settings.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ChannelSettings {
    markets: Vec<Market>,
    accept_orders: bool,
    lowers_stock_itself: bool,
    delete_gone_after_days: Option<u32>,
}

fn of_connection<T: DeserializeOwned>(vendor: &VendorId, connection: &Connection) -> Result<T, LoadError> {
    T::deserialize(&connection.settings).map_err(|error| LoadError::Settings {
        vendor: vendor.clone(),
        place: format!("connection `{}`", connection.name),
        why: error.to_string(),
    })
}

/// The markets that a channel connection serves, as far as they can be read.
pub(super) fn markets(connection: &Connection) -> Vec<Market> {
    ChannelSettings::deserialize(&connection.settings).map(|settings| settings.markets).unwrap_or_default()
}

/// The live mapping under the number that it was published as; the built-in one when none was.
fn live(vendor: &VendorId, record: Option<&MappingRecord>, schemas: &Schemas) -> Result<Compiled, LoadError> {
    let version = record.map_or(0, |record| record.version);
    let failed = |source| LoadError::Mapping { vendor: vendor.clone(), version, source };
    let mapping = record.map_or_else(|| Ok(Mapping::built_in()), |record| Mapping::from_json(&record.body));
    let number = u32::try_from(version).unwrap_or(u32::MAX);
    mapping.and_then(|mapping| Ok(mapping.compile(number, schemas)?)).map_err(failed)
}

/// The version on trial with its share.
fn on_trial_now(
    vendor: &VendorId,
    record: &MappingRecord,
    trial: &TrialRecord,
    connections: &[Connection],
) -> Result<Trial, LoadError> {
    Ok(Trial {
        mapping: Arc::new(live(vendor, Some(record), &connectors::schemas(connections))?),
        share_percent: trial.terms.share_percent.unsigned_abs(),
        since_ms: trial.at_ms,
    })
}

/// The rates that the vendor uses: its bank's, its own file's and its people's, and what its settings fix for currencies that
/// the bank does not have. What another vendor fixed or uploaded never shows here.
fn table(
    vendor: &VendorId,
    settings: &RateSettings,
    rates: &[RateRecord],
    words: &[RateWord],
) -> Result<RateTable, RateError> {
    let mut book = RateBook::default();
    let own = file_source(vendor);
    let vendors = feed_of(vendor, settings).map(|feed| (feed.source, feed.bank, RateChoice::Vendor));
    let usual = [(Bank::Bnr, RateChoice::Bnr), (Bank::Ecb, RateChoice::Ecb)]
        .map(|(bank, choice)| (bank.name().to_owned(), bank, choice));
    for (source, bank, choice) in vendors.into_iter().chain(usual) {
        let mut against_eur: BTreeMap<Date, BTreeMap<Currency, Decimal>> = BTreeMap::new();
        for (date, rate) in dated(rates, &source) {
            if bank == Bank::Ecb {
                against_eur.entry(date).or_default().insert(rate.currency, rate.ron_per_unit);
            } else {
                let quoted = (rate.ron_per_unit, Decimal::ONE);
                book.add(choice, RateSource::Bnr, rate.currency, date, quoted)?;
            }
        }
        // A day on which the ECB had no leu crosses nothing.
        for (date, units) in against_eur.iter().filter(|(_, units)| units.contains_key(&Currency::Ron)) {
            book.add_ecb(choice, *date, units)?;
        }
    }
    for (date, rate) in dated(rates, &own) {
        let quoted = (rate.ron_per_unit, Decimal::ONE);
        book.add(RateChoice::Vendor, RateSource::File, rate.currency, date, quoted)?;
    }
    words.iter().try_for_each(|word| book.say(word.clone()))?;
    let mut table = book.table(settings.policy.clone());
    for (currency, rate) in &settings.fixed {
        let by_bank = |day: RateDay<'_>| matches!(day.source, RateSource::Bnr | RateSource::Ecb);
        if !table.history(RateChoice::Vendor, *currency).any(by_bank) {
            table.fix(*currency, *rate)?;
        }
    }
    Ok(table)
}

fn dated<'a>(rates: &'a [RateRecord], source: &'a str) -> impl Iterator<Item = (Date, &'a RateRecord)> {
    let of_source = rates.iter().filter(move |rate| rate.source == source);
    of_source.filter_map(|rate| Some((rate.date.parse::<Date>().ok()?, rate)))
}
