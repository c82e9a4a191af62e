use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const BEFORE: RateRule = RateRule::PublishedBefore;
const ON_OR_BEFORE: RateRule = RateRule::PublishedOnOrBefore;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn day(day: i8) -> Date {
    date(2023, 5, day)
}

fn free() -> RatePolicy {
    RatePolicy { jump_percent: Decimal::ZERO, corridor_percent: Decimal::ZERO, ..RatePolicy::default() }
}

fn book(days: &[(i8, &str)]) -> RateBook {
    let mut book = RateBook::default();
    for (published, rate) in days {
        book.add_bnr(Currency::Sek, day(*published), decimal(rate), 1).unwrap();
    }
    book
}

/// Thursday 18, Friday 19 and Monday 22 May 2023.
fn week() -> RateBook {
    book(&[(22, "0.4371"), (18, "0.4382"), (19, "0.4376")])
}

fn sek(table: &RateTable, on: i8, rule: RateRule) -> Option<String> {
    table.rate_for(Currency::Sek, day(on), rule).map(|rate| rate.ron_per_unit.to_string())
}

/// What prices of a day are made with, and what the market was.
fn pricing(table: &RateTable, on: i8) -> (String, Option<String>) {
    let rate = table.pricing_rate(RateChoice::Vendor, Currency::Sek, day(on), ON_OR_BEFORE).unwrap();
    (rate.ron_per_unit.to_string(), rate.market.map(|market| market.rate.ron_per_unit.to_string()))
}

fn word(on: i8, verdict: RateVerdict, rate: &str) -> RateWord {
    RateWord {
        currency: Currency::Sek,
        date: day(on),
        verdict,
        ron_per_unit: decimal(rate),
        author: "ana".to_owned(),
        reason: String::new(),
        at_ms: 0,
    }
}

fn with_words(mut book: RateBook, words: impl IntoIterator<Item = RateWord>) -> RateTable {
    words.into_iter().for_each(|word| book.say(word).unwrap());
    book.table(RatePolicy::default())
}

#[test]
fn f39_a_weekend_and_a_monday_take_fridays_rate() {
    let table = week().table(RatePolicy::default());
    for (day, want) in [(19, "0.4382"), (20, "0.4376"), (21, "0.4376"), (22, "0.4376"), (23, "0.4371")] {
        assert_eq!(sek(&table, day, BEFORE).as_deref(), Some(want), "day {day}");
    }
    for (day, want) in [(18, "0.4382"), (19, "0.4376"), (21, "0.4376"), (22, "0.4371")] {
        assert_eq!(sek(&table, day, ON_OR_BEFORE).as_deref(), Some(want), "day {day}");
    }
}

#[test]
fn f39_a_missing_rate_is_none_and_never_one() {
    let table = week().table(free());
    assert_eq!(sek(&table, 18, BEFORE), None, "nothing was published before");
    assert_eq!(table.rate_for(Currency::Nok, day(22), BEFORE), None);
    assert_eq!(table.pricing_rate(RateChoice::Ecb, Currency::Sek, day(22), BEFORE), None, "only BNR is read");
    let ron = RateTable::default().rate_for(Currency::Ron, day(22), BEFORE);
    assert_eq!(ron.map(|r| (r.ron_per_unit, r.source)), Some((Decimal::ONE, RateSource::Identity)));
}

#[test]
fn the_same_day_again_replaces_and_zero_is_refused() {
    let mut book = week();
    book.add_bnr(Currency::Sek, day(19), decimal("0.44"), 1).unwrap();
    assert_eq!(sek(&book.clone().table(free()), 22, BEFORE).as_deref(), Some("0.44"));
    assert!(book.add_bnr(Currency::Sek, day(19), Decimal::ZERO, 1).is_err());
    assert!(book.add_bnr(Currency::Sek, day(19), decimal("0.5"), 0).is_err());
    assert!(RateTable::fixed([(Currency::Eur, decimal("-5"))]).is_err());
    assert_eq!(RateTable::fixed([(Currency::Ron, Decimal::ONE)]), Err(RateError::Ron));
    assert!(book.say(word(19, RateVerdict::Manual, "0")).is_err());
}

