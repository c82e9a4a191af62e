//! Where the parcels are: many waybills in one question, each at its own rhythm, and at once where the courier has pushed news.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use vortex_domain::{
    OrderId,
    order::{Errand, Event, ParcelEvent},
};
use vortex_entities::Flow;
use vortex_port::{Courier, courier::TRACKED_AT_ONCE};

use super::{FlowContext, Stop, pushes::Pushes};
use crate::flow::{Ran, Scope, Work};

/// Orders in one run at most; the rest follows at once.
const ROUND_LIMIT: u32 = 2_000;

/// Reads journeys.
pub struct Tracking(pub Arc<FlowContext>);

impl Tracking {
    async fn read(&self, courier: &dyn Courier, only: Option<&OrderId>) -> Result<usize, Stop> {
        let context = &self.0;
        let orders = match only {
            Some(id) => context.load(std::slice::from_ref(id)).await?,
            None => context.due(Errand::Track, ROUND_LIMIT).await?,
        };
        let mut followed: BTreeMap<String, Vec<(OrderId, u32)>> = BTreeMap::new();
        for order in &orders {
            for parcel in &order.parcels {
                // Another carrier's number, typed in by hand, is not this courier's to follow.
                if let Some(tracking) = parcel.tracking().filter(|t| t.carrier == courier.carrier()) {
                    followed
                        .entry(tracking.number.clone())
                        .or_default()
                        .push((order.id.clone(), parcel.number));
                } else if parcel.tracking().is_some() {
                    let nothing = Event::Parcel(parcel.number, ParcelEvent::Scanned(Vec::new()));
                    context.happened(vec![(order.id.clone(), nothing)]).await;
                }
            }
        }
        let awbs: Vec<String> = followed.keys().cloned().collect();
        for chunk in awbs.chunks(TRACKED_AT_ONCE) {
            let scans = courier.scans(chunk).await?;
            let mut events = Vec::new();
            for (awb, scans) in chunk.iter().zip(scans) {
                for (id, number) in followed.get(awb).into_iter().flatten() {
                    let event = Event::Parcel(*number, ParcelEvent::Scanned(scans.clone()));
                    events.push((id.clone(), event));
                }
            }
            context.happened(events).await;
        }
        Ok(awbs.len())
    }
}

#[async_trait]
impl Work for Tracking {
    async fn run(&self, scope: &Scope) -> Ran {
        let Some((name, courier)) = &self.0.remotes.courier else { return Ran::done(0, 0) };
        // What was pushed is read with what is due; that pushing fails stops no reading.
        let pushed = Pushes(&self.0).take().await;
        if let Err(stop) = &pushed {
            self.0.report(stop).await;
        }
        match self.read(&**courier, scope.order.as_ref()).await {
            Ok(0) => Ran::done(0, 0),
            Ok(read) => {
                self.0.works(name).await;
                // Collected parcels may be what the channel waits to be told.
                self.0.hub.wake(Flow::Commands);
                Ran::done(read, read)
            }
            Err(stop) => {
                self.0.report(&stop).await;
                Ran::stopped(0, 0, &stop)
            }
        }
    }
}
