//! The simulated courier: mints without idempotency, shows a new waybill by its reference late or never, answers late or not at
//! all, and knows a reserved number that was used already.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use vortex_domain::shipping::{Milestone, Scan};
use vortex_port::{
    CallError, Courier,
    courier::{Format, MintAnswer, Objection, Paper, PaperKind, Parcel, Pickup, Rate, Waybill},
};

use super::{Answer, Fate, Fault, Happening, Line, Remote, World};
use crate::{facts::Fact, time::lock};

/// A request whose answer was lost has minted, or never will, this long after it left.
const SETTLED_MS: i64 = 25_000;
/// A new waybill is found by its reference so late at most, unless it never is.
const SHOWN_MS: i64 = 150_000;
/// From the minting to the scan at the shipper's door, to the next one, to the buyer's.
const JOURNEY_MS: [(i64, &str, Milestone); 3] = [
    (600_000, "PU", Milestone::Collected),
    (2_400_000, "DF", Milestone::Moving),
    (5_400_000, "OK", Milestone::Delivered),
];

/// A waybill.
#[derive(Debug, Clone)]
pub(crate) struct Minted {
    /// Our reference on it.
    pub(crate) reference: String,
    /// When it was minted.
    pub(crate) at_ms: i64,
    /// From when on a search by reference shows it; none for never.
    shown_ms: Option<i64>,
    /// When it came back to the sender.
    pub(crate) returned_ms: Option<i64>,
}

/// What the courier knows.
#[derive(Default)]
pub(crate) struct Desk {
    /// Waybills by number.
    pub(crate) waybills: BTreeMap<String, Minted>,
    /// Its account may reserve numbers.
    pub(crate) own_numbers: bool,
    reserved: BTreeSet<String>,
}

impl Desk {
    /// The waybills under a reference, whether or not a search shows them.
    pub(crate) fn under<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a String> {
        self.waybills.iter().filter(move |(_, minted)| minted.reference == reference).map(|(awb, _)| awb)
    }
}

/// What will become of a request to mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MintFate {
    /// It is minted; the label comes along.
    Minted,
    /// It is minted, and the answer carries no label.
    Unlabelled,
    /// It is minted, and the answer names no number.
    Nameless,
    /// It is refused.
    Refused,
}

impl World {
    pub(super) fn mint_arrives(&mut self, at_ms: i64, call: u64, parcel: &Parcel, fate: MintFate) {
        if fate == MintFate::Refused {
            let objection = Objection { field: "street".to_owned(), rule: "not served".to_owned() };
            self.answers.insert(call, Answer::Mint(MintAnswer::Refused(vec![objection])));
            return;
        }
        let unknown = |why: &str| {
            let connection = Remote::Courier.name().to_owned();
            MintAnswer::Unknown(CallError::Unknown { connection, why: why.to_owned() })
        };
        let taken = parcel.reserved.as_ref().is_some_and(|number| self.desk.waybills.contains_key(number));
        if taken {
            self.inject("reserved number used again");
            self.answers.insert(call, Answer::Mint(unknown("the number is taken")));
            return;
        }
        let awb = parcel.reserved.clone().unwrap_or_else(|| format!("{:010}", 7_000_000_000 + self.issue()));
        let shown_ms = if self.quirk("waybill never found by reference", 40) {
            None
        } else if self.quirk("waybill found late by reference", 400) {
            Some(at_ms + self.chance.between(0, SHOWN_MS))
        } else {
            Some(at_ms)
        };
        let reference = parcel.reference.clone();
        self.fact(at_ms, &Fact::Minted { awb: awb.clone(), reference: reference.clone() });
        self.desk.waybills.insert(awb.clone(), Minted { reference, at_ms, shown_ms, returned_ms: None });
        let label = Paper { kind: PaperKind::Label, format: Format::Pdf, bytes: b"%PDF-1.4 label".to_vec() };
        let answer = match fate {
            MintFate::Nameless => unknown("no waybill number in it"),
            MintFate::Unlabelled => {
                MintAnswer::Minted(Waybill { awb, product: None, papers: vec![], warnings: vec![] })
            }
            _ => MintAnswer::Minted(Waybill { awb, product: None, papers: vec![label], warnings: vec![] }),
        };
        self.answers.insert(call, Answer::Mint(answer));
    }

    fn send_mint(&mut self, call: u64, now_ms: i64, parcel: &Parcel, fate: Fate) {
        let ways = [
            ("minting refused", 40, MintFate::Refused),
            ("waybill without a label", 40, MintFate::Unlabelled),
            ("answer without a waybill number", 60, MintFate::Nameless),
        ];
        let mut way = MintFate::Minted;
        for (name, share, other) in ways {
            if way == MintFate::Minted && self.quirk(name, share) {
                way = other;
            }
        }
        let arrives_ms = match fate.fault {
            Some(Fault::LostThere) => return,
            Some(Fault::LostBack) => now_ms + self.chance.between(fate.there_ms, SETTLED_MS),
            _ => now_ms + fate.there_ms,
        };
        self.at(arrives_ms, Happening::Mint(call, Box::new(parcel.clone()), way));
    }

