//! `GetInfoComenzi` and `GetComenziNefacturate` (spec 3.7.7, 3.7.8).

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::record::{Anchor, Column, FieldError, Fields, Layout, Row, Shape};
use crate::reference::{DocumentNumber, OrderToken};

/// One line of an order of the working month, cancelled orders included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLineInfo {
    /// The partner, as `SetIDPartField` says.
    pub partner: String,
    /// Date of the order.
    pub date: Option<Date>,
    /// `NrDoc`, as written; compare with [`DocumentNumber::is_written_as`].
    pub order_number: String,
    /// The article's code.
    pub article: Option<String>,
    /// Ordered quantity.
    pub quantity: Decimal,
    /// Price per unit.
    pub price: Option<Decimal>,
    /// The order was cancelled in WinMentor.
    pub cancelled: bool,
}

mod info {
    use super::Column;

    pub(super) const PARTNER: Column = Column::new("IDPart", 0, &["idPartener"]);
    pub(super) const DATE: Column = Column::new("Data", 1, &["dataComanda", "data"]);
    pub(super) const NUMBER: Column = Column::new("NrDoc", 2, &["nrComanda", "nrDoc"]);
    pub(super) const ARTICLE: Column = Column::new("IDArticol", 3, &["codArticol", "idArticol"]);
    pub(super) const QUANTITY: Column = Column::new("CantInit", 4, &["cantitate", "cantInit"]);
    pub(super) const PRICE: Column = Column::new("Pret", 5, &["pret"]);
    // The MentorAPI dialect calls it "accepted"; what it carries is the vendor's cancellation flag.
    pub(super) const CANCELLED: Column = Column::new("Anulat", 8, &["acceptat", "anulat"]);
}

impl Row for OrderLineInfo {
    const LAYOUT: Layout = Layout {
        reader: "GetInfoComenzi",
        min_width: 9,
        identity: info::NUMBER,
        personal: false,
        name: None,
        embeds_at: Some(info::ARTICLE),
        also_embeds_at: None,
        shape: &[
            Anchor::new(info::DATE, Shape::Date),
            Anchor::new(info::QUANTITY, Shape::Number),
            Anchor::new(info::CANCELLED, Shape::YesNo),
        ],
        hints: &[],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            partner: fields.text(info::PARTNER),
            date: fields.date(info::DATE)?,
            order_number: required_text(fields, info::NUMBER)?,
            article: fields.code(info::ARTICLE),
            quantity: fields.required_decimal(info::QUANTITY)?,
            price: fields.decimal(info::PRICE)?,
            cancelled: fields.yes_no(info::CANCELLED)?.unwrap_or(false),
        })
    }
}

impl OrderLineInfo {
    /// Whether the line belongs to the order that we sent under this number.
    pub fn has_number(&self, number: DocumentNumber) -> bool {
        number.is_written_as(&self.order_number)
    }
}

/// One order line that was not invoiced yet, of whatever age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UninvoicedLine {
    /// The article's code.
    pub article: Option<String>,
    /// `NumarComanda`, as written.
    pub order_number: String,
    /// Quantity still to be invoiced.
    pub quantity: Decimal,
    /// Unit of the quantity.
    pub unit: String,
    /// Date of the order.
    pub date: Option<Date>,
    /// The partner, as `SetIDPartField` says.
    pub partner: String,
    /// Price per unit.
    pub price: Option<Decimal>,
    /// `SimbolCarnet`.
    pub booklet: String,
    /// `NrDocCarnet`, as written: it, or `order_number`, is the number that we sent.
    pub booklet_number: String,
    /// The order's remark; ours begins with an [`OrderToken`].
    pub remark: String,
    /// When the line is to be delivered.
    pub delivery_date: Option<Date>,
    /// `NrLinie`, where it can be read: two lines with the same one are of two documents.
    pub line_number: Option<i64>,
    /// The line's own remark.
    pub line_remark: Option<String>,
    /// Symbol of the currency, not always ISO.
    pub currency: Option<String>,
}

mod open {
    use super::Column;

