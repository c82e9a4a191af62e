//! The outside world: an ERP, a channel and a courier in memory that outlive the product's process, and every way in which a call can go wrong.
//!
//! Invariant: everything is ordered by simulated time and drawn from the seed. What a remote will do is decided when the
//! request leaves and happens at its own time, whether or not the process that asked still lives.

pub(crate) mod channel;
pub(crate) mod clerk;
pub(crate) mod courier;
pub(crate) mod erp;
mod life_of_buyers;
mod offers;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    hash::Hasher,
    sync::{Arc, Mutex},
};

use tokio::sync::Notify;
use vortex_domain::{Clock, Vendor, order::ImportAnswer, shipping::Tracking};
use vortex_port::{CallError, SalesOrder, channel::PublishReceipt, courier::Parcel};
use vortex_store::memory::{CommitFault, MemStore};
use xxhash_rust::xxh3::Xxh3;

pub(crate) use self::{channel::Channel, erp::Erp};
use crate::{
    facts::Fact,
    oracle::Oracle,
    time::{Chance, TimeLine, lock, wait_ms},
};

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Remote {
    /// The ERP.
    Erp,
    /// The channel.
    Channel,
    /// The courier.
    Courier,
}

impl Remote {
    /// The connection's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Erp => "erp",
            Self::Channel => "cdon",
            Self::Courier => "dhl",
        }
    }
}

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It never leaves.
    NotSent,
    /// It is lost on the way there; the caller learns nothing.
    LostThere,
    /// It arrives, and the answer is lost.
    LostBack,
    /// The remote asks to wait.
    Paused,
    /// The answer cannot be true.
    Implausible,
}

/// How one call goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    /// Until it arrives.
    pub(crate) there_ms: i64,
    /// Until the answer is back, or until the caller gives up.
    pub(crate) back_ms: i64,
    /// What goes wrong.
    pub(crate) fault: Option<Fault>,
}

/// How bad the world is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    /// Calls of a thousand with a fault.
    pub(crate) faults: i64,
    /// Calls of a thousand that take seconds.
    pub(crate) slow: i64,
    /// Articles, orders, documents of a thousand that meet a remote's own ways (refused later, ignored, drifting pages …).
    pub(crate) quirks: i64,
    /// Commits of a thousand that fail, are unknown, or take their time.
    pub(crate) commits: i64,
    /// When a remote is down (`true`) or in maintenance (`false`): from, until.
    pub(crate) outages: Vec<(Remote, bool, i64, i64)>,
    /// When the ERP's month is closed: from, until.
    pub(crate) closed: Option<(i64, i64)>,
}

/// What happens in the outside world at its own time.
pub(crate) enum Happening {
    /// An import reaches the ERP and is decided.
    Import(u64, Box<SalesOrder>, erp::ImportFate),
    /// The ERP undoes a document by itself.
    Undo(u64),
    /// A batch reaches the channel.
    Batch(u64, Vec<offers::Sent>),
    /// The channel acts on one publication.
    Item(String, Box<offers::Sent>, offers::ItemFate),
    /// An acceptance reaches the channel.
    Accept(u64, vortex_domain::OrderId),
    /// A buyer orders.
    Order,
    /// A buyer changes an order.
    Amend,
    /// An order is cancelled.
    Cancel,
    /// An order is shipped: invoiced in the ERP, fulfilled on the channel.
    Ship,
    /// A fulfilment reaches the channel.
    Fulfil(u64, vortex_domain::OrderId, Vec<Tracking>),
    /// Somebody fulfils an order on the channel in spite of us.
    ByHand,
    /// A request to mint reaches the courier.
    Mint(u64, Box<Parcel>, courier::MintFate),
    /// The clerk invoices a document.
    Invoice(u64),
    /// The clerk takes a document's goods back: all, or so many units.
    Storno(u64, Option<u32>),
    /// Something that was sent comes back.
    Return,
    /// Goods come or go in the ERP.
    Goods,
    /// The ERP is restored from a backup that is so many milliseconds old.
    Restore(i64),
    /// Somebody turns the machine's clock.
    Wall(i64),
}

/// What a remote has decided about a call whose answer is on its way.
pub(crate) enum Answer {
    /// To an import.
    Import(ImportAnswer),
    /// To a batch.
    Batch(PublishReceipt),
    /// To a command.
    Command(vortex_port::channel::CommandAnswer),
    /// To a request to mint.
    Mint(vortex_port::courier::MintAnswer),
}

