//! Pickups (10).

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{ACCOUNT, OTHER_ACCOUNT, PLANNED, Rig, to_sweden};

fn pickup(awb: &str) -> Value {
    let mut shipper = to_sweden("R-1")["customerDetails"]["shipperDetails"].clone();
    shipper["postalAddress"]["addressLine2"] = json!("Ramp 2");
    json!({
        "plannedPickupDateAndTime": PLANNED, "closeTime": "18:00", "location": "reception",
        "accounts": [{"typeCode": "shipper", "number": ACCOUNT}],
        "customerDetails": {"shipperDetails": shipper},
        "shipmentDetails": [{"productCode": "U", "isCustomsDeclarable": false, "unitOfMeasurement": "metric",
            "shipmentTrackingNumber": awb,
            "packages": [{"weight": 1.2, "dimensions": {"length": 30, "width": 20, "height": 10}}]}],
    })
}

async fn booked(rig: &Rig) -> String {
    let answer = rig.post("/pickups", &pickup("1234567891")).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["dispatchConfirmationNumbers"][0].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_booking_sends_another_courier() {
    let rig = Rig::new().await;
    let (first, second) = (booked(&rig).await, booked(&rig).await);
    assert_ne!(first, second);
    assert!(first.starts_with("PRG310203") && first.len() == 15);
    let pickups = rig.sim.pickups();
    assert_eq!((pickups.len(), pickups[0].awbs.as_slice()), (2, ["1234567891".to_owned()].as_slice()));
    assert_eq!(rig.sim.log().of_kind("pickup_booked")[1]["confirmation"], json!(second));
}

#[tokio::test]
async fn country_names_are_for_shipments_only() {
    let rig = Rig::new().await;
    let mut body = pickup("1234567891");
    body["customerDetails"]["shipperDetails"]["postalAddress"]["countryName"] = json!("Romania");
    let answer = rig.post("/pickups", &body).await;
    let fault =
        "#/customerDetails/shipperDetails/postalAddress: extraneous key [countryName] is not permitted";
    assert_eq!((answer.status, answer.problems()), (422, vec![fault.to_owned()]));
    let mut shipment = to_sweden("R-1");
    shipment["customerDetails"]["shipperDetails"]["postalAddress"]["countryName"] = json!("Romania");
    rig.mint(&shipment).await;
    let mut body = pickup("1234567891");
    body["closeTime"] = json!("24:00");
    assert_eq!(rig.post("/pickups", &body).await.status, 422);
    assert!(rig.sim.pickups().is_empty());
}

#[tokio::test]
async fn bookings_are_judged() {
    let rig = Rig::with(|b| b.blocked_accounts = [OTHER_ACCOUNT.to_owned()].into()).await;
    let mut body = pickup("1234567891");
    body["accounts"][0]["number"] = json!(OTHER_ACCOUNT);
    body["plannedPickupDateAndTime"] = json!("2031-02-01T16:00:00 GMT+02:00");
    let problems = rig.post("/pickups", &body).await.problems();
    assert!(problems[0].starts_with("998: ") && problems[1].starts_with("8003: "), "{problems:?}");
    assert!(rig.sim.pickups().is_empty());
}

#[tokio::test]
async fn a_change_names_the_original_account() {
    let rig = Rig::new().await;
    let path = format!("/pickups/{}", booked(&rig).await);
    let change = |account: &str| json!({"originalShipperAccountNumber": account, "closeTime": "17:00"});
    let answer = rig.call(Method::PATCH, &path, Some(&change(OTHER_ACCOUNT))).await;
    assert_eq!(answer.status, 400);
    assert!(answer.problems()[0].starts_with("5556: "), "{answer:?}");
    let answer = rig.call(Method::PATCH, "/pickups/PRG000", Some(&change(ACCOUNT))).await;
    assert_eq!((answer.status, answer.problems()), (404, vec![" Requested Pickup was not found".to_owned()]));
    assert_eq!(rig.call(Method::PATCH, &path, Some(&json!({}))).await.status, 422);
    assert_eq!(rig.call(Method::PATCH, &path, Some(&change(ACCOUNT))).await.status, 200);
    assert_eq!(rig.sim.pickups()[0].changes, 1);
}

#[tokio::test]
async fn a_cancellation_says_who_and_why() {
    let rig = Rig::new().await;
    let path = format!("/pickups/{}", booked(&rig).await);
    let answer = rig.call(Method::DELETE, &format!("{path}?reason=closed"), None).await;
    assert_eq!((answer.status, answer.json()["title"].clone()), (400, json!("Missing parameters")));
    assert_eq!(answer.problems(), ["Missing mandatory parameters: requestorName"]);
    assert!(rig.sim.pickups()[0].cancelled_ms.is_none());
    let path = format!("{path}?requestorName=Depot&reason=closed");
    assert_eq!(rig.call(Method::DELETE, &path, None).await.status, 200);
    assert!(rig.sim.pickups()[0].cancelled_ms.is_some());
    let again = rig.call(Method::DELETE, &path, None).await;
    assert_eq!((again.status, again.json()["title"].clone()), (404, json!("Pickup not found")));
    let gone = "Cancellation of booking was not successful. Requested Pickup was not found";
    assert_eq!(again.problems(), [gone]);
    assert_eq!(rig.sim.log().count("pickup_cancelled"), 1);
}
