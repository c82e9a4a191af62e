//! Prices, products, places and reserved numbers (spec sections 3, 9 and 11).

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::forms::RATES;
use super::http::Call;
use super::judge::{BLOCKED_ACCOUNT, NO_OWN_NUMBERS, UNKNOWN_ACCOUNT, is_set, items_at, kilograms, text_at};
use super::mint::number;
use super::places::{self, Lane};
use super::products::{self, Load, Product};
use super::reply::{Problem, Reply};
use super::schema::is_date;
use super::time::{Local, days};

const MOST_RESERVED: usize = 100;

/// What a price is asked for.
struct Question {
    load: Load,
    account: Option<String>,
    destination: String,
    leaves_ms: i64,
    /// Only these products; all without any.
    wanted: BTreeSet<String>,
    /// `all`, `dayDefinite` or `timeDefinite`.
    pace: String,
}

/// `POST /rates`.
pub(super) fn several_pieces(call: &Call<'_>) -> Result<Reply, Problem> {
    let body = call.json(&RATES)?;
    let court = call.court();
    let planned = text_at(&body, "/plannedShippingDateAndTime").unwrap_or_default();
    let planned = court.planned(planned).map_err(Problem::bad)?;
    let accounts = items_at(&body, "/accounts");
    let account =
        if accounts.is_empty() { None } else { Some(court.shipper_account(accounts).map_err(Problem::bad)?) };
    let country =
        |party: &str| text_at(&body, &format!("/customerDetails/{party}/countryCode")).unwrap_or_default();
    let postal_code = text_at(&body, "/customerDetails/receiverDetails/postalCode").unwrap_or_default();
    served(call, postal_code)?;
    let packages = items_at(&body, "/packages");
    let wanted = items_at(&body, "/productsAndServices")
        .iter()
        .chain([&body])
        .filter_map(|product| text_at(product, "/productCode"))
        .map(str::to_owned)
        .collect();
    let destination = country("receiverDetails");
    let question = Question {
        load: Load {
            lane: Lane::between(country("shipperDetails"), destination, postal_code),
            declarable: is_set(&body, "/isCustomsDeclarable"),
            pieces: packages.len(),
            kilograms: kilograms(packages, text_at(&body, "/unitOfMeasurement") == Some("metric")),
        },
        account,
        destination: destination.to_owned(),
        leaves_ms: planned.instant_ms,
        wanted,
        pace: text_at(&body, "/productTypeCode").unwrap_or("all").to_owned(),
    };
    question.answer(call, true)
}

/// `GET /rates`.
pub(super) fn one_piece(call: &Call<'_>) -> Result<Reply, Problem> {
    from_query(call)?.answer(call, true)
}

/// `GET /products`.
pub(super) fn products_only(call: &Call<'_>) -> Result<Reply, Problem> {
    from_query(call)?.answer(call, false)
}

fn from_query(call: &Call<'_>) -> Result<Question, Problem> {
    call.require(&[
        "accountNumber",
        "originCountryCode",
        "originCityName",
        "destinationCountryCode",
        "destinationCityName",
        "weight",
        "length",
        "width",
        "height",
        "plannedShippingDate",
        "isCustomsDeclarable",
        "unitOfMeasurement",
    ])?;
    let text = |name: &str| call.param(name).unwrap_or_default();
    for name in ["weight", "length", "width", "height"] {
        if text(name).parse::<Decimal>().ok().is_none_or(|value| value <= Decimal::ZERO) {
            return Err(Problem::wrong_format(name, "minimum=0.001"));
        }
    }
    let account = text("accountNumber");
    if !call.accounts.contains(&account) {
        return Err(Problem::bad(UNKNOWN_ACCOUNT));
    }
    if call.behaviour.blocked_accounts.contains(account) {
        return Err(Problem::bad(BLOCKED_ACCOUNT));
    }
    let date = text("plannedShippingDate");
    if !is_date(date) {
        return Err(Problem::wrong_format("plannedShippingDate", "YYYY-MM-DD"));
    }
    let metric = match text("unitOfMeasurement") {
        "metric" => true,
        "imperial" => false,
        _ => {
            return Err(Problem::wrong_format(
                "unitOfMeasurement",
                "valid parameters are [metric, imperial]",
            ));
        }
    };
    let leaves_ms = super::time::parse_planned(&format!("{date}T12:00:00 GMT+00:00"));
    let weight: Decimal = text("weight").parse().unwrap_or_default();
    let postal_code = text("destinationPostalCode");
    served(call, postal_code)?;
    Ok(Question {
        load: Load {
            lane: Lane::between(text("originCountryCode"), text("destinationCountryCode"), postal_code),
            declarable: call.flag("isCustomsDeclarable")?,
            pieces: 1,
            kilograms: if metric { weight } else { weight * Decimal::new(453_592, 6) },
        },
        account: Some(account.to_owned()),
        destination: text("destinationCountryCode").to_owned(),
        leaves_ms: leaves_ms.map_or(call.now_ms, |planned| planned.instant_ms),
        wanted: BTreeSet::new(),
        pace: "all".to_owned(),
    })
}

