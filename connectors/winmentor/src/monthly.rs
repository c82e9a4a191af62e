//! Readings that WinMentor gives month by month, in one session proven before and after.

use jiff::civil::Date;
use serde_json::Value;
use vortex_port::CallError;

use crate::{
    bridge::Request,
    config::Dialect,
    date::WorkingMonth,
    record::{Batch, Row},
    session::{NotReady, Turn},
};

/// Orders and their invoices are looked for in at most so many months.
const MOST_MONTHS: usize = 36;

/// The months from one day to another; the latest ones where there are too many.
pub(crate) fn months(first: Date, last: Date) -> Vec<WorkingMonth> {
    let (first, last) = (WorkingMonth::of(first), WorkingMonth::of(last));
    let all =
        std::iter::successors(Some(first), |month| Some(month.next())).take_while(|month| *month <= last);
    let mut months: Vec<_> = all.collect();
    let surplus = months.len().saturating_sub(MOST_MONTHS);
    months.drain(..surplus);
    months
}

impl Turn<'_> {
    /// Selects the month. False when it does not exist: nothing can be booked in it.
    pub(crate) async fn enter(&mut self, month: WorkingMonth) -> Result<bool, CallError> {
        match self.ready_in(Some(month)).await {
            Ok(()) => Ok(true),
            Err(NotReady::NoSuchMonth(_)) => Ok(false),
            Err(not_ready) => Err(not_ready.into_call_error(self)),
        }
    }

    /// Proves that all readings were of one session, and selects the month again in which they began.
    pub(crate) async fn finish_months(&mut self, home: Option<WorkingMonth>) -> Result<(), CallError> {
        self.confirm_session().await?;
        if let Some(home) = home {
            // Another month would only cost the next call a set-up; the readings stand.
            if self.ready_in(Some(home)).await.is_err() {
                self.doubt();
            }
        }
        Ok(())
    }

    /// A reader without arguments.
    pub(crate) async fn read(
        &mut self,
        operation: &'static str,
        path: &'static str,
    ) -> Result<Value, CallError> {
        let timeout = self.settings().timeouts.list();
        self.fetch(Request::get(operation, path, timeout)).await
    }

    /// `GetVanzariLuna` of the selected month.
    pub(crate) async fn read_sales(&mut self) -> Result<Value, CallError> {
        let path = match self.bridge().dialect() {
            Dialect::MentorApi => "/vanzari/luna",
            Dialect::BridgeV12 => "/vanzari",
        };
        self.read("sales.month", path).await
    }

    /// The rows of an answer; those that cannot be read are logged and left out.
    pub(crate) fn rows<R: Row>(&self, data: &Value) -> Result<Vec<R>, CallError> {
        let batch = Batch::decode(data).map_err(|error| self.bridge().implausible(error.to_string()))?;
        if let Some(first) = batch.health.examples.first() {
            tracing::warn!(connection = self.bridge().connection(), rejected = batch.health.rejected, %first,
                "records of orders or sales cannot be read; they count only where they hold one of our tokens");
        }
        Ok(batch.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn months_reach_over_years_and_not_too_far() {
        let names = |first, last| months(first, last).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(date(2025, 12, 31), date(2026, 2, 1)), ["2025_12", "2026_01", "2026_02"]);
        assert_eq!(names(date(2026, 2, 1), date(2026, 2, 28)), ["2026_02"]);
        assert!(months(date(2026, 2, 1), date(2026, 1, 31)).is_empty());
        let many = names(date(2010, 1, 1), date(2026, 2, 1));
        assert_eq!((many.len(), many.last().map(String::as_str)), (MOST_MONTHS, Some("2026_02")));
    }
}
