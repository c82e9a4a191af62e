use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::*;
use crate::rest::orders::STAGES;

const W_RO: Words = Words { reader: Reader::Ro };
const W_EN: Words = Words { reader: Reader::En };

/// Keys of a file, and the variables that each uses.
fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            current = line.split_once(" =").unwrap_or_else(|| panic!("{line}")).0.to_owned();
            assert!(!all.contains_key(&current), "`{current}` stands twice");
            all.insert(current.clone(), BTreeSet::new());
        }
        let variables = line.split("{ $").skip(1).filter_map(|rest| rest.split([' ', '}']).next());
        if let Some(entry) = all.get_mut(&current) {
            // Languages differ in where they need a plural.
            entry.extend(variables.filter(|name| *name != "p").map(str::to_owned));
        }
    }
    all
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_variables() {
    let (ro, en) = (keys(RO), keys(EN));
    assert!(ro.len() > 100);
    let of = |all: &BTreeMap<String, BTreeSet<String>>| all.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(of(&ro).symmetric_difference(&of(&en)).collect::<Vec<_>>(), Vec::<&String>::new());
    for (key, variables) in &ro {
        assert_eq!(variables, &en[key], "{key}");
    }
    for text in [RO, EN] {
        assert!(FluentResource::try_new(text.to_owned()).is_ok(), "a text does not parse");
    }
}

/// Every file below that has words.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("templates"), root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("words/tests.rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// What stands as a literal right after each of these openings.
fn literals(text: &str, openings: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for opening in openings {
        for rest in text.split(opening).skip(1) {
            found.extend(rest.split('"').next().map(str::to_owned));
        }
    }
    found
}

/// Causes of journal entries that have words of their own.
const EVENTS: [&str; 46] = [
    "order_delivered",
    "order_prepared",
    "order_held",
    "order_looked_at_again",
    "order_blocked",
    "import_started",
    "import_answered",
    "import_refused",
    "import_not_sent",
    "import_unanswered",
    "erp_read",
    "recovered",
    "person_retry",
    "person_settled",
    "person_ship",
    "person_cancel",
    "parcels_planned",
    "minting_started",
    "waybill_minted",
    "minting_refused",
    "minting_not_sent",
    "minting_unanswered",
    "parcel_held",
    "waybill_looked_up",
    "parcel_scanned",
    "waybill_typed_in",
    "fulfil_refused",
    "cancel_refused",
    "invoices_read",
    "invoice_kept",
    "invoice_attached",
    "return_entered",
    "clock",
    "article_read",
    "article_gone",
    "stock_read",
    "units_sold",
    "units_held",
    "units_freed",
    "publish_started",
    "publish_not_sent",
    "publish_unanswered",
    "publish_answered",
    "publish_decided",
    "nothing_to_publish",
    "channel_read",
];

