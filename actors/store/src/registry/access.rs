//! API tokens and answers to repeated requests.

use vortex_domain::VendorId;

use super::RegistryError;
use crate::{
    db::on,
    sql::{SqlStore, corrupt, failed, transaction::Step, vendor_id},
    statements as sql,
    store::StoreError,
};

/// An API token; only its hash is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// Hash of the token, in the caller's encoding.
    pub hash: String,
    /// The vendor it is for; none for an operator's.
    pub vendor: Option<VendorId>,
    /// What it may do.
    pub role: String,
    /// Name for people and for the journal.
    pub name: String,
    /// When it was made.
    pub at_ms: i64,
    /// Since when it is no longer valid.
    pub revoked_ms: Option<i64>,
}

/// An answer that was given under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Hash of the request's body; another body under the same key is the caller's mistake.
    pub body_hash: String,
    /// The answer, as the caller encoded it.
    pub response: String,
    /// Until when it is remembered.
    pub expires_ms: i64,
}

type TokenText = (String, Option<String>, String, String, i64, Option<i64>);

fn token((hash, vendor, role, name, at_ms, revoked_ms): TokenText) -> Result<TokenRecord, StoreError> {
    let vendor = vendor.map(|text| vendor_id(&text)).transpose()?;
    Ok(TokenRecord { hash, vendor, role, name, at_ms, revoked_ms })
}

impl SqlStore {
    /// Stores a new token; one with the same hash stays as it is. `revoked_ms` is not stored by this call.
    pub async fn put_token(&self, token: &TokenRecord) -> Result<(), RegistryError> {
        let values = vec![
            token.hash.as_str().into(),
            token.vendor.as_ref().map(VendorId::as_str).into(),
            token.role.as_str().into(),
            token.name.as_str().into(),
            token.at_ms.into(),
        ];
        self.write("storing a token", &[Step::new(&sql::TOKEN, values)]).await?;
        Ok(())
    }

    /// The token with this hash, also when it is revoked.
    pub async fn token(&self, hash: &str) -> Result<Option<TokenRecord>, RegistryError> {
        let row: Option<TokenText> =
            on!(&self.db, pool => sqlx::query_as(sql::TOKEN_OF).bind(hash).fetch_optional(pool).await)
                .map_err(failed("reading a token"))?;
        Ok(row.map(token).transpose()?)
    }

    /// All tokens, oldest first.
    pub async fn tokens(&self) -> Result<Vec<TokenRecord>, RegistryError> {
        let rows: Vec<TokenText> = on!(&self.db, pool => sqlx::query_as(sql::TOKENS).fetch_all(pool).await)
            .map_err(failed("reading tokens"))?;
        Ok(rows.into_iter().map(token).collect::<Result<_, _>>()?)
    }

    /// The tokens of a vendor, oldest first.
    pub async fn tokens_of(&self, vendor: &VendorId, limit: u32) -> Result<Vec<TokenRecord>, RegistryError> {
        let rows: Vec<TokenText> = on!(&self.db, pool => sqlx::query_as(sql::TOKENS_OF)
            .bind(vendor.as_str()).bind(i64::from(limit)).fetch_all(pool).await)
        .map_err(failed("reading tokens"))?;
        Ok(rows.into_iter().map(token).collect::<Result<_, _>>()?)
    }

    /// Ends a token; `false` when there is no such valid token.
    pub async fn revoke_token(&self, hash: &str, at_ms: i64) -> Result<bool, RegistryError> {
        let step = Step::new(&sql::TOKEN_REVOKE, vec![hash.into(), at_ms.into()]);
        let answers = self.write("revoking a token", &[step]).await?;
        Ok(answers.iter().any(|rows| !rows.is_empty()))
    }

    /// Remembers an answer unless one stands under the key already, which is then returned. Forgets expired ones.
    pub async fn remember_answer(
        &self,
        vendor: &VendorId,
        key: &str,
        answer: &Answered,
        now_ms: i64,
    ) -> Result<Option<Answered>, RegistryError> {
        let values = vec![
            vendor.as_str().into(),
            key.into(),
            answer.body_hash.as_str().into(),
            answer.response.as_str().into(),
            answer.expires_ms.into(),
        ];
        let steps =
            [Step::new(&sql::IDEMPOTENCY_EXPIRE, vec![now_ms.into()]), Step::new(&sql::IDEMPOTENCY, values)];
        let answers = self.write("remembering an answer", &steps).await?;
        if answers.last().is_some_and(|rows| !rows.is_empty()) {
            return Ok(None);
        }
        let standing = self.answered(vendor, key, now_ms).await?;
        Ok(Some(standing.ok_or_else(|| corrupt("idempotency key", key, "it vanished while it was read"))?))
    }

    /// The answer that stands under the key.
    pub async fn answered(
        &self,
        vendor: &VendorId,
        key: &str,
        now_ms: i64,
    ) -> Result<Option<Answered>, RegistryError> {
        let row: Option<(String, String, i64)> = on!(&self.db, pool => sqlx::query_as(sql::IDEMPOTENCY_OF)
            .bind(vendor.as_str()).bind(key).fetch_optional(pool).await)
        .map_err(failed("reading an idempotency key"))?;
        Ok(row
            .map(|(body_hash, response, expires_ms)| Answered { body_hash, response, expires_ms })
            .filter(|answer| answer.expires_ms >= now_ms))
    }
}
