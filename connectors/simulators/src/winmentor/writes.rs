//! The routes that change something: session, partners, orders.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bridge::{Bridge, Ledger, pause};
use super::options::{Dialect, IdField};
use super::partners::{ADD_KEYS, Partner};

type App = State<Arc<Bridge>>;

/// A number that may come as text.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A text that may come as a number.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn bad_json(bridge: &Bridge) -> Response {
    bridge.fail(StatusCode::BAD_REQUEST, &["JSON incorect".to_owned()])
}

fn object(body: &Bytes) -> Option<Map<String, Value>> {
    serde_json::from_slice(body).ok()
}

pub(super) async fn select_company(State(bridge): App, body: Bytes) -> Response {
    let Some(body) = object(&body) else { return bad_json(&bridge) };
    let asked = || {
        let company = body.get("firma")?.as_str()?.to_owned();
        let year = i16::try_from(integer(body.get("an")?)?).ok()?;
        let month = i8::try_from(integer(body.get("luna")?)?).ok()?;
        Some((company, year, month))
    };
    let Some((company, year, month)) = asked() else { return bad_json(&bridge) };
    let before = bridge.books().session.company;
    let outcome = bridge
        .com(1, |books| {
            if !books.set_company(&company) {
                return Err(format!("SetNumeFirma a esuat pentru {company}"));
            }
            if !books.set_month(year, month) {
                return Err(format!("SetLunaLucru a esuat pentru {month:02}/{year}"));
            }
            Ok(())
        })
        .await;
    if bridge.books().session.company != before {
        bridge.drop_caches();
    }
    match outcome {
        Ok(()) => bridge.ok(&json!({"firma": company, "an": year, "luna": month})),
        Err(reason) => bridge.com_error(&reason),
    }
}

async fn set_id_field(bridge: &Bridge, body: &Bytes, partner: bool) -> Response {
    let Some(body) = object(body) else { return bad_json(bridge) };
    let name = body.get("fieldName").and_then(Value::as_str).unwrap_or_default();
    let field = match name {
        "CodExtern" => IdField::CodExtern,
        "CodIntern" => IdField::CodIntern,
        "CodFiscal" if partner => IdField::CodFiscal,
        _ => {
            return bridge
                .fail(StatusCode::BAD_REQUEST, &[format!("Camp de identificare necunoscut: {name}")]);
        }
    };
    let (changed, dialect, keep) = bridge
        .com(1, |books| {
            let place =
                if partner { &mut books.session.partner_field } else { &mut books.session.article_field };
            let changed = *place != field;
            *place = field;
            (changed, books.options.dialect, books.options.cache_survives_id_switch)
        })
        .await;
    if changed && !keep {
        bridge.drop_caches();
    }
    bridge.ok(&match dialect {
        Dialect::MentorApi => json!({"fieldName": name, "set": true}),
        Dialect::BridgeV12 => json!({"field": name, "applied": true}),
    })
}

pub(super) async fn id_part_field(State(bridge): App, body: Bytes) -> Response {
    set_id_field(&bridge, &body, true).await
}

pub(super) async fn id_art_field(State(bridge): App, body: Bytes) -> Response {
    set_id_field(&bridge, &body, false).await
}

pub(super) async fn disconnect(State(bridge): App) -> Response {
    if bridge.books().options.dialect == Dialect::BridgeV12 {
        return bridge.fail(StatusCode::NOT_FOUND, &["Ruta inexistenta".to_owned()]);
    }
    bridge.release(true);
    bridge.ok(&json!({"connected": false}))
}

pub(super) async fn connect(State(bridge): App) -> Response {
    if bridge.books().options.dialect == Dialect::BridgeV12 {
        return bridge.fail(StatusCode::NOT_FOUND, &["Ruta inexistenta".to_owned()]);
    }
    let wait_ms = bridge.books().options.reconnect_ms;
    pause(wait_ms).await;
    bridge.release(false);
    bridge.ok(&json!({"connected": true}))
}

