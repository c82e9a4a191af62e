//! The closed schema of `POST /shipments` (spec sections 4.1 to 4.3 and 5).

use std::sync::LazyLock;

use rust_decimal::Decimal;

use super::customs_form::export_declaration;
use super::forms::{
    MONEY, PACKAGING, UNITS, WEIGHT, account, address_with_names, contact, dimensions, estimated_delivery,
    instructions, thousandth,
};
use super::schema::{
    Form, Node, amount, any_text, filled, formed, list, object, opt, req, set, text, time_of_day,
};

/// Body of `POST /shipments`.
pub(super) static SHIPMENT: LazyLock<Node> = LazyLock::new(|| {
    object(vec![
        req("plannedShippingDateAndTime", text(1, 29)),
        req("pickup", pickup()),
        req("productCode", text(1, 6)),
        opt("localProductCode", text(1, 3)),
        opt("getRateEstimates", Node::Flag),
        req("accounts", list(1, 3, account())),
        opt("valueAddedServices", list(0, 99, service())),
        opt("outputImageProperties", output_images()),
        opt("customerReferences", list(0, 999, reference())),
        opt("identifiers", set(0, 5, identifier())),
        req("customerDetails", customers()),
        req("content", content()),
        opt("documentImages", list(1, 999, document_image())),
        opt("onDemandDelivery", on_demand_delivery()),
        opt("requestOndemandDeliveryURL", Node::Flag),
        opt("shipmentNotification", list(0, 5, notification())),
        opt("prepaidCharges", list(0, 1, prepaid_charge())),
        opt("getTransliteratedResponse", Node::Flag),
        opt("estimatedDeliveryDate", estimated_delivery(true)),
        opt("getAdditionalInformation", list(0, 5, additional_information())),
        opt(
            "parentShipment",
            object(vec![
                opt("productCode", text(1, 1)),
                opt(
                    "packagesCount",
                    Node::Number { min: Decimal::ONE, max: Decimal::MAX, step: Some(Decimal::ONE) },
                ),
            ]),
        ),
    ])
});

fn pickup() -> Node {
    object(vec![
        req("isRequested", Node::Flag),
        opt("closeTime", time_of_day()),
        opt("location", text(0, 80)),
        opt("specialInstructions", list(0, 4, instructions())),
        opt("pickupDetails", party()),
        opt("pickupRequestorDetails", party()),
    ])
}

const PARTY_TYPES: &[&str] = &["business", "direct_consumer", "government", "other", "private", "reseller"];

/// The schema calls a registration number of these parties their bank details.
fn distant_party() -> Node {
    party_of(any_text(), registration_number())
}

fn party_of(type_code: Node, bank_details: Node) -> Node {
    object(vec![
        req("postalAddress", address_with_names()),
        req("contactInformation", contact()),
        opt("registrationNumbers", list(0, 50, registration_number())),
        opt("bankDetails", bank_details),
        opt("typeCode", type_code),
    ])
}

fn party() -> Node {
    party_of(Node::Word(PARTY_TYPES), bank_details())
}

fn customers() -> Node {
    object(vec![
        req("shipperDetails", party()),
        req("receiverDetails", party()),
        opt("buyerDetails", party()),
        opt("importerDetails", party()),
        opt("exporterDetails", party()),
        opt("sellerDetails", party()),
        opt("payerDetails", party()),
        opt("manufacturerDetails", distant_party()),
        opt("ultimateConsigneeDetails", distant_party()),
        opt("brokerDetails", distant_party()),
    ])
}

fn registration_number() -> Node {
    object(vec![
        req(
            "typeCode",
            Node::Word(&[
                "VAT", "EIN", "GST", "SSN", "EOR", "DUN", "FED", "STA", "CNP", "IE", "INN", "KPP", "OGR",
                "OKP", "MRN", "SDT", "FTZ", "DAN", "TAN", "DTF", "RGP", "DLI", "NID", "PAS", "MID", "IMS",
                "EIC", "FTN", "CIC", "PEP",
            ]),
        ),
        req("number", text(1, 35)),
        req("issuerCountryCode", text(2, 2)),
    ])
}

