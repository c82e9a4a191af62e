//! One order as CDON writes it (cdon.md 12.1 to 12.3).

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Value, value::RawValue};
use vortex_domain::{
    ChannelOrder, ChannelState, Currency, Market, Money, OrderId, Sku, order::Address, shipping::Tracking,
};
use vortex_port::channel::Unreadable;

use crate::wire::{count, decimal, first, text, text_of, vat_rate};

/// Reads one element of an order list by itself, so that a bad one spoils nothing else (F11).
pub(crate) fn read_raw(raw: &RawValue) -> Result<ChannelOrder, Unreadable> {
    let unreadable = |id, why| Unreadable { id, why, raw: raw.get().to_owned() };
    let value: Value = serde_json::from_str(raw.get())
        .map_err(|_| unreadable(None, "it contains a number that no number type can hold".to_owned()))?;
    read(&value).map_err(|why| unreadable(text_of(&value, &["id"]), why))
}

/// Reads an order. The error names what is wrong, without personal data.
pub(crate) fn read(order: &Value) -> Result<ChannelOrder, String> {
    let id = text_of(order, &["id"]).ok_or("it has no id")?;
    let id = OrderId::new(id).map_err(|error| error.to_string())?;
    let sku = first(order, &["article_sku", "sku"]).and_then(exact_text).ok_or("it has no article_sku")?;
    let sku = Sku::new(sku).map_err(|error| error.to_string())?;
    let quantity = first(order, &["quantity"]).and_then(count).filter(|quantity| *quantity > 0);
    let market = text_of(order, &["market"]).ok_or("it names no market")?;
    let market: Market = market.parse().map_err(|error| format!("{error}"))?;
    let price = read_price(order, market)?;
    let created_at_ms = moment(order, &["created_at"])?.ok_or("it has no created_at")?;
    Ok(ChannelOrder {
        id,
        basket: text_of(order, &["customer_order_id"]),
        sku,
        quantity: quantity.ok_or("its quantity is no whole number from 1")?,
        net: price.net,
        vat: price.vat,
        vat_rate: price.rate,
        market,
        state: read_state(&text_of(order, &["state"]).ok_or("it has no state")?)?,
        created_at_ms,
        updated_at_ms: moment(order, &["updated_at"])?.unwrap_or(created_at_ms),
        deadline_ms: moment(order, &["fulfillment_deadline", "fulfill_before"])?,
        ship_to: read_address(first(order, &["shipping_address"]).unwrap_or(&Value::Null)),
        tracking: read_tracking(first(order, &["tracking_information"]).unwrap_or(&Value::Null)),
    })
}

/// A SKU with a space at its end is another one.
fn exact_text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| text(value))
}

struct Price {
    net: Money,
    vat: Money,
    rate: Decimal,
}

/// Amounts come without VAT, with the VAT beside them (cdon.md 12.3), for the whole quantity.
fn read_price(order: &Value, market: Market) -> Result<Price, String> {
    let price = first(order, &["price", "article_price", "total_price"]).ok_or("it has no price")?;
    // The attribute table names a bare amount with the rate beside it.
    let amount = first(price, &["amount"]).unwrap_or(price);
    let net = decimal(amount).ok_or("its price.amount is no number")?;
    let currency = text_of(price, &["currency"]).or_else(|| text_of(order, &["currency"]));
    let currency: Currency = match currency {
        Some(code) => code.parse().map_err(|error| format!("{error}"))?,
        None => market.currency(),
    };
    let rate_value = first(price, &["vat_rate"]).or_else(|| first(order, &["article_vat_rate", "vat_rate"]));
    let rate = rate_value.map(|value| vat_rate(value).ok_or("its vat_rate is no number")).transpose()?;
    let vat = match first(price, &["vat_amount"]) {
        Some(value) => Some(decimal(value).ok_or("its price.vat_amount is no number")?),
        None => None,
    };
    let too_large = |_| "its price is too large".to_owned();
    let rounded = |amount| Money::rounded(amount, currency).map_err(too_large);
    let (vat, rate) = match (vat, rate) {
        (Some(vat), Some(rate)) => (vat, rate),
        (None, Some(rate)) => (net.checked_mul(rate).ok_or("its price is too large")?, rate),
        (Some(vat), None) if !net.is_zero() => {
            (vat, vat.checked_div(net).ok_or("its price is too large")?.round_dp(3).normalize())
        }
        _ => return Err("its price names neither vat_amount nor vat_rate".to_owned()),
    };
    Ok(Price { net: rounded(net)?, vat: rounded(vat)?, rate })
}

