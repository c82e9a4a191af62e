//! Batches, their later verdicts, what changes in the shop, and reading it back (9 to 11, 17.3, 17.10).

use serde_json::{Value, json};
use vortex_simulators::cdon::{ExistingSku, Market, UnknownBatch};

use crate::support::*;

fn set_quantity(sku: &str, quantity: u32) -> Value {
    json!({"sku": sku, "action": "update_article_quantity", "body": {"quantity": quantity}})
}

fn star(status: &str, code: impl Into<Value>) -> Value {
    json!({"market": "*", "status": status, "error_code": code.into()})
}

#[tokio::test]
async fn a_batch_is_pending_until_its_delay_has_passed() {
    let rig = Rig::with(|o| o.behaviour.apply_delay_ms = 60_000).await;
    let batch = rig.create(&[article("A")]).await;
    assert_eq!(rig.verdict(&batch).await, json!([star("pending", Value::Null)]));
    assert_eq!(rig.sim.article(MERCHANT, "A"), None);
    // Accepted for creation is enough for an update to be accepted.
    assert_eq!(rig.update(json!([set_quantity("A", 7)])).await["failed"], json!([]));
    rig.sim.clock().advance_ms(60_000);
    assert_eq!(rig.verdict(&batch).await, json!([star("ok", Value::Null)]));
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().quantity, 7);
}

#[tokio::test]
async fn held_batches_never_finish_until_released() {
    let rig = Rig::new().await;
    rig.create(&[article("A")]).await;
    rig.sim.pause_applying(true);
    let body = rig.update(json!([set_quantity("A", 3)])).await;
    let batch = body["batch_id"].as_str().unwrap();
    rig.sim.clock().advance_ms(DAY_MS);
    assert_eq!(rig.verdict(batch).await[0]["status"], "pending");
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().quantity, 12);
    rig.sim.pause_applying(false);
    assert_eq!(rig.verdict(batch).await[0]["status"], "ok");
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().quantity, 3);
}

#[tokio::test]
async fn later_checks_fail_in_the_batch_status() {
    let rig = Rig::new().await;
    let wrong = json!({"category": "999", "classifications": [{"name": "CONDITION", "value": "USED"}]});
    let batch = rig.create(&[article_with("A", &wrong)]).await;
    let rows = rig.verdict(&batch).await;
    let codes = [star("failed", json!("invalid_category")), star("failed", json!("invalid_classification"))];
    assert_eq!(rows, json!([star("ok", Value::Null), codes[0], codes[1]]));
    assert_eq!(rig.sim.article(MERCHANT, "A"), None);
    assert_eq!(
        rig.update(json!([set_quantity("A", 1)])).await["failed"][0]["errors"][0]["message"],
        "Article not found"
    );
    rig.sim.update_options(|o| o.mixed_star_rows = false);
    assert_eq!(rig.verdict(&batch).await, json!(codes));
}

#[tokio::test]
async fn an_unknown_vat_rate_fails_in_its_market_only() {
    let rig = Rig::new().await;
    rig.create(&[article("A")]).await;
    let price = json!([
        {"market": "SE", "value": {"amount_including_vat": 379.0, "currency": "SEK", "vat_rate": 0.25}},
        {"market": "FI", "value": {"amount_including_vat": 30.0, "currency": "EUR", "vat_rate": 25}}
    ]);
    let body =
        rig.update(json!([{"sku": "A", "action": "update_article_price", "body": {"price": price}}])).await;
    let rows = rig.verdict(body["batch_id"].as_str().unwrap()).await;
    assert_eq!(
        rows,
        json!([{"market": "SE", "status": "ok", "error_code": null},
               {"market": "FI", "status": "failed", "error_code": "invalid_vat_rate"}])
    );
    let prices = rig.sim.article(MERCHANT, "A").unwrap().prices;
    assert_eq!((prices[&Market::Se], prices[&Market::Fi]), (37_900, 3_490));
    let puts = rig.sim.log().of_kind("price_put");
    let last: Vec<_> = puts[2..].iter().map(|p| (p["market"].as_str(), p["applied"].as_bool())).collect();
    assert_eq!(last, [(Some("SE"), Some(true)), (Some("FI"), Some(false))]);
}

