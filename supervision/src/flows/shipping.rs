//! Waybills: one per parcel, whatever the courier answers (dhl.md section 9).
//!
//! One round: what may be on the wire from an earlier life is unknown; what is unknown is looked up by its reference; what may
//! be minted is minted, each with its intent on disk before the request leaves, after the channel has just been asked whether
//! the order still stands.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use metrics::counter;
use tracing::{info, warn};
use vortex_api::metrics::names;
use vortex_domain::{
    Order, OrderId,
    order::{Due, Errand, Event, Minting, ParcelEvent, ParcelStage},
    sales::business_date,
    shipping::Tracking,
};
use vortex_entities::{Flow, OrderMsg, order::ParcelTask, seams::gather};
use vortex_port::{
    CallError, Courier,
    courier::{Format, MintAnswer, Objection, Paper, PaperKind},
};
use vortex_store::rows::{FileKind, FileRow};

use super::{FlowContext, Stop};
use crate::flow::{Ran, Scope, Work};

/// Orders in one round at most.
const ROUND_LIMIT: u32 = 500;
/// Waybills minted at the same time: the courier takes seconds for each.
const AT_ONCE: usize = 4;

/// Mints waybills.
pub struct Shipping(pub Arc<FlowContext>);

impl Shipping {
    async fn round(&self, courier: &dyn Courier, minted: &mut usize) -> Result<usize, Stop> {
        let context = &self.0;
        let orders = context.due(Errand::Ship, ROUND_LIMIT).await?;
        let looked_at = orders.len();
        // Between two rounds nothing of ours is on the wire.
        let on_the_wire = |order: &&Order| {
            order.parcels.iter().any(|parcel| matches!(parcel.stage, ParcelStage::Minting { .. }))
        };
        let cut_off = orders.iter().filter(on_the_wire).map(|order| (order.id.clone(), Event::Recovered));
        context.happened(cut_off.collect()).await;
        let mut failed = None;
        for order in &orders {
            if let Err(stop) = self.look_up(courier, order).await {
                stop.set_aside(&mut failed)?;
            }
        }
        let to_mint: Vec<OrderId> = orders
            .iter()
            .filter(|order| order.may_ship() && order.errand(Errand::Ship, &context.vendor) == Some(Due::Now))
            .map(|order| order.id.clone())
            .collect();
        // Once the courier does not answer, or an outcome is unknown, those on the wire are waited for and none is begun.
        let halted = AtomicBool::new(false);
        let halted = &halted;
        let ship = |id: OrderId| async move {
            if halted.load(Ordering::Relaxed) {
                return Ok(0);
            }
            let shipped = self.ship(courier, id, halted).await;
            let ends = shipped.as_ref().is_err_and(|stop| !stop.may_be_about_one());
            halted.fetch_or(ends, Ordering::Relaxed);
            shipped
        };
        let answers: Vec<Result<usize, Stop>> =
            stream::iter(to_mint).map(ship).buffer_unordered(AT_ONCE).collect().await;
        *minted += answers.iter().flatten().sum::<usize>();
        failed.or(answers.into_iter().find_map(Result::err)).map_or(Ok(looked_at), Err)
    }

    /// Asks for every parcel whose outcome is unknown and whose time has come.
    async fn look_up(&self, courier: &dyn Courier, order: &Order) -> Result<(), Stop> {
        let context = &self.0;
        for parcel in &order.parcels {
            let ParcelStage::Unknown { since_ms, look_ms, .. } = parcel.stage else { continue };
            if look_ms > context.now_ms() {
                continue;
            }
            let reference = order.id.parcel_reference(parcel.number);
            let day = business_date(since_ms);
            let found = courier.find(&reference, day.yesterday().unwrap_or(day)).await?;
            let carrier = courier.carrier();
            let found =
                found.into_iter().map(|number| Tracking { carrier: carrier.to_owned(), number }).collect();
            let event = Event::Parcel(parcel.number, ParcelEvent::Found(found));
            context.happened(vec![(order.id.clone(), event)]).await;
        }
        Ok(())
    }

