//! What differs between two versions, in sentences.

use super::{
    model::{Condition, Mapping, Object, Row, Scalar, Table},
    steps::Step,
};
use crate::attention::Reader;

/// Rows of one table that are named one by one; more are counted.
const TABLE_ROWS_NAMED: usize = 200;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The object; none for a table.
    pub object: Option<Object>,
    /// The field that is made, or the table.
    pub target: String,
    /// What is different.
    pub what: What,
}

/// What can be different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A row that was not there before.
    RowAdded(Box<Row>),
    /// A row that is gone.
    RowRemoved(Box<Row>),
    /// The rows of the field are tried in another order.
    Reordered,
    /// Other sources.
    Sources(Vec<String>, Vec<String>),
    /// Other markets.
    Markets(String, String),
    /// Other conditions.
    When(Vec<Condition>, Vec<Condition>),
    /// A step that was not there before, and its place.
    StepAdded(usize, Box<Step>),
    /// A step that is gone, and its place.
    StepRemoved(usize, Box<Step>),
    /// A step with other parameters: its place now, before, after.
    StepChanged(usize, Box<Step>, Box<Step>),
    /// Other examples.
    Examples,
    /// A table that was not there before, with so many rows.
    TableAdded(usize),
    /// A table that is gone.
    TableRemoved,
    /// A row of a table: whose (a market or language; empty: everybody's), key, before, after.
    TableRow(String, String, Option<Scalar>, Option<Scalar>),
    /// What stands for everything else: before, after.
    Otherwise(Option<Scalar>, Option<Scalar>),
    /// So many more rows.
    MoreRows(usize),
}

/// Everything that differs, objects first, in the order of the file.
pub fn diff(old: &Mapping, new: &Mapping) -> Vec<Change> {
    let mut changes = Vec::new();
    for object in Object::ALL {
        let (before, after) = (old.rows(object), new.rows(object));
        let mut targets: Vec<&str> = Vec::new();
        for row in before.iter().chain(after) {
            if !targets.contains(&row.to.as_str()) {
                targets.push(&row.to);
            }
        }
        for target in targets {
            let of =
                |rows: &'_ [Row]| rows.iter().filter(|row| row.to == target).cloned().collect::<Vec<_>>();
            let mut note =
                |what| changes.push(Change { object: Some(object), target: target.to_owned(), what });
            rows(&of(before), &of(after), &mut note);
        }
    }
    let names = old.tables.keys().chain(new.tables.keys().filter(|name| !old.tables.contains_key(*name)));
    for name in names {
        let mut note = |what| changes.push(Change { object: None, target: name.clone(), what });
        match (old.tables.get(name), new.tables.get(name)) {
            (Some(before), Some(after)) => tables(before, after, &mut note),
            (None, Some(after)) => note(What::TableAdded(after.len())),
            (Some(_), None) => note(What::TableRemoved),
            (None, None) => {}
        }
    }
    changes
}

/// The rows of one field. Equal ones are taken together first, then those in the same place.
fn rows(before: &[Row], after: &[Row], note: &mut dyn FnMut(What)) {
    let mut gone: Vec<&Row> = before.iter().filter(|row| !after.contains(row)).collect();
    let mut come: Vec<&Row> = after.iter().filter(|row| !before.contains(row)).collect();
    let paired = gone.len().min(come.len());
    for (old, new) in gone.drain(..paired).zip(come.drain(..paired)) {
        row(old, new, note);
    }
    for row in gone {
        note(What::RowRemoved(Box::new(row.clone())));
    }
    for row in come {
        note(What::RowAdded(Box::new(row.clone())));
    }
    let kept_before: Vec<_> = before.iter().filter(|row| after.contains(row)).collect();
    let kept_after: Vec<_> = after.iter().filter(|row| before.contains(row)).collect();
    if kept_before != kept_after {
        note(What::Reordered);
    }
}

fn row(old: &Row, new: &Row, note: &mut dyn FnMut(What)) {
    if old.from != new.from {
        note(What::Sources(old.from.clone(), new.from.clone()));
    }
    if old.markets != new.markets {
        let codes = |row: &Row| row.markets.iter().map(|market| market.code()).collect::<Vec<_>>().join(", ");
        note(What::Markets(codes(old), codes(new)));
    }
    if old.when != new.when {
        note(What::When(old.when.clone(), new.when.clone()));
    }
    steps(&old.steps, &new.steps, note);
    if old.examples != new.examples {
        note(What::Examples);
    }
}

/// What stands alike at both ends is the same; between, steps of one name in one place are changed ones.
fn steps(old: &[Step], new: &[Step], note: &mut dyn FnMut(What)) {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let old = old.get(..old.len() - tail).unwrap_or_default();
    let new = new.get(..new.len() - tail).unwrap_or_default();
    let mut after = new.iter().enumerate().peekable();
    for (at, before) in old.iter().enumerate() {
        let named = new.iter().enumerate().skip(after.peek().map_or(new.len(), |(next, _)| *next));
        let Some((found, _)) = { named }.find(|(_, step)| step.name() == before.name()) else {
            note(What::StepRemoved(head + at + 1, Box::new(before.clone())));
            continue;
        };
        while let Some((at, step)) = after.next_if(|(at, _)| *at <= found) {
            if at < found {
                note(What::StepAdded(head + at + 1, Box::new(step.clone())));
            } else if step != before {
                note(What::StepChanged(head + at + 1, Box::new(before.clone()), Box::new(step.clone())));
            }
        }
    }
    after.for_each(|(at, step)| note(What::StepAdded(head + at + 1, Box::new(step.clone()))));
}

