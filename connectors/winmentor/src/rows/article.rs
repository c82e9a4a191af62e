//! `GetNomenclatorArticole` (spec 3.7.1).

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::record::{Anchor, Column, FieldError, Fields, Layout, Row, Shape};

const CODE: Column = Column::new("CodExtern", 0, &["codExtern", "codArticol", "idArticol"]);
const NAME: Column = Column::new("Denumire", 1, &["denumire"]);
const UNIT: Column = Column::new("DenUM", 2, &["denUM", "um"]);
const PRICE: Column = Column::new("PretVanzare", 3, &["pretVanzare"]);
const CLASS_SYMBOL: Column = Column::new("SimbolClasa", 4, &["simbolClasa"]);
const CLASS_NAME: Column = Column::new("DenClasa", 5, &["denClasa"]);
const PRODUCER_CODE: Column = Column::new("CodProducator", 6, &["codExternProducator", "idProducator"]);
const PRODUCER_NAME: Column = Column::new("DenProducator", 7, &["denProducator"]);
const WAREHOUSE: Column = Column::new("GestImplicita", 8, &["gestImplicita"]);
const OTHER_CODE: Column = Column::new("CodIntern", 9, &["codExternAlt", "codIntern"]);
const VAT_RATE: Column = Column::new("CotaTVA", 10, &["cotaTVA"]);
const WEIGHT: Column = Column::new("Masa", 13, &["masa"]);
const SERVICE: Column = Column::new("Serviciu", 14, &["serviciu"]);
const CUSTOMS_CODE: Column = Column::new("CodVamal", 15, &["codVamal"]);
const ADDED: Column = Column::new("DataAdaug", 19, &["dataAdaug"]);
const PRICE_WITH_VAT: Column = Column::new("PretVCuTVA", 21, &["pretVCuTVA"]);
const SECOND_CODE: Column = Column::new("campul 26", 26, &["camp26"]);

/// An article of the nomenclature. Prices are in lei.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// The code chosen by `SetIDArtField`; not every article has one.
    pub code: Option<String>,
    /// The other identifier: the internal id while `code` is the external one. Not always a number.
    pub other_code: Option<String>,
    /// An unnamed field that seems to hold a secondary code or bar code.
    pub second_code: Option<String>,
    /// `Denumire`.
    pub name: String,
    /// The unit that order lines must use.
    pub unit: String,
    /// Excluding VAT; often not set.
    pub price_excl_vat: Option<Decimal>,
    /// Including VAT.
    pub price_incl_vat: Option<Decimal>,
    /// In percent.
    pub vat_rate: Option<Decimal>,
    /// Services are not stocked and not for sale on a channel.
    pub is_service: bool,
    /// Symbol of the article class.
    pub class_symbol: Option<String>,
    /// Name of the article class.
    pub class_name: Option<String>,
    /// Code of the producer.
    pub producer_code: Option<String>,
    /// Name of the producer.
    pub producer_name: Option<String>,
    /// Symbol of the default warehouse.
    pub default_warehouse: Option<String>,
    /// `Masa` as entered, customarily in kilograms.
    pub weight: Option<Decimal>,
    /// Combined nomenclature code.
    pub customs_code: Option<String>,
    /// When the article was entered.
    pub added_on: Option<Date>,
}

impl Row for Article {
    const LAYOUT: Layout = Layout {
        reader: "GetNomenclatorArticole",
        min_width: 24,
        identity: CODE,
        personal: false,
        name: Some(NAME),
        embeds_at: Some(CODE),
        also_embeds_at: None,
        shape: &[Anchor::new(VAT_RATE, Shape::VatRate), Anchor::new(SERVICE, Shape::YesNo)],
        hints: &[],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            code: fields.code(CODE),
            other_code: fields.code(OTHER_CODE),
            second_code: fields.code(SECOND_CODE).filter(|code| code.trim() != "0"),
            name: fields.text(NAME),
            unit: fields.text(UNIT),
            price_excl_vat: fields.decimal(PRICE)?,
            price_incl_vat: fields.decimal(PRICE_WITH_VAT)?,
            vat_rate: fields.decimal(VAT_RATE)?,
            is_service: fields.yes_no(SERVICE)?.unwrap_or(false),
            class_symbol: fields.optional_text(CLASS_SYMBOL),
            class_name: fields.optional_text(CLASS_NAME),
            producer_code: fields.code(PRODUCER_CODE),
            producer_name: fields.optional_text(PRODUCER_NAME),
            default_warehouse: fields.optional_text(WAREHOUSE),
            // Nothing is sold or priced by these; a slip in them must not take the article off sale.
            weight: fields.decimal(WEIGHT).unwrap_or_default(),
            customs_code: fields.optional_text(CUSTOMS_CODE),
            added_on: fields.date(ADDED).unwrap_or_default(),
        })
    }
}
