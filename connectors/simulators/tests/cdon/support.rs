//! A plain HTTP client and well-formed sample articles for the tests of the CDON simulator.

use reqwest::Method;
use serde_json::{Value, json};
use vortex_simulators::cdon::{CdonSim, CdonSimOptions, Market};

pub(crate) const MERCHANT: &str = "7a1f0c1e-0000-4000-8000-000000000001";
pub(crate) const TOKEN: &str = "5e9d0000-0000-4000-8000-00000000000a";
pub(crate) const DAY_MS: i64 = 86_400_000;

/// A running simulator with one merchant, and a client that speaks for the merchant.
pub(crate) struct Rig {
    pub(crate) sim: CdonSim,
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

    pub(crate) async fn with(change: impl FnOnce(&mut CdonSimOptions)) -> Self {
        let mut options =
            CdonSimOptions { merchants: vec![(MERCHANT.into(), TOKEN.into())], ..CdonSimOptions::default() };
        change(&mut options);
        Self { sim: CdonSim::start(options).await.unwrap(), http: client() }
    }

    /// One request as the merchant; an error is a broken connection or answer.
    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let url = format!("{}{path}", self.sim.base_url());
        let mut request = self.http.request(method, url).basic_auth(MERCHANT, Some(TOKEN));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.try_call(Method::GET, path, None).await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.try_call(Method::PUT, path, Some(body)).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_call(Method::POST, path, Some(body)).await.unwrap()
    }

    /// Creates articles and expects the intake to accept them; returns the batch id.
    pub(crate) async fn create(&self, articles: &[Value]) -> String {
        let answer = self.post("/v2/articles/bulk", &json!({"articles": articles})).await;
        assert_eq!(answer.status, 202);
        let body = answer.json();
        assert_eq!(body["failed"], json!([]), "{body}");
        body["batch_id"].as_str().unwrap().to_owned()
    }

    /// Sends actions; returns the answer's body.
    pub(crate) async fn update(&self, actions: Value) -> Value {
        let answer = self.put("/v2/articles/bulk", &json!({"actions": actions})).await;
        assert_eq!(answer.status, 202);
        answer.json()
    }

    /// The `markets` rows of the only item of a batch.
    pub(crate) async fn verdict(&self, batch: &str) -> Value {
        let body = self.post("/v1/statuses/batch", &json!({"batch_ids": [batch]})).await.json();
        body["batches"][0]["statuses"][0]["markets"].clone()
    }

    /// An order of one unit of the SKU in Sweden.
    pub(crate) fn bought(&self, sku: &str) -> String {
        self.sim.buy(MERCHANT, sku, Market::Se, 1).unwrap()
    }
}

/// A complete article for SE (399.00 SEK) and FI (34.90 EUR), 12 in stock.
pub(crate) fn article(sku: &str) -> Value {
    json!({
        "sku": sku, "status": "for sale", "quantity": 12,
        "main_image": "https://img.example.com/a.jpg",
        "markets": ["SE", "FI"],
        "title": [{"language": "en-US", "value": format!("Cast iron pot {sku}")}],
        "description": [{"language": "en-US", "value": "Enamelled cast iron pot for all hobs."}],
        "price": [
            {"market": "SE", "value": {"amount_including_vat": 399.00, "currency": "SEK", "vat_rate": 0.25}},
            {"market": "FI", "value": {"amount_including_vat": 34.90, "currency": "EUR", "vat_rate": 0.255}}
        ],
        "shipping_time": [{"market": "SE", "min": 3, "max": 6}, {"market": "FI", "min": 4, "max": 7}],
        "category": "1124"
    })
}

/// The article with fields replaced (or, by null, removed).
pub(crate) fn article_with(sku: &str, patch: &Value) -> Value {
    let mut article = article(sku);
    for (key, value) in patch.as_object().unwrap() {
        if value.is_null() {
            article.as_object_mut().unwrap().remove(key);
        } else {
            article[key] = value.clone();
        }
    }
    article
}

/// The descriptive part, as `update_article` wants it.
pub(crate) fn description(patch: &Value) -> Value {
    let mut body = article_with("x", patch);
    for key in ["sku", "quantity", "price"] {
        if patch.get(key).is_none() {
            body.as_object_mut().unwrap().remove(key);
        }
    }
    body
}
