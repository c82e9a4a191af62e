//! The README's first command, in process: the whole job, and the same with misbehaving remotes.

use vortex::demo::{DemoOptions, Summary, rehearse};

fn options(faults: bool) -> DemoOptions {
    DemoOptions { once: true, json: true, orders: 40, articles: 200, seed: 7, faults, data: None }
}

/// Every order is in WinMentor once, and whatever was not cancelled has left under one waybill, with its invoice kept; whatever
/// came back is credited.
fn everything_was_done(summary: &Summary) {
    let audit = &summary.audit;
    assert!(summary.ok, "{:?} / {:?}", audit.differences, audit.attention_items);
    assert!(audit.orders_placed > 15, "too little happened: {audit:?}");
    assert!(summary.cancelled > 0 && summary.returned > 0, "{summary:?}");
    // Some codes cannot travel into WinMentor: their orders wait for a person, who is told.
    let refused = audit.attention_items.iter().filter(|item| item.starts_with("erp_refused (1 ")).count();
    let to_send = audit.orders_placed - summary.cancelled - refused;
    assert_eq!(audit.tracking_on_channel, to_send, "{:?}", audit.attention_items);
    // A few go by post, because the courier does not take them; a few were cancelled after the minting.
    assert!((to_send - 3..=audit.orders_placed).contains(&audit.awbs), "{} waybills", audit.awbs);
    assert!(audit.invoices_archived >= to_send, "{} invoices", audit.invoices_archived);
    assert_eq!(audit.invoices_archived, summary.invoices_issued);
    assert_eq!(audit.returns_reconciled, summary.returned);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_every_order_to_winmentor_once_and_ends_with_a_clean_audit() {
    let summary = rehearse(&options(false)).await.unwrap();
    everything_was_done(&summary);
    assert_eq!(summary.faults_injected, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_the_same_while_the_remotes_misbehave() {
    let summary = rehearse(&options(true)).await.unwrap();
    everything_was_done(&summary);
    assert!(summary.faults_injected > 20, "{} faults", summary.faults_injected);
}
