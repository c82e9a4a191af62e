//! The steps. Each is one file: its parameters, its check, what it does, how it is said, its documentation with examples.
//! A new step is a new file and one line in the list below.

mod agrees_with;
mod amount;
mod arithmetic;
mod case;
mod choose;
mod clean;
mod coalesce;
mod concat;
mod constant;
mod convert;
mod dates;
mod default;
mod extract;
mod format_number;
mod gtin;
mod limits;
mod lists;
mod lookup;
mod max_change;
mod operand;
mod parse_number;
mod percent;
mod price_ending;
mod replace;
mod require_between;
mod round;
mod split;
mod template;
mod transliterate;
mod trim;
mod truncate;
mod unit;
mod url;
mod vat;

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap as _};

use super::{
    compile::Scope,
    context::Context,
    engine::Run,
    finding::Fault,
    kind::Kind,
    problem::ProblemKind,
    value::{Amount, Exact, Value},
};
use crate::attention::Reader;

/// What a step knows of itself.
pub(super) trait Rule {
    /// Checks the step against the kind that it is given, and makes what runs.
    fn compile(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<(Kind, Box<dyn Run>), Fault>;
    /// What it does, in a few words.
    fn say(&self, reader: Reader) -> String;
}

/// What a person may read of a step.
#[derive(Debug, Clone, Copy)]
pub struct Doc {
    /// Its name in files.
    pub name: &'static str,
    /// What it does, in Romanian.
    pub ro: &'static str,
    /// What it does, in English.
    pub en: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// What it makes of some values; a test runs them all.
    pub examples: &'static [StepExample],
}

/// A parameter of a step.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name; empty when the step is written with this value alone.
    pub name: &'static str,
    /// What it means, in Romanian.
    pub ro: &'static str,
    /// What it means, in English.
    pub en: &'static str,
}

/// A step with a value before and after it.
#[derive(Debug, Clone, Copy)]
pub struct StepExample {
    /// The step as a file has it.
    pub step: &'static str,
    /// The kind of the value.
    pub kind: Kind,
    /// The value; empty: none.
    pub before: &'static str,
    /// What comes out; empty: none. Starting with `!`: the code of the problem that stops it.
    pub after: &'static str,
}

macro_rules! steps {
    ($($name:literal => $module:ident::$Type:ident,)+) => {
        /// One step of a row, as data.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each step documents itself")]
        pub enum Step { $($Type($module::$Type)),+ }

        /// Every step, with its documentation.
        pub const CATALOGUE: &[Doc] = &[$($module::$Type::DOC),+];

        impl Step {
            /// The name in files.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$Type(_) => $name),+ }
            }

            pub(super) fn rule(&self) -> &dyn Rule {
                match self { $(Self::$Type(step) => step),+ }
            }

            fn parameters(&self) -> serde_json::Result<serde_json::Value> {
                match self { $(Self::$Type(step) => serde_json::to_value(step)),+ }
            }

            fn named(name: &str, parameters: serde_json::Value) -> Result<Self, String> {
                match name {
                    $($name => serde_json::from_value(parameters).map(Self::$Type)
                        .map_err(|why| format!("step `{name}`: {why}")),)+
                    _ => Err(format!("there is no step `{name}`; use one of {}", [$($name),+].join(", "))),
                }
            }
        }
    };
}

steps! {
    "add" => arithmetic::Add,
    "agrees_with" => agrees_with::AgreesWith,
    "amount" => amount::Amount,
    "case" => case::Case,
    "ceiling" => limits::Ceiling,
    "clean_html" => clean::CleanHtml,
    "clean_text" => clean::CleanText,
    "coalesce" => coalesce::Coalesce,
    "concat" => concat::Concat,
    "constant" => constant::Constant,
    "convert" => convert::Convert,
    "date_format" => dates::DateFormat,
    "default" => default::OrElse,
    "extract" => extract::Extract,
    "floor" => limits::Floor,
    "format_number" => format_number::FormatNumber,
    "if" => choose::If,
    "is_gtin" => gtin::IsGtin,
    "is_url" => url::IsUrl,
    "join" => lists::Join,
    "lookup" => lookup::Lookup,
    "max_change" => max_change::MaxChange,
    "merge" => lists::Merge,
    "multiply" => arithmetic::Multiply,
    "parse_date" => dates::ParseDate,
    "parse_number" => parse_number::ParseNumber,
    "percent" => percent::Percent,
    "price_ending" => price_ending::PriceEnding,
    "replace" => replace::Replace,
    "require_between" => require_between::RequireBetween,
    "round" => round::Round,
    "split" => split::Split,
    "template" => template::Template,
    "transliterate" => transliterate::Transliterate,
    "trim" => trim::Trim,
    "truncate" => truncate::Truncate,
    "unit" => unit::Unit,
    "vat_add" => vat::VatAdd,
    "vat_strip" => vat::VatStrip,
}

