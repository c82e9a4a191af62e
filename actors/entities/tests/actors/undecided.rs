//! A commit that failed, or whose outcome nobody knows: whoever assumed it ends, the asker learns that nothing is
//! decided, and the next try starts from what is on disk (F01, F02).

use vortex_domain::{ChannelOrder, Stage, order::Errand};
use vortex_entities::{OrderMsg, SkuMsg, directory::Undecided};
use vortex_store::{
    Change,
    memory::CommitFault,
    rows::{EffectKind, InboxRow, ReservationState, Write},
};

use crate::support::{World, cancelled, document, order};

const FAULTS: [CommitFault; 3] =
    [CommitFault::NotCommitted, CommitFault::UnknownCommitted, CommitFault::UnknownLost];

fn is_order(write: &Write) -> bool {
    matches!(write, Write::Order(_))
}

fn is_receipt(write: &Write) -> bool {
    matches!(write, Write::Receipt(_))
}

fn is_sku(write: &Write) -> bool {
    matches!(write, Write::Sku(_))
}

/// The row that intake writes before it hands an order out.
async fn into_inbox(world: &World, order: &ChannelOrder) {
    let row = InboxRow {
        vendor: vortex_domain::VendorId::new("acme").unwrap(),
        connection: "cdon".to_owned(),
        event_id: order.event_id(),
        key: order.id.to_string(),
        topic: "order".to_owned(),
        payload: "{}".to_owned(),
        at_ms: world.now_ms(),
    };
    world.journal.write(Change::of(vec![Write::Inbox(row)])).await.expect("durable");
}

