use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use vortex_domain::{Currency, Money, order::Address};
use vortex_port::courier::{Customs, CustomsLine};

use super::*;
use crate::config::tests::{read, settings};

/// 2030-01-14, 10:00 UTC.
pub(crate) const NOW_MS: i64 = 1_894_615_200_000;

pub(crate) fn to_sweden() -> Parcel {
    Parcel {
        reference: "7654321-1".to_owned(),
        reserved: None,
        ready_ms: NOW_MS + 3_600_000,
        to: Address {
            name: "Åsa Öberg".to_owned(),
            street: "Storgatan 1".to_owned(),
            postal_code: "111 22".to_owned(),
            city: "Stockholm".to_owned(),
            country: "Sweden".to_owned(),
            phone: "+46 70 123 45 67".to_owned(),
            business: false,
        },
        country: "SE".to_owned(),
        measures: Measures { weight_g: 1200, length_cm: 30, width_cm: 20, height_cm: 10 },
        contents: "Enamelled pot".to_owned(),
        customs: None,
    }
}

pub(crate) fn to_norway() -> Parcel {
    let mut parcel = to_sweden();
    parcel.country = "NO".to_owned();
    parcel.to.postal_code = "0150".to_owned();
    parcel.to.city = "Oslo".to_owned();
    parcel.customs = Some(Customs {
        invoice_number: "FCT-1".to_owned(),
        invoice_date: date(2030, 1, 14),
        value: Money::minor(59_800, Currency::Nok),
        lines: vec![CustomsLine {
            description: "Enamelled steel pot with lid".to_owned(),
            quantity: 2,
            unit_price: Decimal::from(299),
            commodity_code: "732394".to_owned(),
            origin: "RO".to_owned(),
            net_weight_g: 900,
        }],
        voec: Some("VOEC2000000".to_owned()),
    });
    parcel
}

pub(crate) fn zone() -> TimeZone {
    TimeZone::get(when::ORIGIN_ZONE).unwrap()
}

fn body(extra: &Value, parcel: &Parcel) -> Value {
    let settings = read(settings(extra)).unwrap();
    serde_json::to_value(draft(&settings, &zone(), parcel, NOW_MS).unwrap().request).unwrap()
}

fn objected(parcel: &Parcel) -> Vec<String> {
    let settings = read(settings(&json!({}))).unwrap();
    let found = draft(&settings, &zone(), parcel, NOW_MS).err().unwrap_or_default();
    found.into_iter().map(|objection| objection.field).collect()
}

#[test]
fn inside_the_union_there_is_no_customs_data() {
    let body =
        body(&json!({"paperless": true, "incoterm": "DDP", "duties_account": "987654321"}), &to_sweden());
    assert_eq!(body["productCode"], "U");
    assert_eq!(body["plannedShippingDateAndTime"], "2030-01-14T13:00:00 GMT+02:00");
    assert_eq!(body["accounts"], json!([{"typeCode": "shipper", "number": "123456789"}]));
    let content = &body["content"];
    assert_eq!((&content["isCustomsDeclarable"], &content["incoterm"]), (&json!(false), &json!("DAP")));
    for absent in ["exportDeclaration", "declaredValue", "declaredValueCurrency"] {
        assert!(content.get(absent).is_none(), "{absent}");
    }
    for absent in ["valueAddedServices", "identifiers"] {
        assert!(body.get(absent).is_none(), "{absent}");
    }
    let cu = json!([{"value": "7654321-1", "typeCode": "CU"}]);
    assert_eq!((&body["customerReferences"], &content["packages"][0]["customerReferences"]), (&cu, &cu));
    assert_eq!(content["packages"][0]["weight"], json!(1.2));
}

#[test]
fn across_the_border_customs_data_and_the_invoice_go_along() {
    let extra =
        json!({"paperless": true, "incoterm": "DDP", "duties_account": "987654321", "vat": "RO12345678"});
    let body = body(&extra, &to_norway());
    assert_eq!(body["productCode"], "P");
    assert_eq!(body["accounts"][1], json!({"typeCode": "duties-taxes", "number": "987654321"}));
    assert_eq!(body["valueAddedServices"], json!([{"serviceCode": "WY"}]));
    let content = &body["content"];
    assert_eq!((&content["declaredValue"], &content["declaredValueCurrency"]), (&json!(598), &json!("NOK")));
    assert_eq!(content["exportDeclaration"]["placeOfIncoterm"], "Oslo");
    let options = body["outputImageProperties"]["imageOptions"].as_array().unwrap();
    assert!(options.iter().any(|o| o["typeCode"] == "invoice" && o["isRequested"] == true));
    let registrations = &body["customerDetails"]["shipperDetails"]["registrationNumbers"];
    assert_eq!(
        registrations[1],
        json!({"typeCode": "SDT", "number": "VOEC2000000", "issuerCountryCode": "NO"})
    );
}

#[test]
fn a_reserved_number_goes_along() {
    let mut parcel = to_sweden();
    parcel.reserved = Some("0123456789".to_owned());
    let expected = json!([{"typeCode": "shipmentId", "value": "0123456789"}]);
    assert_eq!(body(&json!({}), &parcel)["identifiers"], expected);
}

#[test]
fn a_product_chosen_by_price_is_left_open() {
    assert_eq!(body(&json!({"product_union": "auto"}), &to_sweden())["productCode"], "");
}

#[test]
fn names_what_dhl_would_refuse() {
    let with = |change: fn(&mut Parcel)| {
        let mut changed = to_norway();
        change(&mut changed);
        objected(&changed)
    };
    assert_eq!(with(|_| {}), [""; 0]);
    assert_eq!(with(|p| p.customs = None), ["customs"]);
    assert_eq!(with(|p| p.country = "RO".to_owned()), ["country"]);
    assert_eq!(with(|p| p.to.postal_code = "9170".to_owned()), ["postal_code"]);
    assert_eq!(with(|p| p.reference = "x".repeat(36)), ["reference"]);
    assert_eq!(with(|p| p.reference = "a b".to_owned()), ["reference"]);
    assert_eq!(with(|p| p.measures.weight_g = 0), ["weight", "net_weight"]);
    assert_eq!(with(|p| p.measures.height_cm = 0), ["size"]);
    assert_eq!(with(|p| p.measures.height_cm = 304), ["size"]);
    assert_eq!(with(|p| p.contents = "\n".to_owned()), ["contents"]);
    assert_eq!(with(|p| p.ready_ms = NOW_MS + 11 * 24 * 3_600_000), ["ready"]);
    assert_eq!(with(|p| p.to.phone.clear()), ["phone"]);
    assert_eq!(with(|p| p.reserved = Some(String::new())), ["reserved"]);
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let mut parcel = to_norway();
    parcel.to.phone.clear();
    parcel.to.city.clear();
    parcel.customs = None;
    assert_eq!(objected(&parcel), ["city", "phone", "customs"]);
}
