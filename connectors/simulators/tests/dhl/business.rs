//! What a well-formed shipment is refused for (4, 6, 8).

use serde_json::{Value, json};
use vortex_simulators::dhl::UndeclaredExport;

use super::support::{ACCOUNT, OTHER_ACCOUNT, Rig, to_norway, to_sweden};

const ILL_FORMED: &str =
    "998: ShipTimeStamp is not well formatted.(Expected Sample Format : '2010-02-11T17:10:09 GMT+01:00')";

#[tokio::test]
async fn planned_times_have_one_form() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    for wrong in [
        "2031-02-03 16:00:00 GMT+02:00",
        "2031-02-03T16:00:00+02:00",
        "2031-02-03T16:00:00Z",
        "2031-02-30T16:00:00 GMT+02:00",
        "2031-02-03T16:00 GMT+02:00",
        "2031-02-03T16:00:00 GMT+2:00",
    ] {
        body["plannedShippingDateAndTime"] = json!(wrong);
        rig.refused(400, &body, &[ILL_FORMED]).await;
    }
    body["plannedShippingDateAndTime"] = json!("2031-02-03T16:00:00GMT+02:00");
    rig.mint(&body).await;
}

#[tokio::test]
async fn planned_times_lie_within_ten_days() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["plannedShippingDateAndTime"] = json!("2031-02-03T11:00:00 GMT+02:00");
    let answer = rig.post("/shipments", &body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.problems()[0].starts_with("998: "), "{answer:?}");
    body["plannedShippingDateAndTime"] = json!("2031-02-13T13:00:00 GMT+02:00");
    let answer = rig.post("/shipments", &body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.problems()[0].starts_with("998: "), "{answer:?}");
    assert!(rig.sim.shipments().is_empty());
    body["plannedShippingDateAndTime"] = json!("2031-02-13T11:00:00 GMT+02:00");
    rig.mint(&body).await;
}

#[tokio::test]
async fn accounts_must_be_known_and_allowed() {
    let rig = Rig::with(|b| b.blocked_accounts = [OTHER_ACCOUNT.to_owned()].into()).await;
    let mut body = to_sweden("R-1");
    body["accounts"][0]["number"] = json!("999999999");
    let unknown = "The account number is not found or invalid. Please check the account number and retry.";
    rig.refused(400, &body, &[unknown]).await;
    body["accounts"][0]["number"] = json!(OTHER_ACCOUNT);
    let blocked =
        "8003: Account not allowed for this service. Please contact your DHL Express representative.";
    rig.refused(400, &body, &[blocked]).await;
}

