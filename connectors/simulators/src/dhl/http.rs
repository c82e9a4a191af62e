//! The public routes under `/mydhlapi` (spec sections 2 and 3).

use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::book::Book;
use super::handle::Shared;
use super::judge::Court;
use super::options::Behaviour;
use super::reply::{Problem, Reply};
use super::schema::Node;
use super::{documents, mint, pickups, rates, tracking};

/// Most bytes of a request body.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/mydhlapi/{*path}", any(answer)).with_state(shared)
}

/// Puts what every answer carries around `router`, and DHL's words into the statuses of the fault plan.
pub(super) fn dressed(router: Router, shared: Arc<Shared>) -> Router {
    router.layer(from_fn_with_state(shared, dress))
}

async fn dress(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let reference = request.headers().get("message-reference").cloned();
    let path_and_query = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut response = next.run(request).await;
    // Only the fault plan labels an error as plain JSON.
    let label = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if response.status().as_u16() >= 400 && label == Some(b"application/json") {
        let problem = if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
            Problem::process_failure(shared.with_book(Book::process_number))
        } else {
            Problem::plain(response.status())
        };
        let retry_after = response.headers_mut().remove(header::RETRY_AFTER);
        let instance = path_and_query.strip_prefix("/mydhlapi").unwrap_or(&path_and_query);
        response = problem.into_response(instance, shared.behaviour().dialect.status);
        if let Some(retry_after) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after);
        }
    }
    if let Some(reference) = reference {
        response.headers_mut().insert("message-reference", reference);
    }
    // A fixed odd factor spreads the counter, so that ids differ at a glance.
    let id = (shared.next_request() + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    if let Ok(id) = HeaderValue::try_from(format!("{id:016x}")) {
        response.headers_mut().insert("invocation-id", id);
    }
    response
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let behaviour = shared.behaviour();
    let path = parts.uri.path().strip_prefix("/mydhlapi").unwrap_or_default();
    let (path, test) = match path.strip_prefix("/test") {
        Some(path) if path.starts_with('/') => (path, true),
        _ => (path, behaviour.test_mode),
    };
    let instance = parts.uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let style = behaviour.dialect.status;
    let body = to_bytes(body, BODY_LIMIT).await;
    let outcome = admit(&shared, &behaviour, &parts.headers).and_then(|key| {
        let body = body.map_err(|_| Problem::plain(StatusCode::PAYLOAD_TOO_LARGE))?;
        let query = Query::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
        let call = Call {
            shared: &shared,
            accounts: shared.accounts_of(&key),
            key,
            method: &parts.method,
            path,
            raw_query: parts.uri.query(),
            query,
            headers: &parts.headers,
            body,
            behaviour: &behaviour,
            now_ms: shared.clock.now_ms(),
            test,
            version_missing: !parts.headers.contains_key("x-version"),
        };
        call.route()
    });
    match outcome {
        Ok(reply) => reply.into_response(),
        Err(problem) => {
            let status = problem.status.as_u16();
            shared.log.record_with(
                "refused",
                || json!({"route": format!("{} {path}", parts.method), "status": status}),
            );
            problem.into_response(&instance, style)
        }
    }
}

/// The API key of a request, after credentials, quota and headers were checked (2).
fn admit(shared: &Shared, behaviour: &Behaviour, headers: &HeaderMap) -> Result<String, Problem> {
    let known = credentials(headers).filter(|(key, secret)| shared.knows(key, secret));
    let Some((key, _)) = known else { return Err(Problem::unauthorized()) };
    if let Some(limit) = behaviour.quota_per_day {
        let now_ms = shared.clock.now_ms();
        if !shared.with_book(|book| book.spend(&key, limit, now_ms)) {
            return Err(Problem::quota(behaviour.quota_retry_after_s));
        }
    }
    if !headers.contains_key("x-version") {
        shared.count_missing_version();
    }
    if let Some(reference) = headers.get("message-reference")
        && !(1..=36).contains(&reference.len())
    {
        return Err(Problem::wrong_format("Message-Reference", "minLength=1, maxLength=36"));
    }
    Ok(key)
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?;
    let (key, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}

/// One admitted request.
pub(super) struct Call<'a> {
    pub(super) shared: &'a Shared,
    pub(super) key: String,
    /// Accounts of the key.
    pub(super) accounts: Vec<&'a str>,
    method: &'a Method,
    /// Without the API's prefix.
    path: &'a str,
    raw_query: Option<&'a str>,
    query: Vec<(String, String)>,
    headers: &'a HeaderMap,
    body: Bytes,
    pub(super) behaviour: &'a Behaviour,
    pub(super) now_ms: i64,
    /// The test system answers.
    pub(super) test: bool,
    pub(super) version_missing: bool,
}

