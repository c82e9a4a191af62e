//! Orders that the channel cancels.

use vortex_domain::attention::Code;
use vortex_entities::{Flow, engine::AttentionAction};

use crate::story::Story;

/// F21: cancelled before import, and after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancellations_are_honoured_at_each_stage() {
    let story = Story::begin().await;
    // WinMentor is away, so that nothing books it before the cancellation is seen.
    story.world.erp.maintenance(true);
    let before = story.buy(&story.article(2).code, 1);
    story.run(Flow::Orders).await;
    story.world.channel.cancel_as_cdon(&before).expect("it can be cancelled");
    story.read_order(&before).await;
    story.world.erp.maintenance(false);
    story.run(Flow::Booking).await;

    let after = story.buy(&story.article(3).code, 1);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    let document = story.document(&after);
    story.world.channel.cancel_as_cdon(&after).expect("it can be cancelled");
    story.read_order(&after).await;
    story.item(Code::CancelledAfterBooking).await;
    assert_eq!(story.documents(&before), 0, "a cancelled order was booked");
    story.settled().await;

    // The document is cancelled in WinMentor, as the item asks: that is the end of it.
    story.world.erp.cancel_order(document.nr_doc).expect("a live document");
    story.look_at_booked_orders().await;
    story.settled().await;
    assert_eq!(story.told_of(&after).await, []);
    story.end().await;
}

/// A clerk cancels the document of a living order: a person has it made anew, under another number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_cancelled_by_hand_is_made_anew_when_a_person_says_so() {
    let story = Story::begin().await;
    let order = story.buy(&story.article(6).code, 1);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    let first = story.document(&order);
    story.world.erp.cancel_order(first.nr_doc).expect("a live document");
    story.look_at_booked_orders().await;
    assert_eq!(story.told_of(&order).await, [Code::DocumentVanished]);
    story.run(Flow::Booking).await;
    assert_eq!(story.documents(&order), 0, "nothing is made anew by itself");
    story.act(Code::DocumentVanished, AttentionAction::Recreate).await;
    story.run(Flow::Booking).await;
    assert_ne!(story.document(&order).nr_doc, first.nr_doc);
    assert_eq!((story.documents(&order), story.told_of(&order).await), (1, vec![]));
    story.settled().await;
    story.end().await;
}
