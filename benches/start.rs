//! Cold start to ready, and memory of a service that has nothing to do.
//!
//! `cargo bench --bench start` (100,000 articles and 10,000 orders; `ARTICLES=10000 ORDERS=1000` for fewer)
//!
//! The real binary, `vortex serve`, from its start until `/readyz` says yes. The database is filled by bulk writes; the vendor's remotes do not
//! answer, so that nothing is read. Every start after the first follows a `kill -9`; the files are in the system's cache. Baseline: the
//! same binary over an empty database.

mod support;

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use rust_decimal::Decimal;
use support::{
    engine::{Engine, config_path, configure},
    http_load::Connection,
    median,
    process::memory_mb,
    setting,
    table::{Target, digits, heading, line},
    wait,
};
use tokio::time::Instant;
use vortex::{
    demo::vendor::{Addresses, VENDOR},
    flow::Scope,
};
use vortex_domain::{
    ChannelOrder, ChannelState, Clock as _, Currency, ErpArticle, Market, Money, Order, OrderId, Sku,
    SkuState, Stage, StockLevel, SystemClock, VendorId,
    order::{Address, Document},
    sales::business_date,
    sku::StockRead,
};
use vortex_entities::Flow;
use vortex_store::{
    SqlStore, Store as _, Verdict,
    rows::{OrderRow, SkuRow, Write},
};

const ROUNDS: usize = 5;
/// Rows in one transaction.
const CHUNK: usize = 2_000;
/// After so long everything that a start sets off has run.
const IDLE_AFTER: Duration = Duration::from_secs(20);
const DAY_MS: i64 = 86_400_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (articles, orders) = (setting("ARTICLES", 100_000)?, setting("ORDERS", 10_000)?);
    let (empty, full) = (tempfile::tempdir()?, tempfile::tempdir()?);
    for folder in [&empty, &full] {
        prepare(folder.path()).await?;
    }
    fill(full.path(), articles, orders).await?;

    let (mut empty_ms, mut full_ms) = (Vec::new(), Vec::new());
    let (mut ready_mb, mut idle_mb) = (f64::NAN, [f64::NAN; 2]);
    for round in 1..=ROUNDS {
        for (place, (folder, times)) in
            [(&empty, &mut empty_ms), (&full, &mut full_ms)].into_iter().enumerate()
        {
            let mut service = Service::start(folder.path())?;
            times.push(service.ready().await?.as_secs_f64() * 1_000.0);
            ready_mb = service.memory_mb();
            if round == ROUNDS {
                wait(IDLE_AFTER).await;
                idle_mb[place] = service.memory_mb();
            }
        }
    }
    heading(&format!("start with {articles} articles and {orders} orders; median of {ROUNDS}"));
    let beside = format!("empty database {} ms", digits(median(empty_ms)));
    line("cold start to ready", median(full_ms), "ms", Target::AtMost(1_000.0), &beside);
    let beside = format!("empty database {} MB; when ready {} MB", digits(idle_mb[0]), digits(ready_mb));
    line("memory when idle (VmRSS)", idle_mb[1], "MB", Target::AtMost(80.0), &beside);
    Ok(())
}

/// The service as a process; killed with this value.
struct Service {
    child: Child,
    address: SocketAddr,
    started: Instant,
}

impl Service {
    fn start(folder: &Path) -> anyhow::Result<Self> {
        // Chosen at the last moment, so that nobody else takes it.
        let port = free_port()?;
        configure(folder, None, port)?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let started = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_vortex"))
            .args(["serve", "--config"])
            .arg(config_path(folder))
            .env("RUST_LOG", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { child, address, started })
    }

    async fn ready(&mut self) -> anyhow::Result<Duration> {
        while self.started.elapsed() < Duration::from_mins(1) {
            if let Ok(mut connection) = Connection::open(self.address).await
                && let Ok(200) = connection.exchange(b"GET /readyz HTTP/1.1\r\nhost: bench\r\n\r\n").await
            {
                return Ok(self.started.elapsed());
            }
            ensure!(self.child.try_wait()?.is_none(), "the service has ended by itself");
            wait(Duration::from_millis(2)).await;
        }
        bail!("the service is not ready after a minute")
    }

