//! One vendor: supervises its SKUs and orders, routes messages to them, reads their rows in batches.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tracing::{error, warn};
use vortex_domain::{
    Order, OrderId, Sku, Vendor,
    attention::{Code, Raise, Subject},
};
use vortex_store::{Change, SkuRows, StoreError, rows::Write};

use crate::{
    directory::Directory,
    order::{OrderActor, OrderArgs, OrderMsg},
    seams::{Reply, Seams, VendorContext, answer},
    sku::{SkuActor, SkuArgs, SkuMsg},
    slots::{Gone, Slots},
};

/// How often idle actors are looked for.
const SWEEP: Duration = Duration::from_secs(10);
/// An actor nobody has spoken to for so long leaves, milliseconds.
const IDLE_MS: i64 = 30_000;
/// Keys whose rows are read in one query.
const READ_LIMIT: usize = 500;

/// What a vendor's actor is told.
pub enum VendorMsg {
    /// For SKUs.
    ToSkus(Vec<(Sku, SkuMsg)>),
    /// For orders.
    ToOrders(Vec<(OrderId, OrderMsg)>),
    /// Rows of SKUs that were asked for.
    SkusRead(Vec<Sku>, Result<Vec<SkuRows>, Unread>),
    /// Rows of orders that were asked for.
    OrdersRead(Vec<OrderId>, Result<Vec<Option<(i64, Order)>>, Unread>),
    /// These SKUs are no longer needed.
    Dismiss(Vec<Sku>),
    /// New settings: everybody leaves and starts again by them.
    Settings(Arc<Vendor>),
    /// Look for idle actors.
    Sweep,
    /// Try these again, though they failed too often, and settle what was raised about them.
    Unpark(Vec<Subject>),
    /// What is going on?
    View(Reply<VendorView>),
}

/// Why rows are not there.
#[derive(Debug)]
pub enum Unread {
    /// The database does not answer now.
    NotNow,
    /// They cannot be understood; the reason.
    Never(String),
}

impl From<StoreError> for Unread {
    fn from(failure: StoreError) -> Self {
        match failure {
            StoreError::Corrupt { .. } => Self::Never(failure.to_string()),
            StoreError::Database { .. } => Self::NotNow,
        }
    }
}

/// A vendor's actors at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VendorView {
    /// SKU actors alive.
    pub skus: usize,
    /// Order actors alive.
    pub orders: usize,
    /// Actors that failed and were started again, since the start, by kind.
    pub restarts: BTreeMap<String, u64>,
    /// Messages that wait, by kind.
    pub waiting: BTreeMap<String, u64>,
    /// Messages handled since the start, by kind.
    pub handled: BTreeMap<String, u64>,
    /// Keys that failed too often: kind → keys.
    pub parked: BTreeMap<String, Vec<String>>,
}

impl VendorView {
    /// Actors of all kinds that failed and were started again, since the start.
    pub fn restarted(&self) -> u64 {
        self.restarts.values().sum()
    }
}

/// Supervises one vendor's SKUs and orders.
pub struct VendorActor;

/// What a vendor's actor keeps.
pub struct VendorState {
    context: Arc<VendorContext>,
    skus: Slots<Sku, SkuMsg>,
    orders: Slots<OrderId, OrderMsg>,
    read_skus: mpsc::UnboundedSender<Sku>,
    read_orders: mpsc::UnboundedSender<OrderId>,
}

impl Actor for VendorActor {
    type Msg = VendorMsg;
    type State = VendorState;
    type Arguments = (Arc<Vendor>, Seams);

    async fn pre_start(
        &self,
        myself: ActorRef<VendorMsg>,
        (vendor, seams): Self::Arguments,
    ) -> Result<VendorState, ActorProcessingErr> {
        let (read_skus, skus_to_read) = mpsc::unbounded_channel();
        let (read_orders, orders_to_read) = mpsc::unbounded_channel();
        tokio::spawn(read_sku_rows(vendor.clone(), seams.clone(), skus_to_read, myself.clone()));
        tokio::spawn(read_order_rows(vendor.clone(), seams.clone(), orders_to_read, myself.clone()));
        let _sweeps_until_the_actor_ends = myself.send_interval(SWEEP, || VendorMsg::Sweep);
        let context = Arc::new(VendorContext { vendor, seams, directory: Directory::new(myself) });
        Ok(VendorState { context, skus: Slots::default(), orders: Slots::default(), read_skus, read_orders })
    }

