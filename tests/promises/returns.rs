//! What comes back is counted once, whoever tells it (F32, F58, F60).

use rust_decimal::Decimal;
use vortex_domain::{
    Order,
    attention::Code,
    order::{Event, ReturnEntry, Witness},
};
use vortex_entities::Flow;
use vortex_simulators::cdon::Market;

use crate::story::Story;

fn entry(id: &str, witness: Witness, units: u32) -> Event {
    let (advised, received, scrapped, at_ms) = (units, units, 0, 0);
    Event::Returned(ReturnEntry { id: id.to_owned(), witness, advised, received, scrapped, at_ms })
}

async fn sent(story: &Story, quantity: u32) -> String {
    let order = story.booked_in(Market::Se, 0, quantity).await;
    story.invoice(&order);
    story.leaves(&order).await;
    order
}

/// Reads the order's invoices now, as a person may who does not want to wait for the daily look.
async fn look(story: &Story, order: &str) {
    let scope = vortex::flow::Scope { sku: None, order: order.parse().ok() };
    let report = story.handle().hub.run(Flow::Returns, scope).await.expect("the flow runs");
    assert_eq!(report.stopped, None);
}

/// R1: the courier brings it back, a person enters it twice, a report lists it, the clerk makes the storno: one return.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_that_everybody_reports_is_one() {
    let story = Story::begin().await;
    let order = sent(&story, 2).await;
    story.world.courier.return_to_sender(&story.awb(&order)).expect("it is minted");
    story.until_known(&order, &[Flow::Tracking], |order| order.returned().received == 2).await;
    assert!(story.told_of(&order).await.contains(&Code::ReturnOpen));
    assert!(story.asked(&order, entry("p", Witness::Person, 2)).await);
    assert!(!story.asked(&order, entry("p", Witness::Person, 2)).await, "the same report again");
    assert!(story.asked(&order, entry("r", Witness::Report, 2)).await);
    let open = story.known(&order).await.returned();
    assert_eq!((open.received, open.credited, open.is_reconciled()), (2, 0, false));
    story.world.erp.storno(story.document(&order).nr_doc, None).expect("it is invoiced");
    let done = story.until_known(&order, &[Flow::Invoices], |order| order.returned().is_reconciled()).await;
    let done = done.returned();
    assert_eq!((done.received, done.credited, done.restocked), (2, 2, 2));
    assert!(!story.told_of(&order).await.contains(&Code::ReturnOpen));
    let audit = story.settled().await;
    assert_eq!((audit.returns_reconciled, audit.returns_wrong), (1, 0));
    story.end().await;
}

/// R2: nobody gives back more than was sold, by one witness or in parts; a part is a part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partial_return_stays_one_and_more_than_sold_is_refused() {
    let story = Story::begin().await;
    let order = sent(&story, 3).await;
    assert!(!story.asked(&order, entry("all", Witness::Person, 4)).await, "more than was sold");
    assert!(story.asked(&order, entry("one", Witness::Person, 1)).await);
    assert!(
        !story.asked(&order, entry("rest", Witness::Person, 3)).await,
        "more than was sold, in two parts"
    );
    assert_eq!(story.known(&order).await.returned().received, 1);
    story.run_all(&[Flow::Returns]).await;
    story.world.erp.storno(story.document(&order).nr_doc, Some(Decimal::ONE)).expect("it is invoiced");
    story.until_known(&order, &[Flow::Returns], |order| order.returned().is_reconciled()).await;
    let figures = story.known(&order).await.returned();
    assert_eq!((figures.sold, figures.received, figures.credited), (3, 1, 1));
    // Two more come back later.
    assert!(story.asked(&order, entry("rest", Witness::Person, 2)).await);
    assert!(story.told_of(&order).await.contains(&Code::ReturnOpen));
    story.world.erp.storno(story.document(&order).nr_doc, None).expect("two are left");
    let whole = |order: &Order| order.returned().is_reconciled() && order.returned().credited == 3;
    story.until_known(&order, &[Flow::Returns], whole).await;
    story.settled().await;
    story.end().await;
}

/// A storno that nobody announced is a return all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storno_without_a_word_is_noticed() {
    let story = Story::begin().await;
    let order = sent(&story, 1).await;
    let storno = story.world.erp.storno(story.document(&order).nr_doc, None).expect("it is invoiced");
    look(&story, &order).await;
    let kept = |order: &Order| order.returned().is_reconciled() && order.billing.unkept().next().is_none();
    story.until_known(&order, &[Flow::Invoices], kept).await;
    assert!(story.kept(&order).await.contains(&story.printed(storno)), "the storno's file is kept too");
    assert_eq!(story.told_of(&order).await, []);
    let audit = story.settled().await;
    assert_eq!((audit.returns_reconciled, audit.invoices_archived), (1, 2));
    story.end().await;
}
