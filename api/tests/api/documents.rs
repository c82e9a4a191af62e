//! Labels and invoices: links, archives, and who gets them.

use std::io::{Cursor, Read as _};

use axum::http::{Method, StatusCode};
use serde_json::json;
use vortex_domain::{Order, invoice::SalesDocument};
use vortex_store::{
    Store,
    rows::{FileKind, OrderRow, Write},
};
use zip::ZipArchive;

use crate::support::{Answer, NOW_MS, World, file, order, request, vendor};

const LINKS: &str = "/api/v1/vendors/acme/files/links";
const DAY_MS: i64 = 86_400_000;

fn contents(answer: &Answer) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(answer.bytes.clone())).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut file = archive.by_index(i).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

async fn opened(world: &World, url: &str) -> Answer {
    world.send(request(Method::GET, url, None, None)).await
}

#[tokio::test]
async fn a_link_serves_a_safe_attachment_without_a_token() {
    let world = World::new().await;
    let body = json!({"order": "o-1", "kind": "label", "name": "1.pdf"});
    let link = world.call(Method::POST, &world.tokens.operator, LINKS, body).await.json();
    assert_eq!((&link["name"], &link["expires_ms"]), (&json!("o-1-1.pdf"), &json!(NOW_MS + 300_000)));
    let url = link["url"].as_str().unwrap();
    let answer = opened(&world, url).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "%PDF label"));
    for (header, value) in [
        ("content-type", "application/pdf"),
        ("content-disposition", "attachment; filename=\"o-1-1.pdf\""),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.headers[header], value, "{header}");
    }
    world.clock.advance(299_999);
    assert_eq!(opened(&world, url).await.status, StatusCode::OK);
    world.clock.advance(1);
    let ended = opened(&world, url).await;
    assert_eq!(ended.status, StatusCode::NOT_FOUND);
    let altered = opened(&world, &format!("{url}A")).await;
    assert_eq!((altered.status, altered.problem()), (StatusCode::NOT_FOUND, ended.problem()));
}

#[tokio::test]
async fn a_link_is_made_only_for_a_file_that_is_there() {
    let world = World::new().await;
    for body in [
        json!({"order": "o-1", "kind": "invoice", "name": "1.pdf"}),
        json!({"order": "o-1", "kind": "label", "name": "2.pdf"}),
        json!({"order": "o-9", "kind": "label", "name": "1.pdf"}),
        json!({"order": "o-1", "kind": "secret", "name": "1.pdf"}),
    ] {
        let answer = world.call(Method::POST, &world.tokens.owner, LINKS, body.clone()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{body}");
    }
    // The same order id of another vendor has no such file.
    let body = json!({"order": "o-1", "kind": "label", "name": "1.pdf"});
    let path = "/api/v1/vendors/other/files/links";
    assert_eq!(
        world.call(Method::POST, &world.tokens.foreign, path, body).await.status,
        StatusCode::NOT_FOUND
    );
    let files = world.get(&world.tokens.viewer, "/api/v1/vendors/acme/orders/o-1/files").await.json();
    let item = &files["items"][0];
    assert_eq!(
        (&item["kind"], &item["name"], &item["format"]),
        (&json!("label"), &json!("1.pdf"), &json!("pdf"))
    );
    assert_eq!(item["size"], 10);
}

async fn put(world: &World, writes: Vec<Write>) {
    world.store.commit(&[writes]).await.unwrap();
}

fn order_row(state: Order) -> Write {
    Write::Order(Box::new(OrderRow { vendor: vendor("acme"), version: 1, state, at_ms: NOW_MS }))
}

#[tokio::test]
async fn several_labels_come_in_one_archive_and_none_is_left_out_silently() {
    let world = World::new().await;
    put(
        &world,
        vec![
            order_row(order("o-2")),
            file("o-2", FileKind::Label, "1.pdf", b"%PDF two", NOW_MS),
            file("o-2", FileKind::Label, "1-2.zpl", b"^XA^XZ", NOW_MS),
            file("o-2", FileKind::Papers, "1-3.pdf", b"%PDF papers", NOW_MS),
            order_row(order("o-3")),
        ],
    )
    .await;
    let path = "/api/v1/vendors/acme/labels";
    let owner = &world.tokens.owner;
    let answer = world.get(owner, &format!("{path}?orders=o-1,o-2")).await;
    assert_eq!(answer.headers["content-type"], "application/zip");
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"labels.zip\"");
    let expected = [("o-1-1.pdf", "%PDF label"), ("o-2-1-2.zpl", "^XA^XZ"), ("o-2-1.pdf", "%PDF two")];
    assert_eq!(contents(&answer), expected.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())));
    let zpl = world.get(owner, &format!("{path}?orders=o-2&format=zpl")).await;
    assert_eq!(contents(&zpl), [("o-2-1-2.zpl".to_owned(), b"^XA^XZ".to_vec())]);
    for (query, status) in [
        ("orders=o-1,o-3", 409),
        ("orders=o-1&format=zpl", 409),
        ("orders=o-1,o-9", 404),
        ("orders=", 400),
        ("orders=o-1&format=doc", 400),
        ("", 400),
    ] {
        let answer = world.get(owner, &format!("{path}?{query}")).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
        answer.problem();
    }
}

