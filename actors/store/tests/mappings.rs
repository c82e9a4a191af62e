//! Mapping versions, drafts and trials, on both databases.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions; these are their helpers")]

mod support;

use std::sync::Arc;

use support::*;
use vortex_store::{
    OpenOptions, SqlStore, Store as _,
    registry::{
        DraftRecord, NewVersion, Published, TrialEnd, TrialRecord, TrialState, TrialTerms, VendorRecord,
    },
    secrets::MasterKey,
};

const TERMS: TrialTerms =
    TrialTerms { share_percent: 10, stop_percent: 5, stop_from: 20, promote_after: None };

macro_rules! on_both {
    ($($case:ident)+) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                let dir = tempfile::tempdir().unwrap();
                super::$case(super::open(&format!("sqlite:{}", dir.path().join("vortex.db").display())).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $case() {
                let Some(url) = vortex_store::testing::postgres().await else { return };
                super::$case(super::open(&url).await).await;
            })+
        }
    };
}

on_both! {
    versions_are_numbered_and_stay the_same_wish_is_granted_once of_two_at_once_one_is_overtaken
    drafts_are_kept_until_they_are_published a_trial_is_not_live a_trial_ends_once
    what_happened_stands_in_the_journal
}

async fn open(url: &str) -> Arc<SqlStore> {
    let store = SqlStore::open(url, OpenOptions::new(MasterKey::generate().unwrap())).await.unwrap();
    for id in [vendor(), other_vendor()] {
        let record = VendorRecord { id, name: String::new(), settings: serde_json::json!({}), at_ms: 5 };
        store.put_vendor(&record).await.unwrap();
    }
    Arc::new(store)
}

async fn publish(store: &SqlStore, base: i64, body: &str, wish: &str) -> Published {
    let vendor = vendor();
    store.publish_mapping(&new(&vendor, base, body, wish)).await.unwrap()
}

fn new<'a>(vendor: &'a vortex_domain::VendorId, base: i64, body: &'a str, wish: &'a str) -> NewVersion<'a> {
    NewVersion { vendor, base, body, author: "ana", note: "why", at_ms: 1, wish, trial: None, draft: None }
}

async fn on_trial(store: &SqlStore, base: i64, body: &str) -> Published {
    let vendor = vendor();
    store.publish_mapping(&NewVersion { trial: Some(TERMS), ..new(&vendor, base, body, body) }).await.unwrap()
}

async fn live(store: &SqlStore) -> i64 {
    store.live_mapping(&vendor()).await.unwrap().map_or(0, |live| live.version)
}

async fn touched_ms(store: &SqlStore) -> i64 {
    store.vendor(&vendor()).await.unwrap().unwrap().at_ms
}

async fn versions_are_numbered_and_stay(store: Arc<SqlStore>) {
    assert_eq!(store.live_mapping(&vendor()).await.unwrap(), None);
    assert_eq!(publish(&store, 0, "a", "1").await, Published::Version(1));
    assert_eq!(touched_ms(&store).await, 6, "the service takes it up, also when the clock stood still");
    assert_eq!(publish(&store, 1, "b", "2").await, Published::Version(2));
    let other = other_vendor();
    assert_eq!(store.publish_mapping(&new(&other, 0, "z", "1")).await.unwrap(), Published::Version(1));
    let newest = store.live_mapping(&vendor()).await.unwrap().unwrap();
    assert_eq!((newest.version, newest.body.as_str()), (2, "b"));
    let first = store.mapping_version(&vendor(), 1).await.unwrap().unwrap();
    assert_eq!(
        (first.body.as_str(), first.author.as_str(), first.note.as_str(), first.at_ms),
        ("a", "ana", "why", 1)
    );
    assert_eq!(store.mapping_version(&vendor(), 3).await.unwrap(), None);
    let page = |before, limit| {
        let store = store.clone();
        async move {
            let rows = store.mapping_versions(&vendor(), before, limit).await.unwrap();
            rows.into_iter().map(|row| row.version).collect::<Vec<_>>()
        }
    };
    assert_eq!(
        (page(None, 10).await, page(None, 1).await, page(Some(2), 10).await),
        (vec![2, 1], vec![2], vec![1])
    );
}

async fn the_same_wish_is_granted_once(store: Arc<SqlStore>) {
    assert_eq!(publish(&store, 0, "a", "k").await, Published::Version(1));
    let touched = touched_ms(&store).await;
    assert_eq!(publish(&store, 0, "a", "k").await, Published::Already(1));
    assert_eq!((live(&store).await, touched_ms(&store).await), (1, touched));
}

