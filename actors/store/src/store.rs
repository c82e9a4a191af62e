//! What the engine needs of a database, small enough to keep in memory for simulation.

use async_trait::async_trait;
use vortex_domain::attention::Subject;
use vortex_domain::order::{Mark, Order};
use vortex_domain::sku::SkuState;
use vortex_domain::{ContentRow, OrderId, Pickup, PickupId, Sku, VendorId};

use crate::rows::{
    AttentionItem, Backlog, CursorRow, Desk, EffectKind, EffectRow, FileEntry, FileKind, InboxRow,
    JournalEntry, Prints, ReceiptParts, ReceiptRow, ReservationRow, StrayReturnRow, Write,
};

/// Rows that one list call returns at most, whatever its `limit` says.
pub const LIST_LIMIT: u32 = 10_000;
/// Subjects that an attention item is shown with at most.
pub const SHOWN_SUBJECTS: u8 = 100;

/// A read failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer, or answers with an error.
    #[error("the database failed while {doing}")]
    Database {
        /// Which operation, in words.
        doing: &'static str,
        /// The driver's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A stored row cannot be understood; the row is named, its content is not.
    #[error("the stored {what} `{key}` cannot be read: {why}")]
    Corrupt {
        /// Which table.
        what: &'static str,
        /// Which row.
        key: String,
        /// Why.
        why: String,
    },
}

/// A group of changes was not committed, or we cannot tell.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Surely not committed: nothing of the group is on disk.
    #[error("the database refused the commit")]
    NotCommitted(#[source] StoreError),
    /// The connection broke around COMMIT: it may be on disk or not.
    #[error("the outcome of the commit is unknown")]
    Unknown(#[source] StoreError),
}

/// What became of one change of a committed group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// On disk.
    Durable,
    /// A version guard or unique key refused it; nothing of this change is on disk.
    Conflict,
}

/// The rows of one SKU, as an actor starts from them.
#[derive(Debug, Clone, PartialEq)]
pub struct SkuRows {
    /// The article.
    pub sku: Sku,
    /// Version and state; none when the SKU was never stored.
    pub stored: Option<(i64, SkuState)>,
    /// Reservations that are not ended.
    pub reservations: Vec<ReservationRow>,
    /// Texts and images of all languages.
    pub content: Vec<ContentRow>,
    /// Fingerprints as stored (article, stock).
    pub prints: (i64, i64),
}

