//! `vortex demo`: the whole job on one machine, against simulators of WinMentor and CDON.

mod vendor;
mod world;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::time::Instant;
pub use world::{World, WorldOptions};

use crate::{audit::Audit, cli::shutdown};

/// A run that is not quiet after so long has failed.
const QUIET_LIMIT: Duration = Duration::from_mins(5);

/// What the demo is asked to do.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Run everything once, audit, and end.
    pub once: bool,
    /// Print the summary as one JSON object.
    pub json: bool,
    /// Units that customers buy.
    pub orders: u32,
    /// Decides catalogue, buyers and faults.
    pub seed: u64,
    /// Let the remotes misbehave while the work is done.
    pub faults: bool,
    /// Keep the database here instead of in a temporary folder.
    pub data: Option<PathBuf>,
}

/// The last line of `demo --once --json` (contract.md). Parts that are not built yet report null.
#[derive(Debug, Serialize)]
struct Summary {
    ok: bool,
    #[serde(flatten)]
    audit: Audit,
    awbs: Option<u64>,
    tracking_on_channel: Option<u64>,
    invoices_archived: Option<u64>,
    returns_reconciled: Option<u64>,
    faults_injected: u64,
    seconds: f64,
}

/// Runs the demo. Returns whether every promise held.
pub async fn run(options: DemoOptions) -> anyhow::Result<bool> {
    let folder = match &options.data {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
            Folder::Kept(folder.clone())
        }
        None => Folder::Temporary(tempfile::tempdir()?),
    };
    let world = World::start(WorldOptions::new(folder.path(), options.seed)).await?;
    if options.once { once(world, &options).await } else { stay(world, &options).await }
}

enum Folder {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Folder {
    fn path(&self) -> PathBuf {
        match self {
            Self::Kept(path) => path.clone(),
            Self::Temporary(dir) => dir.path().to_owned(),
        }
    }
}

async fn once(world: World, options: &DemoOptions) -> anyhow::Result<bool> {
    let started = Instant::now();
    let progress = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{elapsed} {msg}")?);
    let say = |text: &str| {
        progress.set_message(text.to_owned());
        progress.tick();
    };

    say("reading WinMentor, publishing to CDON");
    if options.faults {
        world.misbehave();
    }
    world.publish_all(QUIET_LIMIT).await?;
    let mut bought = 0;
    while bought < options.orders {
        let burst = (options.orders - bought).min(25);
        bought += world.buy(burst)?;
        say(&format!("{bought} of {} units bought", options.orders));
        world.run_flows().await;
    }
    if options.faults {
        world.behave();
    }
    say("waiting until everything is quiet");
    let audit = world.settle(QUIET_LIMIT, &|text| say(text)).await?;
    progress.finish_and_clear();
    let summary = Summary {
        ok: audit.is_clean() && (audit.orders_placed > 0) == (options.orders > 0),
        awbs: None,
        tracking_on_channel: None,
        invoices_archived: None,
        returns_reconciled: None,
        faults_injected: world.faults_injected(),
        seconds: started.elapsed().as_secs_f64(),
        audit,
    };
    world.stop().await;
    print(&summary, options.json)?;
    Ok(summary.ok)
}

#[expect(clippy::print_stdout, reason = "the summary is the command's result")]
fn print(summary: &Summary, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(summary)?);
        return Ok(());
    }
    let audit = &summary.audit;
    println!("CDON orders placed          {:>8}", audit.orders_placed);
    println!(
        "sales orders in WinMentor   {:>8}   duplicates {}, lost {}",
        audit.erp_orders, audit.duplicates, audit.lost
    );
    println!(
        "articles for sale on CDON   {:>8}   wrongly listed {}",
        audit.skus_published, audit.listing_wrong
    );
    println!(
        "wrong stock / price / money {:>8}",
        format!("{} / {} / {}", audit.stock_wrong, audit.prices_wrong, audit.money_wrong)
    );
    println!("oversold by us              {:>8}", audit.oversold);
    println!("waiting for a person        {:>8}", audit.attention);
    println!("faults injected             {:>8}", summary.faults_injected);
    for item in &audit.attention_items {
        println!("  person: {item}");
    }
    for difference in &audit.differences {
        println!("  difference: {difference}");
    }
    let verdict = if summary.ok { "every promise held" } else { "A PROMISE WAS BROKEN" };
    println!("{verdict} ({:.1} s)", summary.seconds);
    Ok(())
}

/// Stays up, with customers buying now and then.
#[expect(clippy::print_stdout, reason = "the address and the token are the command's result")]
#[expect(clippy::disallowed_methods, reason = "customers take their time; no actor")]
async fn stay(world: World, options: &DemoOptions) -> anyhow::Result<bool> {
    if options.faults {
        world.misbehave();
    }
    let stop = shutdown::requested()?;
    let (address, token, server) = world.serve_api().await?;
    println!("API      http://{address}/api/v1   (OpenAPI: http://{address}/api/openapi.json)");
    println!("token    {token}");
    println!("CDON     {}", world.channel.control_url());
    println!("WinMentor {}/control", world.erp.base_url());
    println!("Ctrl-C ends the demo.");
    tokio::pin!(stop);
    let mut left = options.orders;
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(Duration::from_secs(5)) => {
                if left > 0 && world.buy(1)? > 0 {
                    left -= 1;
                    world.wake_orders();
                }
            }
        }
    }
    server.abort();
    world.stop().await;
    Ok(true)
}
