//! `concat`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        TEXT_LIMIT_BYTES,
        compile::Scope,
        context::{Context, Field},
        engine::Run,
        finding::Fault,
        kind::Kind,
        problem::ProblemKind,
        value::Value,
    },
};

/// Fields that are put after one another.
const FIELDS_LIMIT: usize = 20;

/// Puts fields before and after the value; what is empty is left out, its separator with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concat {
    /// Fields that go before the value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
    /// Fields that go after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
    /// What stands between; a space when nothing is said.
    #[serde(default = "space", skip_serializing_if = "is_space")]
    with: String,
}

fn space() -> String {
    " ".to_owned()
}

fn is_space(with: &str) -> bool {
    with == " "
}

impl Concat {
    pub(super) const DOC: Doc = Doc {
        name: "concat",
        ro: "alătură câmpuri valorii",
        en: "puts fields beside the value",
        parameters: &[
            Parameter {
                name: "before",
                ro: "câmpurile dinaintea valorii",
                en: "fields that go before the value",
            },
            Parameter { name: "after", ro: "câmpurile de după ea", en: "fields that go after it" },
            Parameter {
                name: "with",
                ro: "ce stă între ele; implicit un spațiu",
                en: "what stands between; a space by default",
            },
        ],
        examples: &[
            StepExample {
                step: "{ concat = { before = [\"erp.producer\"], after = [\"erp.class_name\"], with = \" – \" } }",
                kind: Kind::Text,
                before: "Oală",
                after: "Exemplar – Oală – Vase",
            },
            StepExample {
                step: "{ concat = { after = [\"erp.customs_code\", \"erp.unit\"] } }",
                kind: Kind::Text,
                before: "Oală",
                after: "Oală Buc",
            },
        ],
    };
}

#[derive(Debug)]
struct Compiled {
    before: Vec<Field>,
    after: Vec<Field>,
    with: String,
}

impl Rule for Concat {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if !matches!(kind, Kind::Text | Kind::Nothing | Kind::Number) {
            return Err(Fault::Kind { needs: vec![Kind::Text], got: kind });
        }
        if self.before.len() + self.after.len() > FIELDS_LIMIT {
            return Err(Fault::TooMany { what: "sources", limit: FIELDS_LIMIT });
        }
        let mut fields =
            |names: &[String]| names.iter().map(|name| scope.field(name)).collect::<Result<_, _>>();
        let (before, after) = (fields(&self.before)?, fields(&self.after)?);
        Ok((Kind::Text, Box::new(Compiled { before, after, with: self.with.clone() })))
    }

    fn say(&self, reader: Reader) -> String {
        let value = words(reader, "valoarea".to_owned(), "the value".to_owned());
        let parts = self.before.iter().chain([&value]).chain(&self.after).cloned().collect::<Vec<_>>();
        parts.join(" + ")
    }
}

impl Run for Compiled {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let read = |field: &'a Field| context.read(field);
        let parts = self.before.iter().map(read).chain([value]).chain(self.after.iter().map(read));
        let mut out = String::new();
        for part in parts.flatten() {
            let text = part.into_text();
            if out.len() > TEXT_LIMIT_BYTES {
                break;
            }
            if !out.is_empty() {
                out.push_str(&self.with);
            }
            out.push_str(text.trim());
        }
        Ok((!out.is_empty()).then_some(Value::Text(Cow::Owned(out))))
    }
}
