//! A story per promise, over the whole system with the real simulators. Each ends with the one-to-one audit.

#![expect(clippy::expect_used, clippy::panic, reason = "a test whose world does not answer has failed")]

use std::time::Duration;

use rust_decimal::Decimal;
use vortex::{
    audit::Audit,
    demo::{World, WorldOptions},
    flow::Scope,
};
use vortex_domain::{attention::Code, sales::business_date};
use vortex_entities::{
    Engine as _, Flow,
    engine::{AttentionAction, FlowReport},
};
use vortex_simulators::{
    faults::{FaultMode, FaultRule},
    winmentor::{AnswerFault, ErpArticleView},
};
use vortex_store::{Store as _, rows::AttentionItem};

const MERCHANT: &str = "3f0e7c52-9d3a-4a55-8a2f-6a1f0d0c7b11";
const LIMIT: Duration = Duration::from_mins(1);

struct Story {
    world: World,
    _folder: tempfile::TempDir,
}

impl Story {
    /// Everything is published; the timers are far away, so that only the story moves things.
    async fn begin() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = WorldOptions {
            articles: 40,
            heartbeat_s: 3_600,
            ..WorldOptions::new(folder.path().to_owned(), 5)
        };
        let world = World::start(options).await.expect("the world starts");
        world.publish_all(LIMIT).await.expect("everything is published");
        Self { world, _folder: folder }
    }

    async fn run(&self, flow: Flow) -> FlowReport {
        self.world
            .handle()
            .expect("the vendor runs")
            .hub
            .run(flow, Scope::default())
            .await
            .expect("the flow runs")
    }

    /// An article with stock whose code can travel in a packet.
    fn article(&self, nth: usize) -> ErpArticleView {
        let plenty = |a: &ErpArticleView| a.stock.values().sum::<Decimal>() - a.reserved > Decimal::TEN;
        let good = |a: &ErpArticleView| !a.service && !a.code.contains(';') && a.net.is_some();
        let shown = |a: &ErpArticleView| {
            self.world.channel.article(MERCHANT, &a.code).is_some_and(|c| c.quantity > 5)
        };
        let all: Vec<_> =
            self.world.erp.articles().into_iter().filter(|a| good(a) && plenty(a) && shown(a)).collect();
        all[nth % all.len()].clone()
    }

    fn buy(&self, sku: &str, quantity: u32) -> String {
        let market = vortex_simulators::cdon::Market::Se;
        self.world.channel.buy(MERCHANT, sku, market, quantity).expect("it is for sale")
    }

    async fn attention(&self) -> Vec<AttentionItem> {
        let vendor = &self.world.handle().expect("the vendor runs").vendor.id.clone();
        self.world.node.store.attention(vendor, 1_000).await.expect("attention can be read")
    }

    async fn item(&self, code: Code) -> AttentionItem {
        let items = self.attention().await;
        items
            .iter()
            .find(|item| item.code == code)
            .unwrap_or_else(|| panic!("no {code} among {items:?}"))
            .clone()
    }

    async fn act(&self, code: Code, action: AttentionAction) {
        let item = self.item(code).await;
        let vendor = self.world.handle().expect("the vendor runs").vendor.id.clone();
        self.world
            .node
            .engine()
            .act(&vendor, item.id, action, "token:story")
            .await
            .expect("the action is possible");
    }

    async fn settled(&self) -> Audit {
        let audit = self.world.settle(LIMIT, &|_| ()).await.expect("the audit can be made");
        assert!(audit.is_clean(), "{:?} / {:?}", audit.differences, audit.attention_items);
        audit
    }

    fn documents(&self, order: &str) -> usize {
        let token = order.replace('-', "");
        let ours = |reference: &Option<String>| {
            reference.as_deref().is_some_and(|r| r.starts_with(order) || r.starts_with(&token))
        };
        self.world.erp.orders().iter().filter(|o| !o.cancelled && ours(&o.reference)).count()
    }

    async fn end(self) {
        self.world.stop().await;
    }
}

