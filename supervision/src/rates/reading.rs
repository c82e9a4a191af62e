//! One reading of a bank: what it has published since a day, into the table of rates.

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
};
use vortex_port::ExchangeRates as _;
use vortex_rates::{Bank, BankRates};
use vortex_store::{Change, registry::RateRecord, rows::Write};

use crate::{node::Node, vendor_file::Feed};

/// How far back the first reading of a bank goes, days: further than any open order.
const FIRST_DAYS: i32 = 60;

/// Reads and stores what is newer than `newest`. A failure is told to the vendors, and brings nothing.
pub(super) async fn read(
    node: &Node,
    feed: &Feed,
    vendors: &[VendorId],
    newest: Option<Date>,
    today: Date,
) -> anyhow::Result<Vec<RateRecord>> {
    let Some(first) = vendors.first() else { return Ok(Vec::new()) };
    let since = newest.map_or_else(|| today.checked_sub(FIRST_DAYS.days()), Date::tomorrow)?;
    let own = feed.url.as_deref().map(|url| vec![url]);
    let addresses = own.unwrap_or_else(|| feed.bank.addresses().to_vec());
    let bank = BankRates::new(first, feed.bank, &addresses, node.egress(), &node.seams.entropy)
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
            return Ok(Vec::new());
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
    if !records.is_empty() {
        node.store.put_rates(&records).await?;
        info!(bank = feed.bank.name(), rates = records.len(), "Exchange rates read");
    }
    Ok(records)
}

/// The newest day that the bank has surely published by now, holidays aside.
pub(super) fn expected(bank: Bank, now: DateTime) -> Date {
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
