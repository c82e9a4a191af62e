//! Whatever happens, in whatever order: the promises of one SKU.

use proptest::prelude::*;

use super::*;
use crate::vendor::StockPolicy;

fn vendor(buffer: i64) -> Vendor {
    Vendor { stock: StockPolicy { buffer, cap: 50, ..StockPolicy::default() }, ..crate::vendor::example() }
}

fn article(price: i64) -> ErpArticle {
    ErpArticle {
        sku: Sku::new("A-1").unwrap(),
        name: "Cratiță de fontă 4 l, roșie".to_owned(),
        unit: "Buc".to_owned(),
        class_code: "1".to_owned(),
        class_name: "Casă".to_owned(),
        producer: String::new(),
        price_net: Some(rust_decimal::Decimal::new(price, 2)),
        price_gross: None,
        vat_percent: Some(rust_decimal::Decimal::from(21)),
        service: false,
        weight_kg: None,
        customs_code: String::new(),
    }
}

fn read(on_hand: i64, reserved: i64, read_ms: i64) -> StockRead {
    StockRead {
        level: StockLevel { on_hand_milli: on_hand * 1000, reserved_milli: reserved * 1000 },
        read_ms,
    }
}

/// A SKU as its actor drives it: the offer follows the article, a plan becomes a flight.
struct Driven {
    sku: SkuState,
    offer: Option<Offer>,
    vendor: Vendor,
    now_ms: i64,
}

impl Driven {
    fn new(buffer: i64) -> Self {
        Self { sku: SkuState::new(Sku::new("A-1").unwrap()), offer: None, vendor: vendor(buffer), now_ms: 0 }
    }

    fn on(&mut self, event: &SkuEvent) {
        self.now_ms += 1;
        self.sku = self.sku.on(event, self.offer.as_ref(), &self.vendor, self.now_ms);
        let date = jiff::civil::date(2026, 3, 1);
        self.offer = self.sku.article.as_ref().map(|article| self.vendor.offer(article, &[], date));
    }

    fn plan(&self) -> Option<Publication> {
        self.sku.plan(&self.sku.desired(self.offer.as_ref(), &self.vendor))
    }

    fn send(&mut self) -> Option<Publication> {
        let desired = self.sku.desired(self.offer.as_ref(), &self.vendor);
        let publication = self.sku.plan(&desired)?;
        self.on(&SkuEvent::PublishStarts(SkuState::flight(&publication, &desired, self.now_ms)));
        Some(publication)
    }

    fn accept(&mut self) {
        self.on(&SkuEvent::PublishTaken {
            batch: Some("b".to_owned()),
            article_id: None,
            refused: Vec::new(),
        });
        self.on(&SkuEvent::Verdict { batch: "b".to_owned(), refused: Vec::new() });
    }
}

#[test]
fn a_summary_tells_what_was_refused_and_what_was_shown_instead() {
    let mut sku = SkuState::new(Sku::new("A-1").unwrap());
    let refusal = |facet, reason: &str| Refusal { facet, reason: reason.to_owned(), market: None };
    sku.channel.listed = true;
    assert_eq!(SkuState::refused_in(&sku.summary(), Facet::Prices), None);
    sku.channel.refusals = vec![refusal(Facet::Prices, "vat: 0 | 25"), refusal(Facet::Listing, "dull")];
    sku.channel.drift = Some(("4".to_owned(), "9".to_owned()));
    let told = sku.summary();
    assert_eq!(SkuState::refused_in(&told, Facet::Prices), Some("vat: 0 25"), "{told}");
    assert_eq!(SkuState::refused_in(&told, Facet::Listing), Some("dull"));
    assert_eq!(SkuState::refused_in(&told, Facet::Quantity), None);
    assert_eq!(SkuState::drift_in(&told), Some("9"));
    sku.channel.listed = false;
    assert_eq!(
        SkuState::refused_in(&sku.summary(), Facet::Quantity),
        Some("vat: 0 25"),
        "a creation is whole"
    );
}

