//! From a group of changes to few rows per table: what came later in the group is folded over what came earlier,
//! so that each table is written by about one statement however many changes share the transaction.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    ops::Range,
};

use tracing::error;
use vortex_domain::{ContentRow, OrderId, PickupId, Sku, VendorId, attention::Subject, order::Mark};

use crate::{
    rows::{
        CursorRow, EffectKind, EffectRow, FileRow, InboxRow, JournalRow, OrderRow, PickupRow, ReceiptRow,
        ReservationRow, SkuRow, StrayReturnRow, Write,
    },
    secrets::{FileKey, SecretError},
    store::Verdict,
};

/// A row that is guarded by its version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Guarded {
    Sku(VendorId, Sku),
    Order(VendorId, OrderId),
    Pickup(VendorId, PickupId),
}

/// The version that a write carries, and the row it is for.
fn guarded(write: &Write) -> Option<(Guarded, i64)> {
    match write {
        Write::Sku(row) => Some((Guarded::Sku(row.vendor.clone(), row.state.sku.clone()), row.version)),
        Write::Order(row) => Some((Guarded::Order(row.vendor.clone(), row.state.id.clone()), row.version)),
        Write::Pickup(row) => Some((Guarded::Pickup(row.vendor.clone(), row.state.id.clone()), row.version)),
        _ => None,
    }
}

/// What is known so far about the changes of one group.
pub(crate) struct Verdicts {
    /// By change; none while open.
    of: Vec<Option<Verdict>>,
    /// Rows that a refused change wrote, and the first such change: what comes later assumes that it was written.
    tainted: HashMap<Guarded, usize>,
}

impl Verdicts {
    pub(crate) fn open(changes: usize) -> Self {
        Self { of: vec![None; changes], tainted: HashMap::new() }
    }

    pub(crate) fn refuse(&mut self, changes: &[Vec<Write>], index: usize) {
        for (row, _) in changes[index].iter().filter_map(guarded) {
            let first = self.tainted.entry(row).or_insert(index);
            *first = index.min(*first);
        }
        self.of[index] = Some(Verdict::Conflict);
    }

    pub(crate) fn settle(&mut self, range: Range<usize>) {
        for verdict in &mut self.of[range] {
            verdict.get_or_insert(Verdict::Durable);
        }
    }

    pub(crate) fn into_all(self) -> Vec<Verdict> {
        self.of.into_iter().map(|verdict| verdict.unwrap_or(Verdict::Conflict)).collect()
    }

    /// Refuses the changes of `range` that cannot fit, and returns the open ones that do.
    ///
    /// A change fits when each of its guarded writes is one version above what the group wrote before; whether the first
    /// one fits the stored row is for the database to say.
    pub(crate) fn fitting(&mut self, changes: &[Vec<Write>], range: Range<usize>) -> Vec<usize> {
        let mut versions: HashMap<Guarded, i64> = HashMap::new();
        let mut fitting = Vec::with_capacity(range.len());
        for index in range {
            if self.of[index].is_some() {
                continue;
            }
            let mut own: BTreeMap<Guarded, i64> = BTreeMap::new();
            let fits = changes[index].iter().filter_map(guarded).all(|(row, version)| {
                let before = own.get(&row).or_else(|| versions.get(&row)).copied();
                let follows = version >= 1 && before.is_none_or(|before| version == before + 1);
                let fits = follows && self.tainted.get(&row).is_none_or(|&refused| refused > index);
                own.insert(row, version);
                fits
            });
            if fits {
                versions.extend(own);
                fitting.push(index);
            } else {
                self.refuse(changes, index);
            }
        }
        fitting
    }
}

/// Keeps the order of first appearance, and one entry per key.
pub(crate) struct Folded<K, V> {
    place: HashMap<K, usize>,
    pub(crate) rows: Vec<V>,
}

impl<K, V> Default for Folded<K, V> {
    fn default() -> Self {
        Self { place: HashMap::new(), rows: Vec::new() }
    }
}

impl<K: Eq + Hash, V> Folded<K, V> {
    fn fold(&mut self, key: K, row: V, onto: impl FnOnce(&mut V, V)) {
        if let Some(&place) = self.place.get(&key) {
            onto(&mut self.rows[place], row);
        } else {
            self.place.insert(key, self.rows.len());
            self.rows.push(row);
        }
    }

    fn replace(&mut self, key: K, row: V) {
        self.fold(key, row, |old, new| *old = new);
    }
}

