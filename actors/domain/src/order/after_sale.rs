//! What happens to an order once the ERP has it: parcels, fulfilment, invoices, returns, the clock.

use super::{ChannelState, Ending, Event, Minting, Order, Parcel, ParcelEvent, ParcelStage, Stage};
use crate::{shipping::Tracking, vendor::Vendor};

impl Order {
    /// Events of the time after the booking; the others change nothing here.
    pub(super) fn after_sale(&mut self, event: &Event, now_ms: i64, vendor: &Vendor) {
        match event {
            Event::ShippingAsked => {
                self.ship_asked = true;
                // Whoever ships it no longer wants it cancelled; what the channel has agreed to is read before anything is minted.
                (self.cancel_asked, self.cancel_refused) = (None, None);
            }
            Event::ParcelsPlanned(packings)
                if self.is_unplanned() && self.check_packing(packings).is_ok() =>
            {
                self.parcels =
                    (1..).zip(packings).map(|(n, packing)| Parcel::new(n, packing.clone())).collect();
            }
            Event::Described(goods) => self.goods.clone_from(goods),
            Event::Parcel(number, event) => self.parcel(*number, event, now_ms, vendor),
            // Nobody can refuse what could not be said.
            Event::FulfilRefused(why) if self.parcels.iter().any(|parcel| parcel.tracking().is_some()) => {
                self.fulfil_refused = Some(why.clone());
            }
            Event::CancelAsked(why) if self.channel.state == ChannelState::Created => {
                self.cancel_asked = Some(why.clone());
            }
            Event::CancelRefused(why) => self.cancel_refused = Some(why.clone()),
            Event::DocumentsRead(documents, read_ms) => {
                // Invoiced, cancelled, and the storno has taken everything back: nothing of it is left in the ERP.
                if self.billing.read(documents, *read_ms)
                    && self.cancelled()
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
                // A clock that steps back must not bring a warning a second time.
                self.warned = self.warned.max(self.warnings_passed(now_ms));
                self.look_at_the_clock(now_ms, vendor);
            }
            _ => {}
        }
    }

    /// No parcel has a waybill or may have one: they can be planned (anew).
    pub fn is_unplanned(&self) -> bool {
        let fresh = |parcel: &Parcel| {
            let untouched =
                matches!(parcel.stage, ParcelStage::Waiting { reserved: None } | ParcelStage::Held { .. });
            untouched && parcel.abandoned.is_empty()
        };
        self.parcels.iter().all(fresh)
    }

    fn parcel(&mut self, number: u32, event: &ParcelEvent, now_ms: i64, vendor: &Vendor) {
        // A waybill typed in by hand needs no plan before it.
        if matches!(event, ParcelEvent::Adopted(_)) && self.parcels.is_empty() && number == 1 {
            self.parcels.push(Parcel::new(1, vendor.shipping.default_parcel));
        }
        if matches!(event, ParcelEvent::Starts(_)) && !self.may_ship() {
            return;
        }
        if let Some(parcel) = self.parcels.iter_mut().find(|parcel| parcel.number == number) {
            parcel.on(event, now_ms, &vendor.shipping);
        } else {
            self.stray_waybills(number, event, now_ms, vendor);
        }
    }

    /// The courier minted for a parcel that a later plan no longer has: its waybill is one too many, and not forgotten.
    fn stray_waybills(&mut self, number: u32, event: &ParcelEvent, now_ms: i64, vendor: &Vendor) {
        let strays = match event {
            ParcelEvent::Answered(Minting::Done { tracking, .. }) => std::slice::from_ref(tracking),
            ParcelEvent::Found(found) => found,
            _ => return,
        };
        if let Some(first) = self.parcels.first_mut() {
            for stray in strays {
                first.abandon(stray);
            }
        } else if !strays.is_empty() {
            let mut parcel = Parcel::new(number, vendor.shipping.default_parcel);
            parcel.on(event, now_ms, &vendor.shipping);
            self.parcels.push(parcel);
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
                parcel.mint_again();
            }
        }
    }
}
