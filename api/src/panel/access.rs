//! Who may come in: tokens, people, and what they did.

use askama::Template;
use axum::{Form, extract::State, response::Response};

use super::frame::{self, Frame, go};
use crate::{
    accounts::Role,
    auth::Scope,
    extract::{Json, Query},
    problem::ApiError,
    rest::access::{self, ActView, AuditQuery, MemberView, NewToken, TokenInput, TokenKey, TokenView},
    state::ApiState,
};

#[derive(Template)]
#[template(path = "access.html")]
struct AccessPage {
    f: Frame,
    /// For owners.
    tokens: Vec<TokenView>,
    members: Vec<MemberView>,
    /// Just made.
    fresh: Option<NewToken>,
    acts: Vec<ActView>,
    next: Option<String>,
}

async fn shown(
    state: &ApiState,
    scope: Scope,
    f: Frame,
    query: AuditQuery,
    fresh: Option<NewToken>,
) -> Result<Response, ApiError> {
    let (mut tokens, mut members) = (Vec::new(), Vec::new());
    if scope.role == Role::Owner && query.cursor.is_none() {
        tokens = access::tokens(State(state.clone()), scope.clone()).await?.0.items;
        members = access::members(State(state.clone()), scope.clone()).await?.0.items;
    }
    let acts = access::audit(State(state.clone()), scope, Query(query)).await?.0;
    let f = f.at("access");
    frame::page(state, &AccessPage { f, tokens, members, fresh, acts: acts.items, next: acts.next_cursor })
}

/// Tokens, people and acts.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Query(query): Query<AuditQuery>,
) -> Result<Response, ApiError> {
    shown(&state, scope, f, query, None).await
}

/// Makes a token and shows it, once.
pub(super) async fn create(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Form(input): Form<TokenInput>,
) -> Result<Response, ApiError> {
    let made = access::create_token(State(state.clone()), scope.clone(), Json(input)).await?.0;
    shown(&state, scope, f, AuditQuery { cursor: None, limit: None }, Some(made)).await
}

/// Ends a token.
pub(super) async fn revoke(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    key: TokenKey,
) -> Result<Response, ApiError> {
    let ended = access::revoke_token(State(state.clone()), scope, key).await?.0;
    Ok(go(&state, &f.of("/access"), "flash-token-revoked", ended.name))
}
