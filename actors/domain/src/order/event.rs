//! What can happen to an order.

use serde::{Deserialize, Serialize};

use super::{ChannelOrder, Document, Hold};
use crate::sales::Sale;

/// What a reading of the ERP says about one order's documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Live documents with our token.
    pub live: u32,
    /// Cancelled documents with our token.
    pub cancelled: u32,
    /// When the reading began: it says nothing about what happened later.
    pub read_ms: i64,
}

/// What the ERP answered to an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportAnswer {
    /// One document imported.
    Imported,
    /// Definitely not imported; why.
    Refused(Hold),
    /// The request surely never reached the ERP; try again later.
    NotSent,
    /// Nobody knows.
    Unknown,
}

/// What a person decided about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The cause is mended: look again.
    Retry,
    /// Book it although stock is short.
    BookAnyway,
    /// The document is gone from the ERP for good: create it again.
    Recreate,
    /// The document was cancelled (or corrected) in the ERP by hand.
    Settled,
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The channel shows the order (again, perhaps changed), read at this time.
    Delivered(Box<ChannelOrder>, i64),
    /// Stock is reserved, money and article are clear.
    Prepared(Box<Sale>),
    /// It cannot be prepared.
    CannotPrepare(Hold),
    /// The cause of a hold may be gone: look again.
    LookAgain,
    /// Cannot be sent now, for a reason outside of the order (closed month).
    Blocked(Hold),
    /// About to be sent as this document.
    SendingStarts(Document),
    /// The ERP answered.
    Answered(ImportAnswer),
    /// The ERP was read.
    Found(Finding),
    /// The process started again while an import may have been on the wire.
    Recovered,
    /// A person decided.
    Decided(Decision),
}

impl Event {
    /// The cause's name in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delivered(..) => "order_delivered",
            Self::Prepared(_) => "order_prepared",
            Self::CannotPrepare(_) => "order_held",
            Self::LookAgain => "order_looked_at_again",
            Self::Blocked(_) => "order_blocked",
            Self::SendingStarts(_) => "import_started",
            Self::Answered(ImportAnswer::Imported) => "import_answered",
            Self::Answered(ImportAnswer::Refused(_)) => "import_refused",
            Self::Answered(ImportAnswer::NotSent) => "import_not_sent",
            Self::Answered(ImportAnswer::Unknown) => "import_unanswered",
            Self::Found(_) => "erp_read",
            Self::Recovered => "recovered",
            Self::Decided(Decision::Retry) => "person_retry",
            Self::Decided(Decision::BookAnyway) => "person_book_anyway",
            Self::Decided(Decision::Recreate) => "person_recreate",
            Self::Decided(Decision::Settled) => "person_settled",
        }
    }
}
