//! `vortex check` for a DHL connection.

use async_trait::async_trait;
use vortex_domain::{
    Market,
    shipping::{Lane, Measures},
};
use vortex_port::{CallError, CheckItem, connection::Checkable, courier::Rate};

use crate::{
    body::{MonetaryAmount, PostalAddress},
    client::DhlConnector,
    config::Incoterm,
    place::Visit,
    problem::Private,
    product::carries_goods,
    rates::Question,
    thousandths::Thousandths,
};

/// A public place in every market.
const PLACES: [(Market, Lane, &str, &str); 4] = [
    (Market::Se, Lane::Union, "11152", "Stockholm"),
    (Market::Dk, Lane::Union, "1050", "Copenhagen"),
    (Market::Fi, Lane::Union, "00100", "Helsinki"),
    (Market::No, Lane::Declarable, "0150", "Oslo"),
];
const ONE_KILO: Measures = Measures { weight_g: 1000, length_cm: 30, width_cm: 20, height_cm: 10 };
const DAY_MS: i64 = 24 * 3_600_000;
const CREDENTIALS: &str = "enter key and secret of the MyDHL API from DHL's developer portal";

#[async_trait]
impl Checkable for DhlConnector {
    async fn check(&self) -> Vec<CheckItem> {
        let mut items = Vec::new();
        let mut first = true;
        for (market, lane, postal_code, city) in PLACES {
            let rates =
                self.ask_rates(self.sample(market, lane, postal_code, city), &Private::default()).await;
            if first {
                first = false;
                if let Some(trouble) = unreachable(&rates) {
                    items.extend(trouble);
                    return items;
                }
                items.push(good("DHL answers", "reachable"));
                items.push(good("credentials", "rates can be asked for"));
            }
            items.push(self.judge(market, lane, &rates));
        }
        items.push(self.shipper_address().await);
        items.push(self.voec());
        items
    }
}

impl DhlConnector {
    fn sample(&self, market: Market, lane: Lane, postal_code: &str, city: &str) -> Question {
        Question {
            to: PostalAddress {
                postal_code: postal_code.to_owned(),
                city_name: city.to_owned(),
                country_code: market.code().to_owned(),
                address_line1: "Central station".to_owned(),
                address_line2: None,
                address_line3: None,
            },
            lane,
            measures: ONE_KILO,
            value: (lane == Lane::Declarable).then_some(MonetaryAmount {
                type_code: "declaredValue",
                value: Thousandths::of_grams(500_000),
                currency: "NOK",
            }),
            ready_ms: self.now_ms().saturating_add(DAY_MS),
        }
    }

    fn judge(&self, market: Market, lane: Lane, rates: &Result<Vec<Rate>, CallError>) -> CheckItem {
        let what = format!("parcels to {market}");
        let rates = match rates {
            Ok(rates) => rates,
            Err(error) => return bad(&what, error.to_string(), remedy(error)),
        };
        let offered = rates.iter().map(|rate| rate.product.as_str()).collect::<Vec<_>>().join(", ");
        let found = match self.settings.fixed_product(lane) {
            Some(wanted) => rates.iter().find(|rate| rate.product == wanted),
            None => rates.iter().find(|rate| carries_goods(lane, &rate.product)),
        };
        if let Some(rate) = found {
            let price =
                rate.price.as_ref().map(|(amount, currency)| format!(", {amount} {currency} for 1 kg"));
            return good(&what, &format!("{} ({}){}", rate.product, rate.name, price.unwrap_or_default()));
        }
        let setting = if lane == Lane::Declarable { "product_declarable" } else { "product_union" };
        let wanted = self.settings.fixed_product(lane).unwrap_or("any product for goods");
        let offered = if offered.is_empty() { "nothing".to_owned() } else { offered };
        bad(
            &what,
            format!("DHL offers {offered}, not {wanted}"),
            format!("set {setting} to a product that DHL offers, or to auto; else ask DHL for the account"),
        )
    }

    async fn shipper_address(&self) -> CheckItem {
        const WHAT: &str = "the shipper's address";
        let address = &self.settings.shipper.postal_address;
        let reply = match self.ask_place("check.address", Visit::Pickup, address).await {
            Ok(reply) => reply,
            Err(error) => return bad(WHAT, error.to_string(), remedy(&error)),
        };
        if reply.success().is_some() {
            return good(WHAT, "DHL collects there");
        }
        let error = reply.unreadable(&Private::default());
        bad(
            WHAT,
            error.to_string(),
            "mend shipper.postal_code and shipper.city, or ask DHL whether it collects there",
        )
    }

    /// Selling to Norway without a VOEC number works, but the buyer pays twice; so it is said, and is no failure.
    fn voec(&self) -> CheckItem {
        let found = match (&self.settings.voec, self.settings.incoterm) {
            (Some(_), _) => "the number is sent along below NOK 3000",
            (None, Incoterm::Ddp) => "none; duties and taxes are paid by the account for duties",
            (None, Incoterm::Dap) => {
                "none: buyers in Norway pay VAT and a fee at the door; set voec if VAT is collected at sale"
            }
        };
        good("VOEC (Norway)", found)
    }
}

/// What makes further questions pointless.
fn unreachable(rates: &Result<Vec<Rate>, CallError>) -> Option<Vec<CheckItem>> {
    let error = rates.as_ref().err()?;
    match error {
        CallError::Refused { .. } => None,
        CallError::Credentials { .. } => Some(vec![
            good("DHL answers", "reachable"),
            bad("credentials", "DHL refuses key or secret".to_owned(), CREDENTIALS),
        ]),
        error => Some(vec![bad("DHL answers", error.to_string(), remedy(error))]),
    }
}

fn remedy(error: &CallError) -> &'static str {
    match error {
        CallError::NotSent { .. } => "look at base_url and this server's way to the internet",
        CallError::Paused { .. } => "wait, and lower requests_per_minute if it happens again",
        CallError::Credentials { .. } => CREDENTIALS,
        CallError::Refused { .. } => {
            "compare account_number with DHL's contract; ask DHL what the account may do"
        }
        CallError::Implausible { .. } => "base_url should be https://express.api.dhl.com/mydhlapi",
        CallError::Unknown { .. } => "try again later; DHL may have trouble",
    }
}

fn good(what: &str, found: &str) -> CheckItem {
    CheckItem { what: what.to_owned(), ok: true, found: found.to_owned(), remedy: String::new() }
}

fn bad(what: &str, found: String, remedy: impl Into<String>) -> CheckItem {
    CheckItem { what: what.to_owned(), ok: false, found, remedy: remedy.into() }
}
