//! Every row comes back as it was written, in the order promised, within its limit.

use std::sync::Arc;

use vortex_domain::{Language, attention::Subject, order::Errand};
use vortex_store::{
    Store, Verdict,
    rows::{
        Backlog, CursorRow, Desk, EffectKind, EffectRow, JournalRow, Prints, ReceiptParts, ReservationState,
        Write,
    },
};

use crate::support::*;

async fn write(store: &Arc<impl Store>, writes: Vec<Write>) {
    assert_eq!(store.commit(&[writes]).await.unwrap(), [Verdict::Durable]);
}

pub(crate) async fn skus_come_back_whole(store: Arc<impl Store>) {
    let mut row = sku_row("A1", 1);
    row.state.paused = true;
    let held = reservation("o-1", "A1", 3, ReservationState::Open, 5);
    let booked = reservation("o-2", "A1", 1, ReservationState::Booked, 6);
    let swedish = content("A1", Some(Language::Sv), "Hylla");
    let common = content("A1", None, "Shelf");
    write(
        &store,
        vec![
            Write::Sku(Box::new(row.clone())),
            Write::Reservation(held.clone()),
            Write::Reservation(booked.clone()),
            Write::Reservation(reservation("o-3", "A1", 9, ReservationState::Ended, 6)),
            Write::Content(vendor(), Box::new(swedish.clone())),
            Write::Content(vendor(), Box::new(content("A1", None, "overwritten"))),
            Write::Content(vendor(), Box::new(common.clone())),
        ],
    )
    .await;
    let rows = store.load_skus(&vendor(), &[sku("none"), sku("A1"), sku("A1")]).await.unwrap();
    assert_eq!(rows.len(), 3, "in the order asked");
    assert_eq!(rows[0].stored, None);
    assert_eq!(rows[1].stored, Some((1, row.state)));
    assert_eq!(rows[1].reservations, [held, booked]);
    assert_eq!(rows[1].content, [common, swedish]);
    assert_eq!(rows[1].prints, (10, -1));
    assert_eq!(rows[1], rows[2]);

    write(&store, vec![sku_write("B2", 1), sku_write("a1", 1)]).await;
    let prints = store.prints(&vendor(), None, 10).await.unwrap();
    assert_eq!(prints[0], Prints { sku: sku("A1"), article: 10, stock: -1 });
    assert_eq!(
        prints.iter().map(|p| p.sku.as_str()).collect::<Vec<_>>(),
        ["A1", "B2", "a1"],
        "in byte order"
    );
    assert_eq!(store.prints(&vendor(), Some(&sku("A1")), 1).await.unwrap()[0].sku, sku("B2"));
    assert!(store.load_skus(&vendor(), &[]).await.unwrap().is_empty());
}

