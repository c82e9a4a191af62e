//! What can be typed.

pub mod after_sale;
pub mod mapping;
pub mod people;
pub mod pickup;
pub mod rates;

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser, builder::TypedValueParser as _,
};
use secrecy::SecretString;
use url::Url;
use vortex_domain::{Market, OrderId, Sku, VendorId};
use vortex_entities::engine::Flow;

const EXIT_CODES: &str =
    "Exit codes: 0 good, 1 a promise or check failed, 2 wrong use (a wrong call or a wrong file).
Results go to standard output, logs to standard error (RUST_LOG sets what is logged).";

/// Keeps WinMentor and CDON in step.
#[derive(Debug, Parser)]
#[command(name = "vortex", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How logs look; by default text on a terminal and JSON elsewhere
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Auto)]
    pub log_format: LogFormat,
}

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere
    Auto,
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows the whole system at work on simulators of WinMentor and CDON
    #[command(
        after_help = "Examples:\n  vortex demo\n  vortex demo --once --json --orders 200 --seed 7 --faults"
    )]
    Demo(DemoArgs),
    /// Runs the service
    #[command(after_help = "Example:\n  vortex serve --config /etc/vortex/vortex.toml")]
    Serve(ServeArgs),
    /// Creates or updates one vendor from a file; a second time changes nothing
    #[command(
        after_help = "Examples:\n  vortex apply -f vendor.toml --dry-run\n  vortex apply -f vendor.toml --config vortex.toml"
    )]
    Apply(ApplyArgs),
    /// Tests configuration and every connection, and says how to mend what is wrong
    #[command(after_help = "Example:\n  vortex check --vendor acme")]
    Check(CheckArgs),
    /// Runs a flow now, through the running service
    #[command(
        after_help = "Examples:\n  vortex sync --vendor acme --flow stock\n  vortex sync --vendor acme --flow publish --sku A-1 --json\n  vortex sync --vendor acme --flow tracking"
    )]
    Sync(SyncArgs),
    /// Ships an order now, or takes over a waybill made by hand, through the running service
    #[command(
        after_help = "Examples:\n  vortex ship --vendor acme --order 123\n  vortex ship --vendor acme --order 123 --parcel 1200g,30x20x10 --parcel 800g,20x20x10\n  vortex ship --vendor acme --order 124 --parcel 900g,30x20x10,A-1=2 --parcel 400g,20x20x10,A-1=1\n  vortex ship --vendor acme --order 123 --carrier PostNord --tracking SE123"
    )]
    Ship(after_sale::ShipArgs),
    /// Cancels an order on the channel that is not accepted yet, through the running service
    #[command(
        after_help = "Example:\n  vortex cancel --vendor acme --order 123 --reason \"the last one broke\""
    )]
    Cancel(after_sale::CancelArgs),
    /// Writes labels to files, to be printed as often as needed, through the running service
    #[command(
        after_help = "Examples:\n  vortex label --vendor acme --order 123\n  vortex label --vendor acme --order 123 124 --format zpl --out labels\n  vortex label --vendor acme --order 123 124 --zip labels.zip"
    )]
    Label(after_sale::LabelArgs),
    /// Collections: ask, list, show, cancel, decide; through the running service
    #[command(
        after_help = "Examples:\n  vortex pickup ask --vendor acme\n  vortex pickup cancel --vendor acme --id 2026-03-02-01"
    )]
    Pickup(pickup::PickupArgs),
    /// Lists the invoices of a month, or writes their files into an archive, through the running service
    #[command(
        after_help = "Examples:\n  vortex invoices --vendor acme --month 2026-11\n  vortex invoices --vendor acme --month 2026-11 --out invoices.zip"
    )]
    Invoices(after_sale::InvoicesArgs),
    /// Returns: list, enter, import a report, settle what fits no order; through the running service
    #[command(
        after_help = "Examples:\n  vortex returns list --vendor acme\n  vortex returns import returns.xlsx --vendor acme --preview"
    )]
    Returns(after_sale::ReturnsArgs),
    /// The rules from WinMentor's fields to CDON's: look, try, publish, go back; through the running service
    #[command(
        after_help = "Examples:\n  vortex mapping show --vendor acme\n  vortex mapping preview change.toml --vendor acme\n  vortex mapping publish change.toml --vendor acme --reason \"prices end in 9\""
    )]
    Mapping(mapping::MappingArgs),
    /// Says in sentences why a published number is what it is, through the running service
    #[command(
        after_help = "Examples:\n  vortex explain --vendor acme --sku A-1\n  vortex explain --vendor acme --sku A-1 --market SE --at 2026-03-01T10:00:00Z"
    )]
    Explain(ExplainArgs),
    /// Exchange rates: what counts, the history, a rate by hand, held ones; through the running service
    #[command(
        after_help = "Examples:\n  vortex rates list --vendor acme\n  vortex rates set --vendor acme --currency SEK 0.4601"
    )]
    Rates(rates::RatesArgs),
    /// Runs one simulator alone
    #[command(
        after_help = "Examples:\n  vortex simulate winmentor --port 9500 --articles 1000\n  vortex simulate cdon --port 9600 --log cdon.jsonl"
    )]
    Simulate(SimulateArgs),
    /// API tokens
    #[command(after_help = "Example:\n  vortex token create --vendor acme --role operator")]
    Token(TokenArgs),
    /// People who sign in to the panel
    #[command(after_help = "Example:\n  vortex user create ana@acme.ro --vendor acme --role owner")]
    User(people::UserArgs),
    /// The trail of human acts
    #[command(after_help = "Example:\n  vortex audit verify")]
    Audit(people::AuditArgs),
    /// Brings the database schema up to date
    #[command(
        after_help = "Examples:\n  vortex migrate --config vortex.toml\n  vortex migrate --create-master-key"
    )]
    Migrate(MigrateArgs),
}

