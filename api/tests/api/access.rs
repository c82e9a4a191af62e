//! Who sees what: every route of the document, with every kind of token.

use axum::http::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{Answer, SPARE, World, request};

/// Every operation of the document, with `{v}` left open.
pub(crate) fn operations(document: &Value) -> Vec<(Method, String)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let path = path
                .replace("/pickups/{id}", "/pickups/2026-02-01-01")
                .replace("{id}", "o-1")
                .replace("{sku}", "A-1")
                .replace("{item}", "1")
                .replace("trials/{version}/{action}", "trials/3/stop")
                .replace("{action}", "retry")
                .replace("{version}", "3")
                .replace("{draft}", "spring")
                .replace("{table}", "category")
                .replace("rows/{key}", "rows/1")
                .replace("{connection}", "cdon")
                .replace("{currency}", "SEK")
                .replace("{date}", "2026-02-27")
                .replace("{verdict}", "confirm")
                .replace("{key}", SPARE)
                .replace("{token}", "never.given");
            let query = match &path {
                _ if path.ends_with("/labels") => "?orders=o-1",
                _ if path.ends_with("/invoices") || path.ends_with("/invoices.zip") => "?month=2026-03",
                _ => "",
            };
            let path = format!("{path}{query}");
            all.push((method, path));
        }
    }
    all
}

pub(crate) async fn document(world: &World) -> Value {
    world.send(request(Method::GET, "/api/openapi.json", None, None)).await.json()
}

/// A body that every write would take.
pub(crate) fn body(path: &str) -> Option<Value> {
    match path {
        _ if path.ends_with("/sync") => Some(json!({"flow": "stock"})),
        _ if path.ends_with("/content") => Some(json!({"rows": []})),
        _ if path.ends_with("/ship") => Some(json!({})),
        _ if path.ends_with("/pickups") || path.ends_with("/decide") => Some(json!({})),
        _ if path.ends_with("/cancel") || path.ends_with("/buyer") => {
            Some(json!({"reason": "the last one broke"}))
        }
        _ if path.contains("/mapping/drafts/") || path.contains("/mapping/tables/") => {
            Some(json!({"toml": crate::support::MAPPING, "reason": "spring prices", "to": "1", "days": 30}))
        }
        _ if path.ends_with("/revert") => Some(json!({"reason": "back to winter"})),
        _ if path.ends_with("/links") => Some(json!({"order": "o-1", "kind": "label", "name": "1.pdf"})),
        _ if path.ends_with("/tokens") => Some(json!({"name": "ci", "role": "viewer"})),
        _ if path.ends_with("/o-1/returns") => Some(json!({"id": "r-1", "advised": 1})),
        _ if path.ends_with("/returns/import") => Some(json!({"rows": []})),
        _ if path.ends_with("/rates") => Some(json!({"currency": "SEK", "ron_per_unit": "0.4601"})),
        _ if path.ends_with("/returns/unmatched") => Some(json!({"order": "x-1", "id": "r-1"})),
        _ => None,
    }
}

async fn ask(world: &World, method: &Method, path: &str, token: Option<&SecretString>) -> Answer {
    world.send(request(method.clone(), path, token, body(path))).await
}

