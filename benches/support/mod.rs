//! What the benches share: remotes in a process of their own, an engine over them, servers to compare with, figures in a table.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub(crate) mod engine;
pub(crate) mod http_load;
pub(crate) mod pg_client;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod remotes;
pub(crate) mod table;
pub(crate) mod usual_hooks;
pub(crate) mod wal;

use std::time::Duration;

/// A number from the environment, for shorter or longer runs.
pub(crate) fn setting(name: &str, default: usize) -> anyhow::Result<usize> {
    Ok(std::env::var(name).ok().map_or(Ok(default), |text| text.parse())?)
}

/// The middle one; the lower of the two middle ones when their number is even.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// Medians of rates and of latencies.
pub(crate) fn medians(rounds: &[(f64, f64)]) -> (f64, f64) {
    (median(rounds.iter().map(|r| r.0).collect()), median(rounds.iter().map(|r| r.1).collect()))
}

/// The value that `share` (0 to 1) of the durations do not exceed, milliseconds; sorts them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index"
)]
pub(crate) fn percentile_ms(durations: &mut [Duration], share: f64) -> f64 {
    durations.sort_unstable();
    let place = ((durations.len() as f64 * share) as usize).min(durations.len().saturating_sub(1));
    durations.get(place).map_or(f64::NAN, |d| d.as_secs_f64() * 1_000.0)
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "figures are printed with four digits")]
pub(crate) fn figure(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement looks from outside, or lasts its time; no actor"
)]
pub(crate) async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}
