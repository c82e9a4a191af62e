//! The event stream: from now on, resumed, bounded, and ended at shutdown.

use std::time::Duration;

use axum::{
    body::BodyDataStream,
    http::{Method, StatusCode},
};
use futures_util::StreamExt;
use secrecy::SecretString;
use tower::ServiceExt;
use vortex_api::Limits;
use vortex_domain::{Sku, attention::Subject};
use vortex_store::Store;

use crate::support::{World, journal_row, request};

/// Events of an open stream.
struct Viewer {
    stream: BodyDataStream,
    text: String,
}

impl Viewer {
    async fn open(world: &World, token: &SecretString, path: &str, last: Option<i64>) -> Self {
        let mut request = request(Method::GET, path, Some(token), None);
        if let Some(last) = last {
            request.headers_mut().insert("last-event-id", last.into());
        }
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { stream: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event as (name, id, data); none at the end.
    async fn next(&mut self) -> Option<(String, i64, String)> {
        loop {
            if let Some((event, rest)) =
                self.text.split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned()))
            {
                self.text = rest;
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    line.unwrap_or_default().to_owned()
                };
                if event.starts_with(':') {
                    continue;
                }
                return Some((field("event"), field("id").parse().unwrap(), field("data")));
            }
            let bytes = self.stream.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

fn quick() -> Limits {
    Limits { event_poll: Duration::from_millis(5), viewers_per_vendor: 2, ..Limits::default() }
}

async fn happen(world: &World, cause: &str) {
    let entry = journal_row(Subject::Sku(Sku::new("A-1").unwrap()), cause);
    world.store.commit(&[vec![entry]]).await.unwrap();
}

#[tokio::test]
async fn a_stream_begins_now_and_resumes_where_it_ended() {
    let world = World::with(quick(), None).await;
    let mut viewer = Viewer::open(&world, &world.tokens.viewer, "/api/v1/events", None).await;
    let (name, head, _) = viewer.next().await.unwrap();
    assert_eq!(name, "ready");
    for cause in ["first", "second", "third"] {
        happen(&world, cause).await;
    }
    let mut ids = Vec::new();
    for cause in ["first", "second", "third"] {
        let (name, id, data) = viewer.next().await.unwrap();
        assert_eq!(name, "journal");
        assert!(data.contains(&format!("\"cause\":\"{cause}\"")), "{data}");
        assert!(id > ids.last().copied().unwrap_or(head));
        ids.push(id);
    }
    drop(viewer);
    happen(&world, "fourth").await;
    let mut resumed =
        Viewer::open(&world, &world.tokens.platform, "/api/v1/events?vendor=acme", Some(ids[1])).await;
    assert_eq!(resumed.next().await.unwrap().1, ids[1]);
    for cause in ["third", "fourth"] {
        assert!(resumed.next().await.unwrap().2.contains(cause));
    }
    happen(&world, "fifth").await;
    assert!(resumed.next().await.unwrap().2.contains("fifth"));
}

#[tokio::test]
async fn a_position_from_beyond_the_journal_does_not_hide_what_comes() {
    let world = World::with(quick(), None).await;
    let mut viewer = Viewer::open(&world, &world.tokens.owner, "/api/v1/events", Some(i64::MAX)).await;
    viewer.next().await.unwrap();
    happen(&world, "first").await;
    assert!(viewer.next().await.unwrap().2.contains("first"));
}

#[tokio::test]
async fn nobody_sees_the_events_of_another_vendor() {
    let world = World::with(quick(), None).await;
    let mut own = Viewer::open(&world, &world.tokens.owner, "/api/v1/events", Some(0)).await;
    let mut foreign = Viewer::open(&world, &world.tokens.foreign, "/api/v1/events", Some(0)).await;
    assert_eq!(foreign.next().await.unwrap().0, "ready");
    assert_eq!(own.next().await.unwrap().0, "ready");
    happen(&world, "first").await;
    while !own.next().await.unwrap().2.contains("first") {}
    world.state.close();
    assert_eq!(foreign.next().await, None);
}

#[tokio::test]
async fn viewers_are_bounded_and_a_place_comes_back() {
    let world = World::with(quick(), None).await;
    let one = Viewer::open(&world, &world.tokens.owner, "/api/v1/events", None).await;
    let _two = Viewer::open(&world, &world.tokens.owner, "/api/v1/events", None).await;
    let third = world.get(&world.tokens.owner, "/api/v1/events").await;
    assert_eq!(third.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(third.headers.contains_key("retry-after"));
    third.problem();
    let _foreign = Viewer::open(&world, &world.tokens.foreign, "/api/v1/events", None).await;
    drop(one);
    let _again = Viewer::open(&world, &world.tokens.owner, "/api/v1/events", None).await;
}
