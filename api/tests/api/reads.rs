//! What the lists and views show, and what they hide.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use vortex_domain::{
    Currency, ErpArticle, Market, Sku,
    mapping::{OfferInput, PriceReceipt},
    rates::{RateBook, RatePolicy},
    stock::StockTerms,
    vat::VatTable,
};
use vortex_entities::sku::ReceiptBody;
use vortex_store::{
    Store,
    rows::{OrderRow, ReceiptParts, ReceiptRow, Write},
};

use crate::support::{NOW_MS, World, mapping, order, request, vendor};

#[tokio::test]
async fn an_order_shows_its_way_and_not_its_buyer() {
    let world = World::new().await;
    let answer = world.get(&world.tokens.viewer, "/api/v1/vendors/acme/orders/o-1?lang=en").await;
    let order = answer.json();
    assert_eq!(order["stage"], "held");
    assert_eq!(order["channel_state"], "created");
    assert_eq!(
        (&order["city"], &order["country"], &order["market"]),
        (&json!("Stockholm"), &json!("Sweden"), &json!("SE"))
    );
    assert_eq!(order["net"], json!({"amount": "319.20", "currency": "SEK"}));
    assert_eq!(order["deadline_ms"], NOW_MS + 86_400_000);
    assert_eq!(order["held"]["code"], "unknown_article");
    assert_eq!(order["attention"].as_array().unwrap().len(), 1);
    assert!(order["attention"][0]["item"].is_i64());
    assert_eq!(order["journal"][0]["cause"], "order_delivered");
    let list = world.get(&world.tokens.viewer, "/api/v1/vendors/acme/orders").await;
    for text in [&answer.text, &list.text] {
        for personal in ["Astrid", "Secretsson", "Hemliga", "11122", "+4670"] {
            assert!(!text.contains(personal), "{personal}");
        }
    }
}

