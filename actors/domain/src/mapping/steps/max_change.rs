//! `max_change`

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Doc, Parameter, Rule, StepExample,
    operand::{Num, PerMarket},
    words, worth_something,
};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope,
        context::Context,
        engine::Run,
        finding::Fault,
        kind::Kind,
        problem::ProblemKind,
        value::{Exact, Value},
    },
};

/// Lets a price move by so many percent a day at most: no further from what buyers paid a day ago. Without such a price
/// nothing is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxChange {
    /// Percent a day.
    percent: PerMarket<Num>,
}

impl MaxChange {
    pub(super) const DOC: Doc = Doc {
        name: "max_change",
        ro: "prețul se mișcă într-o zi cel mult cu atâtea procente",
        en: "the price moves by so many percent a day at most",
        parameters: &[Parameter {
            name: "percent",
            ro: "procente pe zi, față de prețul de acum o zi; sau pe piețe",
            en: "percent a day, from the price of a day ago; or by market",
        }],
        examples: &[
            // A day ago buyers paid 100.00.
            StepExample {
                step: "{ max_change = { percent = 10 } }",
                kind: Kind::MARKET_GROSS,
                before: "180",
                after: "110",
            },
            StepExample {
                step: "{ max_change = { percent = 10 } }",
                kind: Kind::MARKET_GROSS,
                before: "50",
                after: "90",
            },
            StepExample {
                step: "{ max_change = { percent = 10 } }",
                kind: Kind::MARKET_GROSS,
                before: "105",
                after: "105",
            },
        ],
    };
}

impl Rule for MaxChange {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::MARKET_GROSS {
            return Err(Fault::Kind { needs: vec![Kind::MARKET_GROSS], got: kind });
        }
        if let Some(bad) = self
            .percent
            .values()
            .find(|percent| percent.0 <= Decimal::ZERO || percent.0 >= Decimal::ONE_HUNDRED)
        {
            return Err(Fault::Parameter {
                name: "percent",
                value: bad.0.to_string(),
                ro: "un procent între 0 și 100",
                en: "a percent between 0 and 100",
            });
        }
        scope.differs_by_market();
        Ok((kind, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        let percent = self.percent.say(|percent| format!("{} %", percent.0.normalize()));
        words(reader, format!("cel mult {percent} pe zi"), format!("at most {percent} a day"))
    }
}

impl Run for MaxChange {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(Value::Amount(amount)) = &value else { return Ok(value) };
        worth_something(amount.exact)?;
        let Some(percent) = self.percent.of(context.market()) else { return Ok(value) };
        let Some(minor) = context.previous_minor() else { return Ok(value) };
        let previous = Exact::of(Decimal::new(minor, 2));
        let moved = |percent: Decimal| {
            previous
                .times(Decimal::ONE_HUNDRED.saturating_add(percent), Decimal::ONE_HUNDRED)
                .unwrap_or(previous)
        };
        Ok(Some(Value::Amount(amount.raise_to(moved(-percent.0)).lower_to(moved(percent.0)))))
    }
}