/// Families whose members are computed: what may be asked for, each.
fn families() -> BTreeMap<&'static str, Vec<&'static str>> {
    let problems = [
        "invalid",
        "unauthorized",
        "forbidden",
        "forged",
        "not_found",
        "method_not_allowed",
        "timeout",
        "conflict",
        "too_large",
        "unsupported_media_type",
        "unprocessable",
        "headers_too_large",
        "too_many_requests",
        "unavailable",
        "internal",
    ];
    BTreeMap::from([
        ("month", vec!["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]),
        ("role", vec!["viewer", "operator", "owner"]),
        ("stage", STAGES.to_vec()),
        ("who", vec!["merchant", "operator"]),
        ("lane", vec!["catalogue", "stock", "orders", "invoices", "shipping", "tracking"]),
        ("lane-state", vec!["good", "busy", "late", "bad", "idle"]),
        (
            "outcome",
            vec!["done", "asked", "forbidden", "not_found", "conflict", "unprocessable", "unavailable"],
        ),
        (
            "act",
            vec![
                "tokens",
                "tokens.revoke",
                "tokens.delete",
                "sync",
                "attention.retry",
                "attention.settled",
                "attention.approve",
                "attention.book_anyway",
                "attention.recreate",
                "attention.mint_again",
                "orders.ship",
                "orders.cancel",
                "mapping.versions.revert",
                "mapping.drafts.publish",
                "orders.buyer",
                "orders.returns",
                "returns.import",
                "returns.unmatched",
                "files.links",
                "content.put",
            ],
        ),
        (
            "way",
            vec![
                "bought",
                "checked",
                "booked",
                "invoiced",
                "minted",
                "told",
                "delivered",
                "returned",
                "cancelled",
            ],
        ),
        ("way-state", vec!["good", "busy", "warn", "bad", "idle"]),
        ("channel-state", vec!["created", "accepted", "fulfilled", "not_fulfilled"]),
        ("parcel", vec!["waiting", "held", "minting", "unknown", "undecided", "minted"]),
        ("file", vec!["label", "papers", "invoice"]),
        ("do", vec!["retry", "book_anyway", "recreate", "settled", "approve", "mint_again"]),
        ("do-sure", vec!["book_anyway", "recreate", "settled", "approve", "mint_again"]),
        ("facet", vec!["none", "sent", "accepted", "seen", "refused"]),
        ("answer", vec!["sent", "taken", "accepted", "seen", "differs", "refused", "unknown", "not_sent"]),
        ("sync", vec!["stock", "catalog", "reconcile"]),
        ("term", vec!["on-hand", "reserved", "ours", "buffer", "cap", "published"]),
        ("return", vec!["open", "reconciled", "unmatched"]),
        ("standing", vec!["used", "held", "refused"]),
        ("kind", vec!["order", "sku", "connection", "pickup"]),
        ("event", EVENTS.to_vec()),
        ("failure-title", problems.to_vec()),
        ("failure-next", problems.to_vec()),
    ])
}

#[test]
fn every_text_that_is_asked_for_exists_and_every_text_is_asked_for() {
    let known = keys(EN);
    let mut asked = BTreeSet::new();
    let mut unknown_families = BTreeSet::new();
    for (path, text) in sources() {
        let direct = literals(&text, &["w.t(\"", "w.n(\"", "w.x(\"", "self.n(\"", "self.x(\"", "self.t(\""]);
        // What is handed on as a key stands there whole.
        let handed = literals(&text, &["\""]).into_iter().filter(|key| {
            ["flash-", "password-"].iter().any(|family| key.starts_with(family)) && known.contains_key(key)
        });
        for key in direct.into_iter().chain(handed) {
            assert!(known.contains_key(&key), "{path}: there is no text `{key}`");
            asked.insert(key);
        }
        for family in literals(&text, &["w.of(\"", "self.of(\"", "w.of_or_name(\""]) {
            if !families().contains_key(family.as_str()) {
                unknown_families.insert(format!("{path}: {family}"));
            }
        }
    }
    assert_eq!(unknown_families, BTreeSet::new(), "name their members above");
    for (family, members) in families() {
        for member in members {
            let key = format!("{family}-{}", member.replace(['_', '.'], "-"));
            assert!(known.contains_key(&key), "there is no text `{key}`");
            asked.insert(key);
        }
    }
    let idle: Vec<&String> = known.keys().filter(|key| !asked.contains(*key)).collect();
    assert_eq!(idle, Vec::<&String>::new(), "nobody asks for these texts");
}

#[test]
fn numbers_and_money_look_as_the_reader_writes_them() {
    assert_eq!(W_RO.number(1_234_567), "1.234.567");
    assert_eq!(W_EN.number(1_234_567), "1,234,567");
    assert_eq!(W_RO.number("-1234.5"), "\u{2212}1.234,5");
    assert_eq!(W_EN.number(12), "12");
    assert_eq!(W_RO.money("1234.56", "SEK"), "1.234,56\u{a0}SEK");
    assert_eq!(W_EN.money("-0.05", "RON"), "\u{2212}0.05\u{a0}RON");
}

#[test]
fn plurals_are_right_in_both_languages() {
    let ro: [(i64, &str); 8] = [
        (1, "o comandă"),
        (2, "2 comenzi"),
        (19, "19 comenzi"),
        (20, "20 de comenzi"),
        (101, "101 comenzi"),
        (102, "102 comenzi"),
        (1_120, "1.120 de comenzi"),
        (0, "0 comenzi"),
    ];
    for (count, text) in ro {
        assert_eq!(W_RO.n("orders-count", count), text);
    }
    for (count, text) in [(1_i64, "1 order"), (0, "0 orders"), (1_120, "1,120 orders")] {
        assert_eq!(W_EN.n("orders-count", count), text);
    }
}

#[test]
fn times_are_those_of_a_wall_clock_in_romania() {
    // 2026-03-01 10:00:05 UTC
    let at_ms = 1_772_359_205_000;
    assert_eq!(W_RO.moment(at_ms), "1\u{a0}mar.\u{a0}2026, 12:00");
    assert_eq!(W_EN.moment(at_ms), "1\u{a0}Mar\u{a0}2026, 12:00");
    assert_eq!(W_RO.day_of("2026-03-01"), "1\u{a0}mar.\u{a0}2026");
    assert_eq!(W_EN.day_of("someday"), "someday");
    assert_eq!(W_EN.time(at_ms, at_ms + HOUR_MS), "12:00");
    assert_eq!(W_EN.time(at_ms, at_ms + DAY_MS), "1\u{a0}Mar, 12:00");
    assert_eq!(W_EN.clock(at_ms, at_ms), "12:00:05");
    assert_eq!(midnight_ms(at_ms), 1_772_316_000_000, "22:00 UTC the day before");
    assert_eq!(W_RO.ago(at_ms, at_ms + 3 * DAY_MS), "acum 3 zile");
    assert_eq!(W_RO.duration(25 * DAY_MS), "25 de zile");
    assert_eq!(W_EN.until(at_ms, at_ms - 90 * MINUTE_MS), "in 1 h");
    assert_eq!(W_EN.until(at_ms, at_ms + 2 * MINUTE_MS), "2 min overdue");
}
