//! `merge` and `join`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        LIST_LIMIT, TEXT_LIMIT_BYTES,
        compile::Scope,
        context::{Context, Field},
        engine::Run,
        finding::Fault,
        kind::Kind,
        problem::ProblemKind,
        value::Value,
    },
};

/// Most fields that are merged.
const FIELDS_LIMIT: usize = 20;

/// Makes one list of the value and some fields, each entry once; empty ones are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Merge(Vec<String>);

/// Makes one text of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Join(String);

impl Merge {
    pub(super) const DOC: Doc = Doc {
        name: "merge",
        ro: "face o singură listă din valoare și câmpuri",
        en: "makes one list of the value and some fields",
        parameters: &[Parameter {
            name: "",
            ro: "câmpurile: texte sau liste",
            en: "the fields: texts or lists",
        }],
        examples: &[StepExample {
            step: "{ merge = [\"erp.class_name\", \"erp.customs_code\", \"erp.producer\"] }",
            kind: Kind::Text,
            before: "Vase",
            after: "Vase, Exemplar",
        }],
    };
}

impl Join {
    pub(super) const DOC: Doc = Doc {
        name: "join",
        ro: "face un text dintr-o listă",
        en: "makes one text of a list",
        parameters: &[Parameter {
            name: "",
            ro: "ce stă între elemente",
            en: "what stands between the entries",
        }],
        examples: &[StepExample {
            step: "{ split = { by = \";\" } }, { join = \" / \" }",
            kind: Kind::Text,
            before: "a;b",
            after: "a / b",
        }],
    };
}

#[derive(Debug)]
struct Fields(Vec<Field>);

impl Rule for Merge {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        let is_text = |kind| matches!(kind, Kind::Text | Kind::List);
        if !is_text(kind) && kind != Kind::Nothing {
            return Err(Fault::Kind { needs: vec![Kind::Text, Kind::List], got: kind });
        }
        if self.0.len() > FIELDS_LIMIT {
            return Err(Fault::TooMany { what: "sources", limit: FIELDS_LIMIT });
        }
        let mut fields = Vec::new();
        for name in &self.0 {
            let field = scope.field(name)?;
            if !is_text(field.kind) {
                return Err(Fault::Kind { needs: vec![Kind::Text, Kind::List], got: field.kind });
            }
            fields.push(field);
        }
        Ok((Kind::List, Box::new(Fields(fields))))
    }

    fn say(&self, reader: Reader) -> String {
        let fields = self.0.join(", ");
        words(reader, format!("împreună cu {fields}"), format!("together with {fields}"))
    }
}

impl Rule for Join {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::List {
            return Err(Fault::Kind { needs: vec![Kind::List], got: kind });
        }
        Ok((Kind::Text, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, format!("unite prin „{}”", self.0), format!("joined by “{}”", self.0))
    }
}

impl Run for Fields {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let mut all: Vec<Cow<'a, str>> = Vec::new();
        for part in [value].into_iter().chain(self.0.iter().map(|field| context.read(field))).flatten() {
            let items = match part {
                Value::List(items) => items,
                other => vec![other.into_text()],
            };
            for item in items {
                if !item.trim().is_empty() && !all.contains(&item) && all.len() < LIST_LIMIT {
                    all.push(item);
                }
            }
        }
        Ok((!all.is_empty()).then_some(Value::List(all)))
    }
}

impl Run for Join {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(Value::List(items)) = value else { return Ok(value) };
        let mut out = String::new();
        for (i, item) in items.iter().enumerate() {
            if out.len() > TEXT_LIMIT_BYTES {
                break;
            }
            if i > 0 {
                out.push_str(&self.0);
            }
            out.push_str(item);
        }
        Ok(Some(Value::Text(Cow::Owned(out))))
    }
}
