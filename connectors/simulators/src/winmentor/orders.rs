//! What happens to orders: checked, entered, cancelled, lost with a restored backup.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::SimError;
use super::books::{BOOKLETS, Books, MAIN, Order, OrderLine, order_line};
use super::catalogue::Article;
use super::options::ImportCount;
use super::packet::{DraftOrder, Packet, parse};
use super::seed::UNITS;
use super::text::{code_page, to_milli};
use super::views::{ErpOrderLineView, ErpOrderView};

/// Currencies that an order may name; WinMentor's symbols are not those of ISO.
pub(super) const CURRENCIES: &[(&str, &str)] = &[
    ("Leu", "lei"),
    ("Leu nou", "RON"),
    ("Euro", "Eur"),
    ("Euro (factura export)", "EURO"),
    ("Coroana suedeza", "SEK"),
    ("Coroana daneza", "DKK"),
    ("Coroana norvegiana", "NOK"),
    ("Forint", "HUF"),
    ("Dolar canadian", "$ can"),
];

/// Users that a packet may name in `Logon`.
const USERS: &[&str] = &["Master", "Admin", "CDON"];

impl Books {
    /// `PotIntroduceDoc`: whether the month exists and is open.
    pub(super) fn month_open(&self, year: i16, month: i8) -> bool {
        self.months.get(&(year, month)).copied().unwrap_or(false)
    }

    /// `ComenziValide` over what `SetDocsData` was given: the packet, or the complaints (also kept for `GetListaErori`).
    pub(super) fn validate(&mut self) -> Result<Packet, Vec<String>> {
        let checked = parse(&self.session.document, self.options.decimal_separator).and_then(|packet| {
            let complaints = self.check(&packet);
            if complaints.is_empty() { Ok(packet) } else { Err(complaints) }
        });
        self.session.errors = checked.as_ref().err().cloned().unwrap_or_default();
        if let Err(complaints) = &checked {
            self.log
                .record_with("import_refused", || json!({"reason": complaints.join("; "), "what": "orders"}));
        }
        checked
    }

    fn check(&self, packet: &Packet) -> Vec<String> {
        let (year, month) = (packet.year, packet.month);
        let mut errors = Vec::new();
        match (self.session.company, self.session.month) {
            (None, _) => errors.push("Nu este selectata nicio firma".to_owned()),
            (_, None) => errors.push("Nu este selectata luna de lucru".to_owned()),
            (_, Some(selected)) if selected != (year, month) => errors.push(format!(
                "Luna pachetului ({month:02}/{year}) difera de luna de lucru ({:02}/{})",
                selected.1, selected.0
            )),
            _ if !self.months.contains_key(&(year, month)) => {
                errors.push(format!("Luna {month:02}/{year} nu exista"));
            }
            _ if !self.month_open(year, month) => errors.push(format!("Luna {month:02}/{year} este inchisa")),
            _ => {}
        }
        if !packet.user.is_empty() && !USERS.iter().any(|user| user.eq_ignore_ascii_case(&packet.user)) {
            errors.push(format!("Utilizatorul {} nu exista", packet.user));
        }
        for order in &packet.orders {
            self.check_order(order, &mut errors);
        }
        errors
    }

    fn check_order(&self, order: &DraftOrder, errors: &mut Vec<String>) {
        let number = order.nr_doc;
        let mut complain = |text: String| errors.push(format!("Comanda {number}: {text}"));
        match self.partner(&order.client) {
            None => complain(format!("partenerul {} nu exista", order.client)),
            Some(partner) if partner.blocked => complain(format!("partenerul {} este blocat", partner.name)),
            Some(_) => {}
        }
        let booklet = BOOKLETS.iter().find(|booklet| booklet.symbol.eq_ignore_ascii_case(&order.booklet));
        match booklet {
            None if !order.booklet.is_empty() => complain(format!("carnetul {} nu exista", order.booklet)),
            Some(booklet)
                if self.options.enforce_booklet_range
                    && !(booklet.first..=booklet.last).contains(&number) =>
            {
                complain(format!("numarul nu apartine carnetului {}", booklet.symbol));
            }
            _ => {}
        }
        let known_currency =
            CURRENCIES.iter().any(|(_, symbol)| symbol.eq_ignore_ascii_case(&order.currency));
        if !known_currency {
            complain(format!("moneda {} nu exista", order.currency));
        }
        let doubled = self
            .orders
            .iter()
            .any(|known| known.nr_doc == number && known.booklet == order.booklet && !known.cancelled);
        if doubled && !self.options.accept_duplicates {
            complain(format!("numarul exista deja in carnetul {}", order.booklet));
        }
        for line in &order.lines {
            let Some(article) = self.article(&line.article) else {
                complain(format!("articolul {} nu exista", line.article));
                continue;
            };
            if !UNITS.iter().any(|unit| unit.eq_ignore_ascii_case(&line.unit)) {
                complain(format!("unitatea de masura {} nu exista", line.unit));
            } else if !article.unit.eq_ignore_ascii_case(&line.unit) {
                complain(format!("unitatea de masura {} nu este a articolului {}", line.unit, line.article));
            }
        }
    }