    async fn handle(
        &self,
        myself: ActorRef<VendorMsg>,
        message: VendorMsg,
        state: &mut VendorState,
    ) -> Result<(), ActorProcessingErr> {
        let now_ms = state.context.now_ms();
        match message {
            VendorMsg::ToSkus(messages) => {
                for (sku, message) in messages {
                    if let Some(key) = state.skus.route(sku, message, now_ms) {
                        // The reader ends only with this actor.
                        let _ = state.read_skus.send(key);
                    }
                }
            }
            VendorMsg::ToOrders(messages) => {
                for (id, message) in messages {
                    if let Some(key) = state.orders.route(id, message, now_ms) {
                        let _ = state.read_orders.send(key);
                    }
                }
            }
            VendorMsg::SkusRead(_, Ok(rows)) => {
                for rows in rows {
                    state.start_sku(rows, &myself, now_ms).await;
                }
            }
            VendorMsg::SkusRead(keys, Err(Unread::NotNow)) => {
                for key in &keys {
                    state.skus.not_read(key);
                }
            }
            VendorMsg::SkusRead(keys, Err(Unread::Never(why))) => {
                for key in keys {
                    state.sku_not_started(key, &why, now_ms).await;
                }
            }
            VendorMsg::OrdersRead(keys, Err(Unread::NotNow)) => {
                for key in &keys {
                    state.orders.not_read(key);
                }
            }
            VendorMsg::OrdersRead(keys, Err(Unread::Never(why))) => {
                for key in keys {
                    state.order_not_started(key, &why, now_ms).await;
                }
            }
            VendorMsg::OrdersRead(keys, Ok(rows)) => {
                for (id, stored) in keys.into_iter().zip(rows) {
                    state.start_order(id, stored, &myself, now_ms).await;
                }
            }
            VendorMsg::Dismiss(skus) => skus.iter().for_each(|sku| state.skus.dismiss(sku)),
            VendorMsg::Settings(vendor) => {
                state.context = Arc::new(VendorContext {
                    vendor,
                    seams: state.context.seams.clone(),
                    directory: state.context.directory.clone(),
                });
                state.skus.dismiss_all();
                state.orders.dismiss_all();
            }
            VendorMsg::Sweep => {
                state.skus.dismiss_idle(now_ms - IDLE_MS);
                state.orders.dismiss_idle(now_ms - IDLE_MS);
            }
            VendorMsg::Unpark(subjects) => state.unpark(subjects).await,
            VendorMsg::View(reply) => answer(reply, state.view()),
        }
        Ok(())
    }

