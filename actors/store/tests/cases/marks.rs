//! Orders are found by their marks, page by page and many at once.

use std::sync::Arc;

use vortex_domain::order::{Mark, ReturnState};
use vortex_store::{Store, Verdict, rows::Write};

use crate::support::*;

async fn write(store: &Arc<impl Store>, writes: Vec<Write>) {
    assert_eq!(store.commit(&[writes]).await.unwrap(), [Verdict::Durable]);
}

fn mark(mark: &Mark, order: &str) -> Write {
    Write::Mark(vendor(), mark.clone(), order_id(order))
}

pub(crate) async fn orders_are_found_by_their_marks(store: Arc<impl Store>) {
    let open = Mark::returned(ReturnState::Open);
    let names = ["o-1", "o-2", "o-3", "o-4"];
    write(&store, names.map(|id| order_write(order(id, 1), 1)).into()).await;
    write(&store, ["o-3", "o-1", "o-2"].map(|id| mark(&open, id)).into()).await;
    // Twice the same is one, and what is of another kind, text or vendor is another mark.
    let foreign = Write::Mark(other_vendor(), open.clone(), order_id("o-4"));
    let awb = Mark::awb("open");
    write(&store, vec![mark(&open, "o-1"), mark(&awb, "o-4"), foreign]).await;

    let found = async |mark: &Mark, after: Option<&str>, limit: u32| -> Vec<String> {
        let after = after.map(order_id);
        let rows = store.orders_marked(&vendor(), mark, after.as_ref(), limit).await.unwrap();
        rows.into_iter().map(|(_, order)| order.id.to_string()).collect()
    };
    assert_eq!(found(&open, None, 2).await, ["o-1", "o-2"]);
    assert_eq!(found(&open, Some("o-2"), 2).await, ["o-3"]);
    assert_eq!(found(&awb, None, 9).await, ["o-4"]);
    assert!(found(&Mark::returned(ReturnState::Reconciled), None, 9).await.is_empty());

    // Within one change the last word counts.
    let unmark = |order: &str| Write::Unmark(vendor(), open.clone(), order_id(order));
    write(&store, vec![unmark("o-1"), mark(&open, "o-1"), mark(&open, "o-2"), unmark("o-2")]).await;
    assert_eq!(found(&open, None, 9).await, ["o-1", "o-3"]);
}

pub(crate) async fn many_marks_are_looked_up_at_once(store: Arc<impl Store>) {
    let numbered = |id: &str, number| order_write(numbered(order(id, 1), number), 1);
    write(&store, vec![numbered("o-1", 501), numbered("o-2", 502)]).await;
    let invoice = |name: &str| Mark::invoice(name.to_owned());
    // One invoice of two orders belongs to both.
    let marks = [("F1", "o-1"), ("F2", "o-2"), ("F1", "o-2")];
    write(&store, marks.map(|(name, id)| mark(&invoice(name), id)).into()).await;
    let asked = [invoice("F1"), invoice("F9"), Mark::awb("F2")];
    let mut found = store.marked(&vendor(), &asked).await.unwrap();
    found.sort();
    assert_eq!(found, [(invoice("F1"), order_id("o-1")), (invoice("F1"), order_id("o-2"))]);
    assert!(store.marked(&other_vendor(), &asked).await.unwrap().is_empty());

    assert_eq!(store.numbered(&vendor(), &[502, 700]).await.unwrap(), [order_id("o-2")]);
    assert!(store.numbered(&other_vendor(), &[502]).await.unwrap().is_empty());
}
