//! What the API and the command line ask of running vendors: flows, acts of people, words about rates.

use std::sync::Arc;

use async_trait::async_trait;
use vortex_domain::{
    OrderId, Vendor, VendorId,
    attention::{Code, Subject},
    order::{Decision, Event},
    pickup::PickupEvent,
    rates::{RateChoice, RateVerdict, RateWord},
    sku::SkuEvent,
};
use vortex_entities::{
    Engine, Flow, OrderMsg, SkuMsg,
    engine::{AttentionAction, EngineError, FlowReport, FlowStatus, SyncRequest},
    pickup,
    seams::gather,
    vendor::VendorView,
};
use vortex_store::{
    Change,
    rows::{AttentionItem, CursorRow, JournalRow, Write},
};

use crate::{flow::Scope, flows, node::Starter, rates, tree::VendorHandle};

/// Attention items looked through for one action.
const ITEMS_LIMIT: u32 = 10_000;
/// Subjects acted upon at once.
const SUBJECTS_PAGE: u32 = 500;
/// An approved mass change must pass within so long, milliseconds.
const APPROVAL_MS: i64 = 3_600_000;

/// The engine over the running vendors.
pub struct NodeEngine {
    starter: Starter,
}

impl NodeEngine {
    /// Over everything that this starter starts.
    pub fn new(starter: Starter) -> Self {
        Self { starter }
    }

    fn vendor(&self, id: &VendorId) -> Result<VendorHandle, EngineError> {
        self.starter.vendor(id).ok_or(EngineError::NotFound("running vendor of that name"))
    }

    async fn item(&self, vendor: &VendorId, id: i64) -> Result<AttentionItem, EngineError> {
        let items = self.starter.seams.store.attention(vendor, ITEMS_LIMIT).await.map_err(unavailable)?;
        items
            .into_iter()
            .find(|item| item.id == id)
            .ok_or(EngineError::NotFound("open attention item of that id"))
    }

