//! From sales lines to documents, and from documents to the orders that they belong to.

use std::collections::{BTreeSet, HashMap, HashSet, hash_map::Entry};

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use vortex_domain::{
    Sku,
    article::fingerprint,
    invoice::{SalesDocument, SoldLine},
};
use vortex_port::documents::{InvoiceWanted, SaleSeen};

use crate::{
    date::WorkingMonth,
    marks::{Mark, Marks, number, order_number, tokens},
    rows::SaleLine,
};

/// Names of other documents looked for in one remark at most.
const MOST_NAMES: usize = 50;
/// Delivery notes: they move goods and are no fiscal documents.
const DELIVERY_NOTE: &str = "AE";

/// The sales documents of the months read so far.
pub(super) struct Documents {
    /// Series of documents that come without one.
    default_series: String,
    found: Vec<Document>,
    known: HashMap<Key, WorkingMonth>,
}

/// What tells one document from another; numbers begin anew with series and years.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    series: String,
    number: String,
    date: Date,
    partner: String,
}

struct Document {
    key: Key,
    lines: Vec<SaleLine>,
}

impl Documents {
    pub(super) fn new(default_series: &str) -> Self {
        Self { default_series: default_series.to_owned(), found: Vec::new(), known: HashMap::new() }
    }

    /// Takes the sales of one month.
    pub(super) fn take(&mut self, month: WorkingMonth, lines: Vec<SaleLine>) {
        let mut places: HashMap<Key, usize> = HashMap::new();
        for line in lines {
            if line.document_type.trim().eq_ignore_ascii_case(DELIVERY_NOTE) {
                continue;
            }
            let key = Key::of(&line, month, &self.default_series);
            let place = match places.entry(key) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    // A document stands in one month; a second reading of it would double its lines.
                    if *self.known.entry(new.key().clone()).or_insert(month) != month {
                        continue;
                    }
                    self.found.push(Document { key: new.key().clone(), lines: Vec::new() });
                    *new.insert(self.found.len() - 1)
                }
            };
            if let Some(document) = self.found.get_mut(place) {
                document.lines.push(line);
            }
        }
    }

    /// Every document, by what may tie it to an order.
    pub(super) fn recognised(&self) -> Vec<SaleSeen> {
        self.found.iter().map(Document::recognised).collect()
    }

    /// The documents of each order, in the order asked.
    pub(super) fn by_order(&self, wanted: &[InvoiceWanted]) -> Vec<Vec<SalesDocument>> {
        let marks = Marks::new(wanted.iter().map(|order| Mark {
            token: &order.token,
            number: Some(order.document_number),
            since: order.since,
        }));
        let mut result = vec![Vec::new(); wanted.len()];
        let owned: Vec<_> = self.found.iter().map(|document| document.owners(&marks)).collect();
        for (place, document) in self.found.iter().enumerate() {
            let mut parts = owned.get(place).cloned().unwrap_or_default();
            if parts.is_empty() && document.is_storno() {
                parts = self.referred(document, &owned);
            }
            let mut orders: Vec<_> = parts.into_iter().collect();
            orders.sort_unstable_by_key(|(order, _)| *order);
            for (order, lines) in orders {
                if let Some(documents) = result.get_mut(order) {
                    documents.push(document.seen_from(&lines));
                }
            }
        }
        result
    }

    /// A storno that carries no mark of ours belongs to the orders of the invoice that its remark names.
    fn referred(&self, storno: &Document, owned: &[Owners]) -> Owners {
        let invoices = self.found.iter().zip(owned).filter(|(invoice, owners)| {
            !owners.is_empty() && !invoice.is_storno() && storno.names(&invoice.key)
        });
        let orders: HashSet<usize> = invoices.flat_map(|(_, owners)| owners.keys().copied()).collect();
        let all: Vec<usize> = (0..storno.lines.len()).collect();
        orders.into_iter().map(|order| (order, all.clone())).collect()
    }
}

/// Orders, and which lines of a document are theirs.
type Owners = HashMap<usize, Vec<usize>>;

impl Key {
    fn of(line: &SaleLine, month: WorkingMonth, default_series: &str) -> Self {
        let day = line.day.and_then(|day| month.day(day)).or_else(|| month.day(1));
        Self {
            series: series(line).unwrap_or(default_series).to_owned(),
            number: line.invoice_number.trim().to_owned(),
            date: line.invoice_date.or(day).unwrap_or_default(),
            partner: line.partner.clone(),
        }
    }
}

/// The booklet's prefix, or what the document's name shows of it; none where the bridge shows neither.
fn series(line: &SaleLine) -> Option<&str> {
    let prefix = line.booklet_prefix.trim();
    if !prefix.is_empty() {
        return Some(prefix);
    }
    let name = line.series.trim();
    let name = name.strip_prefix("F.").unwrap_or(name);
    name.strip_suffix(line.invoice_number.trim()).map(str::trim)
}

