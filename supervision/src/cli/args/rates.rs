//! What can be typed about exchange rates.

use clap::{Args, Subcommand};
use jiff::civil::Date;
use rust_decimal::Decimal;
use vortex_domain::{Currency, VendorId};

use super::ServiceArgs;

/// `vortex rates`
#[derive(Debug, Args)]
pub struct RatesArgs {
    #[command(subcommand)]
    pub(crate) action: RatesAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RatesAction {
    /// What orders and prices are reckoned with, and the history
    #[command(
        after_help = "Examples:\n  vortex rates list --vendor acme\n  vortex rates list --vendor acme --currency SEK --days 90 --json"
    )]
    List(RatesListArgs),
    /// Sets the rate of one day by hand; it wins over the published one, moves prices at once, and stays in the history
    #[command(
        after_help = "Examples:\n  vortex rates set --vendor acme --currency SEK 0.4601\n  vortex rates set --vendor acme --currency SEK 0.4601 --date 2026-03-31 --reason \"the bank's file was wrong\""
    )]
    Set(RatesSetArgs),
    /// A held rate is right, however far it moved
    #[command(after_help = "Example:\n  vortex rates confirm --vendor acme --currency SEK --date 2026-03-31")]
    Confirm(RatesDayArgs),
    /// A published rate is wrong and is not used
    #[command(after_help = "Example:\n  vortex rates refuse --vendor acme --currency SEK --date 2026-03-31")]
    Refuse(RatesDayArgs),
    /// What was said about a day, a manual rate too, no longer holds
    #[command(
        after_help = "Example:\n  vortex rates withdraw --vendor acme --currency SEK --date 2026-03-31"
    )]
    Withdraw(RatesDayArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RatesListArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// Only this currency
    #[arg(long)]
    pub(crate) currency: Option<Currency>,
    /// Days of history, newest first
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=2_600))]
    pub(crate) days: u32,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RatesSetArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// Which currency
    #[arg(long)]
    pub(crate) currency: Currency,
    /// RON for one unit
    #[arg(value_name = "RON")]
    pub(crate) rate: Decimal,
    /// As if published on this day; without it so that it counts today
    #[arg(long)]
    pub(crate) date: Option<Date>,
    /// Why; it stands in the history
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RatesDayArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// Which currency
    #[arg(long)]
    pub(crate) currency: Currency,
    /// The day of publication
    #[arg(long)]
    pub(crate) date: Date,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}
