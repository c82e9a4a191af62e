//! Which invoices and stornos our orders became (spec 3.12, 8.2).
//!
//! One reading of `GetVanzariLuna` per month serves all orders. It is the only reader that ties a sales document to an
//! order; documents that are not posted yet appear in it as far as WinMentor's own filter (`SetFiltruDocNeoperate`)
//! lets them. Where a bridge shows neither our order number nor the remark, no document can be tied to the order.

mod documents;

use async_trait::async_trait;
use jiff::civil::Date;
use vortex_domain::invoice::SalesDocument;
use vortex_port::{
    CallError, ErpInvoices,
    documents::{InvoiceWanted, SaleSeen, SalesReading},
};

use crate::{connector::WinMentorConnector, monthly::months};

use documents::Documents;

#[async_trait]
impl ErpInvoices for WinMentorConnector {
    async fn sales(&self, since: Date) -> Result<Box<dyn SalesReading>, CallError> {
        let read = self.repeatedly(move || async move {
            let mut turn = self.session().turn_for_orders().await;
            turn.ready().await?;
            let home = turn.selected_month();
            let today = turn.session().today();
            let mut documents = Documents::new(&turn.settings().invoice_series);
            for month in months(since.min(today), today) {
                if turn.enter(month).await? {
                    let sales = turn.read_sales().await?;
                    documents.take(month, turn.rows(&sales)?);
                }
            }
            turn.finish_months(home).await?;
            Ok(documents)
        });
        Ok(Box::new(read.await?))
    }
}

impl SalesReading for Documents {
    fn seen(&self) -> Vec<SaleSeen> {
        self.recognised()
    }

    fn of(&self, wanted: &[InvoiceWanted]) -> Vec<Vec<SalesDocument>> {
        self.by_order(wanted)
    }
}
