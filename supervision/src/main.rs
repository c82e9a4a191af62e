//! The `vortex` binary.
fn main() {}
