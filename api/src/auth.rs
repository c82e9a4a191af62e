//! Who asks, and which vendor they may see: bearer tokens here, sessions in `session.rs`, one [`Principal`] for both.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{CryptoRng, RngCore};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use vortex_domain::VendorId;

use crate::{
    accounts::{Principal, Role},
    acts::{self, Act},
    extract::segment,
    problem::ApiError,
    session,
    state::ApiState,
};

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// What every token begins with, so that scanners of leaked secrets find it.
const TOKEN_PREFIX: &str = "vx_";

/// A new token, to be shown once, and the SHA-256 that is stored in its place.
pub fn new_token<R: RngCore + CryptoRng + ?Sized>(rng: &mut R) -> (SecretString, [u8; 32]) {
    let mut bytes = [0_u8; TOKEN_BYTES];
    rng.fill_bytes(&mut bytes);
    let text = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let hash = hash_token(&text);
    (SecretString::from(text), hash)
}

/// What a token is stored and looked up by. Looking up by the hash of 256 random bits tells a caller nothing by its timing.
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let body = token.strip_prefix(TOKEN_PREFIX)?;
    let well_formed = URL_SAFE_NO_PAD.decode(body).is_ok_and(|bytes| bytes.len() == TOKEN_BYTES);
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer") && well_formed).then_some(token)
}

/// Lets only known tokens and sessions through and says whose they are. A token that is sent counts alone: a session beside
/// it must not help out.
pub(crate) async fn authenticate(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if !request.headers().contains_key(header::AUTHORIZATION)
        && let Some(secret) = session::presented(&state, request.headers())
    {
        let request = session::admit(&state, &secret, request).await?;
        return Ok(next.run(request).await);
    }
    let mut request = request;
    let hash = hash_token(bearer(request.headers()).ok_or(ApiError::Unauthorized)?);
    let principal = state.accounts.token(&hash).await?.ok_or(ApiError::Unauthorized)?;
    request.extensions_mut().insert(Caller(principal));
    Ok(next.run(request).await)
}

/// The caller, once authenticated.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Principal);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::Unauthorized)
    }
}

impl Caller {
    /// Whom the journal names.
    pub(crate) fn journal_name(&self) -> String {
        self.0.name.clone()
    }

    /// The vendor of that name and the caller's role on it, if the caller may see it; otherwise the same answer as for a name
    /// that nobody has (SEC01).
    pub(crate) async fn vendor(&self, state: &ApiState, name: &str) -> Result<(VendorId, Role), ApiError> {
        let vendor = VendorId::new(name).map_err(|_| ApiError::NotFound)?;
        let role = self.0.role_on(&vendor).ok_or(ApiError::NotFound)?;
        // A platform role covers names that nobody has.
        let exists = self.0.vendors.contains_key(&vendor) || state.accounts.vendor(&vendor).await?.is_some();
        if exists { Ok((vendor, role)) } else { Err(ApiError::NotFound) }
    }
}

/// The vendor in the path `{v}`, who asks, and what they do.
#[derive(Clone)]
pub(crate) struct Scope {
    /// The vendor, which the caller may see.
    pub(crate) vendor: VendorId,
    /// The caller.
    pub(crate) caller: Caller,
    /// What the caller may do with the vendor.
    pub(crate) role: Role,
    /// What the audit trail is told of a write.
    pub(crate) act: Act,
}

impl Scope {
    /// Refuses whoever has a lesser role on the vendor.
    pub(crate) fn requires(&self, role: Role) -> Result<(), ApiError> {
        if self.role >= role { Ok(()) } else { Err(ApiError::Forbidden) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Scope {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::NotFound)
    }
}

/// Resolves `{v}` before anything of the request is looked at, lets only writers write (SEC01, SEC05), and puts every write
/// into the audit trail (SEC32).
pub(crate) async fn scope(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &state).await?;
    let name = segment(&mut parts, &state, "v").await?;
    let (vendor, role) = caller.vendor(&state, &name).await?;
    let scope = Scope { vendor, caller, role, act: Act::default() };
    let writes = !parts.method.is_safe();
    let announced = if writes { Some(acts::announced(&mut parts, &state, &scope).await?) } else { None };
    parts.extensions.insert(scope.clone());
    let request = Request::from_parts(parts, body);
    match announced {
        None => Ok(next.run(request).await),
        Some(entry) if role.may_write() => acts::perform(&state, &scope.act, entry, next.run(request)).await,
        Some(entry) => Err(acts::refuse(&state, entry).await),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rand::{SeedableRng, rngs::StdRng};
    use secrecy::ExposeSecret;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_new_token_is_accepted_in_form_and_found_by_its_hash() {
        let (token, hash) = new_token(&mut StdRng::seed_from_u64(1));
        let value = headers(&format!("bearer {}", token.expose_secret()));
        assert_eq!(bearer(&value).map(hash_token), Some(hash));
        let (other, _) = new_token(&mut StdRng::seed_from_u64(2));
        assert_ne!(token.expose_secret(), other.expose_secret());
    }

    #[test]
    fn other_forms_never_reach_the_database() {
        let (token, _) = new_token(&mut StdRng::seed_from_u64(1));
        for value in
            ["Bearer x", "Bearer", "Basic dXNlcjpwdw==", "Bearer vx_", "Bearer eyJhbGciOiJub25lIn0.e30."]
        {
            assert_eq!(bearer(&headers(value)), None, "{value}");
        }
        let mut twice = headers(&format!("Bearer {}", token.expose_secret()));
        twice.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        assert_eq!(bearer(&twice), None);
    }
}
