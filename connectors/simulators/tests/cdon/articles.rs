//! Authentication and the immediate verdicts of the bulk calls (2, 3, 6, 7, 10, 17.1, 17.3, 17.4).

use reqwest::Method;
use serde_json::{Value, json};
use vortex_simulators::cdon::{ErrorField, RateLimit};

use crate::support::*;

#[tokio::test]
async fn every_route_wants_the_merchants_credentials() {
    let rig = Rig::new().await;
    let base = rig.sim.base_url();
    for path in ["/v1/orders", "/v1/orders/x", "/v1/categories/SE/en-US/", "/v1/articles", "/v1/nowhere"] {
        for request in [
            rig.http.get(format!("{base}{path}")),
            rig.http.get(format!("{base}{path}")).basic_auth(MERCHANT, Some("wrong")),
            rig.http.get(format!("{base}{path}")).basic_auth("stranger", Some(TOKEN)),
        ] {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{path}");
            let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            assert_eq!(body, json!({"description": "Authorization credentials were incorrect"}));
        }
    }
    assert_eq!(rig.sim.log().count("auth_failed"), 15);
    assert_eq!(rig.get("/v1/orders").await.status, 200);
    let foreign = rig.http.get(format!("{base}/v1/orders")).basic_auth(MERCHANT, Some(TOKEN));
    let foreign = foreign.header("x-merchant-id", "another").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
}

