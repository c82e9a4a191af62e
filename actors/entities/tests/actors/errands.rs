//! What an order wants of the world outside stands as effect rows: due when it should be, gone when it is done.

use vortex_domain::{
    ChannelOrder, ChannelState, Vendor,
    attention::Code,
    order::{Errand, Event, KeptFile, Minting, ParcelEvent, ReturnEntry, Witness},
    shipping::{Milestone, Scan},
    vendor::{FulfilWhen, InvoicePolicy, ShippingPolicy},
};
use vortex_store::rows::{FileKind, FileRow};

use crate::support::{SHIPPED, World, awb, cancelled, id, invoice, minted, order, shipping_vendor, vendor};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn fulfilled() -> ChannelOrder {
    let placed = order(SHIPPED, "A", 2);
    ChannelOrder {
        state: ChannelState::Fulfilled,
        updated_at_ms: placed.updated_at_ms + 1_000,
        tracking: vec![awb("111")],
        ..placed
    }
}

fn scans(milestones: &[Milestone]) -> ParcelEvent {
    let at = jiff::civil::date(2026, 2, 26).at(10, 0, 0, 0);
    let scan = |milestone: &Milestone| Scan {
        at,
        code: "PU".to_owned(),
        text: "picked up".to_owned(),
        milestone: Some(*milestone),
    };
    ParcelEvent::Scanned(milestones.iter().map(scan).collect())
}

