//! How many small durable changes per second: `cargo run --release -p vortex-store --example journal_rate [url]`.
//!
//! Each submitter reserves a unit of one SKU for a new order and waits until that is durable. Without a URL it measures
//! SQLite (`synchronous=FULL`) in a temporary folder.

use std::{error::Error, sync::Arc, time::Duration};

use tokio::time::Instant;
use vortex_domain::{OrderId, Sku, VendorId};
use vortex_store::{
    Change, Journal, OpenOptions, SqlStore,
    rows::{ReservationRow, ReservationState, Write},
    secrets::MasterKey,
};

/// How long each round runs.
const ROUND: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let url =
        std::env::args().nth(1).unwrap_or_else(|| format!("sqlite:{}", dir.path().join("rate.db").display()));
    let store = Arc::new(SqlStore::open(&url, OpenOptions::new(MasterKey::generate()?)).await?);
    let (journal, writer) = Journal::start(store.clone());
    println!("submitters  changes/s  p50 ms  p99 ms");
    for submitters in [32, 256, 2_048] {
        let mut waits = round(&journal, submitters).await?;
        waits.sort_unstable();
        let at = |share: usize| {
            waits.get(waits.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        let rate = waits.len() as u64 / ROUND.as_secs();
        println!("{submitters:>10}  {rate:>9}  {:>6.1}  {:>6.1}", at(50), at(99));
    }
    drop(journal);
    writer.await?;
    store.close().await;
    Ok(())
}

async fn round(journal: &Journal, submitters: usize) -> Result<Vec<Duration>, Box<dyn Error>> {
    let vendor = VendorId::new("acme")?;
    let end = Instant::now() + ROUND;
    let tasks: Vec<_> = (0..submitters)
        .map(|submitter| {
            let (journal, vendor) = (journal.clone(), vendor.clone());
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while Instant::now() < end {
                    let write =
                        reservation(&vendor, submitters, submitter, waits.len()).ok_or("not an id")?;
                    let asked = Instant::now();
                    journal.write(Change::of(vec![write])).await.map_err(|_| "not durable")?;
                    waits.push(asked.elapsed());
                }
                Ok::<_, &str>(waits)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}

fn reservation(vendor: &VendorId, round: usize, submitter: usize, turn: usize) -> Option<Write> {
    let order = OrderId::new(format!("o-{round}-{submitter}-{turn}")).ok()?;
    let sku = Sku::new(format!("S{:05}", (submitter * 7_919 + turn) % 10_000)).ok()?;
    let (state, since_ms) = (ReservationState::Open, 0);
    Some(Write::Reservation(ReservationRow { vendor: vendor.clone(), order, sku, qty: 1, state, since_ms }))
}
