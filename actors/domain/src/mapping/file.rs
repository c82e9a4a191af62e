//! Mappings as files for people, and as text in the database.

use super::model::{Mapping, Object, Table};

/// The built-in mapping as a file, with an explanation of every rule.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// A mapping that cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML or JSON, an unknown key or step, or a value of the wrong shape; the text names the place.
    #[error("the mapping cannot be read: {0}")]
    Syntax(String),
    /// It can be read, and is wrong.
    #[error(transparent)]
    Findings(#[from] super::Findings),
}

impl Mapping {
    /// The mapping of a vendor without a file. Empty only if the embedded file were broken, which a test rules out.
    pub fn built_in() -> Self {
        toml::from_str(DEFAULT_TOML).unwrap_or_default()
    }

    /// Reads a vendor's file, which says only what differs from the built-in mapping; what comes out is whole.
    pub fn from_toml(text: &str) -> Result<Self, MappingError> {
        let own: Self = toml::from_str(text).map_err(|why| MappingError::Syntax(why.to_string()))?;
        Ok(own.over(Self::built_in()))
    }

    /// Reads rules as they stand; nothing is added to them.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        toml::from_str(text).map_err(|why| MappingError::Syntax(why.to_string()))
    }

    /// The whole mapping as a file.
    pub fn to_toml(&self) -> Result<String, MappingError> {
        toml::to_string(self).map_err(|why| MappingError::Syntax(why.to_string()))
    }

    /// Reads a stored version, which is whole.
    pub fn from_json(text: &str) -> Result<Self, MappingError> {
        serde_json::from_str(text).map_err(|why| MappingError::Syntax(why.to_string()))
    }

    /// The whole mapping as it is stored.
    pub fn to_json(&self) -> Result<String, MappingError> {
        serde_json::to_string(self).map_err(|why| MappingError::Syntax(why.to_string()))
    }

    /// This mapping's rows instead of `base`'s with the same target, and its tables merged into `base`'s.
    #[must_use]
    pub fn over(mut self, mut base: Self) -> Self {
        for object in Object::ALL {
            let own = std::mem::take(self.rows_mut(object));
            let rows = base.rows_mut(object);
            let replaced = |to: &str| own.iter().any(|row| row.to == to);
            rows.retain(|row| !replaced(&row.to));
            rows.extend(own);
        }
        for (name, own) in std::mem::take(&mut self.tables) {
            let table = base.tables.remove(&name).unwrap_or_default();
            base.tables.insert(name, own.over(table));
        }
        base
    }
}

impl Table {
    fn over(self, mut base: Self) -> Self {
        base.rows.extend(self.rows);
        for (market, rows) in self.markets {
            base.markets.entry(market).or_default().extend(rows);
        }
        for (language, rows) in self.languages {
            base.languages.entry(language).or_default().extend(rows);
        }
        base.otherwise = self.otherwise.or(base.otherwise);
        if !self.examples.is_empty() {
            base.examples = self.examples;
        }
        base
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
