//! Returns: entered, listed, imported; and those that fit no order.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use vortex_store::Store;

use crate::support::{Answer, World, request, vendor};

const ENTER: &str = "/api/v1/vendors/acme/orders/o-1/returns";
const IMPORT: &str = "/api/v1/vendors/acme/returns/import";
const LIST: &str = "/api/v1/vendors/acme/returns";
const UNMATCHED: &str = "/api/v1/vendors/acme/returns/unmatched";

async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.call(Method::POST, &world.tokens.operator, path, body).await
}

async fn listed(world: &World, state: &str) -> Vec<Value> {
    let answer = world.get(&world.tokens.viewer, &format!("{LIST}?state={state}&lang=en")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_persons_return_counts_once_and_is_corrected_by_its_id() {
    let world = World::new().await;
    let body = json!({"id": "RMA-1", "advised": 1});
    for changed in [true, false] {
        let answer = post(&world, ENTER, body.clone()).await;
        assert_eq!((answer.status, &answer.json()["changed"]), (StatusCode::OK, &json!(changed)));
        assert_eq!(answer.json()["returned"]["advised"], 1);
        world.clock.advance(60_000);
    }
    let more = post(&world, ENTER, json!({"id": "RMA-1", "received": 2, "scrapped": 1})).await.json();
    let figures = &more["returned"];
    assert_eq!(
        (&figures["received"], &figures["scrapped"], &figures["state"]),
        (&json!(2), &json!(1), &json!("open"))
    );
    assert_eq!(more["returns"].as_array().unwrap().len(), 1);
    let open = listed(&world, "open").await;
    assert_eq!((&open[0]["order"], &open[0]["returns"][0]["id"]), (&json!("o-1"), &json!("RMA-1")));
    assert!(listed(&world, "reconciled").await.is_empty());
    let (_, _, who) = world.engine.asked.lock().unwrap()[0].clone();
    assert_eq!(who, "token:operator");
}

#[tokio::test]
async fn more_than_was_sold_is_refused_in_words() {
    let world = World::new().await;
    for body in [json!({"id": "r", "advised": 3}), json!({"id": "r", "received": 1, "scrapped": 2})] {
        let answer = post(&world, ENTER, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let detail = answer.problem()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("o-1") && detail.contains("sold"), "{detail}");
    }
    assert_eq!(
        post(&world, ENTER, json!({"id": " ", "advised": 1})).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let unknown = "/api/v1/vendors/acme/orders/o-9/returns";
    assert_eq!(post(&world, unknown, json!({"id": "r", "advised": 1})).await.status, StatusCode::NOT_FOUND);
    assert!(world.engine.asked.lock().unwrap().is_empty());
}

fn report(preview: bool) -> Value {
    json!({"preview": preview, "rows": [
        {"order": "o-1", "id": "R1", "advised": 1, "received": 1},
        {"order": "x-404", "id": "R2", "advised": 1},
        {"order": "o-1", "id": "R3", "advised": 2},
    ]})
}

#[tokio::test]
async fn a_preview_writes_nothing_and_says_everything() {
    let world = World::new().await;
    let journal = world.store.journal_after(&vendor("acme"), 0, 100).await.unwrap();
    let answer = post(&world, IMPORT, report(true)).await.json();
    assert_eq!(answer["preview"], true);
    assert_eq!(answer["counts"], json!({"new": 1, "too_many": 1, "unknown_order": 1}));
    let outcomes: Vec<&Value> =
        answer["rows"].as_array().unwrap().iter().map(|row| &row["outcome"]).collect();
    assert_eq!(outcomes, ["new", "unknown_order", "too_many"]);
    assert!(answer["rows"][2]["text"].as_str().unwrap().contains("only 2 were sold"), "{answer}");
    assert!(world.engine.asked.lock().unwrap().is_empty());
    assert!(listed(&world, "unmatched").await.is_empty());
    assert_eq!(world.store.journal_after(&vendor("acme"), 0, 100).await.unwrap(), journal);
}

#[tokio::test]
async fn the_same_report_twice_counts_once() {
    let world = World::new().await;
    let first = post(&world, IMPORT, report(false)).await.json();
    assert_eq!(first["counts"], json!({"new": 1, "too_many": 1, "unknown_order": 1}));
    world.clock.advance(60_000);
    let second = post(&world, IMPORT, report(false)).await.json();
    assert_eq!(second["counts"], json!({"same": 1, "too_many": 1, "unknown_order": 1}));
    let open = listed(&world, "open").await;
    assert_eq!((open.len(), &open[0]["returned"]["advised"]), (1, &json!(1)));
    let strays = listed(&world, "unmatched").await;
    let names: Vec<(&Value, &Value)> = strays.iter().map(|item| (&item["id"], &item["why"])).collect();
    assert_eq!(names, [(&json!("R3"), &json!("too_many")), (&json!("R2"), &json!("unknown_order"))]);
    assert_eq!(strays[1]["text"], "we know no order of this name");
    let journal = world.store.journal_of(&vendor("acme"), "connection", "returns", 10).await.unwrap();
    assert!(
        journal
            .iter()
            .any(|entry| entry.row.cause == "return_unmatched" && entry.row.new.contains("x-404 / R2"))
    );
}

#[tokio::test]
async fn a_long_import_under_a_key_is_answered_whole() {
    let world = World::new().await;
    let rows: Vec<Value> = (0..1_000).map(|i| json!({"order": format!("x-{i}"), "advised": 1})).collect();
    for _ in 0..2 {
        let body = Some(json!({"rows": rows}));
        let mut request = request(Method::POST, IMPORT, Some(&world.tokens.owner), body);
        request.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
        let answer = world.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(answer.text.len() > 64 << 10, "{}", answer.text.len());
        assert_eq!(answer.json()["counts"], json!({"unknown_order": 1_000}));
    }
    let strays = world.store.stray_returns(&vendor("acme"), None, 10_000).await.unwrap();
    assert_eq!(strays.len(), 1_000);
}

#[tokio::test]
async fn one_row_may_make_room_for_another() {
    let world = World::new().await;
    let rows = |first: u32, second: u32| json!({"rows": [{"order": "o-1", "id": "A", "advised": first}, {"order": "o-1", "id": "B", "advised": second}]});
    assert_eq!(post(&world, IMPORT, rows(0, 2)).await.json()["counts"], json!({"new": 2}));
    assert_eq!(post(&world, IMPORT, rows(1, 1)).await.json()["counts"], json!({"changed": 2}));
    let entries = listed(&world, "open").await[0]["returns"].clone();
    let advised: Vec<i64> =
        entries.as_array().unwrap().iter().filter_map(|entry| entry["advised"].as_i64()).collect();
    assert_eq!(advised, [1, 1]);
}

#[tokio::test]
async fn a_report_that_contradicts_itself_is_not_taken() {
    let world = World::new().await;
    for rows in [
        json!([{"order": "o-1", "id": "A", "advised": 1}, {"order": "o-1", "id": "A", "advised": 2}]),
        json!([{"order": "o-1"}, {"order": " ", "advised": 1}]),
        json!([{"order": "o-1", "advised": 1}, {"order": "o-1", "id": "x".repeat(101)}]),
    ] {
        let answer = post(&world, IMPORT, json!({"rows": rows})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{rows}");
        assert!(answer.problem()["detail"].as_str().unwrap().starts_with("Row 2: "));
    }
    assert!(world.engine.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_fits_no_order_is_given_to_one_or_dismissed() {
    let world = World::new().await;
    let rows = json!({"rows": [
        {"order": "typo-1", "id": "R1", "advised": 1}, {"order": "typo-2", "id": "R2", "advised": 5},
        {"order": "typo-3", "advised": 1},
    ]});
    post(&world, IMPORT, rows).await;
    let too_many = post(&world, UNMATCHED, json!({"order": "typo-2", "id": "R2", "to": "o-1"})).await;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY);
    let entered = post(&world, UNMATCHED, json!({"order": "typo-1", "id": "R1", "to": "o-1"})).await;
    assert_eq!(entered.json(), json!({"outcome": "entered"}));
    let dismissed = post(&world, UNMATCHED, json!({"order": "typo-3", "id": "typo-3"})).await;
    assert_eq!(dismissed.json(), json!({"outcome": "dismissed"}));
    let again = post(&world, UNMATCHED, json!({"order": "typo-3", "id": "typo-3"})).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let left = listed(&world, "unmatched").await;
    assert_eq!((left.len(), &left[0]["order"]), (1, &json!("typo-2")));
    let order = listed(&world, "open").await;
    assert_eq!(
        (&order[0]["returns"][0]["id"], &order[0]["returns"][0]["witness"]),
        (&json!("R1"), &json!("report"))
    );
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let world = World::new().await;
    let rows: Vec<Value> =
        (0..5).map(|i| json!({"order": format!("x-{i}"), "id": "R", "advised": 1})).collect();
    post(&world, IMPORT, json!({"rows": rows})).await;
    let (mut names, mut path) = (Vec::new(), format!("{LIST}?state=unmatched&limit=2"));
    loop {
        let page = world.get(&world.tokens.viewer, &path).await.json();
        names.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["order"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{LIST}?state=unmatched&limit=2&cursor={cursor}");
    }
    assert_eq!(names, ["x-0", "x-1", "x-2", "x-3", "x-4"]);
    for query in ["state=lost", "state=unmatched&cursor=%25", "state=unmatched&cursor=YQ"] {
        let answer = world.get(&world.tokens.viewer, &format!("{LIST}?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}
