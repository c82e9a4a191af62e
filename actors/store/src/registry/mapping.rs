//! Mapping: versions that never change, drafts, and trials of a version on a share of the SKUs.
//!
//! Exactly one version of a vendor is live: the highest that is not, or was not only, on trial.

use vortex_domain::{Sku, VendorId, attention::Subject};

use super::RegistryError;
use crate::{
    db::on,
    sql::{SqlStore, corrupt, failed, sku as sku_of, transaction::Step, vendor_id},
    statements as sql,
};

/// What the journal calls everything that happens to a mapping.
const SUBJECT: &str = "mapping";

/// One version of a vendor's mapping; never changed once published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingRecord {
    /// 1 for the first.
    pub version: i64,
    /// The mapping, as its own text format.
    pub body: String,
    /// Who published it.
    pub author: String,
    /// Why.
    pub note: String,
    /// When.
    pub at_ms: i64,
}

/// A version in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRecord {
    /// Its name, unique per vendor.
    pub name: String,
    /// The version that was live when it was begun; 0: the built-in mapping.
    pub base: i64,
    /// The mapping, as its own text format.
    pub body: String,
    /// Who saved it last.
    pub author: String,
    /// When.
    pub at_ms: i64,
}

/// A version to be published.
#[derive(Debug, Clone, Copy)]
pub struct NewVersion<'a> {
    /// Whose.
    pub vendor: &'a VendorId,
    /// The version that must still be live; 0: the built-in mapping.
    pub base: i64,
    /// The mapping, as its own text format.
    pub body: &'a str,
    /// Who.
    pub author: &'a str,
    /// Why.
    pub note: &'a str,
    /// When.
    pub at_ms: i64,
    /// Names the wish: the same one makes no second version.
    pub wish: &'a str,
    /// Only on a share of the SKUs.
    pub trial: Option<TrialTerms>,
    /// The draft that it was; gone with it.
    pub draft: Option<&'a str>,
}

/// What became of a wish to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It has this number; live, or on trial.
    Version(i64),
    /// The same wish was granted before, as this version.
    Already(i64),
    /// Another version is live by now.
    Overtaken(i64),
    /// This version is on trial; it must be stopped or promoted first.
    TrialRuns(i64),
}

/// How a trial is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialTerms {
    /// Share of the SKUs, 1 to 99.
    pub share_percent: i64,
    /// Refused publications in percent of all beyond which it stops by itself.
    pub stop_percent: i64,
    /// Verdicts before which nothing is concluded.
    pub stop_from: i64,
    /// Accepted publications after which it is promoted by itself; none: only by hand.
    pub promote_after: Option<i64>,
}

/// How far a trial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialState {
    /// On its share of the SKUs.
    Running,
    /// Ended; it never goes live.
    Stopped,
    /// Ended; it went live for all.
    Promoted,
}

impl TrialState {
    /// The name in the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Promoted => "promoted",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Running, Self::Stopped, Self::Promoted].into_iter().find(|state| state.name() == name)
    }
}

/// How a trial ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialEnd {
    /// The live version serves all again.
    Stopped,
    /// It goes live for all.
    Promoted,
}

/// A trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialRecord {
    /// Of which version.
    pub version: i64,
    /// Against which version, which stays live meanwhile.
    pub base: i64,
    /// How it is made.
    pub terms: TrialTerms,
    /// How far it is.
    pub state: TrialState,
    /// Since when.
    pub at_ms: i64,
    /// Until when.
    pub ended_ms: Option<i64>,
}

/// Where a receipt stands among those of a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptKey {
    /// Of which article.
    pub sku: Sku,
    /// When it was sent.
    pub at_ms: i64,
    /// Its number.
    pub seq: i64,
}

type MappingText = (i64, String, String, String, i64);
type DraftText = (String, i64, String, String, i64);
type TrialText = (i64, i64, i64, i64, i64, Option<i64>, String, i64, Option<i64>);

fn mapping((version, body, author, note, at_ms): MappingText) -> MappingRecord {
    MappingRecord { version, body, author, note, at_ms }
}

fn draft((name, base, body, author, at_ms): DraftText) -> DraftRecord {
    DraftRecord { name, base, body, author, at_ms }
}

fn trial(row: TrialText) -> Result<TrialRecord, RegistryError> {
    let (version, base, share_percent, stop_percent, stop_from, promote_after, state, at_ms, ended_ms) = row;
    let state = TrialState::named(&state).ok_or_else(|| {
        corrupt("mapping trial", &version.to_string(), format!("state `{state}` is unknown"))
    })?;
    let terms = TrialTerms { share_percent, stop_percent, stop_from, promote_after };
    Ok(TrialRecord { version, base, terms, state, at_ms, ended_ms })
}

/// A journal entry of what happened to a version.
fn entry<'a>(
    vendor: &'a VendorId,
    at_ms: i64,
    cause: &'a str,
    actor: &'a str,
    old: String,
    new: String,
) -> Step<'a> {
    let kind = Subject::Connection(String::new()).kind();
    let values = vec![
        vendor.as_str().into(),
        kind.into(),
        SUBJECT.into(),
        at_ms.into(),
        cause.into(),
        actor.into(),
        old.into(),
        new.into(),
    ];
    Step::new(&sql::JOURNAL, values)
}

