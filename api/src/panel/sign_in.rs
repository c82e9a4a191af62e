//! Signing in and out, and the first password.

use askama::Template;
use axum::{
    Form,
    extract::{FromRequestParts, Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use serde::Deserialize;
use tracing::{error, info, warn};
use vortex_store::registry::AuditEntry;

use super::{
    failure::local,
    frame::{self, Frame},
    see_other,
};
use crate::{
    acts, passwords,
    problem::ApiError,
    session::{self, Session},
    state::ApiState,
};

/// Longest login, bytes.
const LOGIN_BYTES: usize = 120;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    f: Frame,
    next: String,
    login: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    f: Frame,
    login: String,
    problem: Option<String>,
}

/// The frame around pages for whoever is not signed in.
pub(super) struct Outside(pub(super) Frame);

impl FromRequestParts<ApiState> for Outside {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        Frame::outside(parts, state).await.map(Self)
    }
}

/// From where the request comes.
pub(super) struct Origin(pub(super) String);

impl FromRequestParts<ApiState> for Origin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        Ok(Self(acts::origin(state, parts)))
    }
}

/// Where to go on.
#[derive(Deserialize)]
pub(super) struct Onward {
    #[serde(default)]
    next: String,
}

/// The page where one signs in.
pub(super) async fn page(
    State(state): State<ApiState>,
    Outside(f): Outside,
    Query(onward): Query<Onward>,
) -> Result<Response, ApiError> {
    let next = local(&onward.next).to_owned();
    frame::page(&state, &SignInPage { f, next, login: String::new(), problem: None })
}

/// What is typed.
#[derive(Deserialize)]
pub(super) struct Credentials {
    login: String,
    password: String,
    #[serde(default)]
    next: String,
}

fn act(state: &ApiState, login: &str, origin: &str, act: &str, outcome: &str) -> AuditEntry {
    AuditEntry {
        at_ms: state.clock.now_ms(),
        actor: format!("user:{login}"),
        origin: origin.to_owned(),
        act: act.to_owned(),
        subject: login.to_owned(),
        outcome: outcome.to_owned(),
        ..AuditEntry::default()
    }
}

/// Signs in. An unknown login and a wrong password get the same answer after the same work (SEC07).
pub(super) async fn sign_in(
    State(state): State<ApiState>,
    Outside(f): Outside,
    Origin(origin): Origin,
    headers: HeaderMap,
    Form(typed): Form<Credentials>,
) -> Result<Response, ApiError> {
    let login = typed.login.trim().to_lowercase();
    let next = local(&typed.next).to_owned();
    let refused = |f: Frame, status: StatusCode, problem: String| -> Result<Response, ApiError> {
        let shown = login.chars().take(LOGIN_BYTES).collect();
        let mut page =
            frame::page(&state, &SignInPage { f, next: next.clone(), login: shown, problem: Some(problem) })?;
        *page.status_mut() = status;
        Ok(page)
    };
    if let Err(wait_s) = state.attempts.begin(&login, &origin, state.clock.now_ms()) {
        warn!(origin, "Signing in is closed for a while: too many wrong passwords");
        let problem = f.w.x("sign-in-closed", f.w.duration(i64::from(wait_s) * 1_000));
        let mut page = refused(f, StatusCode::TOO_MANY_REQUESTS, problem)?;
        page.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
        return Ok(page);
    }
    let right = login.len() <= LOGIN_BYTES && passwords::is_right(&state, &login, typed.password).await?;
    if !right {
        info!(origin, "A log-in was refused");
        note_failure(state.clone(), act(&state, &login, &origin, "session.open", "refused"));
        let problem = f.w.t("sign-in-wrong");
        return refused(f, StatusCode::UNAUTHORIZED, problem);
    }
    state.attempts.succeeded(&login, &origin);
    acts::record(&state, act(&state, &login, &origin, "session.open", "done")).await?;
    let cookie = session::open(&state, &login, origin, &headers).await?;
    Ok(with_cookie(see_other(&next), cookie))
}

/// A refused log-in of an account that exists is told to the trail after the answer, which must not take longer for it. A login
/// that nobody has is not kept: it may be a password in the wrong field.
fn note_failure(state: ApiState, entry: AuditEntry) {
    tokio::spawn(async move {
        let known = state.accounts.password(&entry.subject).await;
        if matches!(known, Ok(Some(_)))
            && let Err(failure) = acts::record(&state, entry).await
        {
            error!(error = %failure, "A refused log-in could not be stored");
        }
    });
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// Signs out: the session is over at once, and the browser forgets what it kept.
pub(super) async fn sign_out(
    State(state): State<ApiState>,
    Origin(origin): Origin,
    session: Session,
) -> Result<Response, ApiError> {
    let login = &session.who.login;
    state.accounts.end_session(login, &session.hash).await?;
    acts::record(&state, act(&state, login, &origin, "session.end", "done")).await?;
    let mut response = with_cookie(see_other("/sign-in"), session::closing_cookie(&state)?);
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// The page behind a one-time link.
pub(super) async fn welcome(
    State(state): State<ApiState>,
    Outside(f): Outside,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    let login = state.accounts.invitation(&session::hash(&token), state.clock.now_ms()).await?;
    frame::page(&state, &WelcomePage { f, login: login.ok_or(ApiError::NotFound)?, problem: None })
}

/// A new password.
#[derive(Deserialize)]
pub(super) struct NewPassword {
    password: String,
    again: String,
}

/// Sets the first password, by a one-time link, and signs in.
pub(super) async fn set_password(
    State(state): State<ApiState>,
    Outside(f): Outside,
    Origin(origin): Origin,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<NewPassword>,
) -> Result<Response, ApiError> {
    let sha256 = session::hash(&token);
    let now_ms = state.clock.now_ms();
    let login = state.accounts.invitation(&sha256, now_ms).await?.ok_or(ApiError::NotFound)?;
    let unfit = passwords::unfit(&typed.password, &login);
    if let Some(key) = unfit.or((typed.password != typed.again).then_some("password-differs")) {
        let problem = Some(f.w.t(key));
        let mut page = frame::page(&state, &WelcomePage { f, login, problem })?;
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page);
    }
    let hash = passwords::hashed(&state, typed.password).await?;
    let login = state.accounts.accept_invitation(&sha256, &hash, now_ms).await?.ok_or(ApiError::NotFound)?;
    acts::record(&state, act(&state, &login, &origin, "password.set", "done")).await?;
    let cookie = session::open(&state, &login, origin, &headers).await?;
    Ok(with_cookie(see_other("/"), cookie))
}
