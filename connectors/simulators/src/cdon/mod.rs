//! CDON simulator.
