//! The reading routes for articles and their stock.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::books::{Books, Texts};
use super::bridge::{Bridge, Cached};
use super::catalogue::Snapshot;
use super::layouts::{ARTICLE, PRODUCT, STOCK, STOCK_OF_ONE};
use super::options::{Dialect, IdField, WinMentorSimOptions};
use super::pages::{ListQuery, Look, Page, Rows, yes};
use super::reads::{App, NO_COMPANY, not_here};
use super::record::{Record, Shape};
use super::records::{self, ARTICLE_WIDTH, View};
use super::text::parse_stamp;

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
    texts: Arc<Texts>,
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

/// Whether a text holds another one that is already in lower case.
pub(super) fn contains(text: &str, wanted: &str) -> bool {
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
