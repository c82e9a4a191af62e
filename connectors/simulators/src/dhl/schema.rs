//! Closed schemas and the texts of what breaks them (spec sections 4.1 and 8).

use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// A rule for one JSON value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text { min: usize, max: usize, form: Form },
    Word(&'static [&'static str]),
    Number { min: Decimal, max: Decimal, step: Option<Decimal> },
    Integer { min: i64, max: i64 },
    OneOf(&'static [i64]),
    Flag,
    List { min: usize, max: usize, unique: bool, item: Box<Node> },
    Object { filled: bool, fields: Vec<Field> },
}

/// What a text must look like beside its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Any,
    /// `HH:MM`.
    TimeOfDay,
    /// `YYYY-MM-DD`.
    Date,
    /// Does not begin with a blank.
    Flush,
}

/// A key of a closed object.
#[derive(Debug, Clone)]
pub(super) struct Field {
    name: &'static str,
    required: bool,
    node: Node,
}

pub(super) fn req(name: &'static str, node: Node) -> Field {
    Field { name, required: true, node }
}

pub(super) fn opt(name: &'static str, node: Node) -> Field {
    Field { name, required: false, node }
}

pub(super) fn text(min: usize, max: usize) -> Node {
    Node::Text { min, max, form: Form::Any }
}

/// A text without limits.
pub(super) fn any_text() -> Node {
    text(0, usize::MAX)
}

pub(super) fn formed(min: usize, max: usize, form: Form) -> Node {
    Node::Text { min, max, form }
}

pub(super) fn time_of_day() -> Node {
    formed(0, 5, Form::TimeOfDay)
}

/// A number in steps of 0.001.
pub(super) fn amount(min: Decimal, max: i64) -> Node {
    Node::Number { min, max: Decimal::from(max), step: Some(Decimal::new(1, 3)) }
}

/// A number of any precision that is not negative.
pub(super) fn total(max: i64) -> Node {
    Node::Number { min: Decimal::ZERO, max: Decimal::from(max), step: None }
}

pub(super) fn list(min: usize, max: usize, item: Node) -> Node {
    Node::List { min, max, unique: false, item: Box::new(item) }
}

/// A list without equal items.
pub(super) fn set(min: usize, max: usize, item: Node) -> Node {
    Node::List { min, max, unique: true, item: Box::new(item) }
}

pub(super) fn object(fields: Vec<Field>) -> Node {
    Node::Object { filled: false, fields }
}

/// An object with at least one key.
pub(super) fn filled(fields: Vec<Field>) -> Node {
    Node::Object { filled: true, fields }
}

impl Node {
    /// Everything in `value` that breaks the rule, each with its JSON pointer.
    pub(super) fn check(&self, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.visit(value, "#", &mut faults);
        faults
    }

    fn visit(&self, value: &Value, at: &str, faults: &mut Vec<String>) {
        let fault = match (self, value) {
            (Self::Text { min, max, form }, Value::String(text)) => text_fault(text, *min, *max, *form),
            (Self::Word(words), Value::String(text)) => {
                (!words.contains(&text.as_str())).then(|| format!("{text} is not a valid enum value"))
            }
            (Self::Number { min, max, step }, Value::Number(_)) => number_fault(value, *min, *max, *step),
            (Self::Integer { min, max }, Value::Number(number)) if number.is_f64() => {
                let whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
                if whole {
                    number_fault(value, Decimal::from(*min), Decimal::from(*max), None)
                } else {
                    Some("expected type: Integer, found: BigDecimal".to_owned())
                }
            }
            (Self::Integer { min, max }, Value::Number(_)) => {
                number_fault(value, Decimal::from(*min), Decimal::from(*max), None)
            }
            (Self::OneOf(numbers), Value::Number(_)) => {
                let known = decimal(value).is_some_and(|n| numbers.iter().any(|k| Decimal::from(*k) == n));
                (!known).then(|| format!("{value} is not a valid enum value"))
            }
            (Self::Flag, Value::Bool(_)) => None,
            (Self::List { min, max, unique, item }, Value::Array(items)) => {
                let fault = list_fault(items, *min, *max, *unique);
                for (index, value) in items.iter().enumerate() {
                    item.visit(value, &format!("{at}/{index}"), faults);
                }
                fault
            }
            (Self::Object { filled, fields }, Value::Object(map)) => {
                object_faults(map, fields, at, faults);
                (*filled && map.is_empty()).then(|| "minimum size: [1], found: [0]".to_owned())
            }
            _ => Some(format!("expected type: {}, found: {}", self.type_name(), found(value))),
        };
        faults.extend(fault.map(|fault| format!("{at}: {fault}")));
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Text { .. } | Self::Word(_) => "String",
            Self::Number { .. } | Self::OneOf(_) => "Number",
            Self::Integer { .. } => "Integer",
            Self::Flag => "Boolean",
            Self::List { .. } => "JSONArray",
            Self::Object { .. } => "JSONObject",
        }
    }
}