/// The durable side of the engine. Every list is bounded by its `limit` or by the keys asked for.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Commits the changes as one group. Each change is atomic by itself: one that conflicts is left out whole.
    async fn commit(&self, changes: &[Vec<Write>]) -> Result<Vec<Verdict>, CommitError>;

    /// State, reservations and content of the given SKUs (at most 500), in the order asked.
    async fn load_skus(&self, vendor: &VendorId, skus: &[Sku]) -> Result<Vec<SkuRows>, StoreError>;
    /// Version and state of the given orders (at most 500), in the order asked; none for unknown ones.
    async fn load_orders(
        &self,
        vendor: &VendorId,
        ids: &[OrderId],
    ) -> Result<Vec<Option<(i64, Order)>>, StoreError>;
    /// Orders by id, after the given one, optionally of one stage name (`Stage::name`).
    async fn list_orders(
        &self,
        vendor: &VendorId,
        stage: Option<&str>,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError>;
    /// Ids of orders that the channel may still change (`Order::follows_channel`) and that were last read from the channel before `seen_before_ms`, oldest first.
    async fn stale_open_orders(
        &self,
        vendor: &VendorId,
        seen_before_ms: i64,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreError>;
    /// Orders that are found by a mark, by id, after the given one.
    async fn orders_marked(
        &self,
        vendor: &VendorId,
        mark: &Mark,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError>;
    /// Which orders are found by marks that belong to few each (waybills, documents; at most 500 marks).
    async fn marked(&self, vendor: &VendorId, marks: &[Mark]) -> Result<Vec<(Mark, OrderId)>, StoreError>;
    /// Which orders have these document numbers (at most 500).
    async fn numbered(&self, vendor: &VendorId, numbers: &[i64]) -> Result<Vec<OrderId>, StoreError>;
    /// The highest document number ever given to an order of the vendor; 0 when none.
    async fn last_document_number(&self, vendor: &VendorId) -> Result<i64, StoreError>;

    /// Effects of one kind that are due, oldest first.
    async fn due_effects(
        &self,
        vendor: &VendorId,
        kind: EffectKind,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<EffectRow>, StoreError>;
    /// Events for a desk that have not taken effect, in order of arrival.
    async fn open_inbox(
        &self,
        vendor: &VendorId,
        desk: Desk,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError>;
    /// Which of these event ids of the connection are already in the inbox (taken effect or not).
    async fn known_events(
        &self,
        vendor: &VendorId,
        connection: &str,
        ids: &[String],
    ) -> Result<Vec<String>, StoreError>;

    /// SKUs with a reservation in state `Booked` since before `before_ms`: the next stock reading ends it.
    async fn booked_reservations(
        &self,
        vendor: &VendorId,
        before_ms: i64,
        limit: u32,
    ) -> Result<Vec<Sku>, StoreError>;
    /// Reservations that hold stock for an order that is closed or unknown (they should not exist).
    async fn orphan_reservations(
        &self,
        vendor: &VendorId,
        limit: u32,
    ) -> Result<Vec<ReservationRow>, StoreError>;
    /// Fingerprints of the vendor's SKUs in SKU order, after the given one.
    async fn prints(
        &self,
        vendor: &VendorId,
        after: Option<&Sku>,
        limit: u32,
    ) -> Result<Vec<Prints>, StoreError>;

    /// The value of a cursor.
    async fn cursor(&self, vendor: &VendorId, name: &str) -> Result<Option<String>, StoreError>;
    /// All cursors of a vendor.
    async fn cursors(&self, vendor: &VendorId) -> Result<Vec<CursorRow>, StoreError>;

    /// Open attention items, oldest first.
    async fn attention(&self, vendor: &VendorId, limit: u32) -> Result<Vec<AttentionItem>, StoreError>;
    /// Subjects of an open item after the given key.
    async fn attention_subjects(
        &self,
        vendor: &VendorId,
        id: i64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Subject>, StoreError>;
    /// The newest receipt of a SKU at or before the given time that explains all of the wanted parts.
    async fn receipt(
        &self,
        vendor: &VendorId,
        sku: &Sku,
        at_ms: i64,
        with: ReceiptParts,
    ) -> Result<Option<ReceiptRow>, StoreError>;
    /// Journal entries of one subject, newest first.
    async fn journal_of(
        &self,
        vendor: &VendorId,
        kind: &str,
        key: &str,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError>;
    /// Journal entries of one subject between two times, both included, oldest first.
    async fn journal_between(
        &self,
        vendor: &VendorId,
        subject: &Subject,
        between_ms: (i64, i64),
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError>;
    /// Journal entries of a vendor after a position, oldest first.
    async fn journal_after(
        &self,
        vendor: &VendorId,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError>;

    /// The files of an order.
    async fn files_of(&self, vendor: &VendorId, order: &OrderId) -> Result<Vec<FileEntry>, StoreError>;
    /// Files of one kind kept in a time, oldest first, after the given one.
    async fn files_between(
        &self,
        vendor: &VendorId,
        kind: FileKind,
        time_ms: std::ops::Range<i64>,
        after: Option<&FileEntry>,
        limit: u32,
    ) -> Result<Vec<FileEntry>, StoreError>;
    /// Which orders have a file with these bytes.
    async fn files_with(
        &self,
        vendor: &VendorId,
        hash: &str,
        limit: u32,
    ) -> Result<Vec<FileEntry>, StoreError>;
    /// The bytes of a kept file.
    async fn file_content(&self, vendor: &VendorId, hash: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Returns that fit no order, by order and id, after the given (order, id).
    async fn stray_returns(
        &self,
        vendor: &VendorId,
        after: Option<(&str, &str)>,
        limit: u32,
    ) -> Result<Vec<StrayReturnRow>, StoreError>;

    /// Version and state of a collection.
    async fn pickup(&self, vendor: &VendorId, id: &PickupId) -> Result<Option<(i64, Pickup)>, StoreError>;
    /// Collections, newest day first, before the given one.
    async fn pickups(
        &self,
        vendor: &VendorId,
        before: Option<&PickupId>,
        limit: u32,
    ) -> Result<Vec<(i64, Pickup)>, StoreError>;

    /// Depth and oldest age of every queue.
    async fn backlog(&self) -> Result<Vec<Backlog>, StoreError>;
    /// Proves that the database can commit (readiness).
    async fn probe(&self) -> Result<(), CommitError>;
}
