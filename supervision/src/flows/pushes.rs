//! What the courier pushes (dhl.md section 14): taken from the inbox as hints, so that polling is the repair and never the loser.
//!
//! The subscription looks after itself: once a day it is looked at, and made anew when the courier has forgotten it.

use std::sync::Arc;

use tracing::{info, warn};
use vortex_domain::{
    OrderId,
    order::{Event, Mark, ParcelEvent},
};
use vortex_port::{CallError, CourierPush, courier::Push};
use vortex_store::rows::{Desk, InboxRow, Write};

use super::{FlowContext, Stop};

/// Messages taken up in one run at most.
const MESSAGES_LIMIT: u32 = 500;
/// Waybills looked up in one query.
const MARKS_AT_ONCE: usize = 500;
/// How often the subscription is looked at, milliseconds.
const LOOK_EVERY_MS: i64 = 86_400_000;
/// The subscription's name, and when it was last looked at.
const SUBSCRIPTION: &str = "push.subscription";
const LOOKED_AT: &str = "push.looked_at";

/// Takes messages up.
pub(super) struct Pushes<'a>(pub(super) &'a Arc<FlowContext>);

impl Pushes<'_> {
    /// Everything that waits, and the subscription.
    pub(super) async fn take(&self) -> Result<(), Stop> {
        let Some(push) = &self.0.remotes.courier_push else { return Ok(()) };
        self.take_messages(&**push).await?;
        let Some(hook) = &self.0.remotes.courier_hook else { return Ok(()) };
        self.look_after_subscription(&**push, hook).await
    }

    async fn take_messages(&self, push: &dyn CourierPush) -> Result<(), Stop> {
        let (store, vendor) = (&self.0.seams.store, &self.0.vendor.id);
        let rows = store.open_inbox(vendor, Desk::Parcels, MESSAGES_LIMIT).await?;
        let mut awbs = Vec::new();
        let mut taken = Vec::with_capacity(rows.len());
        let mut failed = None;
        for row in rows {
            match push.read(&row.payload) {
                Push::Parcels(named) => awbs.extend(named),
                Push::Handshake { subscription, secret } => {
                    match push.confirm(&subscription, &secret).await {
                        Ok(()) => info!(vendor.id = %vendor, subscription, "The courier's hook is confirmed"),
                        // A no is an answer; anything else is tried again with the next run.
                        Err(CallError::Refused { message, .. }) => {
                            warn!(vendor.id = %vendor, subscription, message, "The courier does not take our confirmation of its hook");
                        }
                        Err(error) => {
                            failed.get_or_insert(error);
                            continue;
                        }
                    }
                }
                Push::Other => {}
            }
            taken.push(row);
        }
        self.hint(awbs).await?;
        let done = |row: InboxRow| Write::InboxDone(row.vendor, row.connection, row.event_id);
        self.0.write(taken.into_iter().map(done).collect()).await?;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Tells the parcels of these waybills that there is news; waybills of nobody we know are somebody else's.
    async fn hint(&self, mut awbs: Vec<String>) -> Result<(), Stop> {
        awbs.sort_unstable();
        awbs.dedup();
        let (store, vendor) = (&self.0.seams.store, &self.0.vendor.id);
        for chunk in awbs.chunks(MARKS_AT_ONCE) {
            let marks: Vec<Mark> = chunk.iter().map(|awb| Mark::awb(awb)).collect();
            let mut ids: Vec<OrderId> =
                store.marked(vendor, &marks).await?.into_iter().map(|(_, id)| id).collect();
            ids.sort_unstable();
            ids.dedup();
            let mut events = Vec::new();
            for order in self.0.load(&ids).await? {
                let named = order.parcels.iter().filter(|parcel| {
                    parcel.tracking().is_some_and(|tracking| chunk.contains(&tracking.number))
                });
                events.extend(
                    named.map(|parcel| (order.id.clone(), Event::Parcel(parcel.number, ParcelEvent::Hinted))),
                );
            }
            self.0.happened(events).await;
        }
        Ok(())
    }

    async fn look_after_subscription(&self, push: &dyn CourierPush, hook: &str) -> Result<(), Stop> {
        let context = self.0;
        let now_ms = context.now_ms();
        if now_ms - context.cursor_ms(LOOKED_AT).await? < LOOK_EVERY_MS {
            return Ok(());
        }
        let known = context.seams.store.cursor(&context.vendor.id, SUBSCRIPTION).await?;
        // The name belongs to the address that was subscribed.
        let known = known.as_deref().and_then(|text| text.split_once(' ')).filter(|(_, at)| *at == hook);
        let mut writes = vec![context.cursor(LOOKED_AT, &now_ms)];
        let stands = match known {
            Some((subscription, _)) => push.is_subscribed(subscription).await?,
            None => false,
        };
        if !stands {
            let subscription = push.subscribe(hook).await?;
            info!(vendor.id = %context.vendor.id, subscription, "The courier pushes to {hook} from now on");
            writes.push(context.cursor(SUBSCRIPTION, &format!("{subscription} {hook}")));
        }
        context.write(writes).await?;
        Ok(())
    }
}