impl Document {
    fn recognised(&self) -> SaleSeen {
        let storno = self.is_storno();
        let remarks: BTreeSet<&str> = self.lines.iter().map(|line| line.remark.as_str()).collect();
        let numbers: BTreeSet<i64> =
            self.lines.iter().filter_map(|line| number(order_number(line)?)).collect();
        let named = remarks.iter().filter(|_| storno).flat_map(|remark| names_in(remark));
        SaleSeen {
            // The line's text holds everything that may change; what it says stays here.
            print: fingerprint(&format!("{:?} {:?}", self.key, self.lines)),
            date: self.key.date,
            storno,
            numbers: numbers.into_iter().collect(),
            tokens: remarks.iter().flat_map(|remark| tokens(remark)).map(str::to_owned).collect(),
            names: named.take(MOST_NAMES).collect(),
        }
    }

    fn owners(&self, marks: &Marks<'_>) -> Owners {
        let mut owners = Owners::new();
        let lines: Vec<&SaleLine> = self.lines.iter().collect();
        for (place, orders) in marks.owners(&lines, Some(self.key.date)).into_iter().enumerate() {
            for order in orders {
                owners.entry(order).or_default().push(place);
            }
        }
        owners
    }

    /// Whether goods only come back with it.
    fn is_storno(&self) -> bool {
        let back = |line: &SaleLine| line.quantity < Decimal::ZERO;
        self.lines.iter().any(back) && self.lines.iter().all(|line| back(line) || line.quantity.is_zero())
    }

    /// Whether the remark names the invoice by series and number, and the partner is the same.
    fn names(&self, invoice: &Key) -> bool {
        if invoice.series.is_empty() || invoice.partner != self.key.partner {
            return false;
        }
        let whole = format!("{}{}", invoice.series, invoice.number);
        let is_named = |remark: &str| names_in(remark).any(|name| name.eq_ignore_ascii_case(&whole));
        self.lines.iter().any(|line| is_named(&line.remark))
    }

    /// The document as one of its orders sees it: with that order's lines, and the total of the whole.
    fn seen_from(&self, lines: &[usize]) -> SalesDocument {
        let lines = lines.iter().filter_map(|place| self.lines.get(*place));
        SalesDocument {
            series: self.key.series.clone(),
            number: self.key.number.clone(),
            date: self.key.date,
            partner: self.key.partner.clone(),
            total_minor: self.total_minor(),
            lines: lines.filter_map(sold_line).collect(),
        }
    }

    /// What the document says its total is, else the sum of its lines.
    fn total_minor(&self) -> i64 {
        let said = self.lines.iter().find_map(|line| line.invoice_total);
        let total = said.map_or_else(
            || self.lines.iter().filter_map(gross_minor).fold(0, i64::saturating_add),
            |total| scaled(total, Decimal::ONE_HUNDRED).unwrap_or_default(),
        );
        // Some layouts print a storno's total without its sign.
        if self.is_storno() { -total.saturating_abs() } else { total }
    }
}

/// What may be a document's name in a remark: each word with a number in it, and each two words of which the second is one.
fn names_in(remark: &str) -> impl Iterator<Item = String> {
    let words = remark.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let digits = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    let alone =
        words.iter().filter(|word| word.bytes().any(|b| b.is_ascii_digit())).map(|word| (*word).to_owned());
    let apart = words.windows(2).filter_map(move |pair| match pair {
        [series, number] if digits(number) => Some(format!("{series}{number}")),
        _ => None,
    });
    alone.chain(apart).collect::<Vec<_>>().into_iter()
}

/// None for a line without an article, such as a free text.
fn sold_line(line: &SaleLine) -> Option<SoldLine> {
    let sku = Sku::new(line.article.as_deref()?).ok()?;
    Some(SoldLine {
        sku,
        quantity_milli: scaled(line.quantity, Decimal::ONE_THOUSAND)?,
        net_minor: net(line).and_then(|net| scaled(net, Decimal::ONE_HUNDRED)).unwrap_or_default(),
    })
}

/// Quantity times price without VAT, in lei.
fn net(line: &SaleLine) -> Option<Decimal> {
    let amount = line.price?.checked_mul(line.quantity)?;
    if line.vat_included == Some(true) { amount.checked_div(vat_factor(line)?) } else { Some(amount) }
}

/// Quantity times price with VAT, in bani.
fn gross_minor(line: &SaleLine) -> Option<i64> {
    let amount = line.price?.checked_mul(line.quantity)?;
    let gross =
        if line.vat_included == Some(true) { amount } else { amount.checked_mul(vat_factor(line)?)? };
    scaled(gross, Decimal::ONE_HUNDRED)
}

/// 1.21 for 21 %.
fn vat_factor(line: &SaleLine) -> Option<Decimal> {
    let share = line.vat_rate.unwrap_or_default().checked_div(Decimal::ONE_HUNDRED)?;
    share.checked_add(Decimal::ONE).filter(|factor| *factor > Decimal::ZERO)
}

fn scaled(value: Decimal, factor: Decimal) -> Option<i64> {
    let scaled = value.checked_mul(factor)?;
    scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
}

#[cfg(test)]
mod tests;