fn touch(vendor: &VendorId, at_ms: i64) -> Step<'_> {
    Step::new(&sql::VENDOR_TOUCH, vec![vendor.as_str().into(), at_ms.into()])
}

impl SqlStore {
    /// Appends a version over the one that is live, or puts it on trial. One transaction with its journal entry and the
    /// vendor's new time, by which a running service takes it up.
    pub async fn publish_mapping(&self, new: &NewVersion<'_>) -> Result<Published, RegistryError> {
        let vendor = new.vendor;
        if let Some(version) = self.version_of_wish(vendor, new.wish).await? {
            return Ok(Published::Already(version));
        }
        let last: Option<i64> =
            on!(&self.db, pool => sqlx::query_scalar(sql::MAPPING_LAST).bind(vendor.as_str()).fetch_one(pool).await)
                .map_err(failed("reading the newest mapping version"))?;
        let version = last.unwrap_or(0) + 1;
        let values = vec![
            vendor.as_str().into(),
            version.into(),
            new.base.into(),
            new.body.into(),
            new.author.into(),
            new.note.into(),
            new.at_ms.into(),
            new.wish.into(),
        ];
        let mut steps = vec![Step::guard(&sql::MAPPING, values)];
        if let Some(terms) = new.trial {
            let values = vec![
                vendor.as_str().into(),
                version.into(),
                new.base.into(),
                terms.share_percent.into(),
                terms.stop_percent.into(),
                terms.stop_from.into(),
                terms.promote_after.into(),
                TrialState::Running.name().into(),
                new.at_ms.into(),
            ];
            steps.push(Step::new(&sql::MAPPING_TRIAL, values));
        }
        let (cause, after) = match new.trial {
            None => ("mapping_published", format!("version {version}: {}", new.note)),
            Some(terms) => (
                "mapping_trial_started",
                format!("version {version} on {} %: {}", terms.share_percent, new.note),
            ),
        };
        steps.push(entry(vendor, new.at_ms, cause, new.author, format!("version {}", new.base), after));
        steps.push(touch(vendor, new.at_ms));
        if let Some(name) = new.draft {
            steps.push(Step::new(&sql::MAPPING_DRAFT_DROP, vec![vendor.as_str().into(), name.into()]));
        }
        if !self.write("publishing a mapping", &steps).await?.is_empty() {
            return Ok(Published::Version(version));
        }
        // Refused: by whom is read afterwards.
        if let Some(version) = self.version_of_wish(vendor, new.wish).await? {
            return Ok(Published::Already(version));
        }
        let trials = self.mapping_trials(vendor, 1).await?;
        if let Some(running) = trials.into_iter().find(|trial| trial.state == TrialState::Running) {
            return Ok(Published::TrialRuns(running.version));
        }
        Ok(Published::Overtaken(self.live_mapping(vendor).await?.map_or(0, |live| live.version)))
    }

    /// The version that this wish was granted as.
    pub async fn version_of_wish(&self, vendor: &VendorId, wish: &str) -> Result<Option<i64>, RegistryError> {
        Ok(on!(&self.db, pool => sqlx::query_scalar(sql::MAPPING_OF_WISH)
            .bind(vendor.as_str()).bind(wish).fetch_optional(pool).await)
        .map_err(failed("looking for a mapping version"))?)
    }

    /// Receipts of a time, by SKU and time, after the given one; each with its body as JSON text.
    pub async fn receipts(
        &self,
        vendor: &VendorId,
        time_ms: std::ops::Range<i64>,
        after: Option<&ReceiptKey>,
        limit: u32,
    ) -> Result<Vec<(ReceiptKey, String)>, RegistryError> {
        let (sku, at_ms, seq) = after.map_or(("", 0, 0), |key| (key.sku.as_str(), key.at_ms, key.seq));
        let rows: Vec<(String, i64, i64, String)> = on!(&self.db, pool => sqlx::query_as(sql::RECEIPTS)
            .bind(vendor.as_str()).bind(sku).bind(at_ms).bind(seq).bind(time_ms.start).bind(time_ms.end)
            .bind(i64::from(limit)).fetch_all(pool).await)
        .map_err(failed("reading receipts"))?;
        let receipt = |(text, at_ms, seq, body): (String, i64, i64, String)| {
            Ok((ReceiptKey { sku: sku_of(&text)?, at_ms, seq }, body))
        };
        rows.into_iter().map(receipt).collect()
    }

    /// The live mapping; none when the vendor has never published one.
    pub async fn live_mapping(&self, vendor: &VendorId) -> Result<Option<MappingRecord>, RegistryError> {
        let row = on!(&self.db, pool => sqlx::query_as(sql::MAPPING_LIVE).bind(vendor.as_str()).fetch_optional(pool).await)
            .map_err(failed("reading the live mapping"))?;
        Ok(row.map(mapping))
    }

