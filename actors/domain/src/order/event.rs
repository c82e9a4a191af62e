//! What can happen to an order.

use serde::{Deserialize, Serialize};

use super::{ChannelOrder, Document, Hold, KeptFile, Minting, Packing, ParcelEvent, ReturnEntry};
use crate::{
    invoice::SalesDocument,
    sales::{Goods, Sale},
};

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
    /// The courier has surely minted nothing: mint the waybill.
    MintAgain,
    /// The spare waybills and stranded parcels are seen to.
    ParcelsSettled,
    /// The invoices are right as they are.
    BillingSettled,
    /// The channel does not cancel it, so it goes on.
    CancelDropped,
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
    /// Nobody waits any more for the answer to an import or a minting that may have been on the wire.
    Recovered,
    /// A person decided.
    Decided(Decision),
    /// A person said: ship it now.
    ShippingAsked,
    /// It goes in these parcels.
    ParcelsPlanned(Vec<Packing>),
    /// What its articles are called and weigh now.
    Described(Vec<Goods>),
    /// Something happened to a parcel, counted from 1.
    Parcel(u32, ParcelEvent),
    /// The channel does not take its fulfilment; why.
    FulfilRefused(String),
    /// A person wants it cancelled on the channel; why.
    CancelAsked(String),
    /// The channel does not cancel it; why.
    CancelRefused(String),
    /// The ERP's fiscal documents were read, beginning at this time.
    DocumentsRead(Vec<SalesDocument>, i64),
    /// The file of a document is kept.
    FileKept(KeptFile),
    /// The channel took the file of a document; the document.
    FileAttached(String),
    /// The file of a document has the bytes of another order's; the document.
    FileForeign(String),
    /// Something came back.
    Returned(ReturnEntry),
    /// Time has passed.
    Ticked,
}

impl Event {
    /// Who the journal names for it, unless a person did it.
    pub fn author(&self) -> &'static str {
        match self {
            Self::Delivered(..) | Self::FulfilRefused(_) | Self::CancelRefused(_) => "channel",
            Self::Answered(_) | Self::Found(_) | Self::DocumentsRead(..) => "erp",
            Self::Parcel(
                _,
                ParcelEvent::Answered(_)
                | ParcelEvent::Found(_)
                | ParcelEvent::Hinted
                | ParcelEvent::Scanned(_),
            ) => "courier",
            _ => "engine",
        }
    }

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
            Self::Decided(Decision::MintAgain) => "person_mint_again",
            Self::Decided(Decision::Settled | Decision::ParcelsSettled | Decision::BillingSettled) => {
                "person_settled"
            }
            Self::Decided(Decision::CancelDropped) => "person_goes_on",
            Self::ShippingAsked => "person_ship",
            Self::ParcelsPlanned(_) => "parcels_planned",
            Self::Described(_) => "goods_described",
            Self::Parcel(_, event) => match event {
                ParcelEvent::Starts(_) => "minting_started",
                ParcelEvent::Answered(Minting::Done { .. }) => "waybill_minted",
                ParcelEvent::Answered(Minting::Refused(_)) => "minting_refused",
                ParcelEvent::Answered(Minting::NotSent) => "minting_not_sent",
                ParcelEvent::Answered(Minting::Unknown) => "minting_unanswered",
                ParcelEvent::Objected(_) => "parcel_held",
                ParcelEvent::Found(_) => "waybill_looked_up",
                ParcelEvent::Hinted => "parcel_pushed",
                ParcelEvent::Scanned(_) => "parcel_scanned",
                ParcelEvent::MintAgain => "person_mint_again",
                ParcelEvent::Adopted(_) => "waybill_typed_in",
            },
            Self::FulfilRefused(_) => "fulfil_refused",
            Self::CancelAsked(_) => "person_cancel",
            Self::CancelRefused(_) => "cancel_refused",
            Self::DocumentsRead(..) => "invoices_read",
            Self::FileKept(_) => "invoice_kept",
            Self::FileAttached(_) => "invoice_attached",
            Self::FileForeign(_) => "invoice_file_foreign",
            Self::Returned(_) => "return_entered",
            Self::Ticked => "clock",
        }
    }
}
