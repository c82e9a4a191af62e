//! Opening: one writing process, schema up to date, the right master key.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    str::FromStr as _,
    time::Duration,
};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::sync::{Mutex, RwLock};

use super::{
    SqlStore,
    transaction::Step,
    writer::{PgWriter, REPLICA},
};
use crate::{
    db::{Db, on},
    secrets::{FileKey, MasterKey, Place, SecretError, create_private},
    statements as sql,
    store::CommitError,
};

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// How long a connection is waited for.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(15);
/// How long SQLite waits for a lock of a foreign reader, e.g. a backup.
const BUSY_LIMIT: Duration = Duration::from_secs(10);
/// Pages in SQLite's write-ahead log before they are copied into the database: 32 MiB.
const WAL_PAGES: &str = "8192";
/// Page cache of SQLite's writer in SQLite's notation: 64 MiB.
const WRITER_CACHE: &str = "-65536";
/// A statement that takes longer is ended by PostgreSQL, in its own notation.
const STATEMENT_LIMIT: &str = "60s";
/// PostgreSQL's code for a lock that was not had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// Name of the sealed canary in `meta`.
const CANARY: &str = "master_key_canary";
/// Where the canary is sealed for; no vendor id can be empty.
const CANARY_PLACE: Place<'_> = Place { vendor: "", connection: "", field: CANARY };

/// Name of the sealed key of files in `meta`.
pub(crate) const FILE_KEY: &str = "file_key";

/// How to open a store.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Seals and opens the secrets of connections.
    pub master_key: MasterKey,
    /// Connections for reading.
    pub readers: u32,
    /// How long to wait for the writing process before us to end, milliseconds.
    pub lock_wait_ms: u64,
    /// An administrative command: it takes no writer's lock, so it works beside a running service, and it must not run an engine.
    pub beside_engine: bool,
}

impl OpenOptions {
    /// Four readers, and five seconds of patience with a predecessor on PostgreSQL.
    pub fn new(master_key: MasterKey) -> Self {
        Self { master_key, readers: 4, lock_wait_ms: 5_000, beside_engine: false }
    }
}

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not an address we understand.
    #[error("`{scheme}` is not a database address; use `sqlite:<file>` or `postgres://…` in [database] url")]
    Address {
        /// What stands before the first colon; the rest may hold a password.
        scheme: String,
    },
    /// The file or its folder cannot be used.
    #[error("the database file {} cannot be opened or created; check the folder and its owner", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process writes to it.
    #[error("another vortex process is using {database}; stop it first, or give this one another database")]
    InUse {
        /// Which database.
        database: String,
    },
    /// The server answers, but is a replica.
    #[error("the PostgreSQL server is a read-only replica; point [database] url at the primary")]
    Replica,
    /// No connection.
    #[error("the database cannot be reached; check [database] url and that the server runs")]
    Unreachable(#[source] sqlx::Error),
    /// Written by a newer version of this program.
    #[error(
        "the database has schema {found}, this version knows up to {known}; install the version that wrote it, or a newer one"
    )]
    Newer {
        /// The newest schema that the database has.
        found: i64,
        /// The newest that we know.
        known: i64,
    },
    /// The schema could not be brought up to date.
    #[error("the database schema cannot be brought up to date; nothing was changed by the failing step")]
    Migration(#[source] MigrateError),
    /// The master key is not the one that sealed the stored secrets.
    #[error(
        "the master key is not the one this database was sealed with; give the original key (master_key_file or VORTEX_MASTER_KEY). Nothing was changed"
    )]
    WrongKey,
    /// The master key cannot be used.
    #[error("the master key cannot be used")]
    Key(#[source] SecretError),
    /// The canary could not be read or written.
    #[error("the database does not accept the first write")]
    FirstWrite(#[source] CommitError),
}

impl SqlStore {
    /// Opens the database, creating the file (SQLite) and bringing the schema up to date.
    pub async fn open(url: &str, options: OpenOptions) -> Result<Self, OpenError> {
        let (db, lock) = if url.starts_with("sqlite:") {
            let (db, lock) = open_sqlite(url, &options).await?;
            (db, lock)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            (open_postgres(url, &options).await?, None)
        } else {
            let scheme = url.split(':').next().unwrap_or_default().chars().take(20).collect();
            return Err(OpenError::Address { scheme });
        };
        let file_key = FileKey::generate().map_err(OpenError::Key)?;
        let mut store =
            Self { db, key: RwLock::new(options.master_key), file_key, audit_turn: Mutex::default(), lock };
        store.check_key().await?;
        store.file_key = store.stored_file_key().await?;
        Ok(store)
    }

    async fn meta(&self, name: &str) -> Result<Option<String>, OpenError> {
        on!(&self.db, pool => sqlx::query_scalar(sql::META_OF).bind(name).fetch_optional(pool).await)
            .map_err(OpenError::Unreachable)
    }

    /// The canary opens with our key; the first opening writes it (SEC20).
    async fn check_key(&self) -> Result<(), OpenError> {
        let sealed = self.meta(CANARY).await?;
        let key = self.key.read().await;
        if let Some(sealed) = sealed {
            return match key.open(CANARY_PLACE, &sealed) {
                Ok(word) if word.expose_secret() == CANARY => Ok(()),
                _ => Err(OpenError::WrongKey),
            };
        }
        let step = canary(&key).map_err(OpenError::Key)?;
        self.write("storing the master key's canary", &[step]).await.map(drop).map_err(OpenError::FirstWrite)
    }

    /// The key that files are sealed with; the first opening writes it, and whoever comes second takes what stands there.
    async fn stored_file_key(&self) -> Result<FileKey, OpenError> {
        let key = self.key.read().await;
        if self.meta(FILE_KEY).await?.is_none() {
            let sealed = self.file_key.sealed_under(&key).map_err(OpenError::Key)?;
            let step = Step::new(&sql::META_NEW, vec![FILE_KEY.into(), sealed.into()]);
            self.write("storing the file key", &[step]).await.map_err(OpenError::FirstWrite)?;
        }
        let sealed = self.meta(FILE_KEY).await?.ok_or(OpenError::WrongKey)?;
        FileKey::opened_with(&key, &sealed).map_err(|_| OpenError::WrongKey)
    }
}

/// Writes the canary of a key.
pub(crate) fn canary(key: &MasterKey) -> Result<Step<'static>, SecretError> {
    let sealed = key.seal(CANARY_PLACE, &SecretString::from(CANARY))?;
    Ok(Step::new(&sql::META, vec![CANARY.into(), sealed.into()]))
}

