//! What people are told and what is due: complete, stable, and gone when its cause is.

use super::*;
use crate::attention::Reader;

/// Which parameters the texts of a code use.
fn used(code: Code) -> Vec<usize> {
    let marks: Vec<String> = (0..9).map(|i| format!("<{i}>")).collect();
    let text = code.text(Reader::En, &marks);
    (0..9).filter(|i| text.contains(&marks[*i])).collect()
}

fn dues(order: &Order) -> Vec<(Errand, Option<Due>)> {
    Errand::ALL.into_iter().map(|errand| (errand, order.errand(errand, &VENDOR))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_text_has_its_values(events in later_events()) {
        run_booked(&events, |_, event, after| {
            for hold in after.attention() {
                for index in used(hold.code) {
                    let value = hold.params.get(index).map_or("", |value| value.trim());
                    assert!(!value.is_empty(), "{}: parameter {index} after {event:?}", hold.code);
                }
                for reader in [Reader::Ro, Reader::En] {
                    let text = hold.code.text(reader, &hold.params);
                    assert!(!text.contains("step_"), "no words for a step: {text}");
                }
            }
        });
    }

    /// One item per code and cause, so that none hides another in the database.
    #[test]
    fn no_two_items_are_the_same(events in later_events()) {
        run_booked(&events, |_, _, after| {
            let mut causes: Vec<_> = after.attention().into_iter().map(|hold| (hold.code, hold.cause)).collect();
            let all = causes.len();
            causes.sort();
            causes.dedup();
            assert_eq!(causes.len(), all, "{causes:?}");
        });
    }

    /// What is due depends on what happened, not on when somebody looks, nor on a restart.
    #[test]
    fn nothing_is_put_off_by_looking(events in later_events(), now_ms in 0i64..2_000) {
        let order = run_booked(&events, |_, _, _| ());
        let looked = order.on(&Event::Ticked, now_ms, &VENDOR);
        let but_radar = |order: &Order| dues(order).into_iter().filter(|(e, _)| *e != Errand::Radar).collect::<Vec<_>>();
        prop_assert_eq!(but_radar(&looked), but_radar(&order));
        prop_assert_eq!(dues(&looked.on(&Event::Ticked, now_ms, &VENDOR)), dues(&looked));
        let stored: Order = serde_json::from_str(&serde_json::to_string(&looked).unwrap()).unwrap();
        prop_assert_eq!(dues(&stored), dues(&looked));
    }

    /// The journal and the panel show no personal data and never nothing.
    #[test]
    fn every_event_has_a_name_and_an_author(event in any_event()) {
        prop_assert!(!event.name().is_empty() && !event.author().is_empty());
    }
}

/// What the channel refused is told as long as it can still be mended.
#[test]
fn a_refusal_goes_with_its_cause() {
    let awb = Event::Parcel(1, ParcelEvent::Adopted(tracking(1)));
    let refused = Event::FulfilRefused("order state".to_owned());
    let order = booked().on(&awb, 20, &VENDOR).on(&refused, 30, &VENDOR);
    assert_eq!(order.attention()[0].code, Code::FulfilRefused);
    assert_eq!(order.errand(Errand::Fulfil, &VENDOR), None);
    let again = order.on(&Event::Decided(Decision::Retry), 40, &VENDOR);
    assert_eq!((again.attention(), again.errand(Errand::Fulfil, &VENDOR)), (vec![], Some(Due::Now)));
    let shown = ChannelOrder { tracking: vec![tracking(1)], ..channel(ChannelState::Fulfilled, 50, 1) };
    let done = order.on(&Event::Delivered(Box::new(shown), 50), 50, &VENDOR);
    assert_eq!(done.attention(), [], "somebody fulfilled it by hand");
}

/// An order that was accepted while somebody wanted it cancelled ships no more: a person must know.
#[test]
fn a_cancellation_that_can_no_longer_be_said_is_told() {
    let asked = booked().on(&Event::CancelAsked("sold out".to_owned()), 20, &VENDOR);
    assert_eq!(asked.errand(Errand::Cancel, &VENDOR), Some(Due::Now));
    assert_eq!(asked.attention(), []);
    let accepted =
        asked.on(&Event::Delivered(Box::new(channel(ChannelState::Accepted, 30, 1)), 30), 30, &VENDOR);
    assert_eq!(accepted.errand(Errand::Cancel, &VENDOR), None);
    assert_eq!(accepted.attention()[0].code, Code::CancelRefused);
    let refused = asked.on(&Event::CancelRefused("too late".to_owned()), 30, &VENDOR);
    assert_eq!(
        (refused.attention()[0].code, &*refused.attention()[0].params[0]),
        (Code::CancelRefused, "too late")
    );
    let gone =
        refused.on(&Event::Delivered(Box::new(channel(ChannelState::NotFulfilled, 40, 1)), 40), 40, &VENDOR);
    assert!(
        gone.attention().iter().all(|hold| hold.code != Code::CancelRefused),
        "it is cancelled after all"
    );
}

/// F54: the channel shows another number than ours, for ever.
#[test]
fn another_number_on_the_channel_is_told() {
    let order = booked().on(&Event::Parcel(1, ParcelEvent::Adopted(tracking(1))), 20, &VENDOR);
    for (shown, alarm) in [(vec![tracking(1)], false), (vec![tracking(2)], true), (vec![], true)] {
        let shown = ChannelOrder { tracking: shown, ..channel(ChannelState::Fulfilled, 50, 1) };
        let seen = order.on(&Event::Delivered(Box::new(shown), 50), 50, &VENDOR);
        assert_eq!(seen.attention().iter().any(|hold| hold.code == Code::FulfilledElsewhere), alarm);
    }
}

/// Two parcels with the same trouble are two items: nobody overlooks the second.
#[test]
fn each_parcel_in_trouble_is_told() {
    let order = booked().on(&Event::ParcelsPlanned(vec![measures().into(); 2]), 20, &VENDOR);
    let objected = |order: &Order, number| {
        order.on(&Event::Parcel(number, ParcelEvent::Objected("too heavy".to_owned())), 30, &VENDOR)
    };
    let both = objected(&objected(&order, 1), 2).attention();
    let told: Vec<_> = both.iter().map(|hold| (hold.code, &*hold.params[0])).collect();
    let references = [1, 2].map(|number| order.id.parcel_reference(number));
    assert_eq!(told, [(Code::ParcelRefused, &*references[0]), (Code::ParcelRefused, &*references[1])]);
    assert_ne!(both[0].cause, both[1].cause);
}
