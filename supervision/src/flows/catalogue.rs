//! The ERP's catalogue: read page by page, compared by fingerprint, only differences go to their SKUs.

use std::sync::Arc;

use async_trait::async_trait;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use tracing::{info, warn};
use vortex_domain::{ErpArticle, Sku, article::fingerprint, attention::Code, sku::SkuEvent};
use vortex_entities::{Flow, SkuMsg, seams::gather, sku::Observation};

use super::{
    FlowContext, Stop,
    prints::{Kind, key, skus_of},
    stock::{BRAKE_FROM, WAVE},
};
use crate::flow::{Ran, Scope, Work};

/// Pages of one reading at most.
const PAGES_LIMIT: u32 = 100_000;
/// Set by a person's approval: until then one mass change may pass.
pub const APPROVED: &str = "catalogue.approved_until";
/// The fingerprint of an article that a complete reading no longer had.
pub(super) const GONE: i64 = 2;

/// Reads the catalogue with its prices.
pub struct Catalogue(pub Arc<FlowContext>);

#[async_trait]
impl Work for Catalogue {
    async fn run(&self, _scope: &Scope) -> Ran {
        let (mut looked_at, mut changed) = (0, 0);
        let outcome = self.read(&mut looked_at, &mut changed).await;
        if changed > 0 {
            // New articles need their first stock reading before they can be offered.
            self.0.hub.wake(Flow::Stock);
            self.0.hub.wake(Flow::Publish);
        }
        match outcome {
            Ok(()) => Ran::done(looked_at, changed),
            Err(stop) => {
                self.0.report(&stop).await;
                Ran::stopped(looked_at, changed, &stop)
            }
        }
    }
}

impl Catalogue {
    /// What a stopped reading is called in attention items.
    fn what(&self) -> String {
        format!("{}: catalogue", self.0.erp())
    }

    async fn read(&self, looked_at: &mut usize, changed: &mut usize) -> Result<(), Stop> {
        let context = &self.0;
        context.prints.lock().await.load(&*context.seams.store, &context.vendor.id).await?;
        let known = context.prints.lock().await.known(Kind::Article);
        let allowed = self.allowed(known).await?;
        let (mut seen, mut rejected) = (Vec::with_capacity(known), 0_u32);
        // Changes of known articles wait for the end of the reading: too many of them stop the whole.
        let mut moved: Vec<ErpArticle> = Vec::new();
        for page in 1..=PAGES_LIMIT {
            let answer = context.remotes.erp_catalogue.articles(page).await?;
            *looked_at += answer.articles.len();
            rejected += answer.rejected;
            let mut new = Vec::new();
            {
                let prints = context.prints.lock().await;
                for article in answer.articles {
                    let key = key(&article.sku);
                    seen.push(key);
                    match prints.get(Kind::Article, key) {
                        0 | GONE => new.push(article),
                        before if before != print(&article) => moved.push(article),
                        _ => {}
                    }
                }
            }
            if moved.len() > allowed {
                return self.brake(moved.len(), known).await;
            }
            for wave in new.chunks(WAVE) {
                *changed += self.observe(wave).await;
            }
            if !answer.more {
                break;
            }
        }
        context.works(context.erp()).await;
        seen.sort_unstable();
        let gone = context.prints.lock().await.missing(Kind::Article, &seen);
        let gone = self.still_listed(gone).await;
        if moved.len() + gone.len() > allowed {
            return self.brake(moved.len() + gone.len(), known).await;
        }
        context.clear(&self.what(), &[Code::MassChange]).await;
        for wave in moved.chunks(WAVE) {
            *changed += self.observe(wave).await;
        }
        if rejected == 0 {
            *changed += self.gone(&gone).await?;
        } else {
            // An unreadable record may be the very article that seems to be missing.
            info!(vendor.id = %context.vendor.id, rejected, "Some catalogue records could not be read; missing articles are not taken as gone");
        }
        Ok(())
    }

    /// How many known articles may change in one reading.
    async fn allowed(&self, known: usize) -> Result<usize, Stop> {
        let context = &self.0;
        if known < BRAKE_FROM {
            return Ok(usize::MAX);
        }
        if context.cursor_ms(APPROVED).await? > context.now_ms() {
            context.write(vec![context.cursor(APPROVED, &0)]).await?;
            return Ok(usize::MAX);
        }
        Ok((Decimal::from(known) * context.vendor.stock.mass_change_limit).to_usize().unwrap_or(usize::MAX))
    }

    async fn brake(&self, moved: usize, known: usize) -> Result<(), Stop> {
        let context = &self.0;
        let percent = (context.vendor.stock.mass_change_limit * Decimal::ONE_HUNDRED).normalize();
        warn!(vendor.id = %context.vendor.id, moved, known, "A catalogue reading would move too much at once; known articles were not changed");
        context
            .raise(
                &self.what(),
                Code::MassChange,
                vec![moved.to_string(), known.to_string(), percent.to_string()],
            )
            .await;
        Ok(())
    }

    async fn still_listed(&self, keys: Vec<u64>) -> Vec<u64> {
        let prints = self.0.prints.lock().await;
        keys.into_iter().filter(|key| prints.get(Kind::Article, *key) != GONE).collect()
    }

    async fn gone(&self, keys: &[u64]) -> Result<usize, Stop> {
        let context = &self.0;
        let skus = skus_of(&*context.seams.store, &context.vendor.id, keys).await?;
        let mut count = 0;
        for wave in skus.chunks(WAVE) {
            let observations = wave.iter().map(|sku| (sku.clone(), SkuEvent::ArticleGone, GONE));
            count += self.send(observations.collect()).await;
        }
        Ok(count)
    }

    async fn observe(&self, wave: &[ErpArticle]) -> usize {
        let observations = wave.iter().map(|article| {
            (article.sku.clone(), SkuEvent::ArticleRead(Box::new(article.clone())), print(article))
        });
        self.send(observations.collect()).await
    }

    async fn send(&self, observations: Vec<(Sku, SkuEvent, i64)>) -> usize {
        let context = &self.0;
        let prints: Vec<(Sku, i64)> =
            observations.iter().map(|(sku, _, print)| (sku.clone(), *print)).collect();
        let durable = gather(|acks| {
            let messages = observations
                .into_iter()
                .map(|(sku, event, print)| {
                    let observation = Observation { event, article_print: Some(print), stock_print: None };
                    (sku, SkuMsg::Observed(observation, acks.clone()))
                })
                .collect();
            context.directory.to_skus(messages);
        })
        .await;
        context.directory.dismiss(prints.iter().map(|(sku, _)| sku.clone()).collect());
        context.prints.lock().await.note(Kind::Article, &prints, durable)
    }
}

/// The fingerprint of a catalogue row; odd, so never 0 ("never read") nor [`GONE`].
fn print(article: &ErpArticle) -> i64 {
    (fingerprint(article) | 1).cast_signed()
}
