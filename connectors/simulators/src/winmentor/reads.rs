//! The reading routes for everything but articles and stock.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::books::{BOOKLETS, Booklet, Books};
use super::bridge::{Bridge, Cached};
use super::goods::contains;
use super::layouts::{
    BOOKLET, BOOKLET_RANGE, CURRENCY, ORDER_INFO, PARTNER, REMOVED, SALE, SALE_V12_FIELDS, UNINVOICED, UNIT,
    WAREHOUSE,
};
use super::options::Dialect;
use super::orders::CURRENCIES;
use super::pages::{ListQuery, Look, Page, Rows, yes};
use super::partners::Partner;
use super::record::Record;
use super::records::{self, PARTNER_WIDTH};
use super::seed::UNITS;
use super::text::{parse_stamp, stamp_text};

pub(super) type App = State<Arc<Bridge>>;

pub(super) const NO_COMPANY: &str = "Nu este selectata nicio firma";

pub(super) fn not_here(bridge: &Bridge) -> Response {
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
                record.push_all(
                    [booklet.first, booklet.last, left]
                        .map(|number| number.to_string())
                        .iter()
                        .map(String::as_str),
                );
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

/// Reads the partners through the cache; `None` when no company is selected.
async fn partner_list(bridge: &Bridge, refresh: bool) -> Option<Cached<Arc<Vec<Partner>>>> {
    if let Some(cached) = bridge.cached(refresh, |caches| caches.partners.as_ref()) {
        return Some(cached);
    }
    let read = |books: &mut Books| {
        let company = books.session.company?;
        let all = books.partners.iter().filter(|partner| partner.company == company);
        Some((Arc::new(all.cloned().collect::<Vec<_>>()), books.session.partner_field))
    };
    let (rows, field) = bridge.com(1, read).await?;
    Some(bridge.remember(rows, field, |caches| &mut caches.partners))
}

pub(super) async fn partners(State(bridge): App, Query(query): Query<ListQuery>) -> Response {
    let Some(list) = partner_list(&bridge, yes(&query.refresh)).await else {
        return bridge.com_error(NO_COMPANY);
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

/// `ExistaFactura`: 0 no, 1 posted, 2 unposted, −1 trouble.
async fn invoice_code(bridge: &Bridge, number: &str) -> i32 {
    bridge
        .com(1, |books| {
            let Ok(number) = number.parse::<i64>() else { return -1 };
            if books.session.company.is_none() {
                return -1;
            }
            match books.sales_document(number).filter(|_| books.in_main_company()) {
                None => 0,
                Some((_, invoice)) if invoice.posted => 1,
                Some(_) => 2,
            }
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
        2 => "not_posted",
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
