//! An order in a few words, for the journal.

use std::fmt::Write as _;

use super::{ChannelState, Order, Stage};

impl Order {
    /// A short text for the journal, without personal data.
    pub fn summary(&self) -> String {
        let channel = match self.channel.state {
            ChannelState::Created => "created",
            ChannelState::Accepted => "accepted",
            ChannelState::Fulfilled => "fulfilled",
            ChannelState::NotFulfilled => "cancelled",
        };
        let mut text =
            format!("{} ({channel}), {} × {}", self.stage.name(), self.channel.quantity, self.channel.sku);
        if let Stage::Held { hold, .. } = &self.stage {
            text.push_str(", held: ");
            text.push_str(hold.code.as_str());
        }
        if let Some(document) = &self.document {
            text.push_str(", document ");
            text.push_str(&document.number.to_string());
        }
        // Writing to a text cannot fail.
        for parcel in &self.parcels {
            let _ = write!(text, ", parcel {} {}", parcel.number, parcel.summary());
        }
        for document in &self.billing.documents {
            let kept = if self.billing.file_of(document).is_some() { " (kept)" } else { "" };
            let _ = write!(text, ", {}{kept}", document.name());
        }
        let returned = self.returned();
        if !returned.is_none() {
            let (advised, received, credited) = (returned.advised, returned.received, returned.credited);
            let _ = write!(text, ", returned {received} of {advised}, credited {credited}");
        }
        text
    }
}
