//! Cases that every connector passes against its simulator.
//!
//! A connector's test crate describes its simulator as a world, and lets the suite loose on it. The cases know
//! nothing of any vendor: what they demand is what the engine relies on.

pub mod channel;
pub mod courier;
pub mod erp;

use crate::outcome::CallError;

/// A connector does not do what the engine relies on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self(format!("a call failed that should have worked: {error:?}"))
    }
}

/// Ok when the claim holds, else a failure with the explanation.
pub fn ensure(claim: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if claim { Ok(()) } else { Err(Failure(otherwise())) }
}
