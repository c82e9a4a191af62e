//! Orders: content, lists, commands, deadlines, dialects (12, 13, 17.2, 17.5, 17.6, 17.8, 17.9, 17.12).

use serde_json::{Value, json};
use vortex_simulators::cdon::{Market, OrderState, OversizedLimit, SimError};

use crate::support::*;

async fn rig_with_article() -> Rig {
    let rig = Rig::new().await;
    rig.create(&[article("A"), article("B")]).await;
    rig
}

async fn order(rig: &Rig, id: &str) -> Value {
    rig.get(&format!("/v1/orders/{id}")).await.json()
}

#[tokio::test]
async fn an_order_shows_net_amounts_of_the_whole_quantity() {
    let rig = rig_with_article().await;
    let id = rig.sim.buy(MERCHANT, "A", Market::Se, 2).unwrap();
    let answer = rig.get(&format!("/v1/orders/{id}")).await;
    assert!(answer.header("content-type").starts_with("text/html"));
    let request_id = answer.header("x-request-id");
    assert!(request_id.len() == 32 && request_id.bytes().all(|b| b.is_ascii_hexdigit()), "{request_id}");
    let seen = answer.json();
    let price = json!({"amount": 638.4, "vat_amount": 159.6, "vat_rate": 0.25, "currency": "SEK"});
    assert_eq!((&seen["price"], &seen["total_price"]), (&price, &price));
    assert_eq!(
        (&seen["article_sku"], &seen["quantity"], &seen["market"]),
        (&json!("A"), &json!(2), &json!("SE"))
    );
    assert_eq!((&seen["state"], &seen["title"]), (&json!("CREATED"), &json!("Cast iron pot A")));
    assert_eq!(seen["article_id"], json!(rig.sim.article(MERCHANT, "A").unwrap().id));
    assert_eq!(seen["tracking_information"], json!([]));
    let created = seen["created_at"].as_str().unwrap();
    assert!(created.len() == 19 && created.as_bytes()[10] == b' ', "{created}");
    let address = seen["shipping_address"].as_object().unwrap();
    for key in [
        "full_name",
        "first_name",
        "last_name",
        "street_address",
        "postal_code",
        "city",
        "country",
        "phone_number",
    ] {
        assert!(address[key].as_str().is_some_and(|v| !v.is_empty()), "{key}");
    }
    rig.sim.update_options(|o| o.dialect.orders_labelled_json = true);
    assert_eq!(rig.get(&format!("/v1/orders/{id}")).await.header("content-type"), "application/json");
}

#[tokio::test]
async fn vat_is_what_is_left_of_the_gross_price() {
    let rig = rig_with_article().await;
    let id = rig.sim.buy(MERCHANT, "A", Market::Fi, 3).unwrap();
    let price = order(&rig, &id).await["price"].clone();
    // 3 x 34.90 = 104.70 gross at 25.5 %.
    assert_eq!(price, json!({"amount": 83.43, "vat_amount": 21.27, "vat_rate": 0.255, "currency": "EUR"}));
    let logged = &rig.sim.log().of_kind("order_emitted")[0];
    assert_eq!(
        (&logged["amount_net"], &logged["vat"], &logged["order"]),
        (&json!("83.43"), &json!("21.27"), &json!(id))
    );
}

#[tokio::test]
async fn a_basket_is_one_order_per_article() {
    let rig = rig_with_article().await;
    let ids = rig.sim.basket(MERCHANT, Market::Se, &[("A", 1), ("B", 2)]).unwrap();
    let (first, second) = (order(&rig, &ids[0]).await, order(&rig, &ids[1]).await);
    assert_eq!(first["customer_order_id"], second["customer_order_id"]);
    assert_eq!(first["shipping_address"], second["shipping_address"]);
    let other = rig.bought("A");
    assert_ne!(order(&rig, &other).await["customer_order_id"], first["customer_order_id"]);
    // All lines or none.
    let refused = rig.sim.basket(MERCHANT, Market::Se, &[("A", 1), ("nothing", 1)]);
    assert_eq!(refused, Err(SimError::UnknownArticle("nothing".into())));
    assert_eq!(rig.sim.orders(MERCHANT).len(), 3);
}