    /// `ImportaComenzi` over what `SetDocsData` was given: how many it says it entered, and the log entries of those
    /// that really were. Nothing is entered when the packet has become invalid meanwhile.
    pub(super) fn import(&mut self) -> (usize, Vec<Value>) {
        let Ok(packet) = self.validate() else { return (0, Vec::new()) };
        if self.options.import_count == ImportCount::ZeroNotApplied {
            let reason =
                "Comenzile nu au putut fi salvate: jurnalul este blocat de alt utilizator".to_owned();
            self.log.record_with("import_refused", || json!({"reason": reason, "what": "orders"}));
            self.session.errors = vec![reason];
            return (0, Vec::new());
        }
        let count = packet.orders.len();
        let entries = packet.orders.into_iter().map(|draft| self.enter(draft)).collect();
        self.session.errors = self.options.import_warnings.clone();
        let told = if self.options.import_count == ImportCount::ZeroButApplied { 0 } else { count };
        (told, entries)
    }

    fn enter(&mut self, draft: DraftOrder) -> Value {
        let lines: Vec<OrderLine> = draft
            .lines
            .iter()
            .filter_map(|line| {
                let article = self.article(&line.article)?;
                Some(OrderLine {
                    discount: line.discount,
                    delivery: line.delivery,
                    remark: code_page(&line.remark),
                    ..order_line(article, line.quantity, line.price)
                })
            })
            .collect();
        let partner =
            self.partner(&draft.client).map(|partner| partner.internal_id.clone()).unwrap_or_default();
        let order = Order {
            nr_doc: draft.nr_doc,
            booklet: draft.booklet,
            remark: code_page(&draft.remark),
            partner,
            place: code_page(&draft.place),
            agent: draft.agent,
            date: draft.date,
            lines,
            ..Order::default()
        };
        self.book(order).1
    }

    /// Gives a new order WinMentor's own number, reserves its goods and keeps it. Returns the number and what the log is
    /// to say about it.
    fn book(&mut self, mut order: Order) -> (i64, Value) {
        order.own_nr = self.next_own_nr;
        order.entered_ms = self.now_ms();
        self.next_own_nr += 1;
        for line in &order.lines {
            self.reserve(line, line.quantity);
        }
        let booked = (order.own_nr, self.order_entry(&order));
        self.orders.push(order);
        booked
    }

    /// Reserves goods of a line; a negative quantity releases them.
    pub(super) fn reserve(&mut self, line: &OrderLine, quantity: Decimal) {
        self.change_goods(line, |article| article.reserved += to_milli(quantity));
    }

    /// Moves goods of a line out of the warehouses; a negative quantity brings them back.
    pub(super) fn deliver(&mut self, line: &OrderLine, quantity: Decimal) {
        self.change_goods(line, |article| take(&mut article.stock, to_milli(quantity)));
    }

    fn change_goods(&mut self, line: &OrderLine, change: impl FnOnce(&mut Article)) {
        if line.service {
            return;
        }
        let changed = self.catalogue.change_internal(&line.article, |article| {
            change(article);
            article.clone()
        });
        if let Some(article) = changed {
            self.log_stock(&article);
        }
    }

    /// Reserves (`sign` 1) or releases (`sign` −1) what is left of an order.
    pub(super) fn reserve_left(&mut self, order: &Order, sign: i64) {
        for (index, line) in order.lines.iter().enumerate() {
            self.reserve(line, order.left(index) * Decimal::from(sign));
        }
    }

