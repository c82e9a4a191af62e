//! One channel order and its way into the ERP, as a pure state machine.
//!
//! [`Order::on`] is the only way to change an order. What an order wants from the rest of the world
//! (stock held, remotes told, people asked) is derived from its state by [`Order::claim`],
//! [`Order::wants_booking`] and [`Order::attention`], so that it can never disagree with it.

mod after_sale;
mod attention;
mod billing;
mod channel_order;
mod errand;
mod event;
mod marks;
mod packing;
mod parcel;
mod returns;
mod step;
mod summary;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use std::collections::{BTreeMap, BTreeSet};

pub use self::{
    billing::{Billing, BillingDoubt, KeptFile},
    channel_order::{Address, ChannelOrder, ChannelState},
    errand::{Due, Errand},
    event::{Decision, Event, Finding, ImportAnswer},
    marks::{Mark, MarkKind},
    packing::PackingError,
    parcel::{Minting, Packing, Parcel, ParcelEvent, ParcelStage},
    returns::{ReturnEntry, ReturnState, Returned, Returns, TooMany, Witness},
    step::Step,
};
use crate::{
    article::fingerprint,
    attention::Code,
    ids::{OrderId, Sku},
    sales::{Goods, Sale},
    vendor::Vendor,
};

/// The ERP document that stands for the order; given once, kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Our own number (`NrDoc`).
    pub number: i64,
    /// Numbering booklet (`SimbolCarnet`).
    pub booklet: String,
    /// Business date, Europe/Bucharest.
    pub date: Date,
}

/// Why an order cannot go on by itself: a cause and its values for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The cause.
    pub code: Code,
    /// Tells causes apart, so that what one act mends is grouped.
    pub cause: String,
    /// Values for the texts.
    pub params: Vec<String>,
}

/// How an order ended for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Cancelled before the ERP had it: nothing to do.
    NeverBooked,
    /// Cancelled, and its ERP document is cancelled or was released by a person.
    Withdrawn,
}

/// How far the order is on its way into the ERP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// On disk; stock, money and article not looked at yet.
    Arrived,
    /// Waits for a person, or for the cause to go away.
    Held {
        /// Why.
        hold: Hold,
        /// Since when.
        since_ms: i64,
    },
    /// May be sent to the ERP.
    Ready,
    /// The import may be on the wire: durable before the request leaves.
    Sending {
        /// Since when.
        since_ms: i64,
    },
    /// The ERP said "one document imported"; proof by reading back is open.
    Imported {
        /// When it said so.
        since_ms: i64,
    },
    /// The ERP may or may not have it; only reading tells (winmentor.md 8.1).
    Unknown {
        /// Since when.
        since_ms: i64,
        /// When a first reading did not find it.
        absent_ms: Option<i64>,
    },
    /// Read back: the ERP has it.
    Booked {
        /// When it was proven.
        since_ms: i64,
        /// Live documents with our token; more than 1 is an alarm.
        copies: u32,
        /// When a later reading missed it for the first time (restored backup?).
        absent_ms: Option<i64>,
        /// Missed twice: a person decides.
        vanished: bool,
    },
    /// Over.
    Closed {
        /// When.
        since_ms: i64,
        /// How.
        ending: Ending,
    },
}

impl Stage {
    /// The stage's name in the database, the API and the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Held { .. } => "held",
            Self::Ready => "ready",
            Self::Sending { .. } => "sending",
            Self::Imported { .. } => "imported",
            Self::Unknown { .. } => "unknown",
            Self::Booked { .. } => "booked",
            Self::Closed { .. } => "closed",
        }
    }

    /// Nothing more will happen.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }
}

/// What of the stock the order holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Its units are ours to keep.
    Open,
    /// The ERP has it since then; the next reading that began later contains it.
    Booked(i64),
    /// Nothing.
    None,
}

