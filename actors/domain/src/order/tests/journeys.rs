//! Parcels: one waybill each, whatever happens in whatever order (promise 5; F49 to F53, F55).

use std::collections::BTreeSet;

use super::*;

/// Every waybill that the order knows of.
fn known(order: &Order) -> BTreeSet<Tracking> {
    let of = |parcel: &Parcel| {
        parcel.tracking().cloned().into_iter().chain(parcel.abandoned.clone()).collect::<Vec<_>>()
    };
    order.parcels.iter().flat_map(of).collect()
}

fn parcel(order: &Order, number: u32) -> Option<&Parcel> {
    order.parcels.iter().find(|parcel| parcel.number == number)
}

fn reserved(parcel: &Parcel) -> Option<&String> {
    match &parcel.stage {
        ParcelStage::Waiting { reserved }
        | ParcelStage::Minting { reserved, .. }
        | ParcelStage::Unknown { reserved, .. } => reserved.as_ref(),
        _ => None,
    }
}

/// The order after the events, all at one moment.
fn after(order: Order, now_ms: i64, events: &[ParcelEvent]) -> Order {
    events.iter().fold(order, |order, event| order.on(&Event::Parcel(1, event.clone()), now_ms, &VENDOR))
}

fn planned(parcels: usize) -> Order {
    booked().on(&Event::ParcelsPlanned(vec![measures().into(); parcels]), 20, &VENDOR)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The first waybill of a parcel is its waybill for ever, and none that anybody told us of is forgotten.
    #[test]
    fn a_parcel_keeps_its_waybill_and_none_is_forgotten(events in later_events()) {
        run_booked(&events, |before, event, after| {
            for old in &before.parcels {
                if let Some(waybill) = old.tracking() {
                    assert_eq!(parcel(after, old.number).and_then(Parcel::tracking), Some(waybill), "{event:?}");
                }
            }
            assert!(known(before).is_subset(&known(after)), "{event:?}");
            let told = match event {
                Event::Parcel(_, ParcelEvent::Answered(Minting::Done { tracking: waybill, .. })) => std::slice::from_ref(waybill),
                Event::Parcel(_, ParcelEvent::Found(found)) => found,
                Event::Parcel(n, ParcelEvent::Adopted(waybill)) if parcel(before, *n).is_some() => {
                    std::slice::from_ref(waybill)
                }
                _ => &[],
            };
            assert!(told.iter().all(|waybill| known(after).contains(waybill)), "{event:?}");
            let numbers: BTreeSet<u32> = after.parcels.iter().map(|parcel| parcel.number).collect();
            assert_eq!(numbers.len(), after.parcels.len(), "each number once");
        });
    }

    /// F49, promise 8: what may be minted is minted again only after it was looked up or answered, or a person said so;
    /// without a reserved number only a person does.
    #[test]
    fn nothing_is_minted_again_on_a_guess(events in later_events()) {
        let mut at = events.iter().map(|(_, now_ms)| *now_ms);
        run_booked(&events, |before, event, after| {
            let now_ms = at.next().unwrap();
            for old in before.parcels.iter().filter(|parcel| parcel.may_be_minted()) {
                let new = parcel(after, old.number).expect("a parcel on its way stays planned");
                let ParcelStage::Waiting { reserved: kept } = &new.stage else { continue };
                match (&old.stage, event) {
                    (ParcelStage::Minting { .. }, Event::Parcel(n, ParcelEvent::Answered(Minting::NotSent))) => {
                        assert_eq!((*n, kept.as_ref()), (old.number, reserved(old)));
                    }
                    (ParcelStage::Unknown { missed, look_ms, .. }, Event::Parcel(n, ParcelEvent::Found(found))) => {
                        assert!(found.is_empty() && *n == old.number);
                        assert!(kept.is_some() && kept.as_ref() == reserved(old), "only under its reserved number");
                        assert!(missed + 1 >= LOOKUPS && now_ms >= *look_ms, "looked up often enough");
                    }
                    (
                        ParcelStage::Undecided { .. },
                        Event::Decided(Decision::MintAgain) | Event::Parcel(_, ParcelEvent::MintAgain),
                    ) => {}
                    (stage, event) => panic!("{event:?} freed {stage:?}"),
                }
            }
        });
    }

    /// A number that went out once is sent again, never another in its place.
    #[test]
    fn a_reserved_number_is_not_exchanged(events in later_events()) {
        run_booked(&events, |before, event, after| {
            for old in &before.parcels {
                let (Some(had), Some(new)) = (reserved(old), parcel(after, old.number)) else { continue };
                if let Some(has) = reserved(new) {
                    assert_eq!(has, had, "{event:?}");
                } else {
                    let open = matches!(
                        new.stage,
                        ParcelStage::Waiting { .. } | ParcelStage::Minting { .. } | ParcelStage::Unknown { .. }
                    );
                    assert!(!open, "{event:?} dropped {had}");
                }
            }
        });
    }

    /// F21, A4: nothing goes to the courier for an order that is cancelled, amended, fulfilled, doubtful or about to be cancelled.
    #[test]
    fn nothing_starts_for_an_order_that_may_not_ship(events in later_events()) {
        run_booked(&events, |before, event, after| {
            let minting = |order: &Order| {
                order.parcels.iter().filter(|p| matches!(p.stage, ParcelStage::Minting { .. })).count()
            };
            if minting(after) > minting(before) {
                assert!(matches!(event, Event::Parcel(_, ParcelEvent::Starts(_))));
                assert!(matches!(before.stage, Stage::Booked { copies: 1, vanished: false, .. }));
                assert!(matches!(before.channel.state, ChannelState::Created | ChannelState::Accepted));
                assert!(before.cancel_asked.is_none());
                assert!(before.channel.substance() == before.sale_of
                    || before.settled == Some(before.channel.substance()));
            }
        });
    }

    /// F53: the channel is told once every parcel has its number, and not while somebody cancels.
    #[test]
    fn no_fulfilment_is_wanted_without_a_waybill_for_every_parcel(events in later_events()) {
        run_booked(&events, |_, _, after| {
            if after.errand(Errand::Fulfil, &VENDOR).is_some() {
                assert!(!after.parcels.is_empty());
                assert!(after.parcels.iter().all(|parcel| parcel.tracking().is_some()));
                assert_eq!(after.tracking(&VENDOR).len(), after.parcels.len());
                assert!(matches!(after.channel.state, ChannelState::Created | ChannelState::Accepted));
                assert!(after.cancel_asked.is_none() && after.fulfil_refused.is_none());
            }
        });
    }

    /// An answer of the courier that knows less takes no scan away, and a journey that is over is not asked for.
    #[test]
    fn a_journey_never_gets_shorter(events in later_events()) {
        run_booked(&events, |before, _, after| {
            for old in before.parcels.iter().filter(|parcel| parcel.tracking().is_some()) {
                let new = parcel(after, old.number).unwrap();
                assert!(new.scans.len() >= old.scans.len());
                assert!(!new.milestone().is_final() || new.next_scan_ms(&VENDOR.shipping).is_none());
            }
        });
    }
}

