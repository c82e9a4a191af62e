//! A version on trial: what the channel makes of it decides whether it stops or goes live.

use tracing::{error, info};
use vortex_domain::{
    VendorId,
    attention::{Code, Raise, Subject},
};
use vortex_store::{
    Change, Store, StoreError,
    registry::{TrialEnd, TrialRecord, TrialState, TrialTerms},
    rows::Write,
};

use crate::node::Starter;

/// Publications of a version on trial that have a verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted.
    pub accepted: i64,
    /// Refused.
    pub rejected: i64,
}

impl Tally {
    /// Its cursor.
    pub fn cursor(version: u32) -> String {
        format!("mapping.trial.{version}")
    }

    /// With one more verdict.
    #[must_use]
    pub fn and(self, refused: bool) -> Self {
        Self { accepted: self.accepted + i64::from(!refused), rejected: self.rejected + i64::from(refused) }
    }

    fn of(text: &str) -> Option<Self> {
        let (accepted, rejected) = text.split_once(' ')?;
        Some(Self { accepted: accepted.parse().ok()?, rejected: rejected.parse().ok()? })
    }

    /// How the trial ends by this, and why; none while it goes on.
    fn ends(self, terms: &TrialTerms) -> Option<(TrialEnd, String)> {
        let Self { accepted, rejected } = self;
        let all = accepted.saturating_add(rejected);
        let too_many = rejected.saturating_mul(100) > all.saturating_mul(terms.stop_percent);
        if all >= terms.stop_from.max(1) && too_many {
            return Some((TrialEnd::Stopped, format!("{rejected} of {all} refused")));
        }
        let enough = terms.promote_after.is_some_and(|after| accepted >= after) && all >= terms.stop_from;
        (enough && !too_many).then(|| (TrialEnd::Promoted, format!("{accepted} of {all} accepted")))
    }
}

/// The cursor's value.
impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.accepted, self.rejected)
    }
}

/// What has come of a version on trial.
pub async fn tally(store: &dyn Store, vendor: &VendorId, version: i64) -> Result<Tally, StoreError> {
    let name = Tally::cursor(u32::try_from(version).unwrap_or(u32::MAX));
    Ok(store.cursor(vendor, &name).await?.as_deref().and_then(Tally::of).unwrap_or_default())
}

/// Ends the trials whose time has come.
pub async fn judge(starter: &Starter) -> anyhow::Result<()> {
    for (vendor, version) in starter.store.running_trials().await? {
        let trials = starter.store.mapping_trials(&vendor, 1).await?;
        let Some(trial) = trials.into_iter().find(|t| t.version == version && t.state == TrialState::Running)
        else {
            continue;
        };
        let tally = tally(&*starter.seams.store, &vendor, version).await?;
        if let Some((end, why)) = tally.ends(&trial.terms) {
            self::end(starter, &vendor, &trial, end, &why).await?;
        }
    }
    Ok(())
}

async fn end(
    starter: &Starter,
    vendor: &VendorId,
    trial: &TrialRecord,
    end: TrialEnd,
    why: &str,
) -> anyhow::Result<()> {
    let (version, at_ms) = (trial.version, starter.seams.clock.now_ms());
    if !starter.store.end_trial(vendor, version, end, ("engine", why), at_ms).await? {
        return Ok(());
    }
    info!(vendor.id = %vendor, version, why, ?end, "The trial of mapping version {version} has ended");
    if end == TrialEnd::Stopped {
        let raise = Raise {
            code: Code::TrialStopped,
            cause: version.to_string(),
            params: vec![version.to_string(), why.to_owned(), trial.base.to_string()],
            subject: Subject::Connection("mapping".to_owned()),
        };
        let write = Write::Raise(vendor.clone(), Box::new(raise), at_ms);
        if starter.seams.journal.write(Change::of(vec![write])).await.is_err() {
            error!(vendor.id = %vendor, version, "The stop of a trial could not be put in front of a person; the journal has it");
        }
    }
    starter.start_vendor(vendor).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: TrialTerms =
        TrialTerms { share_percent: 10, stop_percent: 5, stop_from: 20, promote_after: Some(100) };

    fn end_of(accepted: i64, rejected: i64) -> Option<TrialEnd> {
        Tally { accepted, rejected }.ends(&TERMS).map(|(end, _)| end)
    }

    #[test]
    fn nothing_is_concluded_from_few_verdicts() {
        assert_eq!((end_of(0, 19), end_of(0, 20)), (None, Some(TrialEnd::Stopped)));
    }

    #[test]
    fn it_stops_above_the_limit_and_not_at_it() {
        assert_eq!((end_of(95, 5), end_of(94, 5)), (None, Some(TrialEnd::Stopped)));
    }

    #[test]
    fn it_is_promoted_after_enough_and_only_with_few_refusals() {
        assert_eq!((end_of(99, 0), end_of(100, 5)), (None, Some(TrialEnd::Promoted)));
        assert_eq!(end_of(100, 6), Some(TrialEnd::Stopped));
        let by_hand = TrialTerms { promote_after: None, ..TERMS };
        assert_eq!(Tally { accepted: 1_000, rejected: 0 }.ends(&by_hand), None);
    }

    #[test]
    fn a_tally_comes_back_from_its_cursor() {
        let tally = [true, false, false].into_iter().fold(Tally::default(), Tally::and);
        assert_eq!(tally, Tally { accepted: 2, rejected: 1 });
        assert_eq!(Tally::of(&tally.to_string()), Some(tally));
        assert_eq!((Tally::of(""), Tally::of("x 1")), (None, None));
    }
}
