//! Orders enter the ERP once, and what is said of them is so.

use std::fmt::Debug;

use rust_decimal::Decimal;
use vortex_domain::{
    Sku,
    attention::Code,
    order::{Address, Document, ImportAnswer},
    sales::SaleLine,
};

use super::{ErpWorld, OrderReader, Trouble};
use crate::{
    conformance::{Failure, ensure},
    erp::{BookingDay, Copies, Customer, ErpOrders, SalesOrder, Wanted},
    outcome::CallError,
};

pub(super) const ONE: Copies = Copies { live: 1, cancelled: 0 };
pub(super) const NONE: Copies = Copies { live: 0, cancelled: 0 };

pub(super) fn same<T: PartialEq + Debug>(what: impl Debug, is: &T, should_be: &T) -> Result<(), Failure> {
    ensure(is == should_be, || format!("{what:?}: {is:?} instead of {should_be:?}"))
}

pub(super) fn nobodys_sku() -> Result<Sku, Failure> {
    Sku::new("NOBODY-HAS-THIS").map_err(|error| Failure(error.to_string()))
}

pub(super) fn order(world: &impl ErpWorld, n: i64) -> SalesOrder {
    let (sku, unit) = world.sellable();
    SalesOrder {
        token: format!("CDON:conf-{n}"),
        remark: "199,00 SEK".to_owned(),
        document: Document { number: 500_100 + n, booklet: world.booklet(), date: world.today() },
        customer: world.customer(),
        lines: vec![SaleLine { sku, unit, quantity: 1, unit_price: Decimal::new(991_735, 4) }],
    }
}

pub(super) fn wanted(order: &SalesOrder) -> Wanted {
    Wanted { token: order.token.clone(), document: Some(order.document.clone()), since: order.document.date }
}

pub(super) async fn find(world: &impl ErpWorld, order: &SalesOrder) -> Result<Copies, CallError> {
    let found = world.erp().find(&[wanted(order)]).await?;
    // An answer for another number of orders counts as many, so that no case takes it for the right one.
    Ok(match found.as_slice() {
        [copies] => *copies,
        _ => Copies { live: u32::MAX, cancelled: u32::MAX },
    })
}

pub(super) async fn is_found(
    world: &impl ErpWorld,
    order: &SalesOrder,
    copies: Copies,
) -> Result<(), Failure> {
    same(&order.token, &find(world, order).await?, &copies)
}

pub(super) async fn is_imported(world: &impl ErpWorld, order: &SalesOrder) -> Result<(), Failure> {
    same(&order.token, &world.erp().import(order).await, &ImportAnswer::Imported)
}

pub(super) async fn book(world: &impl ErpWorld, order: &SalesOrder) -> Result<(), Failure> {
    let day = order.document.date;
    same("booking day", &world.erp().booking_day(day).await?, &BookingDay::Open(day))?;
    is_imported(world, order).await
}

async fn is_refused(
    world: &impl ErpWorld,
    order: &SalesOrder,
    code: Code,
    params: Option<Vec<String>>,
) -> Result<(), Failure> {
    match world.erp().import(order).await {
        ImportAnswer::Refused(hold) => {
            same("cause of the refusal", &hold.code, &code)?;
            params.map_or(Ok(()), |params| same("what the refusal names", &hold.params, &params))
        }
        other => Err(Failure(format!("{other:?} instead of a refusal because of {code}"))),
    }
}

/// O4: absence is claimed only when every reader answered.
pub async fn a_failed_reader_fails_the_search(world: &impl ErpWorld) -> Result<(), Failure> {
    let order = order(world, 1);
    for reader in [OrderReader::Open, OrderReader::All, OrderReader::Sales] {
        is_found(world, &order, NONE).await?;
        world.breaks(Some(reader));
        let found = find(world, &order).await;
        ensure(found.is_err(), || format!("without {reader:?} the search says {found:?}"))?;
        world.breaks(None);
    }
    Ok(())
}

/// An import that succeeds is found, once, and only under its own token.
pub async fn an_import_is_found(world: &impl ErpWorld) -> Result<(), Failure> {
    let (first, second) = (order(world, 1), order(world, 11));
    is_found(world, &first, NONE).await?;
    book(world, &first).await?;
    same("both", &world.erp().find(&[wanted(&second), wanted(&first)]).await?, &vec![NONE, ONE])?;
    let by_token_alone = Wanted { document: None, ..wanted(&first) };
    same("by token", &world.erp().find(&[by_token_alone]).await?, &vec![ONE])?;
    same("documents", &world.documents(), &ONE)
}

