//! WinMentor and CDON in a process of their own, so that memory and processor time of the bench's process are the engine's.
//!
//! The bench starts itself again with `remotes <articles>`; that process says where it listens, then answers one number per
//! line of its input, and ends with its input.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, bail};
use vortex::demo::vendor::{API_KEY, Addresses, MERCHANT, TOKEN};
use vortex_simulators::{
    LogTarget,
    cdon::{CdonSim, CdonSimOptions},
    winmentor::{WinMentorSim, WinMentorSimOptions},
};

const ROLE: &str = "remotes";

/// The running simulators; they end with this value.
pub(crate) struct Remotes {
    pub(crate) addresses: Addresses,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Remotes {
    pub(crate) fn start(articles: usize) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([ROLE, &articles.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let (erp, channel) = line.trim().split_once(' ').context("the simulators do not start")?;
        let addresses =
            Addresses { erp: erp.to_owned(), channel: channel.to_owned(), after_sale: None, banks: None };
        Ok(Self { addresses, child, input, output })
    }

    /// Customers place so many orders of one unit each. Returns how many could be placed.
    pub(crate) fn buy(&mut self, orders: usize) -> anyhow::Result<usize> {
        self.ask(&format!("buy {orders}"))
    }

    /// Every call of the bridge takes so long from now on.
    pub(crate) fn slow_down(&mut self, latency_ms: usize) -> anyhow::Result<usize> {
        self.ask(&format!("latency {latency_ms}"))
    }

    /// Orders that WinMentor has.
    pub(crate) fn booked(&mut self) -> anyhow::Result<usize> {
        self.ask("booked")
    }

    /// Articles that CDON has.
    pub(crate) fn listed(&mut self) -> anyhow::Result<usize> {
        self.ask("listed")
    }

    fn ask(&mut self, command: &str) -> anyhow::Result<usize> {
        let input = self.input.as_mut().context("no input")?;
        writeln!(input, "{command}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        line.trim().parse().with_context(|| format!("the simulators ended at `{command}`"))
    }
}

impl Drop for Remotes {
    fn drop(&mut self) {
        // Closing its input is what the process waits for.
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// Plays the remotes if this process was started for it; returns whether it was.
pub(crate) async fn serve_if_asked() -> anyhow::Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [role, articles] = arguments.as_slice() else { return Ok(false) };
    if role != ROLE {
        return Ok(false);
    }
    let erp = WinMentorSim::start(WinMentorSimOptions {
        articles: articles.parse()?,
        api_key: API_KEY.to_owned(),
        log: LogTarget::Off,
        log_initial_stock: false,
        ..WinMentorSimOptions::default()
    })
    .await?;
    let channel = CdonSim::start(CdonSimOptions {
        merchants: vec![(MERCHANT.to_owned(), TOKEN.to_owned())],
        log: LogTarget::Off,
        ..CdonSimOptions::default()
    })
    .await?;
    println!("{} {}", erp.base_url(), channel.base_url());
    tokio::task::spawn_blocking(move || obey(&erp, &channel)).await??;
    Ok(true)
}

fn obey(erp: &WinMentorSim, channel: &CdonSim) -> anyhow::Result<()> {
    for line in std::io::stdin().lines() {
        let line = line?;
        let (command, number) = line.split_once(' ').unwrap_or((&line, "0"));
        let number: usize = number.parse()?;
        let answer = match command {
            "buy" => buy(channel, number),
            "latency" => {
                let latency_ms = u64::try_from(number)?;
                erp.update_options(|options| options.latency_ms = latency_ms);
                number
            }
            "booked" => erp.orders().len(),
            "listed" => channel.articles(MERCHANT).len(),
            other => bail!("`{other}` is not a command"),
        };
        println!("{answer}");
    }
    Ok(())
}

/// Nobody buys what is not shown as there; codes with `;` cannot be ordered in WinMentor.
fn buy(channel: &CdonSim, orders: usize) -> usize {
    let mut left: BTreeMap<String, i64> =
        channel.articles(MERCHANT).into_iter().map(|a| (a.sku, i64::from(a.quantity))).collect();
    let sellable: Vec<_> =
        channel.sellable(MERCHANT).into_iter().filter(|(sku, _)| !sku.contains(';')).collect();
    let mut bought = 0;
    loop {
        let before = bought;
        for (sku, market) in &sellable {
            if bought == orders {
                return bought;
            }
            let Some(units) = left.get_mut(sku).filter(|units| **units > 0) else { continue };
            if channel.buy(MERCHANT, sku, *market, 1).is_ok() {
                *units -= 1;
                bought += 1;
            }
        }
        if bought == before {
            return bought;
        }
    }
}
