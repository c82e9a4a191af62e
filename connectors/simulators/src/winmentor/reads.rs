//! The reading routes.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::books::{BOOKLETS, Books, Booklet};
use super::bridge::{Bridge, Cached};
use super::catalogue::Snapshot;
use super::layouts::{
    ARTICLE, BOOKLET, BOOKLET_RANGE, CURRENCY, ORDER_INFO, PARTNER, PRODUCT, REMOVED, SALE, SALE_V12_FIELDS,
    STOCK, STOCK_OF_ONE, UNINVOICED, UNIT, WAREHOUSE,
};
use super::options::{AnswerFault, Dialect, IdField, WinMentorSimOptions};
use super::orders::CURRENCIES;
use super::record::{Layout, Record, Shape, write_record};
use super::records::{self, ARTICLE_WIDTH, PARTNER_WIDTH, View};
use super::seed::UNITS;
use super::text::{parse_stamp, stamp_text};

type App = State<Arc<Bridge>>;

/// What a list may be asked for. Everything arrives as text and is read with tolerance.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListQuery {
    page: String,
    page_size: String,
    search: String,
    refresh: String,
    raw: String,
    last_sync: String,
    gestiune: String,
    an: String,
    luna: String,
}

fn yes(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1"
}

/// How the answer of one request looks.
struct Look {
    dialect: Dialect,
    raw: bool,
    extra_columns: usize,
    resplit: bool,
    answers: AnswerFault,
}

impl Look {
    fn new(options: &WinMentorSimOptions, query: &ListQuery) -> Self {
        Self {
            dialect: options.dialect,
            raw: yes(&query.raw),
            extra_columns: options.extra_columns,
            resplit: options.split_on_every_semicolon,
            answers: options.answers,
        }
    }

    /// The shape of a reader that the WinMentor Bridge gives names to as well.
    fn named(&self) -> Shape {
        if self.raw { Shape::Raw } else { Shape::Named }
    }

    /// The shape of a reader that the WinMentor Bridge leaves untyped.
    fn untyped(&self) -> Shape {
        match self.named() {
            Shape::Named if self.dialect == Dialect::BridgeV12 => Shape::Columns,
            shape => shape,
        }
    }

    fn one(&self, out: &mut Vec<u8>, record: &mut Record, layout: &Layout, shape: Shape) {
        record.push_all((0..self.extra_columns).map(|_| "0"));
        write_record(out, record, layout, shape, self.resplit);
    }

    /// A JSON array of the rows, or `null` when there is none.
    fn rows(
        &self,
        out: &mut Vec<u8>,
        rows: impl Iterator<Item = usize>,
        layout: &Layout,
        shape: Shape,
        mut fill: impl FnMut(&mut Record, usize),
    ) {
        let mut record = Record::default();
        let mut any = false;
        for row in rows {
            out.push(if any { b',' } else { b'[' });
            any = true;
            record.clear();
            fill(&mut record, row);
            self.one(out, &mut record, layout, shape);
        }
        out.extend_from_slice(if any { b"]" } else { b"null" });
    }

    /// The data of an unpaged list of `count` rows.
    fn list(
        &self,
        count: usize,
        layout: &Layout,
        shape: Shape,
        fill: impl FnMut(&mut Record, usize),
    ) -> Vec<u8> {
        let mut out = Vec::new();
        self.rows(&mut out, 0..self.answers.keep(count), layout, shape, fill);
        out
    }
}

/// The rows of a paged list: all, or those that a search found.
enum Rows {
    All(usize),
    Found(Vec<usize>),
}

impl Rows {
    fn find(count: usize, search: &str, matches: impl Fn(usize, &str) -> bool) -> Self {
        let wanted = search.trim().to_lowercase();
        if wanted.is_empty() {
            return Self::All(count);
        }
        Self::Found((0..count).filter(|&row| matches(row, &wanted)).collect())
    }

    fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Found(rows) => rows.len(),
        }
    }

    fn get(&self, place: usize) -> usize {
        match self {
            Self::All(_) => place,
            Self::Found(rows) => rows.get(place).copied().unwrap_or(0),
        }
    }
}

struct Page {
    number: usize,
    size: usize,
}

impl Page {
    fn new(options: &WinMentorSimOptions, query: &ListQuery) -> Self {
        let size = query.page_size.parse().unwrap_or(options.default_page_size);
        let limit = match options.dialect {
            Dialect::MentorApi => options.max_page_size,
            Dialect::BridgeV12 => options.max_page_size.min(5_000),
        };
        Self { number: query.page.parse().unwrap_or(1).max(1), size: size.clamp(1, limit.max(1)) }
    }

