//! Fills the records of the readers (specification 3.7): positions, widths and habits as measured there.

use jiff::ToSpan;
use rust_decimal::Decimal;

use super::books::{Books, Order, OrderLine, Texts, partner_id};
use super::catalogue::Article;
use super::invoices::Invoice;
use super::options::{IdField, OrderNumberField, ReservationView, TextField};
use super::orders::in_month;
use super::partners::Partner;
use super::record::Record;
use super::seed::PRODUCERS;
use super::text::{NO_DATE, comma, date_text, e4_comma, milli_comma, stamp_text, to_milli};

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

/// One line of a sales document.
pub(super) struct SoldLineOf<'a> {
    pub(super) order: &'a Order,
    pub(super) invoice: &'a Invoice,
    pub(super) line: &'a OrderLine,
    pub(super) quantity: Decimal,
}

impl LineOf<'_> {
    fn left(&self) -> Decimal {
        self.order.left(self.number - 1)
    }
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
        let open = self.orders.iter().filter(|order| self.in_main_company() && order.open());
        let mut lines = Self::lines_of(open);
        lines.retain(|of| of.order.invoices.is_empty() || of.left() > Decimal::ZERO);
        lines
    }

    /// Lines sold and taken back in the working month, posted documents only (`GetVanzariLuna`).
    pub(super) fn sold_lines(&self) -> Vec<SoldLineOf<'_>> {
        let Some(month) = self.session.month.filter(|_| self.in_main_company()) else { return Vec::new() };
        let all =
            self.orders.iter().flat_map(|order| order.invoices.iter().map(move |invoice| (order, invoice)));
        let shown = all.filter(|(_, invoice)| invoice.posted && in_month(invoice.date, month));
        shown
            .flat_map(|(order, invoice)| {
                invoice.lines.iter().filter_map(move |sold| {
                    let line = order.lines.get(sold.line)?;
                    Some(SoldLineOf { order, invoice, line, quantity: sold.quantity })
                })
            })
            .collect()
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
            &quantity_text(of.line.quantity),
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
        let quantity = quantity_text(of.left());
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
    pub(super) fn sale(&self, record: &mut Record, of: &SoldLineOf<'_>) {
        let (order, invoice, line) = (of.order, of.invoice, of.line);
        let partner = self.partner_by_internal(&order.partner);
        let due = invoice.date.saturating_add(14.days());
        let named = match invoice.storno_of {
            None => self.options.order_number_on_invoices,
            Some(_) => self.options.order_number_on_stornos,
        };
        let order_number = if named { self.numbers(order).0 } else { String::new() };
        record.push_all([
            self.order_partner_id(order),
            &invoice.date.day().to_string(),
            &invoice.number.to_string(),
            self.line_article_id(line),
            &order_number,
            &quantity_text(of.quantity),
            &line.unit,
            &comma(line.price),
            &order.agent,
            &comma(invoice.total),
            &date_text(due),
            "NU",
            &line.vat.to_string(),
            "F",
            &invoice.series,
            &format!("F.{}", invoice.name()),
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

/// A quantity as it is shown.
fn quantity_text(quantity: Decimal) -> String {
    milli_comma(to_milli(quantity))
}
