//! A child that breaks or merely leaves never ends its vendor; one that breaks again and again is parked (F11).

use ractor::ActorStatus;
use vortex_domain::{Stage, attention::Code, attention::Subject};
use vortex_entities::{OrderMsg, SkuMsg, directory::Undecided};

use crate::support::{ReadFault, World, id, order, sku};

/// `slots::FAILURE_BUDGET`, in words of the promise: five within a minute.
const BUDGET: u64 = 5;

#[tokio::test(start_paused = true)]
async fn a_child_that_leaves_in_peace_does_not_end_the_vendor() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    world.directory.dismiss(vec![sku("A")]);
    world.idle().await;
    assert_eq!(world.children(), 0);
    assert_eq!(world.actor.get_status(), ActorStatus::Running);
    let view = world.directory.view().await.expect("the vendor lives");
    assert_eq!((view.skus, view.restarted()), (0, 0), "leaving is no failure");
    assert_eq!(world.sku("A").await.state.stock.map(|read| read.level.on_hand_milli), Some(3_000));
}

#[tokio::test(start_paused = true)]
async fn a_child_that_breaks_does_not_end_the_vendor_and_works_again() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    world.clock.break_newcomers();
    assert_eq!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await, Err(Undecided));
    assert_eq!(
        world.directory.ask_order(&id("o-1"), OrderMsg::View).await,
        Ok(None),
        "it has not looked at the clock"
    );
    assert!(!world.delivered(order("o-1", "A", 1)).await, "not acknowledged");

    assert_eq!(world.actor.get_status(), ActorStatus::Running);
    world.idle().await;
    let view = world.directory.view().await.unwrap();
    assert_eq!((view.restarted(), view.parked.len()), (2, 0));
    assert!(world.publication("A").await.unwrap().is_some(), "another key works meanwhile");

    world.clock.mend();
    assert!(world.delivered(order("o-1", "A", 1)).await);
    assert_eq!(world.stage("o-1").await, Stage::Ready);
}

#[tokio::test(start_paused = true)]
async fn who_breaks_again_and_again_is_parked_and_a_person_is_asked() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    world.clock.break_newcomers();
    for _ in 0..BUDGET {
        assert!(world.directory.view().await.unwrap().parked.is_empty());
        assert_eq!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await, Err(Undecided));
        assert!(!world.delivered(order("o-1", "A", 1)).await);
        world.idle().await;
    }
    let view = world.directory.view().await.unwrap();
    assert_eq!(view.parked["sku"], ["X"]);
    assert_eq!(view.parked["order"], ["o-1"]);
    let mut subjects: Vec<Subject> = Vec::new();
    for item in world.attention().await {
        assert_eq!(item.code, Code::Parked);
        subjects.extend(item.subjects);
    }
    subjects.sort();
    assert_eq!(subjects, [Subject::Order(id("o-1")), Subject::Sku(sku("X"))]);

    // Parked: nobody starts it any more, and nobody else suffers.
    world.clock.mend();
    assert_eq!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await, Err(Undecided));
    assert!(!world.delivered(order("o-1", "A", 1)).await);
    assert_eq!(world.directory.view().await.unwrap().restarted(), 2 * BUDGET);
    assert!(world.delivered(order("o-2", "A", 1)).await);

    world.directory.unpark(vec![Subject::Sku(sku("X"))]);
    assert!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await.is_ok());
    assert!(!world.delivered(order("o-1", "A", 1)).await, "nobody has asked for this one");
    world.directory.unpark(vec![Subject::Order(id("o-1"))]);
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.idle().await;
    assert_eq!(world.attention().await, [], "the item is settled");
    assert!(world.directory.view().await.unwrap().parked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn failures_far_apart_park_nobody() {
    let world = World::new().await;
    for _ in 0..2 * BUDGET {
        world.clock.break_newcomers();
        assert_eq!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await, Err(Undecided));
        world.clock.mend();
        world.pass(20_000).await;
    }
    assert!(world.directory.view().await.unwrap().parked.is_empty());
    assert_eq!(world.directory.view().await.unwrap().restarted(), 2 * BUDGET);
}

async fn parked_world() -> World {
    let world = World::new().await;
    world.clock.break_newcomers();
    for _ in 0..BUDGET {
        assert_eq!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await, Err(Undecided));
        world.idle().await;
    }
    world.clock.mend();
    assert_eq!(world.asked_about("X").await, [Code::Parked]);
    world
}

#[tokio::test(start_paused = true)]
async fn parking_ends_by_itself_and_a_person_can_still_settle_the_item() {
    let world = parked_world().await;
    world.pass(599_000).await;
    assert_eq!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await, Err(Undecided));
    world.pass(1_000).await;
    assert!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await.is_ok(), "tried again");
    world.directory.unpark(vec![Subject::Sku(sku("X"))]);
    world.idle().await;
    assert_eq!(world.attention().await, []);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_life_has_parked_can_be_settled_in_this_one() {
    let world = parked_world().await.reborn().await;
    assert!(world.directory.ask_sku(&sku("X"), SkuMsg::View).await.is_ok(), "nobody is parked in a new life");
    world.directory.unpark(vec![Subject::Sku(sku("X"))]);
    world.idle().await;
    assert_eq!(world.attention().await, []);
}

#[tokio::test(start_paused = true)]
async fn rows_that_cannot_be_read_drop_the_messages_and_nothing_else() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.pass(60_000).await;
    world.store.set_reads(|_| Some(ReadFault::Fails));
    assert_eq!(world.publication("A").await, Err(Undecided));
    assert_eq!(world.claim("o-1", 7).await, Err(Undecided));
    assert_eq!(world.actor.get_status(), ActorStatus::Running);
    let view = world.directory.view().await.unwrap();
    assert_eq!(view.restarted(), 0, "the database's fault, not the key's");
    assert!(view.handled["sku"] > 0 && view.handled["order"] > 0);
    assert_eq!((view.waiting["sku"], view.waiting["order"]), (0, 0), "what was dropped does not wait");

    world.store.reads_work();
    assert!(world.publication("A").await.unwrap().is_some());
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_understood_blocks_no_other_key() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.pass(60_000).await;
    world.store.set_reads(|keys| keys.iter().any(|key| key.ends_with("bad")).then_some(ReadFault::Corrupt));
    let (bad, good) = (world.asking_sku("bad", SkuMsg::View), world.asking_sku("A", SkuMsg::View));
    assert_eq!(bad.get().await, Err(Undecided));
    assert!(good.get().await.is_ok());
    let bad = world.asking_order("o-bad", OrderMsg::View);
    let good = world.asking_order("o-1", OrderMsg::View);
    assert_eq!(bad.get().await, Err(Undecided));
    assert!(good.get().await.unwrap().is_some());
}
