//! The supervision tree: the node supervises, for each vendor, its actor and its flows.
//!
//! ```text
//! NodeActor
//! └─ per vendor: VendorActor ── SkuActor…, OrderActor…   (children restart with a budget, then are parked)
//!              ├ FlowActor orders
//!              ├ FlowActor booking …                     (a failed run is a report; a failed actor restarts the vendor)
//! ```
//! When a vendor's actor or one of its flows ends by itself, all of that vendor's are started again together, after a pause:
//! they hold references to each other. No other vendor notices.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicI64},
    time::Duration,
};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::Mutex;
use tracing::{error, info};
use vortex_domain::{Vendor, VendorId};
use vortex_entities::{
    Directory, Flow, Seams, VendorActor,
    seams::{Reply, answer},
};

use crate::{
    connectors::Remotes,
    flow::{FlowActor, FlowArgs, Hub, Work},
    flows::{
        Booking, Catalogue, Commands, FlowContext, Intake, Invoices, Pickups, PrintCache, Publish, Reconcile,
        Shipping, Stock, Tracking,
    },
};

/// Pause before a vendor is started again, doubled by each failure up to a minute, milliseconds.
const RESTART_PAUSE_MS: u64 = 1_000;

/// How often the flows run by themselves, milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// Stock, publishing, reconciling.
    pub heartbeat_ms: u64,
    /// Orders.
    pub orders_ms: u64,
    /// The ERP's whole catalogue (expensive: winmentor.md section 7).
    pub catalogue_ms: u64,
}

/// Everything that a vendor's actors are started from.
#[derive(Clone)]
pub struct Blueprint {
    /// Settings.
    pub vendor: Arc<Vendor>,
    /// The ERP and the channel.
    pub remotes: Remotes,
    /// How often.
    pub rhythm: Rhythm,
}

/// The way to a running vendor.
#[derive(Clone)]
pub struct VendorHandle {
    /// Settings as of its start.
    pub vendor: Arc<Vendor>,
    /// Its SKUs and orders.
    pub directory: Directory,
    /// Its flows.
    pub hub: Hub,
}

/// The running vendors, as everybody may look them up.
pub type Vendors = Arc<RwLock<BTreeMap<VendorId, VendorHandle>>>;

/// What the node's actor is told.
pub enum NodeMsg {
    /// Start a vendor, or start it again by new settings.
    Start(Box<Blueprint>, Reply<()>),
    /// A pause after a failure is over.
    Restart(VendorId),
    /// Let everybody leave.
    Drain(Reply<()>),
}

/// The root of the tree.
pub struct NodeActor;

struct Running {
    blueprint: Blueprint,
    cells: Vec<ActorCell>,
    failures: u32,
}

/// What the node's actor keeps.
pub struct NodeState {
    seams: Seams,
    vendors: Vendors,
    running: BTreeMap<VendorId, Running>,
    draining: bool,
}

impl Actor for NodeActor {
    type Msg = NodeMsg;
    type State = NodeState;
    type Arguments = (Seams, Vendors);

    async fn pre_start(
        &self,
        _myself: ActorRef<NodeMsg>,
        (seams, vendors): Self::Arguments,
    ) -> Result<NodeState, ActorProcessingErr> {
        Ok(NodeState { seams, vendors, running: BTreeMap::new(), draining: false })
    }

    async fn handle(
        &self,
        myself: ActorRef<NodeMsg>,
        message: NodeMsg,
        state: &mut NodeState,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            NodeMsg::Start(blueprint, reply) => {
                state.start(&myself, *blueprint, 0).await;
                answer(reply, ());
            }
            NodeMsg::Restart(id) => {
                if let Some(running) = state.running.get(&id) {
                    let (blueprint, failures) = (running.blueprint.clone(), running.failures);
                    info!(vendor.id = %id, "Vendor `{id}` starts again");
                    state.start(&myself, blueprint, failures).await;
                }
            }
            NodeMsg::Drain(reply) => {
                state.draining = true;
                for (_, running) in std::mem::take(&mut state.running) {
                    leave(running.cells).await;
                }
                answer(reply, ());
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<NodeMsg>,
        event: SupervisionEvent,
        state: &mut NodeState,
    ) -> Result<(), ActorProcessingErr> {
        let (child, why) = match event {
            SupervisionEvent::ActorTerminated(child, _, why) => (child, why.unwrap_or_default()),
            SupervisionEvent::ActorFailed(child, why) => (child, why.to_string()),
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => return Ok(()),
        };
        let ours = |running: &Running| running.cells.iter().any(|cell| cell.get_id() == child.get_id());
        let Some((id, running)) = state.running.iter_mut().find(|(_, running)| ours(running)) else {
            return Ok(());
        };
        let id = id.clone();
        running.failures += 1;
        let pause_ms = RESTART_PAUSE_MS << running.failures.min(6);
        error!(vendor.id = %id, why, pause_ms, "An actor of vendor `{id}` has ended; the vendor starts again");
        let cells = std::mem::take(&mut running.cells);
        state.vendors.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        cells.iter().for_each(ActorCell::kill);
        let _timer = myself.send_after(Duration::from_millis(pause_ms), move || NodeMsg::Restart(id));
        Ok(())
    }
}

impl NodeState {
    async fn start(&mut self, myself: &ActorRef<NodeMsg>, blueprint: Blueprint, failures: u32) {
        if self.draining {
            return;
        }
        let id = blueprint.vendor.id.clone();
        if let Some(before) = self.running.remove(&id) {
            leave(before.cells).await;
        }
        let (cells, handle) = match spawn_vendor(&blueprint, &self.seams, myself).await {
            Ok(spawned) => spawned,
            Err(why) => {
                error!(vendor.id = %id, error = %why, "Vendor `{id}` could not be started; it is tried again");
                let again = id.clone();
                let _timer = myself.send_after(Duration::from_mins(1), move || NodeMsg::Restart(again));
                self.running.insert(id, Running { blueprint, cells: Vec::new(), failures: failures + 1 });
                return;
            }
        };
        self.vendors.write().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), handle);
        self.running.insert(id, Running { blueprint, cells, failures });
    }
}

