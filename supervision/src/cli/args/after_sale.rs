//! What can be typed about parcels, labels, invoices and returns.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use vortex_domain::{OrderId, VendorId};

use super::ServiceArgs;
use crate::returns_file::Mapped;

/// `vortex ship`
#[derive(Debug, Args)]
pub struct ShipArgs {
    /// Whose
    #[arg(long)]
    pub vendor: VendorId,
    /// Which order
    #[arg(long)]
    pub order: OrderId,
    /// A parcel's weight, size and, for several parcels across a border, its goods; may be repeated. With `--carrier`: the number of
    /// the parcel that the waybill is of
    #[arg(long, value_name = "1200g,30x20x10[,SKU=UNITS…]", value_parser = parcel)]
    pub parcel: Vec<Parcel>,
    /// Shipped by hand: who carries it
    #[arg(long, requires = "tracking")]
    pub carrier: Option<String>,
    /// Shipped by hand: the carrier's number (AWB)
    #[arg(long, value_name = "NUMBER", requires = "carrier")]
    pub tracking: Option<String>,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// `--parcel`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parcel {
    /// A parcel to be made: grams, then length, width and height in centimetres, then what lies in it.
    Measured(u32, [u32; 3], BTreeMap<String, i64>),
    /// A parcel that is there, from 1.
    Number(u32),
}

fn parcel(text: &str) -> Result<Parcel, String> {
    let wrong = || "expected weight and size, e.g. 1200g,30x20x10 (or 1.2kg,30x20x10)".to_owned();
    if let Ok(number) = text.parse() {
        return Ok(Parcel::Number(number));
    }
    let (weight, rest) = text.split_once(',').ok_or_else(wrong)?;
    let (size, goods) = rest.split_once(',').map_or((rest, None), |(size, goods)| (size, Some(goods)));
    let weight = weight.trim();
    let grams = if let Some(kilograms) = weight.strip_suffix("kg") {
        let kilograms: rust_decimal::Decimal = kilograms.trim().parse().map_err(|_| wrong())?;
        u32::try_from(kilograms.checked_mul(1_000.into()).ok_or_else(wrong)?.ceil()).map_err(|_| wrong())?
    } else {
        weight.strip_suffix('g').ok_or_else(wrong)?.trim().parse().map_err(|_| wrong())?
    };
    let sides = size.trim().trim_end_matches("cm").split('x').map(|side| side.trim().parse());
    let sides: Vec<u32> = sides.collect::<Result<_, _>>().map_err(|_| wrong())?;
    let goods = goods.map(contents).transpose()?.unwrap_or_default();
    Ok(Parcel::Measured(grams, sides.try_into().map_err(|_| wrong())?, goods))
}

/// `A-1=2,B-2=1`
fn contents(text: &str) -> Result<BTreeMap<String, i64>, String> {
    let wrong = |part: &str| format!("`{part}`: expected an article and its units, e.g. A-1=2");
    let mut goods = BTreeMap::new();
    for part in text.split(',') {
        let (sku, units) = part.rsplit_once('=').ok_or_else(|| wrong(part))?;
        let units = units.trim().parse().map_err(|_| wrong(part))?;
        if goods.insert(sku.trim().to_owned(), units).is_some() {
            return Err(format!("`{}` stands there twice", sku.trim()));
        }
    }
    Ok(goods)
}

/// `vortex cancel`
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// Whose
    #[arg(long)]
    pub vendor: VendorId,
    /// Which order
    #[arg(long)]
    pub order: OrderId,
    /// Why, for the journal and the colleagues
    #[arg(long)]
    pub reason: String,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// `vortex label`
#[derive(Debug, Args)]
pub struct LabelArgs {
    /// Whose
    #[arg(long)]
    pub vendor: VendorId,
    /// Which orders; may be repeated
    #[arg(long, required = true, num_args = 1..)]
    pub order: Vec<OrderId>,
    /// Where the labels are written, one file each
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "zip")]
    pub out: PathBuf,
    /// All labels in one archive instead
    #[arg(long, value_name = "FILE")]
    pub zip: Option<PathBuf>,
    /// Only labels of this format
    #[arg(long, value_enum)]
    pub format: Option<LabelFormat>,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Formats of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LabelFormat {
    /// For paper
    Pdf,
    /// For label printers
    Zpl,
}

impl LabelFormat {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Zpl => "zpl",
        }
    }
}