#[tokio::test]
async fn the_document_has_every_route_and_every_route_answers() {
    let world = World::new().await;
    let document = document(&world).await;
    assert_eq!(document["openapi"], "3.1.0");
    let operations = operations(&document);
    for expected in [
        ("GET", "/api/v1/vendors"),
        ("GET", "/api/v1/vendors/{v}/orders"),
        ("GET", "/api/v1/vendors/{v}/orders/o-1"),
        ("GET", "/api/v1/vendors/{v}/skus/A-1"),
        ("GET", "/api/v1/vendors/{v}/skus/A-1/explain"),
        ("POST", "/api/v1/vendors/{v}/sync"),
        ("GET", "/api/v1/vendors/{v}/attention"),
        ("POST", "/api/v1/vendors/{v}/attention/1/retry"),
        ("GET", "/api/v1/events"),
        ("PUT", "/api/v1/vendors/{v}/content"),
        ("POST", "/api/v1/vendors/{v}/orders/o-1/ship"),
        ("POST", "/api/v1/vendors/{v}/orders/o-1/cancel"),
        ("GET", "/api/v1/vendors/{v}/orders/o-1/files"),
        ("POST", "/api/v1/vendors/{v}/orders/o-1/returns"),
        ("POST", "/api/v1/vendors/{v}/files/links"),
        ("GET", "/api/v1/vendors/{v}/labels?orders=o-1"),
        ("GET", "/api/v1/vendors/{v}/invoices?month=2026-03"),
        ("GET", "/api/v1/vendors/{v}/invoices.zip?month=2026-03"),
        ("GET", "/api/v1/vendors/{v}/returns"),
        ("POST", "/api/v1/vendors/{v}/returns/import"),
        ("POST", "/api/v1/vendors/{v}/returns/unmatched"),
        ("POST", "/api/v1/vendors/{v}/pickups"),
        ("GET", "/api/v1/vendors/{v}/pickups/2026-02-01-01"),
        ("POST", "/api/v1/vendors/{v}/pickups/2026-02-01-01/cancel"),
        ("POST", "/api/v1/vendors/{v}/pickups/2026-02-01-01/decide"),
        ("GET", "/api/v1/vendors/{v}/rates"),
        ("POST", "/api/v1/vendors/{v}/rates"),
        ("POST", "/api/v1/vendors/{v}/rates/SEK/2026-02-27/confirm"),
        ("GET", "/files/never.given"),
        ("POST", "/hooks/{v}/cdon"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/api/openapi.json"),
    ] {
        let (method, path) = expected;
        assert!(operations.iter().any(|(m, p)| m.as_str() == method && p == path), "{expected:?}");
    }
    // Routes that are registered without a description would be missing from the document.
    let source = include_str!("../../src/router.rs");
    assert!(!source.contains(".route("), "register routes with `routes!`");
    assert_eq!(source.matches("routes!(").count(), operations.len());
    let answered = |path: &String| !path.ends_with("/events");
    for (method, path) in operations.iter().filter(|(_, path)| answered(path)) {
        let answer = ask(&world, method, &path.replace("{v}", "acme"), Some(&world.tokens.owner)).await;
        let expected = match path.as_str() {
            _ if path.starts_with("/hooks/") => StatusCode::UNAUTHORIZED,
            // Nothing of that name is there; everything else is.
            _ if path.starts_with("/files/") || path.ends_with("/returns/unmatched") => StatusCode::NOT_FOUND,
            // It is asked for, so there is nothing that a person could decide, and the flow has still to take it up.
            _ if path.ends_with("/decide") => StatusCode::CONFLICT,
            _ if path.contains("/pickups") && *method == Method::POST => StatusCode::ACCEPTED,
            _ => StatusCode::OK,
        };
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text);
    }
}

#[tokio::test]
async fn nobody_gets_anything_without_a_valid_token() {
    // SEC06
    let world = World::new().await;
    let mut asked = 0;
    for (method, path) in
        operations(&document(&world).await).iter().filter(|(_, path)| path.starts_with("/api/v1/"))
    {
        let path = path.replace("{v}", "acme");
        let never_issued = SecretString::from(format!("vx_{}", "A".repeat(43)));
        let malformed = SecretString::from("x");
        for token in [None, Some(&malformed), Some(&never_issued), Some(&world.tokens.revoked)] {
            let answer = ask(&world, method, &path, token).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(answer.problem()["type"], "urn:vortex:problem:unauthorized");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            asked += 1;
        }
    }
    assert!(asked > 40);
    assert!(world.engine.syncs.lock().unwrap().is_empty());
}

