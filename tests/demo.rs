//! The README's first command, in process: the whole job, and the same with misbehaving remotes.

use vortex::demo::{DemoOptions, run};

fn options(faults: bool) -> DemoOptions {
    DemoOptions { once: true, json: true, orders: 40, seed: 7, faults, data: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_every_order_to_winmentor_once_and_ends_with_a_clean_audit() {
    assert!(run(options(false)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_the_same_while_the_remotes_misbehave() {
    assert!(run(options(true)).await.unwrap());
}
