//! A vendor's mapping at work: drafts, preview on real data, publishing, trials.
//!
//! A version is on disk together with its journal entry and the vendor's new time; the running service then takes the vendor
//! up again, and the reconcile flow computes every SKU anew. Broken off anywhere, the next start does what is missing.

pub mod preview;
pub mod trial;

use std::sync::Arc;

use async_trait::async_trait;
use rust_decimal::Decimal;
use tokio::sync::Semaphore;
use tracing::{info, warn};
use vortex_api::mappings::{Found, Mappings, MappingsError, Place, Trial, Which, Wish};
use vortex_domain::{
    Vendor, VendorId,
    mapping::{
        Compiled, Finding, Findings, Mapping, Scalar, Schemas,
        preview::{Preview, Replay},
    },
    sales::business_date,
};
use vortex_store::registry::{DraftRecord, MappingRecord, NewVersion, Published, RegistryError, TrialEnd};

use crate::{
    connectors,
    node::Starter,
    vendor_file::{self, Stored},
};

/// Previews at once in the process: each uses a core for seconds.
const PREVIEWS_AT_ONCE: usize = 2;
/// Drafts of one vendor.
const DRAFTS: u32 = 50;
/// Trials that are listed.
const TRIALS: u32 = 50;
/// Below so many articles a share says nothing.
const BRAKE_FROM: u64 = 20;

/// The mappings of every vendor of this node.
pub struct MappingDesk {
    starter: Starter,
    previews: Semaphore,
}

impl MappingDesk {
    /// A desk over the node's database.
    pub fn new(starter: Starter) -> Self {
        Self { starter, previews: Semaphore::new(PREVIEWS_AT_ONCE) }
    }

    async fn vendor(&self, id: &VendorId) -> Result<Stored, MappingsError> {
        let stored = vendor_file::load(&self.starter.store, id).await.map_err(unavailable)?;
        stored.ok_or(MappingsError::NotFound("vendor"))
    }

    async fn live(&self, vendor: &VendorId) -> Result<Option<MappingRecord>, MappingsError> {
        self.starter.store.live_mapping(vendor).await.map_err(registry)
    }

    /// The vendor as it would be by another mapping, under the number that this would get.
    fn by(&self, stored: &Stored, mapping: Mapping) -> Result<Vendor, MappingsError> {
        let mapping = self.compiled(stored, mapping)?;
        Ok(Vendor { mapping: Arc::new(mapping), trial: None, ..stored.vendor.clone() })
    }

    /// Everything that keeps a mapping from being published: its types, the channel's limits, and its own examples.
    fn compiled(&self, stored: &Stored, mapping: Mapping) -> Result<Compiled, MappingsError> {
        let findings = |findings: Findings| MappingsError::Findings(findings.0);
        let compiled =
            mapping.compile(u32::MAX, &connectors::schemas(&stored.connections)).map_err(findings)?;
        let today = business_date(self.starter.seams.clock.now_ms());
        compiled.run_examples(&stored.vendor.vat, today).map_err(findings)?;
        Ok(compiled)
    }

    /// Publishes checked rules over the version that they were made for.
    async fn put_live(
        &self,
        vendor: &VendorId,
        mapping: Mapping,
        base: i64,
        draft: Option<&str>,
        wish: Wish,
    ) -> Result<i64, MappingsError> {
        let stored = self.vendor(vendor).await?;
        let body = mapping.to_json().map_err(|why| MappingsError::Unreadable(why.to_string()))?;
        let next = self.by(&stored, mapping)?;
        if !wish.mass_change {
            self.brake(&stored.vendor, next).await?;
        }
        let new = NewVersion {
            vendor,
            base,
            body: &body,
            author: &wish.author,
            note: &wish.note,
            at_ms: self.starter.seams.clock.now_ms(),
            wish: &wish.key,
            trial: wish.trial,
            draft,
        };
        let version = match self.starter.store.publish_mapping(&new).await.map_err(registry)? {
            // Taken up also when it was published before: a caller who repeats may have seen us die in between.
            Published::Version(version) | Published::Already(version) => version,
            Published::Overtaken(live) => {
                return Err(MappingsError::Conflict(format!(
                    "Version {live} went live after this was begun over version {base}: compare the two, save the draft again over version {live}, then publish."
                )));
            }
            Published::TrialRuns(version) => {
                return Err(MappingsError::Conflict(format!(
                    "Version {version} is on trial: stop or promote it first."
                )));
            }
        };
        info!(vendor.id = %vendor, version, author = wish.author, note = wish.note, "Mapping version {version} is published");
        self.take_up(vendor).await;
        Ok(version)
    }

    /// The running vendor works by what is stored now. Should it fail, the node's own look at its vendors repeats it.
    async fn take_up(&self, vendor: &VendorId) {
        if let Err(why) = self.starter.start_vendor(vendor).await {
            warn!(vendor.id = %vendor, error = %format!("{why:#}"), "The vendor could not be started by its new mapping yet");
        }
    }

