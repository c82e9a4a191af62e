//! What the engine needs of an ERP.

use async_trait::async_trait;
use jiff::civil::Date;
use vortex_domain::{
    ErpArticle, Sku, StockLevel,
    order::{Address, Document, ImportAnswer},
    sales::SaleLine,
};

use crate::outcome::CallError;

/// One page of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CataloguePage {
    /// The articles.
    pub articles: Vec<ErpArticle>,
    /// Records that could not be read; each was logged with its reason, without personal data.
    pub rejected: u32,
    /// There is a next page.
    pub more: bool,
}

/// A complete stock reading, summed over the chosen warehouses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockReading {
    /// One entry per SKU that the ERP listed.
    pub levels: Vec<(Sku, StockLevel)>,
    /// Records that could not be read: their SKUs must be treated as not read, not as zero.
    pub rejected: u32,
}

/// Reads articles and stock.
#[async_trait]
pub trait ErpCatalogue: Send + Sync {
    /// One page of the whole catalogue, counted from 1. Page 1 takes a fresh reading (no cache); the following pages
    /// belong to the same reading. A page that contradicts the reading (total changed, empty in the middle) is `Implausible`.
    async fn articles(&self, page: u32) -> Result<CataloguePage, CallError>;

    /// A fresh, complete reading of the stock. Articles without stock may be missing from it.
    async fn stock(&self) -> Result<StockReading, CallError>;

    /// The stock of one article, asked for by name; none when the ERP does not know the article.
    async fn stock_of(&self, sku: &Sku) -> Result<Option<StockLevel>, CallError>;
}

/// An order to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesOrder {
    /// The token that begins the remark, `CDON:<ref>` (contract.md).
    pub token: String,
    /// Further remark text, e.g. currency, amount and rate; no personal data unless the consumer is the partner.
    pub remark: String,
    /// Our number, booklet and date.
    pub document: Document,
    /// The ERP partner.
    pub customer: String,
    /// The lines, prices in RON without VAT.
    pub lines: Vec<SaleLine>,
}

/// An order to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The token in its remark.
    pub token: String,
    /// Its document, when it was ever numbered.
    pub document: Option<Document>,
    /// The earliest day on which it can have been written.
    pub since: Date,
}

/// How many documents carry a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copies {
    /// Live ones, invoiced or not.
    pub live: u32,
    /// Cancelled ones.
    pub cancelled: u32,
}

/// One ERP partner for one consumer.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// Our key of the consumer.
    pub code: String,
    /// Name and address.
    pub address: Address,
    /// Country code.
    pub country: String,
}

/// What a run of imports on a day meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookingDay {
    /// Documents may be dated so.
    Open(Date),
    /// The month (`2026-11`) is closed or missing, and so is the next.
    Closed(String),
    /// The ERP answers with other codes than ours: nothing may be written.
    WrongIdentifiers {
        /// The identifier field we set.
        field: String,
        /// The article that should be there.
        canary: String,
    },
}

/// Books sales orders.
#[async_trait]
pub trait ErpOrders: Send + Sync {
    /// Looks for documents in every reader that can show them. All orders of a burst share one set of readings. Any reader
    /// that fails fails the whole: absence is only ever claimed on complete evidence (winmentor.md 8.2).
    async fn find(&self, wanted: &[Wanted]) -> Result<Vec<Copies>, CallError>;

    /// Sets the session up for a run of imports and picks the day: the wanted one, or the first open one after it.
    async fn booking_day(&self, wanted: Date) -> Result<BookingDay, CallError>;

    /// Imports exactly one order. Everything after the request left the machine that is not a clear yes or no is `Unknown`.
    async fn import(&self, order: &SalesOrder) -> ImportAnswer;

    /// Makes sure that the consumer exists as a partner, once.
    async fn ensure_customer(&self, customer: &Customer) -> Result<(), CallError>;
}
