//! The fields that CDON takes of an article and its offer, with their limits (cdon.md section 6), and what it tells of an order
//! (cdon.md section 12).

use vortex_domain::mapping::{FieldSpec, Format, Kind, Object, Schemas};

/// `schemas` with the fields that a mapping can make for CDON and read of it.
#[must_use]
pub fn declare(schemas: Schemas) -> Schemas {
    schemas.makes(Object::Article, article()).makes(Object::Offer, offer()).reads(Object::Order, order())
}

/// Nothing of the buyer: what a mapping makes of it may be read by everybody who sees the ERP.
fn order() -> [FieldSpec; 7] {
    use Kind::{Number, Text};
    let of = FieldSpec::new;
    [
        of("order.id", Text, "Numărul comenzii CDON", "CDON's order id"),
        of("order.basket", Text, "Coșul din care face parte", "The basket that it is part of"),
        of("order.sku", Text, "Codul articolului comandat", "The ordered article's SKU"),
        of("order.units", Number, "Bucăți comandate", "Units ordered"),
        of("order.vat_percent", Number, "Cota TVA a comenzii, procent", "The order's VAT, percent"),
        of(
            "order.paid",
            Text,
            "Cât a plătit cumpărătorul, cu monedă",
            "What the buyer paid, with its currency",
        ),
        of("order.day", Kind::Date, "Ziua comenzii, în România", "The day of the order, in Romania"),
    ]
}

fn article() -> [FieldSpec; 11] {
    use Kind::{List, Number, Text};
    let of = FieldSpec::new;
    [
        of("title", Text, "Titlul; 5–150 de caractere", "Title; 5 to 150 characters")
            .required()
            .per_market()
            .chars(5, 150)
            .format(Format::Plain),
        of("description", Text, "Descrierea; 10–4096 de caractere", "Description; 10 to 4096 characters")
            .required()
            .per_market()
            .chars(10, 4096)
            .format(Format::Html),
        of("category", Text, "Numărul categoriei CDON", "Id of the CDON category")
            .required()
            .chars(1, 10)
            .format(Format::Alphanumeric),
        of(
            "images",
            List,
            "Imaginile, cel mult 11; prima este cea principală",
            "Images, at most 11; the first is the main one",
        )
        .required()
        .items(11, 1500)
        .format(Format::Url),
        of("brand", Text, "Marca", "Brand").chars(1, 50).format(Format::Plain),
        of("gtin", Text, "GTIN (EAN)", "GTIN (EAN)").chars(1, 13).format(Format::Gtin),
        of(
            "shipping_days_min",
            Number,
            "Livrare în cel puțin atâtea zile lucrătoare",
            "Delivered in so many working days at least",
        )
        .required()
        .per_market()
        .whole(1, 10),
        of(
            "shipping_days_max",
            Number,
            "Livrare în cel mult atâtea zile lucrătoare",
            "Delivered in so many working days at most",
        )
        .required()
        .per_market()
        .whole(1, 10),
        of("parent_sku", Text, "Codul comun al variantelor", "What the variants of one product share")
            .chars(1, 64),
        of("weight_g", Number, "Greutatea în grame", "Weight in grams").whole(1, 1_000_000),
        of("customs_code", Text, "Codul vamal (NC)", "Customs (combined nomenclature) code")
            .chars(1, 48)
            .format(Format::Alphanumeric),
    ]
}

fn offer() -> [FieldSpec; 1] {
    let price = FieldSpec::new(
        "price",
        Kind::MARKET_GROSS,
        "Ce plătește cumpărătorul, cu TVA, în moneda pieței",
        "What the buyer pays, VAT included, in the market's currency",
    );
    [price.required().per_market()]
}
