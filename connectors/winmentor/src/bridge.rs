//! One bridge over HTTP: its answer envelope, its routes by dialect, and what each ending means (spec 5.1–5.3).

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use vortex_domain::{Entropy, VendorId};
use vortex_port::{
    CallError, Connection,
    connection::SettingsError,
    http::{Answer, Auth, Content, EgressPolicy, HeaderName, HttpCall, HttpClient, Limits, Method, Remote},
};

use crate::config::Dialect;

/// How long to leave a bridge alone that is in maintenance, milliseconds.
const MAINTENANCE_REST_MS: i64 = 30_000;

/// Uninvoiced orders of many years come in one piece.
const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// Only one call is in flight at a time, so these limit nothing but a runaway loop.
const CALLS_PER_MINUTE: u32 = 60_000;
const BURST: u32 = 2_000;

/// What the bridge itself said.
#[derive(Debug)]
pub(crate) enum Reply {
    /// `success: true`.
    Done {
        data: Value,
        /// Texts that came along with the success.
        notes: Vec<String>,
    },
    /// `success: false`: the bridge, or WinMentor through it, says no.
    Declined {
        status: u16,
        /// WinMentor's texts.
        errors: Vec<String>,
    },
}

/// Calls of one bridge. Nothing here knows about the session; that is [`crate::session`].
#[derive(Debug, Clone)]
pub(crate) struct Bridge {
    http: HttpClient,
    dialect: Dialect,
}

impl Bridge {
    pub(crate) fn new(
        vendor: &VendorId,
        connection: &Connection,
        dialect: Dialect,
        egress: EgressPolicy,
        entropy: Entropy,
        api_key: SecretString,
    ) -> Result<Self, SettingsError> {
        let base = connection.base_url.trim().trim_end_matches('/');
        let base_url = if base.ends_with("/api") { base.to_owned() } else { format!("{base}/api") };
        let http = HttpClient::new(Remote {
            vendor: vendor.clone(),
            connection: connection.name.clone(),
            base_url,
            auth: Auth::Header { name: HeaderName::from_static("x-api-key"), value: api_key },
            limits: Limits {
                per_minute: CALLS_PER_MINUTE,
                burst: BURST,
                reserve: 100,
                body_limit: BODY_LIMIT,
                ..Limits::default()
            },
            egress,
            entropy,
        })?;
        Ok(Self { http, dialect })
    }

    pub(crate) fn connection(&self) -> &str {
        self.http.connection()
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// One call, made once. An error means that the bridge's own verdict did not arrive.
    pub(crate) async fn exchange(&self, request: &Request) -> Result<Reply, CallError> {
        let mut call = HttpCall::new(request.operation, request.method.clone(), request.path.as_str())
            .timeout(request.timeout)
            .answers_5xx();
        if let Some(body) = &request.body {
            call = call.json(body);
        }
        if request.for_orders {
            call = call.for_orders();
        }
        let answer = self.http.call(&call).await?;
        self.judge(&answer)
    }

    fn judge(&self, answer: &Answer) -> Result<Reply, CallError> {
        let Content::Json(Value::Object(mut envelope)) = answer.content() else {
            return Err(self.not_its_answer(answer));
        };
        let Some(success) = envelope.get("success").and_then(Value::as_bool) else {
            return Err(self.not_its_answer(answer));
        };
        let errors = envelope.get("errors").map(texts).unwrap_or_default();
        if success && answer.is_success() {
            let data = envelope.remove("data").unwrap_or_default();
            return Ok(Reply::Done { data, notes: errors });
        }
        if success {
            return Err(self.not_its_answer(answer));
        }
        if answer.status == 503 {
            let said = if errors.is_empty() { "maintenance".to_owned() } else { errors.join("; ") };
            return Err(self.paused(format!("WinMentor is in maintenance ({said})")));
        }
        Ok(Reply::Declined { status: answer.status, errors })
    }

    /// Something else answered in the bridge's place, or only a part of its answer came.
    fn not_its_answer(&self, answer: &Answer) -> CallError {
        let why = answer.summary();
        if answer.is_success() { self.implausible(why) } else { self.unknown(why) }
    }

    /// A refused reading or set-up step as an error.
    pub(crate) fn declined(&self, status: u16, errors: &[String]) -> CallError {
        let message =
            if errors.is_empty() { format!("HTTP {status} without a reason") } else { errors.join("; ") };
        if status >= 500 {
            self.unknown(format!("WinMentor: {message}"))
        } else {
            CallError::Refused { connection: self.connection().to_owned(), status, message }
        }
    }

    pub(crate) fn implausible(&self, why: impl Into<String>) -> CallError {
        CallError::Implausible { connection: self.connection().to_owned(), why: why.into() }
    }

    pub(crate) fn unknown(&self, why: impl Into<String>) -> CallError {
        CallError::Unknown { connection: self.connection().to_owned(), why: why.into() }
    }

    pub(crate) fn refused(&self, message: impl Into<String>) -> CallError {
        CallError::Refused { connection: self.connection().to_owned(), status: 200, message: message.into() }
    }

    pub(crate) fn paused(&self, why: impl Into<String>) -> CallError {
        CallError::Paused {
            connection: self.connection().to_owned(),
            why: why.into(),
            retry_after_ms: MAINTENANCE_REST_MS,
        }
    }
}

/// One request to the bridge.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    operation: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
    timeout: Duration,
    for_orders: bool,
}

impl Request {
    pub(crate) fn get(operation: &'static str, path: impl Into<String>, timeout: Duration) -> Self {
        Self { operation, method: Method::GET, path: path.into(), body: None, timeout, for_orders: false }
    }

    pub(crate) fn post(
        operation: &'static str,
        path: impl Into<String>,
        body: Value,
        timeout: Duration,
    ) -> Self {
        Self { method: Method::POST, body: Some(body), ..Self::get(operation, path, timeout) }
    }

    #[must_use]
    pub(crate) fn for_orders(mut self, yes: bool) -> Self {
        self.for_orders = yes;
        self
    }
}

/// Error and warning texts, however they are packed.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect_texts(value, &mut found);
    found
}

fn collect_texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let readable = text.replace(char::is_control, " ");
            let readable = readable.trim();
            if !readable.is_empty() {
                found.push(readable.chars().take(300).collect());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| collect_texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A whole number that may come as text, or as yes and no.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The names in a simple list, whether its rows are texts, arrays or objects.
pub(crate) fn names(data: &Value) -> Vec<String> {
    let rows = data.get("items").unwrap_or(data).as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().filter_map(first_text).collect()
}

fn first_text(row: &Value) -> Option<String> {
    match row {
        Value::String(text) => {
            Some(text.trim().trim_end_matches(';').trim().to_owned()).filter(|text| !text.is_empty())
        }
        Value::Array(cells) => cells.iter().find_map(first_text),
        Value::Object(fields) => fields.values().find_map(first_text),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_come_in_three_shapes() {
        for data in [
            json!(["ACME", "B"]),
            json!([{"nume": "ACME"}, {"nume": "B"}]),
            json!([["ACME", ""], ["B", ""]]),
            json!({"items": ["ACME;", "B;", null]}),
        ] {
            assert_eq!(names(&data), ["ACME", "B"], "{data}");
        }
        assert!(names(&Value::Null).is_empty());
    }

    #[test]
    fn numbers_come_as_texts_too() {
        assert_eq!(integer(&json!(" 1 ")), Some(1));
        assert_eq!(integer(&json!(1)), Some(1));
        assert_eq!(integer(&json!(true)), Some(1));
        assert_eq!(integer(&json!("x")), None);
    }
}
