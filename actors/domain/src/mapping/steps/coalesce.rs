//! `coalesce`

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope,
        context::{Context, Field},
        engine::Run,
        finding::Fault,
        kind::Kind,
        problem::ProblemKind,
        value::Value,
    },
};

/// Most fields that are tried.
const FIELDS_LIMIT: usize = 20;

/// When there is no value so far: the first of some fields that has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coalesce(Vec<String>);

impl Coalesce {
    pub(super) const DOC: Doc = Doc {
        name: "coalesce",
        ro: "dacă lipsește valoarea, ia primul câmp completat",
        en: "when there is no value, takes the first field that has one",
        parameters: &[Parameter { name: "", ro: "câmpurile, în ordine", en: "the fields, in this order" }],
        examples: &[
            StepExample {
                step: "{ coalesce = [\"erp.customs_code\", \"erp.producer\"] }",
                kind: Kind::Text,
                before: "",
                after: "Exemplar",
            },
            StepExample {
                step: "{ coalesce = [\"erp.producer\"] }",
                kind: Kind::Text,
                before: "Acme",
                after: "Acme",
            },
        ],
    };
}

#[derive(Debug)]
struct Compiled(Vec<Field>);

impl Rule for Coalesce {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if self.0.len() > FIELDS_LIMIT {
            return Err(Fault::TooMany { what: "sources", limit: FIELDS_LIMIT });
        }
        let (mut kind, mut fields) = (kind, Vec::new());
        for name in &self.0 {
            let field = scope.field(name)?;
            if kind == Kind::Nothing {
                kind = field.kind;
            }
            if field.kind != kind {
                return Err(Fault::Kind { needs: vec![kind], got: field.kind });
            }
            fields.push(field);
        }
        Ok((kind, Box::new(Compiled(fields))))
    }

    fn say(&self, reader: Reader) -> String {
        let fields = self.0.join(", ");
        words(reader, format!("dacă lipsește: {fields}"), format!("when there is none: {fields}"))
    }
}

impl Run for Compiled {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(value.or_else(|| self.0.iter().find_map(|field| context.read(field))))
    }
}
