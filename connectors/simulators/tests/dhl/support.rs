//! A plain HTTP client and well-formed sample bodies for the tests of the DHL simulator.

use reqwest::Method;
use serde_json::{Value, json};
use vortex_simulators::dhl::{Behaviour, DhlSim, DhlSimOptions};

pub(crate) const KEY: &str = "simulated-key";
pub(crate) const SECRET: &str = "simulated-secret";
pub(crate) const ACCOUNT: &str = "301112223";
pub(crate) const OTHER_ACCOUNT: &str = "301112224";
pub(crate) const UNIFIED_KEY: &str = "unified-key";
pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
/// 2031-02-03, a Monday, 10:00 UTC: noon in Bucharest, 11 o'clock in Stockholm.
pub(crate) const NOW_MS: i64 = 1_927_879_200_000;
/// Four hours later, as the warehouse's clocks show it.
pub(crate) const PLANNED: &str = "2031-02-03T16:00:00 GMT+02:00";

/// A running simulator with one key and two accounts, and a client that knows the key.
pub(crate) struct Rig {
    pub(crate) sim: DhlSim,
    pub(crate) http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("not JSON ({e}): {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// All problems of a problem body.
    pub(crate) fn problems(&self) -> Vec<String> {
        let body = self.json();
        match body["additionalDetails"].as_array() {
            Some(several) => {
                assert_eq!(body["detail"], "Multiple problems found, see Additional Details");
                several.iter().map(|p| p.as_str().unwrap().to_owned()).collect()
            }
            None => vec![body["detail"].as_str().unwrap_or_default().to_owned()],
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the test talks to its own simulator on loopback")]
pub(crate) fn client() -> reqwest::Client {
    // A second installation in this process fails, and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Behaviour)) -> Self {
        let account = |number: &str| (KEY.to_owned(), SECRET.to_owned(), number.to_owned());
        let mut options = DhlSimOptions {
            accounts: vec![account(ACCOUNT), account(OTHER_ACCOUNT)],
            unified_keys: vec![UNIFIED_KEY.to_owned()],
            ..DhlSimOptions::default()
        };
        options.clock.set_ms(NOW_MS);
        change(&mut options.behaviour);
        Self { sim: DhlSim::start(options).await.unwrap(), http: client() }
    }

    /// One request with the key; an error is a broken connection or answer.
    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let url = format!("{}{path}", self.sim.base_url());
        let mut request =
            self.http.request(method, url).basic_auth(KEY, Some(SECRET)).header("x-version", "3.1.0");
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.try_call(method, path, body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Mints a waybill and expects it to succeed; its number.
    pub(crate) async fn mint(&self, body: &Value) -> String {
        let answer = self.post("/shipments", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["shipmentTrackingNumber"].as_str().unwrap().to_owned()
    }

    /// Expects a refusal with exactly these problems, and nothing minted.
    pub(crate) async fn refused(&self, status: u16, body: &Value, problems: &[&str]) {
        let answer = self.post("/shipments", body).await;
        assert_eq!(
            (answer.status, answer.problems()),
            (status, problems.iter().map(|p| (*p).to_owned()).collect())
        );
        assert!(self.sim.shipments().is_empty());
    }
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}

fn party(country: &str, postal_code: &str, city: &str, name: &str) -> Value {
    json!({
        "postalAddress": {"postalCode": postal_code, "cityName": city, "countryCode": country,
            "addressLine1": "Long Street 12"},
        "contactInformation": {"phone": "+40700000000", "companyName": name, "fullName": name},
    })
}

/// A parcel of 1.2 kg from Bucharest to Stockholm.
pub(crate) fn to_sweden(reference: &str) -> Value {
    json!({
        "plannedShippingDateAndTime": PLANNED,
        "pickup": {"isRequested": false},
        "productCode": "U",
        "accounts": [{"typeCode": "shipper", "number": ACCOUNT}],
        "customerReferences": [{"typeCode": "CU", "value": reference}],
        "customerDetails": {
            "shipperDetails": party("RO", "010101", "Bucharest", "Depozit SRL"),
            "receiverDetails": party("SE", "11122", "Stockholm", "Åsa Öberg"),
        },
        "content": {
            "packages": [{"weight": 1.2, "dimensions": {"length": 30, "width": 20, "height": 10}}],
            "isCustomsDeclarable": false,
            "description": "Cast iron pot",
            "incoterm": "DAP",
            "unitOfMeasurement": "metric",
        },
    })
}

/// Two pots of 299.50 NOK from Bucharest to Oslo, with everything that customs want.
pub(crate) fn to_norway(reference: &str) -> Value {
    let mut body = to_sweden(reference);
    body["productCode"] = json!("P");
    body["outputImageProperties"] = json!({"imageOptions": [
        {"typeCode": "label"}, {"typeCode": "invoice", "isRequested": true}]});
    body["customerDetails"]["receiverDetails"] = party("NO", "0150", "Oslo", "Kari Nordmann");
    body["customerDetails"]["shipperDetails"]["registrationNumbers"] =
        json!([{"typeCode": "SDT", "number": "VOEC2024001", "issuerCountryCode": "NO"}]);
    let content = &mut body["content"];
    content["isCustomsDeclarable"] = json!(true);
    content["declaredValue"] = json!(599);
    content["declaredValueCurrency"] = json!("NOK");
    content["exportDeclaration"] = json!({
        "lineItems": [{
            "number": 1, "description": "Cast iron pot, enamelled", "price": 299.5,
            "quantity": {"value": 2, "unitOfMeasurement": "PCS"}, "manufacturerCountry": "RO",
            "weight": {"netValue": 1.1}, "commodityCodes": [{"typeCode": "outbound", "value": "732392"}],
        }],
        "invoice": {"number": "MGZ-1001", "date": "2031-02-03"},
    });
    body
}

/// Waits until a condition holds; fails after ten seconds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
        while !holds() {
            ticks.tick().await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await;
    assert!(waited.is_ok(), "never: {what}");
}
