//! Spellings that sources disagree about: whatever comes, the meaning is the same (F65).

use serde_json::json;
use vortex_domain::{ChannelState, Language, Market, OrderId, Sku};
use vortex_port::{
    CallError, ChannelOffers, ChannelOrders,
    channel::{CommandAnswer, ItemAnswer, Verdict},
    conformance::channel::ChannelWorld,
    connection::Checkable,
};
use vortex_simulators::{
    FaultMode, FaultRule,
    cdon::{Dialect, ErrorField, ExistingSku, UnknownBatch},
};

use crate::world::{MERCHANT, World, connect, creation};

#[tokio::test]
async fn every_spelling_of_an_order_is_the_same_order() {
    let world = World::start().await;
    let id = world.sell_one().await;
    let plain = world.connector.order(&id).await.unwrap().unwrap();
    let dialects = [
        Dialect { article_title: true, fulfill_before: true, extra_fields: true, ..Dialect::default() },
        Dialect { numeric_strings: true, omit_total_price: true, ..Dialect::default() },
        Dialect { iso_dates: true, orders_labelled_json: true, ..Dialect::default() },
        Dialect { spaced_states: true, ..Dialect::default() },
    ];
    for dialect in dialects {
        world.sim.update_options(|o| o.dialect = dialect.clone());
        let listed = world.connector.orders(ChannelState::Created, 1).await.unwrap();
        assert_eq!(listed.orders, std::slice::from_ref(&plain), "{dialect:?}");
        assert_eq!(world.connector.order(&id).await.unwrap().as_ref(), Some(&plain), "{dialect:?}");
    }
    world.sim.cancel_as_cdon(id.as_str()).unwrap();
    world.sim.update_options(|o| o.dialect = Dialect { spaced_states: true, ..Dialect::default() });
    let cancelled = world.connector.orders(ChannelState::NotFulfilled, 1).await.unwrap();
    assert_eq!(cancelled.orders.first().map(|o| o.state), Some(ChannelState::NotFulfilled));
}

#[tokio::test]
async fn an_order_without_its_optional_parts_is_still_an_order() {
    let world = World::start().await;
    let id = world.sell_one().await;
    let plain = world.connector.order(&id).await.unwrap().unwrap();
    let show = async |dialect: Dialect| {
        world.sim.update_options(|o| o.dialect = dialect);
        world.connector.order(&id).await.unwrap().unwrap()
    };
    assert_eq!(show(Dialect { omit_customer_order: true, ..Dialect::default() }).await.basket, None);
    let business = show(Dialect { omit_person_names: true, ..Dialect::default() }).await.ship_to;
    assert!(business.business && business.name == plain.ship_to.name);
    let nameless = show(Dialect { omit_full_name: true, ..Dialect::default() }).await.ship_to;
    assert!(!nameless.business && !nameless.name.is_empty());
}

#[tokio::test]
async fn an_unknown_order_is_nobodys_whatever_the_status() {
    let world = World::start().await;
    let nobody = OrderId::new("nobody").unwrap();
    for status in [403, 404] {
        world.sim.update_options(|o| o.unknown_order_status = status);
        assert_eq!(world.connector.order(&nobody).await.unwrap(), None);
        let accept = world.connector.accept(&nobody).await.unwrap_err();
        assert!(matches!(accept, CallError::Refused { .. }), "{accept:?}");
    }
}

#[tokio::test]
async fn an_intake_failure_is_read_however_it_names_the_field() {
    let world = World::start().await;
    let sku = Sku::new("A").unwrap();
    for error_field in [ErrorField::Field, ErrorField::Location, ErrorField::PlainString] {
        world.sim.update_options(|o| o.dialect = Dialect { error_field, ..Dialect::default() });
        let receipt = world.connector.publish(&[world.malformed(&sku)]).await.unwrap();
        let [ItemAnswer::Taken { refused, .. }] = receipt.items.as_slice() else { panic!("{receipt:?}") };
        assert!(refused.iter().all(|r| r.reason.starts_with("title")), "{error_field:?}: {refused:?}");
    }
}

#[tokio::test]
async fn an_unknown_batch_is_pending_however_it_is_unknown() {
    let world = World::start().await;
    let sku = Sku::new("A").unwrap();
    for unknown_batch in
        [UnknownBatch::Missing, UnknownBatch::EmptyStatuses, UnknownBatch::NotFound, UnknownBatch::Invalid]
    {
        world.sim.update_options(|o| o.unknown_batch = unknown_batch);
        let verdicts = world
            .connector
            .verdicts("8f14e45f-0000-4000-8000-000000000000", std::slice::from_ref(&sku))
            .await;
        assert_eq!(verdicts, Ok(vec![Verdict::Pending]), "{unknown_batch:?}");
    }
}

