use std::{collections::HashMap, fs, path::PathBuf};

use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use vortex_domain::{Currency, Market, Sku};
use vortex_store::{OpenOptions, SqlStore, registry::VendorRecord, secrets::MasterKey};

use super::*;

/// A file in which everything is good, in parts that a test can replace.
const VENDOR: &str = "[vendor]\nid = \"acme\"\nname = \"Acme SRL\"\n";
const ERP: &str = r#"
[connections.erp]
kind = "winmentor-bridge"
base_url = "http://10.20.0.5:9500"
api_key = { env = "ACME_ERP_KEY" }
[connections.erp.settings]
company = "ACME"
warehouses = ["MAG1", "MAG2"]
order_booklet = "CDN"
first_document_number = 700001
customer_per_market = { SE = "BUYER-SE" }
"#;
const CDON: &str = r#"
[connections.cdon]
kind = "cdon"
base_url = "https://merchants-api.cdon.com/api"
merchant_id = "m-1"
token = { value = "cdon-secret" }
[connections.cdon.settings]
markets = ["SE", "FI"]
accept_orders = true
lowers_stock_itself = true
"#;
const RATES: &str = "[rates]\nsource = \"fixed\"\nfixed = { SEK = 0.46, EUR = 5.07 }\n";

struct Desk {
    folder: TempDir,
    environment: Environment,
    egress: EgressPolicy,
}

