//! One simulated world: the whole actor tree on one thread under a paused clock, over many lives of its process.

mod crash_points;
mod rest;
mod scenario;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use ractor::Actor;
use tokio::sync::oneshot;
use vortex::{
    connectors::Remotes,
    steady_clock::SteadyClock,
    tree::{Blueprint, NodeActor, NodeMsg, Rhythm, VendorHandle, Vendors},
};
use vortex_domain::{Clock, Entropy, Vendor};
use vortex_entities::Seams;
use vortex_port::{Courier, InvoiceFiles};
use vortex_store::{
    Journal,
    memory::{CommitFault, MemStore},
};

pub(crate) use self::crash_points::crash_at;
use self::scenario::Scenario;
use crate::{
    facts::Fact,
    oracle::{Oracle, Rules, quiet},
    remotes::{Gate, Line, Weather, World},
    time::{Chance, TimeLine, Wall, lock, wait_ms},
};

/// Heartbeat, milliseconds.
pub(crate) const HEARTBEAT_MS: i64 = 300_000;
/// Orders are read so often, milliseconds.
const ORDERS_MS: i64 = 120_000;
/// A commit that never ends.
const NEVER_MS: u64 = 10 * 365 * 24 * 3_600_000;
/// After faults have stopped, orders have so long to find their place: parking, backoff, cancellations seen by re-reading.
const ORDERS_SETTLE_MS: i64 = 45 * 60_000;
/// And everything else so long: a vanished document counts as such after two looks, an hour apart.
const SETTLE_MS: i64 = 2 * 3_600_000 + 15 * 60_000;
/// What the channel really shows is read back every six hours; in some worlds the next two times are waited for, in the others
/// somebody asks for it.
const READ_BACKS_MS: i64 = 12 * 3_600_000;

/// How one world ended.
pub(crate) struct Outcome {
    /// What must not have happened.
    pub(crate) violations: Vec<String>,
    /// Identifies everything that happened.
    pub(crate) trace: u64,
    /// Injected faults by name.
    pub(crate) injected: BTreeMap<&'static str, u64>,
    /// Lives of the process.
    pub(crate) lives: usize,
    /// Orders placed, documents written.
    pub(crate) orders: (usize, usize),
    /// Parcels that a waybill was asked for, waybills minted, orders that came back.
    pub(crate) parcels: (usize, usize, usize),
}

/// Runs the world of a seed to its end.
pub(crate) fn run(seed: u64, loud: bool) -> Outcome {
    let mut simulation = Simulation::new(seed, Scenario::of(seed), loud);
    simulation.play();
    simulation.outcome()
}

struct Simulation {
    line: Arc<TimeLine>,
    wall: Arc<Wall>,
    world: Arc<Mutex<World>>,
    store: Arc<MemStore>,
    chance: Chance,
    scenario: Scenario,
    newest_ms: Arc<Mutex<i64>>,
    life: usize,
    wrong: Vec<String>,
}

/// One life of the process.
struct Life {
    line: Line,
    vendors: Vendors,
    root: ractor::ActorRef<NodeMsg>,
}

impl Simulation {
    fn new(seed: u64, scenario: Scenario, loud: bool) -> Self {
        let line = Arc::new(TimeLine::default());
        let rules = Rules { rates: scenario::rates(), bundles: scenario.vendor.bundles.clone() };
        let oracle = Oracle::new(rules);
        let mut world = World::new(line.clone(), Chance::new(seed, 1), oracle, scenario.vendor.clone(), loud);
        scenario.prepare(&mut world);
        world.note(0, format!("{scenario}"));
        Self {
            wall: Arc::new(Wall::new(line.clone(), scenario.epoch_ms)),
            line,
            world: Arc::new(Mutex::new(world)),
            store: Arc::new(MemStore::new()),
            chance: Chance::new(seed, 2),
            scenario,
            newest_ms: Arc::default(),
            life: 0,
            wrong: Vec::new(),
        }
    }

