//! Minting: numbers, labels, papers, headers (4, 5, 7, 9).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use vortex_simulators::dhl::StatusStyle;

use super::support::{ACCOUNT, KEY, NOW_MS, Rig, SECRET, read, to_norway, to_sweden};

fn bytes(document: &Value) -> Vec<u8> {
    STANDARD.decode(document["content"].as_str().unwrap()).unwrap()
}

/// Follows a PDF as a viewer does: from the trailer to the table, and from the table to every object.
fn assert_opens(pdf: &[u8], pages: usize) {
    let text = std::str::from_utf8(pdf).unwrap();
    assert!(text.starts_with("%PDF-1.4\n"));
    assert!(text.ends_with("%%EOF\n"));
    let start = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap();
    let table = &text[start.parse::<usize>().unwrap()..];
    assert!(table.starts_with("xref\n"), "{table}");
    let count: usize = table.lines().nth(1).unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    for number in 1..count {
        let entry = table.lines().nth(2 + number).unwrap();
        let at: usize = entry[..10].parse().unwrap();
        assert!(text[at..].starts_with(&format!("{number} 0 obj\n")), "object {number} is not at {at}");
    }
    assert_eq!(text.matches("/Type /Page ").count(), pages);
    for stream in text.split("/Length ").skip(1) {
        let length: usize = stream.split(' ').next().unwrap().parse().unwrap();
        let content = stream.split_once("stream\n").unwrap().1;
        assert!(content[length..].starts_with("\nendstream"));
    }
}

#[tokio::test]
async fn a_waybill_is_minted() {
    let rig = Rig::new().await;
    let url = format!("{}/shipments", rig.sim.base_url());
    let request = rig.http.post(url).basic_auth(KEY, Some(SECRET)).header("x-version", "3.1.0");
    let trace = "4a2d3c6e-52b7-4d3a-9a69-1d2b3c4d5e6f";
    let answer = read(request.header("Message-Reference", trace).json(&to_sweden("CDON-7"))).await.unwrap();
    assert_eq!(answer.status, 201);
    let body = answer.json();
    let awb = body["shipmentTrackingNumber"].as_str().unwrap();
    assert_eq!(awb.len(), 10);
    assert_eq!(awb[..9].parse::<u64>().unwrap() % 7, awb[9..].parse::<u64>().unwrap());
    assert_eq!(answer.header("location"), format!("/shipments/{awb}"));
    assert_eq!(answer.header("message-reference"), trace);
    assert!(!answer.header("invocation-id").is_empty());
    let piece = body["packages"][0]["trackingNumber"].as_str().unwrap();
    assert!(piece.starts_with("JD0146") && piece.len() == 20, "{piece}");
    assert_eq!(body["packages"][0]["volumetricWeight"], json!(1.2));
    assert!(body.get("warnings").is_none() && body.get("dispatchConfirmationNumber").is_none());

    let view = rig.sim.shipment(awb).unwrap();
    assert_eq!(view.references, [("CU".to_owned(), "CDON-7".to_owned())]);
    assert_eq!((view.account.as_str(), view.country.as_str(), view.product.as_str()), (ACCOUNT, "SE", "U"));
    assert_eq!(view.pieces, [piece]);
    assert!((NOW_MS..NOW_MS + 60_000).contains(&view.minted_ms));
    assert!(!view.declarable && view.pickup.is_none());
    assert_eq!(view.label().unwrap().bytes, bytes(&body["documents"][0]));

    let minted = rig.sim.log().of_kind("minted");
    assert_eq!(minted.len(), 1);
    assert_eq!(minted[0]["awb"], awb);
    assert_eq!(minted[0]["references"], json!([{"type": "CU", "value": "CDON-7"}]));
    assert_eq!(minted[0]["papers"][0]["sha256"], json!(view.label().unwrap().sha256));
    let log = format!("{:?}", rig.sim.log().entries());
    for personal in ["Åsa", "Long Street", "+4070", "Stockholm"] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}

