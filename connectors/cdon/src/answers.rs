//! The immediate answer to a bulk call (cdon.md 3.2, 10.1, 10.2).

use serde_json::Value;
use vortex_domain::{
    Market, Publication,
    sku::{Facet, Refusal},
};
use vortex_port::channel::{ItemAnswer, PublishReceipt};

use crate::{
    transform::Action,
    wire::{first, text, text_of},
};

/// Reads the answer for the publications sent, in their order. None when it is no bulk answer at all.
pub(crate) fn receipt(answer: &Value, batch: &[Publication]) -> Option<PublishReceipt> {
    let success = answer.get("success").and_then(Value::as_array);
    let failed = answer.get("failed").and_then(Value::as_array);
    if success.is_none() && failed.is_none() {
        return None;
    }
    let rows = |list: Option<&Vec<Value>>| list.cloned().unwrap_or_default();
    let (success, failed) = (rows(success), rows(failed));
    let items = batch.iter().map(|publication| item(publication, &success, &failed)).collect();
    Some(PublishReceipt { batch: text_of(answer, &["batch_id"]), items })
}

fn about<'a>(rows: &'a [Value], publication: &Publication) -> impl Iterator<Item = &'a Value> {
    let sku = publication.sku.as_str();
    rows.iter().filter(move |row| row.get("sku").and_then(Value::as_str) == Some(sku))
}

fn item(publication: &Publication, success: &[Value], failed: &[Value]) -> ItemAnswer {
    let mut refused = Vec::new();
    let mut mentioned: Vec<Option<Action>> = Vec::new();
    for row in about(failed, publication) {
        let action = action_of(row);
        mentioned.push(action);
        for error in errors_of(row) {
            if error.message.contains("Article not found") || error.message.contains("article_does_not_exist")
            {
                return ItemAnswer::NotListed;
            }
            if error.is_about_an_existing_sku() {
                return ItemAnswer::AlreadyListed;
            }
            refused.push(error.refusal(action, publication));
        }
    }
    let mut article_id = None;
    for row in about(success, publication) {
        mentioned.push(action_of(row));
        article_id = article_id.or_else(|| text_of(row, &["id", "article_id"]));
    }
    // An answer that names no action speaks of the whole article.
    let all = if publication.create || mentioned.contains(&None) {
        !mentioned.is_empty()
    } else {
        Action::of(publication).into_iter().all(|action| mentioned.contains(&Some(action)))
    };
    if all { ItemAnswer::Taken { article_id, refused } } else { ItemAnswer::Unmentioned }
}

fn action_of(row: &Value) -> Option<Action> {
    row.get("action").and_then(Value::as_str).and_then(Action::named)
}

/// One entry of an item's `errors`.
struct ItemError {
    message: String,
    path: Vec<String>,
}

fn errors_of(row: &Value) -> Vec<ItemError> {
    let read = |error: &Value| ItemError {
        message: text(error)
            .or_else(|| text_of(error, &["message", "description", "error"]))
            .unwrap_or_else(|| "declined without a reason".to_owned()),
        path: first(error, &["field", "location"]).map(path_of).unwrap_or_default(),
    };
    let errors: Vec<_> = match row.get("errors") {
        Some(Value::Array(errors)) => errors.iter().map(read).collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(error) => vec![read(error)],
    };
    // Listed as failed: failed, whether it says why or not.
    if errors.is_empty() { vec![read(&Value::Null)] } else { errors }
}

