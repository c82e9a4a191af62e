//! Collections: asked for, told, cancelled, decided about.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use vortex_domain::{
    Pickup, PickupId,
    pickup::{Booking, Cargo, PickupEvent, Wish},
    shipping::Measures,
};
use vortex_entities::{Flow, pickup::PickupStep};
use vortex_store::{
    Store,
    rows::{Desk, EffectKind, InboxRow},
};

use crate::support::{Answer, NOW_MS, World, vendor};

const PATH: &str = "/api/v1/vendors/acme/pickups";

async fn post(world: &World, path: &str, body: Value) -> Answer {
    world.call(Method::POST, &world.tokens.operator, path, body).await
}

/// A collection that the flow has brought so far.
async fn stored(world: &World, id: &str, events: &[PickupEvent]) {
    let time = |hour| jiff::civil::time(hour, 0, 0, 0);
    let id = PickupId::new(id).unwrap();
    let asked = Pickup::asked(id, jiff::civil::date(2026, 3, 2), time(15), time(18), String::new());
    let after = events.iter().fold(asked, |pickup, event| pickup.on(event, NOW_MS));
    let (vendor, before) = (vendor("acme"), None);
    let step =
        PickupStep { vendor: &vendor, before, after: &after, cause: "test", who: "test", now_ms: NOW_MS };
    world.store.commit(&[step.writes()]).await.unwrap();
}

fn starts() -> PickupEvent {
    let measures = Measures { weight_g: 1_000, length_cm: 30, width_cm: 20, height_cm: 10 };
    let (order, awb) = ("o-1".parse().unwrap(), "1234567890".to_owned());
    PickupEvent::Starts(vec![Cargo {
        order,
        parcel: 1,
        awb,
        measures,
        declarable: false,
        product: None,
        value: None,
    }])
}

fn ordered() -> [PickupEvent; 2] {
    [starts(), PickupEvent::Answered(Booking::Done("PRG1".to_owned()))]
}

fn unknown() -> [PickupEvent; 2] {
    [starts(), PickupEvent::Answered(Booking::Unknown)]
}

async fn wishes(world: &World) -> Vec<(InboxRow, Wish)> {
    let rows = world.store.open_inbox(&vendor("acme"), Desk::Pickups, 10).await.unwrap();
    rows.into_iter().map(|row| (row.clone(), serde_json::from_str(&row.payload).unwrap())).collect()
}

