//! Scans of a parcel: DHL's codes, where they happen, and the way of an ordinary parcel (spec section 12.1).

use super::places::{self, HUB, Place};

/// A scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at_ms: i64,
    pub(super) code: String,
}

/// Shipment information received: no scan yet.
pub(super) const ANNOUNCED: &str = "DUMMY_PU";

/// Where a scan happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Origin,
    Hub,
    Destination,
}

use Spot::{Destination, Hub, Origin};

/// Code, words, place.
const CODES: [(&str, &str, Spot); 62] = [
    ("DUMMY_PU", "Shipment information received", Origin),
    ("PU", "Shipment picked up", Origin),
    ("SA", "Shipment accepted", Origin),
    ("RW", "Weighed and measured", Origin),
    ("CI", "Facility check-in", Origin),
    ("LV", "Loaded into vehicle", Origin),
    ("CU", "Uplift confirmed", Origin),
    ("SM", "Movement scheduled", Origin),
    ("PL", "Processed at location", Hub),
    ("DF", "Departed from facility", Hub),
    ("AF", "Arrived at facility", Hub),
    ("TR", "Transferred", Hub),
    ("UV", "Vehicle unloaded", Hub),
    ("IR", "Routed incorrectly", Hub),
    ("MC", "Coded incorrectly", Hub),
    ("MS", "Sorted incorrectly", Hub),
    ("TD", "Transport delayed", Hub),
    ("HN", "Handed over", Hub),
    ("NA", "Not arrived", Hub),
    ("AR", "Arrived in delivery facility", Destination),
    ("FD", "Forwarded to destination", Destination),
    ("TP", "Forwarded to third party", Destination),
    ("CS", "Shipment closed", Destination),
    ("CA", "Closed on arrival", Destination),
    ("IC", "Clearance in progress", Destination),
    ("CR", "Clearance completed", Destination),
    ("CD", "Clearance delayed, controllable", Destination),
    ("UD", "Clearance delayed, not controllable", Destination),
    ("BN", "Broker notified", Destination),
    ("BR", "Released to broker", Destination),
    ("BL", "In bonded location", Destination),
    ("ES", "Entry submitted", Destination),
    ("DI", "Duty invoiced", Destination),
    ("HP", "Held for payment", Destination),
    ("PY", "Payment received", Destination),
    ("DP", "Denied parties screening", Destination),
    ("WC", "With delivering courier", Destination),
    ("OK", "Delivered", Destination),
    ("PD", "Partially delivered", Destination),
    ("DD", "Delivered damaged", Destination),
    ("CC", "Awaiting collection", Destination),
    ("AD", "Delivery agreed", Destination),
    ("BA", "Address incorrect", Destination),
    ("CM", "Recipient moved", Destination),
    ("NH", "Recipient not at home", Destination),
    ("ND", "Not delivered", Destination),
    ("MD", "Delivery cycle missed", Destination),
    ("OH", "On hold", Destination),
    ("RD", "Delivery refused", Destination),
    ("DM", "Damaged", Destination),
    ("SS", "Shipment stopped", Destination),
    ("ST", "Shipment intercepted", Destination),
    ("SC", "Service changed", Destination),
    ("TI", "Trace initiated", Destination),
    ("TT", "Trace terminated", Destination),
    ("RR", "Response received", Destination),
    ("HI", "Lodged into inventory control", Destination),
    ("HO", "Lodged out of inventory control", Destination),
    ("SI", "Shipment inspected", Destination),
    ("IA", "Image available", Destination),
    ("RT", "Returned to shipper", Origin),
    ("DS", "Destroyed", Destination),
];

fn spot(code: &str) -> Spot {
    CODES.iter().find(|known| known.0 == code).map_or(Destination, |known| known.2)
}

/// Words of a code; a code that nobody knows is described vaguely.
pub(super) fn words(code: &str) -> &'static str {
    CODES.iter().find(|known| known.0 == code).map_or("Shipment event", |known| known.1)
}

/// Where a scan of a parcel from `origin` to `destination` happens.
pub(super) fn place(code: &str, origin: &str, destination: &str) -> &'static Place {
    match spot(code) {
        Origin => places::of(origin),
        Hub => &HUB,
        Destination => places::of(destination),
    }
}

/// The scans of a parcel that meets no trouble.
pub(super) fn ordinary(across_customs: bool) -> &'static [&'static str] {
    if across_customs {
        &["PU", "PL", "DF", "AF", "IC", "CR", "AR", "WC", "OK"]
    } else {
        &["PU", "PL", "DF", "AF", "AR", "WC", "OK"]
    }
}

/// Whether nothing follows this scan.
pub(super) fn is_final(code: &str) -> bool {
    matches!(code, "OK" | "DD" | "RT" | "DS")
}

/// The status words of the Unified Tracking API (13).
pub(super) fn unified_status(code: Option<&str>) -> &'static str {
    match code {
        Some("DUMMY_PU") => "pre-transit",
        Some("OK" | "DD") => "delivered",
        Some(
            "BA" | "CM" | "NH" | "ND" | "MD" | "OH" | "NA" | "RD" | "DM" | "SS" | "ST" | "RT" | "DS" | "DP",
        ) => "failure",
        Some(code) if CODES.iter().any(|known| known.0 == code) => "transit",
        Some(_) | None => "unknown",
    }
}
