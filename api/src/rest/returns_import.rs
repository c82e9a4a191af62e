//! Import of a report about returns: first what it would change, then the change. The same report twice counts once.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::extract::State;
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;
use vortex_domain::{
    Order, OrderId,
    attention::Reader,
    order::{ReturnEntry, Witness},
};
use vortex_store::{
    Change,
    rows::{StrayReason, StrayReturnRow, Write},
};

use super::{
    returns::{journal_entry, known, plain, reason, report},
    ship::stored,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Orders loaded in one read.
const BATCH: usize = 500;
/// Orders told at the same time; their changes share transactions.
const AT_ONCE: usize = 64;

/// One row of a report.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct ImportRow {
    /// The order as the report names it.
    order: String,
    /// The report's id of the return; without it an order has one return.
    #[serde(default)]
    id: Option<String>,
    /// Units reported.
    #[serde(default)]
    advised: u32,
    /// Units arrived.
    #[serde(default)]
    received: u32,
    /// Units that cannot be sold again.
    #[serde(default)]
    scrapped: u32,
}

/// A report.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ImportInput {
    /// At most 10,000.
    rows: Vec<ImportRow>,
    /// Only say what would change, and write nothing.
    #[serde(default)]
    preview: bool,
}

/// What becomes of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Counts from now on.
    New,
    /// Corrects what the same report said before.
    Changed,
    /// Known already.
    Same,
    /// We know no order of this name: it stands in the list of returns that fit no order.
    UnknownOrder,
    /// More would come back than was sold: it stands in the same list.
    TooMany,
}

impl Outcome {
    fn words(self, reader: Reader) -> &'static str {
        match (self, reader) {
            (Self::New, Reader::Ro) => "retur nou",
            (Self::New, Reader::En) => "a new return",
            (Self::Changed, Reader::Ro) => "corectează returul cunoscut",
            (Self::Changed, Reader::En) => "corrects the known return",
            (Self::Same, Reader::Ro) => "cunoscut deja",
            (Self::Same, Reader::En) => "known already",
            (Self::UnknownOrder, _) => reason(StrayReason::UnknownOrder, reader),
            (Self::TooMany, _) => reason(StrayReason::TooMany, reader),
        }
    }

    fn stray(self) -> Option<StrayReason> {
        match self {
            Self::UnknownOrder => Some(StrayReason::UnknownOrder),
            Self::TooMany => Some(StrayReason::TooMany),
            _ => None,
        }
    }
}

/// One row and what becomes of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowOutcome {
    /// Its place in the report, from 1.
    row: usize,
    /// The order.
    order: String,
    /// The report's id of the return.
    id: String,
    /// What becomes of it.
    outcome: Outcome,
    /// The same in the language asked for.
    text: String,
}

/// What a report changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportAnswer {
    /// Nothing was written.
    preview: bool,
    /// Rows by outcome: `new`, `changed`, `same`, `unknown_order`, `too_many`.
    counts: BTreeMap<&'static str, usize>,
    /// Row by row.
    rows: Vec<RowOutcome>,
}

/// Imports a report about returns; with `preview` it only says what would change. What fits no order, or exceeds what was sold,
/// changes no order and stands in `GET …/returns?state=unmatched`.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/returns/import", tag = "returns",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = ImportInput,
    responses(
        (status = 200, description = "What changes", body = ImportAnswer),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A row cannot be understood; nothing was written", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn import(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    Json(input): Json<ImportInput>,
) -> Result<Json<ImportAnswer>, ApiError> {
    if input.rows.len() > state.limits.content_rows {
        return Err(ApiError::TooLarge);
    }
    let planned = plan(&state, &scope, input.rows).await?;
    if !input.preview {
        apply(&state, &scope, &planned).await?;
        let who = scope.caller.journal_name();
        info!(vendor.id = %scope.vendor, who, rows = planned.len(), "`{who}` imports a report about returns");
    }
    let mut counts = BTreeMap::new();
    let mut rows = Vec::with_capacity(planned.len());
    for (i, row) in planned.into_iter().enumerate() {
        let name = match row.outcome {
            Outcome::New => "new",
            Outcome::Changed => "changed",
            Outcome::Same => "same",
            Outcome::UnknownOrder => "unknown_order",
            Outcome::TooMany => "too_many",
        };
        *counts.entry(name).or_default() += 1;
        let text = row.why.unwrap_or_else(|| row.outcome.words(reader).to_owned());
        rows.push(RowOutcome { row: i + 1, order: row.order, id: row.entry.id, outcome: row.outcome, text });
    }
    Ok(Json(ImportAnswer { preview: input.preview, counts, rows }))
}

/// A row, understood and compared with what is known.
struct Planned {
    order: String,
    entry: ReturnEntry,
    outcome: Outcome,
    why: Option<String>,
    /// Units more than the same entry said before. What is corrected downwards comes first and makes room for the others.
    more: i64,
}

