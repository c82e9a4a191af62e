//! Actors leave when nobody needs them and come back from rows that hold their last decision; one per key, always.

use std::sync::Arc;

use tokio::sync::mpsc;
use vortex_domain::{
    Entropy, Sku, Stage,
    sku::{SkuEvent, StockRead},
};
use vortex_entities::{OrderMsg, SkuMsg, VendorMsg, seams::Acks, sku::Observation};
use vortex_store::memory::CommitFault;

use crate::support::{ReadFault, World, document, id, level, order, sku, vendor, within};

fn reading(units: i64, read_ms: i64, acks: Acks<Sku>) -> SkuMsg {
    let event = SkuEvent::StockRead(StockRead { level: level(units), read_ms });
    SkuMsg::Observed(Observation { event, article_print: None, stock_print: Some(units) }, acks)
}

#[tokio::test(start_paused = true)]
async fn a_message_before_the_dismissal_is_handled() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    let (acks, mut durable) = mpsc::unbounded_channel();
    world.directory.to_skus(vec![(sku("A"), reading(7, world.now_ms(), acks))]);
    world.directory.dismiss(vec![sku("A")]);

    assert_eq!(within(durable.recv()).await, Some(sku("A")), "acknowledged");
    world.idle().await;
    assert_eq!(world.children(), 0, "and gone");
    assert_eq!(world.sku("A").await.state.stock.map(|read| read.level), Some(level(7)));
}

/// The actor that comes back must not start from rows older than its predecessor's last decision, which is still on its
/// way to disk when the message comes.
#[tokio::test(start_paused = true)]
async fn a_message_after_the_dismissal_meets_the_last_decision() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    world.every_commit(CommitFault::Delay(5_000));
    let (acks, mut durable) = mpsc::unbounded_channel();
    world.directory.to_skus(vec![(sku("A"), reading(7, world.now_ms(), acks.clone()))]);
    world.directory.dismiss(vec![sku("A")]);
    let mut view = world.asking_sku("A", SkuMsg::View);
    world.directory.to_skus(vec![(sku("A"), reading(8, world.now_ms() + 1, acks))]);
    world.pass(1_000).await;
    assert!(view.is_open(), "the decision is not on disk yet");

    assert_eq!(view.get().await.unwrap().state.stock.map(|read| read.level), Some(level(7)));
    assert_eq!(within(durable.recv()).await, Some(sku("A")));
    assert_eq!(within(durable.recv()).await, Some(sku("A")));
    assert_eq!(world.sku("A").await.state.stock.map(|read| read.level), Some(level(8)));
    assert_eq!(world.store.conflicts(), 0, "nobody wrote from old rows");
}

#[tokio::test(start_paused = true)]
async fn an_order_nobody_speaks_to_leaves_and_comes_back_from_its_row() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    assert_eq!(world.children(), 2);
    world.pass(60_000).await;
    world.idle().await;
    assert_eq!(world.children(), 0, "nobody has spoken to them");

    let task = world.claim("o-1", 7).await.unwrap().expect("a task");
    assert_eq!(task.order.lines.len(), 1);
    assert_eq!(world.order_row("o-1").await.unwrap().0, 2, "the second version, not a second first one");
    assert_eq!(world.held("A", "o-1").await.map(|units| units.qty), Some(1), "its units are still held");
    assert_eq!(world.store.conflicts(), 0);
}

#[tokio::test(start_paused = true)]
async fn new_settings_start_everybody_again_without_losing_a_message() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.every_commit(CommitFault::Delay(1_000));
    let first = world.asking_order("o-1", |reply| OrderMsg::Claim(document(7), reply));
    let mut settings = vendor();
    settings.stock.buffer = 1;
    world.actor.cast(VendorMsg::Settings(Arc::new(settings))).unwrap();
    let publication = world.asking_sku("A", SkuMsg::Claim);
    let again = world.asking_order("o-1", |reply| OrderMsg::Claim(document(8), reply));

    assert!(first.get().await.unwrap().is_some());
    assert_eq!(
        publication.get().await.unwrap().expect("something to send").quantity,
        Some(1),
        "3 − 1 held − 1 back"
    );
    assert_eq!(again.get().await, Ok(None), "the new actor knows that the old one has begun to send");
    assert!(
        matches!(world.stage("o-1").await, Stage::Unknown { .. }),
        "and that nobody waits for that answer"
    );
    assert_eq!(world.store.conflicts(), 0);
}

