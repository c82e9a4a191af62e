//! Whatever happens, in whatever order: the promises of one order.

use std::sync::LazyLock;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{
    ids::{Currency, Market},
    invoice::{SalesDocument, SoldLine},
    money::Money,
    rates::{RateRule, RateTable},
    sales::SaleLine,
    shipping::{Measures, Milestone, Scan, Tracking},
    vendor::{BookingPolicy, ChannelPolicy, InvoicePolicy, MintWhen, ShippingPolicy},
};

mod bills;
mod deadline;
mod journeys;
mod people;
mod returned;

const QUIET_MS: i64 = 100;
const LOOKUP_WAIT_MS: i64 = 10;
const LOOKUPS: u32 = 2;

static VENDOR: LazyLock<Vendor> = LazyLock::new(|| {
    let example = crate::vendor::example();
    Vendor {
        booking: BookingPolicy { quiet_ms: QUIET_MS, ..example.booking.clone() },
        channel: ChannelPolicy { accept_orders: true, takes_documents: true, ..example.channel.clone() },
        shipping: ShippingPolicy {
            courier: true,
            mint_when: MintWhen::Booked,
            lookup_wait_ms: LOOKUP_WAIT_MS,
            lookups: LOOKUPS,
            ..example.shipping.clone()
        },
        invoices: InvoicePolicy {
            archive: true,
            late_after_h: 0,
            file_late_after_h: 0,
            ..example.invoices.clone()
        },
        ..example
    }
});

fn channel(state: ChannelState, updated_at_ms: i64, quantity: u32) -> ChannelOrder {
    ChannelOrder {
        id: OrderId::new("o-1").unwrap(),
        basket: None,
        sku: Sku::new("A").unwrap(),
        quantity,
        net: Money::minor(31_920, Currency::Sek),
        vat: Money::minor(7_980, Currency::Sek),
        vat_rate: Decimal::new(25, 2),
        market: Market::Se,
        state,
        created_at_ms: 0,
        updated_at_ms,
        deadline_ms: None,
        ship_to: Address::default(),
        tracking: Vec::new(),
    }
}

fn sale() -> Sale {
    let rates = RateTable::fixed([(Currency::Sek, Decimal::new(46, 2))]).unwrap();
    let rate =
        rates.rate_for(Currency::Sek, jiff::civil::date(2026, 3, 1), RateRule::PublishedBefore).unwrap();
    let line = SaleLine {
        sku: Sku::new("A").unwrap(),
        unit: "Buc".to_owned(),
        quantity: 1,
        unit_price: Decimal::from(100),
    };
    Sale {
        lines: vec![line],
        total: Money::minor(10_000, Currency::Ron),
        rate,
        customer: "CDON-SE".to_owned(),
        closing: None,
        remark: None,
        stale_days: None,
    }
}

fn document(number: i64) -> Document {
    Document { number, booklet: "CDON".to_owned(), date: jiff::civil::date(2026, 3, 1) }
}

fn hold() -> Hold {
    Hold { code: Code::ErpRefused, cause: "x".to_owned(), params: vec!["x".to_owned()] }
}

