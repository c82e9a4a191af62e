//! `content.csv`: texts and images that the ERP does not hold, as a table.
//!
//! Invariant: memory follows the chunk, not the file; a row is either wholly understood or reported with its line.

use std::{
    collections::HashMap,
    fmt,
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Seek as _},
    path::{Path, PathBuf},
};

use csv::ByteRecord;
use vortex_domain::{ContentRow, Language, Sku, article::fingerprint};

use crate::config::reader::nearest;

/// Rows that are read and compared at once: the store looks up so many SKUs in one call.
pub const CHUNK_ROWS: usize = 500;
/// Rows that one file may hold.
const ROWS_LIMIT: u64 = 2_000_000;
/// Bad rows that are reported one by one; further ones are counted.
const SHOWN_LIMIT: usize = 100;
/// Longest text in one field, in characters. The channel's own limits are checked when a listing is made.
const TEXT_LIMIT: usize = 20_000;
/// Images that one row may name.
const IMAGES_LIMIT: usize = 50;
/// Columns in their usual order.
const COLUMNS: [&str; 8] = ["sku", "language", "title", "description", "category", "images", "gtin", "brand"];

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub why: String,
}

/// The rows that cannot be used: the first hundred, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BadRows {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<BadRow>,
}

impl BadRows {
    fn add(&mut self, line: u64, why: String) {
        self.count += 1;
        if self.first.len() < SHOWN_LIMIT {
            self.first.push(BadRow { line, why });
        }
    }
}

impl fmt::Display for BadRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, row) in self.first.iter().enumerate() {
            let gap = if i > 0 { "\n" } else { "" };
            write!(f, "{gap}line {}: {}", row.line, row.why)?;
        }
        let more = self.count - self.first.len() as u64;
        if more > 0 { write!(f, "\nand {more} more") } else { Ok(()) }
    }
}

/// A content file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContentFileError {
    /// The file cannot be read.
    #[error("the content file {} cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The first line does not name the columns.
    #[error("the first line of {}: {why}; expected {}", path.display(), COLUMNS.join(","))]
    Header {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Rows that cannot be used; nothing of the file was applied.
    #[error("{} of the rows of {} cannot be used, so nothing of the file was applied; mend them, or leave them out with --skip-bad-rows:\n{rows}", rows.count, path.display())]
    BadRows {
        /// Which file.
        path: PathBuf,
        /// Which rows, and why.
        rows: BadRows,
    },
    /// More rows than we take at once.
    #[error("{} has more than {ROWS_LIMIT} rows; split it", path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
    },
}

/// Some rows of a file.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Those that can be used.
    pub rows: Vec<ContentRow>,
    /// Those that cannot.
    pub bad: BadRows,
}

/// A content file under reading.
pub struct ContentFile {
    path: PathBuf,
    reader: csv::Reader<BufReader<File>>,
    columns: Columns,
    record: ByteRecord,
    /// Fingerprint of SKU and language → line of the first row that had them.
    seen: HashMap<u64, u64>,
    rows: u64,
}

/// Position of each known column.
#[derive(Debug, Clone, Copy, Default)]
struct Columns([Option<usize>; COLUMNS.len()]);

impl ContentFile {
    /// Opens a file and reads its header. The separator (comma, semicolon or tab) is found out from the first line.
    pub fn open(path: &Path) -> Result<Self, ContentFileError> {
        let unreadable = |source| ContentFileError::Unreadable { path: path.to_owned(), source };
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let mut head = Vec::new();
        file.by_ref().take(64 * 1024).read_until(b'\n', &mut head).map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        let columns = |separator: &u8| head.split(|byte| byte == separator).count();
        let separator = [b'\t', b';', b','].into_iter().max_by_key(columns).unwrap_or(b',');
        let mut reader =
            csv::ReaderBuilder::new().delimiter(separator).has_headers(true).flexible(true).from_reader(file);
        let header = reader.byte_headers().map_err(|error| unreadable(error.into()))?.clone();
        let columns =
            Columns::read(&header).map_err(|why| ContentFileError::Header { path: path.to_owned(), why })?;
        let record = ByteRecord::new();
        Ok(Self { path: path.to_owned(), reader, columns, record, seen: HashMap::new(), rows: 0 })
    }

    /// Reads a whole file for mistakes; the bad rows are an error unless they are to be skipped.
    pub fn check(path: &Path, skip_bad_rows: bool) -> Result<BadRows, ContentFileError> {
        let mut file = Self::open(path)?;
        let mut all = BadRows::default();
        while let Some(chunk) = file.next_chunk(CHUNK_ROWS)? {
            all.count += chunk.bad.count;
            let room = SHOWN_LIMIT - all.first.len();
            all.first.extend(chunk.bad.first.into_iter().take(room));
        }
        if all.count == 0 || skip_bad_rows {
            return Ok(all);
        }
        Err(ContentFileError::BadRows { path: path.to_owned(), rows: all })
    }

