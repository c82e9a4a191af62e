//! The form of a mapping and of what is said about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vortex_domain::{
    Market,
    attention::{Reader, words},
    mapping::preview::{MarketPreview, Mover, Preview, Reason, Replay},
    mapping::{Finding, Object, Schemas, steps::Doc},
};
use vortex_store::registry::{DraftRecord, MappingRecord};

use crate::{
    mappings::Found,
    problem::{ApiError, FindingView},
    rest::Page,
};

/// What was found wrong, in the reader's language.
pub(super) fn findings(findings: &[Finding], reader: Reader) -> Vec<FindingView> {
    let view = |finding: &Finding| FindingView {
        object: finding.object.map(Object::code),
        row: finding.row,
        target: finding.target.clone(),
        step: finding.step.map(|(number, _)| number),
        code: finding.fault.code(),
        text: finding.say(reader),
    };
    findings.iter().map(view).collect()
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionView {
    /// Its number.
    pub(crate) version: i64,
    /// Who published it.
    pub(crate) author: String,
    /// Why.
    pub(crate) reason: String,
    /// When, milliseconds since 1970.
    pub(crate) at_ms: i64,
}

impl From<MappingRecord> for VersionView {
    fn from(record: MappingRecord) -> Self {
        let MappingRecord { version, body: _, author, note, at_ms } = record;
        Self { version, author, reason: note, at_ms }
    }
}

/// A page of versions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Versions {
    /// The live one; 0 is the built-in mapping.
    pub(crate) live: i64,
    #[serde(flatten)]
    pub(crate) page: Page<VersionView>,
}

/// A mapping, whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingView {
    /// Its number; null for a draft.
    pub(crate) version: Option<i64>,
    /// Of a draft: the version that was live when it was saved.
    pub(crate) base: Option<i64>,
    /// Who wrote it.
    pub(crate) author: String,
    /// Why.
    pub(crate) reason: String,
    /// When, milliseconds since 1970; 0 for the built-in one.
    pub(crate) at_ms: i64,
    /// The rules and tables.
    #[schema(value_type = Object)]
    pub(crate) mapping: serde_json::Value,
    /// The same as a file for people.
    pub(crate) toml: String,
}

impl MappingView {
    pub(super) fn of(found: Found) -> Result<Self, ApiError> {
        let Found { version, base, mapping, author, note, at_ms } = found;
        let toml = mapping.to_toml().map_err(|_| ApiError::Internal)?;
        let mapping = serde_json::to_value(mapping).map_err(|_| ApiError::Internal)?;
        Ok(Self { version, base, author, reason: note, at_ms, mapping, toml })
    }
}

/// A draft in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DraftView {
    /// Its name.
    pub(crate) name: String,
    /// The version that was live when it was saved.
    pub(crate) base: i64,
    /// Who saved it.
    pub(crate) author: String,
    /// When, milliseconds since 1970.
    pub(crate) at_ms: i64,
}

impl From<DraftRecord> for DraftView {
    fn from(record: DraftRecord) -> Self {
        let DraftRecord { name, base, body: _, author, at_ms } = record;
        Self { name, base, author, at_ms }
    }
}

/// Every draft of a vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Drafts {
    /// By name.
    pub(crate) items: Vec<DraftView>,
}

/// Rules to save: as a file's text or as data.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DraftInput {
    /// The text of a mapping file.
    #[serde(default)]
    pub(super) toml: Option<String>,
    /// The same as data.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) mapping: Option<serde_json::Value>,
    /// It replaces the live mapping whole; otherwise it says only what differs: its rules replace the live ones with the same
    /// target, its tables are merged row by row.
    #[serde(default)]
    pub(super) whole: bool,
}

/// What is wrong with a mapping.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checked {
    /// It can be published.
    pub(super) ok: bool,
    /// Everything that keeps it from it.
    pub(super) findings: Vec<FindingView>,
}

/// How to publish.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PublishInput {
    /// Why, for the colleagues and the journal.
    pub(crate) reason: String,
    /// It may change more of the catalogue than the vendor's limit of mass changes.
    #[serde(default)]
    pub(crate) mass_change: bool,
    /// First on a share of the articles.
    #[serde(default)]
    pub(crate) trial: Option<TrialInput>,
}

/// How to try a version.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub(crate) struct TrialInput {
    /// Share of the articles, 1 to 99.
    pub(super) share_percent: u8,
    /// It stops by itself when more than so many percent of its publications are refused; 5.
    #[serde(default)]
    pub(super) stop_percent: Option<u8>,
    /// Nothing is concluded from fewer verdicts; 20.
    #[serde(default)]
    pub(super) stop_from: Option<u32>,
    /// It goes live by itself after so many accepted publications; only by hand when left out.
    #[serde(default)]
    pub(super) promote_after: Option<u32>,
}

/// Why to go back.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RevertInput {
    /// Why, for the colleagues and the journal.
    pub(crate) reason: String,
    /// It may change more of the catalogue than the vendor's limit of mass changes.
    #[serde(default)]
    pub(crate) mass_change: bool,
}

/// A row of a table.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RowInput {
    /// What stands for the key.
    pub(super) to: String,
    /// Why; the row itself when left out.
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// It may change more of the catalogue than the vendor's limit of mass changes.
    #[serde(default)]
    pub(super) mass_change: bool,
}