/// Whoever is leaving may still be at work; its successor waits until it is gone.
#[tokio::test(start_paused = true)]
async fn who_is_leaving_but_not_gone_has_no_successor_yet() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    world.directory.dismiss(vec![sku("A")]);
    world.idle().await;
    world.store.set_reads(|keys| keys.iter().any(|key| key == "A").then_some(ReadFault::Slow(1_000)));
    let (acks, mut durable) = mpsc::unbounded_channel();
    let delivered = || OrderMsg::Delivered(world.delivery(order("o-1", "A", 1)), acks.clone());
    world.directory.to_orders(vec![(id("o-1"), delivered())]);
    world.idle().await;
    assert_eq!(world.children_by_kind(), (0, 1), "the order waits for its units");
    world.actor.cast(VendorMsg::Settings(Arc::new(vendor()))).unwrap();
    world.directory.to_orders(vec![(id("o-1"), delivered())]);
    world.idle().await;
    assert_eq!(world.children_by_kind(), (0, 1), "it has not decided yet");

    assert_eq!(within(durable.recv()).await, Some(id("o-1")));
    assert_eq!(within(durable.recv()).await, Some(id("o-1")));
    assert_eq!(world.children_by_kind(), (1, 1));
    assert_eq!(world.journal_of("o-1").await, ["order_delivered"], "decided once");
    assert_eq!(world.store.conflicts(), 0);
}

/// Everything at once, by chance that repeats: waves, dismissals, failing and slow commits. At any moment at most one
/// actor per key lives, nobody writes from old rows, and what was acknowledged is on disk.
#[tokio::test(start_paused = true)]
async fn at_any_moment_one_actor_per_key_and_nothing_acknowledged_is_lost() {
    const KEYS: [&str; 3] = ["A", "B", "C"];
    for seed in 0..4 {
        let world = World::new().await;
        let chance = Entropy::seeded(seed);
        for name in KEYS {
            world.stocked(name, 1_000).await;
        }
        let faults = chance.clone();
        world.store.rows.set_faults(Some(Arc::new(move |_| match faults.below(12) {
            0 => CommitFault::NotCommitted,
            1 => CommitFault::UnknownCommitted,
            2 => CommitFault::UnknownLost,
            3..6 => CommitFault::Delay(1 + faults.below(40)),
            _ => CommitFault::None,
        })));
        let (acks, mut durable) = mpsc::unbounded_channel();
        let mut orders = Vec::new();
        for step in 0..120_i64 {
            let name = KEYS[usize::try_from(chance.below(3)).unwrap()];
            match chance.below(6) {
                0 => world.directory.dismiss(vec![sku(name)]),
                1 | 2 => {
                    let (own, heard) = mpsc::unbounded_channel();
                    let order_name = format!("o-{step}");
                    let delivery = world.delivery(order(&order_name, name, 1));
                    world.directory.to_orders(vec![(id(&order_name), OrderMsg::Delivered(delivery, own))]);
                    orders.push((order_name, name, heard));
                }
                _ => world
                    .directory
                    .to_skus(vec![(sku(name), reading(1_000 + step, world.now_ms(), acks.clone()))]),
            }
            for _ in 0..chance.below(30) {
                tokio::task::yield_now().await;
                let (of_skus, of_orders) = world.children_by_kind();
                assert!(
                    of_skus <= KEYS.len() && of_orders <= orders.len(),
                    "seed {seed}: two actors for one key"
                );
            }
            if chance.below(4) == 0 {
                world.pass(chance.below(20)).await;
            }
        }
        world.no_faults();
        world.pass(1_000).await;
        assert_eq!(world.store.conflicts(), 0, "seed {seed}: two writers");
        let mut taken = 0;
        for (order_name, name, mut heard) in orders {
            // Closed by now: everybody in the wave was handled or dropped.
            if heard.try_recv().is_ok() {
                taken += 1;
                assert_eq!(
                    world.stage(&order_name).await,
                    Stage::Ready,
                    "seed {seed}: {order_name} was acknowledged"
                );
            }
            let row = world.order_row(&order_name).await.is_some();
            assert_eq!(
                world.reserved(name, &order_name).await,
                i64::from(row),
                "seed {seed}: {order_name}, whole or not"
            );
        }
        assert!(taken > 5, "seed {seed}: something happened");
        drop(acks);
        assert!(durable.recv().await.is_some(), "seed {seed}: some reading was acknowledged");
    }
}