fn tables(old: &Table, new: &Table, note: &mut dyn FnMut(What)) {
    let mut different = 0;
    let mut compare = |whose: &str, old: Option<&_>, new: Option<&_>, note: &mut dyn FnMut(What)| {
        let empty = std::collections::BTreeMap::<String, Scalar>::new();
        let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
        for key in old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))) {
            let (before, after) = (old.get(key), new.get(key));
            if before == after {
                continue;
            }
            different += 1;
            if different <= TABLE_ROWS_NAMED {
                note(What::TableRow(whose.to_owned(), key.clone(), before.cloned(), after.cloned()));
            }
        }
    };
    compare("", Some(&old.rows), Some(&new.rows), note);
    for market in crate::Market::ALL {
        compare(market.code(), old.markets.get(market), new.markets.get(market), note);
    }
    for language in crate::Language::ALL {
        compare(language.code(), old.languages.get(language), new.languages.get(language), note);
    }
    if different > TABLE_ROWS_NAMED {
        note(What::MoreRows(different - TABLE_ROWS_NAMED));
    }
    if old.otherwise != new.otherwise {
        note(What::Otherwise(old.otherwise.clone(), new.otherwise.clone()));
    }
    if old.examples != new.examples {
        note(What::Examples);
    }
}

impl Change {
    /// The difference as a sentence.
    pub fn say(&self, reader: Reader) -> String {
        let target = &self.target;
        let place = match (self.object, reader) {
            (Some(object), _) => format!("{} `{target}`", object.say(reader)),
            (None, Reader::Ro) => format!("tabela `{target}`"),
            (None, Reader::En) => format!("table `{target}`"),
        };
        format!("{place}: {}.", self.what.say(reader))
    }
}

impl What {
    fn say(&self, reader: Reader) -> String {
        let none = |text: String| match (text.is_empty(), reader) {
            (false, _) => text,
            (true, Reader::Ro) => "nimic".to_owned(),
            (true, Reader::En) => "nothing".to_owned(),
        };
        let steps = |row: &Row| row.steps.iter().map(|step| step.say(reader)).collect::<Vec<_>>().join(", ");
        let sources = |from: &[String]| none(from.join(", "));
        let tests = |when: &[Condition]| {
            none(when.iter().map(|test| test.say(reader)).collect::<Vec<_>>().join("; "))
        };
        let scalar =
            |value: &Option<Scalar>| none(value.as_ref().map(|v| format!("`{v}`")).unwrap_or_default());
        let (ro, en) = match self {
            Self::RowAdded(row) => {
                let (from, steps) = (sources(&row.from), none(steps(row)));
                (
                    format!("regulă nouă: din {from}, pași: {steps}"),
                    format!("new row: from {from}, steps: {steps}"),
                )
            }
            Self::RowRemoved(row) => {
                let (from, steps) = (sources(&row.from), none(steps(row)));
                (
                    format!("regulă eliminată: din {from}, pași: {steps}"),
                    format!("row removed: from {from}, steps: {steps}"),
                )
            }
            Self::Reordered => (
                "regulile se încearcă în altă ordine".to_owned(),
                "the rows are tried in another order".to_owned(),
            ),
            Self::Sources(old, new) => {
                let (old, new) = (sources(old), sources(new));
                (format!("surse: {old} → {new}"), format!("sources: {old} → {new}"))
            }
            Self::Markets(old, new) => {
                let all =
                    |text: &str, word: &str| if text.is_empty() { word.to_owned() } else { text.to_owned() };
                (
                    format!("piețe: {} → {}", all(old, "toate"), all(new, "toate")),
                    format!("markets: {} → {}", all(old, "all"), all(new, "all")),
                )
            }
            Self::When(old, new) => {
                let (old, new) = (tests(old), tests(new));
                (format!("condiții: {old} → {new}"), format!("conditions: {old} → {new}"))
            }
            Self::StepAdded(at, step) => {
                let said = step.say(reader);
                (format!("pasul {at} nou: {said}"), format!("new step {at}: {said}"))
            }
            Self::StepRemoved(at, step) => {
                let said = step.say(reader);
                (format!("pasul {at} eliminat: {said}"), format!("step {at} removed: {said}"))
            }
            Self::StepChanged(at, old, new) => {
                let (old, new) = (old.say(reader), new.say(reader));
                (format!("pasul {at}: {old} → {new}"), format!("step {at}: {old} → {new}"))
            }
            Self::Examples => ("alte exemple".to_owned(), "other examples".to_owned()),
            Self::TableAdded(rows) => {
                (format!("tabelă nouă, {rows} rânduri"), format!("new table, {rows} rows"))
            }
            Self::TableRemoved => ("tabelă eliminată".to_owned(), "table removed".to_owned()),
            Self::TableRow(whose, key, old, new) => {
                let whose = if whose.is_empty() { String::new() } else { format!(" ({whose})") };
                let (old, new) = (scalar(old), scalar(new));
                (
                    format!("rândul `{key}`{whose}: {old} → {new}"),
                    format!("row `{key}`{whose}: {old} → {new}"),
                )
            }
            Self::Otherwise(old, new) => {
                let (old, new) = (scalar(old), scalar(new));
                (format!("pentru restul: {old} → {new}"), format!("for everything else: {old} → {new}"))
            }
            Self::MoreRows(rows) => {
                (format!("și încă {rows} rânduri diferite"), format!("and {rows} more rows that differ"))
            }
        };
        match reader {
            Reader::Ro => ro,
            Reader::En => en,
        }
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
