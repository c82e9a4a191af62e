//! Tracking and the lookup by reference (9, 12).

use serde_json::{Value, json};
use vortex_simulators::dhl::{AutoJourney, ReferenceLookup};

use super::support::{ACCOUNT, HOUR_MS, OTHER_ACCOUNT, Rig, to_norway, to_sweden};

fn codes(shipment: &Value) -> Vec<&str> {
    shipment["events"].as_array().unwrap().iter().map(|e| e["typeCode"].as_str().unwrap()).collect()
}

fn lookup(reference: &str) -> String {
    format!(
        "/tracking?shipmentReference={reference}&shipmentReferenceType=CU&shipperAccountNumber={ACCOUNT}\
         &dateRangeFrom=2031-02-03&dateRangeTo=2031-02-04&trackingView=shipment-details-only"
    )
}

#[tokio::test]
async fn events_are_told_in_local_time_and_without_names() {
    let rig = Rig::new().await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    rig.sim.clock().advance_ms(HOUR_MS);
    rig.sim.scan(&awb, "PU").unwrap();
    rig.sim.clock().advance_ms(HOUR_MS);
    rig.sim.scan(&awb, "OK").unwrap();
    let answer = rig.get(&format!("/shipments/{awb}/tracking?requestGMTOffsetPerEvent=true")).await;
    assert_eq!(answer.status, 200);
    let shipment = &answer.json()["shipments"][0];
    assert_eq!(shipment["shipmentTrackingNumber"], json!(awb));
    assert_eq!(shipment["status"], "Success");
    assert_eq!(codes(shipment), ["DUMMY_PU", "PU", "OK"]);
    // 11:00 UTC in Bucharest, 12:00 UTC in Stockholm.
    let (picked_up, delivered) = (&shipment["events"][1], &shipment["events"][2]);
    assert_eq!(picked_up["date"], "2031-02-03");
    assert!(picked_up["time"].as_str().unwrap().starts_with("13:00:"), "{picked_up}");
    assert_eq!(picked_up["GMTOffset"], "+02:00");
    assert_eq!(picked_up["serviceArea"][0]["code"], "BUH");
    assert!(delivered["time"].as_str().unwrap().starts_with("13:00:"), "{delivered}");
    assert_eq!(delivered["GMTOffset"], "+01:00");
    for party in ["shipperDetails", "receiverDetails"] {
        assert_eq!(shipment[party]["name"], "");
        assert_eq!(shipment[party]["postalAddress"]["cityName"], "");
    }
    assert!(!answer.text.contains("Öberg") && !answer.text.contains("Long Street"));
    assert_eq!(shipment["shipperReferences"], json!([{"value": "R-1", "typeCode": "CU"}]));

    let many =
        rig.get(&format!("/tracking?shipmentTrackingNumber={awb}&requestGMTOffsetPerEvent=true")).await;
    assert!(many.json()["shipments"][0]["events"][1].get("GMTOffset").is_none());
    rig.sim.update_options(|b| (b.newest_first, b.tracking_status) = (true, "delivered".to_owned()));
    let turned = rig.get(&format!("/shipments/{awb}/tracking")).await.json();
    assert_eq!(codes(&turned["shipments"][0]), ["OK", "PU", "DUMMY_PU"]);
    assert_eq!(turned["shipments"][0]["status"], "delivered");
}

