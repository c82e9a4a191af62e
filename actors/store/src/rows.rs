//! The rows that carry the promises, and the writes that change them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use vortex_domain::{
    ContentRow, OrderId, Pickup, Sku, VendorId,
    attention::{Raise, Subject},
    order::{Errand, Mark, Order},
    sku::SkuState,
};

/// One SKU as stored. `state` travels as JSON; what is searched by stands in columns of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct SkuRow {
    /// Owner.
    pub vendor: VendorId,
    /// 1 at the first write, one more at each further; the guard against a second writer.
    pub version: i64,
    /// Everything that the actor knows, without reservations (they are rows of their own).
    pub state: SkuState,
    /// Fingerprint of the ERP's catalogue row that `state` was computed from; 0 for none.
    pub article_print: i64,
    /// Fingerprint of the ERP's stock rows that `state` was computed from; 0 for none.
    pub stock_print: i64,
    /// When it was written.
    pub at_ms: i64,
}

/// One order as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    /// Owner.
    pub vendor: VendorId,
    /// 1 at the first write, one more at each further.
    pub version: i64,
    /// Everything that the actor knows. `document.number` is also a unique column per vendor.
    pub state: Order,
    /// When it was written.
    pub at_ms: i64,
}

/// One collection as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct PickupRow {
    /// Owner.
    pub vendor: VendorId,
    /// 1 at the first write, one more at each further.
    pub version: i64,
    /// Everything that is known of it.
    pub state: Pickup,
    /// When it was written.
    pub at_ms: i64,
}

/// How far a reservation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReservationState {
    /// Holds stock; the ERP does not know the order yet.
    Open,
    /// The ERP has the document; held until a stock reading that started after `since_ms` arrives.
    Booked,
    /// No longer holds anything.
    Ended,
}

/// `qty` units of `sku` held for `order`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationRow {
    /// Owner.
    pub vendor: VendorId,
    /// For which order.
    pub order: OrderId,
    /// Of which article; bundles have one row per part.
    pub sku: Sku,
    /// Units.
    pub qty: i64,
    /// How far.
    pub state: ReservationState,
    /// The order's moment that it rests on: a row never replaces one of a later moment. A stock reading that ends a booking
    /// names the booking's own moment, so that it cannot end what the order has taken anew since.
    pub since_ms: i64,
}

/// What a remote must be told. At most one row per (vendor, kind, key).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    /// A SKU's listing, prices or quantity must reach the channel; key: SKU.
    Publish,
    /// A publication was sent; its verdict must be read. key: SKU.
    Verdict,
    /// An errand of an order; key: order id.
    Order(Errand),
    /// A collection must be ordered or cancelled; key: its id.
    Pickup,
}

/// One outbox row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRow {
    /// Owner.
    pub vendor: VendorId,
    /// What has to happen.
    pub kind: EffectKind,
    /// SKU, order id or pickup id.
    pub key: String,
    /// Not before.
    pub due_ms: i64,
    /// Groups rows that are done together (the channel's batch id, for verdicts); empty otherwise.
    pub batch: String,
    /// When the wish was first written; survives re-scheduling, so that age means waiting time.
    pub since_ms: i64,
}

/// Who takes events of the inbox up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    /// Channel orders (`order`), webhooks that only wake a flow (`wake`), and what could not be read (`bad`).
    Orders,
    /// What the courier pushes (`parcel`).
    Parcels,
    /// What people want of a collection (`pickup`).
    Pickups,
}

impl Desk {
    /// The topics that it takes up.
    pub fn topics(self) -> &'static [&'static str] {
        match self {
            Self::Orders => &["order", "wake", "bad"],
            Self::Parcels => &["parcel"],
            Self::Pickups => &["pickup"],
        }
    }
}

