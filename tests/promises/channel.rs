//! What the channel accepts and then does otherwise.

use rust_decimal::Decimal;
use vortex_domain::attention::{Code, Subject};
use vortex_entities::{Flow, engine::AttentionAction};

use crate::story::{LIMIT, Story};

/// F29: accepted for processing, refused later: a person is told, and mending the cause publishes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_then_rejected_is_not_done() {
    let story = Story::begin().await;
    let code = story.article(4).code;
    story.world.channel.update_options(|o| {
        o.reject_skus.insert(code.clone(), "permission_denied".to_owned());
    });
    story.world.erp.set_price(&code, Some(Decimal::from(55))).expect("a known article");
    story.run_all(&[Flow::Catalog, Flow::Publish]).await;
    story.item(Code::ChannelRefused).await;
    story.world.channel.update_options(|o| o.reject_skus.clear());
    story.act(Code::ChannelRefused, AttentionAction::Retry).await;
    story.settled().await;
    story.end().await;
}

/// The articles that people are told the channel has refused.
async fn refused(story: &Story) -> Vec<Subject> {
    let items = story.attention().await;
    items
        .into_iter()
        .filter(|item| item.code == Code::ChannelRefused)
        .flat_map(|item| item.subjects)
        .collect()
}

/// F29, S5: of a batch that was accepted as a whole, one row fails and the others do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_rejected_row_of_a_batch_is_told_and_the_others_are_done() {
    let story = Story::begin().await;
    let log = story.world.channel.log();
    let codes: Vec<String> = (0..4).map(|nth| story.article(nth).code).collect();
    let bad = &codes[1];
    // Verdicts come only some time after the answer.
    story.world.channel.pause_applying(true);
    story.world.channel.update_options(|o| {
        o.reject_skus.insert(bad.clone(), "permission_denied".to_owned());
    });
    let before: Vec<u32> = codes.iter().map(|code| story.shown(code).quantity).collect();
    let mark = log.len();
    for code in &codes {
        story.world.erp.sell_elsewhere(code, Decimal::ONE).expect("the shop sells it");
    }
    story.run_all(&[Flow::Stock, Flow::Publish]).await;
    let batches = log.after(mark, Some("batch")).len();
    assert!((1..codes.len()).contains(&batches), "{batches} calls for {} articles", codes.len());
    assert_eq!(refused(&story).await, [], "a verdict before there was one");
    story.world.channel.pause_applying(false);
    let limit = tokio::time::Instant::now() + LIMIT;
    while refused(&story).await.is_empty() {
        assert!(tokio::time::Instant::now() < limit, "the rejected row was never told");
        story.run(Flow::Publish).await;
    }
    assert_eq!(refused(&story).await, [Subject::Sku(bad.parse().expect("a SKU"))]);
    for (code, before) in codes.iter().zip(before) {
        let wanted = if code == bad { before } else { before - 1 };
        assert_eq!(story.shown(code).quantity, wanted, "{code}");
    }
    // It is not sent again and again until somebody mends the cause.
    story.run(Flow::Publish).await;
    assert_eq!(log.after(mark, Some("batch")).len(), batches, "the refused row was sent again");
    story.world.channel.update_options(|o| o.reject_skus.clear());
    story.act(Code::ChannelRefused, AttentionAction::Retry).await;
    story.settled().await;
    assert_eq!(refused(&story).await, []);
    story.end().await;
}

/// Promise 11: accepted and ignored is found by reading back, and repaired.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_and_ignored_is_found_by_reading_back() {
    let story = Story::begin().await;
    let code = story.article(5).code;
    story.world.channel.update_options(|o| {
        o.ignore_skus.insert(code.clone());
    });
    story.world.erp.sell_elsewhere(&code, Decimal::from(3)).expect("the shop sells it");
    story.run_all(&[Flow::Stock, Flow::Publish]).await;
    assert_eq!(story.world.audit().await.expect("an audit").stock_wrong, 1);
    story.world.channel.update_options(|o| o.ignore_skus.clear());
    story.read_back(&code).await;
    story.run(Flow::Publish).await;
    story.settled().await;
    story.end().await;
}

/// Promise 11: a channel that goes on ignoring us is told to a person and sent to again, until it shows what it was sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ignored_again_and_again_is_told() {
    let story = Story::begin().await;
    let log = story.world.channel.log();
    let code = story.article(5).code;
    story.world.channel.update_options(|o| {
        o.ignore_skus.insert(code.clone());
    });
    story.world.erp.sell_elsewhere(&code, Decimal::from(3)).expect("the shop sells it");
    let mark = log.len();
    story.run(Flow::Stock).await;
    for _ in 0..3 {
        story.run(Flow::Publish).await;
        story.read_back(&code).await;
        story.item(Code::ChannelDrift).await;
    }
    let puts = log.after(mark, Some("stock_put"));
    assert!(puts.len() >= 3, "it was not sent again: {puts:?}");
    story.world.channel.update_options(|o| o.ignore_skus.clear());
    story.run(Flow::Publish).await;
    story.read_back(&code).await;
    story.settled().await;
    assert!(story.attention().await.iter().all(|item| item.code != Code::ChannelDrift));
    story.end().await;
}