#[tokio::test]
async fn many_numbers_are_asked_at_once() {
    let rig = Rig::new().await;
    let (first, second) = (rig.mint(&to_sweden("R-1")).await, rig.mint(&to_sweden("R-2")).await);
    let unknown = "1111111111";
    for path in [
        format!("/tracking?shipmentTrackingNumber={second},{unknown},{first}"),
        format!(
            "/tracking?shipmentTrackingNumber={second}&shipmentTrackingNumber={unknown}\
             &shipmentTrackingNumber={first}"
        ),
    ] {
        let answer = rig.get(&path).await.json();
        let numbers: Vec<&Value> =
            answer["shipments"].as_array().unwrap().iter().map(|s| &s["shipmentTrackingNumber"]).collect();
        assert_eq!(numbers, [&json!(second), &json!(first)]);
    }
    let too_many = vec![first.as_str(); 201].join(",");
    let answer = rig.get(&format!("/tracking?shipmentTrackingNumber={too_many}")).await;
    assert_eq!((answer.status, answer.json()["title"].clone()), (400, json!("Wrong format")));
    let allowed = vec![first.as_str(); 200].join(",");
    assert_eq!(rig.get(&format!("/tracking?shipmentTrackingNumber={allowed}")).await.status, 200);
    let piece = rig.sim.shipment(&second).unwrap().pieces[0].clone();
    let answer = rig.get(&format!("/tracking?pieceTrackingNumber={piece}&levelOfDetail=all")).await.json();
    assert_eq!(answer["shipments"][0]["pieces"][0]["trackingNumber"], json!(piece));
}

#[tokio::test]
async fn unknown_numbers_have_no_data() {
    let rig = Rig::new().await;
    for path in ["/shipments/1234567891/tracking", "/tracking?shipmentTrackingNumber=1234567891"] {
        let answer = rig.get(path).await;
        assert_eq!(answer.status, 404);
        let problem = answer.json();
        assert_eq!(
            (&problem["title"], &problem["detail"]),
            (&json!("Not data found"), &json!("No data found"))
        );
        assert_eq!(problem["instance"], json!(format!("/expressapi{path}")));
    }
}

#[tokio::test]
async fn views_show_more_or_less() {
    let rig = Rig::new().await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    rig.sim.journey(&awb, &["PU", "DF"]).unwrap();
    let seen = async |view: &str| {
        rig.get(&format!("/shipments/{awb}/tracking?trackingView={view}")).await.json()["shipments"][0]
            .clone()
    };
    assert_eq!(codes(&seen("last-checkpoint").await), ["DF"]);
    assert!(codes(&seen("shipment-details-only").await).is_empty());
    let with_remarks = seen("all-checkpoints-with-remarks").await;
    assert_eq!(codes(&with_remarks), ["DUMMY_PU", "PU", "DF"]);
    assert!(with_remarks["events"][0]["remarks"].is_array());
    let answer = rig.get(&format!("/shipments/{awb}/tracking?trackingView=shipment-details")).await;
    assert_eq!(answer.status, 400);
    assert!(answer.problems()[0].starts_with("Parameters not having correct format: trackingView ("));
}

#[tokio::test]
async fn a_fresh_waybill_is_unknown_for_a_while() {
    let rig = Rig::with(|b| b.tracking_after_ms = 60_000).await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    let path = format!("/shipments/{awb}/tracking");
    assert_eq!(rig.get(&path).await.status, 404);
    rig.sim.clock().advance_ms(60_000);
    assert_eq!(codes(&rig.get(&path).await.json()["shipments"][0]), ["DUMMY_PU"]);
}

#[tokio::test]
async fn a_reference_is_found_after_its_delay() {
    let rig = Rig::new().await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    let answer = rig.get(&lookup("R-1")).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["title"], "Not data found");
    assert_eq!(answer.problems(), ["No Shipments Found for ReferenceID | R-1"]);
    rig.sim.clock().advance_ms(30_000);
    let answer = rig.get(&lookup("R-1")).await.json();
    assert_eq!(answer["shipments"][0]["shipmentTrackingNumber"], json!(awb));
    assert_eq!(answer["shipments"].as_array().unwrap().len(), 1);
    let second = rig.mint(&to_sweden("R-1")).await;
    rig.sim.clock().advance_ms(30_000);
    let both = rig.get(&lookup("R-1")).await.json();
    assert_eq!(both["shipments"][1]["shipmentTrackingNumber"], json!(second));

    for other in [
        lookup("R-2"),
        lookup("R-1").replace(ACCOUNT, OTHER_ACCOUNT),
        lookup("R-1").replace("=CU", "=CO"),
        lookup("R-1").replace("dateRangeFrom=2031-02-03", "dateRangeFrom=2031-02-04"),
        lookup("R-1").replace("dateRangeTo=2031-02-04", "dateRangeTo=2031-02-02"),
    ] {
        assert_eq!(rig.get(&other).await.status, 404, "{other}");
    }
    rig.sim.update_options(|b| b.reference_lookup = ReferenceLookup::Never);
    assert_eq!(rig.get(&lookup("R-1")).await.status, 404);
}