#[derive(Debug, Clone)]
enum Step {
    Event(Box<SkuEvent>),
    Send,
}

fn any_step() -> impl Strategy<Value = Step> {
    let order = || (0u8..4).prop_map(|n| OrderId::new(format!("o-{n}")).unwrap());
    let refused = || {
        proptest::collection::vec(
            prop_oneof![Just(Facet::Listing), Just(Facet::Prices), Just(Facet::Quantity)]
                .prop_map(|facet| Refusal { facet, reason: "no".to_owned(), market: None }),
            0..2,
        )
    };
    let event = prop_oneof![
        (1i64..10_000).prop_map(|price| SkuEvent::ArticleRead(Box::new(article(price)))),
        Just(SkuEvent::ArticleGone),
        Just(SkuEvent::Retired),
        (-5i64..60, 0i64..10, 0i64..200).prop_map(|(on, res, at)| SkuEvent::StockRead(read(on, res, at))),
        (order(), 1i64..5, proptest::option::of(0i64..200)).prop_map(|(order, qty, booked_ms)| {
            SkuEvent::Held(order, HeldUnits { qty, booked_ms, short: false })
        }),
        order().prop_map(SkuEvent::Freed),
        (0i64..200).prop_map(SkuEvent::PublishNotSent),
        Just(SkuEvent::PublishUnknown),
        (proptest::bool::ANY, refused()).prop_map(|(batch, refused)| SkuEvent::PublishTaken {
            batch: batch.then(|| "b".to_owned()),
            article_id: None,
            refused
        }),
        refused().prop_map(|refused| SkuEvent::Verdict { batch: "b".to_owned(), refused }),
        Just(SkuEvent::AlreadyListed),
        Just(SkuEvent::NotListed),
        Just(SkuEvent::VerdictLost),
        (0i64..200, proptest::option::of(0u32..60)).prop_map(|(read_ms, quantity)| {
            SkuEvent::Seen(Seen {
                read_ms,
                present: true,
                for_sale: Some(true),
                quantity,
                prices: Vec::new(),
            })
        }),
        Just(SkuEvent::RetryRefused),
        proptest::bool::ANY.prop_map(SkuEvent::Paused),
    ];
    prop_oneof![3 => event.prop_map(|e| Step::Event(Box::new(e))), 1 => Just(Step::Send)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(any_step(), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Promise 3: no quantity that is sent exceeds what the newest reading leaves after reservations and buffer.
    #[test]
    fn never_sends_more_than_is_free(steps in steps(), buffer in 0i64..4) {
        let mut driven = Driven::new(buffer);
        for step in &steps {
            match step {
                Step::Event(event) => driven.on(event),
                Step::Send => {
                    let level = driven.sku.stock.map(|s| s.level);
                    let held = driven.sku.held.units();
                    if let Some(quantity) = driven.send().and_then(|p| p.quantity) {
                        let level = level.expect("nothing is sent before the first reading");
                        let free = (level.on_hand_milli - level.reserved_milli).div_euclid(1000) - held - buffer;
                        prop_assert!(i64::from(quantity) <= free.clamp(0, 50));
                    }
                }
            }
        }
    }

    /// What differs on the channel is under way, about to be sent, or refused and in front of a person.
    #[test]
    fn nothing_differs_in_silence(steps in steps()) {
        let mut driven = Driven::new(0);
        for step in &steps {
            if let Step::Event(event) = step { driven.on(event) } else { driven.send(); }
            let side = &driven.sku.channel;
            let desired = driven.sku.desired(driven.offer.as_ref(), &driven.vendor);
            let Some((quantity, _)) = desired.quantity else { continue };
            if side.listed && side.in_flight.is_none() && side.quantity.accepted != Some(quantity) && driven.plan().is_none() {
                let told = driven.sku.attention(driven.offer.as_ref(), &desired);
                prop_assert!(told.iter().any(|hold| hold.code == Code::ChannelRefused), "{side:?}");
            }
            if driven.plan().is_none_or(|plan| plan.quantity == Some(quantity)) && side.quantity.accepted == Some(quantity) {
                let told = driven.sku.attention(driven.offer.as_ref(), &desired);
                prop_assert!(!told.iter().any(|hold| hold.cause.starts_with("quantity:")), "{side:?}");
            }
        }
    }

    /// A value from an older reading never replaces a newer one, and nothing is sent while something is in flight.
    #[test]
    fn old_news_and_second_flights_change_nothing(steps in steps()) {
        let mut driven = Driven::new(0);
        for step in &steps {
            let newest = driven.sku.stock.map(|s| s.read_ms);
            match step {
                Step::Event(event) => driven.on(event),
                Step::Send => { driven.send(); }
            }
            prop_assert!(driven.sku.stock.map(|s| s.read_ms) >= newest);
            prop_assert!(driven.sku.channel.in_flight.is_none() || driven.plan().is_none());
        }
    }

    /// Promise 12: whatever happened, undisturbed sending comes to rest with the channel holding what it should.
    #[test]
    fn comes_to_rest(steps in steps()) {
        let mut driven = Driven::new(1);
        for step in &steps {
            match step {
                Step::Event(event) => driven.on(event),
                Step::Send => { driven.send(); }
            }
        }
        driven.on(&SkuEvent::PublishUnknown);
        driven.on(&SkuEvent::VerdictLost);
        driven.on(&SkuEvent::RetryRefused);
        driven.on(&SkuEvent::Paused(false));
        driven.on(&SkuEvent::ArticleRead(Box::new(article(1_000))));
        driven.on(&SkuEvent::StockRead(read(9, 0, 1_000)));
        for _ in 0..3 {
            if driven.send().is_some() {
                driven.accept();
            }
        }
        prop_assert_eq!(driven.plan(), None);
        let wanted = driven.sku.desired(driven.offer.as_ref(), &driven.vendor).quantity.map(|(q, _)| q);
        prop_assert_eq!(driven.sku.channel.quantity.accepted, wanted);
        prop_assert!(driven.sku.channel.listed);
    }

    #[test]
    fn what_is_stored_is_what_is_read(steps in steps()) {
        let mut driven = Driven::new(0);
        for step in &steps {
            if let Step::Event(event) = step { driven.on(event) } else { driven.send(); }
        }
        driven.sku.held = Holds::default();
        let text = serde_json::to_string(&driven.sku).unwrap();
        prop_assert_eq!(serde_json::from_str::<SkuState>(&text).unwrap(), driven.sku);
    }
}

#[test]
fn what_was_refused_is_sent_again_only_when_it_changes() {
    let mut driven = Driven::new(0);
    driven.on(&SkuEvent::ArticleRead(Box::new(article(1_000))));
    driven.on(&SkuEvent::StockRead(read(9, 0, 5)));
    assert!(driven.send().unwrap().create);
    driven.accept();
    driven.on(&SkuEvent::StockRead(read(7, 0, 10)));
    driven.send().unwrap();
    let refused = vec![Refusal { facet: Facet::Quantity, reason: "no".to_owned(), market: None }];
    driven.on(&SkuEvent::PublishTaken { batch: None, article_id: None, refused });
    assert_eq!(driven.plan(), None);
    driven.on(&SkuEvent::StockRead(read(6, 0, 20)));
    assert_eq!(driven.plan().unwrap().quantity, Some(6));
}

/// Seen in the simulation: refused 7, then 6 was sent and its verdict lost; back at 7, nothing was sent and nobody told.
#[test]
fn a_refusal_does_not_outlive_what_was_sent_after_it() {
    let mut driven = Driven::new(0);
    driven.on(&SkuEvent::ArticleRead(Box::new(article(1_000))));
    driven.on(&SkuEvent::StockRead(read(9, 0, 5)));
    driven.send().unwrap();
    driven.accept();
    driven.on(&SkuEvent::StockRead(read(7, 0, 10)));
    driven.send().unwrap();
    let refused = vec![Refusal { facet: Facet::Quantity, reason: "no".to_owned(), market: None }];
    driven.on(&SkuEvent::PublishTaken { batch: None, article_id: None, refused });
    driven.on(&SkuEvent::StockRead(read(6, 0, 20)));
    driven.send().unwrap();
    driven.on(&SkuEvent::PublishUnknown);
    driven.on(&SkuEvent::StockRead(read(7, 0, 30)));
    assert_eq!(driven.plan().unwrap().quantity, Some(7));
}

/// Gone is not for sale; gone for long is deleted, once; back again is created again.
#[test]
fn an_article_that_stays_away_is_deleted() {
    let mut driven = Driven::new(0);
    driven.on(&SkuEvent::ArticleRead(Box::new(article(1_000))));
    driven.on(&SkuEvent::Retired);
    driven.on(&SkuEvent::StockRead(read(9, 0, 5)));
    assert!(driven.send().unwrap().create, "what the ERP has cannot be retired");
    driven.accept();
    driven.on(&SkuEvent::ArticleGone);
    assert!(!driven.send().unwrap().listing.unwrap().for_sale);
    driven.accept();
    assert_eq!(driven.plan(), None);
    driven.on(&SkuEvent::Retired);
    let publication = driven.send().unwrap();
    assert!(publication.delete && publication.listing.is_none() && publication.quantity.is_none());
    driven.accept();
    assert!(!driven.sku.channel.listed);
    assert_eq!(driven.plan(), None);
    driven.on(&SkuEvent::ArticleRead(Box::new(article(1_000))));
    assert!(driven.plan().unwrap().create);
}

/// Its price is gone in the ERP: it must not go on selling at the old one.
#[test]
fn what_can_no_longer_be_offered_shows_no_units() {
    let mut driven = Driven::new(0);
    driven.on(&SkuEvent::ArticleRead(Box::new(article(1_000))));
    driven.on(&SkuEvent::StockRead(read(9, 0, 5)));
    driven.send().unwrap();
    driven.accept();
    let unpriced = ErpArticle { price_net: None, ..article(1_000) };
    driven.on(&SkuEvent::ArticleRead(Box::new(unpriced)));
    assert_eq!(driven.send().unwrap().quantity, Some(0));
    driven.accept();
    driven.on(&SkuEvent::ArticleRead(Box::new(article(1_000))));
    assert_eq!(driven.plan().unwrap().quantity, Some(9));
}

#[test]
fn news_that_come_late_change_nothing() {
    let mut driven = Driven::new(0);
    driven.on(&SkuEvent::StockRead(read(5, 0, 10)));
    driven.on(&SkuEvent::StockRead(read(5, 0, 30)));
    driven.on(&SkuEvent::StockRead(read(3, 0, 20)));
    assert_eq!(driven.sku.available(&driven.vendor), 5, "an equal level is a newer reading all the same");
    let order = OrderId::new("o-1").unwrap();
    let booked = |booked_ms| HeldUnits { qty: 2, booked_ms: Some(booked_ms), short: false };
    driven.on(&SkuEvent::Held(order.clone(), booked(29)));
    assert_eq!(driven.sku.available(&driven.vendor), 5, "that reading contains it");
    driven.on(&SkuEvent::Held(order, booked(30)));
    assert_eq!(driven.sku.available(&driven.vendor), 3);
}

/// A channel that lowers by itself is believed when it is read back, also when it did not lower.
#[test]
fn a_channel_that_did_not_lower_is_told() {
    let mut driven = Driven::new(0);
    driven.vendor.channel.lowers_stock_itself = true;
    driven.on(&SkuEvent::ArticleRead(Box::new(article(1_000))));
    driven.on(&SkuEvent::StockRead(read(9, 0, 5)));
    driven.send().unwrap();
    driven.accept();
    let order = OrderId::new("o-1").unwrap();
    driven.on(&SkuEvent::Sold(order, HeldUnits { qty: 3, booked_ms: None, short: false }));
    assert_eq!(driven.plan(), None, "it is expected to show 6 by itself");
    let shown = |quantity, read_ms| Seen {
        read_ms,
        present: true,
        for_sale: None,
        quantity: Some(quantity),
        prices: Vec::new(),
    };
    driven.on(&SkuEvent::Seen(shown(6, 1_000)));
    assert_eq!(driven.plan(), None);
    let order = OrderId::new("o-2").unwrap();
    driven.on(&SkuEvent::Sold(order, HeldUnits { qty: 2, booked_ms: None, short: false }));
    driven.on(&SkuEvent::Seen(shown(6, 2_000)));
    assert_eq!(driven.plan().unwrap().quantity, Some(4));
    assert_eq!(driven.sku.channel.drift, None);
}

#[test]
fn a_reservation_ends_with_the_first_reading_that_began_after_booking() {
    let mut driven = Driven::new(0);
    let order = OrderId::new("o-1").unwrap();
    driven.on(&SkuEvent::StockRead(read(9, 0, 5)));
    driven.on(&SkuEvent::Held(order.clone(), HeldUnits { qty: 2, booked_ms: None, short: false }));
    driven.on(&SkuEvent::StockRead(read(9, 0, 50)));
    assert_eq!(driven.sku.held.units(), 2, "the ERP does not have the order yet");
    driven.on(&SkuEvent::Held(order, HeldUnits { qty: 2, booked_ms: Some(60), short: false }));
    driven.on(&SkuEvent::StockRead(read(9, 0, 60)));
    assert_eq!(driven.sku.held.units(), 2, "that reading may have begun before the booking");
    driven.on(&SkuEvent::StockRead(read(9, 2, 61)));
    assert_eq!((driven.sku.held.units(), driven.sku.available(&driven.vendor)), (0, 7));
}

#[test]
fn a_bundle_shows_what_its_scarcest_part_allows() {
    let mut driven = Driven::new(0);
    let parts = vec![(Sku::new("P").unwrap(), 2), (Sku::new("Q").unwrap(), 1)];
    driven.vendor.bundles.insert(driven.sku.sku.clone(), parts);
    driven.on(&SkuEvent::PartAvailable(Sku::new("P").unwrap(), 7));
    assert_eq!(driven.sku.stock_terms(&driven.vendor), None, "one part is unknown");
    driven.on(&SkuEvent::PartAvailable(Sku::new("Q").unwrap(), 9));
    assert_eq!(driven.sku.available(&driven.vendor), 3);
}

/// Two orders that each found too little: when stock for one arrives, one of them gets it.
#[test]
fn short_orders_do_not_starve_each_other() {
    let mut driven = Driven::new(0);
    let orders = [OrderId::new("o-1").unwrap(), OrderId::new("o-2").unwrap()];
    driven.on(&SkuEvent::StockRead(read(1, 0, 5)));
    for order in &orders {
        assert_eq!(driven.sku.available_to(order, &driven.vendor), 1);
        driven.on(&SkuEvent::Held(order.clone(), HeldUnits { qty: 2, booked_ms: None, short: true }));
    }
    driven.on(&SkuEvent::StockRead(read(3, 0, 6)));
    assert_eq!(driven.sku.available_to(&orders[0], &driven.vendor), 3);
    driven.on(&SkuEvent::Held(orders[0].clone(), HeldUnits { qty: 2, booked_ms: None, short: false }));
    assert_eq!(driven.sku.available_to(&orders[1], &driven.vendor), 1);
    assert_eq!(driven.sku.stock_terms(&driven.vendor).unwrap().publishable(), 0);
}
