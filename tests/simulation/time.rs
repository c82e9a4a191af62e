//! Simulated time: one time line over many lives of the process, a wall clock that can be stepped, chance from the seed.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use vortex_domain::{Clock, Entropy};

/// Takes a lock; a test that has panicked elsewhere fails by that panic, not by this lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits in simulated time.
#[expect(
    clippy::disallowed_methods,
    reason = "the simulated world waits on tokio's paused clock; no actor does"
)]
pub(crate) async fn wait_ms(ms: i64) {
    tokio::time::sleep(Duration::from_millis(ms.max(0).unsigned_abs())).await;
}

#[derive(Default)]
struct Line {
    base_ms: i64,
    running: Option<Instant>,
    step_ms: i64,
}

/// Milliseconds since the simulated world began. Tokio's paused clock begins anew with each life of the process; this does not.
#[derive(Default)]
pub(crate) struct TimeLine(Mutex<Line>);

impl TimeLine {
    /// Now.
    pub(crate) fn now_ms(&self) -> i64 {
        let line = lock(&self.0);
        line.base_ms
            + line.running.map_or(0, |since| i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// A process has started, on the current runtime.
    pub(crate) fn resume(&self) {
        lock(&self.0).running = Some(Instant::now());
    }

    /// The process is dying: its runtime's clock ends with it.
    pub(crate) fn stop(&self) {
        let now_ms = self.now_ms();
        let mut line = lock(&self.0);
        line.base_ms = now_ms;
        line.running = None;
    }

    /// So long nobody starts the process again.
    pub(crate) fn pass(&self, ms: i64) {
        lock(&self.0).base_ms += ms;
    }

    /// Somebody turns the machine's clock.
    pub(crate) fn step_wall(&self, by_ms: i64) {
        lock(&self.0).step_ms += by_ms;
    }
}

/// The machine's clock in the simulated world.
pub(crate) struct Wall {
    line: Arc<TimeLine>,
    epoch_ms: i64,
}

impl Wall {
    /// A clock that showed `epoch_ms` when the world began.
    pub(crate) fn new(line: Arc<TimeLine>, epoch_ms: i64) -> Self {
        Self { line, epoch_ms }
    }
}

impl Clock for Wall {
    fn now_ms(&self) -> i64 {
        let step_ms = lock(&self.line.0).step_ms;
        self.epoch_ms + self.line.now_ms() + step_ms
    }
}

/// Chance from the seed.
#[derive(Clone)]
pub(crate) struct Chance(Entropy);

impl Chance {
    /// The chance of one purpose in the world of a seed.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        Self(Entropy::seeded(
            seed.wrapping_mul(0x0001_0000_01B3).wrapping_add(purpose.wrapping_mul(0x9E37_79B9)),
        ))
    }

    /// A number in `from..=to`.
    pub(crate) fn between(&self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.0.below((to - from + 1).max(1).unsigned_abs())).unwrap_or(0)
    }

    /// True in so many of a thousand cases.
    pub(crate) fn permille(&self, of_thousand: i64) -> bool {
        self.between(0, 999) < of_thousand
    }

    /// One of them; none of none.
    pub(crate) fn pick<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        let last = i64::try_from(all.len()).unwrap_or(0) - 1;
        (last >= 0).then(|| self.between(0, last)).and_then(|i| all.get(usize::try_from(i).unwrap_or(0)))
    }
}
