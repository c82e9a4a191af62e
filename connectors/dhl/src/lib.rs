//! DHL Express through the `MyDHL` API: waybills, labels, customs papers, pickups and tracking (dhl.md).
//!
//! Invariants:
//! - A request is built from typed, closed bodies; lengths, steps and customs rules are checked before the call, so what
//!   [`validate`](vortex_port::Courier::validate) lets pass is what is sent. Numbers are thousandths, never floats.
//! - Minting has no idempotency and no void (dhl.md section 9). It is called once; every ending that is not a clear yes
//!   or no is *unknown*, and the waybill is then looked up by its reference.
//! - A waybill number is text, its leading zeros are kept, whatever spelling it came in.
//! - No name, address, phone or credential is logged or repeated in an error; what DHL says is told with those taken out.

mod body;
mod check;
mod client;
mod codes;
mod config;
mod courier;
mod customs;
mod minted;
mod objections;
mod party;
mod pickup;
mod place;
mod problem;
mod product;
mod push;
mod rates;
mod shipment;
mod text;
mod thousandths;
mod tracking;
mod when;
mod wire;

pub use client::DhlConnector;
pub use push::{DhlPush, HOOK_TOKEN_HEADER};