fn any_event() -> impl Strategy<Value = Event> {
    let state = prop_oneof![
        Just(ChannelState::Created),
        Just(ChannelState::Accepted),
        Just(ChannelState::Fulfilled),
        Just(ChannelState::NotFulfilled)
    ];
    prop_oneof![
        4 => (state, 0i64..1_000, 1u32..3).prop_map(|(s, at, q)| Event::Delivered(Box::new(channel(s, at, q)), at)),
        4 => Just(Event::Prepared(Box::new(sale()))),
        1 => Just(Event::CannotPrepare(hold())),
        1 => Just(Event::LookAgain),
        1 => Just(Event::Blocked(hold())),
        4 => (1i64..100).prop_map(|n| Event::SendingStarts(document(n))),
        1 => Just(Event::Answered(ImportAnswer::Imported)),
        1 => Just(Event::Answered(ImportAnswer::NotSent)),
        1 => Just(Event::Answered(ImportAnswer::Unknown)),
        1 => Just(Event::Answered(ImportAnswer::Refused(hold()))),
        4 => (0u32..3, 0u32..2, 0i64..1_000)
            .prop_map(|(live, cancelled, read_ms)| Event::Found(Finding { live, cancelled, read_ms })),
        1 => Just(Event::Recovered),
        1 => Just(Event::Decided(Decision::Retry)),
        1 => Just(Event::Decided(Decision::BookAnyway)),
        1 => Just(Event::Decided(Decision::Recreate)),
        1 => Just(Event::Decided(Decision::Settled)),
        20 => later_event(),
    ]
}

fn tracking(number: impl std::fmt::Display) -> Tracking {
    Tracking { carrier: "DHL".to_owned(), number: number.to_string() }
}

fn scan(milestone: Option<Milestone>) -> Scan {
    let at = jiff::civil::date(2026, 3, 2).at(10, 0, 0, 0);
    Scan { at, code: "PU".to_owned(), text: "Shipment picked up".to_owned(), milestone }
}

fn measures() -> Measures {
    Measures { weight_g: 500, length_cm: 10, width_cm: 10, height_cm: 10 }
}

/// A sales document of `A`: so many units at 100 RON; a storno when negative.
fn invoice(number: u32, units: i64) -> SalesDocument {
    let line =
        SoldLine { sku: Sku::new("A").unwrap(), quantity_milli: units * 1_000, net_minor: units * 10_000 };
    SalesDocument {
        series: "F".to_owned(),
        number: number.to_string(),
        date: jiff::civil::date(2026, 3, 2),
        partner: "CDON-SE".to_owned(),
        total_minor: units * 12_100,
        lines: vec![line],
    }
}

fn kept(document: &str, hash: &str) -> KeptFile {
    let (document, hash) = (document.to_owned(), hash.to_owned());
    KeptFile { document, hash, size: 9, at_ms: 5, attached_ms: None }
}

fn any_tracking() -> impl Strategy<Value = Tracking> {
    (0u32..4).prop_map(tracking)
}

fn any_scans() -> impl Strategy<Value = Vec<Scan>> {
    let milestone = prop_oneof![
        Just(None),
        Just(Some(Milestone::Announced)),
        Just(Some(Milestone::Collected)),
        Just(Some(Milestone::Exception)),
        Just(Some(Milestone::Delivered)),
        Just(Some(Milestone::Returned)),
    ];
    proptest::collection::vec(milestone.prop_map(scan), 0..4)
}

fn any_parcel_event() -> impl Strategy<Value = ParcelEvent> {
    prop_oneof![
        4 => proptest::option::of((0u32..3).prop_map(|n| format!("R{n}"))).prop_map(ParcelEvent::Starts),
        2 => (any_tracking(), any::<bool>()).prop_map(|(tracking, labelled)| ParcelEvent::Answered(Minting::Done { tracking, labelled, product: None })),
        1 => Just(ParcelEvent::Answered(Minting::Refused("address".to_owned()))),
        1 => Just(ParcelEvent::Answered(Minting::NotSent)),
        3 => Just(ParcelEvent::Answered(Minting::Unknown)),
        1 => Just(ParcelEvent::Objected("too heavy".to_owned())),
        4 => Just(ParcelEvent::Found(Vec::new())),
        1 => proptest::collection::vec(any_tracking(), 1..3).prop_map(ParcelEvent::Found),
        2 => any_scans().prop_map(ParcelEvent::Scanned),
        2 => Just(ParcelEvent::MintAgain),
        1 => any_tracking().prop_map(ParcelEvent::Adopted),
    ]
}

