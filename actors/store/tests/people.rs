//! People, their sessions and the trail of their acts, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions; these are their helpers"
)]

#[macro_use]
mod support;

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use support::*;
use vortex_domain::{VendorId, attention::Subject};
use vortex_store::{
    Lists as _, OpenOptions, OrderCount, SqlStore, Store as _,
    registry::{AuditEntry, AuditHead, AuditVerdict, RoleRecord, SessionRecord},
    rows::{JournalRow, Write},
    secrets::MasterKey,
};

async fn open(url: &str, key: &MasterKey) -> SqlStore {
    let options = OpenOptions { lock_wait_ms: 200, ..OpenOptions::new(key.clone()) };
    SqlStore::open(url, options).await.unwrap()
}

/// Runs statements as whoever owns the database; whether they were taken.
async fn execute(url: &str, sql: &str) -> bool {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite") {
        sqlx::SqliteConnection::connect(url).await.unwrap().execute(sql).await.is_ok()
    } else {
        sqlx::PgConnection::connect(url).await.unwrap().execute(sql).await.is_ok()
    }
}

fn act(name: &str, asked: Option<i64>) -> AuditEntry {
    let outcome = if asked.is_some() { "done" } else { "asked" };
    AuditEntry {
        at_ms: 7,
        vendor: "acme".into(),
        actor: "user:ana".into(),
        act: name.into(),
        outcome: outcome.into(),
        asked,
        ..AuditEntry::default()
    }
}

/// Takes the database's own guard off, as somebody with all rights would.
fn unguarded(url: &str, statement: &str) -> String {
    if url.starts_with("sqlite") {
        format!("DROP TRIGGER audit_not_edited; DROP TRIGGER audit_not_removed; {statement}")
    } else {
        format!("ALTER TABLE audit DISABLE TRIGGER ALL; {statement}")
    }
}

fn session(hash: &str, login: &str, expires_ms: i64) -> SessionRecord {
    SessionRecord {
        hash: hash.into(),
        login: login.into(),
        address: "192.0.2.1".into(),
        agent: "Firefox".into(),
        at_ms: 10,
        seen_ms: 10,
        expires_ms,
    }
}

