//! Which of the wanted orders a record names: by the token in its remark, and by its order number.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use crate::{reference::DocumentNumber, rows::SaleLine};

/// What one wanted order is recognised by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark<'w> {
    /// The token in its remark.
    pub(crate) token: &'w str,
    /// Its number, once it has one.
    pub(crate) number: Option<i64>,
    /// The first day on which a document of it can be dated. Numbers repeat, so what is older is another's.
    pub(crate) since: Date,
}

/// The marks of all wanted orders; orders are told by their position among them.
pub(crate) struct Marks<'w> {
    by_token: HashMap<&'w str, Vec<usize>>,
    by_number: HashMap<i64, Vec<usize>>,
    /// What all our tokens begin with, such as `CDON:`: a remark with another one of these is another order.
    channels: HashSet<&'w str>,
    since: Vec<Date>,
}

impl<'w> Marks<'w> {
    pub(crate) fn new(marks: impl Iterator<Item = Mark<'w>>) -> Self {
        let mut all = Self {
            by_token: HashMap::new(),
            by_number: HashMap::new(),
            channels: HashSet::new(),
            since: Vec::new(),
        };
        for (index, mark) in marks.enumerate() {
            all.by_token.entry(mark.token).or_default().push(index);
            if let Some(number) = mark.number {
                all.by_number.entry(number).or_default().push(index);
            }
            let channel = mark.token.split_inclusive(':').next();
            all.channels.extend(channel.filter(|channel| channel.ends_with(':')));
            all.since.push(mark.since);
        }
        all
    }

    /// The orders whose token the remark begins with.
    pub(crate) fn leading_token(&self, remark: &str) -> Vec<usize> {
        let remark = remark.trim_start();
        let end = remark.find(|c| !is_token_char(c)).unwrap_or(remark.len());
        remark.get(..end).map(|run| self.token(run)).unwrap_or_default().to_vec()
    }

    /// The orders whose token stands anywhere in the text.
    pub(crate) fn tokens_in(&self, text: &str) -> Vec<usize> {
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

    /// Whether the remark holds a token of our channel, wanted or not.
    pub(crate) fn names_another_order(&self, remark: &str) -> bool {
        remark.split(|c| !is_token_char(c)).any(|run| {
            self.channels.iter().any(|channel| run.len() > channel.len() && run.starts_with(channel))
        })
    }

    /// The orders with one of these numbers, each once.
    pub(crate) fn numbered(&self, numbers: &[Option<i64>]) -> Vec<usize> {
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

    /// The orders with this number, as a reader writes it, that can have a document of this day.
    pub(crate) fn numbered_since(&self, written: &str, day: Option<Date>) -> Vec<usize> {
        let mut found = self.numbered(&[number(written)]);
        found
            .retain(|index| day.zip(self.since.get(*index).copied()).is_none_or(|(day, since)| day >= since));
        found
    }
}

impl Marks<'_> {
    /// Which orders each line of one sales document belongs to.
    ///
    /// The token decides. A number counts where no token of ours stands in the remark, or where the document was made
    /// of several orders: then the remark can be that of one of them only.
    pub(crate) fn owners(&self, lines: &[&SaleLine], day: Option<Date>) -> Vec<Vec<usize>> {
        let mut named: Vec<usize> = lines.iter().flat_map(|line| self.tokens_in(&line.remark)).collect();
        named.sort_unstable();
        named.dedup();
        let foreign = named.is_empty() && lines.iter().any(|line| self.names_another_order(&line.remark));
        let numbers: HashSet<&str> = lines.iter().filter_map(|line| order_number(line)).collect();
        let collective = numbers.len() > 1;
        let by_number: Vec<Vec<usize>> =
            lines.iter().map(|line| self.numbered_since(&line.order_number, day)).collect();
        let numbered: HashSet<usize> = by_number.iter().flatten().copied().collect();

        let owners = lines.iter().zip(&by_number).map(|(line, by_number)| {
            let both: Vec<usize> = by_number.iter().copied().filter(|order| named.contains(order)).collect();
            if !both.is_empty() {
                both
            } else if !by_number.is_empty() && (collective || (named.is_empty() && !foreign)) {
                by_number.clone()
            } else {
                // An order whose own number stands in the document has no part in lines with another number.
                let has_no_part = |order: &usize| order_number(line).is_some() && numbered.contains(order);
                named.iter().copied().filter(|order| !has_no_part(order)).collect()
            }
        });
        owners.collect()
    }
}

/// What may be tokens of orders in a text; full stops after one may close a sentence.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|c| !is_token_char(c)).filter(|run| run.contains(':'));
    runs.map(|run| run.trim_end_matches('.'))
}

/// The order that a line came from, where it says one.
pub(crate) fn order_number(line: &SaleLine) -> Option<&str> {
    Some(line.order_number.trim()).filter(|number| !matches!(*number, "" | "0"))
}

/// A document number as it is written in a reader.
pub(crate) fn number(field: &str) -> Option<i64> {
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
