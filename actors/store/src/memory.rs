//! [`MemStore`]: the same promises in memory, for simulation under a paused clock.
//!
//! Everything is ordered, so that the same run gives the same answers; faults are asked of a hook before every commit.

mod apply;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use vortex_domain::{
    OrderId, Pickup, PickupId, Sku, VendorId,
    attention::Subject,
    order::{Mark, Order},
};

use self::state::State;
use crate::{
    rows::{
        AttentionItem, Backlog, CursorRow, Desk, EffectKind, EffectRow, FileEntry, FileKind, InboxRow,
        JournalEntry, Prints, ReceiptParts, ReceiptRow, ReservationRow, StrayReturnRow, Write,
    },
    store::{CommitError, SkuRows, Store, StoreError, Verdict},
};

/// What happens to one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommitFault {
    /// Nothing: it is committed.
    #[default]
    None,
    /// Refused; nothing is on disk.
    NotCommitted,
    /// On disk, but the caller is told that nobody knows.
    UnknownCommitted,
    /// Not on disk, and the caller is told that nobody knows.
    UnknownLost,
    /// Committed after so many milliseconds of tokio's clock.
    Delay(u64),
}

/// Decides about each commit.
pub type FaultHook = Arc<dyn Fn(&[Vec<Write>]) -> CommitFault + Send + Sync>;

/// A store in memory; clones of an [`Arc`] of it share content, [`MemStore::crash_copy`] does not.
#[derive(Default)]
pub struct MemStore {
    state: Mutex<State>,
    faults: Mutex<Option<FaultHook>>,
}

impl std::fmt::Debug for MemStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemStore").finish_non_exhaustive()
    }
}

/// The error that an injected fault is reported with.
#[derive(Debug, thiserror::Error)]
#[error("injected fault")]
struct Injected;

fn injected() -> StoreError {
    StoreError::Database { doing: "committing a group of changes", source: Box::new(Injected) }
}

impl MemStore {
    /// An empty store without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the hook before every commit from now on; none for no faults.
    pub fn set_faults(&self, hook: Option<FaultHook>) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = hook;
    }

    /// What is on disk now, as another process would find it after a crash: the same rows, no faults.
    #[must_use]
    pub fn crash_copy(&self) -> Self {
        Self { state: Mutex::new(self.state().clone()), faults: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, changes: &[Vec<Write>]) -> CommitFault {
        let hook = self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
        hook.map_or(CommitFault::None, |hook| hook(changes))
    }
}

