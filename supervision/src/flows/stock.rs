//! Stock from the ERP: one complete reading, compared with the last, only differences go to their SKUs.
//!
//! Missing is not zero: WinMentor leaves articles without stock out of its list, so a SKU that has vanished from it is asked for
//! by name before anybody believes that it is sold out (promise 4).

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use tracing::warn;
use vortex_domain::{
    Sku, StockLevel,
    article::fingerprint,
    attention::Code,
    sku::{SkuEvent, StockRead},
};
use vortex_entities::{Flow, SkuMsg, seams::gather, sku::Observation};

use super::{
    FlowContext, Stop,
    prints::{Kind, key, skus_of},
};
use crate::flow::{Ran, Scope, Work};

/// SKUs brought up at once: bounds memory, whatever the catalogue's size.
pub(super) const WAVE: usize = 500;
/// SKUs asked for by name in one run at most; the rest keeps its stock until the next.
const CONFIRM_LIMIT: usize = 100;
/// Below so many known SKUs a share says nothing.
pub(super) const BRAKE_FROM: usize = 20;
/// Reservations that a reading may end, looked up at once.
const BOOKED_LIMIT: u32 = 10_000;
/// Set by a person's approval: until then one mass change may pass.
pub const APPROVED: &str = "stock.approved_until";

/// Out of stock.
const NOTHING: StockLevel = StockLevel { on_hand_milli: 0, reserved_milli: 0 };

/// Reads stock.
pub struct Stock(pub Arc<FlowContext>);

#[async_trait]
impl Work for Stock {
    async fn run(&self, scope: &Scope) -> Ran {
        let mut looked_at = 0;
        let outcome = match &scope.sku {
            Some(sku) => self.read_one(sku).await,
            None => self.read_all(&mut looked_at).await,
        };
        match outcome {
            Ok(changed) => {
                if changed > 0 {
                    self.0.hub.wake(Flow::Publish);
                }
                Ran::done(looked_at, changed)
            }
            Err(stop) => {
                self.0.report(&stop).await;
                Ran::stopped(looked_at, 0, &stop)
            }
        }
    }
}

impl Stock {
    /// What a stopped reading is called in attention items.
    fn what(&self) -> String {
        format!("{}: stock", self.0.erp())
    }

    async fn read_all(&self, looked_at: &mut usize) -> Result<usize, Stop> {
        let context = &self.0;
        context.prints.lock().await.load(&*context.seams.store, &context.vendor.id).await?;
        let read_ms = context.now_ms();
        let reading = context.remotes.erp_catalogue.stock().await?;
        *looked_at = reading.levels.len();
        context.works(context.erp()).await;

        let mut seen: Vec<u64> = reading.levels.iter().map(|(sku, _)| key(sku)).collect();
        seen.sort_unstable();
        let booked: BTreeSet<Sku> = context
            .seams
            .store
            .booked_reservations(&context.vendor.id, read_ms, BOOKED_LIMIT)
            .await?
            .into_iter()
            .collect();

        let prints = context.prints.lock().await;
        let known = prints.known(Kind::Stock);
        let mut changed: Vec<(Sku, StockLevel)> = Vec::new();
        let mut moved = 0_usize;
        for (sku, level) in reading.levels {
            let before = prints.get(Kind::Stock, key(&sku));
            if before != print(&level) || booked.contains(&sku) {
                // A first reading, or a change that our own orders caused, is nothing that a brake should stop.
                moved += usize::from(before != 0 && before != print(&level) && !booked.contains(&sku));
                changed.push((sku, level));
            }
        }
        let nothing = print(&NOTHING);
        let mut vanished = prints.missing(Kind::Stock, &seen);
        vanished.retain(|key| prints.get(Kind::Stock, *key) != nothing);
        let never_counted = prints.never_counted(&seen);
        drop(prints);

        if !self.may_move(moved + vanished.len(), known).await? {
            return Ok(0);
        }
        vanished.truncate(CONFIRM_LIMIT);
        changed.extend(self.confirm(&vanished).await?);
        if reading.rejected == 0 && !seen.is_empty() {
            // The catalogue has them and a complete stock list has never had them: they have none. An empty list says nothing.
            let skus = skus_of(&*context.seams.store, &context.vendor.id, &never_counted).await?;
            changed.extend(skus.into_iter().map(|sku| (sku, NOTHING)));
        }
        let count = changed.len();
        for wave in changed.chunks(WAVE) {
            self.observe(wave, read_ms).await;
        }
        Ok(count)
    }

