//! One SKU: holds stock for orders, follows the ERP's readings, decides what the channel is told.

use std::{collections::BTreeMap, sync::Arc};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use vortex_domain::{
    ContentRow, Language, OrderId, Publication, Sku, SkuState, Vendor,
    attention::{Code, Raise, Subject},
    mapping::{Offer, PriceReceipt},
    sales::{Goods, business_date},
    sku::{Desired, HeldUnits, Holds, SkuEvent},
    stock::StockTerms,
};
use vortex_store::{
    Change, Fuse, SkuRows,
    rows::{
        EffectKind, EffectRow, JournalRow, ReceiptParts, ReceiptRow, ReservationRow, ReservationState,
        SkuRow, Write,
    },
};

use crate::{
    directory::Undecided,
    mail::Mail,
    seams::{Acks, Reply, VendorContext, answer, fuse},
};

/// What an order learns when it asks a SKU for units.
#[derive(Debug, Clone, PartialEq)]
pub struct Supply {
    /// Units that could be given to this order; it holds its units whether they suffice or not.
    pub available: i64,
    /// The ERP's catalogue has the article.
    pub known: bool,
    /// Unit of measure.
    pub unit: String,
    /// The ERP's price for one unit, to split a bundle's price by; 1 when there is none.
    pub price: Decimal,
    /// What it is.
    pub facts: Facts,
    /// Who holds the units, in memory only until the order's own commit: should it leave before, they are not held.
    pub holder: ActorCell,
}

/// What courier and customs are told of an article.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Name in the ERP.
    pub name: String,
    /// English title, where the content has one.
    pub title_en: Option<String>,
    /// Grams of one unit, when the ERP knows them.
    pub weight_g: Option<u32>,
    /// Customs code, when the ERP knows it.
    pub customs_code: String,
}

impl Facts {
    /// So many units of it in an order.
    pub fn goods(self, sku: Sku, quantity: i64) -> Goods {
        let Self { name, title_en, weight_g, customs_code } = self;
        Goods { sku, name, title_en, quantity, weight_g, customs_code }
    }
}

/// What one ERP reading says of a SKU, with the fingerprints that it was recognised by.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What was read.
    pub event: SkuEvent,
    /// The new fingerprint of the catalogue row; none when the reading was of stock.
    pub article_print: Option<i64>,
    /// The new fingerprint of the stock rows; none when the reading was of the catalogue.
    pub stock_print: Option<i64>,
}

/// What a SKU's actor is told.
pub enum SkuMsg {
    /// A reading says something new; acknowledged once durable.
    Observed(Observation, Acks<Sku>),
    /// An order needs units; they are held at once, in memory, until the order's own commit or its end.
    Hold {
        /// Which order.
        order: OrderId,
        /// How many.
        qty: i64,
        /// The order is new: the channel has just sold them.
        sold: bool,
        /// What the SKU can give.
        reply: Reply<Supply>,
    },
    /// The order's units changed state on disk: booked in the ERP since then, or free again.
    HoldChanged(OrderId, Option<HeldUnits>),
    /// What is to be sent to the channel now? The intent is durable before the answer.
    Claim(Reply<Option<Publication>>),
    /// The outcome of a publication, a verdict, a read-back, a person's wish; acknowledged once durable.
    Happened(SkuEvent, Acks<Sku>),
    /// A part of this bundle can give so many units.
    PartAvailable(Sku, i64),
    /// A bundle of this part has started: tell what there is.
    TellBundles,
    /// Texts or images changed, or another day with other rates began: compute again; acknowledged once durable.
    Recompute(Acks<Sku>),
    /// What are courier and customs told of it? None when the ERP's catalogue has never had it.
    Describe(Reply<Option<Facts>>),
    /// What do you know?
    View(Reply<Box<SkuView>>),
}

/// A SKU's actor at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct SkuView {
    /// Its state, with the units held.
    pub state: SkuState,
    /// What the mapping makes of it now.
    pub offer: Option<Offer>,
}

