//! Durable reservations per second: actors and group commit against the usual way.
//!
//! `cargo bench --bench reservations`
//!
//! * Usual way: `pgbench`, 32 clients, prepared; one transaction with the reservation's row and a conditional UPDATE of the SKU's
//!   counter, `fsync=on`.
//! * Ours: 256 callers. Each asks the SKU's actor for units, which decides in memory (below zero never), and puts the
//!   reservation's row on disk through the journal before it counts: the protocol of an order, without the order.
//!
//! Rounds alternate between the ways, figures are medians; client, service and database share the machine. After the last round the
//! rows on disk are counted: every acknowledged reservation must be there.

mod support;

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use support::{
    engine::Engine,
    figure, medians, percentile_ms,
    postgres::Postgres,
    remotes::{Remotes, serve_if_asked},
    setting,
    table::{Target, digits, heading, line},
    wait,
};
use tokio::time::Instant;
use vortex::tree::VendorHandle;
use vortex_domain::{
    OrderId, Sku, StockLevel,
    sku::{SkuEvent, StockRead},
};
use vortex_entities::{Seams, SkuMsg, seams::gather, sku::Observation};
use vortex_store::{
    Change, Store as _,
    rows::{ReservationRow, ReservationState, Write},
};

const CALLERS: usize = 256;
const CLIENTS: u32 = 32;
const SKUS: usize = 10_000;
const ROUNDS: usize = 3;

const SCHEMA: &str = "CREATE TABLE sku (id int PRIMARY KEY, on_hand bigint NOT NULL, reserved bigint NOT NULL DEFAULT 0); \
    CREATE TABLE reservation (order_id text, sku_id int, qty bigint NOT NULL, PRIMARY KEY (order_id, sku_id)); \
    INSERT INTO sku SELECT n, 1000000000 FROM generate_series(1, 10000) n; CREATE SEQUENCE orders CACHE 100;";

/// One reservation the usual way, of one of the first `skus`.
fn usual(skus: usize) -> String {
    format!(
        "\\set s random(1, {skus})\nBEGIN;\n\
         INSERT INTO reservation VALUES ('o' || nextval('orders'), :s, 1) ON CONFLICT DO NOTHING;\n\
         UPDATE sku SET reserved = reserved + 1 WHERE id = :s AND on_hand - reserved >= 1;\nCOMMIT;\n"
    )
}

/// A database of ours with stocked SKUs.
struct Ours {
    name: &'static str,
    /// Times the usual way that are wanted, of one SKU and of many.
    targets: [f64; 2],
    engine: Engine,
    handle: VendorHandle,
    skus: Arc<Vec<Sku>>,
    given: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

impl Ours {
    async fn start(
        name: &'static str,
        targets: [f64; 2],
        remotes: &Remotes,
        url: Option<&str>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let engine = Engine::start(folder.path(), &remotes.addresses, url).await?;
        engine.first_runs().await?;
        let handle = engine.handle()?;
        let skus = (0..=SKUS).map(|n| Sku::new(format!("BENCH-{n:05}"))).collect::<Result<Vec<_>, _>>()?;
        let level = StockLevel { on_hand_milli: 1_000_000_000_000, reserved_milli: 0 };
        let read_ms = engine.node.seams.clock.now_ms();
        let stocked = gather(|acks| {
            let observation = Observation {
                event: SkuEvent::StockRead(StockRead { level, read_ms }),
                article_print: None,
                stock_print: Some(3),
            };
            let message = |sku: &Sku| (sku.clone(), SkuMsg::Observed(observation.clone(), acks.clone()));
            handle.directory.to_skus(skus.iter().map(message).collect());
        })
        .await;
        ensure!(stocked.len() == SKUS + 1, "only {} SKUs could be stocked", stocked.len());
        let (skus, given) = (Arc::new(skus), Arc::default());
        Ok(Self { name, targets, engine, handle, skus, given, _folder: folder })
    }

