//! Returns: entered by a person, listed, and those that fit no order.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use vortex_domain::{
    Order, OrderId,
    attention::{Reader, Subject},
    order::{Event, Mark, ReturnEntry, ReturnState, Witness},
};
use vortex_store::{
    Change,
    rows::{JournalRow, StrayReason, StrayReturnRow, Write},
};

use super::{
    Page,
    after_sale::{ReturnEntryView, ReturnedView},
    page_size, position,
    ship::stored,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang, OrderKey, Query},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Longest id of a return, and longest name of an order in a report, characters.
const ID_CHARS: usize = 100;
/// Returns that fit no order looked at in one read.
const BATCH: u32 = 500;
/// What the journal calls the list of returns that fit no order.
pub(super) const RETURNS: &str = "returns";

/// An id or name that can stand in a list.
pub(super) fn plain(name: &str, text: &str) -> Result<String, String> {
    let text = text.trim();
    if !(1..=ID_CHARS).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        return Err(format!("`{name}` has 1 to {ID_CHARS} characters"));
    }
    Ok(text.to_owned())
}

/// The order's entry of that witness and id.
pub(super) fn known<'a>(order: &'a Order, witness: Witness, id: &str) -> Option<&'a ReturnEntry> {
    order.returns.entries.iter().find(|entry| entry.witness == witness && entry.id == id)
}

/// Why a reported return fits no order, in words.
pub(super) fn reason(why: StrayReason, reader: Reader) -> &'static str {
    match (why, reader) {
        (StrayReason::UnknownOrder, Reader::Ro) => "nu cunoaștem nicio comandă cu acest număr",
        (StrayReason::UnknownOrder, Reader::En) => "we know no order of this name",
        (StrayReason::TooMany, Reader::Ro) => "s-ar întoarce mai mult decât s-a vândut",
        (StrayReason::TooMany, Reader::En) => "more would come back than was sold",
    }
}

/// A return, as a person knows it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReturnInput {
    /// The person's own id of it (RMA number): the same id again corrects the same return.
    id: String,
    /// Units that are on their way or were reported.
    #[serde(default)]
    advised: u32,
    /// Units that have arrived.
    #[serde(default)]
    received: u32,
    /// Units of these that cannot be sold again.
    #[serde(default)]
    scrapped: u32,
}

/// How the order stands after it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReturnAnswer {
    /// Something changed; entering the same again changes nothing.
    changed: bool,
    /// The figures of everything that came back.
    returned: ReturnedView,
    /// Who reported what of it.
    returns: Vec<ReturnEntryView>,
}

/// Enters a return of an order, or corrects it.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/orders/{id}/returns", tag = "returns",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("id" = String, Path, description = "The channel's order id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = ReturnInput,
    responses(
        (status = 200, description = "Entered", body = ReturnAnswer),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "More than was sold", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn enter(
    State(state): State<ApiState>,
    scope: Scope,
    OrderKey(id): OrderKey,
    Json(input): Json<ReturnInput>,
) -> Result<Json<ReturnAnswer>, ApiError> {
    let order = stored(&state, &scope.vendor, &id).await?;
    let return_id =
        plain("id", &input.id).map_err(|why| ApiError::Unprocessable(format!("{why}.").into()))?;
    let ReturnInput { advised, received, scrapped, .. } = input;
    let at_ms = state.clock.now_ms();
    let entry = ReturnEntry { id: return_id, witness: Witness::Person, advised, received, scrapped, at_ms };
    let changed = report(&state, &scope, &order, entry.clone()).await?;
    let settled = Write::StrayReturnSettled(scope.vendor.clone(), id.to_string(), entry.id);
    state.journal.write(Change::of(vec![settled])).await?;
    let who = scope.caller.journal_name();
    info!(vendor.id = %scope.vendor, order.id = %id, who, changed, "`{who}` enters a return of order `{id}`");
    let order = stored(&state, &scope.vendor, &id).await?;
    let returns = order.returns.entries.iter().map(Into::into).collect();
    Ok(Json(ReturnAnswer { changed, returned: ReturnedView::of(&order), returns }))
}

/// Enters it; whether that changed anything. What was entered before keeps its moment, so that the same again is the same.
pub(super) async fn report(
    state: &ApiState,
    scope: &Scope,
    order: &Order,
    mut entry: ReturnEntry,
) -> Result<bool, ApiError> {
    order.check_return(&entry).map_err(|why| ApiError::Unprocessable(format!("{why}.").into()))?;
    if let Some(known) = known(order, entry.witness, &entry.id) {
        entry.at_ms = known.at_ms;
        if *known == entry {
            return Ok(false);
        }
    }
    let who = scope.caller.journal_name();
    Ok(state.engine.ask_order(&scope.vendor, &order.id, Event::Returned(entry), &who).await?)
}

/// Which returns.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReturnsQuery {
    /// `open` (the default), `reconciled`, or `unmatched`: those that fit no order.
    pub(crate) state: Option<String>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Returns per page, 1 to 500.
    pub(crate) limit: Option<u64>,
}

