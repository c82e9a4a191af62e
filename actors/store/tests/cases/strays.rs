//! Returns that fit no order stand until they are settled.

use std::sync::Arc;

use vortex_store::{
    Store, Verdict,
    rows::{StrayReason, StrayReturnRow, Write},
};

use crate::support::*;

fn stray(order: &str, id: &str, received: u32, at_ms: i64) -> StrayReturnRow {
    StrayReturnRow {
        vendor: vendor(),
        order: order.to_owned(),
        id: id.to_owned(),
        advised: 2,
        received,
        scrapped: 1,
        why: StrayReason::UnknownOrder,
        at_ms,
    }
}

fn set(row: &StrayReturnRow) -> Write {
    Write::StrayReturn(Box::new(row.clone()))
}

async fn write(store: &Arc<impl Store>, writes: Vec<Write>) {
    assert_eq!(store.commit(&[writes]).await.unwrap(), [Verdict::Durable]);
}

pub(crate) async fn strays_stand_until_they_are_settled(store: Arc<impl Store>) {
    let (first, second, third) =
        (stray("x-1", "r-1", 1, 5), stray("x-1", "r-2", 1, 6), stray("x 2", "", 0, 7));
    let foreign = StrayReturnRow { vendor: other_vendor(), ..first.clone() };
    write(&store, [&first, &second, &third, &foreign].map(set).into()).await;
    let all = store.stray_returns(&vendor(), None, 10).await.unwrap();
    assert_eq!(all, [third.clone(), first.clone(), second.clone()], "in byte order, of this vendor alone");
    assert_eq!(store.stray_returns(&vendor(), None, 1).await.unwrap(), [third]);
    let after = store.stray_returns(&vendor(), Some(("x-1", "r-1")), 10).await.unwrap();
    assert_eq!(after, std::slice::from_ref(&second));

    // Told again: the newest figures and reason, the first moment.
    let again = StrayReturnRow { why: StrayReason::TooMany, ..stray("x-1", "r-1", 2, 99) };
    write(&store, vec![set(&again)]).await;
    let told = store.stray_returns(&vendor(), Some(("x 2", "")), 1).await.unwrap();
    assert_eq!(told, [StrayReturnRow { at_ms: 5, ..again }]);

    let settled = |id: &str| Write::StrayReturnSettled(vendor(), "x-1".to_owned(), id.to_owned());
    write(&store, vec![settled("r-1"), settled("r-9")]).await;
    // Within one change the last word counts.
    write(&store, vec![settled("r-2"), set(&second), set(&first), settled("r-1")]).await;
    assert_eq!(store.stray_returns(&vendor(), Some(("x 2", "")), 10).await.unwrap(), [second]);
    assert_eq!(store.stray_returns(&other_vendor(), None, 10).await.unwrap(), [foreign]);
}
