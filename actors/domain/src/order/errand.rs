//! What an order wants of the world outside, computed from its state: one list, so that nothing is wanted in two places.

use serde::{Deserialize, Serialize};

use super::{ChannelState, Ending, Order, Parcel, ParcelStage, Stage};
use crate::vendor::{FulfilWhen, MintWhen, Vendor};

/// One kind of thing that a remote must be asked or told on behalf of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Book it in the ERP, or look it up there.
    Book,
    /// Accept it on the channel.
    Accept,
    /// Cancel it on the channel, as a person asked.
    Cancel,
    /// Mint a parcel's waybill, or look it up.
    Ship,
    /// Read a parcel's journey.
    Track,
    /// Tell the channel that it has left.
    Fulfil,
    /// Read its fiscal documents and fetch their files.
    Invoice,
    /// Attach its fiscal documents on the channel.
    Attach,
    /// Look at the clock: its deadline comes nearer.
    Radar,
    /// Its parcels wait for the courier's van, until somebody orders a collection or hands them over.
    Collect,
}

impl Errand {
    /// Every errand.
    pub const ALL: [Self; 10] = [
        Self::Book,
        Self::Accept,
        Self::Cancel,
        Self::Ship,
        Self::Track,
        Self::Fulfil,
        Self::Invoice,
        Self::Attach,
        Self::Radar,
        Self::Collect,
    ];
}

/// When an errand is to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// As soon as possible.
    Now,
    /// Not before, milliseconds.
    At(i64),
}

/// Shares of the time to the deadline, in percent, at which people are warned.
const WARNINGS: [i64; 3] = [50, 75, 90];
/// CDON cancels what is not fulfilled in so many days when an order names no deadline (cdon.md section 13).
const DEADLINE_DAYS: i64 = 7;
/// How long an invoiced order is looked at by itself, days: longer than any right of return. Stornos are noticed long before, in the
/// reading that all orders share; this repairs what that has missed.
const STORNO_DAYS: i64 = 60;
const LOOK_AGAIN_DAYS: i64 = 7;
const DAY_MS: i64 = 86_400_000;

impl Order {
    /// Whether it is to be run, and when.
    pub fn errand(&self, errand: Errand, vendor: &Vendor) -> Option<Due> {
        let now_if = |wanted: bool| wanted.then_some(Due::Now);
        match errand {
            Errand::Book => now_if(self.wants_booking()),
            Errand::Accept => now_if(vendor.channel.accept_orders && self.wants_acceptance()),
            Errand::Cancel => now_if(
                self.cancel_asked.is_some()
                    && self.cancel_refused.is_none()
                    && self.channel.state == ChannelState::Created,
            ),
            Errand::Ship => self.ship_due(vendor),
            Errand::Track => {
                let next = self.parcels.iter().filter_map(|p| p.next_scan_ms(&vendor.shipping)).min();
                next.filter(|_| vendor.shipping.courier).map(Due::At)
            }
            Errand::Fulfil => now_if(self.wants_fulfilment(vendor)),
            Errand::Invoice => self.invoice_due(vendor),
            Errand::Attach => now_if(
                vendor.channel.takes_documents
                    && self.billing.files.iter().any(|file| file.attached_ms.is_none()),
            ),
            Errand::Radar => self.next_warning_ms().map(Due::At),
            Errand::Collect => now_if(
                vendor.shipping.courier && self.parcels.iter().any(|p| self.waits_for_the_van(p, vendor)),
            ),
        }
    }

    /// Whether its goods may leave: the ERP provably has it, once, as the buyer ordered it, and nobody has cancelled or
    /// fulfilled it.
    pub fn may_ship(&self) -> bool {
        matches!(self.stage, Stage::Booked { copies: 1, vanished: false, .. })
            && matches!(self.channel.state, ChannelState::Created | ChannelState::Accepted)
            && self.cancel_asked.is_none()
            && !self.amended()
    }

