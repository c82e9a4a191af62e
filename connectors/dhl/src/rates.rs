//! What can be carried to a place, and for how much (dhl.md section 11).

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use serde_json::Value;
use vortex_domain::shipping::{Lane, Measures};
use vortex_port::{
    CallError,
    courier::{Parcel, Rate},
};

use crate::{
    body::{Customers, MonetaryAmount, PostalAddress, RatesRequest},
    client::DhlConnector,
    objections::Objections,
    party,
    problem::Private,
    product::carries_goods,
    shipment::{destination, measurable, package},
    thousandths::Thousandths,
    when,
    wire::{decimal, rows, text_of},
};

/// The account has no product for the place.
const NO_PRODUCT: &str = "1001";

/// A question for rates.
pub(crate) struct Question {
    pub(crate) to: PostalAddress,
    pub(crate) lane: Lane,
    pub(crate) measures: Measures,
    pub(crate) value: Option<MonetaryAmount>,
    pub(crate) ready_ms: i64,
}

impl DhlConnector {
    /// What the account may use for a parcel, cheapest first.
    pub(crate) async fn rates_of(&self, parcel: &Parcel) -> Result<Vec<Rate>, CallError> {
        let mut objections = Objections::default();
        measurable(&parcel.measures, &mut objections);
        let destination = destination(parcel, &mut objections);
        let question = destination.map(|(market, lane)| Question {
            to: party::receiver(&parcel.to, market, &mut objections).postal_address,
            lane,
            measures: parcel.measures,
            value: parcel.customs.as_ref().filter(|_| lane == Lane::Declarable).and_then(|customs| {
                let value = Thousandths::of_amount(customs.value.amount())?;
                Some(MonetaryAmount {
                    type_code: "declaredValue",
                    value,
                    currency: customs.value.currency.code(),
                })
            }),
            ready_ms: parcel.ready_ms,
        });
        let question = objections.verdict(question).map_err(|found| {
            let rules: Vec<String> = found.into_iter().map(|o| format!("{}: {}", o.field, o.rule)).collect();
            self.not_sent(format!("the parcel cannot be sent as it is ({})", rules.join("; ")))
        })?;
        let private = Private::of(&parcel.to).and_of(&self.settings.shipper);
        self.ask_rates(question, &private).await
    }

    /// Asks for rates; repeating it is harmless.
    pub(crate) async fn ask_rates(
        &self,
        question: Question,
        private: &Private,
    ) -> Result<Vec<Rate>, CallError> {
        let planned = when::planned(question.ready_ms, self.now_ms(), &self.zone)
            .ok_or_else(|| self.not_sent("rates are known for at most ten days ahead"))?;
        let request = RatesRequest {
            customer_details: Customers {
                shipper_details: self.settings.shipper.postal_address.clone(),
                receiver_details: question.to,
            },
            accounts: vec![self.settings.shipper_account()],
            planned_shipping_date_and_time: planned,
            unit_of_measurement: "metric",
            is_customs_declarable: question.lane == Lane::Declarable,
            monetary_amount: question.value.into_iter().collect(),
            next_business_day: true,
            product_type_code: "all",
            packages: vec![package(&question.measures, Vec::new())],
        };
        let reply = self.get(self.posting("rates", "/rates", &request)?.for_orders()).await?;
        match reply.success().and_then(|body| body.get("products")?.as_array()) {
            Some(products) => Ok(sorted(products)),
            // No product for a place is an answer, not a failure.
            None if reply.problem().is_some_and(|problem| problem.has_code(NO_PRODUCT)) => Ok(Vec::new()),
            None => Err(reply.unreadable(private)),
        }
    }

    /// The cheapest product that carries goods on the parcel's lane; none when the account has none.
    pub(crate) async fn cheapest(&self, parcel: &Parcel, lane: Lane) -> Result<Option<String>, CallError> {
        let rates = self.rates_of(parcel).await?;
        Ok(rates.into_iter().map(|rate| rate.product).find(|code| carries_goods(lane, code)))
    }
}

fn sorted(products: &[Value]) -> Vec<Rate> {
    let mut rates: Vec<Rate> = products.iter().filter_map(rate).collect();
    rates.sort_by_key(|rate| rate.price.as_ref().map_or(Decimal::MAX, |(amount, _)| *amount));
    rates
}

fn rate(product: &Value) -> Option<Rate> {
    let code = text_of(product, "productCode")?;
    let price = rows(product, "totalPrice")
        .iter()
        .find(|price| text_of(price, "currencyType").as_deref() == Some("BILLC"))
        .and_then(|price| Some((decimal(price.get("price")?)?, text_of(price, "priceCurrency")?)))
        // Nothing is carried for nothing: a zero means that no price is known.
        .filter(|(amount, _)| *amount > Decimal::ZERO);
    let delivery = product
        .get("deliveryCapabilities")
        .and_then(|capabilities| text_of(capabilities, "estimatedDeliveryDateAndTime"))
        .and_then(|at| at.parse::<DateTime>().map(DateTime::date).or_else(|_| at.parse::<Date>()).ok());
    Some(Rate {
        name: text_of(product, "productName").unwrap_or_else(|| code.clone()),
        product: code,
        price,
        delivery,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rates_are_cheapest_first_in_billing_currency() {
        let product = |code: &str, billed: Value| {
            json!({"productName": "EXPRESS", "productCode": code, "totalPrice": [
                {"currencyType": "BASEC", "priceCurrency": "EUR", "price": 1},
                {"currencyType": "BILLC", "priceCurrency": "RON", "price": billed}],
                "deliveryCapabilities": {"estimatedDeliveryDateAndTime": "2030-01-17T12:00:00"}})
        };
        let rates = sorted(&[
            product("T", json!(0)),
            product("U", json!("147.30")),
            json!({"productName": "no code"}),
            product("W", json!(88.5)),
        ]);
        let found: Vec<_> =
            rates.iter().map(|r| (r.product.as_str(), r.price.as_ref().map(|p| p.0.to_string()))).collect();
        assert_eq!(found, [("W", Some("88.5".to_owned())), ("U", Some("147.30".to_owned())), ("T", None)]);
        assert_eq!(rates[0].delivery, Some(jiff::civil::date(2030, 1, 17)));
    }

    #[test]
    fn documents_and_special_services_do_not_carry_goods() {
        assert!(carries_goods(Lane::Union, "U") && carries_goods(Lane::Declarable, "P"));
        assert!(!carries_goods(Lane::Union, "D") && !carries_goods(Lane::Declarable, "D"));
        assert!(!carries_goods(Lane::Special("Åland"), "U"));
    }
}
