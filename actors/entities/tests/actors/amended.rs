//! The channel changes an order at each stage: before the ERP was told, it is prepared again; after, a person is (F22).

use vortex_domain::{
    Stage,
    attention::Code,
    order::{Decision, Errand, ImportAnswer},
};
use vortex_store::rows::{EffectKind, ReservationState, Write};

use crate::support::{World, amended, id, order, short_of};

async fn ready() -> World {
    let world = World::new().await;
    world.stocked("A", 5).await;
    world.stocked("B", 5).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world
}

async fn amend(world: &World, article: &str, quantity: u32) {
    assert!(world.delivered(amended(&order("o-1", "A", 1), article, quantity)).await);
    world.idle().await;
}

async fn lines(world: &World) -> Vec<(String, i64)> {
    let sale = world.order_row("o-1").await.unwrap().1.sale.expect("prepared");
    sale.lines.iter().map(|line| (line.sku.to_string(), line.quantity)).collect()
}

async fn held(world: &World, name: &str) -> (i64, i64) {
    let in_memory = world.held(name, "o-1").await.map_or(0, |units| units.qty);
    (world.reserved(name, "o-1").await, in_memory)
}

#[tokio::test(start_paused = true)]
async fn before_it_is_sent_it_is_prepared_again() {
    let world = ready().await;
    amend(&world, "A", 3).await;
    assert_eq!(world.stage("o-1").await, Stage::Ready);
    assert_eq!(lines(&world).await, [("A".to_owned(), 3)]);
    assert_eq!(held(&world, "A").await, (3, 3));
    assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await.len(), 1);
    let task = world.claim("o-1", 7).await.unwrap().expect("a task");
    assert_eq!(task.order.lines[0].quantity, 3, "what the channel shows now");
}

#[tokio::test(start_paused = true)]
async fn before_it_is_sent_and_now_too_much_it_waits() {
    let world = ready().await;
    amend(&world, "A", 6).await;
    assert_eq!(short_of(&world.stage("o-1").await), Some(vec!["A", "6", "5"]), "its own unit counts for it");
    assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await, []);
    assert_eq!(held(&world, "A").await, (6, 6));
}

#[tokio::test(start_paused = true)]
async fn another_article_frees_the_first_in_the_same_change() {
    let world = ready().await;
    amend(&world, "B", 2).await;
    assert_eq!(lines(&world).await, [("B".to_owned(), 2)]);
    assert_eq!(held(&world, "A").await, (0, 0));
    assert_eq!(held(&world, "B").await, (2, 2));
    let changes = world.store.changes();
    let change = changes.iter().rfind(|change| change.iter().any(|w| matches!(w, Write::Order(_)))).unwrap();
    let moved: Vec<_> = change
        .iter()
        .filter_map(|write| match write {
            Write::Reservation(row) if row.order == id("o-1") => Some((row.sku.as_str(), row.state)),
            _ => None,
        })
        .collect();
    assert_eq!(moved, [("B", ReservationState::Open), ("A", ReservationState::Ended)]);
}

#[tokio::test(start_paused = true)]
async fn back_to_the_first_article_holds_it_again() {
    let world = ready().await;
    let there = amended(&order("o-1", "A", 1), "B", 1);
    let back = amended(&there, "A", 1);
    assert!(world.delivered(there).await);
    assert!(world.delivered(back).await);
    world.idle().await;
    assert_eq!(held(&world, "B").await, (0, 0));
    assert_eq!(held(&world, "A").await, (1, 1));
}

#[tokio::test(start_paused = true)]
async fn while_it_is_sent_only_what_was_sent_is_held() {
    let world = ready().await;
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
    amend(&world, "A", 3).await;
    assert!(matches!(world.stage("o-1").await, Stage::Sending { .. }));
    assert_eq!(held(&world, "A").await, (1, 1));

    // It never left: what leaves next is what the channel shows now.
    world.answered("o-1", ImportAnswer::NotSent).await;
    world.idle().await;
    assert_eq!(world.stage("o-1").await, Stage::Ready);
    assert_eq!(held(&world, "A").await, (3, 3));
    assert_eq!(world.claim("o-1", 8).await.unwrap().expect("a task").order.lines[0].quantity, 3);
}

#[tokio::test(start_paused = true)]
async fn while_nobody_knows_it_is_prepared_again_only_once_it_is_surely_not_there() {
    let world = ready().await;
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
    world.answered("o-1", ImportAnswer::Unknown).await;
    amend(&world, "A", 3).await;
    assert_eq!(lines(&world).await, [("A".to_owned(), 1)], "as it may stand in the ERP");
    world.missed_twice("o-1").await;
    world.idle().await;
    assert_eq!(world.stage("o-1").await, Stage::Ready);
    assert_eq!(lines(&world).await, [("A".to_owned(), 3)]);
    assert_eq!(held(&world, "A").await, (3, 3));
}

#[tokio::test(start_paused = true)]
async fn while_nobody_knows_and_it_is_there_a_person_is_asked() {
    let world = ready().await;
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
    world.answered("o-1", ImportAnswer::Unknown).await;
    amend(&world, "A", 3).await;
    world.pass(1).await;
    world.found("o-1", 1, 0).await;
    assert_eq!(world.asked_about("o-1").await, [Code::AmendedAfterBooking]);
    assert_eq!(world.claim("o-1", 8).await, Ok(None), "never a second document");
}

#[tokio::test(start_paused = true)]
async fn after_it_was_booked_a_person_settles_each_change_once() {
    let world = ready().await;
    world.book("o-1", 7).await;
    amend(&world, "A", 3).await;
    assert_eq!(world.asked_about("o-1").await, [Code::AmendedAfterBooking]);
    let rows = world.reservations("A").await;
    assert_eq!((rows.len(), rows[0].qty, rows[0].state), (1, 1, ReservationState::Booked), "as booked");
    assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await, []);

    assert_eq!(world.decided("o-1", Decision::Settled).await, Ok(true));
    assert_eq!(world.asked_about("o-1").await, []);
    amend(&world, "A", 3).await;
    assert_eq!(world.asked_about("o-1").await, [], "the same change, shown again");
    let again = amended(&amended(&order("o-1", "A", 1), "A", 3), "A", 4);
    assert!(world.delivered(again).await);
    assert_eq!(world.asked_about("o-1").await, [Code::AmendedAfterBooking], "another change");
}

/// F20: what is older than what we know changes nothing.
#[tokio::test(start_paused = true)]
async fn an_older_version_that_comes_late_changes_nothing() {
    let world = ready().await;
    amend(&world, "A", 3).await;
    assert!(world.delivered(order("o-1", "A", 1)).await, "acknowledged all the same");
    assert_eq!(lines(&world).await, [("A".to_owned(), 3)]);
    assert_eq!(held(&world, "A").await, (3, 3));
}
