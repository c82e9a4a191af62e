//! What a draft mapping would change: every article of a vendor, in four markets, by the live mapping and by the draft.
//!
//! `cargo bench --bench preview` (50,000 articles; `ARTICLES=5000 cargo bench --bench preview` for fewer)
//!
//! The rows are on disk in SQLite, with prices, classes, stock and a title. Baseline: reading the same rows, which no preview
//! can do without.

mod support;

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use rust_decimal::Decimal;
use support::{
    figure, setting,
    table::{Target, heading, line},
};
use tokio::time::Instant;
use vortex::{
    config::Environment,
    connectors,
    mapping::preview,
    node::sqlite_url,
    vendor_file::{self, VendorFile},
};
use vortex_domain::{
    ContentRow, Currency, ErpArticle, Sku, SkuState, StockLevel, Vendor, VendorId, mapping::Mapping,
    rates::RateTable, sku::StockRead,
};
use vortex_port::http::EgressPolicy;
use vortex_store::{
    OpenOptions, SqlStore, Store as _,
    rows::{SkuRow, Write},
    secrets::MasterKey,
};

const NOW_MS: i64 = 1_796_000_000_000;
const DRAFT: &str = "[[offer]]\nto = \"price\"\nfrom = [\"erp.price_gross\", \"erp.price_net\"]\n\
    steps = [\"vat_strip\", { convert = { margin_percent = 3 } }, \"vat_add\", { round = \"half_up\" }, { price_ending = \"nine\" }]\n\
    [[article]]\nto = \"title\"\nsteps = [{ template = \"{erp.name} {erp.class_name}\" }]\n";
const VENDOR: &str = "[vendor]\nid = \"bench\"\nname = \"Bench SRL\"\n\
    [connections.erp]\nkind = \"winmentor-bridge\"\nbase_url = \"https://erp.example.com\"\napi_key = { value = \"k\" }\n\
    [connections.erp.settings]\ncompany = \"B\"\n\
    [connections.cdon]\nkind = \"cdon\"\nbase_url = \"https://cdon.example.com/api\"\nmerchant_id = \"m\"\ntoken = { value = \"t\" }\n\
    [connections.cdon.settings]\nmarkets = [\"SE\", \"DK\", \"FI\", \"NO\"]\n\
    [rates]\nsource = \"fixed\"\nfixed = { SEK = 0.46, DKK = 0.68, NOK = 0.435, EUR = 5.07 }\n\
    [content]\nimage_url = \"https://img.example.com/{sku}.jpg\"\n\
    [mapping]\nfile = \"mapping.toml\"\n";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let articles = setting("ARTICLES", 50_000)?;
    let folder = tempfile::tempdir()?;
    let store = SqlStore::open(&sqlite_url(folder.path()), OpenOptions::new(MasterKey::generate()?)).await?;
    let live = vendor(&store, folder.path().to_owned()).await?;
    fill(&store, &live.0.id, articles).await?;
    let draft = Mapping::parse(DRAFT)?.over(live.0.mapping.mapping().clone()).compile(2, &live.1)?;
    let next = Vendor { mapping: Arc::new(draft), ..live.0.clone() };

    let started = Instant::now();
    read_only(&store, &live.0.id).await?;
    let reading_s = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let made = preview::run(&store, NOW_MS, Arc::new(live.0), Arc::new(next)).await?;
    let seconds = started.elapsed().as_secs_f64();
    anyhow::ensure!(made.articles == articles as u64 && made.changed == made.articles, "{made:?}");

    heading(&format!("preview of {articles} articles in 4 markets, two mappings each"));
    let beside = format!("{seconds:.1} s; reading the rows alone {reading_s:.1} s");
    line("articles compared", figure(articles) / seconds, "/s", Target::AtLeast(5_000.0), &beside);
    store.close().await;
    Ok(())
}

async fn vendor(
    store: &SqlStore,
    folder: PathBuf,
) -> anyhow::Result<(Vendor, vortex_domain::mapping::Schemas)> {
    let path = folder.join("vendor.toml");
    std::fs::write(&path, VENDOR)?;
    std::fs::write(folder.join("mapping.toml"), "[tables.category]\notherwise = \"1124\"\n")?;
    let egress = EgressPolicy::default();
    let file = VendorFile::read(&path, &Environment::Given([].into()), &egress)?;
    let plan = vendor_file::plan(Some(store), &file, false, 1).await?;
    vendor_file::write(store, &file, plan, false, 1).await?;
    let stored = vendor_file::load(store, &file.id).await?.context("no vendor")?;
    let rates =
        [Currency::Sek, Currency::Dkk, Currency::Nok, Currency::Eur].map(|c| (c, Decimal::new(61, 2)));
    let vendor = Vendor { rates: Arc::new(RateTable::fixed(rates)?), ..stored.vendor };
    Ok((vendor, connectors::schemas(&stored.connections)))
}

async fn fill(store: &SqlStore, vendor: &VendorId, articles: usize) -> anyhow::Result<()> {
    let numbers: Vec<usize> = (0..articles).collect();
    for wave in numbers.chunks(2_000) {
        let mut changes = Vec::with_capacity(wave.len());
        for &n in wave {
            let sku = Sku::new(format!("B-{n:06}"))?;
            let mut state = SkuState::new(sku.clone());
            state.article = Some(ErpArticle {
                sku: sku.clone(),
                name: format!("Ciocan de lemn, model {n}, cu mâner lung și cap rotund"),
                unit: "Buc".to_owned(),
                class_code: format!("C{}", n % 40),
                class_name: format!("Clasa {}", n % 40),
                producer: "Producător SRL".to_owned(),
                price_net: None,
                price_gross: Some(Decimal::new(1_000 + i64::try_from(n % 90_000)?, 2)),
                vat_percent: Some(Decimal::new(21, 0)),
                service: false,
                weight_kg: Some(Decimal::new(1_250, 3)),
                customs_code: "44170000".to_owned(),
            });
            state.stock = Some(StockRead {
                level: StockLevel { on_hand_milli: 7_000, reserved_milli: 0 },
                read_ms: NOW_MS,
            });
            state.channel.quantity.accepted = Some(7);
            let content = ContentRow {
                sku,
                language: None,
                title: Some(format!("Hammer {n}")),
                description: Some("A hammer for every day and for the days after it.".to_owned()),
                category: None,
                images: Vec::new(),
                gtin: None,
                brand: None,
            };
            let row = SkuRow {
                vendor: vendor.clone(),
                version: 1,
                state,
                article_print: 1,
                stock_print: 1,
                at_ms: 1,
            };
            changes.push(vec![Write::Sku(Box::new(row)), Write::Content(vendor.clone(), Box::new(content))]);
        }
        store.commit(&changes).await?;
    }
    Ok(())
}

async fn read_only(store: &SqlStore, vendor: &VendorId) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store.prints(vendor, after.as_ref(), 500).await?;
        let skus: Vec<Sku> = page.into_iter().map(|print| print.sku).collect();
        let Some(last) = skus.last() else { return Ok(()) };
        after = Some(last.clone());
        store.load_skus(vendor, &skus).await?;
    }
}
