//! The way to a vendor's SKUs and orders. Actors are spawned on the first message; nobody else holds their references.

use ractor::ActorRef;
use tokio::sync::oneshot;
use vortex_domain::{OrderId, Sku, attention::Subject};

use crate::{
    order::OrderMsg,
    seams::Reply,
    sku::SkuMsg,
    vendor::{VendorMsg, VendorView},
};

/// The message was not handled: the actor ended or its rows could not be read. Whatever must happen is a row, and is
/// tried again from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing was decided; the work is still on disk and will be tried again")]
pub struct Undecided;

/// A cheap handle to one vendor's actors.
#[derive(Clone)]
pub struct Directory {
    vendor: ActorRef<VendorMsg>,
}

impl Directory {
    /// A handle over the vendor's actor.
    pub fn new(vendor: ActorRef<VendorMsg>) -> Self {
        Self { vendor }
    }

    /// Sends to many SKUs; their rows are read in as few queries as possible.
    pub fn to_skus(&self, messages: Vec<(Sku, SkuMsg)>) {
        // A vendor that is shutting down drops the messages; their rows stay.
        let _ = self.vendor.cast(VendorMsg::ToSkus(messages));
    }

    /// Sends to many orders.
    pub fn to_orders(&self, messages: Vec<(OrderId, OrderMsg)>) {
        let _ = self.vendor.cast(VendorMsg::ToOrders(messages));
    }

    /// Asks one SKU.
    pub async fn ask_sku<T>(
        &self,
        sku: &Sku,
        message: impl FnOnce(Reply<T>) -> SkuMsg,
    ) -> Result<T, Undecided> {
        let (reply, answer) = oneshot::channel();
        self.to_skus(vec![(sku.clone(), message(reply))]);
        answer.await.map_err(|_| Undecided)
    }

    /// Asks one order.
    pub async fn ask_order<T>(
        &self,
        id: &OrderId,
        message: impl FnOnce(Reply<T>) -> OrderMsg,
    ) -> Result<T, Undecided> {
        let (reply, answer) = oneshot::channel();
        self.to_orders(vec![(id.clone(), message(reply))]);
        answer.await.map_err(|_| Undecided)
    }

    /// Lets actors leave that a wave of work has brought up; whoever is needed again starts from rows.
    pub fn dismiss(&self, skus: Vec<Sku>) {
        let _ = self.vendor.cast(VendorMsg::Dismiss(skus));
    }

    /// Lets these be tried again, though they failed too often, and settles what was raised about it.
    pub fn unpark(&self, subjects: Vec<Subject>) {
        let _ = self.vendor.cast(VendorMsg::Unpark(subjects));
    }

    /// What the vendor's actors are doing now.
    pub async fn view(&self) -> Result<VendorView, Undecided> {
        let (reply, answer) = oneshot::channel();
        let _ = self.vendor.cast(VendorMsg::View(reply));
        answer.await.map_err(|_| Undecided)
    }
}
