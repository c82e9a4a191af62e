//! What waits for a person, in the reader's language, and what a person may do about it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use vortex_domain::{
    VendorId,
    attention::{Actor, Code, Reader, Subject},
    order::Hold,
};
use vortex_entities::engine::AttentionAction;
use vortex_store::rows::AttentionItem;

use super::{Page, page_size};
use crate::{
    auth::Scope,
    extract::{ItemKey, Json, Lang, Query, segment},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Open items that are looked through for those of one order or SKU.
const LOOKED_THROUGH: u32 = 1_000;

/// Why something waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// The cause's stable name.
    pub(crate) code: &'static str,
    /// What is wrong and how to mend it, in the language asked for.
    pub(crate) text: String,
    /// Who can mend it: `merchant` or `operator`.
    pub(crate) who: &'static str,
    /// Trying again before anything was mended does no harm.
    pub(crate) safe_to_retry: bool,
    /// What a person may do about it: actions of the item.
    pub(crate) actions: Vec<&'static str>,
}

impl Reason {
    pub(crate) fn new(code: Code, params: &[String], reader: Reader) -> Self {
        let who = match code.who() {
            Actor::Merchant => "merchant",
            Actor::Operator => "operator",
        };
        Self {
            code: code.as_str(),
            text: code.text(reader, params),
            who,
            safe_to_retry: code.safe_to_retry(),
            actions: AttentionAction::fitting(code).iter().map(|action| action.name()).collect(),
        }
    }
}

/// An order, article or connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubjectView {
    /// `order`, `sku` or `connection`.
    pub(crate) kind: &'static str,
    /// Its id.
    pub(crate) key: String,
}

impl From<&Subject> for SubjectView {
    fn from(subject: &Subject) -> Self {
        Self { kind: subject.kind(), key: subject.key().to_owned() }
    }
}

/// One cause that waits for a person, with everything that it blocks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemView {
    /// Its number in addresses.
    pub(crate) id: i64,
    #[serde(flatten)]
    pub(crate) reason: Reason,
    /// Tells causes of one code apart.
    pub(crate) cause: String,
    /// Since when, milliseconds since 1970.
    pub(crate) since_ms: i64,
    /// How many subjects it blocks.
    pub(crate) blocked: i64,
    /// The first of them.
    pub(crate) subjects: Vec<SubjectView>,
}

impl ItemView {
    pub(crate) fn new(item: AttentionItem, reader: Reader) -> Self {
        Self {
            id: item.id,
            reason: Reason::new(item.code, &item.params, reader),
            cause: item.cause,
            since_ms: item.since_ms,
            blocked: item.blocked,
            subjects: item.subjects.iter().map(Into::into).collect(),
        }
    }
}

/// Something that concerns one order or SKU.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Concern {
    /// The attention item, for actions.
    pub(crate) item: Option<i64>,
    #[serde(flatten)]
    pub(crate) reason: Reason,
}

impl Concern {
    /// What is wrong and how to mend it, in the language asked for.
    pub(crate) fn text(&self) -> &str {
        &self.reason.text
    }
}

/// What concerns one order or SKU: what its state says now, and what was raised in its name.
pub(crate) async fn concerns(
    state: &ApiState,
    vendor: &VendorId,
    holds: Vec<Hold>,
    raised: &[(Code, String)],
    reader: Reader,
) -> Result<Vec<Concern>, ApiError> {
    if holds.is_empty() && raised.is_empty() {
        return Ok(Vec::new());
    }
    let open = state.store.attention(vendor, LOOKED_THROUGH).await?;
    let item_of = |code: Code, cause: &str| open.iter().find(|item| item.code == code && item.cause == cause);
    let mut all: Vec<Concern> = Vec::with_capacity(holds.len() + raised.len());
    for hold in &holds {
        let item = item_of(hold.code, &hold.cause).map(|item| item.id);
        all.push(Concern { item, reason: Reason::new(hold.code, &hold.params, reader) });
    }
    for (code, cause) in raised {
        let told = holds.iter().any(|hold| hold.code == *code && hold.cause == *cause);
        if let (false, Some(item)) = (told, item_of(*code, cause)) {
            all.push(Concern { item: Some(item.id), reason: Reason::new(*code, &item.params, reader) });
        }
    }
    Ok(all)
}

