//! What a person must know or decide about an order, computed from its state.

use super::{BillingDoubt, ChannelState, Hold, Order, Parcel, ParcelStage, Stage};
use crate::{
    article::fingerprint,
    attention::Code,
    invoice::SalesDocument,
    money::Money,
    shipping::{Milestone, Tracking},
};

impl Order {
    /// What a person must know or decide about it now.
    pub fn attention(&self) -> Vec<Hold> {
        let number = self.number();
        let one = |code: Code, params: Vec<String>| Hold { code, cause: self.id.to_string(), params };
        let mut all = Vec::new();
        match &self.stage {
            Stage::Held { hold, .. } => all.push(hold.clone()),
            Stage::Unknown { absent_ms: Some(_), .. } => all.push(one(Code::OutcomeUnknown, vec![number])),
            Stage::Booked { copies, vanished, .. } => {
                if *copies > 1 {
                    all.push(one(Code::DuplicateDocument, vec![copies.to_string(), self.id.erp_token()]));
                }
                if self.cancelled() {
                    all.push(one(Code::CancelledAfterBooking, vec![number]));
                } else if (*vanished || *copies == 0) && !self.absence_settled {
                    all.push(one(Code::DocumentVanished, vec![number]));
                } else if self.amended() {
                    all.push(one(Code::AmendedAfterBooking, vec![number, self.amendment()]));
                }
            }
            _ => {}
        }
        self.shipping_attention(&mut all);
        self.billing_attention(&mut all);
        self.return_attention(&mut all);
        if self.warned > 0 && matches!(self.channel.state, ChannelState::Created | ChannelState::Accepted) {
            let gross = self.channel.net.plus(self.channel.vat).unwrap_or(self.channel.net);
            let deadline = crate::clock::in_words(self.deadline_ms());
            all.push(Hold {
                code: Code::DeadlineNear,
                // Each warning is an item of its own: a later one must be noticed.
                cause: format!("{}:{}", self.id, self.warned),
                params: vec![deadline, self.step().code().to_owned(), gross.to_string()],
            });
        }
        all
    }

    fn number(&self) -> String {
        self.document.as_ref().map_or_else(|| "?".to_owned(), |d| d.number.to_string())
    }

    /// What has changed, without personal data.
    fn amendment(&self) -> String {
        let (before, now) = (self.amended_from.as_deref().unwrap_or("?"), self.channel.in_short());
        if before == now { format!("{now}; ship_to") } else { format!("{before} → {now}") }
    }

    fn shipping_attention(&self, all: &mut Vec<Hold>) {
        let one = |code: Code, params: Vec<String>| Hold { code, cause: self.id.to_string(), params };
        for parcel in &self.parcels {
            let reference = self.id.parcel_reference(parcel.number);
            let (code, params) = match &parcel.stage {
                ParcelStage::Held { why } => (Code::ParcelRefused, vec![reference.clone(), why.clone()]),
                ParcelStage::Undecided { since_ms } => {
                    (Code::AwbUnknown, vec![reference.clone(), crate::clock::in_words(*since_ms)])
                }
                ParcelStage::Minted { tracking, labelled: false, .. } => {
                    (Code::LabelMissing, vec![tracking.number.clone()])
                }
                _ => continue,
            };
            // Each parcel is an item of its own: under one cause the last would hide the others.
            all.push(Hold { code, cause: reference, params });
        }
        if self.parcel_trouble().is_some_and(|trouble| self.parcels_settled != Some(trouble)) {
            let spare = self.spare_waybills();
            if !spare.is_empty() {
                let numbers: Vec<&str> = spare.iter().map(|tracking| tracking.number.as_str()).collect();
                let numbers = numbers.join(", ");
                all.push(Hold { code: Code::AwbAbandoned, cause: numbers.clone(), params: vec![numbers] });
            }
            for (awb, scan) in self.exceptions() {
                all.push(Hold { code: Code::ParcelException, cause: awb.clone(), params: vec![awb, scan] });
            }
        }
        let open = matches!(self.channel.state, ChannelState::Created | ChannelState::Accepted);
        if let Some(why) = self.fulfil_refused.as_ref().filter(|_| open) {
            let numbers: Vec<&str> =
                self.parcels.iter().filter_map(Parcel::tracking).map(|t| t.number.as_str()).collect();
            all.push(one(Code::FulfilRefused, vec![numbers.join(", "), why.clone()]));
        }
        if self.cancel_asked.is_some() && open {
            // Accepted while the wish was on its way: it can no longer be said (cdon.md 12.6), and nothing ships meanwhile.
            let accepted = (self.channel.state == ChannelState::Accepted).then_some("accepted");
            if let Some(why) = self.cancel_refused.as_deref().or(accepted) {
                all.push(one(Code::CancelRefused, vec![why.to_owned()]));
            }
        }
        if self.fulfilled_elsewhere() {
            let shown: Vec<&str> = self.channel.tracking.iter().map(|t| t.number.as_str()).collect();
            let ours: Vec<&str> =
                self.parcels.iter().filter_map(Parcel::tracking).map(|t| t.number.as_str()).collect();
            let shown = if shown.is_empty() { "–".to_owned() } else { shown.join(", ") };
            all.push(one(Code::FulfilledElsewhere, vec![shown, ours.join(", ")]));
        }
    }

