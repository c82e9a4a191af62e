//! Fiscal documents: read from the ERP for everybody who waits, their files kept byte for byte, and attached where the
//! channel takes them. Stornos among them are how returns are noticed.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use jiff::civil::Date;
use metrics::counter;
use vortex_api::metrics::names;
use vortex_domain::{
    Order, OrderId,
    invoice::SalesDocument,
    order::{Errand, Event, KeptFile},
    sales::business_date,
};
use vortex_entities::{Flow, OrderMsg, seams::gather};
use vortex_port::{
    CallError,
    documents::{InvoiceFile, InvoiceFiles, InvoiceWanted, SalesReading},
};
use vortex_store::rows::{FileKind, FileRow};

use super::{FlowContext, Stop, news::News};
use crate::flow::{Ran, Scope, Work};

/// Orders looked for with one set of readings at most.
const ROUND_LIMIT: u32 = 1_000;
/// Orders that share one invoice's bytes looked at at most.
const OWNERS_LIMIT: u32 = 100;

/// Finds and keeps invoices.
pub struct Invoices {
    context: Arc<FlowContext>,
    news: News,
}

impl Invoices {
    /// The flow over a vendor's context.
    pub fn new(context: Arc<FlowContext>) -> Self {
        Self { context, news: News::default() }
    }

    async fn round(&self, only: Option<&OrderId>, kept: &mut usize) -> Result<usize, Stop> {
        let context = &self.context;
        let mut orders = match only {
            Some(id) => context.load(std::slice::from_ref(id)).await?,
            None => context.due(Errand::Invoice, ROUND_LIMIT).await?,
        };
        let since = earliest(&orders);
        let shared =
            if only.is_none() { self.news.wanted_since(context, since.is_some()).await? } else { None };
        let Some(since) = since.into_iter().chain(shared).min() else { return Ok(0) };
        let read_ms = context.now_ms();
        let reading = context.remotes.erp_invoices.sales(since).await?;
        context.works(context.erp()).await;
        // What the ERP has made of orders that nobody has asked about.
        let (told, noticed) = match shared {
            Some(_) => self.news.noticed(context, reading.seen(), since).await?,
            None => Default::default(),
        };
        let due: BTreeSet<OrderId> = orders.iter().map(|order| order.id.clone()).collect();
        let told: Vec<OrderId> = told.into_iter().filter(|id| !due.contains(id)).collect();
        orders.extend(context.load(&told).await?);
        // Of those, some reach further back than the reading does.
        let (far, near): (Vec<&Order>, Vec<&Order>) =
            orders.iter().partition(|order| wanted(order).is_some_and(|wanted| wanted.since < since));
        self.tell(&near, &*reading, read_ms).await;
        if let Some(since) = earliest(far.iter().copied()) {
            let read_ms = context.now_ms();
            let reading = context.remotes.erp_invoices.sales(since).await?;
            self.tell(&far, &*reading, read_ms).await;
        }
        if let Some(noticed) = noticed {
            self.news.remember(noticed, read_ms).await;
        }
        let ids: Vec<OrderId> = orders.iter().map(|order| order.id.clone()).collect();
        let Some((folder, files)) = &context.remotes.invoice_files else { return Ok(ids.len()) };
        for order in context.load(&ids).await? {
            for document in order.billing.unkept() {
                match self.keep(&**files, &order, document).await {
                    Ok(is_kept) => {
                        context.works(folder).await;
                        *kept += usize::from(is_kept);
                    }
                    // One file that is no invoice must not hold back the others.
                    Err(stop @ Stop::Remote(CallError::Implausible { .. })) => context.report(&stop).await,
                    Err(stop) => return Err(stop),
                }
            }
        }
        Ok(ids.len())
    }

    /// Tells orders what a reading shows of them.
    async fn tell(&self, orders: &[&Order], reading: &dyn SalesReading, read_ms: i64) {
        let asked: Vec<(OrderId, InvoiceWanted)> =
            orders.iter().filter_map(|order| Some((order.id.clone(), wanted(order)?))).collect();
        let (ids, wanted): (Vec<OrderId>, Vec<InvoiceWanted>) = asked.into_iter().unzip();
        let events = ids.into_iter().zip(reading.of(&wanted));
        let events = events.map(|(id, documents)| (id, Event::DocumentsRead(documents, read_ms)));
        self.context.happened(events.collect()).await;
    }

