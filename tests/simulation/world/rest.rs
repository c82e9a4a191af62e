//! Looks at the world at rest, and does what a person would do then.

use std::collections::{BTreeMap, BTreeSet};

use vortex::{
    flow::Scope,
    flows::{CATALOGUE_APPROVED, STOCK_APPROVED},
};
use vortex_domain::{
    ChannelState, Order, OrderId, Sku,
    attention::{Code, Subject},
    order::{Claim, Decision, Event},
    sku::{Holds, SkuEvent},
};
use vortex_entities::{Flow, OrderMsg, SkuMsg, seams::gather};
use vortex_store::{
    Store,
    rows::{CursorRow, Write},
};

use super::Life;
use crate::{
    facts::Fact,
    oracle::quiet::{AtRest, OfferAtRest, OrderAtRest},
    remotes::World,
    time::lock,
};

impl Life {
    /// What the remotes hold, and what the product says about it.
    pub(super) async fn at_rest(&self) -> AtRest {
        let store = &self.line.store;
        let vendor = lock(&self.line.world).vendor.clone();
        let mut rest = AtRest::default();
        let stored: Vec<Order> = store
            .list_orders(&vendor.id, None, None, 10_000)
            .await
            .expect("orders")
            .into_iter()
            .map(|(_, order)| order)
            .collect();
        for row in store.backlog().await.expect("backlog") {
            rest.queues.insert(row.queue, row.depth);
        }
        let orphans = store.orphan_reservations(&vendor.id, 1_000).await.expect("reservations");
        rest.orphans =
            orphans.iter().map(|row| format!("{} × {} for {}", row.qty, row.sku, row.order)).collect();
        let view = match self.handle() {
            Some(handle) => handle.directory.view().await.unwrap_or_default(),
            None => vortex_entities::vendor::VendorView::default(),
        };
        rest.parked = view
            .parked
            .into_iter()
            .flat_map(|(kind, keys)| keys.into_iter().map(move |key| format!("{kind} {key}")))
            .collect();

        if let Some(handle) = self.handle() {
            for sku in skus_of(&stored) {
                // An actor that has just ended leaves its place to the next one.
                let Ok(view) = handle.directory.ask_sku(&sku, SkuMsg::View).await else { continue };
                rest.disagreeing.extend(phantoms(&sku, &view.state.held, &stored));
            }
        }

        let items = store.attention(&vendor.id, 10_000).await.expect("attention");
        let mut raised: BTreeMap<Subject, Vec<Code>> = BTreeMap::new();
        for item in items {
            for subject in item.subjects {
                if item.code == Code::Parked {
                    rest.said_parked.insert(format!("{} {}", subject.kind(), subject.key()));
                } else {
                    raised.entry(subject).or_default().push(item.code);
                }
            }
        }
        for (subject, codes) in &raised {
            if let Subject::Connection(name) = subject {
                rest.connections.extend(codes.iter().map(|code| (name.clone(), *code)));
            }
        }
        let of = |subject: Subject| raised.get(&subject).into_iter().flatten().copied().collect();

        let world = lock(&self.line.world);
        let held = held(&stored);
        for (token, channel) in world.oracle.orders() {
            let order = OrderAtRest {
                cancelled: channel.state == ChannelState::NotFulfilled,
                live: world.oracle.live(token),
                ever: world.oracle.ever(token),
                raised: of(Subject::Order(channel.id.clone())),
                could_be_delivered: first_in_line(&stored, &channel.id)
                    && deliverable(&world, &stored, channel),
            };
            rest.orders.insert(token.clone(), order);
        }
        for order in &stored {
            let mut should: Vec<Code> = order.attention().iter().map(|hold| hold.code).collect();
            let mut is: Vec<Code> =
                raised.get(&Subject::Order(order.id.clone())).cloned().unwrap_or_default();
            should.sort_unstable();
            is.sort_unstable();
            if should != is {
                rest.disagreeing
                    .push(format!("{} wants {should:?} in front of a person, there stands {is:?}", order.id));
            }
        }
        for (sku, article) in &world.erp.articles {
            let free = |sku: &Sku| {
                let level = world.erp.level(sku);
                (level.on_hand_milli - level.reserved_milli).div_euclid(1000)
                    - held.get(sku).copied().unwrap_or(0)
            };
            let units = match vendor.bundles.get(sku) {
                Some(parts) => {
                    parts.iter().map(|(part, each)| free(part).div_euclid(*each)).min().unwrap_or(0)
                }
                None => free(sku),
            };
            let quantity =
                u32::try_from((units - vendor.stock.buffer).clamp(0, vendor.stock.cap)).unwrap_or(0);
            let offer = OfferAtRest {
                shown: world.channel.offers.get(sku).map(|offered| offered.quantity),
                should: article.price_gross.map(|_| quantity),
                raised: of(Subject::Sku(sku.clone())),
            };
            rest.offers.insert(sku.clone(), offer);
        }
        rest
    }

