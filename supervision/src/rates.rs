//! Published exchange rates: read once per bank for everybody who uses it, kept for ever, taken up by running vendors.

mod reading;
mod watchers;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::civil::Date;
use metrics::gauge;
use tracing::warn;
use vortex_domain::{VendorId, sales::business_time};
use vortex_store::registry::RateRecord;

pub(crate) use watchers::{cause, tell};

use crate::{
    node::Node,
    vendor_file::{Feed, feed},
};

/// How often it is looked whether anything is due.
const LOOK_EVERY: Duration = Duration::from_mins(10);
/// Dates of stored rates among which a bank's newest is looked for.
const RECENT_DATES: u32 = 30;
/// Pause after a look at a bank that had nothing new (a holiday, a failure), doubled by each further one, milliseconds.
const FIRST_PAUSE_MS: i64 = 10 * 60_000;
/// The longest such pause.
const LONGEST_PAUSE_MS: i64 = 6 * 3_600_000;
/// When the newest rate of a source was published, days before today.
const AGE_DAYS: &str = vortex_api::metrics::names::RATE_AGE;

/// Banks that had nothing new, and when they are asked again: they do not want to be asked often.
#[derive(Debug, Default)]
struct Patience(BTreeMap<String, (u32, i64)>);

impl Patience {
    fn waits(&self, source: &str, now_ms: i64) -> bool {
        self.0.get(source).is_some_and(|(_, again_ms)| now_ms < *again_ms)
    }

    fn asked(&mut self, source: &str, new: usize, now_ms: i64) {
        if new > 0 {
            self.0.remove(source);
            return;
        }
        let (times, again_ms) = self.0.entry(source.to_owned()).or_default();
        *again_ms = now_ms + (FIRST_PAUSE_MS << (*times).min(10)).min(LONGEST_PAUSE_MS);
        *times += 1;
    }
}

/// Keeps the rates of every bank in use up to date.
#[expect(clippy::disallowed_methods, reason = "a plain task that only paces itself; no actor")]
pub(crate) async fn watch(node: Arc<Node>) {
    let mut patience = Patience::default();
    loop {
        if let Err(error) = look(&node, &mut patience).await {
            warn!(error = %format!("{error:#}"), "Exchange rates could not be looked after; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            // A vendor has started, perhaps with a bank that nobody used.
            () = node.starter().vendor_started.notified() => {}
        }
    }
}

/// Reads what the banks have published since the last time, if anything is due. Returns how many rates are new.
pub async fn refresh(node: &Node) -> anyhow::Result<usize> {
    look(node, &mut Patience::default()).await
}

async fn look(node: &Node, patience: &mut Patience) -> anyhow::Result<usize> {
    let mut users: BTreeMap<Feed, Vec<VendorId>> = BTreeMap::new();
    for vendor in node.store.vendors().await? {
        if let Some(feed) = feed(&vendor)? {
            users.entry(feed).or_default().push(vendor.id);
        }
    }
    let now_ms = node.seams.clock.now_ms();
    let now = business_time(now_ms);
    let known = node.store.rates(RECENT_DATES).await?;
    let mut all_new = 0;
    for (feed, vendors) in users {
        let mut newest = newest(&known, &feed.source);
        let due = newest.is_none_or(|newest| newest < reading::expected(feed.bank, now));
        if due && !patience.waits(&feed.source, now_ms) {
            let read = reading::read(node, &feed, &vendors, newest, now.date()).await?;
            let new = read.len();
            patience.asked(&feed.source, new, now_ms);
            newest = self::newest(&read, &feed.source).or(newest);
            if new > 0 {
                for vendor in vendors.iter().filter(|vendor| node.vendor(vendor).is_some()) {
                    node.start_vendor(vendor).await?;
                }
            }
            all_new += new;
        }
        if let Some(newest) = newest {
            gauge!(AGE_DAYS, "source" => feed.source).set(f64::from((now.date() - newest).get_days()));
        }
    }
    for vendor in node.running() {
        tell(&node.seams, &vendor).await?;
    }
    Ok(all_new)
}

fn newest(rates: &[RateRecord], source: &str) -> Option<Date> {
    rates.iter().filter(|rate| rate.source == source).filter_map(|rate| rate.date.parse().ok()).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_with_nothing_new_is_asked_ever_more_rarely() {
        let (mut patience, mut now_ms, mut asked) = (Patience::default(), 0, 0);
        while now_ms < 24 * 3_600_000 {
            if !patience.waits("bnr", now_ms) {
                patience.asked("bnr", 0, now_ms);
                asked += 1;
            }
            now_ms += 60_000;
        }
        assert_eq!(asked, 9, "on a whole day of silence");
        assert!(patience.waits("bnr", now_ms) && !patience.waits("ecb", now_ms));
        patience.asked("bnr", 4, now_ms);
        assert!(!patience.waits("bnr", now_ms), "it speaks again");
    }
}
