//! Running compiled rows: the first row that applies and comes out with a value decides.

use std::{borrow::Cow, fmt};

use super::{
    TEXT_LIMIT_BYTES,
    condition::Test,
    context::{Context, Field},
    fit::{Broken, Fit, Fitted, fit},
    kind::Kind,
    model::Table,
    problem::{Note, ProblemKind},
    schema::FieldSpec,
    value::Value,
};
use crate::ids::Market;

/// What a step does once its names are resolved.
pub(super) trait Run: fmt::Debug + Send + Sync {
    /// The value after the step; none when nothing is left. An error keeps the record from being sent.
    fn run<'a>(
        &'a self,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Value<'a>>, ProblemKind>;

    /// The table that it looks up in, when it leaves the found value as it is.
    fn table(&self) -> Option<&Table> {
        None
    }
}

/// A step in its place.
#[derive(Debug)]
pub(super) struct CompiledStep {
    pub(super) number: u16,
    pub(super) name: &'static str,
    pub(super) run: Box<dyn Run>,
}

/// One source with its steps, which know the kind that they are given.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) field: Option<Field>,
    pub(super) steps: Vec<CompiledStep>,
    /// Markets may differ.
    pub(super) varies: bool,
}

/// A row.
#[derive(Debug)]
pub(super) struct CompiledRow {
    /// Which of its object's rows, from 1.
    pub(super) number: usize,
    pub(super) markets: Vec<Market>,
    pub(super) when: Vec<Test>,
    pub(super) chains: Vec<Chain>,
    /// Every field that it may read.
    pub(super) reads: Vec<Field>,
}

/// A target with its rows, those for named markets first.
#[derive(Debug)]
pub(super) struct CompiledTarget {
    pub(super) spec: FieldSpec,
    pub(super) rows: Vec<CompiledRow>,
}

/// What a target came to, and from where.
#[derive(Debug, Clone)]
pub(super) struct Found<'a> {
    pub(super) fitted: Fitted<'a>,
    pub(super) field: Option<&'a Field>,
}

/// What a target came to, and the rows that were tried for it.
pub(super) struct Outcome<'a> {
    pub(super) result: Result<Option<Found<'a>>, ProblemKind>,
    pub(super) tried: Vec<&'a CompiledRow>,
}

/// Chains that are the same in every market run once.
#[derive(Debug, Default)]
pub(super) struct Cache<'a>(Vec<(&'a Chain, Result<Option<Found<'a>>, ProblemKind>)>);

impl CompiledTarget {
    /// Makes the target's value in the context's market.
    pub(super) fn evaluate<'a>(&'a self, context: &Context<'a>, cache: &mut Cache<'a>) -> Outcome<'a> {
        let mut tried = Vec::new();
        let here = |row: &&CompiledRow| {
            row.markets.is_empty() || context.market().is_some_and(|market| row.markets.contains(&market))
        };
        for row in self.rows.iter().filter(here) {
            if context.is_tracing() {
                tried.push(row);
            }
            if !row.when.iter().all(|test| test.holds(context)) {
                continue;
            }
            match self.row(row, context, cache) {
                Ok(None) => {}
                result => return Outcome { result, tried },
            }
        }
        Outcome { result: Ok(None), tried }
    }

    /// Makes the value by one row, whatever its conditions say.
    pub(super) fn row<'a>(
        &'a self,
        row: &'a CompiledRow,
        context: &Context<'a>,
        cache: &mut Cache<'a>,
    ) -> Result<Option<Found<'a>>, ProblemKind> {
        let mut any = false;
        for chain in &row.chains {
            let value = chain.field.as_ref().and_then(|field| context.read(field));
            if value.is_none() {
                continue;
            }
            any = true;
            if let Some(found) = self.cached(chain, value, context, cache)? {
                return Ok(Some(found));
            }
        }
        // Without any source the steps may still make a value: a constant, a template, what stands for everything else.
        match row.chains.first().filter(|_| !any) {
            Some(chain) => self.cached(chain, None, context, cache),
            None => Ok(None),
        }
    }

    fn cached<'a>(
        &'a self,
        chain: &'a Chain,
        value: Option<Value<'a>>,
        context: &Context<'a>,
        cache: &mut Cache<'a>,
    ) -> Result<Option<Found<'a>>, ProblemKind> {
        if chain.varies || context.is_tracing() {
            return self.chain(chain, value, context);
        }
        if let Some((_, known)) = cache.0.iter().find(|(of, _)| std::ptr::eq(*of, chain)) {
            return known.clone();
        }
        let result = self.chain(chain, value, context);
        cache.0.push((chain, result.clone()));
        result
    }

    fn chain<'a>(
        &'a self,
        chain: &'a Chain,
        value: Option<Value<'a>>,
        context: &Context<'a>,
    ) -> Result<Option<Found<'a>>, ProblemKind> {
        context.begin_chain();
        if let (Kind::Amount(_), Some(Value::Amount(amount))) = (self.spec.kind, &value)
            && !amount.exact.is_positive()
        {
            let amount = amount.exact.quotient().unwrap_or_default();
            return Err(ProblemKind::PriceOutOfRange { amount, min: None, max: None });
        }
        let Some(value) = run_steps(&chain.steps, value, context)? else { return Ok(None) };
        let field = &self.spec.name;
        let mut ignored =
            |value: &str| context.note(Note::Ignored { field: field.to_string(), value: value.to_owned() });
        match fit(&self.spec, value, &mut ignored) {
            Fit::Good(fitted) => Ok(Some(Found { fitted, field: chain.field.as_ref() })),
            Fit::Empty => Ok(None),
            Fit::Broken(Broken::TooShort(min), text) if self.spec.required => {
                Err(ProblemKind::TooShort { field: field.to_string(), min, text })
            }
            Fit::Broken(rule, value) if self.spec.required => {
                Err(ProblemKind::InvalidContent { field: field.to_string(), rule, value })
            }
            Fit::Broken(_, value) => {
                ignored(&value);
                Ok(None)
            }
        }
    }
}

/// Runs steps one after the other; a blank value is none.
pub(super) fn run_steps<'a>(
    steps: &'a [CompiledStep],
    value: Option<Value<'a>>,
    context: &Context<'a>,
) -> Result<Option<Value<'a>>, ProblemKind> {
    let mut value = value.map(bounded);
    for step in steps {
        value = run_step(step, value, context)?;
        context.after_step(step.number, step.name, value.as_ref());
    }
    Ok(value)
}

/// The same inside of a step, which is noted as a whole.
pub(super) fn run_nested<'a>(
    steps: &'a [CompiledStep],
    value: Option<Value<'a>>,
    context: &Context<'a>,
) -> Result<Option<Value<'a>>, ProblemKind> {
    steps.iter().try_fold(value, |value, step| run_step(step, value, context))
}

fn run_step<'a>(
    step: &'a CompiledStep,
    value: Option<Value<'a>>,
    context: &Context<'a>,
) -> Result<Option<Value<'a>>, ProblemKind> {
    Ok(step.run.run(value, context)?.filter(|value| !value.is_blank()).map(bounded))
}

/// No text grows beyond its limit, whatever steps make of it.
fn bounded(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Text(text) => Value::Text(shortened(text)),
        Value::List(items)
            if items.len() > super::LIST_LIMIT || items.iter().any(|i| i.len() > TEXT_LIMIT_BYTES) =>
        {
            Value::List(items.into_iter().take(super::LIST_LIMIT).map(shortened).collect())
        }
        other => other,
    }
}

fn shortened(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= TEXT_LIMIT_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(TEXT_LIMIT_BYTES);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}