on_both! {
    people_come_in_by_what_they_were_given(url) {
        let store = open(url, &MasterKey::generate().unwrap()).await;
        assert!(store.create_account("ana", "Ana Pop", 1).await.unwrap());
        assert!(!store.create_account("ana", "Somebody", 2).await.unwrap(), "the login is taken");
        assert_eq!(store.account("ana").await.unwrap().unwrap().name, "Ana Pop");
        store.grant_role("ana", Some(&vendor()), "viewer").await.unwrap();
        store.grant_role("ana", Some(&vendor()), "owner").await.unwrap();
        store.grant_role("ana", None, "operator").await.unwrap();
        let on = |vendor, role: &str| RoleRecord { vendor, role: role.into() };
        let roles = [on(None, "operator"), on(Some(vendor()), "owner")];
        assert_eq!(store.roles("ana").await.unwrap(), roles);
        assert_eq!(store.members(&vendor(), 9).await.unwrap()[0].login, "ana");
        assert!(store.members(&other_vendor(), 9).await.unwrap().is_empty());

        assert_eq!(store.session("h1").await.unwrap(), None);
        for (hash, expires_ms) in [("h1", 100), ("h2", 200)] {
            store.open_session(&session(hash, "ana", expires_ms)).await.unwrap();
        }
        let found = store.session("h1").await.unwrap().unwrap();
        assert_eq!((found.login.as_str(), found.expires_ms, found.roles.as_slice()), ("ana", 100, &roles[..]));
        store.touch_session("h1", 50).await.unwrap();
        let seen: Vec<_> = store.sessions("ana").await.unwrap().into_iter().map(|s| (s.hash, s.seen_ms)).collect();
        assert_eq!(seen, [("h1".to_owned(), 50), ("h2".to_owned(), 10)]);
        assert!(!store.end_session("ion", "h1").await.unwrap(), "somebody else's");
        assert!(store.end_session("ana", "h1").await.unwrap());
        store.open_session(&SessionRecord { at_ms: 201, ..session("h3", "ana", 300) }).await.unwrap();
        assert_eq!(store.sessions("ana").await.unwrap().len(), 1, "what has ended is forgotten");

        assert_eq!(store.end_role("ana", None).await.unwrap().as_deref(), Some("operator"));
        assert_eq!(store.end_role("ana", None).await.unwrap(), None);
        assert!(store.set_password("ana", "$argon2id$1").await.unwrap());
        assert_eq!(store.session("h3").await.unwrap(), None, "a new password ends every session");
        assert!(!store.set_password("nobody", "$argon2id$1").await.unwrap());
        store.close().await;
    }

    a_one_time_link_works_once_and_only_the_newest_one(url) {
        let store = Arc::new(open(url, &MasterKey::generate().unwrap()).await);
        store.create_account("ana", "Ana", 1).await.unwrap();
        store.invite("old", "ana", 100).await.unwrap();
        store.invite("new", "ana", 100).await.unwrap();
        assert_eq!(store.invitation("old", 50).await.unwrap(), None);
        assert_eq!(store.accept_invitation("new", "p", 100).await.unwrap(), None, "ended");
        let tries = (0..8).map(|i| {
            let store = store.clone();
            tokio::spawn(async move { store.accept_invitation("new", &format!("p{i}"), 50).await.unwrap() })
        });
        let mut set = 0;
        for one in tries.collect::<Vec<_>>() {
            set += usize::from(one.await.unwrap().is_some());
        }
        assert_eq!(set, 1, "of many at once one sets the password");
        store.close().await;
    }

    the_trail_is_one_chain_whoever_appends(url) {
        let key = MasterKey::generate().unwrap();
        let store = Arc::new(open(url, &key).await);
        let beside = OpenOptions { beside_engine: true, ..OpenOptions::new(key) };
        let other = Arc::new(SqlStore::open(url, beside).await.unwrap());
        assert_eq!(store.verify_audit(None).await.unwrap(), AuditVerdict::Whole(AuditHead { seq: 0, mac: String::new() }));
        // A second process appends to the same trail.
        let appends = (0..20).map(|i| {
            let store = if i % 4 == 0 { other.clone() } else { store.clone() };
            tokio::spawn(async move { store.append_audit(&act("sync", None)).await.unwrap() })
        });
        let mut seqs = Vec::new();
        for one in appends.collect::<Vec<_>>() {
            seqs.push(one.await.unwrap());
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=20).collect::<Vec<_>>());
        let end = store.append_audit(&act("sync", Some(3))).await.unwrap();
        let AuditVerdict::Whole(head) = store.verify_audit(None).await.unwrap() else { panic!("broken") };
        assert_eq!(head.seq, end);
        assert_eq!(store.verify_audit(Some(&head)).await.unwrap(), AuditVerdict::Whole(head.clone()));
        let shown: Vec<i64> = store.audit("acme", i64::MAX, 100).await.unwrap().iter().map(|row| row.seq).collect();
        assert_eq!((shown[0], shown.len(), shown.contains(&3)), (21, 20, false), "an act that has ended is told once");
        assert!(store.audit("beta", i64::MAX, 100).await.unwrap().is_empty());
        other.close().await;
        store.close().await;
    }

    the_database_refuses_to_touch_the_trail(url) {
        let store = open(url, &MasterKey::generate().unwrap()).await;
        store.append_audit(&act("sync", None)).await.unwrap();
        assert!(!execute(url, "UPDATE audit SET actor = 'user:ion'").await);
        assert!(!execute(url, "DELETE FROM audit").await);
        store.close().await;
    }

    what_is_done_to_the_trail_behind_the_guard_is_found(url) {
        // SEC32: edited, removed, swapped, inserted, cut off.
        let tampered = [
            ("UPDATE audit SET actor = 'user:ion' WHERE seq = 3", Some(3)),
            ("UPDATE audit SET at_ms = 8 WHERE seq = 1", Some(1)),
            ("UPDATE audit SET asked = 1 WHERE seq = 4", Some(4)),
            ("DELETE FROM audit WHERE seq = 2", Some(2)),
            ("DELETE FROM audit WHERE seq = 2; UPDATE audit SET seq = seq - 1 WHERE seq > 2", Some(2)),
            ("UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; \
              UPDATE audit SET seq = 3 WHERE seq = 99", Some(2)),
            ("INSERT INTO audit SELECT 6, at_ms, vendor, actor, origin, act, subject, old, new, outcome, asked, mac FROM audit \
              WHERE seq = 5", Some(6)),
            ("DELETE FROM audit WHERE seq > 3", None),
        ];
        for (statement, broken) in tampered {
            let dir = tempfile::tempdir().unwrap();
            let own = if url.starts_with("sqlite") {
                sqlite_url(dir.path())
            } else {
                vortex_store::testing::postgres().await.unwrap()
            };
            let store = open(&own, &MasterKey::generate().unwrap()).await;
            for i in 0..5 {
                store.append_audit(&act(&format!("act{i}"), None)).await.unwrap();
            }
            let head = store.audit_head().await.unwrap();
            assert!(execute(&own, &unguarded(&own, statement)).await, "{statement}");
            let verdict = store.verify_audit(Some(&head)).await.unwrap();
            let expected = broken.map_or(AuditVerdict::HeadMissing, |seq| AuditVerdict::Broken { seq });
            assert_eq!(verdict, expected, "{statement}");
            store.close().await;
        }
    }

    a_seal_outlives_the_master_key_and_fits_no_other_installation(url) {
        let (key, next) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
        let store = open(url, &key).await;
        store.append_audit(&act("sync", None)).await.unwrap();
        store.rotate_key(next.clone()).await.unwrap();
        store.close().await;
        let store = open(url, &next).await;
        store.append_audit(&act("sync", None)).await.unwrap();
        assert!(matches!(store.verify_audit(None).await.unwrap(), AuditVerdict::Whole(head) if head.seq == 2));
        // Another file key, as if the table had been copied elsewhere.
        assert!(execute(url, "DELETE FROM meta WHERE name = 'file_key'").await);
        store.close().await;
        let elsewhere = open(url, &next).await;
        assert_eq!(elsewhere.verify_audit(None).await.unwrap(), AuditVerdict::Broken { seq: 1 });
        elsewhere.close().await;
    }

    the_journal_is_read_back_from_its_end_whole_or_of_one_subject(url) {
        let store = open(url, &MasterKey::generate().unwrap()).await;
        let row = |vendor: VendorId, key: &str, text: &str| {
            vec![Write::Journal(JournalRow {
                vendor,
                subject: Subject::Connection(key.into()),
                at_ms: 1,
                cause: "tested".into(),
                actor: "engine".into(),
                old: String::new(),
                new: text.into(),
            })]
        };
        let changes = [
            row(vendor(), "erp", "1"),
            row(other_vendor(), "erp", "foreign"),
            row(vendor(), "cdon", "2"),
            row(vendor(), "erp", "3"),
        ];
        // One after the other, so that their positions are those of this list.
        for change in changes {
            store.commit(&[change]).await.unwrap();
        }
        let read = async |subject: Option<(&str, &str)>, before, limit| {
            let entries = store.journal_before(&vendor(), subject, before, limit).await.unwrap();
            entries.into_iter().map(|entry| (entry.seq, entry.row.new)).collect::<Vec<_>>()
        };
        let texts = |entries: &[(i64, String)]| entries.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
        let all = read(None, i64::MAX, 9).await;
        assert_eq!(texts(&all), ["3", "2", "1"]);
        assert_eq!(read(None, i64::MAX, 2).await, all[..2]);
        assert_eq!(read(None, all[1].0, 9).await, all[2..]);
        let erp = Some(("connection", "erp"));
        assert_eq!(texts(&read(erp, i64::MAX, 9).await), ["3", "1"]);
        assert_eq!(texts(&read(erp, all[0].0, 9).await), ["1"]);
        assert!(read(Some(("sku", "erp")), i64::MAX, 9).await.is_empty());
        store.close().await;
    }

    orders_are_listed_as_they_were_bought_and_counted(url) {
        let store = open(url, &MasterKey::generate().unwrap()).await;
        let placed = |id: &str, hour: i64| {
            let mut row = order_row(order(id, 1), 1);
            row.state.channel.created_at_ms = hour * 3_600_000;
            vec![Write::Order(Box::new(row))]
        };
        store.commit(&[placed("b", 3), placed("a", 3), placed("c", 5), placed("d", 9)]).await.unwrap();
        let ids = |orders: Vec<vortex_domain::Order>| {
            orders.iter().map(|order| order.id.to_string()).collect::<Vec<_>>()
        };
        let first = store.orders_placed(&vendor(), None, None, 2).await.unwrap();
        assert_eq!(ids(first.clone()), ["d", "c"]);
        let place = (first[1].channel.created_at_ms, first[1].id.clone());
        let rest = store.orders_placed(&vendor(), None, Some(&place), 9).await.unwrap();
        assert_eq!(ids(rest), ["b", "a"]);
        let stage = first[0].stage.name();
        assert_eq!(store.orders_placed(&vendor(), Some(stage), None, 9).await.unwrap().len(), 4);
        assert!(store.orders_placed(&vendor(), Some("closed"), None, 9).await.unwrap().is_empty());
        assert!(store.orders_placed(&other_vendor(), None, None, 9).await.unwrap().is_empty());
        let counts = store.order_counts(&vendor(), 0..9 * 3_600_000).await.unwrap();
        let count = OrderCount { stage: stage.into(), market: "SE".into(), orders: 3, gross_minor: 30_000 };
        assert_eq!(counts, [count]);
        assert_eq!(store.orders_by_hour(&vendor(), 4 * 3_600_000).await.unwrap(), [(5, 1), (9, 1)]);
        store.close().await;
    }
}
