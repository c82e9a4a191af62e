//! The books: companies, months, articles, partners, orders and invoices, and the state of the COM object.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::catalogue::{Article, Catalogue};
use super::invoices::Invoice;
use super::options::{IdField, PdfFault, TextField, WinMentorSimOptions};
use super::partners::{Partner, initial};
use super::seed;
use super::text::local;
use crate::clock::SimClock;
use crate::log::CommitLog;

/// The company that exists beside the one with the data.
pub(super) const OTHER_COMPANY: &str = "ALTA FIRMA";

/// The company with the data.
pub(super) const MAIN: usize = 0;

/// Catalogues up to this size write their initial stock to the log.
const INITIAL_STOCK_LIMIT: usize = 5_000;

/// A numbering booklet.
pub(super) struct Booklet {
    pub(super) symbol: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// Booklets of every company.
pub(super) const BOOKLETS: &[Booklet] = &[
    Booklet { symbol: "CDON", kind: "CMD", name: "Comenzi CDON", first: 500_001, last: 599_999 },
    Booklet { symbol: "CMD", kind: "CMD", name: "Comenzi clienti", first: 1, last: 99_999 },
    Booklet { symbol: "FACT", kind: "FACT", name: "Facturi", first: 1_001, last: 9_999_999 },
];

/// One customer order.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    /// The number that the packet asked for.
    pub(super) nr_doc: i64,
    /// WinMentor's own count.
    pub(super) own_nr: i64,
    pub(super) booklet: String,
    pub(super) remark: String,
    /// Internal id of the partner.
    pub(super) partner: String,
    pub(super) place: String,
    pub(super) agent: String,
    pub(super) date: Date,
    pub(super) entered_ms: i64,
    pub(super) cancelled: bool,
    /// Typed by hand long ago, not imported.
    pub(super) desktop: bool,
    pub(super) lines: Vec<OrderLine>,
    /// Its invoices and stornos, oldest first.
    pub(super) invoices: Vec<Invoice>,
}

/// One line of an order.
#[derive(Clone, Debug)]
pub(super) struct OrderLine {
    /// Internal id of the article.
    pub(super) article: Box<str>,
    /// External code at the time of the entry, for articles removed since.
    pub(super) code: Box<str>,
    pub(super) name: Box<str>,
    pub(super) unit: Arc<str>,
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
    pub(super) discount: Decimal,
    pub(super) delivery: Option<Date>,
    pub(super) remark: String,
    pub(super) vat: u8,
    pub(super) service: bool,
}

impl Order {
    /// Still to be delivered, at least in part: neither cancelled nor invoiced.
    pub(super) fn open(&self) -> bool {
        let left = || (0..self.lines.len()).any(|line| self.left(line) > Decimal::ZERO);
        !self.cancelled && (self.invoices.is_empty() || left())
    }

    /// What of a line is not yet invoiced. A storno does not bring it back.
    pub(super) fn left(&self, line: usize) -> Decimal {
        let ordered = self.lines.get(line).map_or(Decimal::ZERO, |line| line.quantity);
        let sales = self.invoices.iter().filter(|invoice| invoice.storno_of.is_none());
        let gone: Decimal = sales.map(|invoice| invoice.quantity_of(line)).sum();
        (ordered - gone).max(Decimal::ZERO)
    }

    /// What of a line is invoiced and did not come back.
    pub(super) fn sold(&self, line: usize) -> Decimal {
        self.invoices.iter().map(|invoice| invoice.quantity_of(line)).sum()
    }

    /// What follows `CDON:` in the remark.
    pub(super) fn reference(&self) -> Option<&str> {
        let (_, rest) = self.remark.split_once("CDON:")?;
        rest.split(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | ','))
            .next()
            .filter(|r| !r.is_empty())
    }

    /// Sum of quantity × price, without VAT.
    pub(super) fn total(&self) -> Decimal {
        self.lines.iter().map(|line| line.quantity * line.price).sum()
    }
}

/// State of the one COM object, shared by all who talk to the bridge (specification 3.3).
#[derive(Debug)]
pub(super) struct Session {
    pub(super) company: Option<usize>,
    pub(super) month: Option<(i16, i8)>,
    pub(super) article_field: IdField,
    pub(super) partner_field: IdField,
    /// What `SetDocsData` was given last.
    pub(super) document: Vec<String>,
    /// What `GetListaErori` answers.
    pub(super) errors: Vec<String>,
}

impl Session {
    pub(super) fn fresh(field: IdField) -> Self {
        Self {
            company: None,
            month: None,
            article_field: field,
            partner_field: field,
            document: Vec::new(),
            errors: Vec::new(),
        }
    }
}

/// Replaced texts by external code and column.
pub(super) type Texts = HashMap<(String, TextField), String>;

