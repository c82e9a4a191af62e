use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{
    article::ErpArticle,
    ids::Sku,
    mapping::{Mapping, OfferInput, Problem, example},
    rates::{RateBook, RateChoice, RatePolicy, RateSource, RateTable},
    vat::VatTable,
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A Monday.
const DAY: Date = date(2026, 11, 23);
const CHAIN: &str = "\"vat_strip\", \"convert\", \"vat_add\", { round = \"half_up\" }";

fn article(gross: Option<&str>, net: Option<&str>, vat_percent: Option<&str>) -> ErpArticle {
    ErpArticle {
        sku: Sku::new("WM-1").unwrap(),
        name: "Oală de fontă".into(),
        unit: "Buc".into(),
        class_code: String::new(),
        class_name: String::new(),
        producer: String::new(),
        price_net: net.map(decimal),
        price_gross: gross.map(decimal),
        vat_percent: vat_percent.map(decimal),
        service: false,
        weight_kg: None,
        customs_code: String::new(),
    }
}

fn fixed() -> RateTable {
    let rates =
        [(Currency::Sek, "0.46"), (Currency::Dkk, "0.68"), (Currency::Nok, "0.435"), (Currency::Eur, "5.07")];
    RateTable::fixed(rates.map(|(currency, rate)| (currency, decimal(rate)))).unwrap()
}

/// The rules with their price row replaced, sources and steps as a file has them; empty: as built in.
fn rules(from: &str, steps: &str) -> Compiled {
    let row = format!("[[offer]]\nto = \"price\"\nfrom = [{from}]\nsteps = [{steps}]\n");
    let file = "[tables.category]\notherwise = 1\n".to_owned() + if from.is_empty() { "" } else { &row };
    Mapping::from_toml(&file).unwrap().compile(7, &example()).unwrap()
}

fn built_in() -> Compiled {
    rules("", "")
}

fn from_gross(steps: &str) -> Compiled {
    rules("\"erp.price_gross\"", steps)
}

struct Asked<'a> {
    rules: &'a Compiled,
    rates: RateTable,
    class: &'a str,
    date: Date,
}

impl<'a> Asked<'a> {
    fn of(rules: &'a Compiled) -> Self {
        Self { rules, rates: fixed(), class: "standard", date: DAY }
    }

    fn price(&self, market: Market, article: &ErpArticle) -> Result<PriceReceipt, ProblemKind> {
        let mut vat = VatTable::built_in();
        vat.classes.by_sku.insert("WM-1".into(), self.class.into());
        let offer = self.rules.offer(&OfferInput {
            article,
            content: &[],
            markets: &[market],
            rates: &self.rates,
            vat: &vat,
            date: self.date,
            image_url: Some("https://img.example.com/{sku}.jpg"),
            previous: &[],
        });
        match offer.price_receipts.into_iter().next() {
            Some(receipt) => Ok(receipt),
            None => Err(offer.problems.into_iter().map(|Problem { kind, .. }| kind).next().unwrap()),
        }
    }
}

fn price(rules: &Compiled, market: Market, article: &ErpArticle) -> Result<PriceReceipt, ProblemKind> {
    Asked::of(rules).price(market, article)
}

/// The value after the last step of a name.
fn after(receipt: &PriceReceipt, step: &str) -> Decimal {
    let step = receipt.steps.iter().rfind(|done| done.name == step).unwrap();
    step.value.as_ref().unwrap().to_string().parse().unwrap()
}

#[test]
fn f37_romanian_vat_comes_off_before_the_markets_goes_on() {
    // 121.00 RON with 21 % = 100.00 net; 69-becomes-82.11 would show as 1.21 times too much.
    let article = article(Some("121"), None, Some("21"));
    for (market, want) in [
        (Market::Se, 27_174), // 100 / 0.46 × 1.25 = 271.739
        (Market::Dk, 18_382), // 100 / 0.68 × 1.25 = 183.823
        (Market::No, 28_736), // 100 / 0.435 × 1.25 = 287.356
        (Market::Fi, 2_475),  // 100 / 5.07 × 1.255 = 24.753
    ] {
        let receipt = price(&built_in(), market, &article).unwrap();
        assert_eq!(receipt.gross_minor, want, "{market}");
        assert_eq!(
            (after(&receipt, "vat_strip"), receipt.source.as_deref()),
            (decimal("100"), Some("erp.price_gross"))
        );
    }
    let fi = price(&built_in(), Market::Fi, &article).unwrap();
    assert_eq!(fi.vat_rate, decimal("0.255"), "a fraction, never 25.5");
}