    /// What a person does once things are calm: cancels documents of cancelled orders, lets refused things be tried again.
    pub(super) async fn person(&self, rest: &AtRest) {
        let Some(handle) = self.handle() else { return };
        let refused: Vec<Sku> = rest
            .offers
            .iter()
            .filter(|(_, offer)| offer.raised.contains(&Code::ChannelRefused))
            .map(|(sku, _)| sku.clone())
            .collect();
        gather(|acks| {
            let retry = |sku: Sku| (sku, SkuMsg::Happened(SkuEvent::RetryRefused, acks.clone()));
            handle.directory.to_skus(refused.into_iter().map(retry).collect());
        })
        .await;
        handle.hub.wake(Flow::Publish);
        self.approve(rest).await;
        let mut world = lock(&self.line.world);
        let now_ms = world.advance();
        let cancelled: Vec<&String> = rest
            .orders
            .iter()
            .filter(|(_, order)| order.raised.contains(&Code::CancelledAfterBooking))
            .map(|(token, _)| token)
            .collect();
        // Every other one is forgotten, as people do.
        for token in cancelled.into_iter().step_by(2) {
            let docs: Vec<u64> = world
                .erp
                .docs
                .iter()
                .filter(|(_, doc)| doc.live && doc.token == *token)
                .map(|(id, _)| *id)
                .collect();
            for doc in docs {
                world.undo(now_ms, doc);
            }
        }
        // And most of what can be shipped is.
        for _ in 0..world.erp.docs.len() * 2 / 3 {
            world.order_ships(now_ms);
        }
    }

    /// A person lets a stopped mass change through, as the panel does it.
    pub(super) async fn approve(&self, rest: &AtRest) {
        let Some(handle) = self.handle() else { return };
        if !rest.connections.iter().any(|(_, code)| *code == Code::MassChange) {
            return;
        }
        let until_ms = self.line.clock.now_ms() + 3_600_000;
        let cursor = |name: &str| {
            vec![Write::Cursor(CursorRow {
                vendor: handle.vendor.id.clone(),
                name: name.to_owned(),
                value: until_ms.to_string(),
            })]
        };
        let approvals = [cursor(STOCK_APPROVED), cursor(CATALOGUE_APPROVED)];
        self.line.store.commit(&approvals).await.expect("approvals");
        handle.hub.wake(Flow::Catalog);
        handle.hub.wake(Flow::Stock);
    }

    /// Somebody asks what the channel shows of every article.
    pub(super) async fn read_back(&self) {
        let Some(handle) = self.handle() else { return };
        let skus: Vec<Sku> = lock(&self.line.world).erp.articles.keys().cloned().collect();
        for sku in skus {
            handle.hub.run(Flow::Reconcile, Scope { sku: Some(sku), order: None }).await;
        }
    }

    /// A person asks for vanished documents to be created again.
    pub(super) async fn settle_vanished(&self, rest: &AtRest) {
        let Some(handle) = self.handle() else { return };
        for (token, order) in &rest.orders {
            if !order.raised.contains(&Code::DocumentVanished) {
                continue;
            }
            let id = {
                let mut world = lock(&self.line.world);
                let now_ms = world.advance();
                world.fact(now_ms, &Fact::Recreated { token: token.clone() });
                world.channel.orders.keys().find(|id| id.erp_token() == *token).cloned()
            };
            if let Some(id) = id {
                // A person whose click is lost looks again; here the next check would say so.
                let _ = handle
                    .directory
                    .ask_order(&id, |reply| {
                        OrderMsg::Asked(Event::Decided(Decision::Recreate), "person".to_owned(), reply)
                    })
                    .await;
            }
        }
        handle.hub.wake(Flow::Booking);
    }
}

/// Articles that orders are about.
fn skus_of(orders: &[Order]) -> BTreeSet<Sku> {
    orders.iter().flat_map(|order| order.held.iter().map(|(sku, _)| sku.clone())).collect()
}

/// Units that a SKU holds for orders which do not claim them, and those it does not hold although they do.
fn phantoms(sku: &Sku, held: &Holds, orders: &[Order]) -> Vec<String> {
    let mut wrong = Vec::new();
    for order in orders {
        let claimed = order.held.iter().find(|(of, _)| of == sku).map(|(_, qty)| *qty);
        let holds = held.get(&order.id);
        match order.claim() {
            Claim::Open if holds.map(|units| units.qty) != claimed => {
                wrong.push(format!("{sku} holds {holds:?} for {}, which takes {claimed:?}", order.id));
            }
            Claim::None if holds.is_some() => {
                wrong.push(format!("{sku} holds {holds:?} for {}, which is over", order.id));
            }
            _ => {}
        }
    }
    wrong
}

/// Units that the product must keep for orders which the ERP does not have.
fn held(orders: &[Order]) -> BTreeMap<Sku, i64> {
    let mut held = BTreeMap::new();
    for order in orders.iter().filter(|order| order.claim() == Claim::Open) {
        for (sku, qty) in &order.held {
            *held.entry(sku.clone()).or_default() += qty;
        }
    }
    held
}

/// Whether no other order that waits for one of the same articles is older.
fn first_in_line(orders: &[Order], id: &OrderId) -> bool {
    let Some(own) = orders.iter().find(|order| order.id == *id) else { return false };
    let shares =
        |other: &Order| other.held.iter().any(|(sku, _)| own.held.iter().any(|(mine, _)| mine == sku));
    let older = |other: &Order| other.channel.created_at_ms < own.channel.created_at_ms;
    !orders
        .iter()
        .any(|other| other.id != own.id && other.claim() == Claim::Open && shares(other) && older(other))
}

/// Whether what is free in the ERP, and not kept for orders that came before it, suffices.
fn deliverable(world: &World, stored: &[Order], order: &vortex_domain::ChannelOrder) -> bool {
    let kept: Vec<Order> =
        stored.iter().filter(|other| other.id != order.id && !other.is_short()).cloned().collect();
    let kept = held(&kept);
    world.vendor.parts(&order.sku).iter().all(|(sku, each)| {
        let level = world.erp.level(sku);
        let free = (level.on_hand_milli - level.reserved_milli).div_euclid(1000);
        world.erp.articles.contains_key(sku)
            && free - kept.get(sku).copied().unwrap_or(0) >= each * i64::from(order.quantity)
    })
}
