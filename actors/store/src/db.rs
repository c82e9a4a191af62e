//! The open pools, and the one way to run a [`Batch`] on either.

use std::borrow::Cow;

use sqlx::{
    PgConnection, PgPool, Postgres, QueryBuilder, Sqlite, SqliteConnection, SqlitePool, postgres::PgRow,
    sqlite::SqliteRow,
};

use crate::{sql::writer::PgWriter, statements::Batch};

/// Bound values in one statement at most: SQLite's limit; PostgreSQL's is higher.
const BIND_LIMIT: usize = 32_766;

/// An open database. Writes go through one connection, reads through others.
pub(crate) enum Db {
    /// SQLite: `writer` has exactly one connection.
    Lite { writer: SqlitePool, readers: SqlitePool },
    /// PostgreSQL: `writer` is one session, which holds the advisory lock of the only writing process.
    Pg { writer: Box<PgWriter>, readers: PgPool },
}

/// Runs the same expression on the readers of whichever database is open.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Lite { readers: $pool, .. } => $body,
            $crate::db::Db::Pg { readers: $pool, .. } => $body,
        }
    };
}
pub(crate) use on;

/// A row type that both databases can fill.
pub(crate) trait Readable:
    for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin
{
}
impl<T: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin> Readable
    for T
{
}

/// One value of a batch.
#[derive(Debug, Clone)]
pub(crate) enum Val<'a> {
    Text(Cow<'a, str>),
    MaybeText(Option<&'a str>),
    Int(i64),
    MaybeInt(Option<i64>),
}

impl<'a> From<&'a str> for Val<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
impl From<String> for Val<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}
impl From<i64> for Val<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<Option<i64>> for Val<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::MaybeInt(number)
    }
}
impl<'a> From<Option<&'a str>> for Val<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::MaybeText(text)
    }
}

/// PostgreSQL refuses U+0000 in texts; a foreign payload must not fail a whole group for it.
fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// One connection of either database, inside of a transaction or not.
pub(crate) enum Link<'c> {
    Lite(&'c mut SqliteConnection),
    Pg(&'c mut PgConnection),
}

macro_rules! build {
    ($database:ty, $batch:expr, $values:expr) => {{
        let mut builder = QueryBuilder::<$database>::new($batch.head);
        builder.push_values($values.chunks($batch.row.len()), |mut row, values| {
            for value in values {
                match value {
                    Val::Text(text) => row.push_bind(storable(text).into_owned()),
                    Val::MaybeText(text) => row.push_bind(text.map(|text| storable(text).into_owned())),
                    Val::Int(number) => row.push_bind(*number),
                    Val::MaybeInt(number) => row.push_bind(*number),
                };
            }
        });
        builder.push($batch.tail);
        builder
    }};
}

impl Link<'_> {
    /// Runs the batch over `values` (rows one after the other), in as many statements as the bind limit asks for.
    pub(crate) async fn run(&mut self, batch: &Batch, values: &[Val<'_>]) -> Result<(), sqlx::Error> {
        for chunk in chunks(batch, values) {
            // Every number of rows is another text: caching it would only push others out of the cache.
            match self {
                Self::Lite(conn) => build!(Sqlite, batch, chunk)
                    .build()
                    .persistent(false)
                    .execute(&mut **conn)
                    .await
                    .map(drop)?,
                Self::Pg(conn) => build!(Postgres, batch, chunk)
                    .build()
                    .persistent(false)
                    .execute(&mut **conn)
                    .await
                    .map(drop)?,
            }
        }
        Ok(())
    }

    /// Runs the batch and collects what it returns.
    pub(crate) async fn rows<T: Readable>(
        &mut self,
        batch: &Batch,
        values: &[Val<'_>],
    ) -> Result<Vec<T>, sqlx::Error> {
        let mut rows = Vec::new();
        for chunk in chunks(batch, values) {
            match self {
                Self::Lite(conn) => rows.extend(
                    build!(Sqlite, batch, chunk)
                        .build_query_as::<T>()
                        .persistent(false)
                        .fetch_all(&mut **conn)
                        .await?,
                ),
                Self::Pg(conn) => rows.extend(
                    build!(Postgres, batch, chunk)
                        .build_query_as::<T>()
                        .persistent(false)
                        .fetch_all(&mut **conn)
                        .await?,
                ),
            }
        }
        Ok(rows)
    }
}

fn chunks<'v, 'a>(batch: &Batch, values: &'v [Val<'a>]) -> impl Iterator<Item = &'v [Val<'a>]> {
    let width = batch.row.len();
    values.chunks(BIND_LIMIT / width * width)
}

impl Db {
    /// Reads through a batch of keys.
    pub(crate) async fn read<T: Readable>(
        &self,
        batch: &Batch,
        keys: &[Val<'_>],
    ) -> Result<Vec<T>, sqlx::Error> {
        match self {
            Self::Lite { readers, .. } => Link::Lite(&mut *readers.acquire().await?).rows(batch, keys).await,
            Self::Pg { readers, .. } => Link::Pg(&mut *readers.acquire().await?).rows(batch, keys).await,
        }
    }
}
