//! One article: what WinMentor says, what each market was told and shows, why, and what happened to it.

use askama::Template;
use axum::{Form, extract::State, response::Response};
use serde::Deserialize;

use super::{
    failure::local,
    frame::{self, Frame, go},
    waterfall::{Waterfall, waterfall},
};
use crate::{
    auth::Scope,
    extract::{Lang, Query, SkuKey},
    problem::ApiError,
    rest::{
        explain::{self, ExplainQuery, Explanation},
        journal::{self, EntryView, JournalQuery},
        skus::{self, SkuView},
        sync::{self, SyncInput},
    },
    state::ApiState,
};

/// Journal entries that are shown.
const HISTORY: u64 = 60;
/// How long somebody waits before a page for a flow's end, seconds.
const WAIT_S: u64 = 20;
/// Flows that make sense for one article.
const FLOWS: [&str; 3] = ["stock", "catalog", "reconcile"];
/// Longest reason of a stop that is told in a message, characters.
const STOP_CHARS: usize = 200;

#[derive(Template)]
#[template(path = "product.html")]
struct ProductPage {
    f: Frame,
    a: SkuView,
    why: Explanation,
    terms: Option<Waterfall>,
    history: Vec<EntryView>,
    flows: [&'static str; 3],
    own: String,
}

/// The article.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    SkuKey(sku): SkuKey,
) -> Result<Response, ApiError> {
    let f = f.at("products");
    let reader = f.w.reader;
    let a = skus::one(State(state.clone()), scope.clone(), SkuKey(sku.clone()), Lang(reader)).await?.0;
    let asked = Query(ExplainQuery { market: None, at: None });
    let key = SkuKey(sku.clone());
    let why = explain::explain(State(state.clone()), scope.clone(), key, asked, Lang(reader)).await?.0;
    let of_sku = JournalQuery {
        cursor: None,
        limit: Some(HISTORY),
        kind: Some("sku".to_owned()),
        key: Some(sku.to_string()),
    };
    let history = journal::page(State(state.clone()), scope, Query(of_sku)).await?.0.items;
    let escaped = askama::filters::urlencode_strict(sku.as_str()).map(|text| text.to_string());
    let own = format!("{}/{}", f.of("/products"), escaped.unwrap_or_default());
    let terms = why.quantity.as_ref().map(waterfall);
    frame::page(&state, &ProductPage { f, a, why, terms, history, flows: FLOWS, own })
}

/// What to run, and where to go on after it.
#[derive(Deserialize)]
pub(super) struct SyncForm {
    flow: String,
    sku: Option<String>,
    order: Option<String>,
    next: Option<String>,
}

/// Runs a flow now.
pub(super) async fn sync(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    Form(form): Form<SyncForm>,
) -> Result<Response, ApiError> {
    let SyncForm { flow, sku, order, next } = form;
    let input = SyncInput { flow, sku, order, wait_s: Some(WAIT_S) };
    let ended = sync::run(&state, &scope, input).await?;
    let first = f.of("");
    let to = next.as_deref().map(local).filter(|to| *to != "/").unwrap_or(&first);
    Ok(match ended.report {
        None => go(&state, to, "flash-sync-goes-on", ended.flow),
        Some(report) => match report.stopped {
            Some(why) => {
                go(&state, to, "flash-sync-stopped", why.chars().take(STOP_CHARS).collect::<String>())
            }
            None => go(&state, to, "flash-synced", report.changed),
        },
    })
}
