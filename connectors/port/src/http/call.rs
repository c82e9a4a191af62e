//! One call, described before it leaves.

use std::{fmt::Write as _, time::Duration};

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;

use super::budget::Priority;

/// One call to the remote.
#[derive(Debug, Clone)]
pub struct HttpCall {
    /// Its name in metrics and logs, e.g. `orders.list`.
    pub operation: &'static str,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    pub(super) priority: Priority,
    pub(super) timeout: Option<Duration>,
    pub(super) body_limit: Option<usize>,
    pub(super) answers_5xx: bool,
}

impl HttpCall {
    /// A call of `path`, which is appended to the base address as it stands.
    pub fn new(operation: &'static str, method: Method, path: impl Into<String>) -> Self {
        Self {
            operation,
            method,
            path: path.into(),
            headers: HeaderMap::new(),
            body: None,
            priority: Priority::default(),
            timeout: None,
            body_limit: None,
            answers_5xx: false,
        }
    }

    /// A reading.
    pub fn get(operation: &'static str, path: impl Into<String>) -> Self {
        Self::new(operation, Method::GET, path)
    }

    /// Sends a JSON body.
    #[must_use]
    pub fn json(self, body: &serde_json::Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    /// Sends a body that serialises; see [`HttpCall::json`].
    pub fn json_of(self, body: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(self.body("application/json", serde_json::to_vec(body)?))
    }

    /// Sends a body of another type.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, body: Vec<u8>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = Some(body);
        self
    }

    /// Sends a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Belongs to an order: goes before article calls.
    #[must_use]
    pub fn for_orders(mut self) -> Self {
        self.priority = Priority::Orders;
        self
    }

    /// Another time limit for the whole call than the connection's.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Another limit for the decompressed body than the connection's.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// The application itself speaks with 5xx: hand such answers over instead of calling them unknown.
    #[must_use]
    pub fn answers_5xx(mut self) -> Self {
        self.answers_5xx = true;
        self
    }
}

/// A text as one segment of a path. None for `.` and `..`, which no path can express.
pub fn encode_segment(text: &str) -> Option<String> {
    if matches!(text, "." | "..") {
        return None;
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one_segment() {
        assert_eq!(encode_segment("35mmp  ; H01N2-D").as_deref(), Some("35mmp%20%20%3B%20H01N2-D"));
        assert_eq!(encode_segment("a/../b?c#d%").as_deref(), Some("a%2F..%2Fb%3Fc%23d%25"));
        assert_eq!(encode_segment("ș").as_deref(), Some("%C8%99"));
        assert_eq!(encode_segment(".."), None);
    }
}
