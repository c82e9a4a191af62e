//! WinMentor Classic behind an HTTP bridge.
//!
//! Plays both public bridges (see [`Dialect`]) over one set of books: companies, months, articles, stock, partners,
//! orders, invoices. The state of the COM object is global, as in reality: company, month and id fields belong to
//! whoever set them last. The API is under `/api`; `/pdf/FACT<number>.pdf` is the folder
//! of printed invoices; `/control` is for the one who runs the simulator.
//!
//! Log kinds: `order_tx` (written when it is known whether the caller got the answer: `reply_sent`; the time of the
//! commit is `committed_at_ms`), `order_typed`, `order_void`, `invoice_tx`, `partner_tx`, `stock_truth`, `import_refused`,
//! `auth_failed`, `fault`, `concurrent_requests`, `pdf`. Decimals in the log are strings.

mod books;
mod bridge;
mod catalogue;
mod control;
mod goods;
mod layouts;
mod options;
mod orders;
mod packet;
mod pages;
mod partners;
mod pdf;
mod reads;
mod record;
mod records;
mod routes;
mod seed;
mod text;
mod views;
mod writes;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rust_decimal::Decimal;
use thiserror::Error;

use books::Books;
use bridge::Bridge;

use crate::clock::SimClock;
use crate::faults::FaultPlan;
use crate::log::CommitLog;
use crate::serve::{Shutdown, serve};

pub use options::{
    AnswerFault, DecimalSeparator, Dialect, IdField, ImportCount, OrderNumberField, ReservationView,
    TextField, WinMentorSimOptions,
};
pub use views::{ErpArticleView, ErpOrderLineView, ErpOrderView, NewArticle};

