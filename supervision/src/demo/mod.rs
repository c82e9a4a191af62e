//! `vortex demo`: the whole job on one machine, against simulators of WinMentor, CDON, DHL and the central banks.

pub mod vendor;
mod world;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::time::Instant;
pub use vendor::{PUSH_KEY, PUSH_TOKEN};
pub use world::{LOGIN, Remotes, Served, World, WorldOptions};

use crate::{audit::Audit, cli::shutdown, node::watch_vendors};

/// A run that is not quiet after so long has failed.
const QUIET_LIMIT: Duration = Duration::from_mins(5);

/// Of twenty orders one is cancelled on its way, and one of those delivered comes back.
const ONE_IN: u32 = 20;

/// What the demo is asked to do.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Run everything once, audit, and end.
    pub once: bool,
    /// Print the summary as one JSON object.
    pub json: bool,
    /// Units that customers buy.
    pub orders: u32,
    /// Articles that WinMentor has.
    pub articles: u32,
    /// Decides catalogue, buyers and faults.
    pub seed: u64,
    /// Let the remotes misbehave while the work is done.
    pub faults: bool,
    /// Keep the database here instead of in a temporary folder.
    pub data: Option<PathBuf>,
}

/// The last line of `demo --once --json` (contract.md).
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Every promise held.
    pub ok: bool,
    /// All sides, compared one to one.
    #[serde(flatten)]
    pub audit: Audit,
    /// Orders that CDON cancelled on their way.
    pub cancelled: usize,
    /// Parcels that came back.
    pub returned: usize,
    /// Invoices and stornos that WinMentor has made.
    pub invoices_issued: usize,
    /// Requests that met a fault.
    pub faults_injected: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Runs the demo. Returns whether every promise held.
pub async fn run(options: DemoOptions) -> anyhow::Result<bool> {
    if options.once {
        let summary = rehearse(&options).await?;
        print(&summary, options.json)?;
        return Ok(summary.ok);
    }
    let folder = folder(&options)?;
    let world = World::start(world_options(&options, folder.path())).await?;
    stay(world, &options).await
}

/// Does the whole job once, and compares all sides.
pub async fn rehearse(options: &DemoOptions) -> anyhow::Result<Summary> {
    let folder = folder(options)?;
    let world = World::start(world_options(options, folder.path())).await?;
    once(world, options).await
}

fn world_options(options: &DemoOptions, folder: PathBuf) -> WorldOptions {
    WorldOptions { articles: options.articles as usize, ..WorldOptions::new(folder, options.seed) }
}

fn folder(options: &DemoOptions) -> anyhow::Result<Folder> {
    Ok(match &options.data {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
            Folder::Kept(folder.clone())
        }
        None => Folder::Temporary(tempfile::tempdir()?),
    })
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

async fn once(world: World, options: &DemoOptions) -> anyhow::Result<Summary> {
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
    let (mut bought, mut cancelled) = (0, 0);
    while bought < options.orders {
        let burst = (options.orders - bought).min(25);
        bought += world.buy(burst)?;
        say(&format!("{bought} of {} units bought", options.orders));
        world.run_flows().await;
        cancelled += world.cancel(burst.div_ceil(ONE_IN) as usize);
    }
    if options.faults {
        world.behave();
    }
    say("waiting until everything is quiet");
    world.settle(QUIET_LIMIT, &|text| say(text)).await?;
    world.clerk_invoices(QUIET_LIMIT).await;
    world.settle(QUIET_LIMIT, &|text| say(text)).await?;
    world.people_follow().await?;
    let returned = world.take_back((options.orders / ONE_IN) as usize).await?;
    say("parcels come back");
    let audit = world.settle(QUIET_LIMIT, &|text| say(text)).await?;
    progress.finish_and_clear();
    let summary = Summary {
        ok: audit.is_clean() && (audit.orders_placed > 0) == (options.orders > 0),
        cancelled,
        returned,
        invoices_issued: world.erp.invoices().iter().map(|invoice| 1 + invoice.stornos.len()).sum(),
        faults_injected: world.faults_injected(),
        seconds: started.elapsed().as_secs_f64(),
        audit,
    };
    world.stop().await;
    Ok(summary)
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
    println!(
        "waybills minted by DHL      {:>8}   surplus {}, wrong {}",
        audit.awbs, audit.awb_duplicates, audit.awb_wrong
    );
    println!(
        "tracking shown on CDON      {:>8}   wrong {}, not sent {}",
        audit.tracking_on_channel, audit.tracking_wrong, audit.unshipped
    );
    println!(
        "invoices kept               {:>8}   wrong or missing {}",
        audit.invoices_archived, audit.invoices_wrong
    );
    println!(
        "returns reconciled          {:>8}   wrong {}; cancelled on the way {}",
        audit.returns_reconciled, audit.returns_wrong, summary.cancelled
    );
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
#[expect(clippy::print_stdout, reason = "addresses, log-in and token are the command's result")]
#[expect(clippy::disallowed_methods, reason = "customers take their time; no actor")]
async fn stay(world: World, options: &DemoOptions) -> anyhow::Result<bool> {
    if options.faults {
        world.misbehave();
    }
    let stop = shutdown::requested()?;
    let Served { address, token, password, server } = world.serve_api().await?;
    println!("panel    http://{address}/   (sign in as `{LOGIN}` with `{password}`)");
    println!("API      http://{address}/api/v1   (OpenAPI: http://{address}/api/openapi.json)");
    println!("token    {token}");
    println!("CDON     {}", world.channel.control_url());
    println!("WinMentor {}/control", world.erp.base_url());
    println!("DHL      {}", world.courier.control_url());
    println!("banks    {}/control", world.banks.base_url());
    println!("Ctrl-C ends the demo.");
    let watching = tokio::spawn(watch_vendors(world.node.starter().clone()));
    tokio::pin!(stop);
    let mut left = options.orders;
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(Duration::from_secs(5)) => {
                world.read_rates().await?;
                if left > 0 && world.buy(1)? > 0 {
                    left -= 1;
                    world.wake_orders();
                }
            }
        }
    }
    watching.abort();
    server.abort();
    world.stop().await;
    Ok(true)
}
