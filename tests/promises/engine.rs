//! An engine of the test's own making: with a wall clock that somebody sets, and remotes that are exchanged for doubles.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ractor::{Actor, ActorRef};
use tokio::sync::oneshot;
use vortex::{
    audit::{Audit, Sides, audit},
    config::Config,
    connectors,
    demo::Remotes,
    flow::Scope,
    steady_clock::SteadyClock,
    tree::{Blueprint, NodeActor, NodeMsg, Rhythm, VendorHandle, Vendors},
    vendor_file,
};
use vortex_domain::{
    Clock, Entropy, Order, OrderId, SystemClock, VendorId, attention::Code, sales::business_date,
};
use vortex_entities::{Flow, Seams};
use vortex_store::{Journal, SqlStore, Store as _};

use crate::story::MERCHANT;

/// A minute, milliseconds.
pub(crate) const MINUTE_MS: i64 = 60_000;
/// A day, milliseconds.
pub(crate) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The machine's clock, which somebody sets.
#[derive(Clone, Default)]
pub(crate) struct Wall(Arc<AtomicI64>);

impl Wall {
    pub(crate) fn step(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for Wall {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0.load(Ordering::Relaxed)
    }
}

/// An engine like a node's, over a wall clock of the test's.
pub(crate) struct Engine {
    pub(crate) store: Arc<SqlStore>,
    pub(crate) seams: Seams,
    root: ActorRef<NodeMsg>,
    vendors: Vendors,
    pub(crate) vendor: VendorId,
}

impl Engine {
    pub(crate) async fn start(config: &Config, vendor: VendorId, wall: Wall) -> Self {
        // This merchant ships by hand: a courier takes no parcels of years to come.
        let by_hand = |remotes: &mut connectors::Remotes| {
            (remotes.courier, remotes.invoice_files) = (None, None);
        };
        Self::with(config, vendor, wall, by_hand).await
    }

    /// As [`Engine::start`], over remotes of the caller's making.
    pub(crate) async fn with(
        config: &Config,
        vendor: VendorId,
        wall: Wall,
        edit: impl FnOnce(&mut connectors::Remotes),
    ) -> Self {
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
        let mut remotes =
            connectors::build(&vendor, &stored.connections, egress, &seams.entropy, &seams.clock)
                .expect("the connections");
        edit(&mut remotes);
        let hour_ms = 60 * MINUTE_MS.unsigned_abs();
        let rhythm = Rhythm { heartbeat_ms: hour_ms, orders_ms: hour_ms, catalogue_ms: hour_ms };
        let blueprint = Blueprint { vendor: Arc::new(stored.vendor), remotes, rhythm };
        let (reply, started) = oneshot::channel();
        root.cast(NodeMsg::Start(Box::new(blueprint), reply)).expect("the tree listens");
        started.await.expect("the vendor starts");
        Self { store, seams, root, vendors, vendor }
    }

    pub(crate) fn handle(&self) -> VendorHandle {
        let vendors = self.vendors.read().expect("nobody has panicked");
        vendors.get(&self.vendor).expect("the vendor runs").clone()
    }

    pub(crate) async fn run(&self, flows: &[Flow]) {
        let handle = self.handle();
        for flow in flows {
            let report = handle.hub.run(*flow, Scope::default()).await.expect("the flow runs");
            assert_eq!(report.stopped, None, "{flow}");
        }
    }

    pub(crate) async fn audit(&self, remotes: &Remotes) -> Audit {
        let handle = self.handle();
        let (store, merchant) = (&*self.store, MERCHANT);
        let date = business_date(self.seams.clock.now_ms());
        let Remotes { erp, channel, .. } = remotes;
        let sides = Sides { vendor: &handle.vendor, store, erp, channel, courier: None, merchant, date };
        audit(&sides).await.expect("the audit can be made")
    }

    /// An order as the database has it.
    pub(crate) async fn known(&self, order: &str) -> Order {
        let id = OrderId::new(order).expect("an order id");
        let rows = self.store.load_orders(&self.vendor, &[id]).await.expect("orders can be read");
        rows.into_iter().flatten().next().expect("the order is known").1
    }

    /// The causes in front of a person about an order.
    pub(crate) async fn told_of(&self, order: &str) -> Vec<Code> {
        self.known(order).await.attention().into_iter().map(|hold| hold.code).collect()
    }

    /// Everything decided is on disk, and nobody writes any more.
    pub(crate) async fn stop(self) {
        let (reply, drained) = oneshot::channel();
        self.root.cast(NodeMsg::Drain(reply)).expect("the tree listens");
        drained.await.expect("the tree drains");
        self.root.stop(None);
        self.seams.journal.barrier().await;
        drop(self.seams);
        self.store.close().await;
    }
}
