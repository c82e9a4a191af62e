//! The WinMentor ERP: WinMentor Classic over an HTTP bridge, in two layers.
//!
//! WinMentor speaks in records (text fields separated by `;`, nothing escaped) and in packets (INI-like
//! text lines). Bridges forward them over HTTP, either raw or as JSON objects.
//!
//! Pure, free of any transport:
//!
//! | module | turns |
//! | --- | --- |
//! | [`decimal`], [`date`], [`text`] | single values, in and out |
//! | [`record`] | answers of a bridge, raw or JSON, into records that were checked against a layout |
//! | [`rows`] | records into typed rows, one type per reader whichever dialect the bridge speaks |
//! | [`packet`] | a customer order into the lines of a `COMANDA` packet, and back |
//! | [`partner`] | a new partner into its 35 fields, as a record or as a JSON object |
//! | [`reference`](mod@reference) | the marks by which we find our own orders again |
//!
//! Over them, [`WinMentorConnector`]: the session of one bridge, one request at a time, and the capabilities of an
//! ERP on it.

mod booking;
mod bridge;
mod catalogue;
mod check;
mod config;
mod connector;
mod customer;
pub mod date;
pub mod decimal;
pub mod fields;
mod find;
mod import;
mod invoices;
mod marks;
mod monthly;
pub mod packet;
mod paging;
pub mod partner;
pub mod record;
pub mod reference;
pub mod rows;
mod session;
pub mod text;

pub use connector::WinMentorConnector;