/// What came back of one order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderReturn {
    /// Which order.
    pub(crate) order: String,
    /// What it is of.
    pub(crate) sku: String,
    /// The figures.
    pub(crate) returned: ReturnedView,
    /// Who reported what of it.
    pub(crate) returns: Vec<ReturnEntryView>,
}

/// A reported return that fits no order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnmatchedReturn {
    /// The order as the report names it.
    pub(crate) order: String,
    /// The report's id of the return.
    pub(crate) id: String,
    /// Units reported.
    pub(crate) advised: u32,
    /// Units arrived.
    pub(crate) received: u32,
    /// Units that cannot be sold again.
    pub(crate) scrapped: u32,
    /// `unknown_order` or `too_many`.
    pub(crate) why: &'static str,
    /// The same in the language asked for.
    pub(crate) text: &'static str,
    /// When it was first reported, milliseconds since 1970.
    pub(crate) reported_ms: i64,
}

impl UnmatchedReturn {
    fn new(row: StrayReturnRow, reader: Reader) -> Self {
        Self {
            order: row.order,
            id: row.id,
            advised: row.advised,
            received: row.received,
            scrapped: row.scrapped,
            why: row.why.name(),
            text: reason(row.why, reader),
            reported_ms: row.at_ms,
        }
    }
}

/// A return of an order, or one that fits none.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ReturnItem {
    /// Of an order.
    Order(OrderReturn),
    /// That fits no order.
    Unmatched(UnmatchedReturn),
}

