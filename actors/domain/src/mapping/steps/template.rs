//! `template`

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        TEXT_LIMIT_BYTES,
        compile::Scope,
        context::{Context, Field},
        engine::Run,
        finding::Fault,
        kind::Kind,
        problem::ProblemKind,
        value::Value,
    },
};

/// Longest template, characters.
const LIMIT: usize = 1_000;

/// A text with fields in it: `{erp.name}`; `{value}` is the value so far; what stands in `[ ]` goes when a field in it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(String);

impl Template {
    pub(super) const DOC: Doc = Doc {
        name: "template",
        ro: "un text cu câmpuri în el",
        en: "a text with fields in it",
        parameters: &[Parameter {
            name: "",
            ro: "textul: {erp.name} este un câmp, {value} valoarea de până acum; ce stă între [ ] lipsește când un câmp de acolo este gol",
            en: "the text: {erp.name} is a field, {value} the value so far; what stands in [ ] goes when a field in it is empty",
        }],
        examples: &[
            StepExample {
                step: "{ template = \"{erp.name}[. {erp.class_name}]\" }",
                kind: Kind::Nothing,
                before: "",
                after: "Oală fontă. Vase",
            },
            StepExample {
                step: "{ template = \"{erp.name}[ ({erp.customs_code})]\" }",
                kind: Kind::Nothing,
                before: "",
                after: "Oală fontă",
            },
            StepExample {
                step: "{ template = \"Cod {value}\" }",
                kind: Kind::Text,
                before: "A1",
                after: "Cod A1",
            },
        ],
    };

    fn fault(&self) -> Fault {
        Fault::Parameter {
            name: "template",
            value: format!("`{}`", self.0),
            ro: "un text de cel mult 1000 de caractere, cu fiecare { și [ închis și nu unul în altul",
            en: "a text of at most 1000 characters, with each { and [ closed and not one within its like",
        }
    }
}

#[derive(Debug)]
enum Piece {
    Words(Box<str>),
    Field(Box<Field>),
    Value,
    Optional(Vec<Piece>),
}

#[derive(Debug)]
struct Compiled(Vec<Piece>);

impl Rule for Template {
    fn compile(&self, _: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if self.0.chars().count() > LIMIT {
            return Err(self.fault());
        }
        let mut pieces = Vec::new();
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find(['[', ']']) {
            let (before, after) = rest.split_at_checked(at).ok_or_else(|| self.fault())?;
            self.pieces(before, scope, &mut pieces)?;
            let inner = after.strip_prefix('[').ok_or_else(|| self.fault())?;
            let (inner, after) = inner.split_once(']').ok_or_else(|| self.fault())?;
            if inner.contains('[') {
                return Err(self.fault());
            }
            let mut optional = Vec::new();
            self.pieces(inner, scope, &mut optional)?;
            pieces.push(Piece::Optional(optional));
            rest = after;
        }
        self.pieces(rest, scope, &mut pieces)?;
        Ok((Kind::Text, Box::new(Compiled(pieces))))
    }

    fn say(&self, reader: Reader) -> String {
        words(reader, format!("textul „{}”", self.0), format!("the text “{}”", self.0))
    }
}

impl Template {
    fn pieces(&self, text: &str, scope: &mut Scope<'_>, pieces: &mut Vec<Piece>) -> Result<(), Fault> {
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at_checked(at).ok_or_else(|| self.fault())?;
            if !before.is_empty() {
                pieces.push(Piece::Words(before.into()));
            }
            let inner = after.strip_prefix('{').ok_or_else(|| self.fault())?;
            let (name, after) = inner.split_once('}').ok_or_else(|| self.fault())?;
            pieces.push(match name.trim() {
                "value" => Piece::Value,
                name => Piece::Field(Box::new(scope.field(name)?)),
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.into()));
        }
        Ok(())
    }
}

impl Run for Compiled {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        let value = value.map(Value::into_text);
        let mut out = String::new();
        let mut filled = false;
        write(&self.0, value.as_deref(), context, &mut out, &mut filled);
        // Words around fields that are all empty say nothing.
        let has_fields = self.0.iter().any(|piece| !matches!(piece, Piece::Words(_)));
        Ok((filled || !has_fields).then_some(Value::Text(Cow::Owned(out))))
    }
}

/// Whether every field had a value.
fn write<'a>(
    pieces: &'a [Piece],
    value: Option<&str>,
    context: &Context<'a>,
    out: &mut String,
    filled: &mut bool,
) -> bool {
    let mut whole = true;
    for piece in pieces {
        if out.len() > TEXT_LIMIT_BYTES {
            break;
        }
        match piece {
            Piece::Words(words) => out.push_str(words),
            Piece::Value => match value {
                Some(value) => {
                    *filled = true;
                    out.push_str(value);
                }
                None => whole = false,
            },
            Piece::Field(field) => match context.read(field) {
                Some(value) => {
                    *filled = true;
                    out.push_str(value.into_text().trim());
                }
                None => whole = false,
            },
            Piece::Optional(inner) => {
                let before = out.len();
                if !write(inner, value, context, out, filled) {
                    out.truncate(before);
                }
            }
        }
    }
    whole
}
