//! F22: an order that the channel changes, at each stage of its way: never silence, never two documents.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::json;
use vortex_domain::{Currency, attention::Code, rates::RateRule, sales::business_date};
use vortex_entities::{Flow, engine::AttentionAction};
use vortex_simulators::{
    faults::{FaultMode, FaultRule},
    winmentor::ErpOrderView,
};

use crate::story::{Story, until};

/// The buyer wants twice as many.
fn double(story: &Story, order: &str) {
    let view = story.order(order);
    let twice = |key: &str| -> serde_json::Number {
        let text = view.document["price"][key].to_string();
        let number: Decimal = text.trim_matches('"').parse().expect("an amount");
        (number * Decimal::TWO).to_string().parse().expect("a number")
    };
    let price = json!({"amount": twice("amount"), "vat_amount": twice("vat_amount")});
    let patch = json!({"quantity": view.quantity * 2, "price": price, "total_price": price});
    story.world.channel.amend(order, &patch).expect("it can be amended");
}

fn move_to(story: &Story, order: &str, street: &str) {
    let patch = json!({"shipping_address": {"street_address": street, "city": "Kiruna"}});
    story.world.channel.amend(order, &patch).expect("it can be amended");
}

fn units(document: &ErpOrderView) -> Decimal {
    document.lines.iter().map(|line| line.qty).sum()
}

/// A clerk replaces the document by one with twice the units, for what the buyer pays now, as the attention item asks.
fn correct(story: &Story, order: &str) {
    let mut document = story.document(order);
    story.world.erp.cancel_order(document.nr_doc).expect("a live document");
    let net: Decimal = story.order(order).document["price"]["amount"].to_string().parse().expect("an amount");
    let today = business_date(story.world.node.seams.clock.now_ms());
    let rate = story.handle().vendor.rates.rate_for(Currency::Sek, today, RateRule::PublishedBefore);
    let ron_per_sek = rate.expect("the banks' rate").ron_per_unit;
    for line in &mut document.lines {
        line.qty *= Decimal::TWO;
        line.price =
            (net * ron_per_sek).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero) / line.qty;
    }
    document.nr_doc += 1_000_000;
    story.world.erp.enter_by_hand(&document).expect("the clerk's document");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_booking_the_newest_version_is_booked() {
    let story = Story::begin().await;
    story.world.erp.maintenance(true);
    let (more, moved) = (story.buy(&story.article(0).code, 1), story.buy(&story.article(1).code, 1));
    story.run(Flow::Orders).await;
    double(&story, &more);
    move_to(&story, &moved, "Nya Gatan 1");
    story.read_order(&more).await;
    story.run(Flow::Orders).await;
    story.world.erp.maintenance(false);
    story.settled().await;
    assert_eq!(units(&story.document(&more)), Decimal::TWO);
    assert_eq!(units(&story.document(&moved)), Decimal::ONE);
    assert_eq!((story.told_of(&more).await, story.told_of(&moved).await), (vec![], vec![]));
    story.end().await;
}

/// An import without an answer, never entered: what is sent again is the newest version.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_an_import_is_lost_the_newest_version_is_booked() {
    let story = Story::begin().await;
    let order = unknown_import(&story, FaultMode::Drop).await;
    double(&story, &order);
    story.read_order(&order).await;
    story.world.erp.faults().clear();
    story.settled().await;
    assert_eq!(units(&story.document(&order)), Decimal::TWO);
    assert_eq!(story.told_of(&order).await, []);
    story.end().await;
}

/// An import without an answer that was entered: the document has the old version, and a person is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_an_import_is_unknown_a_person_hears_of_the_change() {
    let story = Story::begin().await;
    let order = unknown_import(&story, FaultMode::CommitThenDrop).await;
    double(&story, &order);
    story.read_order(&order).await;
    story.world.erp.faults().clear();
    let limit = tokio::time::Instant::now() + crate::story::LIMIT;
    while story.told_of(&order).await != [Code::AmendedAfterBooking] {
        assert!(tokio::time::Instant::now() < limit, "silence about the change");
        story.run(Flow::Booking).await;
    }
    assert_eq!((units(&story.document(&order)), story.imports()), (Decimal::ONE, 1));
    correct(&story, &order);
    story.act(Code::AmendedAfterBooking, AttentionAction::Settled).await;
    story.look_at_booked_orders().await;
    story.settled().await;
    assert_eq!((story.told_of(&order).await, story.imports()), (vec![], 1));
    story.end().await;
}

/// Bought, read, sent once; the answer is missing and WinMentor cannot be looked into.
async fn unknown_import(story: &Story, mode: FaultMode) -> String {
    let struck = story.world.erp.faults().injected();
    story.world.erp.faults().set(vec![FaultRule::next(1, "POST /api/import", mode)]);
    let order = story.buy(&story.article(0).code, 1);
    story.run(Flow::Orders).await;
    until("the import fails", || story.world.erp.faults().injected() > struck).await;
    story.hide_documents();
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_booking_a_person_hears_of_the_change_until_it_is_settled() {
    let story = Story::begin().await;
    let (more, moved) = (story.buy(&story.article(0).code, 1), story.buy(&story.article(1).code, 1));
    story.settled().await;
    double(&story, &more);
    move_to(&story, &moved, "Nya Gatan 1");
    story.run(Flow::Orders).await;
    for order in [&more, &moved] {
        assert_eq!(story.told_of(order).await, [Code::AmendedAfterBooking]);
    }
    story.run_all(&[Flow::Booking, Flow::Reconcile]).await;
    assert_eq!((story.documents(&more), story.documents(&moved), story.imports()), (1, 1, 2));

    correct(&story, &more);
    // One act for each cause; each order is a cause of its own.
    for _ in [&more, &moved] {
        story.act(Code::AmendedAfterBooking, AttentionAction::Settled).await;
    }
    story.run(Flow::Orders).await;
    story.look_at_booked_orders().await;
    story.settled().await;
    assert_eq!((story.told_of(&more).await, story.told_of(&moved).await), (vec![], vec![]));

    // The next change is news again.
    move_to(&story, &more, "Nya Gatan 2");
    story.run(Flow::Orders).await;
    assert_eq!(story.told_of(&more).await, [Code::AmendedAfterBooking]);
    assert_eq!(story.imports(), 2);
    story.settled().await;
    story.end().await;
}
