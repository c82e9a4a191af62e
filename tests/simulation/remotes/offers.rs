//! The simulated channel's articles: batches are taken at once, decided later, each publication at its own time.

use std::collections::BTreeMap;

use async_trait::async_trait;
use vortex_domain::{
    Market, Order, Publication, Sku,
    order::Claim,
    sku::{Facet, Refusal, Seen},
};
use vortex_entities::sku::ReceiptBody;
use vortex_port::{
    CallError, ChannelOffers,
    channel::{ItemAnswer, ListingPage, PublishReceipt, Verdict},
};
use vortex_store::{Store, rows::ReceiptParts};

use super::{Answer, Fate, Fault, Happening, Line, Remote, World};
use crate::{
    facts::{Basis, Fact, Owed, Push},
    oracle::ORDER_SEEN_LAG_MS,
    time::lock,
};

/// Articles on one page of the list.
const PAGE: usize = 5;
/// A batch whose answer was lost is acted upon this long after it left, or never.
const SETTLED_MS: i64 = 25_000;

/// An article on offer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Offered {
    /// Its quantity.
    pub(crate) quantity: u32,
    /// Its prices.
    pub(crate) prices: Vec<(Market, i64)>,
    /// It may be bought.
    pub(crate) for_sale: bool,
}

/// A batch that was taken: verdicts as they come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batch {
    verdicts: BTreeMap<Sku, Verdict>,
    pushes: BTreeMap<Sku, u64>,
}

/// A publication on its way.
pub(crate) struct Sent {
    publication: Publication,
    push: Option<u64>,
    /// Nobody waits for its verdict.
    unanswered: bool,
}

/// What will become of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemFate {
    /// It is applied.
    Applied,
    /// The verdict is good, and nothing changes.
    Ignored,
    /// It is refused after a while.
    Refused,
}

impl World {
    pub(super) fn batch_arrives(&mut self, at_ms: i64, call: u64, sent: Vec<Sent>) {
        let batch = format!("b{call}");
        let late_ms = if self.quirk("batch applied late", 60) { 240_000 } else { 6_000 };
        let mut items = Vec::new();
        let mut taken = Batch::default();
        for sent in sent {
            let sku = sent.publication.sku.clone();
            taken.pushes.extend(sent.push.map(|push| (sku.clone(), push)));
            let listed = self.channel.offers.contains_key(&sku);
            let at_once = self.chance.permille(500);
            if at_once && sent.publication.create && listed {
                items.push(ItemAnswer::AlreadyListed);
                continue;
            }
            if at_once && !sent.publication.create && !listed {
                items.push(ItemAnswer::NotListed);
                continue;
            }
            let mut sent = sent;
            let mut refused = Vec::new();
            if self.quirk("publication refused at once", 10) {
                refused.push(refuse(&mut sent.publication));
            }
            let rest = &sent.publication;
            if !refused.is_empty()
                && (rest.create
                    || (rest.listing.is_none() && rest.prices.is_none() && rest.quantity.is_none()))
            {
                items.push(ItemAnswer::Taken { article_id: None, refused });
                continue;
            }
            let unmentioned = refused.is_empty() && self.quirk("publication not mentioned", 10);
            items.push(if unmentioned {
                ItemAnswer::Unmentioned
            } else {
                ItemAnswer::Taken { article_id: None, refused }
            });
            let fate = if self.quirk("publication accepted and ignored", 10) {
                ItemFate::Ignored
            } else if self.quirk("publication refused later", 10) {
                ItemFate::Refused
            } else {
                ItemFate::Applied
            };
            // Each at its own time, so in any order.
            let latest_ms =
                if sent.unanswered || unmentioned { late_ms.min(SETTLED_MS / 2) } else { late_ms };
            let applied_ms = at_ms + self.chance.between(100, latest_ms);
            self.at(applied_ms, Happening::Item(batch.clone(), Box::new(sent), fate));
        }
        self.channel.batches.insert(batch.clone(), taken);
        self.answers.insert(call, Answer::Batch(PublishReceipt { batch: Some(batch), items }));
    }