    /// Fetches and keeps one document's file. Returns whether it is kept now.
    async fn keep(
        &self,
        files: &dyn InvoiceFiles,
        order: &Order,
        document: &SalesDocument,
    ) -> Result<bool, Stop> {
        let context = &self.context;
        let Some(file) = files.fetch(document).await? else { return Ok(false) };
        let (vendor, name) = (&context.vendor.id, document.name());
        let file_name = format!("{name}.pdf");
        let row = FileRow::new(vendor, &order.id, FileKind::Invoice, file_name, file.bytes, context.now_ms());
        // The same bytes under another document's name are another order's invoice (a stale export, a swapped file). Under the
        // same name they are one invoice of several orders.
        let owners = context.seams.store.files_with(vendor, &row.entry.hash, OWNERS_LIMIT).await?;
        if owners.iter().any(|owner| owner.name != row.entry.name) {
            context.happened(vec![(order.id.clone(), Event::FileForeign(name))]).await;
            return Ok(false);
        }
        let kept = KeptFile {
            document: name,
            hash: row.entry.hash.clone(),
            size: row.entry.size.unsigned_abs(),
            at_ms: row.entry.at_ms,
            attached_ms: None,
        };
        let durable = gather(|acks| {
            let message = OrderMsg::Kept(Event::FileKept(kept), vec![row], acks);
            context.directory.to_orders(vec![(order.id.clone(), message)]);
        })
        .await;
        let kept = u64::from(!durable.is_empty());
        counter!(names::INVOICES_KEPT, "vendor" => vendor.to_string()).increment(kept);
        Ok(kept > 0)
    }

    /// Attaches kept files where the channel takes documents.
    async fn attach(&self) -> Result<usize, Stop> {
        let context = &self.context;
        let Some(channel) = &context.remotes.channel_documents else { return Ok(0) };
        let (mut attached, mut failed) = (0, None);
        for order in context.due(Errand::Attach, ROUND_LIMIT).await? {
            for kept in order.billing.files.iter().filter(|file| file.attached_ms.is_none()) {
                let bytes = context.seams.store.file_content(&context.vendor.id, &kept.hash).await?;
                let Some(bytes) = bytes else { continue };
                let file = InvoiceFile { name: format!("{}.pdf", kept.document), bytes };
                if let Err(error) = channel.attach(&order.id, &file).await {
                    Stop::Remote(error).set_aside(&mut failed)?;
                    continue;
                }
                let event = Event::FileAttached(kept.document.clone());
                attached += context.happened(vec![(order.id.clone(), event)]).await.len();
            }
        }
        failed.map_or(Ok(attached), Err)
    }
}

/// The first day on which any of these orders can have been invoiced.
fn earliest<'o>(orders: impl IntoIterator<Item = &'o Order>) -> Option<Date> {
    orders.into_iter().filter_map(wanted).map(|wanted| wanted.since).min()
}

fn wanted(order: &Order) -> Option<InvoiceWanted> {
    let document = order.document.as_ref()?;
    // A day earlier than anything of ours can be dated: clocks and zones differ.
    let since = document.date.min(business_date(order.channel.created_at_ms));
    Some(InvoiceWanted {
        token: order.id.erp_token(),
        document_number: document.number,
        since: since.yesterday().unwrap_or(since),
    })
}

#[async_trait]
impl Work for Invoices {
    async fn run(&self, scope: &Scope) -> Ran {
        let mut kept = 0;
        let round = self.round(scope.order.as_ref(), &mut kept).await;
        let attached = self.attach().await;
        // What is invoiced may be shipped.
        self.context.hub.wake(Flow::Shipping);
        match (round, attached) {
            (Ok(looked_at), Ok(attached)) => Ran::done(looked_at, kept + attached),
            (Err(stop), _) | (_, Err(stop)) => {
                self.context.report(&stop).await;
                Ran::stopped(0, kept, &stop)
            }
        }
    }
}
