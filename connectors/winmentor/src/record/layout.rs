//! The description of what one reader sends.

use crate::{date, decimal};

/// One field: where it stands in a raw record and what bridges call it in a JSON row.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The vendor's name, for messages.
    pub name: &'static str,
    /// Position in the raw record, counted from 0.
    pub at: usize,
    /// Keys of the dialects, most likely first; letter case does not matter.
    pub keys: &'static [&'static str],
}

impl Column {
    /// A field of a layout.
    pub const fn new(name: &'static str, at: usize, keys: &'static [&'static str]) -> Self {
        Self { name, at, keys }
    }
}

/// What one reader sends.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The vendor's name of the reader, for messages.
    pub reader: &'static str,
    /// The smallest token count that is known to occur; fewer means that the record is damaged.
    pub min_width: usize,
    /// The field that identifies the row.
    pub identity: Column,
    /// Whether the identity may name a person and must stay out of messages.
    pub personal: bool,
    /// The name that tells placeholder rows; without one, no row is a placeholder.
    pub name: Option<Column>,
    /// Where an unescaped `;` is to be expected first: usually the article code.
    pub embeds_at: Option<Column>,
    /// A later text, with fields after it, that may hold a `;` too.
    pub also_embeds_at: Option<Column>,
    /// Must hold for every record.
    pub shape: &'static [Anchor],
    /// Only decide between several explanations of the same record.
    pub hints: &'static [Anchor],
}

/// The shape that a field has in every sound record: it proves that the fields before it were split rightly.
#[derive(Debug, Clone, Copy)]
pub struct Anchor {
    /// The field.
    pub column: Column,
    /// What it looks like.
    pub shape: Shape,
}

impl Anchor {
    /// Says that the column always has the shape.
    pub const fn new(column: Column, shape: Shape) -> Self {
        Self { column, shape }
    }
}

/// What a field can be recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One or two digits, perhaps with a zero fraction.
    VatRate,
    /// `Da`/`Nu` or `D`/`N` in any letter case.
    YesNo,
    /// `PJ` or `PF`.
    PersonKind,
    /// A number, not empty.
    Number,
    /// A date, `30.12.1899` included, not empty.
    Date,
    /// A short name that is no number, such as a unit or a currency.
    Word,
}

impl Shape {
    /// Whether the text has the shape.
    pub fn fits(self, text: &str) -> bool {
        let text = text.trim();
        match self {
            Self::VatRate => {
                let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, ""));
                matches!(whole.len(), 1 | 2)
                    && whole.bytes().all(|byte| byte.is_ascii_digit())
                    && fraction.bytes().all(|byte| byte == b'0')
            }
            Self::YesNo => yes_no(text).is_some(),
            Self::PersonKind => ["PJ", "PF"].iter().any(|kind| kind.eq_ignore_ascii_case(text)),
            Self::Number => matches!(decimal::read(text), Ok(Some(_))),
            Self::Date => date::looks_like_date(text),
            Self::Word => {
                !text.is_empty()
                    && text.chars().count() <= 20
                    && decimal::read(text).is_err()
                    && !date::looks_like_date(text)
            }
        }
    }
}

/// Reads one of the several spellings of yes and no.
pub(super) fn yes_no(text: &str) -> Option<bool> {
    let is_one_of =
        |spellings: [&str; 2]| spellings.iter().any(|spelling| spelling.eq_ignore_ascii_case(text));
    match () {
        () if is_one_of(["D", "DA"]) => Some(true),
        () if is_one_of(["N", "NU"]) => Some(false),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_know_their_own() {
        let examples = [
            (Shape::VatRate, &["21", "9", "0", "19,00"][..], &["", "215", "2a", "19,5", "-5"][..]),
            (Shape::YesNo, &["Da", "NU", "d", "N"], &["", "Y", "da nu"]),
            (Shape::PersonKind, &["PJ", "pf"], &["", "P"]),
            (Shape::Number, &["-1,5", "0"], &["", "Buc"]),
            (Shape::Date, &["1.2.2026", "30.12.1899"], &["", "1.2"]),
            (Shape::Word, &["Buc", "RON"], &["", "12", "1.2.2026", "a text that is far too long"]),
        ];
        for (shape, fitting, others) in examples {
            assert!(fitting.iter().all(|text| shape.fits(text)), "{shape:?}");
            assert!(!others.iter().any(|text| shape.fits(text)), "{shape:?}");
        }
    }
}
