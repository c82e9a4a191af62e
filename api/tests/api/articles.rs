//! The panel's and the API's catalogue: page by page, one article with its reasons, and its sync.

use axum::http::StatusCode;
use vortex_domain::{Sku, SkuState};
use vortex_store::{
    Store,
    rows::{SkuRow, Write},
};

use crate::{
    acts::trail,
    browser::Browser,
    support::{NOW_MS, World, vendor},
};

async fn stock_up(world: &World, skus: &[&str]) {
    let row = |sku: &&str| {
        let state = SkuState::new(Sku::new(sku).unwrap());
        let (article_print, stock_print) = (1, 1);
        let row =
            SkuRow { vendor: vendor("acme"), version: 1, state, article_print, stock_print, at_ms: NOW_MS };
        vec![Write::Sku(Box::new(row))]
    };
    let changes: Vec<_> = skus.iter().map(row).collect();
    world.store.commit(&changes).await.unwrap();
}

#[tokio::test]
async fn articles_come_page_by_page_and_by_how_they_begin() {
    let world = World::new().await;
    stock_up(&world, &["A", "A-2", "A-10", "AB", "B-1", "Ă/ș 1"]).await;
    let list = async |query: &str| {
        let (mut path, mut all) = (format!("/api/v1/vendors/acme/skus?{query}"), Vec::new());
        loop {
            let page = world.get(&world.tokens.viewer, &path).await.json();
            all.extend(page["items"].as_array().unwrap().iter().map(|line| line["sku"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { break all };
            path = format!("/api/v1/vendors/acme/skus?{query}&cursor={next}");
        }
    };
    let everything = ["A", "A-1", "A-10", "A-2", "AB", "B-1", "Ă/ș 1"];
    for limit in [1, 2, 3, 7, 500] {
        assert_eq!(list(&format!("limit={limit}")).await, everything, "{limit}");
        assert_eq!(list(&format!("prefix=A-1&limit={limit}")).await, ["A-1", "A-10"], "{limit}");
        assert_eq!(list(&format!("prefix=A&limit={limit}")).await, everything[..5], "{limit}");
    }
    assert_eq!(list("prefix=a").await, Vec::<String>::new());
    assert_eq!(list("prefix=%00").await, Vec::<String>::new());
    assert_eq!(list("prefix=%C4%82").await, ["Ă/ș 1"]);
    let mut ana = Browser::signed_in(&world, "ana").await;
    let page = ana.get("/v/acme/products?prefix=%C4%82").await;
    let link = page.text.split("href=\"/v/acme/products/").nth(1).unwrap().split('"').next().unwrap();
    let one = ana.get(&format!("/v/acme/products/{link}")).await;
    assert_eq!(one.status, StatusCode::OK, "{link}");
    assert!(one.text.contains("Ă/ș 1"));
}

#[tokio::test]
async fn an_article_tells_what_was_read_what_was_told_and_syncs_now() {
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let page = ana.get("/v/acme/products/A-1").await;
    for word in ["WinMentor says", "seen", "listed on CDON", "action=\"/v/acme/sync\""] {
        assert!(page.text.contains(word), "{word}: {}", page.text);
    }
    assert_eq!(ana.get("/v/acme/products/none").await.status, StatusCode::NOT_FOUND);
    let own = "/v/acme/products/A-1";
    let synced = ana.post("/v/acme/sync", &[("flow", "stock"), ("sku", "A-1"), ("next", own)]).await;
    assert_eq!(synced.headers["location"], own, "{}", synced.text);
    assert!(ana.get(own).await.text.contains("Done: 2 changes."));
    {
        let syncs = world.engine.syncs.lock().unwrap();
        assert_eq!(syncs.len(), 1);
        assert_eq!(syncs[0].sku.as_ref().map(Sku::as_str), Some("A-1"));
    }
    let unfit = ana.post("/v/acme/sync", &[("flow", "dance")]).await;
    assert_eq!(unfit.status, StatusCode::UNPROCESSABLE_ENTITY);
    let rows = trail(&world).await;
    let outcomes: Vec<_> =
        rows.iter().map(|row| (row.entry.act.as_str(), row.entry.outcome.as_str())).collect();
    assert_eq!(outcomes, [("sync", "done"), ("sync", "unprocessable")]);
}
