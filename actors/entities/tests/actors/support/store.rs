//! The store in memory, watched: what was committed, what conflicted, and reads that fail or dawdle.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use vortex_domain::{
    OrderId, Pickup, PickupId, Sku, VendorId,
    attention::Subject,
    order::{Mark, Order},
};
use vortex_store::{
    CommitError, SkuRows, Store, StoreError, Verdict,
    memory::MemStore,
    rows::{
        AttentionItem, Backlog, CursorRow, Desk, EffectKind, EffectRow, FileEntry, FileKind, InboxRow,
        JournalEntry, Prints, ReceiptParts, ReceiptRow, ReservationRow, StrayReturnRow, Write,
    },
};

/// What happens to one read of rows that actors start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadFault {
    /// The database does not answer.
    Fails,
    /// One of the rows cannot be understood.
    Corrupt,
    /// It takes so many milliseconds.
    Slow(u64),
}

type ReadHook = Arc<dyn Fn(&[String]) -> Option<ReadFault> + Send + Sync>;

/// A store that remembers what was committed.
pub(crate) struct Watched {
    /// The rows.
    pub(crate) rows: MemStore,
    durable: Mutex<Vec<Vec<Write>>>,
    conflicts: Mutex<usize>,
    reads: Mutex<Option<ReadHook>>,
}

impl Watched {
    pub(super) fn over(rows: MemStore) -> Self {
        Self { rows, durable: Mutex::default(), conflicts: Mutex::default(), reads: Mutex::default() }
    }

    /// Every change that was committed and reported so, in order.
    pub(crate) fn changes(&self) -> Vec<Vec<Write>> {
        self.durable.lock().unwrap().clone()
    }

    /// How many changes met a newer row: two writers, or an actor from old rows.
    pub(crate) fn conflicts(&self) -> usize {
        *self.conflicts.lock().unwrap()
    }

    /// Asks the hook, with the keys to read, before actors' rows are read.
    pub(crate) fn set_reads(&self, hook: impl Fn(&[String]) -> Option<ReadFault> + Send + Sync + 'static) {
        *self.reads.lock().unwrap() = Some(Arc::new(hook));
    }

    /// Reads work again.
    pub(crate) fn reads_work(&self) {
        *self.reads.lock().unwrap() = None;
    }

