//! The connector against the CDON simulator: the channel suite, and what is CDON's alone.

mod dialects;
mod refusals;
mod world;

use world::World;

vortex_port::channel_conformance!(World::start);