#[tokio::test]
async fn another_vendor_looks_like_no_vendor_on_every_route() {
    // SEC01
    let world = World::new().await;
    let mut asked = 0;
    for (method, path) in
        operations(&document(&world).await).iter().filter(|(_, path)| path.contains("/v1/vendors/{v}"))
    {
        let foreign = ask(&world, method, &path.replace("{v}", "acme"), Some(&world.tokens.foreign)).await;
        let unknown = ask(&world, method, &path.replace("{v}", "nobody"), Some(&world.tokens.foreign)).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(foreign.problem(), unknown.problem(), "{method} {path}");
        assert_eq!(foreign.headers.len(), unknown.headers.len());
        let nobodys = ask(&world, method, &path.replace("{v}", "nobody"), Some(&world.tokens.platform)).await;
        assert_eq!(nobodys.status, StatusCode::NOT_FOUND, "{method} {path}");
        asked += 1;
    }
    assert!(asked >= 23);
    let events = world.get(&world.tokens.foreign, "/api/v1/events?vendor=acme").await;
    assert_eq!(events.status, StatusCode::NOT_FOUND);
    assert!(world.engine.asked.lock().unwrap().is_empty());
    assert!(world.mappings.asked.lock().unwrap().is_empty());
    assert!(world.engine.syncs.lock().unwrap().is_empty() && world.engine.acts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_viewer_reads_and_never_writes() {
    // SEC05
    let world = World::new().await;
    for (method, path) in
        operations(&document(&world).await).iter().filter(|(_, path)| path.contains("/v1/vendors/{v}"))
    {
        let answer = ask(&world, method, &path.replace("{v}", "acme"), Some(&world.tokens.viewer)).await;
        // Labels and invoices name buyers, whom a viewer does not see.
        let personal = path.contains("/labels") || path.contains("/invoices.zip");
        // Who may come in, and what they did, is not for everybody.
        let personal = personal || ["/tokens", "/members", "/audit"].iter().any(|end| path.ends_with(end));
        let reads = method.is_safe() && !personal;
        let expected = if reads { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text);
    }
    assert!(world.engine.syncs.lock().unwrap().is_empty() && world.engine.acts.lock().unwrap().is_empty());
    assert!(world.engine.asked.lock().unwrap().is_empty());
    assert!(world.mappings.asked.lock().unwrap().is_empty());
    let answer = world
        .call(Method::POST, &world.tokens.operator, "/api/v1/vendors/acme/sync", json!({"flow": "stock"}))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_tenant_named_by_the_client_counts_for_nothing() {
    // SEC02
    let world = World::new().await;
    let mut request =
        request(Method::GET, "/api/v1/vendors?tenant_id=acme&vendor=acme", Some(&world.tokens.foreign), None);
    request.headers_mut().insert("x-tenant-id", "acme".parse().unwrap());
    let answer = world.send(request).await;
    assert_eq!(answer.json()["items"], json!([{"id": "other", "name": "other SRL"}]));
}

#[tokio::test]
async fn the_platforms_operator_sees_every_vendor() {
    let world = World::new().await;
    let items = world.get(&world.tokens.platform, "/api/v1/vendors").await.json()["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 2);
    assert_eq!(
        world.get(&world.tokens.platform, "/api/v1/vendors/other/orders").await.status,
        StatusCode::OK
    );
    assert_eq!(world.get(&world.tokens.platform, "/api/v1/events").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_no_cors() {
    // SEC10, SEC25
    let world = World::new().await;
    for path in ["/api/v1/vendors", "/api/v1/vendors/acme/orders/o-1", "/nothing", "/healthz"] {
        let mut request = request(Method::GET, path, Some(&world.tokens.owner), None);
        request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
        let answer = world.send(request).await;
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert!(
            answer.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'")
        );
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
    let preflight = world.send(request(Method::OPTIONS, "/api/v1/vendors", None, None)).await;
    assert_eq!(preflight.status, StatusCode::UNAUTHORIZED);
    assert!(!preflight.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn every_kind_of_error_is_a_problem_without_insides() {
    // SEC27
    let world = World::new().await;
    let owner = &world.tokens.owner;
    let sync = "/api/v1/vendors/acme/sync";
    let cases = [
        (world.get(owner, "/nothing").await, 404),
        (world.get(owner, "/api/v1/vendors/acme/orders/unknown").await, 404),
        (world.get(owner, "/api/v1/vendors/acme/orders/%00").await, 404),
        (world.get(owner, "/api/v1/vendors/acme/skus/unknown").await, 404),
        (world.call(Method::POST, owner, "/api/v1/vendors/acme/attention/1/explode", json!({})).await, 404),
        (world.call(Method::POST, owner, "/api/v1/vendors/acme/attention/9999/retry", json!({})).await, 404),
        (world.call(Method::DELETE, owner, "/api/v1/vendors", json!({})).await, 405),
        (world.call(Method::TRACE, owner, "/api/v1/vendors", json!({})).await, 405),
        (world.get(owner, "/api/v1/vendors/acme/orders?limit=many").await, 400),
        (world.get(owner, "/api/v1/vendors/acme/orders?state=lost").await, 400),
        (world.get(owner, "/api/v1/vendors/acme/orders?cursor=%25").await, 400),
        (world.get(owner, "/api/v1/vendors/acme/skus/A-1/explain?market=RO").await, 400),
        (world.get(owner, "/api/v1/vendors/acme/skus/A-1/explain?at=soon").await, 400),
        (world.get(owner, "/api/v1/vendors/acme/journal?kind=sku&key=%00").await, 400),
        (world.call(Method::POST, owner, sync, json!({"flow": 5})).await, 422),
        (world.call(Method::POST, owner, sync, json!({"flow": "dance"})).await, 422),
        (world.call(Method::POST, owner, "/api/v1/vendors/acme/attention/1/approve", json!({})).await, 409),
        (world.send(request(Method::POST, sync, Some(owner), None)).await, 415),
        (world.call(Method::POST, owner, sync, json!({"flow": "stock", "order": "panic"})).await, 500),
        (world.call(Method::POST, owner, sync, json!({"flow": "x".repeat(2 << 20)})).await, 413),
    ];
    for (answer, status) in cases {
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        answer.problem();
        for inside in ["panicked", "asked to panic", "sqlx", "select ", "src/", ".rs", "axum"] {
            assert!(!answer.text.to_lowercase().contains(inside), "{inside}: {}", answer.text);
        }
    }
    let mut large = request(Method::GET, "/api/v1/vendors", Some(owner), None);
    large.headers_mut().insert("x-large", "a".repeat(20_000).parse().unwrap());
    let answer = world.send(large).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    answer.problem();
}
