use jiff::civil::date;

use super::*;
use crate::mapping::{Mapping, example};

fn run(file: &str) -> Result<usize, Vec<String>> {
    let mapping = Mapping::from_toml(file).unwrap().compile(1, &example()).unwrap();
    mapping
        .run_examples(&VatTable::built_in(), date(2026, 11, 23))
        .map_err(|findings| findings.0.iter().map(ToString::to_string).collect())
}

const PRICE: &str = r#"
    [[offer]]
    to = "price"
    from = ["erp.price_gross", "erp.price_net"]
    steps = ["vat_strip", "convert", "vat_add", { price_ending = { NO = "nine" } }]
"#;

#[test]
fn true_examples_are_counted() {
    let file = format!(
        r#"{PRICE}
        examples = [
            {{ in = 119.00, rate = 0.46, out = 267.25 }},
            {{ in = 119, date = "2025-07-31", out = 125 }},
            {{ in = 119, market = "NO", rate = 0.435, out = 279 }},
            {{ in = {{ "erp.price_net" = 100 }}, market = "FI", rate = 5, out = 25.1 }},
            {{ in = 0, fails = true }},
        ]
        [[article]]
        to = "brand"
        from = ["content.brand", "erp.producer"]
        steps = [{{ case = "upper" }}]
        examples = [{{ in = " acme ", out = "ACME" }}, {{ in = "🔥" }}]
        [tables.category]
        rows = {{ SCULE = 1124 }}
        examples = [{{ in = "SCULE", out = 1124 }}, {{ in = "ALTE", fails = true }}]
        "#
    );
    assert_eq!(run(&file), Ok(9));
}

#[test]
fn examples_that_are_not_true_say_what_came_instead() {
    let file = format!(
        r#"{PRICE}
        examples = [{{ in = 119, rate = 0.46, out = 267.26 }}, {{ in = 119, fails = true }}, {{ in = -1, out = 3 }}]
        [tables.category]
        rows = {{ SCULE = 1124 }}
        examples = [{{ in = "SCULE", out = 1125 }}, {{ in = "ALTE", out = 9 }}]
        "#
    );
    let found = run(&file).unwrap_err();
    for (finding, words) in found.iter().zip([
        "offer row 1 (`price`): the example `119` gives `267.25`, not `267.26`",
        "the example `119` gives `122.93`, and must be refused",
        "the example `-1` is refused (the price -1",
        "table `category`: the example `SCULE` gives `1124`, not `1125`",
        "the example `ALTE` is refused (no row), and must give `9`",
    ]) {
        assert!(finding.contains(words), "{finding}");
    }
    assert_eq!(found.len(), 5, "{found:?}");
}
