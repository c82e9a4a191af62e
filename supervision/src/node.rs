//! One node: opens the database, starts every vendor, serves the API, and lets everybody leave in order.

use std::{
    collections::BTreeMap,
    future::Future,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use async_trait::async_trait;
use ractor::{Actor, ActorRef};
use tokio::{
    net::TcpListener,
    sync::{Notify, oneshot},
    task::JoinHandle,
};
use tracing::{error, info, warn};
use vortex_api::{ApiParts, ApiState, HookScheme, Limits, Site};
use vortex_domain::{
    Clock, Entropy, OrderId, SystemClock, Vendor, VendorId,
    attention::{Code, Subject},
    order::{Decision, Event},
    pickup::PickupEvent,
    rates::{RateChoice, RateVerdict, RateWord},
    sku::SkuEvent,
};
use vortex_entities::{
    Engine, Flow, OrderMsg, Seams, SkuMsg,
    engine::{AttentionAction, EngineError, FlowReport, FlowStatus, SyncRequest},
    pickup,
    seams::gather,
    vendor::VendorView,
};
use vortex_port::http::EgressPolicy;
use vortex_store::{
    Change, Journal, SqlStore,
    registry::VendorRecord,
    rows::{AttentionItem, CursorRow, JournalRow, Write},
};

use crate::{
    config::Config,
    connectors,
    flow::Scope,
    flows,
    mapping::{MappingDesk, trial},
    rates,
    steady_clock::SteadyClock,
    tree::{Blueprint, NodeActor, NodeMsg, Rhythm, VendorHandle, Vendors},
    vendor_file,
};

/// How often changed vendors are looked for (`vortex apply` writes to the same database).
const VENDORS_EVERY: Duration = Duration::from_secs(1);
/// How often gauges are sampled.
const SAMPLE_EVERY: Duration = Duration::from_secs(15);
/// Attention items looked through for one action.
const ITEMS_LIMIT: u32 = 10_000;
/// Subjects acted upon at once.
const SUBJECTS_PAGE: u32 = 500;
/// An approved mass change must pass within so long, milliseconds.
const APPROVAL_MS: i64 = 3_600_000;

/// A running node.
pub struct Node {
    /// Its database.
    pub store: Arc<SqlStore>,
    /// What its actors use.
    pub seams: Seams,
    starter: Starter,
    journal_writer: JoinHandle<()>,
}

/// Starts vendors as they are stored.
#[derive(Clone)]
pub struct Starter {
    /// Where they are stored.
    pub store: Arc<SqlStore>,
    /// What their actors use.
    pub seams: Seams,
    vendors: Vendors,
    /// The time of the record that each runs by.
    started: Arc<Mutex<BTreeMap<VendorId, i64>>>,
    root: ActorRef<NodeMsg>,
    egress: EgressPolicy,
    rhythm: Rhythm,
    /// A vendor has been started.
    pub(crate) vendor_started: Arc<Notify>,
    public_url: String,
}

impl Starter {
    /// Starts or restarts a vendor as it is stored now; what changed is then computed.
    pub async fn start_vendor(&self, id: &VendorId) -> anyhow::Result<()> {
        // Read first: what changes after it is noticed later.
        let record = self.store.vendor(id).await?.with_context(|| format!("there is no vendor `{id}`"))?;
        let stored = vendor_file::load(&self.store, id)
            .await?
            .with_context(|| format!("there is no vendor `{id}`"))?;
        let mut remotes =
            connectors::build(id, &stored.connections, &self.egress, &self.seams.entropy, &self.seams.clock)?;
        let courier = remotes.courier.as_ref();
        remotes.courier_hook = courier.map(|(name, _)| connectors::hook_address(&self.public_url, id, name));
        let blueprint = Blueprint { vendor: Arc::new(stored.vendor), remotes, rhythm: self.rhythm };
        let (reply, started) = oneshot::channel();
        self.root
            .cast(NodeMsg::Start(Box::new(blueprint), reply))
            .map_err(|_| anyhow::anyhow!("the node is shutting down"))?;
        started.await.context("the node is shutting down")?;
        self.started.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), record.at_ms);
        if let Some(handle) = self.vendor(id) {
            handle.hub.wake(Flow::Reconcile);
        }
        self.vendor_started.notify_one();
        Ok(())
    }

    fn runs_by(&self, record: &VendorRecord) -> bool {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        started.get(&record.id) == Some(&record.at_ms)
    }

    fn vendor(&self, id: &VendorId) -> Option<VendorHandle> {
        self.vendors.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

impl Node {
    /// Opens the database and starts the tree, still without vendors.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let store = Arc::new(SqlStore::open(&config.database.url, config.open_options()?).await?);
        let newest_ms = store.newest_ms().await?;
        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::start(Arc::new(SystemClock), newest_ms));
        let (journal, journal_writer) = Journal::start(store.clone());
        let entropy = Entropy::seeded(clock.now_ms().unsigned_abs() ^ u64::from(std::process::id()));
        let started_ms = clock.now_ms();
        let seams = Seams { store: store.clone(), journal, clock, entropy, started_ms };
        let vendors = Vendors::default();
        let (root, _) = Actor::spawn(None, NodeActor, (seams.clone(), vendors.clone())).await?;
        let rhythm = Rhythm {
            heartbeat_ms: u64::from(config.schedule.heartbeat_s) * 1_000,
            orders_ms: u64::from(config.schedule.orders_poll_s) * 1_000,
            catalogue_ms: u64::from(config.schedule.catalogue_s) * 1_000,
        };
        let starter = Starter {
            store: store.clone(),
            seams: seams.clone(),
            vendors,
            started: Arc::default(),
            root,
            egress: config.security.egress.clone(),
            rhythm,
            vendor_started: Arc::default(),
            public_url: config.server.public_url.clone(),
        };
        Ok(Self { store, seams, starter, journal_writer })
    }

    /// Starts or restarts a vendor as it is stored now.
    pub async fn start_vendor(&self, id: &VendorId) -> anyhow::Result<()> {
        self.starter.start_vendor(id).await
    }

    /// Where connections may go.
    pub fn egress(&self) -> &EgressPolicy {
        &self.starter.egress
    }

    /// What starts its vendors.
    pub fn starter(&self) -> &Starter {
        &self.starter
    }

    /// A handle to a running vendor.
    pub fn vendor(&self, id: &VendorId) -> Option<VendorHandle> {
        self.starter.vendor(id)
    }

    /// Every running vendor.
    pub(crate) fn running(&self) -> Vec<Arc<Vendor>> {
        let vendors = self.starter.vendors.read().unwrap_or_else(PoisonError::into_inner);
        vendors.values().map(|handle| handle.vendor.clone()).collect()
    }

    /// The engine, as the faces see it.
    pub fn engine(&self) -> NodeEngine {
        NodeEngine { starter: self.starter.clone() }
    }

    /// Lets everybody leave, waits until everything decided is on disk, and closes the database.
    pub async fn shutdown(self) {
        let (reply, drained) = oneshot::channel();
        let root = &self.starter.root;
        if root.cast(NodeMsg::Drain(reply)).is_ok() {
            // An error means that the tree has ended already.
            let _ = drained.await;
        }
        root.stop(None);
        self.seams.journal.barrier().await;
        drop((self.seams, self.starter));
        self.journal_writer.abort();
        self.store.close().await;
    }
}

