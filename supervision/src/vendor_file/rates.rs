//! `[rates]`: which exchange rates a vendor uses.

use std::{collections::BTreeMap, net::IpAddr, path::Path};

use jiff::civil::Date;
use rust_decimal::Decimal;
use vortex_domain::{
    Currency, Market, VendorId,
    rates::{RatePolicy, RateRule},
};
use vortex_port::http::EgressPolicy;
use vortex_rates::Bank;
use vortex_store::registry::{RateRecord, VendorRecord};

use super::{
    LoadError, read_text,
    settings::{RateFeed, RateSettings},
    snapshot,
};
use crate::config::reader::Section;

/// Days of rates that a file may hold, and that are read back: ten years of banking days.
pub(super) const DAYS_LIMIT: u32 = 2_600;
/// Rates beyond this are a slip of the decimal point, in RON per unit.
pub const HIGHEST: Decimal = Decimal::from_parts(1_000, 0, 0, false, 0);

/// The name under which a vendor's own rates are stored; the table is shared by all vendors, other rows in it are not.
pub(super) fn file_source(vendor: &VendorId) -> String {
    format!("file:{vendor}")
}

/// Who publishes the rates that a vendor uses, and under which name they are stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Feed {
    /// The name in the table of rates. What comes from the bank itself serves everybody; what comes from an address that the
    /// vendor named serves nobody else.
    pub source: String,
    /// Who.
    pub bank: Bank,
    /// Instead of the bank's usual address.
    pub url: Option<String>,
}

/// The feed of a stored vendor; none when its rates are fixed.
pub fn feed(record: &VendorRecord) -> Result<Option<Feed>, LoadError> {
    Ok(feed_of(&record.id, &snapshot::settings(record)?.rates))
}

pub(super) fn feed_of(vendor: &VendorId, settings: &RateSettings) -> Option<Feed> {
    let bank = match settings.source {
        RateFeed::Bnr => Bank::Bnr,
        RateFeed::Ecb => Bank::Ecb,
        RateFeed::Fixed => return None,
    };
    let usual = |url: &&String| bank.addresses().contains(&url.trim_end_matches('/'));
    let url = settings.url.as_ref().filter(|url| !usual(url)).cloned();
    let source = url.as_ref().map_or_else(|| bank.name().to_owned(), |_| format!("{}:{vendor}", bank.name()));
    Some(Feed { source, bank, url })
}

pub(super) fn read(
    section: &Section,
    vendor: Option<&VendorId>,
    markets: &[Market],
    folder: &Path,
    egress: &EgressPolicy,
) -> (RateSettings, Vec<RateRecord>) {
    let feeds = [("bnr", RateFeed::Bnr), ("ecb", RateFeed::Ecb), ("fixed", RateFeed::Fixed)];
    let rules = [
        ("published_before", RateRule::PublishedBefore),
        ("published_on_or_before", RateRule::PublishedOnOrBefore),
    ];
    let source = section.choice("source", &feeds, RateFeed::Bnr);
    let url = section.text("url");
    if let Some(text) = &url
        && let Err(why) = address(text, egress)
    {
        section.wrong("url", why);
    }
    let fixed_section = section.section_or_empty("fixed");
    let fixed: BTreeMap<Currency, Decimal> = fixed_section.named_decimals();
    if fixed.contains_key(&Currency::Ron) {
        fixed_section.wrong("RON", "needs no rate; remove it");
    }
    for (currency, rate) in &fixed {
        if *rate > HIGHEST {
            fixed_section.wrong(currency.code(), format!("{rate} cannot be RON for one unit"));
        }
    }
    let rows = file(section, vendor, folder);
    if source == RateFeed::Ecb && !rows.is_empty() {
        section.wrong("file", "rates of the ECB are crossed over EUR and cannot come from a file; use source = \"bnr\" or `fixed`");
    }
    let have = |currency| fixed.contains_key(&currency) || rows.iter().any(|row| row.currency == currency);
    let missing = markets.iter().map(|market| market.currency()).filter(|currency| !have(*currency));
    let missing: Vec<&str> = missing.map(Currency::code).collect();
    if source == RateFeed::Fixed && !missing.is_empty() && section.problems().is_ok() {
        let missing = missing.join(", ");
        section.wrong("fixed", format!("has no rate for {missing}, which the connected markets need"));
    }
    let rule = section.choice("rule", &rules, RateRule::PublishedBefore);
    (RateSettings { source, url, fixed, rule, policy: policy(section) }, rows)
}

