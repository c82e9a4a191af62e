//! Parcels, told by what courier and channel saw.
//!
//! - **A1** at most one waybill per parcel, for ever; after a request whose outcome nobody knows no second one leaves, unless under
//!   the same reserved number, or a person has found that there is none.
//! - **O6** no request to mint leaves later than [`CANCEL_LAG_MS`] after the channel has told us that the order is cancelled.
//! - **A3, A5** a fulfilment names at least one number, each of them a waybill of that order; the channel takes one at most.

use std::collections::{BTreeMap, BTreeSet};

use vortex_domain::OrderId;

/// From hearing that an order is cancelled to the moment when everything that it had begun has ended: a slow commit or two.
pub(super) const CANCEL_LAG_MS: i64 = 5_000;

struct Request {
    call: u64,
    reserved: Option<String>,
    /// A clear no: as if it had never been sent.
    refused: bool,
}

/// What is known of parcels.
#[derive(Default)]
pub(crate) struct Parcels {
    cancelled_ms: BTreeMap<String, i64>,
    requests: BTreeMap<String, Request>,
    confirmed: BTreeSet<String>,
    waybills: BTreeMap<String, Vec<String>>,
    fulfilled: BTreeSet<String>,
}

impl Parcels {
    pub(super) fn told_cancelled(&mut self, at_ms: i64, token: &str) {
        self.cancelled_ms.entry(token.to_owned()).or_insert(at_ms);
    }

    /// What is wrong with sending this request.
    pub(super) fn mint_sent(
        &mut self,
        at_ms: i64,
        call: u64,
        reference: &str,
        reserved: Option<&String>,
        orders: &[OrderId],
    ) -> Option<String> {
        let order = orders.iter().find(|id| id.parcel_reference(1) == reference);
        let token = order.map(OrderId::erp_token).unwrap_or_default();
        let before = self
            .requests
            .insert(reference.to_owned(), Request { call, reserved: reserved.cloned(), refused: false });
        let confirmed = self.confirmed.remove(reference);
        if order.is_none() {
            return Some(format!("A1: a waybill is asked for under {reference}, which is no order's"));
        }
        if let Some(told_ms) = self.cancelled_ms.get(&token).filter(|told| at_ms > **told + CANCEL_LAG_MS) {
            return Some(format!("O6: {reference} is to be minted, cancelled as we know since {told_ms} ms"));
        }
        let before = before.filter(|before| !before.refused && !confirmed)?;
        let same = before.reserved.is_some() && before.reserved.as_ref() == reserved;
        (!same)
            .then(|| format!("A1: {reference} is to be minted again, and nobody knows of the first request"))
    }

    pub(super) fn mint_answered(&mut self, call: u64, minted: bool) {
        let asked = self.requests.values_mut().filter(|request| request.call == call);
        asked.for_each(|request| request.refused = !minted);
    }

    pub(super) fn mint_again(&mut self, reference: &str) {
        self.confirmed.insert(reference.to_owned());
    }

    pub(super) fn minted(&mut self, awb: &str, reference: &str) -> Option<String> {
        let all = self.waybills.entry(reference.to_owned()).or_default();
        all.push(awb.to_owned());
        (all.len() > 1).then(|| format!("A1: {reference} has {} waybills: {all:?}", all.len()))
    }

    /// Waybills of an order's parcel.
    pub(crate) fn under(&self, reference: &str) -> &[String] {
        self.waybills.get(reference).map_or(&[], Vec::as_slice)
    }

    /// Parcels that a waybill was asked for.
    pub(crate) fn asked_for(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn fulfil_sent(&self, token: &str, numbers: &[String], orders: &[OrderId]) -> Option<String> {
        let order = orders.iter().find(|id| id.erp_token() == token)?;
        let ours = self.under(&order.parcel_reference(1));
        let strange = numbers.iter().find(|number| !ours.contains(number));
        if numbers.is_empty() {
            return Some(format!("A5: {token} is to be fulfilled without a waybill"));
        }
        strange
            .map(|number| format!("A3: {token} is to be fulfilled under {number}, which is none of {ours:?}"))
    }

    pub(super) fn fulfilled(&mut self, token: &str) -> Option<String> {
        (!self.fulfilled.insert(token.to_owned())).then(|| format!("A5: {token} is fulfilled twice"))
    }
}