fn any_return() -> impl Strategy<Value = ReturnEntry> {
    let witness = prop_oneof![Just(Witness::Person), Just(Witness::Report)];
    (0u32..4, witness, 0u32..3, 0u32..3, 0u32..2).prop_map(|(id, witness, advised, received, scrapped)| {
        ReturnEntry { id: id.to_string(), witness, advised, received, scrapped, at_ms: 5 }
    })
}

/// What can happen after the booking.
fn later_event() -> impl Strategy<Value = Event> {
    let documents = proptest::collection::vec((1u32..4, prop_oneof![Just(1i64), Just(-1), Just(2)]), 0..4);
    prop_oneof![
        30 => (1u32..4, any_parcel_event()).prop_map(|(number, event)| Event::Parcel(number, event)),
        3 => (1usize..4).prop_map(|parcels| Event::ParcelsPlanned(vec![measures().into(); parcels])),
        1 => Just(Event::ShippingAsked),
        1 => Just(Event::FulfilRefused("order state".to_owned())),
        1 => Just(Event::CancelAsked("sold out".to_owned())),
        1 => Just(Event::CancelRefused("accepted".to_owned())),
        3 => (documents, 0i64..1_000).prop_map(|(all, read_ms)| {
            Event::DocumentsRead(all.into_iter().map(|(number, units)| invoice(number, units)).collect(), read_ms)
        }),
        2 => (1u32..4, 0u32..3).prop_map(|(n, hash)| Event::FileKept(kept(&format!("F{n}"), &hash.to_string()))),
        1 => (1u32..4).prop_map(|n| Event::FileAttached(format!("F{n}"))),
        1 => (1u32..4).prop_map(|n| Event::FileForeign(format!("F{n}"))),
        3 => any_return().prop_map(Event::Returned),
        3 => Just(Event::Ticked),
        1 => Just(Event::Decided(Decision::MintAgain)),
        1 => Just(Event::Decided(Decision::ParcelsSettled)),
        1 => Just(Event::Decided(Decision::BillingSettled)),
    ]
}

/// Runs the events; the clock may step back.
fn run(events: &[(Event, i64)], look: impl FnMut(&Order, &Event, &Order)) -> Order {
    run_from(Order::arrived(channel(ChannelState::Created, 0, 1), 0), events, look)
}

/// Runs the events on an order that is booked and about to be shipped.
fn run_booked(events: &[(Event, i64)], look: impl FnMut(&Order, &Event, &Order)) -> Order {
    run_from(booked(), events, look)
}

fn run_from(order: Order, events: &[(Event, i64)], mut look: impl FnMut(&Order, &Event, &Order)) -> Order {
    events.iter().fold(order, |order, (event, now_ms)| {
        let next = order.on(event, *now_ms, &VENDOR);
        look(&order, event, &next);
        next
    })
}

/// Mostly of the time after the booking, with what else may come between.
fn later_events() -> impl Strategy<Value = Vec<(Event, i64)>> {
    let event = prop_oneof![12 => later_event(), 1 => any_event()];
    proptest::collection::vec((event, 0i64..1_000), 0..80)
}

fn events() -> impl Strategy<Value = Vec<(Event, i64)>> {
    proptest::collection::vec((any_event(), 0i64..1_000), 0..60)
}

