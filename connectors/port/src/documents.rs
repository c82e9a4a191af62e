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

/// Reads fiscal documents back.
#[async_trait]
pub trait ErpInvoices: Send + Sync {
    /// The sales documents of each order, invoices and stornos, posted or not, in the order asked. All orders share one set of
    /// readings (every month since the earliest day). A month that cannot be read fails the whole.
    async fn invoices(&self, wanted: &[InvoiceWanted]) -> Result<Vec<Vec<SalesDocument>>, CallError>;
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
