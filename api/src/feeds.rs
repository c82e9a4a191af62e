//! The journal as it grows, for many viewers at the cost of one reader per vendor.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::{MissedTickBehavior, interval},
};
use tracing::warn;
use vortex_domain::VendorId;
use vortex_store::{Store, StoreError, rows::JournalEntry};

use crate::{
    problem::ApiError,
    state::{ApiState, Limits},
};

/// Pages that a slow viewer may be behind before it reads from the database by itself.
const PAGES_BEHIND: usize = 16;
/// Entries per page.
pub(crate) const PAGE: u32 = 200;

type Page = Arc<[JournalEntry]>;

/// Who watches what.
pub(crate) struct Feeds {
    open: Mutex<HashMap<VendorId, broadcast::Sender<Page>>>,
    viewers: Arc<Semaphore>,
    per_vendor: usize,
}

/// Room for one viewer, given back when dropped.
pub(crate) struct Place(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// One viewer's place.
pub(crate) struct Seat {
    /// Pages as they come.
    pub(crate) pages: broadcast::Receiver<Page>,
    _place: Place,
}

impl Feeds {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            open: Mutex::default(),
            viewers: Arc::new(Semaphore::new(limits.viewers)),
            per_vendor: limits.viewers_per_vendor,
        }
    }

    /// Room for one viewer more.
    pub(crate) fn place(&self) -> Result<Place, ApiError> {
        self.viewers.clone().try_acquire_owned().map(Place).map_err(|_| ApiError::busy())
    }

    /// Starts to watch; the first viewer of a vendor starts its reader, at `from` or later entries.
    pub(crate) fn watch(&self, state: &ApiState, vendor: &VendorId, from: i64) -> Result<Seat, ApiError> {
        let place = self.place()?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = match open.get(vendor) {
            Some(feed) if feed.receiver_count() >= self.per_vendor => {
                return Err(ApiError::TooMany { retry_after_s: 10 });
            }
            Some(feed) => feed.subscribe(),
            None => {
                let (feed, pages) = broadcast::channel(PAGES_BEHIND);
                open.insert(vendor.clone(), feed.clone());
                tokio::spawn(follow(state.clone(), vendor.clone(), feed, from));
                pages
            }
        };
        Ok(Seat { pages, _place: place })
    }

    /// Closes the vendor's feed if nobody watches it any more.
    fn close_if_unwatched(&self, vendor: &VendorId) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let unwatched = open.get(vendor).is_none_or(|feed| feed.receiver_count() == 0);
        if unwatched {
            open.remove(vendor);
        }
        unwatched
    }
}

/// Reads what the vendor's journal has gained and tells all viewers, until there are none.
async fn follow(state: ApiState, vendor: VendorId, feed: broadcast::Sender<Page>, from: i64) {
    let mut seq = from;
    let mut closing = state.closing();
    let mut tick = interval(state.limits.event_poll);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
        if state.feeds.close_if_unwatched(&vendor) {
            return;
        }
        loop {
            let page = match state.store.journal_after(&vendor, seq, PAGE).await {
                Ok(page) => page,
                Err(failure) => {
                    warn!(vendor.id = %vendor, error = ?failure, "The journal could not be read for its viewers; trying again");
                    break;
                }
            };
            let Some(last) = page.last() else { break };
            seq = last.seq;
            let more = page.len() >= PAGE as usize;
            // The last viewer may have left meanwhile.
            let _ = feed.send(page.into());
            if !more {
                break;
            }
        }
    }
}

/// The newest position in the vendor's journal, found by halving: some 40 index look-ups however long the journal is.
pub(crate) async fn journal_head(store: &dyn Store, vendor: &VendorId) -> Result<i64, StoreError> {
    let (mut below, mut above) = (0_i64, 1_i64);
    while let Some(entry) = store.journal_after(vendor, above, 1).await?.first() {
        below = entry.seq;
        above = entry.seq.saturating_mul(2);
    }
    // Something may stand after `below`, nothing after `above`.
    while below < above {
        let middle = below + (above - below) / 2;
        match store.journal_after(vendor, middle, 1).await?.first() {
            Some(entry) => below = entry.seq,
            None => above = middle,
        }
    }
    Ok(above)
}
