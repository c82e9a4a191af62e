//! What every handler shares.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ipnet::IpNet;
use secrecy::SecretBox;
use tokio::sync::{Semaphore, watch};
use vortex_domain::{Clock, Entropy};
use vortex_entities::Engine;
use vortex_store::{Journal, Lists, Store};

use crate::{
    accounts::Accounts,
    archive::ARCHIVES,
    feeds::Feeds,
    health::Readiness,
    hooks::{HookKeys, HookScheme},
    idempotency::InFlight,
    links::LinkKey,
    mappings::Mappings,
    metrics::Sampled,
    panel::live::Live,
    passwords::{Attempts, HASHED_AT_ONCE},
    rest::sync::SyncGate,
};

/// What the API is made of.
pub struct ApiParts {
    /// The running engine.
    pub engine: Arc<dyn Engine>,
    /// Reads.
    pub store: Arc<dyn Store>,
    /// Reads for people.
    pub lists: Arc<dyn Lists>,
    /// Writes.
    pub journal: Journal,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for request ids.
    pub entropy: Entropy,
    /// Tokens, people, vendors, webhook secrets, remembered answers, the audit trail.
    pub accounts: Arc<dyn Accounts>,
    /// Vendors' mappings; none where no engine runs.
    pub mappings: Option<Arc<dyn Mappings>>,
    /// How webhooks of a kind of connection prove that they are its own.
    pub hook_scheme: fn(&str) -> HookScheme,
    /// Signs links to kept files; see `SqlStore::derived_key`.
    pub link_key: SecretBox<[u8; 32]>,
    /// Under which address people see it.
    pub site: Site,
    /// How much of everything.
    pub limits: Limits,
}

/// Under which address people see the service, and who stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Scheme and host, without a slash at the end.
    pub public_url: String,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl Site {
    /// On this machine, behind nobody.
    pub fn local() -> Self {
        Self { public_url: "http://127.0.0.1".to_owned(), trusted_proxies: Vec::new() }
    }

    /// People reach it by TLS.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// How much of everything; each bounds what one caller can cost the others.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Body of an API request, bytes.
    pub body_bytes: usize,
    /// Body of a content upload, bytes.
    pub content_bytes: usize,
    /// Rows of a content upload.
    pub content_rows: usize,
    /// Body of a webhook, bytes.
    pub hook_bytes: usize,
    /// Names and values of all headers of a request, bytes.
    pub header_bytes: usize,
    /// Time for a request, its body included; a sync has its own.
    pub request_timeout: Duration,
    /// Requests under way in the process.
    pub in_flight: usize,
    /// Verified webhooks that wait for the disk, in the process.
    pub hooks_in_flight: usize,
    /// Verified webhooks of one connection that wait for the disk, so that a flood of one leaves room for others.
    pub hooks_per_connection: usize,
    /// How long the secrets of a connection are kept in memory, milliseconds; a revoked one counts so long at most.
    pub hook_secrets_ttl_ms: i64,
    /// Event streams in the process.
    pub viewers: usize,
    /// Event streams of one vendor.
    pub viewers_per_vendor: usize,
    /// How often the journal is read while somebody watches.
    pub event_poll: Duration,
    /// On-demand syncs that one vendor may start at once.
    pub sync_burst: u32,
    /// After how long a vendor may start one more, milliseconds.
    pub sync_refill_ms: i64,
    /// How long a sync is waited for when the caller does not say; it goes on when the wait ends.
    pub sync_wait: Duration,
    /// How long the answer to a write with an `Idempotency-Key` is kept, milliseconds.
    pub remember_ms: i64,
    /// How long the database may take to prove that it commits.
    pub probe_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            content_bytes: 8 << 20,
            content_rows: 10_000,
            hook_bytes: 256 << 10,
            header_bytes: 16 << 10,
            request_timeout: Duration::from_secs(30),
            in_flight: 4_096,
            hooks_in_flight: 4_096,
            hooks_per_connection: 2_048,
            hook_secrets_ttl_ms: 10_000,
            viewers: 512,
            viewers_per_vendor: 32,
            event_poll: Duration::from_secs(1),
            sync_burst: 12,
            sync_refill_ms: 1_000,
            sync_wait: Duration::from_secs(25),
            remember_ms: 86_400_000,
            probe_timeout: Duration::from_secs(2),
        }
    }
}

/// A cheap handle to what every handler shares.
#[derive(Clone)]
pub struct ApiState(Arc<Inner>);

/// The inside of [`ApiState`].
pub struct Inner {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lists: Arc<dyn Lists>,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Entropy,
    pub(crate) accounts: Arc<dyn Accounts>,
    pub(crate) mappings: Option<Arc<dyn Mappings>>,
    pub(crate) site: Site,
    pub(crate) limits: Limits,
    pub(crate) hashing: Semaphore,
    pub(crate) attempts: Attempts,
    pub(crate) live: Live,
    pub(crate) admission: Arc<Semaphore>,
    pub(crate) hook_scheme: fn(&str) -> HookScheme,
    pub(crate) hook_keys: HookKeys,
    pub(crate) feeds: Feeds,
    pub(crate) idempotent: InFlight,
    pub(crate) link_key: LinkKey,
    pub(crate) archives: Arc<Semaphore>,
    pub(crate) syncs: SyncGate,
    pub(crate) readiness: Readiness,
    pub(crate) sampled: Mutex<Sampled>,
    engine_runs: AtomicBool,
    closing: watch::Sender<bool>,
}

impl Deref for ApiState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl ApiState {
    /// Puts the parts together; not ready until [`Self::set_engine_running`] says so.
    pub fn new(parts: ApiParts) -> Self {
        let limits = parts.limits;
        Self(Arc::new(Inner {
            admission: Arc::new(Semaphore::new(limits.in_flight)),
            hook_scheme: parts.hook_scheme,
            hook_keys: HookKeys::new(&limits),
            feeds: Feeds::new(&limits),
            idempotent: InFlight::default(),
            link_key: LinkKey(parts.link_key),
            archives: Arc::new(Semaphore::new(ARCHIVES)),
            syncs: SyncGate::default(),
            readiness: Readiness::default(),
            sampled: Mutex::default(),
            engine_runs: AtomicBool::new(false),
            closing: watch::Sender::new(false),
            engine: parts.engine,
            store: parts.store,
            lists: parts.lists,
            site: parts.site,
            hashing: Semaphore::new(HASHED_AT_ONCE),
            attempts: Attempts::default(),
            live: Live::default(),
            journal: parts.journal,
            clock: parts.clock,
            entropy: parts.entropy,
            accounts: parts.accounts,
            mappings: parts.mappings,
            limits,
        }))
    }

    /// Says whether the engine runs; `/readyz` tells it on.
    pub fn set_engine_running(&self, running: bool) {
        self.0.engine_runs.store(running, Ordering::Release);
    }

    /// Ends all event streams and reports not ready, so that a graceful shutdown need not wait for viewers.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    pub(crate) fn engine_runs(&self) -> bool {
        self.0.engine_runs.load(Ordering::Acquire)
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    pub(crate) fn is_closing(&self) -> bool {
        *self.0.closing.borrow()
    }
}