/// An order and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The channel's id.
    pub id: OrderId,
    /// As the channel last showed it.
    pub channel: ChannelOrder,
    /// When the channel last showed it to us.
    pub seen_ms: i64,
    /// How far.
    #[serde(flatten)]
    pub stage: Stage,
    /// What the ERP is to be told, once prepared.
    pub sale: Option<Sale>,
    /// Fingerprint of the goods, money and address that `sale` was made from.
    pub sale_of: u64,
    /// Its ERP document, once numbered.
    pub document: Option<Document>,
    /// A person said: book it although stock is short.
    #[serde(default)]
    pub book_short: bool,
    /// A person settled this version of the order's substance in the ERP.
    #[serde(default)]
    pub settled: Option<u64>,
    /// What the ERP was told of it, in short, when the channel has changed it since.
    #[serde(default)]
    pub amended_from: Option<String>,
    /// Cancelled ERP documents with our token, as of the newest reading that found any.
    #[serde(default)]
    pub cancelled_documents: u32,
    /// So many of them count no longer: a person asked for a document in their stead.
    #[serde(default)]
    pub given_up: u32,
    /// A person settled that the ERP has no live document for it.
    #[serde(default)]
    pub absence_settled: bool,
    /// How often the ERP has refused it; spaces the tries out.
    #[serde(default)]
    pub refusals: u32,
    /// Articles and units held for it; kept, so that what was taken is what is given back.
    #[serde(default)]
    pub held: Vec<(Sku, i64)>,
    /// What is in it, for parcels and customs, as of its preparation.
    #[serde(default)]
    pub goods: Vec<Goods>,
    /// A person said: ship it now.
    #[serde(default)]
    pub ship_asked: bool,
    /// Its parcels, once it was to be shipped.
    #[serde(default)]
    pub parcels: Vec<Parcel>,
    /// Why the channel does not take its fulfilment.
    #[serde(default)]
    pub fulfil_refused: Option<String>,
    /// A person asked to cancel it on the channel; why.
    #[serde(default)]
    pub cancel_asked: Option<String>,
    /// Why the channel does not cancel it.
    #[serde(default)]
    pub cancel_refused: Option<String>,
    /// A person has seen to this trouble with its parcels ([`Order::parcel_trouble`]).
    #[serde(default)]
    pub parcels_settled: Option<u64>,
    /// Its fiscal documents.
    #[serde(default)]
    pub billing: Billing,
    /// A person says that this doubt about them is none.
    #[serde(default)]
    pub billing_settled: Option<u64>,
    /// What came back of it.
    #[serde(default)]
    pub returns: Returns,
    /// Warnings about its deadline so far.
    #[serde(default)]
    pub warned: usize,
    /// What stands in other tables on behalf of this order, as of its last write.
    #[serde(default)]
    pub projected: Projected,
}

/// What an order has caused in other tables: compared with what it should cause, to write only differences.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Projected {
    /// Open attention: code and cause.
    pub raised: Vec<(Code, String)>,
    /// Effect rows and when they are due, milliseconds.
    #[serde(default)]
    pub errands: BTreeMap<Errand, i64>,
    /// What it is found by.
    #[serde(default)]
    pub marks: BTreeSet<Mark>,
}

/// Tries of a refused order at most, before only a person can start it again (T3).
pub const MAX_REFUSALS: u32 = 8;

impl Order {
    /// A new order, as first shown by the channel.
    pub fn arrived(channel: ChannelOrder, seen_ms: i64) -> Self {
        let stage = if channel.state == ChannelState::NotFulfilled {
            Stage::Closed { since_ms: seen_ms, ending: Ending::NeverBooked }
        } else {
            Stage::Arrived
        };
        Self {
            id: channel.id.clone(),
            channel,
            seen_ms,
            stage,
            sale: None,
            sale_of: 0,
            document: None,
            book_short: false,
            settled: None,
            amended_from: None,
            cancelled_documents: 0,
            given_up: 0,
            absence_settled: false,
            refusals: 0,
            held: Vec::new(),
            goods: Vec::new(),
            ship_asked: false,
            parcels: Vec::new(),
            fulfil_refused: None,
            cancel_asked: None,
            cancel_refused: None,
            parcels_settled: None,
            billing: Billing::default(),
            billing_settled: None,
            returns: Returns::default(),
            warned: 0,
            projected: Projected::default(),
        }
    }