#[tokio::test]
async fn creating_an_existing_sku_is_refused_or_overwrites() {
    let rig = Rig::new().await;
    rig.create(&[article("A")]).await;
    let id = rig.sim.article(MERCHANT, "A").unwrap().id;
    let again = article_with("A", &json!({"quantity": 99}));
    let batch = rig.create(std::slice::from_ref(&again)).await;
    assert_eq!(rig.verdict(&batch).await[1], star("failed", json!("sku_already_exists")));
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().quantity, 12);
    rig.sim.update_options(|o| o.existing_sku = ExistingSku::Overwrite);
    let batch = rig.create(&[again]).await;
    assert_eq!(rig.verdict(&batch).await, json!([star("ok", Value::Null)]));
    let seen = rig.sim.article(MERCHANT, "A").unwrap();
    assert_eq!((seen.quantity, seen.id), (99, id));
}

#[tokio::test]
async fn an_article_deleted_meanwhile_fails_later_and_can_be_created_again() {
    let rig = Rig::with(|o| o.behaviour.apply_delay_ms = 60_000).await;
    rig.create(&[article("A")]).await;
    rig.sim.clock().advance_ms(60_000);
    rig.update(json!([{"sku": "A", "action": "delete_article"}])).await;
    let body = rig.update(json!([set_quantity("A", 5)])).await;
    assert_eq!(body["failed"], json!([]), "not deleted yet: intake accepts");
    rig.sim.clock().advance_ms(60_000);
    let rows = rig.verdict(body["batch_id"].as_str().unwrap()).await;
    assert_eq!(rows[1], star("failed", json!("article_does_not_exist")));
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().status, "deleted");
    let gone = rig.update(json!([set_quantity("A", 5)])).await;
    assert_eq!(gone["failed"][0]["errors"][0]["message"], "Article not found");
    rig.create(&[article("A")]).await;
    rig.sim.clock().advance_ms(60_000);
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().status, "for sale");
}

/// F29: receipts that say ok while nothing changed, or no after yes.
#[tokio::test]
async fn accepted_then_rejected_or_ignored_on_demand() {
    let rig = Rig::new().await;
    rig.create(&[article("A"), article("B"), article("C")]).await;
    rig.sim.update_options(|o| {
        o.reject_skus.insert("A".into(), "permission_denied".into());
        o.ignore_skus.insert("B".into());
        o.lose_skus.insert("C".into());
    });
    let body = rig.update(json!([set_quantity("A", 1), set_quantity("B", 1), set_quantity("C", 1)])).await;
    assert_eq!(body["success"].as_array().unwrap().len(), 2, "C is in neither list");
    assert_eq!(body["failed"], json!([]));
    let id = &body["batch_id"];
    let status = rig.post("/v1/statuses/batch", &json!({"batch_ids": [id]})).await.json();
    let rows = &status["batches"][0]["statuses"];
    assert_eq!(rows[0]["markets"][1], star("failed", json!("permission_denied")));
    assert_eq!(rows[1]["markets"], json!([star("ok", Value::Null)]));
    assert!(rig.sim.articles(MERCHANT).iter().all(|a| a.quantity == 12));
    let puts = rig.sim.log().of_kind("stock_put");
    assert!(puts[3..].iter().all(|put| put["applied"] == false) && puts.len() == 5, "{puts:?}");

    rig.sim.update_options(|o| {
        o.ignore_skus.clear();
        o.reject_skus.clear();
        o.ignore_every = 2;
    });
    rig.update(json!([set_quantity("A", 2), set_quantity("B", 2)])).await;
    let changed = rig.sim.articles(MERCHANT).iter().filter(|a| a.quantity == 2).count();
    assert_eq!(changed, 1);
}

