//! `POST /shipments`: minting (spec sections 4, 5 and 7).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::book::{Book, Piece, Shipment};
use super::handle::Shared;
use super::http::Call;
use super::judge::{Verdict, has_requested_service, is_set, items_at, text_at};
use super::options::Behaviour;
use super::paper::{Encoding, PIXEL, Paper, encoded};
use super::places;
use super::products;
use super::reply::{Problem, Reply};
use super::schema::decimal;
use super::shipment_form::SHIPMENT;
use super::time::{Local, days};

/// `POST /shipments`.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, Problem> {
    let body = call.json(&SHIPMENT)?;
    let validate_only = call.flag("validateDataOnly")?;
    for other in ["strictValidation", "bypassPLTError"] {
        call.flag(other)?;
    }
    let Shared { log, .. } = call.shared;
    call.book(|book| {
        let judged = call.court().judge(&body, book);
        if validate_only {
            return match judged {
                Ok(_) => Ok(Reply::created(json!({"warnings": []}))),
                Err(faults) => validated(call, faults),
            };
        }
        let verdict = judged.map_err(Problem::business)?;
        let (behaviour, test) = (call.behaviour, call.test);
        let mut shipment = written(&body, &verdict, book, behaviour, call.now_ms, test);
        if call.version_missing {
            shipment.flags.push("no x-version header".to_owned());
        }
        let mut warnings = behaviour.dialect.warnings.clone();
        if is_set(&body, "/pickup/isRequested") {
            if behaviour.pickup_fails_with_shipment {
                warnings.push("The pickup has not been booked. Please book it separately.".to_owned());
            } else {
                let awbs = vec![shipment.awb.clone()];
                shipment.pickup =
                    Some(book.book_pickup(&shipment.account, awbs, Vec::new(), call.now_ms, log));
            }
        }
        record(call, &shipment);
        let answer = answer(&body, &shipment, &verdict, behaviour, warnings);
        let location = format!("/shipments/{}", shipment.awb);
        book.enter(shipment, behaviour);
        let mut reply = Reply::created(answer);
        reply.location = (!behaviour.dialect.omit_awb).then_some(location);
        Ok(reply)
    })
}

/// Problems of a call that only checks: 400, or under 201 as the vendor's sample has it.
fn validated(call: &Call<'_>, faults: Vec<String>) -> Result<Reply, Problem> {
    let problem = Problem::business(faults);
    if call.behaviour.validate_only_as_created {
        let body = problem.body(&call.instance(), call.behaviour.dialect.status);
        return Ok(Reply::created(body));
    }
    Err(problem)
}

fn record(call: &Call<'_>, shipment: &Shipment) {
    call.shared.log.record_with("minted", || {
        let references: Vec<Value> =
            shipment.references.iter().map(|(kind, value)| json!({"type": kind, "value": value})).collect();
        let papers: Vec<Value> = shipment
            .papers
            .iter()
            .map(|paper| json!({"type": paper.type_code, "format": paper.format, "sha256": paper.sha256()}))
            .collect();
        json!({
            "awb": shipment.awb,
            "references": references,
            "account": shipment.account,
            "country": shipment.destination,
            "product": shipment.product,
            "pieces": shipment.pieces.len(),
            "declarable": shipment.declarable,
            "papers": papers,
            "pickup": shipment.pickup,
            "test": shipment.test,
            "flags": shipment.flags,
        })
    });
}

fn written(
    body: &Value,
    verdict: &Verdict,
    book: &mut Book,
    behaviour: &Behaviour,
    now_ms: i64,
    test: bool,
) -> Shipment {
    let awb = verdict.own_number.clone().unwrap_or_else(|| book.new_awb(behaviour.leading_zero_numbers));
    let pieces = items_at(body, "/content/packages").iter().map(|package| piece(package, book)).collect();
    let owned = |pointer: &str| text_at(body, pointer).unwrap_or_default().to_owned();
    let references = items_at(body, "/customerReferences").iter().map(|reference| {
        let kind = text_at(reference, "/typeCode").unwrap_or("CU");
        (kind.to_owned(), text_at(reference, "/value").unwrap_or_default().to_owned())
    });
    let mut shipment = Shipment {
        awb,
        pieces,
        account: verdict.account.clone(),
        origin: verdict.origin.clone(),
        destination: verdict.destination.clone(),
        product: owned("/productCode"),
        description: owned("/content/description"),
        references: references.collect(),
        minted_ms: now_ms,
        planned_ms: verdict.planned.instant_ms,
        declarable: verdict.load.declarable,
        declared: body
            .pointer("/content/declaredValue")
            .and_then(decimal)
            .zip(text_at(body, "/content/declaredValueCurrency").map(str::to_owned)),
        metric: text_at(body, "/content/unitOfMeasurement") == Some("metric"),
        paperless: has_requested_service(body, "WY"),
        papers: Vec::new(),
        pickup: None,
        test,
        flags: verdict.flags.clone(),
        request: body.clone(),
        events: Vec::new(),
        plan: Vec::new(),
    };
    shipment.papers = papers(body, &shipment);
    shipment
}

