//! A WinMentor that is away, restored from a backup, or refuses.

use vortex::demo::World;
use vortex_domain::attention::Code;
use vortex_entities::{Flow, engine::AttentionAction};

use crate::story::{LIMIT, Story};

/// A blocked partner is a person's business; afterwards one act books everything that it blocked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_partner_holds_orders_until_mended() {
    let story = Story::begin().await;
    story.world.erp.block_partner("CDON-SE", true).expect("a known partner");
    let orders = [story.buy(&story.article(0).code, 1), story.buy(&story.article(1).code, 1)];
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    let items = story.attention().await;
    let item =
        items.iter().find(|i| matches!(i.code, Code::PartnerUnusable | Code::ErpRefused)).expect("a reason");
    story.world.erp.block_partner("CDON-SE", false).expect("a known partner");
    story.act(item.code, AttentionAction::Retry).await;
    story.settled().await;
    for order in orders {
        assert_eq!(story.documents(&order), 1);
        assert_eq!(story.told_of(&order).await, []);
    }
    story.end().await;
}

/// F48: documents that a restored backup lost are never created again by themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_is_a_persons_decision() {
    let story = Story::begin().await;
    let order = story.buy(&story.article(4).code, 1);
    story.run_all(&[Flow::Orders, Flow::Booking]).await;
    assert_eq!(story.documents(&order), 1);
    story.world.erp.restore_backup(1);
    let limit = tokio::time::Instant::now() + LIMIT;
    while !story.attention().await.iter().any(|item| item.code == Code::DocumentVanished) {
        assert!(tokio::time::Instant::now() < limit, "the loss was not noticed");
        story.look_at_booked_orders().await;
    }
    story.run(Flow::Booking).await;
    assert_eq!(story.documents(&order), 0, "a document was created again without a person");
    story.act(Code::DocumentVanished, AttentionAction::Recreate).await;
    story.settled().await;
    assert_eq!(story.documents(&order), 1);
    assert_eq!(story.told_of(&order).await, []);
    story.end().await;
}

/// F42: WinMentor is away while orders come in, and somebody hears of it; all are booked once when it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_without_winmentor_loses_no_order() {
    let story = Story::begin().await;
    story.world.erp.maintenance(true);
    let mut bought = 0;
    for round in 0..30 {
        bought += usize::from(World::buy_one(&story.world.channel, round));
        if round % 10 == 0 {
            story.run_all(&[Flow::Orders, Flow::Booking, Flow::Stock]).await;
        }
    }
    assert_eq!(story.world.erp.orders().len(), 0);
    story.item(Code::RemoteDown).await;
    story.world.erp.maintenance(false);
    let audit = story.settled().await;
    assert!(bought > 20, "the story bought too little to mean anything");
    assert_eq!((audit.erp_orders, audit.duplicates, audit.lost), (bought, 0, 0));
    assert_eq!(story.imports(), bought);
    story.nobody_is_told(Code::RemoteDown).await;
    story.end().await;
}
