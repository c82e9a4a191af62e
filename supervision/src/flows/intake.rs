//! Orders from the channel: read, put on disk, then handed to their actors.
//!
//! There is no cursor to lose orders by: each run reads the open lists whole, what is known is recognised by its event
//! id, and closed lists and single orders are read again on a rhythm. Pages that shift while they are read cost time only.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
};

use async_trait::async_trait;
use tracing::{debug, warn};
use vortex_domain::{
    ChannelOrder, ChannelState, OrderId,
    attention::{Code, Raise, Subject},
};
use vortex_entities::{Flow, OrderMsg, order::Delivery, seams::gather};
use vortex_port::{CallError, channel::Unreadable};
use vortex_store::rows::{Desk, InboxRow, Write};

use super::{FlowContext, Stop};
use crate::flow::{Ran, Scope, Work};

/// Pages of one list in one run at most.
const PAGES_LIMIT: u32 = 1_000;
/// Events handed to actors at once.
const DELIVER_LIMIT: u32 = 500;
/// How often accepted orders are listed, milliseconds.
const ACCEPTED_EVERY_MS: i64 = 600_000;
/// How often the final lists are swept, milliseconds: orders that ended elsewhere never come back to the open lists.
const SWEEP_EVERY_MS: i64 = 6 * 3_600_000;
/// Open orders that no list has shown for so long are read one by one, milliseconds.
const REREAD_AFTER_MS: i64 = 1_800_000;
/// Orders read one by one in one run at most.
const REREAD_LIMIT: u32 = 50;

/// Reads orders.
pub struct Intake(pub Arc<FlowContext>);

#[async_trait]
impl Work for Intake {
    async fn run(&self, scope: &Scope) -> Ran {
        let mut counts = Counts::default();
        let outcome = match &scope.order {
            Some(id) => self.read_one(id, &mut counts).await,
            None => self.read_all(&mut counts).await,
        };
        // What is on disk is handed over even when reading stopped early.
        let delivered = self.deliver().await;
        if counts.new > 0 {
            self.0.hub.wake(Flow::Booking);
            // What was sold is no longer for sale.
            self.0.hub.wake(Flow::Publish);
        }
        match outcome.and(delivered) {
            Ok(()) => Ran::done(counts.seen, counts.new),
            Err(stop) => {
                self.0.report(&stop).await;
                Ran::stopped(counts.seen, counts.new, &stop)
            }
        }
    }
}

#[derive(Default)]
struct Counts {
    seen: usize,
    new: usize,
}

impl Intake {
    async fn read_all(&self, counts: &mut Counts) -> Result<(), Stop> {
        self.read_list(ChannelState::Created, counts).await?;
        self.on_rhythm("orders.accepted", ACCEPTED_EVERY_MS, &[ChannelState::Accepted], counts).await?;
        let closed = [ChannelState::Fulfilled, ChannelState::NotFulfilled];
        self.on_rhythm("orders.swept", SWEEP_EVERY_MS, &closed, counts).await?;
        let before_ms = self.0.now_ms() - REREAD_AFTER_MS;
        for id in self.0.seams.store.stale_open_orders(&self.0.vendor.id, before_ms, REREAD_LIMIT).await? {
            self.read_one(&id, counts).await?;
        }
        self.0.works(self.0.channel()).await;
        self.0.orders_read_ms.store(self.0.now_ms(), Ordering::Relaxed);
        Ok(())
    }

    async fn on_rhythm(
        &self,
        cursor: &str,
        every_ms: i64,
        states: &[ChannelState],
        counts: &mut Counts,
    ) -> Result<(), Stop> {
        let now_ms = self.0.now_ms();
        if now_ms - self.0.cursor_ms(cursor).await? < every_ms {
            return Ok(());
        }
        for state in states {
            self.read_list(*state, counts).await?;
        }
        self.0.write(vec![self.0.cursor(cursor, &now_ms)]).await?;
        Ok(())
    }

    async fn read_list(&self, state: ChannelState, counts: &mut Counts) -> Result<(), Stop> {
        let mut seen: BTreeSet<OrderId> = BTreeSet::new();
        for page in 1..=PAGES_LIMIT {
            let read_ms = self.0.now_ms();
            let answer = self.0.remotes.channel_orders.orders(state, page).await?;
            let before = seen.len();
            seen.extend(answer.orders.iter().map(|order| order.id.clone()));
            counts.seen += answer.orders.len() + answer.unreadable.len();
            counts.new += self.store(&answer.orders, &answer.unreadable, read_ms).await?;
            if !answer.more {
                return Ok(());
            }
            // A full page that brings nothing new was served before: going on could go on for ever, and what is behind it
            // was not read (F14). Orders that arrive between two pages look the same; they are read at once again.
            if seen.len() == before {
                let why = format!("page {page} of the order list repeats orders of earlier pages");
                let connection = self.0.channel().to_owned();
                return Err(CallError::Implausible { connection, why }.into());
            }
        }
        warn!(vendor.id = %self.0.vendor.id, ?state, "The order list has more than {PAGES_LIMIT} pages; the rest is read next time");
        Ok(())
    }