fn piece(package: &Value, book: &mut Book) -> Piece {
    let edge = |name: &str| package.pointer(&format!("/dimensions/{name}")).and_then(decimal);
    let volumetric = match (edge("length"), edge("width"), edge("height")) {
        (Some(length), Some(width), Some(height)) => length
            .checked_mul(width)
            .and_then(|area| area.checked_mul(height))
            .map(|volume| (volume / Decimal::from(5000)).round_dp(3)),
        _ => None,
    };
    let weight = package.get("weight").and_then(decimal).unwrap_or_default();
    Piece { number: book.new_piece(), weight, volumetric }
}

/// The documents that were asked for, bundled as the switches say (5).
fn papers(body: &Value, shipment: &Shipment) -> Vec<Paper> {
    if has_requested_service(body, "PZ") {
        return Vec::new();
    }
    let asked = |code: &str| {
        items_at(body, "/outputImageProperties/imageOptions")
            .iter()
            .any(|option| text_at(option, "/typeCode") == Some(code) && is_set(option, "/isRequested"))
    };
    let switch = |name: &str| is_set(body, &format!("/outputImageProperties/{name}"));
    let encoding = Encoding::from_word(text_at(body, "/outputImageProperties/encodingFormat"));
    let mut label: Vec<Vec<String>> =
        shipment.pieces.iter().map(|piece| label_page(shipment, piece)).collect();
    let waybill = asked("waybillDoc").then(|| paper_page("WAYBILL DOC", shipment));
    let mut invoice: Vec<Vec<String>> =
        asked("invoice").then(|| invoice_page(body, shipment)).into_iter().collect();
    let receipt = asked("shipmentReceipt").then(|| paper_page("SHIPMENT RECEIPT", shipment));

    let printed = |type_code, pages: &[Vec<String>], encoding: Encoding| Paper {
        type_code,
        format: encoding.name(),
        bytes: encoded(pages, encoding),
    };
    let mut alone = Vec::new();
    // Invoice and receipt are always PDF, and so share a file only with labels that are.
    if switch("allDocumentsInOneImage") && encoding == Encoding::Pdf {
        label.extend(waybill.into_iter().chain(invoice.drain(..)).chain(receipt));
    } else {
        if let Some(page) = waybill {
            if switch("splitTransportAndWaybillDocLabels") {
                alone.push(printed("waybillDoc", &[page], encoding));
            } else {
                label.push(page);
            }
        }
        if let Some(page) = receipt {
            if switch("receiptAndLabelsInOneImage") && encoding == Encoding::Pdf {
                label.push(page);
            } else if switch("splitInvoiceAndReceipt") || invoice.is_empty() {
                alone.push(printed("shipmentReceipt", &[page], Encoding::Pdf));
            } else {
                invoice.push(page);
            }
        }
    }
    let mut papers = vec![printed("label", &label, encoding)];
    if !invoice.is_empty() {
        papers.push(printed("invoice", &invoice, Encoding::Pdf));
    }
    papers.append(&mut alone);
    if asked("qr-code") {
        papers.push(Paper { type_code: "qr-code", format: "PNG", bytes: PIXEL.to_vec() });
    }
    papers
}

fn label_page(shipment: &Shipment, piece: &Piece) -> Vec<String> {
    let mut lines = vec![
        "DHL EXPRESS (SIMULATED)".to_owned(),
        format!("WAYBILL {}", shipment.awb),
        format!("PIECE {}", piece.number),
    ];
    lines.extend(common_lines(shipment));
    lines
}

fn paper_page(title: &str, shipment: &Shipment) -> Vec<String> {
    let mut lines = vec![title.to_owned(), format!("WAYBILL {}", shipment.awb)];
    lines.extend(common_lines(shipment));
    lines
}

fn common_lines(shipment: &Shipment) -> Vec<String> {
    let mut lines = vec![
        format!("PRODUCT {}", shipment.product),
        format!("{} - {}", places::of(&shipment.origin).code, places::of(&shipment.destination).code),
        format!("WEIGHT {}", shipment.total_weight()),
        format!("CONTENTS {}", shipment.description),
    ];
    lines.extend(shipment.references.iter().map(|(kind, value)| format!("REF {kind} {value}")));
    lines
}

