//! What people did: every write stands in the trail, tokens are made and revoked, and a trail that was touched is found.

use std::collections::BTreeMap;

use axum::{
    extract::ConnectInfo,
    http::{Method, StatusCode},
};
use secrecy::SecretString;
use serde_json::json;
use vortex_api::Site;
use vortex_store::registry::{AuditRow, AuditVerdict};

use crate::{
    access::{body, document, operations},
    browser::Browser,
    support::{SPARE, World, request},
};

pub(crate) async fn trail(world: &World) -> Vec<AuditRow> {
    let mut rows = world.store.audit("acme", i64::MAX, 1_000).await.unwrap();
    rows.reverse();
    rows
}

#[tokio::test]
async fn every_write_of_the_api_is_announced_and_ended_in_the_trail() {
    // SEC32
    let world = World::new().await;
    let mut expected = Vec::new();
    for (method, path) in operations(&document(&world).await)
        .iter()
        .filter(|(m, path)| path.contains("/v1/vendors/{v}") && !m.is_safe())
    {
        let path = path.replace("{v}", "acme");
        let answer = world.send(request(method.clone(), &path, Some(&world.tokens.owner), body(&path))).await;
        expected.push(match answer.status {
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::CONFLICT => "conflict",
            status if status.is_success() => "done",
            status => panic!("{method} {path}: {status}"),
        });
    }
    let rows = trail(&world).await;
    assert_eq!(rows.iter().map(|row| row.entry.outcome.as_str()).collect::<Vec<_>>(), expected);
    assert!(rows.len() >= 10);
    for row in &rows {
        let entry = &row.entry;
        assert_eq!((entry.vendor.as_str(), entry.actor.as_str()), ("acme", "token:owner"));
        assert!(!entry.act.is_empty() && entry.asked.is_some(), "{entry:?}");
    }
    let by_act: BTreeMap<&str, &str> =
        rows.iter().map(|row| (row.entry.act.as_str(), row.entry.subject.as_str())).collect();
    assert_eq!(by_act["orders.ship"], "o-1");
    assert_eq!(by_act["attention.retry"], "1");
    assert_eq!(by_act["tokens"], "ci");
    assert_eq!(by_act["tokens.delete"], "spare");
    let head = world.store.audit_head().await.unwrap();
    assert_eq!(head.seq, 2 * i64::try_from(rows.len()).unwrap(), "each was announced, too");
    assert_eq!(world.store.verify_audit(None).await.unwrap(), AuditVerdict::Whole(head));
}

#[tokio::test]
async fn a_write_that_is_refused_for_want_of_the_role_stands_there_too() {
    // SEC05
    let world = World::new().await;
    let answer = world
        .call(Method::POST, &world.tokens.viewer, "/api/v1/vendors/acme/sync", json!({"flow": "stock"}))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let mut operator = Browser::signed_in(&world, "ops").await;
    let path = format!("/v/acme/tokens/{SPARE}/revoke");
    assert_eq!(operator.post(&path, &[]).await.status, StatusCode::FORBIDDEN);
    let rows = trail(&world).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.entry.actor.as_str(), row.entry.act.as_str(), row.entry.outcome.as_str()))
        .collect();
    assert_eq!(told, [("token:viewer", "sync", "forbidden"), ("user:ops", "tokens.revoke", "forbidden")]);
    assert!(world.engine.syncs.lock().unwrap().is_empty());
}

#[tokio::test]
async fn signing_in_and_out_is_told_with_its_address() {
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    ana.post("/sign-out", &[]).await;
    let rows = world.store.audit("", i64::MAX, 10).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.entry.actor.as_str(),
                row.entry.act.as_str(),
                row.entry.origin.as_str(),
                row.entry.outcome.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("user:ana", "session.end", "192.0.2.1", "done"), ("user:ana", "session.open", "192.0.2.1", "done")]
    );
}

