//! The catalogue page by page, by SKU: what the ERP says, and how far each publication has come.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vortex_domain::{Sku, VendorId};

use super::{
    Page, page_size,
    skus::{ErpView, PublishingView, StockView, erp, publishing, stock},
};
use crate::{
    auth::Scope,
    extract::{Json, Query},
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Articles per page at most; each is read whole.
const ARTICLES_LIMIT: u32 = 200;

/// Which articles.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SkusQuery {
    /// Only those whose SKU begins so; upper and lower case count.
    pub(crate) prefix: Option<String>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// Articles per page, 1 to 200.
    pub(crate) limit: Option<u64>,
}

/// An article in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SkuLine {
    /// Its key in the ERP and on the channel.
    pub(crate) sku: String,
    /// The ERP's catalogue; null before the first reading.
    pub(crate) erp: Option<ErpView>,
    /// The ERP's stock; null before the first reading.
    pub(crate) stock: Option<StockView>,
    /// What the channel was told and shows.
    pub(crate) publishing: PublishingView,
    /// How many causes keep it from being sold, or went wrong.
    pub(crate) problems: usize,
}

/// The vendor's articles, by SKU.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/skus", tag = "skus",
    params(("v" = String, Path, description = "Vendor id"), SkusQuery),
    responses((status = 200, description = "Articles", body = Page<SkuLine>), (status = 400, description = "A foreign cursor", body = Problem, content_type = "application/problem+json"), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Query(query): Query<SkusQuery>,
) -> Result<Json<Page<SkuLine>>, ApiError> {
    Ok(Json(read(&state, &scope.vendor, &query).await?))
}

/// One page of articles.
pub(crate) async fn read(
    state: &ApiState,
    vendor: &VendorId,
    query: &SkusQuery,
) -> Result<Page<SkuLine>, ApiError> {
    let size = page_size(query.limit).min(ARTICLES_LIMIT);
    let after = query.cursor.as_deref().map(super::position).transpose()?.map(Sku::new).transpose();
    let after =
        after.map_err(|_| ApiError::Invalid("The cursor is none that we gave; begin without one.".into()))?;
    let prefix = query.prefix.as_deref().map(str::trim).filter(|prefix| !prefix.is_empty());
    let mut wanted: Vec<Sku> = Vec::new();
    let from = match prefix.map(Sku::new) {
        // What cannot be the beginning of a SKU finds none.
        Some(Err(_)) => return Ok(Page { items: Vec::new(), next_cursor: None }),
        Some(Ok(prefix)) => {
            // Everything that begins so stands right behind the prefix itself.
            wanted.extend(after.is_none().then(|| prefix.clone()));
            Some(after.unwrap_or(prefix))
        }
        None => after,
    };
    let following = state.store.prints(vendor, from.as_ref(), size + 1).await?;
    let begins = |sku: &Sku| prefix.is_none_or(|prefix| sku.as_str().starts_with(prefix));
    wanted.extend(following.into_iter().map(|row| row.sku).take_while(begins));
    wanted.truncate(size as usize + 2);
    if wanted.is_empty() {
        return Ok(Page { items: Vec::new(), next_cursor: None });
    }
    let rows = state.store.load_skus(vendor, &wanted).await?;
    let items = wanted
        .iter()
        .zip(rows)
        .filter_map(|(sku, rows)| {
            let (_, stored) = rows.stored?;
            Some(SkuLine {
                sku: sku.to_string(),
                erp: erp(&stored),
                stock: stock(&stored),
                publishing: publishing(&stored),
                problems: stored.projected.raised.len(),
            })
        })
        .collect();
    Ok(Page::of(items, size, |line| line.sku.clone()))
}
