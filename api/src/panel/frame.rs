//! What every page has around its content: language, theme, navigation, vendors, messages.

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tracing::error;
use vortex_domain::attention::Reader;

use super::{assets, words::Words};
use crate::{
    accounts::Role,
    auth::{Caller, Scope},
    extract::Lang,
    problem::ApiError,
    session::{self, Session},
    state::ApiState,
};

/// The cookie that holds the chosen language.
pub(super) const LANGUAGE: &str = "vortex-lang";
/// The cookie that holds the chosen theme.
pub(super) const THEME: &str = "vortex-theme";
/// The cookie that brings a message over a redirect.
const FLASH: &str = "vortex-flash";
/// How long a message waits for its page, seconds.
const FLASH_S: i64 = 60;
/// Vendors in the switcher; more are found on the operations' page.
const SWITCHER: u32 = 30;

/// Everything that pages carry outside: nothing from elsewhere, nothing inline (SEC25).
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
const PAGE_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=()"),
    ),
];

/// A vendor in the switcher.
pub(crate) struct Choice {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A message after something was done.
pub(crate) struct Flash {
    /// `good` or `bad`.
    pub(crate) mood: String,
    pub(crate) text: String,
}

/// Around the content.
pub(crate) struct Frame {
    pub(crate) w: Words,
    /// `light`, `dark` or `auto`.
    pub(crate) theme: &'static str,
    /// The address of this page, to come back to.
    pub(crate) here: String,
    /// Where one is in the navigation; the name of its icon.
    pub(crate) place: &'static str,
    /// Where assets are.
    pub(crate) assets: String,
    pub(crate) now_ms: i64,
    /// Who is signed in.
    pub(crate) name: String,
    pub(crate) login: String,
    pub(crate) csrf: String,
    /// The vendor that the page is about.
    pub(crate) vendor: Option<Choice>,
    /// The role on it.
    pub(crate) role: Option<Role>,
    /// Open attention items of the vendor.
    pub(crate) waiting: i64,
    pub(crate) choices: Vec<Choice>,
    /// May see operations' pages.
    pub(crate) platform: bool,
    pub(crate) flash: Option<Flash>,
}

/// The reader's language: chosen, else the browser's.
pub(super) fn reader(headers: &HeaderMap, preferred: Reader) -> Reader {
    match session::cookie_value(headers, LANGUAGE) {
        Some("ro") => Reader::Ro,
        Some("en") => Reader::En,
        _ => preferred,
    }
}

fn theme(headers: &HeaderMap) -> &'static str {
    match session::cookie_value(headers, THEME) {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "auto",
    }
}

impl Frame {
    /// The frame of somebody who need not be signed in.
    pub(super) async fn outside(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let Lang(preferred) = Lang::from_request_parts(parts, state).await?;
        let w = Words { reader: reader(&parts.headers, preferred) };
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self {
            w,
            theme: theme(&parts.headers),
            here,
            place: "",
            assets: assets::base(),
            now_ms: state.clock.now_ms(),
            name: String::new(),
            login: String::new(),
            csrf: String::new(),
            vendor: None,
            role: None,
            waiting: 0,
            choices: Vec::new(),
            platform: false,
            flash: flash(&parts.headers, w),
        })
    }

    /// The frame at a place of the navigation.
    pub(crate) fn at(mut self, place: &'static str) -> Self {
        self.place = place;
        self
    }

    /// May the reader change anything here?
    pub(crate) fn may_write(&self) -> bool {
        self.role.is_some_and(Role::may_write)
    }

    /// May the reader decide who comes in?
    pub(crate) fn owns(&self) -> bool {
        self.role == Some(Role::Owner)
    }

    /// The address of a page of the vendor.
    pub(crate) fn of(&self, page: &str) -> String {
        self.vendor.as_ref().map_or_else(|| "/".to_owned(), |vendor| format!("/v/{}{page}", vendor.id))
    }

    /// The two letters of a name.
    pub(crate) fn initials(&self) -> String {
        let letters = self.name.split_whitespace().filter_map(|word| word.chars().next());
        letters.take(2).flat_map(char::to_uppercase).collect()
    }
}

impl FromRequestParts<ApiState> for Frame {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let session = Session::from_request_parts(parts, state).await?;
        let caller = Caller::from_request_parts(parts, state).await?;
        let mut frame = Self::outside(parts, state).await?;
        frame.name = session.who.name;
        frame.login = session.who.login;
        frame.csrf = session.csrf;
        frame.platform = caller.0.platform.is_some();
        frame.choices = choices(&caller, state).await?;
        if let Some(scope) = parts.extensions.get::<Scope>() {
            frame.role = Some(scope.role);
            frame.waiting = state.lists.attention_count(&scope.vendor).await?;
            let entry = state.accounts.vendor(&scope.vendor).await?.ok_or(ApiError::NotFound)?;
            frame.vendor = Some(Choice { id: entry.id.as_str().to_owned(), name: entry.name });
        }
        Ok(frame)
    }
}

/// The first vendors that the caller may see.
pub(super) async fn choices(caller: &Caller, state: &ApiState) -> Result<Vec<Choice>, ApiError> {
    if caller.0.platform.is_some() {
        let names = state.lists.vendor_names("", SWITCHER).await?;
        return Ok(names.into_iter().map(|(id, name)| Choice { id, name }).collect());
    }
    let mut own = Vec::new();
    for vendor in caller.0.vendors.keys().take(SWITCHER as usize) {
        let entry = state.accounts.vendor(vendor).await?;
        own.extend(entry.map(|entry| Choice { id: entry.id.as_str().to_owned(), name: entry.name }));
    }
    Ok(own)
}

/// The message that a redirect brought: mood, key and a word, in base64. Its words are ours whatever the cookie holds.
fn flash(headers: &HeaderMap, w: Words) -> Option<Flash> {
    let cookie = session::cookie_value(headers, FLASH)?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cookie).ok()?).ok()?;
    let mut parts = text.splitn(3, '|');
    let (mood, key, word) = (parts.next()?, parts.next()?, parts.next()?);
    let text = match (w.has(key) && key.starts_with("flash-"), word.parse::<i64>()) {
        (false, _) => return None,
        (true, Ok(count)) => w.n(key, count),
        (true, Err(_)) => w.x(key, word),
    };
    Some(Flash { mood: if mood == "bad" { "bad" } else { "good" }.to_owned(), text })
}

/// Goes to a page with a message: a `flash-…` text with a number or word.
pub(crate) fn go(state: &ApiState, to: &str, key: &str, word: impl std::fmt::Display) -> Response {
    carry(state, to, "good", key, word)
}

fn carry(state: &ApiState, to: &str, mood: &str, key: &str, word: impl std::fmt::Display) -> Response {
    let value = URL_SAFE_NO_PAD.encode(format!("{mood}|{key}|{word}"));
    let mut response = Redirect::to(to).into_response();
    if let Some(cookie) = session::cookie(state, FLASH, &value, FLASH_S) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// A page.
pub(crate) fn page(state: &ApiState, template: &impl Template) -> Result<Response, ApiError> {
    let html = template.render().map_err(|failure| {
        error!(error = %failure, "A page could not be rendered");
        ApiError::Internal
    })?;
    let mut response = Html(html).into_response();
    dress(&mut response);
    // Shown once.
    if let Some(cookie) = session::cookie(state, FLASH, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The headers of pages.
pub(super) fn dress(response: &mut Response) {
    for (name, value) in PAGE_HEADERS {
        response.headers_mut().insert(name, value);
    }
}