/// F01, F02: an answer that is lost leaves the outcome unknown; reading tells it.
pub async fn a_lost_reply_is_unknown(world: &impl ErpWorld) -> Result<(), Failure> {
    for (n, trouble, truth) in [
        (1, Trouble::ImportReplyLost, ONE),
        (2, Trouble::ImportLost, NONE),
        (3, Trouble::ImportWebPage, NONE),
        (4, Trouble::ImportServerError, ONE),
    ] {
        let order = order(world, n);
        world.next(trouble);
        same(trouble, &world.erp().import(&order).await, &ImportAnswer::Unknown)?;
        is_found(world, &order, truth).await?;
    }
    // More would mean that an import was repeated.
    same("documents", &world.documents().live, &2)
}

/// Two documents with one token are two, whatever becomes of them.
pub async fn duplicates_are_counted(world: &impl ErpWorld) -> Result<(), Failure> {
    let order = order(world, 1);
    book(world, &order).await?;
    is_imported(world, &order).await?;
    is_found(world, &order, Copies { live: 2, cancelled: 0 }).await?;
    world.invoice(order.document.number);
    is_found(world, &order, Copies { live: 2, cancelled: 0 }).await?;
    world.cancel(order.document.number);
    is_found(world, &order, Copies { live: 1, cancelled: 1 }).await
}

/// An order that was invoiced left the list of open orders and still exists.
pub async fn an_invoiced_order_is_found(world: &impl ErpWorld) -> Result<(), Failure> {
    let order = order(world, 1);
    book(world, &order).await?;
    world.invoice(order.document.number);
    is_found(world, &order, ONE).await
}

/// A cancelled order is counted as cancelled.
pub async fn a_cancelled_order_is_counted(world: &impl ErpWorld) -> Result<(), Failure> {
    let order = order(world, 1);
    book(world, &order).await?;
    world.cancel(order.document.number);
    is_found(world, &order, Copies { live: 0, cancelled: 1 }).await
}

/// F41: a month that closes in the middle of a run stops imports with its name, or moves the day.
pub async fn a_closed_month_is_respected(world: &impl ErpWorld) -> Result<(), Failure> {
    let (order, late) = (order(world, 1), order(world, 2));
    book(world, &order).await?;
    let day = late.document.date;
    world.close_month(day);
    is_refused(world, &late, Code::MonthClosed, None).await?;
    let closed = BookingDay::Closed(format!("{:04}-{:02}", day.year(), day.month()));
    same("booking day", &world.erp().booking_day(day).await?, &closed)?;
    let next = day.last_of_month().tomorrow().map_err(|error| Failure(error.to_string()))?;
    world.open_month(next);
    same("booking day", &world.erp().booking_day(day).await?, &BookingDay::Open(next))?;
    let moved = SalesOrder { document: Document { date: next, ..late.document.clone() }, ..late };
    is_imported(world, &moved).await?;
    is_found(world, &moved, ONE).await?;
    is_found(world, &order, ONE).await
}

/// A refusal names what to mend, and nothing is entered.
pub async fn a_refusal_names_its_cause(world: &impl ErpWorld) -> Result<(), Failure> {
    let mut unknown = order(world, 1);
    let nobodys = nobodys_sku()?;
    for line in &mut unknown.lines {
        line.sku = nobodys.clone();
    }
    is_refused(world, &unknown, Code::UnknownArticle, Some(vec![nobodys.to_string()])).await?;
    let blocked = order(world, 2);
    world.block(&blocked.customer);
    is_refused(world, &blocked, Code::PartnerUnusable, Some(vec![blocked.customer.clone()])).await?;
    same("documents", &world.documents(), &NONE)
}

/// A consumer becomes a partner once, however often and however unluckily it is asked for.
pub async fn a_customer_is_added_once(world: &impl ErpWorld) -> Result<(), Failure> {
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
        task.await.map_err(|error| Failure(error.to_string()))??;
    }
    same("partners CDON-C-1", &times("CDON-C-1"), &1)?;

    world.next(Trouble::PartnerReplyLost);
    let unlucky = world.erp().ensure_customer(&customer("CDON-C-2")).await;
    let honest = unlucky.as_ref().err().is_none_or(CallError::may_have_acted);
    ensure(honest, || format!("a lost answer is called {unlucky:?}"))?;
    world.erp().ensure_customer(&customer("CDON-C-2")).await?;
    same("partners CDON-C-2", &times("CDON-C-2"), &1)
}
