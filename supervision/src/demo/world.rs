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
use vortex_domain::{
    Entropy, OrderId, VendorId,
    attention::{Code, Subject},
    order::{Decision, Event, ParcelEvent, ReturnEntry, Witness},
    sales::business_date,
    shipping::Tracking,
};
use vortex_entities::{Flow, OrderMsg};
use vortex_simulators::{
    LogTarget,
    banks::{BankSim, BankSimOptions},
    cdon::{CdonSim, CdonSimOptions, OrderState},
    dhl::{AutoJourney, Behaviour, DhlSim, DhlSimOptions, ReferenceLookup},
    faults::{FaultMode, FaultRule},
    winmentor::{WinMentorSim, WinMentorSimOptions},
};
use vortex_store::{Store as _, rows::EffectKind, secrets::MasterKey};

use super::vendor::{
    self, API_KEY, Addresses, DHL_ACCOUNT, DHL_KEY, DHL_SECRET, MERCHANT, PUSH_KEY, TOKEN, VENDOR,
};
use crate::{
    audit::{Audit, Sides, audit},
    config::{Config, Environment},
    flow::Scope,
    node::{Node, api_state, sqlite_url},
    rates,
    tree::VendorHandle,
    vendor_file::{self, VendorFile},
};

/// From an order's entry to its invoice by the clerk, milliseconds.
const INVOICED_AFTER_MS: i64 = 500;
/// From the invoice to its PDF in the folder, milliseconds.
const PDF_AFTER_MS: i64 = 300;
/// From one scan of a parcel to the next, milliseconds.
const SCANNED_EVERY_MS: i64 = 1_500;
/// From a minting to the day when a search by reference shows it, milliseconds.
const FOUND_AFTER_MS: i64 = 400;

/// The courier as our orders name it.
const CARRIER: &str = "DHL";
/// The carrier of what the courier does not take.
const POST: &str = "Posti";

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

/// The simulated remotes.
pub struct Remotes {
    /// WinMentor.
    pub erp: WinMentorSim,
    /// CDON.
    pub channel: CdonSim,
    /// DHL.
    pub courier: DhlSim,
    /// The central banks.
    pub banks: BankSim,
}

/// The log-in that the demo prints.
pub const LOGIN: &str = "demo";

/// The service, served.
pub struct Served {
    /// Where.
    pub address: SocketAddr,
    /// An owner's token for the API.
    pub token: String,
    /// The password of [`LOGIN`].
    pub password: String,
    /// Serves until it is aborted.
    pub server: JoinHandle<()>,
}

