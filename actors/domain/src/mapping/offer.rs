//! The offer: what the channel is told of one article, where it cannot be told, and why.

use jiff::civil::Date;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use super::{
    compile::Compiled,
    context::{Context, Money},
    engine::{Cache, Found},
    fields::Facts,
    fit::Broken,
    model::Object,
    problem::{Note, Problem, ProblemKind},
    receipt::PriceReceipt,
    value::Value,
};
use crate::{
    article::{ContentRow, ErpArticle, Listing, MarketPrice, fingerprint},
    ids::{Currency, Language, Market},
    rates::{AppliedRate, RateChoice, RateRule, RateTable},
    vat::{self, Country, VatTable},
};

/// Everything that an offer is made from.
#[derive(Debug, Clone, Copy)]
pub struct OfferInput<'a> {
    /// What the ERP says.
    pub article: &'a ErpArticle,
    /// What the ERP does not hold; rows of other SKUs are passed over.
    pub content: &'a [ContentRow],
    /// Where the vendor sells.
    pub markets: &'a [Market],
    /// Exchange rates.
    pub rates: &'a RateTable,
    /// VAT rates and the vendor's classes of goods.
    pub vat: &'a VatTable,
    /// The business date (Europe/Bucharest), which chooses rates and VAT.
    pub date: Date,
    /// Image URL with `{sku}` in it, for articles without an image of their own.
    pub image_url: Option<&'a str>,
    /// What buyers paid a day ago, for the step `max_change`; minor units.
    pub previous: &'a [(Market, i64)],
}

/// What the channel is to be told of one article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The descriptive part; none when the article can be sold nowhere.
    pub listing: Option<Listing>,
    /// One price for each listed market, in the order of the listing; none without a listing.
    pub prices: Vec<MarketPrice>,
    /// What keeps it from being sold, everywhere or in one market. Never empty without a listing.
    pub problems: Vec<Problem>,
    /// What somebody may want to know.
    pub notes: Vec<Note>,
    /// How each price came about, in the order of the prices.
    pub price_receipts: Vec<PriceReceipt>,
    /// The mapping version that made all of it.
    pub mapping_version: u32,
}

impl Offer {
    /// Fingerprints of listing and prices, to tell a change from none; the mapping version alone is no change.
    pub fn fingerprints(&self) -> (u64, u64) {
        (fingerprint(&self.listing), fingerprint(&self.prices))
    }

    fn blocked(mapping_version: u32, kind: ProblemKind) -> Self {
        Self {
            listing: None,
            prices: Vec::new(),
            problems: vec![Problem { market: None, kind }],
            notes: Vec::new(),
            price_receipts: Vec::new(),
            mapping_version,
        }
    }
}

/// Rates, VAT and prices as they are now.
struct Today<'a> {
    input: &'a OfferInput<'a>,
    vat_class: &'a str,
}

impl Money for Today<'_> {
    fn rate(
        &self,
        source: RateChoice,
        currency: Currency,
        date: Date,
        rule: RateRule,
    ) -> Option<AppliedRate> {
        self.input.rates.pricing_rate(source, currency, date, rule)
    }

    fn vat_percent(&self, country: Country, class: Option<&str>, date: Date) -> Result<Decimal, ProblemKind> {
        // Romanian VAT of the article's own class is what the ERP says it is.
        let own = self.input.article.vat_percent.filter(|_| country == Country::Ro && class.is_none());
        match own {
            Some(percent) if vat::is_percent(percent) => Ok(percent),
            Some(percent) => Err(ProblemKind::InvalidContent {
                field: "vat_percent".to_owned(),
                rule: Broken::Percent,
                value: percent.to_string(),
            }),
            None => {
                let class = class.unwrap_or(self.vat_class);
                self.input.vat.charged(country, class, date).ok_or_else(|| ProblemKind::MissingVatRate {
                    country,
                    class: class.to_owned(),
                    date,
                })
            }
        }
    }

    fn previous_minor(&self, market: Market) -> Option<i64> {
        self.input.previous.iter().find(|(of, _)| *of == market).map(|(_, minor)| *minor)
    }
}

