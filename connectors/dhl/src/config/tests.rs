use std::collections::BTreeMap;

use serde_json::json;

use super::*;

/// The least that a connection needs, and these beside.
pub(crate) fn settings(extra: &Value) -> Value {
    let mut settings = json!({
        "account_number": "123456789",
        "shipper": {"company": "Exemplu SRL", "name": "Depozit", "phone": "+40 264 000 000", "street": "Strada Exemplu 1",
            "city": "Cluj-Napoca", "postal_code": "400001", "country": "RO"},
    });
    settings.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap_or_default());
    settings
}

pub(crate) fn read(settings: Value) -> Result<Settings, SettingsError> {
    Settings::read(&Connection {
        name: "dhl".to_owned(),
        kind: "dhl-express".to_owned(),
        base_url: "https://express.api.dhl.com/mydhlapi".to_owned(),
        settings,
        secrets: BTreeMap::new(),
    })
}

#[test]
fn has_documented_defaults() {
    let settings = read(settings(&json!({}))).unwrap();
    assert_eq!(settings.fixed_product(Lane::Union), Some("U"));
    assert_eq!(settings.fixed_product(Lane::Declarable), Some("P"));
    assert_eq!((settings.incoterm, settings.label_format), (Incoterm::Dap, Format::Pdf));
    assert_eq!(settings.shipper.contact_information.phone, "+40264000000");
    assert!(!settings.paperless && !settings.reserve_waybills && settings.voec.is_none());
    assert!(settings.duties_account().is_none());
}

#[test]
fn takes_every_setting() {
    let all = json!({"product_union": "auto", "product_declarable": "H", "label_format": "zpl", "label_template": "ECOM26_84_A4_001",
        "incoterm": "DDP", "duties_account": "987654321", "voec": "VOEC2000000", "paperless": true, "reserve_waybills": true,
        "requests_per_minute": 30, "timeout_s": 20, "eori": "RO12345678", "vat": "RO12345678"});
    let settings = read(settings(&all)).unwrap();
    assert_eq!(settings.fixed_product(Lane::Union), None);
    assert_eq!(settings.fixed_product(Lane::Declarable), Some("H"));
    assert_eq!(settings.duties_account().unwrap().number, "987654321");
    let types: Vec<_> = settings.shipper.registration_numbers.iter().map(|r| r.type_code).collect();
    assert_eq!(types, ["VAT", "EOR"]);
}

#[test]
fn names_the_setting_that_is_wrong() {
    let shipper = |field: &str, value: &str| {
        let mut all = settings(&json!({}));
        all["shipper"][field] = json!(value);
        all
    };
    for (given, field) in [
        (json!({}), "account_number"),
        (json!([]), "settings"),
        (json!({"account_number": "123456789"}), "shipper"),
        (settings(&json!({"account_number": 123_456_789})), "account_number"),
        (settings(&json!({"account_number": "1234567890123"})), "account_number"),
        (settings(&json!({"label_format": "png"})), "label_format"),
        (settings(&json!({"label_template": "x".repeat(26)})), "label_template"),
        (settings(&json!({"incoterm": "DDP"})), "duties_account"),
        (settings(&json!({"incoterm": "EXW"})), "incoterm"),
        (settings(&json!({"product_union": "worldwide"})), "product_union"),
        (settings(&json!({"voec": "12"})), "voec"),
        (settings(&json!({"vat": "RO 1"})), "vat"),
        (settings(&json!({"paperles": true})), "paperles"),
        (settings(&json!({"timeout_s": 0})), "timeout_s"),
        (shipper("country", "SE"), "shipper.country"),
        (shipper("street", &"x".repeat(50)), "shipper.street"),
        (shipper("phone", ""), "shipper.phone"),
        (shipper("email", "a@example.com"), "shipper"),
    ] {
        let error = read(given.clone()).err().unwrap();
        assert_eq!(error.field, field, "{given}: {error}");
    }
}
