//! What the outside world saw: the only thing that the oracle judges by.

use std::collections::{BTreeMap, BTreeSet};

use vortex_domain::{ChannelOrder, Sku, StockLevel, sales::SaleLine, stock::StockTerms};

/// A stock reading that reached us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The product's time when it asked.
    pub(crate) began_ms: i64,
    /// It is a list without unreadable records, which says of itself that it is complete.
    pub(crate) whole: bool,
    /// It is about one article, asked for by name.
    pub(crate) by_name: bool,
    /// What it said; an article that is not in it was not mentioned.
    pub(crate) levels: BTreeMap<Sku, StockLevel>,
    /// Tokens of the documents that its reserved units contain (or whose units had been taken off by then).
    pub(crate) contains: BTreeSet<String>,
}

/// Why the product says that it pushed a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Basis {
    /// The product's time when it decided.
    pub(crate) at_ms: i64,
    /// When the reading that it rests on began; none for bundles.
    pub(crate) read_ms: Option<i64>,
    /// Its terms.
    pub(crate) terms: StockTerms,
}

/// Units that the product owes to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owed {
    /// The order's token.
    pub(crate) token: String,
    /// Of which article.
    pub(crate) sku: Sku,
    /// Units.
    pub(crate) qty: i64,
}

/// A quantity on its way to the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Push {
    /// Identity.
    pub(crate) id: u64,
    /// Of which article.
    pub(crate) sku: Sku,
    /// The quantity.
    pub(crate) quantity: u32,
    /// The receipt that stood on disk when it left.
    pub(crate) basis: Option<Basis>,
    /// Units owed for longer than the order-seen lag, as far as they were on disk when it left.
    pub(crate) owed: Vec<Owed>,
    /// Safety stocks that were in force around then.
    pub(crate) buffers: Vec<i64>,
    /// A bundle's parts and how many of each; empty for a plain article.
    pub(crate) parts: Vec<(Sku, i64)>,
}

/// Something that happened outside of the product, or to its process.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// The channel holds this version of an order.
    Order(Box<ChannelOrder>),
    /// A stock reading has reached us.
    Reading(Box<Reading>),
    /// An import has left for the ERP.
    ImportSent {
        /// Identity.
        call: u64,
        /// The token in its remark.
        token: String,
        /// Our document number.
        number: i64,
    },
    /// A clear yes or no to an import has reached us.
    ImportAnswered {
        /// Which.
        call: u64,
    },
    /// A complete look-up has reached us.
    LookedUp {
        /// For which tokens.
        tokens: Vec<String>,
        /// When it left.
        sent_ms: i64,
    },
    /// The ERP has a new document.
    Written {
        /// Identity.
        doc: u64,
        /// The token in its remark.
        token: String,
        /// Its number.
        number: i64,
        /// Its lines.
        lines: Vec<SaleLine>,
    },
    /// A document is cancelled, or lost with a restored backup.
    Gone {
        /// Which.
        doc: u64,
    },
    /// A person asked for a vanished document to be created again.
    Recreated {
        /// For which token.
        token: String,
    },
    /// A quantity leaves for the channel.
    Pushed(Box<Push>),
    /// The channel's answer to a push was lost.
    PushUnanswered {
        /// Which.
        push: u64,
    },
    /// The channel's verdict on a push has reached us.
    PushDecided {
        /// Which.
        push: u64,
    },
    /// The channel shows the pushed quantity from now on.
    Applied {
        /// Which.
        push: u64,
    },
    /// The product was told by the channel that an order is cancelled.
    ToldCancelled {
        /// The order's token.
        token: String,
    },
    /// A request to mint has left for the courier.
    MintSent {
        /// Identity.
        call: u64,
        /// The parcel's reference.
        reference: String,
        /// The number that was reserved for it.
        reserved: Option<String>,
    },
    /// A clear yes or no to a request to mint has reached us.
    MintAnswered {
        /// Which.
        call: u64,
        /// Yes.
        minted: bool,
    },
    /// A person said that the courier has no waybill for this parcel.
    MintAgain {
        /// The parcel's reference.
        reference: String,
    },
    /// The courier has a new waybill.
    Minted {
        /// Its number.
        awb: String,
        /// The parcel's reference.
        reference: String,
    },
    /// A fulfilment has left for the channel.
    FulfilSent {
        /// The order's token.
        token: String,
        /// Its tracking numbers.
        numbers: Vec<String>,
    },
    /// The channel has taken a fulfilment from us.
    Fulfilled {
        /// The order's token.
        token: String,
        /// Its tracking numbers.
        numbers: Vec<String>,
    },
    /// The process died, or the database did not take a commit (or did not say so).
    Forgot,
}
