//! The channel cancels at each stage: the units are given back exactly when the ERP surely does not have them (F21, F32).

use vortex_domain::{
    Stage,
    attention::Code,
    order::{Decision, Ending, Errand, ImportAnswer},
};
use vortex_store::rows::{EffectKind, ReservationState};

use crate::support::{World, cancelled, order};

async fn ready() -> World {
    let world = World::new().await;
    world.stocked("A", 3).await;
    assert!(world.delivered(order("o-1", "A", 2)).await);
    world
}

async fn cancel(world: &World) {
    assert!(world.delivered(cancelled(order("o-1", "A", 2))).await);
    world.idle().await;
}

async fn sending() -> World {
    let world = ready().await;
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
    world
}

/// Over, with nothing left of it anywhere.
async fn free(world: &World, how: Ending) {
    world.idle().await;
    let stage = world.stage("o-1").await;
    assert!(matches!(stage, Stage::Closed { ending, .. } if ending == how), "{stage:?}");
    assert_eq!(world.reservations("A").await, [], "no units on disk");
    assert_eq!(world.sku("A").await.state.held.units(), 0, "none in memory");
    assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await, []);
    assert_eq!(world.asked_about("o-1").await, []);
    assert_eq!(world.claim("o-1", 99).await, Ok(None), "never sent again");
    // A late delivery of the time before brings nothing back.
    assert!(world.delivered(order("o-1", "A", 2)).await);
    assert!(world.stage("o-1").await.is_closed());
    assert_eq!(world.sku("A").await.state.held.units(), 0);
}

/// Its units are held, on disk and in memory.
async fn kept(world: &World, state: ReservationState) {
    world.idle().await;
    let rows = world.reservations("A").await;
    assert_eq!((rows.len(), rows[0].qty, rows[0].state), (1, 2, state));
    assert_eq!(world.sku("A").await.state.held.units(), 2);
}

#[tokio::test(start_paused = true)]
async fn before_it_ever_came() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    cancel(&world).await;
    free(&world, Ending::NeverBooked).await;
}

#[tokio::test(start_paused = true)]
async fn while_it_is_ready() {
    let world = ready().await;
    cancel(&world).await;
    free(&world, Ending::NeverBooked).await;
}

#[tokio::test(start_paused = true)]
async fn while_it_is_held() {
    let world = World::new().await;
    world.stocked("A", 1).await;
    assert!(world.delivered(order("o-1", "A", 2)).await);
    assert_eq!(world.asked_about("o-1").await, [Code::StockShort]);
    cancel(&world).await;
    free(&world, Ending::NeverBooked).await;
}

#[tokio::test(start_paused = true)]
async fn while_it_is_sent_and_it_never_left() {
    let world = sending().await;
    cancel(&world).await;
    kept(&world, ReservationState::Open).await;
    assert!(matches!(world.stage("o-1").await, Stage::Sending { .. }), "nobody knows yet");
    world.answered("o-1", ImportAnswer::NotSent).await;
    free(&world, Ending::NeverBooked).await;
}

#[tokio::test(start_paused = true)]
async fn while_it_is_sent_and_it_arrived() {
    let world = sending().await;
    cancel(&world).await;
    world.answered("o-1", ImportAnswer::Imported).await;
    kept(&world, ReservationState::Open).await;
    world.pass(1).await;
    world.found("o-1", 1, 0).await;
    kept(&world, ReservationState::Booked).await;
    assert_eq!(world.asked_about("o-1").await, [Code::CancelledAfterBooking]);

    // The merchant cancels the document in the ERP.
    world.pass(1).await;
    world.found("o-1", 0, 1).await;
    free(&world, Ending::Withdrawn).await;
}

#[tokio::test(start_paused = true)]
async fn while_nobody_knows_and_it_is_not_there() {
    let world = sending().await;
    world.answered("o-1", ImportAnswer::Unknown).await;
    cancel(&world).await;
    kept(&world, ReservationState::Open).await;
    world.pass(1).await;
    world.found("o-1", 0, 0).await;
    kept(&world, ReservationState::Open).await;
    world.pass(60_000).await;
    world.found("o-1", 0, 0).await;
    free(&world, Ending::NeverBooked).await;
}

#[tokio::test(start_paused = true)]
async fn while_nobody_knows_and_it_is_there() {
    let world = sending().await;
    world.answered("o-1", ImportAnswer::Unknown).await;
    cancel(&world).await;
    world.pass(1).await;
    world.found("o-1", 1, 0).await;
    kept(&world, ReservationState::Booked).await;
    assert_eq!(world.asked_about("o-1").await, [Code::CancelledAfterBooking]);
}

#[tokio::test(start_paused = true)]
async fn after_it_was_booked_a_person_settles_it() {
    let world = ready().await;
    world.book("o-1", 7).await;
    cancel(&world).await;
    kept(&world, ReservationState::Booked).await;
    assert_eq!(world.asked_about("o-1").await, [Code::CancelledAfterBooking]);
    assert_eq!(world.decided("o-1", Decision::Settled).await, Ok(true));
    free(&world, Ending::Withdrawn).await;
}

#[tokio::test(start_paused = true)]
async fn three_times_while_a_process_dies_between() {
    let world = ready().await;
    cancel(&world).await;
    let world = world.reborn().await;
    cancel(&world).await;
    cancel(&world).await;
    free(&world, Ending::NeverBooked).await;
    assert_eq!(world.sku("A").await.state.available(&crate::support::vendor()), 3, "given back once");
}
