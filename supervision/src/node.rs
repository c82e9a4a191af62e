//! One node: opens the database, starts every vendor, serves the API, and lets everybody leave in order.

use std::{
    collections::BTreeMap,
    future::Future,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use ractor::{Actor, ActorRef};
use tokio::{
    net::TcpListener,
    sync::{Notify, oneshot},
    task::JoinHandle,
};
use tracing::{error, info, warn};
use vortex_api::{ApiParts, ApiState, HookScheme, Limits, Site};
use vortex_domain::{Clock, Entropy, SystemClock, Vendor, VendorId};
use vortex_entities::{Flow, Seams};
use vortex_port::http::EgressPolicy;
use vortex_store::{Journal, SqlStore, registry::VendorRecord};

use crate::{
    config::Config,
    connectors,
    engine::NodeEngine,
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

    /// A handle to a running vendor.
    pub fn vendor(&self, id: &VendorId) -> Option<VendorHandle> {
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
        NodeEngine::new(self.starter.clone())
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

/// The URL of an SQLite database in a folder.
pub fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("vortex.db").display())
}
