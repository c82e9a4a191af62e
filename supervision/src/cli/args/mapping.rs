//! What can be typed about mappings.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vortex_domain::{Language, Market, VendorId};

use super::ServiceArgs;

/// `vortex mapping`
#[derive(Debug, Args)]
pub struct MappingArgs {
    /// What to do with it
    #[command(subcommand)]
    pub action: MappingAction,
}

/// What can be done with a mapping.
#[derive(Debug, Subcommand)]
pub enum MappingAction {
    /// Lists the versions, newest first, and the drafts
    #[command(after_help = "Example:\n  vortex mapping list --vendor acme")]
    List(MappingOf),
    /// Prints a mapping as a file
    #[command(
        after_help = "Examples:\n  vortex mapping show --vendor acme\n  vortex mapping show --vendor acme --version 3"
    )]
    Show(MappingShowArgs),
    /// Says everything that is wrong with a file; nothing is published
    #[command(after_help = "Example:\n  vortex mapping validate change.toml --vendor acme")]
    Validate(MappingFileArgs),
    /// Shows what a file would change of the whole catalogue, in numbers and in money; nothing is published
    #[command(
        after_help = "Examples:\n  vortex mapping preview change.toml --vendor acme\n  vortex mapping preview change.toml --vendor acme --days 30"
    )]
    Preview(MappingPreviewArgs),
    /// Publishes a file as the next version; it is live at once
    #[command(
        after_help = "Examples:\n  vortex mapping publish change.toml --vendor acme --reason \"prices end in 9\"\n  vortex mapping publish change.toml --vendor acme --reason \"new titles\" --mass-change\n  vortex mapping publish change.toml --vendor acme --reason \"new titles\" --trial 10 --promote-after 200"
    )]
    Publish(MappingPublishArgs),
    /// Publishes the rules of an old version again, as the next one
    #[command(
        after_help = "Example:\n  vortex mapping revert --vendor acme --to 3 --reason \"titles were better\""
    )]
    Revert(MappingRevertArgs),
    /// Says in sentences what differs between two versions
    #[command(after_help = "Example:\n  vortex mapping diff --vendor acme --from 3 --to live")]
    Diff(MappingDiffArgs),
    /// Sets or removes one row of a look-up table; it is live at once
    #[command(
        after_help = "Examples:\n  vortex mapping row --vendor acme --table category --key SCULE --value 1124\n  vortex mapping row --vendor acme --table category --key SCULE --remove"
    )]
    Row(MappingRowArgs),
    /// Lists what look-up tables lack
    #[command(after_help = "Example:\n  vortex mapping gaps --vendor acme")]
    Gaps(MappingOf),
    /// Writes a version to a file, to be kept or edited
    #[command(after_help = "Example:\n  vortex mapping export mapping.toml --vendor acme")]
    Export(MappingExportArgs),
    /// Saves a whole mapping from a file as a draft
    #[command(after_help = "Example:\n  vortex mapping import mapping.toml --vendor acme --draft summer")]
    Import(MappingImportArgs),
    /// Lists the fields and steps that rules can have; with --json also the JSON Schema of a mapping
    #[command(after_help = "Example:\n  vortex mapping schema --vendor acme --json")]
    Schema(MappingOf),
    /// Versions on trial: show, stop, promote
    #[command(
        after_help = "Examples:\n  vortex mapping trial --vendor acme\n  vortex mapping trial --vendor acme --promote 7"
    )]
    Trial(MappingTrialArgs),
}

