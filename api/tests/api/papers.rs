//! The panel's invoices, returns, exchange rates and mapping: what each list holds, and what only writers may take away.

use axum::http::StatusCode;
use vortex_domain::OrderId;
use vortex_store::{
    Store,
    rows::{FileKind, Write},
};

use crate::{
    acts::trail,
    after_sale::{changed, stored, with_parcel},
    browser::Browser,
    support::{NOW_MS, World, file, vendor},
};

async fn sold_and_back(world: &World) {
    let state = changed("s-1", &with_parcel());
    let id = OrderId::new("s-1").unwrap();
    let mut writes: Vec<Write> =
        state.marks().into_iter().map(|mark| Write::Mark(vendor("acme"), mark, id.clone())).collect();
    writes.push(file("s-1", FileKind::Invoice, "CDON17.pdf", b"%PDF invoice", NOW_MS));
    stored(world, state).await;
    world.store.commit(&[writes]).await.unwrap();
}

#[tokio::test]
async fn invoices_are_listed_by_month_and_only_writers_take_them_away() {
    let world = World::new().await;
    sold_and_back(&world).await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let page = ana.get("/v/acme/invoices?month=2026-02").await;
    for word in ["CDON17", "181.50\u{a0}RON", "27\u{a0}Feb\u{a0}2026", "/v/acme/invoices.zip?month=2026-02"] {
        assert!(page.text.contains(word), "{word}: {}", page.text);
    }
    let this_month = ana.get("/v/acme/invoices").await;
    assert!(this_month.text.contains("value=\"2026-03\"") && !this_month.text.contains("CDON17"));
    assert_eq!(ana.get("/v/acme/invoices?month=soon").await.status, StatusCode::BAD_REQUEST);
    let zip = ana.get("/v/acme/invoices.zip?month=2026-02").await;
    assert_eq!((zip.status, &zip.bytes[..2]), (StatusCode::OK, &b"PK"[..]));
    let invoice = [("order", "s-1"), ("kind", "invoice"), ("name", "CDON17.pdf")];
    let to = ana.post("/v/acme/files/links", &invoice).await.headers["location"].clone();
    assert_eq!(ana.get(to.to_str().unwrap()).await.bytes, b"%PDF invoice");
    let mut vera = Browser::signed_in(&world, "vera").await;
    let page = vera.get("/v/acme/invoices?month=2026-02").await;
    assert!(page.text.contains("CDON17") && !page.text.contains("invoices.zip"), "{}", page.text);
    assert_eq!(vera.get("/v/acme/invoices.zip?month=2026-02").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn returns_stand_where_they_wait() {
    let world = World::new().await;
    sold_and_back(&world).await;
    let mut vera = Browser::signed_in(&world, "vera").await;
    let open = vera.get("/v/acme/returns").await;
    assert!(open.text.contains("href=\"/v/acme/orders/s-1\""), "{}", open.text);
    assert!(vera.get("/v/acme/returns?state=unmatched").await.text.contains("None here."));
    assert_eq!(vera.get("/v/acme/returns?state=lost").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn rates_say_what_counts_and_what_waits() {
    let world = World::new().await;
    let mut vera = Browser::signed_in(&world, "vera").await;
    vera.post("/preferences", &[("language", "ro"), ("next", "/")]).await;
    let page = vera.get("/v/acme/rates").await;
    for word in ["SEK", "0,46", "27\u{a0}feb.\u{a0}2026", "vă așteaptă"] {
        assert!(page.text.contains(word), "{word}: {}", page.text);
    }
}

#[tokio::test]
async fn the_mapping_is_read_in_words_and_published_or_gone_back_to_with_a_reason() {
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let live = ana.get("/v/acme/mapping").await;
    for word in
        ["Version 3 · live", "Table category", "first prices", "?version=draft:spring", "?version=2\""]
    {
        assert!(live.text.contains(word), "{word}: {}", live.text);
    }
    assert!(!live.text.contains("/publish\""), "what is live is not published again");
    let draft = ana.get("/v/acme/mapping?version=draft:spring").await;
    assert!(draft.text.contains("action=\"/v/acme/mapping/drafts/spring/publish\""), "{}", draft.text);
    let old = ana.get("/v/acme/mapping?version=2").await;
    assert!(old.text.contains("action=\"/v/acme/mapping/versions/2/revert\""), "{}", old.text);
    let publish = "/v/acme/mapping/drafts/spring/publish";
    let without = ana.post(publish, &[("reason", " ")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = ana.post(publish, &[("reason", "spring prices"), ("mass_change", "true")]).await;
    assert_eq!(done.headers["location"], "/v/acme/mapping", "{}", done.text);
    assert!(ana.get("/v/acme/mapping").await.text.contains("Version 4 is live."));
    let back = ana.post("/v/acme/mapping/versions/2/revert", &[("reason", "as it was")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let unknown = ana.post("/v/acme/mapping/versions/soon/revert", &[("reason", "as it was")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    {
        let asked = world.mappings.asked.lock().unwrap();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(asked[0].starts_with("publish spring by user:ana"), "{asked:?}");
    }
    let rows = trail(&world).await;
    let told: Vec<_> = rows.iter().map(|row| (row.entry.act.as_str(), row.entry.outcome.as_str())).collect();
    let publish = "mapping.drafts.publish";
    let revert = "mapping.versions.revert";
    assert_eq!(
        told,
        [(publish, "unprocessable"), (publish, "done"), (revert, "done"), (revert, "not_found")]
    );
}
