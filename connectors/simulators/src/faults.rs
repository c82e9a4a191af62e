//! Trouble on demand: a seeded list of rules, and the middleware that acts on them.
//!
//! A rule names requests, a mode and how often it strikes. Rules are tried in order; the first that
//! matches and strikes decides. They can be read and written as JSON:
//! `[{"route":"PUT /api/v1/orders*fulfill","mode":"commit_then_drop","next":1},
//!   {"mode":{"status":{"code":429,"retry_after_s":2}},"probability":0.1}]`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use futures_util::stream;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use crate::log::CommitLog;

/// What happens to a request that a rule strikes. "Applied" means that the simulator really did what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultMode {
    /// Not applied; answered with this status.
    Status {
        /// HTTP status code, such as 429 or 503.
        code: u16,
        /// Seconds for a `Retry-After` header; none without it.
        #[serde(default)]
        retry_after_s: Option<u32>,
        /// An HTML page, as an edge proxy sends it, instead of JSON.
        #[serde(default)]
        html: bool,
    },
    /// Waits, then applies and answers normally.
    Slow {
        /// Delay in milliseconds.
        ms: u64,
    },
    /// Applied at once; the answer comes late.
    CommitThenSlow {
        /// Delay in milliseconds.
        ms: u64,
    },
    /// Applied; the connection is cut without an answer.
    CommitThenDrop,
    /// Applied; answered with this status and no result.
    CommitThenStatus {
        /// HTTP status code, such as 500.
        code: u16,
    },
    /// Not applied; the connection is cut without an answer.
    Drop,
    /// Applied; the answer announces its full length and is cut half way.
    Truncate,
    /// Applied; the answer is half of the real one, and complete as far as HTTP can tell.
    Half,
    /// Not applied; a maintenance page.
    HtmlPage {
        /// HTTP status code, such as 200 or 403.
        status: u16,
    },
    /// Not applied; never answered while the client keeps waiting.
    Hang,
    /// Not applied; status 200 with an empty body.
    Empty,
    /// Not applied; 301 to the same path with or without its trailing slash. Strikes only paths that differ.
    RedirectSlash {
        /// Whether the target ends with a slash.
        trailing: bool,
    },
}

impl FaultMode {
    /// The mode's name as it stands in JSON and in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Slow { .. } => "slow",
            Self::CommitThenSlow { .. } => "commit_then_slow",
            Self::CommitThenDrop => "commit_then_drop",
            Self::CommitThenStatus { .. } => "commit_then_status",
            Self::Drop => "drop",
            Self::Truncate => "truncate",
            Self::Half => "half",
            Self::HtmlPage { .. } => "html_page",
            Self::Hang => "hang",
            Self::Empty => "empty",
            Self::RedirectSlash { .. } => "redirect_slash",
        }
    }

    /// Whether a struck request is applied nevertheless.
    pub fn commits(&self) -> bool {
        match self {
            Self::Slow { .. }
            | Self::CommitThenSlow { .. }
            | Self::CommitThenDrop
            | Self::CommitThenStatus { .. }
            | Self::Truncate
            | Self::Half => true,
            Self::Status { .. }
            | Self::Drop
            | Self::HtmlPage { .. }
            | Self::Hang
            | Self::Empty
            | Self::RedirectSlash { .. } => false,
        }
    }
}

/// One line of a fault plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Fragments of `METHOD path?query`, parted by `*`, that must occur in this order; empty matches all.
    #[serde(default)]
    pub route: String,
    /// What happens.
    pub mode: FaultMode,
    /// Chance from 0 to 1 that a matching request is struck.
    #[serde(default = "always")]
    pub probability: f64,
    /// How many more requests are struck before the rule rests; unlimited without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

fn always() -> f64 {
    1.0
}

impl FaultRule {
    /// Strikes every matching request.
    pub fn always(route: &str, mode: FaultMode) -> Self {
        Self { route: route.to_owned(), mode, probability: 1.0, next: None }
    }

    /// Strikes the next `count` matching requests.
    pub fn next(count: u32, route: &str, mode: FaultMode) -> Self {
        Self { next: Some(count), ..Self::always(route, mode) }
    }

    /// Strikes matching requests with a chance from 0 to 1.
    pub fn sometimes(probability: f64, route: &str, mode: FaultMode) -> Self {
        Self { probability, ..Self::always(route, mode) }
    }

    fn matches(&self, method_and_path: &str, path: &str) -> bool {
        if let FaultMode::RedirectSlash { trailing } = self.mode
            && path.ends_with('/') == trailing
        {
            return false;
        }
        let mut rest = method_and_path;
        self.route.split('*').all(|fragment| match rest.find(fragment) {
            Some(at) => {
                rest = rest.get(at + fragment.len()..).unwrap_or_default();
                true
            }
            None => false,
        })
    }
}

/// The rules in force; clones share them.
#[derive(Debug, Clone)]
pub struct FaultPlan {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<PlanState>,
    injected: AtomicU64,
    released: watch::Sender<bool>,
    log: CommitLog,
}

#[derive(Debug)]
struct PlanState {
    rules: Vec<FaultRule>,
    rng: StdRng,
}

impl FaultPlan {
    /// An empty plan; `seed` decides which requests a chance below 1 strikes. Faults go to `log` as
    /// `fault{mode, route, committed}`.
    pub fn new(seed: u64, log: CommitLog) -> Self {
        let state = Mutex::new(PlanState { rules: Vec::new(), rng: StdRng::seed_from_u64(seed) });
        let (released, _) = watch::channel(false);
        Self { inner: Arc::new(Inner { state, injected: AtomicU64::new(0), released, log }) }
    }

