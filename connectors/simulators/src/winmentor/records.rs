//! Fills the records of the readers (specification 3.7): positions, widths and habits as measured there.

use jiff::ToSpan;

use super::books::{Books, Order, OrderLine, Texts, partner_id};
use super::catalogue::Article;
use super::options::{IdField, OrderNumberField, ReservationView, TextField};
use super::orders::{in_month, shown_quantity};
use super::partners::Partner;
use super::record::Record;
use super::seed::PRODUCERS;
use super::text::{NO_DATE, comma, date_text, e4_comma, milli_comma, stamp_text};

const YES_NO: [&str; 2] = ["Nu", "Da"];
const CAPITALS: [&str; 2] = ["NU", "DA"];

/// What a bridge shows of an article depends on this besides the article.
pub(super) struct View<'a> {
    pub(super) field: IdField,
    pub(super) texts: &'a Texts,
    pub(super) warehouses: &'a [String],
    pub(super) reservation: ReservationView,
}

impl View<'_> {
    fn text(&self, article: &Article, field: TextField, shown: String) -> String {
        if self.texts.is_empty() {
            return shown;
        }
        self.texts.get(&(article.code.to_string(), field)).cloned().unwrap_or(shown)
    }

    fn ids<'a>(&self, article: &'a Article) -> (&'a str, &'a str) {
        match self.field {
            IdField::CodIntern => (&article.internal_id, &article.code),
            IdField::CodExtern | IdField::CodFiscal => (&article.code, &article.internal_id),
        }
    }
}

fn producer(article: &Article) -> (&'static str, &'static str) {
    PRODUCERS.get(usize::from(article.producer)).copied().unwrap_or(("", ""))
}

/// The nameless row with which nomenclature and partner lists begin, `width` fields without the terminator.
pub(super) fn placeholder(record: &mut Record, width: usize) {
    record.push("");
    record.push("---nedefinit---");
    record.push_all((2..width).map(|_| ""));
}

/// Width of the nomenclature without its terminator.
pub(super) const ARTICLE_WIDTH: usize = 41;

/// `GetNomenclatorArticole`.
pub(super) fn article(record: &mut Record, article: &Article, view: &View<'_>) {
    let (id, other) = view.ids(article);
    let (producer_code, producer_name) = producer(article);
    let weight = milli_comma(i64::from(article.weight_g));
    let net = view.text(article, TextField::NetPrice, article.net_e4.map_or(String::new(), e4_comma));
    let gross = view.text(article, TextField::GrossPrice, article.gross_e4().map_or(String::new(), e4_comma));
    let default_warehouse =
        if article.service { "" } else { view.warehouses.first().map_or("", String::as_str) };
    record.push_all([
        id,
        &article.name,
        &article.unit,
        &net,
        article.class.symbol,
        article.class.name,
        producer_code,
        producer_name,
        default_warehouse,
        other,
        &article.vat.to_string(),
        "",
        "",
        &weight,
        YES_NO[usize::from(article.service)],
        "",
        "0",
        "1",
        "0",
        &date_text(article.added),
        &weight,
        &gross,
        "",
        &net,
    ]);
    // 24–38 unnamed, 39–40 appended in 2026.
    record.push_all(["NU", "", "", "0", "0", "NU", "0", "0", "", "", "0", "", "NU", "0", "", "", "0"]);
}

/// `GetProducts`.
pub(super) fn product(record: &mut Record, article: &Article, view: &View<'_>) {
    let (producer_code, producer_name) = producer(article);
    record.push_all([
        view.ids(article).0,
        &article.name,
        &article.unit,
        producer_code,
        producer_name,
        "0",
        &date_text(article.added),
        &stamp_text(article.modified),
        "",
        &article.internal_id,
        article.class.symbol,
    ]);
}

