//! Standard Webhooks signatures: `v1,<base64 HMAC-SHA256 of "id.timestamp.body">`.

use axum::http::HeaderMap;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// How far the sender's clock may be from ours, either way, seconds.
pub const TOLERANCE_S: i64 = 300;
/// Signatures looked at in one message; a sender needs two while it rotates its secret.
const SIGNATURES: usize = 8;
/// Longest `webhook-id`, bytes.
const ID_BYTES: usize = 128;
/// Shortest and longest secret, bytes, as the specification has it.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=128;

/// A secret, ready to sign with.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// Reads `whsec_<base64>`; none when it is anything else.
    pub fn parse(secret: &SecretString) -> Option<Self> {
        let body = secret.expose_secret().trim().strip_prefix("whsec_")?;
        let bytes = STANDARD.decode(body).or_else(|_| STANDARD_NO_PAD.decode(body)).ok()?;
        if !SECRET_BYTES.contains(&bytes.len()) {
            return None;
        }
        Self::of(&bytes)
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(bytes).ok().map(Self)
    }

    /// A key that nobody has: verifying against it costs what a real one does.
    pub fn nobodys(random: [u64; 4]) -> Option<Self> {
        let bytes: Vec<u8> = random.iter().flat_map(|word| word.to_be_bytes()).collect();
        Self::of(&bytes)
    }

    /// The signature of a message.
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        let mac = self.mac(id, &timestamp_s.to_string(), body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

/// Whether one of the keys signed the message within the tolerance; its id if so.
///
/// Works on the raw bytes before anything is parsed, compares in constant time, and tries every pair of key and signature,
/// so that neither time nor answer says which part was wrong.
pub fn verify<'h>(headers: &'h HeaderMap, body: &[u8], keys: &[Key], now_ms: i64) -> Option<&'h str> {
    let id = one(headers, "webhook-id").unwrap_or_default();
    let timestamp = one(headers, "webhook-timestamp").unwrap_or_default();
    let signatures: Vec<Vec<u8>> = one(headers, "webhook-signature")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .filter_map(|part| STANDARD.decode(part.strip_prefix("v1,")?).ok())
        .take(SIGNATURES)
        .collect();
    let mut signed = false;
    for key in keys {
        let mac = key.mac(id, timestamp, body);
        if signatures.is_empty() {
            // As much work as for a message that carries a signature.
            let _ = mac.verify_slice(&[]);
            continue;
        }
        for signature in &signatures {
            signed |= mac.clone().verify_slice(signature).is_ok();
        }
    }
    let fresh = timestamp
        .parse::<i64>()
        .is_ok_and(|sent_s| (now_ms.div_euclid(1000)).abs_diff(sent_s) <= TOLERANCE_S.unsigned_abs());
    let named = (1..=ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    (signed && fresh && named).then_some(id)
}

/// A header that stands there once; a repeated one could be read differently by two readers.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const NOW_S: i64 = 1_614_265_330;

    fn key(secret: &str) -> Key {
        Key::parse(&SecretString::from(secret)).unwrap()
    }

    fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
        HeaderMap::from_iter(
            [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())),
        )
    }

    /// The example of the Standard Webhooks specification.
    const SPEC_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SPEC_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SPEC_BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SPEC_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn agrees_with_the_published_vector() {
        let key = key(SPEC_SECRET);
        assert_eq!(key.sign(SPEC_ID, NOW_S, SPEC_BODY), SPEC_SIGNATURE);
        let headers = headers(SPEC_ID, &NOW_S.to_string(), SPEC_SIGNATURE);
        assert_eq!(verify(&headers, SPEC_BODY, &[key], NOW_S * 1000), Some(SPEC_ID));
    }

    #[test]
    fn refuses_what_is_stale_or_from_the_future() {
        // F66
        let keys = [key(SPEC_SECRET)];
        let headers = headers(SPEC_ID, &NOW_S.to_string(), SPEC_SIGNATURE);
        for (offset_s, accepted) in [(300, true), (301, false), (-300, true), (-301, false)] {
            let now_ms = (NOW_S + offset_s) * 1000;
            assert_eq!(verify(&headers, SPEC_BODY, &keys, now_ms).is_some(), accepted, "{offset_s} s");
        }
    }

    #[test]
    fn refuses_what_was_changed_on_the_way() {
        let keys = [key(SPEC_SECRET)];
        let at = NOW_S.to_string();
        let moved = (NOW_S + 1).to_string();
        let bare = SPEC_SIGNATURE.trim_start_matches("v1,");
        let other_version = format!("v2,{bare}");
        let cases: [(HeaderMap, &[u8]); 7] = [
            (headers(SPEC_ID, &at, SPEC_SIGNATURE), br#"{"test": 2432232315}"#),
            (headers("msg_other", &at, SPEC_SIGNATURE), SPEC_BODY),
            (headers(SPEC_ID, &moved, SPEC_SIGNATURE), SPEC_BODY),
            (headers(SPEC_ID, &at, bare), SPEC_BODY),
            (headers(SPEC_ID, &at, &other_version), SPEC_BODY),
            (headers(SPEC_ID, &at, ""), SPEC_BODY),
            (HeaderMap::new(), SPEC_BODY),
        ];
        for (headers, body) in cases {
            assert_eq!(verify(&headers, body, &keys, NOW_S * 1000), None, "{headers:?}");
        }
    }

    #[test]
    fn accepts_any_active_secret_and_any_listed_signature() {
        // SEC14: while a secret is replaced, both sides may hold two.
        let (old, new) = (key(SPEC_SECRET), key("whsec_bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldw=="));
        let both = format!("v1,AAAA {} {}", new.sign(SPEC_ID, NOW_S, SPEC_BODY), SPEC_SIGNATURE);
        let headers = headers(SPEC_ID, &NOW_S.to_string(), &both);
        assert!(verify(&headers, SPEC_BODY, from_ref(&old), NOW_S * 1000).is_some());
        assert!(verify(&headers, SPEC_BODY, from_ref(&new), NOW_S * 1000).is_some());
        let third = key("whsec_dGhpcmQtc2VjcmV0LXRoaXJkLXNlY3JldA==");
        assert!(verify(&headers, SPEC_BODY, &[third], NOW_S * 1000).is_none());
        assert!(verify(&headers, SPEC_BODY, &[], NOW_S * 1000).is_none());
    }

    #[test]
    fn refuses_repeated_headers_and_ids_that_cannot_be_a_key() {
        let key = key(SPEC_SECRET);
        let mut twice = headers(SPEC_ID, &NOW_S.to_string(), SPEC_SIGNATURE);
        twice.append("webhook-id", HeaderValue::from_static("msg_second"));
        assert_eq!(verify(&twice, SPEC_BODY, from_ref(&key), NOW_S * 1000), None);
        for id in [String::new(), "a b".to_owned(), "x".repeat(129)] {
            let signature = key.sign(&id, NOW_S, SPEC_BODY);
            let headers = headers(&id, &NOW_S.to_string(), &signature);
            assert_eq!(verify(&headers, SPEC_BODY, from_ref(&key), NOW_S * 1000), None, "{id}");
        }
    }

    #[test]
    fn short_or_unmarked_secrets_are_no_secrets() {
        for secret in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%"] {
            assert!(Key::parse(&SecretString::from(secret)).is_none(), "{secret}");
        }
    }
}
