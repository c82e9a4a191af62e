//! Paged lists: pages of one reading must fit together, or nothing is concluded from them (F12, F31).

use serde_json::Value;
use vortex_domain::article::fingerprint;

use crate::bridge::integer;

/// A page as the bridge sent it.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its rows.
    pub(crate) rows: Vec<Value>,
    /// There is a next page.
    pub(crate) more: bool,
}

/// What the pages of one reading have shown so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Reading {
    total_pages: Option<i64>,
    full_page: usize,
    /// Page number and fingerprint of its ends.
    seen: Vec<(u32, u64)>,
}

impl Reading {
    /// Takes page `number` (from 1) of the reading, or says why it cannot be one.
    pub(crate) fn accept(&mut self, number: u32, data: Value) -> Result<Page, String> {
        let (rows, total_pages, has_next, said) = match data {
            Value::Array(rows) => (rows, Some(1), Some(false), None),
            Value::Null => (Vec::new(), None, None, None),
            Value::Object(mut page) => {
                let rows = match page.remove("items") {
                    Some(Value::Array(rows)) => rows,
                    Some(Value::Null) | None => Vec::new(),
                    Some(_) => return Err("its items are not a list".to_owned()),
                };
                let total = page.get("totalPages").and_then(integer);
                let next = page.get("hasNextPage").and_then(Value::as_bool);
                (rows, total, next, page.get("page").and_then(integer))
            }
            _ => return Err("it is not a list".to_owned()),
        };
        if said.is_some_and(|said| said != i64::from(number)) {
            return Err(format!("page {number} was asked for, page {} came", said.unwrap_or_default()));
        }
        let more = match (total_pages, has_next) {
            (Some(total), Some(next)) if next != (i64::from(number) < total) => {
                return Err(format!("page {number} of {total} contradicts itself about a next page"));
            }
            (Some(total), _) => i64::from(number) < total,
            (None, next) => next.unwrap_or(false),
        };
        if rows.is_empty() {
            let of = total_pages.map(|total| format!(" of {total}")).unwrap_or_default();
            return Err(format!("page {number}{of} is empty"));
        }
        if number == 1 {
            *self = Self { total_pages, full_page: rows.len(), seen: Vec::new() };
        } else if !self.seen.is_empty() && self.total_pages != total_pages {
            return Err("the number of pages changed while reading".to_owned());
        }
        if more && !self.seen.is_empty() && rows.len() != self.full_page {
            return Err(format!(
                "page {number} has {} rows, the first page had {}",
                rows.len(),
                self.full_page
            ));
        }
        let mark = fingerprint(&(rows.first(), rows.last(), rows.len()));
        if self.seen.iter().any(|(other, seen)| *other != number && *seen == mark) {
            return Err(format!("page {number} repeats an earlier page"));
        }
        self.seen.push((number, mark));
        Ok(Page { rows, more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(number: u32, total: u32, rows: &[&str]) -> Value {
        json!({"items": rows, "page": number, "pageSize": 2, "totalPages": total, "hasNextPage": number < total})
    }

    /// F12: a page that fails must never look like the end.
    #[test]
    fn pages_must_fit_together() {
        let mut reading = Reading::default();
        assert!(reading.accept(1, page(1, 3, &["a", "b"])).unwrap().more);
        let start = reading.clone();
        assert!(reading.accept(2, page(2, 3, &["c", "d"])).unwrap().more);
        assert!(!reading.accept(3, page(3, 3, &["e"])).unwrap().more);
        for (odd, why) in [
            (page(2, 2, &["c", "d"]), "changed"),
            (page(2, 3, &[]), "empty"),
            (page(2, 3, &["a", "b"]), "repeats"),
            (page(3, 3, &["c", "d"]), "came"),
            (page(2, 3, &["c"]), "rows"),
            (json!({"items": ["c", "d"], "page": 2, "totalPages": 3, "hasNextPage": false}), "contradicts"),
            (json!({"items": "c"}), "not a list"),
        ] {
            let error = start.clone().accept(2, odd).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    /// F31: an empty list is not an empty shop.
    #[test]
    fn an_empty_answer_is_no_reading() {
        for empty in [Value::Null, json!([]), json!({"items": null}), page(1, 0, &[])] {
            assert!(Reading::default().accept(1, empty).is_err());
        }
    }

    #[test]
    fn a_plain_list_is_one_page() {
        assert!(!Reading::default().accept(1, json!(["a"])).unwrap().more);
    }
}
