//! What the clerk makes of orders: invoices, whole or in parts, and stornos when goods come back.

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::SimError;
use super::books::{Books, Order, OrderLine};
use super::options::PdfFault;
use super::text::to_minor;

/// An invoice, or a storno.
#[derive(Clone, Debug)]
pub(super) struct Invoice {
    /// Prefix of its booklet.
    pub(super) series: String,
    pub(super) number: i64,
    pub(super) date: Date,
    /// VAT included, in lei; negative for a storno.
    pub(super) total: Decimal,
    pub(super) remark: String,
    pub(super) entered_ms: i64,
    /// Unposted documents are not among the sales yet.
    pub(super) posted: bool,
    /// The invoice that a storno takes back.
    pub(super) storno_of: Option<i64>,
    pub(super) lines: Vec<Sold>,
}

/// What of an order's line an invoice moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sold {
    /// Position of the line in its order.
    pub(super) line: usize,
    /// Negative when goods come back.
    pub(super) quantity: Decimal,
}

impl Invoice {
    /// Series and number, as on paper.
    pub(super) fn name(&self) -> String {
        format!("{}{}", self.series, self.number)
    }

    pub(super) fn quantity_of(&self, line: usize) -> Decimal {
        self.lines.iter().filter(|sold| sold.line == line).map(|sold| sold.quantity).sum()
    }
}

/// An invoice as it really is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// `NrDoc` of its order.
    pub nr_doc: i64,
    /// The token in the order's remark, `CDON:…`.
    pub token: Option<String>,
    /// Prefix of its booklet.
    pub series: String,
    /// Number within the series.
    pub number: i64,
    /// Its date.
    pub date: Date,
    /// `CodExtern` of the partner.
    pub partner: String,
    /// Total with VAT, in bani; negative for a storno.
    pub total_minor: i64,
    /// Whether it is posted; only then it is among the sales.
    pub posted: bool,
    /// The lines.
    pub lines: Vec<InvoiceLineView>,
    /// What took goods of this invoice back; a storno has none.
    pub stornos: Vec<InvoiceView>,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLineView {
    /// `CodExtern` of the article.
    pub code: String,
    /// Negative when goods come back.
    pub qty: Decimal,
    /// Price in lei without VAT.
    pub price: Decimal,
}

/// Takes `wanted` units, or all, from what the lines have, first line first. None when they do not have so many.
fn portion(available: impl Iterator<Item = Decimal>, wanted: Option<Decimal>) -> Option<Vec<Sold>> {
    let mut missing = wanted;
    let mut taken = Vec::new();
    for (line, available) in available.enumerate() {
        let quantity = missing.map_or(available, |missing| missing.min(available));
        if quantity > Decimal::ZERO {
            taken.push(Sold { line, quantity });
            missing = missing.map(|missing| missing - quantity);
        }
    }
    let enough = missing.is_none_or(|missing| missing.is_zero());
    (enough && !taken.is_empty()).then_some(taken)
}

impl Books {
    /// Invoices what is left of the first live order with this number, or so many units of it, today.
    pub(super) fn invoice(&mut self, nr_doc: i64, quantity: Option<Decimal>) -> Result<i64, SimError> {
        let index = self.live(nr_doc)?;
        let order = self.orders.get(index).ok_or(SimError::UnknownOrder(nr_doc))?;
        let left = (0..order.lines.len()).map(|line| order.left(line));
        let lines = portion(left, quantity).ok_or(SimError::NotSoMany(nr_doc))?;
        self.issue(index, lines, None)
    }

    /// The same goods are invoiced a second time, by mistake.
    pub(super) fn invoice_again(&mut self, nr_doc: i64) -> Result<i64, SimError> {
        let index = self.invoiced(nr_doc)?;
        let first = self.orders.get(index).and_then(|order| order.invoices.first());
        let lines = first.map(|invoice| invoice.lines.clone()).unwrap_or_default();
        self.issue(index, lines, None)
    }

    /// Takes back all goods that an order was invoiced for, or so many units of them: a document of negative lines.
    pub(super) fn storno(&mut self, nr_doc: i64, quantity: Option<Decimal>) -> Result<i64, SimError> {
        let index = self.invoiced(nr_doc)?;
        let order = self.orders.get(index).ok_or(SimError::UnknownOrder(nr_doc))?;
        let of = order.invoices.first().map(|invoice| invoice.number);
        let sold = (0..order.lines.len()).map(|line| order.sold(line));
        let mut lines = portion(sold, quantity).ok_or(SimError::NotSoMany(nr_doc))?;
        for sold in &mut lines {
            sold.quantity = -sold.quantity;
        }
        self.issue(index, lines, of)
    }

