//! Order lists of several pages that fail, shift or repeat themselves.

use std::time::Duration;

use vortex_domain::attention::Code;
use vortex_entities::{Engine as _, Flow};
use vortex_simulators::{
    cdon::OrderState,
    faults::{FaultMode, FaultRule},
};

use crate::story::{Story, until};

const PER_PAGE: usize = 5;
const SECOND_PAGE: &str = "GET /api/v1/orders?*page=2";

/// Everything is published, and order lists come in pages of five.
async fn begin() -> Story {
    let story = Story::begin().await;
    let pages = format!("[connections.cdon.settings]\norders_per_page = {PER_PAGE}");
    story.apply(|file, _| file.replace("[connections.cdon.settings]", &pages)).await;
    story
}

/// When the order lists were last read whole.
async fn orders_read(story: &Story) -> Option<i64> {
    let flows = story.world.node.engine().flows(&story.vendor()).await.expect("the vendor runs");
    flows.into_iter().find(|status| status.flow == Flow::Orders).and_then(|status| status.last_success_ms)
}

/// F12: a failed page is not the end of the list, and nothing is lost by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_answer_to_an_order_list_loses_nothing() {
    let story = Story::begin().await;
    let order = story.buy(&story.article(1).code, 1);
    for mode in [FaultMode::Truncate, FaultMode::Empty, FaultMode::HtmlPage { status: 200 }, FaultMode::Half]
    {
        story.world.channel.faults().set(vec![FaultRule::always("GET /api/v1/orders", mode)]);
        let report = story.run(Flow::Orders).await;
        assert!(report.stopped.is_some(), "a bad answer was taken for the end of the list");
    }
    story.world.channel.faults().clear();
    story.settled().await;
    assert_eq!(story.documents(&order), 1);
    story.end().await;
}

/// F12: the first page is good, the second one fails: the first is not thrown away, and the list does not count as read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_second_page_loses_neither_page() {
    let story = begin().await;
    let orders = story.buy_several(2 * PER_PAGE + 2);
    let status = FaultMode::Status { code: 500, retry_after_s: None, html: false };
    for mode in [status, FaultMode::Half, FaultMode::Empty, FaultMode::HtmlPage { status: 200 }] {
        let before = orders_read(&story).await;
        story.world.channel.faults().set(vec![FaultRule::always(SECOND_PAGE, mode.clone())]);
        let report = story.run(Flow::Orders).await;
        assert!(report.stopped.is_some(), "{mode:?} was taken for the end of the list");
        assert_eq!(orders_read(&story).await, before, "{mode:?}: half a list counts as read");
    }
    until("the first page is booked", || story.imports() == PER_PAGE).await;
    story.world.channel.faults().clear();
    let audit = story.settled().await;
    assert_eq!((audit.erp_orders, audit.duplicates), (orders.len(), 0));
    story.end().await;
}

/// F13: orders arrive while the pages are read, newest first: everything shifts to later pages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_arrive_between_two_pages_lose_nothing() {
    let story = begin().await;
    story.world.channel.update_options(|o| o.newest_first = true);
    let mut orders = story.buy_several(2 * PER_PAGE + 1);
    orders.extend(between_pages(&story, || story.buy_several(PER_PAGE - 2)).await);
    let audit = story.settled().await;
    assert_eq!((audit.erp_orders, audit.duplicates), (orders.len(), 0));
    story.end().await;
}

/// F13: orders leave the list while its pages are read, oldest first: others slip onto the page that was read already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_leave_between_two_pages_lose_nothing() {
    let story = begin().await;
    let orders = story.buy_several(2 * PER_PAGE + 2);
    between_pages(&story, || {
        for order in &orders[..PER_PAGE] {
            story.world.channel.set_state(order, OrderState::Accepted).expect("a known order");
        }
    })
    .await;
    let audit = story.settled().await;
    assert_eq!((audit.erp_orders, audit.duplicates), (orders.len(), 0));
    story.end().await;
}

/// Reads the orders; `happens` after the first page was answered and before the second one is.
async fn between_pages<T>(story: &Story, happens: impl FnOnce() -> T) -> T {
    let faults = story.world.channel.faults();
    faults.set(vec![FaultRule::next(1, SECOND_PAGE, FaultMode::Slow { ms: 300 })]);
    let struck = faults.injected();
    let (report, happened) = tokio::join!(story.run(Flow::Orders), async {
        until("the second page is asked for", || faults.injected() > struck).await;
        happens()
    });
    assert_eq!(report.stopped, None);
    happened
}

/// F14: the channel serves its first page again and again. That is not the end of the list: it is not taken as read, a
/// person hears of it, and when pages work again nothing was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_page_is_not_the_end_of_the_list() {
    let story = begin().await;
    let orders = story.buy_several(2 * PER_PAGE + 2);
    story.world.channel.update_options(|o| o.repeat_first_page = true);
    let before = orders_read(&story).await;
    let polls = story.world.channel.log().count("poll");
    let report = tokio::time::timeout(Duration::from_secs(20), story.run(Flow::Orders)).await;
    let report = report.expect("the run ends");
    assert!(report.stopped.is_some(), "a repeated page was taken for the end of the list");
    assert!(story.world.channel.log().count("poll") - polls < 10, "the same page was asked for without end");
    assert_eq!(orders_read(&story).await, before, "a fraction of the list counts as read");
    story.item(Code::ReadingImplausible).await;
    story.world.channel.update_options(|o| o.repeat_first_page = false);
    let audit = story.settled().await;
    assert_eq!((audit.erp_orders, audit.duplicates), (orders.len(), 0));
    story.nobody_is_told(Code::ReadingImplausible).await;
    story.end().await;
}
