//! What a list may be asked for, and how its rows are shown: shapes, searches, pages.

use serde::Deserialize;
use serde_json::json;

use super::options::{AnswerFault, Dialect, WinMentorSimOptions};
use super::record::{Layout, Record, Shape, write_record};

/// What a list may be asked for. Everything arrives as text and is read with tolerance.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListQuery {
    page: String,
    page_size: String,
    pub(super) search: String,
    pub(super) refresh: String,
    raw: String,
    pub(super) last_sync: String,
    pub(super) gestiune: String,
    pub(super) an: String,
    pub(super) luna: String,
}

pub(super) fn yes(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1"
}

/// How the answer of one request looks.
pub(super) struct Look {
    dialect: Dialect,
    pub(super) raw: bool,
    extra_columns: usize,
    resplit: bool,
    answers: AnswerFault,
}

impl Look {
    pub(super) fn new(options: &WinMentorSimOptions, query: &ListQuery) -> Self {
        Self {
            dialect: options.dialect,
            raw: yes(&query.raw),
            extra_columns: options.extra_columns,
            resplit: options.split_on_every_semicolon,
            answers: options.answers,
        }
    }

    /// The shape of a reader that the WinMentor Bridge gives names to as well.
    pub(super) fn named(&self) -> Shape {
        if self.raw { Shape::Raw } else { Shape::Named }
    }

    /// The shape of a reader that the WinMentor Bridge leaves untyped.
    pub(super) fn untyped(&self) -> Shape {
        match self.named() {
            Shape::Named if self.dialect == Dialect::BridgeV12 => Shape::Columns,
            shape => shape,
        }
    }

    pub(super) fn one(&self, out: &mut Vec<u8>, record: &mut Record, layout: &Layout, shape: Shape) {
        record.push_all((0..self.extra_columns).map(|_| "0"));
        write_record(out, record, layout, shape, self.resplit);
    }

    /// A JSON array of the rows, or `null` when there is none.
    fn rows(
        &self,
        out: &mut Vec<u8>,
        rows: impl Iterator<Item = usize>,
        layout: &Layout,
        shape: Shape,
        mut fill: impl FnMut(&mut Record, usize),
    ) {
        let mut record = Record::default();
        let mut any = false;
        for row in rows {
            out.push(if any { b',' } else { b'[' });
            any = true;
            record.clear();
            fill(&mut record, row);
            self.one(out, &mut record, layout, shape);
        }
        out.extend_from_slice(if any { b"]" } else { b"null" });
    }

    /// The data of an unpaged list of `count` rows.
    pub(super) fn list(
        &self,
        count: usize,
        layout: &Layout,
        shape: Shape,
        fill: impl FnMut(&mut Record, usize),
    ) -> Vec<u8> {
        let mut out = Vec::new();
        self.rows(&mut out, 0..self.answers.keep(count), layout, shape, fill);
        out
    }
}

/// The rows of a paged list: all, or those that a search found.
pub(super) enum Rows {
    All(usize),
    Found(Vec<usize>),
}

impl Rows {
    pub(super) fn find(count: usize, search: &str, matches: impl Fn(usize, &str) -> bool) -> Self {
        let wanted = search.trim().to_lowercase();
        if wanted.is_empty() {
            return Self::All(count);
        }
        Self::Found((0..count).filter(|&row| matches(row, &wanted)).collect())
    }

    fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Found(rows) => rows.len(),
        }
    }

    fn get(&self, place: usize) -> usize {
        match self {
            Self::All(_) => place,
            Self::Found(rows) => rows.get(place).copied().unwrap_or(0),
        }
    }
}

pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    pub(super) fn new(options: &WinMentorSimOptions, query: &ListQuery) -> Self {
        let size = query.page_size.parse().unwrap_or(options.default_page_size);
        let limit = match options.dialect {
            Dialect::MentorApi => options.max_page_size,
            Dialect::BridgeV12 => options.max_page_size.min(5_000),
        };
        Self { number: query.page.parse().unwrap_or(1).max(1), size: size.clamp(1, limit.max(1)) }
    }

    pub(super) fn data(
        &self,
        look: &Look,
        rows: &Rows,
        layout: &Layout,
        fill: impl FnMut(&mut Record, usize),
    ) -> Vec<u8> {
        let total = look.answers.keep(rows.len());
        let pages = total.div_ceil(self.size);
        let from = (self.number - 1).saturating_mul(self.size).min(total);
        let to = from.saturating_add(self.size).min(total);
        let mut out = Vec::with_capacity((to - from) * 400 + 128);
        out.extend_from_slice(br#"{"items":"#);
        look.rows(&mut out, (from..to).map(|place| rows.get(place)), layout, look.named(), fill);
        let rest = match look.dialect {
            Dialect::MentorApi => json!({
                "page": self.number, "pageSize": self.size, "totalPages": pages,
                "hasNextPage": self.number < pages,
            }),
            Dialect::BridgeV12 => json!({
                "page": self.number, "pageSize": self.size, "totalItems": total, "totalPages": pages,
                "hasNextPage": self.number < pages, "hasPreviousPage": self.number > 1,
            }),
        }
        .to_string();
        out.push(b',');
        out.extend_from_slice(rest.get(1..).unwrap_or_default().as_bytes());
        out
    }
}