    fn data(
        &self,
        look: &Look,
        rows: &Rows,
        layout: &Layout,
        fill: impl FnMut(&mut Record, usize),
    ) -> Vec<u8> {
        let total = look.answers.keep(rows.len());
        let pages = total.div_ceil(self.size);
        let from = (self.number - 1).saturating_mul(self.size).min(total);
        let to = from.saturating_add(self.size).min(total);
        let mut out = Vec::with_capacity((to - from) * 400 + 128);
        out.extend_from_slice(br#"{"items":"#);
        look.rows(&mut out, (from..to).map(|place| rows.get(place)), layout, look.named(), fill);
        let rest = match look.dialect {
            Dialect::MentorApi => json!({
                "page": self.number, "pageSize": self.size, "totalPages": pages,
                "hasNextPage": self.number < pages,
            }),
            Dialect::BridgeV12 => json!({
                "page": self.number, "pageSize": self.size, "totalItems": total, "totalPages": pages,
                "hasNextPage": self.number < pages, "hasPreviousPage": self.number > 1,
            }),
        }
        .to_string();
        out.push(b',');
        out.extend_from_slice(rest.get(1..).unwrap_or_default().as_bytes());
        out
    }
}

const NO_COMPANY: &str = "Nu este selectata nicio firma";

fn not_here(bridge: &Bridge) -> Response {
    bridge.fail(StatusCode::NOT_FOUND, &["Ruta inexistenta".to_owned()])
}

/// Answers any path that this dialect does not know.
pub(super) async fn unknown_route(State(bridge): App) -> Response {
    not_here(&bridge)
}

pub(super) async fn health(State(bridge): App) -> Response {
    bridge.ok(&bridge.health())
}

pub(super) async fn versions(State(bridge): App) -> Response {
    let selected = bridge.com(1, |books| books.session.company.is_some()).await;
    let (mentor, server) = if selected { (16.43, 1.87) } else { (0.0, 0.0) };
    bridge.ok(&json!({"verMentor": mentor, "verServer": server}))
}

pub(super) async fn companies(State(bridge): App) -> Response {
    let data = bridge
        .com(1, |books| {
            let companies = books.companies();
            match books.options.dialect {
                Dialect::MentorApi => json!(companies),
                Dialect::BridgeV12 => json!(companies.map(|name| json!({"nume": name}))),
            }
        })
        .await;
    bridge.ok(&data)
}

pub(super) async fn months(State(bridge): App, Path(company): Path<String>) -> Response {
    let data = bridge
        .com(1, |books| {
            let known = books.companies().iter().any(|name| name.eq_ignore_ascii_case(&company));
            let months = books.months.keys().map(|(year, month)| format!("{year}_{month:02}"));
            known.then(|| months.collect::<Vec<_>>())
        })
        .await;
    bridge.ok(&json!(data))
}

pub(super) async fn errors(State(bridge): App) -> Response {
    let errors = bridge.com(1, |books| books.session.errors.clone()).await;
    bridge.ok(&if errors.is_empty() { json!(null) } else { json!(errors) })
}

/// Reads the nomenclature through the cache; `None` when no company is selected.
async fn article_list(bridge: &Bridge, refresh: bool) -> Option<Cached<Snapshot>> {
    if let Some(cached) = bridge.cached(refresh, |caches| caches.articles.as_ref()) {
        return Some(cached);
    }
    let (rows, field) = bridge.com(1, read_articles).await?;
    Some(bridge.remember(rows, field, |caches| &mut caches.articles))
}

fn read_articles(books: &mut Books) -> Option<(Snapshot, IdField)> {
    books.session.company?;
    let rows = if books.in_main_company() { books.catalogue.snapshot() } else { Snapshot::default() };
    Some((rows, books.session.article_field))
}

/// What is needed to show articles, copied so that long lists are written without holding the books.
struct Surroundings {
    options: WinMentorSimOptions,
    texts: Arc<super::books::Texts>,
}

impl Surroundings {
    fn of(bridge: &Bridge) -> Self {
        let books = bridge.books();
        Self { options: books.options.clone(), texts: Arc::clone(&books.texts) }
    }

    fn view(&self, field: IdField) -> View<'_> {
        View {
            field,
            texts: &self.texts,
            warehouses: &self.options.warehouses,
            reservation: self.options.reservation_view,
        }
    }
}

fn contains(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(wanted)
}