    /// Everything that an item blocks.
    async fn subjects(&self, vendor: &VendorId, item: &AttentionItem) -> Result<Vec<Subject>, EngineError> {
        let mut all: Vec<Subject> = Vec::new();
        loop {
            let after = all.last().map(|subject| subject.key().to_owned());
            let page = self
                .starter
                .seams
                .store
                .attention_subjects(vendor, item.id, after.as_deref(), SUBJECTS_PAGE)
                .await
                .map_err(unavailable)?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    async fn decide(
        &self,
        handle: &VendorHandle,
        id: OrderId,
        decision: Decision,
        who: &str,
    ) -> Result<bool, EngineError> {
        let who = who.to_owned();
        handle
            .directory
            .ask_order(&id, |reply| OrderMsg::Asked(Event::Decided(decision), who, reply))
            .await
            .map_err(unavailable)
    }

    async fn retry(
        &self,
        handle: &VendorHandle,
        subjects: Vec<Subject>,
        who: &str,
    ) -> Result<u64, EngineError> {
        let mut acted = 0;
        let mut skus = Vec::new();
        for subject in subjects {
            match subject {
                Subject::Order(id) => {
                    acted += u64::from(self.decide(handle, id, Decision::Retry, who).await?);
                }
                Subject::Sku(sku) => skus.push(sku),
                Subject::Connection(_) | Subject::Pickup(_) => acted += 1,
            }
        }
        let done = gather(|acks| {
            let messages = skus
                .into_iter()
                .map(|sku| (sku, SkuMsg::Happened(SkuEvent::RetryRefused, acks.clone())))
                .collect();
            handle.directory.to_skus(messages);
        })
        .await;
        for flow in Flow::RETRIED {
            handle.hub.wake(flow);
        }
        Ok(acted + done.len() as u64)
    }

    async fn settle_pickups(
        &self,
        handle: &VendorHandle,
        subjects: Vec<Subject>,
        who: &str,
    ) -> Result<u64, EngineError> {
        let (vendor, now_ms) = (&handle.vendor.id, self.starter.seams.clock.now_ms());
        let wish = |subject: &Subject| {
            let Subject::Pickup(id) = subject else { return None };
            Some(pickup::wish(
                vendor,
                id,
                PickupEvent::Settled,
                who,
                self.starter.seams.entropy.next_u64(),
                now_ms,
            ))
        };
        let wishes: Vec<Write> = subjects.iter().filter_map(wish).collect();
        let settled = wishes.len() as u64;
        self.starter.seams.journal.write(Change::of(wishes)).await.map_err(unavailable)?;
        handle.hub.wake(Flow::Pickups);
        Ok(settled)
    }

    /// Takes or drops the held rate that an item is about; the item goes when the vendor has started again.
    async fn judge_rate(
        &self,
        handle: &VendorHandle,
        item: &AttentionItem,
        verdict: RateVerdict,
        who: &str,
    ) -> Result<u64, EngineError> {
        let held =
            handle.vendor.markets.iter().flat_map(|market| handle.vendor.rates.held(market.currency()));
        let held = held.into_iter().find(|held| rates::cause(held) == item.cause);
        let held = held.ok_or(EngineError::NotFound("exchange rate that still waits"))?;
        let word = RateWord {
            currency: held.currency,
            date: held.rate.published,
            verdict,
            ron_per_unit: held.rate.ron_per_unit,
            author: who.to_owned(),
            reason: String::new(),
            at_ms: self.starter.seams.clock.now_ms(),
        };
        self.rate_word(&handle.vendor.id, word).await?;
        Ok(1)
    }

    async fn approve(&self, handle: &VendorHandle) -> Result<u64, EngineError> {
        let until_ms = self.starter.seams.clock.now_ms() + APPROVAL_MS;
        let cursor = |name: &str| {
            Write::Cursor(CursorRow {
                vendor: handle.vendor.id.clone(),
                name: name.to_owned(),
                value: until_ms.to_string(),
            })
        };
        let writes = vec![cursor(flows::STOCK_APPROVED), cursor(flows::CATALOGUE_APPROVED)];
        self.starter.seams.journal.write(Change::of(writes)).await.map_err(unavailable)?;
        handle.hub.wake(Flow::Catalog);
        handle.hub.wake(Flow::Stock);
        Ok(1)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used in map_err")]
fn unavailable(why: impl ToString) -> EngineError {
    EngineError::Unavailable(why.to_string())
}

#[async_trait]
impl Engine for NodeEngine {
    async fn sync(&self, request: SyncRequest) -> Result<FlowReport, EngineError> {
        let handle = self.vendor(&request.vendor)?;
        let scope = Scope { sku: request.sku, order: request.order };
        let report = handle
            .hub
            .run(request.flow, scope)
            .await
            .ok_or_else(|| EngineError::Unavailable("the flow is starting again".to_owned()))?;
        // What was read goes on its way at once.
        match request.flow {
            Flow::Orders => handle.hub.wake(Flow::Booking),
            Flow::Catalog | Flow::Price | Flow::Stock | Flow::Reconcile => handle.hub.wake(Flow::Publish),
            Flow::Invoices | Flow::Returns => handle.hub.wake(Flow::Shipping),
            Flow::Shipping | Flow::Tracking => handle.hub.wake(Flow::Commands),
            Flow::Booking | Flow::Publish | Flow::Commands | Flow::Pickups => {}
        }
        Ok(report)
    }

    fn wake(&self, vendor: &VendorId, flow: Flow) {
        if let Ok(handle) = self.vendor(vendor) {
            handle.hub.wake(flow);
        }
    }

    async fn act(
        &self,
        vendor: &VendorId,
        item: i64,
        action: AttentionAction,
        who: &str,
    ) -> Result<u64, EngineError> {
        let handle = self.vendor(vendor)?;
        let item = self.item(vendor, item).await?;
        if !AttentionAction::fitting(item.code).contains(&action) {
            return Err(EngineError::NotPossible(format!("{action:?} does not fit `{}`", item.code)));
        }
        let subjects = self.subjects(vendor, &item).await?;
        if let Some(subject) = subjects.first() {
            let entry = JournalRow {
                vendor: vendor.clone(),
                subject: subject.clone(),
                at_ms: self.starter.seams.clock.now_ms(),
                cause: format!("attention_{}", item.code),
                actor: who.to_owned(),
                old: "open".to_owned(),
                new: format!("{action:?}").to_lowercase(),
            };
            self.starter
                .seams
                .journal
                .write(Change::of(vec![Write::Journal(entry)]))
                .await
                .map_err(unavailable)?;
        }
        let decision = match action {
            AttentionAction::Retry if item.code == Code::Parked => {
                let tried_again = subjects.len() as u64;
                handle.directory.unpark(subjects);
                return Ok(tried_again);
            }
            AttentionAction::Retry => return self.retry(&handle, subjects, who).await,
            AttentionAction::Approve if item.code == Code::RateHeld => {
                return self.judge_rate(&handle, &item, RateVerdict::Confirmed, who).await;
            }
            AttentionAction::Approve => return self.approve(&handle).await,
            AttentionAction::BookAnyway => Decision::BookAnyway,
            AttentionAction::Recreate => Decision::Recreate,
            AttentionAction::MintAgain => Decision::MintAgain,
            AttentionAction::Settled => match item.code {
                Code::RateHeld => return self.judge_rate(&handle, &item, RateVerdict::Refused, who).await,
                Code::PickupUnknown | Code::PickupRefused => {
                    return self.settle_pickups(&handle, subjects, who).await;
                }
                Code::AwbAbandoned | Code::ParcelException => Decision::ParcelsSettled,
                Code::InvoiceDuplicate | Code::InvoiceMismatch => Decision::BillingSettled,
                Code::CancelRefused => Decision::CancelDropped,
                _ => Decision::Settled,
            },
        };
        let mut acted = 0;
        for subject in subjects {
            if let Subject::Order(id) = subject {
                acted += u64::from(self.decide(&handle, id, decision, who).await?);
            }
        }
        for flow in [Flow::Booking, Flow::Commands, Flow::Shipping] {
            handle.hub.wake(flow);
        }
        Ok(acted)
    }

    async fn ask_order(
        &self,
        vendor: &VendorId,
        order: &OrderId,
        event: Event,
        who: &str,
    ) -> Result<bool, EngineError> {
        let handle = self.vendor(vendor)?;
        let who = who.to_owned();
        let changed = handle
            .directory
            .ask_order(order, |reply| OrderMsg::Asked(event, who, reply))
            .await
            .map_err(unavailable)?;
        if changed {
            for flow in [Flow::Commands, Flow::Shipping, Flow::Invoices] {
                handle.hub.wake(flow);
            }
        }
        Ok(changed)
    }

    async fn rate_word(&self, vendor: &VendorId, word: RateWord) -> Result<(), EngineError> {
        let before = self.vendor(vendor)?.vendor;
        let day = before
            .rates
            .history(RateChoice::Vendor, word.currency)
            .find(|day| day.rate.published == word.date);
        let entry = JournalRow {
            vendor: vendor.clone(),
            subject: Subject::Connection(format!("rate {} {}", word.currency, word.date)),
            at_ms: word.at_ms,
            cause: format!("rate_{}", word.verdict.code()),
            actor: word.author.clone(),
            old: day.map_or_else(String::new, |day| format!("{} ({})", day.rate.ron_per_unit, day.source)),
            new: format!("{} ({})", word.ron_per_unit, word.verdict.code()),
        };
        self.starter.store.put_rate_word(vendor, &word, &entry).await.map_err(unavailable)?;
        self.starter.start_vendor(vendor).await.map_err(unavailable)?;
        let vendor = self.vendor(vendor)?.vendor;
        rates::tell(&self.starter.seams, &vendor).await.map_err(unavailable)
    }

    async fn settings(&self, vendor: &VendorId) -> Result<Arc<Vendor>, EngineError> {
        Ok(self.vendor(vendor)?.vendor)
    }

    async fn flows(&self, vendor: &VendorId) -> Result<Vec<FlowStatus>, EngineError> {
        let handle = self.vendor(vendor)?;
        let mut all = Vec::new();
        for flow in Flow::ALL.iter().copied().filter(|flow| !matches!(flow, Flow::Price | Flow::Returns)) {
            all.extend(handle.hub.status(flow).await);
        }
        Ok(all)
    }

    async fn actors(&self, vendor: &VendorId) -> Result<VendorView, EngineError> {
        self.vendor(vendor)?.directory.view().await.map_err(unavailable)
    }
}
