//! The panel's pages: what each shows to whom, and that its forms do what the API does, once, with a row in the trail.

use axum::http::{Method, StatusCode};
use serde_json::json;
use vortex_api::Accounts as _;
use vortex_domain::{
    Market, OrderId,
    attention::{Code, Raise, Subject},
    order::Event,
};
use vortex_store::{
    Store,
    rows::{OrderRow, Write},
};

use crate::{
    acts::trail,
    after_sale::{booked, changed, stored, with_parcel},
    browser::Browser,
    panel::{is_stream, routes},
    support::{NOW_MS, World, request, vendor},
};

/// What must never stand on a page unasked.
const PERSONAL: [&str; 5] = ["Astrid", "Secretsson", "Hemliga", "11122", "+4670"];

/// Every page and form of a vendor.
fn of_vendor(method: &Method) -> Vec<String> {
    let mine = routes().into_iter().filter(|(one, path)| one == method && path.contains("{v}"));
    mine.map(|(_, path)| path.replace("{v}", "acme")).collect()
}

#[tokio::test]
async fn a_viewer_sees_neither_actions_nor_buyers_and_can_post_nothing() {
    // SEC05
    let world = World::new().await;
    stored(&world, changed("o-1", &with_parcel())).await;
    let mut vera = Browser::signed_in(&world, "vera").await;
    let mut seen = 0;
    for path in of_vendor(&Method::GET).into_iter().filter(|path| !is_stream(path)) {
        let answer = vera.get(&path).await;
        if path.ends_with("/access") {
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            continue;
        }
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert!(!answer.text.contains("method=\"post\" action=\"/v/"), "{path} offers an action");
        for personal in PERSONAL {
            assert!(!answer.text.contains(personal), "{path} shows {personal}");
        }
        seen += 1;
    }
    assert!(seen >= 4);
    let posts = of_vendor(&Method::POST);
    for path in &posts {
        let answer = vera.post(path, &[("reason", "curious"), ("name", "x"), ("role", "owner")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(world.engine.asked.lock().unwrap().is_empty() && world.engine.acts.lock().unwrap().is_empty());
    let rows = trail(&world).await;
    assert_eq!(rows.len(), posts.len());
    assert!(rows.iter().all(|row| row.entry.outcome == "forbidden" && row.entry.actor == "user:vera"));
}

#[tokio::test]
async fn orders_are_listed_newest_first_page_by_page() {
    let world = World::new().await;
    for (id, age_ms, market) in [("s-1", 9_000, "SE"), ("s-2", 8_000, "DK"), ("s-3", 7_000, "SE")] {
        let mut state = serde_json::to_value(changed(id, &booked())).unwrap();
        state["channel"]["created_at_ms"] = json!(NOW_MS - age_ms);
        state["channel"]["market"] = json!(market);
        stored(&world, serde_json::from_value(state).unwrap()).await;
    }
    let mut ana = Browser::signed_in(&world, "ana").await;
    let ids = |text: &str| -> Vec<String> {
        let links = text.split("href=\"/v/acme/orders/").skip(1);
        links.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let all = ana.get("/v/acme/orders").await;
    assert_eq!(ids(&all.text), ["o-1", "s-3", "s-2", "s-1"]);
    assert!(all.text.contains("399.00\u{a0}SEK") && all.text.contains("needs you"), "{}", all.text);
    assert!(!all.text.contains("rel=\"next\""));
    // Page by page, everything once, also where others stand between.
    for (filter, whole) in [("", &["o-1", "s-3", "s-2", "s-1"][..]), ("&market=SE", &["o-1", "s-3", "s-1"])] {
        let (mut path, mut walked) = (format!("/v/acme/orders?limit=1{filter}"), Vec::new());
        loop {
            let page = ana.get(&path).await;
            walked.extend(ids(&page.text));
            let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else { break };
            path = format!("/v/acme/orders{}&limit=1", next.split('"').next().unwrap().replace("&#38;", "&"));
        }
        assert_eq!(walked, whole, "{filter}");
    }
    assert_eq!(ids(&ana.get("/v/acme/orders?state=booked").await.text), ["s-3", "s-2", "s-1"]);
    assert_eq!(ids(&ana.get("/v/acme/orders?state=booked&market=SE").await.text), ["s-3", "s-1"]);
    assert_eq!(ids(&ana.get("/v/acme/orders?market=DK").await.text), ["s-2"]);
    assert_eq!(ids(&ana.get("/v/acme/orders?state=&market=&q=s-2").await.text), ["s-2"]);
    let nothing = ana.get("/v/acme/orders?q=%3Cscript%3E").await;
    assert!(nothing.text.contains("Nothing found") && !nothing.text.contains("<script>"));
    for unfit in ["state=lost", "market=RO", "cursor=%25", "cursor=bm8"] {
        let answer = ana.get(&format!("/v/acme/orders?{unfit}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{unfit}");
    }
    ana.post("/preferences", &[("language", "ro"), ("next", "/")]).await;
    assert!(ana.get("/v/acme/orders").await.text.contains("399,00\u{a0}SEK"));
    // More of other markets than are read at once.
    let many = (0..230).map(|n| {
        let mut state = changed(&format!("dk-{n}"), &booked());
        state.channel.market = Market::Dk;
        let row = OrderRow { vendor: vendor("acme"), version: 1, state, at_ms: NOW_MS };
        vec![Write::Order(Box::new(row))]
    });
    world.store.commit(&many.collect::<Vec<_>>()).await.unwrap();
    assert_eq!(ids(&ana.get("/v/acme/orders?market=SE").await.text), ["o-1", "s-3", "s-1"]);
}

#[tokio::test]
async fn an_order_is_found_by_its_waybill_and_its_invoice() {
    let world = World::new().await;
    stored(&world, changed("s-1", &booked())).await;
    let id = OrderId::new("s-1").unwrap();
    let state = changed("s-1", &with_parcel());
    let marks = state.marks().into_iter().map(|mark| Write::Mark(vendor("acme"), mark, id.clone())).collect();
    world.store.commit(&[marks]).await.unwrap();
    let mut ana = Browser::signed_in(&world, "ana").await;
    for word in ["1234567890", "CDON17", " s-1 "] {
        let found = ana.get(&format!("/v/acme/orders?q={}", word.replace(' ', "%20"))).await;
        assert!(found.text.contains("href=\"/v/acme/orders/s-1\""), "{word}: {}", found.text);
    }
}

#[tokio::test]
async fn an_order_tells_its_way_with_proof_and_says_what_nobody_knows() {
    let world = World::new().await;
    stored(&world, changed("s-1", &with_parcel())).await;
    let unknown = json!({"stage": "unknown", "since_ms": NOW_MS, "absent_ms": null});
    stored(&world, changed("s-2", &unknown)).await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let page = ana.get("/v/acme/orders/s-1").await;
    for proof in [
        "CDON 17, 27\u{a0}Feb\u{a0}2026",
        "dhl 1234567890",
        "Shipment picked up",
        "1234567899 must not be used",
    ] {
        assert!(page.text.contains(proof), "{proof}: {}", page.text);
    }
    let page = ana.get("/v/acme/orders/s-2").await;
    assert!(page.text.contains("nobody knows whether it has the order"), "{}", page.text);
    let held = ana.get("/v/acme/orders/o-1").await;
    assert!(held.text.contains("action=\"/v/acme/attention/1/retry\""), "{}", held.text);
    assert!(held.text.contains("CDON showed the order"), "its journal");
    assert_eq!(ana.get("/v/acme/orders/s-9").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_buyer_is_shown_to_whoever_says_why_and_the_trail_knows_it() {
    // SEC32
    let world = World::new().await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let page = ana.get("/v/acme/orders/o-1").await;
    for personal in PERSONAL {
        assert!(!page.text.contains(personal), "{personal}");
    }
    let empty = ana.post("/v/acme/orders/o-1/buyer", &[("reason", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = ana.post("/v/acme/orders/s-9/buyer", &[("reason", "asked by phone")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let forged = ana.post_as_it_is("/v/acme/orders/o-1/buyer", &[("reason", "asked by phone")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    ana.get("/v/acme/orders/o-1").await;
    let shown = ana.post("/v/acme/orders/o-1/buyer", &[("reason", "asked by phone")]).await;
    assert_eq!(
        (shown.status, &shown.headers["cache-control"]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    for personal in PERSONAL {
        assert!(shown.text.contains(personal), "{personal}: {}", shown.text);
    }
    assert!(
        shown.text.contains("name=\"next\" value=\"/v/acme/orders/o-1\""),
        "one comes back to the masked one"
    );
    let rows = trail(&world).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.entry.act.as_str(), row.entry.subject.as_str(), row.entry.outcome.as_str()))
        .collect();
    let of = |subject, outcome| ("orders.buyer", subject, outcome);
    assert_eq!(told, [of("o-1", "unprocessable"), of("s-9", "not_found"), of("o-1", "done")]);
    let last = &rows[2].entry;
    assert_eq!((last.actor.as_str(), last.new.as_str()), ("user:ana", "asked by phone"));
    // Whatever an API's client asks to be remembered, this is not.
    let mut again = request(
        Method::POST,
        "/api/v1/vendors/acme/orders/o-1/buyer",
        Some(&world.tokens.operator),
        Some(json!({"reason": "asked by phone"})),
    );
    again.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
    assert!(world.send(again).await.text.contains("Astrid"));
    assert!(world.store.remembered(&vendor("acme"), "k-1", NOW_MS).await.unwrap().is_none());
    let all = format!("{rows:?}");
    assert!(PERSONAL.iter().all(|personal| !all.contains(personal)));
}

#[tokio::test]
async fn an_orders_forms_do_what_the_api_does() {
    let world = World::new().await;
    stored(&world, changed("s-1", &booked())).await;
    stored(&world, changed("s-2", &booked())).await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let page = ana.get("/v/acme/orders/s-1").await;
    assert!(page.text.contains("action=\"/v/acme/orders/s-1/ship\""), "{}", page.text);
    let shipped = ana.post("/v/acme/orders/s-1/ship", &[]).await;
    assert_eq!(shipped.headers["location"], "/v/acme/orders/s-1", "{}", shipped.text);
    assert!(ana.get("/v/acme/orders/s-1").await.text.contains("Order s-1 ships as soon as it may."));
    let by_hand = [("carrier", "PostNord"), ("tracking_number", "SE123"), ("parcel", "1")];
    assert_eq!(ana.post("/v/acme/orders/s-1/ship", &by_hand).await.status, StatusCode::SEE_OTHER);
    assert!(ana.get("/v/acme/orders/s-1").await.text.contains("PostNord SE123"));
    let half = ana.post("/v/acme/orders/s-1/ship", &[("carrier", "PostNord")]).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY);
    let cancelled = ana.post("/v/acme/orders/s-2/cancel", &[("reason", "the last one broke")]).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER);
    let page = ana.get("/v/acme/orders/s-2").await;
    assert!(page.text.contains("the last one broke") && !page.text.contains("/s-2/cancel\""));
    {
        let asked = world.engine.asked.lock().unwrap();
        assert!(matches!(asked[0].1, Event::ShippingAsked));
        assert!(asked.iter().all(|(_, _, who)| who == "user:ana"));
    }
    for path in ["/v/acme/orders/s-9/ship", "/v/acme/orders/s-9/cancel"] {
        let answer = ana.post(path, &[("reason", "x")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    // A label to print.
    let label = [("order", "o-1"), ("kind", "label"), ("name", "1.pdf")];
    let link = ana.post("/v/acme/files/links", &label).await;
    let to = link.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(ana.get(&to).await.bytes, b"%PDF label");
    let other = [("order", "o-1"), ("kind", "label"), ("name", "2.pdf")];
    assert_eq!(ana.post("/v/acme/files/links", &other).await.status, StatusCode::NOT_FOUND);
    let rows = trail(&world).await;
    let opened = rows.iter().find(|row| row.entry.act == "files.links").unwrap();
    assert_eq!((opened.entry.subject.as_str(), opened.entry.outcome.as_str()), ("o-1/o-1-1.pdf", "done"));
}

async fn raise(world: &World, code: Code, order: &str) {
    let subject = Subject::Order(OrderId::new(order).unwrap());
    let raise = Raise { code, cause: order.to_owned(), params: vec!["1".to_owned(); 5], subject };
    world.store.commit(&[vec![Write::Raise(vendor("acme"), Box::new(raise), NOW_MS)]]).await.unwrap();
}

#[tokio::test]
async fn what_needs_me_stands_by_deadline_and_offers_what_fits() {
    let world = World::new().await;
    for (id, deadline_ms) in [("s-1", NOW_MS + 3_600_000), ("s-2", NOW_MS + 7_200_000)] {
        let mut state = serde_json::to_value(changed(id, &booked())).unwrap();
        state["channel"]["deadline_ms"] = json!(deadline_ms);
        stored(&world, serde_json::from_value(state).unwrap()).await;
    }
    raise(&world, Code::StockShort, "s-2").await;
    raise(&world, Code::AwbUnknown, "s-1").await;
    raise(&world, Code::OutcomeUnknown, "s-3").await;
    let mut ana = Browser::signed_in(&world, "ana").await;
    let page = ana.get("/v/acme/attention").await;
    let order: Vec<&str> =
        page.text.split("id=\"item-").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(order, ["3", "2", "1", "4"], "{}", page.text);
    let card = |item: &str| -> Vec<String> {
        let card = page.text.split(&format!("id=\"item-{item}\"")).nth(1).unwrap();
        let card = card.split("</article>").next().unwrap();
        let actions = card.split("action=\"/v/acme/attention/").skip(1);
        actions.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    assert_eq!(card("3"), ["3/mint_again"]);
    assert_eq!(card("2"), ["2/retry", "2/book_anyway"]);
    assert_eq!(card("1"), ["1/retry"]);
    assert_eq!(card("4"), Vec::<String>::new());
    assert!(page.text.contains("in 1 h") && page.text.contains("399.00\u{a0}SEK"));
    let acted = ana.post("/v/acme/attention/2/book_anyway", &[("next", "/v/acme/orders/s-2")]).await;
    assert_eq!(acted.headers["location"], "/v/acme/orders/s-2");
    let elsewhere = ana.post("/v/acme/attention/1/retry", &[("next", "//evil.example")]).await;
    assert_eq!(elsewhere.headers["location"], "/v/acme/attention");
    for (path, status) in [
        ("/v/acme/attention/9999/retry", StatusCode::NOT_FOUND),
        ("/v/acme/attention/1/explode", StatusCode::NOT_FOUND),
        ("/v/acme/attention/x/retry", StatusCode::NOT_FOUND),
        ("/v/acme/attention/1/approve", StatusCode::CONFLICT),
    ] {
        assert_eq!(ana.post(path, &[]).await.status, status, "{path}");
    }
    let acts = world.engine.acts.lock().unwrap().len();
    assert_eq!(acts, 2);
    let mut ion = Browser::signed_in(&world, "ion").await;
    assert!(ion.get("/v/other/attention").await.text.contains("Nothing needs you"));
}
