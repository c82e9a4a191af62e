use super::{Calls, CourierWorld, Trouble, mint};
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
    let awb = mint(world, &world.parcel("C-PICKUP-1")).await?.awb;
    let confirmation = world.courier().book_pickup(&world.pickup(&[awb])).await?;
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
    let awb = mint(world, &world.parcel("C-PICKUP-2")).await?.awb;
    for (number, trouble) in (1..).zip([Trouble::LostReply, Trouble::DoneThenError(500), Trouble::Half]) {
        world.trouble(Calls::Pickups, trouble).await;
        let lost = world.courier().book_pickup(&world.pickup(std::slice::from_ref(&awb))).await;
        ensure(lost.as_ref().is_err_and(CallError::may_have_acted), || {
            format!("{trouble:?} became {lost:?}")
        })?;
        ensure(world.open_pickups().await == number, || format!("{trouble:?} was repeated or not sent"))?;
        world.calm().await;
    }
    Ok(())
}
