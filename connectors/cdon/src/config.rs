//! The connection's settings in vendor.toml.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vortex_domain::Market;
use vortex_port::connection::{Connection, SettingsError};

/// Largest page that CDON documents (cdon.md section 4).
const MOST_PER_PAGE: u32 = 1000;

/// Settings of a CDON connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// CDON's id of the merchant; user name of every call.
    pub(crate) merchant_id: String,
    /// Where the merchant sells.
    pub(crate) markets: Vec<Market>,
    /// Calls per minute; CDON documents no limit, integrators stay under 350 (cdon.md section 4). More is for simulators.
    pub(crate) requests_per_minute: u32,
    /// Calls at once after a quiet time.
    pub(crate) burst: u32,
    /// Whether articles may be read back through calls that work but are not documented (cdon.md 10.3).
    pub(crate) undocumented_reads: bool,
    /// Orders per page.
    pub(crate) orders_per_page: u32,
    /// Articles per page of the read-back.
    pub(crate) articles_per_page: u32,
    /// Longest time for one call.
    pub(crate) timeout: Duration,
}

impl Settings {
    /// Reads the settings; unknown keys are refused, so that a misspelled one is not silently without effect.
    pub(crate) fn read(connection: &Connection) -> Result<Self, SettingsError> {
        let mut table = Table { connection: &connection.name, left: map_of(connection)? };
        let settings = Self {
            merchant_id: table.take("merchant_id", "a text")?.unwrap_or_default(),
            markets: table
                .take("markets", "a list of SE, DK, FI, NO")?
                .unwrap_or_else(|| Market::ALL.to_vec()),
            requests_per_minute: table.number("requests_per_minute", 240, 1..=1_000_000)?,
            burst: table.number("burst", 20, 2..=100)?,
            undocumented_reads: table.take("undocumented_reads", "true or false")?.unwrap_or(true),
            orders_per_page: table.number("orders_per_page", 100, 1..=MOST_PER_PAGE)?,
            articles_per_page: table.number("articles_per_page", 100, 1..=MOST_PER_PAGE)?,
            timeout: Duration::from_secs(table.number("timeout_s", 45, 1..=300)?.into()),
        };
        // Decides when we accept, not how; the engine reads it from the same table.
        table.take::<bool>("accept_orders", "true or false")?;
        if let Some(unknown) = table.left.keys().next() {
            return Err(
                table.wrong(unknown, format!("is not a setting of a CDON connection; known are {KNOWN}"))
            );
        }
        if settings.merchant_id.trim().is_empty() || settings.merchant_id.contains(':') {
            return Err(table
                .wrong("merchant_id", "is needed: CDON's back office shows it on the API page".to_owned()));
        }
        if settings.markets.is_empty() {
            return Err(table.wrong("markets", "needs at least one of SE, DK, FI, NO".to_owned()));
        }
        Ok(settings)
    }
}

const KNOWN: &str = "merchant_id, markets, requests_per_minute, burst, undocumented_reads, orders_per_page, \
                     articles_per_page, timeout_s, accept_orders";

struct Table<'a> {
    connection: &'a str,
    left: Map<String, Value>,
}

impl Table<'_> {
    fn take<T: DeserializeOwned>(&mut self, key: &str, expected: &str) -> Result<Option<T>, SettingsError> {
        let Some(value) = self.left.remove(key) else { return Ok(None) };
        serde_json::from_value(value).map(Some).map_err(|_| self.wrong(key, format!("must be {expected}")))
    }

    fn number(
        &mut self,
        key: &str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, SettingsError> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.take(key, &expected)?.unwrap_or(default);
        if range.contains(&number) { Ok(number) } else { Err(self.wrong(key, format!("must be {expected}"))) }
    }

    fn wrong(&self, field: &str, why: String) -> SettingsError {
        SettingsError { connection: self.connection.to_owned(), field: field.to_owned(), why }
    }
}

fn map_of(connection: &Connection) -> Result<Map<String, Value>, SettingsError> {
    match &connection.settings {
        Value::Object(map) => Ok(map.clone()),
        Value::Null => Ok(Map::new()),
        _ => Err(SettingsError {
            connection: connection.name.clone(),
            field: "settings".to_owned(),
            why: "must be a table".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn read(settings: Value) -> Result<Settings, SettingsError> {
        Settings::read(&Connection {
            name: "cdon".to_owned(),
            kind: "cdon".to_owned(),
            base_url: "https://merchants-api.cdon.com/api".to_owned(),
            settings,
            secrets: BTreeMap::new(),
        })
    }

    #[test]
    fn has_documented_defaults() {
        let settings = read(json!({"merchant_id": "m", "accept_orders": false})).unwrap();
        assert_eq!(settings.requests_per_minute, 240);
        assert_eq!(settings.markets, Market::ALL);
        assert!(settings.undocumented_reads);
    }

    #[test]
    fn names_the_setting_that_is_wrong() {
        for (settings, field) in [
            (json!({}), "merchant_id"),
            (json!({"merchant_id": "a:b"}), "merchant_id"),
            (json!({"merchant_id": "m", "market": ["SE"]}), "market"),
            (json!({"merchant_id": "m", "markets": ["RO"]}), "markets"),
            (json!({"merchant_id": "m", "markets": []}), "markets"),
            (json!({"merchant_id": "m", "requests_per_minute": 0}), "requests_per_minute"),
            (json!({"merchant_id": "m", "requests_per_minute": "240"}), "requests_per_minute"),
            (json!({"merchant_id": "m", "orders_per_page": 1001}), "orders_per_page"),
            (json!([]), "settings"),
        ] {
            let error = read(settings.clone()).unwrap_err();
            assert_eq!(error.field, field, "{settings}: {error}");
        }
    }
}