/// Reads a state in any spelling that was seen (`NOT FULFILLED`).
pub(crate) fn read_state(text: &str) -> Result<ChannelState, String> {
    let normal = text.trim().to_ascii_uppercase().replace([' ', '-'], "_");
    match normal.as_str() {
        "CREATED" => Ok(ChannelState::Created),
        "ACCEPTED" => Ok(ChannelState::Accepted),
        "FULFILLED" => Ok(ChannelState::Fulfilled),
        "NOT_FULFILLED" => Ok(ChannelState::NotFulfilled),
        _ => {
            let shown: String = text.chars().take(40).collect();
            Err(format!("its state `{shown}` is unknown; Vortex may need an update"))
        }
    }
}

/// A moment in UTC, with or without a zone mark.
fn moment(order: &Value, names: &[&str]) -> Result<Option<i64>, String> {
    let Some(value) = first(order, names) else { return Ok(None) };
    let Some(text) = text(value) else { return Ok(None) };
    let read = text.parse::<Timestamp>().or_else(|_| {
        text.parse::<DateTime>()
            .and_then(|naive| naive.to_zoned(TimeZone::UTC))
            .map(|zoned| zoned.timestamp())
    });
    let name = names.first().copied().unwrap_or_default();
    read.map(|at| Some(at.as_millisecond())).map_err(|_| format!("its {name} is no date"))
}

/// Entries without a number say nothing.
fn read_tracking(entries: &Value) -> Vec<Tracking> {
    let one = |entry: &Value| {
        let number = text_of(entry, &["tracking_number"]).filter(|number| !number.trim().is_empty())?;
        Some(Tracking { carrier: text_of(entry, &["carrier_name"]).unwrap_or_default(), number })
    };
    entries.as_array().into_iter().flatten().filter_map(one).collect()
}

