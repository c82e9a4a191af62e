//! Random orders over four markets, both ways of rounding VAT, both banks, and the days around changes of rates and VAT: every
//! document closes to the ban. Figures are checked by whole numbers alone, which share nothing with the code.
//!
//! `MONEY_ORDERS=1000000 cargo test --release -p vortex-domain --test money -- --nocapture` runs a million.

#![expect(clippy::unwrap_used, clippy::panic, reason = "an order that does not close ends the test")]

use std::{collections::BTreeMap, thread};

use jiff::{
    ToSpan as _,
    civil::{Date, Weekday, date},
};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use vortex_domain::{
    Currency, Entropy, Market, Money, OrderId, Sku,
    rates::{AppliedRate, RateBook, RateChoice, RatePolicy, RateRule, RateTable},
    sales::{Bill, BillLine, Part, SaleLine, VatRounding, sale},
    vat::VatTable,
};

/// Orders when `MONEY_ORDERS` does not say.
const ORDERS: u64 = 20_000;
const FIRST: Date = date(2024, 8, 1);
const DAYS: u64 = 880;
/// Days before which a VAT rate was another.
const VAT_CHANGES: [Date; 4] = [date(2024, 9, 1), date(2025, 8, 1), date(2026, 1, 1), date(2026, 4, 1)];
const CLASSES: [&str; 5] = ["standard", "food", "books", "press", "reduced"];
const CURRENCIES: [(Currency, i64); 4] =
    [(Currency::Sek, 4_600), (Currency::Dkk, 6_800), (Currency::Nok, 4_350), (Currency::Eur, 50_700)];

/// What both banks published, and the days on which they did.
struct World {
    bnr: RateTable,
    ecb: RateTable,
    vat: VatTable,
    days: Vec<Date>,
}

impl World {
    fn new() -> Self {
        let entropy = Entropy::seeded(7);
        let (mut bnr, mut ecb, mut days) = (RateBook::default(), RateBook::default(), Vec::new());
        let mut walking = CURRENCIES;
        for offset in 0..DAYS {
            let day = FIRST.checked_add(i64::try_from(offset).unwrap().days()).unwrap();
            // Banks rest at weekends and on some other days.
            if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) || entropy.below(25) == 0 {
                continue;
            }
            days.push(day);
            for (_, rate) in &mut walking {
                *rate += i64::try_from(entropy.below(41)).unwrap() - 20;
            }
            let eur = walking.last().unwrap().1;
            let mut per_eur = BTreeMap::from([(Currency::Ron, Decimal::new(eur, 4))]);
            for (currency, rate) in walking {
                bnr.add_bnr(currency, day, Decimal::new(rate, 4), 1).unwrap();
                if currency != Currency::Eur {
                    per_eur.insert(currency, Decimal::new(eur * 10_000 / rate, 4));
                }
            }
            ecb.add_ecb(RateChoice::Vendor, day, &per_eur).unwrap();
        }
        let policy = || RatePolicy { jump_percent: Decimal::ZERO, ..RatePolicy::default() };
        Self { bnr: bnr.table(policy()), ecb: ecb.table(policy()), vat: VatTable::built_in(), days }
    }
}

fn pick<T: Copy>(chance: &Entropy, of: &[T]) -> T {
    of[usize::try_from(chance.below(of.len() as u64)).unwrap()]
}

fn between(chance: &Entropy, low: i64, high: i64) -> i64 {
    low + i64::try_from(chance.below(u64::try_from(high - low + 1).unwrap())).unwrap()
}

/// Half away from zero, in whole numbers.
fn rounded(numerator: i128, denominator: i128) -> i64 {
    let doubled = 2 * numerator.abs() + denominator;
    i64::try_from(numerator.signum() * (doubled / (2 * denominator))).unwrap()
}

/// So many ten-thousandths.
fn scaled(value: Decimal) -> i128 {
    (value * Decimal::from(10_000)).to_i128().unwrap()
}

