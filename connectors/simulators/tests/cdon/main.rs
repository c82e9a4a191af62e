//! The CDON simulator, over real HTTP, rule by rule of the API description (section numbers in the tests).

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report of a failure")]

mod articles;
mod catalogue;
mod control;
mod faults;
mod orders;
mod support;
