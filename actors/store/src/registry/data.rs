//! Content.

use vortex_domain::{ContentRow, VendorId};

use super::RegistryError;
use crate::{
    db::on,
    rows::{CursorRow, Write},
    sql::{SqlStore, failed},
    statements as sql,
    store::Store as _,
};

/// Content rows in one transaction.
const CONTENT_CHUNK: usize = 2_000;

impl SqlStore {
    /// Sets the texts of many SKUs, in transactions of bounded size; how many rows were set. A second call is harmless.
    pub async fn put_content(
        &self,
        vendor: &VendorId,
        rows: impl IntoIterator<Item = ContentRow, IntoIter: Send>,
    ) -> Result<usize, RegistryError> {
        let mut rows = rows.into_iter().map(|row| Write::Content(vendor.clone(), Box::new(row)));
        let mut count = 0;
        loop {
            let chunk: Vec<Write> = rows.by_ref().take(CONTENT_CHUNK).collect();
            if chunk.is_empty() {
                return Ok(count);
            }
            count += chunk.len();
            self.commit_group(&[chunk]).await?;
        }
    }

    /// How many content rows the vendor has.
    pub async fn content_count(&self, vendor: &VendorId) -> Result<i64, RegistryError> {
        Ok(on!(&self.db, pool => sqlx::query_scalar(sql::CONTENT_COUNT).bind(vendor.as_str()).fetch_one(pool).await)
            .map_err(failed("counting content"))?)
    }

    /// Sets a cursor from outside of the engine.
    pub async fn set_cursor(&self, vendor: &VendorId, name: &str, value: &str) -> Result<(), RegistryError> {
        let row = CursorRow { vendor: vendor.clone(), name: name.to_owned(), value: value.to_owned() };
        self.commit(&[vec![Write::Cursor(row)]]).await?;
        Ok(())
    }

    /// The newest time that any row knows, milliseconds; 0 in an empty database.
    pub async fn newest_ms(&self) -> Result<i64, RegistryError> {
        let newest: Option<i64> =
            on!(&self.db, pool => sqlx::query_scalar(sql::NEWEST_MS).fetch_one(pool).await)
                .map_err(failed("reading the newest time"))?;
        Ok(newest.unwrap_or(0))
    }
}
