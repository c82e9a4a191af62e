//! Reads by what an order is found by.

use vortex_domain::{
    OrderId, VendorId,
    order::{Mark, MarkKind, Order},
};

use super::{
    SqlStore, corrupt, failed,
    read::{order_id, parsed},
};
use crate::{
    db::{Val, on},
    statements as sql,
    store::StoreError,
};

type Texts = (String, String, String);

impl SqlStore {
    pub(super) async fn found_by(
        &self,
        vendor: &VendorId,
        mark: &Mark,
        after: &str,
        limit: i64,
    ) -> Result<Vec<(i64, Order)>, StoreError> {
        let rows: Vec<(i64, String, String)> = on!(&self.db, pool => sqlx::query_as(sql::ORDERS_MARKED)
            .bind(vendor.as_str()).bind(mark.kind.name()).bind(mark.value.as_str()).bind(after).bind(limit)
            .fetch_all(pool).await)
        .map_err(failed("looking for orders by what they are found by"))?;
        rows.into_iter().map(|(version, state, id)| Ok((version, parsed("order", &id, &state)?))).collect()
    }

    pub(super) async fn owners_of(
        &self,
        vendor: &VendorId,
        marks: &[Mark],
    ) -> Result<Vec<(Mark, OrderId)>, StoreError> {
        let keys: Vec<Val<'_>> = marks
            .iter()
            .flat_map(|mark| [vendor.as_str().into(), mark.kind.name().into(), mark.value.as_str().into()])
            .collect();
        let rows: Vec<Texts> =
            self.db.read(&sql::MARKED, &keys).await.map_err(failed("looking for the orders of marks"))?;
        let owner = |(kind, value, id): Texts| {
            let kind = [MarkKind::Awb, MarkKind::Invoice, MarkKind::Return]
                .into_iter()
                .find(|known| known.name() == kind)
                .ok_or_else(|| corrupt("mark", &id, format!("kind `{kind}` is unknown")))?;
            Ok((Mark { kind, value }, order_id(&id)?))
        };
        rows.into_iter().map(owner).collect()
    }

    pub(super) async fn owners_of_numbers(
        &self,
        vendor: &VendorId,
        numbers: &[i64],
    ) -> Result<Vec<OrderId>, StoreError> {
        let keys: Vec<Val<'_>> =
            numbers.iter().flat_map(|number| [vendor.as_str().into(), (*number).into()]).collect();
        let rows: Vec<Texts> =
            self.db.read(&sql::NUMBERED, &keys).await.map_err(failed("looking for orders by number"))?;
        rows.iter().map(|(id, ..)| order_id(id)).collect()
    }
}
