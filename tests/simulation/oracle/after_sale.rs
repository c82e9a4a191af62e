//! What must be true of waybills, tracking, invoices and returns once everything had its time.
//!
//! - **A1** courier and product agree on the one waybill of a parcel; every other one is abandoned by name.
//! - **A3** what the channel shows of a fulfilled order is our waybill, or an item says what else it shows.
//! - **A4** a person is told of every waybill of a cancelled order.
//! - **A6** what can leave has left, or an item says why not.
//! - **I1, I3** the kept files are the ERP's, byte for byte, of that order, all of them.
//! - **R1** returns are counted once, and those that are not credited stand in front of a person.

use std::collections::{BTreeMap, BTreeSet};

use vortex_domain::attention::Code;

/// What followed the sale of one order, at rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct AfterSale {
    /// The channel has cancelled it.
    pub(crate) cancelled: bool,
    /// The courier's waybills under its reference.
    pub(crate) waybills: Vec<String>,
    /// Our waybill.
    pub(crate) ours: Option<String>,
    /// Those that must not be used.
    pub(crate) abandoned: Vec<String>,
    /// A person has seen to its parcels.
    pub(crate) settled: bool,
    /// What the channel shows of it, once fulfilled.
    pub(crate) shown: Option<Vec<String>>,
    /// Booked, invoiced where that matters, and so for long: it should have left.
    pub(crate) should_have_left: bool,
    /// What stands in front of a person about it.
    pub(crate) raised: BTreeSet<Code>,
    /// What the ERP prints for it.
    pub(crate) printed: BTreeMap<String, Vec<u8>>,
    /// What of it lies there for so long that it should be kept.
    pub(crate) should_be_kept: BTreeSet<String>,
    /// What is kept of it.
    pub(crate) kept: BTreeMap<String, Vec<u8>>,
    /// Units that came back and units credited, in truth; none when a buyer has changed it since it was booked.
    pub(crate) back: Option<(u32, u32)>,
    /// The same as the product counts.
    pub(crate) counted: (u32, u32),
}