async fn of_two_at_once_one_is_overtaken(store: Arc<SqlStore>) {
    let (a, b) = tokio::join!(publish(&store, 0, "a", "1"), publish(&store, 0, "b", "2"));
    let won = [a, b].iter().filter(|outcome| **outcome == Published::Version(1)).count();
    let lost = [a, b].iter().filter(|outcome| **outcome == Published::Overtaken(1)).count();
    assert_eq!((won, lost), (1, 1), "{a:?} {b:?}");
    assert_eq!(store.mapping_versions(&vendor(), None, 10).await.unwrap().len(), 1);
    let touched = touched_ms(&store).await;
    assert_eq!(publish(&store, 0, "c", "3").await, Published::Overtaken(1));
    assert_eq!(touched_ms(&store).await, touched, "nothing of what was refused is done");
}

async fn drafts_are_kept_until_they_are_published(store: Arc<SqlStore>) {
    let draft = |name: &str, body: &str| DraftRecord {
        name: name.into(),
        base: 0,
        body: body.into(),
        author: "ana".into(),
        at_ms: 3,
    };
    for (name, body) in [("b", "1"), ("a", "2"), ("b", "3")] {
        store.put_draft(&vendor(), &draft(name, body)).await.unwrap();
    }
    assert_eq!(store.drafts(&vendor(), 10).await.unwrap(), [draft("a", "2"), draft("b", "3")]);
    assert_eq!(store.drafts(&other_vendor(), 10).await.unwrap(), []);
    let vendor = vendor();
    let overtaken = NewVersion { draft: Some("b"), ..new(&vendor, 9, "3", "x") };
    assert_eq!(store.publish_mapping(&overtaken).await.unwrap(), Published::Overtaken(0));
    assert_eq!(
        store.draft(&vendor, "b").await.unwrap(),
        Some(draft("b", "3")),
        "what was not published stays"
    );
    assert_eq!(
        store.publish_mapping(&NewVersion { base: 0, ..overtaken }).await.unwrap(),
        Published::Version(1)
    );
    store.drop_draft(&vendor, "a").await.unwrap();
    assert_eq!(store.drafts(&vendor, 10).await.unwrap(), []);
}

async fn a_trial_is_not_live(store: Arc<SqlStore>) {
    publish(&store, 0, "a", "1").await;
    assert_eq!(on_trial(&store, 1, "t").await, Published::Version(2));
    assert_eq!(live(&store).await, 1);
    let trial = TrialRecord {
        version: 2,
        base: 1,
        terms: TERMS,
        state: TrialState::Running,
        at_ms: 1,
        ended_ms: None,
    };
    assert_eq!(store.mapping_trials(&vendor(), 10).await.unwrap(), [trial]);
    assert_eq!(store.running_trials().await.unwrap(), [(vendor(), 2)]);
    assert_eq!(publish(&store, 1, "b", "2").await, Published::TrialRuns(2));
    assert_eq!(on_trial(&store, 1, "u").await, Published::TrialRuns(2));
    assert!(store.end_trial(&vendor(), 2, TrialEnd::Stopped, ("ana", "bad"), 7).await.unwrap());
    assert_eq!(live(&store).await, 1, "what was stopped is never live");
    assert_eq!(publish(&store, 1, "b", "2").await, Published::Version(3));
    assert_eq!(live(&store).await, 3);
}

async fn a_trial_ends_once(store: Arc<SqlStore>) {
    publish(&store, 0, "a", "1").await;
    on_trial(&store, 1, "t").await;
    let end = |how| {
        let store = store.clone();
        async move { store.end_trial(&vendor(), 2, how, ("ana", "good"), 7).await.unwrap() }
    };
    let touched = touched_ms(&store).await;
    assert!(end(TrialEnd::Promoted).await);
    assert_eq!(live(&store).await, 2);
    assert!(touched_ms(&store).await > touched);
    let again = (end(TrialEnd::Stopped).await, end(TrialEnd::Promoted).await);
    assert_eq!((again, live(&store).await), ((false, false), 2));
    let trial = store.mapping_trials(&vendor(), 1).await.unwrap()[0];
    assert_eq!((trial.state, trial.ended_ms), (TrialState::Promoted, Some(7)));
    assert_eq!(store.running_trials().await.unwrap(), []);
}

async fn what_happened_stands_in_the_journal(store: Arc<SqlStore>) {
    publish(&store, 0, "a", "1").await;
    publish(&store, 0, "a", "1").await;
    publish(&store, 0, "b", "2").await;
    on_trial(&store, 1, "t").await;
    store.end_trial(&vendor(), 2, TrialEnd::Stopped, ("engine", "8 of 20 refused"), 7).await.unwrap();
    let entries = store.journal_of(&vendor(), "connection", "mapping", 10).await.unwrap();
    let told: Vec<_> =
        entries.iter().rev().map(|e| (&*e.row.cause, &*e.row.actor, &*e.row.old, &*e.row.new)).collect();
    assert_eq!(
        told,
        [
            ("mapping_published", "ana", "version 0", "version 1: why"),
            ("mapping_trial_started", "ana", "version 1", "version 2 on 10 %: why"),
            ("mapping_trial_stopped", "engine", "version 2 on trial", "8 of 20 refused"),
        ]
    );
}
