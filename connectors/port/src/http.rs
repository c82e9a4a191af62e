//! The one way out of the process.
