//! `vendor.toml`: one vendor as a file, and the way from there to stored records and back to a snapshot.
//!
//! Invariant: a file is read, checked and compared as a whole before anything is written; credentials appear in no
//! message and no comparison, only the fact that they changed.

mod apply;
mod bundles;
mod connections;
mod diff;
mod rates;
mod settings;
mod snapshot;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use vortex_domain::{VendorId, mapping::Mapping, vat::VatTable};
use vortex_port::{Connection, http::EgressPolicy};
use vortex_store::registry::RateRecord;

use crate::{
    config::{
        Environment,
        reader::{Node, Problems, Section},
    },
    connectors::{self, Role},
};

pub use apply::{ApplyError, Current, Plan, plan, write};
pub use diff::Change;
pub use rates::{Feed, HIGHEST as HIGHEST_RATE, feed};
pub use settings::{RateFeed, RateSettings, VendorSettings};
pub use snapshot::{LoadError, Stored, load, snapshot};

/// Largest file that is read, bytes.
const FILE_LIMIT: u64 = 4 * 1024 * 1024;

/// A vendor's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VendorFileError {
    /// The file cannot be read.
    #[error("the vendor file {} cannot be read; check the path", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML: {why}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// The parser's words, with line and column.
        why: String,
    },
    /// Keys or values are wrong.
    #[error("{0}")]
    Problems(#[from] Problems),
}

/// One vendor as its file describes it, checked, credentials resolved.
#[derive(Debug, Clone)]
pub struct VendorFile {
    /// Identity.
    pub id: VendorId,
    /// Company name.
    pub name: String,
    /// Everything that is stored with the vendor.
    pub settings: VendorSettings,
    /// The connections by name, credentials in the clear.
    pub connections: Vec<Connection>,
    /// Where the content stands, when the file names a place.
    pub content: Option<PathBuf>,
    /// Published rates from the named file.
    pub rates: Vec<RateRecord>,
    /// The mapping from the named file; none leaves the live one as it is.
    pub mapping: Option<Mapping>,
}

impl VendorFile {
    /// Reads and checks a file. Paths in it are relative to its folder.
    pub fn read(
        path: &Path,
        environment: &Environment,
        egress: &EgressPolicy,
    ) -> Result<Self, VendorFileError> {
        let text = read_text(path)
            .map_err(|source| VendorFileError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path, environment, egress)
    }

    /// Checks the text of a file that stands at `path`.
    pub fn parse(
        text: &str,
        path: &Path,
        environment: &Environment,
        egress: &EgressPolicy,
    ) -> Result<Self, VendorFileError> {
        let table = text
            .parse::<toml::Table>()
            .map_err(|error| VendorFileError::Syntax { path: path.to_owned(), why: error.to_string() })?;
        let origin: Arc<str> = Arc::from(path.display().to_string());
        let root = Section::root(Node::from_toml(toml::Value::Table(table), &origin));
        let folder = path.parent().unwrap_or(Path::new(""));

        let vendor = root.section_or_empty("vendor");
        let id = vendor
            .required("id", "acme")
            .and_then(|id| VendorId::new(&id).map_err(|error| vendor.wrong("id", error.to_string())).ok());
        let name = vendor.required("name", "Acme SRL").unwrap_or_default();
        let languages = settings::languages(&vendor);
        vendor.finish();

        let connections =
            connections::read(&root.section_or_empty("connections"), id.as_ref(), environment, egress);
        let markets = connections
            .iter()
            .find(|connection| Role::of(&connection.kind) == Some(Role::Channel))
            .map(snapshot::markets)
            .unwrap_or_default();
        let rates_section = root.section_or_empty("rates");
        let (rates, rate_rows) = rates::read(&rates_section, id.as_ref(), &markets, folder, egress);
        rates_section.finish();
        let (content, image_url) = settings::content(&root.section_or_empty("content"), folder);

        let settings = VendorSettings {
            languages,
            stock: settings::stock(&root.section_or_empty("stock")),
            bundles: bundles::read(&root.section_or_empty("bundles")),
            image_url,
            rates,
            shipping: settings::shipping(&root.section_or_empty("shipping")),
            invoices: settings::invoices(&root.section_or_empty("invoices")),
            vat: vat(&root.section_or_empty("vat"), folder),
        };
        let mapping = mapping(&root.section_or_empty("mapping"), folder, &connections);
        root.finish();
        root.problems()?;
        // Without an id there is a problem, and the line above returned it.
        let Some(id) = id else { return Err(Problems::default().into()) };
        Ok(Self { id, name, settings, connections, content, rates: rate_rows, mapping })
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let size = fs::metadata(path)?.len();
    if size > FILE_LIMIT {
        let why = format!("it has {size} bytes, the limit is {FILE_LIMIT}");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, why));
    }
    fs::read_to_string(path)
}

/// The text of the file that a section names, with problems noted at its key.
fn named_file(section: &Section, folder: &Path) -> Option<String> {
    let path = folder.join(section.text("file")?);
    read_text(&path)
        .map_err(|error| section.wrong("file", format!("{} cannot be read: {error}", path.display())))
        .ok()
}

/// The file's rules over the built-in ones, checked against the fields of the vendor's connections.
fn mapping(section: &Section, folder: &Path, connections: &[Connection]) -> Option<Mapping> {
    let text = named_file(section, folder);
    section.finish();
    let mapping =
        Mapping::from_toml(&text?).map_err(|error| section.wrong("file", error.to_string())).ok()?;
    // Without both connections their own absence is what has to be mended first.
    let has = |role| connections.iter().any(|connection| Role::of(&connection.kind) == Some(role));
    if has(Role::Erp) && has(Role::Channel) {
        let findings = mapping.clone().compile(0, &connectors::schemas(connections)).err();
        for finding in findings.iter().flat_map(|findings| &findings.0) {
            section.wrong("file", finding.to_string());
        }
    }
    Some(mapping)
}

/// The vendor's own VAT rows and classes, as the text that [`VatTable::with_overrides`] reads.
fn vat(section: &Section, folder: &Path) -> Option<String> {
    let text = named_file(section, folder);
    section.finish();
    let text = text?;
    VatTable::with_overrides(&text).map_err(|error| section.wrong("file", error.to_string())).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests;
