//! Publishing articles, their verdicts, and reading them back (cdon.md sections 10 and 11).

use std::collections::HashSet;

use async_trait::async_trait;
use serde_json::{Value, json};
use vortex_domain::{
    Publication, Sku,
    sku::{Refusal, Seen},
};
use vortex_port::{
    CallError, ChannelOffers,
    channel::{ListingPage, PublishReceipt, Verdict},
    http::{HttpCall, Method, encode_segment},
};

use crate::{
    answers,
    client::{CdonConnector, Reply, words},
    readback, transform, validate, verdicts,
};

/// Most creations in one call (cdon.md section 4).
const MOST_CREATIONS: usize = 100;
/// Most actions in one call; a change is up to three.
const MOST_ACTIONS: usize = 200;
const ACTIONS_PER_CHANGE: usize = 3;
/// Most SKUs in one status question.
const MOST_STATUS_SKUS: usize = 200;

const BULK: &str = "/v2/articles/bulk";

#[async_trait]
impl ChannelOffers for CdonConnector {
    fn batch_limits(&self) -> (usize, usize) {
        (MOST_CREATIONS, MOST_ACTIONS / ACTIONS_PER_CHANGE)
    }

    fn validate(&self, publication: &Publication) -> Vec<Refusal> {
        validate::validate(publication, &self.settings.markets)
    }

    async fn publish(&self, batch: &[Publication]) -> Result<PublishReceipt, CallError> {
        let Some(create) = self.kind_of(batch)? else {
            return Ok(PublishReceipt { batch: None, items: Vec::new() });
        };
        let call = if create {
            HttpCall::new("articles.create", Method::POST, BULK).json(&transform::creations(batch))
        } else {
            HttpCall::new("articles.change", Method::PUT, BULK).json(&transform::changes(batch))
        };
        let reply = self.send(call).await?;
        // A good status says nothing about success (cdon.md 10.1); an answer without the two lists says nothing at all.
        let body = reply.success().ok_or_else(|| reply.unresolved())?;
        answers::receipt(body, batch).ok_or_else(|| reply.unresolved())
    }

    async fn verdicts(&self, batch: &str, skus: &[Sku]) -> Result<Vec<Verdict>, CallError> {
        let reply = self.ask("statuses.batch", "/v1/statuses/batch", &json!({"batch_ids": [batch]})).await?;
        // CDON may not know a new batch yet, and says so in an undocumented way (cdon.md 11.1).
        if matches!(reply.decline(), Some((400 | 404, _))) {
            return Ok(vec![Verdict::Pending; skus.len()]);
        }
        let body = object(&reply)?;
        let statuses = verdicts::of_batch(body, batch).unwrap_or_default();
        Ok(skus.iter().map(|sku| verdicts::verdict(statuses, sku)).collect())
    }

    async fn listing(&self, page: u32, read_ms: i64) -> Result<Option<ListingPage>, CallError> {
        if !self.settings.undocumented_reads {
            return Ok(None);
        }
        let limit = self.settings.articles_per_page;
        let reply = self
            .get(HttpCall::get("articles.list", format!("/v1/articles?limit={limit}&page={page}")))
            .await?;
        if matches!(reply.decline(), Some((404 | 405, _))) {
            tracing::warn!("CDON no longer lists articles; set undocumented_reads = false");
            return Ok(None);
        }
        let body = reply.success().ok_or_else(|| reply.unreadable())?;
        let articles =
            readback::list(body).ok_or_else(|| reply.implausible("the list of articles is not a list"))?;
        let own = |article| Some((readback::sku(article)?, readback::seen(article, read_ms)));
        let rows: Vec<_> = articles.iter().filter_map(own).collect();
        if rows.len() < articles.len() {
            let foreign = articles.len() - rows.len();
            tracing::warn!(foreign, "articles with a SKU that cannot be ours");
        }
        Ok(Some(ListingPage { rows, more: articles.len() >= limit as usize }))
    }

    async fn show(&self, sku: &Sku, read_ms: i64) -> Result<Option<Seen>, CallError> {
        let segment = encode_segment(sku.as_str()).filter(|_| self.settings.undocumented_reads);
        let Some(segment) = segment else { return Ok(None) };
        let reply = self.get(HttpCall::get("articles.show", format!("/v1/articles/sku/{segment}"))).await?;
        if let Some((status @ 403..=405, body)) = reply.decline() {
            // Only an answer about the article proves that it is absent: a missing route or permission must not
            // make articles disappear.
            if status != 405 && words(body).to_ascii_lowercase().contains("article not found") {
                let absent =
                    Seen { read_ms, present: false, for_sale: None, quantity: None, prices: Vec::new() };
                return Ok(Some(absent));
            }
            if status != 403 {
                return Ok(None);
            }
        }
        let body = reply.success().ok_or_else(|| reply.unreadable())?;
        let article = readback::one(body).ok_or_else(|| reply.implausible("there is no article in it"))?;
        if readback::sku(article).as_ref() != Some(sku) {
            return Err(reply.implausible("it is about another article"));
        }
        Ok(Some(readback::seen(article, read_ms)))
    }
}

impl CdonConnector {
    /// The latest processed outcome per SKU, in the order asked; `Pending` for SKUs without one. Eventually
    /// consistent: good for a nightly look, not as a receipt (cdon.md 11.2).
    pub async fn sku_statuses(&self, skus: &[Sku]) -> Result<Vec<Verdict>, CallError> {
        let mut found = Vec::with_capacity(skus.len());
        for part in skus.chunks(MOST_STATUS_SKUS) {
            let reply = self.ask("statuses.sku", "/v1/statuses/sku", &json!({"skus": part})).await?;
            let statuses = object(&reply)?.get("statuses").and_then(Value::as_array);
            let statuses = statuses.ok_or_else(|| reply.implausible("there are no statuses in it"))?;
            found.extend(part.iter().map(|sku| verdicts::verdict(statuses, sku)));
        }
        Ok(found)
    }

    /// Whether the batch creates; none when it is empty. Guards what CDON forbids about a whole call.
    fn kind_of(&self, batch: &[Publication]) -> Result<Option<bool>, CallError> {
        let Some(create) = batch.first().map(|publication| publication.create) else { return Ok(None) };
        let mut skus = HashSet::with_capacity(batch.len());
        if batch.iter().any(|publication| publication.create != create) {
            return Err(self.not_sent("creations and changes cannot share a call"));
        }
        if !batch.iter().all(|publication| skus.insert(&publication.sku)) {
            return Err(self.not_sent("an article stands twice in one call"));
        }
        let size =
            if create { batch.len() } else { batch.iter().map(|p| transform::Action::of(p).len()).sum() };
        if size > if create { MOST_CREATIONS } else { MOST_ACTIONS } {
            return Err(self.not_sent("the batch is larger than CDON's limit for one call"));
        }
        if size == 0 {
            return Err(self.not_sent("the batch changes nothing"));
        }
        Ok(Some(create))
    }
}

fn object(reply: &Reply) -> Result<&Value, CallError> {
    let body = reply.success().ok_or_else(|| reply.unreadable())?;
    if body.is_object() { Ok(body) } else { Err(reply.implausible("a status answer is an object")) }
}
