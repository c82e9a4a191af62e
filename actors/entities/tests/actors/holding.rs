//! A new order takes its units in one change, once, and the last unit goes to one order (F03, F05, F26).

use vortex_domain::{
    Stage,
    attention::{Code, Subject},
    order::Errand,
    sku::HeldUnits,
};
use vortex_entities::{OrderMsg, seams::gather};
use vortex_store::rows::{EffectKind, ReservationState, Write};

use crate::support::{World, article, id, order, short_of, within};

fn concerns(write: &Write, name: &str) -> bool {
    match write {
        Write::Order(row) => row.state.id == id(name),
        Write::Reservation(row) => row.order == id(name),
        Write::Effect(row) => row.key == name,
        Write::EffectDone(_, _, key) => key == name,
        Write::InboxDone(_, _, event) => event.starts_with(name),
        Write::Journal(row) => row.subject == Subject::Order(id(name)),
        Write::Raise(_, raise, _) => raise.subject == Subject::Order(id(name)),
        _ => false,
    }
}

/// The changes that say anything about the order; each with what it says.
fn said_of(world: &World, name: &str) -> Vec<Vec<Write>> {
    let about =
        |change: Vec<Write>| change.into_iter().filter(|write| concerns(write, name)).collect::<Vec<_>>();
    world.store.changes().into_iter().map(about).filter(|change: &Vec<Write>| !change.is_empty()).collect()
}

