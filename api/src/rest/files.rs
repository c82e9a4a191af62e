//! Labels, papers and invoices of orders. They name buyers: only who may write may have their bytes.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use vortex_domain::{OrderId, VendorId};
use vortex_store::rows::{FileEntry, FileKind};

use super::ship::stored;
use crate::{
    accounts::Role,
    archive::{self, Entry},
    auth::Scope,
    extract::{Json, OrderKey, Query},
    links::{LINK_MS, Link},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Orders whose labels are had at once at most.
const LABELS_AT_ONCE: usize = 500;

/// A kept file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileView {
    /// `label`, `papers` or `invoice`.
    pub(crate) kind: &'static str,
    /// Its name, unique within order and kind.
    pub(crate) name: String,
    /// `pdf` or `zpl`, by its name.
    pub(crate) format: String,
    /// Bytes.
    pub(crate) size: i64,
    /// SHA-256 of its bytes, base64url.
    pub(crate) hash: String,
    /// When it was kept, milliseconds since 1970.
    pub(crate) kept_ms: i64,
}

impl From<FileEntry> for FileView {
    fn from(entry: FileEntry) -> Self {
        Self {
            kind: entry.kind.name(),
            format: format_of(&entry.name).to_owned(),
            name: entry.name,
            size: entry.size,
            hash: entry.hash,
            kept_ms: entry.at_ms,
        }
    }
}

fn format_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, end)| end)
}

/// The files of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Files {
    /// The files.
    pub(crate) items: Vec<FileView>,
}

/// The files that are kept with an order: labels, papers, invoices.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/orders/{id}/files", tag = "files",
    params(("v" = String, Path, description = "Vendor id"), ("id" = String, Path, description = "The channel's order id")),
    responses((status = 200, description = "Files", body = Files), (status = 404, description = "No such order", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    OrderKey(id): OrderKey,
) -> Result<Json<Files>, ApiError> {
    stored(&state, &scope.vendor, &id).await?;
    let files = state.store.files_of(&scope.vendor, &id).await?;
    Ok(Json(Files { items: files.into_iter().map(Into::into).collect() }))
}

/// Which file.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct LinkInput {
    /// Of which order.
    pub(crate) order: String,
    /// `label`, `papers` or `invoice`.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
}

/// Where to get it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkView {
    /// The address under this service, to be opened without a token.
    pub(crate) url: String,
    /// The name that it is saved under.
    pub(crate) name: String,
    /// When it ends, milliseconds since 1970.
    pub(crate) expires_ms: i64,
}

/// Makes a link to a kept file that anybody can open for five minutes: for a browser or a printer.
#[utoipa::path(
    post, path = "/api/v1/vendors/{v}/files/links", tag = "files",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = LinkInput,
    responses(
        (status = 200, description = "The link", body = LinkView),
        (status = 403, description = "The token may only read; files name buyers", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such file", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn link(
    State(state): State<ApiState>,
    scope: Scope,
    Json(input): Json<LinkInput>,
) -> Result<Json<LinkView>, ApiError> {
    let order = OrderId::new(&input.order).map_err(|_| ApiError::NotFound)?;
    let kind = FileKind::named(&input.kind).ok_or(ApiError::NotFound)?;
    let files = state.store.files_of(&scope.vendor, &order).await?;
    let entry = files.into_iter().find(|file| file.kind == kind && file.name == input.name);
    let entry = entry.ok_or(ApiError::NotFound)?;
    let name = download_name(&entry);
    let expires_ms = state.clock.now_ms().saturating_add(LINK_MS);
    let link = Link { vendor: scope.vendor.clone(), hash: entry.hash, name: name.clone(), expires_ms };
    let url = format!("/files/{}", state.link_key.sign(&link)?);
    let who = scope.caller.journal_name();
    scope.act.on(format!("{order}/{name}"));
    info!(vendor.id = %scope.vendor, order.id = %order, who, file = name, "`{who}` makes a link to `{name}`");
    Ok(Json(LinkView { url, name, expires_ms }))
}

/// Invoices are known by their own number; labels and papers by their order.
pub(super) fn download_name(entry: &FileEntry) -> String {
    match entry.kind {
        FileKind::Invoice => entry.name.clone(),
        FileKind::Label => format!("{}-{}", entry.order, entry.name),
        FileKind::Papers => format!("{}-papers-{}", entry.order, entry.name),
    }
}

/// The bytes of kept files name buyers; who may only read orders may not have them.
pub(super) fn may_have_bytes(scope: &Scope) -> Result<(), ApiError> {
    scope.requires(Role::Operator)
}

/// Whose labels.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LabelsQuery {
    /// The orders' ids, separated by commas; at most 500.
    orders: String,
    /// Only labels of one format: `pdf` or `zpl`.
    format: Option<String>,
}

/// The labels of several orders, to be printed at once.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/labels", tag = "files",
    params(("v" = String, Path, description = "Vendor id"), LabelsQuery),
    responses(
        (status = 200, description = "A zip archive with one file per label", content_type = "application/zip"),
        (status = 400, description = "No orders, or too many", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token may only read; labels name buyers", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "An order has no such label", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn labels(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<LabelsQuery>,
) -> Result<Response, ApiError> {
    may_have_bytes(&scope)?;
    let format = query.format.as_deref().filter(|format| !format.is_empty());
    if format.is_some_and(|format| !["pdf", "zpl"].contains(&format)) {
        return Err(ApiError::Invalid("`format` is one of pdf, zpl.".into()));
    }
    let mut ids: Vec<&str> = query.orders.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    ids.dedup();
    if !(1..=LABELS_AT_ONCE).contains(&ids.len()) {
        return Err(ApiError::Invalid(format!("`orders` names 1 to {LABELS_AT_ONCE} orders.").into()));
    }
    let mut wanted = Vec::new();
    for id in ids {
        let id = OrderId::new(id).map_err(|_| ApiError::NotFound)?;
        stored(&state, &scope.vendor, &id).await?;
        let files = state.store.files_of(&scope.vendor, &id).await?;
        let before = wanted.len();
        wanted.extend(files.into_iter().filter(|file| {
            file.kind == FileKind::Label && format.is_none_or(|format| format_of(&file.name) == format)
        }));
        if wanted.len() == before {
            // A label that is silently not printed is a parcel that stays behind.
            let sort = format.map(|format| format!(" {format}")).unwrap_or_default();
            return Err(ApiError::Conflict(
                format!("Order `{id}` has no{sort} label; nothing was sent.").into(),
            ));
        }
    }
    let (feed, response) = archive::begin(&state.archives, "labels.zip")?;
    let vendor = scope.vendor.clone();
    tokio::spawn(async move {
        for file in wanted {
            if feed.send(entry(&state, &vendor, &file).await).await.is_err() {
                return;
            }
        }
    });
    Ok(response)
}

/// A kept file with its bytes.
pub(super) async fn entry(state: &ApiState, vendor: &VendorId, file: &FileEntry) -> Result<Entry, ApiError> {
    let bytes = state.store.file_content(vendor, &file.hash).await?;
    let bytes = bytes.ok_or_else(|| archive::lost(&file.name))?;
    Ok(Entry { name: download_name(file), at_ms: file.at_ms, bytes })
}