#[tokio::test]
async fn products_depend_on_lane_and_account() {
    let rig =
        Rig::with(|b| b.account_products = [(OTHER_ACCOUNT.to_owned(), ["W".to_owned()].into())].into())
            .await;
    let check = async |body: &Value| {
        let code = body["productCode"].as_str().unwrap();
        let answer = rig.post("/shipments", body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        let expected = format!("1001: The requested product(s) ({code}) not available");
        assert!(answer.problems()[0].starts_with(&expected), "{answer:?}");
    };
    let mut body = to_sweden("R-1");
    for code in ["P", "N", "D2", "8"] {
        body["productCode"] = json!(code);
        check(&body).await;
    }
    let mut norway = to_norway("R-1");
    norway["productCode"] = json!("U");
    check(&norway).await;
    let mut other = to_sweden("R-1");
    other["accounts"][0]["number"] = json!(OTHER_ACCOUNT);
    check(&other).await;
    assert!(rig.sim.shipments().is_empty());
    other["productCode"] = json!("W");
    rig.mint(&other).await;
}

#[tokio::test]
async fn services_must_exist_on_the_lane() {
    let rig = Rig::new().await;
    let text = |at: usize, code: &str| {
        format!(
            "7008: The requested Special Service Code  #/valueAddedServices/{at}/serviceCode '{code}' is not \
             available between this origin and destination. Please validate the products and services \
             combination (via the /rates or /products service) or contact our customer service."
        )
    };
    let mut body = to_sweden("R-1");
    body["valueAddedServices"] = json!([{"serviceCode": "SF"}, {"serviceCode": "xx"}, {"serviceCode": "WY"}]);
    rig.refused(400, &body, &[&text(1, "xx"), &text(2, "WY")]).await;
    let mut body = to_norway("R-1");
    body["valueAddedServices"] = json!([{"serviceCode": "WY"}]);
    let awb = rig.mint(&body).await;
    assert!(rig.sim.shipment(&awb).unwrap().paperless);
}

#[tokio::test]
async fn declarable_goods_need_their_papers() {
    let rig = Rig::new().await;
    let mut body = to_norway("R-1");
    body["outputImageProperties"]["imageOptions"][1]["isRequested"] = json!(false);
    let fault = "7120: Required either #/outputImageProperties/imageOptions where typeCode=invoice or provide \
                 #/documentImages";
    rig.refused(400, &body, &[fault]).await;
    body["documentImages"] = json!([{"typeCode": "INV", "imageFormat": "PDF", "content": "JVBERi0="}]);
    rig.mint(&body).await;

    let rig = Rig::new().await;
    let mut body = to_norway("R-1");
    body["content"].as_object_mut().unwrap().remove("exportDeclaration");
    let fault = "#/content/exportDeclaration is required when #/content/isCustomsDeclarable is true";
    rig.refused(400, &body, &[fault]).await;
    let mut body = to_norway("R-1");
    body["content"]["exportDeclaration"].as_object_mut().unwrap().remove("invoice");
    let fault = "#/content/exportDeclaration/invoice is required to print the invoice";
    rig.refused(400, &body, &[fault]).await;
    let mut body = to_norway("R-1");
    body["content"]["exportDeclaration"]["lineItems"][0]["weight"] = json!({});
    let fault = "#/content/exportDeclaration/lineItems/0/weight requires netValue or grossValue";
    rig.refused(400, &body, &[fault]).await;
    let mut body = to_norway("R-1");
    body["content"]["incoterm"] = json!("DDP");
    let fault = "incoterm DDP requires an account with typeCode duties-taxes or service DD";
    rig.refused(400, &body, &[fault]).await;
}

#[tokio::test]
async fn lines_add_up_to_the_declared_value() {
    let rig = Rig::new().await;
    let mut body = to_norway("R-1");
    body["content"]["declaredValue"] = json!(598.98);
    let fault = "#/content/declaredValue does not match the sum of the line items";
    rig.refused(400, &body, &[fault]).await;
    body["content"]["declaredValue"] = json!(598.99);
    rig.mint(&body).await;
    rig.sim.update_options(|b| b.check_declared_value = false);
    body["content"]["declaredValue"] = json!(1);
    rig.mint(&body).await;
}

#[tokio::test]
async fn undeclared_goods_across_the_border_are_flagged_or_refused() {
    let rig = Rig::new().await;
    let mut body = to_norway("R-1");
    body["content"]["isCustomsDeclarable"] = json!(false);
    body["content"].as_object_mut().unwrap().remove("exportDeclaration");
    let awb = rig.mint(&body).await;
    let flag = "goods cross the customs border undeclared";
    assert_eq!(rig.sim.shipment(&awb).unwrap().flags, [flag]);

    let rig = Rig::with(|b| b.undeclared_export = UndeclaredExport::Refuse).await;
    let fault = "#/content/isCustomsDeclarable must be true between this origin and destination";
    rig.refused(400, &body, &[fault]).await;
}

#[tokio::test]
async fn declarations_inside_the_union_are_refused() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["content"]["exportDeclaration"] = to_norway("R-1")["content"]["exportDeclaration"].clone();
    let fault = "#/content/exportDeclaration is only allowed when #/content/isCustomsDeclarable is true";
    rig.refused(400, &body, &[fault]).await;
    body["content"]["isCustomsDeclarable"] = json!(true);
    let answer = rig.post("/shipments", &body).await;
    assert!(answer.problems()[0].starts_with("1001: "), "{answer:?}");
}