#[test]
fn a_multiplier_divides() {
    let mut book = RateBook::default();
    book.add_bnr(Currency::Nok, day(18), decimal("42.38"), 100).unwrap();
    let rate = book.table(free()).rate_for(Currency::Nok, day(19), BEFORE).unwrap();
    assert_eq!(rate.ron_per_unit, decimal("0.4238"));
}

#[test]
fn a_fixed_rate_serves_days_without_a_published_one_and_never_ages() {
    let mut table = week().table(free());
    table.fix(Currency::Sek, decimal("0.46")).unwrap();
    let rate = table.rate_for(Currency::Sek, date(1999, 1, 1), BEFORE).unwrap();
    assert_eq!((rate.ron_per_unit, rate.source), (decimal("0.46"), RateSource::Fixed));
    assert_eq!(rate.age_days(date(2026, 1, 1)), 0);
    assert_eq!(sek(&table, 22, BEFORE).as_deref(), Some("0.4376"));
}

#[test]
fn ages_in_calendar_days_across_months() {
    let table = week().table(free());
    let rate = table.rate_for(Currency::Sek, date(2023, 6, 22), BEFORE).unwrap();
    assert_eq!(rate.age_days(date(2023, 6, 22)), 31);
    assert_eq!(rate.age_days(date(2024, 5, 22)), 366);
}

#[test]
fn an_ecb_cross_rate_stays_exact() {
    let mut book = RateBook::default();
    let per_eur = BTreeMap::from([(Currency::Ron, decimal("4.97")), (Currency::Sek, decimal("11.3"))]);
    book.add_ecb(RateChoice::Vendor, day(18), &per_eur).unwrap();
    assert_eq!(
        book.add_ecb(RateChoice::Vendor, day(18), &BTreeMap::new()),
        Err(RateError::NoRonInEcbDay(day(18)))
    );
    let table = book.table(free());
    let rate = table.rate_for(Currency::Sek, day(19), BEFORE).unwrap();
    // 4.97 / 11.3 has no end in decimals; four digits would be off by 0.01 % already.
    assert_eq!(rate.ron_per_unit, decimal("0.4398230088495575221238938053"));
    assert_eq!(rate.to_ron(decimal("22.6")), Some(decimal("9.94")));
    assert_eq!(rate.from_ron(decimal("4.97")), Some(decimal("11.3")));
    let eur = table.rate_for(Currency::Eur, day(19), BEFORE).unwrap();
    assert_eq!((eur.ron_per_unit, eur.source), (decimal("4.97"), RateSource::Ecb));
}

#[test]
fn prices_stay_while_the_market_moves_within_the_corridor() {
    // 1 % of 0.4000 is 0.0040: up to 0.4040 nothing moves; what counts is the way from where prices stand.
    let days = [(1, "0.4000"), (2, "0.4030"), (3, "0.4040"), (4, "0.4041"), (5, "0.4080"), (6, "0.4000")];
    let table = book(&days).table(RatePolicy::default());
    let stays = |market: &str| ("0.4000".to_owned(), Some(market.to_owned()));
    assert_eq!(pricing(&table, 1), ("0.4000".to_owned(), None));
    assert_eq!(pricing(&table, 2), stays("0.4030"));
    assert_eq!(pricing(&table, 3), stays("0.4040"));
    assert_eq!(pricing(&table, 4), ("0.4041".to_owned(), None));
    assert_eq!(pricing(&table, 5), ("0.4041".to_owned(), Some("0.4080".to_owned())));
    assert_eq!(pricing(&table, 6), ("0.4000".to_owned(), None), "down as well as up");
    for (on, rate) in days {
        assert_eq!(sek(&table, on, ON_OR_BEFORE).as_deref(), Some(rate), "an order takes the day's rate");
        let follows = pricing(&book(&days).table(free()), on);
        assert_eq!(follows, (rate.to_owned(), None), "0 percent: no corridor");
    }
}