pub(super) async fn articles(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    let Some(list) = article_list(&bridge, yes(&query.refresh)).await else {
        return bridge.com_error(NO_COMPANY);
    };
    let around = Surroundings::of(&bridge);
    let view = around.view(list.field);
    let first = usize::from(around.options.placeholder_rows && !list.rows.is_empty());
    let rows = Rows::find(list.rows.len() + first, &query.search, |row, wanted| {
        let article = row.checked_sub(first).and_then(|index| list.rows.get(index));
        article.is_some_and(|article| contains(&article.name, wanted) || contains(&article.code, wanted))
    });
    let look = Look::new(&around.options, &query);
    let data = Page::new(&around.options, &query).data(&look, &rows, &ARTICLE, |record, row| {
        match row.checked_sub(first).and_then(|index| list.rows.get(index)) {
            Some(article) => records::article(record, article, &view),
            None => records::placeholder(record, ARTICLE_WIDTH),
        }
    });
    bridge.ok_text(&data)
}

pub(super) async fn stock(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    let cached = bridge.cached(yes(&query.refresh), |caches| caches.stock.as_ref());
    let list = match cached {
        Some(list) => list,
        None => match bridge.com(1, read_articles).await {
            Some((rows, field)) => bridge.remember(rows, field, |caches| &mut caches.stock),
            None => return bridge.com_error(NO_COMPANY),
        },
    };
    let around = Surroundings::of(&bridge);
    let view = around.view(list.field);
    let all = around.options.zero_stock_rows;
    let cells: Vec<(usize, usize)> = list
        .rows
        .iter()
        .enumerate()
        .filter(|(_, article)| !article.service)
        .flat_map(|(index, article)| {
            article
                .stock
                .iter()
                .enumerate()
                .filter(move |(_, quantity)| all || **quantity != 0)
                .map(move |(warehouse, _)| (index, warehouse))
        })
        .collect();
    let rows = Rows::find(cells.len(), &query.search, |row, wanted| {
        let article = cells.get(row).and_then(|(index, _)| list.rows.get(*index));
        article.is_some_and(|article| contains(&article.name, wanted) || contains(&article.code, wanted))
    });
    let look = Look::new(&around.options, &query);
    let data = Page::new(&around.options, &query).data(&look, &rows, &STOCK, |record, row| {
        if let Some(&(index, warehouse)) = cells.get(row)
            && let Some(article) = list.rows.get(index)
        {
            records::stock(record, article, warehouse, &view);
        }
    });
    bridge.ok_text(&data)
}

async fn one_stock(bridge: &Bridge, id: &str, query: &ListQuery, shape: Option<Shape>) -> Response {
    let data = bridge
        .com(1, |books| {
            let article = books.article(id)?;
            let warehouse = books.options.warehouses.iter().position(|symbol| *symbol == query.gestiune);
            let view = View {
                field: books.session.article_field,
                texts: &books.texts,
                warehouses: &books.options.warehouses,
                reservation: books.options.reservation_view,
            };
            let look = Look::new(&books.options, query);
            let (mut out, mut record) = (Vec::new(), Record::default());
            records::stock_of_one(&mut record, article, warehouse, &view);
            look.one(&mut out, &mut record, &STOCK_OF_ONE, shape.unwrap_or_else(|| look.named()));
            Some(out)
        })
        .await;
    match data {
        Some(data) => bridge.ok_text(&data),
        None => bridge.com_error(&format!("Articolul {id} nu exista")),
    }
}

