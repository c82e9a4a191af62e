//! Examples are tests: a version whose examples are not true cannot be published.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{
    compile::Compiled,
    context::{Context, Money},
    engine::{Cache, CompiledRow, CompiledTarget},
    finding::{Fault, Finding, Findings},
    model::{Example, ExampleInput, Object, Table},
    problem::ProblemKind,
    value::{Stored, Value},
};
use crate::{
    ids::{Currency, Market},
    rates::{AppliedRate, RateChoice, RateRule, RateTable},
    vat::{Country, STANDARD, VatTable},
};

/// The market of an example that names none.
const MARKET: Market = Market::Se;

/// The world of an example: its own rate, the vendor's VAT, no price of yesterday.
struct Pretended<'a> {
    rate: Decimal,
    vat: &'a VatTable,
}

impl Money for Pretended<'_> {
    fn rate(&self, _: RateChoice, currency: Currency, date: Date, rule: RateRule) -> Option<AppliedRate> {
        RateTable::fixed([(currency, self.rate)]).ok()?.rate_for(currency, date, rule)
    }

    fn vat_percent(&self, country: Country, class: Option<&str>, date: Date) -> Result<Decimal, ProblemKind> {
        let class = class.unwrap_or(STANDARD);
        self.vat.charged(country, class, date).ok_or_else(|| ProblemKind::MissingVatRate {
            country,
            class: class.to_owned(),
            date,
        })
    }

    fn previous_minor(&self, _: Market) -> Option<i64> {
        None
    }
}

impl Compiled {
    /// Runs every example of every row and table. How many there are, or those that are not true.
    pub fn run_examples(&self, vat: &VatTable, today: Date) -> Result<usize, Findings> {
        let (mut ran, mut findings) = (0, Vec::new());
        for object in Object::ALL {
            for (at, row) in self.mapping().rows(object).iter().enumerate() {
                let compiled = self.target(object, &row.to).and_then(|target| {
                    let own = target.rows.iter().find(|compiled| compiled.number == at + 1)?;
                    Some((target, own))
                });
                for example in &row.examples {
                    ran += 1;
                    let Some((target, own)) = compiled else { continue };
                    if let Err(fault) = of_row(target, own, example, vat, today) {
                        let (object, row, target) = (Some(object), Some(at + 1), row.to.clone());
                        findings.push(Finding { object, row, target, step: None, fault });
                    }
                }
            }
        }
        for (name, table) in &self.mapping().tables {
            for example in &table.examples {
                ran += 1;
                if let Err(fault) = of_table(table, example) {
                    let target = name.clone();
                    findings.push(Finding { object: None, row: None, target, step: None, fault });
                }
            }
        }
        if findings.is_empty() { Ok(ran) } else { Err(Findings(findings)) }
    }
}

fn of_row(
    target: &CompiledTarget,
    row: &CompiledRow,
    example: &Example,
    vat: &VatTable,
    today: Date,
) -> Result<(), Fault> {
    let source = row.chains.first().and_then(|chain| chain.field.as_ref());
    let mut inputs = BTreeMap::new();
    match (&example.input, source) {
        (ExampleInput::One(value), Some(source)) => {
            inputs.insert(source.name.to_string(), Some(Stored::Text(value.as_str().to_owned())));
        }
        (ExampleInput::Many(values), Some(source)) => {
            let values = values.iter().map(|value| value.as_str().to_owned()).collect();
            inputs.insert(source.name.to_string(), Some(Stored::List(values)));
        }
        (ExampleInput::Fields(fields), _) => {
            let text = |value: &super::Scalar| Some(Stored::Text(value.as_str().to_owned()));
            inputs.extend(fields.iter().map(|(name, value)| (name.clone(), text(value))));
        }
        _ => {}
    }
    let money = Pretended { rate: example.rate.unwrap_or(Decimal::ONE), vat };
    let market = example.market.unwrap_or_else(|| row.markets.first().copied().unwrap_or(MARKET));
    let context = Context::replaying(market, example.date.unwrap_or(today), &money, &inputs);
    let got = match target.row(row, &context, &mut Cache::default()) {
        Ok(found) => Ok(found.map(|found| shown(found.fitted.value))),
        Err(problem) => Err(problem.to_string()),
    };
    judge(example, got)
}

fn of_table(table: &Table, example: &Example) -> Result<(), Fault> {
    let ExampleInput::One(key) = &example.input else {
        return judge(example, Err("a table is asked for one key".to_owned()));
    };
    let market = Some(example.market.unwrap_or(MARKET));
    let found = table.get(key.as_str(), market).or(table.otherwise.as_ref().map(super::Scalar::as_str));
    judge(example, found.map(|found| Some(found.to_owned())).ok_or_else(|| "no row".to_owned()))
}

/// A value as an example writes it: money to the cent.
fn shown(value: Value<'_>) -> String {
    match value {
        Value::Amount(amount) => {
            let minor = amount.exact.quotient().and_then(super::fit::minor_units).unwrap_or_default();
            Decimal::new(minor, 2).normalize().to_string()
        }
        other => other.into_text().into_owned(),
    }
}

fn judge(example: &Example, got: Result<Option<String>, String>) -> Result<(), Fault> {
    let wanted = example.out.as_ref().map(super::Scalar::as_str);
    let same = |got: &str, wanted: &str| {
        got == wanted || got.parse::<Decimal>().is_ok_and(|got| wanted.parse().ok() == Some(got))
    };
    let holds = match &got {
        Err(_) => example.fails,
        Ok(None) => !example.fails && wanted.is_none(),
        Ok(Some(got)) => !example.fails && wanted.is_some_and(|wanted| same(got, wanted)),
    };
    if holds {
        return Ok(());
    }
    let (wanted, refused) = (wanted.map(str::to_owned).filter(|_| !example.fails), example.fails);
    Err(match got {
        Ok(got) => Fault::Example { input: example.input.to_string(), wanted, refused, got, why: None },
        Err(why) => {
            Fault::Example { input: example.input.to_string(), wanted, refused, got: None, why: Some(why) }
        }
    })
}

#[cfg(test)]
#[path = "examples_tests.rs"]
mod tests;