    /// Posts an invoice or storno that was left unposted.
    pub(super) fn post_invoice(&mut self, number: i64) -> Result<(), SimError> {
        let mut all = self.orders.iter_mut().flat_map(|order| &mut order.invoices);
        let found = all.find(|invoice| invoice.number == number).ok_or(SimError::UnknownInvoice(number))?;
        found.posted = true;
        Ok(())
    }

    /// Invoices every order that has waited for `auto_invoice_ms`, as far as its month is open.
    pub(super) fn clerk_at_work(&mut self) {
        let Some(wait_ms) = self.options.auto_invoice_ms else { return };
        let due_ms = self.now_ms().saturating_sub(wait_ms);
        let due = |order: &Order| !order.desktop && order.open() && order.entered_ms <= due_ms;
        let orders: Vec<usize> =
            self.orders.iter().enumerate().filter(|(_, order)| due(order)).map(|(index, _)| index).collect();
        for index in orders {
            let Some(order) = self.orders.get(index) else { continue };
            let left = (0..order.lines.len()).map(|line| order.left(line));
            let Some(lines) = portion(left, None) else { continue };
            if self.issue(index, lines, None).is_err() {
                // The month is closed, for this order and all others.
                return;
            }
        }
    }

    /// The order with this number that has an invoice.
    fn invoiced(&self, nr_doc: i64) -> Result<usize, SimError> {
        let mut matching = self.orders.iter().enumerate().filter(|(_, order)| order.nr_doc == nr_doc);
        if let Some((index, _)) = matching.clone().find(|(_, order)| !order.invoices.is_empty()) {
            return Ok(index);
        }
        Err(matching.next().map_or(SimError::UnknownOrder(nr_doc), |_| SimError::NotInvoiced(nr_doc)))
    }

    /// Writes a sales document of today and moves its goods.
    fn issue(&mut self, index: usize, lines: Vec<Sold>, storno_of: Option<i64>) -> Result<i64, SimError> {
        self.begin_months();
        let date = self.now().date();
        if !self.month_open(date.year(), date.month()) {
            return Err(SimError::MonthClosed { year: date.year(), month: date.month() });
        }
        let (number, entered_ms) = (self.next_invoice, self.now_ms());
        let series = self.options.invoice_series.clone();
        let posted = self.options.post_invoices;
        let copied = self.options.copy_remark_to_invoice;
        let Some(order) = self.orders.get_mut(index) else { return Err(SimError::UnknownInvoice(number)) };
        let before = order.clone();
        let remark = match storno_of {
            _ if copied => order.remark.clone(),
            Some(invoice) => format!("Storno factura {series}{invoice}"),
            None => String::new(),
        };
        let amount = |sold: &Sold| Some(gross(order.lines.get(sold.line)?, sold.quantity));
        let total = lines.iter().filter_map(amount).sum::<Decimal>();
        let invoice = Invoice { series, number, date, total, remark, entered_ms, posted, storno_of, lines };
        order.invoices.push(invoice.clone());
        let after = order.clone();
        self.next_invoice += 1;
        if let Some(fault) = self.next_print.take() {
            self.prints.insert(number, fault);
        }
        self.move_goods(&before, &after);
        self.log_invoice(&after, &invoice);
        Ok(number)
    }

    /// Delivers and reserves what differs between two states of one order.
    fn move_goods(&mut self, before: &Order, after: &Order) {
        for (index, line) in after.lines.iter().enumerate() {
            let released = after.left(index) - before.left(index);
            if !after.cancelled && !released.is_zero() {
                self.reserve(line, released);
            }
            let delivered = after.sold(index) - before.sold(index);
            if !delivered.is_zero() {
                self.deliver(line, delivered);
            }
        }
    }

