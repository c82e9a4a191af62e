//! Documents of a shipment after it was minted: proof of delivery, images (spec sections 3 and 4.3).

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::http::Call;
use super::paper::{Encoding, encoded};
use super::reply::{Problem, Reply};
use super::schema::{Node, any_text, filled, list, object, opt, req, text};
use super::time::Local;

/// Paperless invoices are taken from this long after the creation (4.3).
const UPLOAD_AFTER_MS: i64 = 10 * 60 * 1000;

/// `GET /shipments/{awb}/proof-of-delivery`: known once it was delivered.
pub(super) fn proof_of_delivery(call: &Call<'_>, awb: &str) -> Result<Reply, Problem> {
    call.book(|book| {
        let delivered = book
            .shipment(awb)
            .filter(|shipment| shipment.is_tracked(call.behaviour, call.now_ms) && shipment.has_event("OK"));
        let Some(shipment) = delivered else { return Err(Problem::not_found("Not Found", Vec::new())) };
        let page = vec!["PROOF OF DELIVERY".to_owned(), format!("WAYBILL {}", shipment.awb)];
        Ok(Reply::ok(json!({"documents": [image("POD", &page)]})))
    })
}

/// `GET /shipments/{awb}/get-image`: papers, never the label (9), from the collection on.
pub(super) fn images(call: &Call<'_>, awb: &str) -> Result<Reply, Problem> {
    call.require(&["shipperAccountNumber", "typeCode", "pickupYearAndMonth"])?;
    let wanted = call.params("typeCode");
    if let Some(unknown) =
        wanted.iter().find(|kind| !["waybill", "commercial-invoice", "customs-entry"].contains(kind))
    {
        let rule = format!("{unknown} is none of [waybill, commercial-invoice, customs-entry]");
        return Err(Problem::wrong_format("typeCode", &rule));
    }
    let account = call.param("shipperAccountNumber").unwrap_or_default();
    let month = call.param("pickupYearAndMonth").unwrap_or_default();
    call.book(|book| {
        let collected = book.shipment(awb).filter(|shipment| {
            let collected = shipment.events.iter().find(|event| event.code == "PU");
            !shipment.test
                && shipment.account == account
                && collected.is_some_and(|event| Local::at(event.at_ms, "UTC").date.starts_with(month))
        });
        let documents: Vec<Value> = collected
            .into_iter()
            .flat_map(|shipment| wanted.iter().map(move |kind| (shipment, *kind)))
            .filter(|(shipment, kind)| *kind == "waybill" || shipment.declarable)
            .map(|(shipment, kind)| {
                let mut document = image(kind, &[kind.to_uppercase(), format!("WAYBILL {}", shipment.awb)]);
                document["shipmentTrackingNumber"] = Value::from(shipment.awb.as_str());
                document
            })
            .collect();
        if documents.is_empty() {
            let detail = "1504: No document images found for the provided search criteria.";
            return Err(Problem::not_found("Not found", vec![detail.to_owned()]));
        }
        Ok(Reply::ok(json!({"documents": documents})))
    })
}

fn image(kind: &str, page: &[String]) -> Value {
    let content = STANDARD.encode(encoded(&[page.to_vec()], Encoding::Pdf));
    json!({"encodingFormat": "PDF", "typeCode": kind, "content": content})
}

static UPLOAD: LazyLock<Node> = LazyLock::new(|| {
    object(vec![
        req("originalPlannedShippingDate", text(1, 29)),
        req("accounts", list(1, 3, filled(vec![req("typeCode", any_text()), req("number", text(1, 12))]))),
        req("productCode", text(1, 6)),
        req(
            "documentImages",
            list(
                1,
                999,
                filled(vec![
                    opt("typeCode", Node::Word(&["INV", "PNV", "COO", "CIN", "DCL", "AWB", "NAF"])),
                    opt("imageFormat", Node::Word(&["PDF", "PNG", "GIF", "TIFF", "JPEG"])),
                    req("content", any_text()),
                ]),
            ),
        ),
    ])
});

/// `PATCH /shipments/{awb}/upload-image`: a paperless invoice, before the collection (4.3).
pub(super) fn upload(call: &Call<'_>, awb: &str) -> Result<Reply, Problem> {
    call.json(&UPLOAD)?;
    call.book(|book| {
        let shipment = book
            .shipment(awb)
            .filter(|shipment| call.accounts.contains(&shipment.account.as_str()) && !shipment.test);
        let Some(shipment) = shipment else {
            let detail = "Operation not possible since shipment information not found";
            return Err(Problem::not_found("Not found", vec![detail.to_owned()]));
        };
        let early = call.now_ms < shipment.minted_ms.saturating_add(UPLOAD_AFTER_MS);
        if !shipment.paperless || early || shipment.has_event("PU") {
            return Err(Problem::business(Vec::new()));
        }
        call.shared.log.record_with("image_uploaded", || json!({"awb": awb}));
        Ok(Reply { body: None, ..Reply::ok(Value::Null) })
    })
}
