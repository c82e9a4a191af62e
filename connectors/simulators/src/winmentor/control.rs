//! `/control`: the same commands as the Rust handle, over HTTP and in JSON.
//!
//! Good answers are 200 with a JSON value; refusals are 400 with `{"error": "…"}`. Decimals may be texts or numbers.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::SimError;
use super::books::Books;
use super::bridge::Bridge;
use super::options::{AnswerFault, PdfFault, TextField, WinMentorSimOptions};
use super::views::NewArticle;
use crate::faults::{FaultPlan, FaultRule};

type App = State<Arc<Bridge>>;

pub(super) fn router(bridge: &Arc<Bridge>, faults: &FaultPlan, pdf_base_url: &str) -> Router {
    let folder = json!({"pdf_base_url": pdf_base_url});
    let books = Router::new()
        .route("/control/state", get(state))
        .route("/control/orders", get(orders))
        .route("/control/orders/cancel", post(cancel))
        .route("/control/orders/invoice", post(invoice))
        .route("/control/orders/storno", post(storno))
        .route("/control/invoices", get(invoices))
        .route("/control/invoices/post", post(post_invoice))
        .route("/control/pdf", get(async move || Json(folder)))
        .route("/control/pdf/fault", post(pdf_fault))
        .route("/control/articles", get(articles).post(add_article))
        .route("/control/articles/remove", post(remove_article))
        .route("/control/stock", post(stock))
        .route("/control/sell", post(sell))
        .route("/control/price", post(price))
        .route("/control/rename", post(rename))
        .route("/control/text", post(text))
        .route("/control/partners/block", post(block))
        .route("/control/months/close", post(close_month))
        .route("/control/months/open", post(open_month))
        .route("/control/months/remove", post(remove_month))
        .route("/control/maintenance", post(maintenance))
        .route("/control/restart", post(restart))
        .route("/control/switch-company", post(switch_company))
        .route("/control/restore-backup", post(restore))
        .route("/control/answers", post(answers))
        .route("/control/options", get(options).post(change_options))
        .route("/control/clock", get(clock).post(move_clock))
        .route("/control/log", get(log))
        .with_state(Arc::clone(bridge));
    let faults =
        Router::new().route("/control/faults", get(fault_rules).post(set_faults)).with_state(faults.clone());
    books.merge(faults)
}

impl IntoResponse for SimError {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({"error": self.to_string()}))).into_response()
    }
}

type Answer = Result<Json<Value>, SimError>;

fn done() -> Json<Value> {
    Json(json!({"ok": true}))
}

/// A decimal that may be a JSON text or number.
fn decimal(value: &Value) -> Result<Decimal, SimError> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.trim().parse().map_err(|_| SimError::NotANumber(text))
}

#[derive(Deserialize)]
struct Amount {
    sku: String,
    #[serde(default)]
    warehouse: String,
    #[serde(default)]
    qty: Value,
    #[serde(default)]
    net: Value,
}

