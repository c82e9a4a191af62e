//! Items, one per cause, with everything that the cause blocks.

use std::sync::Arc;

use vortex_domain::attention::{Code, Subject};
use vortex_store::{
    Store, Verdict,
    rows::{AttentionItem, Write},
};

use crate::support::*;

async fn write(store: &Arc<impl Store>, writes: Vec<Write>) {
    assert_eq!(store.commit(&[writes]).await.unwrap(), [Verdict::Durable]);
}

async fn items(store: &Arc<impl Store>) -> Vec<AttentionItem> {
    store.attention(&vendor(), 100).await.unwrap()
}

fn of_order(id: &str) -> Subject {
    Subject::Order(order_id(id))
}

pub(crate) async fn items_gather_subjects(store: Arc<impl Store>) {
    write(
        &store,
        vec![
            raise(Code::PartnerUnusable, "CDON-SE", "old text", of_order("o-2"), 50),
            raise(Code::PartnerUnusable, "CDON-DK", "dk", of_order("o-3"), 20),
        ],
    )
    .await;
    write(
        &store,
        vec![
            raise(Code::PartnerUnusable, "CDON-SE", "new text", of_order("o-1"), 60),
            raise(Code::PartnerUnusable, "CDON-SE", "new text", of_order("o-1"), 61),
            raise(Code::ArticleBlocked, "CDON-SE", "x", Subject::Sku(sku("A1")), 70),
        ],
    )
    .await;
    let items = items(&store).await;
    let shown: Vec<_> = items.iter().map(|i| (i.code, i.cause.as_str(), i.since_ms, i.blocked)).collect();
    assert_eq!(
        shown,
        [
            (Code::PartnerUnusable, "CDON-DK", 20, 1),
            (Code::PartnerUnusable, "CDON-SE", 50, 2),
            (Code::ArticleBlocked, "CDON-SE", 70, 1),
        ],
        "oldest first"
    );
    assert_eq!(items[1].params, ["new text"]);
    assert_eq!(items[1].subjects, [of_order("o-1"), of_order("o-2")]);
    assert_eq!(store.attention(&vendor(), 1).await.unwrap().len(), 1);
    assert!(store.attention(&other_vendor(), 9).await.unwrap().is_empty());
}

pub(crate) async fn clearing_closes_the_last(store: Arc<impl Store>) {
    write(
        &store,
        vec![
            raise(Code::UnknownArticle, "A1", "A1", of_order("o-1"), 1),
            raise(Code::UnknownArticle, "B2", "B2", of_order("o-1"), 2),
            raise(Code::UnknownArticle, "B2", "B2", of_order("o-2"), 3),
            raise(Code::MonthClosed, "2026-10", "2026-10", of_order("o-1"), 4),
        ],
    )
    .await;
    write(&store, vec![Write::Clear(vendor(), Code::UnknownArticle, of_order("o-1"))]).await;
    let left: Vec<_> = items(&store).await.into_iter().map(|i| (i.code, i.cause, i.subjects)).collect();
    assert_eq!(
        left,
        [
            (Code::UnknownArticle, "B2".to_owned(), vec![of_order("o-2")]),
            (Code::MonthClosed, "2026-10".to_owned(), vec![of_order("o-1")]),
        ],
        "every cause of the code, no other code"
    );
    // Raised and cleared within one group leaves nothing behind.
    let group = [
        vec![raise(Code::StockShort, "S", "S", of_order("o-5"), 9)],
        vec![Write::Clear(vendor(), Code::StockShort, of_order("o-5"))],
    ];
    store.commit(&group).await.unwrap();
    assert_eq!(items(&store).await.len(), 2);
    // Clearing what is not there is harmless.
    write(&store, vec![Write::Clear(vendor(), Code::StockShort, of_order("o-5"))]).await;
}

pub(crate) async fn raising_again_keeps_the_age(store: Arc<impl Store>) {
    write(&store, vec![raise(Code::StockShort, "A1", "5", of_order("o-1"), 10)]).await;
    let first = items(&store).await[0].id;
    write(
        &store,
        vec![
            Write::Clear(vendor(), Code::StockShort, of_order("o-1")),
            raise(Code::StockShort, "A1", "6", of_order("o-1"), 90),
        ],
    )
    .await;
    let now = items(&store).await;
    assert_eq!(
        (now[0].id, now[0].since_ms, now[0].params.as_slice()),
        (first, 10, ["6".to_owned()].as_slice())
    );
    write(&store, vec![Write::Clear(vendor(), Code::StockShort, of_order("o-1"))]).await;
    assert!(items(&store).await.is_empty());
    write(&store, vec![raise(Code::StockShort, "A1", "7", of_order("o-1"), 99)]).await;
    let again = items(&store).await;
    assert_eq!(again[0].since_ms, 99);
    assert_ne!(again[0].id, first, "an action on the old item must not hit the new one");
}

pub(crate) async fn subjects_are_paged(store: Arc<impl Store>) {
    let raised = (0..150).map(|i| raise(Code::MonthClosed, "m", "m", of_order(&format!("o-{i:03}")), 1));
    write(&store, raised.collect()).await;
    let item = items(&store).await.remove(0);
    assert_eq!((item.blocked, item.subjects.len()), (150, 100));
    assert_eq!(item.subjects[99], of_order("o-099"));
    let rest = store.attention_subjects(&vendor(), item.id, Some("o-099"), 100).await.unwrap();
    assert_eq!(rest.len(), 50);
    assert_eq!(rest[0], of_order("o-100"));
    assert_eq!(store.attention_subjects(&vendor(), item.id, None, 3).await.unwrap().len(), 3);
    assert!(store.attention_subjects(&other_vendor(), item.id, None, 3).await.unwrap().is_empty());
}