    pub(super) fn item(&mut self, at_ms: i64, batch: String, sent: &Sent, fate: ItemFate) {
        let publication = &sent.publication;
        let sku = publication.sku.clone();
        let listed = self.channel.offers.contains_key(&sku);
        let verdict = match fate {
            _ if publication.create && listed => Verdict::AlreadyListed,
            _ if !publication.create && !listed => Verdict::NotListed,
            ItemFate::Refused => Verdict::Decided(vec![refuse(&mut publication.clone())]),
            ItemFate::Ignored => Verdict::Decided(Vec::new()),
            ItemFate::Applied => {
                let offered = self.channel.offers.entry(sku.clone()).or_default();
                if let Some(listing) = &publication.listing {
                    offered.for_sale = listing.for_sale;
                }
                if let Some(prices) = &publication.prices {
                    offered.prices = prices.iter().map(|price| (price.market, price.gross_minor)).collect();
                }
                if let Some(quantity) = publication.quantity {
                    offered.quantity = quantity;
                }
                if let Some(push) = sent.push {
                    self.fact(at_ms, &Fact::Applied { push });
                }
                Verdict::Decided(Vec::new())
            }
        };
        self.note(at_ms, format!("{batch} {sku}: {fate:?}, {verdict:?}"));
        self.channel.batches.entry(batch).or_default().verdicts.insert(sku, verdict);
    }

    fn shown(&self, sku: &Sku, read_ms: i64) -> Seen {
        let offered = self.channel.offers.get(sku);
        Seen {
            read_ms,
            present: offered.is_some(),
            for_sale: offered.map(|offered| offered.for_sale),
            quantity: offered.map(|offered| offered.quantity),
            prices: offered.map(|offered| offered.prices.clone()).unwrap_or_default(),
        }
    }
}

/// Takes out of a publication what the channel does not like about it.
fn refuse(publication: &mut Publication) -> Refusal {
    let facet = if publication.quantity.take().is_some() {
        Facet::Quantity
    } else if publication.prices.take().is_some() {
        Facet::Prices
    } else {
        publication.listing = None;
        Facet::Listing
    };
    Refusal { facet, reason: "not now".to_owned(), market: None }
}

impl Line {
    /// What a quantity rests on, as the product's database says at this moment.
    async fn push(&self, publication: &Publication, quantity: u32, orders: &[(i64, Order)]) -> Push {
        let vendor = lock(&self.world).vendor.clone();
        let sku = publication.sku.clone();
        let (now_ms, any) = (self.clock.now_ms(), ReceiptParts::ANY);
        let receipt = self.store.receipt(&vendor.id, &sku, now_ms, any).await.ok().flatten();
        let basis = receipt.and_then(|receipt| {
            let body: ReceiptBody = serde_json::from_str(&receipt.body).ok()?;
            let (said, terms) = body.quantity?;
            (said == quantity).then_some(Basis { at_ms: receipt.at_ms, read_ms: body.read_ms, terms })
        });
        let decided_ms = basis.map_or(0, |basis| basis.at_ms);
        let mut world = lock(&self.world);
        let live = super::tokens(&world.erp.docs);
        let mut owed = Vec::new();
        for (_, order) in orders {
            let token = order.id.erp_token();
            let known = order.seen_ms + ORDER_SEEN_LAG_MS < decided_ms;
            let open = match order.claim() {
                Claim::Open => true,
                // A document that was cancelled by hand gives its units back.
                Claim::Booked(_) => live.contains(&token),
                Claim::None => false,
            };
            if known && open {
                owed.extend(order.held.iter().map(|(sku, qty)| Owed {
                    token: token.clone(),
                    sku: sku.clone(),
                    qty: *qty,
                }));
            }
        }
        let parts = vendor.bundles.get(&sku).cloned().unwrap_or_default();
        let concerned = |owed: &Owed| owed.sku == sku || parts.iter().any(|(part, _)| *part == owed.sku);
        owed.retain(concerned);
        Push { id: world.issue(), sku, quantity, basis, owed, buffers: world.buffers.clone(), parts }
    }
}

impl Line {
    /// What is wrong with prices that are about to leave: each is what its receipt comes to when it is reckoned again, from the
    /// receipt alone.
    async fn unfounded(&self, publication: &Publication) -> Option<String> {
        let (prices, sku) = (publication.prices.as_ref()?, &publication.sku);
        let vendor = lock(&self.world).vendor.clone();
        let read = self.store.receipt(&vendor.id, sku, self.clock.now_ms(), ReceiptParts::PRICES).await;
        let Some(row) = read.ok()? else {
            return Some(format!("P10: prices of {sku} left without a receipt"));
        };
        let body: ReceiptBody = serde_json::from_str(&row.body).ok()?;
        prices.iter().find_map(|price| {
            let receipt = body.prices.iter().find(|receipt| receipt.market == price.market);
            let again = receipt.and_then(|receipt| receipt.recompute(&vendor.mapping));
            let stands = receipt.is_some_and(|receipt| receipt.price() == *price);
            (!stands || again != Some(price.gross_minor))
                .then(|| format!("P10: {price:?} of {sku} left, its receipt comes to {again:?}"))
        })
    }
}

#[async_trait]
impl ChannelOffers for Line {
    fn batch_limits(&self) -> (usize, usize) {
        (4, 6)
    }

    fn validate(&self, _publication: &Publication) -> Vec<Refusal> {
        Vec::new()
    }

