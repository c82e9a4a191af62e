//! What the channel is told of a SKU: one thing at a time, the newest, and never again an older one (F27, F28, F36).

use vortex_domain::{
    Publication,
    sku::{SkuEvent, UNKNOWN_HOLD_MS},
};
use vortex_entities::{SkuMsg, sku::IN_FLIGHT_LIMIT_MS};
use vortex_store::rows::EffectKind;

use crate::support::World;

async fn stocked(units: i64) -> World {
    let world = World::new().await;
    world.stocked("A", units).await;
    world
}

async fn claimed(world: &World) -> Option<Publication> {
    world.publication("A").await.expect("decided")
}

/// New stock by a reading that begins a moment later.
async fn restocked(world: &World, units: i64) {
    world.pass(10).await;
    assert!(world.stock("A", units, world.now_ms()).await);
}

/// The channel takes everything at once.
async fn taken(world: &World) {
    world.happened("A", SkuEvent::PublishTaken { batch: None, article_id: None, refused: Vec::new() }).await;
}

#[tokio::test(start_paused = true)]
async fn of_two_who_ask_at_once_one_sends() {
    let world = stocked(3).await;
    let asks = [world.asking_sku("A", SkuMsg::Claim), world.asking_sku("A", SkuMsg::Claim)];
    let mut sent = 0;
    for ask in asks {
        sent += usize::from(ask.get().await.unwrap().is_some());
    }
    assert_eq!(sent, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_something_is_in_flight_and_then_the_newest() {
    let world = stocked(3).await;
    assert_eq!(claimed(&world).await.expect("a creation").quantity, Some(3));
    for units in [5, 4, 6] {
        restocked(&world, units).await;
        assert_eq!(claimed(&world).await, None, "{units} must wait");
    }
    world
        .happened(
            "A",
            SkuEvent::PublishTaken { batch: Some("b-1".into()), article_id: None, refused: vec![] },
        )
        .await;
    assert_eq!(claimed(&world).await, None, "no verdict yet");
    assert_eq!(world.effects(EffectKind::Verdict).await[0].batch, "b-1");
    world.happened("A", SkuEvent::Verdict { batch: "b-1".into(), refused: vec![] }).await;
    assert_eq!(world.effects(EffectKind::Verdict).await, []);
    let next = claimed(&world).await.expect("the newest");
    assert_eq!((next.create, next.quantity), (false, Some(6)), "neither 5 nor 4 ever leaves");
    taken(&world).await;
    assert_eq!(claimed(&world).await, None, "nothing differs");
    assert_eq!(world.effects(EffectKind::Publish).await, []);
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_publication_holds_back_and_then_sends_the_newest() {
    let world = stocked(3).await;
    assert!(claimed(&world).await.is_some());
    taken(&world).await;
    restocked(&world, 4).await;
    assert_eq!(claimed(&world).await.expect("an update").quantity, Some(4));
    world.happened("A", SkuEvent::PublishUnknown).await;
    let since_ms = world.now_ms();
    restocked(&world, 5).await;
    assert_eq!(claimed(&world).await, None, "the lost call may still land");
    assert!(world.effects(EffectKind::Publish).await[0].due_ms >= since_ms + UNKNOWN_HOLD_MS - 10);

    world.pass(UNKNOWN_HOLD_MS.unsigned_abs() - 1_000).await;
    assert_eq!(claimed(&world).await, None, "still held back");
    world.pass(1_000).await;
    assert_eq!(claimed(&world).await.expect("the newest").quantity, Some(5));
}

/// Stock came back to what had been accepted before: nobody knows what the channel shows, so it is told again.
#[tokio::test(start_paused = true)]
async fn after_an_unanswered_publication_even_the_old_value_is_sent_again() {
    let world = stocked(3).await;
    assert!(claimed(&world).await.is_some());
    taken(&world).await;
    restocked(&world, 4).await;
    assert!(claimed(&world).await.is_some());
    world.happened("A", SkuEvent::PublishUnknown).await;
    restocked(&world, 3).await;
    world.pass(UNKNOWN_HOLD_MS.unsigned_abs()).await;
    assert_eq!(claimed(&world).await.expect("3 again").quantity, Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_in_flight_comes_back_unanswered() {
    let world = stocked(3).await;
    assert!(claimed(&world).await.is_some());
    let world = world.reborn().await;
    restocked(&world, 5).await;
    assert_eq!(claimed(&world).await, None, "the dead process's call may still land");
    assert!(world.sku("A").await.state.channel.in_flight.is_none());
    world.pass(UNKNOWN_HOLD_MS.unsigned_abs()).await;
    assert_eq!(claimed(&world).await.expect("the newest").quantity, Some(5));
}

#[tokio::test(start_paused = true)]
async fn an_actor_that_leaves_in_flight_still_knows() {
    let world = stocked(3).await;
    assert!(claimed(&world).await.is_some());
    world.directory.dismiss(vec![crate::support::sku("A")]);
    world.idle().await;
    assert_eq!(world.children(), 0);
    assert_eq!(claimed(&world).await, None, "the process lives and waits for the answer");
    taken(&world).await;
    restocked(&world, 4).await;
    assert_eq!(claimed(&world).await.expect("an update").quantity, Some(4));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_for_ever_counts_as_unanswered() {
    let world = stocked(3).await;
    assert!(claimed(&world).await.is_some());
    let effect = &world.effects(EffectKind::Publish).await[0];
    assert!(effect.due_ms > world.now_ms(), "looked at again only when the answer is overdue");
    world.pass(IN_FLIGHT_LIMIT_MS.unsigned_abs()).await;
    assert!(effect.due_ms <= world.now_ms());
    assert_eq!(claimed(&world).await, None, "held back first");
    world.pass(UNKNOWN_HOLD_MS.unsigned_abs()).await;
    assert_eq!(claimed(&world).await.expect("again").quantity, Some(3));
    // Whatever the lost call says now belongs to the past, but not to the flight that is under way.
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_began_earlier_never_overrides_a_later_one() {
    for process_dies in [false, true] {
        let mut world = stocked(3).await;
        world.pass(1_000).await;
        let late_ms = world.now_ms() - 500;
        assert!(world.stock("A", 5, world.now_ms()).await);
        if process_dies {
            world = world.reborn().await;
        }
        assert!(world.stock("A", 9, late_ms).await, "acknowledged: nothing more will come of it");
        assert_eq!(world.sku("A").await.state.stock.map(|read| read.level.on_hand_milli), Some(5_000));
        assert_eq!(claimed(&world).await.expect("a creation").quantity, Some(5));
        taken(&world).await;
        assert_eq!(claimed(&world).await, None);
    }
}

/// An order takes its unit off what is shown at once, before the ERP or the channel knows.
#[tokio::test(start_paused = true)]
async fn an_order_lowers_what_is_shown_before_the_erp_knows() {
    let world = stocked(3).await;
    assert!(claimed(&world).await.is_some());
    taken(&world).await;
    assert!(world.delivered(crate::support::order("o-1", "A", 1)).await);
    world.idle().await;
    assert_eq!(world.effects(EffectKind::Publish).await.len(), 1, "on disk, so that nobody forgets it");
    assert_eq!(claimed(&world).await.expect("an update").quantity, Some(2));
    let receipt = world.receipt("A").await.expect("a receipt");
    assert_eq!(receipt.held.into_values().collect::<Vec<_>>(), [1], "and why");
}
