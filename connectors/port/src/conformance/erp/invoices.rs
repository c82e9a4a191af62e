//! Sales documents are tied to the orders that they belong to, all of them and no others.

use jiff::civil::Date;
use vortex_domain::{Sku, invoice::SalesDocument, sales::SaleLine};

use super::{
    ErpWorld, OrderReader,
    orders::{book, order, same},
};
use crate::{
    conformance::{Failure, ensure},
    documents::{ErpInvoices, InvoiceWanted},
    erp::SalesOrder,
    outcome::CallError,
};

/// A simulated ERP whose clerk makes invoices.
pub trait InvoiceWorld: ErpWorld<Erp: ErpInvoices> {
    /// The sales documents that the ERP really has for the order with this token, by number.
    fn truth(&self, token: &str) -> Vec<SalesDocument>;
    /// Invoices so many units of the order with this number; the rest stays open.
    fn invoice_part(&self, number: i64, units: u32);
    /// Invoices the order with this number a second time, by mistake.
    fn invoice_again(&self, number: i64);
    /// Takes so many invoiced units of the order with this number back, or all.
    fn storno(&self, number: i64, units: Option<u32>);
    /// Time goes on to the next month.
    fn next_month(&self);
    /// From now on sales documents name no order number. Says whether they still show the token.
    fn forget_order_numbers(&self) -> bool;
    /// An article whose code is hard to transport, and its unit.
    fn awkward_article(&self) -> (Sku, String);
    /// Somebody enters the order in the ERP itself.
    fn enter_by_hand(&self, order: &SalesOrder);
}

/// An order of several units.
fn large_order(world: &impl ErpWorld, n: i64, units: i64) -> SalesOrder {
    let mut large = order(world, n);
    for line in &mut large.lines {
        line.quantity = units;
    }
    large
}

fn wanted(order: &SalesOrder) -> InvoiceWanted {
    InvoiceWanted {
        token: order.token.clone(),
        document_number: order.document.number,
        since: order.document.date,
    }
}

async fn read(
    world: &impl InvoiceWorld,
    orders: &[&SalesOrder],
) -> Result<Vec<Vec<SalesDocument>>, CallError> {
    let wanted: Vec<InvoiceWanted> = orders.iter().map(|order| wanted(order)).collect();
    let mut found = world.erp().invoices(&wanted).await?;
    for documents in &mut found {
        documents.sort_by_key(|document| (document.number.len(), document.number.clone()));
    }
    Ok(found)
}

/// What is read is the truth, which has so many documents for each order.
async fn are_true(world: &impl InvoiceWorld, orders: &[(&SalesOrder, usize)]) -> Result<(), Failure> {
    let all: Vec<&SalesOrder> = orders.iter().map(|(order, _)| *order).collect();
    let found = read(world, &all).await?;
    same("answers", &found.len(), &orders.len())?;
    for ((order, count), documents) in orders.iter().zip(&found) {
        let truth = world.truth(&order.token);
        same(("documents in the ERP for", &order.token), &truth.len(), count)?;
        same(&order.token, documents, &truth)?;
    }
    Ok(())
}

/// An order that nobody invoiced has no invoice, whatever else was invoiced.
pub async fn an_uninvoiced_order_has_none(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let (open, invoiced, unknown) = (order(world, 1), order(world, 11), order(world, 2));
    book(world, &open).await?;
    book(world, &invoiced).await?;
    are_true(world, &[(&open, 0), (&invoiced, 0)]).await?;
    world.invoice(invoiced.document.number);
    are_true(world, &[(&unknown, 0), (&open, 0), (&invoiced, 1)]).await?;
    same("no order", &world.erp().invoices(&[]).await?, &Vec::new())
}

/// The month of the invoice is not that of the order, nor that of the reading; afterwards orders go on as before.
pub async fn an_invoice_of_another_month_is_found(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let (early, late) = (order(world, 1), order(world, 2));
    book(world, &early).await?;
    book(world, &late).await?;
    world.next_month();
    world.invoice(early.document.number);
    world.next_month();
    world.invoice(late.document.number);
    are_true(world, &[(&early, 1), (&late, 1)]).await?;
    let day =
        |found: &[Vec<SalesDocument>], at: usize| -> Option<Date> { Some(found.get(at)?.first()?.date) };
    let found = read(world, &[&early, &late]).await?;
    ensure(day(&found, 0).is_some_and(|day| day > early.document.date), || format!("{found:?}"))?;
    ensure(day(&found, 0) < day(&found, 1), || format!("{found:?}"))?;
    let next = order(world, 3);
    book(world, &next).await?;
    are_true(world, &[(&next, 0)]).await
}

