//! Shipment Tracking Unified, pull (spec section 13), and the subscriptions of its push (14).

use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::any;
use serde_json::{Value, json};

use super::book::Shipment;
use super::events::{self, Event};
use super::handle::Shared;
use super::mint::number;
use super::options::Behaviour;
use super::places;
use super::push;
use super::reply::Reply;
use super::time::Local;

const BODY_LIMIT: usize = 1024 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/track/shipments", any(track))
        .route("/tracking/push/v1/{*path}", any(subscriptions))
        .with_state(shared)
}

/// A problem body of this API: its `status` is a number.
pub(super) fn problem(status: StatusCode, detail: &str, instance: &str) -> Reply {
    let title = match status {
        StatusCode::NOT_FOUND => "No result found",
        status => status.canonical_reason().unwrap_or("Error"),
    };
    let body = json!({"title": title, "detail": detail, "status": status.as_u16(), "instance": instance});
    Reply { status, body: Some(body), location: None }
}

/// The key of a request, after the day's quota was checked.
fn admit(shared: &Shared, headers: &HeaderMap, path: &str) -> Result<String, Reply> {
    let key = headers.get("dhl-api-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    if !shared.knows_unified(key) {
        return Err(problem(StatusCode::UNAUTHORIZED, "The API key is not valid.", path));
    }
    if let Some(limit) = shared.behaviour().unified_quota_per_day {
        let now_ms = shared.clock.now_ms();
        if !shared.with_book(|book| book.spend(&format!("unified {key}"), limit, now_ms)) {
            let detail = "The quota of this day is used up.";
            return Err(problem(StatusCode::TOO_MANY_REQUESTS, detail, path));
        }
    }
    Ok(key.to_owned())
}

async fn track(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if let Err(refusal) = admit(&shared, request.headers(), &path) {
        return refusal.into_response();
    }
    let query: Vec<(String, String)> = Query::try_from_uri(request.uri()).map(|q| q.0).unwrap_or_default();
    let param = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let Some(awb) = param("trackingNumber").filter(|awb| !awb.is_empty()) else {
        let detail = "The parameter trackingNumber is missing.";
        return problem(StatusCode::BAD_REQUEST, detail, &path).into_response();
    };
    let missing = || {
        let detail = "No shipment with given tracking number found.";
        problem(StatusCode::NOT_FOUND, detail, &format!("/shipment/{awb}"))
    };
    if param("service").is_some_and(|service| service != "express") {
        return missing().into_response();
    }
    let (behaviour, now_ms) = (shared.behaviour(), shared.clock.now_ms());
    let found = shared.with_book(|book| {
        let shipment = book.shipment(awb).filter(|shipment| shipment.is_tracked(&behaviour, now_ms))?;
        Some(full(shipment, &behaviour))
    });
    let Some(found) = found else { return missing().into_response() };
    let url = format!("/shipments?trackingNumber={awb}&offset=0&limit=5");
    Reply::ok(json!({
        "url": url, "prevUrl": url, "nextUrl": url, "firstUrl": url, "lastUrl": url,
        "shipments": [found], "possibleAdditionalShipmentsUrl": [],
    }))
    .into_response()
}

fn full(shipment: &Shipment, behaviour: &Behaviour) -> Value {
    let mut body = brief(shipment, shipment.events.last(), behaviour.dialect.loose_unified);
    let rows = shipment
        .events
        .iter()
        .rev()
        .map(|event| status(shipment, Some(event), behaviour.dialect.loose_unified));
    body["events"] = rows.collect();
    body["origin"] = address(places::of(&shipment.origin), &shipment.origin);
    body["destination"] = address(places::of(&shipment.destination), &shipment.destination);
    let pieces: Vec<&str> = shipment.pieces.iter().map(|piece| piece.number.as_str()).collect();
    body["details"] = json!({
        "product": {"productName": shipment.product}, "totalNumberOfPieces": pieces.len(), "pieceIds": pieces,
        "weight": {"value": number(shipment.total_weight()), "unitText": if shipment.metric { "kg" } else { "lb" }},
        "references": shipment.references.iter()
            .map(|(_, value)| json!({"number": value, "type": "customer-reference"})).collect::<Value>(),
    });
    body
}

/// Number, service and status: what a push message carries too.
pub(super) fn brief(shipment: &Shipment, event: Option<&Event>, loose: bool) -> Value {
    let id = match shipment.awb.parse::<u64>() {
        Ok(number) if loose => Value::from(number),
        _ => Value::from(shipment.awb.as_str()),
    };
    json!({"id": id, "service": "express", "status": status(shipment, event, loose)})
}

fn status(shipment: &Shipment, event: Option<&Event>, loose: bool) -> Value {
    let code = event.map(|event| event.code.as_str());
    let mut status = json!({"statusCode": events::unified_status(code)});
    if let Some(event) = event {
        let place = events::place(&event.code, &shipment.origin, &shipment.destination);
        let local = Local::at(event.at_ms, place.zone);
        let stamp = local.stamp();
        status["timestamp"] = Value::from(if loose { stamp } else { stamp + &local.offset });
        status["location"] = json!({"address": {"addressLocality": place.name}});
        status["status"] = Value::from(event.code.as_str());
        status["description"] = Value::from(events::words(&event.code));
    }
    status
}

fn address(place: &places::Place, country: &str) -> Value {
    json!({"address": {"countryCode": country, "addressLocality": place.name}})
}

async fn subscriptions(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let body: Bytes = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    let rest = path.strip_prefix("/tracking/push/v1/").unwrap_or_default();
    let segments: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
    // The answer to the handshake proves itself by its secret, not by the key.
    if let ("POST", ["subscription", id]) = (parts.method.as_str(), segments.as_slice()) {
        return push::confirm(&shared, id, &parts.headers, &path).into_response();
    }
    let key = match admit(&shared, &parts.headers, &path) {
        Ok(key) => key,
        Err(refusal) => return refusal.into_response(),
    };
    let reply = match (parts.method.as_str(), segments.as_slice()) {
        ("POST", ["subscription"]) => push::subscribe(&shared, &key, &body, &path),
        ("GET", ["subscriptions"]) => push::overview(&shared, &key),
        ("GET", ["subscription", id]) => push::show(&shared, &key, id, &path),
        ("DELETE", ["subscription", id]) => push::unsubscribe(&shared, &key, id, &path),
        _ => problem(StatusCode::NOT_FOUND, "There is no such call.", &path),
    };
    reply.into_response()
}