pub(super) async fn article_stock(
    State(bridge): App,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Response {
    one_stock(&bridge, &id, &query, None).await
}

/// The WinMentor Bridge's path: one `;` string.
pub(super) async fn article_stock_v12(
    State(bridge): App,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Response {
    if bridge.books().options.dialect != Dialect::BridgeV12 {
        return not_here(&bridge);
    }
    one_stock(&bridge, &id, &query, Some(Shape::Raw)).await
}

pub(super) async fn products(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    let Some(since) = parse_stamp(&query.last_sync) else {
        return bridge.fail(StatusCode::BAD_REQUEST, &["lastSync lipsa sau incorect".to_owned()]);
    };
    let Some((articles, field)) = bridge.com(1, read_articles).await else {
        return bridge.com_error(NO_COMPANY);
    };
    let changed: Vec<_> = articles.iter().filter(|article| article.modified >= since).collect();
    let around = Surroundings::of(&bridge);
    let look = Look::new(&around.options, &query);
    let data = look.list(changed.len(), &PRODUCT, look.untyped(), |record, row| {
        if let Some(article) = changed.get(row) {
            records::product(record, article, &around.view(field));
        }
    });
    bridge.ok_text(&data)
}

/// Answers a list that is written while the COM thread is held; `read` gives `None` when nothing is selected.
async fn listed(bridge: &Bridge, read: impl FnOnce(&mut Books) -> Result<Vec<u8>, &'static str>) -> Response {
    match bridge.com(1, read).await {
        Ok(data) => bridge.ok_text(&data),
        Err(reason) => bridge.com_error(reason),
    }
}

pub(super) async fn removed_products(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    let since = parse_stamp(&query.last_sync).unwrap_or_else(super::catalogue::epoch);
    listed(&bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        let main = books.in_main_company();
        let removed: Vec<_> = books.catalogue.removed.iter().filter(|(_, at)| main && *at >= since).collect();
        let look = Look::new(&books.options, &query);
        Ok(look.list(removed.len(), &REMOVED, look.untyped(), |record, row| {
            if let Some((id, at)) = removed.get(row) {
                record.push_all([id, stamp_text(*at).as_str()]);
            }
        }))
    })
    .await
}

pub(super) async fn warehouses(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    listed(&bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        let look = Look::new(&books.options, &query);
        let warehouses = &books.options.warehouses;
        // The first row is a nameless sentinel.
        Ok(look.list(warehouses.len() + 1, &WAREHOUSE, look.untyped(), |record, row| {
            match row.checked_sub(1).and_then(|index| warehouses.get(index)) {
                Some(symbol) => record.push_all([symbol.as_str(), &format!("Depozit {symbol}")]),
                None => record.push_all(["", ""]),
            }
        }))
    })
    .await
}

pub(super) async fn booklets(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    listed(&bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        let look = Look::new(&books.options, &query);
        Ok(look.list(BOOKLETS.len(), &BOOKLET, look.untyped(), |record, row| {
            if let Some(booklet) = BOOKLETS.get(row) {
                record.push_all([booklet.symbol, booklet.kind, booklet.name]);
            }
        }))
    })
    .await
}

pub(super) async fn booklet_ranges(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    listed(&bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        let look = Look::new(&books.options, &query);
        Ok(look.list(BOOKLETS.len(), &BOOKLET_RANGE, look.untyped(), |record, row| {
            if let Some(booklet) = BOOKLETS.get(row) {
                let left = numbers_left(books, booklet);
                record.push_all([booklet.symbol, booklet.kind, booklet.name]);
                record.push_all([booklet.first, booklet.last, left].map(|number| number.to_string()).iter().map(String::as_str));
            }
        }))
    })
    .await
}

fn numbers_left(books: &Books, booklet: &Booklet) -> i64 {
    let used = books.orders.iter().filter(|order| order.booklet == booklet.symbol).count();
    booklet.last - booklet.first + 1 - i64::try_from(used).unwrap_or(0)
}

pub(super) async fn currencies(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    listed(&bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        let look = Look::new(&books.options, &query);
        Ok(look.list(CURRENCIES.len(), &CURRENCY, look.untyped(), |record, row| {
            if let Some((name, symbol)) = CURRENCIES.get(row) {
                record.push_all([*name, *symbol]);
            }
        }))
    })
    .await
}

pub(super) async fn units(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    listed(&bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        let look = Look::new(&books.options, &query);
        Ok(look.list(UNITS.len(), &UNIT, look.untyped(), |record, row| {
            record.push_all(UNITS.get(row).copied());
        }))
    })
    .await
}

pub(super) async fn partners(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    let cached = bridge.cached(yes(&query.refresh), |caches| caches.partners.as_ref());
    let list = match cached {
        Some(list) => list,
        None => {
            let read = bridge
                .com(1, |books| {
                    let company = books.session.company?;
                    let all = books.partners.iter().filter(|partner| partner.company == company);
                    Some((Arc::new(all.cloned().collect::<Vec<_>>()), books.session.partner_field))
                })
                .await;
            match read {
                Some((rows, field)) => bridge.remember(rows, field, |caches| &mut caches.partners),
                None => return bridge.com_error(NO_COMPANY),
            }
        }
    };
    let options = bridge.books().options.clone();
    let first = usize::from(options.placeholder_rows && !list.rows.is_empty());
    let rows = Rows::find(list.rows.len() + first, &query.search, |row, wanted| {
        row.checked_sub(first).and_then(|index| list.rows.get(index)).is_some_and(|partner| {
            [&partner.name, &partner.tax_id, &partner.internal_id, &partner.code]
                .iter()
                .any(|text| contains(text, wanted))
        })
    });
    let look = Look::new(&options, &query);
    let data = Page::new(&options, &query).data(&look, &rows, &PARTNER, |record, row| {
        match row.checked_sub(first).and_then(|index| list.rows.get(index)) {
            Some(partner) => records::partner(record, partner, list.field),
            None => records::placeholder(record, PARTNER_WIDTH),
        }
    });
    bridge.ok_text(&data)
}