/// An event from outside, on disk before it is acknowledged. Unique by (vendor, connection, event id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Owner.
    pub vendor: VendorId,
    /// From which connection.
    pub connection: String,
    /// The sender's id of the event, or id + fingerprint of what was polled.
    pub event_id: String,
    /// What it concerns: the order id for orders, the pickup id for wishes about one, empty for others.
    pub key: String,
    /// What it is, and with it who takes it up: see [`Desk`].
    pub topic: String,
    /// The event itself, as JSON text.
    pub payload: String,
    /// When it arrived.
    pub at_ms: i64,
}

/// What a kept file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// The label of a parcel.
    Label,
    /// What travels with or for a parcel: waybill copy, commercial invoice.
    Papers,
    /// The fiscal document that the ERP made.
    Invoice,
}

/// A file of an order. Its bytes are kept once per vendor, sealed, under their hash.
#[derive(Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Which, and whose.
    pub entry: FileEntry,
    /// The bytes. Personal data: `Debug` shows only how many.
    pub bytes: Vec<u8>,
}

impl FileRow {
    /// A file under the hash of its bytes.
    pub fn new(
        vendor: &VendorId,
        order: &OrderId,
        kind: FileKind,
        name: String,
        bytes: Vec<u8>,
        at_ms: i64,
    ) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes));
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let (vendor, order) = (vendor.clone(), order.clone());
        Self { entry: FileEntry { vendor, order, kind, name, hash, size, at_ms }, bytes }
    }
}

impl std::fmt::Debug for FileRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileRow({:?}, {} bytes)", self.entry, self.bytes.len())
    }
}

/// That an order has a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Owner.
    pub vendor: VendorId,
    /// Of which order.
    pub order: OrderId,
    /// As what.
    pub kind: FileKind,
    /// Its name, unique within order and kind: `1.pdf`, `CDON1234.pdf`.
    pub name: String,
    /// SHA-256 of the bytes, base64url.
    pub hash: String,
    /// Bytes.
    pub size: i64,
    /// When it was kept.
    pub at_ms: i64,
}

/// Why a reported return fits no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrayReason {
    /// We know no order of that name.
    UnknownOrder,
    /// More would have come back than was sold.
    TooMany,
}

impl StrayReason {
    /// The reason's name in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownOrder => "unknown_order",
            Self::TooMany => "too_many",
        }
    }

    /// The reason of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::UnknownOrder, Self::TooMany].into_iter().find(|reason| reason.name() == name)
    }
}

/// A reported return that fits no order; stands until it fits one or a person dismisses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayReturnRow {
    /// Owner.
    pub vendor: VendorId,
    /// The order as the report names it; need not be one.
    pub order: String,
    /// The report's id of the return.
    pub id: String,
    /// Units reported.
    pub advised: u32,
    /// Units arrived.
    pub received: u32,
    /// Units that cannot be sold again.
    pub scrapped: u32,
    /// Why it fits no order.
    pub why: StrayReason,
    /// When it was first reported.
    pub at_ms: i64,
}

/// One state change: who, when, why, from what to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Owner.
    pub vendor: VendorId,
    /// What changed.
    pub subject: Subject,
    /// When.
    pub at_ms: i64,
    /// The event that caused it, e.g. `order_arrived`.
    pub cause: String,
    /// Who: `engine`, `channel`, `erp`, or `token:<name>` for a person.
    pub actor: String,
    /// Before, in words; no personal data.
    pub old: String,
    /// After, in words; no personal data.
    pub new: String,
}

/// Why a published number is what it is: written before the number leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Owner.
    pub vendor: VendorId,
    /// Of which article.
    pub sku: Sku,
    /// When it was sent.
    pub at_ms: i64,
    /// The mapping version that computed it.
    pub mapping_version: i64,
    /// What it explains.
    pub parts: ReceiptParts,
    /// Quantity with its terms, prices with their steps, as JSON text.
    pub body: String,
}

/// What a receipt explains, or what is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptParts {
    /// The quantity.
    pub quantity: bool,
    /// The prices.
    pub prices: bool,
}