impl Desk {
    fn new() -> Self {
        let variables = [
            ("ACME_ERP_KEY", "erp-secret"),
            ("ACME_CDON_TOKEN", "t"),
            ("ACME_DHL_KEY", "k"),
            ("ACME_DHL_SECRET", "s"),
        ];
        let variables: HashMap<String, String> =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Environment::Given(variables),
            egress: EgressPolicy { allow_networks: vec!["10.20.0.0/24".parse().unwrap()] },
        }
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, text: &str) -> Result<VendorFile, VendorFileError> {
        let path = self.put("vendor.toml", text);
        VendorFile::read(&path, &self.environment, &self.egress)
    }

    fn good(&self, text: &str) -> VendorFile {
        self.read(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What the file is refused for, without the folder's name.
    fn complaint(&self, text: &str) -> String {
        let error = self.read(text).map(drop).unwrap_err().to_string();
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }

    async fn store(&self) -> SqlStore {
        let key = self.folder.path().join("master.key");
        let key = if key.exists() { MasterKey::from_file(&key) } else { MasterKey::create_file(&key) };
        let url = format!("sqlite:{}", self.folder.path().join("v.db").display());
        SqlStore::open(&url, OpenOptions::new(key.unwrap())).await.unwrap()
    }
}

fn whole() -> String {
    [VENDOR, ERP, CDON, RATES].concat()
}

#[test]
fn the_contracts_own_file_is_read() {
    let desk = Desk::new();
    desk.put("content.csv", "sku,title\nA,Title\n");
    desk.put("mapping.toml", "[tables.category]\notherwise = 1\n");
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/supervision/src/vendor_file/contract.toml"));
    // As documented: source = "bnr" beside fixed rates, which are used until rates are read; the phone is left open.
    let file = desk.good(&text.unwrap().replace("+40…", "+40264123456"));
    assert_eq!(file.settings.rates.source, RateFeed::Bnr);
    assert_eq!(file.connections.len(), 3);
    assert_eq!(file.settings.stock.buffer, 2);
    assert!(file.mapping.is_some() && file.content.is_some());
}

#[test]
fn the_examples_are_good() {
    let desk = Desk::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let config = crate::config::Config::load(Some(&examples.join("vortex.toml")), &desk.environment).unwrap();
    let file = VendorFile::read(&examples.join("vendor.toml"), &desk.environment, &config.security.egress);
    let file = file.unwrap_or_else(|error| panic!("{error}"));
    crate::content_file::ContentFile::check(file.content.as_deref().unwrap(), false).unwrap();
}

#[test]
fn reads_secrets_from_both_places_and_shows_none() {
    let file = Desk::new().good(&whole());
    let secret = |connection: usize, field: &str| {
        file.connections[connection].secrets[field].expose_secret().to_owned()
    };
    assert_eq!(
        (secret(0, "token"), secret(1, "api_key")),
        ("cdon-secret".to_owned(), "erp-secret".to_owned())
    );
    let shown = format!("{file:?}");
    assert!(!shown.contains("cdon-secret") && !shown.contains("erp-secret"), "{shown}");
    assert_eq!(file.connections[0].settings["merchant_id"], "m-1");
}

#[test]
fn every_mistake_names_file_place_and_way_out() {
    let replaced = |from: &str, to: &str| {
        let whole = whole();
        assert!(whole.contains(from), "{from}");
        whole.replace(from, to)
    };
    let cases = [
        (
            "[stok]\nbuffer = 1\n".to_owned() + &whole(),
            "vendor.toml: stok: unknown key; did you mean `stock`?",
        ),
        (whole() + "[stock]\nbufer = 1\n", "stock.bufer: unknown key; did you mean `buffer`?"),
        (whole() + "[stock]\nbuffer = \"2\"\n", "stock.buffer: expected a whole number, found a text"),
        (whole() + "[stock]\nbuffer = -1\n", "stock.buffer: -1 is out of bounds"),
        (whole() + "[stock]\nmass_change_limit = 20\n", "stock.mass_change_limit: 20 is not a share"),
        (whole() + "[stock.buffer_market]\nXX = 1\n", "stock.buffer_market.XX: `XX` is not a valid market"),
        (replaced("id = \"acme\"", "id = \"Acme\""), "vendor.id: `Acme` is not a valid vendor id"),
        (replaced("id = \"acme\"\n", ""), "vendor.id: is missing"),
        (replaced("\"Acme SRL\"", "\" \""), "vendor.name: is empty"),
        (replaced("name = ", "languages = [\"ro\", \"de\"]\nname = "), "vendor.languages: `de` is not known"),
        (
            replaced("ACME_ERP_KEY", "ACME_ERP_KYE"),
            "connections.erp.api_key: the environment variable `ACME_ERP_KYE` is not set",
        ),
        (
            replaced("{ value = \"cdon-secret\" }", "\"cdon-secret\""),
            "connections.cdon.token: is a bare text; expected { env",
        ),
        (
            replaced("{ value = \"cdon-secret\" }", "{ vault = \"x\" }"),
            "connections.cdon.token: expected { env",
        ),
        (replaced("token = ", "tokn = "), "connections.cdon.token: is missing"),
        (replaced("http://10.20.0.5:9500", "10.20.0.5:9500"), "connections.erp.base_url: "),
        (
            replaced("http://10.20.0.5:9500", "http://10.20.1.5:9500"),
            "connections.erp.base_url: this address is not public, and the operator",
        ),
        (
            replaced("https://merchants-api", "http://merchants-api"),
            "connections.cdon.base_url: the credentials would travel readable",
        ),
        (
            replaced("kind = \"cdon\"", "kind = \"cdn\""),
            "connections.cdon.kind: `cdn` is not a kind of connection; did you mean `cdon`?",
        ),
        (
            replaced("company = \"ACME\"", "compny = \"ACME\""),
            "connections.erp.settings.compny: unknown key; did you mean `company`?",
        ),
        (replaced("company = \"ACME\"\n", ""), "connections.erp.settings"),
        (
            replaced("700001", "\"x\""),
            "connections.erp.settings.first_document_number: expected a whole number",
        ),
        (
            replaced("{ SE = \"BUYER-SE\" }", "{ RO = \"BUYER\" }"),
            "connections.erp.settings.customer_per_market.RO: ",
        ),
        (replaced("\"MAG2\"", "\"MAG1\""), "connections.erp.settings.warehouses: `MAG1` stands there twice"),
        (
            replaced("[\"SE\", \"FI\"]", "[\"SE\", \"FI\", \"SE\"]"),
            "connections.cdon.settings.markets: `SE` stands there twice",
        ),
        (
            replaced("[\"SE\", \"FI\"]", "[\"RO\"]"),
            "connections.cdon.settings.markets: `RO` is not a valid market",
        ),
        (replaced("[\"SE\", \"FI\"]", "[]"), "connections.cdon.settings.markets: is empty"),
        (replaced(ERP, ""), "connections.erp: there is no connection to the ERP"),
        (replaced(CDON, ""), "connections.cdon: there is no connection to the sales channel"),
        (
            whole() + &ERP.replace("connections.erp", "connections.erp2"),
            "connections.erp2: is a second connection to the ERP",
        ),
        (
            whole() + &ERP.replace("connections.erp", "connections.\"E R\""),
            "connections.\"E R\": is not a connection's name",
        ),
        (replaced("SEK = 0.46, ", ""), "rates.fixed: has no rate for SEK"),
        (replaced("SEK = 0.46", "SEK = 0.0"), "rates.fixed.SEK: expected a number above zero"),
        (replaced("SEK = 0.46", "SEK = 0.46, RON = 1"), "rates.fixed.RON: needs no rate"),
        (
            replaced(RATES, "[rates]\nsource = \"ebc\"\n"),
            "rates.source: `ebc` is not known; expected one of bnr, ecb, fixed",
        ),
        (replaced(RATES, "[rates]\nfile = \"none.csv\"\n"), "rates.file: none.csv cannot be read"),
        (whole() + "[shipping]\nmint_when = \"later\"\n", "shipping.mint_when: `later` is not known"),
        (whole() + "[shipping.default_parcel]\nweight = 1\n", "shipping.default_parcel.weight: unknown key"),
        (whole() + "[content]\nfile = \"none.csv\"\n", "content.file: none.csv does not exist"),
        (whole() + "[content]\nimage_url = \"img/{sku}.jpg\"\n", "content.image_url: expected a web address"),
        (
            whole() + "[content]\nimage_url = \"https://i.example/{id}.jpg\"\n",
            "content.image_url: expected a web address",
        ),
        (whole() + "[mapping]\nfile = \"none.toml\"\n", "mapping.file: none.toml cannot be read"),
        (whole() + "[bundles]\n\"K\" = {}\n", "bundles.K: has no parts"),
        (whole() + "[bundles]\n\"K\" = { A = 0 }\n", "bundles.K.A: expected a whole number from 1"),
        (whole() + "[bundles]\n\"K\" = { K = 1 }\n", "bundles.K: contains itself: K → K"),
        (
            whole() + "[bundles]\n\"K\" = { L = 1 }\n\"L\" = { K = 2 }\n",
            "bundles.K: contains itself: K → L → K",
        ),
        (
            whole()
                + "[bundles]\nA = { B = 1 }\nB = { C = 1 }\nC = { D = 1 }\nD = { E = 1 }\nE = { F = 1 }\nF = { X = 1 }\n",
            "bundles.A: is nested deeper than 5 bundles",
        ),
        (
            whole() + "[bundles]\n\"K\" = { L = 400000 }\n\"L\" = { A = 2 }\n",
            "bundles.K: takes more than 500000 of `A`",
        ),
    ];
    let desk = Desk::new();
    for (text, expected) in cases {
        let found = desk.complaint(&text);
        assert!(found.contains(expected), "expected `{expected}`, found:\n{found}\nfor:\n{text}");
        assert!(found.lines().all(|line| line.starts_with("vendor.toml: ")), "{found}");
        assert!(!found.contains("cdon-secret") && !found.contains("erp-secret"), "{found}");
    }
}

#[test]
fn one_mistake_hides_no_other() {
    let found =
        Desk::new().complaint(&(whole().replace("\"acme\"", "\"A\"") + "[stock]\nbuffer = 1.5\nx = 1\n"));
    assert_eq!(found.lines().count(), 3, "{found}");
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let found = Desk::new().complaint("[vendor]\nid = acme\n");
    assert!(found.starts_with("vendor.toml is not valid TOML") && found.contains("line 2"), "{found}");
    let twice = Desk::new().complaint("[vendor]\nid = \"a\"\nid = \"b\"\n");
    assert!(twice.contains("not valid TOML"), "{twice}");
}

#[test]
fn bundles_of_bundles_end_in_real_articles() {
    let file = Desk::new()
        .good(&(whole() + "[bundles]\n\"SET\" = { KIT = 2, C = 1 }\n\"KIT\" = { A = 1, B = 3, C = 1 }\n"));
    let set = &file.settings.bundles[&Sku::new("SET").unwrap()];
    let parts: Vec<(&str, i64)> = set.iter().map(|(sku, units)| (sku.as_str(), *units)).collect();
    assert_eq!(parts, [("A", 2), ("B", 6), ("C", 3)]);
}

#[test]
fn rates_from_a_file_name_their_bad_lines() {
    let desk = Desk::new();
    let text = whole().replace(RATES, "[rates]\nsource = \"bnr\"\nfile = \"rates.csv\"\n");
    desk.put("rates.csv", "date,currency,ron_per_unit\n2026-03-31,SEK,0.46\n2026-03-31,EUR,5.07\n");
    assert_eq!(desk.good(&text).rates.len(), 2);
    desk.put(
        "rates.csv",
        "date,currency,ron_per_unit\n31.03.2026,SEK,0.46\n2026-03-31,USD,4\n2026-03-31,EUR,0\n2026-03-31,SEK,0.46\n2026-03-31,SEK,0.47\n",
    );
    let found = desk.complaint(&text);
    for expected in [
        "line 2: `31.03.2026` is not a date",
        "line 3: `USD`",
        "line 4: 0 cannot be",
        "line 6: this day and currency",
    ] {
        assert!(found.contains(expected), "{expected} is not in {found}");
    }
    desk.put("rates.csv", "day;rate\n");
    assert!(desk.complaint(&text).contains("expected the first line date,currency,ron_per_unit"));
    let ecb = text.replace("\"bnr\"", "\"ecb\"");
    desk.put("rates.csv", "date,currency,ron_per_unit\n2026-03-31,SEK,0.46\n2026-03-31,EUR,5.07\n");
    assert!(desk.complaint(&ecb).contains("crossed over EUR"));
}

#[test]
fn a_mapping_that_breaks_the_channels_rules_is_refused() {
    let desk = Desk::new();
    desk.put("mapping.toml", "[tables.shipping_days]\nrows = { max = 30 }\n");
    let found = desk.complaint(&(whole() + "[mapping]\nfile = \"mapping.toml\"\n"));
    assert!(found.contains("mapping.file: article row") && found.contains("`shipping_days_max`"), "{found}");
}

async fn applied(desk: &Desk, store: &SqlStore, text: &str) -> Vec<String> {
    let file = desk.good(text);
    let plan = plan(Some(store), &file, false, 1_000).await.unwrap();
    let shown = plan.changes.iter().map(ToString::to_string).collect();
    write(store, &file, plan, false, 1_000).await.unwrap();
    shown
}

#[tokio::test]
async fn applying_twice_changes_nothing_and_then_only_what_differs() {
    let desk = Desk::new();
    let store = desk.store().await;
    desk.put("content.csv", "sku,language,title\nA,sv,Ett\nB,sv,Två\n");
    desk.put("mapping.toml", "[tables.category]\notherwise = 10\n");
    desk.put("rates.csv", "date,currency,ron_per_unit\n2026-03-31,SEK,0.46\n");
    let text = whole().replace("[rates]\n", "[rates]\nfile = \"rates.csv\"\n")
        + "[content]\nfile = \"content.csv\"\n[mapping]\nfile = \"mapping.toml\"\n[stock]\nbuffer = 1\nbuffer_sku = { A = 3 }\n";

    let first = applied(&desk, &store, &text).await;
    assert!(first.contains(&"vendor.name: (nothing) → Acme SRL".to_owned()), "{first:?}");
    assert!(first.contains(&"connections.cdon.token: set".to_owned()), "{first:?}");
    assert!(first.contains(&"content: 2 rows new or changed".to_owned()), "{first:?}");
    assert!(!first.join("\n").contains("secret\""), "{first:?}");
    assert_eq!(applied(&desk, &store, &text).await, Vec::<String>::new());

    desk.put("content.csv", "sku,language,title\nA,sv,Ett\nB,sv,Tre\n");
    desk.put("mapping.toml", "[tables.category]\notherwise = 12\n");
    let changed = text.replace("buffer = 1", "buffer = 2").replace("cdon-secret", "another");
    assert_eq!(
        applied(&desk, &store, &changed).await,
        [
            "stock.buffer: 1 → 2",
            "connections.cdon.token: changed",
            "mapping: version 1 → version 2",
            "content: 1 rows new or changed",
        ]
    );
    assert_eq!(applied(&desk, &store, &changed).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_alone_writes_nothing() {
    let desk = Desk::new();
    let store = desk.store().await;
    let file = desk.good(&whole());
    assert!(!plan(Some(&store), &file, false, 1_000).await.unwrap().is_empty());
    assert!(store.vendors().await.unwrap().is_empty());
    assert!(!plan(None, &file, false, 1_000).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bad_row_keeps_the_whole_content_file_out() {
    let desk = Desk::new();
    let store = desk.store().await;
    let rows: Vec<String> = (0..600).map(|i| format!("S-{i},Title")).collect();
    desk.put("content.csv", &format!("sku,title\n{}\n,no sku\n", rows.join("\n")));
    let file = desk.good(&(whole() + "[content]\nfile = \"content.csv\"\n"));
    let error = plan(Some(&store), &file, false, 1_000).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("line 602: has no SKU"), "{error}");
    let skipping = plan(Some(&store), &file, true, 1_000).await.unwrap();
    write(&store, &file, skipping, true, 1_000).await.unwrap();
    assert_eq!(store.content_count(&file.id).await.unwrap(), 600);
}

#[tokio::test]
async fn a_connection_cannot_vanish_silently() {
    let desk = Desk::new();
    let store = desk.store().await;
    applied(&desk, &store, &whole()).await;
    let renamed = desk.good(&whole().replace("connections.erp", "connections.winmentor"));
    let error = plan(Some(&store), &renamed, false, 1_000).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("the stored connections erp are not in the file"), "{error}");
}

#[tokio::test]
async fn settings_come_back_as_the_engine_needs_them() {
    let desk = Desk::new();
    let store = desk.store().await;
    desk.put("mapping.toml", "[tables.category]\notherwise = 10\n");
    desk.put("vat.toml", "[classes]\nby_sku = { A = \"food\" }\n");
    let text = whole()
        + "[stock]\nbuffer_market = { SE = 4 }\n[bundles]\nK = { A = 2 }\n[mapping]\nfile = \"mapping.toml\"\n[vat]\nfile = \"vat.toml\"\n";
    applied(&desk, &store, &text).await;
    let id = VendorId::new("acme").unwrap();
    let stored = load(&store, &id).await.unwrap().unwrap();
    let vendor = &stored.vendor;
    assert_eq!(vendor.markets, [Market::Se, Market::Fi]);
    assert!(vendor.channel.accept_orders && vendor.channel.lowers_stock_itself);
    assert_eq!(
        (vendor.booking.order_booklet.as_str(), vendor.booking.first_document_number),
        ("CDN", 700_001)
    );
    assert_eq!(
        (vendor.customer(Market::Se), vendor.customer(Market::Fi)),
        ("BUYER-SE".to_owned(), "CDON-FI".to_owned())
    );
    assert_eq!(vendor.stock.buffer_market[&Market::Se], 4);
    let sku = |text: &str| Sku::new(text).unwrap();
    assert_eq!(vendor.parts(&sku("K")), [(sku("A"), 2)]);
    let category = &vendor.mapping.mapping().tables["category"];
    assert_eq!((vendor.mapping.version(), category.otherwise.clone()), (1, Some("10".into())));
    assert!(!vendor.mapping.mapping().offer.is_empty(), "what is stored is whole");
    assert_eq!(vendor.vat.class_of(&sku("A"), None, ""), "food");
    let rate = vendor
        .rates
        .rate_for(Currency::Sek, jiff::civil::date(2026, 3, 31), vendor.booking.rate_rule)
        .unwrap();
    assert_eq!(rate.ron_per_unit.to_string(), "0.46");
    assert_eq!(stored.connections[1].secrets["api_key"].expose_secret(), "erp-secret");
    assert_eq!(load(&store, &VendorId::new("nobody").unwrap()).await.unwrap().map(drop), None);
}

#[tokio::test]
async fn no_vendor_sees_the_rates_of_another() {
    let desk = Desk::new();
    let store = desk.store().await;
    desk.put("rates.csv", "date,currency,ron_per_unit\n2026-03-31,SEK,0.99\n2026-03-31,EUR,9.99\n");
    let text = whole().replace(RATES, "[rates]\nsource = \"bnr\"\nfile = \"rates.csv\"\n");
    applied(&desk, &store, &text).await;
    applied(&desk, &store, &whole().replace("\"acme\"", "\"other\"")).await;
    let rate = async |name: &str| {
        let stored = load(&store, &VendorId::new(name).unwrap()).await.unwrap().unwrap();
        let day = jiff::civil::date(2026, 4, 1);
        stored
            .vendor
            .rates
            .rate_for(Currency::Sek, day, stored.vendor.booking.rate_rule)
            .unwrap()
            .ron_per_unit
    };
    assert_eq!(rate("acme").await.to_string(), "0.99");
    assert_eq!(rate("other").await.to_string(), "0.46");
}

#[tokio::test]
async fn settings_of_another_shape_are_named() {
    let desk = Desk::new();
    let store = desk.store().await;
    applied(&desk, &store, &whole()).await;
    let id = VendorId::new("acme").unwrap();
    let record = VendorRecord {
        id: id.clone(),
        name: "Acme".to_owned(),
        settings: serde_json::json!({"stock": {"buffer": "many"}}),
        at_ms: 0,
    };
    store.put_vendor(&record).await.unwrap();
    let error = load(&store, &id).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("vendor `acme`: the stored settings of the vendor"), "{error}");
}
