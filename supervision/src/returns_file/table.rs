//! CSV and XLSX as lines of texts.

use std::{fs, path::Path};

use calamine::{Data, Reader as _, Xlsx, open_workbook};

use super::{BYTES_LIMIT, ROWS_LIMIT, ReportError};

/// One line of a table.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    pub(super) cells: Vec<String>,
}

/// The lines of a file, its header first.
pub(super) fn read(path: &Path) -> Result<Vec<Line>, ReportError> {
    let unreadable = |source| ReportError::Unreadable { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(|error| unreadable(error.into()))?.len();
    if size > BYTES_LIMIT {
        return Err(ReportError::TooLong { path: path.to_owned() });
    }
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
    let lines = match end.as_str() {
        "csv" | "txt" | "tsv" => csv_lines(&fs::read(path).map_err(|error| unreadable(error.into()))?),
        "xlsx" => xlsx_lines(path),
        _ => return Err(ReportError::Format { path: path.to_owned() }),
    };
    let lines = lines.map_err(unreadable)?;
    // The header, the limit, and one more that says that there are more.
    if lines.len() > ROWS_LIMIT + 1 {
        return Err(ReportError::TooLong { path: path.to_owned() });
    }
    Ok(lines)
}

type Lines = Result<Vec<Line>, Box<dyn std::error::Error + Send + Sync>>;

/// The separator (comma, semicolon or tab) is found out from the first line.
fn csv_lines(bytes: &[u8]) -> Lines {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8; save it as `CSV UTF-8`")?;
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    let separator = ['\t', ';', ','].into_iter().max_by_key(|separator| head.matches(*separator).count());
    let separator = separator.and_then(|separator| u8::try_from(separator).ok()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records().take(ROWS_LIMIT + 2) {
        let record = record?;
        let number = record.position().map_or(0, csv::Position::line);
        lines.push(Line { number, cells: record.iter().map(|cell| cell.trim().to_owned()).collect() });
    }
    Ok(lines)
}

/// The first sheet.
fn xlsx_lines(path: &Path) -> Lines {
    let mut book: Xlsx<_> = open_workbook(path)?;
    let range = book.worksheet_range_at(0).ok_or("it has no sheet")??;
    let first = u64::from(range.start().map_or(0, |(row, _)| row)) + 1;
    let rows = range.rows().take(ROWS_LIMIT + 2);
    Ok((first..)
        .zip(rows)
        .map(|(number, row)| Line { number, cells: row.iter().map(cell).collect() })
        .collect())
}

fn cell(data: &Data) -> String {
    match data {
        // Long numbers stand as floats in spreadsheets; an order's number has no decimals.
        Data::Float(number) if number.fract() == 0.0 => format!("{number:.0}"),
        other => other.to_string().trim().to_owned(),
    }
}