    fn log_invoice(&self, order: &Order, invoice: &Invoice) {
        let kind = if invoice.storno_of.is_some() { "storno_tx" } else { "invoice_tx" };
        self.log.record_with(kind, || {
            let lines: Vec<_> = invoice
                .lines
                .iter()
                .filter_map(|sold| {
                    let line = order.lines.get(sold.line)?;
                    Some(json!({"article": &*line.code, "qty": sold.quantity.normalize().to_string()}))
                })
                .collect();
            json!({"nr_doc": order.nr_doc, "booklet": order.booklet, "ref": order.reference(),
                   "number": invoice.number, "series": invoice.series, "document": format!("F.{}", invoice.name()),
                   "storno_of": invoice.storno_of, "date": invoice.date, "total": invoice.total.to_string(),
                   "lines": lines, "posted": invoice.posted, "committed": true})
        });
    }

    /// A restored backup knows no document entered after `since_ms`.
    pub(super) fn undo_invoices(&mut self, since_ms: i64) {
        for index in 0..self.orders.len() {
            let Some(order) = self.orders.get_mut(index) else { continue };
            let before = order.clone();
            order.invoices.retain(|invoice| invoice.entered_ms <= since_ms);
            if order.invoices.len() < before.invoices.len() {
                let after = order.clone();
                self.move_goods(&before, &after);
            }
        }
    }

    /// The order and the invoice or storno with this number.
    pub(super) fn sales_document(&self, number: i64) -> Option<(&Order, &Invoice)> {
        let mut all = self.orders.iter().flat_map(|order| order.invoices.iter().map(move |i| (order, i)));
        all.find(|(_, invoice)| invoice.number == number)
    }

    /// What is wrong with the file of an invoice; with none, of the next one.
    pub(super) fn pdf_fault(&mut self, number: Option<i64>, fault: PdfFault) -> Result<(), SimError> {
        let Some(number) = number else {
            self.next_print = Some(fault);
            return Ok(());
        };
        self.sales_document(number).ok_or(SimError::UnknownInvoice(number))?;
        self.prints.insert(number, fault);
        Ok(())
    }

    pub(super) fn invoice_views(&self) -> Vec<InvoiceView> {
        let view = |order: &Order, invoice: &Invoice, stornos| InvoiceView {
            nr_doc: order.nr_doc,
            token: order.reference().map(|reference| format!("CDON:{reference}")),
            series: invoice.series.clone(),
            number: invoice.number,
            date: invoice.date,
            partner: self.partner_by_internal(&order.partner).map_or_else(String::new, |p| p.code.clone()),
            total_minor: to_minor(invoice.total),
            posted: invoice.posted,
            lines: invoice.lines.iter().filter_map(|sold| line_view(order, sold)).collect(),
            stornos,
        };
        let of = |order: &Order| {
            let (stornos, invoices): (Vec<_>, Vec<_>) =
                order.invoices.iter().partition(|invoice| invoice.storno_of.is_some());
            let with_stornos = |invoice: &Invoice| {
                let own = stornos.iter().filter(|storno| storno.storno_of == Some(invoice.number));
                view(order, invoice, own.map(|storno| view(order, storno, Vec::new())).collect())
            };
            invoices.into_iter().map(with_stornos).collect::<Vec<_>>()
        };
        self.orders.iter().flat_map(of).collect()
    }
}

fn line_view(order: &Order, sold: &Sold) -> Option<InvoiceLineView> {
    let line = order.lines.get(sold.line)?;
    Some(InvoiceLineView { code: line.code.to_string(), qty: sold.quantity, price: line.price })
}

/// VAT included, rounded to bani per line.
fn gross(line: &OrderLine, quantity: Decimal) -> Decimal {
    let factor = Decimal::from(100 + u32::from(line.vat)) / Decimal::ONE_HUNDRED;
    (quantity * line.price * factor).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(available: &[i64], wanted: Option<i64>) -> Option<Vec<(usize, Decimal)>> {
        let available = available.iter().map(|&quantity| Decimal::from(quantity));
        let taken = portion(available, wanted.map(Decimal::from))?;
        Some(taken.into_iter().map(|sold| (sold.line, sold.quantity)).collect())
    }

    #[test]
    fn a_portion_is_taken_from_the_first_lines() {
        let two = |a: i64, b: i64| Some(vec![(0, Decimal::from(a)), (2, Decimal::from(b))]);
        assert_eq!(taken(&[2, 0, 3], None), two(2, 3));
        assert_eq!(taken(&[2, 0, 3], Some(4)), two(2, 2));
        assert_eq!(taken(&[2, 0, 3], Some(6)), None);
        assert_eq!(taken(&[0, 0], None), None);
    }
}
