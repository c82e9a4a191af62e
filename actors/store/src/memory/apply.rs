//! What a commit does to the rows.

use std::collections::{BTreeMap, BTreeSet};

use vortex_domain::{VendorId, attention::Subject};

use super::state::{Event, Item, State, StoredOrder, StoredSku};
use crate::{
    plan::{Verdicts, language_code},
    rows::{EffectRow, JournalEntry, OrderRow, ReservationRow, StrayReturnRow, Write},
    store::Verdict,
};

impl State {
    /// Applies the changes in order; each as a whole or not at all.
    pub(super) fn commit(&mut self, changes: &[Vec<Write>]) -> Vec<Verdict> {
        let mut verdicts = Verdicts::open(changes.len());
        for index in 0..changes.len() {
            // Chains within the group are judged as SQL judges them; the stored version counts for each change alone here.
            if verdicts.fitting(changes, index..index + 1).is_empty() {
                continue;
            }
            if self.guards_hold(&changes[index]) {
                for write in &changes[index] {
                    self.apply(write);
                }
                verdicts.settle(index..index + 1);
            } else {
                verdicts.refuse(changes, index);
            }
        }
        self.items.retain(|_, item| !item.subjects.is_empty());
        verdicts.into_all()
    }

    /// The first write of each row is one version above the stored one (further ones were judged by `fitting`), and no
    /// document number is given twice.
    fn guards_hold(&self, writes: &[Write]) -> bool {
        let mut skus = BTreeSet::new();
        let mut orders = BTreeSet::new();
        let mut pickups = BTreeSet::new();
        let mut numbers = BTreeMap::new();
        writes.iter().all(|write| match write {
            Write::Sku(row) => {
                let key = (row.vendor.clone(), row.state.sku.clone());
                let stored = self.skus.get(&key).map_or(0, |row| row.version);
                !skus.insert(key) || row.version == stored + 1
            }
            Write::Order(row) => {
                let key = (row.vendor.clone(), row.state.id.clone());
                let stored = self.orders.get(&key).map_or(0, |stored| stored.row.version);
                let follows = !orders.insert(key) || row.version == stored + 1;
                let number = row.state.document.as_ref().map(|document| (&row.vendor, document.number));
                let free = number.is_none_or(|number| {
                    self.number_is_free(row)
                        && numbers.insert(number, &row.state.id).is_none_or(|other| *other == row.state.id)
                });
                follows && free
            }
            Write::Pickup(row) => {
                let key = (row.vendor.clone(), row.state.id.clone());
                let stored = self.pickups.get(&key).map_or(0, |row| row.version);
                !pickups.insert(key) || row.version == stored + 1
            }
            _ => true,
        })
    }

    /// One document number, one order.
    fn number_is_free(&self, row: &OrderRow) -> bool {
        let Some(document) = &row.state.document else { return true };
        !self.orders.values().map(|stored| &stored.row).any(|other| {
            other.vendor == row.vendor
                && other.state.id != row.state.id
                && other.state.document.as_ref().is_some_and(|held| held.number == document.number)
        })
    }

