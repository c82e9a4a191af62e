//! Who may call, and what we remember of their writes: the part of the outside world that the API needs besides
//! engine and rows.

use std::{collections::BTreeMap, fmt::Write as _};

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vortex_domain::VendorId;
use vortex_store::{
    SqlStore,
    registry::{Answered, AuditEntry, AuditRow, MemberRecord, RegistryError, SessionRecord, TokenRecord},
};

/// What somebody may do.
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

/// Whoever asks: the holder of a token, or somebody who is signed in. What they may do is told in the same words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// For the journal and the audit trail: `token:<name>` or `user:<login>`.
    pub name: String,
    /// The role on every vendor and on the installation; none for those of single vendors.
    pub platform: Option<Role>,
    /// Roles on single vendors.
    pub vendors: BTreeMap<VendorId, Role>,
}

impl Principal {
    /// What it may do with a vendor; none when it may not even know of it.
    pub fn role_on(&self, vendor: &VendorId) -> Option<Role> {
        self.platform.max(self.vendors.get(vendor).copied())
    }

    fn new(name: String, roles: impl IntoIterator<Item = (Option<VendorId>, String)>) -> Self {
        let mut principal = Self { name, platform: None, vendors: BTreeMap::new() };
        for (vendor, role) in roles {
            // A role that this version does not know allows nothing.
            let Ok(role) = role.parse() else { continue };
            match vendor {
                Some(vendor) => drop(principal.vendors.insert(vendor, role)),
                None => principal.platform = Some(role),
            }
        }
        principal
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// What they may do.
    pub principal: Principal,
    /// What they type to sign in.
    pub login: String,
    /// Their name.
    pub name: String,
    /// When the session was last used, to some minutes.
    pub seen_ms: i64,
    /// When it ends in any case.
    pub expires_ms: i64,
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

/// Tokens, people, vendors, webhook secrets, remembered answers and the audit trail.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Who holds the token with this SHA-256; none when it is unknown or revoked.
    async fn token(&self, sha256: &[u8; 32]) -> Result<Option<Principal>, AccountsError>;
    /// A new token with the SHA-256 that it is known by.
    async fn add_token(
        &self,
        sha256: &[u8; 32],
        vendor: &VendorId,
        role: Role,
        name: &str,
        at_ms: i64,
    ) -> Result<(), AccountsError>;
    /// The tokens of a vendor, oldest first, revoked ones too.
    async fn tokens(&self, vendor: &VendorId, limit: u32) -> Result<Vec<TokenRecord>, AccountsError>;
    /// Who has a role on the vendor itself, by login.
    async fn members(&self, vendor: &VendorId, limit: u32) -> Result<Vec<MemberRecord>, AccountsError>;
    /// Ends a token; `false` when there is no such valid one.
    async fn revoke(&self, hash: &str, at_ms: i64) -> Result<bool, AccountsError>;

    /// Who holds the session with this SHA-256, ended or not.
    async fn session(&self, sha256: &[u8; 32]) -> Result<Option<SignedIn>, AccountsError>;
    /// Opens a session.
    async fn open_session(&self, session: &SessionRecord) -> Result<(), AccountsError>;
    /// Notes that a session was used.
    async fn touch_session(&self, sha256: &[u8; 32], seen_ms: i64) -> Result<(), AccountsError>;
    /// The sessions of an account, the last used first.
    async fn sessions(&self, login: &str) -> Result<Vec<SessionRecord>, AccountsError>;
    /// Ends one session of an account; `false` when there is no such one.
    async fn end_session(&self, login: &str, hash: &str) -> Result<bool, AccountsError>;
    /// Ends every session of an account.
    async fn end_sessions(&self, login: &str) -> Result<(), AccountsError>;
    /// The hash of an account's password; none when there is no such account, or no password yet.
    async fn password(&self, login: &str) -> Result<Option<String>, AccountsError>;
    /// Sets a password and ends every session and invitation of the account.
    async fn set_password(&self, login: &str, password: &str) -> Result<bool, AccountsError>;
    /// Whose one-time link this is, unless it has ended.
    async fn invitation(&self, sha256: &[u8; 32], now_ms: i64) -> Result<Option<String>, AccountsError>;
    /// Sets the password of whoever the link is for, once; whose it was.
    async fn accept_invitation(
        &self,
        sha256: &[u8; 32],
        password: &str,
        now_ms: i64,
    ) -> Result<Option<String>, AccountsError>;

    /// Appends an act to the audit trail; its number.
    async fn append_audit(&self, entry: &AuditEntry) -> Result<i64, AccountsError>;
    /// Acts on a vendor before a number, newest first.
    async fn audit(&self, vendor: &VendorId, before: i64, limit: u32)
    -> Result<Vec<AuditRow>, AccountsError>;

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
        Ok(Some(Principal::new(format!("token:{}", record.name), [(record.vendor, record.role)])))
    }