proptest! {
    #[test]
    fn a_document_keeps_its_number_and_a_closed_order_stays_closed(events in events()) {
        run(&events, |before, event, after| {
            let replaced = matches!(event, Event::Decided(Decision::Recreate)) && before.cancelled_documents > 0;
            if let Some(document) = before.document.as_ref().filter(|_| !replaced) {
                assert_eq!(after.document.as_ref().map(|d| d.number), Some(document.number));
            }
            assert!(!before.stage.is_closed() || after.stage.is_closed());
        });
    }

    /// F20: nothing older overwrites something newer, and a final state is final.
    #[test]
    fn the_channels_word_never_goes_back(events in events()) {
        run(&events, |before, _, after| {
            assert!(after.channel.updated_at_ms >= before.channel.updated_at_ms);
            assert!(!before.channel.state.is_final() || after.channel.state == before.channel.state);
        });
    }

    /// Promise 8: an import leaves only from `ready`, and `unknown` goes back to `ready` only after two readings that
    /// began after the uncertain call and lie the quiet interval apart.
    #[test]
    fn nothing_is_sent_twice_on_a_guess(events in events()) {
        run(&events, |before, event, after| {
            if matches!(after.stage, Stage::Sending { .. }) && !matches!(before.stage, Stage::Sending { .. }) {
                assert_eq!(before.stage, Stage::Ready);
            }
            if let Stage::Unknown { since_ms, absent_ms } = before.stage
                && matches!(after.stage, Stage::Ready | Stage::Arrived)
            {
                let Event::Found(finding) = event else { panic!("{event:?} resolved an unknown outcome") };
                let first = absent_ms.expect("a first reading missed it");
                assert_eq!(finding.live + finding.cancelled, 0);
                assert!(finding.read_ms >= since_ms && first >= since_ms && finding.read_ms >= first + QUIET_MS);
            }
        });
    }

    #[test]
    fn a_cancelled_order_is_never_sent(events in events()) {
        run(&events, |before, _, after| {
            let starts = matches!(after.stage, Stage::Sending { .. }) && !matches!(before.stage, Stage::Sending { .. });
            assert!(!(starts && before.cancelled()));
        });
    }

    /// Nothing waits silently: whatever neither moves by itself nor is over asks a person.
    #[test]
    fn what_needs_a_person_says_so(events in events()) {
        let order = run(&events, |_, _, _| ());
        match &order.stage {
            Stage::Held { .. } => assert!(!order.attention().is_empty()),
            Stage::Booked { copies, vanished, .. } if *copies != 1 || *vanished || order.cancelled() => {
                assert!(order.absence_settled || !order.attention().is_empty());
            }
            _ => {}
        }
    }

    #[test]
    fn delivered_twice_is_delivered_once(events in events(), at in 0i64..1_000) {
        let order = run(&events, |_, _, _| ());
        let event = Event::Delivered(Box::new(channel(ChannelState::Accepted, at, 2)), at);
        let once = order.on(&event, at, &VENDOR);
        prop_assert_eq!(once.on(&event, at, &VENDOR), once);
    }

    #[test]
    fn what_is_stored_is_what_is_read(events in events()) {
        let order = run(&events, |_, _, _| ());
        let text = serde_json::to_string(&order).unwrap();
        prop_assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
    }
}

fn booked() -> Order {
    let order = Order::arrived(channel(ChannelState::Created, 0, 1), 0);
    [
        Event::Prepared(Box::new(sale())),
        Event::SendingStarts(document(7)),
        Event::Answered(ImportAnswer::Imported),
        Event::Found(Finding { live: 1, cancelled: 0, read_ms: 20 }),
    ]
    .iter()
    .fold(order, |order, event| order.on(event, 10, &VENDOR))
}

/// F22: an order that changed after it was booked is a person's business, until settled.
#[test]
fn an_amendment_after_booking_is_shown_until_settled() {
    let order =
        booked().on(&Event::Delivered(Box::new(channel(ChannelState::Created, 50, 2)), 50), 50, &VENDOR);
    assert_eq!(order.attention()[0].code, Code::AmendedAfterBooking);
    assert_eq!(order.attention()[0].params[1], "1 × A, 399.00 SEK → 2 × A, 399.00 SEK");
    assert!(order.on(&Event::Decided(Decision::Settled), 60, &VENDOR).attention().is_empty());
}

