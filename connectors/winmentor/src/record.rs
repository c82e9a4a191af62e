//! From the answer of a bridge to records that were checked against a layout (spec 3.2, 3.5).
//!
//! Records come raw (`code;name;Buc;…`, as one text or already split) or as JSON objects with a bridge's
//! field names. A [`Layout`] describes what a reader sends; [`Batch::decode`] turns a whole answer into typed
//! rows. A bad record is left out, counted and named in the [`Health`]; it never spoils its neighbours.

mod batch;
mod fields;
mod layout;
mod split;

pub use batch::{Batch, Health, NotAList, Rejection, RejectionReason, Row};
pub use fields::{FieldError, Fields};
pub use layout::{Anchor, Column, Layout, Shape};
