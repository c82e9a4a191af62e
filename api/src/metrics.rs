//! Every metric of the service in one table, the Prometheus listener, and the sampler of gauges.

use std::{
    collections::{BTreeMap, HashSet},
    sync::PoisonError,
};

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use metrics::{Label, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::warn;

use crate::state::ApiState;

/// Names of the metrics; other crates emit some of them under the same names.
pub mod names {
    pub use vortex_store::journal::{COMMIT_SECONDS, COMMITTED, NOT_COMMITTED};

    /// Requests by route, method and status.
    pub const HTTP_REQUESTS: &str = "vortex_http_requests_total";
    /// Seconds until the answer begins, by route.
    pub const HTTP_SECONDS: &str = "vortex_http_request_seconds";
    /// Webhooks by outcome.
    pub const HOOKS: &str = "vortex_hooks_total";
    /// Open event streams.
    pub const EVENT_STREAMS: &str = "vortex_event_streams";
    /// Actors alive by vendor and kind.
    pub const ACTORS: &str = "vortex_actors_alive";
    /// Keys that failed too often, by vendor and kind.
    pub const ACTORS_PARKED: &str = "vortex_actors_parked";
    /// Actors started again after a failure, by vendor and kind.
    pub const ACTOR_RESTARTS: &str = "vortex_actor_restarts_total";
    /// Messages handled, by vendor and kind of actor.
    pub const ACTOR_MESSAGES: &str = "vortex_actor_messages_total";
    /// Messages that wait, by vendor and kind of actor.
    pub const MAILBOX_DEPTH: &str = "vortex_mailbox_depth";
    /// Rows by vendor and queue.
    pub const QUEUE_DEPTH: &str = "vortex_queue_depth";
    /// Age of the oldest row by vendor and queue.
    pub const QUEUE_AGE: &str = "vortex_queue_oldest_seconds";
    /// Seconds since a flow last did its whole job, by vendor and flow.
    pub const FLOW_LAG: &str = "vortex_flow_lag_seconds";
    /// When a flow last did its whole job, seconds since 1970.
    pub const FLOW_SUCCESS: &str = "vortex_flow_last_success_seconds";
    /// 1 while a flow runs.
    pub const FLOW_RUNNING: &str = "vortex_flow_running";
    /// Subjects that wait for a person, by vendor and cause.
    pub const ATTENTION: &str = "vortex_attention_open";
    /// Reported returns that fit no order, by vendor.
    pub const RETURNS_UNMATCHED: &str = "vortex_returns_unmatched";
    /// Waybills asked for, by vendor and outcome.
    pub const WAYBILLS: &str = "vortex_waybills_total";
    /// Collections ordered, by vendor and outcome.
    pub const PICKUPS: &str = "vortex_pickups_total";
    /// Files of fiscal documents that were kept, by vendor.
    pub const INVOICES_KEPT: &str = "vortex_invoices_kept_total";
    /// Days since the newest exchange rate of a source was published.
    pub const RATE_AGE: &str = "vortex_rate_age_days";
    /// Calls to remote systems.
    pub const CALLS: &str = "vortex_calls_total";
    /// Seconds of calls to remote systems.
    pub const CALL_SECONDS: &str = "vortex_call_seconds";
    /// 1 while a circuit breaker lets no calls through.
    pub const BREAKER_OPEN: &str = "vortex_breaker_open";
}

/// How a metric moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only up.
    Counter,
    /// Up and down.
    Gauge,
    /// A distribution of seconds.
    Seconds,
}

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// Labels, separated by commas; never a SKU, an order or a person.
    pub labels: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn metric(name: &'static str, kind: Kind, labels: &'static str, meaning: &'static str) -> Metric {
    Metric { name, kind, labels, meaning }
}