/// Runs the service until `shutdown` completes.
pub async fn serve(
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let node = Arc::new(Node::start(&config).await?);
    let metrics = vortex_api::metrics::install()?;
    let site = Site {
        public_url: config.server.public_url.clone(),
        trusted_proxies: config.server.trusted_proxies.clone(),
    };
    let api = api_state(&node, site);
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("[server] listen = \"{}\" cannot be used", config.server.listen))?;
    let metrics_listener = TcpListener::bind(config.server.metrics_listen).await.with_context(|| {
        format!("[server] metrics_listen = \"{}\" cannot be used", config.server.metrics_listen)
    })?;
    info!(listen = %config.server.listen, metrics = %config.server.metrics_listen, "Vortex is up");

    let watching = tokio::spawn(watch_vendors(node.starter.clone()));
    let reading_rates = tokio::spawn(rates::watch(node.clone()));
    let sampling = tokio::spawn(sample_gauges(api.clone()));
    let metrics_server = tokio::spawn(async move {
        if let Err(why) = axum::serve(metrics_listener, vortex_api::metrics::metrics_router(metrics)).await {
            error!(error = %why, "The metrics listener has ended");
        }
    });
    let closing = api.clone();
    let served = axum::serve(listener, vortex_api::service(api.clone()))
        .with_graceful_shutdown(async move {
            shutdown.await;
            info!("Shutting down: finishing what is under way");
            closing.set_engine_running(false);
            closing.close();
        })
        .await;
    for task in [watching, reading_rates, sampling, metrics_server] {
        task.abort();
    }
    drop(api);
    if let Some(node) = Arc::into_inner(node) {
        node.shutdown().await;
    }
    served.context("the API listener has ended")
}

