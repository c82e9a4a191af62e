//! The WinMentor simulator, seen over HTTP as a client sees it.

#[cfg(test)]
#[path = "winmentor/client.rs"]
mod client;
#[cfg(test)]
#[path = "winmentor/control.rs"]
mod control;
#[cfg(test)]
#[path = "winmentor/faults.rs"]
mod faults;
#[cfg(test)]
#[path = "winmentor/invoices.rs"]
mod invoices;
#[cfg(test)]
#[path = "winmentor/orders.rs"]
mod orders;
#[cfg(test)]
#[path = "winmentor/partners.rs"]
mod partners;
#[cfg(test)]
#[path = "winmentor/reads.rs"]
mod reads;
#[cfg(test)]
#[path = "winmentor/session.rs"]
mod session;
