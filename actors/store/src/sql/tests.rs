//! Statements, schemas and failures, seen from inside.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, Postgres, QueryBuilder, Row as _,
    SqlSafeStr as _, Sqlite, postgres::PgTypeInfo,
};
use vortex_domain::{Sku, SkuState, VendorId, attention::Subject};

use super::*;
use crate::{
    rows::{JournalRow, SkuRow, Write},
    statements::{BATCHES, Batch, Col, SINGLES},
    store::{CommitError, Store as _, Verdict},
};

mod plans;

async fn lite(dir: &tempfile::TempDir) -> SqlStore {
    let url = format!("sqlite:{}", dir.path().join("vortex.db").display());
    SqlStore::open(&url, OpenOptions::new(MasterKey::generate().unwrap())).await.unwrap()
}

async fn pg() -> Option<(SqlStore, String)> {
    let url = crate::testing::postgres().await?;
    let options = OpenOptions { lock_wait_ms: 100, ..OpenOptions::new(MasterKey::generate().unwrap()) };
    Some((SqlStore::open(&url, options).await.unwrap(), url))
}

fn lite_pools(store: &SqlStore) -> (&sqlx::SqlitePool, &sqlx::SqlitePool) {
    let Db::Lite { writer, readers } = &store.db else { panic!("not SQLite") };
    (writer, readers)
}

fn vendor() -> VendorId {
    VendorId::new("acme").unwrap()
}

fn sku_write(name: &str, version: i64) -> Vec<Write> {
    let state = SkuState::new(Sku::new(name).unwrap());
    vec![Write::Sku(Box::new(SkuRow {
        vendor: vendor(),
        version,
        state,
        article_print: 0,
        stock_print: 0,
        at_ms: 0,
    }))]
}

fn entry(cause: &str) -> Vec<Write> {
    let subject = Subject::Connection("erp".into());
    let cause = cause.to_owned();
    let (actor, old, new) = ("engine".to_owned(), String::new(), String::new());
    vec![Write::Journal(JournalRow { vendor: vendor(), subject, at_ms: 1, cause, actor, old, new })]
}

/// The batch's text with two rows.
fn text_of<DB: sqlx::Database<Arguments: Default>>(batch: &Batch) -> String
where
    for<'q> i64: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> String: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut builder = QueryBuilder::<DB>::new(batch.head);
    builder.push_values(0..2, |mut row, _| {
        for col in batch.row {
            match col {
                Col::Text => row.push_bind(String::new()),
                Col::Int => row.push_bind(0_i64),
            };
        }
    });
    builder.push(batch.tail);
    builder.into_string()
}

#[tokio::test]
async fn every_statement_prepares_on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    let store = lite(&dir).await;
    let mut conn = lite_pools(&store).0.acquire().await.unwrap();
    for (name, sql) in SINGLES {
        if let Err(error) = conn.prepare(sql.into_sql_str()).await {
            panic!("{name}: {error}");
        }
    }
    for (name, batch) in BATCHES {
        if let Err(error) = conn.prepare(AssertSqlSafe(text_of::<Sqlite>(batch)).into_sql_str()).await {
            panic!("{name}: {error}");
        }
    }
}

#[tokio::test]
async fn every_statement_prepares_on_postgres() {
    let Some((_store, url)) = pg().await else { return };
    let mut conn = PgConnection::connect(&url).await.unwrap();
    for (name, sql) in SINGLES {
        if let Err(error) = conn.prepare(sql.into_sql_str()).await {
            panic!("{name}: {error}");
        }
    }
    for (name, batch) in BATCHES {
        let types: Vec<PgTypeInfo> = batch
            .row
            .iter()
            .chain(batch.row)
            .map(|col| PgTypeInfo::with_name(if *col == Col::Text { "TEXT" } else { "INT8" }))
            .collect();
        if let Err(error) =
            conn.prepare_with(AssertSqlSafe(text_of::<Postgres>(batch)).into_sql_str(), &types).await
        {
            panic!("{name}: {error}");
        }
    }
}

