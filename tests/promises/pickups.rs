//! Collections at the shipper's door: ordered once, for the parcels that wait, whatever DHL answers.

use std::collections::BTreeSet;

use jiff::{ToSpan as _, civil::time};
use vortex_domain::{
    Pickup, PickupId, attention::Code, order::Errand, pickup::PickupEvent, sales::business_date,
};
use vortex_entities::{
    Flow,
    engine::AttentionAction,
    pickup::{PickupStep, wish},
};
use vortex_simulators::{
    cdon::Market,
    faults::{FaultMode, FaultRule},
};
use vortex_store::{Change, Store as _, rows::EffectKind};

use crate::story::Story;

const ORDER: &str = "POST */pickups";
const CANCEL: &str = "DELETE */pickups*";

impl Story {
    /// A person asks for a collection of tomorrow.
    async fn ask_for_the_van(&self, number: u32) -> PickupId {
        let seams = &self.world.node.seams;
        let now_ms = seams.clock.now_ms();
        let day = business_date(now_ms).saturating_add(1.day());
        let id = PickupId::new(format!("{day}-{number:02}")).expect("an id");
        let pickup =
            Pickup::asked(id.clone(), day, time(15, 0, 0, 0), time(18, 0, 0, 0), "rampa 2".to_owned());
        let vendor = self.vendor();
        let step = PickupStep {
            vendor: &vendor,
            before: None,
            after: &pickup,
            cause: "person_asks",
            who: "token:story",
            now_ms,
        };
        seams.journal.write(Change::of(step.writes())).await.expect("it is written");
        id
    }

    /// A person says something about it, and the flow takes it up.
    async fn say_of_the_van(&self, id: &PickupId, event: PickupEvent) -> Pickup {
        let seams = &self.world.node.seams;
        let (nonce, now_ms) = (seams.entropy.next_u64(), seams.clock.now_ms());
        let write = wish(&self.vendor(), id, event, "token:story", nonce, now_ms);
        seams.journal.write(Change::of(vec![write])).await.expect("it is written");
        self.run(Flow::Pickups).await;
        self.pickup(id).await
    }

    async fn pickup(&self, id: &PickupId) -> Pickup {
        let found = self.world.node.store.pickup(&self.vendor(), id).await.expect("it can be read");
        found.expect("the collection").1
    }

    /// Runs the flow until the collection is in this stage: after a 429, DHL is left alone for a while.
    async fn until_pickup(&self, id: &PickupId, stage: &str) {
        let limit = tokio::time::Instant::now() + crate::story::LIMIT;
        while self.pickup(id).await.stage.name() != stage {
            assert!(tokio::time::Instant::now() < limit, "not {stage} within a minute");
            self.run(Flow::Pickups).await;
            crate::story::pause().await;
        }
    }

    /// What DHL was asked to collect and has not cancelled: the waybills of each visit.
    fn visits(&self) -> Vec<BTreeSet<String>> {
        let pickups = self.world.courier.pickups();
        assert_eq!(pickups.iter().flat_map(|pickup| &pickup.flags).collect::<Vec<_>>(), [""; 0]);
        let open = pickups.into_iter().filter(|pickup| pickup.cancelled_ms.is_none());
        open.map(|pickup| pickup.awbs.into_iter().collect()).collect()
    }

    /// An order that has its waybill.
    async fn minted(&self, market: Market, nth: usize) -> String {
        let order = self.booked_in(market, nth, 1).await;
        self.invoice(&order);
        self.leaves(&order).await;
        self.awb(&order)
    }
}

fn all(awbs: &[&String]) -> BTreeSet<String> {
    awbs.iter().map(|awb| (*awb).clone()).collect()
}

/// The van takes along what waits, each parcel once, named as it was minted, to Norway and inside the union.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_van_takes_along_what_waits() {
    let story = Story::begin().await;
    let (sweden, norway) = (story.minted(Market::Se, 0).await, story.minted(Market::No, 1).await);
    let collected = story.minted(Market::Se, 2).await;
    story.world.courier.journey(&collected, &["PU"]).expect("it is minted");
    story.until_known(&story.order_of(&collected), &[Flow::Tracking], |o| o.parcels[0].collected()).await;
    let first = story.ask_for_the_van(1).await;
    assert_eq!(story.run(Flow::Pickups).await.stopped, None);
    let ordered = story.pickup(&first).await;
    assert_eq!(ordered.stage.name(), "ordered");
    assert_eq!(story.visits(), [all(&[&sweden, &norway])]);

    // Another one of that day takes what has come since, and nothing twice.
    let denmark = story.minted(Market::Dk, 3).await;
    story.ask_for_the_van(2).await;
    story.run(Flow::Pickups).await;
    assert_eq!(story.visits(), [all(&[&sweden, &norway]), all(&[&denmark])]);
    // And when nothing waits, nobody is sent.
    let third = story.ask_for_the_van(3).await;
    story.run(Flow::Pickups).await;
    assert_eq!(story.pickup(&third).await.stage.name(), "refused");
    assert_eq!(story.visits().len(), 2);
    story.act(Code::PickupRefused, AttentionAction::Settled).await;
    story.nobody_is_told(Code::PickupRefused).await;

    // Cancelled, its parcels wait again.
    assert_eq!(story.say_of_the_van(&first, PickupEvent::CancelAsked).await.stage.name(), "cancelled");
    story.ask_for_the_van(4).await;
    story.run(Flow::Pickups).await;
    assert_eq!(story.visits(), [all(&[&denmark]), all(&[&sweden, &norway])]);
    // Scanned, they wait no longer.
    for awb in [&sweden, &norway, &denmark] {
        story.world.courier.journey(awb, &["PU"]).expect("it is minted");
        story.until_known(&story.order_of(awb), &[Flow::Tracking], |o| o.parcels[0].collected()).await;
    }
    let kind = EffectKind::Order(Errand::Collect);
    let waiting = story.world.node.store.due_effects(&story.vendor(), kind, i64::MAX, 10).await;
    assert_eq!(waiting.expect("effects can be read"), []);
    story.settled().await;
    story.end().await;
}

