//! One parcel, one waybill, whatever the courier answers.

use vortex_domain::{
    attention::Code,
    order::{Event, ParcelStage},
};
use vortex_entities::{Flow, engine::AttentionAction};
use vortex_simulators::{
    cdon::Market,
    dhl::ReferenceLookup,
    faults::{FaultMode, FaultRule},
};

use crate::{sent::SHIP, story::Story};

const MINT: &str = "POST */shipments";

fn down(code: u16) -> FaultMode {
    FaultMode::Status { code, retry_after_s: None, html: false }
}

/// F49, promises 5 and 8: DHL mints and the answer is lost on its way back. The waybill is found by our reference.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_to_a_minting_never_makes_a_second_waybill() {
    lost_answers(Story::begin().await).await;
}

pub(crate) async fn lost_answers(story: Story) {
    let ways = [
        FaultMode::CommitThenDrop,
        FaultMode::CommitThenStatus { code: 500 },
        FaultMode::Truncate,
        FaultMode::Half,
    ];
    for (nth, mode) in ways.into_iter().enumerate() {
        story.world.courier.faults().set(vec![FaultRule::next(1, MINT, mode)]);
        let order = story.invoiced(nth).await;
        story.leaves(&order).await;
        assert_eq!(story.world.courier.faults().injected(), nth as u64 + 1, "the fault did not strike");
        // A label that is lost is lost; whoever has printed it types its number in.
        assert_eq!(story.told_of(&order).await, [Code::LabelMissing]);
        assert!(story.type_in(&order, "DHL", &story.awb(&order)).await);
        assert_eq!(story.told_of(&order).await, []);
    }
    let audit = story.settled().await;
    assert_eq!((audit.awbs, audit.tracking_on_channel, audit.awb_duplicates), (4, 4, 0));
    story.end().await;
}

/// F53: DHL says 201 and names no number: the waybill exists, and is looked up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_a_number_is_looked_up() {
    let story = Story::begin().await;
    story.world.courier.update_options(|o| o.dialect.omit_awb = true);
    let order = story.invoiced(0).await;
    story.leaves(&order).await;
    story.settled().await;
    story.end().await;
}

/// Numbers as JSON numbers, warnings, unknown fields, no label: the waybill stands, and a person is told of what is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unusual_answers_are_understood() {
    let story = Story::begin().await;
    story.world.courier.update_options(|o| {
        o.dialect.numeric_awb = true;
        o.dialect.extra_fields = true;
        o.dialect.warnings = vec!["Remote area".to_owned()];
    });
    let numeric = story.invoiced(0).await;
    story.leaves(&numeric).await;
    assert_eq!(story.told_of(&numeric).await, []);
    story.world.courier.update_options(|o| o.dialect.omit_documents = true);
    let unlabelled = story.invoiced(1).await;
    story.leaves(&unlabelled).await;
    assert_eq!(story.told_of(&unlabelled).await, [Code::LabelMissing]);
    story.settled().await;
    story.end().await;
}

/// F49: the request is lost before DHL sees it. Nothing is found, a person looks too, and says: mint it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_never_minted_is_minted_once_a_person_has_looked() {
    let story = Story::begin().await;
    story.apply(|file, _| file.replace("lookup_wait_ms", "lookups = 2\nlookup_wait_ms")).await;
    for (nth, mode) in [FaultMode::Drop, down(500)].into_iter().enumerate() {
        story.world.courier.faults().set(vec![FaultRule::next(1, MINT, mode)]);
        let order = story.invoiced(nth).await;
        let undecided = |order: &vortex_domain::Order| {
            order.parcels.iter().any(|parcel| matches!(parcel.stage, ParcelStage::Undecided { .. }))
        };
        story.until_known(&order, &SHIP, undecided).await;
        assert_eq!(story.told_of(&order).await, [Code::AwbUnknown]);
        // As long as nobody has looked, nothing is minted, however often everything runs.
        story.run_all(&SHIP).await;
        assert_eq!(story.waybills(&order).len(), 0);
        story.act(Code::AwbUnknown, AttentionAction::MintAgain).await;
        story.leaves(&order).await;
        assert_eq!(story.told_of(&order).await, []);
    }
    story.settled().await;
    story.end().await;
}

/// F49: minted, the answer lost, and the search by reference never shows it (as in DHL's test system): a person finds it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waybill_that_no_search_shows_is_typed_in() {
    let story = Story::begin().await;
    story.apply(|file, _| file.replace("lookup_wait_ms", "lookups = 2\nlookup_wait_ms")).await;
    story.world.courier.update_options(|o| o.reference_lookup = ReferenceLookup::Never);
    story.world.courier.faults().set(vec![FaultRule::next(1, MINT, FaultMode::CommitThenDrop)]);
    let order = story.invoiced(0).await;
    story
        .until_known(&order, &SHIP, |order| {
            order.parcels.iter().any(|parcel| matches!(parcel.stage, ParcelStage::Undecided { .. }))
        })
        .await;
    assert_eq!(story.told_of(&order).await, [Code::AwbUnknown]);
    assert!(story.type_in(&order, "DHL", &story.awb(&order)).await);
    story.leaves(&order).await;
    assert_eq!(story.told_of(&order).await, []);
    story.settled().await;
    story.end().await;
}

