//! Human acts on their way into the audit trail: announced before they are done, told again with their end (SEC32).
//!
//! Invariant: no act without its row. If the announcement cannot be stored, the act is not done; if its end cannot, the
//! announcement stands alone and says so.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts as _, MatchedPath, RawPathParams},
    http::{HeaderMap, Method, StatusCode, request::Parts},
    response::Response,
};
use tracing::{error, warn};
use vortex_store::registry::AuditEntry;

use crate::{auth::Scope, problem::ApiError, state::ApiState};

/// Longest text of one field, characters.
const FIELD_CHARS: usize = 400;
/// Segments of addresses that name what is done, not to what.
const NAMES_THE_ACT: &str = "action";

/// What a handler tells the trail about the act under way.
#[derive(Clone, Default)]
pub(crate) struct Act(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    subject: Option<String>,
    old: String,
    new: String,
}

impl Act {
    /// What was before and what is now, in words; never secrets, never a buyer's data.
    pub(crate) fn changed(&self, old: impl Into<String>, new: impl Into<String>) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (told.old, told.new) = (old.into(), new.into());
    }

    /// To what, where the address does not say it.
    pub(crate) fn on(&self, subject: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).subject = Some(subject.into());
    }
}

/// From where a request comes: the socket's address, or the one that a trusted proxy names (SEC28).
pub(crate) fn origin(state: &ApiState, parts: &Parts) -> String {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    peer.map_or_else(String::new, |peer| {
        let trusted = |address: &std::net::IpAddr| {
            state.site.trusted_proxies.iter().any(|network| network.contains(address))
        };
        if !trusted(&peer) {
            return peer.to_string();
        }
        // The right-most address that no trusted proxy has is the nearest that somebody vouches for.
        let named = forwarded(&parts.headers).into_iter().rev().find(|address| !trusted(address));
        named.unwrap_or(peer).to_string()
    })
}

fn forwarded(headers: &HeaderMap) -> Vec<std::net::IpAddr> {
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let parts = values.flat_map(|value| value.split(','));
    parts.filter_map(|part| part.trim().parse().ok()).collect()
}

fn shortened(text: &str) -> String {
    text.chars().take(FIELD_CHARS).collect()
}

/// The act that a write to this address is: what stands in the address is its name, what is filled in its subject.
pub(crate) async fn announced(
    parts: &mut Parts,
    state: &ApiState,
    scope: &Scope,
) -> Result<AuditEntry, ApiError> {
    let route = parts.extensions.get::<MatchedPath>().cloned().ok_or(ApiError::NotFound)?;
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
    let value = |name: &str| params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    let below = route.as_str().split_once("{v}").map_or(route.as_str(), |(_, below)| below);
    let (mut act, mut subject) = (Vec::new(), Vec::new());
    for segment in below.split('/').filter(|segment| !segment.is_empty()) {
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None => act.push(segment.to_owned()),
            Some(NAMES_THE_ACT) => act.extend(value(NAMES_THE_ACT)),
            Some(name) => subject.extend(value(name)),
        }
    }
    match parts.method {
        Method::POST => {}
        ref other => act.push(other.as_str().to_ascii_lowercase()),
    }
    Ok(AuditEntry {
        at_ms: state.clock.now_ms(),
        vendor: scope.vendor.as_str().to_owned(),
        actor: scope.caller.journal_name(),
        origin: origin(state, parts),
        act: shortened(&act.join(".")),
        subject: shortened(&subject.join("/")),
        outcome: "asked".to_owned(),
        ..AuditEntry::default()
    })
}

/// Announces an act, does it, and tells its end.
pub(crate) async fn perform(
    state: &ApiState,
    act: &Act,
    mut entry: AuditEntry,
    doing: impl Future<Output = Response> + Send,
) -> Result<Response, ApiError> {
    let asked = state.accounts.append_audit(&entry).await?;
    let response = doing.await;
    {
        let told = act.0.lock().unwrap_or_else(PoisonError::into_inner);
        (entry.old, entry.new) = (shortened(&told.old), shortened(&told.new));
        if let Some(subject) = &told.subject {
            entry.subject = shortened(subject);
        }
    }
    entry.at_ms = state.clock.now_ms();
    entry.outcome = outcome(&response);
    entry.asked = Some(asked);
    if let Err(failure) = state.accounts.append_audit(&entry).await {
        error!(audit.seq = asked, error = ?failure, "The end of act {asked} could not be stored; its announcement stands alone");
    }
    Ok(response)
}

fn outcome(response: &Response) -> String {
    if let Some(told) = response.extensions().get::<ApiError>() {
        return told.kind().to_owned();
    }
    match response.status() {
        status if status.is_success() || status.is_redirection() => "done".to_owned(),
        StatusCode::REQUEST_TIMEOUT => "timeout".to_owned(),
        status => format!("status {}", status.as_u16()),
    }
}

/// Stores that an act was refused for want of the role.
pub(crate) async fn refuse(state: &ApiState, entry: AuditEntry) -> ApiError {
    warn!(
        vendor.id = entry.vendor,
        caller = entry.actor,
        act = entry.act,
        "A write was refused: the caller may only read"
    );
    let refused = AuditEntry { outcome: ApiError::Forbidden.kind().to_owned(), ..entry };
    match state.accounts.append_audit(&refused).await {
        Ok(_) => ApiError::Forbidden,
        Err(failure) => failure.into(),
    }
}

/// Stores an act that is done in one step, or was refused.
pub(crate) async fn record(state: &ApiState, entry: AuditEntry) -> Result<(), ApiError> {
    state.accounts.append_audit(&entry).await?;
    Ok(())
}
