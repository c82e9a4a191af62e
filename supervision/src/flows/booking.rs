//! Waiting orders into the ERP, exactly once each (winmentor.md section 8).
//!
//! One round: read the ERP once for every order that waits; what is found is proven, what is absent may be sent; send one
//! order per packet, each with its intent on disk before the request leaves; then the next round's reading is the proof.
//! The readings are shared, so a burst is limited by the imports.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use jiff::civil::Date;
use tracing::{info, warn};
use vortex_domain::{
    Order, OrderId, Stage,
    attention::Code,
    order::{Document, Errand, Event, Finding, Hold, ImportAnswer},
    sales::business_date,
};
use vortex_entities::{Flow, OrderMsg, order::BookingTask, seams::Acks};
use vortex_port::erp::{BookingDay, Wanted};

use super::{FlowContext, Stop};
use crate::flow::{Ran, Scope, Work};

/// Orders looked for with one set of readings at most.
const ROUND_LIMIT: u32 = 1_000;
/// Imports between two sets of readings at most: stock and catalogue reads get their turn in between.
const BURST_LIMIT: usize = 200;

/// Books orders.
pub struct Booking {
    context: Arc<FlowContext>,
    /// The highest document number given so far; 0 until it was read.
    last_number: AtomicI64,
}

/// How a burst of imports ended.
enum Burst {
    /// Every order of the round had its turn, or the limit was reached.
    Done,
    /// The ERP is silent or unclear: read before anything else is sent.
    Broken(String),
}

impl Booking {
    /// The flow.
    pub fn new(context: Arc<FlowContext>) -> Self {
        Self { context, last_number: AtomicI64::new(0) }
    }

    async fn rounds(&self, sent: &mut usize, looked_at: &mut usize) -> Result<Option<String>, Stop> {
        let context = &self.context;
        loop {
            let orders = context.due(Errand::Book, ROUND_LIMIT).await?;
            let ids: Vec<OrderId> = orders.iter().map(|order| order.id.clone()).collect();
            if ids.is_empty() {
                return Ok(None);
            }
            *looked_at += ids.len();
            let orders = self.recovered(orders).await?;
            let moved = self.read(&orders).await?;
            let sent_before = *sent;
            let burst = self.burst(&ids, sent).await?;
            match burst {
                Burst::Broken(why) => return Ok(Some(why)),
                Burst::Done if moved == 0 && *sent == sent_before => return Ok(None),
                Burst::Done => {}
            }
            let waiting = self.context.load(&ids).await?;
            let still: Vec<&Order> = waiting.iter().filter(|order| order.wants_booking()).collect();
            let only_unknown = still.iter().all(|order| matches!(order.stage, Stage::Unknown { .. }));
            if only_unknown && ids.len() < ROUND_LIMIT as usize {
                return Ok(None);
            }
        }
    }

    /// Between two rounds nothing of ours is on the wire: an order that says it is was left so by a run that was cut off, and
    /// its outcome is unknown.
    async fn recovered(&self, orders: Vec<Order>) -> Result<Vec<Order>, Stop> {
        let cut_off: Vec<OrderId> = orders
            .iter()
            .filter(|order| matches!(order.stage, Stage::Sending { .. }))
            .map(|order| order.id.clone())
            .collect();
        if cut_off.is_empty() {
            return Ok(orders);
        }
        self.context.happened(cut_off.into_iter().map(|id| (id, Event::Recovered)).collect()).await;
        let ids: Vec<OrderId> = orders.into_iter().map(|order| order.id).collect();
        self.context.load(&ids).await
    }

    /// Reads the ERP for all of them and tells each what was found. Returns how many that moved.
    async fn read(&self, orders: &[Order]) -> Result<usize, Stop> {
        let wanted: Vec<Wanted> = orders.iter().map(wanted).collect();
        let read_ms = self.context.now_ms();
        let copies = self.context.remotes.erp_orders.find(&wanted).await?;
        self.context.works(self.context.erp()).await;
        let mut moved = 0;
        let mut findings = Vec::new();
        for (order, copies) in orders.iter().zip(copies) {
            let finding = Finding { live: copies.live, cancelled: copies.cancelled, read_ms };
            let event = Event::Found(finding);
            if order.on(&event, read_ms, &self.context.vendor).stage != order.stage {
                moved += 1;
                findings.push((order.id.clone(), event));
            }
        }
        self.context.happened(findings).await;
        Ok(moved)
    }

    async fn burst(&self, ids: &[OrderId], sent: &mut usize) -> Result<Burst, Stop> {
        let context = &self.context;
        let ready: Vec<OrderId> = self
            .context
            .load(ids)
            .await?
            .into_iter()
            .filter(|order| matches!(order.stage, Stage::Ready))
            .map(|order| order.id)
            .take(BURST_LIMIT)
            .collect();
        if ready.is_empty() {
            return Ok(Burst::Done);
        }
        let date = match context.remotes.erp_orders.booking_day(business_date(context.now_ms())).await? {
            BookingDay::Open(date) => date,
            BookingDay::Closed(month) => {
                self.block(
                    ready,
                    Hold { code: Code::MonthClosed, cause: month.clone(), params: vec![month] },
                )
                .await;
                return Ok(Burst::Done);
            }
            BookingDay::WrongIdentifiers { field, canary } => {
                context.raise(context.erp(), Code::IdentifierMismatch, vec![field.clone(), canary]).await;
                return Ok(Burst::Broken(format!("the ERP answers with other codes than `{field}`")));
            }
        };
        context.clear(context.erp(), &[Code::IdentifierMismatch]).await;
        let (acks, mut durable) = tokio::sync::mpsc::unbounded_channel();
        let outcome = self.imports(ready, date, sent, &acks).await;
        drop(acks);
        while durable.recv().await.is_some() {}
        outcome
    }

