//! What the engine needs of a courier.

use async_trait::async_trait;
use jiff::civil::{Date, Time};
use rust_decimal::Decimal;
use secrecy::SecretString;
use vortex_domain::{
    Money,
    order::Address,
    pickup::Cargo,
    shipping::{Measures, Scan},
};

use crate::outcome::CallError;

/// One parcel that the courier is asked to carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Parcel {
    /// Our unique reference for this parcel (contract.md), by which it is looked up after an unknown outcome.
    pub reference: String,
    /// A waybill number that was reserved for it, where the account has such.
    pub reserved: Option<String>,
    /// When it will be handed over, UTC.
    pub ready_ms: i64,
    /// To whom.
    pub to: Address,
    /// Country code of the destination.
    pub country: String,
    /// Weight and size.
    pub measures: Measures,
    /// What is inside, in English, for the label.
    pub contents: String,
    /// Needed where the lane is declarable, absent elsewhere.
    pub customs: Option<Customs>,
}

/// What customs must know.
#[derive(Debug, Clone, PartialEq)]
pub struct Customs {
    /// Number of the commercial invoice.
    pub invoice_number: String,
    /// Its date.
    pub invoice_date: Date,
    /// Value of the goods without freight and VAT; equals the sum of the lines.
    pub value: Money,
    /// The goods.
    pub lines: Vec<CustomsLine>,
    /// The seller's number in the Norwegian VOEC register, when VAT was collected at sale.
    pub voec: Option<String>,
}

/// One kind of goods on a customs declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomsLine {
    /// Exact goods, in English.
    pub description: String,
    /// Units.
    pub quantity: u32,
    /// Price of one unit without VAT, in the declaration's currency.
    pub unit_price: Decimal,
    /// Commodity code, at least 6 digits.
    pub commodity_code: String,
    /// Country of manufacture, ISO 3166 alpha-2.
    pub origin: String,
    /// Net weight of the whole line, grams.
    pub net_weight_g: u32,
}

/// Why a parcel cannot be sent as it is: found before any call, or said by the courier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Which field, in words of the order (`street`, `phone`, `commodity_code`); empty when the courier names none.
    pub field: String,
    /// The rule that it breaks, or the courier's words; no personal data.
    pub rule: String,
}

/// How a printable is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// PDF.
    Pdf,
    /// Zebra's printer language.
    Zpl,
}

/// What a printable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaperKind {
    /// Sticks on the parcel.
    Label,
    /// Travels with it or for it: waybill copy, commercial invoice, receipt.
    Papers,
}

/// Something to print, as the courier made it.
#[derive(Clone, PartialEq, Eq)]
pub struct Paper {
    /// What it is.
    pub kind: PaperKind,
    /// How it is encoded; checked against its first bytes.
    pub format: Format,
    /// The bytes. Personal data: `Debug` shows only how many.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Paper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} ({:?}, {} bytes)", self.kind, self.format, self.bytes.len())
    }
}

/// A minted waybill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waybill {
    /// The AWB: text, leading zeros kept.
    pub awb: String,
    /// The courier's product that it is of.
    pub product: Option<String>,
    /// Label and papers; may be empty, then the label is missing and the AWB stands.
    pub papers: Vec<Paper>,
    /// The courier's warnings.
    pub warnings: Vec<String>,
}

/// What became of a request to mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MintAnswer {
    /// Minted.
    Minted(Waybill),
    /// Definitely not minted; what is wrong with the parcel or the account.
    Refused(Vec<Objection>),
    /// The request surely never reached the courier, or it asked to wait; try again later.
    NotSent(CallError),
    /// Nobody knows: look it up by reference before anything else.
    Unknown(CallError),
}

/// What can be carried to a place, and for how much.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// The courier's product code.
    pub product: String,
    /// Its name.
    pub name: String,
    /// Price in billing currency; none when the courier does not say.
    pub price: Option<(Decimal, String)>,
    /// Expected delivery.
    pub delivery: Option<Date>,
}

/// A collection at the shipper's door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pickup {
    /// From when the parcels are ready, UTC.
    pub ready_ms: i64,
    /// Until when somebody is there, local time.
    pub close: Time,
    /// Where exactly (reception, ramp 2).
    pub location: String,
    /// The parcels to collect.
    pub parcels: Vec<Cargo>,
}

/// What a courier has pushed to our webhook, as its own scheme spells it.
#[derive(Debug, Clone)]
pub enum Push {
    /// Something happened to these waybills: a hint to read their journeys.
    Parcels(Vec<String>),
    /// The courier wants to know whether the hook is ours: what to answer with.
    Handshake {
        /// Which subscription.
        subscription: String,
        /// What only the hook's owner has been told.
        secret: SecretString,
    },
    /// Nothing that we act upon.
    Other,
}

/// Makes waybills and tells where parcels are. Minting has no idempotency and no void (dhl.md section 9): whoever calls
/// [`Courier::mint`] has written down the intent before.
#[async_trait]
pub trait Courier: Send + Sync {
    /// The carrier's own name, from which the channel's spelling is looked up (`DHL`).
    fn carrier(&self) -> &str;

    /// What the courier's rules forbid about a parcel, found before sending.
    fn validate(&self, parcel: &Parcel) -> Vec<Objection>;

    /// Reserves a waybill number; none where the account has no such right.
    async fn reserve(&self) -> Result<Option<String>, CallError>;

    /// Mints exactly one waybill. Everything after the request left the machine that is not a clear yes or no is `Unknown`.
    async fn mint(&self, parcel: &Parcel) -> MintAnswer;

    /// The waybills minted under a reference since a day. A fresh one may not be visible yet: absence is weak evidence.
    async fn find(&self, reference: &str, since: Date) -> Result<Vec<String>, CallError>;

    /// The scans of each waybill, oldest first, in the order asked; empty for one that is not known (yet). At most
    /// [`TRACKED_AT_ONCE`] of them.
    async fn scans(&self, awbs: &[String]) -> Result<Vec<Vec<Scan>>, CallError>;

    /// What the account may use for this parcel, cheapest first.
    async fn rates(&self, parcel: &Parcel) -> Result<Vec<Rate>, CallError>;

    /// Orders a collection; its confirmation number. Not repeatable: an unknown outcome is for a person.
    async fn book_pickup(&self, pickup: &Pickup) -> Result<String, CallError>;

    /// Parcels that one collection can take along at most.
    fn pickup_limit(&self) -> usize;

    /// Cancels a collection; success when it is gone already.
    async fn cancel_pickup(&self, confirmation: &str) -> Result<(), CallError>;
}

/// A courier that tells us by itself what happens to parcels. Its messages only wake: journeys are read as ever, and polling
/// repairs what no message told.
#[async_trait]
pub trait CourierPush: Send + Sync {
    /// What a message says; one that cannot be read says nothing.
    fn read(&self, message: &str) -> Push;

    /// Asks the courier to tell what happens to the account's parcels to this address; the subscription's name. A second one
    /// brings every message twice, and nothing else.
    async fn subscribe(&self, hook: &str) -> Result<String, CallError>;

    /// Whether the subscription still stands.
    async fn is_subscribed(&self, subscription: &str) -> Result<bool, CallError>;

    /// Proves to the courier that the hook is ours. Repeatable.
    async fn confirm(&self, subscription: &str, secret: &SecretString) -> Result<(), CallError>;
}

/// Waybills whose scans are asked for in one call at most.
pub const TRACKED_AT_ONCE: usize = 200;
