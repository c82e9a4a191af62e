//! Short-lived signed links to kept files: a browser or a printer opens them without a token.
//!
//! Bound to vendor, bytes, name and expiry. Signed with a key that is derived from what the master key seals: a link survives a
//! restart and holds on every node, and no copy of the database alone can sign one.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use vortex_domain::VendorId;

use crate::{
    extract::segment,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// The purpose under which the key of links is derived (`SqlStore::derived_key`).
pub const LINK_KEY: &str = "links to kept files";
/// How long a link can be opened, milliseconds.
pub(crate) const LINK_MS: i64 = 300_000;
/// Longest token that is looked at, bytes.
const TOKEN_BYTES: usize = 2_048;

/// What a link opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    /// Owner.
    #[serde(rename = "v")]
    pub(crate) vendor: VendorId,
    /// Where the bytes are kept.
    #[serde(rename = "h")]
    pub(crate) hash: String,
    /// The name to save it under.
    #[serde(rename = "n")]
    pub(crate) name: String,
    /// When it ends.
    #[serde(rename = "x")]
    pub(crate) expires_ms: i64,
}

/// Signs links.
pub(crate) struct LinkKey(pub(crate) SecretBox<[u8; 32]>);

impl LinkKey {
    fn mac(&self) -> Result<Hmac<Sha256>, ApiError> {
        Hmac::new_from_slice(self.0.expose_secret()).map_err(|_| ApiError::Internal)
    }

    /// The link as one segment of an address.
    pub(crate) fn sign(&self, link: &Link) -> Result<String, ApiError> {
        let body = serde_json::to_vec(link).map_err(|_| ApiError::Internal)?;
        let mut mac = self.mac()?;
        mac.update(&body);
        let signature = mac.finalize().into_bytes();
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(body), URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The link, if we signed it and it has not ended. One answer for everything else.
    pub(crate) fn open(&self, token: &str, now_ms: i64) -> Result<Link, ApiError> {
        let parts = token.split_once('.').filter(|_| token.len() <= TOKEN_BYTES);
        let decoded = parts.and_then(|(body, signature)| {
            Some((URL_SAFE_NO_PAD.decode(body).ok()?, URL_SAFE_NO_PAD.decode(signature).ok()?))
        });
        let (body, signature) = decoded.ok_or(ApiError::NotFound)?;
        let mut mac = self.mac()?;
        mac.update(&body);
        mac.verify_slice(&signature).map_err(|_| ApiError::NotFound)?;
        let link: Link = serde_json::from_slice(&body).map_err(|_| ApiError::NotFound)?;
        // A clock that was set back must not prolong a link.
        let left_ms = link.expires_ms.saturating_sub(now_ms);
        if (1..=LINK_MS).contains(&left_ms) { Ok(link) } else { Err(ApiError::NotFound) }
    }
}

/// The media type of a kept file, by the end of its name.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("csv") => "text/csv; charset=utf-8",
        Some("jsonl") => "application/jsonl",
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        Some("zpl") => "application/zpl",
        _ => "application/octet-stream",
    }
}

/// A file to be saved, never shown or run in place.
pub(crate) fn attachment(name: &str, body: Body) -> Response {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(&name))),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::OK, headers, body).into_response()
}

/// A kept file, by a signed link of the last five minutes; needs no token.
#[utoipa::path(
    get, path = "/files/{token}", tag = "files",
    params(("token" = String, Path, description = "From `POST …/files/links`")),
    responses(
        (status = 200, description = "The file, as an attachment", content_type = "application/octet-stream"),
        (status = 404, description = "Ended, altered or never given", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn serve(State(state): State<ApiState>, Token(token): Token) -> Result<Response, ApiError> {
    let link = state.link_key.open(&token, state.clock.now_ms())?;
    let bytes = state.store.file_content(&link.vendor, &link.hash).await?.ok_or(ApiError::NotFound)?;
    Ok(attachment(&link.name, Body::from(bytes)))
}

/// `{token}` as it stands in the address.
pub(crate) struct Token(String);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Token {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, ApiError> {
        segment(parts, state, "token").await.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_772_359_200_000;

    fn link(expires_ms: i64) -> Link {
        Link {
            vendor: VendorId::new("acme").unwrap(),
            hash: "abc".to_owned(),
            name: "1.pdf".to_owned(),
            expires_ms,
        }
    }

    fn key_of(installation: u8) -> LinkKey {
        LinkKey(SecretBox::new(Box::new([installation; 32])))
    }

    #[test]
    fn a_link_opens_what_it_was_made_for_and_only_for_a_while() {
        let key = key_of(1);
        let token = key.sign(&link(NOW_MS + LINK_MS)).unwrap();
        assert_eq!(key.open(&token, NOW_MS).unwrap(), link(NOW_MS + LINK_MS));
        assert!(key.open(&token, NOW_MS + LINK_MS - 1).is_ok());
        for (now_ms, why) in [(NOW_MS + LINK_MS, "ended"), (NOW_MS - 1, "the clock was set back")] {
            assert_eq!(key.open(&token, now_ms), Err(ApiError::NotFound), "{why}");
        }
        assert_eq!(key_of(2).open(&token, NOW_MS), Err(ApiError::NotFound), "another installation's");
        assert!(key_of(1).open(&token, NOW_MS).is_ok(), "the same installation, started again");
    }

    #[test]
    fn no_byte_of_a_link_can_be_changed() {
        let key = key_of(1);
        let token = key.sign(&link(NOW_MS + LINK_MS)).unwrap();
        for place in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(key.open(&altered, NOW_MS), Err(ApiError::NotFound), "byte {place}");
        }
        let (_, signature) = token.split_once('.').unwrap();
        let other = serde_json::to_vec(&link(NOW_MS + LINK_MS - 1)).unwrap();
        let forged = format!("{}.{signature}", URL_SAFE_NO_PAD.encode(other));
        for forged in [forged.as_str(), signature, ".", "", &"A".repeat(5_000)] {
            assert_eq!(key.open(forged, NOW_MS), Err(ApiError::NotFound), "{forged}");
        }
    }
}
