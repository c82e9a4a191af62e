//! The connector against the DHL simulator: the courier suite, and what is DHL's alone.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod checks;
mod customs;
mod dialects;
mod logs;
mod recovery;
mod world;

use world::World;

vortex_port::courier_conformance!(World::start);
