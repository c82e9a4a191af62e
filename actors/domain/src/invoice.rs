//! Fiscal documents as the ERP shows them. We find and keep them; we never make, render or alter one.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::Sku;

/// A sales document of the ERP: an invoice, or a storno when its goods come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesDocument {
    /// Series (the booklet's prefix); may be empty.
    pub series: String,
    /// Number within the series.
    pub number: String,
    /// Its date.
    pub date: Date,
    /// The partner that it is made out to.
    pub partner: String,
    /// Its total with VAT, in bani; negative for a storno.
    pub total_minor: i64,
    /// What it moves.
    pub lines: Vec<SoldLine>,
}

/// One line of a sales document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoldLine {
    /// The article.
    pub sku: Sku,
    /// Thousandths of a unit; negative on a storno.
    pub quantity_milli: i64,
    /// Without VAT, in bani, for the whole line; negative on a storno.
    pub net_minor: i64,
}

impl SalesDocument {
    /// Series and number, as people write them.
    pub fn name(&self) -> String {
        format!("{}{}", self.series, self.number)
    }

    /// Goods come back with it.
    pub fn is_storno(&self) -> bool {
        self.total_minor < 0 || self.lines.iter().any(|line| line.quantity_milli < 0)
    }
}
