//! What happens to an order after the sale, as it is shown: parcels, fulfilment, invoices, returns, the clock.

use serde::Serialize;
use utoipa::ToSchema;
use vortex_domain::{
    ChannelState, Currency, Money, Order, Sku,
    attention::Reader,
    invoice::SalesDocument,
    order::{Parcel, ParcelStage, ReturnEntry, Witness},
    shipping::Tracking,
};
use vortex_store::rows::{FileEntry, FileKind};

use super::orders::MoneyView;

/// CDON expects an order to be handled within so long, milliseconds (cdon.md section 13).
const HANDLE_WITHIN_MS: i64 = 72 * 3_600_000;

/// The step that an order waits for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// `step_hold`, `step_erp`, `step_invoice`, `step_awb`, `step_awb_unknown`, `step_fulfil` or `step_none`.
    pub(crate) code: &'static str,
    /// The same in the language asked for.
    pub(crate) text: &'static str,
}

impl StepView {
    pub(crate) fn of(order: &Order, reader: Reader) -> Self {
        let step = order.step();
        Self { code: step.code(), text: step.words(reader) }
    }
}

fn words(reader: Reader, ro: &'static str, en: &'static str) -> &'static str {
    match reader {
        Reader::Ro => ro,
        Reader::En => en,
    }
}

/// A waybill.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrackingView {
    /// Who carries it.
    pub(crate) carrier: String,
    /// The carrier's number (AWB).
    pub(crate) number: String,
}

impl From<&Tracking> for TrackingView {
    fn from(tracking: &Tracking) -> Self {
        Self { carrier: tracking.carrier.clone(), number: tracking.number.clone() }
    }
}

/// One scan of a parcel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScanView {
    /// Local time of the place where it happened.
    pub(crate) at: String,
    /// The carrier's code.
    pub(crate) code: String,
    /// The carrier's words.
    pub(crate) text: String,
    /// What it means; absent for a code that changes nothing.
    pub(crate) milestone: Option<&'static str>,
}

/// Units of an article.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoodsView {
    /// The article.
    pub(crate) sku: String,
    /// Units.
    pub(crate) units: i64,
}

impl GoodsView {
    fn of(sku: &Sku, units: i64) -> Self {
        Self { sku: sku.to_string(), units }
    }
}

/// One parcel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParcelView {
    /// From 1.
    pub(crate) number: u32,
    /// Grams, packaging included.
    pub(crate) weight_g: u32,
    /// Centimetres.
    pub(crate) length_cm: u32,
    /// Centimetres.
    pub(crate) width_cm: u32,
    /// Centimetres.
    pub(crate) height_cm: u32,
    /// `waiting`, `held`, `minting`, `unknown`, `undecided` (a person decides) or `minted`.
    pub(crate) stage: &'static str,
    /// Why it is held.
    pub(crate) held: Option<String>,
    /// Its waybill.
    pub(crate) tracking: Option<TrackingView>,
    /// Where it is: `announced`, `collected`, `moving`, `delivered` and so on.
    pub(crate) milestone: &'static str,
    /// Its journey, oldest first.
    pub(crate) scans: Vec<ScanView>,
    /// Its label can be printed from here.
    pub(crate) label: bool,
    /// Further waybills minted for it, which must not be used.
    pub(crate) abandoned: Vec<TrackingView>,
    /// Which goods lie in it; empty where nobody has said.
    pub(crate) goods: Vec<GoodsView>,
    /// Articles that customs reads of by their name in the ERP: their content has no English title.
    pub(crate) untranslated: Vec<String>,
}

