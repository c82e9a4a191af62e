//! How one price came about, complete enough to reckon it again.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    compile::Compiled,
    context::{Context, Money, StepValue, Trace, VatUse},
    engine::Cache,
    fit::minor_units,
    model::Object,
    problem::{Note, ProblemKind},
    value::{Stored, Value},
};
use crate::{
    article::MarketPrice,
    ids::{Currency, Market},
    rates::{AppliedRate, RateChoice, RateRule},
    vat::Country,
};

/// The highest price that any channel is told, in minor units: 9 999 999 (cdon.md section 6).
pub const MAX_GROSS_MINOR: i64 = 999_999_900;

/// Every input and step of one published price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceReceipt {
    /// The market.
    pub market: Market,
    /// The business date that rate and VAT were chosen for.
    pub date: Date,
    /// The mapping version that all of this came from.
    pub mapping_version: u32,
    /// Every field that the rules looked at, and its value then.
    pub inputs: BTreeMap<String, Option<Stored>>,
    /// The field that the price was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The exchange rate, when there was a conversion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<AppliedRate>,
    /// The article's class of goods for VAT.
    pub vat_class: String,
    /// Every VAT rate that was asked for.
    pub vat: Vec<VatUse>,
    /// The market's VAT in the price, as a fraction.
    pub vat_rate: Decimal,
    /// What buyers paid a day before, when the rules looked at it, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_minor: Option<i64>,
    /// The value after each step.
    pub steps: Vec<StepValue>,
    /// What the buyer pays, minor units of the market's currency.
    pub gross_minor: i64,
}

impl PriceReceipt {
    /// Reckons the price again from the receipt's inputs by the version that it names; equals `gross_minor` unless
    /// receipt or version were altered. None for another version, or when the rules now refuse the inputs.
    pub fn recompute(&self, mapping: &Compiled) -> Option<i64> {
        if mapping.version() != self.mapping_version {
            return None;
        }
        let context = Context::replaying(self.market, self.date, self, &self.inputs);
        mapping.price(self.market, context, &self.vat_class).ok().map(|receipt| receipt.gross_minor)
    }

    /// What another mapping would have made of the receipt's inputs, or why nothing; none when it reads a field that the receipt
    /// does not have.
    pub fn under(&self, mapping: &Compiled) -> Option<Result<i64, ProblemKind>> {
        let target = mapping.target(Object::Offer, "price")?;
        let here =
            target.rows.iter().filter(|row| row.markets.is_empty() || row.markets.contains(&self.market));
        if here.flat_map(|row| &row.reads).any(|field| !self.inputs.contains_key(&*field.name)) {
            return None;
        }
        let context = Context::replaying(self.market, self.date, self, &self.inputs);
        Some(mapping.price(self.market, context, &self.vat_class).map(|receipt| receipt.gross_minor))
    }

    /// The price as it is published.
    pub fn price(&self) -> MarketPrice {
        MarketPrice { market: self.market, gross_minor: self.gross_minor, vat_rate: self.vat_rate }
    }
}

impl Money for PriceReceipt {
    fn rate(&self, _: RateChoice, _: Currency, _: Date, _: RateRule) -> Option<AppliedRate> {
        self.rate.clone()
    }

    fn vat_percent(&self, country: Country, class: Option<&str>, date: Date) -> Result<Decimal, ProblemKind> {
        let used = self.vat.iter().find(|used| used.country == country && used.class.as_deref() == class);
        used.map(|used| used.percent).ok_or_else(|| ProblemKind::MissingVatRate {
            country,
            class: class.unwrap_or(&self.vat_class).to_owned(),
            date,
        })
    }

    fn previous_minor(&self, _: Market) -> Option<i64> {
        self.previous_minor
    }
}

impl Compiled {
    /// The price in the context's market, with everything that led to it.
    pub(super) fn price<'a>(
        &'a self,
        market: Market,
        context: Context<'a>,
        vat_class: &str,
    ) -> Result<PriceReceipt, ProblemKind> {
        self.noted_price(market, context, vat_class).map(|(receipt, _)| receipt)
    }

    /// The same with what is to be told of it.
    pub(super) fn noted_price<'a>(
        &'a self,
        market: Market,
        context: Context<'a>,
        vat_class: &str,
    ) -> Result<(PriceReceipt, Vec<Note>), ProblemKind> {
        let target = self.target(Object::Offer, "price").ok_or(ProblemKind::MissingPrice)?;
        let outcome = target.evaluate(&context, &mut Cache::default());
        let found = outcome.result?.ok_or(ProblemKind::MissingPrice)?;
        let Value::Amount(amount) = &found.fitted.value else { return Err(ProblemKind::MissingPrice) };
        let exact = amount.exact.quotient().unwrap_or_default();
        let out_of_range = |amount| ProblemKind::PriceOutOfRange {
            amount,
            min: None,
            max: Some(Decimal::new(MAX_GROSS_MINOR, 2)),
        };
        let gross_minor = minor_units(exact)
            .filter(|minor| (1..=MAX_GROSS_MINOR).contains(minor))
            .ok_or_else(|| out_of_range(exact))?;
        let mut inputs = BTreeMap::new();
        for field in outcome.tried.iter().flat_map(|row| &row.reads) {
            if !inputs.contains_key(&*field.name) {
                inputs.insert(field.name.to_string(), context.read(field).map(|value| value.stored()));
            }
        }
        let source = found.field.map(|field| field.name.to_string());
        // A price that came with its VAT has the article's class.
        let country = Country::from(market);
        let (date, mapping_version) = (context.date, self.version());
        if !context.has_used_vat(country) {
            context.vat_percent(country, None)?;
        }
        let (Trace { steps, rate, vat, previous_minor }, notes) = context.finish();
        let percent = vat.iter().rev().find(|used| used.country == country).map(|used| used.percent);
        let vat_rate = percent.and_then(|p| p.checked_div(Decimal::ONE_HUNDRED)).unwrap_or_default();
        let receipt = PriceReceipt {
            market,
            date,
            mapping_version,
            inputs,
            source,
            rate,
            vat_class: vat_class.to_owned(),
            vat,
            vat_rate,
            previous_minor,
            steps,
            gross_minor,
        };
        Ok((receipt, notes))
    }
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