#[derive(Deserialize)]
struct Named {
    sku: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Override {
    sku: String,
    field: TextField,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Number {
    nr_doc: i64,
}

/// A sales document of an order: all of it, or so many units.
#[derive(Deserialize)]
struct Part {
    nr_doc: i64,
    #[serde(default)]
    qty: Value,
    /// Once more what was invoiced already.
    #[serde(default)]
    again: bool,
}

impl Part {
    fn quantity(&self) -> Result<Option<Decimal>, SimError> {
        if self.qty.is_null() { Ok(None) } else { decimal(&self.qty).map(Some) }
    }
}

#[derive(Deserialize)]
struct InvoiceNumber {
    number: i64,
}

#[derive(Deserialize)]
struct PrintTrouble {
    #[serde(default)]
    number: Option<i64>,
    fault: PdfFault,
}

#[derive(Deserialize)]
struct Month {
    year: i16,
    month: i8,
}

#[derive(Deserialize)]
struct Block {
    code: String,
    #[serde(default = "yes")]
    blocked: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Switch {
    on: bool,
}

#[derive(Deserialize)]
struct Hours {
    hours: u32,
}

#[derive(Deserialize)]
struct Answers {
    fault: AnswerFault,
}

#[derive(Deserialize)]
struct ClockMove {
    #[serde(default)]
    now_ms: Option<i64>,
    #[serde(default)]
    advance_ms: i64,
}

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    after: usize,
    #[serde(default)]
    kind: Option<String>,
}

async fn state(State(bridge): App) -> Json<Value> {
    let high_water = bridge.concurrent_high_water();
    let health = bridge.health();
    let books = bridge.books();
    let companies = books.companies();
    let months: Vec<_> = books
        .months
        .iter()
        .map(|((year, month), open)| json!({"month": format!("{year}_{month:02}"), "open": open}))
        .collect();
    let session = &books.session;
    Json(json!({
        "health": health, "articles": books.catalogue.all().len(), "partners": books.partner_codes(),
        "orders": books.orders.len(), "months": months, "concurrent_high_water": high_water,
        "session": {
            "company": session.company.and_then(|index| companies.get(index).copied()),
            "month": session.month.map(|(year, month)| format!("{year}_{month:02}")),
            "article_field": session.article_field.name(), "partner_field": session.partner_field.name(),
        },
    }))
}

async fn orders(State(bridge): App) -> Json<Value> {
    let mut books = bridge.books();
    books.clerk_at_work();
    Json(json!(books.order_views()))
}

async fn cancel(State(bridge): App, Json(body): Json<Number>) -> Answer {
    bridge.books().cancel(body.nr_doc)?;
    Ok(done())
}

fn sales_document(books: &Books, number: i64) -> Json<Value> {
    let series = books.sales_document(number).map(|(_, invoice)| invoice.series.as_str());
    Json(json!({"number": number, "series": series}))
}

async fn invoice(State(bridge): App, Json(body): Json<Part>) -> Answer {
    let quantity = body.quantity()?;
    let mut books = bridge.books();
    let number =
        if body.again { books.invoice_again(body.nr_doc)? } else { books.invoice(body.nr_doc, quantity)? };
    Ok(sales_document(&books, number))
}

async fn storno(State(bridge): App, Json(body): Json<Part>) -> Answer {
    let quantity = body.quantity()?;
    let mut books = bridge.books();
    let number = books.storno(body.nr_doc, quantity)?;
    Ok(sales_document(&books, number))
}

async fn invoices(State(bridge): App) -> Json<Value> {
    let mut books = bridge.books();
    books.clerk_at_work();
    Json(json!(books.invoice_views()))
}

async fn post_invoice(State(bridge): App, Json(body): Json<InvoiceNumber>) -> Answer {
    bridge.books().post_invoice(body.number)?;
    Ok(done())
}

async fn pdf_fault(State(bridge): App, Json(body): Json<PrintTrouble>) -> Answer {
    bridge.books().pdf_fault(body.number, body.fault)?;
    Ok(done())
}

async fn articles(State(bridge): App) -> Json<Value> {
    Json(json!(bridge.books().article_views()))
}

async fn add_article(State(bridge): App, Json(body): Json<NewArticle>) -> Answer {
    let internal_id = bridge.books().add_article(&body)?;
    Ok(Json(json!({"internal_id": internal_id})))
}

async fn remove_article(State(bridge): App, Json(body): Json<Named>) -> Answer {
    bridge.books().remove_article(&body.sku)?;
    Ok(done())
}

async fn stock(State(bridge): App, Json(body): Json<Amount>) -> Answer {
    bridge.books().set_stock(&body.sku, &body.warehouse, decimal(&body.qty)?)?;
    Ok(done())
}

async fn sell(State(bridge): App, Json(body): Json<Amount>) -> Answer {
    bridge.books().sell_elsewhere(&body.sku, decimal(&body.qty)?)?;
    Ok(done())
}

async fn price(State(bridge): App, Json(body): Json<Amount>) -> Answer {
    let net = if body.net.is_null() { None } else { Some(decimal(&body.net)?) };
    bridge.books().set_price(&body.sku, net)?;
    Ok(done())
}

async fn rename(State(bridge): App, Json(body): Json<Named>) -> Answer {
    bridge.books().rename(&body.sku, &body.name)?;
    Ok(done())
}

async fn text(State(bridge): App, Json(body): Json<Override>) -> Json<Value> {
    bridge.books().override_text(&body.sku, body.field, body.text.as_deref());
    done()
}

async fn block(State(bridge): App, Json(body): Json<Block>) -> Answer {
    bridge.books().block_partner(&body.code, body.blocked)?;
    Ok(done())
}

async fn close_month(State(bridge): App, Json(body): Json<Month>) -> Json<Value> {
    bridge.books().months.insert((body.year, body.month), false);
    done()
}

async fn open_month(State(bridge): App, Json(body): Json<Month>) -> Json<Value> {
    bridge.books().months.insert((body.year, body.month), true);
    done()
}

async fn remove_month(State(bridge): App, Json(body): Json<Month>) -> Json<Value> {
    bridge.books().months.remove(&(body.year, body.month));
    done()
}

async fn maintenance(State(bridge): App, Json(body): Json<Switch>) -> Json<Value> {
    bridge.release(body.on);
    done()
}

async fn restart(State(bridge): App) -> Json<Value> {
    bridge.restart();
    done()
}

async fn switch_company(State(bridge): App) -> Json<Value> {
    bridge.switch_company_elsewhere();
    done()
}

async fn restore(State(bridge): App, Json(body): Json<Hours>) -> Json<Value> {
    bridge.drop_caches();
    let lost = bridge.books().restore_backup(body.hours);
    Json(json!({"lost_orders": lost}))
}

async fn answers(State(bridge): App, Json(body): Json<Answers>) -> Json<Value> {
    bridge.books().options.answers = body.fault;
    done()
}

async fn options(State(bridge): App) -> Answer {
    Ok(Json(serde_json::to_value(&bridge.books().options)?))
}

/// Takes the options to change; those not named stay.
async fn change_options(State(bridge): App, Json(body): Json<Value>) -> Answer {
    let mut books = bridge.books();
    let mut merged = serde_json::to_value(&books.options)?;
    if let (Some(known), Some(new)) = (merged.as_object_mut(), body.as_object()) {
        known.extend(new.clone());
    }
    let changed = serde_json::from_value::<WinMentorSimOptions>(merged.clone())?;
    let log = books.options.log.clone();
    books.options = WinMentorSimOptions { log, ..changed };
    Ok(Json(merged))
}

async fn clock(State(bridge): App) -> Json<Value> {
    Json(json!({"now_ms": bridge.clock.now_ms()}))
}

async fn move_clock(State(bridge): App, Json(body): Json<ClockMove>) -> Json<Value> {
    if let Some(now_ms) = body.now_ms {
        bridge.clock.set_ms(now_ms);
    }
    bridge.clock.advance_ms(body.advance_ms);
    Json(json!({"now_ms": bridge.clock.now_ms()}))
}

async fn log(State(bridge): App, Query(query): Query<LogQuery>) -> Json<Value> {
    Json(Value::Array(bridge.log.after(query.after, query.kind.as_deref())))
}

async fn fault_rules(State(faults): State<FaultPlan>) -> Json<Value> {
    Json(json!({"rules": faults.rules(), "injected": faults.injected()}))
}

async fn set_faults(State(faults): State<FaultPlan>, Json(rules): Json<Vec<FaultRule>>) -> Json<Value> {
    faults.set(rules);
    done()
}