impl ParcelView {
    pub(crate) fn new(order: &Order, parcel: &Parcel, files: &[FileEntry]) -> Self {
        let (stage, held) = match &parcel.stage {
            ParcelStage::Waiting { .. } => ("waiting", None),
            ParcelStage::Held { why } => ("held", Some(why.clone())),
            ParcelStage::Minting { .. } => ("minting", None),
            ParcelStage::Unknown { .. } => ("unknown", None),
            ParcelStage::Undecided { .. } => ("undecided", None),
            ParcelStage::Minted { .. } => ("minted", None),
        };
        let of_parcel = |name: &str| {
            let digits = name.find(|c: char| !c.is_ascii_digit()).and_then(|end| name.get(..end));
            digits.and_then(|digits| digits.parse().ok()) == Some(parcel.number)
        };
        let scans = parcel.scans.iter().map(|scan| ScanView {
            at: scan.at.to_string(),
            code: scan.code.clone(),
            text: scan.text.clone(),
            milestone: scan.milestone.map(vortex_domain::shipping::Milestone::name),
        });
        Self {
            number: parcel.number,
            weight_g: parcel.measures.weight_g,
            length_cm: parcel.measures.length_cm,
            width_cm: parcel.measures.width_cm,
            height_cm: parcel.measures.height_cm,
            stage,
            held,
            tracking: parcel.tracking().map(Into::into),
            milestone: parcel.milestone().name(),
            scans: scans.collect(),
            label: files.iter().any(|file| file.kind == FileKind::Label && of_parcel(&file.name)),
            abandoned: parcel.abandoned.iter().map(Into::into).collect(),
            goods: parcel.goods.iter().map(|(sku, units)| GoodsView::of(sku, *units)).collect(),
            untranslated: order.untranslated(parcel).iter().map(ToString::to_string).collect(),
        }
    }
}

/// What the channel knows of the shipping.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FulfilmentView {
    /// The channel shows it fulfilled.
    pub(crate) done: bool,
    /// Why the channel does not take it.
    pub(crate) refused: Option<String>,
    /// The waybills that the channel shows.
    pub(crate) shown: Vec<TrackingView>,
}

/// A cancellation that a person asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CancellationView {
    /// Why.
    pub(crate) reason: String,
    /// Why the channel does not cancel.
    pub(crate) refused: Option<String>,
    /// The channel shows it cancelled.
    pub(crate) done: bool,
}

/// The kept file of an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptView {
    /// SHA-256 of its bytes, base64url.
    pub(crate) hash: String,
    /// Bytes.
    pub(crate) size: u64,
    /// When it was kept, milliseconds since 1970.
    pub(crate) kept_ms: i64,
}

/// A fiscal document of the ERP.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceView {
    /// Series; may be empty.
    pub(crate) series: String,
    /// Number within the series.
    pub(crate) number: String,
    /// Its date.
    pub(crate) date: String,
    /// With VAT; negative for a storno.
    pub(crate) total: MoneyView,
    /// Goods come back with it.
    pub(crate) storno: bool,
    /// Its file; absent while it is not there.
    pub(crate) file: Option<KeptView>,
    /// `missing`, `archived` (kept; the channel takes no documents), `to_attach` or `attached`.
    pub(crate) state: &'static str,
    /// The same in the language asked for.
    pub(crate) text: &'static str,
}

impl InvoiceView {
    fn new(order: &Order, document: &SalesDocument, takes_documents: bool, reader: Reader) -> Self {
        let file = order.billing.file_of(document);
        let (state, ro, en) = match file {
            None => ("missing", "fișierul lipsește încă", "its file is not there yet"),
            Some(file) if file.attached_ms.is_some() => {
                ("attached", "arhivată și atașată pe canal", "archived and attached on the channel")
            }
            Some(_) if takes_documents => (
                "to_attach",
                "arhivată; se atașează pe canal",
                "archived; about to be attached on the channel",
            ),
            Some(_) => (
                "archived",
                "arhivată; canalul nu primește documente",
                "archived; the channel takes no documents",
            ),
        };
        Self {
            series: document.series.clone(),
            number: document.number.clone(),
            date: document.date.to_string(),
            total: Money::minor(document.total_minor, Currency::Ron).into(),
            storno: document.is_storno(),
            file: file.map(|file| KeptView { hash: file.hash.clone(), size: file.size, kept_ms: file.at_ms }),
            state,
            text: words(reader, ro, en),
        }
    }
}

/// The figures of what came back, in units of the order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReturnedView {
    /// `none`, `open` or `reconciled` (credited in the ERP, in units and in money).
    pub(crate) state: &'static str,
    /// Sold.
    pub(crate) sold: u32,
    /// Reported.
    pub(crate) advised: u32,
    /// Arrived.
    pub(crate) received: u32,
    /// Taken back into stock by the ERP's storno.
    pub(crate) restocked: u32,
    /// Cannot be sold again.
    pub(crate) scrapped: u32,
    /// Credited by the ERP's stornos.
    pub(crate) credited: u32,
    /// Net amount of what was received.
    pub(crate) owed: MoneyView,
    /// Net amount of the stornos.
    pub(crate) credited_amount: MoneyView,
}

