//! Who may call, and what we remember of their writes: the part of the outside world that the API needs besides
//! engine and rows.

use std::fmt::Write as _;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vortex_domain::VendorId;
use vortex_store::{
    SqlStore,
    registry::{Answered, RegistryError},
};

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads, starts flows and acts on attention items.
    Operator,
    /// Everything of a vendor.
    Owner,
}

impl Role {
    /// May it change anything?
    pub fn may_write(self) -> bool {
        self >= Self::Operator
    }

    /// The name in the database and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = vortex_domain::ids::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Viewer, Self::Operator, Self::Owner].into_iter().find(|role| role.name() == text).ok_or_else(
            || vortex_domain::ids::InvalidId {
                kind: "role",
                value: text.chars().take(80).collect(),
                rule: "one of viewer, operator, owner",
            },
        )
    }
}

/// Whoever holds a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The token's name, for the journal (`token:<name>`).
    pub name: String,
    /// The only vendor it may see; none for the platform's operators, who may see all.
    pub vendor: Option<VendorId>,
    /// What it may do.
    pub role: Role,
}

/// One vendor in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorEntry {
    /// Its id.
    pub id: VendorId,
    /// The company's name.
    pub name: String,
}

/// The answer to a write that carried an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// SHA-256 of method, path and body, in hex.
    pub request: String,
    /// Status and body, as JSON text.
    pub answer: String,
}

/// Accounts cannot be read or written now.
#[derive(Debug, thiserror::Error)]
#[error("accounts: the database failed while {doing}")]
pub struct AccountsError {
    /// Which operation, in words.
    pub doing: &'static str,
    /// The database's error.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Tokens, vendors, webhook secrets and remembered answers.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Who holds the token with this SHA-256; none when it is unknown or revoked.
    async fn token(&self, sha256: &[u8; 32]) -> Result<Option<Principal>, AccountsError>;
    /// Every vendor, by id.
    async fn vendors(&self) -> Result<Vec<VendorEntry>, AccountsError>;
    /// One vendor; none when there is no such one.
    async fn vendor(&self, id: &VendorId) -> Result<Option<VendorEntry>, AccountsError>;
    /// The kind of a connection and the secrets that prove its webhooks now; several while one replaces another, none when the
    /// connection is unknown or takes no webhooks.
    async fn hook_secrets(
        &self,
        vendor: &VendorId,
        connection: &str,
    ) -> Result<(String, Vec<SecretString>), AccountsError>;
    /// The answer given under an `Idempotency-Key` of the vendor, unless it has expired.
    async fn remembered(
        &self,
        vendor: &VendorId,
        key: &str,
        now_ms: i64,
    ) -> Result<Option<Remembered>, AccountsError>;
    /// Keeps an answer until `expires_ms`; an answer that is already kept stays.
    async fn remember(
        &self,
        vendor: &VendorId,
        key: &str,
        answer: &Remembered,
        now_ms: i64,
        expires_ms: i64,
    ) -> Result<(), AccountsError>;
}

/// Secret fields of a connection that prove its webhooks begin so: `webhook_secret`, and `webhook_secret_old` or the like
/// while one replaces another.
pub const HOOK_SECRET_FIELD: &str = "webhook_secret";

/// How a token's hash is written in the database: lower-case hex.
pub fn stored_hash(sha256: &[u8; 32]) -> String {
    sha256.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn failed(doing: &'static str) -> impl FnOnce(RegistryError) -> AccountsError {
    move |source| AccountsError { doing, source: Box::new(source) }
}

#[async_trait]
impl Accounts for SqlStore {
    async fn token(&self, sha256: &[u8; 32]) -> Result<Option<Principal>, AccountsError> {
        let record = self.token(&stored_hash(sha256)).await.map_err(failed("reading a token"))?;
        let Some(record) = record.filter(|record| record.revoked_ms.is_none()) else { return Ok(None) };
        // A role that this version does not know allows nothing.
        let Ok(role) = record.role.parse() else { return Ok(None) };
        Ok(Some(Principal { name: record.name, vendor: record.vendor, role }))
    }

    async fn vendors(&self) -> Result<Vec<VendorEntry>, AccountsError> {
        let records = self.vendors().await.map_err(failed("reading vendors"))?;
        Ok(records.into_iter().map(|record| VendorEntry { id: record.id, name: record.name }).collect())
    }

    async fn vendor(&self, id: &VendorId) -> Result<Option<VendorEntry>, AccountsError> {
        let record = self.vendor(id).await.map_err(failed("reading a vendor"))?;
        Ok(record.map(|record| VendorEntry { id: record.id, name: record.name }))
    }

    async fn hook_secrets(
        &self,
        vendor: &VendorId,
        connection: &str,
    ) -> Result<(String, Vec<SecretString>), AccountsError> {
        let connections =
            self.connections(vendor).await.map_err(failed("reading a connection's webhook secrets"))?;
        let found = connections.into_iter().find(|record| record.name == connection);
        let (kind, secrets) = found.map(|record| (record.kind, record.secrets)).unwrap_or_default();
        let of_hooks = secrets.into_iter().filter(|(field, _)| field.starts_with(HOOK_SECRET_FIELD));
        Ok((kind, of_hooks.map(|(_, secret)| secret).collect()))
    }

    async fn remembered(
        &self,
        vendor: &VendorId,
        key: &str,
        now_ms: i64,
    ) -> Result<Option<Remembered>, AccountsError> {
        let kept = self.answered(vendor, key, now_ms).await.map_err(failed("reading a remembered answer"))?;
        Ok(kept.map(|kept| Remembered { request: kept.body_hash, answer: kept.response }))
    }

    async fn remember(
        &self,
        vendor: &VendorId,
        key: &str,
        answer: &Remembered,
        now_ms: i64,
        expires_ms: i64,
    ) -> Result<(), AccountsError> {
        let row = Answered { body_hash: answer.request.clone(), response: answer.answer.clone(), expires_ms };
        self.remember_answer(vendor, key, &row, now_ms).await.map_err(failed("remembering an answer"))?;
        Ok(())
    }
}
