//! Checks of a JSON value's form, collecting one failure per place (spec sections 3.2 and 17.3).

use serde_json::{Map, Value, json};

use super::options::ErrorField;

/// Where in an item a value stands; a chain on the stack, so that a good item costs no allocation.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    up: Option<&'a At<'a>>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    pub(super) fn root(key: &'a str) -> Self {
        Self { up: None, part: Part::Key(key) }
    }

    pub(super) fn key(&'a self, key: &'a str) -> At<'a> {
        At { up: Some(self), part: Part::Key(key) }
    }

    pub(super) fn index(&'a self, index: usize) -> At<'a> {
        At { up: Some(self), part: Part::Index(index) }
    }

    fn parts(&self) -> Vec<String> {
        let mut parts = self.up.map(At::parts).unwrap_or_default();
        parts.push(match self.part {
            Part::Key(key) => key.to_owned(),
            Part::Index(index) => index.to_string(),
        });
        parts
    }
}

/// One failure of an item.
#[derive(Debug)]
pub(super) struct ItemError {
    message: String,
    field: Vec<String>,
}

impl ItemError {
    pub(super) fn as_json(&self, style: ErrorField) -> Value {
        match style {
            ErrorField::Field => json!({"message": self.message, "field": self.field}),
            ErrorField::Location => json!({"message": self.message, "location": self.field}),
            ErrorField::PlainString => json!({"message": self.message, "field": self.field.join(".")}),
        }
    }
}

/// Collects the failures of one item. Methods that look at a value return it when its form is right.
#[derive(Debug, Default)]
pub(super) struct Checker {
    errors: Vec<ItemError>,
}

impl Checker {
    pub(super) fn fail(&mut self, at: At<'_>, message: impl Into<String>) {
        self.errors.push(ItemError { message: message.into(), field: at.parts() });
    }

    pub(super) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    pub(super) fn into_errors(self) -> Vec<ItemError> {
        self.errors
    }

    pub(super) fn required<'v>(
        &mut self,
        map: &'v Map<String, Value>,
        key: &str,
        at: At<'_>,
    ) -> Option<&'v Value> {
        let found = map.get(key);
        if found.is_none() {
            self.fail(at, "Required field missing");
        }
        found
    }

    pub(super) fn object<'v>(&mut self, value: &'v Value, at: At<'_>) -> Option<&'v Map<String, Value>> {
        let found = value.as_object();
        if found.is_none() {
            self.fail(at, "must be of dict type");
        }
        found
    }

    pub(super) fn list<'v>(&mut self, value: &'v Value, at: At<'_>) -> Option<&'v [Value]> {
        let found = value.as_array();
        if found.is_none() {
            self.fail(at, "must be of list type");
        }
        found.map(Vec::as_slice)
    }

    pub(super) fn string<'v>(&mut self, value: &'v Value, at: At<'_>) -> Option<&'v str> {
        let found = value.as_str();
        if found.is_none() {
            self.fail(at, "must be of string type");
        }
        found
    }

    /// A string of `min` to `max` characters.
    pub(super) fn text<'v>(
        &mut self,
        value: &'v Value,
        at: At<'_>,
        min: usize,
        max: usize,
    ) -> Option<&'v str> {
        let text = self.string(value, at)?;
        // Bytes bound characters from above: most texts need no count.
        let length = if text.len() <= max && text.len() / 4 >= min { min } else { text.chars().count() };
        if length < min {
            self.fail(at, format!("min length is {min}"));
            return None;
        }
        if length > max {
            self.fail(at, format!("max length is {max}"));
            return None;
        }
        Some(text)
    }

    /// A whole JSON number from `min` to `max`.
    pub(super) fn integer(&mut self, value: &Value, at: At<'_>, min: i64, max: i64) -> Option<i64> {
        let Some(number) = value.as_i64() else {
            self.fail(at, "must be of integer type");
            return None;
        };
        if number < min {
            self.fail(at, format!("min value is {min}"));
            return None;
        }
        if number > max {
            self.fail(at, format!("max value is {max}"));
            return None;
        }
        Some(number)
    }

    /// One of the `allowed` words.
    pub(super) fn word<'v>(&mut self, value: &'v Value, at: At<'_>, allowed: &[&str]) -> Option<&'v str> {
        let word = self.string(value, at)?;
        if allowed.contains(&word) {
            return Some(word);
        }
        self.fail(at, format!("unallowed value {word}"));
        None
    }

    /// An absolute web address of at most 1500 characters.
    pub(super) fn url<'v>(&mut self, value: &'v Value, at: At<'_>) -> Option<&'v str> {
        let text = self.text(value, at, 1, 1500)?;
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        if host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace)) {
            return Some(text);
        }
        self.fail(at, "must be an absolute URL");
        None
    }

    /// Fields of `map` that are not in `known`.
    pub(super) fn unknown_fields(&mut self, map: &Map<String, Value>, known: &[&str], up: Option<At<'_>>) {
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            match &up {
                Some(up) => self.fail(up.key(key), "unknown field"),
                None => self.fail(At::root(key), "unknown field"),
            }
        }
    }
}
