//! The language as data: what a file says, and what is stored as a version.

use std::{collections::BTreeMap, fmt};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{decimal, steps::Step};
use crate::{
    attention::Reader,
    ids::{Language, Market},
};

/// What a row makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// The descriptive part of an article on the channel.
    Article,
    /// Its price.
    Offer,
    /// A sales order in the ERP.
    Order,
    /// One of its lines.
    OrderLine,
    /// The ERP's partner of an order.
    Customer,
    /// A parcel for the courier.
    Shipment,
}

impl Object {
    /// Every object, in the order of a file.
    pub const ALL: [Self; 6] =
        [Self::Article, Self::Offer, Self::Order, Self::OrderLine, Self::Customer, Self::Shipment];

    /// The name in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::Offer => "offer",
            Self::Order => "order",
            Self::OrderLine => "order_line",
            Self::Customer => "customer",
            Self::Shipment => "shipment",
        }
    }

    /// The object in words.
    pub fn say(self, reader: Reader) -> &'static str {
        let (ro, en) = match self {
            Self::Article => ("articol", "article"),
            Self::Offer => ("ofertă", "offer"),
            Self::Order => ("comandă", "order"),
            Self::OrderLine => ("linie de comandă", "order line"),
            Self::Customer => ("client", "customer"),
            Self::Shipment => ("expediere", "shipment"),
        };
        match reader {
            Reader::Ro => ro,
            Reader::En => en,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A vendor's rules: rows by object, and look-up tables by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Rows for the descriptive part of articles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub article: Vec<Row>,
    /// Rows for prices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offer: Vec<Row>,
    /// Rows for sales orders.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<Row>,
    /// Rows for their lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order_line: Vec<Row>,
    /// Rows for the ERP's partner.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customer: Vec<Row>,
    /// Rows for parcels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shipment: Vec<Row>,
    /// Look-up tables.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, Table>,
}

impl Mapping {
    /// The rows of an object, in the order of the file.
    pub fn rows(&self, object: Object) -> &[Row] {
        match object {
            Object::Article => &self.article,
            Object::Offer => &self.offer,
            Object::Order => &self.order,
            Object::OrderLine => &self.order_line,
            Object::Customer => &self.customer,
            Object::Shipment => &self.shipment,
        }
    }

    /// The same, to change.
    pub fn rows_mut(&mut self, object: Object) -> &mut Vec<Row> {
        match object {
            Object::Article => &mut self.article,
            Object::Offer => &mut self.offer,
            Object::Order => &mut self.order,
            Object::OrderLine => &mut self.order_line,
            Object::Customer => &mut self.customer,
            Object::Shipment => &mut self.shipment,
        }
    }
}

/// One rule: a target field, where its value comes from, and what happens to it on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The field that is made.
    pub to: String,
    /// The fields that it is made from; the first that comes through the steps with a value counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub from: Vec<String>,
    /// Only in these markets; all when empty. Goes before a row for all markets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markets: Vec<Market>,
    /// Only where all of this holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
    /// What happens to the value, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Values with what must come of them: tests that stand beside the rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
}

/// A condition on one field; everything that it says must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The field.
    pub field: String,
    /// One of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub is: Vec<Scalar>,
    /// None of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub is_not: Vec<Scalar>,
    /// It has a value, or has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<bool>,
    /// Greater than this.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "decimal::optional",
        serialize_with = "decimal::write_optional"
    )]
    pub above: Option<Decimal>,
    /// Less than this.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "decimal::optional",
        serialize_with = "decimal::write_optional"
    )]
    pub below: Option<Decimal>,
    /// A regular expression that is found in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
}

/// A look-up table: rows for everybody, and rows that one market or language has instead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Table {
    /// From → to.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, Scalar>,
    /// For one market; strongest.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub markets: BTreeMap<Market, BTreeMap<String, Scalar>>,
    /// For one language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<Language, BTreeMap<String, Scalar>>,
    /// For everything that no row names; without it, the step that looks up says what happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Scalar>,
    /// Keys with what must come of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
}

impl Table {
    /// How many rows it has in all.
    pub fn len(&self) -> usize {
        let of = |rows: &BTreeMap<String, Scalar>| rows.len();
        self.rows.len()
            + self.markets.values().map(of).sum::<usize>()
            + self.languages.values().map(of).sum::<usize>()
    }

    /// No row at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What stands for a key; not what stands for everything else.
    pub fn get(&self, key: &str, market: Option<Market>) -> Option<&str> {
        let key = key.trim();
        let of_market = || self.markets.get(&market?)?.get(key);
        let of_language = || self.languages.get(&market?.language())?.get(key);
        of_market().or_else(of_language).or_else(|| self.rows.get(key)).map(Scalar::as_str)
    }

    /// Whether markets or languages have rows of their own.
    pub(super) fn varies(&self) -> bool {
        !self.markets.is_empty() || !self.languages.is_empty()
    }
}

/// A value as a person writes it: text, number or yes/no; kept as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Scalar(String);

impl Scalar {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Scalar {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text,
            serde_json::Value::Bool(flag) => flag.to_string(),
            serde_json::Value::Number(number) => number.to_string(),
            other => return Err(D::Error::custom(format!("{other} is not a text or a number"))),
        }))
    }
}

/// A constant in a step, whose kind is the one that the file wrote it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `"4"`
    Text(String),
    /// `4`
    Number(Decimal),
    /// `true`
    Flag(bool),
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "„{text}”"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => decimal::write(number, serializer),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match value {
            serde_json::Value::String(text) => Ok(Self::Text(text)),
            serde_json::Value::Bool(flag) => Ok(Self::Flag(flag)),
            number @ serde_json::Value::Number(_) => {
                decimal::required(number).map(Self::Number).map_err(D::Error::custom)
            }
            other => Err(D::Error::custom(format!("{other} is not a text, a number, true or false"))),
        }
    }
}

/// A value with what must come of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The value of the row's first source, or values by field; of a table, its key.
    #[serde(rename = "in")]
    pub input: ExampleInput,
    /// What must come out; nothing: no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<Scalar>,
    /// It must be refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fails: bool,
    /// In this market; Sweden when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<Market>,
    /// RON for one unit of the market's currency; 1 when not given.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "decimal::optional",
        serialize_with = "decimal::write_optional"
    )]
    pub rate: Option<Decimal>,
    /// The day for VAT; the day of the check when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

/// What an example begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExampleInput {
    /// The value of the first source.
    One(Scalar),
    /// Several values of the first source, which is a list.
    Many(Vec<Scalar>),
    /// Values by field.
    Fields(BTreeMap<String, Scalar>),
}

impl fmt::Display for ExampleInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => write!(f, "{value}"),
            Self::Many(values) => {
                f.write_str(&values.iter().map(Scalar::as_str).collect::<Vec<_>>().join(", "))
            }
            Self::Fields(fields) => {
                let said: Vec<String> =
                    fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                f.write_str(&said.join(", "))
            }
        }
    }
}

impl Default for ExampleInput {
    fn default() -> Self {
        Self::One(Scalar::from(""))
    }
}

/// `"a"` for `["a"]`.
fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    let items = match value {
        serde_json::Value::Array(items) => items,
        one => vec![one],
    };
    items.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map_err(D::Error::custom)
}