    /// What would change too much at once needs a word of its own (promise 4).
    async fn brake(&self, live: &Vendor, next: Vendor) -> Result<(), MappingsError> {
        let limit = live.stock.mass_change_limit;
        let preview = self.compare(live, next).await?;
        let share = Decimal::from(preview.changed).checked_div(Decimal::from(preview.articles));
        if preview.articles < BRAKE_FROM || share.is_none_or(|share| share <= limit) {
            return Ok(());
        }
        let percent = (limit * Decimal::ONE_HUNDRED).normalize();
        Err(MappingsError::Conflict(format!(
            "It would change {} of {} articles, above the limit of {percent} %. Look at the preview; if that is what you want, publish it again with the mass change allowed (`--mass-change`, `\"mass_change\": true`).",
            preview.changed, preview.articles
        )))
    }

    async fn compare(&self, live: &Vendor, next: Vendor) -> Result<Preview, MappingsError> {
        let _one_of_few = self.previews.acquire().await.map_err(unavailable)?;
        let live = Vendor { trial: None, ..live.clone() };
        let (store, now_ms) = (&*self.starter.seams.store, self.starter.seams.clock.now_ms());
        preview::run(store, now_ms, Arc::new(live), Arc::new(next)).await.map_err(unavailable)
    }
}

fn unavailable(why: impl std::fmt::Display) -> MappingsError {
    MappingsError::Unavailable(why.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "used in map_err")]
fn registry(why: RegistryError) -> MappingsError {
    warn!(error = ?why, "A mapping could not be read or written");
    MappingsError::Unavailable("The database does not answer now; nothing was done.".to_owned())
}

fn readable(body: &str) -> Result<Mapping, MappingsError> {
    Mapping::from_json(body).map_err(|why| MappingsError::Unreadable(why.to_string()))
}

#[async_trait]
impl Mappings for MappingDesk {
    async fn versions(
        &self,
        vendor: &VendorId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<MappingRecord>, i64), MappingsError> {
        let live = self.live(vendor).await?.map_or(0, |live| live.version);
        let versions = self.starter.store.mapping_versions(vendor, before, limit).await.map_err(registry)?;
        Ok((versions, live))
    }

    async fn read(&self, vendor: &VendorId, which: &Which) -> Result<Found, MappingsError> {
        let store = &self.starter.store;
        let record = match which {
            Which::Live => self.live(vendor).await?,
            Which::Version(0) => None,
            Which::Version(version) => {
                let record = store.mapping_version(vendor, *version).await.map_err(registry)?;
                Some(record.ok_or(MappingsError::NotFound("version"))?)
            }
            Which::Draft(name) => {
                let draft = store.draft(vendor, name).await.map_err(registry)?;
                let draft = draft.ok_or(MappingsError::NotFound("draft"))?;
                return found(draft);
            }
        };
        let Some(record) = record else {
            return Ok(Found {
                version: Some(0),
                base: None,
                mapping: Mapping::built_in(),
                author: String::new(),
                note: "built in".to_owned(),
                at_ms: 0,
            });
        };
        Ok(Found {
            version: Some(record.version),
            base: None,
            mapping: readable(&record.body)?,
            author: record.author,
            note: record.note,
            at_ms: record.at_ms,
        })
    }

    async fn drafts(&self, vendor: &VendorId) -> Result<Vec<DraftRecord>, MappingsError> {
        self.starter.store.drafts(vendor, DRAFTS).await.map_err(registry)
    }

    async fn save(
        &self,
        vendor: &VendorId,
        name: &str,
        mapping: Mapping,
        whole: bool,
        author: &str,
    ) -> Result<Found, MappingsError> {
        let drafts = self.drafts(vendor).await?;
        if drafts.len() >= DRAFTS as usize && !drafts.iter().any(|draft| draft.name == name) {
            return Err(MappingsError::Conflict(format!(
                "There are {DRAFTS} drafts already; publish or drop one first."
            )));
        }
        let live = self.read(vendor, &Which::Live).await?;
        let mapping = if whole { mapping } else { mapping.over(live.mapping) };
        let draft = DraftRecord {
            name: name.to_owned(),
            base: live.version.unwrap_or(0),
            body: mapping.to_json().map_err(|why| MappingsError::Unreadable(why.to_string()))?,
            author: author.to_owned(),
            at_ms: self.starter.seams.clock.now_ms(),
        };
        self.starter.store.put_draft(vendor, &draft).await.map_err(registry)?;
        found(draft)
    }

    async fn drop_draft(&self, vendor: &VendorId, name: &str) -> Result<(), MappingsError> {
        self.starter.store.drop_draft(vendor, name).await.map_err(registry)
    }

