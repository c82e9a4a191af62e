//! `default`

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, model::Literal,
        problem::ProblemKind, value::Value,
    },
};

/// A value for when there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrElse(Literal);

impl OrElse {
    pub(super) const DOC: Doc = Doc {
        name: "default",
        ro: "o valoare pentru când nu există alta",
        en: "a value for when there is none",
        parameters: &[Parameter { name: "", ro: "valoarea", en: "the value" }],
        examples: &[
            StepExample {
                step: "{ default = \"Exemplar\" }",
                kind: Kind::Text,
                before: "",
                after: "Exemplar",
            },
            StepExample {
                step: "{ default = \"Exemplar\" }",
                kind: Kind::Text,
                before: "Acme",
                after: "Acme",
            },
        ],
    };
}

impl Rule for OrElse {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        let own = self.0.kind();
        if kind != own && kind != Kind::Nothing {
            return Err(Fault::Kind { needs: vec![own], got: kind });
        }
        Ok((own, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, format!("dacă lipsește: {}", self.0), format!("when there is none: {}", self.0))
    }
}

impl Run for OrElse {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(value.or_else(|| Some(self.0.value())))
    }
}
