//! A whole answer of a reader: its rows, and how sound it was.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{FieldError, Fields, scalar};
use super::layout::Layout;
use super::split::explain;

/// A row of one reader.
pub trait Row: Sized {
    /// What the reader sends.
    const LAYOUT: Layout;

    /// Reads the row from fields that already agree with the layout.
    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError>;
}

/// The rows of one complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<R> {
    /// The sound rows, in the order of the answer.
    pub rows: Vec<R>,
    /// How sound the answer was.
    pub health: Health,
}

/// How sound an answer was. Anything rejected is worth telling a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Records that came.
    pub records: usize,
    /// `---nedefinit---` and blank rows, skipped.
    pub placeholders: usize,
    /// Records in which a value that holds `;` was put together again.
    pub rejoined: usize,
    /// Records that were left out.
    pub rejected: usize,
    /// The first [`Health::MAX_EXAMPLES`] of them.
    pub examples: Vec<Rejection>,
    /// The codes of all of them, as far as they can be told: what else stands under such a code is incomplete.
    pub rejected_codes: Vec<String>,
    /// How many raw records had how many tokens. More than one width is drift or a `;` inside a value.
    pub widths: BTreeMap<usize, usize>,
}

impl Health {
    /// How many rejected records are named.
    pub const MAX_EXAMPLES: usize = 20;

    fn reject(&mut self, code: Option<String>, rejection: Rejection) {
        self.rejected += 1;
        self.rejected_codes.extend(code);
        if self.examples.len() < Self::MAX_EXAMPLES {
            self.examples.push(rejection);
        }
    }
}

/// A record that was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reader}, record {} ({}): {reason}", index + 1, identity.as_deref().unwrap_or("no code"))]
pub struct Rejection {
    /// The reader.
    pub reader: &'static str,
    /// Position in the answer, counted from 0.
    pub index: usize,
    /// The row's code, as far as it can be told and may be shown.
    pub identity: Option<String>,
    /// What is wrong.
    pub reason: RejectionReason,
}

/// Why a record was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RejectionReason {
    /// Fewer tokens than this reader ever sends.
    #[error("it has {width} fields, fewer than the {min_width} that every such record has")]
    TooShort {
        /// Tokens of the record.
        width: usize,
        /// Smallest known width.
        min_width: usize,
    },
    /// No way to split it puts the right kinds of values into the right places.
    #[error(
        "{column} does not look like itself; a `;` inside a value has probably shifted the fields, remove it in WinMentor"
    )]
    Shape {
        /// The first field that looks wrong.
        column: &'static str,
    },
    /// A value that cannot be read.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Neither a text, nor a list of texts, nor an object.
    #[error("it is not a record")]
    NotARecord,
}

