//! The invoices of a month, by the date on them.

use std::collections::{HashMap, HashSet};

use axum::{extract::State, response::Response};
use jiff::{ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vortex_domain::{
    Currency, Money, Order, OrderId, VendorId, invoice::SalesDocument, sales::business_date,
};
use vortex_store::rows::{FileEntry, FileKind};

use super::{Page, cursor, files, orders::MoneyView, page_size, position};
use crate::{
    archive,
    auth::Scope,
    extract::{Json, Query},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Files looked at in one read.
const BATCH: u32 = 500;
/// Files looked at for one page at most; the next page goes on where it stopped.
const LOOKED_AT: u32 = 10_000;
/// A file may be kept so long before the date on it (a document dated ahead), milliseconds.
const AHEAD_MS: i64 = 31 * 86_400_000;

/// The month asked for.
#[derive(Clone, Copy)]
struct Month {
    first: Date,
    next: Date,
}

impl Month {
    fn parse(text: &str) -> Result<Self, ApiError> {
        let wrong = || ApiError::Invalid("`month` is a year and a month, e.g. 2026-11.".into());
        let form = text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let first: Date = form.then(|| format!("{text}-01").parse().ok()).flatten().ok_or_else(wrong)?;
        let next = first.checked_add(1.month()).map_err(|_| wrong())?;
        Ok(Self { first, next })
    }

    fn contains(self, date: Date) -> bool {
        self.first <= date && date < self.next
    }

    /// No file of this month was kept earlier.
    fn since_ms(self) -> i64 {
        let midnight = self.first.in_tz("Europe/Bucharest").map(|zoned| zoned.timestamp().as_millisecond());
        midnight.unwrap_or_default().saturating_sub(AHEAD_MS)
    }
}

/// An invoice whose file is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceEntry {
    /// Of which order.
    pub(crate) order: String,
    /// Series and number.
    pub(crate) document: String,
    /// Its date; when the ERP no longer shows it, the day its file was kept.
    pub(crate) date: String,
    /// With VAT; negative for a storno; absent when the ERP no longer shows it.
    pub(crate) total: Option<MoneyView>,
    /// Goods come back with it.
    pub(crate) storno: bool,
    /// The name of its file.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: i64,
    /// SHA-256 of its bytes, base64url.
    pub(crate) hash: String,
    /// When it was kept, milliseconds since 1970.
    pub(crate) kept_ms: i64,
}

fn shown(file: &FileEntry, document: Option<&SalesDocument>) -> InvoiceEntry {
    let stem = file.name.rsplit_once('.').map_or(file.name.as_str(), |(stem, _)| stem);
    InvoiceEntry {
        order: file.order.to_string(),
        document: stem.to_owned(),
        date: document.map_or_else(|| business_date(file.at_ms), |document| document.date).to_string(),
        total: document.map(|document| Money::minor(document.total_minor, Currency::Ron).into()),
        storno: document.is_some_and(SalesDocument::is_storno),
        name: file.name.clone(),
        size: file.size,
        hash: file.hash.clone(),
        kept_ms: file.at_ms,
    }
}

/// Goes through the kept invoices in the order of keeping.
struct Walk<'a> {
    state: &'a ApiState,
    vendor: &'a VendorId,
    month: Month,
    after: Option<FileEntry>,
}

impl Walk<'_> {
    /// The next files that were kept, with what the ERP shows of each; none after the last.
    async fn batch(&self) -> Result<Vec<(FileEntry, Option<SalesDocument>)>, ApiError> {
        let times = self.month.since_ms()..i64::MAX;
        let store = &self.state.store;
        let files =
            store.files_between(self.vendor, FileKind::Invoice, times, self.after.as_ref(), BATCH).await?;
        let mut ids: Vec<OrderId> = files.iter().map(|file| file.order.clone()).collect();
        ids.sort();
        ids.dedup();
        let rows = store.load_orders(self.vendor, &ids).await?;
        let orders: HashMap<OrderId, Order> =
            rows.into_iter().flatten().map(|(_, order)| (order.id.clone(), order)).collect();
        let with = |file: FileEntry| {
            let documents = orders.get(&file.order).map(|order| order.billing.documents.as_slice());
            let stem = file.name.rsplit_once('.').map_or(file.name.as_str(), |(stem, _)| stem);
            let document =
                documents.unwrap_or_default().iter().find(|document| document.name() == stem).cloned();
            (file, document)
        };
        Ok(files.into_iter().map(with).collect())
    }

    fn belongs(&self, file: &FileEntry, document: Option<&SalesDocument>) -> bool {
        self.month.contains(document.map_or_else(|| business_date(file.at_ms), |document| document.date))
    }
}