/// The outside world.
pub(crate) struct World {
    /// Simulated time.
    pub(crate) line: Arc<TimeLine>,
    /// The ERP.
    pub(crate) erp: Erp,
    /// The channel.
    pub(crate) channel: Channel,
    /// The courier.
    pub(crate) desk: courier::Desk,
    /// The ERP's fiscal documents.
    pub(crate) clerk: clerk::Clerk,
    /// The vendor invoices in the ERP and ships through us.
    pub(crate) ships: bool,
    /// Somebody has turned the machine's clock.
    pub(crate) stepped: bool,
    /// Judges what happens.
    pub(crate) oracle: Oracle,
    /// How bad it is.
    pub(crate) weather: Weather,
    /// The vendor's settings in force.
    pub(crate) vendor: Arc<Vendor>,
    /// Safety stocks that were ever in force, by settings version.
    pub(crate) buffers: Vec<i64>,
    /// What was injected, by name.
    pub(crate) injected: BTreeMap<&'static str, u64>,
    /// Printed as it happens.
    pub(crate) loud: bool,
    /// Lines of the trace so far.
    pub(crate) lines: u64,
    chance: Chance,
    trace: Xxh3,
    agenda: BTreeMap<(i64, u64), Happening>,
    answers: BTreeMap<u64, Answer>,
    issued: u64,
}

impl World {
    /// A world in which nothing has happened yet.
    pub(crate) fn new(
        line: Arc<TimeLine>,
        chance: Chance,
        oracle: Oracle,
        vendor: Arc<Vendor>,
        loud: bool,
    ) -> Self {
        Self {
            line,
            erp: Erp::default(),
            channel: Channel::default(),
            desk: courier::Desk::default(),
            clerk: clerk::Clerk::default(),
            ships: false,
            stepped: false,
            oracle,
            weather: Weather::default(),
            buffers: vec![vendor.stock.buffer],
            vendor,
            injected: BTreeMap::new(),
            loud,
            lines: 0,
            chance,
            trace: Xxh3::new(),
            agenda: BTreeMap::new(),
            answers: BTreeMap::new(),
            issued: 0,
        }
    }

    /// A new identity.
    pub(crate) fn issue(&mut self) -> u64 {
        self.issued += 1;
        self.issued
    }

    /// Puts something on the agenda.
    pub(crate) fn at(&mut self, at_ms: i64, what: Happening) {
        let key = (at_ms, self.issue());
        self.agenda.insert(key, what);
    }

    /// Notes something in the trace.
    pub(crate) fn note(&mut self, at_ms: i64, text: impl AsRef<str>) {
        let line = format!("{at_ms:>9} {}", text.as_ref());
        self.trace.write(line.as_bytes());
        self.lines += 1;
        if self.loud {
            println!("{line}");
        }
    }

    /// Identifies everything that was noted.
    pub(crate) fn trace(&self) -> u64 {
        self.trace.finish()
    }

    /// Notes a fact and lets the oracle judge it.
    pub(crate) fn fact(&mut self, at_ms: i64, fact: &Fact) {
        self.note(at_ms, format!("{fact:?}"));
        let before = self.oracle.violations.len();
        self.oracle.see(at_ms, fact);
        for new in self.oracle.violations.clone().into_iter().skip(before) {
            self.note(at_ms, format!("VIOLATION {new}"));
        }
    }

    /// Counts an injected fault.
    pub(crate) fn inject(&mut self, name: &'static str) {
        *self.injected.entry(name).or_default() += 1;
    }

    /// A quirk of a remote happens, as often as the weather says.
    pub(crate) fn quirk(&mut self, name: &'static str, share: i64) -> bool {
        let hit = self.weather.quirks > 0 && self.chance.permille(self.weather.quirks * share / 100);
        if hit {
            self.inject(name);
        }
        hit
    }

