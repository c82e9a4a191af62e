//! What every story is told with: a world in which everything is published, and somebody who looks and acts.

use std::{collections::BTreeMap, path::Path, time::Duration};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use tokio::time::Instant;
use vortex::{
    audit::Audit,
    config::{Config, Environment},
    demo::{World, WorldOptions},
    flow::Scope,
    tree::VendorHandle,
    vendor_file::{self, VendorFile},
};
use vortex_domain::{
    OrderId, VendorId,
    attention::{Code, Subject},
};
use vortex_entities::{
    Engine as _, Flow,
    engine::{AttentionAction, FlowReport},
};
use vortex_simulators::{
    cdon::{ArticleView, Market, OrderState, OrderView},
    faults::{FaultMode, FaultRule},
    winmentor::{ErpArticleView, ErpOrderView},
};
use vortex_store::{Store as _, rows::AttentionItem};

/// The demo vendor's merchant id on the simulated CDON.
pub(crate) const MERCHANT: &str = "3f0e7c52-9d3a-4a55-8a2f-6a1f0d0c7b11";
/// A condition that is not met after so long never will be.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);
/// The demo vendor's safety stock.
const BUFFER: i64 = 1;

/// A world and its folder.
pub(crate) struct Story {
    pub(crate) world: World,
    options: WorldOptions,
    folder: tempfile::TempDir,
}

impl Story {
    /// Everything is published; the timers are far away, so that only the story moves things.
    pub(crate) async fn begin() -> Self {
        Self::on(None).await
    }

    /// As [`Story::begin`], on a database of the caller's choosing.
    pub(crate) async fn on(database_url: Option<String>) -> Self {
        let story = Self::unpublished(40, database_url).await;
        story.world.publish_all(LIMIT).await.expect("everything is published");
        story
    }

    /// A world in which nothing was published yet.
    pub(crate) async fn unpublished(articles: usize, database_url: Option<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = WorldOptions {
            articles,
            database_url,
            heartbeat_s: 3_600,
            ..WorldOptions::new(folder.path().to_owned(), 5)
        };
        let world = World::start(options.clone()).await.expect("the world starts");
        // The clerk invoices, and the courier scans, when the story says so.
        world.erp.update_options(|o| o.auto_invoice_ms = None);
        world.courier.update_options(|o| o.auto_journey = None);
        Self { world, options, folder }
    }

    /// The engine leaves and comes back over the same database; the remotes live on.
    pub(crate) async fn restart(self) -> Self {
        let Self { world, options, folder } = self;
        let remotes = world.leave().await;
        let world = World::over(options.clone(), remotes).await.expect("the engine comes back");
        Self { world, options, folder }
    }

    /// The world alone, for a story that goes on without this engine, and the folder for it to keep.
    pub(crate) fn into_parts(self) -> (World, tempfile::TempDir) {
        (self.world, self.folder)
    }

    pub(crate) fn options(&self) -> &WorldOptions {
        &self.options
    }

    /// The service's configuration, as read from its file.
    pub(crate) fn config(&self) -> Config {
        let nothing = Environment::Given([].into());
        Config::parse(self.world.config_text(), Path::new("vortex.toml"), &nothing).expect("a configuration")
    }

    /// Applies the vendor's file again after `edit`, as `vortex apply` does; its folder is the second argument.
    pub(crate) async fn apply(&self, edit: impl FnOnce(String, &Path) -> String) {
        let folder = &self.options.folder;
        let path = folder.join("vendor.toml");
        let text = std::fs::read_to_string(&path).expect("the vendor's file");
        std::fs::write(&path, edit(text, folder)).expect("the vendor's file is written");
        let egress = self.config().security.egress;
        let file = VendorFile::read(&path, &Environment::Given([].into()), &egress).expect("a vendor's file");
        let node = &self.world.node;
        let at_ms = node.seams.clock.now_ms();
        let plan = vendor_file::plan(Some(&*node.store), &file, false, at_ms).await.expect("a plan");
        assert!(!plan.is_empty(), "the edit changed nothing");
        vendor_file::write(&node.store, &file, plan, false, at_ms).await.expect("the plan is written");
        node.start_vendor(&file.id).await.expect("the vendor starts again");
    }

