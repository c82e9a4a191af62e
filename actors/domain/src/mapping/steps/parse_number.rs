//! `parse_number`

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, problem::ProblemKind,
        value::Value,
    },
};

/// Longest number that is read, characters.
const LIMIT: usize = 40;

/// Where the decimals of a written number begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Convention {
    /// `1,234.50`
    #[default]
    Point,
    /// `1.234,50`
    Comma,
}

impl Convention {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn is_point(&self) -> bool {
        *self == Self::Point
    }
}

/// Reads a number from a text; other words around it make it unreadable, and what cannot be read is no value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParseNumber {
    /// Where the decimals begin.
    #[serde(default, skip_serializing_if = "Convention::is_point")]
    decimal: Convention,
}

impl ParseNumber {
    pub(super) const DOC: Doc = Doc {
        name: "parse_number",
        ro: "citește un număr dintr-un text",
        en: "reads a number from a text",
        parameters: &[Parameter {
            name: "decimal",
            ro: "`point` (implicit): 1,234.50; `comma`: 1.234,50",
            en: "`point` (default): 1,234.50; `comma`: 1.234,50",
        }],
        examples: &[
            StepExample { step: "\"parse_number\"", kind: Kind::Text, before: "1,234.50", after: "1234.5" },
            StepExample {
                step: "{ parse_number = { decimal = \"comma\" } }",
                kind: Kind::Text,
                before: "1.234,50",
                after: "1234.5",
            },
            StepExample { step: "\"parse_number\"", kind: Kind::Text, before: "12 kg", after: "" },
            StepExample { step: "\"parse_number\"", kind: Kind::Text, before: "1.234,50", after: "" },
        ],
    };
}

impl Rule for ParseNumber {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::Text {
            return Err(Fault::Kind { needs: vec![Kind::Text], got: kind });
        }
        Ok((Kind::Number, Box::new(*self)))
    }

    fn say(&self, reader: Reader) -> String {
        let shape = match self.decimal {
            Convention::Point => "1,234.50",
            Convention::Comma => "1.234,50",
        };
        words(reader, format!("ca număr ({shape})"), format!("as a number ({shape})"))
    }
}

impl Run for ParseNumber {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(match value {
            Some(Value::Text(text)) => parse(&text, self.decimal).map(Value::Number),
            other => other,
        })
    }
}

/// A number as people write it; groups of three digits may be set apart by spaces or by the other sign.
pub(super) fn parse(text: &str, convention: Convention) -> Option<Decimal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LIMIT {
        return None;
    }
    let (sign, group) = match convention {
        Convention::Point => ('.', ','),
        Convention::Comma => (',', '.'),
    };
    let (minus, digits) = match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, decimals) = digits.split_once(sign).unwrap_or((digits, ""));
    let is_group = |c: char| c == group || c == ' ' || c == '\u{a0}' || c == '\u{202f}' || c == '\'';
    let mut groups = whole.split(is_group);
    let first = groups.next()?;
    let grouped: Vec<&str> = groups.collect();
    let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let well_grouped = grouped.iter().all(|part| part.len() == 3 && is_digits(part))
        && (grouped.is_empty() || (1..=3).contains(&first.len()));
    if !well_grouped || !is_digits(first) || !is_digits(decimals) || (whole.is_empty() && decimals.is_empty())
    {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole = if whole.is_empty() { "0" } else { &whole };
    let separator = if decimals.is_empty() { "" } else { "." };
    format!("{minus}{whole}{separator}{decimals}").parse().ok()
}