#[test]
fn a_rate_kept_by_the_corridor_is_as_old_as_the_market() {
    let table = book(&[(1, "0.4000"), (20, "0.4010")]).table(RatePolicy::default());
    let kept = table.pricing_rate(RateChoice::Vendor, Currency::Sek, day(21), BEFORE).unwrap();
    assert_eq!((kept.published, kept.age_days(day(21))), (day(1), 1));
    assert_eq!(kept.market.unwrap().corridor_percent, Decimal::ONE);
}

#[test]
fn a_jump_waits_for_a_person_and_the_next_day_is_judged_by_what_counts() {
    // A comma in the wrong place, and the right figure the day after.
    let days = [(1, "0.4000"), (2, "4.0100"), (3, "0.4020")];
    let table = book(&days).table(RatePolicy::default());
    assert_eq!(sek(&table, 2, ON_OR_BEFORE).as_deref(), Some("0.4000"));
    let rate = table.rate_for(Currency::Sek, day(2), ON_OR_BEFORE).unwrap();
    assert_eq!(rate.held, Some(DatedRate { ron_per_unit: decimal("4.01"), published: day(2) }));
    assert_eq!(sek(&table, 3, ON_OR_BEFORE).as_deref(), Some("0.4020"));
    assert_eq!(table.rate_for(Currency::Sek, day(3), ON_OR_BEFORE).unwrap().held, None);
    assert_eq!(table.held(Currency::Sek), [], "what a newer good rate has overtaken bothers nobody");
    assert_eq!(sek(&book(&days).table(free()), 2, ON_OR_BEFORE).as_deref(), Some("4.0100"), "0 holds none");
}

#[test]
fn a_confirmed_jump_counts_and_frees_what_follows_it() {
    let days = [(1, "0.4000"), (2, "0.4400"), (3, "0.4410")];
    let held = |table: &RateTable| {
        table.held(Currency::Sek).iter().map(|h| (h.rate.published, h.moved_percent())).collect::<Vec<_>>()
    };
    let table = book(&days).table(RatePolicy::default());
    assert_eq!(held(&table), [(day(2), decimal("10.00")), (day(3), decimal("10.25"))]);
    let table = with_words(book(&days), [word(2, RateVerdict::Confirmed, "0.44")]);
    assert_eq!((held(&table).len(), sek(&table, 3, ON_OR_BEFORE).as_deref()), (0, Some("0.4410")));
    assert_eq!(pricing(&table, 3).0, "0.4400");
    let other = with_words(book(&days), [word(2, RateVerdict::Confirmed, "0.45")]);
    assert_eq!(held(&other).len(), 2, "another figure was confirmed");
    let refused = with_words(book(&days), [word(2, RateVerdict::Refused, "0.44")]);
    assert_eq!(held(&refused), [(day(3), decimal("10.25"))]);
    assert_eq!(sek(&refused, 2, ON_OR_BEFORE).as_deref(), Some("0.4000"));
}

#[test]
fn a_persons_rate_wins_over_the_day_and_moves_prices_at_once() {
    let days = [(1, "0.4000"), (2, "0.4010")];
    let table = with_words(book(&days), [word(2, RateVerdict::Manual, "0.4015")]);
    let rate = table.rate_for(Currency::Sek, day(2), ON_OR_BEFORE).unwrap();
    assert_eq!((rate.ron_per_unit, rate.source), (decimal("0.4015"), RateSource::Manual));
    assert_eq!(pricing(&table, 2), ("0.4015".to_owned(), None), "within the corridor, and set on purpose");
    let history: Vec<_> = table.history(RateChoice::Vendor, Currency::Sek).collect();
    assert_eq!(history.last().unwrap().word.unwrap().author, "ana");
    let words = [word(2, RateVerdict::Manual, "0.4015"), word(2, RateVerdict::Withdrawn, "0.4015")];
    let back = with_words(book(&days), words);
    assert_eq!(sek(&back, 2, ON_OR_BEFORE).as_deref(), Some("0.4010"), "the newest word counts");
    let far = with_words(book(&days), [word(2, RateVerdict::Manual, "0.8")]);
    assert_eq!(sek(&far, 2, ON_OR_BEFORE).as_deref(), Some("0.8"), "a person's rate is not held");
}

