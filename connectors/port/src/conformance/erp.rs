//! What every ERP connector must do, shown against its simulator.
//!
//! Every case takes a world of its own: a running simulator with a connector on it.

pub mod invoices;
mod orders;
mod readings;
mod session;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;
use vortex_domain::Sku;

use crate::erp::{Copies, ErpCatalogue, ErpOrders};

pub use orders::{
    a_cancelled_order_is_counted, a_closed_month_is_respected, a_customer_is_added_once,
    a_failed_reader_fails_the_search, a_lost_reply_is_unknown, a_refusal_names_its_cause, an_import_is_found,
    an_invoiced_order_is_found, duplicates_are_counted,
};
pub use readings::{a_bad_answer_is_no_reading, reads_everything};
pub use session::{
    a_lost_session_is_set_up_again, another_company_is_noticed, maintenance_is_a_pause,
    one_request_is_in_flight,
};

/// What the next matching request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// An import is carried out, its answer is lost.
    ImportReplyLost,
    /// An import is lost on its way.
    ImportLost,
    /// An import is answered by a web page, and not carried out (F46).
    ImportWebPage,
    /// An import is carried out and answered by an error without the ERP's own words.
    ImportServerError,
    /// The addition of a partner is carried out, its answer is lost.
    PartnerReplyLost,
}

/// What all readings meet until told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// The truth.
    Whole,
    /// Well-formed lists without rows (F31).
    Empty,
    /// Half of each answer's bytes (F12).
    CutOff,
    /// Web pages with status 200 (F46).
    WebPage,
}

/// The readers that can show an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderReader {
    /// Orders not yet invoiced.
    Open,
    /// All orders, cancelled ones too.
    All,
    /// Sales.
    Sales,
}

/// A simulated ERP with a connector on it.
pub trait ErpWorld: Send + Sync {
    /// The connector.
    type Erp: ErpCatalogue + ErpOrders + 'static;

    /// The connector; always the same one.
    fn erp(&self) -> Arc<Self::Erp>;
    /// The ERP's day.
    fn today(&self) -> Date;
    /// SKUs of all articles that have one, services too.
    fn skus(&self) -> BTreeSet<String>;
    /// What lies in the chosen warehouses, thousandths, by SKU; without articles that have nothing anywhere.
    fn stock_milli(&self) -> BTreeMap<String, i64>;
    /// An article that can be sold, and its unit.
    fn sellable(&self) -> (Sku, String);
    /// A partner for orders.
    fn customer(&self) -> String;
    /// Our booklet.
    fn booklet(&self) -> String;
    /// Live and cancelled documents in the ERP, whichever token they have.
    fn documents(&self) -> Copies;
    /// Keys of the partners.
    fn partners(&self) -> Vec<String>;
    /// Trouble for the next request of its kind.
    fn next(&self, trouble: Trouble);
    /// What readings meet from now on.
    fn answers(&self, answers: Answers);
    /// This reader fails from now on, the others work; all of them with none.
    fn breaks(&self, reader: Option<OrderReader>);
    /// Invoices the order with this number.
    fn invoice(&self, number: i64);
    /// Cancels the order with this number.
    fn cancel(&self, number: i64);
    /// Blocks the partner.
    fn block(&self, partner: &str);
    /// Closes the month of this day.
    fn close_month(&self, day: Date);
    /// Opens the month of this day, making it where it is missing.
    fn open_month(&self, day: Date);
    /// Begins or ends a maintenance.
    fn maintenance(&self, on: bool);
    /// The ERP's server restarts and has forgotten the session.
    fn restart(&self);
    /// Another program selects another company on the same connection.
    fn switch_company(&self);
    /// The most requests that were ever under way at once.
    fn most_in_flight(&self) -> usize;
}

/// One `#[tokio::test]` per case; `$world` is an async function that makes a fresh [`ErpWorld`].
#[macro_export]
macro_rules! erp_conformance {
    ($world:path) => {
        $crate::erp_conformance! { @each $world,
            reads_everything
            a_bad_answer_is_no_reading
            a_failed_reader_fails_the_search
            an_import_is_found
            a_lost_reply_is_unknown
            duplicates_are_counted
            an_invoiced_order_is_found
            a_cancelled_order_is_counted
            a_closed_month_is_respected
            a_refusal_names_its_cause
            a_customer_is_added_once
            maintenance_is_a_pause
            a_lost_session_is_set_up_again
            another_company_is_noticed
            one_request_is_in_flight
        }
    };
    (@each $world:path, $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let world = $world().await;
                if let Err(failure) = $crate::conformance::erp::$case(&world).await {
                    panic!("{failure}");
                }
            }
        )+
    };
}