    pub(super) const ARTICLE: Column = Column::new("IDArticol", 0, &["codArticol", "idArticol"]);
    pub(super) const NUMBER: Column = Column::new("NumarComanda", 1, &["nrComanda", "numarComanda"]);
    pub(super) const QUANTITY: Column = Column::new("Cant", 2, &["cantitate", "cant"]);
    pub(super) const UNIT: Column = Column::new("DenUM", 3, &["denUM", "um"]);
    pub(super) const DATE: Column = Column::new("Data", 4, &["dataComanda", "data"]);
    pub(super) const PARTNER: Column = Column::new("IDPartener", 5, &["idPartener"]);
    pub(super) const PRICE: Column = Column::new("Pret", 7, &["pret"]);
    pub(super) const BOOKLET: Column = Column::new("SimbolCarnet", 11, &["serieDocument", "simbolCarnet"]);
    pub(super) const BOOKLET_NUMBER: Column = Column::new("NrDocCarnet", 12, &["nrDocument", "nrDocCarnet"]);
    pub(super) const REMARK: Column = Column::new("ObservatiiDoc", 13, &["observatii", "observatiiDoc"]);
    pub(super) const DELIVERY: Column = Column::new("TermenLivrare", 16, &["dataLivrare", "termenLivrare"]);
    pub(super) const LINE_NUMBER: Column = Column::new("NrLinie", 19, &["pozitie", "nrLinie"]);
    pub(super) const LINE_REMARK: Column = Column::new("ObservatieLinie", 22, &["camp22", "observatieLinie"]);
    pub(super) const CURRENCY: Column = Column::new("SimbolMoneda", 23, &["moneda", "simbolMoneda"]);
}

impl Row for UninvoicedLine {
    const LAYOUT: Layout = Layout {
        reader: "GetComenziNefacturate",
        // Up to the remark: without it nothing can be recognised as ours.
        min_width: 14,
        identity: open::NUMBER,
        personal: false,
        name: None,
        embeds_at: Some(open::ARTICLE),
        also_embeds_at: Some(open::REMARK),
        shape: &[Anchor::new(open::QUANTITY, Shape::Number), Anchor::new(open::DATE, Shape::Date)],
        hints: &[
            Anchor::new(open::DELIVERY, Shape::Date),
            Anchor::new(open::LINE_NUMBER, Shape::Number),
            Anchor::new(open::CURRENCY, Shape::Word),
        ],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            article: fields.code(open::ARTICLE),
            order_number: fields.text(open::NUMBER),
            quantity: fields.required_decimal(open::QUANTITY)?,
            unit: fields.text(open::UNIT),
            date: fields.date(open::DATE)?,
            partner: fields.text(open::PARTNER),
            price: fields.decimal(open::PRICE)?,
            booklet: fields.text(open::BOOKLET),
            booklet_number: fields.text(open::BOOKLET_NUMBER),
            remark: fields.text(open::REMARK),
            // Behind the free text: nothing that proves an order may depend on it.
            delivery_date: fields.date(open::DELIVERY).unwrap_or_default(),
            line_number: fields.integer(open::LINE_NUMBER),
            line_remark: fields.optional_text(open::LINE_REMARK),
            currency: fields.optional_text(open::CURRENCY),
        })
    }
}

impl UninvoicedLine {
    /// Whether the line is of the order with this token; the token decides where numbers disagree.
    pub fn carries(&self, token: &OrderToken) -> bool {
        token.leads(&self.remark)
    }

    /// Whether the line is of the order with this number in our booklet. Which of its two numbers is the one
    /// that we sent differs between installations, so either counts.
    pub fn has_number(&self, number: DocumentNumber, booklet: &str) -> bool {
        self.booklet == booklet.trim()
            && (number.is_written_as(&self.order_number) || number.is_written_as(&self.booklet_number))
    }
}

fn required_text(fields: &Fields<'_>, column: Column) -> Result<String, FieldError> {
    fields.optional_text(column).ok_or(FieldError::Missing(column.name))
}
