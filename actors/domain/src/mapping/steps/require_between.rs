//! `require_between`

use serde::{Deserialize, Serialize};

use super::{
    Doc, Parameter, Rule, StepExample,
    operand::{Operand, Resolved},
    out_of_range, words,
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

/// Takes an amount outside of the limits for an error of the data, and stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequireBetween {
    /// Least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<Operand>,
    /// Most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<Operand>,
}

impl RequireBetween {
    pub(super) const DOC: Doc = Doc {
        name: "require_between",
        ro: "oprește o sumă din afara limitelor, ca pe o greșeală",
        en: "stops an amount outside of the limits, as an error",
        parameters: &[
            Parameter { name: "min", ro: "cel puțin; ca la `floor`", en: "least; as for `floor`" },
            Parameter { name: "max", ro: "cel mult; ca la `floor`", en: "most; as for `floor`" },
        ],
        examples: &[
            StepExample {
                step: "{ require_between = { min = 20, max = 2000 } }",
                kind: Kind::MARKET_GROSS,
                before: "319",
                after: "319",
            },
            StepExample {
                step: "{ require_between = { max = { SE = 2000 } } }",
                kind: Kind::MARKET_GROSS,
                before: "3190",
                after: "!price_out_of_range",
            },
        ],
    };
}

#[derive(Debug)]
struct Compiled {
    min: Option<Resolved>,
    max: Option<Resolved>,
}

impl Rule for RequireBetween {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if !matches!(kind, Kind::Number | Kind::Amount(_)) {
            return Err(Fault::Kind { needs: vec![Kind::Number, Kind::MARKET_GROSS], got: kind });
        }
        let min = self.min.as_ref().map(|min| min.resolve(kind, scope)).transpose()?;
        let max = self.max.as_ref().map(|max| max.resolve(kind, scope)).transpose()?;
        Ok((kind, Box::new(Compiled { min, max })))
    }

    fn say(&self, reader: Reader) -> String {
        let limit = |limit: Option<&Operand>| limit.map_or_else(|| "…".to_owned(), Operand::say);
        let (min, max) = (limit(self.min.as_ref()), limit(self.max.as_ref()));
        words(reader, format!("oprit în afara {min} – {max}"), format!("stopped outside of {min} – {max}"))
    }
}

impl Run for Compiled {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let exact = match &value {
            Some(Value::Amount(amount)) => amount.exact,
            Some(Value::Number(number)) => Exact::of(*number),
            _ => return Ok(value),
        };
        let limit = |limit: Option<&'a Resolved>| limit.and_then(|limit| limit.value(context));
        let (min, max) = (limit(self.min.as_ref()), limit(self.max.as_ref()));
        let outside =
            min.is_some_and(|min| exact.is_below(min)) || max.is_some_and(|max| max.is_below(exact));
        if !outside {
            return Ok(value);
        }
        Err(match out_of_range(exact) {
            ProblemKind::PriceOutOfRange { amount, .. } => ProblemKind::PriceOutOfRange {
                amount,
                min: min.and_then(Exact::quotient),
                max: max.and_then(Exact::quotient),
            },
            other => other,
        })
    }
}
