//! Orders that wait for goods: an article that WinMentor does not know, or stock that is not there.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::json;
use vortex_domain::attention::Code;
use vortex_entities::{Flow, engine::AttentionAction};
use vortex_simulators::winmentor::NewArticle;

use crate::story::{MERCHANT, Story};

fn order_unknown(story: &Story, sku: &str) -> String {
    let price = json!({"amount": 80.0, "vat_amount": 20.0, "vat_rate": 0.25, "currency": "SEK"});
    let order = json!({"id": format!("order-of-{sku}"), "article_sku": sku, "title": "Ciocan", "quantity": 1,
                       "price": price, "total_price": price, "market": "SE",
                       "shipping_address": {"full_name": "Åsa Öberg", "street_address": "Stårgatan 1"}});
    story.world.channel.place_raw(MERCHANT, order).expect("the simulator takes it")
}

fn create(story: &Story, sku: &str) {
    let article = NewArticle {
        code: sku.to_owned(),
        name: "Ciocan cu coadă de lemn".to_owned(),
        net: Some(Decimal::from(40)),
        stock: BTreeMap::from([("MAG1".to_owned(), Decimal::TEN)]),
        ..NewArticle::default()
    };
    story.world.erp.add_article(&article).expect("a new article");
}

/// The heartbeat that follows the article's creation books the order, without anybody's click.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_an_unknown_article_goes_by_itself_once_the_article_exists() {
    let story = Story::begin().await;
    let order = order_unknown(&story, "NOU-1");
    for _ in 0..2 {
        story.world.run_flows().await;
    }
    assert_eq!((story.documents(&order), story.told_of(&order).await), (0, vec![Code::UnknownArticle]));
    story.settled().await;
    create(&story, "NOU-1");
    story.run_all(&[Flow::Catalog, Flow::Stock, Flow::Reconcile, Flow::Booking]).await;
    assert_eq!((story.documents(&order), story.told_of(&order).await), (1, vec![]));
    story.settled().await;
    assert_eq!(story.imports(), 1);
    story.end().await;
}

/// A person presses "retry", too early and again once the article exists.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_the_article_was_created_books_the_order_once() {
    let story = Story::begin().await;
    let order = order_unknown(&story, "NOU-2");
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    story.act(Code::UnknownArticle, AttentionAction::Retry).await;
    assert_eq!(story.told_of(&order).await, [Code::UnknownArticle]);
    create(&story, "NOU-2");
    story.run_all(&[Flow::Catalog, Flow::Stock]).await;
    story.act(Code::UnknownArticle, AttentionAction::Retry).await;
    assert_eq!(story.told_of(&order).await, []);
    let audit = story.settled().await;
    assert_eq!((story.documents(&order), story.imports(), audit.duplicates), (1, 1, 0));
    story.end().await;
}

/// Stock is short: the order waits and holds; a person has it booked although, and it is booked once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_order_is_booked_when_a_person_says_so() {
    let story = Story::begin().await;
    let article = story.article(0);
    let short = story.buy(&article.code, 5_000);
    story.run_all(&[Flow::Orders, Flow::Booking, Flow::Publish]).await;
    assert_eq!((story.documents(&short), story.told_of(&short).await), (0, vec![Code::StockShort]));
    assert_eq!(story.shown(&article.code).quantity, 0, "what is spoken for is still offered");
    story.settled().await;
    story.act(Code::StockShort, AttentionAction::BookAnyway).await;
    story.run(Flow::Booking).await;
    story.settled().await;
    assert_eq!((story.documents(&short), story.imports(), story.told_of(&short).await), (1, 1, vec![]));
    assert_eq!(story.shown(&article.code).quantity, 0);
    story.end().await;
}

/// Goods arrive: the short order goes by itself, without a click.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_order_goes_by_itself_once_goods_arrive() {
    let story = Story::begin().await;
    let article = story.article(0);
    let short = story.buy(&article.code, 5_000);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    assert_eq!(story.told_of(&short).await, [Code::StockShort]);
    story.world.erp.set_stock(&article.code, "MAG1", Decimal::from(6_000)).expect("a known article");
    story.settled().await;
    assert_eq!((story.documents(&short), story.imports(), story.told_of(&short).await), (1, 1, vec![]));
    story.end().await;
}
