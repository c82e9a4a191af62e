//! Who may come in: the caller itself, the vendor's tokens and people, and what they did.

use axum::extract::State;
use rand::{SeedableRng as _, rngs::StdRng};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tracing::{error, info};
use utoipa::{IntoParams, ToSchema};
use vortex_store::registry::{AuditRow, TokenRecord};

use super::{Page, page_size};
use crate::{
    accounts::Role,
    auth::{Caller, Scope, new_token},
    extract::{Json, Query, segment},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Tokens and people of a vendor that are listed.
const LISTED: u32 = 1_000;
/// Tokens of a vendor that are valid at once.
const VALID_TOKENS: usize = 100;
/// Longest name of a token, characters.
const NAME_CHARS: usize = 40;

/// A role somewhere.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleView {
    /// On which vendor; null for the whole installation.
    vendor: Option<String>,
    /// `viewer`, `operator` or `owner`.
    role: Role,
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// As the journal names them: `user:<login>` or `token:<name>`.
    name: String,
    /// What they may do.
    roles: Vec<RoleView>,
}

/// Who asks, and what they may do.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "access",
    responses((status = 200, description = "The caller", body = Me), (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn me(caller: Caller) -> Json<Me> {
    let platform = caller.0.platform.map(|role| RoleView { vendor: None, role });
    let own = caller.0.vendors.into_iter();
    let own = own.map(|(vendor, role)| RoleView { vendor: Some(vendor.as_str().to_owned()), role });
    Json(Me { name: caller.0.name, roles: platform.into_iter().chain(own).collect() })
}

/// A token, without what it opens with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// Its id in addresses.
    pub(crate) id: String,
    /// Its name in journal and audit trail.
    pub(crate) name: String,
    /// `viewer`, `operator` or `owner`.
    pub(crate) role: String,
    /// When it was made, milliseconds since 1970.
    pub(crate) made_ms: i64,
    /// Since when it counts no more.
    pub(crate) revoked_ms: Option<i64>,
}

impl From<TokenRecord> for TokenView {
    fn from(record: TokenRecord) -> Self {
        Self {
            id: record.hash,
            name: record.name,
            role: record.role,
            made_ms: record.at_ms,
            revoked_ms: record.revoked_ms,
        }
    }
}

/// The vendor's tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// Oldest first, revoked ones too.
    pub(crate) items: Vec<TokenView>,
}

