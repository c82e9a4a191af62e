//! The marks by which we find our own orders in WinMentor again (spec 8, 3.11).

use std::fmt;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::decimal;

/// A document number from our own counter: positive, 32-bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentNumber(i32);

impl DocumentNumber {
    /// Accepts 1 to 2 147 483 647, the range of WinMentor's `NrDoc`.
    pub fn new(number: i64) -> Result<Self, BadDocumentNumber> {
        i32::try_from(number).ok().filter(|n| *n > 0).map(Self).ok_or(BadDocumentNumber(number))
    }

    /// The number itself.
    pub fn get(self) -> i32 {
        self.0
    }

    /// Whether a number field of a reader holds this number, however it is padded.
    pub fn is_written_as(self, field: &str) -> bool {
        decimal::read(field) == Ok(Some(Decimal::from(self.0)))
    }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A document number outside the range that WinMentor can store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "document number {0} is not between 1 and 2147483647: correct first_document_number in the connection settings"
)]
pub struct BadDocumentNumber(i64);

/// The text that an order's `Observatii` begins with, such as `CDON:<order id>`.
///
/// At most [`OrderToken::MAX_CHARS`] ASCII letters, digits, `-`, `_` and `.` around one colon, so that it
/// passes every code page and cannot be mistaken for the words around it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderToken(String);

impl OrderToken {
    /// The longest token that we trust `Observatii` to keep; its true limit is not documented.
    pub const MAX_CHARS: usize = 40;

    /// The token of a channel's order. Hyphens in the order id give way where the whole would be too long.
    pub fn new(channel: &str, order_id: &str) -> Result<Self, BadToken> {
        let token = format!("{channel}:{order_id}");
        let token = if token.len() > Self::MAX_CHARS {
            format!("{channel}:{}", order_id.replace('-', ""))
        } else {
            token
        };
        Self::parse(&token)
    }

    /// Accepts a text that already is a token.
    pub fn parse(token: &str) -> Result<Self, BadToken> {
        let well_formed = token.split_once(':').is_some_and(|(channel, id)| {
            [channel, id].iter().all(|part| !part.is_empty() && part.chars().all(is_id_char))
        });
        if well_formed && token.len() <= Self::MAX_CHARS {
            Ok(Self(token.to_owned()))
        } else {
            Err(BadToken(token.chars().take(80).collect()))
        }
    }

    /// The token as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the remark begins with this very token, not merely with a longer one like it.
    pub fn leads(&self, remark: &str) -> bool {
        remark.trim_start().strip_prefix(self.as_str()).is_some_and(ends_here)
    }

    /// Whether the token stands anywhere in the `data` of a bridge's answer, in records that could not be
    /// read too: the last line of defence before an order is sent a second time.
    pub fn occurs_in_answer(&self, data: &Value) -> bool {
        match data {
            Value::String(text) => self.occurs_in(text),
            Value::Array(values) => values.iter().any(|value| self.occurs_in_answer(value)),
            Value::Object(row) => row.values().any(|value| self.occurs_in_answer(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Whether the remark contains this very token: remarks copied to an invoice may gain words in front.
    pub fn occurs_in(&self, remark: &str) -> bool {
        remark.match_indices(self.as_str()).any(|(start, token)| {
            let (before, from) = remark.split_at(start);
            let after = from.strip_prefix(token).unwrap_or_default();
            !before.ends_with(is_token_char) && ends_here(after)
        })
    }
}

impl fmt::Display for OrderToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a token ends where this rest begins. A full stop may close a sentence there.
fn ends_here(rest: &str) -> bool {
    let mut following = rest.trim_start_matches('.').chars();
    !following.next().is_some_and(is_token_char)
}

fn is_id_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn is_token_char(character: char) -> bool {
    is_id_char(character) || character == ':'
}

/// An order id that makes no token which WinMentor would keep unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot mark an order in WinMentor: it needs <channel>:<id> of at most 40 ASCII letters, digits, - _ ."
)]
pub struct BadToken(String);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_give_up_hyphens_before_they_overflow() {
        let short = OrderToken::new("CDON", "123-456").unwrap();
        assert_eq!(short.as_str(), "CDON:123-456");
        let uuid = OrderToken::new("CDON", "0b5f6c1e-8a51-4a5c-9df1-2f6d1a7b3c4d").unwrap();
        assert_eq!(uuid.as_str(), "CDON:0b5f6c1e8a514a5c9df12f6d1a7b3c4d");
        for id in ["", "a b", "a;b", "ø", &"9".repeat(36)] {
            assert!(OrderToken::new("CDON", id).is_err(), "{id}");
        }
    }

    /// F01: a check that takes order 1234 for order 123 would lose the latter.
    #[test]
    fn a_longer_id_is_another_token() {
        let token = OrderToken::new("CDON", "123").unwrap();
        for remark in ["CDON:123", " CDON:123 10 SEK", "CDON:123, 10 SEK", "CDON:123;x", "CDON:123."] {
            assert!(token.leads(remark) && token.occurs_in(remark), "{remark}");
        }
        for remark in ["CDON:1234", "CDON:123-1", "XCDON:123", "CDON:123.4", "CDON:12"] {
            assert!(!token.leads(remark) && !token.occurs_in(remark), "{remark}");
        }
        assert!(!token.leads("urgent CDON:123"));
        assert!(token.occurs_in("CDON:1234 CDON:123"));
    }

    /// F01: a row that cannot be read may still be our order.
    #[test]
    fn damaged_records_still_show_the_token() {
        let token = OrderToken::new("CDON", "123").unwrap();
        let page = serde_json::json!({"items": [["7;", "x"], "damaged;CDON:123;", {"camp9": 1}], "page": 1});
        assert!(token.occurs_in_answer(&page));
        assert!(!OrderToken::new("CDON", "12").unwrap().occurs_in_answer(&page));
    }

    #[test]
    fn numbers_match_however_they_are_written() {
        let number = DocumentNumber::new(500_001).unwrap();
        assert!(number.is_written_as("500001") && number.is_written_as(" 0500001 "));
        assert!(
            !number.is_written_as("50000") && !number.is_written_as("") && !number.is_written_as("A500001")
        );
        assert!(DocumentNumber::new(0).is_err() && DocumentNumber::new(i64::from(i32::MAX) + 1).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let token = OrderToken::new("CDON", "1").unwrap();
            let _ = (OrderToken::parse(&text), token.leads(&text), token.occurs_in(&text));
        }
    }
}