#[tokio::test]
async fn a_lookup_names_its_account() {
    let rig = Rig::new().await;
    let answer = rig.get("/tracking?shipmentReference=R-1").await;
    assert_eq!((answer.status, answer.json()["title"].clone()), (400, json!("Missing parameters")));
    assert_eq!(answer.problems(), ["Missing mandatory parameters: shipperAccountNumber"]);
    let answer = rig.get(&lookup("R-1").replace("2031-02-03", "03.02.2031")).await;
    assert_eq!((answer.status, answer.json()["title"].clone()), (400, json!("Wrong format")));
    assert_eq!(rig.get("/tracking").await.status, 400);
}

#[tokio::test]
async fn the_test_system_tracks_only_its_own_numbers() {
    let rig = Rig::with(|b| b.test_mode = true).await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    rig.sim.clock().advance_ms(HOUR_MS);
    assert_eq!(rig.get(&format!("/shipments/{awb}/tracking")).await.status, 404);
    assert_eq!(rig.get(&lookup("R-1")).await.status, 404);
    let fixed = rig.get("/shipments/9356579890/tracking").await.json();
    assert_eq!(codes(&fixed["shipments"][0]).last(), Some(&"OK"));
    rig.sim.update_options(|b| b.test_mode = false);
    assert_eq!(rig.get("/shipments/9356579890/tracking").await.status, 404);
    assert_eq!(rig.get(&format!("/shipments/{awb}/tracking")).await.status, 404);
    assert_eq!(rig.get("/test/shipments/8066924740/tracking").await.status, 200);
    assert!(rig.sim.shipment(&awb).unwrap().test);
}

#[tokio::test]
async fn parcels_travel_by_themselves() {
    let journey = |body: Value| async move {
        let rig = Rig::with(|b| b.auto_journey = Some(AutoJourney { step_ms: HOUR_MS })).await;
        let awb = rig.mint(&body).await;
        let before = rig.sim.shipment(&awb).unwrap().events;
        rig.sim.clock().advance_ms(HOUR_MS + HOUR_MS / 4);
        let first = rig.sim.shipment(&awb).unwrap();
        rig.sim.clock().advance_ms(24 * HOUR_MS);
        let all = rig.sim.shipment(&awb).unwrap();
        assert_eq!(rig.sim.log().count("scan"), all.events.len() - 1);
        (before, first, all)
    };
    let (before, first, all) = journey(to_sweden("R-1")).await;
    assert_eq!(before.len(), 1);
    assert_eq!(first.last_code(), Some("PU"));
    let codes = |events: &[vortex_simulators::dhl::EventView]| -> Vec<String> {
        events.iter().map(|e| e.code.clone()).collect()
    };
    assert_eq!(codes(&all.events), ["DUMMY_PU", "PU", "PL", "DF", "AF", "AR", "WC", "OK"]);
    for pair in all.events[1..].windows(2) {
        let step = pair[1].at_ms - pair[0].at_ms;
        assert!((HOUR_MS * 3 / 4..=HOUR_MS * 5 / 4).contains(&step), "{step}");
    }
    let (_, _, again) = journey(to_sweden("R-1")).await;
    let steps = |events: &[vortex_simulators::dhl::EventView]| -> Vec<i64> {
        events.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).collect()
    };
    assert_eq!(steps(&all.events), steps(&again.events));
    let (_, _, norway) = journey(to_norway("R-1")).await;
    assert!(codes(&norway.events).contains(&"CR".to_owned()));
}

