//! `case`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Parameter, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{compile::Scope, engine::Run, finding::Fault, kind::Kind},
};

/// Capitals and small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// All capitals.
    Upper,
    /// All small.
    Lower,
    /// Each word begins with a capital.
    Title,
    /// The first letter is a capital, the others are small.
    Sentence,
}

impl Case {
    pub(super) const DOC: Doc = Doc {
        name: "case",
        ro: "schimbă literele mari și mici",
        en: "changes capitals and small letters",
        parameters: &[Parameter {
            name: "",
            ro: "`upper`, `lower`, `title` (fiecare cuvânt) sau `sentence` (doar prima literă mare)",
            en: "`upper`, `lower`, `title` (each word) or `sentence` (only the first letter is a capital)",
        }],
        examples: &[
            StepExample { step: "{ case = \"upper\" }", kind: Kind::Text, before: "știft", after: "ȘTIFT" },
            StepExample {
                step: "{ case = \"sentence\" }",
                kind: Kind::Text,
                before: "OALĂ FONTĂ",
                after: "Oală fontă",
            },
            StepExample {
                step: "{ case = \"title\" }",
                kind: Kind::Text,
                before: "oală FONTĂ-mare",
                after: "Oală Fontă-Mare",
            },
        ],
    };
}

impl Rule for Case {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        on_text(*self, kind)
    }

    fn say(&self, reader: Reader) -> String {
        let (ro, en) = match self {
            Self::Upper => ("cu litere mari", "in capitals"),
            Self::Lower => ("cu litere mici", "in small letters"),
            Self::Title => ("fiecare cuvânt cu literă mare", "each word with a capital"),
            Self::Sentence => ("doar prima literă mare", "only the first letter a capital"),
        };
        words(reader, ro.to_owned(), en.to_owned())
    }
}

impl OnText for Case {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let mut begins = true;
        let cased = match self {
            Self::Upper => text.to_uppercase(),
            Self::Lower => text.to_lowercase(),
            Self::Title | Self::Sentence => {
                text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
                    if begins && c.is_alphabetic() {
                        out.extend(c.to_uppercase());
                    } else {
                        out.extend(c.to_lowercase());
                    }
                    begins = match self {
                        Self::Title => !c.is_alphanumeric() && c != '\'' && c != '’',
                        _ => begins && !c.is_alphabetic(),
                    };
                    out
                })
            }
        };
        Some(Cow::Owned(cased))
    }
}
