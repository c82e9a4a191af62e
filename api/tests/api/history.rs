//! The journal newest first, by subject and day, and as files.

use axum::http::StatusCode;
use serde_json::Value;
use vortex_domain::{OrderId, Sku, attention::Subject};
use vortex_store::{
    Store,
    rows::{JournalRow, Write},
};

use crate::{
    browser::Browser,
    support::{NOW_MS, World, vendor},
};

const DAY_MS: i64 = 86_400_000;

async fn happened(world: &World, of: &str, subject: Subject, at_ms: i64, text: &str) {
    let row = JournalRow {
        vendor: vendor(of),
        subject,
        at_ms,
        cause: "stock_read".to_owned(),
        actor: "engine".to_owned(),
        old: String::new(),
        new: text.to_owned(),
    };
    world.store.commit(&[vec![Write::Journal(row)]]).await.unwrap();
}

/// Five days of two articles, between another vendor's entries; the seed's own entry is first, of 2026-03-01.
async fn lived() -> World {
    let world = World::new().await;
    let sku = |name: &str| Subject::Sku(Sku::new(name).unwrap());
    for day in 0..5 {
        happened(&world, "other", sku("A-1"), NOW_MS + day * DAY_MS, "foreign").await;
        happened(&world, "acme", sku("A-1"), NOW_MS + day * DAY_MS + 1, &format!("one {day}")).await;
        happened(&world, "acme", sku("A-2"), NOW_MS + day * DAY_MS + 2, &format!("two {day}")).await;
    }
    world
}

async fn texts(world: &World, query: &str) -> Vec<String> {
    let (mut path, mut all) = (format!("/api/v1/vendors/acme/journal/newest?{query}"), Vec::new());
    loop {
        let page = world.get(&world.tokens.viewer, &path).await.json();
        all.extend(page["items"].as_array().unwrap().iter().map(|e| e["new"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break all };
        path = format!("/api/v1/vendors/acme/journal/newest?{query}&cursor={next}");
    }
}

#[tokio::test]
async fn the_journal_is_searched_by_subject_and_day() {
    let world = lived().await;
    let mut all: Vec<String> = Vec::from(["after".to_owned()]);
    all.extend((0..5).flat_map(|day| [format!("one {day}"), format!("two {day}")]));
    all.reverse();
    for limit in [1, 3, 500] {
        assert_eq!(texts(&world, &format!("limit={limit}")).await, all, "{limit}");
    }
    let one = ["one 4", "one 3", "one 2", "one 1", "one 0"];
    for limit in [1, 500] {
        assert_eq!(texts(&world, &format!("kind=sku&key=A-1&limit={limit}")).await, one, "{limit}");
        let days = format!("kind=sku&key=A-1&from=2026-03-02&to=2026-03-03&limit={limit}");
        assert_eq!(texts(&world, &days).await, one[2..4], "{limit}");
    }
    assert_eq!(texts(&world, "from=2026-03-05").await, ["two 4", "one 4"]);
    assert_eq!(texts(&world, "to=2026-03-01").await, ["two 0", "one 0", "after"]);
    assert_eq!(texts(&world, "from=2026-04-01").await, Vec::<String>::new());
    assert_eq!(texts(&world, "to=2026-02-28").await, Vec::<String>::new());
    for unfit in ["kind=person&key=x", "kind=sku&key=%00", "from=yesterday", "to=2026-13-01", "cursor=bm8"] {
        let answer =
            world.get(&world.tokens.owner, &format!("/api/v1/vendors/acme/journal/newest?{unfit}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{unfit}");
    }
}

#[tokio::test]
async fn the_journal_is_taken_away_whole_and_as_no_formula() {
    let world = lived().await;
    let order = Subject::Order(OrderId::new("o-1").unwrap());
    happened(&world, "acme", order, NOW_MS + 5 * DAY_MS, "=cmd|\"x\", y").await;
    // More than is read at once.
    for _ in 0..600 {
        let subject = Subject::Connection("cdon".to_owned());
        happened(&world, "acme", subject, NOW_MS + 6 * DAY_MS, "again").await;
    }
    let mut vera = Browser::signed_in(&world, "vera").await;
    let csv = vera.get("/v/acme/activity.csv").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert!(csv.headers["content-disposition"].to_str().unwrap().contains("acme-journal.csv"));
    assert_eq!(csv.text.matches("\r\n").count(), 1 + 600 + 12);
    assert!(csv.text.contains(",\"'=cmd|\"\"x\"\", y\"\r\n"), "{}", &csv.text[csv.text.len() - 900..]);
    assert!(!csv.text.contains("foreign"));
    let lines = vera.get("/v/acme/activity.jsonl?kind=sku&key=A-2&from=2026-03-04").await;
    assert_eq!(lines.headers["content-type"], "application/jsonl");
    let lines: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<_> = lines.iter().map(|line| line["new"].as_str().unwrap()).collect();
    assert_eq!(said, ["two 4", "two 3"]);
    let page = vera.get("/v/acme/activity?key=o-1").await;
    assert!(page.text.contains("=cmd|") && !page.text.contains("two 4"), "{}", page.text);
    assert!(page.text.contains("href=\"/v/acme/activity.csv?kind=order&#38;key=o-1"), "{}", page.text);
}
