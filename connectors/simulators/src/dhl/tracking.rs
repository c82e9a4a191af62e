//! Tracking: one waybill, many, or by reference (spec section 12).

use serde_json::{Value, json};

use super::book::Shipment;
use super::events::{self, Event};
use super::http::Call;
use super::mint::number;
use super::places;
use super::reply::{Problem, Reply};
use super::schema::is_date;
use super::time::Local;

/// The only waybills that the vendor's test system knows.
pub(super) const TEST_WAYBILLS: [&str; 15] = [
    "9356579890",
    "4818240420",
    "5584773180",
    "5786694550",
    "2449648740",
    "5980622760",
    "5980622970",
    "5980623180",
    "5980770460",
    "6781059250",
    "9077880070",
    "5786694760",
    "7957673080",
    "5786696720",
    "8066924740",
];

const MOST_NUMBERS: usize = 200;

const VIEWS: [&str; 6] = [
    "last-checkpoint",
    "all-checkpoints",
    "all-checkpoints-with-remarks",
    "bbx-children",
    "advance-shipment",
    "shipment-details-only",
];

/// What a query wants to see.
struct View<'a> {
    name: &'a str,
    pieces: bool,
    offsets: bool,
    newest_first: bool,
    status: &'a str,
}

impl<'a> View<'a> {
    fn read(call: &'a Call<'_>) -> Result<Self, Problem> {
        let name = call.param("trackingView").unwrap_or("all-checkpoints");
        if !VIEWS.contains(&name) {
            let rule = format!("valid parameters for trackingView are [{}]", VIEWS.join(", "));
            return Err(Problem::wrong_format("trackingView", &rule));
        }
        let level = call.param("levelOfDetail").unwrap_or("shipment");
        if !["shipment", "piece", "all"].contains(&level) {
            let rule = "valid parameters for levelOfDetail are [shipment, piece, all]";
            return Err(Problem::wrong_format("levelOfDetail", rule));
        }
        Ok(Self {
            name,
            pieces: level != "shipment",
            offsets: false,
            newest_first: call.behaviour.newest_first,
            status: &call.behaviour.tracking_status,
        })
    }
}

/// `GET /shipments/{awb}/tracking`.
pub(super) fn one(call: &Call<'_>, awb: &str) -> Result<Reply, Problem> {
    let mut view = View::read(call)?;
    view.offsets = call.flag("requestGMTOffsetPerEvent")?;
    let found = found(call, &[awb], &view);
    answer(call, &found, "No data found")
}

/// `GET /tracking`: by numbers, by piece, or by reference.
pub(super) fn many(call: &Call<'_>) -> Result<Reply, Problem> {
    let view = View::read(call)?;
    let numbers = call.params("shipmentTrackingNumber");
    if numbers.len() > MOST_NUMBERS {
        return Err(Problem::wrong_format("shipmentTrackingNumber", "maxItems=200"));
    }
    if !numbers.is_empty() {
        let found = found(call, &numbers, &view);
        return answer(call, &found, "No data found");
    }
    let pieces = call.params("pieceTrackingNumber");
    if !pieces.is_empty() {
        let found: Vec<Value> = call.book(|book| {
            let of_piece = |shipment: &&Shipment| {
                shipment.is_tracked(call.behaviour, call.now_ms)
                    && shipment.pieces.iter().any(|piece| pieces.contains(&piece.number.as_str()))
            };
            book.shipments().iter().filter(of_piece).map(|shipment| shown(shipment, &view)).collect()
        });
        return answer(call, &found, "No data found");
    }
    by_reference(call, &view)
}

fn by_reference(call: &Call<'_>, view: &View<'_>) -> Result<Reply, Problem> {
    let Some(reference) = call.param("shipmentReference").filter(|reference| !reference.is_empty()) else {
        return Err(Problem::missing(&["shipmentTrackingNumber"]));
    };
    call.require(&["shipperAccountNumber"])?;
    for name in ["dateRangeFrom", "dateRangeTo"] {
        if call.param(name).is_some_and(|date| !is_date(date)) {
            return Err(Problem::wrong_format(name, "YYYY-MM-DD"));
        }
    }
    let account = call.param("shipperAccountNumber").unwrap_or_default();
    let kind = call.param("shipmentReferenceType").unwrap_or("CU");
    let found: Vec<Value> = call.book(|book| {
        let wanted = |shipment: &&Shipment| {
            // Dates in ISO form are in the order of their texts.
            let date = Local::at(shipment.minted_ms, places::of(&shipment.origin).zone).date;
            shipment.is_found_by_reference(call.behaviour, call.now_ms)
                && shipment.account == account
                && call.accounts.contains(&account)
                && shipment.references.iter().any(|(k, value)| k == kind && value == reference)
                && call.param("dateRangeFrom").is_none_or(|from| date.as_str() >= from)
                && call.param("dateRangeTo").is_none_or(|to| date.as_str() <= to)
        };
        book.shipments()
            .iter()
            .filter(|shipment| !call.test && wanted(shipment))
            .map(|shipment| shown(shipment, view))
            .collect()
    });
    answer(call, &found, &format!("No Shipments Found for ReferenceID | {reference}"))
}

