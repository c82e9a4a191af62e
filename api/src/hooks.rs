//! Webhooks in: verified on raw bytes, on disk before the 2xx, then a nudge to the engine (design.md 4).
//!
//! Invariant: a 202 is never sent before the event's row is durable (F10), and a message that does not prove whose it is leaves
//! no trace.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use metrics::counter;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;
use vortex_domain::VendorId;
use vortex_entities::Flow;
use vortex_store::{
    Change,
    rows::{InboxRow, Write},
};

use crate::{
    metrics::names,
    problem::{ApiError, Problem},
    signature::{Key, verify},
    state::{ApiState, Limits},
};

/// Connections whose secrets are kept in memory at most, known or not.
const KEYS_LIMIT: usize = 4_096;
/// Longest name of a connection, bytes.
const CONNECTION_BYTES: usize = 64;

/// How a connection's messages prove that they are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookScheme {
    /// Standard Webhooks: signed with the connection's secret.
    Signed,
    /// The sender signs nothing and repeats the connection's secret in this header (dhl.md section 14). Such messages are only hints
    /// about parcels.
    Token {
        /// Its name, lower case.
        header: &'static str,
    },
}

/// What a connection's messages are checked with.
#[derive(Clone)]
enum Proof {
    /// Whoever has one of these keys.
    Keys(Arc<[Key]>),
    /// Whoever sends a token of one of these SHA-256 in this header. Comparing hashes tells a caller nothing by its timing.
    Tokens(&'static str, Arc<[[u8; 32]]>),
}

impl Proof {
    /// The message's id, if it is proven to be the connection's own: the sender's id, or what identifies its bytes.
    fn check(&self, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Option<String> {
        match self {
            Self::Keys(keys) => verify(headers, body, keys, now_ms).map(str::to_owned),
            Self::Tokens(header, tokens) => {
                let mut sent = headers.get_all(*header).iter();
                let token = sent.next().filter(|_| sent.next().is_none())?;
                let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
                tokens.contains(&digest).then(|| URL_SAFE_NO_PAD.encode(Sha256::digest(body)))
            }
        }
    }
}

/// A connection's proof, kept for a while.
#[derive(Clone)]
struct Checker {
    proof: Proof,
    room: Arc<Semaphore>,
    until_ms: i64,
}

/// Webhook secrets in memory, so that a message costs no read.
pub(crate) struct HookKeys {
    known: Mutex<HashMap<(VendorId, String), Checker>>,
    room: Arc<Semaphore>,
    per_connection: usize,
    ttl_ms: i64,
}

impl HookKeys {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            known: Mutex::default(),
            room: Arc::new(Semaphore::new(limits.hooks_in_flight)),
            per_connection: limits.hooks_per_connection,
            ttl_ms: limits.hook_secrets_ttl_ms,
        }
    }

    /// Keys of a connection; of an unknown one a key that nobody has, so that it takes as long to refuse.
    async fn of(&self, state: &ApiState, vendor: &VendorId, connection: &str) -> Result<Checker, ApiError> {
        let place = (vendor.clone(), connection.to_owned());
        let now_ms = state.clock.now_ms();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        // A clock that was set back must not keep a revoked secret alive.
        let fresh = |checker: &Checker| (0..=self.ttl_ms).contains(&(checker.until_ms - now_ms));
        if let Some(checker) = known.as_ref().filter(|checker| fresh(checker)) {
            return Ok(checker.clone());
        }
        let (kind, secrets) = state.accounts.hook_secrets(vendor, connection).await?;
        let proof = match (state.hook_scheme)(&kind) {
            HookScheme::Token { header } => {
                let digest = |secret: &SecretString| Sha256::digest(secret.expose_secret().trim()).into();
                Proof::Tokens(header, secrets.iter().map(digest).collect())
            }
            HookScheme::Signed => {
                let mut keys: Vec<Key> = secrets.iter().filter_map(Key::parse).collect();
                if keys.len() < secrets.len() {
                    warn!(vendor.id = %vendor, connection, "A webhook secret of `{connection}` is not `whsec_` and base64 of 16 to 128 bytes; it cannot sign");
                }
                if keys.is_empty() {
                    let word = || state.entropy.next_u64();
                    keys.extend(Key::nobodys([word(), word(), word(), word()]));
                }
                Proof::Keys(keys.into())
            }
        };
        let room =
            known.map_or_else(|| Arc::new(Semaphore::new(self.per_connection)), |checker| checker.room);
        let checker = Checker { proof, room, until_ms: now_ms.saturating_add(self.ttl_ms) };
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEYS_LIMIT {
            all.retain(|_, checker| fresh(checker));
        }
        // Full of names that strangers tried within the time to live: not worth remembering one more.
        if all.len() < KEYS_LIMIT {
            all.insert(place, checker.clone());
        }
        Ok(checker)
    }

    /// Room for one more message that waits for the disk; none when this connection or the process has too many.
    fn enter(&self, checker: &Checker) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let own = checker.room.clone().try_acquire_owned().ok()?;
        let shared = self.room.clone().try_acquire_owned().ok()?;
        Some((own, shared))
    }
}

