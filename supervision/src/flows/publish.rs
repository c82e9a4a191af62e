//! What differs goes to the channel, and verdicts come back (design.md, Publishing stock).
//!
//! Orders are read before anything is pushed and again afterwards; each SKU's actor is asked for the newest value at the last
//! moment, and its intent is on disk before the request leaves. Accepted is not done: a verdict is asked for, and what the
//! channel shows is read back by the reconcile flow.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use tracing::{info, warn};
use vortex_domain::{Publication, Sku, sku::SkuEvent};
use vortex_entities::{Flow, SkuMsg, seams::gather, sku::claims};
use vortex_port::{
    CallError,
    channel::{ItemAnswer, Verdict},
};
use vortex_store::rows::{EffectKind, EffectRow, Write};

use super::{FlowContext, Stop};
use crate::{
    flow::{Ran, Scope, Work},
    mapping::trial::{self, Tally},
};

/// SKUs claimed and sent in one round.
const ROUND: u32 = 400;
/// Batches on the wire at once.
const BATCHES_AT_ONCE: usize = 3;
/// Orders must have been read so recently before a quantity is pushed, milliseconds.
const ORDERS_FRESH_MS: i64 = 15_000;
/// When a verdict is asked for again: (until the publication is this old, every so many milliseconds) (cdon.md 11.1).
const VERDICT_RHYTHM_MS: [(i64, i64); 4] =
    [(10_000, 1_000), (60_000, 5_000), (600_000, 60_000), (i64::MAX, 300_000)];
/// Without a verdict for so long, the outcome counts as lost, milliseconds.
const VERDICT_LIMIT_MS: i64 = 24 * 3_600_000;
/// Verdict rows looked at in one round.
const VERDICTS: u32 = 2_000;

/// Sends to the channel.
pub struct Publish(pub Arc<FlowContext>);

/// What a round did.
#[derive(Default)]
struct Round {
    sent: usize,
    /// Earliest time at which something waits again.
    again_ms: Option<i64>,
    stopped: Option<String>,
}

#[async_trait]
impl Work for Publish {
    async fn run(&self, _scope: &Scope) -> Ran {
        let mut total = Round::default();
        let outcome = self.rounds(&mut total).await;
        if total.sent > 0 {
            // Sales that happened during the push are seen now, not at the next poll.
            self.0.hub.wake(Flow::Orders);
        }
        let ran = match (outcome, total.stopped) {
            (Err(stop), _) => {
                self.0.report(&stop).await;
                Ran::stopped(total.sent, total.sent, &stop)
            }
            (Ok(()), Some(why)) => Ran::stopped(total.sent, total.sent, &why),
            (Ok(()), None) => Ran::done(total.sent, total.sent),
        };
        match total.again_ms {
            Some(at_ms) => ran.again_in((at_ms - self.0.now_ms()).max(100)),
            None => ran,
        }
    }
}

impl Publish {
    async fn rounds(&self, total: &mut Round) -> Result<(), Stop> {
        let context = &self.0;
        loop {
            let due = context
                .seams
                .store
                .due_effects(&context.vendor.id, EffectKind::Publish, context.now_ms(), ROUND)
                .await?;
            let skus: Vec<Sku> = due.iter().filter_map(|effect| Sku::new(&effect.key).ok()).collect();
            let sent = if skus.is_empty() { 0 } else { self.send(&skus, total).await? };
            let decided = self.verdicts(total).await?;
            context.directory.dismiss(skus);
            total.sent += sent;
            if total.stopped.is_some() || (sent == 0 && decided == 0) {
                return Ok(());
            }
        }
    }

