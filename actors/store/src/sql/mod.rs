//! [`SqlStore`]: the rows on SQLite or PostgreSQL.

mod commit;
mod items;
mod marks;
mod open;
mod pickups;
mod read;
mod strays;
#[cfg(test)]
mod tests;
pub(crate) mod transaction;
pub(crate) mod writer;

use std::fs::File;

use secrecy::SecretBox;
use tokio::sync::{Mutex, RwLock};

use crate::{
    db::Db,
    secrets::{FileKey, MasterKey},
    store::StoreError,
};

pub(crate) use commit::json;
pub(crate) use open::{FILE_KEY, canary};
pub use open::{OpenError, OpenOptions};
pub(crate) use read::{parsed, sku, vendor_id};

/// The store on an embedded SQLite file or a shared PostgreSQL.
///
/// Exactly one process writes: SQLite is guarded by a locked file next to the database, PostgreSQL by an advisory
/// lock that the only writing session holds, so that whoever lost the lock can no longer write.
pub struct SqlStore {
    pub(crate) db: Db,
    /// Read while a secret is sealed or opened, written while all are sealed anew.
    pub(crate) key: RwLock<MasterKey>,
    /// Seals files.
    pub(crate) file_key: FileKey,
    /// Who appends to the audit trail, one at a time.
    pub(crate) audit_turn: Mutex<()>,
    /// Held for its lock.
    lock: Option<File>,
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.db {
            Db::Lite { .. } => "SQLite",
            Db::Pg { .. } => "PostgreSQL",
        };
        f.debug_struct("SqlStore").field("database", &kind).finish_non_exhaustive()
    }
}

impl SqlStore {
    /// A key of 32 bytes for one purpose, derived from what is sealed in this database: the same in every process that opens
    /// it, and nothing that a copy of the database alone gives away.
    pub fn derived_key(&self, purpose: &str) -> SecretBox<[u8; 32]> {
        self.file_key.derived(purpose)
    }

    /// Ends every connection in good order and gives the database free; later calls fail.
    pub async fn close(&self) {
        match &self.db {
            Db::Lite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Pg { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
        // Somebody may still hold this store, but cannot write any more. A lock that stays ends with the store.
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }
}

/// Names the operation in a driver's error.
pub(crate) fn failed(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |source| StoreError::Database { doing, source: Box::new(source) }
}

/// A stored text that is not what it should be.
pub(crate) fn corrupt(what: &'static str, key: &str, why: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { what, key: key.to_owned(), why: why.to_string() }
}
