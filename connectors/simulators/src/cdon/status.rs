//! Outcomes of batches and of single SKUs (spec sections 11.1 and 11.2).

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::catalogue::{BatchItem, Catalogue, Verdict};
use super::options::{Behaviour, UnknownBatch};
use super::reply::Reply;

/// `POST /v1/statuses/batch`.
pub(super) fn by_batch(catalogue: &Catalogue, body: &[u8], now_ms: i64, behaviour: &Behaviour) -> Reply {
    let ids = match strings(body, "batch_ids") {
        Ok(ids) => ids,
        Err(errors) => return Reply::invalid(&errors),
    };
    let mut batches = Vec::with_capacity(ids.len());
    for id in ids {
        let known = Uuid::try_parse(&id).ok().and_then(|uuid| Some((uuid, catalogue.batch(uuid)?)));
        let visible = known.filter(|(_, batch)| now_ms >= batch.submitted_ms + behaviour.batch_hidden_ms);
        if let Some((uuid, batch)) = visible {
            let rows = batch.items.iter().enumerate();
            let statuses: Vec<Value> =
                rows.filter_map(|(place, item)| row(catalogue, uuid, place, item, behaviour)).collect();
            batches.push(json!({"id": id, "statuses": statuses}));
            continue;
        }
        match behaviour.unknown_batch {
            UnknownBatch::Missing => {}
            UnknownBatch::EmptyStatuses => batches.push(json!({"id": id, "statuses": []})),
            UnknownBatch::NotFound => return Reply::not_found(),
            UnknownBatch::Invalid => {
                return Reply::invalid(&json!({"batch_ids": [format!("unallowed value {id}")]}));
            }
        }
    }
    Reply::ok(json!({"batches": batches}))
}

/// `POST /v1/statuses/sku`: the latest processed action of each known SKU.
pub(super) fn by_sku(catalogue: &Catalogue, body: &[u8], behaviour: &Behaviour) -> Reply {
    let skus = match strings(body, "skus") {
        Ok(skus) => skus,
        Err(errors) => return Reply::invalid(&errors),
    };
    let latest = |sku: &String| {
        let (batch_id, place) = catalogue.article(sku)?.processed?;
        let item = catalogue.batch(batch_id)?.items.get(place)?;
        row(catalogue, batch_id, place, item, behaviour)
    };
    let statuses: Vec<Value> = skus.iter().filter_map(latest).collect();
    Reply::json(StatusCode::OK, json!({"statuses": statuses}))
}

fn row(
    catalogue: &Catalogue,
    batch: Uuid,
    place: usize,
    item: &BatchItem,
    behaviour: &Behaviour,
) -> Option<Value> {
    let article = catalogue.articles().get(item.article)?;
    Some(json!({
        "correlation_id": format!("{}-{place}", batch.simple()),
        "article_id": article.id,
        "sku": &*article.sku,
        "action": item.action,
        "markets": verdict_rows(&item.verdict, behaviour.mixed_star_rows),
    }))
}

fn verdict_rows(verdict: &Verdict, mixed: bool) -> Vec<Value> {
    let star =
        |status: &str, code: Option<&str>| json!({"market": "*", "status": status, "error_code": code});
    match verdict {
        Verdict::Pending => vec![star("pending", None)],
        Verdict::Ok => vec![star("ok", None)],
        Verdict::Failed(codes) => {
            let good = mixed.then(|| star("ok", None));
            good.into_iter().chain(codes.iter().map(|code| star("failed", Some(code)))).collect()
        }
        Verdict::PerMarket { listed, failed } => {
            let row = |market| {
                let bad = failed.contains(market);
                let status = if bad { "failed" } else { "ok" };
                json!({"market": market, "status": status, "error_code": bad.then_some("invalid_vat_rate")})
            };
            listed.iter().map(row).collect()
        }
    }
}

/// The list of strings under `key`.
fn strings(body: &[u8], key: &str) -> Result<Vec<String>, Value> {
    let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else {
        return Err(json!({key: ["required field"]}));
    };
    let Some(list) = body.remove(key) else { return Err(json!({key: ["required field"]})) };
    serde_json::from_value(list).map_err(|_| json!({key: ["must be of list type"]}))
}
