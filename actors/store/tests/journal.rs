//! Group commit through [`Journal`]: who hears what, and when.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions; these are their helpers"
)]

mod support;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use support::*;
use vortex_store::{
    Change, Fuse, Journal, Store,
    journal::NotDurable,
    memory::{CommitFault, MemStore},
    rows::Write,
};

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log, text: impl Into<String>) {
    log.lock().unwrap().push(text.into());
}

fn fuse(log: &Log, name: &'static str) -> Fuse {
    let log = log.clone();
    Fuse::new(move || note(&log, format!("{name} ends")))
}

fn change(log: &Log, name: &'static str, writes: Vec<Write>) -> Change {
    let durable = log.clone();
    Change::of(writes).assumed_by(fuse(log, name)).then(move || note(&durable, format!("{name} speaks")))
}

fn take(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_conflict_ends_its_actor_and_nobody_else() {
    let store = Arc::new(MemStore::new());
    let (journal, _) = Journal::start(store.clone());
    let log = Log::default();
    journal.submit(change(&log, "a", vec![sku_write("A1", 1)])).await;
    journal.submit(change(&log, "b", vec![sku_write("B2", 5)])).await;
    journal.submit(change(&log, "c", vec![sku_write("C3", 1)])).await;
    journal.barrier().await;
    assert_eq!(take(&log), ["a speaks", "b ends", "c speaks"]);
    assert_eq!(journal.write(Change::of(vec![sku_write("A1", 9)])).await, Err(NotDurable));
    assert_eq!(journal.write(Change::of(vec![sku_write("A1", 2)])).await, Ok(()));
}

/// What an actor says after a decision that conflicted rests on a state that never was, even if it wrote nothing.
#[tokio::test(start_paused = true)]
async fn nothing_is_said_that_rests_on_a_conflicted_decision() {
    let store = Arc::new(MemStore::new());
    let (journal, _) = Journal::start(store);
    let log = Log::default();
    let actor = fuse(&log, "b");
    let said = log.clone();
    journal.submit(Change::of(vec![sku_write("B2", 5)]).assumed_by(actor.clone())).await;
    journal.submit(Change::of(Vec::new()).assumed_by(actor).then(move || note(&said, "b speaks"))).await;
    journal.submit(change(&log, "c", vec![sku_write("C3", 1)])).await;
    journal.barrier().await;
    assert_eq!(take(&log), ["b ends", "c speaks"]);
}

/// What was queued behind a group that failed is not written either, if its actor took part in that group.
#[tokio::test(start_paused = true)]
async fn nothing_is_written_that_rests_on_a_failed_group() {
    let store = Arc::new(MemStore::new());
    let commits = AtomicUsize::new(0);
    store.set_faults(Some(Arc::new(move |_| match commits.fetch_add(1, Ordering::Relaxed) {
        0 => CommitFault::NotCommitted,
        _ => CommitFault::None,
    })));
    let log = Log::default();
    let actor = fuse(&log, "a");
    let (first, second) = (log.clone(), log.clone());
    let (journal, _) = Journal::start(store.clone());
    journal
        .submit(
            Change::of(vec![sku_write("A1", 1)])
                .assumed_by(actor.clone())
                .then(move || note(&first, "first")),
        )
        .await;
    // The writer takes the first group before the second is queued.
    tokio::task::yield_now().await;
    journal
        .submit(Change::of(vec![sku_write("B2", 1)]).assumed_by(actor).then(move || note(&second, "second")))
        .await;
    journal.barrier().await;
    assert_eq!(take(&log), ["a ends"]);
    assert_eq!(store.load_skus(&vendor(), &[sku("B2")]).await.unwrap()[0].stored, None);
}

/// F02, F10: when nobody knows, everyone in the group starts again from rows, whatever is on disk.
#[tokio::test(start_paused = true)]
async fn an_unknown_commit_ends_every_actor_in_it() {
    for fault in [CommitFault::UnknownCommitted, CommitFault::UnknownLost, CommitFault::NotCommitted] {
        let store = Arc::new(MemStore::new());
        store.set_faults(Some(Arc::new(move |_| fault)));
        let (journal, _) = Journal::start(store.clone());
        let log = Log::default();
        for name in ["a", "b", "c"] {
            journal.submit(change(&log, name, vec![sku_write(name, 1)])).await;
        }
        journal.barrier().await;
        assert_eq!(take(&log), ["a ends", "b ends", "c ends"], "{fault:?}");
        store.set_faults(None);
        let on_disk = store.load_skus(&vendor(), &[sku("a")]).await.unwrap()[0].stored.is_some();
        assert_eq!(on_disk, fault == CommitFault::UnknownCommitted);
        // A second attempt from rows succeeds in each case.
        let version = if on_disk { 2 } else { 1 };
        assert_eq!(journal.write(Change::of(vec![sku_write("a", version)])).await, Ok(()));
    }
}

/// F10: nothing is said before the commit has ended.
#[tokio::test(start_paused = true)]
async fn replies_leave_only_after_the_commit() {
    let store = Arc::new(MemStore::new());
    store.set_faults(Some(Arc::new(|_| CommitFault::Delay(50))));
    let (journal, _) = Journal::start(store.clone());
    let log = Log::default();
    let before = tokio::time::Instant::now();
    journal.submit(change(&log, "a", vec![sku_write("A1", 1)])).await;
    while store.load_skus(&vendor(), &[sku("A1")]).await.unwrap()[0].stored.is_none() {
        assert!(take(&log).is_empty(), "spoke before the row was there");
        tokio::time::advance(std::time::Duration::from_millis(1)).await;
    }
    journal.barrier().await;
    assert!(before.elapsed().as_millis() >= 50);
    assert_eq!(take(&log), ["a speaks"]);
}

#[tokio::test(start_paused = true)]
async fn order_is_kept_across_groups() {
    let store = Arc::new(MemStore::new());
    let groups = Arc::new(AtomicUsize::new(0));
    let counted = groups.clone();
    store.set_faults(Some(Arc::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        CommitFault::Delay(1)
    })));
    let (journal, _) = Journal::start(store.clone());
    let said = Arc::new(Mutex::new(Vec::new()));
    for version in 1..=500 {
        let said = said.clone();
        let change =
            Change::of(vec![sku_write("A1", version)]).then(move || said.lock().unwrap().push(version));
        journal.submit(change).await;
        if version % 100 == 0 {
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
        }
    }
    journal.barrier().await;
    assert_eq!(*said.lock().unwrap(), (1..=500).collect::<Vec<_>>());
    let groups = groups.load(Ordering::Relaxed);
    assert!((2..100).contains(&groups), "500 changes in {groups} groups");
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_written_before_the_writer_ends() {
    let store = Arc::new(MemStore::new());
    let (journal, writer) = Journal::start(store.clone());
    let log = Log::default();
    journal.submit(change(&log, "a", vec![sku_write("A1", 1)])).await;
    drop(journal);
    writer.await.unwrap();
    assert_eq!(take(&log), ["a speaks"]);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_journal_ends_the_actor() {
    let (journal, writer) = Journal::start(Arc::new(MemStore::new()));
    writer.abort();
    let _ = writer.await;
    let log = Log::default();
    journal.submit(change(&log, "a", vec![sku_write("A1", 1)])).await;
    assert_eq!(take(&log), ["a ends"]);
    assert_eq!(journal.write(Change::of(Vec::new())).await, Err(NotDurable));
}

#[tokio::test(start_paused = true)]
async fn a_crash_copy_is_what_was_on_disk() {
    let store = MemStore::new();
    store.commit(&[vec![sku_write("A1", 1)]]).await.unwrap();
    let copy = store.crash_copy();
    store.commit(&[vec![sku_write("A1", 2)]]).await.unwrap();
    assert_eq!(copy.load_skus(&vendor(), &[sku("A1")]).await.unwrap()[0].stored.as_ref().unwrap().0, 1);
}
