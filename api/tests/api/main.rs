//! The API from outside: real router, real SQLite, an engine that only writes down what it was asked.

mod access;
mod events;
mod health;
mod hooks;
mod reads;
mod support;
mod writes;
