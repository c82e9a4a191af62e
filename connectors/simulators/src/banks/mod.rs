//! A simulator of the files in which the National Bank of Romania and the European Central Bank publish exchange rates.
//!
//! One server serves both banks' paths, as they are at the banks:
//!
//! | path | holds |
//! | --- | --- |
//! | `/nbrfxrates.xml` | BNR, the newest day |
//! | `/nbrfxrates10days.xml` | BNR, ten banking days |
//! | `/files/xml/years/nbrfxrates{YYYY}.xml` | BNR, a year |
//! | `/stats/eurofxref/eurofxref-daily.xml` | ECB, the newest day |
//! | `/stats/eurofxref/eurofxref-hist-90d.xml` | ECB, 90 days |
//!
//! Rates walk at random, seeded, a fraction of a percent a day. Nothing is published at weekends, on holidays, and before
//! the bank's hour on the day itself. Everything else serves a home page in HTML, as the banks do. The log has a `served`
//! entry with `path` for every file, and `fault` entries; maintenance is a rule of the fault plan.

mod control;
mod ledger;
mod pages;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::{
    clock::SimClock,
    faults::{FaultMode, FaultPlan, FaultRule},
    log::{CommitLog, LogTarget},
    serve::{Bound, Shutdown},
};

use ledger::Ledger;
pub use ledger::{CURRENCIES, Publisher};

/// What the simulator is started with.
#[derive(Debug, Clone)]
pub struct BankSimOptions {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Decides how the rates walk.
    pub seed: u64,
    /// Where the log goes.
    pub log: LogTarget,
    /// `https` in BNR's namespace, as one published sample has it.
    pub https_namespace: bool,
}

impl Default for BankSimOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            log: LogTarget::Memory,
            https_namespace: false,
        }
    }
}

/// A running simulator; clones are the same one.
#[derive(Debug, Clone)]
pub struct BankSim {
    shared: Arc<Shared>,
    addr: SocketAddr,
    shutdown: Shutdown,
}

#[derive(Debug)]
struct Shared {
    ledger: Mutex<Ledger>,
    clock: SimClock,
    faults: FaultPlan,
    log: CommitLog,
    https_namespace: bool,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BankSim {
    /// Starts serving on the current tokio runtime.
    pub async fn start(options: BankSimOptions) -> io::Result<Self> {
        let clock = SimClock::new();
        let log = options.log.open(&clock)?;
        let faults = FaultPlan::new(options.seed, log.clone());
        let bound = Bound::at(options.listen).await?;
        let shared = Arc::new(Shared {
            ledger: Mutex::new(Ledger::new(options.seed)),
            clock,
            faults: faults.clone(),
            log,
            https_namespace: options.https_namespace,
        });
        let sim = Self { shared: shared.clone(), addr: bound.addr(), shutdown: bound.shutdown() };
        let public = faults.protect(pages::router(shared));
        bound.run(public.merge(control::router(sim.clone())));
        Ok(sim)
    }

    /// Both banks' address.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What `publisher` has published of a currency on a day: RON for one unit, or units for one EUR; none before its hour,
    /// at weekends and on holidays.
    pub fn rate(&self, publisher: Publisher, currency: &str, date: Date) -> Option<Decimal> {
        let now_ms = self.shared.clock.now_ms();
        let ledger = self.shared.ledger();
        ledger
            .is_published(publisher, date, now_ms)
            .then(|| ledger.quoted(publisher, currency, date))
            .flatten()
    }

    /// From that day on a currency is worth so many percent more (less when negative) in RON.
    pub fn jump(&self, currency: &str, from: Date, percent: i32) {
        self.shared.ledger().jump(currency, from, percent);
    }

    /// On this one day the file says something else, as after a slip of the keyboard: RON for one unit.
    pub fn misprint(&self, currency: &str, date: Date, ron_per_unit: Decimal) {
        self.shared.ledger().misprint(currency, date, ron_per_unit);
    }

    /// Nothing is published on this day.
    pub fn holiday(&self, date: Date) {
        self.shared.ledger().holiday(date);
    }

    /// Answers every path with a maintenance page and status 200, until `false`.
    pub fn maintenance(&self, on: bool) {
        let page = FaultRule::always("", FaultMode::HtmlPage { status: 200 });
        self.shared.faults.set(if on { vec![page] } else { Vec::new() });
    }

    /// The simulator's clock.
    pub fn clock(&self) -> &SimClock {
        &self.shared.clock
    }

    /// Trouble on demand.
    pub fn faults(&self) -> &FaultPlan {
        &self.shared.faults
    }

    /// What it served.
    pub fn log(&self) -> &CommitLog {
        &self.shared.log
    }

    /// Stops serving.
    pub fn stop(&self) {
        self.shared.faults.release();
        self.shutdown.stop();
    }
}
