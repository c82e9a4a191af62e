//! From data to what runs: every name resolved, every kind known, or everything that is wrong with it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::civil::Date;
use regex::{Regex, RegexBuilder};
use rust_decimal::Decimal;

use super::{
    LIST_LIMIT, ROW_LIMIT, STEP_LIMIT, TABLE_LIMIT,
    condition::Test,
    context::{Context, Field, Money},
    engine::{CompiledRow, CompiledStep, CompiledTarget, run_steps},
    fields::{Facts, access},
    finding::{Fault, Finding, Findings},
    fit::{Fit, fit},
    kind::Kind,
    model::{Mapping, Object, Row, Table},
    problem::ProblemKind,
    schema::{FieldSpec, Schemas},
    steps::Step,
};
use crate::{
    ids::{Currency, Market},
    rates::{AppliedRate, RateChoice, RateRule},
    vat::Country,
};

/// Longest regular expression, bytes of its compiled program.
const PATTERN_LIMIT_BYTES: usize = 256 * 1024;
/// Deepest nesting of `if`.
const DEPTH_LIMIT: usize = 4;
/// Sources that a row may try.
const SOURCE_LIMIT: usize = 20;

/// A mapping that was checked: the only thing that can run. It carries the number of its version.
pub struct Compiled {
    version: u32,
    mapping: Mapping,
    targets: BTreeMap<Object, Vec<CompiledTarget>>,
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("version", &self.version)
            .field("mapping", &self.mapping)
            .finish_non_exhaustive()
    }
}

impl Mapping {
    /// Checks everything and makes what runs, under the number that the store gave it (0: built in).
    pub fn compile(self, version: u32, schemas: &Schemas) -> Result<Compiled, Findings> {
        let mut findings = Vec::new();
        let tables: BTreeMap<&str, Arc<Table>> =
            self.tables.iter().map(|(name, table)| (name.as_str(), Arc::new(table.clone()))).collect();
        for (name, table) in &self.tables {
            if table.len() > TABLE_LIMIT {
                let fault = Fault::TooMany { what: "table_rows", limit: TABLE_LIMIT };
                findings.push(Finding { object: None, row: None, target: name.clone(), step: None, fault });
            }
        }
        let mut targets = BTreeMap::new();
        for object in Object::ALL {
            let compiled = compile_object(&self, object, schemas, &tables, &mut findings);
            targets.insert(object, compiled);
        }
        if findings.is_empty() {
            Ok(Compiled { version, mapping: self, targets })
        } else {
            Err(Findings(findings))
        }
    }
}

impl Compiled {
    /// The number of the version; 0 is the built-in mapping.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The rules as data.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    pub(super) fn target(&self, object: Object, name: &str) -> Option<&CompiledTarget> {
        self.targets.get(&object)?.iter().find(|target| target.spec.name == name)
    }
}

fn compile_object(
    mapping: &Mapping,
    object: Object,
    schemas: &Schemas,
    tables: &BTreeMap<&str, Arc<Table>>,
    findings: &mut Vec<Finding>,
) -> Vec<CompiledTarget> {
    let rows = mapping.rows(object);
    let mut report = |row: Option<usize>, target: &str, step, fault| {
        findings.push(Finding { object: Some(object), row, target: target.to_owned(), step, fault });
    };
    if rows.len() > ROW_LIMIT {
        report(None, object.code(), None, Fault::TooMany { what: "rows", limit: ROW_LIMIT });
        return Vec::new();
    }
    for (at, row) in rows.iter().enumerate() {
        if !schemas.targets(object).any(|spec| spec.name == row.to) {
            let known: Vec<_> = schemas.targets(object).map(|spec| spec.name.as_ref()).collect();
            report(Some(at + 1), &row.to, None, Fault::UnknownTarget { known: known.join(", ") });
        }
    }
    let mut targets = Vec::new();
    for spec in schemas.targets(object) {
        let mut compiled = Vec::new();
        let own = rows.iter().enumerate().filter(|(_, row)| row.to == spec.name);
        let mut any = false;
        for (at, row) in own {
            any = true;
            match compile_row(row, spec, object, schemas, tables) {
                Ok(row) => compiled.push(CompiledRow { number: at + 1, ..row }),
                Err(misfit) => report(Some(at + 1), &row.to, misfit.0, misfit.1),
            }
        }
        if !any && spec.required {
            report(None, &spec.name, None, Fault::NoRow);
        }
        // A row for named markets goes before one for all.
        compiled.sort_by_key(|row| row.markets.is_empty());
        targets.push(CompiledTarget { spec: spec.clone(), rows: compiled });
    }
    targets
}