async fn shipped(vendor: Vendor) -> World {
    let world = World::to_ship_of(vendor).await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    world.parcel_hears(minted("111")).await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_parcels_errands_follow_each_other() {
    let world = World::to_ship().await;
    let booked_ms = world.now_ms();
    let ship_ms = world.due(Errand::Ship).await.expect("to be minted");
    assert!(ship_ms <= booked_ms);
    assert_eq!((world.due(Errand::Fulfil).await, world.due(Errand::Track).await), (None, None));

    world.pass(5_000).await;
    assert!(world.claim_parcel(None).await.unwrap().is_some());
    assert_eq!(world.due(Errand::Ship).await, Some(ship_ms), "still the same wish");
    let asked_ms = world.now_ms();
    world.parcel_hears(ParcelEvent::Answered(Minting::Unknown)).await;
    assert_eq!(
        world.due(Errand::Ship).await,
        Some(asked_ms + 30_000),
        "not before the courier could show it"
    );

    world.parcel_hears(minted("111")).await;
    let minted_ms = world.now_ms();
    assert_eq!(world.due(Errand::Ship).await, None);
    assert!(world.due(Errand::Fulfil).await.is_some_and(|due_ms| due_ms <= minted_ms));
    assert_eq!(world.due(Errand::Track).await, Some(minted_ms + HOUR_MS));

    world.pass(HOUR_MS.unsigned_abs()).await;
    let read_ms = world.now_ms();
    world.parcel_hears(scans(&[Milestone::Collected])).await;
    assert_eq!(world.due(Errand::Track).await, Some(read_ms + HOUR_MS));
    assert!(world.delivered(fulfilled()).await);
    assert_eq!((world.due(Errand::Fulfil).await, world.due(Errand::Radar).await), (None, None));
    world.parcel_hears(scans(&[Milestone::Collected, Milestone::Delivered])).await;
    assert_eq!(world.due(Errand::Track).await, None, "it has arrived");
}

#[tokio::test(start_paused = true)]
async fn the_channel_is_told_when_the_courier_has_it_if_the_vendor_wants_that() {
    let shipping = ShippingPolicy { fulfil_when: FulfilWhen::Collected, ..shipping_vendor().shipping };
    let world = shipped(Vendor { shipping, ..shipping_vendor() }).await;
    assert_eq!(world.due(Errand::Fulfil).await, None);
    world.parcel_hears(scans(&[Milestone::Announced])).await;
    assert_eq!(world.due(Errand::Fulfil).await, None, "announced is not collected");
    world.parcel_hears(scans(&[Milestone::Announced, Milestone::Collected])).await;
    assert!(world.due(Errand::Fulfil).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_cancel_takes_the_place_of_shipping() {
    let world = World::to_ship().await;
    assert_eq!(world.person(Event::CancelAsked("sold out".to_owned())).await, Ok(true));
    assert!(world.due(Errand::Cancel).await.is_some());
    assert_eq!((world.due(Errand::Ship).await, world.due(Errand::Accept).await), (None, None));
    assert!(world.hears(Event::CancelRefused("too late".to_owned())).await);
    assert_eq!(world.due(Errand::Cancel).await, None);
    assert_eq!(world.asked_about(SHIPPED).await, [Code::CancelRefused]);
    assert_eq!(world.decided(SHIPPED, vortex_domain::order::Decision::Retry).await, Ok(true));
    assert!(world.due(Errand::Cancel).await.is_some(), "tried again");
    assert!(world.delivered(cancelled(order(SHIPPED, "A", 2))).await);
    assert_eq!(world.due(Errand::Cancel).await, None, "the channel shows it");
}

#[tokio::test(start_paused = true)]
async fn invoices_are_looked_for_kept_and_attached() {
    let invoices = InvoicePolicy { archive: true, ..InvoicePolicy::default() };
    let world = World::to_ship_of(Vendor { invoices, ..shipping_vendor() }).await;
    assert!(world.due(Errand::Invoice).await.is_some_and(|due_ms| due_ms <= world.now_ms()), "at once");
    let read_ms = world.now_ms();
    assert!(world.hears(Event::DocumentsRead(Vec::new(), read_ms)).await);
    assert_eq!(world.due(Errand::Invoice).await, Some(read_ms + 900_000), "none yet");
    world.pass(900_000).await;
    let read_ms = world.now_ms();
    assert!(world.hears(Event::DocumentsRead(vec![invoice(1, 2)], read_ms)).await);
    assert_eq!(world.due(Errand::Invoice).await, Some(read_ms + 900_000), "its file is missing");
    assert_eq!(world.due(Errand::Attach).await, None);

    let row =
        FileRow::new(&vendor().id, &id(SHIPPED), FileKind::Invoice, "F1.pdf".to_owned(), b"%PDF".to_vec(), 9);
    let entry = row.entry.clone();
    let kept = |hash: &str| {
        let document = "F1".to_owned();
        Event::FileKept(KeptFile { document, hash: hash.to_owned(), size: 4, at_ms: 9, attached_ms: None })
    };
    assert!(world.kept(kept(&entry.hash), vec![row]).await);
    assert_eq!(world.due(Errand::Invoice).await, Some(read_ms + 7 * DAY_MS), "only a storno may still come");
    assert!(world.due(Errand::Attach).await.is_some());
    assert_eq!(world.files().await, std::slice::from_ref(&entry));

    // Another file under its name changes neither the row nor the bytes.
    let other = FileRow::new(
        &vendor().id,
        &id(SHIPPED),
        FileKind::Invoice,
        "F1.pdf".to_owned(),
        b"other".to_vec(),
        10,
    );
    assert!(world.kept(kept(&other.entry.hash), vec![other]).await);
    assert_eq!(world.files().await, std::slice::from_ref(&entry));
    assert_eq!(world.order_row(SHIPPED).await.unwrap().1.billing.files[0].hash, entry.hash);

    assert!(world.hears(Event::FileAttached("F1".to_owned())).await);
    assert_eq!(world.due(Errand::Attach).await, None);
}

#[tokio::test(start_paused = true)]
async fn the_radar_looks_when_a_warning_is_due() {
    let world = World::to_ship().await;
    let placed_ms = order(SHIPPED, "A", 2).created_at_ms;
    let at = |percent: i64| Some(placed_ms + 7 * DAY_MS / 100 * percent);
    assert_eq!(world.due(Errand::Radar).await, at(50));
    for (percent, next) in [(50, at(75)), (75, at(90)), (90, None)] {
        let until = at(percent).unwrap() - world.now_ms();
        world.pass(until.unsigned_abs()).await;
        assert!(world.hears(Event::Ticked).await);
        assert_eq!(warnings(&world).await, 1, "{percent} %: the newest one");
        assert_eq!(world.due(Errand::Radar).await, next);
    }
    assert!(world.delivered(fulfilled()).await);
    assert_eq!(warnings(&world).await, 0, "it has left");
}

async fn warnings(world: &World) -> usize {
    world.asked_about(SHIPPED).await.into_iter().filter(|code| *code == Code::DeadlineNear).count()
}

/// F58: the same return by whoever and however often is one return, owed until the storno.
#[tokio::test(start_paused = true)]
async fn a_return_that_is_entered_twice_is_one() {
    let world = World::to_ship().await;
    assert!(world.hears(Event::DocumentsRead(vec![invoice(1, 2)], world.now_ms())).await);
    let entry = |id: &str, witness| {
        Event::Returned(ReturnEntry {
            id: id.to_owned(),
            witness,
            advised: 1,
            received: 1,
            scrapped: 0,
            at_ms: 9,
        })
    };
    assert_eq!(world.person(entry("r-1", Witness::Person)).await, Ok(true));
    assert_eq!(world.person(entry("r-1", Witness::Person)).await, Ok(false));
    assert_eq!(world.person(entry("x-9", Witness::Report)).await, Ok(true));
    let back = world.order_row(SHIPPED).await.unwrap().1.returned();
    assert_eq!((back.received, back.owed_minor), (1, 3_680));
    assert_eq!(world.asked_about(SHIPPED).await, [Code::ReturnOpen]);
    assert_eq!(world.person(entry("r-2", Witness::Person)).await, Ok(true));
    assert_eq!(world.person(entry("r-3", Witness::Person)).await, Ok(false), "more than was sold");

    world.pass(1).await;
    assert!(world.hears(Event::DocumentsRead(vec![invoice(1, 2), invoice(2, -2)], world.now_ms())).await);
    assert_eq!(world.asked_about(SHIPPED).await, []);
    let back = world.order_row(SHIPPED).await.unwrap().1.returned();
    assert!(back.is_reconciled(), "{back:?}");
}
