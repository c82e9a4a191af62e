//! A parcel's waybill: asked for once, its intent on disk before, its answer and label together after (promise 5; F49, F50).

use vortex_domain::order::{Errand, Event, Minting, ParcelEvent, ParcelStage};
use vortex_entities::OrderMsg;
use vortex_store::{memory::CommitFault, rows::Write};

use crate::support::{SHIPPED, World, awb, cancelled, label, minted, order};

const WAIT_MS: i64 = 30_000;

/// Looks up in vain, each time when it is due.
async fn looked_up_in_vain(world: &World, times: u32) {
    for time in 0..times {
        world.pass((WAIT_MS << time).unsigned_abs()).await;
        world.parcel_hears(ParcelEvent::Found(Vec::new())).await;
    }
}

fn is_order(write: &Write) -> bool {
    matches!(write, Write::Order(_))
}

fn is_file(write: &Write) -> bool {
    matches!(write, Write::File(_))
}

#[tokio::test(start_paused = true)]
async fn a_minting_may_start_only_when_its_intent_is_on_disk() {
    let world = World::to_ship().await;
    world.every_commit(CommitFault::Delay(5_000));
    let mut task = world.asking_order(SHIPPED, |reply| OrderMsg::ClaimParcel(None, reply));
    world.pass(1_000).await;
    assert_eq!(world.parcel().await, None, "the commit is still on its way");
    assert!(task.is_open(), "no task before the intent is durable");

    let task = task.get().await.unwrap().expect("a task");
    assert_eq!((task.number, task.parcel.reference.as_str()), (1, "o-1-1"));
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Minting { .. }));
}

#[tokio::test(start_paused = true)]
async fn an_intent_that_was_refused_was_none() {
    for fault in [CommitFault::NotCommitted, CommitFault::UnknownLost] {
        let world = World::to_ship().await;
        world.next_commit(is_order, fault);
        assert!(world.claim_parcel(None).await.is_err(), "{fault:?}: nobody may mint");
        assert_eq!(world.parcel().await, None);
        world.idle().await;
        assert!(world.claim_parcel(None).await.unwrap().is_some(), "{fault:?}: and then somebody may");
    }
}

/// The intent is on disk and nobody has heard of it: nothing was sent, but who knows.
#[tokio::test(start_paused = true)]
async fn an_intent_that_nobody_is_sure_of_is_looked_up() {
    let world = World::to_ship().await;
    world.next_commit(is_order, CommitFault::UnknownCommitted);
    assert!(world.claim_parcel(None).await.is_err());
    world.idle().await;
    assert_eq!(world.claim_parcel(None).await, Ok(None), "never minted on a guess");
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Unknown { missed: 0, .. }));
}

/// F50: two dispatches in parallel.
#[tokio::test(start_paused = true)]
async fn only_one_of_two_who_ask_may_mint() {
    let world = World::to_ship().await;
    let asks = [(), ()].map(|()| world.asking_order(SHIPPED, |reply| OrderMsg::ClaimParcel(None, reply)));
    let mut tasks = 0;
    for ask in asks {
        tasks += usize::from(ask.get().await.unwrap().is_some());
    }
    assert_eq!(tasks, 1);
}

#[tokio::test(start_paused = true)]
async fn who_asks_second_hears_nothing_before_the_first_intent_is_on_disk() {
    let world = World::to_ship().await;
    world.every_commit(CommitFault::Delay(5_000));
    let first = world.asking_order(SHIPPED, |reply| OrderMsg::ClaimParcel(None, reply));
    let mut second = world.asking_order(SHIPPED, |reply| OrderMsg::ClaimParcel(None, reply));
    world.pass(1_000).await;
    assert!(second.is_open());
    assert!(first.get().await.unwrap().is_some());
    assert_eq!(second.get().await, Ok(None));
}

/// F21: the cancellation came first, by the channel or by a person.
#[tokio::test(start_paused = true)]
async fn a_cancelled_order_is_not_minted() {
    let world = World::to_ship().await;
    assert!(world.delivered(cancelled(order(SHIPPED, "A", 2))).await);
    assert_eq!(world.claim_parcel(None).await, Ok(None));
    assert_eq!((world.parcel().await, world.due(Errand::Ship).await), (None, None));

    let world = World::to_ship().await;
    assert_eq!(world.person(Event::CancelAsked("sold out".to_owned())).await, Ok(true));
    assert_eq!(world.claim_parcel(None).await, Ok(None));
    assert_eq!(world.parcel().await, None);
}

