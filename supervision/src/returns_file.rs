//! Reports about returns (of a returns tool, of a payout): CSV or XLSX, with a mapping from the report's columns to ours.
//!
//! Invariant: a row is either wholly understood or reported with its line; nothing is guessed from a number that is none.

mod columns;
mod table;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

pub use self::columns::{Column, Mapped};
use self::{columns::Columns, table::Line};

/// Rows that one report may hold: what one import takes.
pub const ROWS_LIMIT: usize = 10_000;
/// Largest report, bytes.
const BYTES_LIMIT: u64 = 32 << 20;

/// One return as the report tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedReturn {
    /// The order as the report names it.
    pub order: String,
    /// The report's id of the return; without it an order has one return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Units reported.
    pub advised: u32,
    /// Units arrived.
    pub received: u32,
    /// Units that cannot be sold again.
    pub scrapped: u32,
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadLine {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

/// A report, read.
#[derive(Debug, Default)]
pub struct Report {
    /// Which column was taken for what, by the names in the file.
    pub columns: Vec<(Column, String)>,
    /// What can be used, and the line it stands in.
    pub rows: Vec<(u64, ReportedReturn)>,
    /// What cannot.
    pub bad: Vec<BadLine>,
}

/// A report cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file cannot be read.
    #[error("the report {} cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Not a format that we read.
    #[error("{} is neither .csv nor .xlsx; save it as one of them", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
    },
    /// A column is missing, or named wrongly.
    #[error("{}: {why}; name it with --map {column}=<column>; the file has: {}", path.display(), found.join(", "))]
    Column {
        /// Which file.
        path: PathBuf,
        /// Which column of ours.
        column: Column,
        /// What is wrong.
        why: String,
        /// The file's columns.
        found: Vec<String>,
    },
    /// More than we take at once.
    #[error("{} has more than {ROWS_LIMIT} rows or {} MB; split it", path.display(), BYTES_LIMIT >> 20)]
    TooLong {
        /// Which file.
        path: PathBuf,
    },
}

impl Report {
    /// Reads a report. Columns that `mapped` does not name are recognised by their usual names.
    pub fn read(path: &Path, mapped: &[Mapped]) -> Result<Self, ReportError> {
        let mut lines = table::read(path)?.into_iter();
        let header = lines.next().unwrap_or_default();
        let columns = Columns::find(path, &header.cells, mapped)?;
        let mut report = Self { columns: columns.named(&header.cells), ..Self::default() };
        let mut seen: HashMap<(String, String), (u64, ReportedReturn)> = HashMap::new();
        for line in lines.filter(|line| line.cells.iter().any(|cell| !cell.is_empty())) {
            match row(&columns, &line) {
                Ok(row) => {
                    let key = (row.order.clone(), row.id.clone().unwrap_or_default());
                    match seen.get(&key) {
                        None => {
                            seen.insert(key, (line.number, row.clone()));
                            report.rows.push((line.number, row));
                        }
                        // Exports repeat lines (one per article, one per change of state): the same again says nothing new.
                        Some((_, first)) if *first == row => {}
                        Some((first, _)) => {
                            let why = format!("says of the same return something else than line {first}");
                            report.bad.push(BadLine { line: line.number, why });
                        }
                    }
                }
                Err(why) => report.bad.push(BadLine { line: line.number, why }),
            }
        }
        Ok(report)
    }
}

fn row(columns: &Columns, line: &Line) -> Result<ReportedReturn, String> {
    let text = |column| columns.cell(column, &line.cells).filter(|text| !text.is_empty());
    let units = |column: Column| match text(column) {
        None => Ok(0),
        Some(text) => {
            // Spreadsheets write whole numbers with decimals.
            let whole = text.split_once(['.', ',']).filter(|(_, rest)| rest.bytes().all(|b| b == b'0'));
            let digits = whole.map_or(text, |(whole, _)| whole);
            digits.parse::<u32>().map_err(|_| format!("{column}: `{}` is no number of units", short(text)))
        }
    };
    Ok(ReportedReturn {
        order: text(Column::Order).ok_or("names no order")?.to_owned(),
        id: text(Column::Id).map(str::to_owned),
        advised: units(Column::Advised)?,
        received: units(Column::Received)?,
        scrapped: units(Column::Scrapped)?,
    })
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
