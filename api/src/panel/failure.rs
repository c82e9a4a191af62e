//! Errors as people see them: what happened, why, and what to do next.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{
    frame::{self, Frame},
    see_other,
};
use crate::{problem::ApiError, state::ApiState};

/// Where one came from is remembered up to this length, bytes.
const NEXT_BYTES: usize = 512;

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    f: Frame,
    kind: &'static str,
    detail: String,
    retry_after_s: Option<u32>,
}

/// Turns errors into pages for those who read pages, and sends whoever is not signed in to where they can.
pub(super) async fn pages(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let reads_pages = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|kinds| kinds.to_str().ok())
        .is_some_and(|kinds| kinds.contains("text/html"));
    let (mut parts, body) = request.into_parts();
    let outside = Frame::outside(&mut parts, &state).await;
    let method = parts.method.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    if !reads_pages || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let told = response.extensions_mut().remove::<ApiError>();
    if told.is_none() && is_page(&response) {
        return response;
    }
    let told = told.unwrap_or_else(|| ApiError::from_status(status));
    let Ok(f) = outside else { return told.into_response() };
    if told == ApiError::Unauthorized {
        let next = if method == Method::GET { local(&f.here) } else { "/" };
        return see_other(&format!("/sign-in?next={}", escaped(next)));
    }
    let retry_after_s = match &told {
        ApiError::TooMany { retry_after_s } | ApiError::Unavailable { retry_after_s, .. } => {
            Some(*retry_after_s)
        }
        _ => None,
    };
    let page = Failure { f, kind: told.kind(), detail: told.to_string(), retry_after_s };
    let status = told.status();
    let Ok(mut page) = frame::page(&state, &page) else { return told.into_response() };
    *page.status_mut() = status;
    if let Some(wait) = retry_after_s {
        page.headers_mut().insert(header::RETRY_AFTER, wait.into());
    }
    page
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// An address of ours to go on to; anything else is the first page.
pub(super) fn local(to: &str) -> &str {
    let ours = to.starts_with('/')
        && !to.starts_with("//")
        && to.len() <= NEXT_BYTES
        && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { to } else { "/" }
}

/// Escaped for a query.
fn escaped(text: &str) -> String {
    askama::filters::urlencode_strict(text).map(|text| text.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        assert_eq!(local("/v/acme/orders?state=held"), "/v/acme/orders?state=held");
        for elsewhere in
            ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a b", "/\n"]
        {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }
}