    async fn send(&self, skus: &[Sku], total: &mut Round) -> Result<usize, Stop> {
        let context = &self.0;
        self.read_orders_first().await?;
        let mut creations = Vec::new();
        let mut changes = Vec::new();
        for (sku, claim) in claims(&context.directory, skus).await {
            let Ok(Some(publication)) = claim else { continue };
            let refused = context.remotes.channel_offers.validate(&publication);
            if !refused.is_empty() {
                self.count_for_trial(&[(sku.clone(), context.now_ms(), true)]).await?;
                let event = SkuEvent::PublishTaken { batch: None, article_id: None, refused };
                self.tell(vec![(sku, event)]).await;
            } else if publication.create {
                creations.push(publication);
            } else {
                changes.push(publication);
            }
        }
        let (create_limit, change_limit) = context.remotes.channel_offers.batch_limits();
        let batches = batches(creations, create_limit.max(1)).chain(batches(changes, change_limit.max(1)));
        let answers: Vec<Result<usize, CallError>> = stream::iter(batches.map(|batch| self.batch(batch)))
            .buffer_unordered(BATCHES_AT_ONCE)
            .collect()
            .await;
        let mut sent = 0;
        for answer in answers {
            match answer {
                Ok(count) => sent += count,
                Err(failure) => {
                    total.stopped = Some(failure.to_string());
                    context.report(&Stop::Remote(failure)).await;
                }
            }
        }
        if sent > 0 {
            context.works(context.channel()).await;
        }
        Ok(sent)
    }

    async fn read_orders_first(&self) -> Result<(), Stop> {
        let context = &self.0;
        let fresh = context.now_ms() - context.orders_read_ms.load(Ordering::Relaxed) < ORDERS_FRESH_MS;
        if !fresh
            && let Some(report) = context.hub.run(Flow::Orders, Scope::default()).await
            && let Some(why) = report.stopped
        {
            // Better to show an old number than one that ignores sales which could not be read.
            return Err(Stop::OrdersUnread(why));
        }
        Ok(())
    }

    async fn batch(&self, batch: Vec<Publication>) -> Result<usize, CallError> {
        let context = &self.0;
        let answer = context.remotes.channel_offers.publish(&batch).await;
        let (events, result): (Vec<(Sku, SkuEvent)>, _) = match answer {
            Ok(receipt) => {
                let count = batch.len();
                let events = batch
                    .into_iter()
                    .zip(receipt.items)
                    .map(|(publication, item)| (publication.sku, event_of(item, receipt.batch.as_ref())))
                    .collect();
                (events, Ok(count))
            }
            Err(failure) => {
                let retry_ms = context.now_ms() + retry_after_ms(&failure);
                let event = |publication: Publication| {
                    let event = match &failure {
                        CallError::Unknown { .. } | CallError::Implausible { .. } => SkuEvent::PublishUnknown,
                        _ => SkuEvent::PublishNotSent(retry_ms),
                    };
                    (publication.sku, event)
                };
                (batch.into_iter().map(event).collect(), Err(failure))
            }
        };
        self.tell(events).await;
        result
    }

    async fn tell(&self, events: Vec<(Sku, SkuEvent)>) {
        gather(|acks| {
            let messages =
                events.into_iter().map(|(sku, event)| (sku, SkuMsg::Happened(event, acks.clone()))).collect();
            self.0.directory.to_skus(messages);
        })
        .await;
    }

    /// Verdicts about what a version on trial has made are counted, and decide about it: (article, sent when, refused).
    async fn count_for_trial(&self, judged: &[(Sku, i64, bool)]) -> Result<(), Stop> {
        let context = &self.0;
        let Some(trial) = &context.vendor.trial else { return Ok(()) };
        let of_trial = |sku: &Sku, sent_ms: i64| trial.takes(sku) && sent_ms >= trial.since_ms;
        let counted: Vec<bool> = judged
            .iter()
            .filter(|(sku, sent_ms, _)| of_trial(sku, *sent_ms))
            .map(|(.., refused)| *refused)
            .collect();
        if counted.is_empty() {
            return Ok(());
        }
        let version = trial.mapping.version();
        let tally = trial::tally(&*context.seams.store, &context.vendor.id, version.into()).await?;
        let tally = counted.into_iter().fold(tally, Tally::and);
        context.write(vec![context.cursor(&Tally::cursor(version), &tally)]).await?;
        Ok(())
    }

