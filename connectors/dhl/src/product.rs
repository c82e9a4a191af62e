//! Which of DHL's products carries a parcel (dhl.md section 6).

use vortex_domain::shipping::Lane;

/// A configured choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Product {
    /// Always this code.
    Fixed(String),
    /// The cheapest that the account may use for the parcel, by asking for rates.
    Cheapest,
}

/// The product that goods usually go with on a lane.
pub(crate) fn usual(lane: Lane) -> &'static str {
    match lane {
        Lane::Union => "U",
        Lane::Declarable | Lane::Special(_) => "P",
    }
}

/// The door-to-door products that carry goods on a lane. Rates also list products for documents and for special
/// services, which a parcel of goods must not use however cheap they are.
pub(crate) fn carries_goods(lane: Lane, code: &str) -> bool {
    match lane {
        Lane::Union => matches!(code, "U" | "W"),
        Lane::Declarable => matches!(code, "P" | "H"),
        Lane::Special(_) => false,
    }
}
