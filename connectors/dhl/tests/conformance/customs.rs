//! What DHL and customs hold against a parcel, and what goes along with it.

use serde_json::{Value, json};
use vortex_domain::Currency;
use vortex_port::{Courier, conformance::courier::CourierWorld, courier::MintAnswer};
use vortex_simulators::dhl::UndeclaredExport;

use crate::world::{ACCOUNT, World};

/// The body under which a reference was minted, and what the simulator doubts about it.
fn booked(world: &World, reference: &str) -> (Value, Vec<String>) {
    let shipment = world.sim.minted_under(reference).pop().unwrap();
    (shipment.request, shipment.flags)
}

#[tokio::test]
async fn nothing_is_doubtful_about_what_we_send() {
    let world = World::start().await;
    world.sim.update_options(|o| o.undeclared_export = UndeclaredExport::Refuse);
    for parcel in [world.parcel("D-1"), world.declarable("D-2")] {
        world.mint(&parcel).await;
        assert_eq!(booked(&world, &parcel.reference).1, [""; 0]);
    }
}

#[tokio::test]
async fn voec_of_the_connection_goes_along_where_it_may() {
    let world = World::with(&json!({"voec": "VOEC2000000"})).await;
    let with = async |reference: &str, currency: Currency, business: bool| {
        let mut parcel = world.declarable(reference);
        let customs = parcel.customs.as_mut().unwrap();
        customs.voec = None;
        customs.value.currency = currency;
        parcel.to.business = business;
        world.mint(&parcel).await;
        let (body, _) = booked(&world, reference);
        body["customerDetails"]["shipperDetails"]["registrationNumbers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|number| number["typeCode"] == "SDT" && number["issuerCountryCode"] == "NO")
    };
    assert!(with("N-1", Currency::Nok, false).await);
    assert!(!with("N-2", Currency::Eur, false).await);
    assert!(!with("N-3", Currency::Nok, true).await);
}

#[tokio::test]
async fn duties_paid_and_paperless_are_booked_across_the_border_only() {
    let settings = json!({"incoterm": "DDP", "duties_account": "987654321", "paperless": true});
    let world = World::with(&settings).await;
    world.mint(&world.parcel("P-1")).await;
    world.mint(&world.declarable("P-2")).await;
    let (union, across) = (booked(&world, "P-1").0, booked(&world, "P-2").0);
    assert_eq!((&union["content"]["incoterm"], &union["valueAddedServices"]), (&json!("DAP"), &Value::Null));
    assert_eq!(across["content"]["incoterm"], "DDP");
    assert_eq!(across["accounts"][1]["typeCode"], "duties-taxes");
    assert_eq!(across["valueAddedServices"], json!([{"serviceCode": "WY"}]));
}

#[tokio::test]
async fn the_cheapest_product_that_carries_goods_is_taken() {
    let world = World::with(&json!({"product_union": "auto", "product_declarable": "auto"})).await;
    for parcel in [world.parcel("A-1"), world.declarable("A-2")] {
        let rates = world.courier().rates(&parcel).await.unwrap();
        world.mint(&parcel).await;
        let product = world.sim.minted_under(&parcel.reference).pop().unwrap().product;
        let goods = |code: &str| ["U", "W", "P", "H"].contains(&code);
        assert_eq!(
            rates.iter().map(|rate| rate.product.as_str()).find(|code| goods(code)),
            Some(product.as_str())
        );
    }
    world.sim.update_options(|o| {
        o.account_products.insert(ACCOUNT.to_owned(), ["D".to_owned()].into());
    });
    let answer = world.courier().mint(&world.parcel("A-3")).await;
    let MintAnswer::Refused(objections) = answer else { panic!("{answer:?}") };
    assert_eq!(objections[0].field, "product");
    assert!(world.minted("A-3").await.is_empty());
}

#[tokio::test]
async fn a_product_that_the_account_lacks_is_a_refusal_of_the_product() {
    let world = World::with(&json!({"product_union": "N"})).await;
    let answer = world.courier().mint(&world.parcel("R-1")).await;
    let MintAnswer::Refused(objections) = answer else { panic!("{answer:?}") };
    assert_eq!(objections[0].field, "product");
    assert!(objections[0].rule.contains("1001"), "{objections:?}");
}
