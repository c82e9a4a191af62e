//! The actors' clock: it moves with tokio's, and can break whoever looks at it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use tokio::{task, time::Instant};
use vortex_domain::Clock;

/// Where tests begin, milliseconds since 1970 (February 2026).
const BEGIN_MS: i64 = 1_772_000_000_000;

/// A clock on tokio's paused time.
#[derive(Clone)]
pub(crate) struct TestClock {
    began: Instant,
    /// Tasks that have looked at it while it was sound.
    known: Arc<Mutex<HashSet<task::Id>>>,
    broken: Arc<Mutex<bool>>,
}

impl TestClock {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), known: Arc::default(), broken: Arc::default() }
    }

    /// The time, without breaking.
    pub(crate) fn at(&self) -> i64 {
        BEGIN_MS + i64::try_from(self.began.elapsed().as_millis()).expect("a short test")
    }

    /// From now on, it panics in every actor that starts.
    pub(crate) fn break_newcomers(&self) {
        *self.broken.lock().unwrap() = true;
    }

    /// It works again for everybody.
    pub(crate) fn mend(&self) {
        *self.broken.lock().unwrap() = false;
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        let broken = *self.broken.lock().unwrap();
        if let Some(task) = task::try_id() {
            let mut known = self.known.lock().unwrap();
            if !broken {
                known.insert(task);
            }
            let newcomer = !known.contains(&task);
            drop(known);
            assert!(!newcomer, "a clock that breaks whoever looks at it");
        }
        self.at()
    }
}
