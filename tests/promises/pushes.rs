//! DHL tells by itself what happens to parcels: a wake-up and nothing more (dhl.md section 14).

use vortex::{
    demo::{PUSH_KEY, PUSH_TOKEN, Served},
    flow::{Scope, Work as _},
    flows::Tracking,
};
use vortex_domain::shipping::Milestone;
use vortex_entities::Flow;

use crate::story::{Story, until};

/// The hook is subscribed, confirmed, and from then on a scan is read at once, although the parcel's own time is an hour away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_is_read_at_once_and_polling_repairs() {
    let story = Story::begin().await;
    let push_url = format!("{}/tracking/push/v1", story.world.courier.unified_url());
    story
        .apply(|file, _| {
            let secrets = format!(
                "push_key = {{ value = \"{PUSH_KEY}\" }}\nwebhook_secret = {{ value = \"{PUSH_TOKEN}\" }}\n\
                 [connections.dhl.settings]\npush_url = \"{push_url}\"\n"
            );
            file.replace("[connections.dhl.settings]\n", &secrets)
                .replace("track_every_s = 1", "track_every_s = 3600")
        })
        .await;
    let Served { address, server, .. } = story.world.serve_api().await.expect("the API");
    let mut context = crate::orders::second_context(&story).await;
    context.remotes.courier_hook =
        Some(vortex::connectors::hook_address(&format!("http://{address}"), &story.vendor(), "dhl"));
    let tracking = Tracking(std::sync::Arc::new(context));
    let pushed = |scope: &str| {
        let log = story.world.courier.log().of_kind("push");
        log.into_iter().filter(|entry| entry["scope"] == scope && entry["status"] == 202).count()
    };
    // The handshake comes by the hook, and the run that it wakes answers it.
    tracking.run(&Scope::default()).await;
    until("the subscription is confirmed", || pushed("subscription.ready") == 1).await;
    // A second look finds it standing, and does not subscribe again.
    story
        .world
        .node
        .store
        .set_cursor(&story.vendor(), "push.looked_at", "0")
        .await
        .expect("the cursor is set");
    tracking.run(&Scope::default()).await;
    assert_eq!(pushed("subscription.validate"), 1);

    story.world.courier.update_options(|o| (o.push_twice, o.push_out_of_order) = (true, true));
    let order = story.invoiced(0).await;
    story.leaves(&order).await;
    story.run(Flow::Tracking).await;
    assert_eq!(story.known(&order).await.parcels[0].milestone(), Milestone::Announced);
    story.world.courier.journey(&story.awb(&order), &["PU"]).expect("it is minted");
    // Nobody runs anything: the hook wakes the flow.
    story.until_known(&order, &[], |order| order.parcels[0].milestone() == Milestone::Collected).await;

    // A hook that hears nothing costs time and no scan.
    server.abort();
    story.world.courier.journey(&story.awb(&order), &["OK"]).expect("it is minted");
    let scope = Scope { sku: None, order: order.parse().ok() };
    story.handle().hub.run(Flow::Tracking, scope).await.expect("the flow runs");
    assert_eq!(story.known(&order).await.parcels[0].milestone(), Milestone::Delivered);
    story.end().await;
}
