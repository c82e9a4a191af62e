//! A calm world, one order and one movement of goods; the process dies before one step of its work on them, and starts again.

use vortex_domain::attention::Code;

use super::{HEARTBEAT_MS, Outcome, Scenario, Simulation};
use crate::{
    oracle::quiet,
    time::{lock, wait_ms},
};

/// Everything is published by then; now the buyer comes.
const BUYS_MS: i64 = 600_000;
/// So long its order and the goods are at work: two heartbeats and what they lead to.
const AT_WORK_MS: i64 = 2 * HEARTBEAT_MS + 60_000;
/// How long nobody starts the process again.
const DOWN_MS: i64 = 5_000;
/// Then everything has its time: unanswered calls, quiet intervals, a held order's next look, look-ups at the courier.
const SETTLE_MS: i64 = 6 * HEARTBEAT_MS;

/// Lets the process die before the given step (a commit, a call, an answer) since the buyer came; never when there is none. Returns
/// how many steps there were.
pub(crate) fn crash_at(seed: u64, step: Option<u32>, loud: bool) -> (Outcome, u32) {
    let mut simulation = Simulation::new(seed, Scenario::calm(seed, BUYS_MS), loud);
    let mut steps = 0;
    simulation.live(async |simulation, life| {
        wait_ms(BUYS_MS - simulation.line.now_ms()).await;
        let before = life.line.gate.steps();
        if let Some(step) = step {
            life.line.gate.doom(step);
        }
        tokio::select! {
            biased;
            () = life.line.gate.died.notified() => {}
            () = wait_ms(AT_WORK_MS) => {}
        }
        steps = life.line.gate.steps() - before;
        life.line.gate.doom(0);
        let _dead_now = life.line.gate.alive();
    });
    simulation.dead_for(DOWN_MS);
    simulation.live(async |simulation, life| {
        wait_ms(SETTLE_MS).await;
        let mut rest = life.at_rest().await;
        // It died between its word that it mints and the request, or before the answer: only a person can know.
        if rest.orders.values().any(|order| order.raised.contains(&Code::AwbUnknown)) {
            life.person(&rest).await;
            wait_ms(SETTLE_MS).await;
            rest = life.at_rest().await;
        }
        simulation.wrong.extend(quiet::everything(&rest));
        lock(&simulation.world).advance();
    });
    (simulation.outcome(), steps)
}
