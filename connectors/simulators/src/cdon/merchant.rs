//! One merchant's shop: its articles, orders and request budget, and sales in it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::buyers;
use super::catalogue::{Applying, Catalogue, Price, random_uuid};
use super::handle::SimError;
use super::market::{Market, decimal_json, minor_text, net_minor};
use super::options::RateLimit;
use super::orders::OrderBook;

#[derive(Debug)]
pub(super) struct Merchant {
    pub(super) id: String,
    token: Mutex<String>,
    shop: Mutex<Shop>,
}

#[derive(Debug)]
pub(super) struct Shop {
    pub(super) catalogue: Catalogue,
    pub(super) orders: OrderBook,
    budget: Option<Budget>,
    rng: StdRng,
}

/// What is left of a request budget, in thousandths of a request.
#[derive(Debug, Clone, Copy)]
struct Budget {
    left_milli: i64,
    seen_ms: i64,
}

impl Merchant {
    pub(super) fn new(id: &str, token: &str, seed: u64) -> Self {
        // Merchants draw from separate generators, so that one's traffic does not change another's ids.
        let own =
            id.bytes().fold(seed, |hash, byte| hash.wrapping_mul(0x0000_0100_0000_01b3) ^ u64::from(byte));
        let shop = Shop {
            catalogue: Catalogue::new(StdRng::seed_from_u64(own)),
            orders: OrderBook::default(),
            budget: None,
            rng: StdRng::seed_from_u64(own.wrapping_add(1)),
        };
        Self { id: id.to_owned(), token: Mutex::new(token.to_owned()), shop: Mutex::new(shop) }
    }

