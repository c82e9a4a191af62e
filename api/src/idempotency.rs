//! `Idempotency-Key` on writes: the same key and request give the same answer and one effect (SEC23).

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::error;
use vortex_domain::VendorId;

use crate::{
    accounts::{Remembered, stored_hash},
    auth::Scope,
    problem::ApiError,
    state::ApiState,
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, bytes.
const KEY_BYTES: usize = 128;
/// Longest answer that is kept, bytes; only that of an import is longer, and an import twice counts once.
const ANSWER_BYTES: usize = 64 << 10;
/// Longest answer to a write, bytes.
const LONGEST_BYTES: usize = 64 << 20;

/// Keys whose first request is still under way in this process.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashSet<(VendorId, String)>>);

struct Claim<'a> {
    held: &'a InFlight,
    key: (VendorId, String),
}

impl InFlight {
    fn claim(&self, vendor: &VendorId, key: &str) -> Option<Claim<'_>> {
        let key = (vendor.clone(), key.to_owned());
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        fresh.then_some(Claim { held: self, key })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.held.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    body: String,
}

/// Answers a repeated write from memory. Errors are not kept: what failed may be tried again under its key.
pub(crate) async fn once(
    State(state): State<ApiState>,
    scope: Scope,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(key) = request.headers().get(KEY).filter(|_| !request.method().is_safe()) else {
        return Ok(next.run(request).await);
    };
    let key = key.to_str().ok().filter(|key| (1..=KEY_BYTES).contains(&key.len())).map(str::to_owned);
    let key =
        key.ok_or(ApiError::Invalid("An Idempotency-Key has 1 to 128 visible ASCII characters.".into()))?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, state.limits.content_bytes).await.map_err(|_| ApiError::TooLarge)?;
    let mut hasher = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), b" ", parts.uri.path().as_bytes(), b"\n", &body] {
        hasher.update(part);
    }
    let request_hash = stored_hash(&hasher.finalize().into());

    let Some(_claim) = state.idempotent.claim(&scope.vendor, &key) else {
        return Err(ApiError::Conflict(
            "The first request with this Idempotency-Key is still under way.".into(),
        ));
    };
    let now_ms = state.clock.now_ms();
    if let Some(kept) = state.accounts.remembered(&scope.vendor, &key, now_ms).await? {
        if kept.request != request_hash {
            return Err(ApiError::Unprocessable("This Idempotency-Key was used for another request.".into()));
        }
        return again(&kept.answer);
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LONGEST_BYTES).await.map_err(|_| ApiError::Internal)?;
    if body.len() > ANSWER_BYTES {
        return Ok(Response::from_parts(parts, Body::from(body)));
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    let answer =
        serde_json::to_string(&Answer { status: parts.status.as_u16(), body: text }).unwrap_or_default();
    let kept = Remembered { request: request_hash, answer };
    let expires_ms = now_ms.saturating_add(state.limits.remember_ms);
    if let Err(failure) = state.accounts.remember(&scope.vendor, &key, &kept, now_ms, expires_ms).await {
        // The effect stands; every write here is safe to repeat, so a lost memory costs a repetition, not a second effect.
        error!(vendor.id = %scope.vendor, error = ?failure, "The answer to an idempotent write could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn again(answer: &str) -> Result<Response, ApiError> {
    let answer: Answer = serde_json::from_str(answer).map_err(|_| ApiError::Internal)?;
    let status = StatusCode::from_u16(answer.status).map_err(|_| ApiError::Internal)?;
    Ok((status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], answer.body)
        .into_response())
}