    async fn publish(&self, batch: &[Publication]) -> Result<PublishReceipt, CallError> {
        self.gate.pass().await;
        let vendor = lock(&self.world).vendor.id.clone();
        let orders = self.store.list_orders(&vendor, None, None, 1_000).await.unwrap_or_default();
        let mut pushes = Vec::new();
        for publication in batch {
            if let Some(wrong) = self.unfounded(publication).await {
                lock(&self.world).oracle.violations.push(wrong);
            }
            pushes.push(match publication.quantity {
                Some(quantity) => Some(self.push(publication, quantity, &orders).await),
                None => None,
            });
        }
        let ids: Vec<u64> = pushes.iter().flatten().map(|push| push.id).collect();
        let mut left = false;
        let answer = self
            .write(Remote::Channel, "publish", |world, call, now_ms, fate| {
                left = true;
                world.send_batch(call, now_ms, batch, pushes, fate);
            })
            .await;
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        match answer {
            Ok(Answer::Batch(receipt)) => {
                for (item, publication) in receipt.items.iter().zip(batch) {
                    let push = receipt
                        .batch
                        .as_ref()
                        .and_then(|id| world.channel.batches.get(id)?.pushes.get(&publication.sku).copied());
                    if let Some(push) = push.filter(|_| matches!(item, ItemAnswer::Unmentioned)) {
                        world.fact(now_ms, &Fact::PushUnanswered { push });
                    }
                }
                Ok(receipt)
            }
            Ok(_) => {
                Err(CallError::Unknown { connection: "cdon".to_owned(), why: "another answer".to_owned() })
            }
            Err(failure) => {
                if left {
                    for push in ids {
                        world.fact(now_ms, &Fact::PushUnanswered { push });
                    }
                }
                Err(failure)
            }
        }
    }

    async fn verdicts(&self, batch: &str, skus: &[Sku]) -> Result<Vec<Verdict>, CallError> {
        let (verdicts, decided) = self
            .read(Remote::Channel, &format!("verdicts {batch}"), |world, _| {
                let Some(known) = world.channel.batches.get(batch) else {
                    return Ok((vec![Verdict::Pending; skus.len()], Vec::new()));
                };
                let verdict = |sku: &Sku| known.verdicts.get(sku).cloned().unwrap_or(Verdict::Pending);
                let decided: Vec<u64> = skus
                    .iter()
                    .filter(|sku| known.verdicts.contains_key(*sku))
                    .filter_map(|sku| known.pushes.get(sku).copied())
                    .collect();
                Ok((skus.iter().map(verdict).collect(), decided))
            })
            .await?;
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        for push in decided {
            world.fact(now_ms, &Fact::PushDecided { push });
        }
        Ok(verdicts)
    }

    async fn listing(&self, page: u32, read_ms: i64) -> Result<Option<ListingPage>, CallError> {
        self.read(Remote::Channel, &format!("listing {page}"), |world, _| {
            let from = (page.max(1) as usize - 1) * PAGE;
            let skus: Vec<Sku> = world.channel.offers.keys().skip(from).take(PAGE).cloned().collect();
            let rows = skus.into_iter().map(|sku| (sku.clone(), world.shown(&sku, read_ms))).collect();
            Ok(Some(ListingPage { rows, more: from + PAGE < world.channel.offers.len() }))
        })
        .await
    }

    async fn show(&self, sku: &Sku, read_ms: i64) -> Result<Option<Seen>, CallError> {
        self.read(Remote::Channel, &format!("show {sku}"), |world, _| Ok(Some(world.shown(sku, read_ms))))
            .await
    }
}

impl World {
    fn send_batch(
        &mut self,
        call: u64,
        now_ms: i64,
        batch: &[Publication],
        pushes: Vec<Option<Push>>,
        fate: Fate,
    ) {
        let ids: Vec<Option<u64>> = pushes.iter().map(|push| push.as_ref().map(|push| push.id)).collect();
        for push in pushes.into_iter().flatten() {
            let sku = push.sku.clone();
            self.fact(now_ms, &Fact::Pushed(Box::new(push)));
            if self.quirk("the ERP sells during a push", 100) {
                self.goods_of(now_ms, &sku);
            }
        }
        let unanswered = fate.fault.is_some();
        let arrives_ms = match fate.fault {
            Some(Fault::LostThere) => return,
            Some(Fault::LostBack) => now_ms + self.chance.between(fate.there_ms, SETTLED_MS / 2),
            _ => now_ms + fate.there_ms,
        };
        let sent = batch.iter().zip(ids).map(|(publication, push)| Sent {
            publication: publication.clone(),
            push,
            unanswered,
        });
        self.at(arrives_ms, Happening::Batch(call, sent.collect()));
    }
}
