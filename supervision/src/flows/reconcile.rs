//! What should be, compared with what is: holds whose cause may be gone, reservations without an order, what the channel really
//! shows, documents that have vanished, settings that have changed. Losing every nudge costs time, never data.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use tracing::{info, warn};
use vortex_domain::{
    Order, OrderId, Sku, Stage,
    article::fingerprint,
    order::{Errand, Event, Finding},
    sales::business_date,
    sku::SkuEvent,
};
use vortex_entities::{Flow, SkuMsg, seams::gather};
use vortex_store::rows::{CONTENT_CHANGED, ReservationRow, ReservationState, Write};

use super::{FlowContext, Stop, booking::wanted, catalogue::GONE, stock::WAVE};
use crate::flow::{Ran, Scope, Work};

/// Orders looked at per query.
const PAGE: u32 = 500;
/// How often the channel's whole list is read back, milliseconds.
const READ_BACK_EVERY_MS: i64 = 6 * 3_600_000;
/// How often articles are looked for that the ERP has not had for long, milliseconds.
const RETIRED_EVERY_MS: i64 = 24 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;
/// How often booked orders are looked for again, milliseconds.
const VANISHED_EVERY_MS: i64 = 3_600_000;
/// Booked orders are looked for again for so long, milliseconds.
const VANISHED_FOR_MS: i64 = 45 * 24 * 3_600_000;
/// Articles that are missing from the channel's list, asked for by name in one run at most; the rest is the next one's.
const ABSENT_LIMIT: usize = 200;
/// Pages of the channel's list at most.
const PAGES_LIMIT: u32 = 100_000;

/// Compares and repairs.
pub struct Reconcile(pub Arc<FlowContext>);

#[async_trait]
impl Work for Reconcile {
    async fn run(&self, scope: &Scope) -> Ran {
        let mut counts = (0, 0);
        let outcome = match &scope.sku {
            Some(sku) => self.show(sku, &mut counts).await,
            None => self.everything(&mut counts).await,
        };
        // Whatever was found is taken up by the flows that act.
        self.0.hub.wake(Flow::Booking);
        self.0.hub.wake(Flow::Publish);
        match outcome {
            Ok(()) => Ran::done(counts.0, counts.1),
            Err(stop) => {
                self.0.report(&stop).await;
                Ran::stopped(counts.0, counts.1, &stop)
            }
        }
    }
}

type Counts = (usize, usize);

impl Reconcile {
    async fn everything(&self, counts: &mut Counts) -> Result<(), Stop> {
        self.look_again(counts).await?;
        self.watch_deadlines(counts).await?;
        self.orphans(counts).await?;
        self.recompute_if_settings_changed(counts).await?;
        self.on_rhythm("reconcile.retired", RETIRED_EVERY_MS, counts, Part::Retired).await?;
        self.on_rhythm("reconcile.vanished", VANISHED_EVERY_MS, counts, Part::Vanished).await?;
        self.on_rhythm("reconcile.read_back", READ_BACK_EVERY_MS, counts, Part::ReadBack).await
    }

    async fn on_rhythm(
        &self,
        cursor: &str,
        every_ms: i64,
        counts: &mut Counts,
        part: Part,
    ) -> Result<(), Stop> {
        let now_ms = self.0.now_ms();
        if now_ms - self.0.cursor_ms(cursor).await? < every_ms {
            return Ok(());
        }
        match part {
            Part::Retired => self.retired(counts).await?,
            Part::Vanished => self.vanished(counts).await?,
            Part::ReadBack => self.read_back(counts).await?,
        }
        self.0.write(vec![self.0.cursor(cursor, &now_ms)]).await?;
        Ok(())
    }

    /// The next page of stored orders of a stage; empty at the end. `after` moves along.
    async fn page_of(&self, stage: &str, after: &mut Option<OrderId>) -> Result<Vec<Order>, Stop> {
        let orders =
            self.0.seams.store.list_orders(&self.0.vendor.id, Some(stage), after.as_ref(), PAGE).await?;
        if let Some((_, last)) = orders.last() {
            *after = Some(last.id.clone());
        }
        Ok(orders.into_iter().map(|(_, order)| order).collect())
    }

    /// Held orders look again whether their cause is gone.
    async fn look_again(&self, counts: &mut Counts) -> Result<(), Stop> {
        let now_ms = self.0.now_ms();
        let mut after = None;
        loop {
            let orders = self.page_of("held", &mut after).await?;
            if orders.is_empty() {
                return Ok(());
            }
            let due: Vec<OrderId> =
                orders.into_iter().filter(|o| o.may_look_again(now_ms)).map(|o| o.id).collect();
            counts.0 += due.len();
            self.0.happened(due.into_iter().map(|id| (id, Event::LookAgain)).collect()).await;
        }
    }

