//! Composition: the supervision tree, the flows, configuration and the command line.
