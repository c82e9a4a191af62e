//! The simulated channel's orders: pages that shift and repeat, orders that change at any moment.

use std::collections::BTreeMap;

use async_trait::async_trait;
use vortex_domain::{ChannelOrder, ChannelState, OrderId, Sku, shipping::Tracking};
use vortex_port::{
    CallError, ChannelOrders,
    channel::{CommandAnswer, OrderPage},
};

use super::{
    Answer, Fault, Happening, Line, Remote, World,
    offers::{Batch, Offered},
};
use crate::{facts::Fact, time::lock};

/// Orders on one page.
const PAGE: usize = 4;

/// What the channel holds.
#[derive(Default)]
pub(crate) struct Channel {
    /// Orders by id.
    pub(crate) orders: BTreeMap<OrderId, ChannelOrder>,
    /// Articles on offer.
    pub(crate) offers: BTreeMap<Sku, Offered>,
    /// Batches that were taken.
    pub(crate) batches: BTreeMap<String, Batch>,
    /// Its own clock in orders' times.
    pub(crate) epoch_ms: i64,
}

impl World {
    /// The channel holds a new version of an order.
    pub(super) fn show(&mut self, at_ms: i64, mut order: ChannelOrder) {
        order.updated_at_ms = self.channel.epoch_ms + at_ms;
        self.fact(at_ms, &Fact::Order(Box::new(order.clone())));
        self.channel.orders.insert(order.id.clone(), order);
    }

    pub(super) fn accept_arrives(&mut self, at_ms: i64, call: u64, id: &OrderId) {
        let answer = match self.channel.orders.get(id).cloned() {
            Some(order) if order.state == ChannelState::Created => {
                self.show(at_ms, ChannelOrder { state: ChannelState::Accepted, ..order });
                CommandAnswer::Done
            }
            Some(order) if order.state == ChannelState::Accepted => CommandAnswer::AlreadySo,
            other => CommandAnswer::Refused {
                message: "wrong state".to_owned(),
                state: other.map(|order| order.state),
            },
        };
        self.answers.insert(call, Answer::Accept(answer));
    }
}

#[async_trait]
impl ChannelOrders for Line {
    async fn orders(&self, state: ChannelState, page: u32) -> Result<OrderPage, CallError> {
        self.read(Remote::Channel, &format!("orders {state:?} {page}"), |world, _| {
            let page = if page > 1 && world.quirk("page repeated", 60) { page - 1 } else { page };
            let of_state: Vec<&ChannelOrder> =
                world.channel.orders.values().filter(|order| order.state == state).collect();
            let from = (page.max(1) as usize - 1) * PAGE;
            let orders: Vec<ChannelOrder> =
                of_state.iter().skip(from).take(PAGE).map(|order| (*order).clone()).collect();
            Ok(OrderPage { unreadable: Vec::new(), more: from + PAGE < of_state.len(), orders })
        })
        .await
    }

    async fn order(&self, id: &OrderId) -> Result<Option<ChannelOrder>, CallError> {
        self.read(Remote::Channel, &format!("order {id}"), |world, _| {
            Ok(world.channel.orders.get(id).cloned())
        })
        .await
    }

    async fn accept(&self, id: &OrderId) -> Result<CommandAnswer, CallError> {
        let answer = self
            .write(Remote::Channel, &format!("accept {id}"), |world, call, now_ms, fate| {
                if fate.fault != Some(Fault::LostThere) {
                    world.at(now_ms + fate.there_ms, Happening::Accept(call, id.clone()));
                }
            })
            .await?;
        match answer {
            Answer::Accept(answer) => Ok(answer),
            Answer::Import(_) | Answer::Batch(_) => {
                Ok(CommandAnswer::Refused { message: "not an order".to_owned(), state: None })
            }
        }
    }

    async fn cancel(&self, id: &OrderId) -> Result<CommandAnswer, CallError> {
        // The engine never cancels by itself; a person does it on the channel.
        let now_ms = lock(&self.world).advance();
        lock(&self.world).note(now_ms, format!("cancel {id}: refused"));
        Ok(CommandAnswer::Refused { message: "only by a person".to_owned(), state: None })
    }

    async fn fulfil(&self, id: &OrderId, _tracking: &[Tracking]) -> Result<CommandAnswer, CallError> {
        // This vendor ships by hand and fulfils on the channel itself.
        let now_ms = lock(&self.world).advance();
        lock(&self.world).note(now_ms, format!("fulfil {id}: refused"));
        Ok(CommandAnswer::Refused { message: "only by a person".to_owned(), state: None })
    }
}
