//! Fiscal documents: the newest reading counts, files stay, differences are shown (promise 6; F56, F57).

use super::*;

/// Booked: two units of `A` at 100 RON, or a bundle of the parts given.
fn sold(parts: &[(&str, i64, i64)]) -> Order {
    let mut order = booked();
    if let Some(sale) = &mut order.sale {
        let line = |(name, quantity, price): &(&str, i64, i64)| SaleLine {
            sku: Sku::new(name).unwrap(),
            unit: "Buc".to_owned(),
            quantity: *quantity,
            unit_price: Decimal::from(*price),
        };
        sale.lines = parts.iter().map(line).collect();
        let total: i64 = parts.iter().map(|(_, quantity, price)| quantity * price * 100).sum();
        sale.total = Money::minor(total, Currency::Ron);
    }
    order
}

/// A document with these lines: article, units, net bani of the line.
fn document_of(number: u32, lines: &[(&str, i64, i64)]) -> SalesDocument {
    let line = |(name, units, net): &(&str, i64, i64)| SoldLine {
        sku: Sku::new(*name).unwrap(),
        quantity_milli: units * 1_000,
        net_minor: *net,
    };
    let total_minor = lines.iter().map(|(_, _, net)| net * 121 / 100).sum();
    SalesDocument { total_minor, lines: lines.iter().map(line).collect(), ..invoice(number, 1) }
}

fn doubt(order: &Order, documents: &[SalesDocument]) -> Option<BillingDoubt> {
    order.on(&Event::DocumentsRead(documents.to_vec(), 30), 30, &VENDOR).billing_doubt()
}

fn other_partner(document: SalesDocument) -> SalesDocument {
    SalesDocument { partner: "Alt Client SRL".to_owned(), ..document }
}

#[test]
fn the_total_is_the_orders_to_the_ban_that_rounding_takes() {
    let order = sold(&[("A", 2, 100)]);
    let of = |net: i64| document_of(1, &[("A", 2, net)]);
    for right in [20_000, 20_003, 19_997] {
        assert_eq!(doubt(&order, &[of(right)]), None, "{right}");
    }
    for wrong in [20_004, 19_996, 0, 10_000] {
        assert_eq!(doubt(&order, &[of(wrong)]), Some(BillingDoubt::Total("F1".to_owned(), wrong, 20_000)));
    }
    let parts = [document_of(1, &[("A", 1, 10_000)]), document_of(2, &[("A", 1, 12_000)])];
    assert_eq!(doubt(&order, &parts[..1]), None, "a part says nothing about the whole");
    assert_eq!(doubt(&order, &parts), Some(BillingDoubt::Total("F1".to_owned(), 22_000, 20_000)));
    let more = document_of(1, &[("A", 3, 30_000)]);
    assert_eq!(
        doubt(&order, &[more]),
        Some(BillingDoubt::Total("F1".to_owned(), 30_000, 20_000)),
        "too much in one"
    );
}

#[test]
fn a_bundle_is_compared_as_a_whole() {
    let order = sold(&[("A", 1, 60), ("B", 2, 20)]);
    let right = document_of(1, &[("A", 1, 5_000), ("B", 2, 5_000)]);
    assert_eq!(doubt(&order, std::slice::from_ref(&right)), None, "however the clerk spreads the price");
    assert_eq!(doubt(&order, &[document_of(1, &[("A", 1, 5_000)])]), None, "the rest is still to come");
    let wrong = document_of(1, &[("A", 1, 6_000), ("B", 2, 6_000)]);
    assert_eq!(doubt(&order, &[wrong]), Some(BillingDoubt::Total("F1".to_owned(), 12_000, 10_000)));
    let twice = [right.clone(), SalesDocument { number: "2".to_owned(), ..right }];
    assert_eq!(doubt(&order, &twice), Some(BillingDoubt::Several("F1, F2".to_owned())));
}

/// F57: two invoices for one sale, and what mends it.
#[test]
fn several_invoices_are_a_doubt_until_the_surplus_is_taken_back() {
    let order = sold(&[("A", 1, 100)]);
    let several = |names: &str| Some(BillingDoubt::Several(names.to_owned()));
    assert_eq!(doubt(&order, &[invoice(1, 1)]), None);
    assert_eq!(doubt(&order, &[invoice(1, 1), invoice(2, 1)]), several("F1, F2"));
    assert_eq!(doubt(&order, &[invoice(1, 1), invoice(2, -1), invoice(3, 1)]), None, "wrong, storno, right");
    let thrice = [invoice(1, 1), invoice(2, -1), invoice(3, 1), invoice(4, -1), invoice(5, 1)];
    assert_eq!(doubt(&order, &thrice), None, "each storno takes back one");
    let short = [invoice(1, 1), invoice(2, 1), invoice(3, 1), invoice(4, -1)];
    assert_eq!(doubt(&order, &short), several("F2, F3"));
    assert_eq!(doubt(&order, &[invoice(1, 1), invoice(2, -1)]), None, "returned");

    // Taken back in two steps.
    let order = sold(&[("A", 2, 100)]);
    let steps = [invoice(1, 2), invoice(2, -1), invoice(3, -1), invoice(4, 2)];
    assert_eq!(doubt(&order, &steps), None);
    assert_eq!(doubt(&order, &[invoice(1, 1), invoice(2, 1)]), None, "two halves are one whole");
}

