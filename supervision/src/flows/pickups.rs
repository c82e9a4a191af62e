//! Collections at the shipper's door: ordered once, whatever the courier answers, and cancelled until they are (dhl.md section 10).
//!
//! One round: what people want of collections is taken from the inbox; what may be on the wire from an earlier life is
//! unknown, and for a person; what is to be cancelled is; what is asked for is ordered, with its intent on disk before the
//! request leaves.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use metrics::counter;
use tracing::{info, warn};
use vortex_api::metrics::names;
use vortex_domain::{
    Order, Pickup, PickupId,
    order::Errand,
    pickup::{Booking, Cargo, PickupEvent, PickupStage, Wish},
    sales::{business_date, business_ms},
    shipping::{Lane, lane},
};
use vortex_entities::pickup::PickupStep;
use vortex_port::{CallError, Courier, courier};
use vortex_store::rows::{Desk, EffectKind, Write};

use super::{FlowContext, Stop};
use crate::flow::{Ran, Scope, Work};

/// Wishes taken up in one round at most; the rest follows at once.
const WISHES_LIMIT: u32 = 500;
/// Collections asked for or cancelled in one round at most.
const ROUND_LIMIT: u32 = 100;
/// Orders looked through for parcels that wait for the van at most.
const ORDERS_LIMIT: u32 = 5_000;
/// Collections read at once.
const PAGE: u32 = 100;

/// Orders and cancels collections.
pub struct Pickups(pub Arc<FlowContext>);

/// A collection as stored, and what its next write assumes.
struct Stored {
    version: i64,
    pickup: Pickup,
}

impl Pickups {
    async fn round(&self, done: &mut usize) -> Result<usize, Stop> {
        let looked_at = self.take_wishes(done).await?;
        let context = &self.0;
        let (vendor, now_ms) = (&context.vendor.id, context.now_ms());
        let due = context.seams.store.due_effects(vendor, EffectKind::Pickup, now_ms, ROUND_LIMIT).await?;
        let mut failed = None;
        for effect in &due {
            let Ok(id) = PickupId::new(&effect.key) else { continue };
            let Some(stored) = self.stored(&id).await? else { continue };
            match self.move_on(stored).await {
                Ok(moved) => *done += usize::from(moved),
                Err(stop) => stop.set_aside(&mut failed)?,
            }
        }
        failed.map_or(Ok(looked_at + due.len()), Err)
    }

    async fn stored(&self, id: &PickupId) -> Result<Option<Stored>, Stop> {
        let found = self.0.seams.store.pickup(&self.0.vendor.id, id).await?;
        Ok(found.map(|(version, pickup)| Stored { version, pickup }))
    }

    /// What people want, in the order in which they said it.
    async fn take_wishes(&self, done: &mut usize) -> Result<usize, Stop> {
        let context = &self.0;
        let wishes = context.seams.store.open_inbox(&context.vendor.id, Desk::Pickups, WISHES_LIMIT).await?;
        let taken = wishes.len();
        for row in wishes {
            let said = Write::InboxDone(row.vendor, row.connection, row.event_id);
            let wish = serde_json::from_str::<Wish>(&row.payload);
            let stored = match PickupId::new(&row.key) {
                Ok(id) => self.stored(&id).await?,
                Err(_) => None,
            };
            // Only we write wishes; one that cannot be read is of another version, and means nothing any more.
            let (Ok(wish), Some(stored)) = (wish, stored) else {
                context.write(vec![said]).await?;
                continue;
            };
            *done += usize::from(self.step(&stored, &wish.event, &wish.who, vec![said]).await?.is_some());
        }
        Ok(taken)
    }

    /// Writes what the event makes of a collection; none when it changes nothing.
    async fn step(
        &self,
        stored: &Stored,
        event: &PickupEvent,
        who: &str,
        mut writes: Vec<Write>,
    ) -> Result<Option<Stored>, Stop> {
        let context = &self.0;
        let now_ms = context.now_ms();
        let next = stored.pickup.on(event, now_ms);
        let changes = next != stored.pickup;
        if changes {
            let step = PickupStep {
                vendor: &context.vendor.id,
                before: Some((stored.version, &stored.pickup)),
                after: &next,
                cause: event.name(),
                who,
                now_ms,
            };
            writes.extend(step.writes());
        }
        context.write(writes).await?;
        Ok(changes.then_some(Stored { version: stored.version + 1, pickup: next }))
    }

    async fn happen(&self, stored: &Stored, event: PickupEvent) -> Result<Option<Stored>, Stop> {
        self.step(stored, &event, "courier", Vec::new()).await
    }

    /// Returns whether it got any further.
    async fn move_on(&self, stored: Stored) -> Result<bool, Stop> {
        match stored.pickup.stage.clone() {
            // Between two rounds nothing of ours is on the wire.
            PickupStage::Ordering { .. } => {
                Ok(self.step(&stored, &PickupEvent::Recovered, "engine", Vec::new()).await?.is_some())
            }
            PickupStage::Cancelling { confirmation } => self.cancel(&stored, &confirmation).await,
            PickupStage::Asked => self.order(&stored).await,
            _ => Ok(false),
        }
    }

    async fn cancel(&self, stored: &Stored, confirmation: &str) -> Result<bool, Stop> {
        let Some((_, courier)) = &self.0.remotes.courier else { return Ok(false) };
        let event = match courier.cancel_pickup(confirmation).await {
            Ok(()) => PickupEvent::Cancelled,
            Err(CallError::Refused { message, .. }) => PickupEvent::CancelRefused(message),
            // Cancelling twice is harmless: it is tried until it is said to be gone.
            Err(error) => return Err(error.into()),
        };
        Ok(self.happen(stored, event).await?.is_some())
    }