    fn apply(&mut self, write: &Write) {
        match write {
            Write::Sku(row) => {
                let prints = (row.article_print, row.stock_print);
                let stored = StoredSku { version: row.version, prints, state: text(&row.state) };
                self.skus.insert((row.vendor.clone(), row.state.sku.clone()), stored);
            }
            Write::Order(row) => {
                let stored = StoredOrder { row: (**row).clone(), state: text(&row.state) };
                self.orders.insert((row.vendor.clone(), row.state.id.clone()), stored);
            }
            Write::Pickup(row) => {
                self.pickups.insert((row.vendor.clone(), row.state.id.clone()), (**row).clone());
            }
            Write::Mark(vendor, mark, order) => {
                self.marks.insert((vendor.clone(), mark.clone(), order.clone()));
            }
            Write::Unmark(vendor, mark, order) => {
                self.marks.remove(&(vendor.clone(), mark.clone(), order.clone()));
            }
            Write::Reservation(row) => self.reserve(row),
            Write::Effect(row) => self.wish(row),
            Write::EffectDone(vendor, kind, key) => {
                self.effects.remove(&(vendor.clone(), *kind, key.clone()));
            }
            Write::Inbox(row) => {
                let seq = self.next();
                let key = (row.vendor.clone(), row.connection.clone(), row.event_id.clone());
                self.inbox.entry(key).or_insert_with(|| Event { seq, done: false, row: row.clone() });
            }
            Write::InboxDone(vendor, connection, event_id) => {
                if let Some(event) =
                    self.inbox.get_mut(&(vendor.clone(), connection.clone(), event_id.clone()))
                {
                    event.done = true;
                    event.row.payload.clear();
                }
            }
            Write::Journal(row) => {
                let seq = self.next();
                self.journal.push(JournalEntry { seq, row: row.clone() });
            }
            Write::Receipt(row) => self.receipts.push(row.clone()),
            Write::File(row) => {
                let e = &row.entry;
                let key = (e.vendor.clone(), e.order.clone(), e.kind, e.name.clone());
                self.files.entry(key).or_insert_with(|| (**row).clone());
            }
            Write::StrayReturn(row) => {
                let key = (row.vendor.clone(), row.order.clone(), row.id.clone());
                let at_ms = self.strays.get(&key).map_or(row.at_ms, |known| known.at_ms);
                self.strays.insert(key, StrayReturnRow { at_ms, ..(**row).clone() });
            }
            Write::StrayReturnSettled(vendor, order, id) => {
                self.strays.remove(&(vendor.clone(), order.clone(), id.clone()));
            }
            Write::Cursor(row) => {
                self.cursors.insert((row.vendor.clone(), row.name.clone()), row.value.clone());
            }
            Write::Raise(vendor, raise, at_ms) => {
                let id = self.next();
                let key = (vendor.clone(), raise.code.as_str(), raise.cause.clone());
                let item = self.items.entry(key).or_insert_with(|| Item {
                    id,
                    code: raise.code,
                    params: Vec::new(),
                    since_ms: *at_ms,
                    subjects: BTreeSet::new(),
                });
                item.params.clone_from(&raise.params);
                item.subjects.insert(keyed(&raise.subject));
            }
            Write::Clear(vendor, code, subject) => self.clear(vendor, code.as_str(), subject),
            Write::Content(vendor, row) => {
                self.content.insert((vendor.clone(), row.sku.clone(), language_code(row)), (**row).clone());
            }
        }
    }

    fn reserve(&mut self, row: &ReservationRow) {
        let key = (row.vendor.clone(), row.order.clone(), row.sku.clone());
        if self.reservations.get(&key).is_none_or(|stored| stored.since_ms <= row.since_ms) {
            self.reservations.insert(key, row.clone());
        }
    }

    fn wish(&mut self, row: &EffectRow) {
        let key = (row.vendor.clone(), row.kind, row.key.clone());
        let since_ms = self.effects.get(&key).map_or(row.since_ms, |stored| stored.since_ms);
        self.effects.insert(key, EffectRow { since_ms, ..row.clone() });
    }

    fn clear(&mut self, vendor: &VendorId, code: &'static str, subject: &Subject) {
        let gone = keyed(subject);
        for ((owner, of, _), item) in &mut self.items {
            if owner == vendor && *of == code {
                item.subjects.remove(&gone);
            }
        }
    }
}

/// Sorted by key, then kind, as the SQL tables are.
fn keyed(subject: &Subject) -> (String, Subject) {
    (subject.key().to_owned(), subject.clone())
}

/// A state that cannot be written leaves a text that cannot be read: the load then names it.
fn text(state: &impl serde::Serialize) -> String {
    serde_json::to_string(state).unwrap_or_default()
}