#[test]
fn another_partner_is_a_doubt_while_its_invoice_counts() {
    let order = sold(&[("A", 1, 100)]);
    let wrong = other_partner(invoice(1, 1));
    let partner = |name: &str| {
        Some(BillingDoubt::Partner(name.to_owned(), "Alt Client SRL".to_owned(), "CDON-SE".to_owned()))
    };
    assert_eq!(doubt(&order, std::slice::from_ref(&wrong)), partner("F1"));
    assert_eq!(doubt(&order, &[wrong.clone(), other_partner(invoice(2, -1)), invoice(3, 1)]), None);
    // The surplus one came later: the storno's partner tells which of two equal invoices it takes back.
    let later = [invoice(1, 1), other_partner(invoice(2, 1)), other_partner(invoice(3, -1))];
    assert_eq!(doubt(&order, &later), None);
    assert_eq!(
        doubt(&order, &[SalesDocument { partner: String::new(), ..wrong }]),
        None,
        "an ERP that names none"
    );
}

#[test]
fn a_doubt_is_told_until_a_person_says_that_it_is_none_and_again_when_it_changes() {
    let order = sold(&[("A", 1, 100)]);
    let told = |order: &Order| order.attention().iter().any(|hold| hold.code == Code::InvoiceMismatch);
    let read = |order: &Order, net, at: i64| {
        order.on(&Event::DocumentsRead(vec![document_of(1, &[("A", 1, net)])], at), at, &VENDOR)
    };
    let wrong = read(&order, 12_000, 30);
    assert!(told(&wrong));
    let settled = wrong.on(&Event::Decided(Decision::BillingSettled), 40, &VENDOR);
    assert!(!told(&settled) && !told(&read(&settled, 12_000, 50)));
    assert!(told(&read(&settled, 13_000, 60)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Promise 6: a kept file is never replaced, and never forgotten.
    #[test]
    fn a_kept_file_stays(events in later_events()) {
        run_booked(&events, |before, event, after| {
            for file in &before.billing.files {
                let same = after.billing.files.iter().filter(|new| new.document == file.document);
                let same: Vec<_> = same.collect();
                assert!(same.len() == 1, "{event:?}");
                assert_eq!((&same[0].hash, same[0].size, same[0].at_ms), (&file.hash, file.size, file.at_ms));
                assert!(file.attached_ms.is_none() || same[0].attached_ms == file.attached_ms, "attached once");
            }
        });
    }

    /// F20: an older reading overtaken by a newer one changes nothing.
    #[test]
    fn an_older_reading_changes_nothing(events in later_events()) {
        run_booked(&events, |before, event, after| {
            if let Event::DocumentsRead(_, read_ms) = event
                && before.billing.read_ms.is_some_and(|newest| *read_ms < newest)
            {
                let seen = |order: &Order| {
                    (order.billing.documents.clone(), order.billing.read_ms, order.billing.found_ms, order.returned())
                };
                assert_eq!(seen(after), seen(before));
                assert_eq!(after.stage, before.stage);
            }
            assert!(after.billing.read_ms >= before.billing.read_ms);
        });
    }
}

/// The files of what was invoiced and withdrawn are kept as well, and then nothing is looked for any more.
#[test]
fn the_files_of_a_withdrawn_order_are_still_fetched() {
    let gone = Event::Delivered(Box::new(channel(ChannelState::NotFulfilled, 25, 1)), 25);
    let order = booked().on(&gone, 25, &VENDOR);
    let over = order.on(&Event::DocumentsRead(vec![invoice(1, 1), invoice(2, -1)], 30), 30, &VENDOR);
    assert!(over.stage.is_closed());
    assert_eq!(over.attention()[0].code, Code::InvoiceFileMissing);
    assert_eq!(over.errand(Errand::Invoice, &VENDOR), Some(Due::At(30 + VENDOR.invoices.look_every_ms)));
    let kept = |order: &Order, name| order.on(&Event::FileKept(kept(name, name)), 40, &VENDOR);
    let done = kept(&kept(&over, "F1"), "F2");
    assert_eq!((done.attention(), done.errand(Errand::Invoice, &VENDOR)), (vec![], None));
}

/// F56: bytes of another order's invoice under this one's name are told until the right file comes, and only for that one.
#[test]
fn a_foreign_file_is_told_until_its_own_file_is_kept() {
    let told = |order: &Order| order.attention().iter().any(|hold| hold.code == Code::InvoiceFileForeign);
    let read = booked().on(&Event::DocumentsRead(vec![invoice(1, 1), invoice(2, -1)], 30), 30, &VENDOR);
    let foreign = read.on(&Event::FileForeign("F1".to_owned()), 40, &VENDOR);
    assert!(told(&foreign));
    let other = foreign.on(&Event::FileKept(kept("F2", "b")), 50, &VENDOR);
    assert!(told(&other), "another document's file mends nothing");
    assert!(!told(&other.on(&Event::FileKept(kept("F1", "a")), 60, &VENDOR)));
}