/// F49: the process dies with the request on the wire. It is looked up until a person decides, and never minted by itself.
#[tokio::test(start_paused = true)]
async fn a_minting_that_was_on_the_wire_is_looked_up_and_never_minted_again() {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    let world = world.reborn().await;
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Minting { .. }), "as it died");

    assert_eq!(world.claim_parcel(None).await, Ok(None));
    let ParcelStage::Unknown { look_ms, .. } = world.parcel().await.unwrap().stage else {
        panic!("looked up")
    };
    assert_eq!(world.due(Errand::Ship).await, Some(look_ms), "somebody will look");
    for time in 0..6 {
        assert_eq!(world.claim_parcel(None).await, Ok(None));
        assert_eq!(world.asked_about(SHIPPED).await, []);
        world.pass((WAIT_MS << time).unsigned_abs()).await;
        world.parcel_hears(ParcelEvent::Found(Vec::new())).await;
    }
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Undecided { .. }));
    assert_eq!(world.asked_about(SHIPPED).await, [vortex_domain::attention::Code::AwbUnknown]);
    assert_eq!((world.claim_parcel(None).await, world.due(Errand::Ship).await), (Ok(None), None));
}

#[tokio::test(start_paused = true)]
async fn what_the_courier_shows_is_taken_over() {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    world.parcel_hears(ParcelEvent::Answered(Minting::Unknown)).await;
    looked_up_in_vain(&world, 1).await;
    world.parcel_hears(ParcelEvent::Found(vec![awb("111"), awb("222")])).await;
    let parcel = world.parcel().await.unwrap();
    assert_eq!((parcel.tracking(), &*parcel.abandoned), (Some(&awb("111")), &[awb("222")][..]));
    assert_eq!(world.claim_parcel(None).await, Ok(None));
}

/// A number that was reserved before the request left is sent again, and no other.
#[tokio::test(start_paused = true)]
async fn a_reserved_number_is_sent_again() {
    let world = World::to_ship().await;
    let task = world.claim_parcel(Some("R1")).await.unwrap().expect("a task");
    assert_eq!(task.parcel.reserved.as_deref(), Some("R1"));
    let world = world.reborn().await;
    assert_eq!(world.claim_parcel(Some("R2")).await, Ok(None));
    looked_up_in_vain(&world, 6).await;
    let again = world.claim_parcel(Some("R3")).await.unwrap().expect("a task");
    assert_eq!(again.parcel.reserved.as_deref(), Some("R1"));
}

/// F55: a waybill without its label, or a label without its waybill, is never on disk.
#[tokio::test(start_paused = true)]
async fn a_waybill_and_its_label_are_one_change() {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    assert!(world.kept(Event::Parcel(1, minted("111")), vec![label(b"label")]).await);
    let changes = world.store.changes();
    let change = changes.iter().find(|change| change.iter().any(is_file)).expect("a change with the label");
    let minted = |write: &Write| matches!(write, Write::Order(row) if row.state.parcels[0].tracking() == Some(&awb("111")));
    assert!(change.iter().any(minted), "{change:?}");
    assert_eq!(world.files().await, [label(b"label").entry]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_answer_leaves_no_label_and_is_looked_up() {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    world.next_commit(is_file, CommitFault::NotCommitted);
    assert!(!world.kept(Event::Parcel(1, minted("111")), vec![label(b"label")]).await, "nobody is told");
    world.idle().await;
    assert_eq!(world.files().await, []);
    assert_eq!(world.claim_parcel(None).await, Ok(None));
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Unknown { .. }));
}

/// The answer to a call of the actor's earlier life.
#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_a_restart_still_counts() {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    let world = world.reborn().await;
    assert!(world.kept(Event::Parcel(1, minted("111")), vec![label(b"label")]).await);
    let parcel = world.parcel().await.unwrap();
    assert!(
        matches!(&parcel.stage, ParcelStage::Minted { tracking, labelled: true, .. } if *tracking == awb("111"))
    );
    assert_eq!((parcel.abandoned, world.files().await.len()), (vec![], 1));

    // A refusal or "not sent" of the time before proves nothing any more.
    for late in [Minting::NotSent, Minting::Refused("address".to_owned())] {
        let world = World::to_ship().await;
        assert!(world.claim_parcel(None).await.unwrap().is_some());
        let world = world.reborn().await;
        world.parcel_hears(ParcelEvent::Answered(late)).await;
        assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Unknown { .. }));
        assert_eq!(world.claim_parcel(None).await, Ok(None));
    }
}

#[tokio::test(start_paused = true)]
async fn what_surely_never_left_is_minted_at_the_next_try() {
    let world = World::to_ship().await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    world.parcel_hears(ParcelEvent::Answered(Minting::NotSent)).await;
    assert!(world.due(Errand::Ship).await.is_some_and(|due_ms| due_ms <= world.now_ms()));
    assert!(world.claim_parcel(None).await.unwrap().is_some());
}
