//! Fiscal documents: read from the ERP for everybody who waits, their files kept byte for byte, and attached where the
//! channel takes them. Stornos among them are how returns are noticed.

use std::sync::Arc;

use async_trait::async_trait;
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
    documents::{InvoiceFile, InvoiceFiles, InvoiceWanted},
};
use vortex_store::rows::{FileKind, FileRow};

use super::{FlowContext, Stop};
use crate::flow::{Ran, Scope, Work};

/// Orders looked for with one set of readings at most.
const ROUND_LIMIT: u32 = 1_000;
/// Orders that share one invoice's bytes looked at at most.
const OWNERS_LIMIT: u32 = 100;

/// Finds and keeps invoices.
pub struct Invoices(pub Arc<FlowContext>);

impl Invoices {
    async fn round(&self, only: Option<&OrderId>, kept: &mut usize) -> Result<usize, Stop> {
        let context = &self.0;
        let orders = match only {
            Some(id) => context.load(std::slice::from_ref(id)).await?,
            None => context.due(Errand::Invoice, ROUND_LIMIT).await?,
        };
        let asked: Vec<(OrderId, InvoiceWanted)> =
            orders.iter().filter_map(|order| Some((order.id.clone(), wanted(order)?))).collect();
        if asked.is_empty() {
            return Ok(0);
        }
        let (ids, wanted): (Vec<OrderId>, Vec<InvoiceWanted>) = asked.into_iter().unzip();
        let read_ms = context.now_ms();
        let found = context.remotes.erp_invoices.invoices(&wanted).await?;
        context.works(context.erp()).await;
        let events = ids.iter().cloned().zip(found);
        let events = events.map(|(id, documents)| (id, Event::DocumentsRead(documents, read_ms)));
        context.happened(events.collect()).await;
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

    /// Fetches and keeps one document's file. Returns whether it is kept now.
    async fn keep(
        &self,
        files: &dyn InvoiceFiles,
        order: &Order,
        document: &SalesDocument,
    ) -> Result<bool, Stop> {
        let context = &self.0;
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
        let context = &self.0;
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
        self.0.hub.wake(Flow::Shipping);
        match (round, attached) {
            (Ok(looked_at), Ok(attached)) => Ran::done(looked_at, kept + attached),
            (Err(stop), _) | (_, Err(stop)) => {
                self.0.report(&stop).await;
                Ran::stopped(0, kept, &stop)
            }
        }
    }
}
