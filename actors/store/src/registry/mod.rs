//! Administrative data: vendors and their connections, content, rates, mapping versions, drafts and trials, tokens, people and
//! their acts.
//!
//! It changes at the hands of people, not of the engine; therefore it is not part of [`crate::Store`].

mod access;
mod audit;
mod data;
mod mapping;
mod people;
mod rates;

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value;
use vortex_domain::VendorId;

pub use access::{Answered, TokenRecord};
pub use audit::{AuditEntry, AuditHead, AuditRow, AuditVerdict};
pub use mapping::{
    DraftRecord, MappingRecord, NewVersion, Published, ReceiptKey, TrialEnd, TrialRecord, TrialState,
    TrialTerms,
};
pub use people::{AccountRecord, MemberRecord, RoleRecord, SessionRecord, SignedIn};
pub use rates::RateRecord;

use crate::{
    db::{Val, on},
    secrets::{MasterKey, Place, SecretError},
    sql::{FILE_KEY, SqlStore, canary, failed, json, parsed, transaction::Step, vendor_id},
    statements as sql,
    store::{CommitError, StoreError},
};

/// Administrative data could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A read failed.
    #[error(transparent)]
    Read(#[from] StoreError),
    /// A write failed.
    #[error("the change was not stored")]
    Write(#[from] CommitError),
    /// A secret cannot be sealed or opened.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// A merchant.
#[derive(Debug, Clone, PartialEq)]
pub struct VendorRecord {
    /// Identity.
    pub id: VendorId,
    /// Name for people.
    pub name: String,
    /// Everything that the vendor's file sets, as JSON.
    pub settings: Value,
    /// When it was last applied.
    pub at_ms: i64,
}

/// One connection of a vendor to an outside system. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct ConnectionRecord {
    /// Owner.
    pub vendor: VendorId,
    /// Its name within the vendor, e.g. `erp`.
    pub name: String,
    /// Which connector, e.g. `winmentor-bridge`.
    pub kind: String,
    /// Where the outside system is.
    pub base_url: String,
    /// The connector's settings, as JSON.
    pub settings: Value,
    /// Secrets by field, e.g. `api_key`; sealed at rest.
    pub secrets: BTreeMap<String, SecretString>,
}

type VendorText = (String, String, String, i64);
type ConnectionText = (String, String, String, String, String, String);

fn vendor_record((vendor, name, settings, at_ms): VendorText) -> Result<VendorRecord, StoreError> {
    let settings = parsed("vendor", &vendor, &settings)?;
    Ok(VendorRecord { id: vendor_id(&vendor)?, name, settings, at_ms })
}

fn sealed(
    key: &MasterKey,
    vendor: &str,
    connection: &str,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<BTreeMap<String, String>, SecretError> {
    let seal = |(field, secret): (&String, &SecretString)| {
        Ok((field.clone(), key.seal(Place { vendor, connection, field }, secret)?))
    };
    secrets.iter().map(seal).collect()
}

fn opened(
    key: &MasterKey,
    vendor: &str,
    connection: &str,
    sealed: &str,
) -> Result<BTreeMap<String, SecretString>, RegistryError> {
    let fields: BTreeMap<String, String> = parsed("connection", connection, sealed)?;
    let open = |(field, text): (String, String)| {
        let secret = key.open(Place { vendor, connection, field: &field }, &text)?;
        Ok((field, secret))
    };
    fields.into_iter().map(open).collect()
}

fn connection_record(key: &MasterKey, row: ConnectionText) -> Result<ConnectionRecord, RegistryError> {
    let (vendor, name, kind, base_url, settings, secrets) = row;
    let settings = parsed("connection", &name, &settings)?;
    let secrets = opened(key, &vendor, &name, &secrets)?;
    Ok(ConnectionRecord { vendor: vendor_id(&vendor)?, name, kind, base_url, settings, secrets })
}

/// A value that cannot be written as JSON.
fn unwritable(source: sqlx::Error) -> CommitError {
    CommitError::NotCommitted(failed("writing settings as JSON")(source))
}

impl SqlStore {
    /// Creates or replaces a vendor.
    pub async fn put_vendor(&self, vendor: &VendorRecord) -> Result<(), RegistryError> {
        let settings = json(&vendor.settings).map_err(unwritable)?;
        let values = vec![
            vendor.id.as_str().into(),
            vendor.name.as_str().into(),
            settings.into(),
            vendor.at_ms.into(),
        ];
        self.write("storing a vendor", &[Step::new(&sql::VENDOR, values)]).await?;
        Ok(())
    }

    /// All vendors, by id.
    pub async fn vendors(&self) -> Result<Vec<VendorRecord>, RegistryError> {
        let rows: Vec<VendorText> = on!(&self.db, pool => sqlx::query_as(sql::VENDORS).fetch_all(pool).await)
            .map_err(failed("reading vendors"))?;
        Ok(rows.into_iter().map(vendor_record).collect::<Result<_, _>>()?)
    }

    /// One vendor.
    pub async fn vendor(&self, id: &VendorId) -> Result<Option<VendorRecord>, RegistryError> {
        let row: Option<VendorText> =
            on!(&self.db, pool => sqlx::query_as(sql::VENDOR_OF).bind(id.as_str()).fetch_optional(pool).await)
                .map_err(failed("reading a vendor"))?;
        Ok(row.map(vendor_record).transpose()?)
    }

    /// Creates or replaces a connection; the vendor must exist. Its secrets are sealed for this very row.
    pub async fn put_connection(&self, connection: &ConnectionRecord) -> Result<(), RegistryError> {
        let key = self.key.read().await;
        let secrets = sealed(&key, connection.vendor.as_str(), &connection.name, &connection.secrets)?;
        let values = vec![
            connection.vendor.as_str().into(),
            connection.name.as_str().into(),
            connection.kind.as_str().into(),
            connection.base_url.as_str().into(),
            json(&connection.settings).map_err(unwritable)?.into(),
            json(&secrets).map_err(unwritable)?.into(),
        ];
        self.write("storing a connection", &[Step::new(&sql::CONNECTION, values)]).await?;
        Ok(())
    }

    /// The vendor's connections by name, secrets opened. One that does not open fails the whole call (SEC19).
    pub async fn connections(&self, vendor: &VendorId) -> Result<Vec<ConnectionRecord>, RegistryError> {
        let key = self.key.read().await;
        let rows: Vec<ConnectionText> =
            on!(&self.db, pool => sqlx::query_as(sql::CONNECTIONS).bind(vendor.as_str()).fetch_all(pool).await)
                .map_err(failed("reading connections"))?;
        rows.into_iter().map(|row| connection_record(&key, row)).collect()
    }

    /// Seals every secret anew under another master key, in one transaction, while everything else goes on (SEC20).
    pub async fn rotate_key(&self, new: MasterKey) -> Result<(), RegistryError> {
        let mut key = self.key.write().await;
        let rows: Vec<ConnectionText> =
            on!(&self.db, pool => sqlx::query_as(sql::ALL_CONNECTIONS).fetch_all(pool).await)
                .map_err(failed("reading connections"))?;
        let mut values: Vec<Val<'_>> = Vec::with_capacity(rows.len() * sql::CONNECTION.row.len());
        for (vendor, name, kind, base_url, settings, secrets) in &rows {
            let secrets = sealed(&new, vendor, name, &opened(&key, vendor, name, secrets)?)?;
            values.extend([vendor, name, kind, base_url, settings].map(|text| Val::from(text.as_str())));
            values.push(json(&secrets).map_err(unwritable)?.into());
        }
        let file_key = self.file_key.sealed_under(&new)?;
        let file_key = Step::new(&sql::META, vec![FILE_KEY.into(), file_key.into()]);
        let steps = [Step::new(&sql::CONNECTION, values), canary(&new)?, file_key];
        self.write("sealing the secrets under another master key", &steps).await?;
        *key = new;
        Ok(())
    }
}