    /// The channel shows other numbers than ours, for ever.
    fn fulfilled_elsewhere(&self) -> bool {
        self.channel.state == ChannelState::Fulfilled
            && self
                .parcels
                .iter()
                .filter_map(Parcel::tracking)
                .any(|ours| !self.channel.tracking.iter().any(|shown| shown.number.trim() == ours.number))
    }

    /// Waybills that exist and must not be used: surplus ones, and every one of a cancelled order.
    pub fn spare_waybills(&self) -> Vec<Tracking> {
        let cancelled = self.cancelled();
        let of_parcel = |parcel: &Parcel| {
            let unused = parcel.tracking().filter(|_| cancelled).cloned();
            parcel.abandoned.iter().cloned().chain(unused).collect::<Vec<_>>()
        };
        self.parcels.iter().flat_map(of_parcel).collect()
    }

    /// Waybills whose journey went wrong, with the courier's words.
    fn exceptions(&self) -> Vec<(String, String)> {
        let wrong = |parcel: &&Parcel| {
            matches!(
                parcel.milestone(),
                Milestone::Exception | Milestone::Damaged | Milestone::Lost | Milestone::Returned
            )
        };
        let told = |parcel: &Parcel| {
            let number = parcel.tracking()?.number.clone();
            let last = parcel.scans.iter().rev().find(|scan| scan.milestone.is_some())?;
            Some((number, format!("{} ({})", last.text, last.code)))
        };
        self.parcels.iter().filter(wrong).filter_map(told).collect()
    }

    /// Identifies what is wrong with its parcels now; none when nothing is. What a person has settled is settled only as it
    /// stood then.
    pub fn parcel_trouble(&self) -> Option<u64> {
        let (spare, exceptions) = (self.spare_waybills(), self.exceptions());
        (!spare.is_empty() || !exceptions.is_empty()).then(|| fingerprint(&(spare, exceptions)))
    }

    fn billing_attention(&self, all: &mut Vec<Hold>) {
        let one = |code: Code, params: Vec<String>| Hold { code, cause: self.id.to_string(), params };
        let number = self.number();
        let billing = &self.billing;
        if billing.late && !self.cancelled() {
            all.push(one(Code::InvoiceLate, vec![number.clone()]));
        }
        if billing.file_late {
            let names: Vec<String> = billing.unkept().map(SalesDocument::name).collect();
            all.push(one(Code::InvoiceFileMissing, vec![names.join(", ")]));
        }
        if let Some(document) = &billing.foreign_file {
            all.push(one(Code::InvoiceFileForeign, vec![document.clone()]));
        }
        let doubt = self.billing_doubt();
        if let Some(doubt) = doubt.filter(|doubt| self.billing_settled != Some(fingerprint(doubt))) {
            let ron = |minor| Money::minor(minor, crate::Currency::Ron).to_string();
            all.push(match doubt {
                BillingDoubt::Several(names) => one(Code::InvoiceDuplicate, vec![number, names]),
                BillingDoubt::Total(name, invoiced, ordered) => {
                    one(Code::InvoiceMismatch, vec![name, ron(invoiced), ron(ordered)])
                }
                BillingDoubt::Partner(name, invoiced, ordered) => {
                    one(Code::InvoiceMismatch, vec![name, invoiced, ordered])
                }
            });
        }
    }

    fn return_attention(&self, all: &mut Vec<Hold>) {
        let returned = self.returned();
        let (code, units, owed_minor) = if returned.received > returned.credited {
            let owed_minor = returned.owed_minor - returned.credited_minor;
            (Code::ReturnOpen, returned.received - returned.credited, owed_minor)
        } else if self.returns.reversed && returned.credited < returned.sold {
            let whole = self.sale.as_ref().map_or(0, |sale| sale.total.minor);
            (Code::SaleReversed, returned.sold - returned.credited, whole - returned.credited_minor)
        } else {
            return;
        };
        let invoice = self.billing.invoices().next().map_or_else(|| self.number(), SalesDocument::name);
        let parts: Vec<String> = self
            .sale
            .iter()
            .flat_map(|sale| &sale.lines)
            .map(|line| {
                let each = line.quantity / i64::from(self.channel.quantity.max(1));
                format!("−{} {} {}", each * i64::from(units), line.unit, line.sku)
            })
            .collect();
        let owed = Money::minor(owed_minor, crate::Currency::Ron).to_string();
        all.push(Hold { code, cause: self.id.to_string(), params: vec![invoice, parts.join(", "), owed] });
    }
}