/// Whose mapping, and how to answer.
#[derive(Debug, Args)]
pub struct MappingOf {
    /// Whose
    #[arg(long)]
    pub vendor: VendorId,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// `vortex mapping show`
#[derive(Debug, Args)]
pub struct MappingShowArgs {
    /// `live`, a number, 0 for the built-in mapping, or `draft:` and a name
    #[arg(long, default_value = "live")]
    pub version: String,
    #[command(flatten)]
    pub(crate) of: MappingOf,
}

/// A file with rules.
#[derive(Debug, Args)]
pub struct MappingFileArgs {
    /// A TOML file (or JSON by its ending) that says only what differs from the live mapping; `-` for standard input
    pub file: PathBuf,
    /// The file is the whole mapping: what it does not say is gone
    #[arg(long)]
    pub whole: bool,
    /// Under this name it is kept as a draft until it is published
    #[arg(long, default_value = "cli")]
    pub draft: String,
    #[command(flatten)]
    pub(crate) of: MappingOf,
}

/// `vortex mapping preview`
#[derive(Debug, Args)]
pub struct MappingPreviewArgs {
    #[command(flatten)]
    pub(crate) file: MappingFileArgs,
    /// Instead: what it would have made of the prices published in so many days
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: Option<u16>,
}

/// `vortex mapping publish`
#[derive(Debug, Args)]
pub struct MappingPublishArgs {
    #[command(flatten)]
    pub(crate) file: MappingFileArgs,
    /// Why, for the colleagues and the journal
    #[arg(long)]
    pub reason: String,
    /// It may change more of the catalogue than the vendor's limit of mass changes
    #[arg(long)]
    pub mass_change: bool,
    /// First on a share of the articles, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=99))]
    pub trial: Option<u8>,
    /// The trial stops by itself when more than so many percent are refused
    #[arg(long, value_name = "PERCENT", requires = "trial", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub stop_percent: Option<u8>,
    /// Nothing is concluded from fewer verdicts
    #[arg(long, value_name = "VERDICTS", requires = "trial")]
    pub stop_from: Option<u32>,
    /// The trial goes live by itself after so many accepted publications
    #[arg(long, value_name = "ACCEPTED", requires = "trial")]
    pub promote_after: Option<u32>,
}

/// `vortex mapping revert`
#[derive(Debug, Args)]
pub struct MappingRevertArgs {
    /// Back to which version
    #[arg(long, value_name = "VERSION")]
    pub to: i64,
    /// Why, for the colleagues and the journal
    #[arg(long)]
    pub reason: String,
    /// It may change more of the catalogue than the vendor's limit of mass changes
    #[arg(long)]
    pub mass_change: bool,
    #[command(flatten)]
    pub(crate) of: MappingOf,
}

/// `vortex mapping diff`
#[derive(Debug, Args)]
pub struct MappingDiffArgs {
    /// `live`, a number, or `draft:` and a name
    #[arg(long)]
    pub from: String,
    /// The same
    #[arg(long, default_value = "live")]
    pub to: String,
    /// Romanian or English
    #[arg(long, default_value = "en", value_parser = ["ro", "en"])]
    pub lang: String,
    #[command(flatten)]
    pub(crate) of: MappingOf,
}

/// `vortex mapping row`
#[derive(Debug, Args)]
pub struct MappingRowArgs {
    /// Which table
    #[arg(long)]
    pub table: String,
    /// Which row
    #[arg(long)]
    pub key: String,
    /// What stands for the key
    #[arg(long, required_unless_present = "remove", conflicts_with = "remove")]
    pub value: Option<String>,
    /// The row is to go
    #[arg(long)]
    pub remove: bool,
    /// Only in this market
    #[arg(long, conflicts_with = "language")]
    pub market: Option<Market>,
    /// Only in this language
    #[arg(long)]
    pub language: Option<Language>,
    /// It may change more of the catalogue than the vendor's limit of mass changes
    #[arg(long, conflicts_with = "remove")]
    pub mass_change: bool,
    #[command(flatten)]
    pub(crate) of: MappingOf,
}

/// `vortex mapping export`
#[derive(Debug, Args)]
pub struct MappingExportArgs {
    /// Where to; JSON when the name ends in `.json`, else TOML
    pub file: PathBuf,
    /// `live`, a number, 0 for the built-in mapping, or `draft:` and a name
    #[arg(long, default_value = "live")]
    pub version: String,
    #[command(flatten)]
    pub(crate) of: MappingOf,
}

/// `vortex mapping import`
#[derive(Debug, Args)]
pub struct MappingImportArgs {
    /// From where; JSON when the name ends in `.json`, else TOML
    pub file: PathBuf,
    /// The draft's name
    #[arg(long)]
    pub draft: String,
    #[command(flatten)]
    pub(crate) of: MappingOf,
}

/// `vortex mapping trial`
#[derive(Debug, Args)]
pub struct MappingTrialArgs {
    /// End the trial of this version; the live one serves all again
    #[arg(long, value_name = "VERSION", conflicts_with = "promote")]
    pub stop: Option<i64>,
    /// Make this version live for all
    #[arg(long, value_name = "VERSION")]
    pub promote: Option<i64>,
    #[command(flatten)]
    pub(crate) of: MappingOf,
}
