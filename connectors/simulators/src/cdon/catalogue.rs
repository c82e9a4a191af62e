//! A merchant's articles and the batches that change them (spec sections 10, 11 and 17.3).

use std::collections::HashMap;
use std::sync::Arc;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::{Builder, Uuid};

use super::article::{Draft, DraftPrice, SaleStatus};
use super::categories;
use super::market::{Market, MarketSet, PerMarket, minor_text};
use super::options::{Behaviour, ExistingSku};
use crate::log::CommitLog;

/// How far an article has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// A create was accepted and is not applied yet.
    Announced,
    Live,
    Deleted,
    /// Its create failed.
    Absent,
}

/// A price in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Price {
    pub(super) gross_minor: i64,
    pub(super) vat_rate: Decimal,
}

#[derive(Debug)]
pub(super) struct Article {
    pub(super) id: Uuid,
    pub(super) sku: Arc<str>,
    pub(super) presence: Presence,
    pub(super) status: SaleStatus,
    pub(super) quantity: u32,
    pub(super) markets: MarketSet,
    pub(super) shipped: MarketSet,
    pub(super) prices: PerMarket<Price>,
    /// Descriptive fields, serialised.
    pub(super) body: Box<str>,
    /// The latest processed action: batch and place in it.
    pub(super) processed: Option<(Uuid, usize)>,
}

impl Article {
    /// Whether a buyer in `market` can order it, quantity aside; the reason when not.
    pub(super) fn offered_in(&self, market: Market) -> Result<Price, &'static str> {
        if self.presence != Presence::Live {
            return Err("the article is not live");
        }
        if self.status != SaleStatus::ForSale {
            return Err("the article is paused");
        }
        if !self.markets.contains(market) {
            return Err("the article does not list the market");
        }
        if !self.shipped.contains(market) {
            return Err("the article has no shipping time for the market");
        }
        self.prices.get(market).ok_or("the article has no price for the market")
    }
}

/// What a bulk item asks for.
#[derive(Debug)]
pub(super) enum Change {
    Create { draft: Box<Draft>, quantity: u32, prices: PerMarket<DraftPrice> },
    Update(Box<Draft>),
    Price(PerMarket<DraftPrice>),
    Quantity(u32),
    Delete,
}

impl Change {
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create_article",
            Self::Update(_) => "update_article",
            Self::Price(_) => "update_article_price",
            Self::Quantity(_) => "update_article_quantity",
            Self::Delete => "delete_article",
        }
    }
}

/// What became of a bulk item.
#[derive(Debug)]
pub(super) enum Verdict {
    Pending,
    /// Good in every market.
    Ok,
    /// Failed in every market, with these codes.
    Failed(Vec<Box<str>>),
    /// Judged market by market; those in `failed` have a VAT rate that the market does not know.
    PerMarket {
        listed: MarketSet,
        failed: MarketSet,
    },
}

#[derive(Debug)]
pub(super) struct BatchItem {
    /// Place of the article in [`Catalogue::articles`].
    pub(super) article: usize,
    pub(super) action: &'static str,
    change: Option<Change>,
    pub(super) verdict: Verdict,
}

#[derive(Debug)]
pub(super) struct Batch {
    pub(super) submitted_ms: i64,
    due_ms: i64,
    pub(super) items: Vec<BatchItem>,
}

/// Who applies batches, when and under which rules.
pub(super) struct Applying<'a> {
    pub(super) merchant: &'a str,
    pub(super) now_ms: i64,
    pub(super) behaviour: &'a Behaviour,
    pub(super) log: &'a CommitLog,
}

#[derive(Debug)]
pub(super) struct Catalogue {
    /// In the order of their first create; places never change.
    articles: Vec<Article>,
    by_sku: HashMap<Arc<str>, usize>,
    by_id: HashMap<Uuid, usize>,
    batches: HashMap<Uuid, Batch>,
    pending: Vec<Uuid>,
    applied_actions: u64,
    rng: StdRng,
}

impl Catalogue {
    pub(super) fn new(rng: StdRng) -> Self {
        Self {
            articles: Vec::new(),
            by_sku: HashMap::new(),
            by_id: HashMap::new(),
            batches: HashMap::new(),
            pending: Vec::new(),
            applied_actions: 0,
            rng,
        }
    }

    pub(super) fn articles(&self) -> &[Article] {
        &self.articles
    }

    pub(super) fn article(&self, sku: &str) -> Option<&Article> {
        self.articles.get(*self.by_sku.get(sku)?)
    }

    pub(super) fn article_by_id(&self, id: Uuid) -> Option<&Article> {
        self.articles.get(*self.by_id.get(&id)?)
    }

    pub(super) fn batch(&self, id: Uuid) -> Option<&Batch> {
        self.batches.get(&id)
    }

    /// The place of an article that an update may name: live, or accepted for creation.
    pub(super) fn place_for_update(&self, sku: &str) -> Option<usize> {
        let place = *self.by_sku.get(sku)?;
        let article = self.articles.get(place)?;
        matches!(article.presence, Presence::Announced | Presence::Live).then_some(place)
    }