#[tokio::test(start_paused = true)]
async fn a_new_order_is_on_disk_once_after_a_commit_that_failed_or_nobody_knows() {
    for fault in FAULTS {
        let world = World::new().await;
        world.stocked("A", 3).await;
        into_inbox(&world, &order("o-1", "A", 1)).await;
        world.next_commit(is_order, fault);

        assert!(!world.delivered(order("o-1", "A", 1)).await, "{fault:?}: not acknowledged");
        world.idle().await;
        assert_eq!(world.directory.view().await.unwrap().orders, 0, "{fault:?}: who assumed it has ended");
        let committed = fault == CommitFault::UnknownCommitted;
        assert_eq!(world.order_row("o-1").await.is_some(), committed, "{fault:?}");
        assert_eq!(
            world.open_inbox().await,
            usize::from(!committed),
            "{fault:?}: what was not decided comes back"
        );

        assert!(world.delivered(order("o-1", "A", 1)).await, "{fault:?}: acknowledged at last");
        assert_eq!(world.stage("o-1").await, Stage::Ready);
        assert_eq!(world.journal_of("o-1").await, ["order_delivered"], "{fault:?}: decided once");
        let rows = world.reservations("A").await;
        assert_eq!(rows.len(), 1, "{fault:?}: one reservation, not {rows:?}");
        assert_eq!((rows[0].qty, rows[0].state), (1, ReservationState::Open));
        assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await.len(), 1, "{fault:?}");
        assert_eq!(world.open_inbox().await, 0, "{fault:?}");
        world.idle().await;
        assert_eq!(world.sku("A").await.state.held.units(), 1, "{fault:?}: held once in memory too");
        assert_eq!(world.store.conflicts(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_whose_intent_nobody_knows_to_be_on_disk_is_not_handed_out() {
    for fault in FAULTS {
        let world = World::new().await;
        world.stocked("A", 3).await;
        assert!(world.delivered(order("o-1", "A", 1)).await);
        world.next_commit(is_order, fault);

        assert_eq!(world.claim("o-1", 7).await, Err(Undecided), "{fault:?}");
        let again = world.claim("o-1", 8).await.expect("decided now");
        if fault == CommitFault::UnknownCommitted {
            assert_eq!(again, None, "as far as the rows know, the import may be on the wire");
            let row = world.order_row("o-1").await.unwrap().1;
            assert!(matches!(row.stage, Stage::Unknown { .. }), "only a reading tells: {:?}", row.stage);
            assert_eq!(row.document.map(|document| document.number), Some(7));
        } else {
            assert_eq!(again.expect("a task").order.document.number, 8, "{fault:?}: 7 was never given");
        }
        assert_eq!(world.store.conflicts(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_publication_whose_receipt_nobody_knows_to_be_on_disk_does_not_leave() {
    for fault in FAULTS {
        let world = World::new().await;
        world.stocked("A", 3).await;
        world.next_commit(is_receipt, fault);

        assert_eq!(world.publication("A").await, Err(Undecided), "{fault:?}");
        let again = world.publication("A").await.expect("decided now");
        if fault == CommitFault::UnknownCommitted {
            assert_eq!(again, None, "as far as the rows know, it is in flight");
            assert!(world.sku("A").await.state.channel.in_flight.is_some());
        } else {
            assert_eq!(again.expect("a publication").quantity, Some(3), "{fault:?}");
        }
    }
}

/// Memory that ran ahead of the disk must not survive: what the actor decided last never happened.
#[tokio::test(start_paused = true)]
async fn an_actor_whose_reading_was_not_committed_forgets_it() {
    for (fault, units) in
        [(CommitFault::NotCommitted, 3), (CommitFault::UnknownLost, 3), (CommitFault::UnknownCommitted, 9)]
    {
        let world = World::new().await;
        world.stocked("A", 3).await;
        world.next_commit(is_sku, fault);

        world.pass(10).await;
        assert!(!world.stock("A", 9, world.now_ms()).await, "{fault:?}: not acknowledged");
        world.idle().await;
        assert_eq!(world.children(), 0, "{fault:?}: it has ended");
        let level = world.sku("A").await.state.stock.expect("a reading").level;
        assert_eq!(level.on_hand_milli, units * 1000, "{fault:?}: as on disk");
    }
}

/// Everybody in the group ends, not only the one whose write was to blame; each comes back by itself.
#[tokio::test(start_paused = true)]
async fn a_group_that_fails_ends_all_who_assumed_it() {
    let world = World::new().await;
    for name in ["A", "B"] {
        world.stocked(name, 3).await;
        assert!(world.delivered(order(&format!("o-{name}"), name, 1)).await);
    }
    assert_eq!(world.children(), 4);
    // One slow commit lets what follows gather into one group, which fails.
    world.next_commit(is_receipt, CommitFault::Delay(1_000));
    let first = world.asking_sku("A", SkuMsg::Claim);
    world.idle().await;
    let claims =
        ["o-A", "o-B"].map(|name| world.asking_order(name, |reply| OrderMsg::Claim(document(7), reply)));
    let other = world.asking_sku("B", SkuMsg::Claim);
    world.idle().await;
    world.every_commit(CommitFault::UnknownLost);

    assert!(first.get().await.unwrap().is_some(), "the earlier group is on disk");
    for claim in claims {
        assert_eq!(claim.get().await, Err(Undecided));
    }
    assert_eq!(other.get().await, Err(Undecided));
    world.idle().await;
    assert_eq!(world.children(), 1, "only A, which was not in the group");

    world.no_faults();
    assert!(world.claim("o-A", 7).await.unwrap().is_some());
    assert!(world.claim("o-B", 8).await.unwrap().is_some());
    assert_eq!(world.store.conflicts(), 0);
}

/// Units that a SKU holds in memory for an order that never came to be on disk would be lost to everybody else.
#[tokio::test(start_paused = true)]
async fn units_of_an_order_that_is_not_on_disk_are_not_held_for_ever() {
    for fault in FAULTS {
        let world = World::new().await;
        world.stocked("A", 3).await;
        world.next_commit(is_order, fault);
        assert!(!world.delivered(order("o-1", "A", 2)).await);
        world.idle().await;
        let held = world.held("A", "o-1").await.is_some();
        assert_eq!(held, fault == CommitFault::UnknownCommitted, "{fault:?}: as on disk");
        // It comes back cancelled, so that nobody will ever ask for the units again.
        assert!(world.delivered(cancelled(order("o-1", "A", 2))).await);
        world.idle().await;
        assert_eq!(world.held("A", "o-1").await, None, "{fault:?}");
        assert_eq!(world.publication("A").await.unwrap().expect("something to send").quantity, Some(3));
    }
}

#[tokio::test(start_paused = true)]
async fn units_whose_release_nobody_knows_to_be_on_disk_are_held_as_the_rows_say() {
    for fault in FAULTS {
        let world = World::new().await;
        world.stocked("A", 3).await;
        assert!(world.delivered(order("o-1", "A", 2)).await);
        world.next_commit(is_order, fault);
        assert!(!world.delivered(cancelled(order("o-1", "A", 2))).await);
        world.idle().await;
        let held = world.held("A", "o-1").await.is_some();
        assert_eq!(held, fault != CommitFault::UnknownCommitted, "{fault:?}: as on disk");
        assert!(world.delivered(cancelled(order("o-1", "A", 2))).await);
        world.idle().await;
        assert_eq!(world.held("A", "o-1").await, None, "{fault:?}");
    }
}
