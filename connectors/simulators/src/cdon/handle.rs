//! The simulator in a test's hands: start it, buy, cancel, move time, look inside.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::catalogue::{Applying, Article, Presence};
use super::control;
use super::http;
use super::market::Market;
use super::merchant::{Merchant, Shop};
use super::options::{Behaviour, CdonSimOptions};
use super::orders::{Order, OrderState};
use crate::clock::SimClock;
use crate::faults::FaultPlan;
use crate::log::CommitLog;
use crate::serve::{Bound, Shutdown};

/// Why the simulator cannot do what its holder asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// No merchant has this id.
    #[error("the simulator has no merchant {0}; add it first")]
    UnknownMerchant(String),
    /// The merchant has no article with this SKU.
    #[error("no article {0} was ever published")]
    UnknownArticle(String),
    /// The article is not offered in this market.
    #[error("{sku} is not for sale in {}: {reason}", market.code())]
    NotForSale {
        /// The article.
        sku: String,
        /// Where a buyer wanted it.
        market: Market,
        /// What is missing.
        reason: &'static str,
    },
    /// The published quantity is too small, and stock is enforced.
    #[error("{sku} has {left} left, {wanted} were wanted")]
    OutOfStock {
        /// The article.
        sku: String,
        /// Units asked for.
        wanted: u32,
        /// Units published.
        left: u32,
    },
    /// No merchant has this order.
    #[error("the simulator has no order {0}")]
    UnknownOrder(String),
    /// The order can no longer change.
    #[error("order {order} is already {}", state.text())]
    FinalState {
        /// The order.
        order: String,
        /// Its final state.
        state: OrderState,
    },
    /// What was handed over has the wrong form.
    #[error("refused: {0}")]
    Malformed(String),
}

/// An article as it stands in the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArticleView {
    /// CDON's article id.
    pub id: Uuid,
    /// The merchant's key.
    pub sku: String,
    /// Units on offer.
    pub quantity: u32,
    /// `for sale`, `paused` or `deleted`.
    pub status: String,
    /// Listed markets.
    pub markets: Vec<Market>,
    /// Gross price per market, in minor units of the market's currency.
    pub prices: BTreeMap<Market, i64>,
    /// Markets where a buyer can order it (quantity aside).
    pub for_sale: Vec<Market>,
    /// Title per language.
    pub titles: BTreeMap<String, String>,
    /// The descriptive fields as they were sent.
    pub fields: Map<String, Value>,
}

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderView {
    /// The order id.
    pub id: String,
    /// The basket's id.
    pub customer_order_id: String,
    /// The article's SKU.
    pub sku: String,
    /// Units.
    pub quantity: i64,
    /// Market code.
    pub market: String,
    /// Present state.
    pub state: OrderState,
    /// Entries of `tracking_information`.
    pub tracking: Vec<Value>,
    /// The whole order object in the documented spelling.
    pub document: Value,
}

/// What the server and every handle share.
#[derive(Debug)]
pub(super) struct Shared {
    merchants: RwLock<BTreeMap<String, Arc<Merchant>>>,
    behaviour: RwLock<Arc<Behaviour>>,
    pub(super) clock: SimClock,
    pub(super) log: CommitLog,
    pub(super) faults: FaultPlan,
    paused: AtomicBool,
    requests: AtomicU64,
    seed: u64,
}

