//! Simulators, a node and a vendor, wired together: the demo's world, and the system tests'.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};
use vortex_domain::{Entropy, VendorId, sales::business_date};
use vortex_entities::Flow;
use vortex_simulators::{
    LogTarget,
    cdon::{CdonSim, CdonSimOptions},
    faults::{FaultMode, FaultRule},
    winmentor::{WinMentorSim, WinMentorSimOptions},
};
use vortex_store::{Store as _, secrets::MasterKey};

use super::vendor::{self, API_KEY, MERCHANT, TOKEN, VENDOR};
use crate::{
    audit::{Audit, Sides, audit},
    config::{Config, Environment},
    flow::Scope,
    node::{Node, api_state, sqlite_url},
    tree::VendorHandle,
    vendor_file::{self, VendorFile},
};

/// How long a look at "is everything quiet?" waits before the next.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How the world is made.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Where database, key and files are.
    pub folder: PathBuf,
    /// Decides catalogue, buyers and faults.
    pub seed: u64,
    /// Articles in WinMentor.
    pub articles: usize,
    /// The database; SQLite in the folder unless set.
    pub database_url: Option<String>,
    /// How often the flows run by themselves, seconds.
    pub heartbeat_s: u32,
}

impl WorldOptions {
    /// 200 articles, SQLite, a lively heartbeat.
    pub fn new(folder: PathBuf, seed: u64) -> Self {
        Self { folder, seed, articles: 200, database_url: None, heartbeat_s: 5 }
    }
}

/// A running world.
pub struct World {
    /// The simulated WinMentor.
    pub erp: WinMentorSim,
    /// The simulated CDON.
    pub channel: CdonSim,
    /// The engine.
    pub node: Node,
    vendor: VendorId,
    config_text: String,
    entropy: Entropy,
}

impl World {
    /// Starts simulators, database, vendor and engine.
    pub async fn start(options: WorldOptions) -> anyhow::Result<Self> {
        let erp = WinMentorSim::start(WinMentorSimOptions {
            seed: options.seed,
            articles: options.articles,
            api_key: API_KEY.to_owned(),
            log: LogTarget::Memory,
            ..WinMentorSimOptions::default()
        })
        .await?;
        let channel = CdonSim::start(CdonSimOptions {
            seed: options.seed,
            merchants: vec![(MERCHANT.to_owned(), TOKEN.to_owned())],
            log: LogTarget::Memory,
            ..CdonSimOptions::default()
        })
        .await?;
        Self::over(options, erp, channel).await
    }

    /// Starts an engine over simulators that are already running: what a restart meets.
    pub async fn over(options: WorldOptions, erp: WinMentorSim, channel: CdonSim) -> anyhow::Result<Self> {
        let (config_text, config) = config(&options)?;
        let node = Node::start(&config).await?;
        let path = vendor::write(&options.folder, &erp.base_url(), &channel.base_url())?;
        let vendor = apply(&node, &config, &path).await?;
        node.start_vendor(&vendor).await?;
        let entropy = Entropy::seeded(options.seed);
        Ok(Self { erp, channel, node, vendor, config_text, entropy })
    }

    /// The running vendor; an error while it starts again.
    pub fn handle(&self) -> anyhow::Result<VendorHandle> {
        self.node.vendor(&self.vendor).context("the vendor is starting again")
    }

    /// Runs every flow once, in the order in which they feed each other.
    pub async fn run_flows(&self) {
        let Ok(handle) = self.handle() else { return };
        for flow in [
            Flow::Catalog,
            Flow::Stock,
            Flow::Orders,
            Flow::Booking,
            Flow::Stock,
            Flow::Publish,
            Flow::Reconcile,
        ] {
            // A flow that stops early is repeated by the next round.
            let _ = handle.hub.run(flow, Scope::default()).await;
        }
    }

    /// Runs the flows until CDON shows everything that WinMentor has for sale.
    pub async fn publish_all(&self, limit: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + limit;
        loop {
            self.run_flows().await;
            let audit = self.audit().await?;
            if audit.skus_published > 0 && audit.listing_wrong == 0 {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("the catalogue is not on CDON after {} s: {:?}", limit.as_secs(), audit.differences);
            }
            pause().await;
        }
    }

