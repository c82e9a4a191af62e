//! Files: kept once by their bytes, never overwritten, found by order, month and bytes (promise 6; F56).

use std::sync::Arc;

use vortex_domain::VendorId;
use vortex_store::{
    Store, Verdict,
    rows::{FileEntry, FileKind, FileRow, Write},
};

use crate::support::*;

use FileKind::{Invoice, Label, Papers};

async fn keep(store: &Arc<impl Store>, files: &[FileRow]) {
    let writes = files.iter().map(|file| Write::File(Box::new(file.clone()))).collect();
    assert_eq!(store.commit(&[writes]).await.unwrap(), [Verdict::Durable]);
}

async fn of(store: &Arc<impl Store>, order: &str) -> Vec<FileEntry> {
    store.files_of(&vendor(), &order_id(order)).await.unwrap()
}

async fn bytes(store: &Arc<impl Store>, vendor: &VendorId, hash: &str) -> Option<Vec<u8>> {
    store.file_content(vendor, hash).await.unwrap()
}

pub(crate) async fn a_file_comes_back_byte_for_byte(store: Arc<impl Store>) {
    let odd: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    let files = [
        file("o-1", Label, "1.pdf", &odd, 10),
        file("o-1", Invoice, "F1.pdf", b"", 11),
        file("o-1", Label, "1-2.zpl", b"^XA\0^XZ", 10),
    ];
    keep(&store, &files).await;
    let entries = of(&store, "o-1").await;
    let names: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.name.as_str(), entry.size)).collect();
    assert_eq!(names, [(Invoice, "F1.pdf", 0), (Label, "1-2.zpl", 7), (Label, "1.pdf", 100_000)]);
    for file in &files {
        assert!(entries.contains(&file.entry));
        assert_eq!(bytes(&store, &vendor(), &file.entry.hash).await.as_deref(), Some(&*file.bytes));
    }
    assert_eq!(of(&store, "o-2").await, []);
    assert_eq!(bytes(&store, &vendor(), "none").await, None);
}

/// One invoice of several orders is kept once, under each of them.
pub(crate) async fn orders_share_bytes(store: Arc<impl Store>) {
    let first = file("o-1", Invoice, "F1.pdf", b"the same", 10);
    let second = file("o-2", Invoice, "F1.pdf", b"the same", 20);
    // Within one change, within one group, and later.
    keep(&store, &[first.clone(), file("o-1", Papers, "p.pdf", b"the same", 10)]).await;
    let group: Vec<_> = [second.clone(), file("o-3", Invoice, "F1.pdf", b"the same", 30)]
        .map(|file| vec![Write::File(Box::new(file))])
        .into();
    assert_eq!(store.commit(&group).await.unwrap(), [Verdict::Durable; 2]);
    assert_eq!(first.entry.hash, second.entry.hash);
    let owners = store.files_with(&vendor(), &first.entry.hash, 10).await.unwrap();
    let owners: Vec<_> = owners.iter().map(|entry| (entry.order.as_str(), entry.kind)).collect();
    assert_eq!(owners, [("o-1", Invoice), ("o-1", Papers), ("o-2", Invoice), ("o-3", Invoice)]);
    assert_eq!(store.files_with(&vendor(), &first.entry.hash, 2).await.unwrap().len(), 2);
    assert_eq!(store.files_with(&vendor(), "none", 2).await.unwrap(), []);
    assert_eq!(bytes(&store, &vendor(), &first.entry.hash).await.as_deref(), Some(&b"the same"[..]));
}

pub(crate) async fn a_kept_file_is_never_overwritten(store: Arc<impl Store>) {
    let kept = file("o-1", Invoice, "F1.pdf", b"as issued", 10);
    keep(&store, std::slice::from_ref(&kept)).await;
    keep(&store, &[file("o-1", Invoice, "F1.pdf", b"another", 20)]).await;
    assert_eq!(
        of(&store, "o-1").await,
        std::slice::from_ref(&kept.entry),
        "it stays, and nothing is refused"
    );
    assert_eq!(bytes(&store, &vendor(), &kept.entry.hash).await.as_deref(), Some(&b"as issued"[..]));
    // Two of one name in one change: the first.
    keep(&store, &[file("o-2", Label, "1.pdf", b"first", 30), file("o-2", Label, "1.pdf", b"second", 30)])
        .await;
    assert_eq!(of(&store, "o-2").await, [file("o-2", Label, "1.pdf", b"first", 30).entry]);
    // Another kind, name or order is another file.
    keep(
        &store,
        &[file("o-1", Label, "F1.pdf", b"a label", 40), file("o-1", Invoice, "F2.pdf", b"the next", 40)],
    )
    .await;
    assert_eq!(of(&store, "o-1").await.len(), 3);
}

