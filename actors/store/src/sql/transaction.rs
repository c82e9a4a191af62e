//! One write transaction, and what can be said when it fails.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use super::{SqlStore, writer::Seated};
use crate::{
    db::{Db, Link, Val},
    plan::{Guarded, Plan},
    statements::Batch,
    store::{CommitError, StoreError},
};

/// A transaction on PostgreSQL that is not answered for so long has an unknown outcome. Longer than its own limit per
/// statement, which gives a certain one.
const TRANSACTION_LIMIT: Duration = Duration::from_mins(2);

/// Three texts, as every returning batch answers.
pub(crate) type Texts = (String, String, String);

/// A batch and its values.
pub(crate) struct Step<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) values: Vec<Val<'a>>,
    /// Answers nothing when it does not hold; nothing of the transaction is done then.
    guard: bool,
}

impl<'a> Step<'a> {
    pub(crate) fn new(batch: &'a Batch, values: Vec<Val<'a>>) -> Self {
        Self { batch, values, guard: false }
    }

    /// A step without whose answer the whole transaction is rolled back.
    pub(crate) fn guard(batch: &'a Batch, values: Vec<Val<'a>>) -> Self {
        Self { batch, values, guard: true }
    }
}

/// What one transaction does.
pub(crate) enum Work<'a> {
    /// The rows of a group of changes.
    Plan(&'a Plan<'a>),
    /// These batches in order, each with its answer.
    Steps(&'a [Step<'a>]),
}

/// What a transaction answered.
pub(crate) enum Done {
    /// Committed; one answer per step.
    Committed(Vec<Vec<Texts>>),
    /// Rolled back, because a guard did not hold: that of these changes, or of a step.
    Refused(Vec<usize>),
}

/// Why a transaction did not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Rolled back: the database refused the data themselves (unique key, constraint, size).
    Data(sqlx::Error),
    /// Surely not committed.
    NotCommitted(sqlx::Error),
    /// COMMIT went out and its outcome is not known.
    Unknown(sqlx::Error),
}

impl Failure {
    pub(crate) fn into_commit_error(self, doing: &'static str) -> CommitError {
        let of = |source| StoreError::Database { doing, source: Box::new(source) };
        match self {
            Self::Data(source) | Self::NotCommitted(source) => CommitError::NotCommitted(of(source)),
            Self::Unknown(source) => CommitError::Unknown(of(source)),
        }
    }

    /// An error of a statement: nothing is committed.
    fn of_statement(error: sqlx::Error) -> Self {
        if blames_data(&error) { Self::Data(error) } else { Self::NotCommitted(error) }
    }
}

/// Whether the data are at fault, so that leaving the guilty change out helps.
fn blames_data(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    let Some(code) = error.code() else { return false };
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        // Data exception, integrity violation, program limit exceeded (an index key too long).
        return ["22", "23", "54"].iter().any(|class| code.starts_with(class));
    }
    // SQLite's primary code: TOOBIG, CONSTRAINT, MISMATCH.
    code.parse::<i32>().is_ok_and(|code| [18, 19, 20].contains(&(code & 0xff)))
}

/// Runs the work in one transaction on the connection; the outcome, and whether the connection can be used again.
macro_rules! transact {
    ($conn:expr, $begin:literal, $link:path, $work:expr) => {{
        let outcome = match $conn.begin_with($begin).await {
            Ok(mut tx) => match $work.run(&mut $link(&mut tx)).await {
                Ok(done @ Done::Committed(_)) => tx.commit().await.map(|()| done).map_err(Failure::Unknown),
                Ok(refused) => Ok(refused),
                Err(error) => Err(Failure::of_statement(error)),
            },
            Err(error) => Err(Failure::NotCommitted(error)),
        };
        let committed = matches!(outcome, Ok(Done::Committed(_)));
        // Dropping an open transaction has queued a rollback; the ping runs after it.
        let usable = committed || ($conn.ping().await.is_ok() && !$conn.is_in_transaction());
        (outcome, usable)
    }};
}

impl SqlStore {
    /// Runs the work in one transaction.
    pub(crate) async fn transact(&self, work: &Work<'_>) -> Result<Done, Failure> {
        match &self.db {
            Db::Lite { writer, .. } => {
                let mut conn = writer.acquire().await.map_err(Failure::NotCommitted)?;
                let (outcome, rolled_back) = transact!(conn, "BEGIN IMMEDIATE", Link::Lite, work);
                if !rolled_back {
                    conn.close_on_drop();
                }
                match outcome {
                    // SQLite leaves the transaction open when it refuses a COMMIT; rolled back, nothing is on disk.
                    Err(Failure::Unknown(error)) if rolled_back => Err(Failure::NotCommitted(error)),
                    outcome => outcome,
                }
            }
            Db::Pg { writer, .. } => {
                let (mut seat, session) = writer.take().await.map_err(Failure::NotCommitted)?;
                let Ok((outcome, session)) = timeout(TRANSACTION_LIMIT, on_postgres(session, work)).await
                else {
                    let silent =
                        std::io::Error::new(std::io::ErrorKind::TimedOut, "PostgreSQL did not answer");
                    return Err(Failure::Unknown(sqlx::Error::Io(silent)));
                };
                *seat = session.map(Seated::now);
                outcome
            }
        }
    }

    /// Runs batches in one transaction; the answers of each, none at all when a guard did not hold.
    pub(crate) async fn write(
        &self,
        doing: &'static str,
        steps: &[Step<'_>],
    ) -> Result<Vec<Vec<Texts>>, CommitError> {
        match self.transact(&Work::Steps(steps)).await {
            Ok(Done::Committed(answers)) => Ok(answers),
            Ok(Done::Refused(_)) => Ok(Vec::new()),
            Err(failure) => Err(failure.into_commit_error(doing)),
        }
    }
}

/// The outcome, and the session when it can be used again.
async fn on_postgres(
    mut session: PgConnection,
    work: &Work<'_>,
) -> (Result<Done, Failure>, Option<PgConnection>) {
    let (outcome, usable) = transact!(session, "BEGIN", Link::Pg, work);
    (outcome, usable.then_some(session))
}

impl Work<'_> {
    async fn run(&self, link: &mut Link<'_>) -> Result<Done, sqlx::Error> {
        match self {
            Self::Plan(plan) => {
                let refused = plan.write(link).await?;
                Ok(if refused.is_empty() { Done::Committed(Vec::new()) } else { Done::Refused(refused) })
            }
            Self::Steps(steps) => {
                let mut answers = Vec::with_capacity(steps.len());
                for step in *steps {
                    let rows = link.rows::<Texts>(step.batch, &step.values).await?;
                    if step.guard && rows.is_empty() {
                        return Ok(Done::Refused(Vec::new()));
                    }
                    answers.push(rows);
                }
                Ok(Done::Committed(answers))
            }
        }
    }
}

/// The changes whose guarded rows did not come back.
pub(crate) fn missing<'a>(wanted: impl Iterator<Item = (Guarded, usize)> + 'a, came: &[Texts]) -> Vec<usize> {
    let came: std::collections::HashSet<(&str, &str)> =
        came.iter().map(|(vendor, key, _)| (vendor.as_str(), key.as_str())).collect();
    wanted
        .filter(|(row, _)| match row {
            Guarded::Sku(vendor, sku) => !came.contains(&(vendor.as_str(), sku.as_str())),
            Guarded::Order(vendor, id) => !came.contains(&(vendor.as_str(), id.as_str())),
            Guarded::Pickup(vendor, id) => !came.contains(&(vendor.as_str(), id.as_str())),
        })
        .map(|(_, change)| change)
        .collect()
}