/// Title and description of one market, and the language that they go under.
struct MarketTexts {
    language: Language,
    title: String,
    description: String,
}

impl Compiled {
    /// Makes the offer of one article. Total: whatever comes in, the offer keeps the channel's limits.
    pub fn offer(&self, input: &OfferInput<'_>) -> Offer {
        let article = input.article;
        if article.service {
            return Offer::blocked(self.version(), ProblemKind::Service);
        }
        if input.markets.is_empty() {
            return Offer::blocked(self.version(), ProblemKind::NoMarkets);
        }
        let content: Vec<&ContentRow> = input.content.iter().filter(|row| row.sku == article.sku).collect();
        let facts = Facts {
            article: Some(article),
            content: &content,
            image_url: input.image_url.filter(|template| !template.trim().is_empty()),
            market: None,
            order: None,
        };
        let no_money = Today { input, vat_class: vat::STANDARD };
        let mut work = Work {
            mapping: self,
            everywhere: Context::new(facts, input.date, &no_money),
            cache: Cache::default(),
            problems: Vec::new(),
            notes: Vec::new(),
        };

        let category = work.text("category");
        let images = work.list("images");
        let vat_class = input.vat.class_of(&article.sku, category.as_deref(), &article.class_code);
        let today = Today { input, vat_class };

        let mut markets = input.markets.to_vec();
        markets.sort_unstable();
        markets.dedup();
        let mut title: Vec<(Language, String)> = Vec::new();
        let mut description: Vec<(Language, String)> = Vec::new();
        let mut shipping_days = Vec::new();
        let mut price_receipts = Vec::new();
        // Every reason is collected, so that a person mends an article once, not once for each reason.
        markets.retain(|&market| {
            let facts = Facts { market: Some(market), ..facts };
            let before = work.problems.len();
            let here = Context::new(facts, input.date, &today);
            let days = work.days(market, &here);
            let price = self.noted_price(market, Context::tracing(facts, input.date, &today), vat_class);
            let price = work.keep(Some(market), price);
            let words = work.texts(market, &here);
            work.notes.extend(here.finish().1);
            let (Some((price, notes)), Some(words), Some((min, max))) = (price, words, days) else {
                return false;
            };
            if work.problems.len() > before {
                return false;
            }
            work.notes.extend(notes);
            if !title.iter().any(|(language, _)| *language == words.language) {
                title.push((words.language, words.title));
                description.push((words.language, words.description));
            }
            shipping_days.push((market, min, max));
            price_receipts.push(price);
            true
        });
        title.sort_unstable_by_key(|(language, _)| *language);
        description.sort_unstable_by_key(|(language, _)| *language);

        let listing = match (category, images) {
            (Some(category), Some(mut images)) if !markets.is_empty() => Some(Listing {
                for_sale: true,
                markets,
                title,
                description,
                main_image: images.remove(0),
                images,
                category: Some(category),
                brand: work.text("brand"),
                gtin: work.text("gtin"),
                shipping_days,
                parent_sku: work.text("parent_sku"),
                weight_g: work.number("weight_g"),
                customs_code: work.text("customs_code"),
            }),
            _ => {
                price_receipts.clear();
                None
            }
        };
        let prices = price_receipts.iter().map(PriceReceipt::price).collect();
        let (problems, notes) = work.finish();
        Offer { listing, prices, problems, notes, price_receipts, mapping_version: self.version() }
    }
}

/// An offer in the making.
struct Work<'a> {
    mapping: &'a Compiled,
    everywhere: Context<'a>,
    cache: Cache<'a>,
    problems: Vec<Problem>,
    notes: Vec<Note>,
}

