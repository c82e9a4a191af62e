//! `extract`

use std::borrow::Cow;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Parameter, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{compile::Scope, engine::Run, finding::Fault, kind::Kind},
};

/// What stays when an expression is not found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Miss {
    /// Nothing.
    #[default]
    Empty,
    /// The value as it was.
    Keep,
}

impl Miss {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Takes the part of a text that a regular expression finds: its first group, or all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    /// The expression.
    pattern: String,
    /// What stays when it is not found.
    #[serde(default, skip_serializing_if = "Miss::is_default")]
    otherwise: Miss,
}

impl Extract {
    pub(super) const DOC: Doc = Doc {
        name: "extract",
        ro: "ia partea găsită de o expresie regulată",
        en: "takes the part that a regular expression finds",
        parameters: &[
            Parameter {
                name: "pattern",
                ro: "expresia; primul grup contează, altfel tot ce găsește",
                en: "the expression; its first group counts, else all that it finds",
            },
            Parameter {
                name: "otherwise",
                ro: "dacă nu găsește nimic: `empty` (implicit) sau `keep`",
                en: "when nothing is found: `empty` (default) or `keep`",
            },
        ],
        examples: &[
            StepExample {
                step: "{ extract = { pattern = '([0-9]+) ml' } }",
                kind: Kind::Text,
                before: "Sticlă 500 ml",
                after: "500",
            },
            StepExample {
                step: "{ extract = { pattern = '[0-9]+' } }",
                kind: Kind::Text,
                before: "Sticlă",
                after: "",
            },
            StepExample {
                step: "{ extract = { pattern = '[0-9]+', otherwise = \"keep\" } }",
                kind: Kind::Text,
                before: "Sticlă",
                after: "Sticlă",
            },
        ],
    };
}

#[derive(Debug)]
struct Compiled {
    pattern: Regex,
    otherwise: Miss,
}

impl Rule for Extract {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        let pattern = Scope::pattern(&self.pattern)?;
        on_text(Compiled { pattern, otherwise: self.otherwise }, kind)
    }

    fn say(&self, reader: Reader) -> String {
        let pattern = &self.pattern;
        words(reader, format!("partea găsită de `{pattern}`"), format!("the part found by `{pattern}`"))
    }
}

impl OnText for Compiled {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let found = self.pattern.captures(&text).and_then(|found| {
            let part = found.get(1).or_else(|| found.get(0))?;
            Some(part.range())
        });
        match (found, text, self.otherwise) {
            (Some(range), Cow::Borrowed(text), _) => text.get(range).map(Cow::Borrowed),
            (Some(range), Cow::Owned(text), _) => text.get(range).map(|part| Cow::Owned(part.to_owned())),
            (None, text, Miss::Keep) => Some(text),
            (None, _, Miss::Empty) => None,
        }
    }
}
