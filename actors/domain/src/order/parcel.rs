//! One parcel of an order and its waybill: minted at most once, whatever the courier answers (dhl.md section 9).

use serde::{Deserialize, Serialize};

use crate::{
    ids::Sku,
    shipping::{Measures, Milestone, Scan, Tracking},
    vendor::ShippingPolicy,
};

/// Scans kept of one journey; a journey that goes in circles must not grow the order's row without end.
const SCANS_KEPT: usize = 100;

/// How far a parcel is on its way to a waybill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum ParcelStage {
    /// May be minted, under the number that was reserved for it before, if any.
    Waiting {
        /// The courier's reserved number.
        reserved: Option<String>,
    },
    /// Cannot be minted as it is; a person mends it.
    Held {
        /// What is wrong, without personal data.
        why: String,
    },
    /// The request may be on the wire: durable before it leaves.
    Minting {
        /// Since when.
        since_ms: i64,
        /// The courier's reserved number.
        reserved: Option<String>,
    },
    /// The courier may or may not have minted; only looking it up by reference tells.
    Unknown {
        /// Since when.
        since_ms: i64,
        /// The courier's reserved number.
        reserved: Option<String>,
        /// Look-ups that found nothing.
        missed: u32,
        /// The next look-up.
        look_ms: i64,
    },
    /// Looked for in vain, which proves little: a person decides.
    Undecided {
        /// Since when it is unknown.
        since_ms: i64,
    },
    /// It has its one waybill.
    Minted {
        /// Carrier and AWB.
        tracking: Tracking,
        /// When we learned of it.
        at_ms: i64,
        /// Its label is kept, or in a person's hands. A lost one cannot be fetched again (dhl.md section 9).
        labelled: bool,
    },
}

/// What a parcel is to weigh, measure and hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// Weight and size.
    pub measures: Measures,
    /// Which goods lie in it; empty where nobody has said.
    pub goods: Vec<(Sku, i64)>,
}

impl From<Measures> for Packing {
    fn from(measures: Measures) -> Self {
        Self { measures, goods: Vec::new() }
    }
}

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// From 1.
    pub number: u32,
    /// Weight and size.
    pub measures: Measures,
    /// Articles and units that lie in it; empty where nobody has said.
    #[serde(default)]
    pub goods: Vec<(Sku, i64)>,
    /// The courier's product that its waybill is of, where we asked for it.
    #[serde(default)]
    pub product: Option<String>,
    /// How far.
    #[serde(flatten)]
    pub stage: ParcelStage,
    /// Further waybills minted for it, which must not be used: never forgotten.
    #[serde(default)]
    pub abandoned: Vec<Tracking>,
    /// Its journey, oldest first.
    #[serde(default)]
    pub scans: Vec<Scan>,
    /// When its journey was last looked at.
    #[serde(default)]
    pub scanned_ms: Option<i64>,
    /// The courier has said that something happened to it, which nobody has read yet.
    #[serde(default)]
    pub hinted: bool,
    /// Its reserved number was sent again after look-ups in vain.
    #[serde(default)]
    pub resent: bool,
}

/// What the courier said to a request to mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Minting {
    /// Minted.
    Done {
        /// Carrier and AWB.
        tracking: Tracking,
        /// The label came along.
        labelled: bool,
        /// The courier's product.
        product: Option<String>,
    },
    /// Definitely not; why, without personal data.
    Refused(String),
    /// The request surely never left.
    NotSent,
    /// Nobody knows.
    Unknown,
}

/// Something that happened to a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParcelEvent {
    /// About to be minted, under this reserved number, if any.
    Starts(Option<String>),
    /// The courier answered.
    Answered(Minting),
    /// Cannot be sent as it is; why.
    Objected(String),
    /// Looked up by reference: the waybills found.
    Found(Vec<Tracking>),
    /// The courier says that something happened to it: read its journey.
    Hinted,
    /// Its journey was read.
    Scanned(Vec<Scan>),
    /// A person found that it was never minted, or mended what held it: mint it.
    MintAgain,
    /// A person typed in its waybill.
    Adopted(Tracking),
}

