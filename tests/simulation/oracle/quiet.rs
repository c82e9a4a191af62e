//! What must be true once faults have stopped and everything had its time: the world at rest.
//!
//! - **O2** every order has exactly one live document, or an attention item; a cancelled one with a document has an item for it.
//! - **S3** the channel shows what the formula gives, or an item says what the channel refused.
//! - **L1** queues are empty, no stock is held for nobody, every item that is still open has its cause in the world.

use std::collections::{BTreeMap, BTreeSet};

use vortex_domain::{Sku, attention::Code};

use super::after_sale::{self, AfterSale};

/// One order at rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrderAtRest {
    /// The channel has cancelled it.
    pub(crate) cancelled: bool,
    /// Its live documents.
    pub(crate) live: usize,
    /// Documents that it ever had.
    pub(crate) ever: usize,
    /// What stands in front of a person about it.
    pub(crate) raised: BTreeSet<Code>,
    /// What followed its sale.
    pub(crate) after_sale: Option<AfterSale>,
    /// The ERP could deliver it from free units: an item that says otherwise is wrong.
    pub(crate) could_be_delivered: bool,
}

/// One article at rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfferAtRest {
    /// What the channel shows; none when it is not listed.
    pub(crate) shown: Option<u32>,
    /// What it should show; none when it cannot be offered.
    pub(crate) should: Option<u32>,
    /// What stands in front of a person about it.
    pub(crate) raised: BTreeSet<Code>,
}

/// The world at rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct AtRest {
    /// Orders by token.
    pub(crate) orders: BTreeMap<String, OrderAtRest>,
    /// Articles.
    pub(crate) offers: BTreeMap<Sku, OfferAtRest>,
    /// What is open for connections.
    pub(crate) connections: BTreeSet<(String, Code)>,
    /// Queues that are not empty, and how many rows they have.
    pub(crate) queues: BTreeMap<String, i64>,
    /// Reservations that hold stock for an order that is over or unknown.
    pub(crate) orphans: Vec<String>,
    /// Keys that a person is told are parked.
    pub(crate) said_parked: BTreeSet<String>,
    /// Keys that are parked.
    pub(crate) parked: BTreeSet<String>,
    /// Orders whose rows and items disagree.
    pub(crate) disagreeing: Vec<String>,
}

/// What orders must look like soon after faults have stopped; that a document has vanished takes longer to be seen.
pub(crate) fn soon(rest: &AtRest) -> Vec<String> {
    let seen = rest.orders.iter().filter(|(_, order)| order.live > 0 || order.ever == 0);
    orders(seen)
}

fn orders<'a>(orders: impl Iterator<Item = (&'a String, &'a OrderAtRest)>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (token, order) in orders {
        match (order.cancelled, order.live) {
            (_, 2..) => wrong.push(format!("O1: {token} has {} live documents", order.live)),
            (false, 0) if order.raised.is_empty() => {
                wrong.push(format!("O2: {token} has neither a document nor an item"));
            }
            (true, 1) if !order.raised.contains(&Code::CancelledAfterBooking) => {
                wrong.push(format!("O2: {token} is cancelled, has a live document, and nobody is told"));
            }
            _ => {}
        }
    }
    wrong
}

/// What everything must look like.
pub(crate) fn everything(rest: &AtRest) -> Vec<String> {
    let mut wrong = orders(rest.orders.iter());
    for (sku, offer) in &rest.offers {
        let explained =
            offer.raised.contains(&Code::ChannelRefused) || offer.raised.contains(&Code::ArticleBlocked);
        if offer.should.is_some() && offer.shown != offer.should && !explained {
            wrong.push(format!(
                "S3: {sku} shows {:?}, the formula gives {:?}, and nobody is told: {:?}",
                offer.shown, offer.should, offer.raised
            ));
        }
        if offer.raised.contains(&Code::ChannelDrift) {
            wrong.push(format!("L1: {sku} is still said to drift"));
        }
    }
    let waiting = rest.queues.iter().filter(|(_, depth)| **depth > 0);
    wrong.extend(waiting.map(|(queue, depth)| format!("L1: {depth} rows still wait in {queue}")));
    wrong.extend(rest.orphans.iter().map(|orphan| format!("L1: {orphan} is held for nobody")));
    let unsaid = rest.parked.difference(&rest.said_parked);
    wrong.extend(unsaid.map(|key| format!("L1: {key} is parked, and nobody is told")));
    let untrue = rest.said_parked.difference(&rest.parked);
    wrong.extend(untrue.map(|key| format!("L1: {key} is said to be parked, and is not")));
    let passing = |code: &Code| {
        matches!(code, Code::OutcomeUnknown | Code::MonthClosed | Code::ErpRefused | Code::PartnerUnusable)
    };
    for (token, order) in &rest.orders {
        let stale = order.raised.iter().filter(|code| passing(code));
        wrong.extend(stale.map(|code| format!("L1: {token} still waits with {code}")));
        if order.raised.contains(&Code::StockShort) && order.could_be_delivered {
            wrong.push(format!("L1: {token} waits for stock that is there"));
        }
    }
    for (token, order) in &rest.orders {
        wrong.extend(order.after_sale.iter().flat_map(|order| after_sale::wrong(token, order)));
    }
    let open = rest.connections.iter();
    wrong.extend(
        open.map(|(name, code)| format!("L1: {code} of {name} is still open, and nothing is wrong any more")),
    );
    wrong.extend(rest.disagreeing.iter().map(|text| format!("L1: {text}")));
    wrong
}
