//! Over HTTP, against the simulator of both banks: several addresses, pages that are no rates, nothing but what is new.

#![expect(clippy::unwrap_used, reason = "a test that cannot start its own bank fails")]

use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use vortex_domain::{Currency, Entropy, VendorId};
use vortex_port::{CallError, ExchangeRates, http::EgressPolicy, rates::PublishedRate};
use vortex_rates::{Bank, BankRates};
use vortex_simulators::banks::{BankSim, BankSimOptions, Publisher};

/// Monday, 23 November 2026, 18:30 in Bucharest: both banks have published.
const MONDAY_EVENING_MS: i64 = 1_795_451_400_000;
const MONDAY: Date = date(2026, 11, 23);
const FRIDAY: Date = date(2026, 11, 20);

async fn bank(https_namespace: bool) -> BankSim {
    let sim = BankSim::start(BankSimOptions { https_namespace, ..BankSimOptions::default() }).await.unwrap();
    sim.clock().set_ms(MONDAY_EVENING_MS);
    sim
}

fn reading(bank: Bank, addresses: &[&str]) -> BankRates {
    let egress = EgressPolicy { allow_networks: vec!["127.0.0.0/8".parse().unwrap()] };
    let vendor = VendorId::new("acme").unwrap();
    BankRates::new(&vendor, bank, addresses, &egress, &Entropy::seeded(1)).unwrap()
}

fn days(rates: &[PublishedRate]) -> Vec<Date> {
    let mut days: Vec<Date> = rates.iter().map(|rate| rate.date).collect();
    days.dedup();
    days
}

#[tokio::test]
async fn brings_what_is_new_and_nothing_else_in_either_namespace() {
    for https_namespace in [false, true] {
        let sim = bank(https_namespace).await;
        let rates = reading(Bank::Bnr, &[&sim.base_url()]).published(FRIDAY, MONDAY).await.unwrap();
        assert_eq!(days(&rates), [FRIDAY, MONDAY], "nothing at the weekend");
        let ours = [Currency::Sek, Currency::Dkk, Currency::Eur, Currency::Nok];
        assert_eq!(rates.len(), 2 * ours.len(), "the others are not traded in");
        for rate in &rates {
            assert_eq!(Some(rate.value), sim.rate(Publisher::Bnr, rate.currency.code(), rate.date));
        }
        assert_eq!(sim.log().count("served"), 1, "one file holds ten days");
    }
}

#[tokio::test]
async fn a_first_reading_takes_the_files_of_the_years() {
    let sim = bank(false).await;
    let since = date(2025, 12, 22);
    let rates = reading(Bank::Bnr, &[&sim.base_url()]).published(since, MONDAY).await.unwrap();
    let days = days(&rates);
    assert_eq!((days.first(), days.last()), (Some(&since), Some(&MONDAY)));
    assert_eq!(sim.log().count("served"), 3, "two years and the last ten days");
    assert!(days.windows(2).all(|pair| pair[0] < pair[1]), "the same day stands in two files and comes once");
}

#[tokio::test]
async fn the_ecb_brings_units_per_euro_and_the_leu_among_them() {
    let sim = bank(false).await;
    let rates = reading(Bank::Ecb, &[&sim.base_url()]).published(FRIDAY, MONDAY).await.unwrap();
    assert_eq!(days(&rates), [FRIDAY, MONDAY]);
    for rate in &rates {
        assert_eq!(Some(rate.value), sim.rate(Publisher::Ecb, rate.currency.code(), rate.date));
    }
    assert!(rates.iter().any(|rate| rate.currency == Currency::Ron && rate.value > Decimal::ONE));
    // Before its hour the day is not there yet.
    sim.clock().set_ms(MONDAY_EVENING_MS - 3 * 3_600_000);
    let early = reading(Bank::Ecb, &[&sim.base_url()]).published(FRIDAY, MONDAY).await.unwrap();
    assert_eq!(days(&early), [FRIDAY]);
}

#[tokio::test]
async fn a_web_page_is_implausible_and_the_other_address_helps() {
    let (gone, good) = (bank(false).await, bank(false).await);
    gone.maintenance(true);
    let (gone_url, good_url) = (gone.base_url(), good.base_url());
    let error = reading(Bank::Bnr, &[&gone_url]).published(FRIDAY, MONDAY).await.unwrap_err();
    assert!(matches!(error, CallError::Implausible { .. }), "{error:?}");
    let rates = reading(Bank::Bnr, &[&gone_url, &good_url]).published(FRIDAY, MONDAY).await.unwrap();
    assert_eq!(days(&rates), [FRIDAY, MONDAY]);
    let both = [gone_url.as_str(), gone_url.as_str()];
    assert!(reading(Bank::Bnr, &both).published(FRIDAY, MONDAY).await.is_err());
}

#[test]
fn both_of_bnrs_addresses_are_tried_and_everything_travels_encrypted() {
    assert_eq!(Bank::Bnr.addresses(), ["https://curs.bnr.ro", "https://www.bnr.ro"]);
    let all = Bank::Bnr.addresses().iter().chain(Bank::Ecb.addresses());
    assert!(all.clone().all(|address| address.starts_with("https://")));
}
