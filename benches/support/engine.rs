//! An engine with one vendor over given remotes, whose timers are far away: the bench says when a flow runs.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use vortex::{
    config::{Config, Environment},
    connectors::{self, Remotes},
    demo::vendor::{self, Addresses},
    flow::Scope,
    node::{Node, sqlite_url},
    tree::VendorHandle,
    vendor_file::{self, VendorFile},
};
use vortex_domain::VendorId;
use vortex_entities::{Flow, engine::FlowReport};
use vortex_store::{SqlStore, Store as _, secrets::MasterKey};

use super::wait;

/// The flows, in the order in which they feed each other.
pub(crate) const HEARTBEAT: [Flow; 6] =
    [Flow::Catalog, Flow::Stock, Flow::Orders, Flow::Booking, Flow::Publish, Flow::Reconcile];

/// A running engine.
pub(crate) struct Engine {
    pub(crate) node: Node,
    vendor: VendorId,
    config: Config,
}

impl Engine {
    /// Starts an engine with its database in the folder, or at the URL.
    pub(crate) async fn start(
        folder: &Path,
        addresses: &Addresses,
        database_url: Option<&str>,
    ) -> anyhow::Result<Self> {
        let config = configure(folder, database_url, 0)?;
        let node = Node::start(&config).await?;
        let vendor = apply(&node.store, &config, folder, addresses).await?;
        node.start_vendor(&vendor).await?;
        Ok(Self { node, vendor, config })
    }

    pub(crate) fn handle(&self) -> anyhow::Result<VendorHandle> {
        self.node.vendor(&self.vendor).context("the vendor is not running")
    }

    /// Runs a flow; an early stop is an error.
    pub(crate) async fn run(&self, flow: Flow) -> anyhow::Result<FlowReport> {
        let report =
            self.handle()?.hub.run(flow, Scope::default()).await.context("the flow is starting again")?;
        if let Some(why) = &report.stopped {
            anyhow::bail!("`{flow}` stopped: {why}");
        }
        Ok(report)
    }

    /// Waits until every flow has had the run that its timer gives it at the start.
    pub(crate) async fn first_runs(&self) -> anyhow::Result<()> {
        let hub = self.handle()?.hub;
        for flow in HEARTBEAT {
            while hub.status(flow).await.is_none_or(|status| status.running || status.last.is_none()) {
                wait(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// Reads the ERP once and publishes until neither a publication nor a verdict waits.
    pub(crate) async fn publish_all(&self) -> anyhow::Result<()> {
        self.run(Flow::Catalog).await?;
        self.run(Flow::Stock).await?;
        loop {
            self.run(Flow::Publish).await?;
            if self.node.store.backlog().await?.iter().all(|queue| queue.depth == 0) {
                return Ok(());
            }
            // Verdicts take their time.
            wait(Duration::from_millis(100)).await;
        }
    }

    /// The vendor's connectors once more, to measure without the engine.
    pub(crate) async fn connectors(&self) -> anyhow::Result<Remotes> {
        let stored = vendor_file::load(&self.node.store, &self.vendor).await?.context("no vendor")?;
        let (seams, egress) = (&self.node.seams, &self.config.security.egress);
        Ok(connectors::build(&self.vendor, &stored.connections, egress, &seams.entropy, &seams.clock)?)
    }

    pub(crate) async fn stop(self) {
        self.node.shutdown().await;
    }
}

/// Reads catalogue and stock through the connector and drops them: what no engine can do without. Returns the number of articles.
pub(crate) async fn read_only(remotes: &Remotes) -> anyhow::Result<usize> {
    let mut articles = 0;
    for page in 1.. {
        let answer = remotes.erp_catalogue.articles(page).await?;
        articles += answer.articles.len();
        if !answer.more {
            break;
        }
    }
    remotes.erp_catalogue.stock().await?;
    Ok(articles)
}

/// Writes `vortex.toml` and the master key into the folder, and reads them as the service does.
pub(crate) fn configure(folder: &Path, database_url: Option<&str>, port: u16) -> anyhow::Result<Config> {
    let key = folder.join("master.key");
    if !key.exists() {
        MasterKey::create_file(&key)?;
    }
    let url = database_url.map_or_else(|| sqlite_url(folder), ToOwned::to_owned);
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\nmetrics_listen = \"127.0.0.1:0\"\n\
         [database]\nurl = {url:?}\n[security]\nmaster_key_file = {:?}\nallow_networks = [\"127.0.0.0/8\"]\n\
         [schedule]\nheartbeat_s = 86400\norders_poll_s = 86400\ncatalogue_s = 86400\n",
        key.display().to_string(),
    );
    let path = config_path(folder);
    std::fs::write(&path, &text)?;
    Ok(Config::parse(&text, &path, &Environment::Given([].into()))?)
}

pub(crate) fn config_path(folder: &Path) -> PathBuf {
    folder.join("vortex.toml")
}

/// Puts the demo's vendor into the database, as `vortex apply` does.
async fn apply(
    store: &SqlStore,
    config: &Config,
    folder: &Path,
    addresses: &Addresses,
) -> anyhow::Result<VendorId> {
    let path = vendor::write(folder, addresses)?;
    let file = VendorFile::read(&path, &Environment::Given([].into()), &config.security.egress)?;
    let plan = vendor_file::plan(Some(store), &file, false, 1).await?;
    vendor_file::write(store, &file, plan, false, 1).await?;
    Ok(file.id)
}