#[test]
fn f37_gross_and_net_of_the_same_article_give_the_same_price() {
    let net_rules = rules("\"erp.price_net\"", "\"convert\", \"vat_add\"");
    let article = article(Some("121"), Some("100"), Some("21"));
    for market in Market::ALL {
        let from_gross = price(&built_in(), *market, &article).unwrap();
        let from_net = price(&net_rules, *market, &article).unwrap();
        assert_eq!(from_gross.gross_minor, from_net.gross_minor);
        assert_eq!(from_net.source.as_deref(), Some("erp.price_net"));
        assert!(from_net.vat.iter().all(|used| used.country != Country::Ro));
    }
}

#[test]
fn romanian_vat_comes_from_the_article_else_from_the_dated_table() {
    let rules = built_in();
    let stripped = |percent: Option<&str>, class, date| {
        let asked = Asked { class, date, ..Asked::of(&rules) };
        let receipt = asked.price(Market::Se, &article(Some("121"), None, percent)).unwrap();
        receipt.vat.iter().find(|used| used.country == Country::Ro).unwrap().percent
    };
    assert_eq!(stripped(Some("11"), "standard", DAY), decimal("11"));
    assert_eq!(stripped(None, "standard", DAY), decimal("21"));
    assert_eq!(stripped(None, "standard", date(2025, 7, 31)), decimal("19"));
    assert_eq!(stripped(None, "food", DAY), decimal("11"));
}

#[test]
fn the_class_of_goods_decides_the_markets_vat() {
    let article = article(None, Some("100"), None);
    let built_in = built_in();
    let se = |class, date| Asked { class, date, ..Asked::of(&built_in) }.price(Market::Se, &article);
    assert_eq!(se("food", date(2026, 3, 31)).unwrap().vat_rate, decimal("0.12"));
    assert_eq!(se("food", date(2026, 4, 1)).unwrap().vat_rate, decimal("0.06"));
    assert!(matches!(se("gold", DAY), Err(ProblemKind::MissingVatRate { country: Country::Se, .. })));
    let named = rules("\"erp.price_net\"", "\"convert\", { vat_add = { class = \"books\" } }");
    let receipt = price(&named, Market::Se, &article).unwrap();
    assert_eq!((receipt.vat_rate, receipt.recompute(&named)), (decimal("0.06"), Some(receipt.gross_minor)));
}

#[test]
fn f40_zero_and_negative_prices_never_leave() {
    for bad in ["0", "0.00", "-1", "0.001"] {
        let got = price(&built_in(), Market::Se, &article(Some(bad), None, Some("21")));
        assert!(matches!(got, Err(ProblemKind::PriceOutOfRange { .. })), "{bad}: {got:?}");
    }
    for lift in ["{ price_ending = \"nine\" }", "{ floor = 20 }"] {
        let rules = from_gross(&format!("{CHAIN}, {lift}"));
        for bad in ["0", "-1", "0.001"] {
            let got = price(&rules, Market::Se, &article(Some(bad), None, Some("21")));
            assert!(matches!(got, Err(ProblemKind::PriceOutOfRange { .. })), "{lift} lifted {bad}: {got:?}");
        }
    }
    assert_eq!(price(&built_in(), Market::Se, &article(None, None, None)), Err(ProblemKind::MissingPrice));
}

#[test]
fn f40_a_tenfold_price_is_stopped_by_the_guards_and_by_the_second_price() {
    let guarded = from_gross(&format!(
        "{CHAIN}, {{ require_between = {{ min = {{ SE = 20 }}, max = {{ SE = 2000 }} }} }}"
    ));
    assert!(price(&guarded, Market::Se, &article(Some("121"), None, Some("21"))).is_ok());
    let tenfold = article(Some("1210"), None, Some("21"));
    assert!(matches!(price(&guarded, Market::Se, &tenfold), Err(ProblemKind::PriceOutOfRange { .. })));
    assert!(price(&guarded, Market::Dk, &tenfold).is_ok(), "the guard is Sweden's");
    let tenth = article(Some("1.21"), None, Some("21"));
    assert!(matches!(price(&guarded, Market::Se, &tenth), Err(ProblemKind::PriceOutOfRange { .. })));
    // "1.234,50" read as 1.2345 beside a right net price.
    let torn = article(Some("1.2345"), Some("1020.25"), Some("21"));
    assert!(matches!(price(&built_in(), Market::Dk, &torn), Err(ProblemKind::PricesDisagree { .. })));
}

#[test]
fn f37_a_net_price_in_the_gross_field_is_noticed() {
    let swapped = article(Some("100"), Some("100"), Some("21"));
    assert!(matches!(price(&built_in(), Market::Se, &swapped), Err(ProblemKind::PricesDisagree { .. })));
    let rounded = article(Some("0.12"), Some("0.10"), Some("21"));
    assert!(price(&built_in(), Market::Se, &rounded).is_ok(), "rounding to bani is no contradiction");
}