/// Everything that WinMentor knows.
pub(super) struct Books {
    pub(super) options: WinMentorSimOptions,
    pub(super) clock: SimClock,
    pub(super) log: CommitLog,
    pub(super) session: Session,
    pub(super) catalogue: Catalogue,
    pub(super) partners: Arc<Vec<Partner>>,
    /// Accounting months; true = open.
    pub(super) months: BTreeMap<(i16, i8), bool>,
    pub(super) orders: Vec<Order>,
    pub(super) next_own_nr: i64,
    pub(super) next_invoice: i64,
    /// What is wrong with the printed files of invoices, by number.
    pub(super) prints: HashMap<i64, PdfFault>,
    /// What will be wrong with the file of the next invoice.
    pub(super) next_print: Option<PdfFault>,
    pub(super) texts: Arc<Texts>,
}

impl Books {
    pub(super) fn new(options: WinMentorSimOptions, clock: SimClock, log: CommitLog) -> Self {
        let now = local(at(clock.now_ms()));
        let catalogue = Catalogue::new(seed::articles(&options, now));
        let mut months = BTreeMap::new();
        for back in 0..6 {
            let date = now.date().first_of_month().saturating_sub(back.months());
            months.insert((date.year(), date.month()), true);
        }
        let mut books = Self {
            session: Session::fresh(options.default_id_field),
            catalogue,
            partners: Arc::new(initial(now.date())),
            months,
            orders: Vec::new(),
            next_own_nr: 7_001,
            next_invoice: 1_001,
            prints: HashMap::new(),
            next_print: None,
            texts: Arc::default(),
            options,
            clock,
            log,
        };
        if books.options.desktop_orders {
            books.type_old_orders();
        }
        if books.options.log_initial_stock && books.catalogue.all().len() <= INITIAL_STOCK_LIMIT {
            for article in books.catalogue.all() {
                books.log_stock(article);
            }
        }
        books
    }

