//! What happens to every request before and after its handler: request id, admission, security headers, problem
//! bodies, measurement.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::{counter, histogram};
use tokio::time::Instant;
use tracing::{debug, error};

use crate::{
    metrics::names,
    problem::{ApiError, render},
    state::ApiState,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers of every answer that does not set them itself (SEC25).
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];
/// Where people come by TLS, they come by nothing else.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Names the request, measures it, and dresses its answer.
pub(crate) async fn dress(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    // Ours alone: a caller's id could forge log lines.
    let request_id = format!("{:016x}", state.entropy.next_u64());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let started = Instant::now();
    let mut response = render(next.run(request).await, &path, &request_id);
    let duration = started.elapsed();
    let headers = response.headers_mut();
    for (name, value) in &SECURITY_HEADERS {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if state.site.is_secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, value);
    }
    let status = response.status();
    let route = route.as_ref().map_or("none", MatchedPath::as_str).to_owned();
    if status.is_server_error() {
        error!(request.id = request_id, %method, route, status = status.as_u16(), duration_ms = duration.as_millis(), "Request `{request_id}` failed with {status}");
    } else {
        debug!(request.id = request_id, %method, route, status = status.as_u16(), duration_ms = duration.as_millis(), "Request `{request_id}` answered with {status}");
    }
    counter!(names::HTTP_REQUESTS, "route" => route.clone(), "method" => method_label(&method), "status" => status.as_str().to_owned()).increment(1);
    histogram!(names::HTTP_SECONDS, "route" => route).record(duration.as_secs_f64());
    response
}

/// Methods that callers invent must not become labels.
fn method_label(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        _ => "other",
    }
}

/// Takes no more requests than the process has room for; a large head is refused before it is looked at.
pub(crate) async fn admit(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let head: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if head > state.limits.header_bytes {
        return ApiError::HeadersTooLarge.into_response();
    }
    let Ok(_permit) = state.admission.try_acquire() else {
        return ApiError::busy().into_response();
    };
    next.run(request).await
}

/// What is left of a handler that panicked.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over so")]
pub(crate) fn panicked(payload: Box<dyn std::any::Any + Send>) -> Response {
    let words = payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    error!(panic = words.unwrap_or_default(), "A handler panicked");
    ApiError::Internal.into_response()
}
