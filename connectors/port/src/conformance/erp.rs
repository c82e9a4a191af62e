//! What every ERP connector must do, shown against its simulator.
//!
//! A case takes a world of its own: a running simulator with a connector on it. It panics where the connector
//! falls short.

#![expect(clippy::missing_panics_doc, reason = "every case panics where the connector falls short")]

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
};

use jiff::civil::Date;
use rust_decimal::Decimal;
use vortex_domain::{
    Sku,
    attention::Code,
    order::{Address, Document, ImportAnswer},
    sales::SaleLine,
};

use crate::{
    erp::{BookingDay, Copies, Customer, ErpCatalogue, ErpOrders, SalesOrder, Wanted},
    outcome::CallError,
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
    /// This reader fails from now on, the others work.
    fn breaks(&self, reader: OrderReader);
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

fn order<W: ErpWorld>(world: &W, n: i64) -> SalesOrder {
    let (sku, unit) = world.sellable();
    SalesOrder {
        token: format!("CDON:conf-{n}"),
        remark: "199,00 SEK".to_owned(),
        document: Document { number: 500_100 + n, booklet: world.booklet(), date: world.today() },
        customer: world.customer(),
        lines: vec![SaleLine { sku, unit, quantity: 1, unit_price: Decimal::new(991_735, 4) }],
    }
}

fn wanted(order: &SalesOrder) -> Wanted {
    Wanted { token: order.token.clone(), document: Some(order.document.clone()), since: order.document.date }
}

async fn find<W: ErpWorld>(world: &W, order: &SalesOrder) -> Result<Copies, CallError> {
    let found = world.erp().find(&[wanted(order)]).await?;
    match found.as_slice() {
        [copies] => Ok(*copies),
        other => panic!("one order was looked for, {} were answered", other.len()),
    }
}

async fn found<W: ErpWorld>(world: &W, order: &SalesOrder) -> Copies {
    match find(world, order).await {
        Ok(copies) => copies,
        Err(error) => panic!("the order cannot be looked for: {error}"),
    }
}

const ONE: Copies = Copies { live: 1, cancelled: 0 };
const NONE: Copies = Copies { live: 0, cancelled: 0 };

async fn book<W: ErpWorld>(world: &W, order: &SalesOrder) {
    match world.erp().booking_day(order.document.date).await {
        Ok(BookingDay::Open(day)) => assert_eq!(day, order.document.date),
        other => panic!("today is not open for orders: {other:?}"),
    }
    assert_eq!(world.erp().import(order).await, ImportAnswer::Imported);
}

/// Every article once, whatever the page size, and the stock of the chosen warehouses.
pub async fn reads_everything<W: ErpWorld>(world: &W) {
    let erp = world.erp();
    let mut seen = BTreeSet::new();
    let mut number = 1;
    loop {
        let page = match erp.articles(number).await {
            Ok(page) => page,
            Err(error) => panic!("page {number}: {error}"),
        };
        assert_eq!(page.rejected, 0, "page {number}");
        for article in page.articles {
            assert!(seen.insert(article.sku.to_string()), "{} came twice", article.sku);
        }
        if !page.more {
            break;
        }
        number += 1;
    }
    assert!(number > 1, "the case needs more articles than fit on a page");
    assert_eq!(seen, world.skus());

    let reading = match erp.stock().await {
        Ok(reading) => reading,
        Err(error) => panic!("stock: {error}"),
    };
    assert_eq!(reading.rejected, 0);
    let levels: BTreeMap<String, i64> =
        reading.levels.iter().map(|(sku, level)| (sku.to_string(), level.on_hand_milli)).collect();
    assert_eq!(levels, world.stock_milli());

    let (sku, _) = world.sellable();
    let level = erp.stock_of(&sku).await;
    let on_hand = level.as_ref().map(|level| level.map(|level| level.on_hand_milli));
    assert_eq!(on_hand, Ok(world.stock_milli().get(sku.as_str()).copied()));
    let Ok(nobodys) = Sku::new("NOBODY-HAS-THIS") else { panic!("not an SKU") };
    assert_eq!(erp.stock_of(&nobodys).await, Ok(None));
}

/// F31, F12, F46, S6: a reading without rows, without its end, or without sense is an error, not a state of the shop.
pub async fn a_bad_answer_is_no_reading<W: ErpWorld>(world: &W) {
    let erp = world.erp();
    let order = order(world, 1);
    book(world, &order).await;
    for answers in [Answers::Empty, Answers::CutOff, Answers::WebPage] {
        world.answers(answers);
        assert!(erp.articles(1).await.is_err(), "{answers:?}");
        assert!(erp.stock().await.is_err(), "{answers:?}");
        if answers != Answers::Empty {
            assert!(find(world, &order).await.is_err(), "{answers:?}");
        }
        world.answers(Answers::Whole);
    }
    assert!(erp.articles(1).await.is_ok());
    assert!(erp.stock().await.is_ok());
    assert_eq!(found(world, &order).await, ONE);
}

/// O4: absence is claimed only when every reader answered.
pub async fn a_failed_reader_fails_the_search<W: ErpWorld>(world: &W, reader: OrderReader) {
    let order = order(world, 1);
    assert_eq!(found(world, &order).await, NONE);
    world.breaks(reader);
    let found = find(world, &order).await;
    assert!(found.is_err(), "without {reader:?} the search says {found:?}");
}

/// An import that succeeds is found, once, and only under its own token.
pub async fn an_import_is_found<W: ErpWorld>(world: &W) {
    let (first, second) = (order(world, 1), order(world, 11));
    assert_eq!(found(world, &first).await, NONE);
    book(world, &first).await;
    let both = world.erp().find(&[wanted(&second), wanted(&first)]).await;
    assert_eq!(both, Ok(vec![NONE, ONE]));
    let by_token_alone = Wanted { document: None, ..wanted(&first) };
    assert_eq!(world.erp().find(&[by_token_alone]).await, Ok(vec![ONE]));
    assert_eq!(world.documents(), ONE);
}

/// F01, F02: an answer that is lost after the commit leaves the outcome unknown; reading tells.
pub async fn a_lost_reply_is_unknown<W: ErpWorld>(world: &W) {
    for (n, trouble, truth) in [
        (1, Trouble::ImportReplyLost, ONE),
        (2, Trouble::ImportLost, NONE),
        (3, Trouble::ImportWebPage, NONE),
        (4, Trouble::ImportServerError, ONE),
    ] {
        let order = order(world, n);
        world.next(trouble);
        assert_eq!(world.erp().import(&order).await, ImportAnswer::Unknown, "{trouble:?}");
        assert_eq!(found(world, &order).await, truth, "{trouble:?}");
    }
    assert_eq!(world.documents().live, 2, "an import was repeated");
}

/// Two documents with one token are two.
pub async fn duplicates_are_counted<W: ErpWorld>(world: &W) {
    let order = order(world, 1);
    book(world, &order).await;
    assert_eq!(world.erp().import(&order).await, ImportAnswer::Imported);
    assert_eq!(found(world, &order).await, Copies { live: 2, cancelled: 0 });
    world.invoice(order.document.number);
    assert_eq!(found(world, &order).await, Copies { live: 2, cancelled: 0 });
    world.cancel(order.document.number);
    assert_eq!(found(world, &order).await, Copies { live: 1, cancelled: 1 });
}

/// An order that was invoiced left the list of open orders and still exists.
pub async fn an_invoiced_order_is_found<W: ErpWorld>(world: &W) {
    let order = order(world, 1);
    book(world, &order).await;
    world.invoice(order.document.number);
    assert_eq!(found(world, &order).await, ONE);
}

/// A cancelled order is counted as cancelled.
pub async fn a_cancelled_order_is_counted<W: ErpWorld>(world: &W) {
    let order = order(world, 1);
    book(world, &order).await;
    world.cancel(order.document.number);
    assert_eq!(found(world, &order).await, Copies { live: 0, cancelled: 1 });
}

/// F41: a closed month moves the day, or stops imports with a reason; nothing is entered half.
pub async fn a_closed_month_is_respected<W: ErpWorld>(world: &W) {
    let order = order(world, 1);
    book(world, &order).await;
    // It closes in the middle of a run.
    let late = self::order(world, 2);
    world.close_month(late.document.date);
    match world.erp().import(&late).await {
        ImportAnswer::Refused(hold) => assert_eq!(hold.code, Code::MonthClosed),
        other => panic!("into a closed month: {other:?}"),
    }
    let month = format!("{:04}-{:02}", late.document.date.year(), late.document.date.month());
    assert_eq!(world.erp().booking_day(late.document.date).await, Ok(BookingDay::Closed(month)));
    let next = late.document.date.last_of_month().tomorrow();
    let Ok(next) = next else { panic!("there is no next month") };
    world.open_month(next);
    assert_eq!(world.erp().booking_day(late.document.date).await, Ok(BookingDay::Open(next)));
    let moved = SalesOrder { document: Document { date: next, ..late.document.clone() }, ..late };
    assert_eq!(world.erp().import(&moved).await, ImportAnswer::Imported);
    assert_eq!(found(world, &moved).await, ONE);
    assert_eq!(found(world, &order).await, ONE);
}

/// A refusal names what to mend, and nothing is entered.
pub async fn a_refusal_names_its_cause<W: ErpWorld>(world: &W) {
    let mut unknown = order(world, 1);
    let Ok(nobodys) = Sku::new("NOBODY-HAS-THIS") else { panic!("not an SKU") };
    for line in &mut unknown.lines {
        line.sku = nobodys.clone();
    }
    match world.erp().import(&unknown).await {
        ImportAnswer::Refused(hold) => {
            assert_eq!((hold.code, hold.params), (Code::UnknownArticle, vec![nobodys.to_string()]));
        }
        other => panic!("an unknown article: {other:?}"),
    }
    let blocked = order(world, 2);
    world.block(&blocked.customer);
    match world.erp().import(&blocked).await {
        ImportAnswer::Refused(hold) => {
            assert_eq!((hold.code, hold.params), (Code::PartnerUnusable, vec![blocked.customer]));
        }
        other => panic!("a blocked partner: {other:?}"),
    }
    assert_eq!(world.documents(), NONE);
}

/// F42: maintenance is a pause; nothing is lost, nothing is claimed, and afterwards everything goes on.
pub async fn maintenance_is_a_pause<W: ErpWorld>(world: &W) {
    let first = order(world, 1);
    book(world, &first).await;
    world.maintenance(true);
    let second = order(world, 2);
    assert_eq!(world.erp().import(&second).await, ImportAnswer::NotSent);
    for answer in [find(world, &first).await.err(), world.erp().stock().await.err()] {
        match answer {
            Some(CallError::Paused { .. } | CallError::NotSent { .. }) => {}
            other => panic!("in maintenance: {other:?}"),
        }
    }
    world.maintenance(false);
    book(world, &second).await;
    assert_eq!(found(world, &first).await, ONE);
    assert_eq!(world.documents().live, 2);
}

/// A server that restarted knows no company any more: what was set is set again.
pub async fn a_lost_session_is_set_up_again<W: ErpWorld>(world: &W) {
    let (first, second) = (order(world, 1), order(world, 2));
    book(world, &first).await;
    world.restart();
    let answer = world.erp().import(&second).await;
    assert!(matches!(answer, ImportAnswer::Imported | ImportAnswer::NotSent), "{answer:?}");
    if answer == ImportAnswer::NotSent {
        assert_eq!(world.erp().import(&second).await, ImportAnswer::Imported);
    }
    world.restart();
    assert_eq!(world.erp().find(&[wanted(&first), wanted(&second)]).await, Ok(vec![ONE, ONE]));
    world.restart();
    assert!(world.erp().stock().await.is_ok());
    assert_eq!(world.documents().live, 2);
}

/// Another program on the same connection selects another company: what is read there is not taken for ours.
pub async fn another_company_is_noticed<W: ErpWorld>(world: &W) {
    let (first, second) = (order(world, 1), order(world, 2));
    book(world, &first).await;
    world.switch_company();
    let copies = find(world, &first).await;
    assert!(copies.is_err() || copies == Ok(ONE), "an order was declared absent: {copies:?}");
    world.switch_company();
    let stock = world.erp().stock().await.map(|reading| reading.levels.len());
    assert!(stock.is_err() || stock == Ok(world.stock_milli().len()), "{stock:?}");
    world.switch_company();
    let answer = world.erp().import(&second).await;
    assert!(matches!(answer, ImportAnswer::Imported | ImportAnswer::NotSent), "{answer:?}");
    if answer == ImportAnswer::NotSent {
        assert_eq!(world.erp().import(&second).await, ImportAnswer::Imported);
    }
    assert_eq!(world.documents().live, 2);
}

/// B2: twenty callers, one request at a time.
pub async fn one_request_is_in_flight<W: ErpWorld>(world: &W) {
    let imports = (0..10).map(|n| order(world, n)).map(|order| {
        let erp = world.erp();
        boxed(async move { assert_eq!(erp.import(&order).await, ImportAnswer::Imported) })
    });
    let readings = (0..10).map(|n| {
        let (erp, order) = (world.erp(), wanted(&order(world, n)));
        boxed(async move {
            let answered = match n % 3 {
                0 => erp.find(&[order]).await.map(drop),
                1 => erp.stock().await.map(drop),
                _ => erp.articles(1).await.map(drop),
            };
            assert_eq!(answered, Ok(()));
        })
    });
    let tasks: Vec<_> = imports.chain(readings).map(tokio::spawn).collect();
    for task in tasks {
        assert!(task.await.is_ok(), "a caller was not served");
    }
    assert_eq!(world.documents().live, 10);
    assert_eq!(world.most_in_flight(), 1);
}

type Task = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn boxed(task: impl Future<Output = ()> + Send + 'static) -> Task {
    Box::pin(task)
}

/// A consumer becomes a partner once, however often and however unluckily it is asked for.
pub async fn a_customer_is_added_once<W: ErpWorld>(world: &W) {
    let customer = |code: &str| Customer {
        code: code.to_owned(),
        address: Address { name: "Åsa Ærlig".to_owned(), city: "Malmö".to_owned(), ..Address::default() },
        country: "SE".to_owned(),
    };
    let times = |code: &str| world.partners().iter().filter(|known| *known == code).count();
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let (erp, customer) = (world.erp(), customer("CDON-C-1"));
            tokio::spawn(async move { erp.ensure_customer(&customer).await })
        })
        .collect();
    for task in tasks {
        assert!(matches!(task.await, Ok(Ok(()))));
    }
    assert_eq!(times("CDON-C-1"), 1);

    world.next(Trouble::PartnerReplyLost);
    let unlucky = world.erp().ensure_customer(&customer("CDON-C-2")).await;
    assert!(unlucky.as_ref().err().is_none_or(CallError::may_have_acted), "{unlucky:?}");
    assert_eq!(world.erp().ensure_customer(&customer("CDON-C-2")).await, Ok(()));
    assert_eq!(times("CDON-C-2"), 1);
}
