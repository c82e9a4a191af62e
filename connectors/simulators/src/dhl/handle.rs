//! The simulator in a test's hands: start it, scan parcels, move time, look inside.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::book::Book;
use super::control;
use super::http;
use super::options::{Behaviour, DhlSimOptions};
use super::push::Desk;
use super::unified;
use super::views::{PickupView, ShipmentView};
use crate::clock::SimClock;
use crate::faults::FaultPlan;
use crate::log::CommitLog;
use crate::serve::{Bound, Shutdown};

/// Why the simulator cannot do what its holder asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// Nobody minted this waybill.
    #[error("the simulator never minted the waybill {0}")]
    UnknownWaybill(String),
    /// What was handed over has the wrong form.
    #[error("refused: {0}")]
    Malformed(String),
}

/// What the server and every handle share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Key, secret, account number.
    accounts: Vec<(String, String, String)>,
    unified_keys: Vec<String>,
    pub(super) addr: SocketAddr,
    pub(super) desk: Desk,
    behaviour: RwLock<Arc<Behaviour>>,
    book: Mutex<Book>,
    pub(super) clock: SimClock,
    pub(super) log: CommitLog,
    pub(super) faults: FaultPlan,
    requests: AtomicU64,
    missing_version: AtomicU64,
}

impl Shared {
    pub(super) fn behaviour(&self) -> Arc<Behaviour> {
        Arc::clone(&self.behaviour.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn knows(&self, key: &str, secret: &str) -> bool {
        self.accounts.iter().any(|(k, s, _)| k == key && s == secret)
    }

    pub(super) fn accounts_of(&self, key: &str) -> Vec<&str> {
        self.accounts.iter().filter(|(k, _, _)| k == key).map(|(_, _, account)| account.as_str()).collect()
    }

    pub(super) fn has_account(&self, account: &str) -> bool {
        self.accounts.iter().any(|(_, _, number)| number == account)
    }

    pub(super) fn knows_unified(&self, key: &str) -> bool {
        self.unified_keys.iter().any(|known| known == key)
    }

    pub(super) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn count_missing_version(&self) {
        self.missing_version.fetch_add(1, Ordering::Relaxed);
    }

    /// Works on the book after all that is due has happened.
    pub(super) fn with_book<R>(&self, work: impl FnOnce(&mut Book) -> R) -> R {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.settle(self.clock.now_ms(), &self.log);
        work(&mut book)
    }
}

/// A running DHL simulator. Clones control the same one; it runs until [`DhlSim::stop`].
#[derive(Debug, Clone)]
pub struct DhlSim {
    pub(super) shared: Arc<Shared>,
    shutdown: Shutdown,
}

impl DhlSim {
    /// Starts a simulator on the current tokio runtime; fails when the address or the log file is not to be had.
    pub async fn start(options: DhlSimOptions) -> io::Result<Self> {
        let log = options.log.open(&options.clock)?;
        let faults = FaultPlan::new(options.seed, log.clone());
        let bound = Bound::at(options.addr).await?;
        let shared = Arc::new(Shared {
            accounts: options.accounts,
            unified_keys: options.unified_keys,
            addr: bound.addr(),
            desk: Desk::default(),
            behaviour: RwLock::new(Arc::new(options.behaviour)),
            book: Mutex::new(Book::new(options.seed)),
            clock: options.clock,
            log,
            faults: faults.clone(),
            requests: AtomicU64::new(0),
            missing_version: AtomicU64::new(0),
        });
        let unified = faults.protect(unified::router(Arc::clone(&shared)));
        let api = http::dressed(faults.protect(http::router(Arc::clone(&shared))), Arc::clone(&shared));
        let api = api.merge(unified);
        let sim = Self { shared, shutdown: bound.shutdown() };
        bound.run(api.merge(control::router(sim.clone())));
        Ok(sim)
    }

    /// Stops serving: hanging requests are cut, those in flight are answered first.
    pub fn stop(&self) {
        self.shared.faults.release();
        self.shutdown.stop();
    }

    /// Waits, after [`DhlSim::stop`], until the port is free again.
    pub async fn stopped(&self) {
        self.shutdown.stopped().await;
    }

    /// Where the server listens.
    pub fn addr(&self) -> SocketAddr {
        self.shared.addr
    }

    /// What a client takes as the base address of the shipping API: `/shipments` follows.
    pub fn base_url(&self) -> String {
        format!("http://{}/mydhlapi", self.shared.addr)
    }

    /// The same of the vendor's test system, whatever [`Behaviour::test_mode`] says.
    pub fn test_url(&self) -> String {
        format!("http://{}/mydhlapi/test", self.shared.addr)
    }

    /// The host of the Unified Tracking API: `/track/shipments` and `/tracking/push/v1/subscription` follow.
    pub fn unified_url(&self) -> String {
        format!("http://{}", self.shared.addr)
    }

    /// Where the control routes begin.
    pub fn control_url(&self) -> String {
        format!("http://{}/control", self.shared.addr)
    }

    /// The simulator's clock.
    pub fn clock(&self) -> &SimClock {
        &self.shared.clock
    }

    /// The fault plan in front of the API. Its statuses are answered in DHL's words; 500 carries the code 999.
    pub fn faults(&self) -> &FaultPlan {
        &self.shared.faults
    }

    /// What really happened.
    pub fn log(&self) -> &CommitLog {
        &self.shared.log
    }

    /// The switches in force.
    pub fn options(&self) -> Behaviour {
        (*self.shared.behaviour()).clone()
    }

    /// Changes switches; requests already running keep the old ones.
    pub fn update_options(&self, change: impl FnOnce(&mut Behaviour)) {
        let mut behaviour = self.shared.behaviour.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut behaviour));
    }

    /// Requests that came without the `x-version` header.
    pub fn missing_versions(&self) -> u64 {
        self.shared.missing_version.load(Ordering::Relaxed)
    }

    /// Every minted waybill, oldest first.
    pub fn shipments(&self) -> Vec<ShipmentView> {
        self.shared.with_book(|book| book.shipments().iter().map(ShipmentView::of).collect())
    }

    /// A minted waybill.
    pub fn shipment(&self, awb: &str) -> Option<ShipmentView> {
        self.shared.with_book(|book| book.shipment(awb).map(ShipmentView::of))
    }

    /// The waybills minted under a reference, whatever its type and whether or not the API shows them yet.
    pub fn minted_under(&self, reference: &str) -> Vec<ShipmentView> {
        let mut found = self.shipments();
        found.retain(|shipment| shipment.references.iter().any(|(_, value)| value == reference));
        found
    }

    /// Every pickup that was booked, in the order of their numbers.
    pub fn pickups(&self) -> Vec<PickupView> {
        self.shared.with_book(|book| book.pickups().map(PickupView::of).collect())
    }

    /// Scans a parcel now; a code that ends its way cancels what was still planned.
    pub fn scan(&self, awb: &str, code: &str) -> Result<(), SimError> {
        self.journey(awb, &[code])
    }

    /// Scans a parcel several times, a second apart, the last time now.
    pub fn journey(&self, awb: &str, codes: &[&str]) -> Result<(), SimError> {
        let now_ms = self.shared.clock.now_ms();
        let known = self.shared.with_book(|book| book.scan(awb, codes, now_ms, &self.shared.log));
        if known { Ok(()) } else { Err(SimError::UnknownWaybill(awb.to_owned())) }
    }

    /// The receiver refuses the parcel and it goes back.
    pub fn return_to_sender(&self, awb: &str) -> Result<(), SimError> {
        self.journey(awb, &["RD", "RT"])
    }
}
