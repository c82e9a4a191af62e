//! A bundle is its parts: taken together, given back together, shown as far as they reach (F34).

use vortex_domain::{Stage, attention::Code};
use vortex_entities::OrderMsg;
use vortex_store::rows::{ReservationState, Write};

use crate::support::{ReadFault, World, bundle_vendor, cancelled, id, order, short_of, sku};

async fn kit_world(a: i64, b: i64) -> World {
    let world = World::of(bundle_vendor()).await;
    world.stocked("A", a).await;
    world.stocked("B", b).await;
    world.article("KIT").await;
    world.idle().await;
    world
}

#[tokio::test(start_paused = true)]
async fn all_parts_are_reserved_in_the_orders_own_change() {
    let world = kit_world(5, 10).await;
    assert!(world.delivered(order("o-1", "KIT", 2)).await);

    let changes = world.store.changes();
    let with_units: Vec<_> =
        changes.iter().filter(|change| change.iter().any(|w| matches!(w, Write::Reservation(_)))).collect();
    assert_eq!(with_units.len(), 1, "one change");
    let mut units: Vec<(String, i64)> = with_units[0]
        .iter()
        .filter_map(|write| match write {
            Write::Reservation(row) => Some((row.sku.to_string(), row.qty)),
            _ => None,
        })
        .collect();
    units.sort();
    assert_eq!(units, [("A".to_owned(), 2), ("B".to_owned(), 4)]);
    assert!(with_units[0].iter().any(|w| matches!(w, Write::Order(_))), "the order's own");

    let sale = world.order_row("o-1").await.unwrap().1.sale.expect("prepared");
    let lines: Vec<_> = sale.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    assert_eq!(lines, [("A", 2), ("B", 4)]);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_short_or_unknown_holds_the_whole_order() {
    let world = kit_world(5, 3).await;
    assert!(world.delivered(order("o-1", "KIT", 2)).await);
    assert_eq!(short_of(&world.stage("o-1").await), Some(vec!["B", "4", "3"]));
    assert_eq!((world.reserved("A", "o-1").await, world.reserved("B", "o-1").await), (2, 4), "both are held");

    let world = World::of(bundle_vendor()).await;
    world.stocked("A", 5).await;
    assert!(world.delivered(order("o-1", "KIT", 1)).await);
    assert_eq!(world.asked_about("o-1").await, [Code::UnknownArticle]);
    assert_eq!(world.attention().await[0].params, ["B"]);
    world.stocked("B", 2).await;
    assert!(world.look_again("o-1").await);
    assert_eq!(world.stage("o-1").await, Stage::Ready);
    assert_eq!(world.attention().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_bundle_gives_every_part_back() {
    let world = kit_world(5, 10).await;
    assert!(world.delivered(order("o-1", "KIT", 2)).await);
    assert_eq!((world.sku("A").await.state.held.units(), world.sku("B").await.state.held.units()), (2, 4));

    assert!(world.delivered(cancelled(order("o-1", "KIT", 2))).await);
    world.idle().await;
    assert!(world.stage("o-1").await.is_closed());
    for part in ["A", "B"] {
        assert_eq!(world.reservations(part).await, [], "{part} on disk");
        assert_eq!(world.sku(part).await.state.held.units(), 0, "{part} in memory");
    }
    let ended = |w: &&Write| matches!(w, Write::Reservation(row) if row.state == ReservationState::Ended);
    let changes = world.store.changes();
    assert_eq!(
        changes.iter().map(|change| change.iter().filter(ended).count()).max(),
        Some(2),
        "in one change"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_part_can_give_reaches_the_bundle() {
    let world = kit_world(5, 4).await;
    let shown = |world: &World| {
        let vendor = bundle_vendor();
        let world = world.directory.clone();
        async move {
            let view = world.ask_sku(&sku("KIT"), vortex_entities::SkuMsg::View).await.unwrap();
            view.state.stock_terms(&vendor).map(|terms| terms.publishable())
        }
    };
    assert_eq!(shown(&world).await, Some(2), "two B each");
    assert_eq!(world.publication("KIT").await.unwrap().expect("something to send").quantity, Some(2));

    // A kit, and then a single part, are bought.
    assert!(world.delivered(order("o-1", "KIT", 1)).await);
    world.idle().await;
    assert_eq!(shown(&world).await, Some(1));
    assert!(world.delivered(order("o-2", "B", 1)).await);
    world.idle().await;
    assert_eq!(shown(&world).await, Some(0), "one B left is no kit");

    // New stock, heard of even when the bundle's actor has left meanwhile.
    world.directory.dismiss(vec![sku("KIT")]);
    world.pass(10).await;
    assert!(world.stock("B", 20, world.now_ms()).await);
    world.idle().await;
    assert_eq!(shown(&world).await, Some(4), "A is the limit now");
}

/// The order asks its parts one after the other. Whoever takes units meanwhile must not be given those that it has
/// been promised, although nothing of them is on disk yet and the first part's actor has been let go.
#[tokio::test(start_paused = true)]
async fn units_promised_to_a_slow_bundle_are_not_promised_again() {
    let world = kit_world(1, 2).await;
    world.directory.dismiss(vec![sku("B")]);
    world.idle().await;
    world.store.set_reads(|keys| keys.iter().any(|key| key == "B").then_some(ReadFault::Slow(1_000)));
    let (acks, bundle) = tokio::sync::mpsc::unbounded_channel();
    let delivery = world.delivery(order("o-1", "KIT", 1));
    world.directory.to_orders(vec![(id("o-1"), OrderMsg::Delivered(delivery, acks))]);
    world.idle().await;
    assert_eq!(world.held("A", "o-1").await.map(|units| units.qty), Some(1), "A is asked first");

    world.directory.dismiss(vec![sku("A")]);
    world.idle().await;
    world.store.reads_work();
    assert!(world.delivered(order("o-2", "A", 1)).await);
    world.pass(2_000).await;
    drop(bundle);
    // What was not decided comes back from the inbox.
    assert!(world.delivered(order("o-1", "KIT", 1)).await);

    let stages = [world.stage("o-1").await, world.stage("o-2").await];
    assert_eq!(stages.iter().filter(|stage| **stage == Stage::Ready).count(), 1, "one unit of A: {stages:?}");
}
