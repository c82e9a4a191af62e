//! Answers of the CDON API and their error shapes (spec section 3.2).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// An answer before it becomes HTTP.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    /// None for an empty body.
    pub(super) body: Option<Value>,
    /// Seconds for `Retry-After`.
    pub(super) retry_after_s: Option<i64>,
    /// Labelled `text/html` although it is JSON, as order answers are.
    pub(super) labelled_html: bool,
}

impl Reply {
    pub(super) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, body: Some(body), retry_after_s: None, labelled_html: false }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(super) fn described(status: StatusCode, description: &str) -> Self {
        Self::json(status, json!({"description": description}))
    }

    pub(super) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, retry_after_s: None, labelled_html: false }
    }

    pub(super) fn invalid(errors: &Value) -> Self {
        Self::json(StatusCode::BAD_REQUEST, json!({"description": "Invalid payload", "errors": errors}))
    }

    pub(super) fn not_found() -> Self {
        Self::described(StatusCode::NOT_FOUND, "Not found")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::described(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
    }

    pub(super) fn unknown_object(status: u16) -> Self {
        if status == 403 {
            let text = "You do not have permission to access this object";
            return Self::described(StatusCode::FORBIDDEN, text);
        }
        Self::not_found()
    }

    pub(super) fn into_response(self, request_no: u64) -> Response {
        let mut response = match self.body {
            Some(body) => {
                let mut response = Response::new(Body::from(body.to_string()));
                let label = if self.labelled_html { "text/html; charset=utf-8" } else { "application/json" };
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(label));
                response
            }
            None => Response::new(Body::empty()),
        };
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        // A fixed odd factor spreads the counter, so that ids differ at a glance.
        let id = format!(
            "{:032x}",
            u128::from(request_no + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        );
        if let Ok(id) = HeaderValue::try_from(id) {
            headers.insert("x-request-id", id);
        }
        headers.insert(header::SERVER, HeaderValue::from_static("nginx"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
