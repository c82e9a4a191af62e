//! A vendor at a glance: flows, queues, what waits for a person with what is at stake, today's orders.

use axum::extract::State;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;
use vortex_domain::{
    Currency, Market, Money, Order, OrderId, VendorId,
    attention::{Reader, Subject},
};
use vortex_store::rows::AttentionItem;

use super::{
    attention::ItemView,
    orders::{MoneyView, OrderView},
    vendors::FlowView,
};
use crate::{
    auth::Scope,
    extract::{Json, Lang},
    panel::words::midnight_ms,
    problem::{ApiError, Problem},
    state::ApiState,
};

/// Items whose stakes are looked at.
const ITEMS: u32 = 50;
/// Orders that are shown.
const ORDERS: u32 = 12;
/// Orders that are read for stakes at most; the store takes no more at once.
const STAKES: usize = 500;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Days of the chart.
const CHART_DAYS: i64 = 30;

/// What is at stake while an item waits.
#[derive(Debug, Default, Clone, Serialize, ToSchema)]
pub(crate) struct Stake {
    /// The nearest deadline of the channel among the blocked orders, milliseconds since 1970.
    pub(crate) deadline_ms: Option<i64>,
    /// What the buyers of the blocked orders pay, by currency.
    pub(crate) money: Vec<MoneyView>,
}

/// An item with what is at stake.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StakedItem {
    #[serde(flatten)]
    pub(crate) item: ItemView,
    /// What is at stake, as far as its first hundred subjects say.
    pub(crate) stake: Stake,
}

/// A queue of the vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueView {
    /// `inbox`, or what has to happen.
    pub(crate) queue: String,
    /// How many wait.
    pub(crate) depth: i64,
    /// Since when the oldest waits, milliseconds since 1970.
    pub(crate) oldest_ms: Option<i64>,
}

/// Orders of a time.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Sales {
    /// How many.
    pub(crate) orders: i64,
    /// What their buyers pay, VAT included, by currency.
    pub(crate) money: Vec<MoneyView>,
    /// How many are at which stage.
    pub(crate) stages: BTreeMap<String, i64>,
}

/// A bar of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Bar {
    /// When it begins, milliseconds since 1970.
    pub(crate) from_ms: i64,
    /// Orders placed in it.
    pub(crate) orders: i64,
}

/// A vendor at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    /// When this was read, milliseconds since 1970.
    pub(crate) now_ms: i64,
    /// Every flow; empty while the vendor starts.
    pub(crate) flows: Vec<FlowView>,
    /// Queues that are not empty.
    pub(crate) queues: Vec<QueueView>,
    /// How many items wait for a person.
    pub(crate) waiting: i64,
    /// Those whose deadline is nearest first, then those with most money.
    pub(crate) attention: Vec<StakedItem>,
    /// Since the merchant's midnight.
    pub(crate) today: Sales,
    /// The newest orders.
    pub(crate) orders: Vec<OrderView>,
    /// The last 24 hours, by hour.
    pub(crate) hours: Vec<Bar>,
    /// The last 30 days, by the merchant's day.
    pub(crate) days: Vec<Bar>,
}

/// The vendor at a glance.
#[utoipa::path(
    get, path = "/api/v1/vendors/{v}/overview", tag = "vendors",
    params(("v" = String, Path, description = "Vendor id"), ("lang" = Option<String>, Query, description = "`ro` or `en`; otherwise `Accept-Language` counts")),
    responses((status = 200, description = "The overview", body = Overview), (status = 404, description = "No such vendor", body = Problem, content_type = "application/problem+json")),
)]
pub(crate) async fn overview(
    State(state): State<ApiState>,
    scope: Scope,
    Lang(reader): Lang,
) -> Result<Json<Overview>, ApiError> {
    Ok(Json(read(&state, &scope.vendor, reader).await?))
}

/// The vendor at a glance.
pub(crate) async fn read(state: &ApiState, vendor: &VendorId, reader: Reader) -> Result<Overview, ApiError> {
    let now_ms = state.clock.now_ms();
    let today_ms = midnight_ms(now_ms);
    let flows = state.engine.flows(vendor).await.unwrap_or_default();
    let queues = state.lists.backlog_of(vendor).await?;
    let counts = state.lists.order_counts(vendor, today_ms..now_ms.saturating_add(DAY_MS)).await?;
    let mut today = Sales::default();
    let mut gross: BTreeMap<Currency, i64> = BTreeMap::new();
    for count in counts {
        today.orders += count.orders;
        *today.stages.entry(count.stage).or_default() += count.orders;
        if let Ok(market) = count.market.parse::<Market>() {
            *gross.entry(market.currency()).or_default() += count.gross_minor;
        }
    }
    today.money = money(gross);
    let orders = state.lists.orders_placed(vendor, None, None, ORDERS).await?;
    let first_day_ms = midnight_ms(today_ms - (CHART_DAYS - 1) * DAY_MS + DAY_MS / 2);
    let by_hour = state.lists.orders_by_hour(vendor, first_day_ms).await?;
    Ok(Overview {
        now_ms,
        flows: flows.into_iter().map(Into::into).collect(),
        queues: queues
            .into_iter()
            .map(|queue| QueueView { queue: queue.queue, depth: queue.depth, oldest_ms: queue.oldest_ms })
            .collect(),
        waiting: state.lists.attention_count(vendor).await?,
        attention: staked(state, vendor, reader, ITEMS).await?,
        today,
        orders: orders.iter().map(|order| OrderView::new(order, reader)).collect(),
        hours: hours(&by_hour, now_ms),
        days: days(&by_hour, first_day_ms, now_ms),
    })
}

