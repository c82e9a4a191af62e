//! Time that never runs backwards, whatever somebody does to the machine's clock (F66).

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;
use vortex_domain::Clock;

/// The machine's clock is followed while it is at most this far ahead of the time that has really passed, milliseconds.
const FOLLOWED_MS: i64 = 600_000;

/// Follows the machine's clock forward, and by real elapsed time when that one steps back or leaps ahead: readings,
/// reservations and due times are compared with each other, so their order must be the order of events.
pub struct SteadyClock {
    wall: Arc<dyn Clock>,
    last: Mutex<(i64, Instant)>,
}

impl SteadyClock {
    /// Starts at the wall's time, or just after `newest_ms`, the newest time in the database, if the wall is behind it.
    pub fn start(wall: Arc<dyn Clock>, newest_ms: i64) -> Self {
        let start_ms = wall.now_ms().max(newest_ms.saturating_add(1));
        Self { wall, last: Mutex::new((start_ms, Instant::now())) }
    }
}

impl Clock for SteadyClock {
    fn now_ms(&self) -> i64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let instant = Instant::now();
        let elapsed_ms = i64::try_from(instant.duration_since(last.1).as_millis()).unwrap_or(i64::MAX);
        let passed_ms = last.0.saturating_add(elapsed_ms);
        let wall_ms = self.wall.now_ms();
        let now_ms = if (passed_ms..passed_ms.saturating_add(FOLLOWED_MS)).contains(&wall_ms) {
            wall_ms
        } else {
            passed_ms
        };
        // Keep the fraction of a millisecond: only move the anchor when the reading moved.
        if now_ms > last.0 {
            *last = (now_ms, instant);
        }
        now_ms
    }
}

#[cfg(test)]
mod tests {
    use vortex_domain::clock::ManualClock;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn steps_of_the_wall_neither_turn_time_back_nor_leap_it() {
        let wall = ManualClock::at(1_000_000);
        let clock = SteadyClock::start(Arc::new(wall.clone()), 0);
        assert_eq!(clock.now_ms(), 1_000_000);
        wall.advance(-3_600_000);
        tokio::time::advance(std::time::Duration::from_millis(500)).await;
        assert_eq!(clock.now_ms(), 1_000_500);
        wall.advance(400_000_000_000);
        tokio::time::advance(std::time::Duration::from_millis(500)).await;
        assert_eq!(clock.now_ms(), 1_001_000);
    }

    #[tokio::test(start_paused = true)]
    async fn starts_after_everything_that_the_database_knows() {
        let clock = SteadyClock::start(Arc::new(ManualClock::at(5_000)), 9_000);
        assert_eq!(clock.now_ms(), 9_001);
    }
}
