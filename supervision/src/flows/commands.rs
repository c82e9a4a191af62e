//! What the channel is told about single orders: accept, cancel, fulfil. Each is said once and proven by reading the order
//! back; an answer that got lost is found by the next reading.

use std::sync::Arc;

use async_trait::async_trait;
use tracing::warn;
use vortex_domain::{
    Order, OrderId,
    order::{Errand, Event},
};
use vortex_entities::{OrderMsg, order::Delivery, seams::gather};
use vortex_port::{CallError, channel::CommandAnswer};
use vortex_store::rows::EffectKind;

use super::{FlowContext, Stop};
use crate::flow::{Ran, Scope, Work};

/// Orders in one run at most; the rest follows at once.
const ROUND_LIMIT: u32 = 500;

/// Commands of the channel.
pub struct Commands(pub Arc<FlowContext>);

impl Commands {
    async fn commands(&self, errand: Errand, done: &mut usize) -> Result<(), Stop> {
        let mut failed = None;
        for order in self.0.due(errand, ROUND_LIMIT).await? {
            // What it wants may have changed since it was written down.
            if order.errand(errand, &self.0.vendor).is_none() {
                continue;
            }
            match self.command(errand, &order).await {
                Ok(said) => *done += usize::from(said),
                Err(stop) => stop.set_aside(&mut failed)?,
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Says it, and reads what came of it. Returns whether the channel agreed.
    async fn command(&self, errand: Errand, order: &Order) -> Result<bool, Stop> {
        let context = &self.0;
        let answer = self.say(errand, order).await?;
        let id = order.id.clone();
        let CommandAnswer::Refused { message, .. } = answer else {
            context.read_back(&id).await?;
            return Ok(true);
        };
        warn!(vendor.id = %context.vendor.id, order.id = %id, ?errand, message, "The channel refuses a command for order `{id}`");
        // A channel that shows it done all the same has not refused, and one whose word is not on disk is asked again.
        if !context.read_back(&id).await? {
            return Ok(false);
        }
        let refused = match errand {
            Errand::Fulfil => Event::FulfilRefused(message),
            Errand::Cancel => Event::CancelRefused(message),
            _ => return Ok(false),
        };
        let still = context.load(std::slice::from_ref(&id)).await?;
        if still.iter().any(|order| order.errand(errand, &context.vendor).is_some()) {
            context.happened(vec![(id, refused)]).await;
        }
        Ok(false)
    }

    async fn say(&self, errand: Errand, order: &Order) -> Result<CommandAnswer, CallError> {
        let channel = &self.0.remotes.channel_orders;
        match errand {
            Errand::Cancel => channel.cancel(&order.id).await,
            Errand::Fulfil => channel.fulfil(&order.id, &order.tracking(&self.0.vendor)).await,
            _ => channel.accept(&order.id).await,
        }
    }
}

#[async_trait]
impl Work for Commands {
    async fn run(&self, _scope: &Scope) -> Ran {
        let (mut done, mut failed) = (0, None);
        for errand in [Errand::Cancel, Errand::Accept, Errand::Fulfil] {
            if let Err(stop) = self.commands(errand, &mut done).await
                && let Err(stop) = stop.set_aside(&mut failed)
            {
                failed = Some(stop);
                break;
            }
        }
        if let Some(stop) = failed {
            self.0.report(&stop).await;
            return Ran::stopped(done, done, &stop);
        }
        if done > 0 {
            self.0.works(self.0.channel()).await;
        }
        Ran::done(done, done)
    }
}

impl FlowContext {
    /// The orders with a due errand of one kind, oldest wish first.
    pub(super) async fn due(&self, errand: Errand, limit: u32) -> Result<Vec<Order>, Stop> {
        let kind = EffectKind::Order(errand);
        let due = self.seams.store.due_effects(&self.vendor.id, kind, self.now_ms(), limit).await?;
        let ids: Vec<OrderId> = due.iter().filter_map(|effect| OrderId::new(&effect.key).ok()).collect();
        self.load(&ids).await
    }

    /// Orders as stored; unknown ones are left out.
    pub(super) async fn load(&self, ids: &[OrderId]) -> Result<Vec<Order>, Stop> {
        let mut orders = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(500) {
            let rows = self.seams.store.load_orders(&self.vendor.id, chunk).await?;
            orders.extend(rows.into_iter().flatten().map(|(_, order)| order));
        }
        Ok(orders)
    }

    /// Reads one order from the channel, and waits until what it shows has taken effect. False when nothing can rest on that
    /// reading: the commit failed, so its actor starts again from what was known before, or the channel does not know the order.
    pub(super) async fn read_back(&self, id: &OrderId) -> Result<bool, Stop> {
        let read_ms = self.now_ms();
        let Some(order) = self.remotes.channel_orders.order(id).await? else { return Ok(false) };
        let delivery = Box::new(Delivery { order, read_ms, event: None });
        let durable = gather(|acks| {
            self.directory.to_orders(vec![(id.clone(), OrderMsg::Delivered(delivery, acks))]);
        })
        .await;
        Ok(!durable.is_empty())
    }

    /// Tells orders what happened, and waits until it is durable. Returns those for whom it is.
    pub(super) async fn happened(&self, events: Vec<(OrderId, Event)>) -> Vec<OrderId> {
        gather(|acks| {
            let messages =
                events.into_iter().map(|(id, event)| (id, OrderMsg::Happened(event, acks.clone()))).collect();
            self.directory.to_orders(messages);
        })
        .await
    }
}