/// Lists and look-ups stay fast when the tables are large.
#[tokio::test]
async fn no_statement_scans_a_table() {
    // They answer for everything there is, and it is little: queues, vendors, connections, tokens, accounts, dates with rates.
    const WHOLE: &[&str] = &[
        "BACKLOG",
        "VENDORS",
        "ALL_CONNECTIONS",
        "TOKENS",
        "ACCOUNTS",
        "NEWEST_RATES",
        "MAPPING_TRIALS_RUNNING",
    ];
    // What they sort is little by nature: booked and orphaned reservations, subjects of the listed items.
    const SMALL: &[&str] = &["BOOKED", "ORPHANS", "ITEM_SUBJECTS"];
    let dir = tempfile::tempdir().unwrap();
    let store = lite(&dir).await;
    let (_, readers) = lite_pools(&store);
    let tables: BTreeSet<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(readers)
        .await
        .unwrap()
        .into_iter()
        .collect();
    let singles = SINGLES.iter().map(|(name, sql)| (*name, (*sql).to_owned()));
    let batches = BATCHES.iter().map(|(name, batch)| (*name, text_of::<Sqlite>(batch)));
    for (name, sql) in singles.chain(batches).filter(|(name, _)| !WHOLE.contains(name)) {
        // The short names that statements give to tables.
        let aliases = sql.split_whitespace().collect::<Vec<_>>();
        let alias_of = |alias: &str| {
            aliases.windows(2).any(|pair| tables.contains(pair[0]) && pair[1].trim_end_matches(')') == alias)
        };
        let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
            .fetch_all(readers)
            .await
            .unwrap();
        for step in plan {
            let detail: String = step.get("detail");
            let scanned = detail.strip_prefix("SCAN ").and_then(|rest| rest.split_whitespace().next());
            let scans_table = scanned.is_some_and(|of| tables.contains(of) || (of != "k" && alias_of(of)));
            assert!(!scans_table, "{name}: {detail}");
            // A list that sorts would first read everything of the vendor.
            let sorts = sql.contains("LIMIT") && detail.contains("TEMP B-TREE") && !SMALL.contains(&name);
            assert!(!sorts, "{name}: {detail}");
        }
    }
}

/// Table, then column with its nullability; then the unique keys as sorted lists of columns.
type Schema = (BTreeMap<String, BTreeMap<String, (bool, bool)>>, BTreeSet<(String, Vec<String>)>);

async fn lite_schema(store: &SqlStore) -> Schema {
    let (_, pool) = lite_pools(store);
    let columns: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '_sqlx%'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let keys: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT t.name, i.name, c.name FROM sqlite_schema t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c \
         WHERE t.type = 'table' AND i.\"unique\" = 1 AND t.name NOT LIKE '_sqlx%' \
         UNION ALL SELECT t.name, 'rowid', c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND c.pk = 1 AND c.type = 'INTEGER' AND t.name NOT LIKE '_sqlx%'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    schema(columns.into_iter().map(|(t, c, kind, not_null)| (t, c, kind == "INTEGER", not_null == 1)), keys)
}

async fn pg_schema(url: &str) -> Schema {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let columns: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let keys: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT t.relname::text, i.relname::text, a.attname::text FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid \
         JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(x.indkey) \
         WHERE x.indisunique AND n.nspname = 'public' AND t.relname NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let sorted_by_bytes: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text' \
         AND table_name NOT LIKE '\\_sqlx%' AND collation_name IS DISTINCT FROM 'C'",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!(sorted_by_bytes, 0, "every text sorts by bytes");
    schema(columns.into_iter().map(|(t, c, kind, null)| (t, c, kind == "bigint", null == "NO")), keys)
}

fn schema(
    columns: impl Iterator<Item = (String, String, bool, bool)>,
    keys: Vec<(String, String, String)>,
) -> Schema {
    let mut tables: BTreeMap<String, BTreeMap<String, (bool, bool)>> = BTreeMap::new();
    for (table, column, integer, not_null) in columns {
        tables.entry(table).or_default().insert(column, (integer, not_null));
    }
    let mut unique: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (table, index, column) in keys {
        unique.entry((table, index)).or_default().insert(column);
    }
    let unique =
        unique.into_iter().map(|((table, _), columns)| (table, columns.into_iter().collect())).collect();
    (tables, unique)
}

#[tokio::test]
async fn the_two_schemas_agree() {
    let Some((_store, url)) = pg().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let lite = lite_schema(&lite(&dir).await).await;
    assert!(lite.0.len() >= 18 && lite.1.len() >= 18, "found too little to compare: {lite:?}");
    assert_eq!(lite, pg_schema(&url).await);
    let number = ("orders".to_owned(), vec!["document_number".to_owned(), "vendor".to_owned()]);
    assert!(lite.1.contains(&number), "promise 1 has a unique key");
}

/// F67: a full disk refuses the group, and nothing is left half done.
#[tokio::test]
async fn a_full_disk_refuses_the_commit_and_heals() {
    let dir = tempfile::tempdir().unwrap();
    let store = lite(&dir).await;
    let (writer, _) = lite_pools(&store);
    sqlx::query("PRAGMA max_page_count = 1").execute(writer).await.unwrap();
    let many: Vec<_> = (0..3_000).map(|i| sku_write(&format!("S{i}"), 1)).collect();
    assert!(matches!(store.commit(&many).await, Err(CommitError::NotCommitted(_))));
    assert!(store.prints(&vendor(), None, 10).await.unwrap().is_empty());
    sqlx::query("PRAGMA max_page_count = 1000000").execute(writer).await.unwrap();
    assert!(store.commit(&many).await.unwrap().iter().all(|verdict| *verdict == Verdict::Durable));
}

