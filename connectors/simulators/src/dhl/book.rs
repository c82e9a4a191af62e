//! What the simulator remembers: shipments, pickups, reserved numbers and calls of the day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::events::{self, ANNOUNCED, Event};
use super::options::{AutoJourney, Behaviour, ReferenceLookup};
use super::paper::Paper;
use super::time;
use crate::log::CommitLog;

/// A minted waybill.
#[derive(Debug)]
pub(super) struct Shipment {
    pub(super) awb: String,
    pub(super) pieces: Vec<Piece>,
    pub(super) account: String,
    pub(super) origin: String,
    pub(super) destination: String,
    pub(super) product: String,
    pub(super) description: String,
    /// Type code and value.
    pub(super) references: Vec<(String, String)>,
    pub(super) minted_ms: i64,
    pub(super) planned_ms: i64,
    pub(super) declarable: bool,
    pub(super) declared: Option<(Decimal, String)>,
    pub(super) metric: bool,
    pub(super) paperless: bool,
    pub(super) papers: Vec<Paper>,
    pub(super) pickup: Option<String>,
    /// Minted by the test system, which does not track it.
    pub(super) test: bool,
    /// What was accepted although it is doubtful.
    pub(super) flags: Vec<String>,
    /// The body that minted it.
    pub(super) request: Value,
    /// Oldest first.
    pub(super) events: Vec<Event>,
    /// Scans to come, the next one first.
    pub(super) plan: Vec<Event>,
}

/// One parcel of a shipment.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) number: String,
    pub(super) weight: Decimal,
    /// Volume weight, when measures were given.
    pub(super) volumetric: Option<Decimal>,
}

impl Shipment {
    /// Whether tracking tells anything about it yet.
    pub(super) fn is_tracked(&self, behaviour: &Behaviour, now_ms: i64) -> bool {
        !self.test && self.minted_ms.saturating_add(behaviour.tracking_after_ms) <= now_ms
    }

    pub(super) fn is_found_by_reference(&self, behaviour: &Behaviour, now_ms: i64) -> bool {
        match behaviour.reference_lookup {
            ReferenceLookup::Never => false,
            ReferenceLookup::AfterMs(delay) => !self.test && self.minted_ms.saturating_add(delay) <= now_ms,
        }
    }

    pub(super) fn has_event(&self, code: &str) -> bool {
        self.events.iter().any(|event| event.code == code)
    }

    pub(super) fn total_weight(&self) -> Decimal {
        self.pieces.iter().map(|piece| piece.weight).sum()
    }
}

/// A courier's visit.
#[derive(Debug, Clone)]
pub(super) struct Pickup {
    pub(super) confirmation: String,
    pub(super) account: String,
    pub(super) awbs: Vec<String>,
    /// What was accepted although it is doubtful.
    pub(super) flags: Vec<String>,
    pub(super) booked_ms: i64,
    pub(super) changes: u32,
    pub(super) cancelled_ms: Option<i64>,
}

/// A waybill number that was handed out ahead.
#[derive(Debug)]
struct Reserved {
    key: String,
    used: bool,
}

/// What becomes of a number that a creation brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnNumber {
    Free,
    /// Used up, another's, or never reserved.
    Invalid,
}

/// A scan that somebody may want to hear of.
#[derive(Debug)]
pub(super) struct News {
    pub(super) awb: String,
    pub(super) event: Event,
}

/// Everything that changes.
#[derive(Debug)]
pub(super) struct Book {
    rng: StdRng,
    /// Oldest first; places never change.
    shipments: Vec<Shipment>,
    by_awb: HashMap<String, usize>,
    /// When the next planned scan of a shipment is due.
    due: BTreeSet<(i64, usize)>,
    pickups: BTreeMap<String, Pickup>,
    reserved: HashMap<String, Reserved>,
    /// Per key: a day and the calls in it.
    calls: HashMap<String, (i64, u32)>,
    /// Scans since they were last taken; none while nobody follows them.
    news: Option<Vec<News>>,
}