fn bank_details() -> Node {
    set(
        0,
        1,
        filled(vec![
            opt("name", text(0, 60)),
            opt("settlementLocalCurrency", any_text()),
            opt("settlementForeignCurrency", any_text()),
        ]),
    )
}

fn service() -> Node {
    filled(vec![
        req("serviceCode", text(1, 6)),
        opt("value", amount(Decimal::ZERO, MONEY)),
        opt("currency", text(3, 3)),
        opt("method", any_text()),
        opt(
            "dangerousGoods",
            list(
                0,
                1,
                filled(vec![
                    req("contentId", text(1, 5)),
                    opt("dryIceTotalNetWeight", amount(Decimal::MIN, MONEY)),
                    opt("customDescription", text(0, 200)),
                    opt("unCodes", list(1, 10, text(1, 10))),
                ]),
            ),
        ),
    ])
}

/// What a reference may be: of the shipment and of a piece.
const REFERENCE_TYPES: &[&str] =
    &["AAO", "CU", "FF", "FN", "IBC", "LLR", "OBC", "PRN", "ACP", "ACS", "ACR", "CDN", "STD", "CO"];

fn reference() -> Node {
    filled(vec![req("value", text(1, 35)), opt("typeCode", Node::Word(REFERENCE_TYPES))])
}

fn identifier() -> Node {
    filled(vec![
        req("typeCode", Node::Word(&["parentId", "shipmentId", "pieceId"])),
        req("value", text(1, 35)),
        opt("dataIdentifier", text(1, 4)),
    ])
}

const BARCODES: &[&str] = &["93", "39", "128"];

fn output_images() -> Node {
    filled(vec![
        opt("printerDPI", Node::OneOf(&[200, 300])),
        opt(
            "customerBarcodes",
            list(
                0,
                1,
                filled(vec![
                    req("content", text(1, 25)),
                    opt("textBelowBarcode", any_text()),
                    req("symbologyCode", Node::Word(BARCODES)),
                ]),
            ),
        ),
        opt(
            "customerLogos",
            list(
                0,
                1,
                filled(vec![
                    req("fileFormat", Node::Word(&["PNG", "GIF", "JPEG", "JPG"])),
                    req("content", text(0, 1_048_576)),
                ]),
            ),
        ),
        opt("encodingFormat", Node::Word(&["pdf", "zpl", "lp2", "epl"])),
        opt("imageOptions", set(0, 20, image_option())),
        opt("splitTransportAndWaybillDocLabels", Node::Flag),
        opt("allDocumentsInOneImage", Node::Flag),
        opt("splitDocumentsByPages", Node::Flag),
        opt("splitInvoiceAndReceipt", Node::Flag),
        opt("receiptAndLabelsInOneImage", Node::Flag),
    ])
}

fn image_option() -> Node {
    filled(vec![
        req("typeCode", Node::Word(&["label", "waybillDoc", "invoice", "qr-code", "shipmentReceipt"])),
        opt("templateName", text(0, 25)),
        opt("isRequested", Node::Flag),
        opt("hideAccountNumber", Node::Flag),
        opt("numberOfCopies", Node::Number { min: Decimal::ONE, max: Decimal::TWO, step: None }),
        opt("invoiceType", Node::Word(&["commercial", "proforma", "returns"])),
        opt("languageCode", text(3, 3)),
        opt("languageCountryCode", text(2, 2)),
        opt("languageScriptCode", text(4, 4)),
        opt("encodingFormat", Node::Word(&["png"])),
        opt("renderDHLLogo", Node::Flag),
        opt("fitLabelsToA4", Node::Flag),
        opt("labelFreeText", text(0, 150)),
        opt("labelCustomerDataText", text(1, 250)),
        opt("shipmentReceiptCustomerDataText", text(1, 700)),
    ])
}

