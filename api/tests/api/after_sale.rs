//! What an order shows after the sale, and what a person may do about it.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use vortex_domain::{
    Order,
    order::{Event, ParcelEvent},
};
use vortex_store::{
    Store,
    rows::{FileKind, OrderRow, Write},
};

use crate::support::{NOW_MS, World, file, order, vendor};

const ORDER: &str = "/api/v1/vendors/acme/orders/s-1";

pub(crate) async fn stored(world: &World, state: Order) {
    let row = OrderRow { vendor: vendor("acme"), version: 1, state, at_ms: NOW_MS };
    world.store.commit(&[vec![Write::Order(Box::new(row))]]).await.unwrap();
}

/// An order with so much of its state replaced.
pub(crate) fn changed(id: &str, with: &Value) -> Order {
    let mut state = serde_json::to_value(order(id)).unwrap();
    for (key, value) in with.as_object().unwrap() {
        if key == "channel_state" {
            state["channel"]["state"] = value.clone();
        } else {
            state[key] = value.clone();
        }
    }
    serde_json::from_value(state).unwrap()
}

pub(crate) fn booked() -> Value {
    json!({"stage": "booked", "since_ms": NOW_MS, "copies": 1, "absent_ms": null, "vanished": false})
}

fn invoiced() -> Value {
    json!({
        "documents": [
            {"series": "CDON", "number": "17", "date": "2026-02-27", "partner": "P", "total_minor": 18_150,
             "lines": [{"sku": "A-1", "quantity_milli": 2_000, "net_minor": 15_000}]},
            {"series": "CDON", "number": "18", "date": "2026-02-28", "partner": "P", "total_minor": -9_075,
             "lines": [{"sku": "A-1", "quantity_milli": -1_000, "net_minor": -7_500}]},
        ],
        "read_ms": NOW_MS, "found_ms": NOW_MS,
        "files": [{"document": "CDON17", "hash": "h", "size": 42, "at_ms": NOW_MS}],
        "late": false, "file_late": false, "foreign_file": null,
    })
}

pub(crate) fn with_parcel() -> Value {
    let mut state = booked();
    state["billing"] = invoiced();
    state["parcels"] = json!([{
        "number": 1, "measures": {"weight_g": 1200, "length_cm": 30, "width_cm": 20, "height_cm": 10},
        "stage": "minted", "tracking": {"carrier": "dhl", "number": "1234567890"}, "at_ms": NOW_MS, "labelled": true,
        "abandoned": [{"carrier": "dhl", "number": "1234567899"}],
        "scans": [{"at": "2026-02-28T10:00:00", "code": "PU", "text": "Shipment picked up", "milestone": "collected"}],
    }]);
    state["returns"] = json!({"reversed": false, "entries": [
        {"id": "r-1", "witness": "report", "advised": 1, "received": 1, "scrapped": 0, "at_ms": NOW_MS}]});
    state
}

