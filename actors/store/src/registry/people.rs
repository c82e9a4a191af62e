//! People who sign in: accounts, their roles, their sessions and the one-time links by which they set a password.

use vortex_domain::VendorId;

use super::RegistryError;
use crate::{
    db::on,
    sql::{SqlStore, failed, transaction::Step, vendor_id},
    statements as sql,
    store::StoreError,
};

/// Sessions of one account that are listed.
const SESSIONS_SHOWN: i64 = 100;

/// Somebody who signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// What they type, lower case.
    pub login: String,
    /// Name for people.
    pub name: String,
    /// Hash of the password in PHC form; none until it was set.
    pub password: Option<String>,
    /// When it was made.
    pub at_ms: i64,
}

impl std::fmt::Debug for AccountRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountRecord").field("login", &self.login).finish_non_exhaustive()
    }
}

/// What an account may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRecord {
    /// On which vendor; none for the whole installation.
    pub vendor: Option<VendorId>,
    /// Which role.
    pub role: String,
}

/// Who may see a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    /// The account.
    pub login: String,
    /// Its name.
    pub name: String,
    /// Its role on the vendor.
    pub role: String,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Hash of what the cookie holds.
    pub hash: String,
    /// Whose.
    pub login: String,
    /// From which address it was opened.
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
    /// When it was opened.
    pub at_ms: i64,
    /// When it was last used, to some minutes.
    pub seen_ms: i64,
    /// When it ends in any case.
    pub expires_ms: i64,
}

/// A session with its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The account.
    pub login: String,
    /// Its name.
    pub name: String,
    /// When the session was last used, to some minutes.
    pub seen_ms: i64,
    /// When it ends in any case.
    pub expires_ms: i64,
    /// What the account may do.
    pub roles: Vec<RoleRecord>,
}

type AccountText = (String, String, Option<String>, i64);

fn account((login, name, password, at_ms): AccountText) -> AccountRecord {
    AccountRecord { login, name, password, at_ms }
}

/// An empty vendor stands for the installation.
fn role(vendor: &str, role: String) -> Result<RoleRecord, StoreError> {
    let vendor = if vendor.is_empty() { None } else { Some(vendor_id(vendor)?) };
    Ok(RoleRecord { vendor, role })
}

fn scope(vendor: Option<&VendorId>) -> &str {
    vendor.map_or("", VendorId::as_str)
}

impl SqlStore {
    /// Makes an account without a password; `false` when the login is taken.
    pub async fn create_account(&self, login: &str, name: &str, at_ms: i64) -> Result<bool, RegistryError> {
        let step = Step::new(&sql::ACCOUNT, vec![login.into(), name.into(), at_ms.into()]);
        let answers = self.write("storing an account", &[step]).await?;
        Ok(answers.iter().any(|rows| !rows.is_empty()))
    }

    /// One account.
    pub async fn account(&self, login: &str) -> Result<Option<AccountRecord>, RegistryError> {
        let row: Option<AccountText> =
            on!(&self.db, pool => sqlx::query_as(sql::ACCOUNT_OF).bind(login).fetch_optional(pool).await)
                .map_err(failed("reading an account"))?;
        Ok(row.map(account))
    }

    /// All accounts, by login.
    pub async fn accounts(&self) -> Result<Vec<AccountRecord>, RegistryError> {
        let rows: Vec<AccountText> =
            on!(&self.db, pool => sqlx::query_as(sql::ACCOUNTS).fetch_all(pool).await)
                .map_err(failed("reading accounts"))?;
        Ok(rows.into_iter().map(account).collect())
    }

    /// Gives an account a role, in place of the one it had there.
    pub async fn grant_role(
        &self,
        login: &str,
        vendor: Option<&VendorId>,
        role: &str,
    ) -> Result<(), RegistryError> {
        let step = Step::new(&sql::ACCOUNT_ROLE, vec![login.into(), scope(vendor).into(), role.into()]);
        self.write("storing a role", &[step]).await?;
        Ok(())
    }

    /// Takes an account's role on a vendor; the role that it had.
    pub async fn end_role(
        &self,
        login: &str,
        vendor: Option<&VendorId>,
    ) -> Result<Option<String>, RegistryError> {
        let step = Step::new(&sql::ACCOUNT_ROLE_END, vec![login.into(), scope(vendor).into()]);
        let answers = self.write("ending a role", &[step]).await?;
        Ok(answers.into_iter().flatten().map(|(_, _, role)| role).next())
    }

    /// What an account may do.
    pub async fn roles(&self, login: &str) -> Result<Vec<RoleRecord>, RegistryError> {
        let rows: Vec<(String, String)> =
            on!(&self.db, pool => sqlx::query_as(sql::ROLES_OF).bind(login).fetch_all(pool).await)
                .map_err(failed("reading roles"))?;
        Ok(rows.into_iter().map(|(vendor, name)| role(&vendor, name)).collect::<Result<_, _>>()?)
    }

    /// Who has a role on the vendor itself, by login.
    pub async fn members(&self, vendor: &VendorId, limit: u32) -> Result<Vec<MemberRecord>, RegistryError> {
        let rows: Vec<(String, String, String)> =
            on!(&self.db, pool => sqlx::query_as(sql::ACCOUNTS_OF_VENDOR)
            .bind(vendor.as_str()).bind(i64::from(limit)).fetch_all(pool).await)
            .map_err(failed("reading who may see a vendor"))?;
        Ok(rows.into_iter().map(|(login, name, role)| MemberRecord { login, name, role }).collect())
    }

