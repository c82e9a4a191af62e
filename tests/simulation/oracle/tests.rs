//! The oracle can fail.