/// Why the channel was told what it was told, as stored with every publication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceiptBody {
    /// The quantity sent and its terms.
    pub quantity: Option<(u32, StockTerms)>,
    /// When the stock reading behind it began.
    pub read_ms: Option<i64>,
    /// When the ERP's catalogue row behind the prices was read.
    #[serde(default)]
    pub article_ms: Option<i64>,
    /// Of a bundle: units that each part could give.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<Sku, i64>,
    /// Orders whose units were held, and how many.
    pub held: BTreeMap<OrderId, i64>,
    /// The prices sent, each with its steps.
    pub prices: Vec<PriceReceipt>,
    /// The listing was sent.
    pub listing: bool,
}

/// Serialises everything that happens to one SKU.
pub struct SkuActor;

/// What a SKU's actor starts from.
pub struct SkuArgs {
    /// The vendor.
    pub context: Arc<VendorContext>,
    /// Its rows.
    pub rows: SkuRows,
}

/// What a SKU's actor keeps.
pub struct SkuMemory {
    context: Arc<VendorContext>,
    version: i64,
    sku: SkuState,
    content: Vec<ContentRow>,
    offer: Option<Offer>,
    article_print: i64,
    stock_print: i64,
    told_bundles: Option<i64>,
    fuse: Fuse,
}

impl Actor for SkuActor {
    type Msg = Mail<SkuMsg>;
    type State = SkuMemory;
    type Arguments = SkuArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Mail<SkuMsg>>,
        args: SkuArgs,
    ) -> Result<SkuMemory, ActorProcessingErr> {
        let SkuArgs { context, rows } = args;
        let (version, mut sku) = rows.stored.unwrap_or_else(|| (0, SkuState::new(rows.sku.clone())));
        sku.held = held(&rows.reservations);
        mark_short(&mut sku, &rows.reservations, &context.vendor);
        let mut memory = SkuMemory {
            context,
            version,
            sku,
            content: rows.content,
            offer: None,
            article_print: rows.prints.0,
            stock_print: rows.prints.1,
            told_bundles: None,
            fuse: fuse(myself.get_cell()),
        };
        memory.compute_offer();
        Ok(memory)
    }

    /// Whatever was decided before a crash and not projected (an effect that should stand in the outbox) is noticed here.
    async fn post_start(
        &self,
        _myself: ActorRef<Mail<SkuMsg>>,
        memory: &mut SkuMemory,
    ) -> Result<(), ActorProcessingErr> {
        memory.ask_parts();
        memory.forget_unanswered().await;
        if memory.version > 0 {
            memory.commit("started", memory.sku.clone(), Vec::new(), |change| change).await;
        }
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<Mail<SkuMsg>>,
        mail: Mail<SkuMsg>,
        memory: &mut SkuMemory,
    ) -> Result<(), ActorProcessingErr> {
        match mail.open() {
            SkuMsg::Observed(observation, acks) => memory.observe(observation, acks).await,
            SkuMsg::Hold { order, qty, sold, reply } => {
                let supply = memory.hold(order, qty, sold, myself.get_cell()).await;
                answer(reply, supply);
            }
            SkuMsg::HoldChanged(order, units) => {
                memory.hold_changed(order, units).await;
            }
            SkuMsg::Claim(reply) => memory.claim(reply).await,
            SkuMsg::Happened(event, acks) => {
                let sku = memory.sku.sku.clone();
                memory.happen(&event, |change| change.then(move || drop(acks.send(sku)))).await;
            }
            SkuMsg::PartAvailable(part, units) => {
                memory.happen(&SkuEvent::PartAvailable(part, units), |change| change).await;
            }
            SkuMsg::TellBundles => {
                memory.told_bundles = None;
                let next = memory.sku.clone();
                memory.commit("bundles_told", next, Vec::new(), |change| change).await;
            }
            SkuMsg::Recompute(acks) => {
                memory.compute_offer();
                let sku = memory.sku.sku.clone();
                let next = memory.sku.clone();
                memory
                    .commit("recomputed", next, Vec::new(), |change| {
                        change.then(move || drop(acks.send(sku)))
                    })
                    .await;
            }
            SkuMsg::Describe(reply) => answer(reply, memory.facts()),
            SkuMsg::View(reply) => {
                answer(reply, Box::new(SkuView { state: memory.sku.clone(), offer: memory.offer.clone() }));
            }
        }
        Ok(())
    }
}

