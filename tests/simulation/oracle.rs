//! Judges what the remotes committed. It knows nothing of how the product works.
//!
//! Invariants (by their names in the failure catalogue):
//! - **O1** at most one live document per order, for ever; a document number belongs to one order, an order keeps its number.
//! - **O3** no document for an order that the channel never had.
//! - **O4** after an unanswered import, the next import for that order comes after a look-up that left later.
//! - **M1** a document's lines sum to the RON total of a version of its order, of that version's article and units.
//! - **S1** a pushed quantity is what its receipt computes, from a reading that the ERP really gave, and
//!   `q ≤ max(0, ⌊(on hand − reserved) / 1000⌋ − owed − buffer)`, where *owed* are the units of orders that were on disk and open
//!   for longer than [`ORDER_SEEN_LAG_MS`] and whose document is not in that reading.
//! - **S4** applied quantities of an article rest on readings that never get older, unless an earlier push whose fate the
//!   product could not know (its answer was lost, or the process died) lands after one sent at least [`HOLD_MS`] later.
//! - **S6** no quantity, least of all zero, unless that very reading mentioned the article, or it was asked for by name between the
//!   reading and the push. An ERP leaves articles without stock out of its list: one that was never shown may begin with 0.
//! - **P10** a price leaves with a receipt on disk that comes to that price when it is reckoned again (see `remotes/offers.rs`).
//! - **A1, A3, A5, O6** about waybills and fulfilments: see [`parcels`].

pub(crate) mod after_sale;
pub(crate) mod parcels;
pub(crate) mod quiet;
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};
use vortex_domain::{ChannelOrder, Currency, OrderId, Sku, StockLevel, sales::SaleLine};

use self::parcels::Parcels;
use crate::facts::{Fact, Owed, Push, Reading};

/// An order that came so shortly before a push may be missing from it: it is on disk, but its actors are still at work.
pub(crate) const ORDER_SEEN_LAG_MS: i64 = 5_000;
/// Readings that a bundle may rest on: an hour of them, because a stopped mass change keeps what was read before.
const LATELY: usize = 12;
/// After a lost answer nothing is pushed for so long.
pub(crate) const HOLD_MS: i64 = 30_000;

/// What a vendor's settings mean for the judgement.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// RON per unit of currency.
    pub(crate) rates: BTreeMap<Currency, Decimal>,
    /// What one unit of an article takes from stock.
    pub(crate) bundles: BTreeMap<Sku, Vec<(Sku, i64)>>,
}

struct Document {
    token: String,
    live: bool,
}

struct Import {
    call: u64,
    sent_ms: i64,
    answered: bool,
    looked_up: bool,
}

struct Sent {
    push: Push,
    left_ms: i64,
    decided: bool,
    unanswered: bool,
    /// What was applied before it.
    applied: bool,
}

/// Follows the facts and collects what must not have happened.
pub(crate) struct Oracle {
    rules: Rules,
    orders: BTreeMap<String, Vec<ChannelOrder>>,
    documents: BTreeMap<u64, Document>,
    numbers: BTreeMap<i64, String>,
    recreated: BTreeSet<String>,
    imports: BTreeMap<String, Import>,
    readings: Vec<Reading>,
    pushes: BTreeMap<u64, Sent>,
    newest: BTreeMap<Sku, u64>,
    forgot_ms: Vec<i64>,
    /// Waybills and fulfilments.
    pub(crate) parcels: Parcels,
    /// What must not have happened.
    pub(crate) violations: Vec<String>,
    /// How often a late application was excused (S4).
    pub(crate) excused: u64,
}

