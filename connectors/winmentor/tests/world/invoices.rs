//! The clerk of the WinMentor simulator.

use jiff::{ToSpan, civil::Date};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use vortex_domain::{
    Sku,
    invoice::{SalesDocument, SoldLine},
};
use vortex_port::{
    SalesOrder,
    conformance::erp::{ErpWorld, invoices::InvoiceWorld},
};
use vortex_simulators::winmentor::{
    Dialect, ErpOrderLineView, ErpOrderView, InvoiceLineView, InvoiceView, NewArticle,
};

use super::World;

/// A code with what nothing escapes.
const AWKWARD: &str = "35mmp  ; H01;N2-D";

fn sold(line: &InvoiceLineView) -> SoldLine {
    let net = (line.qty * line.price * Decimal::ONE_HUNDRED)
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    SoldLine {
        sku: Sku::new(&line.code).unwrap(),
        quantity_milli: World::milli(line.qty),
        net_minor: net.to_i64().unwrap(),
    }
}

pub(crate) fn document(view: &InvoiceView) -> SalesDocument {
    SalesDocument {
        series: view.series.clone(),
        number: view.number.to_string(),
        date: view.date,
        partner: view.partner.clone(),
        total_minor: view.total_minor,
        lines: view.lines.iter().map(sold).collect(),
    }
}

impl InvoiceWorld for World {
    fn truth(&self, token: &str) -> Vec<SalesDocument> {
        let views = self.sim.invoices();
        let ours = views.iter().filter(|view| view.token.as_deref() == Some(token));
        let all = ours.flat_map(|view| std::iter::once(view).chain(&view.stornos));
        let mut documents: Vec<_> = all.map(document).collect();
        documents.sort_by_key(|document| document.number.parse::<i64>().unwrap());
        documents
    }

    fn invoice_part(&self, number: i64, units: u32) {
        self.sim.invoice_part(number, units.into()).unwrap();
    }

    fn invoice_again(&self, number: i64) {
        self.sim.invoice_again(number).unwrap();
    }

    fn storno(&self, number: i64, units: Option<u32>) {
        self.sim.storno(number, units.map(Decimal::from)).unwrap();
    }

    fn next_month(&self) {
        let today = self.today();
        let next: Date = today.checked_add(1.month()).unwrap();
        let days = i64::from(next.since(today).unwrap().get_days());
        self.sim.clock().advance_ms(days * 86_400_000);
    }

    fn forget_order_numbers(&self) -> bool {
        self.sim.update_options(|options| options.order_number_on_invoices = false);
        let options = self.sim.options();
        options.dialect == Dialect::MentorApi && options.copy_remark_to_invoice
    }

    fn awkward_article(&self) -> (Sku, String) {
        let article = NewArticle { code: AWKWARD.to_owned(), ..NewArticle::default() };
        self.sim.add_article(&article).unwrap();
        (Sku::new(AWKWARD).unwrap(), article.unit)
    }

    fn enter_by_hand(&self, order: &SalesOrder) {
        let lines = order.lines.iter().map(|line| ErpOrderLineView {
            code: line.sku.to_string(),
            unit: line.unit.clone(),
            qty: line.quantity.into(),
            price: line.unit_price,
            remark: String::new(),
        });
        let view = ErpOrderView {
            nr_doc: order.document.number,
            own_nr: 0,
            booklet: order.document.booklet.clone(),
            remark: format!("{} {}", order.token, order.remark),
            reference: None,
            partner: order.customer.clone(),
            place: String::new(),
            date: order.document.date,
            cancelled: false,
            invoiced: false,
            invoice_number: None,
            lines: lines.collect(),
        };
        self.sim.enter_by_hand(&view).unwrap();
    }
}