/// A running world.
pub struct World {
    /// The simulated WinMentor.
    pub erp: WinMentorSim,
    /// The simulated CDON.
    pub channel: CdonSim,
    /// The simulated DHL.
    pub courier: DhlSim,
    /// The simulated central banks.
    pub banks: BankSim,
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
            auto_invoice_ms: Some(INVOICED_AFTER_MS),
            pdf_delay_ms: PDF_AFTER_MS,
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
        let courier = DhlSim::start(DhlSimOptions {
            seed: options.seed,
            accounts: vec![(DHL_KEY.to_owned(), DHL_SECRET.to_owned(), DHL_ACCOUNT.to_owned())],
            unified_keys: vec![PUSH_KEY.to_owned()],
            log: LogTarget::Memory,
            behaviour: Behaviour {
                auto_journey: Some(AutoJourney { step_ms: SCANNED_EVERY_MS }),
                reference_lookup: ReferenceLookup::AfterMs(FOUND_AFTER_MS),
                ..Behaviour::default()
            },
            ..DhlSimOptions::default()
        })
        .await?;
        let banks =
            BankSim::start(BankSimOptions { seed: options.seed, ..BankSimOptions::default() }).await?;
        Self::over(options, Remotes { erp, channel, courier, banks }).await
    }

    /// Starts an engine over simulators that are already running: what a restart meets.
    pub async fn over(options: WorldOptions, remotes: Remotes) -> anyhow::Result<Self> {
        let Remotes { erp, channel, courier, banks } = remotes;
        let (config_text, config) = config(&options)?;
        let node = Node::start(&config).await?;
        let addresses = Addresses {
            erp: erp.base_url(),
            channel: channel.base_url(),
            after_sale: Some((erp.pdf_base_url(), courier.base_url())),
            banks: Some(banks.base_url()),
        };
        let path = vendor::write(&options.folder, &addresses)?;
        let vendor = apply(&node, &config, &path).await?;
        // Before anything is published, so that nothing is published twice.
        rates::refresh(&node).await?;
        node.start_vendor(&vendor).await?;
        let entropy = Entropy::seeded(options.seed);
        Ok(Self { erp, channel, courier, banks, node, vendor, config_text, entropy })
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
            Flow::Invoices,
            Flow::Shipping,
            Flow::Pickups,
            Flow::Commands,
            Flow::Tracking,
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

    /// CDON cancels so many open orders, wherever they are on their way. Returns how many.
    pub fn cancel(&self, orders: usize) -> usize {
        let open =
            self.channel.orders(MERCHANT).into_iter().filter(|order| order.state == OrderState::Created);
        open.take(orders).filter(|order| self.channel.cancel_as_cdon(&order.id).is_ok()).count()
    }

    /// So many parcels come back: half of them the courier brings, half the buyer sends, which a person enters. The clerk makes
    /// the storno of each. Returns how many.
    pub async fn take_back(&self, orders: usize) -> anyhow::Result<usize> {
        let handle = self.handle()?;
        let sent = self.channel.orders(MERCHANT).into_iter().filter(|o| o.state == OrderState::Fulfilled);
        let mut came_back = 0;
        for shown in sent.take(orders) {
            let id = OrderId::new(&shown.id)?;
            let awb = shown.tracking.first().and_then(|parcel| parcel["tracking_number"].as_str());
            // What was delivered is not the courier's to bring back.
            let under_way = awb
                .and_then(|awb| self.courier.shipment(awb))
                .filter(|shipment| came_back % 2 == 0 && shipment.last_code() != Some("OK"));
            if let Some(shipment) = under_way {
                self.courier.return_to_sender(&shipment.awb)?;
            } else {
                let units = u32::try_from(shown.quantity)?;
                let at_ms = self.node.seams.clock.now_ms();
                let entry = ReturnEntry {
                    id: "demo".to_owned(),
                    witness: Witness::Person,
                    advised: units,
                    received: units,
                    scrapped: 0,
                    at_ms,
                };
                handle
                    .directory
                    .ask_order(&id, |reply| OrderMsg::Asked(Event::Returned(entry), "demo".to_owned(), reply))
                    .await?;
            }
            self.clerk_takes_back(&id)?;
            came_back += 1;
        }
        Ok(came_back)
    }

    /// People follow up on what stands in front of them: the clerk on cancelled orders, the packer on waybills that nobody knows
    /// of, as the items say.
    pub async fn people_follow(&self) -> anyhow::Result<()> {
        for item in self.node.store.attention(&self.vendor, 1_000).await? {
            for subject in &item.subjects {
                let Subject::Order(id) = subject else { continue };
                match item.code {
                    Code::CancelledAfterBooking => self.clerk_takes_back(id)?,
                    Code::AwbUnknown => self.packer_looks(id).await?,
                    Code::ParcelRefused => self.packer_goes_to_the_post(id).await?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Searches for the order's reference in the courier's own portal: types the waybill in, or has it minted.
    async fn packer_looks(&self, id: &OrderId) -> anyhow::Result<()> {
        let found = self.courier.minted_under(&id.parcel_reference(1));
        let event = match found.first() {
            Some(shipment) => {
                let tracking = Tracking { carrier: CARRIER.to_owned(), number: shipment.awb.clone() };
                Event::Parcel(1, ParcelEvent::Adopted(tracking))
            }
            None => Event::Decided(Decision::MintAgain),
        };
        self.packer_says(id, event).await
    }

    /// What the courier does not take goes by post, and its number is typed in.
    async fn packer_goes_to_the_post(&self, id: &OrderId) -> anyhow::Result<()> {
        let tracking =
            Tracking { carrier: POST.to_owned(), number: format!("POST-{}", id.parcel_reference(1)) };
        self.packer_says(id, Event::Parcel(1, ParcelEvent::Adopted(tracking))).await
    }

    async fn packer_says(&self, id: &OrderId, event: Event) -> anyhow::Result<()> {
        let handle = self.handle()?;
        let asked = |reply| OrderMsg::Asked(event, "demo".to_owned(), reply);
        handle.directory.ask_order(id, asked).await?;
        Ok(())
    }

    /// Cancels the order's document, or makes the storno of its invoice.
    fn clerk_takes_back(&self, id: &OrderId) -> anyhow::Result<()> {
        let token = id.erp_token();
        if let Some(invoice) =
            self.erp.invoices().into_iter().find(|invoice| invoice.token.as_deref() == Some(token.as_str()))
        {
            if invoice.stornos.is_empty() {
                self.erp.storno(invoice.nr_doc, None)?;
            }
            return Ok(());
        }
        let of_order =
            |reference: &str| token.ends_with(reference.split_whitespace().next().unwrap_or(reference));
        let documents = self.erp.orders().into_iter().filter(|document| !document.cancelled);
        for document in documents.filter(|d| d.reference.as_deref().is_some_and(of_order)) {
            self.erp.cancel_order(document.nr_doc)?;
        }
        Ok(())
    }

    /// Makes all remotes misbehave, seeded.
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
        self.courier.faults().set(vec![
            FaultRule::sometimes(0.10, "POST */shipments", FaultMode::CommitThenDrop),
            FaultRule::sometimes(0.05, "POST */shipments", FaultMode::Drop),
            FaultRule::sometimes(0.05, "POST */shipments", FaultMode::CommitThenStatus { code: 500 }),
            FaultRule::sometimes(0.04, "POST */shipments", status(429, Some(1))),
            FaultRule::sometimes(0.04, "GET *", status(503, None)),
            FaultRule::sometimes(0.03, "GET *", FaultMode::Truncate),
        ]);
    }

    /// The remotes behave again.
    pub fn behave(&self) {
        self.erp.faults().clear();
        self.channel.faults().clear();
        self.courier.faults().clear();
    }

    /// Faults that all remotes have injected.
    pub fn faults_injected(&self) -> u64 {
        self.erp.faults().injected() + self.channel.faults().injected() + self.courier.faults().injected()
    }

    /// Compares all sides as they stand now.
    pub async fn audit(&self) -> anyhow::Result<Audit> {
        let handle = self.handle()?;
        let sides = Sides {
            vendor: &handle.vendor,
            store: &*self.node.store,
            erp: &self.erp,
            channel: &self.channel,
            courier: Some(&self.courier),
            merchant: MERCHANT,
            date: business_date(self.node.seams.clock.now_ms()),
        };
        Ok(audit(&sides).await?)
    }

    /// Waits until the clerk, who needs a moment, has invoiced what is booked, or the limit has passed.
    pub async fn clerk_invoices(&self, limit: Duration) {
        let until = Instant::now() + limit;
        while Instant::now() < until
            && self.erp.orders().iter().any(|order| !order.cancelled && !order.invoiced)
        {
            pause().await;
        }
    }

    /// Runs the flows until nothing waits any more and the audit is clean, or the limit has passed.
    pub async fn settle(&self, limit: Duration, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<Audit> {
        let until = Instant::now() + limit;
        loop {
            self.run_flows().await;
            let routine: Vec<&str> =
                EffectKind::all().filter(|kind| kind.is_routine()).map(EffectKind::name).collect();
            let backlog = self.node.store.backlog().await?;
            let waiting: i64 = backlog
                .iter()
                .filter(|queue| !routine.contains(&queue.queue.as_str()))
                .map(|queue| queue.depth)
                .sum();
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

    /// What the banks have published meanwhile is read.
    pub async fn read_rates(&self) -> anyhow::Result<()> {
        rates::refresh(&self.node).await?;
        Ok(())
    }

    /// Serves the API on a free port. Returns its address, a token and the server's task.
    pub async fn serve_api(&self) -> anyhow::Result<Served> {
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
        let (secret, _) = vortex_api::new_invitation()?;
        let password = format!("demo {}", &secret[..12]);
        self.node.store.create_account(LOGIN, "Demo Merchant", record.at_ms).await?;
        self.node.store.grant_role(LOGIN, None, "owner").await?;
        let hash = vortex_api::passwords::hash_password(&password);
        let hash = hash.map_err(|why| anyhow::anyhow!("the demo's password cannot be hashed: {why}"))?;
        self.node.store.set_password(LOGIN, &hash).await?;
        let state = api_state(&self.node, vortex_api::Site::local());
        state.set_engine_running(true);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = vortex_api::service(state);
        let server = tokio::spawn(async move {
            // The demo ends this task; an error has nobody to go to.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Served { address, token: token.expose_secret().to_owned(), password, server })
    }

    /// Ends the engine as an operator would; the remotes live on.
    pub async fn leave(self) -> Remotes {
        let Self { erp, channel, courier, banks, node, .. } = self;
        node.shutdown().await;
        Remotes { erp, channel, courier, banks }
    }

    /// Ends the engine as an operator would, and the simulators.
    pub async fn stop(self) {
        let Remotes { erp, channel, courier, banks } = self.leave().await;
        banks.stop();
        courier.stop();
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