    /// Asks for the verdicts that are due. Returns how many publications were decided.
    async fn verdicts(&self, total: &mut Round) -> Result<usize, Stop> {
        let context = &self.0;
        let vendor = &context.vendor.id;
        let now_ms = context.now_ms();
        let due = context.seams.store.due_effects(vendor, EffectKind::Verdict, now_ms, VERDICTS).await?;
        let mut by_batch: BTreeMap<String, Vec<EffectRow>> = BTreeMap::new();
        for effect in due {
            by_batch.entry(effect.batch.clone()).or_default().push(effect);
        }
        let mut decided = 0;
        for (batch, effects) in by_batch {
            let (skus, effects): (Vec<Sku>, Vec<EffectRow>) =
                effects.into_iter().filter_map(|e| Some((Sku::new(&e.key).ok()?, e))).unzip();
            let verdicts = context.remotes.channel_offers.verdicts(&batch, &skus).await?;
            let mut events = Vec::new();
            let mut judged = Vec::new();
            let mut later = Vec::new();
            for ((sku, effect), verdict) in skus.iter().zip(effects).zip(verdicts) {
                let (age_ms, since_ms) = (now_ms - effect.since_ms, effect.since_ms);
                let event = match verdict {
                    Verdict::Pending if age_ms > VERDICT_LIMIT_MS => {
                        warn!(vendor.id = %vendor, sku.id = %sku, batch, "No verdict for a day; the publication is sent again");
                        SkuEvent::VerdictLost
                    }
                    Verdict::Pending => {
                        let due_ms = now_ms + every_ms(age_ms);
                        total.again_ms = Some(total.again_ms.map_or(due_ms, |have| have.min(due_ms)));
                        later.push(Write::Effect(EffectRow { due_ms, ..effect }));
                        continue;
                    }
                    Verdict::Decided(refused) => {
                        judged.push((sku.clone(), since_ms, !refused.is_empty()));
                        SkuEvent::Verdict { batch: batch.clone(), refused }
                    }
                    Verdict::AlreadyListed => SkuEvent::AlreadyListed,
                    Verdict::NotListed => SkuEvent::NotListed,
                };
                events.push((sku.clone(), event));
            }
            if !events.is_empty() {
                info!(vendor.id = %vendor, batch, decided = events.len(), pending = later.len(), "Verdicts of batch `{batch}` read");
            }
            decided += events.len();
            context.write(later).await?;
            self.tell(events).await;
            self.count_for_trial(&judged).await?;
            context.directory.dismiss(skus);
        }
        Ok(decided)
    }
}

fn batches(publications: Vec<Publication>, limit: usize) -> impl Iterator<Item = Vec<Publication>> {
    let mut rest = publications.into_iter().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        Some(rest.by_ref().take(limit).collect())
    })
}

fn event_of(item: ItemAnswer, batch: Option<&String>) -> SkuEvent {
    match item {
        ItemAnswer::Taken { article_id, refused } => {
            SkuEvent::PublishTaken { batch: batch.cloned(), article_id, refused }
        }
        ItemAnswer::AlreadyListed => SkuEvent::AlreadyListed,
        ItemAnswer::NotListed => SkuEvent::NotListed,
        // In neither list: nobody knows (cdon.md 10.1).
        ItemAnswer::Unmentioned => SkuEvent::PublishUnknown,
    }
}

fn retry_after_ms(failure: &CallError) -> i64 {
    match failure {
        CallError::Paused { retry_after_ms, .. } => (*retry_after_ms).max(1_000),
        _ => 5_000,
    }
}

fn every_ms(age_ms: i64) -> i64 {
    VERDICT_RHYTHM_MS.iter().find(|(until, _)| age_ms < *until).map_or(300_000, |(_, every)| *every)
}
