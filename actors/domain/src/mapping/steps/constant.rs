//! `constant`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, model::Literal,
        problem::ProblemKind, value::Value,
    },
};

/// A value of its own, whatever came before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Constant(Literal);

impl Constant {
    pub(super) const DOC: Doc = Doc {
        name: "constant",
        ro: "o valoare fixă, orice a fost înainte",
        en: "a fixed value, whatever came before",
        parameters: &[Parameter { name: "", ro: "valoarea", en: "the value" }],
        examples: &[StepExample {
            step: "{ constant = \"EU\" }",
            kind: Kind::Nothing,
            before: "",
            after: "EU",
        }],
    };
}

impl Literal {
    pub(in crate::mapping) fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Number(_) => Kind::Number,
            Self::Flag(_) => Kind::Flag,
        }
    }

    pub(in crate::mapping) fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Number(number) => Value::Number(*number),
            Self::Flag(flag) => Value::Flag(*flag),
        }
    }
}

impl Rule for Constant {
    fn compile(&self, _: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        Ok((self.0.kind(), Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, format!("valoarea {}", self.0), format!("the value {}", self.0))
    }
}

impl Run for Constant {
    fn run<'a>(&'a self, _: Option<Value<'a>>, _: &Context<'a>) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(Some(self.0.value()))
    }
}
