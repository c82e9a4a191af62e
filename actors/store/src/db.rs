//! The open pools, and the one way to run a [`Batch`] on either.

use std::borrow::Cow;

use sqlx::{
    Arguments as _, AssertSqlSafe, PgConnection, PgPool, QueryBuilder, Sqlite, SqliteConnection, SqlitePool,
    postgres::{PgArguments, PgRow},
    sqlite::SqliteRow,
};

use crate::{
    sql::writer::PgWriter,
    statements::{Batch, Col},
};

/// Bound values in one statement at most: SQLite's limit.
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

/// On SQLite a batch is one list of rows.
fn on_sqlite(batch: &Batch, values: &[Val<'_>]) -> QueryBuilder<Sqlite> {
    let mut builder = QueryBuilder::<Sqlite>::new(batch.head);
    builder.push_values(values.chunks(batch.row.len()), |mut row, values| {
        for value in values {
            match value {
                Val::Text(text) => row.push_bind(storable(text).into_owned()),
                Val::MaybeText(text) => row.push_bind(text.map(|text| storable(text).into_owned())),
                Val::Int(number) => row.push_bind(*number),
                Val::MaybeInt(number) => row.push_bind(*number),
            };
        }
    });
    builder.push(batch.tail);
    builder
}

/// On PostgreSQL it is one array per column: the same text for every number of rows, so it is prepared once.
fn on_postgres(batch: &Batch) -> String {
    let array = |(at, column): (usize, &Col)| match column {
        Col::Text => format!("${}::text[]", at + 1),
        Col::Int => format!("${}::bigint[]", at + 1),
    };
    let arrays: Vec<String> = batch.row.iter().enumerate().map(array).collect();
    format!("{}SELECT * FROM unnest({}){}", batch.head, arrays.join(", "), batch.tail)
}

/// The arrays for [`on_postgres`].
fn arrays(batch: &Batch, values: &[Val<'_>]) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for (at, column) in batch.row.iter().enumerate() {
        let values = values.iter().skip(at).step_by(batch.row.len());
        match column {
            Col::Text => arguments.add(
                values
                    .map(|value| match value {
                        Val::Text(text) => Some(storable(text)),
                        Val::MaybeText(text) => text.map(storable),
                        Val::Int(_) | Val::MaybeInt(_) => None,
                    })
                    .collect::<Vec<Option<Cow<'_, str>>>>(),
            ),
            Col::Int => arguments.add(
                values
                    .map(|value| match value {
                        Val::Int(number) => Some(*number),
                        Val::MaybeInt(number) => *number,
                        Val::Text(_) | Val::MaybeText(_) => None,
                    })
                    .collect::<Vec<Option<i64>>>(),
            ),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

impl Link<'_> {
    /// Runs the batch over `values` (rows one after the other), in as many statements as the bind limit asks for.
    pub(crate) async fn run(&mut self, batch: &Batch, values: &[Val<'_>]) -> Result<(), sqlx::Error> {
        for chunk in chunks(batch, values) {
            match self {
                // Every number of rows is another text: caching it would only push others out of the cache.
                Self::Lite(conn) => {
                    on_sqlite(batch, chunk).build().persistent(false).execute(&mut **conn).await?;
                }
                Self::Pg(conn) => {
                    sqlx::query_with(AssertSqlSafe(on_postgres(batch)), arrays(batch, chunk)?)
                        .execute(&mut **conn)
                        .await?;
                }
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
                    on_sqlite(batch, chunk)
                        .build_query_as::<T>()
                        .persistent(false)
                        .fetch_all(&mut **conn)
                        .await?,
                ),
                Self::Pg(conn) => rows.extend(
                    sqlx::query_as_with(AssertSqlSafe(on_postgres(batch)), arrays(batch, chunk)?)
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
