//! A flow: idempotent work that runs on a timer or on a nudge, one run at a time (examples.md section 6).
//!
//! A nudge carries nothing that must not be lost: a run always compares what should be with what is. Nudges that come
//! while a run is under way are folded into one more run.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::{sync::oneshot, task::AbortHandle};
use tracing::{info, warn};
use vortex_domain::{Clock, Entropy, OrderId, Sku, VendorId};
use vortex_entities::{
    engine::{Flow, FlowReport, FlowStatus},
    seams::{Reply, answer},
};

/// What a run is limited to; everything, by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only this article.
    pub sku: Option<Sku>,
    /// Only this order.
    pub order: Option<OrderId>,
}

/// How a run ended, and when there will surely be something to do again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// For people.
    pub report: FlowReport,
    /// Run again after so many milliseconds, if that is sooner than the timer.
    pub again_ms: Option<i64>,
}

impl Ran {
    /// The whole job was done.
    pub fn done(looked_at: usize, changed: usize) -> Self {
        let report = FlowReport { looked_at: looked_at as u64, changed: changed as u64, stopped: None };
        Self { report, again_ms: None }
    }

    /// Something stopped the run early.
    pub fn stopped(looked_at: usize, changed: usize, why: &impl ToString) -> Self {
        let mut ran = Self::done(looked_at, changed);
        ran.report.stopped = Some(why.to_string());
        ran
    }

    /// Asks for another run.
    #[must_use]
    pub fn again_in(mut self, ms: i64) -> Self {
        self.again_ms = Some(self.again_ms.map_or(ms, |have| have.min(ms)));
        self
    }
}

/// The work of a flow.
#[async_trait]
pub trait Work: Send + Sync + 'static {
    /// Does what there is to do. Failures of remotes are part of the report; a run may be cut off anywhere.
    async fn run(&self, scope: &Scope) -> Ran;
}

/// What a flow's actor is told.
pub enum FlowMsg {
    /// The timer.
    Tick,
    /// Something happened: run soon.
    Wake,
    /// Run, and say how it went.
    Run(Scope, Reply<FlowReport>),
    /// The run under way has ended; `None`: it panicked.
    Finished(Option<Ran>),
    /// How is it going?
    Status(Reply<FlowStatus>),
}

/// Where the other flows of a vendor are.
#[derive(Clone, Default)]
pub struct Hub(Arc<RwLock<BTreeMap<Flow, ActorRef<FlowMsg>>>>);

impl Hub {
    /// Makes a flow known to the others.
    pub fn insert(&self, flow: Flow, actor: ActorRef<FlowMsg>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(flow, actor);
    }

    fn get(&self, flow: Flow) -> Option<ActorRef<FlowMsg>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&flow).cloned()
    }

    /// Nudges a flow; a flow that is gone is brought back by its supervisor and runs by its timer.
    pub fn wake(&self, flow: Flow) {
        if let Some(actor) = self.get(flow) {
            let _ = actor.cast(FlowMsg::Wake);
        }
    }

    /// Runs a flow and waits for the end of that run; `None` when the flow is not there.
    pub async fn run(&self, flow: Flow, scope: Scope) -> Option<FlowReport> {
        let (reply, answer) = oneshot::channel();
        let _ = self.get(flow)?.cast(FlowMsg::Run(scope, reply));
        answer.await.ok()
    }

    /// How a flow is doing.
    pub async fn status(&self, flow: Flow) -> Option<FlowStatus> {
        let (reply, answer) = oneshot::channel();
        let _ = self.get(flow)?.cast(FlowMsg::Status(reply));
        answer.await.ok()
    }
}

/// Runs one flow of one vendor.
pub struct FlowActor;

/// What a flow's actor starts from.
pub struct FlowArgs {
    /// Whose.
    pub vendor: VendorId,
    /// Which.
    pub flow: Flow,
    /// The work.
    pub work: Arc<dyn Work>,
    /// How often it runs by itself, milliseconds; 0 for never.
    pub every_ms: u64,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Spreads first runs, so that a hundred vendors do not start together.
    pub entropy: Entropy,
}

/// A run under way.
struct Running {
    replies: Vec<Reply<FlowReport>>,
    work: AbortHandle,
}

impl Drop for Running {
    /// A run ends with its flow: one that outlived it would work beside its successor (F07).
    fn drop(&mut self) {
        self.work.abort();
    }
}

/// What a flow's actor keeps.
pub struct FlowState {
    args: FlowArgs,
    running: Option<Running>,
    waiting: Vec<(Scope, Reply<FlowReport>)>,
    woken: bool,
    spread: bool,
    failures: u32,
    last_success_ms: Option<i64>,
    next_ms: Option<i64>,
    last: Option<FlowReport>,
}

/// Longest pause after repeated failures, milliseconds.
const BACKOFF_LIMIT_MS: u64 = 60_000;