/// What a refused change would have kept is not there.
pub(crate) async fn a_refused_change_keeps_no_file(store: Arc<impl Store>) {
    let lost = file("o-1", Label, "1.pdf", b"label", 10);
    let group = [
        vec![order_write(order("o-1", 1), 7), Write::File(Box::new(lost.clone()))],
        vec![
            order_write(order("o-2", 1), 1),
            Write::File(Box::new(file("o-2", Label, "1.pdf", b"label 2", 10))),
        ],
    ];
    assert_eq!(store.commit(&group).await.unwrap(), [Verdict::Conflict, Verdict::Durable]);
    assert_eq!(of(&store, "o-1").await, []);
    assert_eq!(bytes(&store, &vendor(), &lost.entry.hash).await, None);
    assert_eq!(of(&store, "o-2").await.len(), 1);
}

/// A month is walked page by page, also where many were kept at one moment; each comes once, in order.
pub(crate) async fn a_month_is_paged(store: Arc<impl Store>) {
    let mut files = vec![
        file("o-9", Invoice, "before.pdf", b"before", 99),
        file("o-0", Invoice, "after.pdf", b"after", 200),
        file("o-5", Label, "label.pdf", b"label", 150),
        file("o-1", Invoice, "last.pdf", b"last", 199),
        file("o-7", Invoice, "first.pdf", b"first", 100),
    ];
    for order in ["o-1", "o-2", "o-3"] {
        for name in ["a.pdf", "b.pdf", "c.pdf"] {
            files.push(file(order, Invoice, name, format!("{order}{name}").as_bytes(), 150));
        }
    }
    keep(&store, &files).await;
    for limit in [1, 2, 4, 11, 100] {
        let (mut all, mut after) = (Vec::<FileEntry>::new(), None);
        loop {
            let page =
                store.files_between(&vendor(), Invoice, 100..200, after.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            all.extend(page);
        }
        let places: Vec<_> = all.iter().map(|e| (e.at_ms, e.order.as_str(), e.name.as_str())).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "by {limit}: {places:?}");
        assert_eq!(places.len(), 11, "by {limit}: {places:?}");
        assert_eq!(
            (places[0].2, places[10].2),
            ("first.pdf", "last.pdf"),
            "from the first to before the end"
        );
    }
    assert_eq!(store.files_between(&vendor(), Papers, 0..i64::MAX, None, 9).await.unwrap(), []);
    assert_eq!(store.files_between(&vendor(), Invoice, 150..150, None, 9).await.unwrap(), []);
}

/// The same bytes, order and name of two vendors are two files (promise 9).
pub(crate) async fn files_of_vendors_are_apart(store: Arc<impl Store>) {
    let ours = file("o-1", Invoice, "F1.pdf", b"the same", 10);
    let theirs = FileRow::new(
        &other_vendor(),
        &order_id("o-1"),
        Invoice,
        "F1.pdf".to_owned(),
        b"the same".to_vec(),
        20,
    );
    keep(&store, std::slice::from_ref(&ours)).await;
    let hash = &ours.entry.hash;
    assert_eq!(*hash, theirs.entry.hash);
    let seen = async || {
        let them = other_vendor();
        (
            store.files_of(&them, &order_id("o-1")).await.unwrap(),
            store.files_between(&them, Invoice, 0..100, None, 9).await.unwrap(),
            store.files_with(&them, hash, 9).await.unwrap(),
            store.file_content(&them, hash).await.unwrap(),
        )
    };
    assert_eq!(seen().await, (vec![], vec![], vec![], None));
    keep(&store, std::slice::from_ref(&theirs)).await;
    let entry = vec![theirs.entry.clone()];
    assert_eq!(seen().await, (entry.clone(), entry.clone(), entry, Some(b"the same".to_vec())));
    assert_eq!(of(&store, "o-1").await, std::slice::from_ref(&ours.entry));
}
