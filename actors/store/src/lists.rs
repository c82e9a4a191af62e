//! What people look at: orders as they were bought, counts, queues of one vendor.
//!
//! Apart from [`crate::Store`], because no decision rests on it and a simulation needs none of it.

use async_trait::async_trait;
use vortex_domain::{OrderId, VendorId, order::Order};

use crate::{
    db::on,
    rows::{Backlog, JournalEntry},
    sql::{SqlStore, failed, parsed},
    statements as sql,
    store::StoreError,
};

/// A place in the list of orders: (when it was placed in milliseconds, id).
pub type OrderPlace = (i64, OrderId);

/// How many orders of one stage and market were placed in a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderCount {
    /// `Stage::name`.
    pub stage: String,
    /// Market code.
    pub market: String,
    /// Orders.
    pub orders: i64,
    /// What their buyers pay, VAT included, minor units of the market's currency.
    pub gross_minor: i64,
}

/// Reads for people. Every list is bounded by its `limit`.
#[async_trait]
pub trait Lists: Send + Sync + 'static {
    /// Orders by when they were placed, newest first, before the given place, optionally of one stage name.
    async fn orders_placed(
        &self,
        vendor: &VendorId,
        stage: Option<&str>,
        before: Option<&OrderPlace>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError>;
    /// Orders placed in a time, by stage and market.
    async fn order_counts(
        &self,
        vendor: &VendorId,
        placed_ms: std::ops::Range<i64>,
    ) -> Result<Vec<OrderCount>, StoreError>;
    /// Orders placed since then, by hour since 1970; hours without any are absent.
    async fn orders_by_hour(&self, vendor: &VendorId, since_ms: i64) -> Result<Vec<(i64, i64)>, StoreError>;
    /// Journal entries of a vendor, or of one of its subjects (kind, key), before a position, newest first.
    async fn journal_before(
        &self,
        vendor: &VendorId,
        subject: Option<(&str, &str)>,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError>;
    /// Open attention items.
    async fn attention_count(&self, vendor: &VendorId) -> Result<i64, StoreError>;
    /// The vendor's queues that are not empty.
    async fn backlog_of(&self, vendor: &VendorId) -> Result<Vec<Backlog>, StoreError>;
    /// Ids and names of vendors after the given id, by id.
    async fn vendor_names(&self, after: &str, limit: u32) -> Result<Vec<(String, String)>, StoreError>;
}

#[async_trait]
impl Lists for SqlStore {
    async fn orders_placed(
        &self,
        vendor: &VendorId,
        stage: Option<&str>,
        before: Option<&OrderPlace>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let (placed_ms, id) = before.map_or((i64::MAX, ""), |(placed_ms, id)| (*placed_ms, id.as_str()));
        let rows: Vec<(i64, String, String)> = match stage {
            Some(stage) => on!(&self.db, pool => sqlx::query_as(sql::ORDERS_PLACED_OF_STAGE)
                .bind(vendor.as_str()).bind(stage).bind(placed_ms).bind(id).bind(i64::from(limit))
                .fetch_all(pool).await),
            None => on!(&self.db, pool => sqlx::query_as(sql::ORDERS_PLACED)
                .bind(vendor.as_str()).bind(placed_ms).bind(id).bind(i64::from(limit)).fetch_all(pool).await),
        }
        .map_err(failed("listing orders"))?;
        rows.into_iter().map(|(_, state, id)| parsed("order", &id, &state)).collect()
    }

    async fn order_counts(
        &self,
        vendor: &VendorId,
        placed_ms: std::ops::Range<i64>,
    ) -> Result<Vec<OrderCount>, StoreError> {
        let rows: Vec<(String, String, i64, i64)> = on!(&self.db, pool => sqlx::query_as(sql::ORDER_COUNTS)
            .bind(vendor.as_str()).bind(placed_ms.start).bind(placed_ms.end).fetch_all(pool).await)
        .map_err(failed("counting orders"))?;
        let count = |(stage, market, orders, gross_minor)| OrderCount { stage, market, orders, gross_minor };
        Ok(rows.into_iter().map(count).collect())
    }

    async fn orders_by_hour(&self, vendor: &VendorId, since_ms: i64) -> Result<Vec<(i64, i64)>, StoreError> {
        on!(&self.db, pool => sqlx::query_as(sql::ORDERS_BY_HOUR)
            .bind(vendor.as_str()).bind(since_ms).fetch_all(pool).await)
        .map_err(failed("counting orders by hour"))
    }

    async fn journal_before(
        &self,
        vendor: &VendorId,
        subject: Option<(&str, &str)>,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let rows = match subject {
            Some((kind, key)) => on!(&self.db, pool => sqlx::query_as(sql::JOURNAL_BEFORE_OF)
                .bind(vendor.as_str()).bind(kind).bind(key).bind(seq).bind(i64::from(limit)).fetch_all(pool).await),
            None => on!(&self.db, pool => sqlx::query_as(sql::JOURNAL_BEFORE)
                .bind(vendor.as_str()).bind(seq).bind(i64::from(limit)).fetch_all(pool).await),
        }
        .map_err(failed("reading the journal"))?;
        Self::journal_entries(vendor, rows)
    }

    async fn attention_count(&self, vendor: &VendorId) -> Result<i64, StoreError> {
        on!(&self.db, pool => sqlx::query_scalar(sql::ATTENTION_COUNT).bind(vendor.as_str()).fetch_one(pool).await)
            .map_err(failed("counting what waits for a person"))
    }

    async fn backlog_of(&self, vendor: &VendorId) -> Result<Vec<Backlog>, StoreError> {
        let rows: Vec<(String, i64, Option<i64>)> =
            on!(&self.db, pool => sqlx::query_as(sql::BACKLOG_OF).bind(vendor.as_str()).fetch_all(pool).await)
                .map_err(failed("measuring the queues of a vendor"))?;
        let queue = |(queue, depth, oldest_ms)| Backlog { vendor: vendor.clone(), queue, depth, oldest_ms };
        Ok(rows.into_iter().map(queue).filter(|queue| queue.depth > 0).collect())
    }

    async fn vendor_names(&self, after: &str, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
        on!(&self.db, pool => sqlx::query_as(sql::VENDOR_NAMES).bind(after).bind(i64::from(limit)).fetch_all(pool).await)
            .map_err(failed("reading the names of vendors"))
    }
}
