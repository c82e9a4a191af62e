//! The mapping: its rules in words, its tables, its versions and drafts; publish one, or go back.

use std::collections::BTreeMap;

use askama::Template;
use axum::{Form, extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use tracing::error;
use vortex_domain::mapping::{Mapping, Object, Row, Scalar, Table};

use super::{
    frame::{self, Frame, go},
    words::Words,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang, Query},
    problem::ApiError,
    rest::mapping::{
        self, DiffQuery, DraftKey, PageQuery, VersionKey,
        views::{Changes, DraftView, MappingView, PublishInput, RevertInput, VersionView},
    },
    state::ApiState,
};

/// Rows of one table that are shown.
const TABLE_ROWS: usize = 200;

/// The rules of one object, in words.
struct Part {
    title: &'static str,
    rules: Vec<Rule>,
}

/// One rule, in words.
struct Rule {
    to: String,
    from: String,
    only: Vec<String>,
    steps: Vec<String>,
}

impl Rule {
    fn of(row: &Row, w: Words) -> Self {
        let markets = row.markets.iter().map(|market| market.code().to_owned());
        let conditions = row.when.iter().map(|condition| condition.say(w.reader));
        Self {
            to: row.to.clone(),
            from: row.from.join(", "),
            only: markets.chain(conditions).collect(),
            steps: row.steps.iter().map(|step| step.say(w.reader)).collect(),
        }
    }
}

/// A look-up table, its first rows.
struct Lookup {
    name: String,
    rows: Vec<(String, String, String)>,
    otherwise: Option<String>,
    len: usize,
}

impl Lookup {
    fn of(name: &str, table: &Table) -> Self {
        let told = |of: String, rows: &BTreeMap<String, Scalar>| {
            rows.iter().map(|(key, to)| (key.clone(), of.clone(), to.to_string())).collect::<Vec<_>>()
        };
        let everywhere = told(String::new(), &table.rows);
        let markets = table.markets.iter().flat_map(|(market, rows)| told(market.code().to_owned(), rows));
        let languages = table.languages.iter().flat_map(|(tag, rows)| told(tag.to_string(), rows));
        Self {
            name: name.to_owned(),
            rows: everywhere.into_iter().chain(markets).chain(languages).take(TABLE_ROWS).collect(),
            otherwise: table.otherwise.as_ref().map(ToString::to_string),
            len: table.len(),
        }
    }
}

#[derive(Template)]
#[template(path = "mapping.html")]
struct MappingPage {
    f: Frame,
    shown: MappingView,
    /// What differs between the live mapping and the one that is shown; none when it is the live one.
    changes: Option<Changes>,
    parts: Vec<Part>,
    tables: Vec<Lookup>,
    live: i64,
    versions: Vec<VersionView>,
    next: Option<String>,
    drafts: Vec<DraftView>,
    /// What is shown: `live`, a number, or `draft:` and a name.
    which: String,
    /// The draft that is shown.
    draft: Option<String>,
}

/// What to show.
#[derive(Deserialize)]
pub(super) struct Asked {
    version: Option<String>,
    cursor: Option<String>,
}

/// A mapping, its versions and its drafts.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let which = asked.version.filter(|which| !which.is_empty()).unwrap_or_else(|| "live".to_owned());
    let key = VersionKey(which.clone());
    let shown = mapping::version(State(state.clone()), scope.clone(), key).await?.0;
    let rules: Mapping = serde_json::from_value(shown.mapping.clone()).map_err(|failure| {
        error!(error = %failure, "A mapping cannot be read back");
        ApiError::Internal
    })?;
    let pages = PageQuery { cursor: asked.cursor, limit: Some(20) };
    let versions = mapping::versions(State(state.clone()), scope.clone(), Query(pages)).await?.0;
    let drafts = mapping::drafts(State(state.clone()), scope.clone()).await?.0.items;
    let changes = if which == "live" || shown.version == Some(versions.live) {
        None
    } else {
        let between = DiffQuery { from: None, to: Some(which.clone()) };
        let lang = Lang(f.w.reader);
        Some(mapping::difference(State(state.clone()), scope, lang, Query(between)).await?.0)
    };
    let w = f.w;
    let part = |object: Object| Part {
        title: object.say(w.reader),
        rules: rules.rows(object).iter().map(|row| Rule::of(row, w)).collect(),
    };
    let page = MappingPage {
        f: f.at("mapping"),
        parts: Object::ALL.into_iter().map(part).filter(|part| !part.rules.is_empty()).collect(),
        tables: rules.tables.iter().map(|(name, table)| Lookup::of(name, table)).collect(),
        draft: which.strip_prefix("draft:").map(str::to_owned),
        shown,
        changes,
        live: versions.live,
        versions: versions.page.items,
        next: versions.page.next_cursor,
        drafts,
        which,
    };
    frame::page(&state, &page)
}

/// Why, and whether much may change.
#[derive(Deserialize)]
pub(super) struct WishForm {
    reason: String,
    #[serde(default)]
    mass_change: bool,
}

/// Publishes an old version's rules again.
pub(super) async fn revert(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    headers: HeaderMap,
    version: VersionKey,
    Form(WishForm { reason, mass_change }): Form<WishForm>,
) -> Result<Response, ApiError> {
    let (lang, input) = (Lang(f.w.reader), Json(RevertInput { reason, mass_change }));
    let issued = mapping::revert(State(state.clone()), scope, lang, headers, version, input).await?.0;
    Ok(go(&state, &f.of("/mapping"), "flash-mapping", issued.version))
}

/// Publishes a draft.
pub(super) async fn publish(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    headers: HeaderMap,
    draft: DraftKey,
    Form(WishForm { reason, mass_change }): Form<WishForm>,
) -> Result<Response, ApiError> {
    let (lang, input) = (Lang(f.w.reader), Json(PublishInput { reason, mass_change, trial: None }));
    let issued = mapping::publish(State(state.clone()), scope, lang, headers, draft, input).await?.0;
    Ok(go(&state, &f.of("/mapping"), "flash-mapping", issued.version))
}