/// Returns by order: what waits for the ERP's storno, what is reconciled, or what fits no order.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/returns", tag = "returns",
    params(("v" = String, Path, description = "Vendor id"), ReturnsQuery, ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts")),
    responses((status = 200, description = "Returns", body = Page<ReturnItem>), (status = 400, description = "No such state, or a foreign cursor", body = Problem, content_type = "application/problem+json"), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<ReturnsQuery>,
    Lang(reader): Lang,
) -> Result<Json<Page<ReturnItem>>, ApiError> {
    let size = page_size(query.limit);
    let after = query.cursor.as_deref().map(position).transpose()?;
    match query.state.as_deref().filter(|state| !state.is_empty()).unwrap_or("open") {
        "unmatched" => unmatched(&state, &scope, after.as_deref(), size, reader).await.map(Json),
        "open" => of_orders(&state, &scope, ReturnState::Open, after, size).await.map(Json),
        "reconciled" => of_orders(&state, &scope, ReturnState::Reconciled, after, size).await.map(Json),
        _ => Err(ApiError::Invalid("`state` is one of open, reconciled, unmatched.".into())),
    }
}

fn foreign_cursor() -> ApiError {
    ApiError::Invalid("The cursor is none that we gave; begin without one.".into())
}

async fn unmatched(
    state: &ApiState,
    scope: &Scope,
    after: Option<&str>,
    size: u32,
    reader: Reader,
) -> Result<Page<ReturnItem>, ApiError> {
    let after = after.map(|text| text.split_once('\n').ok_or_else(foreign_cursor)).transpose()?;
    let clean = |part: &str| !part.chars().any(char::is_control);
    if after.is_some_and(|(order, id)| !clean(order) || !clean(id)) {
        return Err(foreign_cursor());
    }
    let rows = state.store.stray_returns(&scope.vendor, after, size + 1).await?;
    let items = rows.into_iter().map(|row| UnmatchedReturn::new(row, reader)).collect();
    let page = Page::of(items, size, |item: &UnmatchedReturn| format!("{}\n{}", item.order, item.id));
    Ok(Page {
        items: page.items.into_iter().map(ReturnItem::Unmatched).collect(),
        next_cursor: page.next_cursor,
    })
}

async fn of_orders(
    state: &ApiState,
    scope: &Scope,
    wanted: ReturnState,
    after: Option<String>,
    size: u32,
) -> Result<Page<ReturnItem>, ApiError> {
    let after = after.map(OrderId::new).transpose().map_err(|_| foreign_cursor())?;
    let mark = Mark::returned(wanted);
    let orders = state.store.orders_marked(&scope.vendor, &mark, after.as_ref(), size + 1).await?;
    let items = orders.into_iter().map(|(_, order)| OrderReturn {
        order: order.id.to_string(),
        sku: order.channel.sku.to_string(),
        returned: ReturnedView::of(&order),
        returns: order.returns.entries.iter().map(Into::into).collect(),
    });
    let page = Page::of(items.collect(), size, |item: &OrderReturn| item.order.clone());
    Ok(Page { items: page.items.into_iter().map(ReturnItem::Order).collect(), next_cursor: page.next_cursor })
}

/// What to do with a return that fits no order.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SettleInput {
    /// The order as the report names it.
    order: String,
    /// The report's id of the return.
    id: String,
    /// The order that it is of; without it the return is dismissed.
    #[serde(default)]
    to: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settled {
    /// `entered` or `dismissed`.
    outcome: &'static str,
}

/// Gives a return that fits no order to the right one, or dismisses it.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/returns/unmatched", tag = "returns",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = SettleInput,
    responses(
        (status = 200, description = "Settled", body = Settled),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such return in the list, or no such order", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "More than was sold", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn settle(
    State(state): State<ApiState>,
    scope: Scope,
    Json(input): Json<SettleInput>,
) -> Result<Json<Settled>, ApiError> {
    let (order, id) = (input.order.trim(), input.id.trim());
    let stray = find(&state, &scope, order, id).await?.ok_or(ApiError::NotFound)?;
    let outcome = if let Some(to) = &input.to {
        let to = OrderId::new(to.trim()).map_err(|_| ApiError::NotFound)?;
        let target = stored(&state, &scope.vendor, &to).await?;
        let StrayReturnRow { advised, received, scrapped, .. } = stray;
        let (witness, at_ms) = (Witness::Report, state.clock.now_ms());
        let entry = ReturnEntry { id: id.to_owned(), witness, advised, received, scrapped, at_ms };
        report(&state, &scope, &target, entry).await?;
        "entered"
    } else {
        "dismissed"
    };
    let entry = journal_entry(&state, &scope, "return_settled", &format!("{order} / {id}"), outcome);
    let settled = Write::StrayReturnSettled(scope.vendor.clone(), order.to_owned(), id.to_owned());
    state.journal.write(Change::of(vec![settled, entry])).await?;
    Ok(Json(Settled { outcome }))
}

/// The return of that name in the list.
async fn find(
    state: &ApiState,
    scope: &Scope,
    order: &str,
    id: &str,
) -> Result<Option<StrayReturnRow>, ApiError> {
    if [order, id].iter().any(|text| text.chars().any(char::is_control)) {
        return Ok(None);
    }
    let mut after = (order.to_owned(), String::new());
    loop {
        let rows = state.store.stray_returns(&scope.vendor, Some((&after.0, &after.1)), BATCH).await?;
        let Some(last) = rows.last().map(|row| (row.order.clone(), row.id.clone())) else { return Ok(None) };
        if let Some(row) = rows.into_iter().find(|row| row.order == order && row.id == id) {
            return Ok(Some(row));
        }
        if last.0 != order {
            return Ok(None);
        }
        after = last;
    }
}

/// A journal entry about the list of returns that fit no order.
pub(super) fn journal_entry(state: &ApiState, scope: &Scope, cause: &str, old: &str, new: &str) -> Write {
    Write::Journal(JournalRow {
        vendor: scope.vendor.clone(),
        subject: Subject::Connection(RETURNS.to_owned()),
        at_ms: state.clock.now_ms(),
        cause: cause.to_owned(),
        actor: scope.caller.journal_name(),
        old: old.to_owned(),
        new: new.to_owned(),
    })
}