/// Where the service's settings are.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The service's settings; without it vortex.toml in the working directory, or the defaults
    #[arg(long, value_name = "FILE", env = "VORTEX_CONFIG")]
    pub config: Option<PathBuf>,
}

/// How to reach the running service.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// Where the service listens
    #[arg(long, env = "VORTEX_URL", default_value = "http://127.0.0.1:8080")]
    pub url: Url,
    /// An API token (see `vortex token create`); better given as `VORTEX_TOKEN`, where other users cannot read it
    #[arg(long, env = "VORTEX_TOKEN", hide_env_values = true)]
    pub token: SecretString,
}

/// `vortex demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Lets customers buy, runs every flow until quiet, audits all sides, and ends
    #[arg(long)]
    pub once: bool,
    /// One JSON object with the results on the last line
    #[arg(long, requires = "once")]
    pub json: bool,
    /// How many units customers buy
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=100_000), requires = "once")]
    pub orders: u32,
    /// How many articles WinMentor has
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub articles: u32,
    /// Decides catalogue, customers and faults
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Injects faults on every connection
    #[arg(long, requires = "once")]
    pub faults: bool,
    /// Keeps the database here instead of in a temporary folder
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `vortex serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `vortex apply`
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The vendor's file
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    /// Shows what would change, and changes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Applies the good rows of the content file when others cannot be used
    #[arg(long)]
    pub skip_bad_rows: bool,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `vortex check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Only this vendor
    #[arg(long)]
    pub vendor: Option<VendorId>,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `vortex sync`
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Whose
    #[arg(long)]
    pub vendor: VendorId,
    /// Which flow
    #[arg(long, value_parser = flow_parser())]
    pub flow: Flow,
    /// Only this article
    #[arg(long)]
    pub sku: Option<Sku>,
    /// Only this order
    #[arg(long)]
    pub order: Option<OrderId>,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

fn flow_parser() -> impl clap::builder::TypedValueParser<Value = Flow> {
    PossibleValuesParser::new(Flow::ALL.iter().map(|flow| flow.name())).try_map(|name| name.parse::<Flow>())
}

/// `vortex explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Whose
    #[arg(long)]
    pub vendor: VendorId,
    /// Which article
    #[arg(long)]
    pub sku: Sku,
    /// Only this market's price: SE, DK, FI or NO
    #[arg(long)]
    pub market: Option<Market>,
    /// As of when (2026-03-01T10:00:00Z, or milliseconds since 1970); now without it
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<i64>,
    /// Language of the sentences
    #[arg(long, value_enum, default_value_t = SentenceLanguage::En)]
    pub lang: SentenceLanguage,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Languages that explanations come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SentenceLanguage {
    /// English
    En,
    /// Romanian
    Ro,
}