    /// The place of `sku`, which a create names; made when there is none.
    pub(super) fn place_for_create(&mut self, sku: &str) -> usize {
        if let Some(&place) = self.by_sku.get(sku) {
            if let Some(article) = self.articles.get_mut(place)
                && article.presence != Presence::Live
            {
                article.presence = Presence::Announced;
            }
            return place;
        }
        let place = self.articles.len();
        let id = random_uuid(&mut self.rng);
        let sku: Arc<str> = sku.into();
        self.by_sku.insert(Arc::clone(&sku), place);
        self.by_id.insert(id, place);
        self.articles.push(Article {
            id,
            sku,
            presence: Presence::Announced,
            status: SaleStatus::Paused,
            quantity: 0,
            markets: MarketSet::default(),
            shipped: MarketSet::default(),
            prices: PerMarket::default(),
            body: Box::default(),
            processed: None,
        });
        place
    }

    /// Takes in a batch of changes by place; it is applied by a later [`Catalogue::settle`].
    pub(super) fn submit(&mut self, changes: Vec<(usize, Change)>, now_ms: i64, delay_ms: i64) -> Uuid {
        let id = random_uuid(&mut self.rng);
        let item = |(article, change): (usize, Change)| BatchItem {
            article,
            action: change.action(),
            change: Some(change),
            verdict: Verdict::Pending,
        };
        let items = changes.into_iter().map(item).collect();
        self.batches.insert(id, Batch { submitted_ms: now_ms, due_ms: now_ms + delay_ms, items });
        self.pending.push(id);
        id
    }

    /// Applies every batch that is due.
    pub(super) fn settle(&mut self, applying: &Applying<'_>) {
        if self.pending.is_empty() {
            return;
        }
        let batches = &self.batches;
        let (mut due, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|id| batches.get(id).is_none_or(|batch| batch.due_ms <= applying.now_ms));
        self.pending = waiting;
        if applying.behaviour.shuffle_batches {
            due.shuffle(&mut self.rng);
        }
        for id in due {
            let Some(mut batch) = self.batches.remove(&id) else { continue };
            for (place, item) in batch.items.iter_mut().enumerate() {
                if let Some(change) = item.change.take() {
                    item.verdict = self.apply(item.article, change, applying);
                }
                if let Some(article) = self.articles.get_mut(item.article) {
                    article.processed = Some((id, place));
                }
            }
            self.batches.insert(id, batch);
        }
    }

    /// Sets a quantity outside of any batch; false when no live article has this id.
    pub(super) fn set_quantity(&mut self, id: Uuid, quantity: u32, applying: &Applying<'_>) -> bool {
        let Some(article) = self.by_id.get(&id).and_then(|place| self.articles.get_mut(*place)) else {
            return false;
        };
        if article.presence != Presence::Live {
            return false;
        }
        article.quantity = quantity;
        log_stock(applying, &article.sku, quantity, true);
        true
    }

    /// Lowers the quantity by what was sold, not below zero.
    pub(super) fn sell(&mut self, sku: &str, sold: u32) {
        if let Some(article) = self.by_sku.get(sku).and_then(|place| self.articles.get_mut(*place)) {
            article.quantity = article.quantity.saturating_sub(sold);
        }
    }

    fn apply(&mut self, place: usize, change: Change, applying: &Applying<'_>) -> Verdict {
        let behaviour = applying.behaviour;
        let Some(article) = self.articles.get_mut(place) else {
            return failed("article_does_not_exist");
        };
        let creates = matches!(change, Change::Create { .. });
        if let Some(code) = behaviour.reject_skus.get(&*article.sku) {
            if creates && article.presence == Presence::Announced {
                article.presence = Presence::Absent;
            }
            log_change(applying, article, &change, false, Some(code));
            return failed(code);
        }
        let refusals = refusals(article, &change, behaviour);
        if !refusals.is_empty() {
            if creates && article.presence == Presence::Announced {
                article.presence = Presence::Absent;
            }
            log_change(applying, article, &change, false, refusals.first().copied());
            return Verdict::Failed(refusals.into_iter().map(Into::into).collect());
        }
        self.applied_actions += 1;
        let ignored = behaviour.ignore_skus.contains(&*article.sku)
            || (behaviour.ignore_every > 0 && self.applied_actions.is_multiple_of(behaviour.ignore_every));
        if ignored {
            log_change(applying, article, &change, false, None);
            return match change {
                Change::Price(prices) => judged(&prices, MarketSet::default()),
                _ => Verdict::Ok,
            };
        }
        log_change(applying, article, &change, true, None);
        match change {
            Change::Create { draft, quantity, prices } => {
                article.prices = PerMarket::default();
                article.presence = Presence::Live;
                article.quantity = quantity;
                describe(article, *draft);
                let unknown_vat = reprice(article, &prices, behaviour);
                if unknown_vat.is_empty() { Verdict::Ok } else { judged(&prices, unknown_vat) }
            }
            Change::Update(draft) => {
                describe(article, *draft);
                Verdict::Ok
            }
            Change::Price(prices) => {
                let unknown_vat = reprice(article, &prices, behaviour);
                judged(&prices, unknown_vat)
            }
            Change::Quantity(quantity) => {
                article.quantity = quantity;
                Verdict::Ok
            }
            Change::Delete => {
                article.presence = Presence::Deleted;
                article.body = Box::default();
                Verdict::Ok
            }
        }
    }
}