#[tokio::test]
async fn an_order_shows_what_happens_after_the_sale() {
    let world = World::new().await;
    stored(&world, changed("s-1", &with_parcel())).await;
    world.store.commit(&[vec![file("s-1", FileKind::Label, "1.zpl", b"^XA^XZ", NOW_MS)]]).await.unwrap();
    let answer = world.get(&world.tokens.viewer, &format!("{ORDER}?lang=en")).await;
    let order = answer.json();
    assert_eq!(
        order["step"],
        json!({"code": "step_fulfil", "text": "handing the parcel over and telling CDON"})
    );
    assert_eq!(order["handle_by_ms"], NOW_MS - 5_000 + 72 * 3_600_000);
    assert_eq!(order["cancelled_after_ms"], order["deadline_ms"]);
    assert_eq!(order["at_stake"], json!({"amount": "399.00", "currency": "SEK"}));
    let parcel = &order["parcels"][0];
    assert_eq!((&parcel["stage"], &parcel["label"]), (&json!("minted"), &json!(true)));
    assert_eq!(parcel["tracking"], json!({"carrier": "dhl", "number": "1234567890"}));
    assert_eq!((&parcel["milestone"], &parcel["weight_g"]), (&json!("collected"), &json!(1200)));
    assert_eq!(parcel["scans"][0]["code"], "PU");
    assert_eq!(parcel["abandoned"][0]["number"], "1234567899");
    assert_eq!(order["spare_waybills"][0]["number"], "1234567899");
    assert_eq!(order["fulfilment"], json!({"done": false, "refused": null, "shown": []}));
    let [invoice, storno] = order["invoices"].as_array().unwrap().as_slice() else { panic!("{order}") };
    assert_eq!(
        (&invoice["series"], &invoice["number"], &invoice["date"]),
        (&json!("CDON"), &json!("17"), &json!("2026-02-27"))
    );
    assert_eq!(invoice["total"], json!({"amount": "181.50", "currency": "RON"}));
    assert_eq!((&invoice["state"], &invoice["file"]["size"]), (&json!("archived"), &json!(42)));
    assert_eq!(invoice["text"], "archived; the channel takes no documents");
    assert_eq!((&storno["storno"], &storno["state"]), (&json!(true), &json!("missing")));
    assert_eq!((&order["returned"]["state"], &order["returned"]["received"]), (&json!("open"), &json!(1)));
    assert_eq!(
        (&order["returns"][0]["id"], &order["returns"][0]["witness"]),
        (&json!("r-1"), &json!("report"))
    );
    let romanian = world.get(&world.tokens.viewer, &format!("{ORDER}?lang=ro")).await.json();
    assert_eq!(romanian["step"]["text"], "predarea coletului și confirmarea la CDON");
    assert_eq!(romanian["invoices"][0]["text"], "arhivată; canalul nu primește documente");
    for personal in ["Astrid", "Secretsson", "Hemliga", "11122", "+4670"] {
        assert!(!answer.text.contains(personal), "{personal}");
    }
}

#[tokio::test]
async fn ship_now_plans_the_parcels_once() {
    let world = World::new().await;
    stored(&world, changed("s-1", &booked())).await;
    let body = json!({"parcels": [
        {"weight_g": 1200, "length_cm": 30, "width_cm": 20, "height_cm": 10},
        {"weight_g": 800, "length_cm": 20, "width_cm": 20, "height_cm": 10},
    ]});
    let path = format!("{ORDER}/ship");
    let first = world.call(Method::POST, &world.tokens.operator, &path, body.clone()).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(
        (&first.json()["changed"], first.json()["parcels"].as_array().unwrap().len()),
        (&json!(true), 2)
    );
    let again = world.call(Method::POST, &world.tokens.operator, &path, body).await;
    assert_eq!((again.status, &again.json()["changed"]), (StatusCode::OK, &json!(false)));
    let order = world.get(&world.tokens.owner, ORDER).await.json();
    assert_eq!((&order["ship_asked"], &order["parcels"][1]["weight_g"]), (&json!(true), &json!(800)));
    for who in world.engine.asked.lock().unwrap().iter().map(|(_, _, who)| who) {
        assert_eq!(who, "token:operator");
    }
    for unfit in [
        json!({"parcels": []}),
        json!({"parcels": [{"weight_g": 0, "length_cm": 30, "width_cm": 20, "height_cm": 10}]}),
        json!({"parcels": [{"weight_g": 1200, "length_cm": 30}]}),
        json!({"carrier": "PostNord"}),
        json!({"carrier": "PostNord", "tracking_number": " "}),
        json!({"parcel": 2}),
    ] {
        let answer = world.call(Method::POST, &world.tokens.owner, &path, unfit.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{unfit}");
        answer.problem();
    }
}

#[tokio::test]
async fn a_waybill_made_by_hand_is_taken_over_once() {
    let world = World::new().await;
    stored(&world, changed("s-1", &booked())).await;
    let path = format!("{ORDER}/ship");
    let body = json!({"carrier": "PostNord", "tracking_number": " SE123 "});
    for expected in [true, false] {
        let answer = world.call(Method::POST, &world.tokens.owner, &path, body.clone()).await;
        assert_eq!((answer.status, &answer.json()["changed"]), (StatusCode::OK, &json!(expected)));
        let tracking = json!({"carrier": "PostNord", "number": "SE123"});
        assert_eq!(answer.json()["parcels"][0]["tracking"], tracking);
    }
    let asked = world.engine.asked.lock().unwrap().len();
    let other = json!({"carrier": "PostNord", "tracking_number": "SE124"});
    let answer = world.call(Method::POST, &world.tokens.owner, &path, other).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.problem()["detail"].as_str().unwrap().contains("SE123"));
    let third = json!({"carrier": "PostNord", "tracking_number": "SE125", "parcel": 3});
    let answer = world.call(Method::POST, &world.tokens.owner, &path, third).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let planned = json!({"parcels": [{"weight_g": 9, "length_cm": 9, "width_cm": 9, "height_cm": 9}]});
    let answer = world.call(Method::POST, &world.tokens.owner, &path, planned).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "a parcel with a waybill cannot be planned anew");
    assert_eq!(world.engine.asked.lock().unwrap().len(), asked);
}