#[test]
fn an_order_that_may_not_ship_refuses_to_start() {
    let starts = Event::Parcel(1, ParcelEvent::Starts(None));
    let fulfilled = Event::Delivered(Box::new(channel(ChannelState::Fulfilled, 30, 1)), 30);
    let cancelled = Event::Delivered(Box::new(channel(ChannelState::NotFulfilled, 30, 1)), 30);
    let amended = Event::Delivered(Box::new(channel(ChannelState::Created, 30, 2)), 30);
    let doubled = Event::Found(Finding { live: 2, cancelled: 0, read_ms: 30 });
    for cause in [fulfilled, cancelled, amended, doubled, Event::CancelAsked("sold out".to_owned())] {
        let order = planned(1).on(&cause, 30, &VENDOR).on(&starts, 40, &VENDOR);
        assert!(matches!(order.parcels[0].stage, ParcelStage::Waiting { .. }), "{cause:?}");
        assert_eq!(order.errand(Errand::Ship, &VENDOR), None, "{cause:?}");
    }
    assert!(planned(1).on(&starts, 40, &VENDOR).parcels[0].may_be_minted(), "otherwise it starts");
}

#[test]
fn a_look_up_before_its_time_says_nothing_and_each_waits_longer() {
    let nothing = ParcelEvent::Found(Vec::new());
    let order = after(planned(1), 20, &[ParcelEvent::Starts(None), ParcelEvent::Answered(Minting::Unknown)]);
    assert_eq!(order.errand(Errand::Ship, &VENDOR), Some(Due::At(20 + LOOKUP_WAIT_MS)));
    let early = after(order.clone(), 29, &[nothing.clone(), nothing.clone(), nothing.clone()]);
    assert_eq!(early, order, "the courier could not have shown it yet");
    let once = after(order, 30, &[nothing.clone(), nothing.clone()]);
    assert_eq!(once.errand(Errand::Ship, &VENDOR), Some(Due::At(30 + 2 * LOOKUP_WAIT_MS)));
    let twice = after(once, 50, &[nothing]);
    assert_eq!(twice.parcels[0].stage, ParcelStage::Undecided { since_ms: 20 });
    assert_eq!(twice.attention()[0].code, Code::AwbUnknown);
    assert_eq!(twice.errand(Errand::Ship, &VENDOR), None, "a person decides");
}

