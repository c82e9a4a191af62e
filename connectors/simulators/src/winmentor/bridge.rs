//! The bridge process: one COM thread, one answer envelope, a key, a cache, and what it counts about its callers.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

use super::books::{Books, MAIN, OTHER_COMPANY, Session, at};
use super::catalogue::Snapshot;
use super::options::{Dialect, IdField};
use super::partners::Partner;
use super::record::write_text;
use crate::clock::SimClock;
use crate::log::CommitLog;

/// A list kept in memory, with the id field under which it was read.
#[derive(Clone)]
pub(super) struct Cached<T> {
    pub(super) rows: T,
    pub(super) field: IdField,
    read_ms: i64,
}

#[derive(Default)]
pub(super) struct Caches {
    pub(super) articles: Option<Cached<Snapshot>>,
    pub(super) stock: Option<Cached<Snapshot>>,
    pub(super) partners: Option<Cached<Arc<Vec<Partner>>>>,
}

/// The part of the bridge that a restart throws away.
struct Process {
    instance: String,
    started_ms: i64,
    /// Between `com/disconnect` and `com/connect`.
    released: bool,
    caches: Caches,
    requests: u32,
}

impl Process {
    fn fresh(started_ms: i64, number: u32) -> Self {
        Self {
            instance: format!("sim-{started_ms}-{number}"),
            started_ms,
            released: false,
            caches: Caches::default(),
            requests: 0,
        }
    }
}

/// Everything that request handlers share.
pub(super) struct Bridge {
    books: Mutex<Books>,
    process: Mutex<Process>,
    /// The COM thread: whoever holds it is talking to `DocImpServer`.
    com: tokio::sync::Mutex<()>,
    pub(super) clock: SimClock,
    pub(super) log: CommitLog,
    in_flight: AtomicUsize,
    high_water: AtomicUsize,
    restarts: AtomicU32,
}

impl Bridge {
    pub(super) fn new(books: Books) -> Self {
        let (clock, log) = (books.clock.clone(), books.log.clone());
        let process = Mutex::new(Process::fresh(clock.now_ms(), 0));
        Self {
            books: Mutex::new(books),
            process,
            com: tokio::sync::Mutex::default(),
            clock,
            log,
            in_flight: AtomicUsize::new(0),
            high_water: AtomicUsize::new(0),
            restarts: AtomicU32::new(0),
        }
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One COM call: waits for the thread, holds it for `share` of the configured latency, then acts.
    pub(super) async fn com<T>(&self, share: u64, act: impl FnOnce(&mut Books) -> T) -> T {
        let thread = self.com.lock().await;
        let latency_ms = self.books().options.latency_ms / share.max(1);
        pause(latency_ms).await;
        let mut books = self.books();
        books.begin_months();
        books.clerk_at_work();
        let result = act(&mut books);
        drop(books);
        drop(thread);
        result
    }

    /// A cached list, unless it is too old or `refresh` is asked for.
    pub(super) fn cached<T: Clone>(
        &self,
        refresh: bool,
        pick: impl FnOnce(&Caches) -> Option<&Cached<T>>,
    ) -> Option<Cached<T>> {
        let oldest_ms = self.clock.now_ms() - self.books().options.cache_minutes * 60_000;
        let process = self.process();
        pick(&process.caches).filter(|cached| !refresh && cached.read_ms > oldest_ms).cloned()
    }

    /// Remembers a list that was just read.
    pub(super) fn remember<T: Clone>(
        &self,
        rows: T,
        field: IdField,
        place: impl FnOnce(&mut Caches) -> &mut Option<Cached<T>>,
    ) -> Cached<T> {
        let cached = Cached { rows, field, read_ms: self.clock.now_ms() };
        *place(&mut self.process().caches) = Some(cached.clone());
        cached
    }

    /// Forgets the cached lists.
    pub(super) fn drop_caches(&self) {
        self.process().caches = Caches::default();
    }

    /// Lets go of the COM object, or makes a new one, which knows no company, month or id field.
    pub(super) fn release(&self, released: bool) {
        self.process().released = released;
        self.forget_session();
    }

    fn forget_session(&self) {
        self.drop_caches();
        let mut books = self.books();
        books.session = Session::fresh(books.options.default_id_field);
    }

    /// A new bridge process: session and caches gone, another instance id.
    pub(super) fn restart(&self) {
        let number = self.restarts.fetch_add(1, Ordering::Relaxed) + 1;
        *self.process() = Process::fresh(self.clock.now_ms(), number);
        self.forget_session();
        self.log.record_with("fault", || json!({"mode": "bridge_restarted", "committed": true}));
    }

    /// Another program on the same COM object selects the other company.
    pub(super) fn switch_company_elsewhere(&self) {
        let mut books = self.books();
        let month = books.session.month;
        books.set_company(OTHER_COMPANY);
        books.session.month = month;
        drop(books);
        self.drop_caches();
        self.log.record_with("fault", || json!({"mode": "company_switched_elsewhere", "committed": true}));
    }

    /// Whether `DocImpServer` is closed: by hand, or by the hours of the nightly work.
    fn closed(&self) -> bool {
        if self.process().released {
            return true;
        }
        let books = self.books();
        let hour = books.now().hour();
        books.options.maintenance_hours.is_some_and(|(from, to)| {
            if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to }
        })
    }