    /// The order after the event. Events that do not fit the stage change nothing: every message may come twice or late.
    #[must_use]
    pub fn on(&self, event: &Event, now_ms: i64, vendor: &Vendor) -> Self {
        let quiet_ms = vendor.booking.quiet_ms;
        let mut next = self.clone();
        match event {
            Event::Delivered(channel, read_ms) => next.deliver(channel, *read_ms, now_ms),
            Event::Prepared(sale) => {
                if matches!(self.stage, Stage::Arrived) {
                    next.sale_of = self.channel.substance();
                    next.sale = Some((**sale).clone());
                    next.stage = Stage::Ready;
                }
            }
            Event::CannotPrepare(hold) => {
                if matches!(self.stage, Stage::Arrived) {
                    next.stage = Stage::Held { hold: hold.clone(), since_ms: now_ms };
                }
            }
            Event::LookAgain => {
                if self.may_look_again(now_ms) {
                    next.stage = Stage::Arrived;
                }
            }
            Event::Blocked(hold) => {
                if matches!(self.stage, Stage::Ready) {
                    next.stage = Stage::Held { hold: hold.clone(), since_ms: now_ms };
                }
            }
            Event::SendingStarts(document) => {
                if matches!(self.stage, Stage::Ready) {
                    // The number is given once; the date follows the month that is open now.
                    let date = document.date;
                    let known = self.document.clone().unwrap_or_else(|| document.clone());
                    next.document = Some(Document { date, ..known });
                    next.stage = Stage::Sending { since_ms: now_ms };
                }
            }
            Event::Answered(answer) => next.answered(answer, now_ms),
            Event::Found(finding) => next.found(*finding, now_ms, quiet_ms),
            Event::Recovered => {
                if matches!(self.stage, Stage::Sending { .. }) {
                    next.stage = Stage::Unknown { since_ms: now_ms, absent_ms: None };
                }
                let unanswered = ParcelEvent::Answered(Minting::Unknown);
                next.parcels.iter_mut().for_each(|parcel| parcel.on(&unanswered, now_ms, &vendor.shipping));
            }
            Event::Decided(decision) => next.decided(*decision, now_ms),
            _ => next.after_sale(event, now_ms, vendor),
        }
        if next.channel.state.is_final() {
            next.parcels.iter_mut().for_each(|parcel| parcel.doubt(now_ms));
        }
        next
    }

    fn deliver(&mut self, channel: &ChannelOrder, read_ms: i64, now_ms: i64) {
        self.seen_ms = self.seen_ms.max(read_ms);
        let older = channel.updated_at_ms < self.channel.updated_at_ms
            || (channel.updated_at_ms == self.channel.updated_at_ms && channel.state < self.channel.state);
        // A final state never changes again, whatever a late answer says (cdon.md section 13).
        if older || (self.channel.state.is_final() && channel.state != self.channel.state) {
            let reversed =
                self.channel.state == ChannelState::Fulfilled && channel.state == ChannelState::NotFulfilled;
            self.returns.reversed |= reversed && !older;
            return;
        }
        let substance_changed = channel.substance() != self.channel.substance();
        if substance_changed && self.channel.substance() == self.sale_of {
            self.amended_from = Some(self.channel.in_short());
        }
        let deadline_ms = self.deadline_ms();
        self.channel = channel.clone();
        if self.deadline_ms() != deadline_ms {
            self.warned = 0;
        }
        let cancelled = channel.state == ChannelState::NotFulfilled;
        match self.stage {
            Stage::Arrived | Stage::Held { .. } | Stage::Ready if cancelled => {
                self.stage = Stage::Closed { since_ms: now_ms, ending: Ending::NeverBooked };
            }
            // Not sent yet: prepare again from what the channel shows now.
            Stage::Held { .. } | Stage::Ready if substance_changed => self.stage = Stage::Arrived,
            _ => {}
        }
    }