/// F28: batches due together may be applied in another order than they were sent.
#[tokio::test]
async fn shuffled_batches_apply_out_of_order() {
    let rig = Rig::with(|o| {
        o.behaviour.apply_delay_ms = 60_000;
        o.behaviour.shuffle_batches = true;
    })
    .await;
    rig.create(&[article("A")]).await;
    rig.sim.clock().advance_ms(60_000);
    assert!(rig.sim.article(MERCHANT, "A").is_some());
    let sent: Vec<u64> = (1..=20).collect();
    for quantity in &sent {
        rig.update(json!([set_quantity("A", u32::try_from(*quantity).unwrap())])).await;
    }
    rig.sim.clock().advance_ms(60_000);
    assert_eq!(rig.sim.articles(MERCHANT).len(), 1);
    let mut applied: Vec<_> =
        rig.sim.log().of_kind("stock_put")[1..].iter().map(|p| p["qty"].as_u64().unwrap()).collect();
    assert_ne!(applied, sent);
    applied.sort_unstable();
    assert_eq!(applied, sent);
}

#[tokio::test]
async fn unknown_and_new_batches() {
    let rig = Rig::new().await;
    let ask = async |id: &str| rig.post("/v1/statuses/batch", &json!({"batch_ids": [id]})).await;
    assert_eq!(ask("nonsense").await.json(), json!({"batches": []}));
    rig.sim.update_options(|o| o.unknown_batch = UnknownBatch::EmptyStatuses);
    assert_eq!(ask("x").await.json(), json!({"batches": [{"id": "x", "statuses": []}]}));
    rig.sim.update_options(|o| o.unknown_batch = UnknownBatch::NotFound);
    assert_eq!(ask("x").await.status, 404);
    rig.sim.update_options(|o| o.unknown_batch = UnknownBatch::Invalid);
    assert_eq!(ask("x").await.status, 400);
    rig.sim.update_options(|o| {
        o.unknown_batch = UnknownBatch::Missing;
        o.batch_hidden_ms = 60_000;
    });
    let batch = rig.create(&[article("A")]).await;
    assert_eq!(ask(&batch).await.json(), json!({"batches": []}));
    rig.sim.clock().advance_ms(60_000);
    assert_eq!(ask(&batch).await.json()["batches"][0]["id"], json!(batch));
}

#[tokio::test]
async fn status_by_sku_shows_the_latest_processed_action() {
    let rig = Rig::new().await;
    rig.create(&[article("A")]).await;
    rig.update(json!([set_quantity("A", 5)])).await;
    rig.sim.pause_applying(true);
    rig.update(json!([{"sku": "A", "action": "delete_article"}])).await;
    let body = rig.post("/v1/statuses/sku", &json!({"skus": ["A", "unknown"]})).await.json();
    let statuses = body["statuses"].as_array().unwrap();
    assert_eq!(statuses.len(), 1);
    assert_eq!(statuses[0]["action"], "update_article_quantity");
    assert_eq!(statuses[0]["article_id"], json!(rig.sim.article(MERCHANT, "A").unwrap().id));
    assert_eq!(rig.post("/v1/statuses/sku", &json!({})).await.status, 400);
}

#[tokio::test]
async fn an_article_is_offered_only_where_everything_is_there() {
    let rig = Rig::new().await;
    let no_fi_price =
        json!({"price": [{"market": "SE", "value": {"amount_including_vat": 10, "currency": "SEK"}}]});
    let no_fi_time = json!({"shipping_time": [{"market": "SE", "min": 1, "max": 2}]});
    let articles = [
        article("A"),
        article_with("B", &no_fi_price),
        article_with("C", &no_fi_time),
        article_with("D", &json!({"status": "paused"})),
    ];
    rig.create(&articles).await;
    let for_sale = |sku| rig.sim.article(MERCHANT, sku).unwrap().for_sale;
    assert_eq!(for_sale("A"), [Market::Se, Market::Fi]);
    assert_eq!(for_sale("B"), [Market::Se]);
    assert_eq!(for_sale("C"), [Market::Se]);
    assert_eq!(for_sale("D"), []);
    let sellable = rig.sim.sellable(MERCHANT);
    assert_eq!(sellable.len(), 4);
    // Withdrawn from one country by leaving it out (9).
    rig.update(
        json!([{"sku": "A", "action": "update_article", "body": description(&json!({"markets": ["FI"]}))}]),
    )
    .await;
    assert_eq!(for_sale("A"), [Market::Fi]);
    assert_eq!(rig.sim.article(MERCHANT, "A").unwrap().prices[&Market::Se], 39_900);
}