/// SQLite refuses a COMMIT and keeps the transaction open: rolled back, it is surely not committed.
#[tokio::test]
async fn a_refused_commit_on_sqlite_is_not_committed() {
    let dir = tempfile::tempdir().unwrap();
    let store = lite(&dir).await;
    let (writer, _) = lite_pools(&store);
    sqlx::raw_sql(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY); \
         CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED); \
         CREATE TRIGGER spoil AFTER INSERT ON sku WHEN new.sku = 'bad' BEGIN INSERT INTO child VALUES (1); END",
    )
    .execute(writer)
    .await
    .unwrap();
    let refused = store.commit(&[sku_write("A1", 1), sku_write("bad", 1)]).await;
    assert!(matches!(refused, Err(CommitError::NotCommitted(_))), "{refused:?}");
    assert!(store.prints(&vendor(), None, 10).await.unwrap().is_empty());
    assert_eq!(
        store.commit(&[sku_write("A1", 1)]).await.unwrap(),
        [Verdict::Durable],
        "the connection is usable"
    );
}

/// On PostgreSQL an error of COMMIT itself says nothing certain: the connection may have broken around it.
#[tokio::test]
async fn a_failed_commit_on_postgres_is_unknown() {
    let Some((store, url)) = pg().await else { return };
    let mut conn = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoiled'; END $$; \
         CREATE CONSTRAINT TRIGGER spoil AFTER INSERT ON sku DEFERRABLE INITIALLY DEFERRED FOR EACH ROW \
         WHEN (new.sku = 'bad') EXECUTE FUNCTION spoil()",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    let unknown = store.commit(&[sku_write("bad", 1)]).await;
    assert!(matches!(unknown, Err(CommitError::Unknown(_))), "{unknown:?}");
    assert_eq!(store.commit(&[sku_write("A1", 1)]).await.unwrap(), [Verdict::Durable]);
}

/// Ends the store's writing session and takes its lock; the connection that holds it.
async fn usurp(url: &str) -> PgConnection {
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)").bind(writer::WRITER_LOCK).execute(&mut conn).await.unwrap();
    conn
}

/// F71, F72: who lost the lock cannot write; who gets it back can.
#[tokio::test]
async fn a_writer_that_lost_its_lock_is_fenced() {
    let Some((store, url)) = pg().await else { return };
    store.commit(&[sku_write("A1", 1)]).await.unwrap();
    let other = usurp(&url).await;
    for _ in 0..2 {
        let fenced = store.commit(&[sku_write("A1", 2)]).await;
        assert!(matches!(fenced, Err(CommitError::NotCommitted(_))), "{fenced:?}");
    }
    assert!(store.probe().await.is_err());
    other.close().await.unwrap();
    assert_eq!(store.commit(&[sku_write("A1", 2)]).await.unwrap(), [Verdict::Durable]);
}

/// F16: a session of ours that is lost but still committing cannot be overtaken by its successor.
#[tokio::test]
async fn a_late_commit_is_never_skipped() {
    let Some((store, url)) = pg().await else { return };
    let mut zombie = usurp(&url).await;
    let mut late = zombie.begin().await.unwrap();
    late.execute(
        "INSERT INTO journal (vendor, kind, key, at_ms, cause, actor, old, new) \
        VALUES ('acme', 'connection', 'erp', 1, 'late', 'engine', '', '')",
    )
    .await
    .unwrap();
    assert!(store.commit(&[entry("early")]).await.is_err(), "the successor must not overtake");
    assert!(store.journal_after(&vendor(), 0, 10).await.unwrap().is_empty());
    late.commit().await.unwrap();
    zombie.close().await.unwrap();
    let read = store.journal_after(&vendor(), 0, 10).await.unwrap();
    assert_eq!(read[0].row.cause, "late");
    assert_eq!(store.commit(&[entry("early")]).await.unwrap(), [Verdict::Durable]);
    let rest = store.journal_after(&vendor(), read[0].seq, 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert!(rest[0].seq > read[0].seq);
}

/// F68: readers that hold a snapshot do not keep the writer from committing, and the other way round.
#[tokio::test]
async fn a_long_reader_does_not_stop_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let store = lite(&dir).await;
    let (_, readers) = lite_pools(&store);
    let mut long = readers.begin().await.unwrap();
    let before: i64 = sqlx::query_scalar("SELECT count(*) FROM sku").fetch_one(&mut *long).await.unwrap();
    for version in 1..=50 {
        assert_eq!(store.commit(&[sku_write("A1", version)]).await.unwrap(), [Verdict::Durable]);
    }
    let after: i64 = sqlx::query_scalar("SELECT count(*) FROM sku").fetch_one(&mut *long).await.unwrap();
    assert_eq!((before, after), (0, 0), "a snapshot");
}

#[tokio::test]
async fn sqlite_is_opened_with_the_durable_settings() {
    let dir = tempfile::tempdir().unwrap();
    let store = lite(&dir).await;
    let (writer, readers) = lite_pools(&store);
    let pragma = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(writer).await.unwrap();
    assert_eq!(pragma("PRAGMA synchronous").await, 2, "FULL: F69");
    assert_eq!(pragma("PRAGMA foreign_keys").await, 1);
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(readers).await.unwrap();
    assert_eq!(mode, "wal");
    assert!(sqlx::query("DELETE FROM sku").execute(readers).await.is_err(), "readers cannot write");
}
