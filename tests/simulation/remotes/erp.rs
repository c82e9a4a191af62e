//! The simulated ERP: reserves on booking, accepts duplicates, leaves articles without stock out of its list.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::civil::Date;
use vortex_domain::{
    ErpArticle, Sku, StockLevel,
    attention::Code,
    order::{Hold, ImportAnswer},
    sales::SaleLine,
};
use vortex_port::{
    CallError, ErpCatalogue, ErpOrders, SalesOrder,
    erp::{BookingDay, CataloguePage, Copies, Customer, StockReading, Wanted},
};

use super::{Answer, Fate, Fault, Happening, Line, Remote, World, tokens};
use crate::{
    facts::{Fact, Reading},
    time::lock,
};

/// Articles on one page of the catalogue.
const PAGE: usize = 6;
/// An import that was lost sight of is in the books, or never will be, this long after it left.
const SETTLED_MS: i64 = 40_000;

/// A document in the books.
#[derive(Debug, Clone)]
pub(crate) struct Doc {
    /// The token in its remark.
    pub(crate) token: String,
    /// Its partner.
    pub(crate) customer: String,
    /// Its lines.
    pub(crate) lines: Vec<SaleLine>,
    /// Not cancelled.
    pub(crate) live: bool,
    /// Shipped: it no longer reserves, its goods are gone.
    pub(crate) shipped: bool,
    /// When it was written.
    pub(crate) at_ms: i64,
}

/// What will become of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImportFate {
    /// It is written.
    Written,
    /// The answer says so, and it is not.
    Ignored,
    /// It is refused.
    Refused,
    /// It is written, and later cancelled by somebody.
    Undone,
}

/// The ERP's books.
#[derive(Default)]
pub(crate) struct Erp {
    /// Articles by SKU, in the order of the catalogue.
    pub(crate) articles: BTreeMap<Sku, ErpArticle>,
    /// Thousandths of a unit on hand.
    pub(crate) on_hand: BTreeMap<Sku, i64>,
    /// Thousandths reserved for others.
    pub(crate) others: BTreeMap<Sku, i64>,
    /// Documents with our tokens.
    pub(crate) docs: BTreeMap<u64, Doc>,
    /// Consumers created as partners.
    pub(crate) customers: BTreeMap<String, u32>,
}

impl Erp {
    /// What a reading would say of an article now.
    pub(crate) fn level(&self, sku: &Sku) -> StockLevel {
        let ours: i64 = self
            .docs
            .values()
            .filter(|doc| doc.live && !doc.shipped)
            .flat_map(|doc| &doc.lines)
            .filter(|line| line.sku == *sku)
            .map(|line| line.quantity * 1_000)
            .sum();
        StockLevel {
            on_hand_milli: self.on_hand.get(sku).copied().unwrap_or(0),
            reserved_milli: self.others.get(sku).copied().unwrap_or(0) + ours,
        }
    }
}

impl World {
    pub(super) fn import_arrives(&mut self, at_ms: i64, call: u64, order: &SalesOrder, fate: ImportFate) {
        let refusal = |code, text: &str| Hold { code, cause: text.to_owned(), params: vec![text.to_owned()] };
        let unknown = order.lines.iter().find(|line| !self.erp.articles.contains_key(&line.sku));
        let answer = match fate {
            ImportFate::Refused => ImportAnswer::Refused(refusal(Code::ErpRefused, "the article is locked")),
            _ if unknown.is_some() => ImportAnswer::Refused(refusal(Code::ErpRefused, "unknown article")),
            ImportFate::Ignored => ImportAnswer::Imported,
            ImportFate::Written | ImportFate::Undone => {
                let doc = self.issue();
                let (token, number, lines) =
                    (order.token.clone(), order.document.number, order.lines.clone());
                self.fact(at_ms, &Fact::Written { doc, token: token.clone(), number, lines: lines.clone() });
                let customer = order.customer.clone();
                self.erp.docs.insert(doc, Doc { token, customer, lines, live: true, shipped: false, at_ms });
                self.invoice_follows(at_ms, doc);
                if fate == ImportFate::Undone {
                    let later_ms = self.chance.between(60_000, 900_000);
                    self.at(at_ms + later_ms, Happening::Undo(doc));
                }
                ImportAnswer::Imported
            }
        };
        self.answers.insert(call, Answer::Import(answer));
    }