/// `GetStocArticole`: the row of one article in one warehouse.
pub(super) fn stock(record: &mut Record, article: &Article, warehouse: usize, view: &View<'_>) {
    let (producer_code, producer_name) = producer(article);
    let symbol = view.warehouses.get(warehouse).map_or("", String::as_str);
    let quantity = milli_comma(article.stock.get(warehouse).copied().unwrap_or(0));
    let reserved = match view.reservation {
        ReservationView::RepeatedPerArticle => article.reserved,
        ReservationView::PerRow => reserved_in(article, warehouse),
    };
    record.push_all([
        view.ids(article).0,
        &article.name,
        &article.unit,
        "0",
        &view.text(article, TextField::Stock, quantity),
        article.class.symbol,
        article.class.name,
        producer_code,
        producer_name,
        "",
        "",
        symbol,
        &format!("Depozit {symbol}"),
        &article.vat.to_string(),
        "NU",
        "0",
        &milli_comma(reserved),
        "0",
        &article.internal_id,
        "",
    ]);
}

/// The part of an article's reservation that falls on one of its rows, first warehouse first.
fn reserved_in(article: &Article, warehouse: usize) -> i64 {
    let mut left = article.reserved;
    let last = article.stock.iter().rposition(|&quantity| quantity != 0).unwrap_or(0);
    for (index, &quantity) in article.stock.iter().enumerate() {
        let part = if index == last { left } else { left.min(quantity.max(0)) };
        if index == warehouse {
            return part;
        }
        left -= part;
    }
    0
}

/// `GetStocArticol`: all warehouses, or one.
pub(super) fn stock_of_one(
    record: &mut Record,
    article: &Article,
    warehouse: Option<usize>,
    view: &View<'_>,
) {
    let quantity = match warehouse {
        Some(index) => article.stock.get(index).copied().unwrap_or(0),
        None => article.total_stock(),
    };
    record.push_all([
        view.ids(article).0,
        &article.name,
        &article.unit,
        "0",
        &view.text(article, TextField::Stock, milli_comma(quantity)),
    ]);
}

/// Width of the partner list without its terminator.
pub(super) const PARTNER_WIDTH: usize = 48;

/// `GetListaParteneri`.
pub(super) fn partner(record: &mut Record, partner: &Partner, field: IdField) {
    let place = format!("{} {}", partner.town.to_uppercase(), partner.county);
    record.push_all([
        partner_id(partner, field),
        &partner.name,
        &partner.tax_id,
        &partner.town,
        &partner.address,
        &partner.phone,
        &partner.contact,
        "",
        "",
        "",
        "",
        "1",
        "Vasilescu Dan",
        &partner.terms_days,
        "0",
        "",
        "Sediu social",
        &partner.code,
        CAPITALS[usize::from(partner.blocked)],
        "0",
        &partner.trade_register,
        "",
        place.trim(),
        &partner.county,
        "1",
        &partner.remark,
        "DA",
        "",
        &partner.email,
        "",
        if partner.natural_person { "PF" } else { "PJ" },
        "LEI",
        &date_text(partner.added),
        "",
        "0",
        "~",
        "0",
        "NU",
        "NU",
        "",
        "",
        "",
        &partner.country,
        "",
        "NU",
        "0",
        "0",
        "0",
    ]);
}

/// One order line in a list of order lines.
pub(super) struct LineOf<'a> {
    pub(super) order: &'a Order,
    pub(super) line: &'a OrderLine,
    /// From 1.
    pub(super) number: usize,
}

