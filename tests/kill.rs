//! The real binary and `kill -9`: at whatever instruction it dies, what was bought is booked once, and all sides agree again.

#![expect(clippy::expect_used, reason = "a test whose world does not start has failed")]
#![expect(clippy::disallowed_methods, reason = "the moment of death is chosen from outside; no actor")]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use vortex::demo::{World, WorldOptions};

fn serve(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_vortex"))
        .args(["serve", "--config"])
        .arg(folder.join("vortex.toml"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survives_kill_9_at_any_moment() {
    live_and_die(None, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survives_kill_9_at_any_moment_on_postgres() {
    let Some(url) = vortex_store::testing::postgres().await else { return };
    live_and_die(Some(url), 6).await;
}

async fn live_and_die(database_url: Option<String>, lives: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = WorldOptions {
        heartbeat_s: 1,
        articles: 60,
        database_url,
        ..WorldOptions::new(folder.path().to_owned(), 11)
    };
    // The first life is in process: it publishes the catalogue and leaves in order.
    let world = World::start(options.clone()).await.expect("the world starts");
    world.publish_all(Duration::from_mins(1)).await.expect("everything is published");
    std::fs::write(folder.path().join("vortex.toml"), world.config_text())
        .expect("the configuration is written");
    let remotes = world.leave().await;

    let (mut bought, mut in_the_middle) = (0_u64, 0);
    for life in 0..lives {
        let mut child = serve(folder.path());
        // Somewhere in the work: start-up, intake, import, push. The simulators' log tells how far it got, not we.
        for purchase in 0..3_u32 {
            bought += u64::from(World::buy_one(&remotes.channel, life * 3 + u64::from(purchase)));
        }
        let minted = remotes.courier.shipments().len();
        if life % 3 == 2 {
            // Right after a waybill was minted: its answer is on the way, or not on disk, or the channel not told.
            let patience = Instant::now() + Duration::from_secs(6);
            while remotes.courier.shipments().len() == minted && Instant::now() < patience {
                sleep(Duration::from_millis(2)).await;
            }
        } else {
            sleep(Duration::from_millis(350 + life * 137)).await;
        }
        assert!(child.try_wait().expect("its state").is_none(), "the service ended by itself");
        child.kill().expect("kill -9");
        child.wait().expect("it is dead");
        let told = remotes.channel.log().count("fulfil");
        in_the_middle += usize::from(remotes.courier.shipments().len() > told);
    }
    assert!(in_the_middle > 0, "no death came between a waybill and its fulfilment");

    // The last life lasts until the binary has sent something, and not much longer.
    let mut child = serve(folder.path());
    let until = Instant::now() + Duration::from_mins(1);
    while remotes.erp.orders().is_empty() || remotes.channel.log().count("fulfil") == 0 {
        assert!(Instant::now() < until, "the binary books or sends nothing");
        sleep(Duration::from_millis(20)).await;
    }
    child.kill().expect("kill -9");
    child.wait().expect("it is dead");

    let world = World::over(options, remotes).await.expect("the engine starts again");
    let started = Instant::now();
    let audit = world.settle(Duration::from_mins(2), &|_| ()).await.expect("the audit can be made");
    assert!(audit.is_clean(), "after {:?}: {:?}", started.elapsed(), audit.differences);
    // What only a person can know, a person looks up; then everything has left, each under one waybill.
    world.people_follow().await.expect("people act");
    let audit = world.settle(Duration::from_mins(2), &|_| ()).await.expect("the audit can be made");
    assert!(audit.is_clean(), "{:?}", audit.differences);
    let placed = audit.orders_placed;
    let sent = (audit.awb_duplicates, audit.tracking_on_channel, audit.invoices_archived);
    assert_eq!(sent, (0, placed, placed), "{:?}", audit.attention_items);
    // A few go by post, because the courier does not take them.
    assert!((placed - 3..=placed).contains(&audit.awbs), "{} waybills", audit.awbs);
    assert_eq!(audit.orders_placed, usize::try_from(bought).unwrap_or(0));
    assert_eq!(audit.erp_orders, usize::try_from(bought).unwrap_or(0), "{:?}", audit.attention_items);
    assert!(bought > 3 * lives / 2, "the test bought too little to mean anything");
    world.stop().await;
}
