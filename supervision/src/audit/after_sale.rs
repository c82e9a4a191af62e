//! After the sale: waybills, tracking on the channel, invoices, returns, one to one.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use vortex_domain::{Order, OrderId, order::Parcel, vendor::MintWhen};
use vortex_simulators::{
    cdon::{OrderState, OrderView},
    dhl::DhlSim,
    winmentor::InvoiceView,
};
use vortex_store::{StoreError, rows::FileKind};

use super::{Audit, PAGE, Sides};

/// The courier's name in our orders.
const CARRIER: &str = "DHL";

/// Compares what followed the booking of every order.
pub(super) async fn compare(
    audit: &mut Audit,
    sides: &Sides<'_>,
    orders: &[OrderView],
) -> Result<(), StoreError> {
    let shown: BTreeMap<&str, &OrderView> = orders.iter().map(|order| (order.id.as_str(), order)).collect();
    let mut invoices: BTreeMap<String, Vec<InvoiceView>> = BTreeMap::new();
    for invoice in sides.erp.invoices() {
        invoices.entry(invoice.token.clone().unwrap_or_default()).or_default().push(invoice);
    }
    let mut after: Option<OrderId> = None;
    loop {
        let page = sides.store.list_orders(&sides.vendor.id, None, after.as_ref(), PAGE).await?;
        let Some((_, last)) = page.last() else { return Ok(()) };
        after = Some(last.id.clone());
        for (_, order) in &page {
            let Some(shown) = shown.get(order.id.as_str()) else { continue };
            let invoices = invoices.remove(&order.id.erp_token()).unwrap_or_default();
            if let Some(courier) = sides.courier {
                waybills(audit, courier, order);
                tracking(audit, sides, order, shown, &invoices);
            }
            returns(audit, order, &invoices);
            compare_files(audit, sides, order, &invoices).await?;
        }
    }
}

fn told(order: &Order) -> bool {
    !order.attention().is_empty()
}

/// A1, A2: one live waybill per parcel; every other one is named to a person, and none is forgotten.
fn waybills(audit: &mut Audit, courier: &DhlSim, order: &Order) {
    for number in 1..=u32::try_from(order.parcels.len().max(1)).unwrap_or(u32::MAX) {
        let reference = order.id.parcel_reference(number);
        let parcel = order.parcels.iter().find(|parcel| parcel.number == number);
        let minted: Vec<String> =
            courier.minted_under(&reference).into_iter().map(|shipment| shipment.awb).collect();
        audit.awbs += minted.len();
        let abandoned = |awb: &String| {
            parcel.is_some_and(|parcel| parcel.abandoned.iter().any(|tracking| tracking.number == *awb))
        };
        let live: Vec<&String> = minted.iter().filter(|awb| !abandoned(awb)).collect();
        if live.len() > 1 {
            audit.awb_duplicates += live.len() - 1;
            audit.say(format!("parcel {reference} has {} live waybills: {live:?}", live.len()));
        }
        // What goes with another carrier is not the courier's to know.
        let ours = parcel.and_then(Parcel::tracking).filter(|tracking| tracking.carrier == CARRIER);
        let ours = ours.map(|tracking| &tracking.number);
        let agrees = match (ours, live.as_slice()) {
            (None, []) => true,
            (Some(ours), live) => live.contains(&ours),
            // Minted, and not known here: only in front of a person.
            (None, _) => told(order),
        };
        if !agrees {
            audit.awb_wrong += 1;
            audit.say(format!("parcel {reference}: DHL has {live:?}, we have {ours:?}"));
        }
    }
    if order.cancelled()
        && !order.spare_waybills().is_empty()
        && !told(order)
        && order.parcels_settled.is_none()
    {
        audit.awb_wrong += 1;
        audit.say(format!("order {} is cancelled and nobody was told of its waybill", order.id));
    }
}

