//! Endings of a minting that only DHL has: reserved numbers, delays of the look-up, the quota of a day.

use jiff::civil::date;
use vortex_port::{
    CallError, Courier,
    conformance::courier::{Calls, CourierWorld, Trouble},
    courier::{MintAnswer, Parcel},
};
use vortex_simulators::{FaultMode, FaultRule, dhl::ReferenceLookup};

use crate::world::World;

#[tokio::test]
async fn a_reserved_number_survives_a_lost_reply_without_a_second_waybill() {
    // F49
    let world = World::start().await;
    world.allow_reservations().await;
    let reserved = world.courier().reserve().await.unwrap();
    let parcel = Parcel { reserved: reserved.clone(), ..world.parcel("R-1") };
    world.trouble(Calls::Minting, Trouble::LostReply).await;
    assert!(matches!(world.courier().mint(&parcel).await, MintAnswer::Unknown(_)));
    world.calm().await;
    let again = world.courier().mint(&parcel).await;
    let MintAnswer::Unknown(error) = &again else { panic!("{again:?}") };
    assert!(error.to_string().contains("Invocation-Id"), "{error}");
    assert_eq!(world.minted("R-1").await, reserved.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_number_that_the_account_may_not_use_is_refused() {
    let world = World::start().await;
    let parcel = Parcel { reserved: Some("0123456789".to_owned()), ..world.parcel("R-2") };
    let answer = world.courier().mint(&parcel).await;
    let MintAnswer::Refused(objections) = answer else { panic!("{answer:?}") };
    assert_eq!(objections[0].field, "reserved");
}

#[tokio::test]
async fn a_fresh_waybill_is_found_only_after_a_while() {
    let world = World::start().await;
    let parcel = world.parcel("D-1");
    let awb = world.mint(&parcel).await.awb;
    let since = date(2020, 1, 1);
    assert!(world.courier().find("D-1", since).await.unwrap().is_empty());
    world.show_references().await;
    assert_eq!(world.courier().find("D-1", since).await.unwrap(), [awb]);
    world.sim.update_options(|o| o.reference_lookup = ReferenceLookup::Never);
    assert!(world.courier().find("D-1", since).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_used_up_quota_is_a_pause_and_mints_nothing() {
    // F61
    for retry_after in [None, Some(600)] {
        let world = World::start().await;
        world.sim.update_options(|o| {
            o.quota_per_day = Some(0);
            o.quota_retry_after_s = retry_after;
        });
        let answer = world.courier().mint(&world.parcel("Q-1")).await;
        let MintAnswer::NotSent(CallError::Paused { retry_after_ms, .. }) = answer else {
            panic!("{answer:?}")
        };
        assert!(retry_after_ms >= i64::from(retry_after.unwrap_or(0)) * 1000);
        assert!(world.minted("Q-1").await.is_empty());
    }
}

#[tokio::test]
async fn a_403_is_about_the_credentials_whatever_its_body() {
    for html in [false, true] {
        let world = World::start().await;
        let mode = FaultMode::Status { code: 403, retry_after_s: None, html };
        world.sim.faults().push(FaultRule::always("/mydhlapi", mode));
        let answer = world.courier().mint(&world.parcel("K-1")).await;
        assert!(matches!(answer, MintAnswer::NotSent(CallError::Credentials { .. })), "{answer:?}");
        let found = world.courier().find("K-1", date(2020, 1, 1)).await;
        assert!(matches!(found, Err(CallError::Credentials { .. })), "{found:?}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_problem_and_no_person() {
    let world = World::start().await;
    let parcel = world.parcel("P-1");
    world.sim.update_options(|o| {
        o.unserved_postal_codes.insert(parcel.to.postal_code.clone());
    });
    let answer = world.courier().mint(&parcel).await;
    let MintAnswer::Refused(objections) = &answer else { panic!("{answer:?}") };
    assert!(objections[0].rule.contains("420505"), "{objections:?}");
    assert!(!format!("{answer:?}").contains("111 22"));
}
