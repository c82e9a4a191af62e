//! The settings of one connection to a bridge (contract.md, `[connections.erp.settings]`).

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, de::IgnoredAny};
use vortex_domain::Market;
use vortex_port::{Connection, connection::SettingsError};

use crate::decimal::DecimalSeparator;

/// The HTTP vocabulary of a bridge (spec 5.1, 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum Dialect {
    /// The Go bridge.
    #[default]
    #[serde(rename = "mentorapi", alias = "winmentor-bridge")]
    MentorApi,
    /// The .NET bridge, version 1.2.
    #[serde(rename = "winmentor-bridge-v12")]
    BridgeV12,
}

/// What identifies articles (spec 3.3, step 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum ArticleIdField {
    #[default]
    CodExtern,
    CodIntern,
}

impl ArticleIdField {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CodExtern => "CodExtern",
            Self::CodIntern => "CodIntern",
        }
    }
}

/// What identifies partners (spec 3.3, step 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "the names are WinMentor's")]
pub(crate) enum PartnerIdField {
    #[default]
    CodExtern,
    CodFiscal,
    CodIntern,
}

impl PartnerIdField {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CodExtern => "CodExtern",
            Self::CodFiscal => "CodFiscal",
            Self::CodIntern => "CodIntern",
        }
    }
}

/// Time limits of single calls, in seconds (spec 5.3, 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the unit belongs into the setting's name")]
pub(crate) struct Timeouts {
    read_s: u64,
    list_s: u64,
    import_s: u64,
    setup_s: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        // The first call after a reconnect can take a minute.
        Self { read_s: 30, list_s: 120, import_s: 90, setup_s: 180 }
    }
}

impl Timeouts {
    pub(crate) fn read(self) -> Duration {
        Duration::from_secs(self.read_s)
    }

    pub(crate) fn list(self) -> Duration {
        Duration::from_secs(self.list_s)
    }

    pub(crate) fn import(self) -> Duration {
        Duration::from_secs(self.import_s)
    }

    pub(crate) fn setup(self) -> Duration {
        Duration::from_secs(self.setup_s)
    }
}

/// The settings as written. Keys that other parts of the system read are accepted and left to them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    company: String,
    #[serde(default)]
    dialect: Option<Dialect>,
    #[serde(default)]
    article_id_field: ArticleIdField,
    #[serde(default)]
    partner_id_field: PartnerIdField,
    #[serde(default)]
    warehouses: Vec<String>,
    #[serde(default = "default_booklet")]
    order_booklet: String,
    #[serde(default)]
    invoice_series: String,
    #[serde(default)]
    decimal_separator: Option<String>,
    #[serde(default)]
    canary_article: Option<String>,
    #[serde(default)]
    shared_bridge: bool,
    #[serde(default = "default_logon")]
    logon: String,
    #[serde(default = "default_currency")]
    currency: String,
    #[serde(default = "default_page_size")]
    page_size: u32,
    #[serde(default)]
    timeouts: Timeouts,
    #[serde(default)]
    customer_per_market: BTreeMap<Market, String>,
    #[serde(default)]
    shipping_article: Option<String>,
    #[serde(default)]
    first_document_number: Option<i64>,
    #[serde(default, rename = "customer_per_consumer")]
    _customer_per_consumer: Option<IgnoredAny>,
    #[serde(default)]
    invoice_pdf: Option<IgnoredAny>,
    #[serde(default, rename = "rate_rule")]
    _rate_rule: Option<IgnoredAny>,
    #[serde(default, rename = "vat_rounding")]
    _vat_rounding: Option<IgnoredAny>,
    #[serde(default, rename = "quiet_s")]
    _quiet_s: Option<IgnoredAny>,
    #[serde(default, rename = "quiet_ms")]
    _quiet_ms: Option<IgnoredAny>,
}

fn default_booklet() -> String {
    "CDON".to_owned()
}

fn default_logon() -> String {
    "Master".to_owned()
}

fn default_currency() -> String {
    "LEI".to_owned()
}

fn default_page_size() -> u32 {
    5_000
}

/// The settings as used.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) dialect: Dialect,
    /// Short name of the company.
    pub(crate) company: String,
    pub(crate) article_id_field: ArticleIdField,
    pub(crate) partner_id_field: PartnerIdField,
    /// Warehouses whose stock is offered; none means all.
    pub(crate) warehouses: Vec<String>,
    pub(crate) order_booklet: String,
    /// Series of the invoices where the bridge does not show it, as the .NET bridge does not (spec 5.2).
    pub(crate) invoice_series: String,
    /// Files of invoices are looked for, by series and number.
    pub(crate) invoice_files: bool,
    pub(crate) decimal_separator: DecimalSeparator,
    /// An article that must be there under our identifier (spec 7, 6).
    pub(crate) canary_article: Option<String>,
    /// Other programs use the bridge too: its state is ours only for the moment (spec 5.3, 2).
    pub(crate) shared_bridge: bool,
    /// The WinMentor user in whose name orders are entered; none where it is left out.
    pub(crate) logon: Option<String>,
    /// WinMentor's symbol for lei.
    pub(crate) currency: String,
    pub(crate) page_size: u32,
    pub(crate) timeouts: Timeouts,
    pub(crate) customer_per_market: BTreeMap<Market, String>,
    pub(crate) shipping_article: Option<String>,
    pub(crate) first_document_number: i64,
}