    pub(crate) fn handle(&self) -> VendorHandle {
        self.world.handle().expect("the vendor runs")
    }

    pub(crate) fn vendor(&self) -> VendorId {
        self.handle().vendor.id.clone()
    }

    pub(crate) async fn run(&self, flow: Flow) -> FlowReport {
        self.run_scoped(flow, Scope::default()).await
    }

    pub(crate) async fn run_all(&self, flows: &[Flow]) {
        for flow in flows {
            self.run(*flow).await;
        }
    }

    /// Reads one order of the channel.
    pub(crate) async fn read_order(&self, order: &str) {
        let scope = Scope { sku: None, order: order.parse().ok() };
        let report = self.run_scoped(Flow::Orders, scope).await;
        assert_eq!(report.stopped, None);
    }

    /// Reads back what the channel shows of one article.
    pub(crate) async fn read_back(&self, sku: &str) {
        let scope = Scope { sku: sku.parse().ok(), order: None };
        let report = self.run_scoped(Flow::Reconcile, scope).await;
        assert_eq!(report.stopped, None);
    }

    async fn run_scoped(&self, flow: Flow, scope: Scope) -> FlowReport {
        self.handle().hub.run(flow, scope).await.expect("the flow runs")
    }

    /// An article with stock whose code can travel in a packet.
    pub(crate) fn article(&self, nth: usize) -> ErpArticleView {
        let plenty = |a: &ErpArticleView| a.stock.values().sum::<Decimal>() - a.reserved > Decimal::TEN;
        let good = |a: &ErpArticleView| !a.service && !a.code.contains(';') && a.net.is_some();
        let shown = |a: &ErpArticleView| {
            self.world.channel.article(MERCHANT, &a.code).is_some_and(|c| c.quantity > 5)
        };
        let all: Vec<_> =
            self.world.erp.articles().into_iter().filter(|a| good(a) && plenty(a) && shown(a)).collect();
        all[nth % all.len()].clone()
    }

    /// What the channel shows of an article.
    pub(crate) fn shown(&self, sku: &str) -> ArticleView {
        self.world.channel.article(MERCHANT, sku).expect("the channel has it")
    }

    pub(crate) fn buy(&self, sku: &str, quantity: u32) -> String {
        self.buy_in(Market::Se, sku, quantity)
    }

    pub(crate) fn buy_in(&self, market: Market, sku: &str, quantity: u32) -> String {
        self.world.channel.buy(MERCHANT, sku, market, quantity).expect("it is for sale")
    }

    /// One unit each of so many articles.
    pub(crate) fn buy_several(&self, orders: usize) -> Vec<String> {
        (0..orders).map(|nth| self.buy(&self.article(nth).code, 1)).collect()
    }

    pub(crate) fn order(&self, id: &str) -> OrderView {
        self.world.channel.order(id).expect("the channel has the order")
    }

    pub(crate) async fn attention(&self) -> Vec<AttentionItem> {
        self.world.node.store.attention(&self.vendor(), 1_000).await.expect("attention can be read")
    }

    pub(crate) async fn item(&self, code: Code) -> AttentionItem {
        let items = self.attention().await;
        let found = items.iter().find(|item| item.code == code);
        found.unwrap_or_else(|| panic!("no {code} among {items:?}")).clone()
    }

    /// The causes in front of a person that block this order.
    pub(crate) async fn told_of(&self, order: &str) -> Vec<Code> {
        let subject = Subject::Order(OrderId::new(order).expect("an order id"));
        self.attention().await.iter().filter(|i| i.subjects.contains(&subject)).map(|i| i.code).collect()
    }