    /// Reservations per second over these SKUs, and their p99, milliseconds.
    async fn run(&self, skus: Range<usize>, time: Duration) -> anyhow::Result<(f64, f64)> {
        let stop = Arc::new(AtomicBool::new(false));
        let started = Instant::now();
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (stop, handle, all) = (stop.clone(), self.handle.clone(), self.skus.clone());
                let skus = skus.clone();
                let (seams, given) = (self.engine.node.seams.clone(), self.given.clone());
                tokio::spawn(async move {
                    let mut times = Vec::new();
                    let mut place = caller;
                    while !stop.load(Ordering::Relaxed) {
                        // Steps through all SKUs, a different order of them per caller.
                        place = (place + 7_919 + caller) % skus.len();
                        let number = given.fetch_add(1, Ordering::Relaxed);
                        let begun = Instant::now();
                        reserve(&seams, &handle, &all[skus.start + place], number).await?;
                        times.push(begun.elapsed());
                    }
                    anyhow::Ok(times)
                })
            })
            .collect();
        wait(time).await;
        stop.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for caller in callers {
            times.extend(caller.await??);
        }
        let seconds = started.elapsed().as_secs_f64();
        Ok((figure(times.len()) / seconds, percentile_ms(&mut times, 0.99)))
    }

    /// Every acknowledged unit is in rows.
    async fn check(&self) -> anyhow::Result<()> {
        let mut stored = 0;
        for chunk in self.skus.chunks(500) {
            let rows = self.engine.node.store.load_skus(&self.handle.vendor.id, chunk).await?;
            stored += rows.iter().map(|rows| rows.reservations.len() as u64).sum::<u64>();
        }
        let given = self.given.load(Ordering::Relaxed);
        ensure!(stored == given, "{given} acknowledged, {stored} on disk");
        println!("  {}: {given} acknowledged, {stored} on disk", self.name);
        Ok(())
    }
}

async fn reserve(seams: &Seams, handle: &VendorHandle, sku: &Sku, number: u64) -> anyhow::Result<()> {
    let order = OrderId::new(format!("bench-{number}"))?;
    let asked = order.clone();
    let supply = handle
        .directory
        .ask_sku(sku, |reply| SkuMsg::Hold { order: asked, qty: 1, sold: true, reply })
        .await?;
    ensure!(supply.available >= 1, "the SKU is sold out");
    let row = ReservationRow {
        vendor: handle.vendor.id.clone(),
        order,
        sku: sku.clone(),
        qty: 1,
        state: ReservationState::Open,
        since_ms: seams.clock.now_ms(),
    };
    seams.journal.write(Change::of(vec![Write::Reservation(row)])).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if serve_if_asked().await? {
        return Ok(());
    }
    let seconds = u32::try_from(setting("SECONDS", 3)?)?;
    let server = Postgres::start()?;
    let remotes = Remotes::start(40)?;
    let mut ours = vec![Ours::start("SQLite, synchronous=FULL", [20.0, 5.0], &remotes, None).await?];
    if let Some(server) = &server {
        server.database("usual")?;
        server.sql("usual", SCHEMA)?;
        let url = server.database("ours")?;
        ours.push(Ours::start("PostgreSQL, fsync=on", [30.0, 6.0], &remotes, Some(&url)).await?);
    }
    let title = format!(
        "durable reservations, {CALLERS} callers; median of {ROUNDS} interleaved rounds of {seconds} s"
    );
    heading(&title);
    for (place, (title, skus)) in
        [("one hot SKU", 0..1), ("10,000 SKUs", 1..SKUS + 1)].into_iter().enumerate()
    {
        let mut usual_rounds = Vec::new();
        let mut rounds = vec![Vec::new(); ours.len()];
        for _ in 0..ROUNDS {
            if let Some(server) = &server {
                usual_rounds.push(server.pgbench("usual", &usual(skus.len()), CLIENTS, seconds)?);
            }
            for (way, rounds) in ours.iter().zip(&mut rounds) {
                rounds.push(way.run(skus.clone(), Duration::from_secs(u64::from(seconds))).await?);
            }
        }
        let (base, base_p99) = medians(&usual_rounds);
        for (way, rounds) in ours.iter().zip(&rounds) {
            let (rate, p99) = medians(rounds);
            let beside =
                format!("usual way, {CLIENTS} clients: {}/s, p99 {} ms", digits(base), digits(base_p99));
            line(&format!("{title}: {}", way.name), rate, "/s", Target::None, &beside);
            line("  times the usual way", rate / base, "times", Target::AtLeast(way.targets[place]), "");
            line("  p99", p99, "ms", Target::AtMost(25.0), "");
        }
    }
    for way in &ours {
        way.check().await.context(way.name)?;
    }
    for way in ours {
        way.engine.stop().await;
    }
    Ok(())
}