/// Which items, in which language.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttentionQuery {
    /// Items at most, 1 to 500; the oldest come first.
    limit: Option<u64>,
}

/// What waits for a person, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Attention {
    /// The items.
    pub(crate) items: Vec<ItemView>,
}

/// What waits for a person, oldest first.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/attention", tag = "attention",
    params(("v" = String, Path, description = "Vendor id"), AttentionQuery, ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts")),
    responses((status = 200, description = "Open items", body = Attention), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<AttentionQuery>,
    Lang(reader): Lang,
) -> Result<Json<Attention>, ApiError> {
    let items = state.store.attention(&scope.vendor, page_size(query.limit)).await?;
    Ok(Json(Attention { items: items.into_iter().map(|item| ItemView::new(item, reader)).collect() }))
}

/// Which part of the subjects.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubjectsQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Subjects per page, 1 to 500.
    limit: Option<u64>,
}

/// Everything that one item blocks, by id.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/attention/{item}/subjects", tag = "attention",
    params(("v" = String, Path, description = "Vendor id"), ("item" = i64, Path, description = "The item's number"), SubjectsQuery),
    responses((status = 200, description = "Subjects", body = Page<SubjectView>), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn subjects(
    State(state): State<ApiState>,
    scope: Scope,
    ItemKey(item): ItemKey,
    Query(query): Query<SubjectsQuery>,
) -> Result<Json<Page<SubjectView>>, ApiError> {
    let size = page_size(query.limit);
    let after = query.cursor.as_deref().map(super::position).transpose()?;
    if after.as_ref().is_some_and(|after| after.chars().any(char::is_control)) {
        return Err(ApiError::Invalid("The cursor is none that we gave; begin without one.".into()));
    }
    let subjects = state.store.attention_subjects(&scope.vendor, item, after.as_deref(), size + 1).await?;
    let items = subjects.iter().map(SubjectView::from).collect();
    Ok(Json(Page::of(items, size, |subject| subject.key.clone())))
}

/// What an action has set going.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Acted {
    /// Subjects that go on now.
    pub(crate) affected: u64,
}

/// Acts on an item: `retry`, `book_anyway`, `recreate`, `settled`, `approve` or `mint_again`.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/attention/{item}/{action}", tag = "attention",
    description = "`retry`: the cause is mended, try everything that it blocks again. `book_anyway` (`stock_short`): book the \
        order although stock is short. `recreate` (`document_vanished`): create the document again in the ERP. `settled`: seen \
        to by hand, in the ERP or at the courier (`awb_abandoned`, `parcel_exception`, `invoice_duplicate`, \
        `invoice_mismatch`, `cancelled_after_booking` and the like). `approve` (`mass_change`): let it through, once; \
        (`rate_held`): the exchange rate is right, use it; `settled` refuses it. \
        `mint_again` (`awb_unknown`): the courier has surely minted nothing, mint the waybill; if it did mint one, give its \
        number to `POST …/orders/{id}/ship` as `carrier` and `tracking_number` instead, and it is adopted.",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("item" = i64, Path, description = "The item's number"),
        ("action" = String, Path, description = "`retry`, `book_anyway`, `recreate`, `settled`, `approve` or `mint_again`"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    responses(
        (status = 200, description = "Done", body = Acted),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such item or action", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The action does not fit the item", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn act(
    State(state): State<ApiState>,
    scope: Scope,
    ItemKey(item): ItemKey,
    Action(action): Action,
) -> Result<Json<Acted>, ApiError> {
    let who = scope.caller.journal_name();
    let affected = state.engine.act(&scope.vendor, item, action, &who).await?;
    scope.act.changed("open", format!("{affected} go on"));
    info!(vendor.id = %scope.vendor, item, ?action, who, affected, "`{who}` acted on attention item {item}");
    Ok(Json(Acted { affected }))
}

/// `{action}`; one that we do not have is not found.
pub(crate) struct Action(AttentionAction);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Action {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, ApiError> {
        segment(parts, state, "action").await?.parse().map(Self).map_err(|_| ApiError::NotFound)
    }
}
