//! The connector and its calls.

use secrecy::SecretString;
use serde_json::Value;
use vortex_domain::{Entropy, VendorId};
use vortex_port::{
    CallError,
    connection::{Connection, SettingsError},
    http::{
        Answer, Auth, Content, EgressPolicy, HeaderName, HeaderValue, HttpCall, HttpClient, Limits, Method,
        Remote,
    },
};

use crate::config::Settings;

/// A merchant's shop on CDON. Clones share connections, call budget and circuit breaker.
#[derive(Debug, Clone)]
pub struct CdonConnector {
    pub(crate) settings: Settings,
    http: HttpClient,
    merchant_header: HeaderValue,
}

const NO_SECRET: &str = "is needed: CDON's back office shows it on the API page";

impl CdonConnector {
    /// Prepares the connector; nothing is called yet. Needs the secret `token` and the setting `merchant_id`.
    ///
    /// # Errors
    /// Names the field of the connection that cannot be used.
    pub fn new(
        vendor: &VendorId,
        connection: &Connection,
        egress: EgressPolicy,
        entropy: Entropy,
    ) -> Result<Self, SettingsError> {
        let wrong = |field: &str, why: &str| SettingsError {
            connection: connection.name.clone(),
            field: field.to_owned(),
            why: why.to_owned(),
        };
        let settings = Settings::read(connection)?;
        let token: SecretString =
            connection.secrets.get("token").cloned().ok_or_else(|| wrong("token", NO_SECRET))?;
        let merchant_header = HeaderValue::from_str(&settings.merchant_id)
            .map_err(|_| wrong("merchant_id", "contains characters that no HTTP header can carry"))?;
        let http = HttpClient::new(Remote {
            vendor: vendor.clone(),
            connection: connection.name.clone(),
            base_url: connection.base_url.clone(),
            auth: Auth::Basic { user: settings.merchant_id.clone(), password: token },
            limits: Limits {
                per_minute: settings.requests_per_minute,
                burst: settings.burst,
                reserve: settings.burst / 4,
                call_timeout: settings.timeout,
                // CDON spells some paths with and without a trailing slash (cdon.md section 2).
                same_host_redirects: true,
                ..Limits::default()
            },
            egress,
            entropy,
        })?;
        Ok(Self { settings, http, merchant_header })
    }

    /// A reading; repeated when nobody answered.
    pub(crate) async fn get(&self, call: HttpCall) -> Result<Reply, CallError> {
        let answer = self.http.read(&accepting_json(call)).await?;
        self.reply(answer)
    }

    /// Asks for statuses: a POST that only reads, and wants the merchant's id as a header (cdon.md section 11).
    pub(crate) async fn ask(
        &self,
        operation: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<Reply, CallError> {
        let call = HttpCall::new(operation, Method::POST, path)
            .json(body)
            .header(HeaderName::from_static("x-merchant-id"), self.merchant_header.clone());
        let answer = self.http.read(&accepting_json(call)).await?;
        self.reply(answer)
    }

    /// A call that changes something; never repeated here.
    pub(crate) async fn send(&self, call: HttpCall) -> Result<Reply, CallError> {
        let answer = self.http.call(&accepting_json(call)).await?;
        self.reply(answer)
    }

    fn reply(&self, answer: Answer) -> Result<Reply, CallError> {
        let content = answer.content();
        // CDON answers 401, and has been seen to say it in words only (cdon.md 3.1).
        if (400..500).contains(&answer.status)
            && let Content::Json(body) = &content
            && description(body).to_ascii_lowercase().contains("credentials")
        {
            return Err(CallError::Credentials { connection: self.http.connection().to_owned() });
        }
        Ok(Reply { connection: self.http.connection().to_owned(), answer, content })
    }

    /// Guard against our own mistakes: nothing was sent.
    pub(crate) fn not_sent(&self, why: impl Into<String>) -> CallError {
        CallError::NotSent { connection: self.http.connection().to_owned(), why: why.into() }
    }
}

fn accepting_json(call: HttpCall) -> HttpCall {
    call.header(HeaderName::from_static("accept"), HeaderValue::from_static("application/json"))
}

/// An answer and what it is.
#[derive(Debug)]
pub(crate) struct Reply {
    connection: String,
    pub(crate) answer: Answer,
    pub(crate) content: Content,
}

impl Reply {
    /// The JSON of an error answer (4xx); none when the answer is something else, such as a web page of the edge.
    pub(crate) fn decline(&self) -> Option<(u16, &Value)> {
        match &self.content {
            Content::Json(body) if (400..500).contains(&self.answer.status) => {
                Some((self.answer.status, body))
            }
            _ => None,
        }
    }

