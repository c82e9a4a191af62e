//! Articles as the undocumented calls give them back (spec section 10.3).

use std::collections::HashMap;

use axum::http::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::article::check_quantity;
use super::catalogue::{Applying, Article, Catalogue, Presence};
use super::check::Checker;
use super::market::{Market, minor_text, net_minor};
use super::options::{Behaviour, ErrorField};
use super::orders::{limit_and_page, paged};
use super::reply::Reply;

/// `GET /v1/articles/sku/{sku}`.
pub(super) fn by_sku(catalogue: &Catalogue, merchant: &str, sku: &str) -> Reply {
    let readable = |article: &&Article| matches!(article.presence, Presence::Live | Presence::Deleted);
    match catalogue.article(sku).filter(readable) {
        Some(article) => Reply::ok(
            json!({"description": "Article found", "content": {"article": document(article, merchant)}}),
        ),
        None => Reply::json(
            StatusCode::NOT_FOUND,
            json!({"description": "Not found", "errors": {"description": "Article not found", "content": {}}}),
        ),
    }
}

/// `GET /v1/articles`.
pub(super) fn list(
    catalogue: &Catalogue,
    merchant: &str,
    query: &HashMap<String, String>,
    behaviour: &Behaviour,
) -> Reply {
    let (limit, page) = match limit_and_page(query, behaviour) {
        Ok(found) => found,
        Err(errors) => return Reply::invalid(&errors),
    };
    let only_for_sale = query.get("for_sale").is_some_and(|wanted| wanted == "true");
    let listed = |article: &&Article| {
        article.presence == Presence::Live
            && (!only_for_sale || Market::ALL.into_iter().any(|market| article.offered_in(market).is_ok()))
    };
    let articles = paged(catalogue.articles().iter().filter(listed), limit, page);
    let articles: Value = articles.into_iter().map(|article| document(article, merchant)).collect();
    Reply::ok(match &behaviour.dialect.article_list_key {
        Some(key) => json!({key: articles}),
        None => articles,
    })
}

/// `PUT /v1/articles/{id}/quantity`.
pub(super) fn set_quantity(
    catalogue: &mut Catalogue,
    id: &str,
    body: &[u8],
    applying: &Applying<'_>,
) -> Reply {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return Reply::invalid(&json!({"quantity": ["required field"]}));
    };
    let mut checker = Checker::default();
    let Some(quantity) = check_quantity(&body, &mut checker) else {
        let messages = checker.into_errors();
        let messages: Vec<_> =
            messages.iter().map(|e| e.as_json(ErrorField::Field)["message"].clone()).collect();
        return Reply::invalid(&json!({"quantity": messages}));
    };
    match Uuid::try_parse(id) {
        Ok(id) if catalogue.set_quantity(id, quantity, applying) => Reply::no_content(),
        _ => Reply::unknown_object(403),
    }
}

fn document(article: &Article, merchant: &str) -> Value {
    let mut fields: Map<String, Value> = serde_json::from_str(&article.body).unwrap_or_default();
    for key in ["parent_sku", "brand", "gtin", "mpn", "internal_note"] {
        fields.entry(key).or_insert_with(|| Value::from(""));
    }
    for key in ["images", "properties", "variational_properties"] {
        fields.entry(key).or_insert_with(|| json!([]));
    }
    let categories: Vec<Value> = fields.remove("category").into_iter().collect();
    let deleted = article.presence == Presence::Deleted;
    let own = [
        ("id", json!(article.id)),
        ("product_id", json!(article.id)),
        ("legacy_product_id", Value::Null),
        ("merchant_id", json!(merchant)),
        ("sku", json!(&*article.sku)),
        ("quantity", json!(article.quantity)),
        ("status", json!(if deleted { "deleted" } else { article.status.text() })),
        ("cdon_status", json!("new")),
        ("cdon_reasons", json!([])),
        ("categories", json!(categories)),
        ("price", prices(article)),
    ];
    fields.extend(own.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(fields)
}

/// Prices as they are read back: strings, without VAT.
fn prices(article: &Article) -> Value {
    let row = |(market, price): (Market, super::catalogue::Price)| {
        let net = net_minor(price.gross_minor, price.vat_rate);
        json!({"market": market, "value": {
            "amount": minor_text(net),
            "vat_amount": minor_text(price.gross_minor - net),
            "vat_rate": rate_text(price.vat_rate),
            "currency": market.currency(),
        }})
    };
    article.prices.iter().map(row).collect()
}

fn rate_text(rate: Decimal) -> String {
    rate.normalize().to_string()
}
