//! What happens to an order once the ERP has it: parcels, fulfilment, invoices, returns, the clock.

use super::{ChannelState, Ending, Event, Order, Parcel, ParcelEvent, ParcelStage, Stage};
use crate::{shipping::Tracking, vendor::Vendor};

impl Order {
    /// Events of the time after the booking; the others change nothing here.
    pub(super) fn after_sale(&mut self, event: &Event, now_ms: i64, vendor: &Vendor) {
        match event {
            Event::ShippingAsked => self.ship_asked = true,
            Event::ParcelsPlanned(measures) if self.is_unplanned() => {
                self.parcels = (1..).zip(measures).map(|(n, measures)| Parcel::new(n, *measures)).collect();
            }
            Event::Parcel(number, event) => self.parcel(*number, event, now_ms, vendor),
            Event::FulfilRefused(why) => self.fulfil_refused = Some(why.clone()),
            Event::CancelAsked(why) if self.channel.state == ChannelState::Created => {
                self.cancel_asked = Some(why.clone());
            }
            Event::CancelRefused(why) => self.cancel_refused = Some(why.clone()),
            Event::DocumentsRead(documents, read_ms) => {
                self.billing.read(documents, *read_ms);
                // Invoiced, cancelled, and the storno has taken everything back: nothing of it is left in the ERP.
                if self.cancelled()
                    && self.returned().credited == self.channel.quantity
                    && !self.stage.is_closed()
                {
                    self.stage = Stage::Closed { since_ms: now_ms, ending: Ending::Withdrawn };
                }
                self.look_at_the_clock(now_ms, vendor);
            }
            Event::FileKept(file) => {
                self.billing.kept(file);
                self.look_at_the_clock(now_ms, vendor);
            }
            Event::FileAttached(document) => {
                let attached = self.billing.files.iter_mut().filter(|file| file.document == *document);
                attached.for_each(|file| file.attached_ms = file.attached_ms.or(Some(now_ms)));
            }
            Event::FileForeign(document) => self.billing.foreign_file = Some(document.clone()),
            Event::Returned(entry) if self.check_return(entry).is_ok() => {
                let entries = &mut self.returns.entries;
                entries.retain(|known| (known.witness, &known.id) != (entry.witness, &entry.id));
                entries.push(entry.clone());
            }
            Event::Ticked => {
                self.warned = self.warnings_passed(now_ms);
                self.look_at_the_clock(now_ms, vendor);
            }
            _ => {}
        }
    }

    /// No parcel is on its way to a waybill yet.
    fn is_unplanned(&self) -> bool {
        self.parcels.iter().all(|parcel| matches!(parcel.stage, ParcelStage::Waiting { reserved: None }))
    }

    fn parcel(&mut self, number: u32, event: &ParcelEvent, now_ms: i64, vendor: &Vendor) {
        // A waybill typed in by hand needs no plan before it.
        if matches!(event, ParcelEvent::Adopted(_)) && self.parcels.is_empty() && number == 1 {
            self.parcels.push(Parcel::new(1, vendor.shipping.default_parcel));
        }
        let allowed = !matches!(event, ParcelEvent::Starts(_)) || self.may_ship();
        if let Some(parcel) = self.parcels.iter_mut().find(|parcel| parcel.number == number)
            && allowed
        {
            parcel.on(event, now_ms, &vendor.shipping);
        }
    }

    fn look_at_the_clock(&mut self, now_ms: i64, vendor: &Vendor) {
        let policy = &vendor.invoices;
        let passed = |since_ms: Option<i64>, hours: u32| {
            since_ms.is_some_and(|since| now_ms >= since.saturating_add(i64::from(hours) * 3_600_000))
        };
        let booked_ms = match self.stage {
            Stage::Booked { since_ms, .. } => Some(since_ms),
            _ => None,
        };
        let billing = &self.billing;
        let late = billing.invoices().next().is_none() && passed(booked_ms, policy.late_after_h);
        let unkept = policy.archive && billing.unkept().next().is_some();
        let file_late = unkept && passed(billing.found_ms, policy.file_late_after_h);
        self.billing.late = late;
        self.billing.file_late = file_late;
    }

    /// The waybills that the channel is told of, in its own spelling of the carrier.
    pub fn tracking(&self, vendor: &Vendor) -> Vec<Tracking> {
        let spelled = |tracking: &Tracking| Tracking {
            carrier: vendor.shipping.carriers.get(&tracking.carrier).unwrap_or(&tracking.carrier).clone(),
            number: tracking.number.clone(),
        };
        self.parcels.iter().filter_map(Parcel::tracking).map(spelled).collect()
    }

    pub(super) fn try_again(&mut self) {
        self.fulfil_refused = None;
        self.cancel_refused = None;
        for parcel in &mut self.parcels {
            if matches!(parcel.stage, ParcelStage::Held { .. }) {
                parcel.stage = ParcelStage::Waiting { reserved: None };
            }
        }
    }

    pub(super) fn mint_again(&mut self) {
        for parcel in &mut self.parcels {
            if matches!(parcel.stage, ParcelStage::Undecided { .. }) {
                parcel.stage = ParcelStage::Waiting { reserved: None };
            }
        }
    }
}