    fn outcome(self) -> Outcome {
        let mut world = lock(&self.world);
        let mut injected = std::mem::take(&mut world.injected);
        injected.insert("late landing excused", world.oracle.excused);
        let mut violations = world.oracle.violations.clone();
        violations.extend(self.wrong);
        Outcome {
            violations,
            trace: world.trace(),
            injected,
            lives: self.life,
            orders: (world.channel.orders.len(), world.erp.docs.len()),
            parcels: (world.oracle.parcels.asked_for(), world.desk.waybills.len(), world.clerk.back.len()),
        }
    }

    fn play(&mut self) {
        let crashes = self.scenario.crashes.clone();
        for (crash_ms, down_ms) in crashes {
            self.live(async |simulation, life| simulation.until_death(life, crash_ms).await);
            self.dead_for(down_ms);
        }
        self.live(async |simulation, life| simulation.until_the_end(life).await);
    }

    /// One life of the process.
    #[expect(clippy::expect_used, reason = "without a runtime there is no test")]
    fn live(&mut self, course: impl AsyncFnOnce(&mut Self, &Life)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime on this thread");
        self.life += 1;
        runtime.block_on(async {
            self.line.resume();
            let life = self.start().await;
            course(self, &life).await;
            self.line.stop();
        });
    }

    /// The process is gone, not what it had committed; nor what is on its way to the remotes.
    fn dead_for(&mut self, down_ms: i64) {
        self.line.pass(down_ms);
        self.store = Arc::new(self.store.crash_copy());
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        world.inject("crash");
        world.fact(now_ms, &Fact::Forgot);
    }

    async fn start(&mut self) -> Life {
        let gate = Arc::new(Gate::default());
        let newest_ms = *lock(&self.newest_ms);
        let wall: Arc<dyn Clock> = self.wall.clone();
        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::start(wall, newest_ms));
        let line = Line {
            world: self.world.clone(),
            gate: gate.clone(),
            clock: clock.clone(),
            store: self.store.clone(),
        };
        self.store.set_faults(Some(commit_faults(&line, self.newest_ms.clone())));
        let (journal, _writer) = Journal::start(self.store.clone());
        let entropy = Entropy::seeded(self.chance.between(0, i64::MAX - 1).unsigned_abs());
        let started_ms = clock.now_ms();
        let seams = Seams { store: self.store.clone(), journal, clock, entropy, started_ms };
        let vendors = Vendors::default();
        let (root, _) = Actor::spawn(None, NodeActor, (seams, vendors.clone()))
            .await
            .expect("the root of the tree starts");
        let begun = Life { line, vendors, root };
        let now_ms = self.line.now_ms();
        lock(&self.world).note(now_ms, format!("life {} begins", self.life));
        let vendor = lock(&self.world).vendor.clone();
        begun.start_vendor(vendor).await;
        begun
    }

    /// Lives until some step soon after the given time.
    async fn until_death(&mut self, life: &Life, at_ms: i64) {
        self.errands(life, at_ms).await;
        wait_ms(at_ms - self.line.now_ms()).await;
        life.line.gate.doom(u32::try_from(self.chance.between(0, 25)).unwrap_or(0));
        tokio::select! {
            biased;
            () = life.line.gate.died.notified() => {}
            () = wait_ms(60_000) => {
                life.line.gate.doom(0);
                let _dead_now = life.line.gate.alive();
            }
        }
        let now_ms = self.line.now_ms();
        lock(&self.world).note(now_ms, "the process dies");
    }

    /// New settings arrive while everything runs.
    async fn errands(&mut self, life: &Life, until_ms: i64) {
        let Some((at_ms, buffer)) = self.scenario.settings.filter(|(at_ms, _)| *at_ms < until_ms) else {
            return;
        };
        wait_ms(at_ms - self.line.now_ms()).await;
        self.scenario.settings = None;
        let vendor = {
            let mut world = lock(&self.world);
            let mut vendor = (*world.vendor).clone();
            vendor.stock.buffer = buffer;
            world.vendor = Arc::new(vendor);
            world.buffers.push(buffer);
            world.inject("settings changed");
            world.vendor.clone()
        };
        life.start_vendor(vendor).await;
    }

    async fn until_the_end(&mut self, life: &Life) {
        let calm_ms = self.scenario.calm_ms;
        self.errands(life, calm_ms).await;
        wait_ms(calm_ms - self.line.now_ms()).await;
        {
            let mut world = lock(&self.world);
            let now_ms = world.advance();
            world.weather = Weather::default();
            world.note(now_ms, "faults have stopped");
        }
        wait_ms(ORDERS_SETTLE_MS).await;
        let rest = life.at_rest().await;
        self.wrong
            .extend(quiet::soon(&rest).into_iter().map(|text| format!("soon after faults stopped: {text}")));
        life.person(&rest).await;
        if self.scenario.patient {
            wait_ms(READ_BACKS_MS).await;
        } else {
            // What was found is sent again, and seen to have arrived.
            life.read_back().await;
            wait_ms(2 * HEARTBEAT_MS).await;
            life.read_back().await;
        }
        wait_ms(SETTLE_MS).await;
        life.look_at_returns().await;
        let rest = life.at_rest().await;
        life.settle_vanished(&rest).await;
        life.approve(&rest).await;
        wait_ms(3 * HEARTBEAT_MS).await;
        let rest = life.at_rest().await;
        self.wrong.extend(quiet::everything(&rest).into_iter().map(|text| format!("at rest: {text}")));
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        world.note(now_ms, "the end");
        for text in &self.wrong {
            world.note(now_ms, format!("VIOLATION {text}"));
        }
    }
}

