//! The faces: REST with OpenAPI, the vendor panel, webhooks in, event stream, health, metrics.
//!
//! Invariant: no business rules here. A handler checks who asks, asks the engine or reads rows, and shows the answer;
//! everything that must happen is handed to the engine or the journal.

pub mod accounts;
mod acts;
mod archive;
pub mod auth;
mod edge;
mod extract;
mod feeds;
mod health;
mod hooks;
mod idempotency;
mod links;
pub mod mappings;
pub mod metrics;
mod panel;
pub mod passwords;
mod problem;
mod rest;
mod router;
mod session;
pub mod signature;
mod state;

pub use accounts::{
    Accounts, AccountsError, Principal, Remembered, Role, SignedIn, VendorEntry, stored_hash,
};
pub use auth::{hash_token, new_token};
pub use hooks::HookScheme;
pub use links::LINK_KEY;
pub use metrics::{metrics_router, sample};
pub use problem::{ApiError, Problem};
pub use router::{router, service};
pub use session::new_invitation;
pub use state::{ApiParts, ApiState, Limits, Site};