    /// Lets everything happen that was due until now. Returns now.
    pub(crate) fn advance(&mut self) -> i64 {
        let now_ms = self.line.now_ms();
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            let ((at_ms, _), what) = entry.remove_entry();
            self.happen(at_ms, what);
        }
        now_ms
    }

    fn happen(&mut self, at_ms: i64, what: Happening) {
        match what {
            Happening::Import(call, order, fate) => self.import_arrives(at_ms, call, &order, fate),
            Happening::Undo(doc) => self.undo(at_ms, doc),
            Happening::Batch(call, sent) => self.batch_arrives(at_ms, call, sent),
            Happening::Item(batch, sent, fate) => self.item(at_ms, batch, &sent, fate),
            Happening::Accept(call, id) => self.accept_arrives(at_ms, call, &id),
            Happening::Order => self.buyer_orders(at_ms),
            Happening::Amend => self.buyer_amends(at_ms),
            Happening::Cancel => self.order_cancelled(at_ms),
            Happening::Ship => self.order_ships(at_ms),
            Happening::Fulfil(call, id, tracking) => self.fulfil_arrives(at_ms, call, &id, tracking),
            Happening::ByHand => self.fulfilled_by_hand(at_ms),
            Happening::Mint(call, parcel, fate) => self.mint_arrives(at_ms, call, &parcel, fate),
            Happening::Invoice(doc) => self.invoice(at_ms, doc),
            Happening::Storno(doc, units) => self.storno(at_ms, doc, units),
            Happening::Return => self.parcel_returns(at_ms),
            Happening::Goods => self.goods_move(at_ms),
            Happening::Restore(age_ms) => self.restore(at_ms, age_ms),
            Happening::Wall(step_ms) => {
                self.inject("clock step");
                self.note(at_ms, format!("the wall clock is turned by {step_ms} ms"));
                self.stepped = true;
                self.line.step_wall(step_ms);
            }
        }
    }

    /// What becomes of the next commit of the product's database.
    pub(crate) fn commit_fault(&mut self) -> CommitFault {
        if !self.chance.permille(self.weather.commits) {
            return CommitFault::None;
        }
        let (name, fault) = match self.chance.between(0, 3) {
            0 => ("commit refused", CommitFault::NotCommitted),
            1 => ("commit unknown, committed", CommitFault::UnknownCommitted),
            2 => ("commit unknown, lost", CommitFault::UnknownLost),
            _ => ("commit slow", CommitFault::Delay(self.chance.between(1, 2_000).unsigned_abs())),
        };
        self.inject(name);
        let now_ms = self.line.now_ms();
        self.note(now_ms, name);
        if !matches!(fault, CommitFault::Delay(_)) {
            self.fact(now_ms, &Fact::Forgot);
        }
        fault
    }

    /// How the next call to a remote goes.
    fn fate(&mut self, remote: Remote) -> Fate {
        let now_ms = self.line.now_ms();
        let chance = self.chance.clone();
        let slow = chance.permille(self.weather.slow);
        let (there_ms, back_ms) = if slow {
            (chance.between(500, 8_000), chance.between(500, 12_000))
        } else {
            (chance.between(5, 150), chance.between(5, 200))
        };
        let outage = self
            .weather
            .outages
            .iter()
            .find(|(of, _, from, until)| *of == remote && (*from..*until).contains(&now_ms));
        let fault = match outage {
            Some((_, true, ..)) => Some(Fault::NotSent),
            Some((_, false, ..)) => Some(Fault::Paused),
            None if chance.permille(self.weather.faults) => chance
                .pick(&[
                    Fault::NotSent,
                    Fault::LostThere,
                    Fault::LostBack,
                    Fault::LostBack,
                    Fault::Paused,
                    Fault::Implausible,
                ])
                .copied(),
            None => None,
        };
        if slow {
            self.inject("slow");
        }
        if let Some(fault) = fault {
            self.inject(match fault {
                Fault::NotSent => "not sent",
                Fault::LostThere => "lost before commit",
                Fault::LostBack => "committed, reply lost",
                Fault::Paused => "paused",
                Fault::Implausible => "implausible",
            });
        }
        let lost = matches!(fault, Some(Fault::LostThere | Fault::LostBack));
        Fate { there_ms, back_ms: if lost { chance.between(1_000, 20_000) } else { back_ms }, fault }
    }
}

/// Where the product's process can die: before any commit and any call of a remote.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<Doom>,
    /// Told once when the process dies.
    pub(crate) died: Notify,
}

#[derive(Default)]
struct Doom {
    after: Option<u32>,
    dead: bool,
    steps: u32,
}

