//! The category tree (cdon.md 11.3).

use serde_json::Value;
use vortex_domain::{Language, Market};
use vortex_port::{CallError, http::HttpCall};

use crate::{client::CdonConnector, wire::text_of};

/// One category. Ids are the same for all markets and languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// What an article names as its category.
    pub id: String,
    /// Its name in the language asked for.
    pub name: String,
    /// Ids from the root to it, joined by dots.
    pub path: String,
}

impl Category {
    /// The id of the category above; none at the root.
    pub fn parent(&self) -> Option<&str> {
        let (above, _) = self.path.rsplit_once('.')?;
        above.rsplit('.').next()
    }
}

impl CdonConnector {
    /// The whole category tree, flattened.
    pub async fn categories(&self, market: Market, language: Language) -> Result<Vec<Category>, CallError> {
        let reply =
            self.get(HttpCall::get("categories", format!("/v1/categories/{market}/{language}/"))).await?;
        let body = reply.success().ok_or_else(|| reply.unreadable())?;
        let rows = body.as_array().ok_or_else(|| reply.implausible("the category tree is not a list"))?;
        let categories: Vec<Category> = rows.iter().filter_map(category).collect();
        if categories.is_empty() {
            return Err(reply.implausible("the category tree is empty"));
        }
        Ok(categories)
    }
}

fn category(row: &Value) -> Option<Category> {
    let id = text_of(row, &["id"])?;
    let path = text_of(row, &["path"]).unwrap_or_else(|| id.clone());
    Some(Category { name: text_of(row, &["name"]).unwrap_or_default(), id, path })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn knows_the_category_above() {
        let leaf =
            category(&json!({"id": 423, "name": "Pots", "path": "1.42.423", "search_friendly_name": ""}))
                .unwrap();
        assert_eq!((leaf.id.as_str(), leaf.parent()), ("423", Some("42")));
        assert_eq!(category(&json!({"id": 1, "name": "Home", "path": "1"})).unwrap().parent(), None);
        assert_eq!(category(&json!({"name": "Pots"})), None);
    }
}
