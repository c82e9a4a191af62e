//! `GetVanzariLuna` (spec 3.7.9).

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::record::{Anchor, Column, FieldError, Fields, Layout, Row, Shape};
use crate::reference::{DocumentNumber, OrderToken};

const PARTNER: Column = Column::new("IDPartener", 0, &["idPartener"]);
const DAY: Column = Column::new("Zi", 1, &["zi"]);
const INVOICE: Column = Column::new("NrFactura", 2, &["nrFactura"]);
const ARTICLE: Column = Column::new("IDArticol", 3, &["codArticol", "idArticol"]);
const ORDER: Column = Column::new("NumarComanda", 4, &["numarComanda", "nrComanda"]);
const QUANTITY: Column = Column::new("Cant", 5, &["cant", "cantitate"]);
const UNIT: Column = Column::new("DenUM", 6, &["denUM", "um"]);
const PRICE: Column = Column::new("Pret", 7, &["pret"]);
const TOTAL: Column = Column::new("ValoareFactura", 9, &["valoareFactura"]);
const DUE: Column = Column::new("DataScadenta", 10, &["dataScadenta"]);
const VAT_INCLUDED: Column = Column::new("FlagTVAInclusa", 11, &["tvaInclus", "tvaInclusa"]);
const VAT_RATE: Column = Column::new("CotaTVA", 12, &["cotaTVA"]);
const DOCUMENT_TYPE: Column = Column::new("TipDocument", 13, &["tipDocument"]);
const PREFIX: Column = Column::new("PrefixCarnet", 14, &["prefixCarnet"]);
const SERIES: Column = Column::new("SerieDocument", 15, &["serieDocument"]);
const ARTICLE_NAME: Column = Column::new("DenArticol", 16, &["denArticol"]);
const INVOICE_DATE: Column = Column::new("DataFactura", 19, &["dataEmitere", "dataFactura"]);
const REMARK: Column = Column::new("ObservatiiDocument", 23, &["observatiiFactura", "observatiiDocument"]);

/// One line of a sales document of the working month. The customer's address is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLine {
    /// The partner, as `SetIDPartField` says.
    pub partner: String,
    /// Day of the working month.
    pub day: Option<i8>,
    /// Number of the document, as written.
    pub invoice_number: String,
    /// The article's code.
    pub article: Option<String>,
    /// The order that the line came from, as written; blank without one.
    pub order_number: String,
    /// Negative for a return.
    pub quantity: Decimal,
    /// Unit of the quantity.
    pub unit: String,
    /// Price per unit; see `vat_included`.
    pub price: Option<Decimal>,
    /// Total of the whole document, including VAT.
    pub invoice_total: Option<Decimal>,
    /// When the document is to be paid.
    pub due_date: Option<Date>,
    /// Whether `price` includes VAT, where the bridge says so.
    pub vat_included: Option<bool>,
    /// In percent.
    pub vat_rate: Option<Decimal>,
    /// `F` invoice, `AE` delivery note, and others.
    pub document_type: String,
    /// Prefix of the booklet.
    pub booklet_prefix: String,
    /// `F.` with prefix and number.
    pub series: String,
    /// Date of the document.
    pub invoice_date: Option<Date>,
    /// Remark of the document and all that follows it: free text that may hold anything.
    pub remark: String,
}

impl Row for SaleLine {
    const LAYOUT: Layout = Layout {
        reader: "GetVanzariLuna",
        min_width: 10,
        identity: INVOICE,
        personal: false,
        name: None,
        embeds_at: Some(ARTICLE),
        // The remark tears too, but nothing behind it is read.
        also_embeds_at: Some(ARTICLE_NAME),
        shape: &[
            Anchor::new(QUANTITY, Shape::Number),
            Anchor::new(UNIT, Shape::Word),
            Anchor::new(PRICE, Shape::Number),
        ],
        hints: &[
            Anchor::new(DUE, Shape::Date),
            Anchor::new(VAT_INCLUDED, Shape::YesNo),
            Anchor::new(VAT_RATE, Shape::VatRate),
            Anchor::new(INVOICE_DATE, Shape::Date),
        ],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            partner: fields.text(PARTNER),
            day: fields.integer(DAY).and_then(|day| i8::try_from(day).ok()),
            invoice_number: fields.optional_text(INVOICE).ok_or(FieldError::Missing(INVOICE.name))?,
            article: fields.code(ARTICLE),
            order_number: fields.text(ORDER),
            quantity: fields.required_decimal(QUANTITY)?,
            unit: fields.text(UNIT),
            price: fields.decimal(PRICE)?,
            invoice_total: fields.decimal(TOTAL)?,
            // The row may be the proof that an order was invoiced: a slip in these must not hide it.
            due_date: fields.date(DUE).unwrap_or_default(),
            vat_included: fields.yes_no(VAT_INCLUDED).unwrap_or_default(),
            vat_rate: fields.decimal(VAT_RATE)?,
            document_type: fields.text(DOCUMENT_TYPE),
            booklet_prefix: fields.text(PREFIX),
            series: fields.text(SERIES),
            invoice_date: fields.date(INVOICE_DATE).unwrap_or_default(),
            remark: fields.text_to_the_end(REMARK),
        })
    }
}

impl SaleLine {
    /// Whether the document's remark holds the order's token.
    pub fn carries(&self, token: &OrderToken) -> bool {
        token.occurs_in(&self.remark)
    }

    /// Whether the line came from the order with this number. Numbers repeat between booklets and years: the
    /// partner or the token must confirm it.
    pub fn has_order_number(&self, number: DocumentNumber) -> bool {
        number.is_written_as(&self.order_number)
    }
}
