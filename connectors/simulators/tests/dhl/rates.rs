//! Rates, products and places (6, 11).

use serde_json::{Value, json};

use super::support::{ACCOUNT, OTHER_ACCOUNT, PLANNED, Rig};

fn question(country: &str, declarable: bool) -> Value {
    json!({
        "customerDetails": {
            "shipperDetails": {"postalCode": "010101", "cityName": "Bucharest", "countryCode": "RO"},
            "receiverDetails": {"postalCode": "11122", "cityName": "Somewhere", "countryCode": country},
        },
        "accounts": [{"typeCode": "shipper", "number": ACCOUNT}],
        "plannedShippingDateAndTime": PLANNED, "unitOfMeasurement": "metric",
        "isCustomsDeclarable": declarable,
        "packages": [{"weight": 2.5, "dimensions": {"length": 30, "width": 20, "height": 10}}],
    })
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["products"].as_array().unwrap().iter().map(|p| p["productCode"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn products_of_a_lane_have_prices() {
    let rig = Rig::new().await;
    let answer = rig.post("/rates", &question("SE", false)).await.json();
    assert_eq!(codes(&answer), ["U", "W", "D", "T", "K", "L"]);
    let price = &answer["products"][0]["totalPrice"][0];
    assert_eq!(price, &json!({"currencyType": "BILLC", "priceCurrency": "RON", "price": 172}));
    let delivery = &answer["products"][0]["deliveryCapabilities"];
    assert_eq!(delivery["estimatedDeliveryDateAndTime"], "2031-02-05T23:59:00");
    let answer = rig.post("/rates", &question("NO", true)).await.json();
    assert_eq!(codes(&answer), ["P", "H", "Y", "E", "M", "8"]);
    let mut timed = question("NO", true);
    timed["productTypeCode"] = json!("timeDefinite");
    assert_eq!(codes(&rig.post("/rates", &timed).await.json()), ["Y", "E", "M"]);
}

#[tokio::test]
async fn what_an_account_cannot_use_has_no_price() {
    let rig =
        Rig::with(|b| b.account_products = [(ACCOUNT.to_owned(), ["W".to_owned()].into())].into()).await;
    assert_eq!(codes(&rig.post("/rates", &question("SE", false)).await.json()), ["W"]);
    let mut body = question("SE", false);
    body["productCode"] = json!("U");
    let answer = rig.post("/rates", &body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.problems()[0].starts_with("1001: The requested product(s) (U) not available"));
    body["accounts"][0]["number"] = json!("999");
    let unknown = "The account number is not found or invalid. Please check the account number and retry.";
    assert_eq!(rig.post("/rates", &body).await.problems(), [unknown]);
    body["colour"] = json!("red");
    assert_eq!(rig.post("/rates", &body).await.problems(), ["#: extraneous key [colour] is not permitted"]);
}

#[tokio::test]
async fn one_piece_is_asked_by_query() {
    let rig = Rig::new().await;
    let query = format!(
        "accountNumber={OTHER_ACCOUNT}&originCountryCode=RO&originCityName=Bucharest&originPostalCode=010101\
         &destinationCountryCode=DK&destinationCityName=Aarhus&destinationPostalCode=8000&weight=2.5&length=30\
         &width=20&height=10&plannedShippingDate=2031-02-04&isCustomsDeclarable=false&unitOfMeasurement=metric"
    );
    let rates = rig.get(&format!("/rates?{query}")).await.json();
    assert_eq!(codes(&rates)[..2], ["U", "W"]);
    assert_eq!(rates["products"][0]["totalPrice"][0]["price"], json!(172));
    let products = rig.get(&format!("/products?{query}")).await.json();
    assert_eq!(codes(&products), codes(&rates));
    assert!(products["products"][0].get("totalPrice").is_none());
    let answer = rig.get(&format!("/rates?{}", query.replace("weight=2.5&", ""))).await;
    assert_eq!(answer.problems(), ["Missing mandatory parameters: weight"]);
    let unknown = "The account number is not found or invalid. Please check the account number and retry.";
    let answer = rig.get(&format!("/products?{}", query.replace(OTHER_ACCOUNT, "1"))).await;
    assert_eq!(answer.problems(), [unknown]);
}

#[tokio::test]
async fn places_are_validated() {
    let rig = Rig::with(|b| b.unserved_postal_codes = ["98765".to_owned()].into()).await;
    let path = "/address-validate?type=delivery&countryCode=SE&postalCode=11122&cityName=Stockholm";
    let answer = rig.get(path).await.json();
    assert_eq!(answer["address"][0]["serviceArea"]["code"], "STO");
    assert_eq!(rig.get(&path.replace("11122", "98765")).await.status, 400);
    let answer = rig.get("/address-validate?countryCode=SE&postalCode=1").await;
    assert_eq!(answer.problems(), ["Missing mandatory parameters: type"]);
    let answer = rig.get(&path.replace("Stockholm", &"x".repeat(46))).await;
    assert_eq!(answer.problems(), ["Parameters not having correct format: cityName (maxLength=45)"]);
}
