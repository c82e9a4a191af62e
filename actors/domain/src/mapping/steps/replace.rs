//! `replace`

use std::borrow::Cow;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Parameter, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{TEXT_LIMIT_BYTES, compile::Scope, engine::Run, finding::Fault, kind::Kind},
};

/// Most characters that may be put in for one find.
const WITH_LIMIT: usize = 200;

/// Puts one text in the place of another, everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// The text that is looked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    /// Or a regular expression.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pattern: String,
    /// What is put in; after a pattern `$1` is its first group.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    with: String,
}

impl Replace {
    pub(super) const DOC: Doc = Doc {
        name: "replace",
        ro: "înlocuiește un text cu altul, peste tot",
        en: "puts one text in the place of another, everywhere",
        parameters: &[
            Parameter { name: "text", ro: "textul căutat", en: "the text that is looked for" },
            Parameter { name: "pattern", ro: "sau o expresie regulată", en: "or a regular expression" },
            Parameter {
                name: "with",
                ro: "ce se pune în loc; `$1` este primul grup",
                en: "what is put in; `$1` is the first group",
            },
        ],
        examples: &[
            StepExample {
                step: "{ replace = { text = \"buc.\", with = \"st\" } }",
                kind: Kind::Text,
                before: "10 buc.",
                after: "10 st",
            },
            StepExample {
                step: "{ replace = { pattern = '[\\s.]' } }",
                kind: Kind::Text,
                before: "7323 92.00",
                after: "73239200",
            },
            StepExample {
                step: "{ replace = { pattern = '([0-9]+) x ([0-9]+)', with = \"$2×$1\" } }",
                kind: Kind::Text,
                before: "2 x 3",
                after: "3×2",
            },
        ],
    };
}

#[derive(Debug)]
struct Plain(Replace);

#[derive(Debug)]
struct Compiled {
    pattern: Regex,
    with: String,
}

impl Rule for Replace {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if self.text.is_empty() == self.pattern.is_empty() {
            return Err(Fault::Parameter {
                name: "text",
                value: format!("`{}`", self.text),
                ro: "fie `text`, fie `pattern`",
                en: "either `text` or `pattern`",
            });
        }
        if self.with.chars().count() > WITH_LIMIT {
            return Err(Fault::TooMany { what: "characters", limit: WITH_LIMIT });
        }
        if self.pattern.is_empty() {
            return on_text(Plain(self.clone()), kind);
        }
        let pattern = Scope::pattern(&self.pattern)?;
        on_text(Compiled { pattern, with: self.with.clone() }, kind)
    }

    fn say(&self, reader: Reader) -> String {
        let (what, with) = (if self.text.is_empty() { &self.pattern } else { &self.text }, &self.with);
        if with.is_empty() {
            return words(reader, format!("fără `{what}`"), format!("without `{what}`"));
        }
        words(reader, format!("`{what}` devine `{with}`"), format!("`{what}` becomes `{with}`"))
    }
}

impl OnText for Plain {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let Replace { text: wanted, with, .. } = &self.0;
        if !text.contains(wanted) {
            return Some(text);
        }
        let mut out = String::with_capacity(text.len());
        for (i, piece) in text.split(wanted.as_str()).enumerate() {
            if i > 0 {
                out.push_str(with);
            }
            out.push_str(piece);
            if out.len() > TEXT_LIMIT_BYTES {
                break;
            }
        }
        Some(Cow::Owned(out))
    }
}

impl OnText for Compiled {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let mut out = String::new();
        let mut done = 0;
        for found in self.pattern.captures_iter(&text) {
            let Some(whole) = found.get(0) else { continue };
            out.push_str(text.get(done..whole.start())?);
            found.expand(&self.with, &mut out);
            done = whole.end();
            if out.len() > TEXT_LIMIT_BYTES {
                return Some(Cow::Owned(out));
            }
        }
        if done == 0 && out.is_empty() && !self.pattern.is_match(&text) {
            return Some(text);
        }
        out.push_str(text.get(done..)?);
        Some(Cow::Owned(out))
    }
}
