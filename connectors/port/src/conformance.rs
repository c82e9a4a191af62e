//! Cases that every connector passes against its simulator.