fn parts(chance: &Entropy, name: &str, quantity: i64) -> Vec<Part> {
    let count = if chance.below(4) == 0 { between(chance, 2, 4) } else { 1 };
    (0..count)
        .map(|i| Part {
            sku: Sku::new(format!("{name}-{i}")).unwrap(),
            quantity: quantity * between(chance, 1, 3),
            unit: "Buc".to_owned(),
            share: Decimal::new(between(chance, 0, 100_000), 2),
        })
        .collect()
}

/// A line as a channel reckons it from a consumer price.
fn line(chance: &Entropy, vat_rate: Decimal, gross_minor: i64, parts: Vec<Part>) -> (BillLine, i64) {
    let net_minor = rounded(i128::from(gross_minor) * 10_000, 10_000 + scaled(vat_rate));
    // Some channels round VAT and take it off, others the other way round.
    let vat_minor = match chance.below(2) {
        0 => gross_minor - net_minor,
        _ => rounded(i128::from(net_minor) * scaled(vat_rate), 10_000),
    };
    (BillLine { net_minor, vat_rate, parts }, net_minor + vat_minor)
}

fn random_bill(chance: &Entropy, world: &World, market: Market, day: Date) -> Bill {
    let classes: Vec<Decimal> = CLASSES
        .iter()
        .filter_map(|class| world.vat.charged(market, class, day))
        .map(|p| p / Decimal::ONE_HUNDRED)
        .collect();
    let (mut lines, mut paid) = (Vec::new(), 0);
    let mut add = |(line, gross): (BillLine, i64)| {
        lines.push(line);
        paid += gross;
        gross
    };
    for i in 0..between(chance, 1, 6) {
        let (rate, quantity) = (pick(chance, &classes), between(chance, 1, 12));
        let each = if chance.below(8) == 0 { between(chance, 1, 99) } else { between(chance, 100, 900_000) };
        let gross = add(line(chance, rate, each * quantity, parts(chance, &format!("A{i}"), quantity)));
        if chance.below(4) == 0 {
            let off = -gross * between(chance, 1, 40) / 100;
            add(line(chance, rate, off, parts(chance, &format!("DISCOUNT{i}"), 1)));
        }
    }
    if chance.below(2) == 0 {
        add(line(chance, pick(chance, &classes), between(chance, 0, 19_900), parts(chance, "TRANSPORT", 1)));
    }
    Bill { order: OrderId::new("o-1").unwrap(), lines, paid: Money::minor(paid, market.currency()) }
}

/// One order; in which market, and by how much its residual was.
fn order(world: &World, number: u64) -> (Market, i64) {
    let chance = Entropy::seeded(number.wrapping_mul(0x9E37_79B9));
    let market = pick(&chance, Market::ALL);
    let day = match chance.below(2) {
        0 => FIRST.checked_add(between(&chance, 20, 870).days()).unwrap(),
        _ => pick(&chance, &VAT_CHANGES).checked_add(between(&chance, -3, 3).days()).unwrap(),
    };
    let rule = pick(&chance, &[RateRule::PublishedBefore, RateRule::PublishedOnOrBefore]);
    let table = if chance.below(2) == 0 { &world.bnr } else { &world.ecb };
    let rate = table.rate_for(market.currency(), day, rule).unwrap();
    let allowed = |published: &&Date| match rule {
        RateRule::PublishedBefore => **published < day,
        RateRule::PublishedOnOrBefore => **published <= day,
    };
    assert_eq!(
        world.days.iter().filter(allowed).max(),
        Some(&rate.published),
        "order {number}: the rule's day"
    );
    let bill = random_bill(&chance, world, market, day);
    let mut residual = 0;
    for rounding in [VatRounding::Line, VatRounding::Total] {
        residual = closes(number, &bill, &rate, rounding).abs().max(residual);
    }
    (market, residual)
}

