//! Parts of pages that stay true by themselves: read and rendered once per vendor and language, however many look on.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::State,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream::{Stream, unfold};
use metrics::gauge;
use serde::Serialize;
use tokio::{
    sync::broadcast,
    time::{Instant, MissedTickBehavior, interval, timeout_at},
};
use tracing::warn;
use vortex_domain::{VendorId, attention::Reader};

use super::{frame::Frame, overview, words::Words};
use crate::{auth::Scope, feeds::Place, metrics::names, problem::ApiError, state::ApiState};

/// A stream ends after this time; the browser resumes, and its session is looked at again.
const STREAM_LIFE: Duration = Duration::from_mins(5);
/// How long a browser waits before it resumes.
const RESUME_AFTER: Duration = Duration::from_secs(2);
/// How often parts are read while somebody looks on.
const EVERY: Duration = Duration::from_secs(2);
/// Changes that a slow browser may be behind; then it gets everything again.
const BEHIND: usize = 8;

/// One part of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Part {
    /// The element that it replaces the content of.
    pub(super) id: &'static str,
    pub(super) html: String,
}

type Parts = Arc<[Part]>;
type Key = (VendorId, Reader);

/// What is looked on at.
#[derive(Default)]
pub(crate) struct Live(Mutex<HashMap<Key, Feed>>);

struct Feed {
    changes: broadcast::Sender<Parts>,
    /// All parts as they are, for whoever comes.
    whole: Arc<Mutex<Parts>>,
}

impl Live {
    /// Starts to look on; the first one starts the reader.
    fn watch(&self, state: &ApiState, key: &Key) -> (broadcast::Receiver<Parts>, Arc<Mutex<Parts>>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let feed = open.entry(key.clone()).or_insert_with(|| {
            let (changes, _) = broadcast::channel(BEHIND);
            let whole = Arc::new(Mutex::new(Parts::default()));
            tokio::spawn(follow(state.clone(), key.clone(), changes.clone(), whole.clone()));
            Feed { changes, whole }
        });
        (feed.changes.subscribe(), feed.whole.clone())
    }

    fn close_if_unwatched(&self, key: &Key) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unwatched = open.get(key).is_none_or(|feed| feed.changes.receiver_count() == 0);
        if unwatched {
            open.remove(key);
        }
        unwatched
    }
}

/// Reads and renders, and tells what has changed, until nobody looks on.
async fn follow(state: ApiState, key: Key, changes: broadcast::Sender<Parts>, whole: Arc<Mutex<Parts>>) {
    let mut closing = state.closing();
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
        if state.live.close_if_unwatched(&key) {
            return;
        }
        let (vendor, reader) = &key;
        let now = match overview::parts(&state, vendor, Words { reader: *reader }).await {
            Ok(now) => now,
            Err(failure) => {
                warn!(vendor.id = %vendor, error = %failure, "The live parts of a page could not be read; trying again");
                continue;
            }
        };
        let fresh: Vec<Part> = {
            let mut whole = whole.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = now.iter().filter(|part| !whole.contains(part)).cloned().collect();
            *whole = now.into();
            fresh
        };
        if !fresh.is_empty() {
            // The last one may have gone meanwhile.
            let _ = changes.send(fresh.into());
        }
    }
}

struct Viewer {
    state: ApiState,
    changes: broadcast::Receiver<Parts>,
    whole: Arc<Mutex<Parts>>,
    /// Everything must be told again.
    behind: bool,
    ends: Instant,
    _place: Place,
}

impl Viewer {
    async fn next(&mut self) -> Option<Event> {
        let mut closing = self.state.closing();
        if std::mem::take(&mut self.behind) {
            let whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner).clone();
            return told(&whole);
        }
        let changes = tokio::select! {
            changes = timeout_at(self.ends, self.changes.recv()) => changes.ok()?,
            _ = closing.wait_for(|closing| *closing) => return None,
        };
        match changes {
            Ok(parts) => told(&parts),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner).clone();
                told(&whole)
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

fn told(parts: &[Part]) -> Option<Event> {
    Event::default().event("parts").retry(RESUME_AFTER).json_data(parts).ok()
}

impl Drop for Viewer {
    fn drop(&mut self) {
        gauge!(names::EVENT_STREAMS).decrement(1.0);
    }
}

/// The live parts of the vendor's pages.
pub(super) async fn stream(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let place = state.feeds.place()?;
    let (changes, whole) = state.live.watch(&state, &(scope.vendor, f.w.reader));
    gauge!(names::EVENT_STREAMS).increment(1.0);
    let viewer =
        Viewer { state, changes, whole, behind: true, ends: Instant::now() + STREAM_LIFE, _place: place };
    let events = unfold(viewer, |mut viewer| async move {
        let event = viewer.next().await?;
        Some((Ok(event), viewer))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
