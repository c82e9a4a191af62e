//! One order: follows the channel, holds its stock, enters the ERP once.

mod parcel;
mod project;

use std::sync::Arc;

use jiff::civil::Date;
use ractor::{Actor, ActorProcessingErr, ActorRef, ActorStatus};
use vortex_domain::{
    ChannelOrder, Order, OrderId, Sku, Stage, Vendor,
    article::fingerprint,
    attention::{Code, Subject},
    order::{Document, Event, Hold},
    sales::{self, Bill, Part, Sale, business_date},
};
use vortex_port::erp::{Customer, SalesOrder};
use vortex_store::{
    Change, Fuse,
    rows::{FileRow, JournalRow, OrderRow, Write},
};

pub use self::parcel::ParcelTask;
use crate::{
    directory::Undecided,
    mail::Mail,
    seams::{Acks, Reply, VendorContext, answer, fuse},
    sku::SkuMsg,
};

/// An order as the channel showed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The order.
    pub order: ChannelOrder,
    /// When the channel was read.
    pub read_ms: i64,
    /// The inbox row that brought it: connection and event id.
    pub event: Option<(String, String)>,
}

/// An order that may be imported now, and exactly as this document.
#[derive(Debug, Clone, PartialEq)]
pub struct BookingTask {
    /// What the ERP is told.
    pub order: SalesOrder,
    /// The consumer that must exist as a partner first; none when orders go to one partner per market.
    pub customer: Option<Customer>,
}

/// What an order's actor is told.
pub enum OrderMsg {
    /// The channel shows it; acknowledged once it took effect durably.
    Delivered(Box<Delivery>, Acks<OrderId>),
    /// Something happened to it; acknowledged once durable.
    Happened(Event, Acks<OrderId>),
    /// The same, and these files came with it.
    Kept(Event, Vec<FileRow>, Acks<OrderId>),
    /// May it be imported now, as this document unless it has one? The intent is durable before the answer.
    Claim(Document, Reply<Option<Box<BookingTask>>>),
    /// May its next parcel be minted now, under this reserved number, if any? The intent is durable before the answer.
    ClaimParcel(Option<String>, Reply<Option<Box<ParcelTask>>>),
    /// A person (who) did something; answered with whether that changed anything.
    Asked(Event, String, Reply<bool>),
    /// What do you know?
    View(Reply<Option<Box<Order>>>),
}

/// Serialises everything that happens to one order.
pub struct OrderActor;

/// What an order's actor starts from.
pub struct OrderArgs {
    /// The vendor.
    pub context: Arc<VendorContext>,
    /// Which order.
    pub id: OrderId,
    /// Version and state as stored.
    pub stored: Option<(i64, Order)>,
}

/// What an order's actor keeps.
pub struct OrderMemory {
    context: Arc<VendorContext>,
    id: OrderId,
    version: i64,
    order: Option<Order>,
    fuse: Fuse,
}

impl Actor for OrderActor {
    type Msg = Mail<OrderMsg>;
    type State = OrderMemory;
    type Arguments = OrderArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Mail<OrderMsg>>,
        args: OrderArgs,
    ) -> Result<OrderMemory, ActorProcessingErr> {
        let (version, order) = args.stored.map_or((0, None), |(version, order)| (version, Some(order)));
        Ok(OrderMemory { context: args.context, id: args.id, version, order, fuse: fuse(myself.get_cell()) })
    }

    /// An import that may have been on the wire when its actor ended is unknown until the ERP is read.
    async fn post_start(
        &self,
        _myself: ActorRef<Mail<OrderMsg>>,
        memory: &mut OrderMemory,
    ) -> Result<(), ActorProcessingErr> {
        memory.happen(&Event::Recovered, "engine", Vec::new(), |change| change).await;
        Ok(())
    }

    async fn handle(
        &self,
        _myself: ActorRef<Mail<OrderMsg>>,
        mail: Mail<OrderMsg>,
        memory: &mut OrderMemory,
    ) -> Result<(), ActorProcessingErr> {
        let id = memory.id.clone();
        match mail.open() {
            OrderMsg::Delivered(delivery, acks) => memory.deliver(*delivery, acks).await,
            OrderMsg::Happened(event, acks) => {
                memory.happen(&event, event.author(), Vec::new(), ack(acks, id)).await;
            }
            OrderMsg::Kept(event, files, acks) => {
                let files = files.into_iter().map(|file| Write::File(Box::new(file))).collect();
                memory.happen(&event, event.author(), files, ack(acks, id)).await;
            }
            OrderMsg::Claim(document, reply) => memory.claim(document, reply).await,
            OrderMsg::ClaimParcel(reserved, reply) => memory.claim_parcel(reserved, reply).await,
            OrderMsg::Asked(event, who, reply) => {
                let changes =
                    memory.order.as_ref().is_some_and(|order| memory.after(order, &event) != *order);
                memory
                    .happen(&event, &who, Vec::new(), |change| change.then(move || answer(reply, changes)))
                    .await;
            }
            OrderMsg::View(reply) => answer(reply, memory.order.clone().map(Box::new)),
        }
        Ok(())
    }
}