/// A moment as milliseconds since 1970.
fn moment(text: &str) -> Result<i64, String> {
    let time = || text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond);
    text.parse().or_else(|_| time()).map_err(|_| "expected e.g. 2026-03-01T10:00:00Z".to_owned())
}

/// `vortex simulate`
#[derive(Debug, Args)]
pub struct SimulateArgs {
    #[command(subcommand)]
    pub(crate) system: Simulated,
}

/// What can be simulated.
#[derive(Debug, Subcommand)]
pub(crate) enum Simulated {
    /// WinMentor Classic behind an HTTP bridge
    #[command(
        after_help = "Example:\n  vortex simulate winmentor --port 9500 --articles 1000 --latency-ms 20"
    )]
    Winmentor(SimulateWinMentorArgs),
    /// The CDON marketplace
    #[command(
        after_help = "Example:\n  vortex simulate cdon --port 9600 --merchant my-shop:my-token --log cdon.jsonl"
    )]
    Cdon(SimulateCdonArgs),
    /// The exchange rates of the Romanian and the European central bank
    #[command(after_help = "Example:\n  vortex simulate banks --port 9700")]
    Banks(SimulatorArgs),
}

/// What every simulator takes.
#[derive(Debug, Args)]
pub(crate) struct SimulatorArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Decides everything that is chance
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Appends what really happened to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateWinMentorArgs {
    #[command(flatten)]
    pub(crate) common: SimulatorArgs,
    /// How many articles it has
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) articles: u32,
    /// How long one request takes, milliseconds
    #[arg(long, default_value_t = 0)]
    pub(crate) latency_ms: u64,
    /// The bridge's vocabulary
    #[arg(long, value_enum, default_value_t = BridgeDialect::WinmentorBridge)]
    pub(crate) dialect: BridgeDialect,
    /// The API key that it accepts
    #[arg(long, default_value = "sim-winmentor-key")]
    pub(crate) api_key: String,
}

/// Bridges that can be simulated, by the kind of their connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BridgeDialect {
    /// The Go bridge (`MentorAPI`)
    WinmentorBridge,
    /// The .NET bridge, version 1.2
    #[value(name = "winmentor-bridge-v12")]
    WinmentorBridgeV12,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateCdonArgs {
    #[command(flatten)]
    pub(crate) common: SimulatorArgs,
    /// A merchant and its token; may be repeated
    #[arg(long, value_name = "ID:TOKEN", value_parser = merchant, default_value = "sim-merchant:sim-token")]
    pub(crate) merchant: Vec<(String, String)>,
}

fn merchant(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((id, token)) if !id.is_empty() && !token.is_empty() => Ok((id.to_owned(), token.to_owned())),
        _ => Err("expected <merchant id>:<token>".to_owned()),
    }
}

/// `vortex token`
#[derive(Debug, Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    pub(crate) action: TokenAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenAction {
    /// Makes a token and prints it once
    #[command(
        after_help = "Examples:\n  vortex token create --vendor acme --role operator\n  vortex token create --operator --role owner --name night-shift"
    )]
    Create(TokenCreateArgs),
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("scope").required(true).args(["vendor", "operator"]))]
pub(crate) struct TokenCreateArgs {
    /// For this vendor only
    #[arg(long)]
    pub(crate) vendor: Option<VendorId>,
    /// For the operator of the installation: every vendor
    #[arg(long)]
    pub(crate) operator: bool,
    /// What it allows
    #[arg(long, value_enum)]
    pub(crate) role: RoleName,
    /// Its name in the journal; without it the role and the time
    #[arg(long, value_parser = token_name)]
    pub(crate) name: Option<String>,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

fn token_name(text: &str) -> Result<String, String> {
    let valid = (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.@".contains(&b));
    if valid { Ok(text.to_owned()) } else { Err("expected 1 to 40 letters, digits, - _ . @".to_owned()) }
}

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// Reads
    Viewer,
    /// Reads, starts flows, acts on what needs attention
    Operator,
    /// Everything
    Owner,
}

impl RoleName {
    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }
}

