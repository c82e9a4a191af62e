//! What came back of one order, whoever tells it: counted once, never more than was sold.
//!
//! A channel without a returns API leaves several witnesses of the same return: a person, an imported report, a storno in the
//! ERP, the courier, the channel's state. Each witness counts its own entries; what is true is the largest count, not the sum.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Order, OrderId};
use crate::shipping::Milestone;

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

impl Returned {
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
            owed_minor: total_minor * i64::from(received) / i64::from(sold.max(1)),
            credited_minor,
        }
    }

    /// Units and net bani that the ERP's stornos have taken back. Of a bundle, as many as its scarcest part.
    fn credited(&self) -> (u32, i64) {
        let lines: Vec<_> = self.billing.stornos().flat_map(|document| &document.lines).collect();
        let minor: i64 = lines.iter().map(|line| line.net_minor).sum();
        let sold = i64::from(self.channel.quantity);
        let units = self
            .sale
            .iter()
            .flat_map(|sale| &sale.lines)
            .map(|part| {
                let back: i64 =
                    lines.iter().filter(|l| l.sku == part.sku).map(|l| l.quantity_milli).sum::<i64>();
                let each = part.quantity / sold.max(1);
                -back / 1_000 / each.max(1)
            })
            .min()
            .unwrap_or(0);
        (u32::try_from(units.clamp(0, sold)).unwrap_or(0), -minor)
    }
}
