//! Spellings that sources disagree about: whatever comes, the meaning is the same (dhl.md sections 7, 8 and 12).

use serde_json::json;
use vortex_domain::{
    OrderId,
    pickup::Cargo,
    shipping::{Measures, Milestone},
};
use vortex_port::{
    Courier,
    conformance::courier::CourierWorld,
    courier::{Format, MintAnswer, PaperKind},
};
use vortex_simulators::dhl::{Dialect, StatusStyle};

use crate::world::World;

#[tokio::test]
async fn a_waybill_number_keeps_its_zeros_as_text_and_as_number() {
    let world = World::start().await;
    world.sim.update_options(|o| o.leading_zero_numbers = true);
    for (reference, numeric_awb) in [("Z-1", false), ("Z-2", true)] {
        world.sim.update_options(|o| o.dialect = Dialect { numeric_awb, ..Dialect::default() });
        let waybill = world.mint(&world.parcel(reference)).await;
        assert!(waybill.awb.starts_with('0') && waybill.awb.len() == 10, "{}", waybill.awb);
        assert_eq!(world.minted(reference).await, std::slice::from_ref(&waybill.awb));
        world.scan(&waybill.awb, Milestone::Collected).await;
        let scans = world.courier().scans(&[waybill.awb]).await.unwrap();
        assert!(scans[0].iter().any(|scan| scan.milestone == Some(Milestone::Collected)));
    }
}

#[tokio::test]
async fn a_201_without_a_number_is_unknown() {
    // F53
    let world = World::start().await;
    world.sim.update_options(|o| o.dialect = Dialect { omit_awb: true, ..Dialect::default() });
    let answer = world.courier().mint(&world.parcel("N-1")).await;
    assert!(matches!(answer, MintAnswer::Unknown(_)), "{answer:?}");
    assert_eq!(world.minted("N-1").await.len(), 1);
}

#[tokio::test]
async fn a_waybill_without_a_readable_label_stands() {
    let world = World::start().await;
    let garbled = Dialect { garbled_documents: true, ..Dialect::default() };
    let without = Dialect { omit_documents: true, extra_fields: true, ..Dialect::default() };
    for (reference, dialect, warned) in [("L-1", without, false), ("L-2", garbled, true)] {
        world.sim.update_options(|o| o.dialect = dialect.clone());
        let waybill = world.mint(&world.parcel(reference)).await;
        assert_eq!(world.minted(reference).await, [waybill.awb]);
        assert!(waybill.papers.is_empty(), "{:?}", waybill.papers);
        assert_eq!(!waybill.warnings.is_empty(), warned, "{:?}", waybill.warnings);
    }
}

#[tokio::test]
async fn warnings_are_no_failure() {
    let world = World::start().await;
    let warnings = vec!["Prices could not be returned".to_owned()];
    world.sim.update_options(|o| o.dialect = Dialect { warnings: warnings.clone(), ..Dialect::default() });
    assert_eq!(world.mint(&world.parcel("W-1")).await.warnings, warnings);
}

#[tokio::test]
async fn a_problem_is_read_however_it_names_its_status() {
    let world = World::start().await;
    for status in [StatusStyle::Text, StatusStyle::Number, StatusStyle::Code] {
        world.sim.update_options(|o| o.dialect = Dialect { status, ..Dialect::default() });
        let answer = world.courier().mint(&world.refused("S-1").await).await;
        let MintAnswer::Refused(objections) = answer else { panic!("{status:?}: {answer:?}") };
        assert_eq!(objections[0].field, "contents", "{status:?}");
        let nothing = world.courier().find("nobody-1", jiff::civil::date(2030, 1, 1)).await.unwrap();
        assert!(nothing.is_empty());
    }
}

#[tokio::test]
async fn labels_come_in_the_wanted_format() {
    for (setting, format) in [("pdf", Format::Pdf), ("zpl", Format::Zpl)] {
        let world = World::with(&json!({ "label_format": setting })).await;
        let waybill = world.mint(&world.declarable("F-1")).await;
        let of = |kind: PaperKind| waybill.papers.iter().find(|p| p.kind == kind).map(|p| p.format);
        // Invoices are always PDF.
        assert_eq!((of(PaperKind::Label), of(PaperKind::Papers)), (Some(format), Some(Format::Pdf)));
    }
}

#[tokio::test]
async fn scans_are_oldest_first_in_either_order() {
    let world = World::start().await;
    let awb = world.mint(&world.parcel("O-1")).await.awb;
    world.scan(&awb, Milestone::Collected).await;
    // A code that nobody knows changes nothing, and is kept.
    world.sim.scan(&awb, "ZZ").unwrap();
    world.scan(&awb, Milestone::Delivered).await;
    let shown = async |newest_first: bool| {
        world.sim.update_options(|o| o.newest_first = newest_first);
        world.courier().scans(std::slice::from_ref(&awb)).await.unwrap().pop().unwrap()
    };
    let (forwards, backwards) = (shown(false).await, shown(true).await);
    assert_eq!(forwards, backwards);
    let codes: Vec<_> = forwards.iter().map(|scan| (scan.code.as_str(), scan.milestone)).collect();
    let expected = [
        ("DUMMY_PU", Some(Milestone::Announced)),
        ("PU", Some(Milestone::Collected)),
        ("ZZ", None),
        ("OK", Some(Milestone::Delivered)),
    ];
    assert_eq!(codes, expected);
}

#[tokio::test]
async fn more_waybills_than_one_question_holds_are_asked_in_several() {
    let world = World::start().await;
    let awb = world.mint(&world.parcel("M-1")).await.awb;
    let mut asked: Vec<String> = (0..250).map(|n| format!("{n:010}")).collect();
    asked.push(awb);
    let scans = world.courier().scans(&asked).await.unwrap();
    assert_eq!(scans.len(), asked.len());
    assert!(scans[..250].iter().all(Vec::is_empty) && !scans[250].is_empty());
}

fn cargo(awb: String) -> Cargo {
    let measures = Measures { weight_g: 1200, length_cm: 30, width_cm: 20, height_cm: 10 };
    let order = OrderId::new("V-1").unwrap();
    Cargo { order, parcel: 1, awb, measures, declarable: false, product: None, value: None }
}

#[tokio::test]
async fn every_call_names_its_version() {
    let world = World::start().await;
    let awb = world.mint(&world.parcel("V-1")).await.awb;
    world.courier().rates(&world.parcel("V-1")).await.unwrap();
    world.courier().scans(std::slice::from_ref(&awb)).await.unwrap();
    world.courier().book_pickup(&world.pickup(vec![cargo(awb)])).await.unwrap();
    assert_eq!(world.sim.missing_versions(), 0);
}
