//! The one way out of the process.
//!
//! An [`HttpClient`] belongs to one remote account: it guards where connections may go ([`egress`]), how many
//! calls leave ([`budget`]), when none should ([`breaker`]), and says of every ending whether the remote may
//! have acted. Connectors judge what an [`Answer`] means.

pub mod answer;
pub mod breaker;
pub mod budget;
mod call;
mod client;
pub mod egress;
pub mod names;
mod resolve;
pub mod retry_after;
mod transport;

pub use answer::{Answer, Content};
pub use budget::Priority;
pub use call::{HttpCall, encode_segment};
pub use client::{Auth, HttpClient, Limits, Remote};
pub use egress::{Denied, EgressPolicy};
pub use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