impl Book {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            shipments: Vec::new(),
            by_awb: HashMap::new(),
            due: BTreeSet::new(),
            pickups: BTreeMap::new(),
            reserved: HashMap::new(),
            calls: HashMap::new(),
            news: None,
        }
    }

    pub(super) fn shipments(&self) -> &[Shipment] {
        &self.shipments
    }

    pub(super) fn shipment(&self, awb: &str) -> Option<&Shipment> {
        self.shipments.get(*self.by_awb.get(awb)?)
    }

    pub(super) fn pickups(&self) -> impl Iterator<Item = &Pickup> {
        self.pickups.values()
    }

    pub(super) fn pickup_mut(&mut self, confirmation: &str) -> Option<&mut Pickup> {
        self.pickups.get_mut(confirmation)
    }

    /// A waybill number that nobody has: nine digits and their remainder by seven.
    pub(super) fn new_awb(&mut self, leading_zero: bool) -> String {
        let range = if leading_zero { 1..100_000_000_u64 } else { 1..1_000_000_000_u64 };
        loop {
            let serial = self.rng.random_range(range.clone());
            let awb = format!("{serial:09}{}", serial % 7);
            if !self.by_awb.contains_key(&awb) && !self.reserved.contains_key(&awb) {
                return awb;
            }
        }
    }

    /// A piece number.
    pub(super) fn new_piece(&mut self) -> String {
        format!("JD0146{:014}", self.rng.random_range(0..100_000_000_000_000_u64))
    }

    pub(super) fn process_number(&mut self) -> u64 {
        self.rng.random_range(1_000_000_000..10_000_000_000)
    }

    /// Thirty-two letters and digits that nobody guesses.
    pub(super) fn token(&mut self) -> String {
        format!("{:032x}", self.rng.random::<u128>())
    }

    /// Keeps scans from now on for [`Book::take_news`].
    pub(super) fn follow_news(&mut self) {
        self.news.get_or_insert_default();
    }

    pub(super) fn take_news(&mut self) -> Vec<News> {
        self.news.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn reserve(&mut self, key: &str, leading_zero: bool) -> String {
        let awb = self.new_awb(leading_zero);
        self.reserved.insert(awb.clone(), Reserved { key: key.to_owned(), used: false });
        awb
    }

    pub(super) fn own_number(&self, key: &str, awb: &str) -> OwnNumber {
        match self.reserved.get(awb) {
            Some(reserved) if reserved.key == key && !reserved.used => OwnNumber::Free,
            Some(_) | None => OwnNumber::Invalid,
        }
    }

    /// Enters a shipment, with its announcement and its journey.
    pub(super) fn enter(&mut self, mut shipment: Shipment, behaviour: &Behaviour) {
        if let Some(reserved) = self.reserved.get_mut(&shipment.awb) {
            reserved.used = true;
        }
        if behaviour.information_event {
            let event = Event { at_ms: shipment.minted_ms, code: ANNOUNCED.to_owned() };
            if let Some(news) = &mut self.news {
                news.push(News { awb: shipment.awb.clone(), event: event.clone() });
            }
            shipment.events.push(event);
        }
        let place = self.shipments.len();
        if let Some(journey) = behaviour.auto_journey {
            shipment.plan = self.planned(&shipment, journey);
            if let Some(next) = shipment.plan.first() {
                self.due.insert((next.at_ms, place));
            }
        }
        self.by_awb.insert(shipment.awb.clone(), place);
        self.shipments.push(shipment);
    }

    fn planned(&mut self, shipment: &Shipment, journey: AutoJourney) -> Vec<Event> {
        let step_ms = journey.step_ms.max(1);
        let mut at_ms = shipment.minted_ms;
        let codes = events::ordinary(shipment.declarable);
        let scans = codes.iter().map(|code| {
            at_ms = at_ms.saturating_add(step_ms + self.rng.random_range(-(step_ms / 4)..=step_ms / 4));
            Event { at_ms, code: (*code).to_owned() }
        });
        scans.collect()
    }

    /// Lets everything happen that is due.
    pub(super) fn settle(&mut self, now_ms: i64, log: &CommitLog) {
        while let Some(&(at_ms, place)) = self.due.first()
            && at_ms <= now_ms
        {
            self.due.remove(&(at_ms, place));
            let Some(shipment) = self.shipments.get_mut(place) else { continue };
            if shipment.plan.is_empty() {
                continue;
            }
            let event = shipment.plan.remove(0);
            if let Some(next) = shipment.plan.first() {
                self.due.insert((next.at_ms, place));
            }
            record_scan(log, &mut self.news, shipment, event);
        }
    }

    /// Adds scans as of now, each at least as late as the one before; false when nobody knows the number.
    pub(super) fn scan(&mut self, awb: &str, codes: &[&str], now_ms: i64, log: &CommitLog) -> bool {
        let Some(&place) = self.by_awb.get(awb) else { return false };
        let Some(shipment) = self.shipments.get_mut(place) else { return false };
        for (index, code) in codes.iter().enumerate() {
            // A second apart, so that the order can be seen in the times too.
            let ago_ms = i64::try_from(codes.len() - 1 - index).unwrap_or(0).saturating_mul(1000);
            let before = shipment.events.last().map_or(shipment.minted_ms, |event| event.at_ms);
            let event = Event { at_ms: before.max(now_ms.saturating_sub(ago_ms)), code: (*code).to_owned() };
            if events::is_final(code)
                && let Some(next) = shipment.plan.first()
            {
                self.due.remove(&(next.at_ms, place));
                shipment.plan.clear();
            }
            record_scan(log, &mut self.news, shipment, event);
        }
        true
    }

    /// Books a pickup and logs it; returns the confirmation number.
    pub(super) fn book_pickup(
        &mut self,
        account: &str,
        awbs: Vec<String>,
        flags: Vec<String>,
        now_ms: i64,
        log: &CommitLog,
    ) -> String {
        let day = time::Local::at(now_ms, "UTC").date.replace('-', "");
        let confirmation = format!("PRG{}{:06}", day.get(2..).unwrap_or_default(), self.pickups.len() + 1);
        log.record_with(
            "pickup_booked",
            || json!({"confirmation": confirmation, "account": account, "awbs": awbs, "flags": flags}),
        );
        let pickup = Pickup {
            confirmation: confirmation.clone(),
            account: account.to_owned(),
            awbs,
            flags,
            booked_ms: now_ms,
            changes: 0,
            cancelled_ms: None,
        };
        self.pickups.insert(confirmation.clone(), pickup);
        confirmation
    }

    /// Counts a call of a key; false when the day's calls are used up.
    pub(super) fn spend(&mut self, key: &str, limit: u32, now_ms: i64) -> bool {
        let today = time::day(now_ms);
        let (day, count) = self.calls.entry(key.to_owned()).or_insert((today, 0));
        if *day != today {
            (*day, *count) = (today, 0);
        }
        *count = count.saturating_add(1);
        *count <= limit
    }
}

fn record_scan(log: &CommitLog, news: &mut Option<Vec<News>>, shipment: &mut Shipment, event: Event) {
    log.record_with("scan", || json!({"awb": shipment.awb, "code": event.code, "at_ms": event.at_ms}));
    if let Some(news) = news {
        news.push(News { awb: shipment.awb.clone(), event: event.clone() });
    }
    shipment.events.push(event);
}