    /// Customers buy so many units of what CDON shows; some in baskets. Returns how many were bought.
    pub fn buy(&self, units: u32) -> anyhow::Result<u32> {
        let mut shown: BTreeMap<String, i64> =
            self.channel.articles(MERCHANT).into_iter().map(|a| (a.sku, i64::from(a.quantity))).collect();
        // What was bought and is not pushed yet is gone as well: our customers are no crowd.
        for order in self.channel.orders(MERCHANT) {
            if let Some(left) = shown.get_mut(&order.sku) {
                *left -= order.quantity;
            }
        }
        let sellable: Vec<_> = self.channel.sellable(MERCHANT);
        if sellable.is_empty() {
            return Ok(0);
        }
        let mut bought = 0;
        let mut misses = 0;
        while bought < units && misses < 1_000 {
            let (sku, market) = &sellable[usize::try_from(self.entropy.below(sellable.len() as u64))?];
            let wanted = 1 + self.entropy.below(3).min(u64::from(units - bought - 1));
            let left = shown.entry(sku.clone()).or_default();
            if *left < i64::try_from(wanted)? {
                misses += 1;
                continue;
            }
            let quantity = u32::try_from(wanted)?;
            match self.channel.buy(MERCHANT, sku, *market, quantity) {
                Ok(_) => {
                    *left -= i64::from(quantity);
                    bought += quantity;
                }
                Err(_) => misses += 1,
            }
        }
        Ok(bought)
    }

    /// Makes both remotes misbehave, seeded.
    pub fn misbehave(&self) {
        let status = |code, retry_after_s| FaultMode::Status { code, retry_after_s, html: false };
        self.erp.faults().set(vec![
            FaultRule::sometimes(0.12, "POST /api/import", FaultMode::CommitThenDrop),
            FaultRule::sometimes(0.06, "POST /api/import", FaultMode::Drop),
            FaultRule::sometimes(0.04, "POST /api/import", FaultMode::CommitThenStatus { code: 500 }),
            FaultRule::sometimes(0.03, "GET /api", status(503, None)),
            FaultRule::sometimes(0.02, "GET /api", FaultMode::Half),
            FaultRule::sometimes(0.02, "GET /api", FaultMode::HtmlPage { status: 200 }),
            FaultRule::sometimes(0.02, "GET /api", FaultMode::Empty),
        ]);
        self.channel.faults().set(vec![
            FaultRule::sometimes(0.05, "/v2/articles/bulk", FaultMode::CommitThenDrop),
            FaultRule::sometimes(0.04, "/api", status(429, Some(1))),
            FaultRule::sometimes(0.04, "/api", status(503, None)),
            FaultRule::sometimes(0.03, "/api", FaultMode::Truncate),
            FaultRule::sometimes(0.02, "/api", FaultMode::HtmlPage { status: 403 }),
            FaultRule::sometimes(0.02, "/api", FaultMode::Drop),
        ]);
        self.channel.update_options(|o| o.shuffle_batches = true);
    }

    /// The remotes behave again.
    pub fn behave(&self) {
        self.erp.faults().clear();
        self.channel.faults().clear();
    }

    /// Faults that both remotes have injected.
    pub fn faults_injected(&self) -> u64 {
        self.erp.faults().injected() + self.channel.faults().injected()
    }

    /// Compares all sides as they stand now.
    pub async fn audit(&self) -> anyhow::Result<Audit> {
        let handle = self.handle()?;
        let sides = Sides {
            vendor: &handle.vendor,
            store: &*self.node.store,
            erp: &self.erp,
            channel: &self.channel,
            merchant: MERCHANT,
            date: business_date(self.node.seams.clock.now_ms()),
        };
        Ok(audit(&sides).await?)
    }