/// F01, promise 1 and 8: WinMentor books the order and the answer is lost; or the request is lost before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_an_import_never_makes_a_second_document() {
    let story = Story::begin().await;
    for (nth, mode) in [FaultMode::CommitThenDrop, FaultMode::Drop, FaultMode::CommitThenStatus { code: 500 }]
        .into_iter()
        .enumerate()
    {
        story.world.erp.faults().set(vec![FaultRule::next(1, "POST /api/import", mode)]);
        let order = story.buy(&story.article(nth).code, 1);
        story.run(Flow::Orders).await;
        story.run(Flow::Booking).await;
        let audit = story.settled().await;
        assert_eq!(story.world.erp.faults().injected(), nth as u64 + 1, "the fault did not strike");
        assert_eq!(story.documents(&order), 1);
        assert_eq!(audit.erp_orders, nth + 1);
    }
    story.end().await;
}

/// F03, F05, F14: the same orders delivered again and again, by two polls at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_order_seen_many_times_is_one_document() {
    let story = Story::begin().await;
    let order = story.buy(&story.article(0).code, 2);
    for _ in 0..3 {
        let (first, second) = tokio::join!(story.run(Flow::Orders), story.run(Flow::Orders));
        assert!(first.stopped.is_none() && second.stopped.is_none());
        story.run(Flow::Booking).await;
    }
    story.settled().await;
    assert_eq!(story.documents(&order), 1);
    story.end().await;
}

/// F12: a failed page is not the end of the list, and nothing is lost by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_answer_to_an_order_list_loses_nothing() {
    let story = Story::begin().await;
    let order = story.buy(&story.article(1).code, 1);
    for mode in [FaultMode::Truncate, FaultMode::Empty, FaultMode::HtmlPage { status: 200 }, FaultMode::Half]
    {
        story.world.channel.faults().set(vec![FaultRule::always("GET /api/v1/orders", mode)]);
        let report = story.run(Flow::Orders).await;
        assert!(report.stopped.is_some(), "a bad answer was taken for the end of the list");
    }
    story.world.channel.faults().clear();
    story.settled().await;
    assert_eq!(story.documents(&order), 1);
    story.end().await;
}

/// F11: an order that cannot be understood stands in front of a person, and its page goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_unreadable_order_does_not_stop_the_others() {
    let story = Story::begin().await;
    let raw = serde_json::json!({"id": "poison-1", "state": "CREATED", "quantity": "many"});
    story.world.channel.place_raw(MERCHANT, raw).expect("the simulator takes it");
    let order = story.buy(&story.article(2).code, 1);
    story.run(Flow::Orders).await;
    story.run(Flow::Booking).await;
    assert_eq!(story.documents(&order), 1);
    story.item(Code::BadEvent).await;
    story.end().await;
}

/// F31, S6, promise 4: empty, half and short answers change nothing and say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_is_not_zero() {
    let story = Story::begin().await;
    let before = story.world.channel.articles(MERCHANT);
    for fault in [AnswerFault::Empty, AnswerFault::Half, AnswerFault::FirstTenPercent] {
        story.world.erp.answers(fault);
        story.run(Flow::Catalog).await;
        story.run(Flow::Stock).await;
        story.run(Flow::Publish).await;
        let quantities = |articles: &[vortex_simulators::cdon::ArticleView]| -> Vec<(String, u32, String)> {
            articles.iter().map(|a| (a.sku.clone(), a.quantity, a.status.clone())).collect()
        };
        assert_eq!(quantities(&story.world.channel.articles(MERCHANT)), quantities(&before), "{fault:?}");
        let codes: Vec<Code> = story.attention().await.iter().map(|item| item.code).collect();
        let told = codes.contains(&Code::ReadingImplausible) || codes.contains(&Code::MassChange);
        assert!(told, "nobody was told of {fault:?}: {codes:?}");
    }
    story.world.erp.answers(AnswerFault::None);
    let audit = story.settled().await;
    assert!(audit.attention_items.iter().all(|item| !item.starts_with("reading_implausible")));
    story.end().await;
}

/// Sold elsewhere down to nothing: WinMentor leaves the article out of its list, and it is asked for by name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sold_out_elsewhere_is_shown_as_zero() {
    let story = Story::begin().await;
    let article = story.article(3);
    story.world.erp.sell_elsewhere(&article.code, article.stock.values().sum()).expect("the shop sells it");
    story.run(Flow::Stock).await;
    story.run(Flow::Publish).await;
    story.settled().await;
    assert_eq!(story.world.channel.article(MERCHANT, &article.code).expect("listed").quantity, 0);
    story.end().await;
}

