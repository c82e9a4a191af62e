//! Couriers who come to collect (spec section 10).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::book::Book;
use super::forms::{PICKUP, PICKUP_CHANGE};
use super::http::Call;
use super::judge::{items_at, text_at};
use super::reply::{Problem, Reply};

const NOT_FOUND: &str = "Pickup not found";

/// `POST /pickups`: not repeatable, a second call books a second visit.
pub(super) fn book(call: &Call<'_>) -> Result<Reply, Problem> {
    let body = call.json(&PICKUP)?;
    let court = call.court();
    let planned = text_at(&body, "/plannedPickupDateAndTime").unwrap_or_default();
    let mut faults: Vec<String> = court.planned(planned).err().into_iter().collect();
    let account = court.shipper_account(items_at(&body, "/accounts"));
    let account = account.map_err(|fault| faults.push(fault)).unwrap_or_default();
    if !faults.is_empty() {
        return Err(Problem::business(faults));
    }
    let log = &call.shared.log;
    let confirmation = call.book(|book| {
        let (mut awbs, mut flags) = (Vec::new(), Vec::new());
        for shipment in items_at(&body, "/shipmentDetails") {
            let Some(awb) = text_at(shipment, "/shipmentTrackingNumber") else { continue };
            awbs.push(awb.to_owned());
            flags.extend(doubts(book, awb, shipment));
        }
        book.book_pickup(&account, awbs, flags, call.now_ms, log)
    });
    Ok(Reply::created(json!({"dispatchConfirmationNumbers": [confirmation]})))
}

/// What is odd about a parcel of a pickup. What DHL says to that is not known: it is accepted and noted.
fn doubts(book: &Book, awb: &str, shipment: &Value) -> Vec<String> {
    let Some(minted) = book.shipment(awb) else { return vec![format!("{awb}: no such waybill")] };
    let mut doubts = Vec::new();
    let product = text_at(shipment, "/productCode").unwrap_or_default();
    if product != minted.product {
        doubts.push(format!("{awb}: minted as product {}, to be collected as {product}", minted.product));
    }
    let declarable = shipment.get("isCustomsDeclarable").and_then(Value::as_bool).unwrap_or_default();
    if declarable != minted.declarable {
        doubts.push(format!("{awb}: minted with customs data: {}", minted.declarable));
    }
    if declarable && shipment.get("declaredValue").is_none() {
        doubts.push(format!("{awb}: its declared value is missing"));
    }
    doubts
}

/// `PATCH /pickups/{confirmation}`.
pub(super) fn change(call: &Call<'_>, confirmation: &str) -> Result<Reply, Problem> {
    let body = call.json(&PICKUP_CHANGE)?;
    if let Some(planned) = text_at(&body, "/plannedPickupDateAndTime") {
        call.court().planned(planned).map_err(Problem::bad)?;
    }
    let account = text_at(&body, "/originalShipperAccountNumber").unwrap_or_default();
    call.book(|book| {
        let pickup = book.pickup_mut(confirmation).filter(|pickup| {
            pickup.cancelled_ms.is_none() && call.accounts.contains(&pickup.account.as_str())
        });
        let Some(pickup) = pickup else {
            // The blank at the beginning is DHL's.
            return Err(Problem::not_found(NOT_FOUND, vec![" Requested Pickup was not found".to_owned()]));
        };
        if pickup.account != account {
            return Err(Problem::bad(
                "5556: The Original Shipper Account Number must match with the Shipper Account Number used \
                 previously to create/update successful pickup request. Please check the Original Shipper \
                 Account Number and retry.",
            ));
        }
        pickup.changes += 1;
        call.shared.log.record_with("pickup_changed", || json!({"confirmation": confirmation}));
        Ok(Reply::ok(json!({"dispatchConfirmationNumber": confirmation})))
    })
}

/// `DELETE /pickups/{confirmation}`: gone for all its shipments.
pub(super) fn cancel(call: &Call<'_>, confirmation: &str) -> Result<Reply, Problem> {
    call.require(&["requestorName", "reason"])?;
    call.book(|book| {
        let pickup = book.pickup_mut(confirmation).filter(|pickup| {
            pickup.cancelled_ms.is_none() && call.accounts.contains(&pickup.account.as_str())
        });
        let Some(pickup) = pickup else {
            let detail = "Cancellation of booking was not successful. Requested Pickup was not found";
            return Err(Problem::not_found(NOT_FOUND, vec![detail.to_owned()]));
        };
        pickup.cancelled_ms = Some(call.now_ms);
        call.shared.log.record_with(
            "pickup_cancelled",
            || json!({"confirmation": confirmation, "account": pickup.account, "awbs": pickup.awbs}),
        );
        Ok(Reply { status: StatusCode::OK, body: None, location: None })
    })
}
