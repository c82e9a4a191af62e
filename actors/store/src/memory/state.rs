//! The rows in memory and the reads.

use std::collections::{BTreeMap, BTreeSet};

use vortex_domain::{
    ContentRow, OrderId, Pickup, PickupId, Sku, VendorId,
    attention::{Code, Subject},
    order::{Mark, Order},
};

use crate::{
    rows::{
        AttentionItem, Backlog, CursorRow, Desk, EffectKind, EffectRow, FileEntry, FileKind, FileRow,
        InboxRow, JournalEntry, OrderRow, PickupRow, Prints, ReceiptParts, ReceiptRow, ReservationRow,
        ReservationState, StrayReturnRow,
    },
    sql::parsed,
    store::{LIST_LIMIT, SHOWN_SUBJECTS, SkuRows, StoreError},
};

/// A SKU as SQL would keep it: what does not travel as JSON is lost here too.
#[derive(Debug, Clone)]
pub(super) struct StoredSku {
    pub(super) version: i64,
    pub(super) prints: (i64, i64),
    pub(super) state: String,
}

/// An order: the text, and the row for what SQL has columns of.
#[derive(Debug, Clone)]
pub(super) struct StoredOrder {
    pub(super) row: OrderRow,
    pub(super) state: String,
}

impl StoredOrder {
    fn load(&self) -> Result<(i64, Order), StoreError> {
        Ok((self.row.version, parsed("order", self.row.state.id.as_str(), &self.state)?))
    }
}

/// An event and whether it took effect.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) seq: i64,
    pub(super) done: bool,
    pub(super) row: InboxRow,
}

/// A cause that waits for a person.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) id: i64,
    pub(super) code: Code,
    pub(super) params: Vec<String>,
    pub(super) since_ms: i64,
    pub(super) subjects: BTreeSet<(String, Subject)>,
}