    /// Orders whose deadline has come a step nearer.
    async fn watch_deadlines(&self, counts: &mut Counts) -> Result<(), Stop> {
        let nearer = self.0.due(Errand::Radar, PAGE).await?;
        counts.0 += nearer.len();
        self.0.happened(nearer.into_iter().map(|order| (order.id, Event::Ticked)).collect()).await;
        Ok(())
    }

    /// Stock held for an order that no longer needs it is given back.
    async fn orphans(&self, counts: &mut Counts) -> Result<(), Stop> {
        let orphans = self.0.seams.store.orphan_reservations(&self.0.vendor.id, PAGE).await?;
        if orphans.is_empty() {
            return Ok(());
        }
        warn!(vendor.id = %self.0.vendor.id, count = orphans.len(), "Reservations without a live order are given back");
        counts.1 += orphans.len();
        let now_ms = self.0.now_ms();
        let told: Vec<(Sku, SkuMsg)> =
            orphans.iter().map(|r| (r.sku.clone(), SkuMsg::HoldChanged(r.order.clone(), None))).collect();
        let ended = |row: ReservationRow| {
            Write::Reservation(ReservationRow { state: ReservationState::Ended, since_ms: now_ms, ..row })
        };
        self.0.write(orphans.into_iter().map(ended).collect()).await?;
        self.0.directory.to_skus(told);
        Ok(())
    }

    /// New settings, mapping, rates or texts: every SKU computes again; only what comes out different is sent.
    async fn recompute_if_settings_changed(&self, counts: &mut Counts) -> Result<(), Stop> {
        let context = &self.0;
        let vendor = &context.vendor;
        let texts = context.seams.store.cursor(&vendor.id, CONTENT_CHANGED).await?;
        let settings = format!(
            "{:016x}",
            fingerprint(&(
                texts,
                // Rates and VAT belong to a day.
                business_date(context.now_ms()),
                &vendor.markets,
                &vendor.stock,
                &vendor.channel,
                &vendor.image_url,
                vendor.mapping.mapping(),
                vendor.trial.as_ref().map(|trial| (
                    trial.mapping.mapping(),
                    trial.share_percent,
                    trial.mapping.version()
                )),
                format!("{:?}{:?}{:?}", vendor.rates, vendor.vat, vendor.bundles),
            ))
        );
        let name = "settings.computed";
        if context.seams.store.cursor(&vendor.id, name).await?.as_deref() == Some(settings.as_str()) {
            return Ok(());
        }
        let mut after: Option<Sku> = None;
        loop {
            let page = context.seams.store.prints(&vendor.id, after.as_ref(), PAGE).await?;
            let skus: Vec<Sku> = page.into_iter().map(|p| p.sku).collect();
            let Some(last) = skus.last() else { break };
            after = Some(last.clone());
            counts.0 += skus.len();
            // Whoever is alive may have texts of yesterday in memory.
            context.directory.dismiss(skus.clone());
            gather(|acks| {
                let messages =
                    skus.iter().map(|sku| (sku.clone(), SkuMsg::Recompute(acks.clone()))).collect();
                context.directory.to_skus(messages);
            })
            .await;
            context.directory.dismiss(skus);
        }
        info!(vendor.id = %vendor.id, "Everything computed again by new settings");
        context.write(vec![context.cursor(name, &settings)]).await?;
        Ok(())
    }

    /// What the ERP has not had for long is deleted on the channel; until then it is paused there.
    async fn retired(&self, counts: &mut Counts) -> Result<(), Stop> {
        let context = &self.0;
        let days = context.vendor.channel.delete_gone_after_days;
        if days == 0 {
            return Ok(());
        }
        let before_ms = context.now_ms() - i64::from(days) * DAY_MS;
        let mut after: Option<Sku> = None;
        loop {
            let page = context.seams.store.prints(&context.vendor.id, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.sku.clone());
            let gone: Vec<Sku> =
                page.into_iter().filter(|print| print.article == GONE).map(|print| print.sku).collect();
            if gone.is_empty() {
                continue;
            }
            let rows = context.seams.store.load_skus(&context.vendor.id, &gone).await?;
            let long_gone = rows.into_iter().filter(|rows| {
                rows.stored.as_ref().is_some_and(|(_, state)| {
                    state.channel.listed && state.gone_ms.is_some_and(|since| since < before_ms)
                })
            });
            let retired: Vec<Sku> = long_gone.map(|rows| rows.sku).collect();
            counts.1 += retired.len();
            gather(|acks| {
                let retire = |sku| (sku, SkuMsg::Happened(SkuEvent::Retired, acks.clone()));
                context.directory.to_skus(retired.into_iter().map(retire).collect());
            })
            .await;
        }
    }