/// A guarded row with the version that must be stored now.
pub(crate) struct Guard<'a, R> {
    /// The change that wrote it first in the group: the one to refuse when the guard fails.
    pub(crate) change: usize,
    /// 0: must not exist.
    pub(crate) expected: i64,
    pub(crate) row: &'a R,
    pub(crate) state: String,
}

/// What becomes of one outbox row.
pub(crate) struct EffectFate<'a> {
    pub(crate) kind: EffectKind,
    pub(crate) vendor: &'a VendorId,
    pub(crate) key: &'a str,
    /// Whatever stands there was done.
    pub(crate) done: bool,
    /// The wish that stands afterwards, and since when.
    pub(crate) wish: Option<(&'a EffectRow, i64)>,
}

/// What becomes of one subject under one cause code.
pub(crate) struct SubjectFate<'a> {
    pub(crate) vendor: &'a VendorId,
    pub(crate) code: &'static str,
    pub(crate) subject: &'a Subject,
    pub(crate) cleared: bool,
    pub(crate) causes: Vec<&'a str>,
}

/// One cause that waits for a person.
pub(crate) struct ItemWish<'a> {
    pub(crate) vendor: &'a VendorId,
    pub(crate) code: &'static str,
    pub(crate) cause: &'a str,
    pub(crate) params: &'a [String],
    pub(crate) since_ms: i64,
    /// A subject was raised and cleared within the group: the item may be empty.
    pub(crate) maybe_empty: bool,
}

/// A file, and its bytes sealed.
pub(crate) struct SealedFile<'a> {
    pub(crate) row: &'a FileRow,
    pub(crate) sealed: String,
}

/// Owner, order as reported, id.
type StrayKey<'a> = (&'a VendorId, &'a str, &'a str);

/// Owner, mark, order.
type MarkKey<'a> = (&'a VendorId, &'a Mark, &'a OrderId);

