//! What the engine needs of a sales channel.

use async_trait::async_trait;
use vortex_domain::{
    ChannelOrder, ChannelState, OrderId, Publication, Sku,
    shipping::Tracking,
    sku::{Refusal, Seen},
};

use crate::outcome::CallError;

/// One page of a list of orders.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderPage {
    /// The orders that could be read.
    pub orders: Vec<ChannelOrder>,
    /// Those that could not: kept, shown, never dropped.
    pub unreadable: Vec<Unreadable>,
    /// There may be a next page.
    pub more: bool,
}

/// An order that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its id, when that much was readable.
    pub id: Option<String>,
    /// What is wrong, without personal data.
    pub why: String,
    /// The order as it came, JSON text.
    pub raw: String,
}

/// The answer to accept, cancel, fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandAnswer {
    /// Done now.
    Done,
    /// It was so already: success (cdon.md 16.21).
    AlreadySo,
    /// The order's state forbids it.
    Refused {
        /// The channel's words.
        message: String,
        /// The state that it names, if it names one.
        state: Option<ChannelState>,
    },
}

/// Orders of a channel.
#[async_trait]
pub trait ChannelOrders: Send + Sync {
    /// One page of the orders in a state, counted from 1.
    async fn orders(&self, state: ChannelState, page: u32) -> Result<OrderPage, CallError>;

    /// One order; none when the channel does not know it (any more).
    async fn order(&self, id: &OrderId) -> Result<Option<ChannelOrder>, CallError>;

    /// Promises to deliver.
    async fn accept(&self, id: &OrderId) -> Result<CommandAnswer, CallError>;

    /// Cancels; only before acceptance.
    async fn cancel(&self, id: &OrderId) -> Result<CommandAnswer, CallError>;

    /// Says that the whole order has left, and under which numbers. Final: neither the order nor its tracking can be changed
    /// afterwards (cdon.md 12.7).
    async fn fulfil(&self, id: &OrderId, tracking: &[Tracking]) -> Result<CommandAnswer, CallError>;
}

/// What the channel said at once about one publication of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemAnswer {
    /// In process, except for what was refused at once.
    Taken {
        /// The channel's id of the article, when given.
        article_id: Option<String>,
        /// What was refused.
        refused: Vec<Refusal>,
    },
    /// The channel has it already: change it instead of creating it.
    AlreadyListed,
    /// The channel does not know it: create it instead of changing it.
    NotListed,
    /// The answer does not mention it.
    Unmentioned,
}

/// The immediate answer to a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishReceipt {
    /// The batch to ask for verdicts.
    pub batch: Option<String>,
    /// One answer per publication, in the order sent.
    pub items: Vec<ItemAnswer>,
}

/// The verdict on one publication.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Not decided yet (or not mentioned yet).
    Pending,
    /// Decided; what is not refused is accepted.
    Decided(Vec<Refusal>),
    /// Creation failed because the channel has it already.
    AlreadyListed,
    /// Change failed because the channel does not have it.
    NotListed,
}

/// One page of what the channel shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ListingPage {
    /// What it shows of each SKU.
    pub rows: Vec<(Sku, Seen)>,
    /// There may be a next page.
    pub more: bool,
}

/// Articles, prices and quantities of a channel.
#[async_trait]
pub trait ChannelOffers: Send + Sync {
    /// Most publications in one call: (creations, changes). A change may consist of up to three actions.
    fn batch_limits(&self) -> (usize, usize);

    /// What the channel's rules forbid about a publication, found before sending.
    fn validate(&self, publication: &Publication) -> Vec<Refusal>;

    /// Sends one batch; either all creations or all changes, each SKU once, within the limits.
    async fn publish(&self, batch: &[Publication]) -> Result<PublishReceipt, CallError>;

    /// The verdicts on the given SKUs of a batch, in the order asked.
    async fn verdicts(&self, batch: &str, skus: &[Sku]) -> Result<Vec<Verdict>, CallError>;

    /// One page of everything that the channel shows, counted from 1; `read_ms` is when the reading began.
    /// None when this channel cannot be read back.
    async fn listing(&self, page: u32, read_ms: i64) -> Result<Option<ListingPage>, CallError>;

    /// What the channel shows of one SKU. None when this channel cannot be read back.
    async fn show(&self, sku: &Sku, read_ms: i64) -> Result<Option<Seen>, CallError>;
}