    /// The next rows, at most `limit` of them; none at the end of the file.
    pub fn next_chunk(&mut self, limit: usize) -> Result<Option<Chunk>, ContentFileError> {
        let mut chunk = Chunk::default();
        for _ in 0..limit {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(false) if chunk.rows.is_empty() && chunk.bad.count == 0 => return Ok(None),
                Ok(false) => return Ok(Some(chunk)),
                Ok(true) => {}
                Err(error) => {
                    return Err(ContentFileError::Unreadable {
                        path: self.path.clone(),
                        source: error.into(),
                    });
                }
            }
            self.rows += 1;
            if self.rows > ROWS_LIMIT {
                return Err(ContentFileError::TooLong { path: self.path.clone() });
            }
            let line = self.record.position().map_or(0, csv::Position::line);
            match self.row(line) {
                Ok(row) => chunk.rows.push(row),
                Err(why) => chunk.bad.add(line, why),
            }
        }
        Ok(Some(chunk))
    }

    fn row(&mut self, line: u64) -> Result<ContentRow, String> {
        let field = |name: &str| self.columns.field(&self.record, name);
        let sku = field("sku")?.ok_or("has no SKU")?;
        let sku = Sku::new(sku).map_err(|error| error.to_string())?;
        let language = field("language")?.map(language).transpose()?;
        let owned = |name: &str| field(name).map(|text| text.map(str::to_owned));
        let row = ContentRow {
            language,
            title: owned("title")?,
            description: owned("description")?,
            category: owned("category")?,
            images: field("images")?.map_or_else(|| Ok(Vec::new()), images)?,
            gtin: field("gtin")?.map(gtin).transpose()?,
            brand: owned("brand")?,
            sku,
        };
        let key = fingerprint(&(&row.sku, row.language));
        if let Some(first) = self.seen.get(&key) {
            return Err(format!("SKU `{}` in this language stands in line {first} already", row.sku));
        }
        self.seen.insert(key, line);
        Ok(row)
    }
}

impl Columns {
    fn read(header: &ByteRecord) -> Result<Self, String> {
        let mut columns = Self::default();
        for (position, name) in header.iter().enumerate() {
            let name =
                std::str::from_utf8(name).map_err(|_| "is not UTF-8; save the file as \"CSV UTF-8\"")?;
            let name = name.trim_start_matches('\u{FEFF}').trim().to_lowercase();
            let known = COLUMNS.iter().zip(&mut columns.0).find(|(column, _)| **column == name);
            match known {
                Some((_, place @ None)) => *place = Some(position),
                Some((_, Some(_))) => return Err(format!("the column `{name}` stands there twice")),
                None => {
                    let hint = nearest(&name, COLUMNS).map(|meant| format!(", did you mean `{meant}`?"));
                    return Err(format!("the column `{name}` is not known{}", hint.unwrap_or_default()));
                }
            }
        }
        match columns.0 {
            [None, ..] => Err("there is no column `sku`".to_owned()),
            _ => Ok(columns),
        }
    }

