//! The oracle can fail: each rule, broken once.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use vortex_domain::{
    ChannelOrder, ChannelState, Currency, Market, Money, OrderId, Sku, StockLevel, order::Address,
    sales::SaleLine, stock::StockTerms,
};

use super::{HOLD_MS, Oracle, Rules, parcels::CANCEL_LAG_MS};
use crate::facts::{Basis, Fact, Owed, Push, Reading};

const TOKEN: &str = "CDON:o-1";

fn sku() -> Sku {
    Sku::new("A-1").expect("a SKU")
}

fn oracle() -> Oracle {
    let rates = BTreeMap::from([(Currency::Sek, Decimal::new(5, 1))]);
    Oracle::new(Rules { rates, bundles: BTreeMap::new() })
}

fn order() -> Fact {
    Fact::Order(Box::new(ChannelOrder {
        id: OrderId::new("o-1").expect("an id"),
        basket: None,
        sku: sku(),
        quantity: 2,
        net: Money::minor(10_000, Currency::Sek),
        vat: Money::minor(2_500, Currency::Sek),
        vat_rate: Decimal::new(25, 2),
        market: Market::Se,
        state: ChannelState::Created,
        created_at_ms: 0,
        updated_at_ms: 0,
        deadline_ms: None,
        ship_to: Address::default(),
        tracking: Vec::new(),
    }))
}

fn written(doc: u64, quantity: i64) -> Fact {
    let line = SaleLine { sku: sku(), unit: "Buc".to_owned(), quantity, unit_price: Decimal::from(25) };
    Fact::Written { doc, token: TOKEN.to_owned(), number: 7, lines: vec![line] }
}

fn import(call: u64, number: i64) -> Fact {
    Fact::ImportSent { call, token: TOKEN.to_owned(), number }
}

fn reading(began_ms: i64, units: Option<i64>) -> Fact {
    let level = |units| StockLevel { on_hand_milli: units * 1000, reserved_milli: 0 };
    Fact::Reading(Box::new(Reading {
        began_ms,
        whole: true,
        by_name: false,
        levels: units.map(|units| (sku(), level(units))).into_iter().collect(),
        contains: BTreeSet::new(),
    }))
}

fn push(id: u64, read_ms: i64, on_hand: i64, quantity: u32) -> Push {
    let terms = StockTerms {
        on_hand_milli: on_hand * 1000,
        reserved_in_erp_milli: 0,
        reserved_by_us: on_hand - i64::from(quantity),
        buffer: 0,
        cap: 100,
    };
    let basis = Some(Basis { at_ms: read_ms + 1, read_ms: Some(read_ms), terms });
    Push { id, sku: sku(), quantity, basis, owed: Vec::new(), buffers: vec![0], parts: Vec::new() }
}

/// What it says to these facts, a second apart.
fn verdict(facts: &[Fact]) -> Vec<String> {
    let mut oracle = oracle();
    for (second, fact) in (1..).zip(facts) {
        oracle.see(second * 1_000, fact);
    }
    let rule = |text: String| text.split(": ").nth(1).unwrap_or_default().to_owned();
    oracle.violations.into_iter().map(rule).collect()
}

#[test]
fn what_is_right_is_right() {
    let facts = [
        order(),
        import(1, 7),
        written(1, 2),
        reading(10, Some(5)),
        Fact::Pushed(Box::new(push(1, 10, 5, 3))),
        Fact::Applied { push: 1 },
    ];
    assert_eq!(verdict(&facts), [""; 0]);
}

#[test]
fn a_second_live_document_is_seen() {
    assert_eq!(verdict(&[order(), written(1, 2), written(2, 2)]), ["O1"]);
    let gone = Fact::Gone { doc: 1 };
    assert_eq!(verdict(&[order(), written(1, 2), gone.clone(), written(2, 2)]), ["O1"], "nobody asked");
    let asked = Fact::Recreated { token: TOKEN.to_owned() };
    assert_eq!(verdict(&[order(), written(1, 2), gone, asked, written(2, 2)]), [""; 0]);
}

#[test]
fn an_order_has_one_number_and_is_looked_up_before_a_second_try() {
    let looked_up = |sent_ms| Fact::LookedUp { tokens: vec![TOKEN.to_owned()], sent_ms };
    assert_eq!(verdict(&[order(), import(1, 7), import(2, 7)]), ["O4"]);
    assert_eq!(verdict(&[order(), import(1, 7), looked_up(1_000), import(2, 7)]), ["O4"], "it left before");
    assert_eq!(verdict(&[order(), import(1, 7), looked_up(2_500), import(2, 7)]), [""; 0]);
    assert_eq!(verdict(&[order(), import(1, 7), looked_up(2_500), import(2, 8)]), ["O1"]);
}

#[test]
fn a_document_for_nobody_or_with_other_goods_is_seen() {
    assert_eq!(verdict(&[written(1, 2)]), ["O3"]);
    assert_eq!(verdict(&[order(), written(1, 3)]), ["M1"]);
}