    fn journey(&self, awb: &str, now_ms: i64) -> Vec<Scan> {
        let Some(minted) = self.desk.waybills.get(awb) else { return Vec::new() };
        let at = |ms: i64| {
            let at = Timestamp::from_millisecond(self.channel.epoch_ms + ms).unwrap_or(Timestamp::UNIX_EPOCH);
            at.to_zoned(TimeZone::UTC).datetime()
        };
        let scan = |ms: i64, code: &str, milestone| Scan {
            at: at(ms),
            code: code.to_owned(),
            text: code.to_owned(),
            milestone: Some(milestone),
        };
        let back_ms = minted.returned_ms.unwrap_or(i64::MAX);
        let mut scans: Vec<Scan> = JOURNEY_MS
            .into_iter()
            .map(|(after_ms, code, milestone)| (minted.at_ms + after_ms, code, milestone))
            .filter(|(at_ms, ..)| *at_ms <= now_ms.min(back_ms - 1))
            .map(|(at_ms, code, milestone)| scan(at_ms, code, milestone))
            .collect();
        if back_ms <= now_ms {
            scans.push(scan(back_ms, "RT", Milestone::Returned));
        }
        scans
    }
}

fn refused(why: &str) -> CallError {
    let connection = Remote::Courier.name().to_owned();
    CallError::Refused { connection, status: 404, message: why.to_owned() }
}

#[async_trait]
impl Courier for Line {
    fn carrier(&self) -> &'static str {
        "DHL"
    }

    fn validate(&self, _parcel: &Parcel) -> Vec<Objection> {
        Vec::new()
    }

    async fn reserve(&self) -> Result<Option<String>, CallError> {
        if !lock(&self.world).desk.own_numbers {
            return Ok(None);
        }
        self.read(Remote::Courier, "reserve", |world, _| {
            let number = format!("{:010}", 3_000_000_000 + world.issue());
            world.desk.reserved.insert(number.clone());
            Ok(Some(number))
        })
        .await
    }

    async fn mint(&self, parcel: &Parcel) -> MintAnswer {
        let mut sent = None;
        let answer = self
            .write(Remote::Courier, &format!("mint {}", parcel.reference), |world, call, now_ms, fate| {
                sent = Some(call);
                let (reference, reserved) = (parcel.reference.clone(), parcel.reserved.clone());
                world.fact(now_ms, &Fact::MintSent { call, reference, reserved });
                world.send_mint(call, now_ms, parcel, fate);
            })
            .await;
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        match answer {
            Ok(Answer::Mint(answer)) => {
                if let (Some(call), false) = (sent, matches!(answer, MintAnswer::Unknown(_))) {
                    let minted = matches!(answer, MintAnswer::Minted(_));
                    world.fact(now_ms, &Fact::MintAnswered { call, minted });
                }
                answer
            }
            Err(error @ (CallError::NotSent { .. } | CallError::Paused { .. })) => MintAnswer::NotSent(error),
            Err(error) => MintAnswer::Unknown(error),
            Ok(_) => MintAnswer::Unknown(refused("another answer")),
        }
    }

    async fn find(&self, reference: &str, since: Date) -> Result<Vec<String>, CallError> {
        let found = self
            .read(Remote::Courier, &format!("find {reference}"), |world, now_ms| {
                let day = |ms: i64| {
                    let at = Timestamp::from_millisecond(world.channel.epoch_ms + ms);
                    at.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
                };
                let shown = |minted: &Minted| {
                    minted.reference == reference
                        && minted.shown_ms.is_some_and(|shown_ms| shown_ms <= now_ms)
                        && (world.stepped || day(minted.at_ms) >= since)
                };
                let of_reference = world.desk.waybills.iter().filter(|(_, minted)| shown(minted));
                Ok(of_reference.map(|(awb, _)| awb.clone()).collect::<Vec<_>>())
            })
            .await?;
        Ok(found)
    }

    async fn scans(&self, awbs: &[String]) -> Result<Vec<Vec<Scan>>, CallError> {
        self.read(Remote::Courier, "scans", |world, now_ms| {
            Ok(awbs.iter().map(|awb| world.journey(awb, now_ms)).collect())
        })
        .await
    }

    async fn rates(&self, _parcel: &Parcel) -> Result<Vec<Rate>, CallError> {
        Err(refused("not asked for in this world"))
    }

    async fn book_pickup(&self, _pickup: &Pickup) -> Result<String, CallError> {
        Err(refused("not asked for in this world"))
    }

    fn pickup_limit(&self) -> usize {
        usize::MAX
    }

    async fn cancel_pickup(&self, _confirmation: &str) -> Result<(), CallError> {
        Err(refused("not asked for in this world"))
    }
}