/// An answer that should have been a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}: the bridge sent something other than a list of records; is its address right and its version supported?"
)]
pub struct NotAList(&'static str);

impl<R: Row> Batch<R> {
    /// Decodes the `data` of a bridge's answer: a list, `{"items": […]}`, or null for an empty list.
    pub fn decode(data: &Value) -> Result<Self, NotAList> {
        let list = match data {
            Value::Object(page) => page.get("items"),
            other => Some(other),
        };
        match list {
            Some(Value::Null) => Ok(Self::from_records(&[])),
            Some(Value::Array(records)) => Ok(Self::from_records(records)),
            _ => Err(NotAList(R::LAYOUT.reader)),
        }
    }

    /// Decodes the records of one complete answer; the pages of a paged one must be put together first,
    /// because the usual width is a property of the whole.
    pub fn from_records(records: &[Value]) -> Self {
        let mut health = Health { records: records.len(), ..Health::default() };
        let records: Vec<Option<Fields<'_>>> = records.iter().map(fields_of).collect();
        for tokens in records.iter().filter_map(|record| raw_tokens(record.as_ref())) {
            *health.widths.entry(tokens.len()).or_default() += 1;
        }
        let usual_width = usual_width(&health.widths);

        let mut rows = Vec::with_capacity(records.len());
        for (index, record) in records.into_iter().enumerate() {
            match Self::row(record.as_ref(), usual_width, &mut health) {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => health.placeholders += 1,
                Err(reason) => {
                    let code = record.as_ref().and_then(code_of::<R>);
                    let identity = code.as_deref().map(shown);
                    health.reject(code, Rejection { reader: R::LAYOUT.reader, index, identity, reason });
                }
            }
        }
        Self { rows, health }
    }

    /// One record's row, or `None` for a placeholder.
    fn row(
        record: Option<&Fields<'_>>,
        usual_width: Option<usize>,
        health: &mut Health,
    ) -> Result<Option<R>, RejectionReason> {
        let layout = &R::LAYOUT;
        let record = record.ok_or(RejectionReason::NotARecord)?;
        if is_placeholder(record, layout) {
            return Ok(None);
        }
        let misfit =
            layout.shape.iter().find(|anchor| !record.agrees_with(anchor)).map(|anchor| anchor.column.name);
        let misfit = || RejectionReason::Shape { column: misfit.unwrap_or(layout.reader) };
        let explained;
        let fields = match record {
            Fields::Raw(tokens) if tokens.len() < layout.min_width => {
                return Err(RejectionReason::TooShort { width: tokens.len(), min_width: layout.min_width });
            }
            Fields::Raw(tokens) => {
                explained = explain(tokens, usual_width, layout).ok_or_else(misfit)?;
                health.rejoined += usize::from(explained.rejoined);
                &explained.fields
            }
            typed @ Fields::Typed(_) if layout.shape.iter().all(|anchor| typed.agrees_with(anchor)) => typed,
            Fields::Typed(_) => return Err(misfit()),
        };
        Ok(Some(R::from_fields(fields)?))
    }
}

/// The fields as they seem to be at first sight.
fn fields_of(record: &Value) -> Option<Fields<'_>> {
    match record {
        Value::String(text) => Some(Fields::Raw(text.split(';').map(Cow::Borrowed).collect())),
        Value::Array(tokens) => {
            Some(Fields::Raw(tokens.iter().map(|token| scalar(token).unwrap_or_default()).collect()))
        }
        Value::Object(row) => Some(Fields::Typed(row)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn raw_tokens<'r, 'a>(record: Option<&'r Fields<'a>>) -> Option<&'r [Cow<'a, str>]> {
    match record? {
        Fields::Raw(tokens) => Some(tokens),
        Fields::Typed(_) => None,
    }
}

/// The most common width; the smaller of two equally common ones, because values tear and columns are
/// only ever appended. A single record proves nothing.
fn usual_width(widths: &BTreeMap<usize, usize>) -> Option<usize> {
    let records: usize = widths.values().sum();
    let usual = widths.iter().rev().max_by_key(|(_, count)| **count).map(|(width, _)| *width);
    usual.filter(|_| records >= 2)
}

/// Whether the row stands for "nothing": WinMentor keeps such rows at the head of its lists.
///
/// A blank code alone proves nothing: it may be the beginning of a torn one.
fn is_placeholder(fields: &Fields<'_>, layout: &Layout) -> bool {
    let Some(name) = layout.name else { return false };
    if fields.are_blank() {
        return true;
    }
    let name = fields.text(name).to_lowercase();
    fields.code(layout.identity).is_none()
        && matches!(name.trim_matches(['-', ' ']), "nedefinit" | "nedefinita" | "nedefinită")
}

fn code_of<R: Row>(fields: &Fields<'_>) -> Option<String> {
    if R::LAYOUT.personal { None } else { fields.code(R::LAYOUT.identity) }
}

fn shown(code: &str) -> String {
    let readable = code.replace(char::is_control, " ");
    readable.trim().chars().take(40).collect()
}
