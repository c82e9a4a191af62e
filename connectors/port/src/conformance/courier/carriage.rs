use super::{Calls, CourierWorld, Trouble, cargo};
use vortex_domain::pickup::Cargo;

use crate::{
    conformance::{Failure, ensure},
    courier::Courier,
    outcome::CallError,
};

/// There is something to carry a good parcel with, on every lane, and the cheapest comes first.
pub async fn rates_are_cheapest_first(world: &impl CourierWorld) -> Result<(), Failure> {
    for parcel in [world.parcel("C-RATE-1"), world.declarable("C-RATE-2")] {
        let rates = world.courier().rates(&parcel).await?;
        ensure(!rates.is_empty(), || format!("nothing carries a parcel to {}", parcel.country))?;
        let prices: Vec<_> =
            rates.iter().filter_map(|rate| rate.price.as_ref().map(|(amount, _)| *amount)).collect();
        ensure(prices.is_sorted(), || format!("rates to {} are not sorted: {prices:?}", parcel.country))?;
    }
    Ok(())
}

/// Ordered once, it is there; cancelled twice, it is gone, and the second time is no failure.
pub async fn a_collection_is_gone_after_cancelling_twice(world: &impl CourierWorld) -> Result<(), Failure> {
    let parcel = cargo(world, &world.parcel("C-PICKUP-1")).await?;
    let confirmation = world.courier().book_pickup(&world.pickup(vec![parcel])).await?;
    ensure(!confirmation.is_empty(), || "a collection without a number".to_owned())?;
    ensure(world.open_pickups().await == 1, || "the collection was not ordered once".to_owned())?;
    for time in ["first", "second"] {
        let cancelled = world.courier().cancel_pickup(&confirmation).await;
        ensure(cancelled.is_ok(), || format!("cancelling it a {time} time: {cancelled:?}"))?;
        ensure(world.open_pickups().await == 0, || "the collection is still open".to_owned())?;
    }
    Ok(())
}

/// A collection is not repeatable: behind a lost answer nobody knows whether the van comes.
pub async fn a_lost_reply_to_a_collection_is_unknown(world: &impl CourierWorld) -> Result<(), Failure> {
    let parcel = cargo(world, &world.parcel("C-PICKUP-2")).await?;
    for (number, trouble) in (1..).zip([Trouble::LostReply, Trouble::DoneThenError(500), Trouble::Half]) {
        world.trouble(Calls::Pickups, trouble).await;
        let lost = world.courier().book_pickup(&world.pickup(vec![parcel.clone()])).await;
        ensure(lost.as_ref().is_err_and(CallError::may_have_acted), || {
            format!("{trouble:?} became {lost:?}")
        })?;
        ensure(world.open_pickups().await == number, || format!("{trouble:?} was repeated or not sent"))?;
        world.calm().await;
    }
    Ok(())
}

/// What cannot be ordered is refused in so many words, and what asks to wait has not been ordered.
pub async fn a_refused_collection_is_refused(world: &impl CourierWorld) -> Result<(), Failure> {
    let parcel = cargo(world, &world.parcel("C-PICKUP-3")).await?;
    let empty = world.courier().book_pickup(&world.pickup(Vec::new())).await;
    ensure(empty.as_ref().is_err_and(|error| !error.may_have_acted()), || {
        format!("nothing became {empty:?}")
    })?;
    world.trouble(Calls::Pickups, Trouble::AskToWait(Some(1))).await;
    let waiting = world.courier().book_pickup(&world.pickup(vec![parcel])).await;
    ensure(waiting.as_ref().is_err_and(|error| !error.may_have_acted()), || {
        format!("429 became {waiting:?}")
    })?;
    ensure(world.open_pickups().await == 0, || "something was ordered all the same".to_owned())
}

/// Maintenance that names a time may stand in front of what was done all the same.
pub async fn a_collection_during_maintenance_may_be_ordered(
    world: &impl CourierWorld,
) -> Result<(), Failure> {
    let parcel = cargo(world, &world.parcel("C-PICKUP-6")).await?;
    world.trouble(Calls::Pickups, Trouble::Maintenance(1)).await;
    let down = world.courier().book_pickup(&world.pickup(vec![parcel])).await;
    ensure(down.as_ref().is_err_and(CallError::may_have_acted), || format!("503 became {down:?}"))
}

/// One van takes parcels of every lane along, each named as it was minted.
pub async fn parcels_of_every_lane_are_collected_together(world: &impl CourierWorld) -> Result<(), Failure> {
    let mut parcels = Vec::new();
    for parcel in [world.parcel("C-PICKUP-4"), world.declarable("C-PICKUP-5")] {
        let parcel = cargo(world, &parcel).await?;
        ensure(parcel.product.is_some(), || format!("waybill {} names no product", parcel.awb))?;
        parcels.push(parcel);
    }
    // One that was typed in names none.
    parcels.extend(parcels.clone().into_iter().map(|parcel| Cargo { product: None, ..parcel }));
    world.courier().book_pickup(&world.pickup(parcels)).await?;
    let doubts = world.doubts_about_pickups().await;
    ensure(doubts.is_empty(), || format!("the courier doubts: {doubts:?}"))
}