pub(crate) async fn orders_come_back_and_are_listed(store: Arc<impl Store>) {
    let arrived = numbered(order("o-2", 20), 7);
    let over = closed(order("o-1", 5));
    write(
        &store,
        vec![order_write(arrived.clone(), 1), order_write(over.clone(), 1), order_write(order("o-3", 10), 1)],
    )
    .await;
    let loaded = store.load_orders(&vendor(), &[order_id("o-9"), order_id("o-2")]).await.unwrap();
    assert_eq!(loaded, [None, Some((1, arrived.clone()))]);
    let ids = |rows: Vec<(i64, vortex_domain::Order)>| {
        rows.into_iter().map(|(_, o)| o.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(store.list_orders(&vendor(), None, None, 10).await.unwrap()), ["o-1", "o-2", "o-3"]);
    assert_eq!(ids(store.list_orders(&vendor(), Some("arrived"), None, 10).await.unwrap()), ["o-2", "o-3"]);
    assert_eq!(ids(store.list_orders(&vendor(), None, Some(&order_id("o-1")), 1).await.unwrap()), ["o-2"]);
    let after = order_id("o-2");
    assert_eq!(ids(store.list_orders(&vendor(), Some("arrived"), Some(&after), 9).await.unwrap()), ["o-3"]);
    let stale = store.stale_open_orders(&vendor(), 20, 10).await.unwrap();
    assert_eq!(stale, [order_id("o-3")], "closed ones and those seen at that very moment are not stale");
    assert_eq!(store.stale_open_orders(&vendor(), 21, 10).await.unwrap(), [order_id("o-3"), order_id("o-2")]);
    assert_eq!(store.stale_open_orders(&vendor(), 21, 1).await.unwrap(), [order_id("o-3")]);
    // An order that moves on is found under its new stage only.
    write(&store, vec![order_write(closed(arrived), 2)]).await;
    assert_eq!(ids(store.list_orders(&vendor(), Some("closed"), None, 10).await.unwrap()), ["o-1", "o-2"]);
    assert_eq!(store.last_document_number(&vendor()).await.unwrap(), 7);
}

pub(crate) async fn a_reservation_never_yields_to_an_earlier_moment(store: Arc<impl Store>) {
    use ReservationState::{Booked, Ended, Open};
    let state = async || {
        let rows = store.load_skus(&vendor(), &[sku("A1")]).await.unwrap();
        rows[0].reservations.first().map(|row| (row.qty, row.state, row.since_ms))
    };
    let row = |qty, state, since_ms| Write::Reservation(reservation("o-1", "A1", qty, state, since_ms));
    write(&store, vec![row(2, Open, 10)]).await;
    write(&store, vec![row(2, Booked, 20)]).await;
    // The document has vanished and the order takes its units anew: a reading that ends the old booking comes too late.
    write(&store, vec![row(3, Open, 30)]).await;
    write(&store, vec![row(2, Ended, 20)]).await;
    assert_eq!(state().await, Some((3, Open, 30)), "ignored, and not a conflict");
    write(&store, vec![row(3, Booked, 40), row(9, Ended, 30)]).await;
    assert_eq!(state().await, Some((3, Booked, 40)), "nor within a group");
    write(&store, vec![row(3, Ended, 40)]).await;
    assert_eq!(state().await, None, "the booking's own moment ends it");
    write(&store, vec![row(1, Open, 50)]).await;
    assert_eq!(state().await, Some((1, Open, 50)), "what has ended can be taken again");
}

pub(crate) async fn reservations_are_found(store: Arc<impl Store>) {
    use ReservationState::{Booked, Ended, Open};
    write(
        &store,
        vec![
            order_write(order("o-1", 1), 1),
            order_write(closed(order("o-2", 1)), 1),
            Write::Reservation(reservation("o-1", "A1", 1, Booked, 30)),
            Write::Reservation(reservation("o-1", "B2", 1, Booked, 10)),
            Write::Reservation(reservation("o-2", "C3", 1, Open, 10)),
            Write::Reservation(reservation("o-2", "D4", 1, Ended, 10)),
            Write::Reservation(reservation("o-9", "B2", 2, Booked, 20)),
        ],
    )
    .await;
    assert_eq!(store.booked_reservations(&vendor(), 31, 10).await.unwrap(), [sku("B2"), sku("A1")]);
    assert_eq!(store.booked_reservations(&vendor(), 30, 10).await.unwrap(), [sku("B2")]);
    assert_eq!(store.booked_reservations(&vendor(), 31, 1).await.unwrap(), [sku("B2")]);
    let orphans = store.orphan_reservations(&vendor(), 10).await.unwrap();
    assert_eq!(orphans, [reservation("o-2", "C3", 1, Open, 10), reservation("o-9", "B2", 2, Booked, 20)]);
}

pub(crate) async fn effects_are_rescheduled_and_done(store: Arc<impl Store>) {
    use EffectKind::Publish;
    const BOOK: EffectKind = EffectKind::Order(Errand::Book);
    write(
        &store,
        vec![
            Write::Effect(effect(Publish, "A1", 100, 1)),
            Write::Effect(effect(Publish, "B2", 50, 2)),
            Write::Effect(effect(BOOK, "o-1", 10, 3)),
        ],
    )
    .await;
    let due = async |now_ms| {
        let rows = store.due_effects(&vendor(), Publish, now_ms, 10).await.unwrap();
        rows.into_iter().map(|row| (row.key, row.due_ms, row.batch, row.since_ms)).collect::<Vec<_>>()
    };
    let row = |key: &str, due_ms, batch: &str, since_ms| (key.to_owned(), due_ms, batch.to_owned(), since_ms);
    assert_eq!(due(100).await, [row("B2", 50, "", 2), row("A1", 100, "", 1)]);
    assert_eq!(due(99).await, [row("B2", 50, "", 2)]);
    let later = EffectRow { batch: "batch-1".to_owned(), ..effect(Publish, "B2", 200, 77) };
    write(&store, vec![Write::Effect(later)]).await;
    assert_eq!(due(300).await, [row("A1", 100, "", 1), row("B2", 200, "batch-1", 2)], "age is waiting time");
    write(&store, vec![Write::EffectDone(vendor(), Publish, "A1".into())]).await;
    assert_eq!(due(300).await.len(), 1);
    // Done and wished again in one change: a new wish.
    write(
        &store,
        vec![
            Write::EffectDone(vendor(), Publish, "B2".into()),
            Write::Effect(effect(Publish, "B2", 5, 90)),
            Write::Effect(effect(Publish, "B2", 6, 95)),
        ],
    )
    .await;
    assert_eq!(due(300).await, [row("B2", 6, "", 90)]);
    write(
        &store,
        vec![Write::Effect(effect(Publish, "C3", 5, 90)), Write::EffectDone(vendor(), Publish, "C3".into())],
    )
    .await;
    assert_eq!(due(300).await.len(), 1);
    assert_eq!(store.due_effects(&vendor(), BOOK, 300, 10).await.unwrap(), [effect(BOOK, "o-1", 10, 3)]);
}

pub(crate) async fn the_inbox_knows_its_events(store: Arc<impl Store>) {
    write(&store, vec![Write::Inbox(event("e-2", "first")), Write::Inbox(event("e-2", "again"))]).await;
    write(&store, vec![Write::Inbox(event("e-1", "second")), Write::Inbox(event("e-2", "and again"))]).await;
    let payloads = async || {
        let rows = store.open_inbox(&vendor(), Desk::Orders, 10).await.unwrap();
        rows.into_iter().map(|row| row.payload).collect::<Vec<_>>()
    };
    assert_eq!(payloads().await, ["first", "second"], "each once, as first written, in order of arrival");
    assert_eq!(store.open_inbox(&vendor(), Desk::Orders, 1).await.unwrap(), [event("e-2", "first")]);
    write(&store, vec![Write::InboxDone(vendor(), "cdon".into(), "e-2".into())]).await;
    assert_eq!(payloads().await, ["second"]);
    write(&store, vec![Write::Inbox(event("e-2", "late replay"))]).await;
    assert_eq!(payloads().await, ["second"], "what took effect stays known");
    let asked = ["e-1".to_owned(), "e-2".to_owned(), "e-3".to_owned()];
    assert_eq!(store.known_events(&vendor(), "cdon", &asked).await.unwrap(), ["e-1", "e-2"]);
    assert!(store.known_events(&vendor(), "erp", &asked).await.unwrap().is_empty());
    // Arrived and done in one change.
    write(
        &store,
        vec![Write::Inbox(event("e-4", "x")), Write::InboxDone(vendor(), "cdon".into(), "e-4".into())],
    )
    .await;
    assert_eq!(payloads().await, ["second"]);
}

pub(crate) async fn cursors_are_set(store: Arc<impl Store>) {
    let cursor =
        |name: &str, value: &str| CursorRow { vendor: vendor(), name: name.into(), value: value.into() };
    assert_eq!(store.cursor(&vendor(), "orders.sweep").await.unwrap(), None);
    write(
        &store,
        vec![Write::Cursor(cursor("orders.sweep", "1")), Write::Cursor(cursor("orders.sweep", "2"))],
    )
    .await;
    write(&store, vec![Write::Cursor(cursor("catalog", "x"))]).await;
    assert_eq!(store.cursor(&vendor(), "orders.sweep").await.unwrap().as_deref(), Some("2"));
    assert_eq!(
        store.cursors(&vendor()).await.unwrap(),
        [cursor("catalog", "x"), cursor("orders.sweep", "2")]
    );
}

pub(crate) async fn receipts_are_found_by_time(store: Arc<impl Store>) {
    write(
        &store,
        vec![
            Write::Receipt(receipt("A1", 10, "first")),
            Write::Receipt(receipt("A1", 20, "second")),
            Write::Receipt(receipt("A1", 20, "same moment, later")),
            Write::Receipt(receipt("B2", 15, "another")),
        ],
    )
    .await;
    let body = async |at_ms, with| {
        let row = store.receipt(&vendor(), &sku("A1"), at_ms, with).await.unwrap();
        row.map(|row| row.body)
    };
    let any = ReceiptParts::ANY;
    assert_eq!(body(9, any).await, None);
    assert_eq!(body(19, any).await.as_deref(), Some("first"));
    assert_eq!(body(i64::MAX, any).await.as_deref(), Some("same moment, later"));
    // However long ago: a part is found past any number of receipts without it.
    let mut writes = vec![
        Write::Receipt(receipt("A1", 5, "prices")),
        Write::Receipt(receipt("A1", 6, "prices and quantity")),
    ];
    writes.extend((0..200).map(|i| Write::Receipt(receipt("A1", 30 + i, "quantity"))));
    write(&store, writes).await;
    let both = ReceiptParts { quantity: true, prices: true };
    assert_eq!(body(i64::MAX, ReceiptParts::PRICES).await.as_deref(), Some("prices and quantity"));
    assert_eq!(body(5, ReceiptParts::PRICES).await.as_deref(), Some("prices"));
    assert_eq!(body(29, ReceiptParts::QUANTITY).await.as_deref(), Some("prices and quantity"));
    assert_eq!(body(i64::MAX, both).await.as_deref(), Some("prices and quantity"));
    let newest = store.receipt(&vendor(), &sku("A1"), i64::MAX, any).await.unwrap().unwrap();
    assert_eq!((newest.at_ms, newest.parts), (229, ReceiptParts::QUANTITY));
}

pub(crate) async fn the_journal_keeps_its_order(store: Arc<impl Store>) {
    let about = Subject::Order(order_id("o-1"));
    let group: Vec<_> =
        (0..3).map(|i| vec![Write::Journal(journal(&format!("cause-{i}"), about.clone()))]).collect();
    store.commit(&group).await.unwrap();
    write(&store, vec![Write::Journal(journal("elsewhere", Subject::Connection("erp".into())))]).await;
    let all = store.journal_after(&vendor(), 0, 10).await.unwrap();
    let causes: Vec<_> = all.iter().map(|entry| entry.row.cause.as_str()).collect();
    assert_eq!(causes, ["cause-0", "cause-1", "cause-2", "elsewhere"]);
    assert!(all.is_sorted_by(|a, b| a.seq < b.seq));
    assert_eq!(all[0].row, journal("cause-0", about));
    let rest = store.journal_after(&vendor(), all[1].seq, 1).await.unwrap();
    assert_eq!(rest[0].row.cause, "cause-2");
    let of_order = store.journal_of(&vendor(), "order", "o-1", 2).await.unwrap();
    assert_eq!(of_order.iter().map(|e| e.row.cause.as_str()).collect::<Vec<_>>(), ["cause-2", "cause-1"]);
    let at = |at_ms: i64, cause: &str, subject: &Subject| {
        Write::Journal(JournalRow { at_ms, ..journal(cause, subject.clone()) })
    };
    let (this, other) = (Subject::Order(order_id("o-7")), Subject::Order(order_id("o-8")));
    let writes = [(10, &this), (20, &this), (20, &other), (30, &this), (31, &this)];
    write(&store, writes.map(|(at_ms, subject)| at(at_ms, &format!("at {at_ms}"), subject)).into()).await;
    let between = store.journal_between(&vendor(), &this, (20, 30), 10).await.unwrap();
    assert_eq!(between.iter().map(|e| e.row.cause.as_str()).collect::<Vec<_>>(), ["at 20", "at 30"]);
    assert_eq!(store.journal_between(&vendor(), &this, (0, 99), 1).await.unwrap().len(), 1);
}

pub(crate) async fn queues_are_measured(store: Arc<impl Store>) {
    write(
        &store,
        vec![
            Write::Inbox(event("e-1", "x")),
            Write::Effect(effect(EffectKind::Order(Errand::Book), "o-1", 100, 40)),
            Write::Effect(effect(EffectKind::Order(Errand::Book), "o-2", 100, 30)),
        ],
    )
    .await;
    let queue = |queue: &str, depth, oldest| Backlog {
        vendor: vendor(),
        queue: queue.into(),
        depth,
        oldest_ms: Some(oldest),
    };
    assert_eq!(store.backlog().await.unwrap(), [queue("book", 2, 30), queue("inbox", 1, 7)]);
    store.probe().await.unwrap();
}

pub(crate) async fn no_vendor_sees_another(store: Arc<impl Store>) {
    let mut theirs = sku_row("A1", 1);
    theirs.vendor = other_vendor();
    theirs.article_print = 99;
    let mut their_event = event("e-1", "theirs");
    their_event.vendor = other_vendor();
    write(&store, vec![sku_write("A1", 1), Write::Sku(Box::new(theirs)), Write::Inbox(their_event)]).await;
    write(&store, vec![Write::Inbox(event("e-1", "ours"))]).await;
    assert_eq!(store.load_skus(&vendor(), &[sku("A1")]).await.unwrap()[0].prints.0, 10);
    assert_eq!(store.load_skus(&other_vendor(), &[sku("A1")]).await.unwrap()[0].prints.0, 99);
    write(&store, vec![Write::InboxDone(vendor(), "cdon".into(), "e-1".into())]).await;
    assert!(store.open_inbox(&vendor(), Desk::Orders, 9).await.unwrap().is_empty());
    assert_eq!(store.open_inbox(&other_vendor(), Desk::Orders, 9).await.unwrap()[0].payload, "theirs");
    assert_eq!(store.prints(&other_vendor(), None, 9).await.unwrap().len(), 1);
}

pub(crate) async fn texts_of_any_kind_survive(store: Arc<impl Store>) {
    let texts = ["Åäö ðþ ț ș", "'; DROP TABLE sku; --", "$1 ? {0}", "\u{1F4E6}", "\t\r\n", ""];
    for (i, text) in texts.iter().enumerate() {
        write(&store, vec![Write::Inbox(event(&format!("e-{i}"), text))]).await;
    }
    let rows = store.open_inbox(&vendor(), Desk::Orders, 100).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.payload.as_str()).collect::<Vec<_>>(), texts);
    // One unreadable event must not take its neighbours along.
    let group = [vec![Write::Inbox(event("zero", "a\0b"))], vec![sku_write("A1", 1)]];
    assert_eq!(store.commit(&group).await.unwrap(), [Verdict::Durable; 2]);
}

pub(crate) async fn large_groups_are_committed(store: Arc<impl Store>) {
    // More values than one statement may bind.
    let names: Vec<String> = (0..6_000).map(|i| format!("S{i:05}")).collect();
    let first: Vec<_> = names.iter().map(|name| vec![sku_write(name, 1)]).collect();
    assert!(store.commit(&first).await.unwrap().iter().all(|v| *v == Verdict::Durable));
    let mut second: Vec<_> = names.iter().map(|name| vec![sku_write(name, 2)]).collect();
    second[4_321] = vec![sku_write(&names[4_321], 7)];
    let verdicts = store.commit(&second).await.unwrap();
    let refused: Vec<_> = (0..6_000).filter(|&i| verdicts[i] == Verdict::Conflict).collect();
    assert_eq!(refused, [4_321]);
    assert_eq!(store.prints(&vendor(), None, u32::MAX).await.unwrap().len(), 6_000);
    let keys: Vec<_> = names.iter().map(|name| sku(name)).collect();
    let loaded = store.load_skus(&vendor(), &keys).await.unwrap();
    assert_eq!(loaded.iter().filter(|row| row.stored.as_ref().is_some_and(|(v, _)| *v == 2)).count(), 5_999);
}
