//! Compares a vendor's file with what is stored, and writes the difference.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use secrecy::ExposeSecret as _;
use vortex_domain::{
    ContentRow, Sku, VendorId,
    mapping::{Mapping, MappingError},
};
use vortex_port::Connection;
use vortex_store::{
    SqlStore, Store as _, StoreError,
    registry::{
        ConnectionRecord, MappingRecord, NewVersion, Published, RateRecord, RegistryError, VendorRecord,
    },
    rows::CONTENT_CHANGED,
};

use super::{
    VendorFile,
    diff::{Change, values},
    rates::{DAYS_LIMIT, file_source},
};
use crate::content_file::{CHUNK_ROWS, ContentFile, ContentFileError};

/// The author of mappings that come with the vendor's file.
const FILE: &str = "file";

/// A file was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Administrative data cannot be read or written.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Content cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The content file cannot be used.
    #[error(transparent)]
    Content(#[from] ContentFileError),
    /// A stored connection is not in the file.
    #[error(
        "the stored connections {missing} are not in the file; connections cannot be removed or renamed: keep their names, or apply the file under another vendor id"
    )]
    ConnectionMissing {
        /// Which.
        missing: String,
    },
    /// Another mapping went live while the file was compared.
    #[error(
        "mapping version {live} went live meanwhile; everything before it is applied: look at it (`vortex mapping show`), then apply the file again"
    )]
    Overtaken {
        /// Which.
        live: i64,
    },
    /// A mapping is on trial.
    #[error(
        "mapping version {version} is on trial, so no other can go live; stop or promote it (`vortex mapping trial`), then apply the file again"
    )]
    TrialRuns {
        /// Which.
        version: i64,
    },
    /// The mapping cannot be written as text.
    #[error("the mapping cannot be stored")]
    Mapping(#[from] MappingError),
}

/// What is stored of a vendor before its file is applied.
#[derive(Debug, Default)]
pub struct Current {
    /// The vendor, unless it is new.
    pub vendor: Option<VendorRecord>,
    /// Its connections, credentials opened.
    pub connections: Vec<ConnectionRecord>,
    /// The live mapping, if one was ever published.
    pub mapping: Option<MappingRecord>,
    /// The mapping that its file said when it was last published from there.
    pub applied_mapping: Option<MappingRecord>,
    /// The rates from its file.
    pub rates: Vec<RateRecord>,
}

impl Current {
    /// Reads what is stored.
    pub async fn read(store: &SqlStore, vendor: &VendorId) -> Result<Self, RegistryError> {
        let Some(record) = store.vendor(vendor).await? else { return Ok(Self::default()) };
        let own = file_source(vendor);
        Ok(Self {
            vendor: Some(record),
            connections: store.connections(vendor).await?,
            mapping: store.live_mapping(vendor).await?,
            applied_mapping: store.mapping_version_by(vendor, FILE).await?,
            rates: store.rates(DAYS_LIMIT).await?.into_iter().filter(|rate| rate.source == own).collect(),
        })
    }
}

/// What has to be written so that the database says what the file says.
#[derive(Debug)]
pub struct Plan {
    /// Everything that changes, for people.
    pub changes: Vec<Change>,
    id: VendorId,
    vendor: Option<VendorRecord>,
    connections: Vec<ConnectionRecord>,
    rates: Vec<RateRecord>,
    mapping: Option<String>,
    /// The mapping version that the file was compared with; 0: the built-in one.
    base: i64,
    content: bool,
}