#[tokio::test]
async fn aland_lies_outside_of_the_vat_territory() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    let address = &mut body["customerDetails"]["receiverDetails"]["postalAddress"];
    address["countryCode"] = json!("FI");
    address["postalCode"] = json!("00100");
    rig.mint(&body).await;
    body["customerDetails"]["receiverDetails"]["postalAddress"]["postalCode"] = json!("22100");
    let answer = rig.post("/shipments", &body).await;
    assert!(answer.problems()[0].starts_with("1001: "), "{answer:?}");
}

#[tokio::test]
async fn descriptions_are_screened_word_by_word() {
    let rig = Rig::with(|b| b.screened_words = ["POT".to_owned()].into()).await;
    rig.refused(
        400,
        &to_norway("R-1"),
        &[
            "7147: The shipment description #/content/description Match Keyword[Description:POT]. \
             Please update the description and retry.",
            "7147: The export line item description #/content/exportdeclaration/lineitems/1/description \
             Match Keyword[Description:POT]. Please update the description and retry.",
        ],
    )
    .await;
    let mut body = to_sweden("R-1");
    body["content"]["description"] = json!("Pottery");
    rig.mint(&body).await;
}

#[tokio::test]
async fn doubtful_customs_data_are_flagged() {
    let rig = Rig::new().await;
    let mut body = to_norway("R-1");
    body["customerDetails"]["shipperDetails"].as_object_mut().unwrap().remove("registrationNumbers");
    body["content"]["exportDeclaration"]["lineItems"][0]["commodityCodes"][0]["value"] = json!("7323");
    body["plannedShippingDateAndTime"] = json!("2031-02-03T16:00:00 GMT+00:00");
    let awb = rig.mint(&body).await;
    let flags = rig.sim.shipment(&awb).unwrap().flags;
    assert_eq!(
        flags,
        [
            "no VOEC number: the buyer will be charged VAT",
            "a line has no commodity code of six digits",
            "planned time is not in the local time of its origin",
        ]
    );
    let clean = rig.mint(&to_norway("R-2")).await;
    assert!(rig.sim.shipment(&clean).unwrap().flags.is_empty());
}

#[tokio::test]
async fn oversized_pieces_and_unserved_places_are_refused() {
    let rig = Rig::with(|b| b.unserved_postal_codes = ["98765".to_owned()].into()).await;
    let mut body = to_sweden("R-1");
    body["content"]["packages"][0]["dimensions"] = json!({"length": 10, "width": 304, "height": 10});
    rig.refused(400, &body, &["#/content/packages/0/dimensions exceed what the product can carry"]).await;
    let mut body = to_sweden("R-1");
    body["customerDetails"]["receiverDetails"]["postalAddress"]["postalCode"] = json!("98765");
    let fault = "420505: The destination location is invalid. Please check the data and retry.";
    rig.refused(400, &body, &[fault]).await;
}

#[tokio::test]
async fn own_numbers_are_used_once() {
    let rig = Rig::new().await;
    let path = format!("/identifiers?accountNumber={ACCOUNT}&type=SID&size=2");
    let forbidden = "3501: Request Identifier is not allowed for your username. Please contact your DHL Express representative.";
    let answer = rig.get(&path).await;
    assert_eq!((answer.status, answer.problems()), (400, vec![forbidden.to_owned()]));
    let mut body = to_sweden("R-1");
    body["identifiers"] = json!([{"typeCode": "shipmentId", "value": "1234567891"}]);
    rig.refused(400, &body, &[forbidden]).await;

    rig.sim.update_options(|b| b.own_numbers = true);
    let invalid = "400104: The provided Shipment Identification Number is invalid. \
                   Please check the request message and retry.";
    rig.refused(400, &body, &[invalid]).await;
    let answer = rig.get(&path).await;
    assert_eq!(answer.status, 200);
    let reserved = answer.json();
    assert_eq!(reserved["identifiers"][0]["typeCode"], "SID");
    let numbers: Vec<&str> =
        reserved["identifiers"][0]["list"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    assert_eq!(numbers.len(), 2);
    body["identifiers"][0]["value"] = json!(numbers[1]);
    assert_eq!(rig.mint(&body).await, numbers[1]);
    let again = rig.post("/shipments", &body).await;
    assert_eq!((again.status, again.problems()), (400, vec![invalid.to_owned()]));
    assert_eq!(rig.sim.shipments().len(), 1);
}