/// Which invoices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvoicesQuery {
    /// Year and month of the date on them, e.g. `2026-11`.
    pub(crate) month: String,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Invoices per page, 1 to 500.
    pub(crate) limit: Option<u64>,
}

fn place(file: &FileEntry) -> String {
    cursor(&format!("{} {} {}", file.at_ms, file.order, file.name))
}

fn placed(vendor: &VendorId, text: &str) -> Result<FileEntry, ApiError> {
    let foreign = || ApiError::Invalid("The cursor is none that we gave; begin without one.".into());
    let text = position(text)?;
    let mut parts = text.splitn(3, ' ');
    let mut part = || parts.next().ok_or_else(foreign);
    let at_ms = part()?.parse().map_err(|_| foreign())?;
    let order = OrderId::new(part()?).map_err(|_| foreign())?;
    let name = part()?.to_owned();
    let (vendor, kind) = (vendor.clone(), FileKind::Invoice);
    Ok(FileEntry { vendor, order, kind, name, hash: String::new(), size: 0, at_ms })
}

/// The invoices and stornos of a month whose files are kept. A page may hold few or none and still be followed by another.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/invoices", tag = "invoices",
    params(("v" = String, Path, description = "Vendor id"), InvoicesQuery),
    responses((status = 200, description = "Invoices", body = Page<InvoiceEntry>), (status = 400, description = "No month, or a foreign cursor", body = Problem, content_type = "application/problem+json"), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<InvoicesQuery>,
) -> Result<Json<Page<InvoiceEntry>>, ApiError> {
    let month = Month::parse(&query.month)?;
    let after = query.cursor.as_deref().map(|text| placed(&scope.vendor, text)).transpose()?;
    let mut walk = Walk { state: &state, vendor: &scope.vendor, month, after };
    let size = page_size(query.limit) as usize;
    let mut items = Vec::new();
    for _ in 0..LOOKED_AT / BATCH {
        let batch = walk.batch().await?;
        if batch.is_empty() {
            return Ok(Json(Page { items, next_cursor: None }));
        }
        for (file, document) in batch {
            if walk.belongs(&file, document.as_ref()) {
                if items.len() == size {
                    return Ok(Json(Page { items, next_cursor: walk.after.as_ref().map(place) }));
                }
                items.push(shown(&file, document.as_ref()));
            }
            walk.after = Some(file);
        }
    }
    Ok(Json(Page { items, next_cursor: walk.after.as_ref().map(place) }))
}

/// Which month.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MonthQuery {
    /// Year and month of the date on them, e.g. `2026-11`.
    pub(crate) month: String,
}

/// The files of all invoices and stornos of a month; an invoice of several orders is in it once.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/invoices.zip", tag = "invoices",
    params(("v" = String, Path, description = "Vendor id"), MonthQuery),
    responses(
        (status = 200, description = "A zip archive", content_type = "application/zip"),
        (status = 400, description = "No month", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token may only read; invoices name buyers", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn zip(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<MonthQuery>,
) -> Result<Response, ApiError> {
    files::may_have_bytes(&scope)?;
    let month = Month::parse(&query.month)?;
    let name = format!("invoices-{}-{}.zip", scope.vendor, query.month);
    let (feed, response) = archive::begin(&state.archives, &name)?;
    let vendor = scope.vendor.clone();
    tokio::spawn(async move {
        if let Err(failure) = feed_month(&state, &vendor, month, &feed).await {
            // A reader that has gone wants to know nothing.
            let _ = feed.send(Err(failure)).await;
        }
    });
    Ok(response)
}

async fn feed_month(
    state: &ApiState,
    vendor: &VendorId,
    month: Month,
    feed: &archive::Feed,
) -> Result<(), ApiError> {
    let mut walk = Walk { state, vendor, month, after: None };
    let mut sent: HashSet<(String, String)> = HashSet::new();
    loop {
        let batch = walk.batch().await?;
        if batch.is_empty() {
            return Ok(());
        }
        for (file, document) in batch {
            let wanted = walk.belongs(&file, document.as_ref());
            if wanted && sent.insert((file.name.clone(), file.hash.clone())) {
                let entry = files::entry(state, vendor, &file).await?;
                if feed.send(Ok(entry)).await.is_err() {
                    return Ok(());
                }
            }
            walk.after = Some(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_its_days_and_no_others() {
        let month = Month::parse("2026-12").unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert!(month.contains(day("2026-12-01")) && month.contains(day("2026-12-31")));
        assert!(!month.contains(day("2026-11-30")) && !month.contains(day("2027-01-01")));
        for wrong in ["", "2026", "2026-13", "2026-1", "26-11", "2026-11-01", "2026/11", "+026-11", "9999-12"]
        {
            assert!(Month::parse(wrong).is_err(), "{wrong}");
        }
    }
}
