//! The WinMentor ERP: the record and packet layer of WinMentor Classic, free of any transport.
//!
//! WinMentor speaks in records (text fields separated by `;`, nothing escaped) and in packets (INI-like
//! text lines). Bridges forward them over HTTP, either raw or as JSON objects. Everything here is pure:
//!
//! | module | turns |
//! | --- | --- |
//! | [`decimal`], [`date`], [`text`] | single values, in and out |
//! | [`record`] | answers of a bridge, raw or JSON, into records that were checked against a layout |
//! | [`rows`] | records into typed rows, one type per reader whichever dialect the bridge speaks |
//! | [`packet`] | a customer order into the lines of a `COMANDA` packet, and back |
//! | [`partner`] | a new partner into its 35 fields, as a record or as a JSON object |
//! | [`reference`] | the marks by which we find our own orders again |

pub mod date;
pub mod decimal;
pub mod packet;
pub mod partner;
pub mod record;
pub mod reference;
pub mod rows;
pub mod text;
