//! From what the ERP and the content say of an article to what the channel is told: rules as data, and the engine that runs them.
//!
//! A [`Mapping`] is data: rows of *target field ← source fields, steps*, and look-up tables. [`Mapping::compile`] checks all of
//! it against the fields that the connectors declare ([`Schemas`]) and makes the only thing that can run, a [`Compiled`], or
//! says everything that is wrong ([`Findings`]).
//!
//! Invariant: the same version, article, content, rates and VAT give the same offer; whatever they hold, the offer keeps the
//! channel's limits or names a problem. Nothing here loops without a bound, and no amount changes currency or VAT unseen.

mod compile;
mod condition;
mod context;
pub(crate) mod decimal;
mod diff;
mod engine;
mod entities;
mod examples;
mod fields;
mod file;
mod finding;
mod fit;
mod gtin;
mod json_schema;
mod kind;
mod model;
mod offer;
mod order;
pub mod preview;
mod problem;
mod receipt;
mod schema;
pub mod steps;
mod tags;
mod text;
mod urls;
mod value;

pub use compile::Compiled;
pub use context::{StepValue, VatUse};
pub use diff::{Change, What, diff};
pub use file::{DEFAULT_TOML, MappingError};
pub use finding::{Fault, Finding, Findings};
pub use fit::Broken;
pub use json_schema::json_schema;
pub use kind::{AmountKind, Denomination, Kind, VatSide};
pub use model::{Condition, Example, ExampleInput, Literal, Mapping, Object, Row, Scalar, Table};
pub use offer::{Offer, OfferInput};
pub use order::OrderTexts;
pub use problem::{Note, Problem, ProblemKind};
pub use receipt::{MAX_GROSS_MINOR, PriceReceipt};
#[cfg(test)]
pub(crate) use schema::example;
pub use schema::{FieldSpec, Format, Schemas};
pub use steps::Step;
pub use value::Stored;

/// Most rows of one object.
pub const ROW_LIMIT: usize = 500;
/// Most steps of one row, those inside of `if` counted.
pub const STEP_LIMIT: usize = 32;
/// Most rows of one table.
pub const TABLE_LIMIT: usize = 20_000;
/// Longest text on its way through a row, bytes.
pub const TEXT_LIMIT_BYTES: usize = 64 * 1024;
/// Most entries of a list.
pub const LIST_LIMIT: usize = 100;
