//! Documents that somebody made by hand.

use vortex_domain::{OrderId, attention::Code};
use vortex_entities::Flow;
use vortex_simulators::winmentor::ErpOrderView;

use crate::story::Story;

/// A second document with our token is an alarm; we write nothing, and the alarm ends when the surplus is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_by_hand_is_an_alarm_and_nothing_else() {
    let story = Story::begin().await;
    let (order, other) = (story.buy(&story.article(0).code, 1), story.buy(&story.article(1).code, 1));
    story.settled().await;
    let original = story.document(&order);
    let copy = ErpOrderView { nr_doc: original.nr_doc + 1_000_000, ..original.clone() };
    story.world.erp.enter_by_hand(&copy).expect("the clerk's document");
    story.look_at_booked_orders().await;
    assert_eq!(story.told_of(&order).await, [Code::DuplicateDocument]);
    assert_eq!(story.told_of(&other).await, []);
    for _ in 0..2 {
        story.world.run_flows().await;
    }
    assert_eq!((story.documents(&order), story.imports()), (2, 2));

    story.world.erp.cancel_order(copy.nr_doc).expect("a live document");
    story.look_at_booked_orders().await;
    story.settled().await;
    assert_eq!(story.told_of(&order).await, []);
    assert_eq!(story.document(&order), original);
    story.end().await;
}

/// A clerk types the order in before us: that is the document, and none is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_typed_in_before_us_is_not_sent() {
    let story = Story::begin().await;
    let first = story.buy(&story.article(0).code, 1);
    story.settled().await;
    // The same goods for the same money, bought again, so that the audit knows what the document must say.
    let model = story.document(&first);
    story.world.erp.maintenance(true);
    let again = story.buy(&model.lines[0].code, 1);
    story.run(Flow::Orders).await;
    story.world.erp.maintenance(false);
    let token = OrderId::new(&again).expect("an order id").erp_token();
    let typed = ErpOrderView {
        nr_doc: model.nr_doc + 1_000_000,
        remark: format!("{token} comandat telefonic"),
        ..model
    };
    story.world.erp.enter_by_hand(&typed).expect("the clerk's document");
    let audit = story.settled().await;
    assert_eq!((audit.erp_orders, story.imports()), (2, 1), "the order was sent although it was there");
    assert_eq!(story.document(&again).nr_doc, typed.nr_doc);
    assert_eq!(story.told_of(&again).await, []);
    story.end().await;
}
