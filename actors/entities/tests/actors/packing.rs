//! What the courier is told of a parcel: how many, what is in it, customs, and what a person must look at first.

use rust_decimal::Decimal;
use vortex_domain::{
    ChannelOrder, Currency, Market, Money, Sku, Vendor,
    attention::Code,
    order::{Address, Decision, Errand, Event, Packing, ParcelEvent, ParcelStage},
    rates::RateTable,
    shipping::Measures,
    vendor::ShippingPolicy,
};
use vortex_port::courier::Customs;
use vortex_store::Store as _;

use crate::support::{SHIPPED, World, article, awb, invoice, minted, order, shipping_vendor, sku, vendor};

fn measures(weight_g: u32) -> Measures {
    Measures { weight_g, length_cm: 10, width_cm: 10, height_cm: 10 }
}

fn abroad(market: Market, currency: Currency, postal_code: &str) -> ChannelOrder {
    ChannelOrder {
        market,
        net: Money::minor(16_000, currency),
        vat: Money::minor(4_000, currency),
        ship_to: Address { postal_code: postal_code.to_owned(), ..Address::default() },
        ..order(SHIPPED, "A", 2)
    }
}

fn vendor_abroad(shipping: ShippingPolicy) -> Vendor {
    let rates = [(Currency::Nok, Decimal::new(43, 2)), (Currency::Eur, Decimal::new(5, 0))];
    Vendor {
        markets: vec![Market::No, Market::Fi],
        rates: std::sync::Arc::new(RateTable::fixed(rates).unwrap()),
        shipping,
        ..shipping_vendor()
    }
}

async fn booked_abroad(vendor: Vendor, customs_code: &str, order: ChannelOrder) -> World {
    let world = World::of(vendor).await;
    let weighed = vortex_domain::ErpArticle {
        customs_code: customs_code.to_owned(),
        weight_kg: Some(Decimal::new(25, 1)),
        ..article("A")
    };
    world.catalogued(weighed).await;
    assert!(world.stock("A", 5, world.now_ms()).await);
    assert!(world.delivered(order).await);
    world.book(SHIPPED, 7).await;
    world
}

async fn customs(world: &World) -> Customs {
    let task = world.claim_parcel(None).await.unwrap().expect("a task");
    task.parcel.customs.expect("customs data")
}

#[tokio::test(start_paused = true)]
async fn two_parcels_have_two_waybills_under_two_references() {
    let world = World::to_ship().await;
    let plan = Event::ParcelsPlanned(vec![measures(700).into(), measures(900).into()]);
    assert_eq!(world.person(plan.clone()).await, Ok(true));
    let mut told = Vec::new();
    while let Some(task) = world.claim_parcel(None).await.unwrap() {
        told.push((task.number, task.parcel.reference, task.parcel.measures.weight_g));
    }
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[0].0, told[0].2, told[1].0, told[1].2), (1, 700, 2, 900));
    assert_ne!(told[0].1, told[1].1, "each is found by its own reference");
    assert_eq!(world.person(plan).await, Ok(false), "what is on its way is not planned anew");

    assert!(world.hears(Event::Parcel(2, minted("222"))).await);
    assert_eq!(world.due(Errand::Fulfil).await, None, "the other one has no number yet");
    assert!(world.hears(Event::Parcel(1, minted("111"))).await);
    assert!(world.due(Errand::Fulfil).await.is_some());
    let row = world.order_row(SHIPPED).await.unwrap().1;
    assert_eq!(row.tracking(&shipping_vendor()), [awb("111"), awb("222")]);
}

#[tokio::test(start_paused = true)]
async fn a_parcel_weighs_its_goods_and_packaging() {
    let world = booked_abroad(shipping_vendor(), "", order(SHIPPED, "A", 2)).await;
    let task = world.claim_parcel(None).await.unwrap().expect("a task");
    assert_eq!(task.parcel.measures.weight_g, 5_200);
    assert_eq!((task.parcel.country.as_str(), task.parcel.customs), ("SE", None));
    assert!(task.parcel.ready_ms > world.now_ms(), "not in the past");

    let world = World::to_ship().await;
    let task = world.claim_parcel(None).await.unwrap().expect("a task");
    assert_eq!(task.parcel.measures.weight_g, 1_000, "what nobody weighed");
}

