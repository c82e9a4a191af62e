//! `floor` and `ceiling`

use serde::{Deserialize, Serialize};

use super::{
    Doc, Parameter, Rule, StepExample,
    operand::{Operand, Resolved},
    words, worth_something,
};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, problem::ProblemKind,
        value::Value,
    },
};

const LIMIT: Parameter = Parameter {
    name: "",
    ro: "un număr în moneda sumei, pe piețe { SE = 49, otherwise = 20 }, sau { field = \"erp.price_net\", plus_percent = 15 }",
    en: "a number in the amount's currency, by market { SE = 49, otherwise = 20 }, or { field = \"erp.price_net\", plus_percent = 15 }",
};

/// Lifts what is lower. For an amount it holds until the end: no later rounding or ending goes below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Floor(Operand);

/// Lowers what is higher. For an amount it holds until the end, as far as no floor is above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ceiling(Operand);

impl Floor {
    pub(super) const DOC: Doc = Doc {
        name: "floor",
        ro: "ridică ce este mai mic; nici rotunjirea nu mai coboară sub el",
        en: "lifts what is lower; no rounding goes below it any more",
        parameters: &[LIMIT],
        examples: &[
            StepExample { step: "{ floor = 49 }", kind: Kind::MARKET_GROSS, before: "12", after: "49" },
            StepExample {
                step: "{ floor = { DK = 90 } }",
                kind: Kind::MARKET_GROSS,
                before: "12",
                after: "12",
            },
            StepExample {
                step: "{ floor = { field = \"erp.price_net\", plus_percent = 15 } }",
                kind: Kind::RON_NET,
                before: "90",
                after: "115",
            },
        ],
    };
}

impl Ceiling {
    pub(super) const DOC: Doc = Doc {
        name: "ceiling",
        ro: "coboară ce este mai mare",
        en: "lowers what is higher",
        parameters: &[LIMIT],
        examples: &[StepExample {
            step: "{ ceiling = 49 }",
            kind: Kind::MARKET_GROSS,
            before: "120",
            after: "49",
        }],
    };
}

#[derive(Debug)]
struct Limit {
    is_floor: bool,
    at: Resolved,
}

fn limit(
    operand: &Operand,
    is_floor: bool,
    kind: Kind,
    scope: &mut Scope<'_>,
) -> Result<(Kind, Box<dyn Run>), Fault> {
    if !matches!(kind, Kind::Number | Kind::Amount(_)) {
        return Err(Fault::Kind { needs: vec![Kind::Number, Kind::MARKET_GROSS], got: kind });
    }
    Ok((kind, Box::new(Limit { is_floor, at: operand.resolve(kind, scope)? })))
}

impl Rule for Floor {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        limit(&self.0, true, kind, scope)
    }

    fn say(&self, reader: Reader) -> String {
        let at = self.0.say();
        words(reader, format!("cel puțin {at}"), format!("at least {at}"))
    }
}

impl Rule for Ceiling {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        limit(&self.0, false, kind, scope)
    }

    fn say(&self, reader: Reader) -> String {
        let at = self.0.say();
        words(reader, format!("cel mult {at}"), format!("at most {at}"))
    }
}

impl Run for Limit {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(limit) = self.at.value(context) else { return Ok(value) };
        Ok(match value {
            Some(Value::Amount(amount)) => {
                worth_something(amount.exact)?;
                Some(Value::Amount(if self.is_floor {
                    amount.raise_to(limit)
                } else {
                    amount.lower_to(limit)
                }))
            }
            Some(Value::Number(number)) => {
                let limit = limit.quotient().unwrap_or(number);
                Some(Value::Number(if self.is_floor { number.max(limit) } else { number.min(limit) }))
            }
            other => other,
        })
    }
}