impl Parcel {
    /// A parcel to be sent.
    pub fn new(number: u32, packing: impl Into<Packing>) -> Self {
        let Packing { measures, goods } = packing.into();
        Self {
            number,
            measures,
            goods,
            product: None,
            stage: ParcelStage::Waiting { reserved: None },
            abandoned: Vec::new(),
            scans: Vec::new(),
            scanned_ms: None,
            hinted: false,
            resent: false,
        }
    }

    /// Its waybill.
    pub fn tracking(&self) -> Option<&Tracking> {
        match &self.stage {
            ParcelStage::Minted { tracking, .. } => Some(tracking),
            _ => None,
        }
    }

    /// A short text for the journal, without personal data.
    pub(super) fn summary(&self) -> String {
        match &self.stage {
            ParcelStage::Waiting { .. } => "waiting".to_owned(),
            ParcelStage::Held { why } => format!("held: {why}"),
            ParcelStage::Minting { .. } => "minting".to_owned(),
            ParcelStage::Unknown { missed, .. } => format!("unknown (looked {missed} times)"),
            ParcelStage::Undecided { .. } => "unknown, a person decides".to_owned(),
            ParcelStage::Minted { tracking, .. } => {
                let spare = if self.abandoned.is_empty() { "" } else { ", surplus waybills" };
                format!("{} {} {}{spare}", tracking.carrier, tracking.number, self.milestone().name())
            }
        }
    }

    /// Whether a waybill may exist that nobody has told us of.
    pub fn may_be_minted(&self) -> bool {
        matches!(
            self.stage,
            ParcelStage::Minting { .. } | ParcelStage::Unknown { .. } | ParcelStage::Undecided { .. }
        )
    }

    /// The last scan whose meaning we know.
    pub fn milestone(&self) -> Milestone {
        self.scans.iter().rev().find_map(|scan| scan.milestone).unwrap_or(Milestone::Announced)
    }

    /// The carrier has had it in its hands.
    pub fn collected(&self) -> bool {
        self.scans.iter().filter_map(|scan| scan.milestone).any(Milestone::is_collected)
    }

    /// When its journey is to be looked at next; none when it is over or too old to tell anything. The older, the rarer.
    pub fn next_scan_ms(&self, policy: &ShippingPolicy) -> Option<i64> {
        let ParcelStage::Minted { at_ms, .. } = self.stage else { return None };
        let last_ms = self.scanned_ms.unwrap_or(at_ms);
        if self.hinted {
            return Some(last_ms);
        }
        let age_days = last_ms.saturating_sub(at_ms) / 86_400_000;
        let over = self.milestone().is_final() || age_days >= i64::from(policy.track_days);
        let slower = if age_days < 4 { 1 } else { 4 };
        (!over).then(|| last_ms.saturating_add(policy.track_every_ms.saturating_mul(slower)))
    }

    pub(super) fn on(&mut self, event: &ParcelEvent, now_ms: i64, policy: &ShippingPolicy) {
        match event {
            ParcelEvent::Starts(reserved) => {
                if let ParcelStage::Waiting { reserved: kept } = &self.stage {
                    // A number that was sent before is the one to send again: another one could mint a second waybill.
                    let reserved = kept.clone().or_else(|| reserved.clone());
                    self.stage = ParcelStage::Minting { since_ms: now_ms, reserved };
                }
            }
            ParcelEvent::Answered(answer) => self.answered(answer, now_ms, policy),
            ParcelEvent::Objected(why) => {
                if matches!(self.stage, ParcelStage::Waiting { .. }) {
                    self.hold(why, now_ms);
                }
            }
            ParcelEvent::Found(found) => self.found(found, now_ms, policy),
            ParcelEvent::Hinted => self.hinted = matches!(self.stage, ParcelStage::Minted { .. }),
            ParcelEvent::Scanned(scans) => {
                if matches!(self.stage, ParcelStage::Minted { .. }) {
                    self.scanned_ms = Some(now_ms);
                    self.hinted = false;
                    // An answer that knows less than we do (the courier forgets old journeys) takes nothing away.
                    if scans.len() >= self.scans.len() {
                        let from = scans.len().saturating_sub(SCANS_KEPT);
                        self.scans = scans.get(from..).unwrap_or_default().to_vec();
                    }
                }
            }
            ParcelEvent::MintAgain => {
                if matches!(self.stage, ParcelStage::Undecided { .. } | ParcelStage::Held { .. }) {
                    self.mint_again();
                }
            }
            // Whoever types a waybill in has its label.
            ParcelEvent::Adopted(tracking) => self.minted(tracking, true, None, now_ms),
        }
    }