    async fn imports(
        &self,
        ready: Vec<OrderId>,
        date: Date,
        sent: &mut usize,
        acks: &Acks<OrderId>,
    ) -> Result<Burst, Stop> {
        let mut queue = ready.into_iter();
        let mut next = self.claim_next(&mut queue, date).await?;
        while let Some((id, task)) = next {
            // While one order is on the wire, the intent of the next one goes to disk.
            let (answer, claimed) = tokio::join!(self.import(&task), self.claim_next(&mut queue, date));
            *sent += 1;
            let broken = match &answer {
                ImportAnswer::NotSent => Some("the ERP cannot be reached"),
                ImportAnswer::Unknown => {
                    Some("the ERP's answer to an import is missing; reading before anything else is sent")
                }
                ImportAnswer::Imported | ImportAnswer::Refused(_) => None,
            };
            self.answered(id, answer, acks);
            let claimed = claimed?;
            if let Some(why) = broken {
                // The one claimed meanwhile has surely not left.
                if let Some((id, _)) = claimed {
                    self.answered(id, ImportAnswer::NotSent, acks);
                }
                return Ok(Burst::Broken(why.to_owned()));
            }
            next = claimed;
        }
        Ok(Burst::Done)
    }

    async fn claim_next(
        &self,
        queue: &mut impl Iterator<Item = OrderId>,
        date: Date,
    ) -> Result<Option<(OrderId, Box<BookingTask>)>, Stop> {
        for id in queue {
            let number = self.next_number().await?;
            let document =
                Document { number, booklet: self.context.vendor.booking.order_booklet.clone(), date };
            let task = self.context.directory.ask_order(&id, |reply| OrderMsg::Claim(document, reply)).await;
            // An order that was cancelled meanwhile is not sent; one whose intent is not durable is not sent either.
            if let Ok(Some(task)) = task {
                return Ok(Some((id, task)));
            }
        }
        Ok(None)
    }

    /// Numbers come from our own counter, never from time; one that is not used leaves a gap and no harm.
    async fn next_number(&self) -> Result<i64, Stop> {
        if self.last_number.load(Ordering::Relaxed) == 0 {
            let stored = self.context.seams.store.last_document_number(&self.context.vendor.id).await?;
            let first = self.context.vendor.booking.first_document_number;
            self.last_number.store(stored.max(first - 1), Ordering::Relaxed);
        }
        Ok(self.last_number.fetch_add(1, Ordering::Relaxed) + 1)
    }

    async fn import(&self, task: &BookingTask) -> ImportAnswer {
        if let Some(customer) = &task.customer
            && let Err(why) = self.context.remotes.erp_orders.ensure_customer(customer).await
        {
            warn!(vendor.id = %self.context.vendor.id, token = task.order.token, error = %why, "The customer could not be ensured; the order was not sent");
            return ImportAnswer::NotSent;
        }
        self.context.remotes.erp_orders.import(&task.order).await
    }

    fn answered(&self, id: OrderId, answer: ImportAnswer, acks: &Acks<OrderId>) {
        info!(vendor.id = %self.context.vendor.id, order.id = %id, answer = ?answer, "Import of order `{id}` answered");
        self.context
            .directory
            .to_orders(vec![(id, OrderMsg::Happened(Event::Answered(answer), acks.clone()))]);
    }

    async fn block(&self, ids: Vec<OrderId>, hold: Hold) {
        self.context.happened(ids.into_iter().map(|id| (id, Event::Blocked(hold.clone()))).collect()).await;
    }
}

/// What is looked for in the ERP.
pub(super) fn wanted(order: &Order) -> Wanted {
    // A day earlier than anything of ours can be dated: clocks and zones differ.
    let placed = business_date(order.channel.created_at_ms);
    let since = order.document.as_ref().map_or(placed, |document| document.date.min(placed));
    Wanted {
        token: order.id.erp_token(),
        document: order.document.clone(),
        since: since.yesterday().unwrap_or(since),
    }
}

#[async_trait]
impl Work for Booking {
    async fn run(&self, _scope: &Scope) -> Ran {
        let (mut sent, mut looked_at) = (0, 0);
        let rounds = self.rounds(&mut sent, &mut looked_at).await;
        // What is booked may be accepted and shipped.
        self.context.hub.wake(Flow::Commands);
        self.context.hub.wake(Flow::Shipping);
        match rounds {
            // Unknown outcomes are read again after the quiet interval.
            Ok(None) if looked_at > 0 => {
                Ran::done(looked_at, sent).again_in(self.context.vendor.booking.quiet_ms.max(1_000))
            }
            Ok(None) => Ran::done(looked_at, sent),
            Ok(Some(why)) => Ran::stopped(looked_at, sent, &why),
            Err(stop) => {
                self.context.report(&stop).await;
                Ran::stopped(looked_at, sent, &stop)
            }
        }
    }
}
