//! What the channel is told of a parcel, and what the courier tells of it.

use vortex_domain::{
    ChannelState,
    attention::Code,
    order::{Event, ParcelEvent},
    shipping::Tracking,
};
use vortex_entities::{Flow, OrderMsg, engine::AttentionAction};
use vortex_simulators::{
    cdon::OrderState,
    faults::{FaultMode, FaultRule},
};

use crate::{
    engine::{Engine, Wall},
    sent::SHIP,
    story::{MERCHANT, Story},
};

const DAY_MS: i64 = 86_400_000;

/// A5, promise 11: CDON takes the fulfilment and its answer is lost: it is fulfilled once, and proven by reading.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_fulfilment_fulfils_once() {
    let story = Story::begin().await;
    let ways = [FaultMode::CommitThenDrop, FaultMode::Drop, FaultMode::CommitThenStatus { code: 500 }];
    for (nth, mode) in ways.into_iter().enumerate() {
        story.world.channel.faults().set(vec![FaultRule::next(1, "/fulfill", mode)]);
        let order = story.invoiced(nth).await;
        story.leaves(&order).await;
        assert_eq!(story.world.channel.faults().injected(), nth as u64 + 1, "the fault did not strike");
        let fulfilled = story.world.channel.log().of_kind("fulfil");
        let of_order = |entry: &&serde_json::Value| entry["order"] == order.as_str();
        assert_eq!(fulfilled.iter().filter(of_order).count(), 1, "{fulfilled:?}");
        assert_eq!(story.told_of(&order).await, []);
    }
    story.settled().await;
    story.end().await;
}

/// cdon.md section 13: past its deadline CDON takes no fulfilment: a person is told, with the waybill that must be stopped; when
/// CDON then cancels it, the waybill is named as abandoned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fulfilment_past_its_deadline_is_told() {
    let story = Story::begin().await;
    story.world.channel.update_options(|o| o.auto_cancel = false);
    let late = story.invoiced(0).await;
    story.world.channel.clock().advance_ms(8 * DAY_MS);
    story.until_known(&late, &SHIP, |order| order.fulfil_refused.is_some()).await;
    let awb = story.awb(&late);
    assert_eq!(story.item(Code::FulfilRefused).await.params[0], awb);
    assert_eq!(story.order(&late).state, OrderState::Created);
    // The others go on.
    let other = story.invoiced(1).await;
    story.leaves(&other).await;
    story.world.channel.cancel_as_cdon(&late).expect("CDON cancels it");
    story.read_order(&late).await;
    let told = story.told_of(&late).await;
    assert!(told.contains(&Code::AwbAbandoned) && !told.contains(&Code::FulfilRefused), "{told:?}");
    story.act(Code::AwbAbandoned, AttentionAction::Settled).await;
    assert!(!story.told_of(&late).await.contains(&Code::AwbAbandoned));
    story.end().await;
}

/// F24: somebody fulfils the order on CDON under another number, for ever: a person is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_number_on_the_channel_is_told() {
    let story = Story::begin().await;
    story.world.channel.faults().set(vec![FaultRule::always(
        "/fulfill",
        FaultMode::Status { code: 503, retry_after_s: None, html: false },
    )]);
    let order = story.invoiced(0).await;
    story.until_known(&order, &SHIP, |order| order.parcels.iter().any(|p| p.tracking().is_some())).await;
    let elsewhere = serde_json::json!([{"carrier_name": "Budbee", "tracking_number": "BY-HAND"}]);
    let patch = serde_json::json!({"tracking_information": elsewhere});
    story.world.channel.amend(&order, &patch).expect("it can be amended");
    story.world.channel.set_state(&order, OrderState::Fulfilled).expect("the back office may");
    story.world.channel.faults().clear();
    story.read_order(&order).await;
    story.run_all(&SHIP).await;
    assert_eq!(story.told_of(&order).await, [Code::FulfilledElsewhere]);
    let item = story.item(Code::FulfilledElsewhere).await;
    assert_eq!(item.params, ["BY-HAND".to_owned(), story.awb(&order)]);
    assert_eq!(story.world.channel.log().count("fulfil"), 0);
    story.end().await;
}

/// `fulfil_when = "collected"`: a waybill alone tells the buyer nothing; the first scan does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_channel_hears_of_a_parcel_once_it_is_collected() {
    let story = Story::begin().await;
    story.apply(|file, _| file.replace("[shipping]", "[shipping]\nfulfil_when = \"collected\"")).await;
    let order = story.invoiced(0).await;
    let read = |order: &vortex_domain::Order| order.parcels.iter().any(|p| p.scanned_ms.is_some());
    story.until_known(&order, &SHIP, read).await;
    story.run_all(&SHIP).await;
    assert_eq!(story.order(&order).state, OrderState::Created, "it has not left");
    story.world.courier.scan(&story.awb(&order), "PU").expect("it is minted");
    story.leaves(&order).await;
    story.settled().await;
    story.end().await;
}

