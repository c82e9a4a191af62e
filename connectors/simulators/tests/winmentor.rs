//! The WinMentor simulator, seen over HTTP as a client sees it.

#[path = "winmentor/client.rs"]
mod client;
#[path = "winmentor/control.rs"]
mod control;
#[path = "winmentor/faults.rs"]
mod faults;
#[path = "winmentor/orders.rs"]
mod orders;
#[path = "winmentor/partners.rs"]
mod partners;
#[path = "winmentor/reads.rs"]
mod reads;
#[path = "winmentor/session.rs"]
mod session;