impl ReturnedView {
    pub(crate) fn of(order: &Order) -> Self {
        let returned = order.returned();
        let ron = |minor| Money::minor(minor, Currency::Ron).into();
        Self {
            state: returned.state().name(),
            sold: returned.sold,
            advised: returned.advised,
            received: returned.received,
            restocked: returned.restocked,
            scrapped: returned.scrapped,
            credited: returned.credited,
            owed: ron(returned.owed_minor),
            credited_amount: ron(returned.credited_minor),
        }
    }
}

/// One report about a return.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReturnEntryView {
    /// The witness's id of it.
    pub(crate) id: String,
    /// `person` or `report`.
    pub(crate) witness: &'static str,
    /// Units reported.
    pub(crate) advised: u32,
    /// Units arrived.
    pub(crate) received: u32,
    /// Units that cannot be sold again.
    pub(crate) scrapped: u32,
    /// When it was entered, milliseconds since 1970.
    pub(crate) at_ms: i64,
}

impl From<&ReturnEntry> for ReturnEntryView {
    fn from(entry: &ReturnEntry) -> Self {
        let witness = match entry.witness {
            Witness::Person => "person",
            Witness::Report => "report",
        };
        Self {
            id: entry.id.clone(),
            witness,
            advised: entry.advised,
            received: entry.received,
            scrapped: entry.scrapped,
            at_ms: entry.at_ms,
        }
    }
}

/// What happens to an order after the sale.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AfterSale {
    /// The step that it waits for.
    pub(crate) step: StepView,
    /// CDON expects it to be handled by then, milliseconds since 1970.
    pub(crate) handle_by_ms: i64,
    /// After it the channel cancels, whether the channel names the time or not.
    pub(crate) cancelled_after_ms: i64,
    /// What is lost when it is not sent in time, with VAT; absent once it is fulfilled or cancelled.
    pub(crate) at_stake: Option<MoneyView>,
    /// A person said: ship it now.
    pub(crate) ship_asked: bool,
    /// What is in it, of a bundle its parts: what parcels can be filled with.
    pub(crate) goods: Vec<GoodsView>,
    /// Its parcels, once it was to be shipped.
    pub(crate) parcels: Vec<ParcelView>,
    /// Waybills that exist and must not be used.
    pub(crate) spare_waybills: Vec<TrackingView>,
    /// What the channel knows of the shipping.
    pub(crate) fulfilment: FulfilmentView,
    /// A cancellation that a person asked for.
    pub(crate) cancellation: Option<CancellationView>,
    /// Its fiscal documents, as the newest reading of the ERP shows them.
    pub(crate) invoices: Vec<InvoiceView>,
    /// When the ERP was last read for them.
    pub(crate) invoices_read_ms: Option<i64>,
    /// The figures of what came back.
    pub(crate) returned: ReturnedView,
    /// Who reported what of it.
    pub(crate) returns: Vec<ReturnEntryView>,
}

impl AfterSale {
    pub(crate) fn new(order: &Order, files: &[FileEntry], takes_documents: bool, reader: Reader) -> Self {
        let channel = &order.channel;
        let billing = &order.billing;
        let gross = || channel.net.plus(channel.vat).unwrap_or(channel.net).into();
        let invoice = |document| InvoiceView::new(order, document, takes_documents, reader);
        Self {
            step: StepView::of(order, reader),
            handle_by_ms: channel.created_at_ms.saturating_add(HANDLE_WITHIN_MS),
            cancelled_after_ms: order.deadline_ms(),
            at_stake: matches!(channel.state, ChannelState::Created | ChannelState::Accepted).then(gross),
            ship_asked: order.ship_asked,
            goods: order.goods.iter().map(|goods| GoodsView::of(&goods.sku, goods.quantity)).collect(),
            parcels: order.parcels.iter().map(|parcel| ParcelView::new(order, parcel, files)).collect(),
            spare_waybills: order.spare_waybills().iter().map(Into::into).collect(),
            fulfilment: FulfilmentView {
                done: channel.state == ChannelState::Fulfilled,
                refused: order.fulfil_refused.clone(),
                shown: channel.tracking.iter().map(Into::into).collect(),
            },
            cancellation: order.cancel_asked.clone().map(|reason| CancellationView {
                reason,
                refused: order.cancel_refused.clone(),
                done: order.cancelled(),
            }),
            invoices: billing.documents.iter().map(invoice).collect(),
            invoices_read_ms: billing.read_ms,
            returned: ReturnedView::of(order),
            returns: order.returns.entries.iter().map(Into::into).collect(),
        }
    }
}