#[test]
fn a_fraction_in_the_percent_field_is_refused() {
    let got = price(&built_in(), Market::Se, &article(Some("121"), None, Some("0.21")));
    assert!(
        matches!(&got, Err(ProblemKind::InvalidContent { field, .. }) if field == "vat_percent"),
        "{got:?}"
    );
}

#[test]
fn f39_a_missing_or_stale_rate_makes_no_price() {
    let rules = built_in();
    let article = article(Some("121"), None, Some("21"));
    let sek = |rates: &RateTable, date| {
        Asked { rates: rates.clone(), date, ..Asked::of(&rules) }.price(Market::Se, &article)
    };
    let none = RateTable::default();
    assert_eq!(sek(&none, DAY), Err(ProblemKind::MissingRate { currency: Currency::Sek, date: DAY }));
    let mut book = RateBook::default();
    book.add_bnr(Currency::Sek, date(2026, 11, 20), decimal("0.46"), 1).unwrap();
    book.add_bnr(Currency::Sek, DAY, decimal("0.47"), 1).unwrap();
    let rates = book.table(RatePolicy::default());
    let rate = |receipt: PriceReceipt| receipt.rate.unwrap();
    let monday = rate(sek(&rates, DAY).unwrap());
    assert_eq!((monday.ron_per_unit, monday.published), (decimal("0.46"), date(2026, 11, 20)));
    assert_eq!(rate(sek(&rates, date(2026, 11, 28)).unwrap()).ron_per_unit, decimal("0.47"), "five days old");
    let stale = sek(&rates, date(2026, 11, 29)).unwrap_err();
    assert!(matches!(stale, ProblemKind::StaleRate { age_days: 6, max_days: 5, .. }), "{stale:?}");
    assert!(stale.keeps_published());
}

#[test]
fn rounds_half_up_once_at_the_end() {
    // 50.002 / 0.5 × 1.25 = 125.005
    let rates = RateTable::fixed([(Currency::Sek, decimal("0.5"))]).unwrap();
    let rules = built_in();
    let asked = Asked { rates, ..Asked::of(&rules) };
    let minor = |net: &str| asked.price(Market::Se, &article(None, Some(net), None)).unwrap().gross_minor;
    assert_eq!(minor("50.002"), 12_501);
    assert_eq!(minor("50.0019"), 12_500);
}

#[test]
fn no_intermediate_digit_tips_a_tie() {
    let day = date(2026, 11, 20);
    let mut book = RateBook::default();
    let per_eur = BTreeMap::from([(Currency::Ron, decimal("4.97")), (Currency::Sek, decimal("11.3"))]);
    book.add_ecb(RateChoice::Vendor, day, &per_eur).unwrap();
    let rates = book.table(RatePolicy::default());
    let rules = built_in();
    let asked = Asked { rates, ..Asked::of(&rules) };
    // 4.97 × 11.3 / 4.97 × 1.25 is 14.125 exactly, but the rate 4.97 / 11.3 has no end in decimals.
    for article in [article(None, Some("4.97"), None), article(Some("6.0137"), None, Some("21"))] {
        let receipt = asked.price(Market::Se, &article).unwrap();
        assert_eq!((after(&receipt, "vat_add"), receipt.gross_minor), (decimal("14.125"), 1_413));
    }
}

#[test]
fn margins_go_on_where_the_row_says() {
    let rules = rules("\"erp.price_net\"", "\"convert\", { percent = { SE = 12.5 } }, \"vat_add\"");
    let receipt = price(&rules, Market::Se, &article(None, Some("46"), None)).unwrap();
    assert_eq!((after(&receipt, "convert"), after(&receipt, "percent")), (decimal("100"), decimal("112.5")));
    assert_eq!(receipt.gross_minor, 14_063, "140.625 rounds half up, though no step says so");
    assert_eq!(price(&rules, Market::Dk, &article(None, Some("68"), None)).unwrap().gross_minor, 12_500);
}

#[test]
fn a_receipt_of_another_version_is_not_judged() {
    let receipt = price(&built_in(), Market::Se, &article(Some("121"), None, None)).unwrap();
    let other = Mapping::built_in().compile(8, &example()).unwrap();
    assert_eq!(receipt.recompute(&other), None);
    let altered = PriceReceipt {
        inputs: BTreeMap::from([("erp.price_gross".to_owned(), Some(Stored::Text("242".into())))]),
        ..receipt.clone()
    };
    assert_eq!(
        altered.recompute(&built_in()),
        Some(54_348),
        "the price is reckoned from the receipt's inputs"
    );
}

