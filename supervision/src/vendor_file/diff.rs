//! What a file would change, for people.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value;

/// Longest value that is shown whole, in characters.
const SHOWN: usize = 120;

/// One thing that a file changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// A setting.
    Value {
        /// Where, e.g. `stock.buffer`.
        key: String,
        /// What stands there now; none when nothing does.
        old: Option<String>,
        /// What will; none when it goes.
        new: Option<String>,
    },
    /// A credential; its value is never shown.
    Secret {
        /// Where, e.g. `connections.erp.api_key`.
        key: String,
        /// `set`, `changed` or `removed`.
        what: &'static str,
    },
    /// Many rows.
    Rows {
        /// Which, e.g. `content`.
        key: String,
        /// How many are new or different.
        rows: u64,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { key, old, new } => {
                let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(nothing)".to_owned());
                write!(f, "{key}: {} → {}", shown(old), shown(new))
            }
            Self::Secret { key, what } => write!(f, "{key}: {what}"),
            Self::Rows { key, rows } => write!(f, "{key}: {rows} rows new or changed"),
        }
    }
}

/// Compares two JSON documents leaf by leaf; `place` stands before every key.
pub(super) fn values(place: &str, old: Option<&Value>, new: &Value) -> Vec<Change> {
    let mut before = BTreeMap::new();
    let mut after = BTreeMap::new();
    if let Some(old) = old {
        leaves(place, old, &mut before);
    }
    leaves(place, new, &mut after);
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| Change::Value {
            key: key.clone(),
            old: before.get(key).cloned(),
            new: after.get(key).cloned(),
        })
        .collect()
}

fn leaves(place: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let key = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                leaves(&key, field, found);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            found.insert(place.to_owned(), shortened(text));
        }
        other => {
            found.insert(place.to_owned(), shortened(&other.to_string()));
        }
    }
}

/// A value on one line. What is left out stands for itself by its length and fingerprint, so that a difference shows.
fn shortened(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line == text && line.chars().count() <= SHOWN {
        return line;
    }
    let head: String = line.chars().take(40).collect();
    let print = vortex_domain::article::fingerprint(&text);
    format!("{head}… ({} characters, {print:016x})", text.chars().count())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shows_old_and_new_per_leaf_and_nothing_else() {
        let old = json!({"stock": {"buffer": 1, "cap": 9}, "gone": "x", "null": null});
        let new = json!({"stock": {"buffer": 2, "cap": 9}, "list": ["a"], "null": null});
        let shown: Vec<String> = values("", Some(&old), &new).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["gone: x → (nothing)", "list: (nothing) → [\"a\"]", "stock.buffer: 1 → 2"]);
        assert!(values("", Some(&new), &new).is_empty());
    }

    #[test]
    fn a_difference_deep_in_a_long_text_still_shows() {
        let long = |end: &str| json!({"vat": format!("{}\n{end}", "x".repeat(500))});
        assert_eq!(values("", Some(&long("a")), &long("b")).len(), 1);
    }
}