    fn answered(&mut self, answer: &Minting, now_ms: i64, policy: &ShippingPolicy) {
        let ParcelStage::Minting { since_ms, reserved } = self.stage.clone() else {
            // Even an answer that nobody waits for any more may bring a waybill that exists.
            if let Minting::Done { tracking, labelled, product } = answer {
                self.minted(tracking, *labelled, product.as_ref(), now_ms);
            }
            return;
        };
        match answer {
            Minting::Done { tracking, labelled, product } => {
                self.minted(tracking, *labelled, product.as_ref(), now_ms);
            }
            Minting::Refused(why) => self.hold(why, since_ms),
            Minting::NotSent => self.stage = ParcelStage::Waiting { reserved },
            Minting::Unknown => {
                let look_ms = now_ms.saturating_add(policy.lookup_wait_ms);
                self.stage = ParcelStage::Unknown { since_ms, reserved, missed: 0, look_ms };
            }
        }
    }

    /// A clear no. It says nothing about an earlier request under the same number, of which nobody knows what became: then only a
    /// person can, and the number is not exchanged for another one.
    fn hold(&mut self, why: &str, since_ms: i64) {
        self.stage = if self.resent {
            ParcelStage::Undecided { since_ms }
        } else {
            ParcelStage::Held { why: why.to_owned() }
        };
    }

    /// There is surely no waybill: it may be minted as if it had never been tried.
    pub(super) fn mint_again(&mut self) {
        self.resent = false;
        self.stage = ParcelStage::Waiting { reserved: None };
    }

    /// It leaves no more. A number that waits to be sent again may have been minted the first time: only a person can tell.
    pub(super) fn doubt(&mut self, now_ms: i64) {
        if self.resent && matches!(self.stage, ParcelStage::Waiting { .. }) {
            self.stage = ParcelStage::Undecided { since_ms: now_ms };
        }
    }

    fn found(&mut self, found: &[Tracking], now_ms: i64, policy: &ShippingPolicy) {
        for tracking in found {
            self.minted(tracking, false, None, now_ms);
        }
        let ParcelStage::Unknown { since_ms, reserved, missed, look_ms } = &self.stage else { return };
        if now_ms < *look_ms {
            return;
        }
        let missed = missed + 1;
        self.stage = if missed < policy.lookups {
            // The courier shows a new waybill only after a while: each wait is twice the one before.
            let wait_ms = policy.lookup_wait_ms.saturating_mul(1_i64 << missed.min(16));
            let look_ms = now_ms.saturating_add(wait_ms);
            ParcelStage::Unknown { since_ms: *since_ms, reserved: reserved.clone(), missed, look_ms }
        } else if reserved.is_some() && !self.resent {
            // A reserved number can be used only once: sending it again cannot mint a second waybill. Once: a number that the
            // courier calls used and never shows is for a person.
            self.resent = true;
            ParcelStage::Waiting { reserved: reserved.clone() }
        } else {
            ParcelStage::Undecided { since_ms: *since_ms }
        };
    }

    /// Remembers a waybill that must not be used.
    pub(super) fn abandon(&mut self, tracking: &Tracking) {
        if !self.abandoned.contains(tracking) {
            self.abandoned.push(tracking.clone());
        }
    }

    /// The first waybill stays; every other one is one too many.
    fn minted(&mut self, tracking: &Tracking, labelled: bool, product: Option<&String>, now_ms: i64) {
        if let ParcelStage::Minted { tracking: known, labelled: known_label, .. } = &mut self.stage {
            if known == tracking {
                *known_label |= labelled;
            } else {
                self.abandon(tracking);
            }
            return;
        }
        self.product = product.cloned();
        self.stage = ParcelStage::Minted { tracking: tracking.clone(), at_ms: now_ms, labelled };
    }
}