    fn ship_due(&self, vendor: &Vendor) -> Option<Due> {
        let policy = &vendor.shipping;
        let rule = match policy.mint_when {
            MintWhen::Booked => true,
            MintWhen::Invoiced => self.billing.invoices().next().is_some() && self.billing_doubt().is_none(),
            MintWhen::Manual => false,
        };
        let may = policy.courier && self.may_ship() && (rule || self.ship_asked);
        let waiting = self.parcels.iter().any(|p| matches!(p.stage, ParcelStage::Waiting { .. }));
        let to_mint = (may && (waiting || self.parcels.is_empty())).then_some(Due::Now);
        let to_clear_up = self.parcels.iter().filter_map(|parcel| match parcel.stage {
            ParcelStage::Minting { .. } => Some(Due::Now),
            ParcelStage::Unknown { look_ms, .. } => Some(Due::At(look_ms)),
            _ => None,
        });
        to_clear_up.chain(to_mint).min()
    }

    /// The parcel has a waybill, may leave, and nobody has scanned it yet; one that is too old to be followed has left unseen.
    pub fn waits_for_the_van(&self, parcel: &Parcel, vendor: &Vendor) -> bool {
        !self.cancelled() && !parcel.collected() && parcel.next_scan_ms(&vendor.shipping).is_some()
    }

    /// The channel is to be told that the whole order has left.
    pub fn wants_fulfilment(&self, vendor: &Vendor) -> bool {
        let left = |parcel: &Parcel| match vendor.shipping.fulfil_when {
            FulfilWhen::Minted => parcel.tracking().is_some(),
            FulfilWhen::Collected => parcel.tracking().is_some() && parcel.collected(),
        };
        matches!(self.channel.state, ChannelState::Created | ChannelState::Accepted)
            && self.cancel_asked.is_none()
            && self.fulfil_refused.is_none()
            && !self.parcels.is_empty()
            && self.parcels.iter().all(left)
    }

    fn invoice_due(&self, vendor: &Vendor) -> Option<Due> {
        let policy = &vendor.invoices;
        let unkept = policy.archive && self.billing.unkept().next().is_some();
        // What was withdrawn after it was invoiced has fiscal documents all the same, and their files are kept.
        let withdrawn = matches!(self.stage, Stage::Closed { ending: Ending::Withdrawn, .. });
        let followed = matches!(self.stage, Stage::Booked { .. }) || (withdrawn && unkept);
        if !followed {
            return None;
        }
        let Some(read_ms) = self.billing.read_ms else { return Some(Due::Now) };
        let incomplete = self.billing.invoices().next().is_none()
            || unkept
            || (!self.returned().is_none() && !self.returned().is_reconciled())
            // Cancelled after it was booked: the clerk is about to take it back.
            || self.cancelled();
        if incomplete {
            return Some(Due::At(read_ms.saturating_add(policy.look_every_ms)));
        }
        let watched_until = self.billing.found_ms?.saturating_add(STORNO_DAYS * DAY_MS);
        let next = read_ms.saturating_add((LOOK_AGAIN_DAYS * DAY_MS).max(policy.look_every_ms));
        (next <= watched_until).then_some(Due::At(next))
    }

    /// After it the channel cancels, milliseconds.
    pub fn deadline_ms(&self) -> i64 {
        let days = self.channel.created_at_ms.saturating_add(DEADLINE_DAYS * DAY_MS);
        self.channel.deadline_ms.unwrap_or(days)
    }

    /// Warnings that the clock has passed.
    pub(super) fn warnings_passed(&self, now_ms: i64) -> usize {
        (0..WARNINGS.len()).filter(|level| self.warning_ms(*level) <= now_ms).count()
    }

    fn warning_ms(&self, level: usize) -> i64 {
        let from = self.channel.created_at_ms;
        let share = WARNINGS.get(level).copied().unwrap_or(100);
        from.saturating_add(self.deadline_ms().saturating_sub(from) / 100 * share)
    }

    fn next_warning_ms(&self) -> Option<i64> {
        let open = matches!(self.channel.state, ChannelState::Created | ChannelState::Accepted);
        let next = self.warned < WARNINGS.len();
        (open && next && !self.stage.is_closed()).then(|| self.warning_ms(self.warned))
    }
}
