//! The bulk calls: immediate verdicts on form and existence, the rest handed to a batch (spec 10.1, 10.2, 17.3).

use std::collections::HashSet;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::article::{check_descriptive, check_prices, check_quantity};
use super::catalogue::{Catalogue, Change};
use super::check::{At, Checker, ItemError};
use super::options::Behaviour;
use super::reply::Reply;
use crate::log::CommitLog;

const ACTIONS: [&str; 4] =
    ["update_article", "update_article_price", "update_article_quantity", "delete_article"];

/// Circumstances of one bulk call.
pub(super) struct Intake<'a> {
    pub(super) merchant: &'a str,
    pub(super) now_ms: i64,
    pub(super) behaviour: &'a Behaviour,
    pub(super) log: &'a CommitLog,
}

/// Verdicts collected over one call.
#[derive(Default)]
struct Verdicts {
    success: Vec<Value>,
    failed: Vec<Value>,
    changes: Vec<(usize, Change)>,
}

impl Intake<'_> {
    /// `POST /v2/articles/bulk`.
    pub(super) fn create(&self, catalogue: &mut Catalogue, items: Vec<Map<String, Value>>) -> Reply {
        let mut verdicts = Verdicts::default();
        let mut seen = HashSet::with_capacity(items.len());
        for mut fields in items {
            let mut checker = Checker::default();
            let sku = check_sku(&fields, &mut checker);
            if let Some(sku) = &sku
                && !seen.insert(sku.clone())
            {
                checker.fail(At::root("sku"), "Duplicate action for article");
            }
            let quantity = check_quantity(&fields, &mut checker);
            let prices = check_prices(&fields, &mut checker);
            let draft = check_descriptive(&mut fields, self.behaviour.reject_unknown_fields, &mut checker);
            let (Some(sku), Some(quantity), Some(draft)) = (&sku, quantity, draft) else {
                let named = sku.map_or_else(|| sku_as_sent(&fields), Value::from);
                verdicts.failed.push(json!({"sku": named, "errors": self.errors(checker)}));
                continue;
            };
            if self.behaviour.lose_skus.contains(sku) {
                continue;
            }
            let place = catalogue.place_for_create(sku);
            let id = catalogue.articles().get(place).map(|article| article.id);
            verdicts.success.push(json!({"id": id, "sku": sku}));
            verdicts.changes.push((place, Change::Create { draft: Box::new(draft), quantity, prices }));
        }
        self.answer("create", catalogue, verdicts)
    }

    /// `PUT /v2/articles/bulk`.
    pub(super) fn update(&self, catalogue: &mut Catalogue, items: Vec<Map<String, Value>>) -> Reply {
        let mut verdicts = Verdicts::default();
        let mut seen = HashSet::with_capacity(items.len());
        for mut item in items {
            let mut checker = Checker::default();
            let sku = check_sku(&item, &mut checker);
            let action = checker
                .required(&item, "action", At::root("action"))
                .and_then(|action| checker.word(action, At::root("action"), &ACTIONS))
                .and_then(|action| ACTIONS.into_iter().find(|known| *known == action));
            if let (Some(sku), Some(action)) = (&sku, action)
                && !seen.insert((sku.clone(), action))
            {
                checker.fail(At::root("action"), "Duplicate action for article");
            }
            let place = sku.as_deref().and_then(|sku| catalogue.place_for_update(sku));
            if sku.is_some() && place.is_none() {
                checker.fail(At::root("sku"), "Article not found");
            }
            let change = action.and_then(|action| self.change(action, item.remove("body"), &mut checker));
            match (place, change) {
                (Some(place), Some(change)) if checker.is_clean() => {
                    if sku.as_deref().is_some_and(|sku| self.behaviour.lose_skus.contains(sku)) {
                        continue;
                    }
                    verdicts.success.push(json!({"sku": sku, "action": action}));
                    verdicts.changes.push((place, change));
                }
                _ => {
                    let named = sku.map_or_else(|| sku_as_sent(&item), Value::from);
                    let action = item.remove("action");
                    let errors = self.errors(checker);
                    verdicts.failed.push(json!({"sku": named, "action": action, "errors": errors}));
                }
            }
        }
        self.answer("update", catalogue, verdicts)
    }

    fn change(&self, action: &str, body: Option<Value>, checker: &mut Checker) -> Option<Change> {
        if action == "delete_article" {
            return Some(Change::Delete);
        }
        let mut fields = match body {
            Some(Value::Object(fields)) => fields,
            Some(_) => {
                checker.fail(At::root("body"), "must be of dict type");
                return None;
            }
            None => {
                checker.fail(At::root("body"), "Required field missing");
                return None;
            }
        };
        match action {
            "update_article" => {
                for key in ["price", "quantity", "sku"] {
                    if fields.contains_key(key) {
                        checker.fail(At::root(key), "field not allowed in this action");
                    }
                }
                check_descriptive(&mut fields, self.behaviour.reject_unknown_fields, checker)
                    .map(|draft| Change::Update(Box::new(draft)))
            }
            "update_article_price" => {
                self.only(&fields, "price", checker);
                let prices = check_prices(&fields, checker);
                Some(Change::Price(prices))
            }
            _ => {
                self.only(&fields, "quantity", checker);
                check_quantity(&fields, checker).map(Change::Quantity)
            }
        }
    }

    fn only(&self, fields: &Map<String, Value>, key: &str, checker: &mut Checker) {
        if self.behaviour.reject_unknown_fields {
            checker.unknown_fields(fields, &[key], None);
        }
    }

    fn errors(&self, checker: Checker) -> Vec<Value> {
        let style = self.behaviour.dialect.error_field;
        checker.into_errors().iter().map(|error: &ItemError| error.as_json(style)).collect()
    }

    fn answer(&self, call: &str, catalogue: &mut Catalogue, verdicts: Verdicts) -> Reply {
        let Verdicts { success, failed, changes } = verdicts;
        let accepted = changes.len();
        let batch_id = catalogue.submit(changes, self.now_ms, self.behaviour.apply_delay_ms);
        self.log.record_with("batch", || {
            json!({"merchant": self.merchant, "batch_id": batch_id, "call": call, "actions": accepted,
                "failed": failed.len()})
        });
        let body = json!({"batch_id": batch_id, "success": success, "failed": failed});
        Reply::json(StatusCode::ACCEPTED, body)
    }
}

