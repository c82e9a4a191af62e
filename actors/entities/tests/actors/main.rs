//! The vendor, SKU and order actors over the store in memory: what they promise while commits are slow, fail or leave
//! everybody in doubt, while actors come and go, and while children break.
//!
//! One thread and a paused clock: whatever may run has run when [`support::World::idle`] returns.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions; these are their helpers"
)]

mod amended;
mod booking;
mod bundles;
mod cancelled;
mod deciding;
mod durability;
mod errands;
mod failing;
mod holding;
mod minting;
mod money;
mod packing;
mod passivation;
mod publishing;
mod reservations;
mod support;
mod undecided;