/// Pages of the .NET bridge hold at most 5 000 rows, those of the Go bridge 10 000.
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 10..=10_000;

impl Settings {
    /// Reads the settings of a connection.
    pub(crate) fn read(connection: &Connection) -> Result<Self, SettingsError> {
        let wrong = |field: &str, why: String| SettingsError {
            connection: connection.name.clone(),
            field: field.to_owned(),
            why,
        };
        let written = Written::deserialize(&connection.settings)
            .map_err(|error| wrong("settings", error.to_string()))?;
        let dialect = match (connection.kind.as_str(), written.dialect) {
            ("winmentor-bridge-v12", _) => Dialect::BridgeV12,
            (_, dialect) => dialect.unwrap_or_default(),
        };
        if written.company.trim().is_empty() {
            return Err(wrong("company", "the short name of the WinMentor company is missing".to_owned()));
        }
        if !PAGE_SIZES.contains(&written.page_size) {
            return Err(wrong("page_size", "must be between 10 and 10000 rows".to_owned()));
        }
        let limits = [written.timeouts.read_s, written.timeouts.list_s, written.timeouts.import_s];
        if limits.contains(&0) || written.timeouts.setup_s == 0 {
            return Err(wrong("timeouts", "must be at least 1 second each".to_owned()));
        }
        let separator = written.decimal_separator.as_deref().unwrap_or(".");
        let decimal_separator = separator
            .parse()
            .map_err(|e: crate::decimal::UnknownSeparator| wrong("decimal_separator", e.to_string()))?;
        let most_rows = if dialect == Dialect::BridgeV12 { 5_000 } else { *PAGE_SIZES.end() };
        Ok(Self {
            dialect,
            company: written.company.trim().to_owned(),
            article_id_field: written.article_id_field,
            partner_id_field: written.partner_id_field,
            warehouses: written.warehouses.iter().map(|symbol| symbol.trim().to_owned()).collect(),
            order_booklet: written.order_booklet.trim().to_owned(),
            invoice_series: written.invoice_series.trim().to_owned(),
            invoice_files: written.invoice_pdf.is_some(),
            decimal_separator,
            canary_article: written.canary_article.filter(|code| !code.trim().is_empty()),
            shared_bridge: written.shared_bridge,
            logon: Some(written.logon.trim().to_owned()).filter(|user| !user.is_empty()),
            currency: written.currency,
            page_size: written.page_size.min(most_rows),
            timeouts: written.timeouts,
            customer_per_market: written.customer_per_market,
            shipping_article: written.shipping_article.filter(|code| !code.trim().is_empty()),
            first_document_number: written.first_document_number.unwrap_or(500_001),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(settings: serde_json::Value) -> Result<Settings, SettingsError> {
        Settings::read(&Connection {
            name: "erp".to_owned(),
            kind: "winmentor-bridge".to_owned(),
            base_url: "http://10.20.0.5:9500".to_owned(),
            settings,
            secrets: BTreeMap::new(),
        })
    }

    #[test]
    fn reads_the_contract() {
        let settings = read(json!({
            "company": "ACME", "article_id_field": "CodExtern", "partner_id_field": "CodExtern",
            "warehouses": ["MAG1", "MAG2"], "order_booklet": "CDON", "first_document_number": 500_001,
            "decimal_separator": ",", "shipping_article": "TRANSPORT",
            "invoice_pdf": {"folder_url": "http://10.20.0.5:9501/pdf/", "name": "{series}{number}.pdf"},
            "customer_per_market": {"SE": "CDON-SE", "NO": "CDON-NO"},
        }))
        .unwrap();
        assert_eq!(settings.decimal_separator, DecimalSeparator::Comma);
        assert_eq!(settings.customer_per_market[&Market::No], "CDON-NO");
        assert_eq!((settings.dialect, settings.page_size), (Dialect::MentorApi, 5_000));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let unknown = read(json!({"company": "ACME", "warehouse": "MAG1"})).unwrap_err().to_string();
        assert!(unknown.contains("`warehouse`") && unknown.contains("`warehouses`"), "{unknown}");
        assert!(read(json!({})).unwrap_err().to_string().contains("`company`"));
        assert!(read(json!({"company": " "})).is_err());
        assert!(read(json!({"company": "A", "decimal_separator": ";"})).is_err());
        assert!(read(json!({"company": "A", "article_id_field": "EAN"})).is_err());
        assert!(read(json!({"company": "A", "timeouts": {"import_s": 0}})).is_err());
    }

    #[test]
    fn the_other_dialect_is_a_kind_or_a_setting() {
        let v12 =
            read(json!({"company": "A", "dialect": "winmentor-bridge-v12", "page_size": 9_000})).unwrap();
        assert_eq!((v12.dialect, v12.page_size), (Dialect::BridgeV12, 5_000));
    }
}
