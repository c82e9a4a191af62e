//! The closed schema of a customs declaration (spec section 4.3).

use rust_decimal::Decimal;

use super::forms::{MONEY, WEIGHT, thousandth};
use super::schema::{
    Field, Form, Node, amount, any_text, filled, formed, list, object, opt, req, set, text, total,
};

const REASONS: &[&str] = &[
    "permanent",
    "temporary",
    "return",
    "used_exhibition_goods_to_origin",
    "intercompany_use",
    "commercial_purpose_or_sale",
    "personal_belongings_or_personal_use",
    "sample",
    "gift",
    "return_to_origin",
    "warranty_replacement",
    "diplomatic_goods",
    "defence_material",
];

const CUSTOMS_DOCUMENTS: &[&str] = &[
    "972", "AHC", "ALC", "ATA", "ATR", "BEX", "CHA", "CHD", "CHP", "CIT", "CIV", "CI2", "COO", "CPA", "CRL",
    "CSD", "DEX", "DGD", "DLI", "DOV", "ELP", "EU1", "EU2", "EUS", "EXL", "FMA", "HLC", "HWB", "INV", "IPA",
    "JLC", "LIC", "LNP", "NID", "PAS", "PFI", "PHY", "PLI", "POA", "PCH", "ROD", "T2M", "TAD", "TCS", "VET",
    "VEX", "ORD", "OEI", "RGR", "CP2",
];

fn coded(words: &'static [&'static str], value: Node) -> Node {
    filled(vec![req("typeCode", Node::Word(words)), req("value", value)])
}

/// `content.exportDeclaration`.
pub(super) fn export_declaration() -> Node {
    object(vec![
        req("lineItems", list(1, 999, line_item())),
        opt("invoice", invoice()),
        opt("remarks", list(0, 3, filled(vec![req("value", any_text())]))),
        opt(
            "additionalCharges",
            list(
                0,
                5,
                filled(vec![
                    req("value", amount(thousandth(), MONEY)),
                    opt("caption", any_text()),
                    req(
                        "typeCode",
                        Node::Word(&[
                            "admin",
                            "delivery",
                            "documentation",
                            "expedite",
                            "export",
                            "freight",
                            "fuel_surcharge",
                            "logistic",
                            "other",
                            "packaging",
                            "pickup",
                            "handling",
                            "vat",
                            "insurance",
                            "reverse_charge",
                        ]),
                    ),
                ]),
            ),
        ),
        opt("destinationPortName", any_text()),
        opt("placeOfIncoterm", text(1, 256)),
        opt("payerVATNumber", any_text()),
        opt("recipientReference", any_text()),
        opt("exporter", filled(vec![opt("id", any_text()), opt("code", any_text())])),
        opt("packageMarks", any_text()),
        opt("declarationNotes", list(0, 3, filled(vec![req("value", text(0, 700))]))),
        opt("exportReference", text(0, 40)),
        opt("exportReason", text(1, 30)),
        opt("exportReasonType", Node::Word(REASONS)),
        opt("licenses", set(0, 2, coded(&["export", "import"], text(0, 16)))),
        opt("shipmentType", Node::Word(&["personal", "commercial"])),
        opt("customsDocuments", set(0, 50, coded(CUSTOMS_DOCUMENTS, text(1, 35)))),
    ])
}

