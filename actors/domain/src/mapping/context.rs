//! What a row sees while it runs, and what it leaves behind for the receipt.

use std::{cell::RefCell, collections::BTreeMap};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    fields::{Access, Facts, Origin},
    kind::Kind,
    problem::{Note, ProblemKind},
    value::{Stored, Value},
};
use crate::{
    ids::{Currency, Market},
    rates::{AppliedRate, RateChoice, RateRule},
    vat::Country,
};

/// A field that a compiled row reads.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    pub(super) access: Access,
}

/// A VAT rate that a price was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatUse {
    /// Whose VAT.
    pub country: Country,
    /// The class of goods that a step named; none: the article's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The rate in percent.
    pub percent: Decimal,
}

/// What money steps ask for: the world of today, or a receipt of the past.
pub(super) trait Money {
    /// The rate of a currency for the day of the price.
    fn rate(&self, source: RateChoice, currency: Currency, date: Date, rule: RateRule)
    -> Option<AppliedRate>;
    /// The VAT percent in a country for a class of goods; none means the article's own class.
    fn vat_percent(&self, country: Country, class: Option<&str>, date: Date) -> Result<Decimal, ProblemKind>;
    /// What buyers in a market paid a day ago, minor units.
    fn previous_minor(&self, market: Market) -> Option<i64>;
}

/// The value after one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepValue {
    /// Which step of its row, from 1.
    pub step: u16,
    /// Its name.
    pub name: std::borrow::Cow<'static, str>,
    /// The value after it; none: nothing was left.
    pub value: Option<Stored>,
}

/// What a price was made with, noted on the way.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) steps: Vec<StepValue>,
    pub(super) rate: Option<AppliedRate>,
    pub(super) vat: Vec<VatUse>,
    pub(super) previous_minor: Option<i64>,
}

/// A row's surroundings.
pub(super) struct Context<'a> {
    pub(super) facts: Facts<'a>,
    pub(super) date: Date,
    money: &'a dyn Money,
    /// The values of a receipt, which stand in for what was read.
    replayed: Option<&'a BTreeMap<String, Option<Stored>>>,
    /// Kept for prices only.
    trace: Option<RefCell<Trace>>,
    notes: RefCell<Vec<Note>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(facts: Facts<'a>, date: Date, money: &'a dyn Money) -> Self {
        Self { facts, date, money, replayed: None, trace: None, notes: RefCell::default() }
    }

    /// One that notes every step, in the market of the price.
    pub(super) fn tracing(facts: Facts<'a>, date: Date, money: &'a dyn Money) -> Self {
        Self { trace: Some(RefCell::default()), ..Self::new(facts, date, money) }
    }

    /// One that reads what a receipt remembers.
    pub(super) fn replaying(
        market: Market,
        date: Date,
        money: &'a dyn Money,
        inputs: &'a BTreeMap<String, Option<Stored>>,
    ) -> Self {
        let facts = Facts { market: Some(market), ..Facts::default() };
        Self { replayed: Some(inputs), ..Self::tracing(facts, date, money) }
    }

    pub(super) fn market(&self) -> Option<Market> {
        self.facts.market
    }

    /// The value of a field, unless nobody wrote one.
    pub(super) fn read(&self, field: &'a Field) -> Option<Value<'a>> {
        let value = match self.replayed {
            Some(inputs) => inputs.get(&*field.name)?.as_ref()?.value(field.kind),
            None => (field.access.get)(&self.facts),
        };
        value.filter(|value| !value.is_blank())
    }

    pub(super) fn rate(&self, source: RateChoice, currency: Currency, rule: RateRule) -> Option<AppliedRate> {
        let rate = self.money.rate(source, currency, self.date, rule);
        if let Some(trace) = &self.trace {
            trace.borrow_mut().rate.clone_from(&rate);
        }
        rate
    }

    pub(super) fn vat_percent(&self, country: Country, class: Option<&str>) -> Result<Decimal, ProblemKind> {
        let percent = self.money.vat_percent(country, class, self.date)?;
        if let Some(trace) = &self.trace {
            let used = VatUse { country, class: class.map(str::to_owned), percent };
            let mut trace = trace.borrow_mut();
            if !trace.vat.contains(&used) {
                trace.vat.push(used);
            }
        }
        Ok(percent)
    }

    /// Whether a step has asked for a country's VAT.
    pub(super) fn has_used_vat(&self, country: Country) -> bool {
        self.trace.as_ref().is_some_and(|trace| trace.borrow().vat.iter().any(|used| used.country == country))
    }

    /// What the buyers of the market paid a day ago, minor units.
    pub(super) fn previous_minor(&self) -> Option<i64> {
        let minor = self.money.previous_minor(self.market()?)?;
        if let Some(trace) = &self.trace {
            trace.borrow_mut().previous_minor = Some(minor);
        }
        Some(minor)
    }

    pub(super) fn note(&self, note: Note) {
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// What one attempt noted does not count once another begins.
    pub(super) fn begin_chain(&self) {
        if let Some(trace) = &self.trace {
            *trace.borrow_mut() = Trace::default();
        }
    }

    pub(super) fn after_step(&self, step: u16, name: &'static str, value: Option<&Value<'_>>) {
        if let Some(trace) = &self.trace {
            let value = value.map(Value::stored);
            trace.borrow_mut().steps.push(StepValue { step, name: name.into(), value });
        }
    }

    pub(super) fn is_tracing(&self) -> bool {
        self.trace.is_some()
    }

    /// What was noted on the way.
    pub(super) fn finish(self) -> (Trace, Vec<Note>) {
        (self.trace.map(RefCell::into_inner).unwrap_or_default(), self.notes.into_inner())
    }
}

impl Field {
    /// Somebody wrote it for buyers.
    pub(super) fn is_content(&self) -> bool {
        self.access.origin != Origin::Other
    }

    /// It is English, which the channel translates.
    pub(super) fn is_english(&self) -> bool {
        self.access.origin == Origin::English
    }
}
