//! The command line: arguments, one file per command, exit codes, logging.

mod apply;
pub mod args;
mod audit;
mod check;
mod client;
mod demo;
mod documents;
mod explain;
mod logging;
mod mapping;
mod migrate;
mod pickup;
mod rates;
mod returns;
mod serve;
mod ship;
pub(crate) mod shutdown;
mod simulate;
mod sync;
mod token;
mod user;

use std::{fmt, io::Write as _, process::ExitCode};

use clap::Parser as _;
use serde::Serialize;

use args::{Cli, Command};

use crate::config::{Config, ConfigError, Environment};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The caller must change the call or a file: exit code 2.
    Usage(anyhow::Error),
    /// Something else is wrong: exit code 1.
    Failed(anyhow::Error),
}

impl Failure {
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }

    pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self::Failed(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(error) | Self::Failed(error)) = self;
        write!(f, "error: {error}")?;
        let mut shown = error.to_string();
        for cause in error.chain().skip(1) {
            let text = cause.to_string();
            // Transparent errors repeat their cause.
            if text != shown {
                write!(f, "\n  because: {text}")?;
            }
            shown = text;
        }
        Ok(())
    }
}

/// Whether everything that the command promises or checks is good.
pub(crate) type Outcome = Result<bool, Failure>;

/// Runs the command that the process was called with.
pub fn main() -> ExitCode {
    // Ends the process with 2 when the call is wrong, and with 0 for --help and --version.
    let cli = Cli::parse();
    logging::start(cli.log_format);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(Err(Failure::failed(error))),
    };
    report(runtime.block_on(run(cli.command)))
}

fn report(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            let code = if matches!(failure, Failure::Usage(_)) { 2 } else { 1 };
            // A reader that went away is no reason to end differently.
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::from(code)
        }
    }
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Apply(args) => apply::run(args).await,
        Command::Check(args) => check::run(args).await,
        Command::Sync(args) => sync::run(args).await,
        Command::Ship(args) => ship::run(args).await,
        Command::Cancel(args) => ship::cancel(args).await,
        Command::Label(args) => documents::label(args).await,
        Command::Invoices(args) => documents::invoices(args).await,
        Command::Pickup(args) => pickup::run(args).await,
        Command::Returns(args) => returns::run(args).await,
        Command::Mapping(args) => mapping::run(args).await,
        Command::Rates(args) => rates::run(args).await,
        Command::Explain(args) => explain::run(args).await,
        Command::Simulate(args) => simulate::run(args).await,
        Command::Token(args) => token::run(args).await,
        Command::User(args) => user::run(args).await,
        Command::Audit(args) => audit::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
    }
}

/// Writes a line of results.
pub(crate) fn say(line: impl fmt::Display) {
    // A reader that went away (`| head`) is no reason to fail.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Writes results for machines.
pub(crate) fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    say(serde_json::to_string(value).map_err(Failure::failed)?);
    Ok(())
}

/// Reads the service's settings.
pub(crate) fn config(args: &args::ConfigArgs) -> Result<Config, Failure> {
    Config::load(args.config.as_deref(), &Environment::Process).map_err(Failure::usage)
}

/// Opens the database; a wrong key or address is the caller's to mend.
pub(crate) async fn open(config: &Config) -> Result<vortex_store::SqlStore, Failure> {
    let mut options = config.open_options().map_err(|error: ConfigError| Failure::usage(error))?;
    options.beside_engine = true;
    vortex_store::SqlStore::open(&config.database.url, options).await.map_err(|error| match error {
        vortex_store::OpenError::Address { .. } => Failure::usage(error),
        other => Failure::failed(other),
    })
}
