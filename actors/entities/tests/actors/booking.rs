//! An order's seams with the ERP: what leaves once, what is unknown, and what only a reading resolves (F01, F02).

use vortex_domain::{
    Stage,
    attention::Code,
    order::{Decision, Document, Errand, Hold, ImportAnswer},
};
use vortex_entities::OrderMsg;
use vortex_store::{
    memory::CommitFault,
    rows::{EffectKind, ReservationState},
};

use crate::support::{World, document, id, order};

async fn ready() -> World {
    let world = World::new().await;
    world.stocked("A", 3).await;
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world
}

#[tokio::test(start_paused = true)]
async fn only_one_of_two_who_ask_may_import() {
    let world = ready().await;
    let asks =
        [7, 8].map(|number| world.asking_order("o-1", move |reply| OrderMsg::Claim(document(number), reply)));
    let mut tasks = 0;
    for ask in asks {
        tasks += usize::from(ask.get().await.unwrap().is_some());
    }
    assert_eq!(tasks, 1);
    assert_eq!(world.order_row("o-1").await.unwrap().1.document.map(|document| document.number), Some(7));
}

/// Even that there is nothing to do rests on what is still on its way to disk.
#[tokio::test(start_paused = true)]
async fn who_asks_second_hears_nothing_before_the_first_intent_is_on_disk() {
    let world = ready().await;
    world.every_commit(CommitFault::Delay(5_000));
    let first = world.asking_order("o-1", |reply| OrderMsg::Claim(document(7), reply));
    let mut second = world.asking_order("o-1", |reply| OrderMsg::Claim(document(8), reply));
    world.pass(1_000).await;
    assert!(second.is_open());
    assert!(first.get().await.unwrap().is_some());
    assert_eq!(second.get().await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_document_keeps_its_number_and_follows_the_open_month() {
    let world = ready().await;
    let first = world.claim("o-1", 7).await.unwrap().expect("a task");
    assert_eq!(first.order.token, "CDON:o-1");
    world.answered("o-1", ImportAnswer::NotSent).await;
    assert_eq!(world.stage("o-1").await, Stage::Ready);

    let march = Document { date: jiff::civil::date(2026, 3, 1), ..document(8) };
    let second = world.directory.ask_order(&id("o-1"), |reply| OrderMsg::Claim(march, reply)).await.unwrap();
    let second = second.expect("a task").order.document;
    assert_eq!((second.number, second.date), (7, jiff::civil::date(2026, 3, 1)));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_while_sending_comes_back_in_doubt() {
    let world = ready().await;
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
    let world = world.reborn().await;
    assert!(matches!(world.stage("o-1").await, Stage::Sending { .. }), "as it died");

    assert_eq!(world.claim("o-1", 8).await, Ok(None), "never a second import on a guess");
    let row = world.order_row("o-1").await.unwrap().1;
    assert!(matches!(row.stage, Stage::Unknown { absent_ms: None, .. }), "{:?}", row.stage);
    assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await.len(), 1, "somebody will read");
    assert_eq!(world.reserved("A", "o-1").await, 1);

    // A late answer of the dead process's call changes nothing; missed once, nothing is sent either.
    world.answered("o-1", ImportAnswer::NotSent).await;
    world.pass(1).await;
    world.found("o-1", 0, 0).await;
    assert_eq!(world.claim("o-1", 8).await, Ok(None));
    assert_eq!(world.asked_about("o-1").await, [Code::OutcomeUnknown]);

    // Missed twice, the quiet interval apart: it is not there.
    world.pass(60_000).await;
    world.found("o-1", 0, 0).await;
    assert_eq!(world.asked_about("o-1").await, []);
    let task = world.claim("o-1", 9).await.unwrap().expect("a task");
    assert_eq!(task.order.document.number, 7, "the number it was given");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_import_that_is_found_is_booked_once_and_for_all() {
    let world = ready().await;
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
    world.answered("o-1", ImportAnswer::Unknown).await;
    world.pass(1).await;
    world.found("o-1", 1, 0).await;
    assert!(matches!(world.stage("o-1").await, Stage::Booked { copies: 1, .. }));
    assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await, []);
    assert_eq!(world.claim("o-1", 8).await, Ok(None));
    let rows = world.reservations("A").await;
    assert_eq!((rows.len(), rows[0].state), (1, ReservationState::Booked));
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_waits_with_its_units_and_a_person_may_try_again() {
    let world = ready().await;
    assert!(world.claim("o-1", 7).await.unwrap().is_some());
    let why = Hold { code: Code::ErpRefused, cause: "o-1".to_owned(), params: vec!["no".to_owned()] };
    world.answered("o-1", ImportAnswer::Refused(why)).await;
    assert_eq!(world.asked_about("o-1").await, [Code::ErpRefused]);
    assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await, []);
    assert_eq!(world.reserved("A", "o-1").await, 1);
    assert!(world.look_again("o-1").await);
    assert!(matches!(world.stage("o-1").await, Stage::Held { .. }), "too soon for another try");

    assert_eq!(world.decided("o-1", Decision::Retry).await, Ok(true));
    assert_eq!(world.asked_about("o-1").await, []);
    assert_eq!(world.claim("o-1", 8).await.unwrap().expect("a task").order.document.number, 7);
    assert_eq!(world.decided("o-1", Decision::Retry).await, Ok(false), "nothing to retry while it is sent");
}

#[tokio::test(start_paused = true)]
async fn a_vanished_document_that_is_created_again_holds_its_units_again() {
    let world = ready().await;
    world.book("o-1", 7).await;
    world.pass(1).await;
    assert!(world.stock("A", 2, world.now_ms()).await);
    assert_eq!(world.reservations("A").await, [], "the ERP holds them now");
    // A backup was restored: the document is gone, and with it the ERP's own reservation.
    world.missed_twice("o-1").await;
    assert_eq!(world.asked_about("o-1").await, [Code::DocumentVanished]);
    assert!(world.stock("A", 3, world.now_ms()).await);

    assert_eq!(world.decided("o-1", Decision::Recreate).await, Ok(true));
    assert_eq!(world.stage("o-1").await, Stage::Ready);
    world.idle().await;
    assert_eq!(world.held("A", "o-1").await.map(|units| units.qty), Some(1), "in memory");
    assert_eq!(world.reserved("A", "o-1").await, 1, "on disk");
    let world = world.reborn().await;
    assert_eq!(world.held("A", "o-1").await.map(|units| units.qty), Some(1), "after a restart");
}