impl<'a> Work<'a> {
    /// The value, or its problem noted.
    fn keep<T>(&mut self, market: Option<Market>, result: Result<T, ProblemKind>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(kind) => {
                self.problems.push(Problem { market, kind });
                None
            }
        }
    }

    /// A field that is one for all markets.
    fn field(&mut self, name: &str) -> Option<Found<'a>> {
        let target = self.mapping.target(Object::Article, name)?;
        let result = target.evaluate(&self.everywhere, &mut self.cache).result;
        let result = match result {
            Ok(None) if target.spec.required => Err(missing(name, None)),
            other => other,
        };
        let found = self.keep(None, result)??;
        if found.fitted.truncated {
            self.note(Note::Truncated { field: name.to_owned(), language: None });
        }
        Some(found)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.field(name).map(|found| found.fitted.value.into_text().into_owned())
    }

    fn list(&mut self, name: &str) -> Option<Vec<String>> {
        match self.field(name)?.fitted.value {
            Value::List(items) if !items.is_empty() => Some(items.into_iter().map(Into::into).collect()),
            _ => None,
        }
    }

    fn number(&mut self, name: &str) -> Option<u32> {
        match self.field(name)?.fitted.value {
            Value::Number(number) => number.to_u32(),
            _ => None,
        }
    }

    fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// A required field of one market.
    fn in_market(&mut self, name: &str, market: Market, here: &Context<'a>) -> Option<Found<'a>> {
        let result = match self.mapping.target(Object::Article, name) {
            Some(target) => target.evaluate(here, &mut self.cache).result,
            None => Ok(None),
        };
        let result = result.and_then(|found| found.ok_or_else(|| missing(name, Some(market))));
        self.keep(Some(market), result)
    }

    /// Delivery time in working days: least and most.
    fn days(&mut self, market: Market, here: &Context<'a>) -> Option<(u8, u8)> {
        let mut day = |name| match self.in_market(name, market, here)?.fitted.value {
            Value::Number(days) => days.to_u8(),
            _ => None,
        };
        let (min, max) = (day("shipping_days_min"), day("shipping_days_max"));
        let (min, max) = (min?, max?);
        let valid = if min <= max {
            Ok((min, max))
        } else {
            let value = format!("{min} to {max}");
            Err(ProblemKind::InvalidContent {
                field: "shipping_days_max".to_owned(),
                rule: Broken::MinAboveMax,
                value,
            })
        };
        self.keep(Some(market), valid)
    }

    fn texts(&mut self, market: Market, here: &Context<'a>) -> Option<MarketTexts> {
        let title = self.in_market("title", market, here);
        let description = self.in_market("description", market, here);
        let (title, description) = (title?, description?);
        // Both texts go under one language: English only when both are, else each other's half would be missing.
        let is_english = |found: &Found<'_>| found.field.is_some_and(super::context::Field::is_english);
        let english = is_english(&title) && is_english(&description);
        let language = if english { Language::En } else { market.language() };
        let mut text = |name: &str, found: Found<'a>| {
            let field = name.to_owned();
            if !found.field.is_some_and(super::context::Field::is_content) {
                self.untranslated(name, language);
            }
            if found.fitted.truncated {
                self.note(Note::Truncated { field, language: Some(language) });
            }
            found.fitted.value.into_text().into_owned()
        };
        let (title, description) = (text("title", title), text("description", description));
        Some(MarketTexts { language, title, description })
    }

    fn untranslated(&mut self, name: &str, language: Language) {
        let known = self.notes.iter_mut().find_map(|note| match note {
            Note::Untranslated { field, languages } if field == name => Some(languages),
            _ => None,
        });
        match known {
            Some(languages) if languages.contains(&language) => {}
            Some(languages) => languages.push(language),
            None => {
                self.notes.push(Note::Untranslated { field: name.to_owned(), languages: vec![language] });
            }
        }
    }

    fn finish(self) -> (Vec<Problem>, Vec<Note>) {
        let mut notes = self.notes;
        for note in self.everywhere.finish().1 {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        (self.problems, notes)
    }
}

/// What a required field that came out empty is called.
fn missing(name: &str, market: Option<Market>) -> ProblemKind {
    match (name, market) {
        ("images", _) => ProblemKind::MissingImage,
        ("title" | "description", Some(market)) => {
            ProblemKind::MissingTranslation { field: name.to_owned(), language: market.language() }
        }
        _ => ProblemKind::MissingValue { field: name.to_owned() },
    }
}

#[cfg(test)]
#[path = "offer_tests.rs"]
mod tests;