#[tokio::test]
async fn the_read_back_is_found_under_any_name_and_over_pages() {
    let world = World::start().await;
    let skus: Vec<Sku> = (0..7).map(|n| Sku::new(format!("A-{n}")).unwrap()).collect();
    let batch: Vec<_> = skus.iter().map(creation).collect();
    world.connector.publish(&batch).await.unwrap();
    for key in [None, Some("items"), Some("data")] {
        world.sim.update_options(|o| o.dialect.article_list_key = key.map(str::to_owned));
        let mut found = Vec::new();
        for page in 1.. {
            let listing = world.connector.listing(page, 5).await.unwrap().unwrap();
            found.extend(listing.rows);
            if !listing.more {
                break;
            }
        }
        assert_eq!(found.iter().map(|(sku, _)| sku.clone()).collect::<Vec<_>>(), skus, "{key:?}");
        assert!(found.iter().all(|(_, seen)| seen.prices == [(Market::Se, 39_900), (Market::Fi, 3_490)]));
    }
}

#[tokio::test]
async fn without_undocumented_calls_nothing_can_be_read_back_and_nothing_is_claimed() {
    let world = World::start().await;
    world.sell_one().await;
    let sku = Sku::new("A-1").unwrap();
    let off = connect(&world.sim.base_url(), &json!({"undocumented_reads": false}));
    assert_eq!(off.show(&sku, 1).await, Ok(None));
    assert_eq!(off.listing(1, 1).await, Ok(None));
    // CDON takes the calls away: that must not look as if every article were gone.
    world.sim.update_options(|o| o.undocumented_articles = false);
    assert_eq!(world.connector.show(&sku, 1).await, Ok(None));
    assert_eq!(world.connector.listing(1, 1).await, Ok(None));
}

#[tokio::test]
async fn a_redirect_to_the_other_slash_keeps_method_and_credentials() {
    let world = World::start().await;
    let id = world.sell_one().await;
    for route in ["GET /api/v1/orders", "PUT /api/v1/orders"] {
        world.sim.faults().push(FaultRule::always(route, FaultMode::RedirectSlash { trailing: true }));
    }
    assert_eq!(world.connector.orders(ChannelState::Created, 1).await.unwrap().orders.len(), 1);
    assert_eq!(world.connector.accept(&id).await.unwrap(), CommandAnswer::Done);
    assert!(world.sim.faults().injected() >= 2);
}

#[tokio::test]
async fn creating_again_may_overwrite() {
    let world = World::start().await;
    world.sim.update_options(|o| o.existing_sku = ExistingSku::Overwrite);
    let sku = Sku::new("A").unwrap();
    for _ in 0..2 {
        let batch = world.connector.publish(&[creation(&sku)]).await.unwrap().batch.unwrap();
        assert_eq!(
            world.connector.verdicts(&batch, std::slice::from_ref(&sku)).await,
            Ok(vec![Verdict::Decided(vec![])])
        );
    }
}

#[tokio::test]
async fn reads_the_category_tree() {
    let world = World::start().await;
    let tree = world.connector.categories(Market::Se, Language::En).await.unwrap();
    assert!(tree.len() > 3);
    let leaf = tree.iter().find(|c| c.parent().is_some()).unwrap();
    assert!(tree.iter().any(|c| Some(c.id.as_str()) == leaf.parent()));
}

#[tokio::test]
async fn the_check_finds_out_what_is_wrong() {
    let world = World::start().await;
    let good = world.connector.check().await;
    assert!(good.len() >= 4 && good.iter().all(|item| item.ok), "{good:?}");
    world.sim.faults().push(FaultRule::always("", FaultMode::HtmlPage { status: 403 }));
    let blocked = world.connector.check().await;
    assert!(blocked.len() == 1 && blocked[0].remedy.contains("filter"), "{blocked:?}");
    world.sim.faults().clear();
    world.sim.add_merchant(MERCHANT, "another");
    let refused = world.connector.check().await;
    assert!(refused.last().is_some_and(|item| !item.ok && item.what == "credentials"), "{refused:?}");
    world.sim.stop();
    world.sim.stopped().await;
    let down = world.connector.check().await;
    assert!(down.len() == 1 && !down[0].ok && !down[0].remedy.is_empty(), "{down:?}");
}