#[async_trait]
impl Store for MemStore {
    async fn commit(&self, changes: &[Vec<Write>]) -> Result<Vec<Verdict>, CommitError> {
        match self.fault(changes) {
            CommitFault::None => {}
            CommitFault::NotCommitted => return Err(CommitError::NotCommitted(injected())),
            CommitFault::UnknownLost => return Err(CommitError::Unknown(injected())),
            CommitFault::UnknownCommitted => {
                self.state().commit(changes);
                return Err(CommitError::Unknown(injected()));
            }
            CommitFault::Delay(delay_ms) => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a slow disk, in simulated time; no actor runs here"
                )]
                tokio::time::sleep(std::time::Duration::from_millis(delay_ms)).await;
            }
        }
        Ok(self.state().commit(changes))
    }

    async fn load_skus(&self, vendor: &VendorId, skus: &[Sku]) -> Result<Vec<SkuRows>, StoreError> {
        self.state().load_skus(vendor, skus)
    }

    async fn load_orders(
        &self,
        vendor: &VendorId,
        ids: &[OrderId],
    ) -> Result<Vec<Option<(i64, Order)>>, StoreError> {
        self.state().load_orders(vendor, ids)
    }

    async fn list_orders(
        &self,
        vendor: &VendorId,
        stage: Option<&str>,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        self.state().list_orders(vendor, stage, after, limit)
    }

    async fn stale_open_orders(
        &self,
        vendor: &VendorId,
        seen_before_ms: i64,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreError> {
        Ok(self.state().stale_open_orders(vendor, seen_before_ms, limit))
    }

    async fn orders_marked(
        &self,
        vendor: &VendorId,
        mark: &Mark,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        self.state().orders_marked(vendor, mark, after, limit)
    }

    async fn marked(&self, vendor: &VendorId, marks: &[Mark]) -> Result<Vec<(Mark, OrderId)>, StoreError> {
        Ok(self.state().marked(vendor, marks))
    }

    async fn numbered(&self, vendor: &VendorId, numbers: &[i64]) -> Result<Vec<OrderId>, StoreError> {
        Ok(self.state().numbered(vendor, numbers))
    }

    async fn last_document_number(&self, vendor: &VendorId) -> Result<i64, StoreError> {
        Ok(self.state().last_document_number(vendor))
    }

    async fn due_effects(
        &self,
        vendor: &VendorId,
        kind: EffectKind,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<EffectRow>, StoreError> {
        Ok(self.state().due_effects(vendor, kind, now_ms, limit))
    }

    async fn open_inbox(
        &self,
        vendor: &VendorId,
        desk: Desk,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError> {
        Ok(self.state().open_inbox(vendor, desk, limit))
    }

    async fn known_events(
        &self,
        vendor: &VendorId,
        connection: &str,
        ids: &[String],
    ) -> Result<Vec<String>, StoreError> {
        Ok(self.state().known_events(vendor, connection, ids))
    }

    async fn booked_reservations(
        &self,
        vendor: &VendorId,
        before_ms: i64,
        limit: u32,
    ) -> Result<Vec<Sku>, StoreError> {
        Ok(self.state().booked_reservations(vendor, before_ms, limit))
    }

    async fn orphan_reservations(
        &self,
        vendor: &VendorId,
        limit: u32,
    ) -> Result<Vec<ReservationRow>, StoreError> {
        Ok(self.state().orphan_reservations(vendor, limit))
    }

    async fn prints(
        &self,
        vendor: &VendorId,
        after: Option<&Sku>,
        limit: u32,
    ) -> Result<Vec<Prints>, StoreError> {
        Ok(self.state().prints(vendor, after, limit))
    }

    async fn cursor(&self, vendor: &VendorId, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.state().cursor(vendor, name))
    }

    async fn cursors(&self, vendor: &VendorId) -> Result<Vec<CursorRow>, StoreError> {
        Ok(self.state().cursors(vendor))
    }

    async fn attention(&self, vendor: &VendorId, limit: u32) -> Result<Vec<AttentionItem>, StoreError> {
        Ok(self.state().attention(vendor, limit))
    }

    async fn attention_subjects(
        &self,
        vendor: &VendorId,
        id: i64,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Subject>, StoreError> {
        Ok(self.state().attention_subjects(vendor, id, after, limit))
    }

    async fn receipt(
        &self,
        vendor: &VendorId,
        sku: &Sku,
        at_ms: i64,
        with: ReceiptParts,
    ) -> Result<Option<ReceiptRow>, StoreError> {
        Ok(self.state().receipt(vendor, sku, at_ms, with))
    }

    async fn journal_of(
        &self,
        vendor: &VendorId,
        kind: &str,
        key: &str,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        Ok(self.state().journal_of(vendor, kind, key, limit))
    }

    async fn journal_between(
        &self,
        vendor: &VendorId,
        subject: &Subject,
        between_ms: (i64, i64),
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        Ok(self.state().journal_between(vendor, subject, between_ms, limit))
    }

    async fn journal_after(
        &self,
        vendor: &VendorId,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        Ok(self.state().journal_after(vendor, seq, limit))
    }

    async fn files_of(&self, vendor: &VendorId, order: &OrderId) -> Result<Vec<FileEntry>, StoreError> {
        Ok(self.state().files_of(vendor, order))
    }

    async fn files_between(
        &self,
        vendor: &VendorId,
        kind: FileKind,
        time_ms: std::ops::Range<i64>,
        after: Option<&FileEntry>,
        limit: u32,
    ) -> Result<Vec<FileEntry>, StoreError> {
        Ok(self.state().files_between(vendor, kind, &time_ms, after, limit))
    }

    async fn files_with(
        &self,
        vendor: &VendorId,
        hash: &str,
        limit: u32,
    ) -> Result<Vec<FileEntry>, StoreError> {
        Ok(self.state().files_with(vendor, hash, limit))
    }

    async fn file_content(&self, vendor: &VendorId, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().file_content(vendor, hash))
    }

    async fn stray_returns(
        &self,
        vendor: &VendorId,
        after: Option<(&str, &str)>,
        limit: u32,
    ) -> Result<Vec<StrayReturnRow>, StoreError> {
        Ok(self.state().stray_returns(vendor, after.unwrap_or_default(), limit))
    }

    async fn pickup(&self, vendor: &VendorId, id: &PickupId) -> Result<Option<(i64, Pickup)>, StoreError> {
        Ok(self.state().pickup(vendor, id))
    }

    async fn pickups(
        &self,
        vendor: &VendorId,
        before: Option<&PickupId>,
        limit: u32,
    ) -> Result<Vec<(i64, Pickup)>, StoreError> {
        Ok(self.state().pickups(vendor, before, limit))
    }

    async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        Ok(self.state().backlog())
    }

    async fn probe(&self) -> Result<(), CommitError> {
        match self.fault(&[]) {
            CommitFault::NotCommitted => Err(CommitError::NotCommitted(injected())),
            CommitFault::UnknownLost | CommitFault::UnknownCommitted => Err(CommitError::Unknown(injected())),
            CommitFault::None | CommitFault::Delay(_) => Ok(()),
        }
    }
}
