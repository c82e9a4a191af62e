//! `unit`

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, problem::ProblemKind,
        value::Value,
    },
};

/// A unit of weight, length or volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measure {
    Mg,
    G,
    Kg,
    T,
    Mm,
    Cm,
    M,
    Ml,
    Cl,
    L,
}

#[derive(PartialEq)]
enum Dimension {
    Weight,
    Length,
    Volume,
}

impl Measure {
    /// What it measures, and how many of the smallest unit it is.
    fn scale(self) -> (Dimension, i64) {
        match self {
            Self::Mg => (Dimension::Weight, 1),
            Self::G => (Dimension::Weight, 1_000),
            Self::Kg => (Dimension::Weight, 1_000_000),
            Self::T => (Dimension::Weight, 1_000_000_000),
            Self::Mm => (Dimension::Length, 1),
            Self::Cm => (Dimension::Length, 10),
            Self::M => (Dimension::Length, 1_000),
            Self::Ml => (Dimension::Volume, 1),
            Self::Cl => (Dimension::Volume, 10),
            Self::L => (Dimension::Volume, 1_000),
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Mg => "mg",
            Self::G => "g",
            Self::Kg => "kg",
            Self::T => "t",
            Self::Mm => "mm",
            Self::Cm => "cm",
            Self::M => "m",
            Self::Ml => "ml",
            Self::Cl => "cl",
            Self::L => "l",
        }
    }
}

/// From one unit of measure to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// What the number is in.
    from: Measure,
    /// What it shall be in.
    to: Measure,
}

impl Unit {
    pub(super) const DOC: Doc = Doc {
        name: "unit",
        ro: "trece dintr-o unitate de măsură în alta",
        en: "from one unit of measure to another",
        parameters: &[
            Parameter {
                name: "from",
                ro: "unitatea numărului: mg g kg t, mm cm m, ml cl l",
                en: "what the number is in: mg g kg t, mm cm m, ml cl l",
            },
            Parameter { name: "to", ro: "unitatea dorită", en: "what it shall be in" },
        ],
        examples: &[StepExample {
            step: "{ unit = { from = \"kg\", to = \"g\" } }",
            kind: Kind::Number,
            before: "5.2004",
            after: "5200.4",
        }],
    };
}

impl Rule for Unit {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::Number {
            return Err(Fault::Kind { needs: vec![Kind::Number], got: kind });
        }
        if self.from.scale().0 != self.to.scale().0 {
            return Err(Fault::Parameter {
                name: "to",
                value: self.to.code().to_owned(),
                ro: "o unitate a aceleiași mărimi",
                en: "a unit of the same quantity",
            });
        }
        Ok((Kind::Number, Box::new(*self)))
    }

    fn say(&self, reader: Reader) -> String {
        let (from, to) = (self.from.code(), self.to.code());
        words(reader, format!("din {from} în {to}"), format!("from {from} to {to}"))
    }
}

impl Run for Unit {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(match value {
            Some(Value::Number(number)) => number
                .checked_mul(Decimal::from(self.from.scale().1))
                .and_then(|number| number.checked_div(Decimal::from(self.to.scale().1)))
                .map(Value::Number),
            other => other,
        })
    }
}
