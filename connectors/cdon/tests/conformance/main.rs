//! The connector against the CDON simulator: the channel suite, and what is CDON's alone.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod dialects;
mod refusals;
mod world;

use world::World;

vortex_port::channel_conformance!(World::start);