fn check_sku(fields: &Map<String, Value>, checker: &mut Checker) -> Option<String> {
    let at = At::root("sku");
    let value = checker.required(fields, "sku", at)?;
    checker.text(value, at, 1, 64).map(str::to_owned)
}

/// The SKU of a refused item as it was sent, so that the answer can name it.
fn sku_as_sent(fields: &Map<String, Value>) -> Value {
    fields.get("sku").cloned().unwrap_or_default()
}

/// The items under `key`, or the `errors` of a body that is wrong as a whole (17.4).
///
/// Apart from the rest, so that callers parse before they lock the shop.
pub(super) fn whole_list(body: &[u8], key: &str, most: usize) -> Result<Vec<Map<String, Value>>, Value> {
    let mut body = match serde_json::from_slice(body) {
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(json!({"bulk_payload": ["must be of dict type"]})),
        Err(_) => return Err(json!({"bulk_payload": ["must be JSON"]})),
    };
    let items = match body.remove(key) {
        Some(Value::Array(items)) => items,
        Some(_) => return Err(json!({key: ["must be of list type"]})),
        None => return Err(json!({key: ["required field"]})),
    };
    if items.len() > most {
        return Err(json!({"bulk_payload": [format!("max length is {most}")]}));
    }
    let mut objects = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Value::Object(item) => objects.push(item),
            _ => return Err(json!({"bulk_payload": {index.to_string(): ["must be of dict type"]}})),
        }
    }
    Ok(objects)
}
