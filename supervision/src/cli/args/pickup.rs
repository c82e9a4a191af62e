//! What can be typed about collections at the shipper's door.

use clap::{Args, Subcommand};
use vortex_domain::{PickupId, VendorId};

use super::ServiceArgs;

/// `vortex pickup`
#[derive(Debug, Args)]
pub struct PickupArgs {
    #[command(subcommand)]
    pub(crate) action: PickupAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PickupAction {
    /// Orders the courier for all parcels that wait for it
    #[command(
        after_help = "Examples:\n  vortex pickup ask --vendor acme\n  vortex pickup ask --vendor acme --day 2026-03-02 --ready 14:00 --close 17:30 --location \"ramp 2\""
    )]
    Ask(PickupAskArgs),
    /// Lists collections, newest day first
    #[command(after_help = "Example:\n  vortex pickup list --vendor acme")]
    List(PickupListArgs),
    /// Shows one collection and what the van takes along
    #[command(after_help = "Example:\n  vortex pickup show --vendor acme --id 2026-03-02-01")]
    Show(PickupOneArgs),
    /// Tells the courier not to come
    #[command(after_help = "Example:\n  vortex pickup cancel --vendor acme --id 2026-03-02-01")]
    Cancel(PickupOneArgs),
    /// Settles a collection of which nobody knows whether it was ordered: call the courier first
    #[command(
        after_help = "Examples:\n  vortex pickup decide --vendor acme --id 2026-03-02-01 --confirmation PRG260302000012\n  vortex pickup decide --vendor acme --id 2026-03-02-01 --nobody-comes"
    )]
    Decide(PickupDecideArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PickupAskArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// The day; today without it
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) day: Option<String>,
    /// From when the parcels are ready, local time; as `[shipping] pickup` says without it
    #[arg(long, value_name = "HH:MM")]
    pub(crate) ready: Option<String>,
    /// Until when somebody is there, local time
    #[arg(long, value_name = "HH:MM")]
    pub(crate) close: Option<String>,
    /// Where exactly
    #[arg(long)]
    pub(crate) location: Option<String>,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PickupListArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PickupOneArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// Which collection
    #[arg(long)]
    pub(crate) id: PickupId,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("outcome").required(true).args(["confirmation", "nobody_comes"]))]
pub(crate) struct PickupDecideArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// Which collection
    #[arg(long)]
    pub(crate) id: PickupId,
    /// The courier comes; its number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) confirmation: Option<String>,
    /// The courier knows of nothing; or you have seen why it was refused
    #[arg(long)]
    pub(crate) nobody_comes: bool,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}