    pub(crate) fn undo(&mut self, at_ms: i64, doc: u64) {
        let Some(found) = self.erp.docs.get_mut(&doc).filter(|found| found.live && !found.shipped) else {
            return;
        };
        found.live = false;
        self.fact(at_ms, &Fact::Gone { doc });
    }

    /// Documents younger than the backup are gone without a trace.
    pub(super) fn restore(&mut self, at_ms: i64, age_ms: i64) {
        self.inject("ERP restored from backup");
        let lost: Vec<u64> = self
            .erp
            .docs
            .iter()
            .filter(|(_, doc)| doc.at_ms > at_ms - age_ms && !doc.shipped)
            .map(|(id, _)| *id)
            .collect();
        for doc in lost {
            if self.erp.docs.remove(&doc).is_some_and(|doc| doc.live) {
                self.fact(at_ms, &Fact::Gone { doc });
            }
        }
    }

    /// Goods come in, are sold over the counter, or somebody else's order reserves them.
    pub(super) fn goods_move(&mut self, at_ms: i64) {
        let skus: Vec<Sku> = self.erp.on_hand.keys().cloned().collect();
        let Some(sku) = self.chance.pick(&skus).cloned() else { return };
        self.goods_of(at_ms, &sku);
    }

    pub(super) fn goods_of(&mut self, at_ms: i64, sku: &Sku) {
        let kind = self.chance.between(0, 9);
        let units = self.chance.between(1, 6) * 1_000 + if self.chance.permille(50) { 500 } else { 0 };
        match kind {
            0..=3 => *self.erp.on_hand.entry(sku.clone()).or_default() += units,
            // Selling what is not there happens, and leaves a negative stock; seldom.
            4..=7 => {
                let stock = self.erp.on_hand.entry(sku.clone()).or_default();
                let floor = if kind == 7 { -2_000 } else { 0 };
                *stock = (*stock - units).max((*stock).min(floor));
            }
            8 => *self.erp.others.entry(sku.clone()).or_default() += 1_000,
            _ => {
                let others = self.erp.others.entry(sku.clone()).or_default();
                *others = (*others - 1_000).max(0);
            }
        }
        let level = self.erp.level(sku);
        self.note(at_ms, format!("goods of {sku}: {level:?}"));
    }

    fn month_closed(&self, now_ms: i64) -> bool {
        self.weather.closed.is_some_and(|(from, until)| (from..until).contains(&now_ms))
    }
}

#[async_trait]
impl ErpCatalogue for Line {
    async fn articles(&self, page: u32) -> Result<CataloguePage, CallError> {
        self.read(Remote::Erp, "articles", |world, _| {
            let from = (page.max(1) as usize - 1) * PAGE;
            let articles: Vec<ErpArticle> =
                world.erp.articles.values().skip(from).take(PAGE).cloned().collect();
            if articles.is_empty() && page > 1 {
                return Err(CallError::Implausible {
                    connection: "erp".to_owned(),
                    why: "an empty page".to_owned(),
                });
            }
            Ok(CataloguePage { rejected: 0, more: from + PAGE < world.erp.articles.len(), articles })
        })
        .await
    }

    async fn stock(&self) -> Result<StockReading, CallError> {
        let began_ms = self.clock.now_ms();
        let (levels, rejected, contains) = self
            .read(Remote::Erp, "stock", |world, _| {
                let skus: Vec<Sku> = world.erp.articles.keys().cloned().collect();
                let mut levels: BTreeMap<Sku, StockLevel> = BTreeMap::new();
                let mut rejected = 0;
                let short = world.quirk("short stock reading", 30);
                let empty = world.quirk("empty stock reading", 10);
                for sku in skus {
                    let level = world.erp.level(&sku);
                    if empty || (short && world.chance.permille(300)) {
                        continue;
                    }
                    if world.quirk("unreadable stock record", 3) {
                        rejected += 1;
                    } else if level.on_hand_milli != 0 || level.reserved_milli != 0 {
                        levels.insert(sku, level);
                    }
                }
                Ok((levels, rejected, tokens(&world.erp.docs)))
            })
            .await?;
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        world.fact(
            now_ms,
            &Fact::Reading(Box::new(Reading {
                began_ms,
                whole: rejected == 0,
                by_name: false,
                levels: levels.clone(),
                contains,
            })),
        );
        Ok(StockReading { levels: levels.into_iter().collect(), rejected })
    }

