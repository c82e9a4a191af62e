//! An article as CDON shows it (cdon.md 10.3). The calls are not documented, so every shape is taken.

use rust_decimal::Decimal;
use serde_json::Value;
use vortex_domain::{Market, Money, Sku, sku::Seen};

use crate::wire::{count, decimal, first, text_of, vat_rate};

/// The list of articles in an answer: bare, or under one of the names that were seen.
pub(crate) fn list(answer: &Value) -> Option<&[Value]> {
    if let Value::Array(rows) = answer {
        return Some(rows);
    }
    let inner = first(answer, &["articles", "items", "results", "data", "content"])?;
    if inner.is_object() { list(inner) } else { inner.as_array().map(Vec::as_slice) }
}

/// The article in an answer about one.
pub(crate) fn one(answer: &Value) -> Option<&Value> {
    let inner = first(answer, &["content"]).unwrap_or(answer);
    let article = first(inner, &["article"]).unwrap_or(inner);
    article.get("sku").is_some().then_some(article)
}

/// The SKU of a shown article, when it can be one of ours.
pub(crate) fn sku(article: &Value) -> Option<Sku> {
    // Not trimmed: a SKU with a space at its end is another one.
    article.get("sku").and_then(Value::as_str).and_then(|text| Sku::new(text).ok())
}

/// What the article shows.
pub(crate) fn seen(article: &Value, read_ms: i64) -> Seen {
    let status = text_of(article, &["status"]).map(|status| status.to_ascii_lowercase().replace('_', " "));
    Seen {
        read_ms,
        present: status.as_deref() != Some("deleted"),
        for_sale: match status.as_deref() {
            Some("for sale") => Some(true),
            Some("paused") => Some(false),
            _ => None,
        },
        quantity: first(article, &["quantity"]).and_then(count),
        prices: first(article, &["price", "prices"])
            .and_then(Value::as_array)
            .map(|rows| rows.iter().filter_map(price).collect())
            .unwrap_or_default(),
    }
}

/// A consumer price, VAT included, in minor units. Shown amounts are without VAT, with the VAT beside them;
/// a row that leaves the VAT open says nothing.
fn price(row: &Value) -> Option<(Market, i64)> {
    let market: Market = text_of(row, &["market"])?.parse().ok()?;
    let value = first(row, &["value"]).unwrap_or(row);
    let number = |name: &str| first(value, &[name]).and_then(decimal);
    let gross = match (number("amount_including_vat"), number("amount"), number("vat_amount")) {
        (Some(gross), ..) => gross,
        (None, Some(net), Some(vat)) => net.checked_add(vat)?,
        (None, Some(net), None) => {
            let rate = first(value, &["vat_rate"]).and_then(vat_rate)?;
            net.checked_mul(rate.checked_add(Decimal::ONE)?)?
        }
        (None, None, _) => return None,
    };
    Some((market, Money::rounded(gross, market.currency()).ok()?.minor))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_list_and_article_under_every_name() {
        let rows = json!([{"sku": "A"}]);
        for answer in [
            rows.clone(),
            json!({"articles": rows}),
            json!({"items": rows}),
            json!({"results": rows}),
            json!({"data": rows}),
            json!({"content": {"articles": rows}}),
        ] {
            assert_eq!(list(&answer).map(<[_]>::len), Some(1), "{answer}");
        }
        assert_eq!(list(&json!({"description": "x"})), None);
        for answer in [
            json!({"content": {"article": {"sku": "A"}}}),
            json!({"article": {"sku": "A"}}),
            json!({"sku": "A"}),
        ] {
            assert!(one(&answer).is_some(), "{answer}");
        }
        assert_eq!(one(&json!({"description": "Not found"})), None);
    }

    #[test]
    fn shows_prices_as_the_buyer_sees_them() {
        // F37
        let rows =
            |value: Value| seen(&json!({"sku": "A", "price": [{"market": "SE", "value": value}]}), 5).prices;
        for value in [
            json!({"amount": "319.20", "vat_amount": "79.80", "vat_rate": "0.25", "currency": "SEK"}),
            json!({"amount": 319.2, "vat_rate": 0.25}),
            json!({"amount_including_vat": 399.0}),
        ] {
            assert_eq!(rows(value), [(Market::Se, 39_900)]);
        }
        assert_eq!(rows(json!({"amount": "319.20"})), []);
        assert_eq!(rows(json!({"amount": "", "vat_rate": "0.25"})), []);
        let flat =
            json!({"price": [{"market": "FI", "amount": "27.81", "vat_amount": "7.09"}, {"market": "XX"}]});
        assert_eq!(seen(&flat, 5).prices, [(Market::Fi, 3_490)]);
    }

    #[test]
    fn what_is_missing_is_not_zero() {
        // F30
        let bare = seen(&json!({"sku": "A", "quantity": "", "status": ""}), 5);
        assert_eq!((bare.present, bare.for_sale, bare.quantity), (true, None, None));
        let full = seen(&json!({"sku": "A", "quantity": "7", "status": "for sale"}), 5);
        assert_eq!((full.for_sale, full.quantity), (Some(true), Some(7)));
        assert_eq!(seen(&json!({"status": "paused"}), 5).for_sale, Some(false));
        assert!(!seen(&json!({"status": "deleted"}), 5).present);
    }
}
