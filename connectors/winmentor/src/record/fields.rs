//! Access to the fields of one record, whichever dialect it came in.

use std::borrow::Cow;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::layout::{Anchor, Column, yes_no};
use crate::{date, decimal};

/// The fields of one record.
#[derive(Debug, Clone)]
pub enum Fields<'a> {
    /// The tokens of a raw record, by position.
    Raw(Vec<Cow<'a, str>>),
    /// A JSON row, by a bridge's field names.
    Typed(&'a Map<String, Value>),
}

/// A field that does not hold what its reader promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// A field without which the row means nothing.
    #[error("{0} is empty or missing")]
    Missing(&'static str),
    /// A field with a value of another kind.
    #[error("{column}: {problem}")]
    Invalid {
        /// The vendor's name of the field.
        column: &'static str,
        /// What is wrong with the value.
        problem: String,
    },
}

impl Fields<'_> {
    /// The field as it came; empty where it is missing.
    pub fn verbatim(&self, column: Column) -> Cow<'_, str> {
        self.find(column).unwrap_or_default()
    }

    /// Text for people: control characters become spaces, the ends are trimmed.
    pub fn text(&self, column: Column) -> String {
        readable(&self.verbatim(column))
    }

    /// Text for people, or nothing.
    pub fn optional_text(&self, column: Column) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// Free text at the end of a record: this field and, in a raw record, all that follows it.
    pub fn text_to_the_end(&self, column: Column) -> String {
        match self {
            Self::Raw(tokens) => {
                let rest = tokens.get(column.at..).unwrap_or_default().join(";");
                readable(rest.trim_end_matches(';'))
            }
            Self::Typed(_) => self.text(column),
        }
    }

    /// A code, exactly as the ERP knows it: it will be sent back. Blank is none.
    pub fn code(&self, column: Column) -> Option<String> {
        self.find(column).filter(|code| !code.trim().is_empty()).map(Cow::into_owned)
    }

    /// A number; blank is none.
    pub fn decimal(&self, column: Column) -> Result<Option<Decimal>, FieldError> {
        decimal::read(&self.verbatim(column)).map_err(|error| invalid(column, &error))
    }

    /// A number that the row cannot do without.
    pub fn required_decimal(&self, column: Column) -> Result<Decimal, FieldError> {
        self.decimal(column)?.ok_or(FieldError::Missing(column.name))
    }

    /// A whole number; blank and anything else is none.
    pub fn integer(&self, column: Column) -> Option<i64> {
        self.verbatim(column).trim().parse().ok()
    }

    /// A date; blank and `30.12.1899` are none.
    pub fn date(&self, column: Column) -> Result<Option<Date>, FieldError> {
        date::read(&self.verbatim(column)).map_err(|error| invalid(column, &error))
    }

    /// Yes or no; blank is none.
    pub fn yes_no(&self, column: Column) -> Result<Option<bool>, FieldError> {
        let text = self.verbatim(column);
        match text.trim() {
            "" => Ok(None),
            text => yes_no(text)
                .map(Some)
                .ok_or_else(|| invalid(column, &format!("`{text}` is neither DA nor NU"))),
        }
    }

    /// Whether nothing stands in any field. A JSON row without keys is damaged rather than blank.
    pub(super) fn are_blank(&self) -> bool {
        let blank = |text: &str| text.trim().is_empty();
        match self {
            Self::Raw(tokens) => tokens.iter().all(|token| blank(token)),
            Self::Typed(row) => {
                !row.is_empty() && row.values().all(|value| scalar(value).is_none_or(|text| blank(&text)))
            }
        }
    }

    /// Whether the anchor holds. A field that this record does not have cannot contradict.
    pub(super) fn agrees_with(&self, anchor: &Anchor) -> bool {
        self.find(anchor.column).is_none_or(|text| anchor.shape.fits(&text))
    }

    fn find(&self, column: Column) -> Option<Cow<'_, str>> {
        match self {
            Self::Raw(tokens) => tokens.get(column.at).map(|token| Cow::Borrowed(token.as_ref())),
            Self::Typed(row) => column.keys.iter().find_map(|key| value_of(row, key)).and_then(scalar),
        }
    }
}

/// The value of a key, in whatever letter case the dialect writes it.
fn value_of<'row>(row: &'row Map<String, Value>, key: &str) -> Option<&'row Value> {
    row.get(key)
        .or_else(|| row.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}

/// JSON scalars as the text that a raw record would hold.
pub(super) fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "DA" } else { "NU" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn readable(text: &str) -> String {
    let spaced = text.replace(char::is_control, " ");
    spaced.trim().to_owned()
}

fn invalid(column: Column, problem: &(impl ToString + ?Sized)) -> FieldError {
    FieldError::Invalid { column: column.name, problem: problem.to_string() }
}