/// An order with an invoice of that name and date.
fn invoiced(id: &str, number: &str, date: &str) -> Order {
    let mut state = order(id);
    let document: SalesDocument = serde_json::from_value(json!({
        "series": "C", "number": number, "date": date, "partner": "P", "total_minor": 100, "lines": [],
    }))
    .unwrap();
    state.billing.documents = vec![document];
    state
}

async fn month_of_invoices(world: &World) {
    let kept = |order: &str, name: &str, at_ms| {
        file(order, FileKind::Invoice, name, format!("%PDF {name}").as_bytes(), at_ms)
    };
    put(
        world,
        vec![
            order_row(invoiced("i-1", "1", "2026-01-31")),
            kept("i-1", "C1.pdf", NOW_MS - 28 * DAY_MS),
            order_row(invoiced("i-2", "2", "2026-02-01")),
            kept("i-2", "C2.pdf", NOW_MS - 28 * DAY_MS),
            // Kept only in March; one invoice of two orders; and one that the ERP no longer shows.
            order_row(invoiced("i-3", "3", "2026-02-28")),
            kept("i-3", "C3.pdf", NOW_MS),
            order_row(invoiced("i-4", "3", "2026-02-28")),
            kept("i-4", "C3.pdf", NOW_MS),
            order_row(order("i-5")),
            kept("i-5", "C9.pdf", NOW_MS - 10 * DAY_MS),
            order_row(invoiced("i-6", "6", "2026-03-01")),
            kept("i-6", "C6.pdf", NOW_MS),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_invoices_of_a_month_are_those_dated_in_it() {
    let world = World::new().await;
    month_of_invoices(&world).await;
    let mut names = Vec::new();
    let first = "/api/v1/vendors/acme/invoices?month=2026-02&limit=2".to_owned();
    let mut path = first.clone();
    loop {
        let page = world.get(&world.tokens.viewer, &path).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        names.extend(items.iter().map(|item| format!("{} {}", item["order"], item["name"]).replace('"', "")));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{first}&cursor={cursor}");
    }
    assert_eq!(names, ["i-2 C2.pdf", "i-5 C9.pdf", "i-3 C3.pdf", "i-4 C3.pdf"]);
    let one = world.get(&world.tokens.viewer, "/api/v1/vendors/acme/invoices?month=2026-01").await.json();
    let item = &one["items"][0];
    assert_eq!((&item["document"], &item["date"]), (&json!("C1"), &json!("2026-01-31")));
    assert_eq!(item["total"], json!({"amount": "1.00", "currency": "RON"}));
    for query in ["", "month=2026", "month=2026-02&cursor=%25", "month=2026-02&cursor=YQ"] {
        let answer = world.get(&world.tokens.viewer, &format!("/api/v1/vendors/acme/invoices?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn the_archive_of_a_month_holds_every_invoice_once() {
    let world = World::new().await;
    month_of_invoices(&world).await;
    let path = "/api/v1/vendors/acme/invoices.zip?month=";
    let answer = world.get(&world.tokens.operator, &format!("{path}2026-02")).await;
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"invoices-acme-2026-02.zip\"");
    let names = ["C2.pdf", "C9.pdf", "C3.pdf"];
    assert_eq!(contents(&answer), names.map(|name| (name.to_owned(), format!("%PDF {name}").into_bytes())));
    let empty = world.get(&world.tokens.operator, &format!("{path}2020-02")).await;
    assert_eq!((empty.status, contents(&empty).len()), (StatusCode::OK, 0));
    assert_eq!(
        world.get(&world.tokens.operator, &format!("{path}soon")).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_large_archive_arrives_whole() {
    let world = World::new().await;
    let noise: Vec<u8> = (0..100_000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let mut writes = vec![order_row(invoiced("i-1", "1", "2026-02-01"))];
    for i in 0..5_u8 {
        let mut bytes = noise.clone();
        bytes.push(i);
        writes.push(file("i-1", FileKind::Invoice, &format!("N{i}.pdf"), &bytes, NOW_MS - 5 * DAY_MS));
    }
    put(&world, writes).await;
    let answer = world.get(&world.tokens.owner, "/api/v1/vendors/acme/invoices.zip?month=2026-02").await;
    let files = contents(&answer);
    assert_eq!(files.len(), 5);
    for (i, (_, bytes)) in files.iter().enumerate() {
        assert!(bytes.len() == noise.len() + 1 && bytes[..noise.len()] == noise[..], "file {i}");
    }
}
