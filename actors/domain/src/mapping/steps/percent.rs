//! `percent`

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Doc, Parameter, Rule, StepExample,
    operand::{Num, PerMarket},
    scaled,
};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, problem::ProblemKind,
        value::Value,
    },
};

/// Puts so many percent on; negative takes off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(PerMarket<Num>);

impl Percent {
    pub(super) const DOC: Doc = Doc {
        name: "percent",
        ro: "adaugă un procent; negativ scade",
        en: "puts some percent on; negative takes off",
        parameters: &[Parameter {
            name: "",
            ro: "procentul, sau pe piețe: { SE = 3, otherwise = 0 }",
            en: "the percent, or by market: { SE = 3, otherwise = 0 }",
        }],
        examples: &[
            StepExample { step: "{ percent = 12.5 }", kind: Kind::MARKET_NET, before: "100", after: "112.5" },
            StepExample {
                step: "{ percent = { SE = -10, otherwise = 5 } }",
                kind: Kind::MARKET_NET,
                before: "100",
                after: "90",
            },
            StepExample { step: "{ percent = 10 }", kind: Kind::Number, before: "50", after: "55" },
        ],
    };
}

/// Above −100, at most 1000.
pub(super) fn check(name: &'static str, percent: Decimal) -> Result<(), Fault> {
    if percent > Decimal::NEGATIVE_ONE * Decimal::ONE_HUNDRED && percent <= Decimal::ONE_THOUSAND {
        return Ok(());
    }
    Err(Fault::Parameter {
        name,
        value: percent.to_string(),
        ro: "un procent peste −100, cel mult 1000",
        en: "a percent above -100, at most 1000",
    })
}

impl Rule for Percent {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if !matches!(kind, Kind::Number | Kind::Amount(_)) {
            return Err(Fault::Kind { needs: vec![Kind::Number, Kind::MARKET_NET], got: kind });
        }
        self.0.values().try_for_each(|percent| check("percent", percent.0))?;
        self.0.declare(scope);
        Ok((kind, Box::new(self.clone())))
    }

    fn say(&self, _: Reader) -> String {
        self.0.say(|percent| format!("{:+} %", percent.0.normalize()))
    }
}

impl Run for Percent {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(percent) = self.0.of(context.market()).filter(|percent| !percent.0.is_zero()) else {
            return Ok(value);
        };
        let with = Decimal::ONE_HUNDRED.saturating_add(percent.0);
        Ok(match value {
            Some(Value::Amount(amount)) => Some(Value::Amount(scaled(amount, with, Decimal::ONE_HUNDRED)?)),
            Some(Value::Number(number)) => number
                .checked_mul(with)
                .and_then(|number| number.checked_div(Decimal::ONE_HUNDRED))
                .map(Value::Number),
            other => other,
        })
    }
}