/// The Go bridge takes an object and ignores `info`; the WinMentor Bridge takes only `info`.
pub(super) async fn add_partner(State(bridge): App, body: Bytes) -> Response {
    let Some(body) = object(&body) else { return bad_json(&bridge) };
    let dialect = bridge.books().options.dialect;
    let fields: Vec<String> = match dialect {
        Dialect::MentorApi => {
            ADD_KEYS.iter().map(|key| body.get(*key).map(text).unwrap_or_default()).collect()
        }
        Dialect::BridgeV12 => body
            .get("info")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .split(';')
            .map(str::to_owned)
            .collect(),
    };
    let result = bridge.com(1, |books| books.add_partner(Partner::from_fields(&fields))).await;
    bridge.ok(&match dialect {
        Dialect::MentorApi => json!({"method": "AdaugaPartener", "result": result}),
        Dialect::BridgeV12 => {
            let message = if result > 0 { "Partener adaugat" } else { "Partenerul nu a fost adaugat" };
            json!({"result": result, "message": message})
        }
    })
}

/// What becomes of a packet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Validate,
    Import,
}

/// How an outcome is worded: the route decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wording {
    Lines,
    Structured,
}

/// `SetDocsData`, `ComenziValide`, `ImportaComenzi`: three calls, not one. Between them the COM thread is free, and
/// another request may replace the document (specification 5.1). Runs to its end even when the caller hangs up.
async fn process(
    bridge: Arc<Bridge>,
    lines: Vec<String>,
    purpose: Purpose,
    wording: Wording,
    ledger: Ledger,
) -> Response {
    let shown = lines.clone();
    let running = tokio::spawn(run_packet(Arc::clone(&bridge), lines, purpose, ledger));
    let Ok(outcome) = running.await else {
        return bridge.com_error("Eroare COM: apelul s-a intrerupt");
    };
    let dialect = bridge.books().options.dialect;
    match outcome {
        Err(errors) if dialect == Dialect::BridgeV12 => {
            bridge.ok(&json!({"isValid": false, "importedCount": 0, "errors": errors, "warnings": []}))
        }
        Err(errors) => bridge.fail(StatusCode::BAD_REQUEST, &errors),
        Ok(None) => match wording {
            Wording::Lines => bridge.ok(&json!({"isValid": true, "docType": "comenzi"})),
            Wording::Structured => bridge.ok(&json!({"isValid": true, "docType": "comenzi", "lines": shown})),
        },
        Ok(Some((count, notes))) => bridge.ok(&match (dialect, wording) {
            (Dialect::BridgeV12, _) => {
                json!({"isValid": true, "importedCount": count, "errors": [], "warnings": notes})
            }
            (Dialect::MentorApi, Wording::Lines) => {
                json!({"isValid": true, "importedCount": count, "docType": "comenzi", "errors": notes})
            }
            (Dialect::MentorApi, Wording::Structured) => {
                json!({"isValid": true, "importedCount": count, "docType": "comenzi", "warnings": notes})
            }
        }),
    }
}

type Imported = Option<(usize, Vec<String>)>;

async fn run_packet(
    bridge: Arc<Bridge>,
    lines: Vec<String>,
    purpose: Purpose,
    ledger: Ledger,
) -> Result<Imported, Vec<String>> {
    let calls = if purpose == Purpose::Import { 3 } else { 2 };
    let gap_ms = bridge.books().options.import_gap_ms;
    bridge.com(calls, |books| books.session.document = lines).await;
    pause(gap_ms).await;
    bridge.com(calls, |books| books.validate().map(drop)).await?;
    if purpose == Purpose::Validate {
        return Ok(None);
    }
    bridge.books().close_month_if_asked();
    pause(gap_ms).await;
    let (count, notes) = bridge
        .com(calls, |books| {
            let (count, entries) = books.import();
            ledger.add(entries);
            (count, books.session.errors.clone())
        })
        .await;
    Ok(Some((count, notes)))
}

