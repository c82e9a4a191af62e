//! Exchange rates over the API: what counts, what waits, what people say.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use vortex_domain::rates::RateVerdict;

use crate::support::{World, request, vendor};

const PATH: &str = "/api/v1/vendors/acme/rates";

async fn post(world: &World, path: &str, body: Value) -> crate::support::Answer {
    world.send(request(Method::POST, path, Some(&world.tokens.operator), Some(body))).await
}

#[tokio::test]
async fn the_list_says_what_counts_what_waits_and_why() {
    let world = World::new().await;
    let answer = world.get(&world.tokens.viewer, PATH).await.json();
    assert_eq!(
        (&answer["rule"], &answer["max_age_days"], &answer["corridor_percent"], &answer["jump_percent"]),
        (&json!("published_before"), &json!(5), &json!("1"), &json!("5"))
    );
    let sek = &answer["currencies"][0];
    let counts = json!({"ron_per_unit": "0.46", "published": "2026-02-26", "source": "bnr"});
    assert_eq!((&sek["currency"], &sek["orders"], &sek["prices"]), (&json!("SEK"), &counts, &counts));
    assert_eq!(sek["stale"], false);
    let days = sek["days"].as_array().unwrap();
    assert_eq!((days[0]["date"].as_str(), days[0]["standing"].as_str()), (Some("2026-02-27"), Some("held")));
    assert_eq!((days[1]["prices_at"].as_str(), days[1]["standing"].as_str()), (Some("0.46"), Some("used")));
    let one = world.get(&world.tokens.viewer, &format!("{PATH}?days=1&currency=SEK")).await.json();
    assert_eq!(one["currencies"][0]["days"].as_array().unwrap().len(), 1);
    let none = world.get(&world.tokens.viewer, &format!("{PATH}?currency=XXX")).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    let foreign = world.get(&world.tokens.foreign, PATH).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_rate_by_hand_counts_at_once_and_names_who_set_it() {
    let world = World::new().await;
    let body = json!({"currency": "SEK", "ron_per_unit": "0.4650", "reason": "agreed with the bank"});
    let answer = post(&world, PATH, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let sek = answer.json()["currencies"][0].clone();
    assert_eq!(
        sek["orders"],
        json!({"ron_per_unit": "0.465", "published": "2026-02-28", "source": "manual"})
    );
    assert_eq!(sek["prices"]["ron_per_unit"], "0.465", "within the corridor, and set on purpose");
    assert_eq!(sek["days"][0]["author"], "token:operator");
    assert_eq!(sek["days"][0]["reason"], "agreed with the bank");
    let said = world.engine.rate_words.lock().unwrap().clone();
    assert_eq!((said.len(), &said[0].0), (1, &vendor("acme")));

    let refused = |body: Value| post(&world, PATH, body);
    for (body, words) in [
        (json!({"currency": "RON", "ron_per_unit": "1"}), "RON"),
        (json!({"currency": "SEK", "ron_per_unit": "0"}), "cannot be RON for one SEK"),
        (json!({"currency": "SEK", "ron_per_unit": "4601"}), "cannot be RON for one SEK"),
        (json!({"currency": "SEK", "ron_per_unit": "0,46"}), "a number like 0.4601"),
        (json!({"currency": "SEK", "ron_per_unit": "0.46", "date": "2026-03-02"}), "still to come"),
        (json!({"currency": "SEK", "ron_per_unit": "0.46", "date": "yesterday"}), "a day like"),
        (json!({"currency": "SEK", "ron_per_unit": "0.46", "reason": "a\nb"}), "one line"),
    ] {
        let answer = refused(body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(answer.text.contains(words), "{body}: {}", answer.text);
    }
    let body = json!({"currency": "SEK", "ron_per_unit": "0.46"});
    let viewer = request(Method::POST, PATH, Some(&world.tokens.viewer), Some(body));
    assert_eq!(world.send(viewer).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.engine.rate_words.lock().unwrap().len(), 1, "nothing refused was said");
}

#[tokio::test]
async fn a_held_rate_is_confirmed_refused_and_taken_back() {
    let world = World::new().await;
    let day = |verdict: &str| format!("{PATH}/SEK/2026-02-27/{verdict}");
    let confirmed = post(&world, &day("confirm"), json!({})).await.json();
    assert_eq!(confirmed["currencies"][0]["orders"]["ron_per_unit"], "0.56");
    let refused = post(&world, &day("refuse"), json!({})).await.json();
    assert_eq!(refused["currencies"][0]["days"][0]["standing"], "refused");
    let again = post(&world, &day("withdraw"), json!({})).await.json();
    assert_eq!(again["currencies"][0]["days"][0]["standing"], "held");
    let said: Vec<RateVerdict> =
        world.engine.rate_words.lock().unwrap().iter().map(|(_, word)| word.verdict).collect();
    assert_eq!(said, [RateVerdict::Confirmed, RateVerdict::Refused, RateVerdict::Withdrawn]);
    for path in
        [day("believe"), format!("{PATH}/SEK/2026-02-25/confirm"), format!("{PATH}/SEK/today/confirm")]
    {
        assert_eq!(post(&world, &path, json!({})).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