/// The order was planned anew while a waybill of the older plan was still to come.
#[test]
fn a_waybill_of_a_parcel_that_is_no_longer_planned_is_one_too_many() {
    let again = planned(3).on(&Event::ParcelsPlanned(vec![measures().into()]), 30, &VENDOR);
    assert_eq!(again.parcels.len(), 1);
    let late = Event::Parcel(
        3,
        ParcelEvent::Answered(Minting::Done { tracking: tracking(7), labelled: true, product: None }),
    );
    let order = again.on(&late, 40, &VENDOR);
    assert_eq!((order.spare_waybills(), order.parcels[0].tracking()), (vec![tracking(7)], None));
    assert_eq!(order.attention()[0].code, Code::AwbAbandoned);
    let order = order.on(&Event::ParcelsPlanned(vec![measures().into(); 2]), 50, &VENDOR);
    assert_eq!(order.spare_waybills(), [tracking(7)], "nor does a third plan forget it");
}

/// F49: of two waybills the first one counts; the other must not be used, until a person has seen to it.
#[test]
fn a_second_waybill_is_shown_until_it_is_settled() {
    let done =
        |n| ParcelEvent::Answered(Minting::Done { tracking: tracking(n), labelled: true, product: None });
    let order = after(planned(1), 20, &[ParcelEvent::Starts(None), done(1), done(2), done(1)]);
    assert_eq!(order.tracking(&VENDOR), [tracking(1)]);
    assert_eq!((order.attention()[0].code, &*order.attention()[0].params[0]), (Code::AwbAbandoned, "2"));
    let settled = order.on(&Event::Decided(Decision::ParcelsSettled), 30, &VENDOR);
    assert_eq!(settled.attention(), []);
    assert_eq!(after(settled, 40, &[done(3)]).attention()[0].params[0], "2, 3", "a third one is news");
}

/// F21, A4: cancelled after its waybill was minted.
#[test]
fn the_waybill_of_a_cancelled_order_must_not_be_used() {
    let done = ParcelEvent::Answered(Minting::Done { tracking: tracking(1), labelled: true, product: None });
    let order = after(planned(1), 20, &[ParcelEvent::Starts(None), done]);
    let gone =
        order.on(&Event::Delivered(Box::new(channel(ChannelState::NotFulfilled, 30, 1)), 30), 30, &VENDOR);
    let codes: Vec<Code> = gone.attention().iter().map(|hold| hold.code).collect();
    assert_eq!(codes, [Code::CancelledAfterBooking, Code::AwbAbandoned]);
    assert_eq!(gone.errand(Errand::Fulfil, &VENDOR), None);
}

#[test]
fn a_lost_label_is_told_and_an_adopted_waybill_has_its_label() {
    let bare = ParcelEvent::Answered(Minting::Done { tracking: tracking(1), labelled: false, product: None });
    let order = after(planned(1), 20, &[ParcelEvent::Starts(None), bare]);
    assert_eq!(order.attention()[0].code, Code::LabelMissing);
    assert_eq!(after(order, 30, &[ParcelEvent::Adopted(tracking(1))]).attention(), []);
    let typed = after(booked(), 20, &[ParcelEvent::Adopted(tracking(9))]);
    assert_eq!((typed.tracking(&VENDOR), typed.attention()), (vec![tracking(9)], vec![]), "without any plan");
}

/// A number that the courier calls used and never shows: it is sent again once, and then it is for a person.
#[test]
fn a_reserved_number_is_sent_again_once() {
    let number = || Some("R1".to_owned());
    let unknown = [ParcelEvent::Starts(number()), ParcelEvent::Answered(Minting::Unknown)];
    let in_vain = |order: Order, from_ms: i64| {
        (0..LOOKUPS).fold(order, |order, time| {
            let waits = LOOKUP_WAIT_MS * ((1 << (time + 1)) - 1);
            after(order, from_ms + waits, &[ParcelEvent::Found(Vec::new())])
        })
    };
    let once = in_vain(after(planned(1), 100, &unknown), 100);
    assert_eq!(once.parcels[0].stage, ParcelStage::Waiting { reserved: number() });
    assert_eq!(once.errand(Errand::Ship, &VENDOR), Some(Due::Now));
    // Cancelled before that: it may have been minted the first time, which nobody would ever look for again.
    let gone =
        once.on(&Event::Delivered(Box::new(channel(ChannelState::NotFulfilled, 150, 1)), 150), 150, &VENDOR);
    assert_eq!(gone.parcels[0].stage, ParcelStage::Undecided { since_ms: 150 });
    assert!(gone.attention().iter().any(|item| item.code == Code::AwbUnknown));
    let looked = after(gone, 160, &[ParcelEvent::MintAgain]);
    assert_eq!((looked.parcels[0].may_be_minted(), looked.errand(Errand::Ship, &VENDOR)), (false, None));
    // Whatever number the next round has reserved.
    let other = [ParcelEvent::Starts(Some("R2".to_owned())), ParcelEvent::Answered(Minting::Unknown)];
    let again = after(once, 200, &other);
    assert_eq!(reserved(&again.parcels[0]), number().as_ref());
    let twice = in_vain(again, 200);
    assert_eq!(twice.parcels[0].stage, ParcelStage::Undecided { since_ms: 200 });
}
