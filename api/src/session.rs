//! Browsers that are signed in: the cookie, its life, and what every write of theirs must prove (SEC08, SEC09).
//!
//! The cookie holds 256 random bits; the database knows only their hash. The word against forged requests is derived from the
//! cookie and stored nowhere.

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use tracing::{error, warn};
use vortex_store::registry::SessionRecord;

use crate::{
    accounts::{SignedIn, stored_hash},
    auth::Caller,
    problem::ApiError,
    state::ApiState,
};

/// A session ends after so long in any case, milliseconds.
pub(crate) const SESSION_MS: i64 = 7 * 86_400_000;
/// A session that is not used ends after so long, milliseconds.
const IDLE_MS: i64 = 12 * 3_600_000;
/// How exactly it is known when a session was last used, milliseconds: not every request writes.
const SEEN_EVERY_MS: i64 = 300_000;
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;
/// The field of a form, and the header of a script, that hold the word against forged requests.
pub(crate) const CSRF_FIELD: &str = "csrf";
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Longest name of a browser that is kept, characters.
const AGENT_CHARS: usize = 200;

/// 256 random bits as text.
pub(crate) fn new_secret() -> Result<String, ApiError> {
    let mut bytes = [0_u8; SECRET_BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(|failure| {
        error!(error = %failure, "The operating system gives no random bytes");
        ApiError::Internal
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What a one-time link ends with, and the SHA-256 that is stored in its place.
pub fn new_invitation() -> Result<(String, [u8; 32]), ApiError> {
    let secret = new_secret()?;
    let sha256 = hash(&secret);
    Ok((secret, sha256))
}

/// What a secret is stored and looked up by.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// The session of a request.
#[derive(Clone)]
pub(crate) struct Session {
    /// Whose.
    pub(crate) who: SignedIn,
    /// Its hash, as stored.
    pub(crate) hash: String,
    /// What every form of theirs holds.
    pub(crate) csrf: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::Unauthorized)
    }
}

/// `__Host-` binds the cookie to this host and to TLS. Without TLS, which only the loopback interface may do, browsers refuse
/// such a name; then it is a plain one.
fn cookie_name(state: &ApiState) -> &'static str {
    if state.site.is_secure() { "__Host-vortex" } else { "vortex" }
}

/// A cookie of ours.
pub(crate) fn cookie(state: &ApiState, name: &str, value: &str, seconds: i64) -> Option<HeaderValue> {
    let secure = if state.site.is_secure() { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// The value of a cookie; of two with the same name neither counts.
pub(crate) fn cookie_value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter_map(|(key, value)| (key == name).then_some(value));
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// The cookie that a browser presents, if it has the form of one of ours.
pub(crate) fn presented(state: &ApiState, headers: &HeaderMap) -> Option<String> {
    let secret = cookie_value(headers, cookie_name(state))?;
    let well_formed = URL_SAFE_NO_PAD.decode(secret).is_ok_and(|bytes| bytes.len() == SECRET_BYTES);
    well_formed.then(|| secret.to_owned())
}

fn csrf_mac(secret: &str) -> Result<Hmac<Sha256>, ApiError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| ApiError::Internal)?;
    mac.update(b"csrf");
    Ok(mac)
}

fn csrf_fits(secret: &str, word: &str) -> bool {
    let decoded = URL_SAFE_NO_PAD.decode(word).ok();
    decoded.zip(csrf_mac(secret).ok()).is_some_and(|(word, mac)| mac.verify_slice(&word).is_ok())
}

/// Whether the browser says that the request comes from a page of ours. One that says nothing is not believed.
pub(crate) fn same_origin(state: &ApiState, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(FETCH_SITE) {
        return site == "same-origin";
    }
    let Some(origin) = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()) else {
        return false;
    };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    origin == state.site.public_url || (authority.is_some() && authority == host)
}

