//! Extractors whose refusals are [`ApiError`]s.

use axum::{
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use vortex_domain::{OrderId, PickupId, Sku, attention::Reader};

use crate::problem::ApiError;

/// A JSON body, in or out.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let axum::Json(value) = axum::Json::from_request(request, state).await?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query, unknown names ignored.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let axum::extract::Query(value) = axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// One named segment of the path.
pub(crate) async fn segment<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<String, ApiError> {
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
    params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).ok_or(ApiError::NotFound)
}

/// `{id}` as an order id; what cannot be one is not found.
pub(crate) struct OrderKey(pub(crate) OrderId);

impl<S: Send + Sync> FromRequestParts<S> for OrderKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = segment(parts, state, "id").await?;
        OrderId::new(text).map(Self).map_err(|_| ApiError::NotFound)
    }
}

/// `{id}` as a collection's id; what cannot be one is not found.
pub(crate) struct PickupKey(pub(crate) PickupId);

impl<S: Send + Sync> FromRequestParts<S> for PickupKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = segment(parts, state, "id").await?;
        PickupId::new(text).map(Self).map_err(|_| ApiError::NotFound)
    }
}

/// `{sku}` as an article; what cannot be one is not found.
pub(crate) struct SkuKey(pub(crate) Sku);

impl<S: Send + Sync> FromRequestParts<S> for SkuKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = segment(parts, state, "sku").await?;
        Sku::new(text).map(Self).map_err(|_| ApiError::NotFound)
    }
}

/// `{item}` as the number of an attention item.
pub(crate) struct ItemKey(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for ItemKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        segment(parts, state, "item").await?.parse().map(Self).map_err(|_| ApiError::NotFound)
    }
}

/// The reader's language: `?lang=`, else `Accept-Language`, else English.
pub(crate) struct Lang(pub(crate) Reader);

impl<S: Send + Sync> FromRequestParts<S> for Lang {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let asked = parts.uri.query().and_then(|query| {
            query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(language)
        });
        let header =
            || parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).and_then(preferred);
        Ok(Self(asked.or_else(header).unwrap_or(Reader::En)))
    }
}

fn language(tag: &str) -> Option<Reader> {
    match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "ro" => Some(Reader::Ro),
        "en" => Some(Reader::En),
        _ => None,
    }
}

/// The language with the highest weight that we have; of equals the first.
fn preferred(header: &str) -> Option<Reader> {
    let mut best: Option<(f32, Reader)> = None;
    for part in header.split(',') {
        let mut fields = part.split(';');
        let Some(reader) = fields.next().and_then(language) else { continue };
        let weight = fields.find_map(|f| f.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        if weight > 0.0 && best.is_none_or(|(highest, _)| weight > highest) {
            best = Some((weight, reader));
        }
    }
    best.map(|(_, reader)| reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_the_heaviest_language_that_we_have() {
        assert_eq!(preferred("de, en;q=0.5, ro-RO;q=0.8"), Some(Reader::Ro));
        assert_eq!(preferred("en-US,en;q=0.9,ro;q=0.1"), Some(Reader::En));
        assert_eq!(preferred("ro;q=0, en;q=0.1"), Some(Reader::En));
        assert_eq!(preferred("fr, *"), None);
    }
}