impl Books {
    fn lines_of<'a>(orders: impl Iterator<Item = &'a Order>) -> Vec<LineOf<'a>> {
        orders
            .flat_map(|order| {
                order.lines.iter().enumerate().map(move |(index, line)| LineOf {
                    order,
                    line,
                    number: index + 1,
                })
            })
            .collect()
    }

    /// Lines of all orders, cancelled ones too (`GetInfoComenzi`).
    pub(super) fn all_lines(&self) -> Vec<LineOf<'_>> {
        Self::lines_of(self.orders.iter().filter(|_| self.in_main_company()))
    }

    /// Lines of orders not yet invoiced, of all times (`GetComenziNefacturate`).
    pub(super) fn uninvoiced_lines(&self) -> Vec<LineOf<'_>> {
        Self::lines_of(self.orders.iter().filter(|order| self.in_main_company() && order.open()))
    }

    /// Lines sold in the working month (`GetVanzariLuna`).
    pub(super) fn sold_lines(&self) -> Vec<LineOf<'_>> {
        let month = self.session.month;
        Self::lines_of(self.orders.iter().filter(|order| {
            self.in_main_company()
                && order
                    .invoice
                    .as_ref()
                    .zip(month)
                    .is_some_and(|(invoice, month)| in_month(invoice.date, month))
        }))
    }

    fn line_article_id<'a>(&'a self, line: &'a OrderLine) -> &'a str {
        match self.session.article_field {
            IdField::CodIntern => &line.article,
            IdField::CodExtern | IdField::CodFiscal => {
                self.catalogue.by_internal(&line.article).map_or(&line.code, |article| &article.code)
            }
        }
    }

    fn order_partner_id(&self, order: &Order) -> &str {
        self.partner_by_internal(&order.partner)
            .map_or("", |partner| partner_id(partner, self.session.partner_field))
    }

    /// The two numbers of an order: `NumarComanda` and `NrDocCarnet`.
    fn numbers(&self, order: &Order) -> (String, String) {
        let (ours, own) = (order.nr_doc.to_string(), order.own_nr.to_string());
        match self.options.order_number_field {
            OrderNumberField::NumarComanda => (ours, own),
            OrderNumberField::NrDocCarnet => (own, ours),
        }
    }

    /// `GetInfoComenzi`.
    pub(super) fn order_info(&self, record: &mut Record, of: &LineOf<'_>) {
        record.push_all([
            self.order_partner_id(of.order),
            &date_text(of.order.date),
            &of.order.nr_doc.to_string(),
            self.line_article_id(of.line),
            &shown_quantity(of.line),
            &comma(of.line.price),
            &comma(of.line.discount),
            "0",
            CAPITALS[usize::from(of.order.cancelled)],
        ]);
    }

    /// `GetComenziNefacturate`.
    pub(super) fn uninvoiced(&self, record: &mut Record, of: &LineOf<'_>) {
        let (order, line) = (of.order, of.line);
        let partner = self.order_partner_id(order);
        let (number, booklet_number) = self.numbers(order);
        let quantity = shown_quantity(line);
        record.push_all([
            self.line_article_id(line),
            &number,
            &quantity,
            &line.unit,
            &date_text(order.date),
            partner,
            &order.agent,
            &comma(line.price),
            &quantity,
            &line.unit,
            partner,
            &order.booklet,
            &booklet_number,
            &order.remark,
            &order.place,
            "",
            &line.delivery.map_or_else(|| NO_DATE.to_owned(), date_text),
            "",
            "",
            &of.number.to_string(),
            self.partner_by_internal(&order.partner).map_or("", |partner| &partner.name),
            "0",
            &line.remark,
            "RON",
        ]);
    }

    /// `GetVanzariLuna`.
    pub(super) fn sale(&self, record: &mut Record, of: &LineOf<'_>) {
        let (order, line) = (of.order, of.line);
        let Some(invoice) = &order.invoice else { return };
        let partner = self.partner_by_internal(&order.partner);
        let due = invoice.date.saturating_add(14.days());
        record.push_all([
            self.order_partner_id(order),
            &invoice.date.day().to_string(),
            &invoice.number.to_string(),
            self.line_article_id(line),
            &self.numbers(order).0,
            &shown_quantity(line),
            &line.unit,
            &comma(line.price),
            &order.agent,
            &comma(invoice.total),
            &date_text(due),
            "NU",
            &line.vat.to_string(),
            "F",
            "FACT",
            &format!("F.FACT{}", invoice.number),
            &line.name,
            "0",
            "",
            &date_text(invoice.date),
            "Sediu social",
            partner.map_or("", |partner| &partner.address),
            partner.map_or("", |partner| &partner.town),
            &invoice.remark,
            &line.remark,
        ]);
    }
}