    async fn before_read(&self, keys: Vec<String>) -> Result<(), StoreError> {
        let hook = self.reads.lock().unwrap().clone();
        match hook.and_then(|hook| hook(&keys)) {
            None => Ok(()),
            Some(ReadFault::Slow(delay_ms)) => {
                slow(delay_ms).await;
                Ok(())
            }
            Some(ReadFault::Fails) => {
                Err(StoreError::Database { doing: "reading", source: "injected".into() })
            }
            Some(ReadFault::Corrupt) => {
                Err(StoreError::Corrupt { what: "row", key: keys.join(","), why: "injected".to_owned() })
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow disk, in simulated time; no actor runs here")]
async fn slow(delay_ms: u64) {
    tokio::time::sleep(Duration::from_millis(delay_ms)).await;
}

#[async_trait]
impl Store for Watched {
    async fn commit(&self, changes: &[Vec<Write>]) -> Result<Vec<Verdict>, CommitError> {
        let verdicts = self.rows.commit(changes).await?;
        for (change, verdict) in changes.iter().zip(&verdicts) {
            match verdict {
                Verdict::Durable => self.durable.lock().unwrap().push(change.clone()),
                Verdict::Conflict => *self.conflicts.lock().unwrap() += 1,
            }
        }
        Ok(verdicts)
    }

    async fn load_skus(&self, vendor: &VendorId, skus: &[Sku]) -> Result<Vec<SkuRows>, StoreError> {
        self.before_read(skus.iter().map(ToString::to_string).collect()).await?;
        self.rows.load_skus(vendor, skus).await
    }

    async fn load_orders(
        &self,
        vendor: &VendorId,
        ids: &[OrderId],
    ) -> Result<Vec<Option<(i64, Order)>>, StoreError> {
        self.before_read(ids.iter().map(ToString::to_string).collect()).await?;
        self.rows.load_orders(vendor, ids).await
    }

    async fn list_orders(
        &self,
        vendor: &VendorId,
        stage: Option<&str>,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        self.rows.list_orders(vendor, stage, after, limit).await
    }

    async fn stale_open_orders(
        &self,
        vendor: &VendorId,
        before_ms: i64,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreError> {
        self.rows.stale_open_orders(vendor, before_ms, limit).await
    }

    async fn orders_marked(
        &self,
        vendor: &VendorId,
        mark: &Mark,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        self.rows.orders_marked(vendor, mark, after, limit).await
    }

    async fn marked(&self, vendor: &VendorId, marks: &[Mark]) -> Result<Vec<(Mark, OrderId)>, StoreError> {
        self.rows.marked(vendor, marks).await
    }

    async fn numbered(&self, vendor: &VendorId, numbers: &[i64]) -> Result<Vec<OrderId>, StoreError> {
        self.rows.numbered(vendor, numbers).await
    }

    async fn pickup(&self, vendor: &VendorId, id: &PickupId) -> Result<Option<(i64, Pickup)>, StoreError> {
        self.rows.pickup(vendor, id).await
    }

    async fn pickups(
        &self,
        vendor: &VendorId,
        before: Option<&PickupId>,
        limit: u32,
    ) -> Result<Vec<(i64, Pickup)>, StoreError> {
        self.rows.pickups(vendor, before, limit).await
    }

    async fn last_document_number(&self, vendor: &VendorId) -> Result<i64, StoreError> {
        self.rows.last_document_number(vendor).await
    }

    async fn due_effects(
        &self,
        vendor: &VendorId,
        kind: EffectKind,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<EffectRow>, StoreError> {
        self.rows.due_effects(vendor, kind, now_ms, limit).await
    }

    async fn open_inbox(
        &self,
        vendor: &VendorId,
        desk: Desk,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError> {
        self.rows.open_inbox(vendor, desk, limit).await
    }

    async fn known_events(
        &self,
        vendor: &VendorId,
        connection: &str,
        ids: &[String],
    ) -> Result<Vec<String>, StoreError> {
        self.rows.known_events(vendor, connection, ids).await
    }

    async fn booked_reservations(
        &self,
        vendor: &VendorId,
        before_ms: i64,
        limit: u32,
    ) -> Result<Vec<Sku>, StoreError> {
        self.rows.booked_reservations(vendor, before_ms, limit).await
    }

    async fn orphan_reservations(
        &self,
        vendor: &VendorId,
        limit: u32,
    ) -> Result<Vec<ReservationRow>, StoreError> {
        self.rows.orphan_reservations(vendor, limit).await
    }

    async fn prints(
        &self,
        vendor: &VendorId,
        after: Option<&Sku>,
        limit: u32,
    ) -> Result<Vec<Prints>, StoreError> {
        self.rows.prints(vendor, after, limit).await
    }

    async fn cursor(&self, vendor: &VendorId, name: &str) -> Result<Option<String>, StoreError> {
        self.rows.cursor(vendor, name).await
    }

    async fn cursors(&self, vendor: &VendorId) -> Result<Vec<CursorRow>, StoreError> {
        self.rows.cursors(vendor).await
    }

    async fn attention(&self, vendor: &VendorId, limit: u32) -> Result<Vec<AttentionItem>, StoreError> {
        self.rows.attention(vendor, limit).await
    }

    async fn attention_subjects(
        &self,
        vendor: &VendorId,
        id: i64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Subject>, StoreError> {
        self.rows.attention_subjects(vendor, id, after, limit).await
    }

    async fn receipt(
        &self,
        vendor: &VendorId,
        sku: &Sku,
        at_ms: i64,
        with: ReceiptParts,
    ) -> Result<Option<ReceiptRow>, StoreError> {
        self.rows.receipt(vendor, sku, at_ms, with).await
    }

    async fn journal_of(
        &self,
        vendor: &VendorId,
        kind: &str,
        key: &str,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        self.rows.journal_of(vendor, kind, key, limit).await
    }

    async fn journal_between(
        &self,
        vendor: &VendorId,
        subject: &Subject,
        between_ms: (i64, i64),
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        self.rows.journal_between(vendor, subject, between_ms, limit).await
    }

    async fn journal_after(
        &self,
        vendor: &VendorId,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        self.rows.journal_after(vendor, seq, limit).await
    }

    async fn files_of(&self, vendor: &VendorId, order: &OrderId) -> Result<Vec<FileEntry>, StoreError> {
        self.rows.files_of(vendor, order).await
    }

    async fn files_between(
        &self,
        vendor: &VendorId,
        kind: FileKind,
        time_ms: std::ops::Range<i64>,
        after: Option<&FileEntry>,
        limit: u32,
    ) -> Result<Vec<FileEntry>, StoreError> {
        self.rows.files_between(vendor, kind, time_ms, after, limit).await
    }

    async fn files_with(
        &self,
        vendor: &VendorId,
        hash: &str,
        limit: u32,
    ) -> Result<Vec<FileEntry>, StoreError> {
        self.rows.files_with(vendor, hash, limit).await
    }

    async fn file_content(&self, vendor: &VendorId, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.rows.file_content(vendor, hash).await
    }

    async fn stray_returns(
        &self,
        vendor: &VendorId,
        after: Option<(&str, &str)>,
        limit: u32,
    ) -> Result<Vec<StrayReturnRow>, StoreError> {
        self.rows.stray_returns(vendor, after, limit).await
    }

    async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.rows.backlog().await
    }

    async fn probe(&self) -> Result<(), CommitError> {
        self.rows.probe().await
    }
}