    /// Nobody is told of this any more, now or soon.
    pub(crate) async fn nobody_is_told(&self, code: Code) {
        let until = Instant::now() + LIMIT;
        while self.attention().await.iter().any(|item| item.code == code) {
            assert!(Instant::now() < until, "{:?} does not go away", self.item(code).await);
            self.world.run_flows().await;
        }
    }

    pub(crate) async fn act(&self, code: Code, action: AttentionAction) {
        let item = self.item(code).await;
        let engine = self.world.node.engine();
        engine.act(&self.vendor(), item.id, action, "token:story").await.expect("the action is possible");
    }

    pub(crate) async fn settled(&self) -> Audit {
        let audit = self.world.settle(LIMIT, &|_| ()).await.expect("the audit can be made");
        assert!(audit.is_clean(), "{:?} / {:?}", audit.differences, audit.attention_items);
        audit
    }

    /// The live sales orders in WinMentor that carry this order's token.
    pub(crate) fn documents_of(&self, order: &str) -> Vec<ErpOrderView> {
        let token = OrderId::new(order).expect("an order id").erp_token();
        let ours =
            |document: &ErpOrderView| document.remark.split_whitespace().next() == Some(token.as_str());
        self.world.erp.orders().into_iter().filter(|o| !o.cancelled && ours(o)).collect()
    }

    pub(crate) fn documents(&self, order: &str) -> usize {
        self.documents_of(order).len()
    }

    /// The one sales order of this order.
    pub(crate) fn document(&self, order: &str) -> ErpOrderView {
        let mut all = self.documents_of(order);
        assert_eq!(all.len(), 1, "order {order}: {all:?}");
        all.remove(0)
    }

    /// Imports that WinMentor has entered, asked for by us.
    pub(crate) fn imports(&self) -> usize {
        self.world.erp.log().count("order_tx")
    }

    /// WinMentor's order readers do not answer, so that nothing can be looked up.
    pub(crate) fn hide_documents(&self) {
        let mode = FaultMode::Status { code: 503, retry_after_s: None, html: false };
        self.world.erp.faults().push(FaultRule::always("GET /api/comenzi", mode));
    }

    /// The look at booked orders that is due each hour.
    pub(crate) async fn look_at_booked_orders(&self) {
        let store = &self.world.node.store;
        store.set_cursor(&self.vendor(), "reconcile.vanished", "0").await.expect("the cursor is set");
        let report = self.run(Flow::Reconcile).await;
        assert_eq!(report.stopped, None);
    }

    /// No quantity on the channel promises more than WinMentor has free now, less the safety stock and what is bought and
    /// not in WinMentor yet. To be called when both were read and everything was pushed since the last sale.
    pub(crate) fn nothing_promised_too_much(&self) {
        // Articles first: an order that is booked meanwhile then counts for less, never twice.
        let articles = self.world.erp.articles();
        let mut open: BTreeMap<String, i64> = BTreeMap::new();
        for order in self.world.channel.orders(MERCHANT) {
            if order.state != OrderState::NotFulfilled && self.documents(&order.id) == 0 {
                *open.entry(order.sku).or_default() += order.quantity;
            }
        }
        for article in articles {
            let Some(shown) = self.world.channel.article(MERCHANT, &article.code) else { continue };
            let free = (article.stock.values().sum::<Decimal>() - article.reserved).floor().to_i64();
            let bought = open.get(&article.code).copied().unwrap_or(0);
            let most = (free.expect("a number") - bought - BUFFER).max(0);
            let (code, shown) = (&article.code, i64::from(shown.quantity));
            assert!(shown <= most, "{code}: {shown} are offered, at most {most} may be promised");
        }
    }

    pub(crate) async fn end(self) {
        self.world.stop().await;
    }
}

/// Looks again and again until it is so.
pub(crate) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let limit = Instant::now() + LIMIT;
    while !so() {
        assert!(Instant::now() < limit, "{what}: not within a minute");
        pause().await;
    }
}

/// A moment between two looks.
#[expect(clippy::disallowed_methods, reason = "looks at conditions from outside; no actor")]
pub(crate) async fn pause() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}
