//! The API from outside: real router, real SQLite, an engine that only writes down what it was asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world fails")]

mod access;
mod acts;
mod after_sale;
mod articles;
mod browser;
mod documents;
mod events;
mod health;
mod history;
mod hooks;
mod mappings;
mod pages;
mod panel;
mod papers;
mod pickups;
mod rates;
mod reads;
mod returns;
mod support;
mod writes;