/// Open items with what is at stake; the nearest deadline first, then the most money, then the oldest.
pub(crate) async fn staked(
    state: &ApiState,
    vendor: &VendorId,
    reader: Reader,
    limit: u32,
) -> Result<Vec<StakedItem>, ApiError> {
    let items = state.store.attention(vendor, limit).await?;
    let mut wanted: Vec<OrderId> = items.iter().flat_map(orders_of).cloned().collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.truncate(STAKES);
    let loaded =
        if wanted.is_empty() { Vec::new() } else { state.store.load_orders(vendor, &wanted).await? };
    let orders: HashMap<OrderId, Order> =
        loaded.into_iter().flatten().map(|(_, order)| (order.id.clone(), order)).collect();
    let mut all: Vec<(i64, StakedItem)> = items
        .into_iter()
        .map(|row| {
            let blocked: Vec<&Order> = orders_of(&row).filter_map(|id| orders.get(id)).collect();
            let deadline_ms = blocked.iter().filter_map(|order| order.channel.deadline_ms).min();
            let mut gross: BTreeMap<Currency, i64> = BTreeMap::new();
            for order in &blocked {
                let paid = order.channel.net.minor.saturating_add(order.channel.vat.minor);
                *gross.entry(order.channel.net.currency).or_default() += paid;
            }
            let most = gross.values().copied().max().unwrap_or(0);
            let at_stake = Stake { deadline_ms, money: money(gross) };
            (most, StakedItem { item: ItemView::new(row, reader), stake: at_stake })
        })
        .collect();
    all.sort_by_key(|(most, staked)| {
        (staked.stake.deadline_ms.unwrap_or(i64::MAX), std::cmp::Reverse(*most), staked.item.since_ms)
    });
    Ok(all.into_iter().map(|(_, staked)| staked).collect())
}

fn orders_of(item: &AttentionItem) -> impl Iterator<Item = &OrderId> {
    item.subjects.iter().filter_map(|subject| match subject {
        Subject::Order(id) => Some(id),
        _ => None,
    })
}

fn money(gross: BTreeMap<Currency, i64>) -> Vec<MoneyView> {
    gross.into_iter().map(|(currency, minor)| Money::minor(minor, currency).into()).collect()
}

fn hours(by_hour: &[(i64, i64)], now_ms: i64) -> Vec<Bar> {
    let this_hour = now_ms.div_euclid(HOUR_MS);
    let counts: HashMap<i64, i64> = by_hour.iter().copied().collect();
    let bar = |hour: i64| Bar { from_ms: hour * HOUR_MS, orders: counts.get(&hour).copied().unwrap_or(0) };
    (this_hour - 23..=this_hour).map(bar).collect()
}

/// By the merchant's days, which have 23 to 25 hours.
fn days(by_hour: &[(i64, i64)], first_day_ms: i64, now_ms: i64) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let mut from_ms = first_day_ms;
    while from_ms <= now_ms {
        bars.push(Bar { from_ms, orders: 0 });
        // The middle of the next day lies between 35 and 37 hours after this midnight.
        from_ms = midnight_ms(from_ms + DAY_MS + DAY_MS / 2);
    }
    for (hour, orders) in by_hour {
        let place = bars.partition_point(|bar| bar.from_ms <= hour * HOUR_MS);
        if let Some(bar) = place.checked_sub(1).and_then(|place| bars.get_mut(place)) {
            bar.orders += orders;
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-29 01:00 UTC: clocks in Romania go from 3 to 4.
    const SPRING_MS: i64 = 1_774_746_000_000;

    #[test]
    fn a_day_of_the_chart_is_the_merchants_whatever_the_clocks_do() {
        let first = midnight_ms(SPRING_MS - DAY_MS);
        let at_noon = |days: i64| (SPRING_MS + days * DAY_MS + 8 * HOUR_MS) / HOUR_MS;
        let bars = days(
            &[(at_noon(-1), 2), (at_noon(0), 3), (at_noon(1), 5)],
            first,
            SPRING_MS + DAY_MS + 9 * HOUR_MS,
        );
        assert_eq!(bars.iter().map(|bar| bar.orders).collect::<Vec<_>>(), [2, 3, 5]);
        let lengths: Vec<i64> =
            bars.windows(2).map(|pair| (pair[1].from_ms - pair[0].from_ms) / HOUR_MS).collect();
        assert_eq!(lengths, [24, 23]);
    }

    #[test]
    fn the_last_24_hours_are_24_bars() {
        let now_ms = SPRING_MS + 1;
        let bars = hours(&[(SPRING_MS / HOUR_MS, 4), (SPRING_MS / HOUR_MS - 24, 9)], now_ms);
        assert_eq!((bars.len(), bars.iter().map(|bar| bar.orders).sum::<i64>()), (24, 4));
        assert_eq!(bars.last().unwrap().from_ms, SPRING_MS);
    }
}