fn held(rows: &[ReservationRow]) -> Holds {
    let units = |row: &ReservationRow| {
        let booked_ms = (row.state == ReservationState::Booked).then_some(row.since_ms);
        (row.order.clone(), HeldUnits { qty: row.qty, booked_ms, short: false })
    };
    rows.iter().map(units).collect()
}

/// After a start nobody remembers who came short: the newest do, as far as stock does not reach.
fn mark_short(sku: &mut SkuState, rows: &[ReservationRow], vendor: &Vendor) {
    let mut missing = sku.available(vendor).min(0).saturating_neg();
    let mut newest: Vec<&ReservationRow> =
        rows.iter().filter(|row| row.state == ReservationState::Open).collect();
    newest.sort_by_key(|row| std::cmp::Reverse((row.since_ms, row.order.clone())));
    for row in newest {
        if missing <= 0 {
            break;
        }
        missing -= row.qty;
        if let Some(units) = sku.held.get(&row.order) {
            sku.held.hold(row.order.clone(), HeldUnits { short: true, ..units });
        }
    }
}

impl SkuMemory {
    fn vendor(&self) -> &Vendor {
        &self.context.vendor
    }

    fn compute_offer(&mut self) {
        let date = business_date(self.context.now_ms());
        self.offer =
            self.sku.article.as_ref().map(|article| self.vendor().offer(article, &self.content, date));
    }

    async fn observe(&mut self, observation: Observation, acks: Acks<Sku>) {
        if !self.sku.has_overtaken(&observation.event) {
            self.article_print = observation.article_print.unwrap_or(self.article_print);
            self.stock_print = observation.stock_print.unwrap_or(self.stock_print);
        }
        let now_ms = self.context.now_ms();
        let next = self.sku.on(&observation.event, self.offer.as_ref(), self.vendor(), now_ms);
        if next.article != self.sku.article {
            self.sku.article.clone_from(&next.article);
            self.compute_offer();
        }
        // A reservation that this reading contains has ended; its row must say so in the same commit.
        let ended = self.sku.held.iter().filter(|(order, _)| next.held.get(order).is_none());
        let writes: Vec<Write> = ended.filter_map(|(order, units)| self.ended(order, units)).collect();
        let sku = self.sku.sku.clone();
        self.commit(observation.event.name(), next, writes, |change| {
            change.then(move || drop(acks.send(sku)))
        })
        .await;
    }

    /// What parts can give is in their rows, not in the bundle's.
    fn ask_parts(&self) {
        let parts = self.vendor().bundles.get(&self.sku.sku).into_iter().flatten();
        let asked: Vec<(Sku, SkuMsg)> = parts.map(|(part, _)| (part.clone(), SkuMsg::TellBundles)).collect();
        if !asked.is_empty() {
            self.context.directory.to_skus(asked);
        }
    }

    /// The row of a booking that the newest reading contains.
    fn ended(&self, order: &OrderId, units: HeldUnits) -> Option<Write> {
        Some(Write::Reservation(ReservationRow {
            vendor: self.vendor().id.clone(),
            order: order.clone(),
            sku: self.sku.sku.clone(),
            qty: units.qty,
            state: ReservationState::Ended,
            since_ms: units.booked_ms?,
        }))
    }

