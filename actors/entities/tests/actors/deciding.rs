//! What people decide about parcels: durable before they hear of it, and nothing that does not fit.

use vortex_domain::{
    attention::Code,
    order::{Decision, Errand, Event, Minting, ParcelEvent, ParcelStage},
};
use vortex_entities::OrderMsg;
use vortex_store::memory::CommitFault;

use crate::support::{SHIPPED, World, awb, cancelled, minted, order};

async fn refused() -> World {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    world.parcel_hears(ParcelEvent::Answered(Minting::Refused("streetLines: too long".to_owned()))).await;
    world
}

async fn undecided() -> World {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    world.parcel_hears(ParcelEvent::Answered(Minting::Unknown)).await;
    for time in 0..6 {
        world.pass(30_000 << time).await;
        world.parcel_hears(ParcelEvent::Found(Vec::new())).await;
    }
    assert_eq!(world.asked_about(SHIPPED).await, [Code::AwbUnknown]);
    world
}

/// F55: the courier refuses the parcel; somebody mends the cause and tries again.
#[tokio::test(start_paused = true)]
async fn a_refused_parcel_waits_until_somebody_tries_again() {
    let world = refused().await;
    assert_eq!(world.asked_about(SHIPPED).await, [Code::ParcelRefused]);
    assert_eq!((world.due(Errand::Ship).await, world.claim_parcel(None).await), (None, Ok(None)));
    assert_eq!(world.decided(SHIPPED, Decision::MintAgain).await, Ok(false), "it is not unknown");
    assert_eq!(world.decided(SHIPPED, Decision::Retry).await, Ok(true));
    assert_eq!(world.asked_about(SHIPPED).await, []);
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    assert_eq!(
        world.decided(SHIPPED, Decision::Retry).await,
        Ok(false),
        "nothing to retry while it is minted"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_parcel_is_minted_again_only_by_name() {
    let world = undecided().await;
    assert_eq!(world.decided(SHIPPED, Decision::Retry).await, Ok(false), "trying again is not safe here");
    assert_eq!(world.claim_parcel(None).await, Ok(None));
    assert_eq!(world.decided(SHIPPED, Decision::MintAgain).await, Ok(true));
    assert_eq!(world.asked_about(SHIPPED).await, []);
    assert!(world.claim_parcel(None).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_waybill_that_somebody_found_is_taken_over() {
    let world = undecided().await;
    let typed = Event::Parcel(1, ParcelEvent::Adopted(awb("777")));
    assert_eq!(world.person(typed.clone()).await, Ok(true));
    assert_eq!(world.person(typed).await, Ok(false), "once");
    assert_eq!(world.parcel().await.unwrap().tracking(), Some(&awb("777")));
    assert_eq!(world.asked_about(SHIPPED).await, []);
    assert!(world.due(Errand::Fulfil).await.is_some());
    assert_eq!(world.claim_parcel(None).await, Ok(None));
    assert_eq!(world.journal_of(SHIPPED).await[0], "waybill_typed_in");
}

/// A decision is heard when it is on disk, and is none when it cannot get there.
#[tokio::test(start_paused = true)]
async fn a_decision_is_heard_when_it_is_on_disk() {
    let world = refused().await;
    world.every_commit(CommitFault::Delay(5_000));
    let retry = Event::Decided(Decision::Retry);
    let mut asked =
        world.asking_order(SHIPPED, |reply| OrderMsg::Asked(retry, "token:ana".to_owned(), reply));
    world.pass(1_000).await;
    assert!(asked.is_open());
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Held { .. }));
    assert_eq!(asked.get().await, Ok(true));
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Waiting { .. }));

    let world = refused().await;
    world.every_commit(CommitFault::NotCommitted);
    assert!(world.decided(SHIPPED, Decision::Retry).await.is_err());
    world.no_faults();
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Held { .. }));
}

/// Surplus waybills, and those of a cancelled order, are told until somebody has seen to them, across restarts.
#[tokio::test(start_paused = true)]
async fn a_waybill_that_must_not_be_used_is_told_until_settled() {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    world.parcel_hears(minted("111")).await;
    world.parcel_hears(ParcelEvent::Found(vec![awb("222")])).await;
    assert_eq!(world.asked_about(SHIPPED).await, [Code::AwbAbandoned]);
    assert_eq!(world.decided(SHIPPED, Decision::ParcelsSettled).await, Ok(true));
    assert_eq!(world.asked_about(SHIPPED).await, []);
    let world = world.reborn().await;
    assert!(world.delivered(cancelled(order(SHIPPED, "A", 2))).await);
    let mut codes = world.asked_about(SHIPPED).await;
    codes.sort();
    assert_eq!(codes, [Code::CancelledAfterBooking, Code::AwbAbandoned], "the other one is news");
    let item = world.attention().await.into_iter().find(|item| item.code == Code::AwbAbandoned).unwrap();
    assert_eq!(item.params, ["222, 111"]);
    assert_eq!(world.due(Errand::Fulfil).await, None);
}

/// F59: about an order that nobody knows, nothing was decided.
#[tokio::test(start_paused = true)]
async fn an_unknown_order_is_not_decided_about() {
    let world = World::new().await;
    assert!(world.decided("o-404", Decision::Retry).await.is_err());
    assert!(world.order_row("o-404").await.is_none());
}