fn ack(acks: Acks<OrderId>, id: OrderId) -> impl FnOnce(Change) -> Change {
    move |change| change.then(move || drop(acks.send(id)))
}

impl OrderMemory {
    fn vendor(&self) -> &Vendor {
        &self.context.vendor
    }

    fn after(&self, order: &Order, event: &Event) -> Order {
        order.on(event, self.context.now_ms(), self.vendor())
    }

    async fn deliver(&mut self, delivery: Delivery, acks: Acks<OrderId>) {
        let Delivery { order: channel, read_ms, event } = delivery;
        let done = event.map(|(connection, id)| Write::InboxDone(self.vendor().id.clone(), connection, id));
        let next = match &self.order {
            None => Order::arrived(channel, read_ms),
            Some(order) => self.after(order, &Event::Delivered(Box::new(channel), read_ms)),
        };
        let id = self.id.clone();
        self.settle(next, "order_delivered", "channel", done.into_iter().collect(), ack(acks, id)).await;
    }

    /// Applies an event to a known order; an unknown one has nothing to change, and nobody is told that it had.
    async fn happen(
        &mut self,
        event: &Event,
        who: &str,
        writes: Vec<Write>,
        finish: impl FnOnce(Change) -> Change,
    ) {
        let Some(order) = &self.order else { return };
        let next = self.after(order, event);
        self.settle(next, event.name(), who, writes, finish).await;
    }

    /// Prepares the order when it (again) needs it, then commits. When its SKUs cannot answer now, nothing is decided: the
    /// asker is not told anything, and the inbox row or the next heartbeat brings it back.
    async fn settle(
        &mut self,
        mut next: Order,
        cause: &'static str,
        who: &str,
        writes: Vec<Write>,
        finish: impl FnOnce(Change) -> Change,
    ) {
        if matches!(next.stage, Stage::Arrived) {
            match self.prepare(&mut next).await {
                Ok(event) => next = self.after(&next, &event),
                Err(Undecided) => return,
            }
        }
        self.commit(next, cause, who, writes, finish).await;
    }

    /// Holds the stock and computes what the ERP is to be told.
    async fn prepare(&self, order: &mut Order) -> Result<Event, Undecided> {
        let channel = &order.channel;
        let (mut parts, mut goods) = (Vec::new(), Vec::new());
        let mut holders = Vec::new();
        // Whatever else is wrong with it, the buyer has bought: the units are held.
        let mut problem = sales::check_amounts(channel).err();
        for (sku, each) in self.vendor().parts(&channel.sku) {
            let quantity = each.saturating_mul(i64::from(channel.quantity));
            let (id, sold) = (self.id.clone(), order.held.is_empty());
            let supply = self
                .context
                .directory
                .ask_sku(&sku, |reply| SkuMsg::Hold { order: id, qty: quantity, sold, reply })
                .await?;
            if !supply.known {
                problem.get_or_insert_with(|| Hold {
                    code: Code::UnknownArticle,
                    cause: sku.to_string(),
                    params: vec![sku.to_string()],
                });
            } else if supply.available < quantity && !order.book_short {
                problem.get_or_insert_with(|| Hold {
                    code: Code::StockShort,
                    cause: sku.to_string(),
                    params: vec![sku.to_string(), quantity.to_string(), supply.available.max(0).to_string()],
                });
            }
            goods.push(supply.facts.goods(sku.clone(), quantity));
            // Only relations count; a price beyond all measure must not end the order.
            let share = supply.price.checked_mul(quantity.into()).unwrap_or(rust_decimal::Decimal::MAX);
            parts.push(Part { sku, quantity, unit: supply.unit, share });
            holders.push(supply.holder);
        }
        // Units that are not on disk yet leave with the actor that holds them, and its successor may give them to another.
        if holders.iter().any(|holder| holder.get_status() >= ActorStatus::Draining) {
            return Err(Undecided);
        }
        order.goods = goods;
        order.held = parts.iter().map(|part| (part.sku.clone(), part.quantity)).collect();
        if let Some(hold) = problem {
            return Ok(Event::CannotPrepare(hold));
        }
        Ok(match self.sale(&order.channel, parts) {
            Ok(sale) => Event::Prepared(Box::new(sale)),
            Err(hold) => Event::CannotPrepare(hold),
        })
    }

