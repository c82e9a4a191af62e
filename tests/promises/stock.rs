//! What WinMentor has, and what of it may be believed.

use rust_decimal::Decimal;
use vortex_domain::attention::Code;
use vortex_entities::{Flow, engine::AttentionAction};
use vortex_simulators::{cdon::ArticleView, winmentor::AnswerFault};

use crate::story::{MERCHANT, Story};

/// F31, S6, promise 4: empty, half and short answers change nothing and say so, each anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_is_not_zero() {
    let story = Story::begin().await;
    let before = story.world.channel.articles(MERCHANT);
    let doubts = async || -> Vec<Code> {
        let items = story.attention().await;
        let doubt = |code: &Code| matches!(code, Code::ReadingImplausible | Code::MassChange);
        items.iter().map(|item| item.code).filter(doubt).collect()
    };
    for fault in [AnswerFault::Empty, AnswerFault::Half, AnswerFault::FirstTenPercent] {
        story.world.erp.answers(fault);
        story.run_all(&[Flow::Catalog, Flow::Stock, Flow::Publish]).await;
        let quantities = |articles: &[ArticleView]| -> Vec<(String, u32, String)> {
            articles.iter().map(|a| (a.sku.clone(), a.quantity, a.status.clone())).collect()
        };
        assert_eq!(quantities(&story.world.channel.articles(MERCHANT)), quantities(&before), "{fault:?}");
        assert_ne!(doubts().await, [], "nobody was told of {fault:?}");
        // One good reading of each, and nobody is asked about the bad ones any more.
        story.world.erp.answers(AnswerFault::None);
        story.run_all(&[Flow::Catalog, Flow::Stock]).await;
        assert_eq!(doubts().await, [], "after {fault:?}");
    }
    story.settled().await;
    story.end().await;
}

/// Sold elsewhere down to nothing: WinMentor leaves the article out of its list, and it is asked for by name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sold_out_elsewhere_is_shown_as_zero() {
    let story = Story::begin().await;
    let article = story.article(3);
    story.world.erp.sell_elsewhere(&article.code, article.stock.values().sum()).expect("the shop sells it");
    story.run_all(&[Flow::Stock, Flow::Publish]).await;
    story.settled().await;
    assert_eq!(story.shown(&article.code).quantity, 0);
    story.end().await;
}

/// F35: stock below zero is shown as zero and a person is told; it heals with the next good number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn negative_stock_is_shown_as_zero_and_said() {
    let story = Story::begin().await;
    let code = story.article(3).code;
    let set = |warehouse: &str, units: i64| {
        story.world.erp.set_stock(&code, warehouse, Decimal::from(units)).expect("a known article");
    };
    set("MAG1", -3);
    set("MAG2", 0);
    story.run_all(&[Flow::Stock, Flow::Publish]).await;
    assert_eq!(story.shown(&code).quantity, 0);
    let item = story.item(Code::NegativeStock).await;
    assert_eq!((item.params.as_slice(), item.blocked), (["-3".to_owned()].as_slice(), 1));
    story.settled().await;

    // One warehouse owes what the other one has: together it is enough.
    set("MAG2", 12);
    story.run_all(&[Flow::Stock, Flow::Publish]).await;
    assert_eq!(story.shown(&code).quantity, 8, "−3 + 12, less one in reserve");
    assert!(story.attention().await.iter().all(|item| item.code != Code::NegativeStock));
    story.settled().await;
    story.end().await;
}

/// The brake: a reading that would move too much stops, until a person approves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mass_change_waits_for_a_person() {
    let story = Story::begin().await;
    for article in story.world.erp.articles().iter().filter(|a| !a.service) {
        story.world.erp.set_stock(&article.code, "MAG1", Decimal::from(77)).expect("a known article");
    }
    story.run_all(&[Flow::Stock, Flow::Publish]).await;
    assert!(
        story.world.audit().await.expect("an audit").stock_wrong > 10,
        "the mass change went through unasked"
    );
    story.act(Code::MassChange, AttentionAction::Approve).await;
    story.settled().await;
    story.nobody_is_told(Code::MassChange).await;
    story.end().await;
}
