//! What an order's state means for other tables: attention, effects, reservations. Only differences are written.

use vortex_domain::{
    Order, Sku,
    attention::{Code, Raise, Subject},
    order::{Claim, Due, Errand},
    sku::HeldUnits,
};
use vortex_store::rows::{EffectKind, EffectRow, ReservationRow, ReservationState, Write};

use super::OrderMemory;
use crate::sku::SkuMsg;

impl OrderMemory {
    /// Writes what the order's new state wants of other tables and is not there yet. Returns what its SKUs must be told
    /// once that is durable.
    pub(super) fn project(
        &self,
        next: &mut Order,
        writes: &mut Vec<Write>,
        now_ms: i64,
    ) -> Vec<(Sku, SkuMsg)> {
        let vendor = self.vendor().id.clone();
        let subject = Subject::Order(self.id.clone());

        let holds = next.attention();
        let raised: Vec<(Code, String)> = holds.iter().map(|h| (h.code, h.cause.clone())).collect();
        if raised != next.projected.raised {
            let mut cleared: Vec<Code> = next.projected.raised.iter().map(|(code, _)| *code).collect();
            cleared.dedup();
            writes
                .extend(cleared.into_iter().map(|code| Write::Clear(vendor.clone(), code, subject.clone())));
            writes.extend(holds.into_iter().map(|hold| {
                let raise = Raise {
                    code: hold.code,
                    cause: hold.cause,
                    params: hold.params,
                    subject: subject.clone(),
                };
                Write::Raise(vendor.clone(), Box::new(raise), now_ms)
            }));
            next.projected.raised = raised;
        }

        for errand in Errand::ALL {
            let stands = next.projected.errands.get(&errand).copied();
            let due_ms = match next.errand(errand, self.vendor()) {
                None => None,
                Some(Due::Now) => Some(stands.unwrap_or(now_ms).min(now_ms)),
                Some(Due::At(at_ms)) => Some(at_ms),
            };
            if due_ms == stands {
                continue;
            }
            let (kind, key) = (EffectKind::Order(errand), self.id.to_string());
            if let Some(due_ms) = due_ms {
                next.projected.errands.insert(errand, due_ms);
                let (vendor, batch) = (vendor.clone(), String::new());
                writes.push(Write::Effect(EffectRow { vendor, kind, key, due_ms, batch, since_ms: now_ms }));
            } else {
                next.projected.errands.remove(&errand);
                writes.push(Write::EffectDone(vendor.clone(), kind, key));
            }
        }

        let marks = next.marks();
        let gone = next.projected.marks.difference(&marks);
        writes.extend(gone.map(|mark| Write::Unmark(vendor.clone(), mark.clone(), self.id.clone())));
        let new = marks.difference(&next.projected.marks);
        writes.extend(new.map(|mark| Write::Mark(vendor.clone(), mark.clone(), self.id.clone())));
        next.projected.marks = marks;

        self.project_stock(next, writes, now_ms)
    }

    fn project_stock(&self, next: &Order, writes: &mut Vec<Write>, now_ms: i64) -> Vec<(Sku, SkuMsg)> {
        let before = self.order.as_ref().map(|order| (order.claim(), order.held.clone()));
        let (claim, held) = (next.claim(), &next.held);
        if before.as_ref().is_some_and(|(b_claim, b_held)| *b_claim == claim && b_held == held) {
            return Vec::new();
        }
        let mut told = Vec::new();
        let row = |sku: &Sku, qty: i64, state: ReservationState, since_ms: i64| {
            let vendor = self.vendor().id.clone();
            Write::Reservation(ReservationRow {
                vendor,
                order: self.id.clone(),
                sku: sku.clone(),
                qty,
                state,
                since_ms,
            })
        };
        let short = next.is_short();
        for (sku, qty) in held {
            let (state, since_ms, units) = match claim {
                Claim::Open => {
                    (ReservationState::Open, now_ms, Some(HeldUnits { qty: *qty, booked_ms: None, short }))
                }
                Claim::Booked(since) => (
                    ReservationState::Booked,
                    since,
                    Some(HeldUnits { qty: *qty, booked_ms: Some(since), short: false }),
                ),
                Claim::None => (ReservationState::Ended, now_ms, None),
            };
            writes.push(row(sku, *qty, state, since_ms));
            told.push((sku.clone(), SkuMsg::HoldChanged(self.id.clone(), units)));
        }
        // What an amended order no longer takes is free again.
        for (sku, qty) in before.into_iter().flat_map(|(_, held)| held) {
            if !held.iter().any(|(kept, _)| *kept == sku) {
                writes.push(row(&sku, qty, ReservationState::Ended, now_ms));
                told.push((sku, SkuMsg::HoldChanged(self.id.clone(), None)));
            }
        }
        told
    }
}
