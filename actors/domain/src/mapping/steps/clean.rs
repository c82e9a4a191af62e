//! `clean_text` and `clean_html`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, OnText, Parameter, Rule, StepExample, on_text, words};
use crate::{
    attention::Reader,
    mapping::{TEXT_LIMIT_BYTES, compile::Scope, engine::Run, finding::Fault, kind::Kind, text},
};

/// Makes a plain text: no markup, no control characters, no emoji, single spaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanText {}

impl CleanText {
    pub(super) const DOC: Doc = Doc {
        name: "clean_text",
        ro: "curăță textul: fără marcaje, caractere de control și emoji, spații simple",
        en: "cleans the text: no markup, control characters or emoji, single spaces",
        parameters: &[],
        examples: &[StepExample {
            step: "\"clean_text\"",
            kind: Kind::Text,
            before: "<b>Oală</b>  fontă &amp; capac 🔥",
            after: "Oală fontă & capac",
        }],
    };
}

impl Rule for CleanText {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        on_text(*self, kind)
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, Self::DOC.ro.to_owned(), Self::DOC.en.to_owned())
    }
}

impl OnText for CleanText {
    fn on<'a>(&'a self, raw: Cow<'a, str>) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(text::plain(&raw, TEXT_LIMIT_BYTES).text))
    }
}

/// Keeps five tags (`br`, `p`, `li`, `ol`, `ul`) without attributes, and drops all other markup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanHtml {
    /// Cut at a word to so many characters, tags counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chars: Option<usize>,
}

impl CleanHtml {
    pub(super) const DOC: Doc = Doc {
        name: "clean_html",
        ro: "păstrează doar br, p, li, ol, ul, fără atribute",
        en: "keeps br, p, li, ol, ul only, without attributes",
        parameters: &[Parameter {
            name: "chars",
            ro: "taie la un cuvânt, la atâtea caractere cu tot cu marcaje",
            en: "cuts at a word to so many characters, tags counted",
        }],
        examples: &[
            StepExample {
                step: "\"clean_html\"",
                kind: Kind::Text,
                before: "<P class=x>Oală <b>fontă</b></P>",
                after: "<p>Oală fontă</p>",
            },
            StepExample {
                step: "{ clean_html = { chars = 12 } }",
                kind: Kind::Text,
                before: "<p>unu doi trei</p>",
                after: "<p>unu</p>",
            },
        ],
    };
}

impl Rule for CleanHtml {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        on_text(*self, kind)
    }

    fn say(&self, reader: Reader) -> String {
        let Doc { ro, en, .. } = Self::DOC;
        match self.chars {
            Some(chars) => words(
                reader,
                format!("{ro}, cel mult {chars} caractere"),
                format!("{en}, at most {chars} characters"),
            ),
            None => words(reader, ro.to_owned(), en.to_owned()),
        }
    }
}

impl OnText for CleanHtml {
    fn on<'a>(&'a self, raw: Cow<'a, str>) -> Option<Cow<'a, str>> {
        Some(Cow::Owned(text::html(&raw, self.chars.unwrap_or(TEXT_LIMIT_BYTES)).text))
    }
}
