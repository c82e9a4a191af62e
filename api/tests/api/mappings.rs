//! A vendor's mapping that holds still: three versions, one draft, and a note of every wish.

use std::sync::Mutex;

use async_trait::async_trait;
use vortex_api::mappings::{Found, Mappings, MappingsError, Place, Trial, Which, Wish};
use vortex_domain::{
    VendorId,
    mapping::{
        Finding, Mapping, Schemas,
        preview::{Preview, Replay},
    },
};
use vortex_store::registry::{DraftRecord, MappingRecord, TrialEnd};

use crate::support::{MAPPING, NOW_MS};

const LIVE: i64 = 3;

/// Answers every question, and writes down what it was asked to change.
#[derive(Default)]
pub(crate) struct FakeMappings {
    pub(crate) asked: Mutex<Vec<String>>,
}

impl FakeMappings {
    fn ask(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn found() -> Found {
        Found {
            version: Some(LIVE),
            base: None,
            mapping: Mapping::from_toml(MAPPING).unwrap(),
            author: "ana".to_owned(),
            note: "first prices".to_owned(),
            at_ms: NOW_MS,
        }
    }
}

#[async_trait]
impl Mappings for FakeMappings {
    async fn versions(
        &self,
        _: &VendorId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<MappingRecord>, i64), MappingsError> {
        let below = before.unwrap_or(LIVE + 1);
        let versions = (1..below).rev().take(limit as usize).map(|version| MappingRecord {
            version,
            body: MAPPING.to_owned(),
            author: "ana".to_owned(),
            note: "first prices".to_owned(),
            at_ms: NOW_MS,
        });
        Ok((versions.collect(), LIVE))
    }

    async fn read(&self, _: &VendorId, which: &Which) -> Result<Found, MappingsError> {
        Ok(match which {
            Which::Live => Self::found(),
            Which::Version(version) => Found { version: Some(*version), ..Self::found() },
            Which::Draft(_) => Found { version: None, base: Some(LIVE), ..Self::found() },
        })
    }

    async fn drafts(&self, _: &VendorId) -> Result<Vec<DraftRecord>, MappingsError> {
        Ok(vec![DraftRecord {
            name: "spring".to_owned(),
            base: LIVE,
            body: MAPPING.to_owned(),
            author: "ana".to_owned(),
            at_ms: NOW_MS,
        }])
    }

    async fn save(
        &self,
        _: &VendorId,
        name: &str,
        mapping: Mapping,
        _: bool,
        author: &str,
    ) -> Result<Found, MappingsError> {
        self.ask(format!("save {name} by {author}"));
        Ok(Found { version: None, base: Some(LIVE), mapping, ..Self::found() })
    }

    async fn drop_draft(&self, _: &VendorId, name: &str) -> Result<(), MappingsError> {
        self.ask(format!("drop {name}"));
        Ok(())
    }

    async fn check(&self, _: &VendorId, _: &Which) -> Result<Vec<Finding>, MappingsError> {
        Ok(Vec::new())
    }

    async fn preview(&self, _: &VendorId, _: &Which) -> Result<Preview, MappingsError> {
        Ok(Preview { articles: 2, changed: 1, ..Preview::default() })
    }

    async fn replay(&self, _: &VendorId, _: &Which, _: u16) -> Result<Replay, MappingsError> {
        Ok(Replay { prices: 2, changed: 1, ..Replay::default() })
    }

    async fn publish(&self, _: &VendorId, draft: &str, wish: Wish) -> Result<i64, MappingsError> {
        self.ask(format!("publish {draft} by {}", wish.author));
        Ok(LIVE + 1)
    }

    async fn revert(&self, _: &VendorId, version: i64, wish: Wish) -> Result<i64, MappingsError> {
        self.ask(format!("revert {version} by {}", wish.author));
        Ok(LIVE + 1)
    }

    async fn set_row(
        &self,
        _: &VendorId,
        (table, key): (&str, &str),
        _: Place,
        to: Option<String>,
        wish: Wish,
    ) -> Result<i64, MappingsError> {
        self.ask(format!("{table}: {key} = {to:?} by {}", wish.author));
        Ok(LIVE + 1)
    }

    async fn trials(&self, _: &VendorId) -> Result<Vec<Trial>, MappingsError> {
        Ok(Vec::new())
    }

    async fn end_trial(
        &self,
        _: &VendorId,
        version: i64,
        _: TrialEnd,
        who: &str,
    ) -> Result<(), MappingsError> {
        self.ask(format!("end the trial of {version} by {who}"));
        Ok(())
    }

    async fn schemas(&self, _: &VendorId) -> Result<Schemas, MappingsError> {
        Ok(vortex_winmentor::fields::declare(vortex_cdon::fields::declare(Schemas::new())))
    }
}