#[tokio::test]
async fn the_same_body_twice_mints_two_numbers() {
    let rig = Rig::new().await;
    let body = to_sweden("CDON-7");
    let (first, second) = (rig.mint(&body).await, rig.mint(&body).await);
    assert_ne!(first, second);
    assert_eq!(rig.sim.minted_under("CDON-7").len(), 2);
    assert_eq!(rig.sim.log().count("minted"), 2);
}

#[tokio::test]
async fn nothing_voids_a_waybill() {
    let rig = Rig::new().await;
    let awb = rig.mint(&to_sweden("CDON-7")).await;
    let answer = rig.call(reqwest::Method::DELETE, &format!("/shipments/{awb}"), None).await;
    assert_eq!(answer.status, 404);
    assert_eq!(rig.sim.shipments().len(), 1);
}

#[tokio::test]
async fn checking_only_mints_nothing() {
    let rig = Rig::new().await;
    let path = "/shipments?validateDataOnly=true";
    let answer = rig.post(path, &to_sweden("R-1")).await;
    assert_eq!(answer.status, 201);
    assert!(answer.json().get("shipmentTrackingNumber").is_none());
    let mut wrong = to_sweden("R-1");
    wrong["productCode"] = json!("P");
    let answer = rig.post(path, &wrong).await;
    assert_eq!((answer.status, answer.json()["status"].clone()), (400, json!("400")));
    rig.sim.update_options(|b| b.validate_only_as_created = true);
    let answer = rig.post(path, &wrong).await;
    assert_eq!((answer.status, answer.json()["status"].clone()), (201, json!("400")));
    assert_eq!(answer.json()["instance"], "/expressapi/shipments?validateDataOnly=true");
    assert_eq!(rig.post("/shipments?validateDataOnly=yes", &wrong).await.status, 400);
    assert!(rig.sim.shipments().is_empty());
    assert_eq!(rig.sim.log().count("minted"), 0);
}

#[tokio::test]
async fn labels_can_be_opened_and_printed() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["content"]["packages"] = json!([{"weight": 1}, {"weight": 2.5}]);
    let answer = rig.post("/shipments", &body).await.json();
    let documents = answer["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 1);
    assert_eq!((&documents[0]["imageFormat"], &documents[0]["typeCode"]), (&json!("PDF"), &json!("label")));
    let pdf = bytes(&documents[0]);
    assert_opens(&pdf, 2);
    let text = String::from_utf8(pdf).unwrap();
    assert!(text.contains(answer["shipmentTrackingNumber"].as_str().unwrap()));
    assert!(text.contains(answer["packages"][1]["trackingNumber"].as_str().unwrap()));

    body["outputImageProperties"] = json!({"encodingFormat": "zpl", "printerDPI": 300});
    let answer = rig.post("/shipments", &body).await.json();
    assert_eq!(answer["documents"][0]["imageFormat"], "ZPL");
    let zpl = String::from_utf8(bytes(&answer["documents"][0])).unwrap();
    assert!(zpl.starts_with("^XA") && zpl.ends_with("^XZ\n") && zpl.matches("^XA").count() == 2, "{zpl}");
    assert!(zpl.contains(answer["shipmentTrackingNumber"].as_str().unwrap()));
}

