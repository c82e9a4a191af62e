//! A story per promise, over the whole system with the real simulators. Each ends with the one-to-one audit.

#![expect(clippy::expect_used, clippy::panic, reason = "a test whose world does not answer has failed")]

mod amended;
mod cancelled;
mod catalogue;
mod channel;
mod clock;
mod duplicates;
mod erp;
mod import;
mod markets;
mod money;
mod months;
mod orders;
mod overselling;
mod pages;
mod postgres;
mod stock;
mod story;
mod waiting;
