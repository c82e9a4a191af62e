//! What an ERP, a channel or a courier can do: capability traits, outcomes, the shared HTTP client.
//!
//! Invariant: connectors hold no business rules and never touch the database; whatever a remote may have
//! done without telling us comes back as *unknown*, never as failed.

pub mod channel;
pub mod conformance;
pub mod connection;
pub mod courier;
pub mod documents;
pub mod erp;
pub mod http;
pub mod outcome;
pub mod rates;

pub use channel::{ChannelOffers, ChannelOrders};
pub use connection::{CheckItem, Connection};
pub use courier::{Courier, CourierPush};
pub use documents::{ChannelDocuments, ErpInvoices, InvoiceFiles};
pub use erp::{ErpCatalogue, ErpOrders, SalesOrder};
pub use outcome::CallError;
pub use rates::ExchangeRates;