/// The brake: a reading that would move too much stops, until a person approves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mass_change_waits_for_a_person() {
    let story = Story::begin().await;
    for article in story.world.erp.articles().iter().filter(|a| !a.service) {
        story.world.erp.set_stock(&article.code, "MAG1", Decimal::from(77)).expect("a known article");
    }
    story.run(Flow::Stock).await;
    story.run(Flow::Publish).await;
    assert!(
        story.world.audit().await.expect("an audit").stock_wrong > 10,
        "the mass change went through unasked"
    );
    story.act(Code::MassChange, AttentionAction::Approve).await;
    story.settled().await;
    story.end().await;
}

/// F29: accepted for processing, refused later: a person is told, and mending the cause publishes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_then_rejected_is_not_done() {
    let story = Story::begin().await;
    let article = story.article(4);
    let code = article.code.clone();
    story.world.channel.update_options(|o| {
        o.reject_skus.insert(code.clone(), "permission_denied".to_owned());
    });
    story.world.erp.set_price(&code, Some(Decimal::from(55))).expect("a known article");
    for flow in [Flow::Catalog, Flow::Publish] {
        story.run(flow).await;
    }
    story.item(Code::ChannelRefused).await;
    story.world.channel.update_options(|o| o.reject_skus.clear());
    story.act(Code::ChannelRefused, AttentionAction::Retry).await;
    story.settled().await;
    story.end().await;
}

/// Promise 11: accepted and ignored is found by reading back, and repaired.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_and_ignored_is_found_by_reading_back() {
    let story = Story::begin().await;
    let article = story.article(5);
    let code = article.code.clone();
    story.world.channel.update_options(|o| {
        o.ignore_skus.insert(code.clone());
    });
    story.world.erp.sell_elsewhere(&code, Decimal::from(3)).expect("the shop sells it");
    story.run(Flow::Stock).await;
    story.run(Flow::Publish).await;
    assert_eq!(story.world.audit().await.expect("an audit").stock_wrong, 1);
    story.world.channel.update_options(|o| o.ignore_skus.clear());
    let handle = story.world.handle().expect("the vendor runs");
    let scope = Scope { sku: code.parse().ok(), order: None };
    handle.hub.run(Flow::Reconcile, scope).await.expect("the flow runs");
    story.run(Flow::Publish).await;
    story.settled().await;
    story.end().await;
}

/// F41: a closed month holds the orders, and they go by themselves when it opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_wait_for_the_month_to_open() {
    let story = Story::begin().await;
    story.world.erp.update_options(|o| o.auto_open_months = false);
    let today = business_date(story.world.node.seams.clock.now_ms());
    story.world.erp.close_month(today.year(), today.month());
    let order = story.buy(&story.article(6).code, 1);
    story.run(Flow::Orders).await;
    story.run(Flow::Booking).await;
    assert_eq!(story.documents(&order), 0);
    story.item(Code::MonthClosed).await;
    story.world.erp.open_month(today.year(), today.month());
    story.run(Flow::Reconcile).await;
    story.settled().await;
    assert_eq!(story.documents(&order), 1);
    assert!(story.attention().await.iter().all(|item| item.code != Code::MonthClosed));
    story.end().await;
}

/// A blocked partner is a person's business; afterwards one act books everything that it blocked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_partner_holds_orders_until_mended() {
    let story = Story::begin().await;
    story.world.erp.block_partner("CDON-SE", true).expect("a known partner");
    let orders = [story.buy(&story.article(0).code, 1), story.buy(&story.article(1).code, 1)];
    story.run(Flow::Orders).await;
    story.run(Flow::Booking).await;
    let items = story.attention().await;
    let item =
        items.iter().find(|i| matches!(i.code, Code::PartnerUnusable | Code::ErpRefused)).expect("a reason");
    story.world.erp.block_partner("CDON-SE", false).expect("a known partner");
    story.act(item.code, AttentionAction::Retry).await;
    story.settled().await;
    for order in orders {
        assert_eq!(story.documents(&order), 1);
    }
    story.end().await;
}

