//! Published rates reach a running vendor by themselves, and an answer that is none changes nothing.

#![expect(clippy::expect_used, reason = "a test that cannot set its world up fails")]

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, response::IntoResponse};
use jiff::ToSpan as _;
use rust_decimal::Decimal;
use vortex::{
    config::{Config, Environment},
    node::Node,
    rates::refresh,
    vendor_file::{self, VendorFile},
};
use vortex_domain::{
    Currency, VendorId,
    attention::Code,
    rates::{BNR, FIXED, RateRule},
    sales::business_date,
};
use vortex_store::{Store as _, secrets::MasterKey};

/// What the bank serves at any path.
type Page = Arc<Mutex<String>>;

async fn bank(page: Page) -> String {
    let answer = move || {
        let text = page.lock().unwrap_or_else(PoisonError::into_inner).clone();
        async move { text.into_response() }
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    address
}

fn table(days: &[(jiff::civil::Date, &str)]) -> String {
    let day = |(date, sek): &(jiff::civil::Date, &str)| {
        format!("<Cube date=\"{date}\"><Rate currency=\"SEK\">{sek}</Rate></Cube>")
    };
    let days: String = days.iter().map(day).collect();
    format!("<DataSet><Body><OrigCurrency>RON</OrigCurrency>{days}</Body></DataSet>")
}

fn sek(node: &Node, date: jiff::civil::Date) -> (Decimal, String) {
    let vendor = node.vendor(&VendorId::new("acme").expect("an id")).expect("it runs").vendor;
    let rate = vendor.rates.rate_for(Currency::Sek, date, RateRule::PublishedOnOrBefore).expect("a rate");
    (rate.ron_per_unit, rate.source)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn published_rates_reach_a_running_vendor() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = Page::default();
    let url = bank(page.clone()).await;
    let show = |text: String| *page.lock().unwrap_or_else(PoisonError::into_inner) = text;
    let key = folder.path().join("master.key");
    MasterKey::create_file(&key).expect("a key");
    let config = format!(
        "[database]\nurl = \"sqlite:{}\"\n[security]\nmaster_key_file = {key:?}\nallow_networks = [\"127.0.0.0/8\"]\n",
        folder.path().join("vortex.db").display()
    );
    let environment = Environment::Given([].into());
    let config =
        Config::parse(&config, &folder.path().join("vortex.toml"), &environment).expect("a configuration");
    let vendor = format!(
        "[vendor]\nid = \"acme\"\nname = \"Acme\"\n[connections.erp]\nkind = \"winmentor-bridge\"\nbase_url = \"http://127.0.0.1:9\"\n\
         api_key = {{ value = \"k\" }}\n[connections.erp.settings]\ncompany = \"ACME\"\nwarehouses = [\"MAG1\"]\n[connections.cdon]\nkind = \"cdon\"\n\
         base_url = \"http://127.0.0.1:9\"\nmerchant_id = \"m\"\ntoken = {{ value = \"t\" }}\n[connections.cdon.settings]\nmarkets = [\"SE\"]\n\
         [rates]\nsource = \"bnr\"\nurl = \"{url}\"\nfixed = {{ SEK = 0.40 }}\n"
    );
    let path = folder.path().join("vendor.toml");
    let file = VendorFile::parse(&vendor, &path, &environment, &config.security.egress).expect("a vendor");
    let node = Node::start(&config).await.expect("the node starts");
    let plan = vendor_file::plan(Some(&*node.store), &file, false, 1).await.expect("a plan");
    vendor_file::write(&node.store, &file, plan, false, 1).await.expect("it is written");
    node.start_vendor(&file.id).await.expect("the vendor starts");
    let today = business_date(node.seams.clock.now_ms());
    let yesterday = today.checked_sub(1.day()).expect("a day");
    assert_eq!(sek(&node, today), (Decimal::new(40, 2), FIXED.to_owned()), "until rates are read");

    show("<!DOCTYPE html><html><body>Site în mentenanță</body></html>".to_owned());
    assert_eq!(refresh(&node).await.expect("it is reported"), 0);
    node.seams.journal.barrier().await;
    let items = node.store.attention(&file.id, 10).await.expect("items");
    assert!(items.iter().any(|item| item.code == Code::RemoteDown && item.params[0] == "bnr"), "{items:?}");
    assert_eq!(sek(&node, today).1, FIXED, "a page is no rate");

    show(table(&[(yesterday, "0.4601"), (today, "0.4602")]));
    assert_eq!(refresh(&node).await.expect("they are read"), 2);
    node.seams.journal.barrier().await;
    assert_eq!(sek(&node, today), (Decimal::new(4_602, 4), BNR.to_owned()));
    assert_eq!(sek(&node, yesterday), (Decimal::new(4_601, 4), BNR.to_owned()));
    let items = node.store.attention(&file.id, 10).await.expect("items");
    assert!(items.iter().all(|item| item.params.first().is_none_or(|name| name != "bnr")), "{items:?}");

    // Everything is known: the bank is left alone, whatever it shows now.
    show(table(&[(today, "9.9999")]));
    assert_eq!(refresh(&node).await.expect("nothing is due"), 0);
    assert_eq!(sek(&node, today).0, Decimal::new(4_602, 4));
    node.shutdown().await;
}
