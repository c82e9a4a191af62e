//! What needs a person: one card per cause, what it blocks and what is at stake, and what to do about it right there.

use askama::Template;
use axum::{Form, extract::State, response::Response};
use serde::Deserialize;

use super::{
    failure::local,
    frame::{self, Frame, go},
};
use crate::{
    auth::Scope,
    extract::ItemKey,
    problem::ApiError,
    rest::{
        attention::{self, Action, SubjectView},
        overview::{StakedItem, staked},
    },
    state::ApiState,
};

/// Causes that are shown.
const SHOWN: u32 = 200;

#[derive(Template)]
#[template(path = "attention.html")]
struct AttentionPage {
    f: Frame,
    items: Vec<StakedItem>,
}

impl AttentionPage {
    /// The page of a subject, below the vendor's address; nothing where it has none.
    #[expect(clippy::unused_self, reason = "called from the template")]
    fn page_of(&self, subject: &SubjectView) -> Option<&'static str> {
        match subject.kind {
            "order" => Some("/orders"),
            "sku" => Some("/products"),
            _ => None,
        }
    }
}

/// The cards, the nearest deadline first.
pub(super) async fn page(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
) -> Result<Response, ApiError> {
    let items = staked(&state, &scope.vendor, f.w.reader, SHOWN).await?;
    frame::page(&state, &AttentionPage { f: f.at("attention"), items })
}

/// Where to go on after it.
#[derive(Deserialize)]
pub(super) struct ActForm {
    next: Option<String>,
}

/// Acts on an item.
pub(super) async fn act(
    State(state): State<ApiState>,
    scope: Scope,
    f: Frame,
    item: ItemKey,
    action: Action,
    Form(form): Form<ActForm>,
) -> Result<Response, ApiError> {
    let acted = attention::act(State(state.clone()), scope, item, action).await?.0;
    let to = form.next.as_deref().map(local).filter(|to| *to != "/");
    let cards = f.of("/attention");
    Ok(go(&state, to.unwrap_or(&cards), "flash-acted", acted.affected))
}