/// Checks one document; its residual.
fn closes(number: u64, bill: &Bill, rate: &AppliedRate, rounding: VatRounding) -> i64 {
    let told =
        sale(bill, rate, rounding, "CDON-SE").unwrap_or_else(|hold| panic!("order {number}: {hold:?}"));
    let closing = told.closing.clone().unwrap();
    let (ron, units) = (scaled(rate.ron), scaled(rate.units));
    let in_ron = |minor: i64| rounded(i128::from(minor) * ron, units);
    let net_paid: i64 = bill.lines.iter().map(|line| line.net_minor).sum();
    assert_eq!(closing.paid, bill.paid);
    assert_eq!(
        closing.gross,
        Money::minor(in_ron(bill.paid.minor), Currency::Ron),
        "order {number}: what was paid"
    );
    assert_eq!(told.total, Money::minor(in_ron(net_paid), Currency::Ron), "order {number}: without VAT");
    let net: i64 = closing.lines.iter().map(|(net, _)| net).sum();
    let vat: i64 = closing.lines.iter().map(|(_, vat)| vat).sum();
    assert_eq!((net, vat), (told.total.minor, closing.vat.minor), "order {number}: the lines' sums");
    assert_eq!(net + vat, closing.gross.minor, "order {number}: net and VAT");
    let erp: i64 = told.lines.iter().map(SaleLine::total_minor).sum();
    assert_eq!(erp, told.total.minor, "order {number}: as the ERP multiplies and adds");

    let (at, left) = closing.residual;
    let mut by_rate: BTreeMap<Decimal, (i128, i64)> = BTreeMap::new();
    for (i, ((net, vat), line)) in closing.lines.iter().zip(&bill.lines).enumerate() {
        let vat = if i == at { vat - left } else { *vat };
        let exact = i128::from(*net) * scaled(line.vat_rate);
        if rounding == VatRounding::Line {
            assert_eq!(vat, rounded(exact, 10_000), "order {number}: VAT of line {i}");
        }
        let sum = by_rate.entry(line.vat_rate).or_default();
        *sum = (sum.0 + exact, sum.1 + vat);
    }
    if rounding == VatRounding::Total {
        for (exact, vat) in by_rate.into_values() {
            assert_eq!(vat, rounded(exact, 10_000), "order {number}: VAT of a rate");
        }
    }
    // Half a minor unit for each rounding, on the buyer's side by the rate.
    let lines = i64::try_from(bill.lines.len()).unwrap();
    let most = lines * (1 + i64::try_from(ron / units + 1).unwrap()) + 1;
    assert!(left.abs() <= most, "order {number}: a residual of {left} on {lines} lines");
    left
}

#[test]
fn every_order_closes_to_the_ban() {
    let orders = std::env::var("MONEY_ORDERS").map_or(ORDERS, |text| text.parse().unwrap());
    let world = World::new();
    let workers = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let seen: Vec<BTreeMap<Market, (u64, i64)>> = thread::scope(|scope| {
        let work = |worker: u64| {
            let world = &world;
            move || {
                let mut seen: BTreeMap<Market, (u64, i64)> = BTreeMap::new();
                for number in (worker..orders).step_by(usize::try_from(workers).unwrap()) {
                    let (market, residual) = order(world, number);
                    let (count, largest) = seen.entry(market).or_default();
                    (*count, *largest) = (*count + 1, residual.max(*largest));
                }
                seen
            }
        };
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(work(worker))).collect();
        running.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    for market in Market::ALL {
        let of_market = seen.iter().filter_map(|seen| seen.get(market));
        let (count, largest) =
            of_market.fold((0, 0), |(n, most), (count, largest)| (n + count, most.max(*largest)));
        assert!(count > orders / 8, "{market} was left out");
        println!("{market}: {count} orders close both ways, largest residual {largest} bani");
    }
}