#[tokio::test]
async fn invoices_are_pdf_even_beside_other_labels() {
    let rig = Rig::new().await;
    let mut body = to_norway("R-1");
    body["outputImageProperties"]["encodingFormat"] = json!("zpl");
    let answer = rig.post("/shipments", &body).await.json();
    let kinds: Vec<(&str, &str)> = answer["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["typeCode"].as_str().unwrap(), d["imageFormat"].as_str().unwrap()))
        .collect();
    assert_eq!(kinds, [("label", "ZPL"), ("invoice", "PDF")]);
    let invoice = bytes(&answer["documents"][1]);
    assert_opens(&invoice, 1);
    let text = String::from_utf8(invoice).unwrap();
    assert!(text.contains("INVOICE MGZ-1001 2031-02-03") && text.contains("TOTAL 599 NOK"), "{text}");
}

#[tokio::test]
async fn switches_bundle_and_split_documents() {
    let rig = Rig::new().await;
    let options = json!([{"typeCode": "waybillDoc", "isRequested": true},
        {"typeCode": "invoice", "isRequested": true}, {"typeCode": "shipmentReceipt", "isRequested": true}]);
    for (switches, expected) in [
        (json!({}), vec![("label", 2), ("invoice", 2)]),
        (
            json!({"splitTransportAndWaybillDocLabels": true, "splitInvoiceAndReceipt": true}),
            vec![("label", 1), ("invoice", 1), ("waybillDoc", 1), ("shipmentReceipt", 1)],
        ),
        (json!({"receiptAndLabelsInOneImage": true}), vec![("label", 3), ("invoice", 1)]),
        (json!({"allDocumentsInOneImage": true}), vec![("label", 4)]),
    ] {
        let mut body = to_norway("R-1");
        body["outputImageProperties"] = switches;
        body["outputImageProperties"]["imageOptions"] = options.clone();
        let answer = rig.post("/shipments", &body).await.json();
        let documents = answer["documents"].as_array().unwrap();
        let kinds: Vec<&str> = documents.iter().map(|d| d["typeCode"].as_str().unwrap()).collect();
        assert_eq!(kinds, expected.iter().map(|(kind, _)| *kind).collect::<Vec<_>>());
        for (document, (_, pages)) in documents.iter().zip(expected) {
            assert_opens(&bytes(document), pages);
        }
    }
}

#[tokio::test]
async fn label_free_shipments_have_no_documents() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["valueAddedServices"] = json!([{"serviceCode": "PZ"}]);
    let answer = rig.post("/shipments", &body).await.json();
    assert!(answer["shipmentTrackingNumber"].is_string() && answer.get("documents").is_none());
    body = to_sweden("R-1");
    body["outputImageProperties"] = json!({"imageOptions": [{"typeCode": "qr-code", "isRequested": true}]});
    let answer = rig.post("/shipments", &body).await.json();
    assert!(bytes(&answer["documents"][1]).starts_with(b"\x89PNG\r\n\x1a\n"));
}

#[tokio::test]
async fn what_is_asked_for_beside_is_answered() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["getRateEstimates"] = json!(true);
    body["estimatedDeliveryDate"] = json!({"isRequested": true, "typeCode": "QDDC"});
    body["getAdditionalInformation"] = json!([{"typeCode": "pickupDetails", "isRequested": true}]);
    let answer = rig.post("/shipments", &body).await.json();
    assert_eq!(answer["shipmentCharges"][0]["currencyType"], "BILLC");
    assert_eq!(answer["shipmentCharges"][0]["price"], json!(159.5));
    assert_eq!(answer["estimatedDeliveryDate"]["estimatedDeliveryDate"], "2031-02-05");
    let pickup = &answer["shipmentDetails"][0]["pickupDetails"];
    assert_eq!(pickup["localCutoffDateAndTime"], "2031-02-03T16:00:00");
}

#[tokio::test]
async fn a_pickup_comes_with_the_shipment_or_is_warned_about() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["pickup"] = json!({"isRequested": true, "closeTime": "18:00", "location": "ramp 2"});
    let answer = rig.post("/shipments", &body).await.json();
    let confirmation = answer["dispatchConfirmationNumber"].as_str().unwrap();
    assert_eq!(confirmation, "PRG310203000001");
    let pickups = rig.sim.pickups();
    assert_eq!(pickups[0].confirmation, confirmation);
    assert_eq!(pickups[0].awbs, [answer["shipmentTrackingNumber"].as_str().unwrap()]);

    rig.sim.update_options(|b| b.pickup_fails_with_shipment = true);
    let answer = rig.post("/shipments", &body).await.json();
    assert!(answer.get("dispatchConfirmationNumber").is_none());
    assert_eq!(answer["warnings"].as_array().unwrap().len(), 1);
    assert_eq!(rig.sim.pickups().len(), 1);
}