pub(super) async fn next_partner_id(State(bridge): App) -> Response {
    let id = bridge
        .com(1, |books| {
            books.session.company.ok_or(NO_COMPANY)?;
            if books.options.next_id_empty > 0 {
                books.options.next_id_empty -= 1;
                return Ok(String::new());
            }
            Ok(books.next_partner_id().to_string())
        })
        .await;
    let dialect = bridge.books().options.dialect;
    match id {
        Err(reason) => bridge.com_error(reason),
        Ok(id) if dialect == Dialect::BridgeV12 => bridge.ok(&json!(id)),
        Ok(id) => bridge.ok(&json!({"nextId": id})),
    }
}

pub(super) async fn order_info(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    listed(&bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        let (look, lines) = (Look::new(&books.options, &query), books.all_lines());
        Ok(look.list(lines.len(), &ORDER_INFO, look.untyped(), |record, row| {
            if let Some(line) = lines.get(row) {
                books.order_info(record, line);
            }
        }))
    })
    .await
}

pub(super) async fn uninvoiced(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    listed(&bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        let (look, lines) = (Look::new(&books.options, &query), books.uninvoiced_lines());
        Ok(look.list(lines.len(), &UNINVOICED, look.untyped(), |record, row| {
            if let Some(line) = lines.get(row) {
                books.uninvoiced(record, line);
            }
        }))
    })
    .await
}

async fn sales_list(bridge: &Bridge, query: &ListQuery, dialect: Dialect) -> Response {
    if bridge.books().options.dialect != dialect {
        return not_here(bridge);
    }
    listed(bridge, |books| {
        books.session.company.ok_or(NO_COMPANY)?;
        books.session.month.ok_or("Nu este selectata luna de lucru")?;
        let (look, lines) = (Look::new(&books.options, query), books.sold_lines());
        Ok(look.list(lines.len(), &SALE, look.untyped(), |record, row| {
            let Some(line) = lines.get(row) else { return };
            if dialect == Dialect::BridgeV12 && !look.raw {
                let mut whole = Record::default();
                books.sale(&mut whole, line);
                record.push_all(whole.fields().take(SALE_V12_FIELDS));
            } else {
                books.sale(record, line);
            }
        }))
    })
    .await
}

pub(super) async fn sales(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    sales_list(&bridge, &query, Dialect::MentorApi).await
}

pub(super) async fn sales_v12(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    sales_list(&bridge, &query, Dialect::BridgeV12).await
}

/// `ExistaFactura`: every invoice of the simulator is posted.
async fn invoice_code(bridge: &Bridge, number: &str) -> i32 {
    bridge
        .com(1, |books| {
            let Ok(number) = number.parse::<i64>() else { return -1 };
            if books.session.company.is_none() {
                return -1;
            }
            let mut invoices = books.orders.iter().filter_map(|order| order.invoice.as_ref());
            i32::from(books.session.company == Some(super::books::MAIN) && invoices.any(|i| i.number == number))
        })
        .await
}

pub(super) async fn invoice_exists(State(bridge): App, Path(number): Path<String>) -> Response {
    if bridge.books().options.dialect != Dialect::MentorApi {
        return not_here(&bridge);
    }
    let code = invoice_code(&bridge, &number).await;
    bridge.ok(&json!({"numar": number, "result": code}))
}

pub(super) async fn invoice_exists_v12(State(bridge): App, Path(number): Path<String>) -> Response {
    if bridge.books().options.dialect != Dialect::BridgeV12 {
        return not_here(&bridge);
    }
    let code = invoice_code(&bridge, &number).await;
    let status = match code {
        0 => "not_found",
        1 => "posted",
        _ => "error",
    };
    bridge.ok(&json!({"numar": number.parse::<i64>().unwrap_or(0), "status": status, "code": code}))
}

/// `PotIntroduceDoc` for the month asked for, or the working month.
pub(super) async fn may_enter(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    let result = bridge
        .com(1, |books| {
            let asked = query.an.parse().ok().zip(query.luna.parse().ok());
            let month = asked.or(books.session.month);
            books.session.company.is_some()
                && month.is_some_and(|(year, month)| books.month_open(year, month))
        })
        .await;
    bridge.ok(&json!({"result": i32::from(result)}))
}
