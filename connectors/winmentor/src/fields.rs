//! The fields of an article that WinMentor's readings fill (winmentor.md section 3.7.1).

use vortex_domain::mapping::{FieldSpec, Kind, Object, Schemas};

/// `schemas` with the fields that a mapping can read of WinMentor.
#[must_use]
pub fn declare(schemas: Schemas) -> Schemas {
    schemas.reads(Object::Article, article()).reads(Object::Offer, article())
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