/// F21: cancelled before import, and after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancellations_are_honoured_at_each_stage() {
    let story = Story::begin().await;
    // WinMentor is away, so that nothing books it before the cancellation is seen.
    story.world.erp.maintenance(true);
    let before = story.buy(&story.article(2).code, 1);
    story.run(Flow::Orders).await;
    story.world.channel.cancel_as_cdon(&before).expect("it can be cancelled");
    let handle = story.world.handle().expect("the vendor runs");
    let one = |order: &str| Scope { sku: None, order: order.parse().ok() };
    handle.hub.run(Flow::Orders, one(&before)).await.expect("the flow runs");
    story.world.erp.maintenance(false);
    story.run(Flow::Booking).await;

    let after = story.buy(&story.article(3).code, 1);
    story.run(Flow::Orders).await;
    story.run(Flow::Booking).await;
    assert_eq!(story.documents(&after), 1);
    story.world.channel.cancel_as_cdon(&after).expect("it can be cancelled");
    handle.hub.run(Flow::Orders, one(&after)).await.expect("the flow runs");
    story.item(Code::CancelledAfterBooking).await;
    assert_eq!(story.documents(&before), 0, "a cancelled order was booked");
    story.settled().await;
    story.end().await;
}

/// F48: documents that a restored backup lost are never created again by themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_is_a_persons_decision() {
    let story = Story::begin().await;
    let order = story.buy(&story.article(4).code, 1);
    story.run(Flow::Orders).await;
    story.run(Flow::Booking).await;
    assert_eq!(story.documents(&order), 1);
    story.world.erp.restore_backup(1);
    let handle = story.world.handle().expect("the vendor runs");
    let vendor = handle.vendor.id.clone();
    let until = tokio::time::Instant::now() + LIMIT;
    while !story.attention().await.iter().any(|item| item.code == Code::DocumentVanished) {
        assert!(tokio::time::Instant::now() < until, "the loss was not noticed");
        // The hourly look is made due.
        story
            .world
            .node
            .store
            .set_cursor(&vendor, "reconcile.vanished", "0")
            .await
            .expect("the cursor is set");
        story.run(Flow::Reconcile).await;
    }
    story.run(Flow::Booking).await;
    assert_eq!(story.documents(&order), 0, "a document was created again without a person");
    story.act(Code::DocumentVanished, AttentionAction::Recreate).await;
    story.settled().await;
    assert_eq!(story.documents(&order), 1);
    story.end().await;
}

/// F42: WinMentor is away while orders come in; all are booked once when it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_without_winmentor_loses_no_order() {
    let story = Story::begin().await;
    story.world.erp.maintenance(true);
    let mut bought = 0;
    for round in 0..30 {
        bought += usize::from(World::buy_one(&story.world.channel, round));
        if round % 10 == 0 {
            story.run(Flow::Orders).await;
            story.run(Flow::Booking).await;
        }
    }
    assert_eq!(story.world.erp.orders().len(), 0);
    story.world.erp.maintenance(false);
    let audit = story.settled().await;
    assert!(bought > 20, "the story bought too little to mean anything");
    assert_eq!((audit.erp_orders, audit.duplicates), (bought, 0));
    story.end().await;
}

/// Promise 3: what is sold on the channel and elsewhere is off the channel before anybody can oversell by our word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn selling_everywhere_at_once_never_shows_more_than_there_is() {
    let story = Story::begin().await;
    for nth in 0..6 {
        let article = story.article(nth);
        story.buy(&article.code, 2);
        story.world.erp.sell_elsewhere(&article.code, Decimal::from(2)).expect("the shop sells it");
        tokio::join!(story.run(Flow::Orders), story.run(Flow::Stock), story.run(Flow::Publish));
    }
    let audit = story.settled().await;
    assert_eq!(audit.oversold, 0);
    story.end().await;
}

/// A heartbeat in which nothing changed writes nothing but the times of the readings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_changed_means_nothing_written() {
    let story = Story::begin().await;
    story.settled().await;
    let vendor = story.world.handle().expect("the vendor runs").vendor.id.clone();
    let rows = &story.world.node.store;
    let before = rows.journal_after(&vendor, 0, 10_000).await.expect("the journal can be read").len();
    let puts = story.world.channel.log().of_kind("batch").len();
    for _ in 0..3 {
        story.world.run_flows().await;
    }
    let after = rows.journal_after(&vendor, 0, 10_000).await.expect("the journal can be read").len();
    assert_eq!((after, story.world.channel.log().of_kind("batch").len()), (before, puts));
    story.end().await;
}
