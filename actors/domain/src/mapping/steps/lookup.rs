//! `lookup`

use std::{borrow::Cow, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope,
        context::Context,
        engine::Run,
        finding::Fault,
        fit::excerpt,
        kind::Kind,
        model::{Scalar, Table},
        problem::{Note, ProblemKind},
        value::Value,
    },
};

/// What happens to a value that a table has no row for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Gap {
    /// Nothing is sent, and a person is asked for the row.
    #[default]
    Block,
    /// There is no value.
    Empty,
    /// The value stays as it is.
    Keep,
    /// This stands for it.
    Value(Scalar),
}

impl Gap {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Looks a value up in a table of the mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The table.
    table: String,
    /// What happens to a value without a row, when the table has no `otherwise`.
    #[serde(default, skip_serializing_if = "Gap::is_default")]
    gap: Gap,
}

impl Lookup {
    pub(super) const DOC: Doc = Doc {
        name: "lookup",
        ro: "caută valoarea într-o tabelă",
        en: "looks the value up in a table",
        parameters: &[
            Parameter { name: "table", ro: "tabela", en: "the table" },
            Parameter {
                name: "gap",
                ro: "pentru o valoare fără rând: `block` (implicit: articolul așteaptă un om), `empty`, `keep` sau { value = … }",
                en: "for a value without a row: `block` (default: the article waits for a person), `empty`, `keep` or { value = … }",
            },
        ],
        examples: &[
            StepExample {
                step: "{ lookup = { table = \"category\" } }",
                kind: Kind::Text,
                before: "VASE",
                after: "1124",
            },
            StepExample {
                step: "{ lookup = { table = \"category\" } }",
                kind: Kind::Text,
                before: "ALTE",
                after: "!mapping_gap",
            },
            StepExample {
                step: "{ lookup = { table = \"category\", gap = \"keep\" } }",
                kind: Kind::Text,
                before: "ALTE",
                after: "ALTE",
            },
            StepExample {
                step: "{ lookup = { table = \"category\", gap = { value = 9 } } }",
                kind: Kind::Text,
                before: "ALTE",
                after: "9",
            },
        ],
    };
}

#[derive(Debug)]
struct Compiled {
    name: String,
    table: Arc<Table>,
    gap: Gap,
}

impl Rule for Lookup {
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if !matches!(kind, Kind::Text | Kind::Number | Kind::Flag) {
            return Err(Fault::Kind { needs: vec![Kind::Text], got: kind });
        }
        let table = scope.table(&self.table)?;
        Ok((Kind::Text, Box::new(Compiled { name: self.table.clone(), table, gap: self.gap.clone() })))
    }

    fn say(&self, reader: Reader) -> String {
        let table = &self.table;
        words(reader, format!("după tabela `{table}`"), format!("by the table `{table}`"))
    }
}

impl Run for Compiled {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let key = value.map_or(Cow::Borrowed(""), Value::into_text);
        if let Some(found) = self.table.get(&key, context.market()) {
            return Ok(Some(Value::text(found)));
        }
        if let Some(otherwise) = &self.table.otherwise {
            context.note(Note::TableOtherwise { table: self.name.clone(), value: excerpt(&key) });
            return Ok(Some(Value::text(otherwise.as_str())));
        }
        match &self.gap {
            Gap::Block => {
                Err(ProblemKind::MappingGap { table: self.name.clone(), value: excerpt(key.trim()) })
            }
            Gap::Empty => Ok(None),
            Gap::Keep => Ok(Some(Value::Text(key))),
            Gap::Value(value) => Ok(Some(Value::text(value.as_str()))),
        }
    }

    fn table(&self) -> Option<&Table> {
        Some(&self.table)
    }
}
