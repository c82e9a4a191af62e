use super::*;
use crate::{attention::Reader, mapping::example};

/// Findings of a vendor's file, in English.
fn findings(file: &str) -> Vec<String> {
    let mapping = Mapping::from_toml(file).unwrap_or_else(|e| panic!("{file}: {e}"));
    match mapping.compile(1, &example()) {
        Ok(_) => Vec::new(),
        Err(findings) => findings.0.iter().map(ToString::to_string).collect(),
    }
}

fn price(from: &str, steps: &str) -> Vec<String> {
    findings(&format!("[[offer]]\nto = \"price\"\nfrom = [{from}]\nsteps = [{steps}]\n"))
}

#[test]
fn no_price_can_be_saved_in_lei_or_with_vat_twice_or_not_at_all() {
    let (gross, net) = ("\"erp.price_gross\"", "\"erp.price_net\"");
    let both = format!("{gross}, {net}");
    for good in [
        (gross, "\"vat_strip\", \"convert\", \"vat_add\""),
        (net, "\"convert\", \"vat_add\""),
        (
            both.as_str(),
            "\"vat_strip\", \"convert\", { percent = 3 }, \"vat_add\", { price_ending = \"nine\" }",
        ),
    ] {
        assert_eq!(price(good.0, good.1), [""; 0], "{good:?}");
    }
    for (from, steps, place, why) in [
        (gross, "", "offer row 1 (`price`):", "put `vat_strip`, `convert` and `vat_add` before it"),
        (net, "", "offer row 1 (`price`):", "the amount is in RON: put `convert` and `vat_add` before it"),
        (net, "\"convert\"", "offer row 1 (`price`):", "the amount has no VAT yet: put `vat_add` before it"),
        (
            gross,
            "\"vat_add\"",
            "step 1 `vat_add`:",
            "the amount already includes VAT: put `vat_strip` before it",
        ),
        (net, "\"convert\", \"vat_add\", \"vat_add\"", "step 3 `vat_add`:", "already includes VAT"),
        (
            gross,
            "\"convert\", \"vat_add\"",
            "step 1 `convert`:",
            "already includes VAT: put `vat_strip` before it",
        ),
        (
            net,
            "\"vat_strip\", \"convert\", \"vat_add\"",
            "step 1 `vat_strip`:",
            "the amount has no VAT; remove the step",
        ),
        (net, "\"convert\", \"convert\"", "step 2 `convert`:", "already: remove the step"),
        (net, "\"vat_add\"", "offer row 1 (`price`):", "put `vat_strip`, `convert` and `vat_add` before it"),
        (
            gross,
            "\"vat_strip\", \"convert\", { price_ending = \"nine\" }, \"vat_add\"",
            "step 3 `price_ending`:",
            "put `vat_add` before it",
        ),
        (
            net,
            "{ floor = { field = \"erp.price_gross\" } }, \"convert\", \"vat_add\"",
            "step 1 `floor`:",
            "already includes VAT",
        ),
        (
            "\"erp.name\"",
            "\"convert\", \"vat_add\"",
            "step 1 `convert`:",
            "put `parse_number` and `amount` before it",
        ),
        ("\"erp.weight_kg\"", "", "offer row 1 (`price`):", "put `amount` before it"),
        (both.as_str(), "\"convert\", \"vat_add\"", "step 1 `convert`:", "put `vat_strip` before it"),
    ] {
        let found = price(from, steps);
        assert_eq!(found.len(), 1, "{from} {steps}: {found:?}");
        assert!(found[0].contains(place) && found[0].contains(why), "{from} {steps}: {}", found[0]);
    }
}

#[test]
fn every_fault_names_its_place_and_its_remedy_in_both_languages() {
    let file = r#"
        [[article]]
        to = "titel"
        from = "erp.name"
        [[article]]
        to = "brand"
        from = "erp.producr"
        [[article]]
        to = "parent_sku"
        markets = ["SE"]
        from = "erp.class"
        [[article]]
        to = "gtin"
        from = "erp.sku"
        steps = [{ extract = { pattern = "(" } }]
        [[article]]
        to = "customs_code"
        steps = [{ lookup = { table = "codes" } }]
        [[article]]
        to = "weight_g"
        from = "erp.name"
        [[article]]
        to = "shipping_days_min"
        steps = [{ constant = 30 }]
        [[article]]
        to = "shipping_days_max"
        steps = [{ constant = "most" }, { lookup = { table = "shipping_days" } }, "parse_number"]
        [tables.category]
        rows = { SCULE = "tools & more" }
        "#;
    let mapping = Mapping::from_toml(file).unwrap();
    let findings = mapping.compile(1, &example()).unwrap_err().0;
    let found: Vec<_> = findings.iter().map(|f| (f.target.as_str(), f.fault.code())).collect();
    assert_eq!(
        found,
        [
            ("titel", "unknown_target"),
            ("category", "value"),
            ("brand", "unknown_field"),
            ("gtin", "pattern"),
            ("shipping_days_min", "value"),
            ("shipping_days_max", "gap"),
            ("parent_sku", "same_in_all_markets"),
            ("weight_g", "kind"),
            ("customs_code", "kind"),
        ]
    );
    let text = |target: &str, reader| {
        findings.iter().find(|finding| finding.target == target).map(|f| f.say(reader)).unwrap()
    };
    assert!(text("brand", Reader::En).contains("did you mean `erp.producer`?"));
    assert!(
        text("category", Reader::En)
            .contains("row `SCULE` = `tools & more` is not taken; it must be letters and digits only")
    );
    assert!(text("shipping_days_min", Reader::En).contains("it must be a number from 1 to 10"));
    assert!(text("weight_g", Reader::Ro).contains("puneți `parse_number` înainte"));
    for finding in &findings {
        let (ro, en) = (finding.say(Reader::Ro), finding.say(Reader::En));
        assert!(ro != en && ro.ends_with('.') && en.ends_with('.'), "{ro} / {en}");
    }
}

#[test]
fn required_fields_need_a_row_and_limits_are_named() {
    let mut bare = Mapping::built_in();
    bare.article.retain(|row| row.to != "images");
    let found = bare.compile(1, &example()).unwrap_err();
    assert_eq!(found.to_string(), "article `images`: no row makes this required field; add one.");

    let steps = vec!["\"trim\""; STEP_LIMIT + 1].join(", ");
    let found = findings(&format!("[[article]]\nto = \"brand\"\nfrom = \"erp.name\"\nsteps = [{steps}]\n"));
    assert!(found[0].contains("at most 32 steps"), "{found:?}");
    let mut many = Mapping::built_in();
    let row = many.article[0].clone();
    many.article.extend(vec![row; ROW_LIMIT]);
    assert!(many.compile(1, &example()).unwrap_err().to_string().contains("at most 500 rows"));
    let mut large = Mapping::built_in();
    let table = large.tables.entry("colour".into()).or_default();
    table.rows = (0..=TABLE_LIMIT).map(|i| (i.to_string(), i.to_string().into())).collect();
    assert!(large.compile(1, &example()).unwrap_err().to_string().contains("at most 20000 table rows"));
    let bomb = "[[article]]\nto = \"brand\"\nfrom = \"erp.name\"\nsteps = [{ extract = { pattern = '((a{1,100}){1,100}){1,100}' } }]\n";
    assert!(findings(bomb)[0].contains("size limit"), "{:?}", findings(bomb));
}
