//! What the faces (API, panel, CLI) may ask of the running engine.

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vortex_domain::{
    OrderId, Sku, Vendor, VendorId, attention::Code, ids::InvalidId, order::Event, rates::RateWord,
};

/// A flow that can be run on demand (contract.md, `vortex sync`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Reads the ERP's catalogue; new and changed articles follow to the channel.
    Catalog,
    /// Reads the ERP's prices (they stand in its catalogue).
    Price,
    /// Reads the ERP's stock.
    Stock,
    /// Reads the channel's orders.
    Orders,
    /// Books waiting orders in the ERP.
    Booking,
    /// Sends what differs to the channel and reads verdicts.
    Publish,
    /// Accepts, cancels and fulfils on the channel.
    Commands,
    /// Mints waybills.
    Shipping,
    /// Orders and cancels collections.
    Pickups,
    /// Reads where parcels are.
    Tracking,
    /// Reads the ERP's fiscal documents and keeps their files.
    Invoices,
    /// Notices what came back (the ERP's stornos stand among its fiscal documents).
    Returns,
    /// Compares what should be with what is, and repairs.
    Reconcile,
}

impl Flow {
    /// Every flow.
    pub const ALL: &'static [Self] = &[
        Self::Catalog,
        Self::Price,
        Self::Stock,
        Self::Orders,
        Self::Booking,
        Self::Publish,
        Self::Commands,
        Self::Shipping,
        Self::Pickups,
        Self::Tracking,
        Self::Invoices,
        Self::Returns,
        Self::Reconcile,
    ];

    /// Those that take up what a person has mended.
    pub const RETRIED: [Self; 8] = [
        Self::Orders,
        Self::Booking,
        Self::Catalog,
        Self::Stock,
        Self::Publish,
        Self::Commands,
        Self::Shipping,
        Self::Invoices,
    ];

    /// The name on the command line and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Price => "price",
            Self::Stock => "stock",
            Self::Orders => "orders",
            Self::Booking => "booking",
            Self::Publish => "publish",
            Self::Commands => "commands",
            Self::Shipping => "shipping",
            Self::Pickups => "pickups",
            Self::Tracking => "tracking",
            Self::Invoices => "invoices",
            Self::Returns => "returns",
            Self::Reconcile => "reconcile",
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Flow {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL.iter().copied().find(|f| f.name() == text).ok_or_else(|| InvalidId {
            kind: "flow",
            value: text.chars().take(80).collect(),
            rule: "one of catalog, price, stock, orders, booking, publish, commands, shipping, pickups, tracking, invoices, returns, reconcile",
        })
    }
}

/// What an on-demand sync is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRequest {
    /// Whose.
    pub vendor: VendorId,
    /// Which flow.
    pub flow: Flow,
    /// Only this article.
    pub sku: Option<Sku>,
    /// Only this order.
    pub order: Option<OrderId>,
}

/// How one run of a flow ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowReport {
    /// What it looked at (articles, orders, effects).
    pub looked_at: u64,
    /// What it changed or sent.
    pub changed: u64,
    /// Why it stopped early; none when it did its whole job.
    pub stopped: Option<String>,
}

/// How a flow of a vendor is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStatus {
    /// Which.
    pub flow: Flow,
    /// Is it running now?
    pub running: bool,
    /// When it last did its whole job.
    pub last_success_ms: Option<i64>,
    /// When it starts next by itself.
    pub next_ms: Option<i64>,
    /// What the last run reported.
    pub last: Option<FlowReport>,
}

/// Something a person may do about an attention item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttentionAction {
    /// The cause is mended: try everything that it blocks again.
    Retry,
    /// Book the order although stock is short.
    BookAnyway,
    /// Create the vanished document again.
    Recreate,
    /// Settled in the ERP by hand.
    Settled,
    /// Let a stopped mass change through, once.
    Approve,
    /// The courier has surely minted nothing: mint the waybill.
    MintAgain,
}