impl Shared {
    pub(super) fn merchant(&self, id: &str) -> Option<Arc<Merchant>> {
        self.merchants.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(super) fn behaviour(&self) -> Arc<Behaviour> {
        Arc::clone(&self.behaviour.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// Works on a merchant's shop after all that is due in it has happened.
    pub(super) fn with_shop<R>(
        &self,
        merchant: &Merchant,
        work: impl FnOnce(&mut Shop, &Applying<'_>) -> R,
    ) -> R {
        let behaviour = self.behaviour();
        let mut shop = merchant.shop();
        let applying = Applying {
            merchant: &merchant.id,
            now_ms: self.clock.now_ms(),
            behaviour: &behaviour,
            log: &self.log,
        };
        shop.settle(&applying, self.is_paused());
        work(&mut shop, &applying)
    }

    fn all_merchants(&self) -> Vec<Arc<Merchant>> {
        self.merchants.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// A running CDON simulator. Clones control the same one; it runs until [`CdonSim::stop`].
#[derive(Debug, Clone)]
pub struct CdonSim {
    pub(super) shared: Arc<Shared>,
    addr: SocketAddr,
    shutdown: Shutdown,
}

impl CdonSim {
    /// Starts a simulator on the current tokio runtime; fails when the address or the log file is not to be had.
    pub async fn start(options: CdonSimOptions) -> io::Result<Self> {
        let clock = SimClock::new();
        let log = options.log.open(&clock)?;
        let faults = FaultPlan::new(options.seed, log.clone());
        let shared = Arc::new(Shared {
            merchants: RwLock::new(BTreeMap::new()),
            behaviour: RwLock::new(Arc::new(options.behaviour)),
            clock,
            log,
            faults: faults.clone(),
            paused: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            seed: options.seed,
        });
        let bound = Bound::at(options.addr).await?;
        let api = faults.protect(http::router(Arc::clone(&shared)));
        let sim = Self { shared, addr: bound.addr(), shutdown: bound.shutdown() };
        for (id, token) in &options.merchants {
            sim.add_merchant(id, token);
        }
        bound.run(api.merge(control::router(sim.clone())));
        Ok(sim)
    }

    /// Stops serving: hanging requests are cut, those in flight are answered first.
    pub fn stop(&self) {
        self.shared.faults.release();
        self.shutdown.stop();
    }

    /// Waits, after [`CdonSim::stop`], until the port is free again.
    pub async fn stopped(&self) {
        self.shutdown.stopped().await;
    }

    /// Where the server listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What a client takes as CDON's base address, with `/api`.
    pub fn base_url(&self) -> String {
        format!("http://{}/api", self.addr)
    }

    /// Where the control routes begin.
    pub fn control_url(&self) -> String {
        format!("http://{}/control", self.addr)
    }

    /// The simulator's clock.
    pub fn clock(&self) -> &SimClock {
        &self.shared.clock
    }

    /// The fault plan in front of `/api`.
    pub fn faults(&self) -> &FaultPlan {
        &self.shared.faults
    }

    /// What really happened.
    pub fn log(&self) -> &CommitLog {
        &self.shared.log
    }

    /// The switches in force.
    pub fn options(&self) -> Behaviour {
        (*self.shared.behaviour()).clone()
    }

    /// Changes switches; requests already running keep the old ones.
    pub fn update_options(&self, change: impl FnOnce(&mut Behaviour)) {
        let mut behaviour = self.shared.behaviour.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut behaviour));
    }

    /// Holds accepted batches back (true) or lets them be applied again.
    pub fn pause_applying(&self, paused: bool) {
        self.shared.paused.store(paused, Ordering::Relaxed);
    }

    /// Adds a merchant. Of a known one only the token changes; shop and orders stay.
    pub fn add_merchant(&self, id: &str, token: &str) {
        let mut merchants = self.shared.merchants.write().unwrap_or_else(PoisonError::into_inner);
        match merchants.get(id) {
            Some(known) => known.set_token(token),
            None => {
                merchants.insert(id.to_owned(), Arc::new(Merchant::new(id, token, self.shared.seed)));
            }
        }
    }

    /// A buyer orders `quantity` units; returns the order id.
    pub fn buy(&self, merchant: &str, sku: &str, market: Market, quantity: u32) -> Result<String, SimError> {
        let ids = self.basket(merchant, market, &[(sku, quantity)])?;
        ids.into_iter().next().ok_or_else(|| SimError::Malformed("the basket is empty".to_owned()))
    }

    /// A buyer orders several articles at once; returns one order id per line. All lines are sold, or none.
    pub fn basket(
        &self,
        merchant: &str,
        market: Market,
        lines: &[(&str, u32)],
    ) -> Result<Vec<String>, SimError> {
        self.in_shop(merchant, |shop, applying| shop.sell(market, lines, applying))?
    }

    /// Places an order object as it is; only `id` is required, states and times have defaults.
    pub fn place_raw(&self, merchant: &str, order: Value) -> Result<String, SimError> {
        let Value::Object(document) = order else {
            return Err(SimError::Malformed("an order is a JSON object".to_owned()));
        };
        self.in_shop(merchant, |shop, applying| shop.place_raw(document, applying))?
    }

    /// Changes an order behind the merchant's back: a JSON merge patch on its documented fields.
    pub fn amend(&self, order: &str, patch: &Value) -> Result<(), SimError> {
        let Value::Object(fields) = patch else {
            return Err(SimError::Malformed("a patch is a JSON object".to_owned()));
        };
        self.with_order(order, |shop, applying| {
            shop.orders.amend(order, fields, applying.now_ms).map_err(SimError::Malformed)?;
            applying.log.record_with(
                "order_amended",
                || json!({"merchant": applying.merchant, "order": order, "patch": patch}),
            );
            Ok(())
        })
    }

    /// CDON or the buyer cancels an order that is not final.
    pub fn cancel_as_cdon(&self, order: &str) -> Result<(), SimError> {
        self.with_order(order, |shop, applying| {
            if let Some(found) = shop.orders.get(order).filter(|found| found.state.is_final()) {
                return Err(SimError::FinalState { order: order.to_owned(), state: found.state });
            }
            shop.orders.force_state(order, OrderState::NotFulfilled, applying.now_ms);
            applying.log.record_with(
                "order_cancelled",
                || json!({"merchant": applying.merchant, "order": order, "by": "cdon"}),
            );
            Ok(())
        })
    }

    /// Puts an order into any state, as the back office may.
    pub fn set_state(&self, order: &str, state: OrderState) -> Result<(), SimError> {
        self.with_order(order, |shop, applying| {
            shop.orders.force_state(order, state, applying.now_ms);
            applying.log.record_with(
                "order_amended",
                || json!({"merchant": applying.merchant, "order": order, "patch": {"state": state}}),
            );
            Ok(())
        })
    }

    /// The merchant's articles that were ever applied, oldest first; none for an unknown merchant.
    pub fn articles(&self, merchant: &str) -> Vec<ArticleView> {
        let views = |shop: &mut Shop, _: &Applying<'_>| {
            shop.catalogue.articles().iter().filter_map(article_view).collect()
        };
        self.in_shop(merchant, views).unwrap_or_default()
    }

    /// One article that was applied.
    pub fn article(&self, merchant: &str, sku: &str) -> Option<ArticleView> {
        self.in_shop(merchant, |shop, _| shop.catalogue.article(sku).and_then(article_view)).ok().flatten()
    }

    /// The merchant's orders, oldest first; none for an unknown merchant.
    pub fn orders(&self, merchant: &str) -> Vec<OrderView> {
        let views = |shop: &mut Shop, _: &Applying<'_>| shop.orders.orders().iter().map(order_view).collect();
        self.in_shop(merchant, views).unwrap_or_default()
    }

    /// One order of any merchant.
    pub fn order(&self, order: &str) -> Option<OrderView> {
        self.with_order(order, |shop, _| Ok(shop.orders.get(order).map(order_view))).ok().flatten()
    }

    /// What a buyer can order now: SKU and market, with at least one unit left.
    pub fn sellable(&self, merchant: &str) -> Vec<(String, Market)> {
        let offers = |shop: &mut Shop, _: &Applying<'_>| {
            let stocked = shop.catalogue.articles().iter().filter(|article| article.quantity > 0);
            let offers = stocked.flat_map(|article| {
                let markets = Market::ALL.into_iter().filter(|market| article.offered_in(*market).is_ok());
                markets.map(|market| (article.sku.to_string(), market))
            });
            offers.collect()
        };
        self.in_shop(merchant, offers).unwrap_or_default()
    }

    fn in_shop<R>(
        &self,
        merchant: &str,
        work: impl FnOnce(&mut Shop, &Applying<'_>) -> R,
    ) -> Result<R, SimError> {
        let found =
            self.shared.merchant(merchant).ok_or_else(|| SimError::UnknownMerchant(merchant.to_owned()))?;
        Ok(self.shared.with_shop(&found, work))
    }

    fn with_order<R>(
        &self,
        order: &str,
        work: impl FnOnce(&mut Shop, &Applying<'_>) -> Result<R, SimError>,
    ) -> Result<R, SimError> {
        let holder = self.shared.all_merchants().into_iter().find(|m| m.shop().orders.get(order).is_some());
        let holder = holder.ok_or_else(|| SimError::UnknownOrder(order.to_owned()))?;
        self.shared.with_shop(&holder, work)
    }
}

fn article_view(article: &Article) -> Option<ArticleView> {
    let status = match article.presence {
        Presence::Live => article.status.text(),
        Presence::Deleted => "deleted",
        Presence::Announced | Presence::Absent => return None,
    };
    let fields: Map<String, Value> = serde_json::from_str(&article.body).unwrap_or_default();
    let word = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let titles = fields.get("title").and_then(Value::as_array).into_iter().flatten();
    Some(ArticleView {
        id: article.id,
        sku: article.sku.to_string(),
        quantity: article.quantity,
        status: status.to_owned(),
        markets: article.markets.iter().collect(),
        prices: article.prices.iter().map(|(market, price)| (market, price.gross_minor)).collect(),
        for_sale: Market::ALL.into_iter().filter(|market| article.offered_in(*market).is_ok()).collect(),
        titles: titles.filter_map(|row| word(row, "language").zip(word(row, "value"))).collect(),
        fields,
    })
}

fn order_view(order: &Order) -> OrderView {
    OrderView {
        id: order.id.clone(),
        customer_order_id: order.text("customer_order_id").to_owned(),
        sku: order.text("article_sku").to_owned(),
        quantity: order.document.get("quantity").and_then(Value::as_i64).unwrap_or_default(),
        market: order.text("market").to_owned(),
        state: order.state,
        tracking: order
            .document
            .get("tracking_information")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default(),
        document: Value::Object(order.document.clone()),
    }
}
