//! How statements find their rows in a database that is large and whose statistics are known.

use sqlx::{SqliteConnection, pool::PoolConnection};

use super::*;

/// Rows of one vendor in every table.
const ROWS: i64 = 6_000;

/// All that they are given is the vendor, or nothing; what they read is little by nature, or bounded by their limit.
const KEYLESS: &[&str] = &[
    // Lists of everything there is, and it is little.
    "BACKLOG",
    "VENDORS",
    "ALL_CONNECTIONS",
    "CONNECTIONS",
    "CURSORS",
    "TOKENS",
    "MAPPING_TRIALS_RUNNING",
    "NEWEST_RATES",
    "CONTENT_COUNT",
    "ACCOUNTS",
    "ACCOUNTS_OF_VENDOR",
    "TOKENS_OF",
    "BACKLOG_OF",
    "ATTENTION_COUNT",
    // The first rows of an index, or its last one.
    "OPEN_INBOX",
    "ITEMS",
    "ITEM_SUBJECTS",
    "LAST_DOCUMENT",
    "MAPPING",
    "MAPPING_DRAFTS",
    "MAPPING_LAST",
    "MAPPING_LIVE",
    "MAPPING_OF_AUTHOR",
    "MAPPING_TRIALS",
    "MAPPING_TRIAL_END",
    "MAPPINGS",
    "NEWEST_MS",
    "ORPHANS",
    "RATE_WORDS",
    "AUDIT_HEAD",
    // Its foreign keys are looked after: the connections of one vendor.
    "VENDOR",
];

/// A value of the column in row `n`: what repeats in life repeats here.
fn value(table: &str, column: &str, text: bool) -> &'static str {
    match (table, column) {
        ("vendor", "vendor") => "'v' || n",
        (_, "vendor") => "'acme'",
        (_, "kind") => "'kind' || (n % 4)",
        (_, "connection") => "'connection' || (n % 2)",
        (_, "code") => "'code' || (n % 30)",
        (_, "stage") => "'stage' || (n % 8)",
        (_, "market") => "'SE'",
        ("reservation", "state") => "n % 3",
        (_, "closed" | "done") => "min(n % 50, 1)",
        _ if text => "'x' || n",
        _ => "n",
    }
}

/// Fills every table, whatever columns it has.
async fn filled(conn: &mut SqliteConnection) {
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT t.name, c.name, c.type FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '_sqlx%' ORDER BY t.name, c.cid",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let mut tables: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for (table, column, kind) in &columns {
        let (names, values) = tables.entry(table).or_default();
        names.push(column);
        values.push(value(table, column, kind == "TEXT"));
    }
    sqlx::raw_sql(
        "BEGIN; PRAGMA defer_foreign_keys = ON; INSERT INTO vendor (vendor, name, settings, at_ms) VALUES ('acme', '', '', 1)",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    for (table, (names, values)) in tables {
        let (names, values) = (names.join(", "), values.join(", "));
        let sql = format!(
            "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {ROWS}) \
             INSERT INTO {table} ({names}) SELECT {values} FROM r"
        );
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *conn).await;
        assert_eq!(done.unwrap_or_else(|why| panic!("{table}: {why}")).rows_affected(), ROWS.unsigned_abs());
    }
    sqlx::raw_sql("COMMIT").execute(&mut *conn).await.unwrap();
}

/// Statements that were given a key and read everything of the vendor, or of the table, all the same: name and step.
async fn wide(conn: &mut SqliteConnection) -> Vec<(&'static str, String)> {
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    let singles = SINGLES.iter().map(|(name, sql)| (*name, (*sql).to_owned()));
    let batches = BATCHES.iter().map(|(name, batch)| (*name, text_of::<Sqlite>(batch)));
    let mut wide = Vec::new();
    for (name, sql) in singles.chain(batches).filter(|(name, _)| !KEYLESS.contains(name)) {
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        for step in sqlx::raw_sql(sql).fetch_all(&mut *conn).await.unwrap() {
            let detail: String = step.get("detail");
            let by_vendor = detail.starts_with("SEARCH ") && detail.ends_with("(vendor=?)");
            // A table of which one column is the whole key (`vendor`) is found by it.
            let by_vendor = by_vendor && !detail.starts_with("SEARCH vendor ");
            let scanned = detail.strip_prefix("SCAN ").and_then(|rest| rest.split_whitespace().next());
            if by_vendor || scanned.is_some_and(|of| tables.iter().any(|table| table == of)) {
                wide.push((name, detail));
            }
        }
    }
    wide
}

async fn connection(store: &SqlStore) -> PoolConnection<Sqlite> {
    lite_pools(store).0.acquire().await.unwrap()
}

/// F43: a vendor with a large catalogue does not slow down whoever asks for one article or order, with or without statistics.
#[tokio::test]
async fn who_gives_a_key_is_found_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = lite(&dir).await;
    let mut conn = connection(&store).await;
    filled(&mut conn).await;
    assert_eq!(wide(&mut conn).await, [], "as it grows: nobody gathers statistics");
    sqlx::raw_sql("ANALYZE").execute(&mut *conn).await.unwrap();
    assert_eq!(wide(&mut conn).await, [], "with statistics");
}

/// The partial index of the first schema was passed over until statistics were gathered: the test above finds that.
#[tokio::test]
async fn an_index_that_is_passed_over_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = lite(&dir).await;
    let mut conn = connection(&store).await;
    sqlx::raw_sql(
        "DROP INDEX reservation_held; CREATE INDEX reservation_held ON reservation (vendor, sku) WHERE state < 2",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    filled(&mut conn).await;
    let found: Vec<&str> = wide(&mut conn).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, ["LOAD_SKUS"]);
}