    /// Puts what is new on disk. One transaction for the page.
    async fn store(
        &self,
        orders: &[ChannelOrder],
        unreadable: &[Unreadable],
        now_ms: i64,
    ) -> Result<usize, Stop> {
        let vendor = &self.0.vendor.id;
        let mut events: BTreeMap<String, InboxRow> = BTreeMap::new();
        for order in orders {
            let event_id = order.event_id();
            let row = InboxRow {
                vendor: vendor.clone(),
                connection: self.0.channel().to_owned(),
                event_id: event_id.clone(),
                key: order.id.to_string(),
                topic: "order".to_owned(),
                // An order that was just read serialises.
                payload: serde_json::to_string(order).unwrap_or_default(),
                at_ms: now_ms,
            };
            events.insert(event_id, row);
        }
        let mut bad: BTreeMap<String, &Unreadable> = BTreeMap::new();
        for item in unreadable {
            bad.insert(format!("bad:{:016x}", vortex_domain::article::fingerprint(&item.raw)), item);
        }
        let ids: Vec<String> = events.keys().chain(bad.keys()).cloned().collect();
        let known: BTreeSet<String> =
            self.0.seams.store.known_events(vendor, self.0.channel(), &ids).await?.into_iter().collect();
        events.retain(|id, _| !known.contains(id));
        bad.retain(|id, _| !known.contains(id));
        let new = events.len() + bad.len();
        let mut writes: Vec<Write> = events.into_values().map(Write::Inbox).collect();
        for (event_id, item) in bad {
            writes.extend(self.unreadable(event_id, item, now_ms));
        }
        self.0.write(writes).await?;
        Ok(new)
    }

    /// An order that cannot be understood is kept as it came and put in front of a person; the rest of its page goes on (F11).
    fn unreadable(&self, event_id: String, item: &Unreadable, now_ms: i64) -> [Write; 3] {
        let vendor = self.0.vendor.id.clone();
        let raise = Raise {
            code: Code::BadEvent,
            cause: event_id.clone(),
            params: vec![format!("{} ({})", item.why, item.id.as_deref().unwrap_or("no id"))],
            subject: Subject::Connection(self.0.channel().to_owned()),
        };
        let row = InboxRow {
            vendor: vendor.clone(),
            connection: self.0.channel().to_owned(),
            event_id: event_id.clone(),
            key: item.id.clone().unwrap_or_default(),
            topic: "bad".to_owned(),
            payload: item.raw.clone(),
            at_ms: now_ms,
        };
        let done = Write::InboxDone(vendor.clone(), self.0.channel().to_owned(), event_id);
        [Write::Inbox(row), done, Write::Raise(vendor, Box::new(raise), now_ms)]
    }

    async fn read_one(&self, id: &OrderId, counts: &mut Counts) -> Result<(), Stop> {
        let read_ms = self.0.now_ms();
        counts.seen += 1;
        let Some(order) = self.0.remotes.channel_orders.order(id).await? else {
            debug!(vendor.id = %self.0.vendor.id, order.id = %id, "The channel does not show order `{id}` by its id");
            return Ok(());
        };
        counts.new += self.store(std::slice::from_ref(&order), &[], read_ms).await?;
        let delivery = Delivery { order, read_ms, event: None };
        gather(|acks| {
            self.0.directory.to_orders(vec![(id.clone(), OrderMsg::Delivered(Box::new(delivery), acks))]);
        })
        .await;
        Ok(())
    }

    /// Hands everything in the inbox to its actors, oldest first, until nothing is left or nothing moves.
    async fn deliver(&self) -> Result<(), Stop> {
        let vendor = &self.0.vendor.id;
        loop {
            let rows = self.0.seams.store.open_inbox(vendor, Desk::Orders, DELIVER_LIMIT).await?;
            let full = rows.len() == DELIVER_LIMIT as usize;
            let mut messages = Vec::with_capacity(rows.len());
            let mut done = Vec::new();
            for row in rows {
                if row.topic != "order" {
                    done.push(Write::InboxDone(vendor.clone(), row.connection, row.event_id));
                    continue;
                }
                match serde_json::from_str::<ChannelOrder>(&row.payload) {
                    Ok(order) => messages.push((order, row)),
                    Err(why) => {
                        let item =
                            Unreadable { id: Some(row.key.clone()), why: why.to_string(), raw: row.payload };
                        done.extend(self.unreadable(row.event_id, &item, self.0.now_ms()));
                    }
                }
            }
            self.0.write(done).await?;
            let sent = messages.len();
            let delivered = gather(|acks| {
                let messages = messages
                    .into_iter()
                    .map(|(order, row)| {
                        let event = Some((row.connection, row.event_id));
                        let delivery = Delivery { read_ms: row.at_ms, event, order };
                        (delivery.order.id.clone(), OrderMsg::Delivered(Box::new(delivery), acks.clone()))
                    })
                    .collect();
                self.0.directory.to_orders(messages);
            })
            .await;
            if !full || (sent > 0 && delivered.is_empty()) {
                return Ok(());
            }
        }
    }
}
