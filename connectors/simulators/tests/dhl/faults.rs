//! Trouble on demand, as a client of DHL meets it (8, 16).

use serde_json::json;
use vortex_simulators::FaultMode;
use vortex_simulators::FaultRule;

use super::support::{Rig, to_sweden, until};

const MINT: &str = "POST /mydhlapi/shipments";

fn status(code: u16, retry_after_s: Option<u32>, html: bool) -> FaultMode {
    FaultMode::Status { code, retry_after_s, html }
}

#[tokio::test]
async fn a_process_failure_may_have_minted_or_not() {
    let rig = Rig::new().await;
    for (mode, minted) in [(status(500, None, false), 0), (FaultMode::CommitThenStatus { code: 500 }, 1)] {
        rig.sim.faults().set(vec![FaultRule::next(1, MINT, mode)]);
        let answer = rig.post("/shipments", &to_sweden("R-1")).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let detail = answer.problems().remove(0);
        let text = "999: Process failure occurred. Process ID associated for that transaction (";
        assert!(detail.starts_with(text), "{detail}");
        assert_eq!(answer.json()["instance"], "/expressapi/shipments");
        assert!(!answer.header("invocation-id").is_empty());
        assert_eq!(rig.sim.shipments().len(), minted);
    }
    assert_eq!(rig.sim.log().count("minted"), 1);
}

#[tokio::test]
async fn a_connection_can_break_after_minting() {
    let rig = Rig::new().await;
    rig.sim.faults().set(vec![FaultRule::next(1, MINT, FaultMode::CommitThenDrop)]);
    let lost = rig.try_call(reqwest::Method::POST, "/shipments", Some(&to_sweden("R-1"))).await;
    assert!(lost.is_err());
    assert_eq!(rig.sim.minted_under("R-1").len(), 1);
    assert_eq!(rig.sim.log().of_kind("fault")[0]["committed"], json!(true));
}

#[tokio::test]
async fn the_edge_answers_in_its_own_ways() {
    let rig = Rig::new().await;
    rig.sim.faults().set(vec![
        FaultRule::next(1, MINT, status(503, None, true)),
        FaultRule::next(1, MINT, status(429, Some(7), false)),
        FaultRule::next(1, MINT, status(429, None, false)),
    ]);
    let answer = rig.post("/shipments", &to_sweden("R-1")).await;
    assert_eq!((answer.status, answer.text.starts_with("<!DOCTYPE html>")), (503, true));
    let answer = rig.post("/shipments", &to_sweden("R-1")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "7"));
    assert_eq!(answer.json()["status"], "429");
    let answer = rig.post("/shipments", &to_sweden("R-1")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, ""));
    assert!(rig.sim.shipments().is_empty());
    rig.mint(&to_sweden("R-1")).await;
}

#[tokio::test]
async fn an_answer_can_be_cut() {
    let rig = Rig::new().await;
    rig.sim.faults().set(vec![FaultRule::next(1, MINT, FaultMode::Truncate)]);
    let lost = rig.try_call(reqwest::Method::POST, "/shipments", Some(&to_sweden("R-1"))).await;
    assert!(lost.is_err());
    assert_eq!(rig.sim.shipments().len(), 1);
}

#[tokio::test]
async fn minting_can_be_slow_on_either_side() {
    let rig = Rig::new().await;
    let body = to_sweden("R-1");
    rig.sim.faults().set(vec![
        FaultRule::next(1, MINT, FaultMode::Slow { ms: 600_000 }),
        FaultRule::next(1, MINT, FaultMode::CommitThenSlow { ms: 600_000 }),
    ]);
    for (struck, minted) in [(1, 0), (2, 1)] {
        let there = || rig.sim.log().count("fault") == struck && rig.sim.log().count("minted") == minted;
        tokio::select! {
            answer = rig.post("/shipments", &body) => panic!("answered at once: {answer:?}"),
            () = until("struck and minted as told", there) => {}
        }
        assert_eq!(rig.sim.shipments().len(), minted);
    }
}
