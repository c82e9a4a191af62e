//! Warnings on the way to the channel's deadline.

use super::*;

const DEADLINE_MS: i64 = 1_000;

fn until(deadline_ms: i64, updated_at_ms: i64) -> ChannelOrder {
    ChannelOrder { deadline_ms: Some(deadline_ms), ..channel(ChannelState::Created, updated_at_ms, 1) }
}

fn order() -> Order {
    Order::arrived(until(DEADLINE_MS, 0), 0)
}

fn warning(order: &Order) -> Option<String> {
    order.attention().into_iter().find(|hold| hold.code == Code::DeadlineNear).map(|hold| hold.cause)
}

proptest! {
    /// Each share of the time warns once, in its turn, also when the clock steps back.
    #[test]
    fn each_warning_comes_once(ticks in proptest::collection::vec(0i64..1_200, 0..30)) {
        let (mut order, mut newest, mut seen) = (order(), 0, Vec::new());
        for now_ms in ticks {
            newest = now_ms.max(newest);
            order = order.on(&Event::Ticked, now_ms, &VENDOR);
            let level = [500, 750, 900].iter().filter(|at| newest >= **at).count();
            prop_assert_eq!(warning(&order), (level > 0).then(|| format!("o-1:{level}")));
            seen.extend(warning(&order));
            let next = [500, 750, 900].get(level).map(|at| Due::At(*at));
            prop_assert_eq!(order.errand(Errand::Radar, &VENDOR), next);
        }
        seen.dedup();
        let raised = seen.len();
        seen.sort();
        seen.dedup();
        prop_assert_eq!(seen.len(), raised, "none comes back");
    }
}

#[test]
fn a_moved_deadline_warns_anew() {
    let late = order().on(&Event::Ticked, 950, &VENDOR);
    assert_eq!(warning(&late).as_deref(), Some("o-1:3"));
    let moved = late.on(&Event::Delivered(Box::new(until(10_000, 960)), 960), 960, &VENDOR);
    assert_eq!((warning(&moved), moved.errand(Errand::Radar, &VENDOR)), (None, Some(Due::At(5_000))));
    let same = late.on(&Event::Delivered(Box::new(until(DEADLINE_MS, 960)), 960), 960, &VENDOR);
    assert_eq!(warning(&same).as_deref(), Some("o-1:3"), "nothing else moves it");
}

#[test]
fn what_is_done_warns_no_more() {
    let late = order().on(&Event::Ticked, 600, &VENDOR);
    for state in [ChannelState::Fulfilled, ChannelState::NotFulfilled] {
        let done = ChannelOrder { state, ..until(DEADLINE_MS, 700) };
        let over = late.on(&Event::Delivered(Box::new(done), 700), 700, &VENDOR);
        assert_eq!((warning(&over), over.errand(Errand::Radar, &VENDOR)), (None, None));
    }
}