#[test]
fn a_quantity_without_its_reasons_is_seen() {
    let pushed = |push: Push| Fact::Pushed(Box::new(push));
    assert_eq!(verdict(&[pushed(Push { basis: None, ..push(1, 10, 5, 3) })]), ["S1"]);
    assert_eq!(verdict(&[reading(10, Some(4)), pushed(push(1, 10, 5, 3))]), ["S1"], "the ERP said 4");
    let owed = vec![Owed { token: TOKEN.to_owned(), sku: sku(), qty: 3 }];
    assert_eq!(verdict(&[reading(10, Some(5)), pushed(Push { owed, ..push(1, 10, 5, 3) })]), ["S1"]);
    let begins = [reading(5, None), pushed(push(1, 5, 0, 0)), Fact::Applied { push: 1 }];
    assert_eq!(verdict(&begins), [""; 0]);
    let shown = [reading(5, Some(5)), pushed(push(1, 5, 5, 5)), Fact::Applied { push: 1 }];
    let forgotten = [reading(10, None), pushed(push(2, 10, 0, 0))];
    assert_eq!(verdict(&[&shown[..], &forgotten].concat()), ["S6"], "missing is not zero");
}

#[test]
fn an_older_quantity_after_a_newer_one_is_seen() {
    let facts = |between: Fact, newer_ms: i64| {
        let mut oracle = oracle();
        let late = [Fact::Applied { push: 2 }, Fact::Applied { push: 1 }];
        let early =
            [reading(10, Some(5)), reading(20, Some(4)), Fact::Pushed(Box::new(push(1, 10, 5, 5))), between];
        for fact in &early {
            oracle.see(1_000, fact);
        }
        oracle.see(newer_ms, &Fact::Pushed(Box::new(push(2, 20, 4, 4))));
        for fact in &late {
            oracle.see(newer_ms + 1, fact);
        }
        (oracle.violations.len(), oracle.excused)
    };
    assert_eq!(facts(Fact::PushDecided { push: 1 }, 60_000), (1, 0));
    assert_eq!(facts(Fact::PushUnanswered { push: 1 }, 1_000 + HOLD_MS), (0, 1), "nobody could know");
    assert_eq!(facts(Fact::PushUnanswered { push: 1 }, 1_000 + HOLD_MS - 1), (1, 0), "sent too soon");
}

fn reference() -> String {
    OrderId::new("o-1").expect("an id").parcel_reference(1)
}

fn mint(call: u64, reserved: Option<&str>) -> Fact {
    Fact::MintSent { call, reference: reference(), reserved: reserved.map(str::to_owned) }
}

fn minted(awb: &str) -> Fact {
    Fact::Minted { awb: awb.to_owned(), reference: reference() }
}

fn numbers(awb: &[&str]) -> (String, Vec<String>) {
    (TOKEN.to_owned(), awb.iter().map(|awb| (*awb).to_owned()).collect())
}

fn fulfil_sent(awb: &[&str]) -> Fact {
    let (token, numbers) = numbers(awb);
    Fact::FulfilSent { token, numbers }
}

fn fulfilled(awb: &[&str]) -> Fact {
    let (token, numbers) = numbers(awb);
    Fact::Fulfilled { token, numbers }
}

#[test]
fn a_parcel_that_goes_its_way_is_right() {
    let answered = Fact::MintAnswered { call: 1, minted: true };
    let facts = [order(), mint(1, None), minted("1"), answered, fulfil_sent(&["1"]), fulfilled(&["1"])];
    assert_eq!(verdict(&facts), [""; 0]);
}

#[test]
fn a_second_waybill_or_a_blind_second_request_is_seen() {
    assert_eq!(verdict(&[order(), minted("1"), minted("2")]), ["A1"]);
    assert_eq!(verdict(&[order(), mint(1, None), mint(2, None)]), ["A1"]);
    let yes = Fact::MintAnswered { call: 1, minted: true };
    assert_eq!(verdict(&[order(), mint(1, None), yes, mint(2, None)]), ["A1"], "it has one");
    let no = Fact::MintAnswered { call: 1, minted: false };
    assert_eq!(verdict(&[order(), mint(1, None), no, mint(2, None)]), [""; 0]);
    let looked = Fact::MintAgain { reference: reference() };
    assert_eq!(verdict(&[order(), mint(1, None), looked.clone(), mint(2, None)]), [""; 0]);
    assert_eq!(
        verdict(&[order(), mint(1, None), looked, mint(2, None), mint(3, None)]),
        ["A1"],
        "looked once"
    );
    assert_eq!(verdict(&[order(), mint(1, Some("7")), mint(2, Some("7"))]), [""; 0]);
    assert_eq!(verdict(&[order(), mint(1, Some("7")), mint(2, Some("8"))]), ["A1"]);
    assert_eq!(verdict(&[mint(1, None)]), ["A1"], "for no order");
}

#[test]
fn a_minting_for_an_order_that_is_known_to_be_cancelled_is_seen() {
    let verdict = |later_ms: i64| {
        let mut oracle = oracle();
        oracle.see(0, &order());
        oracle.see(1_000, &Fact::ToldCancelled { token: TOKEN.to_owned() });
        // Told again later is told first.
        oracle.see(1_500, &Fact::ToldCancelled { token: TOKEN.to_owned() });
        oracle.see(1_000 + later_ms, &mint(1, None));
        oracle.violations.len()
    };
    assert_eq!((verdict(CANCEL_LAG_MS), verdict(CANCEL_LAG_MS + 1)), (0, 1));
}

#[test]
fn a_fulfilment_without_its_waybill_or_a_second_one_is_seen() {
    assert_eq!(verdict(&[order(), fulfil_sent(&[])]), ["A5"]);
    assert_eq!(verdict(&[order(), minted("1"), fulfil_sent(&["2"])]), ["A3"]);
    assert_eq!(verdict(&[order(), minted("1"), fulfil_sent(&["1", "2"])]), ["A3"]);
    let twice = [order(), minted("1"), fulfil_sent(&["1"]), fulfilled(&["1"]), fulfilled(&["1"])];
    assert_eq!(verdict(&twice), ["A5"]);
}