    /// Booked orders must still be there (F48). None is ever created again without a person.
    async fn vanished(&self, counts: &mut Counts) -> Result<(), Stop> {
        let context = &self.0;
        let now_ms = context.now_ms();
        let mut after = None;
        loop {
            let orders = self.page_of("booked", &mut after).await?;
            if orders.is_empty() {
                return Ok(());
            }
            let young = |order: &Order| match &order.stage {
                Stage::Booked { since_ms, .. } => now_ms - since_ms < VANISHED_FOR_MS,
                _ => false,
            };
            let orders: Vec<Order> = orders.into_iter().filter(young).collect();
            if orders.is_empty() {
                continue;
            }
            counts.0 += orders.len();
            let read_ms = context.now_ms();
            let wishes: Vec<_> = orders.iter().map(wanted).collect();
            let copies = context.remotes.erp_orders.find(&wishes).await?;
            let mut changed = Vec::new();
            for (order, copies) in orders.iter().zip(copies) {
                let finding = Finding { live: copies.live, cancelled: copies.cancelled, read_ms };
                let event = Event::Found(finding);
                if order.on(&event, read_ms, &context.vendor) != *order {
                    changed.push((order.id.clone(), event));
                }
            }
            counts.1 += changed.len();
            context.happened(changed).await;
        }
    }

    /// Reads back what the channel shows. Only SKUs that differ from what was accepted are spoken to.
    async fn read_back(&self, counts: &mut Counts) -> Result<(), Stop> {
        let context = &self.0;
        let read_ms = context.now_ms();
        let mut seen_skus = BTreeSet::new();
        for page in 1..=PAGES_LIMIT {
            let Some(listing) = context.remotes.channel_offers.listing(page, read_ms).await? else {
                return Ok(());
            };
            let more = listing.more;
            let before = seen_skus.len();
            let rows: Vec<_> =
                listing.rows.into_iter().filter(|(sku, _)| seen_skus.insert(sku.clone())).collect();
            counts.0 += rows.len();
            for wave in rows.chunks(WAVE) {
                let skus: Vec<Sku> = wave.iter().map(|(sku, _)| sku.clone()).collect();
                let stored = context.seams.store.load_skus(&context.vendor.id, &skus).await?;
                // What was seen before as it is now needs no actor.
                let news: Vec<_> = wave
                    .iter()
                    .zip(stored)
                    .filter(|((_, seen), rows)| {
                        rows.stored.as_ref().is_some_and(|(_, state)| {
                            let side = &state.channel;
                            side.quantity.seen != seen.quantity
                                || side.quantity.accepted != seen.quantity
                                || side.listing.seen.is_none()
                                || side.prices.seen != side.prices.accepted
                        })
                    })
                    .map(|((sku, seen), _)| (sku.clone(), seen.clone()))
                    .collect();
                counts.1 += news.len();
                gather(|acks| {
                    let messages = news
                        .into_iter()
                        .map(|(sku, seen)| (sku, SkuMsg::Happened(SkuEvent::Seen(seen), acks.clone())))
                        .collect();
                    context.directory.to_skus(messages);
                })
                .await;
                context.directory.dismiss(skus);
            }
            if !more {
                return self.absent(&seen_skus, read_ms, counts).await;
            }
            if seen_skus.len() == before {
                // A page served twice: the list is not whole, so nothing follows from what it does not have.
                return Ok(());
            }
        }
        Ok(())
    }

    /// What should be listed and is not on the whole list is asked for by name before anybody believes that it is gone.
    async fn absent(&self, seen: &BTreeSet<Sku>, read_ms: i64, counts: &mut Counts) -> Result<(), Stop> {
        let context = &self.0;
        let mut asked = 0;
        let mut after: Option<Sku> = None;
        loop {
            let page = context.seams.store.prints(&context.vendor.id, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.sku.clone());
            let unseen: Vec<Sku> =
                page.into_iter().map(|print| print.sku).filter(|sku| !seen.contains(sku)).collect();
            if unseen.is_empty() {
                continue;
            }
            let rows = context.seams.store.load_skus(&context.vendor.id, &unseen).await?;
            for rows in rows {
                let believed = rows.stored.is_some_and(|(_, state)| {
                    let side = state.channel;
                    side.listed && side.in_flight.is_none() && side.settled_ms < read_ms
                });
                if !believed {
                    continue;
                }
                if asked == ABSENT_LIMIT {
                    return Ok(());
                }
                asked += 1;
                counts.1 += 1;
                self.show(&rows.sku, counts).await?;
            }
        }
    }

    async fn show(&self, sku: &Sku, counts: &mut Counts) -> Result<(), Stop> {
        let context = &self.0;
        counts.0 += 1;
        if let Some(seen) = context.remotes.channel_offers.show(sku, context.now_ms()).await? {
            gather(|acks| {
                context.directory.to_skus(vec![(sku.clone(), SkuMsg::Happened(SkuEvent::Seen(seen), acks))]);
            })
            .await;
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Part {
    Retired,
    Vanished,
    ReadBack,
}