    async fn hold_changed(&mut self, order: OrderId, units: Option<HeldUnits>) {
        let event = match units {
            Some(units) => SkuEvent::Held(order.clone(), units),
            None => SkuEvent::Freed(order.clone()),
        };
        let next = self.sku.on(&event, self.offer.as_ref(), self.vendor(), self.context.now_ms());
        // Booked, and the reading that contains it was faster than this news.
        let contained = units.filter(|_| next.held.get(&order).is_none());
        let writes = contained.and_then(|units| self.ended(&order, units)).into_iter().collect();
        self.commit(event.name(), next, writes, |change| change).await;
    }

    fn facts(&self) -> Option<Facts> {
        let article = self.sku.article.as_ref()?;
        let english = self.content.iter().find(|row| row.language == Some(Language::En));
        let title = english.and_then(|row| row.title.as_deref()).map(str::trim);
        Some(Facts {
            name: article.name.clone(),
            title_en: title.filter(|title| !title.is_empty()).map(str::to_owned),
            weight_g: article.weight_g(),
            customs_code: article.customs_code.clone(),
        })
    }

    async fn hold(&mut self, order: OrderId, qty: i64, sold: bool, holder: ActorCell) -> Supply {
        let booked_ms = self.sku.held.get(&order).and_then(|units| units.booked_ms);
        let article = self.sku.article.as_ref();
        let available = self.sku.available_to(&order, self.vendor());
        let supply = Supply {
            available,
            known: article.is_some() && self.sku.gone_ms.is_none(),
            unit: article.map(|a| a.unit.clone()).unwrap_or_default(),
            facts: self.facts().unwrap_or_default(),
            price: article.and_then(|a| a.price_net).filter(|p| *p > Decimal::ZERO).unwrap_or(Decimal::ONE),
            holder,
        };
        let units = HeldUnits { qty, booked_ms, short: booked_ms.is_none() && available < qty };
        let event = if sold { SkuEvent::Sold(order, units) } else { SkuEvent::Held(order, units) };
        self.happen(&event, |change| change).await;
        supply
    }

    /// A publication whose answer nobody waits for any more (the process died, or the call hangs for ever) is unknown.
    async fn forget_unanswered(&mut self) {
        let (started_ms, now_ms) = (self.context.seams.started_ms, self.context.now_ms());
        let unanswered = self.sku.channel.in_flight.as_ref().is_some_and(|flight| {
            flight.batch.is_none()
                && (flight.since_ms < started_ms || now_ms - flight.since_ms >= IN_FLIGHT_LIMIT_MS)
        });
        if unanswered {
            self.happen(&SkuEvent::PublishUnknown, |change| change).await;
        }
    }

    async fn claim(&mut self, reply: Reply<Option<Publication>>) {
        self.forget_unanswered().await;
        // Rates and texts as of now: what leaves is what the receipt says.
        self.compute_offer();
        let now_ms = self.context.now_ms();
        let desired = self.sku.desired(self.offer.as_ref(), self.vendor());
        let held_back = now_ms < self.sku.channel.hold_until_ms;
        let Some(publication) = self.sku.plan(&desired).filter(|_| !held_back) else {
            let next = self.sku.clone();
            self.commit("nothing_to_publish", next, Vec::new(), |change| {
                change.then(move || answer(reply, None))
            })
            .await;
            return;
        };
        let receipt = self.receipt(&publication, &desired, now_ms);
        let event = SkuEvent::PublishStarts(SkuState::flight(&publication, &desired, now_ms));
        let next = self.sku.on(&event, self.offer.as_ref(), self.vendor(), now_ms);
        self.commit(event.name(), next, vec![Write::Receipt(receipt)], |change| {
            change.then(move || answer(reply, Some(publication)))
        })
        .await;
    }

