use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::ids::{Currency, Sku};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A Monday.
const DAY: Date = date(2026, 11, 23);

fn article(gross: Option<&str>, net: Option<&str>, vat_percent: Option<&str>) -> ErpArticle {
    ErpArticle {
        sku: Sku::new("WM-1").unwrap(),
        name: "Oala".into(),
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

fn price_at(
    rules: &PriceRules,
    market: Market,
    article: &ErpArticle,
    rates: &RateTable,
    vat_class: &str,
    date: Date,
) -> Result<PriceReceipt, ProblemKind> {
    let vat = VatTable::built_in();
    rules.price(market, &PriceInput { article, rates, vat: &vat, vat_class, date, mapping_version: 7 })
}

fn price(rules: &PriceRules, market: Market, article: &ErpArticle) -> Result<PriceReceipt, ProblemKind> {
    price_at(rules, market, article, &fixed(), "standard", DAY)
}

fn with_market(market: Market, own: MarketPriceRules) -> PriceRules {
    PriceRules { markets: BTreeMap::from([(market, own)]), ..PriceRules::default() }
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
        let receipt = price(&PriceRules::default(), market, &article).unwrap();
        assert_eq!(receipt.gross_minor, want, "{market}");
        assert_eq!((receipt.vat_stripped, receipt.base_kind), (decimal("100"), PriceBase::Gross));
    }
    let fi = price(&PriceRules::default(), Market::Fi, &article).unwrap();
    assert_eq!(fi.vat_rate, decimal("0.255"), "a fraction, never 25.5");
}

#[test]
fn f37_gross_and_net_of_the_same_article_give_the_same_price() {
    let net_rules = PriceRules { sources: vec![PriceBase::Net], ..PriceRules::default() };
    let article = article(Some("121"), Some("100"), Some("21"));
    for market in Market::ALL {
        let from_gross = price(&PriceRules::default(), *market, &article).unwrap();
        let from_net = price(&net_rules, *market, &article).unwrap();
        assert_eq!(from_gross.gross_minor, from_net.gross_minor);
        assert_eq!((from_net.base_kind, from_net.base_vat_percent), (PriceBase::Net, Decimal::ZERO));
    }
}

#[test]
fn romanian_vat_comes_from_the_article_else_from_the_dated_table() {
    let rules = PriceRules::default();
    let stripped = |percent: Option<&str>, class: &str, date| {
        price_at(&rules, Market::Se, &article(Some("121"), None, percent), &fixed(), class, date)
            .unwrap()
            .base_vat_percent
    };
    assert_eq!(stripped(Some("11"), "standard", DAY), decimal("11"));
    assert_eq!(stripped(None, "standard", DAY), decimal("21"));
    assert_eq!(stripped(None, "standard", date(2025, 7, 31)), decimal("19"));
    assert_eq!(stripped(None, "food", DAY), decimal("11"));
}

#[test]
fn the_class_of_goods_decides_the_markets_vat() {
    let article = article(None, Some("100"), None);
    let rules = PriceRules::default();
    let se = |class: &str, date| price_at(&rules, Market::Se, &article, &fixed(), class, date);
    assert_eq!(se("food", date(2026, 3, 31)).unwrap().vat_rate, decimal("0.12"));
    assert_eq!(se("food", date(2026, 4, 1)).unwrap().vat_rate, decimal("0.06"));
    assert!(matches!(se("gold", DAY), Err(ProblemKind::MissingVatRate { country: Country::Se, .. })));
}

#[test]
fn f40_zero_and_negative_prices_never_leave() {
    for bad in ["0", "0.00", "-1", "0.001"] {
        let got = price(&PriceRules::default(), Market::Se, &article(Some(bad), None, Some("21")));
        assert!(matches!(got, Err(ProblemKind::PriceOutOfRange { .. })), "{bad}: {got:?}");
    }
    let nine = PriceRules { ending: PriceEnding::Nine, ..PriceRules::default() };
    let got = price(&nine, Market::Se, &article(Some("0.001"), None, Some("21")));
    assert!(
        matches!(got, Err(ProblemKind::PriceOutOfRange { .. })),
        "an ending lifted nothing to 9.00: {got:?}"
    );
    assert_eq!(
        price(&PriceRules::default(), Market::Se, &article(None, None, None)),
        Err(ProblemKind::MissingPrice)
    );
}

#[test]
fn f40_a_tenfold_price_is_stopped_by_the_guards_and_by_the_second_price() {
    let own = MarketPriceRules {
        max: Some(decimal("2000")),
        min: Some(decimal("20")),
        ..MarketPriceRules::default()
    };
    let rules = with_market(Market::Se, own);
    assert!(price(&rules, Market::Se, &article(Some("121"), None, Some("21"))).is_ok());
    let tenfold = article(Some("1210"), None, Some("21"));
    assert!(matches!(price(&rules, Market::Se, &tenfold), Err(ProblemKind::PriceOutOfRange { .. })));
    assert!(price(&rules, Market::Dk, &tenfold).is_ok(), "the guard is Sweden's");
    let tenth = article(Some("1.21"), None, Some("21"));
    assert!(matches!(price(&rules, Market::Se, &tenth), Err(ProblemKind::PriceOutOfRange { .. })));
    // "1.234,50" read as 1.2345 beside a right net price.
    let torn = article(Some("1.2345"), Some("1020.25"), Some("21"));
    assert!(matches!(price(&rules, Market::Dk, &torn), Err(ProblemKind::PricesDisagree { .. })));
}

#[test]
fn f37_a_net_price_in_the_gross_field_is_noticed() {
    let swapped = article(Some("100"), Some("100"), Some("21"));
    assert!(matches!(
        price(&PriceRules::default(), Market::Se, &swapped),
        Err(ProblemKind::PricesDisagree { .. })
    ));
    let rounded = article(Some("0.12"), Some("0.10"), Some("21"));
    assert!(
        price(&PriceRules::default(), Market::Se, &rounded).is_ok(),
        "rounding to bani is no contradiction"
    );
}

#[test]
fn a_fraction_in_the_percent_field_is_refused() {
    let got = price(&PriceRules::default(), Market::Se, &article(Some("121"), None, Some("0.21")));
    assert!(matches!(got, Err(ProblemKind::InvalidContent { field: Field::VatPercent, .. })), "{got:?}");
}

#[test]
fn f39_a_missing_or_stale_rate_makes_no_price() {
    let rules = PriceRules::default();
    let article = article(Some("121"), None, Some("21"));
    let mut rates = RateTable::default();
    let sek = |rates: &RateTable, day: Date| price_at(&rules, Market::Se, &article, rates, "standard", day);
    assert_eq!(sek(&rates, DAY), Err(ProblemKind::MissingRate { currency: Currency::Sek, date: DAY }));
    rates.add_bnr(Currency::Sek, date(2026, 11, 20), decimal("0.46"), 1).unwrap();
    rates.add_bnr(Currency::Sek, DAY, decimal("0.50"), 1).unwrap();
    let monday = sek(&rates, DAY).unwrap();
    assert_eq!((monday.rate.ron_per_unit, monday.rate.published), (decimal("0.46"), date(2026, 11, 20)));
    assert_eq!(sek(&rates, date(2026, 11, 28)).unwrap().rate.ron_per_unit, decimal("0.50"), "five days old");
    let stale = sek(&rates, date(2026, 11, 29)).unwrap_err();
    assert!(matches!(stale, ProblemKind::StaleRate { age_days: 6, max_days: 5, .. }), "{stale:?}");
    assert!(stale.keeps_published());
}

#[test]
fn rounds_half_up_once_at_the_end() {
    // 50.002 / 0.5 × 1.25 = 125.005
    let rates = RateTable::fixed([(Currency::Sek, decimal("0.5"))]).unwrap();
    let rules = PriceRules::default();
    let minor = |net: &str| {
        price_at(&rules, Market::Se, &article(None, Some(net), None), &rates, "standard", DAY)
            .unwrap()
            .gross_minor
    };
    assert_eq!(minor("50.002"), 12_501);
    assert_eq!(minor("50.0019"), 12_500);
}

#[test]
fn no_intermediate_digit_tips_a_tie() {
    let day = date(2026, 11, 20);
    let mut rates = RateTable::default();
    let per_eur = BTreeMap::from([(Currency::Ron, decimal("4.97")), (Currency::Sek, decimal("11.3"))]);
    rates.add_ecb(day, &per_eur).unwrap();
    // 4.97 × 11.3 / 4.97 × 1.25 is 14.125 exactly, but the rate 4.97 / 11.3 has no end in decimals.
    let receipt = price_at(
        &PriceRules::default(),
        Market::Se,
        &article(None, Some("4.97"), None),
        &rates,
        "standard",
        DAY,
    )
    .unwrap();
    assert_eq!((receipt.before_rounding, receipt.gross_minor), (decimal("14.125"), 1_413));
    let gross = article(Some("6.0137"), None, Some("21"));
    let receipt = price_at(&PriceRules::default(), Market::Se, &gross, &rates, "standard", DAY).unwrap();
    assert_eq!((receipt.before_rounding, receipt.gross_minor), (decimal("14.125"), 1_413));
}

#[test]
fn margin_goes_on_after_conversion_and_before_vat() {
    let own = MarketPriceRules { margin_percent: Some(decimal("12.5")), ..MarketPriceRules::default() };
    let receipt = price(&with_market(Market::Se, own), Market::Se, &article(None, Some("46"), None)).unwrap();
    assert_eq!((receipt.converted, receipt.with_margin), (decimal("100"), decimal("112.5")));
    assert_eq!(receipt.gross_minor, 14_063, "140.625");
}

#[test]
fn endings_take_the_nearest_and_never_go_below_the_floor() {
    use PriceEnding::{Nine, Ninety, None as Plain, Whole};
    for (ending, minor, floor, want) in [
        (Plain, 31_921, None, 31_921),
        (Plain, 31_921, Some(40_000), 40_000),
        (Whole, 31_949, None, 31_900),
        (Whole, 31_950, None, 32_000),
        (Whole, 31_949, Some(31_901), 32_000),
        (Whole, 1, None, 100),
        (Ninety, 31_921, None, 31_890),
        (Ninety, 31_940, None, 31_990),
        (Ninety, 31_921, Some(31_900), 31_990),
        (Nine, 31_921, None, 31_900),
        (Nine, 32_399, None, 31_900),
        (Nine, 32_400, None, 32_900),
        (Nine, 32_399, Some(31_901), 32_900),
        (Nine, 1, None, 900),
        (Nine, i64::MAX, None, i64::MAX),
    ] {
        assert_eq!(ending.apply(minor, floor), want, "{ending:?} of {minor}, floor {floor:?}");
    }
}

proptest! {
    #[test]
    fn an_ending_ends_right_and_keeps_the_floor(minor in 1i64..=MAX_GROSS_MINOR, floor in proptest::option::of(1i64..2_000_000)) {
        for (ending, step, at) in [(PriceEnding::Whole, 100, 0), (PriceEnding::Ninety, 100, 90), (PriceEnding::Nine, 1000, 900)] {
            let ended = ending.apply(minor, floor);
            prop_assert_eq!(ended.rem_euclid(step), at);
            prop_assert!(ended > 0 && ended >= floor.unwrap_or(1));
            let target = minor.max(floor.unwrap_or(1));
            prop_assert!((ended - target).abs() < step, "{} is not near {}", ended, target);
        }
    }

    #[test]
    fn a_receipt_survives_storage_and_gives_the_same_price_again(
        base in 1i64..100_000_000, scale in 0u32..5, gross: bool, percent in 0u32..30, rate in 1i64..99_999,
        margin in -990i64..5_000, ending in 0usize..4, floor in proptest::option::of(1i64..100_000),
    ) {
        let kind = if gross { PriceBase::Gross } else { PriceBase::Net };
        let own = MarketPriceRules { floor: floor.map(|f| Decimal::new(f, 2)), ..MarketPriceRules::default() };
        let rules = PriceRules {
            sources: vec![kind],
            margin_percent: Decimal::new(margin, 1),
            ending: [PriceEnding::None, PriceEnding::Whole, PriceEnding::Ninety, PriceEnding::Nine][ending],
            ..with_market(Market::No, own)
        };
        let mut article = article(None, None, Some(&percent.to_string()));
        let amount = Some(Decimal::new(base, scale));
        if gross { article.price_gross = amount } else { article.price_net = amount }
        let rates = RateTable::fixed([(Currency::Nok, Decimal::new(rate, 4))]).unwrap();
        if let Ok(receipt) = price_at(&rules, Market::No, &article, &rates, "standard", DAY) {
            let stored: PriceReceipt = serde_json::from_str(&serde_json::to_string(&receipt).unwrap()).unwrap();
            prop_assert_eq!(&stored, &receipt);
            prop_assert_eq!(stored.recompute(), receipt.gross_minor);
            prop_assert!((1..=MAX_GROSS_MINOR).contains(&receipt.gross_minor));
            // The shown steps lead to the same amount, but for their last digits.
            let shown = vat::gross_of(receipt.with_margin, receipt.vat_rate * Decimal::ONE_HUNDRED).unwrap();
            let apart = (shown - receipt.before_rounding).abs();
            prop_assert!(apart <= Decimal::new(1, 10).max(shown * Decimal::new(1, 15)), "{}", apart);
            // A changed base shows.
            let altered = PriceReceipt { base_ron: receipt.base_ron * Decimal::TWO, ending: PriceEnding::None, floor_minor: None, ..receipt.clone() };
            prop_assert_ne!(altered.recompute(), receipt.rounded_minor);
        }
    }

    #[test]
    fn total_over_absurd_numbers(gross in any_decimal(), net in any_decimal(), percent in any_decimal(),
                                 rate in any_decimal(), margin in any_decimal(), floor in any_decimal()) {
        let rules = PriceRules {
            margin_percent: margin,
            ..with_market(Market::Se, MarketPriceRules { floor: Some(floor), ..MarketPriceRules::default() })
        };
        let mut rates = RateTable::default();
        if rates.fix(Currency::Sek, rate).is_ok() {
            let mut article = article(None, None, None);
            (article.price_gross, article.price_net, article.vat_percent) = (Some(gross), None, Some(percent));
            if let Ok(receipt) = price_at(&rules, Market::Se, &article, &rates, "standard", DAY) {
                prop_assert!((1..=MAX_GROSS_MINOR).contains(&receipt.gross_minor));
                prop_assert_eq!(receipt.recompute(), receipt.gross_minor);
            }
            article.price_net = Some(net);
            let _ = price_at(&rules, Market::Se, &article, &rates, "standard", DAY);
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
