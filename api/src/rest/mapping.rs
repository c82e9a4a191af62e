//! A vendor's mapping: versions, drafts, publishing. What they do is [`crate::mappings::Mappings`]; here is only its form.

pub(crate) mod tables;
pub(crate) mod trials;
pub(crate) mod views;

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, request::Parts},
};
use serde::Deserialize;
use vortex_domain::{
    attention::Reader,
    mapping::{Mapping, diff},
};

use self::views::{
    Changes, Checked, DraftInput, Drafts, Issued, MappingView, PublishInput, ReplayInput, RevertInput,
    VersionView, Versions,
};
use super::{page_size, position};
use crate::{
    auth::Scope,
    extract::{Json, Lang, Query, segment},
    mappings::{Mappings, MappingsError, Which, Wish},
    problem::{ApiError, FindingView, Problem},
    state::ApiState,
};

/// Longest reason and name, characters.
const NAME_CHARS: usize = 200;
/// Differences that one answer lists.
const CHANGES: usize = 1_000;
/// Longest replay, days.
const REPLAY_DAYS: u16 = 366;

/// `{version}`: `live` or a number.
pub(crate) struct VersionKey(pub(crate) String);

/// `{draft}`: a draft's name.
pub(crate) struct DraftKey(String);

impl<S: Send + Sync> FromRequestParts<S> for VersionKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        segment(parts, state, "version").await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for DraftKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        segment(parts, state, "draft").await.map(Self)
    }
}

/// The desk, unless this process has none.
pub(super) fn desk(state: &ApiState) -> Result<&dyn Mappings, ApiError> {
    state.mappings.as_deref().ok_or(ApiError::NotFound)
}

/// An error in the reader's language.
pub(super) fn told(reader: Reader) -> impl Fn(MappingsError) -> ApiError {
    move |error| match error {
        MappingsError::NotFound(_) => ApiError::NotFound,
        MappingsError::Findings(findings) => ApiError::Findings(views::findings(&findings, reader)),
        MappingsError::Unreadable(why) => ApiError::Findings(vec![FindingView::unreadable(why)]),
        MappingsError::Conflict(why) => ApiError::Conflict(why.into()),
        MappingsError::Unavailable(why) => ApiError::Unavailable { reason: why.into(), retry_after_s: 2 },
    }
}

/// `live`, a number, or `draft:` and a draft's name.
pub(super) fn which(text: &str) -> Result<Which, ApiError> {
    if text == "live" {
        return Ok(Which::Live);
    }
    if let Some(name) = text.strip_prefix("draft:") {
        return Ok(Which::Draft(name.to_owned()));
    }
    text.parse().map(Which::Version).map_err(|_| ApiError::NotFound)
}

/// What a write is known by: the caller's key, or one of our own.
pub(super) fn wish(
    state: &ApiState,
    scope: &Scope,
    headers: &HeaderMap,
    reason: &str,
    mass_change: bool,
) -> Result<Wish, ApiError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NAME_CHARS {
        return Err(ApiError::Unprocessable("Say why, in 1 to 200 characters (`reason`).".into()));
    }
    let given = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let own = || format!("{}-{:x}", state.clock.now_ms(), state.entropy.below(u64::MAX));
    Ok(Wish {
        author: scope.caller.journal_name(),
        note: reason.to_owned(),
        key: given.map_or_else(own, str::to_owned),
        mass_change,
        trial: None,
    })
}

/// `?cursor=` and `?limit=`
#[derive(Debug, Deserialize)]
pub(crate) struct PageQuery {
    pub(crate) cursor: Option<String>,
    pub(crate) limit: Option<u64>,
}