    pub(super) fn health(&self) -> Value {
        let closed = self.closed();
        let process = self.process();
        let now_ms = self.clock.now_ms();
        json!({
            "status": "running", "version": "1.5.0", "instanceId": process.instance, "comConnected": !closed,
            "uptime": (now_ms - process.started_ms) / 1000, "timestamp": at(now_ms).to_string(),
        })
    }

    pub(super) fn concurrent_high_water(&self) -> usize {
        self.high_water.load(Ordering::Relaxed)
    }

    fn arrive(self: &Arc<Self>) -> InFlight {
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        let before = self.high_water.fetch_max(now, Ordering::Relaxed);
        if now > before {
            self.log.record_with("concurrent_requests", || json!({"high_water": now}));
        }
        InFlight(Arc::clone(self))
    }

    // Answers.

    /// A good answer around data that is already JSON text.
    pub(super) fn ok_text(&self, data: &[u8]) -> Response {
        let mut body = Vec::with_capacity(data.len() + 96);
        body.extend_from_slice(br#"{"success":true,"data":"#);
        body.extend_from_slice(data);
        body.extend_from_slice(br#","errors":[],"timestamp":"#);
        write_text(&mut body, &at(self.clock.now_ms()).to_string());
        body.push(b'}');
        json_response(StatusCode::OK, body)
    }

    pub(super) fn ok(&self, data: &Value) -> Response {
        self.ok_text(data.to_string().as_bytes())
    }

    pub(super) fn fail(&self, status: StatusCode, errors: &[String]) -> Response {
        let body = json!({
            "success": false, "data": null, "errors": errors, "timestamp": at(self.clock.now_ms()).to_string(),
        });
        json_response(status, body.to_string().into_bytes())
    }

    /// A reader or setter of the COM object failed.
    pub(super) fn com_error(&self, text: &str) -> Response {
        self.fail(StatusCode::INTERNAL_SERVER_ERROR, &[text.to_owned()])
    }
}

fn json_response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

#[expect(clippy::disallowed_methods, reason = "a slow remote is exactly what is simulated")]
pub(super) async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

struct InFlight(Arc<Bridge>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The `order_tx` entries of one request, written when it is known whether the caller got its answer.
#[derive(Clone)]
pub(super) struct Ledger(Arc<Mutex<LedgerState>>);

struct LedgerState {
    entries: Vec<Value>,
    /// The caller is gone; what is still committed on its behalf is written at once.
    settled: bool,
    log: CommitLog,
}

/// Marks the real answer of a handler, so that an answer made up by the fault plan is told apart.
#[derive(Clone)]
struct RealAnswer;

impl Ledger {
    fn new(log: CommitLog) -> Self {
        Self(Arc::new(Mutex::new(LedgerState { entries: Vec::new(), settled: false, log })))
    }

    fn lock(&self) -> MutexGuard<'_, LedgerState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, entries: Vec<Value>) {
        let mut state = self.lock();
        state.entries.extend(entries);
        if state.settled {
            state.write(false);
        }
    }

    fn settle(&self, reply_sent: bool) {
        let mut state = self.lock();
        if !state.settled {
            state.settled = true;
            state.write(reply_sent);
        }
    }
}

impl LedgerState {
    fn write(&mut self, reply_sent: bool) {
        for mut entry in std::mem::take(&mut self.entries) {
            if let Some(fields) = entry.as_object_mut() {
                fields.insert("reply_sent".to_owned(), Value::from(reply_sent));
            }
            self.log.record("order_tx", entry);
        }
    }
}

/// Settles the ledger when the caller hangs up before its answer.
struct HangUp(Ledger);

impl Drop for HangUp {
    fn drop(&mut self) {
        self.0.settle(false);
    }
}

/// Outside of the fault plan: counts requests in flight and learns whether the real answer went out.
pub(super) async fn observe(State(bridge): State<Arc<Bridge>>, mut request: Request, next: Next) -> Response {
    let counted = !request.uri().path().ends_with("/health");
    let _in_flight = counted.then(|| bridge.arrive());
    let ledger = Ledger::new(bridge.log.clone());
    request.extensions_mut().insert(ledger.clone());
    let hang_up = HangUp(ledger);
    let response = next.run(request).await;
    hang_up.0.settle(response.extensions().get::<RealAnswer>().is_some());
    response
}

/// Inside of the fault plan: key, maintenance, broken methods, and the other program on the same COM object.
pub(super) async fn gate(State(bridge): State<Arc<Bridge>>, request: Request, next: Next) -> Response {
    let mut response = match refuse(&bridge, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    response.extensions_mut().insert(RealAnswer);
    response
}

fn refuse(bridge: &Bridge, request: &Request) -> Option<Response> {
    let path = request.uri().path().trim_start_matches("/api/");
    if path == "health" {
        return None;
    }
    let (authorised, broken, interloper) = {
        let books = bridge.books();
        let options = &books.options;
        let in_header = request.headers().get("x-api-key").is_some_and(|key| key == options.api_key.as_str());
        let in_query = options.dialect == Dialect::BridgeV12
            && request.uri().query().is_some_and(|query| {
                query.split('&').any(|pair| pair.strip_prefix("api_key=") == Some(options.api_key.as_str()))
            });
        (in_header || in_query, options.broken.iter().any(|known| known == path), options.interloper_every)
    };
    if !authorised {
        bridge.log.record_with("auth_failed", || json!({"path": path}));
        return Some(bridge.fail(StatusCode::UNAUTHORIZED, &["Cheie API lipsa sau incorecta".to_owned()]));
    }
    if bridge.closed() && path != "com/connect" && path != "com/disconnect" {
        return Some(bridge.fail(
            StatusCode::SERVICE_UNAVAILABLE,
            &["Serverul este in mentenanta; COM deconectat".to_owned()],
        ));
    }
    if let Some(every) = interloper {
        let requests = {
            let mut process = bridge.process();
            process.requests = process.requests.wrapping_add(1);
            process.requests
        };
        if every > 0 && requests % every == 0 && bridge.books().session.company == Some(MAIN) {
            bridge.switch_company_elsewhere();
        }
    }
    broken.then(|| bridge.com_error("Eroare COM: 0x8000FFFF (E_UNEXPECTED)"))
}
