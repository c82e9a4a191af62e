//! The demo's vendor, written as the files that a merchant would write. The benches sell for the same one.

use std::{fs, path::Path};

/// The vendor's id.
pub const VENDOR: &str = "demo";
/// The merchant id on the simulated CDON.
pub const MERCHANT: &str = "3f0e7c52-9d3a-4a55-8a2f-6a1f0d0c7b11";
/// The API token on the simulated CDON.
pub const TOKEN: &str = "demo-token";
/// The key of the simulated WinMentor bridge.
pub const API_KEY: &str = "sim-winmentor-key";

/// The key of the simulated DHL.
pub const DHL_KEY: &str = "demo-dhl-key";
/// Its secret.
pub const DHL_SECRET: &str = "demo-dhl-secret";
/// The key of its Unified Tracking API, whose push a vendor may subscribe to.
pub const PUSH_KEY: &str = "demo-push-key";
/// The token that its messages then carry.
pub const PUSH_TOKEN: &str = "demo-push-token";
/// The account that is billed.
pub const DHL_ACCOUNT: &str = "123456789";

/// Where the vendor's systems are.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The WinMentor bridge.
    pub erp: String,
    /// CDON.
    pub channel: String,
    /// The folder of invoices and DHL; none for a vendor who does neither through us.
    pub after_sale: Option<(String, String)>,
    /// Where the central banks publish exchange rates; none for rates that are fixed.
    pub banks: Option<String>,
}

/// Writes `vendor.toml` and `mapping.toml`, and returns the first one's path.
pub fn write(folder: &Path, addresses: &Addresses) -> std::io::Result<std::path::PathBuf> {
    fs::write(folder.join("mapping.toml"), MAPPING)?;
    let path = folder.join("vendor.toml");
    fs::write(&path, vendor(addresses))?;
    Ok(path)
}

const MAPPING: &str = r#"[tables.category]
otherwise = "1124"
"#;

fn vendor(Addresses { erp, channel, after_sale, banks }: &Addresses) -> String {
    let rates = banks.as_ref().map_or_else(
        || "source = \"fixed\"\nfixed = { SEK = 0.46, DKK = 0.68, NOK = 0.435, EUR = 5.07 }".to_owned(),
        |url| format!("source = \"bnr\"\nurl = \"{url}\""),
    );
    let (invoices, courier) = after_sale.as_ref().map_or_else(Default::default, |(invoices, courier)| {
        (format!("invoice_pdf = {{ folder_url = \"{invoices}\" }}\n"), dhl(courier))
    });
    format!(
        r#"[vendor]
id = "{VENDOR}"
name = "Demo SRL"
languages = ["ro", "en"]

[connections.erp]
kind = "winmentor-bridge"
base_url = "{erp}"
api_key = {{ value = "{API_KEY}" }}
[connections.erp.settings]
company = "ACME"
article_id_field = "CodExtern"
partner_id_field = "CodExtern"
warehouses = ["MAG1", "MAG2"]
order_booklet = "CDON"
first_document_number = 500001
decimal_separator = "."
{invoices}customer_per_market = {{ SE = "CDON-SE", DK = "CDON-DK", FI = "CDON-FI", NO = "CDON-NO" }}
quiet_ms = 1000

[connections.cdon]
kind = "cdon"
base_url = "{channel}"
merchant_id = "{MERCHANT}"
token = {{ value = "{TOKEN}" }}
[connections.cdon.settings]
markets = ["SE", "DK", "FI", "NO"]
requests_per_minute = 60000

{courier}[stock]
buffer = 1

[shipping]
mint_when = "invoiced"
commodity_code = "732392"
lookup_wait_ms = 300
track_every_s = 1

[invoices]
look_every_s = 1

[content]
image_url = "https://img.example.com/{{sku}}.jpg"

[rates]
{rates}

[mapping]
file = "mapping.toml"
"#
    )
}

fn dhl(base_url: &str) -> String {
    format!(
        r#"[connections.dhl]
kind = "dhl-express"
base_url = "{base_url}"
key = {{ value = "{DHL_KEY}" }}
secret = {{ value = "{DHL_SECRET}" }}
[connections.dhl.settings]
account_number = "{DHL_ACCOUNT}"
shipper = {{ company = "Demo SRL", name = "Depozit", phone = "+40264123456", street = "Str. Fabricii 1", city = "Cluj-Napoca", postal_code = "400620", country = "RO" }}
voec = "2024001"
requests_per_minute = 60000

"#
    )
}