#[tokio::test]
async fn answers_can_lack_what_matters() {
    let rig = Rig::with(|b| b.leading_zero_numbers = true).await;
    let mint = async || rig.post("/shipments", &to_sweden("R-1")).await;

    rig.sim.update_options(|b| b.dialect.numeric_awb = true);
    let answer = mint().await.json();
    let minted = rig.sim.shipments().pop().unwrap().awb;
    assert!(minted.starts_with('0') && minted.len() == 10);
    assert_eq!(answer["shipmentTrackingNumber"].as_u64().unwrap(), minted.parse::<u64>().unwrap());

    rig.sim.update_options(|b| (b.dialect.numeric_awb, b.dialect.omit_awb) = (false, true));
    let answer = mint().await;
    let minted = rig.sim.shipments().pop().unwrap().awb;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), "");
    assert!(!answer.text.contains(&minted));

    rig.sim.update_options(|b| (b.dialect.omit_awb, b.dialect.omit_documents) = (false, true));
    let answer = mint().await.json();
    assert!(answer["shipmentTrackingNumber"].is_string() && answer.get("documents").is_none());
    assert!(rig.sim.shipments().pop().unwrap().label().is_some());

    rig.sim.update_options(|b| (b.dialect.omit_documents, b.dialect.garbled_documents) = (false, true));
    assert!(!bytes(&mint().await.json()["documents"][0]).starts_with(b"%PDF-"));

    rig.sim.update_options(|b| b.dialect.warnings = vec!["Prices could not be returned".to_owned()]);
    assert_eq!(mint().await.json()["warnings"], json!(["Prices could not be returned"]));
    assert_eq!(rig.sim.log().count("minted"), 5);
}

#[tokio::test]
async fn problems_name_their_status_in_three_ways() {
    let rig = Rig::new().await;
    let mut body = to_sweden("R-1");
    body["productCode"] = json!("P");
    for (style, key, value) in [
        (StatusStyle::Text, "status", json!("400")),
        (StatusStyle::Number, "status", json!(400)),
        (StatusStyle::Code, "code", json!("400")),
    ] {
        rig.sim.update_options(|b| b.dialect.status = style);
        let answer = rig.post("/shipments", &body).await;
        assert_eq!((answer.status, &answer.json()[key]), (400, &value));
    }
}

#[tokio::test]
async fn numbers_follow_the_seed() {
    let (one, same) = (Rig::new().await, Rig::new().await);
    let body = to_sweden("R-1");
    for _ in 0..3 {
        assert_eq!(one.mint(&body).await, same.mint(&body).await);
    }
}

#[tokio::test]
async fn credentials_and_headers_are_judged() {
    let rig = Rig::new().await;
    let url = format!("{}/shipments", rig.sim.base_url());
    let post = || rig.http.post(&url).json(&to_sweden("R-1"));
    assert_eq!(read(post()).await.unwrap().status, 401);
    assert_eq!(read(post().basic_auth(KEY, Some("wrong"))).await.unwrap().status, 401);
    assert_eq!(read(post().basic_auth("nobody", Some(SECRET))).await.unwrap().status, 401);
    let long = "x".repeat(37);
    let answer = read(post().basic_auth(KEY, Some(SECRET)).header("Message-Reference", long)).await.unwrap();
    assert_eq!(answer.status, 400);
    assert!(rig.sim.shipments().is_empty());
    assert_eq!(rig.sim.log().count("refused"), 4);

    assert_eq!(rig.sim.missing_versions(), 1);
    assert_eq!(read(post().basic_auth(KEY, Some(SECRET))).await.unwrap().status, 201);
    assert_eq!(rig.sim.missing_versions(), 2);
    assert_eq!(rig.sim.shipments()[0].flags, ["no x-version header"]);
}

#[tokio::test]
async fn the_quota_ends_with_the_day() {
    let rig = Rig::with(|b| (b.quota_per_day, b.quota_retry_after_s) = (Some(2), Some(3600))).await;
    rig.mint(&to_sweden("R-1")).await;
    rig.get("/tracking?shipmentTrackingNumber=1").await;
    let answer = rig.post("/shipments", &to_sweden("R-2")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "3600"));
    rig.sim.update_options(|b| b.quota_retry_after_s = None);
    let answer = rig.post("/shipments", &to_sweden("R-2")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, ""));
    assert_eq!(rig.sim.shipments().len(), 1);
    rig.sim.clock().advance_ms(super::support::DAY_MS);
    assert_eq!(rig.get("/tracking?shipmentTrackingNumber=1").await.status, 404);
}
