//! Published exchange rates: read once per bank for everybody who uses it, kept for ever, taken up by running vendors.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Weekday, time},
};
use tracing::{info, warn};
use vortex_domain::{
    VendorId,
    attention::{Code, Raise, Subject},
    clock::in_words,
    sales::business_time,
};
use vortex_port::ExchangeRates as _;
use vortex_rates::{Bank, BankRates};
use vortex_store::{Change, registry::RateRecord, rows::Write};

use crate::{
    node::Node,
    vendor_file::{Feed, feed},
};

/// How often it is looked whether a bank should have published by now.
const LOOK_EVERY: Duration = Duration::from_hours(1);
/// Dates of stored rates among which a bank's newest is looked for.
const RECENT_DATES: u32 = 30;
/// How far back the first reading of a bank goes, days: further than any open order.
const FIRST_DAYS: i32 = 60;

/// Keeps the rates of every bank in use up to date.
#[expect(clippy::disallowed_methods, reason = "a plain task that only paces itself; no actor")]
pub(crate) async fn watch(node: Arc<Node>) {
    loop {
        if let Err(error) = refresh(&node).await {
            warn!(error = %format!("{error:#}"), "Exchange rates could not be looked after; trying again");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Reads what the banks have published since the last time, if anything is due. Returns how many rates are new.
pub async fn refresh(node: &Node) -> anyhow::Result<usize> {
    let mut users: BTreeMap<Feed, Vec<VendorId>> = BTreeMap::new();
    for vendor in node.store.vendors().await? {
        if let Some(feed) = feed(&vendor)? {
            users.entry(feed).or_default().push(vendor.id);
        }
    }
    let now = business_time(node.seams.clock.now_ms());
    let known = node.store.rates(RECENT_DATES).await?;
    let mut new = 0;
    for (feed, vendors) in users {
        let newest: Option<Date> = known
            .iter()
            .filter(|rate| rate.source == feed.source)
            .filter_map(|rate| rate.date.parse().ok())
            .max();
        if newest.is_some_and(|newest| newest >= expected(feed.bank, now)) {
            continue;
        }
        new += read(node, &feed, &vendors, newest, now.date()).await?;
    }
    Ok(new)
}

async fn read(
    node: &Node,
    feed: &Feed,
    vendors: &[VendorId],
    newest: Option<Date>,
    today: Date,
) -> anyhow::Result<usize> {
    let Some(first) = vendors.first() else { return Ok(0) };
    let since = newest.map_or_else(|| today.checked_sub(FIRST_DAYS.days()), Date::tomorrow)?;
    let bank = BankRates::new(first, feed.bank, feed.url.as_deref(), node.egress(), &node.seams.entropy)
        .context("the bank's address cannot be used")?;
    let subject = Subject::Connection(feed.bank.name().to_owned());
    let published = match bank.published(since, today).await {
        Ok(published) => published,
        Err(error) => {
            warn!(bank = feed.bank.name(), %error, "Exchange rates could not be read; the stored ones go on");
            let now_ms = node.seams.clock.now_ms();
            let params = vec![feed.bank.name().to_owned(), in_words(now_ms), error.to_string()];
            let raise = Raise { code: Code::RemoteDown, cause: feed.bank.name().to_owned(), params, subject };
            let told =
                vendors.iter().map(|vendor| Write::Raise(vendor.clone(), Box::new(raise.clone()), now_ms));
            node.seams.journal.submit(Change::of(told.collect())).await;
            return Ok(0);
        }
    };
    let records: Vec<RateRecord> = published
        .iter()
        .map(|rate| RateRecord {
            date: rate.date.to_string(),
            currency: rate.currency,
            source: feed.source.clone(),
            ron_per_unit: rate.value,
        })
        .collect();
    let settled =
        vendors.iter().map(|vendor| Write::Clear(vendor.clone(), Code::RemoteDown, subject.clone()));
    node.seams.journal.submit(Change::of(settled.collect())).await;
    if records.is_empty() {
        return Ok(0);
    }
    node.store.put_rates(&records).await?;
    info!(bank = feed.bank.name(), rates = records.len(), "Exchange rates read");
    for vendor in vendors.iter().filter(|vendor| node.vendor(vendor).is_some()) {
        node.start_vendor(vendor).await?;
    }
    Ok(records.len())
}

/// The newest day that the bank has surely published by now, holidays aside.
fn expected(bank: Bank, now: DateTime) -> Date {
    let published_at = match bank {
        Bank::Bnr => time(13, 15, 0, 0),
        // 16:00 in Frankfurt.
        Bank::Ecb => time(17, 15, 0, 0),
    };
    let mut day = now.date();
    if now.time() < published_at {
        day = day.yesterday().unwrap_or(day);
    }
    while matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        day = day.yesterday().unwrap_or(Date::MIN);
    }
    day
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};

    use super::*;

    #[test]
    fn a_monday_morning_expects_fridays_rate() {
        let at = |day, hour, minute| expected(Bank::Bnr, datetime(2026, 11, day, hour, minute, 0, 0));
        assert_eq!(at(23, 9, 0), date(2026, 11, 20));
        assert_eq!(at(22, 18, 0), date(2026, 11, 20));
        assert_eq!(at(23, 13, 14), date(2026, 11, 20));
        assert_eq!(at(23, 13, 15), date(2026, 11, 23));
        assert_eq!(expected(Bank::Ecb, datetime(2026, 11, 23, 14, 0, 0, 0)), date(2026, 11, 20));
    }
}
