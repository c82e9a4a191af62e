//! The closed schema and its texts (4.1 to 4.3, 8).

use reqwest::Method;
use serde_json::json;

use super::support::{KEY, Rig, SECRET, read, to_norway, to_sweden};

#[tokio::test]
async fn unknown_keys_are_named_by_pointer() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["content"]["packages"][0]["colour"] = json!("red");
    rig.refused(422, &body, &["#/content/packages/0: extraneous key [colour] is not permitted"]).await;
    let answer = rig.post("/shipments", &body).await;
    let problem = answer.json();
    assert_eq!(problem["title"], "Validation error");
    assert_eq!(problem["message"], "Unprocessable Entity");
    assert_eq!(problem["status"], "422");
    assert_eq!(problem["instance"], "/expressapi/shipments");
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn missing_keys_are_named_at_their_object() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["customerDetails"]["receiverDetails"]["contactInformation"].as_object_mut().unwrap().remove("phone");
    let fault = "#/customerDetails/receiverDetails/contactInformation: required key [phone] not found";
    rig.refused(422, &body, &[fault]).await;
    let mut body = to_sweden("R-1");
    body["accounts"][0].as_object_mut().unwrap().remove("number");
    rig.refused(422, &body, &["#/accounts/0: required key [number] not found"]).await;
}

#[tokio::test]
async fn lengths_count_characters() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    let address = "customerDetails/receiverDetails/postalAddress";
    let street = format!("/{address}/addressLine1");
    *body.pointer_mut(&street).unwrap() = json!("å".repeat(45));
    rig.mint(&body).await;
    let rig = Rig::new().await;
    *body.pointer_mut(&street).unwrap() = json!("å".repeat(49));
    rig.refused(422, &body, &[&format!("#{street}: expected maxLength: 45, actual: 49")]).await;
    *body.pointer_mut(&street).unwrap() = json!("");
    rig.refused(422, &body, &[&format!("#{street}: expected minLength: 1, actual: 0")]).await;
}

#[tokio::test]
async fn an_empty_postal_code_is_allowed_and_an_empty_second_line_is_not() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["customerDetails"]["receiverDetails"]["postalAddress"]["postalCode"] = json!("");
    rig.mint(&body).await;
    let rig = Rig::new().await;
    body["customerDetails"]["receiverDetails"]["postalAddress"]["addressLine2"] = json!("");
    let fault =
        "#/customerDetails/receiverDetails/postalAddress/addressLine2: expected minLength: 1, actual: 0";
    rig.refused(422, &body, &[fault]).await;
}

#[tokio::test]
async fn steps_are_counted_in_thousandths() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    for weight in [0.7, 0.001, 2.675, 1.005] {
        body["content"]["packages"][0]["weight"] = json!(weight);
        rig.mint(&body).await;
    }
    let rig = Rig::new().await;
    body["content"]["packages"][0]["weight"] = json!(0.7001);
    rig.refused(422, &body, &["#/content/packages/0/weight: 0.7001 is not a multiple of 0.001"]).await;
    body["content"]["packages"][0]["weight"] = json!(0);
    rig.refused(422, &body, &["#/content/packages/0/weight: 0 is not greater or equal to 0.001"]).await;
    body["content"]["packages"][0]["weight"] = json!("1.2");
    rig.refused(422, &body, &["#/content/packages/0/weight: expected type: Number, found: String"]).await;
}

#[tokio::test]
async fn several_problems_come_together() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["content"]["description"] = json!(" Pot");
    body["content"]["incoterm"] = json!("XYZ");
    body["customerReferences"][0]["value"] = json!("x".repeat(36));
    let answer = rig.post("/shipments", &body).await;
    assert_eq!(answer.status, 422);
    let problems = answer.problems();
    assert_eq!(problems.len(), 3, "{problems:?}");
    for part in [
        "#/content/description: string [ Pot] does not match pattern ^[^\\s]",
        "#/content/incoterm: XYZ is not a valid enum value",
        "#/customerReferences/0/value: expected maxLength: 35, actual: 36",
    ] {
        assert!(problems.iter().any(|p| p == part), "{problems:?}");
    }
}

#[tokio::test]
async fn customs_data_are_closed_too() {
    let rig = Rig::new().await;
    let mut body = to_norway("R-1");
    let line = "#/content/exportDeclaration/lineItems/0";
    body["content"]["exportDeclaration"]["lineItems"][0]["quantity"]["value"] = json!(1.5);
    rig.refused(422, &body, &[&format!("{line}/quantity/value: expected type: Integer, found: BigDecimal")])
        .await;
    let mut body = to_norway("R-1");
    body["content"]["exportDeclaration"]["lineItems"][0]["quantity"]["unitOfMeasurement"] = json!(false);
    let fault = format!("{line}/quantity/unitOfMeasurement: expected type: String, found: Boolean");
    rig.refused(422, &body, &[&fault]).await;
    let mut body = to_norway("R-1");
    body["content"]["exportDeclaration"]["lineItems"][0]["exportControlNumber"] = json!("1");
    rig.refused(422, &body, &[&format!("{line}: extraneous key [exportControlNumber] is not permitted")])
        .await;
    let mut body = to_norway("R-1");
    let charge = json!({"value": 1, "typeCode": "freight"});
    body["content"]["exportDeclaration"]["additionalCharges"] = json!(vec![charge; 6]);
    let fault = "#/content/exportDeclaration/additionalCharges: expected maximum item count: 5, found: 6";
    rig.refused(422, &body, &[fault]).await;
    let mut body = to_norway("R-1");
    body["content"]["exportDeclaration"]["invoice"]["date"] = json!("03.02.2031");
    let fault =
        "#/content/exportDeclaration/invoice/date: [03.02.2031] is not a valid date. Expected [yyyy-MM-dd]";
    rig.refused(422, &body, &[fault]).await;
}

#[tokio::test]
async fn a_body_must_be_json_and_say_so() {
    let rig = Rig::new().await;
    let url = format!("{}/shipments", rig.sim.base_url());
    let text = to_sweden("R-1").to_string();
    let send = |label: &'static str, body: String| {
        let request = rig.http.request(Method::POST, &url).basic_auth(KEY, Some(SECRET));
        read(request.header("content-type", label).body(body))
    };
    assert_eq!(send("text/plain", text.clone()).await.unwrap().status, 415);
    // A byte order mark is no JSON (2).
    assert_eq!(send("application/json", format!("\u{feff}{text}")).await.unwrap().status, 400);
    assert_eq!(send("application/json", "{".to_owned()).await.unwrap().status, 400);
    assert!(rig.sim.shipments().is_empty());
    assert_eq!(send("application/json; charset=utf-8", text).await.unwrap().status, 201);
}