/// A new version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Issued {
    /// Its number.
    pub(crate) version: i64,
}

/// Differences.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Changes {
    /// How many there are.
    pub(crate) count: usize,
    /// The first thousand, each in a sentence.
    pub(crate) sentences: Vec<String>,
}

/// How far back to look.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReplayInput {
    /// Days, 1 to 366.
    pub(super) days: u16,
}

/// A reason for which something is not sold, or was not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonView {
    /// Its code.
    code: &'static str,
    /// In words.
    text: String,
    /// Articles and markets that it concerns.
    count: u64,
    /// The first articles.
    skus: Vec<String>,
}

impl ReasonView {
    fn of(reason: &Reason, reader: Reader) -> Self {
        let words = words(reason.code, reader).unwrap_or(reason.code);
        let text = if reason.params.is_empty() {
            words.to_owned()
        } else {
            format!("{words}: {}", reason.params.join(", "))
        };
        let skus = reason.skus.iter().map(ToString::to_string).collect();
        Self { code: reason.code, text, count: reason.count, skus }
    }
}

/// What would change. Amounts are minor units of the market's currency.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewView {
    /// Articles looked at.
    articles: u64,
    /// Those of which the channel would be told something else.
    changed: u64,
    /// Changed articles by field.
    #[schema(value_type = Object)]
    fields: BTreeMap<&'static str, u64>,
    /// Prices by market, with Σ price × published stock and what the last orders would have come to, before and after.
    #[schema(value_type = Object)]
    markets: BTreeMap<Market, MarketView>,
    /// The prices that would move most.
    #[schema(value_type = Vec<Object>)]
    movers: Vec<Mover>,
    /// Why something would no longer be sold, the most frequent first.
    newly_invalid: Vec<ReasonView>,
    /// What would no longer keep something from being sold.
    newly_valid: Vec<ReasonView>,
}

/// A market of a preview.
#[derive(Debug, Serialize)]
pub(crate) struct MarketView {
    currency: &'static str,
    #[serde(flatten)]
    of: MarketPreview,
}

impl PreviewView {
    pub(super) fn of(preview: Preview, reader: Reader) -> Self {
        let Preview { articles, changed, fields, markets, movers, newly_invalid, newly_valid } = preview;
        let market = |(market, of): (Market, MarketPreview)| {
            (market, MarketView { currency: market.currency().code(), of })
        };
        let reasons =
            |all: Vec<&Reason>| all.into_iter().map(|reason| ReasonView::of(reason, reader)).collect();
        Self {
            articles,
            changed,
            fields,
            markets: markets.into_iter().map(market).collect(),
            movers,
            newly_invalid: reasons(newly_invalid.by_count()),
            newly_valid: reasons(newly_valid.by_count()),
        }
    }
}

/// What would have been.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayView {
    /// Days looked back.
    pub(super) days: u16,
    #[schema(value_type = Object)]
    #[serde(flatten)]
    pub(super) replay: Replay,
}

/// A step that rules can have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// Its name in files.
    name: &'static str,
    /// What it does.
    text: &'static str,
    /// Its parameters: name (empty when the step is written with this value alone) and meaning.
    #[schema(value_type = Vec<Vec<String>>)]
    parameters: Vec<(&'static str, &'static str)>,
    /// Examples: the step, a value before it, the value after it.
    #[schema(value_type = Vec<Vec<String>>)]
    examples: Vec<(&'static str, &'static str, &'static str)>,
}

impl StepView {
    pub(super) fn of(doc: &Doc, reader: Reader) -> Self {
        let pick = |ro, en| match reader {
            Reader::Ro => ro,
            Reader::En => en,
        };
        Self {
            name: doc.name,
            text: pick(doc.ro, doc.en),
            parameters: doc.parameters.iter().map(|p| (p.name, pick(p.ro, p.en))).collect(),
            examples: doc.examples.iter().map(|e| (e.step, e.before, e.after)).collect(),
        }
    }
}

/// Every step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Steps {
    /// By name.
    pub(super) items: Vec<StepView>,
}

/// A field that can be read or made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldView {
    /// Its name.
    name: String,
    /// Its kind.
    kind: String,
    /// What it is.
    about: &'static str,
    /// Of a target: it must be there.
    required: bool,
}

/// The fields of one object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ObjectFields {
    /// `article`, `offer`, …
    object: &'static str,
    /// What rules can read.
    sources: Vec<FieldView>,
    /// What rules can make.
    targets: Vec<FieldView>,
}

/// The fields of every object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldsView {
    /// By object.
    items: Vec<ObjectFields>,
}

impl FieldsView {
    pub(super) fn of(schemas: &Schemas, reader: Reader) -> Self {
        let view = |spec: &vortex_domain::mapping::FieldSpec| FieldView {
            name: spec.name.to_string(),
            kind: spec.kind.say(reader).to_owned(),
            about: spec.about(reader),
            required: spec.required,
        };
        let items = Object::ALL.into_iter().map(|object| ObjectFields {
            object: object.code(),
            sources: schemas.sources(object).map(view).collect(),
            targets: schemas.targets(object).map(view).collect(),
        });
        Self { items: items.collect() }
    }
}
