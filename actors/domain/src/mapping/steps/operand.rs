//! Parameters that may differ between markets, or come from a field.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap as _};

use crate::{
    ids::Market,
    mapping::{
        compile::Scope,
        context::{Context, Field},
        decimal,
        finding::Fault,
        kind::Kind,
        value::{Exact, Value},
    },
};

/// A number in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Num(
    #[serde(deserialize_with = "decimal::required", serialize_with = "decimal::write")] pub(super) Decimal,
);

/// A parameter for all markets, or for some: `3`, or `{ SE = 3, otherwise = 1 }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PerMarket<T> {
    otherwise: Option<T>,
    markets: BTreeMap<Market, T>,
}

impl<T> PerMarket<T> {
    /// The parameter in a market.
    pub(super) fn of(&self, market: Option<Market>) -> Option<&T> {
        market.and_then(|market| self.markets.get(&market)).or(self.otherwise.as_ref())
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.markets.values().chain(&self.otherwise)
    }

    /// Tells the scope when markets differ.
    pub(super) fn declare(&self, scope: &mut Scope<'_>) {
        if !self.markets.is_empty() {
            scope.differs_by_market();
        }
    }

    /// `3`, or `SE 3, 1`.
    pub(super) fn say(&self, one: impl Fn(&T) -> String) -> String {
        let markets = self.markets.iter().map(|(market, value)| format!("{market} {}", one(value)));
        markets.chain(self.otherwise.iter().map(&one)).collect::<Vec<_>>().join(", ")
    }
}

impl<T: Serialize> Serialize for PerMarket<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let (true, Some(value)) = (self.markets.is_empty(), &self.otherwise) {
            return value.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        for (market, value) in &self.markets {
            map.serialize_entry(market, value)?;
        }
        if let Some(value) = &self.otherwise {
            map.serialize_entry("otherwise", value)?;
        }
        map.end()
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for PerMarket<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let read = |value| serde_json::from_value(value).map_err(D::Error::custom);
        let is_market = |key: &String| key == "otherwise" || key.parse::<Market>().is_ok();
        match value {
            serde_json::Value::Object(map) if !map.is_empty() && map.keys().all(is_market) => {
                let (mut markets, mut otherwise) = (BTreeMap::new(), None);
                for (key, value) in map {
                    match key.parse() {
                        Ok(market) => drop(markets.insert(market, read(value)?)),
                        Err(_) => otherwise = Some(read(value)?),
                    }
                }
                Ok(Self { otherwise, markets })
            }
            one => Ok(Self { otherwise: Some(read(one)?), markets: BTreeMap::new() }),
        }
    }
}

/// A limit or term: a number, or a field with something put on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Operand {
    /// A number, in the currency of the amount.
    Fixed(PerMarket<Num>),
    /// A field.
    Field(FieldOperand),
}

/// A field's value, plus so many percent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldOperand {
    field: String,
    #[serde(
        default,
        skip_serializing_if = "Decimal::is_zero",
        deserialize_with = "decimal::required",
        serialize_with = "decimal::write"
    )]
    plus_percent: Decimal,
}

impl<'de> Deserialize<'de> for Operand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        if value.get("field").is_some() {
            return serde_json::from_value(value).map(Self::Field).map_err(D::Error::custom);
        }
        serde_json::from_value(value).map(Self::Fixed).map_err(D::Error::custom)
    }
}

/// An operand whose field is resolved.
#[derive(Debug)]
pub(super) enum Resolved {
    Fixed(PerMarket<Num>),
    Field(Box<Field>, Decimal),
}

impl Operand {
    /// Resolves it beside a value of some kind, which its field must share.
    pub(super) fn resolve(&self, kind: Kind, scope: &mut Scope<'_>) -> Result<Resolved, Fault> {
        match self {
            Self::Fixed(number) => {
                number.declare(scope);
                Ok(Resolved::Fixed(number.clone()))
            }
            Self::Field(FieldOperand { field, plus_percent }) => {
                super::percent::check("plus_percent", *plus_percent)?;
                let field = scope.field(field)?;
                if field.kind != kind {
                    return Err(Fault::Kind { needs: vec![kind], got: field.kind });
                }
                Ok(Resolved::Field(Box::new(field), *plus_percent))
            }
        }
    }

    pub(super) fn say(&self) -> String {
        match self {
            Self::Fixed(number) => number.say(|number| number.0.normalize().to_string()),
            Self::Field(FieldOperand { field, plus_percent }) if plus_percent.is_zero() => {
                format!("`{field}`")
            }
            Self::Field(FieldOperand { field, plus_percent }) => {
                format!("`{field}` + {} %", plus_percent.normalize())
            }
        }
    }
}

impl Resolved {
    /// The term; none when a market or field has none.
    pub(super) fn value<'a>(&'a self, context: &Context<'a>) -> Option<Exact> {
        match self {
            Self::Fixed(number) => number.of(context.market()).map(|number| Exact::of(number.0)),
            Self::Field(field, plus_percent) => {
                let exact = match context.read(field)? {
                    Value::Number(number) => Exact::of(number),
                    Value::Amount(amount) => amount.exact,
                    _ => return None,
                };
                exact.times(Decimal::ONE_HUNDRED.saturating_add(*plus_percent), Decimal::ONE_HUNDRED)
            }
        }
    }
}
