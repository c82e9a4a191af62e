//! `format_number`

use std::borrow::Cow;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, parse_number::Convention, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, problem::ProblemKind,
        value::Value,
    },
};

/// Most decimals.
const DECIMALS_LIMIT: u32 = 10;

/// Writes a number as a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatNumber {
    /// How many decimals; as many as the number has when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decimals: Option<u32>,
    /// What stands before the decimals.
    #[serde(default, skip_serializing_if = "Convention::is_point")]
    decimal: Convention,
    /// What sets thousands apart; nothing when not given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    group: String,
}

impl FormatNumber {
    pub(super) const DOC: Doc = Doc {
        name: "format_number",
        ro: "scrie un număr ca text",
        en: "writes a number as a text",
        parameters: &[
            Parameter {
                name: "decimals",
                ro: "câte zecimale; câte are numărul, dacă lipsește",
                en: "how many decimals; as many as the number has without it",
            },
            Parameter {
                name: "decimal",
                ro: "`point` (implicit) sau `comma`",
                en: "`point` (default) or `comma`",
            },
            Parameter {
                name: "group",
                ro: "ce desparte miile; nimic, dacă lipsește",
                en: "what sets thousands apart; nothing without it",
            },
        ],
        examples: &[
            StepExample { step: "\"format_number\"", kind: Kind::Number, before: "5.20", after: "5.2" },
            StepExample {
                step: "{ format_number = { decimals = 2, decimal = \"comma\", group = \".\" } }",
                kind: Kind::Number,
                before: "-1234567.5",
                after: "-1.234.567,50",
            },
        ],
    };
}

impl Rule for FormatNumber {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if !matches!(kind, Kind::Number | Kind::Amount(_)) {
            return Err(Fault::Kind { needs: vec![Kind::Number], got: kind });
        }
        if self.decimals.is_some_and(|decimals| decimals > DECIMALS_LIMIT) || self.group.chars().count() > 1 {
            return Err(Fault::Parameter {
                name: "decimals",
                value: self.decimals.unwrap_or_default().to_string(),
                ro: "cel mult 10 zecimale și un singur caracter în `group`",
                en: "at most 10 decimals, and one character in `group`",
            });
        }
        Ok((Kind::Text, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        let shape = self.write(Decimal::new(12_345, 1));
        words(reader, format!("scris ca {shape}"), format!("written like {shape}"))
    }
}

impl FormatNumber {
    fn write(&self, number: Decimal) -> String {
        let number = match self.decimals {
            Some(decimals) => {
                let mut rounded =
                    number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
                rounded.rescale(decimals);
                rounded
            }
            None => number.normalize(),
        };
        let text = number.to_string();
        let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let mut out = sign.to_owned();
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                out.push_str(&self.group);
            }
            out.push(digit);
        }
        if !decimals.is_empty() {
            out.push(if self.decimal == Convention::Comma { ',' } else { '.' });
            out.push_str(decimals);
        }
        out
    }
}

impl Run for FormatNumber {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let number = match &value {
            Some(Value::Number(number)) => Some(*number),
            Some(Value::Amount(amount)) => amount.exact.quotient(),
            _ => return Ok(value),
        };
        Ok(number.map(|number| Value::Text(Cow::Owned(self.write(number)))))
    }
}