/// Flows end at once (their work is cut off anywhere, which every flow must survive); the vendor's actor handles what
/// it was told before.
async fn leave(cells: Vec<ActorCell>) {
    for cell in cells.iter().rev() {
        // An actor that has ended already is as it should be.
        let _ = cell.drain();
    }
    for cell in cells {
        let _ = cell.wait(Some(Duration::from_secs(5))).await;
    }
}

/// The rules know what the vendor's remotes can do.
fn equipped(vendor: &Vendor, remotes: &Remotes) -> Vendor {
    let mut vendor = vendor.clone();
    vendor.shipping.courier = remotes.courier.is_some();
    vendor.invoices.archive = remotes.invoice_files.is_some();
    vendor.channel.takes_documents = remotes.channel_documents.is_some();
    vendor
}

async fn spawn_vendor(
    blueprint: &Blueprint,
    seams: &Seams,
    myself: &ActorRef<NodeMsg>,
) -> Result<(Vec<ActorCell>, VendorHandle), ActorProcessingErr> {
    let vendor = Arc::new(equipped(&blueprint.vendor, &blueprint.remotes));
    let node = myself.get_cell();
    let (actor, _) =
        Actor::spawn_linked(None, VendorActor, (vendor.clone(), seams.clone()), node.clone()).await?;
    let directory = Directory::new(actor.clone());
    let hub = Hub::default();
    let context = Arc::new(FlowContext {
        vendor: vendor.clone(),
        seams: seams.clone(),
        directory: directory.clone(),
        remotes: blueprint.remotes.clone(),
        hub: hub.clone(),
        prints: Mutex::new(PrintCache::default()),
        orders_read_ms: AtomicI64::default(),
        raised: Mutex::default(),
    });
    context.recall_raised().await?;
    let Rhythm { heartbeat_ms, orders_ms, catalogue_ms } = blueprint.rhythm;
    let flows: [(Flow, Arc<dyn Work>, u64); 11] = [
        (Flow::Catalog, Arc::new(Catalogue(context.clone())), catalogue_ms),
        (Flow::Stock, Arc::new(Stock(context.clone())), heartbeat_ms),
        (Flow::Orders, Arc::new(Intake(context.clone())), orders_ms),
        (Flow::Booking, Arc::new(Booking::new(context.clone())), heartbeat_ms),
        (Flow::Publish, Arc::new(Publish(context.clone())), heartbeat_ms),
        (Flow::Commands, Arc::new(Commands(context.clone())), heartbeat_ms),
        (Flow::Shipping, Arc::new(Shipping(context.clone())), heartbeat_ms),
        (Flow::Pickups, Arc::new(Pickups(context.clone())), heartbeat_ms),
        (Flow::Tracking, Arc::new(Tracking(context.clone())), heartbeat_ms),
        (Flow::Invoices, Arc::new(Invoices::new(context.clone())), heartbeat_ms),
        (Flow::Reconcile, Arc::new(Reconcile(context)), heartbeat_ms),
    ];
    let mut cells = vec![actor.get_cell()];
    for (flow, work, every_ms) in flows {
        let args = FlowArgs {
            vendor: vendor.id.clone(),
            flow,
            work,
            every_ms,
            clock: seams.clock.clone(),
            entropy: seams.entropy.clone(),
        };
        let (actor, _) = Actor::spawn_linked(None, FlowActor, args, node.clone()).await?;
        cells.push(actor.get_cell());
        match flow {
            // Prices stand in the ERP's catalogue, stornos among its fiscal documents.
            Flow::Catalog => hub.insert(Flow::Price, actor.clone()),
            Flow::Invoices => hub.insert(Flow::Returns, actor.clone()),
            _ => {}
        }
        hub.insert(flow, actor);
    }
    Ok((cells, VendorHandle { vendor, directory, hub }))
}
