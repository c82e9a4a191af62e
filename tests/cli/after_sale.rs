//! Parcels, labels, invoices and returns from the command line.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    thread,
};

use serde_json::Value;

use crate::{Desk, json, service};

#[test]
fn ship_tells_parcels_or_a_waybill_made_by_hand() {
    let (url, asked) = service(&[
        (
            "200 OK",
            r#"{"changed":true,"step":{"code":"step_awb","text":"minting the AWB"},"parcels":[{"number":1,"stage":"waiting","tracking":null,"held":null}]}"#,
        ),
        (
            "200 OK",
            r#"{"changed":false,"step":{"code":"step_none","text":"nothing"},"parcels":[{"number":2,"stage":"minted","tracking":{"carrier":"PostNord","number":"SE1"}}]}"#,
        ),
        ("409 Conflict", r#"{"title":"It clashes","detail":"The channel has cancelled this order."}"#),
    ]);
    let desk = Desk::new();
    let call = |rest: &str| format!("ship --vendor acme --order o-1 {rest} --url {url} --token t");
    let out = desk.ends(0, &call("--parcel 1200g,30x20x10,A-1=2"));
    assert_eq!(out, "acme: o-1: taken up; it waits for: minting the AWB\n  parcel 1: waiting\n");
    let out = desk.ends(0, &call("--carrier PostNord --tracking SE1 --parcel 2"));
    assert!(out.contains("nothing to change") && out.contains("parcel 2: PostNord SE1"), "{out}");
    assert!(desk.complains(2, &call("")).contains("The channel has cancelled this order."));
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("POST /api/v1/vendors/acme/orders/o-1/ship "), "{}", asked[0]);
    let bodies: Vec<Value> = asked.iter().map(|asked| json(asked)).collect();
    let parcel = serde_json::json!({"weight_g": 1200, "length_cm": 30, "width_cm": 20, "height_cm": 10, "goods": {"A-1": 2}});
    assert_eq!(bodies[0], serde_json::json!({"parcels": [parcel]}));
    let by_hand = serde_json::json!({"carrier": "PostNord", "tracking_number": "SE1", "parcel": 2});
    assert_eq!((&bodies[1], &bodies[2]), (&by_hand, &serde_json::json!({})));
    desk.complains(2, &call("--carrier X --tracking N --parcel 1kg,1x1x1"));
    desk.complains(2, &call("--parcel 2"));
}

