//! Another mapping over the vendor's whole catalogue, its last orders and its published prices, page by page.

use std::{collections::BTreeMap, sync::Arc};

use tokio::task::JoinSet;
use vortex_domain::{
    Market, OrderId, Sku, Vendor, VendorId,
    mapping::Compiled,
    mapping::preview::{Compared, Preview, Replay},
    sales::business_date,
};
use vortex_entities::sku::ReceiptBody;
use vortex_store::{SkuRows, SqlStore, Store, StoreError, registry::RegistryError};

/// Articles in memory at once, in each of the pages under way.
const PAGE: u32 = 500;
/// Pages under way at once.
const PAGES_AT_ONCE: usize = 4;
/// Receipts in memory at once.
const RECEIPTS: u32 = 2_000;
/// Orders that count as the last ones: those of so many days.
const ORDER_DAYS: i64 = 30;
/// Orders looked at for it.
const ORDERS: usize = 50_000;
const DAY_MS: i64 = 86_400_000;

/// Why a preview cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The computation ended by itself.
    #[error("the preview failed unexpectedly; see the log")]
    Lost(#[from] tokio::task::JoinError),
}

type Sold = BTreeMap<Sku, BTreeMap<Market, i64>>;

/// Compares what every article is told by `live` with what it would be told by `next`, today.
pub async fn run(
    store: &dyn Store,
    now_ms: i64,
    live: Arc<Vendor>,
    next: Arc<Vendor>,
) -> Result<Preview, PreviewError> {
    let date = business_date(now_ms);
    let sold = Arc::new(sold_lately(store, &live.id, now_ms).await?);
    let mut all = Preview::default();
    let mut pages = JoinSet::new();
    let mut after: Option<Sku> = None;
    loop {
        let prints = store.prints(&live.id, after.as_ref(), PAGE).await?;
        let skus: Vec<Sku> = prints.into_iter().map(|print| print.sku).collect();
        let Some(last) = skus.last() else { break };
        after = Some(last.clone());
        let rows = store.load_skus(&live.id, &skus).await?;
        if pages.len() >= PAGES_AT_ONCE
            && let Some(page) = pages.join_next().await
        {
            all.merge(page?);
        }
        let (live, next, sold) = (live.clone(), next.clone(), sold.clone());
        pages.spawn_blocking(move || {
            let mut preview = Preview::default();
            for rows in &rows {
                one(&mut preview, rows, &live, &next, &sold, date);
            }
            preview
        });
    }
    while let Some(page) = pages.join_next().await {
        all.merge(page?);
    }
    Ok(all)
}

fn one(
    preview: &mut Preview,
    rows: &SkuRows,
    live: &Vendor,
    next: &Vendor,
    sold: &Sold,
    date: jiff::civil::Date,
) {
    let Some((_, state)) = &rows.stored else { return };
    let (Some(article), None) = (&state.article, state.gone_ms) else { return };
    preview.add(&Compared {
        sku: &rows.sku,
        before: &live.offer(article, &rows.content, date),
        after: &next.offer(article, &rows.content, date),
        shown: state.channel.quantity.accepted.unwrap_or(0),
        sold: sold.get(&rows.sku),
    });
}

/// Units bought in the last days.
async fn sold_lately(store: &dyn Store, vendor: &VendorId, now_ms: i64) -> Result<Sold, StoreError> {
    let mut sold = Sold::default();
    let (mut after, mut seen) = (None::<OrderId>, 0);
    while seen < ORDERS {
        let page = store.list_orders(vendor, None, after.as_ref(), PAGE).await?;
        let Some((_, last)) = page.last() else { break };
        after = Some(last.id.clone());
        seen += page.len();
        for (_, order) in page {
            let bought = &order.channel;
            if bought.created_at_ms >= now_ms - ORDER_DAYS * DAY_MS {
                let of = sold.entry(bought.sku.clone()).or_default().entry(bought.market).or_default();
                *of += i64::from(bought.quantity);
            }
        }
    }
    Ok(sold)
}

/// What `mapping` would have made of the prices published in the last `days`.
pub async fn replay(
    store: &SqlStore,
    vendor: &VendorId,
    mapping: Arc<Compiled>,
    (until_ms, days): (i64, u16),
) -> Result<Replay, PreviewError> {
    let since_ms = until_ms - i64::from(days) * DAY_MS;
    let mut replay = Replay::default();
    let mut after = None;
    loop {
        let page = store.receipts(vendor, since_ms..until_ms + 1, after.as_ref(), RECEIPTS).await?;
        let Some((last, _)) = page.last() else { return Ok(replay) };
        after = Some(last.clone());
        let mapping = mapping.clone();
        let work = move || {
            for (at, row) in page {
                // A receipt of an older form tells less; its prices are not replayed.
                let Ok(body) = serde_json::from_str::<ReceiptBody>(&row) else { continue };
                for receipt in &body.prices {
                    replay.add(&at.sku, receipt, &mapping);
                }
            }
            replay
        };
        replay = tokio::task::spawn_blocking(work).await?;
    }
}
