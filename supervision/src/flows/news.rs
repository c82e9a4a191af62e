//! What the ERP has made of orders that nobody has asked about: a storno of the clerk's own accord, an invoice that was altered.
//!
//! One reading of the running month serves everybody. What stands in it is recognised by its print; only documents that are new
//! or changed are looked up, by the order number, token or invoice that they name. So noticing costs no call per order, and its
//! memory follows the documents of a month.

use std::collections::BTreeSet;

use jiff::{ToSpan as _, civil::Date};
use tokio::sync::Mutex;
use vortex_domain::{
    OrderId,
    order::{Errand, Mark},
    sales::business_date,
};
use vortex_port::documents::SaleSeen;
use vortex_store::rows::EffectKind;

use super::{FlowContext, Stop};

/// A document of the last days of a month may be entered on the first ones of the next.
const REACH_DAYS: i64 = 5;
/// Orders told in one round at most; what names more waits for the next.
const ORDERS_LIMIT: usize = 1_000;
/// Keys looked up in one query.
const KEYS_AT_ONCE: usize = 500;

/// The documents of a reading that everybody concerned knows.
pub(super) struct Known {
    since: Date,
    prints: BTreeSet<u64>,
}

#[derive(Default)]
struct Memory {
    /// None until a first reading.
    known: Option<Known>,
    read_ms: i64,
}

/// Tells news from what is known.
#[derive(Default)]
pub(super) struct News(Mutex<Memory>);

impl News {
    /// From which day on sales are to be read for everybody now; none when it is not their time yet, or nobody has an invoice. A
    /// reading that is made anyway is everybody's.
    pub(super) async fn wanted_since(
        &self,
        context: &FlowContext,
        anyway: bool,
    ) -> Result<Option<Date>, Stop> {
        let now_ms = context.now_ms();
        let next_ms = self.0.lock().await.read_ms.saturating_add(context.vendor.invoices.look_every_ms);
        if !anyway && now_ms < next_ms {
            return Ok(None);
        }
        let kind = EffectKind::Order(Errand::Invoice);
        let watched = context.seams.store.due_effects(&context.vendor.id, kind, i64::MAX, 1).await?;
        let reach = business_date(now_ms).saturating_sub(REACH_DAYS.days()).first_of_month();
        Ok((!watched.is_empty()).then_some(reach))
    }

    /// The orders that something new or changed in this reading names, and what to remember once they are told.
    pub(super) async fn noticed(
        &self,
        context: &FlowContext,
        seen: Vec<SaleSeen>,
        since: Date,
    ) -> Result<(Vec<OrderId>, Option<Known>), Stop> {
        let since = since.first_of_month();
        let mut prints = BTreeSet::new();
        let mut news = Vec::new();
        {
            let memory = self.0.lock().await;
            let known = memory.known.as_ref();
            for document in seen {
                let known_as_it_is = known.is_some_and(|known| known.prints.contains(&document.print));
                // What is read for the first time is no news; a storno in it may be one that nobody was told of.
                let first_time = known.is_none_or(|known| document.date < known.since);
                if known_as_it_is || (first_time && !document.storno) {
                    prints.insert(document.print);
                } else {
                    news.push(document);
                }
            }
        }
        let mut told: BTreeSet<OrderId> = BTreeSet::new();
        for chunk in news.chunks(KEYS_AT_ONCE) {
            if told.len() >= ORDERS_LIMIT {
                break;
            }
            told.extend(named(context, chunk).await?);
            prints.extend(chunk.iter().map(|document| document.print));
        }
        Ok((told.into_iter().collect(), Some(Known { since, prints })))
    }

    /// Everybody concerned knows these now. Not told, they would be news again.
    pub(super) async fn remember(&self, known: Known, read_ms: i64) {
        let mut memory = self.0.lock().await;
        memory.known = Some(known);
        memory.read_ms = read_ms;
    }
}

/// The orders that these documents name, by number, token or invoice.
async fn named(context: &FlowContext, documents: &[SaleSeen]) -> Result<BTreeSet<OrderId>, Stop> {
    let (store, vendor) = (&context.seams.store, &context.vendor.id);
    let numbers: BTreeSet<i64> = documents.iter().flat_map(|document| &document.numbers).copied().collect();
    let tokens: BTreeSet<OrderId> = documents
        .iter()
        .flat_map(|document| &document.tokens)
        .flat_map(|token| OrderId::of_erp_token(token))
        .collect();
    let names: BTreeSet<Mark> = documents
        .iter()
        .flat_map(|document| &document.names)
        .map(|name| Mark::invoice(name.clone()))
        .collect();
    let mut orders = tokens;
    for chunk in numbers.into_iter().collect::<Vec<_>>().chunks(KEYS_AT_ONCE) {
        orders.extend(store.numbered(vendor, chunk).await?);
    }
    for chunk in names.into_iter().collect::<Vec<_>>().chunks(KEYS_AT_ONCE) {
        orders.extend(store.marked(vendor, chunk).await?.into_iter().map(|(_, id)| id));
    }
    Ok(orders)
}