fn object_faults(map: &Map<String, Value>, fields: &[Field], at: &str, faults: &mut Vec<String>) {
    for field in fields.iter().filter(|field| field.required && !map.contains_key(field.name)) {
        faults.push(format!("{at}: required key [{}] not found", field.name));
    }
    for (key, value) in map {
        match fields.iter().find(|field| field.name == key) {
            Some(field) => field.node.visit(value, &format!("{at}/{key}"), faults),
            None => faults.push(format!("{at}: extraneous key [{key}] is not permitted")),
        }
    }
}

fn text_fault(text: &str, min: usize, max: usize, form: Form) -> Option<String> {
    let length = text.chars().count();
    if length < min {
        return Some(format!("expected minLength: {min}, actual: {length}"));
    }
    if length > max {
        return Some(format!("expected maxLength: {max}, actual: {length}"));
    }
    match form {
        Form::TimeOfDay if !is_time_of_day(text) => {
            Some(format!("string [{text}] does not match pattern ([0-1][0-9]|2[0-3]):([0-5][0-9])"))
        }
        Form::Date if !is_date(text) => Some(format!("[{text}] is not a valid date. Expected [yyyy-MM-dd]")),
        Form::Flush if text.starts_with(char::is_whitespace) => {
            Some(format!("string [{text}] does not match pattern ^[^\\s]"))
        }
        Form::Any | Form::TimeOfDay | Form::Date | Form::Flush => None,
    }
}

fn is_time_of_day(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else { return false };
    let two = |part: &str, limit: u8| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|n| n < limit)
    };
    two(hours, 24) && two(minutes, 60)
}

pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn number_fault(value: &Value, min: Decimal, max: Decimal, step: Option<Decimal>) -> Option<String> {
    let Some(number) = decimal(value) else {
        return Some(format!("{value} is not less or equal to {max}"));
    };
    if number < min {
        return Some(format!("{value} is not greater or equal to {min}"));
    }
    if number > max {
        return Some(format!("{value} is not less or equal to {max}"));
    }
    let step = step?;
    (!(number % step).is_zero()).then(|| format!("{value} is not a multiple of {step}"))
}

fn list_fault(items: &[Value], min: usize, max: usize, unique: bool) -> Option<String> {
    let count = items.len();
    if count < min {
        return Some(format!("expected minimum item count: {min}, found: {count}"));
    }
    if count > max {
        return Some(format!("expected maximum item count: {max}, found: {count}"));
    }
    let repeated =
        unique && items.iter().enumerate().any(|(i, item)| items.iter().take(i).any(|e| e == item));
    repeated.then(|| "array items are not unique".to_owned())
}

/// The exact decimal value of a JSON number as it was written: binary floats would break steps of 0.001.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let Value::Number(number) = value else { return None };
    let text = number.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "BigDecimal",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}
