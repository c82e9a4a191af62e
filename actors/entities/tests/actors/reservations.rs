//! A booked order's units are ours to hold until a stock reading that began after the booking contains them (F26).

use vortex_domain::Stage;
use vortex_store::rows::{ReservationState, Write};

use crate::support::{World, id, order};

/// An order of two out of ten, booked; and when.
async fn booked() -> (World, i64) {
    let world = World::new().await;
    world.stocked("A", 10).await;
    assert!(world.delivered(order("o-1", "A", 2)).await);
    world.book("o-1", 7).await;
    let Stage::Booked { since_ms, .. } = world.stage("o-1").await else { panic!("not booked") };
    world.pass(1_000).await;
    (world, since_ms)
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_began_before_the_booking_keeps_the_units_held() {
    for process_dies in [false, true] {
        for (units, before_ms) in [(10, 1), (10, 0), (9, 1), (9, 0)] {
            let (mut world, since_ms) = booked().await;
            if process_dies {
                world = world.reborn().await;
            }
            assert!(world.stock("A", units, since_ms - before_ms).await);
            let rows = world.reservations("A").await;
            assert_eq!((rows.len(), rows[0].state), (1, ReservationState::Booked), "{before_ms} ms before");
            assert_eq!(world.sku("A").await.state.held.units(), 2);
            let quantity = world.publication("A").await.unwrap().expect("something to send").quantity;
            assert_eq!(quantity, Some(u32::try_from(units).unwrap() - 2), "the ERP's units less ours");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_began_after_the_booking_ends_the_reservation() {
    for process_dies in [false, true] {
        let (mut world, since_ms) = booked().await;
        if process_dies {
            world = world.reborn().await;
        }
        assert!(world.stock("A", 8, since_ms + 1).await);
        assert_eq!(world.reservations("A").await, []);
        assert_eq!(world.sku("A").await.state.held.units(), 0);
        let quantity = world.publication("A").await.unwrap().expect("something to send").quantity;
        assert_eq!(quantity, Some(8), "not subtracted twice");

        // The end of the reservation and the reading that ended it are one change.
        let changes = world.store.changes();
        let ends = |w: &Write| matches!(w, Write::Reservation(row) if row.order == id("o-1") && row.state == ReservationState::Ended);
        let change = changes.iter().find(|change| change.iter().any(ends)).expect("it ended on disk");
        assert!(change.iter().any(
            |w| matches!(w, Write::Sku(row) if row.state.stock.is_some_and(|s| s.read_ms == since_ms + 1))
        ));
    }
}

/// The same level read again says something new all the same: that it contains the booked order.
#[tokio::test(start_paused = true)]
async fn an_unchanged_level_ends_the_reservation_too() {
    let (world, since_ms) = booked().await;
    assert!(world.stock("A", 10, since_ms + 1).await);
    assert_eq!(world.reservations("A").await, []);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_not_booked_keeps_its_units_through_any_reading() {
    let world = World::new().await;
    world.stocked("A", 10).await;
    assert!(world.delivered(order("o-1", "A", 2)).await);
    for _ in 0..3 {
        world.pass(1_000).await;
        assert!(world.stock("A", 10, world.now_ms()).await);
        assert_eq!(world.reserved("A", "o-1").await, 2);
    }
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
    world.pass(1_000).await;
    assert!(world.stock("A", 8, world.now_ms()).await);
    assert_eq!(world.reserved("A", "o-1").await, 2, "on the wire is not booked");
    assert_eq!(world.sku("A").await.state.held.units(), 2);
}

/// Only the orders that the reading contains are let go.
#[tokio::test(start_paused = true)]
async fn each_reservation_ends_by_its_own_booking() {
    let (world, since_ms) = booked().await;
    assert!(world.delivered(order("o-2", "A", 1)).await);
    world.book("o-2", 8).await;
    world.idle().await;
    assert!(world.stock("A", 8, since_ms + 1).await);
    assert_eq!(world.reserved("A", "o-1").await, 0);
    assert_eq!(world.reserved("A", "o-2").await, 1);
    let Stage::Booked { since_ms, .. } = world.stage("o-2").await else { panic!("not booked") };
    assert!(world.stock("A", 7, since_ms + 1).await);
    assert_eq!(world.reserved("A", "o-2").await, 0);
}