impl AttentionAction {
    /// What a person may be offered for a cause; nothing where only time, or another place, mends it.
    pub fn fitting(code: Code) -> &'static [Self] {
        match code {
            Code::MassChange => &[Self::Approve],
            Code::RateHeld => &[Self::Approve, Self::Settled],
            Code::StockShort => &[Self::Retry, Self::BookAnyway],
            Code::DocumentVanished => &[Self::Recreate, Self::Settled],
            Code::AwbUnknown => &[Self::MintAgain],
            Code::CancelRefused => &[Self::Retry, Self::Settled],
            Code::DuplicateDocument
            | Code::CancelledAfterBooking
            | Code::AmendedAfterBooking
            | Code::AwbAbandoned
            | Code::ParcelException
            | Code::PickupUnknown
            | Code::PickupRefused
            | Code::InvoiceDuplicate
            | Code::InvoiceMismatch => &[Self::Settled],
            code if code.safe_to_retry() => &[Self::Retry],
            _ => &[],
        }
    }

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::BookAnyway => "book_anyway",
            Self::Recreate => "recreate",
            Self::Settled => "settled",
            Self::Approve => "approve",
            Self::MintAgain => "mint_again",
        }
    }
}

impl FromStr for AttentionAction {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text {
            "retry" => Ok(Self::Retry),
            "book_anyway" => Ok(Self::BookAnyway),
            "recreate" => Ok(Self::Recreate),
            "settled" => Ok(Self::Settled),
            "approve" => Ok(Self::Approve),
            "mint_again" => Ok(Self::MintAgain),
            _ => Err(InvalidId {
                kind: "attention action",
                value: text.chars().take(80).collect(),
                rule: "one of retry, book_anyway, recreate, settled, approve, mint_again",
            }),
        }
    }
}

/// The engine could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No such vendor, order, SKU or attention item (for this vendor).
    #[error("there is no {0}")]
    NotFound(&'static str),
    /// The action does not fit the item.
    #[error("{0}")]
    NotPossible(String),
    /// The engine is starting, stopping or busy.
    #[error("the engine cannot take this now: {0}")]
    Unavailable(String),
}

/// The running engine, as the faces see it.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Runs a flow now and waits for its end; a run that is under way is followed by one more.
    async fn sync(&self, request: SyncRequest) -> Result<FlowReport, EngineError>;
    /// Wakes a flow without waiting (webhooks).
    fn wake(&self, vendor: &VendorId, flow: Flow);
    /// Acts on an open attention item on behalf of `who`.
    async fn act(
        &self,
        vendor: &VendorId,
        item: i64,
        action: AttentionAction,
        who: &str,
    ) -> Result<u64, EngineError>;
    /// Tells an order what a person (`who`) did, and waits until it is durable. Answers whether that changed anything; the
    /// flows that take it up are woken.
    async fn ask_order(
        &self,
        vendor: &VendorId,
        order: &OrderId,
        event: Event,
        who: &str,
    ) -> Result<bool, EngineError>;
    /// Keeps what a person said about an exchange rate; when it returns, the vendor reckons by it.
    async fn rate_word(&self, vendor: &VendorId, word: RateWord) -> Result<(), EngineError>;
    /// The vendor's settings, as of its start.
    async fn settings(&self, vendor: &VendorId) -> Result<Arc<Vendor>, EngineError>;
    /// How the vendor's flows are doing.
    async fn flows(&self, vendor: &VendorId) -> Result<Vec<FlowStatus>, EngineError>;
    /// What the vendor's actors are doing.
    async fn actors(&self, vendor: &VendorId) -> Result<crate::vendor::VendorView, EngineError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_offers_what_fits_it_and_nothing_twice() {
        for code in Code::ALL.iter().copied() {
            let offered = AttentionAction::fitting(code);
            for (place, action) in offered.iter().enumerate() {
                assert!(!offered[..place].contains(action), "{code:?}");
                assert_eq!(action.name().parse::<AttentionAction>().ok(), Some(*action));
                // Trying again is offered only where it does no harm.
                assert!(*action != AttentionAction::Retry || code.safe_to_retry());
            }
        }
    }
}
