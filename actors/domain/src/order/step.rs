//! What an order waits for, in one word for machines and one phrase for people.

use super::{ChannelState, Order, Parcel, Stage};
use crate::attention::Reader;

/// The step at which an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something holds it; a person, or time, removes that.
    Hold,
    /// Its entry into the ERP.
    Erp,
    /// Its invoice.
    Invoice,
    /// Its waybill.
    Awb,
    /// Whether it has a waybill.
    AwbUnknown,
    /// Handing it over, and telling the channel.
    Fulfil,
    /// Nothing.
    None,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 7] =
        [Self::Hold, Self::Erp, Self::Invoice, Self::Awb, Self::AwbUnknown, Self::Fulfil, Self::None];

    /// Its name in the API and among an attention item's parameters.
    pub fn code(self) -> &'static str {
        match self {
            Self::Hold => "step_hold",
            Self::Erp => "step_erp",
            Self::Invoice => "step_invoice",
            Self::Awb => "step_awb",
            Self::AwbUnknown => "step_awb_unknown",
            Self::Fulfil => "step_fulfil",
            Self::None => "step_none",
        }
    }

    /// The step of that name.
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    /// The same for people.
    pub fn words(self, reader: Reader) -> &'static str {
        let (ro, en) = match self {
            Self::Hold => ("rezolvarea problemei comenzii", "what holds the order"),
            Self::Erp => ("înregistrarea în WinMentor", "entry into WinMentor"),
            Self::Invoice => ("facturarea în WinMentor", "the invoice in WinMentor"),
            Self::Awb => ("emiterea AWB-ului", "minting the AWB"),
            Self::AwbUnknown => ("lămurirea AWB-ului", "finding out about the AWB"),
            Self::Fulfil => {
                ("predarea coletului și confirmarea la CDON", "handing the parcel over and telling CDON")
            }
            Self::None => ("nimic", "nothing"),
        };
        match reader {
            Reader::Ro => ro,
            Reader::En => en,
        }
    }
}

impl Order {
    /// The step at which it stands.
    pub fn step(&self) -> Step {
        match &self.stage {
            Stage::Arrived | Stage::Held { .. } => Step::Hold,
            Stage::Ready | Stage::Sending { .. } | Stage::Imported { .. } | Stage::Unknown { .. } => {
                Step::Erp
            }
            Stage::Closed { .. } => Step::None,
            Stage::Booked { .. } if self.parcels.iter().any(Parcel::may_be_minted) => Step::AwbUnknown,
            Stage::Booked { .. } if self.channel.state == ChannelState::Fulfilled => Step::None,
            Stage::Booked { .. } if self.billing.invoices().next().is_none() && self.parcels.is_empty() => {
                Step::Invoice
            }
            Stage::Booked { .. } if self.parcels.is_empty() => Step::Awb,
            Stage::Booked { .. } if self.parcels.iter().any(|parcel| parcel.tracking().is_none()) => {
                Step::Awb
            }
            Stage::Booked { .. } => Step::Fulfil,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_found_by_its_name_and_has_words_of_its_own() {
        for step in Step::ALL {
            assert_eq!(Step::named(step.code()), Some(step));
            for reader in [Reader::Ro, Reader::En] {
                let alike = Step::ALL.into_iter().filter(|other| other.words(reader) == step.words(reader));
                assert_eq!(alike.count(), 1, "{step:?}");
            }
        }
    }
}
