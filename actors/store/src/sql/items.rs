//! Reads for people: attention items and journal entries.

use std::collections::HashMap;

use vortex_domain::{VendorId, attention::Subject};

use super::{
    SqlStore, corrupt, failed,
    pickups::pickup_id,
    read::{order_id, parsed, sku},
};
use crate::{
    db::on,
    rows::{AttentionItem, JournalEntry, JournalRow},
    statements as sql,
    store::{SHOWN_SUBJECTS, StoreError},
};

pub(crate) fn subject(kind: &str, key: String) -> Result<Subject, StoreError> {
    match kind {
        "order" => Ok(Subject::Order(order_id(&key)?)),
        "sku" => Ok(Subject::Sku(sku(&key)?)),
        "connection" => Ok(Subject::Connection(key)),
        "pickup" => Ok(Subject::Pickup(pickup_id(&key)?)),
        _ => Err(corrupt("subject", &key, format!("kind `{kind}` is unknown"))),
    }
}

/// One row of the journal's statements.
pub(super) type JournalText = (i64, String, String, i64, String, String, String, String);

impl SqlStore {
    pub(crate) fn journal_entries(
        vendor: &VendorId,
        rows: Vec<JournalText>,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let entry = |(seq, kind, key, at_ms, cause, actor, old, new): JournalText| {
            let subject = subject(&kind, key)?;
            Ok(JournalEntry {
                seq,
                row: JournalRow { vendor: vendor.clone(), subject, at_ms, cause, actor, old, new },
            })
        };
        rows.into_iter().map(entry).collect()
    }

    pub(super) async fn open_items(
        &self,
        vendor: &VendorId,
        limit: i64,
    ) -> Result<Vec<AttentionItem>, StoreError> {
        // An item without subjects is not listed: one that is raised between the two reads appears at the next.
        let subjects: Vec<(String, String, String, String, i64)> =
            on!(&self.db, pool => sqlx::query_as(sql::ITEM_SUBJECTS)
            .bind(vendor.as_str()).bind(limit).bind(i64::from(SHOWN_SUBJECTS)).fetch_all(pool).await)
            .map_err(failed("reading what waits for a person"))?;
        let items: Vec<(i64, String, String, String, i64)> = on!(&self.db, pool => sqlx::query_as(sql::ITEMS)
            .bind(vendor.as_str()).bind(limit).fetch_all(pool).await)
        .map_err(failed("reading what waits for a person"))?;
        let mut blocked: HashMap<(String, String), (i64, Vec<Subject>)> = HashMap::new();
        for (code, cause, kind, key, count) in subjects {
            let (total, shown) = blocked.entry((code, cause)).or_default();
            *total = count;
            shown.push(subject(&kind, key)?);
        }
        items
            .into_iter()
            .filter_map(|(id, code, cause, params, since_ms)| {
                let (blocked, subjects) = blocked.remove(&(code.clone(), cause.clone()))?;
                Some(code.parse().map_err(|error| corrupt("attention item", &cause, error)).and_then(
                    |code| {
                        let params = parsed("attention item", &cause, &params)?;
                        Ok(AttentionItem { id, code, cause, params, since_ms, blocked, subjects })
                    },
                ))
            })
            .collect()
    }

    pub(super) async fn subjects_of(
        &self,
        vendor: &VendorId,
        id: i64,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Subject>, StoreError> {
        let rows: Vec<(String, String)> = on!(&self.db, pool => sqlx::query_as(sql::SUBJECTS)
            .bind(id).bind(vendor.as_str()).bind(after).bind(limit).fetch_all(pool).await)
        .map_err(failed("reading what an attention item blocks"))?;
        rows.into_iter().map(|(kind, key)| subject(&kind, key)).collect()
    }
}