    /// A field's text without surrounding space; none when it is empty or the column is not there.
    fn field<'r>(&self, record: &'r ByteRecord, name: &str) -> Result<Option<&'r str>, String> {
        let position =
            COLUMNS.iter().zip(self.0).find(|(column, _)| **column == name).and_then(|(_, place)| place);
        let Some(bytes) = position.and_then(|position| record.get(position)) else { return Ok(None) };
        let text = std::str::from_utf8(bytes)
            .map_err(|_| format!("{name} is not UTF-8; save the file as \"CSV UTF-8\""))?
            .trim();
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(format!("{name} holds a control character"));
        }
        if text.len() > TEXT_LIMIT && text.chars().count() > TEXT_LIMIT {
            return Err(format!("{name} is longer than {TEXT_LIMIT} characters"));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

/// A language by its code or the part before the hyphen: `sv-SE`, `sv`, `SV`.
fn language(text: &str) -> Result<Language, String> {
    let short = |language: &&Language| {
        language.code().split('-').next().is_some_and(|s| s.eq_ignore_ascii_case(text))
    };
    text.parse().or_else(|error: vortex_domain::ids::InvalidId| {
        Language::ALL.iter().find(short).copied().ok_or_else(|| error.to_string())
    })
}

/// Absolute addresses, separated by `|` or white space.
fn images(text: &str) -> Result<Vec<String>, String> {
    let mut images = Vec::new();
    for address in text.split(|c: char| c == '|' || c.is_whitespace()).filter(|part| !part.is_empty()) {
        let valid = url::Url::parse(address)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        if !valid {
            let shown: String = address.chars().take(80).collect();
            return Err(format!("images: `{shown}` is not a web address; separate several with |"));
        }
        if images.len() == IMAGES_LIMIT {
            return Err(format!("images: more than {IMAGES_LIMIT}"));
        }
        images.push(address.to_owned());
    }
    Ok(images)
}

fn gtin(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && matches!(text.len(), 8 | 12 | 13 | 14) {
        return Ok(text.to_owned());
    }
    let shown: String = text.chars().take(40).collect();
    // Spreadsheets show long numbers as 7.31E+12 and save what they show.
    Err(format!("gtin: `{shown}` is not 8, 12, 13 or 14 digits; format the column as text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("content.csv");
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn rows(content: &str) -> Chunk {
        let (_folder, path) = file(content);
        ContentFile::open(&path).unwrap().next_chunk(CHUNK_ROWS).unwrap().unwrap_or_default()
    }

    #[test]
    fn reads_every_column() {
        let chunk = rows(
            "sku,language,title,description,category,images,gtin,brand\n\
             A-1,sv-SE,Skruvmejsel,\"Lång, \"\"stadig\"\"\nrad två\",1124,https://i.example/1.jpg|https://i.example/2.jpg,7310865004703,Unior\n",
        );
        assert_eq!(chunk.bad, BadRows::default());
        let row = &chunk.rows[0];
        assert_eq!((row.sku.as_str(), row.language), ("A-1", Some(Language::Sv)));
        assert_eq!(row.description.as_deref(), Some("Lång, \"stadig\"\nrad två"));
        assert_eq!(row.images, ["https://i.example/1.jpg", "https://i.example/2.jpg"]);
        assert_eq!((row.gtin.as_deref(), row.brand.as_deref()), (Some("7310865004703"), Some("Unior")));
    }

    #[test]
    fn takes_what_spreadsheets_save() {
        let chunk = rows("\u{FEFF}SKU;Title;Language\r\nA-1; Ciocan ;\r\nA-1;Hammer;en\r\n");
        assert_eq!(chunk.bad, BadRows::default());
        assert_eq!(chunk.rows[0].title.as_deref(), Some("Ciocan"));
        assert_eq!((chunk.rows[0].language, chunk.rows[1].language), (None, Some(Language::En)));
    }

    #[test]
    fn names_line_and_reason_of_every_bad_row() {
        let chunk = rows(
            "sku,language,images,gtin\n\
             ,sv,,\n\
             A,xx,,\n\
             B,,/img/b.jpg,\n\
             C,,,7.31E+12\n\
             D,,,\n\
             D,,,\n\
             D,sv,,\n",
        );
        let lines: Vec<u64> = chunk.bad.first.iter().map(|bad| bad.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 7]);
        let reasons = chunk.bad.to_string();
        for reason in [
            "line 2: has no SKU",
            "`xx`",
            "`/img/b.jpg` is not a web address",
            "`7.31E+12`",
            "line 6 already",
        ] {
            assert!(reasons.contains(reason), "{reason} is not in {reasons}");
        }
        assert_eq!(chunk.rows.len(), 2);
    }

    #[test]
    fn an_old_code_page_is_said_to_be_one() {
        let (_folder, path) = file(b"sku,title\nA,S\xE5g\nB,Saw\n");
        let error = ContentFile::check(&path, false).unwrap_err().to_string();
        assert!(error.contains("line 2: title is not UTF-8") && error.contains("--skip-bad-rows"), "{error}");
        assert_eq!(ContentFile::check(&path, true).unwrap().count, 1);
    }

    #[test]
    fn refuses_columns_that_nobody_knows() {
        for (header, expected) in [
            ("sku,titel", "did you mean `title`?"),
            ("title,language", "there is no column `sku`"),
            ("sku,title,Title", "the column `title` stands there twice"),
            ("", "the column `` is not known"),
        ] {
            let (_folder, path) = file(header);
            let error = ContentFile::open(&path).map(drop).map_err(|error| error.to_string()).unwrap_err();
            assert!(header.is_empty() || error.contains(expected), "{header} gave {error}");
        }
    }

    #[test]
    fn a_long_file_comes_in_chunks() {
        let rows: Vec<String> = (0..1_201).map(|i| format!("S-{i},Title {i}")).collect();
        let text = format!("sku,title\n{}\n", rows.join("\n"));
        let (_folder, path) = file(text);
        let mut content = ContentFile::open(&path).unwrap();
        let mut sizes = Vec::new();
        while let Some(chunk) = content.next_chunk(CHUNK_ROWS).unwrap() {
            sizes.push(chunk.rows.len());
        }
        assert_eq!(sizes, [500, 500, 201]);
    }

    #[test]
    fn bad_rows_beyond_the_shown_ones_are_counted() {
        let (_folder, path) = file(format!("sku,gtin\n{}", "A,x\n".repeat(150)));
        let Err(ContentFileError::BadRows { rows, .. }) = ContentFile::check(&path, false) else { panic!() };
        assert_eq!((rows.count, rows.first.len()), (150, 100));
        assert!(rows.to_string().ends_with("and 50 more"));
    }
}