#[tokio::test]
async fn what_is_asked_for_is_on_disk_before_the_flow_runs() {
    let world = World::new().await;
    let body = json!({"day": "2026-03-02", "ready": "14:30", "location": " rampa 2 "});
    for number in ["01", "02"] {
        let answer = post(&world, PATH, body.clone()).await;
        // The flow of this test orders nothing.
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        let expected = json!({
            "id": format!("2026-03-02-{number}"), "day": "2026-03-02", "ready": "14:30", "close": "18:00",
            "location": "rampa 2", "stage": "asked", "confirmation": null, "why": null, "parcels": [],
        });
        assert_eq!(answer.json(), expected);
    }
    let due = world.store.due_effects(&vendor("acme"), EffectKind::Pickup, NOW_MS, 10).await.unwrap();
    assert_eq!(due.len(), 2);
    let synced: Vec<Flow> = world.engine.syncs.lock().unwrap().iter().map(|request| request.flow).collect();
    assert_eq!(synced, [Flow::Pickups; 2]);
    let journal = world.store.journal_of(&vendor("acme"), "pickup", "2026-03-02-01", 10).await.unwrap();
    assert_eq!(
        (journal[0].row.cause.as_str(), journal[0].row.actor.as_str()),
        ("person_asks", "token:operator")
    );

    let page = world.get(&world.tokens.viewer, &format!("{PATH}?limit=1")).await.json();
    assert_eq!(page["items"][0]["id"], "2026-03-02-02", "the newest first");
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = world.get(&world.tokens.viewer, &format!("{PATH}?limit=1&cursor={cursor}")).await.json();
    assert_eq!(rest["items"][0]["id"], "2026-03-02-01");
    let all = world.get(&world.tokens.viewer, PATH).await.json();
    assert_eq!((all["items"].as_array().unwrap().len(), &all["next_cursor"]), (3, &Value::Null));
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words() {
    let world = World::new().await;
    for (body, word) in [
        (json!({"day": "2026-02-28"}), "2026-03-01 to 2026-03-10"),
        (json!({"day": "2026-03-11"}), "2026-03-01 to 2026-03-10"),
        (json!({"day": "tomorrow"}), "2026-03-02"),
        (json!({"ready": "25:00"}), "`ready`"),
        (json!({"ready": "18:00"}), "`close` is later"),
        // It is noon in Bucharest.
        (json!({"ready": "09:00", "close": "12:00"}), "12:00 is past for today"),
        (json!({"location": "x".repeat(81)}), "80 characters"),
    ] {
        let answer = post(&world, PATH, body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let detail = answer.problem()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(word), "{body}: {detail}");
    }
    let viewer = world.call(Method::POST, &world.tokens.viewer, PATH, json!({})).await;
    assert_eq!(viewer.status, StatusCode::FORBIDDEN);
    let only_the_old_one = world.store.pickups(&vendor("acme"), None, 10).await.unwrap();
    assert_eq!(only_the_old_one.len(), 1);
}

#[tokio::test]
async fn an_ordered_collection_is_cancelled_by_a_wish_and_no_other_is() {
    let world = World::new().await;
    let refused = [starts(), PickupEvent::Answered(Booking::Refused("no".to_owned()))];
    stored(&world, "2026-03-02-01", &ordered()).await;
    stored(&world, "2026-03-02-02", &unknown()).await;
    stored(&world, "2026-03-02-03", &refused).await;
    let shown = world.get(&world.tokens.viewer, &format!("{PATH}/2026-03-02-01")).await.json();
    assert_eq!((&shown["stage"], &shown["confirmation"]), (&json!("ordered"), &json!("PRG1")));
    assert_eq!(shown["parcels"][0]["awb"], "1234567890");
    for (id, word) in [("02", "Call the courier"), ("03", "never ordered")] {
        let answer = post(&world, &format!("{PATH}/2026-03-02-{id}/cancel"), json!({})).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.problem()["detail"].as_str().unwrap().contains(word), "{}", answer.text);
    }
    assert!(wishes(&world).await.is_empty());
    post(&world, &format!("{PATH}/2026-03-02-01/cancel"), json!({})).await;
    let (row, wish) = wishes(&world).await.remove(0);
    assert_eq!((row.key.as_str(), wish.event), ("2026-03-02-01", PickupEvent::CancelAsked));
    assert_eq!(wish.who, "token:operator");
    for path in ["2026-03-02-99", "nothing"] {
        let answer = post(&world, &format!("{PATH}/{path}/cancel"), json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn only_what_nobody_knows_is_decided_by_a_person() {
    let world = World::new().await;
    stored(&world, "2026-03-02-01", &unknown()).await;
    stored(&world, "2026-03-02-02", &ordered()).await;
    let decide = |id: &str| format!("{PATH}/{id}/decide");
    let wrong = post(&world, &decide("2026-03-02-01"), json!({"confirmation": "PRG 1\n"})).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for body in [json!({}), json!({"confirmation": "PRG2"})] {
        assert_eq!(post(&world, &decide("2026-03-02-02"), body).await.status, StatusCode::CONFLICT);
    }
    post(&world, &decide("2026-03-02-01"), json!({"confirmation": "PRG2"})).await;
    post(&world, &decide("2026-03-02-01"), json!({})).await;
    let said: Vec<PickupEvent> = wishes(&world).await.into_iter().map(|(_, wish)| wish.event).collect();
    assert_eq!(said, [PickupEvent::Confirmed("PRG2".to_owned()), PickupEvent::Settled]);
}