/// The vendor's tokens; for its owners.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/tokens", tag = "access", params(("v" = String, Path, description = "Vendor id")),
    responses(
        (status = 200, description = "Tokens", body = Tokens),
        (status = 403, description = "Only for owners", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn tokens(State(state): State<ApiState>, scope: Scope) -> Result<Json<Tokens>, ApiError> {
    scope.requires(Role::Owner)?;
    let items = state.accounts.tokens(&scope.vendor, LISTED).await?.into_iter().map(Into::into).collect();
    Ok(Json(Tokens { items }))
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokenInput {
    /// Its name in journal and audit trail: 1 to 40 letters, digits, `-`, `_`, `.`, `@`.
    pub(crate) name: String,
    /// What it may do: `viewer`, `operator` or `owner`.
    pub(crate) role: Role,
}

/// A new token.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    /// What it opens with. It is shown this once only.
    pub(crate) token: String,
    #[serde(flatten)]
    pub(crate) view: TokenView,
}

/// Makes a token for the vendor; for its owners. It takes no Idempotency-Key: what it opens with is kept nowhere.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/tokens", tag = "access", params(("v" = String, Path, description = "Vendor id")),
    request_body = TokenInput,
    responses(
        (status = 200, description = "The token, shown once", body = NewToken),
        (status = 403, description = "Only for owners", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Too many tokens are valid", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No such role, or an unfit name", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create_token(
    State(state): State<ApiState>,
    scope: Scope,
    Json(input): Json<TokenInput>,
) -> Result<Json<NewToken>, ApiError> {
    scope.requires(Role::Owner)?;
    let fit = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    if input.name.is_empty() || input.name.len() > NAME_CHARS || !input.name.chars().all(fit) {
        return Err(ApiError::Unprocessable("`name` has 1 to 40 letters, digits, - _ . @".into()));
    }
    let tokens = state.accounts.tokens(&scope.vendor, LISTED).await?;
    if tokens.iter().filter(|token| token.revoked_ms.is_none()).count() >= VALID_TOKENS {
        return Err(ApiError::Conflict("100 tokens are valid; revoke those that nobody uses.".into()));
    }
    let mut rng = StdRng::try_from_os_rng().map_err(|failure| {
        error!(error = %failure, "The operating system gives no random bytes");
        ApiError::Internal
    })?;
    let (token, sha256) = new_token(&mut rng);
    let made_ms = state.clock.now_ms();
    state.accounts.add_token(&sha256, &scope.vendor, input.role, &input.name, made_ms).await?;
    let who = scope.caller.journal_name();
    scope.act.on(input.name.clone());
    scope.act.changed("", input.role.name());
    info!(vendor.id = %scope.vendor, who, token = input.name, "`{who}` made a token");
    let view = TokenView {
        id: crate::stored_hash(&sha256),
        name: input.name,
        role: input.role.name().to_owned(),
        made_ms,
        revoked_ms: None,
    };
    Ok(Json(NewToken { token: token.expose_secret().to_owned(), view }))
}

/// `{key}` as it stands in the address.
pub(crate) struct TokenKey(pub(crate) String);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for TokenKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, ApiError> {
        segment(parts, state, "key").await.map(Self)
    }
}

/// Ends a token at once; for the vendor's owners.
#[utoipa::path(
    delete, path = "/api/v1/vendors/{v}/tokens/{key}", tag = "access",
    params(("v" = String, Path, description = "Vendor id"), ("key" = String, Path, description = "The token's id")),
    responses(
        (status = 200, description = "The token that counts no more", body = TokenView),
        (status = 403, description = "Only for owners", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such valid token", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn revoke_token(
    State(state): State<ApiState>,
    scope: Scope,
    TokenKey(id): TokenKey,
) -> Result<Json<TokenView>, ApiError> {
    scope.requires(Role::Owner)?;
    let tokens = state.accounts.tokens(&scope.vendor, LISTED).await?;
    let mut record = tokens.into_iter().find(|token| token.hash == id).ok_or(ApiError::NotFound)?;
    let now_ms = state.clock.now_ms();
    if !state.accounts.revoke(&record.hash, now_ms).await? {
        return Err(ApiError::NotFound);
    }
    let who = scope.caller.journal_name();
    scope.act.on(record.name.clone());
    scope.act.changed(record.role.clone(), "revoked");
    info!(vendor.id = %scope.vendor, who, token = record.name, "`{who}` revoked a token");
    record.revoked_ms = Some(now_ms);
    Ok(Json(record.into()))
}

/// Somebody who may see the vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    /// What they type to sign in.
    pub(crate) login: String,
    /// Their name.
    pub(crate) name: String,
    /// `viewer`, `operator` or `owner`.
    pub(crate) role: String,
}

/// Who may see the vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Members {
    /// By login.
    pub(crate) items: Vec<MemberView>,
}

/// Who may see the vendor; for its owners. The installation's own people are not listed.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/members", tag = "access", params(("v" = String, Path, description = "Vendor id")),
    responses(
        (status = 200, description = "People", body = Members),
        (status = 403, description = "Only for owners", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn members(State(state): State<ApiState>, scope: Scope) -> Result<Json<Members>, ApiError> {
    scope.requires(Role::Owner)?;
    let members = state.accounts.members(&scope.vendor, LISTED).await?;
    let view = |member: vortex_store::registry::MemberRecord| MemberView {
        login: member.login,
        name: member.name,
        role: member.role,
    };
    Ok(Json(Members { items: members.into_iter().map(view).collect() }))
}

/// An act of a person, or of a machine with a token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActView {
    /// Its number in the trail.
    pub(crate) seq: i64,
    /// When it ended, milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Who: `user:<login>` or `token:<name>`.
    pub(crate) actor: String,
    /// From which address.
    pub(crate) origin: String,
    /// What, e.g. `orders.ship`.
    pub(crate) act: String,
    /// To what.
    pub(crate) subject: String,
    /// Before, in words.
    pub(crate) old: String,
    /// After, in words.
    pub(crate) new: String,
    /// `done`, or why not; `asked` when its end was never told.
    pub(crate) outcome: String,
}

impl From<AuditRow> for ActView {
    fn from(row: AuditRow) -> Self {
        let entry = row.entry;
        Self {
            seq: row.seq,
            at_ms: entry.at_ms,
            actor: entry.actor,
            origin: entry.origin,
            act: entry.act,
            subject: entry.subject,
            old: entry.old,
            new: entry.new,
            outcome: entry.outcome,
        }
    }
}

/// Which part of the trail.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Acts per page, 1 to 500.
    pub(crate) limit: Option<u64>,
}

/// What people and tokens did with the vendor, newest first; for operators and owners. The trail is appended only, each row
/// sealed to the one before it: `vortex audit verify` proves it.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/audit", tag = "access",
    params(("v" = String, Path, description = "Vendor id"), AuditQuery),
    responses(
        (status = 200, description = "Acts", body = Page<ActView>),
        (status = 403, description = "Only for operators and owners", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn audit(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<ActView>>, ApiError> {
    scope.requires(Role::Operator)?;
    let before = query.cursor.as_deref().map(super::position).transpose()?;
    let before = before.map(|text| text.parse::<i64>()).transpose();
    let before = before
        .map_err(|_| ApiError::Invalid("The cursor is none that we gave; begin without one.".into()))?;
    let size = page_size(query.limit);
    let rows = state.accounts.audit(&scope.vendor, before.unwrap_or(i64::MAX), size + 1).await?;
    Ok(Json(Page::of(rows.into_iter().map(Into::into).collect(), size, |act: &ActView| act.seq.to_string())))
}
