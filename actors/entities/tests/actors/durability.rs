//! Nobody hears of a decision before it is on disk (F10).

use tokio::sync::mpsc;
use vortex_domain::{
    Stage,
    order::{Decision, Event},
    sku::{SkuEvent, StockRead},
};
use vortex_entities::{OrderMsg, SkuMsg, sku::Observation};
use vortex_store::memory::CommitFault;

use crate::support::{World, bundle_vendor, cancelled, document, id, level, order, sku, within};

/// Longer than anything else in these stories takes.
const SLOW: CommitFault = CommitFault::Delay(5_000);

#[tokio::test(start_paused = true)]
async fn a_delivery_is_acknowledged_only_when_the_order_is_on_disk() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    world.every_commit(SLOW);

    let (acks, mut durable) = mpsc::unbounded_channel();
    let delivery = world.delivery(order("o-1", "A", 1));
    world.directory.to_orders(vec![(id("o-1"), OrderMsg::Delivered(delivery, acks))]);
    world.pass(1_000).await;
    assert!(world.order_row("o-1").await.is_none(), "the commit is still on its way");
    assert!(durable.try_recv().is_err() && !durable.is_closed(), "nothing said yet");

    assert_eq!(within(durable.recv()).await, Some(id("o-1")));
    assert_eq!(world.stage("o-1").await, Stage::Ready);
}

#[tokio::test(start_paused = true)]
async fn an_import_may_start_only_when_its_intent_is_on_disk() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.every_commit(SLOW);

    let mut task = world.asking_order("o-1", |reply| OrderMsg::Claim(document(7), reply));
    world.pass(1_000).await;
    assert_eq!(world.stage("o-1").await, Stage::Ready, "the commit is still on its way");
    assert!(task.is_open(), "no task before the intent is durable");

    assert!(task.get().await.unwrap().is_some());
    assert!(matches!(world.stage("o-1").await, Stage::Sending { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_publication_leaves_only_when_intent_and_receipt_are_on_disk() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    world.every_commit(SLOW);

    let mut publication = world.asking_sku("A", SkuMsg::Claim);
    world.pass(1_000).await;
    assert!(publication.is_open(), "no publication before its receipt is durable");
    assert_eq!(world.receipt("A").await, None);

    assert_eq!(publication.get().await.unwrap().expect("something to send").quantity, Some(3));
    assert!(world.receipt("A").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn that_nothing_is_to_be_sent_is_said_only_after_what_it_rests_on_is_on_disk() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    world.every_commit(SLOW);

    let first = world.asking_sku("A", SkuMsg::Claim);
    let mut second = world.asking_sku("A", SkuMsg::Claim);
    world.pass(1_000).await;
    assert!(second.is_open(), "it rests on the first claim, which is still on its way");

    assert!(first.get().await.unwrap().is_some());
    assert_eq!(second.get().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn readings_and_decisions_are_confirmed_only_when_on_disk() {
    let world = World::new().await;
    world.stocked("A", 0).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.every_commit(SLOW);

    let (acks, mut durable) = mpsc::unbounded_channel();
    let read = StockRead { level: level(9), read_ms: world.now_ms() };
    let seen = Observation { event: SkuEvent::StockRead(read), article_print: None, stock_print: Some(9) };
    world.directory.to_skus(vec![(sku("A"), SkuMsg::Observed(seen, acks))]);
    let mut decided = world.asking_order("o-1", |reply| {
        OrderMsg::Asked(Event::Decided(Decision::BookAnyway), "token:ana".to_owned(), reply)
    });
    world.pass(1_000).await;
    assert!(durable.try_recv().is_err() && !durable.is_closed());
    assert!(decided.is_open());

    assert_eq!(within(durable.recv()).await, Some(sku("A")));
    assert_eq!(decided.get().await, Ok(true));
    assert_eq!(world.stage("o-1").await, Stage::Ready);
}

#[tokio::test(start_paused = true)]
async fn units_are_free_for_others_only_when_the_cancellation_is_on_disk() {
    let world = World::new().await;
    world.stocked("A", 1).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.every_commit(SLOW);

    let gone = cancelled(order("o-1", "A", 1));
    let (acks, mut durable) = mpsc::unbounded_channel();
    world.directory.to_orders(vec![(id("o-1"), OrderMsg::Delivered(world.delivery(gone), acks))]);
    world.pass(1_000).await;
    assert_eq!(world.held("A", "o-1").await.map(|units| units.qty), Some(1), "still its own");

    within(durable.recv()).await.expect("acknowledged");
    world.idle().await;
    assert_eq!(world.held("A", "o-1").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_bundle_hears_of_its_part_only_when_the_reading_is_on_disk() {
    let world = World::of(bundle_vendor()).await;
    world.stocked("A", 5).await;
    world.stocked("B", 10).await;
    world.idle().await;
    assert_eq!(world.sku("KIT").await.state.parts.get(&sku("A")), Some(&5));
    world.every_commit(SLOW);

    let (acks, mut durable) = mpsc::unbounded_channel();
    let read = StockRead { level: level(2), read_ms: world.now_ms() };
    let seen = Observation { event: SkuEvent::StockRead(read), article_print: None, stock_print: Some(9) };
    world.directory.to_skus(vec![(sku("A"), SkuMsg::Observed(seen, acks))]);
    world.pass(1_000).await;
    assert_eq!(world.sku("KIT").await.state.parts.get(&sku("A")), Some(&5), "not before it is durable");

    within(durable.recv()).await.expect("acknowledged");
    world.idle().await;
    assert_eq!(world.sku("KIT").await.state.parts.get(&sku("A")), Some(&2));
}
