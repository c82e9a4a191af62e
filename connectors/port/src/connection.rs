//! How a vendor reaches one remote.

use std::collections::BTreeMap;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Serialize;

/// One configured connection, secrets opened.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its name within the vendor, e.g. `erp`.
    pub name: String,
    /// Which connector, e.g. `winmentor-bridge`.
    pub kind: String,
    /// Where the remote is.
    pub base_url: String,
    /// The connector's settings, as in vendor.toml.
    pub settings: serde_json::Value,
    /// Credentials by field name.
    pub secrets: BTreeMap<String, SecretString>,
}

/// A connection's settings are not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("connection `{connection}`: {field}: {why}")]
pub struct SettingsError {
    /// The connection's name.
    pub connection: String,
    /// Which setting.
    pub field: String,
    /// What is wrong and what is expected.
    pub why: String,
}

/// One line of `vortex check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckItem {
    /// What was tested.
    pub what: String,
    /// Whether it is good.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// How to mend it; empty when good.
    pub remedy: String,
}

/// Every connector can test its connection.
#[async_trait]
pub trait Checkable: Send + Sync {
    /// Tests reachability, credentials and set-up step by step, and stops at the first step that makes the rest pointless.
    async fn check(&self) -> Vec<CheckItem>;
}