/// Lets the holder of a living session through, whose writes prove that they come from a page of ours.
pub(crate) async fn admit(state: &ApiState, secret: &str, request: Request) -> Result<Request, ApiError> {
    let sha256 = hash(secret);
    let now_ms = state.clock.now_ms();
    let who = state
        .accounts
        .session(&sha256)
        .await?
        .filter(|who| now_ms < who.expires_ms && now_ms.saturating_sub(who.seen_ms) < IDLE_MS);
    let who = who.ok_or(ApiError::Unauthorized)?;
    if now_ms.saturating_sub(who.seen_ms) >= SEEN_EVERY_MS {
        state.accounts.touch_session(&sha256, now_ms).await?;
    }
    let mut request =
        if request.method().is_safe() { request } else { proven(state, secret, request).await? };
    let csrf = URL_SAFE_NO_PAD.encode(csrf_mac(secret)?.finalize().into_bytes());
    request.extensions_mut().insert(Caller(who.principal.clone()));
    request.extensions_mut().insert(Session { who, hash: stored_hash(&sha256), csrf });
    Ok(request)
}

/// A write whose origin and word are ours.
async fn proven(state: &ApiState, secret: &str, request: Request) -> Result<Request, ApiError> {
    if !same_origin(state, request.headers()) {
        warn!(path = request.uri().path(), "A write was refused: another site's page sent it");
        return Err(ApiError::Forged);
    }
    let sent = request.headers().get(CSRF_HEADER).and_then(|word| word.to_str().ok());
    if let Some(word) = sent {
        return if csrf_fits(secret, word) { Ok(request) } else { Err(ApiError::Forged) };
    }
    let (parts, body) = request.into_parts();
    let form = parts.headers.get(header::CONTENT_TYPE);
    if !form.is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded")) {
        return Err(ApiError::Forged);
    }
    let body = to_bytes(body, state.limits.body_bytes).await.map_err(|_| ApiError::TooLarge)?;
    // The word's alphabet needs no escaping in a form.
    let fits = body.split(|byte| *byte == b'&').any(|pair| {
        let word = pair.strip_prefix(CSRF_FIELD.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
        word.and_then(|word| std::str::from_utf8(word).ok()).is_some_and(|word| csrf_fits(secret, word))
    });
    if !fits {
        warn!(path = parts.uri.path(), "A write was refused: its form was not made for this session");
        return Err(ApiError::Forged);
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Opens a session for a new secret, whatever the browser presented before (fixation), and gives the cookie.
pub(crate) async fn open(
    state: &ApiState,
    login: &str,
    origin: String,
    headers: &HeaderMap,
) -> Result<HeaderValue, ApiError> {
    if let Some(before) = presented(state, headers) {
        let left_open = state.accounts.session(&hash(&before)).await?;
        if let Some(session) = left_open {
            state.accounts.end_session(&session.login, &stored_hash(&hash(&before))).await?;
        }
    }
    let secret = new_secret()?;
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let now_ms = state.clock.now_ms();
    let record = SessionRecord {
        hash: stored_hash(&hash(&secret)),
        login: login.to_owned(),
        address: origin,
        agent: agent.chars().take(AGENT_CHARS).collect(),
        at_ms: now_ms,
        seen_ms: now_ms,
        expires_ms: now_ms.saturating_add(SESSION_MS),
    };
    state.accounts.open_session(&record).await?;
    cookie(state, cookie_name(state), &secret, SESSION_MS / 1_000).ok_or(ApiError::Internal)
}

/// Takes the cookie away.
pub(crate) fn closing_cookie(state: &ApiState) -> Result<HeaderValue, ApiError> {
    cookie(state, cookie_name(state), "", 0).ok_or(ApiError::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn a_cookie_that_stands_twice_counts_for_nothing() {
        assert_eq!(cookie_value(&cookies(&["a=1; vortex=x; b=2"]), "vortex"), Some("x"));
        assert_eq!(cookie_value(&cookies(&["vortex=x; vortex=y"]), "vortex"), None);
        assert_eq!(cookie_value(&cookies(&["vortex=x", "vortex=y"]), "vortex"), None);
        assert_eq!(cookie_value(&cookies(&["xvortex=x; vortexx=y"]), "vortex"), None);
    }

    #[test]
    fn the_word_fits_its_own_session_only() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        let word = URL_SAFE_NO_PAD.encode(csrf_mac(&one).unwrap().finalize().into_bytes());
        assert!(csrf_fits(&one, &word));
        assert!(!csrf_fits(&other, &word) && !csrf_fits(&one, "") && !csrf_fits(&one, &word[1..]));
        assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}
