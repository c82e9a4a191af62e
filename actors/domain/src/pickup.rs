//! A collection at the shipper's door: ordered at most once, whatever the courier answers (dhl.md section 10).
//!
//! Ordering has neither idempotency nor a look-up. So the intent is durable before the request leaves, and an outcome that nobody
//! knows is for a person: the courier's hotline knows whether the van comes.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::{
    attention::Code,
    ids::{OrderId, PickupId},
    money::Money,
    order::Hold,
    shipping::Measures,
};

/// One parcel that the van takes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cargo {
    /// Of which order.
    pub order: OrderId,
    /// Which of its parcels, from 1.
    pub parcel: u32,
    /// Its waybill.
    pub awb: String,
    /// Weight and size.
    pub measures: Measures,
    /// It crosses the customs border.
    pub declarable: bool,
    /// The courier's product that its waybill is of; none for one that was typed in.
    pub product: Option<String>,
    /// What customs was told of its value.
    pub value: Option<Money>,
}

/// How far a collection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum PickupStage {
    /// A person wants it; not ordered yet.
    Asked,
    /// The request may be on the wire: durable before it leaves.
    Ordering {
        /// Since when.
        since_ms: i64,
    },
    /// The courier may or may not have it, and offers no look-up: a person decides.
    Unknown {
        /// Since when.
        since_ms: i64,
    },
    /// The courier comes.
    Ordered {
        /// The courier's number.
        confirmation: String,
        /// When we learned of it.
        at_ms: i64,
    },
    /// A person no longer wants it; the courier is to be told.
    Cancelling {
        /// The courier's number.
        confirmation: String,
    },
    /// Nobody comes: cancelled, or never ordered.
    Cancelled {
        /// Since when.
        at_ms: i64,
    },
    /// Surely not ordered.
    Refused {
        /// Why.
        why: String,
    },
}

/// A collection of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pickup {
    /// Which.
    pub id: PickupId,
    /// The day, Europe/Bucharest.
    pub day: Date,
    /// From when the parcels are ready, local time.
    pub ready: Time,
    /// Until when somebody is there, local time.
    pub close: Time,
    /// Where exactly (reception, ramp 2).
    pub location: String,
    /// What the van takes along, once it was ordered.
    pub cargo: Vec<Cargo>,
    /// Why the courier does not do what a person wants; until a person has seen it.
    #[serde(default)]
    pub trouble: Option<String>,
    /// How far.
    #[serde(flatten)]
    pub stage: PickupStage,
}

/// What the courier said to an order for a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Booking {
    /// It comes; its number.
    Done(String),
    /// Definitely not; why.
    Refused(String),
    /// The request surely never left.
    NotSent,
    /// Nobody knows.
    Unknown,
}

/// Something that happened to a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PickupEvent {
    /// About to be ordered for these parcels.
    Starts(Vec<Cargo>),
    /// It cannot be ordered; why.
    Objected(String),
    /// The courier answered.
    Answered(Booking),
    /// Nobody waits any more for the answer to an order that may have been on the wire.
    Recovered,
    /// A person does not want it any more.
    CancelAsked,
    /// The courier says that it does not come.
    Cancelled,
    /// The courier does not cancel it; why.
    CancelRefused(String),
    /// A person knows from the courier that it comes, under this number.
    Confirmed(String),
    /// A person knows from the courier that it was never ordered; or has seen what the courier refuses.
    Settled,
}

impl PickupEvent {
    /// The cause's name in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starts(_) => "pickup_started",
            Self::Objected(_) => "pickup_held",
            Self::Answered(Booking::Done(_)) => "pickup_ordered",
            Self::Answered(Booking::Refused(_)) => "pickup_refused",
            Self::Answered(Booking::NotSent) => "pickup_not_sent",
            Self::Answered(Booking::Unknown) => "pickup_unanswered",
            Self::Recovered => "recovered",
            Self::CancelAsked => "person_cancels",
            Self::Cancelled => "pickup_cancelled",
            Self::CancelRefused(_) => "pickup_not_cancelled",
            Self::Confirmed(_) => "person_confirms",
            Self::Settled => "person_settled",
        }
    }
}

impl PickupStage {
    /// The stage's name in the API, the journal and the metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Ordering { .. } => "ordering",
            Self::Unknown { .. } => "unknown",
            Self::Ordered { .. } => "ordered",
            Self::Cancelling { .. } => "cancelling",
            Self::Cancelled { .. } => "cancelled",
            Self::Refused { .. } => "refused",
        }
    }
}

