//! Composition: the supervision tree, the flows, configuration and the command line.
//!
//! Invariant: only this crate knows every concrete connector, the concrete database and the process.

pub mod audit;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod content_file;
pub mod demo;
pub mod engine;
pub mod flow;
pub mod flows;
pub mod mapping;
pub mod node;
pub mod rates;
pub mod returns_file;
pub mod steady_clock;
pub mod tree;
pub mod vendor_file;