    async fn stock_of(&self, sku: &Sku) -> Result<Option<StockLevel>, CallError> {
        let began_ms = self.clock.now_ms();
        let (level, contains) = self
            .read(Remote::Erp, "stock of one", |world, _| {
                let known = world.erp.articles.contains_key(sku);
                Ok((known.then(|| world.erp.level(sku)), tokens(&world.erp.docs)))
            })
            .await?;
        let Some(level) = level else { return Ok(None) };
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        let levels = BTreeMap::from([(sku.clone(), level)]);
        world.fact(
            now_ms,
            &Fact::Reading(Box::new(Reading { began_ms, whole: false, by_name: true, levels, contains })),
        );
        Ok(Some(level))
    }
}

#[async_trait]
impl ErpOrders for Line {
    async fn find(&self, wanted: &[Wanted]) -> Result<Vec<Copies>, CallError> {
        let sent_ms = lock(&self.world).line.now_ms();
        let copies = self
            .read(Remote::Erp, "find", |world, _| {
                let count = |wanted: &Wanted| {
                    let (live, gone): (Vec<&Doc>, Vec<&Doc>) = world
                        .erp
                        .docs
                        .values()
                        .filter(|doc| doc.token == wanted.token)
                        .partition(|doc| doc.live);
                    let count = |docs: Vec<&Doc>| u32::try_from(docs.len()).unwrap_or(u32::MAX);
                    Copies { live: count(live), cancelled: count(gone) }
                };
                Ok(wanted.iter().map(count).collect())
            })
            .await?;
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        let tokens = wanted.iter().map(|wanted| wanted.token.clone()).collect();
        world.fact(now_ms, &Fact::LookedUp { tokens, sent_ms });
        Ok(copies)
    }

    async fn booking_day(&self, wanted: Date) -> Result<BookingDay, CallError> {
        self.read(Remote::Erp, "booking day", |world, now_ms| {
            if world.month_closed(now_ms) {
                world.inject("closed month");
                return Ok(BookingDay::Closed(format!("{:04}-{:02}", wanted.year(), wanted.month())));
            }
            Ok(BookingDay::Open(wanted))
        })
        .await
    }

    async fn import(&self, order: &SalesOrder) -> ImportAnswer {
        let mut sent = None;
        let answer = self
            .write(Remote::Erp, &format!("import {}", order.token), |world, call, now_ms, fate| {
                sent = Some(call);
                let (token, number) = (order.token.clone(), order.document.number);
                world.fact(now_ms, &Fact::ImportSent { call, token, number });
                world.send_import(call, now_ms, order, fate);
            })
            .await;
        let mut world = lock(&self.world);
        let now_ms = world.advance();
        match answer {
            Ok(Answer::Import(answer)) => {
                if let Some(call) = sent {
                    world.fact(now_ms, &Fact::ImportAnswered { call });
                }
                answer
            }
            Err(CallError::NotSent { .. } | CallError::Paused { .. }) => ImportAnswer::NotSent,
            Ok(_) | Err(_) => ImportAnswer::Unknown,
        }
    }

    async fn ensure_customer(&self, customer: &Customer) -> Result<(), CallError> {
        self.read(Remote::Erp, "customer", |world, _| {
            *world.erp.customers.entry(customer.code.clone()).or_default() += 1;
            Ok(())
        })
        .await
    }
}

impl World {
    fn send_import(&mut self, call: u64, now_ms: i64, order: &SalesOrder, fate: Fate) {
        let ways = [
            ("import refused", 30, ImportFate::Refused),
            ("import accepted and ignored", 20, ImportFate::Ignored),
            ("document cancelled later", 20, ImportFate::Undone),
        ];
        let mut way = ImportFate::Written;
        for (name, share, other) in ways {
            if way == ImportFate::Written && self.quirk(name, share) {
                way = other;
            }
        }
        let arrives_ms = match fate.fault {
            Some(Fault::LostThere) => return,
            // The caller has given up long ago when it is written.
            Some(Fault::LostBack) => now_ms + self.chance.between(fate.there_ms, SETTLED_MS),
            _ => now_ms + fate.there_ms,
        };
        self.at(arrives_ms, Happening::Import(call, Box::new(order.clone()), way));
    }
}