/// dhl.md 9.5: with a number that is ours beforehand, a lost answer or a lost request needs nobody, and never makes a second one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reserved_number_is_used_once() {
    let story = Story::begin().await;
    story.world.courier.update_options(|o| o.own_numbers = true);
    story
        .apply(|file, _| {
            file.replace("voec =", "reserve_waybills = true\nvoec =")
                .replace("lookup_wait_ms", "lookups = 2\nlookup_wait_ms")
        })
        .await;
    // Never sent: the same number is sent again.
    story.world.courier.faults().set(vec![FaultRule::next(1, MINT, FaultMode::Drop)]);
    let lost = story.invoiced(0).await;
    story.leaves(&lost).await;
    // Minted and found.
    story.world.courier.faults().set(vec![FaultRule::next(1, MINT, FaultMode::CommitThenDrop)]);
    let found = story.invoiced(1).await;
    story.leaves(&found).await;
    // Minted and never shown: the second request is refused, because the number is used; then a person is asked.
    story.world.courier.update_options(|o| o.reference_lookup = ReferenceLookup::Never);
    story.world.courier.faults().set(vec![FaultRule::next(1, MINT, FaultMode::CommitThenDrop)]);
    let hidden = story.invoiced(2).await;
    story
        .until_known(&hidden, &SHIP, |order| {
            order.parcels.iter().any(|parcel| matches!(parcel.stage, ParcelStage::Undecided { .. }))
        })
        .await;
    assert_eq!(story.told_of(&hidden).await, [Code::AwbUnknown]);
    assert!(story.type_in(&hidden, "DHL", &story.awb(&hidden)).await);
    story.leaves(&hidden).await;
    let audit = story.settled().await;
    assert_eq!((audit.awbs, audit.awb_duplicates), (3, 0));
    let reserved = story.world.courier.log().of_kind("reserved");
    let ours = |awb: &str| reserved.iter().any(|entry| entry["awbs"].to_string().contains(awb));
    for order in [&lost, &found, &hidden] {
        assert!(ours(&story.awb(order)), "order {order} has a number that was not reserved");
    }
    story.end().await;
}

/// F55: an address that DHL does not serve is a person's; the orders beside it leave, and once mended it leaves too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_address_waits_for_a_person_and_holds_nobody_up() {
    let story = Story::begin().await;
    let refused = story.invoiced(0).await;
    let code = story.order(&refused).document["shipping_address"]["postal_code"].clone();
    let code = code.as_str().map(str::to_owned).or_else(|| {
        let document = story.order(&refused).document;
        document.to_string().split("postal_code\":\"").nth(1)?.split('"').next().map(str::to_owned)
    });
    let code = code.expect("a postal code");
    story.world.courier.update_options(|o| o.unserved_postal_codes = [code.clone()].into());
    story.until_known(&refused, &SHIP, |order| !order.parcels.is_empty()).await;
    assert_eq!(story.told_of(&refused).await, [Code::ParcelRefused]);
    assert!(story.item(Code::ParcelRefused).await.params[1].len() > 3, "DHL's reason is missing");
    assert_eq!(story.waybills(&refused).len(), 0);
    story.world.courier.update_options(|o| o.unserved_postal_codes.clear());
    let other = story.invoiced(1).await;
    story.leaves(&other).await;
    assert_eq!(story.waybills(&refused).len(), 0, "nobody has said that it is mended");
    story.act(Code::ParcelRefused, AttentionAction::Retry).await;
    story.leaves(&refused).await;
    assert_eq!(story.told_of(&refused).await, []);
    story.settled().await;
    story.end().await;
}

/// dhl.md section 1: Åland lies outside of the VAT territory: a person decides, and may ship by hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_special_territory_is_for_a_person() {
    let story = Story::begin().await;
    let order = story.buy_in(Market::Fi, &story.article(0).code, 1);
    let mut document = story.order(&order).document;
    let address = document["shipping_address"].take();
    let mut address = address;
    address["postal_code"] = "22100".into();
    story
        .world
        .channel
        .amend(&order, &serde_json::json!({"shipping_address": address}))
        .expect("it can be amended");
    story.book(&order).await;
    story.invoice(&order);
    story.until_known(&order, &SHIP, |order| !order.parcels.is_empty()).await;
    assert_eq!(story.told_of(&order).await, [Code::ParcelRefused]);
    assert!(story.item(Code::ParcelRefused).await.params[1].contains("Åland"));
    assert_eq!(story.world.courier.log().count("minted"), 0);
    assert!(story.type_in(&order, "Posti", "JJFI1").await);
    story.run(Flow::Commands).await;
    assert_eq!(story.numbers(&order), ["JJFI1"]);
    assert_eq!(story.told_of(&order).await, []);
    story.end().await;
}

