//! `add` and `multiply`

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Doc, Parameter, Rule, StepExample,
    operand::{Num, Operand, PerMarket, Resolved},
    out_of_range, scaled,
};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, problem::ProblemKind,
        value::Value,
    },
};

/// Adds a number or a field; negative takes off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Add(Operand);

/// Multiplies by a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Multiply(PerMarket<Num>);

impl Add {
    pub(super) const DOC: Doc = Doc {
        name: "add",
        ro: "adună; un număr negativ scade",
        en: "adds; a negative number takes off",
        parameters: &[Parameter {
            name: "",
            ro: "un număr în moneda sumei, pe piețe { SE = 39, otherwise = 0 }, sau { field = … }",
            en: "a number in the amount's currency, by market { SE = 39, otherwise = 0 }, or { field = … }",
        }],
        examples: &[
            StepExample { step: "{ add = 39.5 }", kind: Kind::MARKET_NET, before: "100", after: "139.5" },
            StepExample {
                step: "{ add = { field = \"erp.price_net\" } }",
                kind: Kind::RON_NET,
                before: "20",
                after: "120",
            },
            StepExample { step: "{ add = -5 }", kind: Kind::Number, before: "7", after: "2" },
        ],
    };
}

impl Multiply {
    pub(super) const DOC: Doc = Doc {
        name: "multiply",
        ro: "înmulțește",
        en: "multiplies",
        parameters: &[Parameter {
            name: "",
            ro: "numărul, sau pe piețe { SE = 1.1, otherwise = 1 }",
            en: "the number, or by market { SE = 1.1, otherwise = 1 }",
        }],
        examples: &[
            StepExample { step: "{ multiply = 12 }", kind: Kind::RON_NET, before: "1.25", after: "15" },
            StepExample { step: "{ multiply = { SE = 2 } }", kind: Kind::Number, before: "3", after: "6" },
        ],
    };
}

#[derive(Debug)]
struct Sum(Resolved);

fn number_or_amount(kind: Kind) -> Result<(), Fault> {
    match kind {
        Kind::Number | Kind::Amount(_) => Ok(()),
        got => Err(Fault::Kind { needs: vec![Kind::Number, Kind::MARKET_NET], got }),
    }
}

impl Rule for Add {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        number_or_amount(kind)?;
        Ok((kind, Box::new(Sum(self.0.resolve(kind, scope)?))))
    }

    fn say(&self, _: Reader) -> String {
        format!("+ {}", self.0.say())
    }
}

impl Rule for Multiply {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        number_or_amount(kind)?;
        let least = if kind == Kind::Number { Decimal::from(-1_000_000) } else { Decimal::new(1, 6) };
        if let Some(bad) =
            self.0.values().find(|factor| factor.0 < least || factor.0 > Decimal::from(1_000_000))
        {
            return Err(Fault::Parameter {
                name: "multiply",
                value: bad.0.to_string(),
                ro: "un număr de cel mult 1000000, pentru sume peste 0",
                en: "a number of at most 1000000, above 0 for amounts",
            });
        }
        self.0.declare(scope);
        Ok((kind, Box::new(self.clone())))
    }

    fn say(&self, _: Reader) -> String {
        format!("× {}", self.0.say(|factor| factor.0.normalize().to_string()))
    }
}

impl Run for Sum {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(term) = self.0.value(context) else { return Ok(value) };
        Ok(match value {
            Some(Value::Amount(amount)) => {
                let number = term.quotient().ok_or_else(|| out_of_range(term))?;
                let sum = amount.map(|exact| exact.plus(number)).ok_or_else(|| out_of_range(amount.exact))?;
                Some(Value::Amount(sum))
            }
            Some(Value::Number(number)) => {
                term.quotient().and_then(|term| number.checked_add(term)).map(Value::Number)
            }
            other => other,
        })
    }
}

impl Run for Multiply {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(factor) = self.0.of(context.market()) else { return Ok(value) };
        Ok(match value {
            Some(Value::Amount(amount)) => Some(Value::Amount(scaled(amount, factor.0, Decimal::ONE)?)),
            Some(Value::Number(number)) => number.checked_mul(factor.0).map(Value::Number),
            other => other,
        })
    }
}
