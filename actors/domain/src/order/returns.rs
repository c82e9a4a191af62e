//! What came back of one order, whoever tells it: counted once, never more than was sold.
//!
//! A channel without a returns API leaves several witnesses of the same return: a person, an imported report, a storno in the
//! ERP, the courier, the channel's state. Each witness counts its own entries; what is true is the largest count, not the sum.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Order, OrderId};
use crate::{
    invoice::{SalesDocument, SoldLine},
    sales::SaleLine,
    shipping::Milestone,
};

/// Who reports a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// A person, by panel, API or command line.
    Person,
    /// An imported report (returns tool, payout report).
    Report,
}

/// One report about a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnEntry {
    /// The witness's own id of it: the same id again is the same return.
    pub id: String,
    /// Who.
    pub witness: Witness,
    /// Units that are on their way or were reported.
    pub advised: u32,
    /// Units that have arrived.
    pub received: u32,
    /// Units of these that cannot be sold again.
    pub scrapped: u32,
    /// When it was entered.
    pub at_ms: i64,
}

/// What was reported of an order's returns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Returns {
    /// Reports, by witness and id.
    pub entries: Vec<ReturnEntry>,
    /// The channel took the sale back after it was fulfilled.
    pub reversed: bool,
}

/// A return's figures, in units of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Returned {
    /// Sold.
    pub sold: u32,
    /// Reported, at least what was received.
    pub advised: u32,
    /// Arrived, at least what was credited.
    pub received: u32,
    /// Taken back into stock by the ERP's storno.
    pub restocked: u32,
    /// Cannot be sold again.
    pub scrapped: u32,
    /// Credited by the ERP's stornos.
    pub credited: u32,
    /// Net amount of what was received, in bani.
    pub owed_minor: i64,
    /// Net amount of the stornos, in bani.
    pub credited_minor: i64,
}

/// How far an order's return is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnState {
    /// Nothing came back and nothing is expected.
    None,
    /// Waits for the goods, or for the ERP's storno.
    Open,
    /// Credited in the ERP, in units and in money.
    Reconciled,
}

impl ReturnState {
    /// The name in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Open => "open",
            Self::Reconciled => "reconciled",
        }
    }
}

impl Returned {
    /// How far it is.
    pub fn state(&self) -> ReturnState {
        match (self.is_none(), self.is_reconciled()) {
            (true, _) => ReturnState::None,
            (_, true) => ReturnState::Reconciled,
            _ => ReturnState::Open,
        }
    }

    /// Nothing came back and nothing is expected.
    pub fn is_none(&self) -> bool {
        self.advised == 0
    }

    /// What came back is credited in the ERP, in units and in money.
    pub fn is_reconciled(&self) -> bool {
        self.advised > 0
            && self.advised == self.received
            && self.received == self.credited
            && (self.owed_minor - self.credited_minor).abs() <= i64::from(self.received) + 1
    }
}

/// A report says more than was sold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "order `{order}`: {claimed} units would have come back, but only {sold} were sold; correct the quantity"
)]
pub struct TooMany {
    /// Which order.
    pub order: OrderId,
    /// Units that the witness would have reported in all.
    pub claimed: u32,
    /// Units sold.
    pub sold: u32,
}

impl Order {
    /// Whether an entry can be true.
    ///
    /// # Errors
    /// [`TooMany`], in which case nothing must be changed.
    pub fn check_return(&self, entry: &ReturnEntry) -> Result<(), TooMany> {
        let others = self.returns.entries.iter().filter(|e| e.witness == entry.witness && e.id != entry.id);
        let before: u32 = others.map(|e| e.advised.max(e.received)).sum();
        let claimed = before.saturating_add(entry.advised.max(entry.received));
        let sold = self.channel.quantity;
        if claimed > sold || entry.scrapped > entry.received {
            return Err(TooMany { order: self.id.clone(), claimed: claimed.max(entry.scrapped), sold });
        }
        Ok(())
    }

    /// The figures of everything that came back.
    pub fn returned(&self) -> Returned {
        let sold = self.channel.quantity;
        let mut by_witness: BTreeMap<Witness, (u32, u32, u32)> = BTreeMap::new();
        for entry in &self.returns.entries {
            let (advised, received, scrapped) = by_witness.entry(entry.witness).or_default();
            *advised += entry.advised.max(entry.received);
            *received += entry.received;
            *scrapped += entry.scrapped;
        }
        let most = |count: fn(&(u32, u32, u32)) -> u32| by_witness.values().map(count).max().unwrap_or(0);
        let came_back = !self.parcels.is_empty()
            && self.parcels.iter().all(|parcel| parcel.milestone() == Milestone::Returned);
        let whole = if came_back { sold } else { 0 };
        let (credited, credited_minor) = self.credited();
        let received = most(|c| c.1).max(whole).max(credited).min(sold);
        let advised = most(|c| c.0).max(received).max(if self.returns.reversed { sold } else { 0 }).min(sold);
        let scrapped = most(|c| c.2).min(received);
        let total_minor = self.sale.as_ref().map_or(0, |sale| sale.total.minor);
        Returned {
            sold,
            advised,
            received,
            restocked: credited.saturating_sub(scrapped),
            scrapped,
            credited,
            owed_minor: share(total_minor, received, sold),
            credited_minor,
        }
    }

    /// Units and net bani that the ERP's stornos have given back to the buyer. Of a bundle, as many as its scarcest part. What
    /// was invoiced beyond the order and taken back again (a wrong invoice and its successor) is nobody's return.
    fn credited(&self) -> (u32, i64) {
        let Some(sale) = &self.sale else { return (0, 0) };
        let lines =
            |of: Vec<&SalesDocument>| of.into_iter().flat_map(|document| document.lines.clone()).collect();
        let back: Vec<SoldLine> = lines(self.billing.stornos().collect());
        let invoiced: Vec<SoldLine> = lines(self.billing.invoices().collect());
        let milli = |lines: &[SoldLine], part: &SaleLine| {
            let of_part = lines.iter().filter(|line| line.sku == part.sku);
            of_part.fold(0_i64, |sum, line| sum.saturating_add(line.quantity_milli))
        };
        let minor =
            |lines: &[SoldLine]| lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.net_minor));
        let sold = i64::from(self.channel.quantity);
        let mut replaced = false;
        let units = sale.lines.iter().map(|part| {
            let surplus = milli(&invoiced, part).saturating_sub(part.quantity.saturating_mul(1_000)).max(0);
            replaced |= surplus > 0;
            let each = part.quantity / sold.max(1);
            milli(&back, part).saturating_neg().saturating_sub(surplus) / 1_000 / each.max(1)
        });
        let units = units.min().unwrap_or(0);
        let surplus_minor =
            if replaced { minor(&invoiced).saturating_sub(sale.total.minor).max(0) } else { 0 };
        let credited_minor = minor(&back).saturating_neg().saturating_sub(surplus_minor);
        (u32::try_from(units.clamp(0, sold)).unwrap_or(0), credited_minor)
    }
}

/// `received / sold` of an amount, rounded down.
fn share(minor: i64, received: u32, sold: u32) -> i64 {
    let whole = i128::from(minor) * i128::from(received) / i128::from(sold.max(1));
    i64::try_from(whole).unwrap_or(i64::MAX)
}