#[test]
fn of_one_day_the_vendors_file_wins_over_a_bank_in_any_order() {
    let (bank, file) = ((RateSource::Bnr, "0.4000"), (RateSource::File, "0.3999"));
    for order in [[bank, file], [file, bank]] {
        let mut book = RateBook::default();
        for (source, rate) in order {
            let quoted = (decimal(rate), Decimal::ONE);
            book.add(RateChoice::Vendor, source, Currency::Sek, day(1), quoted).unwrap();
        }
        let rate = book.table(free()).rate_for(Currency::Sek, day(2), BEFORE).unwrap();
        assert_eq!((rate.source, rate.ron_per_unit), (RateSource::File, decimal("0.3999")));
    }
}

#[test]
fn an_applied_rate_survives_storage_and_older_ones_can_be_read() {
    let table = book(&[(1, "0.4000"), (2, "0.4010"), (3, "0.5")]).table(RatePolicy::default());
    let rate = table.pricing_rate(RateChoice::Vendor, Currency::Sek, day(4), BEFORE).unwrap();
    assert!(rate.market.is_some() && rate.held.is_some());
    let json = serde_json::to_string(&rate).unwrap();
    assert_eq!(serde_json::from_str::<AppliedRate>(&json).unwrap(), rate);
    let old = r#"{"ron_per_unit":"0.4","ron":"0.4","units":"1","published":"2023-05-18","source":"bnr"}"#;
    assert_eq!(serde_json::from_str::<AppliedRate>(old).unwrap().source, RateSource::Bnr);
}

proptest! {
    #[test]
    fn takes_the_newest_allowed_day(days in proptest::collection::vec(1i8..29, 0..12), asked in 1i8..29) {
        let mut book = RateBook::default();
        for day in &days {
            book.add_bnr(Currency::Dkk, date(2026, 2, *day), Decimal::from(*day), 1).unwrap();
        }
        let table = book.table(free());
        for (rule, allowed) in [(BEFORE, asked - 1), (ON_OR_BEFORE, asked)] {
            let want = days.iter().copied().filter(|d| *d <= allowed).max().map(Decimal::from);
            let got = table.rate_for(Currency::Dkk, date(2026, 2, asked), rule).map(|r| r.ron_per_unit);
            prop_assert_eq!(got, want);
        }
    }

    /// However the market walks: prices never stand further from it than the corridor, move only when they must, and a
    /// day's answer does not depend on the days after it.
    #[test]
    fn prices_follow_the_market_at_the_corridors_distance(steps in proptest::collection::vec(-40i64..41, 1..25)) {
        let policy = || RatePolicy { jump_percent: Decimal::ZERO, ..RatePolicy::default() };
        let walk = |count: usize| {
            let mut book = RateBook::default();
            let mut rate = 4_400_i64;
            for (i, step) in steps.iter().take(count).enumerate() {
                rate += step;
                let published = date(2026, 1, i8::try_from(i + 1).unwrap());
                book.add_bnr(Currency::Sek, published, Decimal::new(rate, 4), 1).unwrap();
            }
            book.table(policy())
        };
        let (whole, mut last) = (walk(steps.len()), None);
        for day in 1..=steps.len() {
            let on = date(2026, 1, i8::try_from(day).unwrap());
            let market = whole.rate_for(Currency::Sek, on, ON_OR_BEFORE).unwrap().ron_per_unit;
            let prices = whole.pricing_rate(RateChoice::Vendor, Currency::Sek, on, ON_OR_BEFORE).unwrap();
            let away = ((market - prices.ron_per_unit) / prices.ron_per_unit).abs();
            prop_assert!(away <= Decimal::new(1, 2));
            prop_assert_eq!(prices.market.is_some(), prices.published != on);
            if prices.published != on {
                prop_assert_eq!(Some(prices.ron_per_unit), last, "kept means unchanged");
            }
            last = Some(prices.ron_per_unit);
            let then = walk(day).pricing_rate(RateChoice::Vendor, Currency::Sek, on, ON_OR_BEFORE);
            prop_assert_eq!(then, Some(prices));
        }
    }
}