    async fn order(&self, stored: &Stored) -> Result<bool, Stop> {
        let context = &self.0;
        let objected = async |why: &str| -> Result<bool, Stop> {
            let event = PickupEvent::Objected(why.to_owned());
            Ok(self.step(stored, &event, "engine", Vec::new()).await?.is_some())
        };
        let Some((_, courier)) = &context.remotes.courier else {
            return objected("nu este conectat niciun curier / no courier is connected").await;
        };
        let pickup = &stored.pickup;
        let until_ms = business_ms(pickup.day.to_datetime(pickup.close));
        if context.now_ms() >= until_ms {
            return objected("ora a trecut / its time has passed").await;
        }
        let cargo = self.waiting(&**courier).await?;
        if cargo.is_empty() {
            return objected("niciun colet nu așteaptă ridicarea / no parcel waits for a collection").await;
        }
        let wanted = courier::Pickup {
            ready_ms: business_ms(pickup.day.to_datetime(pickup.ready)),
            close: pickup.close,
            location: pickup.location.clone(),
            parcels: cargo.clone(),
        };
        let starts = PickupEvent::Starts(cargo);
        let Some(ordering) = self.step(stored, &starts, "engine", Vec::new()).await? else {
            return Ok(false);
        };
        let (booking, outcome) = match courier.book_pickup(&wanted).await {
            Ok(confirmation) => {
                info!(vendor.id = %context.vendor.id, pickup.id = %pickup.id, confirmation,
                    "Collection `{}` ordered", pickup.id);
                (Booking::Done(confirmation), Ok(true))
            }
            Err(CallError::Refused { message, .. }) => (Booking::Refused(message), Ok(true)),
            Err(error) if error.may_have_acted() => (Booking::Unknown, Err(error)),
            Err(error) => (Booking::NotSent, Err(error)),
        };
        if matches!(booking, Booking::Unknown) {
            warn!(vendor.id = %context.vendor.id, pickup.id = %pickup.id,
                "Nobody knows whether collection `{}` is ordered; a person asks the courier", pickup.id);
        }
        let word = match &booking {
            Booking::Done(_) => "ordered",
            Booking::Refused(_) => "refused",
            Booking::NotSent => "not_sent",
            Booking::Unknown => "unknown",
        };
        counter!(names::PICKUPS, "vendor" => context.vendor.id.to_string(), "outcome" => word).increment(1);
        self.happen(&ordering, PickupEvent::Answered(booking)).await?;
        outcome.map_err(Stop::Remote)
    }

    /// The parcels of this courier that nobody has collected and no other collection takes along, oldest first.
    async fn waiting(&self, courier: &dyn Courier) -> Result<Vec<Cargo>, Stop> {
        let taken = self.taken().await?;
        let mut waiting = Vec::new();
        for order in self.0.due(Errand::Collect, ORDERS_LIMIT).await? {
            let of_order = cargo(&order, &self.0.vendor, courier.carrier());
            waiting.extend(of_order.into_iter().filter(|cargo| !taken.contains(&cargo.awb)));
            if waiting.len() >= courier.pickup_limit() {
                let left = waiting.len() - courier.pickup_limit();
                warn!(vendor.id = %self.0.vendor.id, left, "More parcels wait than one collection takes along");
                break;
            }
        }
        waiting.truncate(courier.pickup_limit());
        Ok(waiting)
    }

    /// Waybills that a collection of today or later takes along, or may.
    async fn taken(&self) -> Result<BTreeSet<String>, Stop> {
        let today = business_date(self.0.now_ms());
        let mut taken = BTreeSet::new();
        let mut before: Option<PickupId> = None;
        loop {
            let page = self.0.seams.store.pickups(&self.0.vendor.id, before.as_ref(), PAGE).await?;
            let Some((_, last)) = page.last() else { return Ok(taken) };
            before = Some(last.id.clone());
            for (_, pickup) in page {
                if pickup.day < today {
                    return Ok(taken);
                }
                if pickup.holds_its_cargo() {
                    taken.extend(pickup.cargo.into_iter().map(|cargo| cargo.awb));
                }
            }
        }
    }
}

/// What of an order the courier's van is to take along.
fn cargo(order: &Order, vendor: &vortex_domain::Vendor, carrier: &str) -> Vec<Cargo> {
    let to = &order.channel;
    let declarable = lane(to.market, &to.ship_to.postal_code) == Lane::Declarable;
    let waiting = order.parcels.iter().filter(|parcel| order.waits_for_the_van(parcel, vendor));
    waiting
        .filter_map(|parcel| {
            let tracking = parcel.tracking().filter(|tracking| tracking.carrier == carrier)?;
            Some(Cargo {
                order: order.id.clone(),
                parcel: parcel.number,
                awb: tracking.number.clone(),
                measures: parcel.measures,
                declarable,
                product: parcel.product.clone(),
                value: order.declared_value(parcel).filter(|_| declarable),
            })
        })
        .collect()
}

#[async_trait]
impl Work for Pickups {
    async fn run(&self, _scope: &Scope) -> Ran {
        let mut done = 0;
        match self.round(&mut done).await {
            Ok(0) => Ran::done(0, 0),
            Ok(looked_at) => {
                if let Some((name, _)) = &self.0.remotes.courier {
                    self.0.works(name).await;
                }
                Ran::done(looked_at, done)
            }
            Err(stop) => {
                self.0.report(&stop).await;
                Ran::stopped(done, done, &stop)
            }
        }
    }
}