    /// The JSON of a good answer.
    pub(crate) fn success(&self) -> Option<&Value> {
        match &self.content {
            Content::Json(body) if self.answer.is_success() => Some(body),
            _ => None,
        }
    }

    /// The ending of a call that changes something: refused in so many words, or nobody knows.
    pub(crate) fn unresolved(&self) -> CallError {
        match self.decline() {
            Some((status, body)) => self.refused(status, body),
            None => CallError::Unknown { connection: self.connection.clone(), why: self.why() },
        }
    }

    /// The ending of a reading that brought nothing: refused in so many words, or not believable.
    pub(crate) fn unreadable(&self) -> CallError {
        match self.decline() {
            Some((status, body)) => self.refused(status, body),
            None => self.implausible(self.why()),
        }
    }

    /// A reading that cannot be true.
    pub(crate) fn implausible(&self, why: impl Into<String>) -> CallError {
        CallError::Implausible { connection: self.connection.clone(), why: why.into() }
    }

    fn refused(&self, status: u16, body: &Value) -> CallError {
        CallError::Refused { connection: self.connection.clone(), status, message: words(body) }
    }

    fn why(&self) -> String {
        let id =
            self.answer.request_id().map(|id| format!(" (CDON's id of the call: {id})")).unwrap_or_default();
        format!("{}{id}", self.answer.summary())
    }
}

/// The text of an error answer (cdon.md 3.2).
pub(crate) fn description(body: &Value) -> &str {
    ["description", "message", "error"].iter().find_map(|key| body.get(key)?.as_str()).unwrap_or_default()
}

/// The text of an error answer with its field errors, nested as they may be.
pub(crate) fn words(body: &Value) -> String {
    let mut said = description(body).to_owned();
    let mut leaves = Vec::new();
    if let Some(errors) = body.get("errors") {
        collect(errors, &mut String::new(), &mut leaves);
    }
    if said.is_empty() {
        "declined without a reason".clone_into(&mut said);
    }
    if !leaves.is_empty() {
        said = format!("{said} ({})", leaves.join("; "));
    }
    said.chars().take(500).collect()
}

fn collect(errors: &Value, path: &mut String, leaves: &mut Vec<String>) {
    let mut descend = |key: &str, inner: &Value, leaves: &mut Vec<String>| {
        let length = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        collect(inner, path, leaves);
        path.truncate(length);
    };
    match errors {
        Value::Object(map) => {
            for (key, inner) in map.iter().filter(|(key, _)| *key != "response_status_code") {
                descend(key, inner, leaves);
            }
        }
        Value::Array(list) => {
            for inner in list {
                collect(inner, path, leaves);
            }
        }
        Value::String(text) => {
            leaves.push(if path.is_empty() { text.clone() } else { format!("{path}: {text}") });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_words_of_every_documented_error_shape() {
        let table = [
            (
                json!({"description": "Order row already has fulfilled as state"}),
                "Order row already has fulfilled as state",
            ),
            (
                json!({"description": "Invalid payload", "errors": {"quantity": ["must be of integer type"]}}),
                "Invalid payload (quantity: must be of integer type)",
            ),
            (
                json!({"description": "Invalid payload", "errors": {"bulk_payload": [{"0": [{"sku": ["required field"]}]}]}}),
                "Invalid payload (bulk_payload.0.sku: required field)",
            ),
            (
                json!({"description": "Permission denied", "errors": {"response_status_code": 403}}),
                "Permission denied",
            ),
            (json!({"message": "x"}), "x"),
            (json!({}), "declined without a reason"),
        ];
        for (body, expected) in table {
            assert_eq!(words(&body), expected);
        }
    }
}