impl Call<'_> {
    fn route(&self) -> Result<Reply, Problem> {
        let segments: Vec<&str> = self.path.trim_matches('/').split('/').collect();
        let method = self.method.as_str();
        match (method, segments.as_slice()) {
            ("POST", ["shipments"]) => mint::create(self),
            ("GET", ["shipments", awb, "tracking"]) => tracking::one(self, awb),
            ("GET", ["tracking"]) => tracking::many(self),
            ("GET", ["shipments", awb, "proof-of-delivery"]) => documents::proof_of_delivery(self, awb),
            ("GET", ["shipments", awb, "get-image"]) => documents::images(self, awb),
            ("PATCH", ["shipments", awb, "upload-image"]) => documents::upload(self, awb),
            ("POST", ["rates"]) => rates::several_pieces(self),
            ("GET", ["rates"]) => rates::one_piece(self),
            ("GET", ["products"]) => rates::products_only(self),
            ("GET", ["address-validate"]) => rates::address(self),
            ("GET", ["identifiers"]) => rates::identifiers(self),
            ("POST", ["pickups"]) => pickups::book(self),
            ("PATCH", ["pickups", confirmation]) => pickups::change(self, confirmation),
            ("DELETE", ["pickups", confirmation]) => pickups::cancel(self, confirmation),
            (_, ["shipments" | "tracking" | "rates" | "products" | "pickups" | "identifiers"]) => {
                Err(Problem::plain(StatusCode::METHOD_NOT_ALLOWED))
            }
            // Above all `DELETE /shipments/{awb}`: nothing voids a waybill (3).
            _ => Err(Problem::plain(StatusCode::NOT_FOUND)),
        }
    }

    /// Path and query, as problem bodies name it.
    pub(super) fn instance(&self) -> String {
        self.raw_query.map_or_else(|| self.path.to_owned(), |query| format!("{}?{query}", self.path))
    }

    /// The body, after the closed schema has let it pass.
    pub(super) fn json(&self, schema: &Node) -> Result<Value, Problem> {
        let label = self.headers.get(header::CONTENT_TYPE).and_then(|label| label.to_str().ok());
        let media = label.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/json") {
            let detail = "Content-Type must be application/json";
            return Err(Problem::unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let body: Value = serde_json::from_slice(&self.body).map_err(|_| {
            Problem::unreadable(StatusCode::BAD_REQUEST, "The request body is not valid JSON")
        })?;
        let faults = schema.check(&body);
        if faults.is_empty() { Ok(body) } else { Err(Problem::schema(faults)) }
    }

    /// The first value of a query parameter.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a query parameter, repeated or parted by commas.
    pub(super) fn params(&self, name: &str) -> Vec<&str> {
        let values = self.query.iter().filter(|(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
    }

    /// Refuses when a query parameter is missing or empty.
    pub(super) fn require(&self, names: &[&str]) -> Result<(), Problem> {
        let missing: Vec<&str> =
            names.iter().copied().filter(|name| self.param(name).is_none_or(str::is_empty)).collect();
        if missing.is_empty() { Ok(()) } else { Err(Problem::missing(&missing)) }
    }

    /// A query parameter that is `true` or `false`; false without it.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.param(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::wrong_format(name, "valid parameters are [true, false]")),
        }
    }

    pub(super) fn court(&self) -> Court<'_> {
        Court { key: &self.key, accounts: &self.accounts, behaviour: self.behaviour, now_ms: self.now_ms }
    }

    /// Works on the book after all that is due has happened.
    pub(super) fn book<R>(&self, work: impl FnOnce(&mut Book) -> R) -> R {
        self.shared.with_book(work)
    }
}