    fn receipt(&self, publication: &Publication, desired: &Desired, at_ms: i64) -> ReceiptRow {
        let offer = self.offer.as_ref();
        let body = ReceiptBody {
            quantity: publication.quantity.and(desired.quantity),
            read_ms: self.sku.stock.map(|read| read.read_ms),
            article_ms: self.sku.article_ms,
            parts: self.sku.parts.clone(),
            held: self.sku.held.iter().map(|(order, units)| (order.clone(), units.qty)).collect(),
            prices: publication
                .prices
                .as_ref()
                .and(offer)
                .map(|o| o.price_receipts.clone())
                .unwrap_or_default(),
            listing: publication.listing.is_some(),
        };
        ReceiptRow {
            vendor: self.vendor().id.clone(),
            sku: self.sku.sku.clone(),
            at_ms,
            mapping_version: offer.map_or(0, |o| i64::from(o.mapping_version)),
            parts: ReceiptParts { quantity: body.quantity.is_some(), prices: !body.prices.is_empty() },
            // Texts and numbers always serialise.
            body: serde_json::to_string(&body).unwrap_or_default(),
        }
    }

    async fn happen(&mut self, event: &SkuEvent, finish: impl FnOnce(Change) -> Change) {
        let next = self.sku.on(event, self.offer.as_ref(), self.vendor(), self.context.now_ms());
        self.commit(event.name(), next, Vec::new(), finish).await;
    }

    /// The row for a state, one version on.
    fn row(&self, state: SkuState) -> Write {
        Write::Sku(Box::new(SkuRow {
            vendor: self.vendor().id.clone(),
            version: self.version + 1,
            state,
            article_print: self.article_print,
            stock_print: self.stock_print,
            at_ms: self.context.now_ms(),
        }))
    }

    /// Takes the decision: memory now, disk as soon as the journal gets to it, replies after that. What the new state
    /// wants of other tables is compared with what stands there, and only differences are written.
    async fn commit(
        &mut self,
        cause: &'static str,
        mut next: SkuState,
        mut writes: Vec<Write>,
        finish: impl FnOnce(Change) -> Change,
    ) {
        let now_ms = self.context.now_ms();
        self.project(&mut next, &mut writes, now_ms);
        let before = std::mem::replace(&mut self.sku, next);
        // A new fingerprint is stored even when nothing else changed, or the row would look new at every heartbeat.
        let prints_changed = cause == "article_read" || cause == "stock_read" || cause == "article_gone";
        let stored_changed = prints_changed || !same_as_stored(&before, &self.sku);
        if stored_changed {
            writes.push(self.row(self.sku.clone()));
            self.version += 1;
            let (old, new) = (before.summary(), self.sku.summary());
            if old != new || !prints_changed {
                writes.push(Write::Journal(JournalRow {
                    vendor: self.vendor().id.clone(),
                    subject: Subject::Sku(self.sku.sku.clone()),
                    at_ms: now_ms,
                    cause: cause.to_owned(),
                    actor: "engine".to_owned(),
                    old,
                    new,
                }));
            }
        }
        let told = self.news_for_bundles();
        let directory = self.context.directory.clone();
        // Even an empty change waits its turn: what it confirms may rest on an earlier one that is still being written.
        let change = finish(Change::of(writes).assumed_by(self.fuse.clone()).then(move || {
            if !told.is_empty() {
                directory.to_skus(told);
            }
        }));
        self.context.seams.journal.submit(change).await;
    }

