//! Promise 3: goods that leave by two doors at once.

use rust_decimal::Decimal;
use vortex_entities::Flow;
use vortex_simulators::{
    cdon::Market,
    faults::{FaultMode, FaultRule},
};

use crate::story::{Story, until};

const PUSH: &str = "PUT /api/v2/articles/bulk";

/// F26: what is sold on the channel and elsewhere is off the channel before anybody can oversell by our word: after each
/// round of readings, not only in the end, nothing promises more than there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn selling_everywhere_at_once_never_shows_more_than_there_is() {
    let story = Story::begin().await;
    for nth in 0..6 {
        let article = story.article(nth);
        story.buy(&article.code, 2);
        story.world.erp.sell_elsewhere(&article.code, Decimal::from(2)).expect("the shop sells it");
        tokio::join!(story.run(Flow::Orders), story.run(Flow::Stock), story.run(Flow::Publish));
        // Both doors were read since the sale: the push that begins now may not rest on what was before.
        story.run(Flow::Publish).await;
        story.nothing_promised_too_much();
    }
    let audit = story.settled().await;
    assert_eq!(audit.oversold, 0);
    story.end().await;
}

/// F26, F28, S4: WinMentor and the channel sell more while a push is on the wire, before or after it is applied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_during_a_push_ends_with_the_right_quantity() {
    let story = Story::begin().await;
    for (nth, mode) in
        [FaultMode::Slow { ms: 300 }, FaultMode::CommitThenSlow { ms: 300 }].into_iter().enumerate()
    {
        let code = story.article(nth).code;
        let sell = || story.world.erp.sell_elsewhere(&code, Decimal::TWO).expect("the shop sells it");
        let before = story.shown(&code).quantity;
        let faults = story.world.channel.faults();
        let struck = faults.injected();
        faults.set(vec![FaultRule::next(1, PUSH, mode)]);
        let mark = story.world.channel.log().len();
        sell();
        // The reading wakes the publishing, which then hangs in the push.
        story.run(Flow::Stock).await;
        until("the push is on the wire", || faults.injected() > struck).await;
        sell();
        let order = story.buy_in(Market::Dk, &code, 1);
        story.run_all(&[Flow::Stock, Flow::Orders, Flow::Publish]).await;
        // Less, for as long as the order counts twice: WinMentor has it, and was not read since.
        assert!(
            story.shown(&code).quantity <= before - 5,
            "{} of {before} are offered",
            story.shown(&code).quantity
        );
        let puts = story.world.channel.log().after(mark, Some("stock_put"));
        let told: Vec<u64> =
            puts.iter().filter(|put| put["sku"] == *code).filter_map(|put| put["qty"].as_u64()).collect();
        assert!(told.is_sorted_by(|a, b| a > b), "an older value landed after a newer one: {told:?}");
        story.settled().await;
        assert_eq!((story.shown(&code).quantity, story.documents(&order)), (before - 5, 1));
    }
    assert_eq!(story.settled().await.oversold, 0);
    story.end().await;
}