/// dhl.md 4.3: to Norway a parcel goes with customs data, commodity code and VOEC number; DHL finds nothing doubtful.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parcel_to_norway_carries_its_customs_data() {
    let story = Story::begin().await;
    let order = story.booked_in(Market::No, 0, 3).await;
    story.invoice(&order);
    story.leaves(&order).await;
    let shipment = story.waybills(&order).remove(0);
    assert!(shipment.declarable);
    assert_eq!(shipment.flags, [""; 0]);
    let (value, currency) = shipment.declared.clone().expect("a declared value");
    let net = story.known(&order).await.channel.net;
    assert_eq!((value, currency.as_str()), (net.amount(), "NOK"));
    let request = shipment.request.to_string();
    assert!(request.contains("2024001"), "no VOEC number in {request}");
    assert!(request.contains("732392"), "no commodity code in {request}");
    let sweden = story.invoiced(1).await;
    story.leaves(&sweden).await;
    let shipment = story.waybills(&sweden).remove(0);
    assert!(!shipment.declarable && shipment.flags.is_empty(), "{shipment:?}");
    story.settled().await;
    story.end().await;
}

/// Promise 5: without a commodity code nothing leaves for Norway, and nothing is asked of DHL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_commodity_code_is_named() {
    let story = Story::begin().await;
    story.apply(|file, _| file.replace("commodity_code = \"732392\"\n", "")).await;
    let order = story.booked_in(Market::No, 0, 1).await;
    story.invoice(&order);
    story.until_known(&order, &SHIP, |order| !order.parcels.is_empty()).await;
    assert_eq!(story.told_of(&order).await, [Code::ParcelRefused]);
    assert!(story.item(Code::ParcelRefused).await.params[1].contains("commodity code"));
    assert_eq!(story.world.courier.log().count("minted"), 0);
    story.end().await;
}

/// F02, F49: the engine leaves before a minting, after one whose outcome nobody knows, and between label and fulfilment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_at_any_step_of_shipping_loses_and_doubles_nothing() {
    restart(Story::begin().await).await;
}

pub(crate) async fn restart(mut story: Story) {
    let mut orders = Vec::new();
    let find = || FaultRule::always("GET */tracking", down(503));
    for (nth, rules) in [
        vec![FaultRule::always(MINT, down(429))],
        vec![FaultRule::next(1, MINT, FaultMode::CommitThenDrop), find()],
        // It hangs when the engine leaves: only its row says that it may be on the wire.
        vec![FaultRule::next(1, MINT, FaultMode::CommitThenSlow { ms: 30_000 }), find()],
    ]
    .into_iter()
    .enumerate()
    {
        story.world.courier.faults().set(rules);
        let struck = story.world.courier.faults().injected();
        let order = story.invoiced(nth).await;
        story.run(Flow::Invoices).await;
        if nth == 0 {
            // DHL asks to wait: nothing is on the wire when the engine leaves.
            story.run(Flow::Shipping).await;
        } else {
            // It may hang, so nobody waits for its end.
            story.handle().hub.wake(Flow::Shipping);
        }
        crate::story::until("DHL is asked", || story.world.courier.faults().injected() > struck).await;
        orders.push(order);
        story = story.restart().await;
        story.world.courier.faults().clear();
    }
    // Between label and fulfilment.
    story.world.channel.faults().set(vec![FaultRule::always("/fulfill", down(503))]);
    let order = story.invoiced(3).await;
    story.until_known(&order, &SHIP, |order| order.parcels.iter().any(|p| p.tracking().is_some())).await;
    orders.push(order);
    story = story.restart().await;
    story.world.channel.faults().clear();
    for order in &orders {
        story.leaves(order).await;
    }
    let audit = story.settled().await;
    assert_eq!((audit.awbs, audit.tracking_on_channel), (4, 4));
    story.end().await;
}

/// F50: flow, second flow and a person at once: one waybill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_shippers_mint_once() {
    let story = Story::begin().await;
    let mut orders = Vec::new();
    for nth in 0..4 {
        orders.push(story.invoiced(nth).await);
    }
    // Invoices are read without waking anybody who ships: both shippers begin at the same moment.
    let slow = FaultMode::Slow { ms: 300 };
    story.world.courier.faults().set(vec![FaultRule::always(MINT, slow)]);
    let second = crate::orders::second_context(&story).await;
    let second = vortex::flows::Shipping(std::sync::Arc::new(second));
    story.run(Flow::Invoices).await;
    let scope = vortex::flow::Scope::default();
    for _ in 0..3 {
        let _both = tokio::join!(
            vortex::flow::Work::run(&second, &scope),
            story.run(Flow::Shipping),
            story.asked(&orders[0], Event::ShippingAsked),
        );
    }
    story.world.courier.faults().clear();
    for order in &orders {
        story.leaves(order).await;
    }
    assert_eq!(story.world.courier.log().count("minted"), 4);
    story.settled().await;
    story.end().await;
}