/// Norway is outside of the customs union.
#[tokio::test(start_paused = true)]
async fn a_parcel_to_norway_declares_its_goods() {
    let norway = abroad(Market::No, Currency::Nok, "0150");
    let vendor = || vendor_abroad(shipping_vendor().shipping);
    let world = booked_abroad(vendor(), "7323.91.00", norway.clone()).await;
    let declared = customs(&world).await;
    assert_eq!(declared.value, Money::minor(16_000, Currency::Nok), "without VAT, in the buyer's money");
    let line = &declared.lines[0];
    assert_eq!((declared.lines.len(), line.quantity, line.unit_price), (1, 2, Decimal::new(80_000, 3)));
    assert_eq!((&*line.commodity_code, &*line.origin, line.net_weight_g), ("73239100", "RO", 5_000));
    assert_eq!(declared.invoice_number, "o-1-1", "there is no invoice yet");

    let world = booked_abroad(vendor(), "7323.91.00", norway).await;
    assert!(world.hears(Event::DocumentsRead(vec![invoice(44, 2)], world.now_ms())).await);
    let declared = customs(&world).await;
    assert_eq!((&*declared.invoice_number, declared.invoice_date), ("F44", jiff::civil::date(2026, 2, 26)));
}

#[tokio::test(start_paused = true)]
async fn goods_without_a_commodity_code_wait_for_a_person() {
    let norway = abroad(Market::No, Currency::Nok, "0150");
    let world = booked_abroad(vendor_abroad(shipping_vendor().shipping), "7323", norway.clone()).await;
    assert_eq!(world.claim_parcel(None).await, Ok(None));
    assert!(matches!(world.parcel().await.unwrap().stage, ParcelStage::Held { .. }));
    let item = world.attention().await.remove(0);
    assert_eq!(item.code, Code::ParcelRefused);
    assert!(item.params[1].starts_with("A: "), "{item:?}");
    assert_eq!(world.due(Errand::Ship).await, None);

    let usual = ShippingPolicy { commodity_code: Some("732391".to_owned()), ..shipping_vendor().shipping };
    let world = booked_abroad(vendor_abroad(usual), "7323", norway).await;
    assert_eq!(customs(&world).await.lines[0].commodity_code, "732391");
}

/// dhl.md 4.3: every parcel across the border declares its own goods, and together they declare the order.
#[tokio::test(start_paused = true)]
async fn several_parcels_to_norway_declare_what_lies_in_each() {
    let norway = ChannelOrder { quantity: 3, ..abroad(Market::No, Currency::Nok, "0150") };
    let of_vendor = || vendor_abroad(shipping_vendor().shipping);
    let plan = |goods: [Vec<(Sku, i64)>; 2]| {
        let parcel = |goods| Packing { measures: measures(9_000), goods };
        Event::ParcelsPlanned(goods.map(parcel).into())
    };
    let of_a = |units| vec![(sku("A"), units)];
    let world = booked_abroad(of_vendor(), "7323.91.00", norway).await;
    // Nobody has said what lies where: a person must, and may say it then.
    assert_eq!(world.person(plan([vec![], vec![]])).await, Ok(true));
    assert_eq!(world.claim_parcel(None).await, Ok(None));
    let item = world.attention().await.remove(0);
    assert!(
        item.code == Code::ParcelRefused && item.params[1].contains("which goods lie in which"),
        "{item:?}"
    );
    // Not more than was ordered, not less, and no parcel without anything.
    for wrong in [[of_a(2), of_a(2)], [of_a(2), vec![]], [of_a(2), vec![(sku("B"), 1)]], [of_a(4), of_a(-1)]]
    {
        assert_eq!(world.person(plan(wrong.clone())).await, Ok(false), "{wrong:?}");
    }
    assert_eq!(world.person(plan([of_a(2), of_a(1)])).await, Ok(true));
    let mut declared = Vec::new();
    while let Some(task) = world.claim_parcel(None).await.unwrap() {
        declared.push(task.parcel.customs.expect("customs data"));
    }
    let lines: Vec<_> =
        declared.iter().map(|of| (of.value, of.lines[0].quantity, of.lines[0].net_weight_g)).collect();
    let nok = |minor| Money::minor(minor, Currency::Nok);
    assert_eq!(lines, [(nok(10_667), 2, 5_000), (nok(5_333), 1, 2_500)]);
    assert_eq!(declared[0].invoice_number, "o-1-1");
    assert_eq!(declared[1].invoice_number, "o-1-2", "two papers under one number would be one too many");
}

