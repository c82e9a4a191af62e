//! Rows of look-up tables, and what rules can be made of.

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, request::Parts},
};
use serde::Deserialize;
use vortex_domain::mapping::{json_schema, steps};

use super::{
    NAME_CHARS, desk, told,
    views::{FieldsView, Issued, RowInput, StepView, Steps},
    wish,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang, Query, segment},
    mappings::Place,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// `{table}` and `{key}`: a row of a table.
pub(crate) struct RowKey(String, String);

impl<S: Send + Sync> FromRequestParts<S> for RowKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(segment(parts, state, "table").await?, segment(parts, state, "key").await?))
    }
}

/// `?market=` and `?language=`
#[derive(Debug, Deserialize)]
pub(crate) struct PlaceQuery {
    market: Option<String>,
    language: Option<String>,
}

impl PlaceQuery {
    fn place(&self) -> Result<Place, ApiError> {
        let wrong = |why: vortex_domain::ids::InvalidId| ApiError::Invalid(why.to_string().into());
        Ok(Place {
            market: self.market.as_deref().map(str::parse).transpose().map_err(wrong)?,
            language: self.language.as_deref().map(str::parse).transpose().map_err(wrong)?,
        })
    }
}

/// Sets one row of a look-up table of the live mapping: what was blocked for the lack of it is computed again.
#[utoipa::path(
    put, path = "/api/v1/vendors/{v}/mapping/tables/{table}/rows/{key}", tag = "mapping",
    params(
        ("v" = String, Path, description = "Vendor id"), ("table" = String, Path, description = "The table"), ("key" = String, Path, description = "The row's key"),
        ("market" = Option<String>, Query, description = "Only in this market"), ("language" = Option<String>, Query, description = "Only in this language"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key makes no second version"),
    ),
    request_body = RowInput,
    responses(
        (status = 200, description = "Published", body = Issued),
        (status = 404, description = "No such table", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A trial runs, or a mass change that nobody has allowed", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The value cannot be used; `findings` says why", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn put_row(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    headers: HeaderMap,
    RowKey(table, key): RowKey,
    Query(query): Query<PlaceQuery>,
    Json(input): Json<RowInput>,
) -> Result<Json<Issued>, ApiError> {
    let reason = input.reason.unwrap_or_else(|| format!("{table}: {key} → {}", input.to));
    let reason: String = reason.chars().take(NAME_CHARS).collect();
    let wish = wish(&state, &scope, &headers, &reason, input.mass_change)?;
    let row = (table.as_str(), key.as_str());
    let version = desk(&state)?.set_row(&scope.vendor, row, query.place()?, Some(input.to), wish).await;
    Ok(Json(Issued { version: version.map_err(told(reader))? }))
}

/// Removes one row of a look-up table of the live mapping.
#[utoipa::path(
    delete, path = "/api/v1/vendors/{v}/mapping/tables/{table}/rows/{key}", tag = "mapping",
    params(
        ("v" = String, Path, description = "Vendor id"), ("table" = String, Path, description = "The table"), ("key" = String, Path, description = "The row's key"),
        ("market" = Option<String>, Query, description = "Only in this market"), ("language" = Option<String>, Query, description = "Only in this language"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key makes no second version"),
    ),
    responses(
        (status = 200, description = "Published", body = Issued),
        (status = 404, description = "No such table or row", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A trial runs, or a mass change", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn drop_row(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
    headers: HeaderMap,
    RowKey(table, key): RowKey,
    Query(query): Query<PlaceQuery>,
) -> Result<Json<Issued>, ApiError> {
    let reason: String = format!("{table}: {key} removed").chars().take(NAME_CHARS).collect();
    let wish = wish(&state, &scope, &headers, &reason, false)?;
    let row = (table.as_str(), key.as_str());
    let version = desk(&state)?.set_row(&scope.vendor, row, query.place()?, None, wish).await;
    Ok(Json(Issued { version: version.map_err(told(reader))? }))
}

/// The steps that a rule can have, with what they do.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/steps", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("lang" = Option<String>, Query, description = "`ro` or `en`")),
    responses((status = 200, description = "The steps", body = Steps)),
)]
pub(crate) async fn catalogue(Lang(reader): Lang) -> Json<Steps> {
    Json(Steps { items: steps::CATALOGUE.iter().map(|doc| StepView::of(doc, reader)).collect() })
}

/// The form of a mapping, for editors: JSON Schema 2020-12.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/schema", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id")),
    responses((status = 200, description = "JSON Schema", body = serde_json::Value)),
)]
pub(crate) async fn schema() -> Json<serde_json::Value> {
    Json(json_schema())
}

/// The fields that rules can read and make, as the vendor's connectors declare them.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/mapping/fields", tag = "mapping",
    params(("v" = String, Path, description = "Vendor id"), ("lang" = Option<String>, Query, description = "`ro` or `en`")),
    responses((status = 200, description = "The fields", body = FieldsView), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn fields(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
) -> Result<Json<FieldsView>, ApiError> {
    let schemas = desk(&state)?.schemas(&scope.vendor).await.map_err(told(reader))?;
    Ok(Json(FieldsView::of(&schemas, reader)))
}
