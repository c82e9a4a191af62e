//! Orders that are cancelled while they are shipped.

use vortex_domain::{ChannelState, Order, attention::Code, order::Event};
use vortex_entities::{Flow, engine::AttentionAction};
use vortex_simulators::{
    cdon::OrderState,
    faults::{FaultMode, FaultRule},
};

use crate::{
    sent::SHIP,
    story::{Story, until},
};

/// O6, F21: cancelled after the invoice and before the minting: nothing is minted, although nobody has read it yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_order_gets_no_waybill() {
    let story = Story::begin().await;
    let order = story.invoiced(0).await;
    story.world.channel.cancel_as_cdon(&order).expect("it can be cancelled");
    story.run_all(&SHIP).await;
    story.until_known(&order, &SHIP, Order::cancelled).await;
    assert_eq!(story.waybills(&order).len(), 0);
    assert_eq!(story.told_of(&order).await, [Code::CancelledAfterBooking]);
    // The clerk takes it back, and nothing is left of it.
    story.world.erp.storno(story.document(&order).nr_doc, None).expect("it is invoiced");
    story.until_known(&order, &[Flow::Invoices], |order| order.stage.is_closed()).await;
    story.nobody_is_told(Code::CancelledAfterBooking).await;
    let audit = story.settled().await;
    assert_eq!((audit.awbs, story.told_of(&order).await.len()), (0, 0));
    story.end().await;
}

/// A4, F21: cancelled while the request is on its way to DHL: the waybill is named to a person, the channel is told of none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waybill_minted_for_a_cancelled_order_is_abandoned() {
    let story = Story::begin().await;
    let slow = FaultMode::CommitThenSlow { ms: 1_500 };
    story.world.courier.faults().set(vec![FaultRule::next(1, "POST */shipments", slow)]);
    let order = story.invoiced(0).await;
    story.run(Flow::Invoices).await;
    until("DHL is asked", || story.world.courier.faults().injected() > 0).await;
    story.world.channel.cancel_as_cdon(&order).expect("it can be cancelled");
    story.read_order(&order).await;
    story.until_known(&order, &SHIP, |order| !order.spare_waybills().is_empty()).await;
    let told = story.told_of(&order).await;
    assert!(told.contains(&Code::AwbAbandoned) && told.contains(&Code::CancelledAfterBooking), "{told:?}");
    assert_eq!(story.item(Code::AwbAbandoned).await.params, [story.awb(&order)]);
    assert_eq!(story.world.channel.log().count("fulfil"), 0);
    story.act(Code::AwbAbandoned, AttentionAction::Settled).await;
    story.world.erp.storno(story.document(&order).nr_doc, None).expect("it is invoiced");
    story.until_known(&order, &[Flow::Invoices], |order| order.stage.is_closed()).await;
    assert_eq!(story.told_of(&order).await, []);
    story.settled().await;
    story.end().await;
}

/// A person cancels through us: CDON is told once, nothing is minted meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_cancels_on_the_channel() {
    let story = Story::begin().await;
    story.world.channel.faults().set(vec![FaultRule::next(1, "/cancel", FaultMode::CommitThenDrop)]);
    let order = story.invoiced(0).await;
    assert!(story.asked(&order, Event::CancelAsked("out of stock".to_owned())).await);
    story.until_known(&order, &[Flow::Invoices, Flow::Shipping, Flow::Commands], Order::cancelled).await;
    assert_eq!(story.order(&order).state, OrderState::NotFulfilled);
    assert_eq!((story.waybills(&order).len(), story.world.channel.log().count("order_cancelled")), (0, 1));
    assert_eq!(story.told_of(&order).await, [Code::CancelledAfterBooking]);
    story.end().await;
}

/// cdon.md 12.8: an accepted order is not cancelled: the person is told, and may ship it after all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_order_cannot_be_cancelled_and_can_still_be_shipped() {
    let story = Story::begin().await;
    let order = story.invoiced(0).await;
    // Accepted in the back office, which we have not read when the person clicks.
    story.world.channel.set_state(&order, OrderState::Accepted).expect("the back office may");
    assert!(story.asked(&order, Event::CancelAsked("changed my mind".to_owned())).await);
    let seen = |order: &Order| order.channel.state == ChannelState::Accepted;
    story.until_known(&order, &[Flow::Commands], seen).await;
    story.run_all(&SHIP).await;
    assert_eq!(story.told_of(&order).await, [Code::CancelRefused]);
    assert_eq!(story.waybills(&order).len(), 0, "it is shipped although it should be cancelled");
    assert!(story.asked(&order, Event::ShippingAsked).await);
    story.leaves(&order).await;
    assert_eq!(story.told_of(&order).await, []);
    story.settled().await;
    story.end().await;
}
