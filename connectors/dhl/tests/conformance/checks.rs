//! `vortex check`: every step says what it found, and how to mend it.

use serde_json::json;
use vortex_port::{
    CheckItem, Courier as _, conformance::courier::CourierWorld, connection::Checkable, courier::MintAnswer,
};
use vortex_simulators::{FaultMode, FaultRule};

use crate::world::{ACCOUNT, World};

fn failing(items: &[CheckItem]) -> Vec<&str> {
    items.iter().filter(|item| !item.ok).map(|item| item.what.as_str()).collect()
}

#[tokio::test]
async fn a_good_connection_passes_every_step() {
    let world = World::start().await;
    let items = world.courier().check().await;
    assert_eq!(failing(&items), [""; 0], "{items:?}");
    for what in ["DHL answers", "credentials", "parcels to SE", "parcels to NO", "the shipper's address"] {
        assert!(items.iter().any(|item| item.what == what), "{what}: {items:?}");
    }
    let voec = items.iter().find(|item| item.what.starts_with("VOEC")).unwrap();
    assert!(voec.found.contains("set voec"), "{voec:?}");
}

#[tokio::test]
async fn each_trouble_is_named_with_its_remedy() {
    let world = World::start().await;
    world.sim.update_options(|o| {
        o.account_products.insert(ACCOUNT.to_owned(), ["U".to_owned()].into());
    });
    let items = world.courier().check().await;
    assert_eq!(failing(&items), ["parcels to NO"]);
    let norway = items.iter().find(|item| item.what == "parcels to NO").unwrap();
    assert!(norway.remedy.contains("product_declarable"), "{norway:?}");

    world.sim.update_options(|o| {
        o.account_products.clear();
        o.unserved_postal_codes.insert("400001".to_owned());
    });
    assert_eq!(failing(&world.courier().check().await), ["the shipper's address"]);

    world.revoke_credentials().await;
    assert_eq!(failing(&world.courier().check().await), ["credentials"]);
}

#[tokio::test]
async fn an_unknown_account_is_told_from_wrong_credentials() {
    let world = World::with(&json!({"account_number": "111111111"})).await;
    let items = world.courier().check().await;
    assert!(failing(&items).contains(&"parcels to SE"), "{items:?}");
    assert!(items.iter().any(|item| item.what == "credentials" && item.ok));
    let sweden = items.iter().find(|item| item.what == "parcels to SE").unwrap();
    assert!(sweden.remedy.contains("account_number"), "{sweden:?}");
}

#[tokio::test]
async fn a_web_page_in_between_ends_the_check() {
    let world = World::start().await;
    world.sim.faults().push(FaultRule::always("/mydhlapi", FaultMode::HtmlPage { status: 200 }));
    let items = world.courier().check().await;
    assert_eq!((items.len(), failing(&items)), (1, vec!["DHL answers"]));
}

#[tokio::test]
async fn a_place_that_dhl_does_not_serve_is_refused_before_anything_is_minted() {
    let world = World::with(&json!({"check_addresses": true})).await;
    let parcel = world.parcel("P-1");
    let postal_code: String = parcel.to.postal_code.chars().filter(char::is_ascii_digit).collect();
    world
        .sim
        .update_options(|o| o.unserved_postal_codes.extend([postal_code, parcel.to.postal_code.clone()]));
    let answer = world.courier().mint(&parcel).await;
    let MintAnswer::Refused(objections) = answer else { panic!("{answer:?}") };
    assert_eq!(objections[0].field, "postal_code");
    assert!(world.sim.shipments().is_empty());

    world.sim.update_options(|o| o.unserved_postal_codes.clear());
    assert!(matches!(world.courier().mint(&parcel).await, MintAnswer::Minted(_)));

    // A question that nobody answers has minted nothing either.
    world.sim.faults().set(vec![FaultRule::next(9, "GET *address-validate*", FaultMode::Drop)]);
    assert!(matches!(world.courier().mint(&world.parcel("P-2")).await, MintAnswer::NotSent(_)));
    assert_eq!(world.sim.shipments().len(), 1);
}