/// What is wrong with it.
pub(crate) fn wrong(token: &str, order: &AfterSale) -> Vec<String> {
    let mut wrong = Vec::new();
    let live: Vec<&String> = order.waybills.iter().filter(|awb| !order.abandoned.contains(awb)).collect();
    let known = match (&order.ours, live.as_slice()) {
        (None, []) => true,
        (Some(ours), [one]) => ours == *one,
        (None, [_]) => order.raised.contains(&Code::AwbUnknown),
        _ => false,
    };
    if !known {
        wrong.push(format!("A1: the courier has {live:?} for {token}, we have {:?}", order.ours));
    }
    let ours: Vec<String> = order.ours.iter().cloned().collect();
    match &order.shown {
        Some(shown) if !ours.is_empty() && *shown != ours => {
            let told = order.raised.contains(&Code::FulfilledElsewhere);
            wrong.extend((!told).then(|| {
                format!("A3: the channel shows {shown:?} for {token}, ours is {ours:?}, and nobody is told")
            }));
        }
        None if order.cancelled && !ours.is_empty() && !order.settled => {
            let told = order.raised.contains(&Code::AwbAbandoned);
            wrong.extend(
                (!told).then(|| format!("A4: {token} is cancelled, nobody is told of its waybill {ours:?}")),
            );
        }
        None if order.should_have_left => {
            let explains = |code: &&Code| !matches!(code, Code::DeadlineNear | Code::InvoiceLate);
            if order.raised.iter().find(explains).is_none() {
                wrong.push(format!("A6: {token} should have left, and nobody is told why not"));
            }
        }
        _ => {}
    }
    for (name, bytes) in &order.kept {
        match order.printed.get(name) {
            Some(printed) if printed == bytes => {}
            Some(_) => wrong.push(format!("I1: {name} of {token} is kept with other bytes")),
            None => wrong.push(format!("I1: {name} is kept with {token}, and is none of its documents")),
        }
    }
    for name in order.should_be_kept.iter().filter(|name| !order.kept.contains_key(*name)) {
        wrong.push(format!("I3: {name} of {token} is not kept"));
    }
    if order.back.is_some_and(|back| back != order.counted) {
        let (back, counted) = (order.back, order.counted);
        wrong.push(format!("R1: back and credited of {token} are {back:?}, we count {counted:?}"));
    }
    let open = order.back.is_some_and(|(units, credited)| units > credited);
    if open != order.raised.contains(&Code::ReturnOpen) {
        wrong.push(format!(
            "R1: {token} came back, credited or not: {:?}; raised: {:?}",
            order.back, order.raised
        ));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> AfterSale {
        let files = BTreeMap::from([("FCT1.pdf".to_owned(), b"%PDF".to_vec())]);
        AfterSale {
            waybills: vec!["1".to_owned()],
            ours: Some("1".to_owned()),
            shown: Some(vec!["1".to_owned()]),
            printed: files.clone(),
            should_be_kept: files.keys().cloned().collect(),
            kept: files,
            back: Some((0, 0)),
            ..AfterSale::default()
        }
    }

    fn rules(order: &AfterSale) -> Vec<String> {
        let rule = |text: String| text.split(':').next().unwrap_or_default().to_owned();
        wrong("CDON:o-1", order).into_iter().map(rule).collect()
    }

    #[test]
    fn what_is_right_is_right() {
        assert_eq!(rules(&sent()), [""; 0]);
        assert_eq!(rules(&AfterSale::default()), [""; 0]);
    }

    #[test]
    fn a_second_or_unknown_waybill_is_seen() {
        let both = vec!["1".to_owned(), "2".to_owned()];
        assert_eq!(rules(&AfterSale { waybills: both.clone(), ..sent() }), ["A1"]);
        let listed = AfterSale { waybills: both, abandoned: vec!["2".to_owned()], ..sent() };
        assert_eq!(rules(&listed), [""; 0]);
        assert_eq!(rules(&AfterSale { waybills: Vec::new(), ..sent() }), ["A1"], "an invented one");
        let lost = AfterSale { ours: None, shown: None, ..sent() };
        assert_eq!(rules(&lost), ["A1"]);
        let told = AfterSale { raised: [Code::AwbUnknown].into(), ..lost };
        assert_eq!(rules(&told), [""; 0]);
    }

    #[test]
    fn tracking_that_is_wrong_missing_or_of_a_cancelled_order_is_seen() {
        let other = AfterSale { shown: Some(vec!["9".to_owned()]), ..sent() };
        assert_eq!(rules(&other), ["A3"]);
        assert_eq!(rules(&AfterSale { raised: [Code::FulfilledElsewhere].into(), ..other }), [""; 0]);
        let cancelled = AfterSale { shown: None, cancelled: true, ..sent() };
        assert_eq!(rules(&cancelled), ["A4"]);
        assert_eq!(rules(&AfterSale { raised: [Code::AwbAbandoned].into(), ..cancelled }), [""; 0]);
        let stays = AfterSale { shown: None, should_have_left: true, ..sent() };
        assert_eq!(rules(&stays), ["A6"]);
        assert_eq!(
            rules(&AfterSale { raised: [Code::DeadlineNear].into(), ..stays.clone() }),
            ["A6"],
            "no reason"
        );
        assert_eq!(rules(&AfterSale { raised: [Code::ParcelRefused].into(), ..stays }), [""; 0]);
    }

    #[test]
    fn files_that_are_missing_strange_or_altered_are_seen() {
        assert_eq!(rules(&AfterSale { kept: BTreeMap::new(), ..sent() }), ["I3"]);
        let altered = BTreeMap::from([("FCT1.pdf".to_owned(), b"%PDF!".to_vec())]);
        assert_eq!(rules(&AfterSale { kept: altered, ..sent() }), ["I1"]);
        assert_eq!(rules(&AfterSale { printed: BTreeMap::new(), ..sent() }), ["I1"]);
    }

    #[test]
    fn returns_counted_twice_or_unnoticed_are_seen() {
        let back = AfterSale { back: Some((2, 2)), counted: (2, 2), ..sent() };
        assert_eq!(rules(&back), [""; 0]);
        assert_eq!(rules(&AfterSale { counted: (4, 2), ..back.clone() }), ["R1"]);
        assert_eq!(rules(&AfterSale { counted: (2, 0), ..back.clone() }), ["R1"]);
        let open = AfterSale { back: Some((2, 0)), counted: (2, 0), ..sent() };
        assert_eq!(rules(&open), ["R1"], "nobody is told");
        assert_eq!(rules(&AfterSale { raised: [Code::ReturnOpen].into(), ..open }), [""; 0]);
    }
}