impl Pickup {
    /// A collection that a person wants.
    pub fn asked(id: PickupId, day: Date, ready: Time, close: Time, location: String) -> Self {
        let (cargo, trouble) = (Vec::new(), None);
        Self { id, day, ready, close, location, cargo, trouble, stage: PickupStage::Asked }
    }

    /// The collection after the event. Events that do not fit the stage change nothing: every one may come twice or late.
    #[must_use]
    pub fn on(&self, event: &PickupEvent, now_ms: i64) -> Self {
        use PickupStage::{Asked, Cancelled, Cancelling, Ordered, Ordering, Refused, Unknown};
        let mut next = self.clone();
        let ordered = |confirmation: &String| Ordered { confirmation: confirmation.clone(), at_ms: now_ms };
        let refused = |why: &String| Refused { why: why.clone() };
        next.stage = match (event, &self.stage) {
            (PickupEvent::Starts(cargo), Asked) if !cargo.is_empty() => {
                next.cargo.clone_from(cargo);
                Ordering { since_ms: now_ms }
            }
            (PickupEvent::Objected(why), Asked)
            | (PickupEvent::Answered(Booking::Refused(why)), Ordering { .. }) => refused(why),
            (PickupEvent::Answered(Booking::Done(confirmation)), Ordering { .. } | Unknown { .. })
            | (PickupEvent::Confirmed(confirmation), Unknown { .. })
            | (PickupEvent::CancelRefused(_), Cancelling { confirmation }) => ordered(confirmation),
            (PickupEvent::Answered(Booking::NotSent), Ordering { .. }) => {
                next.cargo.clear();
                Asked
            }
            (PickupEvent::Answered(Booking::Unknown) | PickupEvent::Recovered, Ordering { since_ms }) => {
                Unknown { since_ms: *since_ms }
            }
            (PickupEvent::CancelAsked, Asked)
            | (PickupEvent::Cancelled, Cancelling { .. })
            | (PickupEvent::Settled, Unknown { .. }) => Cancelled { at_ms: now_ms },
            (PickupEvent::CancelAsked, Ordered { confirmation, .. }) => {
                Cancelling { confirmation: confirmation.clone() }
            }
            (_, stage) => stage.clone(),
        };
        match event {
            PickupEvent::Objected(why)
            | PickupEvent::Answered(Booking::Refused(why))
            | PickupEvent::CancelRefused(why)
                if next.stage != self.stage =>
            {
                next.trouble = Some(why.clone());
            }
            PickupEvent::Settled | PickupEvent::CancelAsked => next.trouble = None,
            _ => {}
        }
        next
    }

    /// The courier is to be asked or told something now, or an answer of an earlier life is still missing.
    pub fn is_due(&self) -> bool {
        matches!(
            self.stage,
            PickupStage::Asked | PickupStage::Ordering { .. } | PickupStage::Cancelling { .. }
        )
    }

    /// Its parcels are taken along, or may be: no other collection of that day or later is ordered for them.
    pub fn holds_its_cargo(&self) -> bool {
        matches!(
            self.stage,
            PickupStage::Ordering { .. } | PickupStage::Unknown { .. } | PickupStage::Ordered { .. }
        )
    }

    /// What a person must know or decide about it now.
    pub fn attention(&self) -> Option<Hold> {
        let (code, params) = match (&self.stage, &self.trouble) {
            (PickupStage::Unknown { since_ms }, _) => {
                (Code::PickupUnknown, vec![self.in_short(), crate::clock::in_words(*since_ms)])
            }
            (_, Some(why)) => (Code::PickupRefused, vec![self.in_short(), why.clone()]),
            _ => return None,
        };
        Some(Hold { code, cause: self.id.to_string(), params })
    }

    /// Day and time in a few words.
    fn in_short(&self) -> String {
        let time = |time: Time| time.strftime("%H:%M").to_string();
        format!("{} {}–{}", self.day, time(self.ready), time(self.close))
    }

    /// A short text for the journal.
    pub fn summary(&self) -> String {
        let more = match &self.stage {
            PickupStage::Ordered { confirmation, .. } | PickupStage::Cancelling { confirmation } => {
                format!(" {confirmation}")
            }
            PickupStage::Refused { why } => format!(": {why}"),
            _ => String::new(),
        };
        format!("{}, {} parcels, {}{more}", self.in_short(), self.cargo.len(), self.stage.name())
    }
}

/// What a person wants of a collection that stands: as it waits in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// What.
    pub event: PickupEvent,
    /// Who, for the journal.
    pub who: String,
}

#[cfg(test)]
mod tests;
