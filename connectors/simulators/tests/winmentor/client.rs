//! A small client that keeps no promises of its own: it sends and shows.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use vortex_simulators::winmentor::{WinMentorSim, WinMentorSimOptions};

/// 23 November 2026, 10:00 UTC, noon in Bucharest.
pub(crate) const NOON_MS: i64 = 1_795_428_000_000;

pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    folder: String,
    key: String,
}

/// Status and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.body["success"], json!(true), "{}", self.body);
        &self.body["data"]
    }

    pub(crate) fn items(&self) -> Vec<Value> {
        let data = self.data();
        let list = if data.is_object() { &data["items"] } else { data };
        list.as_array().cloned().unwrap_or_default()
    }

    /// The rows of a raw list.
    pub(crate) fn raw(&self) -> Vec<String> {
        self.items().iter().map(|row| row.as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn errors(&self) -> String {
        assert_eq!(self.body["success"], json!(false), "{}", self.body);
        assert_eq!(self.body["data"], Value::Null);
        self.body["errors"].to_string()
    }
}

impl Client {
    #[expect(clippy::disallowed_methods, reason = "a test talks to its own loopback server")]
    pub(crate) fn new(sim: &WinMentorSim) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, base: sim.base_url(), folder: sim.pdf_base_url(), key: sim.options().api_key }
    }

    pub(crate) async fn try_get(&self, path: &str) -> reqwest::Result<Response> {
        self.http.get(format!("{}{path}", self.base)).header("X-API-Key", &self.key).send().await
    }

    /// A file of the folder of printed invoices, or the status in its place.
    pub(crate) async fn print(&self, name: &str) -> Result<Vec<u8>, u16> {
        let print = self.http.get(format!("{}{name}", self.folder)).send().await.unwrap();
        if print.status().is_success() {
            Ok(print.bytes().await.unwrap().to_vec())
        } else {
            Err(print.status().as_u16())
        }
    }

    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Response> {
        let request = self.http.post(format!("{}{path}", self.base)).header("X-API-Key", &self.key);
        request.json(body).send().await
    }

    /// Gives up after `timeout`.
    pub(crate) async fn hasty_post(&self, path: &str, body: &Value, timeout: Duration) -> reqwest::Error {
        let request = self.http.post(format!("{}{path}", self.base)).header("X-API-Key", &self.key);
        request.json(body).timeout(timeout).send().await.unwrap_err()
    }

    pub(crate) async fn with_key(&self, path: &str, key: Option<&str>) -> Answer {
        let mut request = self.http.get(format!("{}{path}", self.base));
        if let Some(key) = key {
            request = request.header("X-API-Key", key);
        }
        read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        read(self.try_get(path).await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        read(self.try_post(path, &body).await.unwrap()).await
    }

    /// Company, month and both id fields, as a careful client sets them before each write.
    pub(crate) async fn set_up(&self) {
        self.post("/api/firme/select", json!({"firma": "ACME", "an": 2026, "luna": 11})).await.data();
        self.post("/api/config/id-part-field", json!({"fieldName": "CodExtern"})).await.data();
        self.post("/api/config/id-art-field", json!({"fieldName": "CodExtern"})).await.data();
    }

    pub(crate) async fn import(&self, lines: &[String]) -> Answer {
        self.post("/api/import/comenzi", json!({"lines": lines})).await
    }
}

async fn read(response: Response) -> Answer {
    let status = response.status().as_u16();
    Answer { status, body: response.json().await.unwrap() }
}

/// A simulator at a fixed time and a client that is set up.
pub(crate) async fn started(change: impl FnOnce(&mut WinMentorSimOptions)) -> (WinMentorSim, Client) {
    let (sim, client) = cold(change).await;
    client.set_up().await;
    (sim, client)
}

/// The same without company, month and id fields.
pub(crate) async fn cold(change: impl FnOnce(&mut WinMentorSimOptions)) -> (WinMentorSim, Client) {
    let mut options = WinMentorSimOptions { start_ms: Some(NOON_MS), ..WinMentorSimOptions::default() };
    change(&mut options);
    let sim = WinMentorSim::start(options).await.unwrap();
    let client = Client::new(&sim);
    (sim, client)
}

/// External codes of goods with plenty of stock, sold by the piece.
pub(crate) fn goods(sim: &WinMentorSim) -> Vec<String> {
    let plenty = |article: &vortex_simulators::winmentor::ErpArticleView| {
        !article.service
            && article.unit == "Buc"
            && !article.code.contains(';')
            && article.stock.values().all(|quantity| *quantity >= 10.into())
    };
    sim.articles().into_iter().filter(plenty).map(|article| article.code).collect()
}

/// A packet with one order of one line.
pub(crate) fn packet(nr_doc: i64, reference: &str, code: &str, quantity: &str) -> Vec<String> {
    format!(
        "[InfoPachet]\nAnLucru=2026\nLunaLucru=11\nTipdocument=COMANDA\nTotalComenzi=1\nLogon=Master\n\
         [Comanda_1]\nNrDoc={nr_doc}\nSimbolCarnet=CDON\nOperatie=A\nData=23.11.2026\nCodClient=CDON-SE\n\
         Locatie=Malmö\nMoneda=LEI\nObservatii=CDON:{reference} 199.00 SEK\nTotalArticole=1\n\
         [Items_1]\nItem_1={code};Buc;{quantity};99.1735;0;25.11.2026;linia {reference};"
    )
    .lines()
    .map(str::to_owned)
    .collect()
}

/// The same packet with one text replaced everywhere.
pub(crate) fn replaced(lines: &[String], from: &str, to: &str) -> Vec<String> {
    lines.iter().map(|line| line.replace(from, to)).collect()
}
