//! Counting documents: which rows of which reader belong to which wanted order.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use vortex_port::erp::{Copies, Wanted};

use crate::{
    reference::DocumentNumber,
    rows::{OrderLineInfo, SaleLine, UninvoicedLine},
};

/// What the readings say about the wanted orders, gathered in one pass over each.
pub(super) struct Evidence<'w> {
    wanted: &'w [Wanted],
    by_token: HashMap<&'w str, Vec<usize>>,
    by_number: HashMap<i64, Vec<usize>>,
    /// What all our tokens begin with, such as `CDON:`: a remark with another one of these is another order.
    channels: HashSet<&'w str>,
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
        let mut by_token: HashMap<&str, Vec<usize>> = HashMap::with_capacity(wanted.len());
        let mut by_number: HashMap<i64, Vec<usize>> = HashMap::new();
        let mut channels = HashSet::new();
        for (index, order) in wanted.iter().enumerate() {
            by_token.entry(&order.token).or_default().push(index);
            if let Some(document) = &order.document {
                by_number.entry(document.number).or_default().push(index);
            }
            channels.extend(order.token.split_inclusive(':').next().filter(|channel| channel.ends_with(':')));
        }
        Self { wanted, by_token, by_number, channels, tallies: vec![Tally::default(); wanted.len()] }
    }

    /// Looks for our tokens in a whole answer, records that cannot be read included.
    pub(super) fn scan(&mut self, data: &Value) {
        match data {
            Value::String(text) if text.contains(':') => {
                for index in self.tokens_in(text) {
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
            let ours = self.leading_token(&line.remark);
            let foreign_token = ours.is_empty() && self.names_another_order(&line.remark);
            for index in &ours {
                if let Some(tally) = self.tallies.get_mut(*index) {
                    *tally.open.entry(document()).or_default().entry(line.line_number).or_default() += 1;
                }
            }
            let numbers = [number(&line.order_number), number(&line.booklet_number)];
            for index in self.numbered(&numbers) {
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
        for line in lines {
            // What was returned was sold before, and the sale has rows of its own.
            if line.quantity.is_sign_negative() && !line.quantity.is_zero() {
                continue;
            }
            let mut ours = self.tokens_in(&line.remark);
            if ours.is_empty() && !self.names_another_order(&line.remark) {
                let since = |index: &usize| {
                    let since = self.wanted.get(*index).map(|order| order.since);
                    line.invoice_date.zip(since).is_none_or(|(day, since)| day >= since)
                };
                ours = self.numbered(&[number(&line.order_number)]).into_iter().filter(since).collect();
            }
            for index in ours {
                let Some(tally) = self.tallies.get_mut(index) else { continue };
                let key = match line.order_number.trim() {
                    "" | "0" => SoldKey::Unknown,
                    number => SoldKey::Order(number.to_owned()),
                };
                let documents = tally.sold.entry(key).or_default();
                let invoice = line.document_type.trim().eq_ignore_ascii_case("F");
                let kind = if invoice { &mut documents.invoices } else { &mut documents.others };
                kind.insert(format!("{}/{}", line.series, line.invoice_number));
            }
        }
    }

    /// Rows of one answer. The reader may be month-scoped or not: each answer is counted by itself.
    pub(super) fn order_infos(&mut self, lines: &[OrderLineInfo]) {
        let mut counts: HashMap<(usize, bool, Option<&str>, String), u32> = HashMap::new();
        for line in lines {
            for index in self.numbered(&[number(&line.order_number)]) {
                let since = self.wanted.get(index).map(|order| order.since);
                if line.date.zip(since).is_some_and(|(day, since)| day < since) {
                    continue;
                }
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

    /// The orders whose token the remark begins with.
    fn leading_token(&self, remark: &str) -> Vec<usize> {
        let remark = remark.trim_start();
        let end = remark.find(|c| !is_token_char(c)).unwrap_or(remark.len());
        remark.get(..end).map(|run| self.token(run)).unwrap_or_default().to_vec()
    }

    /// The orders whose token stands anywhere in the text.
    fn tokens_in(&self, text: &str) -> Vec<usize> {
        let runs = text.split(|c| !is_token_char(c)).filter(|run| run.contains(':'));
        runs.flat_map(|run| self.token(run)).copied().collect()
    }

    /// The orders with this token; full stops after it may close a sentence.
    fn token(&self, run: &str) -> &[usize] {
        let mut run = run;
        loop {
            match (self.by_token.get(run), run.strip_suffix('.')) {
                (Some(found), _) => return found,
                (None, Some(shorter)) => run = shorter,
                (None, None) => return &[],
            }
        }
    }

    /// Whether the remark holds a token of our channel that is not wanted here.
    fn names_another_order(&self, remark: &str) -> bool {
        remark.split(|c| !is_token_char(c)).any(|run| {
            self.channels.iter().any(|channel| run.len() > channel.len() && run.starts_with(channel))
        })
    }

    fn numbered(&self, numbers: &[Option<i64>]) -> Vec<usize> {
        let mut found: Vec<usize> = numbers
            .iter()
            .flatten()
            .filter_map(|number| self.by_number.get(number))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        found
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

/// A document number as it is written in a reader.
fn number(field: &str) -> Option<i64> {
    let digits = field.trim();
    let number: i64 = digits.parse().ok().or_else(|| {
        let whole = crate::decimal::read(digits).ok().flatten()?;
        whole.is_integer().then(|| whole.normalize().to_string().parse().ok())?
    })?;
    DocumentNumber::new(number).ok().map(|number| i64::from(number.get()))
}

fn is_token_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | ':')
}

#[cfg(test)]
mod tests;