#[test]
fn cancel_gives_the_reason() {
    let (url, asked) = service(&[("200 OK", r#"{"changed":true,"reason":"broken"}"#)]);
    let desk = Desk::new();
    let args = format!("cancel --vendor acme --order o-1 --reason broken --url {url} --token t");
    assert!(desk.ends(0, &args).contains("the channel is told to cancel it (broken)"));
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("POST /api/v1/vendors/acme/orders/o-1/cancel "), "{}", asked[0]);
    assert_eq!(json(&asked[0]), serde_json::json!({"reason": "broken"}));
}

#[test]
fn label_writes_a_file_for_each_label() {
    const FILES: &str = r#"{"items":[{"kind":"label","name":"1.pdf","format":"pdf"},{"kind":"label","name":"1-2.zpl","format":"zpl"},{"kind":"invoice","name":"C1.pdf","format":"pdf"}]}"#;
    let (url, asked) = service(&[
        ("200 OK", FILES),
        ("200 OK", r#"{"url":"/files/abc.def","name":"o-1-1.pdf","expires_ms":1}"#),
        ("200 OK", "%PDF label"),
        ("200 OK", r#"{"items":[]}"#),
        ("200 OK", FILES),
        ("200 OK", r#"{"url":"/files/abc.def","name":"../../o-1-1.pdf","expires_ms":1}"#),
        ("200 OK", "PK zip"),
    ]);
    let desk = Desk::new();
    let call = |rest: &str| format!("label --vendor acme --order o-1 {rest} --url {url} --token t");
    let out = json(&desk.ends(0, &call("--format pdf --out labels --json")));
    assert_eq!(out["files"], serde_json::json!(["labels/o-1-1.pdf"]));
    assert_eq!(std::fs::read(desk.path().join("labels/o-1-1.pdf")).unwrap(), b"%PDF label");
    assert!(desk.complains(2, &call("")).contains("order `o-1` has no label; nothing was written"));
    // A name of the service leads nowhere else.
    desk.complains(1, &call("--format zpl --out labels"));
    assert_eq!(std::fs::read_dir(desk.path().join("labels")).unwrap().count(), 1);
    desk.ends(0, &call("o-2 --zip all.zip --format zpl"));
    assert_eq!(std::fs::read(desk.path().join("all.zip")).unwrap(), b"PK zip");
    let asked = asked.join().unwrap();
    assert!(asked[2].starts_with("GET /files/abc.def "), "{}", asked[2]);
    assert!(
        asked[6].starts_with("GET /api/v1/vendors/acme/labels?orders=o-1%2Co-2&format=zpl "),
        "{}",
        asked[6]
    );
}

#[test]
fn invoices_are_listed_page_after_page_or_written_whole() {
    let (url, asked) = service(&[
        (
            "200 OK",
            r#"{"items":[{"order":"o-1","document":"C1","date":"2026-11-02","storno":false,"total":{"amount":"10.00","currency":"RON"}}],"next_cursor":"abc"}"#,
        ),
        (
            "200 OK",
            r#"{"items":[{"order":"o-1","document":"C2","date":"2026-11-03","storno":true,"total":null}]}"#,
        ),
        ("200 OK", "PK zip"),
        ("400 Bad Request", r#"{"title":"Invalid","detail":"`month` is a year and a month"}"#),
    ]);
    let desk = Desk::new();
    let call = |rest: &str| format!("invoices --vendor acme {rest} --url {url} --token t");
    let out = desk.ends(0, &call("--month 2026-11"));
    let lines = "2026-11-02  C1  10.00 RON  (order o-1)\n2026-11-03  C2  ?, storno  (order o-1)\nacme: 2 invoices kept of 2026-11\n";
    assert_eq!(out, lines);
    desk.ends(0, &call("--month 2026-11 --out deep/invoices.zip"));
    assert_eq!(std::fs::read(desk.path().join("deep/invoices.zip")).unwrap(), b"PK zip");
    assert!(desk.complains(2, &call("--month soon --out soon.zip")).contains("`month` is"));
    assert!(!desk.path().join("soon.zip").exists());
    let asked = asked.join().unwrap();
    assert!(
        asked[1].starts_with("GET /api/v1/vendors/acme/invoices?month=2026-11&cursor=abc "),
        "{}",
        asked[1]
    );
    assert!(asked[2].starts_with("GET /api/v1/vendors/acme/invoices.zip?month=2026-11 "), "{}", asked[2]);
}

#[test]
fn an_archive_that_is_cut_off_leaves_no_file() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sender = thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        let mut line = String::new();
        let mut reader = BufReader::new(socket.try_clone().unwrap());
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nPK half").unwrap();
    });
    let desk = Desk::new();
    desk.complains(
        1,
        &format!("invoices --vendor acme --month 2026-11 --out out/i.zip --url {url} --token t"),
    );
    sender.join().unwrap();
    assert_eq!(std::fs::read_dir(desk.path().join("out")).unwrap().count(), 0);
}

#[test]
fn a_report_is_previewed_then_imported() {
    let (url, asked) = service(&[
        (
            "200 OK",
            r#"{"preview":true,"counts":{"new":1,"unknown_order":1},"rows":[{"row":1,"order":"o-1","id":"R1","outcome":"new","text":"a new return"},{"row":2,"order":"x","id":"x","outcome":"unknown_order","text":"we know no order of this name"}]}"#,
        ),
        (
            "200 OK",
            r#"{"preview":false,"counts":{"same":2},"rows":[{"row":1,"order":"o-1","id":"R1","outcome":"same","text":"known already"},{"row":2,"order":"x","id":"x","outcome":"same","text":"known already"}]}"#,
        ),
    ]);
    let desk = Desk::new();
    desk.put("report.csv", "Ref;RMA;Qty\no-1;R1;1\nx;;1\n;;2\n");
    let call = |rest: &str| {
        format!("returns import report.csv --vendor acme --map order=Ref {rest} --url {url} --token t")
    };
    let out = desk.ends(1, &call("--preview"));
    for words in [
        "columns: order = `Ref`, id = `RMA`, advised = `Qty`",
        "line 4: names no order",
        "line 2: o-1 / R1: a new return",
        "line 3: x / x: we know no order of this name",
        "acme: 1 new, 0 changed, 0 known already, 1 fit no order: nothing written (--preview)",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let refused = desk.complains(2, &call(""));
    assert!(refused.contains("line 4: names no order") && refused.contains("--skip-bad-rows"), "{refused}");
    let done = json(&desk.ends(1, &call("--skip-bad-rows --json")));
    assert_eq!((&done["preview"], &done["counts"]["same"]), (&Value::Bool(false), &2.into()));
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("POST /api/v1/vendors/acme/returns/import?lang=en "), "{}", asked[0]);
    let rows = serde_json::json!([
        {"order": "o-1", "id": "R1", "advised": 1, "received": 0, "scrapped": 0},
        {"order": "x", "advised": 1, "received": 0, "scrapped": 0},
    ]);
    assert_eq!(json(&asked[0]), serde_json::json!({"preview": true, "rows": rows}));
    assert_eq!(json(&asked[1])["preview"], false);
    desk.complains(2, "returns import report.csv --vendor acme --token t");
}

#[test]
fn returns_are_listed_entered_and_settled() {
    let (url, asked) = service(&[
        (
            "200 OK",
            r#"{"items":[{"order":"x","id":"R1","advised":1,"received":0,"scrapped":0,"why":"unknown_order","text":"we know no order of this name"}]}"#,
        ),
        (
            "200 OK",
            r#"{"changed":true,"returned":{"sold":2,"advised":1,"received":1,"credited":0},"returns":[]}"#,
        ),
        ("200 OK", r#"{"outcome":"entered"}"#),
    ]);
    let desk = Desk::new();
    let call = |rest: &str| format!("returns {rest} --vendor acme --url {url} --token t");
    let out = desk.ends(0, &call("list --state unmatched"));
    assert!(out.starts_with("x / R1: advised 1, received 0: we know no order of this name\n"), "{out}");
    let out = desk.ends(0, &call("enter --order o-1 --id RMA-7 --received 1"));
    assert_eq!(out, "acme: o-1: entered; sold 2, advised 1, received 1, credited 0\n");
    assert_eq!(desk.ends(0, &call("settle --order x --id R1 --to o-1")), "acme: x / R1: entered\n");
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("GET /api/v1/vendors/acme/returns?state=unmatched "), "{}", asked[0]);
    assert_eq!(
        json(&asked[1]),
        serde_json::json!({"id": "RMA-7", "advised": 0, "received": 1, "scrapped": 0})
    );
    assert_eq!(json(&asked[2]), serde_json::json!({"order": "x", "id": "R1", "to": "o-1"}));
}