/// `vortex invoices`
#[derive(Debug, Args)]
pub struct InvoicesArgs {
    /// Whose
    #[arg(long)]
    pub vendor: VendorId,
    /// Year and month of the date on them, e.g. 2026-11
    #[arg(long, value_name = "YYYY-MM")]
    pub month: String,
    /// Writes their files into one zip archive; without it they are listed
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// For machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// `vortex returns`
#[derive(Debug, Args)]
pub struct ReturnsArgs {
    #[command(subcommand)]
    pub(crate) action: ReturnsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReturnsAction {
    /// Lists what came back, or what fits no order
    #[command(
        after_help = "Examples:\n  vortex returns list --vendor acme\n  vortex returns list --vendor acme --state unmatched --json"
    )]
    List(ReturnsListArgs),
    /// Enters a return of one order, or corrects it
    #[command(
        after_help = "Example:\n  vortex returns enter --vendor acme --order 123 --id RMA-7 --received 1"
    )]
    Enter(ReturnsEnterArgs),
    /// Imports a report (CSV or XLSX) of a returns tool or a payout; twice counts once
    #[command(
        after_help = "Examples:\n  vortex returns import returns.xlsx --vendor acme --preview\n  vortex returns import payout.csv --vendor acme --map order=\"Order ref\" --map received=Units"
    )]
    Import(ReturnsImportArgs),
    /// Gives a return that fits no order to the right one, or dismisses it
    #[command(
        after_help = "Examples:\n  vortex returns settle --vendor acme --order 12x --id RMA-7 --to 123\n  vortex returns settle --vendor acme --order 12x --id RMA-7 --dismiss"
    )]
    Settle(ReturnsSettleArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ReturnsListArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// Which ones
    #[arg(long, value_enum, default_value_t = ReturnState::Open)]
    pub(crate) state: ReturnState,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Lists of returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReturnState {
    /// Wait for the goods or for the ERP's storno
    Open,
    /// Credited in the ERP, in units and in money
    Reconciled,
    /// Fit no order
    Unmatched,
}

impl ReturnState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reconciled => "reconciled",
            Self::Unmatched => "unmatched",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ReturnsEnterArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// Which order
    #[arg(long)]
    pub(crate) order: OrderId,
    /// Your own id of the return; the same id again corrects it
    #[arg(long)]
    pub(crate) id: String,
    /// Units that are on their way or were reported
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) advised: u32,
    /// Units that have arrived
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) received: u32,
    /// Units of these that cannot be sold again
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) scrapped: u32,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReturnsImportArgs {
    /// The report, .csv or .xlsx
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// Says what would change, and changes nothing
    #[arg(long)]
    pub(crate) preview: bool,
    /// The report's name for a column (order, id, advised, received, scrapped); may be repeated
    #[arg(long, value_name = "COLUMN=NAME")]
    pub(crate) map: Vec<Mapped>,
    /// Imports the good lines when others cannot be used
    #[arg(long)]
    pub(crate) skip_bad_rows: bool,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("outcome").required(true).args(["to", "dismiss"]))]
pub(crate) struct ReturnsSettleArgs {
    /// Whose
    #[arg(long)]
    pub(crate) vendor: VendorId,
    /// The order as the report names it
    #[arg(long)]
    pub(crate) order: String,
    /// The report's id of the return
    #[arg(long)]
    pub(crate) id: String,
    /// The order that it is of
    #[arg(long, value_name = "ORDER")]
    pub(crate) to: Option<OrderId>,
    /// It is none of ours
    #[arg(long)]
    pub(crate) dismiss: bool,
    /// For machines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_are_weights_and_sizes_or_numbers() {
        let nothing = BTreeMap::new;
        assert_eq!(parcel("1200g,30x20x10"), Ok(Parcel::Measured(1200, [30, 20, 10], nothing())));
        assert_eq!(parcel("1.2005kg, 30x20x10cm"), Ok(Parcel::Measured(1201, [30, 20, 10], nothing())));
        let goods = [("A-1".to_owned(), 2), ("B=2".to_owned(), 1)].into();
        assert_eq!(parcel("1kg,3x2x1,A-1=2,B=2=1"), Ok(Parcel::Measured(1000, [3, 2, 1], goods)));
        assert_eq!(parcel("2"), Ok(Parcel::Number(2)));
        for wrong in [
            "1kg,1x1x1,A-1",
            "1kg,1x1x1,A-1=x",
            "1kg,1x1x1,A-1=1,A-1=1",
            "",
            "1200,30x20x10",
            "1200g",
            "1200g,30x20",
            "g,1x1x1",
            "-1kg,1x1x1",
            "1kg,1x1x1x1",
        ] {
            assert!(parcel(wrong).is_err(), "{wrong}");
        }
    }
}