    /// Mints what an order waits for. Returns how many waybills that brought.
    async fn ship(&self, courier: &dyn Courier, id: OrderId, halted: &AtomicBool) -> Result<usize, Stop> {
        let context = &self.0;
        // Never for a cancelled order, and cancelled means: as the channel shows it now. A reading that is not on disk is none.
        if !context.read_back(&id).await? {
            return Ok(0);
        }
        let mut minted = 0;
        loop {
            let reserved = courier.reserve().await?;
            let claim =
                context.directory.ask_order(&id, |reply| OrderMsg::ClaimParcel(reserved, reply)).await;
            let Ok(Some(task)) = claim else { return Ok(minted) };
            let objections = courier.validate(&task.parcel);
            if !objections.is_empty() {
                self.answered(&id, task.number, Minting::Refused(in_words(&objections)), Vec::new()).await;
                continue;
            }
            minted += self.mint(courier, &id, &task, halted).await?;
        }
    }

    async fn mint(
        &self,
        courier: &dyn Courier,
        id: &OrderId,
        task: &ParcelTask,
        halted: &AtomicBool,
    ) -> Result<usize, Stop> {
        let vendor = &self.0.vendor.id;
        let (minting, papers, outcome) = match courier.mint(&task.parcel).await {
            MintAnswer::Minted(waybill) => {
                for warning in &waybill.warnings {
                    warn!(vendor.id = %vendor, order.id = %id, warning, "The courier warns");
                }
                info!(vendor.id = %vendor, order.id = %id, awb = waybill.awb, "Waybill of order `{id}` minted");
                let labelled = waybill.papers.iter().any(|paper| paper.kind == PaperKind::Label);
                let tracking = Tracking { carrier: courier.carrier().to_owned(), number: waybill.awb };
                let product = waybill.product;
                (Minting::Done { tracking, labelled, product }, waybill.papers, Ok(1))
            }
            MintAnswer::Refused(objections) => (Minting::Refused(in_words(&objections)), Vec::new(), Ok(0)),
            MintAnswer::NotSent(error) => (Minting::NotSent, Vec::new(), Err(error)),
            MintAnswer::Unknown(error) => {
                halted.store(true, Ordering::Relaxed);
                (Minting::Unknown, Vec::new(), Err(error))
            }
        };
        self.answered(id, task.number, minting, papers).await;
        outcome.map_err(|error: CallError| Stop::Remote(error))
    }

    /// The waybill and its label become durable together, before anybody is told of them.
    async fn answered(&self, id: &OrderId, number: u32, minting: Minting, papers: Vec<Paper>) {
        let context = &self.0;
        let outcome = match &minting {
            Minting::Done { .. } => "minted",
            Minting::Refused(_) => "refused",
            Minting::NotSent => "not_sent",
            Minting::Unknown => "unknown",
        };
        counter!(names::WAYBILLS, "vendor" => context.vendor.id.to_string(), "outcome" => outcome)
            .increment(1);
        let files = papers.into_iter().enumerate().map(|(i, paper)| {
            let (kind, end) = (kind(paper.kind), ending(paper.format));
            let name = if i == 0 { format!("{number}.{end}") } else { format!("{number}-{}.{end}", i + 1) };
            FileRow::new(&context.vendor.id, id, kind, name, paper.bytes, context.now_ms())
        });
        let event = Event::Parcel(number, ParcelEvent::Answered(minting));
        let files: Vec<FileRow> = files.collect();
        gather(|acks| {
            context.directory.to_orders(vec![(id.clone(), OrderMsg::Kept(event, files, acks))]);
        })
        .await;
    }
}

fn kind(kind: PaperKind) -> FileKind {
    match kind {
        PaperKind::Label => FileKind::Label,
        PaperKind::Papers => FileKind::Papers,
    }
}

fn ending(format: Format) -> &'static str {
    match format {
        Format::Pdf => "pdf",
        Format::Zpl => "zpl",
    }
}

fn in_words(objections: &[Objection]) -> String {
    let one = |objection: &Objection| {
        if objection.field.is_empty() {
            objection.rule.clone()
        } else {
            format!("{}: {}", objection.field, objection.rule)
        }
    };
    objections.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[async_trait]
impl Work for Shipping {
    async fn run(&self, _scope: &Scope) -> Ran {
        let Some((name, courier)) = &self.0.remotes.courier else { return Ran::done(0, 0) };
        let mut minted = 0;
        let round = self.round(&**courier, &mut minted).await;
        if minted > 0 {
            self.0.hub.wake(Flow::Commands);
        }
        match round {
            Ok(0) => Ran::done(0, minted),
            Ok(looked_at) => {
                self.0.works(name).await;
                // Unknown outcomes are looked up when their time has come.
                Ran::done(looked_at, minted).again_in(self.0.vendor.shipping.lookup_wait_ms.max(1_000))
            }
            Err(stop) => {
                self.0.report(&stop).await;
                Ran::stopped(0, minted, &stop)
            }
        }
    }
}