/// Two orders of one consumer and day are invoiced apart.
pub async fn two_orders_of_one_basket_keep_their_own(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let (first, second) = (order(world, 1), order(world, 12));
    book(world, &first).await?;
    book(world, &second).await?;
    world.invoice(second.document.number);
    are_true(world, &[(&first, 0), (&second, 1)]).await?;
    world.invoice(first.document.number);
    are_true(world, &[(&second, 1), (&first, 1)]).await?;
    are_true(world, &[(&first, 1)]).await
}

/// The token ties an invoice to its order where no number does; where neither is shown, nothing is claimed.
pub async fn the_token_ties_where_no_number_does(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let (first, second) = (order(world, 1), order(world, 2));
    book(world, &first).await?;
    book(world, &second).await?;
    let shows_token = world.forget_order_numbers();
    world.invoice(first.document.number);
    if shows_token {
        return are_true(world, &[(&first, 1), (&second, 0)]).await;
    }
    same("documents without a mark", &read(world, &[&first, &second]).await?, &vec![Vec::new(), Vec::new()])
}

/// F57: two invoices for one order are both told.
pub async fn a_duplicate_is_told(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let order = order(world, 1);
    book(world, &order).await?;
    world.invoice(order.document.number);
    world.invoice_again(order.document.number);
    are_true(world, &[(&order, 2)]).await
}

/// An order that is invoiced in parts has an invoice for each.
pub async fn parts_are_told_apart(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let order = large_order(world, 1, 3);
    book(world, &order).await?;
    world.invoice_part(order.document.number, 1);
    are_true(world, &[(&order, 1)]).await?;
    world.next_month();
    world.invoice(order.document.number);
    are_true(world, &[(&order, 2)]).await?;
    let found = read(world, &[&order]).await?;
    let moved: Vec<i64> =
        found.iter().flatten().flat_map(|document| &document.lines).map(|line| line.quantity_milli).collect();
    same("quantities", &moved, &vec![1_000, 2_000])
}

/// R2: what came back is told as often as it did, in part and in whole.
pub async fn stornos_are_told(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let (first, second) = (large_order(world, 1, 3), order(world, 2));
    book(world, &first).await?;
    book(world, &second).await?;
    world.invoice(first.document.number);
    world.invoice(second.document.number);
    world.storno(first.document.number, Some(1));
    are_true(world, &[(&first, 2), (&second, 1)]).await?;
    world.next_month();
    world.storno(first.document.number, None);
    world.storno(second.document.number, None);
    are_true(world, &[(&first, 3), (&second, 2)]).await?;
    let found = read(world, &[&first, &second]).await?;
    for documents in &found {
        let sums = documents.iter().map(|document| document.total_minor).sum::<i64>();
        same("what remains of the invoice", &sums, &0)?;
        let stornos = documents.iter().filter(|document| document.is_storno()).count();
        same("stornos", &stornos, &(documents.len() - 1))?;
    }
    Ok(())
}

/// A code that is hard to transport arrives whole.
pub async fn awkward_codes_arrive_whole(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let (sku, unit) = world.awkward_article();
    let mut order = order(world, 1);
    let plain = order.lines.clone();
    order.lines =
        plain.iter().map(|line| SaleLine { sku: sku.clone(), unit: unit.clone(), ..line.clone() }).collect();
    order.lines.extend(plain);
    world.enter_by_hand(&order);
    world.invoice(order.document.number);
    are_true(world, &[(&order, 1)]).await?;
    let found = read(world, &[&order]).await?;
    let lines = || found.iter().flatten().flat_map(|document| &document.lines);
    ensure(lines().any(|line| line.sku == sku), || format!("{sku} is not among {found:?}"))
}

/// Absence is claimed only when every month was read.
pub async fn a_failed_month_fails_the_whole(world: &impl InvoiceWorld) -> Result<(), Failure> {
    let order = order(world, 1);
    book(world, &order).await?;
    world.next_month();
    are_true(world, &[(&order, 0)]).await?;
    world.breaks(Some(OrderReader::Sales));
    let found = read(world, &[&order]).await;
    ensure(found.is_err(), || format!("without the sales it is said: {found:?}"))?;
    world.breaks(None);
    are_true(world, &[(&order, 0)]).await
}

/// One `#[tokio::test]` per case; `$world` is an async function that makes a fresh [`InvoiceWorld`].
#[macro_export]
macro_rules! erp_invoice_conformance {
    ($world:path) => {
        $crate::erp_invoice_conformance! { @each $world,
            an_uninvoiced_order_has_none
            an_invoice_of_another_month_is_found
            two_orders_of_one_basket_keep_their_own
            the_token_ties_where_no_number_does
            a_duplicate_is_told
            parts_are_told_apart
            stornos_are_told
            awkward_codes_arrive_whole
            a_failed_month_fails_the_whole
        }
    };
    (@each $world:path, $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let world = $world().await;
                if let Err(failure) = $crate::conformance::erp::invoices::$case(&world).await {
                    panic!("{failure}");
                }
            }
        )+
    };
}