    /// Children come and go; none of their ends may end the vendor.
    async fn handle_supervisor_evt(
        &self,
        _myself: ActorRef<VendorMsg>,
        event: SupervisionEvent,
        state: &mut VendorState,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(child, _, _) => state.child_gone(&child, None).await,
            SupervisionEvent::ActorFailed(child, why) => {
                state.child_gone(&child, Some(why.to_string())).await;
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

impl VendorState {
    async fn start_sku(&mut self, rows: SkuRows, myself: &ActorRef<VendorMsg>, now_ms: i64) {
        let key = rows.sku.clone();
        if !self.skus.is_reading(&key) {
            return;
        }
        let args = SkuArgs { context: self.context.clone(), rows };
        match Actor::spawn_linked(None, SkuActor, args, myself.get_cell()).await {
            Ok((actor, _)) => self.skus.started(key, &actor, now_ms),
            Err(failure) => {
                self.sku_not_started(key, &failure.to_string(), now_ms).await;
            }
        }
    }

    async fn start_order(
        &mut self,
        id: OrderId,
        stored: Option<(i64, Order)>,
        myself: &ActorRef<VendorMsg>,
        now_ms: i64,
    ) {
        if !self.orders.is_reading(&id) {
            return;
        }
        let args = OrderArgs { context: self.context.clone(), id: id.clone(), stored };
        match Actor::spawn_linked(None, OrderActor, args, myself.get_cell()).await {
            Ok((actor, _)) => self.orders.started(id, &actor, now_ms),
            Err(failure) => {
                self.order_not_started(id, &failure.to_string(), now_ms).await;
            }
        }
    }

    async fn sku_not_started(&mut self, sku: Sku, why: &str, now_ms: i64) {
        error!(vendor.id = %self.context.vendor.id, sku.id = %sku, why, "SKU `{sku}` could not be started");
        if self.skus.not_started(&sku, now_ms) {
            self.park(Subject::Sku(sku), why).await;
        }
    }

    async fn order_not_started(&mut self, id: OrderId, why: &str, now_ms: i64) {
        error!(vendor.id = %self.context.vendor.id, order.id = %id, why, "Order `{id}` could not be started");
        if self.orders.not_started(&id, now_ms) {
            self.park(Subject::Order(id), why).await;
        }
    }

    async fn child_gone(&mut self, child: &ActorCell, why: Option<String>) {
        let now_ms = self.context.now_ms();
        let id = child.get_id();
        let failed = why.is_some();
        let why = why.unwrap_or_default();
        match self.skus.gone(id, failed, now_ms) {
            Gone::ReadAgain(key) => {
                let _ = self.read_skus.send(key);
            }
            Gone::Parked(key) => self.park(Subject::Sku(key), &why).await,
            Gone::Left | Gone::Stranger => {}
        }
        match self.orders.gone(id, failed, now_ms) {
            Gone::ReadAgain(key) => {
                let _ = self.read_orders.send(key);
            }
            Gone::Parked(key) => self.park(Subject::Order(key), &why).await,
            Gone::Left | Gone::Stranger => {}
        }
    }

    async fn park(&self, subject: Subject, why: &str) {
        let vendor = &self.context.vendor.id;
        warn!(vendor.id = %vendor, kind = subject.kind(), key = subject.key(), why, "Parked after repeated failures");
        let raise = Raise {
            code: Code::Parked,
            cause: format!("{}:{}", subject.kind(), subject.key()),
            params: vec![format!("{} {}: {why}", subject.kind(), subject.key())],
            subject,
        };
        let writes = vec![Write::Raise(vendor.clone(), Box::new(raise), self.context.now_ms())];
        self.context.seams.journal.submit(Change::of(writes)).await;
    }

    async fn unpark(&mut self, subjects: Vec<Subject>) {
        for subject in &subjects {
            match subject {
                Subject::Sku(sku) => self.skus.unpark(sku),
                Subject::Order(id) => self.orders.unpark(id),
                Subject::Connection(_) | Subject::Pickup(_) => {}
            }
        }
        let vendor = &self.context.vendor.id;
        let settle = |subject| Write::Clear(vendor.clone(), Code::Parked, subject);
        self.context.seams.journal.submit(Change::of(subjects.into_iter().map(settle).collect())).await;
    }

    fn view(&self) -> VendorView {
        let parked = [
            ("sku", self.skus.parked().map(ToString::to_string).collect::<Vec<_>>()),
            ("order", self.orders.parked().map(ToString::to_string).collect()),
        ];
        VendorView {
            skus: self.skus.alive(),
            orders: self.orders.alive(),
            restarts: by_kind(self.skus.restarts(), self.orders.restarts()),
            waiting: by_kind(self.skus.post().waiting(), self.orders.post().waiting()),
            handled: by_kind(self.skus.post().handled(), self.orders.post().handled()),
            parked: parked
                .into_iter()
                .filter(|(_, keys)| !keys.is_empty())
                .map(|(k, v)| (k.to_owned(), v))
                .collect(),
        }
    }
}

fn by_kind(sku: u64, order: u64) -> BTreeMap<String, u64> {
    BTreeMap::from([("sku".to_owned(), sku), ("order".to_owned(), order)])
}

/// Reads rows for whoever was asked for since the last read, after everything decided so far is on disk: an actor that
/// left a moment ago must not come back from rows older than its last decision.
async fn read_sku_rows(
    vendor: Arc<Vendor>,
    seams: Seams,
    mut asked: mpsc::UnboundedReceiver<Sku>,
    to: ActorRef<VendorMsg>,
) {
    let mut keys = Vec::with_capacity(READ_LIMIT);
    while asked.recv_many(&mut keys, READ_LIMIT).await > 0 {
        seams.journal.barrier().await;
        let mut batches = vec![std::mem::take(&mut keys)];
        while let Some(mut batch) = batches.pop() {
            let rows = seams.store.load_skus(&vendor.id, &batch).await;
            match &rows {
                // One row that cannot be understood must not hold back those that were asked for with it.
                Err(StoreError::Corrupt { .. }) if batch.len() > 1 => {
                    batches.extend([batch.split_off(batch.len() / 2), batch]);
                    continue;
                }
                Err(failure) => {
                    error!(vendor.id = %vendor.id, error = ?failure, "Rows of {} SKUs could not be read", batch.len());
                }
                Ok(_) => {}
            }
            if to.cast(VendorMsg::SkusRead(batch, rows.map_err(Unread::from))).is_err() {
                return;
            }
        }
    }
}

async fn read_order_rows(
    vendor: Arc<Vendor>,
    seams: Seams,
    mut asked: mpsc::UnboundedReceiver<OrderId>,
    to: ActorRef<VendorMsg>,
) {
    let mut keys = Vec::with_capacity(READ_LIMIT);
    while asked.recv_many(&mut keys, READ_LIMIT).await > 0 {
        seams.journal.barrier().await;
        let mut batches = vec![std::mem::take(&mut keys)];
        while let Some(mut batch) = batches.pop() {
            let rows = seams.store.load_orders(&vendor.id, &batch).await;
            match &rows {
                // One row that cannot be understood must not hold back those that were asked for with it.
                Err(StoreError::Corrupt { .. }) if batch.len() > 1 => {
                    batches.extend([batch.split_off(batch.len() / 2), batch]);
                    continue;
                }
                Err(failure) => {
                    error!(vendor.id = %vendor.id, error = ?failure, "Rows of {} orders could not be read", batch.len());
                }
                Ok(_) => {}
            }
            if to.cast(VendorMsg::OrdersRead(batch, rows.map_err(Unread::from))).is_err() {
                return;
            }
        }
    }
}
