//! Real local servers that behave like WinMentor, CDON, DHL and two central banks, with fault knobs and their own logs.
//!
//! A simulator judges the client that talks to it, so nothing here is shared with the clients: each
//! simulator is written from the description of the remote system alone. What they have in common is in
//! [`clock`] (a movable clock), [`log`] (what really happened, whatever was answered), [`faults`] (trouble
//! on demand) and [`serve()`] (a server on a loopback port).

pub mod banks;
pub mod cdon;
pub mod clock;
pub mod dhl;
pub mod faults;
pub mod log;
pub mod serve;
pub mod winmentor;

pub use clock::SimClock;
pub use faults::{FaultMode, FaultPlan, FaultRule};
pub use log::{CommitLog, LogTarget};
pub use serve::{Bound, Shutdown, serve};