#[tokio::test]
async fn what_is_not_offered_cannot_be_bought() {
    let rig = rig_with_article().await;
    assert!(matches!(rig.sim.buy(MERCHANT, "A", Market::Dk, 1), Err(SimError::NotForSale { .. })));
    assert!(rig.sim.buy(MERCHANT, "A", Market::Se, 13).is_ok(), "stock is not enforced by default");
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().quantity, 12, "nor lowered (17.12)");
    rig.sim.update_options(|o| {
        o.enforce_stock = true;
        o.lower_stock_on_sale = true;
    });
    let short = rig.sim.buy(MERCHANT, "A", Market::Se, 13);
    assert_eq!(short, Err(SimError::OutOfStock { sku: "A".into(), wanted: 13, left: 12 }));
    rig.sim.buy(MERCHANT, "A", Market::Se, 12).unwrap();
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().quantity, 0);
    assert!(rig.sim.buy(MERCHANT, "A", Market::Se, 1).is_err());
}

#[tokio::test]
async fn lists_are_bare_arrays_in_pages() {
    let rig = rig_with_article().await;
    let ids: Vec<String> = (0..5).map(|_| rig.bought("A")).collect();
    let listed = async |query: &str| -> Vec<String> {
        let answer = rig.get(&format!("/v1/orders{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json().as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed("").await, ids);
    assert_eq!(listed("/?state=CREATED&limit=2&page=2").await, ids[2..4]);
    assert_eq!(listed("?limit=2&page=3").await, ids[4..]);
    assert_eq!(listed("?limit=2&page=4").await, [""; 0]);
    rig.put(&format!("/v1/orders/{}/accept", ids[0]), &json!({})).await;
    assert_eq!(listed("").await, ids[1..], "accepted orders leave the default list");
    assert_eq!(listed("?state=ACCEPTED").await, ids[..1]);
    rig.sim.update_options(|o| o.newest_first = true);
    assert_eq!(listed("?limit=1").await, ids[4..]);
    let polls = rig.sim.log().of_kind("poll");
    assert_eq!(polls[1]["returned"], json!(ids[2..4]));
    assert_eq!((&polls[1]["state"], &polls[1]["page"]), (&json!("CREATED"), &json!(2)));
}

#[tokio::test]
async fn list_queries_are_checked() {
    let rig = rig_with_article().await;
    for query in ["state=CANCELLED", "state=created", "limit=x", "limit=0", "page=0"] {
        let answer = rig.get(&format!("/v1/orders?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["description"], "Invalid payload");
    }
    assert_eq!(rig.get("/v1/orders?limit=1001").await.status, 200);
    rig.sim.update_options(|o| o.oversized_limit = OversizedLimit::Refuse);
    assert_eq!(rig.get("/v1/orders?limit=1001").await.status, 400);
    assert_eq!(rig.get("/v1/orders?limit=1000").await.status, 200);
}

/// Sends a command and returns status and description.
async fn command(rig: &Rig, id: &str, word: &str) -> (u16, String) {
    let answer = rig.put(&format!("/v1/orders/{id}/{word}"), &json!({})).await;
    (answer.status, answer.json()["description"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn commands_follow_the_states_with_the_documented_texts() {
    let rig = rig_with_article().await;
    let already = |state: &str| (403, format!("Order row already has {state} as state"));
    let done = |what: &str| (202, format!("Order row was {what}"));

    let id = rig.bought("A");
    assert_eq!(command(&rig, &id, "accept").await, done("accepted"));
    assert_eq!(command(&rig, &id, "accept").await, already("accepted"));
    assert_eq!(command(&rig, &id, "cancel").await, already("accepted"));
    assert_eq!(command(&rig, &id, "fulfill").await, done("fulfilled"));
    for word in ["accept", "fulfill", "cancel"] {
        assert_eq!(command(&rig, &id, word).await, already("fulfilled"));
    }

    let id = rig.bought("A");
    assert_eq!(command(&rig, &id, "cancel").await, done("cancelled"));
    for word in ["accept", "fulfill", "cancel"] {
        assert_eq!(command(&rig, &id, word).await, already("not_fulfilled"));
    }

    let id = rig.bought("A");
    rig.sim.update_options(|o| o.cancel_accepted = true);
    command(&rig, &id, "accept").await;
    assert_eq!(command(&rig, &id, "cancel").await, done("cancelled"));
    assert_eq!(command(&rig, "nobody", "accept").await.0, 404);
    let kinds = ["order_accepted", "fulfil", "order_cancelled"].map(|kind| rig.sim.log().count(kind));
    assert_eq!(kinds, [2, 1, 2]);
}

#[tokio::test]
async fn fulfilling_keeps_the_tracking() {
    let rig = rig_with_article().await;
    let id = rig.bought("A");
    let path = format!("/v1/orders/{id}/fulfill");
    let wrong = [
        json!({"tracking_information": [{"carrier_name": "DHL"}]}),
        json!({"tracking_information": [{"tracking_number": 5}]}),
        json!({"tracking_information": [{"tracking_number": ""}]}),
        json!({"tracking_information": {}}),
    ];
    for body in wrong {
        assert_eq!(rig.put(&path, &body).await.status, 400, "{body}");
    }
    let tracking = json!([{"carrier_name": "DHL", "tracking_number": "JD1"}, {"tracking_number": "JD2", "carrier_name": null}]);
    assert_eq!(rig.put(&path, &json!({"tracking_information": tracking})).await.status, 202);
    let seen = order(&rig, &id).await;
    assert_eq!((&seen["state"], &seen["tracking_information"]), (&json!("FULFILLED"), &tracking));
    assert_eq!(rig.sim.log().of_kind("fulfil")[0]["tracking"], tracking);
    assert_eq!(rig.sim.order(&id).unwrap().tracking.len(), 2);
}

/// F21: CDON cancels by itself on day 7.
#[tokio::test]
async fn an_order_is_cancelled_at_its_deadline() {
    let rig = rig_with_article().await;
    let (created, accepted, sent) = (rig.bought("A"), rig.bought("A"), rig.bought("A"));
    command(&rig, &accepted, "accept").await;
    command(&rig, &sent, "fulfill").await;
    rig.sim.clock().advance_ms(7 * DAY_MS - 60_000);
    assert_eq!(order(&rig, &created).await["state"], "CREATED");
    rig.sim.clock().advance_ms(60_000);
    assert_eq!(order(&rig, &created).await["state"], "NOT_FULFILLED");
    assert_eq!(order(&rig, &accepted).await["state"], "NOT_FULFILLED");
    assert_eq!(order(&rig, &sent).await["state"], "FULFILLED");
    let cancelled = rig.sim.log().of_kind("order_cancelled");
    assert!(cancelled.len() == 2 && cancelled.iter().all(|entry| entry["by"] == "deadline"));
}

#[tokio::test]
async fn past_due_orders_refuse_accept_and_fulfil() {
    let rig = rig_with_article().await;
    rig.sim.update_options(|o| o.auto_cancel_lag_ms = DAY_MS);
    let id = rig.bought("A");
    rig.sim.clock().advance_ms(7 * DAY_MS);
    let late = (403, "Order has passed fulfillment due date".to_owned());
    assert_eq!(command(&rig, &id, "accept").await, late);
    assert_eq!(command(&rig, &id, "fulfill").await, late);
    rig.sim.clock().advance_ms(DAY_MS);
    assert_eq!(command(&rig, &id, "fulfill").await.1, "Order row already has not_fulfilled as state");
}

#[tokio::test]
async fn cdon_may_cancel_amend_and_force_states() {
    let rig = rig_with_article().await;
    let id = rig.bought("A");
    rig.sim.amend(&id, &json!({"shipping_address": {"city": "Åre"}, "quantity": 4})).unwrap();
    let seen = order(&rig, &id).await;
    assert_eq!((&seen["shipping_address"]["city"], &seen["quantity"]), (&json!("Åre"), &json!(4)));
    assert!(seen["shipping_address"]["full_name"].is_string());
    rig.sim.cancel_as_cdon(&id).unwrap();
    assert_eq!(rig.sim.order(&id).unwrap().state, OrderState::NotFulfilled);
    assert!(matches!(rig.sim.cancel_as_cdon(&id), Err(SimError::FinalState { .. })));
    assert_eq!(rig.sim.log().of_kind("order_cancelled")[0]["by"], "cdon");
    rig.sim.set_state(&id, OrderState::Created).unwrap();
    assert_eq!(command(&rig, &id, "accept").await.0, 202);
    assert!(matches!(rig.sim.cancel_as_cdon("nobody"), Err(SimError::UnknownOrder(_))));
    // An amended deadline counts.
    rig.sim.amend(&id, &json!({"fulfillment_deadline": "2001-01-01 00:00:00"})).unwrap();
    assert_eq!(order(&rig, &id).await["state"], "NOT_FULFILLED");
}

#[tokio::test]
async fn raw_orders_are_served_as_they_are() {
    let rig = Rig::new().await;
    let id = rig.sim.place_raw(MERCHANT, json!({"id": "77", "article_sku": "ghost", "quantity": 1})).unwrap();
    let seen = order(&rig, &id).await;
    assert_eq!((&seen["article_sku"], &seen["state"]), (&json!("ghost"), &json!("CREATED")));
    assert!(rig.sim.place_raw(MERCHANT, json!({"id": "77"})).is_err(), "taken");
    assert!(rig.sim.place_raw(MERCHANT, json!({"id": "78", "state": "LOST"})).is_err());
    assert_eq!(rig.sim.orders(MERCHANT).len(), 1);
}

#[tokio::test]
async fn dialects_change_the_spelling_only() {
    let rig = rig_with_article().await;
    let id = rig.bought("A");
    rig.sim.cancel_as_cdon(&id).unwrap();
    let plain = order(&rig, &id).await;
    rig.sim.update_options(|o| {
        let d = &mut o.dialect;
        d.article_title = true;
        d.fulfill_before = true;
        d.numeric_strings = true;
        d.iso_dates = true;
        d.spaced_states = true;
        d.omit_customer_order = true;
        d.omit_person_names = true;
        d.omit_total_price = true;
        d.extra_fields = true;
        d.country_as_code = true;
    });
    let seen = order(&rig, &id).await;
    assert_eq!(seen["article_title"], plain["title"]);
    let iso = plain["fulfillment_deadline"].as_str().unwrap().replace(' ', "T") + "Z";
    assert_eq!(seen["fulfill_before"], json!(iso));
    assert_eq!(seen["price"]["amount"], json!("319.2"));
    assert_eq!((&seen["quantity"], &seen["state"]), (&json!("1"), &json!("NOT FULFILLED")));
    for key in ["title", "fulfillment_deadline", "customer_order_id", "total_price"] {
        assert_eq!(seen.get(key), None, "{key}");
    }
    let address = &seen["shipping_address"];
    assert_eq!((address.get("first_name"), address.get("last_name")), (None, None));
    assert_eq!(
        (&address["full_name"], &address["country"]),
        (&plain["shipping_address"]["full_name"], &json!("SE"))
    );
    assert!(seen.get("campaign").is_some());
    rig.sim.update_options(|o| o.dialect.omit_full_name = true);
    assert_eq!(order(&rig, &id).await["shipping_address"].get("full_name"), None);
}

#[tokio::test]
async fn test_orders_exist_in_the_sandbox_only() {
    let rig = rig_with_article().await;
    let article_id = rig.sim.article(MERCHANT, "A").unwrap().id;
    let body = json!({"article_id": article_id, "quantity": 2});
    assert_eq!(rig.post("/v1/orders/", &body).await.status, 405);
    rig.sim.update_options(|o| o.sandbox = true);
    let answer = rig.post("/v1/orders/", &body).await;
    assert_eq!((answer.status, answer.json()["description"].as_str()), (200, Some("Order was created.")));
    assert_eq!(order(&rig, answer.json()["id"].as_str().unwrap()).await["quantity"], 2);
    assert_eq!(rig.post("/v1/orders/", &json!({"article_id": article_id, "quantity": 51})).await.status, 400);
    assert_eq!(rig.post("/v1/orders/", &json!({"quantity": 1})).await.status, 400);
}

#[tokio::test]
async fn a_seed_repeats_ids_and_buyers() {
    let run = async |seed: u64| {
        let rig = Rig::with(|o| o.seed = seed).await;
        rig.create(&[article("A")]).await;
        let id = rig.bought("A");
        let seen = order(&rig, &id).await;
        (id, seen["article_id"].clone(), seen["shipping_address"].clone())
    };
    let first = run(5).await;
    assert_eq!(first, run(5).await);
    assert_ne!(first.0, run(6).await.0);
}
