//! A heartbeat in which nothing changed: every flow once over a whole catalogue that CDON has as WinMentor has it.
//!
//! `cargo bench --bench heartbeat` (100,000 articles; `ARTICLES=10000 cargo bench --bench heartbeat` for fewer)
//!
//! A first process publishes the catalogue; a fresh one is measured, the simulators are a third. Writes are counted in SQLite's
//! log. Baseline: the connector alone reading the same answers, in turn with the heartbeats. The memory held per article
//! is that of the fingerprints, averaged over many loaded caches; no actor of an unchanged article may be alive.

mod support;

use std::{path::Path, process::Command};

use anyhow::ensure;
use support::{
    engine::{Engine, HEARTBEAT, read_only},
    figure, median,
    process::{cpu_seconds, own_memory_mb},
    remotes::{Remotes, serve_if_asked},
    setting,
    table::{Target, digits, heading, line},
    wal::Log,
};
use vortex::{
    demo::vendor::{Addresses, VENDOR},
    flows::PrintCache,
};
use vortex_domain::VendorId;
use vortex_store::Store as _;

const ROUNDS: usize = 3;
/// Fingerprints loaded to weigh one: enough to stand out against what else moves in a process.
const WEIGHED: usize = 2_000_000;
const PREPARE: &str = "prepare";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if serve_if_asked().await? || prepare_if_asked().await? {
        return Ok(());
    }
    let articles = setting("ARTICLES", 100_000)?;
    let folder = tempfile::tempdir()?;
    let remotes = Remotes::start(articles)?;
    let Addresses { erp, channel, .. } = &remotes.addresses;
    let prepared = Command::new(std::env::current_exe()?)
        .args([PREPARE, &folder.path().display().to_string(), erp, channel])
        .status()?;
    ensure!(prepared.success(), "the catalogue could not be published");
    measure(folder.path(), &remotes.addresses).await
}

/// Publishes everything if this process was started for it; returns whether it was.
async fn prepare_if_asked() -> anyhow::Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [role, folder, erp, channel] = arguments.as_slice() else { return Ok(false) };
    if role != PREPARE {
        return Ok(false);
    }
    let addresses = Addresses { erp: erp.clone(), channel: channel.clone(), after_sale: None, banks: None };
    let engine = Engine::start(Path::new(folder), &addresses, None).await?;
    engine.publish_all().await?;
    for flow in HEARTBEAT {
        engine.run(flow).await?;
    }
    engine.publish_all().await?;
    engine.stop().await;
    Ok(true)
}

async fn measure(folder: &Path, addresses: &Addresses) -> anyhow::Result<()> {
    let engine = Engine::start(folder, addresses, None).await?;
    let fresh_mb = own_memory_mb("VmRSS");
    engine.first_runs().await?;
    let connectors = engine.connectors().await?;
    let articles = read_only(&connectors).await?;

    let before_mb = own_memory_mb("VmRSS");
    let (mut engine_s, mut reading_s) = (Vec::new(), Vec::new());
    let (mut commits, mut pages) = (0, 0);
    let cursors = engine.node.store.cursors(&VendorId::new(VENDOR)?).await?;
    for _ in 0..ROUNDS {
        let used = cpu_seconds();
        read_only(&connectors).await?;
        reading_s.push(cpu_seconds() - used);

        let (log, used) = (Log::read(folder)?, cpu_seconds());
        for flow in HEARTBEAT {
            let report = engine.run(flow).await?;
            ensure!(report.changed == 0, "`{flow}` found {} changes where there are none", report.changed);
        }
        engine_s.push(cpu_seconds() - used);
        let written = Log::read(folder)?.since(log);
        commits += written.0;
        pages += written.1;
    }
    let after_mb = own_memory_mb("VmRSS");
    let alive = engine.handle()?.directory.view().await?.skus;
    let moved: Vec<String> = engine
        .node
        .store
        .cursors(&VendorId::new(VENDOR)?)
        .await?
        .into_iter()
        .filter(|cursor| !cursors.contains(cursor))
        .map(|cursor| cursor.name)
        .collect();
    let held_bytes = fingerprint_bytes(&engine, articles).await?;

    heading(&format!("a heartbeat in which nothing changed, {articles} articles; {ROUNDS} rounds"));
    let beside = format!("{pages} pages in all; cursors moved: {}", moved.join(", "));
    let commits = f64::from(u32::try_from(commits)?) / figure(ROUNDS);
    line("commits per heartbeat", commits, "", Target::AtMost(0.0), &beside);
    let (whole, reading) = (median(engine_s), median(reading_s));
    let beside = format!("heartbeat {whole:.2} s, reading and parsing alone {reading:.2} s");
    line("processor time beyond parsing", whole - reading, "s", Target::AtMost(2.0), &beside);
    let beside = format!("target 16 to 64; {alive} SKU actors alive");
    line("memory held per unchanged article", held_bytes, "bytes", Target::AtMost(64.0), &beside);
    line("SKU actors alive afterwards", figure(alive), "", Target::AtMost(0.0), "");
    let beside = format!("before {} MB; fresh process {} MB", digits(before_mb), digits(fresh_mb));
    line("memory afterwards (VmRSS)", after_mb, "MB", Target::AtMost(before_mb * 1.1), &beside);
    line("memory at its peak (VmHWM)", own_memory_mb("VmHWM"), "MB", Target::None, "");
    engine.stop().await;
    Ok(())
}

/// What the fingerprints of one article take: the growth of the process by many caches, divided.
async fn fingerprint_bytes(engine: &Engine, articles: usize) -> anyhow::Result<f64> {
    let vendor = VendorId::new(VENDOR)?;
    let load = async || -> anyhow::Result<PrintCache> {
        let mut cache = PrintCache::default();
        cache.load(&*engine.node.store, &vendor).await?;
        Ok(cache)
    };
    // The first ones warm up the database's own caches.
    let mut caches = vec![load().await?, load().await?];
    let warm = caches.len();
    let before_mb = own_memory_mb("VmRSS");
    while (caches.len() - warm) * articles < WEIGHED {
        caches.push(load().await?);
    }
    let grown = (own_memory_mb("VmRSS") - before_mb) * 1_048_576.0;
    Ok(grown / figure((caches.len() - warm) * articles))
}
