//! A vendor's actors with everything outside of them in the test's hands.

mod after_sale;
mod clock;
mod fixtures;
mod store;

use std::{sync::Arc, time::Duration};

use ractor::{Actor, ActorRef};
use tokio::sync::oneshot::{self, error::TryRecvError};
use vortex_domain::{
    ChannelOrder, Entropy, ErpArticle, Order, OrderId, Publication, Sku, Stage, Vendor, order::Event,
    sku::SkuEvent,
};
use vortex_domain::{
    attention::Code,
    order::{Decision, Finding, ImportAnswer},
    sku::{HeldUnits, StockRead},
};
use vortex_entities::{
    Directory, OrderMsg, Seams, SkuMsg, VendorActor, VendorMsg,
    directory::Undecided,
    mail::Mail,
    order::{BookingTask, Delivery},
    seams::{Reply, gather},
    sku::{Observation, ReceiptBody, SkuView},
};
use vortex_store::{
    Journal, Store,
    memory::{CommitFault, MemStore},
    rows::{AttentionItem, Desk, EffectKind, EffectRow, ReceiptParts, ReservationRow, Write},
};

pub(crate) use self::{
    after_sale::{SHIPPED, awb, invoice, label, minted, shipping_vendor},
    clock::TestClock,
    fixtures::{
        amended, article, bundle_vendor, cancelled, document, id, level, order, short_of, sku, vendor,
    },
    store::{ReadFault, Watched},
};

/// One vendor's actors and what they stand on.
pub(crate) struct World {
    pub(crate) store: Arc<Watched>,
    pub(crate) clock: TestClock,
    pub(crate) journal: Journal,
    pub(crate) actor: ActorRef<VendorMsg>,
    pub(crate) directory: Directory,
    vendor: Arc<Vendor>,
}

impl World {
    /// A vendor with nothing on disk.
    pub(crate) async fn new() -> Self {
        Self::of(vendor()).await
    }

    /// The same for other settings.
    pub(crate) async fn of(vendor: Vendor) -> Self {
        Self::start(Arc::new(vendor), MemStore::new(), TestClock::new()).await
    }

    async fn start(vendor: Arc<Vendor>, rows: MemStore, clock: TestClock) -> Self {
        let store = Arc::new(Watched::over(rows));
        let (journal, _writes_until_dropped) = Journal::start(store.clone());
        let seams = Seams {
            store: store.clone(),
            journal: journal.clone(),
            clock: Arc::new(clock.clone()),
            entropy: Entropy::seeded(1),
            started_ms: clock.at(),
        };
        let (actor, _) =
            Actor::spawn(None, VendorActor, (vendor.clone(), seams)).await.expect("the vendor starts");
        let directory = Directory::new(actor.clone());
        within(directory.view()).await.expect("a vendor that has looked at the clock");
        Self { store, clock, journal, actor, directory, vendor }
    }

    /// The process dies here and another starts from what is on disk.
    pub(crate) async fn reborn(self) -> Self {
        let rows = self.store.rows.crash_copy();
        self.actor.kill();
        // A process takes its time to start.
        self.pass(1).await;
        Self::start(self.vendor, rows, self.clock).await
    }

