//! Reads of collections.

use vortex_domain::{Pickup, PickupId, VendorId};

use super::{SqlStore, corrupt, failed, read::parsed};
use crate::{db::on, statements as sql, store::StoreError};

/// Above every id: ids begin with a digit.
const LAST: &str = "~";

/// Version, state, id.
type Columns = (i64, String, String);

pub(super) fn pickup_id(text: &str) -> Result<PickupId, StoreError> {
    PickupId::new(text).map_err(|error| corrupt("pickup", text, error))
}

fn pickup((version, state, id): Columns) -> Result<(i64, Pickup), StoreError> {
    Ok((version, parsed("pickup", &id, &state)?))
}

impl SqlStore {
    pub(super) async fn one_pickup(
        &self,
        vendor: &VendorId,
        id: &PickupId,
    ) -> Result<Option<(i64, Pickup)>, StoreError> {
        let row: Option<Columns> = on!(&self.db, pool => sqlx::query_as(sql::PICKUP_OF)
            .bind(vendor.as_str()).bind(id.as_str()).fetch_optional(pool).await)
        .map_err(failed("reading a collection"))?;
        row.map(pickup).transpose()
    }

    pub(super) async fn pickups_before(
        &self,
        vendor: &VendorId,
        before: Option<&PickupId>,
        limit: i64,
    ) -> Result<Vec<(i64, Pickup)>, StoreError> {
        let rows: Vec<Columns> = on!(&self.db, pool => sqlx::query_as(sql::PICKUPS)
            .bind(vendor.as_str()).bind(before.map_or(LAST, PickupId::as_str)).bind(limit).fetch_all(pool).await)
        .map_err(failed("listing collections"))?;
        rows.into_iter().map(pickup).collect()
    }
}