fn read_address(address: &Value) -> Address {
    let field = |name: &str| text_of(address, &[name]).unwrap_or_default();
    let (first_name, last_name) = (field("first_name"), field("last_name"));
    let business = first_name.is_empty() && last_name.is_empty();
    let full = field("full_name");
    let name = if full.is_empty() { format!("{first_name} {last_name}").trim().to_owned() } else { full };
    Address {
        name,
        street: field("street_address"),
        postal_code: field("postal_code"),
        city: field("city"),
        country: field("country"),
        phone: field("phone_number"),
        business,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn documented() -> Value {
        json!({
            "id": "7d9e6a10-0000-4000-8000-000000000001",
            "customer_order_id": "b-1",
            "article_id": "a-1",
            "article_sku": "WM-000417",
            "title": "Cast iron pot",
            "price": {"amount": 319.20, "vat_amount": 79.80, "vat_rate": 0.25, "currency": "SEK"},
            "total_price": {"amount": 319.20, "vat_amount": 79.80, "vat_rate": 0.25, "currency": "SEK"},
            "quantity": 2,
            "shipping_address": {
                "full_name": "Test Testsson", "first_name": "Test", "last_name": "Testsson",
                "street_address": "Gatan 1", "postal_code": "01234", "city": "Malmö",
                "country": "Sweden", "phone_number": "+46700000000"
            },
            "market": "SE",
            "state": "CREATED",
            "created_at": "2026-03-05 10:00:00",
            "updated_at": "2026-03-05 10:00:00",
            "fulfillment_deadline": "2026-03-12 10:00:00",
            "tracking_information": []
        })
    }

    fn with(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Value {
        let mut order = documented();
        change(order.as_object_mut().unwrap());
        order
    }

    #[test]
    fn reads_the_documented_order() {
        let order = read(&documented()).unwrap();
        assert_eq!(order.net, Money::minor(31_920, Currency::Sek));
        assert_eq!(order.vat, Money::minor(7_980, Currency::Sek));
        assert_eq!((order.quantity, order.market, order.state), (2, Market::Se, ChannelState::Created));
        assert_eq!(order.created_at_ms, 1_772_704_800_000);
        assert_eq!(order.deadline_ms, Some(1_772_704_800_000 + 7 * 86_400_000));
        assert_eq!(order.basket.as_deref(), Some("b-1"));
        assert_eq!(order.ship_to.postal_code, "01234");
        assert!(!order.ship_to.business);
    }

    #[test]
    fn reads_every_other_spelling_as_the_same_order() {
        // F65
        let same = read(&documented()).unwrap();
        let variants = [
            with(|o| {
                let title = o.remove("title").unwrap();
                o.insert("article_title".into(), title);
            }),
            with(|o| {
                let deadline = o.remove("fulfillment_deadline").unwrap();
                o.insert("fulfill_before".into(), deadline);
            }),
            with(|o| {
                o.insert("quantity".into(), json!("2"));
                o.insert(
                    "price".into(),
                    json!({"amount": "319.20", "vat_amount": "79.80", "vat_rate": "0.25", "currency": "SEK"}),
                );
            }),
            with(|o| {
                for key in ["created_at", "updated_at"] {
                    o.insert(key.into(), json!("2026-03-05T10:00:00Z"));
                }
                o.insert("fulfillment_deadline".into(), json!("2026-03-12T12:00:00.000+02:00"));
            }),
            with(|o| {
                o.remove("total_price");
                o.remove("updated_at");
            }),
            with(|o| {
                o.insert("unheard_of".into(), json!({"a": [1]}));
            }),
            with(|o| {
                let price = o.remove("price").unwrap();
                o.insert("article_price".into(), price);
            }),
            with(|o| {
                o.insert("price".into(), json!({"amount": 319.2, "vat_rate": 25, "currency": "SEK"}));
            }),
            with(|o| {
                o.insert("price".into(), json!({"amount": 319.2, "vat_amount": 79.8}));
            }),
            with(|o| {
                o.remove("price");
                o.remove("total_price");
                o.insert("article_price".into(), json!("319.20"));
                o.insert("article_vat_rate".into(), json!(0.25));
            }),
        ];
        for variant in variants {
            assert_eq!(read(&variant).as_ref(), Ok(&same), "{variant}");
        }
    }

    #[test]
    fn a_cancelled_order_may_be_spelled_with_a_space() {
        for text in ["NOT FULFILLED", "NOT_FULFILLED", "not_fulfilled"] {
            assert_eq!(read_state(text), Ok(ChannelState::NotFulfilled));
        }
        assert!(read_state("CANCELLED").is_err());
    }

    #[test]
    fn a_business_has_no_first_and_last_name() {
        let order = read(&with(|o| {
            o.insert("shipping_address".into(), json!({"full_name": "Firma AB", "postal_code": 11122}));
        }))
        .unwrap();
        assert!(order.ship_to.business);
        assert_eq!((order.ship_to.name.as_str(), order.ship_to.postal_code.as_str()), ("Firma AB", "11122"));
        let order = read(&with(|o| {
            o["shipping_address"].as_object_mut().unwrap().remove("full_name");
            o.remove("customer_order_id");
        }))
        .unwrap();
        assert_eq!((order.ship_to.name.as_str(), order.basket), ("Test Testsson", None));
    }

    #[test]
    fn times_do_not_depend_on_a_zone() {
        // F17, F18: the hour that Bucharest and Stockholm have twice is one moment in UTC.
        let at = |text: &str| {
            read(&with(|o| {
                o.insert("created_at".into(), json!(text));
            }))
            .unwrap()
            .created_at_ms
        };
        assert_eq!(at("2026-10-25 01:30:00") - at("2026-10-25 00:30:00"), 3_600_000);
        assert_eq!(at("2026-03-29 03:30:00") - at("2026-03-29 02:30:00"), 3_600_000);
    }

    #[test]
    fn says_what_is_wrong_without_personal_data() {
        let broken = [
            (
                with(|o| {
                    o.remove("id");
                }),
                "id",
            ),
            (
                with(|o| {
                    o.remove("article_sku");
                }),
                "article_sku",
            ),
            (
                with(|o| {
                    o.insert("quantity".into(), json!(0));
                }),
                "quantity",
            ),
            (
                with(|o| {
                    o.insert("quantity".into(), json!("two"));
                }),
                "quantity",
            ),
            (
                with(|o| {
                    o.insert("market".into(), json!("PL"));
                }),
                "market",
            ),
            (
                with(|o| {
                    o.insert("state".into(), json!("SHIPPED"));
                }),
                "SHIPPED",
            ),
            (
                with(|o| {
                    o.insert("created_at".into(), json!("yesterday"));
                }),
                "created_at",
            ),
            (
                with(|o| {
                    o.insert("price".into(), json!({"amount": 1, "currency": "PLN"}));
                }),
                "currency",
            ),
            (
                with(|o| {
                    o.insert("price".into(), json!({"amount": 1}));
                }),
                "vat",
            ),
            (
                with(|o| {
                    o.insert("price".into(), json!({"amount": "abc", "vat_rate": 0.25}));
                }),
                "amount",
            ),
            (
                with(|o| {
                    o.insert(
                        "price".into(),
                        json!({"amount": "79228162514264337593543950335", "vat_rate": 0.25}),
                    );
                }),
                "large",
            ),
            (json!("text"), "id"),
        ];
        for (order, word) in broken {
            let why = read(&order).unwrap_err();
            assert!(why.contains(word), "{word}: {why}");
            assert!(!why.contains("Testsson"));
        }
    }

    #[test]
    fn a_number_beyond_all_types_spoils_only_its_own_order() {
        // F11, F30
        let page: Vec<Box<RawValue>> =
            serde_json::from_str(r#"[{"id":"a","quantity":1e999}, {"id":"b"}]"#).unwrap();
        let first = read_raw(&page[0]).unwrap_err();
        assert!(first.raw.contains("1e999"));
        assert_eq!(read_raw(&page[1]).unwrap_err().id.as_deref(), Some("b"));
    }
}