fn line_item() -> Node {
    filled(vec![
        req("number", Node::Integer { min: 1, max: 999 }),
        req("description", text(1, 512)),
        req("price", amount(Decimal::ZERO, MONEY)),
        req("quantity", quantity()),
        opt("commodityCodes", set(0, 2, coded(&["outbound", "inbound"], text(2, 18)))),
        opt("exportReasonType", Node::Word(REASONS)),
        req("manufacturerCountry", text(2, 2)),
        req(
            "weight",
            object(vec![
                opt("netValue", amount(Decimal::ZERO, WEIGHT)),
                opt("grossValue", amount(Decimal::ZERO, WEIGHT)),
            ]),
        ),
        opt("isTaxesPaid", Node::Flag),
        opt("additionalInformation", list(1, 8, any_text())),
        opt(
            "customerReferences",
            set(
                0,
                100,
                coded(
                    &[
                        "AFE", "BRD", "DGC", "AAJ", "INB", "MAK", "ALX", "PAN", "PON", "ABW", "SE", "SON",
                        "OID", "DTC", "DTM", "DTQ", "DTR", "ITR", "MID", "OED", "OET", "OOR", "SME", "USM",
                        "AAM", "CFR", "DOM", "FOR", "USG", "MAT", "NLR", "DDS", "ARN", "OP", "OSC", "TAR",
                        "TCO", "AEI", "EXN", "AFK", "AEA", "PTA",
                    ],
                    text(1, 35),
                ),
            ),
        ),
        opt("customsDocuments", set(0, 50, coded(CUSTOMS_DOCUMENTS, text(1, 35)))),
        opt("preCalculatedLineItemTotalValue", total(MONEY)),
    ])
}

fn quantity() -> Node {
    object(vec![
        req("value", Node::Integer { min: 1, max: 1_000_000_000 }),
        req(
            "unitOfMeasurement",
            Node::Word(&[
                "BOX", "2GM", "M3", "DPR", "DOZ", "PCS", "GM", "GRS", "KG", "M", "3GM", "X", "NO", "PRS",
                "CM2", "2M2", "3M2", "M2", "4M2", "CM", "CONE", "CT", "EA", "LBS", "RILL", "ROLL", "SET",
                "TU", "KM", "IN", "FT", "YD", "MI", "LTR", "MMQ", "CM3", "DMQ", "MLT", "CLT", "DLT", "INQ",
                "FT3", "YD3", "GLI", "GLL", "PT", "PTI", "QTI", "PTL", "QTL", "PTD", "OZI", "J57", "NM3",
                "SM3", "TNE", "LB", "ONZ", "CEL",
            ]),
        ),
    ])
}

fn invoice() -> Node {
    let mut fields: Vec<Field> = vec![
        req("number", text(1, 35)),
        req("date", formed(1, 35, Form::Date)),
        opt("signatureName", text(0, 35)),
        opt("signatureTitle", text(0, 35)),
        opt("signatureImage", text(0, 1_048_576)),
        opt("instructions", list(1, 1, text(1, 300))),
        opt("customerDataTextEntries", list(1, 6, text(0, 45))),
        opt("totalNetWeight", amount(Decimal::ZERO, WEIGHT)),
        opt("totalGrossWeight", amount(Decimal::ZERO, WEIGHT)),
        opt("termsOfPayment", any_text()),
        opt(
            "indicativeCustomsValues",
            filled(vec![
                opt("importCustomsDutyValue", total(MONEY)),
                opt("importTaxesValue", total(MONEY)),
                opt("totalWithImportDutiesAndTaxes", total(MONEY)),
            ]),
        ),
        opt(
            "preCalculatedTotalValues",
            filled(vec![
                req("preCalculatedTotalGoodsValue", total(MONEY)),
                req("preCalculatedTotalInvoiceValue", total(MONEY)),
            ]),
        ),
    ];
    fields.push(opt(
        "customerReferences",
        set(
            0,
            100,
            coded(
                &[
                    "ACL", "CID", "CN", "CU", "ITN", "UCN", "MRN", "OID", "PON", "RMA", "AAM", "ABT", "ADA",
                    "AES", "AFD", "ANT", "BKN", "BOL", "CDN", "COD", "DSC", "FF", "FN", "FTR", "HWB", "IBC",
                    "IPP", "LLR", "MAB", "MWB", "OBC", "PD", "PRN", "RTL", "SID", "SS", "SWN", "TAR", "TCO",
                    "PX", "PTA",
                ],
                text(1, 35),
            ),
        ),
    ));
    filled(fields)
}
