//! The simulated channel's orders: pages that shift and repeat, orders that change at any moment.

use std::collections::{BTreeMap, BTreeSet};

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
/// A fulfilment whose answer was lost has arrived, or never will, this long after it left.
const SETTLED_MS: i64 = 25_000;

/// What the channel holds.
#[derive(Default)]
pub(crate) struct Channel {
    /// Orders by id.
    pub(crate) orders: BTreeMap<OrderId, ChannelOrder>,
    /// Articles on offer.
    pub(crate) offers: BTreeMap<Sku, Offered>,
    /// Batches that were taken.
    pub(crate) batches: BTreeMap<String, Batch>,
    /// Orders that the product was told to be cancelled.
    pub(crate) told_cancelled: BTreeSet<OrderId>,
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
        self.answers.insert(call, Answer::Command(answer));
    }
}

impl World {
    pub(super) fn fulfil_arrives(&mut self, at_ms: i64, call: u64, id: &OrderId, tracking: Vec<Tracking>) {
        let answer = match self.channel.orders.get(id).cloned() {
            Some(order) if matches!(order.state, ChannelState::Created | ChannelState::Accepted) => {
                let numbers = tracking.iter().map(|tracking| tracking.number.clone()).collect();
                self.fact(at_ms, &Fact::Fulfilled { token: id.erp_token(), numbers });
                self.show(at_ms, ChannelOrder { state: ChannelState::Fulfilled, tracking, ..order });
                CommandAnswer::Done
            }
            Some(order) if order.state == ChannelState::Fulfilled => CommandAnswer::AlreadySo,
            other => CommandAnswer::Refused {
                message: "wrong state".to_owned(),
                state: other.map(|order| order.state),
            },
        };
        self.answers.insert(call, Answer::Command(answer));
    }
}

impl Line {
    /// The product has been told which orders are cancelled.
    fn told_cancelled<'a>(&self, orders: impl IntoIterator<Item = &'a ChannelOrder>) {
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        for order in orders.into_iter().filter(|order| order.state == ChannelState::NotFulfilled) {
            // Said once; later it is no news.
            if world.channel.told_cancelled.insert(order.id.clone()) {
                world.fact(now_ms, &Fact::ToldCancelled { token: order.id.erp_token() });
            }
        }
    }
}

#[async_trait]
impl ChannelOrders for Line {
    async fn orders(&self, state: ChannelState, page: u32) -> Result<OrderPage, CallError> {
        let what = format!("orders {state:?} {page}");
        let read = self.read(Remote::Channel, &what, |world, _| {
            let page = if page > 1 && world.quirk("page repeated", 60) { page - 1 } else { page };
            let of_state: Vec<&ChannelOrder> =
                world.channel.orders.values().filter(|order| order.state == state).collect();
            let from = (page.max(1) as usize - 1) * PAGE;
            let orders: Vec<ChannelOrder> =
                of_state.iter().skip(from).take(PAGE).map(|order| (*order).clone()).collect();
            Ok(OrderPage { unreadable: Vec::new(), more: from + PAGE < of_state.len(), orders })
        });
        let page = read.await?;
        self.told_cancelled(&page.orders);
        Ok(page)
    }

    async fn order(&self, id: &OrderId) -> Result<Option<ChannelOrder>, CallError> {
        let what = format!("order {id}");
        let read = self.read(Remote::Channel, &what, |world, _| Ok(world.channel.orders.get(id).cloned()));
        let order = read.await?;
        self.told_cancelled(&order);
        Ok(order)
    }

    async fn accept(&self, id: &OrderId) -> Result<CommandAnswer, CallError> {
        let answer = self
            .write(Remote::Channel, &format!("accept {id}"), |world, call, now_ms, fate| {
                if fate.fault != Some(Fault::LostThere) {
                    world.at(now_ms + fate.there_ms, Happening::Accept(call, id.clone()));
                }
            })
            .await?;
        Ok(said(answer))
    }

    async fn cancel(&self, id: &OrderId) -> Result<CommandAnswer, CallError> {
        // The engine never cancels by itself; a person does it on the channel.
        let now_ms = lock(&self.world).advance();
        lock(&self.world).note(now_ms, format!("cancel {id}: refused"));
        Ok(CommandAnswer::Refused { message: "only by a person".to_owned(), state: None })
    }

    async fn fulfil(&self, id: &OrderId, tracking: &[Tracking]) -> Result<CommandAnswer, CallError> {
        let answer = self
            .write(Remote::Channel, &format!("fulfil {id}"), |world, call, now_ms, fate| {
                let numbers = tracking.iter().map(|tracking| tracking.number.clone()).collect();
                world.fact(now_ms, &Fact::FulfilSent { token: id.erp_token(), numbers });
                let late_ms = match fate.fault {
                    Some(Fault::LostThere) => return,
                    Some(Fault::LostBack) => world.chance.between(fate.there_ms, SETTLED_MS),
                    _ => fate.there_ms,
                };
                world.at(now_ms + late_ms, Happening::Fulfil(call, id.clone(), tracking.to_vec()));
            })
            .await?;
        Ok(said(answer))
    }
}

fn said(answer: Answer) -> CommandAnswer {
    match answer {
        Answer::Command(answer) => answer,
        _ => CommandAnswer::Refused { message: "not an order".to_owned(), state: None },
    }
}
