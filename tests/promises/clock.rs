//! F66: somebody sets the machine's clock while orders and goods move.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ractor::{Actor, ActorRef};
use rust_decimal::Decimal;
use tokio::{sync::oneshot, time::Instant};
use vortex::{
    audit::{Audit, Sides, audit},
    config::Config,
    connectors,
    flow::Scope,
    steady_clock::SteadyClock,
    tree::{Blueprint, NodeActor, NodeMsg, Rhythm, VendorHandle, Vendors},
    vendor_file,
};
use vortex_domain::{Clock, Entropy, SystemClock, VendorId, sales::business_date};
use vortex_entities::{Flow, Seams};
use vortex_simulators::{
    cdon::{CdonSim, Market},
    winmentor::WinMentorSim,
};
use vortex_store::{Journal, SqlStore, Store as _};

use crate::story::{LIMIT, MERCHANT, Story};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The machine's clock, which somebody sets.
#[derive(Clone, Default)]
struct Wall(Arc<AtomicI64>);

impl Wall {
    fn step(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for Wall {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0.load(Ordering::Relaxed)
    }
}

/// An engine like a node's, over a wall clock of the test's.
struct Engine {
    store: Arc<SqlStore>,
    seams: Seams,
    root: ActorRef<NodeMsg>,
    vendors: Vendors,
    vendor: VendorId,
}

impl Engine {
    async fn start(config: &Config, vendor: VendorId, wall: Wall) -> Self {
        let options = config.open_options().expect("options");
        let store = Arc::new(SqlStore::open(&config.database.url, options).await.expect("the database"));
        let newest_ms = store.newest_ms().await.expect("the newest time");
        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::start(Arc::new(wall), newest_ms));
        let (journal, _) = Journal::start(store.clone());
        let started_ms = clock.now_ms();
        let seams = Seams { store: store.clone(), journal, clock, entropy: Entropy::seeded(1), started_ms };
        let vendors = Vendors::default();
        let args = (seams.clone(), vendors.clone());
        let (root, _) = Actor::spawn(None, NodeActor, args).await.expect("the tree");
        let stored = vendor_file::load(&store, &vendor).await.expect("rows").expect("the vendor");
        let egress = &config.security.egress;
        let remotes = connectors::build(&vendor, &stored.connections, egress, &seams.entropy, &seams.clock)
            .expect("the connections");
        let hour_ms = 60 * MINUTE_MS.unsigned_abs();
        let rhythm = Rhythm { heartbeat_ms: hour_ms, orders_ms: hour_ms, catalogue_ms: hour_ms };
        let blueprint = Blueprint { vendor: Arc::new(stored.vendor), remotes, rhythm };
        let (reply, started) = oneshot::channel();
        root.cast(NodeMsg::Start(Box::new(blueprint), reply)).expect("the tree listens");
        started.await.expect("the vendor starts");
        Self { store, seams, root, vendors, vendor }
    }

    fn handle(&self) -> VendorHandle {
        let vendors = self.vendors.read().expect("nobody has panicked");
        vendors.get(&self.vendor).expect("the vendor runs").clone()
    }

    async fn run(&self, flows: &[Flow]) {
        let handle = self.handle();
        for flow in flows {
            let report = handle.hub.run(*flow, Scope::default()).await.expect("the flow runs");
            assert_eq!(report.stopped, None, "{flow}");
        }
    }

    async fn audit(&self, erp: &WinMentorSim, channel: &CdonSim) -> Audit {
        let handle = self.handle();
        let (store, merchant) = (&*self.store, MERCHANT);
        let date = business_date(self.seams.clock.now_ms());
        let sides = Sides { vendor: &handle.vendor, store, erp, channel, merchant, date };
        audit(&sides).await.expect("the audit can be made")
    }

    /// Everything decided is on disk, and nobody writes any more.
    async fn stop(self) {
        let (reply, drained) = oneshot::channel();
        self.root.cast(NodeMsg::Drain(reply)).expect("the tree listens");
        drained.await.expect("the tree drains");
        self.root.stop(None);
        self.seams.journal.barrier().await;
        drop(self.seams);
        self.store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clock_steps_neither_lose_nor_double_nor_oversell() {
    let story = Story::begin().await;
    let article = story.article(0);
    let (config, vendor) = (story.config(), story.vendor());
    let (world, _folder) = story.into_parts();
    let (erp, channel) = world.leave().await;

    // The machine comes back a day in the past: for us it is later than everything in the database nevertheless.
    let wall = Wall::default();
    wall.step(-DAY_MS);
    let engine = Engine::start(&config, vendor.clone(), wall.clone()).await;
    let began = engine.store.journal_after(&vendor, 0, 100_000).await.expect("the journal").len();
    let mut orders = 0;
    // Back to the right day, an hour back, a small correction, a flat battery, the year 2038, and back.
    for step_ms in [DAY_MS, -60 * MINUTE_MS, 5 * MINUTE_MS, -DAY_MS, 4_300 * DAY_MS, -4_300 * DAY_MS] {
        wall.step(step_ms);
        channel.buy(MERCHANT, &article.code, Market::Se, 1).expect("it is for sale");
        orders += 1;
        engine.run(&[Flow::Orders]).await;
        // And in the middle of its way: imported before the step, read back after it.
        wall.step(-MINUTE_MS);
        engine.run(&[Flow::Booking]).await;
        erp.sell_elsewhere(&article.code, Decimal::ONE).expect("the shop sells it");
        wall.step(MINUTE_MS / 2);
        engine.run(&[Flow::Booking, Flow::Stock, Flow::Publish, Flow::Reconcile]).await;
        let live = erp.orders().iter().filter(|order| !order.cancelled).count();
        assert_eq!(live, orders, "after a step of {step_ms} ms");
    }
    let limit = Instant::now() + LIMIT;
    let audit = loop {
        engine.run(&[Flow::Catalog, Flow::Orders, Flow::Booking, Flow::Stock, Flow::Publish]).await;
        let audit = engine.audit(&erp, &channel).await;
        if audit.is_clean() || Instant::now() > limit {
            break audit;
        }
    };
    assert!(audit.is_clean(), "{:?} / {:?}", audit.differences, audit.attention_items);
    assert_eq!((audit.erp_orders, audit.duplicates, audit.oversold), (orders, 0, 0));

    // What happened later stands later, and nothing leapt.
    let journal = engine.store.journal_after(&vendor, 0, 100_000).await.expect("the journal");
    assert!(journal.len() > began);
    // Entries of one transaction may stand a few milliseconds apart in any order.
    let mut latest = journal[0].row.at_ms;
    for entry in &journal {
        let step_ms = entry.row.at_ms - latest;
        assert!((-5_000..10 * MINUTE_MS).contains(&step_ms), "time steps by {step_ms} ms: {entry:?}");
        latest = latest.max(entry.row.at_ms);
    }
    engine.stop().await;
    erp.stop();
    channel.stop();
}
