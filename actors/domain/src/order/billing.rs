//! The fiscal documents of one order: found in the ERP, their files kept byte for byte, differences shown.

use serde::{Deserialize, Serialize};

use super::Order;
use crate::invoice::SalesDocument;

/// A file that is kept with an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// The document that it is of (`SalesDocument::name`).
    pub document: String,
    /// SHA-256 of the bytes, base64url: where they are kept.
    pub hash: String,
    /// Bytes.
    pub size: u64,
    /// When it was kept.
    pub at_ms: i64,
    /// When the channel took it; channels that take no documents never do.
    #[serde(default)]
    pub attached_ms: Option<i64>,
}

/// What the ERP shows of an order's fiscal documents, and what of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Billing {
    /// Invoices and stornos, as the newest reading shows them.
    pub documents: Vec<SalesDocument>,
    /// When the newest reading began.
    pub read_ms: Option<i64>,
    /// When the first document was seen.
    pub found_ms: Option<i64>,
    /// Files of documents.
    pub files: Vec<KeptFile>,
    /// The invoice should be there by now.
    pub late: bool,
    /// Its file should be there by now.
    pub file_late: bool,
    /// Bytes that came for a document and belong to another order: that order's document.
    pub foreign_file: Option<String>,
}

/// What is wrong with an order's invoices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum BillingDoubt {
    /// More than one live invoice; their names.
    Several(String),
    /// The invoice's net total is not the order's: invoice, order, in bani.
    Total(String, i64, i64),
    /// Made out to another partner than the order: invoice, its partner, the order's.
    Partner(String, String, String),
}

impl Billing {
    /// The invoices, without stornos.
    pub fn invoices(&self) -> impl Iterator<Item = &SalesDocument> {
        self.documents.iter().filter(|document| !document.is_storno())
    }

    /// The stornos.
    pub fn stornos(&self) -> impl Iterator<Item = &SalesDocument> {
        self.documents.iter().filter(|document| document.is_storno())
    }

    /// The kept file of a document.
    pub fn file_of(&self, document: &SalesDocument) -> Option<&KeptFile> {
        let name = document.name();
        self.files.iter().find(|file| file.document == name)
    }

    /// Documents whose files are still to be fetched.
    pub fn unkept(&self) -> impl Iterator<Item = &SalesDocument> {
        self.documents.iter().filter(|document| self.file_of(document).is_none())
    }

    /// Takes a reading over, unless it began before the newest one. Returns whether it did.
    pub(super) fn read(&mut self, documents: &[SalesDocument], read_ms: i64) -> bool {
        if self.read_ms.is_some_and(|have| have > read_ms) {
            return false;
        }
        self.read_ms = Some(read_ms);
        self.documents = documents.to_vec();
        self.documents.sort_by_key(|document| (document.date, document.name()));
        if self.found_ms.is_none() && self.invoices().next().is_some() {
            self.found_ms = Some(read_ms);
        }
        true
    }

    pub(super) fn kept(&mut self, file: &KeptFile) {
        if !self.files.iter().any(|known| known.document == file.document) {
            self.files.push(file.clone());
            self.foreign_file.take_if(|document| *document == file.document);
        }
    }
}

impl Order {
    /// The invoices that no storno has taken back entirely; of several, one is always left to judge by.
    fn live_invoices(&self) -> Vec<&SalesDocument> {
        let mut live: Vec<&SalesDocument> = self.billing.invoices().collect();
        let mut take_back = |total_minor: i64, partner: Option<&str>| {
            let same = |invoice: &&SalesDocument| {
                invoice.total_minor == total_minor.saturating_neg()
                    && partner.is_none_or(|partner| invoice.partner == partner)
            };
            let found = live.iter().position(same).filter(|_| live.len() > 1);
            found.map(|at| live.remove(at)).is_some()
        };
        let mut rest_minor = 0_i64;
        for storno in self.billing.stornos() {
            let total = storno.total_minor;
            if !take_back(total, Some(&storno.partner)) && !take_back(total, None) {
                rest_minor = rest_minor.saturating_add(total);
            }
        }
        // One invoice may be taken back by several stornos.
        take_back(rest_minor, None);
        live
    }

    /// What a person must look at before anybody relies on the invoices.
    pub fn billing_doubt(&self) -> Option<BillingDoubt> {
        let live = self.live_invoices();
        let sale = self.sale.as_ref()?;
        let ordered: i64 = sale.lines.iter().map(|line| line.quantity.saturating_mul(1_000)).sum();
        let invoiced: i64 = live.iter().flat_map(|d| &d.lines).map(|line| line.quantity_milli).sum();
        if live.len() > 1 && invoiced > ordered {
            return Some(BillingDoubt::Several(live.iter().map(|d| d.name()).collect::<Vec<_>>().join(", ")));
        }
        let first = live.first()?;
        if let Some(stranger) = live.iter().find(|d| !d.partner.is_empty() && d.partner != sale.customer) {
            return Some(BillingDoubt::Partner(
                stranger.name(),
                stranger.partner.clone(),
                sale.customer.clone(),
            ));
        }
        // The ERP rounds unit prices to bani: half a ban for each unit, and one for the total.
        let units: i64 = sale.lines.iter().map(|line| line.quantity).sum();
        let net: i64 = live.iter().flat_map(|d| &d.lines).map(|line| line.net_minor).sum();
        let complete = invoiced >= ordered;
        if complete && (net - sale.total.minor).abs() > units + 1 {
            return Some(BillingDoubt::Total(first.name(), net, sale.total.minor));
        }
        None
    }
}
