//! A story per promise, over the whole system with the real simulators. Each ends with the one-to-one audit.

#![expect(clippy::expect_used, clippy::panic, reason = "a test whose world does not answer has failed")]

mod after_cancel;
mod amended;
mod cancelled;
mod catalogue;
mod channel;
mod clock;
mod duplicates;
mod engine;
mod erp;
mod import;
mod invoices;
mod mapping;
mod markets;
mod money;
mod months;
mod orders;
mod overselling;
mod pages;
mod pickups;
mod postgres;
mod pushes;
mod returns;
mod sent;
mod stock;
mod story;
mod tracking;
mod waiting;
mod waybills;
