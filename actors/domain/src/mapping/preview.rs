//! What another mapping would change, article by article: counted, in money, and with the reasons where something stops
//! or begins to be sold.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Compiled, Offer, PriceReceipt, Problem};
use crate::{
    article::Listing,
    ids::{Market, Sku},
};

/// Biggest movers that are named.
pub const MOVERS: usize = 20;
/// Reasons that are told apart; what comes after counts as `other`.
const REASONS: usize = 100;
/// Articles that are named for each reason.
const NAMED: usize = 5;

/// What a mapping would change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Articles looked at.
    pub articles: u64,
    /// Those of them of which the channel would be told something else.
    pub changed: u64,
    /// Changed articles by field: `title`, `price`, `markets` …
    pub fields: BTreeMap<&'static str, u64>,
    /// Prices by market.
    pub markets: BTreeMap<Market, MarketPreview>,
    /// The prices that would move most, relative to what they are.
    pub movers: Vec<Mover>,
    /// Why something (in a market) would no longer be sold.
    pub newly_invalid: Reasons,
    /// What has kept something (in a market) from being sold and no longer would.
    pub newly_valid: Reasons,
}

/// What would change in one market. Amounts are minor units of its currency, VAT included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MarketPreview {
    /// Prices that would rise.
    pub raised: u64,
    /// Prices that would fall.
    pub lowered: u64,
    /// Articles that would begin to be sold.
    pub entered: u64,
    /// Articles that would no longer be sold.
    pub left: u64,
    /// Σ price × published stock as it is, minor units.
    pub before_minor: i128,
    /// The same as it would be.
    pub after_minor: i128,
    /// What buyers paid for the units sold lately, at the prices as they are, minor units.
    pub sold_before_minor: i128,
    /// The same at the prices as they would be.
    pub sold_after_minor: i128,
}

/// A price that would move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mover {
    /// The article.
    pub sku: Sku,
    /// Where.
    pub market: Market,
    /// As it is, minor units.
    pub before_minor: i64,
    /// As it would be, minor units.
    pub after_minor: i64,
    /// How far it moves, in thousandths of what it is.
    pub moved_permille: i64,
}

/// Reasons by their code and what they are about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Reasons(BTreeMap<String, Reason>);

/// One reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The problem's code.
    pub code: &'static str,
    /// Its values, of the first article.
    pub params: Vec<String>,
    /// Articles and markets that it concerns.
    pub count: u64,
    /// The first articles.
    pub skus: Vec<Sku>,
}

impl Reasons {
    fn add(&mut self, sku: &Sku, problem: &Problem) {
        let (code, params) = (problem.kind.code(), problem.kind.params());
        // What a table lacks, which field is missing: one reason each. Figures of single articles are not.
        let about = match code {
            "mapping_gap" | "missing_translation" => params.join(" "),
            "missing_value" | "too_short" | "invalid_content" | "missing_rate" | "stale_rate" => {
                params.first().cloned().unwrap_or_default()
            }
            _ => String::new(),
        };
        let mut key = format!("{code} {about}");
        let full = self.0.len() >= REASONS && !self.0.contains_key(&key);
        if full {
            "other".clone_into(&mut key);
        }
        let reason = self.0.entry(key).or_insert_with(|| Reason {
            code: if full { "other" } else { code },
            params: if full { Vec::new() } else { params },
            ..Reason::default()
        });
        reason.count += 1;
        if reason.skus.len() < NAMED && reason.skus.last() != Some(sku) {
            reason.skus.push(sku.clone());
        }
    }

    fn merge(&mut self, other: Self) {
        for (key, theirs) in other.0 {
            match self.0.get_mut(&key) {
                Some(ours) => {
                    ours.count += theirs.count;
                    ours.skus.extend(theirs.skus);
                    ours.skus.truncate(NAMED);
                }
                None => {
                    self.0.insert(key, theirs);
                }
            }
        }
    }

