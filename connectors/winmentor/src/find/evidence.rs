//! Counting documents: which rows of which reader belong to which wanted order.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;
use serde_json::Value;
use vortex_port::erp::{Copies, Wanted};

use crate::{
    marks::{Mark, Marks, number, order_number},
    rows::{OrderLineInfo, SaleLine, UninvoicedLine},
};

/// What the readings say about the wanted orders, gathered in one pass over each.
pub(super) struct Evidence<'w> {
    wanted: &'w [Wanted],
    marks: Marks<'w>,
    tallies: Vec<Tally>,
}

/// The documents of one wanted order.
#[derive(Debug, Default, Clone)]
struct Tally {
    /// Lines of uninvoiced documents.
    open: HashMap<OpenDocument, HashMap<Option<i64>, u32>>,
    /// Documents in the sales, by the number of the order that they came from.
    sold: HashMap<SoldKey, SoldDocuments>,
    /// Documents that share the number and are not ours.
    foreign: HashSet<OpenDocument>,
    /// Most rows of one article and quantity in one answer: as many documents.
    listed_live: u32,
    listed_cancelled: u32,
    /// The token stands in some record, readable or not.
    seen: bool,
}

/// What tells one uninvoiced document from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct OpenDocument {
    number: String,
    booklet: String,
    booklet_number: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum SoldKey {
    Order(String),
    /// The sales row does not say which order it came from.
    Unknown,
}

/// Numbers of sales documents, invoices apart from delivery notes, which precede the same goods' invoice.
#[derive(Debug, Default, Clone)]
struct SoldDocuments {
    invoices: HashSet<String>,
    others: HashSet<String>,
}

impl<'w> Evidence<'w> {
    pub(super) fn new(wanted: &'w [Wanted]) -> Self {
        let marks = Marks::new(wanted.iter().map(|order| Mark {
            token: &order.token,
            number: order.document.as_ref().map(|document| document.number),
            since: order.since,
        }));
        Self { wanted, marks, tallies: vec![Tally::default(); wanted.len()] }
    }

