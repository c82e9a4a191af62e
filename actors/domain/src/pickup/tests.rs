use jiff::civil::{date, time};
use proptest::prelude::*;

use super::*;

const NOW_MS: i64 = 1_772_359_200_000;

fn pickup() -> Pickup {
    let id = PickupId::new("2026-03-02-01").unwrap();
    Pickup::asked(id, date(2026, 3, 2), time(15, 0, 0, 0), time(18, 0, 0, 0), String::new())
}

fn cargo() -> Vec<Cargo> {
    let measures = Measures { weight_g: 1_000, length_cm: 30, width_cm: 20, height_cm: 10 };
    let order = OrderId::new("o-1").unwrap();
    let (awb, product) = ("1234567890".to_owned(), Some("U".to_owned()));
    vec![Cargo { order, parcel: 1, awb, measures, declarable: false, product, value: None }]
}

fn after(events: &[PickupEvent]) -> Pickup {
    events.iter().fold(pickup(), |pickup, event| pickup.on(event, NOW_MS))
}

fn answered(booking: Booking) -> PickupEvent {
    PickupEvent::Answered(booking)
}

#[test]
fn an_answered_order_keeps_its_number_until_it_is_cancelled() {
    use PickupEvent::{CancelAsked, Cancelled, Starts};
    let number = || "PRG1".to_owned();
    let ordered = after(&[Starts(cargo()), answered(Booking::Done(number()))]);
    assert_eq!(ordered.stage, PickupStage::Ordered { confirmation: number(), at_ms: NOW_MS });
    assert!(!ordered.is_due() && ordered.holds_its_cargo());
    let cancelling = ordered.on(&CancelAsked, NOW_MS);
    assert_eq!(cancelling.stage, PickupStage::Cancelling { confirmation: number() });
    assert!(cancelling.is_due() && !cancelling.holds_its_cargo());
    assert_eq!(cancelling.on(&Cancelled, NOW_MS).stage, PickupStage::Cancelled { at_ms: NOW_MS });
    // What was never ordered needs no word to the courier.
    assert_eq!(after(&[CancelAsked]).stage, PickupStage::Cancelled { at_ms: NOW_MS });
}

#[test]
fn what_never_left_is_ordered_again_and_what_was_refused_is_not() {
    use PickupEvent::Starts;
    let again = after(&[Starts(cargo()), answered(Booking::NotSent)]);
    assert_eq!((&again.stage, again.cargo.len(), again.is_due()), (&PickupStage::Asked, 0, true));
    let refused = after(&[Starts(cargo()), answered(Booking::Refused("too late".to_owned()))]);
    assert!(!refused.is_due() && !refused.holds_its_cargo());
    assert_eq!(refused.attention().unwrap().code, Code::PickupRefused);
    assert_eq!(refused.on(&PickupEvent::Settled, NOW_MS).attention(), None);
    // A cancellation that the courier refuses leaves the collection as it is, and a person knows.
    let ordered = after(&[Starts(cargo()), answered(Booking::Done("PRG1".to_owned()))]);
    let kept = ordered
        .on(&PickupEvent::CancelAsked, NOW_MS)
        .on(&PickupEvent::CancelRefused("the van is under way".to_owned()), NOW_MS);
    assert_eq!((kept.stage.name(), kept.holds_its_cargo()), ("ordered", true));
    assert_eq!(kept.attention().unwrap().code, Code::PickupRefused);
    // Nothing to collect is no order.
    assert_eq!(after(&[Starts(Vec::new())]).stage, PickupStage::Asked);
}

#[test]
fn an_unknown_outcome_is_for_a_person_and_for_nobody_else() {
    use PickupEvent::{CancelAsked, Confirmed, Recovered, Settled, Starts};
    for cause in [answered(Booking::Unknown), Recovered] {
        let unknown = after(&[Starts(cargo()), cause]);
        assert_eq!(unknown.attention().unwrap().code, Code::PickupUnknown);
        assert!(!unknown.is_due() && unknown.holds_its_cargo(), "it may come");
        assert_eq!(unknown.on(&Starts(cargo()), NOW_MS), unknown, "never ordered a second time");
        assert_eq!(unknown.on(&CancelAsked, NOW_MS), unknown, "nobody knows what to cancel");
        let confirmed = unknown.on(&Confirmed("PRG2".to_owned()), NOW_MS);
        assert_eq!(confirmed.stage.name(), "ordered");
        assert!(!unknown.on(&Settled, NOW_MS).holds_its_cargo(), "its parcels go with another van");
    }
}

fn any_event() -> impl Strategy<Value = PickupEvent> {
    prop_oneof![
        Just(PickupEvent::Starts(cargo())),
        Just(PickupEvent::Objected("no".to_owned())),
        Just(answered(Booking::Done("PRG1".to_owned()))),
        Just(answered(Booking::Refused("no".to_owned()))),
        Just(answered(Booking::NotSent)),
        Just(answered(Booking::Unknown)),
        Just(PickupEvent::Recovered),
        Just(PickupEvent::CancelAsked),
        Just(PickupEvent::Cancelled),
        Just(PickupEvent::CancelRefused("no".to_owned())),
        Just(PickupEvent::Confirmed("PRG2".to_owned())),
        Just(PickupEvent::Settled),
    ]
}

proptest! {
    /// Between two orders for the same collection stands proof that the first one never left.
    #[test]
    fn it_is_ordered_again_only_after_it_surely_was_not(events in proptest::collection::vec(any_event(), 0..30)) {
        let mut pickup = pickup();
        let mut may_be_ordered = false;
        for event in events {
            let next = pickup.on(&event, NOW_MS);
            if matches!(next.stage, PickupStage::Ordering { .. }) && pickup.stage != next.stage {
                prop_assert!(!may_be_ordered, "{pickup:?} after {event:?}");
                may_be_ordered = true;
            }
            if event == answered(Booking::NotSent) && pickup.stage.name() == "ordering" {
                may_be_ordered = false;
            }
            prop_assert_eq!(&next.on(&event, NOW_MS), &next, "told twice");
            pickup = next;
        }
    }
}