fn units(entry: &ReturnEntry) -> i64 {
    i64::from(entry.advised.max(entry.received))
}

/// Compares every row with its order, as the other rows leave the order. Writes nothing.
async fn plan(state: &ApiState, scope: &Scope, rows: Vec<ImportRow>) -> Result<Vec<Planned>, ApiError> {
    let at_ms = state.clock.now_ms();
    let mut planned = Vec::with_capacity(rows.len());
    let mut seen = HashSet::new();
    for (i, row) in rows.into_iter().enumerate() {
        let unfit = |why: String| ApiError::Unprocessable(format!("Row {}: {why}.", i + 1).into());
        let order = plain("order", &row.order).map_err(unfit)?;
        let id = row.id.as_deref().map(str::trim).filter(|id| !id.is_empty()).unwrap_or(&order);
        let id = plain("id", id).map_err(unfit)?;
        if !seen.insert((order.clone(), id.clone())) {
            return Err(unfit(format!("return `{id}` of order `{order}` stands in an earlier row")));
        }
        let ImportRow { advised, received, scrapped, .. } = row;
        let entry = ReturnEntry { id, witness: Witness::Report, advised, received, scrapped, at_ms };
        planned.push(Planned { order, entry, outcome: Outcome::UnknownOrder, why: None, more: 0 });
    }
    let mut orders = load(state, scope, &planned).await?;
    for row in &mut planned {
        let before = orders.get(&row.order).and_then(|order| known(order, Witness::Report, &row.entry.id));
        row.more = units(&row.entry) - before.map_or(0, units);
    }
    let mut by_need: Vec<&mut Planned> = planned.iter_mut().collect();
    by_need.sort_by_key(|row| row.more);
    for row in by_need {
        let Some(order) = orders.get_mut(&row.order) else { continue };
        let before = known(order, Witness::Report, &row.entry.id).cloned();
        if let Some(before) = &before {
            row.entry.at_ms = before.at_ms;
        }
        if let Err(why) = order.check_return(&row.entry) {
            (row.outcome, row.why) = (Outcome::TooMany, Some(why.to_string()));
            continue;
        }
        row.outcome = match &before {
            None => Outcome::New,
            Some(before) if *before == row.entry => Outcome::Same,
            Some(_) => Outcome::Changed,
        };
        let entries = &mut order.returns.entries;
        entries.retain(|entry| Some(entry) != before.as_ref());
        entries.push(row.entry.clone());
    }
    Ok(planned)
}

async fn load(
    state: &ApiState,
    scope: &Scope,
    planned: &[Planned],
) -> Result<HashMap<String, Order>, ApiError> {
    // What cannot be an order's id is no order of ours.
    let mut ids: Vec<OrderId> = planned.iter().filter_map(|row| OrderId::new(&row.order).ok()).collect();
    ids.sort();
    ids.dedup();
    let mut orders = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(BATCH) {
        let rows = state.store.load_orders(&scope.vendor, chunk).await?;
        orders.extend(rows.into_iter().flatten().map(|(_, order)| (order.id.to_string(), order)));
    }
    Ok(orders)
}

/// Tells the orders, one entry after the other for each, and writes down what fits none.
async fn apply(state: &ApiState, scope: &Scope, planned: &[Planned]) -> Result<(), ApiError> {
    let mut by_order: BTreeMap<String, Vec<(i64, ReturnEntry)>> = BTreeMap::new();
    let mut writes = Vec::new();
    for row in planned {
        if let Some(why) = row.outcome.stray() {
            let ReturnEntry { id, advised, received, scrapped, at_ms, .. } = row.entry.clone();
            let (vendor, order) = (scope.vendor.clone(), row.order.clone());
            let told = format!("{order} / {id}: {advised} / {received} / {scrapped}, {}", why.name());
            let stray = StrayReturnRow { vendor, order, id, advised, received, scrapped, why, at_ms };
            writes.push(Write::StrayReturn(Box::new(stray)));
            writes.push(journal_entry(state, scope, "return_unmatched", "", &told));
            continue;
        }
        writes.push(Write::StrayReturnSettled(scope.vendor.clone(), row.order.clone(), row.entry.id.clone()));
        if row.outcome != Outcome::Same {
            by_order.entry(row.order.clone()).or_default().push((row.more, row.entry.clone()));
        }
    }
    let told: Vec<Result<(), ApiError>> = stream::iter(by_order)
        .map(|(order, mut entries)| async move {
            entries.sort_by_key(|(more, _)| *more);
            let id = OrderId::new(order).map_err(|_| ApiError::NotFound)?;
            for (_, entry) in entries {
                let order = stored(state, &scope.vendor, &id).await?;
                report(state, scope, &order, entry).await?;
            }
            Ok(())
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    told.into_iter().collect::<Result<(), ApiError>>()?;
    if !writes.is_empty() {
        state.journal.write(Change::of(writes)).await?;
    }
    Ok(())
}
