//! Versions and unique keys: F02 to F04, F10.

use std::sync::Arc;

use vortex_store::{
    Store, Verdict,
    rows::{Desk, ReservationState, Write},
};

use crate::support::*;

use Verdict::{Conflict, Durable};

async fn commit(store: &Arc<impl Store>, changes: &[Vec<Write>]) -> Vec<Verdict> {
    store.commit(changes).await.unwrap()
}

async fn version_of(store: &Arc<impl Store>, name: &str) -> Option<i64> {
    let rows = store.load_skus(&vendor(), &[sku(name)]).await.unwrap();
    rows[0].stored.as_ref().map(|(version, _)| *version)
}

pub(crate) async fn versions_guard_rows(store: Arc<impl Store>) {
    assert_eq!(commit(&store, &[vec![sku_write("A1", 1)]]).await, [Durable]);
    assert_eq!(commit(&store, &[vec![sku_write("A1", 1)]]).await, [Conflict], "a second insert");
    assert_eq!(commit(&store, &[vec![sku_write("A1", 3)]]).await, [Conflict], "a gap");
    assert_eq!(commit(&store, &[vec![sku_write("A1", 2)]]).await, [Durable]);
    assert_eq!(version_of(&store, "A1").await, Some(2));

    assert_eq!(commit(&store, &[vec![order_write(order("o-1", 1), 1)]]).await, [Durable]);
    assert_eq!(commit(&store, &[vec![order_write(order("o-1", 9), 1)]]).await, [Conflict]);
    let loaded = store.load_orders(&vendor(), &[order_id("o-1")]).await.unwrap();
    assert_eq!(loaded[0].as_ref().unwrap().1.seen_ms, 1);
}

pub(crate) async fn a_chain_in_one_group_is_one_step(store: Arc<impl Store>) {
    let first: Vec<_> = (1..=3).map(|version| vec![sku_write("A1", version)]).collect();
    assert_eq!(commit(&store, &first).await, [Durable; 3]);
    let next: Vec<_> = (4..=6).map(|version| vec![sku_write("A1", version)]).collect();
    assert_eq!(commit(&store, &next).await, [Durable; 3]);
    let rows = store.load_skus(&vendor(), &[sku("A1")]).await.unwrap();
    assert_eq!(rows[0].stored.as_ref().unwrap().0, 6);
    assert_eq!(rows[0].prints, (60, -6), "the newest row survives");
    // Two versions in one change are a chain as well.
    assert_eq!(commit(&store, &[vec![sku_write("A1", 7), sku_write("A1", 8)]]).await, [Durable]);
    assert_eq!(version_of(&store, "A1").await, Some(8));
}

pub(crate) async fn a_conflict_leaves_only_its_change_out(store: Arc<impl Store>) {
    commit(&store, &[vec![sku_write("A1", 1)], vec![sku_write("B2", 1)]]).await;
    let group = [vec![sku_write("A1", 2)], vec![sku_write("B2", 5)], vec![sku_write("C3", 1)]];
    assert_eq!(commit(&store, &group).await, [Durable, Conflict, Durable]);
    assert_eq!(version_of(&store, "A1").await, Some(2));
    assert_eq!(version_of(&store, "B2").await, Some(1));
    assert_eq!(version_of(&store, "C3").await, Some(1));
}

pub(crate) async fn what_depends_on_a_refused_change_is_refused_too(store: Arc<impl Store>) {
    for version in 1..=2 {
        commit(&store, &[vec![sku_write("A1", version)]]).await;
    }
    // The first assumes version 4 to be stored and is refused; were the second judged alone, it would be accepted,
    // although its actor assumed what the first wrote.
    let group = [vec![sku_write("A1", 5)], vec![sku_write("A1", 3)], vec![sku_write("B2", 1)]];
    assert_eq!(commit(&store, &group).await, [Conflict, Conflict, Durable]);
    assert_eq!(version_of(&store, "A1").await, Some(2));
    // Through another row: the second shares A1 with the refused one, the third shares B2 with the second.
    let group = [
        vec![sku_write("A1", 9)],
        vec![sku_write("A1", 10), sku_write("B2", 2)],
        vec![sku_write("B2", 3)],
        vec![sku_write("C3", 1)],
    ];
    assert_eq!(commit(&store, &group).await, [Conflict, Conflict, Conflict, Durable]);
    assert_eq!(version_of(&store, "B2").await, Some(1));
}

pub(crate) async fn a_change_is_whole(store: Arc<impl Store>) {
    let refused = vec![
        Write::Reservation(reservation("o-1", "A1", 1, ReservationState::Open, 1)),
        Write::Inbox(event("e-1", "{}")),
        sku_write("A1", 2),
        sku_write("B2", 1),
    ];
    assert_eq!(commit(&store, &[refused]).await, [Conflict]);
    let rows = store.load_skus(&vendor(), &[sku("A1"), sku("B2")]).await.unwrap();
    assert!(rows.iter().all(|row| row.stored.is_none() && row.reservations.is_empty()));
    assert!(store.open_inbox(&vendor(), Desk::Orders, 10).await.unwrap().is_empty());
}

pub(crate) async fn document_numbers_are_unique(store: Arc<impl Store>) {
    let group = [
        vec![order_write(numbered(order("o-1", 1), 500), 1)],
        vec![order_write(numbered(order("o-2", 1), 500), 1)],
        vec![order_write(numbered(order("o-3", 1), 501), 1)],
        vec![sku_write("A1", 1)],
    ];
    assert_eq!(commit(&store, &group).await, [Durable, Conflict, Durable, Durable], "within a group");
    let late = [vec![order_write(order("o-4", 1), 1)], vec![order_write(numbered(order("o-5", 1), 501), 1)]];
    assert_eq!(commit(&store, &late).await, [Durable, Conflict], "against what is stored");
    // Orders without a number do not collide, and an order keeps its own.
    assert_eq!(commit(&store, &[vec![order_write(numbered(order("o-1", 2), 500), 2)]]).await, [Durable]);
    assert_eq!(commit(&store, &[vec![order_write(order("o-6", 1), 1)]]).await, [Durable]);
    assert_eq!(store.last_document_number(&vendor()).await.unwrap(), 501);
    assert_eq!(store.last_document_number(&other_vendor()).await.unwrap(), 0);
}

pub(crate) async fn a_row_that_was_never_written_cannot_be_replaced(store: Arc<impl Store>) {
    assert_eq!(commit(&store, &[vec![sku_write("A1", 4)]]).await, [Conflict]);
    assert_eq!(commit(&store, &[vec![sku_write("A1", 0)]]).await, [Conflict]);
    assert_eq!(version_of(&store, "A1").await, None);
    assert_eq!(commit(&store, &[]).await, []);
}
