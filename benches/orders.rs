//! Waiting orders into WinMentor, against a bridge that takes 50 ms per call.
//!
//! `cargo bench --bench orders` (1,000 orders, about a minute; `ORDERS=100 cargo bench --bench orders` for fewer)
//!
//! The clock runs from the moment at which all orders wait, durable and with their units held, until WinMentor has the last of them.
//! Baseline: the connector alone importing one order after the other, without looking for it before or proving it afterwards.

mod support;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use rust_decimal::Decimal;
use support::{
    engine::Engine,
    figure,
    remotes::{Remotes, serve_if_asked},
    setting,
    table::{Target, digits, heading, line},
    wait,
};
use tokio::time::Instant;
use vortex::connectors;
use vortex_domain::{
    order::{Document, ImportAnswer},
    sales::{SaleLine, business_date},
};
use vortex_entities::Flow;
use vortex_port::erp::{BookingDay, SalesOrder};

const LATENCY_MS: usize = 50;
/// Imports of the baseline.
const BASELINE: usize = 40;
/// How often WinMentor's orders are counted.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if serve_if_asked().await? {
        return Ok(());
    }
    let orders = setting("ORDERS", 1_000)?;
    let folder = tempfile::tempdir()?;
    let mut remotes = Remotes::start(orders.max(200))?;
    let engine = Engine::start(folder.path(), &remotes.addresses, None).await?;
    engine.publish_all().await?;
    engine.first_runs().await?;

    remotes.slow_down(LATENCY_MS)?;
    let connectors = engine.connectors().await?;
    let now_ms = engine.node.seams.clock.now_ms();
    let alone_before = imports_alone(&connectors, now_ms, 900_000).await?;

    let placed = remotes.buy(orders)?;
    ensure!(placed == orders, "only {placed} of {orders} orders could be placed");
    let there = remotes.booked()?;
    // Ends when the last order waits, and wakes the booking.
    engine.run(Flow::Orders).await?;
    let started = Instant::now();
    let limit = Duration::from_secs(30) + Duration::from_millis(200) * u32::try_from(orders)?;
    let mut entered = remotes.booked()? - there;
    while entered < orders && started.elapsed() < limit {
        wait(LOOK_EVERY).await;
        entered = remotes.booked()? - there;
    }
    let seconds = started.elapsed().as_secs_f64();
    engine.run(Flow::Booking).await?;
    let proven_s = started.elapsed().as_secs_f64();
    // The machine may have been busy with something else once: the better one counts.
    let alone = imports_alone(&connectors, now_ms, 910_000).await?.max(alone_before);

    heading(&format!("{orders} waiting orders, a bridge of {LATENCY_MS} ms per call"));
    let rate = figure(entered) / seconds;
    let beside = format!("imports alone {}/s; all proven after {proven_s:.1} s", digits(alone));
    line("orders entering WinMentor", rate, "/s", Target::None, &beside);
    line("share of one import per order, measured", rate / alone * 100.0, "%", Target::AtLeast(80.0), "");
    let ideal = 1_000.0 / figure(LATENCY_MS);
    let beside = format!("{}/s", digits(ideal));
    line("share of one call per order, computed", rate / ideal * 100.0, "%", Target::AtLeast(80.0), &beside);
    ensure!(entered == orders, "only {entered} of {orders} orders entered WinMentor in time");
    engine.stop().await;
    Ok(())
}

/// Imports per second with nothing around them; the first, which sets the session up, does not count.
async fn imports_alone(remotes: &connectors::Remotes, now_ms: i64, from: i64) -> anyhow::Result<f64> {
    let page = remotes.erp_catalogue.articles(1).await?;
    let article = page
        .articles
        .into_iter()
        .find(|article| !article.service && !article.sku.as_str().contains(';'))
        .context("no article to order")?;
    let BookingDay::Open(date) = remotes.erp_orders.booking_day(business_date(now_ms)).await? else {
        anyhow::bail!("the month is closed");
    };
    let mut started = Instant::now();
    for number in 0..=BASELINE {
        let number = from + i64::try_from(number)?;
        let order = SalesOrder {
            token: format!("BASELINE:{number}"),
            remark: String::new(),
            document: Document { number, booklet: "CDON".to_owned(), date },
            customer: "CDON-SE".to_owned(),
            lines: vec![SaleLine {
                sku: article.sku.clone(),
                unit: article.unit.clone(),
                quantity: 1,
                unit_price: Decimal::new(100_000, 4),
            }],
        };
        let answer = remotes.erp_orders.import(&order).await;
        ensure!(answer == ImportAnswer::Imported, "the baseline's order was not imported: {answer:?}");
        if number == from {
            started = Instant::now();
        }
    }
    Ok(figure(BASELINE) / started.elapsed().as_secs_f64())
}