fn path_of(field: &Value) -> Vec<String> {
    match field {
        Value::Array(parts) => parts.iter().filter_map(text).collect(),
        Value::String(path) => path.split(['.', '/']).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

impl ItemError {
    fn is_about_an_existing_sku(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        message.contains("sku_already_exists")
            || (message.contains("sku") && message.contains("already exist"))
    }

    fn refusal(self, action: Option<Action>, publication: &Publication) -> Refusal {
        // Within an action's body the path may or may not begin with `body`.
        let path: Vec<&str> =
            self.path.iter().map(String::as_str).skip_while(|part| *part == "body").collect();
        let by_field = match path.first().copied() {
            Some("price") => Facet::Prices,
            Some("quantity") => Facet::Quantity,
            _ => Facet::Listing,
        };
        let index = path.get(1).and_then(|part| part.parse::<usize>().ok());
        let market: Option<Market> = match (path.first().copied(), index) {
            (Some("price"), Some(at)) => {
                publication.prices.as_ref().and_then(|rows| rows.get(at)).map(|price| price.market)
            }
            (Some("shipping_time"), Some(at)) => {
                publication.listing.as_ref().and_then(|l| l.shipping_days.get(at)).map(|(market, ..)| *market)
            }
            _ => None,
        };
        let place = if self.path.is_empty() { String::new() } else { format!("{}: ", self.path.join(".")) };
        Refusal {
            facet: action.map_or(by_field, Action::facet),
            reason: format!("{place}{}", self.message),
            market,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::transform::tests::full;

    fn one(create: bool, answer: &Value) -> ItemAnswer {
        let receipt = receipt(answer, &[full(create)]).unwrap();
        receipt.items.into_iter().next().unwrap()
    }

    fn refused(answer: ItemAnswer) -> Vec<(Facet, String, Option<Market>)> {
        let ItemAnswer::Taken { refused, .. } = answer else { panic!("{answer:?}") };
        refused.into_iter().map(|r| (r.facet, r.reason, r.market)).collect()
    }

    #[test]
    fn a_good_answer_brings_batch_and_article_id() {
        let answer = json!({"batch_id": "b", "success": [{"id": "x", "sku": "WM-000417"}], "failed": []});
        let receipt = receipt(&answer, &[full(true)]).unwrap();
        assert_eq!(receipt.batch.as_deref(), Some("b"));
        assert_eq!(receipt.items, [ItemAnswer::Taken { article_id: Some("x".to_owned()), refused: vec![] }]);
    }

    #[test]
    fn a_202_full_of_failures_is_not_taken_for_success() {
        // F29, with every spelling of the field.
        for field in [
            json!({"field": ["price", "1"]}),
            json!({"location": ["price", "1"]}),
            json!({"field": "price.1"}),
        ] {
            let mut error = json!({"message": "Required field missing"});
            error.as_object_mut().unwrap().extend(field.as_object().unwrap().clone());
            let answer =
                json!({"batch_id": "b", "success": [], "failed": [{"sku": "WM-000417", "errors": [error]}]});
            let expected = (Facet::Prices, "price.1: Required field missing".to_owned(), Some(Market::Fi));
            assert_eq!(refused(one(true, &answer)), [expected]);
        }
        let silent = json!({"success": [], "failed": [{"sku": "WM-000417"}]});
        assert_eq!(refused(one(true, &silent)).len(), 1);
    }

    #[test]
    fn each_action_of_a_change_is_judged_by_itself() {
        let answer = json!({"batch_id": "b", "success": [
            {"sku": "WM-000417", "action": "update_article"}, {"sku": "WM-000417", "action": "update_article_quantity"}],
            "failed": [{"sku": "WM-000417", "action": "update_article_price",
                "errors": [{"message": "must be of float type", "field": ["body", "price", 0, "value"]}]}]});
        let found = refused(one(false, &answer));
        assert_eq!((found[0].0, found[0].2), (Facet::Prices, Some(Market::Se)));
    }

    #[test]
    fn what_the_answer_does_not_mention_is_not_taken() {
        let empty = json!({"batch_id": "b", "success": [], "failed": []});
        assert_eq!(one(true, &empty), ItemAnswer::Unmentioned);
        let partly = json!({"batch_id": "b", "success": [{"sku": "WM-000417", "action": "update_article"}], "failed": []});
        assert_eq!(one(false, &partly), ItemAnswer::Unmentioned);
        assert_eq!(receipt(&json!({"description": "ok"}), &[full(true)]), None);
    }

    #[test]
    fn finds_out_that_create_and_change_were_mixed_up() {
        let failed = |message: &str| {
            json!({"success": [], "failed": [{"sku": "WM-000417", "action": "update_article",
                "errors": [{"message": message, "field": ["sku"]}]}]})
        };
        assert_eq!(one(false, &failed("Article not found")), ItemAnswer::NotListed);
        assert_eq!(one(true, &failed("sku_already_exists")), ItemAnswer::AlreadyListed);
        assert_eq!(one(true, &failed("An article with this SKU already exists")), ItemAnswer::AlreadyListed);
    }
}
