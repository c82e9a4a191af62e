//! What comes back is counted once, whoever tells it (F32, F58, F60).

use rust_decimal::Decimal;
use vortex_domain::{
    Order,
    attention::Code,
    order::{Event, ReturnEntry, Witness},
};
use vortex_entities::Flow;
use vortex_simulators::{
    cdon::{Market, OrderState},
    faults::{FaultMode, FaultRule},
};

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

/// A storno that nobody announced is noticed in the reading that all orders share, although the order's own look is days away;
/// also when it only names the invoice, and when the engine has just started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storno_without_a_word_is_noticed() {
    let mut story = Story::begin().await;
    let bare = |story: &Story, bare: bool| {
        story.world.erp.update_options(|options| {
            options.copy_remark_to_invoice = !bare;
            options.order_number_on_stornos = !bare;
        });
    };
    let kept = |order: &Order| order.returned().is_reconciled() && order.billing.unkept().next().is_none();
    let mut stornos = Vec::new();
    for (nth, names_the_invoice_only) in [(0, false), (1, true), (2, true)] {
        let order = story.booked_in(Market::Se, nth, 1).await;
        story.invoice(&order);
        story.leaves(&order).await;
        story.until_known(&order, &[Flow::Invoices], |order| order.billing.unkept().next().is_none()).await;
        // Everything is as everybody knows it.
        story.run(Flow::Invoices).await;
        bare(&story, names_the_invoice_only);
        let storno = story.world.erp.storno(story.document(&order).nr_doc, None).expect("it is invoiced");
        if nth == 2 {
            story = story.restart().await;
        }
        story.until_known(&order, &[Flow::Invoices], kept).await;
        bare(&story, false);
        assert!(story.kept(&order).await.contains(&story.printed(storno)), "the storno's file is kept too");
        assert_eq!(story.told_of(&order).await, []);
        stornos.push(storno);
    }
    let audit = story.settled().await;
    assert_eq!((audit.returns_reconciled, audit.invoices_archived), (3, 6));
    story.end().await;
}

/// One reading serves everybody: nobody's sales are read once more because they are watched, and none at all when nothing is due.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_for_stornos_costs_no_call_per_order() {
    let story = Story::begin().await;
    story.apply(|file, _| file.replace("look_every_s = 1", "look_every_s = 3600")).await;
    let mut orders = Vec::new();
    for nth in 0..4 {
        let order = story.invoiced(nth).await;
        story.leaves(&order).await;
        orders.push(order);
    }
    let slow = || FaultRule::always("vanzari", FaultMode::Slow { ms: 0 });
    story.world.erp.faults().set(vec![slow()]);
    let readings = || story.world.erp.faults().injected();
    let before = readings();
    for _ in 0..3 {
        story.run(Flow::Invoices).await;
    }
    assert_eq!(readings(), before, "it is not their time");
    story.end().await;
}

/// The channel takes a sale back after it was fulfilled: the sweep of the closed lists sees it, without asking for any order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_that_the_channel_takes_back_is_noticed() {
    let story = Story::begin().await;
    let order = sent(&story, 1).await;
    story.world.channel.set_state(&order, OrderState::NotFulfilled).expect("the back office may");
    let sweep_now = async || {
        let database = &story.world.node.store;
        database.set_cursor(&story.vendor(), "orders.swept", "0").await.expect("the cursor is set");
        story.run(Flow::Orders).await;
    };
    // Whoever asks for it by name is counted.
    let by_name = FaultRule::always(&format!("orders/{order}"), FaultMode::Slow { ms: 0 });
    story.world.channel.faults().set(vec![by_name]);
    story.run(Flow::Orders).await;
    assert!(!story.known(&order).await.returns.reversed, "it is not time for the closed lists");
    sweep_now().await;
    let known = story.known(&order).await;
    assert!(known.returns.reversed, "{:?}", known.summary());
    assert_eq!(known.returned().advised, 1);
    assert_eq!(known.channel.state, vortex_domain::ChannelState::Fulfilled, "what was final stays so");
    assert_eq!(story.world.channel.faults().injected(), 0, "it was asked for by itself");
    story.world.channel.faults().clear();
    assert_eq!(story.told_of(&order).await, [Code::SaleReversed]);
    // The clerk takes the invoice back, and nothing is left to do.
    story.world.erp.storno(story.document(&order).nr_doc, None).expect("it is invoiced");
    story.until_known(&order, &[Flow::Invoices], |order| order.returned().is_reconciled()).await;
    assert_eq!(story.told_of(&order).await, []);
    story.end().await;
}