/// Every metric of the service.
pub const METRICS: &[Metric] = &[
    metric(names::HTTP_REQUESTS, Kind::Counter, "route,method,status", "HTTP requests answered"),
    metric(names::HTTP_SECONDS, Kind::Seconds, "route", "Time until an HTTP answer begins"),
    metric(
        names::HOOKS,
        Kind::Counter,
        "outcome",
        "Webhooks received: accepted, refused, unreadable, unavailable",
    ),
    metric(names::EVENT_STREAMS, Kind::Gauge, "", "Event streams that are open"),
    metric(names::ACTORS, Kind::Gauge, "vendor,kind", "Actors alive"),
    metric(
        names::ACTORS_PARKED,
        Kind::Gauge,
        "vendor,kind",
        "Keys whose processing stopped after repeated failures",
    ),
    metric(names::ACTOR_RESTARTS, Kind::Counter, "vendor,kind", "Actors started again after a failure"),
    metric(names::ACTOR_MESSAGES, Kind::Counter, "vendor,kind", "Messages that actors handled"),
    metric(names::MAILBOX_DEPTH, Kind::Gauge, "vendor,kind", "Messages that wait in mailboxes"),
    metric(names::QUEUE_DEPTH, Kind::Gauge, "vendor,queue", "Rows that wait in the inbox or for a remote"),
    metric(names::QUEUE_AGE, Kind::Gauge, "vendor,queue", "Age of the oldest waiting row"),
    metric(names::FLOW_LAG, Kind::Gauge, "vendor,flow", "Time since a flow last did its whole job"),
    metric(
        names::FLOW_SUCCESS,
        Kind::Gauge,
        "vendor,flow",
        "When a flow last did its whole job, seconds since 1970",
    ),
    metric(names::FLOW_RUNNING, Kind::Gauge, "vendor,flow", "1 while a flow runs"),
    metric(names::COMMIT_SECONDS, Kind::Seconds, "", "Duration of the journal's transactions"),
    metric(names::COMMITTED, Kind::Counter, "", "Changes made durable"),
    metric(
        names::NOT_COMMITTED,
        Kind::Counter,
        "",
        "Changes that conflicted, failed or have an unknown outcome; their actors started again",
    ),
    metric(
        names::ATTENTION,
        Kind::Gauge,
        "vendor,code",
        "What waits for a person, by cause: return_open returns to be credited, awb_unknown waybills to be found out about",
    ),
    metric(names::RETURNS_UNMATCHED, Kind::Gauge, "vendor", "Reported returns that fit no order"),
    metric(
        names::WAYBILLS,
        Kind::Counter,
        "vendor,outcome",
        "Waybills asked for: minted, refused, not_sent, unknown",
    ),
    metric(
        names::PICKUPS,
        Kind::Counter,
        "vendor,outcome",
        "Collections asked of the courier: ordered, refused, not_sent, unknown",
    ),
    metric(names::INVOICES_KEPT, Kind::Counter, "vendor", "Files of fiscal documents that were kept"),
    metric(names::RATE_AGE, Kind::Gauge, "source", "Days since the newest exchange rate was published"),
    metric(names::CALLS, Kind::Counter, "vendor,connection,operation,outcome", "Calls to remote systems"),
    metric(
        names::CALL_SECONDS,
        Kind::Seconds,
        "vendor,connection,operation",
        "Duration of calls to remote systems",
    ),
    metric(
        names::BREAKER_OPEN,
        Kind::Gauge,
        "vendor,connection",
        "1 while no calls are made because the remote is down",
    ),
];

/// Upper bounds of the histograms' buckets, seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Installs the process's metrics recorder and describes every metric; once per process. The caller runs
/// `PrometheusHandle::run_upkeep` from time to time, e.g. with [`sample`].
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
        .install_recorder()?;
    describe();
    Ok(handle)
}

/// Tells the recorder what the metrics mean.
pub fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.meaning),
            Kind::Gauge => describe_gauge!(metric.name, metric.meaning),
            Kind::Seconds => describe_histogram!(metric.name, Unit::Seconds, metric.meaning),
        }
    }
}

/// `/metrics`, for a listener of its own that is not reachable from outside (SEC40).
pub fn metrics_router(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(scrape)).with_state(handle)
}

async fn scrape(State(handle): State<PrometheusHandle>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
}

/// Gauges that had a value at the last sampling: what has vanished since is set to 0.
pub(crate) type Sampled = HashSet<(&'static str, Vec<Label>)>;

struct Sample<'a> {
    before: &'a Sampled,
    now: Sampled,
}

impl Sample<'_> {
    fn set(&mut self, name: &'static str, labels: &[(&'static str, &str)], value: f64) {
        let labels: Vec<Label> =
            labels.iter().map(|(key, value)| Label::new(*key, (*value).to_owned())).collect();
        gauge!(name, labels.clone()).set(value);
        self.now.insert((name, labels));
    }

    fn finish(self) -> Sampled {
        for (name, labels) in self.before.difference(&self.now) {
            gauge!(*name, labels.clone()).set(0.0);
        }
        self.now
    }
}