/// The vendor's versions, newest first.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/versions", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("cursor" = Option<String>, Query, description = "Where to go on"), ("limit" = Option<u64>, Query, description = "Items, at most 500")),
    responses((status = 200, description = "Versions", body = Versions), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn versions(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<PageQuery>,
) -> Result<Json<Versions>, ApiError> {
    let size = page_size(query.limit);
    let before = query.cursor.as_deref().map(position).transpose()?.and_then(|text| text.parse().ok());
    let (records, live) =
        desk(&state)?.versions(&scope.vendor, before, size + 1).await.map_err(told(Reader::En))?;
    let items = records.into_iter().map(VersionView::from).collect();
    Ok(Json(Versions {
        live,
        page: super::Page::of(items, size, |item: &VersionView| item.version.to_string()),
    }))
}

/// One mapping, as data and as a file: `live`, a version, 0 for the built-in one.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/versions/{version}", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("version" = String, Path, description = "`live` or a number")),
    responses((status = 200, description = "The mapping", body = MappingView), (status = 404, description = "No such version", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn version(
    State(state): State<ApiState>,
    scope: Scope,
    VersionKey(version): VersionKey,
) -> Result<Json<MappingView>, ApiError> {
    let found = desk(&state)?.read(&scope.vendor, &which(&version)?).await.map_err(told(Reader::En))?;
    Ok(Json(MappingView::of(found)?))
}

/// The vendor's drafts.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/drafts", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id")),
    responses((status = 200, description = "Drafts", body = Drafts), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn drafts(State(state): State<ApiState>, scope: Scope) -> Result<Json<Drafts>, ApiError> {
    let drafts = desk(&state)?.drafts(&scope.vendor).await.map_err(told(Reader::En))?;
    Ok(Json(Drafts { items: drafts.into_iter().map(Into::into).collect() }))
}

/// One draft.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/drafts/{draft}", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("draft" = String, Path, description = "Its name")),
    responses((status = 200, description = "The draft", body = MappingView), (status = 404, description = "No such draft", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn draft(
    State(state): State<ApiState>,
    scope: Scope,
    DraftKey(name): DraftKey,
) -> Result<Json<MappingView>, ApiError> {
    let found = desk(&state)?.read(&scope.vendor, &Which::Draft(name)).await.map_err(told(Reader::En))?;
    Ok(Json(MappingView::of(found)?))
}

/// Saves a draft over the live version. What cannot be published yet can be saved.
#[utoipa::path(
    put, path = "/api/v1/vendors/{v}/mapping/drafts/{draft}", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("draft" = String, Path, description = "Its name"), ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect")),
    request_body = DraftInput,
    responses(
        (status = 200, description = "Saved", body = MappingView),
        (status = 409, description = "Too many drafts", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is no mapping; `findings` says why", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn save(
    State(state): State<ApiState>,
    scope: Scope,
    DraftKey(name): DraftKey,
    Json(input): Json<DraftInput>,
) -> Result<Json<MappingView>, ApiError> {
    let fits =
        !name.trim().is_empty() && name.chars().count() <= NAME_CHARS && !name.chars().any(char::is_control);
    if !fits {
        return Err(ApiError::Unprocessable("A draft's name has 1 to 200 characters.".into()));
    }
    let unreadable = |why: String| ApiError::Findings(vec![FindingView::unreadable(why)]);
    let mapping = match (input.toml, input.mapping) {
        (Some(toml), None) => Mapping::parse(&toml).map_err(|why| unreadable(why.to_string()))?,
        (None, Some(value)) => serde_json::from_value(value).map_err(|why| unreadable(why.to_string()))?,
        _ => return Err(ApiError::Unprocessable("Give either `toml` or `mapping`.".into())),
    };
    let who = scope.caller.journal_name();
    let saved = desk(&state)?
        .save(&scope.vendor, &name, mapping, input.whole, &who)
        .await
        .map_err(told(Reader::En))?;
    Ok(Json(MappingView::of(saved)?))
}

/// Drops a draft.
#[utoipa::path(
    delete, path = "/api/v1/vendors/{v}/mapping/drafts/{draft}", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("draft" = String, Path, description = "Its name")),
    responses((status = 200, description = "It is gone", body = Drafts), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn drop_draft(
    State(state): State<ApiState>,
    scope: Scope,
    DraftKey(name): DraftKey,
) -> Result<Json<Drafts>, ApiError> {
    desk(&state)?.drop_draft(&scope.vendor, &name).await.map_err(told(Reader::En))?;
    drafts(State(state), scope).await
}

/// Says everything that is wrong with a draft: types, limits of the channel, examples that fail.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/mapping/drafts/{draft}/validate", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("draft" = String, Path, description = "Its name"), ("lang" = Option<String>, Query, description = "`ro` or `en`")),
    responses((status = 200, description = "What was found", body = Checked), (status = 404, description = "No such draft", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn validate(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    DraftKey(name): DraftKey,
) -> Result<Json<Checked>, ApiError> {
    let findings = desk(&state)?.check(&scope.vendor, &Which::Draft(name)).await.map_err(told(reader))?;
    Ok(Json(Checked { ok: findings.is_empty(), findings: views::findings(&findings, reader) }))
}

/// Runs a draft over the whole catalogue and the orders of the last 30 days: what would change, counted and in money.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/mapping/drafts/{draft}/preview", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("draft" = String, Path, description = "Its name"), ("lang" = Option<String>, Query, description = "`ro` or `en`")),
    responses(
        (status = 200, description = "What would change", body = views::PreviewView),
        (status = 422, description = "It cannot be used; `findings` says why", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn preview(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    DraftKey(name): DraftKey,
) -> Result<Json<views::PreviewView>, ApiError> {
    let preview = desk(&state)?.preview(&scope.vendor, &Which::Draft(name)).await.map_err(told(reader))?;
    Ok(Json(views::PreviewView::of(preview, reader)))
}

/// What a draft would have made of the prices that were published in the last days.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/mapping/drafts/{draft}/replay", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("draft" = String, Path, description = "Its name"), ("lang" = Option<String>, Query, description = "`ro` or `en`")),
    request_body = ReplayInput,
    responses(
        (status = 200, description = "What would have been", body = views::ReplayView),
        (status = 422, description = "It cannot be used; `findings` says why", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn replay(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    DraftKey(name): DraftKey,
    Json(input): Json<ReplayInput>,
) -> Result<Json<views::ReplayView>, ApiError> {
    let days = input.days.clamp(1, REPLAY_DAYS);
    let replay =
        desk(&state)?.replay(&scope.vendor, &Which::Draft(name), days).await.map_err(told(reader))?;
    Ok(Json(views::ReplayView { days, replay }))
}

/// Publishes a draft as the next version: at once, or first on trial.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/mapping/drafts/{draft}/publish", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("draft" = String, Path, description = "Its name"), ("Idempotency-Key" = Option<String>, Header, description = "The same key makes no second version")),
    request_body = PublishInput,
    responses(
        (status = 200, description = "Published", body = Issued),
        (status = 409, description = "Overtaken, a trial runs, or a mass change that nobody has allowed", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot be used; `findings` says why", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn publish(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    headers: HeaderMap,
    DraftKey(name): DraftKey,
    Json(input): Json<PublishInput>,
) -> Result<Json<Issued>, ApiError> {
    let mut wish = wish(&state, &scope, &headers, &input.reason, input.mass_change)?;
    wish.trial = input.trial.map(trials::terms).transpose()?;
    let version = desk(&state)?.publish(&scope.vendor, &name, wish).await.map_err(told(reader))?;
    Ok(Json(Issued { version }))
}

/// Publishes an old version's rules again, as the next version.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/mapping/versions/{version}/revert", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("version" = i64, Path, description = "Back to which"), ("Idempotency-Key" = Option<String>, Header, description = "The same key makes no second version")),
    request_body = RevertInput,
    responses(
        (status = 200, description = "Published", body = Issued),
        (status = 404, description = "No such version", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A trial runs, or a mass change that nobody has allowed", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn revert(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    headers: HeaderMap,
    VersionKey(version): VersionKey,
    Json(input): Json<RevertInput>,
) -> Result<Json<Issued>, ApiError> {
    let wish = wish(&state, &scope, &headers, &input.reason, input.mass_change)?;
    let old = version.parse().map_err(|_| ApiError::NotFound)?;
    let version = desk(&state)?.revert(&scope.vendor, old, wish).await.map_err(told(reader))?;
    Ok(Json(Issued { version }))
}

/// `?from=` and `?to=`
#[derive(Debug, Deserialize)]
pub(crate) struct DiffQuery {
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

/// What differs between two mappings, in sentences.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/diff", tag = "mapping",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("from" = Option<String>, Query, description = "`live` (default), a number, or `draft:` and a name"),
        ("to" = Option<String>, Query, description = "The same; default `live`"),
        ("lang" = Option<String>, Query, description = "`ro` or `en`"),
    ),
    responses((status = 200, description = "The differences", body = Changes), (status = 404, description = "No such version or draft", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn difference(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    Query(query): Query<DiffQuery>,
) -> Result<Json<Changes>, ApiError> {
    let read = async |which_one: Option<String>| {
        let which = which(which_one.as_deref().unwrap_or("live"))?;
        desk(&state)?.read(&scope.vendor, &which).await.map_err(told(reader))
    };
    let (from, to) = (read(query.from).await?, read(query.to).await?);
    let changes = diff(&from.mapping, &to.mapping);
    let sentences = changes.iter().take(CHANGES).map(|change| change.say(reader)).collect();
    Ok(Json(Changes { count: changes.len(), sentences }))
}
