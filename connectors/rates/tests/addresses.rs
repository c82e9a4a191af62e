//! Over HTTP: several addresses, pages that are no rates, nothing but what is new.

#![expect(clippy::unwrap_used, reason = "a test that cannot serve its own files fails")]

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use jiff::civil::date;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use vortex_domain::{Currency, Entropy, VendorId};
use vortex_port::{CallError, ExchangeRates, http::EgressPolicy};
use vortex_rates::{Bank, BankRates};

const TEN_DAYS: &str = "<DataSet><Body><OrigCurrency>RON</OrigCurrency>\
    <Cube date=\"2026-11-19\"><Rate currency=\"SEK\">0.4601</Rate></Cube>\
    <Cube date=\"2026-11-20\"><Rate currency=\"SEK\">0.4602</Rate></Cube></Body></DataSet>";

/// Answers every request with this page.
async fn serve(page: &'static str) -> (String, Arc<AtomicU32>) {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                if client.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", page.len());
            // A client that has left needs no answer.
            let _ = client.write_all((head + page).as_bytes()).await;
        }
    });
    (address, calls)
}

fn reading(url: &str) -> BankRates {
    let egress = EgressPolicy { allow_networks: vec!["127.0.0.0/8".parse().unwrap()] };
    let vendor = VendorId::new("acme").unwrap();
    BankRates::new(&vendor, Bank::Bnr, Some(url), &egress, &Entropy::seeded(1)).unwrap()
}

#[tokio::test]
async fn brings_what_is_new_and_nothing_else() {
    let (url, calls) = serve(TEN_DAYS).await;
    let rates = reading(&url).published(date(2026, 11, 20), date(2026, 11, 23)).await.unwrap();
    let found: Vec<_> = rates.iter().map(|r| (r.date, r.currency, r.value.to_string())).collect();
    assert_eq!(found, [(date(2026, 11, 20), Currency::Sek, "0.4602".to_owned())]);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    // The same day stands in two files.
    let far = reading(&url).published(date(2026, 1, 1), date(2026, 11, 23)).await.unwrap();
    assert_eq!(far.len(), 2);
}

#[tokio::test]
async fn a_web_page_is_implausible_and_no_empty_table() {
    let (url, _) = serve("<!DOCTYPE html><html><body>Site în mentenanță</body></html>").await;
    let error = reading(&url).published(date(2026, 11, 20), date(2026, 11, 23)).await.unwrap_err();
    assert!(matches!(error, CallError::Implausible { .. }), "{error:?}");
}
