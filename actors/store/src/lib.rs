//! The only crate that knows sqlx: rows, group commit, inbox, effects, journal, cursors, receipts.
//!
//! Invariant: a change is durable before anybody outside of the process hears of it; what one change
//! holds is committed together or not at all; unique keys and versions refuse what a bug or a second
//! process would do twice.

pub mod journal;
pub mod rows;
mod store;

pub use journal::{Change, Fuse, Journal};
pub use store::{CommitError, Store, StoreError, Verdict};
