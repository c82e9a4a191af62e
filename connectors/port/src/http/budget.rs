//! How many calls a remote account may get, and who goes first.
//!
//! A token bucket of our own: two priorities over one bucket need to see the level before taking, which
//! ready-made limiters do not show.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use vortex_domain::Entropy;

/// Longest pause that a remote can impose, so that a nonsensical `Retry-After` does not stop a vendor for ever.
pub const LONGEST_PAUSE: Duration = Duration::from_hours(1);
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_OWN_PAUSE: Duration = Duration::from_mins(2);
/// Retries cost ten of what one call earns: at most a tenth of the calls are retries (B3).
const RETRY_COST: u32 = 10;
const MOST_RETRY_CREDIT: u32 = 10 * RETRY_COST;

/// Who goes first when calls are scarce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Priority {
    /// Orders, and what belongs to them: may use every token.
    Orders,
    /// Everything else: leaves the reserve alone.
    #[default]
    Articles,
}

/// Why there is no token now, and how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The remote asked for a pause.
    Paused(Duration),
    /// The tokens are used up.
    Empty(Duration),
}

/// The calls that one remote account may get, shared by all that call it.
#[derive(Debug)]
pub struct Budget {
    /// Time in which one token comes back.
    interval: Duration,
    burst: u32,
    reserve: u32,
    entropy: Entropy,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Tokens, as the time in which they came back.
    level: Duration,
    seen: Instant,
    paused_until: Option<Instant>,
    pauses_in_row: u32,
    retry_credit: u32,
}

impl Budget {
    /// A full bucket of `burst` tokens that refills at `per_minute`; `reserve` of them are for orders only.
    pub fn new(per_minute: u32, burst: u32, reserve: u32, entropy: Entropy, now: Instant) -> Self {
        let interval = Duration::from_mins(1) / per_minute.max(1);
        let burst = burst.max(1);
        let reserve = reserve.min(burst - 1);
        let state = State {
            level: interval * burst,
            seen: now,
            paused_until: None,
            pauses_in_row: 0,
            retry_credit: MOST_RETRY_CREDIT,
        };
        Self { interval, burst, reserve, entropy, state: Mutex::new(state) }
    }

    /// Takes one token, or says how long to wait.
    pub fn take(&self, priority: Priority, now: Instant) -> Result<(), Wait> {
        let mut state = self.lock();
        if let Some(until) = state.paused_until {
            if now < until {
                return Err(Wait::Paused(until - now));
            }
            state.paused_until = None;
        }
        let passed = now.saturating_duration_since(state.seen);
        state.level = (state.level + passed).min(self.interval * self.burst);
        state.seen = state.seen.max(now);
        let left_alone = match priority {
            Priority::Orders => 0,
            Priority::Articles => self.reserve,
        };
        let needed = self.interval * (left_alone + 1);
        let missing = needed.saturating_sub(state.level);
        if !missing.is_zero() {
            return Err(Wait::Empty(missing));
        }
        state.level = state.level.saturating_sub(self.interval);
        state.retry_credit = (state.retry_credit + 1).min(MOST_RETRY_CREDIT);
        Ok(())
    }

    /// The remote asked everybody to wait; without a time of its own, ever longer while it goes on asking.
    /// Returns the pause.
    pub fn pause(&self, asked: Option<Duration>, now: Instant) -> Duration {
        let mut state = self.lock();
        let pause = asked.map_or_else(
            || {
                let span = FIRST_PAUSE
                    .saturating_mul(2u32.saturating_pow(state.pauses_in_row))
                    .min(LONGEST_OWN_PAUSE);
                let half = span / 2;
                let jitter = self.entropy.below(u64::try_from(half.as_millis()).unwrap_or(u64::MAX));
                half + Duration::from_millis(jitter)
            },
            |asked| asked.min(LONGEST_PAUSE),
        );
        state.pauses_in_row = state.pauses_in_row.saturating_add(1);
        let until = now + pause;
        state.paused_until = Some(state.paused_until.map_or(until, |have| have.max(until)));
        pause
    }

    /// The remote answered without asking for a pause.
    pub fn calm(&self) {
        self.lock().pauses_in_row = 0;
    }

    /// Takes the leave for one retry; false when too many of the recent calls were retries.
    pub fn may_retry(&self) -> bool {
        let mut state = self.lock();
        let left = state.retry_credit.checked_sub(RETRY_COST);
        if let Some(left) = left {
            state.retry_credit = left;
        }
        left.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(budget: &Budget, priority: Priority, now: Instant) -> u32 {
        let mut count = 0;
        while budget.take(priority, now).is_ok() {
            count += 1;
        }
        count
    }

    #[tokio::test]
    async fn articles_leave_the_reserve_to_orders() {
        let now = Instant::now();
        let budget = Budget::new(240, 20, 5, Entropy::seeded(1), now);
        assert_eq!(taken(&budget, Priority::Articles, now), 15);
        assert_eq!(taken(&budget, Priority::Orders, now), 5);
        assert_eq!(budget.take(Priority::Orders, now), Err(Wait::Empty(Duration::from_millis(250))));
        // One token came back: it is the orders'.
        let later = now + Duration::from_millis(250);
        assert!(budget.take(Priority::Articles, later).is_err());
        assert!(budget.take(Priority::Orders, later).is_ok());
    }

    #[tokio::test]
    async fn never_lets_more_through_than_rate_and_burst() {
        // F61
        let now = Instant::now();
        let budget = Budget::new(60, 10, 2, Entropy::seeded(1), now);
        let total: u32 = (0..600u64)
            .map(|tick| taken(&budget, Priority::Orders, now + Duration::from_millis(tick * 100)))
            .sum();
        assert_eq!(total, 10 + 59);
    }

    #[tokio::test]
    async fn a_pause_holds_everybody_and_is_never_shortened() {
        // B3: after Retry-After n no call before n.
        let now = Instant::now();
        let budget = Budget::new(240, 20, 5, Entropy::seeded(1), now);
        budget.pause(Some(Duration::from_secs(30)), now);
        budget.pause(Some(Duration::from_secs(1)), now);
        let almost = now + Duration::from_millis(29_999);
        assert_eq!(budget.take(Priority::Orders, almost), Err(Wait::Paused(Duration::from_millis(1))));
        assert!(budget.take(Priority::Orders, now + Duration::from_secs(30)).is_ok());
    }

    #[tokio::test]
    async fn unasked_pauses_grow_until_it_is_calm() {
        let now = Instant::now();
        let budget = Budget::new(240, 20, 5, Entropy::seeded(1), now);
        let first = budget.pause(None, now);
        assert!(first <= FIRST_PAUSE);
        let last = (0..10).map(|_| budget.pause(None, now)).last().unwrap();
        assert!(last >= LONGEST_OWN_PAUSE / 2 && last <= LONGEST_OWN_PAUSE);
        budget.calm();
        assert!(budget.pause(None, now) <= FIRST_PAUSE);
        assert_eq!(budget.pause(Some(Duration::from_secs(1 << 40)), now), LONGEST_PAUSE);
    }

    #[tokio::test]
    async fn retries_are_a_tenth_of_the_calls_at_most() {
        // B3, F62
        let now = Instant::now();
        let budget = Budget::new(60_000, 1000, 1, Entropy::seeded(1), now);
        while budget.may_retry() {}
        let mut retries = 0;
        for _ in 0..500 {
            assert!(budget.take(Priority::Orders, now).is_ok());
            retries += u32::from(budget.may_retry());
        }
        assert_eq!(retries, 50);
    }
}
