//! F66: somebody sets the machine's clock while orders and goods move.

use rust_decimal::Decimal;
use tokio::time::Instant;
use vortex::demo::Remotes;
use vortex_entities::Flow;
use vortex_simulators::cdon::Market;
use vortex_store::Store as _;

use crate::{
    engine::{DAY_MS, Engine, MINUTE_MS, Wall},
    story::{LIMIT, MERCHANT, Story},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clock_steps_neither_lose_nor_double_nor_oversell() {
    let story = Story::begin().await;
    let article = story.article(0);
    let (config, vendor) = (story.config(), story.vendor());
    let (world, _folder) = story.into_parts();
    let remotes = world.leave().await;
    let Remotes { erp, channel, courier, .. } = &remotes;

    // The machine comes back a day in the past: for us it is later than everything in the database nevertheless.
    let wall = Wall::default();
    wall.step(-DAY_MS);
    let engine = Engine::start(&config, vendor.clone(), wall.clone()).await;
    let began = engine.store.journal_after(&vendor, 0, 100_000).await.expect("the journal").len();
    let mut orders = 0;
    // Back to the right day, an hour back, a small correction, a flat battery, the year 2038, and back.
    for step_ms in [DAY_MS, -60 * MINUTE_MS, 5 * MINUTE_MS, -DAY_MS, 4_300 * DAY_MS, -4_300 * DAY_MS] {
        wall.step(step_ms);
        channel.buy(MERCHANT, &article.code, Market::Se, 1).expect("it is for sale");
        orders += 1;
        engine.run(&[Flow::Orders]).await;
        // And in the middle of its way: imported before the step, read back after it.
        wall.step(-MINUTE_MS);
        engine.run(&[Flow::Booking]).await;
        erp.sell_elsewhere(&article.code, Decimal::ONE).expect("the shop sells it");
        wall.step(MINUTE_MS / 2);
        engine.run(&[Flow::Booking, Flow::Stock, Flow::Publish, Flow::Reconcile]).await;
        let live = erp.orders().iter().filter(|order| !order.cancelled).count();
        assert_eq!(live, orders, "after a step of {step_ms} ms");
    }
    let limit = Instant::now() + LIMIT;
    let audit = loop {
        engine.run(&[Flow::Catalog, Flow::Orders, Flow::Booking, Flow::Stock, Flow::Publish]).await;
        let audit = engine.audit(&remotes).await;
        if audit.is_clean() || Instant::now() > limit {
            break audit;
        }
    };
    assert!(audit.is_clean(), "{:?} / {:?}", audit.differences, audit.attention_items);
    assert_eq!((audit.erp_orders, audit.duplicates, audit.oversold), (orders, 0, 0));

    // What happened later stands later, and nothing leapt.
    let journal = engine.store.journal_after(&vendor, 0, 100_000).await.expect("the journal");
    assert!(journal.len() > began);
    // Entries of one transaction may stand a few milliseconds apart in any order.
    let mut latest = journal[0].row.at_ms;
    for entry in &journal {
        let step_ms = entry.row.at_ms - latest;
        assert!((-5_000..10 * MINUTE_MS).contains(&step_ms), "time steps by {step_ms} ms: {entry:?}");
        latest = latest.max(entry.row.at_ms);
    }
    engine.stop().await;
    erp.stop();
    channel.stop();
    courier.stop();
}
