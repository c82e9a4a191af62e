//! The DHL simulator, over real HTTP, rule by rule of the API description (section numbers in the tests).

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report of a failure")]

mod business;
mod control;
mod faults;
mod minting;
mod pickups;
mod rates;
mod schema;
mod support;
mod tracking;
mod unified;
