//! The only writing session on PostgreSQL.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, Row as _, postgres::PgConnectOptions};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, timeout},
};

/// The advisory lock of the writing process, `vortex` as a number; locks are per database.
pub(crate) const WRITER_LOCK: i64 = 0x0000_766f_7274_6578;
/// How long a connection is waited for, without the wait for the lock.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// A session that was used so shortly ago is taken to be alive; should it not be, nothing is committed.
const ALIVE_FOR: Duration = Duration::from_secs(1);
/// How a refusing replica is told from other protocol errors.
pub(crate) const REPLICA: &str = "read-only replica";

/// One session that holds the writer's lock, made again when it breaks.
///
/// Whoever lost the lock can therefore not write, and while a lost session of ours may still be committing, its
/// successor waits: journal numbers become visible in their order (F16, F72).
pub(crate) struct PgWriter {
    options: PgConnectOptions,
    /// How long to wait for the lock; none to write without it, as administrative commands do.
    lock_wait_ms: Option<u64>,
    session: Mutex<Option<Seated>>,
}

/// A sound session and when it was last used.
pub(crate) struct Seated {
    session: PgConnection,
    used: Instant,
}

impl Seated {
    /// Used just now.
    pub(crate) fn now(session: PgConnection) -> Self {
        Self { session, used: Instant::now() }
    }
}

/// The writer's place; the session goes back into it only when it is known to be sound.
pub(crate) type Seat<'w> = MutexGuard<'w, Option<Seated>>;

impl PgWriter {
    /// Connects and takes the lock.
    pub(crate) async fn open(
        options: PgConnectOptions,
        lock_wait_ms: Option<u64>,
    ) -> Result<Self, sqlx::Error> {
        let writer = Self { options, lock_wait_ms, session: Mutex::new(None) };
        let session = writer.connect().await?;
        *writer.session.lock().await = Some(Seated::now(session));
        Ok(writer)
    }

    /// The session, taken out: when its user is cancelled half way, it is closed rather than used again.
    pub(crate) async fn take(&self) -> Result<(Seat<'_>, PgConnection), sqlx::Error> {
        let mut seat = self.session.lock().await;
        if let Some(Seated { mut session, used }) = seat.take()
            && (used.elapsed() < ALIVE_FOR
                || timeout(CONNECT_LIMIT, session.ping()).await.is_ok_and(|pong| pong.is_ok()))
        {
            return Ok((seat, session));
        }
        let session = self.connect().await?;
        Ok((seat, session))
    }

    /// Ends the session, which releases the lock.
    pub(crate) async fn close(&self) {
        if let Some(Seated { session, .. }) = self.session.lock().await.take() {
            // It ends in any case; a failing farewell changes nothing.
            let _ = session.close().await;
        }
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let limit = CONNECT_LIMIT + Duration::from_millis(self.lock_wait_ms.unwrap_or(0));
        timeout(limit, self.become_writer()).await.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut))
    }

    async fn become_writer(&self) -> Result<PgConnection, sqlx::Error> {
        let mut session = PgConnection::connect_with(&self.options).await?;
        let row = sqlx::query("SELECT pg_is_in_recovery()").fetch_one(&mut session).await?;
        if row.try_get::<bool, _>(0)? {
            return Err(sqlx::Error::Protocol(REPLICA.to_owned()));
        }
        let Some(lock_wait_ms) = self.lock_wait_ms else { return Ok(session) };
        sqlx::query("SELECT set_config('lock_timeout', $1, false)")
            .bind(format!("{}ms", lock_wait_ms.max(1)))
            .execute(&mut session)
            .await?;
        sqlx::query("SELECT pg_advisory_lock($1)").bind(WRITER_LOCK).execute(&mut session).await?;
        sqlx::query("SELECT set_config('lock_timeout', '0', false)").execute(&mut session).await?;
        Ok(session)
    }
}
