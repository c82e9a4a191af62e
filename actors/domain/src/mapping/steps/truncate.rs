//! `truncate`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Parameter, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{TEXT_LIMIT_BYTES, compile::Scope, engine::Run, finding::Fault, kind::Kind},
};

/// Cuts a text that is too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truncate {
    /// Most characters, `ending` included.
    chars: usize,
    /// Cut in the middle of a word.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    anywhere: bool,
    /// What stands at the end of a text that was cut.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    ending: String,
}

impl Truncate {
    pub(super) const DOC: Doc = Doc {
        name: "truncate",
        ro: "taie textul prea lung, la un cuvânt",
        en: "cuts a text that is too long, at a word",
        parameters: &[
            Parameter { name: "chars", ro: "cel mult atâtea caractere", en: "at most so many characters" },
            Parameter {
                name: "anywhere",
                ro: "taie și în mijlocul unui cuvânt",
                en: "also cuts in the middle of a word",
            },
            Parameter {
                name: "ending",
                ro: "ce stă la sfârșitul unui text tăiat",
                en: "what stands at the end of a text that was cut",
            },
        ],
        examples: &[
            StepExample {
                step: "{ truncate = { chars = 11 } }",
                kind: Kind::Text,
                before: "Oală fontă mare",
                after: "Oală fontă",
            },
            StepExample {
                step: "{ truncate = { chars = 9, ending = \"…\" } }",
                kind: Kind::Text,
                before: "Oală fontă mare",
                after: "Oală…",
            },
            StepExample {
                step: "{ truncate = { chars = 7, anywhere = true } }",
                kind: Kind::Text,
                before: "Oală fontă",
                after: "Oală fo",
            },
        ],
    };
}

impl Rule for Truncate {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if self.chars == 0 || self.chars > TEXT_LIMIT_BYTES || self.ending.chars().count() >= self.chars {
            return Err(Fault::Parameter {
                name: "chars",
                value: self.chars.to_string(),
                ro: "1 până la 65536, mai mult decât are `ending`",
                en: "1 to 65536, more than `ending` has",
            });
        }
        on_text(self.clone(), kind)
    }

    fn say(&self, reader: Reader) -> String {
        let chars = self.chars;
        words(reader, format!("cel mult {chars} caractere"), format!("at most {chars} characters"))
    }
}

impl OnText for Truncate {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        if text.char_indices().nth(self.chars).is_none() {
            return Some(text);
        }
        let room = self.chars.saturating_sub(self.ending.chars().count());
        let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
        let (head, tail) = text.split_at_checked(end)?;
        let breaks_word = !tail.starts_with(char::is_whitespace) && !head.ends_with(char::is_whitespace);
        let kept = match head.rfind(char::is_whitespace) {
            Some(at) if breaks_word && !self.anywhere => head.get(..at).unwrap_or(head),
            _ => head,
        };
        Some(Cow::Owned(format!("{}{}", kept.trim_end(), self.ending)))
    }
}