    /// Runs the flows until nothing waits any more and the audit is clean, or the limit has passed.
    pub async fn settle(&self, limit: Duration, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<Audit> {
        let until = Instant::now() + limit;
        loop {
            self.run_flows().await;
            let waiting: i64 = self.node.store.backlog().await?.iter().map(|queue| queue.depth).sum();
            let audit = self.audit().await?;
            if (waiting == 0 && audit.is_clean()) || Instant::now() > until {
                return Ok(audit);
            }
            say(&format!("{waiting} things under way, {} differences", audit.differences.len()));
            pause().await;
        }
    }

    /// One customer buys one unit of something that CDON shows; chosen by `chance`. Returns whether it was bought.
    pub fn buy_one(channel: &CdonSim, chance: u64) -> bool {
        // What has no `;` in its code can be ordered in WinMentor.
        let sellable: Vec<_> =
            channel.sellable(MERCHANT).into_iter().filter(|(sku, _)| !sku.contains(';')).collect();
        let left = |sku: &str| {
            let shown = channel.article(MERCHANT, sku).map_or(0, |article| i64::from(article.quantity));
            let sold: i64 =
                channel.orders(MERCHANT).iter().filter(|o| o.sku == sku).map(|o| o.quantity).sum();
            shown - sold
        };
        let start = usize::try_from(chance.wrapping_mul(0x9E37_79B9)).unwrap_or(0);
        (0..sellable.len())
            .map(|i| &sellable[(start + i) % sellable.len()])
            .find(|(sku, _)| left(sku) > 0)
            .is_some_and(|(sku, market)| channel.buy(MERCHANT, sku, *market, 1).is_ok())
    }

    /// The service's configuration file for this world.
    pub fn config_text(&self) -> &str {
        &self.config_text
    }

    /// New orders are looked for at once.
    pub fn wake_orders(&self) {
        if let Ok(handle) = self.handle() {
            handle.hub.wake(Flow::Orders);
        }
    }

    /// Serves the API on a free port. Returns its address, a token and the server's task.
    pub async fn serve_api(&self) -> anyhow::Result<(SocketAddr, String, JoinHandle<()>)> {
        let (token, hash) = vortex_api::new_token(&mut rand::rng());
        let record = vortex_store::registry::TokenRecord {
            hash: vortex_api::stored_hash(&hash),
            vendor: Some(self.vendor.clone()),
            role: "owner".to_owned(),
            name: "demo".to_owned(),
            at_ms: self.node.seams.clock.now_ms(),
            revoked_ms: None,
        };
        self.node.store.put_token(&record).await?;
        let state = api_state(&self.node);
        state.set_engine_running(true);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = vortex_api::router(state);
        let server = tokio::spawn(async move {
            // The demo ends this task; an error has nobody to go to.
            let _ = axum::serve(listener, router).await;
        });
        Ok((address, token.expose_secret().to_owned(), server))
    }

    /// Ends the engine as an operator would; the remotes live on.
    pub async fn leave(self) -> (WinMentorSim, CdonSim) {
        let Self { erp, channel, node, .. } = self;
        node.shutdown().await;
        (erp, channel)
    }

    /// Ends the engine as an operator would, and the simulators.
    pub async fn stop(self) {
        let (erp, channel) = self.leave().await;
        erp.stop();
        channel.stop();
    }
}

#[expect(clippy::disallowed_methods, reason = "looks at conditions from outside; no actor")]
async fn pause() {
    tokio::time::sleep(LOOK_AGAIN).await;
}

fn config(options: &WorldOptions) -> anyhow::Result<(String, Config)> {
    let key = options.folder.join("master.key");
    if !key.exists() {
        MasterKey::create_file(&key)?;
    }
    let url = options.database_url.clone().unwrap_or_else(|| sqlite_url(&options.folder));
    let heartbeat_s = options.heartbeat_s;
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nmetrics_listen = \"127.0.0.1:0\"\n\
         [database]\nurl = {url:?}\n[security]\nmaster_key_file = {:?}\nallow_networks = [\"127.0.0.0/8\"]\n\
         [schedule]\nheartbeat_s = {heartbeat_s}\norders_poll_s = {heartbeat_s}\ncatalogue_s = {heartbeat_s}\n",
        key.display().to_string(),
    );
    let path = options.folder.join("vortex.toml");
    let config = Config::parse(&text, &path, &Environment::Given([].into()))?;
    Ok((text, config))
}

async fn apply(node: &Node, config: &Config, path: &Path) -> anyhow::Result<VendorId> {
    let file = VendorFile::read(path, &Environment::Given([].into()), &config.security.egress)?;
    let at_ms = node.seams.clock.now_ms();
    let plan = vendor_file::plan(Some(&*node.store), &file, false, at_ms).await?;
    vendor_file::write(&node.store, &file, plan, false, at_ms).await?;
    Ok(VendorId::new(VENDOR)?)
}