#[tokio::test]
async fn an_update_replaces_all_descriptive_fields() {
    let rig = Rig::new().await;
    rig.create(&[article_with("A", &json!({"brand": "Exemplar"}))]).await;
    rig.update(json!([{"sku": "A", "action": "update_article", "body": description(&json!({}))}])).await;
    let seen = rig.sim.article(MERCHANT, "A").unwrap();
    assert_eq!(seen.fields.get("brand"), None);
    assert_eq!(seen.quantity, 12);
}

#[tokio::test]
async fn categories_come_flat() {
    let rig = Rig::new().await;
    let answer = rig.get("/v1/categories/SE/en-US/").await;
    let tree = answer.json();
    let pots = tree.as_array().unwrap().iter().find(|c| c["id"] == 1124).unwrap();
    assert_eq!(
        pots,
        &json!({"id": 1124, "name": "Pots & Pans", "path": "1.423.1124", "search_friendly_name": "pots-pans"})
    );
    assert_eq!(tree, rig.get("/v1/categories/NO/nb-NO/").await.json());
    assert_eq!(rig.get("/v1/categories/RO/ro-RO/").await.status, 400);
}

#[tokio::test]
async fn undocumented_reads_show_net_prices_as_strings() {
    let rig = Rig::new().await;
    rig.create(&[article("A/1 å"), article("B"), article("C")]).await;
    let body = rig.get("/v1/articles/sku/A%2F1%20%C3%A5").await.json();
    let seen = &body["content"]["article"];
    assert_eq!((&seen["sku"], &seen["quantity"], &seen["brand"]), (&json!("A/1 å"), &json!(12), &json!("")));
    let value = &seen["price"][0]["value"];
    assert_eq!(
        value,
        &json!({"amount": "319.20", "vat_amount": "79.80", "vat_rate": "0.25", "currency": "SEK"})
    );
    assert_eq!(rig.get("/v1/articles/sku/none").await.status, 404);

    let id = seen["id"].as_str().unwrap();
    let path = format!("/v1/articles/{id}/quantity");
    let done = rig.put(&path, &json!({"quantity": 4})).await;
    assert_eq!((done.status, done.text.as_str()), (204, ""));
    assert_eq!(rig.sim.article(MERCHANT, "A/1 å").unwrap().quantity, 4);
    let wrong = rig.put(&path, &json!({"quantity": "4"})).await;
    let errors = json!({"quantity": ["must be of integer type"]});
    assert_eq!((wrong.status, &wrong.json()["errors"]), (400, &errors));
    let nobody = "/v1/articles/00000000-0000-4000-8000-000000000000/quantity";
    assert_eq!(rig.put(nobody, &json!({"quantity": 4})).await.status, 403);

    let page = rig.get("/v1/articles?limit=2&page=2").await.json();
    assert_eq!(page.as_array().unwrap().len(), 1);
    rig.sim.update_options(|o| o.dialect.article_list_key = Some("items".into()));
    assert_eq!(rig.get("/v1/articles").await.json()["items"].as_array().unwrap().len(), 3);
    rig.sim.update_options(|o| o.undocumented_articles = false);
    assert_eq!(rig.get("/v1/articles").await.status, 404);
    assert_eq!(rig.get("/v1/articles/sku/B").await.status, 404);
}
