//! The own account: password, sessions, language and theme.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use vortex_store::registry::{AuditEntry, SessionRecord};

use super::{
    failure::local,
    frame::{self, Frame, LANGUAGE, THEME, go},
    see_other,
    sign_in::Origin,
};
use crate::{
    acts,
    auth::Caller,
    passwords,
    problem::ApiError,
    session::{self, Session},
    state::ApiState,
};

/// How long a preference is kept, seconds.
const PREFERENCE_S: i64 = 400 * 86_400;

struct RoleLine {
    vendor: Option<String>,
    role: String,
}

struct SessionLine {
    record: SessionRecord,
    /// The browser's name, in short.
    browser: String,
    own: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    f: Frame,
    roles: Vec<RoleLine>,
    sessions: Vec<SessionLine>,
    problem: Option<String>,
}

async fn shown(
    state: &ApiState,
    f: Frame,
    caller: &Caller,
    session: &Session,
    problem: Option<String>,
) -> Result<Response, ApiError> {
    let f = f.at("account");
    let platform = caller.0.platform.map(|role| (None, role));
    let own = caller.0.vendors.iter().map(|(vendor, role)| (Some(vendor.as_str().to_owned()), *role));
    let roles = platform.into_iter().chain(own);
    let roles = roles.map(|(vendor, role)| RoleLine { vendor, role: f.w.of("role", role.name()) }).collect();
    let sessions = state.accounts.sessions(&session.who.login).await?;
    let line = |record: SessionRecord| SessionLine {
        browser: browser(&record.agent),
        own: record.hash == session.hash,
        record,
    };
    let sessions = sessions.into_iter().map(line).collect();
    frame::page(state, &AccountPage { f, roles, sessions, problem })
}

/// The own account.
pub(super) async fn page(
    State(state): State<ApiState>,
    f: Frame,
    caller: Caller,
    session: Session,
) -> Result<Response, ApiError> {
    shown(&state, f, &caller, &session, None).await
}

/// What a browser is called by people.
fn browser(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let program =
        first(&[("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} · {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

fn act(state: &ApiState, session: &Session, origin: &str, act: &str) -> AuditEntry {
    AuditEntry {
        at_ms: state.clock.now_ms(),
        actor: session.who.principal.name.clone(),
        origin: origin.to_owned(),
        act: act.to_owned(),
        subject: session.who.login.clone(),
        outcome: "done".to_owned(),
        ..AuditEntry::default()
    }
}

/// A change of the password.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    current: String,
    password: String,
    again: String,
}

/// Changes the password: every session ends at once, and this browser gets a new one (SEC08).
pub(super) async fn password(
    State(state): State<ApiState>,
    f: Frame,
    caller: Caller,
    session: Session,
    Origin(origin): Origin,
    headers: HeaderMap,
    Form(typed): Form<PasswordForm>,
) -> Result<Response, ApiError> {
    let login = session.who.login.clone();
    let mut wrong = passwords::unfit(&typed.password, &login)
        .or((typed.password != typed.again).then_some("password-differs"));
    if wrong.is_none() {
        let counted = state.attempts.begin(&login, &origin, state.clock.now_ms());
        counted.map_err(|retry_after_s| ApiError::TooMany { retry_after_s })?;
        if passwords::is_right(&state, &login, typed.current).await? {
            state.attempts.succeeded(&login, &origin);
        } else {
            wrong = Some("password-current-wrong");
        }
    }
    if let Some(key) = wrong {
        let problem = Some(f.w.t(key));
        let mut page = shown(&state, f, &caller, &session, problem).await?;
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page);
    }
    let hash = passwords::hashed(&state, typed.password).await?;
    state.accounts.set_password(&login, &hash).await?;
    acts::record(&state, act(&state, &session, &origin, "password.set")).await?;
    let cookie = session::open(&state, &login, origin, &headers).await?;
    let mut response = go(&state, "/account", "flash-password-set", "");
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Which session.
#[derive(Deserialize)]
pub(super) struct SessionForm {
    session: String,
}

/// Ends one of the own sessions.
pub(super) async fn end_session(
    State(state): State<ApiState>,
    session: Session,
    Origin(origin): Origin,
    Form(form): Form<SessionForm>,
) -> Result<Response, ApiError> {
    if !state.accounts.end_session(&session.who.login, &form.session).await? {
        return Err(ApiError::NotFound);
    }
    acts::record(&state, act(&state, &session, &origin, "session.end")).await?;
    Ok(go(&state, "/account", "flash-session-ended", ""))
}

/// Ends every own session, this one too.
pub(super) async fn end_sessions(
    State(state): State<ApiState>,
    session: Session,
    Origin(origin): Origin,
) -> Result<Response, ApiError> {
    state.accounts.end_sessions(&session.who.login).await?;
    acts::record(&state, act(&state, &session, &origin, "sessions.end")).await?;
    let mut response = see_other("/sign-in");
    response.headers_mut().append(header::SET_COOKIE, session::closing_cookie(&state)?);
    Ok(response)
}

/// Language or theme, and where one was.
#[derive(Deserialize)]
pub(super) struct Preferences {
    language: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    next: String,
}

/// Keeps the chosen language or theme in this browser.
pub(super) async fn preferences(
    State(state): State<ApiState>,
    Form(chosen): Form<Preferences>,
) -> Result<Response, ApiError> {
    let mut response = see_other(local(&chosen.next));
    let language = chosen.language.filter(|tag| ["ro", "en"].contains(&tag.as_str()));
    let theme = chosen.theme.filter(|name| ["auto", "light", "dark"].contains(&name.as_str()));
    for (name, value) in [(LANGUAGE, language), (THEME, theme)] {
        if let Some(cookie) = value.and_then(|value| session::cookie(&state, name, &value, PREFERENCE_S)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_as_people_name_them() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome · Windows");
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1";
        assert_eq!(browser(safari), "Safari · iPhone");
        assert_eq!(browser("curl/8.0"), "curl/8.0");
    }
}
