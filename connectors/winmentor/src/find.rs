//! Which of our orders WinMentor has: one set of readings for all of them (spec 8.2).
//!
//! Absence is claimed only when every reader that could show an order was read completely, in a session that was
//! proven before and after. The token decides; the number counts where the token cannot be read.

mod evidence;

use serde_json::Value;
use vortex_port::{
    CallError,
    erp::{Copies, Wanted},
};

use crate::{
    bridge::Request,
    config::Dialect,
    connector::WinMentorConnector,
    date::WorkingMonth,
    record::{Batch, Health, Row},
    session::{NotReady, Turn},
};

use evidence::Evidence;

/// Orders are looked for in at most so many months.
const MOST_MONTHS: usize = 36;

impl WinMentorConnector {
    /// One try of [`vortex_port::ErpOrders::find`].
    pub(crate) async fn look_for(&self, wanted: &[Wanted]) -> Result<Vec<Copies>, CallError> {
        let mut turn = self.session().turn_for_orders().await;
        let before = turn.ready_in(None).await;
        before.map_err(|not_ready| not_ready.into_call_error(&turn))?;
        let home = turn.selected_month();
        let mut evidence = Evidence::new(wanted);

        let open = read(&mut turn, "orders.open", "/comenzi/nefacturate").await?;
        evidence.scan(&open);
        evidence.open_lines(&rows(&turn, &open)?);
        drop(open);

        for month in months(wanted, &turn) {
            match turn.ready_in(Some(month)).await {
                Ok(()) => {}
                // Nothing can be booked in a month that does not exist.
                Err(NotReady::NoSuchMonth(_)) => continue,
                Err(not_ready) => return Err(not_ready.into_call_error(&turn)),
            }
            let info = read(&mut turn, "orders.info", "/comenzi/info").await?;
            evidence.scan(&info);
            evidence.order_infos(&rows(&turn, &info)?);
            drop(info);
            let route = match turn.bridge().dialect() {
                Dialect::MentorApi => "/vanzari/luna",
                Dialect::BridgeV12 => "/vanzari",
            };
            let sales = read(&mut turn, "sales.month", route).await?;
            evidence.scan(&sales);
            evidence.sale_lines(&rows(&turn, &sales)?);
        }

        turn.confirm_session().await?;
        if let Some(home) = home {
            // Another month would only cost the next call a set-up; the readings stand.
            if turn.ready_in(Some(home)).await.is_err() {
                turn.doubt();
            }
        }
        Ok(evidence.copies())
    }
}

async fn read(turn: &mut Turn<'_>, operation: &'static str, path: &'static str) -> Result<Value, CallError> {
    let timeout = turn.settings().timeouts.list();
    turn.fetch(Request::get(operation, path, timeout)).await
}

fn rows<R: Row>(turn: &Turn<'_>, data: &Value) -> Result<Vec<R>, CallError> {
    let batch = Batch::decode(data).map_err(|error| turn.bridge().implausible(error.to_string()))?;
    report(turn, &batch.health);
    Ok(batch.rows)
}

fn report(turn: &Turn<'_>, health: &Health) {
    if let Some(first) = health.examples.first() {
        tracing::warn!(connection = turn.bridge().connection(), rejected = health.rejected, %first,
            "order records that cannot be read were only searched for our tokens");
    }
}

/// From the earliest month in which a wanted order can stand to the latest.
fn months(wanted: &[Wanted], turn: &Turn<'_>) -> Vec<WorkingMonth> {
    let today = turn.session().today();
    let documents =
        || wanted.iter().filter_map(|order| order.document.as_ref()).map(|document| document.date);
    let first = wanted.iter().map(|order| order.since).chain(documents()).min().unwrap_or(today).min(today);
    let last = documents().max().unwrap_or(today).max(today);
    let (first, last) = (WorkingMonth::of(first), WorkingMonth::of(last));
    let all =
        std::iter::successors(Some(first), |month| Some(month.next())).take_while(|month| *month <= last);
    let mut months: Vec<_> = all.collect();
    let surplus = months.len().saturating_sub(MOST_MONTHS);
    months.drain(..surplus);
    months
}