    fn answered(&mut self, answer: &ImportAnswer, now_ms: i64) {
        if !matches!(self.stage, Stage::Sending { .. }) {
            return;
        }
        self.stage = match answer {
            ImportAnswer::Imported => Stage::Imported { since_ms: now_ms },
            ImportAnswer::Unknown => Stage::Unknown { since_ms: now_ms, absent_ms: None },
            ImportAnswer::NotSent | ImportAnswer::Refused(_) if self.cancelled() => {
                Stage::Closed { since_ms: now_ms, ending: Ending::NeverBooked }
            }
            ImportAnswer::NotSent => Stage::Ready,
            ImportAnswer::Refused(hold) => {
                self.refusals += 1;
                Stage::Held { hold: hold.clone(), since_ms: now_ms }
            }
        };
        if matches!(self.stage, Stage::Ready) {
            self.prepare_again_if_amended();
        }
    }

    fn found(&mut self, finding: Finding, now_ms: i64, quiet_ms: i64) {
        let there = finding.live > 0 || finding.cancelled > self.given_up;
        match self.stage {
            Stage::Arrived | Stage::Held { .. } | Stage::Ready if there => self.book(finding, now_ms),
            // A reading that began before the import says nothing about it.
            Stage::Sending { since_ms } | Stage::Imported { since_ms } | Stage::Unknown { since_ms, .. }
                if finding.read_ms < since_ms => {}
            Stage::Sending { .. } | Stage::Imported { .. } | Stage::Unknown { .. } if there => {
                self.book(finding, now_ms);
            }
            Stage::Imported { since_ms } | Stage::Unknown { since_ms, absent_ms: None } => {
                self.stage = Stage::Unknown { since_ms, absent_ms: Some(finding.read_ms) };
            }
            Stage::Unknown { absent_ms: Some(first), .. }
                if finding.read_ms >= first.saturating_add(quiet_ms) =>
            {
                if self.cancelled() {
                    self.stage = Stage::Closed { since_ms: now_ms, ending: Ending::NeverBooked };
                } else {
                    self.stage = Stage::Ready;
                    self.prepare_again_if_amended();
                }
            }
            Stage::Booked { since_ms, .. } if there && finding.read_ms >= since_ms => {
                self.book_again(finding, since_ms, now_ms);
            }
            Stage::Booked { since_ms, copies, absent_ms, vanished } if finding.read_ms >= since_ms => {
                let twice = absent_ms.is_some_and(|first| finding.read_ms >= first.saturating_add(quiet_ms));
                self.stage = Stage::Booked {
                    since_ms,
                    copies,
                    absent_ms: absent_ms.or(Some(finding.read_ms)),
                    vanished: vanished || twice,
                };
            }
            _ => {}
        }
    }

    fn book(&mut self, finding: Finding, now_ms: i64) {
        self.stage =
            Stage::Booked { since_ms: now_ms, copies: finding.live, absent_ms: None, vanished: false };
        self.documents_counted(finding, now_ms);
    }

    fn book_again(&mut self, finding: Finding, since_ms: i64, now_ms: i64) {
        self.stage = Stage::Booked { since_ms, copies: finding.live, absent_ms: None, vanished: false };
        self.documents_counted(finding, now_ms);
    }

    fn documents_counted(&mut self, finding: Finding, now_ms: i64) {
        self.cancelled_documents = finding.cancelled;
        self.absence_settled &= finding.live == 0;
        if self.cancelled() && finding.live == 0 {
            self.stage = Stage::Closed { since_ms: now_ms, ending: Ending::Withdrawn };
        }
    }

