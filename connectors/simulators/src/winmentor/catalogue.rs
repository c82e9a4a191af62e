//! The articles of a company: what they are, what they cost, where they lie.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rust_decimal::{Decimal, RoundingStrategy};

use super::text::to_e4;

/// A class of articles: symbol and name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) symbol: &'static str,
    pub(super) name: &'static str,
}

/// One article of the nomenclature. Kept small: a company may have a hundred thousand.
#[derive(Clone, Debug)]
pub(super) struct Article {
    /// `CodExtern`; may hold `;`.
    pub(super) code: Box<str>,
    /// `CodIntern`; a string such as `1017` or `429.1`.
    pub(super) internal_id: Box<str>,
    pub(super) name: Box<str>,
    pub(super) unit: Arc<str>,
    pub(super) class: &'static Class,
    pub(super) producer: u8,
    /// Percent.
    pub(super) vat: u8,
    pub(super) service: bool,
    /// Ten-thousandths of a leu, without VAT; none when never priced.
    pub(super) net_e4: Option<i64>,
    pub(super) weight_g: u32,
    pub(super) added: Date,
    pub(super) modified: DateTime,
    /// Thousandths per warehouse, in the order of the company's warehouses.
    pub(super) stock: Box<[i64]>,
    /// Thousandths reserved by uninvoiced orders.
    pub(super) reserved: i64,
}

impl Article {
    /// Ten-thousandths of a leu, VAT included, rounded to bani as the nomenclature shows it.
    pub(super) fn gross_e4(&self) -> Option<i64> {
        self.net_e4.map(|net| gross_e4(net, self.vat))
    }

    pub(super) fn total_stock(&self) -> i64 {
        self.stock.iter().sum()
    }
}

/// Adds VAT and rounds to bani.
pub(super) fn gross_e4(net_e4: i64, vat: u8) -> i64 {
    let gross = Decimal::new(net_e4, 4) * Decimal::from(100 + u32::from(vat)) / Decimal::ONE_HUNDRED;
    to_e4(gross.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

/// An article as it stood when the bridge read the list.
pub(super) type Snapshot = Arc<Vec<Arc<Article>>>;

/// All articles, findable by both codes.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    articles: Snapshot,
    by_code: HashMap<Box<str>, usize>,
    by_internal: HashMap<Box<str>, usize>,
    /// Internal ids of removed articles with the local time of removal.
    pub(super) removed: Vec<(Box<str>, DateTime)>,
    next_internal: u32,
}

impl Catalogue {
    pub(super) fn new(articles: Vec<Article>) -> Self {
        let next_internal = 1_000 + u32::try_from(articles.len()).unwrap_or(u32::MAX / 2);
        let articles = Arc::new(articles.into_iter().map(Arc::new).collect());
        let mut catalogue = Self { articles, next_internal, ..Self::default() };
        catalogue.reindex();
        catalogue
    }

    fn reindex(&mut self) {
        self.by_code.clear();
        self.by_internal.clear();
        for (index, article) in self.articles.iter().enumerate() {
            // The first of several equal codes wins, as a lookup in WinMentor would have it.
            self.by_code.entry(article.code.clone()).or_insert(index);
            self.by_internal.entry(article.internal_id.clone()).or_insert(index);
        }
    }

    /// The list as it stands now; cheap, and unchanged by what happens later.
    pub(super) fn snapshot(&self) -> Snapshot {
        Arc::clone(&self.articles)
    }

    pub(super) fn all(&self) -> &[Arc<Article>] {
        &self.articles
    }

    pub(super) fn by_code(&self, code: &str) -> Option<&Article> {
        self.by_code.get(code).and_then(|&index| self.articles.get(index)).map(|article| &**article)
    }

    pub(super) fn by_internal(&self, id: &str) -> Option<&Article> {
        self.by_internal.get(id).and_then(|&index| self.articles.get(index)).map(|article| &**article)
    }

    /// Changes the article with this external code; `None` when there is none.
    pub(super) fn change<T>(&mut self, code: &str, change: impl FnOnce(&mut Article) -> T) -> Option<T> {
        let index = *self.by_code.get(code)?;
        let article = Arc::make_mut(&mut self.articles).get_mut(index)?;
        Some(change(Arc::make_mut(article)))
    }

    /// Changes the article with this internal id; `None` when there is none.
    pub(super) fn change_internal<T>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Article) -> T,
    ) -> Option<T> {
        let index = *self.by_internal.get(id)?;
        let article = Arc::make_mut(&mut self.articles).get_mut(index)?;
        Some(change(Arc::make_mut(article)))
    }

    /// A fresh internal id.
    pub(super) fn next_internal(&mut self) -> Box<str> {
        self.next_internal += 1;
        self.next_internal.to_string().into()
    }

    pub(super) fn add(&mut self, article: Article) {
        Arc::make_mut(&mut self.articles).push(Arc::new(article));
        self.reindex();
    }

    /// Removes the article with this external code and remembers when.
    pub(super) fn remove(&mut self, code: &str, at: DateTime) -> Option<Arc<Article>> {
        let index = *self.by_code.get(code)?;
        let article = Arc::make_mut(&mut self.articles).remove(index);
        self.removed.push((article.internal_id.clone(), at));
        self.reindex();
        Some(article)
    }
}

/// A local time before everything.
pub(super) fn epoch() -> DateTime {
    super::text::local(Timestamp::UNIX_EPOCH)
}
