//! The session of a bridge: global state that belongs to whoever set it last (spec 3.3, 5.3, 7).
//!
//! Whoever talks to the bridge holds a [`Turn`]: one request is in flight at a time, and between the set-up and the
//! call that relies on it nothing else can happen through us. What the bridge was last told is remembered, so that
//! a run of imports needs no set-up per order; anything that makes this memory doubtful clears it.

mod setup;

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};
use vortex_domain::{Clock, sales::business_date};
use vortex_port::CallError;

use crate::{
    bridge::{Bridge, Reply, Request},
    config::Settings,
    date::WorkingMonth,
};

pub(crate) use setup::{Canary, NotReady};

/// After so much silence the bridge may have let go of the COM object, and with it of the session (spec 5.2).
const TRUST_IN_SILENCE: Duration = Duration::from_mins(1);

/// How often a busy session is compared with the bridge's health.
const HEALTH_EVERY: Duration = Duration::from_secs(10);

/// An import without an answer for so long may be running still; the next one must not slip into it (spec 5.1).
const LONG_IMPORT: Duration = Duration::from_secs(5);
const REST_AFTER_LONG_IMPORT: Duration = Duration::from_mins(1);
const LEAST_REST: Duration = Duration::from_millis(100);

/// The session of one bridge, shared by all that use it.
pub(crate) struct Session {
    pub(crate) bridge: Bridge,
    pub(crate) settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// At most one reader waits for its turn in front of an order.
    readers: Mutex<()>,
}

/// What the bridge was last told, as far as we may rely on it.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Company and id fields are set and this month is selected.
    selected: Option<WorkingMonth>,
    /// The company's accounting months, oldest first.
    months: Vec<WorkingMonth>,
    health: Option<Health>,
    contact: Option<Instant>,
    health_read: Option<Instant>,
    /// An article that was there when we looked, in place of a configured canary.
    learned_canary: Option<String>,
    /// In how many set-ups in a row it was missing.
    canary_missed: u32,
    /// The wanted booking day and the open one that stands for it.
    pub(crate) booking_day: Option<(jiff::civil::Date, jiff::civil::Date)>,
    /// No import before this moment.
    writes_from: Option<Instant>,
    /// How long an import usually takes.
    usual_import: Duration,
}

/// What tells one life of a bridge from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Health {
    instance: Option<String>,
    uptime_s: Option<i64>,
    connected: bool,
}

/// The right to talk to the bridge; dropped when done.
pub(crate) struct Turn<'a> {
    session: &'a Session,
    pub(crate) state: MutexGuard<'a, State>,
    for_orders: bool,
    _reader: Option<MutexGuard<'a, ()>>,
}

impl Session {
    pub(crate) fn new(bridge: Bridge, settings: Arc<Settings>, clock: Arc<dyn Clock>) -> Self {
        Self { bridge, settings, clock, state: Mutex::default(), readers: Mutex::default() }
    }

    /// Today, as the ERP dates documents.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        business_date(self.clock.now_ms())
    }

    /// A turn for what belongs to orders.
    pub(crate) async fn turn_for_orders(&self) -> Turn<'_> {
        Turn { session: self, state: self.state.lock().await, for_orders: true, _reader: None }
    }

    /// A turn for catalogue readings: they queue up behind each other first, so that an order overtakes all but one.
    pub(crate) async fn turn_for_reading(&self) -> Turn<'_> {
        let reader = self.readers.lock().await;
        Turn { session: self, state: self.state.lock().await, for_orders: false, _reader: Some(reader) }
    }
}

impl Turn<'_> {
    pub(crate) fn bridge(&self) -> &Bridge {
        &self.session.bridge
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.session.settings
    }

    pub(crate) fn session(&self) -> &Session {
        self.session
    }

    /// The month that is selected, as far as it is known.
    pub(crate) fn selected_month(&self) -> Option<WorkingMonth> {
        self.state.selected
    }

    /// What was remembered may no longer be so.
    pub(crate) fn doubt(&mut self) {
        self.state.selected = None;
        self.state.booking_day = None;
    }

    /// One call with the bridge's verdict as it is. The session is doubted when no verdict came.
    pub(crate) async fn exchange(&mut self, request: Request) -> Result<Reply, CallError> {
        let request = request.for_orders(self.for_orders);
        // Should the caller give up half way, nothing is known of the session.
        let selected = self.state.selected.take();
        let reply = self.session.bridge.exchange(&request).await;
        self.state.contact = Some(Instant::now());
        match &reply {
            Ok(_) => self.state.selected = selected,
            Err(_) => self.doubt(),
        }
        reply
    }

    /// One call that either brings data or an error.
    pub(crate) async fn fetch(&mut self, request: Request) -> Result<Value, CallError> {
        match self.exchange(request).await? {
            Reply::Done { data, .. } => Ok(data),
            Reply::Declined { status, errors } => {
                if status >= 500 {
                    self.doubt();
                }
                Err(self.bridge().declined(status, &errors))
            }
        }
    }

    /// Whether an import may leave now: one that nobody answered may be running still.
    pub(crate) async fn wait_for_writes(&mut self) -> Result<(), CallError> {
        let Some(from) = self.state.writes_from else { return Ok(()) };
        let wait = from.saturating_duration_since(Instant::now());
        if wait > LONG_IMPORT {
            return Err(CallError::NotSent {
                connection: self.bridge().connection().to_owned(),
                why: format!(
                    "the import before it may be running still; next try in {} s",
                    wait.as_secs() + 1
                ),
            });
        }
        pause(wait).await;
        self.state.writes_from = None;
        Ok(())
    }

    /// Notes how long an import took, and whether its end is known.
    pub(crate) fn import_took(&mut self, took: Duration, ended: bool) {
        if ended {
            self.state.usual_import = if self.state.usual_import.is_zero() {
                took
            } else {
                (self.state.usual_import * 3 + took) / 4
            };
            return;
        }
        let rest = if took >= LONG_IMPORT {
            REST_AFTER_LONG_IMPORT
        } else {
            (self.state.usual_import * 2).clamp(LEAST_REST, LONG_IMPORT)
        };
        self.state.writes_from = Some(Instant::now() + rest);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "calls run in tasks of their own, where waiting blocks no mailbox"
)]
pub(crate) async fn pause(span: Duration) {
    if !span.is_zero() {
        tokio::time::sleep(span).await;
    }
}