#[tokio::test]
async fn merchants_do_not_see_each_other() {
    let rig = Rig::new().await;
    rig.sim.add_merchant("second", "t2");
    rig.create(&[article("A")]).await;
    let order = rig.bought("A");
    let base = rig.sim.base_url();
    let status = |path: String| {
        let request = rig.http.get(format!("{base}{path}")).basic_auth("second", Some("t2"));
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(status(format!("/v1/orders/{order}")).await, 404);
    assert_eq!(status("/v1/articles/sku/A".into()).await, 404);
    assert_eq!(rig.sim.articles("second"), []);
    rig.sim.update_options(|o| o.unknown_order_status = 403);
    assert_eq!(status(format!("/v1/orders/{order}")).await, 403);
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    let rig = Rig::new().await;
    let answer = rig.get("/v1/nowhere").await;
    assert_eq!((answer.status, answer.json()), (404, json!({"description": "Not found"})));
    let outside = rig.http.get(rig.sim.base_url().replace("/api", "/elsewhere")).send().await.unwrap();
    assert_eq!(outside.status(), 404);
    assert_eq!(rig.get("/v2/articles/bulk").await.status, 405);
}

#[tokio::test]
async fn one_entry_per_missing_field() {
    let rig = Rig::new().await;
    let answer = rig.post("/v2/articles/bulk", &json!({"articles": [{"sku": "A", "price": []}, {}]})).await;
    assert_eq!(answer.status, 202, "202 although every item failed (3.1)");
    let body = answer.json();
    assert_eq!(body["success"], json!([]));
    let missing = |item: usize| {
        let errors = body["failed"][item]["errors"].as_array().unwrap().iter();
        let missing = errors.filter(|e| e["message"] == "Required field missing");
        let mut fields: Vec<_> = missing.map(|e| e["field"][0].as_str().unwrap().to_owned()).collect();
        fields.sort();
        fields
    };
    let descriptive =
        ["description", "main_image", "markets", "quantity", "shipping_time", "status", "title"];
    assert_eq!(missing(0), descriptive);
    let all = [
        "description",
        "main_image",
        "markets",
        "price",
        "quantity",
        "shipping_time",
        "sku",
        "status",
        "title",
    ];
    assert_eq!(missing(1), all);
    assert_eq!(body["failed"][0]["sku"], "A");
    assert!(body["failed"][0].get("action").is_none(), "no action in create answers (3.2)");
    // What fails at intake is not in the batch.
    let batch = rig.post("/v1/statuses/batch", &json!({"batch_ids": [body["batch_id"]]})).await.json();
    assert_eq!(batch["batches"][0]["statuses"], json!([]));
    assert_eq!(rig.sim.articles(MERCHANT), []);
}

/// The single failure of creating `article` with the patch.
async fn intake_failure(rig: &Rig, patch: Value) -> (String, String) {
    let article = article_with("A", &patch);
    let body = rig.post("/v2/articles/bulk", &json!({"articles": [article]})).await.json();
    let errors = body["failed"][0]["errors"].as_array().unwrap_or_else(|| panic!("{patch} was accepted"));
    assert_eq!(errors.len(), 1, "{patch}: {errors:?}");
    let parts: Vec<_> =
        errors[0]["field"].as_array().unwrap().iter().map(|p| p.as_str().unwrap().to_owned()).collect();
    (parts.join("."), errors[0]["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn form_is_checked_at_intake() {
    let rig = Rig::new().await;
    let price = |value: Value| json!({"price": [{"market": "SE", "value": value}]});
    let text = |n: usize| "å".repeat(n);
    let en = |value: String| json!([{"language": "en-US", "value": value}]);
    let cases = [
        (json!({"quantity": "5"}), "quantity", "must be of integer type"),
        (json!({"quantity": 1.5}), "quantity", "must be of integer type"),
        (json!({"quantity": -1}), "quantity", "min value is 0"),
        (json!({"quantity": 500_001}), "quantity", "max value is 500000"),
        (json!({"status": "For Sale"}), "status", "unallowed value For Sale"),
        (json!({"markets": ["SE", "RO"]}), "markets.1", "unallowed value RO"),
        (json!({"markets": []}), "markets", "min length is 1"),
        (json!({"title": en(text(4))}), "title.0.value", "min length is 5"),
        (json!({"title": en(text(151))}), "title.0.value", "max length is 150"),
        (json!({"description": en(text(4097))}), "description.0.value", "max length is 4096"),
        (
            json!({"title": [{"language": "ro-RO", "value": "Oala de fonta"}]}),
            "title.0.language",
            "unallowed value ro-RO",
        ),
        (json!({"title": "Pot for all"}), "title", "must be of list type"),
        (json!({"main_image": "a.jpg"}), "main_image", "must be an absolute URL"),
        (json!({"category": "1.423.1124.9"}), "category", "max length is 10"),
        (json!({"brand": text(51)}), "brand", "max length is 50"),
        (json!({"gtin": "59400000000177"}), "gtin", "max length is 13"),
        (json!({"shipped_from": "RO"}), "shipped_from", "unallowed value RO"),
        (json!({"manufacturer": {"name": "X"}}), "manufacturer.address", "Required field missing"),
        (json!({"images": ["https://img.example.com/a.jpg"]}), "images", "must not repeat main_image"),
        (
            json!({"shipping_time": [{"market": "SE", "min": 3, "max": 11}]}),
            "shipping_time.0.max",
            "max value is 10",
        ),
        (
            json!({"shipping_time": [{"market": "SE", "min": 6, "max": 3}]}),
            "shipping_time.0.min",
            "must not exceed max",
        ),
        (
            json!({"properties": [{"name": "model", "value": "X"}]}),
            "properties.0.name",
            "unallowed value model",
        ),
        (
            json!({"properties": [{"name": "preset-color", "value": "mauve"}]}),
            "properties.0.value",
            "unallowed value mauve",
        ),
        (
            json!({"properties": [{"name": "weight_kg", "value": 5.2}]}),
            "properties.0.value",
            "must be of string type",
        ),
        (
            json!({"properties": [{"name": "weight_kg", "value": "5,2"}]}),
            "properties.0.value",
            "must be a number",
        ),
        (json!({"invented": 1}), "invented", "unknown field"),
        (
            price(json!({"amount_including_vat": "399.00", "currency": "SEK"})),
            "price.0.value.amount_including_vat",
            "must be of float type",
        ),
        (
            price(json!({"amount_including_vat": 0, "currency": "SEK"})),
            "price.0.value.amount_including_vat",
            "must be above 0 and at most 9999999",
        ),
        (
            price(json!({"amount_including_vat": 10, "currency": "EUR"})),
            "price.0.value.currency",
            "unallowed value EUR",
        ),
        (price(json!({"currency": "SEK"})), "price.0.value.amount_including_vat", "Required field missing"),
    ];
    for (patch, field, message) in cases {
        let shown = patch.to_string();
        assert_eq!(intake_failure(&rig, patch).await, (field.to_owned(), message.to_owned()), "{shown}");
    }
    assert_eq!(rig.sim.articles(MERCHANT), []);
}

#[tokio::test]
async fn the_full_example_of_the_description_is_accepted() {
    let rig = Rig::new().await;
    let full = json!({
        "parent_sku": "P", "images": ["https://img.example.com/b.jpg"],
        "delivery_type": [{"market": "SE", "value": "service_point"}],
        "brand": "Exemplar", "gtin": "5940000000017", "shipped_from": "EU", "mpn": "M1", "kn_number": "7323",
        "properties": [{"name": "color", "value": "Red", "language": "en-US"}, {"name": "weight_kg", "value": "5.2"}],
        "variational_properties": ["color"],
        "classifications": [{"name": "CONDITION", "value": "NEW"}],
        "unique_selling_points": [{"language": "en-US", "value": ["Lasts for ever"]}],
        "specifications": [{"language": "en-US", "value": [{"name": "Size", "value": [{"name": "Ø", "value": "24"}]}]}],
        "manufacturer": {"name": "X", "address":
            {"street_address": "Str. 1", "city": "Cluj", "postal_code": "400000", "country": "RO"}},
        "internal_note": "n"
    });
    rig.create(&[article_with("A", &full)]).await;
    let seen = rig.sim.article(MERCHANT, "A").unwrap();
    assert_eq!(seen.fields["brand"], "Exemplar");
    assert_eq!(seen.quantity, 12);
}

#[tokio::test]
async fn update_actions_are_judged_one_by_one() {
    let rig = Rig::new().await;
    rig.create(&[article("A")]).await;
    let quantity = |sku: &str, quantity: Value| json!({"sku": sku, "action": "update_article_quantity", "body": {"quantity": quantity}});
    let body = rig
        .update(json!([
            quantity("A", json!(7)),
            quantity("A", json!(8)),
            quantity("nobody", json!(1)),
            {"sku": "A", "action": "fly"},
            {"sku": "A", "action": "update_article", "body": description(&json!({"quantity": 3, "price": []}))},
            {"sku": "A", "action": "update_article_price", "body": {}},
            {"sku": "A", "action": "delete_article", "body": {}},
        ]))
        .await;
    assert_eq!(
        body["success"],
        json!([{"sku": "A", "action": "update_article_quantity"}, {"sku": "A", "action": "delete_article"}])
    );
    let failed: Vec<_> = body["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["sku"].as_str().unwrap(), f["action"].as_str().unwrap(), f["errors"][0].clone()))
        .collect();
    let error = |message: &str, field: &str| json!({"message": message, "field": [field]});
    assert_eq!(
        failed,
        [
            ("A", "update_article_quantity", error("Duplicate action for article", "action")),
            ("nobody", "update_article_quantity", error("Article not found", "sku")),
            ("A", "fly", error("unallowed value fly", "action")),
            ("A", "update_article", error("field not allowed in this action", "price")),
            ("A", "update_article_price", error("Required field missing", "price")),
        ]
    );
}

#[tokio::test]
async fn the_failed_field_is_spelled_in_the_dialect() {
    let rig = Rig::new().await;
    let error = async || {
        let call = json!({"articles": [article_with("A", &json!({"quantity": null}))]});
        let body = rig.post("/v2/articles/bulk", &call);
        body.await.json()["failed"][0]["errors"][0].clone()
    };
    rig.sim.update_options(|o| o.dialect.error_field = ErrorField::Location);
    assert_eq!(error().await, json!({"message": "Required field missing", "location": ["quantity"]}));
    rig.sim.update_options(|o| o.dialect.error_field = ErrorField::PlainString);
    assert_eq!(error().await, json!({"message": "Required field missing", "field": "quantity"}));
}

#[tokio::test]
async fn a_body_wrong_as_a_whole_is_400() {
    let rig = Rig::new().await;
    let too_many: Vec<_> = (0..101).map(|n| article(&format!("S{n}"))).collect();
    let cases = [
        (json!({"items": []}), json!({"articles": ["required field"]})),
        (json!({"articles": {}}), json!({"articles": ["must be of list type"]})),
        (json!([]), json!({"bulk_payload": ["must be of dict type"]})),
        (json!({"articles": [article("A"), 5]}), json!({"bulk_payload": {"1": ["must be of dict type"]}})),
        (json!({"articles": too_many}), json!({"bulk_payload": ["max length is 100"]})),
    ];
    for (body, errors) in cases {
        let answer = rig.post("/v2/articles/bulk", &body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json(), json!({"description": "Invalid payload", "errors": errors}));
    }
    let broken = rig.http.put(format!("{}/v2/articles/bulk", rig.sim.base_url()));
    let broken = broken.basic_auth(MERCHANT, Some(TOKEN)).body("{").send().await.unwrap();
    assert_eq!(broken.status(), 400);
    assert_eq!(rig.put("/v2/articles/bulk", &json!({})).await.status, 400);
    assert_eq!(rig.sim.articles(MERCHANT), []);
}

#[tokio::test]
async fn a_request_budget_answers_429_until_it_refills() {
    let rig = Rig::new().await;
    let limit = RateLimit { per_minute: 1, burst: 2, retry_after: true };
    rig.sim.update_options(|o| o.rate_limit = Some(limit));
    assert_eq!(rig.get("/v1/orders").await.status, 200);
    assert_eq!(rig.get("/v1/orders").await.status, 200);
    let refused = rig.try_call(Method::GET, "/v1/orders", None).await.unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    rig.sim.clock().advance_ms(60_000);
    assert_eq!(rig.get("/v1/orders").await.status, 200);
}
