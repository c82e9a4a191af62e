//! Texts and images that the ERP does not hold.

use std::collections::HashMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;
use vortex_domain::{ContentRow, Language, Sku};
use vortex_entities::Flow;
use vortex_store::{
    Change,
    rows::{CONTENT_CHANGED, CursorRow, Write},
};

use crate::{
    auth::Scope,
    extract::Json,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Longest short text (title, category, brand, GTIN), characters.
const SHORT_CHARS: usize = 512;
/// Longest description, characters; the channel takes less, the mapping cuts.
const LONG_CHARS: usize = 20_000;
/// Images per row.
const IMAGES: usize = 50;
/// Longest image address, characters.
const URL_CHARS: usize = 2_048;

/// One article's texts and images in one language. What is left out is removed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ContentInput {
    /// The article.
    sku: String,
    /// `sv-SE`, `da-DK`, `fi-FI`, `nb-NO`, `en-US`; without it the row serves every language.
    #[serde(default)]
    language: Option<String>,
    /// Title, 5 to 150 characters on CDON.
    #[serde(default)]
    title: Option<String>,
    /// Description, 10 to 4096 characters on CDON.
    #[serde(default)]
    description: Option<String>,
    /// The channel's category id.
    #[serde(default)]
    category: Option<String>,
    /// Absolute `https` or `http` addresses; the first is the main image.
    #[serde(default)]
    images: Vec<String>,
    /// GTIN when it is not the SKU.
    #[serde(default)]
    gtin: Option<String>,
    /// Brand when the ERP's producer is not it.
    #[serde(default)]
    brand: Option<String>,
}

impl From<ContentRow> for ContentInput {
    fn from(row: ContentRow) -> Self {
        Self {
            sku: row.sku.to_string(),
            language: row.language.map(|language| language.to_string()),
            title: row.title,
            description: row.description,
            category: row.category,
            images: row.images,
            gtin: row.gtin,
            brand: row.brand,
        }
    }
}

/// Rows to store.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ContentUpload {
    /// At most 10,000; all are stored or none.
    rows: Vec<ContentInput>,
}

/// What was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContentStored {
    /// Rows.
    stored: usize,
}

/// Stores texts and images; a row replaces the one of the same article and language.
#[utoipa::path(
    put, path = "/api/v1/vendors/{v}/content", tag = "content",
    params(
        ("v" = String, Path, description = "Vendor id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same answer and one effect"),
    ),
    request_body = ContentUpload,
    responses(
        (status = 200, description = "Stored", body = ContentStored),
        (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A row cannot be stored; none was", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn put(
    State(state): State<ApiState>,
    scope: Scope,
    Json(upload): Json<ContentUpload>,
) -> Result<Json<ContentStored>, ApiError> {
    if upload.rows.len() > state.limits.content_rows {
        return Err(ApiError::TooLarge);
    }
    let mut first_of: HashMap<(Sku, Option<Language>), usize> = HashMap::new();
    let mut writes = Vec::with_capacity(upload.rows.len());
    for (i, input) in upload.rows.into_iter().enumerate() {
        let number = i + 1;
        let unfit = |why: String| ApiError::Unprocessable(format!("Row {number}: {why}").into());
        let row = checked(input).map_err(unfit)?;
        if let Some(first) = first_of.insert((row.sku.clone(), row.language), number) {
            return Err(unfit(format!("the same article and language as row {first}")));
        }
        writes.push(Write::Content(scope.vendor.clone(), Box::new(row)));
    }
    let stored = writes.len();
    if stored > 0 {
        let value = state.clock.now_ms().to_string();
        let name = CONTENT_CHANGED.to_owned();
        writes.push(Write::Cursor(CursorRow { vendor: scope.vendor.clone(), name, value }));
        state.journal.write(Change::of(writes)).await?;
        state.engine.wake(&scope.vendor, Flow::Reconcile);
    }
    let who = scope.caller.journal_name();
    info!(vendor.id = %scope.vendor, who, rows = stored, "`{who}` stored {stored} rows of content");
    Ok(Json(ContentStored { stored }))
}

/// The row, if it could be stored and shown anywhere; the channel's own limits are the mapping's business.
fn checked(input: ContentInput) -> Result<ContentRow, String> {
    let short = |name, text| text_of(name, text, SHORT_CHARS);
    if input.images.len() > IMAGES {
        return Err(format!("more than {IMAGES} images"));
    }
    for image in &input.images {
        let web = image.starts_with("https://") || image.starts_with("http://");
        let clean = !image.chars().any(|c| c.is_control() || c.is_whitespace());
        if !web || !clean || image.chars().count() > URL_CHARS {
            return Err(format!("an image is not an http(s) address of at most {URL_CHARS} characters"));
        }
    }
    Ok(ContentRow {
        sku: Sku::new(input.sku).map_err(|why| why.to_string())?,
        language: input
            .language
            .map(|code| code.parse())
            .transpose()
            .map_err(|why: vortex_domain::ids::InvalidId| why.to_string())?,
        title: short("title", input.title)?,
        description: text_of("description", input.description, LONG_CHARS)?,
        category: short("category", input.category)?,
        images: input.images,
        gtin: short("gtin", input.gtin)?,
        brand: short("brand", input.brand)?,
    })
}

fn text_of(name: &str, text: Option<String>, limit: usize) -> Result<Option<String>, String> {
    let Some(text) = text else { return Ok(None) };
    if text.chars().count() > limit {
        return Err(format!("{name} is longer than {limit} characters"));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(format!("{name} holds a control character"));
    }
    Ok(Some(text))
}