fn content() -> Node {
    object(vec![
        req("packages", list(1, 999, package())),
        opt("areMorePackagesToBeAddedLater", Node::Flag),
        req("isCustomsDeclarable", Node::Flag),
        opt("declaredValue", amount(Decimal::ZERO, MONEY)),
        opt("declaredValueCurrency", text(3, 3)),
        opt("exportDeclaration", export_declaration()),
        req("description", formed(1, 70, Form::Flush)),
        opt("USFilingTypeValue", text(1, 20)),
        req(
            "incoterm",
            Node::Word(&[
                "EXW", "FCA", "CPT", "CIP", "DPU", "DAP", "DDP", "FAS", "FOB", "CFR", "CIF", "DAF", "DAT",
                "DDU", "DEQ", "DES",
            ]),
        ),
        req("unitOfMeasurement", Node::Word(UNITS)),
    ])
}

fn package() -> Node {
    filled(vec![
        opt("typeCode", Node::Word(PACKAGING)),
        req("weight", amount(thousandth(), WEIGHT)),
        opt("dimensions", dimensions()),
        opt("customerReferences", list(1, 99, reference())),
        opt("identifiers", set(0, 3, identifier())),
        opt("description", text(1, 70)),
        opt(
            "labelBarcodes",
            list(
                0,
                2,
                filled(vec![
                    req("position", Node::Word(&["left", "right"])),
                    req("symbologyCode", Node::Word(BARCODES)),
                    req("content", any_text()),
                    req("textBelowBarcode", any_text()),
                ]),
            ),
        ),
        opt(
            "labelText",
            list(
                0,
                6,
                filled(vec![
                    req("position", Node::Word(&["left1", "left2", "left3", "right1", "right2", "right3"])),
                    req("caption", text(0, 20)),
                    req("value", text(0, 40)),
                ]),
            ),
        ),
        opt("labelDescription", text(1, 80)),
        opt("referenceNumber", Node::Number { min: Decimal::ONE, max: Decimal::from(999), step: None }),
    ])
}

fn document_image() -> Node {
    filled(vec![
        opt("typeCode", Node::Word(&["INV", "PNV", "COO", "CIN", "DCL", "AWB", "NAF"])),
        opt("imageFormat", Node::Word(&["PDF", "PNG", "GIF", "TIFF", "JPEG"])),
        req("content", any_text()),
    ])
}

fn on_demand_delivery() -> Node {
    object(vec![
        req("deliveryOption", Node::Word(&["servicepoint", "neighbour", "signatureRelease"])),
        opt("location", text(1, 15)),
        opt("specialInstructions", text(1, 110)),
        opt("gateCode", text(1, 10)),
        opt("whereToLeave", Node::Word(&["concierge", "neighbour"])),
        opt("neighbourName", text(1, 20)),
        opt("neighbourHouseNumber", text(1, 20)),
        opt("authorizerName", text(1, 20)),
        opt("servicePointId", text(1, 6)),
        opt("requestedDeliveryDate", text(1, 29)),
    ])
}

fn notification() -> Node {
    filled(vec![
        req("typeCode", Node::Word(&["email"])),
        req("receiverId", text(1, 50)),
        opt("languageCode", text(3, 3)),
        opt("languageCountryCode", text(2, 2)),
        opt("bespokeMessage", text(0, 250)),
    ])
}

fn prepaid_charge() -> Node {
    filled(vec![
        req("typeCode", Node::Word(&["freight"])),
        req("currency", text(3, 3)),
        req(
            "value",
            Node::Number {
                min: Decimal::new(1, 2),
                max: Decimal::from(9_999_999_999_i64),
                step: Some(Decimal::new(1, 2)),
            },
        ),
        req("method", Node::Word(&["cash"])),
    ])
}

fn additional_information() -> Node {
    object(vec![
        opt(
            "typeCode",
            Node::Word(&[
                "pickupDetails",
                "optionalShipmentData",
                "barcodeInformation",
                "linkLabelsByPieces",
            ]),
        ),
        req("isRequested", Node::Flag),
    ])
}
