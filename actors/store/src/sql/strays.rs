//! Reads of returns that fit no order.

use vortex_domain::VendorId;

use super::{SqlStore, corrupt, failed};
use crate::{
    db::on,
    rows::{StrayReason, StrayReturnRow},
    statements as sql,
    store::StoreError,
};

/// One row of the statement: order, id, advised, received, scrapped, why, `at_ms`.
type Columns = (String, String, i64, i64, i64, String, i64);

impl SqlStore {
    pub(super) async fn strays(
        &self,
        vendor: &VendorId,
        after: (&str, &str),
        limit: i64,
    ) -> Result<Vec<StrayReturnRow>, StoreError> {
        let rows: Vec<Columns> = on!(&self.db, pool => sqlx::query_as(sql::STRAYS)
            .bind(vendor.as_str()).bind(after.0).bind(after.1).bind(limit).fetch_all(pool).await)
        .map_err(failed("listing returns that fit no order"))?;
        rows.into_iter().map(|row| stray(vendor, row)).collect()
    }
}

fn stray(
    vendor: &VendorId,
    (order, id, advised, received, scrapped, why, at_ms): Columns,
) -> Result<StrayReturnRow, StoreError> {
    let units = |count: i64| {
        u32::try_from(count)
            .map_err(|_| corrupt("stray return", &id, format!("{count} is no number of units")))
    };
    let (advised, received, scrapped) = (units(advised)?, units(received)?, units(scrapped)?);
    let why = StrayReason::named(&why)
        .ok_or_else(|| corrupt("stray return", &id, format!("reason `{why}` is unknown")))?;
    Ok(StrayReturnRow { vendor: vendor.clone(), order, id, advised, received, scrapped, why, at_ms })
}
