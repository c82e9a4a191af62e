//! What people are told about the rates of running vendors: too old, or held because they jumped.

use std::collections::BTreeMap;

use jiff::civil::Date;
use vortex_domain::{
    Currency, Vendor,
    attention::{Code, Raise, Subject},
    rates::HeldRate,
    sales::business_date,
};
use vortex_entities::Seams;
use vortex_store::{Change, StoreError, rows::Write};

/// Attention items of a vendor that are looked through.
const ITEMS_LIMIT: u32 = 10_000;

/// Raises what is new and clears what is over.
pub(crate) async fn tell(seams: &Seams, vendor: &Vendor) -> Result<(), StoreError> {
    let now_ms = seams.clock.now_ms();
    let open = seams.store.attention(&vendor.id, ITEMS_LIMIT).await?;
    let open = open.into_iter().filter(|item| matches!(item.code, Code::RateStale | Code::RateHeld));
    let mut over: BTreeMap<(Code, String), Vec<String>> =
        open.map(|item| ((item.code, item.cause), item.params)).collect();
    let mut writes = Vec::new();
    for raise in doubts(vendor, business_date(now_ms)) {
        if over.remove(&(raise.code, raise.cause.clone())).as_ref() != Some(&raise.params) {
            writes.push(Write::Raise(vendor.id.clone(), Box::new(raise), now_ms));
        }
    }
    let over = over.into_keys();
    writes
        .extend(over.map(|(code, cause)| Write::Clear(vendor.id.clone(), code, Subject::Connection(cause))));
    if !writes.is_empty() {
        seams.journal.submit(Change::of(writes)).await;
    }
    Ok(())
}

/// What a held rate's attention item is called.
pub(crate) fn cause(held: &HeldRate) -> String {
    format!("rate {} {}", held.currency, held.rate.published)
}

/// What a person must know about the vendor's rates; each cause is its own subject.
fn doubts(vendor: &Vendor, today: Date) -> Vec<Raise> {
    let mut currencies: Vec<Currency> = vendor.markets.iter().map(|market| market.currency()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let raise = |code, cause: String, params| Raise {
        code,
        subject: Subject::Connection(cause.clone()),
        cause,
        params,
    };
    let mut all = Vec::new();
    for currency in currencies {
        let rate = vendor.rates.rate_for(currency, today, vendor.booking.rate_rule);
        if let Some(rate) = rate.filter(|rate| vendor.rates.is_stale(rate, today)) {
            let params = [
                rate.source.to_string(),
                currency.to_string(),
                rate.published.to_string(),
                rate.age_days(today).to_string(),
            ];
            all.push(raise(Code::RateStale, format!("rate {currency}"), params.to_vec()));
        }
        for held in vendor.rates.held(currency) {
            let params = [
                currency.to_string(),
                held.rate.published.to_string(),
                held.rate.ron_per_unit.normalize().to_string(),
                held.moved_percent().to_string(),
                held.before.ron_per_unit.normalize().to_string(),
            ];
            all.push(raise(Code::RateHeld, cause(&held), params.to_vec()));
        }
    }
    all
}