fn invoice_page(body: &Value, shipment: &Shipment) -> Vec<String> {
    let mut lines = paper_page("COMMERCIAL INVOICE", shipment);
    let declaration = "/content/exportDeclaration";
    lines.push(format!(
        "INVOICE {} {}",
        text_at(body, &format!("{declaration}/invoice/number")).unwrap_or_default(),
        text_at(body, &format!("{declaration}/invoice/date")).unwrap_or_default()
    ));
    for line in items_at(body, &format!("{declaration}/lineItems")) {
        let number = |pointer: &str| line.pointer(pointer).and_then(decimal).unwrap_or_default();
        lines.push(format!(
            "{} x {} {}",
            number("/quantity/value"),
            number("/price"),
            text_at(line, "/description").unwrap_or_default()
        ));
    }
    if let Some((value, currency)) = &shipment.declared {
        lines.push(format!("TOTAL {value} {currency}"));
    }
    lines
}

fn answer(
    body: &Value,
    shipment: &Shipment,
    verdict: &Verdict,
    behaviour: &Behaviour,
    warnings: Vec<String>,
) -> Value {
    let dialect = &behaviour.dialect;
    let tracking = format!("https://expressapi.dhl.com/mydhlapi/shipments/{}/tracking", shipment.awb);
    let packages: Vec<Value> = shipment
        .pieces
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            let mut package = json!({"referenceNumber": index + 1, "trackingNumber": piece.number});
            if !dialect.omit_awb {
                package["trackingUrl"] =
                    Value::from(format!("{tracking}?pieceTrackingNumber={}", piece.number));
            }
            if let Some(volumetric) = piece.volumetric {
                package["volumetricWeight"] = number(volumetric);
            }
            package
        })
        .collect();
    let mut answer = json!({"packages": packages});
    if !dialect.omit_awb {
        answer["shipmentTrackingNumber"] = match shipment.awb.parse::<u64>() {
            Ok(number) if dialect.numeric_awb => Value::from(number),
            _ => Value::from(shipment.awb.as_str()),
        };
        answer["trackingUrl"] = Value::from(tracking);
    }
    if let Some(confirmation) = &shipment.pickup {
        answer["dispatchConfirmationNumber"] = Value::from(confirmation.as_str());
        answer["cancelPickupUrl"] =
            Value::from(format!("https://expressapi.dhl.com/mydhlapi/pickups/{confirmation}"));
    }
    // A label would show the number.
    if !dialect.omit_documents && !dialect.omit_awb && !shipment.papers.is_empty() {
        let papers = shipment.papers.iter().map(|paper| paper.as_json(dialect.garbled_documents));
        answer["documents"] = papers.collect();
    }
    let asked = |code: &str| {
        items_at(body, "/getAdditionalInformation")
            .iter()
            .any(|item| text_at(item, "/typeCode") == Some(code) && is_set(item, "/isRequested"))
    };
    if asked("pickupDetails") {
        let local = Local::at(shipment.planned_ms, places::of(&shipment.origin).zone);
        answer["shipmentDetails"] = json!([{"pickupDetails": {
            "localCutoffDateAndTime": format!("{}T16:00:00", local.date), "cutoffTimeOffset": "PT2H",
            "pickupEarliest": "09:30:00", "pickupLatest": "18:00:00",
        }}]);
    }
    let product =
        products::available(verdict.load, None, behaviour).find(|product| product.code == shipment.product);
    if let Some(product) = product {
        if is_set(body, "/getRateEstimates") {
            let price = number(product.price(&verdict.load));
            answer["shipmentCharges"] = json!([{"currencyType": "BILLC", "priceCurrency": "RON", "price": price,
                "serviceBreakdown": [{"name": product.name, "price": price}]}]);
        }
        if is_set(body, "/estimatedDeliveryDate/isRequested") {
            let arrival = shipment.planned_ms.saturating_add(days(product.transit_days));
            let date = Local::at(arrival, places::of(&shipment.destination).zone).date;
            answer["estimatedDeliveryDate"] =
                json!({"estimatedDeliveryDate": date, "estimatedDeliveryType": "QDDC"});
        }
    }
    if !warnings.is_empty() {
        answer["warnings"] = Value::from(warnings);
    }
    if dialect.extra_fields {
        answer["sustainability"] = json!({"score": 17, "labels": ["green", null]});
    }
    answer
}

/// A decimal as a JSON number.
pub(super) fn number(value: Decimal) -> Value {
    let text = value.normalize().to_string();
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