/// All rows.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    sequence: i64,
    pub(super) skus: BTreeMap<(VendorId, Sku), StoredSku>,
    pub(super) orders: BTreeMap<(VendorId, OrderId), StoredOrder>,
    pub(super) pickups: BTreeMap<(VendorId, PickupId), PickupRow>,
    pub(super) marks: BTreeSet<(VendorId, Mark, OrderId)>,
    pub(super) reservations: BTreeMap<(VendorId, OrderId, Sku), ReservationRow>,
    pub(super) effects: BTreeMap<(VendorId, EffectKind, String), EffectRow>,
    pub(super) inbox: BTreeMap<(VendorId, String, String), Event>,
    pub(super) cursors: BTreeMap<(VendorId, String), String>,
    pub(super) content: BTreeMap<(VendorId, Sku, &'static str), ContentRow>,
    pub(super) items: BTreeMap<(VendorId, &'static str, String), Item>,
    pub(super) files: BTreeMap<(VendorId, OrderId, FileKind, String), FileRow>,
    pub(super) strays: BTreeMap<(VendorId, String, String), StrayReturnRow>,
    pub(super) receipts: Vec<ReceiptRow>,
    pub(super) journal: Vec<JournalEntry>,
}

fn limited(limit: u32) -> usize {
    limit.min(LIST_LIMIT) as usize
}

impl State {
    pub(super) fn next(&mut self) -> i64 {
        self.sequence += 1;
        self.sequence
    }

    fn orders_of<'s>(&'s self, vendor: &'s VendorId) -> impl Iterator<Item = &'s StoredOrder> {
        self.orders.values().filter(move |stored| stored.row.vendor == *vendor)
    }

    fn held<'s>(&'s self, vendor: &'s VendorId) -> impl Iterator<Item = &'s ReservationRow> {
        self.reservations
            .values()
            .filter(move |row| row.vendor == *vendor && row.state != ReservationState::Ended)
    }

    pub(super) fn load_skus(&self, vendor: &VendorId, skus: &[Sku]) -> Result<Vec<SkuRows>, StoreError> {
        let load = |sku: &Sku| {
            let stored = self.skus.get(&(vendor.clone(), sku.clone()));
            let mut content: Vec<ContentRow> = self
                .content
                .range((vendor.clone(), sku.clone(), "")..)
                .take_while(|((owner, of, _), _)| owner == vendor && of == sku)
                .map(|(_, row)| row.clone())
                .collect();
            content.sort_by_key(|row| row.language);
            let state = |row: &StoredSku| Ok((row.version, parsed("sku", sku.as_str(), &row.state)?));
            Ok(SkuRows {
                sku: sku.clone(),
                stored: stored.map(state).transpose()?,
                reservations: self.held(vendor).filter(|row| row.sku == *sku).cloned().collect(),
                content,
                prints: stored.map_or((0, 0), |row| row.prints),
            })
        };
        skus.iter().map(load).collect()
    }

    pub(super) fn load_orders(
        &self,
        vendor: &VendorId,
        ids: &[OrderId],
    ) -> Result<Vec<Option<(i64, Order)>>, StoreError> {
        let load =
            |id: &OrderId| self.orders.get(&(vendor.clone(), id.clone())).map(StoredOrder::load).transpose();
        ids.iter().map(load).collect()
    }

    pub(super) fn list_orders(
        &self,
        vendor: &VendorId,
        stage: Option<&str>,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        self.orders_of(vendor)
            .filter(|stored| after.is_none_or(|after| stored.row.state.id > *after))
            .filter(|stored| stage.is_none_or(|stage| stored.row.state.stage.name() == stage))
            .take(limited(limit))
            .map(StoredOrder::load)
            .collect()
    }

    pub(super) fn stale_open_orders(&self, vendor: &VendorId, before_ms: i64, limit: u32) -> Vec<OrderId> {
        let mut stale: Vec<&Order> = self
            .orders_of(vendor)
            .map(|stored| &stored.row.state)
            .filter(|order| order.follows_channel() && order.seen_ms < before_ms)
            .collect();
        stale.sort_by_key(|order| order.seen_ms);
        stale.into_iter().take(limited(limit)).map(|order| order.id.clone()).collect()
    }

    pub(super) fn orders_marked(
        &self,
        vendor: &VendorId,
        mark: &Mark,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        self.marks
            .iter()
            .filter(|(owner, known, _)| owner == vendor && known == mark)
            .filter(|(_, _, id)| after.is_none_or(|after| id > after))
            .filter_map(|(_, _, id)| self.orders.get(&(vendor.clone(), id.clone())))
            .take(limited(limit))
            .map(StoredOrder::load)
            .collect()
    }

    pub(super) fn marked(&self, vendor: &VendorId, marks: &[Mark]) -> Vec<(Mark, OrderId)> {
        let wanted = self.marks.iter().filter(|(owner, mark, _)| owner == vendor && marks.contains(mark));
        wanted.map(|(_, mark, id)| (mark.clone(), id.clone())).collect()
    }

    pub(super) fn numbered(&self, vendor: &VendorId, numbers: &[i64]) -> Vec<OrderId> {
        let number = |order: &Order| order.document.as_ref().map(|document| document.number);
        self.orders_of(vendor)
            .map(|stored| &stored.row.state)
            .filter(|order| number(order).is_some_and(|number| numbers.contains(&number)))
            .map(|order| order.id.clone())
            .collect()
    }

    pub(super) fn pickup(&self, vendor: &VendorId, id: &PickupId) -> Option<(i64, Pickup)> {
        self.pickups.get(&(vendor.clone(), id.clone())).map(|row| (row.version, row.state.clone()))
    }

    pub(super) fn pickups(
        &self,
        vendor: &VendorId,
        before: Option<&PickupId>,
        limit: u32,
    ) -> Vec<(i64, Pickup)> {
        self.pickups
            .values()
            .rev()
            .filter(|row| row.vendor == *vendor && before.is_none_or(|before| row.state.id < *before))
            .take(limited(limit))
            .map(|row| (row.version, row.state.clone()))
            .collect()
    }

    pub(super) fn last_document_number(&self, vendor: &VendorId) -> i64 {
        self.orders_of(vendor)
            .filter_map(|stored| stored.row.state.document.as_ref().map(|document| document.number))
            .max()
            .unwrap_or(0)
    }

    pub(super) fn due_effects(
        &self,
        vendor: &VendorId,
        kind: EffectKind,
        now_ms: i64,
        limit: u32,
    ) -> Vec<EffectRow> {
        let mut due: Vec<EffectRow> = self
            .effects
            .range((vendor.clone(), kind, String::new())..)
            .take_while(|((owner, of, _), _)| owner == vendor && *of == kind)
            .map(|(_, row)| row)
            .filter(|row| row.due_ms <= now_ms)
            .cloned()
            .collect();
        due.sort_by_key(|row| row.due_ms);
        due.truncate(limited(limit));
        due
    }

    pub(super) fn open_inbox(&self, vendor: &VendorId, desk: Desk, limit: u32) -> Vec<InboxRow> {
        let for_desk = |event: &&Event| {
            event.row.vendor == *vendor && !event.done && desk.topics().contains(&event.row.topic.as_str())
        };
        let mut open: Vec<&Event> = self.inbox.values().filter(for_desk).collect();
        open.sort_by_key(|event| event.seq);
        open.into_iter().take(limited(limit)).map(|event| event.row.clone()).collect()
    }

    pub(super) fn known_events(&self, vendor: &VendorId, connection: &str, ids: &[String]) -> Vec<String> {
        let mut known: Vec<String> = ids
            .iter()
            .filter(|id| self.inbox.contains_key(&(vendor.clone(), connection.to_owned(), (*id).clone())))
            .cloned()
            .collect();
        known.sort_unstable();
        known.dedup();
        known
    }

    pub(super) fn booked_reservations(&self, vendor: &VendorId, before_ms: i64, limit: u32) -> Vec<Sku> {
        let mut oldest: BTreeMap<&Sku, i64> = BTreeMap::new();
        for row in self.held(vendor) {
            if row.state == ReservationState::Booked && row.since_ms < before_ms {
                oldest
                    .entry(&row.sku)
                    .and_modify(|since| *since = row.since_ms.min(*since))
                    .or_insert(row.since_ms);
            }
        }
        let mut skus: Vec<(i64, &Sku)> = oldest.into_iter().map(|(sku, since)| (since, sku)).collect();
        skus.sort_unstable();
        skus.into_iter().take(limited(limit)).map(|(_, sku)| sku.clone()).collect()
    }

    pub(super) fn orphan_reservations(&self, vendor: &VendorId, limit: u32) -> Vec<ReservationRow> {
        self.held(vendor)
            .filter(|row| {
                let order = self.orders.get(&(vendor.clone(), row.order.clone()));
                order.is_none_or(|stored| stored.row.state.stage.is_closed())
            })
            .take(limited(limit))
            .cloned()
            .collect()
    }

    pub(super) fn prints(&self, vendor: &VendorId, after: Option<&Sku>, limit: u32) -> Vec<Prints> {
        self.skus
            .iter()
            .filter(|((owner, sku), _)| owner == vendor && after.is_none_or(|after| sku > after))
            .take(limited(limit))
            .map(|((_, sku), stored)| Prints {
                sku: sku.clone(),
                article: stored.prints.0,
                stock: stored.prints.1,
            })
            .collect()
    }

    pub(super) fn cursor(&self, vendor: &VendorId, name: &str) -> Option<String> {
        self.cursors.get(&(vendor.clone(), name.to_owned())).cloned()
    }

    pub(super) fn cursors(&self, vendor: &VendorId) -> Vec<CursorRow> {
        self.cursors
            .iter()
            .filter(|((owner, _), _)| owner == vendor)
            .map(|((_, name), value)| CursorRow {
                vendor: vendor.clone(),
                name: name.clone(),
                value: value.clone(),
            })
            .collect()
    }

    pub(super) fn attention(&self, vendor: &VendorId, limit: u32) -> Vec<AttentionItem> {
        let mut items: Vec<AttentionItem> = self
            .items
            .iter()
            .filter(|((owner, ..), _)| owner == vendor)
            .map(|((_, _, cause), item)| AttentionItem {
                id: item.id,
                code: item.code,
                cause: cause.clone(),
                params: item.params.clone(),
                since_ms: item.since_ms,
                blocked: item.subjects.len() as i64,
                subjects: item
                    .subjects
                    .iter()
                    .take(usize::from(SHOWN_SUBJECTS))
                    .map(|(_, subject)| subject.clone())
                    .collect(),
            })
            .collect();
        items.sort_by_key(|item| (item.since_ms, item.id));
        items.truncate(limited(limit));
        items
    }

    pub(super) fn attention_subjects(
        &self,
        vendor: &VendorId,
        id: i64,
        after: Option<&str>,
        limit: u32,
    ) -> Vec<Subject> {
        let item = self.items.iter().find(|((owner, ..), item)| owner == vendor && item.id == id);
        let subjects = item.into_iter().flat_map(|(_, item)| &item.subjects);
        subjects
            .filter(|(key, _)| after.is_none_or(|after| key.as_str() > after))
            .take(limited(limit))
            .map(|(_, subject)| subject.clone())
            .collect()
    }

    pub(super) fn receipt(
        &self,
        vendor: &VendorId,
        sku: &Sku,
        at_ms: i64,
        with: ReceiptParts,
    ) -> Option<ReceiptRow> {
        let wanted = |parts: ReceiptParts| parts.bits() & with.bits() == with.bits();
        self.receipts
            .iter()
            .filter(|row| row.vendor == *vendor && row.sku == *sku && row.at_ms <= at_ms && wanted(row.parts))
            // The last of equal moments, as by sequence number.
            .max_by_key(|row| row.at_ms)
            .cloned()
    }

    pub(super) fn journal_between(
        &self,
        vendor: &VendorId,
        subject: &Subject,
        (from_ms, until_ms): (i64, i64),
        limit: u32,
    ) -> Vec<JournalEntry> {
        self.journal
            .iter()
            .filter(|entry| entry.row.vendor == *vendor && entry.row.subject == *subject)
            .filter(|entry| (from_ms..=until_ms).contains(&entry.row.at_ms))
            .take(limited(limit))
            .cloned()
            .collect()
    }

    pub(super) fn journal_of(
        &self,
        vendor: &VendorId,
        kind: &str,
        key: &str,
        limit: u32,
    ) -> Vec<JournalEntry> {
        self.journal
            .iter()
            .rev()
            .filter(|entry| entry.row.vendor == *vendor)
            .filter(|entry| entry.row.subject.kind() == kind && entry.row.subject.key() == key)
            .take(limited(limit))
            .cloned()
            .collect()
    }

    pub(super) fn journal_after(&self, vendor: &VendorId, seq: i64, limit: u32) -> Vec<JournalEntry> {
        let after = self.journal.iter().filter(|entry| entry.row.vendor == *vendor && entry.seq > seq);
        after.take(limited(limit)).cloned().collect()
    }

    fn entries<'s>(&'s self, vendor: &'s VendorId) -> impl Iterator<Item = &'s FileEntry> {
        self.files.values().map(|row| &row.entry).filter(move |entry| entry.vendor == *vendor)
    }

    pub(super) fn files_of(&self, vendor: &VendorId, order: &OrderId) -> Vec<FileEntry> {
        let mut files: Vec<FileEntry> =
            self.entries(vendor).filter(|entry| entry.order == *order).cloned().collect();
        files.sort_by_key(|entry| (entry.kind.name(), entry.name.clone()));
        files
    }

    pub(super) fn files_between(
        &self,
        vendor: &VendorId,
        kind: FileKind,
        time_ms: &std::ops::Range<i64>,
        after: Option<&FileEntry>,
        limit: u32,
    ) -> Vec<FileEntry> {
        let place = |entry: &FileEntry| (entry.at_ms, entry.order.clone(), entry.name.clone());
        let mut files: Vec<FileEntry> = self
            .entries(vendor)
            .filter(|entry| entry.kind == kind && time_ms.contains(&entry.at_ms))
            .filter(|entry| after.is_none_or(|after| place(entry) > place(after)))
            .cloned()
            .collect();
        files.sort_by_key(place);
        files.truncate(limited(limit));
        files
    }

    pub(super) fn files_with(&self, vendor: &VendorId, hash: &str, limit: u32) -> Vec<FileEntry> {
        let mut files: Vec<FileEntry> =
            self.entries(vendor).filter(|entry| entry.hash == hash).cloned().collect();
        files.sort_by_key(|entry| (entry.order.clone(), entry.kind.name(), entry.name.clone()));
        files.truncate(limited(limit));
        files
    }

    pub(super) fn file_content(&self, vendor: &VendorId, hash: &str) -> Option<Vec<u8>> {
        let of_hash = |row: &&FileRow| row.entry.vendor == *vendor && row.entry.hash == hash;
        self.files.values().find(of_hash).map(|row| row.bytes.clone())
    }

    pub(super) fn stray_returns(
        &self,
        vendor: &VendorId,
        after: (&str, &str),
        limit: u32,
    ) -> Vec<StrayReturnRow> {
        let rows = self.strays.values().filter(|row| row.vendor == *vendor);
        let later = rows.filter(|row| (row.order.as_str(), row.id.as_str()) > after);
        later.take(limited(limit)).cloned().collect()
    }

    pub(super) fn backlog(&self) -> Vec<Backlog> {
        let mut queues: BTreeMap<(VendorId, &str), (i64, i64)> = BTreeMap::new();
        let events = self
            .inbox
            .values()
            .filter(|event| !event.done)
            .map(|event| (&event.row.vendor, "inbox", event.row.at_ms));
        let effects = self.effects.values().map(|row| (&row.vendor, row.kind.name(), row.since_ms));
        for (vendor, queue, since_ms) in events.chain(effects) {
            let (depth, oldest) = queues.entry((vendor.clone(), queue)).or_insert((0, since_ms));
            *depth += 1;
            *oldest = since_ms.min(*oldest);
        }
        queues
            .into_iter()
            .map(|((vendor, queue), (depth, oldest))| Backlog {
                vendor,
                queue: queue.to_owned(),
                depth,
                oldest_ms: Some(oldest),
            })
            .collect()
    }
}