    /// Replaces all rules.
    pub fn set(&self, rules: Vec<FaultRule>) {
        self.lock().rules = rules;
    }

    /// Adds one rule after the others.
    pub fn push(&self, rule: FaultRule) {
        self.lock().rules.push(rule);
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// The rules in force, with what is left of their `next` counts.
    pub fn rules(&self) -> Vec<FaultRule> {
        self.lock().rules.clone()
    }

    /// How many requests were struck so far.
    pub fn injected(&self) -> u64 {
        self.inner.injected.load(Ordering::Relaxed)
    }

    /// Ends all hanging requests, now and later: for the time when the server stops.
    pub fn release(&self) {
        self.inner.released.send_replace(true);
    }

    /// Puts the plan in front of `router`.
    pub fn protect(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), inject))
    }

    /// Decides the fate of one request, counting and logging a strike.
    fn strike(&self, request: &Request) -> Option<FaultMode> {
        let mut state = self.lock();
        if state.rules.is_empty() {
            return None;
        }
        let method = request.method();
        let path = request.uri().path();
        let full = request.uri().path_and_query().map_or(path, |p| p.as_str());
        let route = format!("{method} {full}");
        let PlanState { rules, rng } = &mut *state;
        let rule = rules.iter_mut().find(|rule| {
            rule.next != Some(0)
                && rule.matches(&route, path)
                && (rule.probability >= 1.0 || rng.random::<f64>() < rule.probability)
        })?;
        if let Some(left) = &mut rule.next {
            *left -= 1;
        }
        let mode = rule.mode.clone();
        drop(state);
        self.inner.injected.fetch_add(1, Ordering::Relaxed);
        self.inner.log.record_with(
            "fault",
            || json!({"mode": mode.name(), "route": format!("{method} {path}"), "committed": mode.commits()}),
        );
        Some(mode)
    }

    fn lock(&self) -> MutexGuard<'_, PlanState> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn inject(State(plan): State<FaultPlan>, request: Request, next: Next) -> Response {
    let Some(mode) = plan.strike(&request) else {
        return next.run(request).await;
    };
    match mode {
        FaultMode::Status { code, retry_after_s, html } => refused(code, retry_after_s, html),
        FaultMode::Slow { ms } => {
            pause(ms).await;
            next.run(request).await
        }
        FaultMode::CommitThenSlow { ms } => {
            let response = next.run(request).await;
            pause(ms).await;
            response
        }
        FaultMode::CommitThenDrop => {
            next.run(request).await;
            cut()
        }
        FaultMode::CommitThenStatus { code } => {
            next.run(request).await;
            refused(code, None, false)
        }
        FaultMode::Drop => cut(),
        FaultMode::Truncate => shortened(next.run(request).await, true).await,
        FaultMode::Half => shortened(next.run(request).await, false).await,
        FaultMode::HtmlPage { status } => page(status),
        FaultMode::Hang => {
            let mut released = plan.inner.released.subscribe();
            // The sender lives in the plan that this function holds, so only the release ends the wait.
            let _ = released.wait_for(|released| *released).await;
            cut()
        }
        FaultMode::Empty => Response::new(Body::empty()),
        FaultMode::RedirectSlash { trailing } => redirect(request.uri(), trailing),
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow remote is exactly what is simulated")]
async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// An answer whose body fails before its first byte: the server gives up the connection unanswered.
fn cut() -> Response {
    let failing = stream::iter([Err::<Bytes, _>(std::io::Error::other("connection cut by the fault plan"))]);
    Response::new(Body::from_stream(failing))
}

/// Half of the answer: announced in full and then cut, or announced as it is.
async fn shortened(response: Response, cut_off: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else { return cut() };
    let half = whole.slice(..whole.len() / 2);
    parts.headers.remove(header::TRANSFER_ENCODING);
    if !cut_off {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(half.len()));
        return Response::from_parts(parts, Body::from(half));
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let pieces = stream::unfold(Some(half), |state| async {
        match state {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            Some(_) => {
                // The first half must leave the server's buffer before the connection dies.
                pause(20).await;
                Some((Err(std::io::Error::other("answer truncated by the fault plan")), None))
            }
            None => None,
        }
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

fn refused(code: u16, retry_after_s: Option<u32>, html: bool) -> Response {
    let mut response = if html {
        page(code)
    } else {
        let reason = status(code).canonical_reason().unwrap_or("Error");
        with_body(code, "application/json", json!({"description": reason}).to_string())
    };
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn page(code: u16) -> Response {
    let reason = status(code).canonical_reason().unwrap_or("Error");
    let text = format!(
        "<!DOCTYPE html><html><head><title>{code} {reason}</title></head>\
         <body><h1>We will be back soon</h1><p>{reason}</p></body></html>"
    );
    with_body(code, "text/html; charset=utf-8", text)
}

fn redirect(uri: &Uri, trailing: bool) -> Response {
    let bare = uri.path().trim_end_matches('/');
    let mut target = if trailing { format!("{bare}/") } else { bare.to_owned() };
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(query);
    }
    let mut response = with_body(301, "text/html; charset=utf-8", String::new());
    if let Ok(location) = HeaderValue::try_from(target) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn with_body(code: u16, content_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status(code);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A code that HTTP does not know becomes 500 rather than a panic in the simulator.
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