/// Promises 5 and 8: a lost answer is for a person, whatever the van does; nothing is ordered a second time by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_collection_is_for_a_person() {
    let story = Story::begin().await;
    let awb = story.minted(Market::Se, 0).await;
    for (number, mode, really) in [
        (1, FaultMode::CommitThenDrop, true),
        (2, FaultMode::CommitThenStatus { code: 500 }, true),
        (3, FaultMode::Drop, false),
    ] {
        story.world.courier.faults().set(vec![FaultRule::next(1, ORDER, mode)]);
        let id = story.ask_for_the_van(number).await;
        story.run(Flow::Pickups).await;
        story.world.courier.faults().clear();
        for _ in 0..3 {
            story.run(Flow::Pickups).await;
        }
        assert_eq!(story.pickup(&id).await.stage.name(), "unknown");
        assert_eq!(story.item(Code::PickupUnknown).await.cause, id.to_string());
        let visits = story.visits();
        assert_eq!(visits.len(), usize::from(really), "{visits:?}");
        // Meanwhile no other van is sent for these parcels: it may come.
        let other = story.ask_for_the_van(number + 10).await;
        story.run(Flow::Pickups).await;
        assert_eq!(story.pickup(&other).await.stage.name(), "refused");
        story.act(Code::PickupRefused, AttentionAction::Settled).await;
        if really {
            let confirmation = story.world.courier.pickups().last().expect("a visit").confirmation.clone();
            let confirmed = story.say_of_the_van(&id, PickupEvent::Confirmed(confirmation)).await;
            assert_eq!(confirmed.stage.name(), "ordered");
            // So that the next one has something to take along.
            story.say_of_the_van(&id, PickupEvent::CancelAsked).await;
        } else {
            story.act(Code::PickupUnknown, AttentionAction::Settled).await;
        }
        story.nobody_is_told(Code::PickupUnknown).await;
        assert_eq!(story.visits(), [], "the collection is not cancelled");
    }
    story.ask_for_the_van(4).await;
    story.run(Flow::Pickups).await;
    assert_eq!(story.visits(), [all(&[&awb])]);
    story.settled().await;
    story.end().await;
}

/// A refusal says why; what surely never left goes again by itself; a cancellation is said until it is heard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_goes_on_when_dhl_answers_again() {
    let story = Story::begin().await;
    let awb = story.minted(Market::Se, 0).await;
    let wait = FaultMode::Status { code: 429, retry_after_s: None, html: false };
    story.world.courier.faults().set(vec![FaultRule::next(1, ORDER, wait)]);
    let id = story.ask_for_the_van(1).await;
    assert!(story.run(Flow::Pickups).await.stopped.is_some());
    assert_eq!(story.pickup(&id).await.stage.name(), "asked");
    story.world.courier.faults().clear();
    story.until_pickup(&id, "ordered").await;
    assert_eq!(story.visits(), [all(&[&awb])]);

    let lost = FaultMode::CommitThenDrop;
    story.world.courier.faults().set(vec![FaultRule::next(1, CANCEL, lost)]);
    assert_eq!(story.say_of_the_van(&id, PickupEvent::CancelAsked).await.stage.name(), "cancelling");
    story.until_pickup(&id, "cancelled").await;
    assert_eq!(story.visits(), []);

    story.world.courier.update_options(|o| o.blocked_accounts = ["123456789".to_owned()].into());
    let refused = story.ask_for_the_van(2).await;
    story.until_pickup(&refused, "refused").await;
    let why = &story.item(Code::PickupRefused).await.params[1];
    assert!(why.contains("8003") || why.contains("account"), "{why}");
    story.end().await;
}

/// F02: the engine dies while the request is on its way: what its row says may be on the wire is unknown, and not ordered again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_while_the_van_is_ordered_orders_no_second_one() {
    let mut story = Story::begin().await;
    story.minted(Market::Se, 0).await;
    story.world.courier.faults().set(vec![FaultRule::next(
        1,
        ORDER,
        FaultMode::CommitThenSlow { ms: 30_000 },
    )]);
    let id = story.ask_for_the_van(1).await;
    story.handle().hub.wake(Flow::Pickups);
    crate::story::until("DHL is asked", || story.world.courier.log().count("pickup_booked") == 1).await;
    story = story.restart().await;
    story.world.courier.faults().clear();
    for _ in 0..3 {
        story.run(Flow::Pickups).await;
    }
    assert_eq!(story.pickup(&id).await.stage.name(), "unknown");
    assert_eq!(story.world.courier.log().count("pickup_booked"), 1);
    story.item(Code::PickupUnknown).await;
    story.end().await;
}