    /// Sets a password, and ends every session and every open invitation of the account, all at once.
    pub async fn set_password(&self, login: &str, password: &str) -> Result<bool, RegistryError> {
        let steps = [
            Step::new(&sql::PASSWORD, vec![login.into(), password.into()]),
            Step::new(&sql::SESSIONS_END, vec![login.into()]),
            Step::new(&sql::INVITATIONS_END, vec![login.into()]),
        ];
        let answers = self.write("setting a password", &steps).await?;
        Ok(answers.iter().any(|rows| !rows.is_empty()))
    }

    /// Gives an account a one-time link; those it had before end.
    pub async fn invite(&self, hash: &str, login: &str, expires_ms: i64) -> Result<(), RegistryError> {
        let steps = [
            Step::new(&sql::INVITATIONS_END, vec![login.into()]),
            Step::new(&sql::INVITATION, vec![hash.into(), login.into(), expires_ms.into()]),
        ];
        self.write("storing an invitation", &steps).await?;
        Ok(())
    }

    /// Whose one-time link this is, unless it has ended.
    pub async fn invitation(&self, hash: &str, now_ms: i64) -> Result<Option<String>, RegistryError> {
        Ok(on!(&self.db, pool => sqlx::query_scalar(sql::INVITATION_OF)
            .bind(hash).bind(now_ms).fetch_optional(pool).await)
        .map_err(failed("reading an invitation"))?)
    }

    /// Sets the password of whoever the link is for, once; whose it was. Every session of theirs ends.
    pub async fn accept_invitation(
        &self,
        hash: &str,
        password: &str,
        now_ms: i64,
    ) -> Result<Option<String>, RegistryError> {
        let Some(login) = self.invitation(hash, now_ms).await? else { return Ok(None) };
        let by_link =
            Step::new(&sql::PASSWORD_BY_INVITATION, vec![hash.into(), now_ms.into(), password.into()]);
        let rest = [
            Step::new(&sql::SESSIONS_END, vec![login.as_str().into()]),
            Step::new(&sql::INVITATIONS_END, vec![login.as_str().into()]),
        ];
        let [sessions, invitations] = rest;
        let answers = self.write("setting a password", &[by_link, sessions, invitations]).await?;
        // Nothing came back when another request used the link between the two.
        Ok(answers.into_iter().flatten().map(|(login, ..)| login).next())
    }

    /// Opens a session; those that have ended are forgotten.
    pub async fn open_session(&self, session: &SessionRecord) -> Result<(), RegistryError> {
        let values = vec![
            session.hash.as_str().into(),
            session.login.as_str().into(),
            session.address.as_str().into(),
            session.agent.as_str().into(),
            session.at_ms.into(),
            session.seen_ms.into(),
            session.expires_ms.into(),
        ];
        let steps =
            [Step::new(&sql::SESSION_EXPIRE, vec![session.at_ms.into()]), Step::new(&sql::SESSION, values)];
        self.write("opening a session", &steps).await?;
        Ok(())
    }

    /// Who holds the session with this hash, ended or not.
    pub async fn session(&self, hash: &str) -> Result<Option<SignedIn>, RegistryError> {
        let rows: Vec<(String, String, i64, i64, String, String)> =
            on!(&self.db, pool => sqlx::query_as(sql::SESSION_OF).bind(hash).fetch_all(pool).await)
                .map_err(failed("reading a session"))?;
        let mut found: Option<SignedIn> = None;
        for (login, name, seen_ms, expires_ms, vendor, granted) in rows {
            let roles = Vec::new();
            let whole = found.get_or_insert(SignedIn { login, name, seen_ms, expires_ms, roles });
            if !granted.is_empty() {
                whole.roles.push(role(&vendor, granted)?);
            }
        }
        Ok(found)
    }

    /// Notes that a session was used.
    pub async fn touch_session(&self, hash: &str, seen_ms: i64) -> Result<(), RegistryError> {
        let step = Step::new(&sql::SESSION_SEEN, vec![hash.into(), seen_ms.into()]);
        self.write("noting that a session was used", &[step]).await?;
        Ok(())
    }

    /// Ends one session of an account; `false` when there is no such one.
    pub async fn end_session(&self, login: &str, hash: &str) -> Result<bool, RegistryError> {
        let step = Step::new(&sql::SESSION_END, vec![login.into(), hash.into()]);
        let answers = self.write("ending a session", &[step]).await?;
        Ok(answers.iter().any(|rows| !rows.is_empty()))
    }

    /// Ends every session of an account.
    pub async fn end_sessions(&self, login: &str) -> Result<(), RegistryError> {
        self.write("ending sessions", &[Step::new(&sql::SESSIONS_END, vec![login.into()])]).await?;
        Ok(())
    }

    /// The sessions of an account, the last used first.
    pub async fn sessions(&self, login: &str) -> Result<Vec<SessionRecord>, RegistryError> {
        let rows: Vec<(String, String, String, i64, i64, i64)> =
            on!(&self.db, pool => sqlx::query_as(sql::SESSIONS_OF)
            .bind(login).bind(SESSIONS_SHOWN).fetch_all(pool).await)
            .map_err(failed("reading sessions"))?;
        let session = |(hash, address, agent, at_ms, seen_ms, expires_ms)| SessionRecord {
            hash,
            login: login.to_owned(),
            address,
            agent,
            at_ms,
            seen_ms,
            expires_ms,
        };
        Ok(rows.into_iter().map(session).collect())
    }
}