impl Step {
    /// What it does, in a few words: for chips, differences and receipts.
    pub fn say(&self, reader: Reader) -> String {
        self.rule().say(reader)
    }
}

/// What a step is called by people, by its name in files; a receipt may name one that no longer exists.
pub fn title(name: &str, reader: Reader) -> Option<&'static str> {
    let doc = CATALOGUE.iter().find(|doc| doc.name == name)?;
    Some(match reader {
        Reader::Ro => doc.ro,
        Reader::En => doc.en,
    })
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parameters = self.parameters().map_err(serde::ser::Error::custom)?;
        // A step without parameters is its name alone.
        if parameters.as_object().is_some_and(serde_json::Map::is_empty) {
            return serializer.serialize_str(self.name());
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name(), &parameters)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, parameters) = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(name) => (name, serde_json::Value::Object(serde_json::Map::new())),
            serde_json::Value::Object(map) if map.len() == 1 => match map.into_iter().next() {
                Some(step) => step,
                None => return Err(D::Error::custom("a step has a name")),
            },
            other => {
                return Err(D::Error::custom(format!(
                    "{other} is not a step: write its name, or {{ name = parameters }}"
                )));
            }
        };
        Self::named(&name, parameters).map_err(D::Error::custom)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Reader::En))
    }
}

/// Picks the reader's words.
fn words(reader: Reader, ro: String, en: String) -> String {
    match reader {
        Reader::Ro => ro,
        Reader::En => en,
    }
}

/// A step that changes a text, or each text of a list.
trait OnText: fmt::Debug + Send + Sync + 'static {
    /// The text afterwards; none: it is left out.
    fn on<'a>(&'a self, text: Cow<'a, str>) -> Option<Cow<'a, str>>;
}

#[derive(Debug)]
struct EachText<T>(T);

impl<T: OnText> Run for EachText<T> {
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        _: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind> {
        Ok(match value {
            Some(Value::Text(text)) => self.0.on(text).map(Value::Text),
            Some(Value::List(items)) => {
                Some(Value::List(items.into_iter().filter_map(|item| self.0.on(item)).collect()))
            }
            other => other,
        })
    }
}

/// Accepts a text or a list of texts.
fn on_text<T: OnText>(step: T, kind: Kind) -> Result<(Kind, Box<dyn Run>), Fault> {
    match kind {
        Kind::Text | Kind::List => Ok((kind, Box::new(EachText(step)))),
        got => Err(Fault::Kind { needs: vec![Kind::Text, Kind::List], got }),
    }
}

/// Changes an amount and its limits by a factor `above` / `below`.
fn scaled(
    amount: Amount,
    above: rust_decimal::Decimal,
    below: rust_decimal::Decimal,
) -> Result<Amount, ProblemKind> {
    amount.map(|exact| exact.times(above, below)).ok_or_else(|| out_of_range(amount.exact))
}

fn out_of_range(exact: Exact) -> ProblemKind {
    let max = rust_decimal::Decimal::new(super::receipt::MAX_GROSS_MINOR, 2);
    ProblemKind::PriceOutOfRange { amount: exact.quotient().unwrap_or(max), min: None, max: Some(max) }
}

/// A price that rounds to nothing is an error of the data, not something that a limit or an ending may lift.
fn worth_something(exact: Exact) -> Result<(), ProblemKind> {
    match exact.quotient().and_then(super::fit::minor_units) {
        Some(minor) if minor > 0 => Ok(()),
        _ => Err(out_of_range(exact)),
    }
}

#[cfg(test)]
mod tests;
