//! `is_gtin`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Parameter, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{compile::Scope, engine::Run, finding::Fault, gtin, kind::Kind},
};

/// Keeps a GTIN, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsGtin {
    /// Numbers of digits that count; 8, 12 and 13 when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    digits: Vec<usize>,
    /// Also numbers from the ranges that shops number by themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shops_own: bool,
}

impl IsGtin {
    pub(super) const DOC: Doc = Doc {
        name: "is_gtin",
        ro: "păstrează doar un GTIN corect",
        en: "keeps a right GTIN, and nothing else",
        parameters: &[
            Parameter {
                name: "digits",
                ro: "câte cifre sunt permise; 8, 12 și 13 dacă lipsește",
                en: "how many digits count; 8, 12 and 13 without it",
            },
            Parameter {
                name: "shops_own",
                ro: "și numerele pe care magazinele le dau singure",
                en: "also numbers that shops give by themselves",
            },
        ],
        examples: &[
            StepExample {
                step: "\"is_gtin\"",
                kind: Kind::Text,
                before: "5940000000011",
                after: "5940000000011",
            },
            StepExample { step: "\"is_gtin\"", kind: Kind::Text, before: "2000000000008", after: "" },
            StepExample {
                step: "{ is_gtin = { digits = [8, 13] } }",
                kind: Kind::Text,
                before: "036000291452",
                after: "",
            },
        ],
    };
}

impl Rule for IsGtin {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        on_text(self.clone(), kind)
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, Self::DOC.ro.to_owned(), Self::DOC.en.to_owned())
    }
}

impl OnText for IsGtin {
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let wanted = self.digits.is_empty() || self.digits.contains(&text.len());
        let good = wanted && gtin::is_gtin(&text) && (self.shops_own || !gtin::is_shops_own(&text));
        good.then_some(text)
    }
}