    /// Looks for our tokens in a whole answer, records that cannot be read included.
    pub(super) fn scan(&mut self, data: &Value) {
        match data {
            Value::String(text) if text.contains(':') => {
                for index in self.marks.tokens_in(text) {
                    if let Some(tally) = self.tallies.get_mut(index) {
                        tally.seen = true;
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.scan(value)),
            Value::Object(fields) => fields.values().for_each(|value| self.scan(value)),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    pub(super) fn open_lines(&mut self, lines: &[UninvoicedLine]) {
        for line in lines {
            let document = || OpenDocument {
                number: line.order_number.clone(),
                booklet: line.booklet.clone(),
                booklet_number: line.booklet_number.clone(),
            };
            let ours = self.marks.leading_token(&line.remark);
            let foreign_token = ours.is_empty() && self.marks.names_another_order(&line.remark);
            for index in &ours {
                if let Some(tally) = self.tallies.get_mut(*index) {
                    *tally.open.entry(document()).or_default().entry(line.line_number).or_default() += 1;
                }
            }
            let numbers = [number(&line.order_number), number(&line.booklet_number)];
            for index in self.marks.numbered(&numbers) {
                if ours.contains(&index) {
                    continue;
                }
                let booklet = self
                    .wanted
                    .get(index)
                    .and_then(|order| order.document.as_ref())
                    .map(|d| d.booklet.trim());
                let same_booklet = booklet.is_some_and(|booklet| booklet.eq_ignore_ascii_case(&line.booklet));
                let Some(tally) = self.tallies.get_mut(index) else { continue };
                // Without a readable token our number in our booklet counts: a clerk may have edited the remark.
                if same_booklet && ours.is_empty() && !foreign_token {
                    *tally.open.entry(document()).or_default().entry(line.line_number).or_default() += 1;
                } else {
                    tally.foreign.insert(document());
                }
            }
        }
    }

    pub(super) fn sale_lines(&mut self, lines: &[SaleLine]) {
        let mut documents: HashMap<(&str, &str, &str), Vec<&SaleLine>> = HashMap::new();
        // What was returned was sold before, and the sale has rows of its own.
        for line in lines.iter().filter(|line| line.quantity >= Decimal::ZERO) {
            let document = (line.document_type.trim(), line.series.as_str(), line.invoice_number.as_str());
            documents.entry(document).or_default().push(line);
        }
        for ((kind, series, number), lines) in documents {
            let day = lines.iter().find_map(|line| line.invoice_date);
            for (line, orders) in lines.iter().zip(self.marks.owners(&lines, day)) {
                let key =
                    order_number(line).map_or(SoldKey::Unknown, |order| SoldKey::Order(order.to_owned()));
                for index in orders {
                    let Some(tally) = self.tallies.get_mut(index) else { continue };
                    let documents = tally.sold.entry(key.clone()).or_default();
                    let invoice = kind.eq_ignore_ascii_case("F");
                    let kind = if invoice { &mut documents.invoices } else { &mut documents.others };
                    kind.insert(format!("{series}/{number}"));
                }
            }
        }
    }

    /// Rows of one answer. The reader may be month-scoped or not: each answer is counted by itself.
    pub(super) fn order_infos(&mut self, lines: &[OrderLineInfo]) {
        let mut counts: HashMap<(usize, bool, Option<&str>, String), u32> = HashMap::new();
        for line in lines {
            for index in self.marks.numbered_since(&line.order_number, line.date) {
                let key =
                    (index, line.cancelled, line.article.as_deref(), line.quantity.normalize().to_string());
                *counts.entry(key).or_default() += 1;
            }
        }
        for ((index, cancelled, _, _), copies) in counts {
            let Some(tally) = self.tallies.get_mut(index) else { continue };
            let most = if cancelled { &mut tally.listed_cancelled } else { &mut tally.listed_live };
            *most = (*most).max(copies);
        }
    }

    pub(super) fn copies(&self) -> Vec<Copies> {
        self.wanted.iter().zip(&self.tallies).map(|(order, tally)| tally.copies(order)).collect()
    }
}

impl Tally {
    fn copies(&self, order: &Wanted) -> Copies {
        // Two lines with one line number cannot be of one document.
        let open: u32 = self.open.values().map(|lines| lines.values().copied().max().unwrap_or(0)).sum();
        let open = if self.open.values().any(|lines| lines.contains_key(&None)) {
            u32::try_from(self.open.len()).unwrap_or(u32::MAX)
        } else {
            open
        };
        // An order that is invoiced in parts stands in both readers.
        let also_open = |key: &SoldKey| match key {
            SoldKey::Order(sold) => {
                self.open.keys().any(|d| same(&d.number, sold) || same(&d.booklet_number, sold))
            }
            SoldKey::Unknown => !self.open.is_empty(),
        };
        let sold: u32 =
            self.sold.iter().filter(|(key, _)| !also_open(key)).map(|(key, d)| d.orders(key)).sum();
        // The list of all orders knows neither booklets nor tokens: what others show as not ours is taken off.
        let foreign = u32::try_from(self.foreign.len()).unwrap_or(u32::MAX);
        let listed = self.listed_live.saturating_sub(foreign);
        let mut live = (open + sold).max(listed);
        if live == 0 && self.listed_cancelled == 0 && self.seen {
            tracing::warn!(token = order.token, "the order is seen only in a record that cannot be read");
            live = 1;
        }
        Copies { live, cancelled: self.listed_cancelled }
    }
}

impl SoldDocuments {
    /// How many orders these documents stand for.
    fn orders(&self, key: &SoldKey) -> u32 {
        match key {
            // Several invoices of one order number are its parts.
            SoldKey::Order(_) => 1,
            SoldKey::Unknown if self.invoices.is_empty() => 1,
            SoldKey::Unknown => u32::try_from(self.invoices.len()).unwrap_or(u32::MAX),
        }
    }
}

fn same(a: &str, b: &str) -> bool {
    a == b || number(a).is_some_and(|a| Some(a) == number(b))
}

#[cfg(test)]
mod tests;