    /// The reasons, the most frequent first.
    pub fn by_count(&self) -> Vec<&Reason> {
        let mut all: Vec<&Reason> = self.0.values().collect();
        all.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        all
    }
}

/// One article as it is told now, and as it would be.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The article.
    pub sku: &'a Sku,
    /// By the live mapping.
    pub before: &'a Offer,
    /// By the other one.
    pub after: &'a Offer,
    /// Units that the channel shows.
    pub shown: u32,
    /// Units sold lately, by market.
    pub sold: Option<&'a BTreeMap<Market, i64>>,
}

impl Preview {
    /// Takes one article into account.
    pub fn add(&mut self, compared: &Compared<'_>) {
        let Compared { sku, before, after, .. } = *compared;
        self.articles += 1;
        let mut fields = listing_fields(before.listing.as_ref(), after.listing.as_ref());
        if self.prices(compared) {
            fields.push("price");
        }
        self.changed += u64::from(!fields.is_empty());
        for field in fields {
            *self.fields.entry(field).or_default() += 1;
        }
        let sold_in = |offer: &Offer, market| offer.prices.iter().any(|price| price.market == market);
        let reasons = |told: &mut Reasons, offer: &Offer, other: &Offer| {
            for market in Market::ALL.iter().copied().filter(|m| sold_in(other, *m) && !sold_in(offer, *m)) {
                for problem in offer.problems.iter().filter(|p| p.market.is_none_or(|of| of == market)) {
                    told.add(sku, problem);
                }
            }
        };
        reasons(&mut self.newly_invalid, after, before);
        reasons(&mut self.newly_valid, before, after);
    }

    /// The prices of one article. Whether any of them changes.
    fn prices(&mut self, compared: &Compared<'_>) -> bool {
        let price_in = |offer: &Offer, market| {
            offer.prices.iter().find(|price| price.market == market).map(|price| price.gross_minor)
        };
        let mut changed = false;
        for &market in Market::ALL {
            let (before, after) = (price_in(compared.before, market), price_in(compared.after, market));
            if before.is_none() && after.is_none() {
                continue;
            }
            let of = self.markets.entry(market).or_default();
            let sold = compared.sold.and_then(|sold| sold.get(&market)).copied().unwrap_or(0);
            let worth = |price: Option<i64>, units: i64| i128::from(price.unwrap_or(0)) * i128::from(units);
            of.before_minor += worth(before, i64::from(compared.shown));
            of.after_minor += worth(after, i64::from(compared.shown));
            of.sold_before_minor += worth(before, sold);
            of.sold_after_minor += worth(after, sold);
            match (before, after) {
                (Some(was), Some(is)) if was != is => {
                    if is > was {
                        of.raised += 1;
                    } else {
                        of.lowered += 1;
                    }
                    changed = true;
                    note(&mut self.movers, compared.sku, market, was, is);
                }
                (None, Some(_)) => of.entered += 1,
                (Some(_), None) => of.left += 1,
                _ => {}
            }
        }
        changed
    }

    /// Adds what was counted elsewhere, of other articles.
    pub fn merge(&mut self, other: Self) {
        self.articles += other.articles;
        self.changed += other.changed;
        for (field, count) in other.fields {
            *self.fields.entry(field).or_default() += count;
        }
        for (market, theirs) in other.markets {
            self.markets.entry(market).or_default().merge(theirs);
        }
        self.movers.extend(other.movers);
        rank(&mut self.movers);
        self.newly_invalid.merge(other.newly_invalid);
        self.newly_valid.merge(other.newly_valid);
    }
}

impl MarketPreview {
    fn merge(&mut self, other: Self) {
        self.raised += other.raised;
        self.lowered += other.lowered;
        self.entered += other.entered;
        self.left += other.left;
        self.before_minor += other.before_minor;
        self.after_minor += other.after_minor;
        self.sold_before_minor += other.sold_before_minor;
        self.sold_after_minor += other.sold_after_minor;
    }
}

