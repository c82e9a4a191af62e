//! The small lists: warehouses and booklets (spec 3.7.4).

use crate::record::{Column, FieldError, Fields, Layout, Row};

const SYMBOL: Column = Column::new("Simbol", 0, &["simbol", "simbolGestiune", "simbolCarnet"]);

mod warehouse {
    use super::Column;

    pub(super) const NAME: Column = Column::new("Denumire", 1, &["denumire", "denGestiune"]);
}

/// A warehouse of `GetListaGestiuni`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse {
    /// What stock rows and settings call it; may contain spaces.
    pub symbol: String,
    /// Its name for people.
    pub name: String,
}

impl Row for Warehouse {
    const LAYOUT: Layout = Layout {
        reader: "GetListaGestiuni",
        min_width: 2,
        identity: SYMBOL,
        personal: false,
        name: Some(warehouse::NAME),
        embeds_at: None,
        also_embeds_at: None,
        shape: &[],
        hints: &[],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            symbol: fields.optional_text(SYMBOL).ok_or(FieldError::Missing(SYMBOL.name))?,
            name: fields.text(warehouse::NAME),
        })
    }
}

mod booklet {
    use super::Column;

    pub(super) const KIND: Column = Column::new("TipDoc", 1, &["tip", "tipDoc", "tipDocument"]);
    pub(super) const NAME: Column = Column::new("Denumire", 2, &["denumire"]);
    pub(super) const FIRST: Column = Column::new("NrStart", 3, &["nrStart"]);
    pub(super) const LAST: Column = Column::new("NrStop", 4, &["nrStop"]);
    pub(super) const REMAINING: Column = Column::new("NumereRamase", 5, &["numereRamase"]);
}

/// A numbering booklet of `GetListaCarnete` or, with its numbers, of `GetListacarneteExt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booklet {
    /// What packets call it; may be blank.
    pub symbol: String,
    /// The type of document, such as `FACT`.
    pub kind: String,
    /// Its name for people.
    pub name: String,
    /// The first number; a number outside the range may be refused.
    pub first_number: Option<i64>,
    /// The last number.
    pub last_number: Option<i64>,
    /// How many numbers are left.
    pub remaining: Option<i64>,
}

impl Row for Booklet {
    const LAYOUT: Layout = Layout {
        reader: "GetListaCarnete",
        min_width: 3,
        identity: SYMBOL,
        personal: false,
        name: Some(booklet::NAME),
        embeds_at: None,
        also_embeds_at: None,
        shape: &[],
        hints: &[],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            symbol: fields.text(SYMBOL),
            kind: fields.text(booklet::KIND),
            name: fields.text(booklet::NAME),
            first_number: fields.integer(booklet::FIRST),
            last_number: fields.integer(booklet::LAST),
            remaining: fields.integer(booklet::REMAINING),
        })
    }
}