    pub(super) fn live(&self, nr_doc: i64) -> Result<usize, SimError> {
        let matching = || self.orders.iter().enumerate().filter(|(_, order)| order.nr_doc == nr_doc);
        if let Some((index, _)) = matching().find(|(_, order)| order.open()) {
            return Ok(index);
        }
        match matching().next() {
            None => Err(SimError::UnknownOrder(nr_doc)),
            Some(_) => Err(SimError::OrderDone(nr_doc)),
        }
    }

    /// A clerk cancels an order: it stays in `GetInfoComenzi` and leaves everything else.
    pub(super) fn cancel(&mut self, nr_doc: i64) -> Result<(), SimError> {
        let index = self.live(nr_doc)?;
        let Some(order) = self.orders.get_mut(index) else { return Err(SimError::UnknownOrder(nr_doc)) };
        order.cancelled = true;
        let order = order.clone();
        self.reserve_left(&order, -1);
        self.log.record_with(
            "order_void",
            || json!({"nr_doc": nr_doc, "booklet": order.booklet, "ref": order.reference(), "reason": "cancelled"}),
        );
        Ok(())
    }

    /// A clerk types an order in, with the number, remark, partner, day and lines of `view`. Returns WinMentor's own count.
    pub(super) fn enter_by_hand(&mut self, view: &ErpOrderView) -> Result<i64, SimError> {
        let known =
            self.partners.iter().find(|partner| partner.company == MAIN && partner.code == view.partner);
        let partner =
            known.ok_or_else(|| SimError::UnknownPartner(view.partner.clone()))?.internal_id.clone();
        let line = |line: &ErpOrderLineView| {
            let article = self.catalogue.by_code(&line.code);
            let article = article.ok_or_else(|| SimError::UnknownArticle(line.code.clone()))?;
            Ok(order_line(article, line.qty, line.price))
        };
        let lines = view.lines.iter().map(line).collect::<Result<Vec<_>, SimError>>()?;
        let (own_nr, entry) = self.book(Order {
            nr_doc: view.nr_doc,
            booklet: view.booklet.clone(),
            remark: code_page(&view.remark),
            partner,
            place: code_page(&view.place),
            date: view.date,
            lines,
            ..Order::default()
        });
        self.log.record("order_typed", entry);
        Ok(own_nr)
    }

    /// The ERP is restored from a backup made `hours` ago: what was entered since is gone. Returns the lost orders'
    /// numbers.
    pub(super) fn restore_backup(&mut self, hours: u32) -> Vec<i64> {
        let since = self.now_ms() - i64::from(hours) * 3_600_000;
        let orders = std::mem::take(&mut self.orders);
        let (lost, kept): (Vec<_>, Vec<_>) = orders.into_iter().partition(|order| order.entered_ms > since);
        self.orders = kept;
        for order in &lost {
            if order.open() {
                self.reserve_left(order, -1);
            }
            for (index, line) in order.lines.iter().enumerate() {
                self.deliver(line, -order.sold(index));
            }
            self.log.record_with("order_void", || {
                json!({"nr_doc": order.nr_doc, "booklet": order.booklet, "ref": order.reference(),
                       "reason": "backup restored"})
            });
        }
        self.undo_invoices(since);
        std::sync::Arc::make_mut(&mut self.partners).retain(|partner| partner.entered_ms <= since);
        let numbers: Vec<i64> = lost.iter().map(|order| order.nr_doc).collect();
        self.log.record_with(
            "fault",
            || json!({"mode": "backup_restored", "hours": hours, "lost_orders": numbers, "committed": true}),
        );
        numbers
    }
}

/// Takes `quantity` thousandths from the warehouses in order; what none of them holds makes the first one negative.
pub(super) fn take(stock: &mut [i64], quantity: i64) {
    let mut left = quantity;
    for cell in stock.iter_mut() {
        let part = left.min((*cell).max(0));
        *cell -= part;
        left -= part;
    }
    if let Some(first) = stock.first_mut() {
        *first -= left;
    }
}

/// Whether a date lies in an accounting month (year, month).
pub(super) fn in_month(date: Date, month: (i16, i8)) -> bool {
    (date.year(), date.month()) == month
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goods_leave_the_first_warehouse_that_has_them() {
        let mut stock = [2_000, 5_000];
        take(&mut stock, 3_000);
        assert_eq!(stock, [0, 4_000]);
        take(&mut stock, 6_000);
        assert_eq!(stock, [-2_000, 0]);
        take(&mut stock, -3_000);
        assert_eq!(stock, [1_000, 0]);
    }
}