/// Keeps the biggest movers, in a list that is cut before it grows.
fn note(movers: &mut Vec<Mover>, sku: &Sku, market: Market, before_minor: i64, after_minor: i64) {
    let permille =
        (i128::from(after_minor) - i128::from(before_minor)) * 1_000 / i128::from(before_minor.max(1));
    let moved_permille = i64::try_from(permille).unwrap_or(i64::MAX);
    let mover = Mover { sku: sku.clone(), market, before_minor, after_minor, moved_permille };
    if movers.get(MOVERS - 1).is_none_or(|last| farther(&mover, last).is_lt()) {
        movers.push(mover);
        rank(movers);
    }
}

/// The biggest first; the same for every order in which they come.
fn farther(a: &Mover, b: &Mover) -> std::cmp::Ordering {
    let far = |mover: &Mover| std::cmp::Reverse(mover.moved_permille.unsigned_abs());
    (far(a), &a.sku, a.market).cmp(&(far(b), &b.sku, b.market))
}

fn rank(movers: &mut Vec<Mover>) {
    movers.sort_by(farther);
    movers.truncate(MOVERS);
}

/// The fields of a listing that differ.
fn listing_fields(before: Option<&Listing>, after: Option<&Listing>) -> Vec<&'static str> {
    let (Some(a), Some(b)) = (before, after) else {
        return if before.is_some() == after.is_some() { Vec::new() } else { vec!["markets"] };
    };
    let fields = [
        ("markets", a.markets != b.markets || a.for_sale != b.for_sale),
        ("title", a.title != b.title),
        ("description", a.description != b.description),
        ("images", (&a.main_image, &a.images) != (&b.main_image, &b.images)),
        ("category", a.category != b.category),
        ("brand", a.brand != b.brand),
        ("gtin", a.gtin != b.gtin),
        ("shipping_days", a.shipping_days != b.shipping_days),
        ("variants", a.parent_sku != b.parent_sku),
        ("weight", a.weight_g != b.weight_g),
        ("customs_code", a.customs_code != b.customs_code),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

/// What a mapping would have made of prices that were published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// Prices looked at.
    pub prices: u64,
    /// Those that would have been others.
    pub changed: u64,
    /// Those that it would not have made, by the problem's code.
    pub refused: BTreeMap<&'static str, u64>,
    /// Those that it would have made from fields that the receipt does not have.
    pub unknown: u64,
    /// By market.
    pub markets: BTreeMap<Market, ReplayedMarket>,
    /// The prices that would have differed most.
    pub movers: Vec<Mover>,
}

/// Published prices of one market, by another mapping. Minor units of its currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ReplayedMarket {
    /// Prices that would have been higher.
    pub raised: u64,
    /// Prices that would have been lower.
    pub lowered: u64,
    /// Σ of the published prices that it would have made too.
    pub before_minor: i128,
    /// Σ of what it would have made of them.
    pub after_minor: i128,
}

impl Replay {
    /// Takes one published price into account.
    pub fn add(&mut self, sku: &Sku, receipt: &PriceReceipt, mapping: &Compiled) {
        self.prices += 1;
        let after = match receipt.under(mapping) {
            None => {
                self.unknown += 1;
                return;
            }
            Some(Err(problem)) => {
                *self.refused.entry(problem.code()).or_default() += 1;
                return;
            }
            Some(Ok(gross_minor)) => gross_minor,
        };
        let before = receipt.gross_minor;
        let of = self.markets.entry(receipt.market).or_default();
        of.before_minor += i128::from(before);
        of.after_minor += i128::from(after);
        if after != before {
            self.changed += 1;
            if after > before {
                of.raised += 1;
            } else {
                of.lowered += 1;
            }
            note(&mut self.movers, sku, receipt.market, before, after);
        }
    }
}

#[cfg(test)]
mod tests;