    /// One version.
    pub async fn mapping_version(
        &self,
        vendor: &VendorId,
        version: i64,
    ) -> Result<Option<MappingRecord>, RegistryError> {
        let row = on!(&self.db, pool => sqlx::query_as(sql::MAPPING_OF)
            .bind(vendor.as_str()).bind(version).fetch_optional(pool).await)
        .map_err(failed("reading a mapping version"))?;
        Ok(row.map(mapping))
    }

    /// The newest version of an author.
    pub async fn mapping_version_by(
        &self,
        vendor: &VendorId,
        author: &str,
    ) -> Result<Option<MappingRecord>, RegistryError> {
        let row = on!(&self.db, pool => sqlx::query_as(sql::MAPPING_OF_AUTHOR)
            .bind(vendor.as_str()).bind(author).fetch_optional(pool).await)
        .map_err(failed("reading a mapping version"))?;
        Ok(row.map(mapping))
    }

    /// Versions below the given one, newest first.
    pub async fn mapping_versions(
        &self,
        vendor: &VendorId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<MappingRecord>, RegistryError> {
        let rows: Vec<MappingText> = on!(&self.db, pool => sqlx::query_as(sql::MAPPINGS)
            .bind(vendor.as_str()).bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit)).fetch_all(pool).await)
        .map_err(failed("reading mapping versions"))?;
        Ok(rows.into_iter().map(mapping).collect())
    }

    /// Saves a draft; one of the same name is replaced.
    pub async fn put_draft(&self, vendor: &VendorId, draft: &DraftRecord) -> Result<(), RegistryError> {
        let values = vec![
            vendor.as_str().into(),
            draft.name.as_str().into(),
            draft.base.into(),
            draft.body.as_str().into(),
            draft.author.as_str().into(),
            draft.at_ms.into(),
        ];
        self.write("saving a draft", &[Step::new(&sql::MAPPING_DRAFT, values)]).await?;
        Ok(())
    }

    /// Drops a draft; one that is not there is as it should be.
    pub async fn drop_draft(&self, vendor: &VendorId, name: &str) -> Result<(), RegistryError> {
        let values = vec![vendor.as_str().into(), name.into()];
        self.write("dropping a draft", &[Step::new(&sql::MAPPING_DRAFT_DROP, values)]).await?;
        Ok(())
    }

    /// The vendor's drafts by name.
    pub async fn drafts(&self, vendor: &VendorId, limit: u32) -> Result<Vec<DraftRecord>, RegistryError> {
        let rows: Vec<DraftText> = on!(&self.db, pool => sqlx::query_as(sql::MAPPING_DRAFTS)
            .bind(vendor.as_str()).bind(i64::from(limit)).fetch_all(pool).await)
        .map_err(failed("reading drafts"))?;
        Ok(rows.into_iter().map(draft).collect())
    }

    /// One draft.
    pub async fn draft(&self, vendor: &VendorId, name: &str) -> Result<Option<DraftRecord>, RegistryError> {
        let row: Option<DraftText> = on!(&self.db, pool => sqlx::query_as(sql::MAPPING_DRAFT_OF)
            .bind(vendor.as_str()).bind(name).fetch_optional(pool).await)
        .map_err(failed("reading a draft"))?;
        Ok(row.map(draft))
    }

    /// The vendor's trials, newest first; at most the first is running.
    pub async fn mapping_trials(
        &self,
        vendor: &VendorId,
        limit: u32,
    ) -> Result<Vec<TrialRecord>, RegistryError> {
        let rows: Vec<TrialText> = on!(&self.db, pool => sqlx::query_as(sql::MAPPING_TRIALS)
            .bind(vendor.as_str()).bind(i64::from(limit)).fetch_all(pool).await)
        .map_err(failed("reading trials"))?;
        rows.into_iter().map(trial).collect()
    }

    /// Who has a version on trial, and which.
    pub async fn running_trials(&self) -> Result<Vec<(VendorId, i64)>, RegistryError> {
        let rows: Vec<(String, i64)> =
            on!(&self.db, pool => sqlx::query_as(sql::MAPPING_TRIALS_RUNNING).fetch_all(pool).await)
                .map_err(failed("looking for running trials"))?;
        rows.into_iter().map(|(vendor, version)| Ok((vendor_id(&vendor)?, version))).collect()
    }

    /// Ends a trial. `false`: it does not run any more, or (to promote it) another version went live meanwhile.
    pub async fn end_trial(
        &self,
        vendor: &VendorId,
        version: i64,
        end: TrialEnd,
        (author, note): (&str, &str),
        at_ms: i64,
    ) -> Result<bool, RegistryError> {
        let (state, cause) = match end {
            TrialEnd::Stopped => (TrialState::Stopped, "mapping_trial_stopped"),
            TrialEnd::Promoted => (TrialState::Promoted, "mapping_trial_promoted"),
        };
        let values = vec![vendor.as_str().into(), version.into(), state.name().into(), at_ms.into()];
        let steps = [
            Step::guard(&sql::MAPPING_TRIAL_END, values),
            entry(vendor, at_ms, cause, author, format!("version {version} on trial"), note.to_owned()),
            touch(vendor, at_ms),
        ];
        Ok(!self.write("ending a trial", &steps).await?.is_empty())
    }
}
