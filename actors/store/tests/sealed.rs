//! Files at rest: sealed under a key that only this installation's master key opens (SEC18 to SEC20; F56).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions; these are their helpers"
)]

mod support;

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sqlx::{Connection as _, Executor as _};
use support::*;
use vortex_store::{
    OpenError, OpenOptions, SqlStore, Store as _, StoreError, Verdict,
    rows::{FileKind, FileRow, Write},
    secrets::MasterKey,
};

/// Nothing of it occurs anywhere by chance.
const TEXT: &str = "Factura F1 pentru Ion Popescu, Strada Lungă 12";

fn url(dir: &Path) -> String {
    format!("sqlite:{}", dir.join("vortex.db").display())
}

async fn open(dir: &Path, key: &MasterKey) -> Result<SqlStore, OpenError> {
    SqlStore::open(&url(dir), OpenOptions::new(key.clone())).await
}

fn invoice() -> FileRow {
    file("o-1", FileKind::Invoice, "F1.pdf", TEXT.as_bytes(), 10)
}

async fn keep(store: &SqlStore, file: FileRow) {
    assert_eq!(store.commit(&[vec![Write::File(Box::new(file))]]).await.unwrap(), [Verdict::Durable]);
}

async fn content(store: &SqlStore) -> Result<Option<Vec<u8>>, StoreError> {
    store.file_content(&vendor(), &invoice().entry.hash).await
}

async fn execute(dir: &Path, sql: &'static str) {
    let mut conn = sqlx::SqliteConnection::connect(&url(dir)).await.unwrap();
    assert!(conn.execute(sql).await.unwrap().rows_affected() > 0, "{sql}");
    conn.close().await.unwrap();
}

#[tokio::test]
async fn no_byte_of_a_file_stands_in_the_database() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), &MasterKey::generate().unwrap()).await.unwrap();
    keep(&store, invoice()).await;
    assert_eq!(content(&store).await.unwrap().as_deref(), Some(TEXT.as_bytes()));
    let hex: String = TEXT
        .bytes()
        .flat_map(|b| [b >> 4, b & 15])
        .map(|n| char::from_digit(n.into(), 16).unwrap())
        .collect();
    // Base64 of the text at each of the three places within a group.
    let encoded = (0..3).map(|skip| STANDARD.encode(&TEXT.as_bytes()[skip..TEXT.len() - 3]));

    let mut needles: Vec<String> = vec![TEXT.to_owned(), "Ion Popescu".to_owned(), hex];
    needles.extend(encoded.map(|text| text[..text.len() - 4].to_owned()));
    let look = |when: &str| {
        let mut looked_at = 0;
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            looked_at += bytes.len();
            for needle in &needles {
                let there = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!there, "`{needle}` stands in {} {when}", path.display());
            }
        }
        assert!(looked_at > 10_000);
    };
    look("while it is open");
    store.close().await;
    look("after it was closed");
    let whole = std::fs::read(dir.path().join("vortex.db")).unwrap();
    assert!(whole.windows(6).any(|window| window == b"F1.pdf"), "the search finds what is there");
}

#[tokio::test]
async fn a_foreign_key_opens_nothing_and_its_own_opens_everything() {
    let dir = tempfile::tempdir().unwrap();
    let key = MasterKey::generate().unwrap();
    let store = open(dir.path(), &key).await.unwrap();
    keep(&store, invoice()).await;
    store.close().await;
    let refused = open(dir.path(), &MasterKey::generate().unwrap()).await.unwrap_err();
    assert!(matches!(refused, OpenError::WrongKey), "{refused:?}");
    let store = open(dir.path(), &key).await.unwrap();
    assert_eq!(content(&store).await.unwrap().as_deref(), Some(TEXT.as_bytes()));
    store.close().await;

    // The file key of another installation does not open, even where the canary is right.
    let other = tempfile::tempdir().unwrap();
    open(other.path(), &MasterKey::generate().unwrap()).await.unwrap().close().await;
    let foreign: String = {
        let mut conn = sqlx::SqliteConnection::connect(&url(other.path())).await.unwrap();
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'file_key'")
            .fetch_one(&mut conn)
            .await
            .unwrap()
    };
    let mut conn = sqlx::SqliteConnection::connect(&url(dir.path())).await.unwrap();
    let changed = sqlx::query("UPDATE meta SET value = $1 WHERE name = 'file_key'").bind(foreign);
    assert_eq!(changed.execute(&mut conn).await.unwrap().rows_affected(), 1);
    conn.close().await.unwrap();
    let refused = open(dir.path(), &key).await.unwrap_err();
    assert!(matches!(refused, OpenError::WrongKey), "{refused:?}");
}

#[tokio::test]
async fn files_stay_readable_under_another_master_key() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
    let store = open(dir.path(), &old).await.unwrap();
    keep(&store, invoice()).await;
    store.rotate_key(new.clone()).await.unwrap();
    assert_eq!(content(&store).await.unwrap().as_deref(), Some(TEXT.as_bytes()), "at once");
    let late = file("o-2", FileKind::Label, "1.pdf", b"a label", 20);
    keep(&store, late.clone()).await;
    store.close().await;
    assert!(matches!(open(dir.path(), &old).await, Err(OpenError::WrongKey)));
    let store = open(dir.path(), &new).await.unwrap();
    assert_eq!(content(&store).await.unwrap().as_deref(), Some(TEXT.as_bytes()), "and after a restart");
    let label = store.file_content(&vendor(), &late.entry.hash).await.unwrap();
    assert_eq!(label.as_deref(), Some(&b"a label"[..]));
    store.close().await;
}

/// SEC19: sealed bytes open only for their vendor and hash, and not when they were changed.
#[tokio::test]
async fn sealed_bytes_open_only_in_their_own_row() {
    const SPOILED: [&str; 3] = [
        "UPDATE file SET content = (SELECT f.content FROM file f WHERE f.vendor = 'beta') WHERE vendor = 'acme'",
        "UPDATE file SET content = (SELECT f.content FROM file f WHERE f.vendor = 'acme' AND f.size = 7) \
         WHERE vendor = 'acme' AND size > 7",
        "UPDATE file SET content = substr(content, 1, length(content) - 8) || 'AAAAAAA=' WHERE vendor = 'acme'",
    ];
    for spoiled in SPOILED {
        let dir = tempfile::tempdir().unwrap();
        let key = MasterKey::generate().unwrap();
        let store = open(dir.path(), &key).await.unwrap();
        keep(&store, invoice()).await;
        keep(&store, file("o-1", FileKind::Label, "1.pdf", b"a label", 10)).await;
        let theirs = FileRow::new(
            &other_vendor(),
            &order_id("o-1"),
            FileKind::Invoice,
            "F1.pdf".to_owned(),
            TEXT.as_bytes().to_vec(),
            10,
        );
        keep(&store, theirs).await;
        assert!(content(&store).await.unwrap().is_some());
        execute(dir.path(), spoiled).await;
        let refused = content(&store).await.unwrap_err();
        assert!(matches!(refused, StoreError::Corrupt { what: "file", .. }), "{refused:?}");
        assert!(!format!("{refused:?}").contains("Popescu"));
        store.close().await;
    }
}