    async fn check(&self, vendor: &VendorId, which: &Which) -> Result<Vec<Finding>, MappingsError> {
        let stored = self.vendor(vendor).await?;
        let mapping = self.read(vendor, which).await?.mapping;
        match self.compiled(&stored, mapping) {
            Ok(_) => Ok(Vec::new()),
            Err(MappingsError::Findings(findings)) => Ok(findings),
            Err(other) => Err(other),
        }
    }

    async fn preview(&self, vendor: &VendorId, which: &Which) -> Result<Preview, MappingsError> {
        let stored = self.vendor(vendor).await?;
        let mapping = self.read(vendor, which).await?.mapping;
        let next = self.by(&stored, mapping)?;
        self.compare(&stored.vendor, next).await
    }

    async fn replay(&self, vendor: &VendorId, which: &Which, days: u16) -> Result<Replay, MappingsError> {
        let stored = self.vendor(vendor).await?;
        let mapping = self.read(vendor, which).await?.mapping;
        let next = self.by(&stored, mapping)?;
        let _one_of_few = self.previews.acquire().await.map_err(unavailable)?;
        let until_ms = self.starter.seams.clock.now_ms();
        preview::replay(&self.starter.store, vendor, next.mapping, (until_ms, days))
            .await
            .map_err(unavailable)
    }

    async fn publish(&self, vendor: &VendorId, draft: &str, wish: Wish) -> Result<i64, MappingsError> {
        // The draft is gone once its version stands: a repeated wish finds that version.
        let store = &self.starter.store;
        if let Some(version) = store.version_of_wish(vendor, &wish.key).await.map_err(registry)? {
            return Ok(version);
        }
        let found = self.read(vendor, &Which::Draft(draft.to_owned())).await?;
        self.put_live(vendor, found.mapping, found.base.unwrap_or(0), Some(draft), wish).await
    }

    async fn revert(&self, vendor: &VendorId, version: i64, wish: Wish) -> Result<i64, MappingsError> {
        let old = self.read(vendor, &Which::Version(version)).await?;
        let live = self.read(vendor, &Which::Live).await?;
        if old.mapping == live.mapping {
            return Err(MappingsError::Conflict(format!(
                "The live version says what version {version} says."
            )));
        }
        self.put_live(vendor, old.mapping, live.version.unwrap_or(0), None, wish).await
    }

    async fn set_row(
        &self,
        vendor: &VendorId,
        (table, key): (&str, &str),
        place: Place,
        to: Option<String>,
        wish: Wish,
    ) -> Result<i64, MappingsError> {
        let live = self.read(vendor, &Which::Live).await?;
        let mut mapping = live.mapping.clone();
        let of = mapping.tables.get_mut(table).ok_or(MappingsError::NotFound("table"))?;
        let rows = match (place.market, place.language) {
            (Some(market), _) => of.markets.entry(market).or_default(),
            (None, Some(language)) => of.languages.entry(language).or_default(),
            (None, None) => &mut of.rows,
        };
        match to {
            Some(to) => {
                rows.insert(key.to_owned(), Scalar::from(to));
            }
            None => {
                rows.remove(key).ok_or(MappingsError::NotFound("row"))?;
            }
        }
        if mapping == live.mapping {
            return Ok(live.version.unwrap_or(0));
        }
        self.put_live(vendor, mapping, live.version.unwrap_or(0), None, wish).await
    }

    async fn trials(&self, vendor: &VendorId) -> Result<Vec<Trial>, MappingsError> {
        let records = self.starter.store.mapping_trials(vendor, TRIALS).await.map_err(registry)?;
        let mut trials = Vec::with_capacity(records.len());
        for record in records {
            let tally = trial::tally(&*self.starter.seams.store, vendor, record.version)
                .await
                .map_err(unavailable)?;
            trials.push(Trial { record, accepted: tally.accepted, rejected: tally.rejected });
        }
        Ok(trials)
    }

    async fn end_trial(
        &self,
        vendor: &VendorId,
        version: i64,
        end: TrialEnd,
        who: &str,
    ) -> Result<(), MappingsError> {
        let at_ms = self.starter.seams.clock.now_ms();
        let ended = self.starter.store.end_trial(vendor, version, end, (who, "by hand"), at_ms).await;
        if !ended.map_err(registry)? {
            return Err(MappingsError::Conflict(format!(
                "Version {version} is not on trial, or another version went live since it was begun: stop it and begin anew."
            )));
        }
        self.take_up(vendor).await;
        Ok(())
    }

    async fn schemas(&self, vendor: &VendorId) -> Result<Schemas, MappingsError> {
        Ok(connectors::schemas(&self.vendor(vendor).await?.connections))
    }
}

fn found(draft: DraftRecord) -> Result<Found, MappingsError> {
    Ok(Found {
        version: None,
        base: Some(draft.base),
        mapping: readable(&draft.body)?,
        author: draft.author,
        note: String::new(),
        at_ms: draft.at_ms,
    })
}