/// What was missing at the booking and is completed later counts when the waybill is asked for.
#[tokio::test(start_paused = true)]
async fn goods_are_described_as_they_are_called_now() {
    let norway = abroad(Market::No, Currency::Nok, "0150");
    let world = booked_abroad(vendor_abroad(shipping_vendor().shipping), "", norway).await;
    assert_eq!(world.claim_parcel(None).await, Ok(None), "no commodity code");
    let row = world.order_row(SHIPPED).await.unwrap().1;
    assert_eq!(row.untranslated(&row.parcels[0]), [sku("A")]);
    let mended = vortex_domain::ErpArticle {
        customs_code: "7323.91.00".to_owned(),
        weight_kg: Some(Decimal::new(2, 0)),
        ..article("A")
    };
    world.catalogued(mended).await;
    let content = vortex_domain::ContentRow {
        sku: sku("A"),
        language: Some(vortex_domain::Language::En),
        title: Some(" Cast iron pot, 4 l ".to_owned()),
        description: None,
        category: None,
        images: Vec::new(),
        gtin: None,
        brand: None,
    };
    let write = vortex_store::rows::Write::Content(vendor().id, Box::new(content));
    world.store.rows.commit(&[vec![write]]).await.unwrap();
    world.directory.dismiss(vec![sku("A")]);
    assert_eq!(world.person(Event::Decided(Decision::Retry)).await, Ok(true));
    let task = world.claim_parcel(None).await.unwrap().expect("a task");
    assert_eq!(task.parcel.contents, "Cast iron pot, 4 l");
    let line = task.parcel.customs.expect("customs data").lines.remove(0);
    assert_eq!((&*line.description, &*line.commodity_code), ("Cast iron pot, 4 l", "73239100"));
    assert_eq!(line.net_weight_g, 4_000);
    let row = world.order_row(SHIPPED).await.unwrap().1;
    assert_eq!(row.untranslated(&row.parcels[0]), []);
}

/// Åland, Svalbard: outside of the usual VAT or customs territory.
#[tokio::test(start_paused = true)]
async fn a_special_territory_waits_for_a_person_who_ships_by_hand() {
    for (market, currency, code, name) in
        [(Market::Fi, Currency::Eur, "22100", "Åland"), (Market::No, Currency::Nok, "9170", "Svalbard")]
    {
        let vendor = vendor_abroad(shipping_vendor().shipping);
        let world = booked_abroad(vendor, "73239100", abroad(market, currency, code)).await;
        assert_eq!(world.claim_parcel(None).await, Ok(None));
        assert_eq!(world.asked_about(SHIPPED).await, [Code::ParcelRefused]);
        assert!(world.attention().await[0].params[1].contains(name));
        assert_eq!(world.claim_parcel(None).await, Ok(None), "held is held");
        assert_eq!(world.person(Event::Parcel(1, ParcelEvent::Adopted(awb("9")))).await, Ok(true));
        assert_eq!(world.asked_about(SHIPPED).await, []);
        assert!(world.due(Errand::Fulfil).await.is_some());
    }
}