    fn decided(&mut self, decision: Decision, now_ms: i64) {
        match (decision, &self.stage) {
            (Decision::Retry, Stage::Held { .. }) => {
                self.refusals = 0;
                self.stage = Stage::Arrived;
            }
            (Decision::BookAnyway, Stage::Held { .. }) => {
                self.book_short = true;
                self.stage = Stage::Arrived;
            }
            (Decision::Recreate, Stage::Booked { vanished: true, .. }) if !self.cancelled() => {
                self.stage = Stage::Arrived;
            }
            // Its number belongs to a document that was cancelled by hand: the next one has another.
            (Decision::Recreate, Stage::Booked { copies: 0, .. }) if !self.cancelled() => {
                self.given_up = self.cancelled_documents;
                self.document = None;
                self.stage = Stage::Arrived;
            }
            (Decision::Retry, Stage::Booked { .. }) => self.try_again(),
            // Of a cancelled order too: it says that there is no waybill, and none is minted then.
            (Decision::MintAgain, _) => self.mint_again(),
            (Decision::ParcelsSettled, _) => self.parcels_settled = self.parcel_trouble(),
            (Decision::CancelDropped, _) => {
                self.cancel_asked = None;
                self.cancel_refused = None;
            }
            (Decision::BillingSettled, _) => {
                self.billing_settled = self.billing_doubt().map(|doubt| fingerprint(&doubt));
            }
            (Decision::Settled, Stage::Booked { .. }) if self.cancelled() => {
                self.stage = Stage::Closed { since_ms: now_ms, ending: Ending::Withdrawn };
            }
            (Decision::Settled, Stage::Booked { since_ms, copies, vanished, .. }) => {
                self.settled = Some(self.channel.substance());
                self.absence_settled = *vanished || *copies == 0;
                self.stage =
                    Stage::Booked { since_ms: *since_ms, copies: 1, absent_ms: None, vanished: false };
            }
            _ => {}
        }
    }

    fn prepare_again_if_amended(&mut self) {
        if self.channel.substance() != self.sale_of {
            self.stage = Stage::Arrived;
        }
    }

    /// A held order looks again at every heartbeat whether its cause is gone; one that the ERP refused waits 5 minutes
    /// doubled by each refusal, and after [`MAX_REFUSALS`] for a person.
    pub fn may_look_again(&self, now_ms: i64) -> bool {
        match &self.stage {
            Stage::Held { hold, since_ms }
                if matches!(hold.code, Code::ErpRefused | Code::PartnerUnusable) =>
            {
                let wait_ms = 300_000_i64 << self.refusals.min(MAX_REFUSALS);
                self.refusals < MAX_REFUSALS && now_ms >= since_ms.saturating_add(wait_ms)
            }
            Stage::Held { .. } => true,
            _ => false,
        }
    }

    /// The channel has cancelled it.
    pub fn cancelled(&self) -> bool {
        self.channel.state == ChannelState::NotFulfilled
    }

    /// It waits for stock that was not there.
    pub fn is_short(&self) -> bool {
        matches!(&self.stage, Stage::Held { hold, .. } if hold.code == Code::StockShort)
    }

    /// The channel may still change it in a way that matters to us: it must be read again now and then.
    pub fn follows_channel(&self) -> bool {
        let finished = self.channel.state.is_final() && matches!(self.stage, Stage::Booked { .. });
        !self.stage.is_closed() && !finished
    }

    /// What of the stock it holds now.
    pub fn claim(&self) -> Claim {
        match self.stage {
            Stage::Closed { .. } => Claim::None,
            Stage::Booked { since_ms, .. } => Claim::Booked(since_ms),
            _ => Claim::Open,
        }
    }

    /// The ERP must be asked or told about it.
    pub fn wants_booking(&self) -> bool {
        matches!(
            self.stage,
            Stage::Ready | Stage::Sending { .. } | Stage::Imported { .. } | Stage::Unknown { .. }
        )
    }

    /// It must be accepted on the channel, if the vendor accepts at all: only once the ERP provably has it, since an
    /// accepted order can no longer be cancelled (cdon.md 12.6).
    pub fn wants_acceptance(&self) -> bool {
        self.channel.state == ChannelState::Created
            && matches!(self.stage, Stage::Booked { copies: 1, vanished: false, .. })
    }

    /// Changed by the channel after it was sent to the ERP, and nobody has settled that yet.
    pub fn amended(&self) -> bool {
        matches!(self.stage, Stage::Booked { .. })
            && self.sale.is_some()
            && self.channel.substance() != self.sale_of
            && self.settled != Some(self.channel.substance())
    }
}

#[cfg(test)]
mod tests;
