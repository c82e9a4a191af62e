//! `is_url`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{compile::Scope, engine::Run, finding::Fault, kind::Kind, urls},
};

/// Keeps an absolute web address, encoded, and nothing else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsUrl {}

impl IsUrl {
    pub(super) const DOC: Doc = Doc {
        name: "is_url",
        ro: "păstrează doar o adresă web întreagă",
        en: "keeps an absolute web address, and nothing else",
        parameters: &[],
        examples: &[
            StepExample {
                step: "\"is_url\"",
                kind: Kind::Text,
                before: "https://img.example.com/a b.jpg",
                after: "https://img.example.com/a%20b.jpg",
            },
            StepExample { step: "\"is_url\"", kind: Kind::Text, before: "img/417.jpg", after: "" },
        ],
    };
}

impl Rule for IsUrl {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        on_text(*self, kind)
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, Self::DOC.ro.to_owned(), Self::DOC.en.to_owned())
    }
}

impl OnText for IsUrl {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        urls::absolute(&text).map(Cow::Owned)
    }
}