/// Why a command to the simulator could not be carried out.
#[derive(Debug, Error)]
pub enum SimError {
    /// The address cannot be bound or the log file cannot be opened.
    #[error("the WinMentor simulator cannot start: {0}")]
    Io(#[from] io::Error),
    /// No order has this number.
    #[error("there is no order {0}")]
    UnknownOrder(i64),
    /// Every order with this number is cancelled or invoiced.
    #[error("order {0} is already cancelled or invoiced")]
    OrderDone(i64),
    /// No article has this external code.
    #[error("there is no article with the code {0:?}")]
    UnknownArticle(String),
    /// No warehouse has this symbol.
    #[error("there is no warehouse {0:?}")]
    UnknownWarehouse(String),
    /// No partner has this external code.
    #[error("there is no partner with the code {0:?}")]
    UnknownPartner(String),
    /// The month does not exist or is closed.
    #[error("the month {month:02}/{year} is closed or does not exist")]
    MonthClosed {
        /// Year.
        year: i16,
        /// Month, 1–12.
        month: i8,
    },
    /// A text that should be a decimal is not one.
    #[error("{0:?} is not a number")]
    NotANumber(String),
    /// The options that result from a change cannot be read.
    #[error("these options are not understood: {0}")]
    Options(#[from] serde_json::Error),
}

/// A running simulator; clones are the same one.
#[derive(Clone)]
pub struct WinMentorSim {
    bridge: Arc<Bridge>,
    faults: FaultPlan,
    address: SocketAddr,
    shutdown: Shutdown,
}

impl WinMentorSim {
    /// Starts a simulator on the current tokio runtime.
    pub async fn start(options: WinMentorSimOptions) -> Result<Self, SimError> {
        let clock = SimClock::new();
        if let Some(start_ms) = options.start_ms {
            clock.set_ms(start_ms);
        }
        let log = options.log.open(&clock)?;
        let faults = FaultPlan::new(options.seed, log.clone());
        let listen = options.listen;
        let bridge = Arc::new(Bridge::new(Books::new(options, clock, log)));
        let router = routes::router(&bridge, &faults);
        let (address, shutdown) = serve(router, listen).await?;
        Ok(Self { bridge, faults, address, shutdown })
    }

    /// Scheme, host and port; the bridge's API is under `/api`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening and ends hanging requests.
    pub fn stop(&self) {
        self.faults.release();
        self.shutdown.stop();
    }

    /// Waits until the port is free again after [`WinMentorSim::stop`].
    pub async fn stopped(&self) {
        self.shutdown.stopped().await;
    }

    /// The simulator's clock.
    pub fn clock(&self) -> SimClock {
        self.bridge.clock.clone()
    }

    /// Trouble on demand for everything under `/api` and `/pdf`.
    pub fn faults(&self) -> FaultPlan {
        self.faults.clone()
    }

    /// What really happened.
    pub fn log(&self) -> CommitLog {
        self.bridge.log.clone()
    }

    /// The options in force.
    pub fn options(&self) -> WinMentorSimOptions {
        self.bridge.books().options.clone()
    }

    /// Changes the behaviour while running.
    pub fn update_options(&self, change: impl FnOnce(&mut WinMentorSimOptions)) {
        change(&mut self.bridge.books().options);
    }

    /// What list answers look like from now on.
    pub fn answers(&self, fault: AnswerFault) {
        self.update_options(|options| options.answers = fault);
    }

    /// The most requests (health aside) that were ever in flight at the same time.
    pub fn concurrent_high_water(&self) -> usize {
        self.bridge.concurrent_high_water()
    }

    /// Sets what lies in one warehouse.
    pub fn set_stock(&self, sku: &str, warehouse: &str, quantity: Decimal) -> Result<(), SimError> {
        self.bridge.books().set_stock(sku, warehouse, quantity)
    }

    /// Goods leave by another way than our orders: the shop's own till.
    pub fn sell_elsewhere(&self, sku: &str, quantity: Decimal) -> Result<(), SimError> {
        self.bridge.books().sell_elsewhere(sku, quantity)
    }

    /// Sets the price without VAT in lei; `None` leaves the article without a price.
    pub fn set_price(&self, sku: &str, net: Option<Decimal>) -> Result<(), SimError> {
        self.bridge.books().set_price(sku, net)
    }

    /// Shows a text of the test's choosing in place of a number ("", "NaN", "1.234,50"); `None` shows the number again.
    pub fn override_text(&self, sku: &str, field: TextField, text: Option<&str>) {
        self.bridge.books().override_text(sku, field, text);
    }

    /// Changes an article's name.
    pub fn rename(&self, sku: &str, name: &str) -> Result<(), SimError> {
        self.bridge.books().rename(sku, name)
    }

    /// Adds an article and returns its internal id.
    pub fn add_article(&self, article: &NewArticle) -> Result<String, SimError> {
        self.bridge.books().add_article(article)
    }

    /// Removes an article; it appears among the deletions.
    pub fn remove_article(&self, sku: &str) -> Result<(), SimError> {
        self.bridge.books().remove_article(sku)
    }

    /// Blocks or unblocks a partner, found by `CodExtern`.
    pub fn block_partner(&self, code: &str, blocked: bool) -> Result<(), SimError> {
        self.bridge.books().block_partner(code, blocked)
    }

    /// The external codes of the company's partners, in order of entry.
    pub fn partner_codes(&self) -> Vec<String> {
        self.bridge.books().partner_codes()
    }

    /// Closes a month: no document can be entered in it.
    pub fn close_month(&self, year: i16, month: i8) {
        self.bridge.books().months.insert((year, month), false);
    }

    /// Opens a month, making it if it does not exist.
    pub fn open_month(&self, year: i16, month: i8) {
        self.bridge.books().months.insert((year, month), true);
    }

    /// Removes a month that has not begun yet as far as the bookkeeper is concerned.
    pub fn remove_month(&self, year: i16, month: i8) {
        self.bridge.books().months.remove(&(year, month));
    }

    /// Closes `DocImpServer` (everything answers 503) or opens it again, with its session lost.
    pub fn maintenance(&self, on: bool) {
        self.bridge.release(on);
    }

    /// Restarts the bridge: session, caches and instance id are gone.
    pub fn restart_bridge(&self) {
        self.bridge.restart();
    }

    /// Another program on the same COM object selects the other company.
    pub fn switch_company_elsewhere(&self) {
        self.bridge.switch_company_elsewhere();
    }

    /// The imported orders, oldest first, cancelled and invoiced ones included.
    pub fn orders(&self) -> Vec<ErpOrderView> {
        self.bridge.books().order_views()
    }

    /// A clerk types an order in; what is not said by number, remark, partner, day and lines of `order` is as in any new
    /// one. Returns WinMentor's own count.
    pub fn enter_by_hand(&self, order: &ErpOrderView) -> Result<i64, SimError> {
        self.bridge.books().enter_by_hand(order)
    }

    /// Cancels the first live order with this number.
    pub fn cancel_order(&self, nr_doc: i64) -> Result<(), SimError> {
        self.bridge.books().cancel(nr_doc)
    }

    /// Invoices the first live order with this number today; returns the invoice's number (series `FACT`).
    pub fn invoice(&self, nr_doc: i64) -> Result<i64, SimError> {
        self.bridge.books().invoice(nr_doc)
    }

    /// The ERP is restored from a backup made `hours` ago; returns the numbers of the orders that are gone.
    pub fn restore_backup(&self, hours: u32) -> Vec<i64> {
        self.bridge.drop_caches();
        self.bridge.books().restore_backup(hours)
    }

    /// All articles.
    pub fn articles(&self) -> Vec<ErpArticleView> {
        self.bridge.books().article_views()
    }

    /// One article by external code.
    pub fn article(&self, code: &str) -> Option<ErpArticleView> {
        self.bridge.books().article_view(code)
    }
}
