//! The same order, seen again and again, by whoever reads it.

use std::sync::{Arc, atomic::AtomicI64};

use vortex::{
    connectors,
    demo::{Remotes, World},
    flow::{Scope, Work as _},
    flows::{FlowContext, Intake},
    vendor_file,
};
use vortex_domain::attention::{Code, Subject};
use vortex_entities::Flow;
use vortex_simulators::{
    banks::{BankSim, BankSimOptions},
    cdon::{CdonSim, CdonSimOptions},
    dhl::{DhlSim, DhlSimOptions},
    faults::{FaultMode, FaultRule},
    winmentor::{WinMentorSim, WinMentorSimOptions},
};
use vortex_store::Store as _;

use crate::story::{LIMIT, MERCHANT, Story, until};

/// F05, F06: the same order delivered again and again, before and after it was booked, in lists and by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_order_seen_many_times_is_one_document() {
    let story = Story::begin().await;
    let order = story.buy(&story.article(0).code, 2);
    for _ in 0..3 {
        let (first, second) = tokio::join!(story.run(Flow::Orders), story.run(Flow::Orders));
        assert!(first.stopped.is_none() && second.stopped.is_none());
        story.run(Flow::Booking).await;
        story.read_order(&order).await;
    }
    story.settled().await;
    assert_eq!((story.documents(&order), story.imports()), (1, 1));
    story.end().await;
}

/// F03, F04: two pollers hold the same page in their hands at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_pollers_with_the_same_page_book_each_order_once() {
    two_pollers(Story::begin().await).await;
}

pub(crate) async fn two_pollers(story: Story) {
    let second = second_poller(&story).await;
    let mut orders = Vec::new();
    for round in 0..3 {
        orders.extend(story.buy_several(4));
        // Both questions are answered before either answer arrives, and one of the answers comes late.
        let faults = story.world.channel.faults();
        let late = |ms| FaultRule::next(1, "GET /api/v1/orders?", FaultMode::CommitThenSlow { ms });
        faults.set(vec![late(150), late(150 + round * 200)]);
        let scope = Scope::default();
        let (ours, theirs) = tokio::join!(story.run(Flow::Orders), second.run(&scope));
        assert_eq!((ours.stopped, theirs.report.stopped), (None, None));
        assert!(faults.rules().iter().all(|rule| rule.next == Some(0)), "only one poller polled");
        story.run(Flow::Booking).await;
    }
    let audit = story.settled().await;
    assert_eq!((audit.erp_orders, audit.duplicates), (orders.len(), 0));
    assert_eq!(story.imports(), orders.len());
    let journal =
        story.world.node.store.journal_after(&story.vendor(), 0, 10_000).await.expect("the journal");
    for order in &orders {
        let begins = journal.iter().filter(|e| {
            matches!(&e.row.subject, Subject::Order(id) if id.as_str() == order) && e.row.old.is_empty()
        });
        assert_eq!(begins.count(), 1, "order {order} did not begin once");
    }
    story.end().await;
}

/// A second poller over the vendor's actors, as a webhook, a timer and a person's click at once would be.
async fn second_poller(story: &Story) -> Intake {
    Intake(Arc::new(second_context(story).await))
}

/// What a second set of flows over the vendor's actors works with.
pub(crate) async fn second_context(story: &Story) -> FlowContext {
    let handle = story.handle();
    let seams = story.world.node.seams.clone();
    let stored =
        vendor_file::load(&story.world.node.store, &handle.vendor.id).await.expect("the vendor's rows");
    let stored = stored.expect("the vendor");
    let egress = story.config().security.egress;
    let remotes =
        connectors::build(&handle.vendor.id, &stored.connections, &egress, &seams.entropy, &seams.clock)
            .expect("the connections");
    FlowContext {
        vendor: handle.vendor,
        seams,
        directory: handle.directory,
        remotes,
        hub: handle.hub,
        prints: tokio::sync::Mutex::default(),
        orders_read_ms: AtomicI64::default(),
        raised: tokio::sync::Mutex::default(),
    }
}

/// F03: a second engine over the same database does not start beside the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_engine_over_the_same_database_does_not_start() {
    let story = Story::unpublished(10, None).await;
    let erp = WinMentorSim::start(WinMentorSimOptions::default()).await.expect("a simulator");
    let channel = CdonSim::start(CdonSimOptions::default()).await.expect("a simulator");
    let courier = DhlSim::start(DhlSimOptions::default()).await.expect("a simulator");
    let banks = BankSim::start(BankSimOptions::default()).await.expect("a simulator");
    let remotes = Remotes {
        erp: erp.clone(),
        channel: channel.clone(),
        courier: courier.clone(),
        banks: banks.clone(),
    };
    let second = World::over(story.options().clone(), remotes).await;
    assert!(second.is_err(), "two engines write to one database");
    erp.stop();
    channel.stop();
    courier.stop();
    banks.stop();
    story.world.publish_all(LIMIT).await.expect("the first engine goes on");
    story.settled().await;
    story.end().await;
}

/// F03, F14: every order stands twice on its page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_twice_on_a_page_is_one_document() {
    let story = Story::begin().await;
    story.world.channel.update_options(|o| o.double_orders = true);
    let orders = story.buy_several(5);
    for _ in 0..3 {
        assert_eq!(story.run(Flow::Orders).await.stopped, None);
    }
    story.run(Flow::Booking).await;
    let audit = story.settled().await;
    assert_eq!((audit.erp_orders, audit.duplicates), (orders.len(), 0));
    assert_eq!(story.imports(), orders.len());
    story.end().await;
}

/// F11: an order that cannot be understood stands in front of a person, and its page goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_unreadable_order_does_not_stop_the_others() {
    let story = Story::begin().await;
    let raw = serde_json::json!({"id": "poison-1", "state": "CREATED", "quantity": "many"});
    story.world.channel.place_raw(MERCHANT, raw).expect("the simulator takes it");
    let order = story.buy(&story.article(2).code, 1);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    until("the readable order is booked", || story.documents(&order) == 1).await;
    story.item(Code::BadEvent).await;
    // It is no order of ours that the audit could find; the channel takes it back.
    story.world.channel.cancel_as_cdon("poison-1").expect("it can be cancelled");
    story.settled().await;
    story.end().await;
}
