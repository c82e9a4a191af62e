//! The only crate that knows sqlx: rows, group commit, inbox, effects, journal, cursors, receipts.
//!
//! Invariant: a change is durable before anybody outside of the process hears of it; what one change
//! holds is committed together or not at all; unique keys and versions refuse what a bug or a second
//! process would do twice.

mod db;
pub mod journal;
mod lists;
#[cfg(feature = "memory")]
pub mod memory;
mod plan;
pub mod registry;
pub mod rows;
pub mod secrets;
mod sql;
mod statements;
mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use journal::{Change, Fuse, Journal};
pub use lists::{Lists, OrderCount, OrderPlace};
pub use sql::{OpenError, OpenOptions, SqlStore};
pub use store::{CommitError, LIST_LIMIT, SHOWN_SUBJECTS, SkuRows, Store, StoreError, Verdict};