    fn sale(&self, channel: &ChannelOrder, parts: Vec<Part>) -> Result<Sale, Hold> {
        let vendor = self.vendor();
        let date = business_date(channel.created_at_ms);
        let currency = channel.net.currency;
        let rate = vendor.rates.rate_for(currency, date, vendor.booking.rate_rule).ok_or_else(|| Hold {
            code: Code::MissingRate,
            cause: format!("{currency}:{date}"),
            params: vec![currency.to_string(), date.to_string()],
        })?;
        let texts = vendor.mapping.order_texts(channel)?;
        let customer = if vendor.booking.customer_per_consumer {
            consumer_code(channel)
        } else {
            texts.customer.unwrap_or_else(|| vendor.customer(channel.market))
        };
        let bill = Bill::of(channel, parts);
        let sale = sales::sale(&bill, &rate, vendor.booking.vat_rounding, &customer)?;
        let stale_days = vendor.rates.is_stale(&rate, date).then(|| rate.age_days(date));
        Ok(Sale { stale_days, remark: texts.remark, ..sale })
    }

    async fn claim(&mut self, document: Document, reply: Reply<Option<Box<BookingTask>>>) {
        let ready = self.order.as_ref().filter(|order| matches!(order.stage, Stage::Ready));
        let Some((order, sale)) = ready.and_then(|order| Some((order, order.sale.as_ref()?))) else {
            self.decline(reply).await;
            return;
        };
        // A document keeps its number for ever; only its date follows the open month.
        let document = match &order.document {
            Some(known) => Document { date: document.date, ..known.clone() },
            None => document,
        };
        let task = BookingTask {
            order: SalesOrder {
                token: order.id.erp_token(),
                remark: sale.remark.clone().unwrap_or_else(|| remark(order, sale)),
                document: document.clone(),
                customer: sale.customer.clone(),
                lines: sale.lines.clone(),
            },
            customer: self.vendor().booking.customer_per_consumer.then(|| Customer {
                code: sale.customer.clone(),
                address: order.channel.ship_to.clone(),
                country: order.channel.market.to_string(),
            }),
        };
        self.happen(&Event::SendingStarts(document), "engine", Vec::new(), |change| {
            change.then(move || answer(reply, Some(Box::new(task))))
        })
        .await;
    }

    /// Says no, in its turn: what that rests on may still be on its way to disk.
    async fn decline<T: Send + 'static>(&self, reply: Reply<Option<T>>) {
        let nothing = Change::of(Vec::new()).assumed_by(self.fuse.clone());
        self.context.seams.journal.submit(nothing.then(move || answer(reply, None))).await;
    }

    /// Takes the decision: memory now, disk as soon as the journal gets to it, replies after that.
    async fn commit(
        &mut self,
        mut next: Order,
        cause: &'static str,
        who: &str,
        mut writes: Vec<Write>,
        finish: impl FnOnce(Change) -> Change,
    ) {
        let now_ms = self.context.now_ms();
        let hold_changes = self.project(&mut next, &mut writes, now_ms);
        if self.order.as_ref() != Some(&next) {
            self.version += 1;
            let old = self.order.as_ref().map_or_else(String::new, Order::summary);
            let new = next.summary();
            if old != new {
                writes.push(Write::Journal(JournalRow {
                    vendor: self.vendor().id.clone(),
                    subject: Subject::Order(self.id.clone()),
                    at_ms: now_ms,
                    cause: cause.to_owned(),
                    actor: who.to_owned(),
                    old,
                    new,
                }));
            }
            writes.push(Write::Order(Box::new(OrderRow {
                vendor: self.vendor().id.clone(),
                version: self.version,
                state: next.clone(),
                at_ms: now_ms,
            })));
            self.order = Some(next);
        }
        let mut change = Change::of(writes).assumed_by(self.fuse.clone());
        if !hold_changes.is_empty() {
            // What their SKUs have in memory rests on this change too: should it not be durable, they start again from rows.
            let skus: Vec<Sku> = hold_changes.iter().map(|(sku, _)| sku.clone()).collect();
            let directory = self.context.directory.clone();
            change = change.assumed_by(Fuse::new(move || directory.dismiss(skus.clone())));
            let directory = self.context.directory.clone();
            change = change.then(move || directory.to_skus(hold_changes));
        }
        self.context.seams.journal.submit(finish(change)).await;
    }
}

/// Our key of a consumer: the same person with another spelling of case and spaces is the same partner (O7).
fn consumer_code(order: &ChannelOrder) -> String {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let phone: String = order.ship_to.phone.chars().filter(char::is_ascii_digit).collect();
    let who = (plain(&order.ship_to.name), plain(&order.ship_to.postal_code), phone);
    format!("CDON-{:016x}", fingerprint(&who))
}

/// What the ERP's remark says after the token: original amount and rate, so that the document explains itself.
fn remark(order: &Order, sale: &Sale) -> String {
    let placed: Date = business_date(order.channel.created_at_ms);
    let total = order.channel.net.plus(order.channel.vat).unwrap_or(order.channel.net);
    format!(
        "{total} TVA incl., curs {} ({}), comandat {placed}",
        sale.rate.ron_per_unit.normalize(),
        sale.rate.published
    )
}
