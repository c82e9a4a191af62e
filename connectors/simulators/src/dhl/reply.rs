//! Answers of the API and its problem bodies (spec section 8).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::options::StatusStyle;

/// An answer before it becomes HTTP.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    /// None for an empty body.
    pub(super) body: Option<Value>,
    /// Path for `Location`.
    pub(super) location: Option<String>,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body), location: None }
    }

    pub(super) fn created(body: Value) -> Self {
        Self { status: StatusCode::CREATED, body: Some(body), location: None }
    }

    pub(super) fn into_response(self) -> Response {
        if let Some(body) = self.body {
            return labelled(self.status, "application/json", &body, self.location.as_deref());
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response
    }
}

fn labelled(status: StatusCode, label: &'static str, body: &Value, location: Option<&str>) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(label));
    if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Why a call is refused.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    title: &'static str,
    /// Absent in some published samples.
    message: Option<&'static str>,
    details: Vec<String>,
    /// Seconds for `Retry-After`.
    pub(super) retry_after_s: Option<u32>,
}

impl Problem {
    fn new(
        status: StatusCode,
        title: &'static str,
        message: Option<&'static str>,
        details: Vec<String>,
    ) -> Self {
        Self { status, title, message, details, retry_after_s: None }
    }

    /// 400: what the business rules forbid.
    pub(super) fn business(details: Vec<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad request", Some("Bad request"), details)
    }

    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::business(vec![detail.into()])
    }

    /// 400: query parameters that must be there.
    pub(super) fn missing(names: &[&str]) -> Self {
        let detail = format!("Missing mandatory parameters: {}", names.join(", "));
        Self::new(StatusCode::BAD_REQUEST, "Missing parameters", Some("Bad request"), vec![detail])
    }

    /// 400: a query parameter of the wrong form; `rule` in brackets.
    pub(super) fn wrong_format(name: &str, rule: &str) -> Self {
        let detail = format!("Parameters not having correct format: {name} ({rule})");
        Self::new(StatusCode::BAD_REQUEST, "Wrong format", Some("Bad request"), vec![detail])
    }

    /// 422: what the closed schema forbids.
    pub(super) fn schema(faults: Vec<String>) -> Self {
        let message = Some("Unprocessable Entity");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Validation error", message, faults)
    }

    /// 404 of a tracking query.
    pub(super) fn no_data(detail: impl Into<String>) -> Self {
        let title = "Not data found";
        Self::new(StatusCode::NOT_FOUND, title, Some(title), vec![detail.into()])
    }

    pub(super) fn not_found(title: &'static str, details: Vec<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, title, None, details)
    }

    pub(super) fn unauthorized() -> Self {
        let details = vec!["The credentials are not valid".to_owned()];
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", Some("Unauthorized"), details)
    }

    pub(super) fn quota(retry_after_s: Option<u32>) -> Self {
        let title = "Too many requests";
        let details = vec!["The quota of this day is used up".to_owned()];
        Self { retry_after_s, ..Self::new(StatusCode::TOO_MANY_REQUESTS, title, Some(title), details) }
    }

    /// A body that is no JSON, or not said to be.
    pub(super) fn unreadable(status: StatusCode, detail: &str) -> Self {
        Self::new(status, "Bad request", Some("Bad request"), vec![detail.to_owned()])
    }

    /// What the infrastructure answers of itself: faults of the plan, and calls that do not exist.
    pub(super) fn plain(status: StatusCode) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self::new(status, title, Some(title), Vec::new())
    }

    /// 500: nobody knows what happened (8).
    pub(super) fn process_failure(process: u64) -> Self {
        let detail =
            format!("999: Process failure occurred. Process ID associated for that transaction ({process})");
        let title = "Internal Server Error";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, title, Some(title), vec![detail])
    }

    /// The body; `instance` is path and query.
    pub(super) fn body(&self, instance: &str, style: StatusStyle) -> Value {
        let mut body = json!({"instance": format!("/expressapi{instance}"), "title": self.title});
        match self.details.as_slice() {
            [] => {}
            [detail] => body["detail"] = Value::from(detail.as_str()),
            several => {
                body["detail"] = Value::from("Multiple problems found, see Additional Details");
                body["additionalDetails"] = Value::from(several.to_vec());
            }
        }
        if let Some(message) = self.message {
            body["message"] = Value::from(message);
        }
        let code = self.status.as_u16();
        match style {
            StatusStyle::Text => body["status"] = Value::from(code.to_string()),
            StatusStyle::Number => body["status"] = Value::from(code),
            StatusStyle::Code => body["code"] = Value::from(code.to_string()),
        }
        body
    }

    pub(super) fn into_response(self, instance: &str, style: StatusStyle) -> Response {
        let body = self.body(instance, style);
        let mut response = labelled(self.status, "application/problem+json", &body, None);
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