impl Plan {
    /// Whether the database already says what the file says.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares a file with what is stored. Without a `store` (it does not exist yet) everything is new. Nothing is written.
pub async fn plan(
    store: Option<&SqlStore>,
    file: &VendorFile,
    skip_bad_rows: bool,
    at_ms: i64,
) -> Result<Plan, ApplyError> {
    let current = match store {
        Some(store) => Current::read(store, &file.id).await?,
        None => Current::default(),
    };
    let mut plan = compare(&current, file, at_ms)?;
    if let Some(path) = &file.content {
        let mut changed = 0;
        each_changed(store, &file.id, path, skip_bad_rows, async |rows| {
            changed += rows.len() as u64;
            Ok(())
        })
        .await?;
        if changed > 0 {
            plan.content = true;
            plan.changes.push(Change::Rows { key: "content".to_owned(), rows: changed });
        }
    }
    Ok(plan)
}

/// Everything but content.
fn compare(current: &Current, file: &VendorFile, at_ms: i64) -> Result<Plan, ApplyError> {
    let named: BTreeSet<&str> = file.connections.iter().map(|connection| connection.name.as_str()).collect();
    let missing: Vec<&str> =
        current.connections.iter().map(|c| c.name.as_str()).filter(|name| !named.contains(name)).collect();
    if !missing.is_empty() {
        return Err(ApplyError::ConnectionMissing { missing: missing.join(", ") });
    }
    let mut changes = Vec::new();

    // Settings that this version writes are always a JSON object.
    let settings = serde_json::to_value(&file.settings).unwrap_or_default();
    let before = current.vendor.as_ref().map(|record| &record.settings);
    let named_before = current.vendor.as_ref().map(|record| record.name.clone());
    let mut differences = values("", before, &settings);
    if named_before.as_ref() != Some(&file.name) {
        let change =
            Change::Value { key: "vendor.name".to_owned(), old: named_before, new: Some(file.name.clone()) };
        differences.insert(0, change);
    }
    // The JSON itself decides: what no comparison of leaves shows (an empty list) must still be stored.
    let differs = !differences.is_empty() || before != Some(&settings);
    let vendor =
        differs.then(|| VendorRecord { id: file.id.clone(), name: file.name.clone(), settings, at_ms });
    if differs && differences.is_empty() {
        differences.push(Change::Rows { key: "settings".to_owned(), rows: 1 });
    }
    changes.extend(differences);

    let mut connections = Vec::new();
    for connection in &file.connections {
        let stored = current.connections.iter().find(|record| record.name == connection.name);
        let differences = connection_changes(stored, connection);
        if !differences.is_empty() {
            connections.push(record(&file.id, connection));
            changes.extend(differences);
        }
    }

    let known: BTreeMap<_, _> =
        current.rates.iter().map(|rate| ((&rate.date, rate.currency), rate.ron_per_unit)).collect();
    let new =
        file.rates.iter().filter(|rate| known.get(&(&rate.date, rate.currency)) != Some(&rate.ron_per_unit));
    let rates: Vec<RateRecord> = new.cloned().collect();
    if !rates.is_empty() {
        changes.push(Change::Rows { key: "rates.file".to_owned(), rows: rates.len() as u64 });
    }

    let mut mapping = None;
    if let Some(wanted) = &file.mapping {
        let live = current.mapping.as_ref();
        // A file that has not changed since it was applied does not undo what people have published since.
        let says = |record: &Option<MappingRecord>| {
            let mapping = record.as_ref().and_then(|record| Mapping::from_json(&record.body).ok());
            mapping.is_some_and(|mapping| mapping == *wanted)
        };
        if !says(&current.mapping) && !says(&current.applied_mapping) {
            mapping = Some(wanted.to_json()?);
            let name = |version: i64| format!("version {version}");
            changes.push(Change::Value {
                key: "mapping".to_owned(),
                old: live.map(|record| name(record.version)),
                new: Some(name(live.map_or(0, |record| record.version) + 1)),
            });
        }
    }
    let base = current.mapping.as_ref().map_or(0, |live| live.version);
    Ok(Plan { changes, id: file.id.clone(), vendor, connections, rates, mapping, base, content: false })
}

fn connection_changes(stored: Option<&ConnectionRecord>, wanted: &Connection) -> Vec<Change> {
    let place = |key: &str| format!("connections.{}.{key}", wanted.name);
    let mut changes = Vec::new();
    let mut text = |key: &str, old: Option<&String>, new: &String| {
        if old != Some(new) {
            changes.push(Change::Value { key: place(key), old: old.cloned(), new: Some(new.clone()) });
        }
    };
    text("kind", stored.map(|record| &record.kind), &wanted.kind);
    text("base_url", stored.map(|record| &record.base_url), &wanted.base_url);
    let before = stored.map(|record| &record.settings);
    let settings = values(&place("settings"), before, &wanted.settings);
    if settings.is_empty() && before != Some(&wanted.settings) {
        changes.push(Change::Rows { key: place("settings"), rows: 1 });
    }
    changes.extend(settings);
    let before = stored.map(|record| record.secrets.clone()).unwrap_or_default();
    for field in before.keys().chain(wanted.secrets.keys()).collect::<BTreeSet<_>>() {
        let what = match (before.get(field), wanted.secrets.get(field)) {
            (None, Some(_)) => "set",
            (Some(_), None) => "removed",
            (Some(old), Some(new)) if old.expose_secret() != new.expose_secret() => "changed",
            _ => continue,
        };
        changes.push(Change::Secret { key: place(field), what });
    }
    changes
}

fn record(vendor: &VendorId, connection: &Connection) -> ConnectionRecord {
    let Connection { name, kind, base_url, settings, secrets } = connection.clone();
    ConnectionRecord { vendor: vendor.clone(), name, kind, base_url, settings, secrets }
}

/// Writes a plan. Broken off in the middle, applying the file again completes it.
pub async fn write(
    store: &SqlStore,
    file: &VendorFile,
    plan: Plan,
    skip_bad_rows: bool,
    at_ms: i64,
) -> Result<(), ApplyError> {
    if let Some(vendor) = &plan.vendor {
        store.put_vendor(vendor).await?;
    }
    for connection in &plan.connections {
        store.put_connection(connection).await?;
    }
    if !plan.rates.is_empty() {
        store.put_rates(&plan.rates).await?;
    }
    if let Some(body) = &plan.mapping {
        let wish = format!("file at {at_ms} over {}", plan.base);
        let new = NewVersion {
            vendor: &plan.id,
            base: plan.base,
            body,
            author: FILE,
            note: "applied with the vendor's file",
            at_ms,
            wish: &wish,
            trial: None,
            draft: None,
        };
        match store.publish_mapping(&new).await? {
            Published::Version(_) | Published::Already(_) => {}
            Published::Overtaken(live) => return Err(ApplyError::Overtaken { live }),
            Published::TrialRuns(version) => return Err(ApplyError::TrialRuns { version }),
        }
    }
    if let Some(path) = file.content.as_ref().filter(|_| plan.content) {
        each_changed(Some(store), &plan.id, path, skip_bad_rows, async |rows| {
            store.put_content(&plan.id, rows).await?;
            Ok(())
        })
        .await?;
        store.set_cursor(&plan.id, CONTENT_CHANGED, &at_ms.to_string()).await?;
    }
    // A running service takes the vendor up again when its record's time moves: last, when all of it stands.
    if !plan.is_empty()
        && let Some(record) = store.vendor(&plan.id).await?
    {
        store
            .put_vendor(&VendorRecord { at_ms: at_ms.max(record.at_ms.saturating_add(1)), ..record })
            .await?;
    }
    Ok(())
}

/// Hands the content rows that differ from the stored ones to `take`, in chunks of bounded size. The whole file is
/// checked first, so that a bad row at its end is found before `take` sees the first chunk.
async fn each_changed(
    store: Option<&SqlStore>,
    vendor: &VendorId,
    path: &Path,
    skip_bad_rows: bool,
    mut take: impl AsyncFnMut(Vec<ContentRow>) -> Result<(), ApplyError>,
) -> Result<(), ApplyError> {
    ContentFile::check(path, skip_bad_rows)?;
    let mut file = ContentFile::open(path)?;
    while let Some(chunk) = file.next_chunk(CHUNK_ROWS)? {
        let mut stored: BTreeMap<(Sku, Option<vortex_domain::Language>), ContentRow> = BTreeMap::new();
        if let Some(store) = store {
            let skus: BTreeSet<Sku> = chunk.rows.iter().map(|row| row.sku.clone()).collect();
            let skus: Vec<Sku> = skus.into_iter().collect();
            let rows = store.load_skus(vendor, &skus).await?;
            stored = rows
                .into_iter()
                .flat_map(|rows| rows.content)
                .map(|row| ((row.sku.clone(), row.language), row))
                .collect();
        }
        let changed: Vec<ContentRow> = chunk
            .rows
            .into_iter()
            .filter(|row| stored.get(&(row.sku.clone(), row.language)) != Some(row))
            .collect();
        if !changed.is_empty() {
            take(changed).await?;
        }
    }
    Ok(())
}