impl Gate {
    /// The process dies before so many further steps.
    pub(crate) fn doom(&self, steps: u32) {
        lock(&self.state).after = Some(steps);
    }

    /// Steps since the process began.
    pub(crate) fn steps(&self) -> u32 {
        lock(&self.state).steps
    }

    /// One step; false when the process is dead: nothing that it does from now on reaches anybody.
    pub(crate) fn alive(&self) -> bool {
        let mut state = lock(&self.state);
        state.steps += 1;
        match state.after {
            Some(0) if !state.dead => {
                state.dead = true;
                self.died.notify_one();
            }
            Some(0) | None => {}
            Some(left) => state.after = Some(left - 1),
        }
        !state.dead
    }

    async fn pass(&self) {
        if !self.alive() {
            pending::<()>().await;
        }
    }
}

/// The remotes as one life of the product's process reaches them.
#[derive(Clone)]
pub(crate) struct Line {
    /// The outside world.
    pub(crate) world: Arc<Mutex<World>>,
    /// Where the process can die.
    pub(crate) gate: Arc<Gate>,
    /// The product's clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// The product's database.
    pub(crate) store: Arc<MemStore>,
}

impl Line {
    /// A reading: what a remote says of itself at the moment when the request arrives.
    async fn read<T>(
        &self,
        remote: Remote,
        what: &str,
        serve: impl FnOnce(&mut World, i64) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        self.gate.pass().await;
        let fate = {
            let mut world = lock(&self.world);
            let now_ms = world.advance();
            let fate = world.fate(remote);
            world.note(now_ms, format!("{} {what} {:?}", remote.name(), fate.fault));
            fate
        };
        wait_ms(fate.there_ms).await;
        let failed = failure(remote, fate, &mut lock(&self.world).chance);
        if let Some(failure) = failed {
            wait_ms(fate.back_ms).await;
            self.gate.pass().await;
            return Err(failure);
        }
        let answer = {
            let mut world = lock(&self.world);
            let now_ms = world.advance();
            serve(&mut world, now_ms)
        };
        wait_ms(fate.back_ms).await;
        self.gate.pass().await;
        answer
    }

    /// A request that changes something: `send` puts what will happen on the agenda, at the time of arrival.
    async fn write(
        &self,
        remote: Remote,
        what: &str,
        send: impl FnOnce(&mut World, u64, i64, Fate),
    ) -> Result<Answer, CallError> {
        self.gate.pass().await;
        let (call, fate) = {
            let mut world = lock(&self.world);
            let now_ms = world.advance();
            let fate = world.fate(remote);
            let call = world.issue();
            world.note(now_ms, format!("{} {what} #{call} {:?}", remote.name(), fate.fault));
            if matches!(fate.fault, None | Some(Fault::LostThere | Fault::LostBack)) {
                send(&mut world, call, now_ms, fate);
            }
            (call, fate)
        };
        wait_ms(fate.there_ms + fate.back_ms).await;
        self.gate.pass().await;
        let mut world = lock(&self.world);
        world.advance();
        if let Some(failure) = failure(remote, fate, &mut world.chance) {
            return Err(failure);
        }
        let unknown = || CallError::Unknown {
            connection: remote.name().to_owned(),
            why: "no answer in time".to_owned(),
        };
        world.answers.remove(&call).ok_or_else(unknown)
    }
}

fn failure(remote: Remote, fate: Fate, chance: &mut Chance) -> Option<CallError> {
    let connection = remote.name().to_owned();
    Some(match fate.fault? {
        Fault::NotSent => CallError::NotSent { connection, why: "connection refused".to_owned() },
        Fault::LostThere | Fault::LostBack => {
            CallError::Unknown { connection, why: "no answer in time".to_owned() }
        }
        Fault::Paused => CallError::Paused {
            connection,
            why: "maintenance".to_owned(),
            retry_after_ms: chance.between(1, 30) * 1_000,
        },
        Fault::Implausible => CallError::Implausible { connection, why: "a web page".to_owned() },
    })
}

/// Tokens of an order's documents that stand in the ERP now.
fn tokens(docs: &BTreeMap<u64, erp::Doc>) -> BTreeSet<String> {
    docs.values().filter(|doc| doc.live).map(|doc| doc.token.clone()).collect()
}
