//! Invoice files in a folder: a directory that the ERP prints into, or one behind a web address.
//!
//! WinMentor hands out no documents (winmentor.md 3.12); its printing leaves them in a folder, named after series and
//! number. A file counts once it is complete and no longer changes: its bytes are what the fiscal document is.

mod check;
mod directory;
mod name;
mod pdf;
mod settings;
mod web;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;
use vortex_domain::{Clock, Entropy, VendorId, invoice::SalesDocument};
use vortex_port::{
    CallError, InvoiceFiles, connection::SettingsError, documents::InvoiceFile, http::EgressPolicy,
};

use directory::Directory;
use name::NamePattern;
use pdf::Verdict;
use settings::{Settings, Source};
use web::WebFolder;

/// Most bytes of an invoice file: 10 MiB.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;

/// The folder of one connection's invoices.
pub struct FolderFiles {
    remote: String,
    name: NamePattern,
    place: Place,
}

enum Place {
    Web(WebFolder),
    Directory(Directory),
}

/// Why a folder gave no answer.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// The call ended badly.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The directory or a file in it cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// What is there is no invoice.
    #[error("{0}")]
    Implausible(String),
}

impl FolderFiles {
    /// Prepares the folder of a connection from its setting `invoice_pdf`; nothing is read yet. `folder_url` (behind the
    /// egress guard) or an absolute `directory` says where it is; `name` says how files are called: `{series}`,
    /// `{number}`, `{year}`, `{month}` (two digits) and `{date}` (`2026-11-05`) are filled in, `{series}{number}.pdf`
    /// without it. A `/` in the name leads into a folder below.
    ///
    /// # Errors
    /// Names the field that is missing, unknown or wrong.
    pub fn new(
        vendor: &VendorId,
        connection: &str,
        invoice_pdf: &Value,
        egress: EgressPolicy,
        entropy: Entropy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let Settings { source, name } = Settings::read(connection, invoice_pdf)?;
        let remote = format!("{connection}.invoice_pdf");
        let place = match source {
            Source::Url(url) => {
                Place::Web(WebFolder::new(vendor, connection, &remote, url, egress, entropy)?)
            }
            Source::Directory(root) => Place::Directory(Directory::new(root, clock)),
        };
        Ok(Self { remote, name, place })
    }

    /// What the folder is called in errors and metrics: `erp.invoice_pdf` for the connection `erp`. It is not the
    /// connection itself: a folder can be down while the ERP answers.
    pub fn remote(&self) -> &str {
        &self.remote
    }

    fn implausible(&self, why: impl Into<String>) -> CallError {
        CallError::Implausible { connection: self.remote.clone(), why: why.into() }
    }

    fn explain(&self, trouble: Trouble) -> CallError {
        match trouble {
            Trouble::Call(error) => error,
            Trouble::Unreadable(why) => CallError::NotSent { connection: self.remote.clone(), why },
            Trouble::Implausible(why) => self.implausible(why),
        }
    }
}

#[async_trait]
impl InvoiceFiles for FolderFiles {
    async fn fetch(&self, invoice: &SalesDocument) -> Result<Option<InvoiceFile>, CallError> {
        let segments = self.name.fill_in(invoice);
        let name = segments.last().cloned().unwrap_or_default();
        let found = match &self.place {
            Place::Web(folder) => folder.fetch(&segments).await,
            Place::Directory(directory) => directory.fetch(&segments).await,
        };
        let Some(bytes) = found.map_err(|trouble| self.explain(trouble))? else { return Ok(None) };
        match pdf::judge(&bytes) {
            Verdict::Complete => Ok(Some(InvoiceFile { name, bytes })),
            Verdict::StillWritten => Ok(None),
            Verdict::Other(what) => Err(self.implausible(format!("`{name}` is {what}, not a PDF file"))),
        }
    }
}

impl fmt::Debug for FolderFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderFiles")
            .field("remote", &self.remote)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
