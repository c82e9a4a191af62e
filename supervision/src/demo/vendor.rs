//! The demo's vendor, written as the files that a merchant would write.

use std::{fs, path::Path};

/// The vendor's id.
pub(super) const VENDOR: &str = "demo";
/// The merchant id on the simulated CDON.
pub(super) const MERCHANT: &str = "3f0e7c52-9d3a-4a55-8a2f-6a1f0d0c7b11";
/// The API token on the simulated CDON.
pub(super) const TOKEN: &str = "demo-token";
/// The key of the simulated WinMentor bridge.
pub(super) const API_KEY: &str = "sim-winmentor-key";

/// Writes `vendor.toml` and `mapping.toml`, and returns the first one's path.
pub(super) fn write(folder: &Path, erp_url: &str, channel_url: &str) -> std::io::Result<std::path::PathBuf> {
    fs::write(folder.join("mapping.toml"), MAPPING)?;
    let path = folder.join("vendor.toml");
    fs::write(&path, vendor(erp_url, channel_url))?;
    Ok(path)
}

const MAPPING: &str = r#"version = 1

[category]
default = "1124"
"#;

fn vendor(erp_url: &str, channel_url: &str) -> String {
    format!(
        r#"[vendor]
id = "{VENDOR}"
name = "Demo SRL"
languages = ["ro", "en"]

[connections.erp]
kind = "winmentor-bridge"
base_url = "{erp_url}"
api_key = {{ value = "{API_KEY}" }}
[connections.erp.settings]
company = "ACME"
article_id_field = "CodExtern"
partner_id_field = "CodExtern"
warehouses = ["MAG1", "MAG2"]
order_booklet = "CDON"
first_document_number = 500001
decimal_separator = "."
customer_per_market = {{ SE = "CDON-SE", DK = "CDON-DK", FI = "CDON-FI", NO = "CDON-NO" }}
quiet_ms = 1000

[connections.cdon]
kind = "cdon"
base_url = "{channel_url}"
merchant_id = "{MERCHANT}"
token = {{ value = "{TOKEN}" }}
[connections.cdon.settings]
markets = ["SE", "DK", "FI", "NO"]
requests_per_minute = 60000

[stock]
buffer = 1

[content]
image_url = "https://img.example.com/{{sku}}.jpg"

[rates]
source = "fixed"
fixed = {{ SEK = 0.46, DKK = 0.68, NOK = 0.435, EUR = 5.07 }}

[mapping]
file = "mapping.toml"
"#
    )
}
