//! What the faces may ask of a vendor's mapping: versions, drafts, preview, trials. The rules themselves are the domain's.

use async_trait::async_trait;
use vortex_domain::{
    Language, Market, VendorId,
    mapping::preview::{Preview, Replay},
    mapping::{Finding, Mapping, Schemas},
};
use vortex_store::registry::{DraftRecord, MappingRecord, TrialEnd, TrialRecord, TrialTerms};

/// Which mapping is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one that is live.
    Live,
    /// A version; 0 is the built-in mapping.
    Version(i64),
    /// A draft by its name.
    Draft(String),
}

/// A mapping with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number; none for a draft.
    pub version: Option<i64>,
    /// Of a draft: the version that was live when it was begun.
    pub base: Option<i64>,
    /// The rules.
    pub mapping: Mapping,
    /// Who wrote it.
    pub author: String,
    /// Why.
    pub note: String,
    /// When; 0 for the built-in one.
    pub at_ms: i64,
}

/// A wish to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Who.
    pub author: String,
    /// Why.
    pub note: String,
    /// The same key makes no second version.
    pub key: String,
    /// It may change more of the catalogue than the limit of mass changes.
    pub mass_change: bool,
    /// First on a share of the SKUs.
    pub trial: Option<TrialTerms>,
}

/// Where a row of a table counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Only in this market.
    pub market: Option<Market>,
    /// Only in this language.
    pub language: Option<Language>,
}

/// A trial and what came of it so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// The trial.
    pub record: TrialRecord,
    /// Publications that the channel has accepted.
    pub accepted: i64,
    /// Publications that the channel has refused.
    pub rejected: i64,
}

/// Something was not done.
#[derive(Debug, thiserror::Error)]
pub enum MappingsError {
    /// No such vendor, version, draft or trial.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The mapping cannot be used; everything that is wrong with it.
    #[error("the mapping cannot be used")]
    Findings(Vec<Finding>),
    /// It is no mapping at all.
    #[error("{0}")]
    Unreadable(String),
    /// It clashes with the state of things; what to do.
    #[error("{0}")]
    Conflict(String),
    /// Not now.
    #[error("{0}")]
    Unavailable(String),
}

/// A vendor's mapping.
#[async_trait]
pub trait Mappings: Send + Sync + 'static {
    /// Versions below the given one, newest first, and the number of the live one.
    async fn versions(
        &self,
        vendor: &VendorId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<MappingRecord>, i64), MappingsError>;
    /// One mapping.
    async fn read(&self, vendor: &VendorId, which: &Which) -> Result<Found, MappingsError>;
    /// The vendor's drafts.
    async fn drafts(&self, vendor: &VendorId) -> Result<Vec<DraftRecord>, MappingsError>;
    /// Saves a draft. Rules that are not `whole` go over the live ones: they say only what differs.
    async fn save(
        &self,
        vendor: &VendorId,
        name: &str,
        mapping: Mapping,
        whole: bool,
        author: &str,
    ) -> Result<Found, MappingsError>;
    /// Drops a draft.
    async fn drop_draft(&self, vendor: &VendorId, name: &str) -> Result<(), MappingsError>;
    /// Everything that is wrong with a mapping; nothing when it can be published.
    async fn check(&self, vendor: &VendorId, which: &Which) -> Result<Vec<Finding>, MappingsError>;
    /// What it would change of the catalogue and of the last orders.
    async fn preview(&self, vendor: &VendorId, which: &Which) -> Result<Preview, MappingsError>;
    /// What it would have made of the prices that were published in the last days.
    async fn replay(&self, vendor: &VendorId, which: &Which, days: u16) -> Result<Replay, MappingsError>;
    /// Publishes a draft, at once or first on trial; the number of the version.
    async fn publish(&self, vendor: &VendorId, draft: &str, wish: Wish) -> Result<i64, MappingsError>;
    /// Publishes an old version's rules again, as a new version; its number.
    async fn revert(&self, vendor: &VendorId, version: i64, wish: Wish) -> Result<i64, MappingsError>;
    /// Publishes the live rules with one row of a table set, or removed; the number of the version.
    async fn set_row(
        &self,
        vendor: &VendorId,
        (table, key): (&str, &str),
        place: Place,
        to: Option<String>,
        wish: Wish,
    ) -> Result<i64, MappingsError>;
    /// The vendor's trials, newest first.
    async fn trials(&self, vendor: &VendorId) -> Result<Vec<Trial>, MappingsError>;
    /// Ends the trial of a version.
    async fn end_trial(
        &self,
        vendor: &VendorId,
        version: i64,
        end: TrialEnd,
        who: &str,
    ) -> Result<(), MappingsError>;
    /// The fields that the vendor's connectors declare.
    async fn schemas(&self, vendor: &VendorId) -> Result<Schemas, MappingsError>;
}
