//! Articles and prices that change, or do not.

use rust_decimal::Decimal;
use vortex_domain::attention::Code;
use vortex_entities::Flow;
use vortex_store::Store as _;

use crate::story::Story;

/// A heartbeat in which nothing changed writes nothing but the times of the readings, and sends nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_changed_means_nothing_written() {
    let story = Story::begin().await;
    story.settled().await;
    let vendor = story.vendor();
    let rows = &story.world.node.store;
    let before = rows.journal_after(&vendor, 0, 10_000).await.expect("the journal can be read").len();
    let puts = story.world.channel.log().count("batch");
    for _ in 0..3 {
        story.world.run_flows().await;
    }
    let after = rows.journal_after(&vendor, 0, 10_000).await.expect("the journal can be read").len();
    assert_eq!((after, story.world.channel.log().count("batch")), (before, puts));
    story.end().await;
}

/// F36, P1: a changed price is told once to each market, and nobody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_price_is_pushed_once_to_each_market() {
    let story = Story::begin().await;
    story.settled().await;
    let log = story.world.channel.log();
    let code = &story.article(5).code;
    let mut shown = story.shown(code).prices;
    for net in [57, 58] {
        let mark = log.len();
        story.world.erp.set_price(code, Some(Decimal::from(net))).expect("a known article");
        story.run_all(&[Flow::Catalog, Flow::Publish]).await;
        for _ in 0..2 {
            story.world.run_flows().await;
        }
        let puts = log.after(mark, Some("price_put"));
        let mut markets: Vec<&str> = puts.iter().filter_map(|put| put["market"].as_str()).collect();
        markets.sort_unstable();
        assert_eq!(markets, ["DK", "FI", "NO", "SE"], "{net}: {puts:?}");
        assert!(puts.iter().all(|put| put["sku"] == **code && put["applied"] == true), "{puts:?}");
        assert_eq!(log.after(mark, Some("batch")).len(), 1, "one change is one call");
        assert_eq!(log.after(mark, Some("stock_put")).len(), 0, "the quantity did not change");
        let now = story.shown(code).prices;
        assert!(shown.iter().zip(&now).all(|(before, after)| before != after), "{shown:?} {now:?}");
        shown = now;
    }
    // There and back between two readings is no change.
    let mark = log.len();
    for net in [99, 58] {
        story.world.erp.set_price(code, Some(Decimal::from(net))).expect("a known article");
    }
    story.run_all(&[Flow::Catalog, Flow::Publish]).await;
    assert_eq!(log.after(mark, Some("batch")).len(), 0);
    story.settled().await;
    story.end().await;
}

/// The price is taken out of WinMentor: nobody buys at the old one, and the article comes back with a new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_lost_its_price_is_not_sold_at_the_old_one() {
    let story = Story::begin().await;
    let code = &story.article(4).code;
    story.world.erp.set_price(code, None).expect("a known article");
    story.run_all(&[Flow::Catalog, Flow::Publish]).await;
    story.item(Code::ArticleBlocked).await;
    assert_eq!(story.shown(code).quantity, 0);
    story.settled().await;
    story.world.erp.set_price(code, Some(Decimal::from(61))).expect("a known article");
    story.run_all(&[Flow::Catalog, Flow::Publish]).await;
    assert!(story.shown(code).quantity > 0);
    story.settled().await;
    story.end().await;
}