/// The API and the panel over a node, as people reach them.
pub fn api_state(node: &Node, site: Site) -> ApiState {
    ApiState::new(ApiParts {
        engine: Arc::new(node.engine()),
        store: node.store.clone(),
        lists: node.store.clone(),
        site,
        journal: node.seams.journal.clone(),
        clock: node.seams.clock.clone(),
        entropy: node.seams.entropy.clone(),
        accounts: node.store.clone(),
        mappings: Some(Arc::new(MappingDesk::new(node.starter.clone()))),
        hook_scheme: |kind| connectors::Kind::named(kind).map_or(HookScheme::Signed, |kind| kind.hooks),
        link_key: node.store.derived_key(vortex_api::LINK_KEY),
        limits: Limits::default(),
    })
}

/// Starts every vendor, and again whenever its record changes; ends the trials of mappings whose time has come.
#[expect(clippy::disallowed_methods, reason = "a plain task that only paces itself; no actor")]
pub async fn watch_vendors(starter: Starter) {
    loop {
        match starter.store.vendors().await {
            Ok(vendors) => {
                for vendor in vendors.iter().filter(|vendor| !starter.runs_by(vendor)) {
                    match starter.start_vendor(&vendor.id).await {
                        Ok(()) => info!(vendor.id = %vendor.id, "Vendor `{}` is running", vendor.id),
                        Err(why) => {
                            error!(vendor.id = %vendor.id, error = %format!("{why:#}"), "Vendor `{}` cannot start", vendor.id);
                        }
                    }
                }
            }
            Err(why) => warn!(error = %why, "Vendors could not be read; trying again"),
        }
        if let Err(why) = trial::judge(&starter).await {
            warn!(error = %format!("{why:#}"), "Mappings on trial could not be judged; trying again");
        }
        tokio::time::sleep(VENDORS_EVERY).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a plain task that only paces itself; no actor")]
async fn sample_gauges(api: ApiState) {
    api.set_engine_running(true);
    loop {
        vortex_api::metrics::sample(&api).await;
        tokio::time::sleep(SAMPLE_EVERY).await;
    }
}

/// The engine over the running vendors.
pub struct NodeEngine {
    starter: Starter,
}

impl NodeEngine {
    fn vendor(&self, id: &VendorId) -> Result<VendorHandle, EngineError> {
        let vendors = self.starter.vendors.read().unwrap_or_else(PoisonError::into_inner);
        vendors.get(id).cloned().ok_or(EngineError::NotFound("running vendor of that name"))
    }

    async fn item(&self, vendor: &VendorId, id: i64) -> Result<AttentionItem, EngineError> {
        let items = self.starter.seams.store.attention(vendor, ITEMS_LIMIT).await.map_err(unavailable)?;
        items
            .into_iter()
            .find(|item| item.id == id)
            .ok_or(EngineError::NotFound("open attention item of that id"))
    }

    /// Everything that an item blocks.
    async fn subjects(&self, vendor: &VendorId, item: &AttentionItem) -> Result<Vec<Subject>, EngineError> {
        let mut all: Vec<Subject> = Vec::new();
        loop {
            let after = all.last().map(|subject| subject.key().to_owned());
            let page = self
                .starter
                .seams
                .store
                .attention_subjects(vendor, item.id, after.as_deref(), SUBJECTS_PAGE)
                .await
                .map_err(unavailable)?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    async fn decide(
        &self,
        handle: &VendorHandle,
        id: OrderId,
        decision: Decision,
        who: &str,
    ) -> Result<bool, EngineError> {
        let who = who.to_owned();
        handle
            .directory
            .ask_order(&id, |reply| OrderMsg::Asked(Event::Decided(decision), who, reply))
            .await
            .map_err(unavailable)
    }

    async fn retry(
        &self,
        handle: &VendorHandle,
        subjects: Vec<Subject>,
        who: &str,
    ) -> Result<u64, EngineError> {
        let mut acted = 0;
        let mut skus = Vec::new();
        for subject in subjects {
            match subject {
                Subject::Order(id) => {
                    acted += u64::from(self.decide(handle, id, Decision::Retry, who).await?);
                }
                Subject::Sku(sku) => skus.push(sku),
                Subject::Connection(_) | Subject::Pickup(_) => acted += 1,
            }
        }
        let done = gather(|acks| {
            let messages = skus
                .into_iter()
                .map(|sku| (sku, SkuMsg::Happened(SkuEvent::RetryRefused, acks.clone())))
                .collect();
            handle.directory.to_skus(messages);
        })
        .await;
        for flow in Flow::RETRIED {
            handle.hub.wake(flow);
        }
        Ok(acted + done.len() as u64)
    }

    async fn settle_pickups(
        &self,
        handle: &VendorHandle,
        subjects: Vec<Subject>,
        who: &str,
    ) -> Result<u64, EngineError> {
        let (vendor, now_ms) = (&handle.vendor.id, self.starter.seams.clock.now_ms());
        let wish = |subject: &Subject| {
            let Subject::Pickup(id) = subject else { return None };
            Some(pickup::wish(
                vendor,
                id,
                PickupEvent::Settled,
                who,
                self.starter.seams.entropy.next_u64(),
                now_ms,
            ))
        };
        let wishes: Vec<Write> = subjects.iter().filter_map(wish).collect();
        let settled = wishes.len() as u64;
        self.starter.seams.journal.write(Change::of(wishes)).await.map_err(unavailable)?;
        handle.hub.wake(Flow::Pickups);
        Ok(settled)
    }

    /// Takes or drops the held rate that an item is about; the item goes when the vendor has started again.
    async fn judge_rate(
        &self,
        handle: &VendorHandle,
        item: &AttentionItem,
        verdict: RateVerdict,
        who: &str,
    ) -> Result<u64, EngineError> {
        let held =
            handle.vendor.markets.iter().flat_map(|market| handle.vendor.rates.held(market.currency()));
        let held = held.into_iter().find(|held| rates::cause(held) == item.cause);
        let held = held.ok_or(EngineError::NotFound("exchange rate that still waits"))?;
        let word = RateWord {
            currency: held.currency,
            date: held.rate.published,
            verdict,
            ron_per_unit: held.rate.ron_per_unit,
            author: who.to_owned(),
            reason: String::new(),
            at_ms: self.starter.seams.clock.now_ms(),
        };
        self.rate_word(&handle.vendor.id, word).await?;
        Ok(1)
    }

    async fn approve(&self, handle: &VendorHandle) -> Result<u64, EngineError> {
        let until_ms = self.starter.seams.clock.now_ms() + APPROVAL_MS;
        let cursor = |name: &str| {
            Write::Cursor(CursorRow {
                vendor: handle.vendor.id.clone(),
                name: name.to_owned(),
                value: until_ms.to_string(),
            })
        };
        let writes = vec![cursor(flows::STOCK_APPROVED), cursor(flows::CATALOGUE_APPROVED)];
        self.starter.seams.journal.write(Change::of(writes)).await.map_err(unavailable)?;
        handle.hub.wake(Flow::Catalog);
        handle.hub.wake(Flow::Stock);
        Ok(1)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used in map_err")]
fn unavailable(why: impl ToString) -> EngineError {
    EngineError::Unavailable(why.to_string())
}

#[async_trait]
impl Engine for NodeEngine {
    async fn sync(&self, request: SyncRequest) -> Result<FlowReport, EngineError> {
        let handle = self.vendor(&request.vendor)?;
        let scope = Scope { sku: request.sku, order: request.order };
        let report = handle
            .hub
            .run(request.flow, scope)
            .await
            .ok_or_else(|| EngineError::Unavailable("the flow is starting again".to_owned()))?;
        // What was read goes on its way at once.
        match request.flow {
            Flow::Orders => handle.hub.wake(Flow::Booking),
            Flow::Catalog | Flow::Price | Flow::Stock | Flow::Reconcile => handle.hub.wake(Flow::Publish),
            Flow::Invoices | Flow::Returns => handle.hub.wake(Flow::Shipping),
            Flow::Shipping | Flow::Tracking => handle.hub.wake(Flow::Commands),
            Flow::Booking | Flow::Publish | Flow::Commands | Flow::Pickups => {}
        }
        Ok(report)
    }

    fn wake(&self, vendor: &VendorId, flow: Flow) {
        if let Ok(handle) = self.vendor(vendor) {
            handle.hub.wake(flow);
        }
    }

    async fn act(
        &self,
        vendor: &VendorId,
        item: i64,
        action: AttentionAction,
        who: &str,
    ) -> Result<u64, EngineError> {
        let handle = self.vendor(vendor)?;
        let item = self.item(vendor, item).await?;
        let subjects = self.subjects(vendor, &item).await?;
        if let Some(subject) = subjects.first() {
            let entry = JournalRow {
                vendor: vendor.clone(),
                subject: subject.clone(),
                at_ms: self.starter.seams.clock.now_ms(),
                cause: format!("attention_{}", item.code),
                actor: who.to_owned(),
                old: "open".to_owned(),
                new: format!("{action:?}").to_lowercase(),
            };
            self.starter
                .seams
                .journal
                .write(Change::of(vec![Write::Journal(entry)]))
                .await
                .map_err(unavailable)?;
        }
        let decision = match action {
            AttentionAction::Retry if item.code == Code::Parked => {
                let tried_again = subjects.len() as u64;
                handle.directory.unpark(subjects);
                return Ok(tried_again);
            }
            AttentionAction::Retry => return self.retry(&handle, subjects, who).await,
            AttentionAction::Approve if item.code == Code::MassChange => return self.approve(&handle).await,
            AttentionAction::Settled if matches!(item.code, Code::PickupUnknown | Code::PickupRefused) => {
                return self.settle_pickups(&handle, subjects, who).await;
            }
            AttentionAction::Approve if item.code == Code::RateHeld => {
                return self.judge_rate(&handle, &item, RateVerdict::Confirmed, who).await;
            }
            AttentionAction::Settled if item.code == Code::RateHeld => {
                return self.judge_rate(&handle, &item, RateVerdict::Refused, who).await;
            }
            AttentionAction::BookAnyway if item.code == Code::StockShort => Decision::BookAnyway,
            AttentionAction::Recreate if item.code == Code::DocumentVanished => Decision::Recreate,
            AttentionAction::MintAgain if item.code == Code::AwbUnknown => Decision::MintAgain,
            AttentionAction::Settled => match item.code {
                Code::AwbAbandoned | Code::ParcelException => Decision::ParcelsSettled,
                Code::InvoiceDuplicate | Code::InvoiceMismatch => Decision::BillingSettled,
                Code::CancelRefused => Decision::CancelDropped,
                _ => Decision::Settled,
            },
            other => return Err(EngineError::NotPossible(format!("{other:?} does not fit `{}`", item.code))),
        };
        let mut acted = 0;
        for subject in subjects {
            if let Subject::Order(id) = subject {
                acted += u64::from(self.decide(&handle, id, decision, who).await?);
            }
        }
        for flow in [Flow::Booking, Flow::Commands, Flow::Shipping] {
            handle.hub.wake(flow);
        }
        Ok(acted)
    }

    async fn ask_order(
        &self,
        vendor: &VendorId,
        order: &OrderId,
        event: Event,
        who: &str,
    ) -> Result<bool, EngineError> {
        let handle = self.vendor(vendor)?;
        let who = who.to_owned();
        let changed = handle
            .directory
            .ask_order(order, |reply| OrderMsg::Asked(event, who, reply))
            .await
            .map_err(unavailable)?;
        if changed {
            for flow in [Flow::Commands, Flow::Shipping, Flow::Invoices] {
                handle.hub.wake(flow);
            }
        }
        Ok(changed)
    }

    async fn rate_word(&self, vendor: &VendorId, word: RateWord) -> Result<(), EngineError> {
        let before = self.vendor(vendor)?.vendor;
        let day = before
            .rates
            .history(RateChoice::Vendor, word.currency)
            .find(|day| day.rate.published == word.date);
        let entry = JournalRow {
            vendor: vendor.clone(),
            subject: Subject::Connection(format!("rate {} {}", word.currency, word.date)),
            at_ms: word.at_ms,
            cause: format!("rate_{}", word.verdict.code()),
            actor: word.author.clone(),
            old: day.map_or_else(String::new, |day| format!("{} ({})", day.rate.ron_per_unit, day.source)),
            new: format!("{} ({})", word.ron_per_unit, word.verdict.code()),
        };
        self.starter.store.put_rate_word(vendor, &word, &entry).await.map_err(unavailable)?;
        self.starter.start_vendor(vendor).await.map_err(unavailable)?;
        let vendor = self.vendor(vendor)?.vendor;
        rates::tell(&self.starter.seams, &vendor).await.map_err(unavailable)
    }

    async fn settings(&self, vendor: &VendorId) -> Result<Arc<Vendor>, EngineError> {
        Ok(self.vendor(vendor)?.vendor)
    }

    async fn flows(&self, vendor: &VendorId) -> Result<Vec<FlowStatus>, EngineError> {
        let handle = self.vendor(vendor)?;
        let mut all = Vec::new();
        for flow in Flow::ALL.iter().copied().filter(|flow| !matches!(flow, Flow::Price | Flow::Returns)) {
            all.extend(handle.hub.status(flow).await);
        }
        Ok(all)
    }

    async fn actors(&self, vendor: &VendorId) -> Result<VendorView, EngineError> {
        self.vendor(vendor)?.directory.view().await.map_err(unavailable)
    }
}

/// The URL of an SQLite database in a folder.
pub fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("vortex.db").display())
}
