use super::*;

fn changes(file: &str) -> Vec<String> {
    let new: Mapping = toml::from_str(file).unwrap();
    let built_in = Mapping::built_in();
    diff(&built_in, &new.over(built_in.clone())).iter().map(|change| change.say(Reader::En)).collect()
}

#[test]
fn a_version_is_like_itself() {
    assert_eq!(diff(&Mapping::built_in(), &Mapping::built_in()), []);
    assert_eq!(changes(""), [""; 0]);
}

#[test]
fn every_difference_is_a_sentence() {
    let file = r#"
        [[article]]
        to = "title"
        from = ["content.title", "erp.name"]
        when = [{ field = "erp.class", is = ["SCULE", "MOBILA"] }]
        steps = [{ truncate = { chars = 60 } }]
        [[article]]
        to = "brand"
        from = ["content.brand", "erp.producer"]
        examples = [{ in = "a", out = "a" }]
        [[article]]
        to = "parent_sku"
        from = "erp.class"
        [[offer]]
        to = "price"
        from = ["erp.price_gross", "erp.price_net"]
        steps = [
            "vat_strip",
            { convert = { max_age_days = 3 } },
            { percent = 12.5 },
            "vat_add",
            { round = "half_up" },
            { price_ending = { SE = "nine" } },
        ]
        [tables.category]
        rows = { SCULE = 1124 }
        otherwise = 9
        [tables.shipping_days]
        rows = { max = 6 }
        markets.SE = { min = 3 }
        [tables.colour]
        rows = { rosu = "red" }
        "#;
    assert_eq!(
        changes(file),
        [
            "article `title`: sources: content.title, content.title_en, content.title_any, erp.name → content.title, erp.name.",
            "article `title`: conditions: nothing → `erp.class` is `SCULE` or `MOBILA`.",
            "article `title`: new step 1: at most 60 characters.",
            "article `brand`: other examples.",
            "article `parent_sku`: new row: from erp.class, steps: nothing.",
            "offer `price`: step 1 removed: agrees with erp.price_gross, erp.price_net.",
            "offer `price`: step 2: to the market's currency at the rate before the day, at most 5 days old → to the market's currency at the rate before the day, at most 3 days old.",
            "offer `price`: new step 3: +12.5 %.",
            "offer `price`: new step 6: ending in SE …9,00.",
            "table `category`: row `SCULE`: nothing → `1124`.",
            "table `category`: for everything else: nothing → `9`.",
            "table `shipping_days`: row `max`: `7` → `6`.",
            "table `shipping_days`: row `min` (SE): nothing → `3`.",
            "table `colour`: new table, 1 rows.",
        ]
    );
    let new: Mapping = toml::from_str(file).unwrap();
    let built_in = Mapping::built_in();
    for change in diff(&built_in, &new.over(built_in.clone())) {
        assert_ne!(change.say(Reader::Ro), change.say(Reader::En));
    }
}

#[test]
fn a_large_table_is_counted() {
    let (old, mut new) = (Mapping::built_in(), Mapping::built_in());
    let table = new.tables.entry("category".into()).or_default();
    table.rows = (0..1_000).map(|i| (format!("C{i}"), Scalar::from(i.to_string()))).collect();
    let changes = diff(&old, &new);
    assert_eq!(changes.len(), TABLE_ROWS_NAMED + 1);
    assert!(changes.last().unwrap().say(Reader::En).contains("800 more rows"));
}
