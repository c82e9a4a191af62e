//! What an audit sees of the simulator's book.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use super::book::{Pickup, Shipment};
use super::paper::Paper;

/// A minted waybill as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShipmentView {
    /// The waybill number, ten digits.
    pub awb: String,
    /// Piece numbers (`JD…`).
    pub pieces: Vec<String>,
    /// The shipment's references: type code and value.
    pub references: Vec<(String, String)>,
    /// The account that pays.
    pub account: String,
    /// Country code of the shipper.
    pub origin: String,
    /// Country code of the receiver.
    pub country: String,
    /// Product code.
    pub product: String,
    /// When it was minted, milliseconds since 1970-01-01 UTC on the simulator's clock.
    pub minted_ms: i64,
    /// When it was planned to leave, milliseconds since 1970-01-01 UTC.
    pub planned_ms: i64,
    /// Whether it carries customs data.
    pub declarable: bool,
    /// Declared value and its currency.
    pub declared: Option<(Decimal, String)>,
    /// All pieces together, in the units of the request.
    pub weight: Decimal,
    /// Whether an invoice may come without paper (WY).
    pub paperless: bool,
    /// The documents as they were issued, whatever was answered; the label first.
    pub papers: Vec<PaperView>,
    /// Confirmation number of the pickup booked together with it.
    pub pickup: Option<String>,
    /// Minted by the test system, which does not track it.
    pub test: bool,
    /// What was accepted although it is doubtful.
    pub flags: Vec<String>,
    /// Scans so far, oldest first.
    pub events: Vec<EventView>,
    /// The body that minted it, personal data included.
    pub request: Value,
}

impl ShipmentView {
    pub(super) fn of(shipment: &Shipment) -> Self {
        let event = |event: &super::events::Event| EventView { at_ms: event.at_ms, code: event.code.clone() };
        Self {
            awb: shipment.awb.clone(),
            pieces: shipment.pieces.iter().map(|piece| piece.number.clone()).collect(),
            references: shipment.references.clone(),
            account: shipment.account.clone(),
            origin: shipment.origin.clone(),
            country: shipment.destination.clone(),
            product: shipment.product.clone(),
            minted_ms: shipment.minted_ms,
            planned_ms: shipment.planned_ms,
            declarable: shipment.declarable,
            declared: shipment.declared.clone(),
            weight: shipment.total_weight(),
            paperless: shipment.paperless,
            papers: shipment.papers.iter().map(PaperView::of).collect(),
            pickup: shipment.pickup.clone(),
            test: shipment.test,
            flags: shipment.flags.clone(),
            events: shipment.events.iter().map(event).collect(),
            request: shipment.request.clone(),
        }
    }

    /// The label.
    pub fn label(&self) -> Option<&PaperView> {
        self.papers.iter().find(|paper| paper.type_code == "label")
    }

    /// The latest scan's code.
    pub fn last_code(&self) -> Option<&str> {
        self.events.last().map(|event| event.code.as_str())
    }
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaperView {
    /// `label`, `waybillDoc`, `invoice`, `shipmentReceipt` or `qr-code`.
    pub type_code: String,
    /// `PDF`, `ZPL`, `LP2`, `EPL` or `PNG`.
    pub format: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// The bytes; left out of JSON.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl PaperView {
    fn of(paper: &Paper) -> Self {
        Self {
            type_code: paper.type_code.to_owned(),
            format: paper.format.to_owned(),
            sha256: paper.sha256(),
            bytes: paper.bytes.clone(),
        }
    }
}

/// A scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventView {
    /// When, milliseconds since 1970-01-01 UTC on the simulator's clock.
    pub at_ms: i64,
    /// DHL's code.
    pub code: String,
}

/// A courier's visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PickupView {
    /// The confirmation number.
    pub confirmation: String,
    /// The account it was booked for.
    pub account: String,
    /// The waybills that were named.
    pub awbs: Vec<String>,
    /// What was accepted although it is doubtful: a parcel named otherwise than it was minted.
    pub flags: Vec<String>,
    /// When it was booked, milliseconds since 1970-01-01 UTC on the simulator's clock.
    pub booked_ms: i64,
    /// How often it was changed.
    pub changes: u32,
    /// When it was cancelled.
    pub cancelled_ms: Option<i64>,
}

impl PickupView {
    pub(super) fn of(pickup: &Pickup) -> Self {
        Self {
            confirmation: pickup.confirmation.clone(),
            account: pickup.account.clone(),
            awbs: pickup.awbs.clone(),
            flags: pickup.flags.clone(),
            booked_ms: pickup.booked_ms,
            changes: pickup.changes,
            cancelled_ms: pickup.cancelled_ms,
        }
    }
}
