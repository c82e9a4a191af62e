//! `trim`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{compile::Scope, engine::Run, finding::Fault, kind::Kind},
};

/// Takes white space off both ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trim {}

impl Trim {
    pub(super) const DOC: Doc = Doc {
        name: "trim",
        ro: "elimină spațiile de la capete",
        en: "takes white space off both ends",
        parameters: &[],
        examples: &[StepExample { step: "\"trim\"", kind: Kind::Text, before: "  Ciocan ", after: "Ciocan" }],
    };
}

impl Rule for Trim {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        on_text(*self, kind)
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, Self::DOC.ro.to_owned(), Self::DOC.en.to_owned())
    }
}

impl OnText for Trim {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }
}