/// Rates decide about money: they travel encrypted, or within a network that the operator allows.
fn address(text: &str, egress: &EgressPolicy) -> Result<(), String> {
    let url = egress.check_url(text).map_err(|why| why.to_string())?;
    let within = match url.host() {
        Some(url::Host::Ipv4(ip)) => egress.allow_networks.iter().any(|net| net.contains(&IpAddr::V4(ip))),
        Some(url::Host::Ipv6(ip)) => egress.allow_networks.iter().any(|net| net.contains(&IpAddr::V6(ip))),
        _ => false,
    };
    let good = url.scheme() == "https" || within;
    good.then_some(()).ok_or_else(|| "expected an https address such as https://curs.bnr.ro".to_owned())
}

fn policy(section: &Section) -> RatePolicy {
    let default = RatePolicy::default();
    let percent = |key: &'static str, default: Decimal, most: i64| {
        let value = section.decimal(key).unwrap_or(default);
        if value < Decimal::ZERO || value > Decimal::from(most) {
            section.wrong(key, format!("{value} is not a percent from 0 (never) to {most}"));
        }
        value
    };
    let max_age_days = section.integer("max_age_days", 1..=60, default.max_age_days.into());
    RatePolicy {
        max_age_days: u16::try_from(max_age_days).unwrap_or(default.max_age_days),
        jump_percent: percent("jump_percent", default.jump_percent, 100),
        corridor_percent: percent("corridor_percent", default.corridor_percent, 20),
    }
}

/// The rows of the named CSV file, each mistake noted with its line.
fn file(section: &Section, vendor: Option<&VendorId>, folder: &Path) -> Vec<RateRecord> {
    let (Some(name), Some(vendor)) = (section.text("file"), vendor) else { return Vec::new() };
    let path = folder.join(name);
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(error) => {
            section.wrong("file", format!("{} cannot be read: {error}", path.display()));
            return Vec::new();
        }
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let header: Vec<String> =
        reader.headers().map(|h| h.iter().map(str::to_lowercase).collect()).unwrap_or_default();
    if header != ["date", "currency", "ron_per_unit"] {
        section
            .wrong("file", format!("{}: expected the first line date,currency,ron_per_unit", path.display()));
        return Vec::new();
    }
    let mut rows: BTreeMap<(Date, Currency), RateRecord> = BTreeMap::new();
    let mut days = std::collections::BTreeSet::new();
    for (i, record) in reader.records().enumerate() {
        let line = i + 2;
        let wrong = |why: String| section.wrong("file", format!("{}, line {line}: {why}", path.display()));
        match record.map_err(|error| error.to_string()).and_then(|record| row(&record, vendor)) {
            Err(why) => wrong(why),
            Ok((key, row)) => {
                days.insert(key.0);
                if rows.insert(key, row).is_some() {
                    wrong("this day and currency stand there twice".to_owned());
                }
            }
        }
        if days.len() > DAYS_LIMIT as usize {
            section.wrong("file", format!("{} holds more than {DAYS_LIMIT} days", path.display()));
            break;
        }
    }
    rows.into_values().collect()
}

fn row(record: &csv::StringRecord, vendor: &VendorId) -> Result<((Date, Currency), RateRecord), String> {
    let field = |i| record.get(i).unwrap_or_default();
    let date: Date =
        field(0).parse().map_err(|_| format!("`{}` is not a date such as 2026-03-31", field(0)))?;
    let currency: Currency =
        field(1).parse().map_err(|error: vortex_domain::ids::InvalidId| error.to_string())?;
    let ron_per_unit: Decimal =
        field(2).parse().map_err(|_| format!("`{}` is not a number such as 0.4600", field(2)))?;
    if currency == Currency::Ron {
        return Err("RON needs no rate".to_owned());
    }
    if ron_per_unit <= Decimal::ZERO || ron_per_unit > HIGHEST {
        return Err(format!("{ron_per_unit} cannot be RON for one {currency}"));
    }
    let record = RateRecord { date: date.to_string(), currency, source: file_source(vendor), ron_per_unit };
    Ok(((date, currency), record))
}
