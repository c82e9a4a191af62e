//! `GetStocArticole` (spec 3.7.3).

use rust_decimal::Decimal;

use crate::record::{Anchor, Column, FieldError, Fields, Layout, Row, Shape};

const CODE: Column = Column::new("CodExtern", 0, &["codExtern", "codArticol", "idArticol"]);
const NAME: Column = Column::new("Denumire", 1, &["denumire", "denumireArticol"]);
const UNIT: Column = Column::new("UM", 2, &["um", "denUM"]);
const STOCK: Column = Column::new("Stoc", 4, &["stoc"]);
const WAREHOUSE: Column = Column::new("SimbolGestiune", 11, &["simbolGestiune"]);
const WAREHOUSE_NAME: Column = Column::new("DenGestiune", 12, &["denGestiune"]);
const VAT_RATE: Column = Column::new("CotaTVA", 13, &["cotaTVA"]);
const VAT_INCLUDED: Column = Column::new("Flag", 14, &["flagTVAInclus"]);
const RESERVED: Column = Column::new("StocRezervat", 16, &["stocRezervat"]);
const INTERNAL_ID: Column = Column::new("CodIntern", 18, &["camp18", "codIntern"]);

/// Stock of one article in one warehouse; several rows where suppliers or lots differ.
///
/// An article without any stock has no row. The price fields of this reader are not to be trusted and are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// The code chosen by `SetIDArtField`; not every article has one.
    pub code: Option<String>,
    /// The internal id, the safest key to join with the nomenclature's `other_code`.
    pub internal_id: Option<String>,
    /// `Denumire`.
    pub name: String,
    /// Unit of the quantities.
    pub unit: String,
    /// May be negative.
    pub on_hand: Decimal,
    /// Reserved by orders; may repeat the article's total on each of its rows.
    pub reserved: Decimal,
    /// Symbol of the warehouse; may be blank.
    pub warehouse: String,
    /// Name of the warehouse.
    pub warehouse_name: String,
}

impl Row for StockRow {
    const LAYOUT: Layout = Layout {
        reader: "GetStocArticole",
        min_width: 17,
        identity: CODE,
        personal: false,
        name: Some(NAME),
        embeds_at: Some(CODE),
        also_embeds_at: None,
        shape: &[Anchor::new(VAT_RATE, Shape::VatRate), Anchor::new(VAT_INCLUDED, Shape::YesNo)],
        hints: &[],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            code: fields.code(CODE),
            // Bridges name this field by its number, and not all of them count from the same end: 0 is no id.
            internal_id: fields.code(INTERNAL_ID).filter(|id| id.trim() != "0"),
            name: fields.text(NAME),
            unit: fields.text(UNIT),
            on_hand: fields.required_decimal(STOCK)?,
            reserved: fields.decimal(RESERVED)?.unwrap_or_default(),
            warehouse: fields.text(WAREHOUSE),
            warehouse_name: fields.text(WAREHOUSE_NAME),
        })
    }
}

/// `GetStocArticol`: one article over all warehouses, without reservations (spec 3.7.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleStock {
    /// The code chosen by `SetIDArtField`.
    pub code: Option<String>,
    /// Unit of the quantity.
    pub unit: String,
    /// May be negative.
    pub on_hand: Decimal,
}

impl Row for ArticleStock {
    const LAYOUT: Layout = Layout {
        reader: "GetStocArticol",
        min_width: 5,
        identity: CODE,
        personal: false,
        name: None,
        embeds_at: Some(CODE),
        also_embeds_at: None,
        shape: &[Anchor::new(UNIT, Shape::Word), Anchor::new(STOCK, Shape::Number)],
        hints: &[],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            code: fields.code(CODE),
            unit: fields.text(UNIT),
            on_hand: fields.required_decimal(STOCK)?,
        })
    }
}
