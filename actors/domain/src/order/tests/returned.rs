//! What came back: counted once, never more than was sold (R1 to R4; F58).

use super::*;

/// Booked, so many units of `A` at 100 RON each.
fn sold(units: u32) -> Order {
    let mut order = booked();
    order.channel.quantity = units;
    order.sale_of = order.channel.substance();
    if let Some(sale) = &mut order.sale {
        sale.lines[0].quantity = i64::from(units);
        sale.total = Money::minor(i64::from(units) * 10_000, Currency::Ron);
    }
    order
}

fn entry(id: &str, witness: Witness, received: u32) -> ReturnEntry {
    ReturnEntry { id: id.to_owned(), witness, advised: received, received, scrapped: 0, at_ms: 5 }
}

fn with(order: &Order, entries: &[ReturnEntry]) -> Order {
    entries.iter().fold(order.clone(), |order, entry| order.on(&Event::Returned(entry.clone()), 30, &VENDOR))
}

fn with_documents(order: &Order, documents: &[SalesDocument]) -> Order {
    order.on(&Event::DocumentsRead(documents.to_vec(), 30), 30, &VENDOR)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn never_more_than_was_sold(events in later_events()) {
        run_booked(&events, |_, event, after| {
            let back = after.returned();
            assert!(back.received <= back.advised && back.advised <= back.sold, "{event:?}: {back:?}");
            assert!(back.credited <= back.received && back.scrapped <= back.received, "{back:?}");
            assert!(back.restocked <= back.credited, "{back:?}");
        });
    }

    /// Person, report, storno, courier: whoever speaks first, the count is the same.
    #[test]
    fn the_order_of_witnesses_does_not_matter(
        entries in Just(vec![
            entry("a", Witness::Person, 1), entry("b", Witness::Person, 1), entry("a", Witness::Report, 2),
            entry("c", Witness::Report, 1),
        ]).prop_shuffle(),
        split in 0usize..5,
    ) {
        let (first, last) = entries.split_at(split);
        let order = with(&with_documents(&with(&sold(9), first), &[invoice(1, 9), invoice(2, -1)]), last);
        let back = order.returned();
        prop_assert_eq!((back.advised, back.received, back.credited, back.restocked), (3, 3, 1, 1), "the largest count");
        prop_assert_eq!(with(&order, &entries).returned(), back, "told again is told once");
        prop_assert_eq!(with(&order, &entries).returns.entries.len(), 4);
    }
}

/// F58: the same return again is the same return; a corrected one replaces it.
#[test]
fn an_entry_counts_once_by_its_id() {
    let order = sold(2);
    let once = with(&order, &[entry("a", Witness::Person, 1)]);
    assert_eq!(with(&once, &[entry("a", Witness::Person, 1)]), once);
    assert_eq!(with(&once, &[entry("a", Witness::Person, 2)]).returned().received, 2);
    assert_eq!(with(&once, &[entry("b", Witness::Person, 1)]).returned().received, 2);
    assert_eq!(
        with(&once, &[entry("a", Witness::Report, 1)]).returned().received,
        1,
        "another witness of the same"
    );
}

#[test]
fn what_cannot_be_true_changes_nothing() {
    let order = with(&sold(2), &[entry("a", Witness::Person, 2)]);
    let too_many = entry("b", Witness::Person, 1);
    assert_eq!(order.check_return(&too_many).unwrap_err().claimed, 3);
    let broken = ReturnEntry { scrapped: 2, ..entry("a", Witness::Person, 1) };
    for entry in [too_many, broken, entry("c", Witness::Report, u32::MAX)] {
        assert!(order.check_return(&entry).is_err());
        assert_eq!(with(&order, &[entry]), order);
    }
}

#[test]
fn goods_that_are_back_are_owed_until_the_storno() {
    let order = with(&with_documents(&sold(2), &[invoice(1, 2)]), &[entry("a", Witness::Person, 1)]);
    let item = order.attention().into_iter().find(|hold| hold.code == Code::ReturnOpen).unwrap();
    assert_eq!(item.params, ["F1", "−1 Buc A", "100.00 RON"]);
    let credited = order.on(&Event::DocumentsRead(vec![invoice(1, 2), invoice(2, -1)], 40), 40, &VENDOR);
    assert!(credited.returned().is_reconciled());
    assert!(credited.attention().iter().all(|hold| hold.code != Code::ReturnOpen));
}

/// A wrong invoice, its storno and the right invoice: the buyer has everything, and nothing came back.
#[test]
fn a_replaced_invoice_is_no_return() {
    let replaced = [invoice(1, 2), invoice(2, -2), invoice(3, 2)];
    let order = with_documents(&sold(2), &replaced);
    assert!(order.returned().is_none(), "{:?}", order.returned());
    let back = with(&order, &[entry("a", Witness::Person, 1)]);
    assert!(
        back.attention().iter().any(|hold| hold.code == Code::ReturnOpen),
        "and a true return is still owed"
    );
    let storno = [&replaced[..], &[invoice(4, -1)]].concat();
    let credited = back.on(&Event::DocumentsRead(storno, 40), 40, &VENDOR).returned();
    assert!(
        (credited.credited, credited.credited_minor) == (1, 10_000) && credited.is_reconciled(),
        "{credited:?}"
    );
}

/// Cancelled: only what is taken back entirely is over, not what was invoiced anew.
#[test]
fn a_cancelled_order_is_over_when_its_storno_has_taken_everything_back() {
    let gone = Event::Delivered(Box::new(channel(ChannelState::NotFulfilled, 25, 1)), 25);
    let order = sold(1).on(&gone, 25, &VENDOR);
    assert!(!with_documents(&order, &[invoice(1, 1)]).stage.is_closed());
    assert!(!with_documents(&order, &[invoice(1, 1), invoice(2, -1), invoice(3, 1)]).stage.is_closed());
    assert!(with_documents(&order, &[invoice(1, 1), invoice(2, -1)]).stage.is_closed());
}

/// Of a bundle, as many came back as the scarcest part says; a courier's return is everything.
#[test]
fn bundles_and_parcels_come_back_whole() {
    let mut order = sold(2);
    if let Some(sale) = &mut order.sale {
        let part = |name: &str, quantity| SaleLine {
            sku: Sku::new(name).unwrap(),
            quantity,
            unit: "Buc".to_owned(),
            unit_price: Decimal::from(50),
        };
        sale.lines = vec![part("A", 2), part("B", 4)];
    }
    let storno = |a: i64, b: i64| {
        let line = |name: &str, units: i64| SoldLine {
            sku: Sku::new(name).unwrap(),
            quantity_milli: -units * 1_000,
            net_minor: -units * 5_000,
        };
        SalesDocument { lines: vec![line("A", a), line("B", b)], ..invoice(2, -1) }
    };
    assert_eq!(with_documents(&order, &[storno(2, 2)]).returned().credited, 1);
    assert_eq!(with_documents(&order, &[storno(2, 4)]).returned().credited, 2);
    assert_eq!(with_documents(&order, &[storno(2, 0)]).returned().credited, 0);

    let home = [
        ParcelEvent::Adopted(tracking(1)),
        ParcelEvent::Scanned(vec![
            scan(Some(Milestone::Collected)),
            scan(Some(Milestone::Returned)),
            scan(None),
        ]),
    ];
    let order =
        home.iter().fold(order, |order, event| order.on(&Event::Parcel(1, event.clone()), 30, &VENDOR));
    assert_eq!(order.returned().received, 2);
}
