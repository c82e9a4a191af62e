//! F41: accounting months that are closed, missing, or closed at the wrong moment (winmentor.md section 7, 3).

use jiff::civil::Date;
use tokio::time::Instant;
use vortex_domain::{attention::Code, sales::business_date};
use vortex_entities::Flow;

use crate::story::{LIMIT, Story};

/// Months appear only when the bookkeeper makes them. Returns the first days of this month and of the next.
fn bookkeeper(story: &Story) -> (Date, Date) {
    story.world.erp.update_options(|o| o.auto_open_months = false);
    let this = business_date(story.world.node.seams.clock.now_ms()).first_of_month();
    (this, this.last_of_month().tomorrow().expect("a day"))
}

/// A closed month holds the orders, and they go by themselves when it opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_wait_for_the_month_to_open() {
    let story = Story::begin().await;
    let (this, _) = bookkeeper(&story);
    story.world.erp.close_month(this.year(), this.month());
    let order = story.buy(&story.article(6).code, 1);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    assert_eq!(story.documents(&order), 0);
    story.item(Code::MonthClosed).await;
    story.world.erp.open_month(this.year(), this.month());
    story.run(Flow::Reconcile).await;
    story.settled().await;
    assert_eq!(story.documents(&order), 1);
    assert_eq!(story.told_of(&order).await, []);
    story.end().await;
}

/// The next month is open already: the order goes into it, dated its first day, and is found there again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_go_to_the_next_open_day() {
    let story = Story::begin().await;
    let (this, next) = bookkeeper(&story);
    story.world.erp.close_month(this.year(), this.month());
    story.world.erp.open_month(next.year(), next.month());
    let order = story.buy(&story.article(6).code, 1);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    story.settled().await;
    assert_eq!(story.document(&order).date, next);
    for _ in 0..2 {
        story.look_at_booked_orders().await;
    }
    assert_eq!((story.told_of(&order).await, story.imports()), (vec![], 1));
    story.settled().await;
    story.end().await;
}

/// The month closes between the last look and the import: a refusal, and nothing half done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_that_closes_during_an_import_holds_the_order() {
    let story = Story::begin().await;
    let (this, _) = bookkeeper(&story);
    story.world.erp.update_options(|o| o.close_month_after_validation = true);
    let order = story.buy(&story.article(6).code, 1);
    story.run(Flow::Orders).await;
    let limit = Instant::now() + LIMIT;
    // The bridge reports success and no document: only two readings tell that there is none.
    while story.told_of(&order).await != [Code::MonthClosed] {
        assert!(Instant::now() < limit, "nobody is told of the month: {:?}", story.attention().await);
        story.run(Flow::Booking).await;
    }
    assert_eq!((story.documents(&order), story.imports()), (0, 0));
    story.world.erp.open_month(this.year(), this.month());
    story.settled().await;
    assert_eq!((story.documents(&order), story.imports()), (1, 1));
    assert_eq!(story.told_of(&order).await, []);
    story.end().await;
}