/// F21: cancelled after booking keeps the stock until a person has withdrawn the document.
#[test]
fn a_cancellation_after_booking_waits_for_the_document_to_go() {
    let order =
        booked().on(&Event::Delivered(Box::new(channel(ChannelState::NotFulfilled, 50, 1)), 50), 50, &VENDOR);
    assert_eq!(order.attention()[0].code, Code::CancelledAfterBooking);
    let gone = order.on(&Event::Found(Finding { live: 0, cancelled: 1, read_ms: 70 }), 70, &VENDOR);
    assert!(gone.stage.is_closed());
    assert_eq!(gone.claim(), Claim::None);
}

/// F48: missed twice, a booked order is a person's decision and keeps its number when created again.
#[test]
fn a_vanished_document_is_created_again_only_by_a_person() {
    let missed = |order: &Order, at: i64| {
        order.on(&Event::Found(Finding { live: 0, cancelled: 0, read_ms: at }), at, &VENDOR)
    };
    let order = missed(&missed(&booked(), 100), 300);
    assert_eq!(order.attention()[0].code, Code::DocumentVanished);
    assert!(!order.wants_booking());
    let again = order.on(&Event::Decided(Decision::Recreate), 400, &VENDOR);
    assert_eq!((again.stage.name(), again.document.map(|d| d.number)), ("arrived", Some(7)));
}

/// A document cancelled by hand while the order lives: another one takes its place, under another number, or nobody is asked again.
#[test]
fn a_document_cancelled_by_hand_is_replaced_or_left() {
    let cancelled = |order: &Order, at: i64| {
        order.on(&Event::Found(Finding { live: 0, cancelled: 1, read_ms: at }), at, &VENDOR)
    };
    let order = cancelled(&booked(), 100);
    assert_eq!(order.attention()[0].code, Code::DocumentVanished);
    let left = cancelled(&order.on(&Event::Decided(Decision::Settled), 150, &VENDOR), 300);
    assert!(left.attention().is_empty(), "settled is settled");
    let again = order.on(&Event::Decided(Decision::Recreate), 400, &VENDOR);
    assert_eq!((again.stage.name(), &again.document), ("arrived", &None));
    let ready = again.on(&Event::Prepared(Box::new(sale())), 410, &VENDOR);
    let ready = cancelled(&ready, 420);
    assert_eq!(ready.stage, Stage::Ready, "the cancelled one no longer counts");
    let sent = ready.on(&Event::SendingStarts(document(9)), 430, &VENDOR);
    let sent = sent.on(&Event::Answered(ImportAnswer::Imported), 440, &VENDOR);
    let both = sent.on(&Event::Found(Finding { live: 1, cancelled: 1, read_ms: 450 }), 450, &VENDOR);
    assert!(matches!(both.stage, Stage::Booked { copies: 1, .. }));
    assert!(both.attention().is_empty());
    let twice = both.on(&Event::Found(Finding { live: 0, cancelled: 2, read_ms: 500 }), 500, &VENDOR);
    assert_eq!(twice.attention()[0].code, Code::DocumentVanished);
}

proptest! {
    /// Promise 8, aimed: two readings that miss the order free it only when both began after the uncertain call and lie
    /// the quiet interval apart.
    #[test]
    fn two_readings_must_miss_it_far_enough_apart(first in 0i64..400, second in 0i64..400) {
        let order = Order::arrived(channel(ChannelState::Created, 0, 1), 0);
        let order = [
            Event::Prepared(Box::new(sale())),
            Event::SendingStarts(document(7)),
            Event::Answered(ImportAnswer::Unknown),
        ]
        .iter()
        .fold(order, |order, event| order.on(event, 50, &VENDOR));
        let missed = |order: &Order, at: i64| {
            order.on(&Event::Found(Finding { live: 0, cancelled: 0, read_ms: at }), 500, &VENDOR)
        };
        let after = missed(&missed(&order, first), second);
        let free = first >= 50 && second >= first + QUIET_MS;
        prop_assert_eq!(matches!(after.stage, Stage::Ready), free);
    }
}