/// The rows of one transaction.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    pub(crate) skus: Folded<(&'a VendorId, &'a Sku), Guard<'a, SkuRow>>,
    pub(crate) orders: Folded<(&'a VendorId, &'a OrderId), Guard<'a, OrderRow>>,
    pub(crate) pickups: Folded<(&'a VendorId, &'a PickupId), Guard<'a, PickupRow>>,
    /// Whether the order is found by it afterwards.
    pub(crate) marks: Folded<MarkKey<'a>, (MarkKey<'a>, bool)>,
    pub(crate) reservations: Folded<(&'a VendorId, &'a OrderId, &'a Sku), &'a ReservationRow>,
    pub(crate) effects: Folded<(&'a VendorId, EffectKind, &'a str), EffectFate<'a>>,
    pub(crate) inbox: Folded<(&'a VendorId, &'a str, &'a str), &'a InboxRow>,
    pub(crate) inbox_done: Vec<(&'a VendorId, &'a str, &'a str)>,
    pub(crate) cursors: Folded<(&'a VendorId, &'a str), &'a CursorRow>,
    pub(crate) content: Folded<(&'a VendorId, &'a Sku, &'a str), (&'a VendorId, &'a ContentRow)>,
    pub(crate) items: Folded<(&'a VendorId, &'a str, &'a str), ItemWish<'a>>,
    pub(crate) subjects: Folded<(&'a VendorId, &'static str, &'a Subject), SubjectFate<'a>>,
    pub(crate) files: Vec<SealedFile<'a>>,
    pub(crate) strays: Folded<StrayKey<'a>, (StrayKey<'a>, Option<&'a StrayReturnRow>)>,
    pub(crate) receipts: Vec<&'a ReceiptRow>,
    pub(crate) journal: Vec<&'a JournalRow>,
}

/// The language's code, empty for texts of every language.
pub(crate) fn language_code(row: &ContentRow) -> &'static str {
    row.language.map_or("", vortex_domain::Language::code)
}

impl<'a> Plan<'a> {
    /// Folds the given changes; those whose state cannot be written as JSON are returned instead.
    pub(crate) fn of(changes: &'a [Vec<Write>], fitting: &[usize]) -> Result<Self, usize> {
        let mut plan = Self::default();
        for &index in fitting {
            for write in &changes[index] {
                plan.add(index, write).map_err(|why| {
                    error!(%why, "A state cannot be written as JSON; the change is refused");
                    index
                })?;
            }
        }
        Ok(plan)
    }

    /// Seals the bytes of its files.
    pub(crate) fn seal(&mut self, key: &FileKey) -> Result<(), SecretError> {
        for file in &mut self.files {
            file.sealed = key.seal(&file.row.entry.vendor, &file.row.entry.hash, &file.row.bytes)?;
        }
        Ok(())
    }

    fn add(&mut self, change: usize, write: &'a Write) -> Result<(), serde_json::Error> {
        match write {
            Write::Sku(row) => {
                let state = serde_json::to_string(&row.state)?;
                let guard = Guard { change, expected: row.version - 1, row: &**row, state };
                self.skus.fold((&row.vendor, &row.state.sku), guard, newest);
            }
            Write::Order(row) => {
                let state = serde_json::to_string(&row.state)?;
                let guard = Guard { change, expected: row.version - 1, row: &**row, state };
                self.orders.fold((&row.vendor, &row.state.id), guard, newest);
            }
            Write::Pickup(row) => {
                let state = serde_json::to_string(&row.state)?;
                let guard = Guard { change, expected: row.version - 1, row: &**row, state };
                self.pickups.fold((&row.vendor, &row.state.id), guard, newest);
            }
            Write::Mark(vendor, mark, order) => {
                self.marks.replace((vendor, mark, order), ((vendor, mark, order), true));
            }
            Write::Unmark(vendor, mark, order) => {
                self.marks.replace((vendor, mark, order), ((vendor, mark, order), false));
            }
            Write::Reservation(row) => {
                self.reservations.fold((&row.vendor, &row.order, &row.sku), row, |old, new| {
                    if new.since_ms >= old.since_ms {
                        *old = new;
                    }
                });
            }
            Write::Effect(row) => {
                let fate = EffectFate {
                    kind: row.kind,
                    vendor: &row.vendor,
                    key: &row.key,
                    done: false,
                    wish: Some((row, row.since_ms)),
                };
                self.effects.fold((&row.vendor, row.kind, &row.key), fate, |old, new| {
                    let since_ms = old.wish.map_or(row.since_ms, |(_, since_ms)| since_ms);
                    old.wish = new.wish.map(|(row, _)| (row, since_ms));
                });
            }
            Write::EffectDone(vendor, kind, key) => {
                let fate = EffectFate { kind: *kind, vendor, key, done: true, wish: None };
                self.effects.replace((vendor, *kind, key), fate);
            }
            Write::Inbox(row) => {
                self.inbox.fold((&row.vendor, &row.connection, &row.event_id), row, |_, _| {});
            }
            Write::InboxDone(vendor, connection, event_id) => {
                self.inbox_done.push((vendor, connection, event_id));
            }
            Write::Journal(row) => self.journal.push(row),
            Write::Receipt(row) => self.receipts.push(row),
            Write::File(row) => self.files.push(SealedFile { row, sealed: String::new() }),
            Write::StrayReturn(row) => {
                let key: StrayKey<'a> = (&row.vendor, &row.order, &row.id);
                self.strays.replace(key, (key, Some(row)));
            }
            Write::StrayReturnSettled(vendor, order, id) => {
                let key: StrayKey<'a> = (vendor, order, id);
                self.strays.replace(key, (key, None));
            }
            Write::Cursor(row) => self.cursors.replace((&row.vendor, &row.name), row),
            Write::Content(vendor, row) => {
                self.content.replace((vendor, &row.sku, language_code(row)), (vendor, &**row));
            }
            Write::Raise(vendor, raise, at_ms) => {
                let code = raise.code.as_str();
                let item = ItemWish {
                    vendor,
                    code,
                    cause: &raise.cause,
                    params: &raise.params,
                    since_ms: *at_ms,
                    maybe_empty: false,
                };
                self.items.fold((vendor, code, &raise.cause), item, |old, new| old.params = new.params);
                let fate = SubjectFate {
                    vendor,
                    code,
                    subject: &raise.subject,
                    cleared: false,
                    causes: vec![&raise.cause],
                };
                self.subjects.fold((vendor, code, &raise.subject), fate, |old, new| {
                    old.causes.retain(|cause| !new.causes.contains(cause));
                    old.causes.extend(new.causes);
                });
            }
            Write::Clear(vendor, code, subject) => {
                let code = code.as_str();
                let fate = SubjectFate { vendor, code, subject, cleared: true, causes: Vec::new() };
                let items = &mut self.items;
                self.subjects.fold((vendor, code, subject), fate, |old, new| {
                    for cause in &old.causes {
                        if let Some(&place) = items.place.get(&(vendor, code, *cause)) {
                            items.rows[place].maybe_empty = true;
                        }
                    }
                    *old = new;
                });
            }
        }
        Ok(())
    }
}

fn newest<'a, R>(old: &mut Guard<'a, R>, new: Guard<'a, R>) {
    old.row = new.row;
    old.state = new.state;
}