    fn memory_mb(&self) -> f64 {
        memory_mb(self.child.id(), "VmRSS")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended is as it should be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Stores the vendor, and lets the engine note by which settings everything (still nothing) is computed.
async fn prepare(folder: &Path) -> anyhow::Result<()> {
    let nowhere = format!("http://127.0.0.1:{}", free_port()?);
    let addresses = Addresses { erp: nowhere.clone(), channel: nowhere, after_sale: None, banks: None };
    let engine = Engine::start(folder, &addresses, None).await?;
    // It stops at the channel, which does not answer; the settings come before.
    engine.handle()?.hub.run(Flow::Reconcile, Scope::default()).await.context("no such flow")?;
    engine.stop().await;
    Ok(())
}

async fn fill(folder: &Path, articles: usize, orders: usize) -> anyhow::Result<()> {
    let config = configure(folder, None, 0)?;
    let store = SqlStore::open(&config.database.url, config.open_options()?).await?;
    let now_ms = SystemClock.now_ms();
    let mut changes = Vec::with_capacity(CHUNK);
    let skus = (0..articles).map(|number| sku_row(number, now_ms).map(|row| Write::Sku(Box::new(row))));
    let rows = skus.chain((0..orders).map(|n| order_row(n, now_ms).map(|row| Write::Order(Box::new(row)))));
    for (number, row) in rows.enumerate() {
        changes.push(vec![row?]);
        if changes.len() == CHUNK || number + 1 == articles + orders {
            let verdicts = store.commit(&changes).await?;
            ensure!(verdicts.iter().all(|verdict| *verdict == Verdict::Durable), "rows were refused");
            changes.clear();
        }
    }
    store.close().await;
    Ok(())
}

fn sku(number: usize) -> anyhow::Result<Sku> {
    Ok(Sku::new(format!("ART-{number:06}"))?)
}

/// An article that CDON has as it should be.
fn sku_row(number: usize, now_ms: i64) -> anyhow::Result<SkuRow> {
    let sku = sku(number)?;
    let mut state = SkuState::new(sku.clone());
    state.article = Some(ErpArticle {
        sku,
        name: format!("Set lenjerie de pat {number}, bumbac satinat, 6 piese"),
        unit: "Buc".to_owned(),
        class_code: "TEXTILE".to_owned(),
        class_name: "Textile pentru casă".to_owned(),
        producer: "Megzo".to_owned(),
        price_net: Some(Decimal::new(15_900, 2)),
        price_gross: Some(Decimal::new(19_239, 2)),
        vat_percent: Some(Decimal::from(21)),
        service: false,
        weight_kg: Some(Decimal::new(125, 2)),
        customs_code: "63022100".to_owned(),
    });
    let level = StockLevel { on_hand_milli: 12_000, reserved_milli: 0 };
    state.stock = Some(StockRead { level, read_ms: now_ms });
    state.channel.listed = true;
    state.channel.article_id = Some(format!("{number:08x}-0000-4000-8000-000000000000"));
    state.channel.listing.accepted = Some(u64::try_from(number)?);
    state.channel.prices.accepted = Some(u64::try_from(number)?);
    state.channel.quantity.accepted = Some(11);
    let print = i64::try_from(number)? * 2 + 1;
    let vendor = VendorId::new(VENDOR)?;
    Ok(SkuRow { vendor, version: 1, state, article_print: print, stock_print: print, at_ms: now_ms })
}

/// An order that was shipped long ago.
fn order_row(number: usize, now_ms: i64) -> anyhow::Result<OrderRow> {
    let since_ms = now_ms - 60 * DAY_MS;
    let net = Money::minor(31_920, Currency::Sek);
    let channel = ChannelOrder {
        id: OrderId::new(format!("order-{number:06}"))?,
        basket: None,
        sku: sku(number)?,
        quantity: 1,
        net,
        vat: Money::minor(7_980, Currency::Sek),
        vat_rate: Decimal::new(25, 2),
        market: Market::Se,
        state: ChannelState::Fulfilled,
        created_at_ms: since_ms,
        updated_at_ms: since_ms,
        deadline_ms: Some(since_ms + 7 * DAY_MS),
        ship_to: Address {
            name: "Anna Andersson".to_owned(),
            city: "Göteborg".to_owned(),
            ..Address::default()
        },
        tracking: Vec::new(),
    };
    let mut state = Order::arrived(channel, since_ms);
    state.stage = Stage::Booked { since_ms, copies: 1, absent_ms: None, vanished: false };
    let number = 500_001 + i64::try_from(number)?;
    state.document = Some(Document { number, booklet: "CDON".to_owned(), date: business_date(since_ms) });
    Ok(OrderRow { vendor: VendorId::new(VENDOR)?, version: 1, state, at_ms: since_ms })
}
