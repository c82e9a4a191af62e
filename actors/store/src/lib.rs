//! The only crate that knows sqlx: rows, group commit, inbox, effects, journal, cursors, receipts