impl Oracle {
    /// An oracle over an empty world.
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            orders: BTreeMap::new(),
            documents: BTreeMap::new(),
            numbers: BTreeMap::new(),
            recreated: BTreeSet::new(),
            imports: BTreeMap::new(),
            readings: Vec::new(),
            pushes: BTreeMap::new(),
            newest: BTreeMap::new(),
            forgot_ms: Vec::new(),
            parcels: Parcels::default(),
            violations: Vec::new(),
            excused: 0,
        }
    }

    fn fail(&mut self, at_ms: i64, what: impl AsRef<str>) {
        self.violations.push(format!("at {at_ms} ms: {}", what.as_ref()));
    }

    /// The tokens of all orders that the channel ever had, with their newest version.
    pub(crate) fn orders(&self) -> impl Iterator<Item = (&String, &ChannelOrder)> {
        self.orders.iter().filter_map(|(token, versions)| Some((token, versions.last()?)))
    }

    /// Live documents of an order.
    pub(crate) fn live(&self, token: &str) -> usize {
        self.documents.values().filter(|doc| doc.live && doc.token == token).count()
    }

    /// Documents that an order ever had.
    pub(crate) fn ever(&self, token: &str) -> usize {
        self.documents.values().filter(|doc| doc.token == token).count()
    }

    /// Takes a fact, in order of time.
    pub(crate) fn see(&mut self, at_ms: i64, fact: &Fact) {
        match fact {
            Fact::Order(order) => {
                self.orders.entry(order.id.erp_token()).or_default().push((**order).clone());
            }
            Fact::Reading(reading) => self.readings.push((**reading).clone()),
            Fact::ImportSent { call, token, number } => self.import_sent(at_ms, *call, token, *number),
            Fact::ImportAnswered { call } => {
                self.imports
                    .values_mut()
                    .filter(|import| import.call == *call)
                    .for_each(|import| import.answered = true);
            }
            Fact::LookedUp { tokens, sent_ms } => {
                for token in tokens {
                    if let Some(import) = self.imports.get_mut(token) {
                        import.looked_up |= *sent_ms >= import.sent_ms;
                    }
                }
            }
            Fact::Written { doc, token, number, lines } => self.written(at_ms, *doc, token, *number, lines),
            Fact::Gone { doc } => {
                if let Some(doc) = self.documents.get_mut(doc) {
                    doc.live = false;
                }
            }
            Fact::Recreated { token } => {
                self.recreated.insert(token.clone());
            }
            Fact::Pushed(push) => self.pushed(at_ms, push),
            Fact::PushUnanswered { push } => self.mark(*push, |sent| sent.unanswered = true),
            Fact::PushDecided { push } => self.mark(*push, |sent| sent.decided = true),
            Fact::Applied { push } => self.applied(at_ms, *push),
            Fact::Forgot => self.forgot_ms.push(at_ms),
            other => self.see_parcels(at_ms, other),
        }
    }

    fn see_parcels(&mut self, at_ms: i64, fact: &Fact) {
        let ids: Vec<OrderId> =
            self.orders.values().filter_map(|versions| Some(versions.last()?.id.clone())).collect();
        let parcels = &mut self.parcels;
        let wrong = match fact {
            Fact::ToldCancelled { token } => {
                parcels.told_cancelled(at_ms, token);
                None
            }
            Fact::MintSent { call, reference, reserved } => {
                parcels.mint_sent(at_ms, *call, reference, reserved.as_ref(), &ids)
            }
            Fact::MintAnswered { call, minted } => {
                parcels.mint_answered(*call, *minted);
                None
            }
            Fact::MintAgain { reference } => {
                parcels.mint_again(reference);
                None
            }
            Fact::Minted { awb, reference } => parcels.minted(awb, reference),
            Fact::FulfilSent { token, numbers } => parcels.fulfil_sent(token, numbers, &ids),
            Fact::Fulfilled { token, .. } => parcels.fulfilled(token),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.fail(at_ms, wrong);
        }
    }

    fn mark(&mut self, push: u64, mark: impl FnOnce(&mut Sent)) {
        if let Some(sent) = self.pushes.get_mut(&push) {
            mark(sent);
        }
    }

    fn import_sent(&mut self, at_ms: i64, call: u64, token: &str, number: i64) {
        let blind = self.imports.get(token).is_some_and(|before| !before.answered && !before.looked_up);
        if blind {
            self.fail(
                at_ms,
                format!("O4: {token} is imported again and nobody has looked it up since the last try"),
            );
        }
        if let Some(other) = self.numbers.get(&number).filter(|other| *other != token) {
            let text = format!("O1: document number {number} of {token} was given to {other}");
            self.fail(at_ms, text);
        }
        let known = self.numbers.iter().find(|(_, owner)| *owner == token).map(|(number, _)| *number);
        // Only in the stead of a document that was cancelled by hand.
        if let Some(known) = known.filter(|known| *known != number && !self.recreated.contains(token)) {
            self.fail(at_ms, format!("O1: {token} had document number {known} and now has {number}"));
        }
        self.numbers.entry(number).or_insert_with(|| token.to_owned());
        let import = Import { call, sent_ms: at_ms, answered: false, looked_up: false };
        self.imports.insert(token.to_owned(), import);
    }

    fn written(&mut self, at_ms: i64, doc: u64, token: &str, number: i64, lines: &[SaleLine]) {
        let ever = self.ever(token);
        if self.live(token) > 0 {
            self.fail(at_ms, format!("O1: {token} gets a second live document ({number})"));
        } else if ever > 0 && !self.recreated.contains(token) {
            self.fail(
                at_ms,
                format!(
                    "O1: {token} gets a new document ({number}) for one that is gone, and no person asked"
                ),
            );
        }
        self.documents.insert(doc, Document { token: token.to_owned(), live: true });
        let Some(versions) = self.orders.get(token) else {
            self.fail(at_ms, format!("O3: document {number} is for {token}, which the channel never had"));
            return;
        };
        if !versions.iter().any(|version| self.stands_for(lines, version)) {
            let shown: Vec<String> =
                lines.iter().map(|l| format!("{} × {} at {}", l.quantity, l.sku, l.unit_price)).collect();
            self.fail(
                at_ms,
                format!("M1: document {number} ({}) is no version of {token}", shown.join(", ")),
            );
        }
    }

    /// Whether the lines are the goods and the money of this version of an order.
    fn stands_for(&self, lines: &[SaleLine], order: &ChannelOrder) -> bool {
        let rate = self.rules.rates.get(&order.net.currency).copied().unwrap_or_default();
        let expected = (Decimal::from(order.net.minor) * rate)
            .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let line = |line: &SaleLine| {
            let minor = Decimal::from(line.quantity) * line.unit_price * Decimal::ONE_HUNDRED;
            minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        };
        let goods: BTreeMap<Sku, i64> = lines.iter().map(|line| (line.sku.clone(), line.quantity)).collect();
        let parts =
            self.rules.bundles.get(&order.sku).cloned().unwrap_or_else(|| vec![(order.sku.clone(), 1)]);
        let ordered: BTreeMap<Sku, i64> =
            parts.into_iter().map(|(sku, each)| (sku, each * i64::from(order.quantity))).collect();
        lines.iter().map(line).sum::<Decimal>() == expected && goods == ordered && goods.len() == lines.len()
    }

    fn pushed(&mut self, at_ms: i64, push: &Push) {
        if let Some(text) = self.misfounded(push) {
            self.fail(at_ms, text);
        }
        let sent =
            Sent { push: push.clone(), left_ms: at_ms, decided: false, unanswered: false, applied: false };
        self.pushes.insert(push.id, sent);
    }

    /// What is wrong with the reasons of a push.
    fn misfounded(&self, push: &Push) -> Option<String> {
        let (sku, quantity) = (&push.sku, i64::from(push.quantity));
        let Some(basis) = &push.basis else {
            return Some(format!("S1: {quantity} × {sku} was pushed without a receipt"));
        };
        let terms = &basis.terms;
        let free = (terms.on_hand_milli - terms.reserved_in_erp_milli).div_euclid(1000);
        if quantity != (free - terms.reserved_by_us - terms.buffer).clamp(0, terms.cap) {
            return Some(format!("S1: {quantity} × {sku} was pushed, its receipt says {terms:?}"));
        }
        if !push.buffers.contains(&terms.buffer) {
            return Some(format!(
                "S1: the buffer of {sku} is {:?}, its receipt says {}",
                push.buffers, terms.buffer
            ));
        }
        if !push.parts.is_empty() {
            return self.bundle_misfounded(push, terms.buffer);
        }
        let since_ms = basis.read_ms.unwrap_or(i64::MAX);
        let of_then = |r: &&Reading| {
            r.began_ms == since_ms || (r.by_name && (since_ms..=basis.at_ms).contains(&r.began_ms))
        };
        let mentioned: Vec<&Reading> =
            self.readings.iter().filter(of_then).filter(|r| r.levels.contains_key(sku)).collect();
        if mentioned.is_empty() {
            let whole = self.readings.iter().any(|r| r.whole && r.began_ms == since_ms);
            let ever = self.readings.iter().any(|r| r.began_ms < since_ms && r.levels.contains_key(sku));
            // An article may begin with 0: what an earlier reading said of it may have been forgotten, or not believed.
            let begins = !self.newest.contains_key(sku);
            let rule = if quantity == 0 { "S6" } else { "S1" };
            return (quantity > 0 || (ever && !begins) || !whole).then(|| {
                format!("{rule}: {quantity} × {sku} rests on a reading of {since_ms} that never mentioned it")
            });
        }
        // Of nothing on hand, nothing can be reserved.
        let same = |level: &StockLevel| {
            level.on_hand_milli == terms.on_hand_milli
                && (level.reserved_milli == terms.reserved_in_erp_milli
                    || (terms.on_hand_milli, terms.reserved_in_erp_milli) == (0, 0))
        };
        let Some(reading) = mentioned.iter().find(|reading| reading.levels.get(sku).is_some_and(same)) else {
            return Some(format!(
                "S1: the receipt of {quantity} × {sku} says {terms:?}, the ERP never said so"
            ));
        };
        let owed = owed_units(&push.owed, sku, reading);
        (quantity > (free - owed - terms.buffer).max(0)).then(|| {
            format!("S1: {quantity} × {sku} was pushed, of {free} free ones {owed} are owed to orders: {:?}; {terms:?}", push.owed)
        })
    }

    /// A bundle's receipt names no reading: any that came lately will do, part by part.
    fn bundle_misfounded(&self, push: &Push, buffer: i64) -> Option<String> {
        let best = |part: &Sku, each: i64| {
            let lately =
                self.readings.iter().rev().filter(|reading| reading.levels.contains_key(part)).take(LATELY);
            lately
                .filter_map(|reading| {
                    let level = reading.levels.get(part)?;
                    let free = (level.on_hand_milli - level.reserved_milli).div_euclid(1000);
                    Some((free - owed_units(&push.owed, part, reading)).div_euclid(each))
                })
                .max()
        };
        let bound = push.parts.iter().filter_map(|(part, each)| best(part, *each)).min().unwrap_or(0);
        (i64::from(push.quantity) > (bound - buffer).max(0)).then(|| {
            format!("S1: {} × {} was pushed, its parts give {bound} at most", push.quantity, push.sku)
        })
    }

    fn applied(&mut self, at_ms: i64, id: u64) {
        let Some(sent) = self.pushes.get_mut(&id) else {
            return self.fail(at_ms, "the channel applied what was never pushed");
        };
        sent.applied = true;
        let (sku, left_ms) = (sent.push.sku.clone(), sent.left_ms);
        let read_ms = |push: &Push| push.basis.and_then(|basis| basis.read_ms);
        let based_on = read_ms(&sent.push);
        let may_be_forgotten = sent.unanswered || !sent.decided;
        let newest = self.newest.get(&sku).and_then(|newest| self.pushes.get(newest));
        if let Some(newest) = newest.filter(|newest| read_ms(&newest.push) > based_on) {
            let forgot = self.pushes[&id].unanswered
                || self.forgot_ms.iter().any(|at| (left_ms..=newest.left_ms).contains(at));
            if may_be_forgotten && forgot && newest.left_ms >= left_ms + HOLD_MS {
                self.excused += 1;
            } else {
                let text = format!(
                    "S4: {sku}: a push sent at {left_ms} ms from the reading of {based_on:?} lands after one sent at {} ms from the reading of {:?}",
                    newest.left_ms,
                    read_ms(&newest.push)
                );
                self.fail(at_ms, text);
            }
            return;
        }
        self.newest.insert(sku, id);
    }
}

/// Units of an article owed to orders whose document is not in the reading.
fn owed_units(owed: &[Owed], sku: &Sku, reading: &Reading) -> i64 {
    owed.iter()
        .filter(|owed| owed.sku == *sku && !reading.contains.contains(&owed.token))
        .map(|owed| owed.qty)
        .sum()
}
