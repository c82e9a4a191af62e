//! `GetListaParteneri` (spec 3.7.5).

use jiff::civil::Date;

use crate::record::{Anchor, Column, FieldError, Fields, Layout, Row, Shape};

const ID: Column = Column::new("IDPartener", 0, &["idPartener"]);
const NAME: Column = Column::new("Denumire", 1, &["denumire"]);
const TAX_ID: Column = Column::new("CodFiscal", 2, &["codFiscal"]);
const ADDRESS: Column = Column::new("Adresa", 4, &["adresa"]);
const PRICE_CATEGORY: Column = Column::new("SimbolCatPret", 9, &["simbolCatPret"]);
const EXTERNAL_CODE: Column = Column::new("CodExtern", 17, &["codExtern"]);
const BLOCKED: Column = Column::new("PartenerBlocat", 18, &["partenerBlocat"]);
const REMARK: Column = Column::new("Observatii", 25, &["observatii"]);
const KIND: Column = Column::new("PJ/PF", 30, &["pfSauPj"]);
const CURRENCY: Column = Column::new("MonedaImplicita", 31, &["monedaImplicita"]);
const ADDED: Column = Column::new("DataAdaugarii", 32, &["dataAdaugarii"]);
const COUNTRY: Column = Column::new("Tara", 42, &["tara"]);

/// A partner, as far as orders need it. What this reader tells about persons is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// The partner, as `SetIDPartField` says.
    pub id: Option<String>,
    /// `CodExtern`: our own key.
    pub external_code: Option<String>,
    /// Name of a company; not kept for a natural person.
    pub name: Option<String>,
    /// Tax id of a company; a natural person's would be a personal number and is not kept.
    pub tax_id: Option<String>,
    /// `PF` instead of `PJ`.
    pub is_natural_person: bool,
    /// Documents for a blocked partner are refused.
    pub blocked: bool,
    /// Symbol of the price category.
    pub price_category: Option<String>,
    /// Symbol of the default currency.
    pub currency: Option<String>,
    /// Two-letter country code.
    pub country: Option<String>,
    /// When the partner was entered.
    pub added_on: Option<Date>,
}

impl Row for Partner {
    const LAYOUT: Layout = Layout {
        reader: "GetListaParteneri",
        min_width: 38,
        identity: ID,
        personal: true,
        name: Some(NAME),
        // Of the fields before the anchors, an address is where people type a `;`.
        embeds_at: Some(ADDRESS),
        also_embeds_at: Some(REMARK),
        shape: &[
            Anchor::new(BLOCKED, Shape::YesNo),
            Anchor::new(KIND, Shape::PersonKind),
            Anchor::new(ADDED, Shape::Date),
        ],
        hints: &[],
    };

    fn from_fields(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let is_natural_person = match fields.text(KIND).to_uppercase().as_str() {
            "PF" => true,
            "PJ" => false,
            _ => return Err(FieldError::Missing(KIND.name)),
        };
        let company_only = |column| fields.optional_text(column).filter(|_| !is_natural_person);
        Ok(Self {
            id: fields.code(ID),
            external_code: fields.code(EXTERNAL_CODE),
            name: company_only(NAME),
            tax_id: company_only(TAX_ID),
            is_natural_person,
            blocked: fields.yes_no(BLOCKED)?.unwrap_or(false),
            price_category: fields.optional_text(PRICE_CATEGORY),
            currency: fields.optional_text(CURRENCY),
            country: fields.optional_text(COUNTRY),
            added_on: fields.date(ADDED).unwrap_or_default(),
        })
    }
}