/// Codes that refuse the whole change.
fn refusals(article: &Article, change: &Change, behaviour: &Behaviour) -> Vec<&'static str> {
    let live = article.presence == Presence::Live;
    let mut codes = Vec::new();
    let draft = match change {
        Change::Create { draft, .. } => {
            if live && behaviour.existing_sku == ExistingSku::Refuse {
                codes.push("sku_already_exists");
            }
            Some(draft)
        }
        Change::Update(draft) => Some(draft),
        Change::Price(_) | Change::Quantity(_) | Change::Delete => None,
    };
    if !live && !matches!(change, Change::Create { .. }) {
        codes.push("article_does_not_exist");
    }
    if let Some(draft) = draft {
        if draft.category.as_deref().is_some_and(|id| !categories::contains(&behaviour.categories, id)) {
            codes.push("invalid_category");
        }
        if !draft.classified {
            codes.push("invalid_classification");
        }
    }
    codes
}

fn failed(code: &str) -> Verdict {
    Verdict::Failed(vec![code.into()])
}

fn judged(prices: &PerMarket<DraftPrice>, failed: MarketSet) -> Verdict {
    let mut listed = MarketSet::default();
    for (market, _) in prices.iter() {
        listed.insert(market);
    }
    Verdict::PerMarket { listed, failed }
}

fn describe(article: &mut Article, draft: Draft) {
    article.status = draft.status;
    article.markets = draft.markets;
    article.shipped = draft.shipped;
    article.body = draft.body;
}

/// Sets the prices whose VAT rate the market knows, and returns the markets of the others.
fn reprice(article: &mut Article, prices: &PerMarket<DraftPrice>, behaviour: &Behaviour) -> MarketSet {
    let mut unknown = MarketSet::default();
    for (market, price) in prices.iter() {
        match vat_rate(market, price, behaviour) {
            Some(vat_rate) => article.prices.set(market, Price { gross_minor: price.gross_minor, vat_rate }),
            None => unknown.insert(market),
        }
    }
    unknown
}

/// The rate of a price: the one it names if the market knows it, else the market's own.
fn vat_rate(market: Market, price: DraftPrice, behaviour: &Behaviour) -> Option<Decimal> {
    let known = behaviour.vat_rates.get(&market).map(Vec::as_slice).unwrap_or_default();
    match price.vat_rate {
        Some(rate) => known.contains(&rate).then_some(rate),
        None => known.first().copied(),
    }
}

fn log_change(
    applying: &Applying<'_>,
    article: &Article,
    change: &Change,
    applied: bool,
    error: Option<&str>,
) {
    if !applying.log.is_on() {
        return;
    }
    let sku = &*article.sku;
    let put = |draft: &Draft| {
        let markets: Vec<&str> = draft.markets.iter().map(Market::code).collect();
        applying.log.record(
            "article_put",
            json!({"merchant": applying.merchant, "sku": sku, "action": change.action(), "markets": markets,
                "status": draft.status.text(), "applied": applied, "error": error}),
        );
    };
    let price_put = |prices: &PerMarket<DraftPrice>| {
        for (market, price) in prices.iter() {
            let applied = applied && vat_rate(market, price, applying.behaviour).is_some();
            applying.log.record(
                "price_put",
                json!({"merchant": applying.merchant, "sku": sku, "market": market.code(), "applied": applied,
                    "amount_including_vat": minor_text(price.gross_minor), "currency": market.currency()}),
            );
        }
    };
    match change {
        Change::Create { draft, quantity, prices } => {
            put(draft);
            log_stock(applying, sku, *quantity, applied);
            price_put(prices);
        }
        Change::Update(draft) => put(draft),
        Change::Price(prices) => price_put(prices),
        Change::Quantity(quantity) => log_stock(applying, sku, *quantity, applied),
        Change::Delete => applying.log.record(
            "article_deleted",
            json!({"merchant": applying.merchant, "sku": sku, "applied": applied, "error": error}),
        ),
    }
}

fn log_stock(applying: &Applying<'_>, sku: &str, quantity: u32, applied: bool) {
    applying.log.record_with(
        "stock_put",
        || json!({"merchant": applying.merchant, "sku": sku, "qty": quantity, "applied": applied}),
    );
}

/// A random UUID drawn from the simulator's own generator, so that a seed repeats a run.
pub(super) fn random_uuid(rng: &mut StdRng) -> Uuid {
    Builder::from_random_bytes(rng.random()).into_uuid()
}