/// Without a courier connection a person types the number in; the carrier is told in the channel's spelling where there is one,
/// and as it is where there is none. What CDON was told stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waybill_made_by_hand_reaches_the_channel() {
    let story = Story::begin().await;
    story
        .apply(|file, _| {
            file.replace("[invoices]", "[shipping.carriers]\nposten = \"PostNord\"\n\n[invoices]")
        })
        .await;
    let orders = [story.booked(0).await, story.booked(1).await];
    let (config, vendor) = (story.config(), story.vendor());
    let (world, _folder) = story.into_parts();
    let remotes = world.leave().await;
    let engine = Engine::with(&config, vendor, Wall::default(), |remotes| remotes.courier = None).await;
    let directory = engine.handle().directory;
    for (order, (typed, shown)) in orders.iter().zip([("posten", "PostNord"), ("Fan Courier", "Fan Courier")])
    {
        let number = format!("RO{typed}");
        for number in [number.clone(), number.clone(), "ANOTHER".to_owned()] {
            let tracking = Tracking { carrier: typed.to_owned(), number };
            let event = Event::Parcel(1, ParcelEvent::Adopted(tracking));
            let id = order.parse().expect("an order id");
            let asked = |reply| OrderMsg::Asked(event, "token:story".to_owned(), reply);
            directory.ask_order(&id, asked).await.expect("an answer");
            engine.run(&[Flow::Shipping, Flow::Commands]).await;
            let shows = remotes.channel.order(order).expect("the order").tracking;
            let told = serde_json::json!({"carrier_name": shown, "tracking_number": format!("RO{typed}")});
            assert_eq!(shows, [told]);
        }
        assert_eq!(engine.known(order).await.channel.state, ChannelState::Fulfilled);
        assert_eq!(engine.told_of(order).await, [Code::AwbAbandoned], "the other one is named");
    }
    assert_eq!(remotes.channel.log().count("fulfil"), 2);
    assert_eq!(remotes.courier.shipments().len(), 0);
    engine.stop().await;
    remotes.erp.stop();
    remotes.channel.stop();
    remotes.courier.stop();
}

/// A parcel in trouble stands in front of a person until the courier says that it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parcel_in_trouble_is_told_until_it_is_not() {
    let story = Story::begin().await;
    let order = story.invoiced(0).await;
    story.leaves(&order).await;
    let awb = story.awb(&order);
    for (code, told) in [("PU", false), ("OH", true), ("DF", false), ("BA", true), ("OK", false)] {
        story.world.courier.scan(&awb, code).expect("it is minted");
        let seen = |order: &vortex_domain::Order| {
            order.parcels.iter().flat_map(|p| &p.scans).any(|scan| scan.code == code)
        };
        story.until_known(&order, &[Flow::Tracking], seen).await;
        let said = story.told_of(&order).await.contains(&Code::ParcelException);
        assert_eq!(said, told, "after {code}: {:?}", story.known(&order).await.summary());
    }
    story.settled().await;
    story.end().await;
}

/// The deadline comes nearer, an order waits: each warning is an item of its own, and all are gone once it has left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_comes_near_is_told_in_time() {
    let story = Story::begin().await;
    let order = story.booked(0).await;
    assert_eq!(story.told_of(&order).await, []);
    let mut causes = Vec::new();
    // The order was placed so long ago that half, then nine tenths of its time are over.
    for (placed_days, left_days) in [(4, 3), (19, 2)] {
        let now_ms = story.world.node.seams.clock.now_ms();
        let text = |ms: i64| {
            let at = jiff::Timestamp::from_millisecond(ms).expect("a time");
            at.strftime("%Y-%m-%d %H:%M:%S").to_string()
        };
        let patch = serde_json::json!({
            "created_at": text(now_ms - placed_days * DAY_MS),
            "fulfillment_deadline": text(now_ms + left_days * DAY_MS),
        });
        story.world.channel.amend(&order, &patch).expect("it can be amended");
        story.read_order(&order).await;
        let looked = |known: &vortex_domain::Order| known.warned > causes.len();
        story.until_known(&order, &[Flow::Orders, Flow::Reconcile, Flow::Booking], looked).await;
        assert_eq!(story.told_of(&order).await, [Code::DeadlineNear]);
        causes.push(story.item(Code::DeadlineNear).await.cause);
    }
    assert_ne!(causes[0], causes[1], "the second warning is not the first");
    story.invoice(&order);
    story.leaves(&order).await;
    assert_eq!(story.told_of(&order).await, []);
    assert!(story.world.channel.article(MERCHANT, &story.order(&order).sku).is_some());
    story.end().await;
}