#[tokio::test(start_paused = true)]
async fn order_reservation_effect_journal_and_inbox_are_one_change() {
    let world = World::new().await;
    world.stocked("A", 3).await;
    assert!(world.delivered(order("o-1", "A", 2)).await);
    world.idle().await;

    let said = said_of(&world, "o-1");
    assert_eq!(said.len(), 1, "one change, not {said:#?}");
    let change = &said[0];
    let has = |what: &str, fits: fn(&Write) -> bool| {
        assert_eq!(change.iter().filter(|write| fits(write)).count(), 1, "{what} in {change:#?}");
    };
    has(
        "the order",
        |w| matches!(w, Write::Order(row) if row.version == 1 && row.state.stage == Stage::Ready),
    );
    has(
        "its units",
        |w| matches!(w, Write::Reservation(row) if row.qty == 2 && row.state == ReservationState::Open),
    );
    has(
        "the wish to book it",
        |w| matches!(w, Write::Effect(row) if row.kind == EffectKind::Order(Errand::Book)),
    );
    has(
        "the entry",
        |w| matches!(w, Write::Journal(row) if row.cause == "order_delivered" && row.actor == "channel"),
    );
    has("the event", |w| matches!(w, Write::InboxDone(..)));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_came_short_holds_its_units_and_asks_a_person_in_one_change() {
    let world = World::new().await;
    world.stocked("A", 1).await;
    assert!(world.delivered(order("o-1", "A", 2)).await);
    world.idle().await;

    let said = said_of(&world, "o-1");
    assert_eq!(said.len(), 1, "one change, not {said:#?}");
    let count = |fits: fn(&Write) -> bool| said[0].iter().filter(|write| fits(write)).count();
    assert_eq!(count(|w| matches!(w, Write::Order(_))), 1);
    assert_eq!(count(|w| matches!(w, Write::Reservation(row) if row.qty == 2)), 1, "held although not there");
    assert_eq!(count(|w| matches!(w, Write::Raise(_, raise, _) if raise.code == Code::StockShort)), 1);
    assert_eq!(count(|w| matches!(w, Write::InboxDone(..))), 1);
    assert_eq!(
        count(|w| matches!(w, Write::Effect(row) if row.kind == EffectKind::Order(Errand::Book))),
        0,
        "nothing to book yet"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_unit_goes_to_one_of_two_orders_and_later_stock_frees_the_other() {
    for process_dies in [false, true] {
        let mut world = World::new().await;
        world.stocked("A", 1).await;
        let wave = ["o-1", "o-2"].map(|name| (id(name), world.delivery(order(name, "A", 1))));
        let done = within(gather(|acks| {
            let messages = wave.map(|(id, delivery)| (id, OrderMsg::Delivered(delivery, acks.clone())));
            world.directory.to_orders(messages.into());
        }))
        .await;
        assert_eq!(done.len(), 2, "an order is a fact: both are taken");

        let stages = [world.stage("o-1").await, world.stage("o-2").await];
        let ready = stages.iter().filter(|stage| **stage == Stage::Ready).count();
        assert_eq!(ready, 1, "{stages:?}");
        let (winner, short) = if stages[0] == Stage::Ready { ("o-1", "o-2") } else { ("o-2", "o-1") };
        assert_eq!(short_of(&world.stage(short).await), Some(vec!["A", "1", "0"]));
        let items = world.attention().await;
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].params, ["A", "1", "0"], "article, ordered, available");
        assert_eq!(items[0].subjects, [Subject::Order(id(short))]);
        assert_eq!(world.reserved("A", "o-1").await + world.reserved("A", "o-2").await, 2, "never refused");

        if process_dies {
            world = world.reborn().await;
        }
        assert!(world.look_again(short).await);
        assert!(short_of(&world.stage(short).await).is_some(), "nothing has changed");
        world.pass(10).await;
        assert!(world.stock("A", 2, world.now_ms()).await);
        assert!(world.look_again(short).await);
        assert_eq!(world.stage(short).await, Stage::Ready);
        assert_eq!(world.stage(winner).await, Stage::Ready);
        assert_eq!(world.attention().await, []);
        assert_eq!(world.effects(EffectKind::Order(Errand::Book)).await.len(), 2);
    }
}

/// Two short orders must not starve each other when stock for one of them arrives, nor may both take it.
#[tokio::test(start_paused = true)]
async fn one_unit_that_arrives_frees_exactly_one_of_two_short_orders() {
    for process_dies in [false, true] {
        let mut world = World::new().await;
        world.stocked("A", 0).await;
        assert!(world.delivered(order("o-1", "A", 1)).await);
        world.pass(5).await;
        assert!(world.delivered(order("o-2", "A", 1)).await);
        assert_eq!(world.attention().await[0].blocked, 2);
        world.pass(10).await;
        if process_dies {
            world = world.reborn().await;
        }
        assert!(world.stock("A", 1, world.now_ms()).await);
        world.idle().await;
        for name in ["o-1", "o-2"] {
            assert!(world.look_again(name).await);
            world.idle().await;
        }
        assert_eq!(world.stage("o-1").await, Stage::Ready, "the first who asks, for the other is short too");
        assert_eq!(short_of(&world.stage("o-2").await), Some(vec!["A", "1", "0"]), "but not both");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_order_ten_times_in_one_wave_is_taken_once() {
    for times in [2, 10] {
        let world = World::new().await;
        world.stocked("A", 1).await;
        let done = within(gather(|acks| {
            let one = || OrderMsg::Delivered(world.delivery(order("o-1", "A", 1)), acks.clone());
            world.directory.to_orders((0..times).map(|_| (id("o-1"), one())).collect());
        }))
        .await;
        assert_eq!(done.len(), times, "each may forget it");
        world.idle().await;

        assert_eq!(world.order_row("o-1").await.expect("a row").0, 1, "written once");
        let count =
            |fits: fn(&Write) -> bool| world.store.changes().iter().flatten().filter(|w| fits(w)).count();
        assert_eq!(count(|w| matches!(w, Write::Reservation(_))), 1);
        assert_eq!(
            count(|w| matches!(w, Write::Effect(row) if row.kind == EffectKind::Order(Errand::Book))),
            1
        );
        let held = world.held("A", "o-1").await;
        assert_eq!(held, Some(HeldUnits { qty: 1, booked_ms: None, short: false }));
        assert_eq!(world.stage("o-1").await, Stage::Ready, "it does not take its own unit from itself");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_for_an_unknown_article_waits_until_it_appears() {
    let world = World::new().await;
    assert!(world.delivered(order("o-1", "NEW", 1)).await);
    assert_eq!(world.asked_about("o-1").await, [Code::UnknownArticle]);
    assert_eq!(world.reserved("NEW", "o-1").await, 1, "held for when it appears");

    world.stocked("NEW", 1).await;
    assert!(world.look_again("o-1").await);
    assert_eq!(world.stage("o-1").await, Stage::Ready);
    assert_eq!(world.attention().await, []);
}

/// The ERP's own price only splits a bundle; whatever it says, the buyer's order goes on.
#[tokio::test(start_paused = true)]
async fn a_price_beyond_all_measure_breaks_nobody() {
    let world = World::new().await;
    let dear = vortex_domain::ErpArticle { price_net: Some(rust_decimal::Decimal::MAX), ..article("A") };
    world.catalogued(dear).await;
    assert!(world.stock("A", 5, world.now_ms()).await);
    assert!(world.delivered(order("o-1", "A", 2)).await);
    assert_eq!(world.stage("o-1").await, Stage::Ready);
}