fn answer(call: &Call<'_>, found: &[Value], detail: &str) -> Result<Reply, Problem> {
    if found.is_empty() {
        return Err(Problem::no_data(detail));
    }
    let mut body = json!({"shipments": found});
    if call.behaviour.dialect.extra_fields {
        body["possibleAdditionalShipmentsUrl"] = json!([]);
    }
    Ok(Reply::ok(body))
}

/// The shipments of these numbers that can be seen, in the order asked.
fn found(call: &Call<'_>, numbers: &[&str], view: &View<'_>) -> Vec<Value> {
    call.book(|book| {
        let one = |awb: &&str| {
            if call.test {
                return TEST_WAYBILLS.contains(awb).then(|| fixed(awb, view));
            }
            let shipment = book.shipment(awb)?;
            shipment.is_tracked(call.behaviour, call.now_ms).then(|| shown(shipment, view))
        };
        numbers.iter().filter_map(one).collect()
    })
}

fn shown(shipment: &Shipment, view: &View<'_>) -> Value {
    let origin = places::of(&shipment.origin);
    let destination = places::of(&shipment.destination);
    let references: Vec<Value> =
        shipment.references.iter().map(|(kind, value)| json!({"value": value, "typeCode": kind})).collect();
    let events = listed(&shipment.events, &shipment.origin, &shipment.destination, view);
    let units = if shipment.metric { "metric" } else { "imperial" };
    let mut shown = json!({
        "shipmentTrackingNumber": shipment.awb,
        "status": view.status,
        "shipmentTimestamp": Local::at(shipment.minted_ms, origin.zone).stamp(),
        "productCode": shipment.product,
        "description": shipment.description,
        "shipperDetails": party(&shipment.origin, origin),
        "receiverDetails": party(&shipment.destination, destination),
        "totalWeight": number(shipment.total_weight()),
        "unitOfMeasurements": units,
        "shipperReferences": references,
        "events": events,
        "numberOfPieces": shipment.pieces.len(),
    });
    if view.pieces {
        let pieces = shipment.pieces.iter().enumerate().map(|(index, piece)| {
            json!({"number": index + 1, "typeCode": "YP", "shipmentTrackingNumber": shipment.awb,
                "trackingNumber": piece.number, "weight": number(piece.weight), "actualDimensions": {},
                "unitOfMeasurements": units, "events": shown["events"].clone()})
        });
        shown["pieces"] = pieces.collect();
    }
    shown
}

/// Names and cities are blanked for privacy.
fn party(country: &str, place: &places::Place) -> Value {
    json!({"name": "",
        "postalAddress": {"cityName": "", "postalCode": "", "provinceCode": "", "countryCode": country},
        "serviceArea": [{"code": place.code, "description": place.name}]})
}

fn listed(events: &[Event], origin: &str, destination: &str, view: &View<'_>) -> Vec<Value> {
    let skipped = match view.name {
        "shipment-details-only" | "bbx-children" | "advance-shipment" => events.len(),
        "last-checkpoint" => events.len().saturating_sub(1),
        _ => 0,
    };
    let mut rows: Vec<Value> = events
        .iter()
        .skip(skipped)
        .map(|event| {
            let place = events::place(&event.code, origin, destination);
            let local = Local::at(event.at_ms, place.zone);
            let mut row = json!({
                "date": local.date, "time": local.time, "typeCode": event.code,
                "description": events::words(&event.code),
                "serviceArea": [{"code": place.code, "description": place.name}],
            });
            if view.offsets {
                row["GMTOffset"] = Value::from(local.offset);
            }
            if matches!(event.code.as_str(), "OK" | "PD" | "DD") {
                row["signedBy"] = Value::from("");
            }
            if view.name == "all-checkpoints-with-remarks" {
                row["remarks"] = json!([{"value": events::words(&event.code), "details": ""}]);
            }
            row
        })
        .collect();
    if view.newest_first {
        rows.reverse();
    }
    rows
}

/// One of the fixed waybills: delivered long ago.
fn fixed(awb: &str, view: &View<'_>) -> Value {
    const PICKED_UP_MS: i64 = 1_700_000_000_000;
    const STEP_MS: i64 = 6 * 60 * 60 * 1000;
    let mut at_ms = PICKED_UP_MS;
    let events: Vec<Event> = events::ordinary(false)
        .iter()
        .map(|code| {
            at_ms += STEP_MS;
            Event { at_ms, code: (*code).to_owned() }
        })
        .collect();
    json!({
        "shipmentTrackingNumber": awb, "status": view.status, "productCode": "U", "description": "SAMPLE",
        "shipmentTimestamp": Local::at(PICKED_UP_MS, places::of("RO").zone).stamp(),
        "shipperDetails": party("RO", places::of("RO")), "receiverDetails": party("SE", places::of("SE")),
        "totalWeight": 1, "unitOfMeasurements": "metric", "shipperReferences": [],
        "events": listed(&events, "RO", "SE", view), "numberOfPieces": 1,
    })
}