/// Sets the gauges of queues, actors and flows; every 15 seconds or so, the caller owns the timer. What cannot be read
/// now keeps its last value.
pub async fn sample(state: &ApiState) {
    let now_ms = state.clock.now_ms();
    let before = std::mem::take(&mut *state.sampled.lock().unwrap_or_else(PoisonError::into_inner));
    let mut sample = Sample { before: &before, now: Sampled::new() };
    let mut complete = sample_queues(state, &mut sample, now_ms).await;
    match state.accounts.vendors().await {
        Ok(vendors) => {
            for vendor in vendors {
                complete &= sample_vendor(state, &vendor.id, &mut sample, now_ms).await;
                if let Err(failure) = sample_waiting(state, &vendor.id, &mut sample).await {
                    warn!(error = ?failure, "What waits for a person could not be read for metrics");
                    complete = false;
                }
            }
        }
        Err(failure) => {
            warn!(error = ?failure, "Vendors could not be read for metrics");
            complete = false;
        }
    }
    let now = if complete { sample.finish() } else { sample.now.union(&before).cloned().collect() };
    *state.sampled.lock().unwrap_or_else(PoisonError::into_inner) = now;
}

async fn sample_queues(state: &ApiState, sample: &mut Sample<'_>, now_ms: i64) -> bool {
    let queues = match state.store.backlog().await {
        Ok(queues) => queues,
        Err(failure) => {
            warn!(error = ?failure, "Queues could not be read for metrics");
            return false;
        }
    };
    for queue in queues {
        let labels = [("vendor", queue.vendor.as_str()), ("queue", queue.queue.as_str())];
        sample.set(names::QUEUE_DEPTH, &labels, number(queue.depth));
        sample.set(
            names::QUEUE_AGE,
            &labels,
            queue.oldest_ms.map_or(0.0, |since_ms| seconds(now_ms - since_ms)),
        );
    }
    true
}

/// What waits for a person, by cause; more than these items are counted no further.
const ITEMS: u32 = 10_000;

async fn sample_waiting(
    state: &ApiState,
    vendor: &vortex_domain::VendorId,
    sample: &mut Sample<'_>,
) -> Result<(), vortex_store::StoreError> {
    let mut by_code: BTreeMap<&'static str, i64> = BTreeMap::new();
    for item in state.store.attention(vendor, ITEMS).await? {
        *by_code.entry(item.code.as_str()).or_default() += item.blocked;
    }
    for (code, blocked) in by_code {
        sample.set(names::ATTENTION, &[("vendor", vendor.as_str()), ("code", code)], number(blocked));
    }
    let strays = state.store.stray_returns(vendor, None, ITEMS).await?.len();
    sample.set(names::RETURNS_UNMATCHED, &[("vendor", vendor.as_str())], number(strays as i64));
    Ok(())
}

async fn sample_vendor(
    state: &ApiState,
    vendor: &vortex_domain::VendorId,
    sample: &mut Sample<'_>,
    now_ms: i64,
) -> bool {
    let name = vendor.as_str();
    let actors = state.engine.actors(vendor).await;
    if let Ok(view) = &actors {
        for (kind, alive) in [("sku", view.skus), ("order", view.orders)] {
            sample.set(names::ACTORS, &[("vendor", name), ("kind", kind)], number(alive as i64));
            let parked = view.parked.get(kind).map_or(0, Vec::len);
            sample.set(names::ACTORS_PARKED, &[("vendor", name), ("kind", kind)], number(parked as i64));
        }
        for (metric, by_kind) in
            [(names::ACTOR_RESTARTS, &view.restarts), (names::ACTOR_MESSAGES, &view.handled)]
        {
            for (kind, count) in by_kind {
                counter!(metric, "vendor" => name.to_owned(), "kind" => kind.clone()).absolute(*count);
            }
        }
        for (kind, waiting) in &view.waiting {
            sample.set(
                names::MAILBOX_DEPTH,
                &[("vendor", name), ("kind", kind)],
                number(i64::try_from(*waiting).unwrap_or(i64::MAX)),
            );
        }
    }
    let flows = state.engine.flows(vendor).await;
    for status in flows.iter().flatten() {
        let labels = [("vendor", name), ("flow", status.flow.name())];
        sample.set(names::FLOW_RUNNING, &labels, if status.running { 1.0 } else { 0.0 });
        // A flow that has never succeeded has no lag yet; its absence from the panel says so.
        if let Some(success_ms) = status.last_success_ms {
            sample.set(names::FLOW_LAG, &labels, seconds(now_ms - success_ms));
            sample.set(names::FLOW_SUCCESS, &labels, seconds(success_ms));
        }
    }
    actors.is_ok() && flows.is_ok()
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats; counts beyond 2^53 do not occur")]
fn number(value: i64) -> f64 {
    value as f64
}

fn seconds(ms: i64) -> f64 {
    number(ms.max(0)) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_one_name_and_a_meaning() {
        let names: HashSet<_> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            assert!(!metric.meaning.is_empty());
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
            for personal in ["sku", "order", "buyer"] {
                assert!(!metric.labels.split(',').any(|label| label == personal), "{}", metric.name);
            }
        }
    }
}