async fn open_sqlite(url: &str, options: &OpenOptions) -> Result<(Db, Option<File>), OpenError> {
    let address = || OpenError::Address { scheme: "sqlite::memory:".to_owned() };
    if url.contains(":memory:") || url.contains("mode=memory") {
        // Several connections would each have a database of their own.
        return Err(address());
    }
    let connect = SqliteConnectOptions::from_str(url).map_err(|_| address())?;
    let path = connect.get_filename().to_owned();
    let broken = |source| OpenError::File { path: path.clone(), source };
    let lock = if options.beside_engine { None } else { Some(lock_file(&path)?) };
    match create_private(&path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(broken(error)),
    }
    let connect = connect.foreign_keys(true).busy_timeout(BUSY_LIMIT);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_LIMIT)
        .connect_with(
            // FULL: with NORMAL a power cut loses the last commits, and "acknowledged" would no longer mean "durable".
            connect
                .clone()
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("journal_size_limit", "67108864")
                // Keys are random, so a page is written many times before it is copied into the database once.
                .pragma("wal_autocheckpoint", WAL_PAGES)
                .pragma("cache_size", WRITER_CACHE)
                // Each statement over many rows keeps the pages it changes for its own undoing: not through a file.
                .pragma("temp_store", "MEMORY"),
        )
        .await
        .map_err(OpenError::Unreachable)?;
    migrate(&SQLITE, SQLITE.run(&writer).await)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(options.readers.max(1))
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_LIMIT)
        .connect_with(connect.pragma("query_only", "ON"))
        .await
        .map_err(OpenError::Unreachable)?;
    Ok((Db::Lite { writer, readers }, lock))
}

/// Locks `<database>.lock`; the operating system releases it however the process ends.
fn lock_file(database: &Path) -> Result<File, OpenError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let broken = |source| OpenError::File { path: path.clone(), source };
    let file = match create_private(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            fs::OpenOptions::new().read(true).write(true).open(&path)
        }
        created => created,
    }
    .map_err(broken)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { database: database.display().to_string() }),
        Err(TryLockError::Error(source)) => Err(broken(source)),
    }
}

async fn open_postgres(url: &str, options: &OpenOptions) -> Result<Db, OpenError> {
    let connect =
        PgConnectOptions::from_str(url).map_err(|_| OpenError::Address { scheme: "postgres".to_owned() })?;
    // Keepalive: a lost machine must not hold the writer's lock for hours.
    let connect = connect.application_name("vortex").options([
        ("statement_timeout", STATEMENT_LIMIT),
        ("tcp_keepalives_idle", "10"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "3"),
        ("synchronous_commit", "on"),
    ]);
    let database = connect.get_database().unwrap_or_default().to_owned();
    let lock_wait_ms = (!options.beside_engine).then_some(options.lock_wait_ms);
    let writer = PgWriter::open(connect.clone(), lock_wait_ms).await.map_err(|error| match &error {
        sqlx::Error::Database(cause) if cause.code().as_deref() == Some(LOCK_NOT_AVAILABLE) => {
            OpenError::InUse { database: format!("the PostgreSQL database `{database}`") }
        }
        sqlx::Error::Protocol(text) if text == REPLICA => OpenError::Replica,
        _ => OpenError::Unreachable(error),
    })?;
    let (mut seat, mut session) = writer.take().await.map_err(OpenError::Unreachable)?;
    migrate(&POSTGRES, POSTGRES.run(&mut session).await)?;
    *seat = Some(super::writer::Seated::now(session));
    drop(seat);
    let writer = Box::new(writer);
    let readers = PgPoolOptions::new()
        .max_connections(options.readers.max(1))
        .acquire_timeout(ACQUIRE_LIMIT)
        .connect_with(connect)
        .await
        .map_err(OpenError::Unreachable)?;
    Ok(Db::Pg { writer, readers })
}

fn migrate(known: &Migrator, outcome: Result<(), MigrateError>) -> Result<(), OpenError> {
    let newest = known.iter().map(|migration| migration.version).max().unwrap_or(0);
    match outcome {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) if found > newest => {
            Err(OpenError::Newer { found, known: newest })
        }
        Err(error) => Err(OpenError::Migration(error)),
    }
}