    async fn add_token(
        &self,
        sha256: &[u8; 32],
        vendor: &VendorId,
        role: Role,
        name: &str,
        at_ms: i64,
    ) -> Result<(), AccountsError> {
        let record = TokenRecord {
            hash: stored_hash(sha256),
            vendor: Some(vendor.clone()),
            role: role.name().to_owned(),
            name: name.to_owned(),
            at_ms,
            revoked_ms: None,
        };
        self.put_token(&record).await.map_err(failed("storing a token"))
    }

    async fn tokens(&self, vendor: &VendorId, limit: u32) -> Result<Vec<TokenRecord>, AccountsError> {
        self.tokens_of(vendor, limit).await.map_err(failed("reading tokens"))
    }

    async fn members(&self, vendor: &VendorId, limit: u32) -> Result<Vec<MemberRecord>, AccountsError> {
        self.members(vendor, limit).await.map_err(failed("reading who may see a vendor"))
    }

    async fn revoke(&self, hash: &str, at_ms: i64) -> Result<bool, AccountsError> {
        self.revoke_token(hash, at_ms).await.map_err(failed("revoking a token"))
    }

    async fn session(&self, sha256: &[u8; 32]) -> Result<Option<SignedIn>, AccountsError> {
        let found = self.session(&stored_hash(sha256)).await.map_err(failed("reading a session"))?;
        Ok(found.map(|found| {
            let roles = found.roles.into_iter().map(|role| (role.vendor, role.role));
            SignedIn {
                principal: Principal::new(format!("user:{}", found.login), roles),
                login: found.login,
                name: found.name,
                seen_ms: found.seen_ms,
                expires_ms: found.expires_ms,
            }
        }))
    }

    async fn open_session(&self, session: &SessionRecord) -> Result<(), AccountsError> {
        self.open_session(session).await.map_err(failed("opening a session"))
    }

    async fn touch_session(&self, sha256: &[u8; 32], seen_ms: i64) -> Result<(), AccountsError> {
        self.touch_session(&stored_hash(sha256), seen_ms).await.map_err(failed("touching a session"))
    }

    async fn sessions(&self, login: &str) -> Result<Vec<SessionRecord>, AccountsError> {
        self.sessions(login).await.map_err(failed("reading sessions"))
    }

    async fn end_session(&self, login: &str, hash: &str) -> Result<bool, AccountsError> {
        self.end_session(login, hash).await.map_err(failed("ending a session"))
    }

    async fn end_sessions(&self, login: &str) -> Result<(), AccountsError> {
        self.end_sessions(login).await.map_err(failed("ending sessions"))
    }

    async fn password(&self, login: &str) -> Result<Option<String>, AccountsError> {
        let account = self.account(login).await.map_err(failed("reading an account"))?;
        Ok(account.and_then(|account| account.password))
    }

    async fn set_password(&self, login: &str, password: &str) -> Result<bool, AccountsError> {
        self.set_password(login, password).await.map_err(failed("setting a password"))
    }

    async fn invitation(&self, sha256: &[u8; 32], now_ms: i64) -> Result<Option<String>, AccountsError> {
        self.invitation(&stored_hash(sha256), now_ms).await.map_err(failed("reading an invitation"))
    }

    async fn accept_invitation(
        &self,
        sha256: &[u8; 32],
        password: &str,
        now_ms: i64,
    ) -> Result<Option<String>, AccountsError> {
        let accepted = self.accept_invitation(&stored_hash(sha256), password, now_ms).await;
        accepted.map_err(failed("accepting an invitation"))
    }

    async fn append_audit(&self, entry: &AuditEntry) -> Result<i64, AccountsError> {
        self.append_audit(entry).await.map_err(failed("appending to the audit trail"))
    }

    async fn audit(
        &self,
        vendor: &VendorId,
        before: i64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, AccountsError> {
        self.audit(vendor.as_str(), before, limit).await.map_err(failed("reading the audit trail"))
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