fn served(call: &Call<'_>, postal_code: &str) -> Result<(), Problem> {
    if call.behaviour.unserved_postal_codes.contains(postal_code) {
        return Err(Problem::bad(
            "420505: The destination location is invalid. Please check the data and retry.",
        ));
    }
    Ok(())
}

impl Question {
    fn answer(&self, call: &Call<'_>, priced: bool) -> Result<Reply, Problem> {
        let rows: Vec<Value> = products::available(self.load, self.account.as_deref(), call.behaviour)
            .filter(|product| self.wanted.is_empty() || self.wanted.contains(product.code))
            .filter(|product| match self.pace.as_str() {
                "dayDefinite" => !product.timed,
                "timeDefinite" => product.timed,
                _ => true,
            })
            .map(|product| self.row(product, priced))
            .collect();
        if rows.is_empty() {
            let wanted = self.wanted.iter().map(String::as_str).collect::<Vec<_>>().join(",");
            return Err(Problem::bad(products::refusal(&wanted)));
        }
        Ok(Reply::ok(json!({"products": rows, "exchangeRates": [], "warnings": []})))
    }

    fn row(&self, product: &Product, priced: bool) -> Value {
        let arrival = self.leaves_ms.saturating_add(days(product.transit_days));
        let arrival = Local::at(arrival, places::of(&self.destination).zone);
        let mut row = json!({
            "productName": product.name, "productCode": product.code, "localProductCode": product.code,
            "networkTypeCode": if product.timed { "TD" } else { "DD" },
            "weight": {"provided": number(self.load.kilograms), "unitOfMeasurement": "metric"},
            "deliveryCapabilities": {"deliveryTypeCode": "QDDC",
                "estimatedDeliveryDateAndTime": format!("{}T23:59:00", arrival.date),
                "totalTransitDays": product.transit_days},
        });
        if priced {
            let price = product.price(&self.load);
            let euros = (price / Decimal::from(5)).round_dp(2);
            row["totalPrice"] = json!([
                {"currencyType": "BILLC", "priceCurrency": "RON", "price": number(price)},
                {"currencyType": "PULCL", "priceCurrency": "RON", "price": number(price)},
                {"currencyType": "BASEC", "priceCurrency": "EUR", "price": number(euros)},
            ]);
        }
        row
    }
}

/// `GET /address-validate`.
pub(super) fn address(call: &Call<'_>) -> Result<Reply, Problem> {
    call.require(&["type", "countryCode"])?;
    let kind = call.param("type").unwrap_or_default();
    if !["delivery", "pickup"].contains(&kind) {
        return Err(Problem::wrong_format("type", "valid parameters are [delivery, pickup]"));
    }
    let (city, postal_code) = (call.param("cityName"), call.param("postalCode"));
    if city.is_none() && postal_code.is_none() {
        return Err(Problem::missing(&["cityName"]));
    }
    if city.is_some_and(|city| city.chars().count() > 45) {
        return Err(Problem::wrong_format("cityName", "maxLength=45"));
    }
    served(call, postal_code.unwrap_or_default())?;
    let country = call.param("countryCode").unwrap_or_default();
    let place = places::of(country);
    let local = Local::at(call.now_ms, place.zone);
    Ok(Reply::ok(json!({"warnings": [], "address": [{
        "countryCode": country, "postalCode": postal_code.unwrap_or_default(),
        "cityName": city.unwrap_or_default(),
        "serviceArea": {"code": place.code, "description": place.name, "GMTOffset": local.offset},
    }]})))
}

/// `GET /identifiers`: reserves waybill numbers.
pub(super) fn identifiers(call: &Call<'_>) -> Result<Reply, Problem> {
    call.require(&["accountNumber", "type", "size"])?;
    if !call.accounts.contains(&call.param("accountNumber").unwrap_or_default()) {
        return Err(Problem::bad(UNKNOWN_ACCOUNT));
    }
    let size = call.param("size").and_then(|size| size.parse::<usize>().ok());
    let Some(size) = size.filter(|size| (1..=MOST_RESERVED).contains(size)) else {
        return Err(Problem::wrong_format("size", "minimum=1, maximum=100"));
    };
    if call.param("type") != Some("SID") || !call.behaviour.own_numbers {
        return Err(Problem::bad(NO_OWN_NUMBERS));
    }
    let zero = call.behaviour.leading_zero_numbers;
    let numbers: Vec<String> = call.book(|book| (0..size).map(|_| book.reserve(&call.key, zero)).collect());
    call.shared.log.record_with("reserved", || json!({"awbs": numbers}));
    Ok(Reply::ok(json!({"identifiers": [{"typeCode": "SID", "list": numbers}], "warnings": []})))
}
