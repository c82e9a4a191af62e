//! Stops calling a remote that is down.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use vortex_domain::Entropy;

const FIRST_REST: Duration = Duration::from_secs(2);
const LONGEST_REST: Duration = Duration::from_mins(1);

/// Closed until `failures` calls in a row found nobody; then open, with single probes at growing, jittered intervals.
#[derive(Debug)]
pub struct Breaker {
    failures: u32,
    entropy: Entropy,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failed: u32 },
    Open { until: Instant, round: u32 },
    Probing { round: u32 },
}

/// Leave to make one call; its ending must be told with [`Permit::worked`] or [`Permit::failed`].
/// Dropped without a word it counts for nothing, except that a probe that never came back has failed.
#[derive(Debug)]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    told: bool,
}

impl Breaker {
    /// A closed breaker that opens after so many failures in a row.
    pub fn new(failures: u32, entropy: Entropy) -> Self {
        Self { failures: failures.max(1), entropy, state: Mutex::new(State::Closed { failed: 0 }) }
    }

    /// Leave to call; while the remote rests, how long it still does.
    pub fn admit(&self, now: Instant) -> Result<Permit<'_>, Duration> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => {}
            State::Open { until, round } if now >= until => *state = State::Probing { round },
            State::Open { until, .. } => return Err(until - now),
            State::Probing { .. } => return Err(FIRST_REST),
        }
        Ok(Permit { breaker: self, told: false })
    }

    /// Whether calls are refused at present.
    pub fn is_open(&self) -> bool {
        !matches!(*self.lock(), State::Closed { .. })
    }

    fn fail(&self, now: Instant) {
        let mut state = self.lock();
        *state = match *state {
            State::Closed { failed } if failed + 1 < self.failures => State::Closed { failed: failed + 1 },
            State::Closed { .. } => self.rest(0, now),
            State::Probing { round } => self.rest(round + 1, now),
            // A call that left before the breaker opened.
            open @ State::Open { .. } => open,
        };
    }

    /// Full jitter over a span that doubles, never under the first rest.
    fn rest(&self, round: u32, now: Instant) -> State {
        let span = FIRST_REST.saturating_mul(2u32.saturating_pow(round)).min(LONGEST_REST);
        let jitter = self.entropy.below(u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
        State::Open { until: now + FIRST_REST + Duration::from_millis(jitter), round }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// The remote answered, whatever it said.
    pub fn worked(mut self) {
        self.told = true;
        *self.breaker.lock() = State::Closed { failed: 0 };
    }

    /// Nobody answered.
    pub fn failed(mut self, now: Instant) {
        self.told = true;
        self.breaker.fail(now);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let probing = matches!(*self.breaker.lock(), State::Probing { .. });
        if !self.told && probing {
            self.breaker.fail(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, times: u32, now: Instant) {
        for _ in 0..times {
            breaker.admit(now).unwrap().failed(now);
        }
    }

    #[tokio::test]
    async fn opens_after_failures_in_a_row_only() {
        let breaker = Breaker::new(3, Entropy::seeded(1));
        let now = Instant::now();
        fail(&breaker, 2, now);
        breaker.admit(now).unwrap().worked();
        fail(&breaker, 2, now);
        assert!(!breaker.is_open());
        fail(&breaker, 1, now);
        assert!(breaker.is_open());
        assert!(breaker.admit(now).is_err());
    }

    #[tokio::test]
    async fn lets_one_probe_through_and_closes_when_it_works() {
        let breaker = Breaker::new(1, Entropy::seeded(1));
        let now = Instant::now();
        fail(&breaker, 1, now);
        let later = now + FIRST_REST + FIRST_REST;
        let probe = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_err(), "a second call joined the probe");
        probe.worked();
        assert!(breaker.admit(later).is_ok());
        assert!(!breaker.is_open());
    }

    #[tokio::test]
    async fn rests_longer_after_each_failed_probe_but_never_for_ever() {
        // F62: a dependency that is down for long is asked at most once per rest.
        let breaker = Breaker::new(1, Entropy::seeded(7));
        let mut now = Instant::now();
        fail(&breaker, 1, now);
        let mut rests = Vec::new();
        for _ in 0..40 {
            let rest = breaker.admit(now).map(drop).unwrap_err();
            assert!(rest >= FIRST_REST && rest <= FIRST_REST + LONGEST_REST);
            rests.push(rest);
            now += rest;
            breaker.admit(now).unwrap().failed(now);
        }
        assert!(rests[10..].iter().max().unwrap() > &Duration::from_secs(30));
        assert!(rests[10..].iter().collect::<std::collections::BTreeSet<_>>().len() > 10, "no jitter");
    }

    #[tokio::test]
    async fn a_probe_that_never_came_back_has_failed() {
        let breaker = Breaker::new(1, Entropy::seeded(1));
        let now = Instant::now();
        fail(&breaker, 1, now);
        let later = now + LONGEST_REST;
        drop(breaker.admit(later).unwrap());
        assert!(breaker.is_open());
        assert!(breaker.admit(later + LONGEST_REST + LONGEST_REST).is_ok(), "stuck in half-open");
    }
}