/// A3: what CDON shows is our waybill; what may leave has left.
fn tracking(
    audit: &mut Audit,
    sides: &Sides<'_>,
    order: &Order,
    shown: &OrderView,
    invoices: &[InvoiceView],
) {
    let its_time = match sides.vendor.shipping.mint_when {
        MintWhen::Booked => true,
        MintWhen::Invoiced => invoices.iter().any(|invoice| invoice.posted),
        MintWhen::Manual => false,
    };
    let ours = order.tracking(sides.vendor);
    match shown.state {
        OrderState::Fulfilled => {
            let numbers: Vec<&str> =
                shown.tracking.iter().filter_map(|parcel| parcel["tracking_number"].as_str()).collect();
            if !ours.is_empty() && ours.iter().all(|tracking| numbers.contains(&tracking.number.as_str())) {
                audit.tracking_on_channel += 1;
            } else {
                audit.tracking_wrong += 1;
                audit.say(format!("order {}: CDON shows {numbers:?}, ours is {ours:?}", order.id));
            }
        }
        OrderState::Created | OrderState::Accepted
            if (its_time || order.ship_asked) && order.may_ship() && !told(order) =>
        {
            audit.unshipped += 1;
            audit.say(format!("order {} is booked and has not left: {}", order.id, order.summary()));
        }
        _ => {}
    }
}

/// V1: every kept file is the ERP's, byte for byte, and of that order.
async fn compare_files(
    audit: &mut Audit,
    sides: &Sides<'_>,
    order: &Order,
    invoices: &[InvoiceView],
) -> Result<(), StoreError> {
    if !sides.vendor.invoices.archive {
        return Ok(());
    }
    let entries = sides.store.files_of(&sides.vendor.id, &order.id).await?;
    let mut kept: BTreeMap<String, String> = entries
        .into_iter()
        .filter(|entry| entry.kind == FileKind::Invoice)
        .map(|entry| (entry.name, entry.hash))
        .collect();
    for document in invoices.iter().flat_map(|invoice| std::iter::once(invoice).chain(&invoice.stornos)) {
        let name = format!("{}{}.pdf", document.series, document.number);
        let truth = sides.erp.invoice_pdf_bytes(&document.series, document.number);
        let bytes = match kept.remove(&name) {
            Some(hash) => sides.store.file_content(&sides.vendor.id, &hash).await?,
            None if told(order) || !document.posted => continue,
            None => None,
        };
        if bytes.is_some() && bytes == truth {
            audit.invoices_archived += 1;
        } else {
            audit.invoices_wrong += 1;
            let found = bytes.map_or("nothing".to_owned(), |bytes| format!("{} other bytes", bytes.len()));
            audit.say(format!("order {}: {name} is kept as {found}", order.id));
        }
    }
    for name in kept.into_keys() {
        audit.invoices_wrong += 1;
        audit.say(format!("order {} keeps {name}, which is none of its documents", order.id));
    }
    Ok(())
}

/// Each return is counted once and credited in the ERP, or a person knows what is missing.
fn returns(audit: &mut Audit, order: &Order, invoices: &[InvoiceView]) {
    let returned = order.returned();
    let credited: Decimal = invoices
        .iter()
        .flat_map(|invoice| &invoice.stornos)
        .flat_map(|s| &s.lines)
        .map(|line| -line.qty)
        .sum();
    let plain = order.sale.as_ref().is_some_and(|sale| sale.lines.len() == 1);
    if plain && credited.to_u32() != Some(returned.credited) {
        audit.returns_wrong += 1;
        audit.say(format!("order {}: the ERP credits {credited}, we count {}", order.id, returned.credited));
    } else if returned.is_reconciled() {
        // What was cancelled and taken back has never been at the buyer's.
        audit.returns_reconciled += usize::from(!order.cancelled());
    } else if !returned.is_none() && !told(order) {
        audit.returns_wrong += 1;
        audit.say(format!("order {}: a return is open and nobody is told: {returned:?}", order.id));
    }
}
