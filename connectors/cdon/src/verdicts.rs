//! The later outcome of a batch, market by market (cdon.md 11.1, 11.2).

use serde_json::Value;
use vortex_domain::{
    Market, Sku,
    sku::{Facet, Refusal},
};
use vortex_port::channel::Verdict;

use crate::{
    transform::Action,
    wire::{first, text_of},
};

/// The verdict on one SKU from status objects, of which any number may be about other SKUs.
pub(crate) fn verdict(statuses: &[Value], sku: &Sku) -> Verdict {
    let own: Vec<&Value> =
        statuses.iter().filter(|s| s.get("sku").and_then(Value::as_str) == Some(sku.as_str())).collect();
    let rows: Vec<Row> = own.iter().flat_map(|status| rows_of(status)).collect();
    let unfinished = own.iter().any(|status| rows_of(status).is_empty());
    if rows.is_empty() || unfinished || rows.iter().any(|row| !matches!(row.status.as_str(), "ok" | "failed"))
    {
        return Verdict::Pending;
    }
    let failed = || rows.iter().filter(|row| row.status == "failed");
    if failed().any(|row| row.code == "sku_already_exists") {
        return Verdict::AlreadyListed;
    }
    if failed().any(|row| row.code == "article_does_not_exist") {
        return Verdict::NotListed;
    }
    Verdict::Decided(failed().map(Row::refusal).collect())
}

/// The status objects of one batch. None when the answer has no such list (unknown or too new: not yet).
pub(crate) fn of_batch<'a>(answer: &'a Value, batch: &str) -> Option<&'a [Value]> {
    let batches = answer.get("batches")?.as_array()?;
    let own = batches.iter().find(|entry| text_of(entry, &["id", "batch_id"]).as_deref() == Some(batch))?;
    own.get("statuses")?.as_array().map(Vec::as_slice)
}

struct Row {
    action: Option<Action>,
    /// None applies to all markets.
    market: Option<Market>,
    status: String,
    /// CDON's error code, also one that nobody has documented.
    code: String,
}

fn rows_of(status: &Value) -> Vec<Row> {
    let action = text_of(status, &["action"]).and_then(|name| Action::named(&name));
    let markets =
        first(status, &["markets"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read = |row: &Value| Row {
        action,
        market: text_of(row, &["market"]).and_then(|market| market.parse().ok()),
        status: text_of(row, &["status"]).unwrap_or_default().to_ascii_lowercase(),
        code: text_of(row, &["error_code"]).unwrap_or_else(|| "failed without a reason".to_owned()),
    };
    markets.iter().map(read).collect()
}

impl Row {
    fn refusal(&self) -> Refusal {
        let by_code = if self.code == "invalid_vat_rate" { Facet::Prices } else { Facet::Listing };
        Refusal {
            facet: self.action.map_or(by_code, Action::facet),
            reason: self.code.clone(),
            market: self.market,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(statuses: &Value) -> Verdict {
        verdict(statuses.as_array().unwrap(), &Sku::new("A").unwrap())
    }

    fn status(action: &str, rows: &Value) -> Value {
        json!({"sku": "A", "action": action, "markets": rows})
    }

    fn refusal(facet: Facet, reason: &str, market: Option<Market>) -> Refusal {
        Refusal { facet, reason: reason.to_owned(), market }
    }

    #[test]
    fn good_only_when_all_rows_are() {
        let ok = json!([{"market": "*", "status": "ok", "error_code": null}]);
        assert_eq!(judge(&json!([status("update_article", &ok)])), Verdict::Decided(vec![]));
        let mixed = json!([{"market": "*", "status": "ok"}, {"market": "*", "status": "failed", "error_code": "invalid_category"}]);
        assert_eq!(
            judge(&json!([status("update_article", &mixed)])),
            Verdict::Decided(vec![refusal(Facet::Listing, "invalid_category", None)])
        );
        let mixed = json!([{"market": "SE", "status": "ok"}, {"market": "FI", "status": "failed", "error_code": "invalid_vat_rate"}]);
        let expected = Verdict::Decided(vec![refusal(Facet::Prices, "invalid_vat_rate", Some(Market::Fi))]);
        assert_eq!(judge(&json!([status("update_article_price", &mixed)])), expected);
        assert_eq!(judge(&json!([status("create_article", &mixed)])), expected);
    }

    #[test]
    fn pending_while_anything_is() {
        let ok = json!([{"market": "*", "status": "ok"}]);
        let pending = json!([{"market": "SE", "status": "failed"}, {"market": "FI", "status": "pending"}]);
        let table = [
            json!([]),
            json!([{"sku": "B", "markets": [{"market": "*", "status": "ok"}]}]),
            json!([status("update_article", &pending)]),
            json!([status("update_article", &ok), status("update_article_price", &pending)]),
            json!([status("update_article", &ok), status("update_article_price", &json!([]))]),
            json!([status("update_article", &json!([{"market": "*", "status": "queued"}]))]),
            json!([{"sku": "A", "markets": null}]),
        ];
        for statuses in table {
            assert_eq!(judge(&statuses), Verdict::Pending, "{statuses}");
        }
    }

    #[test]
    fn keeps_codes_that_nobody_has_documented() {
        let rows = json!([{"market": "*", "status": "failed", "error_code": "brand_blocked"}, {"market": "DK", "status": "failed"}]);
        assert_eq!(
            judge(&json!([status("update_article_quantity", &rows)])),
            Verdict::Decided(vec![
                refusal(Facet::Quantity, "brand_blocked", None),
                refusal(Facet::Quantity, "failed without a reason", Some(Market::Dk)),
            ])
        );
    }

    #[test]
    fn tells_the_two_mix_ups_apart() {
        let rows = |code: &str| json!([{"market": "*", "status": "ok"}, {"market": "*", "status": "failed", "error_code": code}]);
        assert_eq!(
            judge(&json!([status("create_article", &rows("sku_already_exists"))])),
            Verdict::AlreadyListed
        );
        assert_eq!(
            judge(&json!([status("update_article", &rows("article_does_not_exist"))])),
            Verdict::NotListed
        );
    }

    #[test]
    fn an_unknown_batch_is_not_yet() {
        assert_eq!(of_batch(&json!({"batches": []}), "b"), None);
        assert_eq!(of_batch(&json!({"batches": [{"id": "c", "statuses": []}]}), "b"), None);
        assert_eq!(of_batch(&json!({"batches": [{"id": "b", "statuses": []}]}), "b"), Some(&[][..]));
    }
}