proptest! {
    #[test]
    fn a_receipt_survives_storage_and_gives_the_same_price_again(
        base in 1i64..100_000_000, scale in 0u32..5, gross: bool, percent in 0u32..30, rate in 1i64..99_999,
        margin in -990i64..5_000, ending in proptest::sample::select(vec!["none", "whole", "ninety", "nine", ",95", "49,00"]),
        floor in proptest::option::of(1i64..100_000), ceiling in proptest::option::of(1i64..1_000_000),
    ) {
        let limit = |name: &str, at: Option<i64>| at.map(|at| format!("{{ {name} = \"{}\" }},", Decimal::new(at, 2))).unwrap_or_default();
        let steps = format!(
            "\"vat_strip\", \"convert\", {{ percent = \"{}\" }}, \"vat_add\", {} {} {{ round = \"half_even\" }}, {{ price_ending = {{ NO = \"{ending}\" }} }}",
            Decimal::new(margin, 1), limit("ceiling", ceiling), limit("floor", floor),
        );
        let rules = rules("\"erp.price_gross\", \"erp.price_net\"", &steps);
        let mut article = article(None, None, Some(&percent.to_string()));
        let amount = Some(Decimal::new(base, scale));
        if gross { article.price_gross = amount } else { article.price_net = amount }
        let rates = RateTable::fixed([(Currency::Nok, Decimal::new(rate, 4))]).unwrap();
        if let Ok(receipt) = (Asked { rates, ..Asked::of(&rules) }).price(Market::No, &article) {
            let stored: PriceReceipt = serde_json::from_str(&serde_json::to_string(&receipt).unwrap()).unwrap();
            prop_assert_eq!(&stored, &receipt);
            prop_assert_eq!(stored.recompute(&rules), Some(receipt.gross_minor));
            prop_assert!((1..=MAX_GROSS_MINOR).contains(&receipt.gross_minor));
            prop_assert!(floor.is_none_or(|floor| receipt.gross_minor >= floor), "below the floor");
        }
    }

    #[test]
    fn total_over_absurd_numbers(gross in any_decimal(), net in any_decimal(), percent in any_decimal(), rate in any_decimal(), floor in any_decimal()) {
        let rules = from_gross(&format!("{CHAIN}, {{ floor = \"{floor}\" }}, {{ price_ending = \"ninety\" }}"));
        let mut rates = RateTable::default();
        if rates.fix(Currency::Sek, rate).is_ok() {
            let mut article = article(None, None, None);
            (article.price_gross, article.price_net, article.vat_percent) = (Some(gross), None, Some(percent));
            let asked = Asked { rates, ..Asked::of(&rules) };
            if let Ok(receipt) = asked.price(Market::Se, &article) {
                prop_assert!((1..=MAX_GROSS_MINOR).contains(&receipt.gross_minor));
                prop_assert_eq!(receipt.recompute(&rules), Some(receipt.gross_minor));
            }
            article.price_net = Some(net);
            let _ = asked.price(Market::Se, &article);
        }
    }
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (any::<i64>(), 0u32..28).prop_map(|(number, scale)| Decimal::new(number, scale)),
        proptest::sample::select(vec![
            Decimal::MAX,
            Decimal::MIN,
            Decimal::ZERO,
            Decimal::new(1, 28),
            Decimal::ONE_HUNDRED
        ]),
    ]
}

/// One mapping converts by the merchant's rates, another by a bank's; the receipt says which and reckons it again.
#[test]
fn a_mapping_chooses_whose_rates_it_converts_by() {
    let mut book = RateBook::default();
    let before = DAY.yesterday().unwrap();
    let rates = [
        (RateChoice::Vendor, RateSource::File, "0.40"),
        (RateChoice::Bnr, RateSource::Bnr, "0.46"),
        (RateChoice::Ecb, RateSource::Ecb, "0.50"),
    ];
    for (choice, source, ron) in rates {
        book.add(choice, source, Currency::Sek, before, (decimal(ron), Decimal::ONE)).unwrap();
    }
    let table = book.table(RatePolicy::default());
    let article = article(Some("121"), None, Some("21"));
    for (source, gross_minor) in [("vendor", 31_250), ("bnr", 27_174), ("ecb", 25_000)] {
        let chain = CHAIN.replace("\"convert\"", &format!("{{ convert = {{ source = \"{source}\" }} }}"));
        let rules = from_gross(&chain);
        let asked = Asked { rates: table.clone(), ..Asked::of(&rules) };
        let receipt = asked.price(Market::Se, &article).unwrap();
        assert_eq!(
            (receipt.gross_minor, receipt.recompute(&rules)),
            (gross_minor, Some(gross_minor)),
            "{source}"
        );
    }
}
