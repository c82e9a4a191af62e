//! What can happen to a SKU.

use super::{HeldUnits, InFlight, Refusal, Seen, StockRead};
use crate::{
    article::ErpArticle,
    ids::{OrderId, Sku},
};

/// Something that happened to a SKU.
#[derive(Debug, Clone, PartialEq)]
pub enum SkuEvent {
    /// The ERP's catalogue row.
    ArticleRead(Box<ErpArticle>),
    /// A complete catalogue reading no longer has it.
    ArticleGone,
    /// It has been gone for so long that the channel shall forget it.
    Retired,
    /// The ERP's stock.
    StockRead(StockRead),
    /// A part of this bundle has so many units to give.
    PartAvailable(Sku, i64),
    /// A new order takes units: the channel has sold them.
    Sold(OrderId, HeldUnits),
    /// An order holds units (again: replaces).
    Held(OrderId, HeldUnits),
    /// An order holds nothing any more.
    Freed(OrderId),
    /// A publication leaves.
    PublishStarts(InFlight),
    /// It surely did not leave; try again not before.
    PublishNotSent(i64),
    /// It may have arrived or not.
    PublishUnknown,
    /// The channel took it for processing, except for what it refused at once.
    PublishTaken {
        /// The batch to ask for the verdict; none when there is nothing to wait for.
        batch: Option<String>,
        /// The channel's id of the article.
        article_id: Option<String>,
        /// What was refused at once.
        refused: Vec<Refusal>,
    },
    /// The channel already has the SKU that we tried to create.
    AlreadyListed,
    /// The channel does not know the SKU that we tried to change.
    NotListed,
    /// The batch is decided; everything not refused is accepted.
    Verdict {
        /// Which batch.
        batch: String,
        /// What failed.
        refused: Vec<Refusal>,
    },
    /// No verdict came in time.
    VerdictLost,
    /// The channel was read back.
    Seen(Seen),
    /// A person asks to try refused things again.
    RetryRefused,
    /// A person pauses or resumes it.
    Paused(bool),
}

impl SkuEvent {
    /// The cause's name in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ArticleRead(_) => "article_read",
            Self::ArticleGone => "article_gone",
            Self::Retired => "article_retired",
            Self::StockRead(_) => "stock_read",
            Self::PartAvailable(..) => "part_available",
            Self::Sold(..) => "units_sold",
            Self::Held(..) => "units_held",
            Self::Freed(_) => "units_freed",
            Self::PublishStarts(_) => "publish_started",
            Self::PublishNotSent(_) => "publish_not_sent",
            Self::PublishUnknown => "publish_unanswered",
            Self::PublishTaken { .. } => "publish_answered",
            Self::AlreadyListed => "already_listed",
            Self::NotListed => "not_listed",
            Self::Verdict { .. } => "publish_decided",
            Self::VerdictLost => "verdict_lost",
            Self::Seen(_) => "channel_read",
            Self::RetryRefused => "person_retry",
            Self::Paused(true) => "person_pause",
            Self::Paused(false) => "person_resume",
        }
    }
}
