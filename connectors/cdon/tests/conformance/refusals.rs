//! What CDON refuses, loses, or is never asked.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use vortex_domain::{
    Market, Publication, Sku,
    sku::{Facet, Refusal},
};
use vortex_port::{
    CallError, ChannelOffers,
    channel::{ItemAnswer, Verdict},
};

use crate::world::{MERCHANT, World, connect, creation};

fn sku(text: &str) -> Sku {
    Sku::new(text).unwrap()
}

#[tokio::test]
async fn a_wrong_vat_rate_is_the_price_of_one_market() {
    let world = World::start().await;
    let mut wrong = creation(&sku("A"));
    wrong.prices.as_mut().unwrap()[1].vat_rate = "0.24".parse().unwrap();
    let batch = world.connector.publish(&[wrong]).await.unwrap().batch.unwrap();
    let expected =
        Refusal { facet: Facet::Prices, reason: "invalid_vat_rate".to_owned(), market: Some(Market::Fi) };
    let verdicts = world.connector.verdicts(&batch, &[sku("A")]).await;
    assert_eq!(verdicts, Ok(vec![Verdict::Decided(vec![expected.clone()])]));
    let latest = world.connector.sku_statuses(&[sku("A"), sku("B")]).await;
    assert_eq!(latest, Ok(vec![Verdict::Decided(vec![expected]), Verdict::Pending]));
}

#[tokio::test]
async fn three_actions_of_one_article_share_a_call_and_a_verdict() {
    let world = World::start().await;
    world.connector.publish(&[creation(&sku("A"))]).await.unwrap();
    let mut all = Publication { create: false, quantity: Some(1), ..creation(&sku("A")) };
    all.listing.as_mut().unwrap().category = Some("999999".to_owned());
    let receipt = world.connector.publish(&[all]).await.unwrap();
    assert_eq!(receipt.items, [ItemAnswer::Taken { article_id: None, refused: vec![] }]);
    let verdicts = world.connector.verdicts(&receipt.batch.unwrap(), &[sku("A")]).await.unwrap();
    let expected = Refusal { facet: Facet::Listing, reason: "invalid_category".to_owned(), market: None };
    assert_eq!(verdicts, [Verdict::Decided(vec![expected])]);
}

#[tokio::test]
async fn an_item_in_neither_list_is_unmentioned() {
    let world = World::start().await;
    world.sim.update_options(|o| {
        o.lose_skus.insert("LOST".to_owned());
    });
    let receipt = world.connector.publish(&[creation(&sku("A")), creation(&sku("LOST"))]).await.unwrap();
    assert!(
        matches!(receipt.items.as_slice(), [ItemAnswer::Taken { .. }, ItemAnswer::Unmentioned]),
        "{receipt:?}"
    );
}

/// A remote that gives one answer; its base address, and the request that it got.
async fn answering(body: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/api", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 8192];
        let length = socket.read(&mut request).await.unwrap();
        let head = format!("HTTP/1.1 202 Accepted\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request[..length]).to_ascii_lowercase()
    });
    (base_url, heard)
}

#[tokio::test]
async fn a_good_status_without_the_two_lists_is_no_receipt() {
    // F46: JSON, but not the answer to a batch.
    let (base_url, _) = answering(r#"{"description": "Welcome"}"#).await;
    let connector = connect(&base_url, &json!({}));
    let error = connector.publish(&[creation(&sku("A"))]).await.unwrap_err();
    assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");
}

#[tokio::test]
async fn status_questions_name_the_merchant_in_a_header() {
    let (base_url, heard) = answering(r#"{"batches": []}"#).await;
    let connector = connect(&base_url, &json!({}));
    assert_eq!(connector.verdicts("b", &[sku("A")]).await, Ok(vec![Verdict::Pending]));
    let request = heard.await.unwrap();
    assert!(request.starts_with("post /api/v1/statuses/batch http/1.1"), "{request}");
    assert!(request.contains(&format!("x-merchant-id: {MERCHANT}")), "{request}");
    assert!(
        request.contains("content-type: application/json") && request.contains("accept: application/json")
    );
}

#[tokio::test]
async fn what_cdon_forbids_about_a_call_never_leaves() {
    let world = World::start().await;
    let (a, b) = (creation(&sku("A")), creation(&sku("B")));
    let (creations, changes) = world.connector.batch_limits();
    assert_eq!((creations, changes), (100, 66));
    let many: Vec<_> = (0..=creations).map(|n| creation(&sku(&format!("M-{n}")))).collect();
    let forbidden =
        [vec![a.clone(), a.clone()], vec![a.clone(), Publication { create: false, ..b }], many.clone()];
    for batch in forbidden {
        let error = world.connector.publish(&batch).await.unwrap_err();
        assert!(matches!(error, CallError::NotSent { .. }), "{error:?}");
    }
    assert_eq!(world.sim.log().count("batch"), 0);
    world.connector.publish(&many[..creations]).await.unwrap();
    let full: Vec<_> = many[..changes].iter().map(|p| Publication { create: false, ..p.clone() }).collect();
    let receipt = world.connector.publish(&full).await.unwrap();
    assert!(
        receipt
            .items
            .iter()
            .all(|item| matches!(item, ItemAnswer::Taken { refused, .. } if refused.is_empty()))
    );
    assert_eq!(world.connector.publish(&[]).await.unwrap().items, []);
}