    fn project(&self, next: &mut SkuState, writes: &mut Vec<Write>, now_ms: i64) {
        let vendor = self.vendor().id.clone();
        let subject = Subject::Sku(next.sku.clone());
        let key = next.sku.to_string();

        let desired = next.desired(self.offer.as_ref(), self.vendor());
        let holds = next.attention(self.offer.as_ref(), &desired);
        let raised: Vec<(Code, String)> = holds.iter().map(|h| (h.code, h.cause.clone())).collect();
        if raised != next.projected.raised {
            let mut cleared: Vec<Code> = next.projected.raised.iter().map(|(code, _)| *code).collect();
            cleared.dedup();
            writes
                .extend(cleared.into_iter().map(|code| Write::Clear(vendor.clone(), code, subject.clone())));
            writes.extend(holds.into_iter().map(|hold| {
                let raise = Raise {
                    code: hold.code,
                    cause: hold.cause,
                    params: hold.params,
                    subject: subject.clone(),
                };
                Write::Raise(vendor.clone(), Box::new(raise), now_ms)
            }));
            next.projected.raised = raised;
        }

        let effect = |kind: EffectKind, due_ms: i64, batch: String| {
            Write::Effect(EffectRow {
                vendor: vendor.clone(),
                kind,
                key: key.clone(),
                due_ms,
                batch,
                since_ms: now_ms,
            })
        };
        let wants_publish = next.channel.in_flight.as_ref().is_some_and(|f| f.batch.is_none())
            || next.plan(&desired).is_some();
        let publish_due_ms = wants_publish.then(|| match &next.channel.in_flight {
            // Sent, and the answer is open: should the process die now, the row brings it back as unanswered.
            Some(flight) => flight.since_ms.saturating_add(IN_FLIGHT_LIMIT_MS),
            None => {
                next.channel.hold_until_ms.max(next.projected.publish_due_ms.unwrap_or(now_ms).min(now_ms))
            }
        });
        if publish_due_ms != next.projected.publish_due_ms {
            match publish_due_ms {
                Some(due_ms) => writes.push(effect(EffectKind::Publish, due_ms, String::new())),
                None => writes.push(Write::EffectDone(vendor.clone(), EffectKind::Publish, key.clone())),
            }
            next.projected.publish_due_ms = publish_due_ms;
        }

        let verdict = next.channel.in_flight.as_ref().and_then(|f| f.batch.clone());
        if verdict != next.projected.verdict {
            match &verdict {
                Some(batch) => writes.push(effect(EffectKind::Verdict, now_ms, batch.clone())),
                None => writes.push(Write::EffectDone(vendor.clone(), EffectKind::Verdict, key.clone())),
            }
            next.projected.verdict = verdict;
        }
    }

    /// What the bundles with this part must be told once it is durable; nothing when they know.
    fn news_for_bundles(&mut self) -> Vec<(Sku, SkuMsg)> {
        let available = self.sku.available(self.vendor());
        if self.sku.stock.is_none() || self.told_bundles == Some(available) {
            return Vec::new();
        }
        self.told_bundles = Some(available);
        let sku = &self.sku.sku;
        self.vendor()
            .bundles_with(sku)
            .map(|bundle| (bundle.clone(), SkuMsg::PartAvailable(sku.clone(), available)))
            .collect()
    }
}

/// How long an answer to a publication may take before its SKU counts as unanswered, milliseconds.
pub const IN_FLIGHT_LIMIT_MS: i64 = 120_000;

/// Held units are rows of their own, and the same level read again later is no news: neither is a reason to write the row.
fn same_as_stored(before: &SkuState, after: &SkuState) -> bool {
    before.article == after.article
        && before.gone_ms == after.gone_ms
        && before.stock.map(|read| read.level) == after.stock.map(|read| read.level)
        && before.paused == after.paused
        && before.channel == after.channel
        && before.projected == after.projected
}

/// Asks many SKUs what is to be sent now, each intent durable.
pub async fn claims(
    directory: &crate::directory::Directory,
    skus: &[Sku],
) -> Vec<(Sku, Result<Option<Publication>, Undecided>)> {
    let (messages, answers): (Vec<_>, Vec<_>) = skus
        .iter()
        .map(|sku| {
            let (reply, answer) = tokio::sync::oneshot::channel();
            ((sku.clone(), SkuMsg::Claim(reply)), (sku.clone(), answer))
        })
        .unzip();
    directory.to_skus(messages);
    let mut claimed = Vec::with_capacity(answers.len());
    for (sku, answer) in answers {
        claimed.push((sku, answer.await.map_err(|_| Undecided)));
    }
    claimed
}
