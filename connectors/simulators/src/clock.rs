//! The clock of a simulator: the real one, plus a distance that tests may change.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

/// Wall clock plus an adjustable offset. Clones share the offset.
#[derive(Debug, Clone, Default)]
pub struct SimClock {
    offset_ms: Arc<AtomicI64>,
}

impl SimClock {
    /// A clock that shows the real time until it is moved.
    pub fn new() -> Self {
        Self::default()
    }

    /// Milliseconds since 1970-01-01 UTC, as this clock shows them.
    pub fn now_ms(&self) -> i64 {
        real_now_ms().saturating_add(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Moves the clock forward by `ms` (backward when negative); it keeps running.
    pub fn advance_ms(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Sets the clock to `now_ms` (milliseconds since 1970-01-01 UTC); it keeps running from there.
    pub fn set_ms(&self, now_ms: i64) {
        self.offset_ms.store(now_ms.saturating_sub(real_now_ms()), Ordering::Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where simulators read the real clock")]
fn real_now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
