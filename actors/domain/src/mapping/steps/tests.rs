use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::*;
use crate::{
    Sku,
    article::ErpArticle,
    ids::{Currency, Market},
    mapping::{
        Row, Scalar, Schemas, Table,
        context::{Context, Money},
        engine::run_steps,
        fields::Facts,
        model::Object,
        schema::example,
        value::Stored,
    },
    rates::{AppliedRate, RateChoice, RateRule, RateTable},
    vat::{Country, VatTable},
};

struct World;

impl Money for World {
    fn rate(&self, _: RateChoice, currency: Currency, date: Date, rule: RateRule) -> Option<AppliedRate> {
        RateTable::fixed([(Currency::Sek, Decimal::new(46, 2))]).unwrap().rate_for(currency, date, rule)
    }
    fn vat_percent(&self, country: Country, class: Option<&str>, date: Date) -> Result<Decimal, ProblemKind> {
        let class = class.unwrap_or("standard");
        VatTable::built_in().percent(country, class, date).ok_or_else(|| ProblemKind::MissingVatRate {
            country,
            class: class.to_owned(),
            date,
        })
    }
    fn previous_minor(&self, _: Market) -> Option<i64> {
        Some(10_000)
    }
}

fn article() -> ErpArticle {
    ErpArticle {
        sku: Sku::new("WM-1").unwrap(),
        name: "Oală fontă".into(),
        unit: "Buc".into(),
        class_code: "VASE".into(),
        class_name: "Vase".into(),
        producer: "Exemplar".into(),
        price_net: Some(Decimal::from(100)),
        price_gross: None,
        vat_percent: None,
        service: false,
        weight_kg: None,
        customs_code: String::new(),
    }
}

/// Runs one step over a value of a kind; `!code` for a problem, empty for nothing.
fn run(step: &str, kind: Kind, before: &str) -> String {
    let parsed: Row =
        toml::from_str(&format!("to = \"x\"\nsteps = [{step}]")).unwrap_or_else(|e| panic!("{step}: {e}"));
    let table =
        Table { rows: BTreeMap::from([("VASE".to_owned(), Scalar::from("1124"))]), ..Table::default() };
    let tables = BTreeMap::from([("category", std::sync::Arc::new(table))]);
    let schemas: Schemas = example();
    let mut scope = Scope::new(Object::Offer, &schemas, &tables);
    let (_, steps) = scope.chain(kind, &parsed.steps).unwrap_or_else(|misfit| panic!("{step}: {misfit:?}"));
    let article = article();
    let facts = Facts { article: Some(&article), market: Some(Market::Se), ..Facts::default() };
    let context = Context::new(facts, date(2026, 11, 23), &World);
    let stored = Stored::Text(before.to_owned());
    let value = if before.is_empty() { None } else { stored.value(kind) };
    match run_steps(&steps, value, &context) {
        Ok(value) => value.map(Value::into_text).unwrap_or_default().into_owned(),
        Err(problem) => format!("!{}", problem.code()),
    }
}

#[test]
fn every_example_in_the_catalogue_is_true() {
    for doc in CATALOGUE {
        assert!(!doc.examples.is_empty(), "{} has no example", doc.name);
        for StepExample { step, kind, before, after } in doc.examples {
            let got = run(step, *kind, before);
            let same = got == *after || after.parse::<Decimal>().is_ok_and(|want| got.parse() == Ok(want));
            assert!(same, "{step} of `{before}`: `{got}`, not `{after}`");
        }
    }
}

