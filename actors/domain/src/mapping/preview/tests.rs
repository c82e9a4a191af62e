use jiff::civil::date;
use rust_decimal::Decimal;

use super::*;
use crate::{
    article::{ContentRow, ErpArticle},
    mapping::{Mapping, example},
    vendor::Vendor,
};

const CATEGORY: &str = "[tables.category]\notherwise = \"1124\"\n";
const DEARER: &str = "[[offer]]\nto = \"price\"\nfrom = \"erp.price_gross\"\n\
    steps = [\"vat_strip\", { convert = { margin_percent = 10 } }, \"vat_add\", { round = \"half_up\" }]\n";

fn vendor(rules: &str) -> Vendor {
    let mapping = Mapping::from_toml(&format!("{rules}{CATEGORY}")).unwrap();
    Vendor {
        mapping: std::sync::Arc::new(mapping.compile(2, &example()).unwrap()),
        ..crate::vendor::example()
    }
}

fn article(n: i64) -> ErpArticle {
    ErpArticle {
        sku: Sku::new(format!("A-{n}")).unwrap(),
        name: format!("Hammer number {n}"),
        unit: "Buc".into(),
        class_code: "SCULE".into(),
        class_name: "Tools".into(),
        producer: String::new(),
        price_net: None,
        price_gross: Some(Decimal::new(10_000 + n, 2)),
        vat_percent: Some(Decimal::new(21, 0)),
        service: false,
        weight_kg: None,
        customs_code: String::new(),
    }
}

fn preview(live: &Vendor, next: &Vendor, articles: &[ErpArticle]) -> Preview {
    let mut preview = Preview::default();
    let sold = BTreeMap::from([(Market::Se, 3)]);
    for article in articles {
        let content = ContentRow {
            sku: article.sku.clone(),
            language: None,
            title: None,
            description: Some("A hammer for every day.".into()),
            category: None,
            images: Vec::new(),
            gtin: None,
            brand: None,
        };
        let offer = |vendor: &Vendor| vendor.offer(article, std::slice::from_ref(&content), date(2026, 3, 2));
        preview.add(&Compared {
            sku: &article.sku,
            before: &offer(live),
            after: &offer(next),
            shown: 2,
            sold: Some(&sold),
        });
    }
    preview
}

#[test]
fn the_same_rules_change_nothing() {
    let preview = preview(&vendor(""), &vendor(""), &[article(1), article(2)]);
    assert_eq!((preview.articles, preview.changed), (2, 0));
    assert_eq!((preview.fields.len(), preview.movers.len()), (0, 0));
    let se = preview.markets[&Market::Se];
    assert!(se.before_minor > 0 && se.before_minor == se.after_minor);
}

#[test]
fn prices_are_counted_and_weighed_by_stock_and_sales() {
    let (live, next) = (vendor(""), vendor(DEARER));
    let preview = preview(&live, &next, &[article(1)]);
    let price =
        |vendor: &Vendor| i128::from(vendor.offer(&article(1), &[], date(2026, 3, 2)).prices[0].gross_minor);
    let (was, is) = (price(&live), price(&next));
    assert!(is > was);
    let expected = MarketPreview {
        raised: 1,
        before_minor: 2 * was,
        after_minor: 2 * is,
        sold_before_minor: 3 * was,
        sold_after_minor: 3 * is,
        ..MarketPreview::default()
    };
    assert_eq!(preview.markets[&Market::Se], expected);
    assert_eq!(preview.fields, BTreeMap::from([("price", 1)]));
    assert_eq!(
        (i128::from(preview.movers[0].before_minor), i128::from(preview.movers[0].after_minor)),
        (was, is)
    );
}

#[test]
fn what_stops_being_sold_says_why_and_what_begins_said_it_before() {
    let strict = "[[article]]\nto = \"category\"\nfrom = \"erp.class\"\nsteps = [{ lookup = { table = \"other\", gap = \"block\" } }]\n\
        [tables.other]\nrows = { X = \"1\" }\n";
    let (live, next) = (vendor(""), vendor(strict));
    let articles: Vec<_> = (0..8).map(article).collect();
    let gone = preview(&live, &next, &articles);
    let reasons = gone.newly_invalid.by_count();
    let told: Vec<_> = reasons.iter().map(|r| (r.code, r.params.clone(), r.count, r.skus.len())).collect();
    assert_eq!(told, [("mapping_gap", vec!["other".to_owned(), "SCULE".to_owned()], 8, NAMED)]);
    assert_eq!((gone.markets[&Market::Se].left, gone.newly_valid.by_count().len()), (8, 0));
    let back = preview(&next, &live, &articles);
    assert_eq!(back.newly_valid, gone.newly_invalid);
    assert_eq!((back.markets[&Market::Se].entered, back.newly_invalid.by_count().len()), (8, 0));
}

#[test]
fn parts_add_up_to_the_whole_and_only_the_biggest_movers_are_named() {
    let (live, next) = (vendor(""), vendor(DEARER));
    let articles: Vec<_> = (0..60).map(article).collect();
    let whole = preview(&live, &next, &articles);
    let mut parts = Preview::default();
    for part in articles.chunks(7) {
        parts.merge(preview(&live, &next, part));
    }
    assert_eq!(parts, whole);
    assert_eq!(whole.movers.len(), MOVERS);
}

#[test]
fn a_replay_makes_published_prices_again() {
    let (live, next) = (vendor(""), vendor(DEARER));
    let receipt = live.offer(&article(1), &[], date(2026, 3, 2)).price_receipts.remove(0);
    let mut same = Replay::default();
    same.add(&article(1).sku, &receipt, &live.mapping);
    assert_eq!((same.prices, same.changed, same.unknown, same.movers.len()), (1, 0, 0, 0));
    let mut other = Replay::default();
    other.add(&article(1).sku, &receipt, &next.mapping);
    let expected = next.offer(&article(1), &[], date(2026, 3, 2)).prices[0].gross_minor;
    assert_eq!((other.changed, other.movers[0].after_minor), (1, expected));
    let by_class = "[[offer]]\nto = \"price\"\nfrom = \"erp.price_gross\"\nwhen = [{ field = \"erp.class\", is = \"X\" }]\n\
        steps = [\"vat_strip\", \"convert\", \"vat_add\"]\n[[offer]]\nto = \"price\"\nfrom = \"erp.price_gross\"\n\
        steps = [\"vat_strip\", \"convert\", \"vat_add\"]\n";
    let mut unknown = Replay::default();
    unknown.add(&article(1).sku, &receipt, &vendor(by_class).mapping);
    assert_eq!((unknown.unknown, unknown.changed), (1, 0), "the receipt does not have the class");
}