    /// Returns when nothing can run any more without time passing (a slow commit may still be on its way).
    #[expect(clippy::disallowed_methods, reason = "a paused clock moves only when every task waits")]
    pub(crate) async fn idle(&self) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, by_ms: u64) {
        tokio::time::advance(Duration::from_millis(by_ms)).await;
        self.idle().await;
    }

    /// Milliseconds since 1970 on the actors' clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.at()
    }

    // What reaches SKUs.

    /// One message to one SKU that is acknowledged; whether it was.
    pub(crate) async fn tell_sku(
        &self,
        sku: &Sku,
        message: impl FnOnce(vortex_entities::seams::Acks<Sku>) -> SkuMsg,
    ) -> bool {
        let done = within(gather(|acks| self.directory.to_skus(vec![(sku.clone(), message(acks))]))).await;
        done == [sku.clone()]
    }

    /// The catalogue shows an article that can be offered.
    pub(crate) async fn article(&self, name: &str) {
        self.catalogued(article(name)).await;
    }

    /// The catalogue shows this article.
    pub(crate) async fn catalogued(&self, article: ErpArticle) {
        let key = article.sku.clone();
        assert!(self.observe(&key, SkuEvent::ArticleRead(Box::new(article)), Some(1), None).await);
    }

    /// An article that the ERP has, with so many units by a reading that begins now.
    pub(crate) async fn stocked(&self, name: &str, units: i64) {
        self.article(name).await;
        assert!(self.stock(name, units, self.now_ms()).await);
    }

    /// A stock reading that began at `read_ms`; whether it was acknowledged.
    pub(crate) async fn stock(&self, name: &str, units: i64, read_ms: i64) -> bool {
        let read = StockRead { level: level(units), read_ms };
        self.observe(&sku(name), SkuEvent::StockRead(read), None, Some(units + 100)).await
    }

    async fn observe(
        &self,
        sku: &Sku,
        event: SkuEvent,
        article_print: Option<i64>,
        stock_print: Option<i64>,
    ) -> bool {
        let observation = Observation { event, article_print, stock_print };
        self.tell_sku(sku, |acks| SkuMsg::Observed(observation, acks)).await
    }

    /// Something happened to a SKU's publication.
    pub(crate) async fn happened(&self, name: &str, event: SkuEvent) {
        assert!(self.tell_sku(&sku(name), |acks| SkuMsg::Happened(event, acks)).await);
    }

    /// What is to be sent for a SKU now.
    pub(crate) async fn publication(&self, name: &str) -> Result<Option<Publication>, Undecided> {
        within(self.directory.ask_sku(&sku(name), SkuMsg::Claim)).await
    }

    /// What a SKU's actor has in memory.
    pub(crate) async fn sku(&self, name: &str) -> SkuView {
        *within(self.directory.ask_sku(&sku(name), SkuMsg::View)).await.expect("a SKU that can be asked")
    }

    /// What a SKU's actor holds for an order.
    pub(crate) async fn held(&self, name: &str, order: &str) -> Option<HeldUnits> {
        self.sku(name).await.state.held.get(&id(order))
    }

    // What reaches orders.

    /// One message to one order that is acknowledged; whether it was.
    pub(crate) async fn tell_order(
        &self,
        name: &str,
        message: impl FnOnce(vortex_entities::seams::Acks<OrderId>) -> OrderMsg,
    ) -> bool {
        let done = within(gather(|acks| self.directory.to_orders(vec![(id(name), message(acks))]))).await;
        done == [id(name)]
    }

    /// The channel shows an order; whether that was acknowledged.
    pub(crate) async fn delivered(&self, order: ChannelOrder) -> bool {
        let name = order.id.to_string();
        let delivery = self.delivery(order);
        self.tell_order(&name, |acks| OrderMsg::Delivered(delivery, acks)).await
    }

    /// A delivery of what the channel shows now, brought by an inbox row.
    pub(crate) fn delivery(&self, order: ChannelOrder) -> Box<Delivery> {
        let event = Some(("cdon".to_owned(), order.event_id()));
        Box::new(Delivery { order, read_ms: self.now_ms(), event })
    }

    /// The order is looked at again; whether that was acknowledged.
    pub(crate) async fn look_again(&self, name: &str) -> bool {
        self.tell_order(name, |acks| OrderMsg::Happened(Event::LookAgain, acks)).await
    }

    /// The ERP was read just now and has so many live and cancelled documents of the order.
    pub(crate) async fn found(&self, name: &str, live: u32, cancelled: u32) {
        let finding = Finding { live, cancelled, read_ms: self.now_ms() };
        assert!(self.tell_order(name, |acks| OrderMsg::Happened(Event::Found(finding), acks)).await);
    }

    /// The ERP answered the import.
    pub(crate) async fn answered(&self, name: &str, answer: ImportAnswer) {
        assert!(self.tell_order(name, |acks| OrderMsg::Happened(Event::Answered(answer), acks)).await);
    }

    /// May the order be imported, as this document?
    pub(crate) async fn claim(&self, name: &str, number: i64) -> Result<Option<Box<BookingTask>>, Undecided> {
        within(self.directory.ask_order(&id(name), |reply| OrderMsg::Claim(document(number), reply))).await
    }

    /// A person decides; whether that changed anything.
    pub(crate) async fn decided(&self, name: &str, decision: Decision) -> Result<bool, Undecided> {
        let ask = self.asking_order(name, |reply| {
            OrderMsg::Asked(Event::Decided(decision), "token:ana".to_owned(), reply)
        });
        ask.get().await
    }

    /// Delivers, claims and proves an order: the ERP has it.
    pub(crate) async fn book(&self, name: &str, number: i64) {
        assert!(self.claim(name, number).await.expect("decided").is_some(), "{name} may be imported");
        self.answered(name, ImportAnswer::Imported).await;
        self.pass(1).await;
        self.found(name, 1, 0).await;
        assert!(matches!(self.stage(name).await, Stage::Booked { .. }));
    }

    /// Two readings, the quiet interval apart, miss the order.
    pub(crate) async fn missed_twice(&self, name: &str) {
        self.pass(1).await;
        self.found(name, 0, 0).await;
        self.pass(self.vendor.booking.quiet_ms.unsigned_abs()).await;
        self.found(name, 0, 0).await;
    }

    // What is on disk.

    /// The order's row: version and state.
    pub(crate) async fn order_row(&self, name: &str) -> Option<(i64, Order)> {
        let rows = self.store.rows.load_orders(&self.vendor.id, &[id(name)]).await.expect("readable rows");
        rows.into_iter().next().flatten()
    }

    /// How far the order is on disk.
    pub(crate) async fn stage(&self, name: &str) -> Stage {
        self.order_row(name).await.expect("an order row").1.stage
    }

    /// Reservations of the SKU that are not ended.
    pub(crate) async fn reservations(&self, name: &str) -> Vec<ReservationRow> {
        let rows = self.store.rows.load_skus(&self.vendor.id, &[sku(name)]).await.expect("readable rows");
        rows.into_iter().flat_map(|row| row.reservations).collect()
    }

    /// Units of the SKU that rows hold for the order.
    pub(crate) async fn reserved(&self, name: &str, order: &str) -> i64 {
        self.reservations(name).await.iter().filter(|row| row.order == id(order)).map(|row| row.qty).sum()
    }

    /// Every effect row of a kind.
    pub(crate) async fn effects(&self, kind: EffectKind) -> Vec<EffectRow> {
        self.store.rows.due_effects(&self.vendor.id, kind, i64::MAX, 100).await.expect("readable rows")
    }

    /// Every open attention item.
    pub(crate) async fn attention(&self) -> Vec<AttentionItem> {
        self.store.rows.attention(&self.vendor.id, 100).await.expect("readable rows")
    }

    /// The codes of every open attention item that names the order.
    pub(crate) async fn asked_about(&self, name: &str) -> Vec<Code> {
        let mut items = self.attention().await;
        items.retain(|item| item.subjects.iter().any(|subject| subject.key() == name));
        items.into_iter().map(|item| item.code).collect()
    }

    /// What the newest receipt of the SKU says; none when it has none.
    pub(crate) async fn receipt(&self, name: &str) -> Option<ReceiptBody> {
        let newest = self.store.rows.receipt(&self.vendor.id, &sku(name), i64::MAX, ReceiptParts::ANY).await;
        let row = newest.expect("readable rows")?;
        Some(serde_json::from_str(&row.body).expect("a receipt that can be read"))
    }

    /// What the journal says of an order: causes, newest first.
    pub(crate) async fn journal_of(&self, name: &str) -> Vec<String> {
        let entries =
            self.store.rows.journal_of(&self.vendor.id, "order", name, 100).await.expect("readable rows");
        entries.into_iter().map(|entry| entry.row.cause).collect()
    }

    /// Events that have not taken effect.
    pub(crate) async fn open_inbox(&self) -> usize {
        self.store.rows.open_inbox(&self.vendor.id, Desk::Orders, 100).await.expect("readable rows").len()
    }

    // What goes wrong.

    /// Every commit meets this from now on.
    pub(crate) fn every_commit(&self, fault: CommitFault) {
        self.store.rows.set_faults(Some(Arc::new(move |_: &[Vec<Write>]| fault)));
    }

    /// The next commit that holds a fitting write meets the fault; no other does.
    pub(crate) fn next_commit(&self, fits: fn(&Write) -> bool, fault: CommitFault) {
        let open = std::sync::atomic::AtomicBool::new(true);
        self.store.rows.set_faults(Some(Arc::new(move |changes: &[Vec<Write>]| {
            let meets = changes.iter().flatten().any(fits);
            let first = meets && open.swap(false, std::sync::atomic::Ordering::Relaxed);
            if first { fault } else { CommitFault::None }
        })));
    }

    /// The disk is well again.
    pub(crate) fn no_faults(&self) {
        self.store.rows.set_faults(None);
    }

    /// Actors alive below the vendor.
    pub(crate) fn children(&self) -> usize {
        self.actor.get_cell().get_children().len()
    }

    /// Actors alive below the vendor: of SKUs, of orders.
    pub(crate) fn children_by_kind(&self) -> (usize, usize) {
        let children = self.actor.get_cell().get_children();
        let skus =
            children.iter().filter(|child| child.is_message_type_of::<Mail<SkuMsg>>() == Some(true)).count();
        (skus, children.len() - skus)
    }

    /// Asks an order without waiting.
    pub(crate) fn asking_order<T>(
        &self,
        name: &str,
        message: impl FnOnce(Reply<T>) -> OrderMsg,
    ) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        self.directory.to_orders(vec![(id(name), message(reply))]);
        Answer(answer)
    }

    /// Asks a SKU without waiting.
    pub(crate) fn asking_sku<T>(&self, name: &str, message: impl FnOnce(Reply<T>) -> SkuMsg) -> Answer<T> {
        let (reply, answer) = oneshot::channel();
        self.directory.to_skus(vec![(sku(name), message(reply))]);
        Answer(answer)
    }
}

/// An answer that may not have come yet.
pub(crate) struct Answer<T>(oneshot::Receiver<T>);

impl<T> Answer<T> {
    /// Neither answered nor dropped.
    pub(crate) fn is_open(&mut self) -> bool {
        matches!(self.0.try_recv(), Err(TryRecvError::Empty))
    }

    /// Waits for it.
    pub(crate) async fn get(self) -> Result<T, Undecided> {
        within(self.0).await.map_err(|_| Undecided)
    }
}

/// Waits, but not for ever: in simulated time an hour costs nothing.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_hours(1), future)
        .await
        .expect("an answer or its absence, not silence")
}