/// `vortex migrate`
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Makes the master key file first; an existing one is never replaced
    #[arg(long)]
    pub create_master_key: bool,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn refused(line: &str) -> clap::error::ErrorKind {
        Cli::try_parse_from(line.split(' ')).unwrap_err().kind()
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn examples(command: &clap::Command, path: &str) {
            for sub in command.get_subcommands() {
                let path = format!("{path} {}", sub.get_name());
                let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains(&path), "`{path}` has no example");
                examples(sub, &path);
            }
        }
        examples(&Cli::command(), "vortex");
    }

    #[test]
    fn reads_what_the_contract_promises() {
        for line in [
            "vortex demo",
            "vortex demo --data d",
            "vortex demo --once --json --orders 5 --seed 3 --faults",
            "vortex serve --config vortex.toml",
            "vortex apply -f vendor.toml --dry-run",
            "vortex check --vendor acme",
            "vortex sync --vendor acme --flow stock --sku S --order O --token t",
            "vortex sync --vendor acme --flow tracking --token t",
            "vortex sync --vendor acme --flow invoices --order O --token t",
            "vortex sync --vendor acme --flow returns --token t",
            "vortex ship --vendor acme --order O --parcel 1200g,30x20x10 --parcel 1kg,10x10x10 --token t",
            "vortex ship --vendor acme --order O --carrier X --tracking N --parcel 2 --token t",
            "vortex cancel --vendor acme --order O --reason broken --token t",
            "vortex label --vendor acme --order O P --order Q --out labels --format zpl --token t",
            "vortex label --vendor acme --order O --zip labels.zip --token t",
            "vortex invoices --vendor acme --month 2026-11 --out i.zip --token t",
            "vortex returns list --vendor acme --state unmatched --token t",
            "vortex returns enter --vendor acme --order O --id R --received 1 --token t",
            "vortex returns import r.csv --vendor acme --preview --map order=Ref --map id=RMA --token t",
            "vortex returns settle --vendor acme --order x --id R --to O --token t",
            "vortex explain --vendor acme --sku S --market SE --at 2026-03-01T10:00:00Z --token t",
            "vortex rates list --vendor acme --currency SEK --days 90 --token t",
            "vortex rates set --vendor acme --currency SEK 0.46 --date 2026-03-31 --reason x --token t",
            "vortex rates confirm --vendor acme --currency SEK --date 2026-03-31 --token t",
            "vortex simulate winmentor --port 9500 --seed 2 --log w.jsonl",
            "vortex simulate cdon --port 9600",
            "vortex simulate banks --port 9700 --seed 2",
            "vortex token create --vendor acme --role viewer",
            "vortex token create --operator --role owner",
            "vortex migrate",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }

    #[test]
    fn refuses_what_cannot_be_meant() {
        use clap::error::ErrorKind as Kind;
        assert_eq!(refused("vortex demo --json"), Kind::MissingRequiredArgument);
        assert_eq!(refused("vortex apply"), Kind::MissingRequiredArgument);
        assert_eq!(refused("vortex sync --vendor acme --flow dance --token t"), Kind::InvalidValue);
        assert_eq!(
            refused("vortex ship --vendor acme --order O --carrier X --token t"),
            Kind::MissingRequiredArgument
        );
        assert_eq!(
            refused("vortex ship --vendor acme --order O --parcel big --token t"),
            Kind::ValueValidation
        );
        assert_eq!(refused("vortex cancel --vendor acme --order O --token t"), Kind::MissingRequiredArgument);
        assert_eq!(
            refused("vortex returns import f.csv --vendor acme --map colour=Ref --token t"),
            Kind::ValueValidation
        );
        assert_eq!(
            refused("vortex returns settle --vendor acme --order x --id R --token t"),
            Kind::MissingRequiredArgument
        );
        assert_eq!(refused("vortex explain --vendor Acme --sku S --token t"), Kind::ValueValidation);
        assert_eq!(
            refused("vortex explain --vendor acme --sku S --at noon --token t"),
            Kind::ValueValidation
        );
        assert_eq!(refused("vortex token create --role owner"), Kind::MissingRequiredArgument);
        assert_eq!(
            refused("vortex token create --operator --vendor acme --role owner"),
            Kind::ArgumentConflict
        );
        assert_eq!(refused("vortex mapping list"), Kind::MissingRequiredArgument);
        assert_eq!(refused("vortex mapping erase --vendor acme --token t"), Kind::InvalidSubcommand);
    }

    #[test]
    fn a_token_shows_in_no_debug_output() {
        let cli =
            Cli::try_parse_from("vortex sync --vendor acme --flow stock --token hunter2".split(' ')).unwrap();
        assert!(!format!("{cli:?}").contains("hunter2"));
    }
}
