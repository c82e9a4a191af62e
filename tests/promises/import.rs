//! Into WinMentor exactly once, whatever becomes of requests and answers.

use vortex_domain::attention::Code;
use vortex_entities::Flow;
use vortex_simulators::faults::{FaultMode, FaultRule};

use crate::story::{Story, until};

/// F01, promise 1 and 8: WinMentor books the order and the answer is lost; or the request is lost before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_an_import_never_makes_a_second_document() {
    lost_answers(Story::begin().await).await;
}

/// F02, F08: the engine leaves with imports in every state, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_in_the_middle_of_imports_loses_and_doubles_nothing() {
    restart(Story::begin().await).await;
}

/// F07: new settings start the vendor again while an import hangs and the next one is claimed. The flow that was cut off
/// does not go on beside its successor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_settings_in_the_middle_of_an_import_double_nothing() {
    let story = Story::begin().await;
    let faults = story.world.erp.faults();
    let late = FaultMode::CommitThenSlow { ms: 4_000 };
    faults.set(vec![FaultRule::next(1, "POST /api/import", late)]);
    let orders = story.buy_several(3);
    story.run(Flow::Orders).await;
    until("the import hangs", || faults.injected() > 0).await;
    story.apply(|file, _| file.replace("[stock]", "[stock]\ncap = 400000")).await;
    story.settled().await;
    // WinMentor's log has the hanging import once its answer was given or found nobody.
    until("the hanging import ends", || story.imports() >= orders.len()).await;
    story.world.run_flows().await;
    let audit = story.settled().await;
    assert_eq!((audit.erp_orders, audit.duplicates, story.imports()), (orders.len(), 0, orders.len()));
    story.end().await;
}

pub(crate) async fn lost_answers(story: Story) {
    for (nth, mode) in [FaultMode::CommitThenDrop, FaultMode::Drop, FaultMode::CommitThenStatus { code: 500 }]
        .into_iter()
        .enumerate()
    {
        story.world.erp.faults().set(vec![FaultRule::next(1, "POST /api/import", mode)]);
        let order = story.buy(&story.article(nth).code, 1);
        story.run_all(&[Flow::Orders, Flow::Booking]).await;
        let audit = story.settled().await;
        assert_eq!(story.world.erp.faults().injected(), nth as u64 + 1, "the fault did not strike");
        assert_eq!(story.documents(&order), 1);
        assert_eq!(audit.erp_orders, nth + 1);
    }
    story.nobody_is_told(Code::OutcomeUnknown).await;
    story.end().await;
}

pub(crate) async fn restart(mut story: Story) {
    let mut orders = Vec::new();
    for mode in [FaultMode::CommitThenDrop, FaultMode::Drop] {
        // One import's outcome is unknown and cannot be looked up; another order waits; a third one is not even known.
        let struck = story.world.erp.faults().injected();
        story.world.erp.faults().set(vec![FaultRule::next(1, "POST /api/import", mode)]);
        orders.extend(story.buy_several(2));
        story.run(Flow::Orders).await;
        until("the import fails", || story.world.erp.faults().injected() > struck).await;
        story.hide_documents();
        story.run(Flow::Booking).await;
        orders.push(story.buy(&story.article(9).code, 1));
        story = story.restart().await;
        story.world.erp.faults().clear();
        let audit = story.settled().await;
        assert_eq!((audit.erp_orders, audit.duplicates), (orders.len(), 0));
    }
    for order in &orders {
        assert_eq!(story.documents(order), 1);
    }
    assert_eq!(story.imports(), orders.len());
    story.nobody_is_told(Code::OutcomeUnknown).await;
    story.end().await;
}