    pub(super) fn has_token(&self, token: &str) -> bool {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) == token
    }

    pub(super) fn set_token(&self, token: &str) {
        token.clone_into(&mut self.token.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn shop(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sale to be made of one article.
pub(super) struct Sale<'a> {
    pub(super) sku: &'a str,
    pub(super) market: Market,
    pub(super) quantity: u32,
}

impl Shop {
    /// Applies due batches (unless `paused`) and deadlines.
    pub(super) fn settle(&mut self, applying: &Applying<'_>, paused: bool) {
        if !paused {
            self.catalogue.settle(applying);
        }
        self.orders.expire(applying);
    }

    /// Takes one request from the budget; the seconds until the next one when it is used up.
    pub(super) fn spend(&mut self, limit: RateLimit, now_ms: i64) -> Result<(), i64> {
        const REQUEST: i64 = 1000;
        let most = i64::from(limit.burst.max(1)) * REQUEST;
        let per_minute = i64::from(limit.per_minute.max(1));
        let budget = self.budget.get_or_insert(Budget { left_milli: most, seen_ms: now_ms });
        let passed_ms = (now_ms - budget.seen_ms).max(0);
        budget.left_milli = (budget.left_milli + passed_ms.saturating_mul(per_minute) / 60).min(most);
        budget.seen_ms = now_ms;
        if budget.left_milli < REQUEST {
            let wait_ms = (REQUEST - budget.left_milli) * 60 / per_minute;
            return Err((wait_ms + 999) / 1000);
        }
        budget.left_milli -= REQUEST;
        Ok(())
    }

    /// Sells one basket to a new buyer: one order per line, all or none.
    pub(super) fn sell(
        &mut self,
        market: Market,
        lines: &[(&str, u32)],
        applying: &Applying<'_>,
    ) -> Result<Vec<String>, SimError> {
        let mut offers = Vec::with_capacity(lines.len());
        for &(sku, quantity) in lines {
            let sale = Sale { sku, market, quantity };
            offers.push(self.offer(&sale, applying)?);
        }
        let customer_order = random_uuid(&mut self.rng).to_string();
        let address = buyers::address(market, &mut self.rng);
        let mut ids = Vec::with_capacity(lines.len());
        for (&(sku, quantity), offer) in lines.iter().zip(offers) {
            let sale = Sale { sku, market, quantity };
            ids.push(self.place(&sale, &offer, (&customer_order, &address), applying)?);
        }
        Ok(ids)
    }

    fn offer(&self, sale: &Sale<'_>, applying: &Applying<'_>) -> Result<Offer, SimError> {
        let unknown = || SimError::UnknownArticle(sale.sku.to_owned());
        let article = self.catalogue.article(sale.sku).ok_or_else(unknown)?;
        let price = article.offered_in(sale.market).map_err(|reason| SimError::NotForSale {
            sku: sale.sku.to_owned(),
            market: sale.market,
            reason,
        })?;
        if sale.quantity == 0 {
            return Err(SimError::Malformed("an order needs a quantity of at least 1".to_owned()));
        }
        if applying.behaviour.enforce_stock && article.quantity < sale.quantity {
            let (wanted, left) = (sale.quantity, article.quantity);
            return Err(SimError::OutOfStock { sku: sale.sku.to_owned(), wanted, left });
        }
        Ok(Offer { article_id: article.id, price, title: title(&article.body, sale.market) })
    }

    fn place(
        &mut self,
        sale: &Sale<'_>,
        offer: &Offer,
        (customer_order, address): (&str, &Value),
        applying: &Applying<'_>,
    ) -> Result<String, SimError> {
        let id = random_uuid(&mut self.rng).to_string();
        let gross = offer.price.gross_minor * i64::from(sale.quantity);
        let net = net_minor(gross, offer.price.vat_rate);
        let amount = |minor| decimal_json(rust_decimal::Decimal::new(minor, 2));
        let price = json!({
            "amount": amount(net),
            "vat_amount": amount(gross - net),
            "vat_rate": decimal_json(offer.price.vat_rate),
            "currency": sale.market.currency(),
        });
        let document = json!({
            "id": id,
            "customer_order_id": customer_order,
            "article_id": offer.article_id,
            "article_sku": sale.sku,
            "title": offer.title,
            "price": price,
            "total_price": price,
            "quantity": sale.quantity,
            "shipping_address": address,
            "market": sale.market,
        });
        let Value::Object(document) = document else {
            return Err(SimError::Malformed("an order is an object".to_owned()));
        };
        self.orders
            .add(document, applying.now_ms, applying.behaviour.deadline_ms)
            .map_err(SimError::Malformed)?;
        if applying.behaviour.lower_stock_on_sale {
            self.catalogue.sell(sale.sku, sale.quantity);
        }
        applying.log.record_with("order_emitted", || {
            json!({"merchant": applying.merchant, "order": id, "sku": sale.sku, "qty": sale.quantity,
                "amount_net": minor_text(net), "vat": minor_text(gross - net), "market": sale.market,
                "currency": sale.market.currency(), "customer_order": customer_order})
        });
        Ok(id)
    }

    /// Takes an order as it is given, as long as it has an id of its own.
    pub(super) fn place_raw(
        &mut self,
        document: Map<String, Value>,
        applying: &Applying<'_>,
    ) -> Result<String, SimError> {
        let order = self
            .orders
            .add(document, applying.now_ms, applying.behaviour.deadline_ms)
            .map_err(SimError::Malformed)?;
        let field = |key: &str| order.document.get(key).cloned();
        let price = |key: &str| order.document.get("price").and_then(|price| price.get(key)).cloned();
        applying.log.record_with("order_emitted", || {
            json!({"merchant": applying.merchant, "order": order.id, "sku": field("article_sku"),
                "qty": field("quantity"), "amount_net": price("amount"), "vat": price("vat_amount"),
                "currency": price("currency"), "market": field("market"),
                "customer_order": field("customer_order_id")})
        });
        Ok(order.id.clone())
    }
}

/// An article as a buyer finds it.
struct Offer {
    article_id: Uuid,
    price: Price,
    title: String,
}

/// The title in the market's language, else in English, else in any.
fn title(body: &str, market: Market) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let titles = body.get("title").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let speaks = |row: &&Value, language: &str| row.get("language").is_some_and(|l| l == language);
    let found = [market.language(), "en-US"]
        .iter()
        .find_map(|language| titles.iter().find(|row| speaks(row, language)))
        .or(titles.first());
    found.and_then(|row| row.get("value")).and_then(Value::as_str).unwrap_or_default().to_owned()
}
