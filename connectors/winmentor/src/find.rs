//! Which of our orders WinMentor has: one set of readings for all of them (spec 8.2).
//!
//! Absence is claimed only when every reader that could show an order was read completely, in a session that was
//! proven before and after. The token decides; the number counts where the token cannot be read.

mod evidence;

use vortex_port::{
    CallError,
    erp::{Copies, Wanted},
};

use crate::{connector::WinMentorConnector, date::WorkingMonth, monthly::months, session::Turn};

use evidence::Evidence;

impl WinMentorConnector {
    /// One try of [`vortex_port::ErpOrders::find`].
    pub(crate) async fn look_for(&self, wanted: &[Wanted]) -> Result<Vec<Copies>, CallError> {
        let mut turn = self.session().turn_for_orders().await;
        turn.ready().await?;
        let home = turn.selected_month();
        let mut evidence = Evidence::new(wanted);

        let open = turn.read("orders.open", "/comenzi/nefacturate").await?;
        evidence.scan(&open);
        evidence.open_lines(&turn.rows(&open)?);
        drop(open);

        for month in months_of(wanted, &turn) {
            if !turn.enter(month).await? {
                continue;
            }
            let info = turn.read("orders.info", "/comenzi/info").await?;
            evidence.scan(&info);
            evidence.order_infos(&turn.rows(&info)?);
            drop(info);
            let sales = turn.read_sales().await?;
            evidence.scan(&sales);
            evidence.sale_lines(&turn.rows(&sales)?);
        }

        turn.finish_months(home).await?;
        Ok(evidence.copies())
    }
}

/// From the earliest month in which a wanted order can stand to the latest.
fn months_of(wanted: &[Wanted], turn: &Turn<'_>) -> Vec<WorkingMonth> {
    let today = turn.session().today();
    let documents =
        || wanted.iter().filter_map(|order| order.document.as_ref()).map(|document| document.date);
    let first = wanted.iter().map(|order| order.since).chain(documents()).min().unwrap_or(today).min(today);
    months(first, documents().max().unwrap_or(today).max(today))
}
