//! WinMentor Classic behind an HTTP bridge.
//!
//! Plays both public bridges (see [`Dialect`]) over one set of books: companies, months, articles, stock, partners,
//! orders, invoices. The state of the COM object is global, as in reality: company, month and id fields belong to
//! whoever set them last. The API is under `/api`, `/control` is for the one who runs the simulator, and the folder of
//! printed invoices has a server of its own.
//!
//! Log kinds: `order_tx` (written when it is known whether the caller got the answer: `reply_sent`; the time of the
//! commit is `committed_at_ms`), `order_typed`, `order_void`, `invoice_tx`, `storno_tx`, `partner_tx`, `stock_truth`, `import_refused`,
//! `auth_failed`, `fault`, `concurrent_requests`, `pdf`. Decimals in the log are strings.

mod books;
mod bridge;
mod catalogue;
mod control;
mod goods;
mod invoices;
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

pub use invoices::{InvoiceLineView, InvoiceView};
pub use options::{
    AnswerFault, DecimalSeparator, Dialect, IdField, ImportCount, OrderNumberField, PdfFault,
    ReservationView, TextField, WinMentorSimOptions,
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
    /// No order with this number is invoiced.
    #[error("order {0} is not invoiced")]
    NotInvoiced(i64),
    /// The order does not have so many units left to invoice, or invoiced ones to take back.
    #[error("order {0} does not have so many units")]
    NotSoMany(i64),
    /// No invoice or storno has this number.
    #[error("there is no invoice {0}")]
    UnknownInvoice(i64),
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
    folder: (SocketAddr, Shutdown),
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
        let (listen, pdf_listen) = (options.listen, options.pdf_listen);
        let bridge = Arc::new(Bridge::new(Books::new(options, clock, log)));
        let folder = serve(pdf::router(&bridge, &faults), pdf_listen).await?;
        let router = routes::router(&bridge, &faults, &folder_url(folder.0));
        let (address, shutdown) = serve(router, listen).await?;
        Ok(Self { bridge, faults, address, shutdown, folder })
    }

    /// Scheme, host and port; the bridge's API is under `/api`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Address of the folder of printed invoices, with a slash at its end; the files are `{series}{number}.pdf`.
    pub fn pdf_base_url(&self) -> String {
        folder_url(self.folder.0)
    }

    /// Stops listening and ends hanging requests.
    pub fn stop(&self) {
        self.faults.release();
        self.shutdown.stop();
        self.folder.1.stop();
    }

    /// Waits until the ports are free again after [`WinMentorSim::stop`].
    pub async fn stopped(&self) {
        self.shutdown.stopped().await;
        self.folder.1.stopped().await;
    }

    /// The simulator's clock.
    pub fn clock(&self) -> SimClock {
        self.bridge.clock.clone()
    }

    /// Trouble on demand for everything under `/api`, and under `/pdf` of the folder's server.
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
        let mut books = self.bridge.books();
        books.clerk_at_work();
        books.order_views()
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

    /// Invoices what is left of the first live order with this number, today; returns the invoice's number.
    pub fn invoice(&self, nr_doc: i64) -> Result<i64, SimError> {
        self.bridge.books().invoice(nr_doc, None)
    }

    /// Invoices so many units of the first live order with this number, first line first; the rest stays open.
    pub fn invoice_part(&self, nr_doc: i64, quantity: Decimal) -> Result<i64, SimError> {
        self.bridge.books().invoice(nr_doc, Some(quantity))
    }

    /// Invoices an order a second time, by mistake: the same goods leave once more.
    pub fn invoice_again(&self, nr_doc: i64) -> Result<i64, SimError> {
        self.bridge.books().invoice_again(nr_doc)
    }

    /// Takes all invoiced goods of an order back, or so many units, first line first; returns the number of the storno.
    pub fn storno(&self, nr_doc: i64, quantity: Option<Decimal>) -> Result<i64, SimError> {
        self.bridge.books().storno(nr_doc, quantity)
    }

    /// Posts an invoice or storno that was made with `post_invoices` off.
    pub fn post_invoice(&self, number: i64) -> Result<(), SimError> {
        self.bridge.books().post_invoice(number)
    }

    /// All invoices with their stornos, by order, oldest first.
    pub fn invoices(&self) -> Vec<InvoiceView> {
        let mut books = self.bridge.books();
        books.clerk_at_work();
        books.invoice_views()
    }

    /// What WinMentor prints for an invoice or storno, whatever the folder serves.
    pub fn invoice_pdf_bytes(&self, series: &str, number: i64) -> Option<Vec<u8>> {
        self.bridge.books().pdf_bytes(series, number)
    }

    /// Spoils the printed file of an invoice; with no number, of the next one that is made.
    pub fn pdf_fault(&self, number: Option<i64>, fault: PdfFault) -> Result<(), SimError> {
        self.bridge.books().pdf_fault(number, fault)
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

fn folder_url(address: SocketAddr) -> String {
    format!("http://{address}/pdf/")
}
