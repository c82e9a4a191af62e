//! `vortex simulate`

use std::{net::SocketAddr, path::PathBuf};

use vortex_simulators::{
    LogTarget,
    banks::{BankSim, BankSimOptions},
    cdon::{CdonSim, CdonSimOptions},
    winmentor::{Dialect, WinMentorSim, WinMentorSimOptions},
};

use super::{
    Failure, Outcome,
    args::{BridgeDialect, SimulateArgs, SimulateCdonArgs, SimulateWinMentorArgs, Simulated, SimulatorArgs},
    say, shutdown,
};

pub(super) async fn run(args: SimulateArgs) -> Outcome {
    match args.system {
        Simulated::Winmentor(args) => winmentor(args).await,
        Simulated::Cdon(args) => cdon(args).await,
        Simulated::Banks(args) => banks(args).await,
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Alone, nobody can ask for what is kept in memory.
fn target(log: Option<PathBuf>) -> LogTarget {
    log.map_or(LogTarget::Memory, LogTarget::File)
}

async fn winmentor(args: SimulateWinMentorArgs) -> Outcome {
    let shutdown = shutdown::requested().map_err(Failure::failed)?;
    let sim = WinMentorSim::start(WinMentorSimOptions {
        listen: loopback(args.common.port),
        seed: args.common.seed,
        articles: usize::try_from(args.articles).unwrap_or(usize::MAX),
        latency_ms: args.latency_ms,
        dialect: match args.dialect {
            BridgeDialect::WinmentorBridge => Dialect::MentorApi,
            BridgeDialect::WinmentorBridgeV12 => Dialect::BridgeV12,
        },
        api_key: args.api_key.clone(),
        log: target(args.common.log),
        ..WinMentorSimOptions::default()
    })
    .await
    .map_err(Failure::failed)?;
    let company = sim.options().company;
    say(format_args!(
        "WinMentor simulator: {} (company {company}, API key {})",
        sim.base_url(),
        args.api_key
    ));
    shutdown.await;
    sim.stop();
    sim.stopped().await;
    Ok(true)
}

async fn cdon(args: SimulateCdonArgs) -> Outcome {
    let shutdown = shutdown::requested().map_err(Failure::failed)?;
    let sim = CdonSim::start(CdonSimOptions {
        addr: loopback(args.common.port),
        seed: args.common.seed,
        merchants: args.merchant.clone(),
        log: target(args.common.log),
        ..CdonSimOptions::default()
    })
    .await
    .map_err(Failure::failed)?;
    say(format_args!("CDON simulator: {}", sim.base_url()));
    for (merchant, token) in &args.merchant {
        say(format_args!("merchant {merchant}, token {token}"));
    }
    shutdown.await;
    sim.stop();
    Ok(true)
}

async fn banks(args: SimulatorArgs) -> Outcome {
    let shutdown = shutdown::requested().map_err(Failure::failed)?;
    let sim = BankSim::start(BankSimOptions {
        listen: loopback(args.port),
        seed: args.seed,
        log: target(args.log),
        ..BankSimOptions::default()
    })
    .await
    .map_err(Failure::failed)?;
    say(format_args!(
        "Central banks: {} (for `url` in [rates]; jumps, holidays and more under /control)",
        sim.base_url()
    ));
    shutdown.await;
    sim.stop();
    Ok(true)
}
