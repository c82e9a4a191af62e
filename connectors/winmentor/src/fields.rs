//! The fields of an article that WinMentor's readings fill (winmentor.md section 3.7.1), and those of an order that it takes
//! (section 3.8).

use vortex_domain::mapping::{FieldSpec, Format, Kind, Object, Schemas};

/// Longest partner code that a mapping may make, characters; the field's own limit is not documented.
const CUSTOMER_CHARS: usize = 50;
/// Longest remark that a mapping may make, characters: the order's token stands before it.
const REMARK_CHARS: usize = 140;

/// `schemas` with the fields that a mapping can read of WinMentor and make for it.
#[must_use]
pub fn declare(schemas: Schemas) -> Schemas {
    schemas.reads(Object::Article, article()).reads(Object::Offer, article()).makes(Object::Order, order())
}

fn order() -> [FieldSpec; 2] {
    let of = FieldSpec::new;
    [
        of(
            "customer",
            Kind::Text,
            "Codul extern al partenerului (CodClient); fără rând: customer_per_market",
            "The partner's external code (CodClient); without a row: customer_per_market",
        )
        .per_market()
        .chars(1, CUSTOMER_CHARS),
        of(
            "remark",
            Kind::Text,
            "Observația comenzii, după numărul ei; fără rând: suma, cursul și ziua",
            "The order's remark, after its number; without a row: amount, rate and day",
        )
        .per_market()
        .chars(1, REMARK_CHARS)
        .format(Format::Plain),
    ]
}

fn article() -> [FieldSpec; 11] {
    use Kind::{Number, Text};
    let of = FieldSpec::new;
    [
        of(
            "erp.sku",
            Text,
            "Codul articolului, după identificatorul ales",
            "The article's code, by the chosen identifier",
        ),
        of("erp.name", Text, "Denumire", "Name (Denumire)"),
        of("erp.unit", Text, "Unitatea de măsură (DenUM)", "Unit of measure (DenUM)"),
        of("erp.class", Text, "Simbolul clasei (SimbolClasa)", "Class symbol (SimbolClasa)"),
        of("erp.class_name", Text, "Denumirea clasei (DenClasa)", "Class name (DenClasa)"),
        of("erp.producer", Text, "Producătorul", "Producer"),
        of("erp.customs_code", Text, "Codul vamal (CodVamal)", "Customs code (CodVamal)"),
        of(
            "erp.price_net",
            Kind::RON_NET,
            "Prețul de vânzare fără TVA (PretVanzare)",
            "Sale price without VAT (PretVanzare)",
        ),
        of(
            "erp.price_gross",
            Kind::RON_GROSS,
            "Prețul de vânzare cu TVA (PretVCuTVA)",
            "Sale price with VAT (PretVCuTVA)",
        ),
        of(
            "erp.vat_percent",
            Number,
            "Cota TVA din WinMentor, procent (CotaTVA)",
            "WinMentor's VAT, percent (CotaTVA)",
        ),
        of("erp.weight_kg", Number, "Greutatea în kilograme (Masa)", "Weight in kilograms (Masa)"),
    ]
}
