//! Conditions on a field's value, for rows and for the step `if`.

use regex::Regex;
use rust_decimal::Decimal;

use super::{
    compile::Scope,
    context::{Context, Field},
    finding::Fault,
    kind::Kind,
    model::{Condition, Scalar},
    value::Value,
};
use crate::attention::Reader;

/// A compiled condition.
#[derive(Debug)]
pub(super) struct Test {
    field: Field,
    is: Vec<Scalar>,
    is_not: Vec<Scalar>,
    filled: Option<bool>,
    above: Option<Decimal>,
    below: Option<Decimal>,
    matches: Option<Regex>,
}

impl Test {
    pub(super) fn new(condition: &Condition, scope: &mut Scope<'_>) -> Result<Self, Fault> {
        let field = scope.field(&condition.field)?;
        let is_number = matches!(field.kind, Kind::Number | Kind::Amount(_));
        if (condition.above.is_some() || condition.below.is_some()) && !is_number {
            return Err(Fault::Kind { needs: vec![Kind::Number], got: field.kind });
        }
        let matches = condition.matches.as_deref().map(Scope::pattern).transpose()?;
        let Condition { is, is_not, filled, above, below, .. } = condition.clone();
        Ok(Self { field, is, is_not, filled, above, below, matches })
    }

    pub(super) fn holds<'a>(&'a self, context: &Context<'a>) -> bool {
        let value = context.read(&self.field);
        if self.filled.is_some_and(|filled| filled != value.is_some()) {
            return false;
        }
        let is = |wanted: &Scalar| value.as_ref().is_some_and(|value| equals(value, wanted.as_str()));
        if (!self.is.is_empty() && !self.is.iter().any(is)) || self.is_not.iter().any(is) {
            return false;
        }
        let number = || match value.as_ref()? {
            Value::Number(number) => Some(*number),
            Value::Amount(amount) => amount.exact.quotient(),
            _ => None,
        };
        if self.above.is_some_and(|least| number().is_none_or(|number| number <= least))
            || self.below.is_some_and(|most| number().is_none_or(|number| number >= most))
        {
            return false;
        }
        self.matches.as_ref().is_none_or(|pattern| match &value {
            Some(Value::Text(text)) => pattern.is_match(text),
            Some(Value::List(items)) => items.iter().any(|item| pattern.is_match(item)),
            Some(other) => pattern.is_match(&other.clone().into_text()),
            None => false,
        })
    }
}

fn equals(value: &Value<'_>, wanted: &str) -> bool {
    match value {
        Value::Text(text) => text.trim() == wanted.trim(),
        Value::List(items) => items.iter().any(|item| item.trim() == wanted.trim()),
        Value::Number(number) => wanted.trim().parse().ok() == Some(*number),
        Value::Amount(amount) => wanted.trim().parse().ok() == amount.exact.quotient(),
        Value::Flag(flag) => wanted.trim().parse().ok() == Some(*flag),
        Value::Date(date) => wanted.trim().parse().ok() == Some(*date),
    }
}

impl Condition {
    /// The condition in words.
    pub fn say(&self, reader: Reader) -> String {
        let ro = reader == Reader::Ro;
        let list = |items: &[Scalar]| {
            let quoted: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
            quoted.join(if ro { " sau " } else { " or " })
        };
        let mut parts = Vec::new();
        if !self.is.is_empty() {
            parts.push(format!("{} {}", if ro { "este" } else { "is" }, list(&self.is)));
        }
        if !self.is_not.is_empty() {
            parts.push(format!("{} {}", if ro { "nu este" } else { "is not" }, list(&self.is_not)));
        }
        if let Some(filled) = self.filled {
            parts.push(
                match (filled, ro) {
                    (true, true) => "este completat",
                    (true, false) => "has a value",
                    (false, true) => "este gol",
                    (false, false) => "is empty",
                }
                .to_owned(),
            );
        }
        if let Some(least) = self.above {
            parts.push(format!("{} {least}", if ro { "este peste" } else { "is above" }));
        }
        if let Some(most) = self.below {
            parts.push(format!("{} {most}", if ro { "este sub" } else { "is below" }));
        }
        if let Some(pattern) = &self.matches {
            parts.push(format!("{} `{pattern}`", if ro { "conține" } else { "matches" }));
        }
        format!("`{}` {}", self.field, parts.join(if ro { " și " } else { " and " }))
    }
}