impl ReceiptParts {
    /// A receipt that explains the quantity.
    pub const QUANTITY: Self = Self { quantity: true, prices: false };
    /// A receipt that explains the prices.
    pub const PRICES: Self = Self { quantity: false, prices: true };
    /// Any receipt, also one of a listing alone.
    pub const ANY: Self = Self { quantity: false, prices: false };

    /// As stored.
    pub(crate) fn bits(self) -> i64 {
        i64::from(self.quantity) + 2 * i64::from(self.prices)
    }

    pub(crate) fn of(bits: i64) -> Self {
        Self { quantity: bits & 1 != 0, prices: bits & 2 != 0 }
    }
}

/// The cursor that every change of texts or images moves: everything that they may decide is computed again.
pub const CONTENT_CHANGED: &str = "content.changed";

/// A read position or a time of last success of one flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorRow {
    /// Owner.
    pub vendor: VendorId,
    /// The flow's name for it, e.g. `orders.sweep`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One change of one row. A `Change` of several is committed as a whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Insert (version 1) or replace the row whose version is one lower; otherwise the change conflicts.
    Sku(Box<SkuRow>),
    /// Insert (version 1) or replace the row whose version is one lower; otherwise the change conflicts.
    Order(Box<OrderRow>),
    /// Insert (version 1) or replace the row whose version is one lower; otherwise the change conflicts.
    Pickup(Box<PickupRow>),
    /// The order is found by this.
    Mark(VendorId, Mark, OrderId),
    /// It is no longer.
    Unmark(VendorId, Mark, OrderId),
    /// Insert or move forward; a write that would move a reservation back is ignored.
    Reservation(ReservationRow),
    /// Insert or re-schedule (keeps `since_ms`).
    Effect(EffectRow),
    /// The effect is done.
    EffectDone(VendorId, EffectKind, String),
    /// Insert unless the event is known.
    Inbox(InboxRow),
    /// The event took effect.
    InboxDone(VendorId, String, String),
    /// Append.
    Journal(JournalRow),
    /// Append.
    Receipt(ReceiptRow),
    /// Set.
    Cursor(CursorRow),
    /// Raise an attention item, or add a subject to it.
    Raise(VendorId, Box<Raise>, i64),
    /// The subject is no longer blocked by this cause code; the item closes with its last subject.
    Clear(VendorId, vortex_domain::attention::Code, Subject),
    /// Set the texts of one SKU and language.
    Content(VendorId, Box<ContentRow>),
    /// Keep a file; one of that order, kind and name stays as it is.
    File(Box<FileRow>),
    /// Set a return that fits no order (keeps `at_ms`).
    StrayReturn(Box<StrayReturnRow>),
    /// That return (order as reported, id) fits an order now, or is dismissed.
    StrayReturnSettled(VendorId, String, String),
}

/// An open attention item with what it blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttentionItem {
    /// Identity for actions.
    pub id: i64,
    /// Cause code.
    pub code: vortex_domain::attention::Code,
    /// Tells causes of one code apart.
    pub cause: String,
    /// Values for the texts (of the newest subject).
    pub params: Vec<String>,
    /// Since when.
    pub since_ms: i64,
    /// How many subjects it blocks.
    pub blocked: i64,
    /// The first of them, by key, at most 100.
    pub subjects: Vec<Subject>,
}

/// A journal entry as read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Position in the vendor's journal.
    pub seq: i64,
    /// The entry.
    pub row: JournalRow,
}

/// Fingerprints of one SKU, for rebuilding the heartbeat's cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prints {
    /// The article.
    pub sku: Sku,
    /// Of the catalogue row; 0 for none.
    pub article: i64,
    /// Of the stock rows; 0 for none.
    pub stock: i64,
}

/// How full one queue is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// Owner.
    pub vendor: VendorId,
    /// `inbox` or the effect kind.
    pub queue: String,
    /// Rows.
    pub depth: i64,
    /// Since when the oldest waits; none when empty.
    pub oldest_ms: Option<i64>,
}
