//! Parcels, tracking and journeys: the words that order, courier and channel share.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::ids::Market;

/// What a parcel weighs and measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// Grams, packaging included.
    pub weight_g: u32,
    /// Centimetres.
    pub length_cm: u32,
    /// Centimetres.
    pub width_cm: u32,
    /// Centimetres.
    pub height_cm: u32,
}

/// Carrier and number, as a channel is told and shows them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tracking {
    /// The carrier in the channel's spelling; empty when the channel shows none.
    pub carrier: String,
    /// The carrier's bare number.
    pub number: String,
}

/// Where a parcel is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// The carrier has the data, not the parcel.
    Announced,
    /// The carrier has the parcel.
    Collected,
    /// Under way.
    Moving,
    /// At a customs office, or waiting for one.
    Customs,
    /// With the delivering courier.
    OutForDelivery,
    /// Waits for the buyer at a collection point.
    AtCollectionPoint,
    /// Something is wrong: bad address, nobody home, on hold, damaged.
    Exception,
    /// The buyer has it; final.
    Delivered,
    /// The buyer has it, damaged; final.
    Damaged,
    /// Came back to the sender; final.
    Returned,
    /// Destroyed or lost; final.
    Lost,
}

impl Milestone {
    /// Nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Damaged | Self::Returned | Self::Lost)
    }

    /// The carrier has had the parcel in its hands.
    pub fn is_collected(self) -> bool {
        self > Self::Announced
    }

    /// The name in the API and the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Collected => "collected",
            Self::Moving => "moving",
            Self::Customs => "customs",
            Self::OutForDelivery => "out_for_delivery",
            Self::AtCollectionPoint => "at_collection_point",
            Self::Exception => "exception",
            Self::Delivered => "delivered",
            Self::Damaged => "damaged",
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }
}

/// One scan of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Local time of the place where it happened (dhl.md section 12).
    pub at: DateTime,
    /// The carrier's code.
    pub code: String,
    /// The carrier's words.
    pub text: String,
    /// What it means; none for a code that we do not know, which changes nothing.
    pub milestone: Option<Milestone>,
}

/// What a border means for a parcel from Romania (dhl.md section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Inside the customs union: no papers.
    Union,
    /// Crosses its border: customs data and a commercial invoice.
    Declarable,
    /// Outside of the usual VAT or customs territory: a person decides. The territory's name.
    Special(&'static str),
}

/// The lane to an address. Postal codes of Åland begin with 22, those of Svalbard and Jan Mayen lie between 8099 and 9178.
pub fn lane(market: Market, postal_code: &str) -> Lane {
    let digits: String = postal_code.chars().filter(char::is_ascii_digit).collect();
    let prefix = postal_code.trim().get(..2).unwrap_or_default().to_ascii_uppercase();
    match (market, prefix.as_str()) {
        (_, "AX") => Lane::Special("Åland"),
        (_, "FO") => Lane::Special("Føroyar"),
        (_, "GL") => Lane::Special("Kalaallit Nunaat"),
        (Market::Fi, _) if digits.len() == 5 && digits.starts_with("22") => Lane::Special("Åland"),
        (Market::No, _) if matches!(digits.parse(), Ok(8099 | 9170..=9179)) => {
            Lane::Special("Svalbard / Jan Mayen")
        }
        (Market::Dk, _) if digits.len() == 4 && digits.starts_with("39") => Lane::Special("Kalaallit Nunaat"),
        (Market::Dk, _) if digits.len() == 3 => Lane::Special("Føroyar"),
        (Market::No, _) => Lane::Declarable,
        (Market::Se | Market::Dk | Market::Fi, _) => Lane::Union,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_norway_is_declarable_and_islands_are_for_people() {
        assert_eq!(lane(Market::Se, "111 22"), Lane::Union);
        assert_eq!(lane(Market::Dk, "2100"), Lane::Union);
        assert_eq!(lane(Market::Fi, "00100"), Lane::Union);
        assert_eq!(lane(Market::No, "0150"), Lane::Declarable);
        for (market, code) in [
            (Market::Fi, "22100"),
            (Market::Fi, "AX-22100"),
            (Market::No, "9170"),
            (Market::No, "8099"),
            (Market::Dk, "3900"),
            (Market::Dk, "100"),
            (Market::Dk, "FO-100"),
        ] {
            assert!(matches!(lane(market, code), Lane::Special(_)), "{market} {code}");
        }
    }

    #[test]
    fn announced_is_not_collected() {
        assert!(!Milestone::Announced.is_collected());
        assert!(Milestone::Collected.is_collected() && Milestone::Exception.is_collected());
        assert!(Milestone::Delivered.is_final() && !Milestone::Exception.is_final());
    }
}
