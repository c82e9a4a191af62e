//! Looks at the world at rest, and does what a person would do then.

use std::collections::{BTreeMap, BTreeSet};

use vortex::{
    flow::Scope,
    flows::{CATALOGUE_APPROVED, STOCK_APPROVED},
    tree::VendorHandle,
};
use vortex_domain::{
    ChannelOrder, ChannelState, Order, OrderId, Sku, VendorId,
    attention::{Code, Subject},
    order::{Claim, Decision, Event, ParcelEvent, ReturnEntry, Witness},
    shipping::Tracking,
    sku::{Holds, SkuEvent},
    vendor::MintWhen,
};
use vortex_entities::{Flow, OrderMsg, SkuMsg, seams::gather};
use vortex_store::{
    Store,
    rows::{CursorRow, EffectKind, FileKind, Write},
};

use super::Life;
use crate::{
    facts::Fact,
    oracle::{
        after_sale::AfterSale,
        quiet::{AtRest, OfferAtRest, OrderAtRest},
    },
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
            // What stands there by rhythm is no backlog.
            if !EffectKind::all().any(|kind| kind.is_routine() && kind.name() == row.queue) {
                rest.queues.insert(row.queue, row.depth);
            }
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
        let mut kept = BTreeMap::new();
        for order in &stored {
            kept.insert(order.id.clone(), self.kept(&vendor.id, &order.id).await);
        }
        let of = |subject: Subject| raised.get(&subject).into_iter().flatten().copied().collect();

        let world = lock(&self.line.world);
        let held = held(&stored);
        for (token, channel) in world.oracle.orders() {
            let cancelled = channel.state == ChannelState::NotFulfilled;
            // What is invoiced stays in the ERP's list when a storno has taken it back.
            let taken_back = cancelled && world.clerk.back.get(token).is_some_and(|back| back.credited > 0);
            let raised_of: BTreeSet<Code> = of(Subject::Order(channel.id.clone()));
            let own = stored.iter().find(|order| order.id == channel.id);
            let order = OrderAtRest {
                cancelled,
                after_sale: own.filter(|_| world.ships).map(|order| AfterSale {
                    raised: raised_of.clone(),
                    kept: kept.remove(&order.id).unwrap_or_default(),
                    ..after_sale(&world, token, channel, order)
                }),
                live: world.oracle.live(token) - usize::from(taken_back),
                ever: world.oracle.ever(token),
                raised: raised_of,
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
        if self.cancelled_are_followed_up(rest) {
            self.person_ships(rest, &handle).await;
        }
    }

    /// The clerk takes back some of what was cancelled, and ships by hand where the vendor does so. Returns whether the engine
    /// ships instead.
    fn cancelled_are_followed_up(&self, rest: &AtRest) -> bool {
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
        if !world.ships {
            for _ in 0..world.erp.docs.len() * 2 / 3 {
                world.order_ships(now_ms);
            }
        }
        world.ships
    }

    /// What a person does about parcels and returns, and the clerk about everything that is not invoiced.
    async fn person_ships(&self, rest: &AtRest, handle: &VendorHandle) {
        let mut events: Vec<(OrderId, Event)> = Vec::new();
        {
            let mut world = lock(&self.line.world);
            let now_ms = world.advance();
            let orders: Vec<(String, ChannelOrder)> =
                world.oracle.orders().map(|(token, order)| (token.clone(), order.clone())).collect();
            for (nth, (token, order)) in orders.into_iter().enumerate() {
                let Some(seen) = rest.orders.get(&token) else { continue };
                let (id, reference) = (order.id.clone(), order.id.parcel_reference(1));
                let awb = world.desk.under(&reference).next().cloned();
                let number = |number: String| Tracking { carrier: "DHL".to_owned(), number };
                if seen.raised.contains(&Code::AwbUnknown) {
                    // In the courier's own portal a person finds what a search by reference never shows.
                    let decided = if let Some(awb) = awb.clone() {
                        Event::Parcel(1, ParcelEvent::Adopted(number(awb)))
                    } else {
                        world.fact(now_ms, &Fact::MintAgain { reference: reference.clone() });
                        Event::Decided(Decision::MintAgain)
                    };
                    events.push((id.clone(), decided));
                }
                if seen.raised.contains(&Code::ParcelRefused) {
                    events.push((id.clone(), Event::Decided(Decision::Retry)));
                }
                if seen.raised.contains(&Code::LabelMissing) && nth % 2 == 0 {
                    let printed = awb.clone().map(|awb| Event::Parcel(1, ParcelEvent::Adopted(number(awb))));
                    events.extend(printed.map(|event| (id.clone(), event)));
                }
                if nth % 3 != 0 {
                    events.push((id.clone(), Event::ShippingAsked));
                }
                let doc = world.erp.docs.iter().find(|(_, doc)| doc.live && doc.token == token);
                let Some((doc, shipped, whole)) = doc.map(|(id, doc)| {
                    let units = doc.lines.iter().map(|line| line.quantity).sum::<i64>();
                    (*id, doc.shipped, units == world.units_of(&order))
                }) else {
                    continue;
                };
                let cancelled = order.state == ChannelState::NotFulfilled;
                let open = seen.raised.contains(&Code::ReturnOpen);
                match (shipped, cancelled || open) {
                    (true, true) if nth % 2 == 0 => world.storno(now_ms, doc, None),
                    (false, false) if nth % 3 != 0 => world.invoice(now_ms, doc),
                    _ => {}
                }
                let fulfilled = order.state == ChannelState::Fulfilled && awb.is_some() && whole;
                let back = world.clerk.back.get(&token).copied().unwrap_or_default();
                if fulfilled && nth % 4 == 0 && (back.units == 0 || back.units == order.quantity) {
                    world.inject("return entered by a person");
                    world.clerk.back.entry(token).or_default().units = order.quantity;
                    let entry = ReturnEntry {
                        id: "p-1".to_owned(),
                        witness: Witness::Person,
                        advised: order.quantity,
                        received: order.quantity,
                        scrapped: 0,
                        at_ms: 0,
                    };
                    // A person who is not sure clicks twice.
                    events.extend([0, 1].map(|_| (id.clone(), Event::Returned(entry.clone()))));
                }
            }
        }
        for (id, event) in events {
            // A click that is lost is made again by nobody here: the world is calm.
            let asked = |reply| OrderMsg::Asked(event, "person".to_owned(), reply);
            let _ = handle.directory.ask_order(&id, asked).await;
        }
        handle.hub.wake(Flow::Shipping);
    }

    /// Somebody looks at the invoices of what came back.
    pub(super) async fn look_at_returns(&self) {
        let Some(handle) = self.handle() else { return };
        let ids: Vec<OrderId> = {
            let world = lock(&self.line.world);
            let back =
                world.channel.orders.keys().filter(|id| world.clerk.back.contains_key(&id.erp_token()));
            back.cloned().collect()
        };
        for id in ids {
            handle.hub.run(Flow::Invoices, Scope { sku: None, order: Some(id) }).await;
        }
    }

    async fn kept(&self, vendor: &VendorId, id: &OrderId) -> BTreeMap<String, Vec<u8>> {
        let mut kept = BTreeMap::new();
        for entry in self.line.store.files_of(vendor, id).await.expect("files") {
            if entry.kind == FileKind::Invoice {
                let bytes = self.line.store.file_content(vendor, &entry.hash).await.expect("a file");
                kept.insert(entry.name, bytes.unwrap_or_default());
            }
        }
        kept
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

/// So long ago that every flow has had its time.
const LONG_AGO_MS: i64 = 3_600_000;

/// Truth and count of what followed the sale of an order.
fn after_sale(world: &World, token: &str, channel: &ChannelOrder, order: &Order) -> AfterSale {
    let now_ms = world.line.now_ms();
    let doc = world.erp.docs.iter().find(|(_, doc)| doc.live && doc.token == token);
    let long_ago = |at_ms: i64| at_ms + LONG_AGO_MS < now_ms;
    let of_order = || world.clerk.fiscal.iter().filter(|fiscal| fiscal.token == token);
    let invoiced = of_order().any(|fiscal| !fiscal.shown.is_storno() && long_ago(fiscal.exported_ms));
    let rule = match world.vendor.shipping.mint_when {
        MintWhen::Booked => doc.is_some_and(|(_, doc)| long_ago(doc.at_ms)),
        MintWhen::Invoiced => invoiced,
        MintWhen::Manual => order.ship_asked && doc.is_some_and(|(_, doc)| long_ago(doc.at_ms)),
    };
    let open = matches!(channel.state, ChannelState::Created | ChannelState::Accepted);
    let reference = order.id.parcel_reference(1);
    let units = doc.map(|(_, doc)| doc.lines.iter().map(|line| line.quantity).sum::<i64>());
    let truth = world.clerk.back.get(token).copied().unwrap_or_default();
    let unchanged = units.is_none_or(|units| units == world.units_of(channel));
    let returned = order.returned();
    let counted = (returned.received, returned.credited);
    AfterSale {
        cancelled: channel.state == ChannelState::NotFulfilled,
        waybills: world.desk.under(&reference).cloned().collect(),
        ours: order.parcels.iter().find_map(|parcel| parcel.tracking()).map(|t| t.number.clone()),
        abandoned: order.parcels.iter().flat_map(|p| &p.abandoned).map(|t| t.number.clone()).collect(),
        settled: order.parcels_settled.is_some(),
        shown: (channel.state == ChannelState::Fulfilled)
            .then(|| channel.tracking.iter().map(|tracking| tracking.number.clone()).collect()),
        should_have_left: open && doc.is_some() && rule,
        should_be_kept: of_order()
            .filter(|fiscal| long_ago(fiscal.exported_ms))
            .map(|fiscal| format!("{}.pdf", fiscal.shown.name()))
            .collect(),
        printed: of_order().map(|fiscal| (format!("{}.pdf", fiscal.shown.name()), fiscal.bytes())).collect(),
        back: unchanged.then_some((truth.units, truth.credited)),
        counted: if unchanged { counted } else { (0, 0) },
        ..AfterSale::default()
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
