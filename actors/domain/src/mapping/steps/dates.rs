//! `parse_date` and `date_format`: one pattern language, both ways.

use std::borrow::Cow;

use jiff::{
    civil::{Date, date},
    fmt::strtime,
};
use serde::{Deserialize, Serialize};

use super::{Doc, Parameter, Rule, StepExample, words};
use crate::{
    attention::Reader,
    mapping::{
        compile::Scope, context::Context, engine::Run, finding::Fault, kind::Kind, problem::ProblemKind,
        value::Value,
    },
};

/// Longest pattern and longest date, bytes.
const LIMIT_BYTES: usize = 64;
/// A day whose parts cannot be mistaken for each other.
const SAMPLE: Date = date(2026, 11, 30);

const PATTERN: Parameter = Parameter {
    name: "",
    ro: "modelul: `%d` ziua, `%m` luna, `%Y` anul, `%y` anul cu două cifre, de exemplu `%d.%m.%Y`",
    en: "the pattern: `%d` day, `%m` month, `%Y` year, `%y` year in two digits, such as `%d.%m.%Y`",
};

fn write(pattern: &str, day: Date) -> Option<String> {
    let text = strtime::format(pattern, day).ok()?;
    (!text.is_empty() && text.len() <= LIMIT_BYTES).then_some(text)
}

fn read(pattern: &str, text: &str) -> Option<Date> {
    let text = text.trim();
    (text.len() <= LIMIT_BYTES).then(|| strtime::parse(pattern, text).ok()?.to_date().ok()).flatten()
}

fn unusable(pattern: &str) -> Fault {
    Fault::Parameter {
        name: "pattern",
        value: pattern.to_owned(),
        ro: "un model de dată cu zi, lună și an, de exemplu `%d.%m.%Y`",
        en: "a pattern of a date with day, month and year, such as `%d.%m.%Y`",
    }
}

/// Reads a calendar day from a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParseDate(String);

impl ParseDate {
    pub(super) const DOC: Doc = Doc {
        name: "parse_date",
        ro: "citește o dată dintr-un text; ce nu este o dată nu dă nimic",
        en: "reads a date from a text; what is no date gives nothing",
        parameters: &[PATTERN],
        examples: &[
            StepExample {
                step: "{ parse_date = \"%d.%m.%Y\" }",
                kind: Kind::Text,
                before: "30.11.2026",
                after: "2026-11-30",
            },
            StepExample {
                step: "{ parse_date = \"%d.%m.%Y\" }",
                kind: Kind::Text,
                before: "31.11.2026",
                after: "",
            },
        ],
    };
}

impl Rule for ParseDate {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::Text {
            return Err(Fault::Kind { needs: vec![Kind::Text], got: kind });
        }
        let returns = write(&self.0, SAMPLE).and_then(|text| read(&self.0, &text));
        if returns != Some(SAMPLE) {
            return Err(unusable(&self.0));
        }
        Ok((Kind::Date, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        let shape = write(&self.0, SAMPLE).unwrap_or_default();
        words(reader, format!("citit ca {shape}"), format!("read like {shape}"))
    }
}

impl Run for ParseDate {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(match value {
            Some(Value::Text(text)) => read(&self.0, &text).map(Value::Date),
            other => other,
        })
    }
}

/// Writes a calendar day as a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateFormat(String);

impl DateFormat {
    pub(super) const DOC: Doc = Doc {
        name: "date_format",
        ro: "scrie o dată ca text",
        en: "writes a date as a text",
        parameters: &[PATTERN],
        examples: &[StepExample {
            step: "{ date_format = \"%d.%m.%Y\" }",
            kind: Kind::Date,
            before: "2026-11-30",
            after: "30.11.2026",
        }],
    };
}

impl Rule for DateFormat {
    fn compile(&self, kind: Kind, _: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault> {
        if kind != Kind::Date {
            return Err(Fault::Kind { needs: vec![Kind::Date], got: kind });
        }
        write(&self.0, SAMPLE).ok_or_else(|| unusable(&self.0))?;
        Ok((Kind::Text, Box::new(self.clone())))
    }

    fn say(&self, reader: Reader) -> String {
        let shape = write(&self.0, SAMPLE).unwrap_or_default();
        words(reader, format!("scris ca {shape}"), format!("written like {shape}"))
    }
}

impl Run for DateFormat {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(match value {
            Some(Value::Date(day)) => write(&self.0, day).map(|text| Value::Text(Cow::Owned(text))),
            other => other,
        })
    }
}
