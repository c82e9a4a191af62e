//! What fields there are: sources with their kinds, targets with their limits. Connectors declare them.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{kind::Kind, model::Object};
use crate::attention::Reader;

/// How a text must look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// As it is.
    #[default]
    Any,
    /// Without markup, control characters and emoji; too long: cut at a word.
    Plain,
    /// With `br`, `p`, `li`, `ol` and `ul` at most; too long: cut at a word.
    Html,
    /// ASCII letters and digits.
    Alphanumeric,
    /// GTIN-8, -12 or -13 with the right check digit.
    Gtin,
    /// An absolute `http` or `https` address.
    Url,
}

/// A field that can be read or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name in a mapping.
    pub name: Cow<'static, str>,
    /// Its kind.
    pub kind: Kind,
    /// A target without which there is nothing to send.
    pub required: bool,
    /// Each market has its own.
    pub per_market: bool,
    /// Fewest characters that people see, or entries of a list.
    pub min_len: usize,
    /// Most characters (of each entry, for a list).
    pub max_len: usize,
    /// Most entries of a list.
    pub max_items: usize,
    /// A number without decimals.
    pub whole: bool,
    /// Least and greatest number.
    pub range: Option<(Decimal, Decimal)>,
    /// The only values that it may have; any when empty.
    pub values: &'static [&'static str],
    /// How a text must look.
    pub format: Format,
    /// What it is, in Romanian.
    pub about_ro: &'static str,
    /// What it is, in English.
    pub about_en: &'static str,
}

impl FieldSpec {
    /// A field with a name, a kind, and what it is in Romanian and English.
    pub const fn new(name: &'static str, kind: Kind, about_ro: &'static str, about_en: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            kind,
            required: false,
            per_market: false,
            min_len: 0,
            max_len: super::TEXT_LIMIT_BYTES,
            max_items: super::LIST_LIMIT,
            whole: false,
            range: None,
            values: &[],
            format: Format::Any,
            about_ro,
            about_en,
        }
    }

    /// There is nothing to send without it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Each market has its own.
    #[must_use]
    pub const fn per_market(mut self) -> Self {
        self.per_market = true;
        self
    }

    /// Its length in characters.
    #[must_use]
    pub const fn chars(mut self, min: usize, max: usize) -> Self {
        self.min_len = min;
        self.max_len = max;
        self
    }

    /// How many entries a list may have, and characters each of them.
    #[must_use]
    pub const fn items(mut self, max: usize, chars_each: usize) -> Self {
        self.max_items = max;
        self.max_len = chars_each;
        self
    }

    /// A whole number, and its least and greatest value.
    #[must_use]
    pub fn whole(mut self, least: u32, greatest: u32) -> Self {
        self.whole = true;
        self.range = Some((least.into(), greatest.into()));
        self
    }

    /// The only values that it may have.
    #[must_use]
    pub const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// How it must look.
    #[must_use]
    pub const fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// What it is.
    pub fn about(&self, reader: Reader) -> &'static str {
        match reader {
            Reader::Ro => self.about_ro,
            Reader::En => self.about_en,
        }
    }
}

/// Every field that a vendor's mapping may read or make, as its connectors declare them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schemas {
    sources: Vec<(Object, FieldSpec)>,
    targets: Vec<(Object, FieldSpec)>,
}

impl Schemas {
    /// What the program itself knows to read: content, the market, the vendor's settings.
    pub fn new() -> Self {
        let mut schemas = Self::default();
        for object in [Object::Article, Object::Offer] {
            schemas = schemas.reads(object, super::fields::own_specs());
        }
        schemas.reads(Object::Order, super::fields::market_specs())
    }

    /// With fields to read.
    #[must_use]
    pub fn reads(mut self, object: Object, fields: impl IntoIterator<Item = FieldSpec>) -> Self {
        self.sources.extend(fields.into_iter().map(|field| (object, field)));
        self
    }

    /// With fields to make.
    #[must_use]
    pub fn makes(mut self, object: Object, fields: impl IntoIterator<Item = FieldSpec>) -> Self {
        self.targets.extend(fields.into_iter().map(|field| (object, field)));
        self
    }

    /// Everything that rows of an object may read.
    pub fn sources(&self, object: Object) -> impl Iterator<Item = &FieldSpec> {
        self.sources.iter().filter(move |(of, _)| *of == object).map(|(_, field)| field)
    }

    /// Everything that rows of an object may make.
    pub fn targets(&self, object: Object) -> impl Iterator<Item = &FieldSpec> {
        self.targets.iter().filter(move |(of, _)| *of == object).map(|(_, field)| field)
    }
}

/// Schemas for this crate's tests: an ERP that has every field, and a channel with ordinary limits.
#[cfg(test)]
pub(crate) fn example() -> Schemas {
    use Kind::{List, Number, Text};
    let of = |name, kind| FieldSpec::new(name, kind, "", "");
    let erp = || {
        [
            of("erp.sku", Text),
            of("erp.name", Text),
            of("erp.unit", Text),
            of("erp.class", Text),
            of("erp.class_name", Text),
            of("erp.producer", Text),
            of("erp.customs_code", Text),
            of("erp.price_net", Kind::RON_NET),
            of("erp.price_gross", Kind::RON_GROSS),
            of("erp.vat_percent", Number),
            of("erp.weight_kg", Number),
        ]
    };
    let article = [
        of("title", Text).required().per_market().chars(5, 150).format(Format::Plain),
        of("description", Text).required().per_market().chars(10, 4096).format(Format::Html),
        of("category", Text).required().chars(1, 10).format(Format::Alphanumeric),
        of("images", List).required().items(11, 1500).format(Format::Url),
        of("brand", Text).chars(1, 50).format(Format::Plain),
        of("gtin", Text).chars(1, 13).format(Format::Gtin),
        of("shipping_days_min", Number).required().per_market().whole(1, 10),
        of("shipping_days_max", Number).required().per_market().whole(1, 10),
        of("parent_sku", Text).chars(1, 64),
        of("weight_g", Number).whole(1, 1_000_000),
        of("customs_code", Text).chars(1, 48).format(Format::Alphanumeric),
    ];
    Schemas::new()
        .reads(Object::Article, erp())
        .reads(Object::Offer, erp())
        .makes(Object::Article, article)
        .makes(Object::Offer, [of("price", Kind::MARKET_GROSS).required().per_market()])
}