    /// Orders that somebody typed years ago and nobody invoiced, with everything that free text can hold.
    fn type_old_orders(&mut self) {
        let remarks = ["sunat client\nrevine marti; plata OP", "urgent\u{0}\u{0}", "---"];
        let articles: Vec<_> =
            self.catalogue.all().iter().filter(|article| !article.service).take(40).cloned().collect();
        let with_semicolon = articles.iter().find(|article| article.code.contains(';'));
        for (index, remark) in remarks.iter().enumerate() {
            let Some(article) = with_semicolon.filter(|_| index == 0).or_else(|| articles.get(index)) else {
                continue;
            };
            let year = 2016 + i16::try_from(index).unwrap_or(0) * 3;
            let line = order_line(article, Decimal::ONE, Decimal::new(125, 1));
            let number = i64::try_from(index).unwrap_or(0) + 311;
            self.orders.push(Order {
                nr_doc: number,
                own_nr: number,
                booklet: "CMD".to_owned(),
                remark: (*remark).to_owned(),
                partner: "5".to_owned(),
                agent: "1".to_owned(),
                date: Date::constant(year, 3, 14),
                desktop: true,
                lines: vec![line],
                ..Order::default()
            });
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// The clock on the wall of the office.
    pub(super) fn now(&self) -> DateTime {
        local(at(self.now_ms()))
    }

    /// Opens every month that has begun since the last one, as a bookkeeper does on its first day.
    pub(super) fn begin_months(&mut self) {
        if !self.options.auto_open_months {
            return;
        }
        let today = self.now().date();
        let Some((&(year, month), _)) = self.months.last_key_value() else { return };
        let Ok(mut date) = Date::new(year, month, 1) else { return };
        while (date.year(), date.month()) < (today.year(), today.month()) {
            date = date.saturating_add(1.month());
            self.months.insert((date.year(), date.month()), true);
        }
    }

    /// Carries out `close_month_after_validation`, once.
    pub(super) fn close_month_if_asked(&mut self) {
        if std::mem::take(&mut self.options.close_month_after_validation)
            && let Some(month) = self.session.month
        {
            self.months.insert(month, false);
        }
    }

    pub(super) fn companies(&self) -> [&str; 2] {
        [&self.options.company, OTHER_COMPANY]
    }

    /// `SetNumeFirma`.
    pub(super) fn set_company(&mut self, name: &str) -> bool {
        let found = self.companies().iter().position(|company| company.eq_ignore_ascii_case(name));
        if let Some(index) = found {
            if self.session.company != Some(index) {
                self.session.month = None;
            }
            self.session.company = Some(index);
        }
        found.is_some()
    }

    /// `SetLunaLucru`.
    pub(super) fn set_month(&mut self, year: i16, month: i8) -> bool {
        let known = self.months.contains_key(&(year, month)) && self.session.company.is_some();
        if known {
            self.session.month = Some((year, month));
        }
        known
    }

    /// Whether the selected company is the one with the data; the other one answers empty lists.
    pub(super) fn in_main_company(&self) -> bool {
        self.session.company == Some(MAIN)
    }

    /// The article that a code means under the present id field and company.
    pub(super) fn article(&self, id: &str) -> Option<&Article> {
        if !self.in_main_company() || id.is_empty() {
            return None;
        }
        match self.session.article_field {
            IdField::CodExtern | IdField::CodFiscal => self.catalogue.by_code(id),
            IdField::CodIntern => self.catalogue.by_internal(id),
        }
    }

    /// The partner that a code means under the present id field and company.
    pub(super) fn partner(&self, id: &str) -> Option<&Partner> {
        if id.is_empty() {
            return None;
        }
        let company = self.session.company?;
        let field = self.session.partner_field;
        self.partners.iter().find(|partner| partner.company == company && partner_id(partner, field) == id)
    }

    pub(super) fn partner_by_internal(&self, id: &str) -> Option<&Partner> {
        self.partners.iter().find(|partner| partner.company == MAIN && partner.internal_id == id)
    }

    /// Writes what lies in the warehouses to the log.
    pub(super) fn log_stock(&self, article: &Article) {
        self.log.record_with("stock_truth", || {
            json!({
                "sku": &*article.code,
                "qty": Decimal::new(article.total_stock(), 3).normalize().to_string(),
                "reserved": Decimal::new(article.reserved, 3).normalize().to_string(),
            })
        });
    }

    /// The next free internal partner id.
    pub(super) fn next_partner_id(&self) -> i64 {
        let ids = self.partners.iter().filter_map(|partner| partner.internal_id.parse::<i64>().ok());
        ids.max().unwrap_or(0) + 1
    }

    /// `AdaugaPartener`: the id of the new partner, or 0 with the reason in the error list.
    pub(super) fn add_partner(&mut self, mut partner: Partner) -> i64 {
        self.session.errors.clear();
        let taken = self.partners.iter().any(|known| {
            known.internal_id == partner.internal_id || (!known.code.is_empty() && known.code == partner.code)
        });
        let refusal = if self.session.company.is_none() {
            Some("Nu este selectata nicio firma".to_owned())
        } else if partner.name.is_empty() {
            Some("Denumirea partenerului este obligatorie".to_owned())
        } else if self.options.partner_add_fails {
            Some("Partenerul nu a putut fi adaugat: tabela este blocata de alt utilizator".to_owned())
        } else if taken && !self.options.accept_duplicate_partners {
            Some(format!("Partenerul {} exista deja", partner.code))
        } else {
            None
        };
        if let Some(reason) = refusal {
            self.log.record_with(
                "import_refused",
                || json!({"reason": reason, "what": "partner", "code": partner.code}),
            );
            self.session.errors.push(reason);
            return 0;
        }
        let wanted =
            partner.internal_id.parse::<i64>().ok().filter(|id| {
                *id > 0 && !self.partners.iter().any(|known| known.internal_id == id.to_string())
            });
        let id = wanted.unwrap_or_else(|| self.next_partner_id());
        partner.internal_id = id.to_string();
        partner.company = self.session.company.unwrap_or(MAIN);
        partner.added = self.now().date();
        partner.entered_ms = self.now_ms();
        let company = self.companies().get(partner.company).copied().unwrap_or_default().to_owned();
        self.log.record_with("partner_tx", || {
            json!({"company": company, "id": id, "code": partner.code, "name": partner.name, "committed": true})
        });
        Arc::make_mut(&mut self.partners).push(partner);
        id
    }

    /// What the log says about an order that was entered.
    pub(super) fn order_entry(&self, order: &Order) -> Value {
        let partner = self.partner_by_internal(&order.partner).map_or("", |partner| &partner.code);
        let lines: Vec<_> = order
            .lines
            .iter()
            .map(|line| {
                json!({"article": &*line.code, "unit": &*line.unit, "qty": line.quantity.to_string(),
                       "price": line.price.to_string(), "remark": line.remark})
            })
            .collect();
        json!({"company": self.options.company, "nr_doc": order.nr_doc, "booklet": order.booklet,
               "ref": order.reference(), "partner": partner, "lines": lines,
               "total": order.total().normalize().to_string(), "committed": true,
               "committed_at_ms": order.entered_ms})
    }
}

/// A line for an article, without discount, delivery date and remark.
pub(super) fn order_line(article: &Article, quantity: Decimal, price: Decimal) -> OrderLine {
    OrderLine {
        article: article.internal_id.clone(),
        code: article.code.clone(),
        name: article.name.clone(),
        unit: Arc::clone(&article.unit),
        quantity,
        price,
        discount: Decimal::ZERO,
        delivery: None,
        remark: String::new(),
        vat: article.vat,
        service: article.service,
    }
}

/// The identifier of a partner under an id field.
pub(super) fn partner_id(partner: &Partner, field: IdField) -> &str {
    match field {
        IdField::CodExtern => &partner.code,
        IdField::CodFiscal => &partner.tax_id,
        IdField::CodIntern => &partner.internal_id,
    }
}

/// The moment of a clock reading.
pub(super) fn at(now_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(now_ms).unwrap_or_default()
}
