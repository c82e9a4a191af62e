//! Which exchange rate an order takes and which a price, and that both keep it (F39).

use std::sync::Arc;

use jiff::{ToSpan as _, civil::Date};
use rust_decimal::Decimal;
use vortex_domain::{
    Currency, Vendor,
    attention::Code,
    mapping::PriceReceipt,
    order::Stage,
    rates::{AppliedRate, RateBook, RatePolicy, RateSource},
    sales::business_date,
};

use crate::support::{World, article, order, vendor};

/// The day on which the tests' clock begins, and so many days before it.
fn days_ago(days: i32) -> Date {
    business_date(1_772_000_000_000).checked_sub(days.days()).unwrap()
}

/// A vendor who sells by published rates: days ago, and RON for 10 000 SEK.
fn by_published(rates: &[(i32, i64)], policy: RatePolicy) -> Vendor {
    let mut book = RateBook::default();
    for (days, rate) in rates {
        book.add_bnr(Currency::Sek, days_ago(*days), Decimal::new(*rate, 4), 1).unwrap();
    }
    Vendor { rates: Arc::new(book.table(policy)), ..vendor() }
}

/// The prices that the channel is told of `A`, with their receipts.
async fn priced(vendor: Vendor) -> (World, Vec<PriceReceipt>) {
    let world = World::of(vendor).await;
    world.stocked("A", 3).await;
    let sent = world.publication("A").await.expect("decided");
    let receipts = world.receipt("A").await.map(|receipt| receipt.prices).unwrap_or_default();
    let told: Vec<i64> =
        sent.and_then(|sent| sent.prices).iter().flatten().map(|price| price.gross_minor).collect();
    assert_eq!(told, receipts.iter().map(|receipt| receipt.gross_minor).collect::<Vec<_>>());
    (world, receipts)
}

/// The rate of the first price.
fn rate(receipts: &[PriceReceipt]) -> &AppliedRate {
    receipts[0].rate.as_ref().expect("it was converted")
}

#[tokio::test(start_paused = true)]
async fn an_order_takes_the_days_rate_while_prices_stay_within_the_corridor() {
    // 0.4610 is 0.2 % from 0.4600, and 0.4700 would be 2.2 %.
    let (world, receipts) = priced(by_published(&[(9, 4_600), (1, 4_610)], RatePolicy::default())).await;
    let kept = rate(&receipts);
    assert_eq!((kept.ron_per_unit, kept.published), (Decimal::new(4_600, 4), days_ago(9)));
    let market = kept.market.expect("the market has moved");
    assert_eq!((market.rate.ron_per_unit, market.rate.published), (Decimal::new(4_610, 4), days_ago(1)));

    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.idle().await;
    let sale = world.order_row("o-1").await.unwrap().1.sale.expect("prepared");
    assert_eq!((sale.rate.ron_per_unit, sale.rate.source), (Decimal::new(4_610, 4), RateSource::Bnr));
    assert_eq!((sale.rate.published, sale.rate.market, sale.stale_days), (days_ago(1), None, None));
    let closing = sale.closing.expect("it closes");
    assert_eq!((closing.paid.minor, closing.gross.minor, sale.total.minor), (10_000, 4_610, 3_688));

    let (_, far) = priced(by_published(&[(9, 4_600), (1, 4_700)], RatePolicy::default())).await;
    assert_eq!(rate(&far).ron_per_unit, Decimal::new(4_700, 4));
    let follows = RatePolicy { corridor_percent: Decimal::ZERO, ..RatePolicy::default() };
    let (_, every) = priced(by_published(&[(9, 4_600), (1, 4_610)], follows)).await;
    assert_eq!(rate(&every).ron_per_unit, Decimal::new(4_610, 4));
}

/// The daily noise of rates gives the very same prices, so that nothing is sent again.
#[test]
fn noise_within_the_corridor_changes_no_fingerprint() {
    let walk =
        [(9, 4_600), (8, 4_612), (7, 4_598), (6, 4_620), (5, 4_601), (4, 4_590), (3, 4_637), (2, 4_646)];
    let prints = |policy: RatePolicy| {
        let vendor = by_published(&walk, policy);
        let print = |days| vendor.offer(&article("A"), &[], days_ago(days)).fingerprints().1;
        (1..=8).rev().map(print).collect::<Vec<_>>()
    };
    let kept = prints(RatePolicy::default());
    assert!(kept.windows(2).all(|pair| pair[0] == pair[1]), "up to 1 % nothing moves: {kept:?}");
    let mut moved = prints(RatePolicy { corridor_percent: Decimal::ZERO, ..RatePolicy::default() });
    moved.dedup();
    assert_eq!(moved.len(), 8, "without it every day moves every price");
}

#[tokio::test(start_paused = true)]
async fn an_old_rate_makes_no_new_price_and_holds_up_no_order() {
    let (world, receipts) = priced(by_published(&[(6, 4_600)], RatePolicy::default())).await;
    assert_eq!(receipts, []);
    assert!(world.attention().await.iter().any(|item| item.code == Code::ArticleBlocked), "and says so");
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.idle().await;
    assert_eq!(world.stage("o-1").await, Stage::Ready);
    let sale = world.order_row("o-1").await.unwrap().1.sale.expect("prepared");
    assert_eq!((sale.stale_days, sale.rate.published), (Some(6), days_ago(6)));
    let fresh = by_published(&[(5, 4_600)], RatePolicy::default());
    assert_eq!(priced(fresh).await.1.len(), 1, "five days are allowed");
}

#[tokio::test(start_paused = true)]
async fn a_jump_is_used_by_neither() {
    let (world, receipts) = priced(by_published(&[(2, 4_600), (1, 46_000)], RatePolicy::default())).await;
    let held = rate(&receipts).held.expect("a newer rate waits");
    assert_eq!((rate(&receipts).published, held.published), (days_ago(2), days_ago(1)));
    assert!(world.delivered(order("o-1", "A", 1)).await);
    world.idle().await;
    let sale = world.order_row("o-1").await.unwrap().1.sale.expect("prepared");
    assert_eq!(
        (sale.rate.published, sale.rate.held.map(|held| held.published)),
        (days_ago(2), Some(days_ago(1)))
    );
}
