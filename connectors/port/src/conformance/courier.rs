//! What the engine relies on in every courier.

mod carriage;
mod minting;
mod tracking;

use async_trait::async_trait;
use vortex_domain::{OrderId, pickup::Cargo, shipping::Milestone};

use crate::courier::{Courier, MintAnswer, Parcel, Pickup, Waybill};

use super::{Failure, ensure};

pub use carriage::{
    a_collection_during_maintenance_may_be_ordered, a_collection_is_gone_after_cancelling_twice,
    a_lost_reply_to_a_collection_is_unknown, a_refused_collection_is_refused,
    parcels_of_every_lane_are_collected_together, rates_are_cheapest_first,
};
pub use minting::{
    a_declarable_parcel_brings_its_papers, a_lost_reply_is_unknown_and_found_again, a_refusal_is_a_refusal,
    a_reserved_number_is_minted_once, an_unclear_answer_is_unknown, asking_to_wait_is_not_sent,
    awkward_addresses_are_carried, minting_once_makes_one_waybill, parcels_minted_at_once_are_kept_apart,
    what_is_invalid_is_found_before_sending, wrong_credentials_are_called_so,
};
pub use tracking::{
    a_fresh_waybill_is_not_delivered, a_reference_finds_its_own_waybill_only, a_web_page_is_no_absence,
    scans_come_oldest_first_in_the_order_asked,
};

/// Which calls meet trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// Minting.
    Minting,
    /// Looking up by reference, and scans.
    Tracking,
    /// Ordering and cancelling collections.
    Pickups,
}

/// What goes wrong, until [`CourierWorld::calm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A server error with this status; nothing was done.
    ServerError(u16),
    /// All was done, and a server error with this status is the answer.
    DoneThenError(u16),
    /// All was done, and the connection breaks before the answer.
    LostReply,
    /// 429 with this many seconds, or without a time.
    AskToWait(Option<u32>),
    /// 503 with this many seconds: maintenance, or a gateway in front of what was done.
    Maintenance(u32),
    /// A web page with this status instead of an answer; nothing was done.
    WebPage(u16),
    /// A good status and nothing else; nothing was done.
    Empty,
    /// All was done, and half of the answer comes, complete as far as HTTP can tell.
    Half,
}

/// A connector and the simulator behind it, from both sides. Every case gets a fresh one.
#[async_trait]
pub trait CourierWorld: Send + Sync {
    /// The connector under test.
    type Courier: Courier;

    /// The connector under test.
    fn courier(&self) -> &Self::Courier;

    /// A parcel inside the customs union that the courier carries.
    fn parcel(&self, reference: &str) -> Parcel;

    /// A parcel across the customs border that the courier carries, papers included.
    fn declarable(&self, reference: &str) -> Parcel;

    /// A parcel that keeps every rule that we know, and that the courier refuses nevertheless.
    async fn refused(&self, reference: &str) -> Parcel;

    /// From now on the account may reserve waybill numbers; false where the courier has no such thing.
    async fn allow_reservations(&self) -> bool;

    /// The waybills that the courier has minted under a reference, whatever it answered.
    async fn minted(&self, reference: &str) -> Vec<String>;

    /// The courier scans a parcel with a code of this meaning, later than every scan before.
    async fn scan(&self, awb: &str, milestone: Milestone);

    /// What was minted can be looked up by reference from now on.
    async fn show_references(&self);

    /// A collection of these parcels that the courier accepts.
    fn pickup(&self, parcels: Vec<Cargo>) -> Pickup;

    /// What the courier finds odd about the collections that are ordered.
    async fn doubts_about_pickups(&self) -> Vec<String>;

    /// Collections that are ordered and not cancelled.
    async fn open_pickups(&self) -> usize;

    /// The courier no longer takes our credentials.
    async fn revoke_credentials(&self);

    /// Something goes wrong from now on.
    async fn trouble(&self, calls: Calls, trouble: Trouble);

    /// Everything works again.
    async fn calm(&self);
}

/// Mints a parcel that must be minted.
async fn mint(world: &impl CourierWorld, parcel: &Parcel) -> Result<Waybill, Failure> {
    let objections = world.courier().validate(parcel);
    ensure(objections.is_empty(), || format!("a good parcel is objected to: {objections:?}"))?;
    match world.courier().mint(parcel).await {
        MintAnswer::Minted(waybill) => Ok(waybill),
        other => Err(Failure(format!("a good parcel was not minted: {other:?}"))),
    }
}

/// Mints a parcel, for the van to take along.
async fn cargo(world: &impl CourierWorld, parcel: &Parcel) -> Result<Cargo, Failure> {
    let waybill = mint(world, parcel).await?;
    Ok(Cargo {
        order: OrderId::new(&parcel.reference).map_err(|why| Failure(why.to_string()))?,
        parcel: 1,
        awb: waybill.awb,
        measures: parcel.measures,
        declarable: parcel.customs.is_some(),
        product: waybill.product,
        value: parcel.customs.as_ref().map(|customs| customs.value),
    })
}

/// The courier has minted exactly these under a reference.
async fn books_hold(world: &impl CourierWorld, reference: &str, expected: &[String]) -> Result<(), Failure> {
    let minted = world.minted(reference).await;
    ensure(minted == expected, || {
        format!("the courier has minted {minted:?} under {reference}, not {expected:?}")
    })
}

/// One `#[tokio::test]` per case; `$world` is an async function that makes a fresh [`CourierWorld`].
#[macro_export]
macro_rules! courier_conformance {
    ($world:path) => {
        $crate::courier_conformance! { @each $world,
            minting_once_makes_one_waybill
            a_declarable_parcel_brings_its_papers
            awkward_addresses_are_carried
            parcels_minted_at_once_are_kept_apart
            what_is_invalid_is_found_before_sending
            a_refusal_is_a_refusal
            a_lost_reply_is_unknown_and_found_again
            an_unclear_answer_is_unknown
            asking_to_wait_is_not_sent
            wrong_credentials_are_called_so
            a_reserved_number_is_minted_once
            a_reference_finds_its_own_waybill_only
            a_fresh_waybill_is_not_delivered
            scans_come_oldest_first_in_the_order_asked
            a_web_page_is_no_absence
            rates_are_cheapest_first
            a_collection_is_gone_after_cancelling_twice
            a_lost_reply_to_a_collection_is_unknown
            a_refused_collection_is_refused
            a_collection_during_maintenance_may_be_ordered
            parcels_of_every_lane_are_collected_together
        }
    };
    (@each $world:path, $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let world = $world().await;
                if let Err(failure) = $crate::conformance::courier::$case(&world).await {
                    panic!("{failure}");
                }
            }
        )+
    };
}
