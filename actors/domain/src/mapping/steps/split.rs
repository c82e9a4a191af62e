//! `split`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        LIST_LIMIT, compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind,
        problem::ProblemKind, value::Value,
    },
};

/// Divides a text; one part of it, or all of them as a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// What stands between the parts.
    by: String,
    /// Which part: 1 is the first, -1 the last; all when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    part: Option<i8>,
}

impl Split {
    pub(super) const DOC: Doc = Doc {
        name: "split",
        ro: "împarte textul: o parte, sau toate ca listă",
        en: "divides a text: one part, or all of them as a list",
        parameters: &[
            Parameter { name: "by", ro: "ce desparte părțile", en: "what stands between the parts" },
            Parameter {
                name: "part",
                ro: "care parte: 1 prima, -1 ultima; toate dacă lipsește",
                en: "which part: 1 the first, -1 the last; all without it",
            },
        ],
        examples: &[
            StepExample {
                step: "{ split = { by = \".\", part = -1 } }",
                kind: Kind::Text,
                before: "1.4.23",
                after: "23",
            },
            StepExample {
                step: "{ split = { by = \"/\", part = 2 } }",
                kind: Kind::Text,
                before: "roșu / mare",
                after: "mare",
            },
            StepExample {
                step: "{ split = { by = \";\" } }",
                kind: Kind::Text,
                before: "a; b;;c",
                after: "a, b, c",
            },
            StepExample {
                step: "{ split = { by = \".\", part = 4 } }",
                kind: Kind::Text,
                before: "1.4",
                after: "",
            },
        ],
    };
}

impl Rule for Split {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::Text {
            return Err(Fault::Kind { needs: vec![Kind::Text], got: kind });
        }
        if self.by.is_empty() || self.part == Some(0) {
            return Err(Fault::Parameter {
                name: if self.by.is_empty() { "by" } else { "part" },
                value: if self.by.is_empty() { "``".to_owned() } else { "0".to_owned() },
                ro: "un text în `by`, iar `part` 1, 2 … sau -1, -2 …",
                en: "a text in `by`, and 1, 2 … or -1, -2 … in `part`",
            });
        }
        Ok((if self.part.is_some() { Kind::Text } else { Kind::List }, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        let by = &self.by;
        match self.part {
            Some(part) => words(
                reader,
                format!("partea {part}, despărțită prin „{by}”"),
                format!("part {part} of what “{by}” divides"),
            ),
            None => {
                words(reader, format!("listă despărțită prin „{by}”"), format!("a list divided by “{by}”"))
            }
        }
    }
}

impl Run for Split {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let Some(Value::Text(text)) = value else { return Ok(value) };
        Ok(match text {
            Cow::Borrowed(text) => self.parts(text, Cow::Borrowed),
            Cow::Owned(text) => self.parts(&text, |part| Cow::Owned(part.to_owned())),
        })
    }
}

impl Split {
    fn parts<'t, 'a>(&self, text: &'t str, keep: impl Fn(&'t str) -> Cow<'a, str>) -> Option<Value<'a>> {
        let mut parts = text.split(self.by.as_str()).map(str::trim);
        let Some(part) = self.part else {
            let filled = parts.filter(|part| !part.is_empty());
            return Some(Value::List(filled.take(LIST_LIMIT).map(keep).collect()));
        };
        let at = usize::from(part.unsigned_abs()) - 1;
        let part =
            if part > 0 { parts.nth(at) } else { text.rsplit(self.by.as_str()).map(str::trim).nth(at) };
        part.map(|part| Value::Text(keep(part)))
    }
}