#[tokio::test]
async fn a_final_scan_ends_the_journey() {
    let rig = Rig::with(|b| b.auto_journey = Some(AutoJourney { step_ms: HOUR_MS })).await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    rig.sim.clock().advance_ms(2 * HOUR_MS);
    rig.sim.return_to_sender(&awb).unwrap();
    rig.sim.clock().advance_ms(48 * HOUR_MS);
    let view = rig.sim.shipment(&awb).unwrap();
    assert_eq!(view.last_code(), Some("RT"));
    assert!(view.events.iter().any(|e| e.code == "RD") && view.events.iter().all(|e| e.code != "OK"));
    assert!(view.events.is_sorted_by_key(|e| e.at_ms));
    let unknown = rig.sim.scan("0000000000", "PU").unwrap_err();
    assert_eq!(unknown.to_string(), "the simulator never minted the waybill 0000000000");
}

#[tokio::test]
async fn proof_and_images_come_when_there_are_any() {
    let rig = Rig::new().await;
    let mut body = to_norway("R-1");
    body["valueAddedServices"] = json!([{"serviceCode": "WY"}]);
    let awb = rig.mint(&body).await;
    let proof = format!("/shipments/{awb}/proof-of-delivery");
    let image = format!(
        "/shipments/{awb}/get-image?shipperAccountNumber={ACCOUNT}&typeCode=waybill\
         &typeCode=commercial-invoice&pickupYearAndMonth=2031-02"
    );
    let upload = json!({"originalPlannedShippingDate": "2031-02-03", "productCode": "P",
        "accounts": [{"typeCode": "shipper", "number": ACCOUNT}],
        "documentImages": [{"typeCode": "INV", "imageFormat": "PDF", "content": "JVBERi0="}]});
    let send = async || {
        let path = format!("/shipments/{awb}/upload-image");
        rig.call(reqwest::Method::PATCH, &path, Some(&upload)).await.status
    };
    assert_eq!(rig.get(&proof).await.status, 404);
    let answer = rig.get(&image).await;
    assert_eq!(answer.problems(), ["1504: No document images found for the provided search criteria."]);
    assert_eq!(rig.get(&image.replace("=waybill", "=label")).await.status, 400);
    assert_eq!(send().await, 400);
    rig.sim.clock().advance_ms(10 * 60_000);
    assert_eq!(send().await, 200);
    rig.sim.journey(&awb, &["PU", "OK"]).unwrap();
    assert_eq!(send().await, 400);
    assert_eq!(rig.get(&image).await.json()["documents"].as_array().unwrap().len(), 2);
    assert_eq!(rig.get(&proof).await.json()["documents"][0]["typeCode"], "POD");
}

#[tokio::test]
async fn a_shipment_may_be_known_without_any_event() {
    let rig = Rig::with(|b| (b.information_event, b.dialect.extra_fields) = (false, true)).await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    let answer = rig.get(&format!("/shipments/{awb}/tracking")).await.json();
    assert_eq!(answer["shipments"][0]["events"], json!([]));
    assert!(answer.get("possibleAdditionalShipmentsUrl").is_some());
}

#[tokio::test]
async fn an_unknown_code_is_scanned_as_it_is() {
    let rig = Rig::new().await;
    let awb = rig.mint(&to_sweden("R-1")).await;
    rig.sim.scan(&awb, "ZZ").unwrap();
    let answer = rig.get(&format!("/shipments/{awb}/tracking?trackingView=last-checkpoint")).await.json();
    assert_eq!(answer["shipments"][0]["events"][0]["typeCode"], "ZZ");
    assert_eq!(answer["shipments"][0]["events"][0]["description"], "Shipment event");
    let scans = rig.sim.log().of_kind("scan");
    assert_eq!((&scans[0]["awb"], &scans[0]["code"]), (&json!(awb), &json!("ZZ")));
}