#[test]
fn every_step_is_written_as_it_was_read_and_says_itself_in_two_languages() {
    for doc in CATALOGUE {
        assert!(!doc.ro.is_empty() && !doc.en.is_empty() && doc.ro != doc.en, "{}", doc.name);
        for example in doc.examples {
            let text = format!("to = \"x\"\nsteps = [{}]", example.step);
            let row: Row = toml::from_str(&text).unwrap();
            assert_eq!(row.steps.last().map(Step::name), Some(doc.name));
            let json = serde_json::to_string(&row).unwrap();
            assert_eq!(serde_json::from_str::<Row>(&json).unwrap(), row, "{json}");
            let toml = toml::to_string(&row).unwrap();
            assert_eq!(toml::from_str::<Row>(&toml).unwrap(), row, "{toml}");
            assert!(!row.steps[0].say(Reader::Ro).is_empty() && !row.steps[0].say(Reader::En).is_empty());
        }
    }
}

#[test]
fn a_step_that_cannot_be_read_says_why() {
    let refused = |steps: &str| {
        toml::from_str::<Row>(&format!("to = \"x\"\nsteps = [{steps}]")).unwrap_err().to_string()
    };
    assert!(refused("\"tirm\"").contains("there is no step `tirm`; use one of "));
    assert!(refused("{ truncate = { char = 5 } }").contains("step `truncate`: unknown field `char`"));
    assert!(refused("\"percent\"").contains("step `percent`: "));
    assert!(refused("{ price_ending = \"9,5\" }").contains("is not a price ending"));
    assert!(refused("{ trim = {}, round = \"up\" }").contains("is not a step"));
    assert!(refused("{ percent = \"1,5\" }").contains("not a number"));
}

#[test]
fn endings_take_the_nearest_and_never_go_below_the_floor() {
    let end = |ending: &str, minor: i64, floor: Option<i64>| {
        let floor =
            floor.map(|floor| format!("{{ floor = \"{}\" }}, ", Decimal::new(floor, 2))).unwrap_or_default();
        let step = format!("{floor}{{ price_ending = \"{ending}\" }}");
        let got: Decimal =
            run(&step, Kind::MARKET_GROSS, &Decimal::new(minor, 2).to_string()).parse().unwrap();
        (got * Decimal::ONE_HUNDRED).to_string().parse::<Decimal>().unwrap()
    };
    for (ending, minor, floor, want) in [
        ("none", 31_921, None, 31_921),
        ("none", 31_921, Some(40_000), 40_000),
        ("whole", 31_949, None, 31_900),
        ("whole", 31_950, None, 32_000),
        ("whole", 31_949, Some(31_901), 32_000),
        ("whole", 1, None, 100),
        ("ninety", 31_921, None, 31_890),
        ("ninety", 31_940, None, 31_990),
        ("ninety", 31_921, Some(31_900), 31_990),
        ("nine", 31_921, None, 31_900),
        ("nine", 32_399, None, 31_900),
        ("nine", 32_400, None, 32_900),
        ("nine", 32_399, Some(31_901), 32_900),
        ("nine", 1, None, 900),
        ("49,95", 31_921, None, 34_995),
    ] {
        assert_eq!(end(ending, minor, floor), Decimal::from(want), "{ending} of {minor}, floor {floor:?}");
    }
}

#[test]
fn a_floor_and_a_ceiling_hold_through_everything_after_them() {
    let price = |steps: &str| run(steps, Kind::RON_NET, "46");
    // Cost 100 RON + 15 % = 115 RON = 250 SEK = 312.50 with VAT; the ending nearest to it would be 309.
    let floor = "{ floor = { field = \"erp.price_net\", plus_percent = 15 } }, \"convert\", \"vat_add\", { round = \"half_up\" }";
    assert_eq!(price(floor), "312.5");
    assert_eq!(price(&format!("{floor}, {{ price_ending = \"nine\" }}")), "319");
    let ceiling = "\"convert\", \"vat_add\", { ceiling = 124 }, { price_ending = \"nine\" }";
    assert_eq!(price(ceiling), "119", "129 would be nearer to 125");
    let between = "\"convert\", \"vat_add\", { floor = 122 }, { ceiling = 124 }, { price_ending = \"nine\" }";
    assert_eq!(price(between), "124", "no price between 122 and 124 ends in 9");
}
