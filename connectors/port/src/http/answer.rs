//! A complete answer, and what kind of text it is.

use reqwest::header::HeaderMap;
use serde_json::Value;

const EXCERPT_CHARS: usize = 200;

/// A complete answer of the remote. Its headers may lie about the body: judge it by [`Answer::content`].
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body, decompressed.
    pub body: Vec<u8>,
}

/// What a body is, whatever its `Content-Type` says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing at all.
    Empty,
    /// One JSON value.
    Json(Value),
    /// Begins like JSON and does not end like it: cut off on the way.
    BrokenJson,
    /// A web page: from an edge filter, a proxy or a maintenance mode, never from the application.
    WebPage,
    /// Some other text.
    Text,
}

impl Answer {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The remote's own id of the call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-request-id").and_then(|id| id.to_str().ok())
    }

    /// The body as text, invalid UTF-8 replaced, without a byte order mark.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        String::from_utf8_lossy(body)
    }

    /// Judges the body by itself.
    pub fn content(&self) -> Content {
        let text = self.text();
        let text = text.trim();
        match text.as_bytes().first() {
            None => Content::Empty,
            Some(b'<') => Content::WebPage,
            Some(first) => match serde_json::from_str(text) {
                Ok(value) => Content::Json(value),
                Err(_) if matches!(first, b'{' | b'[' | b'"') => Content::BrokenJson,
                Err(_) => Content::Text,
            },
        }
    }

    /// What came, for an error message: status and kind, and an error's own words, but no data.
    pub fn summary(&self) -> String {
        let kind = match self.content() {
            Content::Empty => "an empty answer".to_owned(),
            Content::BrokenJson => "a cut-off answer".to_owned(),
            Content::WebPage => {
                let title = title(&self.text()).map(|t| format!(" (“{t}”)")).unwrap_or_default();
                format!("a web page{title} instead of an answer: a filter or a maintenance mode in between")
            }
            Content::Text => "text that is not JSON".to_owned(),
            Content::Json(value) => {
                let words = ["description", "message", "error"]
                    .iter()
                    .find_map(|key| value.get(key).and_then(Value::as_str))
                    .map(|text| text.chars().take(EXCERPT_CHARS).collect());
                words.unwrap_or_else(|| "JSON".to_owned())
            }
        };
        format!("HTTP {}: {kind}", self.status)
    }
}

fn title(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("<title>").or_else(|| page.split_once("<TITLE>"))?;
    let (title, _) = rest.split_once('<')?;
    let title: String = title.trim().chars().take(EXCERPT_CHARS).collect();
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer { status: 200, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn tells_verdicts_from_what_stands_in_between() {
        // F46
        assert_eq!(answer(" \r\n").content(), Content::Empty);
        assert_eq!(answer("\u{feff}[1]").content(), Content::Json(serde_json::json!([1])));
        assert_eq!(answer("{\"a\": [1, 2").content(), Content::BrokenJson);
        assert_eq!(answer("<!doctype html><title>Maintenance</title>").content(), Content::WebPage);
        assert_eq!(answer("Bad Gateway").content(), Content::Text);
        assert_eq!(answer("<?xml version=\"1.0\"?>").content(), Content::WebPage);
    }

    #[test]
    fn sums_up_without_showing_data() {
        let said = answer("{\"description\": \"Invalid payload\", \"name\": \"Anna\"}").summary();
        assert_eq!(said, "HTTP 200: Invalid payload");
        assert!(!answer("{\"name\": \"Anna\"}").summary().contains("Anna"));
        assert!(answer("<html><title>Just a moment...</title>").summary().contains("“Just a moment...”"));
    }
}