#[derive(Deserialize)]
struct LinesBody {
    lines: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ImportQuery {
    validate_only: String,
}

pub(super) async fn import_orders(
    State(bridge): App,
    Query(query): Query<ImportQuery>,
    Extension(ledger): Extension<Ledger>,
    body: Bytes,
) -> Response {
    let Ok(body) = serde_json::from_slice::<LinesBody>(&body) else { return bad_json(&bridge) };
    let only_validate = query.validate_only.eq_ignore_ascii_case("true") || query.validate_only == "1";
    let purpose = if only_validate { Purpose::Validate } else { Purpose::Import };
    process(bridge, body.lines, purpose, Wording::Lines, ledger).await
}

pub(super) async fn validate_orders(
    State(bridge): App,
    Extension(ledger): Extension<Ledger>,
    body: Bytes,
) -> Response {
    let Ok(body) = serde_json::from_slice::<LinesBody>(&body) else { return bad_json(&bridge) };
    process(bridge, body.lines, Purpose::Validate, Wording::Lines, ledger).await
}

pub(super) async fn validate_structured(
    State(bridge): App,
    Extension(ledger): Extension<Ledger>,
    body: Bytes,
) -> Response {
    let Some(body) = object(&body) else { return bad_json(&bridge) };
    process(bridge, packet_lines(&body), Purpose::Validate, Wording::Structured, ledger).await
}

pub(super) async fn import_structured(
    State(bridge): App,
    Extension(ledger): Extension<Ledger>,
    body: Bytes,
) -> Response {
    let Some(body) = object(&body) else { return bad_json(&bridge) };
    process(bridge, packet_lines(&body), Purpose::Import, Wording::Structured, ledger).await
}

/// Shows the packet without touching WinMentor.
pub(super) async fn preview_structured(State(bridge): App, body: Bytes) -> Response {
    let Some(body) = object(&body) else { return bad_json(&bridge) };
    let lines = packet_lines(&body);
    let preview = lines.join("\r\n");
    bridge.ok(&json!({"docType": "comenzi", "lines": lines, "preview": preview}))
}

/// The packet that the Go bridge generates; it cannot express place, online flag or line remarks.
fn packet_lines(body: &Map<String, Value>) -> Vec<String> {
    let field = |map: &Map<String, Value>, key: &str, default: &str| {
        let value = map.get(key).map(text).unwrap_or_default();
        if value.is_empty() { default.to_owned() } else { value }
    };
    let objects = |map: &Map<String, Value>, key: &str| -> Vec<Map<String, Value>> {
        let list = map.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_object).cloned().collect()
    };
    let orders = objects(body, "comenzi");
    let mut lines = vec![
        "[InfoPachet]".to_owned(),
        format!("AnLucru={}", field(body, "anLucru", "")),
        format!("LunaLucru={}", field(body, "lunaLucru", "")),
        "Tipdocument=COMANDA".to_owned(),
        format!("TotalComenzi={}", orders.len()),
        format!("Logon={}", field(body, "logon", "Master")),
    ];
    for (index, order) in orders.iter().enumerate() {
        let number = index + 1;
        let items = objects(order, "items");
        lines.push(format!("[Comanda_{number}]"));
        for (key, name, default) in [
            ("NrDoc", "nrDoc", ""),
            ("SimbolCarnet", "simbolCarnet", ""),
            ("Operatie", "operatie", "A"),
            ("Data", "data", ""),
            ("CodClient", "codClient", ""),
            ("Moneda", "moneda", "LEI"),
        ] {
            lines.push(format!("{key}={}", field(order, name, default)));
        }
        lines.push(format!("TotalArticole={}", items.len()));
        lines.push(format!("Observatii={}", field(order, "observatii", "")));
        for (key, name) in [("Scadenta", "scadenta"), ("Agent", "agent")] {
            let value = field(order, name, "");
            if !value.is_empty() {
                lines.push(format!("{key}={value}"));
            }
        }
        lines.push(format!("[Items_{number}]"));
        for (index, item) in items.iter().enumerate() {
            let values = ["codArticol", "um", "cantitate", "pret", "discount", "data"]
                .map(|name| field(item, name, ""))
                .join(";");
            lines.push(format!("Item_{}={values};", index + 1));
        }
    }
    lines
}
