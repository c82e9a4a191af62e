//! Server-Sent Events: a vendor's journal as it grows.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream::{Stream, unfold};
use metrics::gauge;
use serde::Deserialize;
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::{Instant, timeout_at},
};
use tracing::warn;
use utoipa::IntoParams;
use vortex_domain::VendorId;
use vortex_store::rows::JournalEntry;

use super::journal::EntryView;
use crate::{
    auth::Caller,
    extract::Query,
    feeds::{PAGE, Seat, journal_head},
    metrics::names,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// A stream ends after this time; the client resumes, and its token is looked at again.
const STREAM_LIFE: Duration = Duration::from_mins(15);
/// How long a client waits before it resumes.
const RESUME_AFTER: Duration = Duration::from_secs(2);

/// Whose journal.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// Vendor id; needed by whoever may see several.
    vendor: Option<String>,
}

/// The vendor's journal as Server-Sent Events. Each event's id is its position; `Last-Event-ID` resumes after it,
/// without it the stream begins now. The first event is `ready`, then `journal` events follow.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "journal",
    params(EventsQuery, ("Last-Event-ID" = Option<i64>, Header, description = "Resume after this position")),
    responses(
        (status = 200, description = "Events; `data` is a journal entry", body = String, content_type = "text/event-stream"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many streams of this vendor", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn stream(
    State(state): State<ApiState>,
    caller: Caller,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let own = match (caller.0.platform, caller.0.vendors.len()) {
        (None, 1) => caller.0.vendors.keys().next().map(VendorId::as_str),
        _ => None,
    };
    let asked = query.vendor.as_deref().or(own);
    let name = asked.ok_or(ApiError::Invalid("Say which vendor: `?vendor=`.".into()))?;
    let (vendor, _) = caller.vendor(&state, name).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok());
    let head = journal_head(&*state.store, &vendor).await?;
    let seat = state.feeds.watch(&state, &vendor, head)?;
    gauge!(names::EVENT_STREAMS).increment(1.0);
    let seq = last.map_or(head, |last| last.clamp(0, head));
    let ready = Event::default().event("ready").id(seq.to_string()).retry(RESUME_AFTER).data("{}");
    let viewer = Viewer {
        closing: state.closing(),
        state,
        vendor,
        seq,
        seat,
        waiting: VecDeque::from([ready]),
        behind: true,
        ends: Instant::now() + STREAM_LIFE,
    };
    let events = unfold(viewer, |mut viewer| async move {
        let event = viewer.next().await?;
        Some((Ok(event), viewer))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Viewer {
    state: ApiState,
    vendor: VendorId,
    /// The last position that was told.
    seq: i64,
    seat: Seat,
    waiting: VecDeque<Event>,
    /// There may be entries in the database that did not come by the seat.
    behind: bool,
    closing: watch::Receiver<bool>,
    ends: Instant,
}

impl Viewer {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.state.is_closing() || Instant::now() >= self.ends {
                return None;
            }
            if self.behind {
                self.catch_up().await?;
                continue;
            }
            let page = tokio::select! {
                page = timeout_at(self.ends, self.seat.pages.recv()) => page.ok()?,
                _ = self.closing.wait_for(|closing| *closing) => return None,
            };
            match page {
                Ok(page) => self.tell(page.iter().cloned()),
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads one page after the last position; none ends the stream, and the client resumes.
    async fn catch_up(&mut self) -> Option<()> {
        match self.state.store.journal_after(&self.vendor, self.seq, PAGE).await {
            Ok(page) => {
                self.behind = page.len() >= PAGE as usize;
                self.tell(page.into_iter());
                Some(())
            }
            Err(failure) => {
                warn!(vendor.id = %self.vendor, error = ?failure, "An event stream ends: the journal could not be read");
                None
            }
        }
    }

    fn tell(&mut self, entries: impl Iterator<Item = JournalEntry>) {
        for entry in entries {
            // The database and the seat may both have brought it.
            if entry.seq <= self.seq {
                continue;
            }
            self.seq = entry.seq;
            let event = Event::default().event("journal").id(entry.seq.to_string());
            // An entry of texts always serialises.
            self.waiting.extend(event.json_data(EntryView::from(entry)));
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        gauge!(names::EVENT_STREAMS).decrement(1.0);
    }
}