    /// Stops what would move too much of the catalogue at once, until a person approves (promise 4).
    async fn may_move(&self, moved: usize, known: usize) -> Result<bool, Stop> {
        let context = &self.0;
        let limit = context.vendor.stock.mass_change_limit;
        let allowed = (Decimal::from(known) * limit).to_usize().unwrap_or(usize::MAX);
        if known < BRAKE_FROM || moved <= allowed {
            context.clear(&self.what(), &[Code::MassChange]).await;
            return Ok(true);
        }
        if context.cursor_ms(APPROVED).await? > context.now_ms() {
            context.write(vec![context.cursor(APPROVED, &0)]).await?;
            context.clear(&self.what(), &[Code::MassChange]).await;
            return Ok(true);
        }
        let percent = (limit * Decimal::ONE_HUNDRED).normalize();
        warn!(vendor.id = %context.vendor.id, moved, known, "A stock reading would move too much at once; nothing was changed");
        context
            .raise(
                &self.what(),
                Code::MassChange,
                vec![moved.to_string(), known.to_string(), percent.to_string()],
            )
            .await;
        Ok(false)
    }

    async fn confirm(&self, vanished: &[u64]) -> Result<Vec<(Sku, StockLevel)>, Stop> {
        let mut confirmed = Vec::with_capacity(vanished.len());
        for sku in skus_of(&*self.0.seams.store, &self.0.vendor.id, vanished).await? {
            // An article that the ERP no longer knows is the catalogue flow's business, not a stock of zero.
            if let Some(level) = self.0.remotes.erp_catalogue.stock_of(&sku).await? {
                // Reserved or not, nothing is nothing: the same fingerprint as the one of a SKU that is out of stock.
                let level = if level.on_hand_milli == 0 { NOTHING } else { level };
                confirmed.push((sku, level));
            }
        }
        Ok(confirmed)
    }

    async fn read_one(&self, sku: &Sku) -> Result<usize, Stop> {
        let read_ms = self.0.now_ms();
        let Some(level) = self.0.remotes.erp_catalogue.stock_of(sku).await? else { return Ok(0) };
        Ok(self.observe(&[(sku.clone(), level)], read_ms).await)
    }

    async fn observe(&self, wave: &[(Sku, StockLevel)], read_ms: i64) -> usize {
        let context = &self.0;
        let durable = gather(|acks| {
            let messages = wave
                .iter()
                .map(|(sku, level)| {
                    let observation = Observation {
                        event: SkuEvent::StockRead(StockRead { level: *level, read_ms }),
                        article_print: None,
                        stock_print: Some(print(level)),
                    };
                    (sku.clone(), SkuMsg::Observed(observation, acks.clone()))
                })
                .collect();
            context.directory.to_skus(messages);
        })
        .await;
        context.directory.dismiss(wave.iter().map(|(sku, _)| sku.clone()).collect());
        let prints: Vec<(Sku, i64)> = wave.iter().map(|(sku, level)| (sku.clone(), print(level))).collect();
        context.prints.lock().await.note(Kind::Stock, &prints, durable)
    }
}

/// The fingerprint of a level; never 0, which means "never read".
fn print(level: &StockLevel) -> i64 {
    (fingerprint(level) | 1).cast_signed()
}
