//! `transliterate`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{compile::Scope, engine::Run, finding::Fault, kind::Kind},
};

/// Writes letters of every script with the 26 Latin ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transliterate {}

impl Transliterate {
    pub(super) const DOC: Doc = Doc {
        name: "transliterate",
        ro: "scrie fără diacritice, cu litere latine",
        en: "writes without diacritics, in Latin letters",
        parameters: &[],
        examples: &[
            StepExample {
                step: "\"transliterate\"",
                kind: Kind::Text,
                before: "Știft de oțel",
                after: "Stift de otel",
            },
            StepExample {
                step: "\"transliterate\"",
                kind: Kind::Text,
                before: "Smørrebrød, Åsa, Ελλάδα",
                after: "Smorrebrod, Asa, Ellada",
            },
        ],
    };
}

impl Rule for Transliterate {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        on_text(*self, kind)
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, "fără diacritice".to_owned(), "without diacritics".to_owned())
    }
}

impl OnText for Transliterate {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        // A sign that nothing stands for is left out.
        Some(if text.is_ascii() { text } else { Cow::Owned(deunicode::deunicode_with_tofu(&text, "")) })
    }
}
