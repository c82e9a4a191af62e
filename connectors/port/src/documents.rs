//! Fiscal documents: where the ERP's readers show them, where their files lie, and channels that take them.

use async_trait::async_trait;
use jiff::civil::Date;
use vortex_domain::{OrderId, invoice::SalesDocument};

use crate::outcome::CallError;

/// An order whose sales documents are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceWanted {
    /// The token in the order's remark, which the ERP may copy to the invoice.
    pub token: String,
    /// The order's number in the ERP, which invoice lines name.
    pub document_number: i64,
    /// The earliest day on which it can have been invoiced.
    pub since: Date,
}

/// A sales document, by what may tie it to an order that nobody has asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleSeen {
    /// Tells it, as it is now, from every other one and from what it was before.
    pub print: u64,
    /// Its date.
    pub date: Date,
    /// Goods come back with it.
    pub storno: bool,
    /// Order numbers that its lines name.
    pub numbers: Vec<i64>,
    /// Tokens in its remark.
    pub tokens: Vec<String>,
    /// What may be names of other documents in the remark of a storno: the invoice that it takes back.
    pub names: Vec<String>,
}

/// One reading of the ERP's sales, of whole months.
pub trait SalesReading: Send + Sync {
    /// Every document in it.
    fn seen(&self) -> Vec<SaleSeen>;

    /// The documents of each order, invoices and stornos, posted or not, in the order asked.
    fn of(&self, wanted: &[InvoiceWanted]) -> Vec<Vec<SalesDocument>>;
}

/// Reads fiscal documents back.
#[async_trait]
pub trait ErpInvoices: Send + Sync {
    /// Reads the sales of every month since a day, once for everybody. A month that cannot be read fails the whole.
    async fn sales(&self, since: Date) -> Result<Box<dyn SalesReading>, CallError>;

    /// The documents of each order, in the order asked, from one reading since the earliest day.
    async fn invoices(&self, wanted: &[InvoiceWanted]) -> Result<Vec<Vec<SalesDocument>>, CallError> {
        let Some(since) = wanted.iter().map(|order| order.since).min() else { return Ok(Vec::new()) };
        Ok(self.sales(since).await?.of(wanted))
    }
}

/// The bytes of a fiscal document, as the ERP made them.
#[derive(Clone, PartialEq, Eq)]
pub struct InvoiceFile {
    /// The file's name at its source.
    pub name: String,
    /// The bytes, a complete PDF. `Debug` shows only how many.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for InvoiceFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.bytes.len())
    }
}

/// Where the PDF files of invoices lie.
#[async_trait]
pub trait InvoiceFiles: Send + Sync {
    /// The file of an invoice; none when it is not there yet or still being written. A file that is no complete PDF, or too
    /// large, is `Implausible`.
    async fn fetch(&self, invoice: &SalesDocument) -> Result<Option<InvoiceFile>, CallError>;
}

/// A channel that takes documents; CDON does not (cdon.md section 18).
#[async_trait]
pub trait ChannelDocuments: Send + Sync {
    /// Attaches a document to an order, once: the same bytes again are success.
    async fn attach(&self, id: &OrderId, file: &InvoiceFile) -> Result<(), CallError>;
}