#[tokio::test]
async fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
    // SEC28
    for (trusted, seen) in [("", "192.0.2.1"), ("192.0.2.0/24", "198.51.100.7")] {
        let trusted_proxies = trusted.parse().into_iter().collect();
        let world = World::at(Site { trusted_proxies, ..Site::local() }).await;
        let mut request = request(
            Method::POST,
            "/api/v1/vendors/acme/sync",
            Some(&world.tokens.owner),
            Some(json!({"flow": "stock"})),
        );
        request.headers_mut().insert("x-forwarded-for", "10.0.0.1, 198.51.100.7, 192.0.2.9".parse().unwrap());
        request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([192, 0, 2, 1], 9))));
        assert_eq!(world.send(request).await.status, StatusCode::OK);
        assert_eq!(trail(&world).await[0].entry.origin, seen);
    }
}

#[tokio::test]
async fn an_owner_makes_tokens_that_are_shown_once_and_revokes_them() {
    let world = World::new().await;
    let path = "/api/v1/vendors/acme/tokens";
    let made =
        world.call(Method::POST, &world.tokens.owner, path, json!({"name": "ci", "role": "operator"})).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let made = made.json();
    let token = SecretString::from(made["token"].as_str().unwrap());
    assert_eq!(
        world.get(&token, "/api/v1/me").await.json()["roles"],
        json!([{"vendor": "acme", "role": "operator"}])
    );
    let listed = world.get(&world.tokens.owner, path).await;
    assert!(!listed.text.contains(made["token"].as_str().unwrap()), "shown once");
    let id = made["id"].as_str().unwrap();
    assert!(
        listed.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|item| item["id"] == id && item["name"] == "ci")
    );
    // Only for owners, and only the own vendor's.
    for token in [&token, &world.tokens.viewer] {
        assert_eq!(world.get(token, path).await.status, StatusCode::FORBIDDEN);
        let answer = world.call(Method::POST, token, path, json!({"name": "x", "role": "owner"})).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let foreign = format!("/api/v1/vendors/other/tokens/{id}");
    let answer = world.send(request(Method::DELETE, &foreign, Some(&world.tokens.foreign), None)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "another vendor's token");
    for (body, status) in [
        (json!({"name": "", "role": "viewer"}), 422),
        (json!({"name": "a b", "role": "viewer"}), 422),
        (json!({"name": "x", "role": "admin"}), 422),
    ] {
        assert_eq!(world.call(Method::POST, &world.tokens.owner, path, body).await.status, status);
    }
    let own = format!("{path}/{id}");
    let delete = || request(Method::DELETE, &own, Some(&world.tokens.owner), None);
    assert_eq!(world.send(delete()).await.json()["name"], "ci");
    assert_eq!(world.get(&token, "/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.send(delete()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_panel_makes_and_revokes_tokens_too() {
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let page = ana.post("/v/acme/tokens", &[("name", "ci"), ("role", "viewer")]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let token = page.text.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(world.get(&SecretString::from(token.clone()), "/api/v1/me").await.status, StatusCode::OK);
    let page = ana.get("/v/acme/access").await;
    assert!(!page.text.contains(&token) && page.text.contains("ci"));
    assert!(page.text.contains("makes a token") && page.text.contains("user:ana"));
    let revoked = ana.post(&format!("/v/acme/tokens/{SPARE}/revoke"), &[]).await;
    assert_eq!(revoked.headers["location"], "/v/acme/access");
    assert!(ana.get("/v/acme/access").await.text.contains("Token spare counts no more."));
    assert!(!ana.get("/v/acme/access").await.text.contains("counts no more"), "told once");
}

#[tokio::test]
async fn the_trail_comes_in_pages_newest_first() {
    let world = World::new().await;
    for _ in 0..5 {
        let sync = json!({"flow": "stock"});
        world.call(Method::POST, &world.tokens.owner, "/api/v1/vendors/acme/sync", sync).await;
    }
    let path = "/api/v1/vendors/acme/audit?limit=3";
    let first = world.get(&world.tokens.operator, path).await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world.get(&world.tokens.operator, &format!("{path}&cursor={cursor}")).await.json();
    let seqs: Vec<i64> = [&first, &second]
        .into_iter()
        .flat_map(|page| page["items"].as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap()))
        .collect();
    assert_eq!(seqs, [10, 8, 6, 4, 2]);
    assert!(second.get("next_cursor").is_none());
    let request = request(Method::GET, path, None, None);
    assert_eq!(world.send(request).await.status, StatusCode::UNAUTHORIZED);
}
