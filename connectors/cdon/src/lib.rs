//! The CDON marketplace: client, wire types, translation.
//!
//! Strict on the way out: exactly the documented spellings and types (cdon.md sections 5 to 10). Liberal on the
//! way in: every shape that any source reports (cdon.md 12.1). No decision is made here; what CDON may have done
//! without telling comes back as unknown.

mod answers;
mod categories;
mod check;
mod client;
mod config;
pub mod fields;
mod markup;
mod offers;
mod order;
mod orders;
mod readback;
mod transform;
mod validate;
mod verdicts;
mod wire;

pub use categories::Category;
pub use client::CdonConnector;