impl Life {
    async fn start_vendor(&self, vendor: Arc<Vendor>) {
        let ships = lock(&self.line.world).ships;
        let courier: Arc<dyn Courier> = Arc::new(self.line.clone());
        let files: Arc<dyn InvoiceFiles> = Arc::new(self.line.clone());
        let remotes = Remotes {
            erp_catalogue: Arc::new(self.line.clone()),
            erp_orders: Arc::new(self.line.clone()),
            erp_invoices: Arc::new(self.line.clone()),
            invoice_files: ships.then(|| ("erp".to_owned(), files)),
            channel_documents: None,
            courier: ships.then(|| ("dhl".to_owned(), courier)),
            courier_push: None,
            courier_hook: None,
            channel_orders: Arc::new(self.line.clone()),
            channel_offers: Arc::new(self.line.clone()),
            erp_name: "erp".to_owned(),
            channel_name: "cdon".to_owned(),
            checks: Vec::new(),
        };
        let rhythm = Rhythm {
            heartbeat_ms: HEARTBEAT_MS.unsigned_abs(),
            orders_ms: ORDERS_MS.unsigned_abs(),
            catalogue_ms: HEARTBEAT_MS.unsigned_abs() * 4,
        };
        let (reply, started) = oneshot::channel();
        let start = NodeMsg::Start(Box::new(Blueprint { vendor, remotes, rhythm }), reply);
        // The tree may die while it starts.
        if self.root.cast(start).is_ok() {
            tokio::select! {
                biased;
                () = self.line.gate.died.notified() => self.line.gate.died.notify_one(),
                _ = started => {}
            }
        }
    }

    fn handle(&self) -> Option<VendorHandle> {
        self.vendors.read().ok()?.values().next().cloned()
    }
}

fn commit_faults(line: &Line, newest_ms: Arc<Mutex<i64>>) -> vortex_store::memory::FaultHook {
    let Line { world, gate, clock, .. } = line.clone();
    Arc::new(move |_| {
        if !gate.alive() {
            return CommitFault::Delay(NEVER_MS);
        }
        let mut newest_ms = lock(&newest_ms);
        *newest_ms = clock.now_ms().max(*newest_ms);
        lock(&world).commit_fault()
    })
}
