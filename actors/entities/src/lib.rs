//! The actors: one per vendor, SKU and order; their mailboxes are the locks.
//!
//! Invariant: a decision about one SKU or order is made in one mailbox, on memory alone, and nobody hears of it before it is
//! durable. No actor waits for a remote or for its own commit; whatever was not committed ends the actor, and it starts again from rows.

pub mod directory;
pub mod engine;
pub mod mail;
pub mod order;
pub mod pickup;
pub mod seams;
pub mod sku;
pub mod slots;
pub mod vendor;

pub use directory::Directory;
pub use engine::{Engine, Flow};
pub use order::OrderMsg;
pub use seams::Seams;
pub use sku::SkuMsg;
pub use vendor::{VendorActor, VendorMsg};