/// Which flow a message wakes, by the optional `type` in it. Orders by default: they have a deadline.
fn flow_of(kind: &str) -> Flow {
    match kind.split('.').next().unwrap_or_default() {
        "stock" => Flow::Stock,
        "product" => Flow::Catalog,
        "price" => Flow::Price,
        _ => Flow::Orders,
    }
}

/// The message's text as it is stored, and what it wakes; none when it is not JSON (or nested too deep).
fn read(body: &[u8]) -> Option<(String, Flow)> {
    if body.is_empty() {
        return Some(("null".to_owned(), Flow::Orders));
    }
    let text = std::str::from_utf8(body).ok()?;
    // Read whole, so that what is nested too deep is refused here and not by whoever looks at the row later.
    let message: Value = serde_json::from_str(text).ok()?;
    let kind = message.get("type").and_then(Value::as_str).unwrap_or_default();
    Some((text.to_owned(), flow_of(kind)))
}

/// Takes a message of a connection and wakes the flow it is about: signed by Standard Webhooks, or, of a courier that signs
/// nothing, with the connection's secret in `x-hook-token`.
#[utoipa::path(
    post, path = "/hooks/{v}/{connection}", tag = "webhooks",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("connection" = String, Path, description = "Connection name"),
        ("webhook-id" = String, Header, description = "The sender's id of the message; the same id takes effect once"),
        ("webhook-timestamp" = i64, Header, description = "When it was sent, seconds since 1970; at most 300 s from now"),
        ("webhook-signature" = String, Header, description = "`v1,<base64 HMAC-SHA256 of id.timestamp.body>`, several separated by spaces"),
    ),
    request_body(content = Value, description = "Any JSON; `type` beginning with `order.`, `stock.`, `product.` or `price.` says which flow to wake"),
    responses(
        (status = 202, description = "On disk; it will take effect"),
        (status = 400, description = "Signed, but not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Not signed with a current secret", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now; send it again", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn receive(
    State(state): State<ApiState>,
    Path((vendor, connection)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, ApiError> {
    let answer = take(&state, &vendor, &connection, &headers, body).await;
    let outcome = match &answer {
        Ok(_) => "accepted",
        Err(ApiError::BadSignature) => "refused",
        Err(ApiError::Unavailable { .. }) => "unavailable",
        Err(_) => "unreadable",
    };
    counter!(names::HOOKS, "outcome" => outcome).increment(1);
    answer
}

async fn take(
    state: &ApiState,
    vendor: &str,
    connection: &str,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, ApiError> {
    let body = body?;
    // A name that cannot exist is looked up like one that does not.
    let vendor = VendorId::new(vendor).or_else(|_| VendorId::new("-")).map_err(|_| ApiError::BadSignature)?;
    let connection = if connection.len() <= CONNECTION_BYTES { connection } else { "" };
    let checker = state.hook_keys.of(state, &vendor, connection).await?;
    let now_ms = state.clock.now_ms();
    let event_id = checker.proof.check(headers, &body, now_ms).ok_or(ApiError::BadSignature)?;
    let unreadable = || ApiError::Invalid("The body is not JSON, or nested deeper than 128 levels.".into());
    let (payload, flow) = read(&body).ok_or_else(unreadable)?;
    let (topic, flow) = match checker.proof {
        Proof::Keys(_) => ("wake", flow),
        Proof::Tokens(..) => ("parcel", Flow::Tracking),
    };
    let _room = state.hook_keys.enter(&checker).ok_or_else(ApiError::busy)?;
    let row = InboxRow {
        vendor: vendor.clone(),
        connection: connection.to_owned(),
        event_id,
        key: String::new(),
        topic: topic.to_owned(),
        payload,
        at_ms: now_ms,
    };
    state.journal.write(Change::of(vec![Write::Inbox(row)])).await?;
    state.engine.wake(&vendor, flow);
    Ok(StatusCode::ACCEPTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_says_what_is_woken() {
        let flow = |body: &str| read(body.as_bytes()).map(|(_, flow)| flow);
        assert_eq!(flow(r#"{"type":"order.created"}"#), Some(Flow::Orders));
        assert_eq!(flow(r#"{"type":"stock.changed","data":{}}"#), Some(Flow::Stock));
        assert_eq!(flow(r#"{"type":"product.updated"}"#), Some(Flow::Catalog));
        assert_eq!(flow(r#"{"type":"price.updated"}"#), Some(Flow::Price));
        for other in ["", "[]", "7", r#"{"type":5}"#, r#"{"type":"a","type":"b"}"#, r#"{"kind":"stock."}"#] {
            assert_eq!(flow(other), Some(Flow::Orders), "{other}");
        }
    }

    #[test]
    fn what_is_not_json_is_not_taken() {
        assert!(read(b"type=order").is_none());
        assert!(read(b"{\"a\":\"\xff\"}").is_none());
        assert!(read("[".repeat(5_000).as_bytes()).is_none());
        assert!(read(&[b"[".repeat(5_000), b"]".repeat(5_000)].concat()).is_none());
        assert!(read(b"{\"a\":\"\0\"}").is_none());
    }
}