/// A fault, and the step that it is in.
type Misfit = Box<(Option<(usize, &'static str)>, Fault)>;

fn compile_row(
    row: &Row,
    spec: &FieldSpec,
    object: Object,
    schemas: &Schemas,
    tables: &BTreeMap<&str, Arc<Table>>,
) -> Result<CompiledRow, Misfit> {
    let whole = |fault| Misfit::from((None, fault));
    if row.from.len() > SOURCE_LIMIT {
        return Err(whole(Fault::TooMany { what: "sources", limit: SOURCE_LIMIT }));
    }
    if !row.markets.is_empty() && !spec.per_market {
        return Err(whole(Fault::SameInAllMarkets));
    }
    let mut scope = Scope::new(object, schemas, tables);
    let when: Vec<Test> =
        row.when.iter().map(|test| Test::new(test, &mut scope)).collect::<Result<_, _>>().map_err(whole)?;
    let conditions_vary = std::mem::take(&mut scope.varies);
    let mixed = row.from.len() > 1;
    let mut chains = Vec::new();
    let names: Vec<Option<&str>> = if row.from.is_empty() {
        vec![None]
    } else {
        row.from.iter().map(|name| Some(name.as_str())).collect()
    };
    for name in names {
        scope.varies = false;
        scope.steps = 0;
        let field = name.map(|name| scope.field(name)).transpose().map_err(whole)?;
        let kind = field.as_ref().map_or(Kind::Nothing, |field| field.kind);
        scope.mixed = mixed;
        let (kind, steps) = scope.chain(kind, &row.steps)?;
        accepts(spec, kind).map_err(whole)?;
        let varies = scope.varies;
        let chain = super::engine::Chain { field, steps, varies };
        check_values(&chain, row, spec, scope.reads.is_empty(), kind).map_err(whole)?;
        chains.push(chain);
    }
    let varies = conditions_vary || chains.iter().any(|chain| chain.varies);
    if varies && !spec.per_market {
        return Err(whole(Fault::SameInAllMarkets));
    }
    let mut reads = scope.reads;
    reads.sort_by(|a, b| a.name.cmp(&b.name));
    reads.dedup_by(|a, b| a.name == b.name);
    Ok(CompiledRow { number: 0, markets: row.markets.clone(), when, chains, reads })
}

/// Whether a target takes what comes out of a row.
fn accepts(spec: &FieldSpec, kind: Kind) -> Result<(), Fault> {
    let fits = match spec.kind {
        Kind::Text => matches!(kind, Kind::Text | Kind::Number | Kind::Date),
        Kind::List => matches!(kind, Kind::List | Kind::Text),
        other => other == kind,
    };
    match (fits, kind) {
        (true, _) => Ok(()),
        (false, Kind::Nothing) => Err(Fault::NothingToBeginWith),
        (false, got) => Err(Fault::Kind { needs: vec![spec.kind], got }),
    }
}

/// Values that are known before anything runs: constants, and tables that feed the target directly.
fn check_values(
    chain: &super::engine::Chain,
    row: &Row,
    spec: &FieldSpec,
    reads_nothing: bool,
    kind: Kind,
) -> Result<(), Fault> {
    if let Some(table) = chain.steps.last().and_then(|step| step.run.table()) {
        let by_market = table.markets.values().chain(table.languages.values()).flatten();
        let rows = table.rows.iter().chain(by_market).map(|(key, value)| (key.clone(), value));
        for (key, value) in rows.chain(table.otherwise.iter().map(|value| ("otherwise".to_owned(), value))) {
            let value = value.as_str();
            if let Fit::Broken(rule, value) = fit(spec, super::value::Value::text(value), &mut |_| ()) {
                return Err(Fault::Value { key: Some(key), market: None, value, rule });
            }
        }
    }
    if chain.field.is_none() && reads_nothing && !matches!(kind, Kind::Amount(_)) {
        let markets = if row.markets.is_empty() { Market::ALL } else { &row.markets };
        for &market in markets {
            let facts = Facts { market: Some(market), ..Facts::default() };
            let context = Context::new(facts, Date::ZERO, &NoMoney);
            match run_steps(&chain.steps, None, &context) {
                Ok(Some(value)) => {
                    if let Fit::Broken(rule, value) = fit(spec, value, &mut |_| ()) {
                        let market = chain.varies.then_some(market);
                        return Err(Fault::Value { key: None, market, value, rule });
                    }
                }
                Err(ProblemKind::MappingGap { table, value }) => {
                    return Err(Fault::Gap { table, key: value });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Where no amount is made.
pub(super) struct NoMoney;

impl Money for NoMoney {
    fn rate(&self, _: RateChoice, _: Currency, _: Date, _: RateRule) -> Option<AppliedRate> {
        None
    }
    fn vat_percent(&self, country: Country, _: Option<&str>, date: Date) -> Result<Decimal, ProblemKind> {
        Err(ProblemKind::MissingVatRate { country, class: String::new(), date })
    }
    fn previous_minor(&self, _: Market) -> Option<i64> {
        None
    }
}

/// What a step can refer to while it is compiled, and what it told of itself.
pub(super) struct Scope<'s> {
    object: Object,
    schemas: &'s Schemas,
    tables: &'s BTreeMap<&'s str, Arc<Table>>,
    reads: Vec<Field>,
    varies: bool,
    depth: usize,
    steps: usize,
    /// The row has sources of several kinds, so a step may find its work done already.
    pub(super) mixed: bool,
}

impl<'s> Scope<'s> {
    pub(super) fn new(
        object: Object,
        schemas: &'s Schemas,
        tables: &'s BTreeMap<&'s str, Arc<Table>>,
    ) -> Self {
        Self { object, schemas, tables, reads: Vec::new(), varies: false, depth: 0, steps: 0, mixed: false }
    }

    /// A field by its name.
    pub(super) fn field(&mut self, name: &str) -> Result<Field, Fault> {
        let spec = self.schemas.sources(self.object).find(|spec| spec.name == name);
        let (Some(spec), Some(access)) = (spec, access(name)) else {
            let nearest = nearest(name, self.schemas.sources(self.object).map(|spec| spec.name.as_ref()));
            return Err(Fault::UnknownField { field: name.to_owned(), nearest });
        };
        self.varies |= access.varies;
        let field = Field { name: name.into(), kind: spec.kind, access };
        self.reads.push(field.clone());
        Ok(field)
    }

    /// A table by its name.
    pub(super) fn table(&mut self, name: &str) -> Result<Arc<Table>, Fault> {
        let table = self.tables.get(name).cloned().ok_or_else(|| Fault::UnknownTable {
            table: name.to_owned(),
            known: self.tables.keys().copied().collect::<Vec<_>>().join(", "),
        })?;
        self.varies |= table.varies();
        Ok(table)
    }

    /// A regular expression: linear in time by its engine, bounded in size by us.
    pub(super) fn pattern(pattern: &str) -> Result<Regex, Fault> {
        RegexBuilder::new(pattern)
            .size_limit(PATTERN_LIMIT_BYTES)
            .dfa_size_limit(PATTERN_LIMIT_BYTES)
            .build()
            .map_err(|why| Fault::Pattern {
                pattern: pattern.to_owned(),
                why: why.to_string().lines().last().unwrap_or_default().trim().to_owned(),
            })
    }

    /// What comes out differs between markets.
    pub(super) fn differs_by_market(&mut self) {
        self.varies = true;
    }

    /// Compiles steps one after the other.
    pub(super) fn chain(
        &mut self,
        mut kind: Kind,
        steps: &[Step],
    ) -> Result<(Kind, Vec<CompiledStep>), Misfit> {
        let mut compiled = Vec::with_capacity(steps.len());
        for (at, step) in steps.iter().enumerate() {
            let name = step.name();
            self.steps += 1;
            if self.steps > STEP_LIMIT {
                return Err(Box::new((None, Fault::TooMany { what: "steps", limit: STEP_LIMIT })));
            }
            let (after, run) =
                step.rule().compile(kind, self).map_err(|fault| Box::new((Some((at + 1, name)), fault)))?;
            kind = after;
            compiled.push(CompiledStep { number: u16::try_from(at + 1).unwrap_or(u16::MAX), name, run });
        }
        Ok((kind, compiled))
    }

    /// Compiles steps inside of a step.
    pub(super) fn nested(&mut self, kind: Kind, steps: &[Step]) -> Result<(Kind, Vec<CompiledStep>), Fault> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(Fault::TooMany { what: "depth", limit: DEPTH_LIMIT });
        }
        let nested = self.chain(kind, steps).map_err(|misfit| misfit.1)?;
        self.depth -= 1;
        Ok(nested)
    }
}

/// The known name that a person most likely meant.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let distance = |other: &str| {
        let (a, b): (Vec<char>, Vec<char>) =
            (name.chars().take(64).collect(), other.chars().take(64).collect());
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, from) in a.iter().enumerate() {
            let mut corner = row.first().copied().unwrap_or_default();
            if let Some(first) = row.first_mut() {
                *first = i + 1;
            }
            for (j, to) in b.iter().enumerate() {
                let (above, left) = (row.get(j + 1).copied(), row.get(j).copied());
                let cost = (corner + usize::from(from != to))
                    .min(above.unwrap_or(LIST_LIMIT) + 1)
                    .min(left.unwrap_or(LIST_LIMIT) + 1);
                corner = above.unwrap_or_default();
                if let Some(cell) = row.get_mut(j + 1) {
                    *cell = cost;
                }
            }
        }
        row.last().copied().unwrap_or_default()
    };
    known
        .map(|other| (distance(other), other))
        .min()
        .filter(|(distance, _)| *distance <= name.len() / 2)
        .map(|(_, other)| other.to_owned())
}

#[cfg(test)]
#[path = "compile_tests.rs"]
mod tests;