#[tokio::test]
async fn a_parcel_whose_outcome_nobody_knows_is_adopted() {
    let world = World::new().await;
    let mut state = with_parcel();
    state["parcels"][0]["stage"] = json!("undecided");
    state["parcels"][0]["since_ms"] = json!(NOW_MS);
    stored(&world, changed("s-1", &state)).await;
    let body = json!({"carrier": "dhl", "tracking_number": "1234567890", "parcel": 1});
    let answer = world.call(Method::POST, &world.tokens.owner, &format!("{ORDER}/ship"), body).await;
    assert_eq!(answer.json()["parcels"][0]["stage"], "minted");
    let asked = world.engine.asked.lock().unwrap();
    assert!(
        matches!(&asked[0].1, Event::Parcel(1, ParcelEvent::Adopted(tracking)) if tracking.number == "1234567890")
    );
}

#[tokio::test]
async fn what_is_cancelled_is_not_shipped_and_the_reason_is_told() {
    let world = World::new().await;
    stored(&world, changed("s-1", &json!({"channel_state": "not_fulfilled"}))).await;
    let by_us = json!({"channel_state": "not_fulfilled", "cancel_asked": "the last one broke"});
    stored(&world, changed("s-2", &by_us)).await;
    for (id, words) in [("s-1", "has cancelled this order"), ("s-2", "the last one broke")] {
        for body in [json!({}), json!({"carrier": "dhl", "tracking_number": "1"})] {
            let path = format!("/api/v1/vendors/acme/orders/{id}/ship");
            let answer = world.call(Method::POST, &world.tokens.owner, &path, body).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{id}");
            assert!(answer.problem()["detail"].as_str().unwrap().contains(words), "{}", answer.text);
        }
    }
    assert!(world.engine.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn shipping_withdraws_a_cancellation_that_was_not_carried_out() {
    let world = World::new().await;
    for (id, body) in [("s-1", json!({})), ("s-2", json!({"carrier": "PostNord", "tracking_number": "SE1"}))]
    {
        let mut state = booked();
        state["cancel_asked"] = json!("the last one broke");
        stored(&world, changed(id, &state)).await;
        let path = format!("/api/v1/vendors/acme/orders/{id}");
        let answer = world.call(Method::POST, &world.tokens.owner, &format!("{path}/ship"), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(world.get(&world.tokens.owner, &path).await.json()["cancellation"], Value::Null, "{id}");
    }
}

#[tokio::test]
async fn cancelling_needs_a_reason_and_an_order_that_is_not_accepted() {
    let world = World::new().await;
    stored(&world, changed("s-1", &booked())).await;
    let path = format!("{ORDER}/cancel");
    let empty = world.call(Method::POST, &world.tokens.owner, &path, json!({"reason": " "})).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reason = json!({"reason": "the last one broke"});
    for changed in [true, false] {
        let answer = world.call(Method::POST, &world.tokens.owner, &path, reason.clone()).await;
        assert_eq!(answer.json(), json!({"changed": changed, "reason": "the last one broke"}));
    }
    let shown = world.get(&world.tokens.viewer, ORDER).await.json();
    let cancellation = json!({"reason": "the last one broke", "refused": null, "done": false});
    assert_eq!(shown["cancellation"], cancellation);
    for (id, state) in [
        ("s-2", json!({"channel_state": "accepted"})),
        ("s-3", json!({"channel_state": "fulfilled"})),
        ("s-4", json!({"channel_state": "not_fulfilled"})),
        ("s-5", json!({"cancel_asked": "x", "cancel_refused": "too late"})),
    ] {
        stored(&world, changed(id, &state)).await;
        let path = format!("/api/v1/vendors/acme/orders/{id}/cancel");
        let answer = world.call(Method::POST, &world.tokens.owner, &path, reason.clone()).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{id}");
        answer.problem();
    }
    assert_eq!(world.engine.asked.lock().unwrap().len(), 1);
}