#[tokio::test]
async fn orders_come_in_pages_without_gaps_or_repeats() {
    let world = World::new().await;
    let rows: Vec<Vec<Write>> = (0..7)
        .map(|i| {
            let state = order(&format!("p-{i}"));
            vec![Write::Order(Box::new(OrderRow {
                vendor: vendor("acme"),
                version: 1,
                state,
                at_ms: NOW_MS,
            }))]
        })
        .collect();
    world.store.commit(&rows).await.unwrap();
    let mut ids = Vec::new();
    let mut path = "/api/v1/vendors/acme/orders?limit=3".to_owned();
    loop {
        let page = world.get(&world.tokens.owner, &path).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/vendors/acme/orders?limit=3&cursor={cursor}");
    }
    assert_eq!(ids, ["o-1", "p-0", "p-1", "p-2", "p-3", "p-4", "p-5", "p-6"]);
    for name in ["state", "stage"] {
        let held =
            world.get(&world.tokens.owner, &format!("/api/v1/vendors/acme/orders?{name}=held")).await.json();
        assert_eq!(held["items"].as_array().unwrap().len(), 1, "{name}");
    }
    let all = world.get(&world.tokens.owner, "/api/v1/vendors/acme/orders?limit=1000000000").await;
    assert_eq!(all.json()["items"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn attention_speaks_the_readers_language() {
    let world = World::new().await;
    let path = "/api/v1/vendors/acme/attention";
    let text = |answer: Value| answer["items"][0]["text"].as_str().unwrap().to_owned();
    let english = text(world.get(&world.tokens.owner, path).await.json());
    assert!(english.starts_with("Article `A-1` does not exist in WinMentor."), "{english}");
    let romanian = text(world.get(&world.tokens.owner, &format!("{path}?lang=ro")).await.json());
    assert!(romanian.starts_with("Articolul `A-1` nu există în WinMentor."), "{romanian}");
    let mut by_header = request(Method::GET, path, Some(&world.tokens.owner), None);
    by_header.headers_mut().insert("accept-language", "ro-RO,ro;q=0.9,en;q=0.8".parse().unwrap());
    let answer = world.send(by_header).await.json();
    let item = &answer["items"][0];
    assert_eq!(text(answer.clone()), romanian);
    assert_eq!(
        (&item["code"], &item["who"], &item["safe_to_retry"]),
        (&json!("unknown_article"), &json!("merchant"), &json!(true))
    );
    assert_eq!(item["subjects"], json!([{"kind": "order", "key": "o-1"}]));
    let id = item["id"].as_i64().unwrap();
    let subjects = world.get(&world.tokens.owner, &format!("{path}/{id}/subjects")).await.json();
    assert_eq!(subjects["items"], json!([{"kind": "order", "key": "o-1"}]));
}

#[tokio::test]
async fn an_article_shows_what_was_sent_accepted_and_seen() {
    let world = World::new().await;
    let sku = world.get(&world.tokens.owner, "/api/v1/vendors/acme/skus/A-1").await.json();
    assert_eq!(sku["stock"], json!({"on_hand": "10", "reserved": "2", "read_ms": NOW_MS - 9_000}));
    let quantity = &sku["publishing"]["quantity"];
    assert_eq!(
        (&quantity["state"], &quantity["accepted"], &quantity["seen"]),
        (&json!("seen"), &json!(4), &json!(4))
    );
    assert_eq!(sku["publishing"]["prices"]["state"], "none");
}

fn price(net: &str) -> PriceReceipt {
    let article: ErpArticle = serde_json::from_value(
        json!({"sku": "A-1", "name": "Cast iron pot", "unit": "Buc", "price_net": net}),
    )
    .unwrap();
    let mut book = RateBook::default();
    book.add_bnr(Currency::Sek, "2026-02-27".parse().unwrap(), "0.46".parse().unwrap(), 1).unwrap();
    let rates = book.table(RatePolicy::default());
    let offer = mapping().offer(&OfferInput {
        article: &article,
        content: &[],
        markets: &[Market::Se],
        rates: &rates,
        vat: &VatTable::built_in(),
        date: "2026-03-01".parse().unwrap(),
        image_url: Some("https://img.example.com/{sku}.jpg"),
        previous: &[],
    });
    offer.price_receipts.into_iter().next().unwrap()
}

async fn publish(world: &World, at_ms: i64, quantity: Option<i64>, prices: Vec<PriceReceipt>) {
    let terms = quantity.map(|on_hand| StockTerms {
        on_hand_milli: on_hand * 1_000,
        reserved_in_erp_milli: 2_000,
        reserved_by_us: 3,
        buffer: 1,
        cap: 500_000,
    });
    let body = ReceiptBody {
        quantity: terms.map(|terms| (terms.publishable(), terms)),
        read_ms: Some(at_ms - 1_000),
        article_ms: Some(at_ms - 60_000),
        parts: BTreeMap::new(),
        held: [("o-1".parse().unwrap(), 3)].into(),
        prices,
        listing: false,
    };
    let row = ReceiptRow {
        vendor: vendor("acme"),
        sku: Sku::new("A-1").unwrap(),
        at_ms,
        mapping_version: 3,
        parts: ReceiptParts { quantity: body.quantity.is_some(), prices: !body.prices.is_empty() },
        body: serde_json::to_string(&body).unwrap(),
    };
    world.store.commit(&[vec![Write::Receipt(row)]]).await.unwrap();
}

/// A price of a version that is no longer live is reckoned again by that version.
#[tokio::test]
async fn a_price_of_an_older_mapping_is_reckoned_by_that_mapping() {
    let world = World::new().await;
    let older = PriceReceipt { mapping_version: 2, ..price("80") };
    publish(&world, NOW_MS - 10_000, None, vec![older.clone()]).await;
    let path = "/api/v1/vendors/acme/skus/A-1/explain";
    let priced = world.get(&world.tokens.viewer, path).await.json()["prices"][0].clone();
    assert_eq!((&priced["recomputed_minor"], &priced["agrees"]), (&json!(older.gross_minor), &json!(true)));
    publish(&world, NOW_MS - 5_000, None, vec![PriceReceipt { gross_minor: 1, ..older }]).await;
    let altered = world.get(&world.tokens.viewer, path).await.json()["prices"][0].clone();
    assert_eq!(altered["agrees"], false, "{altered}");
}

#[tokio::test]
async fn every_published_number_explains_itself_for_any_past_moment() {
    let world = World::new().await;
    publish(&world, NOW_MS - 30_000, Some(10), vec![price("100")]).await;
    publish(&world, NOW_MS - 20_000, Some(8), Vec::new()).await;
    publish(&world, NOW_MS - 10_000, None, vec![price("90")]).await;
    let path = "/api/v1/vendors/acme/skus/A-1/explain";
    let now = world.get(&world.tokens.viewer, path).await.json();
    let quantity = &now["quantity"];
    assert_eq!(
        (&quantity["quantity"], &quantity["recomputed"], &quantity["agrees"]),
        (&json!(2), &json!(2), &json!(true))
    );
    assert_eq!((&quantity["on_hand_milli"], &quantity["reserved_by_us"]), (&json!(8_000), &json!(3)));
    assert_eq!(quantity["held"], json!([{"order": "o-1", "quantity": 3}]));
    let priced = &now["prices"][0];
    assert_eq!(
        (&priced["gross_minor"], &priced["agrees"], &priced["inputs"]["erp.price_net"]),
        (&json!(24_457), &json!(true), &json!("90"))
    );
    let told = now["sentences"].to_string();
    for words in [
        "(8 − 2) rounded down − 3 = 3 available; minus the safety stock 1",
        "(o-1: 3)",
        "1 SEK = 0.46 RON",
        "244.57 SEK",
        "mapping version 3",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let then =
        world.get(&world.tokens.viewer, &format!("{path}?at={}&lang=ro", NOW_MS - 25_000)).await.json();
    assert_eq!(then["quantity"]["quantity"], 4);
    assert_eq!(then["prices"][0]["inputs"]["erp.price_net"], "100");
    let told = then["sentences"].to_string();
    assert!(told.contains("1 SEK = 0,46 RON") && told.contains("stocul de siguranță 1"), "{told}");
    let before = world.get(&world.tokens.viewer, &format!("{path}?at=2020-01-01T00:00:00Z")).await;
    assert_eq!(before.status, StatusCode::OK);
    assert_eq!(
        (before.json()["quantity"].clone(), before.json()["prices"].clone()),
        (Value::Null, json!([]))
    );
    let norway = world.get(&world.tokens.viewer, &format!("{path}?market=NO")).await.json();
    assert_eq!(norway["prices"], json!([]));
    assert_eq!(
        world.get(&world.tokens.viewer, "/api/v1/vendors/acme/skus/A-1").await.json()["prices"][0]["amount"],
        "244.57"
    );
}

#[tokio::test]
async fn flows_actors_and_journal_are_shown() {
    let world = World::new().await;
    let flows = world.get(&world.tokens.owner, "/api/v1/vendors/acme/flows").await.json();
    assert_eq!(
        (&flows["items"][0]["flow"], &flows["items"][0]["last_success_ms"]),
        (&json!("orders"), &json!(NOW_MS - 60_000))
    );
    let actors = world.get(&world.tokens.owner, "/api/v1/vendors/acme/actors").await.json();
    assert_eq!(actors, json!({"skus": 3, "orders": 2, "restarts": 1, "parked": {"sku": ["A-9"]}}));
    let journal =
        world.get(&world.tokens.owner, "/api/v1/vendors/acme/journal?kind=order&key=o-1").await.json();
    assert_eq!(journal["items"][0]["cause"], "order_delivered");
    let page = world.get(&world.tokens.owner, "/api/v1/vendors/acme/journal?limit=1").await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}