impl Actor for FlowActor {
    type Msg = FlowMsg;
    type State = FlowState;
    type Arguments = FlowArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<FlowMsg>,
        args: FlowArgs,
    ) -> Result<FlowState, ActorProcessingErr> {
        let mut state = FlowState {
            running: None,
            waiting: Vec::new(),
            woken: false,
            spread: false,
            failures: 0,
            last_success_ms: None,
            next_ms: None,
            last: None,
            args,
        };
        if state.args.every_ms > 0 {
            let first_ms = state.args.entropy.below(state.args.every_ms.min(5_000));
            state.tick_in(&myself, first_ms);
        }
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<FlowMsg>,
        message: FlowMsg,
        state: &mut FlowState,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            FlowMsg::Tick => {
                state.woken = true;
                let every_ms = state.args.every_ms;
                // Everybody starts at once; the second run of each is anywhere in the interval, so that a thousand vendors
                // spread over it and stay spread (F80).
                let phase_ms =
                    if state.spread { every_ms } else { every_ms / 2 + state.args.entropy.below(every_ms) };
                state.spread = true;
                state.tick_in(&myself, phase_ms);
            }
            FlowMsg::Wake => state.woken = true,
            FlowMsg::Run(scope, reply) => state.waiting.push((scope, reply)),
            FlowMsg::Finished(ran) => state.finished(&myself, ran),
            FlowMsg::Status(reply) => answer(reply, state.status()),
        }
        state.start_if_idle(&myself);
        Ok(())
    }
}

impl FlowState {
    fn tick_in(&mut self, myself: &ActorRef<FlowMsg>, ms: u64) {
        self.next_ms = Some(self.args.clock.now_ms().saturating_add(ms as i64));
        let _timer = myself.send_after(Duration::from_millis(ms), || FlowMsg::Tick);
    }

    fn start_if_idle(&mut self, myself: &ActorRef<FlowMsg>) {
        if self.running.is_some() {
            return;
        }
        let (scope, replies) = if let Some((scope, reply)) = self.waiting.pop() {
            let mut replies = vec![reply];
            // Everybody who asked for the same is served by the same run (F79).
            let (same, others) =
                std::mem::take(&mut self.waiting).into_iter().partition(|(s, _)| *s == scope);
            self.waiting = others;
            let same: Vec<(Scope, Reply<FlowReport>)> = same;
            replies.extend(same.into_iter().map(|(_, reply)| reply));
            self.woken &= scope != Scope::default();
            (scope, replies)
        } else if self.woken {
            self.woken = false;
            (Scope::default(), Vec::new())
        } else {
            return;
        };
        let work = self.args.work.clone();
        let myself = myself.clone();
        // A task of its own, so that a panic in a run is a failed run and not the end of the flow.
        let run = tokio::spawn(async move { work.run(&scope).await });
        self.running = Some(Running { replies, work: run.abort_handle() });
        tokio::spawn(async move {
            let ran = run.await;
            // If the flow has ended meanwhile, nobody needs to know.
            let _ = myself.cast(FlowMsg::Finished(ran.ok()));
        });
    }

    fn finished(&mut self, myself: &ActorRef<FlowMsg>, ran: Option<Ran>) {
        let (vendor, flow) = (&self.args.vendor, self.args.flow);
        let ran = ran.unwrap_or_else(|| Ran::stopped(0, 0, &"the run failed unexpectedly; see the log"));
        let report = ran.report;
        let mut again_ms = ran.again_ms.map(|ms| ms.max(0).unsigned_abs());
        if let Some(why) = &report.stopped {
            self.failures += 1;
            warn!(vendor.id = %vendor, flow = %flow, why, "Flow `{flow}` stopped early");
            // Full jitter; the timer may be far away, and work is waiting.
            let ceiling_ms = (1_000_u64 << self.failures.min(10)).min(BACKOFF_LIMIT_MS);
            let pause_ms = 250 + self.args.entropy.below(ceiling_ms);
            again_ms = Some(again_ms.map_or(pause_ms, |ms| ms.max(pause_ms)));
        } else {
            self.failures = 0;
            self.last_success_ms = Some(self.args.clock.now_ms());
            if report.changed > 0 {
                info!(vendor.id = %vendor, flow = %flow, looked_at = report.looked_at, changed = report.changed, "Flow `{flow}` done");
            }
        }
        if let Some(ms) = again_ms {
            let _timer = myself.send_after(Duration::from_millis(ms), || FlowMsg::Wake);
        }
        if let Some(mut running) = self.running.take() {
            for reply in running.replies.drain(..) {
                answer(reply, report.clone());
            }
        }
        self.last = Some(report);
    }

    fn status(&self) -> FlowStatus {
        FlowStatus {
            flow: self.args.flow,
            running: self.running.is_some(),
            last_success_ms: self.last_success_ms,
            next_ms: self.next_ms,
            last: self.last.clone(),
        }
    }
}
